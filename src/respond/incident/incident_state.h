#pragma once
// The pending side of the incident room: what decisions need of everything that happened, and no
// more. Four bytes an entry, because it is held beside the published view. Folded and read on the
// journal's thread only.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/identity/visibility.h"
#include "kernel/journal/fact.h"
#include "kernel/journal/listeners.h"
#include "kernel/time/exercise_clock.h"
#include "respond/incident/incident_facts.h"

namespace noroshi::respond::incident {

class State {
public:
    struct Card {
        journal::World world;
        std::uint32_t number = 0;
        std::uint32_t version = 0;  // of the card (intake, state, visibility), not of the entries
        bool open = true;
        std::shared_ptr<const Visibility> visibility;
        PersonId opened_by;
        OrganisationId organisation;
        Instant began_at;

        struct Entry {
            std::uint32_t entry_kind : 4 = 0;
            std::uint32_t own_visibility : 28 = 0;  // index into State's, 0: the incident's
        };
        std::vector<Entry> entries;  // of number n at n - 1
        std::unordered_map<Number, Number> corrected_by;
        std::unordered_map<Number, Number> done_by;    // order or request → entry that reports it
        std::unordered_map<Number, Number> completes;  // the other way round
        // Lines handed in voluntarily and not for disclosure, and by whom.
        std::map<Number, OrganisationId> voluntary;

        struct File {
            Attachment attachment;
            PersonId uploaded_by;
            std::vector<Number> entries;  // that refer to it
        };
        std::vector<File> files;

        Number next_number() const { return static_cast<Number>(entries.size()) + 1; }
        EntryKind kind_of(Number entry) const {
            return static_cast<EntryKind>(entries[entry - 1].entry_kind);
        }
    };
    struct Exercise {
        ExerciseTime time;
        bool ended = false;
        std::shared_ptr<const Visibility> visibility;
    };

    void attach(journal::Listeners& pending);

    const Card* find(const IncidentId& id) const;
    const Exercise* find_exercise(const ExerciseId& id) const;
    std::uint32_t next_incident_number(const journal::World& world) const;
    // Real time, or the time of the exercise.
    Instant now_in(const journal::World& world, Instant now) const;
    // Of an entry that is narrower than its incident; else null.
    const Visibility* own_visibility(const Card& incident, Number number) const;
    // Whether this person may see that entry of an incident that the person may see.
    bool may_see_entry(const Viewer& viewer, const Card& incident, Number number) const;

private:
    Card* incident_of(const journal::Envelope& at);

    std::unordered_map<std::string, std::unique_ptr<Card>, journal::TextHash, std::equal_to<>>
        incidents_;
    std::string last_stream_;
    Card* last_ = nullptr;
    std::map<journal::World, std::uint32_t> numbers_;
    std::map<ExerciseId, Exercise> exercises_;
    std::vector<std::shared_ptr<const Visibility>> visibilities_{nullptr};
    std::unordered_map<const Visibility*, std::uint32_t> visibility_index_;
};

std::string stream_of(const IncidentId& id);  // "respond/incident/<id>"
std::optional<IncidentId> incident_of_stream(std::string_view stream);

}  // namespace noroshi::respond::incident
