#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/ucnv.h>
#include <unicode/utf8.h>

#include "edge/document/sheet.h"

namespace noroshi::edge::document {

namespace {

bool is_utf8(std::string_view bytes) {
    const auto size = static_cast<std::int32_t>(bytes.size());
    for (std::int32_t i = 0; i < size;) {
        UChar32 c;
        U8_NEXT(bytes.data(), i, size, c);
        if (c < 0) return false;
    }
    return true;
}

// What the converter cannot read becomes U+FFFD: the row is then named by whoever looks at it.
std::optional<std::string> converted(const char* charset, std::string_view bytes) {
    UErrorCode error = U_ZERO_ERROR;
    const std::unique_ptr<UConverter, decltype(&ucnv_close)> from(ucnv_open(charset, &error),
                                                                  &ucnv_close);
    if (U_FAILURE(error)) return {};
    std::string out;
    out.resize(bytes.size() * 3 + 16);
    const auto written =
        ucnv_toAlgorithmic(UCNV_UTF8, from.get(), out.data(), static_cast<std::int32_t>(out.size()),
                           bytes.data(), static_cast<std::int32_t>(bytes.size()), &error);
    if (U_FAILURE(error) || written < 0) return {};
    out.resize(static_cast<std::size_t>(written));
    return out;
}

// The most frequent of the three in the first line, outside quotes.
char separator_of(std::string_view text) {
    std::array<std::pair<char, std::size_t>, 3> counts{{{',', 0}, {'\t', 0}, {';', 0}}};
    bool quoted = false;
    for (const char c : text) {
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        if (c == '\n' || c == '\r') break;
        for (auto& [separator, count] : counts) count += c == separator ? 1 : 0;
    }
    return std::ranges::max_element(counts, {}, &std::pair<char, std::size_t>::second)->first;
}

// What write_csv put in front of a text that would run.
std::string without_guard(std::string text) {
    static constexpr std::array<std::string_view, 11> starts{
        "'=", "'+", "'-", "'@", "'\t", "'\r", "'\uFF1D", "'\uFF0B", "'\uFF0D", "'\uFF20", "''"};
    if (std::ranges::any_of(starts, [&](std::string_view one) { return text.starts_with(one); }))
        text.erase(0, 1);
    return text;
}

// One record after another. A quote opens only at the beginning of a field; elsewhere it is text,
// as people who write CSV by hand expect.
class Scanner {
public:
    Scanner(std::string_view text, char separator) : rest_(text), separator_(separator) {}

    bool at_end() const { return rest_.empty(); }
    // The fields of the next record; nothing if a quote is never closed.
    std::optional<std::vector<std::string>> record(std::size_t most) {
        std::vector<std::string> fields;
        for (;;) {
            auto field = next_field();
            if (!field) return {};
            if (fields.size() <= most) fields.push_back(std::move(*field));
            if (rest_.empty()) return fields;
            const char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == separator_) continue;
            if (c == '\r' && rest_.starts_with('\n')) rest_.remove_prefix(1);
            return fields;
        }
    }

private:
    bool ends_field(char c) const { return c == separator_ || c == '\r' || c == '\n'; }

    std::optional<std::string> next_field() {
        std::string out;
        if (rest_.starts_with('"')) {
            rest_.remove_prefix(1);
            for (;;) {
                const auto quote = rest_.find('"');
                if (quote == std::string_view::npos) return {};
                out += rest_.substr(0, quote);
                rest_.remove_prefix(quote + 1);
                if (!rest_.starts_with('"')) break;
                out += '"';
                rest_.remove_prefix(1);
            }
        }
        std::size_t length = 0;
        while (length < rest_.size() && !ends_field(rest_[length])) ++length;
        out += rest_.substr(0, length);
        rest_.remove_prefix(length);
        return out;
    }

    std::string_view rest_;
    char separator_;
};

}  // namespace

std::string full_width_kana(std::string_view text) {
    // U+FF61 … U+FF9F are EF BD A1 … EF BE 9F.
    if (!text.contains("\xEF\xBD") && !text.contains("\xEF\xBE")) return std::string(text);
    UErrorCode error = U_ZERO_ERROR;
    const auto* const nfkc = icu::Normalizer2::getNFKCInstance(error);
    std::string out;
    const auto size = static_cast<std::int32_t>(text.size());
    for (std::int32_t i = 0; i < size;) {
        const auto from = i;
        std::int32_t end = i;
        for (UChar32 c = 0; i < size; end = i) {
            U8_NEXT(text.data(), i, size, c);
            if (c < 0xFF61 || c > 0xFF9F) break;
        }
        const auto run =
            text.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(end - from));
        if (!run.empty() && U_SUCCESS(error)) {
            icu::StringByteSink<std::string> sink(&out);
            nfkc->normalizeUTF8(0, icu::StringPiece(run.data(), static_cast<int32_t>(run.size())),
                                sink, nullptr, error);
        }
        out += text.substr(static_cast<std::size_t>(end), static_cast<std::size_t>(i - end));
    }
    return out;
}

Result<std::string> to_utf8(std::string_view bytes) {
    const auto not_text = [] { return invalid("edge.document.sheet.not_text", ""); };
    if (bytes.starts_with("\xEF\xBB\xBF"))
        bytes.remove_prefix(3);
    else if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
        auto text = converted("UTF-16", bytes);
        if (!text || text->contains('\0')) return not_text();
        return std::move(*text);
    }
    if (bytes.contains('\0')) return not_text();
    if (is_utf8(bytes)) return std::string(bytes);
    // Windows-31J: what Excel in Japan calls CSV.
    auto text = converted("ibm-943_P15A-2003", bytes);
    if (!text || text->contains('\0')) return not_text();
    return std::move(*text);
}

Result<ReadSheet> read_csv(std::string_view bytes, const Limits& limits) {
    if (bytes.size() > limits.bytes)
        return invalid("edge.document.sheet.too_large", "",
                       {{"megabytes", std::to_string(limits.bytes >> 20)}});
    TRY_LET(const auto utf8, to_utf8(bytes));
    std::string text = full_width_kana(utf8);
    // U+FFFE and U+FFFF are no characters; no spreadsheet can hold them (XML 1.0 §2.2), so that what
    // is read is also what is written.
    for (auto at = text.find("\xEF\xBF"); at != std::string::npos;
         at = text.find("\xEF\xBF", at + 3))
        if (text[at + 2] == '\xBE' || text[at + 2] == '\xBF') text[at + 2] = '\xBD';
    ReadSheet sheet;
    Scanner scanner(text, separator_of(text));
    std::size_t cells = 0;
    for (std::size_t number = 1; !scanner.at_end(); ++number) {
        auto fields = scanner.record(limits.columns);
        if (!fields)
            return invalid("edge.document.sheet.quote_not_closed", "",
                           {{"row", std::to_string(number)}});
        while (!fields->empty() && fields->back().empty()) fields->pop_back();
        if (fields->empty()) continue;
        cells += fields->size();
        if (fields->size() > limits.columns || sheet.rows.size() >= limits.rows ||
            cells > limits.cells)
            return invalid("edge.document.sheet.too_many_cells", "",
                           {{"rows", std::to_string(limits.rows)},
                            {"columns", std::to_string(limits.columns)}});
        ReadRow row{number, {}};
        row.cells.reserve(fields->size());
        for (auto& field : *fields)
            row.cells.push_back(field.empty()
                                    ? ReadCell{}
                                    : ReadCell{CellKind::text, without_guard(std::move(field))});
        sheet.rows.push_back(std::move(row));
    }
    return sheet;
}

Result<std::vector<ReadSheet>> read_sheets(std::string_view bytes, const Limits& limits) {
    // A compound file: .xls, or a workbook with a password.
    if (bytes.starts_with("\xD0\xCF\x11\xE0"))
        return invalid("edge.document.sheet.locked_or_old", "");
    if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06"))
        return read_xlsx(bytes, limits);
    TRY_LET(auto sheet, read_csv(bytes, limits));
    std::vector<ReadSheet> sheets;
    sheets.push_back(std::move(sheet));
    return sheets;
}

}  // namespace noroshi::edge::document
