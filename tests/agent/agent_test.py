"""A member's agent and the centre, as finished binaries: killed and cut off while lines are written, and counted."""
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("NOROSHI_BUILD", ROOT / "build/release"))
ENVIRONMENT = {**os.environ, "LANG": "C.UTF-8"}


class Centre:
    def __init__(self, folder, listen="127.0.0.1:0"):
        self.process = subprocess.Popen([BUILD / "noroshi", "demo", "--data", folder, "--listen", listen, "--no-browser"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT)
        for line in self.process.stdout:
            found = re.search(r"running at (http://127\.0\.0\.1:(\d+))", line)
            if found:
                self.url, self.port = found[1], found[2]
                break
        else:
            raise AssertionError(f"the centre ended with {self.process.wait()}")
        threading.Thread(target=lambda: [None for _ in self.process.stdout], daemon=True).start()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def noroshi(*words):
    return subprocess.run([BUILD / "noroshi", *words], check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout


def ask(url, token, path, body=None, method=None):
    request = urllib.request.Request(url + path, method=method or ("GET" if body is None else "POST"),
                                     data=None if body is None else json.dumps(body).encode(),
                                     headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class MemberTest(unittest.TestCase):
    """A centre, and a member with an agreement, a source and a token."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="noroshi-agent-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.data = self.folder / "data"
        self.centre = Centre(self.data)
        self.addCleanup(lambda: self.centre.kill() if self.centre.process.poll() is None else None)
        # A member of its own, so that nothing depends on the demo's people.
        noroshi("user", "add", "--data", self.data, "--login", "log.keeper", "--organisation", "ログ試験ターミナル",
                "--kind", "terminal_operator", "--role", "security_person")
        self.keeper = noroshi("token", "create", "--data", self.data, "--login", "log.keeper", "--scope", "watch.logs").strip()
        noroshi("user", "add", "--data", self.data, "--login", "log.admin", "--organisation", "ログ試験港湾管理者",
                "--kind", "port_manager", "--role", "administrator")
        self.admin = noroshi("token", "create", "--data", self.data, "--login", "log.admin").strip()
        organisations = ask(self.centre.url, self.admin, "/api/prepare/council/organisations")["items"]
        self.member = next(o["id"] for o in organisations if o["name"] == "ログ試験ターミナル")
        ask(self.centre.url, self.admin, f"/api/watch/logs/agreements/{self.member}",
            {"kinds": ["syslog"], "retention_days": 30, "may_look": [], "reference": "覚書 第1号"}, "PUT")
        self.source = ask(self.centre.url, self.keeper, "/api/watch/logs/sources",
                          {"member": self.member, "name": "ゲート", "log_kind": "syslog"})["id"]
        (self.folder / "token").write_text(self.keeper + "\n")


class AgentTest(MemberTest):
    def write_config(self):
        path = self.folder / "agent.toml"
        path.write_text(f'server = "{self.centre.url}"\ntoken_file = "{self.folder}/token"\nspool = "{self.folder}/spool"\n'
                        f'[[source]]\nid = "{self.source}"\nfiles = ["{self.folder}/*.log"]\n')
        return path

    def found(self, query, limit=5000):
        return json.loads(noroshi("logs", "search", query, "--data", self.data, "--json", "--limit", str(limit)))

    def test_every_line_is_there_once_after_kills_on_both_sides(self):
        dice = random.Random(11)
        config = self.write_config()
        written = 0
        for turn in range(8):
            agent = subprocess.Popen([BUILD / "noroshi-agent", "--config", config], stderr=subprocess.DEVNULL, env=ENVIRONMENT)
            with open(self.folder / "gate.log", "a") as log:
                for _ in range(dice.randrange(50, 400)):
                    log.write(f"2026-07-04T06:30:00+09:00 gate line {written:06d} end\n")
                    log.flush()
                    written += 1
            if turn % 3 == 1:   # the centre dies in the middle, and comes back on its address
                self.centre.kill()
                self.centre = Centre(self.data, f"127.0.0.1:{self.centre.port}")
            if turn % 2 == 1:
                (self.folder / "gate.log").rename(self.folder / f"gate.{turn}.log")
            agent.kill()
            agent.wait()
        done = subprocess.run([BUILD / "noroshi-agent", "--config", config, "--once"], capture_output=True, text=True,
                              env=ENVIRONMENT)
        self.assertEqual(done.returncode, 0, done.stderr)
        # The demo's own members share logs too.
        lines = [line["text"] for line in self.found("gate")["items"] if " gate line " in line["text"]]
        self.assertEqual(len(lines), written)
        self.assertEqual(sorted(lines), [f"2026-07-04T06:30:00+09:00 gate line {n:06d} end" for n in range(written)])
        state = ask(self.centre.url, self.keeper, f"/api/watch/logs/sources/{self.source}")
        self.assertEqual((state["next_line"], state["missing"]), (written, 0))
        # Any tool reads what is kept.
        segments = sorted((self.data / "logs" / self.source).glob("*.zst"))
        plain = subprocess.run(["zstd", "-dcq", *segments], capture_output=True, text=True, check=True).stdout
        self.assertEqual(plain.count("\n"), written)

    def test_who_is_not_named_by_the_agreement_learns_nothing_and_a_withdrawal_leaves_nothing(self):
        post = urllib.request.Request(f"{self.centre.url}/api/watch/logs/sources/{self.source}/lines?first=0", method="POST",
                                      data="<13>Jul  4 06:30:00 fw DENY 192.0.2.77\n".encode(),
                                      headers={"Authorization": "Bearer " + self.keeper, "Content-Type": "text/plain"})
        with urllib.request.urlopen(post) as answer:
            self.assertEqual(json.load(answer), {"next_line": 1})
        mine = ask(self.centre.url, self.keeper, "/api/watch/logs/search?q=deny+192.0.2.77")
        self.assertEqual([line["text"] for line in mine["items"]], ["<13>Jul  4 06:30:00 fw DENY 192.0.2.77"])
        self.assertEqual(ask(self.centre.url, self.admin, "/api/watch/logs/search?q=deny")["items"], [])
        self.assertEqual(ask(self.centre.url, self.admin, "/api/watch/logs/sources")["items"], [])
        with self.assertRaises(urllib.error.HTTPError) as refused:
            ask(self.centre.url, self.admin, f"/api/watch/logs/sources/{self.source}")
        self.assertEqual(refused.exception.code, 404)
        refused.exception.close()
        # The same lines again are passed over; a gap is refused and names what is expected.
        with urllib.request.urlopen(post) as answer:
            self.assertEqual(json.load(answer), {"next_line": 1})
        gap = urllib.request.Request(post.full_url.replace("first=0", "first=9"), method="POST", data=b"x\n", headers=dict(post.headers))
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(gap)
        self.assertEqual((refused.exception.code, json.load(refused.exception)["key"]), (409, "edge.archive.gap"))
        ask(self.centre.url, self.keeper, f"/api/watch/logs/agreements/{self.member}/withdraw", {"reason": "試験終了"})
        self.assertEqual(self.found("deny")["items"], [])
        self.assertEqual(list((self.data / "logs" / self.source).glob("*.zst")), [])
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(post)
        self.assertEqual(refused.exception.code, 409)
        refused.exception.close()


if __name__ == "__main__":
    unittest.main()
