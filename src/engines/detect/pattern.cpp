#include "engines/detect/pattern.h"

#include <array>

#include "engines/detect/fold.h"

namespace noroshi::engines::detect {

namespace {

constexpr std::array<std::string_view, 5> dashes = {"-", "/", "\xE2\x80\x93", "\xE2\x80\x94",
                                                    "\xE2\x80\x95"};

bool is_word(Pattern::Unit unit) {
    return unit < 256 && ((unit >= '0' && unit <= '9') || (unit >= 'a' && unit <= 'z') ||
                          (unit >= 'A' && unit <= 'Z') || unit == '_' || unit >= 0x80);
}

// Bytes of the dash that begins at `at`, 0 if none does.
std::size_t dash_at(std::string_view text, std::size_t at) {
    for (const auto dash : dashes)
        if (text.substr(at, dash.size()) == dash) return dash.size();
    return 0;
}

}  // namespace

Pattern Pattern::parse(std::string_view text) {
    Pattern pattern;
    pattern.units_.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\\' && at + 1 < text.size() &&
            (text[at + 1] == '*' || text[at + 1] == '?' || text[at + 1] == '\\')) {
            pattern.units_.push_back(static_cast<unsigned char>(text[++at]));
        } else if (c == '*') {
            if (pattern.units_.empty() || pattern.units_.back() != any_many)
                pattern.units_.push_back(any_many);
        } else if (c == '?') {
            pattern.units_.push_back(any_one);
        } else {
            pattern.units_.push_back(static_cast<unsigned char>(c));
        }
    }
    return pattern;
}

Pattern Pattern::literal(std::string_view text) {
    Pattern pattern;
    for (const char c : text) pattern.units_.push_back(static_cast<unsigned char>(c));
    return pattern;
}

bool Pattern::has_wildcards() const {
    for (const Unit unit : units_)
        if (unit > 255) return true;
    return false;
}

std::string Pattern::plain() const {
    std::string text;
    for (const Unit unit : units_)
        if (unit < 256) text += static_cast<char>(unit);
    return text;
}

void Pattern::open_front() {
    if (units_.empty() || units_.front() != any_many) units_.insert(units_.begin(), any_many);
}

void Pattern::open_back() {
    if (units_.empty() || units_.back() != any_many) units_.push_back(any_many);
}

// pySigma's rule, \B[-/]\b: no letter before it, a letter after it. Dashes inside a word stay.
void Pattern::free_dashes() {
    std::vector<Unit> out;
    for (std::size_t at = 0; at < units_.size();) {
        std::size_t length = 0;
        for (const auto dash : dashes) {
            if (at + dash.size() > units_.size()) continue;
            bool same = true;
            for (std::size_t i = 0; i < dash.size(); ++i)
                same = same && units_[at + i] == static_cast<unsigned char>(dash[i]);
            if (same) length = dash.size();
        }
        const bool begins = at == 0 || !is_word(out.back());
        const bool word_follows = at + length < units_.size() && is_word(units_[at + length]);
        if (length > 0 && begins && word_follows) {
            out.push_back(any_dash);
            at += length;
        } else {
            out.push_back(units_[at++]);
        }
    }
    units_ = std::move(out);
}

void Pattern::fold() {
    std::vector<Unit> out;
    std::string run;
    const auto flush = [&] {
        for (const char c : folded(run)) out.push_back(static_cast<unsigned char>(c));
        run.clear();
    };
    for (const Unit unit : units_) {
        if (unit < 256) {
            run += static_cast<char>(unit);
            continue;
        }
        flush();
        out.push_back(unit);
    }
    flush();
    units_ = std::move(out);
}

Pattern::Shape Pattern::shape() const {
    Shape shape;
    std::size_t from = 0;
    std::size_t to = units_.size();
    if (from < to && units_[from] == any_many) {
        shape.open_front = true;
        ++from;
    }
    if (from < to && units_[to - 1] == any_many) {
        shape.open_back = true;
        --to;
    } else if (from == to && shape.open_front) {
        shape.open_back = true;
    }
    shape.is_literal = true;
    for (std::size_t i = from; i < to; ++i) {
        if (units_[i] > 255)
            shape.is_literal = false;
        else
            shape.literal += static_cast<char>(units_[i]);
    }
    return shape;
}

std::string Pattern::longest_literal() const {
    std::string best;
    std::string run;
    for (const Unit unit : units_) {
        if (unit > 255) {
            run.clear();
            continue;
        }
        run += static_cast<char>(unit);
        if (run.size() > best.size()) best = run;
    }
    return best;
}

// Left to right with one point to come back to: behind the last `*`, whatever stood before it need
// not be tried again. At most |units| × |text| steps.
bool matches(const std::vector<Pattern::Unit>& units, std::string_view text) {
    std::size_t unit = 0;
    std::size_t at = 0;
    std::size_t star = SIZE_MAX;
    std::size_t star_at = 0;
    const auto step = [&]() -> bool {
        if (unit == units.size()) return false;
        switch (units[unit]) {
        case Pattern::any_one: next_code_point(text, at); break;
        case Pattern::any_dash: {
            const std::size_t length = dash_at(text, at);
            if (length == 0) return false;
            at += length;
            break;
        }
        default:
            if (static_cast<unsigned char>(text[at]) != units[unit]) return false;
            ++at;
        }
        ++unit;
        return true;
    };
    while (at < text.size()) {
        if (unit < units.size() && units[unit] == Pattern::any_many) {
            star = unit++;
            star_at = at;
            continue;
        }
        if (step()) continue;
        if (star == SIZE_MAX) return false;
        unit = star + 1;
        next_code_point(text, star_at);
        at = star_at;
    }
    while (unit < units.size() && units[unit] == Pattern::any_many) ++unit;
    return unit == units.size();
}

}  // namespace noroshi::engines::detect
