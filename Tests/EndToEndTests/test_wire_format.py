"""A client in Python that follows the page of the wire format makes the page's examples and speaks with the real program."""

import base64
import os
import pathlib
import re
import socket
import struct
import time

from harness import EndToEnd, ink, main

import wire

PAGE = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "InkTransport" / "InkTransport.docc" / "WireFormat.md"

ROOM = wire.Room(bytes(range(32)))
ANA = wire.Person(b"\x11" * 32, b"\x12" * 32, b"\x13" * 16)
BOB = wire.Person(b"\x21" * 32, b"\x22" * 32, b"\x23" * 16)
ATTEMPT = b"\x31" * 16
COOKIE, COOKIE_NONCE = b"\x41" * 16, b"\x42" * 24
ANA_INDEX, BOB_INDEX = 0xA1B2C3D4, 0x01020304


def page_examples(text=None):
    """What the page says in hex, by name. `00*12` stands for twelve zeros."""
    found, name = {}, None
    for line in (text or PAGE.read_text()).splitlines():
        head = re.fullmatch(r"    ([a-z][a-z0-9-]*)  +((?:[0-9a-f]{2}[0-9a-f]*(?:\*\d+)? ?)+)", line)
        more = re.fullmatch(r"     +((?:[0-9a-f]{2}[0-9a-f]*(?:\*\d+)? ?)+)", line)
        if head:
            name = head.group(1)
            assert name not in found, f"two examples are called {name}"
            found[name] = b""
        name = name if head or more else None
        if name:
            for piece in (head or more).groups()[-1].split():
                digits, _, times = piece.partition("*")
                found[name] += bytes.fromhex(digits) * int(times or 1)
    return found


def examples():
    """The same, made here. The order is that of the page."""
    made = {f"key-{name}": key for name, key in ROOM.keys.items() if name != "tag"}
    made["room-tag"] = ROOM.tag
    made["room-topic"] = wire.blake(wire.public(wire.Ed25519PrivateKey.from_private_bytes(ROOM.keys["topic"])))
    for name, person in (("initiator", ANA), ("responder", BOB)):
        made[f"{name}-author"], made[f"{name}-certificate"], made[f"{name}-peer"] = person.author, person.certificate, person.peer
    prologue = ROOM.prologue(ANA.peer, BOB.peer, ATTEMPT)
    made["prologue"] = prologue
    ana = wire.Noise(True, b"\x12" * 32, b"\x14" * 32, ROOM.psk, prologue)
    bob = wire.Noise(False, b"\x22" * 32, b"\x24" * 32, ROOM.psk, prologue)
    first = ana.write(b"")
    bob.read(first)
    inside = BOB.certificate + BOB.salt + bytes(132)
    second = bob.write(inside)
    assert ana.read(second) == inside
    third = ana.write(ANA.certificate + ANA.salt + BOB.peer + b"hi")
    bob.read(third)
    assert ana.h == bob.h and ana.split() == bob.split()
    before = (b"", b"")
    for step, h, ck in ana.steps:
        # What a step leaves as it was is not said again.
        for what, now, then in (("h", h, before[0]), ("ck", ck, before[1])):
            if now != then:
                made[f"{what}-{step.replace(' ', '-')}"] = now
        before = (h, ck)
    made["key-initiator-sends"], made["key-responder-sends"] = ana.split()
    start = wire.start(ROOM, ANA_INDEX, ATTEMPT, ANA.peer, BOB.peer, first)
    made["start"] = start
    made["cookie"] = wire.cookie(ROOM, ANA_INDEX, COOKIE, COOKIE_NONCE, start)
    made["start-with-cookie"] = wire.start(ROOM, ANA_INDEX, ATTEMPT, ANA.peer, BOB.peer, first, COOKIE)
    made["answer"] = wire.answer(ROOM, BOB_INDEX, ANA_INDEX, second)
    made["finish"] = wire.finish(ROOM, BOB_INDEX, third)
    made["punch"] = wire.punch(ROOM, ATTEMPT)
    made["opening"] = struct.pack(">I", ANA_INDEX) + first
    # As signalling carries message 2: the same without zeros inside.
    short = wire.Noise(False, b"\x22" * 32, b"\x24" * 32, ROOM.psk, prologue)
    short.read(first)
    made["reply"] = struct.pack(">I", BOB_INDEX) + short.write(BOB.certificate + BOB.salt)
    frames = {
        "padding": "00", "ping": "01", "acknowledgement": "02 06 13 01 02 00 02", "presence": "03 80", "close": "04 00",
        "challenge": "05 5152535455565758", "response": "06 5152535455565758", "credit": "07 80200000",
        "control": "08 00 00 0b 0000000000000000 02 6869", "ops": "09 02 08 03 02 6869", "bulk": "0b 01 4400 02 aabb"}
    made.update({f"frame-{name}": bytes.fromhex(text) for name, text in frames.items()})
    # New keys: the initiator asks.
    made["renewal-psk"] = ana.export(wire.RENEWAL)
    made["renewal-prologue"] = wire.renewal_prologue(ANA.peer, BOB.peer, 1)
    asker = wire.Noise(True, None, b"\x15" * 32, made["renewal-psk"], made["renewal-prologue"], wire.NN_PSK0)
    other = wire.Noise(False, None, b"\x25" * 32, made["renewal-psk"], made["renewal-prologue"], wire.NN_PSK0)
    asked = asker.write(struct.pack(">I", 0x0A0B0C0D))
    other.read(asked)
    answered = other.write(struct.pack(">I", 0x0E0F1011))
    asker.read(answered)
    made["key-asker-sends"], made["key-answerer-sends"] = asker.split()
    made["renewal-next-psk"] = asker.export(wire.RENEWAL)
    assert other.export(wire.RENEWAL) == made["renewal-next-psk"]
    made["frame-question"], made["frame-answer"] = b"\x0c\x01" + asked, b"\x0d\x01" + answered
    key = ana.split()[0]
    plain = made["frame-acknowledgement"] + made["frame-ops"]
    made["data"] = wire.data_packet(key, BOB_INDEX, 7, plain)
    made["data-long"] = wire.data_packet(key, BOB_INDEX, 70_000, made["frame-ping"], is_long=True)
    return made


class TheWireFormat(EndToEnd):
    def test_TR_120_another_program_makes_the_examples_of_the_page(self):
        page, made = page_examples(), examples()
        for name in made:
            self.assertEqual(page.get(name, b"").hex(), made[name].hex(), name)
        self.assertEqual(sorted(page), sorted(made), "each example of the page is made here")

    def test_each_frame_of_the_page_is_read(self):
        made = examples()
        self.assertEqual(
            wire.frames(made["frame-acknowledgement"] + made["frame-ops"]),
            [("acknowledgement", [(4, 6), (0, 2)], 0x13), ("ops", 2, 8, b"\x02hi")])
        self.assertEqual(wire.open_packet(made["key-initiator-sends"], made["data-long"], 69_000), (70_000, b"\x01"))

    def test_TR_120_another_program_has_a_session_with_the_real_one(self):
        port = ink.free_port(socket.SOCK_DGRAM)
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous="ws://127.0.0.1:9", arguments=("--port", str(port)))
        room = wire.Room(ink.link_secret(ana.link())[:32])
        stranger = Session(room, wire.Person.drawn(), port)
        self.addCleanup(stranger.close)
        stranger.dial()
        number = stranger.send(b"\x01")
        stranger.wait(lambda frame: frame[0] == "acknowledgement" and any(low <= number <= high for low, high in frame[1]))
        # What it says of itself comes on the lane of control: the stream's name, then a message.
        control = stranger.wait(lambda frame: frame[0] == "control" and frame[2] == 0)
        self.assertGreater(len(control[3]), 9)
        stranger.send(b"\x05" + b"answer-m")
        self.assertEqual(stranger.wait(lambda frame: frame[0] == "response"), ("response", b"answer-m"))
        stranger.send(b"\x04\x00")
        self.assert_ends_well(ana)


class Session:
    """One connection of the other program, by a bare address."""

    def __init__(self, room, person, port):
        self.room, self.person = room, person
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(0.25)
        self.index, self.next, self.newest, self.waiting = 0x0BADF00D, 0, -1, []

    def close(self):
        self.socket.close()

    def exchange(self, packet, kind):
        """Sends until a packet of this kind comes."""
        deadline = time.monotonic() + 10 * ink.PATIENCE
        while time.monotonic() < deadline:
            self.socket.send(packet)
            try:
                answer = self.socket.recv(2048)
            except TimeoutError:
                continue
            if answer[0] == kind:
                return answer
        raise ink.Failed(f"no packet {kind:02x} came")

    def dial(self):
        attempt, nobody = os.urandom(16), bytes(32)
        noise = wire.Noise(
            True, wire.private(self.person.static), os.urandom(32), self.room.psk, self.room.prologue(nobody, nobody, attempt))
        first = noise.write(b"")
        bare = wire.start(self.room, self.index, attempt, nobody, nobody, first)
        cookie = wire.read_cookie(self.room, self.exchange(bare, wire.COOKIE), bare)
        answer = self.exchange(wire.start(self.room, self.index, attempt, nobody, nobody, first, cookie), wire.ANSWER)
        body = self.room.open(answer)
        self.remote, receiver = struct.unpack(">II", body[4:12])
        assert receiver == self.index, "the answer is for us"
        inside = noise.read(body[12:])
        author = wire.check_certificate(inside[:128], noise.remote_static)
        third = noise.write(self.person.certificate + self.person.salt + wire.peer_id(author, inside[128:144]))
        self.socket.send(wire.finish(self.room, self.remote, third))
        self.sending, self.receiving = noise.split()

    def send(self, frames):
        packet = wire.data_packet(self.sending, self.remote, self.next, frames)
        self.next += 1
        self.socket.send(packet)
        return self.next - 1

    def wait(self, condition):
        """The first frame that is as wanted, of those that have come and not been given out."""
        deadline = time.monotonic() + 10 * ink.PATIENCE
        while time.monotonic() < deadline:
            for position, frame in enumerate(self.waiting):
                if condition(frame):
                    return self.waiting.pop(position)
            try:
                packet = self.socket.recv(2048)
            except TimeoutError:
                continue
            if packet[0] not in (wire.DATA, wire.DATA_LONG):
                continue
            number, plain = wire.open_packet(self.receiving, packet, self.newest + 1)
            self.newest = max(self.newest, number)
            self.waiting += wire.frames(plain)
            self.send(b"\x02" + wire.varint(number) + b"\x00\x00\x00")
        raise ink.Failed(f"no such frame came; there are {self.waiting}")


if __name__ == "__main__":
    main()
