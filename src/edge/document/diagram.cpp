// A layout by "dot" puts everybody who is told by one organisation into one row. With sixty of them the
// row is ten metres long and nothing can be read on A3. So leaves – those who tell nobody on – are
// spread over several rows first: the arrow to the i-th leaf of an organisation is made 1 + i mod n
// rows long. Rows may also stand upright: where many tell one and are told by it, boxes under each
// other fill a page better than boxes beside each other, because they are wider than high. Which n and
// which way is best cannot be known before; a few are tried, and that is kept which can be drawn
// largest on the page.

#include "edge/document/diagram.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>

#include <cairo.h>
#include <fmt/format.h>
#include <gvc.h>
#include <pango/pangocairo.h>

namespace noroshi::edge::document {

namespace {

constexpr std::size_t most_boxes = 500;
constexpr std::size_t most_arrows = 4'000;
constexpr double title_size = 11;
constexpr double line_size = 9;
constexpr double line_pitch = 14;
constexpr double title_pitch = 18;
constexpr double padding = 8;
constexpr double margin = 12;
constexpr double arrow_head = 7;

// Half an em for what is narrow, one em for the rest.
double width_of(std::string_view text, double size) {
    double ems = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0) == 0x80) continue;
        ems += byte < 0x80 ? 0.58 : 1.0;
    }
    return ems * size;
}

struct Box {
    double width, height;
};
Box size_of(const DiagramBox& box) {
    double width = width_of(box.title, title_size);
    for (const auto& line : box.lines) width = std::max(width, width_of(line.text, line_size));
    return {std::clamp(width + 2 * padding, 72.0, 420.0),
            title_pitch + line_pitch * static_cast<double>(box.lines.size()) + 2 * padding - 4};
}

struct GraphClosed {
    void operator()(Agraph_t* graph) const { agclose(graph); }
};
using GraphPtr = std::unique_ptr<Agraph_t, GraphClosed>;

// One context for the program: making one reads graphviz's list of plugins each time.
struct Graphviz {
    GVC_t* context = gvContext();
};
Graphviz& graphviz() {
    static Graphviz one;
    return one;
}
std::mutex& guard() {
    static std::mutex one;
    return one;
}

void set(void* object, const char* name, const std::string& value) {
    agsafeset(object, const_cast<char*>(name), const_cast<char*>(value.c_str()),
              const_cast<char*>(""));
}

using Index = std::map<std::string, std::size_t, std::less<>>;

struct Laid {
    double width = 0, height = 0;
    std::vector<DiagramPoint> corners;
    std::vector<PlacedArrow> arrows;
};

// How many rows an arrow spans, by its index.
std::vector<int> lengths(const Diagram& diagram, int spread) {
    std::set<std::string_view> tellers;
    for (const auto& arrow : diagram.arrows) tellers.insert(arrow.from);
    std::map<std::string_view, int> leaves;
    std::vector<int> out;
    for (const auto& arrow : diagram.arrows)
        out.push_back(tellers.contains(arrow.to) ? 1 : 1 + leaves[arrow.from]++ % spread);
    return out;
}

enum class Rows { lying, standing };

std::optional<Laid> run_dot(const Diagram& diagram, const std::vector<Box>& sizes,
                            const Index& index, int spread, Rows rows) {
    GraphPtr graph(agopen(const_cast<char*>("scheme"), Agdirected, nullptr));
    if (!graph) return {};
    set(graph.get(), "rankdir", rows == Rows::lying ? "TB" : "LR");
    set(graph.get(), "nodesep", rows == Rows::lying ? "0.25" : "0.18");
    set(graph.get(), "ranksep", rows == Rows::lying ? "0.5" : "1.1");  // room for the labels
    set(graph.get(), "splines", "spline");
    std::vector<Agnode_t*> nodes;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        auto* node = agnode(graph.get(), const_cast<char*>(std::to_string(i).c_str()), 1);
        set(node, "shape", "box");
        set(node, "fixedsize", "true");
        set(node, "label", "");
        set(node, "width", fmt::format("{:.4f}", sizes[i].width / 72));
        set(node, "height", fmt::format("{:.4f}", sizes[i].height / 72));
        nodes.push_back(node);
    }
    const auto spans = lengths(diagram, spread);
    std::vector<Agedge_t*> edges;
    for (std::size_t i = 0; i < diagram.arrows.size(); ++i) {
        const auto& arrow = diagram.arrows[i];
        auto* edge = agedge(graph.get(), nodes[index.find(arrow.from)->second],
                            nodes[index.find(arrow.to)->second],
                            const_cast<char*>(std::to_string(i).c_str()), 1);
        set(edge, "minlen", std::to_string(spans[i]));
        edges.push_back(edge);
    }
    auto& engine = graphviz();
    if (gvLayout(engine.context, graph.get(), "dot") != 0) return {};
    Laid out;
    const auto box = GD_bb(graph.get());
    out.width = box.UR.x - box.LL.x + 2 * margin;
    out.height = box.UR.y - box.LL.y + 2 * margin;
    const auto point = [&](pointf at) {
        return DiagramPoint{at.x - box.LL.x + margin, box.UR.y - at.y + margin};
    };
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const auto centre = point(ND_coord(nodes[i]));
        out.corners.push_back({centre.x - sizes[i].width / 2, centre.y - sizes[i].height / 2});
    }
    for (std::size_t i = 0; i < edges.size(); ++i) {
        PlacedArrow placed;
        placed.arrow = diagram.arrows[i];
        const auto* splines = ED_spl(edges[i]);
        if (splines != nullptr && splines->size > 0) {
            const auto& bezier = splines->list[0];
            for (int k = 0; k < bezier.size; ++k) placed.curve.push_back(point(bezier.list[k]));
            placed.tail_of_tip = placed.curve.back();
            placed.tip = bezier.eflag != 0 ? point(bezier.ep) : placed.curve.back();
            const auto middle = placed.curve.size() / 2;
            placed.label = placed.curve[middle];
        }
        out.arrows.push_back(std::move(placed));
    }
    gvFreeLayout(engine.context, graph.get());
    return out;
}

// How large it is drawn on a page of this shape, relative to others.
double scale_of(const Laid& laid, double aspect) {
    return std::min(aspect / laid.width, 1 / laid.height);
}

// Labels stand on their arrows, and not upon each other where an arrow has room.
void place_labels(std::vector<PlacedArrow>& arrows, const std::vector<Box>& sizes,
                  const std::vector<DiagramPoint>& corners) {
    struct Taken {
        double left, top, right, bottom;
    };
    std::vector<Taken> taken;
    for (std::size_t i = 0; i < sizes.size(); ++i)
        taken.push_back({corners[i].x, corners[i].y, corners[i].x + sizes[i].width,
                         corners[i].y + sizes[i].height});
    // Of the piece `at` of the curve, its middle (de Casteljau at one half).
    const auto middle_of = [](const PlacedArrow& arrow, std::size_t at) {
        const auto* p = &arrow.curve[3 * at];
        return DiagramPoint{(p[0].x + 3 * p[1].x + 3 * p[2].x + p[3].x) / 8,
                            (p[0].y + 3 * p[1].y + 3 * p[2].y + p[3].y) / 8};
    };
    for (auto& arrow : arrows) {
        if (arrow.curve.size() < 4 || arrow.arrow.label.empty()) continue;
        const double half = width_of(arrow.arrow.label, line_size) / 2 + 2;
        const std::size_t pieces = (arrow.curve.size() - 1) / 3;
        std::vector<DiagramPoint> places;
        for (std::size_t k = 0; k < pieces; ++k)  // from the middle outwards
            places.push_back(middle_of(
                arrow, (pieces / 2 + (k % 2 == 0 ? k / 2 : pieces - 1 - k / 2)) % pieces));
        for (std::size_t k = 1; k < pieces; ++k) places.push_back(arrow.curve[3 * k]);
        // Near the head an arrow is alone.
        places.push_back({(arrow.tail_of_tip.x * 3 + arrow.curve[arrow.curve.size() - 2].x) / 4,
                          (arrow.tail_of_tip.y * 3 + arrow.curve[arrow.curve.size() - 2].y) / 4});
        const auto around = [&](DiagramPoint at) {
            return Taken{at.x - half, at.y - 6, at.x + half, at.y + 6};
        };
        const auto is_free = [&](DiagramPoint at) {
            const auto wanted = around(at);
            return std::ranges::none_of(taken, [&](const Taken& one) {
                return wanted.left < one.right && one.left < wanted.right &&
                       wanted.top < one.bottom && one.top < wanted.bottom;
            });
        };
        const auto found = std::ranges::find_if(places, is_free);
        arrow.label = found == places.end() ? places.front() : *found;
        taken.push_back(around(arrow.label));
    }
}

// ---- colours -------------------------------------------------------------------------------

struct Colours {
    const char* line;
    const char* fill;
    const char* text;
};
// Text on its ground has at least 4.5:1, a line on white at least 3:1 (WCAG 2.2, 1.4.3 and 1.4.11).
constexpr Colours colours_of(DiagramTone tone) {
    switch (tone) {
    case DiagramTone::start: return {"#0017c1", "#e8f1fe", "#00118f"};
    case DiagramTone::warned: return {"#927200", "#fbf5e0", "#604b00"};
    case DiagramTone::broken: return {"#ce0000", "#fdeeee", "#a90000"};
    case DiagramTone::faint: return {"#8c8c8c", "#ffffff", "#595959"};
    case DiagramTone::plain: break;
    }
    return {"#626264", "#ffffff", "#1a1a1c"};
}
constexpr const char* word_of(DiagramTone tone) {
    switch (tone) {
    case DiagramTone::start: return "start";
    case DiagramTone::warned: return "warned";
    case DiagramTone::broken: return "broken";
    case DiagramTone::faint: return "faint";
    case DiagramTone::plain: break;
    }
    return "plain";
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default:
            if (static_cast<unsigned char>(c) >= ' ' || c == '\n') out += c;
        }
    return out;
}

std::string number(double value) {
    auto text = fmt::format("{:.1f}", value);
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text;
}

struct Head {
    DiagramPoint left, right;
};
Head head_of(const PlacedArrow& arrow) {
    const double dx = arrow.tip.x - arrow.tail_of_tip.x;
    const double dy = arrow.tip.y - arrow.tail_of_tip.y;
    const double length = std::max(0.1, std::hypot(dx, dy));
    const DiagramPoint back{arrow.tip.x - dx / length * arrow_head,
                            arrow.tip.y - dy / length * arrow_head};
    const double across = arrow_head * 0.42;
    return {{back.x - dy / length * across, back.y + dx / length * across},
            {back.x + dy / length * across, back.y - dx / length * across}};
}

void colour(cairo_t* cairo, const char* hex) {
    const auto part = [&](std::size_t at) {
        const std::string two(hex + at, 2);
        return static_cast<double>(std::strtol(two.c_str(), nullptr, 16)) / 255;
    };
    cairo_set_source_rgb(cairo, part(1), part(3), part(5));
}

void write_text(cairo_t* cairo, const std::string& text, double size, bool bold, double x,
                double middle, double most_width) {
    const std::unique_ptr<PangoLayout, void (*)(void*)> layout(
        pango_cairo_create_layout(cairo), [](void* one) { g_object_unref(one); });
    const std::unique_ptr<PangoFontDescription, decltype(&pango_font_description_free)> font(
        pango_font_description_new(), &pango_font_description_free);
    pango_font_description_set_family(font.get(), "Noto Sans CJK JP");
    pango_font_description_set_absolute_size(font.get(), size * PANGO_SCALE);
    if (bold) pango_font_description_set_weight(font.get(), PANGO_WEIGHT_BOLD);
    pango_context_set_language(pango_layout_get_context(layout.get()),
                               pango_language_from_string("ja"));
    pango_layout_set_font_description(layout.get(), font.get());
    pango_layout_set_text(layout.get(), text.c_str(), static_cast<int>(text.size()));
    pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
    pango_layout_set_width(layout.get(), static_cast<int>(most_width * PANGO_SCALE));
    pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
    int height = 0;
    pango_layout_get_size(layout.get(), nullptr, &height);
    cairo_move_to(cairo, x, middle - static_cast<double>(height) / PANGO_SCALE / 2);
    pango_cairo_show_layout(cairo, layout.get());
}

}  // namespace

Result<PlacedDiagram> lay_out(const Diagram& diagram) {
    if (diagram.boxes.size() > most_boxes || diagram.arrows.size() > most_arrows)
        return invalid("edge.document.diagram.too_large", "",
                       {{"most", std::to_string(most_boxes)}});
    Index index;
    std::vector<Box> sizes;
    for (const auto& box : diagram.boxes) {
        if (!index.emplace(box.id, sizes.size()).second)
            return invalid("edge.document.diagram.box_twice", "", {{"id", box.id}});
        sizes.push_back(size_of(box));
    }
    for (const auto& arrow : diagram.arrows)
        for (const auto& id : {arrow.from, arrow.to})
            if (!index.contains(id))
                return invalid("edge.document.diagram.unknown_box", "", {{"id", id}});

    PlacedDiagram out{diagram.title, diagram.description, 2 * margin, 2 * margin, {}, {}};
    if (diagram.boxes.empty()) return out;
    std::optional<Laid> best;
    {
        const std::lock_guard lock(guard());
        for (const auto rows : {Rows::lying, Rows::standing})
            for (const int spread : {1, 2, 3, 4, 6, 8}) {
                auto laid = run_dot(diagram, sizes, index, spread, rows);
                if (!laid) break;
                const bool wide = laid->width / laid->height > diagram.aspect;
                if (!best || scale_of(*laid, diagram.aspect) > scale_of(*best, diagram.aspect))
                    best = std::move(laid);
                // More rows would only make it taller, or wider.
                if (wide == (rows == Rows::standing)) break;
            }
    }
    if (!best) return fail(ErrorKind::unavailable, "edge.document.diagram.no_layout");
    out.width = best->width;
    out.height = best->height;
    for (std::size_t i = 0; i < sizes.size(); ++i)
        out.boxes.push_back({diagram.boxes[i], best->corners[i].x, best->corners[i].y,
                             sizes[i].width, sizes[i].height});
    place_labels(best->arrows, sizes, best->corners);
    out.arrows = std::move(best->arrows);
    return out;
}

std::string write_svg(const PlacedDiagram& diagram) {
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
        "height=\"{1}\" role=\"img\" lang=\"ja\" font-family=\"'Noto Sans JP','Noto Sans CJK "
        "JP',sans-serif\"><title>{2}</title>",
        number(diagram.width), number(diagram.height), escaped(diagram.title));
    if (!diagram.description.empty()) out += "<desc>" + escaped(diagram.description) + "</desc>";
    for (const auto& placed : diagram.arrows) {
        if (placed.curve.empty()) continue;
        const auto colours = colours_of(placed.arrow.tone);
        std::string path = "M" + number(placed.curve[0].x) + " " + number(placed.curve[0].y) + "C";
        for (std::size_t i = 1; i < placed.curve.size(); ++i)
            path += number(placed.curve[i].x) + " " + number(placed.curve[i].y) + " ";
        path.pop_back();
        const auto head = head_of(placed);
        out += fmt::format(
            "<g class=\"arrow {}\" data-from=\"{}\" data-to=\"{}\"><path d=\"{}\" fill=\"none\" "
            "stroke=\"{}\" stroke-width=\"1.2\"{}/><path d=\"M{} {}L{} {} {} {}Z\" fill=\"{}\"/>",
            word_of(placed.arrow.tone), escaped(placed.arrow.from), escaped(placed.arrow.to), path,
            colours.line, placed.arrow.dashed ? " stroke-dasharray=\"5 3\"" : "",
            number(placed.tip.x), number(placed.tip.y), number(head.left.x), number(head.left.y),
            number(head.right.x), number(head.right.y), colours.line);
        if (!placed.arrow.label.empty()) {
            const auto width = width_of(placed.arrow.label, line_size) + 4;
            out += fmt::format(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"12\" fill=\"#ffffff\" "
                "fill-opacity=\"0.9\"/><text x=\"{}\" y=\"{}\" font-size=\"9\" "
                "text-anchor=\"middle\" fill=\"{}\">{}</text>",
                number(placed.label.x - width / 2), number(placed.label.y - 6), number(width),
                number(placed.label.x), number(placed.label.y + 3), colours.text,
                escaped(placed.arrow.label));
        }
        out += "</g>";
    }
    for (const auto& placed : diagram.boxes) {
        const auto colours = colours_of(placed.box.tone);
        out += fmt::format(
            "<g class=\"box {}\" data-id=\"{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" "
            "height=\"{}\" rx=\"4\" fill=\"{}\" stroke=\"{}\" stroke-width=\"{}\"/><text x=\"{}\" "
            "y=\"{}\" font-size=\"11\" font-weight=\"700\" fill=\"{}\">{}</text>",
            word_of(placed.box.tone), escaped(placed.box.id), number(placed.x), number(placed.y),
            number(placed.width), number(placed.height), colours.fill, colours.line,
            placed.box.tone == DiagramTone::plain ? "1" : "2", number(placed.x + padding),
            number(placed.y + padding + 9), colours.text, escaped(placed.box.title));
        double y = placed.y + padding + title_pitch + 6;
        for (const auto& line : placed.box.lines) {
            out += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"9\" fill=\"{}\">{}</text>",
                               number(placed.x + padding), number(y), colours_of(line.tone).text,
                               escaped(line.text));
            y += line_pitch;
        }
        out += "</g>";
    }
    return out + "</svg>";
}

void draw_diagram(const PlacedDiagram& diagram, cairo_t* cairo, double width_pt, double height_pt) {
    const double scale = std::min({width_pt / diagram.width, height_pt / diagram.height, 1.6});
    cairo_save(cairo);
    cairo_translate(cairo, (width_pt - diagram.width * scale) / 2, 0);
    cairo_scale(cairo, scale, scale);
    for (const auto& placed : diagram.arrows) {
        if (placed.curve.empty()) continue;
        colour(cairo, colours_of(placed.arrow.tone).line);
        cairo_set_line_width(cairo, 1.2);
        const double dashes[] = {5, 3};
        cairo_set_dash(cairo, dashes, placed.arrow.dashed ? 2 : 0, 0);
        cairo_move_to(cairo, placed.curve[0].x, placed.curve[0].y);
        for (std::size_t i = 1; i + 2 < placed.curve.size(); i += 3)
            cairo_curve_to(cairo, placed.curve[i].x, placed.curve[i].y, placed.curve[i + 1].x,
                           placed.curve[i + 1].y, placed.curve[i + 2].x, placed.curve[i + 2].y);
        cairo_stroke(cairo);
        cairo_set_dash(cairo, nullptr, 0, 0);
        const auto head = head_of(placed);
        cairo_move_to(cairo, placed.tip.x, placed.tip.y);
        cairo_line_to(cairo, head.left.x, head.left.y);
        cairo_line_to(cairo, head.right.x, head.right.y);
        cairo_close_path(cairo);
        cairo_fill(cairo);
        if (placed.arrow.label.empty()) continue;
        const auto width = width_of(placed.arrow.label, line_size) + 4;
        cairo_set_source_rgb(cairo, 1, 1, 1);
        cairo_rectangle(cairo, placed.label.x - width / 2, placed.label.y - 6, width, 12);
        cairo_fill(cairo);
        colour(cairo, colours_of(placed.arrow.tone).text);
        write_text(cairo, placed.arrow.label, line_size, false, placed.label.x - width / 2 + 2,
                   placed.label.y, width);
    }
    for (const auto& placed : diagram.boxes) {
        const auto colours = colours_of(placed.box.tone);
        cairo_rectangle(cairo, placed.x, placed.y, placed.width, placed.height);
        colour(cairo, colours.fill);
        cairo_fill_preserve(cairo);
        colour(cairo, colours.line);
        cairo_set_line_width(cairo, placed.box.tone == DiagramTone::plain ? 1 : 2);
        cairo_stroke(cairo);
        colour(cairo, colours.text);
        const double inner = placed.width - 2 * padding + 4;
        write_text(cairo, placed.box.title, title_size, true, placed.x + padding,
                   placed.y + padding + 5, inner);
        double middle = placed.y + padding + title_pitch + 3;
        for (const auto& line : placed.box.lines) {
            colour(cairo, colours_of(line.tone).text);
            write_text(cairo, line.text, line_size, false, placed.x + padding, middle, inner);
            middle += line_pitch;
        }
    }
    cairo_restore(cairo);
}

}  // namespace noroshi::edge::document
