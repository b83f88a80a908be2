#pragma once
// Writes a Message as an Internet mail, byte for byte as a relay gets it: RFC 5322 headers, RFC 2047
// words in the subject and the names, and the text (with the HTML beside it as an alternative, if
// there is one) as UTF-8 in base64, so that no relay on the way has to be clean for eight bits.
//
// What a program at the other end may look at: Auto-Submitted: auto-generated (RFC 3834, no answer
// from a holiday notice), X-Noroshi-Drill: yes or no, In-Reply-To and References to the first mail
// of the same alarm, and a Message-ID that is the same for every transmission of one message. A letter
// to a subscriber carries List-Unsubscribe and List-Unsubscribe-Post (RFC 8058) and is not urgent.

#include <string>
#include <string_view>

#include "kernel/courier.h"
#include "kernel/time/time.h"

namespace noroshi::edge::courier {

// Whom a mail is from.
struct Letterhead {
    std::string address;              // "noroshi@port.example"
    std::string name;                 // "灯浜港 サイバー連絡"; may be empty
    std::string zone = "Asia/Tokyo";  // of the Date header
};

// One mail address as it may stand between angle brackets: no spaces, no controls, one @ with
// something on either side. Deliberately no more: whether it exists, only its server knows.
bool is_mail_address(std::string_view text);

// Lines end in CR LF; no line is longer than 78 bytes but a header that is one long word. Nothing
// in the message can add a header: controls in it become spaces.
std::string write_mail(const Message& message, const Letterhead& from, Instant date);

// A header's text: as it is when it is short plain ASCII, else RFC 2047 words of at most 75 bytes
// that never cut a character in two, folded; `used` is how much of the first line is taken.
std::string encode_words(std::string_view text, std::size_t used);

}  // namespace noroshi::edge::courier
