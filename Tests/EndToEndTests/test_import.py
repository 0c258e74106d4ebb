"""Files come in as they went out, on a board that is held here and on one that another program holds."""

import json

from harness import EndToEnd, ink, main


class Imports(EndToEnd):
    def setUp(self):
        super().setUp()
        self.ana = self.folder / "ana"
        maker = ink.new_board(self.ana, "ana")
        maker.draw("box", kind="rectangle", x=0, y=0, w=120, h=64, text="one", fill="#F0E442", corners="round")
        maker.draw("note", kind="note", x=300.125, y=40, w=120, h=64, text="zwei\nüber")
        maker.draw("arrow", kind="arrow", start_binding={"id": "box"}, end_binding={"id": "note", "at": [0, 0.5]}, route="elbow", start_head="dot")
        maker.draw("ring", kind="freehand", points=[[0, 0], [10, 5.125], [3, 9]], x=10, y=200, stroke="#D55E00", stroke_width=4)
        maker.send("group", ids=["box", "note"])
        maker.wait("saved")
        self.assertEqual(maker.quit(), 0)
        self.file = self.folder / "sketch.json"
        self.assertEqual(self.run_as_ana("export", "sketch", "-o", str(self.file))[0], 0)

    def run_as_ana(self, *arguments, **more):
        return ink.run(list(arguments), data=self.ana, name="ana", **more)

    def shapes(self, board, who=None):
        status, text, errors = ink.run(["export", board, "-o", "-", "--format", "json"], data=who or self.ana, name="ana")
        self.assertEqual(status, 0, errors)
        return json.loads(text)["shapes"]

    def test_CL_65_CL_66_a_board_goes_out_and_comes_in_equal_and_is_one_step_of_undo(self):
        copy = ink.new_board(self.folder / "bob", "bob", "copy")
        # The board is held by another program: this one attaches to it.
        status, _, errors = ink.run(["import", "copy", str(self.file)], data=self.folder / "bob", name="bob")
        self.assertEqual((status, errors.splitlines()[-1]), (0, f"inkwire: 4 shapes added from {self.file}"), errors)
        self.assertEqual(copy.state()["shapes"], self.shapes("sketch"))
        self.assertEqual(copy.quit(), 0)
        # And here nobody holds it; ids and groups are taken, so that the copies have others.
        self.assertEqual(self.run_as_ana("import", "sketch", "-", "--format", "json", input=self.file.read_text())[0], 0)
        shapes = self.shapes("sketch")
        self.assertEqual(len(shapes), 8)
        self.assertEqual(len({shape["id"] for shape in shapes}), 8)
        self.assertNotEqual(shapes[4]["group"], shapes[0]["group"])
        self.assertEqual((shapes[6]["start_binding"]["id"], shapes[6]["points"]), (shapes[4]["id"], shapes[2]["points"]))
        again = ink.open_board("sketch", self.ana, "ana")
        again.send("undo")
        self.assertEqual(len(again.state()["shapes"]), 4)
        self.assertEqual(again.quit(), 0)

    def test_CL_65_CL_66_what_is_no_board_is_refused_with_its_place_and_nothing_is_drawn(self):
        whole = self.file.read_text()
        for text, why in [
            (whole[:200], "the file ends within a value of JSON"),
            (whole.replace('"kind":"note"', '"kind":"oval"'), "line 1, column"),
            ("[]", "the file is no JSON object"),
            (whole.replace('"schema":1', '"schema":2'), "schema 2"),
        ]:
            self.assert_refused(self.run_as_ana("import", "sketch", "-", "--format", "json", input=text), 9 if "schema 2" in why else 2, why, "nothing was drawn")
        self.assert_refused(self.run_as_ana("import", "sketch", str(self.folder / "none.json")), 5, "No such file")
        self.assert_refused(self.run_as_ana("import", "sketch", str(self.ana)), 2, "--format")
        self.assert_refused(self.run_as_ana("import", "sketch", str(self.ana), "--format", "json"), 8, "Is a directory")
        self.assert_refused(self.run_as_ana("import", "none", str(self.file)), 5)
        self.assertEqual(len(self.shapes("sketch")), 4)

    def test_CL_101_CL_132_a_text_of_markdown_is_read_by_its_one_block_and_marks_of_byte_order_are_skipped(self):
        path = self.folder / "plan.md"
        self.assertEqual(self.run_as_ana("new", "plan", "--peer", input='{"do":"wait","for":"saved"}\n')[0], 0)
        path.write_text("# Plan\n\n```swift\nlet a = 1\n```\n\n```mermaid\ngraph LR\n  a --> b\n```\n")
        status, _, errors = self.run_as_ana("import", "plan", str(path))
        self.assertEqual((status, errors.splitlines()[-1]), (0, f"inkwire: 3 shapes added from {path}"), errors)
        path.write_text("x\n```mermaid\ngraph LR\n  a -> b\n```\n")
        self.assert_refused(self.run_as_ana("import", "plan", str(path)), 2, "line 4, column 5")
        path.write_text("prose\n")
        self.assert_refused(self.run_as_ana("import", "plan", str(path)), 2, "no block of code", "nothing was drawn")
        self.assert_refused(self.run_as_ana("import", "plan", "-", "--format", "txt", input=" \n"), 2, "cannot read stdin", "no shape")
        # What goes out as Markdown comes in, and with a mark of the order of bytes what goes out as anything else.
        self.assertEqual(self.run_as_ana("new", "again", "--peer", input='{"do":"wait","for":"saved"}\n')[0], 0)
        for ending, words in [("md", "added"), ("board", "the board is as"), ("excalidraw", "added")]:
            path = self.folder / f"plan.{ending}"
            self.assertEqual(self.run_as_ana("export", "plan", "-o", str(path))[0], 0)
            path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
            status, _, errors = self.run_as_ana("import", "again", str(path))
            self.assertEqual(status, 0, errors)
            self.assertIn(words, errors)
        path.write_text("inkwire board 2\nend\n")
        self.assert_refused(self.run_as_ana("import", "plan", str(path), "--format", "board"), 9, "update inkwire")

    def test_CL_101_FM_158_FM_159_a_drawing_of_text_comes_in_and_bytes_that_are_no_text_do_not(self):
        text = "\ufeff// +---+   +---+\n// | p |-->| q |\n// +---+   +---+\n"
        self.assertEqual(self.run_as_ana("import", "sketch", "-", "--format", "txt", input=text)[0], 0)
        shapes = self.shapes("sketch")[4:]
        self.assertEqual([shape["kind"] for shape in shapes], ["rectangle", "rectangle", "arrow"])
        self.assertEqual([shapes[2][end]["id"] for end in ("start_binding", "end_binding")], [shape["id"] for shape in shapes[:2]])
        wrong = self.folder / "wrong.txt"
        wrong.write_bytes(b"+-+\n|\xe4|\n+-+\n")
        self.assert_refused(self.run_as_ana("import", "sketch", str(wrong)), 2, "line 2, column 2: the text is no UTF-8 here", "nothing was drawn")
        self.assertEqual(len(self.shapes("sketch")), 7)


if __name__ == "__main__":
    main()
