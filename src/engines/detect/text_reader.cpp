#include "engines/detect/text_reader.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engines/detect/device_reader.h"

namespace noroshi::engines::detect {

namespace {

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 24> facilities = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
constexpr std::array<std::string_view, 8> severities = {"emerg",   "alert",  "crit", "err",
                                                        "warning", "notice", "info", "debug"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr auto name_letters = [] {
    std::array<bool, 256> is{};
    for (const char c :
         std::string_view("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-./[]:"))
        is[static_cast<unsigned char>(c)] = true;
    return is;
}();
bool is_name(char c) { return name_letters[static_cast<unsigned char>(c)]; }

// The next word, and what follows it.
std::string_view word(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const auto out = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return out;
}

bool take_priority(std::string_view& line, int& priority) {
    if (!line.starts_with('<')) return false;
    const std::size_t end = line.substr(0, 6).find('>');
    if (end == std::string_view::npos || end < 2) return false;
    const auto digits = line.substr(1, end - 1);
    int value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || value < 0 ||
        value > 191)
        return false;
    priority = value;
    line.remove_prefix(end + 1);
    return true;
}

// "Nov  4 08:00:00", also with a year before or behind it. no_time if it is none; `used` characters.
Micros bsd_time(std::string_view text, Micros reference, std::size_t& used) {
    used = 0;
    Written w;
    for (std::size_t i = 0; i < months.size(); ++i)
        if (text.starts_with(months[i])) w.month = static_cast<int>(i) + 1;
    if (w.month == 0 || text.size() < 15 || text[3] != ' ') return no_time;
    std::size_t at = 4;
    while (at < text.size() && text[at] == ' ') ++at;
    while (at < text.size() && is_digit(text[at]) && w.day < 10)
        w.day = w.day * 10 + (text[at++] - '0');
    if (w.day < 1 || w.day > 31 || at >= text.size() || text[at] != ' ') return no_time;
    while (at < text.size() && text[at] == ' ') ++at;
    // "Nov 24 2026 08:00:00"
    if (at + 5 < text.size() && is_digit(text[at]) && is_digit(text[at + 1]) &&
        is_digit(text[at + 2]) && is_digit(text[at + 3]) && text[at + 4] == ' ') {
        std::from_chars(text.data() + at, text.data() + at + 4, w.year);
        at += 5;
    }
    const auto two = [&](int& out) {
        if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return false;
        out = (text[at] - '0') * 10 + (text[at + 1] - '0');
        at += 2;
        return true;
    };
    if (!two(w.hour) || at >= text.size() || text[at++] != ':' || !two(w.minute) ||
        at >= text.size() || text[at++] != ':' || !two(w.second))
        return no_time;
    if (w.hour > 23 || w.minute > 59 || w.second > 60) return no_time;
    if (at < text.size() && text[at] == '.') {
        int scale = 100000;
        for (++at; at < text.size() && is_digit(text[at]); ++at, scale /= 10)
            w.microsecond += (text[at] - '0') * scale;
    }
    if (at + 5 <= text.size() && text[at] == ' ' && is_digit(text[at + 1]) && w.year == 0 &&
        is_digit(text[at + 2]) && is_digit(text[at + 3]) && is_digit(text[at + 4]) &&
        (at + 5 == text.size() || text[at + 5] == ' ' || text[at + 5] == ':')) {
        std::from_chars(text.data() + at + 1, text.data() + at + 5, w.year);  // "… 08:00:00 2026"
        at += 5;
    }
    used = at;
    if (w.year != 0) return moment_of(w);
    constexpr Micros day = 86400LL * 1000000;
    w.year = reference == no_time ? 1970 : written_of(reference + day).year;
    Micros moment = moment_of(w);
    if (reference != no_time && moment > reference + day) {
        --w.year;
        moment = moment_of(w);
    }
    return moment;
}

// One key=value pair of FortiGate's kind: the value is quoted (\" inside) or ends at a blank.
bool next_pair(std::string_view text, std::size_t& at, std::string_view& key,
               std::string_view& value, bool& escaped, char separator = ' ',
               bool has_escapes = true) {
    while (at < text.size() && (text[at] == ' ' || text[at] == ',')) ++at;
    const std::size_t from = at;
    while (at < text.size() && is_name(text[at])) ++at;
    if (at == from || at >= text.size() || text[at] != '=') return false;
    key = text.substr(from, at - from);
    ++at;
    escaped = false;
    if (at < text.size() && text[at] == '"') {
        const std::size_t begin = ++at;
        at = std::min(text.find('"', at), text.size());
        if (has_escapes && text.substr(begin, at - begin).find('\\') != std::string_view::npos) {
            escaped = true;
            for (at = begin; at < text.size() && text[at] != '"'; ++at)
                if (text[at] == '\\' && at + 1 < text.size()) ++at;
        }
        value = text.substr(begin, std::min(at, text.size()) - begin);
        if (at < text.size()) ++at;
        return true;
    }
    const std::size_t begin = at;
    at = std::min(text.find(separator, at), text.size());
    value = text.substr(begin, at - begin);
    return true;
}

std::string_view without_escapes(std::string_view text, Arena& arena) {
    char* const out = arena.take(text.size());
    std::size_t size = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) {
            const char next = text[++at];
            out[size++] = next == 'n' ? '\n' : next == 'r' ? '\r' : next;
        } else {
            out[size++] = text[at];
        }
    }
    return {out, size};
}

}  // namespace

TextReader::TextReader(const Detector& detector, JsonReader& json)
    : detector_(detector), fields_(detector.fields()), json_(json) {
    keys_.resize(512);
}

const TextReader::Key& TextReader::key_of(std::string_view name) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(name[at]); };
    const std::size_t slot = name.empty()
                                 ? 0
                                 : (name.size() * 131 + byte(0) * 7U + byte(name.size() / 2) * 29U +
                                    byte(name.size() - 1) * 61U) %
                                       keys_.size();
    Key& key = keys_[slot];
    if (key.name == name) return key;
    key.name = name;
    key.field = fields_.find(name);
    key.role = name == "eventtime" ? Role::event_time
               : name == "date"    ? Role::date
               : name == "time"    ? Role::time
               : name == "tz"      ? Role::zone
               : name == "type"    ? Role::type
               : name == "rt" || name == "end" || name == "start" || name == "deviceReceiptTime"
                   ? Role::moment
               : name.ends_with("Label") ? Role::label
                                         : Role::none;
    return key;
}

void TextReader::add(std::string_view name, std::string_view text, Event& event, Kind kind) {
    event.add(fields_.find(name), name, text, kind);
}

Route TextReader::route_of(std::string_view product, std::string_view service,
                           std::string_view category) {
    if (last_route_.known && last_route_.product == product && last_route_.service == service &&
        last_route_.category == category)
        return last_route_.route;
    std::string key(product);
    key += '|';
    key += service;
    key += '|';
    key += category;
    if (routes_.size() > 10000) routes_.clear();
    const auto [found, is_new] = routes_.try_emplace(std::move(key));
    if (is_new) {
        const auto& names = detector_.routes();
        found->second.product = names.find_or_unknown(product);
        found->second.service = names.find_or_unknown(service);
        found->second.category = names.find_or_unknown(category);
    }
    last_route_ = {std::string(product), std::string(service), std::string(category), found->second,
                   true};
    return found->second;
}

bool TextReader::header_5424(std::string_view line, Header& header, Event& event) {
    std::string_view rest = line;
    if (!take_priority(rest, header.priority)) return false;
    if (!rest.starts_with("1 ")) return false;
    rest.remove_prefix(2);
    const auto nil = [](std::string_view text) { return text == "-" ? std::string_view() : text; };
    const auto time = word(rest);
    if (time != "-") {
        header.time = parse_moment(time);
        if (header.time == no_time) return false;
    }
    header.host = nil(word(rest));
    header.program = nil(word(rest));
    header.pid = nil(word(rest));
    header.msgid = nil(word(rest));
    // Structured data: - or [id name="value"…]…
    if (rest.starts_with('-')) {
        rest.remove_prefix(1);
    } else {
        while (rest.starts_with('[')) {
            std::size_t at = 1;
            const std::size_t end_of_id = rest.find_first_of(" ]", at);
            if (end_of_id == std::string_view::npos) return false;
            const auto id = rest.substr(at, end_of_id - at);
            at = end_of_id;
            while (at < rest.size() && rest[at] == ' ') {
                while (at < rest.size() && rest[at] == ' ') ++at;
                const std::size_t equals = rest.find('=', at);
                if (equals == std::string_view::npos || equals + 1 >= rest.size() ||
                    rest[equals + 1] != '"')
                    return false;
                const auto key = rest.substr(at, equals - at);
                std::size_t stop = equals + 2;
                bool escaped = false;
                while (stop < rest.size() && rest[stop] != '"') {
                    if (rest[stop] == '\\') {
                        escaped = true;
                        ++stop;
                    }
                    ++stop;
                }
                if (stop >= rest.size()) return false;
                const auto value = rest.substr(equals + 2, stop - equals - 2);
                const std::string name = std::string(id) + "." + std::string(key);
                const FieldId field = fields_.find(name);
                event.add(field, field != unnamed ? fields_.name(field) : event.arena().keep(name),
                          escaped ? without_escapes(value, event.arena()) : value);
                at = stop + 1;
            }
            if (at >= rest.size() || rest[at] != ']') return false;
            rest.remove_prefix(at + 1);
        }
    }
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
    header.message = rest;
    header.found = true;
    return true;
}

bool TextReader::header_3164(std::string_view line, Header& header, Micros reference) {
    std::string_view rest = line;
    const bool priority = take_priority(rest, header.priority);
    // Cisco and others: "<189>123: *Nov 24 …", "<189>: Nov 24 …"
    std::string_view probe = rest;
    if (priority) {
        while (!probe.empty() && (is_digit(probe.front()) || probe.front() == ':' ||
                                  probe.front() == ' ' || probe.front() == '*'))
            probe.remove_prefix(1);
    }
    std::size_t used = 0;
    header.time = bsd_time(rest, reference, used);
    if (used == 0 && priority && probe.size() != rest.size()) {
        const Micros time = bsd_time(probe, reference, used);
        if (used > 0) {
            header.time = time;
            rest = probe;
        }
    }
    if (used == 0 && rest.size() > 20 && is_digit(rest[0]) && rest[4] == '-' && rest[7] == '-') {
        used = std::min(rest.find(' '), rest.size());
        if (rest.substr(0, used).find('T') == std::string_view::npos) used = 0;
        header.time = used > 0 ? parse_moment(rest.substr(0, used)) : no_time;
        if (header.time == no_time) used = 0;
    }
    if (used == 0) {
        if (!priority) return false;
        // Only a priority: the rest is the message (RFC 3164, 4.3.3).
        header.message = rest;
        header.found = true;
        return true;
    }
    rest.remove_prefix(used);
    if (rest.starts_with(':')) rest.remove_prefix(1);
    if (!rest.starts_with(' ')) {
        header.message = rest;
        header.found = true;
        return true;
    }
    rest.remove_prefix(1);
    // A host, unless what follows is a tag already: "sshd[12]: …" or "%ASA-6-302013: …".
    std::string_view after = rest;
    const auto first = word(after);
    const bool is_tag =
        first.ends_with(':') || first.find('[') != std::string_view::npos || first.starts_with('%');
    if (!is_tag) {
        header.host = first;
        rest = after;
    }
    const std::size_t colon = rest.find(": ");
    const std::size_t end_of_word = std::min(rest.find(' '), rest.size());
    std::size_t tag_end = std::string_view::npos;
    if (colon != std::string_view::npos && colon < end_of_word)
        tag_end = colon;
    else if (rest.substr(0, end_of_word).ends_with(':'))
        tag_end = end_of_word - 1;
    if (tag_end != std::string_view::npos && tag_end > 0) {
        std::string_view tag = rest.substr(0, tag_end);
        if (const auto open = tag.find('['); open != std::string_view::npos && tag.ends_with(']')) {
            header.pid = tag.substr(open + 1, tag.size() - open - 2);
            tag = tag.substr(0, open);
        }
        header.program = tag;
        rest.remove_prefix(tag_end + 1);
        if (rest.starts_with(' ')) rest.remove_prefix(1);
    }
    header.message = rest;
    header.found = true;
    return true;
}

bool TextReader::key_values(std::string_view text, Event& event) {
    std::size_t at = 0;
    std::size_t pairs = 0;
    std::string_view key;
    std::string_view value;
    bool escaped = false;
    pairs_ = {};
    // "set format csv": a comma stands between the pairs instead of a blank.
    const std::size_t first = text.find_first_of(", \"");
    const char separator = first != std::string_view::npos && text[first] == ',' ? ',' : ' ';
    const bool has_escapes = text.find('\\') != std::string_view::npos;
    while (next_pair(text, at, key, value, escaped, separator, has_escapes)) {
        if (escaped) value = without_escapes(value, event.arena());
        const Key& known = key_of(key);
        event.add(known.field, key, value);
        ++pairs;
        if (known.role == Role::none) continue;
        auto* const noted = known.role == Role::event_time ? &pairs_.event_time
                            : known.role == Role::date     ? &pairs_.date
                            : known.role == Role::time     ? &pairs_.time
                            : known.role == Role::zone     ? &pairs_.zone
                            : known.role == Role::type     ? &pairs_.type
                                                           : nullptr;
        if (noted != nullptr && noted->empty()) *noted = value;
    }
    return pairs >= 2;
}

void TextReader::fortigate_route(Event& event) {
    if (!pairs_.event_time.empty()) event.time = parse_moment(pairs_.event_time);
    if (event.time == no_time && !pairs_.date.empty() && !pairs_.time.empty()) {
        const std::size_t size = pairs_.date.size() + 1 + pairs_.time.size() + pairs_.zone.size();
        char* const written = event.arena().take(size);
        char* to = std::ranges::copy(pairs_.date, written).out;
        *to++ = ' ';
        to = std::ranges::copy(pairs_.time, to).out;
        std::ranges::copy(pairs_.zone, to);
        event.time = parse_moment({written, size});
    }
    const std::string_view kind = pairs_.type;
    event.route = route_of("fortigate", kind, kind == "traffic" ? "firewall" : "");
    for (const auto& alias : detector_.aliases("fortigate")) event.alias(alias.from, alias.to);
}

bool TextReader::cef(std::string_view text, Event& event) {
    constexpr std::array<std::string_view, 7> names = {
        "cefVersion",         "deviceVendor", "deviceProduct", "deviceVersion",
        "deviceEventClassId", "name",         "severity"};
    std::size_t at = 4;  // behind "CEF:"
    std::string_view product;
    Micros time = no_time;
    int time_rank = 4;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::size_t from = at;
        bool escaped = false;
        while (at < text.size() && text[at] != '|') {
            if (text[at] == '\\' && at + 1 < text.size()) {
                escaped = true;
                ++at;
            }
            ++at;
        }
        if (at >= text.size() && i + 1 < names.size()) return false;
        const auto part = text.substr(from, std::min(at, text.size()) - from);
        const auto plain = escaped ? without_escapes(part, event.arena()) : part;
        event.add(key_of(names[i]).field, names[i], plain);
        if (i == 2) product = plain;
        if (at < text.size()) ++at;
    }
    // The first of these that can be read is the event's time.
    const auto note_time = [&](std::string_view key, std::string_view value) {
        const int rank = key == "rt"                  ? 0
                         : key == "end"               ? 1
                         : key == "start"             ? 2
                         : key == "deviceReceiptTime" ? 3
                                                      : 4;
        if (rank >= time_rank) return;
        std::size_t used = 0;
        Micros read = parse_moment(value);
        if (read == no_time) read = bsd_time(value, event.time, used);
        if (read == no_time) return;
        time = read;
        time_rank = rank;
    };
    // A value may hold blanks: it ends where the next " key=" begins.
    struct Label {
        std::string_view key;
        std::string_view name;
    };
    std::array<Label, 32> labels;
    std::size_t label_count = 0;
    while (at < text.size()) {
        while (at < text.size() && text[at] == ' ') ++at;
        const std::size_t equals = text.find('=', at);
        if (equals == std::string_view::npos) break;
        const auto key = text.substr(at, equals - at);
        std::size_t stop = text.size();
        for (std::size_t next = text.find('=', equals + 1); next != std::string_view::npos;
             next = text.find('=', next + 1)) {
            // Back over what can be a name; an escaped sign has its backslash before it.
            std::size_t from = next;
            while (from > equals + 1 && is_name(text[from - 1])) --from;
            if (from == next || from == equals + 1 || text[from - 1] != ' ') continue;
            std::size_t slashes = 0;
            while (from - 1 > equals + 1 + slashes && text[from - 2 - slashes] == '\\') ++slashes;
            if (slashes % 2 == 1) continue;
            stop = from - 1;
            break;
        }
        auto value = text.substr(equals + 1, stop - equals - 1);
        const bool escaped = value.find('\\') != std::string_view::npos;
        while (value.ends_with(' ')) value.remove_suffix(1);
        if (escaped) value = without_escapes(value, event.arena());
        const Key& known = key_of(key);
        event.add(known.field, key, value);
        if (known.role == Role::moment) note_time(key, value);
        if (known.role == Role::label && label_count < labels.size())
            labels[label_count++] = {key.substr(0, key.size() - 5), value};
        at = stop;
    }
    // cs1Label=Rule cs1=x is also Rule=x.
    for (std::size_t i = 0; i < label_count; ++i) {
        const Value* found = event.find(labels[i].key);
        const FieldId field = fields_.find(labels[i].name);
        if (found == nullptr || field == unnamed) continue;
        const auto value = found->text;
        event.add(field, {}, value);
    }
    if (time != no_time) event.time = time;
    const std::string name = folded(product);
    event.route = route_of(name.starts_with("fortigate") ? "fortigate"
                           : name == "pan-os"            ? "paloalto"
                           : name == "asa"               ? "cisco"
                                                         : "",
                           "", "");
    for (const auto& alias : detector_.aliases("cef")) event.alias(alias.from, alias.to);
    return true;
}

bool TextReader::leef(std::string_view text, Event& event) {
    const bool second = text.starts_with("LEEF:2");
    constexpr std::array<std::string_view, 5> names = {"leefVersion", "vendor", "product",
                                                       "version", "eventId"};
    std::size_t at = 5;
    for (const auto name : names) {
        const std::size_t end = text.find('|', at);
        if (end == std::string_view::npos) return false;
        add(name, text.substr(at, end - at), event);
        at = end + 1;
    }
    char delimiter = '\t';
    if (second) {
        const std::size_t end = text.find('|', at);
        if (end != std::string_view::npos && end - at <= 6) {
            std::string_view given = text.substr(at, end - at);
            if (given.size() == 1) {
                delimiter = given.front();
            } else if (given.starts_with("0x") || given.starts_with('x')) {
                given.remove_prefix(given.find('x') + 1);
                unsigned code = 0;
                std::from_chars(given.data(), given.data() + given.size(), code, 16);
                if (code > 0 && code < 256) delimiter = static_cast<char>(code);
            }
            if (given.find('=') == std::string_view::npos) at = end + 1;
        }
    }
    while (at < text.size()) {
        const std::size_t end = std::min(text.find(delimiter, at), text.size());
        const auto pair = text.substr(at, end - at);
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && equals > 0)
            add(pair.substr(0, equals), pair.substr(equals + 1), event);
        at = end + 1;
    }
    if (const Value* time = event.find("devTime"); time != nullptr) {
        std::size_t used = 0;
        Micros moment = parse_moment(time->text);
        if (moment == no_time) moment = bsd_time(time->text, event.time, used);
        if (moment != no_time) event.time = moment;
    }
    event.route = {};
    for (const auto& alias : detector_.aliases("cef")) event.alias(alias.from, alias.to);
    return true;
}

// type=EXECVE msg=audit(1364481363.243:24287): argc=3 a0="cat"
bool TextReader::audit(std::string_view text, Event& event) {
    const std::size_t mark = text.find("msg=audit(");
    if (mark == std::string_view::npos) return false;
    const std::size_t end = text.find(')', mark);
    const std::size_t colon = text.find(':', mark);
    if (end == std::string_view::npos || colon > end) return false;
    const Micros time = parse_moment(text.substr(mark + 10, colon - mark - 10));
    if (time != no_time) event.time = time;
    std::size_t at = text.find("type=");
    std::string_view key;
    std::string_view value;
    bool escaped = false;
    if (at != std::string_view::npos && at < mark && next_pair(text, at, key, value, escaped))
        add(key, value, event);
    add("audit_id", text.substr(colon + 1, end - colon - 1), event);
    std::size_t from = end + 1;
    if (from < text.size() && text[from] == ':') ++from;
    // USER_… records carry their own pairs in msg='…'.
    const auto rest = text.substr(from);
    at = 0;
    while (at < rest.size()) {
        if (!next_pair(rest, at, key, value, escaped)) {
            const std::size_t blank = rest.find(' ', at);
            if (blank == std::string_view::npos) break;
            at = blank + 1;
            continue;
        }
        if (key == "msg" && value.starts_with('\'')) {
            at = rest.find('\'', at - value.size()) + 1;
            continue;
        }
        if (value.ends_with('\'')) value.remove_suffix(1);
        if (value.size() > 1 && value.front() == '"')
            value = value.substr(1, value.find('"', 1) - 1);
        add(key, value, event);
    }
    event.route = route_of("linux", "auditd", "");
    return true;
}

// 203.0.113.7 - bob [24/Nov/2026:08:00:00 +0900] "GET /x?y HTTP/1.1" 200 12 "referer" "agent"
bool TextReader::access_log(std::string_view line, Event& event) {
    std::string_view rest = line;
    const auto client = word(rest);
    word(rest);
    const auto user = word(rest);
    if (!rest.starts_with('[')) return false;
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos || close + 3 > rest.size() || rest[close + 2] != '"')
        return false;
    const Micros time = parse_moment(rest.substr(1, close - 1));
    if (time == no_time) return false;
    const auto quoted = [&](std::string_view& from) {
        if (!from.starts_with('"')) return std::string_view();
        std::size_t end = 1;
        while (end < from.size() && from[end] != '"') end += from[end] == '\\' ? 2 : 1;
        const auto out = from.substr(1, std::min(end, from.size()) - 1);
        from.remove_prefix(std::min(end + 2, from.size()));
        return out;
    };
    rest.remove_prefix(close + 2);
    std::string_view request = quoted(rest);
    const auto method = word(request);
    const auto target = word(request);
    add("c-ip", client, event);
    if (user != "-") add("cs-username", user, event);
    add("cs-method", method, event);
    add("c-uri", target, event);
    const std::size_t question = target.find('?');
    add("cs-uri-stem", target.substr(0, question), event);
    if (question != std::string_view::npos) add("cs-uri-query", target.substr(question + 1), event);
    add("sc-status", word(rest), event, Kind::number);
    if (const auto bytes = word(rest); bytes != "-") add("sc-bytes", bytes, event, Kind::number);
    if (const auto referer = quoted(rest); !referer.empty()) add("cs-referer", referer, event);
    if (const auto agent = quoted(rest); !agent.empty()) {
        add("cs-user-agent", agent, event);
        const FieldId field = fields_.find("c-useragent");
        if (field != unnamed) event.add(field, {}, agent);
    }
    event.time = time;
    event.route = route_of("", "", "webserver");
    return true;
}

void TextReader::finish(std::string_view line, Event& event) {
    add("_raw", line, event);
    event.raw = line;
    json_.apply_given(event);
}

std::string_view TextReader::read(std::string_view line, Event& event, Format format,
                                  Micros reference) {
    Header header;
    const bool is_syslog = header_5424(line, header, event);
    if (!is_syslog) {
        event.clear();
        header = {};
        header_3164(line, header, reference);
    }
    std::string_view body = header.found ? header.message : line;
    const auto whole_message = [&](std::string_view mark) {
        const std::size_t at = line.find(mark);
        return at == std::string_view::npos ? std::string_view() : line.substr(at);
    };
    const auto add_header = [&] {
        if (!header.found) return;
        if (header.priority >= 0) {
            add("facility", facilities[static_cast<std::size_t>(header.priority / 8)], event);
            add("severity_name", severities[static_cast<std::size_t>(header.priority % 8)], event);
        }
        if (!header.host.empty()) add("hostname", header.host, event);
        if (!header.program.empty()) add("program", header.program, event);
        if (!header.pid.empty()) add("pid", header.pid, event);
        if (!header.msgid.empty()) add("msgid", header.msgid, event);
        event.time = header.time;
    };

    if (format == Format::cef || line.find("CEF:") != std::string_view::npos) {
        const auto text = whole_message("CEF:");
        if (!text.empty() && text.size() > 5 && is_digit(text[4])) {
            add_header();
            if (!cef(text, event)) return "cef";
            finish(line, event);
            return {};
        }
        if (format == Format::cef) return "cef";
    }
    if (format == Format::leef || line.find("LEEF:") != std::string_view::npos) {
        const auto text = whole_message("LEEF:");
        if (!text.empty()) {
            add_header();
            if (!leef(text, event)) return "leef";
            finish(line, event);
            return {};
        }
        return "leef";
    }
    if (format == Format::fortigate || (body.find("logid=") != std::string_view::npos &&
                                        (body.find("devname=") != std::string_view::npos ||
                                         body.find("devid=") != std::string_view::npos))) {
        // The tag of the header may have swallowed nothing: pairs begin at date= or at the first pair.
        std::string_view text = body;
        if (const auto at = line.find("date=");
            at != std::string_view::npos && (at == 0 || line[at - 1] == ' ' || line[at - 1] == '>'))
            text = line.substr(at);
        add_header();
        if (!key_values(text, event)) return "fortigate";
        fortigate_route(event);
        finish(line, event);
        return {};
    }
    if (body.starts_with("type=") || body.find("msg=audit(") != std::string_view::npos) {
        if (line.find("msg=audit(") != std::string_view::npos) {
            add_header();
            if (!audit(line.substr(line.find("type=") == std::string_view::npos
                                       ? line.find("msg=audit(")
                                       : line.find("type=")),
                       event))
                return "audit";
            finish(line, event);
            return {};
        }
    }
    if (!header.found) {
        if (format != Format::syslog && access_log(line, event)) {
            finish(line, event);
            return {};
        }
        const bool device = line.find("%ASA-") != std::string_view::npos ||
                            line.find("%FTD-") != std::string_view::npos || is_pan_os(line);
        if (format != Format::syslog && !device) return "format_unknown";
        header.found = true;  // told to take it as syslog: all of it is the message
        header.message = line;
        body = line;
    }
    if (body.starts_with('{') && JsonReader::length_of(body) == body.size()) {
        if (json_.read(body, event).empty()) {
            if (event.time == no_time) event.time = header.time;
            return {};
        }
        event.clear();
    }
    add_header();
    add("message", body, event);
    const DeviceLine device = read_device_line(line, body, header.program, header.msgid, event);
    if (device.broken) return "columns";
    if (!device.product.empty()) {
        // RFC 5424's time has a zone, a device's own has none.
        if (device.time != no_time && (!is_syslog || header.time == no_time))
            event.time = device.time;
        event.route = route_of(device.product, device.service, device.category);
    } else if (body.starts_with('%') || header.program.starts_with('%')) {
        event.route = route_of("cisco", "", "");
    } else {
        std::string program = folded(header.program);
        if (const auto slash = program.rfind('/'); slash != std::string::npos)
            program.erase(0, slash + 1);
        const std::string_view service = program.starts_with("sshd")   ? "sshd"
                                         : program == "crond"          ? "cron"
                                         : program.starts_with("clam") ? "clamav"
                                         : program.empty()             ? std::string_view()
                                                                       : std::string_view(program);
        const bool known = service == "sshd" || service == "sudo" || service == "cron" ||
                           service == "clamav" || service == "vsftpd" || service == "guacamole" ||
                           service == "guacd";
        event.route = route_of("linux",
                               known ? (service == "guacd" ? "guacamole" : service)
                               : header.priority / 8 == 4 || header.priority / 8 == 10 ||
                                       service == "su" || service == "login"
                                   ? "auth"
                                   : "syslog",
                               "");
    }
    finish(line, event);
    return {};
}

}  // namespace noroshi::engines::detect
