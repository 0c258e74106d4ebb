"""A person at a pseudo-terminal, for the tests: types, drags, looks at the screen (pyte), at the bytes and at the terminal's modes.

The program runs as a foreground job under a leader that outlives it, as it would under a shell, so that the modes can be read after
it has died. INKWIRE_TERMINAL_STAND names another build of tools/terminal-stand than the newest of release and debug.
"""

import codecs
import fcntl
import os
import pathlib
import re
import select
import signal
import struct
import sys
import termios
import time

import pyte

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODE_QUESTION = re.compile(r"\x1b\[\?[\d;]*\$p")
CUT_SEQUENCE = re.compile(r"\x1b(\[(\?[\d;]*\$?)?)?\Z")
PATIENCE = float(os.environ.get("INKWIRE_TEST_PATIENCE", "1"))


def stand():
    """The built tools/terminal-stand."""
    given = os.environ.get("INKWIRE_TERMINAL_STAND")
    built = [ROOT / ".build" / kind / "terminal-stand" for kind in ("release", "debug")]
    there = sorted((path for path in built if path.exists()), key=lambda path: path.stat().st_mtime)
    return pathlib.Path(given) if given else there[-1] if there else None


class Terminal:
    """One program on one terminal."""

    def __init__(self, arguments, columns=80, rows=24, environment=None, answers=True):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.Stream(self.screen)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.held = ""
        self.bytes = b""
        self.times = []  # (seconds, count of bytes) of each read
        self.answers, self.has_answered, self.unread = answers, False, b""
        self.looks = True  # false where nobody looks at the screen, which takes time
        self.exit = None
        usual = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "INKWIRE_CONFIG": "/dev/null"}
        settings = {**os.environ, **usual, **(environment or {})}
        for name in ("TMUX", "NO_COLOR", "SSH_CONNECTION"):
            if name not in (environment or {}):
                settings.pop(name, None)
        settings = {name: str(value) for name, value in settings.items() if value is not None}
        self.leader_end, self.follower = os.openpty()
        fcntl.ioctl(self.follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(self.follower)
        self.reports, report = os.pipe()
        self.began = time.monotonic()
        self.leader = os.fork()
        if self.leader == 0:
            try:
                self._lead([str(argument) for argument in arguments], settings, report)
            finally:
                os._exit(127)
        os.close(report)
        self.pid = int(self._report())

    def _lead(self, arguments, settings, report):
        """In the leader of the session: runs the program in front, tells its pid and its status, and stays."""
        os.setsid()
        fcntl.ioctl(self.follower, termios.TIOCSCTTY, 0)
        os.close(self.leader_end)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            # Still with SIGTTOU ignored: a job behind that takes the terminal would be stopped.
            os.tcsetpgrp(self.follower, os.getpid())
            for number in (signal.SIGTTOU, signal.SIGHUP, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            for descriptor in range(3):
                os.dup2(self.follower, descriptor)
            os.closerange(3, 256)
            os.execvpe(arguments[0], arguments, settings)
        os.write(report, f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(report, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        time.sleep(600)

    def _report(self):
        line = b""
        while not line.endswith(b"\n"):
            piece = os.read(self.reports, 1)
            if not piece:
                raise AssertionError("the leader of the session is gone")
            line += piece
        return line.decode().strip()

    # What is seen.

    def pump(self, seconds=0.0):
        """Takes what the program writes within that time; returns its count of bytes."""
        before, end = len(self.bytes), time.monotonic() + seconds
        while True:
            ready, _, _ = select.select([self.leader_end], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                return len(self.bytes) - before
            try:
                data = os.read(self.leader_end, 65536)
            except OSError:
                return len(self.bytes) - before
            self.times.append((time.monotonic(), len(data)))
            self.bytes += data
            if self.looks:
                self._feed(self.decoder.decode(data))
            if self.answers:
                self._answer(data)

    def _answer(self, data):
        """Answers as a terminal does: once for each question, the first with all that is asked in the beginning."""
        self.unread = self.unread[-2:] + data
        for _ in range(self.unread.count(b"\x1b[c")):
            self.send((b"" if self.has_answered else b"\x1b[?2026;0$y\x1b]11;rgb:1010/1010/1414\x1b\\") + b"\x1b[?62;22c")
            self.has_answered = True

    def _feed(self, text):
        """Shows text as a terminal would: pyte up to 0.8.0 takes the last letter of a mode question (CSI ? 2026 $ p) for a letter to print."""
        text = MODE_QUESTION.sub("", self.held + text)
        # What may be the beginning of one waits for its end.
        end = CUT_SEQUENCE.search(text)
        cut = end.start() if end else len(text)
        text, self.held = text[:cut], text[cut:]
        self.stream.feed(text)

    @property
    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self):
        return "\n".join(self.lines)

    def until(self, condition, what, seconds=15.0):
        """Looks until the condition holds."""
        deadline = time.monotonic() + seconds * PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"not seen within {seconds:g} s: {what}\n{self.text}")
            self.pump(0.01)

    def see(self, text, seconds=15.0):
        self.until(lambda: text in self.text, repr(text), seconds)

    def settle(self, seconds=0.15):
        """Waits until the program has nothing to do: for that long it has written nothing, and before and after it rested.

        Silence alone would not do. On a loaded machine a program that has something to say waits for a processor, for longer than any
        time that a test would like to wait; but then it does not rest.
        """
        deadline = time.monotonic() + (60 + seconds) * PATIENCE
        while True:
            rested = self.rests()
            if not self.pump(seconds) and rested and self.rests():
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"never at rest\n{self.text}")

    def rests(self):
        """True if the program has read all that was sent and each of its threads sleeps, as far as the system tells (Linux)."""
        waiting = fcntl.ioctl(self.follower, termios.FIONREAD, b"\0" * 4)
        if int.from_bytes(waiting, sys.byteorder):
            return False
        try:
            # The state stands behind the name, which is in brackets and may hold any others.
            states = [path.read_text().rpartition(")")[2].split()[0] for path in pathlib.Path(f"/proc/{self.pid}/task").glob("*/stat")]
        except OSError:
            return False
        return not set(states) & {"R", "D"}

    def dots(self):
        """The cells that show braille, as (column, row)."""
        return {(column, row) for row, line in enumerate(self.screen.display) for column, glyph in enumerate(line) if 0x2800 < ord(glyph[0]) < 0x2900}

    # What is done.

    def send(self, data):
        data = data if isinstance(data, bytes) else data.encode()
        while data:
            data = data[os.write(self.leader_end, data):]

    def key(self, data, pause=0.06):
        """Types and lets it be drawn. A lone escape is one only if nothing follows it until the program has stopped waiting for more."""
        self.send(data)
        if data in ("\x1b", b"\x1b"):
            self.settle(0.06)
        else:
            self.pump(pause)

    def mouse(self, code, column, row, released=False):
        self.send(f"\x1b[<{code};{column + 1};{row + 1}{'m' if released else 'M'}")

    def drag(self, cells, pause=0.01, releases=True):
        self.mouse(0, *cells[0])
        for cell in cells[1:]:
            self.pump(pause)
            self.mouse(32, *cell)
        if releases:
            self.mouse(0, *cells[-1], released=True)
        self.pump(pause)

    def click(self, column, row):
        self.drag([(column, row)])

    def resize(self, columns, rows):
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.leader_end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def kill(self, number):
        os.kill(self.pid, number)

    @property
    def is_stopped(self):
        """True while the program is stopped: it restores the terminal a moment before."""
        return pathlib.Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] == "T"

    # The end.

    def wait(self, seconds=15.0):
        """The exit status; -n if a signal n ended the program."""
        deadline = time.monotonic() + seconds * PATIENCE
        while self.exit is None:
            self.pump(0.01)
            if select.select([self.reports], [], [], 0)[0]:
                self.exit = int(self._report())
            elif time.monotonic() > deadline:
                raise AssertionError(f"still running after {seconds:g} s\n{self.text}")
        self.pump(0.02)
        return self.exit

    def modes(self):
        """The terminal's modes as `stty -a` would tell them."""
        return termios.tcgetattr(self.follower)

    def switched(self):
        """The private modes that the bytes so far left on or off: {mode: True or False}."""
        return {int(mode): final == b"h" for mode, final in re.findall(rb"\x1b\[\?(\d+)([hl])", self.bytes)}

    def close(self):
        for pid in (self.pid, self.leader):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for descriptor in (self.leader_end, self.follower, self.reports):
            if descriptor >= 0:
                os.close(descriptor)
        self.leader_end = self.follower = self.reports = -1
        os.waitpid(self.leader, 0)
