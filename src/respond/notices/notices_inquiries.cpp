#include "respond/notices/notices_inquiries.h"

#include <algorithm>
#include <tuple>

#include "kernel/i18n/line.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "prepare/council/council_view.h"

namespace noroshi::respond::notices {

namespace {

constexpr std::size_t longest_text = 5'000;

Result<std::string> checked(std::string_view text, std::string pointer,
                            i18n::Empty empty = i18n::Empty::refused) {
    TRY_LET(const auto length, i18n::length(text, pointer));
    if (length > longest_text)
        return invalid("respond.notices.text_too_long", std::move(pointer),
                       {{"limit", std::to_string(longest_text)}});
    std::string out(i18n::trimmed(text));
    if (std::ranges::all_of(out, [](char c) { return c == '\n' || c == '\r' || c == ' '; }))
        out.clear();
    if (out.empty() && empty == i18n::Empty::refused)
        return invalid("respond.notices.text_missing", std::move(pointer));
    return out;
}

template <class Tag>
Id<Tag> id_in(std::string_view stream) {
    return Id<Tag>{std::string(stream.substr(stream.rfind('/') + 1))};
}
PersonId person_of(const InquiryId& id) { return PersonId{"inquirer/" + id.text}; }

}  // namespace

std::string Inquiries::stream_of(const InquiryId& id) {
    return "respond/notices/inquiries/" + id.text;
}
std::string Inquiries::stream_of(const StandingAnswerId& id) {
    return "respond/notices/standing/" + id.text;
}

void InquiryState::attach(journal::Listeners& side) {
    using journal::Live;
    journal::listen_live<InquiryLogged>(side, [this](Live<InquiryLogged> fact) {
        auto& one = inquiries_[id_in<InquiryTag>(fact.at.stream)];
        one.logged = fact.body;
        one.erased = fact.body.from.erased;
        one.asked_at = fact.at.event_time;
        one.logged_by = PersonId{std::string(fact.at.actor)};
        one.version = fact.at.stream_version;
    });
    journal::listen_live<InquiryAnswered>(side, [this](Live<InquiryAnswered> fact) {
        const auto found = inquiries_.find(id_in<InquiryTag>(fact.at.stream));
        if (found == inquiries_.end()) return;
        auto& one = found->second;
        one.answer = fact.body;
        one.answered_at = fact.at.event_time;
        one.answered_by = PersonId{std::string(fact.at.actor)};
        one.version = fact.at.stream_version;
        if (!fact.body.standing) return;
        if (const auto standing = standing_.find(*fact.body.standing); standing != standing_.end())
            ++standing->second.given;
    });
    journal::listen_live<InquirerErased>(side, [this](Live<InquirerErased> fact) {
        const auto found = inquiries_.find(fact.body.inquiry);
        if (found == inquiries_.end()) return;
        found->second.erased = true;
        found->second.logged.from.text.clear();
        found->second.version = fact.at.stream_version;
    });
    journal::listen_live<StandingAnswerKept>(side, [this](Live<StandingAnswerKept> fact) {
        auto& one = standing_[id_in<StandingAnswerTag>(fact.at.stream)];
        one.kept = fact.body;
        one.version = fact.at.stream_version;
    });
    side.on_reset([this] {
        inquiries_.clear();
        standing_.clear();
    });
}

const InquiryState::Inquiry* InquiryState::find(const InquiryId& id) const {
    const auto found = inquiries_.find(id);
    return found == inquiries_.end() ? nullptr : &found->second;
}

Inquiries::Inquiries(journal::Journal& journal, const council::Council& council)
    : council_(council) {
    pending_.attach(journal.pending());
    published_.attach(journal.published());
}

Result<> Inquiries::check(const Principal& by, const council::State& council) const {
    if (is_of_port_manager(council, by)) return {};
    return fail(ErrorKind::forbidden, "respond.notices.not_port_manager");
}

journal::Place Inquiries::place(std::string stream, Version version) const {
    return {std::move(stream), port_manager_only(council_.state()), {}, {}, version};
}

Result<InquiryItems> Inquiries::list(const Principal& reader) const {
    TRY(check(reader, council_.view()));
    InquiryItems list;
    const auto name = [&](const PersonId& person) {
        return council_.view().name_of(person, reader.language);
    };
    for (const auto& [id, one] : published_.inquiries()) {
        InquiryItem item;
        item.id = id;
        item.number = one.logged.number;
        item.version = one.version;
        item.asker = one.logged.asker;
        item.inquiry = one.logged.inquiry;
        if (!one.erased) item.from = one.logged.from.text;
        item.text = one.logged.text;
        item.notice = one.logged.notice;
        item.asked_at = one.asked_at;
        item.answer_by = one.logged.answer_by;
        item.logged_by = name(one.logged_by);
        if (one.answer) {
            item.answer = one.answer->text;
            item.standing = one.answer->standing;
            item.answered_at = one.answered_at;
            item.answered_by = name(one.answered_by);
        } else {
            ++list.open;
        }
        list.items.push_back(std::move(item));
    }
    std::ranges::sort(list.items, [](const InquiryItem& a, const InquiryItem& b) {
        if (a.answer.has_value() != b.answer.has_value()) return !a.answer.has_value();
        if (a.answer) return a.number > b.number;
        // Without a deadline it is due when it was asked: the oldest waits longest.
        const auto due = [](const InquiryItem& one) {
            return one.answer_by.value_or(one.asked_at);
        };
        return std::tuple(due(a), a.number) < std::tuple(due(b), b.number);
    });
    for (const auto& [id, one] : published_.standing())
        list.standing.push_back({id, one.version, one.kept.question, one.kept.answer,
                                 one.kept.answer_en, one.kept.retired, one.given});
    std::ranges::sort(list.standing, [](const auto& a, const auto& b) {
        return std::tuple(a.retired, b.given, a.question) <
               std::tuple(b.retired, a.given, b.question);
    });
    return list;
}

Result<InquiryId> Inquiries::log(journal::Recorder& recorder, const InquiryRequest& request,
                                 const Principal& by) {
    TRY(check(by, council_.state()));
    InquiryId id{recorder.random().identifier()};
    InquiryLogged fact;
    fact.number = static_cast<std::uint32_t>(pending_.inquiries().size() + 1);
    fact.asker = request.asker;
    fact.inquiry = request.inquiry;
    fact.notice = request.notice;
    fact.answer_by = request.answer_by;
    TRY_LET(fact.text, checked(request.text, "/text"));
    TRY_LET(auto from, checked(request.from, "/from", i18n::Empty::allowed));
    fact.from = Personal{person_of(id), std::move(from)};
    journal::record(recorder, place(stream_of(id), {}), fact);
    return id;
}

Result<> Inquiries::answer(journal::Recorder& recorder, const InquiryId& id,
                           const InquiryAnswerRequest& request, const Principal& by,
                           Version version) {
    TRY(check(by, council_.state()));
    if (pending_.find(id) == nullptr)
        return fail(ErrorKind::not_found, "respond.notices.unknown_inquiry");
    if (request.standing && !pending_.standing().contains(*request.standing))
        return invalid("respond.notices.unknown_standing", "/standing");
    InquiryAnswered fact;
    TRY_LET(fact.text, checked(request.text, "/text"));
    fact.standing = request.standing;
    journal::record(recorder, place(stream_of(id), version), fact);
    return {};
}

Result<> Inquiries::erase(journal::Recorder& recorder, const InquiryId& id, const Principal& by) {
    TRY(check(by, council_.state()));
    const auto* one = pending_.find(id);
    if (one == nullptr) return fail(ErrorKind::not_found, "respond.notices.unknown_inquiry");
    if (one->erased) return {};
    journal::record(recorder, place(stream_of(id), {}), InquirerErased{id});
    recorder.erase_person_key(person_of(id));
    return {};
}

Result<StandingAnswerId> Inquiries::keep(journal::Recorder& recorder,
                                         const std::optional<StandingAnswerId>& id,
                                         const StandingAnswerRequest& request, const Principal& by,
                                         Version version) {
    TRY(check(by, council_.state()));
    if (id && !pending_.standing().contains(*id))
        return fail(ErrorKind::not_found, "respond.notices.unknown_standing");
    StandingAnswerId kept = id.value_or(StandingAnswerId{recorder.random().identifier()});
    StandingAnswerKept fact;
    TRY_LET(fact.question, checked(request.question, "/question"));
    TRY_LET(fact.answer, checked(request.answer, "/answer"));
    TRY_LET(fact.answer_en, checked(request.answer_en, "/answer_en", i18n::Empty::allowed));
    fact.retired = request.retired;
    journal::record(recorder, place(stream_of(kept), version), fact);
    return kept;
}

}  // namespace noroshi::respond::notices
