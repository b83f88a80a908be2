#!/usr/bin/env python3
"""Checks an export of Noroshi with nothing but Python: an auditor need not trust our program.

    tools/verify_export.py FOLDER        (what `noroshi export` wrote)
    tools/verify_export.py FACTS.jsonl   (the facts alone)

Sums of the files, the chain of facts (docs/formats/journal.md), the versions of the streams, the
names of the attachments. Prints the number of facts and the head, or the first thing that is wrong,
and exits with 1.
"""
import datetime
import hashlib
import json
import os
import sys

FIELDS = ("sequence stream stream_version kind schema body actor event_time entry_time exercise "
          "visibility previous").split()
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class Broken(Exception):
    pass


def microseconds(text):
    """RFC 3339 to microseconds since 1970 UTC, exactly."""
    if text.endswith("Z"):
        text = text[:-1] + "+00:00"
    return (datetime.datetime.fromisoformat(text) - EPOCH) // datetime.timedelta(microseconds=1)


def canonical_bytes(fact):
    out = [b"noroshi fact 1\n"]
    for name in FIELDS:
        value = fact[name]
        if name in ("event_time", "entry_time"):
            value = microseconds(value)
        value = str(value).encode("utf-8")
        out.append(b"%d:%s\n" % (len(value), value))
    return b"".join(out)


def check_facts(path):
    sequence, previous, versions = 0, "0" * 64, {}
    emptied, disposed = {}, {}
    with open(path, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            try:
                fact = json.loads(line)
                if sorted(fact) != sorted(FIELDS + ["hash"]):
                    raise Broken(f"fact {sequence + 1}: fields are missing or added")
                stream = fact["stream"]
                found = hashlib.sha256(canonical_bytes(fact)).hexdigest()
            except (ValueError, KeyError, TypeError) as error:
                raise Broken(f"fact {sequence + 1}: cannot be read ({error})") from error
            if fact["sequence"] != sequence + 1:
                raise Broken(f"fact {sequence + 1} is missing; {fact['sequence']} follows")
            if fact["previous"] != previous:
                raise Broken(f"fact {sequence + 1} does not follow the one before")
            if fact["body"] == "":
                emptied[fact["sequence"]] = fact["hash"]
            elif found != fact["hash"]:
                raise Broken(f"fact {sequence + 1} was changed")
            if fact["stream_version"] != versions.get(stream, 0) + 1:
                raise Broken(f"fact {sequence + 1}: version {fact['stream_version']} of {stream} "
                             f"after {versions.get(stream, 0)}")
            if fact["kind"] == "kernel.journal.records_disposed" and fact["body"]:
                body = json.loads(fact["body"])
                disposed.update(zip(body["sequences"], body["hashes"]))
            versions[stream] = fact["stream_version"]
            sequence, previous = fact["sequence"], fact["hash"]
    # docs/formats/records.md: a body is missing only where the chain itself says that it was disposed of.
    for number, found in emptied.items():
        if disposed.get(number) != found:
            raise Broken(f"fact {number} has no body, and no record of disposal names it")
    return sequence, previous


def sum_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def check_sums(folder):
    named = set()
    with open(os.path.join(folder, "SHA256SUMS"), encoding="utf-8") as lines:
        for line in lines:
            wanted, name = line.rstrip("\n").split("  ", 1)
            path = os.path.join(folder, name)
            if not os.path.isfile(path):
                raise Broken(f"{name} is missing")
            if sum_of(path) != wanted:
                raise Broken(f"{name} was changed")
            if name.startswith("blobs/") and name != "blobs/" + wanted:
                raise Broken(f"{name} does not have the name of its content")
            named.add(name)
    for base, _, files in os.walk(folder):
        for file in files:
            name = os.path.relpath(os.path.join(base, file), folder)
            if name != "SHA256SUMS" and name not in named:
                raise Broken(f"{name} was added")


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    path = arguments[0]
    try:
        if os.path.isdir(path):
            check_sums(path)
            path = os.path.join(path, "facts.jsonl")
        facts, head = check_facts(path)
    except (Broken, OSError) as error:
        print(f"verify_export: {error}", file=sys.stderr)
        return 1
    print(f"{facts} facts, head {head}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
