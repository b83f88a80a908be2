#pragma once
// Diagrams of boxes and arrows, laid out automatically (libgraphviz, its "dot"), as SVG for the screen
// and drawn on a page for print (pdf.h, Drawing). Boxes and their lines of text are sized here by
// counting characters, so that a layout needs no font and is the same everywhere; graphviz decides
// only where boxes stand and how arrows run. The same diagram gives the same bytes.
//
// libgraphviz has global state: layouts of all threads run one after the other inside lay_out(). Sixty
// boxes with five hundred lines take some tens of milliseconds.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "kernel/result.h"

typedef struct _cairo cairo_t;

namespace noroshi::edge::document {

enum class DiagramTone {
    plain,
    start,   // where it begins
    warned,  // something is not good; told beside by whoever made the diagram
    broken,  // something is missing
    faint
};

struct DiagramLine {
    std::string text;
    DiagramTone tone = DiagramTone::plain;
};

struct DiagramBox {
    std::string id;  // unique; arrows name it, and in SVG it is the element's data-id
    std::string title;
    std::vector<DiagramLine> lines{};
    DiagramTone tone = DiagramTone::plain;
};

struct DiagramArrow {
    std::string from;
    std::string to;
    std::string label{};  // short: a number, a channel
    DiagramTone tone = DiagramTone::plain;
    bool dashed = false;
};

struct Diagram {
    std::string title;  // read out to whoever does not see the picture
    std::string description{};
    std::vector<DiagramBox> boxes{};
    std::vector<DiagramArrow> arrows{};
    double aspect = 1.41;  // width to height aimed at: A3 lying
};

// In points, origin at the upper left.
struct DiagramPoint {
    double x = 0, y = 0;
};
struct PlacedBox {
    DiagramBox box;
    double x = 0, y = 0, width = 0, height = 0;  // its upper left corner
};
struct PlacedArrow {
    DiagramArrow arrow;
    std::vector<DiagramPoint> curve;  // Bézier: a start, then three points for each piece
    DiagramPoint tip, tail_of_tip;    // the head: from … to
    DiagramPoint label;               // its middle
};
struct PlacedDiagram {
    std::string title, description;
    double width = 0, height = 0;
    std::vector<PlacedBox> boxes;
    std::vector<PlacedArrow> arrows;
};

// Errors: invalid edge.document.diagram.{too_large {most}, unknown_box {id}, box_twice {id}};
// unavailable edge.document.diagram.no_layout (graphviz has no "dot" here).
Result<PlacedDiagram> lay_out(const Diagram& diagram);

// Complete SVG, with title and description, colours by classes that a page may restyle ("box start"),
// and with colours of its own that have the contrast WCAG asks for.
std::string write_svg(const PlacedDiagram& diagram);

// Fills the box from the origin, centred, as large as it fits. For Drawing::draw.
void draw_diagram(const PlacedDiagram& diagram, cairo_t* cairo, double width_pt, double height_pt);

}  // namespace noroshi::edge::document
