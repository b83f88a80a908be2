// The case beside the chronology over HTTP: command, cause, custody, links, clocks, observations and
// the situation that the leaders look at.

#include <string>
#include <string_view>
#include <utility>

#include "edge/http/route.h"
#include "kernel/i18n/i18n.h"
#include "kernel/journal/record.h"
#include "prepare/council/council_view.h"
#include "respond/incident/incident.h"
#include "respond/incident/incident_case.h"
#include "respond/incident/incident_case_view.h"
#include "respond/incident/incident_letter.h"

namespace noroshi::respond::incident {

using edge::http::Done;
using edge::http::Method;
using edge::http::Nothing;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;
using journal::World;

namespace {

constexpr std::string_view base = "/api/respond/incident/incidents";
constexpr std::string_view topic_prefix = "respond.incident/";

// What was kept; the rest is read from the situation, which tells itself by an event.
struct Noted {
    std::optional<std::uint32_t> number;  // of what is numbered
    Instant at;                           // event time
};
BOOST_DESCRIBE_STRUCT(Noted, (), (number, at))

struct ObservationNoted {
    ObservationId id;
    std::uint32_t number = 0;
    ObservationState state = ObservationState::fresh;
    std::optional<IncidentId> incident;
};
BOOST_DESCRIBE_STRUCT(ObservationNoted, (), (id, number, state, incident))

struct ClockList {
    std::vector<ClockItem> items;
};
BOOST_DESCRIBE_STRUCT(ClockList, (), (items))

IncidentId incident_in(const Request& request) { return request.id<IncidentTag>("incident"); }

World world_in(const Request& request) {
    return World{ExerciseId{std::string(request.parameter("exercise").value_or(""))}};
}

template <class Body>
Done<Noted> noted(Recorder& recorder, const Decided<Body>& decided, const IncidentId& id,
                  std::string_view where) {
    journal::record(recorder, decided.place, decided.body);
    Noted out{{}, *decided.place.event_time};
    if constexpr (requires { decided.body.number; }) out.number = decided.body.number;
    return edge::http::created(out, std::string(base) + "/" + id.text + "/" + std::string(where));
}

// ---- command -------------------------------------------------------------------------------

// Of its own: what else is on its way about the incident is not called back with it.
std::string command_topic(const IncidentId& id) {
    return std::string(topic_prefix) + id.text + "/command";
}

Result<Done<Noted>> offer_command(Incident& room, const Request& request,
                                  const HandOverRequest& asked, Recorder& recorder) {
    const auto id = incident_in(request);
    const Principal& by = *request.principal;
    TRY_LET(const auto decided, hand_over(room.inquiry(recorder, by), id, asked));
    const auto& council = room.council().state();
    const auto* to = council.find(asked.to);
    HandoverLetter letter;
    const auto incident = room.view().for_everybody(id);
    letter.about.title = incident ? incident->title : "";
    letter.about.tlp = decided.place.visibility.tlp;
    letter.about.drill = !decided.place.world.is_live();
    letter.about.link = room.link_to(id);
    letter.from = council.name_of(by.person, to->language);
    letter.to = council.name_of(asked.to, to->language);
    letter.note = decided.body.note.value_or("");
    letter.lapses_at = decided.body.lapses_at;
    room.write_to(recorder, command_topic(id), asked.to, "handover",
                  format_rfc3339(*decided.place.event_time),
                  handover_offered(letter, room.zone(), to->language));
    return noted(recorder, decided, id, "command");
}

// A letter that nobody needs any more is not sent: the offer was answered before it went out.
template <class Body>
Done<Noted> end_offer(Recorder& recorder, const Decided<Body>& decided, const IncidentId& id) {
    recorder.cancel_messages(command_topic(id), {});
    return noted(recorder, decided, id, "command");
}

void write_about_evidence(const Incident& room, const Principal& by, const IncidentId& id,
                          const Decided<EvidenceHandedOver>& decided, Recorder& recorder) {
    const auto& council = room.council().state();
    const auto* to = council.find(*decided.body.to_person);
    const auto& item = room.cases().find(id)->evidence[decided.body.number - 1];
    const auto incident = room.view().for_everybody(id);
    EvidenceLetter letter;
    letter.about.title = incident ? incident->title : "";
    letter.about.tlp = decided.place.visibility.tlp;
    letter.about.drill = !decided.place.world.is_live();
    letter.about.link = room.link_to(id);
    letter.from = council.name_of(by.person, to->language);
    letter.number = std::to_string(decided.body.number);
    letter.description = item.body.description;
    letter.note = decided.body.note.value_or("");
    room.write_to(recorder, std::string(topic_prefix) + id.text + "/evidence/" + letter.number,
                  to->id, "evidence", std::to_string(item.steps.size()),
                  evidence_offered(letter, to->language));
}

// ---- observations --------------------------------------------------------------------------

Result<Done<ObservationNoted>> make_observation(Incident& room, const Request& request,
                                                const ObserveRequest& asked, Recorder& recorder) {
    const ObservationId id{recorder.random().identifier()};
    TRY_LET(const auto decided, observe(room.inquiry(recorder, *request.principal), id, asked));
    journal::record(recorder, decided.place, decided.body);
    return edge::http::created(
        ObservationNoted{id, decided.body.number, ObservationState::fresh, {}},
        "/api/respond/incident/observations/" + id.text);
}

Result<Done<ObservationNoted>> ask_about(Incident& room, const Request& request,
                                         const QuestionRequest& asked, Recorder& recorder) {
    const auto id = request.id<ObservationTag>("observation");
    const Principal& by = *request.principal;
    TRY_LET(const auto decided, question(room.inquiry(recorder, by), id, asked));
    const auto* one = room.cases().find(id);
    const auto& council = room.council().state();
    std::vector<PersonId> people;
    if (asked.asked) {
        people.push_back(*asked.asked);
    } else {
        // Of an organisation: whoever keeps its security, else its leaders, who may read it.
        for (const Role role :
             {Role::security_person, Role::duty_officer, Role::leader, Role::member}) {
            for (const auto* person : council.people_with(*asked.asked_organisation, role))
                if (may_see(council.viewer_of(person->id), *one->visibility))
                    people.push_back(person->id);
            if (!people.empty()) break;
        }
    }
    for (const auto& person : people) {
        const auto* known = council.find(person);
        QuestionLetter letter;
        letter.about.title = i18n::text(known->language, "respond.incident.letter.observation",
                                        {{"number", std::to_string(one->number)}});
        letter.about.tlp = one->visibility->tlp;
        letter.about.drill = !one->world.is_live();
        letter.from = council.name_of(by.person, known->language);
        letter.question = asked.question;
        letter.content = one->content;
        letter.due = asked.due;
        room.write_to(recorder, "respond.incident/observations/" + id.text, person, "question",
                      std::to_string(one->version),
                      question_asked(letter, room.zone(), known->language));
    }
    journal::record(recorder, decided.place, decided.body);
    return Done<ObservationNoted>{
        {id, one->number, ObservationState::needs_information, {}}, 200, {}, {}, {}};
}

template <class Body>
Done<ObservationNoted> turned(Recorder& recorder, const Incident& room, const ObservationId& id,
                              const Decided<Body>& decided, ObservationState state,
                              std::optional<IncidentId> incident = {}) {
    const std::uint32_t number = room.cases().find(id)->number;
    journal::record(recorder, decided.place, decided.body);
    // Whoever was asked need not be any more.
    recorder.cancel_messages("respond.incident/observations/" + id.text, {});
    return Done<ObservationNoted>{{id, number, state, std::move(incident)}, 200, {}, {}, {}};
}

Result<Done<ObservationNoted>> raise_observation(Incident& room, const Request& request,
                                                 const RaiseObservationRequest& asked,
                                                 Recorder& recorder) {
    const auto id = request.id<ObservationTag>("observation");
    const Principal& by = *request.principal;
    const auto inquiry = room.inquiry(recorder, by);
    if (asked.incident.has_value() == asked.open.has_value())
        return invalid("respond.incident.one_incident", "/incident");
    if (asked.incident) {
        TRY_LET(const auto* card, find_visible(inquiry.asked, *asked.incident));
        const auto* one = room.cases().find(id);
        if (one != nullptr && one->world != card->world)
            return invalid("respond.incident.another_world", "/incident");
        TRY_LET(const auto decided, raise(inquiry, id, *asked.incident));
        return turned(recorder, room, id, decided, ObservationState::raised, asked.incident);
    }
    // Decided before anything is recorded: an observation that is raised already opens no second.
    const IncidentId incident{recorder.random().identifier()};
    TRY_LET(const auto decided, raise(inquiry, id, incident));
    const auto* one = room.cases().find(id);
    if (!has_any(by, roles_that_open()))
        return fail(ErrorKind::forbidden, "respond.incident.may_not_open");
    OpenRequest open = *asked.open;
    if (!open.event_time) open.event_time = one->noticed_at;
    if (!open.summary) open.summary = one->content;
    if (!open.source && !one->source.empty()) open.source = one->source;
    if (open.terminals.empty()) open.terminals = one->terminals;
    if (!open.visibility)
        open.visibility =
            Readers{one->visibility->tlp, one->visibility->organisations, one->visibility->people};
    if (!one->world.is_live()) open.exercise = one->world.exercise;
    TRY_LET(const auto opened, open_incident(inquiry.asked, incident, open));
    journal::record(recorder, opened.place, opened.body);
    return turned(recorder, room, id, decided, ObservationState::raised, incident);
}

}  // namespace

Routes& add_information_routes(Routes& routes, Incident& room);  // incident_information_http.cpp

// Registered by app/rooms.cpp.
Routes& add_case_routes(Routes& routes, Incident& room) {
    const CaseView& view = room.case_view();
    const auto reader = by_roles("respond.incident.read_incidents", roles_that_read());
    const auto writer = [](std::string name) {
        return by_roles("respond.incident." + std::move(name), roles_that_write());
    };
    const auto recorder_of_facts = [](std::string name) {
        return by_roles("respond.incident." + std::move(name), roles_that_open());
    };
    const auto leader = [](std::string name) {
        return by_roles("respond.incident." + std::move(name),
                        {Role::duty_officer, Role::leader, Role::administrator});
    };
    const std::string one = std::string(base) + "/{incident}";
    const auto create = [&]<class In>(Method method, std::string path, Permission permission,
                                      std::string summary, auto handler) {
        routes
            .command<In, Noted>(method, std::move(path), std::move(permission), std::move(summary),
                                std::move(handler))
            .success_status = 201;
    };

    routes.query<Situation>(one + "/situation", reader,
                            "What a leader needs on one screen: command, clocks, stages, tasks",
                            [&](const Request& r) -> Result<Situation> {
                                return view.situation(*r.principal, incident_in(r), room.now(),
                                                      r.language);
                            });
    routes.query<Closing>(one + "/closing", reader, "What is still open, before it is closed",
                          [&](const Request& r) -> Result<Closing> {
                              return view.closing(*r.principal, incident_in(r), room.now(),
                                                  r.language);
                          });

    // ---- command
    routes.query<CommandItem>(
        one + "/command", reader, "Who is in charge, and who was",
        [&](const Request& r) { return view.command(*r.principal, incident_in(r), r.language); });
    create.template operator()<TakeCommandRequest>(
        Method::post, one + "/command/take", leader("take_command"), "Take command",
        [&](const Request& r, const TakeCommandRequest& in,
            Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto decided, take_command(room.inquiry(recorder, *r.principal), id, in));
            return end_offer(recorder, decided, id);
        });
    create.template operator()<HandOverRequest>(
        Method::post, one + "/command/offer", writer("hand_over_command"),
        "Offer command to somebody, who has to accept; the chair is told if it lapses",
        [&](const Request& r, const HandOverRequest& in, Recorder& recorder) {
            return offer_command(room, r, in, recorder);
        });
    create.template operator()<Nothing>(
        Method::post, one + "/command/accept", writer("accept_command"),
        "Accept the command that was offered",
        [&](const Request& r, const Nothing&, Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto decided, accept_command(room.inquiry(recorder, *r.principal), id));
            return end_offer(recorder, decided, id);
        });
    create.template operator()<ReasonRequest>(
        Method::post, one + "/command/decline", writer("decline_command"),
        "Decline the command that was offered",
        [&](const Request& r, const ReasonRequest& in, Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto decided,
                    decline_command(room.inquiry(recorder, *r.principal), id, in));
            return end_offer(recorder, decided, id);
        });
    create.template operator()<ReasonRequest>(
        Method::post, one + "/command/withdraw", writer("withdraw_handover"),
        "Take the offer of command back",
        [&](const Request& r, const ReasonRequest& in, Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto decided,
                    withdraw_handover(room.inquiry(recorder, *r.principal), id, in));
            return end_offer(recorder, decided, id);
        });

    // ---- the cause
    routes.query<CauseItem>(
        one + "/cause", reader, "Hypotheses of the cause and their evidence",
        [&](const Request& r) { return view.cause(*r.principal, incident_in(r), r.language); });
    create.template operator()<HypothesisRequest>(
        Method::post, one + "/hypotheses", writer("propose_hypothesis"), "Propose a hypothesis",
        [&](const Request& r, const HypothesisRequest& in,
            Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto decided, propose(room.inquiry(recorder, *r.principal), id, in));
            return noted(recorder, decided, id, "cause");
        });
    create.template operator()<WeighRequest>(
        Method::post, one + "/hypotheses/{number}/evidence", writer("weigh_hypothesis"),
        "Say what speaks for or against a hypothesis",
        [&](const Request& r, const WeighRequest& in, Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto number, r.counted("number", "respond.incident.hypothesis_unknown"));
            TRY_LET(const auto decided,
                    weigh(room.inquiry(recorder, *r.principal), id, number, in));
            return noted(recorder, decided, id, "cause");
        });
    create.template operator()<JudgeRequest>(
        Method::post, one + "/hypotheses/{number}/judge", recorder_of_facts("judge_hypothesis"),
        "Judge a hypothesis: likely, confirmed, refuted or undetermined",
        [&](const Request& r, const JudgeRequest& in, Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto number, r.counted("number", "respond.incident.hypothesis_unknown"));
            TRY_LET(const auto decided,
                    judge(room.inquiry(recorder, *r.principal), id, number, in));
            return noted(recorder, decided, id, "cause");
        });
    create.template operator()<ConcludeRequest>(
        Method::post, one + "/cause", recorder_of_facts("conclude_cause"),
        "End the search for the cause: determined, or honestly undetermined",
        [&](const Request& r, const ConcludeRequest& in,
            Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto decided, conclude(room.inquiry(recorder, *r.principal), id, in));
            return noted(recorder, decided, id, "cause");
        });

    // ---- custody
    routes.query<EvidenceList>(
        one + "/evidence", reader, "Evidence in custody, with every step",
        [&](const Request& r) { return view.evidence(*r.principal, incident_in(r), r.language); });
    create.template operator()<TakeEvidenceRequest>(
        Method::post, one + "/evidence", writer("take_evidence"), "Take evidence into custody",
        [&](const Request& r, const TakeEvidenceRequest& in,
            Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto decided,
                    take_evidence(room.inquiry(recorder, *r.principal), id, in));
            return noted(recorder, decided, id, "evidence");
        });
    create.template operator()<PassEvidenceRequest>(
        Method::post, one + "/evidence/{number}/handover", writer("pass_evidence"),
        "Hand evidence over to somebody",
        [&](const Request& r, const PassEvidenceRequest& in,
            Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto number, r.counted("number", "respond.incident.evidence_unknown"));
            TRY_LET(const auto decided,
                    pass_evidence(room.inquiry(recorder, *r.principal), id, number, in));
            if (decided.body.to_person)
                write_about_evidence(room, *r.principal, id, decided, recorder);
            return noted(recorder, decided, id, "evidence");
        });
    create.template operator()<SealEvidenceRequest>(
        Method::post, one + "/evidence/{number}/seal", writer("seal_evidence"), "Seal evidence",
        [&](const Request& r, const SealEvidenceRequest& in,
            Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto number, r.counted("number", "respond.incident.evidence_unknown"));
            TRY_LET(const auto decided,
                    seal_evidence(room.inquiry(recorder, *r.principal), id, number, in));
            return noted(recorder, decided, id, "evidence");
        });
    create.template operator()<CheckEvidenceRequest>(
        Method::post, one + "/evidence/{number}/check", writer("check_evidence"),
        "Say which hash the evidence has now",
        [&](const Request& r, const CheckEvidenceRequest& in,
            Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto number, r.counted("number", "respond.incident.evidence_unknown"));
            TRY_LET(const auto decided,
                    check_evidence(room.inquiry(recorder, *r.principal), id, number, in));
            return noted(recorder, decided, id, "evidence");
        });

    // ---- links, advice, systems
    routes.query<LinkList>(
        one + "/links", reader, "Recurrences and related incidents",
        [&](const Request& r) { return view.links(*r.principal, incident_in(r), r.language); });
    create.template operator()<LinkRequest>(
        Method::post, one + "/links", recorder_of_facts("link_incident"),
        "Say that it is a recurrence of another, or related to it",
        [&](const Request& r, const LinkRequest& in, Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto decided, link(room.inquiry(recorder, *r.principal), id, in));
            return noted(recorder, decided, id, "links");
        });
    create.template operator()<ReasonRequest>(
        Method::post, one + "/links/{other}/unlink", recorder_of_facts("unlink_incident"),
        "Take a link back",
        [&](const Request& r, const ReasonRequest& in, Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto decided, unlink(room.inquiry(recorder, *r.principal), id,
                                               r.id<IncidentTag>("other"), in));
            return noted(recorder, decided, id, "links");
        });
    create.template operator()<SystemsRequest>(
        Method::put, one + "/systems", recorder_of_facts("name_systems"),
        "Name the systems of the register that it is about",
        [&](const Request& r, const SystemsRequest& in, Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto decided, name_systems(room.inquiry(recorder, *r.principal), id, in));
            return noted(recorder, decided, id, "reach");
        });
    routes.query<prepare::port::Reach>(
        one + "/reach", reader, "Which systems and whom else the failing systems reach",
        [&](const Request& r) { return view.reach(*r.principal, incident_in(r), r.language); });

    // ---- clocks
    routes.query<ClockList>(
        one + "/clocks", reader, "Who must report what to whom by when, the next due on top",
        [&](const Request& r) -> Result<ClockList> {
            TRY_LET(auto items, view.clocks(*r.principal, incident_in(r), room.now(), r.language));
            return ClockList{std::move(items)};
        });
    const auto clock_in = [](const Request& r) { return std::string(r.capture("clock")); };
    create.template operator()<ClockMetRequest>(
        Method::post, one + "/clocks/{clock}/met", recorder_of_facts("meet_clock"),
        "Say that a report was made",
        [&room, clock_in](const Request& r, const ClockMetRequest& in,
                          Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto decided,
                    meet(room.inquiry(recorder, *r.principal), room.clocks(), id, clock_in(r), in));
            return noted(recorder, decided, id, "clocks");
        });
    create.template operator()<ClockWaivedRequest>(
        Method::post, one + "/clocks/{clock}/waive", recorder_of_facts("waive_clock"),
        "Say that a report is not due here, and why",
        [&room, clock_in](const Request& r, const ClockWaivedRequest& in,
                          Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto decided, waive(room.inquiry(recorder, *r.principal), room.clocks(),
                                              id, clock_in(r), in));
            return noted(recorder, decided, id, "clocks");
        });
    create.template operator()<ClockRestartedRequest>(
        Method::post, one + "/clocks/{clock}/restart", recorder_of_facts("restart_clock"),
        "Let a clock run again that was said to be met or not due",
        [&room, clock_in](const Request& r, const ClockRestartedRequest& in,
                          Recorder& recorder) -> Result<Done<Noted>> {
            const auto id = incident_in(r);
            TRY_LET(const auto decided, restart(room.inquiry(recorder, *r.principal), room.clocks(),
                                                id, clock_in(r), in));
            return noted(recorder, decided, id, "clocks");
        });

    // ---- observations
    const std::string observations = "/api/respond/incident/observations";
    const std::string observation = observations + "/{observation}";
    routes
        .query<ObservationList>(observations, reader, "What was noticed, under way first",
                                [&](const Request& r) -> Result<ObservationList> {
                                    return view.observations(*r.principal, world_in(r), r.language);
                                })
        .parameters = {"exercise"};
    routes
        .command<ObserveRequest, ObservationNoted>(
            Method::post, observations, writer("make_observation"),
            "Say that something was noticed, below an incident",
            [&](const Request& r, const ObserveRequest& in, Recorder& recorder) {
                return make_observation(room, r, in, recorder);
            })
        .success_status = 201;
    routes.query<ObservationItem>(observation, reader, "One observation", [&](const Request& r) {
        return view.observation(*r.principal, r.id<ObservationTag>("observation"), r.language);
    });
    routes.command<QuestionRequest, ObservationNoted>(
        Method::post, observation + "/question", recorder_of_facts("question_observation"),
        "Ask somebody: it needs more information",
        [&](const Request& r, const QuestionRequest& in, Recorder& recorder) {
            return ask_about(room, r, in, recorder);
        });
    routes.command<AnswerObservationRequest, ObservationNoted>(
        Method::post, observation + "/answer", writer("answer_observation"),
        "Say what was asked for, or add to it",
        [&](const Request& r, const AnswerObservationRequest& in,
            Recorder& recorder) -> Result<Done<ObservationNoted>> {
            const auto id = r.id<ObservationTag>("observation");
            TRY_LET(const auto decided, answer(room.inquiry(recorder, *r.principal), id, in));
            const auto* known = room.cases().find(id);
            return turned(recorder, room, id, decided,
                          known->state == Observation::State::fresh ? ObservationState::fresh
                                                                    : ObservationState::answered);
        });
    routes.command<RaiseObservationRequest, ObservationNoted>(
        Method::post, observation + "/raise", recorder_of_facts("raise_observation"),
        "Make it an incident, or a part of one",
        [&](const Request& r, const RaiseObservationRequest& in, Recorder& recorder) {
            return raise_observation(room, r, in, recorder);
        });
    routes.command<ReasonRequest, ObservationNoted>(
        Method::post, observation + "/settle", recorder_of_facts("settle_observation"),
        "Settle it without an incident, and say why",
        [&](const Request& r, const ReasonRequest& in,
            Recorder& recorder) -> Result<Done<ObservationNoted>> {
            const auto id = r.id<ObservationTag>("observation");
            TRY_LET(const auto decided, settle(room.inquiry(recorder, *r.principal), id, in));
            return turned(recorder, room, id, decided, ObservationState::settled);
        });
    routes.command<ReasonRequest, ObservationNoted>(
        Method::post, observation + "/reopen", recorder_of_facts("reopen_observation"),
        "Take it up again",
        [&](const Request& r, const ReasonRequest& in,
            Recorder& recorder) -> Result<Done<ObservationNoted>> {
            const auto id = r.id<ObservationTag>("observation");
            TRY_LET(const auto decided, reopen(room.inquiry(recorder, *r.principal), id, in));
            return turned(recorder, room, id, decided, ObservationState::fresh);
        });
    return add_information_routes(routes, room);
}

}  // namespace noroshi::respond::incident
