#!/usr/bin/env python3
"""Make a room with everything a room has: new_room.py respond/sweep [--article 3.3.1] [--uses prepare/council …]

It compiles, passes its test and keeps to the walls from the first minute: one fact ("noted"), one decision, one view, two
routes, messages in both languages and a page. Replace the example noun by the room's own. The room's line goes into
src/CMakeLists.txt, at the end of its phase (--before puts it before another room), and into app/rooms.h and .cpp.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PHASES = ("prepare", "watch", "respond", "practise", "learn", "share")

# In the texts, @room@ is sweep, @Room@ Sweep, @phase@ respond, @article@ 3.3.1.
FILES = {
    "README.md": """# @phase@/@room@

What this room is for, in two sentences, with the guideline's words (article @article@).

**Nouns.** Note.

**Facts.** `noted`.

**Who sees what.** Everybody signed in.

## Does not do
Say here what people might expect and will not find.
""",
    "CMakeLists.txt": "room(@phase@/@room@@uses@)\n",
    "@room@_facts.h": """#pragma once
// What this room writes. Plain structs, past tense; never changed once released, only succeeded by
// a new schema number.
//
// Stream: @phase@/@room@.

#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

#include "kernel/journal/retention.h"

namespace noroshi::@phase@::@room@ {

struct Noted {
    static constexpr std::string_view kind = "@phase@.@room@.noted";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::string text;
};
BOOST_DESCRIBE_STRUCT(Noted, (), (text))

}  // namespace noroshi::@phase@::@room@
""",
    "@room@.h": """#pragma once
// Guideline @article@: what this room decides, and what it promises.
//
// Decisions are pure: what is asked for against what is there, giving the fact to record. @Room@
// runs on the journal's thread; what readers see is the View (@room@_view.h).

#include <memory>
#include <string_view>

#include "@phase@/@room@/@room@_facts.h"
#include "kernel/journal/journal.h"
#include "kernel/result.h"

namespace noroshi::@phase@::@room@ {

inline constexpr std::size_t text_limit = 10'000;  // bytes

// Errors: invalid @phase@.@room@.{text_missing, text_too_long} at /text.
Result<Noted> note(std::string_view text);

class View;

class @Room@ {
public:
    // Before Journal::start().
    explicit @Room@(journal::Journal& journal);
    ~@Room@();

    const View& view() const { return *view_; }  // under Journal::read

    // Decides and records; the fact is visible as given.
    Result<> note(journal::Recorder& recorder, std::string_view text, Visibility visibility);

private:
    std::unique_ptr<View> view_;
};

}  // namespace noroshi::@phase@::@room@
""",
    "@room@.cpp": """#include "@phase@/@room@/@room@.h"

#include "@phase@/@room@/@room@_view.h"
#include "kernel/journal/record.h"

namespace noroshi::@phase@::@room@ {

Result<Noted> note(std::string_view text) {
    if (text.empty()) return invalid("@phase@.@room@.text_missing", "/text");
    if (text.size() > text_limit) {
        return invalid("@phase@.@room@.text_too_long", "/text",
                       {{"limit", std::to_string(text_limit)}});
    }
    return Noted{std::string(text)};
}

@Room@::@Room@(journal::Journal& journal) : view_(std::make_unique<View>()) {
    view_->attach(journal.published());
}

@Room@::~@Room@() = default;

Result<> @Room@::note(journal::Recorder& recorder, std::string_view text, Visibility visibility) {
    TRY_LET(const auto fact, @room@::note(text));
    journal::Place place;
    place.stream = "@phase@/@room@";
    place.visibility = std::move(visibility);
    journal::record(recorder, place, fact);
    return {};
}

}  // namespace noroshi::@phase@::@room@
""",
    "@room@_view.h": """#pragma once
// What people see of this room: facts folded into memory, thrown away and rebuilt at will. Read it
// under Journal::read. A drill's facts never mix with the live ones: this view hears only the live.

#include <memory>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/identity/visibility.h"
#include "kernel/journal/listeners.h"
#include "kernel/time/time.h"

namespace noroshi::@phase@::@room@ {

struct Note {
    std::string text;
    Instant entry_time;
};
BOOST_DESCRIBE_STRUCT(Note, (), (text, entry_time))

struct Notes {
    std::vector<Note> items;
};
BOOST_DESCRIBE_STRUCT(Notes, (), (items))

class View {
public:
    void attach(journal::Listeners& side);

    // Those that the reader may see, oldest first.
    Notes notes(const Viewer& reader) const;

private:
    struct Kept {
        Note note;
        std::shared_ptr<const Visibility> visibility;
    };
    std::vector<Kept> notes_;
};

}  // namespace noroshi::@phase@::@room@
""",
    "@room@_view.cpp": """#include "@phase@/@room@/@room@_view.h"

#include "@phase@/@room@/@room@_facts.h"
#include "kernel/journal/listen.h"

namespace noroshi::@phase@::@room@ {

void View::attach(journal::Listeners& side) {
    journal::listen_live<Noted>(side, [this](journal::Live<Noted> fact) {
        notes_.push_back({{fact.body.text, fact.at.entry_time}, fact.at.visibility});
    });
    side.on_reset([this] { notes_.clear(); });
}

Notes View::notes(const Viewer& reader) const {
    Notes seen;
    for (const auto& kept : notes_) {
        if (may_see(reader, *kept.visibility)) seen.items.push_back(kept.note);
    }
    return seen;
}

}  // namespace noroshi::@phase@::@room@
""",
    "@room@_http.cpp": """#include "@phase@/@room@/@room@.h"
#include "@phase@/@room@/@room@_view.h"
#include "edge/http/route.h"

namespace noroshi::@phase@::@room@ {

using edge::http::created;
using edge::http::Done;
using edge::http::Method;
using edge::http::Request;
using edge::http::Routes;

namespace {

struct NoteBody {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(NoteBody, (), (text))

struct Written {
    bool written = true;
};
BOOST_DESCRIBE_STRUCT(Written, (), (written))

const std::string base = "/api/@phase@/@room@";

Result<Notes> list_notes(const @Room@& room, const Request& request) {
    return room.view().notes(request.principal->viewer);
}

Result<Done<Written>> write_note(@Room@& room, const NoteBody& body,
                                 journal::Recorder& recorder) {
    TRY(room.note(recorder, body.text, Visibility{}));
    return created(Written{}, base + "/notes");
}

}  // namespace

// Registered by app/rooms.cpp.
Routes& add_routes(Routes& routes, @Room@& room) {
    routes.query<Notes>(
        base + "/notes", signed_in("@phase@.@room@.see_notes"), "Notes",
        [&room](const Request& request) { return list_notes(room, request); });
    routes
        .command<NoteBody, Written>(
            Method::post, base + "/notes", signed_in("@phase@.@room@.write_note"), "Write a note",
            [&room](const Request&, const NoteBody& body, journal::Recorder& recorder) {
                return write_note(room, body, recorder);
            })
        .success_status = 201;
    return routes;
}

}  // namespace noroshi::@phase@::@room@
""",
    "@room@_test.cpp": """#include <gtest/gtest.h>

#include "@phase@/@room@/@room@.h"

namespace noroshi::@phase@::@room@ {
namespace {

// If this fails, an empty line stands where somebody looks for news.
TEST(@Room@, AnEmptyNoteIsRefusedAtItsField) {
    const auto refused = note("");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    EXPECT_EQ(refused.error().pointer, "/text");
}

// If this fails, what people wrote is not what others read.
TEST(@Room@, ANoteKeepsItsWords) {
    const auto noted = note("the gate is open");
    ASSERT_TRUE(noted);
    EXPECT_EQ(noted->text, "the gate is open");
}

}  // namespace
}  // namespace noroshi::@phase@::@room@
""",
    "@room@.ja.json": """{
  "@phase@.@room@.title": "@room@",
  "@phase@.@room@.text_missing": "内容を入力してください。",
  "@phase@.@room@.text_too_long": "内容が長すぎます（上限{limit}バイト）。"
}
""",
    "@room@.en.json": """{
  "@phase@.@room@.title": "@Room@",
  "@phase@.@room@.text_missing": "Please enter the text.",
  "@phase@.@room@.text_too_long": "The text is too long (at most {limit} bytes)."
}
""",
}
PAGE = """<script lang="ts">
    import { t } from '../../kit/i18n.svelte';
</script>

<h1>{t('@phase@.@room@.title')}</h1>
"""


def filled(text, phase, room, article, uses):
    pascal = "".join(word.capitalize() for word in room.split("_"))
    words = {"phase": phase, "room": room, "Room": pascal, "article": article,
             "uses": " USES " + " ".join(uses) if uses else ""}
    return re.sub(r"@(\w+)@", lambda match: words[match[1]], text)


def sorted_includes(text):
    """Runs of our own includes in the order clang-format wants, whatever the phase is called."""
    return re.sub(r'(?:#include "[^"]+"\n){2,}', lambda match: "".join(sorted(match[0].splitlines(True))), text)


def with_line(listed, name, before=None):
    """src/CMakeLists.txt with the room's line: at the end of its phase, or before another room."""
    match = re.search(r"^rooms\(\n(.*?)^\)", listed, re.M | re.S)
    if not match:
        sys.exit("src/CMakeLists.txt has no rooms( … ) with one room per line")
    lines = match[1].splitlines(True)
    names = [line.split("#")[0].strip() for line in lines]
    if name in names:
        sys.exit(f"{name} is listed already")
    if before:
        if before not in names:
            sys.exit(f"{before} is not listed")
        place = names.index(before)
    else:
        rank = PHASES.index(name.split("/")[0])
        place = max((index + 1 for index, other in enumerate(names) if other and PHASES.index(other.split("/")[0]) <= rank), default=0)
    lines.insert(place, f"    {name}\n")
    return listed[:match.start(1)] + "".join(lines) + listed[match.end(1):]


def joined(header, source, phase, room):
    """app/rooms.h and app/rooms.cpp with the room in them, or None where they look otherwise than we know them."""
    pascal = "".join(word.capitalize() for word in room.split("_"))
    space = f"{phase}::{room}"
    steps = [
        (0, r"\n}  // namespace noroshi\n", rf"\nnamespace {space} {{\nclass {pascal};\n}}\n}}  // namespace noroshi\n"),
        (0, r"(?s)(\nclass Rooms {.*?)\n};", rf"\1\n    {space}::{pascal}& {room};\n}};"),
        (1, r"(?m)(^#include \"[^\"]+\"\n)(?!#include)(?=\n//)", rf'\g<1>#include "{phase}/{room}/{room}.h"\n'),
        (1, r"\n}  // namespace noroshi\n", rf"\nnamespace {space} {{\nRoutes& add_routes(Routes& routes, {pascal}& {room});\n}}\n"
                                            r"}  // namespace noroshi\n"),
        (1, r"(?s)(\nstruct Rooms::All {.*?)(\n    Addresses addresses)", rf"\1\n    {space}::{pascal} {room};\2"),
        (1, r"(?s)(\nRooms::All::All\(.*?\)) {\n", rf"\1, {room}(journal) {{\n"),
        (1, r"(?s)(\nRooms::Rooms\(.*?\)) {}\n", rf"\1, {room}(all_->{room}) {{}}\n"),
        (1, r"(?s)(void Rooms::add_routes\(.*?)\n}", rf"\1\n    {space}::add_routes(routes, {room});\n}}"),
    ]
    texts = [header, source]
    for which, pattern, replacement in steps:
        texts[which], times = re.subn(pattern, replacement, texts[which], count=1)
        if times != 1:
            return None
    texts[1] = sorted_includes(texts[1])
    return texts


def make(root, name, article="", uses=(), before=None):
    """Writes the room below root and returns the paths written."""
    match = re.fullmatch(r"([a-z]+)/([a-z][a-z0-9_]*)", name)
    if not match or match[1] not in PHASES:
        sys.exit(f"a room is called <phase>/<name>, with a phase of: {' '.join(PHASES)}")
    phase, room = match[1], match[2]
    folder = root / "src" / phase / room
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder} is not empty")
    listed = root / "src" / "CMakeLists.txt"
    lines = with_line(listed.read_text(), name, before)
    written = []

    def write(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)

    for file, text in FILES.items():
        content = filled(text, phase, room, article or "…", uses)
        if file.endswith((".h", ".cpp")):
            content = sorted_includes(content)
        write(folder / filled(file, phase, room, article, uses), content)
    pascal = "".join(word.capitalize() for word in room.split("_"))
    write(root / "web" / "src" / phase / room / f"{pascal}Page.svelte", filled(PAGE, phase, room, article, uses))
    write(listed, lines)
    header, source = root / "app" / "rooms.h", root / "app" / "rooms.cpp"
    texts = joined(header.read_text(), source.read_text(), phase, room) if header.exists() and source.exists() else None
    if texts:
        write(header, texts[0])
        write(source, texts[1])
    else:
        print(f"app/rooms.h and .cpp are otherwise than expected: join {name} there by hand", file=sys.stderr)
    # Where a line breaks depends on the room's name, so the layout is left to the machine.
    if shutil.which("clang-format-19"):
        sources = [str(path) for path in written if path.suffix in (".h", ".cpp")]
        subprocess.run(["clang-format-19", f"--style=file:{ROOT}/.clang-format", "-i", *sources], check=True)
    return written


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="phase/name, e.g. respond/sweep")
    parser.add_argument("--article", default="", help="of the guideline, e.g. 3.3.1")
    parser.add_argument("--uses", nargs="*", default=[], help="earlier rooms it will call")
    parser.add_argument("--before", help="the room before which it is declared")
    arguments = parser.parse_args()
    for path in make(ROOT, arguments.name, arguments.article, arguments.uses, arguments.before):
        print(path.relative_to(ROOT))
    print("next: ./dev build dev; add its row to docs/guideline.md")


if __name__ == "__main__":
    main()
