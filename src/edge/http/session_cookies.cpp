#include "edge/http/session_cookies.h"

namespace noroshi::edge::http {

namespace {
struct SignedInBody {
    PersonId person;
    Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(SignedInBody, (), (person, expires_at))
}  // namespace

std::string_view cookie_of(const Request& request, std::string_view name) {
    std::string_view rest = request.header("cookie").value_or("");
    while (!rest.empty()) {
        const auto end = rest.find(';');
        auto pair = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        while (pair.starts_with(' ')) pair.remove_prefix(1);
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
            return pair.substr(name.size() + 1);
    }
    return {};
}

std::pair<std::string, std::string> set_cookie(std::string_view name, std::string_view value,
                                               std::string_view path,
                                               std::chrono::seconds max_age) {
    std::string text{name};
    text += "=" + std::string(value) + "; Path=" + std::string(path) +
            "; Max-Age=" + std::to_string(max_age.count()) + "; HttpOnly; SameSite=Strict";
    return {"Set-Cookie", std::move(text)};
}

Headers cookies_of(const Credentials& credentials, const SignedInAs& as) {
    const auto& rules = credentials.rules();
    return {set_cookie(session_cookie, as.session, "/", rules.session_longest),
            set_cookie(device_cookie, as.device, "/", rules.device_known)};
}

Reply signed_in_reply(const Credentials& credentials, const SignedInAs& as) {
    return Reply{201, cookies_of(credentials, as), "application/json",
                 json::to_text(SignedInBody{as.person, as.expires_at}), nullptr};
}

}  // namespace noroshi::edge::http
