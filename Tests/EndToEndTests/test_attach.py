"""Several programs of one person on one board: one holds it, the others attach, and nobody notices when another becomes the holder."""

import json
import os
import pathlib
import random
import signal
import socket
import stat
import struct
import subprocess
import sys

from harness import EndToEnd, ink, main
from terminal import Terminal

BOARD = "sketch"
# A version of the local protocol that there will never be; the same in both orders of its bytes.
OTHER_VERSION = b"INKA\x02\x02"


def box(x, y=0):
    return {"kind": "rectangle", "x": x, "y": y, "w": 64, "h": 48}


def frame(payload):
    return struct.pack(">I", len(payload)) + payload


class Attaching(EndToEnd):
    def setUp(self):
        super().setUp()
        # The socket stands in the board's directory, where a test finds it.
        runtime = os.environ.pop("XDG_RUNTIME_DIR", None)
        if runtime is not None:
            self.addCleanup(os.environ.__setitem__, "XDG_RUNTIME_DIR", runtime)

    @property
    def data(self):
        return self.folder / "ana"

    def alone(self):
        """A holder that meets nobody."""
        return ink.new_board(self.data, "ana", BOARD)

    def program(self, data=None, **more):
        return ink.open_board(BOARD, data or self.data, "ana", **more)

    def run_it(self, *arguments, **more):
        return ink.run(arguments, data=more.pop("data", self.data), name="ana", **more)

    def socket_path(self, holder):
        """Where that program listens for others, as the system tells it (Linux)."""
        inodes = set()
        for entry in pathlib.Path(f"/proc/{holder.pid}/fd").iterdir():
            try:
                inodes.add(os.readlink(entry).removeprefix("socket:[").removesuffix("]"))
            except OSError:
                continue
        rows = [row.split() for row in pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]]
        paths = {row[7] for row in rows if len(row) == 8 and row[6] in inodes and row[7].endswith(".sock")}
        self.assertEqual(len(paths), 1, paths)
        return pathlib.Path(paths.pop())

    def connect(self, holder):
        line = socket.socket(socket.AF_UNIX)
        self.addCleanup(line.close)
        line.settimeout(10 * ink.PATIENCE)
        line.connect(str(self.socket_path(holder)))
        return line

    def with_bob(self):
        """A holder and a person who is somewhere else; returns both, and where bob's news begin."""
        holder, bob = self.pair(BOARD)
        self.ana_at_bob = bob.event("peer", state="joined")["peer"]
        return holder, bob, bob.mark

    def assert_unnoticed(self, bob, since):
        told = [event for _, event in bob.events[since:] if event.get("event") == "peer"]
        self.assertEqual([event for event in told if event["state"] in ("left", "joining") or event["peer"] != self.ana_at_bob], [])

    def assert_one_holder(self, *programs):
        self.assertEqual(sum(bool(program.udp_ports()) for program in programs), 1, "only the holder is on the network")

    def xs(self, program):
        return sorted(round(shape["x"]) for shape in program.state()["shapes"])


class Together(Attaching):
    def test_CL_18_CL_302_all_kinds_of_programs_at_once_and_the_holder_leaves(self):
        self.server = self.rendezvous()
        maker = ink.new_board(self.data, "ana", BOARD, self.server.address)
        link = maker.link()
        self.assertEqual(maker.quit(), 0)
        settings = {"INKWIRE_DATA_DIR": self.data, "INKWIRE_NAME": "ana", "INKWIRE_RENDEZVOUS": self.server.address}
        first = Terminal([ink.binary(), "open", BOARD], environment=settings)
        self.addCleanup(first.close)
        first.until(lambda: "saved" in first.lines[-1], "the board")
        bob = ink.join_board(link, self.folder / "bob", "bob")
        self.ana_at_bob = bob.event("peer", state="joined", name="ana")["peer"]
        since = bob.mark

        status, _, errors = self.run_it("draw", BOARD, input=json.dumps({"do": "draw", "shape": box(160, 80)}) + "\n")
        self.assertEqual(status, 0, errors)
        first.see("┌")
        status, _, errors = self.run_it("say", BOARD, "hello there")
        self.assertEqual(status, 0, errors)
        chat = bob.event("chat", text="hello there")

        watch = ink.Peer(["watch", BOARD], data=self.data, name="ana")
        watch.event("ready")
        peer = self.program()
        self.assertEqual(peer.event("ready")["me"], watch.event("ready")["me"])
        second = Terminal([ink.binary(), "open", BOARD], environment=settings)
        self.addCleanup(second.close)
        second.see("┌")
        self.assertEqual(self.xs(peer), [160])

        # Hands of two programs move at once, and a third sees both.
        first.key("r")
        first.drag([(40, 5), (45, 8)], releases=False)
        bob.event("gesture", kind="shape", after=since, peer=self.ana_at_bob)
        stroke = peer.send("stroke", x=8, y=240, points=[[step * 4, step] for step in range(40)], over_ms=600)
        watch.event("gesture", kind="shape")
        watch.event("gesture", kind="stroke", state="live")
        first.mouse(0, 45, 8, released=True)
        drawn = peer.event("shape", ref=stroke)
        self.assertEqual(drawn["author"], chat["author"])
        self.assertEqual(len(drawn["shape"]["points"]), 40)
        bob.event("shape", matching=lambda event: event["shape"]["kind"] == "freehand")
        watch.event("shape", matching=lambda event: event["shape"]["kind"] == "freehand")
        second.until(lambda: second.dots(), "the stroke of the other program")
        ink.wait_until(lambda: first.pump() or len(peer.state()["shapes"]) == 3, 10, "all that was drawn")

        # What another program drew is not taken back.
        mine = peer.ask("undo", "shape")
        self.assertEqual((mine["change"], mine["shape"]["kind"]), ("removed", "freehand"))
        self.assertEqual(peer.ask("undo", "error")["code"], "nothing_to_undo")
        second.key("u")
        self.assertEqual(len(peer.state()["shapes"]), 2)

        # Behind a fresh box q is asked for twice: Esc is done with it.
        first.key("\x1b")
        first.key("q")
        self.assertEqual(first.wait(), 0, first.text)
        peer.draw(x=400, y=80, kind="rectangle", w=8, h=8)
        bob.event("shape", after=since, matching=lambda event: round(event["shape"]["x"]) == 400)
        second.key("r")
        second.drag([(60, 10), (66, 14)])
        ink.wait_until(lambda: second.pump() or len(bob.state()["shapes"]) == 4, 10, "the box of the second terminal at bob")
        self.assert_one_holder(peer, watch, self.of(second))
        self.assert_equal_boards(peer, bob)
        self.assert_unnoticed(bob, since)
        second.key("\x1b")
        second.key("q")
        self.assertEqual(second.wait(), 0, second.text)
        watch.kill(signal.SIGINT)
        self.assertEqual(peer.quit(), 0, peer.report())
        # Now nobody of hers is left, and that is told.
        bob.event("peer", state="left", after=since)

    def of(self, terminal):
        """A terminal's program, as far as its sockets go."""
        program = object.__new__(ink.Process)
        program.child = terminal
        return program


class Succession(Attaching):
    def test_CL_18_CL_302_a_holder_that_is_killed_is_followed_unnoticed(self):
        holder, bob, since = self.with_bob()
        left, right = self.program(), self.program()
        mine = left.draw("mine", **box(0))
        holder.kill()
        for number, program in enumerate((left, right), 1):
            # Two want it at once; whoever loses attaches to the other.
            program.draw(f"after-{number}", **box(number * 80), timeout=10)
        self.assert_one_holder(left, right)
        self.assertEqual(left.state()["shapes"][0]["id"], mine["id"])
        self.assertEqual(self.xs(left), [0, 80, 160])
        left.ask("set", "shape", id="mine", set={"text": "still mine"})
        left.ask("undo", "shape")
        left.ask("undo", "shape")
        self.assert_equal_boards(left, right, bob)
        self.assertEqual(self.xs(bob), [0, 160], "each takes back its own")
        # The one that holds it now goes; a third has come meanwhile.
        third = self.program()
        held, other = (left, right) if left.udp_ports() else (right, left)
        self.assertEqual(held.quit(), 0, held.report())
        other.draw("last", **box(400), timeout=10)
        self.assert_equal_boards(other, third, bob)
        self.assert_unnoticed(bob, since)
        self.assert_ends_well(other, third, bob)

    def test_CL_18_a_holder_that_has_just_followed_and_quits_leaves_the_board_to_the_others(self):
        holder, bob, since = self.with_bob()
        programs = [self.program(), self.program()]
        holder.kill()
        held = ink.wait_until(lambda: next((program for program in programs if program.udp_ports()), None), 10, "a holder", interval=0.002)
        self.assertEqual(held.quit(), 0, held.report())
        programs.remove(held)
        programs[0].draw("on", **box(80), timeout=10)
        bob.event("shape", id="on")
        self.assert_unnoticed(bob, since)
        self.assert_ends_well(*programs, bob)

    def test_CL_18_TM_83_a_terminal_that_takes_the_board_over_says_how_it_is_on_the_network(self):
        holder = self.alone()
        terminal = Terminal([ink.binary(), "open", BOARD], environment={"INKWIRE_DATA_DIR": self.data, "INKWIRE_NAME": "ana"})
        self.addCleanup(terminal.close)
        terminal.until(lambda: "saved" in terminal.lines[-1], "the board", 20)
        terminal.key("N")
        terminal.see("another program of yours")
        holder.kill()
        terminal.until(lambda: "another program of yours" not in terminal.text and "relay: used" in terminal.text, "its own words", 20)
        terminal.key("N")
        terminal.key("q")
        self.assertEqual(terminal.wait(), 0, terminal.text)

    def test_CL_18_a_file_that_is_being_drawn_is_on_the_board_once(self):
        holder, witness = self.alone(), None
        witness = self.program()
        lines = "".join(json.dumps({"do": "draw", "id": f"s{number}", "shape": box(number)}) + "\n" for number in range(200))
        file = self.folder / "lines.json"
        file.write_text(lines)
        drawing = ink.Process(["draw", BOARD, file], environment={"INKWIRE_DATA_DIR": self.data, "INKWIRE_NAME": "ana"})
        holder.event("shape", id="s20")
        holder.kill()
        self.assertEqual(drawing.wait_exit(), 0, drawing.report())
        self.assertEqual(self.xs(witness), list(range(200)))
        self.assert_ends_well(witness)

    def test_CL_18_a_live_stroke_goes_on_and_is_on_the_board_once(self):
        holder, bob, since = self.with_bob()
        peer = self.program()
        reference = peer.send("stroke", id="long", x=0, y=0, points=[[step, step % 9] for step in range(100)], over_ms=1200)
        holder.event("gesture", kind="stroke", matching=lambda event: event.get("points_total", 0) > 20)
        holder.kill()
        drawn = peer.event("shape", ref=reference)
        self.assertEqual([point[0] for point in drawn["shape"]["points"]], list(range(100)))
        peer.draw("then", **box(0, 200))
        picture = self.assert_equal_boards(peer, bob)
        self.assertEqual(sorted(picture), ["long", "then"])
        self.assert_unnoticed(bob, since)
        self.assert_ends_well(peer, bob)

    def test_CL_18_a_terminal_that_is_hung_up_delivers_what_was_drawn(self):
        holder = self.alone()
        terminal = Terminal([ink.binary(), "open", BOARD], environment={"INKWIRE_DATA_DIR": self.data, "INKWIRE_NAME": "ana"})
        self.addCleanup(terminal.close)
        terminal.until(lambda: "saved" in terminal.lines[-1], "the board")
        terminal.key("p")
        terminal.drag([(10 + step, 5 + step // 3) for step in range(20)], releases=False)
        holder.event("gesture", kind="stroke", matching=lambda event: event.get("points_total", 0) >= 15)
        os.close(terminal.leader_end)
        terminal.leader_end = -1
        self.assertGreaterEqual(len(holder.event("shape", change="added")["shape"]["points"]), 10)
        self.assertEqual(int(terminal._report()), -signal.SIGHUP)
        self.assert_ends_well(holder)


class Socket(Attaching):
    def test_CL_18_its_file_is_for_us_alone_and_a_stale_one_is_replaced(self):
        holder = self.alone()
        path = self.socket_path(holder)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        holder.kill()
        self.assertTrue(path.exists(), "a kill leaves it")
        holder, peer = self.program(), self.program()
        peer.draw("it", **box(0))
        holder.event("shape", id="it")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assert_ends_well(peer, holder)
        self.assertFalse(path.exists(), "who ends well takes it away")

    def test_CL_18_a_directory_with_a_long_path_has_it_elsewhere(self):
        # SQLite takes 512 bytes, its own files' names included; the address of a socket 107.
        deep = self.folder.path.joinpath(*["d" * 80] * 4)
        runtime = self.folder / "run"
        runtime.mkdir(mode=0o700)
        for surroundings in ({}, {"XDG_RUNTIME_DIR": runtime}):
            data = deep / str(len(surroundings))
            holder = ink.new_board(data, "ana", BOARD, environment=surroundings)
            status, _, errors = self.run_it("say", BOARD, "from afar", data=data, environment=surroundings)
            self.assertEqual(status, 0, errors)
            holder.event("chat", text="from afar")
            self.assertEqual(holder.stderr, "")
            if surroundings:
                (made,) = runtime.glob("inkwire/*.sock")
                self.assertEqual(stat.S_IMODE(made.stat().st_mode), 0o600)
            self.assert_ends_well(holder)

    def test_CL_18_garbage_changes_nothing(self):
        holder = self.alone()
        peer = self.program()
        noise = random.Random(7)
        for words in (noise.randbytes(4096), struct.pack(">I", 0xFFFF_FFFF) + b"x" * 100, frame(b"\x01\x00"), frame(noise.randbytes(300)),
                      frame(b"INKA"), frame(b"\x03"), struct.pack(">I", 0), b"\x00"):
            line = self.connect(holder)
            line.sendall(words)
            line.shutdown(socket.SHUT_WR)
            try:
                self.assertEqual(line.recv(4096), b"", words[:20])
            except ConnectionResetError:
                pass
        peer.draw("it", **box(0))
        self.assertEqual(holder.event("shape", id="it")["change"], "added")
        self.assert_ends_well(peer, holder)

    def test_CL_18_another_version_is_refused_on_both_sides(self):
        holder = self.alone()
        line = self.connect(holder)
        line.sendall(frame(OTHER_VERSION + b"whatever it says"))
        answer = line.recv(4096)
        self.assertEqual((answer[4:8], len(answer)), (b"INKA", 10))
        self.assertEqual(line.recv(1), b"", "and nothing follows")
        path = self.socket_path(holder)
        path.unlink()
        with self.fake_holder(path) as listener:
            peer = ink.Process(["peer", BOARD], environment={"INKWIRE_DATA_DIR": self.data})
            line, _ = listener.accept()
            self.assertEqual(line.recv(4096)[4:8], b"INKA")
            line.sendall(frame(OTHER_VERSION))
            status = peer.wait_exit()
            line.close()
        self.assert_refused((status, "", peer.stderr), 9, "newer version", "cannot attach")
        self.assert_ends_well(holder)

    def fake_holder(self, path):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(10 * ink.PATIENCE)
        return listener

    def test_CL_18_where_nobody_answers_the_others_are_told(self):
        # A file that is not a socket stands in its place: the board works, alone.
        maker = self.alone()
        path = self.socket_path(maker)
        self.assertEqual(maker.quit(), 0)
        path.write_text("somebody's notes")
        holder = self.program()
        self.assertRegex(holder.stderr, "other programs cannot attach to this board: .*no socket")
        # And a holder that says nothing, as one that was stopped.
        mute_data = self.folder / "mute"
        mute_holder = ink.new_board(mute_data, "ana", BOARD)
        os.kill(mute_holder.pid, signal.SIGSTOP)
        refused = [ink.Process(["peer", BOARD], environment={"INKWIRE_DATA_DIR": data}) for data in (self.data, mute_data)]
        for program in refused:
            status = program.wait_exit()
            self.assert_refused((status, "", program.stderr), 8, "another program has it open", "does not answer")
        os.kill(mute_holder.pid, signal.SIGCONT)
        self.assert_ends_well(holder, mute_holder)
        self.assertEqual(path.read_text(), "somebody's notes")

    def test_CL_18_there_is_room_for_seven_beside_the_holder(self):
        holder = self.alone()
        starting = [ink.Peer(["watch", BOARD], data=self.data, name="ana") for _ in range(7)]
        for program in starting:
            program.event("ready")
        self.assert_refused(self.run_it("say", BOARD, "me too"), 8, "7 programs are attached")
        starting.pop().kill(signal.SIGINT)
        ink.wait_until(lambda: self.run_it("say", BOARD, "now")[0] == 0, 10, "room for one more")
        for program in starting:
            program.kill(signal.SIGINT)
        self.assert_ends_well(holder)


class Campaign(EndToEnd):
    def test_CL_18_a_sample_of_random_endings(self):
        # The second that the others have is measured by the tool on a machine at rest; here only what is lost counts.
        patient = {**os.environ, "INKWIRE_TEST_PATIENCE": str(10 * ink.PATIENCE)}
        done = subprocess.run([sys.executable, "-B", ink.ROOT / "tools" / "lib" / "takeover.py", "5", "7"], capture_output=True, text=True,
                              env=patient, timeout=120 * ink.PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("0 failures", done.stdout)


if __name__ == "__main__":
    main()
