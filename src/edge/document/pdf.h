#pragma once
// Print: PDF pages in Japanese typesetting (Pango and Cairo, Noto Sans CJK JP, language set before
// layout, so that characters have their Japanese forms). Hand in plain structs, get bytes; the same
// input gives the same bytes with the same libraries.
//
// Every page carries the running title left, the TLP label right-aligned in 12 pt bold in header and
// footer (FIRST, "Traffic Light Protocol 2.0": at least 12 pt, right-justified, header and footer of
// each page), the drill stamp before the title, and "n/m". A table repeats its head on every page; a
// row that does not fit moves to the next page, one that is longer than a page is divided by lines.
//
// Lengths are millimetres, sizes of type points. Text is UTF-8; what is not is replaced, control
// characters other than line feeds are shown as blanks. Any thread; no two share anything.
//
// Cost: some 30 µs a cell of Japanese text; 20,000 rows of a chronology take a few seconds, so print
// outside of Journal::read.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "kernel/result.h"
#include "kernel/time/time.h"

typedef struct _cairo cairo_t;

namespace noroshi::edge::document {

enum class Paper { a4, a4_landscape, a3, a3_landscape };

struct PageSetup {
    Paper paper = Paper::a4;
    std::string title{};   // running head; also the document's title
    std::string label{};   // "TLP:AMBER"; empty: none
    std::string stamp{};   // 【訓練】; empty: none
    std::string footer{};  // small, left: which port, who printed it and when
    Instant made_at{};     // the file's date
    double margin_mm = 15;
};

struct Heading {
    std::string text;
    int level = 1;  // 1: 16 pt and an entry in the outline; 2: 13 pt; 3: 11 pt
};

struct Paragraph {
    std::string text;
    double size_pt = 10;
    bool bold = false;
};

enum class Align { left, right, centre };

struct Column {
    std::string title;
    double width = 1;  // share of the table's width, against the other columns'
    Align align = Align::left;
};

enum class Tone {
    plain,
    strong,  // bold
    struck,  // crossed out and grey: replaced by a later line
    faint    // grey
};

struct Row {
    std::vector<std::string> cells;  // missing ones are blank, surplus ones are our own bug
    Tone tone = Tone::plain;
};

struct Table {
    std::vector<Column> columns{};  // at least one
    std::vector<Row> rows{};
    double size_pt = 8.5;
    double least_row_mm = 0;   // for forms filled in by hand, and boxes for seals
    double share = 1;          // of the page's width
    Align side = Align::left;  // where a narrow one stands
    bool head = true;          // without it the first column stands for the head, shaded
};

struct Space {
    double mm = 4;
};

struct PageBreak {};

// Whatever else: a code for the camera, a diagram. `draw` is called once with the origin at the upper
// left corner of a box `height_mm` high, sizes in points, state saved around it; it may use the
// same cairo as the caller's, and must not throw. Higher than the page: shrunk to what there is.
struct Drawing {
    double height_mm = 30;
    std::function<void(cairo_t*, double width_pt, double height_pt)> draw;
    double share = 1;  // of the page's width
    Align side = Align::left;
};

using Block = std::variant<Heading, Paragraph, Table, Space, PageBreak, Drawing>;

struct Pdf {
    std::string bytes;
    std::size_t pages = 0;
    std::size_t unknown_glyphs = 0;  // characters no installed font has
};

// Never empty: a document without blocks is one page.
// Errors: unavailable edge.document.no_japanese_font (fonts-noto-cjk is not installed),
// edge.document.print_failed {reason}.
Result<Pdf> print(const PageSetup& setup, const std::vector<Block>& blocks);

}  // namespace noroshi::edge::document
