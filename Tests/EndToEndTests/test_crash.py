"""SIGKILL in mid-session: what was called saved is there, and the peer takes part again."""

from harness import EndToEnd, ink, main


class Crash(EndToEnd):
    def test_what_was_saved_survives_a_kill_and_is_there_offline_and_after_rejoining(self):
        ana, bob = self.pair()
        for number in range(40):
            ana.draw(f"a{number}", kind="rectangle", x=number * 16, y=0, w=8, h=8)
            bob.draw(f"b{number}", kind="ellipse", x=number * 16, y=64, w=8, h=8)
        ana.wait("delivered")
        bob.wait("delivered")
        ana.wait("saved")
        saved = ana.state()
        self.assertTrue(saved["saved"])
        ana.send("stroke", x=0, y=200, points=[[step, step] for step in range(100)], over_ms=5000)
        bob.event("gesture")  # in the middle of a stroke
        ana.kill()
        bob.draw("while-away", kind="note", x=0, y=300, w=64, h=64, text="drawn while ana was away")

        # Offline first: no rendezvous is configured, and the saved addresses lead to a peer that is stopped, not gone.
        self.server.kill()
        bob_status = bob.quit()
        self.assertEqual(bob_status, 0, bob.report())
        ana = ink.open_board("sketch", self.folder / "ana", "ana")
        offline = ana.state()
        labels = {shape["id"] for shape in offline["shapes"]}
        self.assertGreaterEqual(labels, {shape["id"] for shape in saved["shapes"]})
        self.assertGreaterEqual(offline["transactions"], saved["transactions"])
        ana.draw("offline", kind="rectangle", x=0, y=400, w=8, h=8)
        ana.wait("saved")
        self.assert_ends_well(ana)

        server = self.rendezvous(port=self.server.port, stun=self.server.stun)
        bob = ink.open_board("sketch", self.folder / "bob", "bob", server.address)
        ana = ink.open_board("sketch", self.folder / "ana", "ana", server.address)
        for peer in (ana, bob):
            peer.wait("peers", count=1, timeout=30)
        picture = self.assert_equal_boards(ana, bob, timeout=15)
        self.assertIn("offline", picture)
        self.assertIn("while-away", picture)
        self.assert_ends_well(ana, bob)

    def test_a_killed_peer_leaves_no_ghost(self):
        ana, bob = self.pair()
        bob.kill()
        ana.event("peer", state="left", timeout=45)
        self.assert_ends_well(ana)


if __name__ == "__main__":
    main()
