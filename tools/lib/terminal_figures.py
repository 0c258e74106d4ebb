"""Measures the terminal front end in a pseudo-terminal. Behind tools/terminal-figures."""

import argparse
import math
import os
import pathlib
import select
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEndTests"))
sys.path.insert(0, str(ROOT / "tools" / "lib"))

from terminal import Terminal, stand  # noqa: E402


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def measure_first_frame(command, environment, columns, rows, times=7):
    """Milliseconds from starting the program to the first byte of a picture, of several starts."""
    found = []
    for _ in range(times):
        terminal = Terminal(command, columns, rows, environment)
        terminal.until(lambda: b"\x1b[2J" in terminal.bytes, "the first frame", 30)
        found.append((terminal.times[0][0] - terminal.began) * 1000)
        terminal.settle(0.3)
        terminal.send("q")
        terminal.wait(20)
        terminal.close()
    return found


def measure_ink(terminal, events):
    """Milliseconds from each drag event to the first byte that answers it, and the bytes of each."""
    waits, sizes = [], []
    columns, rows = terminal.screen.columns, terminal.screen.lines
    terminal.mouse(0, 5, rows // 2)
    terminal.settle()
    for step in range(1, events + 1):
        column = 5 + step % (columns - 10)
        row = rows // 2 + round((rows // 3) * math.sin(step / 9))
        # No faster than a hand: a mouse reports 60 to 125 times a second.
        time.sleep(0.012)
        before = len(terminal.bytes)
        began = time.monotonic()
        terminal.mouse(32, column, row)
        if not select.select([terminal.leader_end], [], [], 0.2)[0]:
            # Ink over older ink can look the same: then there is nothing to write.
            continue
        waits.append((time.monotonic() - began) * 1000)
        terminal.pump(0.004)
        sizes.append(len(terminal.bytes) - before)
        if step % 60 == 0:
            terminal.mouse(0, column, row, released=True)
            terminal.settle()
            terminal.mouse(0, column, row)
            terminal.settle()
    terminal.mouse(0, 5, 5, released=True)
    return waits, sizes


def main():
    parser = argparse.ArgumentParser(prog="tools/terminal-figures")
    parser.add_argument("--events", type=int, default=300)
    parser.add_argument("--idle", type=float, default=10)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--limits", action="store_true")
    options = parser.parse_args()
    columns, rows = map(int, options.size.split("x"))
    environment, folder = {}, None
    if options.alone:
        command = [stand()]
    else:
        import inkwire_process as ink
        folder = ink.TemporaryFolder("inkwire-figures")
        maker = ink.new_board(folder / "ana", "ana", "figures", None)
        maker.quit()
        environment = {"INKWIRE_DATA_DIR": folder / "ana", "INKWIRE_NAME": "ana"}
        command = [ink.binary(), "open", "figures"]
    try:
        first = measure_first_frame(command, environment, columns, rows)
        terminal = Terminal(command, columns, rows, environment)
        terminal.see("keys", 30)
        terminal.settle(0.5)
        waits, sizes = measure_ink(terminal, options.events)
        terminal.settle(2)
        start = len(terminal.bytes)
        idle = terminal.pump(options.idle)
        if idle:
            print(f"written while idle: {terminal.bytes[start:][:400]}", file=sys.stderr)
        terminal.send("q")
        terminal.wait(20)
        terminal.close()
    finally:
        if folder:
            folder.remove()
    figures = [
        ("first frame", statistics.median(first), "ms", 50), ("own ink, median", statistics.median(waits), "ms", 8),
        ("own ink, p95", percentile(waits, 0.95), "ms", 16), ("a drag event, mean", statistics.mean(sizes), "bytes", 150),
        ("a drag event, p95", percentile(sizes, 0.95), "bytes", 150), (f"idle for {options.idle:g} s", idle, "bytes", 0),
    ]
    print(f"{pathlib.Path(command[0]).name} at {options.size}, {options.events} drag events, {len(first)} starts, load {os.getloadavg()[0]:.1f}")
    missed = 0
    for name, value, unit, aim in figures:
        is_missed = value > aim
        missed += is_missed
        print(f"{name:22} {value:8.1f} {unit:6} aim {aim:>4}{'  MISSED' if is_missed else ''}")
    return 1 if options.limits and missed else 0


if __name__ == "__main__":
    sys.exit(main())
