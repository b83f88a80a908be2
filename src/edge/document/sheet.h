#pragma once
// Tables as people hand them in and take them out: CSV and Excel workbooks (ECMA-376, .xlsx).
//
// Writing. A workbook has no macros, links or formulas; every text is written as a text cell. In
// CSV there are no types, so a text that a spreadsheet would run as a formula (it begins with
// = + - @, their full-width forms, a tab or a carriage return) gets an apostrophe in front, which
// reading takes away again. CSV is UTF-8 with a byte order mark (Excel in Japan reads it as
// Shift_JIS otherwise), CR LF, quoted as RFC 4180 says.
//
// Reading. Whatever comes in is somebody's file: it is read within Limits, on any thread, without
// touching the disk, and everything is text afterwards, with the kind of cell beside it. CSV may be
// UTF-8 with or without a mark, UTF-16 with a mark, or CP932 (Shift_JIS as Windows has it);
// separated by commas, tabs or semicolons. In a workbook shared and inline strings, numbers, dates
// by style (1900 and 1904), cached values of formulas and merged cells are read; furigana is left
// out. Half-width katakana become full-width, with their voicing marks (ｶﾞ → ガ); nothing else is
// changed. A number whose format pads it with zeros (000-0000-0000) is read as it is shown.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::document {

// ---- writing -------------------------------------------------------------------------------

// Days and local times are written as dates; whoever has an Instant knows its zone.
using Cell = std::variant<std::monostate, std::string, std::int64_t, double, bool,
                          std::chrono::year_month_day, std::chrono::local_seconds>;

struct SheetColumn {
    std::string title;
    double width = 14;  // in characters
};

enum class SheetPaper { a4_portrait, a4_landscape, a3_landscape };

struct Sheet {
    std::string name;  // cut to Excel's 31 characters, without []:*?/\, made unique in its book
    std::vector<SheetColumn> columns;
    std::vector<std::vector<Cell>> rows;  // may be shorter or longer than columns
    std::string above{};                  // printed on every page, right: the TLP label
    std::string below{};                  // printed on every page, left: edition, date
    SheetPaper paper = SheetPaper::a4_landscape;
};

// `created` stands in the document's properties, so that the same book gives the same bytes.
// Errors: invalid edge.document.sheet.{cell_too_long, too_many_rows} {sheet, row}; unavailable
// edge.document.sheet.not_written (no room for the temporary file).
Result<std::string> write_xlsx(const std::vector<Sheet>& book, Instant created);
std::string write_csv(const Sheet& sheet);

// ---- reading -------------------------------------------------------------------------------

struct Limits {
    std::size_t bytes = 10U << 20;     // of the file
    std::size_t unpacked = 64U << 20;  // of everything in a workbook that is looked at
    std::size_t rows = 50'000;         // of all sheets together
    std::size_t columns = 256;
    std::size_t cells = 1'000'000;  // of all sheets together, those filled by merging too
    std::size_t text = 64U << 20;   // bytes of text in all cells together
};

enum class CellKind { empty, text, number, date, boolean, error };

struct ReadCell {
    CellKind kind = CellKind::empty;
    // Dates as 2026-04-01, 2026-04-01T08:30:00 or 08:30:00, numbers as 9012345678 or 0.5, booleans
    // as TRUE and FALSE, errors as Excel says them (#REF!). U+FFFD stands for what was not text.
    std::string text;
};

struct ReadRow {
    std::size_t number = 0;       // as a spreadsheet shows it, from 1
    std::vector<ReadCell> cells;  // from column A, without empty ones at the end; never none
};

struct ReadSheet {
    std::string name;  // empty for CSV
    bool hidden = false;
    std::vector<ReadRow> rows;  // those that have something
};

// By its first bytes a workbook, else CSV. Never zero sheets. All errors are invalid:
//   edge.document.sheet.too_large {megabytes}        the file, or what it unpacks to (zip bombs)
//   edge.document.sheet.too_many_cells {rows, columns}
//   edge.document.sheet.locked_or_old                with a password, or .xls of before 2007
//   edge.document.sheet.damaged {detail}             no workbook inside, or broken
//   edge.document.sheet.not_text                     neither a workbook nor a table of text
//   edge.document.sheet.quote_not_closed {row}
Result<std::vector<ReadSheet>> read_sheets(std::string_view bytes, const Limits& limits = {});
Result<std::vector<ReadSheet>> read_xlsx(std::string_view bytes, const Limits& limits = {});
Result<ReadSheet> read_csv(std::string_view bytes, const Limits& limits = {});

// As read_csv takes it for any text somebody hands in (vCard, calendars): UTF-8, with what was none
// as U+FFFD. Errors: invalid edge.document.sheet.not_text (a zero byte).
Result<std::string> to_utf8(std::string_view bytes);
// ｶﾞﾁｬ → ガチャ.
std::string full_width_kana(std::string_view text);
// 0 → "A", 27 → "AB".
std::string column_letters(std::size_t column);

}  // namespace noroshi::edge::document
