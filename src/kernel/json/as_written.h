#pragma once
// Reads a fact's body in the very form in which write_fact() writes it: fields in the order of
// declaration, no blanks between tokens. Included by json.h; use read_fact().
//
// Why a second reader: a start reads every body of the journal, and building a tree for each costs
// three times what the rest of a fold does (bench/startup). This one goes through the text once and
// fills the struct in place. It says yes only where the tree reader would have read the same; to
// anything else (another order, a blank, \u escapes, a number with a fraction, bytes that are not
// UTF-8) it says no, and the tree reader decides and names the fault. json_fuzz.cpp holds the two
// against each other.

#include <charconv>
#include <concepts>
#include <cstring>
#include <string>
#include <string_view>

#include "kernel/crypto/keyring.h"
#include "kernel/json/types.h"
#include "kernel/time/time.h"

namespace noroshi::json::as_written {

class Cursor {
public:
    explicit Cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    bool take(char c) {
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    bool take(std::string_view token) {
        if (static_cast<std::size_t>(end_ - at_) < token.size() ||
            std::memcmp(at_, token.data(), token.size()) != 0)
            return false;
        at_ += token.size();
        return true;
    }
    // `"name":`, if that comes next.
    bool take_name(std::string_view name) {
        if (static_cast<std::size_t>(end_ - at_) < name.size() + 3 || *at_ != '"' ||
            std::memcmp(at_ + 1, name.data(), name.size()) != 0 || at_[name.size() + 1] != '"' ||
            at_[name.size() + 2] != ':')
            return false;
        at_ += name.size() + 3;
        return true;
    }
    bool is_next(char c) const { return at_ != end_ && *at_ == c; }
    bool is_at_end() const { return at_ == end_; }

    // A string without escapes, as a view into the text; undone if there is another.
    bool take_plain(std::string_view& into);
    // Any string except one with \u.
    bool take_string(std::string& into);

    template <std::integral T>
    bool take_integer(T& into) {
        const char* digits = at_;
        if (digits != end_ && *digits == '-') ++digits;
        if (digits == end_ || *digits < '0' || *digits > '9') return false;
        // Not "007", and not "-0", whose type the tree reader knows best.
        if (*digits == '0' &&
            (digits != at_ || (digits + 1 != end_ && digits[1] >= '0' && digits[1] <= '9')))
            return false;
        const auto [last, error] = std::from_chars(at_, end_, into);
        if (error != std::errc{} || last == end_ || (*last != ',' && *last != '}' && *last != ']'))
            return false;
        at_ = last;
        return true;
    }

private:
    // Moves over characters that stand for themselves: valid UTF-8 without control characters,
    // up to a quotation mark or a backslash. False: something else, or the end.
    bool skip_plain();

    const char* at_;
    const char* end_;
};

// Sealed under a person's key, or plain text.
bool read_personal(Cursor& cursor, Personal& into, const Keyring* keyring);

template <class T>
bool read(Cursor& cursor, T& into, const Keyring* keyring) {
    if constexpr (std::is_same_v<T, bool>) {
        if (cursor.take("true"))
            into = true;
        else if (cursor.take("false"))
            into = false;
        else
            return false;
        return true;
    } else if constexpr (std::is_same_v<T, Tlp>) {
        std::string_view label;
        if (!cursor.take_plain(label)) return false;
        const auto tlp = parse_tlp(label);
        if (tlp) into = *tlp;
        return tlp.has_value();
    } else if constexpr (DescribedEnum<T>) {
        std::string_view name;
        return cursor.take_plain(name) && from_name(name, into);
    } else if constexpr (std::integral<T>) {
        return cursor.take_integer(into);
    } else if constexpr (std::is_same_v<T, std::string>) {
        return cursor.take_string(into);
    } else if constexpr (std::is_same_v<T, Instant>) {
        std::string_view text;
        if (!cursor.take_plain(text)) return false;
        const auto at = parse_rfc3339(text);
        if (at) into = *at;
        return at.has_value();
    } else if constexpr (std::is_same_v<T, Personal>) {
        return read_personal(cursor, into, keyring);
    } else if constexpr (is_id<T>::value) {
        return cursor.take_string(into.text) && !into.text.empty();
    } else if constexpr (is_optional<T>::value) {
        if (cursor.take("null")) {
            into.reset();
            return true;
        }
        return read(cursor, into.emplace(), keyring);
    } else if constexpr (is_vector<T>::value) {
        if (!cursor.take('[')) return false;
        into.clear();
        if (cursor.take(']')) return true;
        do {
            if (!read(cursor, into.emplace_back(), keyring)) return false;
        } while (cursor.take(','));
        return cursor.take(']');
    } else if constexpr (is_map<T>::value) {
        if (!cursor.take('{')) return false;
        into.clear();
        if (cursor.take('}')) return true;
        do {
            std::string name;
            if (!cursor.take_string(name) || !cursor.take(':')) return false;
            const auto [item, fresh] = into.try_emplace(std::move(name));
            if (!fresh || !read(cursor, item->second, keyring)) return false;
        } while (cursor.take(','));
        return cursor.take('}');
    } else if constexpr (Described<T> && !std::floating_point<T>) {
        if (!cursor.take('{')) return false;
        bool sound = true;
        bool first = true;
        boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
            if (!sound) return;
            auto& field = into.*member.pointer;
            using Field = std::remove_cvref_t<decltype(field)>;
            constexpr std::string_view name = wire_name(member.name);
            Cursor ahead = cursor;
            if ((first || ahead.take(',')) && ahead.take_name(name)) {
                cursor = ahead;
                first = false;
                sound = read(cursor, field, keyring);
            } else {
                constexpr bool may_be_absent =
                    is_optional<Field>::value || is_vector<Field>::value || is_map<Field>::value;
                sound = may_be_absent || is_defaulted<T>(name);
            }
        });
        return sound && cursor.take('}');
    } else {
        return false;  // floating point, Span, Raw: rare, and the tree reader knows how
    }
}

}  // namespace noroshi::json::as_written
