"""Two peers draw one board; behind tools/demo."""

import sys
import time

import inkwire_process as ink

BOARD = "hello"


def tell(text):
    print(f"demo: {text}", file=sys.stderr, flush=True)


def wave(steps=60):
    """A freehand wave, as points relative to its first."""
    heights = [0, 6, 11, 14, 15, 14, 11, 6, 0, -6, -11, -14, -15, -14, -11, -6]
    return [[step * 4, heights[step % len(heights)]] for step in range(steps)]


ANA_DRAWS = [
    ("title", {"kind": "text", "x": 152, "y": 0, "text": "one board, two peers"}),
    ("ana", {"kind": "rectangle", "x": 16, "y": 48, "w": 128, "h": 80, "stroke": "#0072B2", "text": "ana"}),
    ("there", {"kind": "arrow", "x": 152, "y": 72, "points": [[0, 0], [176, 0]], "stroke": "#0072B2"}),
    ("ask", {"kind": "line", "x": 80, "y": 136, "points": [[0, 0], [0, 120], [80, 120]]}),
]
BOB_DRAWS = [
    ("bob", {"kind": "rectangle", "x": 336, "y": 48, "w": 128, "h": 80, "stroke": "#D55E00", "text": "bob"}),
    ("back", {"kind": "arrow", "x": 328, "y": 104, "points": [[0, 0], [-176, 0]], "stroke": "#D55E00"}),
    ("rendezvous", {"kind": "ellipse", "x": 168, "y": 208, "w": 144, "h": 96, "text": "rendezvous"}),
    ("answer", {"kind": "line", "x": 400, "y": 136, "points": [[0, 0], [0, 120], [-80, 120]]}),
]


def headless():
    began = time.monotonic()
    folder = ink.TemporaryFolder("inkwire-demo")
    try:
        server = ink.Rendezvous()
        tell(f"rendezvous at {server.address}; it introduces the peers and can read nothing")
        ana = ink.new_board(folder / "ana", "ana", BOARD, server.address)
        bob = ink.join_board(ana.link(), folder / "bob", "bob")
        for peer in (ana, bob):
            peer.wait("peers", count=1)
        tell("ana made a board, bob joined by her link")

        for (label, shape), (other, other_shape) in zip(ANA_DRAWS, BOB_DRAWS):
            ana.send("draw", id=label, shape=shape)
            bob.send("draw", id=other, shape=other_shape)
        ana.send("stroke", id="wave", x=120, y=168, points=wave(), over_ms=900, stroke="#009E73")
        seen = bob.event("gesture", matching=lambda event: event.get("points_total", 0) > 1)["points_total"]
        bob.event("shape", id="wave", timeout=20)
        tell(f"bob saw ana's wave growing: {seen} points when he first looked, {len(wave())} when she lifted the pen")

        for peer in (ana, bob):
            peer.wait("delivered")
        for peer in (ana, bob):
            peer.wait("synced")
        states = [peer.state() for peer in (ana, bob)]
        for peer in (ana, bob):
            peer.send("quit")
        statuses = [peer.wait_exit(20) for peer in (ana, bob)]
        pictures = []
        for name, state in zip(("ana", "bob"), states):
            # Printed from each peer's own disk, after it has ended.
            status, text, errors = ink.run(["export", BOARD, "--format", "txt", "-o", "-"], data=folder / name, name=name)
            if status != 0:
                raise ink.Failed(f"inkwire export exited {status} for {name}\n{errors}")
            pictures.append(text)
            print(f"{name} has {len(state['shapes'])} shapes\n\n{text.rstrip()}\n\nfingerprint {state['fingerprint']}\n", flush=True)
        if any(statuses):
            raise ink.Failed(f"the peers exited {statuses}")
        if states[0]["fingerprint"] != states[1]["fingerprint"] or pictures[0] != pictures[1]:
            raise ink.Failed("the boards differ")
        tell(f"done in {time.monotonic() - began:.1f} s: both have the same board")
        return 0
    finally:
        ink.stop_everything()
        folder.remove()


def main():
    ink.end_on_signals()
    if not ink.binary().exists():
        sys.exit(f"inkwire: {ink.binary()} does not exist.\n  The demo runs the built program.\n  Run tools/demo, which builds it first.")
    try:
        return headless()
    except ink.Failed as failure:
        tell(f"FAILED: {failure}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
