#include "edge/reception/drop.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <tuple>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/reception/framing.h"
#include "edge/reception/sockets.h"
#include "kernel/store/files.h"

namespace noroshi::edge::reception {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view taking_prefix = ".taking-";
constexpr std::size_t number_digits = 20;
constexpr std::size_t piece_bytes = 256 * 1024;

std::unexpected<Error> failed(const std::string& path) {
    return fail(ErrorKind::unavailable, "kernel.store.io_failed",
                {{"detail", path + ": " + std::strerror(errno)}});
}

bool is_unfinished(std::string_view name) {
    return name.starts_with('.') || name.ends_with(".part") || name.ends_with(".tmp") ||
           name.ends_with(".filepart");
}

// The bytes of a file, plain, gzip or zstd by its first bytes.
class Bytes {
public:
    explicit Bytes(Descriptor file) : file_(std::move(file)), in_(piece_bytes) {}
    ~Bytes() {
        if (kind_ == Kind::gzip) ::inflateEnd(&gzip_);
    }
    Bytes(const Bytes&) = delete;
    Bytes& operator=(const Bytes&) = delete;

    // Appends some bytes; false at the end. `damaged` says that it breaks off.
    bool more(std::string& out) {
        for (;;) {
            if (used_ == have_ && !ended_) {
                const auto got = ::read(file_.get(), in_.data(), in_.size());
                if (got < 0 && errno == EINTR) continue;
                damaged_ |= got < 0;
                ended_ = got <= 0;
                used_ = 0;
                have_ = got > 0 ? static_cast<std::size_t>(got) : 0;
                if (kind_ == Kind::unknown && have_ > 0) begin();
            }
            if (used_ == have_ && ended_) {
                damaged_ |= inside_;
                return false;
            }
            const auto before = out.size();
            if (kind_ == Kind::plain) {
                out.append(in_.data() + used_, have_ - used_);
                used_ = have_;
            } else if (!unpack(out)) {
                damaged_ = true;
                return false;
            }
            if (out.size() > before) return true;
        }
    }
    bool damaged() const { return damaged_; }

private:
    enum class Kind { unknown, plain, gzip, zstd };

    void begin() {
        const std::string_view head(in_.data(), have_);
        kind_ = Kind::plain;
        if (head.starts_with("\x1F\x8B"))
            kind_ = ::inflateInit2(&gzip_, 15 + 16) == Z_OK ? Kind::gzip : Kind::plain;
        else if (head.starts_with("\x28\xB5\x2F\xFD"))
            kind_ = Kind::zstd;
    }
    bool unpack(std::string& out) {
        const auto before = out.size();
        out.resize(before + piece_bytes);
        std::size_t made = 0;
        bool sound = true;
        if (kind_ == Kind::gzip) {
            gzip_.next_in = reinterpret_cast<Bytef*>(in_.data() + used_);
            gzip_.avail_in = static_cast<uInt>(have_ - used_);
            gzip_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
            gzip_.avail_out = static_cast<uInt>(piece_bytes);
            const int status = ::inflate(&gzip_, Z_NO_FLUSH);
            used_ = have_ - gzip_.avail_in;
            made = piece_bytes - gzip_.avail_out;
            sound = status == Z_OK || status == Z_STREAM_END;
            inside_ = status != Z_STREAM_END;
            if (status == Z_STREAM_END) ::inflateReset(&gzip_);  // several may follow each other
        } else {
            ZSTD_inBuffer in{in_.data(), have_, used_};
            ZSTD_outBuffer to{out.data() + before, piece_bytes, 0};
            const auto status = ZSTD_decompressStream(zstd_.get(), &to, &in);
            used_ = in.pos;
            made = to.pos;
            sound = ZSTD_isError(status) == 0;
            inside_ = status != 0;
        }
        out.resize(before + made);
        return sound;
    }

    Descriptor file_;
    std::vector<char> in_;
    std::size_t used_ = 0, have_ = 0;
    Kind kind_ = Kind::unknown;
    bool ended_ = false, damaged_ = false, inside_ = false;
    z_stream gzip_{};
    std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> zstd_{ZSTD_createDStream(),
                                                                     &ZSTD_freeDStream};
};

}  // namespace

struct Drop::Taking {
    Taking(std::string path_given, std::string name_given, Descriptor file)
        : path(std::move(path_given)), name(std::move(name_given)), bytes(std::move(file)) {}
    std::string path;  // as it is called now
    std::string name;  // as it was put there
    Bytes bytes;
    std::string buffer;
    std::uint64_t pass_over = 0;  // lines that the archive has already
    std::uint64_t until = 0;      // number behind the last line read
    bool looked = false, ended = false, refused = false;
};

Drop::Drop(std::string folder, std::chrono::seconds quiet)
    : folder_(std::move(folder)), quiet_(quiet) {}
Drop::~Drop() = default;

bool Drop::at_end() const { return taking_ != nullptr && taking_->ended; }

Result<bool> Drop::begin(std::uint64_t next_line, Instant now) {
    struct Candidate {
        bool begun = false;
        std::int64_t written = 0;  // nanoseconds
        std::string name;
    };
    std::optional<Candidate> first;
    std::error_code error;
    for (auto at = fs::directory_iterator(folder_, error); !error && at != fs::directory_iterator();
         at.increment(error)) {
        Candidate one{false, 0, at->path().filename().string()};
        one.begun = one.name.starts_with(taking_prefix) &&
                    one.name.size() > taking_prefix.size() + number_digits;
        struct stat status{};
        if ((!one.begun && is_unfinished(one.name)) || ::lstat(at->path().c_str(), &status) != 0 ||
            !S_ISREG(status.st_mode))
            continue;
        const auto written = Instant{
            std::chrono::duration_cast<Span>(std::chrono::seconds{status.st_mtim.tv_sec} +
                                             std::chrono::nanoseconds{status.st_mtim.tv_nsec})};
        if (!one.begun && written <= now && now - written < quiet_) continue;
        one.written = status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec;
        const auto order = [](const Candidate& c) {
            return std::tuple(!c.begun, c.written, std::string_view(c.name));
        };
        if (!first || order(one) < order(*first)) first = std::move(one);
    }
    if (!first) return false;
    std::string name = first->name;
    std::string path = folder_ + "/" + name;
    std::uint64_t begun_at = next_line;
    if (first->begun) {
        const auto digits = std::string_view(name).substr(taking_prefix.size(), number_digits);
        if (std::from_chars(digits.data(), digits.data() + digits.size(), begun_at).ec !=
            std::errc{})
            begun_at = next_line;
        name.erase(0, std::min(taking_prefix.size() + number_digits + 1, name.size()));
    } else {
        const std::string taken =
            fmt::format("{}/{}{:020}-{}", folder_, taking_prefix, next_line, name);
        TRY(store::rename_durably(path, taken));
        path = taken;
    }
    Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file) return failed(path);
    taking_ = std::make_unique<Taking>(std::move(path), std::move(name), std::move(file));
    taking_->pass_over = next_line - std::min(begun_at, next_line);
    taking_->until = next_line;
    return true;
}

Result<std::uint64_t> Drop::read(std::uint64_t next_line, Instant now, std::string& into,
                                 std::size_t budget) {
    if (!taking_) {
        TRY_LET(const bool begun, begin(next_line, now));
        if (!begun) return 0;
    }
    auto& file = *taking_;
    std::uint64_t added = 0;
    const auto most = into.size() + budget;
    std::string passed;
    while (!file.ended && into.size() < most) {
        const bool more = file.bytes.more(file.buffer);
        if (!file.looked && !file.buffer.empty()) {
            file.looked = true;
            if (std::string_view(file.buffer).substr(0, 4096).contains('\0')) {
                file.refused = true;
                file.buffer.clear();
                file.ended = true;
                break;
            }
        }
        file.ended = !more;
        std::size_t from = 0;
        while (from < file.buffer.size()) {
            const auto rest = std::string_view(file.buffer).substr(from);
            auto end = rest.substr(0, longest_dropped_line + 1).find('\n');
            std::size_t step = end == std::string_view::npos ? 0 : end + 1;
            if (end == std::string_view::npos) {
                if (rest.size() <= longest_dropped_line && !file.ended) break;
                end = step = std::min(rest.size(), longest_dropped_line);
            }
            auto& to = file.pass_over > 0 ? passed : into;
            const auto lines = add_line(to, rest.substr(0, end));
            if (file.pass_over > 0) {
                file.pass_over -= lines;
                passed.clear();
            } else {
                added += lines;
            }
            from += step;
        }
        file.buffer.erase(0, from);
    }
    file.until += added;
    if (file.ended) file.refused = file.refused || file.bytes.damaged();
    return added;
}

void Drop::confirm(std::uint64_t next_line) {
    if (taking_ && taking_->ended && taking_->until <= next_line) finish();
}

void Drop::finish() {
    const auto file = std::exchange(taking_, nullptr);
    std::error_code error;
    if (file->refused) {
        ++counts_.refused;
        fs::rename(file->path, folder_ + "/.refused-" + file->name, error);
    } else {
        ++counts_.files;
        fs::remove(file->path, error);
    }
    // What stays after a crash is read again, and every line of it passed over.
    [[maybe_unused]] const auto synced = store::sync_path(folder_);
}

}  // namespace noroshi::edge::reception
