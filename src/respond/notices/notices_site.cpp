// Which files the site has, what holds now, and the status as JSON.

#include <algorithm>
#include <set>

#include "kernel/crypto/hash.h"
#include "kernel/json/json.h"
#include "respond/notices/notices_site.h"

namespace noroshi::respond::notices {

// ---- what holds now ------------------------------------------------------------------------

Line line_of(const Picture& picture, const TerminalId& terminal) {
    Line newest;
    for (const auto* notice : picture.current())
        for (const auto& line : notice->latest().content.terminals)
            if (line.terminal == terminal &&
                (newest.line == nullptr || line.as_of > newest.line->as_of))
                newest = {&line, notice};
    return newest;
}

std::vector<const RoadLine*> roads_of(const Picture& picture) {
    std::vector<const RoadLine*> roads;
    for (const auto* notice : picture.current())
        for (const auto& line : notice->latest().content.roads) {
            const auto same = std::ranges::find_if(
                roads, [&](const RoadLine* other) { return other->name == line.name; });
            if (same == roads.end())
                roads.push_back(&line);
            else if (line.as_of > (*same)->as_of)
                *same = &line;
        }
    return roads;
}

const ShipsLine* ships_of(const Picture& picture) {
    const ShipsLine* newest = nullptr;
    for (const auto* notice : picture.current()) {
        const auto& ships = notice->latest().content.ships;
        if (ships && (newest == nullptr || ships->as_of > newest->as_of)) newest = &*ships;
    }
    return newest;
}

std::optional<Instant> next_update_of(const Picture& picture) {
    std::optional<Instant> next;
    for (const auto* notice : picture.current()) {
        const auto& at = notice->latest().content.next_update_at;
        if (at && (!next || *at < *next)) next = at;
    }
    return next;
}

std::optional<Instant> as_of(const Picture& picture) {
    std::optional<Instant> newest;
    for (const auto* notice : picture.current()) {
        const auto at = notice->latest().content.as_of;
        if (!newest || at > *newest) newest = at;
    }
    return newest;
}

std::vector<std::string> languages_of(const Picture& picture) {
    std::vector<std::string> languages{"ja", "en"};
    std::set<std::string> more;
    for (const auto* notice : picture.current())
        for (const auto& [tag, words] : notice->latest().content.texts) more.insert(tag);
    for (const auto& tag : more)
        if (tag != "ja" && tag != "en") languages.push_back(tag);
    return languages;
}

Reading reading_of(const Content& content, const std::string& language) {
    for (const auto& tag : {language, std::string("en"), std::string("ja")}) {
        // Whoever asks for anything but Japanese is helped more by English; a Japanese reader is not.
        const auto found = content.texts.find(language == "ja" ? "ja" : tag);
        if (found != content.texts.end()) return {found->first, &found->second};
    }
    static const Words nothing;
    if (content.texts.empty()) return {"ja", &nothing};
    return {content.texts.begin()->first, &content.texts.begin()->second};
}

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default:
            if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
        }
    }
    // U+FFFE and U+FFFF are UTF-8, but no XML.
    for (const std::string_view never : {"\xef\xbf\xbe", "\xef\xbf\xbf"})
        for (std::size_t at = 0; (at = out.find(never, at)) != std::string::npos;)
            out.erase(at, never.size());
    return out;
}

// ---- status.json ---------------------------------------------------------------------------

namespace {

struct StatusTerminal {
    TerminalId id;
    std::string code;
    std::string name;
    std::string name_en;
    Service service = Service::unknown;
    Gate gate = Gate::unknown;
    std::optional<std::uint32_t> wait_minutes;
    std::optional<std::uint32_t> queue_metres;
    std::optional<Instant> restart_at;
    std::optional<Instant> as_of;  // absent: no data
    std::optional<NoticeId> notice;
};
BOOST_DESCRIBE_STRUCT(StatusTerminal, (),
                      (id, code, name, name_en, service, gate, wait_minutes, queue_metres,
                       restart_at, as_of, notice))

struct StatusEdition {
    std::uint32_t edition = 0;
    Instant published_at;
    Content content;
};
BOOST_DESCRIBE_STRUCT(StatusEdition, (), (edition, published_at, content))

struct StatusNotice {
    NoticeId id;
    bool current = false;
    Phase phase = Phase::investigating;
    Instant first_published_at;
    Instant published_at;
    std::optional<Instant> next_update_at;
    bool next_update_overdue = false;
    std::map<std::string, Words> texts;
    std::vector<StatusEdition> editions;  // oldest first
};
BOOST_DESCRIBE_STRUCT(StatusNotice, (),
                      (id, current, phase, first_published_at, published_at, next_update_at,
                       next_update_overdue, texts, editions))

struct StatusPromise {
    TerminalId terminal;
    NoticeId notice;
    std::uint32_t edition = 0;
    Instant announced_at;
    Instant promised_for;
    PromiseState state = PromiseState::standing;
    std::optional<Instant> ended_at;
};
BOOST_DESCRIBE_STRUCT(StatusPromise, (),
                      (terminal, notice, edition, announced_at, promised_for, state, ended_at))

struct StatusDesk {
    std::string name;
    std::string name_en;
    std::string phone;
    std::string email;
    std::string hours;
    std::string hours_en;
};
BOOST_DESCRIBE_STRUCT(StatusDesk, (), (name, name_en, phone, email, hours, hours_en))

enum class Overall { no_disruption_published, disruption };
BOOST_DESCRIBE_ENUM(Overall, no_disruption_published, disruption)

struct Status {
    std::string format = "noroshi-status/1";
    std::string port;
    std::string port_en;
    Overall state = Overall::no_disruption_published;
    Instant generated_at;
    std::optional<Instant> copied_at;  // of a static copy
    std::optional<Instant> as_of;
    std::optional<Instant> next_update_at;
    bool next_update_overdue = false;
    std::vector<std::string> languages;
    std::vector<StatusTerminal> terminals;
    std::vector<RoadLine> roads;
    std::optional<ShipsLine> ships;  // absent: no data
    std::vector<StatusNotice> notices;
    std::vector<StatusPromise> promises;
    std::optional<StatusDesk> desk;
};
BOOST_DESCRIBE_STRUCT(Status, (),
                      (format, port, port_en, state, generated_at, copied_at, as_of, next_update_at,
                       next_update_overdue, languages, terminals, roads, ships, notices, promises,
                       desk))

bool is_over(const std::optional<Instant>& promised, Instant now) {
    return promised && *promised < now;
}

}  // namespace

std::string status_of(const Picture& picture, const SiteOptions& options, Instant now) {
    Status status;
    status.port = picture.port;
    status.port_en = picture.port_en;
    const auto current = picture.current();
    if (!current.empty()) status.state = Overall::disruption;
    // A copy is made at a moment; the live file changes by the minute, so that it can be cached.
    status.generated_at = std::chrono::floor<std::chrono::minutes>(now);
    status.copied_at = options.copied_at;
    status.as_of = as_of(picture);
    status.next_update_at = next_update_of(picture);
    status.next_update_overdue = is_over(status.next_update_at, now);
    status.languages = languages_of(picture);
    for (const auto& terminal : picture.terminals) {
        StatusTerminal item{
            terminal.id, terminal.code, terminal.name, terminal.name_en, {}, {}, {}, {}, {}, {},
            {}};
        if (const auto [line, notice] = line_of(picture, terminal.id); line != nullptr) {
            item.service = line->service;
            item.gate = line->gate;
            item.wait_minutes = line->wait_minutes;
            item.queue_metres = line->queue_metres;
            item.restart_at = line->restart_at;
            item.as_of = line->as_of;
            item.notice = notice->id;
        }
        status.terminals.push_back(std::move(item));
    }
    for (const auto* road : roads_of(picture)) status.roads.push_back(*road);
    if (const auto* ships = ships_of(picture)) status.ships = *ships;
    auto all = current;
    const auto ended = picture.ended();
    all.insert(all.end(), ended.begin(), ended.end());
    for (const auto* notice : all) {
        const auto& latest = notice->latest();
        StatusNotice item{notice->id,
                          notice->is_current(),
                          latest.content.phase,
                          notice->editions.front().published_at,
                          latest.published_at,
                          latest.content.next_update_at,
                          is_over(latest.content.next_update_at, now),
                          latest.content.texts,
                          {}};
        for (const auto& edition : notice->editions)
            item.editions.push_back({edition.number, edition.published_at, edition.content});
        status.notices.push_back(std::move(item));
    }
    for (const auto& one : picture.promises)
        status.promises.push_back({one.terminal, one.notice, one.edition, one.announced_at,
                                   one.promised_for, one.state, one.ended_at});
    if (picture.desk)
        status.desk =
            StatusDesk{picture.desk->name,  picture.desk->name_en, picture.desk->phone,
                       picture.desk->email, picture.desk->hours,   picture.desk->hours_en};
    return json::to_text(status);
}

std::string status_schema() {
    auto schema = json::schema<Status>();
    auto& object = schema.as_object();
    object["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    object["title"] = "noroshi-status/1";
    object["properties"].as_object()["format"] = {{"const", "noroshi-status/1"}};
    return boost::json::serialize(schema);
}

// ---- the files -----------------------------------------------------------------------------

SiteFiles render(const Picture& picture, const SiteOptions& options, Instant now) {
    SiteFiles files;
    const auto put = [&](std::string path, std::string type, std::string body) {
        SiteFile file;
        file.content_type = std::move(type);
        file.etag = "\"" + to_hex(sha256(body)).substr(0, 20) + "\"";
        file.body = std::make_shared<const std::string>(std::move(body));
        files.insert_or_assign(std::move(path), std::move(file));
    };
    for (const auto& language : languages_of(picture))
        put("/" + language + ".html", "text/html; charset=utf-8",
            page_of(picture, options, now, language));
    files["/index.html"] = files["/ja.html"];
    for (const std::string language : {"ja", "en"})
        put("/feed." + language + ".atom", "application/atom+xml; charset=utf-8",
            feed_of(picture, options, language));
    put("/feed.atom", "application/atom+xml; charset=utf-8", feed_of(picture, options, ""));
    auto alerts = alerts_of(picture, options);
    put("/alerts.cap", std::move(alerts.content_type), std::move(alerts.text));
    for (const auto& notice : picture.notices)
        put("/alerts/" + notice.id.text + ".cap", "application/cap+xml; charset=utf-8",
            alert_of(notice, picture, options));
    put("/status.json", "application/json", status_of(picture, options, now));
    put("/style.css", "text/css; charset=utf-8", std::string(site_style()));
    return files;
}

}  // namespace noroshi::respond::notices
