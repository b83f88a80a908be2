// Editions and confirmations: what the state hears of them, what is decided, and what happens by
// itself – people being asked whether their contact still holds.

#include <algorithm>

#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "prepare/contacts/contacts.h"
#include "prepare/contacts/contacts_link.h"
#include "prepare/contacts/contacts_lists_view.h"
#include "prepare/contacts/contacts_scheme_view.h"
#include "respond/callout/callout_facts.h"

namespace noroshi::prepare::contacts {

using journal::Drill;
using journal::Live;
namespace callout = respond::callout;

namespace {

constexpr std::string_view editions_stream = "prepare/contacts/editions";
constexpr std::string_view topic = "prepare.contacts/";
constexpr std::chrono::days confirmation_lives{35};
constexpr std::chrono::days receipt_lives{90};
constexpr std::chrono::days mail_lives{3};

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return i18n::text(language, "prepare.contacts." + std::string(key), arguments);
}

std::unexpected<Error> unknown_edition() {
    return fail(ErrorKind::not_found, "prepare.contacts.unknown_edition");
}

}  // namespace

// ---- what the state hears ------------------------------------------------------------------

void State::attach_confidence(journal::Listeners& side) {
    const auto worse = [this](const PersonId& person, int Confirmation::* count, Instant at) {
        const auto found = confirmations_.find(person);
        if (found == confirmations_.end()) return;
        ++(found->second.*count);
        found->second.worsened_at = at;
        ++generation_;
    };
    const auto renew = [this](const PersonId& person, bool by_person, Instant at) {
        confirmations_.insert_or_assign(person, Confirmation{.since = at, .by_person = by_person});
        ++generation_;
    };
    journal::listen_live<ContactChanged>(side, [renew](Live<ContactChanged> fact) {
        const auto& body = fact.body;
        if (body.email || body.mobile || body.weekday_phone || body.night_phone)
            renew(body.person, fact.at.actor == body.person.text, fact.at.entry_time);
    });
    journal::listen_live<ContactConfirmed>(side, [renew](Live<ContactConfirmed> fact) {
        renew(fact.body.person, true, fact.at.entry_time);
    });
    journal::listen_live<ConfirmationAsked>(side, [this](Live<ConfirmationAsked> fact) {
        auto& known = confirmations_[fact.body.person];
        known.asked = fact.body.round;
        known.asked_at = fact.at.entry_time;
        ++generation_;
    });
    journal::listen_live<ConfirmationBounced>(side, [worse](Live<ConfirmationBounced> fact) {
        worse(fact.body.person, &Confirmation::bounces, fact.at.entry_time);
    });
    // An address that is refused in a drill is as wrong as in earnest.
    journal::listen_any<callout::MessageFailed>(
        side, [this, worse](journal::World, const callout::MessageFailed& body,
                            const journal::Envelope& at) {
            if (const auto called = called_in_drills_.find(at.stream);
                called != called_in_drills_.end())
                called->second.erase(body.person);
            if (body.gap == callout::Gap::refused)
                worse(body.person, &Confirmation::bounces, at.entry_time);
        });
    // A drill that somebody was called in and did not answer. An alarm in earnest is not counted:
    // whoever does not answer it may be at work on it.
    journal::listen_drill<callout::CalloutRaised>(side, [this](Drill<callout::CalloutRaised> fact) {
        auto& called = called_in_drills_[std::string(fact.at.stream)];
        for (const auto& one : fact.body.addressees)
            if (!one.gap) called.insert(one.person);
    });
    // Later waves and deputies were called too.
    journal::listen_drill<callout::PeopleCalled>(side, [this](Drill<callout::PeopleCalled> fact) {
        auto& called = called_in_drills_[std::string(fact.at.stream)];
        for (const auto& one : fact.body.addressees)
            if (!one.gap) called.insert(one.person);
    });
    journal::listen_drill<callout::AnswerGiven>(side, [this](Drill<callout::AnswerGiven> fact) {
        if (const auto called = called_in_drills_.find(fact.at.stream);
            called != called_in_drills_.end())
            called->second.erase(fact.body.person);
    });
    journal::listen_drill<callout::CalloutResolved>(
        side, [this, worse](Drill<callout::CalloutResolved> fact) {
            const auto called = called_in_drills_.find(fact.at.stream);
            if (called == called_in_drills_.end()) return;
            for (const auto& person : called->second)
                worse(person, &Confirmation::missed, fact.at.entry_time);
            called_in_drills_.erase(called);
        });
}

void State::attach_editions(journal::Listeners& side) {
    const auto at = [this](int number) -> Edition* {
        const auto found = std::ranges::find(editions_, number, &Edition::number);
        return found == editions_.end() ? nullptr : &*found;
    };
    journal::listen_live<EditionProposed>(side, [this](Live<EditionProposed> fact) {
        Edition edition;
        edition.number = fact.body.number;
        edition.title = fact.body.title;
        edition.note = fact.body.note;
        edition.proposed_by.text = fact.at.actor;
        edition.proposed_at = fact.at.entry_time;
        edition.content = std::make_shared<EditionContent>(content());
        editions_.push_back(std::move(edition));
    });
    journal::listen_live<EditionApproved>(side, [at](Live<EditionApproved> fact) {
        auto* edition = at(fact.body.number);
        if (edition == nullptr) return;
        edition->state = EditionState::approved;
        edition->decided_by.text = fact.at.actor;
        edition->decided_at = fact.at.entry_time;
    });
    journal::listen_live<EditionRejected>(side, [at](Live<EditionRejected> fact) {
        auto* edition = at(fact.body.number);
        if (edition == nullptr) return;
        edition->state = EditionState::rejected;
        edition->reason = fact.body.reason;
        edition->decided_by.text = fact.at.actor;
        edition->decided_at = fact.at.entry_time;
    });
    journal::listen_live<EditionIssued>(side, [at](Live<EditionIssued> fact) {
        auto* edition = at(fact.body.number);
        if (edition == nullptr) return;
        edition->state = EditionState::issued;
        edition->issued_by.text = fact.at.actor;
        edition->issued_at = fact.at.entry_time;
        edition->to_confirm = fact.body.organisations;
    });
    journal::listen_live<EditionReceived>(side, [at](Live<EditionReceived> fact) {
        auto* edition = at(fact.body.number);
        if (edition == nullptr) return;
        edition->receipts.emplace(fact.body.organisation,
                                  Receipt{fact.body.person, fact.at.entry_time, fact.body.by});
    });
}

EditionContent State::content() const {
    EditionContent out;
    for (const auto& [organisation, list] : lists_) {
        if (list.posts.empty()) continue;
        out.lists.emplace(organisation, list);
        for (const auto& post : list.posts)
            if (const auto* contact = find(post.person))
                out.contacts.insert_or_assign(post.person, *contact);
    }
    out.flows = flows_;
    return out;
}

void State::erase_from_editions(const PersonId& person) {
    for (auto& edition : editions_) {
        edition.content->contacts.erase(person);
        for (auto& [organisation, list] : edition.content->lists)
            std::erase_if(list.posts, [&](const Post& post) { return post.person == person; });
    }
}

const Edition* State::find_edition(int number) const {
    const auto found = std::ranges::find(editions_, number, &Edition::number);
    return found == editions_.end() ? nullptr : &*found;
}

const Edition* State::edition_in_force() const {
    const Edition* out = nullptr;
    for (const auto& edition : editions_)
        if (edition.state == EditionState::issued && (!out || out->number < edition.number))
            out = &edition;
    return out;
}

Confirmation State::confirmation(const PersonId& person) const {
    const auto found = confirmations_.find(person);
    return found == confirmations_.end() ? Confirmation{} : found->second;
}

std::vector<PersonId> State::listed_on(Day day) const {
    std::vector<PersonId> out;
    for (const auto& [organisation, list] : lists_)
        for (const auto& post : list.posts)
            if (is_in_force(post, day)) out.push_back(post.person);
    std::ranges::sort(out);
    out.erase(std::ranges::unique(out).begin(), out.end());
    return out;
}

std::optional<Instant> State::next_ask() const {
    if (asked_generation_ == generation_) return next_ask_;
    // Whoever is on a list at all: an entry that only begins next month is asked for early rather
    // than forgotten.
    next_ask_.reset();
    for (const auto& [organisation, list] : lists_)
        for (const auto& post : list.posts) {
            const auto* contact = find(post.person);
            if (contact == nullptr || contact->email.empty()) continue;
            const auto due = contacts::next_ask(confirmation(post.person), *calendar_);
            if (due && (!next_ask_ || *due < *next_ask_)) next_ask_ = due;
        }
    asked_generation_ = generation_;
    return next_ask_;
}

// ---- confirmations -------------------------------------------------------------------------

std::string Contacts::link_url(const Link& link, Random& random) const {
    return options_.public_url + "/c/" + seal_link(link, installation_key(), random);
}

Result<> Contacts::confirm(journal::Recorder& recorder, const PersonId& person, ConfirmedBy by) {
    const auto* known = council_.state().find(person);
    if (known == nullptr) return fail(ErrorKind::not_found, "prepare.contacts.unknown_person");
    if (known->erased) return fail(ErrorKind::conflict, "prepare.contacts.person_erased");
    if (state_.find(person) == nullptr)
        return fail(ErrorKind::conflict, "prepare.contacts.nothing_to_confirm");
    journal::record(recorder, {stream_of(person), private_to(person), {}, {}, {}},
                    ContactConfirmed{person, by});
    recorder.cancel_messages(std::string(topic) + "confirmation", person);
    return {};
}

void Contacts::ask(journal::Recorder& recorder, const PersonId& person, int round) {
    const auto* known = council_.state().find(person);
    const auto* contact = state_.find(person);
    if (known == nullptr || contact == nullptr) return;
    const auto language = known->language;
    const Link link{person, {}, {}, recorder.now() + confirmation_lives};
    const auto none = say(language, "mail_none");
    const auto or_none = [&](const std::string& text) { return text.empty() ? none : text; };
    journal::Dispatch dispatch;
    dispatch.topic = std::string(topic) + "confirmation";
    dispatch.person = person;
    dispatch.not_before = recorder.now();
    dispatch.expires = recorder.now() + mail_lives;
    auto& message = dispatch.message;
    // One key for each asking: the time it was due at makes it one for ever.
    const auto since = state_.confirmation(person).since.value_or(Instant{});
    message.key = "contacts/confirmation/" + person.text + "/" +
                  std::to_string(since.time_since_epoch().count()) + "/" + std::to_string(round);
    message.channel = Channel::email;
    message.to = contact->email;
    message.to_name = known->name;
    message.message_id =
        "<contacts." + recorder.random().identifier() + "@" + options_.mail_domain + ">";
    message.subject = std::string(label_of(Tlp::amber_strict)) + " " +
                      say(language, round == 1 ? "mail_confirm_subject" : "mail_confirm_again");
    message.text = say(language, "mail_confirm_text",
                       {{"name", known->name},
                        {"email", or_none(contact->email)},
                        {"mobile", or_none(readable(contact->mobile))},
                        {"weekday", or_none(readable(contact->weekday_phone))},
                        {"night", or_none(readable(contact->night_phone))},
                        {"link", link_url(link, recorder.random())},
                        {"until", format_for_people(link.expires, options_.zone, language)},
                        {"label", std::string(label_of(Tlp::amber_strict))}});
    recorder.send(std::move(dispatch));
}

Result<> Contacts::fire(journal::Recorder& recorder) {
    std::vector<PersonId> due;
    for (const auto& organisation : state_.organisations_with_list())
        for (const auto& post : state_.list(organisation).posts) {
            const auto* contact = state_.find(post.person);
            if (contact == nullptr || contact->email.empty()) continue;
            const auto at = contacts::next_ask(state_.confirmation(post.person), state_.calendar());
            if (at && *at <= recorder.now()) due.push_back(post.person);
        }
    std::ranges::sort(due);
    due.erase(std::ranges::unique(due).begin(), due.end());
    for (const auto& person : due) {
        const int round = state_.confirmation(person).asked + 1;
        journal::record(recorder, {stream_of(person), private_to(person), {}, {}, {}},
                        ConfirmationAsked{person, round});
        ask(recorder, person, round);
    }
    return {};
}

void Contacts::hear(journal::Recorder& recorder, const store::OutboxRow& row, const Delivery&) {
    constexpr std::string_view prefix = "contacts/confirmation/";
    if (row.state != store::OutboxState::refused || !row.key.starts_with(prefix)) return;
    const auto rest = std::string_view(row.key).substr(prefix.size());
    const PersonId person{std::string(rest.substr(0, rest.find('/')))};
    const auto* known = council_.state().find(person);
    if (known == nullptr || known->erased) return;
    journal::record(recorder, {stream_of(person), private_to(person), {}, {}, {}},
                    ConfirmationBounced{person});
}

// ---- editions ------------------------------------------------------------------------------

Result<int> Contacts::propose_edition(journal::Recorder& recorder, const EditionDraft& draft,
                                      const Principal& by) {
    if (!may_change_scheme(council_.state(), by))
        return fail(ErrorKind::forbidden, "prepare.contacts.scheme_not_yours");
    EditionProposed fact;
    TRY_LET(fact.title, i18n::line(draft.title, 100, "/title"));
    TRY_LET(fact.note, i18n::line(draft.note, 500, "/note", i18n::Empty::allowed));
    for (const auto& edition : state_.editions())
        if (edition.state == EditionState::proposed || edition.state == EditionState::approved)
            return fail(ErrorKind::conflict, "prepare.contacts.edition_under_way",
                        {{"number", std::to_string(edition.number)}});
    const auto content = state_.content();
    fact.digest = digest_of(content);
    // Somebody changed a number between looking and proposing: look again.
    if (!draft.digest.empty() && draft.digest != fact.digest)
        return fail(ErrorKind::conflict, "prepare.contacts.edition_moved");
    if (const auto* last = state_.edition_in_force();
        last != nullptr && changes_between(*last->content, content).empty())
        return fail(ErrorKind::conflict, "prepare.contacts.edition_same",
                    {{"number", std::to_string(last->number)}});
    for (const auto& edition : state_.editions())
        fact.number = std::max(fact.number, edition.number);
    ++fact.number;
    journal::record(recorder, {std::string(editions_stream), {Tlp::green, {}, {}}, {}, {}, {}},
                    fact);
    return fact.number;
}

Result<> Contacts::approve_edition(journal::Recorder& recorder, int number, const Principal& by) {
    const auto* edition = state_.find_edition(number);
    if (edition == nullptr) return unknown_edition();
    if (!may_change_scheme(council_.state(), by))
        return fail(ErrorKind::forbidden, "prepare.contacts.scheme_not_yours");
    if (edition->state != EditionState::proposed)
        return fail(ErrorKind::conflict, "prepare.contacts.edition_not_proposed");
    if (edition->proposed_by == by.person)
        return fail(ErrorKind::forbidden, "prepare.contacts.edition_by_another");
    journal::record(recorder, {std::string(editions_stream), {Tlp::green, {}, {}}, {}, {}, {}},
                    EditionApproved{number});
    return {};
}

Result<> Contacts::reject_edition(journal::Recorder& recorder, int number,
                                  const std::string& reason, const Principal& by) {
    const auto* edition = state_.find_edition(number);
    if (edition == nullptr) return unknown_edition();
    if (!may_change_scheme(council_.state(), by))
        return fail(ErrorKind::forbidden, "prepare.contacts.scheme_not_yours");
    if (edition->state != EditionState::proposed && edition->state != EditionState::approved)
        return fail(ErrorKind::conflict, "prepare.contacts.edition_not_proposed");
    TRY_LET(auto line, i18n::line(reason, 500, "/reason"));
    journal::record(recorder, {std::string(editions_stream), {Tlp::green, {}, {}}, {}, {}, {}},
                    EditionRejected{number, std::move(line)});
    return {};
}

Result<> Contacts::issue_edition(journal::Recorder& recorder, int number, const Principal& by) {
    const auto* edition = state_.find_edition(number);
    if (edition == nullptr) return unknown_edition();
    if (!may_change_scheme(council_.state(), by))
        return fail(ErrorKind::forbidden, "prepare.contacts.scheme_not_yours");
    if (edition->state != EditionState::approved)
        return fail(ErrorKind::conflict, "prepare.contacts.edition_not_approved");
    EditionIssued fact{number, {}};
    for (const auto& [organisation, list] : edition->content->lists)
        fact.organisations.push_back(organisation);
    journal::record(recorder, {std::string(editions_stream), {Tlp::green, {}, {}}, {}, {}, {}},
                    fact);
    for (const auto& organisation : fact.organisations) {
        // Its principals; where none of them has mail, the first deputy who has.
        std::vector<PersonId> told;
        std::optional<PersonId> deputy;
        for (const auto& line : state_.call_order(organisation, recorder.now())) {
            if (line.away || !state_.address_of(line.person, Channel::email)) continue;
            if (line.standing == Standing::principal)
                told.push_back(line.person);
            else if (!deputy)
                deputy = line.person;
        }
        if (told.empty() && deputy) told.push_back(*deputy);
        for (const auto& person : told)
            send_edition(recorder, *edition, organisation, person,
                         *state_.address_of(person, Channel::email));
    }
    return {};
}

void Contacts::send_edition(journal::Recorder& recorder, const Edition& edition,
                            const OrganisationId& organisation, const PersonId& person,
                            const std::string& address) {
    const auto* known = council_.state().find(person);
    if (known == nullptr) return;
    const auto language = known->language;
    const Link link{person, edition.number, organisation, recorder.now() + receipt_lives};
    const auto number = std::to_string(edition.number);
    journal::Dispatch dispatch;
    dispatch.topic = std::string(topic) + "edition";
    dispatch.person = person;
    dispatch.not_before = recorder.now();
    dispatch.expires = recorder.now() + mail_lives;
    auto& message = dispatch.message;
    message.key = "contacts/edition/" + number + "/" + organisation.text + "/" + person.text;
    message.channel = Channel::email;
    message.to = address;
    message.to_name = known->name;
    message.message_id =
        "<contacts." + recorder.random().identifier() + "@" + options_.mail_domain + ">";
    message.subject =
        std::string(label_of(Tlp::green)) + " " +
        say(language, "mail_edition_subject", {{"number", number}, {"title", edition.title}});
    message.text = say(language, "mail_edition_text",
                       {{"number", number},
                        {"title", edition.title},
                        {"note", edition.note},
                        {"name", known->name},
                        {"organisation", council_.state().name_of(organisation, language)},
                        {"link", link_url(link, recorder.random())},
                        {"label", std::string(label_of(Tlp::green))}});
    recorder.send(std::move(dispatch));
}

Result<> Contacts::receive_edition(journal::Recorder& recorder, int number,
                                   const OrganisationId& organisation, const PersonId& person,
                                   ConfirmedBy by) {
    const auto* edition = state_.find_edition(number);
    if (edition == nullptr) return unknown_edition();
    if (edition->state != EditionState::issued)
        return fail(ErrorKind::conflict, "prepare.contacts.edition_not_issued");
    if (std::ranges::find(edition->to_confirm, organisation) == edition->to_confirm.end())
        return fail(ErrorKind::not_found, "prepare.contacts.edition_not_yours");
    // The first receipt counts; a second click is the same answer.
    if (edition->receipts.contains(organisation)) return {};
    journal::record(recorder, {std::string(editions_stream), {Tlp::green, {}, {}}, {}, {}, {}},
                    EditionReceived{number, organisation, person, by});
    return {};
}

}  // namespace noroshi::prepare::contacts
