"""A file that follows its board, through what happens to files and disks."""

import contextlib
import json
import os
import re
import shutil
import signal
import sys
import unittest

from harness import EndToEnd, ink, main


class ExportWatch(EndToEnd):
    def watch(self, path, *arguments):
        process = ink.Process(["export", "sketch", "-o", path, "--watch", *arguments], label="watch",
                              environment={"INKWIRE_DATA_DIR": self.folder / "ana", "INKWIRE_NAME": "ana"})
        self.await_words(process, "shapes? written to")
        return process

    def await_words(self, process, words):
        return process.await_condition(lambda: next((line for line in process.errors if re.search(words, line)), None), 15, words)

    def texts(self, path):
        """Of the shapes in a file, which is whole whenever it is read."""
        try:
            return {shape.get("text") for shape in json.loads(path.read_text())["shapes"]}
        except FileNotFoundError:
            return None

    def await_texts(self, path, *texts):
        ink.wait_until(lambda: self.texts(path) == set(texts) or None, 15, f"{texts} in {path}")

    def test_CL_130_a_file_has_what_anybody_draws_and_stays_what_it_was_as_a_file(self):
        ana, bob = self.pair()
        path, link = self.folder / "board.json", self.folder / "link.json"
        path.touch(0o640)
        os.symlink("board.json", link)
        watch = self.watch(link)
        ana.draw("a", kind="note", x=0, y=0, w=80, h=80, text="of ana")
        self.await_texts(path, "of ana")
        bob.draw("b", kind="note", x=100, y=0, w=80, h=80, text="of bob")
        self.await_texts(path, "of ana", "of bob")
        self.assertTrue(link.is_symlink())
        self.assertEqual(path.stat().st_mode & 0o777, 0o640)
        before = path.stat()
        bob.send("say", text="nothing was drawn")
        ana.event("chat")
        ana.draw("c", kind="note", x=200, y=0, w=80, h=80, text="last")
        ana.wait("saved")
        # Nothing that was saved before the end is missing in it, however soon the end comes.
        self.assertEqual(watch.kill(signal.SIGTERM), 128 + signal.SIGTERM)
        self.assertEqual(self.texts(path), {"of ana", "of bob", "last"})
        self.assertNotEqual(path.stat().st_ino, before.st_ino, "beside, then renamed")
        self.assert_ends_well(ana, bob)

    def test_CL_130_a_board_that_nobody_has_open_is_opened_and_what_has_no_ink_writes_nothing(self):
        maker = ink.new_board(self.folder / "ana", "ana")
        self.assert_ends_well(maker)
        path = self.folder / "board.json"
        watch = self.watch(path, "--format", "txt")
        before = path.stat()
        as_ana = {"data": self.folder / "ana", "name": "ana"}
        self.assertEqual(ink.run(["say", "sketch", "nothing is drawn"], **as_ana)[0], 0)
        self.assertEqual((path.stat().st_ino, path.stat().st_mtime_ns), (before.st_ino, before.st_mtime_ns))
        line = '{"do":"draw","shape":{"kind":"note","x":0,"y":0,"w":80,"h":80,"text":"new"}}\n'
        self.assertEqual(ink.run(["draw", "sketch"], input=line, **as_ana)[0], 0)
        ink.wait_until(lambda: "new" in path.read_text() or None, 15, "the note in the file")
        self.assertEqual(watch.kill(signal.SIGINT), 128 + signal.SIGINT)

    def test_CL_320_a_directory_that_goes_and_a_disk_that_fills_are_told_once_and_got_over(self):
        ana = ink.new_board(self.folder / "ana", "ana")
        with self.small_disk("1m") as disk:
            path = disk / "here" / "board.json"
            path.parent.mkdir()
            watch = self.watch(path)
            path.parent.rename(disk / "away")
            ana.draw("a", kind="note", x=0, y=0, w=80, h=80, text="first")
            self.await_words(watch, "cannot write .*it is tried again")
            (disk / "away").rename(path.parent)
            self.await_words(watch, "is written again")
            self.assertEqual(self.texts(path), {"first"})
            with open(disk / "ballast", "wb", buffering=0) as ballast, contextlib.suppress(OSError):
                while True:
                    ballast.write(bytes(4096))
            told = len(watch.errors)
            ana.draw("b", kind="note", x=100, y=0, w=80, h=80, text="x" * 2000)
            self.await_words(watch, "(?i)space.*it is tried again")
            self.assertEqual(self.texts(path), {"first"}, "the old file stands")
            self.assertEqual(os.listdir(path.parent), ["board.json"], "nothing is left beside it")
            (disk / "ballast").unlink()
            ink.wait_until(lambda: self.texts(path) == {"first", "x" * 2000} or None, 30, "the file is written again")
            self.assertEqual(len(watch.errors) - told, 2, watch.errors)
            self.assertEqual(watch.kill(signal.SIGTERM), 128 + signal.SIGTERM)
            # The disk goes with all processes.
            self.assert_ends_well(ana)

    def test_CL_320_a_file_that_goes_comes_back_though_the_board_is_what_it_was(self):
        ana = ink.new_board(self.folder / "ana", "ana")
        path = self.folder / "here" / "board.txt"
        path.parent.mkdir()
        watch = self.watch(path)
        before = path.read_bytes()
        shutil.rmtree(path.parent)
        ana.draw("a", kind="note", x=0, y=0, w=80, h=80, text="first")
        self.await_words(watch, "cannot write .*it is tried again")
        ana.send("undo")
        ana.wait("saved")
        path.parent.mkdir()
        ink.wait_until(lambda: path.exists() or None, 30, "the file is there again")
        self.assertEqual(path.read_bytes(), before)
        self.assertEqual(watch.kill(signal.SIGTERM), 128 + signal.SIGTERM)
        self.assert_ends_well(ana)

    @unittest.skipUnless(shutil.which("rsvg-convert") and sys.platform == "linux", "librsvg2-bin is not installed")
    def test_CL_73_CL_130_pictures_leave_no_open_descriptors(self):
        ana = ink.new_board(self.folder / "ana", "ana")
        path = self.folder / "board.png"
        watch = self.watch(path)

        def draw(number):
            stamp = path.stat().st_ino
            ana.draw(f"n{number}", kind="note", x=number * 100, y=0, w=80, h=80, text="more")
            ink.wait_until(lambda: path.stat().st_ino != stamp or None, 15, "another picture")
            return len(os.listdir(f"/proc/{watch.pid}/fd"))

        counts = [draw(number) for number in range(16)]
        # The pool of the children's threads is full after some pictures: eight more leave nothing behind.
        self.assertLess(counts[15] - counts[7], 6, counts)
        self.assertEqual(watch.kill(signal.SIGTERM), 128 + signal.SIGTERM)
        self.assert_ends_well(ana)

    def test_CL_321_what_cannot_be_watched_is_said_at_once(self):
        self.assert_ends_well(ink.new_board(self.folder / "ana", "ana"))
        as_ana = {"data": self.folder / "ana", "name": "ana"}
        self.assert_refused(ink.run(["export", "sketch", "-o", "-", "--watch"], **as_ana), 2, "--watch", "-o")
        self.assert_refused(ink.run(["export", "sketch", "-o", self.folder / "no" / "x.txt", "--watch"], **as_ana), 8, "cannot write")
        os.mkfifo(self.folder / "pipe.txt")
        self.assert_refused(ink.run(["export", "sketch", "-o", self.folder / "pipe.txt", "--watch"], **as_ana), 2, "no file")
        self.assert_refused(ink.run(["export", "sketch", "-o", "", "--format", "txt"], **as_ana), 2, "empty")


if __name__ == "__main__":
    main()
