#include "respond/incident/incident_state.h"

#include "kernel/journal/listen.h"
#include "practise/drills/drills_facts.h"

namespace noroshi::respond::incident {

using journal::Envelope;
using journal::World;

namespace {

constexpr std::string_view stream_prefix = "respond/incident/";

// A line that replaces another takes over what that one said about a third: if entry 8 reported
// order 5 done and entry 12 corrects entry 8, then entry 12 reports it.
void take_over(State::Card& incident, Number old, Number replacement) {
    incident.corrected_by[old] = replacement;
    if (const auto done = incident.done_by.find(old); done != incident.done_by.end()) {
        const Number report = done->second;
        incident.done_by[replacement] = report;
        incident.completes[report] = replacement;
    }
    if (const auto completed = incident.completes.find(old);
        completed != incident.completes.end()) {
        const Number task = completed->second;
        incident.completes.erase(completed);
        incident.completes[replacement] = task;
        incident.done_by[task] = replacement;
    }
}

}  // namespace

std::string stream_of(const IncidentId& id) { return std::string(stream_prefix) + id.text; }

std::optional<IncidentId> incident_of_stream(std::string_view stream) {
    if (!stream.starts_with(stream_prefix)) return {};
    return IncidentId{std::string(stream.substr(stream_prefix.size()))};
}

State::Card* State::incident_of(const Envelope& at) {
    if (last_ != nullptr && at.stream == last_stream_) return last_;
    if (!at.stream.starts_with(stream_prefix)) return nullptr;
    const auto found = incidents_.find(at.stream.substr(stream_prefix.size()));
    if (found == incidents_.end()) return nullptr;
    last_ = found->second.get();
    last_stream_ = at.stream;
    return last_;
}

void State::attach(journal::Listeners& pending) {
    pending.on_reset([this] { *this = State{}; });

    journal::listen_any<IncidentOpened>(
        pending, [this](const World& world, const IncidentOpened& body, const Envelope& at) {
            if (!at.stream.starts_with(stream_prefix)) return;
            auto incident = std::make_unique<Card>();
            incident->world = world;
            incident->number = body.number;
            incident->version = 1;
            incident->visibility = at.visibility;
            incident->opened_by = PersonId{std::string(at.actor)};
            incident->organisation = body.organisation;
            incident->began_at = at.event_time;
            numbers_[world] = std::max(numbers_[world], body.number);
            incidents_.insert_or_assign(std::string(at.stream.substr(stream_prefix.size())),
                                        std::move(incident));
            last_ = nullptr;
        });
    journal::listen_any<IntakeCorrected>(
        pending, [this](const World&, const IntakeCorrected& body, const Envelope& at) {
            Card* incident = incident_of(at);
            if (incident == nullptr) return;
            ++incident->version;
            if (body.began_at) incident->began_at = *body.began_at;
        });
    journal::listen_any<VisibilityChanged>(
        pending, [this](const World&, const VisibilityChanged&, const Envelope& at) {
            Card* incident = incident_of(at);
            if (incident == nullptr) return;
            ++incident->version;
            incident->visibility = at.visibility;
        });
    journal::listen_any<IncidentClosed>(
        pending, [this](const World&, const IncidentClosed&, const Envelope& at) {
            Card* incident = incident_of(at);
            if (incident == nullptr) return;
            ++incident->version;
            incident->open = false;
        });
    journal::listen_any<IncidentReopened>(
        pending, [this](const World&, const IncidentReopened&, const Envelope& at) {
            Card* incident = incident_of(at);
            if (incident == nullptr) return;
            ++incident->version;
            incident->open = true;
        });
    journal::listen_any<EntryAdded>(
        pending, [this](const World&, const EntryAdded& body, const Envelope& at) {
            Card* incident = incident_of(at);
            if (incident == nullptr || body.number != incident->next_number()) return;
            Card::Entry& entry = incident->entries.emplace_back();
            entry.entry_kind =
                static_cast<std::uint32_t>(body.entry_kind.value_or(EntryKind::fact)) & 0xFU;
            if (body.narrowed.value_or(false)) {
                auto [found, fresh] = visibility_index_.try_emplace(
                    at.visibility.get(), static_cast<std::uint32_t>(visibilities_.size()));
                if (fresh) visibilities_.push_back(at.visibility);
                entry.own_visibility = found->second & 0xFFF'FFFFU;
            }
            if (body.completes) {
                incident->done_by[*body.completes] = body.number;
                incident->completes[body.number] = *body.completes;
            }
            if (body.reopens) {
                if (const auto done = incident->done_by.find(*body.reopens);
                    done != incident->done_by.end()) {
                    incident->completes.erase(done->second);
                    incident->done_by.erase(done);
                }
            }
            if (body.voluntary.value_or(false))
                incident->voluntary[body.number] = body.on_behalf_of.value_or(body.organisation);
            if (body.corrects) take_over(*incident, *body.corrects, body.number);
            if (body.attachments)
                for (const auto& attachment : *body.attachments)
                    for (auto& file : incident->files)
                        if (file.attachment.sha256 == attachment.sha256)
                            file.entries.push_back(body.number);
        });
    journal::listen_any<AttachmentAdded>(
        pending, [this](const World&, const AttachmentAdded& body, const Envelope& at) {
            Card* incident = incident_of(at);
            if (incident == nullptr) return;
            incident->files.push_back({body.attachment, PersonId{std::string(at.actor)}, {}});
        });

    // Exercises belong to a later room; their clock is needed here, so we listen.
    namespace drills = practise::drills;
    journal::listen_drill<drills::ExerciseStarted>(
        pending, [this](const journal::Drill<drills::ExerciseStarted>& fact) {
            exercises_[fact.exercise()] = {
                ExerciseTime::starting(fact.at.entry_time, fact.body.starts_at, fact.body.speed),
                false, fact.at.visibility};
        });
    journal::listen_drill<drills::ExercisePaced>(
        pending, [this](const journal::Drill<drills::ExercisePaced>& fact) {
            if (const auto found = exercises_.find(fact.exercise()); found != exercises_.end())
                found->second.time.change(fact.at.entry_time, fact.body.speed);
        });
    journal::listen_drill<drills::ExerciseEnded>(
        pending, [this](const journal::Drill<drills::ExerciseEnded>& fact) {
            if (const auto found = exercises_.find(fact.exercise()); found != exercises_.end()) {
                found->second.time.change(fact.at.entry_time, 0);
                found->second.ended = true;
            }
        });
}

const State::Card* State::find(const IncidentId& id) const {
    const auto found = incidents_.find(id.text);
    return found == incidents_.end() ? nullptr : found->second.get();
}

const State::Exercise* State::find_exercise(const ExerciseId& id) const {
    const auto found = exercises_.find(id);
    return found == exercises_.end() ? nullptr : &found->second;
}

std::uint32_t State::next_incident_number(const World& world) const {
    const auto found = numbers_.find(world);
    return found == numbers_.end() ? 1 : found->second + 1;
}

Instant State::now_in(const World& world, Instant now) const {
    const Exercise* exercise = world.is_live() ? nullptr : find_exercise(world.exercise);
    return exercise == nullptr ? now : exercise->time.at(now);
}

const Visibility* State::own_visibility(const Card& incident, Number number) const {
    return visibilities_[incident.entries[number - 1].own_visibility].get();
}

bool State::may_see_entry(const Viewer& viewer, const Card& incident, Number number) const {
    const Visibility* own = own_visibility(incident, number);
    return own == nullptr || may_see(viewer, *own);
}

}  // namespace noroshi::respond::incident
