#include "respond/incident/incident.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "kernel/i18n/line.h"
#include "kernel/json/json.h"
#include "respond/incident/incident_attachment.h"
#include "respond/incident/incident_checks.h"

namespace noroshi::respond::incident {

using journal::Place;
using journal::World;
using Card = State::Card;

namespace {

std::unexpected<Error> conflict(std::string key, Arguments arguments = {}) {
    return fail(ErrorKind::conflict, std::move(key), std::move(arguments));
}

std::string text_of(std::uint64_t number) { return std::to_string(number); }

struct Reached {
    std::vector<OrganisationId> organisations;
    std::vector<std::string> audiences;
};

// Whom an entry was sent to: the audiences named, and what the receiver organisations are.
Result<Reached> check_receivers(const Asked& asked, const EntryRequest& request) {
    Reached reached;
    if (request.receiver_organisations.size() > parties_limit)
        return invalid("respond.incident.too_many", "/receiver_organisations",
                       {{"limit", text_of(parties_limit)}});
    std::set<Audience> audiences;
    for (std::size_t i = 0; i < request.audiences.size(); ++i) {
        const auto audience = audience_of(request.audiences[i]);
        if (!audience) {
            std::string allowed;
            for (const auto name : audience_names)
                allowed += (allowed.empty() ? "" : ", ") + std::string(name);
            return invalid("kernel.json.not_one_of", "/audiences/" + text_of(i),
                           {{"value", request.audiences[i]}, {"allowed", allowed}});
        }
        audiences.insert(*audience);
    }
    for (std::size_t i = 0; i < request.receiver_organisations.size(); ++i) {
        const auto& id = request.receiver_organisations[i];
        const auto* organisation = asked.council.find(id);
        if (organisation == nullptr)
            return invalid("respond.incident.organisation_unknown",
                           "/receiver_organisations/" + text_of(i), {{"organisation", id.text}});
        add_once(reached.organisations, id);
        if (const auto audience = audience_of(json::name_of(organisation->kind)))
            audiences.insert(*audience);
    }
    for (const Audience audience : audiences) reached.audiences.emplace_back(name_of(audience));
    return reached;
}

// 指示 exists within one organisation only; towards another it is 要請. Free text cannot be checked.
Result<> check_order(const Asked& asked, const EntryRequest& request) {
    if (request.kind != EntryKind::order) return {};
    const OrganisationId& sender =
        request.on_behalf_of ? *request.on_behalf_of : asked.by.organisation;
    for (const auto& receiver : request.receiver_organisations)
        if (receiver != sender)
            return invalid("respond.incident.order_between_organisations", "/kind");
    return {};
}

Result<std::vector<Attachment>> check_attachments(const Asked& asked, const Card& incident,
                                                  const std::vector<std::string>& names) {
    if (names.size() > attachments_limit)
        return invalid("respond.incident.too_many", "/attachments",
                       {{"limit", text_of(attachments_limit)}});
    std::vector<Attachment> attachments;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto file = std::ranges::find_if(incident.files, [&](const Card::File& f) {
            return f.attachment.sha256 == names[i] &&
                   (f.uploaded_by == asked.by.person ||
                    std::ranges::any_of(f.entries, [&](Number number) {
                        return asked.state.may_see_entry(asked.by.viewer, incident, number);
                    }));
        });
        if (file == incident.files.end())
            return invalid("respond.incident.attachment_unknown", "/attachments/" + text_of(i),
                           {{"sha256", names[i]}});
        if (std::ranges::find(attachments, file->attachment) == attachments.end())
            attachments.push_back(file->attachment);
    }
    return attachments;
}

Result<> check_version(const Card& incident, std::optional<std::uint64_t> expected) {
    if (!expected) return invalid("respond.incident.version_missing", "");
    if (*expected == incident.version) return {};
    return conflict("respond.incident.changed_meanwhile",
                    {{"expected", text_of(*expected)}, {"version", text_of(incident.version)}});
}

// An entry that says something about another: the bare line, to be completed by the caller.
Result<Decided<EntryAdded>> remark(const Asked& asked, const IncidentId& id, Number number,
                                   const RemarkRequest& request, std::string_view otherwise) {
    TRY_LET(const Card* incident, find_to_write(asked, id));
    TRY(check_number(asked, *incident, number, ""));
    if (const auto newer = incident->corrected_by.find(number);
        newer != incident->corrected_by.end())
        return conflict("respond.incident.entry_corrected",
                        {{"number", text_of(number)}, {"by", text_of(newer->second)}});
    TRY(check_optional(request.content, content_limit, "/content"));
    TRY(check_on_behalf_of(asked, request.on_behalf_of, incident->world));
    const Instant world_now = asked.state.now_in(incident->world, asked.now);
    TRY_LET(const Instant event_time, check_event_time(request.event_time, world_now));

    Decided<EntryAdded> out{place_of(*incident, id, event_time), {}};
    out.body.number = incident->next_number();
    out.body.organisation = asked.by.organisation;
    out.body.on_behalf_of = other_than_own(asked.by, request.on_behalf_of);
    out.body.content = given(request.content).value_or(std::string(otherwise));
    // What is said about a narrow entry is as narrow.
    if (const auto* own = asked.state.own_visibility(*incident, number)) {
        out.place.visibility = *own;
        out.body.narrowed = true;
    }
    return out;
}

Result<> check_task(const Card& incident, Number number) {
    const EntryKind kind = incident.kind_of(number);
    if (kind == EntryKind::order || kind == EntryKind::request) return {};
    return invalid("respond.incident.not_a_task", "", {{"number", text_of(number)}});
}

}  // namespace

// ---- roles ---------------------------------------------------------------------------------

const std::vector<Role>& roles_that_open() {
    static const std::vector<Role> roles{Role::duty_officer,    Role::leader,  Role::clerk,
                                         Role::security_person, Role::liaison, Role::administrator};
    return roles;
}
const std::vector<Role>& roles_that_read() {
    static const std::vector<Role> roles{
        Role::duty_officer,    Role::leader,        Role::clerk,
        Role::security_person, Role::liaison,       Role::member,
        Role::observer,        Role::administrator, Role::investigator};
    return roles;
}
const std::vector<Role>& roles_that_write() {
    static const std::vector<Role> roles{Role::duty_officer,    Role::leader,      Role::clerk,
                                         Role::security_person, Role::liaison,     Role::member,
                                         Role::administrator,   Role::investigator};
    return roles;
}
const std::vector<Role>& roles_that_correct_intake() { return roles_that_open(); }
const std::vector<Role>& roles_that_close() {
    static const std::vector<Role> roles{Role::duty_officer, Role::leader};
    return roles;
}
const std::vector<Role>& roles_that_share() {
    static const std::vector<Role> roles{Role::duty_officer, Role::leader, Role::security_person};
    return roles;
}

bool has_any(const Principal& principal, const std::vector<Role>& roles) {
    return std::ranges::any_of(roles, [&](Role role) { return principal.has(role); });
}

bool may_share(const council::State& council, const Principal& by,
               const OrganisationId& opened_by) {
    return std::ranges::any_of(by.roles, [&](const RoleIn& held) {
        if (std::ranges::count(roles_that_share(), held.role) == 0) return false;
        const auto* organisation = council.find(held.organisation);
        return held.organisation == opened_by ||
               (organisation != nullptr &&
                organisation->kind == council::OrganisationKind::port_manager);
    });
}

bool takes_part_in(const Principal& principal, const World& world) {
    return !world.is_live() || std::ranges::any_of(principal.roles, [](const RoleIn& r) {
        return r.role != Role::administrator && r.role != Role::observer;
    });
}

bool may_write_on_behalf(const Principal& principal, const World& world) {
    if (has_any(principal, {Role::duty_officer, Role::clerk, Role::liaison})) return true;
    return !world.is_live() && has_any(principal, {Role::leader, Role::administrator});
}

Result<const Card*> find_visible(const Asked& asked, const IncidentId& id) {
    const Card* incident = asked.state.find(id);
    if (incident == nullptr || !may_see(asked.by.viewer, *incident->visibility))
        return fail(ErrorKind::not_found, "respond.incident.unknown");
    return incident;
}

// ---- the incident --------------------------------------------------------------------------

Visibility default_visibility(const council::State& council, const Principal& by,
                              const std::optional<OrganisationId>& on_behalf_of,
                              const World& world) {
    const auto* own = council.find(by.organisation);
    Visibility visibility;
    // The port manager tells the port. An operator tells the port manager, and decides itself who
    // else is to know. An exercise is everybody's.
    if (!world.is_live() ||
        (own != nullptr && own->kind == council::OrganisationKind::port_manager && !on_behalf_of)) {
        visibility.tlp = Tlp::green;
        if (own != nullptr && !own->member) add_once(visibility.organisations, by.organisation);
    } else {
        visibility.tlp = Tlp::amber;
        for (const auto* manager :
             council.organisations_of(council::OrganisationKind::port_manager))
            add_once(visibility.organisations, manager->id);
        add_once(visibility.organisations, by.organisation);
        if (on_behalf_of) add_once(visibility.organisations, *on_behalf_of);
    }
    make_canonical(visibility);
    return visibility;
}

Result<Decided<IncidentOpened>> open_incident(const Asked& asked, const IncidentId& id,
                                              const OpenRequest& request) {
    const World world{request.exercise.value_or(ExerciseId{})};
    if (!world.is_live()) {
        const auto* exercise = asked.state.find_exercise(world.exercise);
        if (exercise == nullptr || !may_see(asked.by.viewer, *exercise->visibility))
            return invalid("respond.incident.exercise_unknown", "/exercise");
        if (exercise->ended) return conflict("respond.incident.exercise_ended");
    }
    TRY(check_takes_part(asked.by, world));
    TRY_LET(auto title, i18n::line(request.title, title_limit, "/title"));
    TRY_LET(auto effects, check_effects(request.effects));
    TRY(check_optional(request.summary, summary_limit, "/summary"));
    TRY(check_optional(request.cause, name_limit, "/cause"));
    TRY(check_optional(request.source, name_limit, "/source"));
    TRY_LET(auto terminals, check_terminals(asked, request.terminals));
    TRY(check_on_behalf_of(asked, request.on_behalf_of, world));
    TRY_LET(const Instant event_time,
            check_event_time(request.event_time, asked.state.now_in(world, asked.now)));
    const auto on_behalf_of = other_than_own(asked.by, request.on_behalf_of);
    Visibility visibility = default_visibility(asked.council, asked.by, on_behalf_of, world);
    if (request.visibility) {
        TRY_LET(visibility,
                check_visibility(asked, *request.visibility, on_behalf_of, "/visibility"));
    }

    IncidentOpened body;
    body.number = asked.state.next_incident_number(world);
    body.title = std::move(title);
    body.effects = std::move(effects);
    body.organisation = asked.by.organisation;
    body.on_behalf_of = on_behalf_of;
    body.cause = given(request.cause);
    body.summary = given(request.summary);
    body.source = given(request.source);
    body.terminals = given(std::move(terminals));
    return Decided<IncidentOpened>{
        Place{stream_of(id), std::move(visibility), world, event_time, {}}, std::move(body)};
}

Result<Decided<IntakeCorrected>> correct_intake(const Asked& asked, const IncidentId& id,
                                                std::optional<std::uint64_t> expected,
                                                const IntakeRequest& request) {
    TRY_LET(const Card* incident, find_to_write(asked, id));
    TRY(check_version(*incident, expected));
    TRY_LET(auto title, i18n::line(request.title, title_limit, "/title"));
    TRY_LET(auto effects, check_effects(request.effects));
    TRY(check_optional(request.summary, summary_limit, "/summary"));
    TRY(check_optional(request.cause, name_limit, "/cause"));
    TRY(check_optional(request.source, name_limit, "/source"));
    TRY_LET(auto terminals, check_terminals(asked, request.terminals));
    const Instant world_now = asked.state.now_in(incident->world, asked.now);
    if (request.event_time) TRY(check_event_time(request.event_time, world_now));

    IntakeCorrected body;
    body.title = std::move(title);
    body.effects = std::move(effects);
    body.cause = given(request.cause);
    body.summary = given(request.summary);
    body.source = given(request.source);
    body.terminals = given(std::move(terminals));
    if (request.event_time && *request.event_time != incident->began_at)
        body.began_at = request.event_time;
    return Decided<IntakeCorrected>{place_of(*incident, id, world_now), std::move(body)};
}

Result<Decided<VisibilityChanged>> change_visibility(const Asked& asked, const IncidentId& id,
                                                     std::optional<std::uint64_t> expected,
                                                     const ShareRequest& request) {
    TRY_LET(const Card* incident, find_to_write(asked, id));
    if (!may_share(asked.council, asked.by, incident->organisation))
        return fail(ErrorKind::forbidden, "respond.incident.not_yours_to_share");
    TRY(check_version(*incident, expected));
    TRY(check_optional(request.reason, note_limit, "/reason"));
    TRY_LET(auto visibility,
            check_visibility(
                asked, {request.tlp, request.organisations, request.people, request.investigators},
                {}, ""));
    Decided<VisibilityChanged> out{
        place_of(*incident, id, asked.state.now_in(incident->world, asked.now)),
        {given(request.reason)}};
    out.place.visibility = std::move(visibility);
    return out;
}

Result<Decided<IncidentClosed>> close(const Asked& asked, const IncidentId& id,
                                      const ReasonRequest& request) {
    TRY_LET(const Card* incident, find_to_write(asked, id));
    if (!incident->open) return conflict("respond.incident.already_closed");
    TRY(check_optional(request.reason, note_limit, "/reason"));
    return Decided<IncidentClosed>{
        place_of(*incident, id, asked.state.now_in(incident->world, asked.now)),
        {given(request.reason), {}}};
}

Result<Decided<IncidentReopened>> reopen(const Asked& asked, const IncidentId& id,
                                         const ReasonRequest& request) {
    TRY_LET(const Card* incident, find_to_write(asked, id));
    if (incident->open) return conflict("respond.incident.already_open");
    if (const auto* exercise = asked.state.find_exercise(incident->world.exercise);
        exercise != nullptr && exercise->ended)
        return conflict("respond.incident.exercise_ended");
    TRY(check_optional(request.reason, note_limit, "/reason"));
    return Decided<IncidentReopened>{
        place_of(*incident, id, asked.state.now_in(incident->world, asked.now)),
        {given(request.reason)}};
}

// ---- the chronology ------------------------------------------------------------------------

Result<Decided<EntryAdded>> add_entry(const Asked& asked, const IncidentId& id,
                                      const EntryRequest& request) {
    TRY_LET(const Card* incident, find_to_write(asked, id));
    if (is_blank(request.content)) return invalid("respond.incident.content_missing", "/content");
    TRY(check_length(request.content, content_limit, "/content"));
    TRY(check_optional(request.sender, name_limit, "/sender"));
    TRY(check_optional(request.receiver, name_limit, "/receiver"));
    TRY(check_optional(request.medium, name_limit, "/medium"));
    const Instant world_now = asked.state.now_in(incident->world, asked.now);
    TRY_LET(const Instant event_time, check_event_time(request.event_time, world_now));
    TRY(check_on_behalf_of(asked, request.on_behalf_of, incident->world));
    TRY_LET(auto reached, check_receivers(asked, request));
    TRY(check_order(asked, request));
    TRY_LET(auto attachments, check_attachments(asked, *incident, request.attachments));
    if (request.corrects) TRY(check_number(asked, *incident, *request.corrects, "/corrects"));
    const bool is_task = request.kind == EntryKind::order || request.kind == EntryKind::request;
    if (request.due && !is_task) return invalid("respond.incident.due_without_task", "/due");

    Decided<EntryAdded> out{place_of(*incident, id, event_time), {}};
    EntryAdded& body = out.body;
    if (request.visibility) {
        TRY_LET(auto visibility,
                check_visibility(asked, *request.visibility,
                                 other_than_own(asked.by, request.on_behalf_of), "/visibility"));
        if (!fits_into(asked, visibility, *incident->visibility))
            return invalid("respond.incident.wider_than_incident", "/visibility",
                           {{"tlp", std::string(label_of(incident->visibility->tlp))}});
        if (visibility != *incident->visibility) {
            out.place.visibility = std::move(visibility);
            body.narrowed = true;
        }
    } else if (request.corrects) {
        // The corrected text of a narrow entry does not become known to all by being corrected.
        if (const auto* own = asked.state.own_visibility(*incident, *request.corrects)) {
            out.place.visibility = *own;
            body.narrowed = true;
        }
    }
    body.number = incident->next_number();
    if (request.kind != EntryKind::fact) body.entry_kind = request.kind;
    if (request.confirmed) body.confirmed = true;
    body.organisation = asked.by.organisation;
    body.on_behalf_of = other_than_own(asked.by, request.on_behalf_of);
    body.sender = given(request.sender);
    body.receiver = given(request.receiver);
    body.medium = given(request.medium);
    body.content = request.content;
    body.corrects = request.corrects;
    body.due = request.due;
    body.receiver_organisations = given(std::move(reached.organisations));
    body.audiences = given(std::move(reached.audiences));
    body.attachments = given(std::move(attachments));
    if (request.voluntary.value_or(false) ||
        (request.corrects && incident->voluntary.contains(*request.corrects)))
        body.voluntary = true;
    return out;
}

Result<Decided<EntryAdded>> confirm(const Asked& asked, const IncidentId& id, Number number,
                                    const RemarkRequest& request, std::string_view otherwise) {
    TRY_LET(auto out, remark(asked, id, number, request, otherwise));
    out.body.confirms = number;
    out.body.confirmed = true;
    return out;
}

Result<Decided<EntryAdded>> complete(const Asked& asked, const IncidentId& id, Number number,
                                     const RemarkRequest& request, std::string_view otherwise) {
    TRY_LET(auto out, remark(asked, id, number, request, otherwise));
    const Card& incident = *asked.state.find(id);
    TRY(check_task(incident, number));
    if (const auto done = incident.done_by.find(number); done != incident.done_by.end())
        return conflict("respond.incident.already_done",
                        {{"number", text_of(number)}, {"by", text_of(done->second)}});
    out.body.completes = number;
    return out;
}

Result<Decided<EntryAdded>> reopen_task(const Asked& asked, const IncidentId& id, Number number,
                                        const RemarkRequest& request, std::string_view otherwise) {
    TRY_LET(auto out, remark(asked, id, number, request, otherwise));
    const Card& incident = *asked.state.find(id);
    TRY(check_task(incident, number));
    if (!incident.done_by.contains(number))
        return conflict("respond.incident.not_done_yet", {{"number", text_of(number)}});
    out.body.reopens = number;
    return out;
}

// ---- milestones and attachments ------------------------------------------------------------

Result<Decided<MilestoneSet>> set_milestone(const Asked& asked, const IncidentId& id,
                                            const MilestoneRequest& request) {
    TRY_LET(const Card* incident, find_to_write(asked, id));
    if (!knows_terminal(asked, request.terminal))
        return invalid("respond.incident.terminal_unknown", "/terminal",
                       {{"terminal", request.terminal.text}});
    TRY(check_optional(request.note, note_limit, "/note"));
    TRY(check_optional(request.confirmed_by, name_limit, "/confirmed_by"));
    TRY(check_optional(request.evidence, note_limit, "/evidence"));
    TRY(check_on_behalf_of(asked, request.on_behalf_of, incident->world));
    if (request.entry) TRY(check_number(asked, *incident, *request.entry, "/entry"));
    const Instant world_now = asked.state.now_in(incident->world, asked.now);
    TRY_LET(const Instant event_time, check_event_time(request.event_time, world_now));
    if (request.time < earliest_event)
        return invalid("respond.incident.event_time_too_old", "/time",
                       {{"time", format_rfc3339(request.time)}});
    // A promise lies ahead; what was reached cannot.
    if (request.state == MilestoneState::reached && request.time > world_now + future_limit)
        return invalid("respond.incident.event_time_future", "/time",
                       {{"time", format_rfc3339(request.time)}});

    Decided<MilestoneSet> out{place_of(*incident, id, event_time), {}};
    out.body.terminal = request.terminal;
    out.body.milestone = request.milestone;
    out.body.state = request.state;
    out.body.time = request.time;
    out.body.organisation = asked.by.organisation;
    out.body.on_behalf_of = other_than_own(asked.by, request.on_behalf_of);
    out.body.note = given(request.note);
    out.body.entry = request.entry;
    out.body.confirmed_by = given(request.confirmed_by);
    out.body.evidence = given(request.evidence);
    return out;
}

Result<Decided<AttachmentAdded>> add_attachment(const Asked& asked, const IncidentId& id,
                                                Attachment attachment) {
    TRY_LET(const Card* incident, find_to_write(asked, id));
    if (attachment.size == 0) return invalid("respond.incident.attachment_empty", "");
    if (attachment.size > attachment_bytes_limit)
        return invalid("respond.incident.attachment_too_large", "",
                       {{"limit_mib", text_of(attachment_bytes_limit / (1024 * 1024))}});
    attachment.name = harmless_name(attachment.name);
    attachment.media_type = harmless_media_type(attachment.media_type);
    Decided<AttachmentAdded> out{
        place_of(*incident, id, asked.state.now_in(incident->world, asked.now)),
        {std::move(attachment)}};
    out.place.visibility = Visibility{Tlp::red, {}, {asked.by.person}};
    return out;
}

// ---- text ----------------------------------------------------------------------------------

std::size_t length_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

}  // namespace noroshi::respond::incident
