"""A board that stays open for hours, and what it takes of the machine. Behind tools/soak."""

import argparse
import os
import pathlib
import random
import sys
import threading
import time

import inkwire_process as ink

SAMPLE_SECONDS = 10
CURSOR_MS = 500
KILL_SECONDS, RENDEZVOUS_SECONDS = 120, 300
IMPAIRED = ["--impair", "loss=1,dup=0.2,reorder=0.5,delay=10,jitter=5"]
MEMORY_SLOPE_MAX = 1.0  # MiB an hour


class Person:
    """Somebody who points, and now and then draws, changes, deletes, undoes or talks; killed and back again."""

    def __init__(self, number, folder, link, rendezvous, seed):
        self.name, self.folder, self.link, self.rendezvous = f"person{number}", folder / f"person{number}", link, rendezvous
        self.random = random.Random(f"{seed} {number}")
        self.peer, self.trouble, self.is_over, self.kills, self.steps, self.is_due = None, None, False, 0, 0, threading.Event()
        self.shapes = []
        # The system kills a program whose thread of ours has ended: ours stays until all is compared.
        self.rests, self.may_end = threading.Event(), threading.Event()
        self.start()
        self.thread = threading.Thread(target=self._work, daemon=True)

    def start(self):
        if self.link is None:
            self.peer = ink.new_board(self.folder, self.name, rendezvous=self.rendezvous, arguments=IMPAIRED)
        else:
            self.peer = ink.join_board(self.link, self.folder, self.name, rendezvous=self.rendezvous, arguments=IMPAIRED)

    def _work(self):
        try:
            while not self.is_over:
                if self.is_due.is_set():
                    self.is_due.clear()
                    self.kills += 1
                    self.peer.kill()
                    self.start()
                self._step()
        except Exception as trouble:  # told by who waits for this thread
            self.trouble = trouble
        self.rests.set()
        self.may_end.wait()

    def _step(self):
        self.steps += 1
        self.peer.send("cursor", x=self.random.randrange(2000), y=self.random.randrange(1500))
        if self.random.random() < CURSOR_MS / 60_000:
            self._change()
        self.peer.ask("wait", "waited", ms=CURSOR_MS, timeout=60)

    def _change(self):
        """Once a minute. What somebody else or a kill was quicker with is an answer, too."""
        place = {"x": self.random.randrange(2000), "y": self.random.randrange(1500)}
        kind = self.random.randrange(6)
        if kind < 3 or not self.shapes:
            told = self.peer.draw(kind=self.random.choice(["rectangle", "ellipse", "note"]), w=120, h=60, text=f"{self.steps}", timeout=60, **place)
            self.shapes = (self.shapes + [told["id"]])[-20:]
        elif kind == 3:
            self.peer.send("move", id=self.random.choice(self.shapes), by=[8, 8])
        elif kind == 4:
            self.peer.send(self.random.choice(["undo", "redo"]))
        else:
            self.peer.send("say", text=f"{self.name} at step {self.steps}")


class Meter:
    """What a process takes, sample by sample."""

    def __init__(self, pid, files):
        self.pid, self.files, self.began, self.samples = pid, files, time.monotonic(), []

    def sample(self):
        status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines())
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        size = sum(path.stat().st_size for path in self.files.glob("boards/*/*") if path.is_file())
        self.samples.append((
            (time.monotonic() - self.began) / 3600, int(status["VmRSS"].split()[0]) / 1024, len(os.listdir(f"/proc/{self.pid}/fd")),
            (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), size / 1024 / 1024))

    def slope(self, column):
        """An hour, by least squares, without the first quarter."""
        rows = self.samples[len(self.samples) // 4:]
        mean = sum(row[0] for row in rows) / len(rows)
        middle = sum(row[column] for row in rows) / len(rows)
        spread = sum((row[0] - mean) ** 2 for row in rows)
        return sum((row[0] - mean) * (row[column] - middle) for row in rows) / spread if spread else 0.0


def soak(options, folder):
    rendezvous = ink.Rendezvous()
    first = Person(0, folder, None, rendezvous.address, options.seed)
    people = [first] + [Person(number, folder, first.peer.link(), rendezvous.address, options.seed) for number in range(1, options.people)]
    meter, chance = Meter(first.peer.pid, first.folder), random.Random(options.seed)
    for person in people:
        person.thread.start()
    end = time.monotonic() + options.minutes * 60
    next_kill, next_rendezvous = time.monotonic() + KILL_SECONDS, time.monotonic() + RENDEZVOUS_SECONDS
    print("minute   MiB   descriptors   processor s   files MiB   killed")
    while time.monotonic() < end:
        meter.sample()
        hours, memory, descriptors, processor, size = meter.samples[-1]
        if len(meter.samples) % (60 // SAMPLE_SECONDS) == 1:
            print(f"{hours * 60:6.1f} {memory:6.1f} {descriptors:12} {processor:13.1f} {size:11.2f} {sum(person.kills for person in people):8}", flush=True)
        if time.monotonic() >= next_kill and options.people > 1:
            chance.choice(people[1:]).is_due.set()
            next_kill += KILL_SECONDS
        if time.monotonic() >= next_rendezvous:
            port, stun = rendezvous.port, rendezvous.stun
            rendezvous.kill()
            rendezvous = ink.Rendezvous(port=port, stun=stun)
            next_rendezvous += RENDEZVOUS_SECONDS
        for person in people:
            if person.trouble:
                raise ink.Failed(f"{person.name}: {person.trouble}")
        # The rhythm of the samples, and no condition that something waits for.
        time.sleep(min(SAMPLE_SECONDS, max(0.0, end - time.monotonic())))
    for person in people:
        person.is_over = True
    for person in people:
        if not person.rests.wait(120) or person.trouble:
            raise ink.Failed(f"{person.name} did not come to an end: {person.trouble}")
    ink.wait_until(lambda: len({person.peer.state(60)["fingerprint"] for person in people}) == 1 or None, 60, "one picture at all")
    meter.sample()
    for person in people:
        person.may_end.set()
    return meter, people


def main():
    parser = argparse.ArgumentParser(prog="tools/soak", allow_abbrev=False)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--binary")
    options = parser.parse_args()
    if options.minutes < 1 or not 1 <= options.people <= 16:
        parser.error("--minutes takes 1 and more, --people 1 to 16")
    if options.binary:
        os.environ["INKWIRE_BINARY"] = options.binary
    folder = ink.TemporaryFolder("inkwire-soak")
    try:
        meter, people = soak(options, folder)
    except ink.Failed as trouble:
        print(f"tools/soak: {trouble}", file=sys.stderr)
        return 1
    memory, descriptors, processor, files = (meter.slope(column) for column in range(1, 5))
    holds = memory <= MEMORY_SLOPE_MAX and round(descriptors * meter.samples[-1][0]) <= 0
    print(f"an hour: {memory:+.2f} MiB of memory, {descriptors:+.2f} descriptors, {processor:.0f} s of a processor, {files:+.2f} MiB of files; "
          f"{sum(person.kills for person in people)} killed and back, one picture at {len(people)}: {'held' if holds else 'NOT held'}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
