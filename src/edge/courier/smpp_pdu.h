#pragma once
// The PDUs of SMPP 3.4 that an SMS client needs ("Short Message Peer to Peer Protocol Specification
// v3.4", 12 October 1999, SMPP Developers Forum): binding, submitting, receipts, inbound messages,
// keeping the link. Bytes from outside; limits are held. Pure.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/result.h"

namespace noroshi::edge::courier::smpp {

enum class Command : std::uint32_t {
    generic_nack = 0x80000000,
    submit_sm = 0x00000004,
    submit_sm_resp = 0x80000004,
    deliver_sm = 0x00000005,
    deliver_sm_resp = 0x80000005,
    unbind = 0x00000006,
    unbind_resp = 0x80000006,
    bind_transceiver = 0x00000009,
    bind_transceiver_resp = 0x80000009,
    enquire_link = 0x00000015,
    enquire_link_resp = 0x80000015
};

// §5.1.3; the ones we decide by.
inline constexpr std::uint32_t status_ok = 0;
inline constexpr std::uint32_t status_invalid_destination = 0x0B;
inline constexpr std::uint32_t status_app_temporary = 0x64;  // deliver_sm_resp: send it again later

struct Pdu {
    std::uint32_t command = 0;
    std::uint32_t status = 0;
    std::uint32_t sequence = 0;
    std::string body;
};

inline constexpr std::size_t pdu_limit = 64 * 1024;

std::string write_pdu(const Pdu& pdu);
// The first whole PDU of `bytes`, which is taken off; nothing if there is none yet.
// Errors: invalid edge.courier.smpp_malformed (the connection is of no use any more).
Result<std::optional<Pdu>> take_pdu(std::string& bytes);

struct Bind {
    std::string system_id;
    std::string password;
    std::string system_type;
};
std::string bind_body(const Bind& bind);

struct Submit {
    std::string source;
    std::string destination;  // digits, without "+"
    std::uint8_t source_ton = 0, source_npi = 0;
    std::uint8_t esm_class = 0;  // 0x40: the user data begins with a header
    std::uint8_t coding = 0;
    bool receipt = true;
    std::string user_data;  // at most 254 octets
};
std::string submit_body(const Submit& submit);

// A deliver_sm.
struct Deliver {
    std::string source;
    std::string destination;
    std::uint8_t esm_class = 0;
    std::uint8_t coding = 0;
    std::string user_data;
    std::map<std::uint16_t, std::string> options;

    bool is_receipt() const { return (esm_class & 0x3C) == 0x04; }
    bool has_header() const { return (esm_class & 0x40) != 0; }
};
Result<Deliver> read_deliver(std::string_view body);  // errors as take_pdu
std::string deliver_body(const Deliver& deliver);     // for a gateway made in a test
Result<Submit> read_submit(std::string_view body);    // the same
// The message id of a submit_sm_resp, or the system id of a bind response: a C string.
std::string read_name(std::string_view body);

// What a receipt says (Appendix B and the optional parameters of §5.3.2).
struct Receipt {
    std::string reference;
    bool final = false;    // nothing more will come
    bool arrived = false;  // on the telephone
    std::string state;     // "DELIVRD"
};
Receipt read_receipt(const Deliver& deliver);

}  // namespace noroshi::edge::courier::smpp
