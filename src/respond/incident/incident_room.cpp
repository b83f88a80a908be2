// The room: listens, tells open boards, decides on the pending state, records, and writes letters.

#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "kernel/journal/record.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council_view.h"
#include "prepare/port/port_view.h"
#include "respond/incident/incident.h"
#include "respond/incident/incident_case_view.h"
#include "respond/incident/incident_letter.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::incident {

using journal::Envelope;
using journal::World;

namespace {

// What an open board is told. One rendering goes to everybody, so names that depend on the reader's
// language are given as in Japanese.
constexpr Language told_in = Language::ja;

constexpr std::string_view topic_prefix = "respond.incident/";
constexpr auto letter_lifetime = std::chrono::hours(24);

template <class Item>
std::optional<std::string> told(const std::optional<Item>& item) {
    if (!item) return {};
    return json::to_text(*item);
}

template <class Body>
void tell_card(journal::Journal& journal, const View& view, std::string type) {
    journal.add_event(
        Body::kind,
        [&view](const void*, const Envelope& at) -> std::optional<std::string> {
            const auto id = incident_of_stream(at.stream);
            return id ? told(view.for_everybody(*id)) : std::nullopt;
        },
        std::move(type));
}

struct CaseChanged {
    IncidentId incident;
};
BOOST_DESCRIBE_STRUCT(CaseChanged, (), (incident))

// That something beside the chronology changed; whoever shows it asks again.
template <class... Bodies>
void tell_case(journal::Journal& journal) {
    const auto tell = [&]<class Body>() {
        journal.add_event(
            Body::kind,
            [](const void*, const Envelope& at) -> std::optional<std::string> {
                const auto id = incident_of_stream(at.stream);
                if (!id) return {};
                return json::to_text(CaseChanged{*id});
            },
            "respond.incident.case_changed");
    };
    (tell.template operator()<Bodies>(), ...);
}

struct ObservationChanged {
    ObservationId observation;
};
BOOST_DESCRIBE_STRUCT(ObservationChanged, (), (observation))

template <class... Bodies>
void tell_observation(journal::Journal& journal) {
    const auto tell = [&]<class Body>() {
        journal.add_event(
            Body::kind,
            [](const void*, const Envelope& at) -> std::optional<std::string> {
                const auto slash = at.stream.rfind('/');
                return json::to_text(
                    ObservationChanged{ObservationId{std::string(at.stream.substr(slash + 1))}});
            },
            "respond.incident.observation_changed");
    };
    (tell.template operator()<Bodies>(), ...);
}

void tell_events(journal::Journal& journal, const View& view) {
    tell_case<CommandTaken, HandoverOffered, HandoverAccepted, HandoverDeclined, HandoverWithdrawn,
              HandoverLapsed, HypothesisProposed, HypothesisWeighed, HypothesisJudged,
              CauseConcluded, EvidenceTaken, EvidenceHandedOver, EvidenceReceived, EvidenceSealed,
              EvidenceChecked, AdviceAsked, InformationAsked, IncidentLinked, IncidentUnlinked,
              AdviceReceived, SystemsNamed, ReportIssued, ReportSent, LetterUndelivered, ClockMet,
              ClockWaived, ClockRestarted>(journal);
    tell_observation<ObservationMade, ObservationQuestioned, ObservationAnswered, ObservationRaised,
                     ObservationSettled, ObservationReopened>(journal);
    tell_card<IncidentOpened>(journal, view, std::string(IncidentOpened::kind));
    for (const auto tell : {tell_card<IntakeCorrected>, tell_card<VisibilityChanged>,
                            tell_card<IncidentClosed>, tell_card<IncidentReopened>})
        tell(journal, view, "respond.incident.incident_changed");
    journal::event<EntryAdded>(
        journal,
        [&view](const World&, const EntryAdded& body,
                const Envelope& at) -> std::optional<std::string> {
            return json::to_text(view.item_of(body, PersonId{std::string(at.actor)}, at.event_time,
                                              at.entry_time, *at.visibility, told_in));
        });
    journal::event<MilestoneSet>(
        journal,
        [&view](const World&, const MilestoneSet& body,
                const Envelope& at) -> std::optional<std::string> {
            const auto id = incident_of_stream(at.stream);
            if (!id) return {};
            return told(view.milestone(*id, body.terminal, body.milestone, told_in));
        });
}

}  // namespace

Incident::Incident(journal::Journal& journal, const council::Council& council,
                   const port::Port& port, const prepare::contacts::Contacts* contacts)
    : Incident(journal, council, port, contacts, IncidentOptions{}) {}

Incident::Incident(journal::Journal& journal, const council::Council& council,
                   const port::Port& port, const prepare::contacts::Contacts* contacts,
                   IncidentOptions options)
    : journal_(journal), view_(std::make_unique<View>(council.view())), council_(council),
      port_(port), contacts_(contacts),
      options_(std::make_unique<IncidentOptions>(std::move(options))),
      cases_(std::make_unique<Cases>()), published_cases_(std::make_unique<Cases>()),
      case_view_(std::make_unique<CaseView>(*view_, *published_cases_, council.view(), port.view(),
                                            port.published(), options_->clocks, options_->zone)) {
    state_.attach(journal.pending());
    cases_->attach(journal.pending());
    view_->attach(journal.published());
    published_cases_->attach(journal.published());
    tell_events(journal, *view_);
    journal.add_timer({[this] { return next_due(); },
                       [this](journal::Recorder& recorder) { return fire(recorder); }});
    journal.on_delivery(std::string(topic_prefix),
                        [this](journal::Recorder& recorder, const store::OutboxRow& row,
                               const Delivery& delivery) { hear(recorder, row, delivery); });
}

Incident::~Incident() = default;

Asked Incident::asked(const journal::Recorder& recorder, const Principal& by) const {
    return {state_, council_.state(), port_.state(), by, recorder.now()};
}

Inquiry Incident::inquiry(const journal::Recorder& recorder, const Principal& by) const {
    return {asked(recorder, by), *cases_, port_.known()};
}

Result<Incident::Opened> Incident::open(journal::Recorder& recorder, const Principal& by,
                                        const OpenRequest& request) {
    IncidentId id{recorder.random().identifier()};
    TRY_LET(auto decided, open_incident(asked(recorder, by), id, request));
    journal::record(recorder, decided.place, decided.body);
    return Opened{std::move(id), std::move(decided)};
}

Result<Decided<EntryAdded>> Incident::add_entry(journal::Recorder& recorder, const Principal& by,
                                                const IncidentId& id, const EntryRequest& request) {
    TRY_LET(auto decided, incident::add_entry(asked(recorder, by), id, request));
    journal::record(recorder, decided.place, decided.body);
    return decided;
}

// ---- letters -------------------------------------------------------------------------------

bool Incident::write_to(journal::Recorder& recorder, const std::string& topic,
                        const PersonId& person, const std::string& about, const std::string& round,
                        const Letter& letter) const {
    const auto* known = council_.state().find(person);
    if (contacts_ == nullptr || known == nullptr || known->erased) return false;
    Channel channel = Channel::email;
    auto address = contacts_->state().address_of(person, channel);
    if (!address) {
        channel = Channel::sms;
        address = contacts_->state().address_of(person, channel);
    }
    if (!address) return false;
    journal::Dispatch dispatch;
    dispatch.topic = topic;
    dispatch.person = person;
    dispatch.not_before = recorder.now();
    dispatch.expires = recorder.now() + letter_lifetime;
    Message& message = dispatch.message;
    message.key = topic + "/" + about + "/" + person.text + "/" + round;
    message.channel = channel;
    message.to = *address;
    message.to_name = known->name;
    message.message_id =
        "<" + to_hex(sha256(message.key)).substr(0, 32) + "@" + options_->mail_domain + ">";
    message.drill = letter.drill;
    if (channel == Channel::email) {
        message.subject = letter.subject;
        message.text = letter.text;
        message.html = letter.html;
    } else {
        message.text = letter.sms;
    }
    recorder.send(std::move(dispatch));
    return true;
}

// What became of a letter is told on the board only when it did not arrive.
void Incident::hear(journal::Recorder& recorder, const store::OutboxRow& row,
                    const Delivery& delivery) {
    if (row.state != store::OutboxState::refused && row.state != store::OutboxState::gave_up)
        return;
    std::string_view key = row.key;
    if (!key.starts_with(row.topic)) return;
    key.remove_prefix(row.topic.size() + 1);
    // "respond.incident/<incident>", or with what it is about behind it.
    const std::string_view rest = std::string_view(row.topic).substr(topic_prefix.size());
    const IncidentId id{std::string(rest.substr(0, rest.find('/')))};
    const auto* card = state_.find(id);
    if (card == nullptr) return;
    // "<about>/<person>/<round>", and `about` may have slashes of its own.
    const auto round = key.rfind('/');
    const auto of = key.substr(0, round).rfind('/');
    journal::record(recorder,
                    journal::Place{stream_of(id),
                                   *card->visibility,
                                   card->world,
                                   state_.now_in(card->world, recorder.now()),
                                   {}},
                    LetterUndelivered{PersonId{row.person}, std::string(key.substr(0, of)),
                                      row.state == store::OutboxState::refused, delivery.gateway});
}

// ---- what happens by itself ----------------------------------------------------------------

std::optional<Instant> Incident::next_due() const {
    std::optional<Instant> least;
    for (const auto& [id, lapses_at] : cases_->waiting_offers()) {
        const auto* card = state_.find(id);
        if (card == nullptr) continue;
        std::optional<Instant> due = lapses_at;
        if (!card->world.is_live()) {
            const auto* exercise = state_.find_exercise(card->world.exercise);
            if (exercise == nullptr || exercise->ended) continue;
            due = exercise->time.real_time_of(lapses_at);
        }
        if (due && (!least || *due < *least)) least = due;
    }
    return least;
}

// Guideline 3.1.3: no incident is ever without a person in charge. Who offered it still is; the chair
// learns that nobody took it.
Result<> Incident::fire(journal::Recorder& recorder) {
    const auto waiting = cases_->waiting_offers();
    for (const auto& [id, lapses_at] : waiting) {
        const auto* card = state_.find(id);
        const auto* of = cases_->find(id);
        if (card == nullptr || of == nullptr || !of->offer) continue;
        const auto* exercise =
            card->world.is_live() ? nullptr : state_.find_exercise(card->world.exercise);
        if (exercise != nullptr && exercise->ended) continue;
        const Instant now = state_.now_in(card->world, recorder.now());
        if (lapses_at > now) continue;
        const auto& council = council_.state();
        const auto told = chairs(council, of->in_charge, of->offer->to);
        const auto incident = view_->for_everybody(id);
        for (const auto& person : told) {
            const auto* known = council.find(person);
            const Language language = known == nullptr ? Language::ja : known->language;
            HandoverLetter about;
            // The chair is told even of what the chair may not read, without its title.
            about.about.title = incident && may_see(council.viewer_of(person), *card->visibility)
                                    ? incident->title
                                    : i18n::text(language, "respond.incident.letter.untitled",
                                                 {{"number", std::to_string(card->number)}});
            about.about.tlp = card->visibility->tlp;
            about.about.drill = !card->world.is_live();
            about.about.link = link_to(id);
            about.from = council.name_of(of->in_charge, language);
            about.to = council.name_of(of->offer->to, language);
            if (may_see(council.viewer_of(person), *card->visibility)) about.note = of->offer->note;
            about.lapses_at = lapses_at;
            write_to(recorder, std::string(topic_prefix) + id.text, person, "handover_lapsed",
                     format_rfc3339(of->offer->offered_at),
                     handover_lapsed(about, options_->zone, language));
        }
        journal::record(recorder,
                        journal::Place{stream_of(id), *card->visibility, card->world, now, {}},
                        HandoverLapsed{told});
    }
    return {};
}

std::string Incident::link_to(const IncidentId& id) const {
    if (options_->public_url.empty()) return {};
    return options_->public_url + "/respond/incident/" + id.text;
}

}  // namespace noroshi::respond::incident
