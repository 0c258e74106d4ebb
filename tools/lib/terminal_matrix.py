"""The figures of a terminal over boards of many sizes, in one table. Behind `tools/terminal-figures --matrix`."""

import json
import pathlib
import statistics
import sys
import tempfile
import time

import inkwire_process as ink
import terminal_figures as figures
from terminal import Terminal

# Shapes and strokes of 10 000 samples of each board, as `terminal-stand` has them.
BOARDS = {"empty": (0, 0), "1k": (1_000, 0), "10k": (10_000, 0), "50k": (50_000, 0), "strokes": (0, 100)}
ZOOMS = {25: "=----", 100: "=", 400: "=+++"}
CURSORS = 8
# What each figure may be at most, and in which unit; "ink" is when the board is seen, and has no limit of its own.
LIMITS = {"first": (50, "ms"), "ink": (None, "ms"), "pan": (4, "ms CPU"), "own": (1, "ms"), "own95": (2, "ms"), "event": (40, "bytes"),
          "idle": (0, "bytes")}
CURSORS_LIMIT = 16_000
# So often a time is taken: the least is what the program needs, all above it is what else the machine did.
TURNS = 3


def shapes_of(shapes, strokes):
    """What stands on a board, as commands: the same as `terminal-stand --shapes --strokes` lays out."""
    side = max(1, int(shapes ** 0.5))
    for number in range(shapes):
        place = {"x": number % side * 120, "y": number // side * 80}
        if number % 2:
            yield {"kind": "freehand", **place, "points": [[step * 3, step * step % 13 * 4] for step in range(30)]}
        else:
            yield {"kind": "rectangle", **place, "w": 80, "h": 48, "text": f"box {number}"}
    for number in range(strokes):
        angles = [step * (7 + number) for step in range(10_000)]
        yield {"kind": "freehand", "x": 0, "y": 0,
               "points": [[angle % 7600 / 8, (angle // 3 + step) % 4800 / 8] for step, angle in enumerate(angles)]}


def make(folder):
    """The boards on a disk, made by the program; those that are there already from a run before are taken as they are."""
    data = folder / "data"
    for name, content in BOARDS.items():
        mark = folder / f"{name}.made"
        if mark.exists():
            continue
        print(f"making the board {name} in {folder}", file=sys.stderr)
        peer = ink.Peer(["new", name, "--peer"], data=data, name="ana")
        peer.event("ready")
        for shape in shapes_of(*content):
            peer.write(json.dumps({"do": "draw", "shape": shape}) + "\n")
        peer.wait("saved", 600)
        if peer.quit(60):
            raise ink.Failed(peer.report())
        mark.touch()
    return data


def measure_start(name, data, columns, rows, times):
    """Milliseconds to the first byte of a picture, and to the board's ink, of several starts of `inkwire open`."""
    first, seen = [], []
    for _ in range(times):
        terminal = Terminal([ink.binary(), "open", name], columns, rows, {"INKWIRE_DATA_DIR": data, "INKWIRE_NAME": "ana"})
        terminal.until(lambda: b"\x1b[2J" in terminal.bytes, "the first frame", 30)
        first.append((terminal.times[0][0] - terminal.began) * 1000)
        # The hints of a board that is there.
        terminal.see("keys", 60)
        seen.append((terminal.times[-1][0] - terminal.began) * 1000)
        terminal.settle(0.3)
        figures.leave(terminal)
    return first, seen


def measure_idle(name, data, columns, rows, seconds):
    """Bytes that a board writes while nobody does anything."""
    terminal = Terminal([ink.binary(), "open", name], columns, rows, {"INKWIRE_DATA_DIR": data, "INKWIRE_NAME": "ana"})
    terminal.see("keys", 60)
    terminal.settle(3)
    count = terminal.pump(seconds)
    figures.leave(terminal)
    return count


def measure_zooms(shapes, strokes, columns, rows, events):
    """By zoom: what a pan costs, what own ink takes, and the bytes of a drag event; on the board of the stand."""
    terminal = Terminal([figures.stand(), "--shapes", shapes, "--strokes", strokes], columns, rows)
    terminal.see("keys", 120)
    found = {}
    for percent, keys in ZOOMS.items():
        terminal.send(keys)
        terminal.settle(1)
        terminal.looks = False
        row = {"pan": min(figures.measure_pan(terminal) for _ in range(TURNS))}
        # Onto empty cells, where there are any: over ink that fills the window a stroke may change nothing.
        terminal.settle(0.5)
        turns = []
        for _ in range(TURNS):
            waits, sizes = figures.measure_ink(terminal, events)
            if waits:
                turns.append((statistics.median(waits), figures.percentile(waits, 0.95), statistics.mean(sizes)))
        for index, figure in enumerate(("own", "own95", "event")):
            row[figure] = min((turn[index] for turn in turns), default=None)
        found[percent] = row
    figures.leave(terminal)
    return found


def measure_cursors(columns, rows, seconds=5):
    """Bytes a second to a terminal while eight others move their cursors thirty times a second."""
    folder = ink.TemporaryFolder("inkwire-cursors")
    try:
        rendezvous = ink.Rendezvous()
        maker = ink.new_board(folder / "ana", "ana", "cursors", rendezvous.address)
        link = maker.link()
        maker.quit()
        terminal = Terminal([ink.binary(), "open", "cursors"], columns, rows,
                            {"INKWIRE_DATA_DIR": folder / "ana", "INKWIRE_NAME": "ana", "INKWIRE_RENDEZVOUS": rendezvous.address})
        terminal.see("keys", 30)
        peers = [ink.join_board(link, folder / f"p{number}", f"peer{number}") for number in range(CURSORS)]
        terminal.until(lambda: f"+{CURSORS - 4}" in terminal.lines[-1], "all who joined", 60)
        terminal.looks = False

        def move(until):
            """Each goes its own way; the terminal is read meanwhile."""
            before, due = len(terminal.bytes), time.monotonic()
            ways = [figures.way(columns, rows) for _ in peers]
            for number, way in enumerate(ways):
                for _ in range(37 * number):
                    next(way)
            while time.monotonic() < until:
                for peer, way in zip(peers, ways):
                    column, row = next(way)
                    peer.write(json.dumps({"do": "cursor", "x": column * 8 + 4, "y": row * 16 + 8}) + "\n")
                due = max(due + 1 / 30, time.monotonic() - 0.1)
                figures.drain([terminal], due)
            return len(terminal.bytes) - before

        move(time.monotonic() + 1)
        began = time.monotonic()
        count = move(began + seconds)
        rate = count / (time.monotonic() - began)
        figures.leave(terminal)
        for peer in peers:
            peer.quit()
        return rate
    finally:
        ink.stop_everything()
        folder.remove()


def rows_of(options, columns, rows):
    """Each board and zoom with its figures, as they are measured."""
    folder = pathlib.Path(options.boards or pathlib.Path(tempfile.gettempdir()) / "inkwire-figures-boards")
    folder.mkdir(parents=True, exist_ok=True)
    data = make(folder)
    for name, content in BOARDS.items():
        if options.only and name not in options.only.split(","):
            continue
        # Once before: the disk has read it, and the count of its shapes is noted.
        measure_start(name, data, columns, rows, 1)
        first, seen = measure_start(name, data, columns, rows, 7)
        start = {"first": min(first), "ink": min(seen), "idle": measure_idle(name, data, columns, rows, options.idle)}
        for percent, row in measure_zooms(*content, columns, rows, options.events).items():
            yield name, percent, {**(start if percent == 25 else {}), **row}


def shown(value, figure):
    if value is None:
        return "-"
    return f"{value:.0f}" if LIMITS[figure][1] == "bytes" or figure in ("first", "ink") else f"{value:.2f}"


def run(options, columns, rows):
    """Measures all and prints the table; the exit status."""
    # Where other programs run, times are theirs as well: the least of several turns is shown.
    missed, table = [], []
    names = list(LIMITS)
    if not options.json:
        print(f"{ink.binary().name} and terminal-stand at {columns}x{rows}; times are the least of {TURNS} turns, of starts of 7")
        print(f"{'board':8} {'zoom':>5} " + " ".join(f"{name:>7}" for name in names))
        print(f"{'':8} {'aim':>5} " + " ".join(f"{'' if LIMITS[name][0] is None else LIMITS[name][0]:>7}" for name in names))
    for board, percent, row in rows_of(options, columns, rows):
        table.append({"board": board, "zoom": percent, **row})
        bad = [name for name in names if row.get(name) is not None and LIMITS[name][0] is not None and row[name] > LIMITS[name][0]]
        missed += [(board, percent, name) for name in bad]
        if not options.json:
            cells = [f"{shown(row.get(name), name) if name in row else '':>7}" for name in names]
            print(f"{board:8} {percent:>4}% " + " ".join(cells) + (f"  MISSED {', '.join(bad)}" if bad else ""), flush=True)
    rate = measure_cursors(columns, rows)
    if rate > CURSORS_LIMIT:
        missed.append(("empty", 100, "cursors"))
    if options.json:
        print(json.dumps({"size": f"{columns}x{rows}", "rows": table, "cursors": rate, "limits": LIMITS, "cursors_limit": CURSORS_LIMIT}, indent=1))
    else:
        print(f"{CURSORS} cursors that move 30 times a second: {rate / 1000:.1f} kB/s, aim {CURSORS_LIMIT // 1000}"
              + ("  MISSED" if rate > CURSORS_LIMIT else ""))
        print("first, ink: ms from the start of `inkwire open` to its first frame and to the board; pan: ms of processor a step; "
              "own, own95: ms from a\nreport of the mouse to its ink, median and p95; event: bytes of one; idle: bytes of "
              f"{options.idle:g} s; -: the strokes hide what is drawn over them")
    return 1 if options.limits and missed else 0
