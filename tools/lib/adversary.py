"""The honest side of tools/adversary: starts targets and the attacker, draws, and measures."""

import argparse
import contextlib
import os
import pathlib
import sys
import time
import urllib.request

import adversary_roles
import inkwire_process as ink
import lying_relay
from adversary_member import Member

sys.path.insert(0, str(ink.ROOT / "Tests" / "EndToEndTests"))

P99_MAX = 0.250  # seconds, hand to third screen
MEMORY_MAX = 64  # MiB more than before
JOIN_MAX = 1.0  # seconds
MEDIAN_MAX = 1.5  # times the median before
NOISE = 0.005  # seconds, by which a median may differ without meaning anything


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(share * len(ordered) + 0.999999) - 1))]


def both(values):
    """The median and p99 of seconds, in words; there may be none."""
    return f"{percentile(values, 0.5) * 1000:.0f}/{percentile(values, 0.99) * 1000:.0f} ms" if values else "none"


class Attacker(Member):
    """One that attacks on its own until its time is over."""

    def __init__(self, program, attack, *, link=None, targets=(), rendezvous=None, seconds=20, sources=1, rate=None):
        arguments = [program, attack, "--seconds", str(seconds), "--sources", str(sources)]
        for target in targets:
            arguments += ["--to", target]
        if rendezvous:
            arguments += ["--rendezvous", rendezvous]
        if rate:
            arguments += ["--rate", str(rate)]
        environment = {**ink.base_environment(), **({"INKWIRE_CODE": link} if link else {})}
        super().__init__(arguments, environment)

    def ready(self, timeout=40):
        with self.changed:
            if not self.changed.wait_for(lambda: self.lines, timeout) or self.lines[0] != "ready":
                raise ink.Failed(f"the attacker did not get where it attacks: {self.lines}")

    @property
    def is_at_it(self):
        return self.child.poll() is None

    def words(self):
        """What it says that it did."""
        self.child.wait(30)
        with self.changed:
            self.changed.wait_for(lambda: self.lines and self.lines[-1] is None, 5)
            return " ".join(line for line in self.lines if line and line != "ready")


class Honest:
    """Three who draw, at one rendezvous."""

    def __init__(self, folder, options, count=3, *, server=None, address=None, arguments=()):
        """`server` is that of others, which is not ended; `address` where it is reached, if not at its own."""
        self.folder, self.options = folder, options
        self.owns = server is None
        self.server = server or ink.Rendezvous()
        self.peers = [ink.new_board(folder / "ana", "ana", rendezvous=address or self.server.address, arguments=arguments)]
        self.link = self.peers[0].link()
        for name in ("bob", "cy")[:count - 1]:
            self.peers.append(ink.join_board(self.link, folder / name, name, arguments))
        for peer in self.peers:
            peer.wait("peers", count=count - 1)
        self.drawn = 0
        self.most = 0
        self.guests = set()

    @property
    def targets(self):
        return [f"127.0.0.1:{port}" for peer in self.peers for port in peer.udp_ports()[:1]]

    def prefill(self, count):
        for start in range(0, count, 200):
            for number in range(start, min(start + 200, count)):
                self.peers[0].send("draw", shape={"kind": "rectangle", "x": number % 90 * 9, "y": number // 90 * 9, "w": 8, "h": 8})
            self.peers[0].wait("delivered", timeout=60)

    def memory(self):
        """MiB of the fattest."""
        now = max(peer.resident_kib for peer in self.peers) / 1024
        self.most = max(self.most, now)
        return now

    def stroke(self, patience=20):
        """Seconds from the first's hand to the third's screen; None where it was refused or did not come."""
        self.drawn += 1
        label, writer, reader = f"s{self.drawn}", self.peers[0], self.peers[-1]
        after, before = reader.mark, writer.mark
        begun = time.perf_counter()
        writer.send("draw", id=label, shape={"kind": "rectangle", "x": self.drawn % 50 * 40, "y": self.drawn // 50 % 30 * 40, "w": 32, "h": 32})
        try:
            arrived, _ = reader.timed_event("shape", timeout=patience, after=after, id=label)
        except ink.Failed:
            return None
        finally:
            self.refused = [event for _, event in writer.events[before:] if event.get("event") == "error"]
        return arrived - begun

    def strokes(self, going):
        """As long as `going()`: ([seconds], missing)."""
        return in_turn([self], going)[0]

    def some(self, count=60):
        return self.strokes(counted(count))

    def join(self, name, arguments=()):
        """Seconds until a newcomer has the board; None where it never does."""
        begun = time.perf_counter()
        peer = ink.join_board(self.link, self.folder / name, name, arguments=["--timeout", "20", *arguments], ready=False)
        try:
            self.guests.add(peer.event("ready", timeout=25)["me"])
            took = time.perf_counter() - begun
        except ink.Failed:
            took = None
        peer.kill()
        return took

    def strange(self):
        """What of what was accepted is not the work of these: shapes that were not drawn or not once, people who are not there, unequal boards.

        Looked at when all have been told of all: the last stroke is on the third's screen and on its way to the others.
        """
        for peer in self.peers:
            peer.wait("synced", timeout=30)
        names = {f"s{number + 1}" for number in range(self.drawn)}
        complaints = []
        for peer in self.peers:
            shapes = [shape["id"] for shape in peer.state(60)["shapes"]]
            if sorted(shapes) != sorted(names):
                complaints.append(f"{peer.label} shows {len(shapes)} shapes, {len(names)} were drawn")
            told = {event["author"] for event in peer.events_named("peer") if event["state"] not in ("joining", "left")}
            complaints += [f"{peer.label} was told of a stranger" for _ in told - self.guests - {other.event("ready")["me"] for other in self.peers}]
        if len({peer.state(60)["fingerprint"] for peer in self.peers}) != 1:
            complaints.append("unequal boards")
        return complaints

    def datagrams(self):
        """What all together did with datagrams, by word."""
        total = {}
        for peer in self.peers:
            for word, count in peer.stats(60)["datagrams"].items():
                total[word] = total.get(word, 0) + count
        return total

    def stop(self):
        for peer in [*self.peers, *([self.server] if self.owns else [])]:
            peer.kill()


class Row:
    """What one attack did."""

    def __init__(self, attack):
        self.attack, self.complaints, self.parts = attack, [], []

    def say(self, text):
        self.parts.append(text)

    def demand(self, holds, complaint):
        if not holds:
            self.complaints.append(complaint)

    def strokes(self, before, under, missing, after):
        self.say(f"before {both(before)}, under {both(under)} ({len(under)} strokes, {missing} never came), after {both(after)}")
        self.demand(under and missing == 0, f"{missing} strokes never came")
        self.demand(not under or percentile(under, 0.99) <= P99_MAX, f"p99 under attack above {P99_MAX * 1000:.0f} ms")
        self.demand(before, "no stroke came before the attack")
        calm = percentile(before, 0.5) if before else 0
        self.demand(after and percentile(after, 0.5) <= max(MEDIAN_MAX * calm, calm + NOISE), f"5 s after, the median is above {MEDIAN_MAX} times that before")

    def ratio(self, who, before, under):
        """How many times as long strokes take under it."""
        if before and under:
            half, most = (percentile(under, share) / percentile(before, share) for share in (0.5, 0.99))
            self.say(f"{who}: p50 {half:.1f} times, p99 {most:.1f} times that before")

    def memory(self, before, most, whose="memory"):
        self.say(f"{whose} {before:.0f} -> {most:.0f} MiB")
        self.demand(most <= before + MEMORY_MAX, f"memory grew by more than {MEMORY_MAX} MiB")

    def join(self, took, what="newcomer"):
        self.say(f"{what} in after {took:.2f} s" if took is not None else f"{what} never got in")
        self.demand(took is not None and took <= JOIN_MAX, f"{what} not in within {JOIN_MAX:g} s")

    def __str__(self):
        verdict = "held  " if not self.complaints else "BROKEN"
        return f"{verdict} {self.attack}: {'; '.join(self.parts)}" + "".join(f"\n       {text}" for text in self.complaints)


# Attacks whose rate is that against one peer: all of it against three would be three attackers, and more than this machine may have processors for.
AT_ONE = ("orphans", "reconcile", "presence", "presence-strokes", "forks")


def member_attack(attack, folder, options, joins=False):
    """A member with sessions to all three."""
    row, honest = Row(attack), Honest(folder, options)
    try:
        if options.prefill or attack == "reconcile":
            honest.prefill(options.prefill or 3000)
        before, _ = honest.some()
        memory = honest.memory()
        # Sixteen seconds of late answers and six of a flood come before what is measured of acknowledgements.
        seconds = options.seconds + (25 if attack == "acknowledgements" else 0)
        # What was seen against one peer is done to one, that whose screen is watched.
        targets = honest.targets[-1:] if attack in AT_ONE else honest.targets
        attacker = Attacker(options.member, attack, link=honest.link, targets=targets, seconds=seconds, rate=options.rate)
        attacker.ready()
        joined = honest.join("dora") if joins else None
        under, missing = honest.strokes(lambda: attacker.is_at_it)
        words, most = attacker.words(), honest.most
        time.sleep(5)
        after, late = honest.some()
        row.strokes(before, under, missing + late, after)
        row.memory(memory, most)
        if joins:
            row.join(joined)
        row.say(f"attacker: {words}")
    finally:
        honest.stop()
    return row


def drawing_bomb(attack, folder, options):
    """Strokes of 9 000 points across the window, with a terminal as the third screen."""
    import terminal as tty

    row, honest = Row(attack), Honest(folder, options, count=2)
    ana, bob = honest.peers
    screen = None
    try:
        environment = {**ink.base_environment(), "INKWIRE_DATA_DIR": str(folder / "eve"), "INKWIRE_NAME": "eve", "INKWIRE_CODE": honest.link}
        screen = tty.Terminal([ink.binary(), "join"], columns=200, rows=60, environment=environment)
        screen.looks = False
        ana.wait("peers", count=2, timeout=30)

        def shown(number, patience=30.0):
            # A frame holds the cells that are another than before. Where a place comes round again, the letters have no cell in common with
            # those that stand there: else the label would never be seen whole, and count as one that never came.
            alphabet = ("GHIJKLMNOP", "QRSTUVWXYZ", "ghijklmnop", "qrstuvwxyz")[number // 800 % 4]
            label = "".join(alphabet[int(digit)] for digit in f"{number:05}").encode()
            begun = time.perf_counter()
            ana.send("draw", shape={"kind": "text", "x": 8 + number % 20 * 64, "y": 16 + number // 20 % 40 * 16, "text": label.decode()})
            deadline = begun + patience
            mark = len(screen.bytes)
            while label not in screen.bytes[mark:]:
                screen.pump(0.002)
                if time.perf_counter() > deadline:
                    return None
            return time.perf_counter() - begun

        def resident():
            status = pathlib.Path(f"/proc/{screen.pid}/status").read_text()
            return int(status.split("VmRSS:")[1].split()[0]) / 1024

        before = [value for value in map(shown, range(40)) if value is not None]
        memory = resident()
        points = [[0, 0] if step % 2 == 0 else [1500, step % 900] for step in range(9000)]
        for number in range(12):
            bob.send("draw", shape={"kind": "freehand", "x": number, "y": number, "points": points, "stroke_width": 255})
        bob.wait("delivered", timeout=60)
        # While one shape is moved all over them, nothing may wait.
        end = time.monotonic() + options.seconds
        under, missing, number, most = [], 0, 100, memory
        # It stands below the rows of the labels. Whoever draws at the same time as another does may come to lie above or below it, and a label
        # under a border is not seen, by right.
        bob.send("draw", id="mover", shape={"kind": "rectangle", "x": 0, "y": 704, "w": 200, "h": 100})
        while time.monotonic() < end:
            number += 1
            bob.send("move", id="mover", by=[8, 8] if number % 2 else [-8, -8])
            took = shown(number)
            if took is None:
                missing += 1
            else:
                under.append(took)
            most = max(most, resident())
        time.sleep(5)
        after = [value for value in map(shown, range(2000, 2040)) if value is not None]
        row.strokes(before, under, missing, after)
        row.memory(memory, most)
    finally:
        if screen:
            screen.close() if hasattr(screen, "close") else os.kill(screen.pid, 9)
        honest.stop()
    return row


def squatted(attack, folder, options):
    row, honest = Row(attack), Honest(folder, options, count=2)
    try:
        attacker = Attacker(options.member, attack, link=honest.link, targets=honest.targets, rendezvous=f"127.0.0.1:{honest.server.port}",
                            seconds=options.seconds)
        attacker.ready()
        times = []
        for number in range(5):
            if attacker.is_at_it:
                times.append(honest.join(f"newcomer{number}", ["--impair", "delay=40"]))
        missing = sum(took is None for took in times)
        row.say(f"{len(times)} newcomers, {missing} never got in, slowest {max([t for t in times if t is not None] or [0]):.2f} s")
        row.demand(times and missing == 0, "somebody was locked out")
        row.say(f"attacker: {attacker.words()}")
    finally:
        honest.stop()
    return row


def third_party(attack, folder, options):
    row, honest = Row(attack), Honest(folder, options)
    try:
        before, _ = honest.some(30)
        attacker = Attacker(options.member, attack, link=honest.link, rendezvous=f"127.0.0.1:{honest.server.port}", seconds=options.seconds)
        attacker.ready()
        under, missing = honest.strokes(lambda: attacker.is_at_it)
        words = attacker.words()
        figures = dict(word.split("=") for word in words.split() if "=" in word)
        most = int(figures.get("most_in_a_second", 0))
        row.say(f"at the third party at most {most} packets in a second from three members; attacker: {words}")
        # A burst of forty each, then twenty a second each.
        row.demand(most <= 3 * 60, "a third party is flooded")
        time.sleep(5)
        after, late = honest.some()
        row.strokes(before, under, missing + late, after)
    finally:
        honest.stop()
    return row


def topics(attack, folder, options):
    sources = 50 if attack == "topics-50" else 1
    row, honest = Row(attack), Honest(folder, options, count=2)
    try:
        before = honest.server.resident_kib / 1024
        row.join(honest.join("early"), "newcomer before")
        attacker = Attacker(options.member, "topics", rendezvous=f"127.0.0.1:{honest.server.port}", seconds=options.seconds, sources=sources)
        attacker.ready(60)
        row.join(honest.join("late"), "newcomer to a board that is there")
        begun = time.perf_counter()
        fresh = ink.new_board(folder / "fay", "fay", board="fresh", rendezvous=honest.server.address)
        bare = fresh.link()
        joiner = ink.join_board(ink.led_to(bare.split("#")[0].split("&direct=")[0], bare), folder / "gus", "gus", ready=False,
                                arguments=["--timeout", "20"])
        try:
            joiner.event("ready", timeout=25)
            row.join(time.perf_counter() - begun, "new board and a joiner")
        except ink.Failed:
            row.join(None, "new board and a joiner")
        row.memory(before, honest.server.resident_kib / 1024)
        for peer in (fresh, joiner):
            peer.kill()
        row.say(f"attacker: {attacker.words()}")
    finally:
        honest.stop()
    return row


def metrics(server):
    """The figures of a rendezvous, by name."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=30) as answer:
        lines = [line for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name.removeprefix("inkwire_").removesuffix("_total"): int(value) for name, value in (line.split() for line in lines)}


def in_turn(rooms, going):
    """Strokes in several rooms, one after the other, and a look at their memory: ([seconds], missing) of each."""
    found = [([], 0) for _ in rooms]
    while going():
        for index, room in enumerate(rooms):
            took = room.stroke(patience=5)
            seconds, missing = found[index]
            found[index] = (seconds + [took], missing) if took is not None else (seconds, missing + 1)
            room.memory()
        time.sleep(0.05)
    return found


def counted(count):
    """For `going`: so many times."""
    left = iter(range(count))
    return lambda: next(left, None) is not None


def relay_flood(attack, folder, options):
    """Two rooms of three that are relayed; in the first the attacker is a member, or knows at least the numbers."""
    server = ink.Rendezvous()
    row, rooms = Row(attack), []
    try:
        for name in ("attacked", "beside"):
            rooms.append(Honest(folder / name, options, server=server, arguments=["--relay-only"]))
        attacked, beside = rooms
        before = in_turn(rooms, counted(40))
        memories, at_server = [room.memory() for room in rooms], server.resident_kib / 1024
        attacker = Attacker(options.member, attack, link=attacked.link, rendezvous=f"127.0.0.1:{server.port}", seconds=options.seconds, rate=options.rate)
        attacker.ready()
        most = [at_server]

        def going():
            most[0] = max(most[0], server.resident_kib / 1024)
            return attacker.is_at_it

        under = in_turn(rooms, going)
        words = attacker.words()
        time.sleep(5)
        after = in_turn(rooms, counted(40))
        for index, name in enumerate(("room attacked", "room beside")):
            row.say(name)
            row.strokes(before[index][0], under[index][0], under[index][1] + after[index][1], after[index][0])
            row.ratio(name, before[index][0], under[index][0])
            row.memory(memories[index], rooms[index].most, "memory of its members")
            complaints = rooms[index].strange()
            row.say(f"accepted of the attacker's: {len(complaints)}")
            row.demand(not complaints, f"{name}: {complaints}")
        row.memory(at_server, most[0], "memory of the rendezvous")
        figures = metrics(server)
        row.say("rendezvous: " + ", ".join(f"{name} {figures[name]}" for name in
                                           ("relay_frames_in", "relay_frames_out", "relay_stray", "relay_late", "relay_over_source", "relay_unread", "closed")))
        row.say(f"datagrams of the room attacked: {attacked.datagrams()}")
        row.say(f"attacker: {words}")
    finally:
        for room in rooms:
            room.stop()
        server.kill()
    return row


def lying(attack, folder, options):
    """Two rooms that are relayed by one who lies, and one at the same place that goes directly."""
    server = ink.Rendezvous()
    relay = lying_relay.LyingRelay(server.port)
    row, rooms = Row(attack), []
    try:
        for name, arguments in (("relayed", ["--relay-only"]), ("other", ["--relay-only"]), ("direct", ["--no-relay"])):
            rooms.append(Honest(folder / name, options, count=2, server=server, address=relay.address, arguments=arguments))
        before = in_turn(rooms, counted(40))
        memories = [room.memory() for room in rooms]
        relay.lies = True
        end = time.monotonic() + options.seconds
        # What is lost or late comes by repetition: so long it may take here, for nothing else goes over this relay.
        under = in_turn(rooms, lambda: time.monotonic() < end)
        joined = rooms[0].join("newcomer", ["--relay-only"])
        relay.lies = False
        if joined is not None:
            row.say(f"a newcomer by the lying relay in after {joined:.2f} s")
        row.demand(joined is not None, "a newcomer by the lying relay never got in")
        time.sleep(5)
        after = in_turn(rooms, counted(40))
        for index, name in enumerate(("relayed", "relayed beside", "direct beside")):
            seconds, missing = under[index]
            row.say(name)
            if name == "direct beside":
                row.strokes(before[index][0], seconds, missing + after[index][1], after[index][0])
            else:
                row.say(f"before {both(before[index][0])}, under {both(seconds)} ({len(seconds)} strokes, {missing} later than 5 s), after {both(after[index][0])}")
                row.demand(before[index][0] and seconds and after[index][0], f"{name}: no stroke came within 5 s before, under or after")
            row.memory(memories[index], rooms[index].most)
            complaints = rooms[index].strange()
            row.demand(not complaints, f"{name}: {complaints}")
            figures = rooms[index].datagrams()
            row.say(f"datagrams: {figures}")
            if name != "direct beside":
                row.demand(figures["forged"] + figures["unknown"] > 0 and figures["replayed"] > 0, "nothing of what was changed or repeated was seen: the attack did not arrive")
        row.say(f"carried {relay.carried}, lies: {dict(relay.done)}")
        row.demand(all(relay.done[move] for move in lying_relay.MOVES), "not every lie was told")
    finally:
        relay.stop()
        for room in rooms:
            room.stop()
        server.kill()
    return row


def candidates(attack, folder, options):
    """Who is offered a thousand forbidden places sends to none of them, as a tap on all interfaces sees it."""
    import wiretap

    row, honest = Row(attack), Honest(folder, options)
    try:
        before, _ = honest.some(30)
        memory = honest.memory()
        ports = {port for peer in honest.peers for port in peer.udp_ports()}
        with contextlib.closing(wiretap.Datagrams(ports)) as watch:
            attacker = Attacker(options.member, attack, link=honest.link, targets=honest.targets, rendezvous=f"127.0.0.1:{honest.server.port}",
                                seconds=options.seconds)
            attacker.ready()
            under, missing = honest.strokes(lambda: attacker.is_at_it)
            words = attacker.words()
            sent = watch.stop()
        figures = {name: int(value) for name, value in (word.split("=") for word in words.split() if "=" in word)}
        # Of this machine they may be sent to, at any of its addresses, and the STUN responder; and from where the attacker came by itself.
        known = ports | {honest.server.stun, figures["allowed_port"]}
        forbidden = {place: count for place, count in sent.items() if place[1] not in known and place not in watch.seen_from}
        row.say(f"{figures['forbidden']} forbidden places, offered {figures['offered']} times and told {figures['told_in_sessions']} times in {figures['sessions']} sessions: "
                f"{sum(forbidden.values())} packets to them, {figures['packets_to_the_allowed']} to the one that is allowed")
        row.demand(not forbidden, f"sent to {dict(list(forbidden.items())[:8])}")
        row.demand(figures["forbidden"] >= 1000 and figures["offered"] >= 1000 and figures["packets_to_the_allowed"] > 0, "not enough was offered, or nobody looked at it")
        time.sleep(5)
        after, late = honest.some()
        row.strokes(before, under, missing + late, after)
        row.ratio("strokes", before, under)
        row.memory(memory, honest.most)
        row.demand(figures["sessions"] == 3, "the attacker lost a session")
    finally:
        honest.stop()
    return row


def labels(attack, folder, options):
    row, honest = Row(attack), Honest(folder, options, count=2)
    ana, bob = honest.peers
    try:
        bob.draw("cache", kind="rectangle", x=0, y=0, w=8, h=8)
        ana.event("shape", id="cache")
        mine = ana.draw("cache", kind="rectangle", x=500, y=0, w=8, h=8)
        ana.ask("set", "shape", id="cache", set={"text": "mine"})
        shapes = ana.state()["shapes"]
        changed = [shape for shape in shapes if shape.get("text") == "mine"]
        row.say(f"ana was told {mine['id']}; changed was the shape at {[shape.get('x') for shape in changed]}")
        row.demand([shape.get("x") for shape in changed] == [500], "a script changed a stranger's shape")
    finally:
        honest.stop()
    return row


ATTACKS = {
    "lying-receipt": member_attack,
    "drawing-bomb": drawing_bomb,
    "topics": topics,
    "topics-50": topics,
    "squatted-id": squatted,
    "house": lambda *arguments: member_attack(*arguments, joins=True),
    "house-networks": lambda *arguments: member_attack(*arguments, joins=True),
    "house-writers": lambda *arguments: member_attack(*arguments, joins=True),
    "orphans": member_attack,
    "forged": member_attack,
    "history": member_attack,
    "forks": member_attack,
    "reconcile": member_attack,
    "acknowledgements": member_attack,
    "presence": member_attack,
    "presence-strokes": member_attack,
    "third-party": third_party,
    "relay-member": relay_flood,
    "relay-stranger": relay_flood,
    "lying-relay": lying,
    "candidates": candidates,
    "labels": labels,
    "viewer-writes": lambda attack, folder, options: adversary_roles.role_writes(Row(attack), folder, options, "viewer"),
    "commenter-writes": lambda attack, folder, options: adversary_roles.role_writes(Row(attack), folder, options, "commenter"),
    "removed-writes": lambda attack, folder, options: adversary_roles.role_writes(Row(attack), folder, options, "editor"),
}


def main():
    parser = argparse.ArgumentParser(prog="tools/adversary")
    parser.add_argument("attacks", nargs="*")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--binary")
    parser.add_argument("--member", default=str(ink.ROOT / ".build" / "release" / "adversary-member"))
    parser.add_argument("--prefill", type=int, default=0)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--kinds", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list:
        print("\n".join(ATTACKS))
        return 0
    wanted = list(ATTACKS) if options.attacks == ["all"] else options.attacks
    unknown = [name for name in wanted if name not in ATTACKS]
    if unknown or not wanted:
        print(f"tools/adversary: no attack is called {', '.join(unknown) or 'nothing'}.\n  Known: {', '.join(ATTACKS)}, all.", file=sys.stderr)
        return 2
    ink.end_on_signals()
    broken = 0
    for attack in wanted:
        folder = ink.TemporaryFolder("inkwire-adversary")
        try:
            row = ATTACKS[attack](attack, folder, options)
        except ink.Failed as failure:
            row = Row(attack)
            row.demand(False, str(failure))
        finally:
            ink.stop_everything()
            folder.remove()
        broken += bool(row.complaints)
        print(row, flush=True)
    print(f"{len(wanted)} attacks: {len(wanted) - broken} held, {broken} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
