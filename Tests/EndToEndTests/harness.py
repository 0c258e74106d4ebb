"""What the end-to-end tests share: real `inkwire` processes on loopback, each with its own data directory.

Run one file by hand with `python3 Tests/EndToEndTests/test_draw_together.py`; INKWIRE_BINARY names another executable than the
release build, INKWIRE_KEEP=1 keeps the data directories, INKWIRE_TEST_PATIENCE=4 multiplies all deadlines.
"""

import contextlib
import functools
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "lib"))

import inkwire_process as ink  # noqa: E402
import small_disk as disks  # noqa: E402


class EndToEnd(unittest.TestCase):
    """One folder a test; every process that a test starts is gone when it ends."""

    maxDiff = None

    def setUp(self):
        if not ink.binary().exists():
            self.fail(f"{ink.binary()} does not exist: build with `swift build -c release` or set INKWIRE_BINARY")
        self.folder = ink.TemporaryFolder("inkwire-test")
        self.addCleanup(self.folder.remove)
        self.addCleanup(ink.stop_everything)

    def rendezvous(self, **more):
        return ink.Rendezvous(**more)

    def pair(self, board="sketch", arguments=()):
        """A rendezvous and two peers on one board, each seeing the other."""
        self.server = self.rendezvous()
        ana = ink.new_board(self.folder / "ana", "ana", board, self.server.address, arguments)
        self.invite = ana.link()
        bob = ink.join_board(self.invite, self.folder / "bob", "bob", arguments)
        for peer in (ana, bob):
            peer.wait("peers", count=1)
        return ana, bob

    @contextlib.contextmanager
    def small_disk(self, size="8m"):
        """A disk of so many bytes, mounted below the test's folder."""
        try:
            with disks.small_disk(self.folder / "disk", size) as place:
                yield place
        except disks.NoDisk as reason:
            self.skipTest(str(reason))

    def fill(self, disk):
        """Leaves no byte free."""
        disks.fill(disk)

    @functools.cached_property
    def _link_of_nobody(self):
        ana = ink.new_board(self.folder / "maker", "ana", rendezvous="ws://127.0.0.1:9")
        link = ana.link()
        self.assert_ends_well(ana)
        return link

    def link_to(self, place):
        """A link that leads there, to a board whose maker has gone."""
        return ink.led_to(place, self._link_of_nobody)

    def assert_equal_boards(self, *peers, timeout=10):
        """All fingerprints, and all pictures, are equal within the time; returns the picture by id."""
        def equal():
            states = [peer.state() for peer in peers]
            return states if len({state["fingerprint"] for state in states}) == 1 else None

        states = ink.wait_until(equal, timeout, "equal fingerprints", interval=0.05)
        pictures = [{shape["id"]: shape for shape in state["shapes"]} for state in states]
        for state, picture in zip(states, pictures):
            self.assertRegex(state["fingerprint"], r"^[0-9a-f]{32}$")
            self.assertEqual(picture, pictures[0], "equal fingerprints but different pictures")
        return pictures[0]

    def assert_ends_well(self, *peers):
        for peer in peers:
            self.assertEqual(peer.quit(), 0, peer.report())

    def assert_refused(self, result, status, *words):
        """A command ended with this exit code and a message of three parts (what, why, what next) holding these words."""
        code, out, err = result
        self.assertEqual(code, status, f"exit code; it said:\n{out}{err}")
        lines = [line for line in err.strip().splitlines() if line.strip()]
        self.assertGreaterEqual(len(lines), 3, f"what happened, why, what to do next; it said:\n{err}")
        self.assertTrue(lines[0].startswith("inkwire: "), f"the first line says who speaks: {err}")
        self.assertNotRegex(err, r"Fatal error|Stack dump|\.swift:\d+|Error Domain|0x[0-9a-f]{8}", "no stack trace, no source lines")
        for word in words:
            self.assertRegex(err, re.compile(word, re.I), err)
        # A headless peer may have told events before it had to give up; nothing else may stand on stdout.
        for line in out.splitlines():
            self.assertTrue(line.startswith('{"event":'), f"errors go to stderr, stdout carries data only; it said:\n{out}")


def main():
    unittest.main(verbosity=2)
