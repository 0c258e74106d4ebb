"""The link, spoken by another program: as the page WireFormat.md of InkTransport has it, in another language and with another library.

A second writer of the same bytes shows what the page forgot. Functions take and give bytes; nothing here is quick.
"""

import hashlib
import hmac
import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

VERSION = 5
START, ANSWER, FINISH, DATA, COOKIE, DATA_LONG, PUNCH = 0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6
XX_PSK3 = (b"Noise_XXpsk3_25519_ChaChaPoly_SHA256", [("e",), ("e", "ee", "s", "es"), ("s", "se", "psk")])
NN_PSK0 = (b"Noise_NNpsk0_25519_ChaChaPoly_SHA256", [("psk", "e"), ("e", "ee")])
RENEWAL = b"inkwire/1 rekey"


class Refused(Exception):
    """A packet that is not what it should be."""


def public(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def private(key):
    return key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def blake(data, key=b"", size=32):
    return hashlib.blake2b(data, key=key, digest_size=size).digest()


def derive(secret, label, context):
    return blake(bytes([len(label)]) + label + context, key=secret)


class Room:
    """What all members have: the keys that grow from the room's secret."""

    def __init__(self, secret, epoch=0):
        context = struct.pack(">I", epoch)
        self.epoch = epoch
        self.keys = {name: derive(secret, b"inkwire/1 " + name.encode(), context)
                     for name in ("psk", "mac", "cookie", "envelope", "topic", "tag")}
        self.psk, self.mac, self.cookie = (self.keys[name] for name in ("psk", "mac", "cookie"))
        self.tag = self.keys["tag"][:8]

    def seal(self, packet):
        return packet + blake(packet, key=self.mac, size=16)

    def open(self, packet):
        """The packet without its MAC."""
        if len(packet) <= 16 or not hmac.compare_digest(packet[-16:], blake(packet[:-16], key=self.mac, size=16)):
            raise Refused("the MAC is wrong")
        return packet[:-16]

    def prologue(self, initiator, responder, attempt):
        return b"inkwire/%d" % VERSION + self.tag + struct.pack(">I", self.epoch) + initiator + responder + attempt


class Person:
    """A device, and one process of it."""

    def __init__(self, device, static, salt):
        self.device, self.static, self.salt = Ed25519PrivateKey.from_private_bytes(device), X25519PrivateKey.from_private_bytes(static), salt
        self.author = public(self.device)
        signed = b"inkwire/1 device certificate" + self.author + public(self.static)
        self.certificate = self.author + public(self.static) + self.device.sign(signed)
        self.peer = peer_id(self.author, salt)

    @classmethod
    def drawn(cls):
        return cls(os.urandom(32), os.urandom(32), os.urandom(16))


def peer_id(author, salt):
    return blake(b"inkwire/1 peer" + author + salt)


def check_certificate(certificate, static):
    """The device key that vouches for the static key."""
    author, named, signature = certificate[:32], certificate[32:64], certificate[64:]
    if named != static:
        raise Refused("the certificate is for another static key")
    Ed25519PublicKey.from_public_bytes(author).verify(signature, b"inkwire/1 device certificate" + author + named)
    return author


def hkdf(chaining_key, data, count):
    """Noise §4.3."""
    secret = hmac.digest(chaining_key, data, "sha256")
    outputs, last = [], b""
    for number in range(1, count + 1):
        last = hmac.digest(secret, last + bytes([number]), "sha256")
        outputs.append(last)
    return outputs


class Noise:
    """One side of the handshake; `steps` keeps what a second implementation wants to compare."""

    def __init__(self, is_initiator, static, ephemeral, psk, prologue, pattern=XX_PSK3):
        self.is_initiator, self.psk = is_initiator, psk
        self.static = static and X25519PrivateKey.from_private_bytes(static)
        name, self.tokens = pattern
        self.ephemeral = X25519PrivateKey.from_private_bytes(ephemeral)
        self.h = hashlib.sha256(name).digest()
        self.ck, self.k, self.n = self.h, None, 0
        self.remote_static = self.remote_ephemeral = None
        self.next, self.steps = 0, []
        self.note("name")
        self.mix_hash(prologue)
        self.note("prologue")

    def note(self, what):
        self.steps.append((what, self.h, self.ck))

    def mix_hash(self, data):
        self.h = hashlib.sha256(self.h + data).digest()

    def mix_key(self, data):
        self.ck, self.k = hkdf(self.ck, data, 2)
        self.n = 0

    def seal(self, plain):
        sealed = ChaCha20Poly1305(self.k).encrypt(nonce(self.n), plain, self.h)
        self.n += 1
        self.mix_hash(sealed)
        return sealed

    def open(self, sealed):
        try:
            plain = ChaCha20Poly1305(self.k).decrypt(nonce(self.n), sealed, self.h)
        except InvalidTag:
            raise Refused("a handshake message is not authentic") from None
        self.n += 1
        self.mix_hash(sealed)
        return plain

    def agree(self, token):
        ours, theirs = (token[0], token[1]) if self.is_initiator else (token[1], token[0])
        private = self.ephemeral if ours == "e" else self.static
        other = self.remote_ephemeral if theirs == "e" else self.remote_static
        self.mix_key(private.exchange(X25519PublicKey.from_public_bytes(other)))

    def step(self, token):
        if token == "psk":
            self.ck, mixed, self.k = hkdf(self.ck, self.psk, 3)
            self.mix_hash(mixed)
            self.n = 0
        elif token not in ("e", "s"):
            self.agree(token)
        self.note(f"{self.next + 1} {token}")

    def write(self, payload):
        message = b""
        for token in self.tokens[self.next]:
            if token == "e":
                message += public(self.ephemeral)
                self.mix_hash(public(self.ephemeral))
                self.mix_key(public(self.ephemeral))
            elif token == "s":
                message += self.seal(public(self.static))
            self.step(token)
        message += self.seal(payload)
        self.note(f"{self.next + 1} payload")
        self.next += 1
        return message

    def read(self, message):
        for token in self.tokens[self.next]:
            if token == "e":
                self.remote_ephemeral, message = message[:32], message[32:]
                self.mix_hash(self.remote_ephemeral)
                self.mix_key(self.remote_ephemeral)
            elif token == "s":
                self.remote_static, message = self.open(message[:48]), message[48:]
            self.step(token)
        payload = self.open(message)
        self.note(f"{self.next + 1} payload")
        self.next += 1
        return payload

    def split(self):
        """The initiator's sending key, and the responder's."""
        return hkdf(self.ck, b"", 2)

    def export(self, label):
        """A secret beside the keys: the third output of the HKDF whose first two they are, then derived with the hash as context."""
        return derive(hkdf(self.ck, b"", 3)[2], label, self.h)


def nonce(number):
    return bytes(4) + struct.pack("<Q", number)


# Packets of the handshake.

def start(room, index, attempt, initiator, responder, noise, cookie=bytes(16)):
    head = bytes([START, VERSION, 0, 0]) + struct.pack(">I", index) + attempt + initiator + responder + noise
    return room.seal(head + bytes(1200 - 32 - len(head)) + cookie)


def answer(room, index, receiver, noise):
    return room.seal(bytes([ANSWER, VERSION, 0, 0]) + struct.pack(">II", index, receiver) + noise)


def finish(room, receiver, noise):
    return room.seal(bytes([FINISH, VERSION, 0, 0]) + struct.pack(">I", receiver) + noise)


def punch(room, attempt):
    return room.seal(bytes([PUNCH, VERSION, 0, 0]) + attempt)


def cookie(room, receiver, plain, nonce24, answered):
    return room.seal(bytes([COOKIE, VERSION, 0, 0]) + struct.pack(">I", receiver)
                     + nonce24 + xchacha(room.cookie, nonce24).encrypt(bytes(4) + nonce24[16:], plain, answered[-16:]))


def read_cookie(room, packet, answered):
    body = room.open(packet)
    nonce24 = body[8:32]
    return xchacha(room.cookie, nonce24).decrypt(bytes(4) + nonce24[16:], body[32:], answered[-16:])


def xchacha(key, nonce24):
    """XChaCha20-Poly1305 is ChaCha20-Poly1305 under a key made by HChaCha20 (draft-irtf-cfrg-xchacha-03 §2)."""
    words = list(struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key) + struct.unpack("<4I", nonce24[:16]))

    def quarter(a, b, c, d):
        for one, two, three, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            words[one] = (words[one] + words[two]) & 0xFFFFFFFF
            mixed = words[three] ^ words[one]
            words[three] = (mixed << turn | mixed >> 32 - turn) & 0xFFFFFFFF

    for _ in range(10):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for column in range(4):
            quarter(column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return ChaCha20Poly1305(struct.pack("<8I", *words[:4], *words[12:]))


# Data.

def data_packet(key, receiver, number, frames, is_long=False):
    header = bytes([DATA_LONG if is_long else DATA]) + struct.pack(">I", receiver)
    header += struct.pack(">I", number & 0xFFFFFFFF) if is_long else struct.pack(">H", number & 0xFFFF)
    return header + ChaCha20Poly1305(key).encrypt(nonce(number), frames, header)


def full_number(low, bits, expected):
    """The number nearest to what is expected that ends in these bits."""
    window = 1 << bits
    candidate = expected & ~(window - 1) | low
    if candidate + window // 2 <= expected:
        return candidate + window
    if candidate > expected + window // 2 and candidate >= window:
        return candidate - window
    return candidate


def open_packet(key, packet, expected):
    """(number, frames)."""
    count = 7 if packet[0] == DATA else 9
    number = full_number(int.from_bytes(packet[5:count], "big"), 16 if count == 7 else 32, expected)
    try:
        return number, ChaCha20Poly1305(key).decrypt(nonce(number), packet[count:], packet[:count])
    except InvalidTag:
        raise Refused("a packet is not authentic") from None


def varint(value):
    for size, prefix, limit in ((1, 0, 1 << 6), (2, 1, 1 << 14), (4, 2, 1 << 30), (8, 3, 1 << 62)):
        if value < limit:
            return (value | prefix << size * 8 - 2).to_bytes(size, "big")
    raise ValueError(value)


def read_varint(data, at):
    size = 1 << (data[at] >> 6)
    return int.from_bytes(data[at:at + size], "big") & (1 << size * 8 - 2) - 1, at + size


def renewal_prologue(asker, answerer, count):
    return RENEWAL + asker + answerer + struct.pack(">Q", count)


LANES = {0x08: "control", 0x09: "ops", 0x0B: "bulk"}


def frames(data):
    """The frames of a packet, as tuples that begin with their name."""
    at, found = 0, []
    while at < len(data):
        kind, at = data[at], at + 1
        if kind == 0x00:
            found.append(("padding",))
        elif kind == 0x01:
            found.append(("ping",))
        elif kind == 0x02:
            largest, at = read_varint(data, at)
            delay, at = read_varint(data, at)
            count, at = read_varint(data, at)
            run, at = read_varint(data, at)
            runs = [(largest - run, largest)]
            for _ in range(count):
                gap, at = read_varint(data, at)
                run, at = read_varint(data, at)
                top = runs[-1][0] - gap - 2
                runs.append((top - run, top))
            found.append(("acknowledgement", runs, delay))
        elif kind == 0x03:
            found.append(("presence", data[at:]))
            at = len(data)
        elif kind == 0x04:
            found.append(("close", data[at]))
            at += 1
        elif kind in (0x05, 0x06):
            found.append(("challenge" if kind == 0x05 else "response", data[at:at + 8]))
            at += 8
        elif kind == 0x07:
            limit, at = read_varint(data, at)
            found.append(("credit", limit))
        elif kind in (0x0C, 0x0D):
            count, at = read_varint(data, at)
            found.append(("question" if kind == 0x0C else "answer", count, data[at:at + 52]))
            at += 52
        elif kind in LANES:
            slot, at = read_varint(data, at)
            offset, at = read_varint(data, at)
            count, at = read_varint(data, at)
            found.append((LANES[kind], slot, offset, data[at:at + count]))
            at += count
        else:
            raise Refused(f"a frame of type {kind:02x}")
    return found
