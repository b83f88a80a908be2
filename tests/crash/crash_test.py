"""kill -9 at random moments while five clerks write and alarms go out: nothing acknowledged is lost, nothing is there
twice, nobody gets one alarm under two keys. On SQLite and on PostgreSQL.

20 rounds by default; NOROSHI_CRASH_ROUNDS=200 is the long form.
"""
import email
import email.policy
import http.client
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOROSHI = pathlib.Path(os.environ.get("NOROSHI_BUILD", ROOT / "build/release")) / "noroshi"
ROUNDS = int(os.environ.get("NOROSHI_CRASH_ROUNDS", "20"))
WRITERS = 5


class Port:
    """A demo port whose mail goes into a folder, killed and started again at one address."""

    def __init__(self, folder, store="", limits=None):
        self.folder = pathlib.Path(folder)
        self.mail = self.folder / "mail"
        self.mail.mkdir(parents=True)
        self.data = self.folder / "data"
        self.limits = limits
        config = f'[mail]\nfolder = "{self.mail}"\n'
        if store:
            config = f'store = "{store}"\n' + config
        (self.folder / "config.toml").write_text(config, encoding="utf-8")
        self.process = None
        self.port = 0

    def start(self):
        self.process = subprocess.Popen(
            [NOROSHI, "demo", "--data", self.data, "--config", self.folder / "config.toml",
             "--listen", f"127.0.0.1:{self.port}", "--no-browser"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "LANG": "C.UTF-8"},
            preexec_fn=self.limits)
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                break
        else:
            raise AssertionError(f"the server ended with {self.process.wait()}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait() == 0
        self.process.stdout.close()

    def verb(self, *words):
        return subprocess.run([NOROSHI, *words, "--data", self.data, "--config", self.folder / "config.toml"],
                              capture_output=True, text=True, env={**os.environ, "LANG": "C.UTF-8"})

    def ask(self, token, method, path, body=None, key=None):
        """(status, answer), or None when nobody answered."""
        headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return None
        finally:
            connection.close()

    def insist(self, token, method, path, body, key):
        """As the clients do: the same key again until the server has it."""
        while True:
            answer = self.ask(token, method, path, body, key)
            if answer and answer[0] in (200, 201):
                return answer[1]
            if answer and answer[0] != 503:
                raise AssertionError(f"{path}: {answer}")
            time.sleep(0.01)

    def entries(self, token, incident):
        after, found = 0, []
        while True:
            status, page = self.ask(token, "GET", f"/api/respond/incident/incidents/{incident}/entries?after={after}")
            assert status == 200
            if not page["items"]:
                return found
            found += page["items"]
            after = found[-1]["number"]


class Crash(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="noroshi-crash-")

    def tearDown(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def open_incident(self, port):
        token = port.verb("token", "create", "--login", "duty").stdout.strip()
        opened = port.insist(token, "POST", "/api/respond/incident/incidents",
                             {"title": "落とされても残る", "event_time": "2026-07-04T06:30:00+09:00",
                              "effects": ["freight"]}, uuid.uuid4().hex)
        return token, opened["id"]

    def check_entries(self, port, token, incident, acknowledged):
        found = port.entries(token, incident)
        self.assertEqual([entry["number"] for entry in found], list(range(1, len(found) + 1)))
        contents = [entry["content"] for entry in found]
        self.assertEqual(len(set(contents)), len(contents), "a line is there twice")
        by_number = {entry["number"]: entry["content"] for entry in found}
        for number, content in acknowledged:
            self.assertEqual(by_number.get(number), content, "an acknowledged line was lost")

    def storm(self, store, rounds):
        port = Port(self.folder, store).start()
        token, incident = self.open_incident(port)
        organisations = [item["id"] for item in port.ask(token, "GET", "/api/prepare/council/organisations")[1]["items"]]
        acknowledged, failures, over = [], [], threading.Event()

        def clerk(name):
            count = 0
            try:
                while not over.is_set():
                    count += 1
                    content = f"{name}の記録 {count}"
                    got = port.insist(token, "POST", f"/api/respond/incident/incidents/{incident}/entries",
                                      {"event_time": "2026-07-04T06:31:00+09:00", "content": content,
                                       "kind": "fact"}, uuid.uuid4().hex)
                    acknowledged.append((got["number"], content))
            except AssertionError as error:
                failures.append(error)

        clerks = [threading.Thread(target=clerk, args=(f"記録員{i}",)) for i in range(WRITERS)]
        for thread in clerks:
            thread.start()
        chance = random.Random(20260704)
        for number in range(rounds):
            raised = threading.Thread(target=port.insist, args=(
                token, "POST", "/api/respond/callout/callouts",
                {"incident": incident, "text": f"招集{number}号", "organisations": organisations,
                 "roles": ["duty_officer", "security_person"]}, uuid.uuid4().hex))
            raised.start()
            time.sleep(chance.uniform(0.02, 0.4))
            port.kill()
            port.start()
            raised.join()
        over.set()
        for thread in clerks:
            thread.join()
        self.assertEqual(failures, [])
        self.assertGreater(len(acknowledged), rounds)
        self.check_entries(port, token, incident, acknowledged)

        # Every alarm reaches everyone it addressed; what was interrupted goes again, under its first Message-ID.
        addressed, sent = {}, {}
        while True:
            addressed.clear()
            for item in port.ask(token, "GET", f"/api/respond/callout/callouts?incident={incident}")[1]["items"]:
                whole = port.ask(token, "GET", "/api/respond/callout/callouts/" + item["id"])[1]
                addressed[whole["text"]] = [person["state"] for person in whole["addressees"]]
            if all(state not in ("waiting", "sent") for states in addressed.values() for state in states):
                break
            time.sleep(0.1)
        self.assertEqual(len(addressed), rounds)
        for file in port.mail.iterdir():
            mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            text = mail.get_body(("plain",)).get_content()
            alarm = re.search(r"招集\d+号", text)
            if alarm:
                sent.setdefault((alarm[0], mail["To"]), set()).add(mail["Message-ID"])
        self.assertTrue(all(len(ids) == 1 for ids in sent.values()), "one alarm went to somebody under two keys")
        for text, states in addressed.items():
            delivered = sum(state in ("delivered", "answered") for state in states)
            self.assertEqual(delivered, sum(alarm == text for alarm, _ in sent), text)
            self.assertGreater(delivered, 0)
        port.stop()
        verified = port.verb("verify")
        self.assertEqual(verified.returncode, 0, verified.stderr)

    def test_killed_on_sqlite(self):
        self.storm("", (ROUNDS + 1) // 2)

    def test_killed_on_postgresql(self):
        store = os.environ.get("NOROSHI_TEST_POSTGRES")
        self.assertTrue(store, "run under tools/with_postgres.sh")
        # A database of its own: other tests use the default schema.
        name = "crash_" + uuid.uuid4().hex[:12]
        subprocess.run(["psql", "-q", store, "-c", f"create database {name}"], check=True)
        own = re.sub(r"dbname=\S+", f"dbname={name}", store) if "dbname=" in store else store + f" dbname={name}"
        self.storm(own, ROUNDS // 2)

    def test_a_full_disk_refuses_and_recovers(self):
        """A full disk would lose a line that the clerk was told is kept, or stop the server for good."""
        port = Port(self.folder).start()
        token, incident = self.open_incident(port)
        path = f"/api/respond/incident/incidents/{incident}/entries"
        line = {"event_time": "2026-07-04T06:31:00+09:00", "content": "満杯の前", "kind": "fact"}
        kept = [(port.insist(token, "POST", path, line, uuid.uuid4().hex)["number"], line["content"])]
        # No file of the process may grow beyond what the write-ahead log has now: writes fail as on a full disk.
        full = max(file.stat().st_size for file in port.data.iterdir() if file.is_file())
        resource.prlimit(port.process.pid, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
        refused = 0
        for i in range(2000):
            content = f"{i} " + "満" * 900
            answer = port.ask(token, "POST", path, {**line, "content": content}, uuid.uuid4().hex)
            self.assertIsNotNone(answer, "the server went away")
            if answer[0] == 201:
                kept.append((answer[1]["number"], content))
            else:
                self.assertEqual(answer[0], 503)
                refused += 1
                if refused == 5:
                    break
        self.assertEqual(refused, 5, "the limit was never met")
        resource.prlimit(port.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        after = port.insist(token, "POST", path, {**line, "content": "空いた後"}, uuid.uuid4().hex)
        kept.append((after["number"], "空いた後"))
        self.check_entries(port, token, incident, kept)
        port.kill()
        port.start()
        self.check_entries(port, token, incident, kept)
        port.stop()
        self.assertEqual(port.verb("verify").returncode, 0)


if __name__ == "__main__":
    unittest.main()
