// Reads a workbook: a zip of XML parts. The workbook names its sheets, a relationship leads from a
// name to a part; texts lie apart and are named by number, and so are styles, by which alone a date
// differs from a number. Three things in it are dangerous or wrong to take as they are:
//
// - A zip may unpack to a thousand times its size. Sizes in its directory are only claims, so
//   reading stops at the limit whatever they say.
// - Merged cells hold their text once. People merge a department over its people, so it is repeated
//   over the range, but only as far as the sheet has rows and columns: a range may name a million.
// - Furigana stands inside the text it belongs to (rPh) and must not be read as more of the text.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <zip.h>
#include <pugixml.hpp>

#include "edge/document/sheet.h"

namespace noroshi::edge::document {

namespace {

constexpr std::size_t most_parts = 2'000;

std::unexpected<Error> damaged(std::string detail) {
    return invalid("edge.document.sheet.damaged", "", {{"detail", std::move(detail)}});
}
std::unexpected<Error> too_large(std::size_t bytes) {
    return invalid("edge.document.sheet.too_large", "",
                   {{"megabytes", std::to_string(bytes >> 20)}});
}

// ---- the zip -------------------------------------------------------------------------------

class Archive {
public:
    static Result<Archive> open(std::string_view bytes, const Limits& limits) {
        zip_error_t error;
        zip_error_init(&error);
        zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
        if (source == nullptr) return damaged("zip");
        zip_t* opened = zip_open_from_source(source, ZIP_RDONLY, &error);
        zip_error_fini(&error);
        if (opened == nullptr) {
            zip_source_free(source);
            return damaged("zip");
        }
        Archive archive(opened, limits.unpacked);
        if (zip_get_num_entries(opened, 0) > static_cast<zip_int64_t>(most_parts))
            return damaged("zip");
        return archive;
    }

    // Nothing if there is no such part.
    Result<std::optional<std::string>> part(const std::string& path) {
        const auto index = zip_name_locate(zip_.get(), path.c_str(), ZIP_FL_NOCASE);
        if (index < 0) return std::optional<std::string>{};
        const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(
            zip_fopen_index(zip_.get(), static_cast<zip_uint64_t>(index), 0), &zip_fclose);
        if (!file) return damaged(path);
        std::string out;
        std::array<char, 65'536> buffer;
        for (;;) {
            const auto got = zip_fread(file.get(), buffer.data(), buffer.size());
            if (got < 0) return damaged(path);
            if (got == 0) return std::optional(std::move(out));
            if (static_cast<std::size_t>(got) > left_) return too_large(limit_);
            left_ -= static_cast<std::size_t>(got);
            out.append(buffer.data(), static_cast<std::size_t>(got));
        }
    }

private:
    Archive(zip_t* zip, std::size_t limit) : zip_(zip, &zip_discard), limit_(limit), left_(limit) {}

    std::unique_ptr<zip_t, decltype(&zip_discard)> zip_;
    std::size_t limit_;
    std::size_t left_;
};

// ---- XML -----------------------------------------------------------------------------------

// Some writers give every element a prefix ("x:row").
std::string_view local(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}
pugi::xml_node child(const pugi::xml_node& of, std::string_view name) {
    for (const auto& one : of.children())
        if (local(one) == name) return one;
    return {};
}
std::string_view attribute(const pugi::xml_node& of, std::string_view name) {
    for (const auto& one : of.attributes()) {
        const std::string_view full = one.name();
        const auto colon = full.find(':');
        if ((colon == std::string_view::npos ? full : full.substr(colon + 1)) == name)
            return one.value();
    }
    return {};
}
// r:id, whatever the prefix is.
std::string_view relationship(const pugi::xml_node& of) {
    for (const auto& one : of.attributes())
        if (std::string_view(one.name()).ends_with(":id")) return one.value();
    return {};
}

Result<std::unique_ptr<pugi::xml_document>> parse(const std::string& xml, std::string_view path) {
    auto document = std::make_unique<pugi::xml_document>();
    const auto result = document->load_buffer(xml.data(), xml.size(),
                                              pugi::parse_default | pugi::parse_ws_pcdata_single,
                                              pugi::encoding_auto);
    if (!result) return damaged(std::string(path));
    return document;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number out{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return out;
}

// _x000D_ stands for a character that XML cannot hold.
std::string unescaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto at = text.find("_x");
        out += text.substr(0, at);
        if (at == std::string_view::npos) break;
        text.remove_prefix(at);
        unsigned code = 0;
        const bool is_code =
            text.size() >= 7 && text[6] == '_' &&
            std::from_chars(text.data() + 2, text.data() + 6, code, 16).ptr == text.data() + 6;
        if (!is_code) {
            out += text.substr(0, 2);
            text.remove_prefix(2);
            continue;
        }
        if (code == '\t' || code == '\n')
            out += static_cast<char>(code);
        else if (code >= ' ' && code < 0x7F)
            out += static_cast<char>(code);
        text.remove_prefix(7);
    }
    return out;
}

// <si> and <is>: plain, or in runs.
std::string rich_text(const pugi::xml_node& of) {
    std::string out;
    for (const auto& one : of.children()) {
        if (local(one) == "t")
            out += one.child_value();
        else if (local(one) == "r")
            out += child(one, "t").child_value();
    }
    return full_width_kana(unescaped(out));
}

// ---- styles --------------------------------------------------------------------------------

struct Format {
    bool day = false;
    bool time = false;
    std::string zeros;  // "000-0000-0000": pads a number
};

Format format_of(std::string_view code) {
    Format out;
    bool month_or_minute = false;
    std::string_view section = code.substr(0, code.find(';'));
    if (std::ranges::all_of(section, [](char c) { return c == '0' || c == '-'; }) &&
        section.starts_with("00"))
        out.zeros = section;
    for (std::size_t i = 0; i < section.size(); ++i) {
        const char c = section[i];
        if (c == '"') {
            i = section.find('"', i + 1);
            if (i == std::string_view::npos) break;
        } else if (c == '\\' || c == '_' || c == '*') {
            ++i;
        } else if (c == '[') {
            const auto end = section.find(']', i);
            if (end == std::string_view::npos) break;
            const auto inside = section.substr(i + 1, end - i - 1);
            if (inside.find_first_not_of("hHmMsS") == std::string_view::npos) out.time = true;
            i = end;
        } else if (section.substr(i).starts_with("General")) {
            i += 6;
        } else if (c == 'y' || c == 'Y' || c == 'd' || c == 'D' || c == 'g' || c == 'G' ||
                   c == 'a') {
            out.day = true;
        } else if (c == 'e' || c == 'E') {
            // Of the era, unless it is of an exponent.
            if (i + 1 >= section.size() || (section[i + 1] != '+' && section[i + 1] != '-'))
                out.day = true;
        } else if (c == 'h' || c == 'H' || c == 's' || c == 'S') {
            out.time = true;
        } else if (c == 'm' || c == 'M') {
            month_or_minute = true;
        }
    }
    if (month_or_minute && !out.time) out.day = true;
    return out;
}

// ECMA-376 part 1, 18.8.30, with those a Japanese Excel adds.
Format built_in(unsigned id) {
    if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 58))
        return {.day = true, .time = false, .zeros = {}};
    if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || (id >= 45 && id <= 47))
        return {.day = false, .time = true, .zeros = {}};
    if (id == 22) return {.day = true, .time = true, .zeros = {}};
    return {};
}

// ---- the workbook --------------------------------------------------------------------------

struct Reference {
    std::size_t row = 0;  // both from 0
    std::size_t column = 0;
};

std::optional<Reference> reference_of(std::string_view text) {
    std::size_t letters = 0;
    std::size_t column = 0;
    for (; letters < text.size() && letters < 4; ++letters) {
        const char c = text[letters];
        if (c >= 'A' && c <= 'Z')
            column = column * 26 + static_cast<std::size_t>(c - 'A') + 1;
        else if (c >= 'a' && c <= 'z')
            column = column * 26 + static_cast<std::size_t>(c - 'a') + 1;
        else
            break;
    }
    const auto row = number_of<std::size_t>(text.substr(letters));
    if (letters == 0 || letters > 3 || !row || *row == 0 || *row > 1'048'576) return {};
    return Reference{*row - 1, column - 1};
}

struct Book {
    std::vector<std::string> texts;
    std::vector<Format> styles;
    bool from_1904 = false;
};

std::string shown(double serial, const Format& format, bool from_1904) {
    if (!std::isfinite(serial) || serial < 0 || serial > 2'958'466) return {};
    auto seconds = std::chrono::seconds(std::llround(serial * 86'400));
    const auto whole = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::hh_mm_ss clock(seconds - whole);
    const auto time = fmt::format("{:02}:{:02}:{:02}", clock.hours().count(),
                                  clock.minutes().count(), clock.seconds().count());
    if (!format.day && whole.count() == 0) return time;
    // 1900 has a 29 February there, as Lotus had it.
    auto day = std::chrono::sys_days(std::chrono::year{from_1904 ? 1904 : 1899} /
                                     (from_1904 ? 1 : 12) / (from_1904 ? 1 : 30)) +
               whole;
    if (!from_1904 && whole.count() < 60) day += std::chrono::days{1};
    const std::chrono::year_month_day date(day);
    auto out = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    if (format.time || seconds != whole) out += "T" + time;
    return out;
}

std::string padded(double number, const Format& format) {
    const auto digits = fmt::format("{}", static_cast<std::int64_t>(number));
    std::string out;
    auto left = digits.size();
    for (auto place = format.zeros.rbegin(); place != format.zeros.rend(); ++place)
        out += *place == '-' ? '-' : left > 0 ? digits[--left] : '0';
    std::ranges::reverse(out);
    return digits.substr(0, left) + out;
}

std::string plain_number(double number) {
    if (number == std::floor(number) && std::abs(number) < 1e15)
        return fmt::format("{}", static_cast<std::int64_t>(number));
    return fmt::format("{}", number);
}

ReadCell cell_of(const pugi::xml_node& node, const Book& book) {
    const auto type = attribute(node, "t");
    if (type == "inlineStr") return {CellKind::text, rich_text(child(node, "is"))};
    const std::string_view value = child(node, "v").child_value();
    if (value.empty()) return {};
    if (type == "s") {
        const auto index = number_of<std::size_t>(value);
        if (!index || *index >= book.texts.size()) return {CellKind::error, "#REF!"};
        return {CellKind::text, book.texts[*index]};
    }
    if (type == "str") return {CellKind::text, full_width_kana(unescaped(value))};
    if (type == "b") return {CellKind::boolean, value == "1" ? "TRUE" : "FALSE"};
    if (type == "e") return {CellKind::error, std::string(value)};
    if (type == "d") return {CellKind::date, std::string(value)};
    const auto number = number_of<double>(value);
    if (!number || !std::isfinite(*number)) return {CellKind::text, std::string(value)};
    const auto style = number_of<std::size_t>(attribute(node, "s"));
    const auto format = style && *style < book.styles.size() ? book.styles[*style] : Format{};
    if (format.day || format.time)
        if (auto text = shown(*number, format, book.from_1904); !text.empty())
            return {CellKind::date, std::move(text)};
    if (!format.zeros.empty() && *number >= 0 && *number < 1e15 && *number == std::floor(*number))
        return {CellKind::text, padded(*number, format)};
    return {CellKind::number, plain_number(*number)};
}

// What all sheets may still take.
struct Budget {
    std::size_t rows, columns, cells, text;
    std::size_t visits;  // of merged ranges, which may overlap as often as they like
    const Limits& limits;

    std::unexpected<Error> exceeded() const {
        return invalid(
            "edge.document.sheet.too_many_cells", "",
            {{"rows", std::to_string(limits.rows)}, {"columns", std::to_string(limits.columns)}});
    }
    bool take(const ReadCell& cell) {
        if (cells == 0 || cell.text.size() > text) return false;
        --cells;
        text -= cell.text.size();
        return true;
    }
};

using Grid = std::map<std::size_t, std::vector<ReadCell>>;  // by row from 0

Result<> put(Grid& grid, Reference at, ReadCell cell, Budget& budget) {
    if (cell.kind == CellKind::empty || cell.text.empty()) return {};
    if (at.column >= budget.columns || !budget.take(cell)) return budget.exceeded();
    auto& row = grid[at.row];
    if (grid.size() > budget.rows) return budget.exceeded();
    if (row.size() <= at.column) row.resize(at.column + 1);
    row[at.column] = std::move(cell);
    return {};
}

Result<> spread(Grid& grid, std::string_view range, Budget& budget) {
    const auto colon = range.find(':');
    if (colon == std::string_view::npos) return {};
    const auto from = reference_of(range.substr(0, colon));
    const auto to = reference_of(range.substr(colon + 1));
    if (!from || !to || grid.empty()) return {};
    const auto first = grid.find(from->row);
    if (first == grid.end() || first->second.size() <= from->column) return {};
    const auto cell = first->second[from->column];
    if (cell.kind == CellKind::empty) return {};
    std::size_t widest = 0;
    for (const auto& [number, row] : grid) widest = std::max(widest, row.size());
    // Only over rows that have something besides: a department merged over empty rows has no people.
    for (auto row = grid.find(from->row); row != grid.end() && row->first <= to->row; ++row)
        for (auto column = from->column; column <= to->column && column < widest; ++column) {
            if (budget.visits-- == 0) return budget.exceeded();
            const bool taken =
                column < row->second.size() && row->second[column].kind != CellKind::empty;
            if (!taken) TRY(put(grid, {row->first, column}, cell, budget));
        }
    return {};
}

Result<ReadSheet> read_sheet(const pugi::xml_node& root, const Book& book, Budget& budget) {
    Grid grid;
    std::size_t row_number = 0;
    for (const auto& row : child(root, "sheetData").children()) {
        if (local(row) != "row") continue;
        if (const auto given = number_of<std::size_t>(attribute(row, "r")); given && *given > 0)
            row_number = *given - 1;
        std::size_t column = 0;
        for (const auto& node : row.children()) {
            if (local(node) != "c") continue;
            Reference at{row_number, column};
            if (const auto given = reference_of(attribute(node, "r"))) at = *given;
            TRY(put(grid, at, cell_of(node, book), budget));
            column = at.column + 1;
        }
        ++row_number;
    }
    std::size_t ranges = 0;
    for (const auto& merged : child(root, "mergeCells").children())
        if (local(merged) == "mergeCell") {
            if (++ranges > 20'000) return budget.exceeded();
            TRY(spread(grid, attribute(merged, "ref"), budget));
        }
    budget.rows -= std::min(budget.rows, grid.size());
    ReadSheet sheet;
    for (auto& [number, cells] : grid) sheet.rows.push_back({number + 1, std::move(cells)});
    return sheet;
}

Result<Book> read_shared(Archive& archive, const std::string& folder, const Limits& limits) {
    Book book;
    TRY_LET(const auto texts, archive.part(folder + "sharedStrings.xml"));
    if (texts) {
        TRY_LET(const auto document, parse(*texts, "sharedStrings.xml"));
        std::size_t size = 0;
        for (const auto& si : document->document_element().children()) {
            if (local(si) != "si") continue;
            book.texts.push_back(rich_text(si));
            size += book.texts.back().size();
            if (size > limits.text) return too_large(limits.text);
        }
    }
    TRY_LET(const auto styles, archive.part(folder + "styles.xml"));
    if (styles) {
        TRY_LET(const auto document, parse(*styles, "styles.xml"));
        const auto root = document->document_element();
        std::map<unsigned, Format> formats;
        for (const auto& one : child(root, "numFmts").children())
            if (const auto id = number_of<unsigned>(attribute(one, "numFmtId")))
                formats[*id] = format_of(attribute(one, "formatCode"));
        for (const auto& one : child(root, "cellXfs").children()) {
            if (local(one) != "xf") continue;
            const auto id = number_of<unsigned>(attribute(one, "numFmtId")).value_or(0);
            const auto found = formats.find(id);
            book.styles.push_back(found == formats.end() ? built_in(id) : found->second);
        }
    }
    return book;
}

std::string resolved(std::string_view folder, std::string_view target) {
    if (target.starts_with('/')) return std::string(target.substr(1));
    std::string base(folder);
    while (target.starts_with("../")) {
        target.remove_prefix(3);
        if (!base.empty()) base.pop_back();
        base.erase(base.rfind('/') == std::string::npos ? 0 : base.rfind('/') + 1);
    }
    return base + std::string(target);
}

// Type's last word → target, or id → target.
Result<std::map<std::string, std::string, std::less<>>> relations(Archive& archive,
                                                                  const std::string& folder,
                                                                  const std::string& file,
                                                                  std::string_view by) {
    std::map<std::string, std::string, std::less<>> out;
    const auto path = folder + "_rels/" + file + ".rels";
    TRY_LET(const auto xml, archive.part(path));
    if (!xml) return out;
    TRY_LET(const auto document, parse(*xml, path));
    for (const auto& one : document->document_element().children()) {
        auto key = attribute(one, by);
        if (by == "Type") key = key.substr(key.rfind('/') + 1);
        out.emplace(std::string(key), resolved(folder, attribute(one, "Target")));
    }
    return out;
}

}  // namespace

Result<std::vector<ReadSheet>> read_xlsx(std::string_view bytes, const Limits& limits) {
    if (bytes.size() > limits.bytes) return too_large(limits.bytes);
    TRY_LET(auto archive, Archive::open(bytes, limits));
    TRY_LET(const auto top, relations(archive, "", "", "Type"));
    const auto found = top.find("officeDocument");
    const auto path = found == top.end() ? std::string("xl/workbook.xml") : found->second;
    const auto slash = path.rfind('/');
    const auto folder = slash == std::string::npos ? std::string{} : path.substr(0, slash + 1);
    const auto file = slash == std::string::npos ? path : path.substr(slash + 1);
    TRY_LET(const auto xml, archive.part(path));
    if (!xml) return damaged("workbook.xml");
    TRY_LET(const auto workbook, parse(*xml, path));
    TRY_LET(const auto parts, relations(archive, folder, file, "Id"));
    TRY_LET(auto book, read_shared(archive, folder, limits));
    const auto root = workbook->document_element();
    const auto since = attribute(child(root, "workbookPr"), "date1904");
    book.from_1904 = since == "1" || since == "true";

    Budget budget{limits.rows, limits.columns, limits.cells, limits.text, limits.cells * 4, limits};
    std::vector<ReadSheet> sheets;
    for (const auto& one : child(root, "sheets").children()) {
        if (local(one) != "sheet") continue;
        const auto part = parts.find(relationship(one));
        if (part == parts.end() || !part->second.contains("sheet")) continue;  // a chart's
        TRY_LET(const auto text, archive.part(part->second));
        if (!text) return damaged(part->second);
        TRY_LET(const auto document, parse(*text, part->second));
        if (local(document->document_element()) != "worksheet") continue;
        TRY_LET(auto sheet, read_sheet(document->document_element(), book, budget));
        sheet.name = full_width_kana(attribute(one, "name"));
        sheet.hidden = !attribute(one, "state").empty() && attribute(one, "state") != "visible";
        sheets.push_back(std::move(sheet));
    }
    if (sheets.empty()) return damaged("workbook.xml");
    return sheets;
}

}  // namespace noroshi::edge::document
