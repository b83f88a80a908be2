#!/usr/bin/env python3
"""Name in a package-lock.json the optional packages of other platforms that the registry at hand does not carry.

    complete_lock.py web/package-lock.json …

A package with native parts lists one optional package per platform. Where a mirror lacks those of other platforms, npm
leaves them out of the lock when writing it, and `npm ci` then refuses the lock as incomplete. They are never installed here,
so an entry with version and platform is enough; it carries no digest, hence npm would not take it unseen elsewhere either
way: the version is exact.
"""
import json
import pathlib
import sys

SYSTEMS = {"android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32", "aix"}
PROCESSORS = {"arm64", "arm", "x64", "ia32", "ppc64", "riscv64", "s390x", "loong64", "mips64el", "wasm32"}


def missing_in(lock):
    """(name, version, entry that asks for it) of optional dependencies without an entry."""
    packages = lock["packages"]
    for path, entry in packages.items():
        for name, version in entry.get("optionalDependencies", {}).items():
            nested = f"{path}/node_modules/{name}" if path else None
            if f"node_modules/{name}" not in packages and nested not in packages:
                yield name, version, entry


def completed(lock):
    for name, version, asked_by in list(missing_in(lock)):
        words = name.split("/")[-1].split("-")
        system = [word for word in words if word in SYSTEMS]
        processor = [word for word in words if word in PROCESSORS]
        if not processor or not version[0].isdigit():
            sys.exit(f"{name}@{version} is optional but for no platform; run npm install")
        entry = {"version": version, "cpu": processor, "license": asked_by.get("license", ""), "optional": True}
        if asked_by.get("dev"):
            entry["dev"] = True
        if system:
            entry["os"] = system
        lock["packages"][f"node_modules/{name}"] = entry
    lock["packages"] = dict(sorted(lock["packages"].items()))
    return lock


def main():
    for name in sys.argv[1:]:
        path = pathlib.Path(name)
        before = path.read_text(encoding="utf-8")
        after = json.dumps(completed(json.loads(before)), indent=2, ensure_ascii=False) + "\n"
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"{name}: completed")


if __name__ == "__main__":
    main()
