// Somebody's spreadsheet. Whatever the bytes are: within the limits, UTF-8, and what was read from
// a table, written again, is read as the same.
#include <cstdint>

#include "edge/document/sheet.h"
#include "kernel/i18n/line.h"

using namespace noroshi;
using namespace noroshi::edge::document;

namespace {

void check(const std::vector<ReadSheet>& sheets, const Limits& limits) {
    std::size_t rows = 0;
    std::size_t cells = 0;
    for (const auto& sheet : sheets) {
        std::size_t last = 0;
        rows += sheet.rows.size();
        for (const auto& row : sheet.rows) {
            ASSERT(row.number > last && !row.cells.empty() && row.cells.size() <= limits.columns);
            last = row.number;
            for (const auto& cell : row.cells) {
                ASSERT(i18n::length(cell.text));
                ASSERT((cell.kind == CellKind::empty) == cell.text.empty() ||
                       cell.kind == CellKind::text);
                cells += cell.text.empty() ? 0 : 1;
            }
        }
    }
    ASSERT(rows <= limits.rows && cells <= limits.cells);
}

Sheet written(const ReadSheet& read) {
    Sheet sheet{.name = "s", .columns = {}, .rows = {}};
    for (const auto& row : read.rows) {
        sheet.rows.emplace_back();
        for (const auto& cell : row.cells) sheet.rows.back().emplace_back(cell.text);
    }
    return sheet;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    const Limits limits{.bytes = 1U << 20,
                        .unpacked = 4U << 20,
                        .rows = 1'000,
                        .columns = 64,
                        .cells = 10'000,
                        .text = 4U << 20};
    if (const auto sheets = read_sheets(input, limits)) {
        ASSERT(!sheets->empty());
        check(*sheets, limits);
    }
    if (const auto sheet = read_csv(input, limits)) {
        check({*sheet}, limits);
        const auto again = read_csv(write_csv(written(*sheet)), {});
        ASSERT(again && again->rows.size() == sheet->rows.size());
        for (std::size_t row = 0; row < sheet->rows.size(); ++row)
            for (std::size_t i = 0; i < sheet->rows[row].cells.size(); ++i)
                ASSERT(again->rows[row].cells[i].text == sheet->rows[row].cells[i].text);
    }
    return 0;
}
