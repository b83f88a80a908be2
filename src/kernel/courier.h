#pragma once
// The seam to gateways. The kernel decides what is sent, to whom, under which key, and keeps it in
// the outbox; a Courier (edge/courier) carries one message over one channel and says what became
// of it. A courier never retries and never deduplicates: that is the outbox's work.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/time/time.h"

namespace noroshi {

enum class Channel { email, sms, voice, chat, push };
BOOST_DESCRIBE_ENUM(Channel, email, sms, voice, chat, push)
inline constexpr std::array<std::string_view, 5> channel_names{"email", "sms", "voice", "chat",
                                                               "push"};
constexpr std::string_view name_of(Channel channel) {
    return channel_names[static_cast<std::size_t>(channel)];
}

struct Message {
    std::string key;  // unique for ever: "<alarm>/<person>/<channel>/<round>" (see lane_of)
    Channel channel = Channel::email;
    std::string to;  // address of the channel (mail address, telephone number in E.164)
    std::string to_name;
    std::string message_id;  // the same for every transmission of this key (RFC 5322 Message-ID)
    std::string subject;     // with TLP label and, in a drill, the stamp
    std::string text;        // plain text, UTF-8
    std::string html;        // may be empty
    bool drill = false;
    std::string in_reply_to;  // Message-ID of the first message of this alarm, or empty
    // Of a letter to a subscriber: where one request ends the subscription (RFC 8058).
    std::optional<std::string> unsubscribe_url{};
};
BOOST_DESCRIBE_STRUCT(Message, (),
                      (key, channel, to, to_name, message_id, subject, text, html, in_reply_to,
                       drill, unsubscribe_url))

// Messages are claimed by lanes, so that a gateway which hangs holds up its own channel only: the
// channel named in the last but one part of the key, else e-mail.
constexpr Channel lane_of(std::string_view key) {
    const auto last = key.rfind('/');
    if (last == std::string_view::npos || last == 0) return Channel::email;
    const auto before = key.rfind('/', last - 1);
    const auto from = before == std::string_view::npos ? 0 : before + 1;
    const auto name = key.substr(from, last - from);
    for (std::size_t i = 0; i < channel_names.size(); ++i)
        if (channel_names[i] == name) return static_cast<Channel>(i);
    return Channel::email;
}

enum class Outcome {
    delivered,  // the gateway took responsibility
    refused,    // permanently: this address or message will never do (SMTP 5xx)
    failed,     // for now, and certainly not taken (no connection, SMTP 4xx)
    unknown     // the connection broke after the text was sent: in doubt
};

struct Delivery {
    Outcome outcome = Outcome::failed;
    std::string gateway;      // which relay
    std::string detail;       // what it said; no personal data
    std::string reference{};  // how the gateway will name it in a receipt, or empty
    std::string reply{};      // what the person answered at once (voice: the digit), or empty
};

class Courier {
public:
    virtual ~Courier() = default;
    // May block; called off the core thread. `attempt` counts from 1: a courier with several
    // gateways takes the next one each time.
    virtual Delivery carry(const Message& message, int attempt) = 0;
};

}  // namespace noroshi
