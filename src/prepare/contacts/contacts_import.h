#pragma once
// Taking over contact lists from tables and address cards. Reading files is the edge's work; here rows
// of fields become a plan: what would be added, changed or is the same already, and which rows are
// wrong, each named by file, sheet, row and column. A wrong row changes nothing and keeps no other
// row back. Planning the same file again after it was taken over finds nothing to do. Pure.
//
// A person is found by the identifier of our own export, else by name within the organisation (spaces
// and widths do not count), else by mail address there together with the same reading. What a row
// leaves empty stays as it is; nobody and nothing is removed by an import.

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prepare/contacts/contacts.h"

namespace noroshi::prepare::contacts {

enum class ImportField {
    id,
    organisation,
    department,
    title,
    name,
    kana,
    standing,
    order,
    email,
    mobile,
    weekday_phone,
    night_phone,
    language,
    channels
};
BOOST_DESCRIBE_ENUM(ImportField, id, organisation, department, title, name, kana, standing, order,
                    email, mobile, weekday_phone, night_phone, language, channels)

struct ImportCell {
    std::string text;
    std::string column;   // "C"; empty for cards
    bool number = false;  // a spreadsheet may have dropped its zeros
};
struct ImportRow {
    std::string file;
    std::string sheet;
    std::size_t row = 0;
    std::map<ImportField, ImportCell> cells{};
};

// A cell of a table, as read; empty text is an empty cell.
struct TableCell {
    std::string text;
    bool number = false;
};
struct TableRow {
    std::size_t number = 0;
    std::vector<TableCell> cells;
};
struct ImportProblem {
    std::string file;
    std::string sheet;
    std::size_t row = 0;  // 0: the sheet as a whole
    std::string column;   // "C", or empty
    std::string value;    // what stands there
    Error error;
};
struct ImportRows {
    std::vector<ImportRow> rows{};
    std::vector<ImportProblem> problems{};
    std::vector<std::string> ignored{};  // headings nobody knows
};
// The head is the first of the first twenty rows that has a heading for the name and one more. Which
// headings mean what stands in the catalogue (import_header_…), in both languages.
ImportRows rows_of_table(const std::string& file, const std::string& sheet,
                         const std::vector<TableRow>& table);

enum class ImportAction { add, change, same, refused };
BOOST_DESCRIBE_ENUM(ImportAction, add, change, same, refused)

struct Difference {
    ImportField field = ImportField::name;
    std::string before;
    std::string after;
    friend bool operator==(const Difference&, const Difference&) = default;
};
struct PlannedRow {
    ImportAction action = ImportAction::same;
    std::string file;
    std::string sheet;
    std::size_t row = 0;
    OrganisationId organisation;
    PersonId person;  // empty: a new one
    std::string name;
    std::vector<Difference> differences{};
    // What is then written.
    council::PersonDraft draft{};
    std::optional<ContactDraft> contact{};  // nothing: stays
    Post post{};
    std::optional<int> order{};
};
struct ImportPlan {
    std::vector<PlannedRow> rows{};
    std::vector<ImportProblem> problems{};
    std::vector<std::string> ignored{};
    // Organisations whose list changes, with its posts; a new person is empty there and numbered by
    // `added`, in the order of the rows.
    struct PlannedPost {
        Post post;
        std::optional<std::size_t> added;  // index into rows
    };
    std::map<OrganisationId, std::vector<PlannedPost>> lists{};
    std::size_t count(ImportAction action) const;
};

// Who imports: an organisation they may manage; new people only as an administrator.
struct Importing {
    const Principal& by;
    Day today;
};
ImportPlan plan_import(const council::State& council, const State& state, const ImportRows& rows,
                       const Importing& importing);

// "09012345678" of a number that lost its zero on the way; anything else as it is.
std::string with_its_zero(const ImportCell& cell);

}  // namespace noroshi::prepare::contacts
