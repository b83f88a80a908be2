#include <algorithm>
#include <charconv>

#include <boost/describe/enum_from_string.hpp>

#include "edge/http/target.h"
#include "respond/callout/callout_form.h"

namespace noroshi::respond::callout {

namespace {

// CR LF is a browser's line end; white space around a name is nobody's name.
std::string tidied(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '\r') continue;
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
    }
    const auto first = out.find_first_not_of(" \n");
    if (first == std::string::npos) return {};
    return out.substr(first, out.find_last_not_of(" \n") - first + 1);
}

}  // namespace

Result<AnswerForm> read_form(std::string_view body) {
    using edge::http::percent_decoded;
    using edge::http::Plus;
    AnswerForm form;
    bool answered = false;
    while (!body.empty()) {
        const auto end = std::min(body.find('&'), body.size());
        const auto field = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        const auto equals = std::min(field.find('='), field.size());
        const auto name = percent_decoded(field.substr(0, equals), Plus::is_space);
        const auto value =
            percent_decoded(field.substr(std::min(equals + 1, field.size())), Plus::is_space);
        if (!name || !value || !edge::http::is_utf8(*value))
            return invalid("respond.callout.answer_missing", "/answer");
        if (*name == "answer") {
            answered = boost::describe::enum_from_string(value->c_str(), form.answer);
        } else if (*name == "arrival" && !value->empty()) {
            int minutes = 0;
            const char* last = value->data() + value->size();
            const auto read = std::from_chars(value->data(), last, minutes);
            if (read.ec != std::errc{} || read.ptr != last || minutes < 0 || minutes > 24 * 60)
                return invalid("respond.callout.arrival_malformed", "/arrival");
            form.arrival = std::chrono::minutes(minutes);
        } else if (*name == "substitute") {
            form.substitute = tidied(*value);
        } else if (*name == "note") {
            form.note = tidied(*value);
        }
    }
    if (!answered) return invalid("respond.callout.answer_missing", "/answer");
    return form;
}

}  // namespace noroshi::respond::callout
