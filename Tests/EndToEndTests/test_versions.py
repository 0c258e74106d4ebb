"""A board that 0.1 left behind, and members who speak another version of the protocol."""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading

from harness import EndToEnd, ink, main

TESTS = pathlib.Path(__file__).resolve().parents[1]
START, COOKIE = 0xF0, 0xF4


def recorded_board():
    """What 0.1 said last of the board whose data directory it left."""
    return json.loads((TESTS / "InkStoreTests/Resources/0.1/board.json").read_text(encoding="utf-8"))


def recorded_datagrams():
    """What 0.1 sent, in that board's room."""
    return json.loads((TESTS / "InkTransportTests/Resources/protocol-1.json").read_text())


def room_secret(link):
    text = link.split("#1.")[1]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[:32]


class Member:
    """Holds a room's secret, and answers each message 1 as a program does that speaks the protocol `version`."""

    def __init__(self, secret, version):
        label = b"inkwire/1 mac"
        self.key = hashlib.blake2b(bytes([len(label)]) + label + bytes(4), key=secret, digest_size=32).digest()
        self.version = version
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.heard = []
        threading.Thread(target=self.answer, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def mac(self, packet):
        return hashlib.blake2b(packet, key=self.key, digest_size=16).digest()

    def answer(self):
        while True:
            try:
                packet, source = self.socket.recvfrom(2000)
            except OSError:
                return
            self.heard.append(packet)
            if packet[0] == START and packet[-16:] == self.mac(packet[:-16]):
                cookie = bytes([COOKIE, self.version, 0, 0]) + packet[4:8] + bytes(56)
                self.socket.sendto(cookie + self.mac(cookie), source)

    def close(self):
        self.socket.close()


class Versions(EndToEnd):
    def test_skew_with_what_is_no_program_exits_2(self):
        done = subprocess.run([ink.ROOT / "tools/skew", os.devnull], env={**os.environ, "INKWIRE_BINARY": str(ink.binary())},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60 * ink.PATIENCE)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("is no program", done.stderr)

    def old_board(self):
        """A copy of 0.1's data directory, with the modes that a program gives its files."""
        place = self.folder / "ana"
        shutil.copytree(TESTS / "InkStoreTests/Resources/0.1/data", place)
        for item in [place, *place.rglob("*")]:
            item.chmod(0o700 if item.is_dir() else 0o600)
        return place

    def member(self, version):
        member = Member(room_secret(recorded_board()["link"]), version)
        self.addCleanup(member.close)
        return member

    def test_CL_301_a_board_of_0_1_is_as_it_was_and_whoever_has_its_link_may_draw(self):
        recorded = recorded_board()
        server = self.rendezvous()
        ana = ink.open_board("plan", self.old_board(), "ana", server.address)
        self.assertEqual(ana.events_named("ready")[0]["role"], "owner")
        state = ana.state()
        self.assertEqual({key: state[key] for key in recorded["state"]}, recorded["state"])
        bob = ink.join_board(recorded["link"], self.folder / "bob", "bob", rendezvous=server.address)
        self.assertEqual(self.assert_equal_boards(ana, bob), {shape["id"]: shape for shape in recorded["state"]["shapes"]})
        bob.draw("new", kind="rectangle", x=0, y=0, w=8, h=8)
        self.assertIn("new", self.assert_equal_boards(ana, bob))
        self.assert_ends_well(bob, ana)

    def test_CL_17_who_meets_only_other_versions_exits_9_and_knows_who_must_update(self):
        ours = None
        for version, words in ((1, "somebody's inkwire is older.*they should install"), (200, "your inkwire is older.*install the one that they")):
            member = self.member(version)
            # Nobody is at the rendezvous of the link; the deadline is that of the promise.
            joining = ink.join_board(recorded_board()["link"], self.folder / f"v{version}", "eve", ["--direct", member.address], ready=False)
            self.assertEqual(joining.wait_exit(5), 9, joining.report())
            self.assertRegex(" ".join(joining.errors), words)
            self.assertEqual(joining.lines, [])
            ours = next(packet[1] for packet in member.heard if packet[0] == START)
            self.assertIn(f"protocol {min(version, ours)}", joining.stderr)
        self.assertGreater(ours, 1)

    def test_CL_17_a_board_goes_on_when_0_1_knocks_and_says_who_must_update(self):
        ana = ink.open_board("plan", self.old_board(), "ana", self.rendezvous().address)
        start = bytes.fromhex(recorded_datagrams()["start"])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knocking:
            knocking.settimeout(5 * ink.PATIENCE)
            for port in ana.udp_ports():
                knocking.sendto(start, ("127.0.0.1", port))
            answer = knocking.recv(2000)
        self.assertEqual(answer[:4] + answer[4:8], bytes([COOKIE, answer[1], 0, 0]) + start[4:8])
        told = ana.event("version", timeout=5)
        self.assertEqual((told["theirs"], told["ours"], told["older"]), (1, answer[1], "theirs"))
        self.assertIn("they should install", told["next"])
        ana.draw("after", kind="note", x=0, y=0, w=8, h=8)
        self.assert_ends_well(ana)


if __name__ == "__main__":
    main()
