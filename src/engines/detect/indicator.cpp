#include "engines/detect/indicator.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace noroshi::engines::detect {

namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 7> type_names = {"address", "domain", "url", "hash",
                                                        "email",   "ja3",    "ja4"};

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '"'))
        text.remove_prefix(1);
    while (!text.empty() &&
           (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '"'))
        text.remove_suffix(1);
    return text;
}

bool is_hex(std::string_view text) {
    for (const char c : text)
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
    return !text.empty();
}
bool is_hash_length(std::size_t size) {
    return size == 32 || size == 40 || size == 56 || size == 64 || size == 96 || size == 128;
}
bool is_domain(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    if (text.size() < 3 || text.size() > 253 || text.find('.') == std::string_view::npos)
        return false;
    std::size_t label = 0;
    bool letter = false;
    for (const char c : text) {
        if (c == '.') {
            if (label == 0) return false;
            label = 0;
            letter = false;
            continue;
        }
        const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || (c & 0x80) != 0;
        if (!word || ++label > 63) return false;
        letter = letter || !(c >= '0' && c <= '9');
    }
    return label > 0 && letter;
}
constexpr unsigned mark_dot = 1, mark_colon = 2, mark_equals = 4, mark_at = 8, mark_blank = 16;
constexpr auto mark_of = [] {
    std::array<std::uint8_t, 256> marks{};
    marks['.'] = mark_dot;
    marks[':'] = mark_colon;
    marks['='] = mark_equals;
    marks['@'] = mark_at;
    marks[' '] = mark_blank;
    return marks;
}();
std::size_t scheme_length(std::string_view text) {
    const std::size_t at = text.substr(0, 12).find("://");
    return at == std::string_view::npos || at == 0 ? 0 : at + 3;
}
std::string_view host_of_url(std::string_view url) {
    std::string_view rest = url.substr(scheme_length(url));
    rest = rest.substr(0, rest.find_first_of("/?#"));
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) rest = rest.substr(at + 1);
    if (rest.starts_with('[')) return rest.substr(0, rest.find(']') + 1);
    return rest.substr(0, rest.find(':'));
}

// Defanged as analysts write it: hxxp://evil[.]example
std::string fanged(std::string_view text) {
    std::string out(text);
    const auto replace = [&](std::string_view from, std::string_view to) {
        for (std::size_t at = out.find(from); at != std::string::npos; at = out.find(from, at))
            out.replace(at, from.size(), to);
    };
    replace("[.]", ".");
    replace("(.)", ".");
    replace("[:]", ":");
    if (out.starts_with("hxxp")) out.replace(0, 4, "http");
    return out;
}

}  // namespace

std::uint64_t Indicators::key(Type type, std::string_view value) {
    const std::uint64_t h =
        hash_of(value) + 0x9E3779B97F4A7C15ULL * (static_cast<std::uint64_t>(type) + 1);
    return h == 0 ? 1 : h;
}

std::uint64_t Indicators::network_key(const Address& address, int prefix) {
    const auto mask = [](int bits) {
        return bits <= 0 ? 0ULL : bits >= 64 ? ~0ULL : ~0ULL << (64 - bits);
    };
    const std::array<std::uint64_t, 3> parts = {address.high & mask(prefix),
                                                address.low & mask(prefix - 64),
                                                static_cast<std::uint64_t>(prefix)};
    return hash_of({reinterpret_cast<const char*>(parts.data()), sizeof parts});
}

void Indicators::grow() {
    std::vector<Slot> old(slots_.empty() ? 1024 : slots_.size() * 2);
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
        if (slot.origin == 0) continue;
        std::size_t at = slot.hash_low & mask;
        while (slots_[at].origin != 0) at = (at + 1) & mask;
        slots_[at] = slot;
    }
}

void Indicators::insert(std::uint64_t hash, std::uint32_t origin) {
    if (slots_.empty() || count_ * 10 > slots_.size() * 7) grow();
    const std::size_t mask = slots_.size() - 1;
    const auto low = static_cast<std::uint32_t>(hash);
    const auto high = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t at = low & mask;; at = (at + 1) & mask) {
        Slot& slot = slots_[at];
        if (slot.origin == 0) {
            slot = {low, high, origin + 1};
            ++count_;
            return;
        }
        if (slot.hash_low == low && slot.hash_high == high) {
            // Named twice: the one that is valid longer counts.
            if (origins_[origin].valid_until > origins_[slot.origin - 1].valid_until)
                slot.origin = origin + 1;
            return;
        }
    }
}

std::uint32_t Indicators::find(std::uint64_t hash) const {
    if (slots_.empty()) return 0;
    if (!bloom_.empty()) {
        // Two bits of one word: what is not there mostly costs one look into a small table.
        const std::uint64_t word = bloom_[(hash >> 20) & (bloom_.size() - 1)];
        const std::uint64_t bits = 1ULL << (hash & 63) | 1ULL << ((hash >> 6) & 63);
        if ((word & bits) != bits) return 0;
    }
    const std::size_t mask = slots_.size() - 1;
    const auto low = static_cast<std::uint32_t>(hash);
    const auto high = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t at = low & mask;; at = (at + 1) & mask) {
        const Slot& slot = slots_[at];
        if (slot.origin == 0) return 0;
        if (slot.hash_low == low && slot.hash_high == high) return slot.origin;
    }
}

void Indicators::finish() {
    std::size_t words = 1024;
    while (words * 8 < count_) words *= 2;
    bloom_.assign(words, 0);
    for (const Slot& slot : slots_) {
        if (slot.origin == 0) continue;
        const std::uint64_t hash = static_cast<std::uint64_t>(slot.hash_high) << 32 | slot.hash_low;
        bloom_[(hash >> 20) & (words - 1)] |= 1ULL << (hash & 63) | 1ULL << ((hash >> 6) & 63);
    }
}

std::size_t Indicators::memory() const {
    return slots_.capacity() * sizeof(Slot) + bloom_.capacity() * 8 +
           origins_.capacity() * sizeof(Origin) + networks_.capacity() * sizeof(Net) +
           network_index_.size() * 32;
}

std::uint32_t Indicators::add_origin(Origin origin) {
    origins_.push_back(std::move(origin));
    return static_cast<std::uint32_t>(origins_.size() - 1);
}

bool Indicators::add(Type type, std::string_view given, std::uint32_t origin) {
    std::string value = fanged(trimmed(given));
    switch (type) {
    case Type::address: {
        const auto network = parse_network(value);
        if (!network) return false;
        has_[0] = true;
        if (network->prefix == 128) {
            insert(network_key(network->first, 128), origin);
        } else {
            const std::uint64_t hash = network_key(network->first, network->prefix);
            if (network_index_.emplace(hash, origin).second) {
                networks_.push_back({*network, origin});
                if (std::ranges::find(prefixes_, network->prefix) == prefixes_.end())
                    prefixes_.push_back(network->prefix);
                ++count_;
            }
        }
        return true;
    }
    case Type::domain:
        value = folded(value);
        if (value.starts_with("*.")) value.erase(0, 2);
        if (value.ends_with('.')) value.pop_back();
        if (!is_domain(value)) return false;
        break;
    case Type::url: {
        value = folded(value);
        value.erase(0, scheme_length(value));
        if (value.ends_with('/')) value.pop_back();
        if (value.empty()) return false;
        break;
    }
    case Type::hash:
    case Type::ja3:
        value = folded(value);
        if (!is_hex(value) || !is_hash_length(value.size())) return false;
        break;
    case Type::email:
    case Type::ja4: value = folded(value); break;
    }
    if (value.empty()) return false;
    has_[static_cast<std::size_t>(type)] = true;
    insert(key(type, value), origin);
    return true;
}

bool Indicators::add_guessed(std::string_view given, std::uint32_t origin) {
    const std::string value = fanged(trimmed(given));
    if (parse_network(value)) return add(Type::address, value, origin);
    if (scheme_length(value) > 0) return add(Type::url, value, origin);
    if (is_hex(value) && is_hash_length(value.size())) return add(Type::hash, value, origin);
    if (value.find('@') != std::string::npos) return add(Type::email, value, origin);
    if (value.find('/') != std::string::npos) return add(Type::url, value, origin);
    return is_domain(value) && add(Type::domain, value, origin);
}

// The comparisons of a pattern, if any one of them is enough: [a:b = 'x' OR c:d = 'y'].
bool Indicators::parse_stix(std::string_view pattern, std::uint32_t origin) {
    struct Comparison {
        std::string path;
        std::string value;
    };
    std::vector<Comparison> found;
    std::size_t at = 0;
    std::string word;
    while (at < pattern.size()) {
        const char c = pattern[at];
        if (c == '\'' && word.find(":hashes") == std::string::npos) {
            std::string value;
            for (++at; at < pattern.size() && pattern[at] != '\''; ++at) {
                if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
                value += pattern[at];
            }
            ++at;
            if (!found.empty() && found.back().value.empty()) found.back().value = value;
            continue;
        }
        if (c == '\'') {  // file:hashes.'SHA-256' — the quotes belong to the path
            const bool in_path = !word.empty() && word.back() == '.';
            if (!in_path) {
                if (found.empty() || !found.back().value.empty()) found.push_back({word, ""});
                word.clear();
                continue;
            }
            ++at;
            while (at < pattern.size() && pattern[at] != '\'') word += pattern[at++];
            ++at;
            continue;
        }
        if (c == ' ' || c == '[' || c == ']' || c == '(' || c == ')' || c == '=' || c == '\n') {
            if (word.find(':') != std::string::npos) found.push_back({word, ""});
            if (word == "AND" || word == "FOLLOWEDBY" || word == "NOT" || word == "LIKE" ||
                word == "MATCHES" || word == "!" || word == ">" || word == "<" ||
                word == "ISSUBSET" || word == "ISSUPERSET") {
                // ISSUBSET of a network is what addresses do anyway.
                if (word != "ISSUBSET") return false;
            }
            word.clear();
            ++at;
            continue;
        }
        word += c;
        ++at;
    }
    bool any = false;
    for (const auto& [path, value] : found) {
        if (value.empty()) continue;
        if (path.starts_with("ipv4-addr:value") || path.starts_with("ipv6-addr:value") ||
            path.ends_with("_ref.value"))
            any = (parse_network(value) ? add(Type::address, value, origin)
                                        : add_guessed(value, origin)) ||
                  any;
        else if (path.starts_with("domain-name:value"))
            any = add(Type::domain, value, origin) || any;
        else if (path.starts_with("url:value"))
            any = add(Type::url, value, origin) || any;
        else if (path.find(":hashes") != std::string::npos)
            any = add(Type::hash, value, origin) || any;
        else if (path.starts_with("email-addr:value") || path.starts_with("email-message:from"))
            any = add(Type::email, value, origin) || any;
        else if (path.find("ja3") != std::string::npos)
            any = add(Type::ja3, value, origin) || any;
        else if (path.find("ja4") != std::string::npos)
            any = add(Type::ja4, value, origin) || any;
    }
    return any;
}

Indicators::Loaded Indicators::load(const std::string& name, std::string_view text) {
    Loaded loaded;
    const auto count = [&](bool good) { ++(good ? loaded.added : loaded.skipped); };
    const std::size_t begin = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    if (begin == std::string_view::npos) return loaded;
    if (text[begin] == '{' || text[begin] == '[') {
        boost::system::error_code error;
        const json::value document = json::parse(text.substr(begin), error);
        if (error) {
            loaded.error = error.message();
            return loaded;
        }
        const auto text_of = [](const json::object& object, std::string_view member) {
            const auto* value = object.if_contains(member);
            return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                          : std::string();
        };
        const auto flag_of = [](const json::object& object, std::string_view member, bool without) {
            const auto* value = object.if_contains(member);
            return value != nullptr && value->is_bool() ? value->get_bool() : without;
        };
        const auto misp_attribute = [&](const json::object& attribute, std::uint32_t origin) {
            const std::string type = text_of(attribute, "type");
            std::string value = text_of(attribute, "value");
            if (!flag_of(attribute, "to_ids", true) || flag_of(attribute, "deleted", false)) {
                ++loaded.skipped;
                return;
            }
            // filename|md5, domain|ip, ip-dst|port: the part that identifies.
            const auto bar = value.find('|');
            const std::string left = value.substr(0, bar);
            const std::string right = bar == std::string::npos ? "" : value.substr(bar + 1);
            if (type == "domain|ip") {
                count(add(Type::domain, left, origin));
                count(add(Type::address, right, origin));
            } else if (type.starts_with("filename|")) {
                count(add(Type::hash, right, origin));
            } else if (type.starts_with("ip-src") || type.starts_with("ip-dst")) {
                count(add(Type::address, left, origin));
            } else if (type == "domain" || type == "hostname" || type == "hostname|port") {
                count(add(Type::domain, left, origin));
            } else if (type == "url" || type == "uri" || type == "link") {
                count(add(Type::url, value, origin));
            } else if (type == "md5" || type == "sha1" || type.starts_with("sha")) {
                count(add(Type::hash, value, origin));
            } else if (type.starts_with("email")) {
                count(value.find('@') != std::string::npos && add(Type::email, value, origin));
            } else if (type.starts_with("ja3")) {
                count(add(Type::ja3, value, origin));
            } else if (type.starts_with("ja4")) {
                count(add(Type::ja4, value, origin));
            } else {
                ++loaded.skipped;
            }
        };
        const auto take = [&](this auto&& self, const json::value& value) -> void {
            if (value.is_array()) {
                for (const auto& item : value.get_array()) self(item);
                return;
            }
            if (!value.is_object()) return;
            const json::object& object = value.get_object();
            if (const auto* objects = object.if_contains("objects")) return self(*objects);
            if (const auto* response = object.if_contains("response")) return self(*response);
            if (const auto* event = object.if_contains("Event")) return self(*event);
            if (text_of(object, "type") == "indicator") {
                if (flag_of(object, "revoked", false)) {
                    ++loaded.skipped;
                    return;
                }
                Origin origin;
                origin.name = text_of(object, "name");
                if (origin.name.empty()) origin.name = text_of(object, "id");
                const Micros until = parse_moment(text_of(object, "valid_until"));
                if (until != no_time) origin.valid_until = until;
                const std::string kind = text_of(object, "pattern_type");
                count((kind.empty() || kind == "stix") &&
                      parse_stix(text_of(object, "pattern"), add_origin(std::move(origin))));
                return;
            }
            const auto* attributes = object.if_contains("Attribute");
            const auto* parts = object.if_contains("Object");
            if (attributes == nullptr && parts == nullptr) return;
            std::string info = text_of(object, "info");
            const std::uint32_t origin = add_origin({info.empty() ? name : info, INT64_MAX});
            if (attributes != nullptr && attributes->is_array())
                for (const auto& attribute : attributes->get_array())
                    if (attribute.is_object()) misp_attribute(attribute.get_object(), origin);
            if (parts != nullptr && parts->is_array())
                for (const auto& part : parts->get_array())
                    if (part.is_object())
                        if (const auto* inner = part.get_object().if_contains("Attribute"))
                            if (inner->is_array())
                                for (const auto& attribute : inner->get_array())
                                    if (attribute.is_object())
                                        misp_attribute(attribute.get_object(), origin);
        };
        take(document);
        return loaded;
    }
    // A list, or a table with a head that names "value" (or "indicator") and perhaps "type",
    // "description" and "valid_until".
    const std::uint32_t common = add_origin({name, INT64_MAX});
    std::vector<std::string> head;
    std::unordered_map<std::string, std::uint32_t> described;
    for (std::size_t at = begin; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string_view line = text.substr(at, end - at);
        while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
        at = end + 1;
        if (line.empty() || line.starts_with('#') || line.starts_with("//")) continue;
        std::vector<std::string> cells;
        if (line.find(',') == std::string_view::npos && head.empty()) {
            if (line == "value" || line == "indicator" || line == "ioc") continue;
            count(add_guessed(line, common));
            continue;
        }
        std::string cell;
        bool quoted = false;
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (line[i] == '"') {
                if (quoted && i + 1 < line.size() && line[i + 1] == '"')
                    cell += line[++i];
                else
                    quoted = !quoted;
            } else if (line[i] == ',' && !quoted) {
                cells.push_back(std::move(cell));
                cell.clear();
            } else {
                cell += line[i];
            }
        }
        cells.push_back(std::move(cell));
        for (auto& c : cells) c = trimmed(c);
        const auto lower_has = [&](std::string_view word) {
            for (const auto& c : cells)
                if (folded(c) == word) return true;
            return false;
        };
        if (head.empty() && (lower_has("value") || lower_has("indicator") || lower_has("ioc"))) {
            for (const auto& c : cells) head.push_back(folded(c));
            continue;
        }
        const auto cell_of = [&](std::initializer_list<std::string_view> names) {
            for (const auto wanted : names)
                for (std::size_t i = 0; i < head.size() && i < cells.size(); ++i)
                    if (head[i] == wanted) return cells[i];
            return std::string();
        };
        std::string value = head.empty() ? cells.front() : cell_of({"value", "indicator", "ioc"});
        const std::string type = folded(cell_of({"type", "indicator_type", "ioc_type"}));
        const std::string about = cell_of({"description", "comment", "name"});
        const std::string until = cell_of({"valid_until", "expires", "expiry"});
        std::uint32_t origin = common;
        if (!about.empty() || !until.empty()) {
            const auto [found, is_new] = described.try_emplace(about + '\0' + until, 0U);
            if (is_new) {
                Origin more{about.empty() ? name : about, INT64_MAX};
                if (const Micros moment = parse_moment(until); moment != no_time)
                    more.valid_until = moment;
                found->second = add_origin(std::move(more));
            }
            origin = found->second;
        }
        if (type.empty())
            count(add_guessed(value, origin));
        else if (type.starts_with("ip") || type == "address" || type == "cidr" || type == "network")
            count(add(Type::address, value, origin));
        else if (type.starts_with("domain") || type == "hostname" || type == "fqdn")
            count(add(Type::domain, value, origin));
        else if (type.starts_with("ur"))
            count(add(Type::url, value, origin));
        else if (type.starts_with("ja3"))
            count(add(Type::ja3, value, origin));
        else if (type.starts_with("ja4"))
            count(add(Type::ja4, value, origin));
        else if (type.starts_with("email"))
            count(add(Type::email, value, origin));
        else if (type == "md5" || type.starts_with("sha") || type.find("hash") != std::string::npos)
            count(add(Type::hash, value, origin));
        else
            count(add_guessed(value, origin));
    }
    return loaded;
}

void Indicators::allow(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string value = folded(trimmed(text.substr(at, end - at)));
        at = end + 1;
        if (value.empty() || value.starts_with('#')) continue;
        value.erase(0, scheme_length(value));
        if (value.ends_with('/')) value.pop_back();
        allowed_[hash_of(value)] = true;
    }
}

void Indicators::match(const Event& event, std::vector<IndicatorHit>& hits) const {
    const std::size_t before = hits.size();
    const auto tell = [&](std::uint32_t origin, Type type, std::string_view value,
                          std::string_view field) {
        if (origin == 0) return;
        if (event.time != no_time && event.time > origins_[origin - 1].valid_until) return;
        if (!allowed_.empty() && allowed_.contains(hash_of(folded(value)))) return;
        for (std::size_t i = before; i < hits.size(); ++i)
            if (hits[i].value == value &&
                hits[i].type == type_names[static_cast<std::size_t>(type)])
                return;
        hits.push_back({value, field, type_names[static_cast<std::size_t>(type)], origin - 1});
    };
    std::array<char, 2048> lower;
    const auto low = [&](std::string_view text) -> std::string_view {
        if (text.size() > lower.size()) return {};
        for (std::size_t i = 0; i < text.size(); ++i)
            lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
        return {lower.data(), text.size()};
    };
    // Of millions of indicators each look costs the time of a distant cache line. So an event's questions
    // are gathered, their lines fetched together, and then answered in order.
    struct Question {
        std::uint64_t key = 0;
        std::string_view text;
        std::string_view field;
        std::uint32_t group = 0;  // of one value: only its first answer is told
        Type type = Type::address;
    };
    // Not made anew for every event: that would cost as much as the looks.
    static thread_local std::array<Question, 64> questions;
    std::size_t asked = 0;
    std::uint32_t group = 0;
    const auto answer = [&] {
        std::uint32_t answered = UINT32_MAX;
        for (std::size_t i = 0; i < asked; ++i) {
            const Question& question = questions[i];
            if (question.group == answered) continue;
            const auto origin = find(question.key);
            if (origin == 0) continue;
            answered = question.group;
            tell(origin, question.type, question.text, question.field);
        }
        asked = 0;
    };
    const auto ask = [&](std::uint64_t hash, Type type, std::string_view text,
                         std::string_view field) {
        if (!bloom_.empty())
            __builtin_prefetch(bloom_.data() + ((hash >> 20) & (bloom_.size() - 1)));
        questions[asked++] = {hash, text, field, group, type};
    };
    // One value's questions stay together.
    const auto begin_value = [&](std::size_t most) {
        ++group;
        if (asked + most > questions.size()) answer();
    };
    const auto address = [&](std::string_view text, std::string_view field) {
        if (!has_[0]) return false;
        const auto parsed = parse_address(text);
        if (!parsed) return false;
        begin_value(1);
        ask(network_key(*parsed, 128), Type::address, text, field);
        for (const int prefix : prefixes_) {
            const auto found = network_index_.find(network_key(*parsed, prefix));
            if (found != network_index_.end()) tell(found->second + 1, Type::address, text, field);
        }
        return true;
    };
    const auto domain = [&](std::string_view text, std::string_view field) {
        if (!has_[1]) return;
        if (text.ends_with('.')) text.remove_suffix(1);
        if (!is_domain(text)) return;
        const std::string_view name = low(text);
        constexpr std::size_t most_labels = 40;
        begin_value(most_labels);
        for (std::size_t at = 0, labels = 0;; ++labels) {
            ask(key(Type::domain, name.substr(at)), Type::domain, text, field);
            at = name.find('.', at);
            if (at == std::string_view::npos || name.find('.', at + 1) == std::string_view::npos)
                return;
            ++at;
            if (labels + 1 == most_labels) {
                labels = 0;
                answer();
            }
        }
    };
    const auto one = [&](Type type, std::string_view compared, std::string_view text,
                         std::string_view field) {
        begin_value(1);
        ask(key(type, compared), type, text, field);
    };
    const auto hash = [&](std::string_view text, std::string_view field) {
        if (!is_hash_length(text.size()) || !is_hex(text)) return;
        const std::string_view digits = low(text);
        if (has_[3]) one(Type::hash, digits, text, field);
        if (has_[5] && text.size() == 32) one(Type::ja3, digits, text, field);
    };
    for (const Value& value : event.values()) {
        if (value.is_alias() || value.text.size() < 4 || value.text.size() > 2048) continue;
        if (value.kind == Kind::number || value.kind == Kind::boolean) continue;
        const std::string_view text = value.text;
        // What marks it has says at once what it cannot be.
        unsigned marks = 0;
        for (const char c : text) marks |= mark_of[static_cast<unsigned char>(c)];
        if ((has_[3] || has_[5]) && marks == 0) hash(text, value.name);
        if (has_[6] && value.name.find("ja4") != std::string_view::npos)
            one(Type::ja4, low(text), text, value.name);
        if (marks == 0) continue;
        const char last = text.back();
        if (text.size() <= 46 && (marks & (mark_dot | mark_colon)) != 0 &&
            ((last >= '0' && last <= '9') || last == ']' || (marks & mark_colon) != 0) &&
            address(text, value.name))
            continue;
        if ((marks & mark_dot) != 0) domain(text, value.name);
        // Sysmon: "MD5=…,SHA256=…"
        if ((has_[3] || has_[5]) && (marks & (mark_equals | mark_blank)) == mark_equals)
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t end = std::min(text.find(',', at), text.size());
                const auto part = text.substr(at, end - at);
                const auto equals = part.find('=');
                if (equals != std::string_view::npos) hash(part.substr(equals + 1), value.name);
                at = end + 1;
            }
        if ((marks & mark_colon) != 0 && scheme_length(text) > 0) {
            if (has_[2]) {
                std::string_view url = text.substr(scheme_length(text));
                if (url.ends_with('/')) url.remove_suffix(1);
                one(Type::url, low(url), text, value.name);
            }
            const auto host = host_of_url(text);
            if (!address(host, value.name)) domain(host, value.name);
        }
        if (has_[4] && (marks & mark_at) != 0) {
            std::string_view mail = text;
            if (const auto open = mail.rfind('<'); open != std::string_view::npos) {
                mail = mail.substr(open + 1);
                mail = mail.substr(0, mail.find('>'));
            }
            one(Type::email, low(mail), mail, value.name);
        }
    }
    answer();
    // A URL of which a proxy log keeps host and path apart.
    if (has_[2]) {
        const Value* host = event.find("host");
        const Value* uri = event.find("uri");
        if (host != nullptr && uri != nullptr && host->text.size() + uri->text.size() < 2000) {
            std::string url = std::string(host->text) + std::string(uri->text);
            if (url.ends_with('/')) url.pop_back();
            tell(find(key(Type::url, folded(url))), Type::url, uri->text, uri->name);
        }
    }
}

}  // namespace noroshi::engines::detect
