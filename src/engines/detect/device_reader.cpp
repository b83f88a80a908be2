#include "engines/detect/device_reader.h"

#include <algorithm>
#include <array>
#include <span>

namespace noroshi::engines::detect {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_digit);
}

std::string_view word(std::string_view& text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    const std::size_t end = std::min(text.find(' '), text.size());
    const auto out = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return out;
}

// What stands between two marks; empty if they are not there.
std::string_view between(std::string_view text, std::string_view open, std::string_view close) {
    const std::size_t at = text.find(open);
    if (at == std::string_view::npos) return {};
    const auto rest = text.substr(at + open.size());
    if (close.empty()) return rest;
    const std::size_t end = rest.find(close);
    return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

// What stands behind a mark, up to the first of some characters or the end.
std::string_view behind(std::string_view text, std::string_view mark, std::string_view ends) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) return {};
    const auto rest = text.substr(at + mark.size());
    return rest.substr(0, rest.find_first_of(ends));
}

class Adder {
public:
    explicit Adder(Event& event) : event_(event) {}
    void operator()(std::string_view name, std::string_view text) const {
        if (text.empty()) return;
        event_.add(event_.names().find(name), name, text,
                   all_digits(text) && text.size() < 16 ? Kind::number : Kind::text);
    }
    // Digits that are a name (serial numbers, codes with leading zeros).
    void text(std::string_view name, std::string_view text) const {
        if (!text.empty()) event_.add(event_.names().find(name), name, text);
    }

private:
    Event& event_;
};

// PAN-OS. An empty name is a column that is reserved.
constexpr std::array<std::string_view, 7> pan_head = {
    "", "receive_time", "serial", "type", "subtype", "", "generated_time"};
constexpr std::array<std::string_view, 24> pan_session = {"src_ip",
                                                          "dst_ip",
                                                          "nat_src_ip",
                                                          "nat_dst_ip",
                                                          "rule",
                                                          "src_user",
                                                          "dst_user",
                                                          "app",
                                                          "vsys",
                                                          "from_zone",
                                                          "to_zone",
                                                          "inbound_interface",
                                                          "outbound_interface",
                                                          "log_action",
                                                          "",
                                                          "session_id",
                                                          "repeat_count",
                                                          "src_port",
                                                          "dst_port",
                                                          "nat_src_port",
                                                          "nat_dst_port",
                                                          "flags",
                                                          "protocol",
                                                          "action"};
constexpr std::array<std::string_view, 24> pan_traffic = {"bytes",
                                                          "bytes_sent",
                                                          "bytes_received",
                                                          "packets",
                                                          "start_time",
                                                          "elapsed_time",
                                                          "category",
                                                          "",
                                                          "sequence",
                                                          "action_flags",
                                                          "src_country",
                                                          "dst_country",
                                                          "",
                                                          "packets_sent",
                                                          "packets_received",
                                                          "session_end_reason",
                                                          "dg_1",
                                                          "dg_2",
                                                          "dg_3",
                                                          "dg_4",
                                                          "vsys_name",
                                                          "device_name",
                                                          "action_source",
                                                          "src_vm_uuid"};
constexpr std::array<std::string_view, 30> pan_threat = {
    "misc",         "threat_id",   "category",    "severity",   "direction",    "sequence",
    "action_flags", "src_country", "dst_country", "",           "content_type", "pcap_id",
    "file_digest",  "cloud",       "url_index",   "user_agent", "file_type",    "xff",
    "referer",      "sender",      "subject",     "recipient",  "report_id",    "dg_1",
    "dg_2",         "dg_3",        "dg_4",        "vsys_name",  "device_name",  ""};
constexpr std::array<std::string_view, 15> pan_system = {
    "vsys",     "event_id",     "object", "",     "",     "module", "severity", "description",
    "sequence", "action_flags", "dg_1",   "dg_2", "dg_3", "dg_4",   "vsys_name"};
constexpr std::array<std::string_view, 10> pan_config = {
    "host", "vsys", "cmd", "user", "client", "result", "path", "sequence", "action_flags", ""};
constexpr std::array<std::string_view, 29> pan_globalprotect = {"vsys",
                                                                "event_id",
                                                                "stage",
                                                                "auth_method",
                                                                "tunnel_type",
                                                                "user",
                                                                "src_region",
                                                                "machine_name",
                                                                "src_ip",
                                                                "src_ipv6",
                                                                "private_ip",
                                                                "private_ipv6",
                                                                "host_id",
                                                                "endpoint_serial",
                                                                "client_version",
                                                                "client_os",
                                                                "client_os_version",
                                                                "repeat_count",
                                                                "reason",
                                                                "error",
                                                                "description",
                                                                "status",
                                                                "location",
                                                                "login_duration",
                                                                "connect_method",
                                                                "error_code",
                                                                "portal",
                                                                "sequence",
                                                                "action_flags"};

// One column of CSV; quotes around it are taken off, doubled ones inside halved.
std::string_view column(std::string_view& text, Event& event) {
    if (!text.starts_with('"')) {
        const std::size_t end = std::min(text.find(','), text.size());
        const auto out = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        return out;
    }
    std::size_t at = 1;
    std::size_t doubled = 0;
    for (; at < text.size(); ++at) {
        if (text[at] != '"') continue;
        if (at + 1 >= text.size() || text[at + 1] != '"') break;
        ++doubled;
        ++at;
    }
    auto out = text.substr(1, std::min(at, text.size()) - 1);
    text.remove_prefix(std::min(text.find(',', std::min(at, text.size())), text.size() - 1) + 1);
    if (doubled == 0) return out;
    char* const plain = event.arena().take(out.size());
    std::size_t size = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        plain[size++] = out[i];
        if (out[i] == '"') ++i;
    }
    return {plain, size};
}

// "2026/11/24 08:00:00"
Micros slashed(std::string_view text, Event& event) {
    if (text.size() < 19 || text[4] != '/' || text[7] != '/') return no_time;
    char* const out = event.arena().take(text.size());
    std::ranges::replace_copy(text, out, '/', '-');
    return parse_moment({out, text.size()});
}

std::size_t pan_begin(std::string_view line) {
    const std::size_t at = line.find(',');
    if (at == std::string_view::npos || at == 0 || at + 21 > line.size() || line[at + 5] != '/' ||
        line[at + 8] != '/' || line[at + 11] != ' ' || line[at + 20] != ',')
        return std::string_view::npos;
    std::size_t from = at;
    while (from > 0 && is_digit(line[from - 1])) --from;
    return from == at ? std::string_view::npos : from;
}

DeviceLine pan_os(std::string_view text, Event& event) {
    const Adder add(event);
    DeviceLine out;
    std::array<std::string_view, pan_head.size()> head;
    std::string_view rest = text;
    for (auto& part : head) part = column(rest, event);
    const auto type = head[3];
    std::span<const std::string_view> first;
    std::span<const std::string_view> second;
    std::size_t needed = 8;
    std::string_view service;
    if (type == "TRAFFIC" || type == "THREAT") {
        first = pan_session;
        second = type == "TRAFFIC" ? std::span<const std::string_view>(pan_traffic)
                                   : std::span<const std::string_view>(pan_threat);
        needed = pan_session.size();
        service = type == "TRAFFIC" ? "traffic" : "threat";
    } else if (type == "SYSTEM") {
        first = pan_system;
        service = "system";
    } else if (type == "CONFIG") {
        first = pan_config;
        needed = 6;
        service = "config";
    } else if (type == "GLOBALPROTECT") {
        first = pan_globalprotect;
        service = "globalprotect";
    }
    if (head[6].empty()) return out;
    out.product = "paloalto";
    out.service = service;
    // GlobalProtect before 9.1 was a kind of system record.
    if (type == "SYSTEM" && head[4] == "globalprotect") out.service = "globalprotect";
    if (type == "TRAFFIC") out.category = "firewall";
    out.time = slashed(head[6], event);
    if (out.time == no_time) out.time = slashed(head[1], event);
    for (std::size_t i = 0; i < head.size(); ++i)
        if (!pan_head[i].empty()) add.text(pan_head[i], head[i]);
    std::size_t count = 0;
    for (const auto names : {first, second})
        for (const auto name : names) {
            if (rest.empty()) break;
            const auto value = column(rest, event);
            ++count;
            if (name.empty()) continue;
            add(name, value);
            if (name == "src_user") add("user", value);
        }
    out.broken = count < needed && !first.empty();
    return out;
}

// "outside:203.0.113.9/443", "203.0.113.9/443", "outside/203.0.113.9(443)", "203.0.113.9:443"
struct End {
    std::string_view interface, address, port;
};
End cisco_end(std::string_view text) {
    End end;
    while (text.ends_with(',') || text.ends_with(';')) text.remove_suffix(1);
    if (const auto open = text.find('('); open != std::string_view::npos) {
        const auto port = text.substr(open + 1, text.find(')', open) - open - 1);
        text = text.substr(0, open);
        if (!port.empty() && is_digit(port.front()) && text.find('/') != std::string_view::npos &&
            text.find(':') == std::string_view::npos) {  // an access list's form
            const auto slash = text.find('/');
            return {text.substr(0, slash), text.substr(slash + 1), port};
        }
    }
    // An interface's name has a letter that is no hexadecimal digit or is followed by a dotted address;
    // an IPv6 address has more than one colon before its slash.
    if (const auto slash = text.rfind('/'); slash != std::string_view::npos) {
        end.port = text.substr(slash + 1);
        text = text.substr(0, slash);
    }
    const auto colon = text.find(':');
    if (colon != std::string_view::npos &&
        (text.find('.', colon) != std::string_view::npos ||
         text.substr(0, colon).find_first_not_of("0123456789abcdefABCDEF") !=
             std::string_view::npos)) {
        end.interface = text.substr(0, colon);
        text = text.substr(colon + 1);
    }
    end.address = text;
    return end;
}
void add_ends(const End& src, const End& dst, const Adder& add) {
    add.text("src_ip", src.address);
    add("src_port", src.port);
    add.text("src_interface", src.interface);
    add.text("dst_ip", dst.address);
    add("dst_port", dst.port);
    add.text("dst_interface", dst.interface);
}

DeviceLine cisco(std::string_view text, Event& event) {
    // %ASA-6-302013: …, also %ASA-session-6-302013: …
    const Adder add(event);
    DeviceLine out;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon > 40) return out;
    const auto tag = text.substr(1, colon - 1);
    const std::size_t dash = tag.rfind('-');
    if (dash == std::string_view::npos || dash == 0) return out;
    const auto id = tag.substr(dash + 1);
    if (!all_digits(id)) return out;
    out.product = "cisco";
    add.text("message_id", id);
    add("severity", tag.substr(dash - 1, 1));
    std::string_view body = text.substr(colon + 1);
    while (body.starts_with(' ')) body.remove_prefix(1);

    const auto lead = [&](std::string_view from) { return behind(body, from, " "); };
    const auto is = [&](auto... ids) { return ((id == ids) || ...); };
    if (is("302013", "302014", "302015", "302016", "302017", "302018", "302303", "302304")) {
        const bool built = body.starts_with("Built");
        std::string_view rest = body;
        word(rest);
        auto protocol = word(rest);
        const auto direction = protocol;
        if (built) protocol = word(rest);
        const End first = cisco_end(lead(" for "));
        const End second = cisco_end(lead(" to "));
        // The peer outside is named first: of a connection that went out it is the destination.
        const bool outward = built && direction == "outbound";
        add_ends(outward ? second : first, outward ? first : second, add);
        if (built) add.text("direction", direction);
        add.text("protocol", protocol);
        add("session_id", lead("connection "));
        add.text("duration", lead(" duration "));
        add("bytes", lead(" bytes "));
        add.text("action", built ? "allow" : "close");
        out.category = "firewall";
    } else if (is("302020", "302021")) {
        const bool inbound = body.find("inbound") != std::string_view::npos;
        const End far = cisco_end(lead("faddr "));
        const End near = cisco_end(lead("laddr "));
        const bool outward = body.starts_with("Built") && !inbound;
        add.text("src_ip", outward ? near.address : far.address);
        add.text("dst_ip", outward ? far.address : near.address);
        add.text("protocol", "ICMP");
        add.text("action", body.starts_with("Built") ? "allow" : "close");
        out.category = "firewall";
    } else if (is("106023")) {
        std::string_view rest = body;
        word(rest);
        if (rest.starts_with("protocol ")) word(rest);
        add.text("protocol", word(rest));
        add_ends(cisco_end(lead("src ")), cisco_end(lead("dst ")), add);
        add.text("acl", between(body, "access-group \"", "\""));
        add.text("action", "deny");
        out.category = "firewall";
    } else if (is("106100", "106102", "106103")) {
        std::string_view rest = body;
        word(rest);
        add.text("acl", word(rest));
        const auto verdict = word(rest);
        if (id != "106100" && body.find(" for user ") != std::string_view::npos) {
            add.text("user", between(body, "for user '", "'"));
            rest = between(body, "for user '", "");
            word(rest);
        } else {
            add.text("protocol", word(rest));
        }
        const std::size_t arrow = body.find(" -> ");
        if (arrow != std::string_view::npos) {
            const auto before = body.substr(0, arrow);
            add_ends(cisco_end(before.substr(before.rfind(' ') + 1)), cisco_end(lead(" -> ")), add);
        }
        add.text("action", verdict == "denied" ? "deny" : "allow");
        out.category = "firewall";
    } else if (is("106001", "106006", "106007", "106014", "106015", "106021", "106002", "710003",
                  "106016", "106017")) {
        std::string_view rest = body;
        word(rest);
        auto protocol = word(rest);
        if (protocol == "inbound" || protocol == "IP") protocol = word(rest);
        if (id == "710003") protocol = body.substr(0, body.find(' '));
        if (protocol.size() <= 5 && protocol != "spoof") add.text("protocol", protocol);
        if (id == "106014")
            add_ends(cisco_end(lead("src ")), cisco_end(lead("dst ")), add);
        else
            add_ends(cisco_end(lead("from ")), cisco_end(lead(" to ")), add);
        add.text("interface", lead("on interface "));
        add.text("action", "deny");
        out.category = "firewall";
    } else if (body.starts_with("AAA user") || is("113015", "113006")) {
        const auto until = [&](std::string_view mark) {
            auto part = behind(body, mark, ":");
            while (part.ends_with(' ')) part.remove_suffix(1);
            return part;
        };
        add.text("user", lead(" user = "));
        // An IPv6 address has colons itself.
        add.text("src_ip", lead("user IP = "));
        add.text("server", lead("server = "));
        add.text("reason", until("reason = "));
        const bool good = body.find("uccessful") != std::string_view::npos;
        if (body.find("authentication") != std::string_view::npos)
            add.text("action", good ? "login" : "login_failed");
    } else if (is("605004", "605005")) {
        add_ends(cisco_end(lead("from ")), cisco_end(lead(" to ")), add);
        add.text("user", between(body, "for user \"", "\""));
        add.text("action", id == "605005" ? "login" : "login_failed");
    } else if (is("611101", "611102")) {
        add.text("src_ip", behind(body, "IP address: ", ", "));
        add.text("user", lead("Uname: "));
        add.text("action", id == "611101" ? "login" : "login_failed");
    } else if (is("111008", "111009", "111010")) {
        add.text("user", between(body, "User '", "'"));
        add.text("src_ip", behind(body, "from IP ", ", "));
        const auto command = between(body, "executed the '", "'");
        add.text("command", command.empty() ? between(body, "executed '", "'") : command);
    } else if (body.starts_with("Group <")) {
        add.text("group", between(body, "Group <", ">"));
        add.text("user", between(body, "User <", ">"));
        add.text("src_ip", between(body, "IP <", ">"));
        add.text("assigned_ip", between(body, "IPv4 Address <", ">"));
        add.text("action", is("716039", "113038")                                 ? "login_failed"
                           : is("113039", "716001", "722022", "722051", "722033") ? "connect"
                           : is("716002", "722023", "722037")                     ? "disconnect"
                           : is("716038")                                         ? "login"
                                                                                  : "");
    } else if (body.starts_with("Group = ")) {
        add.text("group", behind(body, "Group = ", ","));
        add.text("user", behind(body, "Username = ", ","));
        add.text("src_ip", behind(body, " IP = ", ", "));
        add.text("session_type", behind(body, "Session Type: ", ","));
        add.text("duration", behind(body, "Duration: ", ","));
        add("bytes_sent", behind(body, "Bytes xmt: ", ","));
        add("bytes_received", behind(body, "Bytes rcv: ", ","));
        add.text("reason", between(body, "Reason: ", ""));
        if (id == "113019") add.text("action", "disconnect");
    } else if (body.starts_with("Local:")) {  // IKEv2
        const auto remote = behind(body, "Remote:", " ");
        add.text("src_ip", remote.substr(0, remote.rfind(':')));
        const auto local = behind(body, "Local:", " ");
        add.text("dst_ip", local.substr(0, local.rfind(':')));
        add.text("user", behind(body, "Username:", " "));
    }
    return out;
}

// "10.1.1.5/51000->203.0.113.9/443"
bool juniper_ends(std::string_view text, End& src, End& dst) {
    const std::size_t arrow = text.find("->");
    if (arrow == std::string_view::npos) return false;
    const auto end = [](std::string_view part) {
        const std::size_t slash = part.rfind('/');
        return slash == std::string_view::npos
                   ? End{{}, part, {}}
                   : End{{}, part.substr(0, slash), part.substr(slash + 1)};
    };
    src = end(text.substr(0, arrow));
    dst = end(text.substr(arrow + 2));
    return true;
}

std::string_view juniper_action(std::string_view message) {
    return message.find("SESSION_CREATE") != std::string_view::npos  ? "allow"
           : message.find("SESSION_CLOSE") != std::string_view::npos ? "close"
           : message.find("SESSION_DENY") != std::string_view::npos  ? "deny"
                                                                     : "";
}

DeviceLine juniper_structured(std::string_view msgid, Event& event) {
    struct Name {
        std::string_view from, to;
    };
    constexpr std::array<Name, 11> names = {{{"source-address", "src_ip"},
                                             {"source-port", "src_port"},
                                             {"destination-address", "dst_ip"},
                                             {"destination-port", "dst_port"},
                                             {"protocol-id", "protocol"},
                                             {"username", "user"},
                                             {"source-zone-name", "from_zone"},
                                             {"destination-zone-name", "to_zone"},
                                             {"policy-name", "rule"},
                                             {"session-id-32", "session_id"},
                                             {"nested-application", "app"}}};
    const Adder add(event);
    DeviceLine out;
    const std::size_t count = event.values().size();
    for (std::size_t i = 0; i < count; ++i) {
        const auto name = event.values()[i].name;
        if (!name.starts_with("junos@")) continue;
        // The enterprise's number has points itself; a parameter's name has none.
        const auto plain = name.substr(name.rfind('.') + 1);
        const auto text = event.values()[i].text;
        add.text(plain, text);
        if (text == "N/A" || text == "UNKNOWN" || text == "None") continue;
        for (const auto& known : names)
            if (plain == known.from) add(known.to, text);
        out.product = "juniper";
    }
    if (out.product.empty()) return out;
    const auto action = juniper_action(msgid);
    add.text("action", action);
    if (!action.empty()) out.category = "firewall";
    return out;
}

DeviceLine juniper(std::string_view text, Event& event) {
    const Adder add(event);
    DeviceLine out;
    out.product = "juniper";
    const auto id = text.substr(0, text.find_first_of(": "));
    add.text("message_id", id);
    const auto action = juniper_action(id);
    if (action.empty()) return out;
    std::string_view rest = text;
    End src;
    End dst;
    while (!rest.empty() && !juniper_ends(word(rest), src, dst)) {}
    if (src.address.empty()) return out;
    out.category = "firewall";
    add_ends(src, dst, add);
    add.text("action", action);
    if (action == "close") add.text("reason", between(text, "session closed ", ": "));
    auto next = word(rest);
    if (next.starts_with("0x")) next = word(rest);
    add.text("service_name", next);
    End nat_src;
    End nat_dst;
    while (!rest.empty()) {
        next = word(rest);
        if (juniper_ends(next, nat_src, nat_dst)) {
            add.text("nat_src_ip", nat_src.address);
            add("nat_src_port", nat_src.port);
            add.text("nat_dst_ip", nat_dst.address);
            add("nat_dst_port", nat_dst.port);
            continue;
        }
        const auto number = next.substr(0, next.find('('));
        if (!all_digits(number)) continue;
        add("protocol", number);
        add.text("rule", word(rest));
        add.text("from_zone", word(rest));
        add.text("to_zone", word(rest));
        const auto session = word(rest);
        if (all_digits(session)) add("session_id", session);
        if (action == "close") {  // packets(bytes) each way, seconds
            add("bytes_sent", between(word(rest), "(", ")"));
            add("bytes_received", between(word(rest), "(", ")"));
            const auto seconds = word(rest);
            if (all_digits(seconds)) add("duration", seconds);
        }
        break;
    }
    return out;
}

// "192.168.100.5:51000", "192.168.100.5"; IPv6 as "[2001:db8::1]:443" or "2001:db8::1.443"
End yamaha_end(std::string_view text) {
    while (text.ends_with(',') || text.ends_with(')')) text.remove_suffix(1);
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return {{}, text, {}};
        return {{}, text.substr(1, close - 1), text.substr(std::min(close + 2, text.size()))};
    }
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos)
        return {{}, text.substr(0, colon), text.substr(colon + 1)};
    return {{}, text, {}};
}

DeviceLine yamaha(std::string_view line, Event& event) {
    const Adder add(event);
    DeviceLine out;
    const auto ends_in = [&](std::string_view text) {
        const std::size_t arrow = text.find(" > ");
        if (arrow == std::string_view::npos) return;
        const auto before = text.substr(0, arrow);
        add_ends(yamaha_end(before.substr(before.rfind(' ') + 1)),
                 yamaha_end(text.substr(arrow + 3, text.find(' ', arrow + 3) - arrow - 3)), add);
    };
    const auto last_word = [](std::string_view text) {
        while (text.ends_with(' ')) text.remove_suffix(1);
        return text.substr(text.find_last_of(" >") + 1);
    };
    if (const std::size_t at = line.find(" Rejected at "); at != std::string_view::npos) {
        const auto text = line.substr(at);
        const auto filter = between(text, "(", ")");
        const auto rest = between(text, "filter: ", "");
        if (rest.empty()) return out;
        add.text("interface", last_word(line.substr(0, at)));
        add.text("direction", text.substr(13, 2) == "IN" ? "in" : "out");
        add.text("filter", filter);
        add.text("protocol", rest.substr(0, rest.find(' ')));
        ends_in(rest);
        add.text("action", "deny");
        out.category = "firewall";
    } else if (const std::size_t mark = line.find("[INSPECT] "); mark != std::string_view::npos) {
        std::string_view rest = line.substr(mark + 10);
        const auto place = word(rest);  // PP[01][out][101098]
        const std::size_t filter = place.rfind('[');
        const std::size_t way =
            filter == 0 || filter == std::string_view::npos ? filter : place.rfind('[', filter - 1);
        if (way == std::string_view::npos || way == 0) return out;
        add.text("interface", place.substr(0, way));
        add.text("direction", between(place.substr(way), "[", "]"));
        add.text("filter", between(place.substr(filter), "[", "]"));
        add.text("protocol", rest.substr(0, rest.find(' ')));
        ends_in(rest);
        // A session that is over is told with when it began.
        out.time = slashed(between(rest, "(", ")"), event);
        add.text("action", "allow");
        out.category = "firewall";
    } else if (line.find("Login succeeded for ") != std::string_view::npos ||
               line.find("Login failed for ") != std::string_view::npos) {
        const bool good = line.find("Login succeeded for ") != std::string_view::npos;
        const auto rest = between(line, good ? "Login succeeded for " : "Login failed for ", "");
        add.text("login_way", rest.substr(0, rest.find(':')));
        const std::size_t colon = rest.find(": ");
        if (colon == std::string_view::npos) return out;
        std::string_view who = rest.substr(colon + 2);
        add.text("src_ip", word(who));
        add.text("user", who);
        add.text("action", good ? "login" : "login_failed");
    } else if (line.find("Call detected from user '") != std::string_view::npos) {
        add.text("user", between(line, "Call detected from user '", "'"));
        add.text("action", "connect");
    } else if (const std::size_t tunnel = line.find("IP Tunnel[");
               tunnel != std::string_view::npos) {
        add.text("tunnel", between(line.substr(tunnel), "[", "]"));
        const auto state = last_word(line);
        if (state != "Up" && state != "Down" && state != "up" && state != "down") return out;
        add.text("action", state == "Up" || state == "up" ? "connect" : "disconnect");
    } else if (const std::size_t l2tp = line.find("[L2TP] TUNNEL[");
               l2tp != std::string_view::npos) {
        add.text("tunnel", between(line.substr(l2tp + 7), "[", "]"));
        add.text("src_ip", behind(line, " from ", " ,"));
        if (line.find("connected from") != std::string_view::npos &&
            line.find("disconnected") == std::string_view::npos)
            add.text("action", "connect");
        else if (line.find("disconnect") != std::string_view::npos)
            add.text("action", "disconnect");
    } else if (const std::size_t ike = line.find("[IKE] "); ike != std::string_view::npos) {
        const auto text = line.substr(ike);
        const auto to = behind(text, "phase to ", " ");
        add.text("src_ip", to.empty() ? behind(text, " from ", " ") : to);
    } else {
        return out;
    }
    out.product = "yamaha";
    out.service = "rtx";
    return out;
}

DeviceLine openvpn(std::string_view text, Event& event) {
    const Adder add(event);
    DeviceLine out;
    out.product = "linux";
    out.service = "openvpn";
    out.category = "vpn";
    // "alice/203.0.113.9:51000 …", "203.0.113.9:51000 …", "udp4:203.0.113.9:51000 …"
    const auto first = text.substr(0, text.find(' '));
    const std::size_t slash = first.find('/');
    std::string_view peer = slash == std::string_view::npos ? first : first.substr(slash + 1);
    if (const auto kind = peer.substr(0, 5);
        kind == "udp4:" || kind == "tcp4:" || kind == "udp6:" || kind == "tcp6:")
        peer.remove_prefix(5);
    const std::size_t colon = peer.rfind(':');
    std::string_view name;
    bool has_peer = false;
    if (colon != std::string_view::npos && all_digits(peer.substr(colon + 1)) &&
        peer.substr(0, colon).find_first_not_of("0123456789abcdefABCDEF.:[]") ==
            std::string_view::npos &&
        peer.substr(0, colon).find_first_of(".:") != std::string_view::npos) {
        End from = yamaha_end(peer);
        if (from.port.empty()) from = {{}, peer.substr(0, colon), peer.substr(colon + 1)};
        add.text("src_ip", from.address);
        add("src_port", from.port);
        has_peer = true;
        if (slash != std::string_view::npos) name = first.substr(0, slash);
        text.remove_prefix(std::min(first.size() + 1, text.size()));
    }
    const auto has = [&](std::string_view what) {
        return text.find(what) != std::string_view::npos;
    };
    if (!has_peer && has("[AF_INET")) {
        const std::size_t close = text.find(']', text.find("[AF_INET"));
        if (close != std::string_view::npos) {
            const auto address = text.substr(close + 1, text.find(' ', close) - close - 1);
            const std::size_t port = address.rfind(':');
            if (port != std::string_view::npos && all_digits(address.substr(port + 1))) {
                add.text("src_ip", address.substr(0, port));
                add("src_port", address.substr(port + 1));
            }
        }
    }
    if (has("authentication succeeded for username '")) {
        name = between(text, "for username '", "'");
        add.text("action", "login");
    } else if (has("verification failed for peer") || has("AUTH_FAILED") ||
               has("authentication failed") || has("VERIFY ERROR")) {
        add.text("action", "login_failed");
        add.text("reason", between(text, "VERIFY ERROR: ", ""));
    } else if (has("Peer Connection Initiated")) {
        if (text.starts_with('[')) name = between(text, "[", "]");
        add.text("action", "connect");
    } else if (has("client-instance exiting") || has("client-instance restarting")) {
        add.text("action", "disconnect");
        add.text("reason", between(text, "[", "]"));
    } else if (has("pool returned IPv4=")) {
        add.text("assigned_ip", behind(text, "IPv4=", ", "));
    }
    add.text("user", name);
    return out;
}

DeviceLine strongswan(std::string_view text, Event& event) {
    const Adder add(event);
    DeviceLine out;
    out.product = "linux";
    out.service = "ipsec";
    out.category = "vpn";
    // "05[IKE] …", or "05[IKE] <rw|3> …"
    if (const std::size_t close = text.find("] "); close != std::string_view::npos && close < 12) {
        add.text("subsystem", between(text.substr(0, close + 1), "[", "]"));
        text.remove_prefix(close + 2);
    }
    if (text.starts_with('<')) {
        const std::size_t close = text.find("> ");
        if (close != std::string_view::npos) {
            add.text("connection", between(text, "<", "|"));
            text.remove_prefix(close + 2);
        }
    }
    const auto has = [&](std::string_view what) {
        return text.find(what) != std::string_view::npos;
    };
    // 198.51.100.5[gate.example]...203.0.113.9[alice@example]: here, then the other side.
    const auto sides = [&](std::string_view pair) {
        const std::size_t dots = pair.find("...");
        if (dots == std::string_view::npos) return;
        const auto near = pair.substr(0, dots);
        const auto far = pair.substr(dots + 3);
        add.text("dst_ip", near.substr(0, near.find_first_of("[ ,")));
        add.text("src_ip", far.substr(0, far.find_first_of("[ ,")));
        add.text("local_id", between(near, "[", "]"));
        add.text("user", between(far, "[", "]"));
    };
    if (text.starts_with("IKE_SA ") && has(" established between ")) {
        add.text("connection", behind(text, "IKE_SA ", "[ "));
        sides(between(text, " between ", ""));
        add.text("action", "connect");
    } else if (text.starts_with("deleting IKE_SA ") && has(" between ")) {
        add.text("connection", behind(text, "deleting IKE_SA ", "[ "));
        sides(between(text, " between ", ""));
        add.text("action", "disconnect");
    } else if (text.starts_with("received packet: from ") ||
               text.starts_with("sending packet: from ")) {
        const bool received = text.starts_with("received");
        const auto from = behind(text, "from ", " ");
        const auto to = behind(text, " to ", " ");
        add.text("src_ip", from.substr(0, from.find('[')));
        add("src_port", between(from, "[", "]"));
        add.text("dst_ip", to.substr(0, to.find('[')));
        add("dst_port", between(to, "[", "]"));
        add.text("direction", received ? "in" : "out");
        add("bytes", behind(text, "(", " )"));
    } else if (has("no IKE config found for ")) {
        sides(between(text, "found for ", ""));
        add.text("action", "deny");
    } else if (has("XAuth authentication of '") || text.starts_with("authentication of '")) {
        add.text("user", between(text, "authentication of '", "'"));
        // Our own side is authenticated too, "(myself)".
        if (!has("(myself)"))
            add.text("action", has("successful") ? "login" : has("failed") ? "login_failed" : "");
    } else if (text.starts_with("EAP method ") && has(" failed for peer ")) {
        add.text("user", between(text, "failed for peer ", ""));
        add.text("action", "login_failed");
    } else if (has("MAC mismatched") || has("AUTHENTICATION_FAILED") || has("no trusted ")) {
        add.text("user", between(text, " - '", "'"));
        add.text("action", "login_failed");
    } else if (text.starts_with("assigning virtual IP ")) {
        add.text("assigned_ip", behind(text, "virtual IP ", " "));
        add.text("user", between(text, "to peer '", "'"));
    }
    return out;
}

}  // namespace

bool is_pan_os(std::string_view line) { return pan_begin(line) != std::string_view::npos; }

DeviceLine read_device_line(std::string_view line, std::string_view message,
                            std::string_view program, std::string_view msgid, Event& event) {
    if (const std::size_t pan = pan_begin(line); pan != std::string_view::npos)
        return pan_os(line.substr(pan), event);
    for (const std::string_view mark : {"%ASA-", "%FTD-", "%PIX-"})
        if (const std::size_t at = line.find(mark); at != std::string_view::npos)
            return cisco(line.substr(at), event);
    if (program.starts_with("RT_") || msgid.starts_with("RT_")) {
        if (auto read = juniper_structured(msgid, event); !read.product.empty()) return read;
        if (message.starts_with("RT_")) return juniper(message, event);
        if (msgid.starts_with("RT_")) return juniper(line.substr(line.find(msgid)), event);
    }
    if (program.starts_with("openvpn") || program.starts_with("ovpn-"))
        return openvpn(message, event);
    if (program.starts_with("charon") || program == "ipsec" || program == "strongswan")
        return strongswan(message, event);
    // A router says nothing of its kind: only what it alone writes is taken as its line.
    if (program.empty() || program.find('[') != std::string_view::npos) return yamaha(line, event);
    return {};
}

}  // namespace noroshi::engines::detect
