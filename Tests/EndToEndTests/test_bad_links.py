# Runs alone: it saturates links and times the outcome.
"""Three peers over links that lose, delay, reorder and duplicate."""

from harness import EndToEnd, main

import campaign


class BadLinks(EndToEnd):
    def test_three_peers_drawing_at_once_over_bad_links_end_equal(self):
        result = campaign.run(self.folder, seed=1)
        print(f"[{result}]", flush=True)
        self.assertLessEqual(result.equal, campaign.EQUAL_WITHIN)


if __name__ == "__main__":
    main()
