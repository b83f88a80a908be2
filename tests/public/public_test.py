"""The public page of the finished binary: while the database is down, on other hosts, and by mail."""
import email
import email.policy
import hashlib
import hmac
import http.client
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOROSHI = pathlib.Path(os.environ.get("NOROSHI_BUILD", ROOT / "build/release")) / "noroshi"
NOTICES = "/api/respond/notices/notices"


def until(what, question, patience=60):
    """Asks again until it is so."""
    last, reason = time.monotonic() + patience, ""
    while time.monotonic() < last:
        try:
            if answer := question():
                return answer
        except (OSError, http.client.HTTPException) as error:
            reason = error
        time.sleep(0.05)
    raise AssertionError(f"waited in vain: {what} {reason}")


class Port:
    """`noroshi serve` with two people who may publish; kept in a folder, so that it can be stopped and started."""

    def __init__(self, folder, config="", store=""):
        self.data = pathlib.Path(folder) / "port"
        self.data.mkdir()
        self.config = pathlib.Path(folder) / "config.toml"
        self.config.write_text((f'store = "{store}"\n' if store else "") + config)
        self.said = []   # lines of the log
        self.start()
        self.tokens = {}
        for login in ("writer", "reader"):
            self.verb("user", "add", "--login", login, "--name", f"港 {login}", "--organisation", "北港管理組合",
                      "--role", "duty_officer", "--role", "leader")
            self.tokens[login] = self.verb("token", "create", "--login", login).strip()

    def verb(self, *words):
        done = subprocess.run([NOROSHI, *words, "--data", self.data, "--config", self.config], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self):
        with open(self.data.parent / "serve.log", "ab") as log:
            self.process = subprocess.Popen([NOROSHI, "serve", "--data", self.data, "--config", self.config, "--listen", "127.0.0.1:0"],
                                            stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, text=True)
        self.url = self.public = None
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                if "public" in line:
                    self.public = found[0]
                else:
                    self.url = found[0]
            if self.url and self.public:
                break
        else:
            raise AssertionError((self.data.parent / "serve.log").read_text())
        threading.Thread(target=lambda: self.said.extend(self.process.stdout), daemon=True).start()
        until("the server is healthy", lambda: urllib.request.urlopen(self.url + "/healthz").status == 200)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.process.stdout.close()

    def ask(self, login, method, path, body=None, match=None):
        headers = {"Authorization": "Bearer " + self.tokens[login], "Content-Type": "application/json"}
        if match is not None:
            headers["If-Match"] = f'"{match}"'
        request = urllib.request.Request(self.url + path, method=method, headers=headers,
                                         data=json.dumps(body).encode() if body is not None else None)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def page(self, path="/ja.html"):
        with urllib.request.urlopen(self.public + path) as answer:
            return answer.read().decode()

    def publish(self, title, notice=None, **more):
        body = {"texts": {"ja": {"title": title, "body": "搬出入を止めています。"}}, **more}
        if notice is None:
            status, drafted = self.ask("writer", "POST", NOTICES, body)
            assert status == 201, drafted
            notice, version = drafted["id"], 1
        else:
            version = self.ask("writer", "GET", f"{NOTICES}/{notice}")[1]["version"]
            status, drafted = self.ask("writer", "PUT", f"{NOTICES}/{notice}/draft", body, version)
            assert status == 200, drafted
            version = drafted["version"]
        status, approved = self.ask("reader", "POST", f"{NOTICES}/{notice}/approve", {}, version)
        assert status == 200, approved
        return notice


class Database:
    """A PostgreSQL that can be stopped for real."""

    def __init__(self):
        self.process = subprocess.Popen([ROOT / "tools/with_postgres.sh", "bash", "-c", 'echo "$NOROSHI_TEST_POSTGRES"; cat >/dev/null'],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.store = self.process.stdout.readline().strip()
        assert self.store, "PostgreSQL does not start"

    def stop(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


class Store(http.server.ThreadingHTTPServer):
    """An object store that believes nothing: each PUT's signature is worked out again (AWS Signature Version 4)."""
    key, secret, region = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", "ap-northeast-1"

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Put)
        self.objects, self.refused, self.failing = {}, [], 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def signature_of(self, put, body):
        given = dict(re.findall(r"(\w+)=([^, ]+)", put.headers["Authorization"]))
        _, date, region, service, _ = given["Credential"].split("/")
        names = given["SignedHeaders"].split(";")
        assert {"host", "x-amz-content-sha256", "x-amz-date"} <= set(names), names
        path, _, query = put.path.partition("?")
        canonical = "\n".join([put.command, urllib.parse.quote(urllib.parse.unquote(path)), query,
                               *(f"{name}:{' '.join(put.headers[name].split())}" for name in names), "", ";".join(names),
                               hashlib.sha256(body).hexdigest()])
        scope = f"{date}/{region}/{service}/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", put.headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret).encode()
        for part in (date, self.region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        right = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return given["Signature"] == right and region == self.region and put.headers["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()


class Put(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        store = self.server
        if store.failing:
            store.failing -= 1
            status = 503
        elif store.signature_of(self, body):
            store.objects[self.path] = (self.headers["Content-Type"], body)
            status = 200
        else:
            store.refused.append(self.path)
            status = 403
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Letters:
    """aiosmtpd of Debian, delivering to a Maildir."""

    def __init__(self, folder):
        self.maildir = pathlib.Path(folder) / "mail"
        for _ in range(5):   # somebody may take the port first
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
            self.process = subprocess.Popen(["/usr/bin/aiosmtpd", "-n", "-l", f"127.0.0.1:{self.port}", "-c",
                                             "aiosmtpd.handlers.Mailbox", self.maildir], stderr=subprocess.DEVNULL)
            try:
                until("the mail server listens", lambda: self.process.poll() is not None or socket.create_connection(
                    ("127.0.0.1", self.port)).close() is None)
            except AssertionError:
                continue
            if self.process.poll() is None:
                return
        raise AssertionError("the mail server does not start")

    def all(self):
        mails = []
        for path in sorted((self.maildir / "new").glob("*"), key=lambda one: one.stat().st_mtime_ns) if self.maildir.exists() else []:
            mails.append(email.message_from_bytes(path.read_bytes(), policy=email.policy.default))
        return mails

    def stop(self):
        self.process.terminate()
        self.process.wait()


class PublicTest(unittest.TestCase):
    def setUp(self):
        kept = tempfile.TemporaryDirectory(prefix="noroshi-public-")
        self.addCleanup(kept.cleanup)
        self.folder = kept.name

    def port(self, config="", store=""):
        port = Port(self.folder, config, store)
        self.addCleanup(lambda: port.process.poll() is None and port.stop())
        return port

    def test_the_page_is_served_while_the_database_is_stopped(self):
        # Wrong: the public's page is away at the moment when it is needed, because a database is.
        database = Database()
        self.addCleanup(lambda: database.process.poll() is None and database.stop())
        port = self.port(store=database.store)
        port.publish("北ふ頭のTOSが停止")
        before = {path: port.page(path) for path in ("/ja.html", "/en.html", "/feed.atom", "/alerts.cap", "/status.json")}
        self.assertIn("北ふ頭のTOSが停止", before["/ja.html"])
        database.stop()
        status, refused = port.ask("writer", "POST", NOTICES, {"texts": {"ja": {"title": "南", "body": "…"}}})
        self.assertEqual(status, 503, refused)   # the database is really away
        for _ in range(20):
            for path, text in before.items():
                now = port.page(path)
                self.assertIn("北ふ頭のTOSが停止", now, path)
                self.assertEqual(len(now.splitlines()), len(text.splitlines()), path)

    def test_a_copy_reaches_another_host_by_sftp(self):
        # Wrong: the copy on the other host is half of one edition and half of the next, or trusts any host.
        folder = pathlib.Path(self.folder) / "sftp"
        (folder / "root/www").mkdir(parents=True)
        for name in ("host_key", "client_key", "other_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        (folder / "authorized_keys").write_text((folder / "client_key.pub").read_text())
        server = subprocess.Popen(["/usr/bin/python3", pathlib.Path(__file__).with_name("sftp_server.py"), folder],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(lambda: (server.terminate(), server.wait(), server.stdout.close()))
        number = int(server.stdout.readline())
        known = folder / "known_hosts"
        line = "[127.0.0.1]:%d %s\n"
        known.write_text(line % (number, " ".join((folder / "other_key.pub").read_text().split()[:2])))
        port = self.port(f'[[public.push]]\nurl = "sftp://127.0.0.1:{number}/www"\nuser = "port"\n'
                         f'key_file = "{folder}/client_key"\nknown_hosts = "{known}"\n')
        port.publish("第一報")
        until("another host's key is refused", lambda: any("sftp://127.0.0.1" in line for line in port.said))
        self.assertEqual(list((folder / "root/www").iterdir()), [])
        known.write_text(line % (number, " ".join((folder / "host_key.pub").read_text().split()[:2])))
        notice = port.publish("第二の障害")
        there = folder / "root/www/ja.html"
        until("the page is there", lambda: there.exists() and "第二の障害" in there.read_text())
        port.publish("第二の障害、復旧", notice, phase="resolved")
        until("the next edition replaces it", lambda: there.exists() and "第二の障害、復旧" in there.read_text())
        for name in ("en.html", "feed.atom", "alerts.cap", "status.json", "style.css"):
            self.assertTrue((folder / "root/www" / name).stat().st_size, name)
        self.assertIn("copied_at", json.loads((folder / "root/www/status.json").read_text()))
        self.assertEqual([one.name for one in (folder / "root/www").rglob("*.new")], [])

    def test_a_copy_reaches_an_object_store(self):
        # Wrong: one refused file ends the copying for good; a wrong signature is noticed by nobody.
        store = Store()
        self.addCleanup(lambda: (store.shutdown(), store.server_close()))
        secret = pathlib.Path(self.folder) / "secret"
        secret.write_text(Store.secret + "\n")
        secret.chmod(0o600)
        store.failing = 1
        port = self.port(f'[[public.push]]\nurl = "s3+http://127.0.0.1:{store.server_address[1]}/port"\nuser = "{Store.key}"\n'
                         f'password_file = "{secret}"\nregion = "{Store.region}"\n')
        port.publish("第一報")
        until("a store that is too busy is told of", lambda: any("503" in line for line in port.said))
        # Nobody publishes again: it is tried again by itself.
        page = until("the page is there", lambda: store.objects.get("/port/ja.html", (0, b""))[1].count("第一報".encode()) and
                     store.objects["/port/ja.html"])
        self.assertTrue(page[0].startswith("text/html"), page[0])
        self.assertEqual(store.refused, [])
        self.assertLessEqual({"/port/en.html", "/port/feed.atom", "/port/alerts.cap", "/port/status.json"}, set(store.objects))

    def test_letters_are_sent_on_update_and_end_once(self):
        # Wrong: mail for the first word only, none when it changes or ends; or the same edition twice after a restart.
        letters = Letters(self.folder)
        self.addCleanup(letters.stop)
        port = self.port(f'[mail]\nfrom = "noroshi@port.example"\n[[mail.relay]]\nurl = "smtp://127.0.0.1:{letters.port}"\n'
                         'starttls = "never"\n')

        def post(path, fields):
            return urllib.request.urlopen(urllib.request.Request(port.public + path, urllib.parse.urlencode(fields).encode()))

        with post("/subscribe", {"email": "haulier@trucks.example", "language": "ja"}) as answer:
            self.assertIn("done=sent", answer.url)
        first = until("the letter that asks", letters.all)[0]
        link = re.search(r"/confirm/\S+", first.get_body(("plain",)).get_content())[0]
        port.publish("まだ購読していない")   # unconfirmed: nothing is sent
        with post(link, {}) as answer:
            self.assertIn("done=confirmed", answer.url)
        notice = port.publish("北ふ頭のTOSが停止")
        until("the first word", lambda: len(letters.all()) == 2)
        port.stop()
        port.start()
        port.publish("北ふ頭のTOSが停止（再開は午後）", notice)
        until("the update", lambda: len(letters.all()) == 3)
        port.publish("北ふ頭のTOSは復旧", notice, phase="resolved")
        mails = until("the end", lambda: len(letters.all()) == 4 and letters.all())
        self.assertEqual(len({mail["Message-ID"] for mail in mails}), 4)
        for mail, words in zip(mails[1:], ("北ふ頭のTOSが停止", "再開は午後", "復旧")):
            self.assertEqual(mail["To"], "haulier@trucks.example")
            self.assertIn(words, mail["Subject"] + mail.get_body(("plain",)).get_content())
            self.assertEqual(mail["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        leave = urllib.parse.urlsplit(mails[-1]["List-Unsubscribe"].split("<http")[1].join(["http", ""]).split(">")[0])
        with post(leave.path, {"List-Unsubscribe": "One-Click"}) as answer:
            self.assertEqual(answer.status, 200)
        with post(leave.path, {"List-Unsubscribe": "One-Click"}) as answer:   # a second click of a mail program
            self.assertEqual(answer.status, 200)
        port.publish("南ふ頭も停止")
        with post("/subscribe", {"email": "other@trucks.example", "language": "en"}) as answer:
            self.assertIn("done=sent", answer.url)
        until("a later letter", lambda: [mail for mail in letters.all() if mail["To"] == "other@trucks.example"])
        self.assertEqual(len([mail for mail in letters.all() if mail["To"] == "haulier@trucks.example"]), 4)


if __name__ == "__main__":
    unittest.main()
