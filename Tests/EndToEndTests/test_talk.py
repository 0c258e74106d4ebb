"""Talk: what becomes of a message, what was said page by page, and how it is read at a terminal."""

import harness
import inkwire_process as ink
import talk_day
from terminal import Terminal


class Talk(harness.EndToEnd):
    def texts(self, peer, count=40):
        """All that was said, read page by page: (id, text) each, oldest first."""
        said, before = [], None
        while True:
            page = peer.ask("history", "history", of="chat", count=count, before=before)
            self.assertLessEqual(len(page["messages"]), count)
            said = [(message["id"], message["text"]) for message in page["messages"]] + said
            before = page["next"]
            if before is None:
                return said

    def states(self, peer, identifier):
        return [event["state"] for event in peer.events_named("chat", id=identifier)]

    def test_CL_171_CL_332_SE_230_SE_232_SE_233_a_day_of_talk(self):
        with self.small_disk() as disk:
            self.server = self.rendezvous()
            ana = ink.new_board(disk, "ana", "sketch", self.server.address)
            link = ana.link()
            # Alone.
            morning = ana.ask("say", "chat", text="is anybody here?")
            self.assertEqual(morning["state"], "waiting")
            ana.wait("saved")
            self.assertEqual(self.states(ana, morning["id"]), ["waiting"])
            # One comes.
            bob = ink.join_board(link, self.folder / "bob", "bob")
            ana.event("chat", id=morning["id"], state="delivered")
            self.assertEqual(bob.ask("history", "history", of="chat")["messages"][0]["text"], "is anybody here?")
            noon = bob.ask("say", "chat", text="I am")
            bob.event("chat", id=noon["id"], state="delivered")
            self.assertNotIn("state", ana.event("chat", id=noon["id"]))
            # The disk is full.
            self.fill(disk)
            refused = None
            for number in range(200):
                reference = ana.send("say", text=f"{number} " + "x" * 3000)
                reply = ana.await_condition(
                    lambda: next((event for _, event in ana.events if event.get("ref") == reference), None), 10, "a reply")
                if reply["event"] == "error":
                    refused = reply
                    break
                ana.ask("wait", "waited", ms=110)
            self.assertIsNotNone(refused, "a full disk must refuse at last")
            self.assertEqual(refused["code"], "disk")
            failed = {event["id"]: event for event in ana.events_named("chat", state="failed")}
            kept = [identifier for identifier, event in failed.items() if event["text"].startswith(f"{number} ")]
            self.assertEqual(len(kept), 1, "what was refused is kept, once")
            self.assertTrue(all("disk" in event["why"] for event in failed.values()), failed)
            self.assertEqual(ana.ask("resend", "error", id=kept[0])["code"], "disk")
            self.assert_refused(ink.run(["say", "sketch", "y" * 3000], data=disk, name="ana"), 8, "disk")
            # There is room again: what the board has goes by itself, what was refused is sent again.
            (disk / "ballast").unlink()
            ana.wait("saved", timeout=10)
            again = ana.ask("resend", "chat", id=kept[0])
            self.assertEqual(again["instead"], kept[0])
            self.assertEqual(ana.ask("resend", "error", id=kept[0])["code"], "no_such_message")
            ana.event("chat", id=again["id"], state="delivered")
            for identifier in failed.keys() - set(kept):
                ana.event("chat", id=identifier, state="delivered")
            # Both sides are equal, and nothing stands twice.
            self.assert_equal_boards(ana, bob)
            said = self.texts(ana)
            self.assertEqual(said, self.texts(bob, count=7))
            self.assertEqual([text.split()[0] for _, text in said], ["is", "I", *(str(count) for count in range(number + 1))])
            self.assertEqual(len({identifier for identifier, _ in said}), len(said))
            self.assert_ends_well(bob)
            evening = ana.ask("say", "chat", text="good night")
            ana.wait("saved")
            self.assert_ends_well(ana)
            # The next day.
            ana = ink.open_board("sketch", disk, "ana")
            newest = ana.ask("history", "history", of="chat", count=1)["messages"][0]
            self.assertEqual((newest["id"], newest["state"], newest["name"]), (evening["id"], "waiting", "ana"))
            self.assert_ends_well(ana)

    def test_SE_235_SE_369_several_talk_and_draw_while_two_read_and_all_have_the_same_history(self):
        figures = talk_day.Day(45, 3, 2, self.folder, self.folder / "ana", page=10).run(has_full_disk=False)
        self.assertGreaterEqual(figures["walks"], 2)
        self.assertGreater(len(figures["page"]), figures["walks"], "what was said had more than one page")
        self.assertGreaterEqual(figures["strokes"], 3)

    def test_CL_170_CL_332_say_ends_when_all_have_it_and_says_where_nobody_is_there(self):
        ana, bob = self.pair()
        settings = {"data": self.folder / "ana", "name": "ana"}
        status, out, err = ink.run(["say", "sketch", "attached"], **settings)
        self.assertEqual((status, out), (0, ""), err)
        self.assertNotIn("waiting", err)
        self.assertEqual(len(bob.events_named("chat", text="attached")), 1, "it was there when the command ended")
        self.assert_ends_well(ana)
        status, _, err = ink.run(["say", "sketch", "by myself"], rendezvous=self.server.address, **settings)
        self.assertEqual(status, 0, err)
        self.assertEqual(len(bob.events_named("chat", text="by myself")), 1)
        self.assert_ends_well(bob)
        status, _, err = ink.run(["say", "sketch", "alone"], **settings)
        self.assertEqual(status, 0, err)
        self.assertIn("waiting: nobody is there; it is saved", err)
        for text, words in (("", "it is empty"), ("x" * 4097, "longer than the 4096 bytes"), ("-", "it is empty")):
            self.assert_refused(ink.run(["say", "sketch", text], **settings), 2, words)
        self.assertEqual(ink.run(["say", "sketch", "é" * 2048], **settings)[0], 0)
        ana = ink.open_board("sketch", self.folder / "ana", "ana")
        self.assertEqual([text for _, text in self.texts(ana)], ["attached", "by myself", "alone", "é" * 2048])
        self.assert_ends_well(ana)

    def test_SE_234_messages_that_cannot_be_said_are_refused_in_words(self):
        ana = ink.new_board(self.folder / "ana", "ana")
        for text in ("", "x" * 4097):
            self.assertEqual(ana.ask("say", "error", text=text)["field"], "text")
        ana.ask("say", "chat", text="x" * 4096)
        ana.ask("say", "chat", text="\x1b[2J\x00\u202e any bytes")
        ana.ask("wait", "waited", ms=1000)
        for number in range(40):
            ana.send("say", text=f"fast {number}")
        ana.ask("wait", "waited", ms=1)
        errors = ana.events_named("error", code="too_fast")
        self.assertTrue(20 <= len(errors) <= 30, len(errors))
        self.assertRegex(errors[0]["message"], "ten messages a second")
        self.assertEqual(len(self.texts(ana)), 2 + 40 - len(errors))
        ana.ask("wait", "waited", ms=1000)
        self.assertEqual(ana.ask("resend", "error", id="0" * 64)["code"], "no_such_message")
        self.assertEqual(ana.ask("history", "error", of="chat", before="0" * 64)["code"], "no_such_message")
        self.assertEqual(ana.ask("history", "error", of="chat", count=0)["field"], "count")
        self.assert_ends_well(ana)

    def terminal(self, columns, rows):
        settings = {"INKWIRE_DATA_DIR": self.folder / "ana", "INKWIRE_NAME": "ana", "INKWIRE_RENDEZVOUS": self.server.address}
        ana = Terminal([ink.binary(), "open", "sketch"], columns=columns, rows=rows, environment=settings)
        self.addCleanup(ana.close)
        ana.until(lambda: "saved" in ana.lines[-1], "the board")
        return ana

    def test_TM_270_TM_271_TM_272_TM_278_at_a_terminal(self):
        for columns, rows in ((120, 40), (80, 24), (40, 12)):
            with self.subTest(columns=columns):
                self.folder.remove()
                self.folder = ink.TemporaryFolder("inkwire-test")
                self.addCleanup(self.folder.remove)
                ana, bob = self.pair()
                for number in range(30):
                    bob.ask("say", "chat", text=f"line {number}")
                    bob.ask("wait", "waited", ms=101)
                bob.wait("delivered")
                self.assert_ends_well(ana)
                ana = self.terminal(columns, rows)
                bob.wait("peers", count=1)
                bob.send("say", text="@ana are you back?")
                ana.see("1 to you" if columns >= 80 else "are you back?")
                ana.key("T")
                ana.see("bob: line 29")
                bob.send("typing")
                ana.see("bob is typing")
                for letter in "yes, I am":
                    ana.key(letter)
                bob.event("typing")
                ana.key("\r")
                bob.event("chat", text="yes, I am")
                ana.see("you: yes, I am +")
                for _ in range(40):
                    ana.key("\x1b[A", 0.01)
                ana.see("bob: line 0")
                ana.key("\x1b")
                ana.key(":")
                for letter in "set bell on":
                    ana.key(letter)
                ana.key("\r")
                ana.see("bell on")
                ana.send(b"\x1b[O")
                ana.settle()
                count = len(ana.bytes)
                bob.send("say", text="psst")
                ana.see("psst")
                self.assertIn(b"\x07", ana.bytes[count:])
                ana.key("q")
                self.assertEqual(ana.wait(), 0)
                self.assertIn("bell on\n", (self.folder / "ana" / "settings").read_text())
                self.assert_ends_well(bob)
                self.server.kill()


if __name__ == "__main__":
    harness.main()
