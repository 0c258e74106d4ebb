"""The rendezvous introduces; it is not needed by those who have met."""

from harness import EndToEnd, ink, main


class RendezvousLoss(EndToEnd):
    def test_peers_go_on_without_it_and_a_newcomer_joins_with_the_old_link_when_it_is_back(self):
        ana, bob = self.pair()
        ana.draw("before", kind="rectangle", x=0, y=0, w=8, h=8)
        bob.event("shape", id="before")
        self.server.kill()
        for number in range(20):
            ana.draw(f"a{number}", kind="rectangle", x=number * 8, y=0, w=8, h=8)
            bob.draw(f"b{number}", kind="rectangle", x=number * 8, y=40, w=8, h=8)
        self.assertEqual(len(self.assert_equal_boards(ana, bob)), 41)

        self.rendezvous(port=self.server.port, stun=self.server.stun)
        carol = ink.join_board(self.invite, self.folder / "carol", "carol")
        self.assertEqual(len(self.assert_equal_boards(ana, bob, carol, timeout=15)), 41)
        carol.draw("c", kind="note", x=0, y=100, w=8, h=8)
        ana.event("shape", id="c")
        bob.event("shape", id="c")
        self.assert_ends_well(ana, bob, carol)

    def test_a_peer_that_restarts_rejoins_by_saved_addresses_when_it_is_gone_for_good(self):
        ana, bob = self.pair()
        ana.draw("before", kind="rectangle", x=0, y=0, w=8, h=8)
        bob.event("shape", id="before")
        bob.wait("saved")
        self.server.kill()
        self.assert_ends_well(bob)
        ana.draw("while-away", kind="rectangle", x=40, y=0, w=8, h=8)
        bob = ink.open_board("sketch", self.folder / "bob", "bob", self.server.address)
        bob.wait("peers", count=1, timeout=30)
        bob.draw("back", kind="rectangle", x=80, y=0, w=8, h=8)
        picture = self.assert_equal_boards(ana, bob, timeout=15)
        self.assertEqual(set(picture), {"before", "while-away", "back"})
        self.assert_ends_well(ana, bob)

    def test_a_peer_killed_hard_rejoins_by_saved_addresses_too(self):
        ana, bob = self.pair()
        bob.draw("b", kind="rectangle", x=0, y=0, w=8, h=8)
        ana.event("shape", id="b")
        bob.wait("saved")
        self.server.kill()
        bob.kill()
        bob = ink.open_board("sketch", self.folder / "bob", "bob", self.server.address)
        bob.wait("peers", count=1, timeout=30)
        self.assert_equal_boards(ana, bob, timeout=15)
        self.assert_ends_well(ana, bob)

    def test_three_peers_form_a_mesh_and_outlive_it(self):
        ana, bob = self.pair()
        carol = ink.join_board(self.invite, self.folder / "carol", "carol")
        for peer in (ana, bob, carol):
            peer.wait("peers", count=2, timeout=30)
        self.server.kill()
        self.assert_ends_well(ana)  # the one who made the board goes first
        bob.draw("b", kind="rectangle", x=0, y=0, w=8, h=8)
        carol.event("shape", id="b")
        carol.draw("c", kind="rectangle", x=40, y=0, w=8, h=8)
        bob.event("shape", id="c")
        self.assert_equal_boards(bob, carol)
        self.assert_ends_well(bob, carol)


if __name__ == "__main__":
    main()
