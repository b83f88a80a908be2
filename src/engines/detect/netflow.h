#pragma once
// NetFlow v5 and v9 and IPFIX: datagrams to flows. Templates are kept per exporter and observation
// domain (v9: source id). A data set whose template has not come yet is held until it does, or until
// `forget_held`, and then counted. Options records are read past and counted; they are no flows.
//
// Fields are named as IANA's registry names them (sourceIPv4Address, octetDeltaCount, …), an
// enterprise's as "ie<number>.<element>"; v5's as the element of the same meaning.
//
// Sources: Cisco "NetFlow Services Solutions Guide" (v5); RFC 3954 (v9); RFC 7011 (IPFIX); RFC 5103
// (reverse elements); IANA "IP Flow Information Export (IPFIX) Entities".

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/detect/event.h"

namespace noroshi::engines::detect {

// How the bytes of an element are to be read.
enum class FlowType : std::uint8_t {
    number,
    signed_number,
    decimal,  // float
    boolean,
    ipv4,
    ipv6,
    mac,
    text,
    octets,
    seconds,
    milliseconds,
    micro,  // NTP time stamps of RFC 5905
    nano,
};
struct FlowElement {
    std::string_view name;
    FlowType type = FlowType::octets;
};
// nullptr if the registry's part that is known here has none.
const FlowElement* flow_element(std::uint16_t number);

struct FlowCounts {
    std::uint64_t datagrams = 0;
    std::uint64_t flows = 0;
    std::uint64_t templates = 0;
    std::uint64_t options = 0;      // options records
    std::uint64_t no_template = 0;  // data sets whose template never came
    std::uint64_t malformed = 0;    // datagrams, of which the readable part was taken
    std::uint64_t unknown = 0;      // neither of the three versions
    std::uint64_t lost = 0;         // by the gaps of sequence numbers: flows (v9: datagrams)
};

class FlowDecoder {
public:
    explicit FlowDecoder(const FieldNames& fields);

    // One datagram. `each` is called with every flow; its texts are valid until the next one.
    // Returns the bytes the datagram takes of `bytes`, at least one: several may follow each other
    // (v5 and IPFIX say how long they are, in v9 no set has a version's number).
    std::size_t datagram(std::string_view bytes, std::uint64_t exporter, Event& event,
                         const std::function<void(Event&)>& each);
    void forget_held();  // what still waits for its template is counted
    const FlowCounts& counts() const { return counts_; }

private:
    struct Field {
        std::uint16_t length = 0;  // 65535: variable
        FlowType type = FlowType::octets;
        std::uint16_t element = 0;
        std::uint32_t enterprise = 0;
        FieldId id = unnamed;
        std::string_view name;
        bool reverse = false;
    };
    struct Template {
        std::vector<Field> fields;
        std::size_t least = 0;  // bytes of a record at least
        bool options = false;
    };
    struct Head {
        std::uint64_t exporter = 0;
        std::uint32_t domain = 0;
        int version = 0;
        Micros exported = no_time;  // when the datagram left
        Micros booted = no_time;    // v5, v9: moment of sysUptime 0
    };
    struct Held {
        Head head;
        std::uint16_t id = 0;
        std::string bytes;
    };
    using Each = std::function<void(Event&)>;

    std::size_t version_5(std::string_view bytes, Head head, Event& event, const Each& each);
    std::size_t with_templates(std::string_view bytes, Head head, Event& event, const Each& each);
    bool templates(std::string_view set, const Head& head, bool options, Event& event,
                   const Each& each);
    bool data(std::string_view set, const Head& head, const Template& by, Event& event,
              const Each& each);
    std::uint64_t key(const Head& head, std::uint16_t id) const;
    std::string_view name_of(std::uint32_t enterprise, std::uint16_t element, bool reverse);
    void add(const Field& field, std::string_view bytes, const Head& head, Event& event,
             Micros& start, Micros& end);
    void close(Event& event, const Head& head, Micros start, Micros end, const Each& each);
    void sequence(const Head& head, std::uint32_t is, std::uint32_t counted);

    const FieldNames& fields_;
    FieldId duration_ = unnamed;
    std::unordered_map<std::uint64_t, Template> templates_;
    std::unordered_map<std::uint64_t, std::uint32_t> next_;  // sequence number expected
    std::deque<std::string> names_;
    std::unordered_map<std::string, std::string_view> names_by_text_;
    std::deque<Held> held_;
    std::vector<Field> five_;
    FlowCounts counts_;
};

// A file of datagrams: a capture (pcap, of UDP over IPv4 or IPv6 on Ethernet, Linux cooked, raw or
// loopback), or datagrams one after another. Calls `each` with every datagram and a number for its
// sender. False if the capture breaks off.
bool datagrams_of(std::string_view file,
                  const std::function<void(std::string_view, std::uint64_t sender)>& each);
bool is_capture(std::string_view file);

}  // namespace noroshi::engines::detect
