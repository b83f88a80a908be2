// Whatever arrives as a datagram: it is a message, a press of a key, or nothing.
#include <cstdint>

#include "edge/courier/sip_message.h"
#include "edge/courier/speech.h"
#include "kernel/result.h"

using namespace noroshi::edge::courier;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    if (const auto message = sip::read(input)) {
        ASSERT(message->headers.size() <= 100);
        (void)sip::tag_of(message->header("to"));
        if (const auto challenge = sip::read_challenge(message->header("www-authenticate"))) {
            const auto answer = sip::digest(*challenge, "u", "p", "INVITE", "sip:a@b", "c");
            ASSERT(answer.find('\n') == std::string::npos);
        }
        (void)sip::read_sdp(message->body);
        (void)sip::read_info(message->header("content-type"), message->body);
    }
    if (const auto press = sip::read_press(input, 101)) ASSERT(press->key != 0);
    (void)sip::read_sdp(input);
    (void)samples_of(input);
    (void)kana_of(input);
    return 0;
}
