#pragma once
// Strong identifiers: an IncidentId is never an OrganisationId. On the wire and in facts an id is
// its text; the empty text means "none" and is refused wherever an id is required.

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace noroshi {

template <class Tag>
struct Id {
    std::string text;

    bool empty() const { return text.empty(); }
    friend auto operator<=>(const Id&, const Id&) = default;
    friend bool operator==(const Id&, const Id&) = default;
};

using OrganisationId = Id<struct OrganisationTag>;
using PersonId = Id<struct PersonTag>;
using ExerciseId = Id<struct ExerciseTag>;
using TerminalId = Id<struct TerminalTag>;
using IncidentId = Id<struct IncidentTag>;
using CalloutId = Id<struct CalloutTag>;

}  // namespace noroshi

template <class Tag>
struct std::hash<noroshi::Id<Tag>> {
    std::size_t operator()(const noroshi::Id<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.text);
    }
};
