#pragma once
// The report in six items (glossary; as the council of the Port of Yokohama exchanges them):
// ① date, place, source · ② content and cause · ③ damage and possible spread · ④ state of recovery of
// the TOS · ⑤ vessels waiting, road congestion · ⑥ measures taken by the bodies concerned. Each may
// be "unknown yet". A report is a version, 第1報, 第2報 …, and is never changed; the next one puts it
// right. It is written for a reader: what that reader may not see is said to be withheld.
//
// Pure: decisions, and the words of mail, SMS, HTML and print.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respond/incident/incident_case.h"
#include "respond/incident/incident_view.h"

namespace noroshi::respond::incident {

inline constexpr std::size_t report_items = 6;
inline constexpr std::size_t report_item_limit = 5'000;  // characters
inline constexpr std::size_t form_field_limit = 2'000;
inline constexpr std::size_t sms_limit = 134;  // characters: two parts of 67 in UCS-2

// ---- requests and decisions ----------------------------------------------------------------

struct ReportItemRequest {
    std::optional<std::string> text;  // absent or blank: unknown yet
    std::optional<Readers> readers;   // narrower than the incident
};
BOOST_DESCRIBE_STRUCT(ReportItemRequest, (), (text, readers))

struct ReportRequest {
    std::optional<ReportKind> report_kind;  // absent: first, then follow_up
    std::vector<ReportItemRequest> items;   // six
    std::optional<ReportForm> form;
    std::optional<OrganisationId> on_behalf_of;
    // Number of the version it was written upon, 0 for the first: another one issued meanwhile is a
    // conflict, so that two do not report past each other.
    std::optional<std::uint32_t> after;
};
BOOST_DESCRIBE_STRUCT(ReportRequest, (), (report_kind, items, form, on_behalf_of, after))

struct SendReportRequest {
    std::vector<OrganisationId> organisations;
    std::optional<std::string> medium;   // absent: by mail; else somebody did it so
    std::optional<Instant> event_time;   // of what somebody did
    std::optional<std::string> urgency;  // why it goes out before it was approved (決裁)
};
BOOST_DESCRIBE_STRUCT(SendReportRequest, (), (organisations, medium, event_time, urgency))

// What a sheet for approval is about: a version, which never changes.
std::string approval_record(const IncidentId& id, std::uint32_t number);

const std::vector<Role>& roles_that_report();

Result<Decided<ReportIssued>> issue_report(const Inquiry& inquiry, const IncidentId& id,
                                           const ReportRequest& request);

// ---- one report for one reader -------------------------------------------------------------

struct PrintedItem {
    int number = 0;
    std::string name;  // ① 日時・場所・情報源
    std::string text;  // as the reader may have it, or that it is unknown or withheld
    bool unknown = false;
    bool withheld = false;
};
BOOST_DESCRIBE_STRUCT(PrintedItem, (), (number, name, text, unknown, withheld))

struct PrintedField {
    std::string name;
    std::string text;
    friend bool operator==(const PrintedField&, const PrintedField&) = default;
};
BOOST_DESCRIBE_STRUCT(PrintedField, (), (name, text))

struct PrintedReport {
    std::uint32_t number = 0;
    ReportKind report_kind = ReportKind::first;
    std::string heading;  // 第2報（続報）
    std::string incident_title;
    std::uint32_t incident_number = 0;
    std::string label;  // TLP:AMBER
    std::string stamp;  // 【訓練】 or empty
    std::string from;   // the organisation that reports
    std::string to;     // the receiver's name; empty: as the reader sees it
    Instant issued_at;
    Number up_to = 0;
    std::vector<PrintedItem> items;
    std::optional<FormKind> form;
    std::string form_name;
    std::vector<PrintedField> fields;
    // Of the chronology up to this version, what the reader may see of it: who was asked for more
    // information and what was answered; what experts were asked and said.
    std::vector<PrintedField> questions;
    std::vector<PrintedField> advice;
    std::size_t withheld = 0;
};
BOOST_DESCRIBE_STRUCT(PrintedReport, (),
                      (number, report_kind, heading, incident_title, incident_number, label, stamp,
                       from, to, issued_at, up_to, items, form, form_name, fields, questions,
                       advice, withheld))

// Where a report stands: `board` is one of `boards`, and `of` its case.
struct ReportGround {
    const Boards& boards;
    const Board& board;
    const Case& of;
};
PrintedReport print_report(const ReportGround& told, const Case::Report& report,
                           const Viewer& reader, std::string to, const council::State& council,
                           std::string_view zone, Language language);
// Somebody of this organisation, whoever it is.
Viewer viewer_of(const council::State& council, const OrganisationId& organisation);

std::string report_subject(const PrintedReport& report);
std::string report_text(const PrintedReport& report, std::string_view zone, Language language);
std::string report_html(const PrintedReport& report, std::string_view zone, Language language);
// At most sms_limit characters, the stamp and the label first.
std::string report_sms(const PrintedReport& report, Language language);

// ---- answers -------------------------------------------------------------------------------

struct SentItem {
    OrganisationId to;
    std::size_t people = 0;
    std::optional<std::string> medium;
    Instant at;
    AuthorItem author;
};
BOOST_DESCRIBE_STRUCT(SentItem, (), (to, people, medium, at, author))

struct ReportSummary {
    std::uint32_t number = 0;
    ReportKind report_kind = ReportKind::first;
    std::string heading;
    Instant issued_at;
    AuthorItem author;
    std::optional<OrganisationId> on_behalf_of;
    Number up_to = 0;
    std::size_t unknown = 0;   // items
    std::size_t withheld = 0;  // items that this reader does not see
    std::vector<SentItem> sent;
    std::string approval_record;  // empty in an exercise, which asks for no approval
};
BOOST_DESCRIBE_STRUCT(ReportSummary, (),
                      (number, report_kind, heading, issued_at, author, on_behalf_of, up_to,
                       unknown, withheld, sent, approval_record))

struct ReportList {
    std::vector<ReportSummary> items;  // the latest first
};
BOOST_DESCRIBE_STRUCT(ReportList, (), (items))

// What to write the next one upon.
struct DraftItem {
    int number = 0;
    std::string name;
    std::string minimum;  // guidance: the least that helps
    std::string better;
    std::optional<std::string> text;  // of the version before, else what the board knows
    bool from_before = false;
    std::optional<Readers> readers;
};
BOOST_DESCRIBE_STRUCT(DraftItem, (), (number, name, minimum, better, text, from_before, readers))

struct ReportDraft {
    std::uint32_t after = 0;  // to be given back
    ReportKind report_kind = ReportKind::first;
    std::vector<DraftItem> items;
    std::optional<ReportForm> form;  // of the version before
    std::size_t entries_since = 0;   // that the reader sees, since the version before
};
BOOST_DESCRIBE_STRUCT(ReportDraft, (), (after, report_kind, items, form, entries_since))

ReportDraft draft_report(const Board& board, const Case& of, const Viewer& reader,
                         const Boards& boards, const council::State& council,
                         const port::State& port, std::string_view zone, Language language);

}  // namespace noroshi::respond::incident
