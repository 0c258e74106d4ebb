"""The board over ssh on a line of 150 ms there and back; tools/over-ssh measures the same for longer."""

# Runs alone: it measures time.

import statistics
import unittest

import over_ssh
from harness import ink, main
from ssh_lines import sshd_path


class OverSsh(unittest.TestCase):
    def test_TM_7_TM_19_TM_231_a_long_line_delays_nothing_twice_queues_nothing_and_loses_nothing(self):
        if sshd_path() is None:
            self.skipTest("no sshd is installed: tools/over-ssh does that")
        afar = over_ssh.Afar()
        self.addCleanup(afar.remove)
        echo = statistics.median(over_ssh.round_trip(afar, 5))
        ana = afar.ana()
        waits = over_ssh.own_ink(ana, 10)
        self.assertEqual(len(waits), 10, "each motion is seen")
        self.assertLessEqual(statistics.median(waits), echo + 0.020 * ink.PATIENCE, f"own ink: {waits}; an echo takes {echo}")
        bob = afar.bob()
        behind, newest, drawn = over_ssh.hold(ana, bob, 1.5)
        self.assertGreater(drawn, 60, "bob's frames would have been a queue, or this proves nothing")
        self.assertLessEqual(behind, over_ssh.HELD_MAX, "what had waited is a frame or two, not all of them")
        self.assertLessEqual(newest, 1 * ink.PATIENCE)
        state, _, status = over_ssh.drop(afar, ana)
        self.assertEqual(over_ssh.lost_by(state), 0, f"a line that drops loses nothing: {state['shapes']}")
        self.assertEqual(status, 255, "ssh says that the line is gone")

    def test_TM_246_who_leaves_leaves_no_answer_of_the_terminal_for_the_shell(self):
        if sshd_path() is None:
            self.skipTest("no sshd is installed: tools/over-ssh does that")
        afar = over_ssh.Afar()
        self.addCleanup(afar.remove)
        # What follows the program shows all that is typed, as a shell at its prompt does.
        script = f"echo ready; {ink.binary()} open plan; echo left; exec cat -v"

        def left(ana):
            ana.until(lambda: any(line == "left" for line in ana.lines), "the prompt", 20)
            ana.pump(1)
            return [line for line in ana.lines[ana.lines.index("left") + 1:] if line]

        # A question is open when the key comes.
        ana = afar.ana(command=["sh", "-c", script])
        ana.see("keys", 30)
        ana.settle(0.5)
        for key in "?", "?", "?", "?":
            ana.key(key, pause=0.02)
        ana.key("q", pause=0)
        self.assertEqual(left(ana), [])
        ana.close()
        afar.terminals.remove(ana)
        # And before the terminal has answered anything.
        ana = afar.ana(command=["sh", "-c", script])
        # On a busy machine the board may be there before that is looked at.
        ana.until(lambda: "ready" in ana.text or "keys" in ana.text, "the program begins", 30)
        ana.key("q", pause=0)
        self.assertEqual(left(ana), [])


if __name__ == "__main__":
    main()
