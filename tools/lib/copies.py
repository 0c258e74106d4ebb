"""Backups, copies and lock files at random; see tools/copies."""

import argparse
import collections
import random
import shutil
import signal
import sys
import time

import inkwire_process as ink
from takeover import Program, Wrong

KINDS = ["backup", "alone", "again", "twin", "thrice", "lock"]


class Table:
    """Three people at one board; the disk of one of them is what is played with."""

    def __init__(self, folder, server, seed, kind):
        self.folder, self.server = folder, server
        self.random = random.Random(seed)
        self.kind = kind or self.random.choice(KINDS)
        self.numbers, self.count = [0], 0
        self.kept = {}  # number: label, of all that must be there
        self.known = {}  # number: label, of all that was ever asked for
        # Where programs of one board find each other, so that a cleaner may take that away, too.
        self.meeting = folder / "run"
        self.meeting.mkdir(mode=0o700)
        self.environment = {"XDG_RUNTIME_DIR": self.meeting}
        first = ink.new_board(folder / "ana", "ana", "table", server.address, environment=self.environment)
        link = first.link()
        self.people = {"ana": self.seat(first)}
        for name in ("bob", "cy"):
            self.people[name] = self.seat(ink.join_board(link, folder / name, name, environment=self.environment))
        for program in self.people.values():
            program.peer.wait("peers", count=2)
        self.victim = self.random.choice(["ana", "bob", "cy"])

    def split(self):
        return random.Random(self.random.getrandbits(64))

    def seat(self, peer):
        self.count += 1
        return Program(peer, f"p{self.count}", self.split(), self.numbers)

    def open(self, name, folder=None):
        return self.seat(ink.open_board("table", self.folder / (folder or name), name, self.server.address, environment=self.environment))

    def draw(self, program, least=1, most=6):
        for _ in range(self.random.randint(least, most)):
            program.draw()
            if self.random.random() < 0.3:
                time.sleep(self.random.random() * 0.02)

    def end(self, program, *, told="saved", kills=None):
        """Waits until its work is saved or delivered, notes it, and ends the program."""
        program.peer.wait(told, 60)
        self.keep(program)
        kills = self.random.random() < 0.4 if kills is None else kills
        status = program.peer.kill() if kills else program.peer.quit()
        if not kills and status != 0:
            raise Wrong(f"{program.name} quit with {status}\n{program.peer.report()}")

    def keep(self, program):
        self.known.update(program.labels)
        for reference in program.peer.events_named("waited"):
            program.waits.add(reference.get("ref"))
        told = program.told_saved()
        self.kept.update({number: program.labels[number] for number in told})
        if errors := [event for event in program.errors() if event.get("code") not in ("timeout",)]:
            raise Wrong(f"{program.name} was told {errors[:2]}\n{program.peer.report()}")

    def copy(self, name, to):
        shutil.rmtree(self.folder / to, ignore_errors=True)
        shutil.copytree(self.folder / name, self.folder / to, ignore=shutil.ignore_patterns("*.sock", "socket"))

    def others(self):
        return [program for name, program in self.people.items() if name != self.victim]

    def backup(self, rounds=1, alone=False):
        name = self.victim
        for _ in range(rounds):
            program = self.people[name]
            self.draw(program)
            self.end(program, told="delivered", kills=False)
            self.copy(name, "backup")
            program = self.open(name)
            program.peer.wait("peers", count=2, timeout=30)
            self.draw(program)
            # What nobody else has is lost with the disk.
            self.end(program, told="delivered")
            self.copy("backup", name)
            if alone:
                for other in self.others():
                    other.peer.child.send_signal(signal.SIGSTOP)
            program = self.open(name)
            self.draw(program)
            if alone:
                self.end(program, kills=True)
                for other in self.others():
                    other.peer.child.send_signal(signal.SIGCONT)
                program = self.open(name)
            self.people[name] = program
            for other in self.others():
                self.draw(other, 0, 2)

    def twins(self, count):
        name = self.victim
        self.end(self.people[name], told="delivered", kills=False)
        copies = [name] + [f"{name}{number}" for number in range(2, count + 1)]
        for copy in copies[1:]:
            self.copy(name, copy)
        programs = [(copy, self.open(name, copy)) for copy in copies]
        for _ in range(self.random.randint(2, 5)):
            for _, program in programs:
                self.draw(program, 0, 3)
            time.sleep(self.random.random() * 0.3)
        for _, program in programs:
            self.end(program)
        # Each of them says alone what it has.
        for copy in copies[1:]:
            program = self.open(name, copy)
            program.peer.wait("peers", count=2, timeout=60)
            program.peer.wait("synced", timeout=60)
            self.end(program, told="delivered", kills=False)
        self.people[name] = self.open(name)

    def lock(self):
        name = self.victim
        program = self.people[name]
        self.draw(program)
        for lock in (self.folder / name / "boards").glob("*/lock"):
            lock.unlink()
        if self.random.random() < 0.5:
            for place in self.meeting.glob("*.sock"):
                place.unlink()
        status, said, errors = ink.run(["peer", "table"], data=self.folder / name, name=name, rendezvous=self.server.address, environment=self.environment,
                                       input='{"do":"draw","id":"second","shape":{"kind":"rectangle","x":0,"y":0,"w":8,"h":8}}\n{"do":"wait","for":"saved"}\n')
        self.draw(program)
        if status == 0 and '"event":"waited"' in said:
            # It attached, or opened the board: what it was told is saved must be there, too.
            self.kept[0] = "second"
            self.known[0] = "second"
        elif status != 8:
            raise Wrong(f"a second program ended with {status}: {errors}")

    def run(self):
        for program in self.people.values():
            self.draw(program)
        {"backup": self.backup, "alone": lambda: self.backup(alone=True), "again": lambda: self.backup(rounds=2, alone=self.random.random() < 0.5),
         "twin": lambda: self.twins(2), "thrice": lambda: self.twins(3), "lock": self.lock}[self.kind]()
        for program in self.people.values():
            self.draw(program, 0, 2)
        self.check()

    def check(self):
        programs = list(self.people.values())
        for program in programs:
            program.peer.wait("saved", 60)
            self.keep(program)

        def equal():
            states = [program.peer.state() for program in programs]
            return states if len({state["fingerprint"] for state in states}) == 1 else None

        states = ink.wait_until(equal, 90, "equal fingerprints", interval=0.2)
        for name, state in zip(self.people, states):
            shapes = collections.Counter(round(shape["x"]) for shape in state["shapes"])
            if lost := sorted(set(self.kept) - set(shapes)):
                raise Wrong(f"missing as {name} sees it: {[self.kept[number] for number in lost[:8]]}")
            if doubled := sorted(number for number, count in shapes.items() if count > 1):
                raise Wrong(f"there twice as {name} sees it: {[self.known.get(number) for number in doubled[:8]]}")

    def close(self):
        for program in self.people.values():
            if program.peer.child.poll() is None:
                program.peer.child.send_signal(signal.SIGCONT)
                program.peer.kill()


def main():
    ink.end_on_signals()
    parser = argparse.ArgumentParser(prog="tools/copies", add_help=False)
    parser.add_argument("runs", nargs="?", type=int, default=100)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--binary")
    options = parser.parse_args()
    server = ink.Rendezvous()
    failures, kinds = 0, collections.Counter()
    for run in range(options.runs):
        seed = options.seed + run
        folder = ink.TemporaryFolder("inkwire-copies")
        table = None
        try:
            table = Table(folder, server, seed, options.kind)
            kinds[table.kind] += 1
            table.run()
        except (Wrong, ink.Failed) as error:
            failures += 1
            kind = table.kind if table else "start"
            print(f"failed, seed {seed} ({kind}): {error}\n  again: tools/copies 1 {seed}" + (f" --kind {options.kind}" if options.kind else ""), flush=True)
        finally:
            if table:
                table.close()
            folder.remove()
        if (run + 1) % 10 == 0:
            print(f"{run + 1} runs, {failures} failures", flush=True)
    print(f"{options.runs} runs ({', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))}): {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
