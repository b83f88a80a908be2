"""What comes in at the centre itself: over UDP, TCP, TLS and by files at full rate, counted end to end, and killed in between."""
import gzip
import hashlib
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest
import urllib.error

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from agent_test import BUILD, ENVIRONMENT, Centre, MemberTest, ask  # noqa: E402



class ReceivingCentre(Centre):
    """Reads where its listeners ended up, too."""

    def __init__(self, folder):
        self.process = subprocess.Popen([BUILD / "noroshi", "demo", "--data", folder, "--listen", "127.0.0.1:0", "--no-browser"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**ENVIRONMENT, "LANG": "C"})
        self.at = {}
        for line in self.process.stdout:
            if "running at http" in line:
                self.url = line.split("running at ")[1].strip()
            if line.startswith("Receiving logs ("):
                name, at = line[len("Receiving logs ("):].split(",")[0], line.rsplit(":", 1)[1]
                self.at[name] = int(at)
            if "Open it" in line:
                break
        else:
            raise AssertionError(f"the centre ended with {self.process.wait()}")
        threading.Thread(target=lambda: [None for _ in self.process.stdout], daemon=True).start()


class ReceptionTest(MemberTest):
    def setUp(self):
        super().setUp()
        self.centre.kill()
        for name in ("server", "member"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                            "-subj", f"/CN={name}", "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem"],
                           check=True, capture_output=True)
        ways = "".join(f'[[watch.receive]]\nname = "{name}"\nway = "{way}"\naddress = "127.0.0.1:0"\n'
                       for name, way in (("udp", "syslog_udp"), ("tcp", "syslog_tcp"), ("flows", "netflow_udp")))
        (self.data / "config.toml").write_text(
            f'[watch]\nfiles = "{self.folder}/drop"\nfiles_quiet_seconds = 0\nlinger_milliseconds = 50\n{ways}'
            f'[[watch.receive]]\nname = "tls"\nway = "syslog_tls"\naddress = "127.0.0.1:0"\n'
            f'tls_certificate = "{self.folder}/server.pem"\ntls_key = "{self.folder}/server.key"\n')
        self.centre = ReceivingCentre(self.data)
        self.sources = {name: ask(self.centre.url, self.keeper, "/api/watch/logs/sources",
                                  {"member": self.member, "name": name, "log_kind": "syslog"})["id"] for name in ("udp", "tcp", "tls", "files")}
        der = ssl.PEM_cert_to_DER_cert((self.folder / "member.pem").read_text())
        self.fingerprint = hashlib.sha256(der).hexdigest()
        self.put("udp", {"listener": "udp", "network": "127.0.0.1"})
        self.put("tcp", {"listener": "tcp", "network": "127.0.0.0/8"})
        self.put("tls", {"certificate_sha256": self.fingerprint.upper()})
        self.put("files", {"files": True})

    def put(self, source, *senders, token=None):
        return ask(self.centre.url, token or self.admin, f"/api/watch/logs/sources/{self.sources[source]}/senders", {"senders": list(senders)}, "PUT")

    def state(self):
        return ask(self.centre.url, self.admin, "/api/watch/logs/reception")

    def counts(self, source):
        return next(one for one in self.state()["sources"] if one["id"] == self.sources[source])

    def until(self, condition, what):
        deadline = time.monotonic() + 60     # of the test, not of what it says
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.05)

    def archived(self, source):
        segments = sorted((self.data / "logs" / self.sources[source]).glob("*.zst"))
        if not segments:
            return []
        return subprocess.run(["zstd", "-dcq", *segments], capture_output=True, text=True, check=True).stdout.splitlines()

    def connect(self, name):
        raw = socket.create_connection(("127.0.0.1", self.centre.at[name]))
        if name != "tls":
            return raw
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(self.folder / "member.pem", self.folder / "member.key")
        return context.wrap_socket(raw)

    def test_every_line_is_counted_over_udp_tcp_tls_and_files(self):
        lines = {name: [f"<13>1 2026-07-04T06:30:00+09:00 host app - - - {name} line {n:06d}" for n in range(100_000)] for name in ("tcp", "tls")}

        def push(name):
            with self.connect(name) as out:
                block = []
                for n, line in enumerate(lines[name]):
                    block.append(f"{len(line)} {line}" if n % 3 == 0 else line + "\n")   # both framings
                    if len(block) == 500:
                        out.sendall("".join(block).encode())
                        block = []

        senders = [threading.Thread(target=push, args=(name,)) for name in lines]
        for sender in senders:
            sender.start()
        sent = 40_000
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for n in range(sent):
                out.sendto(f"<13>Jul  4 06:30:00 fw udp line {n:06d}".encode(), ("127.0.0.1", self.centre.at["udp"]))
        drop = self.folder / "drop" / self.sources["files"]
        text = "".join(f"dropped line {n:05d}\n" for n in range(20_000))
        (drop / "a.log.part").write_text(text)
        (drop / "a.log.part").rename(drop / "a.log")
        (drop / "b.gz.part").write_bytes(gzip.compress(b"packed line\n"))
        (drop / "b.gz.part").rename(drop / "b.log.gz")
        for sender in senders:
            sender.join()
        for name, expected in lines.items():
            self.until(lambda name=name, n=len(expected): self.counts(name)["accepted"] == n, f"{name} was not accepted: {self.counts(name)}")
            self.assertEqual(self.archived(name), expected)
        # Over UDP every datagram is archived, or counted as dropped by us or by the kernel.

        def udp_is_settled():
            udp = self.counts("udp")
            kernel = next(one for one in self.state()["listeners"] if one["name"] == "udp")["dropped_by_kernel"]
            return udp["waiting"] == 0 and udp["accepted"] + udp["dropped"] + kernel == sent
        self.until(udp_is_settled, f"datagrams are missing: {self.state()}")
        got = self.archived("udp")
        self.assertEqual(len(got), self.counts("udp")["accepted"])
        self.assertEqual(len(set(got)), len(got))
        self.until(lambda: self.counts("files")["files"] == 2, f"files were not taken: {self.counts('files')}")
        self.assertEqual(sorted(self.archived("files")), sorted(text.splitlines() + ["packed line"]))
        self.assertEqual(list(drop.iterdir()), [])

    def test_what_was_accepted_is_there_after_a_kill_and_files_are_taken_once(self):
        drop = self.folder / "drop" / self.sources["files"]
        expected = []
        sent = accepted = 0
        for turn in range(4):
            text = [f"file {turn} line {n:05d} of some length, so that it takes a while" for n in range(60_000)]
            expected += text
            (drop / f"{turn}.part").write_text("\n".join(text) + "\n")
            (drop / f"{turn}.part").rename(drop / f"{turn}.log")
            before = len(self.archived("tcp"))
            with self.connect("tcp") as out:
                for n in range(20_000):
                    out.sendall(f"<13>tcp line {sent:06d}\n".encode())
                    sent += 1
                    if n == 10_000:
                        accepted = self.counts("tcp")["accepted"]
            self.centre.kill()
            got = self.archived("tcp")
            self.assertGreaterEqual(len(got) - before, accepted, "accepted, and gone")
            self.centre = ReceivingCentre(self.data)
        self.until(lambda: not any(drop.iterdir()), f"files were not taken: {[one.name for one in drop.iterdir()]}")
        self.until(lambda: self.counts("files")["waiting"] == 0, "lines wait")
        self.assertTrue(sorted(self.archived("files")) == sorted(expected), "lines of files are lost or doubled")
        got = self.archived("tcp")
        self.assertEqual(len(set(got)), len(got), "a line is there twice")
        self.assertEqual(got, sorted(got))

    def test_whose_a_line_is_says_the_port_manager_and_nobody_elses_is_kept(self):
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.put("tcp", {"network": "192.0.2.0/24"}, token=self.keeper)
        self.assertEqual(refused.exception.code, 403)
        refused.exception.close()
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.put("tls", {"listener": "tcp", "network": "127.9.9.9/8"})
        self.assertEqual((refused.exception.code, json.load(refused.exception)["key"]), (409, "watch.logs.sender_taken"))
        refused.exception.close()
        # An agent may not number what the centre numbers.
        (self.folder / "x.log").write_text("x\n")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            ask(self.centre.url, self.keeper, f"/api/watch/logs/sources/{self.sources['tcp']}/lines?first=0", ["x"])
        self.assertEqual((refused.exception.code, json.load(refused.exception)["key"]), (409, "watch.logs.received_here"))
        refused.exception.close()
        # TLS without a certificate that anybody named.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with context.wrap_socket(socket.create_connection(("127.0.0.1", self.centre.at["tls"]))) as out:
            out.sendall(b"<13>whose is this\n")
            self.until(lambda: any(one["listener"] == "tls" for one in self.state()["strangers"]), "nobody noticed")
        ask(self.centre.url, self.keeper, f"/api/watch/logs/agreements/{self.member}/withdraw", {"reason": "試験終了"})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(b"<13>after the end", ("127.0.0.1", self.centre.at["udp"]))
        self.until(lambda: any(one["listener"] == "udp" for one in self.state()["strangers"]), "nobody noticed")
        self.assertEqual(self.archived("udp"), [])


if __name__ == "__main__":
    unittest.main()
