"""A room made by new_room.py keeps to the walls and the layout, compiles with the flags of the house, and its test passes.
If one of these fails, the first minutes in a new room are spent on repairing it."""
import concurrent.futures
import json
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import new_room  # noqa: E402
import tidy  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
LIBRARIES = ("-lboost_json -lboost_container -lboost_url -lspdlog -lfmt -lyaml-cpp -ldate-tz -lprometheus-cpp-core -lsqlite3 -lpq "
             "-lsodium -lssl -lcrypto -licui18n -licuuc -lz -lrapidcheck -lgtest_main -lgtest").split()


class NewRoom(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for top in ("kernel", "edge", "engines"):
            if (ROOT / "src" / top).is_dir():
                shutil.copytree(ROOT / "src" / top, self.root / "src" / top)
        shutil.copytree(ROOT / "app", self.root / "app")
        (self.root / "src/CMakeLists.txt").write_text("rooms(\n    prepare/port   # first\n    respond/incident\n    share/exchange\n)\n")

    def tearDown(self):
        self.folder.cleanup()

    def test_it_keeps_to_the_walls(self):
        before, _ = tidy.check(self.root)
        new_room.make(self.root, "respond/sweep", "3.3.1")
        after, _ = tidy.check(self.root)
        self.assertEqual([finding for finding in after if finding not in before], [])

    def test_its_line_stands_at_the_end_of_its_phase(self):
        new_room.make(self.root, "respond/sweep")
        new_room.make(self.root, "watch/logs")
        new_room.make(self.root, "prepare/council", before="prepare/port")
        listed = (self.root / "src/CMakeLists.txt").read_text()
        self.assertEqual(listed, "rooms(\n    prepare/council\n    prepare/port   # first\n    watch/logs\n    respond/incident\n"
                                 "    respond/sweep\n    share/exchange\n)\n")

    def test_it_writes_over_nothing(self):
        new_room.make(self.root, "respond/sweep")
        for name in ("respond/sweep", "respond/incident", "repair/sweep", "sweep", "respond/Sweep"):
            with self.assertRaises(SystemExit):
                new_room.make(self.root, name)

    @unittest.skipUnless(shutil.which("clang-format-19"), "needs clang-format-19")
    def test_its_layout_is_ours(self):
        for name in ("respond/sweep", "learn/improvement_actions"):
            written = [str(path) for path in new_room.make(self.root, name) if path.suffix in (".h", ".cpp")]
            done = subprocess.run(["clang-format-19", f"--style=file:{ROOT}/.clang-format", "--dry-run", "--Werror", *written],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)

    @unittest.skipUnless((BUILD / "src/libkernel.a").exists(), "needs build/release")
    def test_it_compiles_and_its_test_passes(self):
        commands = {entry["file"]: entry["command"] for entry in json.loads((BUILD / "compile_commands.json").read_text())}
        words = shlex.split(commands[str(ROOT / "src/kernel/result.cpp")])
        flags = [word for index, word in enumerate(words[1:], 1) if word not in ("-c", "-o") and words[index - 1] not in ("-c", "-o")]
        compiler = words[0]
        flags.remove(f"-I{ROOT}/src")
        for phase in new_room.PHASES:   # app/rooms.cpp reads every room
            if (ROOT / "src" / phase).is_dir():
                shutil.copytree(ROOT / "src" / phase, self.root / "src" / phase)
        sources = [path for path in new_room.make(self.root, "respond/storm_surge") if path.suffix == ".cpp"]
        self.assertIn(self.root / "app/rooms.cpp", sources)

        def compiled(source):
            return subprocess.run([compiler, *flags, f"-I{self.root}/src", f"-I{self.root}", "-c", source, "-o", source.with_suffix(".o")],
                                  capture_output=True, text=True, cwd=BUILD)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for done in pool.map(compiled, sources):
                self.assertEqual(done.returncode, 0, done.stderr[:4000])
        objects = [source.with_suffix(".o") for source in sources if source.parent.name == "storm_surge" and
                   not source.name.endswith("_http.cpp")]
        program = self.root / "room_test"
        done = subprocess.run([compiler, "-fuse-ld=mold", *objects, BUILD / "src/libkernel.a", BUILD / "libnoroshi_catalogues.a",
                               BUILD / "libnoroshi_data.a", *LIBRARIES, "-o", program], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr[:4000])
        done = subprocess.run([program], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("2 tests", done.stdout)


if __name__ == "__main__":
    unittest.main()
