// Questions, answers, experts' advice and the receipt of evidence over HTTP: what one person asks of
// another.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/http/route.h"
#include "kernel/journal/record.h"
#include "prepare/council/council_view.h"
#include "respond/incident/incident.h"
#include "respond/incident/incident_case.h"
#include "respond/incident/incident_case_view.h"
#include "respond/incident/incident_letter.h"

namespace noroshi::respond::incident {

using edge::http::Done;
using edge::http::Method;
using edge::http::Request;
using edge::http::Routes;
using journal::Recorder;

namespace {

constexpr std::string_view base = "/api/respond/incident/incidents";
constexpr std::string_view topic_prefix = "respond.incident/";

// In which line of the chronology it now stands.
struct Lines {
    Number entry = 0;
    Instant at;
};
BOOST_DESCRIBE_STRUCT(Lines, (), (entry, at))

struct Received {
    std::uint32_t number = 0;
    bool accepted = false;
    Instant at;
};
BOOST_DESCRIBE_STRUCT(Received, (), (number, accepted, at))

IncidentId incident_in(const Request& request) { return request.id<IncidentTag>("incident"); }

template <class Body>
Done<Lines> lined(Recorder& recorder, const Lined<Body>& decided, const IncidentId& id,
                  std::string_view where) {
    if (decided.line) journal::record(recorder, decided.line->place, decided.line->body);
    journal::record(recorder, decided.fact.place, decided.fact.body);
    const auto& place = decided.line ? decided.line->place : decided.fact.place;
    return edge::http::created(Lines{decided.fact.body.entry, *place.event_time},
                               std::string(base) + "/" + id.text + "/" + std::string(where));
}

// Letters about one question, so that its answer can call them back.
std::string topic_of(const IncidentId& id, Number question) {
    return std::string(topic_prefix) + id.text + "/questions/" + std::to_string(question);
}

// Of an organisation: whoever keeps its security, else its leaders, who may read it.
std::vector<PersonId> people_of(const council::State& council, const OrganisationId& organisation,
                                const Visibility& visibility) {
    std::vector<PersonId> people;
    for (const Role role :
         {Role::security_person, Role::duty_officer, Role::leader, Role::member}) {
        for (const auto* person : council.people_with(organisation, role))
            if (may_see(council.viewer_of(person->id), visibility)) people.push_back(person->id);
        if (!people.empty()) break;
    }
    return people;
}

Result<Done<Lines>> ask(Incident& room, const Request& request, const InformationRequest& asked,
                        Recorder& recorder) {
    const auto id = incident_in(request);
    const Principal& by = *request.principal;
    TRY_LET(const auto decided, ask_information(room.inquiry(recorder, by), id, asked));
    const auto& council = room.council().state();
    const auto& visibility = decided.line->place.visibility;
    const auto people = asked.asked ? std::vector<PersonId>{*asked.asked}
                                    : people_of(council, *asked.asked_organisation, visibility);
    const Board* board = room.view().boards().find(id.text);
    for (const auto& person : people) {
        const auto* known = council.find(person);
        QuestionLetter letter;
        letter.about.title = board == nullptr ? "" : board->title;
        letter.about.tlp = visibility.tlp;
        letter.about.drill = !decided.line->place.world.is_live();
        letter.about.link = room.link_to(id);
        letter.from = council.name_of(by.person, known->language);
        letter.question = asked.question;
        letter.due = asked.due;
        if (asked.about && board != nullptr && *asked.about <= board->last_number()) {
            letter.of = QuestionLetter::Of::entry;
            letter.content = board->line(*asked.about).content();
        } else {
            letter.of = QuestionLetter::Of::incident;
            letter.content = letter.about.title;
        }
        room.write_to(recorder, topic_of(id, decided.fact.body.entry), person, "question", "1",
                      question_asked(letter, room.zone(), known->language));
    }
    return lined(recorder, decided, id, "questions");
}

Result<Done<Lines>> answer(Incident& room, const Request& request,
                           const AnswerInformationRequest& asked, Recorder& recorder) {
    const auto id = incident_in(request);
    TRY_LET(const auto number, request.counted("number", "respond.incident.question_unknown"));
    TRY_LET(const auto decided,
            answer_information(room.inquiry(recorder, *request.principal), id, number, asked));
    journal::record(recorder, decided.place, decided.body);
    // Whoever was asked need not be any more.
    recorder.cancel_messages(topic_of(id, number), {});
    return edge::http::created(Lines{decided.body.number, *decided.place.event_time},
                               std::string(base) + "/" + id.text + "/questions");
}

Result<Done<Received>> receive(Incident& room, const Request& request, Receipt receipt,
                               const ReceiveEvidenceRequest& asked, Recorder& recorder) {
    const auto id = incident_in(request);
    TRY_LET(const auto number, request.counted("number", "respond.incident.evidence_unknown"));
    TRY_LET(const auto decided, receive_evidence(room.inquiry(recorder, *request.principal), id,
                                                 number, receipt, asked));
    journal::record(recorder, decided.place, decided.body);
    recorder.cancel_messages(
        std::string(topic_prefix) + id.text + "/evidence/" + std::to_string(number), {});
    return edge::http::created(Received{number, decided.body.accepted, *decided.place.event_time},
                               std::string(base) + "/" + id.text + "/evidence");
}

}  // namespace

// Registered by add_case_routes.
Routes& add_information_routes(Routes& routes, Incident& room) {
    const CaseView& view = room.case_view();
    const auto reader = by_roles("respond.incident.read_incidents", roles_that_read());
    const auto writer = [](std::string name) {
        return by_roles("respond.incident." + std::move(name), roles_that_write());
    };
    const auto recorder_of_facts = [](std::string name) {
        return by_roles("respond.incident." + std::move(name), roles_that_open());
    };
    const std::string one = std::string(base) + "/{incident}";

    routes.query<QuestionList>(
        one + "/questions", reader, "Who was asked for more information, the first due on top",
        [&](const Request& r) { return view.questions(*r.principal, incident_in(r), r.language); });
    routes
        .command<InformationRequest, Lines>(
            Method::post, one + "/questions", recorder_of_facts("ask_information"),
            "Ask somebody about the incident or a line of it: it needs more information",
            [&room](const Request& r, const InformationRequest& in, Recorder& recorder) {
                return ask(room, r, in, recorder);
            })
        .success_status = 201;
    routes
        .command<AnswerInformationRequest, Lines>(
            Method::post, one + "/questions/{number}/answer", writer("answer_information"),
            "Answer it by a new line",
            [&room](const Request& r, const AnswerInformationRequest& in, Recorder& recorder) {
                return answer(room, r, in, recorder);
            })
        .success_status = 201;

    routes.query<AdviceList>(
        one + "/advice", reader,
        "What experts were asked and what they advised, and how long it took",
        [&](const Request& r) { return view.advice(*r.principal, incident_in(r), r.language); });
    routes
        .command<AdviceRequest, Lines>(
            Method::post, one + "/advice", recorder_of_facts("receive_advice"),
            "Say that a line of the chronology is an expert's advice, or write that line",
            [&room](const Request& r, const AdviceRequest& in,
                    Recorder& recorder) -> Result<Done<Lines>> {
                const auto id = incident_in(r);
                TRY_LET(const auto decided,
                        receive_advice(room.inquiry(recorder, *r.principal), id, in));
                return lined(recorder, decided, id, "advice");
            })
        .success_status = 201;
    routes
        .command<AdviceRequest, Lines>(
            Method::post, one + "/advice/asked", recorder_of_facts("ask_advice"),
            "Say that a line asks an expert for advice, or write that line",
            [&room](const Request& r, const AdviceRequest& in,
                    Recorder& recorder) -> Result<Done<Lines>> {
                const auto id = incident_in(r);
                TRY_LET(const auto decided,
                        ask_advice(room.inquiry(recorder, *r.principal), id, in));
                return lined(recorder, decided, id, "advice");
            })
        .success_status = 201;

    for (const auto& [word, receipt] :
         {std::pair{"accept", Receipt::accepted}, std::pair{"decline", Receipt::declined}})
        routes
            .command<ReceiveEvidenceRequest, Received>(
                Method::post, one + "/evidence/{number}/" + word, writer("receive_evidence"),
                receipt == Receipt::accepted
                    ? "Accept evidence that was offered"
                    : "Decline evidence that was offered, or take the offer back",
                [&room, receipt](const Request& r, const ReceiveEvidenceRequest& in,
                                 Recorder& recorder) {
                    return receive(room, r, receipt, in, recorder);
                })
            .success_status = 201;
    return routes;
}

}  // namespace noroshi::respond::incident
