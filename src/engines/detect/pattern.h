#pragma once
// A Sigma string: literal bytes, `?` (exactly one code point), `*` (any number), and a dash that
// stands for any of - / – — ― (`windash`). Escapes as the specification v2.1.0 has them: a backslash
// before `*`, `?` or another backslash takes that character literally, any other backslash is one.
//
// Source: SigmaHQ/sigma-specification v2.1.0, "Escape Character" and appendix "Modifiers".

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace noroshi::engines::detect {

class Pattern {
public:
    using Unit = std::uint16_t;  // 0..255 a byte, else one of these
    static constexpr Unit any_one = 256;
    static constexpr Unit any_many = 257;
    static constexpr Unit any_dash = 258;

    static Pattern parse(std::string_view text);    // with wildcards and escapes
    static Pattern literal(std::string_view text);  // as it is

    bool has_wildcards() const;  // `*`, `?` or any dash
    std::string plain() const;   // of a pattern without wildcards

    void open_front();  // contains, endswith: anything may stand before
    void open_back();
    void free_dashes();  // windash: each - or / (or long dash) that begins a word becomes any dash
    void fold();         // to lower case

    const std::vector<Unit>& units() const { return units_; }
    std::vector<Unit>& units() { return units_; }

    // What is left of it without wildcards at its ends, and which ends are open.
    struct Shape {
        bool open_front = false;
        bool open_back = false;
        bool is_literal = false;  // nothing but bytes between the ends
        std::string literal;
    };
    Shape shape() const;
    // The longest run of literal bytes: must occur in whatever matches.
    std::string longest_literal() const;

private:
    std::vector<Unit> units_;
};

// Whether the whole text matches.
bool matches(const std::vector<Pattern::Unit>& units, std::string_view text);

}  // namespace noroshi::engines::detect
