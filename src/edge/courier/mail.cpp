#include "edge/courier/mail.h"

#include <algorithm>

#include <openssl/evp.h>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::courier {

namespace {

constexpr std::string_view crlf = "\r\n";
constexpr std::size_t line_limit = 76;  // RFC 2047 and RFC 2045 agree on it

std::string base64(std::string_view bytes) {
    std::string out(4 * ((bytes.size() + 2) / 3), '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                    reinterpret_cast<const unsigned char*>(bytes.data()),
                    static_cast<int>(bytes.size()));
    return out;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::string without_controls(std::string_view text) {
    std::string out(text);
    std::ranges::replace_if(out, is_control, ' ');
    return out;
}

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; }) &&
           !text.contains("=?");
}

// A display name: plain words as they are, others quoted or encoded.
std::string encode_name(std::string_view name, std::size_t used) {
    const std::string clean = without_controls(name);
    if (!is_plain(clean)) return encode_words(clean, used);
    std::string out = "\"";
    for (char c : clean) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string mailbox(std::string_view header, std::string_view name, std::string_view address) {
    std::string out = std::string(header) + ": ";
    if (!name.empty()) out += encode_name(name, out.size()) + " ";
    // The address begins a line of its own when the encoded name has filled this one.
    const auto last = out.rfind('\n');
    const std::size_t on_line = last == std::string::npos ? out.size() : out.size() - last - 1;
    if (!name.empty() && on_line + address.size() + 2 > line_limit) {
        out.pop_back();
        out += "\r\n ";
    }
    return out + "<" + without_controls(address) + ">\r\n";
}

std::string message_id(std::string_view id) {
    std::string clean = without_controls(id);
    std::erase(clean, ' ');
    if (!clean.starts_with('<')) clean = "<" + clean + ">";
    return clean;
}

// Between angle brackets: nothing that would end them or the line.
std::string address_of_web(std::string_view url) {
    std::string clean = without_controls(url);
    std::erase_if(clean, [](char c) { return c == ' ' || c == '<' || c == '>'; });
    return clean;
}

// Appends the text with CR LF line ends, in base64 lines.
void write_body(std::string& mail, std::string_view text) {
    std::string lines;
    lines.reserve(text.size() + text.size() / 16 + 2);
    while (!text.empty()) {
        const auto end = text.find_first_of(crlf);
        lines += text.substr(0, end);
        if (end == std::string_view::npos) break;
        if (text[end] == '\n') lines += crlf;
        text.remove_prefix(end + 1);
    }
    if (!lines.ends_with(crlf)) lines += crlf;
    constexpr std::size_t bytes_of_line = line_limit / 4 * 3;
    const std::size_t before = mail.size();
    const std::size_t count = (lines.size() + bytes_of_line - 1) / bytes_of_line;
    mail.resize(before + count * (line_limit + 3));  // EVP_EncodeBlock ends with a NUL
    char* into = mail.data() + before;
    for (std::size_t at = 0; at < lines.size(); at += bytes_of_line) {
        into += EVP_EncodeBlock(reinterpret_cast<unsigned char*>(into),
                                reinterpret_cast<const unsigned char*>(lines.data() + at),
                                static_cast<int>(std::min(bytes_of_line, lines.size() - at)));
        into = std::ranges::copy(crlf, into).out;
    }
    mail.resize(static_cast<std::size_t>(into - mail.data()));
}

void write_part(std::string& mail, std::string_view type, std::string_view text) {
    mail += "Content-Type: ";
    mail += type;
    mail += "; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    write_body(mail, text);
}

}  // namespace

bool is_mail_address(std::string_view text) {
    const auto at = text.find('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return false;
    if (text.find('@', at + 1) != std::string_view::npos || text.size() > 254) return false;
    return std::ranges::none_of(text, [](char c) {
        return is_control(c) || c == ' ' || c == '<' || c == '>' || c == ',' || c == ';' ||
               c == '"' || c == '\\' || c == '(' || c == ')';
    });
}

std::string encode_words(std::string_view text, std::size_t used) {
    std::string clean = without_controls(text);
    if (is_plain(clean) && used + clean.size() <= line_limit) return clean;
    constexpr std::string_view opening = "=?UTF-8?B?";
    constexpr std::string_view closing = "?=";
    std::string out;
    std::string_view rest = clean;
    while (!rest.empty()) {
        const std::size_t taken = used + opening.size() + closing.size();
        const std::size_t room = taken < line_limit ? (line_limit - taken) / 4 * 3 : 0;
        const std::size_t most = std::min(room, rest.size());
        std::size_t length = most;
        while (length < rest.size() && length > 0 && continues_character(rest[length])) --length;
        if (length == 0 && used == 1) length = most;  // not UTF-8: cut anywhere
        if (length > 0) {
            out += opening;
            out += base64(rest.substr(0, length));
            out += closing;
            rest.remove_prefix(length);
        }
        // Folded: the white space between two encoded words is not part of the text.
        if (!rest.empty()) out += "\r\n ";
        used = 1;
    }
    return out;
}

namespace {

// Sender and date, which thousands of mails of one second share. For one thread.
struct Opening {
    std::string name, address, zone;
    std::chrono::sys_seconds second{};
    std::string from, date;
};
const Opening& opening_of(const Letterhead& from, Instant date) {
    thread_local Opening last;
    const auto second = std::chrono::floor<std::chrono::seconds>(date);
    if (last.from.empty() || last.name != from.name || last.address != from.address) {
        last.name = from.name;
        last.address = from.address;
        last.from = mailbox("From", from.name, from.address);
    }
    if (last.date.empty() || last.second != second || last.zone != from.zone) {
        last.second = second;
        last.zone = from.zone;
        last.date = "Date: " + format_rfc5322(date, from.zone) + "\r\n";
    }
    return last;
}

}  // namespace

std::string write_mail(const Message& message, const Letterhead& from, Instant date) {
    const Opening& opening = opening_of(from, date);
    std::string mail;
    mail.reserve(1'024 + (message.text.size() + message.html.size()) * 3 / 2);
    mail += opening.from;
    mail += mailbox("To", message.to_name, message.to);
    mail += "Subject: " + encode_words(message.subject, 9) + "\r\n";
    mail += opening.date;
    mail += "Message-ID: " + message_id(message.message_id) + "\r\n";
    if (!message.in_reply_to.empty()) {
        const std::string first = message_id(message.in_reply_to);
        mail += "In-Reply-To: " + first + "\r\nReferences: " + first + "\r\n";
    }
    mail += "Auto-Submitted: auto-generated\r\n";
    mail += "X-Auto-Response-Suppress: All\r\n";
    if (message.unsubscribe_url)
        mail += "List-Unsubscribe: <" + address_of_web(*message.unsubscribe_url) +
                ">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
    else
        mail += "Importance: high\r\n";
    mail += message.drill ? "X-Noroshi-Drill: yes\r\n" : "X-Noroshi-Drill: no\r\n";
    mail += "MIME-Version: 1.0\r\n";
    if (message.html.empty()) {
        write_part(mail, "text/plain", message.text);
        return mail;
    }

    // Base64 has no '=' at the start of a line followed by '_', so the boundary cannot occur.
    const auto digest = sha256(message.message_id);
    const std::string boundary = "=_" + to_hex(std::span<const std::uint8_t>(digest).first(12));
    mail += "Content-Type: multipart/alternative;\r\n boundary=\"" + boundary + "\"\r\n\r\n";
    mail += "--" + boundary + "\r\n";
    write_part(mail, "text/plain", message.text);
    mail += "--" + boundary + "\r\n";
    write_part(mail, "text/html", message.html);
    mail += "--" + boundary + "--\r\n";
    return mail;
}

}  // namespace noroshi::edge::courier
