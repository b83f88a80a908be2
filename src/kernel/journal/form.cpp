#include "kernel/journal/form.h"

#include <algorithm>
#include <span>

#include "kernel/crypto/hash.h"
#include "kernel/i18n/html.h"
#include "kernel/journal/journal.h"
#include "kernel/json/json.h"

namespace noroshi::journal {

namespace {

constexpr char mark = '\x1a';  // SUBSTITUTE, of which no words of ours have any
constexpr char first = 'a';
constexpr std::size_t most_blanks = 26;
// The text of a message that is written by a form: this, its name, then a mark and a blank's words
// for each blank.
constexpr std::string_view by_form =
    "\x1a\x1a"
    "form"
    "\x1a";

// "name", "blank", "blank" …
std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> parts;
    text.remove_prefix(by_form.size());
    while (true) {
        const auto end = text.find(mark);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

template <class Text>
std::string filled(std::string_view form, std::span<const Text> blanks) {
    std::size_t size = form.size();
    for (const auto& one : blanks) size += one.size();
    std::string out;
    out.reserve(size);
    while (!form.empty()) {
        const auto at = form.find(mark);
        out += form.substr(0, at);
        if (at == std::string_view::npos || at + 1 == form.size()) break;
        const auto n = static_cast<std::size_t>(static_cast<unsigned char>(form[at + 1]) - first);
        if (n < blanks.size()) out += blanks[n];
        form.remove_prefix(at + (n < most_blanks ? 2 : 1));
    }
    return out;
}

}  // namespace

std::string blank(std::size_t n) {
    ASSERT(n < most_blanks);
    return {mark, static_cast<char>(first + static_cast<char>(n))};
}

std::string without_blanks(std::string text) {
    std::ranges::replace(text, mark, ' ');
    return text;
}

std::string keep_form(Recorder& recorder, std::string_view topic, const Form& form) {
    std::string bytes = json::to_text(form);
    const auto digest = sha256(bytes);
    std::string name = to_hex(std::span(digest).first(12));
    recorder.put_secret(std::string(form_kind), form_id(topic, name), std::move(bytes));
    return name;
}

void keep_form_as(Recorder& recorder, std::string_view topic, std::string_view name,
                  const Form& form) {
    recorder.put_secret(std::string(form_kind), form_id(topic, name), json::to_text(form));
}

void write_by_form(Message& message, std::string_view name,
                   const std::vector<std::string>& blanks) {
    message.subject.clear();
    message.html.clear();
    message.text = by_form;
    message.text += name;
    for (const auto& one : blanks) {
        message.text += mark;
        message.text += without_blanks(one);
    }
}

std::string form_id(std::string_view topic, std::string_view name) {
    return std::string(topic) + "\n" + std::string(name);
}

std::string_view topic_of_form(std::string_view id) { return id.substr(0, id.rfind('\n')); }

bool is_by_form(const Message& message) { return message.text.starts_with(by_form); }

std::string_view form_name_in(const Message& message) {
    return is_by_form(message) ? parts_of(message.text).front() : std::string_view();
}

void fill_in(Message& message, const Form& form) {
    if (!is_by_form(message)) return;
    const std::string kept = std::move(message.text);
    auto blanks = parts_of(kept);
    blanks.erase(blanks.begin());
    const std::span<const std::string_view> plain(blanks);
    message.subject = filled(form.subject, plain);
    message.text = filled(form.text, plain);
    message.html.clear();
    if (form.html.empty()) return;
    std::vector<std::string> escaped;
    for (const auto one : blanks) escaped.push_back(i18n::escape_html(one));
    message.html = filled(form.html, std::span<const std::string>(escaped));
}

}  // namespace noroshi::journal
