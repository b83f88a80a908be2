"""room() and the link test, on a small house of two or three rooms that is really configured and built.

If one of these fails, a room can call a later room, or one it did not name, and nothing goes red.
"""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The real cmake/room.cmake, with as little around it as it needs.
TOP = f"""
cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES CXX)
list(APPEND CMAKE_MODULE_PATH "{ROOT}/cmake")
set(CMAKE_CXX_STANDARD 23)
add_compile_options(-fPIC)
add_link_options(-fuse-ld=mold)
include_directories(src)
add_library(noroshi_no_web INTERFACE)
add_library(test_libraries INTERFACE)
add_library(test_main INTERFACE)
add_library(edge INTERFACE)
add_library(kernel_libraries INTERFACE)
include(room)
add_library(kernel INTERFACE)
add_subdirectory(src)
"""

PORT = {"prepare/port/CMakeLists.txt": "room(prepare/port)",
        "prepare/port/port.cpp": "int berths() { return 3; }\n"}
CONTACTS = {"prepare/contacts/CMakeLists.txt": "room(prepare/contacts USES prepare/port)",
            "prepare/contacts/contacts.cpp": "int berths(); int contacts() { return berths(); }\n"}


@unittest.skipUnless(shutil.which("clang++-19") and shutil.which("ninja"), "needs the compiler")
class Rooms(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        (self.root / "CMakeLists.txt").write_text(TOP)

    def tearDown(self):
        self.folder.cleanup()

    def configured(self, order, rooms):
        for name, text in ({"CMakeLists.txt": f"rooms({order})\n"} | rooms).items():
            path = self.root / "src" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run(["cmake", "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-19", "-DCMAKE_BUILD_TYPE=Debug",
                               "-S", self.root, "-B", self.root / "build"], capture_output=True, text=True)
        return done.returncode, " ".join((done.stdout + done.stderr).split())   # CMake folds its sentences

    def built(self, *targets):
        done = subprocess.run(["cmake", "--build", self.root / "build", "--target", *targets], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def test_a_use_of_a_later_room_is_refused(self):
        status, said = self.configured("prepare/port respond/incident", {
            "prepare/port/CMakeLists.txt": "room(prepare/port USES respond/incident)",
            "respond/incident/CMakeLists.txt": "room(respond/incident)"})
        self.assertNotEqual(status, 0)
        self.assertIn("room(prepare/port) USES respond/incident, which is declared later", said)
        self.assertIn("listen to its facts", said)

    def test_a_use_of_a_later_room_in_the_same_phase_is_refused(self):
        status, said = self.configured("prepare/contacts prepare/port", PORT | CONTACTS)
        self.assertNotEqual(status, 0)
        self.assertIn("USES prepare/port, which is declared later", said)

    def test_a_use_of_nothing_is_refused(self):
        status, said = self.configured("prepare/port", {"prepare/port/CMakeLists.txt": "room(prepare/port USES prepare/harbour)"})
        self.assertNotEqual(status, 0)
        self.assertIn("prepare/harbour, which is no room", said)

    def test_a_phase_out_of_order_is_refused(self):
        status, said = self.configured("respond/incident prepare/port", PORT | {"respond/incident/CMakeLists.txt": "room(respond/incident)"})
        self.assertNotEqual(status, 0)
        self.assertIn("prepare/port stands after a room of a later phase", said)

    def test_a_phase_that_is_none_is_refused(self):
        status, said = self.configured("repair/port", {})
        self.assertNotEqual(status, 0)
        self.assertIn("there is no phase 'repair'", said)

    def test_a_room_that_nobody_listed_is_refused(self):
        status, said = self.configured("prepare/port", PORT | CONTACTS)
        self.assertNotEqual(status, 0)
        self.assertIn("prepare/contacts has a CMakeLists.txt but no line", said)

    def test_the_link_test_lets_a_declared_use_pass_and_refuses_the_others(self):
        # incident names contacts only; contacts uses port. A call of contacts links, a call of port does not, although
        # port's code is in every program.
        incident = {"respond/incident/CMakeLists.txt": "room(respond/incident USES prepare/contacts)",
                    "respond/incident/incident.cpp": "int contacts(); int incident() { return contacts(); }\n"}
        status, said = self.configured("prepare/port prepare/contacts respond/incident", PORT | CONTACTS | incident)
        self.assertEqual(status, 0, said)
        status, said = self.built("all")
        self.assertEqual(status, 0, said)

        (self.root / "src/respond/incident/incident.cpp").write_text("int berths(); int incident() { return berths(); }\n")
        status, said = self.built("respond_incident_link")
        self.assertNotEqual(status, 0, said)
        self.assertIn("undefined symbol: berths()", said)


if __name__ == "__main__":
    unittest.main()
