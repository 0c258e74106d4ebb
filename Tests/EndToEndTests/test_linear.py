"""A board told and led by lines: a diagram through a pipe, two who type, hostile peers, wrong lines, a terminal that is not drawn on."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import diagram
import harness
import inkwire_process as ink


class Lines(ink.Process):
    """Somebody who types lines and reads lines."""

    def __init__(self, arguments, *, data, name, rendezvous=None, **settings):
        environment = {"INKWIRE_DATA_DIR": data, "INKWIRE_NAME": name, "INKWIRE_RENDEZVOUS": rendezvous, **settings}
        super().__init__(arguments, environment=environment, label=name)
        self.place = 0

    def type(self, *lines):
        self.child.stdin.write("".join(line + "\n" for line in lines).encode())
        self.child.stdin.flush()

    def hear(self, pattern, timeout=15):
        """The next line in which the pattern is found; what stands before it is passed over."""
        def look():
            while self.place < len(self.lines):
                line = self.lines[self.place]
                self.place += 1
                if re.search(pattern, line):
                    return line
            return None
        return self.await_condition(look, timeout, f"a line with {pattern}")

    def ask(self, line, pattern, timeout=15):
        self.type(line)
        return self.hear(pattern, timeout)

    def leave(self):
        self.type("quit")
        return self.wait_exit(20)


class Linear(harness.EndToEnd):
    def lines(self, arguments, who="ana", **more):
        return Lines(arguments, data=self.folder / who, name=who, **more)

    def piped(self, board, text, who="ana", **more):
        """All that is said to these lines through a pipe."""
        return ink.run(["open", board], data=self.folder / who, name=who, input=text, **more)

    def board(self, who="ana", name="sketch"):
        """A board with nothing on it."""
        self.assertEqual(ink.new_board(self.folder / who, who, name).quit(), 0)

    def state(self, who="ana", name="sketch"):
        peer = ink.open_board(name, self.folder / who, who)
        state = peer.state()
        self.assertEqual(peer.quit(), 0)
        return state

    # The diagram of tools/diagram, by cells.
    BOXES = [(2 + number % 4 * 20, 3 + number // 4 * 10) for number in range(8)]
    RING = [(62 + x, 8 + y) for x, y in [(5, 0), (8, 1), (9, 2), (8, 3), (5, 4), (2, 3), (1, 2), (2, 1), (5, 0)]]

    def diagram_lines(self):
        for (column, row), label in zip(self.BOXES, diagram.LABELS):
            yield f"{label} = rectangle {column} {row} 10 3 {label}"
        for first, last in diagram.ARROWS:
            yield f"arrow {diagram.LABELS[first]} {diagram.LABELS[last]}"
        yield "pen " + " ".join(f"{x},{y}" for x, y in self.RING)

    def diagram_commands(self):
        for (column, row), label in zip(self.BOXES, diagram.LABELS):
            shape = {"kind": "rectangle", "x": column * 8, "y": row * 16, "w": 80, "h": 48, "text": label}
            yield {"do": "draw", "id": label, "shape": shape}
        for first, last in diagram.ARROWS:
            ends = {"start_binding": {"id": diagram.LABELS[first]}, "end_binding": {"id": diagram.LABELS[last]}}
            yield {"do": "draw", "shape": {"kind": "arrow", **ends}}
        x, y = self.RING[0]
        yield {"do": "stroke", "x": x * 8, "y": y * 16, "points": [[(left - x) * 8, (top - y) * 16] for left, top in self.RING]}

    def test_CL_271_LN_1_the_diagram_by_lines_has_the_fingerprint_of_the_diagram_by_json(self):
        compiler = shutil.which("clang") or shutil.which("cc")
        if not compiler:
            self.skipTest("there is no C compiler for a world that stands still")
        library = self.folder / "fixed_world.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, ink.ROOT / "tools/lib/fixed_world.c", "-ldl"], check=True)
        self.board(name="plan")
        shutil.copytree(self.folder / "ana", self.folder / "twin")
        # What is signed holds the time of day, and numbers that begin at random: where both stand still two programs sign the same bytes.
        still = {"LD_PRELOAD": str(library), "INKWIRE_FIXED_SECONDS": "1900000000"}
        said = "\n".join(["wait saved", *self.diagram_lines(), "list", "status"]) + "\n"
        status, out, errors = ink.run(["open", "plan"], data=self.folder / "ana", name="ana", input=said, environment=still)
        self.assertEqual(status, 0, errors)
        self.assertNotIn("not done", out)
        lines = out.splitlines()
        self.assertIn("you drew shape 1, a rectangle 10 by 3 at 2,3, labelled web", lines)
        self.assertIn("you drew shape 9, an arrow from shape 1 to shape 2", lines)
        self.assertIn("18 shapes, of which 18 follow", lines)
        ours = re.search(r"fingerprint ([0-9a-f]{32})", lines[-1]).group(1)
        commands = "".join(json.dumps(command) + "\n" for command in [*self.diagram_commands(), {"do": "state"}])
        status, out, errors = ink.run(["peer", "plan"], data=self.folder / "twin", name="ana", input=commands, environment=still)
        self.assertEqual(status, 0, errors)
        theirs = next(event for event in map(json.loads, out.splitlines()) if event["event"] == "state")
        mine = self.state(name="plan")
        self.assertEqual(mine["shapes"], theirs["shapes"])
        self.assertEqual(ours, theirs["fingerprint"])
        kinds = [shape["kind"] for shape in mine["shapes"]]
        self.assertEqual([kinds.count(kind) for kind in ("rectangle", "arrow", "freehand")], [8, 9, 1])
        self.assertTrue(all(shape["start_binding"] and shape["end_binding"] for shape in mine["shapes"] if shape["kind"] == "arrow"))

    def test_CL_270_LN_7_two_who_type_lines_meet_draw_and_talk(self):
        server = self.rendezvous()
        ana = self.lines(["new", "sketch", "--linear"], rendezvous=server.address)
        ana.hear(r"^0 shapes on the board, you are an owner; `help`")
        link = ana.ask("invite", r"^whoever has this link may join: ").rpartition(" ")[2]
        bob = self.lines(["join", "-", "--linear"], "bob")
        bob.type(link)
        bob.hear(r"^waiting for the board")
        bob.hear(r"you are an editor")
        ana.hear(r"^bob joined as an editor")
        ana.ask("web = rect 10 5 12 4 web", r"^you drew shape 1, a rectangle 12 by 4 at 10,5, labelled web$")
        bob.hear(r"^ana drew shape 1, a rectangle 12 by 4 at 10,5, labelled web$")
        bob.ask("ellipse 40 5 12 4 \"the cache\"", r"^you drew shape 2, an ellipse")
        bob.ask("arrow web \"the cache\" asks", r"^you drew shape 3, an arrow from shape 1 to shape 2, labelled asks$")
        ana.hear(r"^bob drew shape 3, an arrow from shape 1 to shape 2, labelled asks$")
        ana.ask("move web 0 2", r"^you moved shape 1 to 10,7, a rectangle, labelled web$")
        bob.hear(r"^ana moved shape 1 to 10,7, a rectangle, labelled web$")
        bob.ask("say the cache is cold", r"^said$")
        ana.hear(r"^bob: the cache is cold$")
        ana.ask("ink 2 orange", r"^you gave shape 2 colour orange")
        bob.hear(r"^ana gave shape 2 colour orange, an ellipse, labelled the cache$")
        bob.ask("point 12 6", r"^you point at 12,6$")
        ana.ask("who", r"^one other is here; you are ana, owner$")
        ana.hear(r"^editor, direct .*: bob$")
        bob.ask("near web", r"^the nearest to 16,9, 2 of 2$")
        bob.ask("describe 1", r"^shape 1, a rectangle 12 by 4 at 10,7, .*lines that end there: 3, .*drawn by ana, called web, text web$")
        ana.ask("role bob viewer", r"^viewer from now on: bob$")
        bob.hear(r"made you a viewer here|you are now a viewer")
        bob.ask("rect 1 1 1 1", r"^not done: you are a viewer here")
        ana.ask("wait synced", r"^all are in step$")
        prints = [re.search("fingerprint ([0-9a-f]{32})", person.ask("status", "^saved, nothing unsent")).group(1) for person in (ana, bob)]
        self.assertEqual(prints[0], prints[1])
        self.assertEqual(bob.leave(), 0, bob.report())
        ana.hear(r"^bob left$")
        ana.hear(r"^Only you\.")
        self.assertEqual(ana.leave(), 0, ana.report())

    def test_LN_6_LN_8_nothing_that_a_peer_wrote_is_an_escape_or_a_line_of_its_own(self):
        server = self.rendezvous()
        ana = self.lines(["new", "sketch", "--linear"], rendezvous=server.address)
        link = ana.ask("invite", r"^whoever has this link may join: ").rpartition(" ")[2]
        eve = ink.join_board(link, self.folder / "eve", "e\x1b[2Jve\x07\u202e")
        evil = "x\x1b]0;title\x07\nshape 9, gone\r\x9b31m\u202ey"
        eve.draw("evil", kind="rectangle", x=80, y=80, w=96, h=64, text=evil)
        eve.ask("say", "chat", text=evil)
        ana.hear(r"shape 1, a rectangle 12 by 4 at 10,5, labelled x")
        ana.hear(r": x.*shape 9, gone")
        for line in ("list", "describe 1", "who", "members", "messages", "connection", "find x"):
            ana.type(line)
        ana.ask("status", "fingerprint")
        for number in range(40):
            eve.send("draw", shape={"kind": "rectangle", "x": number, "y": 0, "w": 8, "h": 8})
        # Of a storm eight things are told, then sums.
        ana.hear(r"drew \d\d shapes$", 10)
        self.assertEqual(ana.leave(), 0)
        for line in ana.lines:
            self.assertNotRegex(line, "[\x00-\x1f\x7f-\x9f\u202e]", repr(line))
        self.assertLess(sum("drew shape" in line for line in ana.lines), 12)
        eve.quit()

    def test_CL_272_TM_18_a_terminal_that_is_not_drawn_on_is_led_by_lines_without_an_escape(self):
        self.board()
        settings = {**ink.base_environment(), "INKWIRE_DATA_DIR": str(self.folder / "ana"), "INKWIRE_NAME": "ana", "TERM": "dumb"}
        child, terminal = pty.fork()
        if child == 0:
            os.execve(ink.binary(), [str(ink.binary()), "open", "sketch"], settings)
        self.addCleanup(os.close, terminal)
        seen = b""

        def see(words, seconds=15):
            nonlocal seen
            deadline = time.monotonic() + seconds * ink.PATIENCE
            while words not in seen and time.monotonic() < deadline:
                if select.select([terminal], [], [], 0.2)[0]:
                    try:
                        data = os.read(terminal, 65536)
                    except OSError:
                        break
                    seen += data
            self.assertIn(words, seen)

        see(b"`help` lists the commands")
        for number in range(60):
            os.write(terminal, f"rect {number} 2 3 4 box{number}\n".encode())
            see(f"you drew shape {number + 1}, a rectangle 3 by 4 at {number},2, labelled box{number}\r\n".encode())
        os.write(terminal, b"rectt 1 2\n")
        see(b"not done: there is no command \"rectt\": did you mean `rect`?")
        # Ctrl+D.
        os.write(terminal, b"\x04")
        deadline, ended = time.monotonic() + 15 * ink.PATIENCE, (0, 0)
        while ended[0] == 0 and time.monotonic() < deadline:
            select.select([terminal], [], [], 0.05)
            ended = os.waitpid(child, os.WNOHANG)
        self.assertEqual(ended, (child, 0))
        self.assertNotIn(b"\x1b", seen)
        self.assertEqual(len(self.state()["shapes"]), 60)

    def test_CL_273_LN_5_LN_11_wrong_lines_change_nothing_and_are_answered_in_their_turn(self):
        self.board()
        before = self.state()["fingerprint"]
        wrong = ["rectt 1 2 3 4", "rect 1 2", "rect a b c d", "delete 7", "label 1 x", "ink 1 pruple", "say \"open", "arrow 1 2", "undo", "redo",
                 "role nobody editor", "import /nowhere.json", "import /etc/hostname", "export /nowhere/at/all.svg", "export x", "verify nobody", "paste",
                 "wait peers 0", "9", "=", "a = b", "\x07", "rect " + "9" * 400]
        data = "\n".join(wrong).encode() + b"\n\xff\xfe\x00\n" + b"say " + b"y" * 2_000_000 + b"\nstatus"
        status, out, errors = self.run_bytes(["open", "sketch"], data)
        self.assertEqual(status, 0, errors)
        answers = out.splitlines()[1:]
        self.assertEqual(len(answers), len(wrong) + 3, out)
        for line, answer in zip(wrong + ["bytes", "long"], answers):
            self.assertRegex(answer, r"^not done: .{15}", f"{line[:40]!r} was answered {answer!r}")
            self.assertLess(len(answer), 900)
        self.assertIn(before, answers[-1])

    def run_bytes(self, arguments, data, who="ana", **settings):
        environment = {**ink.base_environment(), "INKWIRE_DATA_DIR": str(self.folder / who), "INKWIRE_NAME": who, **settings}
        done = subprocess.run([str(ink.binary()), *arguments], input=data, capture_output=True, env=environment, timeout=60 * ink.PATIENCE)
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    def test_LN_1_LN_12_all_that_a_terminal_does_to_a_board_can_be_typed(self):
        self.board()
        target = self.folder / "plan.svg"
        said = ["web = rect 2 3 10 3 web", "ellipse 22 3 10 3 app", "diamond 42 3 10 3 db", "note 2 20 buy milk", "text 30 20 \"two\\nwords\"", "line 1,1 5,1 5,5",
                "arrow web app calls", "pen 1,9 2,9 3,10", "group 1 2", "move 1 0 1", "ungroup 1", "resize 3 12 4", "place 3 45 4", "label 3 store",
                "fill 1 2 sky", "border 3 double", "width 6 thick", "heads 7 both", "end-head 7 dot", "elbow 7 on", "align 1 3 top", "distribute 1 2 3 horizontally",
                "front 1", "back 2", "forward 2", "backward 1", "duplicate 4 by 0,5", "from 6 web", "to 6 60,9", "path 6 1,1 9,9", "copy 1 2", "paste by 0,10", "cut 4",
                "lock 1", "unlock 1", "undo", "redo", "fit-label 5", "name anna", "slow 10s", "slow off", "look-here 0 0 10 10", "list", "find app", "near 3 3", "describe 7",
                "who", "members", "messages", f"export {target}", f"export {target}", "help arrow", "delete all", "status"]
        status, out, errors = self.piped("sketch", "\n".join(said) + "\n")
        self.assertEqual(status, 0, errors)
        refused = [line for line in out.splitlines() if line.startswith("not done")]
        self.assertEqual(len(refused), 1, refused)
        self.assertIn("a file of that name is there already", refused[0])
        self.assertTrue(target.read_text().startswith("<svg") or "<svg" in target.read_text())
        self.assertIn("0 shapes", out.splitlines()[-1])

    def test_CL_274_a_reader_who_goes_ends_it_quietly_and_a_signal_keeps_what_was_drawn(self):
        self.board()
        read, write = os.pipe()
        settings = {**ink.base_environment(), "INKWIRE_DATA_DIR": str(self.folder / "ana"), "INKWIRE_NAME": "ana"}
        child = subprocess.Popen([str(ink.binary()), "open", "sketch"], stdin=subprocess.PIPE, stdout=write, stderr=subprocess.PIPE, env=settings)
        os.close(write)
        os.read(read, 10)
        os.close(read)
        _, errors = child.communicate(b"rect 1 2 3 4 first\n" * 5, timeout=30 * ink.PATIENCE)
        self.assertEqual((child.returncode, errors.count(b"rror")), (0, 0), errors)
        self.assertEqual(len(self.state()["shapes"]), 5)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            ana = self.lines(["open", "sketch", "--linear"])
            ana.ask("rect 1 2 3 4", r"^you drew shape")
            self.assertEqual(ana.kill(number), 128 + number)
        self.assertEqual(len(self.state()["shapes"]), 8)

    def test_CL_275_a_further_program_attaches_and_takes_back_its_own(self):
        ana = ink.new_board(self.folder / "ana", "ana", "sketch")
        ana.draw("a", kind="rectangle", x=0, y=0, w=80, h=64, text="web")
        second = self.lines(["open", "sketch", "--linear"])
        second.hear(r"^1 shape on the board")
        second.ask("rect 20 0 10 4 app", r"^you drew shape 2")
        ana.event("shape", matching=lambda event: event["shape"].get("text") == "app")
        ana.draw("b", kind="rectangle", x=0, y=160, w=80, h=64, text="db")
        second.hear(r"^you drew shape 3, a rectangle 10 by 4 at 0,10, labelled db$")
        second.ask("undo", r"^undone: you deleted shape 2, a rectangle 10 by 4 at 20,0, labelled app$")
        second.ask("undo", r"^not done: there is nothing to undo")
        # The holder goes, and the lines go on.
        ana.kill()
        second.ask("rect 40 0 10 4 after", r"^you drew shape 4", 20)
        self.assertEqual(second.leave(), 0, second.report())

    def test_CL_276_without_a_terminal_and_without_an_input_it_says_so(self):
        for command in (["new", "other"], ["open", "sketch"]):
            with open("/dev/null", "rb") as nothing:
                settings = {**ink.base_environment(), "INKWIRE_DATA_DIR": str(self.folder / "ana")}
                self.board() if command[0] == "open" else None
                done = subprocess.run([str(ink.binary()), *command], stdin=nothing, capture_output=True, env=settings, timeout=20 * ink.PATIENCE)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(b"--linear", done.stderr)
        self.assertNotIn("other", ink.run(["boards"], data=self.folder / "ana")[1])
        # Who asks for lines gets them: an end of input at once is a board that is left at once.
        self.assertEqual(ink.run(["new", "third", "--linear"], data=self.folder / "ana", name="ana")[0], 0)


if __name__ == "__main__":
    harness.main()
