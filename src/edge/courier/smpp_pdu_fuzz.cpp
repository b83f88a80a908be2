// Whatever a gateway sends: it is a PDU or the connection ends, and nothing is read beyond it.
#include <cstdint>

#include "edge/courier/smpp_pdu.h"
#include "edge/courier/sms_text.h"
#include "kernel/result.h"

using namespace noroshi;
using namespace noroshi::edge::courier;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string input(reinterpret_cast<const char*>(bytes), size);
    SmsJoiner joiner;
    std::size_t left = input.size() + 1;
    while (input.size() < left) {
        left = input.size();
        auto pdu = smpp::take_pdu(input);
        if (!pdu || !*pdu) break;
        ASSERT(smpp::read_name((*pdu)->body).size() <= 64);
        if (auto deliver = smpp::read_deliver((*pdu)->body)) {
            ASSERT(smpp::read_receipt(*deliver).reference.size() <= 64);
            auto part = read_sms(deliver->user_data, deliver->coding, deliver->has_header());
            ASSERT(part.number >= 1 && part.number <= part.total);
            joiner.add(deliver->source, std::move(part));
        }
        (void)smpp::read_submit((*pdu)->body);
    }
    // A text of whoever wrote it survives being split and joined, as far as it fits.
    const std::string text(reinterpret_cast<const char*>(bytes), size);
    const auto parts = split_sms(text, 1);
    ASSERT(parts.parts.size() <= sms_parts_limit);
    for (const auto& part : parts.parts)
        ASSERT(part.size() <= (parts.alphabet == SmsAlphabet::ucs2 ? 140U : 160U));
    return 0;
}
