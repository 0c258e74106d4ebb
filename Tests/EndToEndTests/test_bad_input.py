"""Whatever is wrong outside, the person is told what, why and what next, by the right exit code, and loses nothing."""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess

from harness import EndToEnd, ink, main
from terminal import Terminal


def databases(folder):
    """The SQLite files below a data directory."""
    return [path for path in pathlib.Path(folder).rglob("*") if path.is_file() and path.read_bytes()[:16] == b"SQLite format 3\0"]


class BadLinks(EndToEnd):
    def link(self):
        server = self.rendezvous()
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=server.address)
        return ana.link()

    def join(self, link, *arguments, **more):
        return ink.run(["join", "--peer", *arguments], data=self.folder / "bob", name="bob", code=link, **more)

    def test_links_that_are_wrong_cut_or_mistyped_exit_3(self):
        link = self.link()
        for name, wrong in {"no link at all": "hello", "cut short": link[:-20], "without its secret": link.split("#")[0], "empty": " "}.items():
            with self.subTest(name):
                self.assert_refused(self.join(wrong), 3, "link|invite|code")
        position = link.index("#") + 20
        mistyped = link[:position] + ("A" if link[position] != "A" else "B") + link[position + 1:]
        self.assert_refused(self.join(mistyped), 3)

    def test_a_link_of_a_newer_version_exits_9(self):
        self.assert_refused(self.join(self.link().replace("#2.", "#3.")), 9)

    def test_an_error_as_json_has_code_exit_message_why_and_next(self):
        code, out, err = self.join("hello", "--json")
        self.assertEqual((code, out), (3, ""))
        answer = json.loads(err)
        self.assertEqual(answer["schema"], 1)
        self.assertEqual(answer["error"]["exit"], 3)
        self.assertEqual(set(answer["error"]), {"code", "exit", "message", "why", "next"})
        self.assertTrue(all(answer["error"][part] for part in ("code", "message", "why", "next")))

    def test_CL_35_a_link_on_the_command_line_works_but_warns_once(self):
        link = self.link()
        bob = ink.Peer(["peer", link], data=self.folder / "bob", name="bob")
        bob.event("ready", timeout=30)
        shown = pathlib.Path(f"/proc/{bob.pid}/cmdline").read_bytes().split(b"\0")
        self.assertEqual(shown[1], b"peer")
        self.assertTrue(shown[2].startswith(b"inkwire://"), shown)
        self.assertNotIn(link.split("#")[1].encode()[2:12], shown[2])
        self.assertEqual(bob.quit(), 0, bob.report())
        warnings = [line for line in bob.errors if "command line" in line]
        self.assertEqual(len(warnings), 1, bob.stderr)
        self.assertNotIn(link.split("#")[1], bob.stderr, "the warning does not repeat the secret")

    def test_a_link_may_come_by_file_or_standard_input(self):
        link = self.link()
        file = self.folder / "invite.txt"
        file.write_text(link + "\n")
        bob = ink.Peer(["join", "--peer", "--invite-file", file], data=self.folder / "bob", name="bob")
        bob.event("ready", timeout=30)
        self.assertEqual(bob.quit(), 0, bob.report())
        carol = ink.Peer(["join", "--peer", "-"], data=self.folder / "carol", name="carol")
        carol.write(link + "\n")
        carol.event("ready", timeout=30)
        self.assertEqual(carol.quit(), 0, carol.report())


class NoRendezvous(EndToEnd):
    def link_of_a_lost_rendezvous(self):
        server = self.rendezvous()
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=server.address)
        link = ana.link()
        # A link may also carry ana's own address; with ana gone it leads nowhere either.
        self.assert_ends_well(ana)
        server.kill()
        return link, server.port

    def test_join_exits_6_when_the_rendezvous_refuses(self):
        link, _ = self.link_of_a_lost_rendezvous()
        result = ink.run(["join", "--peer", "--timeout", "2"], data=self.folder / "bob", name="bob", code=link)
        self.assert_refused(result, 6, "rendezvous")

    def test_join_exits_6_when_the_rendezvous_is_silent_or_talks_nonsense(self):
        link, port = self.link_of_a_lost_rendezvous()
        for nonsense in (b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"):
            with self.subTest(nonsense), socket.create_server(("127.0.0.1", port)) as listener:
                with subprocess.Popen([ink.binary(), "join", "--peer", "--timeout", "3"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, preexec_fn=ink._die_with_parent,
                                      env={**ink.base_environment(), "INKWIRE_DATA_DIR": str(self.folder / "bob"), "INKWIRE_CODE": link}) as child:
                    listener.settimeout(5)
                    kept = []
                    with contextlib.suppress(TimeoutError):
                        connection, _ = listener.accept()
                        connection.sendall(nonsense)
                        kept.append(connection)
                    out, err = child.communicate(timeout=20 * ink.PATIENCE)
                    for connection in kept:
                        connection.close()
                self.assert_refused((child.returncode, out.decode(), err.decode()), 6, "rendezvous")

    def test_new_open_and_peer_go_on_without_it(self):
        port = ink.free_port()
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=f"ws://127.0.0.1:{port}")
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        ana.wait("saved")
        self.assert_ends_well(ana)
        ana = ink.open_board("sketch", self.folder / "ana", "ana", f"ws://127.0.0.1:{port}")
        self.assertEqual([shape["id"] for shape in ana.state()["shapes"]], ["a"])
        # It keeps trying: the rendezvous comes, and a newcomer finds ana there.
        self.rendezvous(port=port)
        bob = ink.join_board(ana.link(), self.folder / "bob", "bob")
        self.assert_equal_boards(ana, bob)
        self.assert_ends_well(ana, bob)

    def test_join_says_so_when_nobody_of_the_board_is_there(self):
        server = self.rendezvous()
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=server.address)
        link = ana.link()
        self.assert_ends_well(ana)
        result = ink.run(["join", "--peer", "--timeout", "2"], data=self.folder / "bob", name="bob", code=link)
        self.assertIn(result[0], (7, 10), result)
        self.assert_refused(result, result[0], "nobody|no peer|no member")

    def test_serve_exits_8_when_its_port_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken_datagram:
            port = taken.getsockname()[1]
            self.assert_refused(ink.run(["serve", "--listen", f"127.0.0.1:{port}", "--stun", "127.0.0.1:0"]), 8, str(port), "in use",
                                "--listen 127.0.0.1:0")
            taken_datagram.bind(("127.0.0.1", 0))
            port = taken_datagram.getsockname()[1]
            self.assert_refused(ink.run(["serve", "--listen", "127.0.0.1:0", "--stun", f"127.0.0.1:{port}"]), 8, str(port), "in use",
                                "--stun 127.0.0.1:0")

    def test_the_rendezvous_survives_nonsense_from_its_clients(self):
        server = self.rendezvous()
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=server.address)
        for nonsense in (b"\0" * 100_000, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000, b"\x16\x03\x01\x02\x00" + os.urandom(500),
                         b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" + os.urandom(2000)):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
                client.sendall(nonsense)
                client.settimeout(1)
                while client.recv(65536):
                    pass
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for size in (0, 1, 19, 20, 28, 1400):
                stranger.sendto(os.urandom(size), ("127.0.0.1", server.stun))
        bob = ink.join_board(ana.link(), self.folder / "bob", "bob")
        self.assert_equal_boards(ana, bob)
        self.assert_ends_well(ana, bob)
        self.assertIsNone(server.child.poll(), server.report())


    def test_RT_8_pings_without_end_are_not_answered_without_end(self):
        server = self.rendezvous()
        host, port = server.address.split("//")[1].split(":")
        with socket.create_connection((host, int(port)), timeout=10) as flood:
            flood.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: inkwire.v1\r\n\r\n")
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += flood.recv(4096)
            self.assertIn(b"101", answer.split(b"\r\n")[0])
            ping = b"\x89\xfd\0\0\0\0" + b"p" * 125
            with contextlib.suppress(ConnectionError, BrokenPipeError):
                for _ in range(2000):
                    flood.sendall(ping)
            got = b""
            with contextlib.suppress(ConnectionError):
                while piece := flood.recv(65536):
                    got += piece
        self.assertLessEqual(got.count(b"\x8a\x7d"), 40)
        # The others are served.
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=server.address)
        bob = ink.join_board(ana.link(), self.folder / "bob", "bob")
        self.assert_ends_well(bob)
        self.assert_ends_well(ana)


class BadStores(EndToEnd):
    def saved_board(self):
        ana = ink.new_board(self.folder / "ana", "ana")
        for number in range(20):
            ana.draw(f"a{number}", kind="rectangle", x=number * 8, y=0, w=8, h=8)
        ana.wait("saved")
        self.assert_ends_well(ana)
        return self.folder / "ana"

    def open(self, board="sketch", who="ana"):
        return ink.run(["peer", board], data=self.folder / who, name=who, input='{"do":"quit"}\n')

    def test_a_corrupt_database_exits_8_and_is_left_as_it_was(self):
        data = self.saved_board()
        files = databases(data)
        self.assertTrue(files)
        for path in files:
            size = path.stat().st_size
            with open(path, "r+b") as file:
                file.seek(100)
                file.write(os.urandom(size - 100))
        contents = [path.read_bytes() for path in files]
        self.assert_refused(self.open(), 8, "damaged|corrupt|malformed")
        self.assertEqual([path.read_bytes() for path in files], contents, "what may still be rescued is not touched")

    def test_a_file_that_is_no_database_exits_8(self):
        for path in databases(self.saved_board()):
            path.write_bytes(b"this was a board once\n" * 100)
        self.assert_refused(self.open(), 8)

    def test_a_board_of_a_newer_version_exits_9_and_is_left_as_it_was(self):
        files = databases(self.saved_board())
        for path in files:
            with contextlib.closing(sqlite3.connect(path)) as base, base:
                # Each row carries eight bytes of BLAKE2b over its length-prefixed values (Schema.swift).
                check = hashlib.blake2b(b"\x06format\x041000", digest_size=32).digest()[:8]
                changed = base.execute("UPDATE meta SET value = ?, \"check\" = ? WHERE key = 'format'", (b"1000", check)).rowcount
                self.assertEqual(changed, 1)
        contents = [path.read_bytes() for path in files]
        self.assert_refused(self.open(), 9, "newer")
        self.assertEqual([path.read_bytes() for path in files], contents)

    def test_an_unknown_board_exits_5(self):
        self.saved_board()
        self.assert_refused(self.open("no-such-board"), 5, "no-such-board")
        self.assert_refused(ink.run(["export", "no-such-board", "-o", "-"], data=self.folder / "ana"), 5)

    def test_a_second_join_on_this_machine_opens_a_profile_of_its_own(self):
        ana, bob = self.pair()
        twin = ink.join_board(self.invite, self.folder / "bob", "bob-again")
        twin.wait("peers", count=2)
        self.assertNotEqual(twin.event("ready")["me"], bob.event("ready")["me"])
        twin.draw("t", kind="rectangle", x=0, y=0, w=8, h=8)
        bob.event("shape", id="t")
        self.assert_equal_boards(ana, bob, twin)
        self.assert_ends_well(ana, bob, twin)

    def test_directories_are_0700_and_files_0600(self):
        data = self.saved_board()
        for path in [data, *data.rglob("*")]:
            mode = stat.S_IMODE(path.stat().st_mode)
            self.assertEqual(mode, 0o700 if path.is_dir() else 0o600, f"{path} is {mode:o}")

    def test_ST_20_ST_21_what_is_drawn_after_the_files_were_taken_away_is_not_called_saved(self):
        ana = ink.new_board(self.folder / "ana", "ana")
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        ana.wait("saved")
        (place,) = (self.folder / "ana" / "boards").iterdir()
        (place / "lock").unlink()
        # Without the lock file another program is one more of this person, not a second writer.
        other = ink.open_board("sketch", self.folder / "ana", "ana")
        other.draw("b", kind="rectangle", x=0, y=0, w=8, h=8)
        self.assertEqual({shape["id"] for shape in ana.state()["shapes"]}, {"a", "b"})
        self.assertEqual(other.kill(), 128 + signal.SIGKILL)

        bin = self.folder / "bin"
        bin.mkdir()
        (place / "board.sqlite").rename(bin / "board.sqlite")
        ana.send("draw", id="c", shape={"kind": "rectangle", "x": 0, "y": 0, "w": 8, "h": 8})
        ana.event("sync", saved=False)
        refusal = ana.ask("wait", "error", **{"for": "saved"}, timeout_ms=300)
        self.assertEqual(refusal["code"], "timeout")
        refusal = ana.ask("draw", "error", shape={"kind": "rectangle", "x": 0, "y": 0, "w": 8, "h": 8})
        self.assertRegex(refusal["message"], "removed or replaced")
        (bin / "board.sqlite").rename(place / "board.sqlite")
        ana.wait("saved")
        self.assert_ends_well(ana)
        ana = ink.open_board("sketch", self.folder / "ana", "ana")
        self.assertEqual({shape["id"] for shape in ana.state()["shapes"]}, {"a", "b", "c"})
        self.assert_ends_well(ana)

    def test_ST_40_a_backup_that_is_copied_over_an_open_board_is_not_written_to(self):
        ana = ink.new_board(self.folder / "ana", "ana")
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        ana.wait("saved")
        shutil.copytree(self.folder / "ana", self.folder / "backup")
        ana.draw("b", kind="rectangle", x=0, y=0, w=8, h=8)
        ana.wait("saved")
        subprocess.run(["cp", "-r", f"{self.folder / 'backup'}/.", self.folder / "ana"], check=True)
        ana.send("draw", id="c", shape={"kind": "rectangle", "x": 0, "y": 0, "w": 8, "h": 8})
        ana.event("sync", saved=False)
        self.assertEqual(ana.ask("wait", "error", **{"for": "saved"}, timeout_ms=300)["code"], "timeout")
        refusal = ana.ask("draw", "error", shape={"kind": "rectangle", "x": 0, "y": 0, "w": 8, "h": 8})
        self.assertRegex(refusal["message"], "wrote over")
        self.assertEqual(ana.quit(), 8, ana.report())
        ana = ink.open_board("sketch", self.folder / "ana", "ana")
        self.assertEqual({shape["id"] for shape in ana.state()["shapes"]}, {"a"}, "the backup is whole")
        self.assert_ends_well(ana)

    def test_ST_40_another_program_that_writes_to_an_open_board_and_looks_again_takes_nothing_away(self):
        # What it wrote is looked at, and our locks on the files hold all the same: who closes them next must not take their log away.
        ana = ink.new_board(self.folder / "ana", "ana")
        database = next((self.folder / "ana").glob("**/board.sqlite"))
        for name, statement in (("a", "VACUUM"), ("b", "SELECT count(*) FROM transactions"), ("c", "VACUUM")):
            ana.draw(name, kind="rectangle", x=0, y=0, w=8, h=8)
            ana.wait("saved")
            with contextlib.closing(sqlite3.connect(database)) as other:
                other.execute(statement).fetchall()
        self.assert_ends_well(ana)
        ana = ink.open_board("sketch", self.folder / "ana", "ana")
        self.assertEqual({shape["id"] for shape in ana.state()["shapes"]}, {"a", "b", "c"})
        self.assert_ends_well(ana)

    def test_a_full_disk_refuses_new_work_loses_nothing_and_recovers_by_itself(self):
        with self.small_disk() as disk:
            ana = ink.new_board(disk, "ana")
            ana.draw("before", kind="rectangle", x=0, y=0, w=8, h=8)
            ana.wait("saved")
            self.fill(disk)
            refused = None
            for number in range(400):
                reference = ana.send("draw", id=f"n{number}", shape={"kind": "note", "x": number, "y": 0, "w": 8, "h": 8, "text": "x" * 2000})
                reply = ana.await_condition(lambda: next((event for _, event in ana.events if event.get("ref") == reference), None), 10, "a reply")
                if reply["event"] == "error":
                    refused = reply
                    break
            self.assertIsNotNone(refused, "a full disk must refuse at last")
            self.assertRegex(json.dumps(refused), "(?i)disk|space|full")
            self.assertFalse(ana.state()["saved"], "what is shown but not on disk is not called saved")
            shown = {shape["id"] for shape in ana.state()["shapes"]}

            (disk / "ballast").unlink()
            ana.wait("saved", timeout=10)
            self.assertEqual({shape["id"] for shape in ana.state()["shapes"]}, shown, "nothing shown was lost")
            ana.draw("after", kind="rectangle", x=0, y=0, w=8, h=8)
            self.assert_ends_well(ana)
            ana = ink.open_board("sketch", disk, "ana")
            self.assertEqual({shape["id"] for shape in ana.state()["shapes"]}, shown | {"after"})
            self.assert_ends_well(ana)

    def test_quitting_with_a_full_disk_exits_8_and_counts_what_is_not_saved(self):
        with self.small_disk() as disk:
            ana = ink.new_board(disk, "ana")
            ana.wait("saved")
            self.fill(disk)
            for number in range(400):
                ana.send("draw", shape={"kind": "note", "x": number, "y": 0, "w": 8, "h": 8, "text": "x" * 2000})
            self.assertEqual(ana.quit(timeout=30), 8, ana.report())
            self.assertRegex(ana.stderr, r"\d+")

    def test_who_leaves_a_terminal_at_once_hears_what_is_not_saved(self):
        with self.small_disk() as disk:
            maker = ink.new_board(disk, "ana")
            self.assert_ends_well(maker)
            ana = Terminal([ink.binary(), "open", "sketch"], environment={"INKWIRE_DATA_DIR": disk, "INKWIRE_NAME": "ana"})
            self.addCleanup(ana.close)
            ana.see("drag to draw", 20)
            self.fill(disk)
            for row in range(60):
                ana.key("n")
                ana.drag([(5 + row % 40, 3), (30 + row % 40, 12)], pause=0.002)
                ana.key("x" * 400, 0.01)
                ana.key("\x1b", 0.06)
                if "NOT SAVED YET" in ana.text:
                    break
            ana.see("NOT SAVED YET")
            ana.key("q")
            ana.key("q")
            self.assertEqual(ana.wait(20), 8)
            self.assertIn(b"not saved", ana.bytes)

    def test_a_new_board_on_a_full_disk_exits_8(self):
        with self.small_disk() as disk:
            self.fill(disk)
            self.assert_refused(ink.run(["new", "b", "--peer"], data=disk / "data", name="ana"), 8)

    def test_a_read_only_disk_exits_8(self):
        with self.small_disk() as disk:
            ana = ink.new_board(disk, "ana")
            self.assert_ends_well(ana)
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            self.assert_refused(ink.run(["peer", "sketch"], data=disk, name="ana"), 8)
            self.assert_refused(ink.run(["new", "other", "--peer"], data=disk, name="ana"), 8)

    def test_ST_14_a_board_on_a_read_only_disk_can_be_read(self):
        # Also one that was not closed, whose newest changes are in SQLite's log.
        for end in ("quit", "kill"):
            with self.subTest(end), self.small_disk() as disk:
                ana = ink.new_board(disk, "ana")
                ana.draw("note", kind="text", x=0, y=0, text="still here")
                ana.wait("saved")
                if end == "quit":
                    self.assert_ends_well(ana)
                else:
                    ana.kill()
                subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
                status, text, errors = ink.run(["export", "sketch", "--format", "txt", "-o", "-"], data=disk, name="ana")
                self.assertEqual((status, text.strip()), (0, "still here"), errors)
                status, text, errors = ink.run(["boards"], data=disk, name="ana")
                self.assertEqual(status, 0, errors)
                self.assertIn("sketch", text)


class BadCommands(EndToEnd):
    def test_malformed_lines_give_error_events_and_the_peer_goes_on(self):
        ana = ink.new_board(self.folder / "ana", "ana")
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        cases = {
            "not json": (None, None),
            '{"do":': (None, None),
            "[1,2]": (None, None),
            '"draw"': (None, None),
            "{}": ("do", None),
            '{"do":"fly","ref":"1"}': ("do", "1"),
            '{"do":7,"ref":"2"}': ("do", "2"),
            '{"do":"draw","ref":"3"}': ("shape", "3"),
            '{"do":"draw","ref":"4","shape":{"kind":"star","x":0,"y":0}}': ("kind", "4"),
            '{"do":"draw","ref":"5","shape":{"kind":"rectangle","x":"left","y":0,"w":8,"h":8}}': ("x", "5"),
            '{"do":"draw","ref":"6","shape":{"kind":"rectangle","x":1e300,"y":0,"w":8,"h":8}}': ("x", "6"),
            '{"do":"draw","ref":"7","shape":{"kind":"rectangle","x":0,"y":0,"w":-8,"h":8}}': ("w", "7"),
            '{"do":"draw","ref":"8","shape":{"kind":"rectangle","x":0,"y":0,"w":8,"h":8,"stroke":"red-ish"}}': ("stroke", "8"),
            '{"do":"draw","ref":"9","shape":{"kind":"line","x":0,"y":0,"points":[[0]]}}': ("points", "9"),
            '{"do":"draw","ref":"10","id":"a","shape":{"kind":"rectangle","x":0,"y":0,"w":8,"h":8}}': ("id", "10"),
            '{"do":"set","ref":"11","id":"nobody","set":{"x":1}}': ("id", "11"),
            '{"do":"set","ref":"12","id":"a","set":{"x":"far"}}': ("x", "12"),
            '{"do":"move","ref":"13","id":"a","by":"here"}': ("by", "13"),
            '{"do":"wait","ref":"14","for":"godot"}': ("for", "14"),
            '{"do":"say","ref":"15"}': ("text", "15"),
            '{"do":"stroke","ref":"16","x":0,"y":0,"points":[],"over_ms":10}': ("points", "16"),
            '{"do":"stroke","ref":"17","x":0,"y":0,"points":[[0,0],[1,1]],"over_ms":-5}': ("over_ms", "17"),
        }
        for line, (field, reference) in cases.items():
            with self.subTest(line):
                after = ana.mark
                ana.write(line + "\n")
                error = ana.event("error", after=after)
                if reference:
                    self.assertEqual(error.get("ref"), reference)
                if field:
                    self.assertEqual(error.get("field"), field, error)
                self.assertTrue(error.get("message"), "an error says what is wrong")
        after = ana.mark
        ana.write("\n  \n")
        ana.write('{"do":"draw","ref":"u","id":"ok","unknown":[{}],"shape":{"kind":"note","x":0,"y":0,"w":8,"h":8,"sparkle":true}}\n')
        ana.event("shape", after=after, id="ok")  # unknown fields are ignored, and the peer went on
        self.assertEqual(set(shape["id"] for shape in ana.state()["shapes"]), {"a", "ok"})
        self.assert_ends_well(ana)

    def test_bytes_that_are_no_text_and_lines_without_end_do_no_harm(self):
        ana = ink.new_board(self.folder / "ana", "ana")
        for bad in (b"\xff\xfe\x00\x01\n", b"\0" * 1000 + b"\n", b"[" * 100_000 + b"\n", b'{"do":"say","text":"' + b"x" * 3_000_000 + b'"}\n'):
            after = ana.mark
            ana.child.stdin.write(bad)
            ana.child.stdin.flush()
            ana.event("error", after=after)
        before = ana.resident_kib
        ana.draw("alive", kind="rectangle", x=0, y=0, w=8, h=8)
        self.assertLess(before, 200_000)
        self.assert_ends_well(ana)

    def test_a_wait_that_cannot_be_met_times_out_as_an_error_and_the_peer_goes_on(self):
        ana = ink.new_board(self.folder / "ana", "ana")
        error = ana.ask("wait", "error", **{"for": "peers"}, count=3, timeout_ms=200)
        self.assertEqual(error["code"], "timeout")
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        self.assert_ends_well(ana)

    def test_CL_303_wrong_usage_exits_2_and_help_exits_0(self):
        for arguments in (["fly"], ["peer"], ["export"], ["new", "--nonsense"], ["serve", "--listen", "nowhere"],
                          ["serve", "--proxy", "nowhere"], ["boards", "--data-dir", ""], ["new", "b", "--peer", "--data-dir="],
                          ["boards", "--export", ""], ["boards", "--restore", ""],
                          ["serve", "--port", "4300"], ["serve", "--no-relay"], ["serve", "--relay-only"], ["serve", "--tls-ca", "ca.pem"],
                          ["serve", "--rendezvous", "ws://127.0.0.1:1"], ["serve", "--direct", "127.0.0.1:1"], ["serve", "--impair", "loss=1"],
                          ["serve", "--relay", "off", "--relay-total", "1"], ["new", "b", "--peer", *["--rendezvous", "ws://127.0.0.1:1"] * 17],
                          ["new", "b", "--peer", "--impair", "loss=lots"], ["new", "b", "--peer", "--rendezvous", "http://x"]):
            with self.subTest(arguments):
                code, out, err = ink.run(arguments, data=self.folder / "ana", name="ana")
                self.assertEqual(code, 2, out + err)
                self.assertTrue(err.strip())
                self.assertEqual(out, "")
        for arguments in (["--help"], ["peer", "--help"], ["serve", "--help"], ["--version"]):
            with self.subTest(arguments):
                code, out, _ = ink.run(arguments)
                self.assertEqual(code, 0)
                self.assertTrue(out.strip())

    def test_what_serve_does_without_an_option_stands_in_its_page(self):
        help = " ".join(ink.run(["man", "serve"])[1].split())
        for words in ("Without it, 64.", "Without it, 16384.", "Without it, in clear.", "SIGHUP reads certificate and key again"):
            self.assertIn(words, help)

    def test_a_terminal_is_asked_for_where_one_is_needed(self):
        for arguments, way in ((["new", "b"], "--peer"), (["join"], "INKWIRE_CODE")):
            with self.subTest(arguments):
                # A pipe is led by lines (CL-270); nothing at all is not.
                code, out, err = ink.run(arguments, data=self.folder / "ana", name="ana", input=None)
                self.assertEqual(code, 2, out + err)
                self.assertIn(way, err, "the message names the way without a terminal")

    def boards(self, *arguments, who="ana", **more):
        return ink.run(["boards", *arguments], data=self.folder / who, name=who, **more)

    def listed(self, who="ana"):
        return {board["name"]: board for board in json.loads(self.boards("--json", who=who)[1])["boards"]}

    def test_CL_34_CL_36_boards_are_listed_renamed_and_deleted(self):
        ana = ink.new_board(self.folder / "ana", "ana", board="one")
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        ana.wait("saved")
        self.assert_refused(self.boards("--delete", "one", "--yes"), 8, "open")
        self.assert_refused(self.boards("--rename", "one", "1"), 8, "open")
        self.assertTrue(self.listed()["one"]["open"])
        self.assert_ends_well(ana)
        self.assert_ends_well(ink.new_board(self.folder / "ana", "ana", board="two"))
        for alike in ("two ", "tw\u200bo", "\u2800two"):
            self.assert_refused(ink.run(["new", alike, "--peer"], data=self.folder / "ana", name="ana"), 2, "looks the same")
            self.assert_refused(self.boards("--rename", "one", alike), 2, "looks so")
        status, out, errors = self.boards()
        self.assertEqual(status, 0, errors)
        self.assertRegex(out, r"(?m)^one\t[0-9a-f]{8}\t4 transactions\tchanged just now\t\d+ KiB\t4 unsent$")
        self.assertEqual((self.listed()["one"]["transactions"], self.listed()["one"]["unsent"]), (4, 4))
        self.assertGreater(self.listed()["one"]["bytes"], 4096)
        page = (ink.ROOT / "Sources/inkwire/inkwire.docc/JSONLines.md").read_text().partition("## The list of boards")[2]
        for member in self.listed()["one"]:
            self.assertIn(f"`{member}`", page)

        self.assert_refused(self.boards("--rename", "one", "two"), 2, "another board")
        self.assert_refused(self.boards("--rename", "one", "inkwire:x"), 2, "invite")
        self.assert_refused(self.boards("--rename", "one"), 2, "no new name")
        self.assert_refused(self.boards("--rename", "three", "four"), 5, "three")
        self.assert_refused(self.boards("--rename", "one", "--delete", "two"), 2, "at a time")
        self.assertEqual(self.boards("--rename", "one", "eins")[0], 0)
        self.assertEqual(set(self.listed()), {"eins", "two"})

        self.assert_refused(self.boards("--delete", "eins"), 2, "others who have the board keep it", "4 changes of yours", "--yes")
        self.assert_refused(self.boards("--delete", "three", "--yes"), 5, "three")
        self.assertEqual(set(self.listed()), {"eins", "two"})
        self.assertEqual(self.boards("--delete", "eins", "--yes")[0], 0)
        self.assertEqual(set(self.listed()), {"two"})
        self.assertEqual(len(list((self.folder / "ana" / "boards").iterdir())), 1)

    def test_CL_41_errors_are_spelled_as_the_terminal_can_show_them(self):
        for settings, quote in (({"LC_ALL": "C"}, '"'), ({"LC_ALL": "C.UTF-8", "TERM": "dumb"}, '"'), ({"LC_ALL": "C.UTF-8", "TERM": "xterm"}, "“")):
            status, _, errors = self.boards("--delete", "nosuch", environment=settings)
            self.assertEqual((status, errors.split("nosuch")[0][-1]), (5, quote), settings)
            self.assertEqual(errors.isascii(), quote == '"', errors)
            # For programs it is JSON as ever.
            status, _, errors = self.boards("--delete", "no“such", "--json", environment=settings)
            self.assertIn("no“such", json.loads(errors)["error"]["message"])

    def test_CL_306_who_deletes_at_a_terminal_is_asked(self):
        self.assert_ends_well(ink.new_board(self.folder / "ana", "ana", board="one"))
        for answer, left in (("\r", {"one"}), ("no\r", {"one"}), ("y\r", set())):
            with self.subTest(answer):
                asked = Terminal([ink.binary(), "boards", "--delete", "one"],
                                 environment={"INKWIRE_DATA_DIR": self.folder / "ana", "INKWIRE_NAME": "ana"})
                self.addCleanup(asked.close)
                asked.see("[y/N]")
                asked.key(answer)
                self.assertEqual(asked.wait(), 0 if not left else 2)
                self.assertIn(b"others who have the board keep it", asked.bytes)
                self.assertEqual(set(self.listed()), left)

    def test_CL_351_a_board_that_cannot_be_copied_is_told_and_the_others_are_copied(self):
        for name in ("one", "two"):
            self.assert_ends_well(ink.new_board(self.folder / "ana", "ana", name))
        broken, _ = databases(self.folder / "ana")
        broken.write_bytes(b"this was a board once\n" * 100)
        backup = self.folder / "backup"
        status, out, errors = self.boards("--export", str(backup))
        self.assertEqual(status, 8, errors)
        self.assertRegex(out, "not exported: ")
        self.assertRegex(out, r"\d+ transactions exported")
        self.assertIn("1 of 2 boards could not be exported", errors)
        self.assertEqual(len(databases(backup)), 1)

    def test_ST_26_ST_58_a_backup_brings_boards_back_and_forks_nobody(self):
        ana, bob = self.pair()
        ana.draw("early", kind="rectangle", x=0, y=0, w=8, h=8)
        ana.wait("saved")
        backup = self.folder / "backup"
        status, out, errors = self.boards("--export", str(backup))
        self.assertEqual(status, 0, errors)
        self.assertRegex(out, r"^sketch\t[0-9a-f]{8}\t\d+ transactions exported$")
        self.assertFalse(list(backup.rglob("identity.key")), "a backup is nobody")
        ana.draw("late", kind="rectangle", x=80, y=0, w=8, h=8)
        ana.wait("delivered")
        self.assert_ends_well(ana)
        self.assertEqual(self.boards("--delete", "sketch", "--yes")[0], 0)
        status, out, errors = self.boards("--restore", str(backup))
        self.assertEqual(status, 0, errors)
        self.assertIn("new key", errors)
        # Drawn at once, before anybody can tell her how far she had been.
        ana = ink.Peer(["peer", "sketch"], data=self.folder / "ana", name="ana", rendezvous=self.server.address)
        ana.draw("again", kind="rectangle", x=160, y=0, w=8, h=8)
        for peer in (ana, bob):
            peer.wait("peers", count=1)
        bob.event("shape", id="again")
        picture = self.assert_equal_boards(ana, bob)
        self.assertEqual(set(picture), {"early", "late", "again"})
        self.assertEqual([peer.events_named("fork") for peer in (ana, bob)], [[], []])
        # What is in a backup and here already stays as it is here.
        self.assert_ends_well(ana)
        # ST-32: her old key knows all that it ever signed, and says that the new one is hers, too.
        ana = ink.Peer(["peer", "sketch"], data=self.folder / "ana", name="ana", rendezvous=self.server.address)
        self.assertEqual(ana.event("ready")["role"], "owner")
        bob.wait("synced")
        self.assertEqual([peer.events_named("fork") for peer in (ana, bob)], [[], []])
        self.assert_ends_well(ana)
        status, out, errors = self.boards("--restore", str(backup))
        self.assertEqual(status, 0, errors)
        self.assertRegex(out, r"^sketch\t[0-9a-f]{8}\t0 of \d+ transactions restored, the rest was there$")
        self.assert_refused(self.boards("--restore", str(self.folder / "nothing")), 5, "backup", "no board is saved there", "--export")
        self.assert_refused(self.boards("--export", "/proc/self/nothing"), 8, "no directory can be made there", "check the path")
        self.assert_refused(self.boards("--export", str(backup), who="nobody"), 5, "no board to export", "inkwire new")
        self.assert_refused(self.boards("--export", str(self.folder / "ana")), 2, "data directory itself")
        self.assert_ends_well(bob)

    def test_termination_saves_and_exits_by_the_signal(self):
        ana = ink.new_board(self.folder / "ana", "ana")
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        self.assertEqual(ana.kill(signal.SIGTERM), 128 + signal.SIGTERM, ana.report())
        ana = ink.open_board("sketch", self.folder / "ana", "ana")
        self.assertEqual([shape["id"] for shape in ana.state()["shapes"]], ["a"])
        self.assert_ends_well(ana)

    def test_CL_300_a_reader_that_goes_away_ends_the_peer_without_loss(self):
        ana = ink.new_board(self.folder / "ana", "ana")
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        ana.wait("saved")
        self.assert_ends_well(ana)
        # CL-16: one line is read; the command behind the question is carried out all the same, and that is no failure.
        (self.folder / "commands").write_text('{"do":"state"}\n{"do":"draw","id":"b","shape":{"kind":"note","x":0,"y":0,"w":8,"h":8}}\n')
        head = subprocess.run(["bash", "-c", f"set -o pipefail; '{ink.binary()}' peer sketch < '{self.folder / 'commands'}' | head -n 1"],
                              capture_output=True, text=True, timeout=30 * ink.PATIENCE,
                              env={**ink.base_environment(), "INKWIRE_DATA_DIR": str(self.folder / "ana")})
        self.assertEqual(head.returncode, 0, head.stderr)
        self.assertEqual(json.loads(head.stdout)["event"], "ready")
        ana = ink.open_board("sketch", self.folder / "ana", "ana")
        self.assertEqual({shape["id"] for shape in ana.state()["shapes"]}, {"a", "b"})
        self.assert_ends_well(ana)

    def test_CL_33_draw_stops_at_the_first_command_that_fails_and_counts_what_it_ran(self):
        ana, bob = self.pair()  # with somebody there nobody is looked for
        def draw(*lines):
            return ink.run(["draw", "sketch"], data=self.folder / "ana", name="ana", input="\n".join(lines) + "\n")
        box = lambda name: json.dumps({"do": "draw", "id": name, "shape": {"kind": "note", "x": 0, "y": 0, "w": 8, "h": 8}})
        result = draw(box("a"), "", '{"do":"set","id":"nobody","set":{"x":1}}', box("b"))
        self.assert_refused(result, 2, "line 3", "nobody", "nothing after it")
        self.assertEqual([shape["id"] for shape in ana.state()["shapes"]], ["a"])
        result = draw(box("c"), "nonsense")
        self.assert_refused(result, 2, "line 2", "nothing was drawn")
        result = draw('{"do":"wait","for":"peers","count":9,"timeout_ms":10}', box("d"))
        self.assert_refused(result, 10, "line 1", "peers")
        status, _, errors = draw(box("e"), '{"do":"quit"}', box("f"), "nonsense")
        self.assertEqual(status, 0, errors)
        self.assertIn("1 command applied", errors)
        self.assertEqual(set(self.assert_equal_boards(ana, bob)), {"a", "e"})
        self.assert_ends_well(ana, bob)


if __name__ == "__main__":
    main()
