#include "respond/incident/incident_checks.h"

#include <utility>

#include "kernel/json/json.h"

namespace noroshi::respond::incident {

using journal::Place;
using journal::World;
using Card = State::Card;

namespace {

std::string text_of(std::uint64_t number) { return std::to_string(number); }

template <class T>
void sort_unique(std::vector<T>& all) {
    std::ranges::sort(all);
    const auto rest = std::ranges::unique(all);
    all.erase(rest.begin(), rest.end());
}

}  // namespace

// ---- checks of what was written ------------------------------------------------------------

Result<> check_length(std::string_view text, std::size_t limit, const std::string& pointer) {
    // A character is at least a byte, so most texts need no counting.
    if (text.size() <= limit) return {};
    const std::size_t length = length_of(text);
    if (length <= limit) return {};
    return invalid("respond.incident.too_long", pointer,
                   {{"limit", text_of(limit)}, {"length", text_of(length)}});
}

Result<> check_optional(const std::optional<std::string>& text, std::size_t limit,
                        const std::string& pointer) {
    return text ? check_length(*text, limit, pointer) : Result<>{};
}

bool is_blank(std::string_view text) {
    constexpr std::string_view wide_space = "\u3000";
    while (!text.empty()) {
        if (text.starts_with(wide_space))
            text.remove_prefix(wide_space.size());
        else if (static_cast<unsigned char>(text.front()) <= 0x20)
            text.remove_prefix(1);
        else
            return false;
    }
    return true;
}

std::optional<std::string> given(const std::optional<std::string>& text) {
    return text && !is_blank(*text) ? text : std::nullopt;
}

Result<std::vector<Effect>> check_effects(const std::vector<Effect>& effects) {
    if (effects.empty()) return invalid("respond.incident.effects_missing", "/effects");
    std::vector<Effect> unique;
    for (const Effect effect : effects)
        if (std::ranges::find(unique, effect) == unique.end()) unique.push_back(effect);
    return unique;
}

bool knows_terminal(const Asked& asked, const TerminalId& terminal) {
    return asked.port.find(terminal) != nullptr;
}

Result<std::vector<TerminalId>> check_terminals(const Asked& asked,
                                                const std::vector<TerminalId>& terminals) {
    std::vector<TerminalId> unique;
    for (std::size_t i = 0; i < terminals.size(); ++i) {
        if (!knows_terminal(asked, terminals[i]))
            return invalid("respond.incident.terminal_unknown", "/terminals/" + text_of(i),
                           {{"terminal", terminals[i].text}});
        if (std::ranges::find(unique, terminals[i]) == unique.end()) unique.push_back(terminals[i]);
    }
    return unique;
}

Result<Instant> check_event_time(const std::optional<Instant>& at, Instant world_now) {
    if (!at) return world_now;
    if (*at > world_now + future_limit)
        return invalid("respond.incident.event_time_future", "/event_time",
                       {{"time", format_rfc3339(*at)}});
    if (*at < earliest_event)
        return invalid("respond.incident.event_time_too_old", "/event_time",
                       {{"time", format_rfc3339(*at)}});
    return *at;
}

// ---- who -----------------------------------------------------------------------------------

Result<> check_takes_part(const Principal& by, const World& world) {
    if (takes_part_in(by, world)) return {};
    return fail(ErrorKind::forbidden, "respond.incident.administrator_only");
}

Result<> check_on_behalf_of(const Asked& asked, const std::optional<OrganisationId>& organisation,
                            const World& world) {
    if (!organisation || *organisation == asked.by.organisation) return {};
    if (asked.council.find(*organisation) == nullptr)
        return invalid("respond.incident.organisation_unknown", "/on_behalf_of",
                       {{"organisation", organisation->text}});
    if (!may_write_on_behalf(asked.by, world))
        return fail(ErrorKind::forbidden, "respond.incident.not_on_behalf", {}, "/on_behalf_of");
    return {};
}

std::optional<OrganisationId> other_than_own(const Principal& by,
                                             const std::optional<OrganisationId>& organisation) {
    return organisation && *organisation != by.organisation ? organisation : std::nullopt;
}

// ---- who may see it ------------------------------------------------------------------------

void make_canonical(Visibility& visibility) {
    sort_unique(visibility.organisations);
    sort_unique(visibility.people);
}

Result<Visibility> check_visibility(const Asked& asked, const Readers& request,
                                    const std::optional<OrganisationId>& on_behalf_of,
                                    const std::string& pointer) {
    if (request.organisations.size() > parties_limit)
        return invalid("respond.incident.too_many", pointer + "/organisations",
                       {{"limit", text_of(parties_limit)}});
    if (request.people.size() > parties_limit)
        return invalid("respond.incident.too_many", pointer + "/people",
                       {{"limit", text_of(parties_limit)}});
    for (std::size_t i = 0; i < request.organisations.size(); ++i)
        if (asked.council.find(request.organisations[i]) == nullptr)
            return invalid("respond.incident.organisation_unknown",
                           pointer + "/organisations/" + text_of(i),
                           {{"organisation", request.organisations[i].text}});
    for (std::size_t i = 0; i < request.people.size(); ++i)
        if (!asked.council.find_person(request.people[i]))
            return invalid("respond.incident.person_unknown", pointer + "/people/" + text_of(i),
                           {{"person", request.people[i].text}});
    Visibility visibility{request.tlp, request.organisations, request.people,
                          request.investigators.value_or(false)};
    if (visibility.investigators && !asked.by.viewer.investigator)
        add_once(visibility.people, asked.by.person);
    if (request.tlp == Tlp::red) {
        if (!request.organisations.empty())
            return invalid("respond.incident.red_names_people", pointer + "/organisations");
        add_once(visibility.people, asked.by.person);
    } else if (request.tlp != Tlp::clear) {
        add_once(visibility.organisations, asked.by.organisation);
        if (on_behalf_of) add_once(visibility.organisations, *on_behalf_of);
    }
    make_canonical(visibility);
    return visibility;
}

bool fits_into(const Asked& asked, const Visibility& inner, const Visibility& outer) {
    const bool all_see = std::ranges::all_of(inner.people, [&](const PersonId& person) {
        return may_see(asked.council.viewer_of(person), outer);
    });
    if (!all_see) return false;
    Visibility unnamed = inner;
    unnamed.people.clear();
    return is_within(unnamed, outer);
}

Result<> check_number(const Asked& asked, const Card& incident, Number number,
                      const std::string& pointer) {
    if (number >= 1 && number < incident.next_number() &&
        asked.state.may_see_entry(asked.by.viewer, incident, number))
        return {};
    Arguments arguments{{"number", text_of(number)}};
    if (pointer.empty())
        return fail(ErrorKind::not_found, "respond.incident.entry_unknown", std::move(arguments));
    return invalid("respond.incident.entry_unknown", pointer, std::move(arguments));
}

Place place_of(const Card& incident, const IncidentId& id, Instant event_time) {
    return Place{stream_of(id), *incident.visibility, incident.world, event_time, {}};
}

Result<const Card*> find_to_write(const Asked& asked, const IncidentId& id) {
    TRY_LET(const Card* incident, find_visible(asked, id));
    TRY(check_takes_part(asked.by, incident->world));
    return incident;
}

}  // namespace noroshi::respond::incident
