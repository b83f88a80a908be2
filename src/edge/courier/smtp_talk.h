#pragma once
// How far a conversation with an SMTP server has come, read off its lines, and what that means for
// the message when the conversation ends. libcurl says only "send failure"; an alarm has to know
// whether the server refused this address, was not there at all, or may have taken the text.
//
//   5xx to RCPT, DATA or the text         refused: this address or message will never do
//   4xx anywhere, 5xx earlier, 421        failed: the relay will not now (its log-in, its greeting,
//                                         our sender); another relay may
//   no connection, broken before the text failed: certainly not taken
//   broken after the text was given       unknown: the server may have taken it

#include <cstddef>
#include <string>
#include <string_view>

#include "kernel/courier.h"

namespace noroshi::edge::courier {

// A server's reply, of which only the numbers are kept: its words often repeat the address.
struct SmtpReply {
    int code = 0;          // 250; 0: not a reply
    bool last = false;     // "250 …", not "250-…"
    std::string enhanced;  // RFC 3463 "5.1.1", or empty
};
SmtpReply read_reply(std::string_view line);

class SmtpTalk {
public:
    void said(std::string_view command_line);  // by us
    void heard(std::string_view reply_line);   // by the server
    void text_begun() {
        stage_ = Stage::text;
        text_begun_ = true;
    }
    void text_given();  // all of it was handed over

    // What became of the message when the conversation is over; `accepted`: libcurl saw it through.
    Delivery end(bool accepted, std::string gateway, std::string_view reason) const;

    // The server has closed the connection, silently or with 421 (RFC 5321 3.8), while it cannot have
    // any of the text.
    bool hung_up_before_the_text() const;

private:
    enum class Stage { greeting, session, sender, recipient, text, given };
    Stage stage_ = Stage::greeting;
    bool text_begun_ = false;
    bool over_ = false;  // we have begun to leave; what is said then is politeness
    SmtpReply reply_;
};

}  // namespace noroshi::edge::courier
