"""From a command to the first stroke of a second person, by what the screens say: tools/first-minute by people who need no time."""

from harness import EndToEnd, ink, main

import first_minute
import natlab_net as net


class FirstMinute(EndToEnd):
    def setUp(self):
        super().setUp()
        if reason := net.reason_to_skip():
            self.skipTest(reason)

    def pair(self, way, sizes=first_minute.SIZES):
        pair = first_minute.Pair(way, sizes, first_minute.Pace(0), quiet=True)
        self.addCleanup(pair.close)
        return pair

    def test_CL_220_CL_221_TM_330_TM_331_two_who_have_seen_nothing_meet_through_serve_by_what_their_screens_say(self):
        self.assertLess(self.pair("serve").run(), first_minute.LIMIT * ink.PATIENCE)

    def test_CL_221_TM_330_TM_331_two_who_have_seen_nothing_meet_on_one_network_alone(self):
        sizes = dict(zip(first_minute.SIZES, reversed(first_minute.SIZES.values())))
        self.assertLess(self.pair("lan", sizes).run(), first_minute.LIMIT * ink.PATIENCE)

    def test_a_screen_that_does_not_name_a_key_is_told(self):
        ana = self.pair("lan").people["ana"]
        ana.command("inkwire")
        ana.see(r"New board", "what there is to do")
        with self.assertRaisesRegex(first_minute.Silent, "has to press x"):
            ana.press("x", r"\bx  ")
        ana.press("q", r"\bq  Quit")
        ana.see(r"^\$ ?$", "the shell")


if __name__ == "__main__":
    main()
