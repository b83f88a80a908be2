// The room: decides on the pending state, records, listens.

#include <algorithm>

#include "kernel/embedded_data.h"
#include "kernel/journal/record.h"
#include "prepare/contacts/contacts.h"
#include "prepare/contacts/contacts_scheme.h"
#include "prepare/contacts/contacts_view.h"
#include "prepare/council/council_view.h"

namespace noroshi::prepare::contacts {

namespace {

std::string text_of(const std::optional<Personal>& personal) {
    return personal ? personal->text : std::string{};
}

// The Cabinet Office's list that travels with the program.
std::string_view published_holidays() {
    for (const auto& file : embedded_data())
        if (file.path == "calendars/japan.csv") return file.bytes;
    return {};
}

}  // namespace

Contacts::Contacts(journal::Journal& journal, council::Council& council, ContactsOptions options)
    : journal_(journal), council_(council), options_(std::move(options)),
      state_(std::make_shared<const Calendar>(options_.zone, Holidays(published_holidays()))),
      view_(std::make_unique<View>(
          council.view(),
          std::make_shared<const Calendar>(options_.zone, Holidays(published_holidays())))) {
    state_.attach(journal.pending());
    view_->attach(journal.published());
    journal.add_timer({[this] { return state_.next_ask(); },
                       [this](journal::Recorder& recorder) { return fire(recorder); }});
    journal.on_delivery("prepare.contacts/",
                        [this](journal::Recorder& recorder, const store::OutboxRow& row,
                               const Delivery& delivery) { hear(recorder, row, delivery); });
}

Contacts::~Contacts() = default;

std::string Contacts::stream_of(const PersonId& person) {
    return "prepare/contacts/" + person.text;
}
std::string Contacts::list_stream_of(const OrganisationId& organisation) {
    return "prepare/contacts/lists/" + organisation.text;
}
std::string Contacts::duty_stream_of(const OrganisationId& organisation) {
    return "prepare/contacts/duty/" + organisation.text;
}

// Their own organisations, and the port manager's, whose alarm it is.
Visibility Contacts::private_to(const PersonId& person) const {
    Visibility visibility{
        Tlp::amber_strict, council_.state().viewer_of(person).organisations, {person}};
    for (const auto* manager :
         council_.state().organisations_of(council::OrganisationKind::port_manager))
        visibility.organisations.push_back(manager->id);
    std::ranges::sort(visibility.organisations);
    const auto rest = std::ranges::unique(visibility.organisations);
    visibility.organisations.erase(rest.begin(), rest.end());
    return visibility;
}

// Who is on duty, the port's community may know.
Visibility Contacts::for_port_and(const OrganisationId& organisation) const {
    return {Tlp::green, {organisation}, {}};
}

Result<std::vector<Shared>> Contacts::change_contact(journal::Recorder& recorder,
                                                     const PersonId& person,
                                                     const ContactDraft& draft, Version version) {
    auto whole = draft;
    if (const auto* known = state_.find(person)) whole.push = known->push;
    TRY_LET(const auto fact, contacts::change_contact(council_.state(), person, whole));
    if (fact.chat && std::ranges::find(options_.chat_services,
                                       fact.chat->text.substr(0, fact.chat->text.find(':'))) ==
                         options_.chat_services.end())
        return invalid("prepare.contacts.unknown_chat", "/chat");
    journal::record(recorder, {stream_of(person), private_to(person), {}, {}, version}, fact);
    return state_.shared(Contact{person, text_of(fact.email), text_of(fact.mobile), {}, {}, {}, 0});
}

Result<> Contacts::change_list(journal::Recorder& recorder, const OrganisationId& organisation,
                               const ListDraft& draft, Version version) {
    TRY_LET(const auto fact, contacts::change_list(council_.state(), organisation, draft));
    journal::record(recorder,
                    {list_stream_of(organisation), for_port_and(organisation), {}, {}, version},
                    fact);
    return {};
}

Result<Transfer> Contacts::transfer(journal::Recorder& recorder, const TransferDraft& draft) {
    TRY_LET(auto decided, contacts::transfer(council_.state(), state_, draft));
    for (const auto& list : decided.lists)
        journal::record(
            recorder,
            {list_stream_of(list.organisation), for_port_and(list.organisation), {}, {}, {}}, list);
    journal::record(recorder, {"prepare/contacts/transfers", {Tlp::green, {}, {}}, {}, {}, {}},
                    decided.transferred);
    return decided;
}

Result<std::string> Contacts::set_rotation(journal::Recorder& recorder,
                                           const OrganisationId& organisation,
                                           const std::string& id, const RotationDraft& draft,
                                           Version version) {
    if (!id.empty() && state_.find_rotation(organisation, id) == nullptr)
        return fail(ErrorKind::not_found, "prepare.contacts.unknown_rotation");
    TRY_LET(auto fact,
            contacts::set_rotation(council_.state(), organisation,
                                   id.empty() ? recorder.random().identifier() : id, draft));
    journal::record(recorder,
                    {duty_stream_of(organisation), for_port_and(organisation), {}, {}, version},
                    fact);
    return std::move(fact.rotation);
}

Result<> Contacts::end_rotation(journal::Recorder& recorder, const OrganisationId& organisation,
                                const std::string& id) {
    if (state_.find_rotation(organisation, id) == nullptr)
        return fail(ErrorKind::not_found, "prepare.contacts.unknown_rotation");
    journal::record(recorder,
                    {duty_stream_of(organisation), for_port_and(organisation), {}, {}, {}},
                    RotationEnded{organisation, id});
    return {};
}

Result<std::string> Contacts::substitute(journal::Recorder& recorder,
                                         const OrganisationId& organisation,
                                         const SubstitutionDraft& draft) {
    TRY_LET(auto fact, contacts::substitute(council_.state(), state_, organisation,
                                            recorder.random().identifier(), draft));
    journal::record(recorder,
                    {duty_stream_of(organisation), for_port_and(organisation), {}, {}, {}}, fact);
    return std::move(fact.substitution);
}

Result<> Contacts::withdraw_substitution(journal::Recorder& recorder,
                                         const OrganisationId& organisation,
                                         const std::string& id) {
    const auto all = state_.substitutions(organisation);
    if (std::ranges::find(all, id, &Substitution::id) == all.end())
        return fail(ErrorKind::not_found, "prepare.contacts.unknown_substitution");
    journal::record(recorder,
                    {duty_stream_of(organisation), for_port_and(organisation), {}, {}, {}},
                    SubstitutionWithdrawn{organisation, id});
    return {};
}

// That somebody is away concerns their own organisation and whoever raises the alarm.
Result<std::string> Contacts::note_absence(journal::Recorder& recorder, const PersonId& person,
                                           Instant from, Instant until, AbsenceReason reason) {
    TRY_LET(auto fact, contacts::note_absence(council_.state(), person,
                                              recorder.random().identifier(), from, until, reason));
    journal::record(recorder,
                    {"prepare/contacts/absences/" + person.text, private_to(person), {}, {}, {}},
                    fact);
    return std::move(fact.absence);
}

Result<> Contacts::withdraw_absence(journal::Recorder& recorder, const PersonId& person,
                                    const std::string& id) {
    const auto* all = state_.absences(person);
    if (all == nullptr || std::ranges::find(*all, id, &Absence::id) == all->end())
        return fail(ErrorKind::not_found, "prepare.contacts.unknown_absence");
    journal::record(recorder,
                    {"prepare/contacts/absences/" + person.text, private_to(person), {}, {}, {}},
                    AbsenceWithdrawn{person, id});
    return {};
}

Result<> Contacts::change_scheme(journal::Recorder& recorder, const std::vector<Flow>& flows,
                                 Version version) {
    TRY_LET(const auto fact, contacts::change_scheme(council_.state(), flows));
    journal::record(recorder, {std::string(scheme_stream), {Tlp::green, {}, {}}, {}, {}, version},
                    fact);
    return {};
}

Result<std::string> Contacts::open_feed(journal::Recorder& recorder,
                                        const OrganisationId& organisation,
                                        const PersonId& person) {
    if (council_.state().find(organisation) == nullptr)
        return fail(ErrorKind::not_found, "prepare.contacts.unknown_organisation");
    FeedOpened fact{recorder.random().identifier(), organisation, person};
    journal::record(recorder, {duty_stream_of(organisation), private_to(person), {}, {}, {}}, fact);
    return std::move(fact.feed);
}

Result<> Contacts::close_feed(journal::Recorder& recorder, const std::string& id) {
    const auto* feed = state_.find_feed(id);
    if (feed == nullptr) return fail(ErrorKind::not_found, "prepare.contacts.unknown_feed");
    journal::record(recorder,
                    {duty_stream_of(feed->organisation), private_to(feed->person), {}, {}, {}},
                    FeedClosed{feed->organisation, id});
    return {};
}

}  // namespace noroshi::prepare::contacts
