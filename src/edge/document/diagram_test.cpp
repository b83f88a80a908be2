#include "edge/document/diagram.h"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>
#include <pugixml.hpp>

#include "edge/document/pdf.h"

namespace noroshi::edge::document {
namespace {

Diagram port(int organisations, int people) {
    Diagram diagram{.title = "連絡体制図", .description = "誰が誰に伝えるか"};
    for (int i = 0; i < organisations; ++i) {
        DiagramBox box{.id = std::to_string(i), .title = "機関" + std::to_string(i)};
        for (int p = 0; p < people; ++p)
            box.lines.push_back({"担当者" + std::to_string(p) + " 090-0000-0000"});
        diagram.boxes.push_back(box);
        if (i > 0)
            diagram.arrows.push_back(
                {.from = std::to_string(i % 7 == 0 || i < 4 ? 0 : i % 3 + 1), .to = box.id});
    }
    return diagram;
}

// Boxes on top of each other could not be read at the wall.
TEST(Diagram, boxes_do_not_overlap_and_arrows_touch_them) {
    const auto placed = lay_out(port(60, 8));
    ASSERT_TRUE(placed) << describe(placed.error());
    ASSERT_EQ(placed->boxes.size(), 60U);
    for (std::size_t i = 0; i < placed->boxes.size(); ++i) {
        const auto& a = placed->boxes[i];
        EXPECT_GE(a.x, 0);
        EXPECT_LE(a.x + a.width, placed->width);
        EXPECT_LE(a.y + a.height, placed->height);
        for (std::size_t j = 0; j < i; ++j) {
            const auto& b = placed->boxes[j];
            EXPECT_TRUE(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y ||
                        b.y + b.height <= a.y)
                << i << " " << j;
        }
    }
    for (const auto& arrow : placed->arrows) {
        ASSERT_GE(arrow.curve.size(), 4U);
        EXPECT_EQ(arrow.curve.size() % 3, 1U);
        const auto to = std::ranges::find(placed->boxes, arrow.arrow.to,
                                          [](const PlacedBox& box) { return box.box.id; });
        const double across = std::max({to->x - arrow.tip.x, arrow.tip.x - to->x - to->width, 0.0});
        const double down = std::max({to->y - arrow.tip.y, arrow.tip.y - to->y - to->height, 0.0});
        EXPECT_LT(across + down, 2) << "it ends at its box";
    }
    EXPECT_LT(placed->width / placed->height, 3.2) << "one row of sixty cannot be read on A3";
}

TEST(Diagram, is_the_same_twice_and_from_many_threads) {
    const auto diagram = port(20, 3);
    const auto first = write_svg(*lay_out(diagram));
    std::vector<std::string> all(4);
    {
        std::vector<std::jthread> threads;
        for (auto& one : all) threads.emplace_back([&] { one = write_svg(*lay_out(diagram)); });
    }
    for (const auto& one : all) EXPECT_EQ(one, first);
}

// A name with a bracket would break the picture, or run in somebody's browser.
TEST(Diagram, svg_is_well_formed_whatever_the_names_are) {
    Diagram diagram{.title = "<script>&\"'"};
    diagram.boxes = {{.id = "\"><script>", .title = "甲 <b>", .lines = {{"x & y\x01"}}},
                     {.id = "b", .title = "", .tone = DiagramTone::broken}};
    diagram.arrows = {{.from = "\"><script>", .to = "b", .label = "<1>", .dashed = true},
                      {.from = "b", .to = "b"}};
    const auto svg = write_svg(*lay_out(diagram));
    pugi::xml_document document;
    EXPECT_TRUE(document.load_buffer(svg.data(), svg.size())) << svg;
    EXPECT_STREQ(document.first_child().child("title").child_value(), "<script>&\"'");
    EXPECT_FALSE(svg.contains("<script"));
    EXPECT_EQ(lay_out({.title = "", .boxes = {{"a", "a"}}, .arrows = {{"a", "c"}}}).error().key,
              "edge.document.diagram.unknown_box");
    EXPECT_EQ(lay_out({.title = "", .boxes = {{"a", "a"}, {"a", "b"}}}).error().key,
              "edge.document.diagram.box_twice");
    EXPECT_TRUE(lay_out({.title = ""}));
}

// The A3 sheet in the grab bag would have empty boxes instead of names.
TEST(Diagram, is_printed_on_a3_with_its_japanese_text) {
    const auto placed = lay_out(port(12, 4));
    const auto pdf =
        print({.paper = Paper::a3_landscape, .title = "連絡体制図"},
              {Drawing{.height_mm = 250, .draw = [&](cairo_t* cairo, double width, double height) {
                           draw_diagram(*placed, cairo, width, height);
                       }}});
    ASSERT_TRUE(pdf) << describe(pdf.error());
    EXPECT_EQ(pdf->pages, 1U);
    EXPECT_TRUE(pdf->bytes.contains("NotoSansCJKjp")) << "the Japanese font is embedded";
}

}  // namespace
}  // namespace noroshi::edge::document
