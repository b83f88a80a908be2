#pragma once
// What the inquiry desk writes (guideline 3.3.2 問合せ窓口): questions and complaints that came in, in
// streams "respond/notices/inquiries/<id>", and the answers that everybody at the desk gives alike, in
// "respond/notices/standing/<id>". Who asked is sealed under a key of its own.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/crypto/keyring.h"
#include "kernel/journal/retention.h"
#include "kernel/time/time.h"
#include "respond/notices/notices_facts.h"

namespace noroshi::respond::notices {

struct InquiryTag;
using InquiryId = Id<InquiryTag>;
struct StandingAnswerTag;
using StandingAnswerId = Id<StandingAnswerTag>;

enum class Asker { press, shipping_line, haulier, shipper, resident, authority, other };
BOOST_DESCRIBE_ENUM(Asker, press, shipping_line, haulier, shipper, resident, authority, other)

enum class InquiryKind { question, complaint };
BOOST_DESCRIBE_ENUM(InquiryKind, question, complaint)

struct InquiryLogged {
    static constexpr std::string_view kind = "respond.notices.inquiry_logged";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t number = 0;  // 1, 2, 3 …
    Asker asker = Asker::other;
    InquiryKind inquiry = InquiryKind::question;
    Personal from;  // who, and where to call back
    std::string text;
    std::optional<NoticeId> notice;
    std::optional<Instant> answer_by;
};
BOOST_DESCRIBE_STRUCT(InquiryLogged, (), (number, asker, inquiry, from, text, notice, answer_by))

struct InquiryAnswered {
    static constexpr std::string_view kind = "respond.notices.inquiry_answered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string text;  // what was said
    std::optional<StandingAnswerId> standing;
};
BOOST_DESCRIBE_STRUCT(InquiryAnswered, (), (text, standing))

// The key of whoever asked is deleted in the same commit.
struct InquirerErased {
    static constexpr std::string_view kind = "respond.notices.inquirer_erased";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    InquiryId inquiry;
};
BOOST_DESCRIBE_STRUCT(InquirerErased, (), (inquiry))

// The whole standing answer as it then reads; retired ones are no longer offered.
struct StandingAnswerKept {
    static constexpr std::string_view kind = "respond.notices.standing_answer_kept";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string question;
    std::string answer;
    std::string answer_en;
    bool retired = false;
};
BOOST_DESCRIBE_STRUCT(StandingAnswerKept, (), (question, answer, answer_en, retired))

}  // namespace noroshi::respond::notices
