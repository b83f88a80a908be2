#pragma once
// Guideline 3.2.1, its first part: exercises and their clock. An exercise is a world of its own, in
// which the same rooms work with a stamp and another time: it may begin in July 2023 and run six
// hundred times as fast. The clock derives from facts, so a restart finds the same exercise time.
//
// State serves as the pending and as the published side; decisions are pure.

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "kernel/time/exercise_clock.h"
#include "practise/drills/drills_facts.h"
#include "prepare/council/council.h"

namespace noroshi::practise::drills {

namespace council = prepare::council;

inline constexpr double fastest = 10'000;  // three hours a second
inline constexpr std::size_t title_limit = 200;
inline constexpr std::size_t note_limit = 500;

struct Exercise {
    ExerciseId id;
    std::string title;
    ExerciseTime time;
    double speed = 1;
    Instant starts_at;   // exercise time
    Instant started_at;  // real time, as the next
    std::optional<Instant> ended_at;
    std::optional<Reference> reference;
    std::shared_ptr<const Visibility> visibility;
    PersonId started_by;
    std::uint64_t version = 0;
    // Incidents opened in it, in order.
    struct Incident {
        IncidentId id;
        std::uint32_t number = 0;
        std::string title;
        std::shared_ptr<const Visibility> visibility;
    };
    std::vector<Incident> incidents;
};

class State {
public:
    void attach(journal::Listeners& side);
    const Exercise* find(const ExerciseId& id) const;
    // In the order of starting.
    const std::vector<ExerciseId>& all() const { return order_; }

private:
    Exercise* at(const journal::Envelope& at);
    std::map<ExerciseId, Exercise> exercises_;
    std::vector<ExerciseId> order_;
};

// ---- requests and decisions ----------------------------------------------------------------

struct StartRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"speed"};
    std::string title;
    std::optional<Instant> starts_at;  // exercise time; now, if not given
    double speed = 1;
    std::optional<Reference> reference;
};
BOOST_DESCRIBE_STRUCT(StartRequest, (), (title, starts_at, speed, reference))

struct PaceRequest {
    double speed = 1;  // 0: pause
};
BOOST_DESCRIBE_STRUCT(PaceRequest, (), (speed))

const std::vector<Role>& roles_that_facilitate();

// Errors: invalid practise.drills.* and kernel.i18n.* with the pointer of the field.
Result<ExerciseStarted> start(const StartRequest& request, Instant now);
// Errors: not_found practise.drills.unknown (also if it may not be seen); conflict
// practise.drills.ended.
Result<ExercisePaced> pace(const State& state, const ExerciseId& id, const Principal& by,
                           const PaceRequest& request);
Result<ExerciseEnded> end(const State& state, const ExerciseId& id, const Principal& by);

// ---- the room ------------------------------------------------------------------------------

std::string stream_of(const ExerciseId& id);  // "practise/drills/<id>"

class Drills {
public:
    // Before Journal::start(); the others must outlive it.
    Drills(journal::Journal& journal, const council::Council& council);

    const State& state() const { return pending_; }   // journal's thread only
    const State& view() const { return published_; }  // under Journal::read
    Instant now() const { return clock_.now(); }      // real time

    // Decide on the pending state and record. Inside a command.
    Result<ExerciseId> start(journal::Recorder& recorder, const Principal& by,
                             const StartRequest& request);
    Result<> pace(journal::Recorder& recorder, const Principal& by, const ExerciseId& id,
                  const PaceRequest& request);
    Result<> end(journal::Recorder& recorder, const Principal& by, const ExerciseId& id);

private:
    template <class Body>
    void record(journal::Recorder& recorder, const ExerciseId& id, const Visibility& visibility,
                Instant event_time, const Body& body);

    const council::Council& council_;
    const Clock& clock_;
    State pending_;
    State published_;
};

}  // namespace noroshi::practise::drills
