#include "practise/drills/drills_view.h"

#include <ranges>
#include <utility>

namespace noroshi::practise::drills {

namespace {

ExerciseItem item_of(const Exercise& exercise, const Viewer& reader, Instant real_now) {
    ExerciseItem item = for_everybody(exercise, real_now);
    item.incidents.emplace();
    item.hidden = 0;
    for (const auto& incident : exercise.incidents) {
        if (may_see(reader, *incident.visibility))
            item.incidents->push_back({incident.id, incident.number, incident.title});
        else
            ++*item.hidden;
    }
    return item;
}

}  // namespace

ExerciseItem for_everybody(const Exercise& exercise, Instant real_now) {
    ExerciseItem item;
    item.id = exercise.id;
    item.title = exercise.title;
    item.state = exercise.ended_at       ? Course::ended
                 : exercise.speed == 0.0 ? Course::paused
                                         : Course::running;
    item.speed = exercise.speed;
    item.now = exercise.time.at(real_now);
    item.as_of = real_now;
    item.starts_at = exercise.starts_at;
    item.started_at = exercise.started_at;
    item.ended_at = exercise.ended_at;
    item.reference = exercise.reference;
    item.version = exercise.version;
    return item;
}

ExerciseList list(const State& state, const Viewer& reader, Instant real_now) {
    ExerciseList list;
    for (const auto& id : state.all() | std::views::reverse) {
        const Exercise& exercise = *state.find(id);
        if (may_see(reader, *exercise.visibility))
            list.items.push_back(item_of(exercise, reader, real_now));
        else
            ++list.hidden;
    }
    return list;
}

Result<ExerciseItem> one(const State& state, const Viewer& reader, const ExerciseId& id,
                         Instant real_now) {
    const Exercise* exercise = state.find(id);
    if (exercise == nullptr || !may_see(reader, *exercise->visibility))
        return fail(ErrorKind::not_found, "practise.drills.unknown");
    return item_of(*exercise, reader, real_now);
}

}  // namespace noroshi::practise::drills
