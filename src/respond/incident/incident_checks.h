#pragma once
// The checks that every decision of this room makes: lengths, times, who takes part, who may see it.
// Each gives back the cleaned value or the error with the pointer of the field.

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respond/incident/incident.h"

namespace noroshi::respond::incident {

inline constexpr Instant earliest_event{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};
inline constexpr Span future_limit = std::chrono::hours(24);

Result<> check_length(std::string_view text, std::size_t limit, const std::string& pointer);
Result<> check_optional(const std::optional<std::string>& text, std::size_t limit,
                        const std::string& pointer);
bool is_blank(std::string_view text);
// Absent and blank are the same in a field that may be left out.
std::optional<std::string> given(const std::optional<std::string>& text);
template <class T>
std::optional<std::vector<T>> given(std::vector<T> items) {
    if (items.empty()) return {};
    return items;
}
Result<std::vector<Effect>> check_effects(const std::vector<Effect>& effects);
bool knows_terminal(const Asked& asked, const TerminalId& terminal);
Result<std::vector<TerminalId>> check_terminals(const Asked& asked,
                                                const std::vector<TerminalId>& terminals);
// When something happened, by the clock of its world; now, if it was not said.
Result<Instant> check_event_time(const std::optional<Instant>& at, Instant world_now);
Result<> check_takes_part(const Principal& by, const journal::World& world);
Result<> check_on_behalf_of(const Asked& asked, const std::optional<OrganisationId>& organisation,
                            const journal::World& world);
std::optional<OrganisationId> other_than_own(const Principal& by,
                                             const std::optional<OrganisationId>& organisation);
// What was asked, with the author (and whom the author speaks for) always among those who see it.
Result<Visibility> check_visibility(const Asked& asked, const Readers& request,
                                    const std::optional<OrganisationId>& on_behalf_of,
                                    const std::string& pointer);
// Lists sorted, nothing twice.
void make_canonical(Visibility& visibility);
// Whoever sees the inner record must see the outer one. kernel's is_within() knows no people;
// here the named ones can be looked up one by one.
bool fits_into(const Asked& asked, const Visibility& inner, const Visibility& outer);
// That the reader sees this line. Empty pointer: not_found, as it stands in the path.
Result<> check_number(const Asked& asked, const State::Card& incident, Number number,
                      const std::string& pointer);
journal::Place place_of(const State::Card& incident, const IncidentId& id, Instant event_time);
Result<const State::Card*> find_to_write(const Asked& asked, const IncidentId& id);

template <class T>
void add_once(std::vector<T>& all, const T& one) {
    if (!one.text.empty() && std::ranges::find(all, one) == all.end()) all.push_back(one);
}

}  // namespace noroshi::respond::incident
