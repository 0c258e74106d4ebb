"""Several headless peers draw at the same time over bad links and must end equal. Behind tools/campaign and one end-to-end test."""

import argparse
import sys
import threading
import time

import inkwire_process as ink

IMPAIRMENT = "loss=10,delay=50,jitter=20,reorder=5,dup=2"
EQUAL_WITHIN = 5.0  # seconds after every peer said delivered
DELIVERED_WITHIN = 120.0


class Result:
    def __init__(self, delivered, equal, transactions, fingerprint):
        self.delivered, self.equal, self.transactions, self.fingerprint = delivered, equal, transactions, fingerprint

    def __str__(self):
        return (f"delivered after {self.delivered:.1f} s, equal {self.equal:.2f} s later, {self.transactions} transactions, "
                f"fingerprint {self.fingerprint}")


def play(peer, index, shapes, strokes):
    """Sends one peer's commands: shapes with a live stroke between them now and then."""
    every = max(1, shapes // max(1, strokes))
    drawn = 0
    for number in range(shapes):
        kind = ("rectangle", "ellipse", "diamond", "note")[number % 4]
        shape = {"kind": kind, "x": (number % 30) * 40, "y": index * 400 + number // 30 * 40, "w": 32, "h": 32, "text": f"{index}.{number}"}
        peer.send("draw", shape=shape, id=f"p{index}n{number}")
        if number % every == every - 1 and drawn < strokes:
            points = [[step * 6, (step * step) % 40] for step in range(20)]
            peer.send("stroke", x=drawn * 40, y=index * 400 + 380, points=points, over_ms=100)
            drawn += 1
    for extra in range(strokes - drawn):
        peer.send("stroke", x=extra * 40, y=index * 400 + 390, points=[[0, 0], [8, 8], [16, 0]], over_ms=100)


def run(folder, seed, peers=3, shapes=300, strokes=30, impairment=IMPAIRMENT):
    """One run; raises `Failed` when the promise does not hold."""
    rendezvous = ink.Rendezvous()
    members = []
    try:
        for index in range(peers):
            options = ["--impair", f"{impairment},seed={seed * 100 + index}"]
            data, name = folder / f"{seed}-{index}", f"peer{index}"
            if index == 0:
                members.append(ink.new_board(data, name, rendezvous=rendezvous.address, arguments=options))
                link = members[0].link()
            else:
                members.append(ink.join_board(link, data, name, arguments=options))
        for peer in members:
            peer.wait("peers", count=peers - 1, timeout=30)
        started = time.monotonic()
        writers = [threading.Thread(target=play, args=(peer, index, shapes, strokes)) for index, peer in enumerate(members)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        for peer in members:
            peer.wait("delivered", timeout=DELIVERED_WITHIN)
        delivered = time.monotonic()

        def equal():
            states = [peer.state() for peer in members]
            return states if len({state["fingerprint"] for state in states}) == 1 else None

        states = ink.wait_until(equal, EQUAL_WITHIN, "all fingerprints are equal after delivered", interval=0.05)
        equal_at = time.monotonic()
        wanted = peers * (shapes + strokes)
        for peer, state in zip(members, states):
            if len(state["shapes"]) != wanted:
                raise ink.Failed(f"{peer.label} shows {len(state['shapes'])} shapes of {wanted}")
            if peer.events_named("error") or peer.events_named("rejected"):
                raise ink.Failed(f"{peer.label} met an error\n{peer.report()}")
        for peer in members:
            peer.send("quit")
        for peer in members:
            status = peer.wait_exit(30)
            if status != 0:
                raise ink.Failed(f"{peer.label} exited {status}\n{peer.report()}")
        return Result(delivered - started, equal_at - delivered, states[0]["transactions"], states[0]["fingerprint"])
    finally:
        ink.stop_everything()


def main():
    parser = argparse.ArgumentParser(prog="tools/campaign")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--peers", type=int, default=3)
    parser.add_argument("--shapes", type=int, default=300)
    parser.add_argument("--strokes", type=int, default=30)
    parser.add_argument("--impair", default=IMPAIRMENT)
    parser.add_argument("--seed", type=int, default=1, help="of the first run's impairment")
    options = parser.parse_args()
    ink.end_on_signals()
    folder = ink.TemporaryFolder("inkwire-campaign")
    failures = 0
    for number in range(options.runs):
        seed = options.seed + number
        try:
            result = run(folder, seed, options.peers, options.shapes, options.strokes, options.impair)
            print(f"run {number + 1} of {options.runs}, seed {seed}: {result}", flush=True)
        except ink.Failed as failure:
            failures += 1
            print(f"run {number + 1} of {options.runs}, seed {seed}: FAILED: {failure}", flush=True)
    print(f"campaign: {options.runs - failures} of {options.runs} runs equal")
    folder.remove()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
