"""How a board came about: on a terminal, as asciicast, as JSON lines."""

import json
import signal
import subprocess

import pyte

from harness import EndToEnd, ink, main
from terminal import Terminal


class Replay(EndToEnd):
    def setUp(self):
        super().setUp()
        self.ana = self.folder / "ana"
        self.maker = ink.new_board(self.ana, "ana")
        self.maker.draw("box", kind="rectangle", x=0, y=0, w=120, h=64, text="alpha")
        self.maker.draw("note", kind="note", x=200, y=0, w=120, h=64, text="beta")
        self.maker.draw("ring", kind="freehand", points=[[3 * n, n % 9 * 5] for n in range(60)], x=0, y=160)
        # What comes behind this is later, however fast the machine is.
        self.maker.send("stroke", points=[[0, 0], [40, 0]], x=0, y=220, over_ms=60)
        self.maker.send("say", text="done \x1b[31mred")
        self.maker.send("delete", id="note")
        self.maker.draw("last", kind="text", x=0, y=110, text="omega")
        self.maker.wait("saved")

    def replay(self, *arguments):
        return ink.run(["replay", "sketch", *arguments], data=self.ana, name="ana")

    def export(self, *arguments):
        status, text, errors = ink.run(["export", "sketch", *arguments], data=self.ana, name="ana")
        self.assertEqual(status, 0, errors)
        return text

    def open(self, *arguments, columns=80, rows=24, **environment):
        terminal = Terminal([str(ink.binary()), "replay", "sketch", *arguments, "--data-dir", str(self.ana)], columns, rows, environment)
        self.addCleanup(terminal.close)
        return terminal

    def state(self):
        return self.export("-o", "-", "--format", "json")

    def test_CL_110_CL_317_TM_260_TM_261_TM_418_a_board_is_played_on_a_terminal_while_another_program_holds_it(self):
        before = self.state()
        terminal = self.open("--speed", "1", "--idle-limit", "1h")
        terminal.see("PLAY")
        terminal.key(" ")
        terminal.see("PAUSE")
        terminal.key("0")
        self.assertNotIn("alpha", terminal.text)
        for _ in range(4):
            terminal.key(".")
        terminal.see("alpha")
        terminal.key("\x1b[F")
        terminal.see("END")
        terminal.see("omega")
        self.assertNotIn("beta", terminal.text)
        self.assertIn("ana", terminal.lines[-1])
        shown = terminal.lines[:-1]
        terminal.key("0")
        terminal.key("\x1b[F")
        terminal.settle()
        self.assertEqual(terminal.lines[:-1], shown)
        text = self.export("-o", "-", "--format", "txt").splitlines()
        for line in text:
            self.assertTrue(any(line in row for row in shown), line)
        terminal.resize(60, 20)
        terminal.until(lambda: "omega" in terminal.text and terminal.lines[-1].startswith(" END "), "the board at another size")
        terminal.resize(20, 5)
        terminal.until(lambda: terminal.lines[-1].startswith(" END ") and "omega" not in terminal.text, "all of it in a small window")
        terminal.key("q")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(terminal.modes(), terminal.before)
        switched = terminal.switched()
        self.assertEqual({mode for mode, is_on in switched.items() if is_on}, {7, 25})
        self.assertEqual(self.state(), before)
        self.assertEqual(self.maker.quit(), 0)

    def test_CL_317_a_signal_gives_the_terminal_back(self):
        self.assertEqual(self.maker.quit(), 0)
        for number in (signal.SIGTERM, signal.SIGHUP):
            terminal = self.open()
            terminal.see("PLAY")
            terminal.kill(number)
            self.assertEqual(terminal.wait(), -number)
            self.assertEqual(terminal.modes(), terminal.before)
            self.assertEqual({mode for mode, is_on in terminal.switched().items() if is_on}, {7, 25})

    def test_TM_262_TM_421_without_colours_and_in_ascii(self):
        self.assertEqual(self.maker.quit(), 0)
        terminal = self.open("--ascii", columns=30, rows=8, NO_COLOR="1")
        terminal.key("\x1b[F")
        terminal.see("alpha")
        self.assertTrue(terminal.text.isascii(), terminal.text)
        self.assertNotRegex(terminal.bytes, rb"\x1b\[[0-9;]*(38|48);")
        terminal.key("q")
        self.assertEqual(terminal.wait(), 0)

    def test_CL_111_bad_arguments_are_told_before_anything_is_written(self):
        self.assertEqual(self.maker.quit(), 0)
        cast = self.folder / "a.cast"
        for arguments, why in [
            ([], "--format"), (["--speed", "0", "-o", str(cast)], "speed"), (["--speed", "nan", "-o", str(cast)], "speed"),
            (["--from", "2s", "--to", "1s", "-o", str(cast)], "--to is not after --from"), (["--from", "9h", "-o", str(cast)], "--from"),
            (["--to", "0", "-o", str(cast)], "--to is not after the beginning"), (["--format", "jsonl", "-o", "-", "--speed", "4"], "leave out --speed"),
            (["--from", "1x", "-o", str(cast)], "from"), (["--idle-limit", "0s", "-o", str(cast)], "idle limit"),
            (["--columns", "5", "-o", str(cast)], "--columns"), (["-o", "-"], "--format"), (["-o", str(self.folder / "a.gif")], "--format"),
        ]:
            with self.subTest(arguments):
                self.assert_refused(self.replay(*arguments), 2, why)
        self.assertFalse(cast.exists())
        self.assert_refused(ink.run(["replay", "none", "-o", str(cast)], data=self.ana, name="ana"), 5)

    def frames(self, text):
        header, *events = [json.loads(line) for line in text.splitlines()]
        return header, events

    def last_screen(self, header, events):
        screen = pyte.Screen(header["width"], header["height"])
        stream = pyte.Stream(screen)
        for _, code, data in events:
            if code == "o":
                stream.feed(data)
        return [line.rstrip() for line in screen.display]

    def test_CL_112_FM_225_an_asciicast_ends_as_the_text_of_the_board(self):
        self.assertEqual(self.maker.quit(), 0)
        cast = self.folder / "demo.cast"
        status, _, errors = self.replay("-o", str(cast), "--columns", "100", "--rows", "30")
        self.assertEqual(status, 0, errors)
        header, events = self.frames(cast.read_text())
        self.assertEqual((header["version"], header["width"], header["height"], header["title"]), (2, 100, 30, "sketch"))
        self.assertEqual([time for time, _, _ in events], sorted(time for time, _, _ in events))
        self.assertEqual([data for _, code, data in events if code == "m"], ["ana joined"])
        text = self.export("-o", "-", "--format", "txt").splitlines()
        shown = [line for line in self.last_screen(header, events)]
        first = next(number for number, line in enumerate(shown) if line)
        left = min(len(line) - len(line.lstrip()) for line in shown if line)
        self.assertEqual([line[left:] for line in shown[first:first + len(text)]], text)
        self.assertFalse(any(shown[first + len(text):]))
        # The same from `export`, at the usual size.
        other = self.folder / "other.cast"
        self.export("-o", str(other))
        self.assertEqual(self.frames(other.read_text())[0]["width"], 80)

    def test_CL_112_json_lines_tell_all_that_happened(self):
        self.assertEqual(self.maker.quit(), 0)
        status, text, errors = self.replay("--json", "--idle-limit", "1h")
        self.assertEqual(status, 0, errors)
        self.assertNotIn("\x1b", text)
        events = [json.loads(line) for line in text.splitlines()]
        self.assertEqual((events[0]["event"], events[0]["name"], events[-1]["event"]), ("recording", "sketch", "end"))
        times = [event["at_ms"] for event in events[1:]]
        self.assertEqual(times, sorted(times))
        self.assertEqual(events[-1]["at_ms"], events[0]["duration_ms"])
        shapes, changes = {}, {}
        for event in events:
            if event["event"] == "shape":
                changes[event["id"]] = {**changes.get(event["id"], {}), **event["shape"]}
                shapes[event["id"]] = changes[event["id"]] if event["change"] != "removed" else None
        standing = json.loads(self.state())["shapes"]
        self.assertEqual([shape for shape in shapes.values() if shape], standing)
        self.assertIsNone(shapes["note"])
        self.assertEqual([event["text"] for event in events if event["event"] == "chat"], ["done \x1b[31mred"])
        # From the middle on: what stands there comes first.
        middle = [event["at_ms"] for event in events if event["event"] == "shape"][1]
        late = [json.loads(line) for line in self.replay("--json", "--idle-limit", "1h", "--from", f"{middle}ms")[1].splitlines()]
        self.assertEqual([event["id"] for event in late if event["event"] == "shape"][:2], ["box", "note"])
        self.assertEqual([event["name"] for event in late if event["event"] == "joined"], ["ana"])

    def test_CL_318_a_long_recording_goes_out_as_it_is_made(self):
        self.maker.draw("long", kind="freehand", points=[[n % 400, n % 300] for n in range(10_000)], x=0, y=300)
        for _ in range(300):
            self.maker.send("move", id="long", by=[1, 0])
        self.maker.wait("saved")
        self.assertEqual(self.maker.quit(), 0)
        status, text, errors = self.replay("--json")
        self.assertEqual(status, 0, errors)
        self.assertLess(len(text), 400_000)
        # A reader that goes has seen enough, and a file that cannot be finished stands as it was.
        with subprocess.Popen(
            [str(ink.binary()), "replay", "sketch", "--format", "cast", "-o", "-", "--data-dir", str(self.ana)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE) as gone:
            self.assertIn(b'"version":2', gone.stdout.readline())
            gone.stdout.close()
            self.assertEqual((gone.wait(60), gone.stderr.read()), (0, b""))
        folder = self.folder / "out"
        folder.mkdir()
        (folder / "a.cast").write_text("before")
        (folder / "a.cast").chmod(0o640)
        limited = "ulimit -f 8; exec \"$@\""
        failed = subprocess.run(
            ["bash", "-c", limited, "-", str(ink.binary()), "replay", "sketch", "-o", str(folder / "a.cast"), "--data-dir", str(self.ana)],
            capture_output=True, timeout=60)
        self.assertNotEqual(failed.returncode, 0)
        self.assertEqual((folder / "a.cast").read_text(), "before")
        steps = json.loads(text.splitlines()[0])["steps"]
        status, _, errors = self.replay("-o", str(folder / "a.cast"))
        self.assertEqual(status, 0, errors)
        self.assertIn(f"{steps} steps written", errors)
        self.assertEqual((folder / "a.cast").stat().st_mode & 0o777, 0o640)
        self.assertEqual([path.name for path in folder.iterdir()], ["a.cast"])


if __name__ == "__main__":
    main()
