#!/usr/bin/env python3
"""kill -9 under load: a real server, real clients, a real SMTP sink. Print `N passed, N failed, N skipped`.

    crash.py [--rounds 20] [--seed N] [--noroshi build/release/noroshi]

Each round starts `noroshi serve` on the same data, lets eight writers work through HTTP and kills the server at a random
moment, now and then while it starts. Writers know only what they were answered: they send again, under the same
Idempotency-Key, whatever was not acknowledged. After each start it must hold that

  every acknowledged entry is on its board once, with its words, and numbers have no gap;
  nothing is there that nobody wrote, and nothing twice;
  no alarm went to a person under two Message-IDs, whoever tried to raise it how often.

Then a disk runs full: writes are answered 503, reads go on, nothing is lost, and it works again when there is room.
SQLite always; PostgreSQL too where tools/with_postgres.sh has started one (NOROSHI_TEST_POSTGRES).
"""
import argparse
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
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import uuid

INCIDENTS = "/api/respond/incident/incidents"
CALLOUTS = "/api/respond/callout/callouts"
WRITERS = 8
TAG = re.compile(r"#([0-9a-f]{32})#")


class Failure(Exception):
    pass


# ---- a mail server that keeps what it is given -----------------------------------------------------------------------


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Talk)
        self.guard = threading.Lock()
        self.mails = []  # (recipient, Message-ID, tag, is a reminder)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def keep(self, recipient, raw):
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        text = mail.get_body(("plain",)).get_content()
        with self.guard:
            for tag in dict.fromkeys(TAG.findall(text)):   # one, or those of the alarms told together
                self.mails.append((recipient, mail["Message-ID"], tag, mail["In-Reply-To"] is not None))

    def handle_error(self, request, client_address):
        pass  # the server was killed in the middle of a mail


class Talk(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        recipient = None
        self.say("220 sink")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word in (b"EHLO", b"HELO"):
                self.say("250 sink")
            elif word == b"RCPT":
                recipient = re.search(rb"<([^>]*)>", line)[1].decode()
                self.say("250 ok")
            elif word == b"DATA":
                self.say("354 go on")
                lines = []
                while (one := self.rfile.readline()) != b".\r\n":
                    if not one:
                        return
                    lines.append(one[1:] if one.startswith(b".") else one)
                self.server.keep(recipient, b"".join(lines))
                self.say("250 ok")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


# ---- the server ------------------------------------------------------------------------------------------------------


class Server:
    def __init__(self, noroshi, folder, sink, store=""):
        self.noroshi, self.folder = noroshi, folder
        self.data = folder / "data"
        self.data.mkdir()
        self.config = folder / "config.toml"
        lines = [f'store = "{store}"'] if store else []
        lines += ["[mail]", 'from = "noroshi@port.example"', "[[mail.relay]]", f'url = "smtp://127.0.0.1:{sink.server_address[1]}"',
                  'starttls = "never"']
        self.config.write_text("\n".join(lines) + "\n")
        self.process = None
        self.port = None

    def verb(self, *arguments):
        """Runs a verb beside nobody or beside the server; its output."""
        for attempt in range(50):
            done = subprocess.run([self.noroshi, *arguments, "--data", self.data, "--config", self.config], capture_output=True,
                                  text=True, stdin=subprocess.DEVNULL)
            # The database notices a killed client only when it reads from its socket.
            if done.returncode == 5 and attempt < 49:
                time.sleep(0.1)
                continue
            if done.returncode != 0:
                raise Failure(f"noroshi {' '.join(arguments)}: exit {done.returncode}: {done.stderr}{done.stdout}")
            return done.stdout
        return ""

    def spawn(self, **more):
        with open(self.folder / "serve.log", "ab") as log:
            self.process = subprocess.Popen([self.noroshi, "serve", "--data", self.data, "--config", self.config, "--listen",
                                             "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, **more)

    def start(self, **more):
        for attempt in range(50):
            self.spawn(**more)
            for line in self.process.stdout:
                if found := re.search(rb"http://127\.0\.0\.1:(\d+)", line):
                    self.port = int(found[1])
                    break
            else:
                status = self.process.wait()
                if status == 5:  # the database still holds the lock of the one that was killed
                    time.sleep(0.1)
                    continue
                raise Failure(f"the server does not start: exit {status}: {self.log()}")
            threading.Thread(target=self.process.stdout.read, daemon=True).start()
            while True:
                try:
                    if self.ask("GET", "/healthz")[0] == 200:
                        return
                except OSError:
                    pass
        raise Failure("the server does not start: the store is held by somebody")

    def kill(self):
        if self.process.poll() is not None:
            raise Failure(f"the server ended by itself with {self.process.returncode}: {self.log()}")
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=60) != 0:
            raise Failure(f"the server ended with {self.process.returncode}: {self.log()}")
        if "Sanitizer" in (self.folder / "serve.log").read_text():
            raise Failure(f"a sanitizer found something: {self.folder / 'serve.log'}")

    def log(self):
        return (self.folder / "serve.log").read_text()[-2000:]

    def ask(self, method, path, token=None, body=None, key=None, connection=None):
        """(status, JSON or None). OSError or HTTPException: no answer."""
        own = connection is None
        if own:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            if own:
                connection.close()
        return answer.status, json.loads(text) if text else None


# ---- what the port wants ---------------------------------------------------------------------------------------------


class Wish:
    """One thing somebody wants to be written, sent under one key until it is acknowledged."""

    def __init__(self, kind, token, path, body, tag):
        self.kind, self.token, self.path, self.body, self.tag = kind, token, path, body, tag
        self.answer = None


class Writer(threading.Thread):
    def __init__(self, crash, number, seed):
        super().__init__(daemon=True)
        self.crash, self.dice, self.token = crash, random.Random(seed), crash.tokens[number % len(crash.tokens)]
        self.pending = crash.pending[number]
        self.error = None

    def make(self):
        tag = uuid.UUID(int=self.dice.getrandbits(128)).hex
        incident = self.dice.choice(self.crash.incidents)
        if self.dice.random() < 0.01:
            return Wish("callout", self.token, CALLOUTS, {"incident": incident, "text": f"参集 #{tag}#",
                        "organisations": [self.crash.organisation], "reminders": 0}, tag)
        return Wish("entry", self.token, f"{INCIDENTS}/{incident}/entries", {
            "event_time": "2026-07-04T06:30:00+09:00", "kind": self.dice.choice(["fact", "request", "decision"]),
            "sender": "第一埠頭 田中", "content": f"門を閉じた。{'待機車両あり。' * self.dice.randrange(20)}#{tag}#"}, tag)

    def run(self):
        try:
            self.work()
        except Exception as error:  # told by the main thread
            self.error = error

    def work(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.crash.server.port, timeout=30)
        while not self.crash.stop.is_set() or (self.crash.draining and self.pending):
            if not self.pending:
                self.pending.append(self.make())
                self.crash.wished[self.pending[0].tag] = self.pending[0]
            wish = self.pending[0]
            again = 2 if self.dice.random() < 0.05 else 1  # a second click
            try:
                for _ in range(again):
                    status, answer = self.crash.server.ask("POST", wish.path, wish.token, wish.body, wish.tag, connection)
                    if status == 503:
                        raise ConnectionError
                    if status != 201:
                        raise Failure(f"{wish.path}: {status} {answer}")
                    if wish.answer is not None and wish.answer != answer:
                        raise Failure(f"two answers to one key: {wish.answer} and {answer}")
                    wish.answer = answer
            except (OSError, http.client.HTTPException):
                connection.close()
                if self.crash.stop.is_set() and not self.crash.draining:
                    return
                time.sleep(0.01)
                continue
            self.pending.pop(0)
        connection.close()


class Crash:
    def __init__(self, noroshi, folder, seed, store=""):
        self.dice = random.Random(seed)
        self.sink = Sink()
        self.server = Server(noroshi, folder, self.sink, store)
        self.wished = {}   # tag → Wish
        self.pending = [[] for _ in range(WRITERS)]
        self.stop = threading.Event()
        self.draining = False
        self.settle()

    def settle(self):
        """A port with five people who write, of whom four have an address."""
        self.server.start()
        self.tokens, logins = [], ["duty", "clerk1", "clerk2", "clerk3", "clerk4"]
        for login in logins:
            self.server.verb("user", "add", "--login", login, "--name", f"港 {login}", "--organisation", "北港管理組合",
                             "--role", "duty_officer", "--role", "clerk")
            self.tokens.append(self.server.verb("token", "create", "--login", login).strip())
        ask = self.server.ask
        self.organisation = ask("GET", "/api/identity/me", self.tokens[0])[1]["organisation"]["id"]
        self.addresses = set()
        for login, token in list(zip(logins, self.tokens))[1:]:
            person = ask("GET", "/api/identity/me", token)[1]["person"]
            status, answer = ask("PUT", f"/api/prepare/contacts/{person}", token, {"email": f"{login}@port.example"})
            if status != 200:
                raise Failure(f"contacts: {status} {answer}")
            self.addresses.add(f"{login}@port.example")
        self.incidents = []
        for number in range(3):
            status, answer = ask("POST", INCIDENTS, self.tokens[0], {"title": f"障害 {number}", "event_time":
                                 "2026-07-04T06:30:00+09:00", "effects": ["freight"]})
            if status != 201:
                raise Failure(f"incident: {status} {answer}")
            self.incidents.append(answer["id"])
        self.server.stop()

    def start(self):
        # Now and then killed while it starts, before anybody could ask it anything.
        while self.dice.random() < 0.2:
            self.server.spawn()
            time.sleep(self.dice.random() * 0.1)
            self.server.kill()
            self.server.process.stdout.close()
        self.server.start()

    def write_until_killed(self):
        self.stop.clear()
        writers = [Writer(self, number, self.dice.getrandbits(64)) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(self.dice.uniform(0.02, 0.8))
        self.server.kill()
        self.stop.set()
        self.join(writers)

    def drain(self):
        """Everything that was wished is sent until it is acknowledged."""
        self.draining = True
        self.stop.set()
        writers = [Writer(self, number, self.dice.getrandbits(64)) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        self.join(writers)
        self.draining = False
        if any(self.pending):
            raise Failure("not everything was acknowledged")

    @staticmethod
    def join(writers):
        for writer in writers:
            writer.join(60)
            if writer.is_alive():
                raise Failure("a writer waits for ever")
            if writer.error:
                raise writer.error

    def check(self):
        seen = {}
        for incident in self.incidents:
            after = 0
            while True:
                status, page = self.server.ask("GET", f"{INCIDENTS}/{incident}/entries?after={after}&limit=500", self.tokens[0])
                if status != 200:
                    raise Failure(f"board {incident}: {status}")
                if not page["items"]:
                    break
                for item in page["items"]:
                    after += 1
                    if item["number"] != after:
                        raise Failure(f"entry {after} of {incident} is called {item['number']}")
                    tag = TAG.search(item["content"])[1]
                    wish = self.wished.get(tag)
                    if wish is None or wish.body["content"] != item["content"] or incident not in wish.path:
                        raise Failure(f"nobody wrote {item}")
                    if tag in seen:
                        raise Failure(f"doubled: {item} and {seen[tag]}")
                    if wish.answer is not None and wish.answer["number"] != item["number"]:
                        raise Failure(f"acknowledged as {wish.answer['number']}, shown as {item['number']}")
                    seen[tag] = item
        callouts = set()
        for incident in self.incidents:
            for item in self.server.ask("GET", f"{CALLOUTS}?incident={incident}", self.tokens[0])[1]["items"]:
                tag = TAG.search(item["text"])[1]
                if tag in callouts:
                    raise Failure(f"raised twice: {item['text']}")
                callouts.add(tag)
        for wish in self.wished.values():
            if wish.answer is not None and wish.tag not in (seen if wish.kind == "entry" else callouts):
                raise Failure(f"lost: {wish.kind} {wish.answer}")
        self.check_mail()
        return len(seen), len(callouts)

    def check_mail(self):
        keys = {}
        with self.sink.guard:
            mails = list(self.sink.mails)
        for recipient, message_id, tag, is_reminder in mails:
            if keys.setdefault((recipient, tag, is_reminder), message_id) != message_id:
                raise Failure(f"{recipient} got {tag} under {message_id} and {keys[recipient, tag, is_reminder]}")
        return keys

    def wait_for_mail(self, callouts):
        """Whoever has an address gets every alarm, sooner or later; who was being written to when we killed it waits its turn."""
        end = time.monotonic() + 120
        while len(self.check_mail()) < callouts * len(self.addresses):
            if time.monotonic() > end:
                raise Failure(f"{len(self.check_mail())} of {callouts * len(self.addresses)} alarms were sent")
            time.sleep(0.1)


def kill_rounds(noroshi, folder, rounds, seed, store):
    crash = Crash(noroshi, folder, seed, store)
    for number in range(rounds):
        try:
            crash.start()
            crash.check()
            crash.write_until_killed()
        except Failure as failure:
            raise Failure(f"round {number + 1}: {failure}") from None
    crash.start()
    crash.drain()
    entries, callouts = crash.check()
    crash.wait_for_mail(callouts)
    crash.server.stop()
    verified = crash.server.verb("verify").strip()
    with crash.sink.guard:
        mails = len(crash.sink.mails)
    return f"{rounds} rounds, {entries} entries, {callouts} alarms, {mails} mails sent ({mails - len(crash.check_mail())} again); {verified}"


# ---- a full disk -----------------------------------------------------------------------------------------------------


class SmallDisk:
    """A tmpfs of 24 MiB and a file that fills it; or, without the right to mount, a limit on the size of files."""

    def __init__(self, folder):
        self.folder = folder
        self.is_mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=24m", "noroshi-crash", folder], capture_output=True).returncode == 0

    def close(self):
        if self.is_mounted:
            subprocess.run(["umount", "-l", self.folder], check=False)

    def fill(self, server):
        if self.is_mounted:
            filler = os.open(self.folder / "filler", os.O_WRONLY | os.O_CREAT)
            try:
                while True:
                    os.write(filler, b"\0" * 4096)
            except OSError:
                os.close(filler)
        else:
            largest = max(path.stat().st_size for path in server.data.iterdir())
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (largest + 4096, resource.RLIM_INFINITY))

    def make_room(self, server):
        if self.is_mounted:
            (self.folder / "filler").unlink()
        else:
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def full_disk(noroshi, folder, seed):
    disk = SmallDisk(folder)
    try:
        crash = Crash(noroshi, folder, seed)
        # SIGXFSZ stays ignored, as Python has it: a file too large is an error like a full disk.
        crash.server.start(restore_signals=False)
        for spell in range(3):
            disk.fill(crash.server)
            refused = 0
            for number in range(400):
                wish = Writer(crash, 0, crash.dice.getrandbits(64)).make()
                crash.wished[wish.tag] = wish
                status, answer = crash.server.ask("POST", wish.path, wish.token, wish.body, wish.tag)
                if status == 201:
                    wish.answer = answer
                elif status == 503:
                    refused += 1
                    crash.pending[number % WRITERS].append(wish)
                else:
                    raise Failure(f"on a full disk: {status} {answer}")
                if refused == 20:
                    break
            if refused < 20:
                raise Failure("the disk never ran full")
            crash.check()  # reading goes on
            if spell == 1:  # killed while the disk is full
                crash.server.kill()
                disk.make_room(crash.server) if disk.is_mounted else None
                crash.server.start(restore_signals=False)
            else:
                disk.make_room(crash.server)
            crash.drain()
            crash.check()
        crash.server.stop()
        return f"{len(crash.wished)} entries; {'a small tmpfs' if disk.is_mounted else 'a limit on files'}; {crash.server.verb('verify').strip()}"
    finally:
        disk.close()


# ---- all of it -------------------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--noroshi", type=pathlib.Path, default=pathlib.Path("build/release/noroshi"))
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 32)
    noroshi = arguments.noroshi.resolve()
    postgres = os.environ.get("NOROSHI_TEST_POSTGRES")
    tests = [("kill -9 on SQLite", lambda folder: kill_rounds(noroshi, folder, arguments.rounds, seed, "")),
             ("kill -9 on PostgreSQL", postgres and (lambda folder: kill_rounds(noroshi, folder, arguments.rounds, seed, postgres))),
             ("a full disk", lambda folder: full_disk(noroshi, folder, seed))]
    passed = failed = skipped = 0
    for name, test in tests:
        if not test:
            print(f"{name}: skipped, no PostgreSQL (tools/with_postgres.sh starts one)")
            skipped += 1
            continue
        folder = pathlib.Path(tempfile.mkdtemp(prefix="noroshi-crash-"))
        began = time.monotonic()
        try:
            print(f"{name}: {test(folder)}; {time.monotonic() - began:.0f} s", flush=True)
            passed += 1
            shutil.rmtree(folder, ignore_errors=True)
        except (Failure, AssertionError, subprocess.SubprocessError, OSError, KeyError, TypeError) as failure:
            failed += 1
            print(f"{name}: FAILED: {failure}\nrepeat: tests/crash/crash.py --rounds {arguments.rounds} --seed {seed}; "
                  f"its data: {folder}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
