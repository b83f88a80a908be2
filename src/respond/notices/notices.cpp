#include "respond/notices/notices.h"

#include <algorithm>

#include "kernel/i18n/line.h"

namespace noroshi::respond::notices {

namespace {

using council::OrganisationKind;

constexpr auto furthest = std::chrono::hours(24 * 366);

// Without blanks and empty lines around it.
std::string_view trimmed(std::string_view text) {
    for (;;) {
        auto rest = i18n::trimmed(text);
        while (!rest.empty() && (rest.front() == '\n' || rest.front() == '\r'))
            rest.remove_prefix(1);
        while (!rest.empty() && (rest.back() == '\n' || rest.back() == '\r')) rest.remove_suffix(1);
        if (rest.size() == text.size()) return text;
        text = rest;
    }
}

Result<std::string> checked_line(std::string_view text, std::size_t most, std::string_view pointer,
                                 i18n::Empty empty = i18n::Empty::refused) {
    return i18n::line(text, most, pointer, empty);
}

Visibility visibility_of(const Ground& ground, const Content& content,
                         const OrganisationId& author) {
    Visibility visibility{Tlp::amber_strict, {author}, {}};
    for (const auto* one : ground.council.organisations_of(OrganisationKind::port_manager))
        visibility.organisations.push_back(one->id);
    for (const auto& line : content.terminals)
        if (const auto* terminal = ground.port.find(line.terminal))
            visibility.organisations.push_back(terminal->operator_);
    std::erase_if(visibility.organisations, [](const auto& id) { return id.empty(); });
    std::ranges::sort(visibility.organisations);
    const auto [first, last] = std::ranges::unique(visibility.organisations);
    visibility.organisations.erase(first, last);
    return visibility;
}

// The organisations for which a person speaks as a terminal's operator.
bool speaks_for(const Principal& person, const OrganisationId& organisation) {
    return std::ranges::any_of(person.roles, [&](const RoleIn& role) {
        return role.organisation == organisation && role.role != Role::observer;
    });
}

bool touches(const TerminalLine& line, Topic topic) {
    switch (topic) {
    case Topic::service: return line.service != Service::unknown;
    case Topic::gate: return line.gate != Gate::unknown || line.wait_minutes || line.queue_metres;
    case Topic::restart: return line.restart_at.has_value();
    }
    return true;
}

bool same_topic(const TerminalLine& a, const TerminalLine& b, Topic topic) {
    switch (topic) {
    case Topic::service: return a.service == b.service;
    case Topic::gate:
        return a.gate == b.gate && a.wait_minutes == b.wait_minutes &&
               a.queue_metres == b.queue_metres;
    case Topic::restart: return a.restart_at == b.restart_at;
    }
    return false;
}

const TerminalLine* line_of(const std::optional<Content>& content, const TerminalId& terminal) {
    if (!content) return nullptr;
    for (const auto& line : content->terminals)
        if (line.terminal == terminal) return &line;
    return nullptr;
}

Result<> check_texts(const std::map<std::string, Words>& texts) {
    if (!texts.contains("ja")) return invalid("respond.notices.japanese_missing", "/texts/ja");
    if (texts.size() > languages_limit)
        return invalid("respond.notices.too_many", "/texts",
                       {{"limit", std::to_string(languages_limit)}});
    for (const auto& [tag, words] : texts) {
        const std::string pointer = "/texts/" + tag;
        if (!is_language_tag(tag))
            return invalid("respond.notices.not_a_language", pointer, {{"tag", tag}});
        TRY(checked_line(words.title, title_limit, pointer + "/title"));
        TRY(checked_text(words.body, body_limit, pointer + "/body"));
    }
    return {};
}

template <class T>
Result<> check_count(const std::vector<T>& lines, std::string pointer) {
    if (lines.size() <= lines_limit) return {};
    return invalid("respond.notices.too_many", std::move(pointer),
                   {{"limit", std::to_string(lines_limit)}});
}

Result<std::optional<Correction>> correction_of(const std::optional<Correction>& asked) {
    if (!asked) return std::optional<Correction>{};
    Correction correction{asked->edition, {}};
    if (!asked->texts.contains("ja"))
        return invalid("respond.notices.japanese_missing", "/correction/texts/ja");
    if (asked->texts.size() > languages_limit)
        return invalid("respond.notices.too_many", "/correction/texts",
                       {{"limit", std::to_string(languages_limit)}});
    for (const auto& [tag, text] : asked->texts) {
        const std::string pointer = "/correction/texts/" + tag;
        if (!is_language_tag(tag))
            return invalid("respond.notices.not_a_language", pointer, {{"tag", tag}});
        TRY_LET(correction.texts[tag], checked_text(text, reason_limit, pointer));
    }
    return std::optional(std::move(correction));
}

Result<std::optional<SafetyDeclaration>> safety_of(const std::optional<SafetyDeclaration>& asked,
                                                   Instant now) {
    if (!asked) return std::optional<SafetyDeclaration>{};
    auto safety = *asked;
    const std::string at = "/safety";
    TRY_LET(safety.by, checked_line(asked->by, title_limit, at + "/by"));
    TRY_LET(safety.by_en,
            checked_line(asked->by_en, title_limit, at + "/by_en", i18n::Empty::allowed));
    // Whoever declares safety without saying on what grounds is not believed a second time.
    TRY_LET(safety.evidence, checked_text(asked->evidence, body_limit, at + "/evidence"));
    if (!trimmed(asked->evidence_en).empty()) {
        TRY_LET(safety.evidence_en,
                checked_text(asked->evidence_en, body_limit, at + "/evidence_en"));
    }
    TRY(check_moment(safety.declared_at, now, at + "/declared_at"));
    if (safety.declared_at > now)
        return invalid("respond.notices.in_the_future", at + "/declared_at");
    return std::optional(std::move(safety));
}

// What was asked for, complete: every line says as of when.
Result<Content> content_of(const Ground& ground, const DraftRequest& request, Instant now) {
    TRY(check_texts(request.texts));
    TRY(check_count(request.terminals, "/terminals"));
    TRY(check_count(request.roads, "/roads"));
    TRY(check_moment(request.as_of, now, "/as_of"));
    TRY(check_moment(request.next_update_at, now, "/next_update_at"));
    Content content;
    content.phase = request.phase;
    content.texts = request.texts;
    for (auto& [tag, words] : content.texts) {
        words.title = i18n::trimmed(words.title);
        words.body = trimmed(words.body);
    }
    content.as_of = request.as_of.value_or(std::chrono::floor<std::chrono::minutes>(now));
    content.next_update_at = request.next_update_at;
    if (content.phase == Phase::resolved) content.next_update_at.reset();
    std::set<TerminalId> seen;
    for (std::size_t i = 0; i < request.terminals.size(); ++i) {
        auto line = request.terminals[i];
        const std::string pointer = "/terminals/" + std::to_string(i);
        if (ground.port.find(line.terminal) == nullptr)
            return invalid("respond.notices.unknown_terminal", pointer + "/terminal");
        if (!seen.insert(line.terminal).second)
            return invalid("respond.notices.terminal_twice", pointer + "/terminal");
        TRY(check_moment(line.restart_at, now, pointer + "/restart_at"));
        if (line.as_of == Instant{}) line.as_of = content.as_of;
        TRY(check_moment(line.as_of, now, pointer + "/as_of"));
        content.terminals.push_back(std::move(line));
    }
    for (std::size_t i = 0; i < request.roads.size(); ++i) {
        auto line = request.roads[i];
        const std::string pointer = "/roads/" + std::to_string(i);
        TRY_LET(line.name, checked_line(line.name, title_limit, pointer + "/name"));
        TRY_LET(line.name_en, checked_line(line.name_en, title_limit, pointer + "/name_en",
                                           i18n::Empty::allowed));
        if (line.as_of == Instant{}) line.as_of = content.as_of;
        TRY(check_moment(line.as_of, now, pointer + "/as_of"));
        content.roads.push_back(std::move(line));
    }
    content.ships = request.ships;
    if (content.ships && content.ships->as_of == Instant{}) content.ships->as_of = content.as_of;
    if (content.ships) TRY(check_moment(content.ships->as_of, now, "/ships/as_of"));
    TRY_LET(content.correction, correction_of(request.correction));
    TRY_LET(content.safety, safety_of(request.safety, now));
    return content;
}

// An operator's person writes about its own terminals, and about nothing that is the port's.
Result<> check_part(const Ground& ground, const Content& content,
                    const std::optional<Content>& before, const Principal& by) {
    if (is_of_port_manager(ground.council, by)) return {};
    if (content.terminals.empty()) return invalid("respond.notices.terminal_missing", "/terminals");
    for (std::size_t i = 0; i < content.terminals.size(); ++i) {
        const auto& line = content.terminals[i];
        const auto* terminal = ground.port.find(line.terminal);
        if (terminal != nullptr && speaks_for(by, terminal->operator_)) continue;
        const auto* same = line_of(before, line.terminal);
        if (same == nullptr || *same != line)
            return fail(ErrorKind::forbidden, "respond.notices.not_your_terminal", {},
                        "/terminals/" + std::to_string(i) + "/terminal");
    }
    const bool same_roads = before ? before->roads == content.roads : content.roads.empty();
    if (!same_roads) return fail(ErrorKind::forbidden, "respond.notices.not_yours", {}, "/roads");
    const bool same_ships = before ? before->ships == content.ships : !content.ships;
    if (!same_ships) return fail(ErrorKind::forbidden, "respond.notices.not_yours", {}, "/ships");
    const bool same_safety = before ? before->safety == content.safety : !content.safety;
    if (!same_safety)
        return fail(ErrorKind::forbidden, "respond.notices.not_port_manager", {}, "/safety");
    return {};
}

Result<const State::Notice*> visible(const Ground& ground, const NoticeId& id,
                                     const Principal& by) {
    const auto* notice = ground.state.find(id);
    if (notice == nullptr || !may_see(by.viewer, *notice->visibility))
        return fail(ErrorKind::not_found, "respond.notices.unknown");
    return notice;
}

journal::Place place_of(const Ground& ground, const State::Notice& notice, Version version) {
    return {stream_of(notice.id), *notice.visibility, notice.world,
            ground.incidents.now_in(notice.world, ground.now), version};
}

}  // namespace

bool is_of_port_manager(const council::State& council, const Principal& person) {
    return std::ranges::any_of(person.roles, [&](const RoleIn& role) {
        if (role.role == Role::observer) return false;
        const auto* organisation = council.find(role.organisation);
        return organisation != nullptr && organisation->kind == OrganisationKind::port_manager;
    });
}
Visibility port_manager_only(const council::State& council) {
    Visibility visibility{Tlp::amber_strict, {}, {}};
    for (const auto* one : council.organisations_of(council::OrganisationKind::port_manager))
        visibility.organisations.push_back(one->id);
    std::ranges::sort(visibility.organisations);
    return visibility;
}

Result<std::string> checked_text(std::string_view text, std::size_t most, std::string pointer) {
    TRY_LET(const auto length, i18n::length(text, pointer));
    if (length > most)
        return invalid("respond.notices.text_too_long", std::move(pointer),
                       {{"limit", std::to_string(most)}});
    if (trimmed(text).empty()) return invalid("respond.notices.text_missing", std::move(pointer));
    // What no XML document may contain would break every feed.
    if (std::ranges::any_of(text, [](char c) {
            return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r';
        }))
        return invalid("respond.notices.not_text", std::move(pointer));
    return std::string(trimmed(text));
}

Result<> check_moment(const std::optional<Instant>& at, Instant now, std::string pointer) {
    if (at && (*at > now + furthest || *at < now - furthest))
        return invalid("respond.notices.not_a_likely_time", std::move(pointer));
    return {};
}

bool is_language_tag(std::string_view tag) {
    if (tag.size() < 2 || tag.size() > 35) return false;
    std::size_t length = 0;
    bool first = true;
    for (const char c : tag) {
        if (c == '-') {
            if (length == 0 || (first && (length < 2 || length > 3))) return false;
            first = false;
            length = 0;
            continue;
        }
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        if (!letter && !(digit && !first)) return false;
        if (++length > 8) return false;
    }
    return length > 0 && (!first || length <= 3);
}

std::string stream_of(const NoticeId& id) { return "respond/notices/notices/" + id.text; }

const std::vector<Role>& roles_that_draft() {
    static const std::vector<Role> roles{Role::duty_officer,    Role::leader,  Role::clerk,
                                         Role::security_person, Role::liaison, Role::member};
    return roles;
}
const std::vector<Role>& roles_that_approve() {
    static const std::vector<Role> roles{Role::administrator, Role::duty_officer, Role::leader};
    return roles;
}
const std::vector<Role>& roles_that_hold() {
    static const std::vector<Role> roles{Role::duty_officer, Role::leader, Role::security_person,
                                         Role::liaison, Role::member};
    return roles;
}

// ---- decisions -----------------------------------------------------------------------------

Result<Decided<NoticeDrafted>> draft(const Ground& ground, const NoticeId& id,
                                     const DraftRequest& request, const Principal& by,
                                     Version version) {
    const auto* notice = ground.state.find(id);
    journal::World world;
    std::optional<IncidentId> incident = request.incident;
    std::optional<Content> before;
    if (notice != nullptr) {
        TRY(visible(ground, id, by));
        world = notice->world;
        incident = notice->incident;
        before = notice->draft;
        if (!before && !notice->editions.empty())
            before = notice->editions.back().published.content;
    } else if (incident) {
        const auto* about = ground.incidents.find(*incident);
        if (about == nullptr || !may_see(by.viewer, *about->visibility))
            return fail(ErrorKind::not_found, "respond.notices.unknown_incident", {}, "/incident");
        world = about->world;
    }
    const Instant now = ground.incidents.now_in(world, ground.now);
    TRY_LET(auto content, content_of(ground, request, now));
    if (content.correction) {
        const auto editions = notice == nullptr ? 0 : notice->editions.size();
        if (content.correction->edition < 1 || content.correction->edition > editions)
            return invalid("respond.notices.unknown_edition", "/correction/edition");
    }
    TRY(check_part(ground, content, before, by));
    journal::Place place{stream_of(id), visibility_of(ground, content, by.organisation), world, now,
                         version};
    return Decided<NoticeDrafted>{std::move(place),
                                  NoticeDrafted{incident, by.organisation, std::move(content), {}}};
}

Result<Decided<NoticeDrafted>> draft_content(const Ground& ground, const NoticeId& id,
                                             Content content, std::vector<TakenOver> taken,
                                             const Principal& by, Version version) {
    TRY_LET(const auto* notice, visible(ground, id, by));
    std::optional<Content> before = notice->draft;
    if (!before && !notice->editions.empty()) before = notice->editions.back().published.content;
    TRY(check_part(ground, content, before, by));
    auto place = place_of(ground, *notice, version);
    place.visibility = visibility_of(ground, content, by.organisation);
    return Decided<NoticeDrafted>{
        std::move(place),
        NoticeDrafted{notice->incident, by.organisation, std::move(content), std::move(taken)}};
}

std::vector<OrganisationId> agreements_missing(const State& state, const port::State& port,
                                               const State::Notice& notice) {
    std::vector<OrganisationId> missing;
    if (!notice.draft) return missing;
    std::optional<Content> published;
    if (!notice.editions.empty()) published = notice.editions.back().published.content;
    for (const auto& line : notice.draft->terminals) {
        const auto* terminal = port.find(line.terminal);
        if (terminal == nullptr || notice.agreed.contains(terminal->operator_)) continue;
        const auto* same = line_of(published, line.terminal);
        const bool needed =
            std::ranges::any_of(state.topics_of_operator(line.terminal), [&](Topic topic) {
                if (same != nullptr && same_topic(*same, line, topic)) return false;
                return touches(line, topic) || same != nullptr;
            });
        if (needed && std::ranges::find(missing, terminal->operator_) == missing.end())
            missing.push_back(terminal->operator_);
    }
    return missing;
}

Result<Decided<NoticePublished>> approve(const Ground& ground, const NoticeId& id,
                                         const Principal& by, Version version) {
    TRY_LET(const auto* notice, visible(ground, id, by));
    if (!is_of_port_manager(ground.council, by))
        return fail(ErrorKind::forbidden, "respond.notices.not_port_manager");
    if (!notice->draft) return fail(ErrorKind::conflict, "respond.notices.no_draft");
    if (std::ranges::find(notice->authors, by.person) != notice->authors.end())
        return fail(ErrorKind::forbidden, "respond.notices.own_draft");
    if (!notice->hold.empty())
        return fail(ErrorKind::conflict, "respond.notices.on_hold", {{"reason", notice->hold}});
    if (const auto missing = agreements_missing(ground.state, ground.port, *notice);
        !missing.empty())
        return fail(ErrorKind::conflict, "respond.notices.agreement_missing",
                    {{"organisation", ground.council.name_of(missing.front(), by.language)}});
    // Approved is what was read: another draft may have come in between.
    if (!version) return invalid("respond.notices.version_missing", "");
    auto place = place_of(ground, *notice, version);
    place.visibility = Visibility{Tlp::clear, {}, {}};
    return Decided<NoticePublished>{
        std::move(place), NoticePublished{static_cast<std::uint32_t>(notice->editions.size() + 1),
                                          notice->authors, *notice->draft}};
}

Result<Decided<DraftReturned>> send_back(const Ground& ground, const NoticeId& id,
                                         const ReasonRequest& request, const Principal& by,
                                         Version version) {
    TRY_LET(const auto* notice, visible(ground, id, by));
    if (!is_of_port_manager(ground.council, by))
        return fail(ErrorKind::forbidden, "respond.notices.not_port_manager");
    if (!notice->draft) return fail(ErrorKind::conflict, "respond.notices.no_draft");
    TRY_LET(auto reason, checked_text(request.reason, reason_limit, "/reason"));
    return Decided<DraftReturned>{place_of(ground, *notice, version), {std::move(reason)}};
}

Result<Decided<DraftAgreed>> agree(const Ground& ground, const NoticeId& id, const Principal& by,
                                   Version version) {
    TRY_LET(const auto* notice, visible(ground, id, by));
    if (!notice->draft) return fail(ErrorKind::conflict, "respond.notices.no_draft");
    for (const auto& line : notice->draft->terminals) {
        const auto* terminal = ground.port.find(line.terminal);
        if (terminal == nullptr || !speaks_for(by, terminal->operator_)) continue;
        if (!version) return invalid("respond.notices.version_missing", "");
        return Decided<DraftAgreed>{place_of(ground, *notice, version), {terminal->operator_}};
    }
    return fail(ErrorKind::forbidden, "respond.notices.not_your_terminal");
}

Result<Decided<HoldPlaced>> place_hold(const Ground& ground, const NoticeId& id,
                                       const ReasonRequest& request, const Principal& by) {
    TRY_LET(const auto* notice, visible(ground, id, by));
    if (!notice->hold.empty())
        return fail(ErrorKind::conflict, "respond.notices.on_hold", {{"reason", notice->hold}});
    TRY_LET(auto reason, checked_text(request.reason, reason_limit, "/reason"));
    return Decided<HoldPlaced>{place_of(ground, *notice, {}), {by.organisation, std::move(reason)}};
}

Result<Decided<HoldLifted>> lift_hold(const Ground& ground, const NoticeId& id,
                                      const LiftRequest& request, const Principal& by) {
    TRY_LET(const auto* notice, visible(ground, id, by));
    if (notice->hold.empty()) return fail(ErrorKind::conflict, "respond.notices.no_hold");
    if (!is_of_port_manager(ground.council, by))
        return fail(ErrorKind::forbidden, "respond.notices.not_port_manager");
    TRY_LET(auto consulted, checked_text(request.consulted, reason_limit, "/consulted"));
    return Decided<HoldLifted>{place_of(ground, *notice, {}),
                               {by.organisation, std::move(consulted)}};
}

namespace {

journal::Place at_the_desk(Version version) {
    return {std::string(desk_stream), Visibility{Tlp::green, {}, {}}, {}, {}, version};
}

}  // namespace

Result<Decided<SpokespersonsNamed>> name_spokespersons(const Ground& ground,
                                                       const SpokespersonsRequest& request,
                                                       Version version) {
    SpokespersonsNamed fact;
    std::set<PersonId> seen;
    TRY(check_count(request.spokespersons, "/spokespersons"));
    for (std::size_t i = 0; i < request.spokespersons.size(); ++i) {
        auto one = request.spokespersons[i];
        const std::string pointer = "/spokespersons/" + std::to_string(i);
        const auto* person = ground.council.find(one.person);
        if (person == nullptr || person->erased)
            return invalid("respond.notices.unknown_person", pointer + "/person");
        if (!seen.insert(one.person).second)
            return invalid("respond.notices.person_twice", pointer + "/person");
        TRY_LET(one.phone, checked_line(one.phone, 50, pointer + "/phone", i18n::Empty::allowed));
        fact.spokespersons.push_back(std::move(one));
    }
    return Decided<SpokespersonsNamed>{at_the_desk(version), std::move(fact)};
}

Result<Decided<DeskOpened>> open_desk(const DeskRequest& request, Version version) {
    using i18n::Empty;
    DeskOpened fact;
    TRY_LET(fact.name, checked_line(request.name, title_limit, "/name"));
    TRY_LET(fact.name_en, checked_line(request.name_en, title_limit, "/name_en", Empty::allowed));
    TRY_LET(fact.phone, checked_line(request.phone, 50, "/phone", Empty::allowed));
    TRY_LET(fact.email, checked_line(request.email, 254, "/email", Empty::allowed));
    TRY_LET(fact.hours, checked_line(request.hours, title_limit, "/hours", Empty::allowed));
    TRY_LET(fact.hours_en,
            checked_line(request.hours_en, title_limit, "/hours_en", Empty::allowed));
    if (fact.phone.empty() && fact.email.empty())
        return invalid("respond.notices.desk_unreachable", "/phone");
    return Decided<DeskOpened>{at_the_desk(version), std::move(fact)};
}

Result<Decided<RolesDivided>> divide_roles(const Ground& ground, const TerminalId& terminal,
                                           const DivisionRequest& request) {
    if (ground.port.find(terminal) == nullptr)
        return fail(ErrorKind::not_found, "respond.notices.unknown_terminal");
    RolesDivided fact{terminal, request.operators};
    std::ranges::sort(fact.operators);
    const auto [first, last] = std::ranges::unique(fact.operators);
    fact.operators.erase(first, last);
    return Decided<RolesDivided>{at_the_desk({}), std::move(fact)};
}

}  // namespace noroshi::respond::notices
