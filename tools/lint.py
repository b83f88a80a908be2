#!/usr/bin/env python3
"""Layout, shell syntax and clang-tidy, for `./dev lint`.

    lint.py layout [--fix]                        clang-format over every C++ file
    lint.py shell                                 bash -n over every script
    lint.py clang-tidy --build DIR [--seconds N]  clang-tidy over every source file

clang-tidy takes seconds per file, so a file that passed is remembered (build/lint/) under a digest of itself, of all our
headers it includes, of its compile command and of .clang-tidy; it is looked at again only when one of them changes.
The files changed last in git come first; with --seconds it stops then and says how many are left for the next run.
"""
import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = ("src", "app", "tests", "bench")


def files_of(*suffixes):
    """Files git knows or would take, so that nothing generated is looked at."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return sorted({ROOT / name for name in names if name.endswith(suffixes) and (ROOT / name).is_file()})


def in_parallel(work, items, jobs):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(work, items))


# ---- layout, shell --------------------------------------------------------------------------------------------------


def layout(fix):
    files = [path for path in files_of(".h", ".cpp") if path.relative_to(ROOT).parts[0] in OURS]
    if not files:
        return 0
    batches = [files[start:start + 20] for start in range(0, len(files), 20)]
    command = ["clang-format-19", "-i"] if fix else ["clang-format-19", "--dry-run", "--Werror", "--ferror-limit=3"]
    results = in_parallel(lambda batch: subprocess.run([*command, *map(str, batch)], capture_output=True, text=True), batches, os.cpu_count())
    wrong = set()
    for result in results:
        for line in result.stderr.splitlines():
            match = re.match(r"(.+?):(\d+):\d+: (error|warning)", line)
            if match:
                if match[1] not in wrong:
                    print(f"{os.path.relpath(match[1], ROOT)}:{match[2]}: layout; run ./dev lint --fix")
                wrong.add(match[1])
            elif not wrong and result.returncode:
                print(line)
    return 1 if any(result.returncode for result in results) else 0


def shell():
    wrong = 0
    for path in files_of(".sh", "dev", "run"):
        if not path.read_bytes().startswith(b"#!/usr/bin/env bash"):
            continue
        done = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True)
        if done.returncode:
            wrong = 1
            print(done.stderr.strip())
    return wrong


# ---- clang-tidy -----------------------------------------------------------------------------------------------------

INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.M)


@functools.lru_cache(maxsize=None)
def included_by(path):
    """Our headers that a file names, as paths that exist."""
    found = []
    for name in INCLUDE.findall(path.read_bytes()):
        for base in (ROOT / "src", ROOT, path.parent):
            candidate = base / name.decode()
            if candidate.is_file():
                found.append(candidate)
                break
    return found


@functools.lru_cache(maxsize=None)
def digest_of_file(path):
    return hashlib.sha256(path.read_bytes()).digest()


def digest_of(source, command, settings):
    seen, waiting = set(), [source]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += included_by(path)
    total = hashlib.sha256(settings + command.encode())
    for path in sorted(seen):
        total.update(str(path.relative_to(ROOT)).encode() + digest_of_file(path))
    return total.hexdigest()


def last_changed_first(sources):
    """Uncommitted files first, then by the last commit that touched them."""
    rank = {}
    status = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True).stdout
    log = subprocess.run(["git", "log", "--name-only", "--format=", "-n", "300"], cwd=ROOT, capture_output=True, text=True).stdout
    for name in [line[3:] for line in status.splitlines()] + log.split("\n"):
        rank.setdefault(name, len(rank))
    return sorted(sources, key=lambda path: (rank.get(str(path.relative_to(ROOT)), len(rank)), str(path)))


def clang_tidy(build, jobs, seconds):
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in OURS:
            commands[path] = entry["command"]
    version = subprocess.run(["clang-tidy-19", "--version"], capture_output=True).stdout
    settings = version + (ROOT / ".clang-tidy").read_bytes()
    remembered = ROOT / "build" / "lint"
    remembered.mkdir(parents=True, exist_ok=True)
    waiting, known = [], 0
    for path in last_changed_first(commands):
        if not path.is_file():
            continue
        mark = remembered / digest_of(path, commands[path], settings)
        if mark.exists():
            mark.touch()
            known += 1
        else:
            waiting.append((path, mark))
    until = time.monotonic() + seconds if seconds else None
    said, lock, left, wrong = set(), threading.Lock(), 0, 0

    def look(item):
        nonlocal left, wrong
        path, mark = item
        if until and time.monotonic() > until:
            with lock:
                left += 1
            return
        command = ["clang-tidy-19", "--quiet", "-p", str(build), str(path)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode < 0:   # it maps its input: an editor that saves meanwhile kills it
            done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0:
            mark.touch()
            return
        with lock:
            wrong += 1
            for part in re.split(r"(?m)^(?=\S+?:\d+:\d+: (?:error|warning))", done.stdout):
                if part.strip() and part not in said:   # a finding in a header comes once per file that includes it
                    said.add(part)
                    print(part.rstrip().replace(f"{ROOT}/", ""), flush=True)
            if not done.stdout.strip():
                print(done.stderr[-2000:], flush=True)

    in_parallel(look, waiting, jobs)
    print(f"{len(waiting) - left} files looked at, {known} known to be clean, {wrong} with findings" +
          (f", {left} left for the next run (time was up)" if left else ""))
    for mark in remembered.iterdir():   # a month unused: the file has moved on
        if time.time() - mark.stat().st_mtime > 30 * 86400:
            mark.unlink()
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_subparsers(dest="what", required=True)
    what.add_parser("layout").add_argument("--fix", action="store_true")
    what.add_parser("shell")
    tidy = what.add_parser("clang-tidy")
    tidy.add_argument("--build", type=pathlib.Path, required=True)
    tidy.add_argument("--jobs", type=int, default=2)
    tidy.add_argument("--seconds", type=int, default=int(os.environ.get("NOROSHI_LINT_SECONDS", "0")))
    arguments = parser.parse_args()
    if arguments.what == "layout":
        return layout(arguments.fix)
    if arguments.what == "shell":
        return shell()
    return clang_tidy(arguments.build.resolve(), arguments.jobs, arguments.seconds)


if __name__ == "__main__":
    sys.exit(main())
