"""Starts the rendezvous and the stands of tools/code-runs, and adds up what they report."""

import argparse
import os
import re
import subprocess
import sys
import threading

import inkwire_process as ink

# Stands that run side by side from this many runs on: one alone waits most of the time for its rendezvous to answer. Always as many, so that a
# seed means the same on each machine; each has rendezvous of its own, so that all numbers of codes are shared by none.
LARGE, LANES = 1000, 4
# Inviters at another rendezvous, with eight codes each, and codes that are tried offline by all stands together.
STRANGERS, GUESSES = (8, 63), (1000, 100_000)

KIND = re.compile(r"  (\S.*?) +(\d+) runs, (\d+) joined")
TOTAL = re.compile(r"(\d+) runs; (\d+) codes of others stood open meanwhile and were good in the end")
FAULTS = re.compile(r"(\d+) faults")
OFFLINE = re.compile(r"offline: (\d+) guesses at a transcript of a right run, its own words among them: (\d+) hits")


class Lane:
    """One stand, at three rendezvous of its own."""

    def __init__(self, count, seed, strangers, guesses):
        self.servers = [ink.Rendezvous() for _ in range(3)]
        numbers = count, seed, strangers, guesses, *(server.port for server in self.servers)
        self.command = [os.environ["INKWIRE_CODE_STAND"], *map(str, numbers)]
        self.lines, self.status = [], None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        done = subprocess.run(self.command, stdout=subprocess.PIPE, text=True, check=False)
        self.lines, self.status = done.stdout.splitlines(), done.returncode

    def wait(self):
        self.thread.join()
        for server in self.servers:
            if server.child.poll() is not None:
                print(f"a rendezvous ended meanwhile\n{server.report()}", file=sys.stderr)
                self.status = self.status or 1

    def sums(self, form):
        """What the lines of that form say: name, if they have one, and numbers."""
        return [match.groups() for line in self.lines if (match := form.fullmatch(line))]


def report(lanes):
    """Prints what all lanes together did; whether each of them held, and said all that it has to say."""
    kinds = {}
    for lane in lanes:
        for kind, runs, joined in lane.sums(KIND):
            known = kinds.setdefault(kind, [0, 0])
            known[0], known[1] = known[0] + int(runs), known[1] + int(joined)
    for kind, (runs, joined) in kinds.items():
        print(f"  {kind:<22} {runs} runs, {joined} joined")
    added = {}
    for form in (TOTAL, FAULTS, OFFLINE):
        added[form] = [sum(column) for column in zip(*(map(int, row) for lane in lanes for row in lane.sums(form)))]
    if any(len(lane.sums(form)) != 1 for lane in lanes for form in added):
        print("a stand did not report all; it said:", *(f"  {line}" for lane in lanes for line in lane.lines[-20:]), sep="\n")
        return False
    print(f"{added[TOTAL][0]} runs; {added[TOTAL][1]} codes of others stood open meanwhile and were good in the end")
    for lane in lanes:
        for line in lane.lines:
            if line.startswith("  fault:") or line.endswith("NOT FOUND"):
                print(f"{line}    ({' '.join(lane.command[1:5])})")
    found = sum(line.endswith(": found") for lane in lanes for line in lane.lines)
    print(f"{added[FAULTS][0]} faults")
    print(f"offline: {added[OFFLINE][0]} guesses at {len(lanes)} transcripts of right runs, their own words among them: {added[OFFLINE][1]} hits; "
          f"of {4 * len(lanes)} that give their words away {found} are found")
    return found == 4 * len(lanes) and all(lane.status == 0 for lane in lanes)


def main():
    parser = argparse.ArgumentParser(prog="tools/code-runs")
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--binary")
    options = parser.parse_args()
    if options.count < 1 or not 0 <= options.seed < 1 << 32:
        parser.error("a count from 1, and a seed from 0, below 2^32")
    is_large = options.count >= LARGE
    count = LANES if is_large else 1
    try:
        lanes = [Lane(options.count // count + (number < options.count % count), options.seed + (number << 32), STRANGERS[is_large],
                      GUESSES[is_large] // count) for number in range(count)]
        for lane in lanes:
            lane.wait()
        holds = report(lanes)
        print("held" if holds else "NOT HELD")
        return 0 if holds else 1
    finally:
        ink.stop_everything()


if __name__ == "__main__":
    sys.exit(main())
