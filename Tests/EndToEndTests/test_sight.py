"""Seeing each other through real programs: light, following with two window sizes, look here, lines in others' hands, and the example."""

import unittest

from harness import ink
from terminal import Terminal
from test_terminal_session import BOARD, TwoTerminals


def command(terminal, name):
    """Types a command letter by letter: what comes in one piece is a text."""
    for letter in f":{name}\r":
        terminal.key(letter, pause=0.02)


class Sight(TwoTerminals):
    def sized(self, one, other):
        """Ana and bob on one board, in windows of these sizes."""
        ana = Terminal([ink.binary(), "open", BOARD], *one, self.settings["ana"])
        self.addCleanup(ana.close)
        bob = Terminal([ink.binary(), "join"], *other, {**self.settings["bob"], "INKWIRE_CODE": self.link})
        self.addCleanup(bob.close)
        self.both(ana, bob, lambda: "bob" in ana.lines[-1] and "ana" in bob.lines[-1], "each other's names", 20)
        return ana, bob

    def write(self, terminal, column, row, text):
        terminal.key("t")
        terminal.click(column, row)
        terminal.key(text)
        terminal.key("\x1b")

    def test_TM_212_TM_213_who_follows_sees_all_that_the_other_sees(self):
        for one, other in (((120, 40), (80, 24)), ((80, 24), (120, 40)), ((40, 12), (80, 24))):
            with self.subTest((one, other)):
                ana, bob = self.sized(one, other)
                columns, rows = one
                for _ in range(10):
                    ana.mouse(65, 5, 5)
                ana.pump(0.2)
                self.write(ana, 1, 1, f"top{columns}")
                self.write(ana, columns - 12, rows - 5, f"end{columns}")
                self.both(ana, bob, lambda: f"end{columns}" in ana.text and "ana" in bob.lines[-1], "ana's words", 10)
                bob.key("G")
                # At a coarser zoom only the first letters of a text have room.
                self.both(ana, bob, lambda: "following ana" in bob.text and "to" in bob.text and "en" in bob.text, "both corners", 10)
                bob.key("\x1b")
                self.assertNotIn("following", bob.text)
                for terminal in (ana, bob):
                    terminal.key("q")
                self.assertEqual([ana.wait(), bob.wait()], [0, 0])

    def test_TM_214_TM_399_all_are_asked_to_look_and_nobody_is_moved(self):
        ana, bob = self.sized((80, 24), (100, 30))
        for _ in range(20):
            ana.mouse(65, 5, 5)
        ana.pump(0.2)
        self.write(ana, 10, 10, "look at this")
        before = self.canvas(bob)
        command(ana, "look-here")
        self.both(ana, bob, lambda: "ana asks everybody to look here: ' goes there" in bob.text, "the asking", 10)
        self.both(ana, bob, lambda: "all who are here are asked" in ana.text, "that all are asked", 5)
        self.assertNotIn("look at this", bob.text)
        self.assertEqual(len(before), len(self.canvas(bob)))
        bob.key("'")
        self.both(ana, bob, lambda: "look at this" in bob.text, "what ana sees", 10)
        ana.key('"')
        self.both(ana, bob, lambda: "asked a moment ago" in ana.text, "not so often", 10)

    def test_TM_210_TM_211_light_is_seen_while_it_goes_and_leaves_nothing(self):
        ana, bob = self.sized((80, 24), (80, 24))
        bob.key("\x1bc")
        ana.key("k")
        ana.drag([(10 + step, 8) for step in range(30)], pause=0.02, releases=False)
        self.both(ana, bob, lambda: len([cell for cell in bob.dots() if cell[1] in (7, 8)]) >= 20, "ana's light at bob", 5)
        ana.mouse(0, 40, 8, released=True)
        self.both(ana, bob, lambda: not bob.dots() and not ana.dots(), "darkness at both", 10)
        ana.key("q"), bob.key("q")
        self.assertEqual([ana.wait(), bob.wait()], [0, 0])
        _, text, _ = ink.run(["export", BOARD, "--format", "txt", "-o", "-"], data=self.folder / "ana", name="ana")
        self.assertEqual(text.strip(), "")

    def test_TM_216_TM_361_a_line_that_is_pulled_is_seen_before_it_is_let_go(self):
        ana, bob = self.sized((80, 24), (80, 24))
        ana.key("l")
        ana.drag([(10, 5), (20, 5), (40, 5)])
        level = lambda terminal, row: terminal.lines[row].count("─") >= 20
        self.both(ana, bob, lambda: level(bob, 5), "the line at bob", 10)
        ana.drag([(40, 5), (40, 8), (40, 15)], releases=False)
        self.both(ana, bob, lambda: not level(bob, 5) and len(bob.dots()) > 10, "the pulled line at bob, the button still down", 10)
        ana.key("\x1b")
        self.both(ana, bob, lambda: level(bob, 5) and not bob.dots(), "the line where it stands", 10)

    def test_FE_101_a_script_shines_tells_its_view_and_asks_to_look(self):
        ana, bob = self.sized((80, 24), (80, 24))
        script = ink.Peer(["peer", BOARD], data=self.folder / "ana", name="ana", rendezvous=self.server.address)
        self.addCleanup(script.kill)
        script.event("ready", timeout=20)
        script.send("look_here", x=8000, y=8000, w=640, h=352)
        self.both(ana, bob, lambda: "asks everybody to look here" in bob.text, "the asking of a script", 10)
        script.send("laser", x=80, y=80, points=[[0, 0], [300, 0]], over_ms=1000)
        self.both(ana, bob, lambda: len(bob.dots()) >= 10, "the light of a script", 10)
        self.both(ana, bob, lambda: not bob.dots(), "its end", 10)


class Example(TwoTerminals):
    def start(self):
        terminal = Terminal([ink.binary()], 80, 24, {**self.settings["bob"], "INKWIRE_RENDEZVOUS": None})
        self.addCleanup(terminal.close)
        terminal.see("d  Try it out")
        terminal.key("d")
        terminal.see("unless you type :keep")
        terminal.see("saved")
        return terminal

    def boards(self):
        return ink.run(["boards"], data=self.folder / "bob", name="bob")[1]

    def test_CL_72_an_example_stays_where_another_program_goes_on_with_it(self):
        terminal = self.start()
        other = Terminal([ink.binary(), "open", "example"], 80, 24, {**self.settings["bob"], "INKWIRE_RENDEZVOUS": None})
        self.addCleanup(other.close)
        other.see("web page")
        other.see("saved")
        terminal.key("q")
        self.assertEqual(terminal.wait(), 0)
        self.assertIn(b"another program goes on with it", terminal.bytes)
        other.key("t")
        other.click(10, 20)
        other.key("goes on")
        other.key("\x1b")
        other.see("saved")
        self.assertIn("web page", other.text)
        other.key("q")
        self.assertEqual(other.wait(), 0)
        self.assertIn("example", self.boards())

    def test_CL_69_CL_71_TM_220_TM_401_an_example_goes_when_it_is_left(self):
        terminal = self.start()
        self.assertIn("example", self.boards())
        # What was there from the first is not taken back; what was drawn is.
        terminal.key("r")
        terminal.drag([(2, 18), (8, 20)])
        terminal.see("Enter writes")
        terminal.key("\x1b", pause=0.2)
        for _ in range(3):
            terminal.key("\x1a", pause=0.2)
        self.assertIn("web page", terminal.text)
        terminal.key("q")
        terminal.see("The example is gone")
        self.assertNotIn("example", self.boards())
        self.assertFalse(list((self.folder / "bob" / "boards").glob("*")))
        terminal.key("q")
        self.assertEqual(terminal.wait(), 0)

    def test_TM_401_an_example_that_is_kept_stays(self):
        terminal = self.start()
        command(terminal, "keep")
        terminal.see("kept: this board stays")
        terminal.key("q")
        self.assertEqual(terminal.wait(), 0)
        self.assertIn("example", self.boards())


if __name__ == "__main__":
    unittest.main(verbosity=2)
