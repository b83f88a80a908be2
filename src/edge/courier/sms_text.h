#pragma once
// A text as short messages: alphabet, splitting and joining. 3GPP TS 23.038 (GSM 7-bit default
// alphabet and its extension), 3GPP TS 23.040 §9.2.3.24.1 (concatenation header with an 8-bit
// reference). Pure.
//
// A text all of whose characters are in the GSM alphabet is sent in it: 160 septets in one message,
// 153 in each of several. Anything else, Japanese above all, is UCS-2 (UTF-16, big-endian): 70
// units, 67 in each of several; a surrogate pair and an escaped character are never cut apart.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace noroshi::edge::courier {

enum class SmsAlphabet { gsm, ucs2 };

struct SmsParts {
    SmsAlphabet alphabet = SmsAlphabet::gsm;
    // User data of each part: one octet per septet (as SMPP wants it) or UTF-16BE. With a header of
    // six octets (05 00 03 reference total number) in front when there are several.
    std::vector<std::string> parts;
};

inline constexpr std::size_t sms_parts_limit = 20;

// What exceeds sms_parts_limit parts is cut off and ends in "…". `text`: UTF-8; what is not, is
// replaced by U+FFFD.
SmsParts split_sms(std::string_view text, std::uint8_t reference);

// One inbound part: its text in UTF-8, and where it belongs when there are several.
struct SmsPart {
    std::string text;
    std::optional<std::uint16_t> reference;
    int total = 1;
    int number = 1;
};
// `coding`: SMPP data_coding (0 and 1 GSM or ASCII, 3 Latin-1, 8 UCS-2, others read as ASCII).
// `has_header`: the user data begins with a UDH. Malformed headers are dropped, text is kept.
SmsPart read_sms(std::string_view user_data, std::uint8_t coding, bool has_header);

// Puts parts together as they arrive, in any order; what stays incomplete is forgotten oldest
// first beyond `kept` texts.
class SmsJoiner {
public:
    // The whole text once the last part is there. `from`: who sent it.
    std::optional<std::string> add(const std::string& from, SmsPart part);

    static constexpr std::size_t kept = 200;

private:
    struct Pile {
        std::uint64_t began = 0;
        std::map<int, std::string> parts;
    };
    std::map<std::pair<std::string, std::uint32_t>, Pile> piles_;
    std::uint64_t count_ = 0;
};

}  // namespace noroshi::edge::courier
