"""What an owner does so that a board stays calm: locks, slow mode, taking back, with real programs."""

import time

from harness import EndToEnd, ink, main
from terminal import Terminal

BOX = {"kind": "rectangle", "w": 64, "h": 64}


class Calm(EndToEnd):
    def room(self, *names):
        """Ana's board, and editors who have come in."""
        server = self.rendezvous()
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=server.address)
        link = ana.ask("invite", "invite", role="editor")["link"]
        others = []
        for name in names:
            peer = ink.join_board(link, self.folder / name, name)
            peer.wait("peers", count=1 + len(others))
            peer.wait("delivered")
            others.append(peer)
        return [ana, *others]

    def refused(self, peer, do, code, **fields):
        answer = peer.ask(do, "error", **fields)
        self.assertEqual(answer["code"], code, answer)
        return answer["message"]

    def command(self, *arguments, name="ana"):
        return ink.run(arguments, data=self.folder / name, name=name)

    def test_CL_190_CL_191_CL_336_SE_250_SE_378_what_a_vandal_did_is_taken_back_after_he_left(self):
        ana, bob, mal = self.room("bob", "mal")
        for number in range(220):
            bob.send("draw", id=f"b{number}", shape={**BOX, "x": 80 * number, "y": 0})
        bob.wait("delivered")
        ink.wait_until(lambda: len(mal.state()["shapes"]) == 220, 20, "mal has bob's shapes")
        for number in range(200):
            mal.send("delete", id=f"b{number}")
        for number in range(200, 220):
            mal.send("set", id=f"b{number}", set={"fill": "#FF0000"})
        mal.draw("mine", x=0, y=400, **BOX)
        mal.wait("delivered")
        self.assertEqual(len(self.assert_equal_boards(ana, bob, mal)), 21)
        bob.ask("set", "shape", id="b219", set={"fill": "#00FF00"})
        bob.wait("delivered")
        self.refused(bob, "take_back", "not_owner", who="mal")
        ana.ask("remove", "done", who="mal", reason="so")
        mal.event("rights", role=None)
        # By a second program, which finds who is gone by his name.
        self.assert_refused(self.command("members", "sketch", "--take-back", "nobody"), 5, "nobody who drew here")
        asked = time.monotonic()
        done = self.command("members", "sketch", "--take-back", "mal", "--since", "1h")
        self.assertEqual(done[0], 0, done)
        self.assertIn("skipped a shape that somebody changed since", done[2])
        print(f"taken back and delivered after {time.monotonic() - asked:.2f} s")
        for peer in (ana, bob):
            told = peer.event("took_back", of=mal.event("ready")["me"])
            self.assertEqual(told["by"], ana.event("ready")["me"])
        boards = self.assert_equal_boards(ana, bob)
        self.assertEqual(set(boards), {f"b{number}" for number in range(220)})
        self.assertEqual({boards[key]["fill"] for key in boards if key != "b219"}, {None})
        self.assertEqual(boards["b219"]["fill"], "#00FF00")
        self.assert_refused(self.command("members", "sketch", "--take-back", "mal"), 2, "nothing of it stands")
        self.assert_refused(self.command("members", "sketch", "--since", "1h"), 2, "--take-back")
        self.assert_ends_well(ana, bob, mal)

    def test_CL_337_SE_250_five_hundred_changes_of_a_vandal_among_two_thousand_while_three_draw(self):
        ana, bob, cy, mal = self.room("bob", "cy", "mal")
        people = (ana, bob, cy)
        for number in range(100):
            ana.send("draw", id=f"a{number}", shape={**BOX, "x": 80 * number, "y": 0})
        ana.wait("delivered", timeout=60)
        ink.wait_until(lambda: all(len(peer.state()["shapes"]) == 100 for peer in (bob, cy, mal)), 60, "all have the shapes")
        for step in range(630):
            for turn, peer in enumerate(people):
                peer.send("move", id=f"a{(step * 7 + turn * 31) % 50 + 50}", by=[8, 8])
        for step in range(500):
            if step % 5 == 0:
                mal.send("draw", id=f"m{step}", shape={**BOX, "x": 0, "y": 8 * step})
            elif step % 5 == 1 and step < 250:
                mal.send("delete", id=f"a{step // 5}")
            else:
                mal.send("set", id=f"a{50 + step % 50}", set={"fill": "#FF0000"})
        for peer in (*people, mal):
            peer.wait("delivered", timeout=240)
        self.assert_equal_boards(ana, bob, cy, mal, timeout=60)
        # They go on drawing while it is taken back.
        for number in range(100):
            for peer, letter in ((bob, "x"), (cy, "y")):
                peer.send("draw", id=f"{letter}{number}", shape={**BOX, "x": 80 * number, "y": 800})
        asked = time.monotonic()
        ana.send("take_back", who="mal")
        ana.event("took_back", timeout=60)
        print(f"500 changes taken back in {time.monotonic() - asked:.2f} s")
        for peer in people:
            peer.wait("delivered", timeout=60)
        boards = self.assert_equal_boards(*people, mal, timeout=60)
        self.assertEqual({key for key in boards if key.startswith("m")}, set())
        self.assertEqual(len(boards), 300)
        self.assertEqual({boards[key]["fill"] for key in boards}, {None})
        ana.ask("undo", "shape")
        boards = self.assert_equal_boards(*people, mal, timeout=60)
        self.assertEqual(len([key for key in boards if key.startswith("m")]), 100)
        self.assert_ends_well(ana, bob, cy, mal)

    def test_CL_192_SE_251_SE_380_a_locked_shape_is_changed_by_owners_alone(self):
        ana, bob = self.room("bob")
        bob.draw("b", x=0, y=0, **BOX)
        bob.wait("delivered")
        self.refused(bob, "lock", "not_owner", id="b")
        self.assertTrue(ana.ask("lock", "shape", id="b")["shape"]["locked"])
        self.assertTrue(bob.event("shape", id="b", change="changed")["shape"]["locked"])
        for do, fields in {"set": {"set": {"x": 8}}, "move": {"by": [8, 8]}, "delete": {}}.items():
            self.refused(bob, do, "locked", id="b", **fields)
        ana.ask("move", "shape", id="b", by=[80, 0])
        terminal = Terminal([ink.binary(), "open", "sketch"], 80, 24,
                            {"INKWIRE_DATA_DIR": self.folder / "bob", "INKWIRE_NAME": "bob", "INKWIRE_RENDEZVOUS": None})
        self.addCleanup(terminal.close)
        terminal.see("■", 20)
        terminal.key("]")
        terminal.key("x")
        terminal.see("an owner locked that shape")
        terminal.key("\x1b", pause=0.2)
        terminal.key("q")
        self.assertEqual(terminal.wait(), 0)
        self.assertNotIn("locked", ana.ask("unlock", "shape", id="b")["shape"])
        ink.wait_until(lambda: "locked" not in bob.state()["shapes"][0], 10, "bob's board has it open")
        bob.ask("delete", "shape", id="b")
        bob.wait("delivered")
        self.assertEqual(self.assert_equal_boards(ana, bob), {})
        self.assert_ends_well(ana, bob)

    def test_CL_193_CL_338_SE_252_SE_382_in_slow_mode_others_are_told_how_long_they_wait_and_owners_do_not(self):
        ana, bob = self.room("bob")
        self.refused(bob, "slow_mode", "not_owner", interval_ms=3000)
        ana.send("slow_mode", interval_ms=3000)
        self.assertEqual(bob.event("slow_mode")["interval_ms"], 3000)
        bob.draw("b0", x=0, y=0, **BOX)
        self.assertRegex(self.refused(bob, "draw", "slow_mode", shape={**BOX, "x": 0, "y": 0}), "your next change may come in [123] s")
        for number in range(5):
            ana.draw(f"a{number}", x=0, y=80 * number, **BOX)
        bob.ask("wait", "waited", ms=3200)
        bob.draw("b1", x=0, y=0, **BOX)
        ana.send("slow_mode", interval_ms=0)
        self.assertEqual(bob.event("slow_mode", interval_ms=0)["by"], ana.event("ready")["me"])
        for number in range(2, 5):
            bob.draw(f"b{number}", x=0, y=0, **BOX)
        self.assertEqual(len(self.assert_equal_boards(ana, bob)), 10)
        self.assert_ends_well(ana, bob)


if __name__ == "__main__":
    main()
