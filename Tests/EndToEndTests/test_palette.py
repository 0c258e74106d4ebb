"""Every command of a board once, by its name, with the real program: two people with windows of 120x40 and 80x24.

The names come from the palette itself: a command that is not tried here fails, and so does a line for one that is gone.
"""

import contextlib
import re
import signal

from harness import EndToEnd, ink, main
from terminal import Terminal

TOOLS = {"select": "SELECT", "hand": "HAND", "rectangle": "RECT", "diamond": "DIAMOND", "ellipse": "ELLIPSE", "arrow": "ARROW", "line": "LINE",
         "pen": "PEN", "text": "TEXT", "note": "NOTE", "laser": "LASER", "eraser": "ERASER"}


class Palette(EndToEnd):
    def person(self, name, columns, rows, *arguments, **settings):
        terminal = Terminal([ink.binary(), *arguments], columns, rows, {
            "INKWIRE_DATA_DIR": self.folder / name, "INKWIRE_NAME": name, "INKWIRE_RENDEZVOUS": self.server.address, **settings})
        self.addCleanup(terminal.close)
        return terminal

    def setUp(self):
        super().setUp()
        self.server, self.tried = self.rendezvous(), []
        self.ana = self.person("ana", 120, 40, "new", "plan")
        self.ana.see("drag to draw", 20)
        _, link, _ = ink.run(["invite", "plan"], data=self.folder / "ana")
        self.bob = self.person("bob", 80, 24, "join", INKWIRE_CODE=link.strip())
        self.bob.see("ana", 20)
        self.ana.see("bob", 20)
        # What stands on bob's board, told by a program of his.
        self.told = ink.open_board("plan", self.folder / "bob", "bob")
        for number, (column, label) in enumerate(((10, "one"), (30, "two"), (60, "three"))):
            self.told.draw(kind="rectangle", x=column * 8, y=(3 + 2 * number) * 16, w=80, h=80, text=label)
        self.ana.see("three")
        # Bob points at something.
        self.bob.mouse(35, 40, 12)
        self.rest()

    def rest(self):
        """Nothing is begun, nothing is selected, nobody is asked, and nothing is told any more."""
        for _ in range(3):
            self.ana.send("\x1b")
            self.ana.pump(0.05)

    def names(self):
        """The names of all commands, by going through the palette."""
        self.ana.key(":", 0.2)
        names = []
        while True:
            row = next(line for line in self.ana.lines if line.startswith("> "))
            name = re.match(r"> ([a-z-]+)", row).group(1)
            if name in names:
                break
            names.append(name)
            self.ana.key("\x1b[B", 0.02)
        self.rest()
        return names

    def shapes(self):
        return self.told.state()["shapes"]

    def texts(self):
        """The texts of the shapes, bottom first."""
        return [shape.get("text", "") for shape in self.shapes()]

    def got(self, text, key):
        return next(shape.get(key) for shape in self.shapes() if shape.get("text") == text)

    def place(self, text, key="x"):
        return next(shape[key] for shape in self.shapes() if shape.get("text") == text)

    def pick(self, *labels):
        """Selects the boxes with these labels, by the mouse."""
        self.rest()
        for number, label in enumerate(labels):
            row = next(row for row, line in enumerate(self.ana.lines) if label in line)
            column = self.ana.lines[row].index(label)
            # On the border: in the middle of a box that is not filled a press is for what lies below.
            self.ana.mouse(4 if number else 0, column, row)
            self.ana.mouse(4 if number else 0, column, row, released=True)
            self.ana.pump(0.05)
        self.ana.until(lambda: "x delete" in self.ana.lines[-2], f"{labels} selected")

    def do(self, line, condition, what=None):
        """Runs a command by its name, and looks until it has done something."""
        self.tried.append(line.split()[0])
        # On a busy machine it may come together with the Esc before it, which is another key.
        for _ in range(4):
            self.ana.send(":")
            with contextlib.suppress(AssertionError):
                self.ana.until(lambda: self.ana.lines[-1].startswith(":"), "the line for a command", 4)
                break
        else:
            self.fail(f"no line for a command opens:\n{self.ana.text}")
        # As a hand does: many letters of one read would be a text, and what follows them too.
        for letter in line:
            self.ana.key(letter, 0.008)
        self.ana.until(lambda: self.ana.lines[-1] == f":{line}", f"{line} typed")
        self.ana.send("\r")
        self.ana.until(condition, f"{line}: {what or 'done'}")

    def says(self, words):
        return lambda: words in " ".join(self.ana.text.split())

    def bar(self, words):
        return lambda: words in self.ana.lines[-1]

    def test_TM_138_TM_161_TM_164_TM_233_TM_250_TM_251_TM_252_every_command_does_something_by_its_name(self):
        ana, bob = self.ana, self.bob
        for name, words in TOOLS.items():
            self.do(name, self.bar(f" {words}"))
        self.do("keep-tool", lambda: re.search(r" ERASER\+ ", ana.lines[-1]))
        self.do("pan", self.bar(" HAND"))
        self.do("select", self.bar(" SELECT"))
        # What is done to shapes, as bob's board has it.
        self.pick("one")
        self.do("delete", lambda: "one" not in self.texts())
        self.do("undo", lambda: "one" in self.texts())
        self.do("redo", lambda: "one" not in self.texts())
        self.do("undo", lambda: "one" in self.texts())
        self.pick("three")
        self.do("duplicate", lambda: self.texts().count("three") == 2)
        self.do("undo", lambda: self.texts().count("three") == 1)
        for name in ("select-all", "next", "previous"):
            self.rest()
            self.do(name, lambda: "x delete" in ana.lines[-2])
        self.pick("one")
        self.do("move", self.bar(" MOVE"))
        self.rest()
        self.pick("one")
        self.do("resize", self.says("resize: arrows"))
        self.pick("one", "two")
        self.do("group", lambda: sum(bool(shape.get("group")) for shape in self.shapes()) == 2)
        self.pick("one")
        self.do("ungroup", lambda: not any(shape.get("group") for shape in self.shapes()))
        self.pick("one")
        self.do("front", lambda: self.texts() == ["two", "three", "one"])
        self.do("back", lambda: self.texts() == ["one", "two", "three"])
        self.do("forward", lambda: self.texts() == ["two", "one", "three"])
        self.do("backward", lambda: self.texts() == ["one", "two", "three"])
        self.pick("one", "two", "three")
        self.do("distribute horizontally", lambda: self.place("two") == (self.place("one") + self.place("three")) / 2)
        self.do("align top", lambda: len({self.place(text, "y") for text in ("one", "two", "three")}) == 1)
        self.pick("one")
        self.do("ink vermilion", lambda: self.place("one", "stroke") is not None)
        self.do("width 3", lambda: self.place("one", "stroke_width") != self.place("two", "stroke_width"))
        self.do("fill blue", lambda: self.place("one", "fill") is not None)
        self.told.draw("way", kind="line", x=240, y=400, points=[[0, 0], [320, 64]], text="way")
        self.told.draw("small", kind="rectangle", x=640, y=400, w=56, h=32, text="abcdefghij")
        ana.see("abcd")
        self.pick("way")
        for line, key, value in (("border dashed", "line_style", "dashed"), ("heads both", "start_head", "arrow"),
                                 ("start-head dot", "start_head", "dot"), ("end-head bar", "end_head", "bar"), ("elbow on", "route", "elbow")):
            self.do(line, lambda key=key, value=value: self.got("way", key) == value)
        self.do("grow on", self.says("boxes grow with"))
        self.pick("abcd")
        self.do("fit-label", lambda: self.got("abcdefghij", "w") > 56)
        # What is seen.
        self.rest()
        self.do("find two", self.says("1 of 1"))
        self.rest()
        self.do("shapes", lambda: sum("rectangle" in line for line in ana.lines) >= 3)
        self.rest()
        for name, words in (("nearer", "133 %"), ("unzoomed", "plan"), ("farther", "67 %")):
            self.do(name, self.bar(words))
        self.do("unzoomed", lambda: "%" not in ana.lines[-1])
        for name in ("page-down", "page-up", "fit"):
            before = ana.lines[:36]
            if name == "fit":
                for _ in range(9):
                    ana.key("\x1b[6~", 0.02)
            self.do(name, lambda: ana.lines[:36] != before if name != "fit" else "two" in ana.text)
        self.do("grid", lambda: ana.text.count("·") > 20)
        self.do("grid", lambda: ana.text.count("·") < 20)
        before = ana.lines[20:36]
        self.do("minimap", lambda: ana.lines[20:36] != before)
        self.do("minimap", lambda: ana.lines[20:36] == before)
        self.do("snap", self.says("snap: S ends"))
        self.do("snap", lambda: "snap: S ends" not in " ".join(ana.text.split()))
        self.do("contrast", self.says("high contrast: black"))
        self.do("contrast", self.says("usual colours"))
        self.do("keep", self.says("this board stays"))
        # The others. Bob goes far away, and ana goes to him.
        for _ in range(8):
            bob.key("\x1b[6~", 0.02)
        bob.mouse(35, 41, 13)
        bob.pump(0.3)
        self.do("go", lambda: "two" not in ana.text)
        ana.key("f", 0.3)
        self.do("follow", self.says("following bob"))
        ana.until(lambda: "two" not in ana.text, "where bob points")
        ana.key("\x1b")
        ana.key("f", 0.3)
        self.do("cursors", self.says("Esc shows"))
        self.rest()
        self.do("look-here", lambda: bob.pump(0.05) is not None and "' goes" in " ".join(bob.text.split()))
        self.do("say good morning", lambda: bob.pump(0.05) is not None and "good morning" in " ".join(bob.text.split()))
        self.do("messages", self.says("you: good morning"))
        for name, words in (("invite", "inkwire join"), ("people", "you: ana"), ("connection", "rendezvous"), ("commands", "Enter runs it"),
                            ("help", "keys ──")):
            self.rest()
            self.do(name, self.says(words))
        self.rest()
        self.do("name anna", self.says("the others call you anna now"))
        # What keeps a board calm.
        self.pick("one")
        self.do("lock", lambda: self.got("one", "locked"))
        self.pick("one")
        self.do("unlock", lambda: not self.got("one", "locked"))
        self.rest()
        self.do("mute bob", self.says("the pointer of bob is not shown here"))
        self.do("unmute", self.says("all pointers are shown again"))
        self.do("slow 5s", self.says("once in 5 s, set by you"))
        self.do("slow off", self.says("slow mode is over, ended by you"))
        self.do("take-back somebody", self.says("nobody who drew here is called"))
        self.rest()
        self.do("remove somebody", self.says("nobody here is called so"))
        self.rest()
        # The terminal, files, and the end.
        self.pick("one")
        self.do("copy-text", lambda: b"\x1b]52;" in ana.bytes)
        self.do("copy", (self.folder / "ana" / "clipboard").exists)
        self.do("paste", lambda: self.texts().count("one") == 2)
        self.do("undo", lambda: self.texts().count("one") == 1)
        self.pick("three")
        self.do("cut", lambda: "three" not in self.texts())
        self.do("undo", lambda: "three" in self.texts())
        self.rest()
        path = self.folder / "plan.txt"
        self.do(f"export {path}", path.exists)
        before = len(self.shapes())
        (self.folder / "more.txt").write_text("+---+   +---+\n| p |-->| q |\n+---+   +---+\n")
        self.do(f"import {self.folder / 'more.txt'}", lambda: len(self.shapes()) == before + 3)
        self.do("undo", lambda: len(self.shapes()) == before)
        self.rest()
        ana.send("\x1b[200~+---+   +---+\r| p |-->| q |\r+---+   +---+\x1b[201~")
        ana.until(lambda: len(self.shapes()) == before + 3, "a drawing pasted")
        self.do("paste-text", lambda: len(self.shapes()) == before + 1)
        self.do("undo", lambda: len(self.shapes()) == before + 3)
        self.do("undo", lambda: len(self.shapes()) == before)
        self.rest()
        self.do("mouse", lambda: not ana.switched()[1003])
        self.do("mouse", lambda: ana.switched()[1003])
        self.do("set title on", self.says("title on"))
        painted = ana.bytes.count(b"\x1b[2J")
        self.do("repaint", lambda: ana.bytes.count(b"\x1b[2J") > painted)
        # A wrong argument is told, and does nothing.
        self.pick("one")
        for line, words in (("align up", "is none of"), ("width 9", "1"), ("ink nothing", "nothing")):
            before = self.shapes()
            self.do(line, self.says(words))
            self.rest()
            self.pick("one")
            self.assertEqual(self.shapes(), before)
        self.rest()
        self.assertEqual(set(self.names()) - {"suspend", "quit"}, set(self.tried), "a command that is not tried, or a line for none")
        self.do("suspend", lambda: ana.modes() == ana.before and ana.is_stopped)
        ana.kill(signal.SIGCONT)
        ana.see("three")
        self.do("quit", lambda: True)
        self.assertEqual(ana.wait(15), 0)


if __name__ == "__main__":
    main()
