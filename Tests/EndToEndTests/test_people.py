"""Who is who: safety words, who is verified, who comes by a trusted name, and QR codes that a decoder of others reads."""

import json
import re
import subprocess

from harness import EndToEnd, ink, main
from terminal import Terminal

LIGHT = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}


class People(EndToEnd):
    def command(self, *arguments, name="ana", **more):
        return ink.run(arguments, data=self.folder / name, name=name, **more)

    def members(self, peer):
        return {member["author"]: member for member in peer.ask("members", "members")["members"]}

    def test_CL_181_CL_335_SE_241_both_sides_see_the_same_six_words_and_who_was_verified_stays_so(self):
        ana, bob = self.pair()
        bob.wait("delivered")
        ours = ana.ask("safety", "safety", who="bob")
        theirs = bob.ask("safety", "safety", who="ana")
        self.assertEqual(ours["words"], theirs["words"])
        self.assertEqual((ours["who"], ours["me"]), (theirs["me"], theirs["who"]))
        self.assertEqual(len(ours["words"]), 6)
        status, out, errors = self.command("members", "sketch", "--safety", "bob")
        self.assertEqual((status, out.split()), (0, ours["words"]), errors)
        ana.ask("verify", "done", who="bob", verified=True)
        self.assertTrue(ana.event("peer", name="bob", verified=True)["verified"])
        self.assertNotIn("verified", self.members(bob)[ours["me"]])
        self.assertIn("✓ verified", self.command("members", "sketch")[1])
        self.assert_ends_well(bob, ana)
        # Offline, and by the next process.
        status, out, errors = self.command("members", "sketch", "--json")
        bobs = next(member for member in json.loads(out)["members"] if member["name"] == "bob")
        self.assertTrue(bobs["verified"] and bobs["last_seen_ms"] > 0, bobs)
        self.assertEqual(self.command("members", "sketch", "--unverify", "bob")[0], 0)
        self.assertNotIn("verified", self.command("members", "sketch")[1])
        self.assertEqual(self.command("members", "sketch", "--verify", "bob")[0], 0)
        self.assertIn("✓ verified", self.command("members", "sketch")[1])
        self.assert_refused(self.command("members", "sketch", "--verify", "nobody"), 5, "nobody")

    def test_CL_180_CL_333_SE_243_who_takes_the_name_of_one_who_is_verified_is_told_of_and_commands_by_that_name_are_refused(self):
        ana, bob = self.pair()
        bob.wait("delivered")
        bobs = bob.event("ready")["me"]
        ana.ask("verify", "done", who="bob", verified=True)
        self.assert_ends_well(bob)
        for number, name in enumerate(("B\u043eb\u200b", "\u202ebob")):
            with self.subTest(name):
                # With a removal the links of before end.
                link = ana.ask("invite", "invite", role="editor")["link"]
                mal = ink.join_board(link, self.folder / f"mal{number}", name)
                mal.wait("peers", count=1)
                key = mal.event("ready")["me"]
                told = ana.event("identity", author=key)
                self.assertEqual((told["before"], told["was"]), (bobs, "verified"))
                self.assertNotIn("verified", ana.event("peer", author=key))
                self.assertEqual(self.members(ana)[key]["takes_name_of"], bobs)
                for command in ({"do": "remove", "who": "bob"}, {"do": "grant", "who": name, "role": "viewer"}):
                    do = command.pop("do")
                    self.assertEqual(ana.ask(do, "error", **command)["code"], "identity_changed")
                refused = self.command("members", "sketch", "--remove", "bob")
                self.assert_refused(refused, 4, key[:8], bobs[:8])
                self.assertNotRegex(refused[2], "[\u202e\u200b]")
                listed = self.command("members", "sketch")[1]
                self.assertIn(f"goes by the name of {bobs[:8]}", listed)
                self.assertNotRegex(listed, "[\u202e\u200b\x1b]")
                self.assertEqual(self.command("members", "sketch", "--remove", key[:16])[0], 0)
                mal.event("rights", role=None)
                self.assert_ends_well(mal)
        self.assertEqual(self.command("members", "sketch", "--role", "bob=viewer")[0], 0)
        self.assertEqual(self.members(ana)[bobs]["role"], "viewer")
        self.assert_ends_well(ana)

    def decoded(self, rows):
        """What a decoder of others reads from half blocks."""
        modules = [[LIGHT[cell][half] for cell in row] for row in rows for half in (0, 1)]
        scale = 4
        lines = [" ".join(str(255 * cell) for cell in row for _ in range(scale)) for row in modules for _ in range(scale)]
        path = self.folder / "code.pgm"
        path.write_text(f"P2\n{scale * len(rows[0])} {scale * len(modules)}\n255\n" + "\n".join(lines) + "\n")
        result = subprocess.run(["zbarimg", "-q", "--raw", str(path)], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.strip()

    def picture(self, lines):
        """The rows of the picture on a screen, all of one width."""
        rows = [line for line in lines if re.fullmatch(r"\s*[█▀▄][█▀▄ ]*", line)]
        self.assertGreater(len(rows), 10, "\n".join(lines))
        left = min(len(row) - len(row.lstrip()) for row in rows)
        width = max(len(row) for row in rows)
        return [row.ljust(width)[left:] for row in rows]

    def test_CL_182_TM_297_TM_438_a_real_decoder_reads_the_picture_of_a_link_and_where_it_has_no_room_that_is_said(self):
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous="ws://127.0.0.1:9")
        link = ana.link()
        self.assert_ends_well(ana)
        environment = {"INKWIRE_DATA_DIR": self.folder / "ana", "INKWIRE_NAME": "ana", "INKWIRE_RENDEZVOUS": None}
        wide = Terminal([ink.binary(), "invite", "sketch", "--qr"], 120, 60, environment)
        self.addCleanup(wide.close)
        self.assertEqual(wide.wait(), 0)
        wide.pump(0.2)
        read = self.decoded(self.picture(wide.lines))
        self.assertEqual(ink.link_secret(read), ink.link_secret(link))
        narrow = Terminal([ink.binary(), "invite", "sketch", "--qr"], 60, 24, environment)
        self.addCleanup(narrow.close)
        self.assertEqual(narrow.wait(), 2)
        narrow.see("the terminal has 60")
        self.assertNotIn("█", narrow.text)
        # Of an invite that was made just now the link is there all the same: nobody can ask for it again.
        made = Terminal([ink.binary(), "invite", "sketch", "--role", "viewer", "--qr"], 60, 24, environment)
        self.addCleanup(made.close)
        self.assertEqual(made.wait(), 2)
        made.see("the terminal has 60")
        told = "".join(made.lines).replace(" ", "")
        self.assertRegex(told, r"inkwire://[^#]*#2\.[A-Za-z0-9_-]{100,}")
        self.assert_refused(self.command("invite", "sketch", "--qr"), 2, "terminal")

    def test_TM_296_TM_297_the_invite_box_shows_a_picture_that_a_decoder_reads_and_the_panel_the_words(self):
        ana, bob = self.pair()
        bob.wait("delivered")
        environment = {"INKWIRE_DATA_DIR": self.folder / "ana", "INKWIRE_NAME": "ana", "INKWIRE_RENDEZVOUS": None}
        words = bob.ask("safety", "safety", who="ana")["words"]
        screen = Terminal([ink.binary(), "open", "sketch"], 120, 60, environment)
        self.addCleanup(screen.close)
        screen.see("bob", 20)
        screen.key("i")
        screen.see("Invite an editor")
        screen.key("q")
        screen.see("▀▄")
        read = self.decoded(self.picture(screen.lines))
        self.assertEqual(ink.link_secret(read), ink.link_secret(self.invite))
        screen.key("\x1b", pause=0.2)
        screen.key("\x1b", pause=0.2)
        screen.key("P")
        for word in words:
            screen.see(word)
        screen.key("V")
        screen.see("Does bob read")
        screen.key("y")
        screen.see("✓ bob")
        ana.event("peer", name="bob", verified=True)
        screen.key("\x1b", pause=0.2)
        screen.key("q")
        self.assertEqual(screen.wait(), 0)
        self.assert_ends_well(bob, ana)


if __name__ == "__main__":
    main()
