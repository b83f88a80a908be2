#!/usr/bin/env python3
"""Opens the personal data of an export with nothing but Python (docs/formats/sealing.md).

    tools/open_sealed.py FOLDER

prints facts.jsonl with every {"of": …, "sealed": …} replaced by its text, or by null where the key
is gone. FOLDER holds facts.jsonl and person_keys.jsonl.
"""
import base64
import json
import os
import struct
import sys


def _rounds(state):
    s = list(state)

    def quarter(a, b, c, d):
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & 0xFFFFFFFF
            mixed = s[z] ^ s[x]
            s[z] = ((mixed << turn) | (mixed >> (32 - turn))) & 0xFFFFFFFF

    for _ in range(10):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for a, b, c, d in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(a, b, c, d)
    return s


def _state(key, rest):
    return struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key) + struct.unpack("<4I", rest)


def _hchacha20(key, nonce):
    s = _rounds(_state(key, nonce))
    return struct.pack("<8I", *(s[:4] + s[12:]))


def _chacha20(key, counter, nonce, data):
    out = bytearray()
    for start in range(0, len(data), 64):
        state = _state(key, struct.pack("<I", counter + start // 64) + nonce)
        block = struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(_rounds(state), state)))
        out += bytes(a ^ b for a, b in zip(data[start:start + 64], block))
    return bytes(out)


def _poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    sum_ = 0
    for start in range(0, len(message), 16):
        piece = message[start:start + 16] + b"\x01"
        sum_ = (sum_ + int.from_bytes(piece, "little")) * r % ((1 << 130) - 5)
    return ((sum_ + int.from_bytes(key[16:], "little")) & ((1 << 128) - 1)).to_bytes(16, "little")


def _tag(key, nonce, associated, cipher):
    def padded(data):
        return data + bytes(-len(data) % 16)
    once = _chacha20(key, 0, nonce, bytes(32))
    return _poly1305(once, padded(associated) + padded(cipher) +
                     struct.pack("<QQ", len(associated), len(cipher)))


def seal(key, nonce, plain, associated):
    """XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): nonce, ciphertext, tag."""
    inner, short = _hchacha20(key, nonce[:16]), bytes(4) + nonce[16:]
    cipher = _chacha20(inner, 1, short, plain)
    return nonce + cipher + _tag(inner, short, associated, cipher)


def open_sealed(key, sealed, associated):
    """The plain bytes, or None if key or bytes are not the right ones."""
    if len(sealed) < 40:
        return None
    nonce, cipher, tag = sealed[:24], sealed[24:-16], sealed[-16:]
    inner, short = _hchacha20(key, nonce[:16]), bytes(4) + nonce[16:]
    if _tag(inner, short, associated, cipher) != tag:
        return None
    return _chacha20(inner, 1, short, cipher)


def to_base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read_keys(path):
    with open(path, encoding="utf-8") as lines:
        return {line["person"]: bytes.fromhex(line["key"]) for line in map(json.loads, lines)}


def opened(value, keys):
    """A JSON value with everything sealed in it opened."""
    if isinstance(value, list):
        return [opened(item, keys) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"of", "sealed"}:
        person = value["of"]
        plain = None
        if person in keys:
            plain = open_sealed(keys[person], from_base64url(value["sealed"]), person.encode("utf-8"))
        return None if plain is None else plain.decode("utf-8")
    return {name: opened(item, keys) for name, item in value.items()}


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    folder = arguments[0]
    keys = read_keys(os.path.join(folder, "person_keys.jsonl"))
    with open(os.path.join(folder, "facts.jsonl"), encoding="utf-8", newline="\n") as lines:
        for line in lines:
            fact = json.loads(line)
            fact["body"] = opened(json.loads(fact["body"]), keys)
            print(json.dumps(fact, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
