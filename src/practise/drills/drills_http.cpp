#include <string>
#include <utility>

#include "edge/http/route.h"
#include "practise/drills/drills.h"
#include "practise/drills/drills_view.h"

namespace noroshi::practise::drills {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;

namespace {

constexpr std::string_view base = "/api/practise/drills/exercises";

// Exercise time as it stands at the answer.
struct Kept {
    ExerciseId id;
    Course state = Course::running;
    Instant now;
    double speed = 1;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (id, state, now, speed))

ExerciseId exercise_in(const Request& request) { return request.id<ExerciseTag>("exercise"); }

Course course_at(double speed) { return speed == 0.0 ? Course::paused : Course::running; }

Result<Done<Kept>> start_exercise(Drills& drills, const Request& request, const StartRequest& asked,
                                  Recorder& recorder) {
    TRY_LET(const auto id, drills.start(recorder, *request.principal, asked));
    return edge::http::created(
        Kept{id, course_at(asked.speed), asked.starts_at.value_or(recorder.now()), asked.speed},
        std::string(base) + "/" + id.text);
}

Result<Kept> pace_exercise(Drills& drills, const Request& request, const PaceRequest& asked,
                           Recorder& recorder) {
    const auto id = exercise_in(request);
    TRY(drills.pace(recorder, *request.principal, id, asked));
    return Kept{id, course_at(asked.speed), drills.state().find(id)->time.at(recorder.now()),
                asked.speed};
}

Result<Kept> end_exercise(Drills& drills, const Request& request, Recorder& recorder) {
    const auto id = exercise_in(request);
    TRY(drills.end(recorder, *request.principal, id));
    return Kept{id, Course::ended, drills.state().find(id)->time.at(recorder.now()), 0};
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_routes(Routes& routes, Drills& drills) {
    const auto reader = signed_in("practise.drills.see_exercises");
    const auto facilitator = [](std::string name) {
        return by_roles("practise.drills." + std::move(name), roles_that_facilitate());
    };
    const std::string all{base};
    const std::string one_of_them = all + "/{exercise}";

    routes.query<ExerciseList>(all, reader, "Exercises, the latest first",
                               [&drills](const Request& r) -> Result<ExerciseList> {
                                   return list(drills.view(), r.principal->viewer, drills.now());
                               });
    routes.query<ExerciseItem>(one_of_them, reader, "One exercise, its time now and its incidents",
                               [&drills](const Request& r) {
                                   return one(drills.view(), r.principal->viewer, exercise_in(r),
                                              drills.now());
                               });
    routes
        .command<StartRequest, Kept>(
            Method::post, all, facilitator("start_exercise"), "Start an exercise and its clock",
            [&drills](const Request& r, const StartRequest& in, Recorder& recorder) {
                return start_exercise(drills, r, in, recorder);
            })
        .success_status = 201;
    routes.command<PaceRequest, Kept>(
        Method::post, one_of_them + "/pace", facilitator("pace_exercise"),
        "Change the speed of the exercise clock; 0 is a pause",
        [&drills](const Request& r, const PaceRequest& in, Recorder& recorder) {
            return pace_exercise(drills, r, in, recorder);
        });
    routes.command<Nothing, Kept>(Method::post, one_of_them + "/end", facilitator("end_exercise"),
                                  "End the exercise",
                                  [&drills](const Request& r, const Nothing&, Recorder& recorder) {
                                      return end_exercise(drills, r, recorder);
                                  });
    return routes;
}

}  // namespace noroshi::practise::drills
