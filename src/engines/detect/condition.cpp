// The condition of a rule: recursive descent, least binding first (specification, "Condition").
//
//   or := and ("or" and)*    and := not ("and" not)*    not := "not" not | atom
//   atom := "(" or ")" | ("1" | "any" | "all") "of" ("them" | pattern) | identifier

#include <algorithm>

#include "engines/detect/rule.h"

namespace noroshi::engines::detect {

Expression Expression::all(std::vector<Expression> parts) {
    if (parts.size() == 1) return std::move(parts.front());
    return {parts.empty() ? Type::always : Type::all, 0, std::move(parts)};
}

Expression Expression::any(std::vector<Expression> parts) {
    if (parts.size() == 1) return std::move(parts.front());
    return {parts.empty() ? Type::never : Type::any, 0, std::move(parts)};
}

Expression Expression::negation(Expression part) {
    if (part.type == Type::negation) return std::move(part.parts.front());
    std::vector<Expression> parts;
    parts.push_back(std::move(part));
    return {Type::negation, 0, std::move(parts)};
}

namespace {

constexpr int max_depth = 200;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

bool fits(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) return name.empty();
    if (pattern.front() == '*')
        return fits(pattern.substr(1), name) || (!name.empty() && fits(pattern, name.substr(1)));
    return !name.empty() && pattern.front() == name.front() &&
           fits(pattern.substr(1), name.substr(1));
}

class ConditionParser {
public:
    ConditionParser(std::string_view text, const std::vector<std::string>& names) : names_(names) {
        std::size_t at = 0;
        while (at < text.size()) {
            const char c = text[at];
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
                ++at;
            } else if (c == '(' || c == ')' || c == '|') {
                tokens_.emplace_back(text.substr(at++, 1));
            } else {
                const std::size_t end = std::min(text.find_first_of(" \t\n\r()|", at), text.size());
                tokens_.emplace_back(text.substr(at, end - at));
                at = end;
            }
        }
    }

    Read<Expression> parse() {
        if (tokens_.empty()) return std::unexpected(Refusal{"condition_empty", ""});
        auto expression = parse_or(0);
        if (!expression) return expression;
        if (at_ < tokens_.size()) {
            if (tokens_[at_] == "|") return std::unexpected(Refusal{"condition_aggregation", ""});
            return unexpected();
        }
        return expression;
    }

private:
    std::unexpected<Refusal> unexpected() const {
        return std::unexpected(
            Refusal{"condition_syntax", at_ < tokens_.size() ? std::string(tokens_[at_]) : "…"});
    }
    bool is_name(std::string_view token) const {
        return std::ranges::find(names_, token) != names_.end();
    }
    // A word of the grammar, unless it is the name of a selection that stands where a name may.
    bool word(std::string_view expected) const {
        return at_ < tokens_.size() && lower(tokens_[at_]) == expected;
    }

    template <class Next>
    Read<Expression> chain(std::string_view operation, int depth, Next next) {
        std::vector<Expression> parts;
        auto first = next(depth);
        if (!first) return first;
        parts.push_back(std::move(*first));
        while (word(operation)) {
            ++at_;
            auto more = next(depth);
            if (!more) return more;
            parts.push_back(std::move(*more));
        }
        return operation == "or" ? Expression::any(std::move(parts))
                                 : Expression::all(std::move(parts));
    }
    Read<Expression> parse_or(int depth) {
        if (depth > max_depth) return std::unexpected(Refusal{"condition_too_deep", ""});
        return chain("or", depth, [this](int d) { return parse_and(d); });
    }
    Read<Expression> parse_and(int depth) {
        return chain("and", depth, [this](int d) { return parse_not(d); });
    }
    Read<Expression> parse_not(int depth) {
        if (depth > max_depth) return std::unexpected(Refusal{"condition_too_deep", ""});
        if (word("not")) {
            ++at_;
            auto part = parse_not(depth + 1);
            if (!part) return part;
            return Expression::negation(std::move(*part));
        }
        return parse_atom(depth);
    }
    Read<Expression> parse_atom(int depth) {
        if (at_ >= tokens_.size()) return unexpected();
        if (tokens_[at_] == "(") {
            ++at_;
            auto inner = parse_or(depth + 1);
            if (!inner) return inner;
            if (at_ >= tokens_.size() || tokens_[at_] != ")") return unexpected();
            ++at_;
            return inner;
        }
        if (at_ + 1 < tokens_.size() && lower(tokens_[at_ + 1]) == "of") {
            const std::string quantity = lower(tokens_[at_]);
            if (quantity != "1" && quantity != "any" && quantity != "all")
                return std::unexpected(Refusal{"condition_quantity", std::string(tokens_[at_])});
            at_ += 2;
            if (at_ >= tokens_.size()) return unexpected();
            const auto pattern = tokens_[at_];
            std::vector<Expression> parts;
            for (std::size_t i = 0; i < names_.size(); ++i) {
                const bool takes = lower(pattern) == "them" && !is_name(pattern)
                                       ? !names_[i].starts_with('_')
                                       : fits(pattern, names_[i]);
                if (takes) parts.push_back(Expression::of(static_cast<std::uint32_t>(i)));
            }
            if (parts.empty())
                return std::unexpected(Refusal{"condition_unknown", std::string(pattern)});
            ++at_;
            return quantity == "all" ? Expression::all(std::move(parts))
                                     : Expression::any(std::move(parts));
        }
        const auto found = std::ranges::find(names_, tokens_[at_]);
        if (found == names_.end()) {
            const auto token = lower(tokens_[at_]);
            if (token == ")" || token == "|" || token == "and" || token == "or" || token == "of")
                return unexpected();
            return std::unexpected(Refusal{"condition_unknown", std::string(tokens_[at_])});
        }
        ++at_;
        return Expression::of(static_cast<std::uint32_t>(found - names_.begin()));
    }

    const std::vector<std::string>& names_;
    std::vector<std::string_view> tokens_;
    std::size_t at_ = 0;
};

}  // namespace

Read<Expression> parse_condition(std::string_view text, const std::vector<std::string>& names) {
    return ConditionParser(text, names).parse();
}

std::optional<Micros> parse_timespan(std::string_view text) {
    std::int64_t number = 0;
    std::size_t at = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at < 9)
        number = number * 10 + (text[at++] - '0');
    if (at == 0 || at + 1 != text.size() || number == 0) return std::nullopt;
    std::int64_t seconds = 0;
    switch (text[at]) {
    case 's': seconds = 1; break;
    case 'm': seconds = 60; break;
    case 'h': seconds = 3600; break;
    case 'd': seconds = 86400; break;
    case 'w': seconds = 7 * 86400; break;
    case 'M': seconds = 2629746; break;   // pySigma: a twelfth of a Gregorian year
    case 'y': seconds = 31556952; break;  // pySigma: a Gregorian year
    default: return std::nullopt;
    }
    if (number > 100LL * 31556952 / seconds) return std::nullopt;
    return number * seconds * 1000000;
}

}  // namespace noroshi::engines::detect
