#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <unicode/utf8.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "edge/document/sheet.h"

namespace noroshi::edge::document {

namespace {

constexpr std::size_t excel_rows = 1'048'576;
constexpr std::size_t excel_text = 32'767;  // UTF-16 units in a cell

// What is not UTF-8 would make the whole workbook unreadable.
std::string valid(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    const auto size = static_cast<std::int32_t>(text.size());
    for (std::int32_t i = 0; i < size;) {
        const auto from = i;
        UChar32 c;
        U8_NEXT(text.data(), i, size, c);
        if (c >= 0 && c != 0xFFFE && c != 0xFFFF)
            out.append(
                text.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(i - from)));
        else
            out += "\uFFFD";
    }
    return out;
}

std::size_t utf16_units(std::string_view text) {
    std::size_t units = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
    }
    return units;
}

std::string cut(std::string_view text, std::size_t units) {
    std::string out(text);
    while (utf16_units(out) > units) {
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0) == 0x80)
            out.pop_back();
        out.pop_back();
    }
    return out;
}

std::string sheet_name(std::string_view wanted, std::set<std::string>& taken) {
    auto name = valid(wanted);
    for (char& c : name)
        if (std::string_view("[]:*?/\\'").contains(c) || static_cast<unsigned char>(c) < ' ')
            c = ' ';
    name = cut(name, 31);
    if (name.find_first_not_of(' ') == std::string::npos) name = "Sheet";
    const auto base = name;
    for (int n = 2; !taken.insert(name).second; ++n)
        name = fmt::format("{} ({})", cut(base, 26), n);
    return name;
}

// In a page header & begins a code; the whole may have 255 characters.
std::string page_text(std::string_view place, std::string_view text) {
    std::string out(place);
    for (const char c : cut(valid(text), 100)) {
        out += c;
        if (c == '&') out += c;
    }
    return out;
}

lxw_datetime date_of(std::chrono::year_month_day day) {
    lxw_datetime out{};
    out.year = static_cast<int>(day.year());
    out.month = static_cast<int>(static_cast<unsigned>(day.month()));
    out.day = static_cast<int>(static_cast<unsigned>(day.day()));
    return out;
}

lxw_datetime date_of(std::chrono::local_seconds at) {
    const auto midnight = std::chrono::floor<std::chrono::days>(at);
    auto out = date_of(std::chrono::year_month_day(midnight));
    const std::chrono::hh_mm_ss time(at - midnight);
    out.hour = static_cast<int>(time.hours().count());
    out.min = static_cast<int>(time.minutes().count());
    out.sec = static_cast<double>(time.seconds().count());
    return out;
}

std::string text_of(std::chrono::year_month_day day) {
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                       static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

std::string text_of(std::chrono::local_seconds at) {
    const auto midnight = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::hh_mm_ss time(at - midnight);
    return fmt::format("{} {:02}:{:02}", text_of(std::chrono::year_month_day(midnight)),
                       time.hours().count(), time.minutes().count());
}

struct Formats {
    lxw_format* title;
    lxw_format* text;
    lxw_format* day;
    lxw_format* time;
};

struct Writer {
    lxw_worksheet* sheet;
    const Formats& formats;
    lxw_row_t row;
    lxw_col_t column;

    lxw_error operator()(std::monostate) const { return LXW_NO_ERROR; }
    lxw_error operator()(const std::string& text) const {
        if (text.empty()) return LXW_NO_ERROR;
        return worksheet_write_string(sheet, row, column, valid(text).c_str(), formats.text);
    }
    lxw_error operator()(std::int64_t number) const {
        return worksheet_write_number(sheet, row, column, static_cast<double>(number), nullptr);
    }
    lxw_error operator()(double number) const {
        return worksheet_write_number(sheet, row, column, number, nullptr);
    }
    lxw_error operator()(bool truth) const {
        return worksheet_write_boolean(sheet, row, column, truth ? 1 : 0, nullptr);
    }
    lxw_error operator()(std::chrono::year_month_day day) const {
        auto date = date_of(day);
        return worksheet_write_datetime(sheet, row, column, &date, formats.day);
    }
    lxw_error operator()(std::chrono::local_seconds at) const {
        auto date = date_of(at);
        return worksheet_write_datetime(sheet, row, column, &date, formats.time);
    }
};

Result<> check(const std::vector<Sheet>& book) {
    for (const auto& sheet : book) {
        if (sheet.rows.size() + 1 > excel_rows)
            return invalid("edge.document.sheet.too_many_rows", "",
                           {{"sheet", sheet.name}, {"row", std::to_string(excel_rows)}});
        for (std::size_t row = 0; row < sheet.rows.size(); ++row)
            for (const auto& cell : sheet.rows[row])
                if (const auto* text = std::get_if<std::string>(&cell);
                    text != nullptr && utf16_units(*text) > excel_text)
                    return invalid("edge.document.sheet.cell_too_long", "",
                                   {{"sheet", sheet.name}, {"row", std::to_string(row + 2)}});
    }
    return {};
}

void set_up(lxw_worksheet* out, const Sheet& sheet, const Formats& formats) {
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
        const auto column = static_cast<lxw_col_t>(i);
        worksheet_set_column(out, column, column, sheet.columns[i].width, nullptr);
        worksheet_write_string(out, 0, column, valid(cut(sheet.columns[i].title, 255)).c_str(),
                               formats.title);
    }
    if (!sheet.columns.empty()) {
        const auto last = static_cast<lxw_col_t>(sheet.columns.size() - 1);
        worksheet_freeze_panes(out, 1, 0);
        worksheet_repeat_rows(out, 0, 0);
        worksheet_autofilter(out, 0, 0, static_cast<lxw_row_t>(sheet.rows.size()), last);
    }
    worksheet_set_paper(out, sheet.paper == SheetPaper::a3_landscape ? 8 : 9);
    if (sheet.paper != SheetPaper::a4_portrait) worksheet_set_landscape(out);
    worksheet_fit_to_pages(out, 1, 0);
    // TLP 2.0: on every page, 12 points, to the right, in header and footer.
    const auto label = sheet.above.empty() ? "" : page_text("&R&12 ", sheet.above);
    if (!label.empty()) worksheet_set_header(out, label.c_str());
    worksheet_set_footer(out, (page_text("&L", sheet.below) + "&C&P / &N" + label).c_str());
}

// Removed whatever happens.
struct TemporaryFile {
    std::string path;
    TemporaryFile() {
        std::error_code ignored;
        auto pattern = (std::filesystem::temp_directory_path(ignored) / "noroshi-XXXXXX").string();
        const int handle = ::mkstemp(pattern.data());
        if (handle < 0) return;
        ::close(handle);
        path = std::move(pattern);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        if (!path.empty()) ::unlink(path.c_str());
    }
};

bool would_run(std::string_view text) {
    static constexpr std::array<std::string_view, 11> starts{
        "=", "+", "-", "@", "\t", "\r", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20", "'"};
    return std::ranges::any_of(starts, [&](std::string_view one) { return text.starts_with(one); });
}

void put(std::string& out, std::string_view text) {
    if (text.find_first_of(",\"\r\n\t;") == std::string_view::npos && !text.starts_with(' ') &&
        !text.ends_with(' ')) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        out += c;
        if (c == '"') out += c;
    }
    out += '"';
}

std::string csv_text(const Cell& cell) {
    struct Text {
        std::string operator()(std::monostate) const { return {}; }
        std::string operator()(const std::string& text) const {
            return would_run(text) ? "'" + valid(text) : valid(text);
        }
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(double number) const { return fmt::format("{}", number); }
        std::string operator()(bool truth) const { return truth ? "TRUE" : "FALSE"; }
        std::string operator()(std::chrono::year_month_day day) const { return text_of(day); }
        std::string operator()(std::chrono::local_seconds at) const { return text_of(at); }
    };
    return std::visit(Text{}, cell);
}

}  // namespace

Result<std::string> write_xlsx(const std::vector<Sheet>& book, Instant created) {
    TRY(check(book));
    const auto not_written = [] {
        return fail(ErrorKind::unavailable, "edge.document.sheet.not_written");
    };
    const TemporaryFile file;
    if (file.path.empty()) return not_written();
    const auto folder = std::filesystem::path(file.path).parent_path().string();
    auto tmpdir = folder;
    lxw_workbook_options options{};
    options.tmpdir = tmpdir.data();
    lxw_workbook* workbook = workbook_new_opt(file.path.c_str(), &options);
    if (workbook == nullptr) return not_written();
    lxw_doc_properties properties{};
    properties.created =
        std::chrono::duration_cast<std::chrono::seconds>(created.time_since_epoch()).count();
    workbook_set_properties(workbook, &properties);

    Formats formats{workbook_add_format(workbook), workbook_add_format(workbook),
                    workbook_add_format(workbook), workbook_add_format(workbook)};
    format_set_bold(formats.title);
    format_set_text_wrap(formats.title);
    format_set_bg_color(formats.title, 0xE8F1FE);
    format_set_border(formats.title, LXW_BORDER_THIN);
    format_set_text_wrap(formats.text);
    format_set_align(formats.text, LXW_ALIGN_VERTICAL_TOP);
    // The text format, so that a telephone number typed over keeps its zero.
    format_set_num_format(formats.text, "@");
    format_set_num_format(formats.day, "yyyy-mm-dd");
    format_set_num_format(formats.time, "yyyy-mm-dd hh:mm");

    std::set<std::string> names;
    lxw_error worst = LXW_NO_ERROR;
    const std::vector<Sheet> empty{Sheet{.name = "", .columns = {}, .rows = {}}};
    for (const auto& sheet : book.empty() ? empty : book) {
        auto* out = workbook_add_worksheet(workbook, sheet_name(sheet.name, names).c_str());
        if (out == nullptr) {
            worst = LXW_ERROR_MEMORY_MALLOC_FAILED;
            break;
        }
        set_up(out, sheet, formats);
        for (std::size_t row = 0; row < sheet.rows.size(); ++row)
            for (std::size_t column = 0; column < sheet.rows[row].size(); ++column)
                if (const auto error =
                        std::visit(Writer{out, formats, static_cast<lxw_row_t>(row + 1),
                                          static_cast<lxw_col_t>(column)},
                                   sheet.rows[row][column]);
                    error != LXW_NO_ERROR)
                    worst = error;
    }
    if (const auto error = workbook_close(workbook); error != LXW_NO_ERROR) worst = error;
    if (worst != LXW_NO_ERROR) return not_written();
    std::ifstream in(file.path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in || !bytes.starts_with("PK")) return not_written();
    return bytes;
}

std::string write_csv(const Sheet& sheet) {
    std::string out = "\uFEFF";
    if (!sheet.columns.empty()) {
        for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
            if (i > 0) out += ',';
            put(out, csv_text(sheet.columns[i].title));
        }
        out += "\r\n";
    }
    for (const auto& row : sheet.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) out += ',';
            put(out, csv_text(row[i]));
        }
        out += "\r\n";
    }
    return out;
}

std::string column_letters(std::size_t column) {
    std::string out;
    for (auto rest = column + 1; rest > 0; rest = (rest - 1) / 26)
        out.insert(out.begin(), static_cast<char>('A' + (rest - 1) % 26));
    return out;
}

}  // namespace noroshi::edge::document
