#include "practise/drills/drills.h"

#include <algorithm>
#include <utility>

#include "kernel/i18n/line.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "practise/drills/drills_view.h"
#include "respond/incident/incident_facts.h"

namespace noroshi::practise::drills {

using journal::Drill;
using journal::Envelope;
using journal::Place;
using journal::World;

namespace {

constexpr std::string_view stream_prefix = "practise/drills/";
constexpr std::string_view incident_prefix = "respond/incident/";
constexpr Instant earliest{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};
constexpr Instant latest{std::chrono::sys_days{std::chrono::year{2100} / 1 / 1}};
constexpr std::int64_t longest_minutes = 366 * 24 * 60;

Result<> check_speed(double speed) {
    if (speed >= 0 && speed <= fastest) return {};
    return invalid("practise.drills.speed", "/speed",
                   {{"fastest", std::to_string(static_cast<int>(fastest))}});
}

Result<> check_reference(const Reference& reference) {
    TRY(i18n::line(reference.source, note_limit, "/reference/source"));
    std::vector<std::string_view> seen;
    for (std::size_t i = 0; i < reference.times.size(); ++i) {
        const auto& time = reference.times[i];
        const std::string pointer = "/reference/times/" + std::to_string(i);
        if (!respond::incident::audience_of(time.audience))
            return invalid("practise.drills.audience_unknown", pointer + "/audience",
                           {{"audience", time.audience}});
        if (std::ranges::find(seen, time.audience) != seen.end())
            return invalid("practise.drills.audience_twice", pointer + "/audience",
                           {{"audience", time.audience}});
        seen.push_back(time.audience);
        if (time.minutes && (*time.minutes < 0 || *time.minutes > longest_minutes))
            return invalid("practise.drills.minutes", pointer + "/minutes");
        if (time.note)
            TRY(i18n::line(*time.note, note_limit, pointer + "/note", i18n::Empty::allowed));
    }
    return {};
}

Result<const Exercise*> find_running(const State& state, const ExerciseId& id,
                                     const Principal& by) {
    const Exercise* exercise = state.find(id);
    if (exercise == nullptr || !may_see(by.viewer, *exercise->visibility))
        return fail(ErrorKind::not_found, "practise.drills.unknown");
    if (exercise->ended_at) return fail(ErrorKind::conflict, "practise.drills.ended");
    return exercise;
}

template <class Body>
void tell_exercise(journal::Journal& journal, const State& published) {
    journal.add_event(
        Body::kind,
        [&published](const void*, const Envelope& at) -> std::optional<std::string> {
            const auto* exercise = published.find(ExerciseId{std::string(at.exercise)});
            if (exercise == nullptr) return {};
            return json::to_text(for_everybody(*exercise, at.entry_time));
        },
        "practise.drills.exercise_changed");
}

}  // namespace

std::string stream_of(const ExerciseId& id) { return std::string(stream_prefix) + id.text; }

// ---- state ---------------------------------------------------------------------------------

Exercise* State::at(const Envelope& at) {
    const auto found = exercises_.find(ExerciseId{std::string(at.exercise)});
    return found == exercises_.end() ? nullptr : &found->second;
}

void State::attach(journal::Listeners& side) {
    side.on_reset([this] { *this = State{}; });
    journal::listen_drill<ExerciseStarted>(side, [this](const Drill<ExerciseStarted>& fact) {
        Exercise& exercise = exercises_[fact.exercise()];
        exercise.id = fact.exercise();
        exercise.title = fact.body.title;
        exercise.time =
            ExerciseTime::starting(fact.at.entry_time, fact.body.starts_at, fact.body.speed);
        exercise.speed = fact.body.speed;
        exercise.starts_at = fact.body.starts_at;
        exercise.started_at = fact.at.entry_time;
        exercise.reference = fact.body.reference;
        exercise.visibility = fact.at.visibility;
        exercise.started_by = PersonId{std::string(fact.at.actor)};
        exercise.version = fact.at.stream_version;
        order_.push_back(exercise.id);
    });
    journal::listen_drill<ExercisePaced>(side, [this](const Drill<ExercisePaced>& fact) {
        Exercise* exercise = at(fact.at);
        if (exercise == nullptr) return;
        exercise->time.change(fact.at.entry_time, fact.body.speed);
        exercise->speed = fact.body.speed;
        exercise->version = fact.at.stream_version;
    });
    journal::listen_drill<ExerciseEnded>(side, [this](const Drill<ExerciseEnded>& fact) {
        Exercise* exercise = at(fact.at);
        if (exercise == nullptr) return;
        exercise->time.change(fact.at.entry_time, 0);
        exercise->speed = 0;
        exercise->ended_at = fact.at.entry_time;
        exercise->version = fact.at.stream_version;
    });
    using respond::incident::IncidentOpened;
    journal::listen_drill<IncidentOpened>(side, [this](const Drill<IncidentOpened>& fact) {
        Exercise* exercise = at(fact.at);
        if (exercise == nullptr || !fact.at.stream.starts_with(incident_prefix)) return;
        exercise->incidents.push_back(
            {IncidentId{std::string(fact.at.stream.substr(incident_prefix.size()))},
             fact.body.number, fact.body.title, fact.at.visibility});
    });
    using respond::incident::VisibilityChanged;
    journal::listen_drill<VisibilityChanged>(side, [this](const Drill<VisibilityChanged>& fact) {
        Exercise* exercise = at(fact.at);
        if (exercise == nullptr) return;
        for (auto& incident : exercise->incidents)
            if (fact.at.stream.ends_with(incident.id.text))
                incident.visibility = fact.at.visibility;
    });
    using respond::incident::IntakeCorrected;
    journal::listen_drill<IntakeCorrected>(side, [this](const Drill<IntakeCorrected>& fact) {
        Exercise* exercise = at(fact.at);
        if (exercise == nullptr) return;
        for (auto& incident : exercise->incidents)
            if (fact.at.stream.ends_with(incident.id.text)) incident.title = fact.body.title;
    });
}

const Exercise* State::find(const ExerciseId& id) const {
    const auto found = exercises_.find(id);
    return found == exercises_.end() ? nullptr : &found->second;
}

// ---- decisions -----------------------------------------------------------------------------

const std::vector<Role>& roles_that_facilitate() {
    static const std::vector<Role> roles{Role::administrator, Role::duty_officer, Role::leader};
    return roles;
}

Result<ExerciseStarted> start(const StartRequest& request, Instant now) {
    TRY_LET(auto title, i18n::line(request.title, title_limit, "/title"));
    TRY(check_speed(request.speed));
    const Instant starts_at = request.starts_at.value_or(now);
    if (starts_at < earliest || starts_at > latest)
        return invalid("practise.drills.starts_at", "/starts_at");
    if (request.reference) TRY(check_reference(*request.reference));
    return ExerciseStarted{std::move(title), request.speed, starts_at, request.reference};
}

Result<ExercisePaced> pace(const State& state, const ExerciseId& id, const Principal& by,
                           const PaceRequest& request) {
    TRY(find_running(state, id, by));
    TRY(check_speed(request.speed));
    return ExercisePaced{request.speed};
}

Result<ExerciseEnded> end(const State& state, const ExerciseId& id, const Principal& by) {
    TRY(find_running(state, id, by));
    return ExerciseEnded{};
}

// ---- the room ------------------------------------------------------------------------------

Drills::Drills(journal::Journal& journal, const council::Council& council)
    : council_(council), clock_(journal.clock()) {
    pending_.attach(journal.pending());
    published_.attach(journal.published());
    tell_exercise<ExerciseStarted>(journal, published_);
    tell_exercise<ExercisePaced>(journal, published_);
    tell_exercise<ExerciseEnded>(journal, published_);
}

template <class Body>
void Drills::record(journal::Recorder& recorder, const ExerciseId& id, const Visibility& visibility,
                    Instant event_time, const Body& body) {
    journal::record(recorder, Place{stream_of(id), visibility, World{id}, event_time, {}}, body);
}

Result<ExerciseId> Drills::start(journal::Recorder& recorder, const Principal& by,
                                 const StartRequest& request) {
    TRY_LET(const auto fact, drills::start(request, recorder.now()));
    // An exercise is the community's; whoever starts it sees it, member or not.
    Visibility visibility{Tlp::green, {}, {}};
    if (!council_.state().is_member(by.organisation) && !by.organisation.empty())
        visibility.organisations.push_back(by.organisation);
    ExerciseId id{recorder.random().identifier()};
    record(recorder, id, visibility, fact.starts_at, fact);
    return id;
}

Result<> Drills::pace(journal::Recorder& recorder, const Principal& by, const ExerciseId& id,
                      const PaceRequest& request) {
    TRY_LET(const auto fact, drills::pace(pending_, id, by, request));
    const Exercise& exercise = *pending_.find(id);
    record(recorder, id, *exercise.visibility, exercise.time.at(recorder.now()), fact);
    return {};
}

Result<> Drills::end(journal::Recorder& recorder, const Principal& by, const ExerciseId& id) {
    TRY_LET(const auto fact, drills::end(pending_, id, by));
    const Exercise& exercise = *pending_.find(id);
    record(recorder, id, *exercise.visibility, exercise.time.at(recorder.now()), fact);
    return {};
}

}  // namespace noroshi::practise::drills
