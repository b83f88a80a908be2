#include "engines/detect/input.h"

#include <zlib.h>
#include <zstd.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "engines/detect/json_reader.h"
#include "engines/detect/netflow.h"

namespace noroshi::engines::detect {

namespace {

constexpr std::size_t longest_line = std::size_t{64} << 20;

// "conn.log", "NASHUA_conn.log", "conn.2026-11-24.log.gz", "dns.ndjson": conn, conn, conn, dns.
std::string zeek_path_of(std::string_view file) {
    constexpr auto known = std::to_array<std::string_view>(
        {"conn",        "dns",         "http",           "ssl",         "x509",         "files",
         "smb_files",   "smb_mapping", "dce_rpc",        "kerberos",    "ntlm",         "rdp",
         "ssh",         "ftp",         "smtp",           "dhcp",        "weird",        "notice",
         "dpd",         "pe",          "tunnel",         "snmp",        "sip",          "socks",
         "syslog",      "modbus",      "dnp3",           "mysql",       "irc",          "radius",
         "software",    "known_hosts", "known_services", "known_certs", "capture_loss", "stats",
         "ntp",         "rfb",         "traceroute",     "intel",       "quic",         "ldap",
         "ldap_search", "postgresql"});
    if (const auto slash = file.rfind('/'); slash != std::string_view::npos)
        file = file.substr(slash + 1);
    const std::string_view stem = file.substr(0, file.find('.'));
    std::string_view best;
    for (const auto name : known)
        if (stem == name || (stem.size() > name.size() && stem.ends_with(name) &&
                             (stem[stem.size() - name.size() - 1] == '_' ||
                              stem[stem.size() - name.size() - 1] == '-')))
            if (name.size() > best.size()) best = name;
    return std::string(best);
}

std::string unescaped(std::string_view text) {  // \x09
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto digit = [](char c) {
            return c >= '0' && c <= '9'   ? c - '0'
                   : c >= 'a' && c <= 'f' ? c - 'a' + 10
                   : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                          : -1;
        };
        if (text[at] == '\\' && at + 3 < text.size() && text[at + 1] == 'x' &&
            digit(text[at + 2]) >= 0 && digit(text[at + 3]) >= 0) {
            out += static_cast<char>(digit(text[at + 2]) * 16 + digit(text[at + 3]));
            at += 3;
        } else {
            out += text[at];
        }
    }
    return out;
}

std::uint64_t line_ends(std::string_view text) {
    std::uint64_t count = 0;
    std::size_t at = 0;
#if defined(__SSE2__)
    const __m128i end = _mm_set1_epi8('\n');
    const __m128i zero = _mm_setzero_si128();
    while (at + 16 <= text.size()) {
        // A byte counts to 255, then the bytes are added up.
        __m128i counts = zero;
        for (int i = 0; i < 255 && at + 16 <= text.size(); ++i, at += 16)
            counts = _mm_sub_epi8(
                counts,
                _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at)),
                               end));
        const __m128i sums = _mm_sad_epu8(counts, zero);
        count += static_cast<std::uint64_t>(_mm_cvtsi128_si64(sums)) +
                 static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums)));
    }
#endif
    for (; at < text.size(); ++at) count += text[at] == '\n' ? 1 : 0;
    return count;
}

}  // namespace

std::optional<Format> format_named(std::string_view name) {
    constexpr auto names =
        std::to_array<std::string_view>({"auto", "zeek", "eve", "windows", "syslog", "fortigate",
                                         "cef", "leef", "netflow", "json"});
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Format>(found - names.begin());
}

bool ZeekHead::take(std::string_view line) {
    if (line.starts_with("#separator ")) {
        *this = ZeekHead();
        separator = unescaped(line.substr(11));
        return !separator.empty();
    }
    const std::size_t end = line.find(separator);
    const std::string_view key = line.substr(0, end);
    const std::string_view rest =
        end == std::string_view::npos ? std::string_view() : line.substr(end + separator.size());
    const auto columns = [&](std::vector<std::string>& out) {
        out.clear();
        for (std::size_t at = 0;;) {
            const std::size_t stop = rest.find(separator, at);
            out.emplace_back(rest.substr(at, stop == std::string_view::npos ? stop : stop - at));
            if (stop == std::string_view::npos) return;
            at = stop + separator.size();
        }
    };
    if (key == "#set_separator")
        set_separator = unescaped(rest);
    else if (key == "#empty_field")
        empty_field = rest;
    else if (key == "#unset_field")
        unset_field = rest;
    else if (key == "#path")
        path = rest;
    else if (key == "#fields")
        columns(fields);
    else if (key == "#types")
        columns(types);
    return fields.size() <= 10000;
}

// One source's bytes, decompressed.
class Input::Stream {
public:
    Stream(const std::string& name, std::size_t at_once) : in_(at_once) {
        file_ = name == "-" ? stdin : std::fopen(name.c_str(), "rb");
        if (file_ != nullptr && file_ != stdin) std::setvbuf(file_, nullptr, _IONBF, 0);
    }
    ~Stream() {
        if (file_ != nullptr && file_ != stdin) std::fclose(file_);
        if (kind_ == Kind::gzip) inflateEnd(&gzip_);
        if (zstd_ != nullptr) ZSTD_freeDStream(zstd_);
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    bool good() const { return file_ != nullptr; }
    bool damaged() const { return damaged_; }

    // Appends up to `size` bytes; 0 at the end.
    std::size_t read(std::string& out, std::size_t size) {
        if (file_ == nullptr || damaged_) return 0;
        if (kind_ == Kind::unknown) {
            fill();
            const auto begins = [&](std::initializer_list<int> bytes) {
                std::size_t i = 0;
                for (const int byte : bytes)
                    if (i >= have_ || static_cast<unsigned char>(in_[i++]) != byte) return false;
                return true;
            };
            kind_ = Kind::plain;
            if (begins({0x1F, 0x8B})) {
                kind_ = Kind::gzip;
                if (inflateInit2(&gzip_, 15 + 32) != Z_OK) damaged_ = true;
            } else if (begins({0x28, 0xB5, 0x2F, 0xFD})) {
                kind_ = Kind::zstd;
                zstd_ = ZSTD_createDStream();
            }
        }
        const std::size_t before = out.size();
        if (kind_ == Kind::plain && used_ == have_) {
            // Straight to where it is wanted.
            std::size_t got = 0;
            out.resize_and_overwrite(before + size, [&](char* to, std::size_t) {
                got = std::fread(to + before, 1, size, file_);
                return before + got;
            });
            if (got == 0 && std::ferror(file_) != 0) damaged_ = true;
            return got;
        }
        out.resize(before + size);
        std::size_t written = 0;
        while (written < size) {
            if (used_ == have_ && fill() == 0) {
                if (inside_) damaged_ = true;
                break;
            }
            if (kind_ == Kind::plain) {
                const std::size_t part = std::min(size - written, have_ - used_);
                std::memcpy(out.data() + before + written, in_.data() + used_, part);
                used_ += part;
                written += part;
            } else if (kind_ == Kind::gzip) {
                gzip_.next_in = reinterpret_cast<Bytef*>(in_.data() + used_);
                gzip_.avail_in = static_cast<uInt>(have_ - used_);
                gzip_.next_out = reinterpret_cast<Bytef*>(out.data() + before + written);
                gzip_.avail_out = static_cast<uInt>(size - written);
                inside_ = true;
                const int state = inflate(&gzip_, Z_NO_FLUSH);
                used_ = have_ - gzip_.avail_in;
                written = size - gzip_.avail_out;
                if (state == Z_STREAM_END) {
                    inside_ = false;
                    inflateReset(&gzip_);  // another member may follow
                } else if (state != Z_OK && state != Z_BUF_ERROR) {
                    damaged_ = true;
                    break;
                }
            } else {
                ZSTD_inBuffer in{in_.data(), have_, used_};
                ZSTD_outBuffer to{out.data() + before, size, written};
                const std::size_t state = ZSTD_decompressStream(zstd_, &to, &in);
                used_ = in.pos;
                written = to.pos;
                inside_ = state != 0;
                if (ZSTD_isError(state) != 0) {
                    damaged_ = true;
                    break;
                }
            }
        }
        out.resize(before + written);
        return written;
    }

private:
    enum class Kind : std::uint8_t { unknown, plain, gzip, zstd };

    std::size_t fill() {
        used_ = 0;
        have_ = std::fread(in_.data(), 1, in_.size(), file_);
        if (have_ == 0 && std::ferror(file_) != 0) damaged_ = true;
        return have_;
    }

    std::FILE* file_ = nullptr;
    Kind kind_ = Kind::unknown;
    std::vector<char> in_;
    std::size_t have_ = 0;
    std::size_t used_ = 0;
    z_stream gzip_{};
    ZSTD_DStream* zstd_ = nullptr;
    bool inside_ = false;  // a compressed frame has begun and not ended
    bool damaged_ = false;
};

std::optional<std::string> Input::expand(const std::vector<std::string>& paths,
                                         std::vector<Source>& sources) {
    namespace fs = std::filesystem;
    const auto add = [&](const std::string& name) {
        Source source;
        source.name = name;
        source.zeek_path = zeek_path_of(name);
        std::error_code error;
        const auto at = name == "-" ? fs::file_time_type() : fs::last_write_time(name, error);
        if (name != "-" && !error)
            source.written = std::chrono::duration_cast<std::chrono::microseconds>(
                                 std::chrono::file_clock::to_sys(at).time_since_epoch())
                                 .count();
        sources.push_back(std::move(source));
    };
    for (const auto& path : paths) {
        std::error_code error;
        if (path == "-") {
            add(path);
        } else if (fs::is_directory(path, error)) {
            std::vector<std::string> files;
            for (auto at = fs::recursive_directory_iterator(path, error);
                 !error && at != fs::recursive_directory_iterator(); at.increment(error))
                if (at->is_regular_file(error)) files.push_back(at->path().string());
            if (error) return path;
            std::ranges::sort(files);
            for (const auto& file : files) add(file);
        } else {
            std::FILE* file = std::fopen(path.c_str(), "rb");
            if (file == nullptr) return path;
            std::fclose(file);
            add(path);
        }
    }
    return std::nullopt;
}

Input::Input(std::vector<Source> sources, Format format, std::size_t block_size)
    : sources_(std::move(sources)), format_(format), block_size_(block_size) {}
Input::~Input() = default;

namespace {

// Where the objects of a JSON document begin and end: an array of objects, or objects spread over
// several lines one after another.
void cut_document(Block& block) {
    const std::string_view text = block.bytes;
    std::uint64_t line = block.first_line;
    std::size_t at = 0;
    const auto skip_blank = [&] {
        while (at < text.size() &&
               (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r' ||
                text[at] == ',' || text[at] == '[' || text[at] == ']')) {
            if (text[at] == '\n') ++line;
            ++at;
        }
    };
    for (skip_blank(); at < text.size(); skip_blank()) {
        std::size_t size = text[at] == '{' ? JsonReader::length_of(text.substr(at)) : 0;
        if (size == 0) size = std::min(text.find('\n', at), text.size()) - at;
        if (size == 0) size = 1;
        block.pieces.push_back({at, size, line});
        line += static_cast<std::uint64_t>(std::ranges::count(text.substr(at, size), '\n'));
        at += size;
    }
}

bool is_document(std::string_view text) {
    std::size_t at = text.find_first_not_of(" \t\r\n");
    if (at == std::string_view::npos) return false;
    if (text[at] == '[') {
        at = text.find_first_not_of(" \t\r\n", at + 1);
        return at != std::string_view::npos && (text[at] == '{' || text[at] == ']');
    }
    if (text[at] != '{') return false;
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return false;
    return JsonReader::length_of(text.substr(at, end - at)) == 0 &&
           text.substr(at, end - at).find_first_not_of(" \t\r{", 0) == std::string_view::npos;
}

bool looks_binary(std::string_view text) {
    return (text.size() >= 16 && text[0] == 0 && (text[1] == 5 || text[1] == 9 || text[1] == 10)) ||
           is_capture(text);
}

}  // namespace

void Input::note_heads(Block& block) {
    if (format_ != Format::automatic && format_ != Format::zeek) return;
    const std::string_view text = block.bytes;
    if (first_of_source_ && !text.starts_with("#separator") && !text.starts_with("#fields")) {
        if (format_ == Format::automatic) zeek_ = nullptr;
        return;
    }
    if (zeek_ == nullptr && !first_of_source_) return;
    // Heads also stand in the middle of a file that was joined from several.
    std::shared_ptr<ZeekHead> head;
    for (std::size_t at = text.starts_with('#') ? 0 : text.find("\n#");
         at != std::string_view::npos; at = text.find("\n#", at)) {
        if (text[at] == '\n') ++at;
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string_view line = text.substr(at, end - at);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (head == nullptr)
            head = zeek_ ? std::make_shared<ZeekHead>(*zeek_) : std::make_shared<ZeekHead>();
        head->take(line);
        at = end;
    }
    if (head) zeek_ = std::move(head);
}

std::optional<Block> Input::next() {
    while (source_ < sources_.size()) {
        if (stream_ == nullptr) {
            stream_ = std::make_unique<Stream>(sources_[source_].name, block_size_);
            if (!stream_->good()) {
                trouble_.push_back(sources_[source_].name);
                stream_ = nullptr;
                ++source_;
                continue;
            }
            rest_.clear();
            line_ = 1;
            zeek_ = nullptr;
            first_of_source_ = true;
        }
        Block block;
        block.source = source_;
        block.first_line = line_;
        block.bytes = std::move(rest_);
        rest_.clear();
        bool ended = false;
        std::size_t seen = 0;  // no line ends before this
        for (;;) {
            const std::size_t size = stream_->read(block.bytes, block_size_);
            bytes_ += size;
            if (size == 0) {
                ended = true;
                break;
            }
            if (first_of_source_ && block.bytes.size() < 3) continue;
            if (first_of_source_ && (format_ == Format::netflow ||
                                     (format_ == Format::automatic && looks_binary(block.bytes)))) {
                block.is_binary = true;
                continue;  // to its end
            }
            if (first_of_source_ && is_document(block.bytes)) {
                block.is_document = true;
                continue;
            }
            const std::size_t end = block.bytes.rfind('\n');
            if (end != std::string::npos && end >= seen) {
                rest_.assign(block.bytes, end + 1);
                block.bytes.resize(end + 1);
                break;
            }
            seen = block.bytes.size();
            if (seen > longest_line) break;  // cut it, rather than take all memory
        }
        if (first_of_source_ && block.bytes.starts_with("\xEF\xBB\xBF")) block.bytes.erase(0, 3);
        if (first_of_source_ && !block.is_document && !block.is_binary && is_document(block.bytes))
            block.is_document = true;
        if (ended) {
            if (stream_->damaged()) trouble_.push_back(sources_[source_].name);
            stream_ = nullptr;
            ++source_;
            block.ends_source = true;
        }
        block.sequence = sequence_++;
        if (block.is_document) {
            cut_document(block);
        } else if (!block.is_binary) {
            block.zeek = zeek_;
            note_heads(block);
            line_ += line_ends(block.bytes);
        }
        first_of_source_ = false;
        return block;
    }
    return std::nullopt;
}

}  // namespace noroshi::engines::detect
