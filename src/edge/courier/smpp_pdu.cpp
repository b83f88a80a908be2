#include "edge/courier/smpp_pdu.h"

#include <algorithm>
#include <array>

namespace noroshi::edge::courier::smpp {

namespace {

void put32(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}
std::uint32_t get32(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
    return value;
}
// A C octet string: cut at `limit` octets, closing NUL included.
void put_name(std::string& out, std::string_view text, std::size_t limit) {
    out += text.substr(0, std::min({limit - 1, text.size(), text.find('\0')}));
    out += '\0';
}

std::unexpected<Error> malformed() {
    return fail(ErrorKind::invalid, "edge.courier.smpp_malformed");
}

// Reads fields one after the other; `sound` turns false when the body is too short.
struct Fields {
    std::string_view rest;
    bool sound = true;

    std::uint8_t octet() {
        if (rest.empty()) {
            sound = false;
            return 0;
        }
        const auto value = static_cast<std::uint8_t>(rest.front());
        rest.remove_prefix(1);
        return value;
    }
    std::string name(std::size_t limit) {
        const auto end = rest.find('\0');
        if (end == std::string_view::npos || end >= limit) {
            sound = false;
            return {};
        }
        std::string text(rest.substr(0, end));
        rest.remove_prefix(end + 1);
        return text;
    }
    std::string bytes(std::size_t size) {
        if (rest.size() < size) {
            sound = false;
            return {};
        }
        std::string out(rest.substr(0, size));
        rest.remove_prefix(size);
        return out;
    }
};

// §4.4.1 and §4.6.1: submit_sm and deliver_sm have the same mandatory fields.
struct Short {
    std::uint8_t source_ton = 0, source_npi = 0;
    std::string source;
    std::uint8_t destination_ton = 0, destination_npi = 0;
    std::string destination;
    std::uint8_t esm_class = 0;
    std::uint8_t registered = 0;
    std::uint8_t coding = 0;
    std::string user_data;
};

std::string write_short(const Short& one) {
    std::string out;
    put_name(out, "", 6);  // service_type
    out += static_cast<char>(one.source_ton);
    out += static_cast<char>(one.source_npi);
    put_name(out, one.source, 21);
    out += static_cast<char>(one.destination_ton);
    out += static_cast<char>(one.destination_npi);
    put_name(out, one.destination, 21);
    out += static_cast<char>(one.esm_class);
    out += '\0';            // protocol_id
    out += '\0';            // priority_flag
    put_name(out, "", 17);  // schedule_delivery_time
    put_name(out, "", 17);  // validity_period
    out += static_cast<char>(one.registered);
    out += '\0';  // replace_if_present_flag
    out += static_cast<char>(one.coding);
    out += '\0';  // sm_default_msg_id
    const auto size = std::min<std::size_t>(one.user_data.size(), 254);
    out += static_cast<char>(size);
    out += one.user_data.substr(0, size);
    return out;
}

Short read_short(Fields& fields) {
    Short one;
    fields.name(6);
    one.source_ton = fields.octet();
    one.source_npi = fields.octet();
    one.source = fields.name(21);
    one.destination_ton = fields.octet();
    one.destination_npi = fields.octet();
    one.destination = fields.name(21);
    one.esm_class = fields.octet();
    fields.octet();
    fields.octet();
    fields.name(17);
    fields.name(17);
    one.registered = fields.octet();
    fields.octet();
    one.coding = fields.octet();
    fields.octet();
    one.user_data = fields.bytes(fields.octet());
    return one;
}

// The word after `name` in a receipt's text: "id:", "stat:".
std::string word_after(std::string_view text, std::string_view name) {
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string_view::npos;
         at += name.size()) {
        if (at > 0 && text[at - 1] != ' ') continue;
        const auto from = at + name.size();
        const auto end = text.find(' ', from);
        return std::string(text.substr(from, end == std::string_view::npos ? end : end - from));
    }
    return {};
}

}  // namespace

std::string write_pdu(const Pdu& pdu) {
    std::string out;
    out.reserve(16 + pdu.body.size());
    put32(out, static_cast<std::uint32_t>(16 + pdu.body.size()));
    put32(out, pdu.command);
    put32(out, pdu.status);
    put32(out, pdu.sequence);
    return out + pdu.body;
}

Result<std::optional<Pdu>> take_pdu(std::string& bytes) {
    if (bytes.size() < 4) return std::optional<Pdu>{};
    const std::size_t length = get32(bytes, 0);
    if (length < 16 || length > pdu_limit) return malformed();
    if (bytes.size() < length) return std::optional<Pdu>{};
    Pdu pdu{get32(bytes, 4), get32(bytes, 8), get32(bytes, 12), bytes.substr(16, length - 16)};
    bytes.erase(0, length);
    return std::optional(std::move(pdu));
}

std::string bind_body(const Bind& bind) {
    std::string out;
    put_name(out, bind.system_id, 16);
    put_name(out, bind.password, 9);
    put_name(out, bind.system_type, 13);
    out += static_cast<char>(0x34);  // interface_version
    out += '\0';                     // addr_ton
    out += '\0';                     // addr_npi
    put_name(out, "", 41);           // address_range
    return out;
}

std::string submit_body(const Submit& submit) {
    Short one;
    one.source_ton = submit.source_ton;
    one.source_npi = submit.source_npi;
    one.source = submit.source;
    one.destination_ton = 1;  // international
    one.destination_npi = 1;  // E.164
    one.destination = submit.destination;
    one.esm_class = submit.esm_class;
    one.registered = submit.receipt ? 1 : 0;
    one.coding = submit.coding;
    one.user_data = submit.user_data;
    return write_short(one);
}

Result<Deliver> read_deliver(std::string_view body) {
    Fields fields{body};
    Short one = read_short(fields);
    Deliver out{std::move(one.source),
                std::move(one.destination),
                one.esm_class,
                one.coding,
                std::move(one.user_data),
                {}};
    if (!fields.sound) return malformed();
    while (fields.rest.size() >= 4 && out.options.size() < 32) {
        auto octet = [&] { return static_cast<std::size_t>(fields.octet()); };
        const auto tag = static_cast<std::uint16_t>(octet() << 8 | octet());
        const std::size_t high = octet();
        const std::size_t size = high << 8 | octet();
        out.options[tag] = fields.bytes(size);
        if (!fields.sound) return malformed();
    }
    constexpr std::uint16_t message_payload = 0x0424;
    if (const auto payload = out.options.find(message_payload);
        payload != out.options.end() && out.user_data.empty())
        out.user_data = payload->second;
    return out;
}

std::string deliver_body(const Deliver& deliver) {
    Short one;
    one.source = deliver.source;
    one.destination = deliver.destination;
    one.esm_class = deliver.esm_class;
    one.coding = deliver.coding;
    one.user_data = deliver.user_data;
    std::string out = write_short(one);
    for (const auto& [tag, value] : deliver.options) {
        out += static_cast<char>(tag >> 8);
        out += static_cast<char>(tag & 0xFF);
        out += static_cast<char>(value.size() >> 8);
        out += static_cast<char>(value.size() & 0xFF);
        out += value;
    }
    return out;
}

Result<Submit> read_submit(std::string_view body) {
    Fields fields{body};
    Short one = read_short(fields);
    if (!fields.sound) return malformed();
    return Submit{std::move(one.source),
                  std::move(one.destination),
                  one.source_ton,
                  one.source_npi,
                  one.esm_class,
                  one.coding,
                  (one.registered & 1) != 0,
                  std::move(one.user_data)};
}

std::string read_name(std::string_view body) {
    return std::string(body.substr(0, std::min(body.size(), body.find('\0'))).substr(0, 64));
}

Receipt read_receipt(const Deliver& deliver) {
    constexpr std::uint16_t receipted_message_id = 0x001E;
    constexpr std::uint16_t message_state = 0x0427;
    // §5.2.28
    constexpr std::array<std::string_view, 9> states{
        "", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"};
    Receipt receipt;
    if (const auto id = deliver.options.find(receipted_message_id); id != deliver.options.end())
        receipt.reference = read_name(id->second);
    if (const auto state = deliver.options.find(message_state);
        state != deliver.options.end() && state->second.size() == 1 &&
        static_cast<std::uint8_t>(state->second[0]) < states.size())
        receipt.state = states[static_cast<std::uint8_t>(state->second[0])];
    if (receipt.reference.empty()) receipt.reference = word_after(deliver.user_data, "id:");
    if (receipt.state.empty()) receipt.state = word_after(deliver.user_data, "stat:");
    receipt.reference.resize(std::min<std::size_t>(receipt.reference.size(), 64));
    if (std::ranges::find(states, receipt.state) == states.end()) receipt.state = "UNKNOWN";
    receipt.arrived = receipt.state == "DELIVRD";
    receipt.final = receipt.arrived || receipt.state == "EXPIRED" || receipt.state == "DELETED" ||
                    receipt.state == "UNDELIV" || receipt.state == "REJECTD";
    return receipt;
}

}  // namespace noroshi::edge::courier::smpp
