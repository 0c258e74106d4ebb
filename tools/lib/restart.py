"""A rendezvous is restarted under those who draw; see tools/restart."""

import argparse
import os
import statistics
import sys
import threading
import time

import inkwire_process as ink

KINDS = {"direct": (["--no-relay"], "direct"), "relayed": (["--relay-only"], "relay-rendezvous")}
# Seconds before a kill, and after a rendezvous is started again, that are looked at.
WINDOW = 6.0
# Seconds that a screen that is relayed may stand still beyond those in which there is no rendezvous.
RELAYED_GAP_MAX = 2.0
# What a screen waits for at most without any restart is measured; a direct one may wait so many seconds longer, for this machine has other work.
DIRECT_NOISE = 0.25


class Screen:
    """What one of a pair draws, as the other is told of it."""

    def __init__(self, kind, writer, reader, name):
        self.kind, self.writer, self.reader, self.name = kind, writer, reader, name
        self.sent = {}

    def draw(self):
        identifier = f"{self.name}-{len(self.sent)}"
        self.sent[identifier] = time.perf_counter()
        self.writer.send("draw", id=identifier, shape={"kind": "rectangle", "x": len(self.sent) % 100 * 8, "y": 8, "w": 8, "h": 8})

    def arrived(self):
        """When each was told first."""
        seen = {}
        for when, event in list(self.reader.events):
            if event.get("event") == "shape" and event.get("change") == "added" and event["id"] in self.sent:
                seen.setdefault(event["id"], when)
        return seen

    def lost(self):
        return set(self.sent) - set(self.arrived())

    def paths_told(self, begin, end):
        """What was told of the other meanwhile that was not so before; a new round trip alone is no news."""
        news, last = [], None
        for when, event in list(self.reader.events):
            if event.get("event") == "peer":
                now = (event["state"], event.get("path"))
                if begin < when < end and now != last:
                    news.append(now)
                last = now
        return news


class Hands:
    """Draws on all boards, one after the other, until it is stopped."""

    def __init__(self, screens, rate):
        self.screens, self.pause = screens, 1 / (rate * len(screens))
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.draw, daemon=True)
        self.thread.start()

    def draw(self):
        number, due = 0, time.perf_counter()
        while not self.is_over.wait(max(0, due - time.perf_counter())):
            self.screens[number % len(self.screens)].draw()
            number, due = number + 1, due + self.pause

    def stop(self):
        self.is_over.set()
        self.thread.join()


def longest_gap(times, begin, end):
    inside = [begin, *sorted(when for when in times if begin < when < end), end]
    return max(later - earlier for earlier, later in zip(inside, inside[1:]))


def meet(folder, address, kind, number):
    arguments, path = KINDS[kind]
    left = ink.new_board(folder / f"{kind}{number}a", "ana", rendezvous=address, arguments=arguments)
    right = ink.join_board(left.link(), folder / f"{kind}{number}b", "bob", arguments)
    for peer in (left, right):
        peer.wait("peers", count=1, timeout=30)
        peer.event("peer", path=path, state="joined")
    return [Screen(kind, left, right, f"{kind}{number}a"), Screen(kind, right, left, f"{kind}{number}b")]


def fingerprints(pairs):
    """Of each pair those of both."""
    return [{peer.state(60)["fingerprint"] for peer in pair} for pair in pairs]


def table(kind, screens, kills, away):
    """The line of one kind, and what of the promise was not kept, where nobody listened for `away` seconds after each kill."""
    def worst(begin, end):
        return [max(longest_gap(times, killed + begin, killed + end) for killed in kills) for times in told]

    arrivals = [screen.arrived() for screen in screens]
    told = [list(arrived.values()) for arrived in arrivals]
    before, after = worst(-WINDOW, 0), worst(0, away + WINDOW)
    slowest = max(when - screen.sent[name] for screen, arrived in zip(screens, arrivals) for name, when in arrived.items())
    lost = sum(len(screen.lost()) for screen in screens)
    words = [word for screen in screens for killed in kills for word in screen.paths_told(killed, killed + away + WINDOW)]
    print(f"{kind:<8} {len(screens) // 2} pairs, {sum(len(screen.sent) for screen in screens)} operations, {lost} lost; longest gap "
          f"before {statistics.median(before):.2f}/{max(before):.2f} s, after {statistics.median(after):.2f}/{max(after):.2f} s; "
          f"slowest operation {slowest:.2f} s; told of the other: {len(words)} {sorted(set(map(str, words)))[:4] if words else ''}", flush=True)
    wrong = [f"{kind}: {lost} lost"] if lost else []
    if kind == "relayed" and max(after) > away + RELAYED_GAP_MAX:
        wrong.append(f"relayed: a screen stood still for {max(after):.2f} s, where {away + RELAYED_GAP_MAX:g} s are promised at most")
    if kind == "direct" and max(after) > max(before) + DIRECT_NOISE:
        wrong.append(f"direct: a screen stood still for {max(after):.2f} s, before for {max(before):.2f} s")
    if kind == "direct" and words:
        wrong.append(f"direct: told {words[:4]}")
    return wrong


def main():
    ink.end_on_signals()
    parser = argparse.ArgumentParser(prog="tools/restart", add_help=False)
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--restarts", type=int, default=3)
    parser.add_argument("--away", type=float, default=0)
    parser.add_argument("--rate", type=float, default=5)
    parser.add_argument("--binary")
    options = parser.parse_args()
    if options.pairs < 1 or options.restarts < 1 or options.rate <= 0 or options.away < 0:
        parser.error("--pairs and --restarts are at least one, --rate is above zero, and --away is not below zero")
    folder = ink.TemporaryFolder("inkwire-restart")
    server = ink.Rendezvous()
    screens = [screen for number in range(options.pairs) for kind in KINDS for screen in meet(folder, server.address, kind, number)]
    hands = Hands(screens, options.rate)
    kills = []
    for _ in range(options.restarts):
        # Time is what is measured: so long they draw undisturbed, and so long they have to come back.
        time.sleep(WINDOW + 0.5)
        kills.append(time.perf_counter())
        server.kill()
        time.sleep(options.away)
        server = ink.Rendezvous(port=server.port, stun=server.stun)
        back = time.perf_counter()
        print(f"restart {len(kills)}: nobody listened for {back - kills[-1]:.2f} s, load {os.getloadavg()[0]:.1f}", flush=True)
        time.sleep(WINDOW)
    hands.stop()
    wrong = []
    try:
        ink.wait_until(lambda: not any(screen.lost() for screen in screens), 40, "all operations arrive", interval=0.2)
    except ink.Failed:
        pass  # each kind says below what it lost
    for kind in KINDS:
        wrong += table(kind, [screen for screen in screens if screen.kind == kind], kills, options.away)
    unequal = sum(len(found) != 1 for found in fingerprints([(screen.writer, screen.reader) for screen in screens[::2]]))
    if unequal:
        wrong.append(f"{unequal} pairs with unequal boards")
    for text in wrong:
        print(f"  wrong: {text}")
    for screen in screens:
        screen.writer.kill()
    server.kill()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
