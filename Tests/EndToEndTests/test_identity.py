"""The keys of a device: shown, copied, brought back; and what they own."""

import json
import stat

from harness import EndToEnd, ink, main


class Identity(EndToEnd):
    def identity(self, *arguments, name="ana"):
        return ink.run(["identity", *arguments], data=self.folder / name, name=name)

    def test_CL_150_a_lost_machine_comes_back_as_the_same_owner(self):
        code, _, err = self.identity()
        self.assertEqual((code, "no key yet" in err), (5, True), err)
        ana = ink.new_board(self.folder / "ana", "ana")
        self.assertEqual(ana.quit(), 0)
        self.assertIn("identity export", ana.stderr, "it is offered when the first board was made")
        copy = self.folder / "copy"
        code, out, err = self.identity("export", str(copy), "--json")
        self.assertEqual(code, 0, err)
        device = json.loads(out)["device"]
        self.assertEqual(stat.S_IMODE(copy.stat().st_mode), 0o600)
        self.assert_refused(self.identity("export", str(copy)), 8, "already")
        again = ink.new_board(self.folder / "ana", "ana", board="second")
        self.assertEqual(again.quit(), 0)
        self.assertNotIn("identity export", again.stderr, "and once")

        # Another machine, which has a key already.
        self.assertEqual(ink.new_board(self.folder / "box", "box").quit(), 0)
        self.assert_refused(self.identity("import", str(copy), name="box"), 8, "other keys", "--replace")
        code, out, err = self.identity("import", str(copy), "--replace", name="box")
        self.assertEqual((code, out.split("\t")[0]), (0, device), err)
        self.assertEqual(len(list((self.folder / "box").glob("identity.key.before-1"))), 1)


if __name__ == "__main__":
    main()
