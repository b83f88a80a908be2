#include "respond/notices/notices_followup.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council_view.h"

namespace noroshi::respond::notices {

namespace {

constexpr std::string_view lines_topic = "respond.notices.lines";

template <class Tag>
Id<Tag> id_in(std::string_view stream) {
    return Id<Tag>{std::string(stream.substr(stream.rfind('/') + 1))};
}

Result<std::string> some_text(std::string_view text, std::string pointer) {
    if (i18n::trimmed(text).empty()) return std::string();
    return checked_text(text, reason_limit, std::move(pointer));
}

}  // namespace

std::string LongRun::stream_of(const LostCallId& id) {
    return "respond/notices/lost_calls/" + id.text;
}
std::string LongRun::stream_of(const FollowUpId& id) {
    return "respond/notices/followups/" + id.text;
}
std::string LongRun::stream_of(const LineMessageId& id) {
    return "respond/notices/line_messages/" + id.text;
}

// ---- state ---------------------------------------------------------------------------------

void FollowUpState::attach(journal::Listeners& side) {
    using journal::Live;
    journal::listen_live<LostCallNoted>(side, [this](Live<LostCallNoted> fact) {
        lost[id_in<LostCallTag>(fact.at.stream)] = {fact.body, {}, fact.at.stream_version};
    });
    journal::listen_live<LostCallReturned>(side, [this](Live<LostCallReturned> fact) {
        const auto found = lost.find(id_in<LostCallTag>(fact.at.stream));
        if (found == lost.end()) return;
        found->second.returned = fact.body;
        found->second.version = fact.at.stream_version;
    });
    journal::listen_live<FollowUpAdded>(side, [this](Live<FollowUpAdded> fact) {
        auto& one = followups[id_in<FollowUpTag>(fact.at.stream)];
        one.added = fact.body;
        one.added_at = fact.at.event_time;
        one.added_by = PersonId{std::string(fact.at.actor)};
        one.due = fact.body.due;
        one.version = fact.at.stream_version;
    });
    journal::listen_live<FollowUpPostponed>(side, [this](Live<FollowUpPostponed> fact) {
        const auto found = followups.find(id_in<FollowUpTag>(fact.at.stream));
        if (found == followups.end()) return;
        found->second.due = fact.body.due;
        found->second.reason = fact.body.reason;
        ++found->second.postponed;
        found->second.version = fact.at.stream_version;
    });
    journal::listen_live<FollowUpDone>(side, [this](Live<FollowUpDone> fact) {
        const auto found = followups.find(id_in<FollowUpTag>(fact.at.stream));
        if (found == followups.end()) return;
        found->second.done = fact.body;
        found->second.done_at = fact.at.event_time;
        found->second.version = fact.at.stream_version;
    });
    journal::listen_live<LineMessageDrafted>(side, [this](Live<LineMessageDrafted> fact) {
        auto& one = messages[id_in<LineMessageTag>(fact.at.stream)];
        one.texts = fact.body.texts;
        one.returned.clear();
        const PersonId author{std::string(fact.at.actor)};
        if (std::ranges::find(one.authors, author) == one.authors.end())
            one.authors.push_back(author);
        one.version = fact.at.stream_version;
    });
    journal::listen_live<LineMessageReturned>(side, [this](Live<LineMessageReturned> fact) {
        const auto found = messages.find(id_in<LineMessageTag>(fact.at.stream));
        if (found == messages.end()) return;
        found->second.returned = fact.body.reason;
        found->second.version = fact.at.stream_version;
    });
    journal::listen_live<LineMessageSent>(side, [this](Live<LineMessageSent> fact) {
        const auto found = messages.find(id_in<LineMessageTag>(fact.at.stream));
        if (found == messages.end()) return;
        found->second.sent = fact.body;
        found->second.sent_at = fact.at.event_time;
        found->second.sent_by = PersonId{std::string(fact.at.actor)};
        found->second.version = fact.at.stream_version;
    });
    side.on_reset([this] {
        lost.clear();
        followups.clear();
        messages.clear();
    });
}

// ---- the room's part -----------------------------------------------------------------------

LongRun::LongRun(journal::Journal& journal, const council::Council& council, const port::Port& port,
                 const prepare::contacts::Contacts& contacts, std::string mail_domain)
    : council_(council), port_(port), contacts_(contacts), mail_domain_(std::move(mail_domain)) {
    pending_.attach(journal.pending());
    published_.attach(journal.published());
}

Result<> LongRun::check(const Principal& by) const {
    if (is_of_port_manager(council_.state(), by)) return {};
    return fail(ErrorKind::forbidden, "respond.notices.not_port_manager");
}

journal::Place LongRun::place(std::string stream, Version version) const {
    return {std::move(stream), port_manager_only(council_.state()), {}, {}, version};
}

Result<FollowUps> LongRun::list(const Principal& reader) const {
    if (!is_of_port_manager(council_.view(), reader))
        return fail(ErrorKind::forbidden, "respond.notices.not_port_manager");
    const auto name = [&](const PersonId& person) {
        return council_.view().name_of(person, reader.language);
    };
    FollowUps list;
    for (const auto& [id, one] : published_.followups) {
        FollowUpItem item;
        item.id = id;
        item.version = one.version;
        item.text = one.added.text;
        item.person = one.added.person;
        item.due = one.due;
        item.postponed = one.postponed;
        item.postponed_reason = one.reason;
        item.incident = one.added.incident;
        item.added_at = one.added_at;
        item.added_by = name(one.added_by);
        if (one.done) {
            item.done_at = one.done_at;
            item.result = one.done->result;
        } else {
            ++list.open;
        }
        list.followups.push_back(std::move(item));
    }
    std::ranges::sort(list.followups, [](const FollowUpItem& a, const FollowUpItem& b) {
        if (a.done_at.has_value() != b.done_at.has_value()) return !a.done_at;
        if (a.done_at) return std::tie(*b.done_at, a.id) < std::tie(*a.done_at, b.id);
        // What has no date would never come up: it stands where it was added.
        const auto due = [](const FollowUpItem& one) { return one.due.value_or(one.added_at); };
        return std::tuple(due(a), a.id) < std::tuple(due(b), b.id);
    });
    for (const auto& [id, one] : published_.lost) {
        LostCallItem item{id, one.version, one.noted, {}, {}};
        if (one.returned) {
            item.returned_at = one.returned->returned_at;
            item.returned_text = one.returned->text;
            ++list.calls_returned;
        } else {
            ++list.calls_lost;
        }
        list.lost.push_back(std::move(item));
    }
    std::ranges::sort(list.lost, [](const LostCallItem& a, const LostCallItem& b) {
        if (a.returned_at.has_value() != b.returned_at.has_value()) return !a.returned_at;
        return std::tie(b.noted.lost_at, a.id) < std::tie(a.noted.lost_at, b.id);
    });
    for (const auto& [id, one] : published_.messages) {
        LineMessageItem item;
        item.id = id;
        item.version = one.version;
        item.texts = one.texts;
        for (const auto& author : one.authors) item.authors.push_back(name(author));
        item.mine = std::ranges::find(one.authors, reader.person) != one.authors.end();
        item.returned = one.returned;
        if (one.sent) {
            item.sent_at = one.sent_at;
            item.sent_by = name(one.sent_by);
            item.people = one.sent->people;
            item.lines = one.sent->lines;
            item.unreached = one.sent->unreached;
        }
        list.messages.push_back(std::move(item));
    }
    std::ranges::sort(list.messages, [](const LineMessageItem& a, const LineMessageItem& b) {
        if (a.sent_at.has_value() != b.sent_at.has_value()) return !a.sent_at;
        return a.sent_at && *a.sent_at != *b.sent_at ? *a.sent_at > *b.sent_at : a.id < b.id;
    });
    return list;
}

Result<LostCallId> LongRun::note(journal::Recorder& recorder, const LostCallRequest& request,
                                 const Principal& by) {
    using i18n::Empty;
    TRY(check(by));
    LostCallNoted fact;
    fact.loss = request.loss;
    TRY_LET(fact.line, i18n::line(request.line, title_limit, "/line"));
    TRY_LET(fact.name, i18n::line(request.name, title_limit, "/name"));
    TRY_LET(fact.went_to, i18n::line(request.went_to, title_limit, "/went_to", Empty::allowed));
    TRY_LET(fact.reason, some_text(request.reason, "/reason"));
    fact.containers = request.containers;
    fact.incident = request.incident;
    fact.lost_at = request.lost_at.value_or(recorder.now());
    TRY(check_moment(fact.lost_at, recorder.now(), "/lost_at"));
    if (fact.lost_at > recorder.now()) return invalid("respond.notices.in_the_future", "/lost_at");
    LostCallId id{recorder.random().identifier()};
    journal::record(recorder, place(stream_of(id), {}), fact);
    return id;
}

Result<> LongRun::returned(journal::Recorder& recorder, const LostCallId& id,
                           const ReturnedRequest& request, const Principal& by, Version version) {
    TRY(check(by));
    const auto found = pending_.lost.find(id);
    if (found == pending_.lost.end())
        return fail(ErrorKind::not_found, "respond.notices.unknown_lost_call");
    if (found->second.returned)
        return fail(ErrorKind::conflict, "respond.notices.returned_already");
    LostCallReturned fact;
    fact.returned_at = request.returned_at.value_or(recorder.now());
    if (fact.returned_at > recorder.now())
        return invalid("respond.notices.in_the_future", "/returned_at");
    if (fact.returned_at < found->second.noted.lost_at)
        return invalid("respond.notices.ends_before_it_begins", "/returned_at");
    TRY_LET(fact.text, some_text(request.text, "/text"));
    journal::record(recorder, place(stream_of(id), version), fact);
    return {};
}

Result<FollowUpId> LongRun::add(journal::Recorder& recorder, const FollowUpRequest& request,
                                const Principal& by) {
    TRY(check(by));
    FollowUpAdded fact;
    TRY_LET(fact.text, checked_text(request.text, reason_limit, "/text"));
    if (request.person) {
        const auto* person = council_.state().find(*request.person);
        if (person == nullptr || person->erased)
            return invalid("respond.notices.unknown_person", "/person");
    }
    fact.person = request.person;
    TRY(check_moment(request.due, recorder.now(), "/due"));
    fact.due = request.due;
    fact.incident = request.incident;
    FollowUpId id{recorder.random().identifier()};
    journal::record(recorder, place(stream_of(id), {}), fact);
    return id;
}

Result<> LongRun::postpone(journal::Recorder& recorder, const FollowUpId& id,
                           const PostponeRequest& request, const Principal& by, Version version) {
    TRY(check(by));
    const auto found = pending_.followups.find(id);
    if (found == pending_.followups.end())
        return fail(ErrorKind::not_found, "respond.notices.unknown_followup");
    if (found->second.done) return fail(ErrorKind::conflict, "respond.notices.done_already");
    FollowUpPostponed fact{request.due, {}};
    if (fact.due <= recorder.now()) return invalid("respond.notices.in_the_past", "/due");
    TRY(check_moment(fact.due, recorder.now(), "/due"));
    TRY_LET(fact.reason, checked_text(request.reason, reason_limit, "/reason"));
    journal::record(recorder, place(stream_of(id), version), fact);
    return {};
}

Result<> LongRun::done(journal::Recorder& recorder, const FollowUpId& id,
                       const DoneRequest& request, const Principal& by, Version version) {
    TRY(check(by));
    const auto found = pending_.followups.find(id);
    if (found == pending_.followups.end())
        return fail(ErrorKind::not_found, "respond.notices.unknown_followup");
    if (found->second.done) return fail(ErrorKind::conflict, "respond.notices.done_already");
    FollowUpDone fact;
    TRY_LET(fact.result, checked_text(request.result, reason_limit, "/result"));
    journal::record(recorder, place(stream_of(id), version), fact);
    return {};
}

Result<LineMessageId> LongRun::draft(journal::Recorder& recorder,
                                     const std::optional<LineMessageId>& id,
                                     const LineMessageRequest& request, const Principal& by,
                                     Version version) {
    TRY(check(by));
    if (id) {
        const auto found = pending_.messages.find(*id);
        if (found == pending_.messages.end())
            return fail(ErrorKind::not_found, "respond.notices.unknown_message");
        if (found->second.sent) return fail(ErrorKind::conflict, "respond.notices.sent_already");
    }
    if (!request.texts.contains("ja"))
        return invalid("respond.notices.japanese_missing", "/texts/ja");
    // Lines read English; a letter they cannot read does not hold them.
    if (!request.texts.contains("en"))
        return invalid("respond.notices.english_missing", "/texts/en");
    if (request.texts.size() > languages_limit)
        return invalid("respond.notices.too_many", "/texts",
                       {{"limit", std::to_string(languages_limit)}});
    LineMessageDrafted fact;
    for (const auto& [tag, words] : request.texts) {
        const std::string pointer = "/texts/" + tag;
        if (!is_language_tag(tag))
            return invalid("respond.notices.not_a_language", pointer, {{"tag", tag}});
        Words kept;
        TRY_LET(kept.title, i18n::line(words.title, title_limit, pointer + "/title"));
        TRY_LET(kept.body, checked_text(words.body, body_limit, pointer + "/body"));
        fact.texts[tag] = std::move(kept);
    }
    LineMessageId of = id ? *id : LineMessageId{recorder.random().identifier()};
    journal::record(recorder, place(stream_of(of), version), fact);
    return of;
}

Result<> LongRun::send_back(journal::Recorder& recorder, const LineMessageId& id,
                            const ReasonRequest& request, const Principal& by, Version version) {
    TRY(check(by));
    const auto found = pending_.messages.find(id);
    if (found == pending_.messages.end())
        return fail(ErrorKind::not_found, "respond.notices.unknown_message");
    if (found->second.sent) return fail(ErrorKind::conflict, "respond.notices.sent_already");
    LineMessageReturned fact;
    TRY_LET(fact.reason, checked_text(request.reason, reason_limit, "/reason"));
    journal::record(recorder, place(stream_of(id), version), fact);
    return {};
}

Result<> LongRun::send(journal::Recorder& recorder, const LineMessageId& id, const Principal& by,
                       Version version) {
    TRY(check(by));
    const auto found = pending_.messages.find(id);
    if (found == pending_.messages.end())
        return fail(ErrorKind::not_found, "respond.notices.unknown_message");
    const auto& message = found->second;
    if (message.sent) return fail(ErrorKind::conflict, "respond.notices.sent_already");
    if (std::ranges::find(message.authors, by.person) != message.authors.end())
        return fail(ErrorKind::forbidden, "respond.notices.own_draft");
    if (!version) return invalid("respond.notices.version_missing", "");
    LineMessageSent fact;
    fact.authors = message.authors;
    for (const auto* line :
         council_.state().organisations_of(council::OrganisationKind::shipping_line)) {
        std::uint32_t reached = 0;
        for (const auto* person : council_.state().people_of(line->id)) {
            const auto address =
                contacts_.state().address_of(person->id, Channel::email, recorder.now());
            if (person->erased || !address || address->empty()) continue;
            const bool en = person->language == Language::en;
            const auto& words = message.texts.at(en ? "en" : "ja");
            const auto& port = port_.state();
            const std::string name = en && !port.name_en().empty() ? port.name_en() : port.name();
            journal::Dispatch dispatch;
            dispatch.topic = lines_topic;
            dispatch.person = person->id;
            dispatch.not_before = recorder.now();
            dispatch.expires = recorder.now() + std::chrono::hours(24);
            auto& mail = dispatch.message;
            mail.key = fmt::format("notices/line/{}/{}/email/1", id.text, person->id.text);
            mail.channel = Channel::email;
            mail.to = *address;
            mail.to_name = person->name;
            mail.message_id =
                fmt::format("<line.{}.{}@{}>", id.text, person->id.text, mail_domain_);
            mail.subject = i18n::text(person->language, "respond.notices.line.subject",
                                      {{"title", words.title}, {"port", name}});
            mail.text =
                words.body + "\n\n" +
                i18n::text(person->language, "respond.notices.line.sender", {{"port", name}}) +
                "\n";
            recorder.send(std::move(dispatch));
            ++reached;
        }
        (reached > 0 ? fact.lines : fact.unreached).push_back(line->id);
        fact.people += reached;
    }
    if (fact.people == 0) return fail(ErrorKind::conflict, "respond.notices.nobody_to_tell");
    journal::record(recorder, place(stream_of(id), version), fact);
    return {};
}

}  // namespace noroshi::respond::notices
