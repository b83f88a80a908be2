#include "edge/courier/smtp_talk.h"

#include <algorithm>

namespace noroshi::edge::courier {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool begins(std::string_view line, std::string_view word) {
    return line.size() >= word.size() &&
           std::ranges::equal(line.substr(0, word.size()), word,
                              [](char a, char b) { return (a & ~0x20) == (b & ~0x20); });
}

// "5.1.1" at the start of `text`: class of one digit, subject and detail of at most three.
std::string enhanced_code(std::string_view text) {
    std::size_t at = 0;
    auto digits = [&](std::size_t most) {
        const std::size_t from = at;
        while (at < text.size() && at - from < most && is_digit(text[at])) ++at;
        return at > from;
    };
    auto dot = [&] { return at < text.size() && text[at] == '.' && ++at > 0; };
    if (!(digits(1) && dot() && digits(3) && dot() && digits(3))) return {};
    if (at < text.size() && text[at] != ' ' && text[at] != '\r' && text[at] != '\n') return {};
    return std::string(text.substr(0, at));
}

}  // namespace

SmtpReply read_reply(std::string_view line) {
    if (line.size() < 3 || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2]))
        return {};
    const char then = line.size() > 3 ? line[3] : ' ';
    if (then != ' ' && then != '-' && then != '\r' && then != '\n') return {};
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (code < 200 || code > 599) return {};
    return SmtpReply{code, then != '-', line.size() > 4 ? enhanced_code(line.substr(4)) : ""};
}

void SmtpTalk::said(std::string_view line) {
    if (begins(line, "QUIT") || begins(line, "RSET")) over_ = true;
    if (over_ || stage_ == Stage::given) return;
    reply_ = {};
    if (begins(line, "MAIL FROM"))
        stage_ = Stage::sender;
    else if (begins(line, "RCPT TO"))
        stage_ = Stage::recipient;
    else if (begins(line, "DATA"))
        stage_ = Stage::text;
    else if (stage_ == Stage::greeting)
        stage_ = Stage::session;
}

void SmtpTalk::heard(std::string_view line) {
    if (over_ || (stage_ == Stage::given && reply_.code != 0)) return;
    if (auto reply = read_reply(line); reply.last) reply_ = std::move(reply);
}

void SmtpTalk::text_given() {
    stage_ = Stage::given;
    reply_ = {};
}

bool SmtpTalk::hung_up_before_the_text() const {
    return !text_begun_ && stage_ != Stage::given && (reply_.code == 0 || reply_.code == 421);
}

Delivery SmtpTalk::end(bool accepted, std::string gateway, std::string_view reason) const {
    std::string detail = reply_.code != 0 ? std::to_string(reply_.code) : std::string(reason);
    if (!reply_.enhanced.empty()) detail += " " + reply_.enhanced;
    Outcome outcome = Outcome::failed;
    if (accepted || (stage_ == Stage::given && reply_.code / 100 == 2))
        outcome = Outcome::delivered;
    else if (reply_.code / 100 == 5 && stage_ >= Stage::recipient)
        outcome = Outcome::refused;
    else if (reply_.code == 0 && stage_ == Stage::given)
        outcome = Outcome::unknown;
    return Delivery{outcome, std::move(gateway), std::move(detail)};
}

}  // namespace noroshi::edge::courier
