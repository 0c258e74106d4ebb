"""The board as it is used from afar: over ssh on a long line, in tmux, over mosh, by two users of one machine. Behind tools/over-ssh."""

import argparse
import json
import os
import pathlib
import re
import select
import shutil
import signal
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEndTests"))
sys.path.insert(0, str(ROOT / "tools" / "lib"))

import inkwire_process as ink  # noqa: E402
from ssh_lines import Relay, Sshd, processes_with, sshd_path  # noqa: E402
from terminal import Terminal  # noqa: E402

DELAY = 0.075  # seconds each way
CLEAR = b"\x1b[2J"


class Afar:
    """Ana's board on a machine that she reaches by ssh, and bob, who sits at it."""

    def __init__(self, delay=DELAY):
        self.folder = ink.TemporaryFolder("inkwire-afar")
        self.rendezvous = ink.Rendezvous()
        maker = ink.new_board(self.folder / "ana", "ana", "plan", self.rendezvous.address)
        self.link = maker.link()
        maker.quit()
        self.sshd, self.delay, self.relay = Sshd(self.folder / "ssh"), delay, None
        self.terminals = []
        self.settings = {"INKWIRE_DATA_DIR": self.folder / "ana", "INKWIRE_NAME": "ana"}

    def line(self):
        """A new line of this length; the one before is given up."""
        if self.relay:
            self.relay.cut()
        self.relay = Relay(self.sshd.port, self.delay)
        return self.relay

    def take(self, terminal):
        self.terminals.append(terminal)
        return terminal

    def ana(self, columns=120, rows=40, command=None, environment=None):
        """Ana's terminal over a new line; `command` is what she starts, unless that is her board."""
        relay = self.line()
        settings = {**self.settings, "LC_ALL": "C.UTF-8"}
        arguments = self.sshd.command(command or [ink.binary(), "open", "plan"], relay.port, settings)
        terminal = self.take(Terminal(arguments, columns, rows, environment))
        if not command:
            terminal.see("keys", 30)
            terminal.settle(0.1 + 2 * self.delay)
        return terminal

    def bob(self, columns=80, rows=24):
        terminal = self.take(Terminal([ink.binary(), "join"], columns, rows, {
            "INKWIRE_DATA_DIR": self.folder / "bob", "INKWIRE_NAME": "bob", "INKWIRE_CODE": self.link}))
        terminal.see("ana", 30)
        terminal.settle(0.2)
        return terminal

    def programs(self):
        """The processes that hold ana's board."""
        return processes_with("INKWIRE_DATA_DIR", self.folder / "ana")

    def standing(self):
        """What stands on ana's board, when no program is at it: the answer of `inkwire peer`."""
        peer = ink.open_board("plan", self.folder / "ana", "ana")
        state = peer.state()
        peer.quit()
        return state

    def remove(self):
        for terminal in self.terminals:
            terminal.close()
        if self.relay:
            self.relay.cut()
        self.sshd.stop()
        ink.stop_everything()
        self.folder.remove()


# Own ink.

def round_trip(afar, times):
    """Seconds from a byte to its echo by a program that does nothing else, over a new line: of each time."""
    terminal = afar.ana(command=["sh", "-c", "stty raw -echo; echo ready; cat"])
    terminal.see("ready", 20)
    terminal.settle(0.1)
    found = []
    for _ in range(times):
        began = time.monotonic()
        terminal.send(b"x")
        if select.select([terminal.leader_end], [], [], 2)[0]:
            found.append(time.monotonic() - began)
        terminal.pump(0.02)
    terminal.close()
    afar.terminals.remove(terminal)
    return found


def own_ink(terminal, events):
    """Seconds from the report of each motion of a stroke to the first byte that answers it."""
    columns, rows = terminal.screen.columns, terminal.screen.lines
    terminal.key("p", 0.2)
    terminal.mouse(0, 5, rows // 2)
    terminal.settle(0.3)
    found = []
    for step in range(1, events + 1):
        began = time.monotonic()
        # Each in a cell that is empty: over older ink there would be nothing to say.
        terminal.mouse(32, 5 + step % (columns - 10), rows // 2 + (step % 5) - 2)
        if select.select([terminal.leader_end], [], [], 2)[0]:
            found.append(time.monotonic() - began)
        terminal.pump(0.03)
    terminal.mouse(0, 5 + events % (columns - 10), rows // 2, released=True)
    terminal.settle(0.3)
    return found


# A terminal that takes nothing.

def hold(terminal, other, seconds):
    """Ana's terminal takes nothing for so long, while the other draws without end.

    Returns how many bytes come behind it, in how many seconds the newest ink is there, and how often the other was drawn meanwhile.
    """
    other.key("p", 0.2)
    other.mouse(0, 5, 5)
    end, step, drawn = time.monotonic() + seconds, 0, len(other.times)
    while time.monotonic() < end:
        step += 1
        # To and fro, so that frames differ for as long as it takes.
        other.mouse(32, 5 + step % 60, 4 + (step // 3) % 12)
        other.pump(0.012)
    other.mouse(0, 66, 18, released=True)
    other.settle(0.3)
    drawn = len(other.times) - drawn
    before, began = len(terminal.bytes), time.monotonic()
    there = other.dots()
    terminal.until(lambda: len(terminal.dots()) >= len(there), "all of the other's ink", 20)
    newest = time.monotonic() - began
    terminal.settle(0.3)
    return len(terminal.bytes) - before, newest, drawn


# A line that drops.

def drop(afar, ana, is_silent=False, seconds=15):
    """Ana's line is gone in the middle of a stroke and a while after a box: what stands on her board then, in how many seconds her program had ended,
    and how ssh ended.

    With `is_silent` nothing tells either end of it; the daemon finds out by asking.
    """
    ana.key("r", 3 * afar.delay)
    ana.drag([(30, 5), (35, 7), (50, 12)], 0.02)
    ana.see("┌", 10)
    ana.key("p", 3 * afar.delay)
    row = 28 if is_silent else 20
    ana.drag([(10 + step, row + step // 4) for step in range(24)], 0.012, releases=False)
    ana.until(lambda: (33, row + 5) in ana.dots(), "the stroke under the hand", 10)
    began = time.monotonic()
    afar.relay.is_silent.set() if is_silent else afar.relay.cut()
    ink.wait_until(lambda: not afar.programs(), seconds, "the program ends when its line is gone")
    took = time.monotonic() - began
    if is_silent:
        afar.relay.cut()
    status = ana.wait(10)
    return afar.standing(), took, status


def lost_by(state, drops=1):
    """How many of the two shapes that each `drop` has drawn do not stand whole."""
    whole = [shape for shape in state["shapes"] if (shape["kind"], len(shape.get("points", []))) in (("rectangle", 0), ("freehand", 24))]
    return 2 * drops - len(whole)


# tmux and mosh.

class Tmux:
    """A tmux server of one's own."""

    def __init__(self, folder, name="tmux", prefix="C-b", terminal="screen-256color"):
        self.socket = pathlib.Path(folder) / name
        self.config = pathlib.Path(folder) / f"{name}.conf"
        self.config.write_text(f"set -g escape-time 10\nset -g status off\nset -g default-terminal {terminal}\nset -g prefix {prefix}\n"
                               f"bind d detach-client\nset -g focus-events on\n")

    def words(self, *arguments):
        return ["env", "-u", "TMUX", "tmux", "-S", str(self.socket), "-f", str(self.config), *map(str, arguments)]

    def run(self, *arguments):
        return subprocess.run(self.words(*arguments), check=True, capture_output=True, text=True).stdout

    def session(self, settings, *command):
        """What begins a session in which a program runs with these settings."""
        given = [word for name, value in settings.items() for word in ("-e", f"{name}={value}")]
        return self.words("new-session", "-s", "board", *given, *command)

    def stop(self):
        subprocess.run(self.words("kill-server"), capture_output=True)


def reattach(afar, tmux):
    """A board in tmux is left at 80x24 and taken up at 120x40 under another TERM: (full repaints by the program, the new terminal)."""
    settings = {**afar.settings, "LC_ALL": "C.UTF-8"}
    first = afar.take(Terminal(tmux.session(settings, ink.binary(), "open", "plan"), 80, 24))
    first.see("keys", 30)
    first.key("r")
    first.drag([(10, 5), (15, 7), (30, 10)])
    first.see("└────", 10)
    first.settle(0.5)
    written = afar.folder / "written"
    # From now on all that the program writes goes to a file, too.
    tmux.run("pipe-pane", "-o", f"cat >> '{written}'")
    first.key("\x02")
    first.send("d")
    first.wait(10)
    second = afar.take(Terminal(tmux.words("attach", "-t", "board"), 120, 40, {"TERM": "screen-256color", "COLORTERM": None}))
    second.until(lambda: "keys" in second.lines[-2] and "SELECT" in second.lines[-1], "the board in the new window", 20)
    second.settle(0.7)
    return written.read_bytes().count(CLEAR), second


def nested(afar, outer, inner):
    """A board in tmux in tmux, in a window of 100x30."""
    settings = {**afar.settings, "LC_ALL": "C.UTF-8"}
    inside = inner.session(settings, ink.binary(), "open", "plan")
    terminal = afar.take(Terminal(outer.session({"LC_ALL": "C.UTF-8"}, *inside), 100, 30))
    terminal.see("keys", 30)
    terminal.settle(0.5)
    return terminal


def end_programs(data):
    """Ends the programs that hold boards of a data directory: what a mosh or a tmux server keeps whose client is gone."""
    for pid in processes_with("INKWIRE_DATA_DIR", data):
        os.kill(pid, signal.SIGKILL)


def mosh(afar):
    """A board over mosh on loopback, in a window of 100x30."""
    settings = {**os.environ, **{name: str(value) for name, value in afar.settings.items()}, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
    begun = subprocess.run(["mosh-server", "new", "-s", "-i", "127.0.0.1", "-c", "256", "--", ink.binary(), "open", "plan"], env=settings,
                           capture_output=True, text=True, timeout=20)
    said = re.search(r"MOSH CONNECT (\d+) (\S+)", begun.stdout)
    if not said:
        raise ink.Failed(f"mosh-server: {begun.stdout}{begun.stderr}")
    terminal = afar.take(Terminal(["mosh-client", "127.0.0.1", said.group(1)], 100, 30, {"MOSH_KEY": said.group(2), "MOSH_PREDICTION_DISPLAY": "never"}))
    terminal.see("keys", 30)
    terminal.settle(0.5)
    return terminal


# Two users.

def as_user(number, arguments):
    """What runs a program as a user of this machine who has no name there (for root alone)."""
    return ["setpriv", "--reuid", str(number), "--regid", str(number), "--clear-groups", *map(str, arguments)]


def two_users(folder, link_of=None):
    """Two users of one machine, each at a terminal with a data directory of his own, on one board: (ana's terminal, bob's, their directories)."""
    program = folder / "inkwire"
    shutil.copy(ink.binary(), program)
    os.chmod(folder.path, 0o755)
    homes = []
    for number in USERS:
        home = folder / f"home-{number}"
        home.mkdir()
        os.chown(home, number, number)
        homes.append(home)

    def terminal(index, arguments, **more):
        settings = {"HOME": homes[index], "INKWIRE_DATA_DIR": None, "XDG_DATA_HOME": None, "INKWIRE_NAME": ("ana", "bob")[index], **more}
        return Terminal(as_user(USERS[index], [program, *arguments]), 80, 24, settings)

    rendezvous = ink.Rendezvous()
    ana = terminal(0, ["new", "plan"], INKWIRE_RENDEZVOUS=rendezvous.address)
    ana.see("keys", 30)
    ana.settle(0.3)
    made = subprocess.run(as_user(USERS[0], [program, "invite", "plan"]), env={**ink.base_environment(), "HOME": str(homes[0])},
                          capture_output=True, text=True, timeout=20)
    bob = terminal(1, ["join"], INKWIRE_CODE=made.stdout.strip())
    bob.see("ana", 30)
    ana.see("bob", 30)
    return ana, bob, homes, program


USERS = (61_001, 61_002)


# The figures.

def main():
    parser = argparse.ArgumentParser(prog="tools/over-ssh")
    parser.add_argument("--events", type=int, default=60)
    parser.add_argument("--hold", type=float, default=5)
    parser.add_argument("--limits", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--binary", help="read by the script around this")
    options = parser.parse_args()
    ink.end_on_signals()
    afar, tmuxes, figures = Afar(), [], []

    def figure(name, value, unit="", limit=None):
        figures.append((name, value, unit, limit))
        if not options.json:
            missed = limit is not None and value > limit
            print(f"{name:58} {value:>9.6g} {unit:6} {'' if limit is None else f'limit {limit:g}'}{'  MISSED' if missed else ''}".rstrip(), flush=True)

    try:
        echo = statistics.median(round_trip(afar, 20)) * 1000
        figure("round trip of an echo over ssh, median of 20", echo, "ms")
        ana = afar.ana()
        waits = sorted(own_ink(ana, options.events))
        figure(f"own ink, median of {len(waits)}", statistics.median(waits) * 1000, "ms", echo + 20)
        figure("own ink, p95", waits[min(len(waits) - 1, int(len(waits) * 0.95))] * 1000, "ms")
        bob = afar.bob()
        count, newest, drawn = hold(ana, bob, options.hold)
        figure(f"bytes behind {options.hold:g} s without reading, while bob draws", count, "bytes", HELD_MAX)
        figure("frames that bob's own terminal had meanwhile", drawn)
        figure("until the newest ink is seen, from reading on", newest * 1000, "ms", 1000)
        for drops, name, is_silent in ((1, "cut", False), (2, "silent", True)):
            state, took, _ = drop(afar, afar.ana(), is_silent)
            figure(f"a line that is {name}: until the program has ended", took, "s", 12)
            figure(f"a line that is {name}: shapes that were drawn and do not stand", lost_by(state, drops), "", 0)
        tmuxes.append(Tmux(afar.folder.path))
        repaints, _ = reattach(afar, tmuxes[0])
        figure("repaints after tmux is taken up at another size", repaints, "", 1)
    finally:
        for tmux in tmuxes:
            tmux.stop()
        afar.remove()
    missed = [name for name, value, _, limit in figures if limit is not None and value > limit]
    if options.json:
        print(json.dumps({"load": os.getloadavg()[0], "figures": {
            name: {"value": round(value, 3), "unit": unit, "limit": limit} for name, value, unit, limit in figures}}, indent=1))
    return 1 if options.limits and missed else 0


# A frame of a window of 120x40, and what may be on its way before an answer comes back.
HELD_MAX = 16_384

if __name__ == "__main__":
    sys.exit(main())
