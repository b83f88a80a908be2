#include "edge/document/pdf.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace noroshi::edge::document {
namespace {

// What poppler's pdftotext reads from the pages; nothing if it is not installed.
std::optional<std::string> text_of(const std::string& pdf, const std::string& options = {}) {
    const auto path = std::filesystem::temp_directory_path() /
                      ("noroshi-pdf-" + std::to_string(std::hash<std::string>{}(pdf)) + ".pdf");
    std::ofstream(path, std::ios::binary) << pdf;
    const std::string command = "pdftotext " + options + " " + path.string() + " - 2>/dev/null";
    std::string text;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return {};
    char buffer[4096];
    while (const auto read = fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, read);
    const int status = pclose(pipe);
    std::filesystem::remove(path);
    if (status != 0) return {};
    return text;
}

std::size_t count(std::string_view text, std::string_view word) {
    std::size_t n = 0;
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++n;
    return n;
}

PageSetup amber(std::string title) {
    PageSetup setup;
    setup.title = std::move(title);
    setup.label = "TLP:AMBER+STRICT";
    setup.footer = "灯浜港";
    setup.made_at = *parse_rfc3339("2026-07-04T06:30:00+09:00");
    return setup;
}

Table rows_of(std::size_t rows) {
    Table table;
    table.columns = {{"番号", 1, Align::right}, {"時刻", 2}, {"内容", 10}};
    for (std::size_t i = 1; i <= rows; ++i)
        table.rows.push_back({{std::to_string(i), "06:30",
                               "記録" + std::to_string(i) + "番。髙﨑𠮷のターミナル。"}});
    return table;
}

// A page whose label was cut off would be handed on by somebody who does not know.
TEST(Pdf, EveryPageCarriesTheLabelTwiceAndSaysHowManyThereAre) {
    auto setup = amber("クロノロジー");
    setup.stamp = "【訓練】";
    const auto pdf = print(setup, {Heading{"全体"}, rows_of(150)});
    ASSERT_TRUE(pdf);
    EXPECT_GT(pdf->pages, 2U);
    EXPECT_EQ(pdf->unknown_glyphs, 0U);
    const auto text = text_of(pdf->bytes);
    if (!text) GTEST_SKIP() << "skipped: no pdftotext";
    EXPECT_EQ(count(*text, "TLP:AMBER+STRICT"), 2 * pdf->pages);
    EXPECT_EQ(count(*text, "【訓練】"), pdf->pages);
    EXPECT_EQ(count(*text, "番号"), pdf->pages) << "the head of the table stands on every page";
    for (std::size_t i = 1; i <= pdf->pages; ++i)
        EXPECT_NE(text->find(std::to_string(i) + "/" + std::to_string(pdf->pages)),
                  std::string::npos);
}

// A lost row of a chronology is a lost order.
TEST(Pdf, EveryRowIsPrintedOnce) {
    const auto pdf = print(amber("表"), {rows_of(400)});
    ASSERT_TRUE(pdf);
    const auto text = text_of(pdf->bytes);
    if (!text) GTEST_SKIP() << "skipped: no pdftotext";
    for (std::size_t i = 1; i <= 400; ++i)
        EXPECT_EQ(count(*text, "記録" + std::to_string(i) + "番。"), 1U) << i;
}

TEST(Pdf, ARowLongerThanAPageIsContinued) {
    Table table;
    table.columns = {{"番号", 1}, {"内容", 6}};
    std::string words;
    // A word of Latin letters is not divided between two lines, so neither between two pages.
    for (int i = 0; i < 900; ++i) words += "word" + std::to_string(i) + "x ";
    table.rows.push_back({{"1", "前の行"}});
    table.rows.push_back({{"2", words}});
    table.rows.push_back({{"3", "後の行"}});
    const auto pdf = print(amber("長い行"), {table});
    ASSERT_TRUE(pdf);
    EXPECT_GT(pdf->pages, 1U);
    const auto text = text_of(pdf->bytes);
    if (!text) GTEST_SKIP() << "skipped: no pdftotext";
    for (int i = 0; i < 900; ++i)
        EXPECT_EQ(count(*text, "word" + std::to_string(i) + "x"), 1U) << i;
    EXPECT_NE(text->find("後の行"), std::string::npos);
}

TEST(Pdf, BytesThatAreNoTextAreSurvived) {
    Table table;
    table.columns = {{"\xFF\xFE", 1}};
    table.rows.push_back({{std::string("a\0b\x01", 4)}});
    table.rows.push_back({{}, Tone::struck});
    const auto pdf = print(amber("\xE3\x81"), {table, Paragraph{"\x80"}, Heading{""}});
    ASSERT_TRUE(pdf);
    EXPECT_EQ(pdf->pages, 1U);
}

TEST(Pdf, TheSameIsTheSameFile) {
    const auto once = print(amber("表"), {rows_of(20)});
    const auto twice = print(amber("表"), {rows_of(20)});
    ASSERT_TRUE(once && twice);
    EXPECT_EQ(once->bytes, twice->bytes);
    EXPECT_TRUE(once->bytes.starts_with("%PDF-"));
}

TEST(Pdf, NothingIsOnePage) {
    const auto pdf = print(amber("白紙"), {});
    ASSERT_TRUE(pdf);
    EXPECT_EQ(pdf->pages, 1U);
}

TEST(Pdf, ADrawingHasItsBox) {
    double width = 0;
    double height = 0;
    const auto pdf = print(amber("図"), {Drawing{1000,
                                                 [&](cairo_t*, double w, double h) {
                                                     width = w;
                                                     height = h;
                                                 },
                                                 0.5}});
    ASSERT_TRUE(pdf);
    EXPECT_NEAR(width, 180 * 72 / 25.4 / 2, 0.1);
    EXPECT_LT(height, 297 * 72 / 25.4) << "higher than a page is shrunk";
}

}  // namespace
}  // namespace noroshi::edge::document
