"""On every way out the terminal is as it was before: modes, screen, cursor, mouse; and the exit status tells the signal."""

import os
import signal
import time
import unittest

import test_terminal


class Restored(test_terminal.AtTerminal):
    def assert_restored(self, terminal):
        # TM-18
        self.assertEqual(terminal.modes(), terminal.before, "the modes as `stty -a` tells them")
        switched = terminal.switched()
        self.assertTrue(switched.pop(25), "the cursor is shown")
        self.assertTrue(switched.pop(7), "lines wrap")
        self.assertEqual({mode for mode, is_on in switched.items() if is_on}, set(), "private modes left on")
        for mode in (1000, 1002, 1003, 1006, 1004, 2004, 1049):
            self.assertIn(mode, switched, "was switched on at the start, or this test proves nothing")
        tail = terminal.bytes[terminal.bytes.rindex(b"\x1b[?1049l"):]
        self.assertIn(b"\x1b[23;0t", tail, "the title is popped")
        self.assertNotRegex(tail, rb"\x1b\[\?\d+h|\x1b\[\d+;\d+H", "nothing is drawn after leaving")

    def drawn(self):
        terminal = self.open()
        terminal.drag([(10, 5), (20, 9)])
        terminal.settle()
        self.assertNotEqual(terminal.modes(), terminal.before)
        return terminal

    def test_quitting(self):
        terminal = self.drawn()
        terminal.key("q")
        self.assertEqual(terminal.wait(), 0)
        self.assert_restored(terminal)

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGTRAP,
                       signal.SIGFPE, signal.SIGABRT):
            with self.subTest(number.name):
                terminal = self.drawn()
                terminal.kill(number)
                self.assertEqual(terminal.wait(), -number)
                self.assert_restored(terminal)

    def test_crashes(self):
        crashes = {"trap": (signal.SIGILL, signal.SIGTRAP), "segv": (signal.SIGSEGV,), "overflow": (signal.SIGSEGV, signal.SIGBUS), "abort": (signal.SIGABRT,)}
        # With the runtime's own handlers wished for, too.
        for backtrace in (None, "enable=yes,interactive=yes,color=yes"):
            for word, numbers in crashes.items():
                with self.subTest(f"{word} with SWIFT_BACKTRACE={backtrace}"):
                    terminal = self.open(environment={"SWIFT_BACKTRACE": backtrace})
                    terminal.key("/")
                    terminal.key(word)
                    terminal.key("\r")
                    self.assertIn(-terminal.wait(20), numbers)
                    self.assert_restored(terminal)
                    self.assertIn(b"terminal-stand crashed.", terminal.bytes[terminal.bytes.rindex(b"\x1b[?1049l"):])
                    self.assertNotIn(b"Press space", terminal.bytes)

    def test_a_program_that_hangs_ends_on_a_signal_nevertheless(self):
        for signals in (1, 2):
            terminal = self.drawn()
            terminal.key("/")
            terminal.key("hang")
            terminal.key("\r")
            began = time.monotonic()
            for _ in range(signals):
                terminal.kill(signal.SIGTERM)
                terminal.pump(0.05)
            self.assertEqual(terminal.wait(), -signal.SIGTERM)
            self.assert_restored(terminal)
            if signals == 2:
                self.assertLess(time.monotonic() - began, 1.5, "the second signal does not wait")

    def test_suspending_and_going_on(self):
        terminal = self.drawn()
        picture = terminal.text
        terminal.kill(signal.SIGTSTP)
        terminal.until(lambda: terminal.modes() == terminal.before and terminal.is_stopped, "the modes while it is stopped")
        terminal.settle()
        self.assert_restored(terminal)
        terminal.screen.reset()
        terminal.kill(signal.SIGCONT)
        terminal.until(lambda: terminal.text == picture, "the same picture again")
        terminal.settle()
        self.assertEqual(terminal.bytes.count(b"\x1b[?1049h"), 2, "entered at the start and once more")
        self.assertTrue(terminal.switched()[1049])
        terminal.key("q")
        self.assertEqual(terminal.wait(), 0)
        self.assert_restored(terminal)

    def test_a_terminal_that_is_closed_ends_the_program(self):
        terminal = self.drawn()
        os.close(terminal.leader_end)
        terminal.leader_end = -1
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                status = int(terminal._report())
                break
            except BlockingIOError:
                time.sleep(0.05)
        self.assertEqual(status, -signal.SIGHUP)

if __name__ == "__main__":
    unittest.main(verbosity=2)
