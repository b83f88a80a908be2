#!/usr/bin/env python3
"""Run storms: seeds 1…N, each twice, and the canaries. Print `N passed, N failed, N skipped`.

A seed passes when both runs exit 0, lose, double and violate nothing, and give the same digest. A canary is a storm
with a fault planted on purpose (`--canary NAME`); it passes when the storm notices, that is, fails by the counter that
watches for it. Without them a storm that checks nothing would look as calm as a sound one.
"""
import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys

MUST_BE_ZERO = ("lost", "doubled", "after_answer", "violations")
# Canary → the counter that has to notice it.
CANARIES = {"lying_disk": "lost", "new_key": "doubled", "late_message": "after_answer",
            "second_key": "doubled", "rings_on": "violations", "deaf_gateway": "violations", "changed_fact": "violations"}


def storm(program, seed, days, *more):
    command = [str(program), "--seed", str(seed), "--days", str(days), "--json", *more]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace")
    try:
        result = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        result = {}
    return done.returncode, result, done.stderr


def seed_fault(program, seed, days):
    """None when the seed is sound, else a sentence."""
    first_status, first, first_errors = storm(program, seed, days)
    if first_status != 0 or not first:
        return f"exit {first_status}: {json.dumps(first) if first else first_errors[-2000:]}"
    broken = [name for name in MUST_BE_ZERO if first.get(name) not in (0, [])]
    if broken:
        return f"{', '.join(broken)} not 0: {json.dumps(first)}"
    second_status, second, _ = storm(program, seed, days)
    if second_status != 0 or second.get("digest") != first.get("digest"):
        return f"the second run differs: {first.get('digest')} then {second.get('digest')}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    passed = failed = 0
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        faults = pool.map(lambda seed: (seed, seed_fault(arguments.program, seed, arguments.days)), seeds)
        for seed, fault in faults:
            if fault is None:
                passed += 1
            else:
                failed += 1
                print(f"seed {seed}: {fault}\nrepeat: {arguments.program} --seed {seed} --days {arguments.days} --json", flush=True)
    for canary, counter in CANARIES.items():
        status, result, errors = storm(arguments.program, arguments.first, min(arguments.days, 7), "--canary", canary)
        # It must have noticed: a usage error or a crash also exits non-zero and proves nothing.
        if status == 1 and result.get(counter, 0) > 0:
            passed += 1
        else:
            failed += 1
            print(f"the canary {canary} did not fail as it must (exit {status}): {json.dumps(result)} {errors[-500:]}", flush=True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
