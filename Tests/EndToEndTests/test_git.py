"""A board as text in git: it goes out and comes in by the fewest writes, and git merges it property by property."""

import json
import os
import re
import shlex
import shutil
import subprocess
import unittest

from harness import EndToEnd, ink, main


@unittest.skipUnless(shutil.which("git"), "git is not installed")
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

    def git(self, *arguments, status=0):
        environment = dict(os.environ, HOME=str(self.folder), GIT_CONFIG_NOSYSTEM="1", LC_ALL="C", GIT_EDITOR="true")
        done = subprocess.run(
            ["git", "-c", "user.name=ana", "-c", "user.email=ana@example.org", *arguments], cwd=self.repository, env=environment,
            capture_output=True, text=True, timeout=60)
        self.assertIn(done.returncode, (status,) if isinstance(status, int) else status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def branches(self, *edits):
        """A repository in which each of the branches b0, b1 … has an edit of its own; the first is checked out."""
        self.git("init", "-q", "-b", "b0")
        (self.repository / ".gitattributes").write_text("*.board merge=inkwire\n")
        # As the page has it, and with nothing of the person's to be found: the driver needs no data directory.
        driver = f"env HOME=/nowhere INKWIRE_DATA_DIR=/nowhere {shlex.quote(str(ink.binary()))} merge-driver %O %A %B %P"
        self.git("config", "merge.inkwire.driver", driver)
        self.git("add", ".")
        self.git("commit", "-qm", "plan")
        for index, edit in enumerate(edits):
            self.git("checkout", "-qB", f"b{index}", "b0" if index == 0 else "base")
            if index == 0:
                self.git("branch", "base")
            edit()
            self.git("commit", "-qam", f"edit {index}")
        self.git("checkout", "-q", "b0")

    def test_CL_85_CL_86_a_board_comes_in_by_the_fewest_writes_and_in_one_step_of_undo(self):
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

    def test_CL_85_CL_86_FM_257_another_board_that_another_program_holds_becomes_equal_byte_for_byte(self):
        bob = self.folder / "bob"
        copy = ink.new_board(bob, "bob", "copy")
        copy.draw("old", kind="rectangle", x=0, y=0, w=8, h=8)
        self.assertTrue(self.bring("copy", who=bob).startswith("4 shapes added, 1 deleted"))
        strip = lambda shapes: [{key: value for key, value in shape.items() if key not in ("id", "end_binding")} for shape in shapes]
        self.assertEqual(strip(copy.state()["shapes"]), strip(self.state()["shapes"]))
        self.assertEqual(copy.quit(), 0)
        self.assertEqual(self.export(self.folder / "copy.board", "copy", who=bob), self.plan.read_text())

    def test_CL_314_FM_182_what_is_cut_or_in_conflict_is_refused_with_its_place_and_nothing_is_changed(self):
        text = self.plan.read_text()
        for broken, why in [
            (text[:-5], "the file is cut"), (text.replace("at=0,0", "at=0,x"), r"line \d, column \d+: a number is needed"),
            (text.replace("box rect", "<<<<<<< ours\nbox rect"), r"line \d, column 1: a conflict is not resolved here"),
        ]:
            self.assert_refused(self.run_as_ana("import", "sketch", "-", "--format", "board", input=broken), 2, why, "nothing was drawn")
        self.assertEqual(self.export(), text)

    def test_CL_349_a_text_of_a_newer_version_is_told_as_that(self):
        text = self.export()
        for newer, form in (("inkwire board 2\nend\n", "board"), ('{"schema":2,"shapes":[]}', "json")):
            self.assert_refused(self.run_as_ana("import", "sketch", "-", "--format", form, input=newer), 9, "of version 2|schema 2", "update inkwire")
        self.assertEqual(self.export(), text)

    def test_CL_87_CL_315_FM_185_git_merges_other_properties_of_one_shape(self):
        self.branches(lambda: self.edit('text="one"', 'text="two"'), lambda: self.edit("at=0,0 size=120,64", "at=8,0 size=200,64"),
                      lambda: self.edit("end\n", "new ellipse at=8,300 size=40,40\nend\n"))
        self.git("merge", "-q", "b1", "-m", "merge")
        self.git("rebase", "-q", "b2")
        self.edit("fill=#F0E442", "fill=#56B4E9")
        self.git("stash")
        self.git("checkout", "-q", "b1")
        self.git("stash", "pop")
        text = self.plan.read_text()
        self.assertIn('at=8,0 size=200,64 text="one" fill=#56B4E9', text)
        self.git("checkout", "-q", "-f", "b0")
        text = self.plan.read_text()
        self.assertIn('at=8,0 size=200,64 text="two"', text)
        self.assertIn("new ellipse", text)

    def test_CL_87_CL_315_FM_186_one_property_changed_twice_is_a_conflict_that_can_be_read_and_resolved(self):
        self.branches(lambda: self.edit('text="one"', 'text="two"'), lambda: self.edit('at=0,0 size=120,64 text="one"', 'at=8,0 size=120,64 text="three"'))
        said = self.git("merge", "-q", "b1", "-m", "merge", status=1)
        self.assertRegex(said, r"inkwire: plan\.board: both sides changed [\u201c\"]box[\u201d\"]")
        text = self.plan.read_text()
        box = next(line for line in self.git("show", "b0:plan.board").splitlines() if line.startswith("box"))
        ours = box.replace("at=0,0", "at=8,0")
        theirs = ours.replace('text="two"', 'text="three"')
        self.assertIn(f"<<<<<<< ours\n{ours}\n=======\n{theirs}\n>>>>>>> theirs\n", text)
        self.assert_refused(self.run_as_ana("import", "sketch", self.plan), 2, "a conflict is not resolved here")
        self.plan.write_text(re.sub(r"<<<<<<< ours\n.*\n=======\n(.*\n)>>>>>>> theirs\n", r"\1", text))
        self.git("commit", "-qam", "resolved")
        self.assertTrue(self.bring().startswith("1 shape changed"))
        self.assertEqual({shape["id"]: shape.get("text") for shape in self.state()["shapes"]}["box"], "three")

    def test_CL_87_FM_187_branches_that_merged_each_other_before_are_merged(self):
        def resolve():
            text = re.sub(r"<<<<<<< ours\n.*\n=======\n.*\n>>>>>>> theirs\n", "", self.plan.read_text())
            self.plan.write_text(text.replace("end\n", box.replace('text="one"', 'text="four"') + "\nend\n"))
            self.git("commit", "-qam", "resolved")

        self.branches(lambda: self.edit('text="one"', 'text="two"'), lambda: self.edit('text="one"', 'text="three"'))
        box = next(line for line in self.git("show", "base:plan.board").splitlines() if line.startswith("box"))
        self.git("branch", "old", "b0")
        for branch, other in [("b0", "b1"), ("b1", "old")]:
            self.git("checkout", "-q", branch)
            self.git("merge", "-q", other, "-m", "merge", status=1)
            resolve()
        self.edit('fill=#F0E442', 'fill=#56B4E9')
        self.git("commit", "-qam", "fill")
        self.git("checkout", "-q", "b0")
        self.edit("at=0,0 size=120,64", "at=8,0 size=120,64")
        self.git("commit", "-qam", "place")
        self.assertEqual(len(self.git("merge-base", "--all", "b0", "b1").split()), 2)
        for setting in (["-c", "merge.inkwire.recursive=binary"], []):
            self.git(*setting, "merge", "-q", "b1", "-m", "merge")
            self.assertIn('at=8,0 size=120,64 text="four" fill=#56B4E9', self.plan.read_text())
            self.git("reset", "-q", "--hard", "HEAD^")
        # What both changed since is still a conflict.
        self.edit('text="four"', 'text="five"')
        self.git("commit", "-qam", "text")
        self.git("checkout", "-q", "b1")
        self.edit('text="four"', 'text="six"')
        self.git("commit", "-qam", "text")
        for setting in (["-c", "merge.inkwire.recursive=binary"], []):
            self.git(*setting, "merge", "-q", "b0", "-m", "merge", status=1)
            self.assertEqual(self.plan.read_text().count("<<<<<<<"), 1)
            self.git("reset", "-q", "--hard")

    def test_CL_315_what_is_no_board_makes_git_fail_and_loses_neither_side(self):
        self.branches(lambda: self.edit('text="one"', 'text="two"'), lambda: self.plan.write_text("nothing\n"))
        before = self.plan.read_text()
        said = self.git("merge", "-q", "b1", "-m", "merge", status=range(1, 256))
        self.assertIn("cannot be merged", said)
        # A newer git leaves the file alone, an older one takes it for a conflict: then both stand there whole.
        self.assertIn(self.plan.read_text(), [before, f"<<<<<<< ours\n{before}=======\nnothing\n>>>>>>> theirs\n"])
        self.assertNotEqual(self.git("status", "--porcelain", "plan.board"), "M  plan.board\n")
        # A driver that is set up wrongly is no conflict either.
        self.assert_refused(ink.run(["merge-driver", "one"], data=self.ana), 255, "command line")
        self.assert_refused(ink.run(["merge-driver", "no", "such", "file"], data=self.ana), 255, "No such file")


if __name__ == "__main__":
    main()
