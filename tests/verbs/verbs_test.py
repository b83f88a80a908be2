"""Verbs of the finished binary on a directory of their own: people who sign in, what is wrong and how to mend it, what is due and
goes. The last also on PostgreSQL, where tools/with_postgres.sh gives a server; without one that part is said to be skipped."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOROSHI = pathlib.Path(os.environ.get("NOROSHI_BUILD", ROOT / "build/release")) / "noroshi"
POSTGRES = os.environ.get("NOROSHI_TEST_POSTGRES")
PSQL = "/usr/lib/postgresql/15/bin/psql"
FIELDS = ("sequence", "stream", "stream_version", "kind", "schema", "body", "actor", "event_time", "entry_time", "exercise",
          "visibility", "previous")
SECRET = "古い事案の秘密の一行"


def run(*words):
    done = subprocess.run([NOROSHI, *map(str, words)], capture_output=True, text=True, env={**os.environ, "LANG": "C.UTF-8"})
    return done.returncode, done.stdout.strip(), done.stderr.strip()


class Serving:
    def __init__(self, data):
        self.process = subprocess.Popen([NOROSHI, "serve", "--data", data, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env={**os.environ, "LANG": "C.UTF-8"})
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                self.url = found[0]
                break
        else:
            raise AssertionError(f"the server ended with {self.process.wait()}")
        # Nobody reads on; a full pipe must not stop the server.
        threading.Thread(target=lambda: [None for _ in self.process.stdout], daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def sign_in(self, login, password):
        """The status, and the key of the problem."""
        request = urllib.request.Request(self.url + "/api/identity/session", method="POST",
                                         data=json.dumps({"login": login, "password": password}).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.headers["Set-Cookie"]
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)["key"]


class Verbs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="noroshi-verbs-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = f"{self.folder}/data"
        os.mkdir(self.data, 0o700)

    def add(self, login, *roles):
        words = [word for role in roles for word in ("--role", role)]
        code, password, wrong = run("user", "add", "--data", self.data, "--login", login, "--organisation", "みなと港湾局", *words)
        self.assertEqual(code, 0, wrong)
        return password


class Users(Verbs):
    # Whoever keeps the machine could not let anybody in, or out.
    def test_people_are_added_reset_and_shut_out_beside_a_running_server_and_without_one(self):
        with Serving(self.data) as server:
            first = self.add("admin", "administrator")
            second = self.add("mori", "duty_officer")
            self.assertGreaterEqual(len(first), 10)
            self.assertEqual(server.sign_in("mori", second)[0], 201)
            code, _, wrong = run("user", "add", "--data", self.data, "--login", "MORI", "--organisation", "みなと港湾局")
            self.assertNotEqual(code, 0, "a login that is there already, however it is typed")
            self.assertTrue(wrong)
            code, given, wrong = run("user", "reset", "--data", self.data, "--login", "mori")
            self.assertEqual(code, 0, wrong)
            self.assertEqual(server.sign_in("mori", second), (403, "kernel.identity.wrong_login"))
            self.assertEqual(server.sign_in("mori", given)[0], 201)
            code, _, wrong = run("user", "disable", "--data", self.data, "--login", "mori")
            self.assertEqual(code, 0, wrong)
            self.assertEqual(server.sign_in("mori", given), (403, "kernel.identity.wrong_login"))
            code, _, wrong = run("user", "disable", "--data", self.data, "--login", "admin")
            self.assertNotEqual(code, 0, "the last administrator stays")
            self.assertEqual(server.sign_in("admin", first)[0], 201)
            code, _, wrong = run("user", "reset", "--data", self.data, "--login", "nobody")
            self.assertNotEqual(code, 0)
            self.assertTrue(wrong)
        # And while the server does not run.
        code, again, wrong = run("user", "reset", "--data", self.data, "--login", "mori")
        self.assertEqual(code, 0, wrong)
        with Serving(self.data) as server:
            self.assertEqual(server.sign_in("mori", again)[0], 201)


class Doctor(Verbs):
    def examine(self, data=None):
        code, out, wrong = run("doctor", "--data", data or self.data, "--json")
        return code, json.loads(out) if out else wrong

    def health(self, what):
        """Of this finding: its health, and how to mend it."""
        code, said = self.examine()
        for one in said["findings"]:
            if one["what"] == what:
                return one["health"], one["mend"], code
        self.fail(f"nothing is said of {what}: {said}")

    # Whoever is called at night would not learn what is wrong, or would be told that all is well.
    def test_it_says_what_is_wrong_and_how_to_mend_it(self):
        with Serving(self.data):
            self.add("admin", "administrator")
            code, said = self.examine()
            self.assertTrue(said["running"])
        code, said = self.examine()
        self.assertFalse(said["running"])
        self.assertEqual([one for one in said["findings"] if one["health"] == "broken"], [])
        self.assertEqual(self.health("mail")[0], "warning", "nothing goes out by mail")
        sound = code

        os.chmod(self.data, 0o755)
        health, mend, _ = self.health("directory")
        self.assertEqual(health, "warning")
        self.assertIn("chmod 700", mend)
        os.chmod(self.data, 0o700)

        with open(f"{self.data}/config.toml", "w") as config:
            config.write("zone = \n")
        health, mend, code = self.health("config")
        self.assertEqual(health, "broken")
        self.assertTrue(mend)
        self.assertNotEqual(code, 0)
        os.remove(f"{self.data}/config.toml")

        key = pathlib.Path(self.data, "installation.key")
        kept = key.read_bytes()
        os.chmod(key, 0o644)
        self.assertEqual(self.health("key")[0], "broken")
        os.chmod(key, 0o600)
        text = kept.decode()
        key.write_text("".join({"0": "1", "1": "0"}.get(c, c) for c in text))
        self.assertNotEqual(key.read_bytes(), kept)
        self.assertEqual(self.health("secrets" if self.health("key")[0] == "sound" else "key")[0], "broken", "another key")
        key.write_bytes(kept)

        database = f"{self.data}/noroshi.db"
        db = sqlite3.connect(database)
        sequence, body = db.execute("select sequence, body from facts order by sequence limit 1 offset 1").fetchone()
        db.execute("update facts set body = replace(body, '{', '{ ') where sequence = ?", (sequence,))
        db.commit()
        health, mend, code = self.health("chain")
        self.assertEqual(health, "broken")
        self.assertNotEqual(code, 0)
        db.execute("update facts set body = ? where sequence = ?", (body, sequence))
        db.commit()
        db.close()
        self.assertEqual(self.health("chain")[0], "sound")

        bytes_of = pathlib.Path(database).read_bytes()
        pathlib.Path(database).write_bytes(bytes_of[:4096] + b"\xff" * 4096 + bytes_of[8192:])
        code, said = self.examine()
        self.assertNotEqual(code, 0)
        self.assertTrue(any(one["health"] == "broken" and one["mend"] for one in said["findings"]), said)
        pathlib.Path(database).write_bytes(bytes_of)
        self.assertEqual(self.examine()[0], sound)

    def test_a_directory_that_is_none_is_said_to_be_none(self):
        code, said = self.examine(f"{self.folder}/elsewhere")
        self.assertNotEqual(code, 0)
        self.assertIn("elsewhere", said)


def hash_of(fact):
    parts = [b"%d:%s\n" % (len(str(fact[name]).encode()), str(fact[name]).encode()) for name in FIELDS]
    return hashlib.sha256(b"noroshi fact 1\n" + b"".join(parts)).digest()


class Journal:
    """The facts of a stopped server, on either engine, as docs/formats/journal.md has them."""

    def __init__(self, data, postgres):
        self.path, self.postgres = f"{data}/noroshi.db", postgres

    def rows(self, sql):
        if not self.postgres:
            db = sqlite3.connect(self.path)
            try:
                rows = db.execute(sql).fetchall()
                db.commit()
            finally:
                db.close()
            return [[value if value is None or isinstance(value, str) else value.hex() if isinstance(value, bytes) else str(value)
                     for value in row] for row in rows]
        out = subprocess.run([PSQL, POSTGRES, "-At", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c",
                              "set search_path to noroshi", "-c", sql], check=True, capture_output=True, text=True).stdout
        return [line.split("\t") for line in out.splitlines() if line != "SET"]

    def blob(self, content):
        return f"'\\x{content.hex()}'" if self.postgres else f"x'{content.hex()}'"

    def append(self, stream, kind, body, at):
        head = "encode(hash, 'hex')" if self.postgres else "hash"
        (sequence, previous), = self.rows(f"select sequence, {head} from facts order by sequence desc limit 1")
        (version,), = self.rows(f"select count(*) from facts where stream = '{stream}'")
        fact = dict(sequence=int(sequence) + 1, stream=stream, stream_version=int(version) + 1, kind=kind, schema=1, body=body,
                    actor="system", event_time=at, entry_time=at, exercise="", visibility='{"tlp":"TLP:RED"}', previous=previous)
        digest = hash_of(fact)
        quoted = {name: str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
                  for name, value in fact.items()}
        values = ", ".join([*(quoted[name] for name in FIELDS[:-1]), self.blob(digest)])
        self.rows(f"insert into facts ({', '.join(FIELDS[:-1])}, hash) values ({values})")
        return fact["sequence"], digest.hex()


class Records(Verbs):
    # What must go would stay readable in the database, or the chain would be broken by its going.
    def dispose_on(self, postgres):
        if postgres:
            with open(f"{self.data}/config.toml", "w") as config:
                config.write(f'store = "{POSTGRES}"\n')
        with Serving(self.data):
            self.add("admin", "administrator")
        journal = Journal(self.data, postgres)
        at = 1278192600000000  # 4 July 2010, 06:30 in Japan
        content = json.dumps({"number": 1, "organisation": "none", "content": SECRET}, ensure_ascii=False)
        file = b"what only that entry named"
        old = "respond/incident/old"
        opened = journal.append(old, "respond.incident.incident_opened",
                                json.dumps({"number": 1, "title": SECRET, "effects": ["freight"], "organisation": "none"},
                                           ensure_ascii=False), at)
        line = journal.append(old, "respond.incident.entry_added", content, at)
        journal.rows(f"insert into blobs (sha256, bytes) values ('{hashlib.sha256(file).hexdigest()}', {journal.blob(file)})")

        code, out, wrong = run("records", "due", "--data", self.data, "--json")
        self.assertEqual([one for one in json.loads(out)["items"] if one["record"] == old], [], "it is still open")
        taken = (opened, line, journal.append(old, "respond.incident.incident_closed", "{}", at))
        sequence = line[0]
        code, out, wrong = run("records", "due", "--data", self.data, "--json")
        self.assertEqual(code, 0, wrong)
        item, = [one for one in json.loads(out)["items"] if one["record"] == "respond/incident/old"]
        self.assertTrue(item["due"])
        code, out, wrong = run("records", "due", "--data", self.data, "--json", "--at", "2012-01-01")
        self.assertEqual([one for one in json.loads(out)["items"] if one["record"] == "respond/incident/old"], [])
        code, out, wrong = run("records", "due", "--data", self.data, "--at", "tomorrow")
        self.assertNotEqual(code, 0)
        self.assertIn("tomorrow", wrong)

        code, out, wrong = run("records", "dispose", "--data", self.data)
        self.assertEqual(code, 0, wrong)
        (kept,), = journal.rows(f"select body from facts where sequence = {sequence}")
        self.assertIn(SECRET, kept, "nothing goes that nobody has approved")

        journal.append("kernel/journal/disposals", "kernel.journal.records_disposed",
                       json.dumps({"disposal": "d1", "sequences": [one for one, _ in taken], "hashes": [one for _, one in taken],
                                   "blobs": [hashlib.sha256(file).hexdigest()]}), at + 1)
        with Serving(self.data):
            code, _, wrong = run("records", "dispose", "--data", self.data)
            self.assertNotEqual(code, 0, "not while a server reads")
            self.assertEqual(run("records", "due", "--data", self.data)[0], 0, "looking is no harm")
        code, out, wrong = run("records", "dispose", "--data", self.data)
        self.assertEqual(code, 0, wrong)
        self.assertEqual(journal.rows(f"select distinct body from facts where stream = '{old}'"), [[""]])
        self.assertEqual(journal.rows("select count(*) from blobs"), [["0"]])
        self.assertEqual(run("verify", "--data", self.data)[0], 0, "the chain holds")
        self.assertEqual(run("records", "dispose", "--data", self.data)[0], 0, "once more is no harm")
        with Serving(self.data):
            self.assertEqual(run("verify", "--data", self.data)[0], 0)
        if not postgres:
            self.assertNotIn(SECRET.encode(), b"".join(path.read_bytes() for path in pathlib.Path(self.data).glob("noroshi.db*")))
        code, said, wrong = run("doctor", "--data", self.data, "--json")
        self.assertEqual([one for one in json.loads(said)["findings"] if one["health"] == "broken"], [])
        # A body that is missing without having been disposed of is a broken chain on either engine.
        journal.rows("update facts set body = '' where sequence = 2")
        self.assertNotEqual(run("verify", "--data", self.data)[0], 0)

    def test_what_was_approved_goes_and_the_chain_holds(self):
        self.dispose_on(postgres=False)

    @unittest.skipUnless(POSTGRES, "skipped: no PostgreSQL; run through tools/with_postgres.sh")
    def test_it_goes_from_postgresql_as_well(self):
        self.dispose_on(postgres=True)


class RulesTest(unittest.TestCase):
    def test_rules_of_our_own_find_what_they_are_for_and_nothing_else(self):
        # Wrong: a rule names a field that no event has, and is silent on the day it was written for.
        status, out, told = run("detect", "rules", "test", ROOT / "data/rules")
        self.assertEqual(status, 0, out)
        self.assertRegex(told, r"\b0 failed, 0 without a test")

    def test_a_rule_that_finds_nothing_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in (ROOT / "data/rules").glob("ssh_guessing.*"):
                text = path.read_text().replace("- hostname", "- host") if path.suffix == ".yml" else path.read_text()
                (pathlib.Path(folder) / path.name).write_text(text)
            status, out, _ = run("detect", "rules", "test", folder)
            self.assertNotEqual(status, 0, out)
            self.assertIn("ssh_guessing.match.log", out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
