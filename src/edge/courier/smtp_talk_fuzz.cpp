// Whatever a server says, the talk ends in one of the four outcomes, keeps none of its words, and
// doubt arises only after the text.
#include <cstdint>

#include "edge/courier/mail.h"
#include "edge/courier/smtp_talk.h"
#include "kernel/result.h"

using namespace noroshi;
using namespace noroshi::edge::courier;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    SmtpTalk talk;
    bool given = false;
    for (std::size_t from = 0; from < input.size();) {
        auto end = input.find('\n', from);
        if (end == std::string_view::npos) end = input.size();
        const auto line = input.substr(from, end - from);
        from = end + 1;
        if (line.starts_with('>'))
            talk.said(line.substr(1));
        else if (line == "!begin")
            talk.text_begun();
        else if (line == "!given") {
            talk.text_given();
            given = true;
        } else {
            talk.heard(line);
        }
    }
    const Delivery delivery = talk.end(false, "relay", "reason");
    ASSERT(delivery.outcome != Outcome::unknown || given);
    ASSERT(delivery.detail == "reason" ||
           delivery.detail.find_first_not_of("0123456789. ") == std::string::npos);

    Message message;
    message.subject = input;
    message.to_name = input;
    message.to = input;
    message.text = input;
    message.in_reply_to = input;
    const std::string mail = write_mail(message, {"a@b.example", "n", "UTC"}, Instant{});
    const auto head = mail.substr(0, mail.find("\r\n\r\n"));
    ASSERT(head.find('\0') == std::string::npos);
    for (std::size_t i = 0; i < head.size(); ++i)
        if (head[i] == '\n') ASSERT(i > 0 && head[i - 1] == '\r');
    return 0;
}
