"""The load generator, in small: what tools/load measures is all that is sent, and everybody who comes."""

import types
import unittest

import load
from authority import Authority
from harness import EndToEnd, main


@unittest.skipUnless(load.stand().exists(), "load-stand is not built: tools/load does that")
class Crowds(EndToEnd):
    def crowded(self, tls=None):
        made = load.Load(tls)
        self.addCleanup(made.end)
        return made

    def test_RV_9_RT_130_a_crowd_from_many_addresses_is_let_in_and_is_back_after_a_rendezvous_was_killed(self):
        made = self.crowded()
        found = load.idle(made, types.SimpleNamespace(people=400, room=4, sources=40, arrivals=1000, seconds=1, kill=True))
        self.assertEqual(made.crowds[0].out, 400, "everybody was out once, with the rendezvous that was killed")
        self.assertEqual([why for why in found["failures"] if "Connection refused" not in why and "connection reset" not in why], [])

    def test_RV_51_what_rooms_draw_through_the_relay_arrives(self):
        found = load.relay(self.crowded(Authority(self.folder / "authority")),
                           types.SimpleNamespace(rooms=2, people=4, draw=8, bytes=150, seconds=2))
        self.assertEqual(found["failures"], {})
        # What is under way when it is counted is a round or two.
        self.assertLessEqual(abs(found["sent"] - found["received"]), 0.1 * found["sent"], found)


if __name__ == "__main__":
    main()
