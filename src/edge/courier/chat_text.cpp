#include "edge/courier/chat_text.h"

#include <boost/json.hpp>

namespace noroshi::edge::courier {

namespace {

std::size_t length_of(std::string_view text) {
    std::size_t characters = 0;
    for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    return characters;
}

// Slack's three: with them escaped nothing is a mention, a channel or a link of its syntax.
std::string escaped_for_slack(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else
            out += c;
    }
    return out;
}

// Of the markdown that an adaptive card understands.
std::string escaped_for_card(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("\\[]()*_`#<>~|").contains(c)) out += '\\';
        out += c;
    }
    return out;
}

}  // namespace

std::string without_mentions(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c;
        if (c == '@') out += "\u200B";
    }
    return out;
}

std::string shortened_to(std::string_view text, std::size_t most) {
    std::size_t characters = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80 && characters++ == most)
            return std::string(text.substr(0, i)) + "…";
    return std::string(text);
}

std::string slack_json(const ChatText& text, std::string_view to) {
    std::string all =
        escaped_for_slack(without_mentions(text.title)) + "\n" +
        escaped_for_slack(without_mentions(shortened_to(text.text, slack_text_limit)));
    if (!text.ask.empty()) all += "\n\n" + escaped_for_slack(text.ask);
    if (!text.link.empty()) all += "\n" + escaped_for_slack(text.link);
    boost::json::object out;
    out["text"] = all;
    out["mrkdwn"] = false;
    out["unfurl_links"] = false;
    out["unfurl_media"] = false;
    if (!to.empty()) out["channel"] = "@" + std::string(to);
    return boost::json::serialize(out);
}

std::string teams_json(const ChatText& text) {
    const auto block = [](std::string_view words, bool is_title) {
        boost::json::object out{{"type", "TextBlock"},
                                {"text", escaped_for_card(without_mentions(words))},
                                {"wrap", true}};
        if (is_title) {
            out["weight"] = "Bolder";
            out["size"] = "Large";
        }
        return out;
    };
    boost::json::array body{block(text.title, true),
                            block(shortened_to(text.text, teams_text_limit), false)};
    if (!text.ask.empty()) body.push_back(block(text.ask, false));
    boost::json::object card{{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
                             {"type", "AdaptiveCard"},
                             {"version", "1.4"},
                             {"body", std::move(body)}};
    if (!text.link.empty())
        card["actions"] = boost::json::array{
            boost::json::object{{"type", "Action.OpenUrl"},
                                {"title", text.ask.empty() ? text.link : text.ask},
                                {"url", text.link}}};
    const boost::json::object out{
        {"type", "message"},
        {"attachments", boost::json::array{boost::json::object{
                            {"contentType", "application/vnd.microsoft.card.adaptive"},
                            {"contentUrl", nullptr},
                            {"content", std::move(card)}}}}};
    return boost::json::serialize(out);
}

std::string works_json(const ChatText& text) {
    std::string tail;
    if (!text.ask.empty()) tail += "\n\n" + text.ask;
    if (!text.link.empty()) tail += "\n" + text.link;
    const std::string title = without_mentions(shortened_to(text.title, 300)) + "\n";
    const std::string body = without_mentions(text.text);
    const auto taken = length_of(title) + length_of(tail) + 1;
    const std::size_t rest = taken < works_text_limit ? works_text_limit - taken : 0;
    const boost::json::object out{
        {"content",
         boost::json::object{{"type", "text"}, {"text", title + shortened_to(body, rest) + tail}}}};
    return boost::json::serialize(out);
}

}  // namespace noroshi::edge::courier
