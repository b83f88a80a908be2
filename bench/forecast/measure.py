"""Runs `noroshi forecast run` and port.py, and says what each took."""
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

PORT = ["data/ports/nagoya-2023.yaml", "--incident", "data/incidents/nagoya-2023.yaml"]


def noroshi(*arguments, port=None):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    done = subprocess.run(["build/release/noroshi", "forecast", "run", *(port or PORT), *arguments, "--json"],
                          capture_output=True, check=True)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), wall, cpu, after.ru_maxrss / 1024


def main():
    whole = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    as_of = ["--as-of", "2023-07-05T12:00:00+09:00"]
    missed = []

    def claim(text, met):
        print(f"{text}{'' if met else '  — not reached'}")
        if not met:
            missed.append(text)

    answer, wall, cpu, megabytes = noroshi(*as_of, "--replications", str(whole), "--threads", "2")
    visits = answer["visits"]
    claim(f"{whole} runs × 14 days × 5 terminals: {wall:.1f} s on 2 threads ({cpu:.1f} s CPU), {megabytes:.0f} MB, "
          f"{answer['events'] / cpu / 1e6:.1f} M events per CPU second", wall <= 25 * whole / 1000 and megabytes <= 200)
    ours = cpu / visits * 1e6
    claim(f"fluid preview: {answer['preview']['seconds'] * 1000:.0f} ms, files read included", answer["preview"]["seconds"] <= 0.2)
    _, wall, cpu, _ = noroshi(*as_of, "--replications", "200", "--threads", "2")
    claim(f"first bands, 200 runs: {wall:.1f} s ({cpu:.1f} s CPU)", wall <= 6)
    # One observation of the queue, then 48 hours on: as_of is 30 h after the start, so four days in all.
    with open(PORT[2], encoding="utf-8") as file:
        seen = file.read() + ('observations:\n  - {at: "2023-07-05T11:30:00+09:00", kind: queue_m, road: tobishima, '
                              'value: 1500, sd: 300}\n')
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(seen)
        file.flush()
        answer, wall, cpu, _ = noroshi(*as_of, "--replications", "1000", "--days", "4", "--threads", "2",
                                       port=[PORT[0], "--incident", file.name])
    claim(f"1,000 particles, one observation, 48 h on: {wall:.1f} s ({cpu:.1f} s CPU), "
          f"{answer['observations']['used']} used", wall <= 10 and answer["observations"]["used"] == 1)
    python = subprocess.run(["/usr/bin/python3", "bench/forecast/port.py", "2"], capture_output=True, check=True, text=True)
    theirs, theirs_visits, seconds = (float(word) for word in python.stdout.split())
    claim(f"SimPy: {seconds:.2f} s CPU a run ({theirs_visits:.0f} visits); per visit {theirs:.1f} µs against {ours:.2f} µs: "
          f"{theirs / ours:.0f} ×", theirs / ours >= 70)
    return 1 if missed else 0


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    sys.exit(main())
