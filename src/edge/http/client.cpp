#include "edge/http/client.h"

#include <algorithm>

#include <curl/curl.h>
#include <boost/json.hpp>

namespace noroshi::edge::http {

namespace {

// Once per process, before the first handle; libcurl asks for it.
void prepare() {
    static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    ASSERT(done);
}

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Fields = std::unique_ptr<curl_slist, FreeList>;

void add(Fields& fields, const std::string& line) {
    fields.reset(curl_slist_append(fields.release(), line.c_str()));
}

std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* into) {
    auto& headers = *static_cast<Headers*>(into);
    std::string_view line(bytes, size);
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) headers.clear();  // after a 100 or a redirect
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    auto value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    headers.emplace_back(std::move(name), value);
    return size;
}

std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* into) {
    static_cast<std::string*>(into)->append(bytes, size);
    return size;
}

ErrorKind kind_of(int status) {
    switch (status) {
    case 401:
    case 403: return ErrorKind::forbidden;
    case 404: return ErrorKind::not_found;
    case 409: return ErrorKind::conflict;
    case 408:
    case 429:
    case 503: return ErrorKind::unavailable;
    default: return status < 500 ? ErrorKind::invalid : ErrorKind::corrupt;
    }
}

std::unexpected<Error> said(const ClientAnswer& answer) {
    std::string detail = answer.body.substr(0, 300);
    std::string key;
    boost::json::error_code error;
    const auto problem = boost::json::parse(answer.body, error);
    if (const auto* object = error ? nullptr : problem.if_object()) {
        const auto text = [&](const char* name) {
            const auto* value = object->if_contains(name);
            return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                          : std::string();
        };
        detail = text("detail");
        key = text("key");
    }
    return fail(kind_of(answer.status), "edge.http.server_said",
                {{"status", std::to_string(answer.status)},
                 {"detail", std::move(detail)},
                 {"key", std::move(key)}});
}

}  // namespace

struct Client::Impl {
    ClientOptions options;
    CURL* handle = nullptr;

    ~Impl() { curl_easy_cleanup(handle); }

    std::unexpected<Error> cannot(CURLcode code, const char* more) const {
        return fail(
            ErrorKind::unavailable, "edge.http.cannot_connect",
            {{"url", options.url}, {"reason", more[0] != '\0' ? more : curl_easy_strerror(code)}});
    }

    // Everything but what is done with the body.
    Fields begin(Method method, std::string_view path, std::string_view body,
                 const Headers& more) const {
        curl_easy_reset(handle);
        curl_easy_setopt(handle, CURLOPT_URL, (options.url + std::string(path)).c_str());
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L);
        // Loopback and port networks are reached directly, whatever the environment says.
        curl_easy_setopt(handle, CURLOPT_PROXY, "");
        if (!options.ca_file.empty())
            curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
        Fields fields;
        if (!options.token.empty()) add(fields, "Authorization: Bearer " + options.token);
        add(fields, "Accept-Language: " + options.language);
        add(fields, "Expect:");  // do not wait for a 100
        bool typed = false;
        for (const auto& [name, value] : more) {
            typed = typed || name == "Content-Type";
            add(fields, name + ": " + value);
        }
        if (method != Method::get) {
            curl_easy_setopt(handle, CURLOPT_POST, 1L);
            curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, std::string(name_of(method)).c_str());
            curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(body.size()));
            curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body.empty() ? "" : body.data());
            if (!typed) add(fields, "Content-Type: application/json");
        }
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields.get());
        return fields;
    }
};

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>()) {
    prepare();
    while (options.url.ends_with('/')) options.url.pop_back();
    impl_->options = std::move(options);
    impl_->handle = curl_easy_init();
    ASSERT(impl_->handle != nullptr);
}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

void Client::sign_in_as(std::string token) { impl_->options.token = std::move(token); }
const std::string& Client::url() const { return impl_->options.url; }

std::string ClientAnswer::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (key == name) return value;
    return {};
}

Result<ClientAnswer> Client::send(Method method, std::string_view path, std::string_view body,
                                  const Headers& more) {
    ClientAnswer answer;
    char reason[CURL_ERROR_SIZE] = {};
    CURL* handle = impl_->handle;
    const auto fields = impl_->begin(method, path, body, more);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(impl_->options.timeout.count()));
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &answer.headers);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
    const auto code = curl_easy_perform(handle);
    if (code != CURLE_OK) return impl_->cannot(code, reason);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    return answer;
}

Result<ClientAnswer> Client::get(std::string_view path) {
    TRY_LET(auto answer, send(Method::get, path));
    if (answer.status / 100 != 2) return said(answer);
    return answer;
}

Result<ClientAnswer> Client::post(std::string_view path, std::string_view json,
                                  const Headers& more) {
    TRY_LET(auto answer, send(Method::post, path, json, more));
    if (answer.status / 100 != 2) return said(answer);
    return answer;
}

// ---- events --------------------------------------------------------------------------------

bool EventReader::line(std::string_view text,
                       const std::function<bool(const ClientEvent&)>& heard) {
    if (text.empty()) {
        auto event = std::exchange(event_, {});
        if (!std::exchange(has_data_, false)) return true;
        event.id = last_id_;
        if (event.type.empty()) event.type = "message";
        return heard(event);
    }
    const auto colon = std::min(text.find(':'), text.size());
    const auto name = text.substr(0, colon);
    auto value = text.substr(std::min(colon + 1, text.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "id") last_id_ = value;
    if (name == "event") event_.type = value;
    if (name == "data") {
        if (has_data_) event_.data += '\n';
        event_.data += value;
        has_data_ = true;
    }
    return true;
}

bool EventReader::put(std::string_view bytes,
                      const std::function<bool(const ClientEvent&)>& heard) {
    partial_ += bytes;
    std::size_t from = 0;
    for (auto end = partial_.find('\n'); end != std::string::npos;
         end = partial_.find('\n', from)) {
        auto text = std::string_view(partial_).substr(from, end - from);
        if (text.ends_with('\r')) text.remove_suffix(1);
        from = end + 1;
        if (!line(text, heard)) return false;
    }
    partial_.erase(0, from);
    return true;
}

namespace {

struct Watching {
    const std::function<bool(const ClientEvent&)>& heard;
    const std::function<bool()>& idle;
    CURL* handle;
    EventReader reader;
    std::string refusal;  // body of an answer that is not a stream
    bool ended = false;
};

std::size_t take_events(char* bytes, std::size_t, std::size_t size, void* into) {
    auto& watching = *static_cast<Watching*>(into);
    long status = 0;
    curl_easy_getinfo(watching.handle, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        watching.refusal.append(bytes, size);
        return size;
    }
    if (watching.reader.put({bytes, size}, watching.heard)) return size;
    watching.ended = true;
    return CURL_WRITEFUNC_ERROR;
}

int ask_whether_to_go_on(void* into, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& watching = *static_cast<Watching*>(into);
    if (!watching.idle || watching.idle()) return 0;
    watching.ended = true;
    return 1;
}

}  // namespace

Result<> Client::watch(std::string_view path, const std::function<bool(const ClientEvent&)>& heard,
                       const std::function<bool()>& idle) {
    char reason[CURL_ERROR_SIZE] = {};
    CURL* handle = impl_->handle;
    const auto fields = impl_->begin(Method::get, path, {}, {{"Accept", "text/event-stream"}});
    Watching watching{heard, idle, handle, {}, {}};
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(impl_->options.timeout.count()));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_events);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &watching);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, ask_whether_to_go_on);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &watching);
    const auto code = curl_easy_perform(handle);
    if (watching.ended) return {};
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK && status != 200)
        return said(ClientAnswer{static_cast<int>(status), {}, watching.refusal});
    return impl_->cannot(code, reason);
}

}  // namespace noroshi::edge::http
