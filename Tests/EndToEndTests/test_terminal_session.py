"""Two people at two terminals on one board, through `inkwire serve`: what one does is seen by the other, at once and afterwards."""

import os
import shutil
import signal
import subprocess
import time
import unittest

from harness import EndToEnd, ink
from terminal import Terminal

BOARD = "sketch"


class TwoTerminals(EndToEnd):
    def setUp(self):
        super().setUp()
        self.server = self.rendezvous()
        maker = ink.new_board(self.folder / "ana", "ana", BOARD, self.server.address)
        self.link = maker.link()
        self.assertEqual(maker.quit(), 0)
        self.settings = {name: {"INKWIRE_DATA_DIR": self.folder / name, "INKWIRE_NAME": name, "INKWIRE_RENDEZVOUS": self.server.address}
                         for name in ("ana", "bob")}

    def together(self, columns=80, rows=24, arguments=()):
        """Ana opens the board, bob joins by her link; both see each other."""
        ana = Terminal([ink.binary(), "open", BOARD, *arguments], columns, rows, self.settings["ana"])
        self.addCleanup(ana.close)
        bob = Terminal([ink.binary(), "join", *arguments], columns, rows, {**self.settings["bob"], "INKWIRE_CODE": self.link})
        self.addCleanup(bob.close)
        self.both(ana, bob, lambda: "bob" in ana.lines[rows - 1] and "ana" in bob.lines[rows - 1], "each other's names", 20)
        return ana, bob

    def both(self, left, right, condition, what, seconds=5.0):
        """Looks at both terminals until the condition holds."""
        def holds():
            left.pump()
            right.pump()
            return condition()

        left.until(holds, what, seconds)

    def is_saved(self, terminal):
        return "saved" in terminal.lines[-1]

    def canvas(self, terminal):
        return terminal.lines[:terminal.screen.lines - 3]

    def assert_equal_canvases(self, ana, bob):
        for terminal in (ana, bob):
            terminal.key("\x1bc")  # others' cursors hidden
        self.both(ana, bob, lambda: self.canvas(ana) == self.canvas(bob), "equal canvases")
        self.assertTrue(any(line.strip() for line in self.canvas(ana)), "equal, and not empty")

    def assert_equal_at_rest(self, ana, bob):
        """Both leave when all is saved and nothing more comes; what their disks hold is the same picture."""
        # What is on one disk goes to the other, which says "saving" of it: it is over when both are silent.
        quiet = lambda: self.is_saved(ana) and self.is_saved(bob) and not ana.pump(0.15) and not bob.pump(0.15)
        self.both(ana, bob, quiet, "both boards at rest", 20)
        for terminal in (ana, bob):
            terminal.key("q")
        self.assertEqual([ana.wait(15), bob.wait(15)], [0, 0])
        pictures = []
        for name in ("ana", "bob"):
            status, text, errors = ink.run(["export", BOARD, "--format", "txt", "-o", "-"], data=self.folder / name, name=name)
            self.assertEqual(status, 0, errors)
            pictures.append(text)
        self.assertEqual(pictures[0], pictures[1])
        return pictures[0]


class Together(TwoTerminals):
    def test_TM_11_a_stroke_grows_at_the_other_before_the_button_goes_up(self):
        for size in ((80, 24), (120, 40)):
            with self.subTest(size):
                ana, bob = self.together(*size)
                top = 5 if size == (80, 24) else 20
                cells = [(10 + step, top + step // 3) for step in range(24)]
                ana.drag(cells[:8], releases=False)
                self.both(ana, bob, lambda: (15, top + 1) in bob.dots(), "the first part of the stroke at bob")
                self.assertNotIn(cells[20], bob.dots())
                for cell in cells[8:]:
                    ana.mouse(32, *cell)
                    ana.pump(0.01)
                self.both(ana, bob, lambda: cells[20] in bob.dots(), "the rest of it, the button still down")
                ana.mouse(0, *cells[-1], released=True)
                self.assert_equal_canvases(ana, bob)
                self.assert_equal_at_rest(ana, bob)

    def test_TM_11_the_others_pointer_stands_at_its_place_with_its_name(self):
        ana, bob = self.together()
        bob.mouse(35, 40, 9)
        self.both(ana, bob, lambda: " bob" in ana.lines[10][40:48] and ana.lines[9][40:41].strip(), "bob's pointer and name at ana")

    def test_TM_38_a_pointer_that_is_told_ten_times_a_second_passes_the_cells_between(self):
        ana = Terminal([ink.binary(), "open", BOARD], 120, 24, self.settings["ana"])
        self.addCleanup(ana.close)
        ana.see("drag to draw", 20)
        bob = ink.join_board(self.link, self.folder / "bob", "bob")
        marker = lambda: [column for column, glyph in enumerate(ana.screen.display[12]) if glyph in "▸◆●■▲★✚"]
        # A cell is 8 by 16 px; the first cell of a new board is that of the origin.
        bob.send("cursor", x=20 * 8 + 4, y=12 * 16 + 8)
        ana.until(lambda: marker() == [20], "bob's pointer")
        places = []
        for step in range(1, 16):
            bob.send("cursor", x=(20 + 4 * step) * 8 + 4, y=12 * 16 + 8)
            end = time.monotonic() + 0.1
            while time.monotonic() < end:
                ana.pump(0.004)
                places += [column for column in marker() if column not in places]
        ana.until(lambda: marker() == [80], "its end")
        # Drawn as it is told it would stand in sixteen.
        self.assertGreaterEqual(len(places), 20, places)
        # Where the next word is late, it is led on for a moment, and may be brought back by as much: a cell.
        furthest = [max(places[:number + 1]) for number in range(len(places))]
        self.assertLessEqual(max(most - place for most, place in zip(furthest, places)), 1, places)

    def test_TM_8_the_same_with_the_keyboard_alone(self):
        ana, bob = self.together()
        for terminal, key, steps in ((ana, "r", 8), (bob, "o", 14)):
            terminal.key(key)
            terminal.key("\r")
            for _ in range(steps):
                terminal.key("\x1b[C", 0.02)
            for _ in range(4):
                terminal.key("\x1b[A" if terminal is bob else "\x1b[B", 0.02)
            other = bob if terminal is ana else ana
            self.both(ana, bob, lambda: any(0x2500 <= ord(glyph[0]) < 0x2900 for line in self.canvas(other) for glyph in line), "it, still held")
            # It is drawn, and written in; then neither that nor selected.
            for key in ("\r", "\x1b", "\x1b"):
                terminal.key(key)
        self.assert_equal_canvases(ana, bob)
        self.assertIn("┌", self.assert_equal_at_rest(ana, bob))

    def test_TM_9_escape_takes_a_drag_away_at_the_other(self):
        ana, bob = self.together()
        ana.key("r")
        ana.drag([(10, 5), (30, 12)], releases=False)
        self.both(ana, bob, lambda: "┌" in bob.text, "the rubber band at bob")
        ana.key("\x1b")
        self.both(ana, bob, lambda: "┌" not in bob.text and "┌" not in ana.text, "nothing at either")

    def test_TM_8_undo_takes_back_only_ones_own_work(self):
        ana, bob = self.together()

        def box(terminal, left):
            terminal.key("r")
            terminal.drag([(left, 3), (left + 6, 6)])
            self.both(ana, bob, lambda: all(glance.lines[3][left:left + 1] == "┌" for glance in (ana, bob)), f"the box at {left}")

        box(ana, 5)
        box(bob, 20)
        box(ana, 35)
        box(bob, 50)
        # Behind a fresh box u is asked for twice: Esc is done with it.
        ana.key("\x1b")
        ana.key("u")
        ana.key("u")
        self.both(ana, bob, lambda: all(glance.lines[3].split() == ["┌─────┐", "┌─────┐"] for glance in (ana, bob)), "only bob's boxes")
        self.assertEqual(ana.lines[3].index("┌"), 20)
        ana.key("U")
        self.both(ana, bob, lambda: all(glance.lines[3][5:6] == "┌" and glance.lines[3][35:36] != "┌" for glance in (ana, bob)), "ana's first again")
        self.assert_equal_canvases(ana, bob)
        self.assertEqual(self.assert_equal_at_rest(ana, bob).count("┌"), 3)

    def test_TM_8_two_boxes_and_a_line_join_and_heal_for_both(self):
        ana, bob = self.together()
        for terminal in (ana, bob):
            terminal.key("\x1bc")  # others' cursors hidden, or one would stand on the line's end
        for cells in ([(10, 3), (20, 7)], [(15, 5), (30, 9)]):
            ana.key("r")
            ana.drag(cells)
        bob.key("l")
        self.both(ana, bob, lambda: "└────┼────┘" in bob.text, "the joined boxes")
        bob.drag([(5, 6), (40, 6)])
        self.both(ana, bob, lambda: all(glance.lines[6][5:41] == "╶────┼────┼────┼─────────┼─────────╴" for glance in (ana, bob)), "a line through both")
        ana.key("v")
        ana.drag([(30, 8), (70, 14)])
        self.both(ana, bob, lambda: all(glance.lines[7][10:21] == "└─────────┘" for glance in (ana, bob)), "the first box whole again")
        self.both(ana, bob, lambda: self.canvas(ana) == self.canvas(bob), "equal canvases")

    def test_FE_67_FE_68_FE_174_TM_83_who_wants_relays_only_reads_of_the_relay(self):
        ana, bob = self.together(80, 24, ["--relay-only"])
        self.both(ana, bob, lambda: "relay " in ana.lines[-1] and "relay " in bob.lines[-1], "the relay in both bars", 20)
        for terminal, other in ((ana, "bob"), (bob, "ana")):
            terminal.key("N")
            words = lambda: " ".join(terminal.text.split())
            terminal.until(lambda: " connection " in terminal.text, "the connection")
            terminal.until(lambda: f"{other}: relay " in words() and "(--relay-only)" in words(), "how the other is reached")
            self.assertIn(f"rendezvous {self.server.address}, no TLS", words())
            self.assertIn("rendezvous: connected", words())
            terminal.key("\x1b")
            terminal.until(lambda: " connection " not in terminal.text, "the box closed")
            self.assertNotIn("Direct path blocked".encode(), terminal.bytes)

    def test_TM_15_a_lost_person_and_a_lost_rendezvous_are_told(self):
        ana, bob = self.together(120, 30)
        bob.drag([(10, 5), (20, 9)])
        self.server.kill()
        self.both(ana, bob, lambda: "Peers already here are unaffected" in ana.text or "no rendezvous" in ana.text, "the rendezvous is gone", 30)
        bob.kill(9)
        ana.drag([(30, 5), (40, 9)])
        ana.see("bob ... ", 20)
        ana.see("Connection to bob lost", 20)

    def test_TM_12_names_full_of_escapes_do_not_reach_the_terminal(self):
        evil = "b\x1b]0;x\x07\x9b2J\u202eo\u200bb"
        self.settings["bob"]["INKWIRE_NAME"] = evil
        ana = Terminal([ink.binary(), "open", BOARD], 80, 24, {**self.settings["ana"], "NO_COLOR": "1"})
        self.addCleanup(ana.close)
        ana.see("drag to draw", 20)
        mallory = ink.join_board(self.link, self.folder / "bob", evil)
        mallory.draw(kind="text", x=80, y=80, text="\x1b[2Jevil\x07\u202e text")
        mallory.send("cursor", x=200, y=200)
        mallory.send("say", text="\x1b]52;c;QQ==\x07hello")
        ana.see("evil", 10)
        ana.see("hello", 10)
        ana.settle(0.5)
        for trace in (b"\x07", "\x9b".encode(), "\u202e".encode(), "\u200b".encode(), b"\x1b]0;", b"\x1b]52", b"\x1b[2Jevil"):
            self.assertNotIn(trace, ana.bytes)


class Copies(TwoTerminals):
    def test_TM_192_what_is_copied_on_one_board_is_pasted_on_another_of_the_same_person(self):
        one = Terminal([ink.binary(), "open", BOARD], 80, 24, self.settings["ana"])
        self.addCleanup(one.close)
        two = Terminal([ink.binary(), "new", "second"], 80, 24, self.settings["ana"])
        self.addCleanup(two.close)
        self.both(one, two, lambda: self.is_saved(one) and self.is_saved(two), "both boards", 20)
        one.key("r")
        one.drag([(10, 5), (20, 9)])
        one.see("┌─────────┐")
        one.key("y")
        one.see("1 shape copied")
        place = self.folder / "ana" / "clipboard"
        self.assertEqual(place.stat().st_mode & 0o777, 0o600)
        two.mouse(35, 60, 12)
        two.key("V")
        two.see("┌─────────┐")
        self.assertTrue(two.lines[10].endswith("┌─────────┐"), two.text)
        self.assertEqual(two.lines[10].index("┌"), 55)
        two.key("x")
        two.until(lambda: "┌─────────┐" not in two.text, "what was pasted is selected")
        # Whatever else stands there is not believed.
        for content in (b"", b"inkwire clip", os.urandom(1000), b"\x1b]0;x\x07" * 1000):
            place.write_bytes(content)
            two.key("V")
            two.see("not pasted: ")
            two.key("v")
            two.until(lambda: "not pasted" not in two.text, "the notice to go", 8)
        place.unlink()
        two.key("V")
        two.see("nothing was copied")
        one.key("\x1b")
        one.key("]")
        one.key("X")
        one.see("1 shape cut")
        one.until(lambda: "┌─────────┐" not in one.text, "what was cut is gone")
        for terminal in (one, two):
            terminal.key("q")
            self.assertEqual(terminal.wait(), 0)


class Endings(TwoTerminals):
    def test_TM_18_the_real_program_restores_the_terminal_on_signals(self):
        for number in (15, 1, 2, 11, 5):
            with self.subTest(number):
                ana = Terminal([ink.binary(), "open", BOARD], environment=self.settings["ana"])
                self.addCleanup(ana.close)
                ana.see("drag to draw", 20)
                ana.kill(number)
                self.assertEqual(ana.wait(10), -number)
                self.assertEqual(ana.modes(), ana.before)
                left_on = {mode for mode, is_on in ana.switched().items() if is_on}
                self.assertEqual(left_on, {7, 25})

    def test_TM_19_a_text_and_a_stroke_that_a_signal_cuts_off_are_on_the_board(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                ana = Terminal([ink.binary(), "open", BOARD], environment=self.settings["ana"])
                self.addCleanup(ana.close)
                ana.see("saved", 20)
                ana.key("t")
                ana.click(20, 3 if number == signal.SIGTERM else 6)
                ana.key(f"half a sent{number.value}")
                ana.kill(number)
                self.assertEqual(ana.wait(10), -number)
        ana = Terminal([ink.binary(), "open", BOARD], environment=self.settings["ana"])
        self.addCleanup(ana.close)
        ana.see("half a sent15", 20)
        ana.drag([(10, 14), (20, 16)], releases=False)
        ana.until(lambda: (20, 16) in ana.dots(), "the stroke")
        ana.kill(signal.SIGTERM)
        self.assertEqual(ana.wait(10), -signal.SIGTERM)
        status, text, errors = ink.run(["export", BOARD, "--format", "txt", "-o", "-"], data=self.folder / "ana", name="ana")
        self.assertEqual(status, 0, errors)
        self.assertIn("half a sent15", text)
        self.assertIn("half a sent1\n", text + "\n")
        self.assertTrue(any(0x2800 < ord(glyph) < 0x2900 for glyph in text), text)

    def test_TM_20_a_text_that_was_paused_is_there_after_a_kill(self):
        ana = Terminal([ink.binary(), "open", BOARD], environment=self.settings["ana"])
        self.addCleanup(ana.close)
        ana.see("saved", 20)
        ana.key("t")
        ana.click(20, 5)
        ana.key("half a sentence")
        ana.see("typing")
        ana.until(lambda: self.is_saved(ana), "it said to be saved, the text still open", 10)
        ana.kill(9)
        ana.wait(10)
        status, text, errors = ink.run(["export", BOARD, "--format", "txt", "-o", "-"], data=self.folder / "ana", name="ana")
        self.assertEqual((status, text.strip()), (0, "half a sentence"), errors)

    def test_a_shape_that_another_moves_out_of_sight_harms_nobody(self):
        ana, _ = self.together()
        eve = ink.join_board(self.link, self.folder / "eve", "eve")
        ana.key("p")
        ana.drag([(30, 8), (50, 10)])
        shape = eve.event("shape", timeout=10)["id"]
        ana.key("]")
        for by in ([600, 0], [-1400, 0], [700, 400], [0, -900], [100, 500]):
            eve.send("move", id=shape, by=by)
            ana.settle()
        ana.key("?")
        ana.see("drag draws")

    def test_a_link_that_the_terminal_broke_into_lines_is_taken(self):
        bob = Terminal([ink.binary(), "join"], 80, 24, self.settings["bob"])
        self.addCleanup(bob.close)
        ana = Terminal([ink.binary(), "open", BOARD], environment=self.settings["ana"])
        self.addCleanup(ana.close)
        ana.see("saved", 20)
        bob.see("Code or link:", 10)
        for start in range(0, len(self.link), 80):
            bob.key(self.link[start:start + 80] + "\n")
        self.both(ana, bob, lambda: "ana" in bob.lines[23], "bob on the board", 20)

    def test_TM_18_a_board_drawn_on_and_killed_is_there_again(self):
        ana = Terminal([ink.binary(), "open", BOARD], environment=self.settings["ana"])
        self.addCleanup(ana.close)
        ana.see("drag to draw", 20)
        ana.key("r")
        ana.drag([(10, 5), (20, 9)])
        ana.see("saved")
        ana.settle(1)
        ana.kill(9)
        ana.wait(10)
        again = Terminal([ink.binary(), "open", BOARD], environment=self.settings["ana"])
        self.addCleanup(again.close)
        again.see("┌─────────┐", 20)

    def test_TM_18_without_a_terminal_it_says_so_and_writes_no_escape(self):
        for command in (["open", BOARD], ["new", "other"]):
            status, out, errors = ink.run(command, data=self.folder / "ana", name="ana", input=None)
            self.assertEqual(status, 2, errors)
            self.assertNotIn("\x1b", out + errors)
        # One that is not drawn on is led by lines (CL-272).
        dumb = Terminal([ink.binary(), "open", BOARD], environment={**self.settings["ana"], "TERM": "dumb"})
        self.addCleanup(dumb.close)
        dumb.until(lambda: b"`help` lists the commands" in dumb.bytes, "that the board is there")
        dumb.key("quit\r")
        self.assertEqual(dumb.wait(10), 0)
        self.assertNotIn(b"\x1b", dumb.bytes)

    def test_TM_17_the_start_screen_makes_and_finds_boards(self):
        fresh = {**self.settings["ana"], "INKWIRE_DATA_DIR": self.folder / "fresh"}
        one = Terminal([ink.binary()], environment=fresh)
        self.addCleanup(one.close)
        one.see("New board", 20)
        one.key("n")
        one.key("my plan\r")
        one.see("drag to draw", 20)
        self.assertIn("my plan", one.lines[23])
        one.key("q")
        self.assertEqual(one.wait(15), 0)
        two = Terminal([ink.binary()], environment=fresh)
        self.addCleanup(two.close)
        two.see("1  my plan", 20)
        # A name that is taken is told, and the choice is open again; one that is left out is made.
        two.key("n")
        two.key("my plan\r")
        two.until(lambda: "saved already" in " ".join(two.text.split()), "why not", 20)
        two.key("n")
        two.key("\r")
        two.see("drag to draw", 20)
        two.key("q")
        self.assertEqual(two.wait(15), 0)
        two = Terminal([ink.binary()], environment=fresh)
        self.addCleanup(two.close)
        two.see("my plan", 20)
        two.key("2" if "2  my plan" in two.text else "1")
        two.see("drag to draw", 20)


@unittest.skipUnless(shutil.which("tmux"), "tmux is not installed")
class InTmux(TwoTerminals):
    """The same through a real tmux: two panes on one board."""

    def setUp(self):
        super().setUp()
        self.socket = f"inkwire-test-{os.getpid()}"
        self.addCleanup(lambda: self.tmux("kill-server", check=False))

    def tmux(self, *arguments, check=True):
        environment = {name: value for name, value in ink.base_environment().items() if name not in ("TMUX", "TMUX_PANE")}
        environment["LC_ALL"] = "C.UTF-8"
        done = subprocess.run(["tmux", "-L", self.socket, "-f", "/dev/null", *map(str, arguments)], env=environment, capture_output=True, text=True)
        if check and done.returncode:
            raise AssertionError(f"tmux {arguments[0]}: {done.stderr}")
        return done.stdout

    def command(self, name, *arguments, **more):
        settings = {**self.settings[name], "LC_ALL": "C.UTF-8", **more}
        return ["env", *(f"{key}={value}" for key, value in settings.items()), str(ink.binary()), *arguments]

    def picture(self, pane):
        return [line.rstrip() for line in self.tmux("capture-pane", "-p", "-t", pane).split("\n")]

    def send(self, pane, text):
        self.tmux("send-keys", "-t", pane, "-H", *(f"{byte:02x}" for byte in text.encode()))

    def until(self, condition, what, seconds=10):
        return ink.wait_until(condition, seconds, what, interval=0.05)

    def test_TM_11_two_panes_draw_together(self):
        for columns, rows, side in ((161, 24, "-h"), (241, 40, "-h")):
            with self.subTest(f"{columns}x{rows}"):
                self.tmux("kill-server", check=False)
                self.settings["bob"]["INKWIRE_DATA_DIR"] = self.folder / f"bob{columns}"
                self.tmux("new-session", "-d", "-x", columns, "-y", rows, *self.command("ana", "open", BOARD), ";", "set", "-g", "status", "off", ";",
                          "set", "-g", "escape-time", "10")
                self.tmux("split-window", side, "-d", *self.command("bob", "join", INKWIRE_CODE=self.link))
                left, right = self.tmux("list-panes", "-F", "#{pane_id}").split()
                height = int(self.tmux("display-message", "-p", "-t", left, "#{pane_height}"))
                self.until(lambda: "bob" in self.picture(left)[height - 1] and "ana" in self.picture(right)[height - 1], "both in both bars", 30)
                dots = lambda pane, row: [glyph for glyph in self.picture(pane)[row] if 0x2800 < ord(glyph) < 0x2900]
                self.send(left, "p")
                self.send(left, "\x1b[<0;11;9M")
                for step in range(1, 20):
                    self.send(left, f"\x1b[<32;{11 + step};9M")
                self.until(lambda: len(dots(right, 8)) >= 18, "ana's stroke in bob's pane, the button still down")
                self.send(left, "\x1b[<0;30;9m")
                self.send(right, "\x1b[<35;40;14M")
                self.until(lambda: "bob" in self.picture(left)[14], "bob's name at his pointer in ana's pane")
                for pane in (left, right):
                    self.send(pane, "\x1bc")
                canvas = lambda pane: self.picture(pane)[:height - 3]
                self.until(lambda: canvas(left) == canvas(right) and dots(left, 8), "equal canvases")
                for pane in (right, left):
                    self.send(pane, "q")
                self.until(lambda: not self.tmux("list-panes", "-F", "#{pane_id}", check=False).split(), "both have left", 20)


if __name__ == "__main__":
    unittest.main(verbosity=2)
