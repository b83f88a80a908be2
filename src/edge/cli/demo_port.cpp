#include "edge/cli/demo_port.h"

#include <algorithm>
#include <charconv>

#include "kernel/embedded_data.h"

namespace noroshi::edge::cli {

namespace {

std::optional<int> digits(std::string_view text) {
    int value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return {};
    return value;
}

// "+09:00"
std::optional<std::chrono::minutes> read_offset(std::string_view text) {
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return {};
    const auto hours = digits(text.substr(1, 2));
    const auto minutes = digits(text.substr(4));
    if (!hours || !minutes || *hours > 14 || *minutes > 59) return {};
    const std::chrono::minutes offset{*hours * 60 + *minutes};
    return text[0] == '-' ? -offset : offset;
}

}  // namespace

std::optional<std::chrono::minutes> read_time_of_day(std::string_view text) {
    int days = 0;
    if (text.starts_with('+')) {
        const auto space = text.find(' ');
        if (space == std::string_view::npos) return {};
        const auto read = digits(text.substr(1, space - 1));
        if (!read || *read > 30) return {};
        days = *read;
        text.remove_prefix(space + 1);
    }
    if (text.size() != 5 || text[2] != ':') return {};
    const auto hours = digits(text.substr(0, 2));
    const auto minutes = digits(text.substr(3));
    if (!hours || !minutes || *hours > 23 || *minutes > 59 || *hours < 0 || *minutes < 0) return {};
    return std::chrono::minutes{(days * 24 + *hours) * 60 + *minutes};
}

namespace {

class Reader {
public:
    Result<DemoPort> read(const Content& root) {
        TRY(root.only({"format", "utc_offset", "password", "name", "name_en", "organisations",
                       "terminals", "people", "history"}));
        TRY_LET(const auto format, root.text("format"));
        if (format != "noroshi-port/1")
            return root.at("format")->wrong("format", "edge.cli.demo.format", {{"found", format}});
        TRY_LET(const auto offset, root.text("utc_offset"));
        const auto read = read_offset(offset);
        if (!read)
            return root.at("utc_offset")
                ->wrong("utc_offset", "edge.cli.demo.offset", {{"found", offset}});
        port_.utc_offset = *read;
        TRY_LET(port_.password, root.text("password"));
        TRY_LET(port_.name, root.text("name"));
        TRY_LET(port_.name_en, root.text("name_en"));
        TRY(read_organisations(root));
        TRY(read_terminals(root));
        TRY(read_people(root));
        TRY(read_history(root));
        return std::move(port_);
    }

private:
    Result<> check_organisation(const Content& place, std::string_view field,
                                const std::string& key) const {
        if (port_.find_organisation(key) != nullptr) return {};
        return unknown(place, field, key);
    }
    static std::unexpected<Error> unknown(const Content& place, std::string_view field,
                                          const std::string& key) {
        auto at = place.at(field);
        return (at ? *at : place).wrong(field, "edge.cli.demo.key", {{"found", key}});
    }

    Result<> read_organisations(const Content& root) {
        TRY_LET(const auto fields, root.fields("organisations"));
        for (const auto& [key, place] : fields) {
            TRY(place.only({"kind", "name", "name_en", "kana", "contact", "serves"}));
            DemoPort::Organisation one;
            one.key = key;
            TRY_LET(one.kind, place.text("kind"));
            TRY_LET(one.name, place.text("name"));
            TRY_LET(one.name_en, place.text("name_en"));
            TRY_LET(one.kana, place.text_or("kana", ""));
            TRY_LET(one.contact, place.text_or("contact", ""));
            TRY_LET(one.serves, place.texts("serves"));
            for (const auto& served : one.serves) TRY(check_organisation(place, "serves", served));
            port_.organisations.push_back(std::move(one));
        }
        return {};
    }

    Result<> read_terminals(const Content& root) {
        TRY_LET(const auto fields, root.fields("terminals"));
        for (const auto& [key, place] : fields) {
            TRY(place.only({"code", "name", "name_en", "operator", "quay_metres", "quay_cranes",
                            "yard_gear"}));
            DemoPort::Terminal one;
            one.key = key;
            TRY_LET(one.code, place.text("code"));
            TRY_LET(one.name, place.text("name"));
            TRY_LET(one.name_en, place.text("name_en"));
            TRY_LET(one.operated_by, place.text("operator"));
            TRY(check_organisation(place, "operator", one.operated_by));
            TRY_LET(one.quay_metres, place.number("quay_metres"));
            TRY_LET(one.quay_cranes, place.number("quay_cranes"));
            TRY_LET(one.yard_gear, place.text("yard_gear"));
            port_.terminals.push_back(std::move(one));
        }
        return {};
    }

    Result<> read_people(const Content& root) {
        TRY_LET(const auto fields, root.fields("people"));
        for (const auto& [key, place] : fields) {
            TRY(place.only({"name", "kana", "login", "language", "roles", "email", "mobile",
                            "weekday_phone", "night_phone", "note"}));
            DemoPort::Person one;
            one.key = key;
            TRY_LET(one.name, place.text("name"));
            TRY_LET(one.kana, place.text_or("kana", ""));
            TRY_LET(one.login, place.text_or("login", ""));
            TRY_LET(one.language, place.text_or("language", "ja"));
            TRY_LET(one.note, place.text_or("note", ""));
            TRY_LET(one.email, place.text_or("email", ""));
            TRY_LET(one.mobile, place.text_or("mobile", ""));
            TRY_LET(one.weekday_phone, place.text_or("weekday_phone", ""));
            TRY_LET(one.night_phone, place.text_or("night_phone", ""));
            TRY_LET(const auto roles_place, place.at("roles"));
            TRY_LET(const auto roles, place.fields("roles"));
            for (const auto& [organisation, list] : roles) {
                TRY(check_organisation(place, "roles", organisation));
                TRY_LET(const auto names, roles_place.texts(organisation));
                for (const auto& role : names) one.roles.emplace_back(organisation, role);
            }
            port_.people.push_back(std::move(one));
        }
        return {};
    }

    Result<> read_history(const Content& root) {
        TRY_LET(const auto parts, root.list("history"));
        for (const auto& part : parts) {
            TRY(part.only({"days_ago", "calls"}));
            TRY_LET(const auto days_ago, part.number("days_ago"));
            TRY_LET(const auto calls, part.list("calls"));
            for (const auto& place : calls) {
                TRY(place.only({"at", "as", "post", "put", "body", "keep", "if_match"}));
                TRY_LET(auto body, place.at("body"));
                DemoPort::Call call{.days_ago = days_ago,
                                    .at = {},
                                    .person = {},
                                    .method = place.has("put") ? "put" : "post",
                                    .path = {},
                                    .keep = {},
                                    .if_match = 0,
                                    .body = std::move(body)};
                TRY_LET(const auto at, place.text("at"));
                const auto read = read_time_of_day(at);
                if (!read)
                    return place.at("at")->wrong("at", "edge.cli.demo.time", {{"found", at}});
                call.at = *read;
                TRY_LET(call.person, place.text("as"));
                if (port_.find_person(call.person) == nullptr)
                    return unknown(place, "as", call.person);
                TRY_LET(call.path, place.text(call.method));
                TRY_LET(call.keep, place.text_or("keep", ""));
                TRY_LET(call.if_match, place.number_or("if_match", 0));
                port_.calls.push_back(std::move(call));
            }
        }
        return {};
    }

    DemoPort port_;
};

}  // namespace

const DemoPort::Person* DemoPort::find_person(std::string_view key) const {
    const auto found = std::ranges::find(people, key, &Person::key);
    return found == people.end() ? nullptr : &*found;
}

const DemoPort::Organisation* DemoPort::find_organisation(std::string_view key) const {
    const auto found = std::ranges::find(organisations, key, &Organisation::key);
    return found == organisations.end() ? nullptr : &*found;
}

Result<DemoPort> parse_demo_port(std::string_view text, std::string file) {
    TRY_LET(const auto root, Content::parse(text, std::move(file)));
    return Reader().read(root);
}

Result<DemoPort> embedded_demo_port() {
    for (const auto& file : embedded_data())
        if (file.path == "ports/demo.yaml")
            return parse_demo_port(file.bytes, "data/" + std::string(file.path));
    return fail(ErrorKind::not_found, "edge.cli.content.unreadable",
                {{"file", "data/ports/demo.yaml"}});
}

}  // namespace noroshi::edge::cli
