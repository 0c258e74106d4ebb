"""Short codes: somebody joins by three words, wrong ones burn the code, and both sides know each time."""

import json

from harness import EndToEnd, ink, main


class Codes(EndToEnd):
    def board(self, *arguments):
        """A board with one who made it, at a rendezvous."""
        self.server = self.rendezvous()
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=self.server.address, arguments=arguments)
        ana.event("rendezvous", state="connected")
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        return ana

    def code(self, by, **order):
        answer = by.ask("invite", "invite", **({"role": "editor", "code": True} | order))
        self.assertRegex(answer["code"], r"^[1-9][0-9]{0,2}-[a-z]+-[a-z]+-[a-z]+@127\.0\.0\.1:[0-9]+$")
        return answer["code"]

    def failed(self, code, status, what, name="eve"):
        """A try that comes to nothing, with its exit status and a word of its message."""
        result = ink.run(["join", "--peer", "--json"], data=self.folder / name, name=name, code=code)
        self.assertEqual(result[0], status, result)
        error = json.loads(result[2].splitlines()[-1])["error"]
        self.assertEqual(error["code"], what, error)
        return error

    # CL-163 SE-215
    def test_who_types_the_words_is_on_the_board_in_the_role_of_the_invite(self):
        ana = self.board()
        code = self.code(ana, role="commenter")
        bob = ink.join_board(code, self.folder / "bob", "bob")
        self.assertEqual(bob.event("ready")["role"], "commenter")
        self.assertEqual(ana.event("code", state="given")["name"], "bob")
        ana.event("code", state="over")
        bob.wait("synced")
        self.assertEqual(len(bob.state()["shapes"]), 1)
        self.failed(code, 3, "no_such_code")
        self.assert_ends_well(ana, bob)

    # CL-163 SE-216
    def test_a_wrong_word_burns_the_code_and_both_sides_are_told(self):
        ana = self.board()
        code = self.code(ana)
        words, place = code.split("@")
        number, first, second, third = words.split("-")
        wrong = f"{number}-{first}-{third}-{second}@{place}" if second != third else f"{number}-{second}-{first}-{third}@{place}"
        self.failed(wrong, 3, "code_mismatch")
        ana.event("code", state="mismatch")
        self.failed(code, 3, "no_such_code")
        self.assertEqual(len(ana.ask("members", "members")["members"]), 1)
        self.assert_ends_well(ana)

    # CL-164 SE-212 SE-213
    def test_what_cannot_be_a_code_is_refused_before_anything_is_sent_and_the_code_stays_good(self):
        ana = self.board()
        code = self.code(ana)
        words, place = code.split("@")
        number, *three = words.split("-")
        self.failed(f"{number}-{three[0]}-{three[1]}@{place}", 3, "bad_code")
        self.failed(f"{number}-{three[0]}-{three[1]}-qzxqzx@{place}", 3, "bad_code")
        self.failed(f"0-{'-'.join(three)}@{place}", 3, "bad_code")
        typed = f"  Code: {number} {three[0].upper()}, {three[1]} {three[2]} @ {place}"
        bob = ink.join_board(typed, self.folder / "bob", "bob")
        self.assertEqual(bob.event("ready")["role"], "editor")
        self.assert_ends_well(ana, bob)

    # CL-164
    def test_a_code_of_nobody_and_a_rendezvous_that_is_not_there_are_told_apart(self):
        ana = self.board()
        words, place = self.code(ana).split("@")
        number, *three = words.split("-")
        other = "1" if number != "1" else "2"
        error = self.failed(f"{other}-{'-'.join(three)}@{place}", 3, "no_such_code")
        self.assertIn("127.0.0.1", error["message"])
        self.failed(f"{words}@127.0.0.1:1", 6, "no_rendezvous")
        self.failed(words, 2, "usage")
        self.assert_ends_well(ana)

    # CL-165
    def test_several_come_one_after_the_other_where_the_uses_say_so(self):
        ana = self.board()
        code = self.code(ana, uses=2)
        peers = [ink.join_board(code, self.folder / name, name) for name in ("bob", "eve")]
        for peer in peers:
            self.assertEqual(peer.event("ready")["role"], "editor")
        ana.event("code", state="over")
        self.failed(code, 3, "no_such_code", name="mia")
        self.assert_ends_well(ana, *peers)

    # CL-165
    def test_the_command_writes_a_code_and_stays_until_somebody_has_come_and_has_all(self):
        ana = self.board()
        ana.wait("saved")
        self.assert_ends_well(ana)
        inviter = ink.Process(["invite", "sketch", "--code"], environment={"INKWIRE_DATA_DIR": self.folder / "ana", "INKWIRE_NAME": "ana"})
        code = inviter.await_condition(lambda: inviter.lines[0] if inviter.lines else None, 20, "a code")
        bob = ink.join_board(code, self.folder / "bob", "bob")
        self.assertEqual(bob.event("ready")["role"], "editor")
        bob.wait("synced")
        self.assertEqual(inviter.wait_exit(60), 0)
        self.assertEqual(len(bob.state()["shapes"]), 1)
        self.assert_ends_well(bob)

    # CL-166
    def test_without_a_rendezvous_a_link_is_given_and_why_there_is_no_code(self):
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous="ws://127.0.0.1:1")
        answer = ana.ask("invite", "invite", role="editor")
        self.assertIsNone(answer["code"])
        self.assertRegex(answer["link"], r"#2\.")
        self.assert_ends_well(ana)


if __name__ == "__main__":
    main()
