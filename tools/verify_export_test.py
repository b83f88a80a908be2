"""If these failed, an auditor's own check would pass a forged journal, or refuse a true one."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(HERE, "../tests/corpus/journal-v1")
sys.path.insert(0, HERE)
import open_sealed  # noqa: E402
import verify_export  # noqa: E402


def lines():
    with open(os.path.join(CORPUS, "facts.jsonl"), encoding="utf-8") as file:
        return file.read().splitlines()


class VerifyExport(unittest.TestCase):
    def verify(self, changed):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl") as file:
            file.write("".join(line + "\n" for line in changed))
            file.flush()
            return verify_export.check_facts(file.name)

    def test_the_corpus_is_whole(self):
        self.assertEqual(self.verify(lines())[0], 11)

    def test_every_change_of_every_field_is_noticed(self):
        whole = lines()
        for at, line in enumerate(whole):
            for name, value in json.loads(line).items():
                fact = json.loads(line)
                if name.endswith("_time"):
                    fact[name] = "2020-01-01T00:00:00Z"
                elif isinstance(value, int):
                    fact[name] = value + 1
                elif name in ("previous", "hash"):
                    fact[name] = "f" + value[1:] if value[0] != "f" else "e" + value[1:]
                else:
                    fact[name] = value + " "
                changed = whole[:at] + [json.dumps(fact)] + whole[at + 1:]
                with self.assertRaises(verify_export.Broken, msg=f"fact {at + 1}, {name}"):
                    self.verify(changed)

    def test_a_line_removed_doubled_or_swapped_is_noticed(self):
        whole = lines()
        for at in range(len(whole) - 1):
            for changed in (whole[:at] + whole[at + 1:], whole[:at] + [whole[at]] + whole[at:],
                            whole[:at] + [whole[at + 1], whole[at]] + whole[at + 2:]):
                with self.assertRaises(verify_export.Broken):
                    self.verify(changed)

    def test_files_changed_missing_or_added_are_noticed(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(os.path.join(CORPUS, "facts.jsonl"), folder)
            path = os.path.join(folder, "facts.jsonl")
            with open(os.path.join(folder, "SHA256SUMS"), "w", encoding="utf-8") as sums:
                sums.write(verify_export.sum_of(path) + "  facts.jsonl\n")
            verify_export.check_sums(folder)
            with open(os.path.join(folder, "more"), "w", encoding="utf-8") as more:
                more.write("?")
            with self.assertRaises(verify_export.Broken):
                verify_export.check_sums(folder)
            os.remove(os.path.join(folder, "more"))
            os.remove(path)
            with self.assertRaises(verify_export.Broken):
                verify_export.check_sums(folder)


class OpenSealed(unittest.TestCase):
    def test_the_example_of_the_specification(self):
        sealed = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXMpqrUDlG4PE2YAo74UvmjZdBm-YOK7bZLwc"
        key = bytes(range(32))
        plain = open_sealed.open_sealed(key, open_sealed.from_base64url(sealed), b"p1")
        self.assertEqual(plain.decode(), "森 香織")
        self.assertIsNone(open_sealed.open_sealed(key, open_sealed.from_base64url(sealed), b"p2"))

    def test_names_of_the_corpus_come_out_and_erased_ones_do_not(self):
        done = subprocess.run([sys.executable, os.path.join(HERE, "open_sealed.py"), CORPUS],
                              capture_output=True, check=True, encoding="utf-8")
        names = [json.loads(line)["body"].get("name") for line in done.stdout.splitlines()]
        self.assertEqual(names[:2], ["森 香織", None])


if __name__ == "__main__":
    unittest.main()
