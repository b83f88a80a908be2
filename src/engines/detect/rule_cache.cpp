#include "engines/detect/rule_cache.h"

#include <bit>
#include <cstring>
#include <map>
#include <type_traits>
#include <utility>

namespace noroshi::engines::detect {

namespace {

constexpr std::string_view magic = "noroshi rules 1\n";
constexpr int deepest = 200;  // expressions

std::uint64_t mixed(std::uint64_t h) {
    h = (h ^ (h >> 33)) * 0xFF51AFD7ED558CCDULL;
    h = (h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53ULL;
    return h ^ (h >> 33);
}

// Two lanes over eight bytes at a time; every byte and the length count.
struct Sum {
    std::uint64_t a = 0x9E3779B97F4A7C15ULL, b = 0xC2B2AE3D27D4EB4FULL;
    void add(std::string_view bytes) {
        word(bytes.size());
        for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
            std::uint64_t value = 0;
            std::memcpy(&value, bytes.data(), 8);
            word(value);
        }
        std::uint64_t rest = 0;
        if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());
        word(rest);
    }
    void word(std::uint64_t value) {
        a = std::rotl(a ^ mixed(value), 27) * 0x9E3779B185EBCA87ULL + 0x165667B19E3779F9ULL;
        b = std::rotl(b + value * 0xD6E8FEB86659FD93ULL, 31) * 0xA0761D6478BD642FULL ^ a;
    }
};

class Out {
public:
    static constexpr bool writes = true;
    std::string bytes;
    void raw(const void* from, std::size_t size) {
        bytes.append(static_cast<const char*>(from), size);
    }
    std::size_t count(std::size_t size) {
        const auto small = static_cast<std::uint32_t>(size);
        raw(&small, sizeof small);
        return size;
    }
    bool sound() const { return true; }
};

class In {
public:
    static constexpr bool writes = false;
    explicit In(std::string_view bytes) : rest_(bytes) {}
    void raw(void* to, std::size_t size) {
        if (size > rest_.size()) {
            sound_ = false;
            rest_ = {};
            return;
        }
        std::memcpy(to, rest_.data(), size);
        rest_.remove_prefix(size);
    }
    // How many follow: never more than there are bytes left, so that nothing is allocated in vain.
    std::size_t count(std::size_t) {
        std::uint32_t size = 0;
        raw(&size, sizeof size);
        if (size > rest_.size()) {
            sound_ = false;
            size = 0;
        }
        return size;
    }
    std::string_view text(std::size_t size) {
        const auto out = rest_.substr(0, size);
        rest_.remove_prefix(out.size());
        return out;
    }
    bool sound() const { return sound_; }
    bool at_end() const { return rest_.empty(); }
    int depth = 0;

private:
    std::string_view rest_;
    bool sound_ = true;
};

// One description for both ways. `io(…)` of what it knows; structs below.
template <class Io, class T>
    requires(std::is_arithmetic_v<T> || std::is_enum_v<T>)
void pass(Io& io, T& value) {
    if constexpr (std::is_same_v<T, bool>) {
        std::uint8_t byte = value ? 1 : 0;
        io.raw(&byte, 1);
        value = byte == 1;
    } else {
        io.raw(&value, sizeof value);
    }
}
template <class Io>
void pass(Io& io, std::string& value) {
    const auto size = io.count(value.size());
    if constexpr (Io::writes)
        io.raw(value.data(), size);
    else
        value = io.text(size);
}
template <class Io, class T>
void pass(Io& io, std::vector<T>& list);
template <class Io, class K, class V, class C>
void pass(Io& io, std::map<K, V, C>& map);
template <class Io, class T>
void pass(Io& io, std::optional<T>& value);

template <class Io, class... Parts>
void all(Io& io, Parts&... parts) {
    (pass(io, parts), ...);
}

template <class Io, class E>
void pass_enum(Io& io, E& value, E last) {
    pass(io, value);
    if (std::to_underlying(value) > std::to_underlying(last)) value = last;
}

template <class Io>
void pass(Io& io, Test& test) {
    all(io, test.field);
    pass_enum(io, test.op, Test::Op::same_as);
    all(io, test.cased, test.open_front, test.open_back);
    pass_enum(io, test.part, Part::year);
    all(io, test.pattern.units(), test.text, test.number, test.network.first.high,
        test.network.first.low, test.network.prefix);
}
template <class Io>
void pass(Io& io, Expression& expression) {
    pass_enum(io, expression.type, Expression::Type::never);
    pass(io, expression.test);
    if constexpr (!Io::writes) {
        if (++io.depth > deepest) {
            expression = {};
            io.raw(nullptr, SIZE_MAX);  // no such bytes: unsound
            return;
        }
    }
    pass(io, expression.parts);
    if constexpr (!Io::writes) --io.depth;
}
template <class Io>
void pass(Io& io, Detection& detection) {
    all(io, detection.tests, detection.condition);
}
template <class Io>
void pass(Io& io, Comparison& comparison) {
    pass_enum(io, comparison.op, Comparison::Op::not_equal);
    pass(io, comparison.value);
}
template <class Io>
void pass(Io& io, Correlation& c) {
    pass_enum(io, c.type, Correlation::Type::value_median);
    all(io, c.rules, c.group_by, c.aliases, c.timespan, c.comparisons, c.fields, c.percentile,
        c.condition, c.generate);
}
template <class Io>
void pass(Io& io, Rule& rule) {
    pass_enum(io, rule.type, Rule::Type::filter);
    all(io, rule.title, rule.id, rule.name, rule.status, rule.description, rule.author);
    pass_enum(io, rule.level, Level::critical);
    all(io, rule.tags, rule.false_positives, rule.logsource.product, rule.logsource.category,
        rule.logsource.service, rule.detection, rule.source, rule.line);
    if (rule.type == Rule::Type::correlation) pass(io, rule.correlation);
    if (rule.type == Rule::Type::filter)
        all(io, rule.filter.rules, rule.filter.any, rule.filter.detection);
}
template <class Io>
void pass(Io& io, Refusal& refusal) {
    all(io, refusal.code, refusal.detail);
}
template <class Io>
void pass(Io& io, Verdict& verdict) {
    all(io, verdict.source, verdict.line, verdict.id, verdict.name, verdict.title);
    pass_enum(io, verdict.type, Rule::Type::filter);
    all(io, verdict.status, verdict.refusal);
}

template <class Io, class T>
void pass(Io& io, std::vector<T>& list) {
    const auto size = io.count(list.size());
    if constexpr (!Io::writes) list.clear();
    if constexpr (std::is_arithmetic_v<T>) {
        if constexpr (!Io::writes) {
            const auto bytes = io.text(size * sizeof(T));
            list.resize(bytes.size() / sizeof(T));
            if (!list.empty()) std::memcpy(list.data(), bytes.data(), list.size() * sizeof(T));
            if (list.size() != size) io.raw(nullptr, SIZE_MAX);
        } else {
            io.raw(list.data(), size * sizeof(T));
        }
        return;
    } else {
        for (std::size_t i = 0; i < size && io.sound(); ++i) {
            if constexpr (Io::writes)
                pass(io, list[i]);
            else
                pass(io, list.emplace_back());
        }
    }
}
template <class Io, class K, class V, class C>
void pass(Io& io, std::map<K, V, C>& map) {
    const auto size = io.count(map.size());
    if constexpr (Io::writes) {
        for (auto& [key, value] : map) {
            auto copy = key;
            pass(io, copy);
            pass(io, value);
        }
    } else {
        map.clear();
        for (std::size_t i = 0; i < size && io.sound(); ++i) {
            K key{};
            V value{};
            pass(io, key);
            pass(io, value);
            map.insert_or_assign(std::move(key), std::move(value));
        }
    }
}
template <class Io, class T>
void pass(Io& io, std::optional<T>& value) {
    bool given = value.has_value();
    pass(io, given);
    if (!given) {
        value.reset();
        return;
    }
    if constexpr (!Io::writes) value.emplace();
    pass(io, *value);
}

// What the engine takes for granted of rules that it has read itself.
bool is_coherent(const Expression& expression, std::size_t leaves) {
    if (expression.type == Expression::Type::test && expression.test >= leaves) return false;
    if (expression.type == Expression::Type::negation && expression.parts.size() != 1) return false;
    for (const auto& part : expression.parts)
        if (!is_coherent(part, leaves)) return false;
    return true;
}
bool is_coherent(const Rule& rule) {
    return is_coherent(rule.detection.condition, rule.detection.tests.size()) &&
           is_coherent(rule.filter.detection.condition, rule.filter.detection.tests.size()) &&
           (!rule.correlation.condition ||
            is_coherent(*rule.correlation.condition, rule.correlation.rules.size()));
}

}  // namespace

RulesDigest rules_digest(const std::vector<RuleSource>& sources, const Placeholders& placeholders,
                         std::string_view program) {
    Sum sum;
    sum.add(program);
    sum.word(sources.size());
    for (const auto& source : sources) {
        sum.add(source.name);
        sum.add(source.text);
    }
    for (const auto& [name, values] : placeholders) {
        sum.add(name);
        sum.word(values.size());
        for (const auto& value : values) sum.add(value);
    }
    RulesDigest digest{};
    const std::array<std::uint64_t, 2> both{mixed(sum.a), mixed(sum.b)};
    std::memcpy(digest.data(), both.data(), digest.size());
    return digest;
}

std::uint64_t rules_checksum(std::string_view rest) {
    Sum sum;
    sum.add(rest);
    return mixed(sum.a ^ std::rotl(sum.b, 17));
}

std::string pack_rules(const RuleFiles& files, const RulesDigest& digest) {
    Out out;
    auto copy = files;
    all(out, copy.rules, copy.verdicts);
    std::string bytes(magic);
    bytes.append(reinterpret_cast<const char*>(digest.data()), digest.size());
    const auto sum = rules_checksum(out.bytes);
    bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
    return bytes + out.bytes;
}

std::optional<RuleFiles> unpack_rules(std::string_view bytes, const RulesDigest& digest) {
    std::uint64_t sum = 0;
    const auto head = magic.size() + digest.size() + sizeof sum;
    if (bytes.size() < head || !bytes.starts_with(magic) ||
        std::memcmp(bytes.data() + magic.size(), digest.data(), digest.size()) != 0)
        return {};
    std::memcpy(&sum, bytes.data() + magic.size() + digest.size(), sizeof sum);
    bytes.remove_prefix(head);
    if (rules_checksum(bytes) != sum) return {};
    In in(bytes);
    RuleFiles files;
    all(in, files.rules, files.verdicts);
    if (!in.sound() || !in.at_end()) return {};
    for (const auto& rule : files.rules)
        if (!is_coherent(rule)) return {};
    return files;
}

}  // namespace noroshi::engines::detect
