"""What a person sees and can type before the board is there: the first frame comes before store, keys and sockets."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

from harness import EndToEnd, ink, main
from terminal import Terminal


class FirstFrame(EndToEnd):
    def setUp(self):
        super().setUp()
        self.data = self.folder / "ana"
        self.settings = {"INKWIRE_DATA_DIR": self.data, "INKWIRE_NAME": "ana", "INKWIRE_RENDEZVOUS": None}

    def make(self, name, boxes=0):
        peer = ink.Peer(["new", name, "--peer"], data=self.data, name="ana")
        peer.event("ready")
        for number in range(boxes):
            peer.send("draw", shape={"kind": "rectangle", "x": number % 100 * 80, "y": number // 100 * 80, "w": 64, "h": 48, "text": "box"})
        peer.wait("saved")
        self.assertEqual(peer.quit(), 0)

    def person(self, *arguments, **settings):
        terminal = Terminal([ink.binary(), *arguments], 100, 24, {**self.settings, **settings})
        self.addCleanup(terminal.close)
        return terminal

    def slowly(self, *arguments):
        """The same on a disk whose first reads take so long that a person is quicker."""
        slow = "inject=pread64:delay_enter=100000:when=1..10"
        terminal = Terminal(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pread64", "-e", slow, ink.binary(), *arguments], 100, 24,
                            self.settings)
        self.addCleanup(terminal.close)
        return terminal

    def files_of(self, name):
        """The directory of a board."""
        status, text, errors = ink.run(["boards", "--json"], data=self.data, name="ana")
        self.assertEqual(status, 0, errors)
        return next(board["board"] for board in json.loads(text)["boards"] if board["name"] == name)

    def trace(self, *arguments):
        """Paths that a program opens until the person has left the board, and in order with them what it wrote to the terminal."""
        log = self.folder / "trace"
        terminal = Terminal(["strace", "-f", "-qq", "-s", "400", "-e", "trace=openat,open,write,socket,bind", "-o", log, ink.binary(), *arguments],
                            100, 24, self.settings)
        self.addCleanup(terminal.close)
        terminal.see("keys", 60)
        terminal.key("q")
        self.assertEqual(terminal.wait(30), 0)
        return log.read_text(errors="replace").splitlines()

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_CL_60_CL_61_a_frame_is_there_before_the_store_and_the_network_and_no_other_board_is_looked_into(self):
        for name in ("one", "two", "three"):
            self.make(name)
        ids = {name: self.files_of(name) for name in ("one", "two", "three")}
        calls = self.trace("open", "two")
        frame = next(index for index, call in enumerate(calls) if "write(" in call and "opening two" in call)
        for what in ("board.sqlite", "identity.key", "socket("):
            places = [index for index, call in enumerate(calls) if what in call]
            self.assertTrue(places, what)
            self.assertGreater(places[0], frame, f"{what}: {calls[places[0]]}")
        opened = [call for call in calls if "open" in call.split("(")[0]]
        self.assertTrue(any(ids["two"] in call for call in opened))
        for other in ("one", "three"):
            self.assertEqual([call for call in opened if ids[other] in call], [])
        # By a name that was never opened so it is sought, once.
        shutil.rmtree(self.data / "places")
        self.assertTrue(any(ids["one"] in call for call in self.trace("open", "two")))
        self.assertFalse(any(ids["one"] in call for call in self.trace("open", "two")))

    def test_CL_60_TM_180_what_is_typed_before_the_board_is_there_reaches_it(self):
        self.make("plan", boxes=1500)
        ana = self.person("open", "plan")
        ana.until(lambda: b"\x1b[2J" in ana.bytes, "the first frame")
        # A box by keys and its label, all before it is read.
        for keys in ("r", "\r", "\x1b[1;2C", "\x1b[1;2B", "\r", "q", "u", "i", "t"):
            ana.send(keys)
        ana.see("quit", 30)
        ana.key("\x1b")
        ana.key("q")
        self.assertEqual(ana.wait(20), 0)
        status, text, errors = ink.run(["export", "plan", "--format", "json", "-o", "-"], data=self.data, name="ana")
        self.assertEqual(status, 0, errors)
        self.assertEqual(text.count('"quit"'), 1)
        # How much there is was noted, and is said the next time.
        again = self.person("open", "plan")
        again.until(lambda: b"opening plan, 1501 shapes when it was left" in again.bytes, "the count")
        again.see("keys", 30)

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_CL_60_TM_382_who_leaves_before_the_board_is_there_leaves_at_once(self):
        self.make("plan", boxes=1500)
        for key in ("q", "\x03", "\x1b"):
            with self.subTest(key.encode()):
                ana = self.slowly("open", "plan")
                ana.until(lambda: b"\x1b[2J" in ana.bytes, "the first frame")
                ana.send(key)
                self.assertEqual(ana.wait(10), 0)
                ana.pump(0.1)
                self.assertEqual(ana.modes(), ana.before)
                self.assertTrue(ana.bytes.rstrip().endswith(b"comes back to it"), ana.bytes[-200:])
        ana = self.person("open", "plan")
        ana.until(lambda: b"\x1b[2J" in ana.bytes, "the first frame")
        os.kill(ana.pid, signal.SIGTERM)
        self.assertEqual(ana.wait(10), -signal.SIGTERM)
        self.assertEqual(ana.modes(), ana.before)
        # Nobody holds it any more, and nothing is lost.
        status, text, errors = ink.run(["export", "plan", "--format", "json", "-o", "-"], data=self.data, name="ana")
        self.assertEqual((status, text.count('"box"')), (0, 1500), errors)

    def test_CL_309_what_keeps_a_board_from_being_opened_is_told_on_the_normal_screen(self):
        self.make("plan")
        board = self.data / "boards" / self.files_of("plan") / "board.sqlite"

        def ends(status, words, *arguments, takes_screen):
            terminal = self.person(*arguments)
            self.assertEqual(terminal.wait(20), status, terminal.text)
            terminal.pump(0.1)
            self.assertEqual(terminal.modes(), terminal.before)
            said = terminal.bytes.rpartition(b"\x1b[?1049l")[2] if takes_screen else terminal.bytes
            self.assertEqual(b"\x1b[?1049h" in terminal.bytes, takes_screen)
            self.assertIn(words.encode(), said)
            self.assertIn(b"next: ", said)

        ends(5, "nothing", "open", "nothing", takes_screen=False)
        ends(2, "saved already", "new", "plan", takes_screen=False)
        ends(2, "cannot be made", "new", "-", takes_screen=False)
        whole = board.read_bytes()
        # Its name is known, and the rest is found out behind the first frame.
        board.write_bytes(whole[:2000] + b"\0" * (len(whole) - 2000))
        ends(8, "board.sqlite", "open", "plan", takes_screen=True)
        board.write_bytes(whole)
        holder = subprocess.Popen(["flock", board.parent, "sleep", "60"])
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        ink.wait_until(lambda: subprocess.run(["flock", "-n", board.parent, "true"]).returncode, 5, "somebody holds the lock")
        ends(8, "another program has it open", "open", "plan", takes_screen=True)


if __name__ == "__main__":
    main()
