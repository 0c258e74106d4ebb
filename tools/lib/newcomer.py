"""A newcomer to a large board, cut off in the middle; see tools/newcomer."""

import argparse
import random
import sys
import time

import inkwire_process as ink

POINTS = 10_000
# What such a stroke and its boxes take on the line, with all that belongs to it: measured with `--cut none`.
STROKE_BYTES = 35_000
# As a part of what is on disk at the cut: the database's own, and what the two compare.
AGAIN_MAX = 0.35
# A relay drops what is too much, and it is sent again.
SENT_MAX = 1.35
OUTAGE = 10  # seconds without a rendezvous


def size(folder):
    """Bytes of a data directory."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue  # a file of the database that came and went
    return total


def fill(host, strokes):
    """Strokes as a restless hand draws them, and some boxes."""
    hand = random.Random(1)
    for stroke in range(strokes):
        x = y = 0
        points = [[0, 0]]
        for _ in range(POINTS - 1):
            x, y = x + hand.randint(-40, 40), y + hand.randint(-40, 40)
            points.append([x, y])
        host.draw(kind="freehand", x=stroke * 10, y=0, points=points, timeout=60)
        for number in range(4):
            host.draw(kind="rectangle", x=stroke * 10, y=number * 40, w=8, h=8, timeout=60)
    host.wait("saved", timeout=120)


def newest_sync(peer):
    return next((event for _, event in reversed(list(peer.events)) if event.get("event") == "sync"), None)


def are_equal(host, newcomer):
    told = [newest_sync(host), newest_sync(newcomer)]
    return all(event and event["state"] == "synced" for event in told) and told[0]["fingerprint"] == told[1]["fingerprint"]


def run(path, options):
    """One newcomer; the complaints."""
    arguments = ["--relay-only"] if path == "relay" else ["--no-relay"]
    folder = ink.TemporaryFolder("inkwire-newcomer")
    server = ink.Rendezvous(arguments=["--relay", str(options.relay), "--relay-total", str(max(16384, options.relay * 8))])
    host = ink.new_board(folder / "ana", "ana", "big", server.address, arguments)
    strokes = options.strokes
    fill(host, strokes)
    whole, link = strokes * STROKE_BYTES, host.link()
    patience = 30 + whole / (options.relay * 1024) * 8  # seconds: eight times those that the relay needs, and some to begin
    begun = time.perf_counter()
    newcomer = ink.join_board(link, folder / "bob", "bob", arguments, ready=False)
    cut_at = had = 0
    if options.cut != "none":
        ink.wait_until(lambda: size(folder / "bob") > whole / 2, patience, "about half of the board is on the newcomer's disk", interval=0.05)
        had, cut_at = size(folder / "bob"), time.perf_counter()
        if options.cut == "kill":
            newcomer.kill()
            newcomer = ink.join_board(link, folder / "bob", "bob", arguments, ready=False)
        else:
            server.kill()
            time.sleep(OUTAGE)
            server = ink.Rendezvous(port=server.port, stun=server.stun, arguments=server.arguments[5:])
    try:
        ink.wait_until(lambda: are_equal(host, newcomer), patience, "equal fingerprints", interval=0.25)
    except ink.Failed as failure:
        raise ink.Failed(f"{failure}\n{host.report()}\n{newcomer.report()}\n{newest_sync(host)} {newest_sync(newcomer)}") from None
    ended = time.perf_counter()
    # Of a process that was opened after the cut, what came after it.
    sent = sum(other["bytes_in"] for other in newcomer.stats(300)["peers"])
    paths = {event["path"] for peer in (host, newcomer) for event in peer.events_named("peer") if event.get("path")}
    shapes = len(newcomer.state(300)["shapes"])
    parts = f"{cut_at - begun:.1f} s until the cut, with {had / 1e6:.2f} MB on disk; {ended - cut_at:.1f} s after it; "
    print(f"{path:<6} relay {options.relay} KiB/s, {strokes} strokes of {POINTS} points, {shapes} shapes, {whole / 1e6:.1f} MB; cut: {options.cut}; {parts if cut_at else ''}"
          f"{ended - begun:.1f} s in all, {whole / (ended - begun) / 1000:.0f} kB/s of the board; received {'after the cut' if options.cut == 'kill' else 'in the last session'} {sent / 1e6:.2f} MB; "
          f"equal fingerprints {newest_sync(newcomer)['fingerprint'][:8]}", flush=True)
    wrong = []
    if shapes != strokes * 5:
        wrong.append(f"{shapes} shapes instead of {strokes * 5}")
    missing = max(0, whole - had) + had * AGAIN_MAX
    if options.cut == "kill" and sent > missing * SENT_MAX:
        wrong.append(f"{sent / 1e6:.2f} MB were received after the cut, where {missing / 1e6:.2f} MB were missing at most")
    if paths != {"relay-rendezvous" if path == "relay" else "direct"}:
        wrong.append(f"it went by {paths}")
    for process in (newcomer, host, server):
        process.kill()
    folder.remove()
    return wrong


def main():
    ink.end_on_signals()
    parser = argparse.ArgumentParser(prog="tools/newcomer", add_help=False)
    parser.add_argument("--strokes", type=int, default=300)
    parser.add_argument("--path", choices=["direct", "relay", "both"], default="both")
    parser.add_argument("--relay", type=int, default=64)
    parser.add_argument("--cut", choices=["kill", "line", "none"], default="kill")
    parser.add_argument("--binary")
    options = parser.parse_args()
    if options.strokes < 1 or options.relay < 1 or options.cut == "line" and options.path != "relay":
        parser.error("--strokes and --relay are above zero, and `--cut line` goes with `--path relay`")
    wrong = [f"{path}: {text}" for path in (["direct", "relay"] if options.path == "both" else [options.path]) for text in run(path, options)]
    for text in wrong:
        print(f"  wrong: {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
