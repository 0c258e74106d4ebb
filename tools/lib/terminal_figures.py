"""Measures the terminal front end in a pseudo-terminal. Behind tools/terminal-figures, and in part tools/figures."""

import argparse
import json
import math
import os
import pathlib
import re
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEndTests"))
sys.path.insert(0, str(ROOT / "tools" / "lib"))

import inkwire_process as ink  # noqa: E402
from terminal import Terminal, stand  # noqa: E402

# Where in a stroke a motion's cost is taken, and over how many motions around.
SHORT, LONG, AROUND = 500, 9500, 400
MOTIONS_A_SECOND = 250


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


def count_wakes(terminal, motions=100):
    """How often the terminal's thread came back from its sleep during a stroke drawn alone, and how often by its mailbox; None without strace."""
    if shutil.which("strace") is None:
        print("wakes are not counted: strace is not installed", file=sys.stderr)
        return None
    row = terminal.screen.lines // 2
    terminal.mouse(0, 5, row)
    terminal.settle()
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "calls"
        # The thread of the terminal is the first of the process; without -f it alone is followed.
        tracer = subprocess.Popen(["strace", "-qq", "-e", "trace=poll,ppoll", "-o", log, "-p", str(terminal.pid)], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True)
        status = pathlib.Path(f"/proc/{terminal.pid}/status")
        while re.search(r"^TracerPid:\s+0$", status.read_text(), re.M):
            if tracer.poll() is not None:
                print(f"wakes are not counted: {tracer.stderr.read().strip()}", file=sys.stderr)
                return None
            terminal.pump(0.01)
        for step in range(motions):
            terminal.mouse(32, 5 + step % (terminal.screen.columns - 10), row + step % 3)
            terminal.pump(0.012)
        terminal.settle()
        tracer.send_signal(signal.SIGINT)
        tracer.communicate()
        calls = log.read_text().splitlines()
    terminal.mouse(0, 5, row, released=True)
    # poll([{fd=0, …}, {fd=5, …}, {fd=7, …}], 3, 16) = 1 ([{fd=7, revents=POLLIN}]): the mailbox is the third that is asked.
    mailbox = 0
    for call in calls:
        asked, _, answered = call.partition(" = ")
        sources = re.findall(r"\{fd=(\d+),", asked)
        if len(sources) > 2 and f"{{fd={sources[2]}, revents" in answered:
            mailbox += 1
    return len(calls), mailbox


def processor_seconds(pid):
    """What all threads of a process have had of the processors."""
    try:
        return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9
    except FileNotFoundError:  # a kernel that does not count so finely
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def way(columns, rows):
    """Cells of a hand that goes to and fro without end, a cell or so at a time, each another than the one before."""
    last, time_ = None, 0.0
    while True:
        time_ += 0.01
        cell = (round(columns / 2 + (columns / 2 - 5) * math.sin(time_)), round((rows - 3) / 2 + (rows / 2 - 4) * math.sin(1.37 * time_ + 1)))
        if cell != last:
            yield cell
            last = cell


def drain(terminals, due):
    """Takes what they write until then, and at least once."""
    while True:
        left = due - time.monotonic()
        ready = select.select([terminal.leader_end for terminal in terminals], [], [], max(0.0, left))[0]
        for terminal in terminals:
            if terminal.leader_end in ready:
                terminal.pump()
        if left <= 0:
            return


def measure_motions(maker, others=()):
    """Milliseconds of processor a motion near the 500th and the 9500th point of one stroke, of each terminal: [(short, long), …]."""
    all_ = [maker, *others]
    for terminal in all_:
        # What is shown is not looked at: that would cost us more than it costs them.
        terminal.looks = False
    edges = {SHORT - AROUND // 2: [], SHORT + AROUND // 2: [], LONG - AROUND // 2: [], LONG + AROUND // 2: []}
    cells = way(maker.screen.columns, maker.screen.lines)
    maker.mouse(0, *next(cells))
    due = time.monotonic()
    for number in range(1, max(edges) + 1):
        maker.mouse(32, *next(cells))
        if number in edges:
            edges[number] = [processor_seconds(terminal.pid) for terminal in all_]
        due += 1 / MOTIONS_A_SECOND
        # Behind by much, as on a machine that others use: it goes on from now, not in a burst.
        due = max(due, time.monotonic() - 0.1)
        drain(all_, due)
    maker.mouse(0, *next(cells), released=True)
    a, b, c, d = edges.values()
    return [((b[index] - a[index]) * 1000 / AROUND, (d[index] - c[index]) * 1000 / AROUND) for index in range(len(all_))]


def measure_pan(terminal, reports=120):
    """Milliseconds of processor a report of the wheel, which moves the view by three rows, twenty down and twenty up."""
    before, due = processor_seconds(terminal.pid), time.monotonic()
    for step in range(reports):
        terminal.mouse(64 + (step // 20 + 1) % 2, 40, 10)
        due = max(due + 1 / 60, time.monotonic() - 0.1)
        drain([terminal], due)
    return (processor_seconds(terminal.pid) - before) * 1000 / reports


def measure_board(boards, columns, rows, events):
    """A large board: the figures of own ink, and of a pan from afar, at 100 % and from near."""
    terminal = boards.open(columns, rows)
    waits, _ = measure_ink(terminal, events)
    # Over strokes that fill the window nothing of own ink is seen, and so nothing is written.
    figures = [("own ink, median", statistics.median(waits), "ms", 1), ("own ink, p95", percentile(waits, 0.95), "ms", 2)] if waits else []
    terminal.looks = False
    for percent, keys in (100, "="), (25, "=----"), (400, "=+++"):
        terminal.send(keys)
        terminal.settle(1)
        figures.append((f"a pan at {percent} %", measure_pan(terminal), "ms CPU", 4))
    leave(terminal)
    return figures


class Boards:
    """`inkwire open` on a board of ana's, or the stand."""

    def __init__(self, alone, content=()):
        self.folder = None if alone else ink.TemporaryFolder("inkwire-figures")
        self.command, self.environment = [stand(), *content], {}
        if not alone:
            self.rendezvous = ink.Rendezvous()
            maker = ink.new_board(self.folder / "ana", "ana", "figures", self.rendezvous.address)
            self.link = maker.link()
            maker.quit()
            self.command, self.environment = [ink.binary(), "open", "figures"], {"INKWIRE_DATA_DIR": self.folder / "ana", "INKWIRE_NAME": "ana"}

    def open(self, columns, rows):
        terminal = Terminal(self.command, columns, rows, self.environment)
        terminal.see("keys", 30)
        terminal.settle(0.5)
        return terminal

    def join(self, columns, rows):
        """The terminal of another, who came by the link."""
        terminal = Terminal([ink.binary(), "join"], columns, rows,
                            {"INKWIRE_DATA_DIR": self.folder / "bob", "INKWIRE_NAME": "bob", "INKWIRE_CODE": self.link})
        terminal.see("ana", 30)
        terminal.settle(0.5)
        return terminal

    def remove(self):
        ink.stop_everything()
        if self.folder:
            self.folder.remove()


def leave(*terminals):
    for terminal in terminals:
        terminal.send("q")
        terminal.wait(20)
        terminal.close()


def main():
    parser = argparse.ArgumentParser(prog="tools/terminal-figures")
    parser.add_argument("--events", type=int, default=300)
    parser.add_argument("--idle", type=float, default=10)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--shapes", type=int, default=0)
    parser.add_argument("--strokes", type=int, default=0)
    parser.add_argument("--matrix", action="store_true")
    parser.add_argument("--boards")
    parser.add_argument("--only")
    parser.add_argument("--limits", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--binary", help="read by the script around this")
    options = parser.parse_args()
    columns, rows = map(int, options.size.split("x"))
    ink.end_on_signals()
    if options.matrix:
        import terminal_matrix  # measures with what stands here
        try:
            return terminal_matrix.run(options, columns, rows)
        finally:
            ink.stop_everything()
    if options.shapes or options.strokes:
        boards = Boards(True, ["--shapes", str(options.shapes), "--strokes", str(options.strokes)])
        try:
            figures = measure_board(boards, columns, rows, options.events)
        finally:
            boards.remove()
        return tell(figures, f"{options.shapes} shapes and {options.strokes} long strokes", boards, options)
    boards = Boards(options.alone)
    try:
        first = measure_first_frame(boards.command, boards.environment, columns, rows)
        terminal = boards.open(columns, rows)
        waits, sizes = measure_ink(terminal, options.events)
        terminal.settle(2)
        start = len(terminal.bytes)
        idle = terminal.pump(options.idle)
        if idle:
            print(f"written while idle: {terminal.bytes[start:][:400]}", file=sys.stderr)
        wakes = count_wakes(terminal)
        leave(terminal)
        terminals = [boards.open(200, 50)] + ([] if options.alone else [boards.join(200, 50)])
        costs = measure_motions(*terminals[:1], terminals[1:])
        leave(*terminals)
    finally:
        boards.remove()
    figures = [
        ("first frame", statistics.median(first), "ms", 50), ("own ink, median", statistics.median(waits), "ms", 8),
        ("own ink, p95", percentile(waits, 0.95), "ms", 16), ("a drag event, mean", statistics.mean(sizes), "bytes", 150),
        ("a drag event, p95", percentile(sizes, 0.95), "bytes", 150), (f"idle for {options.idle:g} s", idle, "bytes", 0),
    ]
    if wakes:
        figures += [("sleeps in 100 motions", wakes[0], "", None), ("wakes by own echoes", wakes[1], "", 0)]
    for who, (short, long) in zip(("maker", "watcher"), costs):
        figures += [(f"{who}, {SHORT} points", short, "ms CPU", None), (f"{who}, {LONG} points", long, "ms CPU", None),
                    (f"{who}, ratio", long / short, "", 1.3)]
    return tell(figures, f"{options.events} drag events, {len(first)} starts", boards, options)


def tell(figures, what, boards, options):
    """Prints the figures; the exit status."""
    missed = [name for name, value, _, aim in figures if aim is not None and value > aim]
    if options.json:
        print(json.dumps({"program": str(boards.command[0]), "size": options.size, "load": os.getloadavg()[0],
                          "figures": {name: {"value": round(value, 3), "unit": unit, "aim": aim} for name, value, unit, aim in figures}}, indent=1))
    else:
        print(f"{boards.command[0].name} at {options.size}, {what}, load {os.getloadavg()[0]:.1f}")
        for name, value, unit, aim in figures:
            aims = "" if aim is None else f"aim {aim:>4g}{'  MISSED' if name in missed else ''}"
            print(f"{name:22} {value:8.2f} {unit:6} {aims}".rstrip())
    return 1 if options.limits and missed else 0


if __name__ == "__main__":
    # One module, by whichever name it is asked for.
    sys.modules["terminal_figures"] = sys.modules["__main__"]
    sys.exit(main())
