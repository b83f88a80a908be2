#!/usr/bin/env python3
"""Made this corpus, once, on 2026-11-23. Not part of any build: the files it wrote are the corpus.

It shares no code with the C++ that reads them, so that a mistake would have to be made twice.
"""
import hashlib
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../../tools"))
from open_sealed import seal, to_base64url  # noqa: E402
from verify_export import canonical_bytes  # noqa: E402

KEYS = {"0h3k5m7p9r1t3v5x7z9b1d3f5h": bytes(range(32)),
        "erased0000000000000000000x": bytes(range(100, 132))}
MORI, GONE = KEYS
nonces = 0


def personal(of, text):
    global nonces
    nonces += 1
    nonce = hashlib.sha256(b"nonce %d" % nonces).digest()[:24]
    return {"of": of, "sealed": to_base64url(seal(KEYS[of], nonce, text.encode(), of.encode()))}


def text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


GREEN = '{"tlp":"TLP:GREEN"}'
AMBER = '{"tlp":"TLP:AMBER","organisations":["名古屋港運協会","警察"]}'
RED = '{"tlp":"TLP:RED","people":["%s"]}' % MORI
STRICT = '{"tlp":"TLP:AMBER+STRICT","organisations":["a","b"],"people":["c"]}'
INCIDENT = "corpus/incident/1"
# stream, kind, schema, body, actor, event time, entry time, exercise, visibility
FACTS = [
    ("corpus/people/1", "corpus.people.registered", 1, text({"person": MORI, "name": personal(MORI, "森 香織")}),
     "system", "2026-07-03T20:59:59.999999Z", "2026-07-03T21:00:00Z", "", RED),
    ("corpus/people/2", "corpus.people.registered", 1, text({"person": GONE, "name": personal(GONE, "髙𠮷 髙")}),
     "system", "2026-07-03T21:00:00Z", "2026-07-03T21:00:00.000001Z", "", RED),
    (INCIDENT, "corpus.incident.opened", 1, text({"title": "ゲート停止", "effects": ["freight", "ship_movement"]}),
     MORI, "2026-07-03T21:30:00Z", "2026-07-03T21:34:12.345678Z", "", AMBER),
    (INCIDENT, "corpus.incident.entry_added", 2,
     text({"number": 1, "content": "警察に通報した。\n\"折返し待ち\"\t\\ / €", "sender": personal(MORI, "森"),
           "receiver": personal(GONE, "髙𠮷")}), MORI, "2026-07-03T21:40:00Z", "2026-07-03T21:40:07.500Z", "", AMBER),
    # Bytes as they are: other escapes, other spaces, no order of names, a number beyond double.
    (INCIDENT, "corpus.incident.entry_added", 2,
     '{ "content" : "\\u8b66\\u5bdf\\/\\ud842\\udfb7", "number":9007199254740993, "x":1.0e0, "x2":[ ] }',
     MORI, "1969-12-31T23:59:59.999999Z", "2026-07-03T21:41:00Z", "", STRICT),
    ("corpus/exercise/1", "corpus.exercise.started", 1, text({"title": "名古屋 2023 の再現", "speed": 600.0}),
     MORI, "2026-07-03T22:00:00Z", "2026-07-03T22:00:00Z", "exercise-1", GREEN),
    ("corpus/incident/2", "corpus.incident.opened", 1, text({"title": "【訓練】ゲート停止", "effects": []}),
     MORI, "2023-07-03T21:30:00Z", "2026-07-03T22:00:01Z", "exercise-1", GREEN),
    ("corpus/incident/2", "corpus.incident.entry_added", 2, text({"number": 1, "content": "訓練 " * 500}),
     MORI, "2023-07-03T21:31:00Z", "2026-07-03T22:00:02Z", "exercise-1", '{"tlp":"TLP:CLEAR"}'),
    ("corpus/people/2", "corpus.people.erased", 1, text({"person": GONE}), "system",
     "2026-07-04T00:00:00Z", "2026-07-04T00:00:00Z", "", RED),
    (INCIDENT, "corpus.incident.entry_added", 4294967295, "{}", "system",
     "9999-12-31T23:59:59Z", "2026-07-04T00:00:01Z", "", AMBER),
    (INCIDENT, "corpus.incident.closed", 1, text({"note": ""}), MORI,
     "2026-07-06T09:15:00Z", "2026-07-06T09:16:30.250Z", "", AMBER),
]

previous, versions = "0" * 64, {}
with open(os.path.join(HERE, "facts.jsonl"), "w", encoding="utf-8", newline="\n") as out:
    for sequence, (stream, kind, schema, body, actor, event, entry, exercise, visibility) in enumerate(FACTS, 1):
        versions[stream] = versions.get(stream, 0) + 1
        fact = {"sequence": sequence, "stream": stream, "stream_version": versions[stream], "kind": kind,
                "schema": schema, "body": body, "actor": actor, "event_time": event, "entry_time": entry,
                "exercise": exercise, "visibility": visibility, "previous": previous}
        fact["hash"] = previous = hashlib.sha256(canonical_bytes(fact)).hexdigest()
        out.write(text(fact) + "\n")
with open(os.path.join(HERE, "person_keys.jsonl"), "w", encoding="utf-8", newline="\n") as out:
    # The second person was erased: the key is gone, the facts stay.
    out.write(text({"person": MORI, "key": KEYS[MORI].hex()}) + "\n")
