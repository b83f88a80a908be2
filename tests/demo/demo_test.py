"""The finished binary: a demo that is killed while it makes itself ready, and a replay over a bad line."""
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOROSHI = pathlib.Path(os.environ.get("NOROSHI_BUILD", ROOT / "build/release")) / "noroshi"
SCENARIO = ROOT / "data/scenarios/nagoya-2023.yaml"


class Demo:
    """`noroshi demo` on a free port; .url once it answers."""

    def __init__(self, folder):
        self.folder = folder
        self.process = subprocess.Popen(
            [NOROSHI, "demo", "--data", folder, "--listen", "127.0.0.1:0", "--no-browser"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "LANG": "C.UTF-8"})
        self.url = None

    def wait(self):
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                self.url = found[0]
                break
        else:
            raise AssertionError(f"the demo ended with {self.process.wait()}")
        # Nobody reads on; a full pipe must not stop the server.
        threading.Thread(target=lambda: [None for _ in self.process.stdout], daemon=True).start()
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait()
        return status

    def token(self, login="duty"):
        return subprocess.run([NOROSHI, "token", "create", "--data", self.folder, "--login", login],
                              check=True, capture_output=True, text=True).stdout.strip()


def get(url, token, path):
    request = urllib.request.Request(url + path, headers={"Authorization": "Bearer " + token})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def everything(url, token):
    """What people see of a demo's past, without ids and times of the machine."""
    seen = {
        "organisations": sorted(o["name"] for o in get(url, token, "/api/prepare/council/organisations")["items"]),
        "people": sorted(p["name"] for p in get(url, token, "/api/prepare/council/people")["items"]),
        "contacts": sorted(c["email"] for c in get(url, token, "/api/prepare/contacts")["items"]),
        "terminals": [t["name"] for t in get(url, token, "/api/prepare/port")["terminals"]],
        "exercises": [], "incidents": [],
    }
    exercises = get(url, token, "/api/practise/drills/exercises")["items"]
    worlds = [""] + ["?exercise=" + e["id"] for e in exercises]
    seen["exercises"] = [(e["title"], e["state"]) for e in exercises]
    for world in worlds:
        for incident in get(url, token, "/api/respond/incident/incidents" + world)["items"]:
            one = "/api/respond/incident/incidents/" + incident["id"]
            callouts = get(url, token, "/api/respond/callout/callouts?incident=" + incident["id"])["items"]
            seen["incidents"].append({
                "title": incident["title"], "state": incident["state"], "cause": incident.get("cause"),
                "entries": [(e["number"], e["event_time"], e["entry_time"], e["content"])
                            for e in get(url, token, one + "/entries?limit=500")["items"]],
                "milestones": [(m["milestone"], m.get("reached_at"), [a["promised_at"] for a in m["announced"]])
                               for m in get(url, token, one + "/milestones")["items"]],
                "callouts": [(c["text"], c["state"], c["reminders_sent"], c["reach"],
                              sorted((a["name"], a["state"], a.get("answer"), a.get("answered_at"))
                                     for a in c["addressees"])) for c in callouts],
            })
    return seen


class BadLine:
    """A proxy that breaks connections: before the request, or after it, so that the answer is lost."""

    def __init__(self, port, seed):
        self.port = port
        self.dice = random.Random(seed)
        self.broken = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        with client, socket.create_connection(("127.0.0.1", self.port)) as server:
            while True:
                ready, _, _ = select.select([client, server], [], [])
                for one in ready:
                    other = server if one is client else client
                    data = one.recv(65536)
                    if not data:
                        return
                    # One in ten either way; only what a POST answers is worth losing.
                    if self.dice.random() < 0.1:
                        self.broken += 1
                        return
                    other.sendall(data)


class DemoTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="noroshi-demo-")
        self.running = []

    def tearDown(self):
        for demo in self.running:
            if demo.process.poll() is None:
                demo.kill()
            demo.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name):
        demo = Demo(os.path.join(self.folder, name))
        self.running.append(demo)
        return demo

    def test_a_demo_killed_half_way_is_the_same_in_the_end(self):
        # Wrong: the first impression of Noroshi is a port where everything is there twice.
        whole = self.start("whole").wait()
        wanted = everything(whole.url, whole.token())
        whole.stop()
        self.assertGreaterEqual(len(wanted["incidents"]), 2)
        dice = random.Random(20230704)
        for round_ in range(4):
            name = f"killed{round_}"
            for _ in range(3):
                demo = self.start(name)
                try:  # not a wait for something to happen: the moment of death is what is drawn
                    demo.process.wait(timeout=dice.uniform(0.02, 0.6))
                except subprocess.TimeoutExpired:
                    pass
                demo.kill()
            demo = self.start(name).wait()
            seen = everything(demo.url, demo.token())
            demo.stop()
            self.assertEqual(normal(seen), normal(wanted), name)

    def test_a_demo_goes_on_where_it_was(self):
        # Wrong: whoever wrote something in the demo finds it gone, or the past told twice, the next day.
        demo = self.start("on").wait()
        before = everything(demo.url, demo.token())
        self.assertEqual(demo.stop(), 0)
        demo = self.start("on").wait()
        self.assertEqual(everything(demo.url, demo.token()), before)
        # What stands on the sign-in page signs in.
        with urllib.request.urlopen(demo.url + "/api/demo/people") as answer:
            people = json.load(answer)["items"]
        duty = next(p for p in people if p["login"] == "duty")
        request = urllib.request.Request(
            demo.url + "/api/identity/session", method="POST", headers={"Content-Type": "application/json"},
            data=json.dumps({"login": "duty", "password": duty["password"]}).encode())
        with urllib.request.urlopen(request) as answer:
            self.assertEqual(answer.status, 201)
        # Handsets hold what was sent, drills stamped.
        with urllib.request.urlopen(demo.url + "/api/demo/handsets") as answer:
            handsets = json.load(answer)["items"]
        messages = [m for h in handsets for m in h["messages"]]
        self.assertGreater(len(messages), 10)
        for message in messages:
            self.assertEqual(message["drill"], message["subject"].startswith("【訓練】"), message["subject"])
        # An alarm has one link to answer by; other letters (a sign-in from a new device) have none.
        alarms = [m for m in messages if m["links"]]
        self.assertGreater(len(alarms), 10)
        self.assertEqual({len(m["links"]) for m in alarms}, {1})

    def test_a_replay_over_a_bad_line_doubles_nothing(self):
        # Wrong: a line of the chronology stands twice because an answer was lost on the way.
        demo = self.start("line").wait()
        token = demo.token()
        line = BadLine(int(demo.url.rsplit(":", 1)[1]), 7)
        played = subprocess.run([NOROSHI, "replay", SCENARIO, "--server", line.url, "--token", token, "--speed", "0"],
                                capture_output=True, text=True, env={**os.environ, "LANG": "ja_JP.UTF-8"})
        line.listener.close()
        self.assertEqual(played.returncode, 0, played.stdout + played.stderr)
        self.assertGreater(line.broken, 3)
        exercises = get(demo.url, token, "/api/practise/drills/exercises")["items"]
        ours = [e for e in exercises if "名古屋港" in e["title"]]
        self.assertEqual(len(ours), 1)
        self.assertEqual(ours[0]["state"], "ended")
        incidents = get(demo.url, token, "/api/respond/incident/incidents?exercise=" + ours[0]["id"])["items"]
        self.assertEqual(len(incidents), 1)
        one = "/api/respond/incident/incidents/" + incidents[0]["id"]
        entries = get(demo.url, token, one + "/entries?limit=500")["items"]
        steps = SCENARIO.read_text().count("\n    entry:")
        self.assertEqual([e["number"] for e in entries], list(range(1, steps + 1)))
        self.assertEqual(len({e["content"] for e in entries}), steps)
        for entry in entries:  # what is only a lead is marked as one
            self.assertEqual("未確認" in entry["content"], not entry["confirmed"], entry["content"])
        history = [h for m in get(demo.url, token, one + "/milestones")["items"] for h in m["history"]]
        self.assertEqual(len(history), 51)
        review = {row["audience"]: row for row in get(demo.url, token, one + "/review")["communication"]}
        self.assertEqual([review[a].get("minutes") for a in ("police", "security_expert", "haulier", "public")],
                         [150, None, 720, 1770])
        self.assertEqual([review[a].get("reference_minutes") for a in ("police", "security_expert", "haulier", "public")],
                         [150, None, 720, 1770])
        for words in ("警察\t2.5 時間\t2.5 時間", "29.5 時間", "なし", one.replace("/api", "").replace("incidents/", "") + "/review"):
            self.assertIn(words, played.stdout)

    def test_a_replay_that_was_stopped_goes_on(self):
        # Wrong: a laptop that sleeps in the middle of an exercise means beginning again, or lines that stand twice.
        demo = self.start("stopped").wait()
        token = demo.token()
        command = [NOROSHI, "replay", SCENARIO, "--server", demo.url, "--token", token, "--speed", "0"]
        japanese = {**os.environ, "LANG": "ja_JP.UTF-8"}
        first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=japanese)
        for line in first.stdout:
            if "[7]" in line:
                break
        first.send_signal(signal.SIGKILL)
        first.wait()
        first.stdout.close()
        exercise = [e for e in get(demo.url, token, "/api/practise/drills/exercises")["items"] if "名古屋港" in e["title"]]
        self.assertEqual([e["state"] for e in exercise], ["running"])
        steps = SCENARIO.read_text().count("\n    entry:")
        entries = "/api/respond/incident/incidents/%s/entries?limit=500"
        one = get(demo.url, token, "/api/respond/incident/incidents?exercise=" + exercise[0]["id"])["items"][0]["id"]
        self.assertLess(len(get(demo.url, token, entries % one)["items"]), steps)
        # In another language: what is written stays the same.
        played = subprocess.run([*command, "--exercise", exercise[0]["id"]], capture_output=True, text=True,
                                env={**os.environ, "LANG": "C.UTF-8"})
        self.assertEqual(played.returncode, 0, played.stdout + played.stderr)
        self.assertEqual([e["number"] for e in get(demo.url, token, entries % one)["items"]], list(range(1, steps + 1)))
        exercises = [e for e in get(demo.url, token, "/api/practise/drills/exercises")["items"] if "名古屋港" in e["title"]]
        self.assertEqual([e["state"] for e in exercises], ["ended"])
        # An exercise of something else is refused before anything is written.
        other = next(e["id"] for e in get(demo.url, token, "/api/practise/drills/exercises")["items"] if "名古屋港" not in e["title"])
        refused = subprocess.run([*command, "--exercise", other], capture_output=True, text=True, env=japanese)
        self.assertEqual(refused.returncode, 2)
        self.assertIn(other, refused.stderr)

    def test_a_scenario_with_a_mistake_says_where(self):
        # Wrong: a mistake in a scenario is found in the middle of the exercise.
        broken = os.path.join(self.folder, "broken.yaml")
        pathlib.Path(broken).write_text(SCENARIO.read_text().replace("kind: request", "kind: reqest", 1))
        played = subprocess.run([NOROSHI, "replay", broken, "--server", "http://127.0.0.1:9", "--token", "x"],
                                capture_output=True, text=True, env={**os.environ, "LANG": "C.UTF-8"})
        self.assertEqual(played.returncode, 2)
        number = next(i for i, text in enumerate(SCENARIO.read_text().splitlines(), 1) if "kind: request" in text)
        self.assertIn(f"broken.yaml:{number}:", played.stderr)
        self.assertIn("reqest", played.stderr)


def normal(seen):
    """Two seedings began at different seconds; what matters is relative to their day."""
    text = json.dumps(seen, sort_keys=True, ensure_ascii=False)
    return re.sub(r"(\d\d:\d\d):\d\d(\.\d+)?Z", r"\1Z", text)


if __name__ == "__main__":
    unittest.main()
