#pragma once
// The cookies of somebody who signed in: the session, the device it was, the terminal it is. Scripts
// cannot read them and other sites cannot make a browser send them.

#include <string>
#include <string_view>
#include <utility>

#include "edge/http/route.h"
#include "kernel/identity/credentials.h"

namespace noroshi::edge::http {

inline constexpr std::string_view session_cookie = "noroshi_session";
inline constexpr std::string_view device_cookie = "noroshi_device";
inline constexpr std::string_view terminal_cookie = "noroshi_terminal";

// RFC 6265: "a=1; b=2". The empty view when there is none of that name.
std::string_view cookie_of(const Request& request, std::string_view name);
// A header field. "; Secure" is added by the edge where there is TLS.
std::pair<std::string, std::string> set_cookie(std::string_view name, std::string_view value,
                                               std::string_view path, std::chrono::seconds max_age);
Headers cookies_of(const Credentials& credentials, const SignedInAs& as);
// 201 with the cookies and {"person":…,"expires_at":…}.
Reply signed_in_reply(const Credentials& credentials, const SignedInAs& as);

}  // namespace noroshi::edge::http
