#include "edge/courier/site_copy.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::courier {

namespace {

namespace fs = std::filesystem;

std::unexpected<Error> failed(const std::string& where, std::string reason) {
    return fail(ErrorKind::unavailable, "edge.courier.copy_failed",
                {{"where", where}, {"reason", std::move(reason)}});
}

Result<> write_file(const fs::path& path, std::string_view bytes) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return failed(path.string(), std::strerror(errno));
    while (!bytes.empty()) {
        const auto written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            const int why = errno;
            ::close(file);
            return failed(path.string(), std::strerror(why));
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    const bool kept = ::fsync(file) == 0;
    const int why = errno;
    if (::close(file) != 0 || !kept) return failed(path.string(), std::strerror(why));
    return {};
}

struct Handle {
    CURL* curl = curl_easy_init();
    curl_slist* headers = nullptr;
    curl_slist* after = nullptr;
    Handle() = default;
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        curl_slist_free_all(headers);
        curl_slist_free_all(after);
        curl_easy_cleanup(curl);
    }
};

std::size_t give(char* into, std::size_t size, std::size_t count, void* from) {
    auto& rest = *static_cast<std::string_view*>(from);
    const auto length = std::min(size * count, rest.size());
    std::memcpy(into, rest.data(), length);
    rest.remove_prefix(length);
    return length;
}
std::size_t ignore(char*, std::size_t size, std::size_t count, void*) { return size * count; }

std::string path_of(std::string_view url) {
    const auto host = url.find("://");
    const auto slash = host == std::string_view::npos ? host : url.find('/', host + 3);
    return slash == std::string_view::npos ? std::string() : std::string(url.substr(slash));
}

Result<> push_by_sftp(const CopyTarget& target, const std::string& base, const CopiedFile& file) {
    Handle handle;
    const std::string fresh = base + file.path + ".new";
    std::string_view rest = file.bytes;
    const auto set = [&](CURLoption option, auto value) {
        curl_easy_setopt(handle.curl, option, value);
    };
    set(CURLOPT_URL, fresh.c_str());
    set(CURLOPT_PROTOCOLS_STR, "sftp");
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, give);
    set(CURLOPT_READDATA, &rest);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(file.bytes.size()));
    set(CURLOPT_FTP_CREATE_MISSING_DIRS, 1L);
    set(CURLOPT_USERNAME, target.user.c_str());
    set(CURLOPT_SSH_KNOWNHOSTS, target.known_hosts.c_str());
    if (!target.key_file.empty()) {
        set(CURLOPT_SSH_AUTH_TYPES, static_cast<long>(CURLSSH_AUTH_PUBLICKEY));
        set(CURLOPT_SSH_PRIVATE_KEYFILE, target.key_file.c_str());
    } else {
        set(CURLOPT_PASSWORD, target.password.c_str());
    }
    // Version 3 of the protocol cannot rename over a file that is there.
    const std::string old = path_of(base) + file.path;
    handle.after = curl_slist_append(handle.after, ("*rm \"" + old + "\"").c_str());
    handle.after =
        curl_slist_append(handle.after, ("rename \"" + old + ".new\" \"" + old + "\"").c_str());
    set(CURLOPT_POSTQUOTE, handle.after);
    set(CURLOPT_CONNECTTIMEOUT, 15L);
    set(CURLOPT_TIMEOUT, 60L);
    set(CURLOPT_NOSIGNAL, 1L);
    if (const auto code = curl_easy_perform(handle.curl); code != CURLE_OK)
        return failed(base + file.path, curl_easy_strerror(code));
    return {};
}

Result<> push_to_store(const CopyTarget& target, const std::string& base, const CopiedFile& file) {
    Handle handle;
    const std::string url = base + file.path;
    const std::string signing = "aws:amz:" + target.region + ":s3";
    const auto set = [&](CURLoption option, auto value) {
        curl_easy_setopt(handle.curl, option, value);
    };
    const auto header = [&](const std::string& line) {
        handle.headers = curl_slist_append(handle.headers, line.c_str());
    };
    header("Content-Type: " + file.content_type);
    header("Cache-Control: max-age=20");
    header("x-amz-content-sha256: " + to_hex(sha256(file.bytes)));
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_CUSTOMREQUEST, "PUT");
    // An empty "Expect:" would be signed although it is not sent, and the store would refuse.
    set(CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(file.bytes.size()));
    set(CURLOPT_POSTFIELDS, file.bytes.data());
    set(CURLOPT_HTTPHEADER, handle.headers);
    set(CURLOPT_WRITEFUNCTION, ignore);
    set(CURLOPT_AWS_SIGV4, signing.c_str());
    set(CURLOPT_USERNAME, target.user.c_str());
    set(CURLOPT_PASSWORD, target.password.c_str());
    set(CURLOPT_CONNECTTIMEOUT, 15L);
    set(CURLOPT_TIMEOUT, 60L);
    set(CURLOPT_NOSIGNAL, 1L);
    if (const auto code = curl_easy_perform(handle.curl); code != CURLE_OK)
        return failed(url, curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(handle.curl, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status > 299) return failed(url, "HTTP " + std::to_string(status));
    return {};
}

}  // namespace

Result<> copy_into(const std::string& directory, std::span<const CopiedFile> files) {
    fs::path target(directory);
    while (!target.has_filename() && target.has_parent_path() && target != target.parent_path())
        target = target.parent_path();
    const fs::path fresh = target.string() + ".new";
    std::error_code error;
    fs::remove_all(fresh, error);
    for (const auto& file : files) {
        const fs::path path = fresh / file.path.substr(1);
        fs::create_directories(path.parent_path(), error);
        if (error) return failed(path.parent_path().string(), error.message());
        TRY(write_file(path, file.bytes));
    }
    // Both at once: whoever looks sees the old set or the new one.
    if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) {
        fs::remove_all(fresh, error);
        return {};
    }
    if (errno == ENOENT && ::rename(fresh.c_str(), target.c_str()) == 0) return {};
    const int why = errno;
    fs::remove_all(fresh, error);
    return failed(directory, std::strerror(why));
}

Result<> push_to(const CopyTarget& target, std::span<const CopiedFile> files) {
    std::string base = target.url;
    while (base.ends_with('/')) base.pop_back();
    const bool sftp = base.starts_with("sftp://");
    const bool store = base.starts_with("s3+http://") || base.starts_with("s3+https://");
    const bool quotable = std::ranges::none_of(base, [](char c) {
        return c == '"' || c == '\\' || static_cast<unsigned char>(c) <= 0x20;
    });
    if ((!sftp && !store) || path_of(base).empty() || !quotable ||
        (sftp && target.known_hosts.empty()))
        return fail(ErrorKind::invalid, "edge.courier.copy_target", {{"url", target.url}});
    if (store) base.erase(0, 3);
    std::vector<const CopiedFile*> order;
    for (const bool pages : {false, true})
        for (const auto& file : files)
            if (file.path.ends_with(".html") == pages) order.push_back(&file);
    for (const auto* file : order)
        TRY(sftp ? push_by_sftp(target, base, *file) : push_to_store(target, base, *file));
    return {};
}

}  // namespace noroshi::edge::courier
