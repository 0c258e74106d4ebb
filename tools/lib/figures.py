"""The ten figures by which a change is judged. Behind tools/figures."""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

import inkwire_process as ink
import latency
import terminal_figures

SECONDS = ink.ROOT / ".build" / "logs" / "seconds.json"
CLEAN = ink.ROOT / ".build" / "clean"
CHANGES, SHAPES_SEEN, SHAPES_KEPT, SHAPES_JOINED, WORLDS = 500, 10_000, 20_000, 100, 40


def pair(folder):
    """A rendezvous and two headless peers on one board."""
    rendezvous = ink.Rendezvous()
    ana = ink.new_board(folder / "ana", "ana", rendezvous=rendezvous.address)
    link = ana.link()
    bob = ink.join_board(link, folder / "bob", "bob")
    for peer in (ana, bob):
        peer.wait("peers", count=1)
        peer.wait("synced")
    return ana, bob, link


def on_the_wire(peer):
    """Bytes and packets on the peer's only link so far, both ways."""
    link = peer.stats()["peers"][0]
    return [link[f"{what}_in"] + link[f"{what}_out"] for what in ("bytes", "packets")]


def measure_link(folder, idle):
    """Latency of changes, what they cost on the wire, how long a join takes, and what a link costs that has nothing to do."""
    ana, bob, link = pair(folder)
    latency.shapes(ana, bob, 20, "warm")
    before = on_the_wire(ana)
    seconds = latency.shapes(ana, bob, CHANGES, "change")
    # The last acknowledgements are on their way.
    ana.wait("delivered")
    cost = (on_the_wire(ana)[0] - before[0]) / CHANGES
    yield "operation latency", "ms", statistics.median(seconds) * 1000, latency.percentile(seconds, 0.95) * 1000
    yield "bytes an operation", "bytes", cost
    ana.send("wait", ms=2000)
    before = on_the_wire(ana)
    time.sleep(idle)  # nothing can be awaited: nothing is what is measured
    grown = [(after - earlier) * 60 / idle for earlier, after in zip(before, on_the_wire(ana))]
    yield "idle link, a minute", "bytes, packets", *grown
    ana.quit()
    bob.quit()


def measure_join(folder, times=5):
    rendezvous = ink.Rendezvous()
    ana = ink.new_board(folder / "ana", "ana", rendezvous=rendezvous.address)
    for number in range(SHAPES_JOINED):
        ana.draw(f"n{number}", kind="rectangle", x=number * 8, y=0, w=8, h=8)
    link, found = ana.link(), []
    for number in range(times):
        bob = ink.join_board(link, folder / f"bob{number}", "bob", ready=False)
        # What was there before is told as a state, not as events.
        found.append((bob.timed_event("sync", timeout=30, state="synced")[0] - bob.started) * 1000)
        if len(bob.state()["shapes"]) != SHAPES_JOINED:
            raise ink.Failed(f"synced, but not all shapes are there\n{bob.report()}")
        bob.quit()
    ana.quit()
    yield "join", "ms", min(found)


def fill(folder, first, last):
    """Boxes of a board, a hundred in a row."""
    peer = ink.open_board("figures", folder, "ana")
    for number in range(first, last):
        peer.send("draw", shape={"kind": "rectangle", "x": number % 100 * 40, "y": number // 100 * 40, "w": 32, "h": 32})
    peer.wait("saved", timeout=120)
    peer.quit()


def measure_boards(folder):
    """What a person at a terminal waits for, and what many shapes cost."""
    ink.new_board(folder, "ana", "figures").quit()
    command = [ink.binary(), "open", "figures"]
    environment = {"INKWIRE_DATA_DIR": folder, "INKWIRE_NAME": "ana"}
    first_frame = lambda: min(terminal_figures.measure_first_frame(command, environment, 120, 40))
    empty = first_frame()
    terminal = terminal_figures.Terminal(command, 120, 40, environment)
    terminal.see("keys", 30)
    terminal.settle(0.5)
    waits, _ = terminal_figures.measure_ink(terminal, 300)
    # What was drawn here must not be in the way of the next.
    terminal_figures.leave(terminal)
    shutil.rmtree(folder)
    ink.new_board(folder, "ana", "figures").quit()
    fill(folder, 0, SHAPES_SEEN)
    full = first_frame()
    fill(folder, SHAPES_SEEN, SHAPES_KEPT)
    peer = ink.open_board("figures", folder, "ana")
    memory = peer.resident_kib / 1024
    peer.quit()
    yield "own ink", "ms", statistics.median(waits), terminal_figures.percentile(waits, 0.95)
    yield "first frame, empty and full", "ms", empty, full
    yield "memory of 20 000 shapes", "MiB", memory


def measure_worlds():
    """Worlds a second of processor; nothing where there is no `simulate` beside the binary."""
    program = ink.binary().with_name("simulate")
    if not program.exists():
        return
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([program, "--seeds", f"1...{WORLDS}"], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise ink.Failed(f"a world broke:\n{done.stdout[-2000:]}")
    yield "worlds a second", "", WORLDS / (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure_clean_build():
    """A release build of the program in a folder of its own, from nothing but what was downloaded."""
    from run_tests import RELEASE, remember
    shutil.rmtree(CLEAN, ignore_errors=True)
    command = ["swift", "build", *RELEASE, "--scratch-path", str(CLEAN), "--product", "inkwire"]
    subprocess.run(["swift", "package", "--scratch-path", str(CLEAN), "resolve"], cwd=ink.ROOT, check=True, stdout=sys.stderr)
    began = time.monotonic()
    subprocess.run(command, cwd=ink.ROOT, check=True, stdout=sys.stderr)
    remember("clean build", time.monotonic() - began)
    shutil.rmtree(CLEAN, ignore_errors=True)


def remembered(what):
    """What it took the last time, as tools/test and this tool noted it."""
    known = json.loads(SECONDS.read_text()) if SECONDS.exists() else {}
    if what in known:
        yield what, f"s, at {known[what]['commit']}", known[what]["seconds"]


def main():
    parser = argparse.ArgumentParser(prog="tools/figures")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--binary", help="read by the script around this")
    parser.add_argument("--clean-build", action="store_true")
    parser.add_argument("--whole-test", action="store_true")
    options = parser.parse_args()
    ink.end_on_signals()
    if options.clean_build:
        measure_clean_build()
    if options.whole_test:
        subprocess.run([ink.ROOT / "tools" / "test"], stdout=sys.stderr, check=True)
    folder = ink.TemporaryFolder("inkwire-figures")
    found = {}
    parts = [
        lambda: measure_link(folder / "link", idle=60), lambda: measure_join(folder / "join"), lambda: measure_boards(folder / "boards"), measure_worlds,
        lambda: remembered("clean build"), lambda: remembered("tools/test"),
    ]
    try:
        for part in parts:
            for name, unit, *values in part():
                found[name] = (unit, values)
            ink.stop_everything()
    finally:
        ink.stop_everything()
        folder.remove()
    order = ["operation latency", "own ink", "first frame, empty and full", "memory of 20 000 shapes", "idle link, a minute", "join",
             "bytes an operation", "worlds a second", "clean build", "tools/test"]
    _, version, _ = ink.run(["--version"])
    if options.json:
        print(json.dumps({"binary": str(ink.binary()), "version": version.strip(), "processors": os.cpu_count(), "load": os.getloadavg()[0],
                          "figures": {name: {"unit": found[name][0], "values": [round(value, 3) for value in found[name][1]]}
                                      for name in order if name in found}}, indent=1))
        return 0
    print(f"{version.strip()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    for number, name in enumerate(order, 1):
        unit, values = found.get(name, ("not measured", []))
        print(f"{number:2} {name:28} {' '.join(f'{value:9.1f}' for value in values):19} {unit}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
