"""Looking for a cause: a log of keys and a capture that it opens, a dump of the state, and what -v tells."""

import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import unittest

from harness import EndToEnd, ink, main

import wiretap
from terminal import Terminal

ROOT = pathlib.Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]|::1|fe80:|fd[0-9a-f]{2}:")


def reader():
    """The program behind tools/capture; INKWIRE_CAPTURE names another build of it."""
    return pathlib.Path(os.environ.get("INKWIRE_CAPTURE") or ROOT / ".build" / "release" / "capture")


class Looking(EndToEnd):
    def alone(self, *arguments, name="ana", **more):
        return ink.new_board(self.folder / name, name, rendezvous="ws://127.0.0.1:9", arguments=arguments, **more)

    def test_CL_140_CL_323_the_log_of_keys_is_for_its_owner_alone_and_is_told_loudly(self):
        log = self.folder / "keys.txt"
        ana = self.alone("--key-log", str(log), "-q")
        self.assertEqual(stat.S_IMODE(log.stat().st_mode), 0o600)
        self.assertIn("WARNING: the keys of this session are written to", ana.stderr)
        self.assert_ends_well(ana)

        others = self.folder / "others.txt"
        others.write_text("")
        others.chmod(0o644)
        link = self.folder / "link.txt"
        link.symlink_to(log)
        second = self.folder / "second.txt"
        for name, why in ((others, "its mode is 644, not 600"), (link, "symbolic link"), (self.folder / "ana", "directory"),
                          (pathlib.Path("/dev/null"), "no plain file")):
            with self.subTest(why):
                self.assert_refused(
                    ink.run(["new", "b", "--peer", "--key-log", str(name)], data=self.folder / "ana", name="ana"), 8, why)
        os.link(log, second)
        self.assert_refused(ink.run(["new", "b", "--peer", "--key-log", str(log)], data=self.folder / "ana", name="ana"), 8, "second name")

    def test_CL_324_a_program_that_holds_no_connection_has_no_keys_to_write(self):
        ana = self.alone()
        log = self.folder / "keys.txt"
        refused = ink.run(["peer", "sketch", "--key-log", str(log)], data=self.folder / "ana", name="ana")
        self.assert_refused(refused, 8, "another program holds this board")
        self.assert_ends_well(ana)

    @unittest.skipUnless(wiretap.Capture.is_possible(), "needs the right to capture packets")
    def test_CL_140_TR_121_a_capture_is_read_with_the_keys_and_not_without(self):
        if not reader().exists():
            self.fail(f"{reader()} does not exist: build it with `swift build -c release --product capture`")
        log, port = self.folder / "keys.txt", ink.free_port(socket.SOCK_DGRAM)
        capture = wiretap.Capture(self.folder / "line", [], port)
        ana = self.alone("--port", str(port), "--key-log", str(log))
        bob = ink.join_board(ink.led_to(f"inkwire:///?tls=0&direct=127.0.0.1:{port}", ana.link()), self.folder / "bob", "bob")
        bob.draw("a", kind="rectangle", x=0, y=0, w=8, h=8, text="an unheard word")
        self.assert_equal_boards(ana, bob)
        self.assert_ends_well(bob, ana)
        capture.stop()

        self.assertRegex(log.read_text(), r"^(INKWIRE_KEYS 1 [0-9a-f]{8} [0-9a-f]{64} (in|out)\n){2,}$")
        told = "\n".join([*ana.lines, *ana.errors, *bob.lines, *bob.errors])
        for line in log.read_text().splitlines():
            self.assertNotIn(line.split()[3], told, "no key is told anywhere but in the log")
        read = subprocess.run([reader(), capture.path, "--keys", log], capture_output=True, text=True, check=False)
        self.assertEqual(read.returncode, 0, read.stderr)
        # Others may be on this machine's loopback at the same time.
        lines = [line for line in read.stdout.splitlines() if re.search(rf":{port}\b", line)]
        for frame in ("start", "answer", "finish", "control 0 @0", "ops 0 @0", "ack ", "close goodbye"):
            self.assertTrue(any(frame in line for line in lines), f"{frame} is not in\n" + "\n".join(lines))
        self.assertEqual([line for line in lines if "  data  " in line and "  -  " in line], [], "every packet opens")
        self.assertNotIn("unheard", read.stdout)
        bare = subprocess.run([reader(), capture.path], capture_output=True, text=True, check=False)
        self.assertNotRegex(bare.stdout, r"control|ops|ack|#\d")
        self.assertIn("data", bare.stdout)

    def test_CL_141_CL_325_TR_122_a_dump_says_the_state_and_nobodys_secret(self):
        ana, bob = self.pair()
        bob.draw("a", kind="rectangle", x=0, y=0, w=8, h=8, text="an unheard word")
        self.assert_equal_boards(ana, bob)
        asked = ana.ask("dump", "dump")["link"]
        ana.child.send_signal(signal.SIGUSR1)
        line = ana.await_condition(lambda: next((line for line in ana.errors if line.startswith('{"schema"')), None), 10, "a dump")
        for dump in (asked, json.loads(line)):
            self.assertEqual(len(dump["connections"]), 1)
            connection = dump["connections"][0]
            self.assertRegex(connection["way"], r"^(relay|direct v[46] (loopback|private|global|link))$")
            self.assertEqual([lane["lane"] for lane in connection["lanes"]], ["control", "ops", "bulk"])
            self.assertEqual(sum(path["in_use"] for path in connection["paths"]), 1)
            self.assertIn(connection["paths"][0]["congestion"], ("startup", "steady", "contest"))
            self.assertGreater(dump["datagrams"]["accepted"] + connection["packets_in"], 0)
            self.assertEqual(dump["rendezvous"], "connected")
            text = json.dumps(dump)
            self.assertNotRegex(text, ADDRESS)
            self.assertNotRegex(text, r"[0-9a-f]{16}|unheard|ana|bob|sketch")
        self.assert_ends_well(bob, ana)

    def test_CL_140_CL_323_CL_325_on_a_terminal_a_dump_is_a_file_and_the_log_of_keys_is_among_the_notices(self):
        log = self.folder / "keys.txt"
        settings = {"INKWIRE_DATA_DIR": self.folder / "ana", "INKWIRE_NAME": "ana", "INKWIRE_RENDEZVOUS": "ws://127.0.0.1:9",
                    "XDG_STATE_HOME": str(self.folder / "state")}
        ana = Terminal([ink.binary(), "new", "sketch", "--key-log", str(log)], 160, 24, settings)
        self.addCleanup(ana.close)
        ana.until(lambda: "the keys of this session are written to" in ana.text, "the warning", 20 * ink.PATIENCE)
        place = self.folder / "state" / "inkwire" / f"dump-{ana.pid}.json"
        os.kill(ana.pid, signal.SIGUSR1)
        ana.until(lambda: place.exists() and "the state of the connections is in" in ana.text, "a dump", 20 * ink.PATIENCE)
        self.assertEqual(json.loads(place.read_text())["connections"], [])
        self.assertEqual(stat.S_IMODE(place.parent.stat().st_mode), 0o700)
        # A link that somebody laid there is replaced, and not followed.
        other = self.folder / "other"
        other.write_text("as it was")
        place.unlink()
        place.symlink_to(other)
        os.kill(ana.pid, signal.SIGUSR1)
        ana.until(lambda: not place.is_symlink(), "another dump", 20 * ink.PATIENCE)
        self.assertEqual((other.read_text(), json.loads(place.read_text())["connections"]), ("as it was", []))

    def test_CL_142_verbose_tells_the_way_of_a_connection_by_kinds(self):
        quiet, _ = self.pair()
        self.assertNotRegex(quiet.stderr, "connection")
        server = self.rendezvous()
        ana = ink.new_board(self.folder / "one", "ana", "sketch", server.address, ("-v",))
        bob = ink.join_board(ana.link(), self.folder / "two", "bob", ("-vv",))
        for peer, words in ((ana, (r"connection 1 stands, dialled by", r"round trip of \d+ ms")), (bob, (r"connection 1 (uses|tries|is reached by)",))):
            for word in words:
                peer.await_condition(lambda: next((line for line in peer.errors if re.search(word, line)), None), 15, word)
        self.assert_ends_well(bob)
        ana.await_condition(lambda: next((line for line in ana.errors if "has ended" in line), None), 15, "the end of the connection")
        self.assert_ends_well(ana)
        for peer in (ana, bob):
            told = "\n".join(line for line in peer.errors if "connection" in line)
            self.assertNotRegex(told, ADDRESS)
            self.assertNotRegex(told, r"[0-9a-f]{16}|ana|bob|sketch")


if __name__ == "__main__":
    main()
