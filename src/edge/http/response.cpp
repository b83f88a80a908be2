#include "edge/http/response.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace noroshi::edge::http {

namespace {

// Below this a copy is cheaper than a second buffer in the system call.
constexpr std::size_t short_body = 4096;

std::string_view reason_of(int status) {
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
    }
}

constexpr std::string_view api_fields =
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; sandbox\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";
// Referrer-Policy: with no-referrer a browser names the origin of a form as "null", which is refused.
constexpr std::string_view page_fields =
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Content-Security-Policy: default-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), microphone=(), geolocation=(), payment=(), usb=()\r\n";
// No frame-ancestors: a terminal, a newspaper may show the page within theirs.
constexpr std::string_view open_fields =
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'\r\n"
    "Access-Control-Allow-Origin: *\r\n"
    "Cross-Origin-Resource-Policy: cross-origin\r\n"
    "Permissions-Policy: camera=(), microphone=(), geolocation=(), payment=(), usb=()\r\n";
// Two years, as browsers' preload lists ask for.
constexpr std::string_view hsts = "Strict-Transport-Security: max-age=63072000\r\n";

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) {
        const auto lower = [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        };
        return lower(x) == lower(y);
    });
}

bool safe(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

struct Slice {
    std::size_t first;
    std::size_t length;
};
enum class Ranged { whole, part, unsatisfiable };

// RFC 9110 §14: one byte range; anything else is answered with the whole.
Ranged range_of(std::string_view text, std::size_t size, Slice& slice) {
    if (!text.starts_with("bytes=")) return Ranged::whole;
    text.remove_prefix(6);
    const auto dash = text.find('-');
    if (dash == std::string_view::npos || text.contains(',')) return Ranged::whole;
    const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
        std::uint64_t value = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc{} || end != digits.data() + digits.size()) return {};
        return value;
    };
    const auto from = number(text.substr(0, dash));
    const auto to = number(text.substr(dash + 1));
    if (dash > 0) {
        if (!from || (dash + 1 < text.size() && !to)) return Ranged::whole;
        if (to && *to < *from) return Ranged::whole;
        if (*from >= size) return Ranged::unsatisfiable;
        const std::uint64_t last = std::min<std::uint64_t>(to.value_or(size - 1), size - 1);
        slice = {static_cast<std::size_t>(*from), static_cast<std::size_t>(last - *from + 1)};
        return Ranged::part;
    }
    if (!to) return Ranged::whole;
    if (*to == 0 || size == 0) return Ranged::unsatisfiable;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(*to, size));
    slice = {size - length, length};
    return Ranged::part;
}

bool may_be_ranged(const Reply& reply) {
    return reply.status == 200 && !reply.content_type.contains("json") &&
           !reply.content_type.starts_with("text/html");
}

void begin(std::string& head, int status, const Manner& manner) {
    head += "HTTP/1.1 ";
    append_number(head, static_cast<std::uint64_t>(status));
    head += ' ';
    head += reason_of(status);
    head += "\r\nDate: ";
    head += manner.date;
    head += "\r\n";
}

void finish(std::string& head, const Manner& manner) {
    switch (manner.surface) {
    case Surface::api: head += api_fields; break;
    case Surface::page: head += page_fields; break;
    case Surface::open: head += open_fields; break;
    }
    if (manner.secure) head += hsts;
    if (!manner.request_id.empty()) {
        head += "X-Request-Id: ";
        head += manner.request_id;
        head += "\r\n";
    }
    if (!manner.keep_alive)
        head += "Connection: close\r\n";
    else if (manner.http10)
        head += "Connection: keep-alive\r\n";
    head += "\r\n";
}

}  // namespace

void Outgoing::clear() {
    // A connection that waits for its next request holds no more than a head.
    if (head.capacity() > 2 * short_body) head = {};
    head.clear();
    body = {};
    shared.reset();
    rest = {};
}

bool names_etag(std::string_view list, std::string_view etag) {
    if (etag.empty()) return false;
    const auto strong = [](std::string_view tag) {
        return tag.starts_with("W/") ? tag.substr(2) : tag;
    };
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        auto tag = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        while (!tag.empty() && (tag.front() == ' ' || tag.front() == '\t')) tag.remove_prefix(1);
        while (!tag.empty() && (tag.back() == ' ' || tag.back() == '\t')) tag.remove_suffix(1);
        if (tag == "*" || (!tag.empty() && strong(tag) == strong(etag))) return true;
    }
    return false;
}

int write_response(Outgoing& out, Reply&& reply, const Request* request, const Manner& manner) {
    out.clear();
    std::string_view etag;
    bool caching_said = false;
    for (const auto& [name, value] : reply.headers) {
        if (same_name(name, "etag")) etag = value;
        if (same_name(name, "cache-control")) caching_said = true;
    }
    const std::string_view whole = reply.shared_body ? *reply.shared_body : reply.body;
    int status = reply.status;
    Slice slice{0, whole.size()};
    bool ranges = false;
    if (request != nullptr && request->method == Method::get && status == 200) {
        const auto known = request->header("if-none-match");
        ranges = may_be_ranged(reply);
        if (known && names_etag(*known, etag)) {
            status = 304;
        } else if (const auto range = ranges ? request->header("range") : std::nullopt) {
            const auto condition = request->header("if-range");
            if (!condition || (*condition == etag && !condition->starts_with("W/"))) {
                switch (range_of(*range, whole.size(), slice)) {
                case Ranged::whole: break;
                case Ranged::part: status = 206; break;
                case Ranged::unsatisfiable:
                    status = 416;
                    slice = {0, 0};
                    break;
                }
            }
        }
    }

    std::string& head = out.head;
    begin(head, status, manner);
    const bool bodiless = status == 304 || status == 204;
    if (!bodiless) {
        if (slice.length > 0 || !reply.content_type.empty()) {
            head += "Content-Type: ";
            head += safe(reply.content_type) ? std::string_view(reply.content_type)
                                             : std::string_view("application/octet-stream");
            head += "\r\n";
        }
        head += "Content-Length: ";
        append_number(head, slice.length);
        head += "\r\n";
    }
    if (status == 206 || status == 416) {
        head += "Content-Range: bytes ";
        if (status == 416)
            head += '*';
        else
            head += fmt::format("{}-{}", slice.first, slice.first + slice.length - 1);
        head += '/';
        append_number(head, whole.size());
        head += "\r\n";
    }
    if (ranges) head += "Accept-Ranges: bytes\r\n";
    for (const auto& [name, value] : reply.headers) {
        if (!safe(name) || !safe(value)) continue;
        head += name;
        head += ": ";
        head += value;
        if (manner.secure && same_name(name, "set-cookie") && !value.contains("; Secure"))
            head += "; Secure";
        head += "\r\n";
    }
    if (!caching_said && manner.surface != Surface::page) head += "Cache-Control: no-store\r\n";
    finish(head, manner);

    if (manner.head_only || bodiless || slice.length == 0) return status;
    if (slice.length <= short_body) {
        head += whole.substr(slice.first, slice.length);
        return status;
    }
    if (reply.shared_body) {
        out.shared = std::move(reply.shared_body);
        out.rest = std::string_view(*out.shared).substr(slice.first, slice.length);
    } else {
        out.body = std::move(reply.body);
        out.rest = std::string_view(out.body).substr(slice.first, slice.length);
    }
    return status;
}

int write_prepared(Outgoing& out, int status, std::string_view fields,
                   const std::shared_ptr<const std::string>& body, const Manner& manner) {
    out.clear();
    begin(out.head, status, manner);
    out.head += fields;
    if (status != 304) {
        out.head += "Content-Length: ";
        append_number(out.head, body->size());
        out.head += "\r\n";
    }
    finish(out.head, manner);
    if (manner.head_only || status == 304) return status;
    if (body->size() <= short_body) {
        out.head += *body;
    } else {
        out.shared = body;
        out.rest = *body;
    }
    return status;
}

void write_event_head(Outgoing& out, bool chunked, const Manner& manner) {
    out.clear();
    begin(out.head, 200, manner);
    // X-Accel-Buffering: nginx in front would otherwise collect events before passing them on.
    out.head +=
        "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
        "X-Accel-Buffering: no\r\n";
    if (chunked) out.head += "Transfer-Encoding: chunked\r\n";
    finish(out.head, manner);
}

std::string_view DateField::at(Instant now) {
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (second == second_ && !text_.empty()) return text_;
    static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{second - day};
    second_ = second;
    text_ =
        fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                    days[std::chrono::weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                    months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                    time.hours().count(), time.minutes().count(), time.seconds().count());
    return text_;
}

}  // namespace noroshi::edge::http
