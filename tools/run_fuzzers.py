#!/usr/bin/env python3
"""Run every fuzzer of a folder for some seconds each and print `N passed, N failed, N skipped`.

What each has learned is kept in build/fuzz/corpus/<fuzzer>; inputs that once broke something are in
tests/corpus/fuzz/<fuzzer> and are tried first. A finding is left in build/fuzz/findings with the command to repeat it.
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(fuzzer, seconds, state):
    corpus = state / "corpus" / fuzzer.name
    findings = state / "findings"
    corpus.mkdir(parents=True, exist_ok=True)
    findings.mkdir(parents=True, exist_ok=True)
    command = [str(fuzzer), str(corpus)]
    kept = ROOT / "tests" / "corpus" / "fuzz" / fuzzer.name
    if kept.is_dir():
        command.append(str(kept))
    words = ROOT / "tests" / "corpus" / "fuzz" / f"{fuzzer.name}.dict"
    if words.is_file():
        command.append(f"-dict={words}")
    command += [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-max_len=65536",
                f"-artifact_prefix={findings}/{fuzzer.name}-", "-print_final_stats=1"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, cwd=ROOT, env=os.environ,
                          encoding="utf-8", errors="replace")
    return fuzzer, done.returncode, done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only")
    arguments = parser.parse_args()
    fuzzers = [path for path in sorted(arguments.folder.glob("*_fuzz")) if os.access(path, os.X_OK)]
    if arguments.only:
        fuzzers = [path for path in fuzzers if arguments.only in path.name]
        if not fuzzers:
            sys.exit(f"no fuzzer's name contains '{arguments.only}'")
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for fuzzer, status, log in pool.map(lambda path: run(path, arguments.seconds, arguments.folder.parent), fuzzers):
            runs = next((line.split()[-1] for line in log.splitlines() if "number_of_executed_units" in line), "?")
            print(f"{fuzzer.name}: {runs} inputs, {'ok' if status == 0 else 'FAILED'}", flush=True)
            if status == 0:
                passed += 1
            else:
                failed += 1
                print("\n".join(log.splitlines()[-40:]))
                print(f"repeat: {fuzzer} <the file named above>", flush=True)
    print(f"{passed} passed, {failed} failed, {0 if fuzzers else 1} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
