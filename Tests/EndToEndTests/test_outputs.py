"""What commands write and where: files, links, pipes, full devices; and what of a peer's text reaches a terminal."""

import json
import os
import signal
import stat
import subprocess
import threading
import time

from harness import EndToEnd, ink, main


class Outputs(EndToEnd):
    def setUp(self):
        super().setUp()
        self.ana = self.folder / "ana"
        maker = ink.new_board(self.ana, "ana")
        maker.draw("one", kind="text", x=0, y=0, text="hello")
        maker.wait("saved")
        self.assertEqual(maker.quit(), 0)

    def export(self, *arguments):
        return ink.run(["export", "sketch", *arguments], data=self.ana, name="ana")

    def test_a_file_keeps_its_mode_and_a_link_stays_a_link(self):
        target, link = self.folder / "target.txt", self.folder / "link.txt"
        target.write_text("old")
        target.chmod(0o640)
        link.symlink_to(target)
        self.assertEqual(self.export("-o", str(link))[0], 0)
        self.assertTrue(link.is_symlink())
        self.assertEqual(target.read_text().strip(), "hello")
        self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o640)

    def test_a_link_that_leads_nowhere_yet_is_written_through(self):
        target, link = self.folder / "later.txt", self.folder / "early.txt"
        link.symlink_to(target)
        self.assertEqual(self.export("-o", str(link))[0], 0)
        self.assertTrue(link.is_symlink())
        self.assertEqual(target.read_text().strip(), "hello")

    def test_FM_11_FM_22_an_export_that_is_cut_says_so_and_line_breaks_of_any_system_are_rows(self):
        maker = ink.open_board("sketch", self.ana, "ana")
        maker.draw("crlf", kind="text", x=0, y=32, text="a\r\nb\rc")
        maker.wait("saved")
        self.assertEqual(self.export("-o", "-"), (0, "hello\n\na\nb\nc\n", ""))
        maker.draw("wide", kind="rectangle", x=4, y=200, w=8800, h=32)
        maker.wait("saved")
        self.assertEqual(maker.quit(), 0)
        status, text, errors = self.export("-o", "-")
        self.assertEqual(status, 0)
        self.assertIn("only a part is written: the drawing is 1101 by", errors)
        self.assertIn("--format json holds all of it", errors)
        self.assertLessEqual(max(map(len, text.splitlines())), 1000)
        self.assertEqual(self.export("-o", "-", "--format", "json")[2], "")

    def test_a_slow_reader_gets_everything(self):
        commands = b'{"do":"state"}\n' * 400
        child = subprocess.Popen([ink.binary(), "peer", "sketch"], env={**os.environ, "INKWIRE_DATA_DIR": str(self.ana), "INKWIRE_NAME": "ana"},
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        child.stdin.write(commands)
        child.stdin.close()
        got = b""
        time.sleep(1.2)
        while piece := os.read(child.stdout.fileno(), 16384):
            got += piece
            time.sleep(0.6)
        child.stdout.close()
        self.assertEqual(child.wait(10), 0)
        self.assertEqual(got.count(b'"event":"state"'), 400)

    def test_CL_16_a_reader_that_comes_late_gets_whole_lines(self):
        maker = ink.open_board("sketch", self.ana, "ana")
        for number in range(700):
            maker.send("draw", shape={"kind": "text", "x": number, "y": 0, "text": "a text of some length, so that it fills the pipe"})
        maker.wait("saved")
        self.assertEqual(maker.quit(), 0)
        child = subprocess.Popen([ink.binary(), "peer", "sketch"], env={**os.environ, "INKWIRE_DATA_DIR": str(self.ana), "INKWIRE_NAME": "ana"},
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        child.stdin.write(b'{"do":"state"}\n')
        child.stdin.close()
        time.sleep(3)  # the reader is busy elsewhere
        got = child.stdout.read()
        child.stdout.close()
        self.assertEqual(child.wait(10), 0)
        states = [json.loads(line) for line in got.splitlines() if b'"event":"state"' in line]
        self.assertEqual([len(state["shapes"]) for state in states], [701])

    def test_CL_16_events_that_cannot_be_written_exit_8(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([ink.binary(), "peer", "sketch"], input='{"do":"state"}\n', stdout=full, stderr=subprocess.PIPE, text=True,
                                  env={**os.environ, "INKWIRE_DATA_DIR": str(self.ana), "INKWIRE_NAME": "ana"}, timeout=30)
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assertIn("No space left on device", done.stderr)

    def test_CL_16_with_a_closed_stdout_what_it_was_to_carry_is_missed(self):
        for command in ("peer sketch", "boards", "export sketch -o -", "invite sketch", "--version", "serve --listen 127.0.0.1:0 --json"):
            with self.subTest(command):
                done = subprocess.run(["sh", "-c", f"exec {ink.binary()} {command} >&-"], input="", stderr=subprocess.PIPE, text=True, timeout=30,
                                      env={**os.environ, "INKWIRE_DATA_DIR": str(self.ana), "INKWIRE_NAME": "ana"})
                self.assertEqual(done.returncode, 8, done.stderr)
                self.assertIn("stdout is closed", done.stderr)

    def test_with_closed_streams_nothing_is_written_into_files_of_ours(self):
        command = f"exec {ink.binary()} peer sketch --json >&- 2>&-"
        subprocess.run(["sh", "-c", command], input='{"do":"state"}\n', text=True, timeout=30,
                       env={**os.environ, "INKWIRE_DATA_DIR": str(self.ana), "INKWIRE_NAME": "ana"})
        locks = list((self.ana / "boards").glob("*/lock"))
        self.assertTrue(locks)
        for lock in locks:
            self.assertNotIn(b"event", lock.read_bytes())

    def test_no_error_repeats_the_secret_of_an_invite(self):
        peer = ink.open_board("sketch", self.ana, "ana")
        link = peer.link()
        self.assertEqual(peer.quit(), 0)
        secret = link.split("#")[1].split(".")[-1]
        for command in (["export", link, "-o", "-"], ["invite", link], ["say", link, "hi"], ["watch", link], ["peer", " " + link], [link],
                        ["join", link, link], ["peer", "sketch", "--rendezvous", link], ["peer", "sketch", "--direct", link],
                        ["serve", "--listen", link], ["export", link.upper(), "-o", "-"], ["boards", "--json", "--move-aside", link]):
            with self.subTest(command[0] if command[0] != link else "LINK"):
                status, out, errors = ink.run(command, data=self.ana, name="ana")
                self.assertNotEqual(status, 0)
                for piece in (secret, secret.upper(), secret[:20]):
                    self.assertNotIn(piece, out + errors)

    def test_a_link_that_needs_tls_is_not_used_in_clear(self):
        peer = ink.open_board("sketch", self.ana, "ana")
        place = peer.link().split("#")[0].replace("tls=0", "tls=1")
        self.assertIn("tls=1", place)
        status, _, errors = ink.run(["join", "--peer", "--timeout", "2", "-"], data=self.folder / "bob", name="bob",
                                    input=ink.led_to(place.split("&direct=")[0], peer.link()) + "\n")
        self.assertEqual(status, 6, errors)
        self.assertIn("it does not speak TLS", errors)
        self.assertEqual(peer.quit(), 0)

    def test_a_rendezvous_given_once_leaves_old_links_good(self):
        peer = ink.open_board("sketch", self.ana, "ana")
        link = peer.link()
        self.assertEqual(peer.quit(), 0)
        peer = ink.Peer(["peer", "sketch", "--rendezvous", "ws://127.0.0.1:1"], data=self.ana, name="ana")
        peer.event("ready", timeout=20)
        self.assertEqual(peer.quit(), 0)
        peer = ink.open_board("sketch", self.ana, "ana")
        hosts = lambda text: text.split("//")[1].split("/")[0].split("?")[0]
        self.assertEqual(hosts(peer.link()), hosts(link))
        self.assertEqual(peer.quit(), 0)

    def test_CL_303_a_tilde_that_no_shell_has_replaced_is_a_name_like_another(self):
        home = self.folder / "home"
        for place in (home, self.folder / "~"):
            place.mkdir()
        settings = {**os.environ, "HOME": str(home), "INKWIRE_NAME": "ana", "INKWIRE_DATA_DIR": str(self.ana)}
        for number in range(2):
            done = subprocess.run([ink.binary(), "export", "sketch", "--output=~/x.txt"], env=settings, cwd=self.folder / "", capture_output=True, text=True,
                                  timeout=20)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([path.name for path in (self.folder / "~").iterdir()], ["x.txt"])
        done = subprocess.run([ink.binary(), "new", "b", "--peer", "--data-dir=~/data"], env=settings, cwd=self.folder / "", input="",
                              capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("cannot attach", done.stderr)
        self.assertEqual(list(home.iterdir()), [])

    def test_into_a_pipe_the_bytes_are_written(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        got = []
        reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
        reader.start()
        self.assertEqual(self.export("-o", str(pipe), "--format", "txt")[0], 0)
        reader.join(10)
        self.assertEqual([text.strip() for text in got], ["hello"])
        self.assertTrue(stat.S_ISFIFO(pipe.stat().st_mode))

    def test_CL_16_output_that_cannot_be_written_exits_8(self):
        for command in (["export", "sketch", "-o", "-"], ["boards"], ["invite", "sketch"], ["--help"], ["help", "draw"], ["--version"],
                        ["serve", "--listen", "127.0.0.1:0", "--json"]):
            with self.subTest(command[0]), open("/dev/full", "w") as full:
                done = subprocess.run([ink.binary(), *command], env={**os.environ, "INKWIRE_DATA_DIR": str(self.ana), "INKWIRE_NAME": "ana"},
                                      stdout=full, stderr=subprocess.PIPE, text=True, timeout=20)
                self.assertEqual(done.returncode, 8, done.stderr)
                self.assertIn("No space left on device", done.stderr)

    def test_TM_12_a_name_that_turns_the_line_around_does_not_reach_the_terminal(self):
        evil = "plan\u202egpj.exe\u202c\u200b"
        server = self.rendezvous()
        eve = ink.new_board(self.folder / "eve", "eve", evil, server.address)
        bob = ink.join_board(eve.link(), self.folder / "bob", "bob")
        eve.send("say", text=evil)
        bob.event("chat")
        self.assertEqual(bob.event("chat")["text"], evil, "the data is whole")
        self.assertEqual([bob.quit(), eve.quit()], [0, 0])
        status, listed, _ = ink.run(["boards"], data=self.folder / "bob", name="bob")
        self.assertEqual(status, 0)
        for raw in (listed, bob.stderr, "\n".join(bob.lines)):
            self.assertFalse(set("\u202e\u202c\u200b") & set(raw), raw)
        self.assertIn("plan", listed)

    def test_new_with_invite_writes_the_link_to_stderr(self):
        peer = ink.Peer(["new", "other", "--peer", "--invite"], data=self.ana, name="ana")
        peer.event("ready", timeout=20)
        ink.wait_until(lambda: "inkwire://" in peer.stderr, 10, "the link on stderr")
        self.assertEqual(peer.quit(), 0)

    def test_a_patience_that_is_no_patience_exits_2(self):
        for wrong in ("1e30", "-1", "0"):
            status, _, errors = ink.run(["peer", "sketch", f"--timeout={wrong}"], data=self.ana, name="ana")
            self.assertEqual(status, 2, errors)

    def test_a_signal_ends_a_long_file_of_commands(self):
        commands = self.folder / "commands"
        commands.write_text("\n".join(json.dumps({"do": "wait", "for": "peers", "count": 5, "timeout_ms": 60000}) for _ in range(600)))
        child = subprocess.Popen([ink.binary(), "draw", "sketch", str(commands)], env={**os.environ, "INKWIRE_DATA_DIR": str(self.ana), "INKWIRE_NAME": "ana"},
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(child.kill)
        ink.wait_until(lambda: any((path / "lock").exists() for path in (self.ana / "boards").iterdir()), 10, "the board open")
        time.sleep(1)  # into the waiting: there is nothing to see of that from outside
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(6 * ink.PATIENCE), -signal.SIGTERM)

    def test_a_label_stays_used_after_its_shape_is_gone_and_the_process_too(self):
        peer = ink.open_board("sketch", self.ana, "ana")
        peer.send("delete", id="one")
        peer.wait("saved")
        self.assertEqual(peer.quit(), 0)
        peer = ink.open_board("sketch", self.ana, "ana")
        peer.send("draw", id="one", shape={"kind": "text", "x": 0, "y": 0, "text": "again"})
        self.assertEqual(peer.event("error")["code"], "duplicate_id")
        self.assertEqual(peer.quit(), 0)


if __name__ == "__main__":
    main()
