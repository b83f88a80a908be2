"""Every wall bites: a small sound house is built in a temporary folder, one thing is made wrong, and tidy.py must say so
in the right file and line. If one of these fails, a wrong edge can enter the tree unseen."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import tidy  # noqa: E402

HEADER = "#pragma once\n// What it is for.\n"
SOUND = {
    "src/CMakeLists.txt": "rooms(\n    prepare/port\n    prepare/contacts\n    respond/incident   # the board\n)\n",
    "src/kernel/result.h": HEADER,
    "src/kernel/time/time.h": HEADER,
    "src/kernel/time/time.cpp": "auto now() { return std::chrono::system_clock::now(); }\n",
    "src/kernel/random/random.h": HEADER,
    "src/engines/detect/match.h": HEADER + '#include "kernel/result.h"\n',
    "src/engines/simulate/queue.h": HEADER + '#include "kernel/random/random.h"\n',
    "src/edge/http/route.h": HEADER + '#include "kernel/result.h"\n#include <boost/asio/awaitable.hpp>\n',
    "src/prepare/port/CMakeLists.txt": "room(prepare/port)\n",
    "src/prepare/port/README.md": "# port\n## Does not do\nAnything.\n",
    "src/prepare/port/port_facts.h": HEADER + '#include "kernel/time/time.h"\n',
    "src/prepare/port/port.h": HEADER + '#include "prepare/port/port_facts.h"\n#include "respond/incident/incident_facts.h"\n',
    "src/prepare/contacts/CMakeLists.txt": "room(prepare/contacts)\n",
    "src/prepare/contacts/README.md": "# contacts\n## Does not do\nAnything.\n",
    "src/prepare/contacts/contacts.h": HEADER,
    "src/respond/incident/CMakeLists.txt": "room(respond/incident USES prepare/port)\n",
    "src/respond/incident/README.md": "# incident\n## Does not do\nAnything.\n",
    "src/respond/incident/incident_facts.h": HEADER + '#include "prepare/port/port_facts.h"\n',
    "src/respond/incident/incident.h": HEADER + '#include "prepare/port/port.h"\n#include "engines/detect/match.h"\n',
    "src/respond/incident/incident.cpp": '#include "respond/incident/incident.h"\n'
                                         "// rand() and std::cout in prose are no calls\n"
                                         'const char* said = "time(nullptr)";\n'
                                         'auto wrong() { return invalid("respond.incident.title_missing", "/title"); }\n',
    "src/respond/incident/incident_http.cpp": '#include "edge/http/route.h"\n#include "respond/incident/incident.h"\n',
    "src/respond/incident/incident_test.cpp": '#include "respond/incident/incident.h"\nconst char* text = "警察";\n',
    "src/respond/incident/incident.ja.json": '{\n  "respond.incident.title_missing": "{field}がありません"\n}\n',
    "src/respond/incident/incident.en.json": '{\n  "respond.incident.title_missing": "{field} is missing"\n}\n',
    "app/rooms.cpp": '#include "respond/incident/incident.h"\n',
    "tests/stories/alarm_test.cpp": '#include "respond/incident/incident.h"\n',
    "web/src/app/App.svelte": "<script lang=\"ts\">\n  import Page from '../incident/IncidentPage.svelte';\n</script>\n",
    "web/src/kit/time.ts": "export const now = 1;\n",
    "web/src/api/client.ts": "export const get = 1;\n",
    "web/src/incident/IncidentPage.svelte": "<script lang=\"ts\">\n  import { now } from '../kit/time';\n  import Line from './Line.svelte';\n"
                                            "  import { get } from '../api/client';\n</script>\n<!-- 見出し -->\n",
    "web/src/contacts/ContactsPage.svelte": "<p></p>\n",
}


class Walls(unittest.TestCase):
    def found(self, changes):
        """What tidy.py says about the sound house with some files changed (None: removed)."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in (SOUND | changes).items():
                if text is not None:
                    path = root / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, encoding="utf-8")
            findings, _ = tidy.check(root)
            return [f"{path}:{line}: {message}" for path, line, message in findings]

    def assert_refused(self, where, words, changes):
        findings = self.found(changes)
        self.assertTrue(any(text.startswith(where) and words in text for text in findings),
                        f"expected {where} … {words}, got {findings}")
        self.assertEqual(len(findings), 1, findings)

    def test_a_sound_house_has_no_findings(self):
        self.assertEqual(self.found({}), [])

    # ---- includes

    def refuse_include(self, file, included, words, start=HEADER):
        lines = start.count("\n")
        self.assert_refused(f"{file}:{lines + 1}:", words, {file: f'{start}#include {included}\n'})

    def test_the_kernel_knows_no_room(self):
        self.refuse_include("src/kernel/result.h", '"prepare/port/port_facts.h"', "kernel includes only the kernel")

    def test_the_kernel_knows_no_edge(self):
        self.refuse_include("src/kernel/result.h", '"edge/http/route.h"', "kernel includes only the kernel")

    def test_an_engine_knows_no_clock(self):
        self.refuse_include("src/engines/detect/match.h", '"kernel/time/time.h"', "an engine includes only itself")

    def test_an_engine_knows_no_other_engine(self):
        self.refuse_include("src/engines/detect/match.h", '"engines/simulate/queue.h"', "an engine includes only itself")

    def test_the_edge_knows_no_room(self):
        self.refuse_include("src/edge/http/route.h", '"respond/incident/incident.h"', "edge/ includes only kernel/")

    def test_facts_do_not_build_on_later_facts(self):
        self.refuse_include("src/prepare/port/port_facts.h", '"respond/incident/incident_facts.h"', "facts of earlier rooms")

    def test_facts_do_not_include_decisions(self):
        self.refuse_include("src/respond/incident/incident_facts.h", '"prepare/port/port.h"', "earlier rooms' facts")

    def test_a_room_names_what_it_uses(self):
        self.refuse_include("src/respond/incident/incident.h", '"prepare/contacts/contacts.h"', "USES")

    def test_a_room_does_not_call_a_later_room(self):
        self.refuse_include("src/prepare/contacts/contacts.h", '"respond/incident/incident.h"', "later room")

    def test_decisions_know_no_edge(self):
        self.refuse_include("src/respond/incident/incident.h", '"edge/http/route.h"', "know no edge")

    def test_nobody_includes_the_edge_of_a_room(self):
        self.refuse_include("src/respond/incident/incident.cpp", '"respond/incident/incident_http.cpp"', "never included", "")

    def test_a_scene_is_for_tests(self):
        scene = {"src/respond/incident/incident_scene.h": HEADER + '#include "prepare/contacts/contacts.h"\nconst char* name = "警察";\n'}
        self.assertEqual(self.found(scene | {"src/respond/incident/incident_test.cpp": '#include "respond/incident/incident_scene.h"\n'}), [])
        self.assert_refused("src/respond/incident/incident_view.cpp:1:", "only tests include it",
                            scene | {"src/respond/incident/incident_view.cpp": '#include "respond/incident/incident_scene.h"\n'})

    def test_a_test_stands_on_earlier_rooms_but_not_on_later_ones(self):
        self.assertEqual(self.found({"src/respond/incident/incident_test.cpp": '#include "prepare/contacts/contacts.h"\n'}), [])
        self.refuse_include("src/prepare/contacts/contacts_test.cpp", '"respond/incident/incident.h"', "later room", "")

    def test_paths_are_written_from_src(self):
        self.refuse_include("src/respond/incident/incident.h", '"incident_facts.h"', "path from src/")

    def test_our_headers_stand_in_quotes(self):
        self.refuse_include("src/respond/incident/incident.h", "<kernel/result.h>", "in quotes")

    def test_asio_and_beast_stay_in_the_edge(self):
        self.refuse_include("src/kernel/result.h", "<boost/asio.hpp>", "Asio and Beast")
        self.refuse_include("src/respond/incident/incident_http.cpp", "<boost/beast/http.hpp>", "Asio and Beast", "")
        self.refuse_include("tests/stories/port.h", "<boost/asio/ip/tcp.hpp>", "Asio and Beast")

    def test_costly_headers_stay_out_of_headers(self):
        self.refuse_include("src/edge/cli/verbs.h", "<CLI/CLI.hpp>", "CLI11")
        self.refuse_include("tests/stories/port.h", "<gmock/gmock.h>", "gmock")

    def test_databases_stay_in_the_store(self):
        self.refuse_include("src/respond/incident/incident.cpp", "<sqlite3.h>", "kernel/store", "")
        self.refuse_include("src/kernel/time/zones.cpp", "<libpq-fe.h>", "kernel/store", "")

    def test_cryptography_and_mail_have_one_door(self):
        self.refuse_include("src/respond/incident/incident_http.cpp", "<sodium.h>", "kernel/crypto", "")
        self.refuse_include("src/kernel/send.cpp", "<curl/curl.h>", "kernel/courier.h", "")

    def test_decisions_do_no_input_or_output(self):
        self.refuse_include("src/respond/incident/incident.h", "<fstream>", "no I/O")

    def test_no_regex_and_no_plain_assert(self):
        self.refuse_include("src/kernel/result.h", "<regex>", "RE2")
        self.refuse_include("src/kernel/result.h", "<cassert>", "ASSERT")

    # ---- calls

    def refuse_call(self, call, words, file="src/respond/incident/incident.cpp"):
        self.assert_refused(f"{file}:2:", words, {file: f"// first line\n{call}\n"})

    def test_the_wall_clock_is_only_in_kernel_time(self):
        for call in ("auto now = std::chrono::system_clock::now();", "auto t = time(nullptr);", "auto t = std::time(NULL);",
                     "gettimeofday(&tv, nullptr);", "clock_gettime(CLOCK_REALTIME, &ts);", "auto tm = localtime(&t);"):
            self.refuse_call(call, "Clock&")
        self.refuse_call("auto t = std::chrono::steady_clock::now();", "Clock&")
        self.refuse_call("auto now = std::chrono::system_clock::now();", "Clock&", "app/noroshi.cpp")

    def test_randomness_is_only_in_kernel_random(self):
        for call in ("int r = rand();", "srand(1);", "std::random_device device;", "getrandom(p, n, 0);", "randombytes_buf(p, n);",
                     "RAND_bytes(p, 8);", "std::mt19937 engine;", "crypto_secretbox_keygen(key);"):
            self.refuse_call(call, "Random&")
        self.refuse_call("randombytes_buf(p, n);", "Random&", "src/kernel/crypto/seal.cpp")

    def test_nothing_sleeps(self):
        self.refuse_call("std::this_thread::sleep_for(1s);", "PretendClock", "tests/stories/alarm_test.cpp")
        self.refuse_call("sleep(1);", "PretendClock")

    def test_only_programs_print(self):
        self.refuse_call('std::cout << 1;', "only programs print")
        self.refuse_call('printf("x");', "only programs print", "src/kernel/log.cpp")
        self.assertEqual(self.found({"src/respond/incident/incident_cli.cpp": "void f() { std::cout << 1; }\n"}), [])

    def test_rooms_do_not_throw_or_thread_or_use_regex(self):
        self.refuse_call("void f() { throw 1; }", "Result")
        self.refuse_call("std::jthread thread;", "no threads")
        self.refuse_call("std::regex pattern;", "RE2")
        self.refuse_call("assert(x);", "ASSERT")
        self.assertEqual(self.found({"src/kernel/check.cpp": "static_assert(true);\nASSERT(1);\n"}), [])

    def test_an_excuse_needs_a_reason(self):
        excused = "// first line\nauto now = std::chrono::system_clock::now();  // tidy: allow clock: the log's own stamp\n"
        self.assertEqual(self.found({"app/noroshi.cpp": excused}), [])
        self.assertEqual(len(self.found({"app/noroshi.cpp": excused.replace(" the log's own stamp", "")})), 1)

    def test_a_todo_has_a_condition(self):
        self.assert_refused("app/rooms.cpp:1:", "condition", {"app/rooms.cpp": "// TODO(mori): later\n"})

    # ---- one name, one type

    def test_two_types_have_two_names(self):
        one, two = "src/kernel/time/due.cpp", "src/kernel/time/when.cpp"
        named = "namespace noroshi::time {\nstruct Due {\n    int at = 0;\n};\n}\n"
        self.assert_refused(f"{two}:2:", f"noroshi::time::Due is also defined in {one}", {one: named, two: named})
        self.assert_refused(f"{two}:2:", "also defined", {one: named, two: named.replace("struct Due", "class Due final : public Base")})
        for other in (named.replace("namespace noroshi::time", "namespace"), named.replace("Due {", "Later {"),
                      named.replace("noroshi::time", "noroshi::port"), named.replace("struct Due {", "Due made() {\n    struct Due { int x; };"),
                      named.replace("struct Due {", "template <> struct Due<int> {"), named.replace("{\n    int at = 0;\n}", "")):
            self.assertEqual(self.found({one: named, two: other}), [], other)

    # ---- anatomy

    def test_a_room_has_its_files_and_no_others(self):
        room = "src/respond/incident"
        self.assert_refused(f"{room}/README.md:1:", "every room has one", {f"{room}/README.md": None})
        self.assert_refused(f"{room}/README.md:1:", "Does not do", {f"{room}/README.md": "# incident\n"})
        self.assert_refused(f"{room}/notes.txt:1:", "not a file of a room", {f"{room}/notes.txt": ""})
        self.assert_refused(f"{room}/parts:1:", "sub-folders", {f"{room}/parts/x.txt": ""})
        self.assert_refused(f"{room}/incident_facts.cpp:1:", "plain structs", {f"{room}/incident_facts.cpp": ""})
        self.assert_refused(f"{room}/incident_http.h:1:", "no header", {f"{room}/incident_http.h": HEADER})

    def test_a_room_is_listed(self):
        self.assert_refused("src/respond/incident/CMakeLists.txt:1:", "no line in src/CMakeLists.txt",
                            {"src/CMakeLists.txt": "rooms(prepare/port prepare/contacts)\n",
                             "src/prepare/port/port.h": HEADER, "src/respond/incident/incident_facts.h": HEADER})

    def test_the_name_of_a_room_is_its_folder(self):
        self.assert_refused("src/prepare/contacts/CMakeLists.txt:1:", "one and the same",
                            {"src/prepare/contacts/CMakeLists.txt": "room(prepare/contact)\n"})

    def test_vague_names_are_refused(self):
        self.assert_refused("src/kernel/string_utils.h:1:", "what the pieces have in common", {"src/kernel/string_utils.h": HEADER})
        self.assert_refused("src/kernel/store.h:3:", "call it that", {"src/kernel/store.h": HEADER + "class StoreManager {};\n"})

    def test_a_header_says_what_it_is_for(self):
        self.assert_refused("src/kernel/result.h:1:", "#pragma once", {"src/kernel/result.h": "// What it is for.\n#pragma once\n"})
        self.assert_refused("src/kernel/result.h:3:", "using namespace", {"src/kernel/result.h": HEADER + "using namespace std;\n"})
        self.assert_refused("src/kernel/result.h:2:", "first paragraph", {"src/kernel/result.h": "#pragma once\nint x;\n"})

    # ---- messages

    def refuse_message(self, ja, en, where, words):
        base = "src/respond/incident/incident"
        self.assert_refused(f"{base}{where}", words, {f"{base}.ja.json": ja, f"{base}.en.json": en,
                                                      f"{base}.cpp": "int x;\n"})

    def test_both_languages_say_the_same(self):
        both = '{\n  "respond.incident.a": "a"\n}\n'
        more = '{\n  "respond.incident.a": "a",\n  "respond.incident.b": "b"\n}\n'
        self.refuse_message(more, both, ".ja.json:3:", "has no text in incident.en.json")
        self.refuse_message(both, more, ".en.json:3:", "has no text in incident.ja.json")
        self.refuse_message(both, both.replace('"a"', '"{who}"'), ".ja.json:2:", "takes [] here")
        self.refuse_message(both, None, ".ja.json:1:", "both languages")
        self.refuse_message(None, both, ".en.json:1:", "both languages")

    def test_a_catalogue_is_flat_and_sound(self):
        both = '{\n  "respond.incident.a": "a"\n}\n'
        self.refuse_message(both, '{\n  "respond.incident.a": {"x": "a"}\n}\n', ".en.json:1:", "flat object")
        self.refuse_message(both, "{\n", ".en.json:2:", "not JSON")
        self.refuse_message(both, '{\n  "respond.incident.a": "a",\n  "respond.incident.a": "b"\n}\n', ".en.json:2:", "twice")

    def test_keys_begin_with_the_room(self):
        other = '{\n  "incident.a": "a"\n}\n'
        findings = self.found({"src/respond/incident/incident.ja.json": other, "src/respond/incident/incident.en.json": other,
                               "src/respond/incident/incident.cpp": "int x;\n"})
        self.assertEqual(len(findings), 2)
        self.assertIn("begin with respond.incident.", findings[0])

    def test_a_failure_has_a_sentence(self):
        self.assert_refused("src/respond/incident/incident.cpp:2:", "in no catalogue",
                            {"src/respond/incident/incident.cpp": '\nauto f() { return invalid("respond.incident.unheard", "/x"); }\n'})
        self.assert_refused("src/respond/incident/incident.cpp:2:", "in no catalogue",
                            {"src/respond/incident/incident.cpp": 'auto f() { return fail(ErrorKind::conflict,\n    "respond.incident.unheard"); }\n'})

    def test_code_has_no_text_for_people(self):
        self.assert_refused("src/respond/incident/incident.cpp:1:", "catalogues",
                            {"src/respond/incident/incident.cpp": 'const char* title = "警察";  // 警察\n'})

    # ---- web

    def refuse_import(self, file, line, words):
        self.assert_refused(f"{file}:1:", words, {file: line + "\n"})

    def test_pages_do_not_import_other_rooms(self):
        page = "web/src/incident/Line.svelte"
        self.refuse_import(page, "import X from '../contacts/ContactsPage.svelte';", "kit, api and themselves")
        self.refuse_import(page, "import X from '@/contacts/ContactsPage.svelte';", "kit, api and themselves")
        self.refuse_import(page, "const x = await import('../contacts/ContactsPage.svelte');", "kit, api and themselves")
        self.refuse_import(page, "export { x } from '../app/session';", "kit, api and themselves")

    def test_the_kit_knows_no_room(self):
        self.refuse_import("web/src/kit/list.ts", "import { x } from '../incident/line';", "kit knows no room")
        self.refuse_import("web/src/api/more.ts", "import { x } from '../kit/time';", "what the server says")

    def test_no_barrels_and_no_text_in_pages(self):
        self.assert_refused("web/src/incident/index.ts:1:", "barrel", {"web/src/incident/index.ts": "export const x = 1;\n"})
        self.assert_refused("web/src/incident/Line.svelte:2:", "message key", {"web/src/incident/Line.svelte": "<!-- 行 -->\n<p>警察</p>\n"})

    def test_a_page_says_only_what_is_in_a_catalogue(self):
        page = "web/src/incident/Line.svelte"
        self.assertEqual(self.found({page: "<p>{t('respond.incident.title_missing')}</p>\n"}), [])
        self.assert_refused(f"{page}:1:", "in no catalogue", {page: "<p>{t('respond.incident.unheard')}</p>\n"})
        kit = {"web/src/kit/kit.ja.json": '{\n  "kit.close": "閉じる"\n}\n', "web/src/kit/kit.en.json": '{\n  "kit.close": "Close"\n}\n'}
        self.assertEqual(self.found(kit | {page: "<p>{t('kit.close')}</p>\n"}), [])
        self.assert_refused("web/src/kit/kit.ja.json:1:", "both languages", kit | {"web/src/kit/kit.en.json": None})

    def test_a_lock_is_complete_and_names_no_registry(self):
        lock = '{"packages": {"node_modules/a": {"optionalDependencies": {"a-win32-x64": "1.0.0"}}%s}}\n'
        self.assert_refused("web/package-lock.json:1:", "lacks a-win32-x64", {"web/package-lock.json": lock % ""})
        whole = ', "node_modules/a-win32-x64": {"version": "1.0.0"}'
        self.assertEqual(self.found({"web/package-lock.json": lock % whole}), [])
        self.assert_refused("web/package-lock.json:1:", "names a registry",
                            {"web/package-lock.json": lock % ', "node_modules/b": {"resolved": "x"}'.join(["", whole])})

    # ---- the command itself

    def test_the_command_fails_when_a_wall_is_crossed(self):
        with tempfile.TemporaryDirectory() as folder:
            wrong = pathlib.Path(folder, "src/kernel/x.cpp")
            wrong.parent.mkdir(parents=True)
            wrong.write_text("int r = rand();\n")
            done = subprocess.run([sys.executable, tidy.__file__, "--root", folder], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("src/kernel/x.cpp:1: rand(", done.stdout)


if __name__ == "__main__":
    unittest.main()
