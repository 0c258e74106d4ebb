"""A board goes out as text, pictures and Excalidraw's files, and comes in from those that can be read."""

import base64
import fcntl
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import termios
import unittest
import xml.etree.ElementTree as xml

from harness import EndToEnd, ink, main

DIAGRAM = """\
+--------+         +--------+
| client |-------->| server |
+--------+         +--------+
"""


class Formats(EndToEnd):
    def setUp(self):
        super().setUp()
        self.ana = self.folder / "ana"
        maker = ink.new_board(self.ana, "ana")
        maker.draw("box", kind="rectangle", x=4, y=8, w=120, h=32, text="<one> & \"two\"", fill="#F0E442", line_style="dashed")
        maker.draw("note", kind="note", x=204, y=8, w=120, h=64, text="zwei\nüber")
        maker.draw("arrow", kind="arrow", start_binding={"id": "box"}, end_binding={"id": "note", "at": [0, 0.5]}, text="to")
        maker.draw("ring", kind="freehand", points=[[0, 0], [40, 5.125], [90, 60], [3, 9]], x=12, y=200, stroke="#D55E00", stroke_width=4)
        maker.wait("saved")
        self.assertEqual(maker.quit(), 0)

    def run_as_ana(self, *arguments, **more):
        return ink.run([str(argument) for argument in arguments], data=self.ana, name="ana", **more)

    def export(self, *arguments):
        status, text, errors = self.run_as_ana("export", "sketch", *arguments)
        self.assertEqual(status, 0, errors)
        return text

    def test_FM_140_FM_141_FM_144_a_picture_is_svg_that_any_reader_of_xml_takes_and_shows_the_region_that_was_asked_for(self):
        root = xml.fromstring(self.export("-o", "-", "--format", "svg"))
        words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        self.assertEqual(words, ["<one>", "&", '"two"', "zwei", "über", "to"])
        self.assertIn("stroke-dasharray", self.export("-o", "-", "--format", "svg"))
        part = xml.fromstring(self.export("-o", "-", "--format", "svg", "--region", "0,150,100,120", "--scale", "2", "--theme", "dark"))
        self.assertEqual((part.get("width"), part.get("height"), part.get("viewBox")), ("200", "240", "0 150 100 120"))
        self.assertEqual([element for element in part.iter("{http://www.w3.org/2000/svg}text")], [])

    @unittest.skipUnless(shutil.which("rsvg-convert"), "librsvg2-bin is not installed")
    def test_CL_73_a_picture_is_png_where_it_can_be_drawn(self):
        path = self.folder / "board.png"
        self.assertEqual(self.run_as_ana("export", "sketch", "-o", path, "--region", "0,0,100,50", "--scale", "3")[0], 0)
        head = path.read_bytes()[:24]
        self.assertEqual((head[:8], int.from_bytes(head[16:20]), int.from_bytes(head[20:24])), (b"\x89PNG\r\n\x1a\n", 300, 150))

    def test_CL_73_CL_348_where_no_picture_can_be_drawn_it_is_said_why_and_what_to_install(self):
        self.assert_refused(self.run_as_ana("export", "sketch", "-o", "-", "--format", "png", environment={"PATH": "/nowhere"}), 8,
                            "rsvg-convert", "librsvg2-bin")
        self.assert_refused(self.run_as_ana("export", "sketch", "-o", "-", "--format", "png", "--region", "0,0,90000,90000"), 2, "--scale")
        self.assert_refused(self.run_as_ana("export", "sketch", "-o", "-", "--region", "0,0,90000,90000"), 2, "smaller --region")
        self.assert_refused(self.run_as_ana("export", "sketch", "-o", "-", "--scale", "99"), 2, "from 0.1 to 16")
        self.assert_refused(self.run_as_ana("export", "sketch", "-o", "-", "--region", "1,2,3"), 2)
        self.assert_refused(self.run_as_ana("export", "sketch", "-o", self.folder / "board.bmp"), 2, "--format")

    def test_CL_80_FM_145_FM_146_texts_are_plain_coloured_and_in_a_block_of_markdown(self):
        plain = self.export("-o", "-")
        colored = self.export("-o", "-", "--format", "ansi")
        self.assertIn("\x1b[38;2;", colored)
        self.assertEqual([line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", colored).splitlines()], plain.splitlines())
        self.assertEqual(self.export("-o", "-", "--format", "md"), f"```text\n{plain}```\n")
        self.assertEqual(len(self.export("-o", "-", "--region", "0,0,160,80").splitlines()), 3)
        # CL-80
        self.assertEqual(self.export("-o", "-", "--region", "-16,0,176,80").splitlines()[0], "  " + self.export("-o", "-", "--region", "0,0,160,80").splitlines()[0])

    def test_CL_66_FM_160_a_file_of_excalidraw_goes_out_and_comes_in_equal(self):
        path = self.folder / "board.excalidraw"
        self.export("-o", path)
        elements = json.loads(path.read_text())["elements"]
        self.assertEqual([element["type"] for element in elements],
                         ["rectangle", "text", "rectangle", "text", "arrow", "text", "freedraw"])
        self.assertEqual(self.run_as_ana("new", "copy", "--peer", input='{"do":"wait","for":"saved"}\n')[0], 0)
        status, _, errors = self.run_as_ana("import", "copy", path)
        self.assertEqual(status, 0, errors)
        boards = [json.loads(self.run_as_ana("export", board, "-o", "-", "--format", "json")[1])["shapes"] for board in ("sketch", "copy")]
        for shapes in boards:
            for shape in shapes:
                shape.pop("id")
                for end in ("start_binding", "end_binding"):
                    if end in shape:
                        shape[end]["id"] = ""
        self.assertEqual(boards[0], boards[1])

    def test_CL_66_FM_150_FM_151_FM_242_FM_243_a_drawing_of_text_becomes_boxes_and_arrows_that_hold(self):
        self.assertEqual(self.run_as_ana("new", "plan", "--peer", input='{"do":"wait","for":"saved"}\n')[0], 0)
        status, _, errors = self.run_as_ana("import", "plan", "-", "--format", "txt", input=DIAGRAM)
        self.assertEqual(status, 0, errors)
        shapes = json.loads(self.run_as_ana("export", "plan", "-o", "-", "--format", "json")[1])["shapes"]
        self.assertEqual([(shape["kind"], shape.get("text")) for shape in shapes],
                         [("rectangle", "client"), ("rectangle", "server"), ("arrow", None)])
        self.assertEqual([shapes[2][end]["id"] for end in ("start_binding", "end_binding")], [shapes[0]["id"], shapes[1]["id"]])
        again = self.run_as_ana("export", "plan", "-o", "-", "--format", "ascii")[1]
        self.assertEqual(again, DIAGRAM.replace("| client |-", "| client +-"))

    def test_CL_66_FM_200_FM_202_FM_206_a_flowchart_of_mermaid_comes_in_and_goes_out(self):
        self.assertEqual(self.run_as_ana("new", "flow", "--peer", input='{"do":"wait","for":"saved"}\n')[0], 0)
        path = self.folder / "flow.mmd"
        path.write_text("graph LR\n  a([Start]) -->|go| b{Sure?}\n  b -.-> a\n")
        status, _, errors = self.run_as_ana("import", "flow", path)
        self.assertEqual((status, errors.splitlines()[-1]), (0, "inkwire: stadiums (1) became round boxes"), errors)
        written = self.run_as_ana("export", "flow", "-o", "-", "--format", "mermaid")[1]
        self.assertEqual(written.splitlines(), [
            "flowchart LR", '    n1("Start")', '    n2{"Sure?"}', '    n1 -->|"go"| n2', "    n2 -.-> n1",
        ])
        self.assert_refused(self.run_as_ana("import", "flow", "-", "--format", "mermaid", input="graph LR\n  a -> b"), 2,
                            "line 2, column 5", "nothing was drawn")
        # Of the sketch: what has no place there is told.
        status, _, errors = self.run_as_ana("export", "sketch", "-o", self.folder / "sketch.mmd")
        self.assertEqual(status, 0, errors)
        self.assertIn("notes (1) became boxes; strokes (1) left out", errors)

    # MARK: Pictures within a terminal

    def shown(self, answer, *arguments, environment):
        """What a terminal of these words is written; `answer` gives its answer to what it was asked so far, or None."""
        leader, follower = pty.openpty()
        # 80 by 24, and 8 by 16 px for each.
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 640, 384))
        before = termios.tcgetattr(follower)
        child = subprocess.Popen(
            [str(ink.binary()), "export", "sketch", "-o", "-", *arguments], stdin=follower, stdout=follower, stderr=subprocess.DEVNULL,
            env={**ink.base_environment(), "INKWIRE_DATA_DIR": str(self.ana), **environment}, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        asked = b""
        said = None
        while child.poll() is None or select.select([leader], [], [], 0)[0]:
            if not select.select([leader], [], [], 0.05)[0]:
                continue
            asked += os.read(leader, 65536)
            if said is None:
                said = answer(asked)
                if said is not None:
                    os.write(leader, said)
                    asked = b""
        self.assertEqual(child.returncode, 0)
        self.assertEqual(termios.tcgetattr(follower), before, "the modes are as they were")
        self.assertFalse(select.select([follower], [], [], 0)[0], "nothing is left for the shell to read")
        os.close(leader)
        os.close(follower)
        return asked

    @unittest.skipUnless(shutil.which("rsvg-convert") and shutil.which("img2sixel"), "librsvg2-bin or libsixel-bin is not installed")
    def test_CL_131_CL_322_a_terminal_is_shown_what_it_says_that_it_can_show(self):
        def kitty(asked):
            return b"\x1b_Gi=31;OK\x1b\\\x1b[?62;c" if b"a=q" in asked and asked.endswith(b"\x1b[c") else None

        shown = self.shown(kitty, "--format", "picture", environment={"TERM": "xterm-kitty"})
        pieces = re.findall(rb"\x1b_G([^;]*);([^\x1b]*)\x1b\\", shown)
        self.assertEqual(re.sub(rb"\x1b_G[^\x1b]*\x1b\\", b"", shown).strip(), b"", "nothing but the picture")
        self.assertTrue(pieces[0][0].startswith(b"a=T,f=100,q=2"))
        self.assertEqual([keys[-3:] for keys, _ in pieces], [b"m=1"] * (len(pieces) - 1) + [b"m=0"])
        self.assertLessEqual(max(len(data) for _, data in pieces), 4096)
        picture = base64.b64decode(b"".join(data for _, data in pieces))
        path = self.folder / "board.png"
        self.assertEqual(self.run_as_ana("export", "sketch", "-o", path)[0], 0)
        self.assertEqual(picture, path.read_bytes())
        # A large one fits.
        large = self.shown(kitty, "--format", "picture", "--scale", "9", environment={"TERM": "xterm-kitty"})
        picture = base64.b64decode(b"".join(re.findall(rb"\x1b_G[^;]*;([^\x1b]*)\x1b", large)))
        self.assertEqual(int.from_bytes(picture[16:20]), 640)

        def sixel(asked):
            return b"\x1b[?62;4;22c" if asked.endswith(b"\x1b[c") else None

        shown = self.shown(sixel, "--format", "picture", environment={"TERM": "xterm-256color"})
        self.assertRegex(shown, rb"(?s)^\x1bP[0-9;]*q.*\x1b\\\s*$")

        def plain(asked):
            self.assertNotIn(b"\x1b_G", asked, "what does not know that question may print it")
            return b"\x1b[?62;22c" if asked.endswith(b"\x1b[c") else None

        shown = self.shown(plain, "--format", "picture", environment={"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
        self.assertEqual(shown.replace(b"\r\n", b"\n").decode(), self.export("-o", "-", "--format", "ansi"))
        self.assert_refused(self.run_as_ana("export", "sketch", "-o", path, "--format", "picture"), 2, "-o -")
        self.assert_refused(self.run_as_ana("export", "sketch", "-o", self.folder / "board.picture"), 2, "--format")


if __name__ == "__main__":
    main()
