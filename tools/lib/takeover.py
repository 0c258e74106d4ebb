"""Random endings of the process that holds a board, while three programs of one person and one of another draw; see tools/takeover."""

import argparse
import collections
import random
import sys
import time

import inkwire_process as ink

ENDINGS_A_BOARD = 10
PROGRAMS = 3
# Within this the others must go on (CL-18), seconds.
LIMIT = 1.0


class Wrong(Exception):
    """A promise that was not kept."""


class Program:
    """One process, what it was asked to draw, and what it was told of it."""

    def __init__(self, peer, name, random_source, numbers):
        self.peer, self.name, self.random, self.numbers = peer, name, random_source, numbers
        self.drawn = {}  # reference: number of the shape, which is its x
        self.labels = {}  # number: label
        self.texts = {}  # number: the text that was set last
        self.taken_back = set()
        self.waits = set()
        self.steps = 0
        self.busy_until = 0.0

    def number(self):
        self.numbers[0] += 1
        return self.numbers[0]

    def draw(self):
        number = self.number()
        label = f"{self.name}-{number}"
        reference = self.peer.send("draw", id=label, shape={"kind": "rectangle", "x": number, "y": 0, "w": 8, "h": 8})
        self.drawn[reference], self.labels[number] = number, label
        return reference

    def stroke(self):
        number, span = self.number(), self.random.randrange(0, 150)
        label = f"{self.name}-{number}"
        points = [[step, step % 7] for step in range(self.random.randrange(2, 60))]
        reference = self.peer.send("stroke", id=label, x=number, y=100, points=points, over_ms=span)
        self.drawn[reference], self.labels[number] = number, label
        self.busy_until = max(self.busy_until, time.perf_counter()) + span / 1000

    def step(self):
        """Asks for one thing at random."""
        self.steps += 1
        choice = self.random.random()
        if choice < 0.55:
            self.draw()
        elif choice < 0.75:
            self.stroke()
        elif choice < 0.83 and self.labels:
            number = self.random.choice(sorted(set(self.labels) - self.taken_back) or [0])
            if number:
                self.texts[number] = f"{self.name} {self.steps}"
                self.peer.send("set", id=self.labels[number], set={"text": self.texts[number]})
        elif choice < 0.90:
            reference = self.draw()
            self.taken_back.add(self.drawn[reference])
            self.peer.send("undo")
        else:
            self.waits.add(self.peer.send("wait", timeout_ms=20_000, **{"for": "saved"}))

    def told_saved(self):
        """Numbers of the shapes of which it was told that they are on the disk."""
        answered, saved = set(), set()
        with self.peer.changed:
            events = [event for _, event in self.peer.events]
        for event in events:
            kind, reference = event.get("event"), event.get("ref")
            if kind == "shape" and reference in self.drawn:
                answered.add(self.drawn[reference])
            elif (kind == "sync" and event.get("saved")) or (kind == "waited" and reference in self.waits):
                saved |= answered
        return saved - self.taken_back

    def errors(self):
        return [event for event in self.peer.events_named("error")]


class Table:
    """One board: its programs, and what must be on it."""

    def __init__(self, folder, server, seed):
        self.folder, self.server = folder, server
        self.random = random.Random(seed)
        self.numbers = [0]
        self.count = 0
        self.gone, self.quits, self.waits = [], [], []
        first = ink.new_board(folder / "ana", "ana", "table", server.address)
        self.programs = [self.seat(first)]
        self.remote = Program(ink.join_board(first.link(), folder / "bob", "bob"), "bob", self.split(), self.numbers)
        first.wait("peers", count=1)
        self.remote.peer.wait("peers", count=1)
        self.first_peer = self.remote.peer.event("peer", state="joined")["peer"]
        self.remote_mark = self.remote.peer.mark
        while len(self.programs) < PROGRAMS:
            self.attach()

    def split(self):
        return random.Random(self.random.getrandbits(64))

    def seat(self, peer):
        self.count += 1
        return Program(peer, f"p{self.count}", self.split(), self.numbers)

    def attach(self):
        self.programs.append(self.seat(ink.open_board("table", self.folder / "ana", "ana", self.server.address)))

    def holder(self):
        """The program that holds the board: only it has sockets on the network."""
        for program in self.programs:
            try:
                if program.peer.udp_ports():
                    return program
            except (FileNotFoundError, ProcessLookupError):
                continue
        return None

    def everybody(self):
        return [*self.programs, self.remote]

    def bustle(self):
        """Some work by all, and a pause that is no multiple of anything."""
        for _ in range(self.random.randrange(4, 16)):
            self.random.choice(self.everybody()).step()
            if self.random.random() < 0.3:
                time.sleep(self.random.random() * 0.03)
        time.sleep(self.random.random() * 0.05)

    def end_one(self):
        """Ends the holder, once or twice in a row, and lets the others go on; returns how many have ended."""
        ended = 0
        twice = self.random.random() < 0.2
        while True:
            holder = ink.wait_until(self.holder, 10, "one of the programs holds the board", interval=0.002)
            quits = self.random.random() < 0.25
            self.programs.remove(holder)
            began = time.perf_counter()
            if quits:
                holder.peer.send("quit")
                self.quits.append(holder)
            else:
                holder.peer.child.kill()
                self.gone.append(holder)
            ended += 1
            if not twice or len(self.programs) < 2:
                break
            twice = False
            time.sleep(self.random.random() * 0.1)
        if len(self.programs) < PROGRAMS and self.random.random() < 0.3:
            # A stranger to the change may get the lock before those who were attached.
            self.attach()
        probes = [(program, program.draw()) for program in self.programs]
        for program in self.programs:
            # Drawing goes on while nobody holds the board.
            program.step()
        if quits:
            # A holder that quits first does what it was asked before.
            began = max(began, self.ended_at(holder))
        for program, probe in probes:
            when, _ = program.peer.timed_event("shape", 20, ref=probe)
            self.waits.append(max(0.0, when - max(began, program.busy_until)))
        if quits and holder.peer.wait_exit() != 0:
            raise Wrong(f"{holder.name} quit with another status than 0\n{holder.peer.report()}")
        if not quits:
            holder.peer.wait_exit()
        return ended

    def ended_at(self, program):
        program.peer.child.wait(20)
        return time.perf_counter()

    def run(self, endings):
        ended = 0
        while ended < endings:
            self.bustle()
            ended += self.end_one()
            while len(self.programs) < PROGRAMS:
                self.attach()
        self.bustle()
        self.check()
        for program in self.everybody():
            if program.peer.quit() != 0:
                raise Wrong(f"{program.name} quit with another status than 0\n{program.peer.report()}")
        return ended

    def check(self):
        for program in self.everybody():
            program.peer.wait("saved", 30)

        def equal():
            states = [program.peer.state() for program in self.everybody()]
            return states if len({state["fingerprint"] for state in states}) == 1 else None

        for program in [*self.everybody(), *self.gone, *self.quits]:
            if program.errors():
                raise Wrong(f"{program.name} was told {program.errors()[:3]}\n{program.peer.report()}")
        states = ink.wait_until(equal, 20, "equal fingerprints", interval=0.05)
        for program, state in zip(self.everybody(), states):
            self.check_picture(state, f"as {program.name} sees it")
        bad = [event for _, event in self.remote.peer.events[self.remote_mark:]
               if event.get("event") == "peer" and (event.get("state") in ("left", "joining") or event.get("peer") != self.first_peer)]
        if bad:
            raise Wrong(f"the other person was told {bad[:3]}")

    def check_picture(self, state, where):
        shapes = collections.Counter(round(shape["x"]) for shape in state["shapes"])
        texts = {round(shape["x"]): shape.get("text") for shape in state["shapes"]}
        doubled = sorted(number for number, count in shapes.items() if count > 1)
        if doubled:
            raise Wrong(f"{where}: there twice: {self.names(doubled)}")
        for program in [*self.everybody(), *self.quits]:
            wanted = set(program.labels) - program.taken_back
            if lost := sorted(wanted - set(shapes)):
                raise Wrong(f"{where}: drawn by {program.name}, which lives or quit, and missing: {self.names(lost)}")
            if ghosts := sorted(program.taken_back & set(shapes)):
                raise Wrong(f"{where}: taken back by {program.name} and still there: {self.names(ghosts)}")
            for number, text in program.texts.items():
                if number not in program.taken_back and texts.get(number) != text:
                    raise Wrong(f"{where}: {program.name} set {self.names([number])} to {text!r}, and it is {texts.get(number)!r}")
        for program in self.gone:
            if lost := sorted(program.told_saved() - set(shapes)):
                raise Wrong(f"{where}: called saved to {program.name}, which was killed, and missing: {self.names(lost)}")

    def names(self, numbers):
        labels = {number: label for program in [*self.everybody(), *self.gone, *self.quits] for number, label in program.labels.items()}
        return " ".join(labels.get(number, str(number)) for number in numbers[:8])


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else 0.0


def main():
    ink.end_on_signals()
    parser = argparse.ArgumentParser(prog="tools/takeover", add_help=False)
    parser.add_argument("endings", nargs="?", type=int, default=200)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--binary")
    options = parser.parse_args()
    server = ink.Rendezvous()
    ended, boards, failures, waits, told = 0, 0, 0, [], 0
    while ended < options.endings:
        seed = options.seed + boards
        boards += 1
        wanted = min(ENDINGS_A_BOARD, options.endings - ended)
        folder = ink.TemporaryFolder("inkwire-takeover")
        table = None
        try:
            table = Table(folder, server, seed)
            ended += table.run(wanted)
            if table.waits and max(table.waits) > LIMIT * ink.PATIENCE:
                raise Wrong(f"the others waited {max(table.waits):.2f} s")
        except (Wrong, ink.Failed) as error:
            ended += wanted
            failures += 1
            print(f"failed, seed {seed}: {error}\n  again: tools/takeover {wanted} {seed}", flush=True)
        finally:
            if table:
                waits += table.waits
                for program in table.everybody():
                    if program.peer.child.poll() is None:
                        program.peer.kill()
            folder.remove()
        if ended // 20 > told:
            told = ended // 20
            print(f"{ended} endings, {failures} failures, the others waited p50 {percentile(waits, 0.5) * 1000:.0f} ms, "
                  f"p99 {percentile(waits, 0.99) * 1000:.0f} ms, greatest {max(waits, default=0) * 1000:.0f} ms", flush=True)
    print(f"{ended} endings on {boards} boards: {failures} failures; the others waited p50 {percentile(waits, 0.5) * 1000:.0f} ms, "
          f"p99 {percentile(waits, 0.99) * 1000:.0f} ms, greatest {max(waits, default=0) * 1000:.0f} ms")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
