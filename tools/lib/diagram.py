"""Draws one diagram by the mouse alone and by the keyboard alone, in two sizes of windows, while a second person draws in it. Behind tools/diagram."""

import argparse
import json
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEndTests"))
sys.path.insert(0, str(ROOT / "tools" / "lib"))

import inkwire_process as ink  # noqa: E402
from terminal import Terminal  # noqa: E402

LABELS = ["web", "app", "api", "auth", "queue", "work", "store", "mail"]
# Of which box to which, by their numbers.
ARROWS = [(0, 1), (1, 2), (2, 3), (4, 5), (5, 6), (6, 7), (0, 4), (2, 6), (3, 7)]
RIGHT, LEFT, DOWN, UP = "\x1b[C", "\x1b[D", "\x1b[B", "\x1b[A"
SHIFTED = {RIGHT: "\x1b[1;2C", LEFT: "\x1b[1;2D", DOWN: "\x1b[1;2B", UP: "\x1b[1;2A"}


class Hand:
    """A hand at a terminal: counts what it does."""

    def __init__(self, terminal):
        self.terminal, self.keys, self.reports = terminal, 0, 0
        self.step = terminal.screen.columns // 4
        # Two rows of four boxes, of 11 by 4 cells.
        self.boxes = [(2 + number % 4 * self.step, 3 + number // 4 * 10) for number in range(8)]

    def middle(self, number, side=0):
        """A cell of a box's border: right (1), left (-1), below (2), above (-2)."""
        column, row = self.boxes[number]
        return {1: (column + 10, row + 2), -1: (column, row + 2), 2: (column + 5, row + 3), -2: (column + 5, row)}[side]

    def ends(self, arrow):
        first, last = arrow
        return (self.middle(first, 1), self.middle(last, -1)) if first // 4 == last // 4 else (self.middle(first, 2), self.middle(last, -2))

    def key(self, key, times=1):
        for _ in range(times):
            self.keys += 1
            self.terminal.key(key, 0.008)
            if key == "\x1b":
                self.terminal.pump(0.05)

    def write(self, text):
        for letter in text:
            self.key(letter)


class Mouse(Hand):
    def drag(self, cells):
        self.reports += len(cells) + 1
        self.terminal.drag(cells, 0.008)

    def hint(self, words):
        """Presses on a hint or a tool of the bar."""
        self.terminal.until(lambda: words in self.terminal.lines[-2], f"{words} in the bar", 5)
        self.drag([(self.terminal.lines[-2].index(words), self.terminal.screen.lines - 2)])

    def box(self, column, row, label):
        self.drag_tool("R", [(column, row), (column + 6, row + 2), (column + 10, row + 3)])
        # Words take keys, whoever draws.
        self.key("\r")
        self.write(label)
        self.key("\x1b")

    def drag_tool(self, letter, cells):
        self.hint(letter)
        self.drag(cells)

    def arrow(self, start, end):
        self.drag_tool("A", [start, ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2), end])

    def ring(self, column, row):
        around = [(5, 0), (8, 1), (9, 2), (8, 3), (5, 4), (2, 3), (1, 2), (2, 1), (5, 0)]
        self.drag_tool("P", [(column + x, row + y) for x, y in around])

    def move(self, number, rows):
        self.drag_tool("V", [self.boxes[number], (self.boxes[number][0], self.boxes[number][1] + rows)])

    def relabel(self, number, text):
        column, row = self.boxes[number]
        for _ in range(2):
            self.drag([(column + 5, row + 1)])
        self.key("\x15")
        self.write(text)
        self.key("\x1b")

    def undo(self):
        self.hint("u undo")


class Keyboard(Hand):
    def __init__(self, terminal):
        super().__init__(terminal)
        self.place = (terminal.screen.columns // 2, (terminal.screen.lines - 2) // 2)

    def go(self, column, row):
        for key, back, count in ((RIGHT, LEFT, column - self.place[0]), (DOWN, UP, row - self.place[1])):
            if count < 0:
                key, back, count = back, key, -count
            eights, ones = divmod(count, 8)
            if ones > 5:
                eights, ones, other = eights + 1, 8 - ones, back
            else:
                other = key
            self.key(SHIFTED[key], eights)
            self.key(other, ones)
        self.place = (column, row)

    def span(self, letter, cells):
        self.key(letter)
        self.go(*cells[0])
        self.key("\r")
        for cell in cells[1:]:
            self.go(*cell)
        self.key("\r")

    def box(self, column, row, label):
        self.span("r", [(column, row), (column + 10, row + 3)])
        self.write(label)
        self.key("\x1b")

    def arrow(self, start, end):
        self.span("a", [start, end])
        self.key("\x1b")

    def ring(self, column, row):
        around = [(5, 0), (8, 1), (9, 2), (8, 3), (5, 4), (2, 3), (1, 2), (2, 1), (5, 0)]
        self.span("p", [(column + x, row + y) for x, y in around])

    def pick(self, number):
        """By its words: the list of shapes that match."""
        self.key("\x06")
        self.write(LABELS[number])
        self.key("\x1b")

    def move(self, number, rows):
        self.pick(number)
        self.key("j" if rows > 0 else "k", abs(rows))

    def relabel(self, number, text):
        self.pick(number)
        self.key("\r")
        self.key("\x15")
        self.write(text)
        self.key("\x1b")

    def undo(self):
        self.key("u")


def draw(kind, columns, rows, folder, cast=None):
    """Draws it all: the figures, the last screens of both, and both boards."""
    server = ink.Rendezvous()
    settings = {"INKWIRE_DATA_DIR": folder / "ana", "INKWIRE_NAME": "ana", "INKWIRE_RENDEZVOUS": server.address}
    ana = Terminal([ink.binary(), "new", "plan"], columns, rows, settings)
    try:
        ana.see("drag to draw", 20)
        _, link, _ = ink.run(["invite", "plan"], data=folder / "ana")
        bob = ink.join_board(link.strip(), folder / "bob", "bob")
        bob.wait("peers", count=1)
        ana.settle(0.3)
        hand, began, number = kind(ana), time.monotonic(), 0

        def meanwhile():
            nonlocal number
            number += 1
            bob.send("draw", shape={"kind": "text", "x": 8 * (number * 7 % (columns - 8)), "y": 16 * (rows - 5), "text": f"{number}"})

        for (column, row), label in zip(hand.boxes, LABELS):
            hand.box(column, row, label)
            meanwhile()
        for arrow in ARROWS:
            hand.arrow(*hand.ends(arrow))
            meanwhile()
        hand.ring(2 + 3 * hand.step, 8)
        hand.move(5, 1)
        hand.relabel(7, "post")
        hand.ring(2 + hand.step, 8)
        hand.undo()
        ana.settle(0.4)
        seconds = time.monotonic() - began
        told = ink.open_board("plan", folder / "ana", "ana")
        ink.wait_until(lambda: told.state()["fingerprint"] == bob.state()["fingerprint"], 10, "equal fingerprints")
        state = bob.state()
        told.quit()
        bob.quit()
        if cast:
            write_cast(ana, cast)
        return hand, seconds, state, ana.text
    finally:
        ana.close()
        ink.stop_everything()


def write_cast(terminal, path):
    """What the terminal got, as asciinema plays it."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps({"version": 2, "width": terminal.screen.columns, "height": terminal.screen.lines, "title": "inkwire: a diagram"}) + "\n")
        done = 0
        for when, count in terminal.times:
            text = terminal.bytes[done:done + count].decode("utf-8", "replace")
            file.write(json.dumps([round(when - terminal.began, 4), "o", text], ensure_ascii=False) + "\n")
            done += count


def complaint(state):
    """What is not as it was to be drawn; nil if all is."""
    shapes = state["shapes"]
    texts = sorted(shape.get("text", "") for shape in shapes if shape["kind"] == "rectangle")
    wanted = sorted("post" if label == "mail" else label for label in LABELS)
    if texts != wanted:
        return f"boxes {texts}, not {wanted}"
    arrows = [shape for shape in shapes if shape["kind"] == "arrow"]
    loose = [shape["id"] for shape in arrows if not (shape.get("start_binding") and shape.get("end_binding"))]
    if len(arrows) != len(ARROWS) or loose:
        return f"{len(arrows)} arrows, {len(loose)} of them not attached at both ends"
    strokes = sum(shape["kind"] == "freehand" for shape in shapes)
    return None if strokes == 1 else f"{strokes} rings, not one"


def main():
    parser = argparse.ArgumentParser(prog="tools/diagram")
    parser.add_argument("--cast", type=pathlib.Path, help="a folder for recordings")
    parser.add_argument("--by", choices=["mouse", "keyboard"])
    parser.add_argument("--size", choices=["120x40", "80x24"])
    parser.add_argument("--binary", help="read by the script around this")
    options = parser.parse_args()
    ink.end_on_signals()
    failed = 0
    for kind in (Mouse, Keyboard):
        name = kind.__name__.lower()
        for size in ("120x40", "80x24"):
            if options.by not in (None, name) or options.size not in (None, size):
                continue
            folder = ink.TemporaryFolder("inkwire-diagram")
            try:
                if options.cast:
                    options.cast.mkdir(parents=True, exist_ok=True)
                cast = options.cast / f"{name}-{size}.cast" if options.cast else None
                hand, seconds, state, screen = draw(kind, *map(int, size.split("x")), folder, cast)
            finally:
                folder.remove()
            wrong = complaint(state)
            failed += wrong is not None
            print(screen)
            print(f"{name:9} {size:7} {hand.keys:4} keys {hand.reports:4} reports {seconds:6.1f} s  fingerprint {state['fingerprint']}  {wrong or 'as wanted'}",
                  flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
