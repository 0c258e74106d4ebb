"""People with roles: who is let in by which link, and what who is not let in is told."""

import time

from harness import EndToEnd, ink, main


class Rights(EndToEnd):
    # CL-158
    def test_a_new_board_knows_roles_and_all_commands_give_the_link_of_an_invite_for_editors(self):
        ana, bob = self.pair()
        self.assertEqual((ana.event("ready")["role"], bob.event("ready")["role"]), ("owner", "editor"))
        written = ink.run(["invite", "sketch"], data=self.folder / "ana", name="ana")
        self.assertEqual(written[0], 0, written)
        for link in (self.invite, written[1], bob.link()):
            self.assertRegex(link, r"#2\.[A-Za-z0-9_-]{220}\s*$")
            self.assertEqual(ink.link_secret(link.strip()), ink.link_secret(self.invite))
        bob.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        self.assertEqual(set(self.assert_equal_boards(ana, bob)), {"a"})
        self.assertEqual(ana.event("peer", name="bob", role="editor")["author"], bob.event("ready")["me"])
        self.assertEqual(bob.event("peer", name="ana", role="owner")["author"], ana.event("ready")["me"])
        self.assert_ends_well(ana, bob)
        again = ink.open_board("sketch", self.folder / "bob", "bob")
        self.assertEqual(again.event("ready")["role"], "editor")
        self.assert_ends_well(again)

    # CL-151 SE-178
    def test_who_shows_another_key_than_the_invites_is_told_so_within_five_seconds_and_keeps_nothing(self):
        server = self.rendezvous()
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=server.address)
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        link = ana.link()
        secret = bytearray(ink.link_secret(link))
        secret[100] ^= 1
        forged = ink.led_to(link.split("#")[0], link, bytes(secret))
        begun = time.monotonic()
        refused = ink.run(["join", "--peer"], data=self.folder / "eve", name="eve", code=forged)
        self.assertLess(time.monotonic() - begun, 5 * ink.PATIENCE)
        self.assert_refused(refused, 3, "does not let you in", "another invite")
        self.assertNotIn('"ready"', refused[1])
        self.assertEqual(ink.run(["boards", "--json"], data=self.folder / "eve", name="eve")[1].count('"board":'), 0)
        # Who has the invite itself comes in as ever, and the one inside was told of nobody.
        eve = ink.join_board(link, self.folder / "eve", "eve")
        self.assertEqual(set(self.assert_equal_boards(ana, eve)), {"a"})
        self.assertEqual({event["author"] for _, event in ana.events if event.get("event") == "peer"}, {eve.event("ready")["me"]})
        self.assert_ends_well(ana, eve)


if __name__ == "__main__":
    main()
