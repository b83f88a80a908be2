#include "prepare/contacts/contacts_address.h"

#include <algorithm>

#include "kernel/i18n/line.h"

namespace noroshi::prepare::contacts {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// RFC 5322 atext.
bool is_atom_character(char c) {
    return is_letter(c) || is_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").contains(c);
}

bool is_dot_atom(std::string_view text) {
    return !text.empty() && text.front() != '.' && text.back() != '.' && !text.contains("..") &&
           std::ranges::all_of(text, [](char c) { return c == '.' || is_atom_character(c); });
}

bool is_domain(std::string_view text) {
    if (text.size() > 253 || !text.contains('.')) return false;
    while (true) {
        const auto end = text.find('.');
        const auto label = text.substr(0, end);
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
            !std::ranges::all_of(label,
                                 [](char c) { return is_letter(c) || is_digit(c) || c == '-'; }))
            return false;
        if (end == std::string_view::npos) return true;
        text.remove_prefix(end + 1);
    }
}

// Hyphens as Japanese keyboards have them; NFKC leaves these as they are.
constexpr std::string_view separators[] = {"-",      " ",      "(",      ")",      ".",
                                           "/",      "\u2010", "\u2011", "\u2012", "\u2013",
                                           "\u2014", "\u2015", "\u2212", "\u30FC"};

// Digits, and a leading plus; empty if there is anything else.
std::string dialled(std::string_view text) {
    const auto plain = i18n::plain(i18n::trimmed(text));
    std::string_view rest = plain;
    std::string out;
    while (!rest.empty()) {
        if (is_digit(rest.front()) || (rest.front() == '+' && out.empty())) {
            out += rest.front();
            rest.remove_prefix(1);
            continue;
        }
        const auto* const separator = std::ranges::find_if(
            separators, [&](std::string_view one) { return rest.starts_with(one); });
        if (separator == std::end(separators)) return {};
        rest.remove_prefix(separator->size());
    }
    return out;
}

// After +81, without the trunk zero. Mobile, IP telephones and 0800 have ten digits, all others
// nine (0120 too).
bool is_japanese(std::string_view national) {
    if (national.empty() || national.front() == '0') return false;
    const bool long_form = national.starts_with("50") || national.starts_with("60") ||
                           national.starts_with("70") || national.starts_with("80") ||
                           national.starts_with("90");
    return national.size() == (long_form ? 10U : 9U);
}

}  // namespace

Result<std::string> read_email(std::string_view text, std::string_view pointer) {
    const auto plain = i18n::plain(i18n::trimmed(text));
    const auto at = plain.rfind('@');
    if (at == std::string::npos || plain.size() > 254 || at > 64 ||
        !is_dot_atom(std::string_view(plain).substr(0, at)) ||
        !is_domain(std::string_view(plain).substr(at + 1)))
        return invalid("prepare.contacts.bad_email", std::string(pointer));
    auto address = plain;
    std::ranges::transform(address.begin() + static_cast<std::ptrdiff_t>(at), address.end(),
                           address.begin() + static_cast<std::ptrdiff_t>(at), [](char c) {
                               return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
                           });
    return address;
}

Result<std::string> read_phone(std::string_view text, std::string_view pointer) {
    const auto bad = [&] { return invalid("prepare.contacts.bad_phone", std::string(pointer)); };
    if (text.size() > 100) return bad();
    auto number = dialled(text);
    if (number.starts_with("010"))
        number = "+" + number.substr(3);  // abroad, dialled from here
    else if (number.starts_with('0'))
        number = "+81" + number.substr(1);
    if (!number.starts_with('+')) return bad();
    // "+81 (0)90 …" is often printed so.
    if (number.starts_with("+810")) number.erase(3, 1);
    if (number.starts_with("+81")) {
        if (!is_japanese(std::string_view(number).substr(3))) return bad();
        return number;
    }
    if (number.size() < 9 || number.size() > 16 || number[1] == '0') return bad();
    return number;
}

Result<std::string> read_mobile(std::string_view text, std::string_view pointer) {
    TRY_LET(auto number, read_phone(text, pointer));
    const std::string_view national =
        number.starts_with("+81") ? std::string_view(number).substr(3) : std::string_view{};
    const bool of_japan = !national.empty();
    const bool mobile = national.starts_with("60") || national.starts_with("70") ||
                        (national.starts_with("80") && !national.starts_with("800")) ||
                        national.starts_with("90");
    if (of_japan && !mobile) return invalid("prepare.contacts.not_a_mobile", std::string(pointer));
    return number;
}

Result<std::string> read_chat(std::string_view text, std::string_view pointer) {
    const auto bad = [&] { return invalid("prepare.contacts.bad_chat", std::string(pointer)); };
    auto plain = i18n::plain(i18n::trimmed(text));
    const auto colon = plain.find(':');
    if (colon == std::string::npos || colon == 0 || colon > 32) return bad();
    const std::string_view service = std::string_view(plain).substr(0, colon);
    std::string_view user = std::string_view(plain).substr(colon + 1);
    if (user.starts_with('@')) user.remove_prefix(1);
    // Mail addresses, account names, identifiers; no blanks, so no @channel hidden behind one.
    const auto of_name = [](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '@';
    };
    if (user.empty() || user.size() > 128 || user.front() == '@' ||
        !std::ranges::all_of(user, of_name) || !std::ranges::all_of(service, [](char c) {
            return (is_letter(c) && c >= 'a') || is_digit(c) || c == '-' || c == '_';
        }))
        return bad();
    for (const std::string_view group : {"channel", "here", "all", "everyone", "group"})
        if (user == group) return bad();
    return std::string(service) + ":" + std::string(user);
}

}  // namespace noroshi::prepare::contacts
