"""What a person is asked, told and given beside the board: a name, files, and the way back."""

import os
import signal
import termios
import unittest

from harness import EndToEnd, ink, main
from terminal import Terminal


class Words(EndToEnd):
    def setUp(self):
        super().setUp()
        self.settings = {"INKWIRE_DATA_DIR": self.folder / "ana", "INKWIRE_NAME": None, "USER": "root", "INKWIRE_RENDEZVOUS": None}

    def person(self, *arguments, columns=100, **settings):
        terminal = Terminal([ink.binary(), *arguments], columns, 24, {**self.settings, **settings})
        self.addCleanup(terminal.close)
        return terminal

    def run_command(self, terminal, line):
        """Types a command as a hand does: many letters of one read would be a text."""
        for letter in f":{line}\r":
            terminal.key(letter, pause=0.02)

    def leave(self, terminal, *words):
        """Quits, and looks for what is said behind it."""
        before = len(terminal.bytes)
        terminal.key("q")
        self.assertEqual(terminal.wait(15), 0)
        said = terminal.bytes[before:].decode(errors="replace")
        for word in words:
            self.assertIn(word, said)

    def test_CL_42_CL_43_CL_307_TM_169_a_name_is_kept_and_how_to_come_back_is_said(self):
        ana = self.person("new", "my plan")
        ana.see("drag to draw", 20)
        ana.key("P")
        ana.see("you: root")
        ana.key("\x1b", pause=0.2)
        self.run_command(ana, "name ana")
        ana.see("the others call you ana now")
        self.leave(ana, "`inkwire open 'my plan'`")
        for more in ({}, {"INKWIRE_NAME": "eve"}, {}):
            again = self.person("open", "my plan", **more)
            again.see("drag to draw", 20)
            again.key("P")
            again.see(f"you: {more.get('INKWIRE_NAME', 'ana')}")
            again.key("\x1b", pause=0.2)
            self.leave(again)
        # What was given first is kept, too.
        bob = self.person("new", "plan", "--name", "bob", INKWIRE_DATA_DIR=self.folder / "bob")
        bob.see("drag to draw", 20)
        self.leave(bob, "`inkwire open plan`")
        bob = self.person("open", "plan", INKWIRE_DATA_DIR=self.folder / "bob")
        bob.see("drag to draw", 20)
        bob.key("P")
        bob.see("you: bob")

    def test_CL_213_CL_343_tab_completes_a_code_at_the_prompt_and_the_terminal_is_as_it_was_whatever_ends_it(self):
        eve = self.person("join", INKWIRE_NAME="eve", INKWIRE_RENDEZVOUS="ws://127.0.0.1:9")
        eve.see("Code or link:", 20)
        for letter in "7-copp\tlan\t":
            eve.key(letter, pause=0.02)
        eve.see("landing language lantern")
        for letter in "t\torb\t":
            eve.key(letter, pause=0.02)
        eve.see("7-copper-lantern-orbit")
        eve.key("\r")
        self.assertEqual(eve.wait(40), 6)
        for end in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(end):
                eve = self.person("join", INKWIRE_NAME="eve")
                eve.see("Code or link:", 20)
                eve.until(lambda: termios.tcgetattr(eve.follower) != eve.before, "each key is read", 5)
                os.kill(eve.pid, end)
                self.assertEqual(eve.wait(10), -end)
                self.assertEqual(termios.tcgetattr(eve.follower), eve.before)

    def test_CL_307_a_second_person_on_a_machine_has_a_name_of_his_own(self):
        ana = self.person("new", "plan", "--name", "ana")
        ana.see("drag to draw", 20)
        _, link, _ = ink.run(["invite", "plan"], data=self.folder / "ana")
        eve = self.person("join", INKWIRE_CODE=link.strip())
        eve.see("What shall the others call you? [root]", 20)
        eve.send(b"eve\r")
        eve.see("not kept: you are a second person")
        eve.key("P")
        eve.see("you: eve")
        eve.see("ana", 20)
        eve.key("\x1b", pause=0.2)
        self.run_command(eve, "name eva")
        eve.see("the others call you eva now")
        self.leave(eve)
        self.leave(ana)
        self.assertEqual((self.folder / "ana" / "name").read_text(), "ana\n")

    def test_CL_46_TM_169_a_name_that_cannot_be_kept_stops_nobody(self):
        (self.folder / "ana" / "name").mkdir(parents=True)
        link = self.link_to("inkwire://127.0.0.1:9")
        ana = self.person()
        ana.see("New board", 20)
        ana.key("j")
        for letter in "nolink\r":
            ana.key(letter, pause=0.02)
        ana.see("What the others call you (Enter: root)")
        ana.key("ana\r")
        # It was chosen before the name: it is done, and says what is wrong with the link.
        ana.see("This link cannot be used")
        ana.see("Your name: ana")
        ana.send(f"\x1b[200~{link}\x1b[201~".encode())
        ana.see(link[-20:])
        ana.key("\r")
        ana.see("Esc goes back", 20)
        ana.key("P")
        ana.see("you: ana")
        ana.key("\x1b", pause=0.2)
        ana.key("\x1b")
        ana.see("Your name: ana", 20)
        ana.key("n")
        for letter in "plan\r":
            ana.key(letter, pause=0.02)
        ana.see("drag to draw", 20)
        self.run_command(ana, "name bea")
        ana.see("your name is not kept for the next time")
        self.leave(ana)
        # The first thing that is chosen on a start screen tells it there.
        eve = self.person()
        eve.see("New board", 20)
        eve.key("n")
        for letter in "sketch\r\r":
            eve.key(letter, pause=0.02)
        eve.see("your name is not kept for the next time", 20)
        self.leave(eve)
        # At a prompt, too.
        bob = self.person("join", INKWIRE_CODE=link)
        bob.see("What shall the others call you? [root]", 20)
        bob.send(b"bob\r")
        bob.see("Esc goes back", 20)
        bob.key("P")
        bob.see("you: bob")

    def test_TM_167_TM_168_a_board_becomes_a_file(self):
        ana = self.person("new", "plan")
        ana.see("drag to draw", 20)
        ana.key("r")
        ana.drag([(10, 5), (20, 9)])
        ana.key("\x1b", pause=0.2)
        path = self.folder / "plan.txt"
        self.run_command(ana, f"w {path}")
        ana.see("1 shape written to")
        picture = path.read_text()
        self.assertIn("┌─────────┐", picture)
        path.write_text("mine\n")
        for answer, content in (("n", "mine\n"), ("y", picture)):
            self.run_command(ana, f"w {path}")
            ana.until(lambda: "y writes over it" in " ".join(ana.text.split()), "the question")
            ana.key(answer, pause=0.3)
            ana.until(lambda: path.read_text() == content, "the file as it was answered")
        self.run_command(ana, f"w {self.folder.path}")
        ana.until(lambda: "that is a directory" in " ".join(ana.text.split()), "why not")
        self.leave(ana, "`inkwire open plan`")

    def test_TM_172_suspend_stops_the_program_and_gives_the_terminal_back(self):
        ana = self.person("new", "plan")
        ana.see("drag to draw", 20)
        ana.key("t")
        ana.click(30, 10)
        for letter in "words":
            ana.key(letter, pause=0.02)
        ana.key("\x1b", pause=0.2)
        picture = ana.text
        self.run_command(ana, "suspend")
        ana.until(lambda: ana.modes() == ana.before and ana.is_stopped, "the modes while it is stopped")
        ana.settle()
        self.assertFalse(ana.switched()[1049])
        ana.screen.reset()
        ana.kill(signal.SIGCONT)
        ana.until(lambda: ana.text.splitlines()[:20] == picture.splitlines()[:20], "the same picture again")
        self.leave(ana, "`inkwire open plan`")

    def test_CL_45_TM_169_TM_171_who_joins_is_asked_for_a_name_and_need_not_wait(self):
        link = self.link_to("inkwire://127.0.0.1:9")
        eve = self.person()
        eve.see("New board", 20)
        eve.key("j")
        eve.send(f"\x1b[200~{link}\x1b[201~".encode())
        eve.see(link[-20:])
        eve.key("\r")
        eve.see("What the others call you (Enter: root)")
        eve.key("eve\r")
        eve.see("Esc goes back", 20)
        eve.key("\x1b")
        eve.see("Not joined.", 20)
        self.assertIn("Your name: eve", eve.text)
        eve.key("q")
        self.assertEqual(eve.wait(15), 0)
        # From the command line there is no screen to go back to.
        last = self.person("join", INKWIRE_CODE=link)
        last.see("Esc goes back", 20)
        last.key("\x1b")
        self.assertEqual(last.wait(15), 0)
        self.assertIn("not joined", last.text)


if __name__ == "__main__":
    main()
