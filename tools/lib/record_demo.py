"""Runs tools/demo in a pseudo-terminal as a visitor would, and records what the terminal gets. Behind tools/record-demo."""

import argparse
import codecs
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

import pyte

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Visitor:
    """A person at a terminal: sees the screen, types, drags the mouse."""

    def __init__(self, arguments, columns, rows, environment=None):
        self.columns, self.rows = columns, rows
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.Stream(self.screen)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.began = time.monotonic()
        self.events = []  # (seconds, text) as in an asciicast
        self.status = None
        settings = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LINES": str(rows), "COLUMNS": str(columns),
                    **(environment or {})}
        settings.pop("TMUX", None)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.execvpe(arguments[0], [str(argument) for argument in arguments], settings)
            finally:
                os._exit(127)

    def read(self, seconds):
        """Takes what the program writes within that time. False once it has ended."""
        if self.status is not None:
            return False
        ready, _, _ = select.select([self.terminal], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.terminal, 65536)
        except OSError:  # how Linux tells that the other end has closed
            data = b""
        if not data:
            _, status = os.waitpid(self.pid, 0)
            self.status = os.waitstatus_to_exitcode(status)
            return False
        text = self.decoder.decode(data)
        self.events.append((time.monotonic() - self.began, text))
        # pyte knows no colons in SGR and no private modes with a prefix other than `?`; neither changes the text on the screen.
        self.stream.feed(re.sub(r"\x1b\[[<>=][0-9;]*[a-zA-Z]", "", text))
        return True

    def watch(self, seconds, each=None):
        """Lets time pass, as a person who looks."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.read(min(0.05, max(0, until - time.monotonic()))):
                return False
            if each:
                each()
        return True

    def until(self, text, seconds, each=None):
        """Looks until the text (a regular expression) is on the screen."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if re.search(text, self.picture()):
                return True
            if not self.read(0.05):
                break
            if each:
                each()
        return False

    def picture(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def type(self, text):
        os.write(self.terminal, text.encode())

    def mouse(self, button, column, row, released=False):
        """One report in the SGR form; columns and rows count from 1."""
        self.type(f"\x1b[<{button};{column};{row}{'m' if released else 'M'}")

    def drag(self, cells, seconds_each=0.03, each=None):
        """Presses at the first cell, moves through all, lets go at the last."""
        self.mouse(0, *cells[0])
        for cell in cells[1:]:
            self.mouse(32, *cell)
            self.watch(seconds_each, each)
        self.mouse(0, *cells[-1], released=True)
        self.watch(seconds_each, each)

    def end(self, seconds=20):
        """Waits for the program's end; ends it where it does not come."""
        deadline = time.monotonic() + seconds
        while self.status is None and time.monotonic() < deadline:
            self.read(0.1)
        if self.status is None:
            os.kill(self.pid, signal.SIGTERM)
            self.watch(5)
            if self.status is None:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                self.status = -signal.SIGKILL
        os.close(self.terminal)
        return self.status

    def write_cast(self, path):
        header = {"version": 2, "width": self.columns, "height": self.rows, "title": "inkwire: two terminals, one board",
                  "env": {"TERM": "xterm-256color"}}
        with open(path, "w", encoding="utf-8") as file:
            file.write(json.dumps(header) + "\n")
            for when, text in self.events:
                file.write(json.dumps([round(when, 4), "o", text], ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(prog="tools/record-demo")
    parser.add_argument("-o", "--output", default="demo.cast")
    parser.add_argument("--size", default="120x36")
    parser.add_argument("--frames", type=pathlib.Path)
    options = parser.parse_args()
    columns, rows = (int(part) for part in options.size.split("x"))
    frames, last = [], [0.0]

    visitor = Visitor([ROOT / "tools" / "demo"], columns, rows)

    def frame():
        if time.monotonic() - last[0] >= 0.5:
            last[0] = time.monotonic()
            frames.append(visitor.picture())

    # The robot says in the board when it has drawn what it draws; then it is the visitor's turn.
    if not visitor.until("your turn", 60, frame):
        print(visitor.picture(), file=sys.stderr)
        visitor.end(0)
        sys.exit(f"record-demo: the demo did not come to the visitor's turn (exit {visitor.status})")
    visitor.watch(1, frame)
    visitor.type("p")
    # In the first of the two panes: the left one, or the upper one where there is no room for two beside each other.
    middle, bottom = (columns // 4, rows * 3 // 4) if columns >= 120 else (columns // 4, rows // 2 - 4)
    visitor.drag([(middle - 12 + step, bottom - abs(6 - step % 12) // 2) for step in range(24)], each=frame)
    visitor.watch(1.5, frame)
    final = visitor.picture()
    visitor.type("q")
    visitor.watch(0.3, frame)
    visitor.type("y")  # should it ask whether to leave
    status = visitor.end()
    visitor.write_cast(options.output)
    if options.frames:
        options.frames.mkdir(parents=True, exist_ok=True)
        for number, picture in enumerate(frames):
            (options.frames / f"{number:03}.txt").write_text(picture + "\n")
    print(final)
    print(f"record-demo: {len(visitor.events)} writes in {visitor.events[-1][0]:.1f} s to {options.output}; the demo exited {status}", file=sys.stderr)
    return 0 if status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
