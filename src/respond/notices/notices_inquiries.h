#pragma once
// The inquiry desk's log. Open questions stand on top, the most urgent first; an answer given is
// written down, so that the next person at the desk says the same. Nothing is ever taken out; who
// asked can be erased. Seen by the port manager's people only.

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "prepare/council/council.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_inquiry_facts.h"

namespace noroshi::respond::notices {

struct InquiryRequest {
    static constexpr std::array<std::string_view, 3> defaulted{"asker", "inquiry", "from"};

    Asker asker = Asker::other;
    InquiryKind inquiry = InquiryKind::question;
    std::string from;
    std::string text;
    std::optional<NoticeId> notice;
    std::optional<Instant> answer_by;
};
BOOST_DESCRIBE_STRUCT(InquiryRequest, (), (asker, inquiry, from, text, notice, answer_by))

struct InquiryAnswerRequest {
    std::string text;
    std::optional<StandingAnswerId> standing;
};
BOOST_DESCRIBE_STRUCT(InquiryAnswerRequest, (), (text, standing))

struct StandingAnswerRequest {
    static constexpr std::array<std::string_view, 2> defaulted{"answer_en", "retired"};

    std::string question;
    std::string answer;
    std::string answer_en;
    bool retired = false;
};
BOOST_DESCRIBE_STRUCT(StandingAnswerRequest, (), (question, answer, answer_en, retired))

struct InquiryItem {
    InquiryId id;
    std::uint32_t number = 0;
    std::uint64_t version = 0;
    Asker asker = Asker::other;
    InquiryKind inquiry = InquiryKind::question;
    std::string from;  // empty: erased, or not given
    std::string text;
    std::optional<NoticeId> notice;
    Instant asked_at;
    std::optional<Instant> answer_by;
    std::optional<std::string> answer;
    std::optional<StandingAnswerId> standing;
    std::optional<Instant> answered_at;
    std::string logged_by;
    std::optional<std::string> answered_by;
};
BOOST_DESCRIBE_STRUCT(InquiryItem, (),
                      (id, number, version, asker, inquiry, from, text, notice, asked_at, answer_by,
                       answer, standing, answered_at, logged_by, answered_by))
struct StandingAnswerItem {
    StandingAnswerId id;
    std::uint64_t version = 0;
    std::string question;
    std::string answer;
    std::string answer_en;
    bool retired = false;
    std::uint32_t given = 0;  // how often
};
BOOST_DESCRIBE_STRUCT(StandingAnswerItem, (),
                      (id, version, question, answer, answer_en, retired, given))
struct InquiryItems {
    std::vector<InquiryItem> items;  // open ones first, the most urgent first; then the newest
    std::vector<StandingAnswerItem> standing;
    std::uint32_t open = 0;
};
BOOST_DESCRIBE_STRUCT(InquiryItems, (), (items, standing, open))

class InquiryState {
public:
    struct Inquiry {
        InquiryLogged logged;
        Instant asked_at;
        PersonId logged_by;
        std::optional<InquiryAnswered> answer;
        Instant answered_at;
        PersonId answered_by;
        std::uint64_t version = 0;
        bool erased = false;
    };
    struct Standing {
        StandingAnswerKept kept;
        std::uint64_t version = 0;
        std::uint32_t given = 0;
    };
    void attach(journal::Listeners& side);
    const Inquiry* find(const InquiryId& id) const;
    const std::map<InquiryId, Inquiry>& inquiries() const { return inquiries_; }
    const std::map<StandingAnswerId, Standing>& standing() const { return standing_; }

private:
    std::map<InquiryId, Inquiry> inquiries_;
    std::map<StandingAnswerId, Standing> standing_;
};

class Inquiries {
public:
    // Before Journal::start(); the council must outlive it.
    Inquiries(journal::Journal& journal, const council::Council& council);

    // Under Journal::read. Errors: forbidden respond.notices.not_port_manager.
    Result<InquiryItems> list(const Principal& reader) const;

    // Inside a command. Errors: invalid with pointer; forbidden respond.notices.not_port_manager;
    // not_found respond.notices.unknown_inquiry.
    Result<InquiryId> log(journal::Recorder& recorder, const InquiryRequest& request,
                          const Principal& by);
    // Again, too: what was said last counts, all is kept.
    Result<> answer(journal::Recorder& recorder, const InquiryId& id,
                    const InquiryAnswerRequest& request, const Principal& by, Version version);
    Result<> erase(journal::Recorder& recorder, const InquiryId& id, const Principal& by);
    Result<StandingAnswerId> keep(journal::Recorder& recorder,
                                  const std::optional<StandingAnswerId>& id,
                                  const StandingAnswerRequest& request, const Principal& by,
                                  Version version);

    static std::string stream_of(const InquiryId& id);
    static std::string stream_of(const StandingAnswerId& id);

private:
    Result<> check(const Principal& by, const council::State& council) const;
    journal::Place place(std::string stream, Version version) const;

    const council::Council& council_;
    InquiryState pending_;
    InquiryState published_;
};

}  // namespace noroshi::respond::notices
