"""The board with something between it and the terminal, or between two people: tmux, tmux in tmux, mosh, and a machine of two users."""

import os
import shutil
import subprocess
import unittest

import over_ssh
from harness import EndToEnd, ink, main

BOX = ("┌───────────────────┐", "└───────────────────┘")


class Between(EndToEnd):
    def board(self):
        """Ana's board, and what her terminals are told."""
        ink.new_board(self.folder / "ana", "ana", "plan", self.rendezvous().address).quit()
        self.settings = {"INKWIRE_DATA_DIR": self.folder / "ana", "INKWIRE_NAME": "ana"}
        self.addCleanup(over_ssh.end_programs, self.folder / "ana")
        return self

    def take(self, terminal):
        self.addCleanup(terminal.close)
        return terminal

    def tmux(self, *arguments):
        tmux = over_ssh.Tmux(self.folder.path, *arguments)
        self.addCleanup(tmux.stop)
        return tmux

    def draw_a_box(self, terminal, column=50, row=15):
        terminal.key("r", 0.3)
        terminal.drag([(column, row), (column + 10, row + 3), (column + 20, row + 7)])
        terminal.until(lambda: terminal.lines[row][column:column + 21] == BOX[0] and terminal.lines[row + 7][column:column + 21] == BOX[1],
                       "the box in the cells that were pointed at")

    def leave(self, terminal):
        # Behind a shape that was just drawn a letter may be its label.
        terminal.key("\x1b", 0.3)
        terminal.send("q")
        terminal.wait(15)

    def test_TM_404_tmux_taken_up_at_another_size_repaints_once(self):
        tmux = self.tmux()
        repaints, second = over_ssh.reattach(self.board(), tmux)
        self.assertEqual(repaints, 1)
        self.assertEqual(second.lines[5][10:31], BOX[0])
        self.draw_a_box(second)
        self.leave(second)

    def test_TM_232_tmux_in_tmux_draws_where_the_mouse_points(self):
        terminal = over_ssh.nested(self.board(), self.tmux("outer"), self.tmux("inner", "C-a"))
        self.draw_a_box(terminal)
        self.leave(terminal)

    @unittest.skipUnless(shutil.which("mosh-server"), "no mosh is installed: tools/over-ssh does that")
    def test_TM_232_mosh_draws_where_the_mouse_points(self):
        terminal = over_ssh.mosh(self.board())
        self.draw_a_box(terminal)
        self.leave(terminal)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "it takes root to be two users")
    def test_two_users_of_one_machine_share_a_board_and_no_file(self):
        ana, bob, homes, _ = over_ssh.two_users(self.folder)
        for terminal in (ana, bob):
            self.take(terminal)
        self.draw_a_box(ana, 30, 5)
        bob.see(BOX[0])
        for number, other in zip(over_ssh.USERS, reversed(homes)):
            inside = next(path for path in other.rglob("*") if path.name == "inkwire")
            self.assertTrue(any(inside.iterdir()), "there is something to be kept from others")
            looked = subprocess.run(over_ssh.as_user(number, ["find", inside]), capture_output=True, text=True)
            self.assertIn("Permission denied", looked.stderr)
            self.assertEqual([line for line in looked.stdout.splitlines() if line != str(inside)], [])
        for terminal in (ana, bob):
            self.leave(terminal)


if __name__ == "__main__":
    main()
