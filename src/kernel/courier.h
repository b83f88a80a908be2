#pragma once
// The seam to gateways. The kernel decides what is sent, to whom, under which key, and keeps it in
// the outbox; a Courier (edge/courier) carries one message over one channel and says what became
// of it. A courier never retries and never deduplicates: that is the outbox's work.

#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/time/time.h"

namespace noroshi {

enum class Channel { email, sms, voice, chat, push };
BOOST_DESCRIBE_ENUM(Channel, email, sms, voice, chat, push)

struct Message {
    std::string key;  // unique for ever: alarm, person, channel, round
    Channel channel = Channel::email;
    std::string to;  // address of the channel (mail address, telephone number in E.164)
    std::string to_name;
    std::string message_id;  // the same for every transmission of this key (RFC 5322 Message-ID)
    std::string subject;     // with TLP label and, in a drill, the stamp
    std::string text;        // plain text, UTF-8
    std::string html;        // may be empty
    bool drill = false;
    std::string in_reply_to;  // Message-ID of the first message of this alarm, or empty
};
BOOST_DESCRIBE_STRUCT(Message, (),
                      (key, channel, to, to_name, message_id, subject, text, html, in_reply_to,
                       drill))

enum class Outcome {
    delivered,  // the gateway took responsibility
    refused,    // permanently: this address or message will never do (SMTP 5xx)
    failed,     // for now, and certainly not taken (no connection, SMTP 4xx)
    unknown     // the connection broke after the text was sent: in doubt
};

struct Delivery {
    Outcome outcome = Outcome::failed;
    std::string gateway;  // which relay
    std::string detail;   // what it said; no personal data
};

class Courier {
public:
    virtual ~Courier() = default;
    // May block; called off the core thread. `attempt` counts from 1: a courier with several
    // gateways takes the next one each time.
    virtual Delivery carry(const Message& message, int attempt) = 0;
};

}  // namespace noroshi
