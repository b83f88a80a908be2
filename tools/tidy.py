#!/usr/bin/env python3
"""The walls of the house, as a test. Prints `file:line: what is wrong; what to do instead`, exits 1 if anything is.

  includes     who may include whom (ARCHITECTURE.md), other people's headers that stay behind one door
  anatomy      the files a room may have, and must have
  calls        the wall clock, randomness and the like outside the one folder that owns them
  one name     two types of one name in one namespace, in two files: the linker keeps one of them and does not tell
  messages     catalogues: the same keys and arguments in both languages, under the room's prefix; no stray text in code
  web          a room's pages import the kit, the api and themselves

A banned call may be excused on its line by `// tidy: allow <rule>: <reason>`; a wall cannot.
`tidy.py --root DIR` looks at another tree: tidy_test.py shows there that every rule bites.
"""
import argparse
import json
import pathlib
import re
import sys
from dataclasses import dataclass, field

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import complete_lock  # noqa: E402

PHASES = ("prepare", "watch", "respond", "practise", "learn", "share")


# ---- the tree -------------------------------------------------------------------------------------------------------


@dataclass
class House:
    root: pathlib.Path
    order: list = field(default_factory=list)   # rooms as src/CMakeLists.txt declares them: "respond/incident"
    uses: dict = field(default_factory=dict)    # room → rooms it names in USES
    findings: list = field(default_factory=list)

    def say(self, path, line, message):
        self.findings.append((path.relative_to(self.root).as_posix(), line, message))

    def rooms(self):
        """Every room folder that exists, listed or not."""
        for phase in PHASES:
            for folder in sorted((self.root / "src" / phase).glob("*/")):
                yield f"{phase}/{folder.name}", folder


def read_house(root):
    house = House(root)
    listed = root / "src" / "CMakeLists.txt"
    if listed.exists():
        text = re.sub(r"#.*", "", listed.read_text())
        match = re.search(r"^rooms\(([^)]*)\)", text, re.M)
        house.order = match[1].split() if match else []
    for name, folder in house.rooms():
        cmake = folder / "CMakeLists.txt"
        if cmake.exists():
            match = re.search(r"\broom\(\s*([\w/]+)(?:\s+USES\s+([^)]*))?\s*\)", re.sub(r"#.*", "", cmake.read_text()))
            if match:
                house.uses[name] = (match[2] or "").split()
                if match[1] != name:
                    house.say(cmake, 1, f"room({match[1]}) stands in the folder of {name}; the names are one and the same")
    return house


# Comments and literals, so that prose about rand() is not a call of rand().
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\\ ]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|'
                   r"(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'", re.S)


def code_only(text):
    """The text with comments and literals blanked out; every line keeps its number."""
    return TOKEN.sub(lambda match: '""' + "\n" * match[0].count("\n") if match[0][0] in "\"R" else
                     re.sub(r"[^\n]", " ", match[0]), text)


def without_comments(text):
    return TOKEN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]) if match[0][0] == "/" else match[0], text)


def line_at(text, offset):
    return text.count("\n", 0, offset) + 1


# ---- includes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where a file stands: its layer, and the room, engine or side it belongs to."""
    layer: str      # kernel engine edge facts room room_edge room_test outside
    owner: str = ""


def place_of(path):
    """path: from the root, as pathlib.PurePosixPath."""
    parts = path.parts
    if parts[0] != "src" or len(parts) < 3:
        return Place("outside")
    top = parts[1]
    if top == "kernel":
        return Place("kernel")
    if top == "engines":
        return Place("engine", parts[2])
    if top == "edge":
        return Place("edge")
    if top in PHASES and len(parts) >= 4:
        owner = f"{top}/{parts[2]}"
        name = path.name
        if name.endswith("_facts.h"):
            return Place("facts", owner)
        if re.search(r"_(http|cli)\.(cpp|h)$", name):
            return Place("room_edge", owner)
        if re.search(r"(_test|_fuzz)\.cpp$|_scene\.h$", name):
            return Place("room_test", owner)
        return Place("room", owner)
    return Place("outside")


def refusal(house, source, target_path):
    """Why a file at `source` may not include src/`target_path`, or None. This is the table of ARCHITECTURE.md."""
    target = place_of(pathlib.PurePosixPath("src", target_path))
    if source.layer == "outside" or target.layer == "outside":
        return None
    if source.layer == "kernel":
        return None if target.layer == "kernel" else "the kernel includes only the kernel; pass it in as an argument or an interface"
    if source.layer == "edge":
        return None if target.layer in ("kernel", "edge") else "edge/ includes only kernel/ and itself; a room brings its routes to the edge, not the reverse"
    if source.layer == "engine":
        if target == source or target_path == "kernel/result.h" or target_path.startswith("kernel/random/"):
            return None
        return "an engine includes only itself, kernel/result.h and kernel/random, so that it can be used alone; take the rest as arguments"
    if target.layer == "room_edge":
        return "nobody includes a room's _http or _cli; move what you need into the room's header"
    if source.layer == "facts":
        if target.layer == "kernel":
            return None
        if target.layer == "facts":
            order = house.order
            if target.owner == source.owner or (target.owner in order and source.owner in order and
                                                order.index(target.owner) < order.index(source.owner)):
                return None
            return "facts may build only on the facts of earlier rooms"
        return "a facts header includes only kernel/ and earlier rooms' facts, so that anyone may listen without a cycle"
    # room, room_edge, room_test
    if target.layer in ("kernel", "engine", "facts") or target.owner == source.owner and target.layer == "room":
        return None
    if target.layer == "room_test":
        return None if source.layer == "room_test" else "a scene is what tests stand on; only tests include it"
    if target.layer == "edge":
        return None if source.layer != "room" else \
            "decisions and views know no edge; put this into the room's _http.cpp or _cli.cpp"
    if target.layer == "room":
        if target.owner in house.uses.get(source.owner, []):
            return None
        later = target.owner in house.order and source.owner in house.order and \
            house.order.index(target.owner) > house.order.index(source.owner)
        if source.layer == "room_test" and not later:
            return None   # what the room uses has to stand on something
        return (f"{target.owner} is a later room: listen to its facts ({target.owner}/…_facts.h) instead of calling it" if later else
                f"name it first: room({source.owner} USES … {target.owner}) in its CMakeLists.txt, or listen to its facts")
    return "this header is not for you"


# Other people's headers that stay behind one door: pattern, who may, what to do instead.
DOORS = [
    (r"gmock/", lambda path, place: not path.name.endswith(".h"),
     "gmock costs 2 s in every file that sees it; include it in the one test that needs it"),
    (r"CLI/", lambda path, place: path.name.endswith(".cpp") and (place.layer in ("outside", "room_edge") or path.is_relative_to("src/edge/cli")),
     "CLI11 costs 3.6 s in every file that sees it; it belongs into edge/cli/*.cpp, a room's _cli.cpp or app/*.cpp"),
    (r"boost/(asio|beast)(/|\.hpp)", lambda path, place: path.is_relative_to("src/edge") and not path.name.endswith(".h") or
     path.is_relative_to("src/edge/http") or place.layer == "outside" and not path.name.endswith(".h"),
     "Asio and Beast stay inside edge/ (headers: only edge/http), they cost seconds per file; use edge/http/route.h"),
    (r"(sqlite3|libpq-fe)\.h", lambda path, place: path.is_relative_to("src/kernel/store") or place.layer == "outside",
     "databases are reached through kernel/store"),
    (r"(sodium|openssl/|sodium/)", lambda path, place: place.layer in ("kernel", "edge", "outside"),
     "cryptography is reached through kernel/crypto"),
    (r"curl/", lambda path, place: path.is_relative_to("src/edge") or place.layer == "outside",
     "messages leave through kernel/courier.h, requests through edge/http/client.h; curl belongs into edge/"),
    (r"(fstream|filesystem)$", lambda path, place: place.layer not in ("facts", "room"),
     "decisions and views do no I/O; take the content as an argument"),
    (r"thread$", lambda path, place: place.layer not in ("facts", "room", "room_edge"),
     "rooms start no threads; the journal runs them one at a time"),
    (r"regex$", lambda path, place: False, "std::regex is twenty times slower and recurses; use RE2 or write the scanner"),
    (r"(cassert|assert\.h)$", lambda path, place: False, "use ASSERT of kernel/result.h, which stays on in release"),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(["<])([^">]+)[">]', re.M)


def check_includes(house, path, relative, text):
    place = place_of(relative)
    for match in INCLUDE.finditer(without_comments(text)):
        line, quoted, included = line_at(text, match.start()), match[1] == '"', match[2]
        for pattern, may, instead in DOORS:
            if re.match(pattern, included) and not may(relative, place):
                house.say(path, line, f'includes {included}: {instead}')
        if included.endswith(".cpp"):
            house.say(path, line, f"includes {included}: a .cpp is compiled, never included")
            continue
        if not quoted:
            if re.match(r"(kernel|engines|edge|app|" + "|".join(PHASES) + r")/", included):
                house.say(path, line, f'includes <{included}>: our own headers are written in quotes')
            continue
        if relative.parts[0] == "src":
            if not (house.root / "src" / included).exists():
                house.say(path, line, f'includes "{included}", which is not there; write the path from src/')
                continue
            why = refusal(house, place, included)
            if why:
                house.say(path, line, f'includes "{included}": {why}')


# ---- calls ----------------------------------------------------------------------------------------------------------


def is_test(path):
    return path.name.endswith("_test.cpp") or path.parts[0] == "tests"


# rule, pattern (in code without comments and literals), who may, what to do instead.
CALLS = [
    ("clock", r"\bsystem_clock\s*::\s*now\b|\bhigh_resolution_clock\b|\butc_clock\b|\b(?:std\s*::\s*)?time\s*\(\s*(?:nullptr|NULL|0|&\w+)\s*\)"
     r"|\b(?:gettimeofday|clock_gettime|timespec_get|localtime(?:_r)?|gmtime(?:_r)?|ftime)\s*\(",
     lambda path, place: path.is_relative_to("src/kernel/time"),
     "time is a parameter: take a Clock& (kernel/time/time.h) and ask now()"),
    ("clock", r"\bsteady_clock\s*::\s*now\b", lambda path, place: place.layer not in ("facts", "room", "room_edge", "engine"),
     "rooms and engines have no clock of their own: take a Clock& or an Instant"),
    ("sleep", r"\bsleep_(?:for|until)\s*\(|\b(?:usleep|nanosleep|sleep)\s*\(",
     lambda path, place: path.is_relative_to("src/edge") or path.is_relative_to("tests/peers") or path.parts[0] == "bench" or
     place.layer == "outside" and path.parts[0] == "app",
     "nothing waits for the wall clock: advance a PretendClock in tests, record a due time as a fact in rooms"),
    ("random", r"\b(?:std\s*::\s*)?s?rand\s*\(|\brandom_device\b|\bmt19937(?:_64)?\b|\bdefault_random_engine\b|\bgetrandom\s*\(|\bgetentropy\s*\("
     r"|\brandombytes\w*\s*\(|\bRAND_(?:priv_)?bytes\s*\(|\barc4random\w*\s*\(|\b[dlm]rand48\s*\(|\bcrypto_\w+_keygen\s*\(|\bcrypto_(?:sign|box|kx)_keypair\s*\(",
     lambda path, place: path.is_relative_to("src/kernel/random"),
     "randomness is a parameter: take a Random& (kernel/random/random.h), so that a storm can repeat its seed"),
    ("regex", r"\bstd\s*::\s*(?:w|c|s)?(?:regex\w*|smatch|cmatch)\b", lambda path, place: False,
     "use RE2 or write the scanner"),
    ("print", r"\bstd\s*::\s*cout\b|\b(?:std\s*::\s*)?(?:printf|puts|putchar)\s*\(|\bfmt\s*::\s*print(?:ln)?\s*\((?!\s*stderr)",
     lambda path, place: place.layer in ("outside", "room_edge", "room_test") and not path.name.endswith("_http.cpp") or
     path.is_relative_to("src/edge/cli") or is_test(path) or path.name.endswith("_fuzz.cpp"),
     "only programs print (app/, _cli.cpp): return a value, or write a log line"),
    ("assert", r"(?<![\w:])assert\s*\(", lambda path, place: False, "use ASSERT of kernel/result.h, which stays on in release"),
    ("throw", r"\bthrow\b(?!\s*\()", lambda path, place: place.layer not in ("facts", "room", "room_edge", "engine"),
     "an expected failure is a Result (kernel/result.h), our own bug an ASSERT"),
    ("thread", r"\bstd\s*::\s*(?:jthread|thread|async)\b", lambda path, place: place.layer not in ("facts", "room", "room_edge"),
     "rooms start no threads; the journal runs them one at a time"),
]


def check_calls(house, path, relative, text):
    place, lines, code = place_of(relative), text.split("\n"), code_only(text)
    for rule, pattern, may, instead in CALLS:
        if may(relative, place):
            continue
        for match in re.finditer(pattern, code):
            line = line_at(code, match.start())
            if re.search(rf"//\s*tidy: allow {rule}: \S", lines[line - 1]):
                continue
            house.say(path, line, f"{' '.join(match[0].split())}: {instead}")
    for match in re.finditer(r"//\s*TODO\s*\(", text):
        house.say(path, line_at(text, match.start()), "a TODO has a condition (TODO when …), not a name")


# ---- one name, one type ---------------------------------------------------------------------------------------------

# What stands before a brace, when it opens a namespace or defines a type that others could name.
OPENS_NAMESPACE = re.compile(r"(?:^|\s)(?:inline\s+)?namespace(?:\s+((?:inline\s+)?\w+(?:\s*::\s*\w+)*))?\s*$")
DEFINES_TYPE = re.compile(r"(?:^|\s)(?:struct|class|union|enum(?:\s+(?:class|struct))?)\s+(?:\[\[[^\]]*\]\]\s*)?(?:alignas\([^)]*\)\s*)?"
                          r"(\w+)(?:\s+final)?\s*(?::[^:].*)?$", re.S)


def types_defined(text):
    """(qualified name, line) of every type a file defines in a named namespace; specialisations have no name of their own."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda match: "\n" * match[0].count("\n"), code_only(text), flags=re.M)
    inside, began = [], 0   # inside: the namespaces around us; None for anything that hides its names
    for match in re.finditer(r"[{};]", code):
        if match[0] == "{":
            before = code[began:match.start()]
            space, kind = OPENS_NAMESPACE.search(before), DEFINES_TYPE.search(before)
            if space:
                inside.append(space[1].replace("inline", "").replace(" ", "") if space[1] else None)
            else:
                if kind and inside and None not in inside and not re.search(r"[=()]", before[:kind.start()].rpartition(">")[2]):
                    yield "::".join(inside + [kind[1]]), line_at(code, began + kind.start(1))
                inside.append(None)
        elif match[0] == "}" and inside:
            inside.pop()
        began = match.end()


def check_one_name(house, sources):
    """Of two inline members of one name the linker keeps either, for both types: that once ended a server."""
    first = {}
    for path, relative, text in sources:
        # Programs of their own: a name there meets no other file's.
        if relative.parts[0] != "src" or path.name.endswith("_fuzz.cpp"):
            continue
        for name, line in types_defined(text):
            if first.setdefault(name, relative) != relative:
                house.say(path, line, f"{name} is also defined in {first[name]}; put one of them into an anonymous namespace or rename it")


# ---- anatomy --------------------------------------------------------------------------------------------------------

ROOM_FILE = re.compile(r"README\.md|CMakeLists\.txt|[a-z][a-z0-9_]*\.(h|cpp|ja\.json|en\.json)")
VAGUE = re.compile(r"(^|_)(manager|utils?|helpers?|common|misc)(_|$)")


def check_anatomy(house):
    for name, folder in house.rooms():
        if not any(folder.iterdir()):
            continue
        if name not in house.order:
            house.say(folder / "CMakeLists.txt", 1, f"{name} has no line in src/CMakeLists.txt; add it to rooms()")
        for needed in ("README.md", "CMakeLists.txt"):
            if not (folder / needed).exists():
                house.say(folder / needed, 1, "every room has one (tools/new_room.py writes it)")
        readme = folder / "README.md"
        if readme.exists() and not re.search(r"^#+ Does not do\b", readme.read_text(), re.M):
            house.say(readme, 1, 'a room\'s README ends with a part "Does not do"')
        for path in sorted(folder.iterdir()):
            if path.is_dir():
                house.say(path, 1, "a room has no sub-folders; a second noun adds files")
            elif not ROOM_FILE.fullmatch(path.name):
                house.say(path, 1, "not a file of a room; allowed are README.md, CMakeLists.txt, <noun>.h/.cpp, _facts.h, _view.h/.cpp, "
                                   "_http.cpp, _cli.cpp, _test.cpp, _fuzz.cpp, _scene.h, .ja.json and .en.json")
            elif re.search(r"_(http|cli|test|fuzz)\.h$", path.name):
                house.say(path, 1, "nobody includes this layer, so it has no header")
            elif path.name.endswith("_facts.cpp"):
                house.say(path, 1, "facts are plain structs in a header; decisions go to <noun>.cpp")
            elif path.name.endswith(".json") and path.name.split(".")[0] != folder.name:
                house.say(path, 1, f"a room has one catalogue per language: {folder.name}.ja.json and {folder.name}.en.json")


def check_source_shape(house, path, relative, text):
    stem = path.name.split(".")[0]
    if relative.parts[0] == "src" and not re.fullmatch(r"[a-z][a-z0-9_]*", stem):
        house.say(path, 1, "file names are snake_case")
    if VAGUE.search(stem):
        house.say(path, 1, "no Manager, Utils, Helper, Common: ask what the pieces have in common and call it that")
    for match in re.finditer(r"\b(?:class|struct)\s+(\w*(?:Manager|Utils?|Helper))\b", code_only(text)):
        house.say(path, line_at(text, match.start()), f"{match[1]}: ask what it does and call it that")
    if path.suffix == ".h" and relative.parts[0] == "src":
        lines = text.split("\n")
        if lines[0] != "#pragma once":
            house.say(path, 1, "a header begins with #pragma once")
        for match in re.finditer(r"\busing\s+namespace\b", code_only(text)):
            house.say(path, line_at(text, match.start()), "using namespace in a header reaches everybody who includes it")
        if lines[0] == "#pragma once" and (len(lines) < 2 or not lines[1].startswith("//")):
            house.say(path, 2, "a header says in its first paragraph (//) what it is for and what it promises")


# ---- messages -------------------------------------------------------------------------------------------------------


def prefix_of(base, catalogue):
    """respond/incident/incident.ja.json speaks for "respond.incident", kernel/kernel.ja.json for "kernel"."""
    folder = catalogue.parent.relative_to(base).parts
    stem = catalogue.name.split(".")[0]
    return ".".join(folder if folder[-1] == stem else (*folder, stem))


def read_catalogue(house, path):
    keys = []
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=lambda pairs: keys.append(pairs) or dict(pairs))
    except ValueError as error:
        house.say(path, getattr(error, "lineno", 1), f"not JSON: {error}")
        return None
    if not isinstance(content, dict) or not all(isinstance(text, str) for text in content.values()):
        house.say(path, 1, "a catalogue is one flat object: key → text")
        return None
    names = [key for key, _ in keys[-1]]
    for key in sorted({key for key in names if names.count(key) > 1}):
        house.say(path, line_of_key(path, key), f"{key} stands here twice")
    return content


def line_of_key(path, key):
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if f'"{key}"' in line:
            return number
    return 1


def arguments_of(text):
    return sorted(set(re.findall(r"(?<!\{)\{(\w+)\}", text.replace("{{", "").replace("}}", ""))))


# Words, not the middle dot between two of them. 日本語 is how the language calls itself in either interface.
JAPANESE = re.compile(r"(?!日本語|本語|語(?<=日本語))[\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")


def check_messages(house):
    """Both languages of every catalogue, the server's and the web client's. Returns all known keys."""
    known = set()
    for base in (house.root / "src", house.root / "web" / "src"):
        for ja in sorted(base.rglob("*.ja.json")):
            en = ja.with_name(ja.name.replace(".ja.json", ".en.json"))
            if not en.exists():
                house.say(ja, 1, f"{en.name} is missing: every message has both languages")
                continue
            texts = {path: read_catalogue(house, path) for path in (ja, en)}
            if None in texts.values():
                continue
            prefix = prefix_of(base, ja)
            for path, other in ((ja, en), (en, ja)):
                for key, text in texts[path].items():
                    line = line_of_key(path, key)
                    if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)*\.([a-z0-9_]+|TLP:[A-Z+]+)", key) or not key.startswith(prefix + "."):
                        house.say(path, line, f"{key}: keys here are snake_case and begin with {prefix}.")
                    if key not in texts[other]:
                        house.say(path, line, f"{key} has no text in {other.name}")
                    elif path is ja and arguments_of(text) != arguments_of(texts[other][key]):
                        house.say(path, line, f"{key} takes {arguments_of(text)} here but {arguments_of(texts[other][key])} in {other.name}")
                    if not text.strip():
                        house.say(path, line, f"{key} is empty")
            known.update(texts[ja])
        for en in sorted(base.rglob("*.en.json")):
            if not en.with_name(en.name.replace(".en.json", ".ja.json")).exists():
                house.say(en, 1, f"{en.name.replace('.en.', '.ja.')} is missing: every message has both languages")
    return known


# What is handed to fail() and its kin is a key that people will read.
FAILURE = re.compile(r'\b(?:fail\s*\(\s*(?:noroshi::)?ErrorKind::\w+\s*,|(?:invalid|forbidden|not_found|conflict|unavailable|corrupt)\s*\()\s*"([^"\n]*)"')


def check_words_in_code(house, path, relative, text, known):
    place = place_of(relative)
    if place.layer in ("outside", "room_test") or is_test(relative) or relative.name.endswith("_fuzz.cpp"):
        return
    bare = without_comments(text)
    for match in FAILURE.finditer(bare):
        sure = match[0].startswith(("fail", "invalid"))   # the others may be somebody's own function
        if match[1] not in known and (sure or re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+){2,}", match[1])):
            house.say(path, line_at(bare, match.start(1)), f'"{match[1]}" is in no catalogue; people would read the key instead of a sentence')
    if place.layer in ("room", "room_edge", "facts"):
        for match in JAPANESE.finditer(bare):
            line = line_at(bare, match.start())
            if "tidy: allow text:" not in text.split("\n")[line - 1]:
                house.say(path, line, "text for people belongs into the catalogues (.ja.json, .en.json)")
                break


# ---- web ------------------------------------------------------------------------------------------------------------

WEB_KEY = re.compile(r"""(?<![\w.])t\(\s*(['"])([a-z0-9_.]+)\1""")
WEB_IMPORT = re.compile(r"""(?:\bimport|\bexport)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]""")


def web_owner(parts):
    """Who owns web/src/<parts>: app, kit, api, or a room ("respond/incident" or "incident")."""
    if not parts:
        return "app"
    if parts[0] in ("app", "kit", "api"):
        return parts[0]
    if len(parts) == 1:
        return "app"   # main.ts, app.css
    return "/".join(parts[:2]) if parts[0] in PHASES and len(parts) > 2 else parts[0]


def check_web(house, known):
    base = house.root / "web" / "src"
    if not base.is_dir():
        return
    for path in sorted(base.rglob("*")):
        if path.suffix not in (".ts", ".js", ".svelte") or path.name.endswith(".d.ts"):
            continue
        parts = path.relative_to(base).parts
        owner = web_owner(parts)
        text = path.read_text(encoding="utf-8")
        bare = re.sub(r"<!--.*?-->|/\*.*?\*/|(?<![:'\"`])//[^\n]*", lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.S)
        room = owner not in ("app", "kit", "api")
        if path.stem == "index" and (room or owner == "kit"):
            house.say(path, 1, "no barrel files: import the part itself")
        for match in WEB_IMPORT.finditer(bare):
            target = match[1] or match[2]
            if target.startswith("."):
                resolved = (path.parent / target).resolve()
            else:
                alias = re.match(r"(?:@/|~/|\$/|/src/|\$(?=(?:app|kit|api)\b))(.*)", target)
                if not alias:
                    continue
                resolved = (base / alias[1]).resolve()
            if not resolved.is_relative_to(base.resolve()):
                continue
            inner = resolved.relative_to(base.resolve()).parts
            reached = web_owner(inner if len(inner) > 1 or inner[:1] in (("kit",), ("api",), ("app",)) else (*inner, ""))
            line = line_at(bare, match.start())
            if room and reached not in ("kit", "api", owner):
                house.say(path, line, f"imports {target}: a room's pages import kit, api and themselves; move what both need into kit")
            elif owner == "kit" and reached not in ("kit", "api"):
                house.say(path, line, f"imports {target}: the kit knows no room")
            elif owner == "api" and reached != "api":
                house.say(path, line, f"imports {target}: api/ holds only what the server says")
        if not re.search(r"\.(test|spec)\.", path.name):
            for match in WEB_KEY.finditer(bare):
                if match[2] not in known:
                    house.say(path, line_at(bare, match.start()), f'"{match[2]}" is in no catalogue; people would read the key instead of a sentence')
        if parts[0] == "kit" and "time" in path.stem:   # how a date is written is not a message
            continue
        for number, line in enumerate(bare.split("\n"), 1):
            if JAPANESE.search(line) and "tidy: allow text:" not in text.split("\n")[number - 1] and not re.search(r"\.(test|spec)\.", path.name):
                house.say(path, number, "text for people comes from a message key")
                break


def check_locks(house):
    """package-lock.json: complete for `npm ci`, and without the addresses of a registry."""
    for name in ("web/package-lock.json", "tests/browser/package-lock.json"):
        path = house.root / name
        if not path.exists():
            continue
        text = path.read_text(encoding="utf-8")
        lock = json.loads(text)
        lacking = sorted(package for package, _, _ in complete_lock.missing_in(lock))
        if lacking:
            house.say(path, 1, f"lacks {', '.join(lacking)}: npm ci will refuse it; run tools/complete_lock.py {name}")
        match = re.search(r'"resolved"\s*:', text)
        if match:
            house.say(path, line_at(text, match.start()), "names a registry; put omit-lockfile-registry-resolved=true into .npmrc")


# ---- all of it ------------------------------------------------------------------------------------------------------


def check(root):
    """Findings as (file, line, message), sorted."""
    house = read_house(root.resolve())
    check_anatomy(house)
    known = check_messages(house)
    sources = []
    for top in ("src", "app", "tests", "bench"):
        for path in sorted((house.root / top).rglob("*")):
            if path.suffix not in (".h", ".cpp") or not path.is_file():
                continue
            relative = pathlib.PurePosixPath(path.relative_to(house.root).as_posix())
            text = path.read_text(encoding="utf-8")
            sources.append((path, relative, text))
            check_includes(house, path, relative, text)
            check_calls(house, path, relative, text)
            check_source_shape(house, path, relative, text)
            check_words_in_code(house, path, relative, text, known)
    check_one_name(house, sources)
    check_web(house, known)
    check_locks(house)
    return sorted(set(house.findings)), len(sources)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    findings, count = check(arguments.root)
    for path, line, message in findings:
        print(f"{path}:{line}: {message}")
    print(f"{count} sources, {len(findings)} finding(s)")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
