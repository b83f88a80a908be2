#include "respond/incident/incident_report.h"

#include <algorithm>

#include "kernel/i18n/html.h"
#include "kernel/i18n/i18n.h"
#include "kernel/json/json.h"
#include "respond/incident/incident_checks.h"
#include "respond/incident/incident_clocks.h"

namespace noroshi::respond::incident {

namespace {

// A line of the text is a line of the page.
std::string escape_html(std::string_view text) {
    std::string out = i18n::escape_html(text);
    for (std::size_t at = 0; (at = out.find('\n', at)) != out.npos; at += 4)
        out.replace(at, 1, "<br>");
    return out;
}

std::string item_key(std::size_t index, std::string_view what) {
    return "respond.incident.report.item" + std::to_string(index + 1) + "." + std::string(what);
}

std::string heading_of(std::uint32_t number, ReportKind kind, Language language) {
    return i18n::text(language,
                      "respond.incident.report.heading." + std::string(json::name_of(kind)),
                      {{"number", std::to_string(number)}});
}

// The first `most` characters of UTF-8 text, with … for what is left out.
std::string shortened(std::string_view text, std::size_t most) {
    std::string one_line;
    for (const char c : text) one_line += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
    if (length_of(one_line) <= most) return one_line;
    std::size_t characters = 0;
    std::size_t at = 0;
    for (; at < one_line.size(); ++at) {
        if ((static_cast<unsigned char>(one_line[at]) & 0xC0U) == 0x80) continue;
        if (++characters == most) break;
    }
    return one_line.substr(0, at) + "…";
}

Result<> check_form(const ReportForm& form) {
    const auto field = [](const std::optional<std::string>& text,
                          const std::string& name) -> Result<> {
        return check_optional(text, form_field_limit, "/form/" + name);
    };
    TRY(field(form.impact, "impact"));
    TRY(field(form.first_measures, "first_measures"));
    TRY(field(form.contact, "contact"));
    TRY(field(form.file_extension, "file_extension"));
    TRY(field(form.ransomware_kind, "ransomware_kind"));
    TRY(field(form.intrusion, "intrusion"));
    TRY(field(form.indicators, "indicators"));
    TRY(field(form.attack_target, "attack_target"));
    TRY(field(form.attack_volume, "attack_volume"));
    return {};
}

}  // namespace

const std::vector<Role>& roles_that_report() {
    static const std::vector<Role> roles{Role::duty_officer, Role::leader, Role::clerk,
                                         Role::security_person, Role::liaison};
    return roles;
}

std::string approval_record(const IncidentId& id, std::uint32_t number) {
    return "report/" + id.text + "/" + std::to_string(number);
}

Result<Decided<ReportIssued>> issue_report(const Inquiry& inquiry, const IncidentId& id,
                                           const ReportRequest& request) {
    TRY_LET(const State::Card* card, find_to_write(inquiry.asked, id));
    const Case* of = inquiry.cases.find(id);
    ASSERT(of != nullptr);
    const auto before = static_cast<std::uint32_t>(of->reports.size());
    if (request.after && *request.after != before)
        return fail(ErrorKind::conflict, "respond.incident.report_meanwhile",
                    {{"number", std::to_string(before)}});
    if (request.items.size() != report_items)
        return invalid("respond.incident.six_items", "/items",
                       {{"count", std::to_string(request.items.size())}});
    TRY(check_on_behalf_of(inquiry.asked, request.on_behalf_of, card->world));
    ReportIssued body;
    body.number = before + 1;
    body.report_kind =
        request.report_kind.value_or(before == 0 ? ReportKind::first : ReportKind::follow_up);
    if ((body.report_kind == ReportKind::first) != (before == 0))
        return invalid("respond.incident.report_order", "/report_kind");
    for (std::size_t i = 0; i < report_items; ++i) {
        const std::string pointer = "/items/" + std::to_string(i);
        TRY(check_optional(request.items[i].text, report_item_limit, pointer + "/text"));
        ReportItem item{given(request.items[i].text), {}};
        if (request.items[i].readers) {
            TRY_LET(auto readers,
                    check_visibility(inquiry.asked, *request.items[i].readers,
                                     other_than_own(inquiry.asked.by, request.on_behalf_of),
                                     pointer + "/readers"));
            if (!fits_into(inquiry.asked, readers, *card->visibility))
                return invalid("respond.incident.wider_than_incident", pointer + "/readers",
                               {{"tlp", std::string(label_of(card->visibility->tlp))}});
            if (readers != *card->visibility)
                item.readers =
                    ItemReaders{readers.tlp, readers.organisations, readers.people,
                                readers.investigators ? std::optional(true) : std::nullopt};
        }
        // What the author may not read is not wiped out by the author's next version.
        if (!item.text && before > 0) {
            const ReportItem& earlier = of->reports.back().body.items[i];
            if (earlier.readers && !may_see(inquiry.asked.by.viewer, earlier.readers->visibility()))
                item = earlier;
        }
        body.items.push_back(std::move(item));
    }
    if (request.form) {
        TRY(check_form(*request.form));
        body.form = request.form;
    }
    body.up_to = card->next_number() - 1;
    body.organisation = inquiry.asked.by.organisation;
    body.on_behalf_of = other_than_own(inquiry.asked.by, request.on_behalf_of);
    return Decided<ReportIssued>{
        place_of(*card, id, inquiry.asked.state.now_in(card->world, inquiry.asked.now)),
        std::move(body)};
}

// ---- for one reader ------------------------------------------------------------------------

Viewer viewer_of(const council::State& council, const OrganisationId& organisation) {
    Viewer viewer;
    viewer.organisations = {organisation};
    if (const auto* known = council.find(organisation)) {
        viewer.member = known->member;
        viewer.serves = known->serves;
    }
    return viewer;
}

namespace {

// Questions and advice among the lines up to the version; a later answer belongs to the next one.
void add_words(PrintedReport& out, Tlp& tlp, const ReportGround& told, const Viewer& reader,
               const council::State& council, std::string_view zone, Language language) {
    const Board& board = told.board;
    const auto line_of = [&](Number number) -> const Line* {
        if (number == 0 || number > out.up_to || number > board.last_number()) return nullptr;
        const Line& line = board.line(number);
        const Visibility& visibility = told.boards.visibility_of(board, line);
        if (!may_see(reader, visibility)) return nullptr;
        tlp = std::max(tlp, visibility.tlp);
        return &line;
    };
    const auto named = [&](const PersonId& person, const OrganisationId& organisation) {
        return person.empty() ? council.name_of(organisation, language)
                              : council.name_of(person, language);
    };
    const auto head = [&](std::string_view key, const Line& line, std::string name) {
        return i18n::text(language, "respond.incident.report." + std::string(key),
                          {{"time", format_for_people(line.event_time, zone, language)},
                           {"name", std::move(name)}});
    };
    for (const auto& question : told.of.questions) {
        const Line* line = line_of(question.entry);
        if (line == nullptr) continue;
        std::string text(line->content());
        const More* more = board.more_of(question.entry);
        const Line* answer = more == nullptr ? nullptr : line_of(more->done_by);
        text +=
            "\n" + (answer == nullptr ? i18n::text(language, "respond.incident.report.not_answered")
                                      : i18n::text(language, "respond.incident.report.answer",
                                                   {{"text", std::string(answer->content())}}));
        out.questions.push_back(
            {head("asked_of", *line, named(question.asked, question.asked_organisation)),
             std::move(text)});
    }
    for (const auto& asked : told.of.advice_asked)
        if (const Line* line = line_of(asked.entry))
            out.advice.push_back(
                {head("advice_asked", *line, asked.adviser), std::string(line->content())});
    for (const auto& advice : told.of.advice)
        if (const Line* line = line_of(advice.entry))
            out.advice.push_back(
                {head("advice_of", *line, advice.adviser), std::string(line->content())});
}

}  // namespace

PrintedReport print_report(const ReportGround& told, const Case::Report& report,
                           const Viewer& reader, std::string to, const council::State& council,
                           std::string_view zone, Language language) {
    const Board& board = told.board;
    const auto text = [&](const std::string& key) {
        return i18n::text(language, "respond.incident.report." + key);
    };
    const ReportIssued& body = report.body;
    PrintedReport out;
    out.number = body.number;
    out.report_kind = body.report_kind;
    out.heading = heading_of(body.number, body.report_kind, language);
    out.incident_title = board.title;
    out.incident_number = board.number;
    // As strict as the strictest of what this reader gets.
    Tlp tlp = board.visibility->tlp;
    if (!board.world.is_live()) out.stamp = i18n::text(language, "respond.incident.drill_stamp");
    out.from = council.name_of(body.on_behalf_of.value_or(body.organisation), language);
    out.to = std::move(to);
    out.issued_at = report.said.at;
    out.up_to = body.up_to;
    for (std::size_t i = 0; i < body.items.size(); ++i) {
        const ReportItem& item = body.items[i];
        PrintedItem printed;
        printed.number = static_cast<int>(i) + 1;
        printed.name = i18n::text(language, item_key(i, "name"));
        const bool seen = !item.readers || may_see(reader, item.readers->visibility());
        if (!seen) {
            printed.withheld = true;
            printed.text = text("withheld");
            ++out.withheld;
        } else if (!item.text) {
            printed.unknown = true;
            printed.text = text("unknown");
        } else {
            printed.text = *item.text;
            if (item.readers) tlp = std::max(tlp, item.readers->tlp);
        }
        out.items.push_back(std::move(printed));
    }
    add_words(out, tlp, told, reader, council, zone, language);
    out.label = label_of(tlp);
    if (body.form) {
        const ReportForm& form = *body.form;
        out.form = form.form;
        out.form_name = text("form." + std::string(json::name_of(form.form)));
        const auto field = [&](const std::string& name, std::string value) {
            out.fields.push_back(
                {text("form.field." + name), value.empty() ? text("unknown") : std::move(value)});
        };
        const auto words = [&](const std::string& name, const std::optional<std::string>& value) {
            field(name, value.value_or(""));
        };
        const auto time = [&](const std::string& name, const std::optional<Instant>& at) {
            field(name, at ? format_for_people(*at, zone, language) : "");
        };
        const auto choice = [&](const std::string& name, YesNo value) {
            field(name, text("form." + std::string(json::name_of(value))));
        };
        field("report_kind", text("kind." + std::string(json::name_of(body.report_kind))));
        time("occurred_at", form.occurred_at);
        time("detected_at", form.detected_at);
        words("impact", form.impact);
        choice("service_level_deviation", form.service_level_deviation);
        words("first_measures", form.first_measures);
        if (form.form == FormKind::ransomware) {
            choice("ransom_note", form.ransom_note);
            words("file_extension", form.file_extension);
            words("ransomware_kind", form.ransomware_kind);
        } else {
            words("attack_target", form.attack_target);
            words("attack_volume", form.attack_volume);
        }
        words("intrusion", form.intrusion);
        words("indicators", form.indicators);
        choice("personal_data", form.personal_data);
        if (form.persons) field("persons", std::to_string(*form.persons));
        words("contact", form.contact);
        // The form says again what the items say; if the damage is withheld, so is the form.
        if (out.withheld > 0) {
            out.fields.clear();
            out.fields.push_back({out.form_name, text("form_withheld")});
        }
    }
    return out;
}

std::string report_subject(const PrintedReport& report) {
    return report.stamp + "[" + report.label + "] " + report.heading + " " + report.incident_title;
}

std::string report_text(const PrintedReport& report, std::string_view zone, Language language) {
    const auto line = [&](std::string_view key, Arguments arguments) {
        return i18n::text(language, "respond.incident.report." + std::string(key), arguments) +
               "\n";
    };
    std::string out;
    if (!report.stamp.empty()) out += report.stamp + "\n";
    out += report.label + "\n\n";
    out += report.heading + "  " + report.incident_title + "\n";
    out += line("text.issued", {{"time", format_for_people(report.issued_at, zone, language)},
                                {"from", report.from}});
    if (!report.to.empty()) out += line("text.to", {{"to", report.to}});
    for (const auto& item : report.items) out += "\n" + item.name + "\n" + item.text + "\n";
    if (report.form) {
        out += "\n" + report.form_name + "\n";
        for (const auto& field : report.fields) out += field.name + ": " + field.text + "\n";
    }
    const auto section = [&](std::string_view key, const std::vector<PrintedField>& fields) {
        if (fields.empty()) return;
        out += "\n" + line(key, {});
        for (const auto& field : fields) out += field.name + "\n" + field.text + "\n";
    };
    section("questions", report.questions);
    section("advice", report.advice);
    if (report.withheld > 0)
        out += "\n" + line("text.withheld", {{"count", std::to_string(report.withheld)}});
    out += "\n" + report.label + "\n";
    if (!report.stamp.empty()) out += report.stamp + "\n";
    return out;
}

std::string report_html(const PrintedReport& report, std::string_view zone, Language language) {
    const auto cell = [](std::string_view name, std::string_view text) {
        return "<tr><th scope=\"row\">" + escape_html(name) + "</th><td>" + escape_html(text) +
               "</td></tr>\n";
    };
    const std::string label =
        "<p class=\"tlp\">" + escape_html(report.stamp + report.label) + "</p>\n";
    std::string out = "<!doctype html>\n<html lang=\"";
    out += i18n::code_of(language);
    out += "\"><head><meta charset=\"utf-8\"><title>" + escape_html(report_subject(report)) +
           "</title><style>body{font:16px/1.7 'Noto Sans JP','Noto Sans CJK JP',sans-serif;"
           "max-width:48rem;margin:1rem auto;padding:0 1rem;color:#1a1a1c}"
           "table{border-collapse:collapse;width:100%}"
           "th,td{border:1px solid #767676;padding:.5rem;text-align:left;vertical-align:top}"
           "th{width:30%;background:#f1f1f4}.tlp{text-align:right;font-weight:bold}"
           "</style></head><body>\n";
    out += label;
    out += "<h1>" + escape_html(report.heading) + " " + escape_html(report.incident_title) +
           "</h1>\n<p>" +
           escape_html(i18n::text(language, "respond.incident.report.text.issued",
                                  {{"time", format_for_people(report.issued_at, zone, language)},
                                   {"from", report.from}})) +
           "</p>\n";
    if (!report.to.empty())
        out += "<p>" +
               escape_html(
                   i18n::text(language, "respond.incident.report.text.to", {{"to", report.to}})) +
               "</p>\n";
    out += "<table>\n";
    for (const auto& item : report.items) out += cell(item.name, item.text);
    out += "</table>\n";
    if (report.form) {
        out += "<h2>" + escape_html(report.form_name) + "</h2>\n<table>\n";
        for (const auto& field : report.fields) out += cell(field.name, field.text);
        out += "</table>\n";
    }
    const auto section = [&](std::string_view key, const std::vector<PrintedField>& fields) {
        if (fields.empty()) return;
        out += "<h2>" +
               escape_html(i18n::text(language, "respond.incident.report." + std::string(key))) +
               "</h2>\n<table>\n";
        for (const auto& field : fields) out += cell(field.name, field.text);
        out += "</table>\n";
    };
    section("questions", report.questions);
    section("advice", report.advice);
    if (report.withheld > 0)
        out += "<p>" +
               escape_html(i18n::text(language, "respond.incident.report.text.withheld",
                                      {{"count", std::to_string(report.withheld)}})) +
               "</p>\n";
    return out + label + "</body></html>\n";
}

std::string report_sms(const PrintedReport& report, Language language) {
    const std::string lead = report.stamp + "[" + report.label + "] " + report.heading + " ";
    const std::string rest =
        i18n::text(language, "respond.incident.report.sms_rest");  // where the whole of it is
    const std::size_t taken = length_of(lead) + length_of(rest);
    const std::size_t room = sms_limit > taken + 1 ? sms_limit - taken - 1 : 1;
    std::string middle = shortened(report.incident_title, room / 2);
    // Content, then the state of recovery: what a person on the way needs first.
    for (const std::size_t index : {1U, 3U}) {
        if (index >= report.items.size()) continue;
        const auto& item = report.items[index];
        if (item.withheld || item.unknown) continue;
        const std::size_t used = length_of(middle) + 1;
        if (used + 8 > room) break;
        const std::size_t share = index == 1 ? (room - used) * 2 / 3 : room - used;
        middle += "/" + shortened(item.text, share > 1 ? share - 1 : 1);
    }
    return lead + shortened(middle, room) + rest;
}

// ---- the next one --------------------------------------------------------------------------

ReportDraft draft_report(const Board& board, const Case& of, const Viewer& reader,
                         const Boards& boards, const council::State& council,
                         const port::State& port, std::string_view zone, Language language) {
    ReportDraft draft;
    draft.after = static_cast<std::uint32_t>(of.reports.size());
    draft.report_kind = draft.after == 0 ? ReportKind::first : ReportKind::follow_up;
    const ReportIssued* before = of.reports.empty() ? nullptr : &of.reports.back().body;
    if (before != nullptr) draft.form = before->form;
    const Number since = before == nullptr ? 0 : before->up_to;
    for (Number number = since + 1; number <= board.last_number(); ++number)
        if (may_see(reader, boards.visibility_of(board, board.line(number)))) ++draft.entries_since;

    const auto terminals = [&] {
        std::string names;
        for (const auto& terminal : board.terminals) {
            if (!names.empty()) names += language == Language::ja ? "、" : ", ";
            names += port.name_of(terminal, language);
        }
        return names;
    };
    const auto known = [&](std::size_t index) -> std::optional<std::string> {
        std::string out;
        const auto add = [&](const std::string& line) {
            if (line.empty()) return;
            if (!out.empty()) out += "\n";
            out += line;
        };
        switch (index) {
        case 0:
            add(format_for_people(board.began_at, zone, language));
            add(terminals());
            add(board.source);
            break;
        case 1:
            add(board.title);
            add(board.summary);
            if (!board.cause.empty())
                add(i18n::text(language, "respond.incident.report.draft.cause",
                               {{"cause", board.cause}}));
            break;
        case 2:
            for (const Effect effect : board.effects)
                add(i18n::text(language, "respond.incident.report.effect." +
                                             std::string(json::name_of(effect))));
            break;
        case 3:
            for (const auto& history : board.milestones) {
                const auto& last = history.said.back();
                add(i18n::text(
                    language,
                    "respond.incident.report.draft." + std::string(json::name_of(last.state)),
                    {{"terminal", port.name_of(history.terminal, language)},
                     {"milestone",
                      i18n::text(language, "respond.incident.milestone." +
                                               std::string(json::name_of(history.milestone)))},
                     {"time", format_for_people(last.time, zone, language)}}));
            }
            break;
        case 5: {
            const auto first = told(board, council);
            for (std::size_t i = 0; i < first.size(); ++i)
                if (first[i].at)
                    add(i18n::text(
                        language, "respond.incident.report.draft.told",
                        {{"audience", i18n::text(language, "respond.incident.audience." +
                                                               std::string(audience_names[i]))},
                         {"time", format_for_people(*first[i].at, zone, language)}}));
            break;
        }
        default: break;
        }
        if (out.empty()) return {};
        return out;
    };
    for (std::size_t i = 0; i < report_items; ++i) {
        DraftItem item;
        item.number = static_cast<int>(i) + 1;
        item.name = i18n::text(language, item_key(i, "name"));
        item.minimum = i18n::text(language, item_key(i, "minimum"));
        item.better = i18n::text(language, item_key(i, "better"));
        if (before != nullptr) {
            const auto& earlier = before->items[i];
            const bool seen = !earlier.readers || may_see(reader, earlier.readers->visibility());
            if (seen) {
                item.text = earlier.text;
                item.from_before = earlier.text.has_value();
                if (earlier.readers)
                    item.readers = Readers{earlier.readers->tlp, earlier.readers->organisations,
                                           earlier.readers->people, earlier.readers->investigators};
            }
        }
        if (!item.text) item.text = known(i);
        draft.items.push_back(std::move(item));
    }
    return draft;
}

}  // namespace noroshi::respond::incident
