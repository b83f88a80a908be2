// YAML to rules. A field's modifiers are applied from left to right to each value; what they make
// of it is one or several tests. Everything is decided here, so that matching has no choices left.

#include "engines/detect/rule.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engines/detect/fold.h"

namespace noroshi::engines::detect {

std::string_view name_of(Level level) {
    constexpr std::array<std::string_view, 6> names = {"",       "informational", "low",
                                                       "medium", "high",          "critical"};
    return names[static_cast<std::size_t>(level)];
}

bool Comparison::holds(double x) const {
    switch (op) {
    case Op::less: return x < value;
    case Op::less_equal: return x <= value;
    case Op::greater: return x > value;
    case Op::greater_equal: return x >= value;
    case Op::equal: return x == value;
    case Op::not_equal: return x != value;
    }
    return false;
}

std::string Test::key() const {
    std::string key = field;
    key += '\0';
    key += static_cast<char>('a' + static_cast<int>(op));
    key += static_cast<char>('a' + static_cast<int>(part));
    key += static_cast<char>('a' + (cased ? 1 : 0) + (open_front ? 2 : 0) + (open_back ? 4 : 0));
    key += text;
    key += '\0';
    for (const Pattern::Unit unit : pattern.units()) {
        key += static_cast<char>(unit >> 8);
        key += static_cast<char>(unit & 0xFF);
    }
    if (op == Op::network) {
        key += text_of(network.first);
        key += '/';
        key += std::to_string(network.prefix);
    }
    return key;
}

namespace {

std::unexpected<Refusal> refuse(std::string code, std::string detail = {}) {
    return std::unexpected(Refusal{std::move(code), std::move(detail)});
}

#define READ_OR_RETURN(declaration, ...)                                                         \
    auto NOROSHI_READ_##declaration = (__VA_ARGS__);                                             \
    if (!NOROSHI_READ_##declaration) return std::unexpected(NOROSHI_READ_##declaration.error()); \
    auto declaration = std::move(*NOROSHI_READ_##declaration)

bool is_boolean(const Yaml& yaml, bool& value) {
    if (!yaml.is_scalar() || yaml.quoted) return false;
    if (yaml.text == "true" || yaml.text == "True" || yaml.text == "TRUE") {
        value = true;
        return true;
    }
    if (yaml.text == "false" || yaml.text == "False" || yaml.text == "FALSE") {
        value = false;
        return true;
    }
    return false;
}

std::optional<double> number_of(std::string_view text) {
    bool negative = false;
    if (text.starts_with('-') || text.starts_with('+')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    if (text.empty() || !((text.front() >= '0' && text.front() <= '9') || text.front() == '.'))
        return std::nullopt;
    double value = 0;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        std::uint64_t bits = 0;
        const auto end = std::from_chars(text.data() + 2, text.data() + text.size(), bits, 16);
        if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
        value = static_cast<double>(bits);
    } else {
        const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
        if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
    }
    return negative ? -value : value;
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 |
                    (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        const std::size_t filled = std::min<std::size_t>(bytes.size() - at, 3);
        for (std::size_t i = 0; i < 4; ++i)
            out += i <= filled ? letters[(group >> (18 - 6 * i)) & 63] : '=';
    }
    return out;
}

// The part that does not depend on what stands before and behind (pySigma's SigmaBase64OffsetModifier).
std::string base64_offset(std::string_view bytes, std::size_t offset) {
    constexpr std::array<std::size_t, 3> start = {0, 2, 3};
    constexpr std::array<std::size_t, 3> cut = {0, 3, 2};
    const std::string whole = base64(std::string(offset, ' ') + std::string(bytes));
    const std::size_t behind = cut[(bytes.size() + offset) % 3];
    if (start[offset] + behind >= whole.size()) return {};
    return whole.substr(start[offset], whole.size() - start[offset] - behind);
}

std::string utf16(std::string_view text, bool big_endian, bool mark) {
    std::string out;
    const auto put = [&](std::uint32_t unit) {
        const char low = static_cast<char>(unit & 0xFF);
        const char high = static_cast<char>(unit >> 8);
        out += big_endian ? high : low;
        out += big_endian ? low : high;
    };
    if (mark) put(0xFEFF);
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = next_code_point(text, at);
        if (c >= 0x10000) {
            put(0xD800 + ((c - 0x10000) >> 10));
            put(0xDC00 + ((c - 0x10000) & 0x3FF));
        } else {
            put(c);
        }
    }
    return out;
}

std::vector<std::string> split(std::string_view text, char by) {
    std::vector<std::string> out;
    for (std::size_t at = 0;;) {
        const std::size_t end = text.find(by, at);
        if (end == std::string_view::npos) {
            out.emplace_back(text.substr(at));
            return out;
        }
        out.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
}

// How the modifiers of one field, in their order, want its values treated.
struct Modifiers {
    bool all = false;
    bool neq = false;
    bool cased = false;
    bool exists = false;
    bool expand = false;
    std::optional<Test::Op> type;  // regex, network, comparisons, same_as
    Part part = Part::whole;
    std::string regex_flags;
    std::vector<std::string> transforms;  // in order: contains, base64, …
};

Read<Modifiers> read_modifiers(const std::vector<std::string>& names) {
    Modifiers m;
    const auto set_type = [&](Test::Op op) {
        if (m.type) return false;
        m.type = op;
        return true;
    };
    for (std::size_t i = 1; i < names.size(); ++i) {
        const std::string& name = names[i];
        bool good = true;
        if (name == "all") {
            m.all = true;
        } else if (name == "neq") {
            m.neq = true;
        } else if (name == "cased") {
            m.cased = true;
        } else if (name == "exists") {
            m.exists = true;
        } else if (name == "expand") {
            m.expand = true;
        } else if (name == "re") {
            good = set_type(Test::Op::regex) && m.transforms.empty();
        } else if (name == "i" || name == "ignorecase" || name == "m" || name == "multiline" ||
                   name == "s" || name == "dotall") {
            good = m.type == Test::Op::regex;
            m.regex_flags += name == "multiline" ? 'm' : name == "dotall" ? 's' : name[0];
        } else if (name == "cidr") {
            good = set_type(Test::Op::network) && m.transforms.empty();
        } else if (name == "lt") {
            good = set_type(Test::Op::less);
        } else if (name == "lte") {
            good = set_type(Test::Op::less_equal);
        } else if (name == "gt") {
            good = set_type(Test::Op::greater);
        } else if (name == "gte") {
            good = set_type(Test::Op::greater_equal);
        } else if (name == "fieldref") {
            good = set_type(Test::Op::same_as);
        } else if (name == "equalsfield") {
            good = set_type(Test::Op::same_as);
        } else if (name == "endswithfield") {
            good = set_type(Test::Op::same_as);
            m.transforms.emplace_back("endswith");
        } else if (name == "minute" || name == "hour" || name == "day" || name == "week" ||
                   name == "month" || name == "year") {
            good = m.part == Part::whole;
            m.part = name == "minute"  ? Part::minute
                     : name == "hour"  ? Part::hour
                     : name == "day"   ? Part::day
                     : name == "week"  ? Part::week
                     : name == "month" ? Part::month
                                       : Part::year;
        } else if (name == "contains" || name == "startswith" || name == "endswith" ||
                   name == "windash" || name == "base64" || name == "base64offset" ||
                   name == "wide" || name == "utf16le" || name == "utf16be" || name == "utf16") {
            m.transforms.push_back(name);
        } else {
            return refuse("modifier_unknown", name);
        }
        if (!good) return refuse("modifier_misplaced", name);
    }
    const bool compares =
        m.type && (*m.type == Test::Op::less || *m.type == Test::Op::less_equal ||
                   *m.type == Test::Op::greater || *m.type == Test::Op::greater_equal);
    const bool whole_value = m.type && (*m.type == Test::Op::regex || *m.type == Test::Op::network);
    if ((whole_value || compares || m.part != Part::whole) && !m.transforms.empty())
        return refuse("modifier_misplaced", m.transforms.front());
    if (m.type == Test::Op::same_as)
        for (const auto& transform : m.transforms)
            if (transform != "contains" && transform != "startswith" && transform != "endswith")
                return refuse("modifier_misplaced", transform);
    if (m.part != Part::whole && m.type && !compares)
        return refuse("modifier_misplaced", names.back());
    if (m.exists &&
        (m.type || !m.transforms.empty() || m.part != Part::whole || m.cased || m.all || m.expand))
        return refuse("modifier_misplaced", "exists");
    return m;
}

class DetectionReader {
public:
    DetectionReader(Detection& detection, const Placeholders& placeholders)
        : detection_(detection), placeholders_(placeholders) {}

    Read<Expression> selection(const Yaml& yaml) {
        if (yaml.is_map()) return map(yaml);
        if (yaml.is_scalar()) return item("", yaml);
        if (!yaml.is_list()) return refuse("selection_empty");
        if (yaml.items.empty()) return refuse("selection_empty");
        std::vector<Expression> parts;
        for (const Yaml& part : yaml.items) {
            if (part.is_list()) return refuse("selection_shape", "list in list");
            if (part.is_null()) return refuse("null_in_list");
            READ_OR_RETURN(expression, part.is_map() ? map(part) : item("", part));
            parts.push_back(std::move(expression));
        }
        return Expression::any(std::move(parts));
    }

private:
    Read<Expression> map(const Yaml& yaml) {
        if (yaml.members.empty()) return refuse("selection_empty");
        std::vector<Expression> parts;
        for (const auto& [key, value] : yaml.members) {
            READ_OR_RETURN(expression, item(key, value));
            parts.push_back(std::move(expression));
        }
        return Expression::all(std::move(parts));
    }

    Expression leaf(Test test) {
        const auto index = static_cast<std::uint32_t>(detection_.tests.size());
        detection_.tests.push_back(std::move(test));
        return Expression::of(index);
    }
    Expression exists(const std::string& field) {
        Test test;
        test.field = field;
        test.op = Test::Op::exists;
        return leaf(std::move(test));
    }

    Read<Expression> item(const std::string& key, const Yaml& yaml) {
        const auto names = split(key, '|');
        const std::string& field = names.front();
        READ_OR_RETURN(modifiers, read_modifiers(names));
        if (yaml.is_map()) return refuse("value_shape", key);

        std::vector<const Yaml*> values;
        if (yaml.is_list())
            for (const Yaml& value : yaml.items) values.push_back(&value);
        else
            values.push_back(&yaml);
        if (values.empty()) return refuse("value_missing", key);
        if (modifiers.all && values.size() < 2) return refuse("all_needs_values", key);

        std::vector<Expression> parts;
        for (const Yaml* value : values) {
            if (value->is_list() || value->is_map()) return refuse("value_shape", key);
            if (value->is_null() && (yaml.is_list() || names.size() > 1 + (modifiers.neq ? 1 : 0)))
                return refuse(yaml.is_list() ? "null_in_list" : "value_missing", key);
            READ_OR_RETURN(expression, value_of(field, modifiers, *value));
            parts.push_back(std::move(expression));
        }
        auto whole =
            modifiers.all ? Expression::all(std::move(parts)) : Expression::any(std::move(parts));
        if (!modifiers.neq) return whole;
        if (field.empty()) return refuse("modifier_misplaced", "neq");
        // An absent field makes an item false, this one too: it is not different from anything.
        std::vector<Expression> both;
        both.push_back(exists(field));
        if (modifiers.type == Test::Op::same_as)
            for (const Yaml* value : values) both.push_back(exists(value->text));
        both.push_back(Expression::negation(std::move(whole)));
        return Expression::all(std::move(both));
    }

    Read<Expression> value_of(const std::string& field, const Modifiers& m, const Yaml& yaml) {
        Test test;
        test.field = field;
        test.cased = m.cased;
        test.part = m.part;
        if (yaml.is_null()) {
            if (field.empty()) return refuse("null_keyword");
            test.op = Test::Op::null;
            return leaf(std::move(test));
        }
        if (m.exists) {
            bool wanted = false;
            if (field.empty()) return refuse("modifier_misplaced", "exists");
            if (!is_boolean(yaml, wanted)) return refuse("value_not_boolean", yaml.text);
            auto there = exists(field);
            return wanted ? std::move(there) : Expression::negation(std::move(there));
        }
        if (m.expand) return expanded(field, m, yaml);
        if (m.type == Test::Op::regex) {
            test.op = Test::Op::regex;
            test.text =
                m.regex_flags.empty() ? yaml.text : "(?" + m.regex_flags + ")(?:" + yaml.text + ")";
            RE2::Options options;
            options.set_log_errors(false);
            const RE2 compiled(test.text, options);
            if (!compiled.ok()) return refuse("regex", compiled.error());
            return leaf(std::move(test));
        }
        if (m.type == Test::Op::network) {
            const auto network = parse_network(yaml.text);
            if (!network) return refuse("value_not_network", yaml.text);
            test.op = Test::Op::network;
            test.network = *network;
            return leaf(std::move(test));
        }
        if (m.type == Test::Op::same_as) {
            test.op = Test::Op::same_as;
            test.text = yaml.text;
            for (const auto& transform : m.transforms) {
                test.open_front = test.open_front || transform != "startswith";
                test.open_back = test.open_back || transform != "endswith";
            }
            if (field.empty() || yaml.text.empty()) return refuse("value_missing", "fieldref");
            return leaf(std::move(test));
        }
        if (m.type || m.part != Part::whole) {
            const auto number = number_of(yaml.text);
            if (!number || field.empty()) return refuse("value_not_number", yaml.text);
            test.op = m.type.value_or(Test::Op::number);
            test.text = yaml.text;
            test.number = *number;
            return leaf(std::move(test));
        }
        if (!yaml.quoted && m.transforms.empty() && !field.empty()) {
            if (const auto number = number_of(yaml.text)) {
                test.op = Test::Op::number;
                test.text = folded(yaml.text);
                test.number = *number;
                return leaf(std::move(test));
            }
        }
        return patterns(field, m, Pattern::parse(yaml.text));
    }

    Read<Expression> patterns(const std::string& field, const Modifiers& m, Pattern first) {
        std::vector<Pattern> values;
        values.push_back(std::move(first));
        for (const auto& transform : m.transforms) {
            std::vector<Pattern> next;
            for (Pattern& value : values) {
                if (transform == "contains") {
                    value.open_front();
                    value.open_back();
                } else if (transform == "startswith") {
                    value.open_back();
                } else if (transform == "endswith") {
                    value.open_front();
                } else if (transform == "windash") {
                    value.free_dashes();
                } else {
                    if (value.has_wildcards()) return refuse("encoded_wildcard", transform);
                    const std::string plain = value.plain();
                    if (transform == "base64") {
                        value = Pattern::literal(base64(plain));
                    } else if (transform == "base64offset") {
                        for (std::size_t offset = 0; offset < 3; ++offset) {
                            auto shifted = base64_offset(plain, offset);
                            if (shifted.empty()) return refuse("encoded_too_short", plain);
                            next.push_back(Pattern::literal(shifted));
                        }
                        continue;
                    } else {
                        value = Pattern::literal(
                            utf16(plain, transform == "utf16be", transform == "utf16"));
                    }
                }
                next.push_back(std::move(value));
            }
            values = std::move(next);
        }
        std::vector<Expression> parts;
        for (Pattern& value : values) {
            Test test;
            test.field = field;
            test.cased = m.cased;
            if (field.empty()) {  // a keyword is searched for, wherever it stands
                value.open_front();
                value.open_back();
            }
            if (!m.cased) value.fold();
            test.pattern = std::move(value);
            parts.push_back(leaf(std::move(test)));
        }
        return Expression::any(std::move(parts));
    }

    // `expand`: %name% is replaced by each of its values; without them the rule is refused.
    Read<Expression> expanded(const std::string& field, const Modifiers& m, const Yaml& yaml) {
        Modifiers rest = m;
        rest.expand = false;
        std::vector<std::string> texts = {""};
        const std::string_view text = yaml.text;
        for (std::size_t at = 0; at < text.size();) {
            if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '%') {
                for (auto& so_far : texts) so_far += '%';
                at += 2;
                continue;
            }
            const std::size_t end =
                text[at] == '%' ? text.find('%', at + 1) : std::string_view::npos;
            if (end == std::string_view::npos || end == at + 1) {
                for (auto& so_far : texts) so_far += text[at];
                ++at;
                continue;
            }
            const auto name = text.substr(at + 1, end - at - 1);
            const auto found = placeholders_.find(name);
            if (found == placeholders_.end())
                return refuse("placeholder", "%" + std::string(name) + "%");
            std::vector<std::string> more;
            for (const auto& so_far : texts)
                for (const auto& value : found->second) more.push_back(so_far + value);
            if (more.size() > 10000) return refuse("placeholder_too_many", std::string(name));
            texts = std::move(more);
            at = end + 1;
        }
        std::vector<Expression> parts;
        for (auto& value : texts) {
            Yaml replaced = yaml;
            replaced.text = std::move(value);
            READ_OR_RETURN(expression, value_of(field, rest, replaced));
            parts.push_back(std::move(expression));
        }
        return Expression::any(std::move(parts));
    }

    Detection& detection_;
    const Placeholders& placeholders_;
};

// Puts the selections where the condition names them.
Expression substitute(const Expression& condition, const std::vector<Expression>& selections) {
    if (condition.type == Expression::Type::test) return selections[condition.test];
    std::vector<Expression> parts;
    for (const Expression& part : condition.parts) parts.push_back(substitute(part, selections));
    if (condition.type == Expression::Type::negation)
        return Expression::negation(std::move(parts.front()));
    return condition.type == Expression::Type::all ? Expression::all(std::move(parts))
                                                   : Expression::any(std::move(parts));
}

// `detection:` of a rule and `filter:` of a filter have the same shape.
Read<Detection> read_detection(const Yaml& yaml, const Placeholders& placeholders,
                               std::initializer_list<std::string_view> others) {
    if (!yaml.is_map()) return refuse("detection_missing");
    const Yaml* condition = yaml.find("condition");
    if (condition == nullptr || condition->is_null()) return refuse("condition_missing");
    Detection detection;
    DetectionReader reader(detection, placeholders);
    std::vector<std::string> names;
    std::vector<Expression> selections;
    for (const auto& [name, value] : yaml.members) {
        if (name == "condition" || std::ranges::find(others, name) != others.end()) continue;
        if (name == "timeframe") return refuse("timeframe");
        auto selection = reader.selection(value);
        if (!selection) return std::unexpected(selection.error());
        names.push_back(name);
        selections.push_back(std::move(*selection));
    }
    std::vector<Expression> alternatives;
    const auto add = [&](const Yaml& text) -> Read<bool> {
        if (!text.is_scalar()) return refuse("condition_syntax", "list");
        READ_OR_RETURN(parsed, parse_condition(text.text, names));
        alternatives.push_back(substitute(parsed, selections));
        return true;
    };
    if (condition->is_list()) {
        if (condition->items.empty()) return refuse("condition_empty");
        for (const Yaml& text : condition->items)
            if (auto good = add(text); !good) return std::unexpected(good.error());
    } else if (auto good = add(*condition); !good) {
        return std::unexpected(good.error());
    }
    detection.condition = Expression::any(std::move(alternatives));
    return detection;
}

std::vector<std::string> texts_of(const Yaml* yaml) {
    std::vector<std::string> out;
    if (yaml == nullptr) return out;
    if (yaml->is_scalar()) out.push_back(yaml->text);
    for (const Yaml& item : yaml->items)
        if (item.is_scalar()) out.push_back(item.text);
    return out;
}

Read<Correlation> read_correlation(const Yaml& yaml) {
    if (!yaml.is_map()) return refuse("correlation_shape");
    Correlation c;
    constexpr std::array<std::string_view, 8> types = {
        "event_count", "value_count", "temporal",         "temporal_ordered",
        "value_sum",   "value_avg",   "value_percentile", "value_median"};
    auto type = yaml.text_of("type");
    if (type == "ordered_temporal") type = "temporal_ordered";  // as some documentation writes it
    const auto found = std::ranges::find(types, type);
    if (found == types.end()) return refuse("correlation_type", std::string(type));
    c.type = static_cast<Correlation::Type>(found - types.begin());
    const bool temporal =
        c.type == Correlation::Type::temporal || c.type == Correlation::Type::temporal_ordered;
    const bool of_values = !temporal && c.type != Correlation::Type::event_count;

    c.rules = texts_of(yaml.find("rules"));
    c.group_by = texts_of(yaml.find("group-by"));
    const auto timespan = parse_timespan(yaml.text_of("timespan"));
    if (!timespan) return refuse("correlation_timespan", std::string(yaml.text_of("timespan")));
    c.timespan = *timespan;
    if (const Yaml* aliases = yaml.find("aliases"); aliases != nullptr && !aliases->is_null()) {
        if (!aliases->is_map()) return refuse("correlation_aliases");
        for (const auto& [alias, fields] : aliases->members) {
            if (!fields.is_map()) return refuse("correlation_aliases", alias);
            for (const auto& [rule, field] : fields.members) {
                if (!field.is_scalar()) return refuse("correlation_aliases", alias);
                c.aliases[alias][rule] = field.text;
            }
        }
    }
    if (const Yaml* generate = yaml.find("generate"))
        if (!is_boolean(*generate, c.generate)) return refuse("value_not_boolean", "generate");

    const Yaml* condition = yaml.find("condition");
    if (condition != nullptr && condition->is_map()) {
        for (const auto& [key, value] : condition->members) {
            if (key == "field") {
                c.fields = texts_of(&value);
                continue;
            }
            const auto number = value.is_scalar() ? number_of(value.text) : std::nullopt;
            if (key == "percentile") {
                if (!number || *number < 0 || *number > 100)
                    return refuse("correlation_condition", key);
                c.percentile = *number;
                continue;
            }
            constexpr std::array<std::string_view, 6> ops = {"lt", "lte", "gt", "gte", "eq", "neq"};
            const auto op = std::ranges::find(ops, key);
            if (op == ops.end() || !number) return refuse("correlation_condition", key);
            c.comparisons.push_back({static_cast<Comparison::Op>(op - ops.begin()), *number});
        }
    } else if (condition != nullptr && condition->is_scalar()) {
        if (!temporal) return refuse("correlation_condition", condition->text);
        if (c.rules.empty()) {
            // The condition names them, in this order.
            std::string word;
            const auto flush = [&] {
                if (!word.empty() && word != "and" && word != "or" && word != "not" &&
                    word != "1" && word != "all" && word != "any" && word != "of" &&
                    std::ranges::find(c.rules, word) == c.rules.end())
                    c.rules.push_back(word);
                word.clear();
            };
            for (const char ch : condition->text) {
                if (ch == ' ' || ch == '(' || ch == ')' || ch == '\n' || ch == '\t')
                    flush();
                else
                    word += ch;
            }
            flush();
        }
        READ_OR_RETURN(expression, parse_condition(condition->text, c.rules));
        c.condition = std::move(expression);
    } else if (condition != nullptr && !condition->is_null()) {
        return refuse("correlation_condition");
    }
    if (c.rules.empty()) return refuse("correlation_rules");
    if (!temporal && c.comparisons.empty()) return refuse("correlation_condition");
    if (of_values && c.fields.empty()) return refuse("correlation_field");
    if (of_values && c.fields.size() > 1 && c.type != Correlation::Type::value_count)
        return refuse("correlation_field");
    return c;
}

}  // namespace

Read<Rule> read_rule(const Yaml& document, const Placeholders& placeholders) {
    if (!document.is_map()) return refuse("not_a_rule");
    Rule rule;
    rule.line = document.line;
    rule.title = document.text_of("title");
    rule.id = document.text_of("id");
    rule.name = document.text_of("name");
    rule.status = document.text_of("status");
    rule.description = document.text_of("description");
    rule.author = document.text_of("author");
    rule.tags = texts_of(document.find("tags"));
    rule.false_positives = texts_of(document.find("falsepositives"));

    const Yaml* detection = document.find("detection");
    const Yaml* correlation = document.find("correlation");
    const Yaml* filter = document.find("filter");
    if (detection == nullptr && correlation == nullptr && filter == nullptr)
        return refuse(document.find("title") != nullptr || document.find("logsource") != nullptr
                          ? "detection_missing"
                          : "not_a_rule");
    if (rule.title.empty()) return refuse("title_missing");
    std::size_t characters = 0;
    for (const char c : rule.title) characters += (c & 0xC0) != 0x80 ? 1 : 0;
    if (characters > 256) return refuse("title_too_long");
    if (const auto level = document.text_of("level"); !level.empty()) {
        for (const auto known :
             {Level::informational, Level::low, Level::medium, Level::high, Level::critical})
            if (name_of(known) == folded(level)) rule.level = known;
        if (rule.level == Level::none) return refuse("level_unknown", std::string(level));
    }
    constexpr std::array<std::string_view, 5> statuses = {"stable", "test", "experimental",
                                                          "deprecated", "unsupported"};
    if (!rule.status.empty() && std::ranges::find(statuses, rule.status) == statuses.end())
        return refuse("status_unknown", rule.status);
    if (rule.status == "unsupported") return refuse("status_unsupported");

    if (correlation != nullptr) {
        rule.type = Rule::Type::correlation;
        READ_OR_RETURN(read, read_correlation(*correlation));
        rule.correlation = std::move(read);
        return rule;
    }
    const Yaml* logsource = document.find("logsource");
    if (logsource == nullptr || !logsource->is_map()) return refuse("logsource_missing");
    rule.logsource = {folded(logsource->text_of("product")), folded(logsource->text_of("category")),
                      folded(logsource->text_of("service"))};
    if (rule.logsource.product.empty() && rule.logsource.category.empty() &&
        rule.logsource.service.empty() && logsource->members.empty())
        return refuse("logsource_missing");
    if (filter != nullptr) {
        rule.type = Rule::Type::filter;
        const Yaml* rules = filter->find("rules");
        rule.filter.rules = texts_of(rules);
        rule.filter.any = rules != nullptr && rules->is_scalar() && rules->text == "any";
        if (rule.filter.rules.empty()) return refuse("filter_rules");
        READ_OR_RETURN(read, read_detection(*filter, placeholders, {"rules"}));
        rule.filter.detection = std::move(read);
        return rule;
    }
    READ_OR_RETURN(read, read_detection(*detection, placeholders, {}));
    rule.detection = std::move(read);
    return rule;
}

}  // namespace noroshi::engines::detect
