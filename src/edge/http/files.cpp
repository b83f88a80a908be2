#include "edge/http/files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

#include "edge/http/embedded_web.h"
#include "kernel/crypto/hash.h"

namespace noroshi::edge::http {

namespace {

constexpr std::size_t worth_compressing = 512;

std::optional<std::string> gzipped(std::string_view bytes) {
    z_stream stream{};
    constexpr int gzip_window = 15 + 16;
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 9, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return {};
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (result != Z_STREAM_END || out.size() + 64 > bytes.size()) return {};
    return out;
}

bool compressible(std::string_view type) {
    return type.starts_with("text/") || type.contains("json") || type.contains("javascript") ||
           type.contains("svg") || type.contains("wasm") || type.contains("manifest");
}

std::string etag_of(std::string_view bytes, std::string_view form) {
    return "\"" + to_hex(sha256(bytes)).substr(0, 20) + std::string(form) + "\"";
}

// Below `root` and nowhere else: symbolic links and ".." cannot lead out (openat2 RESOLVE_BENEATH).
std::optional<std::string> read_beneath(const std::string& root, std::string_view path) {
    const int folder = ::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return {};
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    const std::string name(path.substr(1));
    const auto file =
        static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
    ::close(folder);
    if (file < 0) return {};
    struct stat status{};
    if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        ::close(file);
        return {};
    }
    std::string bytes;
    std::array<char, 64 * 1024> buffer;
    ssize_t count = 0;
    while ((count = ::read(file, buffer.data(), buffer.size())) > 0 ||
           (count < 0 && errno == EINTR))
        if (count > 0) bytes.append(buffer.data(), static_cast<std::size_t>(count));
    ::close(file);
    return bytes;
}

bool is_page(std::string_view path) {
    return !path.starts_with("/assets/") && !path.substr(path.rfind('/')).contains('.');
}

}  // namespace

std::string_view media_type_of(std::string_view path) {
    static constexpr std::pair<std::string_view, std::string_view> types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".webp", "image/webp"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
        {".wasm", "application/wasm"},
    };
    for (const auto& [ending, type] : types)
        if (path.ends_with(ending)) return type;
    return "application/octet-stream";
}

// RFC 9110 §12.5.3, for the one coding we have: named (or "*") and not with weight zero.
bool accepts_gzip(std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        auto item = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        while (item.starts_with(' ')) item.remove_prefix(1);
        const auto semicolon = std::min(item.find(';'), item.size());
        auto coding = item.substr(0, semicolon);
        while (coding.ends_with(' ')) coding.remove_suffix(1);
        if (coding != "gzip" && coding != "*") continue;
        const auto weight = item.substr(semicolon);
        const auto q = weight.find("q=");
        if (q == std::string_view::npos) return true;
        return weight.substr(q + 2).find_first_of("123456789") != std::string_view::npos;
    }
    return false;
}

Files::Forms Files::forms_of(std::string_view path, std::string bytes, bool compress) {
    const auto type = media_type_of(path);
    const bool never_changes = path.starts_with("/assets/");
    const auto make = [&](std::string content, std::string_view form) {
        auto file = std::make_shared<File>();
        file->etag = etag_of(content, form);
        file->fields = "Content-Type: " + std::string(type) + "\r\nETag: " + file->etag +
                       "\r\nCache-Control: " +
                       (never_changes ? "public, max-age=31536000, immutable" : "no-cache") +
                       "\r\n";
        if (compressible(type)) file->fields += "Vary: Accept-Encoding\r\n";
        if (!form.empty()) file->fields += "Content-Encoding: gzip\r\n";
        file->bytes = std::make_shared<const std::string>(std::move(content));
        return std::shared_ptr<const File>(std::move(file));
    };
    Forms forms;
    if (compress && compressible(type) && bytes.size() >= worth_compressing)
        if (auto smaller = gzipped(bytes)) forms.gzipped = make(std::move(*smaller), "-gz");
    forms.plain = make(std::move(bytes), "");
    return forms;
}

Files::Files(std::string root) : root_(std::move(root)) {
    if (!root_.empty()) return;
    for (const auto& embedded : web::embedded_files()) {
        std::string path = "/" + std::string(embedded.path);
        auto forms = forms_of(path, std::string(embedded.bytes), true);
        files_.emplace(std::move(path), std::move(forms));
    }
}

const Files::Forms* Files::kept(std::string_view path) const {
    const auto found = files_.find(std::string(path));
    return found == files_.end() ? nullptr : &found->second;
}

std::shared_ptr<const File> Files::find(std::string_view path, bool gzip) const {
    const std::string_view index = "/index.html";
    if (!root_.empty()) {
        if (path != "/")
            if (auto bytes = read_beneath(root_, path))
                return forms_of(path, std::move(*bytes), false).plain;
        if (!is_page(path)) return nullptr;
        auto bytes = read_beneath(root_, index);
        return bytes ? forms_of(index, std::move(*bytes), false).plain : nullptr;
    }
    const Forms* forms = kept(path);
    if (forms == nullptr && is_page(path)) forms = kept(index);
    if (forms == nullptr) return nullptr;
    return gzip && forms->gzipped ? forms->gzipped : forms->plain;
}

int write_file(Outgoing& out, std::shared_ptr<const File> file, const Request& request,
               const Manner& manner) {
    const auto known = request.header("if-none-match");
    const int status = known && names_etag(*known, file->etag) ? 304 : 200;
    return write_prepared(out, status, file->fields, file->bytes, manner);
}

}  // namespace noroshi::edge::http
