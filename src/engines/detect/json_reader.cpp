#include "engines/detect/json_reader.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace noroshi::engines::detect {

namespace {

constexpr int max_depth = 64;

// The first quote or backslash.
const char* find_quote(const char* at, const char* end) {
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i slash = _mm_set1_epi8('\\');
    while (end - at >= 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        const int hits = _mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash)));
        if (hits != 0) return at + __builtin_ctz(static_cast<unsigned>(hits));
        at += 16;
    }
#endif
    while (at < end && *at != '"' && *at != '\\') ++at;
    return at;
}

int hex4(const char* at) {
    int value = 0;
    for (int i = 0; i < 4; ++i) {
        const char c = at[i];
        int digit = 0;
        if (c >= '0' && c <= '9')
            digit = c - '0';
        else if (c >= 'a' && c <= 'f')
            digit = c - 'a' + 10;
        else if (c >= 'A' && c <= 'F')
            digit = c - 'A' + 10;
        else
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

char* put_utf8(char* out, char32_t c) {
    if (c < 0x80) {
        *out++ = static_cast<char>(c);
    } else if (c < 0x800) {
        *out++ = static_cast<char>(0xC0 | (c >> 6));
        *out++ = static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = static_cast<char>(0xE0 | (c >> 12));
        *out++ = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        *out++ = static_cast<char>(0x80 | (c & 0x3F));
    } else {
        *out++ = static_cast<char>(0xF0 | (c >> 18));
        *out++ = static_cast<char>(0x80 | ((c >> 12) & 0x3F));
        *out++ = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        *out++ = static_cast<char>(0x80 | (c & 0x3F));
    }
    return out;
}

bool is_attributes(std::string_view key) {
    return key == "#attributes" || key == "_attributes" || key == "attributes" || key == "$";
}
bool is_text(std::string_view key) {
    return key == "#text" || key == "_text" || key == "text" || key == "_" || key == "value" ||
           key == "Value" || key == "$t";
}

}  // namespace

JsonReader::JsonReader(const Detector& detector, RouteGiven given, std::string time_field)
    : detector_(detector), fields_(detector.fields()), given_(std::move(given)) {
    const auto& routes = detector.routes();
    given_route_.product = routes.find_or_unknown(given_.product);
    given_route_.category = routes.find_or_unknown(given_.category);
    given_route_.service = routes.find_or_unknown(given_.service);
    if (!time_field.empty()) time_fields_.push_back(time_field_ = fields_.find(time_field));
    nxlog_ = detector.aliases("nxlog");
    eve_ = detector.aliases("eve");
    const auto& known = detector.known();
    for (const FieldId field :
         {known.time_created, known.system_time, known.time_at, known.timestamp, known.time,
          known.ts, known.event_time, known.utc_time})
        time_fields_.push_back(field);
}

std::string_view JsonReader::read(std::string_view text, Event& event, std::string_view zeek_path) {
    at_ = text.data();
    end_ = at_ + text.size();
    too_deep_ = false;
    prefix_.clear();
    blank();
    if (at_ >= end_) return "json";
    if (*at_ != '{') return "json_no_object";
    ++at_;
    if (!object(Mode::plain, event, 0)) return too_deep_ ? "json_depth" : "json";
    blank();
    if (at_ != end_) return "json";
    event.raw = text;
    event.raw_is_json = true;
    settle(event, zeek_path);
    return {};
}

std::size_t JsonReader::length_of(std::string_view text) {
    int depth = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        switch (text[at]) {
        case '{':
        case '[': ++depth; break;
        case '}':
        case ']':
            if (--depth <= 0) return depth == 0 ? at + 1 : 0;
            break;
        case '"':
            for (++at; at < text.size() && text[at] != '"'; ++at)
                if (text[at] == '\\') ++at;
            break;
        default: break;
        }
    }
    return 0;
}

void JsonReader::add(std::string_view name, std::string_view text, Kind kind, Event& event) {
    FieldId id = fields_.find(name);
    if (id == unnamed && name.find(' ') != std::string_view::npos) {
        // The specification strips blanks from names: "Threat Name" is ThreatName.
        char* out = event.arena().take(name.size());
        std::size_t size = 0;
        for (const char c : name)
            if (c != ' ') out[size++] = c;
        id = fields_.find({out, size});
    }
    event.add(id, name, text, kind);
}

bool JsonReader::string(std::string_view& out, Arena& arena) {
    const char* const from = at_;
    const char* stop = find_quote(at_, end_);
    if (stop < end_ && *stop == '"') {
        out = {from, static_cast<std::size_t>(stop - from)};
        at_ = stop + 1;
        return true;
    }
    // Escapes: where does it end, then write it anew. It never grows.
    const char* close = stop;
    while (close < end_ && *close != '"') {
        if (end_ - close < 2) return false;
        close = find_quote(close + 2, end_);
    }
    if (close >= end_) return false;
    char* const begin = arena.take(static_cast<std::size_t>(close - from));
    char* to = begin;
    const char* in = from;
    while (in < close) {
        const auto plain = static_cast<std::size_t>(stop - in);
        std::memcpy(to, in, plain);
        to += plain;
        in = stop;
        if (in >= close) break;
        const char escape = in[1];
        in += 2;
        switch (escape) {
        case '"':
        case '\\':
        case '/': *to++ = escape; break;
        case 'b': *to++ = '\b'; break;
        case 'f': *to++ = '\f'; break;
        case 'n': *to++ = '\n'; break;
        case 'r': *to++ = '\r'; break;
        case 't': *to++ = '\t'; break;
        case 'u': {
            if (close - in < 4) return false;
            const int unit = hex4(in);
            if (unit < 0) return false;
            in += 4;
            auto c = static_cast<char32_t>(unit);
            if (unit >= 0xD800 && unit < 0xDC00 && close - in >= 6 && in[0] == '\\' &&
                in[1] == 'u') {
                const int low = hex4(in + 2);
                if (low >= 0xDC00 && low < 0xE000) {
                    c = 0x10000 + ((c - 0xD800) << 10) + static_cast<char32_t>(low - 0xDC00);
                    in += 6;
                }
            }
            if (c >= 0xD800 && c < 0xE000) c = 0xFFFD;
            to = put_utf8(to, c);
            break;
        }
        default: return false;
        }
        stop = find_quote(in, close);
    }
    out = {begin, static_cast<std::size_t>(to - begin)};
    at_ = close + 1;
    return true;
}

bool JsonReader::scalar(std::string_view name, Event& event) {
    const char* const from = at_;
    if (*at_ == '"') {
        ++at_;
        std::string_view text;
        if (!string(text, event.arena())) return false;
        add(name, text, Kind::text, event);
        return true;
    }
    while (at_ < end_ && *at_ != ',' && *at_ != '}' && *at_ != ']' && *at_ != ' ' && *at_ != '\t' &&
           *at_ != '\n' && *at_ != '\r')
        ++at_;
    const std::string_view text(from, static_cast<std::size_t>(at_ - from));
    if (text == "true" || text == "false") {
        add(name, text, Kind::boolean, event);
        return true;
    }
    if (text == "null") {
        add(name, {}, Kind::null, event);
        return true;
    }
    if (text.empty() || !(text.front() == '-' || (text.front() >= '0' && text.front() <= '9')))
        return false;
    bool digit = false;
    for (const char c : text) {
        if (c >= '0' && c <= '9')
            digit = true;
        else if (c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E')
            return false;
    }
    if (!digit) return false;
    add(name, text, Kind::number, event);
    return true;
}

bool JsonReader::skip(int depth) {
    blank();
    if (at_ >= end_) return false;
    if (depth > max_depth) {
        too_deep_ = true;
        return false;
    }
    if (*at_ == '{' || *at_ == '[') {
        const std::size_t length = length_of({at_, static_cast<std::size_t>(end_ - at_)});
        at_ += length;
        return length > 0;
    }
    if (*at_ == '"') {
        for (++at_; at_ < end_ && *at_ != '"'; ++at_)
            if (*at_ == '\\') ++at_;
        if (at_ >= end_) return false;
        ++at_;
        return true;
    }
    while (at_ < end_ && *at_ != ',' && *at_ != '}' && *at_ != ']') ++at_;
    return true;
}

// `name` must outlive the event: it points into the text, the arena or the names.
bool JsonReader::value(std::string_view name, Event& event, int depth) {
    blank();
    if (at_ >= end_) return false;
    if (*at_ == '{') {
        ++at_;
        const std::size_t size = prefix_.size();
        prefix_.assign(name);
        prefix_ += '.';
        const bool good = object(Mode::plain, event, depth + 1);
        // The caller's prefix is what stands before the last part of `name`.
        prefix_.assign(name.substr(0, size));
        return good;
    }
    if (*at_ == '[') {
        ++at_;
        return array(name, event, depth + 1);
    }
    return scalar(name, event);
}

bool JsonReader::array(std::string_view name, Event& event, int depth) {
    if (depth > max_depth) {
        too_deep_ = true;
        return false;
    }
    if (eat(']')) {
        add(name, {}, Kind::null, event);
        return true;
    }
    do {
        if (!value(name, event, depth)) return false;
    } while (eat(','));
    return eat(']');
}

// <Data Name="X">v</Data> as {"@Name": "X", "#text": "v"}.
bool JsonReader::named_data(Event& event, int depth) {
    if (depth > max_depth) return false;
    std::string_view name = "Data";
    std::string_view text;
    Kind kind = Kind::empty;
    if (eat('}')) return true;
    do {
        if (!eat('"')) return false;
        std::string_view key;
        if (!string(key, event.arena()) || !eat(':')) return false;
        if (is_attributes(key)) {
            blank();
            if (!eat('{')) return false;
            do {
                std::string_view inner;
                if (eat('}')) break;
                if (!eat('"') || !string(inner, event.arena()) || !eat(':')) return false;
                blank();
                if (inner == "Name" && at_ < end_ && *at_ == '"') {
                    ++at_;
                    if (!string(name, event.arena())) return false;
                } else if (!skip(depth)) {
                    return false;
                }
                if (eat('}')) break;
            } while (eat(','));
            continue;
        }
        blank();
        const bool is_name = key == "@Name" || key == "Name";
        if (at_ < end_ && *at_ == '"' && (is_name || is_text(key))) {
            ++at_;
            std::string_view read;
            if (!string(read, event.arena())) return false;
            if (is_name) {
                name = read;
            } else {
                text = read;
                kind = Kind::text;
            }
        } else if (is_text(key) && at_ < end_ && *at_ != '{' && *at_ != '[' && *at_ != 'n') {
            const char* const from = at_;
            if (!skip(depth)) return false;
            text = {from, static_cast<std::size_t>(at_ - from)};
            while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
            kind = Kind::number;
        } else if (!skip(depth)) {
            return false;
        }
    } while (eat(','));
    if (!eat('}')) return false;
    add(name, text, kind, event);
    return true;
}

bool JsonReader::object(Mode mode, Event& event, int depth) {
    if (depth > max_depth) {
        too_deep_ = true;
        return false;
    }
    if (eat('}')) return true;
    Arena& arena = event.arena();
    const std::size_t prefix = prefix_.size();
    const auto joined = [&](std::string_view key) -> std::string_view {
        prefix_.resize(prefix);
        prefix_ += key;
        const FieldId id = fields_.find(prefix_);
        const std::string_view name = id != unnamed ? fields_.name(id) : arena.keep(prefix_);
        prefix_.resize(prefix);
        return name;
    };
    const auto nested = [&](Mode inner, std::string_view inner_prefix) {
        const std::string outer = prefix_;
        prefix_.assign(inner_prefix);
        const bool good = object(inner, event, depth + 1);
        prefix_ = outer;
        return good;
    };
    do {
        if (!eat('"')) return false;
        std::string_view key;
        if (!string(key, arena) || !eat(':')) return false;
        blank();
        if (at_ >= end_) return false;
        const bool opens = *at_ == '{';
        switch (mode) {
        case Mode::plain:
            if (prefix == 0) {
                if (opens && key == "Event") {
                    ++at_;
                    if (!nested(Mode::evtx, "")) return false;
                    continue;
                }
                if (opens && key == "winlog") {
                    ++at_;
                    event.is_windows = true;
                    if (!nested(Mode::winlog, "winlog.")) return false;
                    continue;
                }
                if (opens && (key == "_source" || key == "_raw")) {
                    ++at_;
                    if (!nested(Mode::plain, "")) return false;
                    continue;
                }
                if (key.starts_with("winlog.")) {
                    event.is_windows = true;
                    const auto rest = key.substr(7);
                    const std::string_view name =
                        rest.starts_with("event_data.")  ? rest.substr(11)
                        : rest.starts_with("user_data.") ? rest.substr(rest.rfind('.') + 1)
                        : rest == "channel"              ? std::string_view("Channel")
                        : rest == "event_id"             ? std::string_view("EventID")
                        : rest == "computer_name"        ? std::string_view("Computer")
                        : rest == "provider_name"        ? std::string_view("Provider_Name")
                                                         : key;
                    if (!value(name, event, depth)) return false;
                    continue;
                }
                if (!value(key, event, depth)) return false;
                prefix_.clear();
            } else {
                if (!value(joined(key), event, depth)) return false;
            }
            continue;
        case Mode::evtx:
            if (opens && key == "System") {
                ++at_;
                event.is_windows = true;
                if (!nested(Mode::system, "")) return false;
            } else if (opens &&
                       (key == "EventData" || key == "UserData" || key == "ProcessingErrorData")) {
                ++at_;
                if (!nested(Mode::data, "")) return false;
            } else if (is_attributes(key)) {
                if (!skip(depth)) return false;
            } else {
                const std::string name = "Event." + std::string(key);
                if (!value(arena.keep(name), event, depth)) return false;
                prefix_.clear();
            }
            continue;
        case Mode::system:
            if (opens) {
                ++at_;
                if (!nested(Mode::item, key)) return false;
            } else if (!value(key, event, depth)) {
                return false;
            }
            continue;
        case Mode::item: {
            const std::string item = prefix_;
            if (opens && is_attributes(key)) {
                ++at_;
                if (!nested(Mode::item, item)) return false;
            } else if (is_text(key)) {
                if (!value(joined(""), event, depth)) return false;
                prefix_ = item;
            } else {
                const std::string_view attribute = key.starts_with('@') ? key.substr(1) : key;
                if (!value(joined("_" + std::string(attribute)), event, depth)) return false;
                prefix_ = item;
            }
            continue;
        }
        case Mode::data:
            if (is_attributes(key) || key == "@xmlns" || key == "xmlns") {
                if (!skip(depth)) return false;
            } else if (opens) {
                ++at_;
                if (!nested(Mode::data, key)) return false;
            } else if (*at_ == '[' && key == "Data") {
                ++at_;
                if (eat(']')) continue;
                do {
                    if (eat('{')) {
                        if (!named_data(event, depth + 1)) return false;
                    } else {
                        blank();
                        if (at_ >= end_ || !value("Data", event, depth)) return false;
                    }
                } while (eat(','));
                if (!eat(']')) return false;
            } else {
                const std::string outer = prefix_;
                const bool of_parent = key == "#text" && !outer.empty();
                if (!value(of_parent ? arena.keep(outer) : key, event, depth)) return false;
                prefix_ = outer;
            }
            continue;
        case Mode::winlog:
            if (opens && (key == "event_data" || key == "user_data")) {
                ++at_;
                if (!nested(Mode::data, "")) return false;
                continue;
            }
            {
                const std::string_view name =
                    key == "channel"         ? std::string_view("Channel")
                    : key == "event_id"      ? std::string_view("EventID")
                    : key == "computer_name" ? std::string_view("Computer")
                    : key == "provider_name" ? std::string_view("Provider_Name")
                                             : joined(key);
                if (!value(name, event, depth)) return false;
                prefix_ = "winlog.";
            }
            continue;
        }
    } while (eat(','));
    return eat('}');
}

void JsonReader::settle(Event& event, std::string_view zeek_path) {
    const auto& known = detector_.known();
    if (event.is_windows || event.has(known.event_id) || event.has(known.channel))
        settle_windows(event);
    else if (event.has(known.path) || !zeek_path.empty() ||
             (event.has(known.orig_h) && event.has(known.resp_h)))
        settle_zeek(event, zeek_path);
    else if (event.has(known.event_kind) && event.has(known.src_ip)) {
        std::string kind(event.text(known.event_kind));
        if (eve_routes_.size() > 1000) eve_routes_.clear();
        auto [found, is_new] = eve_routes_.try_emplace(kind);
        if (is_new) {
            const auto& routes = detector_.routes();
            found->second.product = routes.find("suricata");
            found->second.service = routes.find(kind);
            found->second.category = routes.find(kind == "http"    ? "proxy"
                                                 : kind == "alert" ? "ids"
                                                 : kind == "flow"  ? "firewall"
                                                                   : kind);
            if (kind == "http") found->second.second_category = routes.find("webserver");
        }
        event.route = found->second;
        for (const auto& alias : eve_) event.alias(alias.from, alias.to);
    }
    for (const FieldId field : time_fields_) {
        if (!event.has(field)) continue;
        event.time = parse_moment(event.text(field));
        if (event.time != no_time) break;
    }
    apply_given(event);
}

void JsonReader::apply_given(Event& event) {
    if (time_field_ != unnamed && event.has(time_field_)) {
        const Micros time = parse_moment(event.text(time_field_));
        if (time != no_time) event.time = time;
    }
    if (given_route_.product != 0) event.route.product = given_route_.product;
    if (given_route_.service != 0) event.route.service = given_route_.service;
    if (given_route_.category != 0) {
        event.route.category = given_route_.category;
        event.route.second_category = 0;
    }
}

void JsonReader::settle_windows(Event& event) {
    const auto& known = detector_.known();
    event.is_windows = true;
    for (Value& value : event.values())
        if (value.text.empty()) value.kind = Kind::empty;
    for (const auto& alias : nxlog_) event.alias(alias.from, alias.to);

    const std::string_view channel_text = event.text(known.channel);
    const std::string_view provider = event.text(known.provider);
    const std::string_view id_text = event.text(known.event_id);
    const std::string_view kind = event.text(known.event_type);
    int id = -1;
    std::from_chars(id_text.data(), id_text.data() + id_text.size(), id);
    std::uint64_t key = hash_of(channel_text.empty() ? provider : channel_text) +
                        static_cast<std::uint64_t>(id) * 0x9E3779B97F4A7C15ULL;
    if (id == 12) key += hash_of(kind);
    if (windows_routes_.size() > 100000) windows_routes_.clear();
    auto [found, is_new] = windows_routes_.try_emplace(key);
    Route& route = found->second;
    if (is_new) {
        const auto& routes = detector_.routes();
        const std::string_view channel =
            channel_text.empty() ? channel_of_provider(provider) : channel_text;
        std::string service(service_of_channel(channel));
        route.product = routes.find(channel.starts_with("Linux-Sysmon") ? "linux" : "windows");
        if (!channel.empty()) {
            const std::string_view category = category_of(service, id, kind);
            route.category = category.empty() ? RouteNames::other : routes.find(category);
            const std::string_view second = second_category_of(service, id);
            route.second_category = second.empty() ? RouteNames::unknown : routes.find(second);
            if (service.empty()) {
                service = folded(channel);
                std::ranges::replace(service, ' ', '_');
            }
            route.service = routes.find(service);
        }
    }
    event.route = route;
    // Security 4688 and its like carry under other names what Sysmon tells.
    if (id == 4688 || id == 4689 || id == 4657)
        for (const auto& alias : detector_.aliases(id_text)) event.alias(alias.from, alias.to);
    else if (id == 5156 || id == 5154 || id == 5158)
        for (const auto& alias : detector_.aliases("network_security"))
            event.alias(alias.from, alias.to);
    else if (id >= 1006 && id <= 1116)
        for (const auto& alias : detector_.aliases("antivirus")) event.alias(alias.from, alias.to);
}

void JsonReader::settle_zeek(Event& event, std::string_view path) {
    const auto& known = detector_.known();
    if (event.has(known.path)) path = event.text(known.path);
    if (path.empty()) {
        // Each kind has fields no other has.
        constexpr std::array<std::pair<std::string_view, std::string_view>, 6> marks = {{
            {"conn_state", "conn"},
            {"qtype_name", "dns"},
            {"resp_mime_types", "http"},
            {"next_protocol", "ssl"},
            {"share_type", "smb_mapping"},
            {"named_pipe", "dce_rpc"},
        }};
        for (const auto& [field, kind] : marks)
            if (path.empty() && event.find(field) != nullptr) path = kind;
        if (path.empty() && event.find("status_code") != nullptr) path = "http";
        if (path.empty() && event.find("server_name") != nullptr) path = "ssl";
        if (path.empty() && event.find("query") != nullptr) path = "dns";
    }
    if (zeek_paths_.size() > 1000) zeek_paths_.clear();
    auto [found, is_new] = zeek_paths_.try_emplace(std::string(path));
    ZeekPath& kind = found->second;
    if (is_new) {
        const auto& routes = detector_.routes();
        kind.route.product = routes.find("zeek");
        kind.route.service = routes.find_or_unknown(path);
        kind.route.category = path.empty()     ? RouteNames::unknown
                              : path == "http" ? routes.find("proxy")
                              : path == "conn" ? routes.find("firewall")
                                               : routes.find(path);
        if (path == "http") kind.route.second_category = routes.find("webserver");
        if (path == "conn") kind.route.second_category = routes.find("network_connection");
        kind.aliases = detector_.aliases("zeek");
        if (path == "http" || path == "dns") {
            const auto& more = detector_.aliases(path);
            kind.aliases.insert(kind.aliases.end(), more.begin(), more.end());
        }
    }
    event.route = kind.route;
    for (const auto& alias : kind.aliases) event.alias(alias.from, alias.to);
}

}  // namespace noroshi::engines::detect
