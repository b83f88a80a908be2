#pragma once
// A call-out as a chat shows it: what Slack-compatible webhooks, Microsoft Teams (a workflow that posts
// an adaptive card) and the LINE WORKS bot are sent. Nothing in the text can call a whole room
// ("@channel", "<!here>"), disguise a link or break the JSON; what is too long is cut in the text, never
// in the link. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace noroshi::edge::courier {

struct ChatText {
    std::string title;
    std::string text;
    std::string ask;   // "回答はこちら"; may be empty
    std::string link;  // may be empty
};

inline constexpr std::size_t slack_text_limit = 3'000;  // characters; Slack cuts at 40,000
inline constexpr std::size_t teams_text_limit = 5'000;  // the whole card must stay below 28 KB
inline constexpr std::size_t works_text_limit = 2'000;  // of the whole message

// `to`: a user name where the webhook may write to one ("k.mori"), or empty.
std::string slack_json(const ChatText& text, std::string_view to);
std::string teams_json(const ChatText& text);
std::string works_json(const ChatText& text);

// "@channel" with a character of no width after the sign, so that it is text and no call.
std::string without_mentions(std::string_view text);
// The first `most` characters, "…" when something is missing.
std::string shortened_to(std::string_view text, std::size_t most);

}  // namespace noroshi::edge::courier
