// A data record is read by its template, whose fields know their names and numbers already, so that a
// flow costs one pass over its bytes. Everything is checked against the bytes that are there before
// it is read: lengths come from strangers.

#include "engines/detect/netflow.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "engines/detect/address.h"

namespace noroshi::engines::detect {

namespace {

constexpr std::uint16_t variable = 65535;
constexpr std::size_t most_templates = 10000;
constexpr std::size_t most_fields = 1000;
constexpr std::size_t most_held = 1000;
constexpr std::uint32_t reverse_enterprise = 29305;  // RFC 5103

std::uint64_t big(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes.substr(0, 8)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}
std::uint16_t two(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint16_t>(big(bytes.substr(at, 2)));
}
std::uint32_t four(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint32_t>(big(bytes.substr(at, 4)));
}

std::string_view number_text(std::uint64_t value, Arena& arena) {
    char* const out = arena.take(20);
    const auto end = std::to_chars(out, out + 20, value);
    return {out, static_cast<std::size_t>(end.ptr - out)};
}
std::string_view ipv4_text(std::uint32_t bits, Arena& arena) {
    char* const out = arena.take(15);
    char* to = out;
    for (int shift = 24; shift >= 0; shift -= 8) {
        const std::uint32_t part = bits >> shift & 255;
        if (part >= 100) *to++ = static_cast<char>('0' + part / 100);
        if (part >= 10) *to++ = static_cast<char>('0' + part / 10 % 10);
        *to++ = static_cast<char>('0' + part % 10);
        if (shift > 0) *to++ = '.';
    }
    return {out, static_cast<std::size_t>(to - out)};
}

}  // namespace

FlowDecoder::FlowDecoder(const FieldNames& fields)
    : fields_(fields), duration_(fields.find("duration")) {
    // v5's record as a template of the same elements; 0 is padding.
    constexpr auto record = std::to_array<std::pair<std::uint16_t, std::uint16_t>>(
        {{8, 4},  {12, 4}, {15, 4}, {10, 2}, {14, 2}, {2, 4},  {1, 4},  {22, 4}, {21, 4}, {7, 2},
         {11, 2}, {0, 1},  {6, 1},  {4, 1},  {5, 1},  {16, 2}, {17, 2}, {9, 1},  {13, 1}, {0, 2}});
    for (const auto& [element, length] : record) {
        Field field;
        field.length = length;
        field.element = element;
        if (const auto* known = flow_element(element)) {
            field.type = known->type;
            field.name = known->name;
            field.id = fields.find(known->name);
        }
        five_.push_back(field);
    }
}

std::string_view FlowDecoder::name_of(std::uint32_t enterprise, std::uint16_t element,
                                      bool reverse) {
    std::string name;
    const FlowElement* known = enterprise == 0 || reverse ? flow_element(element) : nullptr;
    if (known != nullptr && !reverse) return known->name;
    if (known != nullptr) {
        name = "reverse" + std::string(known->name);
        name[7] = static_cast<char>(name[7] >= 'a' && name[7] <= 'z' ? name[7] - 32 : name[7]);
    } else if (enterprise != 0) {
        name = "ie" + std::to_string(enterprise) + "." + std::to_string(element);
    } else {
        name = "ie" + std::to_string(element);
    }
    const auto found = names_by_text_.find(name);
    if (found != names_by_text_.end()) return found->second;
    names_.push_back(name);
    names_by_text_.emplace(std::move(name), names_.back());
    return names_.back();
}

std::uint64_t FlowDecoder::key(const Head& head, std::uint16_t id) const {
    const std::array<std::uint64_t, 3> parts = {head.exporter,
                                                static_cast<std::uint64_t>(head.domain) << 16 | id,
                                                static_cast<std::uint64_t>(head.version)};
    return hash_of({reinterpret_cast<const char*>(parts.data()), sizeof parts});
}

// `counted`: by how much this datagram moves the number on.
void FlowDecoder::sequence(const Head& head, std::uint32_t is, std::uint32_t counted) {
    if (next_.size() > most_templates) next_.clear();
    const auto [found, is_new] = next_.try_emplace(key(head, 0), is);
    const std::uint32_t gap = is - found->second;
    // Half of the numbers is behind us: late, doubled, or an exporter that began anew.
    if (!is_new && gap < 0x80000000U && gap < 1000000) counts_.lost += gap;
    if (is_new || gap < 0x80000000U || gap < 0xFFFF0000U) found->second = is + counted;
}

void FlowDecoder::add(const Field& field, std::string_view bytes, const Head& head, Event& event,
                      Micros& start, Micros& end) {
    if (field.name.empty() || bytes.empty()) return;
    Arena& arena = event.arena();
    std::string_view text;
    Kind kind = Kind::number;
    switch (field.type) {
    case FlowType::number:
        if (bytes.size() > 8) {  // a router's habit: sixteen bytes of octets for a number
            kind = Kind::text;
            break;
        }
        text = number_text(big(bytes), arena);
        if (field.element == 22 && head.booted != no_time)
            start = head.booted + static_cast<Micros>(big(bytes)) * 1000;
        if (field.element == 21 && head.booted != no_time)
            end = head.booted + static_cast<Micros>(big(bytes)) * 1000;
        break;
    case FlowType::signed_number: {
        const auto shift = 64 - 8 * std::min<std::size_t>(bytes.size(), 8);
        const auto value = static_cast<std::int64_t>(big(bytes) << shift) >> shift;
        text = arena.keep(std::to_string(value));
        break;
    }
    case FlowType::decimal:
        if (bytes.size() == 4)
            text = arena.keep(
                std::to_string(std::bit_cast<float>(static_cast<std::uint32_t>(big(bytes)))));
        else if (bytes.size() == 8)
            text = arena.keep(std::to_string(std::bit_cast<double>(big(bytes))));
        break;
    case FlowType::boolean:
        text = bytes.back() == 1 ? "true" : "false";
        kind = Kind::boolean;
        break;
    case FlowType::ipv4:
        kind = Kind::text;
        if (bytes.size() == 4) text = ipv4_text(static_cast<std::uint32_t>(big(bytes)), arena);
        break;
    case FlowType::ipv6:
        kind = Kind::text;
        if (bytes.size() == 16) {
            const Address address{big(bytes.substr(0, 8)), big(bytes.substr(8))};
            text = arena.keep(text_of(address));
        }
        break;
    case FlowType::text:
        kind = Kind::text;
        text = bytes.substr(0, bytes.find('\0'));
        break;
    case FlowType::seconds:
    case FlowType::milliseconds: {
        text = number_text(big(bytes), arena);
        const auto unit = field.type == FlowType::seconds ? 1000000LL : 1000LL;
        if (bytes.size() > 8 || big(bytes) > 1ULL << 45) break;
        const auto moment = static_cast<Micros>(big(bytes)) * unit;
        if (field.element == 150 || field.element == 152) start = moment;
        if (field.element == 151 || field.element == 153) end = moment;
        break;
    }
    case FlowType::micro:
    case FlowType::nano: {
        if (bytes.size() != 8) break;
        // Seconds since 1900 and a fraction of 2^-32 (RFC 7011, 6.1.9).
        const auto whole = static_cast<Micros>(big(bytes.substr(0, 4))) - 2208988800LL;
        const auto moment =
            whole * 1000000 + static_cast<Micros>(big(bytes.substr(4)) * 1000000 >> 32);
        text = arena.keep(text_of_moment(moment));
        kind = Kind::text;
        if (field.element == 154 || field.element == 156) start = moment;
        if (field.element == 155 || field.element == 157) end = moment;
        break;
    }
    case FlowType::mac:
    case FlowType::octets: break;
    }
    if (text.data() == nullptr) {
        // Bytes: a MAC with colons, anything else in hexadecimal digits.
        constexpr std::string_view digits = "0123456789abcdef";
        const bool mac = field.type == FlowType::mac && bytes.size() == 6;
        char* const out = arena.take(bytes.size() * 3);
        char* to = out;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (mac && i > 0) *to++ = ':';
            *to++ = digits[static_cast<unsigned char>(bytes[i]) >> 4];
            *to++ = digits[static_cast<unsigned char>(bytes[i]) & 15];
        }
        text = {out, static_cast<std::size_t>(to - out)};
        kind = Kind::text;
    }
    event.add(field.id, field.name, text, kind);
}

void FlowDecoder::close(Event& event, const Head& head, Micros start, Micros end,
                        const Each& each) {
    // A flow's time is its beginning, as Zeek's; without one, when it was told.
    event.time = start != no_time ? start : end != no_time ? end : head.exported;
    if (duration_ != unnamed && start != no_time && end != no_time && end >= start) {
        char* const out = event.arena().take(32);
        const auto written = std::to_chars(out, out + 32, static_cast<double>(end - start) / 1e6);
        event.add(duration_, {}, {out, static_cast<std::size_t>(written.ptr - out)}, Kind::number);
    }
    ++counts_.flows;
    each(event);
}

std::size_t FlowDecoder::version_5(std::string_view bytes, Head head, Event& event,
                                   const Each& each) {
    constexpr std::size_t head_size = 24;
    constexpr std::size_t record_size = 48;
    const std::size_t count = bytes.size() < head_size ? 0 : two(bytes, 2);
    if (count == 0 || count > 30 || bytes.size() < head_size + record_size) {
        ++counts_.malformed;
        return bytes.size();
    }
    const auto uptime = static_cast<Micros>(four(bytes, 4)) * 1000;
    head.exported = static_cast<Micros>(four(bytes, 8)) * 1000000 + four(bytes, 12) / 1000;
    head.booted = head.exported - uptime;
    head.domain = two(bytes, 20);
    sequence(head, four(bytes, 16), static_cast<std::uint32_t>(count));
    const std::size_t whole = std::min(count, (bytes.size() - head_size) / record_size);
    if (whole < count) ++counts_.malformed;
    for (std::size_t i = 0; i < whole; ++i) {
        event.clear();
        Micros start = no_time;
        Micros end = no_time;
        std::size_t at = head_size + i * record_size;
        for (const Field& field : five_) {
            add(field, bytes.substr(at, field.length), head, event, start, end);
            at += field.length;
        }
        close(event, head, start, end, each);
    }
    return whole < count ? bytes.size() : head_size + count * record_size;
}

bool FlowDecoder::templates(std::string_view set, const Head& head, bool options, Event& event,
                            const Each& each) {
    const bool ipfix = head.version == 10;
    std::size_t at = 0;
    while (at + 4 <= set.size()) {
        const std::uint16_t id = two(set, at);
        std::size_t count = two(set, at + 2);
        if (id < 256) return true;  // padding
        at += 4;
        if (options) {
            if (ipfix && count == 0) {  // withdrawn
                templates_.erase(key(head, id));
                continue;
            }
            if (at + 2 > set.size()) return false;
            if (ipfix) {
                at += 2;  // how many of them are scope
            } else {
                // v9 gives bytes: of scope fields, then of option fields.
                const std::size_t scope = count;
                const std::size_t rest = two(set, at);
                at += 2;
                if (scope % 4 != 0 || rest % 4 != 0) return false;
                count = (scope + rest) / 4;
            }
        } else if (count == 0) {
            templates_.erase(key(head, id));
            continue;
        }
        if (count > most_fields) return false;
        Template made;
        made.options = options;
        for (std::size_t i = 0; i < count; ++i) {
            if (at + 4 > set.size()) return false;
            Field field;
            std::uint16_t element = two(set, at);
            field.length = two(set, at + 2);
            at += 4;
            if (ipfix && (element & 0x8000) != 0) {
                if (at + 4 > set.size()) return false;
                field.enterprise = four(set, at);
                at += 4;
                element &= 0x7FFF;
                field.reverse = field.enterprise == reverse_enterprise;
            }
            field.element = element;
            if (field.enterprise == 0 || field.reverse)
                if (const auto* known = flow_element(element)) field.type = known->type;
            // Of a reverse element only the value counts, not that it would be a time of this flow.
            if (!options) {
                field.name = name_of(field.enterprise, element, field.reverse);
                field.id = fields_.find(field.name);
                if (element == 210 && field.enterprise == 0) field.name = {};
            }
            if (field.reverse || field.enterprise != 0) field.element = 0;
            made.least += field.length == variable ? 1 : field.length;
            made.fields.push_back(field);
        }
        if (made.least == 0) return false;
        if (templates_.size() >= most_templates) templates_.clear();
        templates_[key(head, id)] = std::move(made);
        ++counts_.templates;
        // What waited for it.
        for (std::size_t i = 0; i < held_.size();) {
            if (held_[i].id != id || key(held_[i].head, id) != key(head, id)) {
                ++i;
                continue;
            }
            const Held held = std::move(held_[i]);
            held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
            if (!data(held.bytes, held.head, templates_[key(head, id)], event, each))
                ++counts_.malformed;
        }
    }
    return true;
}

bool FlowDecoder::data(std::string_view set, const Head& head, const Template& by, Event& event,
                       const Each& each) {
    std::size_t at = 0;
    while (set.size() - at >= by.least) {
        event.clear();
        Micros start = no_time;
        Micros end = no_time;
        const std::size_t from = at;
        for (const Field& field : by.fields) {
            std::size_t length = field.length;
            if (length == variable) {  // also in v9, where H3C does it
                if (at >= set.size()) return false;
                length = static_cast<unsigned char>(set[at++]);
                if (length == 255) {
                    if (at + 2 > set.size()) return false;
                    length = two(set, at);
                    at += 2;
                }
            }
            if (length > set.size() - at) return false;
            if (!by.options) add(field, set.substr(at, length), head, event, start, end);
            at += length;
        }
        // Padding to a multiple of four may look like a record of zeros if records are short.
        const auto record = set.substr(from, at - from);
        if (set.size() - at < by.least && record.size() < 4 &&
            record.find_first_not_of('\0') == std::string_view::npos)
            break;
        if (by.options)
            ++counts_.options;
        else
            close(event, head, start, end, each);
    }
    return true;
}

std::size_t FlowDecoder::with_templates(std::string_view bytes, Head head, Event& event,
                                        const Each& each) {
    const bool ipfix = head.version == 10;
    const std::size_t head_size = ipfix ? 16 : 20;
    if (bytes.size() < head_size) {
        ++counts_.malformed;
        return bytes.size();
    }
    std::size_t size = bytes.size();
    if (ipfix) {
        const std::size_t told = two(bytes, 2);
        if (told < head_size || told > bytes.size()) ++counts_.malformed;
        if (told < head_size) return bytes.size();
        size = std::min(told, bytes.size());
        head.exported = static_cast<Micros>(four(bytes, 4)) * 1000000;
        head.domain = four(bytes, 12);
    } else {
        head.exported = static_cast<Micros>(four(bytes, 8)) * 1000000;
        head.booted = head.exported - static_cast<Micros>(four(bytes, 4)) * 1000;
        head.domain = four(bytes, 16);
        sequence(head, four(bytes, 12), 1);
    }
    const std::uint64_t records_before = counts_.flows + counts_.options;
    bool held = false;
    bool good = true;
    std::size_t at = head_size;
    while (at + 4 <= size) {
        const std::uint16_t id = two(bytes, at);
        // In v9 the numbers below 256 but 0 and 1 are reserved: a version begins the next datagram.
        if (!ipfix && (id == 9 || id == 5 || id == 10)) break;
        const std::size_t length = two(bytes, at + 2);
        if (id == 0 && length == 0) {  // filled up with zeros, behind which another may begin
            const std::size_t next = bytes.find_first_not_of('\0', at);
            at = ipfix || next == std::string_view::npos ? size : std::max(at, next - 1);
            break;
        }
        if (length < 4 || length > size - at) {
            good = false;
            at = size;
            break;
        }
        const auto set = bytes.substr(at + 4, length - 4);
        at += length;
        if (id == (ipfix ? 2 : 0) || id == (ipfix ? 3 : 1)) {
            good = templates(set, head, id == (ipfix ? 3 : 1), event, each) && good;
        } else if (id >= 256) {
            const auto found = templates_.find(key(head, id));
            if (found != templates_.end()) {
                good = data(set, head, found->second, event, each) && good;
            } else {
                if (held_.size() >= most_held) {
                    held_.pop_front();
                    ++counts_.no_template;
                }
                held_.push_back({head, id, std::string(set)});
                held = true;
            }
        }
    }
    if (!good) ++counts_.malformed;
    // IPFIX counts records. How many a held set has is not known, so nothing can be expected then.
    if (ipfix && !held && good)
        sequence(head, four(bytes, 8),
                 static_cast<std::uint32_t>(counts_.flows + counts_.options - records_before));
    else if (ipfix)
        next_.erase(key(head, 0));
    return ipfix ? size : std::max<std::size_t>(at, head_size);
}

std::size_t FlowDecoder::datagram(std::string_view bytes, std::uint64_t exporter, Event& event,
                                  const Each& each) {
    if (bytes.size() < 2) {
        if (!bytes.empty()) ++counts_.malformed;
        return std::max<std::size_t>(bytes.size(), 1);
    }
    Head head;
    head.exporter = exporter;
    head.version = two(bytes, 0);
    if (head.version != 5 && head.version != 9 && head.version != 10) {
        ++counts_.unknown;
        return bytes.size();
    }
    ++counts_.datagrams;
    return head.version == 5 ? version_5(bytes, head, event, each)
                             : with_templates(bytes, head, event, each);
}

void FlowDecoder::forget_held() {
    counts_.no_template += held_.size();
    held_.clear();
}

// ---- files -----------------------------------------------------------------------------------------

bool is_capture(std::string_view file) {
    if (file.size() < 24) return false;
    const std::uint32_t magic = four(file, 0);
    return magic == 0xA1B2C3D4 || magic == 0xD4C3B2A1 || magic == 0xA1B23C4D || magic == 0x4D3CB2A1;
}

namespace {

// The UDP payload of a packet and a number for its sender; empty if it is none or a fragment.
std::string_view udp_of(std::string_view packet, std::uint32_t link, std::uint64_t& sender) {
    std::size_t at = 0;
    std::uint16_t type = 0;
    if (link == 1) {  // Ethernet
        if (packet.size() < 14) return {};
        type = two(packet, 12);
        at = 14;
        while ((type == 0x8100 || type == 0x88A8) && packet.size() >= at + 4) {
            type = two(packet, at + 2);
            at += 4;
        }
    } else if (link == 113) {  // Linux cooked
        if (packet.size() < 16) return {};
        type = two(packet, 14);
        at = 16;
    } else if (link == 0 || link == 108) {
        at = 4;
    } else if (link != 101 && link != 12 && link != 228 && link != 229) {
        return {};
    }
    if (packet.size() <= at) return {};
    const int version = static_cast<unsigned char>(packet[at]) >> 4;
    if (type != 0 && type != 0x0800 && type != 0x86DD) return {};
    const auto ip = packet.substr(at);
    std::size_t size = 0;
    if (version == 4) {
        if (ip.size() < 20) return {};
        size = static_cast<std::size_t>(static_cast<unsigned char>(ip[0]) & 15) * 4;
        if (static_cast<unsigned char>(ip[9]) != 17 || (two(ip, 6) & 0x3FFF) != 0) return {};
        sender = hash_of(ip.substr(12, 4));
    } else if (version == 6) {
        if (ip.size() < 40 || static_cast<unsigned char>(ip[6]) != 17) return {};
        size = 40;
        sender = hash_of(ip.substr(8, 16));
    } else {
        return {};
    }
    if (ip.size() < size + 8) return {};
    const std::size_t length = two(ip, size + 4);
    if (length < 8) return {};
    return ip.substr(size + 8, length - 8);
}

}  // namespace

bool datagrams_of(std::string_view file,
                  const std::function<void(std::string_view, std::uint64_t)>& each) {
    const bool swapped = four(file, 0) == 0xD4C3B2A1 || four(file, 0) == 0x4D3CB2A1;
    const auto number = [&](std::size_t at) {
        const std::uint32_t value = four(file, at);
        return swapped ? __builtin_bswap32(value) : value;
    };
    const std::uint32_t link = number(20) & 0xFFFF;
    std::size_t at = 24;
    while (at + 16 <= file.size()) {
        const std::size_t size = number(at + 8);
        if (size > file.size() - at - 16) return false;
        std::uint64_t sender = 0;
        const auto payload = udp_of(file.substr(at + 16, size), link, sender);
        if (!payload.empty()) each(payload, sender);
        at += 16 + size;
    }
    return at == file.size();
}

}  // namespace noroshi::engines::detect
