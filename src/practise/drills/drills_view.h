#pragma once
// Exercises as they are answered: only those that the reader may see, the rest counted.

#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "practise/drills/drills.h"

namespace noroshi::practise::drills {

enum class Course { running, paused, ended };
BOOST_DESCRIBE_ENUM(Course, running, paused, ended)

struct ExerciseIncident {
    IncidentId id;
    std::uint32_t number = 0;
    std::string title;
};
BOOST_DESCRIBE_STRUCT(ExerciseIncident, (), (id, number, title))

// Exercise time goes on from `now` at `speed` since the real instant `as_of`. In an event, which
// goes to many readers, the incidents are absent.
struct ExerciseItem {
    ExerciseId id;
    std::string title;
    Course state = Course::running;
    double speed = 1;
    Instant now;
    Instant as_of;
    Instant starts_at;
    Instant started_at;
    std::optional<Instant> ended_at;
    std::optional<Reference> reference;
    std::uint64_t version = 0;
    std::optional<std::vector<ExerciseIncident>> incidents;
    std::optional<std::size_t> hidden;  // incidents that the reader may not see
};
BOOST_DESCRIBE_STRUCT(ExerciseItem, (),
                      (id, title, state, speed, now, as_of, starts_at, started_at, ended_at,
                       reference, version, incidents, hidden))

struct ExerciseList {
    std::vector<ExerciseItem> items;  // the latest first
    std::size_t hidden = 0;
};
BOOST_DESCRIBE_STRUCT(ExerciseList, (), (items, hidden))

ExerciseList list(const State& state, const Viewer& reader, Instant real_now);
// Errors: not_found practise.drills.unknown.
Result<ExerciseItem> one(const State& state, const Viewer& reader, const ExerciseId& id,
                         Instant real_now);
ExerciseItem for_everybody(const Exercise& exercise, Instant real_now);

}  // namespace noroshi::practise::drills
