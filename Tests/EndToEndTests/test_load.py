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
        self.assertGreaterEqual(made.crowds[0].out, 400, "everybody was out, with the rendezvous that was killed")
        self.assert_no_limit(found)

    def test_RV_51_what_rooms_draw_through_the_relay_arrives(self):
        made = self.crowded(Authority(self.folder / "authority"))
        found = load.relay(made, types.SimpleNamespace(rooms=2, people=4, draw=8, bytes=150, seconds=1))
        self.assert_no_limit(found)
        # What waited for too long on a machine that has other work was not to arrive; the rest is all there.
        made.crowds[0].wait(lambda told: told["received"] > 400, "frames go on to arrive")
        self.assertLessEqual(made.crowds[0].last["received"], made.crowds[0].last["sent"])

    def assert_no_limit(self, found):
        """Nobody was told that he is too many: who came over a connection that broke is another matter."""
        self.assertEqual([why for why in found["failures"] if "too many" in why or "no more" in why or "too much" in why], [])


if __name__ == "__main__":
    main()
