"""What others make of our files: Excalidraw's own code, and two programs that draw SVG. Whole judgements are tools/excalidraw-judge and tools/picture-judge."""

import importlib.util
import json
import shutil
import unittest

from harness import EndToEnd, main

import chromium
import excalidraw_finding
import excalidraw_round
import picture_judge
import scripted_boards


@unittest.skipUnless(chromium.program(), "no Chromium is here to judge what others make of our files: `apt-get install chromium` brings it")
class Judges(EndToEnd):
    def setUp(self):
        super().setUp()
        self.boards = scripted_boards.Boards(self.folder)

    @unittest.skipUnless(excalidraw_finding.is_here(), "the code of Excalidraw is not here: `tools/excalidraw-judge DIR` brings it")
    def test_FM_171_excalidraws_own_code_drops_and_repairs_nothing_of_ours_and_its_boxes_are_ours(self):
        target = self.folder / "board.excalidraw"
        self.boards.run("export", self.boards.make(4), "-o", target)
        text = target.read_text(encoding="utf-8")
        with chromium.Chromium() as browser:
            page = excalidraw_finding.Page(browser)
            finding = excalidraw_finding.Finding(text, page)
            self.assertGreater(finding.count, 30)
            self.assertTrue(finding.is_clean, "\n".join([finding.line(), *finding.details()]))
            # It sees what is dropped, and what is elsewhere.
            first = json.loads(text)["elements"][0]
            size = f'"width":{first["width"]:g},"height":{first["height"]:g}'
            self.assertIn(size, text)
            gone = excalidraw_finding.Finding(text.replace(size, '"width":0,"height":0', 1), page)
            self.assertEqual([element["id"] for element in gone.dropped], [first["id"]])
            self.assertGreater(len(excalidraw_finding.Finding(text.replace('"lineHeight":1.1719', '"lineHeight":2'), page).far), 0)
            # What went through a board is compared with what it was.
            source = excalidraw_round.Source(text, finding)
            self.assertEqual(excalidraw_round.Round(source, finding).wrong, [])
            self.assertNotEqual(excalidraw_round.Round(source, gone).wrong, [])

    @unittest.skipUnless(importlib.util.find_spec("PIL") and importlib.util.find_spec("numpy") and shutil.which("rsvg-convert"),
                         "Pillow, numpy and librsvg are needed to compare pictures: `tools/picture-judge` brings them")
    def test_FM_173_two_programs_draw_one_picture(self):
        path, other = self.folder / "board.svg", self.folder / "other.svg"
        board = self.boards.make(7)
        self.boards.run("export", board, "-o", path)
        other.write_text(path.read_text(encoding="utf-8").replace('stroke-width="', 'stroke-width="1'), encoding="utf-8")
        with chromium.Chromium() as browser:
            theirs = picture_judge.by_chromium(browser, path)
            self.assertGreaterEqual(picture_judge.Comparison(picture_judge.by_librsvg(path), theirs).share, 99.5)
            # Wider lines are seen as different.
            self.assertLess(picture_judge.Comparison(picture_judge.by_librsvg(other), theirs).share, 99.5)


if __name__ == "__main__":
    main()
