// Printing in two passes. The first sets every text into lines of glyphs and decides on which page
// they stand; only then is it known how many pages there are, which every page must say. The second
// draws. Between them a line is kept as plain glyphs, not as Pango's layout, which is twenty times as
// large and slower to draw, and a chronology has 160,000 cells.
//
// Lines of one table have one pitch, 1.45 of the size of type, so that a row is divided by counting.
// Cells that recur (kinds, names, media) are set once and shared.

#include "edge/document/pdf.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <cairo-pdf.h>
#include <cairo.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>

namespace noroshi::edge::document {

namespace {

constexpr double points_per_mm = 72.0 / 25.4;
constexpr double pitch_of_size = 1.45;
constexpr double cell_padding = 2.2;  // points, left and right
constexpr double row_padding = 2.0;   // points, above and below
constexpr double label_size = 12;     // TLP 2.0
constexpr double running_size = 9;
constexpr double head_height = 20;  // points, of the running head and foot
constexpr double grid_width = 0.4;
constexpr std::size_t shared_bytes = 48;  // texts up to here are looked up before they are set
constexpr const char* family = "Noto Sans CJK JP";

template <class T, void (*Free)(T*)>
struct Freed {
    void operator()(T* one) const { Free(one); }
};
void unref(void* object) { g_object_unref(object); }
struct Unref {
    void operator()(void* object) const { unref(object); }
};
using FontPtr =
    std::unique_ptr<PangoFontDescription, Freed<PangoFontDescription, pango_font_description_free>>;
using SurfacePtr = std::unique_ptr<cairo_surface_t, Freed<cairo_surface_t, cairo_surface_destroy>>;
using CairoPtr = std::unique_ptr<cairo_t, Freed<cairo_t, cairo_destroy>>;

struct Size {
    double width, height;  // points
};
Size size_of(Paper paper) {
    constexpr double a4_short = 210 * points_per_mm;
    constexpr double a4_long = 297 * points_per_mm;
    constexpr double a3_long = 420 * points_per_mm;
    switch (paper) {
    case Paper::a4: return {a4_short, a4_long};
    case Paper::a4_landscape: return {a4_long, a4_short};
    case Paper::a3: return {a4_long, a3_long};
    case Paper::a3_landscape: return {a3_long, a4_long};
    }
    return {a4_short, a4_long};
}

// What Pango can set: valid UTF-8 without control characters but the line feed.
std::string printable(std::string_view text) {
    std::string out(text);
    if (g_utf8_validate(out.data(), static_cast<gssize>(out.size()), nullptr) == 0) {
        char* valid = g_utf8_make_valid(out.data(), static_cast<gssize>(out.size()));
        out = valid;
        g_free(valid);
    }
    for (char& c : out)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F) c = ' ';
    return out;
}

// A text broken into lines of a width, as glyphs at their places in the line.
struct Set {
    struct Run {
        cairo_scaled_font_t* font;  // lives as long as the Setter
        std::vector<cairo_glyph_t> glyphs;
        std::vector<cairo_text_cluster_t> clusters;  // so that the text can be searched and copied
        std::size_t text, size;                      // bytes of Set::text
        bool backward = false;
    };
    struct Line {
        std::vector<Run> runs;
        double width = 0;
    };
    std::string text;
    std::vector<Line> lines;
};
using SetPtr = std::shared_ptr<const Set>;

// Adds what Pango shaped to the line; goes on with the last run if it is of the same font.
void append(Set::Line& line, const Set& set, PangoGlyphItem* item) {
    cairo_scaled_font_t* font =
        pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(item->item->analysis.font));
    const auto start = static_cast<std::size_t>(item->item->offset);
    const bool backward = item->item->analysis.level % 2 == 1;
    if (line.runs.empty() || line.runs.back().font != font || line.runs.back().backward ||
        backward || line.runs.back().text + line.runs.back().size != start)
        line.runs.push_back({font, {}, {}, start, 0, backward});
    Set::Run& run = line.runs.back();
    run.size += static_cast<std::size_t>(item->item->length);
    const PangoGlyphString& shaped = *item->glyphs;
    std::vector<char> drawn(static_cast<std::size_t>(shaped.num_glyphs));
    for (int i = 0; i < shaped.num_glyphs; ++i) {
        const PangoGlyphInfo& glyph = shaped.glyphs[i];
        if (glyph.glyph != PANGO_GLYPH_EMPTY) {
            const bool unknown = (glyph.glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0;
            run.glyphs.push_back(
                {unknown ? 0 : glyph.glyph,
                 line.width + static_cast<double>(glyph.geometry.x_offset) / PANGO_SCALE,
                 static_cast<double>(glyph.geometry.y_offset) / PANGO_SCALE});
            drawn[static_cast<std::size_t>(i)] = 1;
        }
        line.width += static_cast<double>(glyph.geometry.width) / PANGO_SCALE;
    }
    PangoGlyphItemIter at;
    for (gboolean more = pango_glyph_item_iter_init_start(&at, item, set.text.c_str()); more != 0;
         more = pango_glyph_item_iter_next_cluster(&at)) {
        const int from = std::min(at.start_glyph, at.end_glyph + (backward ? 1 : 0));
        const int to = std::max(at.start_glyph + (backward ? 1 : 0), at.end_glyph);
        const auto glyphs = std::count(drawn.begin() + from, drawn.begin() + to, 1);
        run.clusters.push_back({at.end_index - at.start_index, static_cast<int>(glyphs)});
    }
}

class Setter {
public:
    explicit Setter(cairo_t* cairo) {
        context_.reset(pango_cairo_create_context(cairo));
        // Before any layout: the same code point has other forms in Japanese than in Chinese. An
        // English sheet shows Japanese names too, so the language is always this one.
        pango_context_set_language(context_.get(), pango_language_from_string("ja"));
        pango_cairo_context_set_resolution(context_.get(), 72);
        cairo_font_options_t* options = cairo_font_options_create();
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
        pango_cairo_context_set_font_options(context_.get(), options);
        cairo_font_options_destroy(options);
        layout_.reset(pango_layout_new(context_.get()));
        pango_layout_set_wrap(layout_.get(), PANGO_WRAP_WORD_CHAR);
    }

    SetPtr set(std::string_view text, double width, double size, bool bold) {
        if (text.size() > shared_bytes) return make(text, width, size, bold);
        key_.assign(text);
        key_ += '\0';
        key_ += std::to_string(std::lround(width * 16)) + (bold ? "b" : "r") +
                std::to_string(std::lround(size * 16));
        if (const auto found = shared_.find(key_); found != shared_.end()) return found->second;
        auto made = figures(text, width, size, bold);
        if (made == nullptr) made = make(text, width, size, bold);
        shared_.emplace(key_, made);
        return made;
    }
    std::size_t unknown() const { return unknown_; }

private:
    static constexpr std::string_view figure_characters = "0123456789:/-. ";

    // Numbers and times, each another, are put together from single figures.
    SetPtr figures(std::string_view text, double width, double size, bool bold) {
        if (text.size() < 2 || text.find_first_not_of(figure_characters) != std::string_view::npos)
            return nullptr;
        auto set = std::make_shared<Set>();
        set->text = text;
        auto& line = set->lines.emplace_back();
        for (const char c : text) {
            const auto one = this->set(std::string_view(&c, 1), 10'000, size, bold);
            if (one->lines.size() != 1 || one->lines.front().runs.size() != 1) return nullptr;
            const auto& from = one->lines.front().runs.front();
            if (line.runs.empty()) line.runs.push_back({from.font, {}, {}, 0, 0, false});
            auto& run = line.runs.back();
            if (from.font != run.font) return nullptr;
            for (auto glyph : from.glyphs) {
                glyph.x += line.width;
                run.glyphs.push_back(glyph);
            }
            run.clusters.push_back({1, static_cast<int>(from.glyphs.size())});
            ++run.size;
            line.width += one->lines.front().width;
        }
        return line.width <= width ? set : nullptr;
    }

    SetPtr make(std::string_view text, double width, double size, bool bold) {
        auto set = std::make_shared<Set>();
        set->text = printable(text);
        while (set->text.ends_with('\n')) set->text.pop_back();
        if (set->text.empty()) return set;
        use_font(size, bold);
        pango_layout_set_width(layout_.get(), static_cast<int>(width * PANGO_SCALE));
        pango_layout_set_text(layout_.get(), set->text.data(), static_cast<int>(set->text.size()));
        unknown_ += static_cast<std::size_t>(pango_layout_get_unknown_glyphs_count(layout_.get()));
        for (GSList* at = pango_layout_get_lines_readonly(layout_.get()); at != nullptr;
             at = at->next) {
            auto& out = set->lines.emplace_back();
            const auto* line = static_cast<const PangoLayoutLine*>(at->data);
            for (GSList* run = line->runs; run != nullptr; run = run->next)
                append(out, *set, static_cast<PangoGlyphItem*>(run->data));
        }
        return set;
    }

    void use_font(double size, bool bold) {
        if (size == size_ && bold == bold_) return;
        FontPtr font(pango_font_description_new());
        pango_font_description_set_family_static(font.get(), family);
        pango_font_description_set_size(font.get(), static_cast<int>(size * PANGO_SCALE));
        pango_font_description_set_weight(font.get(),
                                          bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
        pango_layout_set_font_description(layout_.get(), font.get());
        size_ = size;
        bold_ = bold;
    }

    std::unique_ptr<PangoContext, Unref> context_;
    std::unique_ptr<PangoLayout, Unref> layout_;
    std::unordered_map<std::string, SetPtr> shared_;
    std::string key_;
    double size_ = 0;
    bool bold_ = false;
    std::size_t unknown_ = 0;
};

// ---- pages as they will be drawn ---------------------------------------------------------------

struct Words {
    SetPtr set;
    std::size_t first, count;  // lines
    double x, y, width;        // y: top of the first line
    double size;
    Align align;
    Tone tone;
};
struct Stroke {
    double x1, y1, x2, y2;
};
struct Shade {
    double x, y, width, height;
};
struct Picture {
    const Drawing* drawing;
    double x, y, width, height;
};
struct Entry {  // of the outline
    std::string text;
};
struct Page {
    std::vector<Shade> shades;
    std::vector<Words> words;
    std::vector<Stroke> strokes;
    std::vector<Picture> pictures;
    std::vector<Entry> entries;
};

class Composer {
public:
    Composer(const PageSetup& setup, Setter& setter)
        : setter_(setter), size_(size_of(setup.paper)), margin_(setup.margin_mm * points_per_mm),
          left_(margin_), width_(size_.width - 2 * margin_), top_(margin_ + head_height),
          bottom_(size_.height - margin_ - head_height), y_(top_) {
        pages_.emplace_back();
    }

    void add(const Block& block) {
        std::visit([this](const auto& one) { put(one); }, block);
    }
    std::vector<Page>& pages() { return pages_; }

private:
    Page& page() { return pages_.back(); }
    bool at_top() const { return y_ <= top_ + 0.01; }
    void next_page() {
        pages_.emplace_back();
        y_ = top_;
    }
    double left() const { return bottom_ - y_; }

    void put(const Heading& heading) {
        const double size = heading.level <= 1 ? 16 : heading.level == 2 ? 13 : 11;
        const auto set = setter_.set(heading.text, width_, size, true);
        const double pitch = size * pitch_of_size;
        const double height = static_cast<double>(set->lines.size()) * pitch;
        if (!at_top()) y_ += size * 0.7;
        // Never alone at the foot of a page.
        if (left() < height + 40 && !at_top()) next_page();
        if (heading.level <= 1) page().entries.push_back({set->text});
        put_lines(set, size, pitch, left_, width_);
        y_ += size * 0.3;
    }

    void put(const Paragraph& paragraph) {
        const auto set = setter_.set(paragraph.text, width_, paragraph.size_pt, paragraph.bold);
        put_lines(set, paragraph.size_pt, paragraph.size_pt * 1.6, left_, width_);
        y_ += paragraph.size_pt * 0.4;
    }

    void put_lines(const SetPtr& set, double size, double pitch, double x, double width) {
        std::size_t first = 0;
        while (first < set->lines.size()) {
            const auto room = static_cast<std::size_t>(std::max(0.0, left() / pitch));
            if (room == 0) {
                ASSERT(!at_top());
                next_page();
                continue;
            }
            const std::size_t count = std::min(room, set->lines.size() - first);
            page().words.push_back(
                {set, first, count, x, y_, width, size, Align::left, Tone::plain});
            y_ += static_cast<double>(count) * pitch;
            first += count;
        }
    }

    void put(const Space& space) {
        if (!at_top()) y_ = std::min(bottom_, y_ + space.mm * points_per_mm);
    }

    void put(const PageBreak&) {
        if (!at_top()) next_page();
    }

    void put(const Drawing& drawing) {
        const double width = width_ * std::clamp(drawing.share, 0.01, 1.0);
        const double height = std::min(drawing.height_mm * points_per_mm, bottom_ - top_);
        if (left() < height && !at_top()) next_page();
        page().pictures.push_back({&drawing, start_of(drawing.side, width), y_, width, height});
        y_ += height + 4;
    }

    double start_of(Align side, double width) const {
        if (side == Align::left) return left_;
        return left_ + (width_ - width) / (side == Align::right ? 1 : 2);
    }

    // One row under way: the texts of its cells and how many of their lines stand already.
    struct Cells {
        std::vector<SetPtr> sets;
        std::size_t lines = 1;
    };

    void put(const Table& table) {
        ASSERT(!table.columns.empty());
        double shares = 0;
        for (const auto& column : table.columns) shares += column.width;
        const double width = width_ * std::clamp(table.share, 0.01, 1.0);
        const double start = start_of(table.side, width);
        std::vector<double> edges{start};
        for (const auto& column : table.columns)
            edges.push_back(edges.back() + width * column.width / shares);
        const double pitch = table.size_pt * pitch_of_size;
        const double least = table.least_row_mm * points_per_mm;

        const auto cells_of = [&](const std::vector<std::string>& texts, bool bold) {
            ASSERT(texts.size() <= table.columns.size());
            Cells cells;
            cells.sets.reserve(texts.size());
            for (std::size_t i = 0; i < texts.size(); ++i) {
                const double inner =
                    std::max(table.size_pt, edges[i + 1] - edges[i] - 2 * cell_padding);
                const bool first_as_head = !table.head && i == 0;
                cells.sets.push_back(
                    setter_.set(texts[i], inner, table.size_pt, bold || first_as_head));
                cells.lines = std::max(cells.lines, cells.sets.back()->lines.size());
            }
            return cells;
        };
        std::vector<std::string> titles;
        for (const auto& column : table.columns) titles.push_back(column.title);
        const Cells head = cells_of(titles, true);

        double segment = y_;  // where the vertical lines of this page begin
        const auto rule = [&] { page().strokes.push_back({start, y_, start + width, y_}); };
        const auto verticals = [&] {
            for (const double x : edges) page().strokes.push_back({x, segment, x, y_});
        };
        const auto part = [&](const Cells& cells, std::size_t from, std::size_t count, Tone tone,
                              double height) {
            for (std::size_t i = 0; i < cells.sets.size(); ++i) {
                const auto& set = cells.sets[i];
                if (from >= set->lines.size()) continue;
                page().words.push_back({set, from, std::min(count, set->lines.size() - from),
                                        edges[i] + cell_padding, y_ + row_padding,
                                        edges[i + 1] - edges[i] - 2 * cell_padding, table.size_pt,
                                        table.columns[i].align, tone});
            }
            y_ += height;
            rule();
        };
        const auto height_of = [&](std::size_t lines) {
            return std::max(least, static_cast<double>(lines) * pitch + 2 * row_padding);
        };
        const auto begin = [&] {
            segment = y_;
            rule();
            if (!table.head) return;
            const double height = static_cast<double>(head.lines) * pitch + 2 * row_padding;
            page().shades.push_back({start, y_, width, height});
            part(head, 0, head.lines, Tone::plain, height);
        };
        const auto turn = [&] {
            verticals();
            next_page();
            begin();
        };

        // The head never stands alone.
        if (left() < 3 * (pitch + 2 * row_padding) + least && !at_top()) next_page();
        begin();
        for (const auto& row : table.rows) {
            const Cells cells = cells_of(row.cells, row.tone == Tone::strong);
            if (height_of(cells.lines) > left() && height_of(cells.lines) <= whole_page() / 2)
                turn();
            std::size_t from = 0;
            while (from < cells.lines) {
                std::size_t count = cells.lines - from;
                if (height_of(count) > left()) {
                    const double room = (left() - 2 * row_padding) / pitch;
                    if (room < 2 && y_ > segment + pitch + 3 * row_padding) {
                        turn();
                        continue;
                    }
                    count = std::min(count, static_cast<std::size_t>(std::max(1.0, room)));
                }
                const double height = std::min(height_of(count), std::max(left(), pitch));
                if (!table.head) page().shades.push_back({start, y_, edges[1] - start, height});
                part(cells, from, count, row.tone, height);
                from += count;
                if (from < cells.lines) turn();
            }
        }
        verticals();
        y_ += 6;
        if (y_ > bottom_) y_ = bottom_;
    }
    double whole_page() const { return bottom_ - top_; }

    Setter& setter_;
    Size size_;
    double margin_;
    double left_, width_, top_, bottom_;
    double y_;
    std::vector<Page> pages_;
};

// ---- drawing -----------------------------------------------------------------------------------

void draw(cairo_t* cairo, const Words& words) {
    const double pitch = words.size * pitch_of_size;
    const bool grey = words.tone == Tone::struck || words.tone == Tone::faint;
    const double shade = grey ? 0.42 : 0.0;
    cairo_set_source_rgb(cairo, shade, shade, shade);
    std::vector<cairo_glyph_t> scratch;
    for (std::size_t i = 0; i < words.count; ++i) {
        const auto& line = words.set->lines[words.first + i];
        double x = words.x;
        if (words.align == Align::right) x += words.width - line.width;
        if (words.align == Align::centre) x += (words.width - line.width) / 2;
        const double baseline =
            words.y + static_cast<double>(i) * pitch + pitch / 2 + words.size * 0.36;
        for (const auto& run : line.runs) {
            scratch = run.glyphs;
            for (auto& glyph : scratch) {
                glyph.x += x;
                glyph.y += baseline;
            }
            cairo_set_scaled_font(cairo, run.font);
            cairo_show_text_glyphs(cairo, words.set->text.data() + run.text,
                                   static_cast<int>(run.size), scratch.data(),
                                   static_cast<int>(scratch.size()), run.clusters.data(),
                                   static_cast<int>(run.clusters.size()),
                                   run.backward ? CAIRO_TEXT_CLUSTER_FLAG_BACKWARD
                                                : static_cast<cairo_text_cluster_flags_t>(0));
        }
        if (words.tone == Tone::struck) {
            const double middle = baseline - words.size * 0.32;
            cairo_set_line_width(cairo, 0.5);
            cairo_move_to(cairo, x, middle);
            cairo_line_to(cairo, x + line.width, middle);
            cairo_stroke(cairo);
        }
    }
}

void draw(cairo_t* cairo, const Page& page) {
    cairo_set_source_rgb(cairo, 0.91, 0.91, 0.91);
    for (const auto& shade : page.shades)
        cairo_rectangle(cairo, shade.x, shade.y, shade.width, shade.height);
    cairo_fill(cairo);
    cairo_set_source_rgb(cairo, 0.35, 0.35, 0.35);
    cairo_set_line_width(cairo, grid_width);
    for (const auto& stroke : page.strokes) {
        cairo_move_to(cairo, stroke.x1, stroke.y1);
        cairo_line_to(cairo, stroke.x2, stroke.y2);
    }
    cairo_stroke(cairo);
    for (const auto& words : page.words) draw(cairo, words);
    for (const auto& picture : page.pictures) {
        if (!picture.drawing->draw) continue;
        cairo_save(cairo);
        cairo_translate(cairo, picture.x, picture.y);
        picture.drawing->draw(cairo, picture.width, picture.height);
        cairo_restore(cairo);
        cairo_new_path(cairo);
    }
}

// What stands at the head and foot of every page.
class Running {
public:
    Running(const PageSetup& setup, Setter& setter)
        : setter_(setter), size_(size_of(setup.paper)), margin_(setup.margin_mm * points_per_mm) {
        const double width = size_.width - 2 * margin_;
        title_ = setter.set(setup.stamp.empty() ? setup.title : setup.stamp + setup.title,
                            width * 0.7, running_size, !setup.stamp.empty());
        label_ = setter.set(setup.label, width * 0.3, label_size, true);
        footer_ = setter.set(setup.footer, width * 0.6, 7.5, false);
    }

    void draw_on(cairo_t* cairo, std::size_t number, std::size_t of) const {
        const double width = size_.width - 2 * margin_;
        const double foot = size_.height - margin_ - head_height + 5;
        const auto one = [&](const SetPtr& set, double y, double size, Align align) {
            if (set->lines.empty()) return;
            draw(cairo, Words{set, 0, 1, margin_, y, width, size, align, Tone::plain});
        };
        one(title_, margin_, running_size, Align::left);
        one(label_, margin_ - 2, label_size, Align::right);
        one(footer_, foot, 7.5, Align::left);
        one(setter_.set(std::to_string(number) + "/" + std::to_string(of), width, running_size,
                        false),
            foot, running_size, Align::centre);
        one(label_, foot - 2, label_size, Align::right);
        cairo_set_source_rgb(cairo, 0, 0, 0);
        cairo_set_line_width(cairo, 0.6);
        for (const double y : {margin_ + head_height - 4, foot - 3}) {
            cairo_move_to(cairo, margin_, y);
            cairo_line_to(cairo, margin_ + width, y);
        }
        cairo_stroke(cairo);
    }

private:
    Setter& setter_;
    Size size_;
    double margin_;
    SetPtr title_, label_, footer_;
};

// Fontconfig always finds some font; is it one that can write Japanese?
bool has_japanese_font() {
    FcPattern* wanted = FcPatternCreate();
    FcPatternAddString(wanted, FC_FAMILY, reinterpret_cast<const FcChar8*>(family));
    FcConfigSubstitute(nullptr, wanted, FcMatchPattern);
    FcDefaultSubstitute(wanted);
    FcResult result = FcResultNoMatch;
    FcPattern* found = FcFontMatch(nullptr, wanted, &result);
    FcCharSet* characters = nullptr;
    const bool has = found != nullptr &&
                     FcPatternGetCharSet(found, FC_CHARSET, 0, &characters) == FcResultMatch &&
                     FcCharSetHasChar(characters, 0x6E2F) != 0;  // 港
    if (found != nullptr) FcPatternDestroy(found);
    FcPatternDestroy(wanted);
    return has;
}

cairo_status_t write_to(void* out, const unsigned char* bytes, unsigned int size) {
    static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), size);
    return CAIRO_STATUS_SUCCESS;
}

}  // namespace

Result<Pdf> print(const PageSetup& setup, const std::vector<Block>& blocks) {
    if (!has_japanese_font()) return fail(ErrorKind::unavailable, "edge.document.no_japanese_font");
    Pdf pdf;
    const Size size = size_of(setup.paper);
    const SurfacePtr surface(
        cairo_pdf_surface_create_for_stream(write_to, &pdf.bytes, size.width, size.height));
    cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE,
                                   printable(setup.title).c_str());
    cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATOR, "Noroshi");
    cairo_pdf_surface_set_metadata(
        surface.get(), CAIRO_PDF_METADATA_CREATE_DATE,
        format_rfc3339(std::chrono::floor<std::chrono::seconds>(setup.made_at)).c_str());
    const CairoPtr cairo(cairo_create(surface.get()));

    Setter setter(cairo.get());
    Composer composer(setup, setter);
    for (const auto& block : blocks) composer.add(block);
    const Running running(setup, setter);
    const auto& pages = composer.pages();
    for (std::size_t i = 0; i < pages.size(); ++i) {
        running.draw_on(cairo.get(), i + 1, pages.size());
        draw(cairo.get(), pages[i]);
        for (const auto& entry : pages[i].entries)
            cairo_pdf_surface_add_outline(surface.get(), CAIRO_PDF_OUTLINE_ROOT, entry.text.c_str(),
                                          ("page=" + std::to_string(i + 1)).c_str(),
                                          static_cast<cairo_pdf_outline_flags_t>(0));
        cairo_show_page(cairo.get());
    }
    pdf.pages = pages.size();
    pdf.unknown_glyphs = setter.unknown();
    cairo_surface_finish(surface.get());
    const cairo_status_t status = cairo_status(cairo.get()) != CAIRO_STATUS_SUCCESS
                                      ? cairo_status(cairo.get())
                                      : cairo_surface_status(surface.get());
    if (status != CAIRO_STATUS_SUCCESS)
        return fail(ErrorKind::unavailable, "edge.document.print_failed",
                    {{"reason", cairo_status_to_string(status)}});
    return pdf;
}

}  // namespace noroshi::edge::document
