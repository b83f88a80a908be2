// Data providers: state and decisions. Pure.

#include "respond/notices/notices_providers.h"

#include <algorithm>

#include "kernel/i18n/line.h"
#include "kernel/journal/listen.h"

namespace noroshi::respond::notices {

namespace {

template <class Tag>
Id<Tag> id_in(std::string_view stream) {
    return Id<Tag>{std::string(stream.substr(stream.rfind('/') + 1))};
}

// Seen so long ago, a queue says nothing any more.
constexpr auto oldest_report = std::chrono::hours(24);
constexpr auto skew = std::chrono::minutes(5);

std::string report_stream(const ProviderId& id, const journal::World& world) {
    return "respond/notices/reports/" + id.text +
           (world.is_live() ? "" : "/" + world.exercise.text);
}

Visibility seen_by(const Ground& ground, const OrganisationId& office) {
    Visibility visibility = port_manager_only(ground.council);
    visibility.organisations.push_back(office);
    std::ranges::sort(visibility.organisations);
    const auto [first, last] = std::ranges::unique(visibility.organisations);
    visibility.organisations.erase(first, last);
    return visibility;
}

std::unexpected<Error> too_many(std::size_t limit, std::string pointer) {
    return invalid("respond.notices.too_many", std::move(pointer),
                   {{"limit", std::to_string(limit)}});
}

}  // namespace

bool ProviderState::Provider::tells(Subject subject) const {
    return std::ranges::find(kept.tells, subject) != kept.tells.end();
}

const ProviderState::Report* ProviderState::Provider::find(const journal::World& world,
                                                           std::uint32_t number) const {
    const auto found = heard.find(world.exercise);
    if (found == heard.end()) return nullptr;
    for (const auto& one : found->second.reports)
        if (one.said.number == number) return &one;
    return nullptr;
}

const ProviderState::Report* ProviderState::Provider::last(const journal::World& world) const {
    const auto found = heard.find(world.exercise);
    if (found == heard.end() || found->second.reports.empty()) return nullptr;
    return &found->second.reports.back();
}

void ProviderState::attach(journal::Listeners& side) {
    using journal::Envelope;
    using journal::World;
    journal::listen_live<ProviderKept>(side, [this](journal::Live<ProviderKept> fact) {
        const auto id = id_in<ProviderTag>(fact.at.stream);
        auto& one = providers_[id];
        one.id = id;
        one.kept = fact.body;
        one.version = fact.at.stream_version;
    });
    journal::listen_any<ProviderReported>(
        side, [this](const World& world, const ProviderReported& fact, const Envelope& at) {
            const auto found = providers_.find(fact.provider);
            if (found == providers_.end()) return;
            auto& heard = found->second.heard[world.exercise];
            heard.reports.push_back({fact, at.event_time});
            heard.count = fact.number;
            if (heard.reports.size() > reports_kept) heard.reports.erase(heard.reports.begin());
        });
    journal::listen_any<ProvidersAsked>(
        side, [this](const World& world, const ProvidersAsked& fact, const Envelope& at) {
            for (const auto& id : fact.providers)
                if (const auto found = providers_.find(id); found != providers_.end())
                    found->second.heard[world.exercise].asked_at = at.event_time;
            if (fact.notice && fact.before) asked_for_[*fact.notice] = *fact.before;
        });
    side.on_reset([this] {
        providers_.clear();
        asked_for_.clear();
    });
}

const ProviderState::Provider* ProviderState::find(const ProviderId& id) const {
    const auto found = providers_.find(id);
    return found == providers_.end() ? nullptr : &found->second;
}

std::optional<Instant> ProviderState::asked_for(const NoticeId& notice) const {
    const auto found = asked_for_.find(notice);
    if (found == asked_for_.end()) return {};
    return found->second;
}

// ---- decisions -----------------------------------------------------------------------------

bool may_report(const ProviderKept& provider, const PersonId& person,
                const std::vector<RoleIn>& roles) {
    if (provider.retired) return false;
    if (std::ranges::find(provider.people, person) != provider.people.end()) return true;
    return std::ranges::any_of(roles, [&](const RoleIn& role) {
        return role.organisation == provider.organisation && role.role != Role::observer;
    });
}

Result<Decided<ProviderKept>> keep_provider(const Ground& ground, const ProviderId& id,
                                            const ProviderRequest& request, Version version) {
    ProviderKept fact;
    fact.provider = request.provider;
    fact.retired = request.retired;
    TRY_LET(fact.name, i18n::line(request.name, title_limit, "/name"));
    TRY_LET(fact.name_en,
            i18n::line(request.name_en, title_limit, "/name_en", i18n::Empty::allowed));
    const auto* organisation = ground.council.find(request.organisation);
    if (organisation == nullptr)
        return invalid("respond.notices.unknown_organisation", "/organisation");
    fact.organisation = request.organisation;
    fact.tells = request.tells;
    std::ranges::sort(fact.tells);
    const auto [first, last] = std::ranges::unique(fact.tells);
    fact.tells.erase(first, last);
    if (fact.tells.empty()) return invalid("respond.notices.tells_nothing", "/tells");
    // Gates and terminals: only by whoever runs them.
    const bool of_terminals = std::ranges::find(fact.tells, Subject::terminals) != fact.tells.end();
    const bool runs_one = std::ranges::any_of(ground.port.terminals(), [&](const auto* terminal) {
        return terminal->operator_ == request.organisation;
    });
    if (of_terminals && !runs_one) return invalid("respond.notices.runs_no_terminal", "/tells");
    if (request.roads.size() > known_roads_limit) return too_many(known_roads_limit, "/roads");
    for (std::size_t i = 0; i < request.roads.size(); ++i) {
        const std::string pointer = "/roads/" + std::to_string(i);
        KnownRoad road;
        TRY_LET(road.name, i18n::line(request.roads[i].name, title_limit, pointer + "/name"));
        TRY_LET(road.name_en, i18n::line(request.roads[i].name_en, title_limit,
                                         pointer + "/name_en", i18n::Empty::allowed));
        if (std::ranges::find(fact.roads, road.name, &KnownRoad::name) != fact.roads.end())
            return invalid("respond.notices.road_twice", pointer + "/name");
        fact.roads.push_back(std::move(road));
    }
    const bool of_roads = std::ranges::find(fact.tells, Subject::roads) != fact.tells.end();
    if (of_roads && fact.roads.empty()) return invalid("respond.notices.roads_missing", "/roads");
    if (request.people.size() > lines_limit) return too_many(lines_limit, "/people");
    for (std::size_t i = 0; i < request.people.size(); ++i) {
        const std::string pointer = "/people/" + std::to_string(i);
        const auto* person = ground.council.find(request.people[i]);
        if (person == nullptr || person->erased)
            return invalid("respond.notices.unknown_person", pointer);
        if (std::ranges::find(fact.people, request.people[i]) != fact.people.end())
            return invalid("respond.notices.person_twice", pointer);
        fact.people.push_back(request.people[i]);
    }
    return Decided<ProviderKept>{
        {Providers::stream_of(id), Visibility{Tlp::green, {}, {}}, {}, {}, version},
        std::move(fact)};
}

Result<Decided<ProviderReported>> report(const Ground& ground, const ProviderState& providers,
                                         const ProviderId& id, const ReportRequest& request,
                                         const PersonId& by, const std::vector<RoleIn>& roles,
                                         ReportedBy way) {
    const auto* provider = providers.find(id);
    if (provider == nullptr) return fail(ErrorKind::not_found, "respond.notices.unknown_provider");
    if (provider->kept.retired ||
        (way != ReportedBy::telephone && !may_report(provider->kept, by, roles)))
        return fail(ErrorKind::forbidden, "respond.notices.not_your_office");
    journal::World world{request.exercise.value_or(ExerciseId{})};
    if (!world.is_live()) {
        const auto* exercise = ground.incidents.find_exercise(world.exercise);
        if (exercise == nullptr)
            return fail(ErrorKind::not_found, "respond.notices.unknown_exercise", {}, "/exercise");
        if (exercise->ended)
            return fail(ErrorKind::conflict, "respond.notices.exercise_over", {}, "/exercise");
    }
    const Instant now = ground.incidents.now_in(world, ground.now);
    ProviderReported fact;
    fact.provider = id;
    fact.by = by;
    fact.way = way;
    fact.as_of = std::chrono::floor<std::chrono::minutes>(request.as_of.value_or(now));
    if (fact.as_of > now + skew) return invalid("respond.notices.in_the_future", "/as_of");
    if (fact.as_of < now - oldest_report)
        return invalid("respond.notices.not_a_likely_time", "/as_of");
    if (request.next_report_at && *request.next_report_at <= now)
        return invalid("respond.notices.in_the_past", "/next_report_at");
    TRY(check_moment(request.next_report_at, now, "/next_report_at"));
    fact.next_report_at = request.next_report_at;
    const auto not_told = [](std::string pointer) {
        return fail(ErrorKind::forbidden, "respond.notices.not_told_by_provider", {},
                    std::move(pointer));
    };
    if (!request.roads.empty() && !provider->tells(Subject::roads)) return not_told("/roads");
    for (std::size_t i = 0; i < request.roads.size(); ++i) {
        auto line = request.roads[i];
        const std::string pointer = "/roads/" + std::to_string(i) + "/name";
        const auto known = std::ranges::find(provider->kept.roads, line.name, &KnownRoad::name);
        if (known == provider->kept.roads.end())
            return invalid("respond.notices.unknown_road", pointer, {{"name", line.name}});
        if (std::ranges::find(fact.roads, line.name, &RoadLine::name) != fact.roads.end())
            return invalid("respond.notices.road_twice", pointer);
        line.name_en = known->name_en;
        line.as_of = fact.as_of;
        fact.roads.push_back(std::move(line));
    }
    if (request.ships && !provider->tells(Subject::ships)) return not_told("/ships");
    fact.ships = request.ships;
    if (fact.ships) fact.ships->as_of = fact.as_of;
    if (!request.terminals.empty() && !provider->tells(Subject::terminals))
        return not_told("/terminals");
    for (std::size_t i = 0; i < request.terminals.size(); ++i) {
        auto line = request.terminals[i];
        const std::string pointer = "/terminals/" + std::to_string(i);
        const auto* terminal = ground.port.find(line.terminal);
        if (terminal == nullptr)
            return invalid("respond.notices.unknown_terminal", pointer + "/terminal");
        if (terminal->operator_ != provider->kept.organisation)
            return fail(ErrorKind::forbidden, "respond.notices.not_your_terminal", {},
                        pointer + "/terminal");
        if (std::ranges::find(fact.terminals, line.terminal, &TerminalLine::terminal) !=
            fact.terminals.end())
            return invalid("respond.notices.terminal_twice", pointer + "/terminal");
        TRY(check_moment(line.restart_at, now, pointer + "/restart_at"));
        line.as_of = fact.as_of;
        fact.terminals.push_back(std::move(line));
    }
    if (!i18n::trimmed(request.note).empty()) {
        TRY_LET(fact.note, checked_text(request.note, note_limit, "/note"));
    }
    if (fact.roads.empty() && !fact.ships && fact.terminals.empty() && fact.note.empty())
        return invalid("respond.notices.nothing_reported", "");
    const auto heard = provider->heard.find(world.exercise);
    fact.number = heard == provider->heard.end() ? 1 : heard->second.count + 1;
    journal::Place place{report_stream(id, world),
                         seen_by(ground, provider->kept.organisation),
                         std::move(world),
                         now,
                         {}};
    return Decided<ProviderReported>{std::move(place), std::move(fact)};
}

Result<Decided<NoticeDrafted>> take_over(const Ground& ground, const ProviderState& providers,
                                         const NoticeId& id, const TakeRequest& request,
                                         const Principal& by, Version version) {
    const auto* notice = ground.state.find(id);
    if (notice == nullptr || !may_see(by.viewer, *notice->visibility))
        return fail(ErrorKind::not_found, "respond.notices.unknown");
    // A practised report is not found from a real notice, nor the other way round.
    const auto* provider = providers.find(request.provider);
    const auto* reported =
        provider == nullptr ? nullptr : provider->find(notice->world, request.number);
    const bool may = is_of_port_manager(ground.council, by) ||
                     (provider != nullptr && may_report(provider->kept, by.person, by.roles));
    if (reported == nullptr || !may)
        return fail(ErrorKind::not_found, "respond.notices.unknown_report");
    const auto& said = reported->said;
    if (said.roads.empty() && !said.ships && said.terminals.empty())
        return fail(ErrorKind::conflict, "respond.notices.nothing_to_take");
    const Instant now = ground.incidents.now_in(notice->world, ground.now);
    Content content = notice->draft ? *notice->draft : notice->editions.back().published.content;
    const auto older = [&](Instant standing) { return standing > said.as_of; };
    const auto refuse = [] {
        return fail(ErrorKind::conflict, "respond.notices.older_than_draft");
    };
    for (const auto& line : said.roads) {
        const auto found = std::ranges::find(content.roads, line.name, &RoadLine::name);
        if (found == content.roads.end()) {
            content.roads.push_back(line);
        } else {
            if (older(found->as_of)) return refuse();
            *found = line;
        }
    }
    if (said.ships) {
        if (content.ships && older(content.ships->as_of)) return refuse();
        content.ships = said.ships;
    }
    for (const auto& line : said.terminals) {
        const auto found =
            std::ranges::find(content.terminals, line.terminal, &TerminalLine::terminal);
        if (found == content.terminals.end()) {
            content.terminals.push_back(line);
        } else {
            if (older(found->as_of)) return refuse();
            *found = line;
        }
    }
    if (content.roads.size() > lines_limit) return too_many(lines_limit, "/roads");
    if (!notice->draft) {
        // The first draft of a next edition: what was said once is not said again.
        content.as_of = std::chrono::floor<std::chrono::minutes>(now);
        content.correction.reset();
        if (content.next_update_at && *content.next_update_at <= now)
            content.next_update_at.reset();
    }
    return draft_content(ground, id, std::move(content),
                         {TakenOver{request.provider, request.number, said.by}}, by, version);
}

}  // namespace noroshi::respond::notices
