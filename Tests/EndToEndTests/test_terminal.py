"""The terminal front end in a pseudo-terminal: what is seen, and which bytes make it visible."""

import fcntl
import os
import random
import signal
import subprocess
import sys
import termios
import time
import unittest

from terminal import Terminal, stand


class AtTerminal(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        if stand() is None:
            self.fail("tools/terminal-stand is not built: swift build --product terminal-stand")

    def open(self, *arguments, **more):
        terminal = Terminal([stand(), *arguments], **more)
        self.addCleanup(terminal.close)
        terminal.see("stand" if "--start" not in arguments else "New board")
        terminal.settle()
        return terminal


class Seen(AtTerminal):
    def test_first_frame_comes_before_any_answer(self):
        terminal = self.open(answers=False)
        terminal.see("drag to draw")
        # The questions follow the frame.
        self.assertLess(terminal.bytes.index(b"drag to draw"), terminal.bytes.index(b"\x1b[c"))

    def test_TM_6_a_drag_draws_where_the_mouse_went(self):
        terminal = self.open()
        terminal.drag([(10 + step, 5 + step // 3) for step in range(12)])
        terminal.settle()
        dots = terminal.dots()
        self.assertTrue(dots)
        self.assertTrue(all(9 <= column <= 22 and 4 <= row <= 9 for column, row in dots), dots)
        self.assertTrue({(10, 5), (21, 8)} <= dots, terminal.text)

    def test_TM_7_a_stroke_grows_before_the_button_goes_up(self):
        terminal = self.open()
        terminal.drag([(10, 5), (14, 5), (18, 6)], releases=False)
        terminal.until(lambda: (18, 6) in terminal.dots(), "the stroke under the mouse")

    def test_TM_8_boxes_join_and_heal(self):
        terminal = self.open()
        terminal.key("r")
        terminal.drag([(10, 3), (20, 7)])
        terminal.settle()
        alone = terminal.lines[3:8]
        terminal.key("r")
        terminal.drag([(15, 5), (30, 9)])
        terminal.see("└────┼────┘")
        # It is seen before it stands on the board, and only what stands is hit.
        terminal.settle()
        terminal.drag([(30, 7), (60, 12)])
        terminal.until(lambda: terminal.lines[3:8] == alone, "the first box whole again")

    def test_TM_8_TM_10_the_keyboard_alone_draws_and_names_a_box(self):
        terminal = self.open()
        terminal.key("r")
        terminal.key("\r")
        for _ in range(10):
            terminal.key("\x1b[C", 0.01)
        for _ in range(4):
            terminal.key("\x1b[B", 0.01)
        terminal.key("\r")
        terminal.see("┌─────────┐")
        # What is typed next is its label.
        terminal.key("cache")
        terminal.key("\x1b")
        terminal.see("│  cache  │")
        terminal.key("x")
        terminal.until(lambda: "┌" not in terminal.text, "the box deleted")
        terminal.key("u")
        terminal.see("│  cache  │")
        terminal.key("u")
        terminal.key("U")
        terminal.see("│  cache  │")

    def test_TM_16_every_size_down_to_20x5_shows_the_canvas(self):
        terminal = self.open()
        terminal.key("r")
        terminal.drag([(2, 1), (12, 3)])
        terminal.see("┌─────────┐")
        for columns, rows in [(120, 40), (40, 12), (20, 5), (80, 24)]:
            terminal.resize(columns, rows)
            terminal.until(lambda: terminal.lines[rows - 1].startswith(" SELECT"), f"the bar at {columns}x{rows}")
            terminal.see("┌─────────┐")

    def test_TM_10_a_wide_text_is_drawn_at_its_place(self):
        terminal = self.open()
        terminal.key("t")
        terminal.click(10, 5)
        terminal.key("漢字 é x")
        terminal.key("\x1b")
        terminal.settle()
        # pyte gives a wide glyph two cells, of which the second is empty.
        self.assertEqual(terminal.screen.display[5][10:].replace("\0", "").rstrip()[:7], "漢字 é x")

    def test_TM_17_help_and_start_screen(self):
        terminal = self.open("--start")
        self.assertIn("1  api sketch", terminal.text)
        terminal.key("n")
        terminal.key("plan\r")
        terminal.see("drag to draw")
        terminal.key("?")
        terminal.see("drag draws")
        terminal.key("\x1b")
        terminal.see("drag to draw")


class Bytes(AtTerminal):
    def test_TM_14_an_idle_board_writes_nothing(self):
        terminal = self.open()
        terminal.drag([(10, 5), (20, 9)])
        terminal.settle(1)
        self.assertEqual(terminal.pump(3), 0)

    def test_TM_7_a_drag_event_costs_at_most_150_bytes(self):
        terminal = self.open(columns=120, rows=40)
        before = len(terminal.bytes)
        cells = [(10 + step, 10 + (step * step) % 11) for step in range(50)]
        terminal.drag(cells)
        terminal.settle()
        self.assertLessEqual((len(terminal.bytes) - before) / 51, 150)

    def test_TM_13_ascii_has_only_bytes_below_0x80(self):
        for how in ({"arguments": ["--ascii"]}, {"environment": {"LC_ALL": "C", "LANG": "C"}}):
            terminal = self.open(*how.pop("arguments", []), **how)
            for tool in "rdoalp":
                terminal.key(tool)
                terminal.drag([(10, 3), (15, 6), (40, 15)])
            terminal.key("t")
            terminal.click(5, 5)
            terminal.key("naïve 漢")
            terminal.key("\x1b")
            terminal.key("?")
            terminal.key("\x1b")
            terminal.settle()
            self.assertIn("+--", terminal.text)
            self.assertEqual([byte for byte in terminal.bytes if byte >= 0x80], [])

    def test_TM_5_no_color_writes_no_colour(self):
        terminal = self.open(environment={"NO_COLOR": "1"})
        terminal.key("c")
        terminal.key("2")
        terminal.drag([(10, 5), (20, 9)])
        terminal.settle()
        self.assertNotRegex(terminal.bytes, rb"\x1b\[[0-9;]*(38|48|3[0-79]|4[0-79]|9[0-7])[;m]")

    def test_TM_18_a_dumb_terminal_and_no_terminal_get_no_escape(self):
        terminal = Terminal([stand()], environment={"TERM": "dumb"})
        self.addCleanup(terminal.close)
        self.assertEqual(terminal.wait(), 2)
        self.assertNotIn(b"\x1b", terminal.bytes)
        done = subprocess.run([stand()], stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
        self.assertEqual(done.returncode, 2)
        self.assertNotIn(b"\x1b", done.stdout + done.stderr)

    def test_TM_1_late_and_torn_answers_are_swallowed(self):
        terminal = self.open(answers=False)
        before = terminal.text
        for piece in ["\x1b[?20", "26;2$y\x1bP>|xterm(3", "79)\x1b\\\x1b]11;rgb:ffff/ff", "ff/ffff\x07\x1b[?6", "2;22c"]:
            terminal.key(piece, 0.1)
        terminal.settle()
        self.assertEqual(terminal.text, before)

    def test_TM_1_TM_16_any_bytes_at_any_speed_leave_a_working_terminal(self):
        generator = random.Random(3)
        terminal = self.open()
        spice = [b"\x1b[<0;", b"\x1b[200~", b"\x1b[201~", b"\x1b]", b"\x1bP", b"\x1b[", b"M", b"\xf0\x9f", b"\x00", b"\r", b"r", b"t", b"?"]
        for _ in range(300):
            piece = generator.choice(spice) if generator.random() < 0.6 else bytes(b for b in generator.randbytes(9) if b not in b"\x03qQ")
            terminal.send(piece)
            terminal.pump(0.002)
        terminal.send(b"\x1b[201~\x1b\\")
        terminal.pump(2.5)
        for _ in range(6):
            terminal.key("\x1b", 0.1)
        terminal.settle()
        # What was typed depends on where the machine tore the sequences; that differences and a full repaint show the same does not.
        # Notices are gone by then.
        terminal.settle(4.5)
        shown = terminal.text
        terminal.screen.reset()
        terminal.kill(signal.SIGCONT)
        terminal.settle(0.3)
        self.assertEqual(terminal.text, shown)
        terminal.key("r")
        terminal.see("RECT", 5)
        terminal.key("p")
        terminal.see("PEN", 5)

    def test_TM_51_TM_52_TM_53_what_a_line_tears_or_holds_up_is_never_run(self):
        terminal = self.open()
        terminal.key("p")
        terminal.send("\x1b")
        terminal.see("SELECT")
        terminal.send("[<35;30;10M")
        terminal.settle()
        self.assertIn("SELECT", terminal.lines[23])
        self.assertNotIn("mouse off:", terminal.text)
        terminal.send("\x1b[200~first part ")
        terminal.see("Esc ends it")
        terminal.send("xDnq end\x1b[201~")
        terminal.see("first part xDnq end")
        terminal.mouse(35, 5, 15)
        terminal.settle()
        terminal.send("line one\rline two\rq\r")
        terminal.see("line two")
        terminal.settle()
        terminal.key("r")
        terminal.see("RECT")

    def test_TM_16_a_terminal_that_takes_nothing_holds_up_nobody(self):
        # A frame that waits is not followed by a queue of others.
        terminal = self.open(columns=120, rows=40)
        terminal.mouse(0, 5, 5)
        for step in range(6000):
            # A line that leaps draws and erases much with each event: far more in all than a pty holds.
            terminal.mouse(32, 5 + step * 37 % 110, 2 + step * 23 % 34)
            time.sleep(0.0003)
        pending = fcntl.ioctl(terminal.leader_end, termios.FIONREAD, b"\0" * 4)
        before = len(terminal.bytes)
        terminal.settle(0.5)
        late = len(terminal.bytes) - before
        self.assertGreater(int.from_bytes(pending, sys.byteorder), 3000, "the pty was filled, or this proves nothing")
        self.assertLess(late, 120_000, "what had waited is a few frames, not all of them")
        terminal.mouse(0, 50, 20, released=True)
        terminal.key("\x1b")
        terminal.key("?")
        terminal.see("drag draws")


if __name__ == "__main__":
    unittest.main(verbosity=2)
