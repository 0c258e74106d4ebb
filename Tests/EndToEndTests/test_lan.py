"""On one switch, without internet, rendezvous or any setting: people meet by a code of four digits, and find each other again.

The machines are network namespaces on a bridge, with no route beyond it.
"""

import contextlib
import json
import os
import pathlib
import random
import re
import socket
import struct
import threading
import time

from harness import EndToEnd, ink, main

import natlab_net as net
import wiretap
from switch import Switch

GROUP, GROUP6, PORT = "239.255.73.78", "ff12::8049:4e4b", 26746
CODE = r"^[1-9][0-9]{3}-[a-z]+-[a-z]+-[a-z]+$"
# The switch for LAN is off in all other tests.
ON = {"INKWIRE_NO_LAN": ""}


class Tap:
    """All that passes the switch: the UDP payload and the TCP payload of each packet, with where it comes from and goes to."""

    def __init__(self, switch):
        self.packets, self.is_over = [], False
        with switch.inside():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
            self.socket.bind(("br0", 0x0003))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        switch.ip("link set dev br0 promisc on")
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        self.socket.settimeout(0.1)
        while not self.is_over:
            with contextlib.suppress(socket.timeout):
                self._take(self.socket.recv(65536))

    def _take(self, frame):
        kind, packet = frame[12:14], frame[14:]
        if kind == b"\x08\x00":
            start, protocol, source, target = (packet[0] & 15) * 4, packet[9], packet[12:16], packet[16:20]
        elif kind == b"\x86\xdd":
            start, protocol, source, target = 40, packet[6], packet[8:24], packet[24:40]
        else:
            return
        if protocol == 17:
            sport, dport, length = struct.unpack("!HHH", packet[start:start + 6])
            payload = packet[start + 8:start + length]
        elif protocol == 6:
            sport, dport = struct.unpack("!HH", packet[start:start + 4])
            payload = packet[start + (packet[start + 12] >> 4) * 4:]
        else:
            return
        family = socket.AF_INET if len(source) == 4 else socket.AF_INET6
        self.packets.append((protocol, (socket.inet_ntop(family, source), sport), (socket.inet_ntop(family, target), dport), payload))

    def said(self, kind):
        """Datagrams to the group of one kind."""
        return [entry for entry in list(self.packets) if entry[0] == 17 and entry[2][1] == PORT and entry[3][:4] == b"ink" + bytes([kind])]

    def close(self):
        self.is_over = True
        self.thread.join()
        self.socket.close()


class Lan(EndToEnd):
    def setUp(self):
        super().setUp()
        reason = net.reason_to_skip()
        if reason:
            self.skipTest(reason)
        self.lan = Switch()
        self.addCleanup(self.lan.close)

    def tap(self):
        tap = Tap(self.lan.switch)
        self.addCleanup(tap.close)
        return tap

    def new(self, machine, name="ana", arguments=(), **environment):
        return ink.new_board(self.folder / name, name, arguments=arguments, environment=ON | environment, wrapper=machine.enter)

    def join(self, machine, code, name="bob", ready=True, **environment):
        return ink.join_board(code, self.folder / name, name, ready=ready, environment=ON | environment, wrapper=machine.enter)

    def code(self, peer):
        answer = peer.ask("invite", "invite", role="editor", code=True)
        self.assertIn("code", answer, answer)
        return answer["code"]

    def failed(self, machine, code, status, what, *arguments, name="eve", **environment):
        """A try that comes to nothing: its message, and how long it took."""
        began = time.monotonic()
        peer = ink.Peer(["join", "--peer", "--json", *arguments], data=self.folder / name, name=name, code=code, environment=ON | environment,
                        wrapper=machine.enter)
        self.assertEqual(peer.wait_exit(30), status, peer.report())
        error = json.loads(peer.stderr.splitlines()[-1])["error"]
        self.assertEqual(error["code"], what, error)
        return error, time.monotonic() - began

    def test_CL_200_CL_339_RT_100_two_machines_on_one_switch_meet_by_a_code_of_four_digits_without_any_setting(self):
        one, two = self.lan.plug("one", "192.168.7.4/24"), self.lan.plug("two", "192.168.7.5/24")
        tap = self.tap()
        began = time.monotonic()
        ana = self.new(one)
        code = self.code(ana)
        self.assertRegex(code, CODE)
        made, typed = time.monotonic() - began, time.monotonic()
        bob = self.join(two, code)
        ready = time.monotonic() - typed
        for peer in (ana, bob):
            peer.wait("peers", count=1)
        ana.event("code", state="given")
        met = time.monotonic() - began
        print(f"from `new` to the code {made:.2f} s, from the code typed to the board {ready:.2f} s, from `new` to met {met:.2f} s")
        bob.draw("b", kind="rectangle", x=0, y=0, w=8, h=8)
        bob.wait("delivered")
        self.assert_equal_boards(ana, bob)
        self.assertEqual([peer["path"] for peer in bob.stats()["peers"]], ["direct"])
        # Nothing leaves the switch, and nothing that was said to all says who or what.
        questions, beacons = tap.said(2), tap.said(1)
        self.assertTrue(questions and beacons)
        self.assertEqual({entry[2][0] for entry in questions + beacons}, {GROUP})
        self.assert_says_nothing(tap, ana.link(), code)
        self.assert_ends_well(ana, bob)

    def assert_says_nothing(self, tap, link, code):
        """No datagram holds a name, a word of the code, or a part of what a link holds."""
        secret = ink.link_secret(link)
        parts = {secret[start:start + 6] for start in range(128 - 6)}
        words = [b"sketch", b"ana", b"bob", *(word.encode() for word in code.split("-")[1:])]
        for _, _, (_, port), payload in tap.packets:
            # Elsewhere all is sealed, and three letters come about by chance; so does a word of the code that the mailbox's own connection is made
            # of, as `upgrade`. The words are proved at the mailbox, and never said.
            for word in words:
                if port == PORT or len(word) > 4 and word not in wiretap.OWN_WORDS:
                    self.assertNotIn(word, payload)
            self.assertFalse({payload[start:start + 6] for start in range(len(payload) - 5)} & parts)
        beacons = [entry[3] for entry in tap.said(1)]
        for index in range(len(beacons)):
            for other in beacons[index + 1:]:
                # Each is seen once; of two that are not the same one no four bytes in a row are alike behind the four that all have.
                if beacons[index] != other:
                    self.assertFalse(any(beacons[index][at:at + 4] == other[at:at + 4] for at in range(4, 43)))

    def test_CL_339_RT_102_machines_that_have_addresses_of_their_link_alone_meet_too(self):
        one, two = self.lan.plug("one", v6=True), self.lan.plug("two", v6=True)
        ana = self.new(one)
        code = self.code(ana)
        self.assertRegex(code, CODE)
        bob = self.join(two, code)
        for peer in (ana, bob):
            peer.wait("peers", count=1)
        bob.draw("b", kind="rectangle", x=0, y=0, w=8, h=8)
        bob.wait("delivered")
        self.assert_equal_boards(ana, bob)
        self.assert_ends_well(ana, bob)

    def test_CL_200_CL_339_RT_100_two_programs_of_one_machine_meet_by_a_code_on_a_network_and_without_one(self):
        for label, machine in (("near", self.lan.plug("near", "192.168.7.4/24")), ("alone", self.lan.machine("alone"))):
            ana = self.new(machine, f"ana-{label}")
            code = self.code(ana)
            self.assertRegex(code, CODE)
            bob = self.join(machine, code, f"bob-{label}")
            bob.wait("peers", count=1)
            self.assert_ends_well(ana, bob)

    def test_CL_201_CL_340_a_number_that_nobody_holds_is_told_within_five_seconds_and_what_cannot_be_asked_at_once(self):
        one = self.lan.plug("one", "192.168.7.4/24")
        error, span = self.failed(one, "4711-copper-lantern-orbit", 3, "no_such_code")
        self.assertIn("nobody on this network holds 4711", error["message"])
        self.assertLess(span, 5 * ink.PATIENCE)
        self.failed(one, "4711-copper-lantern-orbit@192.168.7.5:4300", 3, "bad_code")
        error, _ = self.failed(one, "4711-copper-lantern-orbit", 2, "usage", "--no-lan")
        self.assertIn("--no-lan", error["why"])
        self.failed(one, "4711-copper-lantern-orbit", 2, "usage", INKWIRE_NO_LAN="1")
        nowhere = self.lan.machine("nowhere")
        nowhere.ip("link set dev lo down")
        self.failed(nowhere, "4711-copper-lantern-orbit", 6, "no_network")

    def test_CL_202_CL_341_who_wants_no_lan_says_nothing_there_and_hears_nothing(self):
        one, two = self.lan.plug("one", "192.168.7.4/24"), self.lan.plug("two", "192.168.7.5/24")
        tap = self.tap()
        ana = self.new(one, arguments=["--no-lan"])
        code = self.code(ana)
        self.assertRegex(code, r"^[1-9]-[a-z]+-[a-z]+-[a-z]+@192\.168\.7\.4:[0-9]+$")
        bob = ink.join_board(code, self.folder / "bob", "bob", ["--no-lan"], environment=ON, wrapper=two.enter)
        bob.wait("peers", count=1)
        with one.inside(), open("/proc/net/igmp") as file:
            self.assertNotIn("%08X" % struct.unpack("<I", socket.inet_aton(GROUP))[0], file.read())
        self.assertEqual([entry for entry in tap.packets if entry[2][1] == PORT], [])
        self.assert_ends_well(ana, bob)

    def test_CL_203_CL_342_where_two_hold_one_number_that_is_told_and_none_is_tried(self):
        one, two = self.lan.plug("one", "192.168.7.4/24"), self.lan.plug("two", "192.168.7.5/24")
        third = self.lan.plug("third", "192.168.7.6/24")
        ana = self.new(one)
        code = self.code(ana)
        knocks, silent = [], threading.Event()
        with third.inside():
            listener = socket.socket()
            listener.bind(("192.168.7.6", 0))
            listener.listen()
            group = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            group.bind((GROUP, PORT))
            group.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + socket.inet_aton("192.168.7.6"))
            answers = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            answers.bind(("192.168.7.6", 0))

        def answer():
            while True:
                try:
                    question, source = group.recvfrom(64)
                except OSError:
                    return
                if question[:4] == b"ink\x02" and not silent.is_set():
                    # After the true one, who answers at once.
                    time.sleep(0.05)
                    answers.sendto(b"ink\x03" + question[4:14] + struct.pack("!H", listener.getsockname()[1]) + b"\x09" * 8, source)

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    knocks.append(listener.accept())

        for work in (answer, accept):
            threading.Thread(target=work, daemon=True).start()
        self.addCleanup(group.close)
        self.addCleanup(listener.close)
        error, _ = self.failed(two, code, 3, "several_codes")
        self.assertIn("2 programs on this network offer a code with the number", error["message"])
        for address in ("192.168.7.4", "192.168.7.6"):
            self.assertIn(address, error["why"])
        self.assertEqual(knocks, [])
        # Once the other is gone the same code is good.
        silent.set()
        bob = self.join(two, code)
        ana.event("code", state="given")
        self.assertEqual(knocks, [])
        self.assert_ends_well(ana, bob)

    def test_CL_204_RT_103_boards_that_are_opened_again_elsewhere_are_found_by_what_is_said_on_the_link_alone(self):
        one, two = self.lan.plug("one", "192.168.7.4/24"), self.lan.plug("two", "192.168.7.5/24")
        ana = self.new(one)
        bob = self.join(two, self.code(ana))
        bob.wait("synced")
        self.assert_ends_well(ana, bob)
        # Another network, another port: no address that either has kept leads anywhere.
        self.lan.address(one, "10.44.0.9/16")
        self.lan.address(two, "10.44.3.7/16")
        ana = self.again(one, "ana")
        bob = self.again(two, "bob")
        began = time.monotonic()
        for peer in (ana, bob):
            peer.wait("peers", count=1)
        print(f"opened again in another network, met {time.monotonic() - began:.2f} s after both were ready")
        # While they are there the network becomes another one once more.
        for peer in (ana, bob):
            peer.draw(f"of-{peer.label}", kind="rectangle", x=0, y=0, w=8, h=8)
        self.assert_equal_boards(ana, bob)
        self.assert_ends_well(bob)
        self.lan.address(one, "172.20.0.9/24")
        self.lan.address(two, "172.20.0.7/24")
        bob = self.again(two, "bob")
        bob.wait("peers", count=1, timeout=20)
        self.assert_ends_well(ana, bob)

    def again(self, machine, name):
        with machine.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("0.0.0.0", 0))
            port = probe.getsockname()[1]
        return ink.open_board("sketch", self.folder / name, name, arguments=["--port", port], environment=ON, wrapper=machine.enter)

    def test_CL_205_RT_101_beacons_by_the_thousand_of_others_and_played_again_cost_little_and_lead_nowhere(self):
        one, two = self.lan.plug("one", "192.168.7.4/24"), self.lan.plug("two", "192.168.7.5/24")
        third = self.lan.plug("third", "192.168.7.6/24")
        tap = self.tap()
        ana = self.new(one)
        bob = self.join(two, self.code(ana))
        bob.wait("synced")
        captured = [entry[3] for entry in tap.said(1)]
        self.assertTrue(captured)
        chance = random.Random(5)
        with third.inside():
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.168.7.6"))
        self.addCleanup(sender.close)
        before, began, already = self.seconds(ana), time.monotonic(), len(tap.packets)
        for number in range(10_000):
            beacon = captured[number % len(captured)] if number % 3 == 0 else b"ink\x01" + chance.randbytes(42)
            if number % 3 == 2:
                beacon = chance.randbytes(chance.randrange(1, 1400))
            sender.sendto(beacon, (GROUP, PORT))
            if number % 20 == 0:
                time.sleep(0.002)
        bob.draw("b", kind="rectangle", x=0, y=0, w=8, h=8)
        bob.wait("delivered")
        spent = self.seconds(ana) - before
        print(f"10000 beacons of others in {time.monotonic() - began:.1f} s took {spent:.2f} s of processor time")
        self.assertLess(spent, 2.0 * ink.PATIENCE)
        # Nobody was sent anything for it: not who played them, nor anybody else.
        toward = [entry for entry in tap.packets[already:] if entry[0] == 17 and entry[2][0] == "192.168.7.6"]
        self.assertEqual(toward, [])
        self.assert_equal_boards(ana, bob)
        self.assert_ends_well(ana, bob)

    @staticmethod
    def seconds(peer):
        """Processor time of a process so far. nsenter becomes the program, so its number is the program's."""
        fields = pathlib.Path(f"/proc/{peer.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
