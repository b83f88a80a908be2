#pragma once
// Pages without scripts, for a browser that is kept apart and lets none run: plain HTML written by the
// server, forms that post. No stream of events, no push, nothing stored in the browser but cookies.
// Everything below /plain is such a page; whoever is not signed in there is sent to /plain/sign-in.
//
// A form carries a token: sealed by this installation, for one session, for a day. It says that the
// form is ours (another site cannot make one up), and it is the form's Idempotency-Key, so that a
// second click records nothing twice. Any thread.

#include <optional>
#include <string>
#include <string_view>

#include "edge/http/problem.h"
#include "edge/http/route.h"
#include "kernel/crypto/keyring.h"

namespace noroshi::edge::http::plain {

inline constexpr std::string_view home = "/plain";
inline constexpr std::string_view style_path = "/plain/style.css";

// Fields of application/x-www-form-urlencoded, in order; line ends are \n, other control characters
// spaces. Errors: invalid edge.http.plain_form (no form, not UTF-8, more than 100 fields).
Result<Headers> read_form(std::string_view body);
std::string_view field(const Headers& form, std::string_view name);  // or the empty view

// `session`: the cookie's value. A token of another session, or an old one, is none.
std::string form_token(const Key& key, std::string_view session, Instant now, Random& random);
bool is_form_token(const Key& key, std::string_view token, std::string_view session, Instant now);

struct Page {
    Language language = Language::ja;
    std::string title;  // plain text
    std::string body;   // HTML
    int status = 200;
    std::shared_ptr<const Principal> who{};  // signed in: with a way out
    std::string sign_out_token{};
    std::string again{};  // where the page reads itself anew after half a minute; empty: it stays
};
Reply page(const Page& page);
Reply go_to(std::string location);  // 303
// 401 leads to the sign-in page and back again; all else is said on a page.
Reply turned_away(const Refusal& refused, const Request& request);
std::string_view style_sheet();

}  // namespace noroshi::edge::http::plain
