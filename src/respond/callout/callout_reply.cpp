#include "respond/callout/callout_reply.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "kernel/i18n/i18n.h"
#include "respond/callout/callout.h"

namespace noroshi::respond::callout {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

void skip_blank(std::string_view& text) {
    while (true) {
        const auto before = text.size();
        for (const std::string_view blank :
             {" ", "\t", "\r", "\n", "　", "、", "。", ",", ".", ":"})
            if (text.starts_with(blank)) text.remove_prefix(blank.size());
        if (text.size() == before) return;
    }
}

struct Word {
    std::string_view word;
    AnswerKind answer;
};
// Longer ones first: 参集不可 begins like 参集.
// clang-format off
constexpr std::array<Word, 15> words{{
    {"参集できません", AnswerKind::cannot},  // tidy: allow text: typed by people, not shown
    {"参集不可", AnswerKind::cannot},  // tidy: allow text: typed by people, not shown
    {"参集可", AnswerKind::coming},  // tidy: allow text: typed by people, not shown
    {"行けません", AnswerKind::cannot},  // tidy: allow text: typed by people, not shown
    {"行きます", AnswerKind::coming},  // tidy: allow text: typed by people, not shown
    {"参集", AnswerKind::coming},  // tidy: allow text: typed by people, not shown
    {"いいえ", AnswerKind::cannot},  // tidy: allow text: typed by people, not shown
    {"不可", AnswerKind::cannot},  // tidy: allow text: typed by people, not shown
    {"代理", AnswerKind::substitute},  // tidy: allow text: typed by people, not shown
    {"はい", AnswerKind::coming},  // tidy: allow text: typed by people, not shown
    {"可", AnswerKind::coming},  // tidy: allow text: typed by people, not shown
    {"cannot", AnswerKind::cannot},
    {"yes", AnswerKind::coming},
    {"ok", AnswerKind::coming},
    {"no", AnswerKind::cannot},
}};
// clang-format on

std::optional<AnswerKind> kind_of(char digit) {
    switch (digit) {
    case '1': return AnswerKind::coming;
    case '2': return AnswerKind::cannot;
    case '3': return AnswerKind::substitute;
    default: return {};
    }
}

// Digits at the front, at most four.
std::optional<int> take_number(std::string_view& text, std::size_t* length = nullptr) {
    std::size_t size = 0;
    int value = 0;
    while (size < text.size() && is_digit(text[size])) {
        if (size == 4) return {};
        value = value * 10 + (text[size++] - '0');
    }
    if (size == 0) return {};
    if (length != nullptr) *length = size;
    text.remove_prefix(size);
    return value;
}

// "04:10", "0410", "4時10分", "4時半", "30分", "+30", "1時間", "1時間30分"; takes it off.
void take_arrival(std::string_view& text, ShortReply& reply) {
    std::string_view rest = text;
    const bool plus = rest.starts_with('+');
    if (plus) rest.remove_prefix(1);
    std::size_t digits = 0;
    const auto first = take_number(rest, &digits);
    if (!first) return;
    auto after = [&](std::string_view mark) {
        if (!rest.starts_with(mark)) return false;
        rest.remove_prefix(mark.size());
        return true;
    };
    auto at = [&](int hour, int minute) {
        if (hour > 23 || minute > 59) return;
        reply.arrival = ClockTime{hour, minute};
        text = rest;
    };
    auto within = [&](int minutes) {
        if (minutes > 1440) return;
        reply.arrival = std::chrono::minutes(minutes);
        text = rest;
    };
    if (after("時間")) {  // tidy: allow text: typed
        const auto more = take_number(rest);
        if (more) after("分");  // tidy: allow text: typed
        after("後");            // tidy: allow text: typed
        within(*first * 60 + more.value_or(0));
    } else if (after("分") || after("min") || after("m")) {  // tidy: allow text: typed
        after("後");                                         // tidy: allow text: typed
        within(*first);
    } else if (after(":") || after("時")) {      // tidy: allow text: typed
        if (after("半")) return at(*first, 30);  // tidy: allow text: typed
        const auto minute = take_number(rest);
        if (minute) after("分");  // tidy: allow text: typed
        at(*first, minute.value_or(0));
    } else if (plus) {
        within(*first);
    } else if (digits >= 3) {
        at(*first / 100, *first % 100);
    }
}

// The code behind a word: letters with nothing after them, and one only where a name may stand.
void take_code(std::string_view& text, ShortReply& reply, AnswerKind answer) {
    std::string_view then = text;
    skip_blank(then);
    while (!then.empty() && (then.back() == ' ' || then.back() == '\n' || then.back() == '\r'))
        then.remove_suffix(1);
    const std::size_t most = answer == AnswerKind::substitute ? 1 : 2;
    if (!reply.code.empty() || then.empty() || then.size() > most ||
        !std::ranges::all_of(then, is_letter))
        return;
    reply.code = then;
    text = {};
}

}  // namespace

std::optional<ShortReply> read_reply(std::string_view typed) {
    const std::string folded = i18n::fold(typed.substr(0, 2'000));
    std::string_view text = folded;
    skip_blank(text);
    ShortReply reply;

    // "a1": letters right before the digit are the code.
    std::size_t letters = 0;
    while (letters < text.size() && letters < 3 && is_letter(text[letters])) ++letters;
    if (letters > 0 && letters < 3 && letters < text.size() &&
        (is_digit(text[letters]) || text[letters] == ' ')) {
        std::string_view then = text.substr(letters);
        skip_blank(then);
        if (!then.empty() && kind_of(then.front()) && (then.size() == 1 || !is_digit(then[1]))) {
            reply.code = text.substr(0, letters);
            text = then;
        }
    }
    std::optional<AnswerKind> answer;
    if (!text.empty() && (text.size() == 1 || !is_digit(text[1])) &&
        text.substr(1, 6) != "時間" &&                           // tidy: allow text: typed
        text.substr(1, 3) != "時" && text.substr(1, 3) != "分")  // tidy: allow text: typed
        answer = kind_of(text.front());
    if (answer) {
        text.remove_prefix(1);
        // "1a": the code right behind the digit, or as a word of its own.
        std::string_view then = text;
        if (then.starts_with(' ')) skip_blank(then);
        letters = 0;
        while (letters < then.size() && is_letter(then[letters])) ++letters;
        if (reply.code.empty() && letters > 0 && letters < 3) {
            reply.code = then.substr(0, letters);
            text = then.substr(letters);
        }
    } else {
        for (const auto& one : words) {
            if (!text.starts_with(one.word)) continue;
            // An English word ends where its letters end.
            if (is_letter(one.word.front()) && text.size() > one.word.size() &&
                is_letter(text[one.word.size()]))
                continue;
            answer = one.answer;
            text.remove_prefix(one.word.size());
            take_code(text, reply, *answer);
            break;
        }
    }
    if (!answer) return {};
    reply.answer = *answer;
    skip_blank(text);
    if (reply.answer == AnswerKind::coming) {
        take_arrival(text, reply);
        for (const std::string_view mark : {"到着", "着"})  // tidy: allow text: typed
            if (text.starts_with(mark)) text.remove_prefix(mark.size());
        skip_blank(text);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r'))
        text.remove_suffix(1);
    if (reply.answer == AnswerKind::substitute)
        reply.substitute = text;
    else
        reply.note = text;
    return reply;
}

std::optional<Instant> next_at(const ClockTime& time, Instant now, std::string_view zone) {
    // The clock shows a minute in steps of one: at most a day's worth are looked at, which costs
    // nothing for a reply that comes once.
    const auto wanted = [&] {
        auto two = [](int n) {
            return std::string{static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)};
        };
        return two(time.hour) + ":" + two(time.minute);
    }();
    const Instant from = std::chrono::ceil<std::chrono::minutes>(now);
    for (int i = 0; i < 24 * 60; ++i) {
        const Instant at = from + std::chrono::minutes(i);
        if (format_clock(at, zone).starts_with(wanted)) return at;
    }
    return {};
}

std::string bare_number(std::string_view number, std::string_view country) {
    std::string digits;
    for (const char c : number)
        if (is_digit(c)) digits += c;
    if (!number.starts_with('+') && digits.starts_with("00")) return digits.substr(2);
    if (!number.starts_with('+') && digits.starts_with('0'))
        return std::string(country) + digits.substr(1);
    return digits;
}

}  // namespace noroshi::respond::callout
