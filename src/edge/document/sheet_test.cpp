#include "edge/document/sheet.h"

#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <zip.h>

namespace noroshi::edge::document {
namespace {

using namespace std::chrono_literals;

constexpr Instant noon{Span{1'783'134'000'000'000}};

std::string zipped(const std::map<std::string, std::string>& parts) {
    zip_error_t error;
    zip_source_t* source = zip_source_buffer_create(nullptr, 0, 0, &error);
    zip_source_keep(source);
    zip_t* zip = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &error);
    for (const auto& [path, text] : parts)
        zip_file_add(zip, path.c_str(), zip_source_buffer(zip, text.data(), text.size(), 0), 0);
    EXPECT_EQ(zip_close(zip), 0);
    zip_stat_t stat;
    zip_source_stat(source, &stat);
    std::string out(stat.size, '\0');
    zip_source_open(source);
    zip_source_read(source, out.data(), out.size());
    zip_source_close(source);
    zip_source_free(source);
    return out;
}

constexpr auto spreadsheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr auto relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

// What Excel writes, in its smallest form.
std::map<std::string, std::string> parts_of(std::string sheet, std::string strings = {},
                                            std::string styles = {}, std::string properties = {}) {
    const auto ns = std::string("xmlns=\"") + spreadsheet + "\" xmlns:r=\"" + relations + "\"";
    return {{"xl/workbook.xml", "<workbook " + ns + ">" + properties +
                                    "<sheets><sheet name=\"連絡表\" sheetId=\"1\" r:id=\"rId7\"/>"
                                    "</sheets></workbook>"},
            {"xl/_rels/workbook.xml.rels",
             std::string("<Relationships><Relationship Id=\"rId7\" Type=\"") + relations +
                 "/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"},
            {"xl/sharedStrings.xml", "<sst " + ns + ">" + strings + "</sst>"},
            {"xl/styles.xml", "<styleSheet " + ns + ">" + styles + "</styleSheet>"},
            {"xl/worksheets/sheet1.xml", "<worksheet " + ns + ">" + sheet + "</worksheet>"}};
}

ReadSheet read_one(const std::string& bytes) {
    const auto sheets = read_sheets(bytes);
    EXPECT_TRUE(sheets) << describe(sheets.error());
    return sheets ? sheets->front() : ReadSheet{};
}
std::string row_text(const ReadRow& row) {
    auto out = std::to_string(row.number);
    for (const auto& cell : row.cells) out += "|" + cell.text;
    return out;
}
std::string key(const Result<std::vector<ReadSheet>>& result) {
    return result ? "read" : result.error().key;
}

// The secretariat's list from Excel would come back with the reading behind every name.
TEST(Workbook, is_read_as_excel_shows_it) {
    const auto sheet = read_one(zipped(parts_of(
        R"(<sheetData><row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c></row>)"
        R"(<row r="5"><c r="A5" t="inlineStr"><is><t>ﾊﾞｰｽ ｶﾞｲﾄﾞ</t></is></c><c t="b"><v>1</v></c>)"
        R"(<c t="e"><v>#REF!</v></c><c t="str"><f>1+1</f><v>二</v></c><c><v>9012345678</v></c>)"
        R"(<c><v>0.5</v></c></row></sheetData>)",
        R"(<si><t>港湾課</t><rPh sb="0" eb="2"><t>コウワンカ</t></rPh></si>)"
        R"(<si><r><t>当直</t></r><r><t xml:space="preserve"> </t></r><r><t>一_x0041_</t></r></si>)")));
    EXPECT_EQ(sheet.name, "連絡表");
    ASSERT_EQ(sheet.rows.size(), 2U);
    EXPECT_EQ(row_text(sheet.rows[0]), "2|港湾課||当直 一A");
    EXPECT_EQ(row_text(sheet.rows[1]), "5|バース ガイド|TRUE|#REF!|二|9012345678|0.5");
    EXPECT_EQ(sheet.rows[1].cells[4].kind, CellKind::number);
    EXPECT_EQ(sheet.rows[1].cells[2].kind, CellKind::error);
}

// A transfer on 1 April would be read as 46113, a telephone number without its zero.
TEST(Workbook, dates_and_padded_numbers_are_known_by_their_style) {
    const std::string styles =
        R"(<numFmts><numFmt numFmtId="176" formatCode="[$-411]ggge&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/>)"
        R"(<numFmt numFmtId="177" formatCode="000\-0000"/><numFmt numFmtId="178" formatCode="000-0000-0000"/>)"
        R"(<numFmt numFmtId="179" formatCode="0.00E+00"/><numFmt numFmtId="180" formatCode="h:mm;@"/>)"
        R"(<numFmt numFmtId="181" formatCode="yyyy/mm/dd hh:mm"/><numFmt numFmtId="182" formatCode="&quot;day&quot;0"/></numFmts>)"
        R"(<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="176"/><xf numFmtId="178"/>)"
        R"(<xf numFmtId="179"/><xf numFmtId="180"/><xf numFmtId="181"/><xf numFmtId="182"/></cellXfs>)";
    const std::string cells =
        R"(<sheetData><row><c s="1"><v>46113</v></c><c s="2"><v>46113</v></c><c s="3"><v>9012345678</v></c>)"
        R"(<c s="4"><v>46113</v></c><c s="5"><v>0.354166666666667</v></c><c s="6"><v>46113.25</v></c>)"
        R"(<c s="7"><v>3</v></c><c s="1"><v>1</v></c><c s="1"><v>61</v></c></row></sheetData>)";
    EXPECT_EQ(row_text(read_one(zipped(parts_of(cells, {}, styles))).rows.at(0)),
              "1|2026-04-01|2026-04-01|090-1234-5678|46113|08:30:00|2026-04-01T06:00:00|3|"
              "1900-01-01|1900-03-01");
    EXPECT_EQ(
        read_one(zipped(parts_of(R"(<sheetData><row><c s="1"><v>44651</v></c></row></sheetData>)",
                                 {}, styles, R"(<workbookPr date1904="1"/>)")))
            .rows.at(0)
            .cells.at(0)
            .text,
        "2026-04-01");
}

// Of a department merged over its people all but the first would lose it.
TEST(Workbook, a_merged_cell_is_in_each_of_its_rows) {
    const auto sheet = read_one(zipped(parts_of(
        R"(<sheetData><row r="1"><c r="A1" t="str"><v>港湾課</v></c><c r="B1" t="str"><v>甲</v></c></row>)"
        R"(<row r="2"><c r="B2" t="str"><v>乙</v></c></row><row r="4"><c r="B4" t="str"><v>丙</v></c></row></sheetData>)"
        R"(<mergeCells><mergeCell ref="A1:A3"/><mergeCell ref="B4:XFD1048576"/></mergeCells>)")));
    ASSERT_EQ(sheet.rows.size(), 3U);
    EXPECT_EQ(row_text(sheet.rows[0]), "1|港湾課|甲");
    EXPECT_EQ(row_text(sheet.rows[1]), "2|港湾課|乙");
    EXPECT_EQ(row_text(sheet.rows[2]), "4||丙");
}

TEST(Workbook, with_prefixes_and_absolute_targets_is_read_too) {
    auto parts = parts_of("");
    parts["book/main.xml"] =
        std::string("<x:workbook xmlns:x=\"") + spreadsheet + "\" xmlns:rel=\"" + relations +
        R"("><x:sheets><x:sheet name="a" rel:id="q" state="hidden"/></x:sheets></x:workbook>)";
    parts["_rels/.rels"] = std::string("<Relationships><Relationship Id=\"z\" Type=\"") +
                           relations +
                           "/officeDocument\" Target=\"/book/main.xml\"/></Relationships>";
    parts["book/_rels/main.xml.rels"] =
        R"(<Relationships><Relationship Id="q" Type="worksheet" Target="../xl/worksheets/sheet1.xml"/></Relationships>)";
    parts["xl/worksheets/sheet1.xml"] =
        R"(<x:worksheet xmlns:x="s"><x:sheetData><x:row><x:c t="str"><x:v>一</x:v></x:c></x:row></x:sheetData></x:worksheet>)";
    const auto sheet = read_one(zipped(parts));
    EXPECT_TRUE(sheet.hidden);
    ASSERT_EQ(sheet.rows.size(), 1U);
    EXPECT_EQ(row_text(sheet.rows[0]), "1|一");
}

// One upload would take the memory of the machine that is needed at night.
TEST(Workbook, that_unpacks_to_a_flood_is_refused) {
    const auto bomb = zipped(parts_of("<!--" + std::string(80U << 20, ' ') + "-->"));
    ASSERT_LT(bomb.size(), 1U << 20);
    EXPECT_EQ(key(read_sheets(bomb)), "edge.document.sheet.too_large");
    std::string strings;
    for (int i = 0; i < 40; ++i) strings += "<si><t>" + std::string(10'000, 'x') + "</t></si>";
    std::string cells = "<sheetData>";
    for (int row = 0; row < 400; ++row) {
        cells += "<row>";
        for (int i = 0; i < 40; ++i) cells += "<c t=\"s\"><v>" + std::to_string(i) + "</v></c>";
        cells += "</row>";
    }
    EXPECT_EQ(key(read_sheets(zipped(parts_of(cells + "</sheetData>", strings)))),
              "edge.document.sheet.too_many_cells");
    std::string merged;
    for (int i = 0; i < 3'000; ++i) merged += "<mergeCell ref=\"A1:ZZ1048576\"/>";
    std::string rows;
    for (int i = 0; i < 3'000; ++i) rows += "<row><c t=\"str\"><v>x</v></c></row>";
    EXPECT_EQ(key(read_sheets(zipped(parts_of("<sheetData>" + rows + "</sheetData><mergeCells>" +
                                              merged + "</mergeCells>")))),
              "edge.document.sheet.too_many_cells");
}

TEST(Workbook, that_is_none_says_why) {
    EXPECT_EQ(key(read_sheets(std::string("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") + "...")),
              "edge.document.sheet.locked_or_old");
    EXPECT_EQ(key(read_sheets("PK\x03\x04 nothing")), "edge.document.sheet.damaged");
    EXPECT_EQ(key(read_sheets(zipped({{"a.txt", "x"}}))), "edge.document.sheet.damaged");
    EXPECT_EQ(key(read_sheets(zipped(parts_of("<sheetData><row>")))),
              "edge.document.sheet.damaged");
    EXPECT_EQ(key(read_sheets(std::string("\x89PNG\x0d\x0a\x1a\x0a\0\0\0", 11))),
              "edge.document.sheet.not_text");
    EXPECT_EQ(key(read_sheets(std::string(11U << 20, 'a'))), "edge.document.sheet.too_large");
}

// A list saved by an older system would come in as rubbish.
TEST(Csv, is_read_in_each_encoding_it_comes_in) {
    const std::string utf8 = "氏名,所属\r\n髙橋①,ｶﾞｰﾄﾞ係\r\n";
    const std::string cp932 =
        "\x8E\x81\x96\xBC,\x8F\x8A\x91\xAE\r\n\xFB\xFC\x8B\xB4\x87\x40,"
        "\xB6\xDE\xB0\xC4\xDE\x8C\x57\r\n";
    std::string utf16 = "\xFF\xFE";
    for (const char16_t c : std::u16string(u"氏名,所属\r\n髙橋①,ｶﾞｰﾄﾞ係\r\n")) {
        utf16 += static_cast<char>(c & 0xFF);
        utf16 += static_cast<char>(c >> 8);
    }
    for (const auto& bytes : {utf8, "\xEF\xBB\xBF" + utf8, cp932, utf16}) {
        const auto sheet = read_csv(bytes);
        ASSERT_TRUE(sheet);
        ASSERT_EQ(sheet->rows.size(), 2U);
        EXPECT_EQ(row_text(sheet->rows[0]), "1|氏名|所属");
        EXPECT_EQ(row_text(sheet->rows[1]), "2|髙橋①|ガード係");
    }
    EXPECT_TRUE(read_csv("\x8E\x81,\xFC\xFC\n")->rows.at(0).cells.at(1).text.contains("\uFFFD"));
}

TEST(Csv, is_read_as_people_write_it) {
    const auto rows = [](std::string_view text) {
        std::string out;
        for (const auto& row : read_csv(text)->rows) out += row_text(row) + "\n";
        return out;
    };
    EXPECT_EQ(rows("a,\"b,\"\"c\"\"\nd\",e\n\n , \nf"), "1|a|b,\"c\"\nd|e\n3| | \n4|f\n");
    EXPECT_EQ(rows("a\tb,c\td\r1;2\t3"), "1|a|b,c|d\n2|1;2|3\n");
    EXPECT_EQ(rows("a;b\n\"c\"d;5\" e"), "1|a|b\n2|cd|5\" e\n");
    EXPECT_EQ(rows(""), "");
    EXPECT_EQ(key(read_sheets("a\nb,\"c\nd")), "edge.document.sheet.quote_not_closed");
    EXPECT_EQ(read_sheets("a\nb,\"c\nd").error().arguments.at(0).second, "2");
}

// Opening the exported list would run what somebody typed as a name.
TEST(Csv, a_text_that_would_run_is_only_a_text) {
    Sheet sheet{.name = "s",
                .columns = {{"氏名"}, {"x"}},
                .rows = {{"=HYPERLINK(\"http://x\")", "+819012345678"},
                         {"@SUM(A1)", "-1"},
                         {"\tx", "＝1+1"},
                         {"'quoted", std::int64_t{-5}}}};
    const auto csv = write_csv(sheet);
    EXPECT_TRUE(csv.starts_with(
        "\xEF\xBB\xBF氏名,x\r\n\"'=HYPERLINK(\"\"http://x\"\")\",'+819012345678\r\n"));
    EXPECT_TRUE(csv.ends_with("\"'\tx\",'＝1+1\r\n''quoted,-5\r\n"));
    const auto read = read_csv(csv);
    EXPECT_EQ(read->rows.at(1).cells.at(1).text, "+819012345678");
    EXPECT_EQ(read->rows.at(4).cells.at(0).text, "'quoted");
}

RC_GTEST_PROP(Csv, what_was_written_is_read, ()) {
    const auto texts = *rc::gen::container<std::vector<std::string>>(
        4, rc::gen::container<std::string>(
               rc::gen::element('a', ',', '"', '\n', '\r', '=', '+', '\'', ' ', '\t', ';')));
    Sheet sheet{.name = "s", .columns = {{"h"}}, .rows = {{}}};
    for (const auto& text : texts) sheet.rows[0].emplace_back(text);
    sheet.rows[0].emplace_back("end");
    const auto read = read_csv(write_csv(sheet));
    RC_ASSERT(read.has_value() && read->rows.size() == 2U);
    for (std::size_t i = 0; i < texts.size(); ++i)
        RC_ASSERT(read->rows[1].cells[i].text == texts[i]);
}

// The list handed to the police would open with a warning, or not at all.
TEST(Workbook, what_was_written_is_read) {
    using std::chrono::year;
    const std::vector<Sheet> book{
        {.name = "連絡表/2026年度",
         .columns = {{"氏名", 20}, {"携帯"}, {"異動日"}, {"確認"}, {"時刻"}, {"信頼度"}},
         .rows = {{"=1+1", "090-1234-5678", std::chrono::year_month_day(year{2026} / 4 / 1), true,
                   std::chrono::local_days(year{2026} / 4 / 1) + 8h + 30min, 0.75},
                  {"改行\nあり", "+81", std::monostate{}, false, std::monostate{},
                   std::int64_t{7}}},
         .above = "TLP:AMBER+STRICT",
         .below = "第3版 & 2026-04-01",
         .paper = SheetPaper::a3_landscape},
        {.name = "連絡表/2026年度", .columns = {}, .rows = {}}};
    const auto bytes = write_xlsx(book, noon);
    ASSERT_TRUE(bytes) << describe(bytes.error());
    EXPECT_EQ(*bytes, *write_xlsx(book, noon)) << "the same book gives the same bytes";
    const auto sheets = read_sheets(*bytes);
    ASSERT_TRUE(sheets) << describe(sheets.error());
    ASSERT_EQ(sheets->size(), 2U);
    EXPECT_EQ(sheets->at(0).name, "連絡表 2026年度");
    EXPECT_EQ(sheets->at(1).name, "連絡表 2026年度 (2)");
    const auto& rows = sheets->at(0).rows;
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(row_text(rows[1]), "2|=1+1|090-1234-5678|2026-04-01|TRUE|2026-04-01T08:30:00|0.75");
    EXPECT_EQ(rows[1].cells[0].kind, CellKind::text);
    EXPECT_EQ(row_text(rows[2]), "3|改行\nあり|+81||FALSE||7");
    EXPECT_FALSE(bytes->contains("vbaProject"));

    std::vector<Sheet> too_long{{.name = "s", .columns = {}, .rows = {{std::string(32'768, 'a')}}}};
    EXPECT_EQ(write_xlsx(too_long, noon).error().key, "edge.document.sheet.cell_too_long");
}

TEST(Columns, are_called_as_in_a_spreadsheet) {
    EXPECT_EQ(column_letters(0), "A");
    EXPECT_EQ(column_letters(25), "Z");
    EXPECT_EQ(column_letters(26), "AA");
    EXPECT_EQ(column_letters(701), "ZZ");
    EXPECT_EQ(column_letters(702), "AAA");
}

}  // namespace
}  // namespace noroshi::edge::document
