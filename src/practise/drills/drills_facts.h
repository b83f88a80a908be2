#pragma once
// What the drills room writes so far: exercises and their clock. All facts of one exercise lie in
// the stream "practise/drills/<exercise id>" and carry that id as their exercise marker, so they
// reach listeners as drill facts only.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/journal/retention.h"
#include "kernel/time/time.h"

namespace noroshi::practise::drills {

// How long it took in the true course of events until an audience was told, to be shown beside the
// exercise's own times.
struct ReferenceTime {
    std::string audience;                 // as in respond/incident
    std::optional<std::int64_t> minutes;  // after the start; absent: never
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(ReferenceTime, (), (audience, minutes, note))

struct Reference {
    std::string source;
    std::vector<ReferenceTime> times;
};
BOOST_DESCRIBE_STRUCT(Reference, (), (source, times))

// The exercise clock stands at starts_at when this is entered, and runs `speed` times as fast as
// the real one.
struct ExerciseStarted {
    static constexpr std::string_view kind = "practise.drills.exercise_started";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::drill;

    std::string title;
    double speed = 1;
    Instant starts_at;
    std::optional<Reference> reference;
};
BOOST_DESCRIBE_STRUCT(ExerciseStarted, (), (title, speed, starts_at, reference))

// From its entry on the clock runs at this speed; 0 is a pause.
struct ExercisePaced {
    static constexpr std::string_view kind = "practise.drills.exercise_paced";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::drill;

    double speed = 1;
};
BOOST_DESCRIBE_STRUCT(ExercisePaced, (), (speed))

// The clock stops; nothing new begins in this exercise, but its boards may still be corrected.
struct ExerciseEnded {
    static constexpr std::string_view kind = "practise.drills.exercise_ended";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::drill;
};
BOOST_DESCRIBE_STRUCT(ExerciseEnded, (), ())

}  // namespace noroshi::practise::drills
