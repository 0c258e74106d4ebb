"""A board as text for git: it goes out, and comes in by the fewest writes."""

import json

from harness import EndToEnd, ink, main


class Git(EndToEnd):
    def setUp(self):
        super().setUp()
        self.ana = self.folder / "ana"
        maker = ink.new_board(self.ana, "ana")
        maker.draw("box", kind="rectangle", x=0, y=0, w=120, h=64, text="one", fill="#F0E442")
        maker.send("draw", shape={"kind": "note", "x": 300.125, "y": 40, "w": 120, "h": 64, "text": "zwei\nüber"})
        maker.draw("arrow", kind="arrow", start_binding={"id": "box"}, end_binding={"id": "box", "at": [0, 0.5]}, points=[[0, 0], [90, 10]], x=1, y=2)
        maker.draw("ring", kind="freehand", points=[[0, 0], [10, 5.125], [3, 9]], x=10, y=200, stroke="#D55E00", stroke_width=4)
        maker.send("group", ids=["box", "arrow"])
        maker.wait("saved")
        self.assertEqual(maker.quit(), 0)
        self.repository = self.folder / "repository"
        self.repository.mkdir()
        self.plan = self.repository / "plan.board"
        self.export()

    def run_as_ana(self, *arguments, who=None, **more):
        return ink.run([str(argument) for argument in arguments], data=who or self.ana, name="ana", **more)

    def export(self, path=None, board="sketch", who=None):
        path = path or self.plan
        status, _, errors = self.run_as_ana("export", board, "-o", path, who=who)
        self.assertEqual(status, 0, errors)
        return path.read_text()

    def bring(self, board="sketch", path=None, who=None):
        """Imports the plan; returns what was said last."""
        status, _, errors = self.run_as_ana("import", board, path or self.plan, who=who)
        self.assertEqual(status, 0, errors)
        return errors.splitlines()[-1].removeprefix("inkwire: ")

    def state(self, board="sketch", who=None):
        status, text, errors = self.run_as_ana("export", board, "-o", "-", "--format", "json", who=who)
        self.assertEqual(status, 0, errors)
        return json.loads(text)

    def edit(self, old, new):
        text = self.plan.read_text()
        self.assertEqual(text.count(old), 1, text)
        self.plan.write_text(text.replace(old, new))

    def test_a_board_comes_in_by_the_fewest_writes_and_in_one_step_of_undo(self):
        # CL-85 CL-86
        text = self.plan.read_text()
        self.assertEqual(len(text.splitlines()), 6)
        self.assertEqual(self.export(), text)
        before = self.state()
        self.assertIn("nothing changed", self.bring())
        self.assertEqual(self.state(), before)
        # One property, one shape more, one less.
        self.edit('text="one"', 'text="two"')
        self.plan.write_text("".join(line for line in self.plan.read_text().splitlines(True) if not line.startswith("ring"))
                             .replace("end\n", "new ellipse at=8,300 size=40,40\nend\n"))
        self.assertTrue(self.bring().startswith("1 shape added, 1 changed, 1 deleted"), self.plan.read_text())
        after = {shape["id"]: shape for shape in self.state()["shapes"]}
        self.assertEqual((after["box"]["text"], after["new"]["kind"], "ring" in after), ("two", "ellipse", False))
        self.assertEqual(len(self.export().splitlines()), 6)
        again = ink.open_board("sketch", self.ana, "ana")
        again.send("undo")
        self.assertEqual([shape["id"] for shape in again.state()["shapes"]], [shape["id"] for shape in before["shapes"]])
        self.assertEqual(again.quit(), 0)
        self.assertEqual(self.export(), text)

    def test_another_board_that_another_program_holds_becomes_equal_byte_for_byte(self):
        # CL-85 CL-86 FM-180
        bob = self.folder / "bob"
        copy = ink.new_board(bob, "bob", "copy")
        copy.draw("old", kind="rectangle", x=0, y=0, w=8, h=8)
        self.assertTrue(self.bring("copy", who=bob).startswith("4 shapes added, 1 deleted"))
        strip = lambda shapes: [{key: value for key, value in shape.items() if key not in ("id", "end_binding")} for shape in shapes]
        self.assertEqual(strip(copy.state()["shapes"]), strip(self.state()["shapes"]))
        self.assertEqual(copy.quit(), 0)
        self.assertEqual(self.export(self.folder / "copy.board", "copy", who=bob), self.plan.read_text())

    def test_what_is_cut_or_in_conflict_is_refused_with_its_place_and_nothing_is_changed(self):
        # CL-86 FM-182
        text = self.plan.read_text()
        for broken, why in [
            (text[:-5], "the file is cut"), (text.replace("at=0,0", "at=0,x"), r"line \d, column \d+: a number is needed"),
            (text.replace("box rect", "<<<<<<< ours\nbox rect"), r"line \d, column 1: a conflict is not resolved here"),
        ]:
            self.assert_refused(self.run_as_ana("import", "sketch", "-", "--format", "board", input=broken), 2, why, "nothing was drawn")
        self.assertEqual(self.export(), text)


if __name__ == "__main__":
    main()
