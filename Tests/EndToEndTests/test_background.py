"""People who are elsewhere, whose programs are stopped, or who pay for what passes."""

import signal
import time

from harness import EndToEnd, ink, main
from terminal import Terminal


class Background(EndToEnd):
    def assert_seen(self, by, state, timeout, after=0):
        return by.timed_event("peer", timeout=timeout, after=after, state=state)

    def point_for(self, peer, seconds):
        """Moves the pointer thirty times a second."""
        for step in range(int(seconds * 30)):
            peer.send("cursor", x=step * 8, y=16)
            peer.send("wait", ms=33)
        peer.wait("delivered", timeout=seconds + 30)

    def test_CL_210_SE_275_SE_276_SE_392_who_says_away_is_told_as_that_hears_nothing_that_moves_and_has_it_when_back(self):
        ana, bob = self.pair()
        bob.send("away")
        self.assert_seen(ana, "away", 5)
        before = len(bob.events_named("cursor"))
        self.point_for(ana, 2)
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        bob.event("shape", change="added")
        self.assertEqual(len(bob.events_named("cursor")), before, "the pointer of others is not told")
        mark = ana.mark
        bob.send("back")
        self.assert_seen(ana, "joined", 5, after=mark)
        bob.event("cursor")
        self.assert_equal_boards(ana, bob)
        self.assert_ends_well(ana, bob)

    def test_RT_120_SE_277_SE_278_who_is_stopped_is_told_as_away_within_30_s_and_has_all_soon_after_going_on(self):
        self.stop_for(13)

    def test_RT_120_SE_277_SE_278_who_was_stopped_for_so_long_that_the_session_is_gone_has_all_soon_after_going_on(self):
        self.stop_for(30)

    def stop_for(self, seconds):
        ana, bob = self.pair()
        mark, began = ana.mark, time.monotonic()
        bob.child.send_signal(signal.SIGSTOP)
        self.assert_seen(ana, "away", 30, after=mark)
        away = time.monotonic() - began
        ana.draw("meanwhile", kind="rectangle", x=0, y=0, w=8, h=8)
        ink.wait_until(lambda: time.monotonic() - began > seconds, seconds + 5, "it was stopped for long enough", interval=0.1)
        bob.child.send_signal(signal.SIGCONT)
        resumed = time.monotonic()
        bob.event("shape", timeout=10, change="added")
        back = time.monotonic() - resumed
        print(f"stopped for {seconds} s: away after {away:.1f} s, all there {back:.2f} s after going on")
        self.assertLess(back, 3 * ink.PATIENCE)
        self.assert_equal_boards(ana, bob)
        self.assert_ends_well(ana, bob)

    def terminal(self, name, *arguments):
        terminal = Terminal([ink.binary(), *arguments], 100, 30,
                            {"INKWIRE_DATA_DIR": self.folder / name, "INKWIRE_NAME": name, "INKWIRE_RENDEZVOUS": self.server.address})
        self.addCleanup(terminal.close)
        return terminal

    def test_SE_275_TM_266_a_terminal_that_loses_the_keyboard_or_is_stopped_is_away_to_the_others(self):
        self.server = self.rendezvous()
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=self.server.address)
        bob = self.terminal("bob", "join", "--invite-file", self.link_file(ana.link()))
        bob.see("ana", 20)
        ana.wait("peers", count=1)
        mark = ana.mark
        bob.send(b"\x1b[O")
        self.assert_seen(ana, "away", 30, after=mark)
        mark = ana.mark
        bob.send(b"\x1b[I")
        self.assert_seen(ana, "joined", 5, after=mark)
        # The others read it in words.
        ana.send("away")
        bob.see("ana away", 10)
        ana.send("back")
        bob.until(lambda: "ana away" not in bob.text, "ana is back", 10)
        mark = ana.mark
        bob.kill(signal.SIGTSTP)
        self.assert_seen(ana, "away", 5, after=mark)
        # The others hear it before it stops.
        ink.wait_until(lambda: self.is_stopped(bob.pid), 10, "it is stopped")
        mark = ana.mark
        bob.kill(signal.SIGCONT)
        self.assert_seen(ana, "joined", 10, after=mark)
        bob.key("q")
        bob.wait()
        self.assert_ends_well(ana)

    @staticmethod
    def is_stopped(pid):
        with open(f"/proc/{pid}/stat", encoding="utf-8") as status:
            return status.read().rsplit(")", 1)[1].split()[0] == "T"

    def link_file(self, link):
        path = self.folder / "link"
        path.write_text(link)
        return path

    def test_CL_211_SE_279_what_is_metered_sends_a_fraction_of_what_is_not(self):
        sent = {}
        for name, arguments in (("plain", ()), ("metered", ("--metered",))):
            with self.subTest(name):
                self.setUp()
                ana, bob = self.pair(arguments=arguments)
                before = self.packets(bob)
                self.point_for(bob, 4)
                sent[name] = self.packets(bob) - before
                self.assert_equal_boards(ana, bob)
                self.assert_ends_well(ana, bob)
        self.assertLess(sent["metered"] * 3, sent["plain"], sent)

    def packets(self, peer):
        return sum(link["packets_out"] for link in peer.stats()["peers"])


if __name__ == "__main__":
    main()
