# Runs alone: it loads the machine and measures memory.
"""A hundred thousand datagrams from somebody who knows nothing, or has only listened."""

import collections
import itertools
import pathlib
import random
import socket
import struct
import threading
import unittest

from harness import EndToEnd, ink, main

import wiretap

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 0x0003, 0x0800, 0x86DD
COOKIE = 0xF4
HANDSHAKE = range(0xF0, 0xF3)


class Listener:
    """Collects the UDP payloads that arrive on loopback, as (source port, target port, bytes)."""

    def __init__(self):
        # Of both versions of IP: each side takes the way that is quicker for it.
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind(("lo", 0))
        self.socket.settimeout(0.1)
        self.seen, self.open = [], True
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while self.open:
            try:
                frame, address = self.socket.recvfrom(65536)
            except TimeoutError:
                continue
            if address[2] == socket.PACKET_OUTGOING:
                continue  # loopback shows each packet on its way out and again on its way in
            if address[1] == ETH_P_IP and frame[23] == socket.IPPROTO_UDP:
                header = 14 + (frame[14] & 15) * 4
            elif address[1] == ETH_P_IPV6 and frame[20] == socket.IPPROTO_UDP:
                header = 14 + 40
            else:
                continue
            source, target, length = struct.unpack_from(">HHH", frame, header)
            self.seen.append((source, target, frame[header + 8:header + length]))

    def close(self):
        self.open = False
        self.thread.join()
        self.socket.close()


class Forger:
    """Sends datagrams to one port, from ports of its own or in another's name, no faster than they are read."""

    def __init__(self, target):
        self.target = target
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.strangers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]
        for stranger in self.strangers:
            stranger.bind(("127.0.0.1", 0))
            stranger.setblocking(False)
        self.sent = 0
        self.answers = []  # (bytes, what it answers at most: the greatest datagram sent)
        self.greatest = 0
        self.drops_before = self.queue()[1]

    def queue(self):
        """(bytes waiting in the target's receive queue, datagrams the kernel dropped there)."""
        for row in pathlib.Path("/proc/net/udp").read_text().splitlines()[1:] + pathlib.Path("/proc/net/udp6").read_text().splitlines()[1:]:
            columns = row.split()
            if int(columns[1].rsplit(":", 1)[1], 16) == self.target:
                return int(columns[4].split(":")[1], 16), int(columns[-1])
        raise ink.Failed("the target's socket is gone")

    def send(self, body, source=None):
        """From one of the strangers, or with the address of somebody else's port."""
        if source is None:
            self.strangers[self.sent % len(self.strangers)].sendto(body, ("127.0.0.1", self.target))
        else:
            udp = struct.pack(">HHHH", source, self.target, 8 + len(body), 0) + body
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
            self.raw.sendto(ip + udp, ("127.0.0.1", 0))
        self.greatest = max(self.greatest, len(body))
        self.sent += 1
        if self.sent % 64 == 0:
            self.breathe(65536)

    def breathe(self, limit=0):
        """Waits until the target has read all but `limit` bytes; collects answers."""
        ink.wait_until(lambda: self.queue()[0] <= limit, 20, "the peer reads its datagrams", interval=0.001)
        for stranger in self.strangers:
            while True:
                try:
                    self.answers.append(stranger.recv(65536))
                except BlockingIOError:
                    break

    def close(self):
        for one in [self.raw, *self.strangers]:
            one.close()


@unittest.skipUnless(wiretap.may_listen(), "listening and forging need root on Linux")
class HostileDatagrams(EndToEnd):
    def setUp(self):
        super().setUp()
        self.listener = Listener()
        self.addCleanup(self.listener.close)

    def test_a_hundred_thousand_datagrams_change_nothing_and_are_answered_by_nothing_but_cookies(self):
        ana, bob = self.pair()
        for number in range(20):
            ana.draw(f"a{number}", kind="rectangle", x=number * 8, y=0, w=8, h=8)
            bob.draw(f"b{number}", kind="rectangle", x=number * 8, y=40, w=8, h=8)
        def packets():
            """The port that most of bob's packets to ana come from, the port they go to, and the packets."""
            ways = collections.Counter((source, target) for source, target, _ in self.listener.seen
                                       if source in bob.udp_ports() and target in ana.udp_ports())
            if not ways:
                return None, None, []
            way = ways.most_common(1)[0][0]
            return *way, [body for source, target, body in self.listener.seen if (source, target) == way]

        # What is drawn at once shares packets, and the first of it goes by the relay: so one after another, until they come directly.
        drawn = itertools.count()

        def enough():
            number = next(drawn)
            bob.draw(f"single{number}", kind="rectangle", x=number * 8, y=80, w=8, h=8)
            ana.event("shape", id=f"single{number}")
            return len(packets()[2]) > 40

        ink.wait_until(enough, 60, "forty true packets come directly")
        self.assert_equal_boards(ana, bob)
        bob_port, port, true = packets()
        handshakes = [body for body in true if body[0] in HANDSHAKE]
        self.assertTrue(handshakes, "a true handshake was seen")

        generator = random.Random(7)
        forger = Forger(port)
        self.addCleanup(forger.close)

        def garbage():
            size = generator.choice((0, 1, 7, 16, 31, 32, 48, 64, 200, 1200, 1472, 4000))
            body = bytearray(generator.randbytes(size))
            if body and generator.random() < 0.8:
                body[0] = generator.choice((0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0x00, 0x01))
            return bytes(body)

        def flipped():
            body = bytearray(generator.choice(true))
            for _ in range(generator.choice((1, 1, 1, 2, 8))):
                body[generator.randrange(len(body))] ^= 1 << generator.randrange(8)
            return bytes(body)

        # Warm: buffers that grow once may do so now.
        for _ in range(5_000):
            forger.send(garbage())
            forger.send(flipped(), bob_port)
        forger.breathe()
        before = ana.state()
        memory = ana.resident_kib
        counted = ana.stats()
        answers_to_garbage = len(forger.answers)

        for _ in range(40_000):
            forger.send(garbage())
        forger.breathe()
        self.assertEqual(len(forger.answers), 0, f"who does not know the room gets no answer at all: {forger.answers[:3]}")
        for _ in range(20_000):
            forger.send(flipped(), bob_port)  # in bob's name
        for _ in range(10_000):
            forger.send(flipped())
        for _ in range(10_000):
            forger.send(generator.choice(true), bob_port)  # true packets, again, in bob's name
        forger.breathe()
        replayed_from = forger.sent
        for _ in range(20_000):
            forger.send(generator.choice(handshakes))  # true handshakes, verbatim, from other ports
        forger.breathe()
        self.assertEqual(forger.sent, 110_000)

        self.assertTrue(all(answer[0] == COOKIE for answer in forger.answers),
                        f"strangers get at most a cookie, not {[answer[:1].hex() for answer in forger.answers if answer[0] != COOKIE][:5]}")
        self.assertTrue(all(len(answer) <= min(map(len, handshakes)) for answer in forger.answers), "an answer is never greater than its question")
        self.assertLessEqual(len(forger.answers), forger.sent - replayed_from)
        dropped = forger.queue()[1] - forger.drops_before
        self.assertLess(dropped, 1000, "nearly all of them were read by the peer, not dropped by the kernel")
        self.assertLess(ana.resident_kib - memory, 4096, "memory stays flat (KiB)")

        after, stats = ana.state(), ana.stats()
        self.assertEqual(after["fingerprint"], before["fingerprint"])
        self.assertEqual(after["transactions"], before["transactions"])
        self.assertEqual(ana.events_named("rejected"), [], "nothing came far enough to be rejected by a rule of the board")
        self.assert_nothing_accepted(ana, bob, counted, stats, 100_000 - dropped)

        # It is alive, and so is its session.
        ana.draw("still", kind="rectangle", x=0, y=80, w=8, h=8)
        bob.event("shape", id="still")
        bob.draw("here", kind="rectangle", x=0, y=120, w=8, h=8)
        ana.event("shape", id="here")
        self.assert_equal_boards(ana, bob)
        self.assertEqual({event["name"] for event in ana.events_named("peer") if event.get("name")}, {"bob"}, "nobody else appeared")
        self.assertEqual(ana.events_named("peer", state="left"), [], "and bob was never lost")
        self.assert_ends_well(ana, bob)

    def assert_nothing_accepted(self, ana, bob, before, after, attacks):
        """By the counters: ana accepted no more packets than bob sent, made no session, and counted the attacks as what they are."""
        grown = {name: count - before["datagrams"][name] for name, count in after["datagrams"].items()}
        sent_by_bob = bob.stats()["peers"][0]["packets_out"]
        self.assertLessEqual(after["datagrams"]["accepted"], sent_by_bob, grown)
        self.assertLess(grown["accepted"], 1000, f"only bob's own few packets: {grown}")
        self.assertEqual((grown["established"], after["datagrams"]["established"]), (0, 1), grown)
        # A true start that comes again from where it first came gets the answer that it got, while that is kept.
        fates = ("forged", "unknown", "replayed", "starts_refused", "handshakes_refused", "cookies_sent", "answers_sent")
        refused = sum(grown[name] for name in fates)
        self.assertEqual(refused + grown["accepted"], grown["received"], f"each datagram is counted as what it is: {grown}")
        # Garbage that does not even begin like a packet is dropped before the endpoint sees it.
        self.assertGreaterEqual(refused + grown["foreign"], attacks * 0.99, f"each attack was met: {grown}")
        self.assertEqual(len(after["peers"]), 1)


if __name__ == "__main__":
    main()
