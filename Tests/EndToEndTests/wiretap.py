"""Captures what goes over loopback and searches it as an eavesdropper with patience would."""

import base64
import collections
import contextlib
import ctypes
import hashlib
import ipaddress
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import threading

import harness  # noqa: F401  (puts tools/lib on the path)
import inkwire_process as ink


def may_listen():
    """Whether this process may open a socket that sees all packets (Linux, CAP_NET_RAW)."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except (AttributeError, PermissionError):
        return False
    return True


class Capture:
    """All UDP, or that of one port, and all TCP of some ports, on loopback, by tcpdump; needs the right to capture."""

    @staticmethod
    def is_possible():
        return shutil.which("tcpdump") is not None and may_listen()

    def __init__(self, folder, tcp_ports, udp_port=None):
        self.path, self.udp_port = folder / "capture.pcap", udp_port
        self.path.parent.mkdir(parents=True, exist_ok=True)
        wanted = " or ".join(["udp" if udp_port is None else f"udp port {udp_port}", *(f"tcp port {port}" for port in tcp_ports)])
        # -U writes each packet at once; without -Z tcpdump drops root and may not write into our folder.
        self.child = subprocess.Popen(["tcpdump", "-i", "lo", "--immediate-mode", "-U", "-s", "0", "-B", "65536", "-Z", "root", "-w", str(self.path), wanted],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=ink._die_with_parent)
        self.child.stderr.readline()  # "listening on lo …": from here on nothing is missed

    def stop(self):
        """Ends the capture; returns (datagrams, TCP streams) as [(ports, bytes)]."""
        # A last datagram of our own: once it is in the file, so is all before it.
        mark = os.urandom(32)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.bind(("127.0.0.1", 0))
            own.sendto(mark, own.getsockname() if self.udp_port is None else ("127.0.0.1", self.udp_port))
        ink.wait_until(lambda: mark in self.path.read_bytes(), 10, "tcpdump has written the last datagram", interval=0.1)
        self.child.terminate()
        said = self.child.stderr.read().decode()
        self.child.wait()
        self.child.stderr.close()
        dropped = re.search(r"(\d+) packets dropped by kernel", said)
        if dropped is None or int(dropped.group(1)):
            raise ink.Failed(f"the capture is not complete: {said}")
        return read_capture(self.path.read_bytes())


class Datagrams:
    """Counts UDP of this machine by where it goes, on every interface and in both families; needs the right to capture.

    Those of loopback count twice, out and in.
    """

    def __init__(self, ports=None):
        """Of these source ports only, or of all."""
        self.of, self.seen_from = ports, set()
        # Without a link's head, so that all interfaces look alike; 3 is ETH_P_ALL.
        self.tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self.tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.tap.settimeout(0.1)
        self.sources, self.targets, self.is_over = collections.Counter(), collections.Counter(), False
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while not self.is_over:
            try:
                packet = self.tap.recv(65536)
            except TimeoutError:
                continue
            version = packet[0] >> 4 if packet else 0
            if version == 4 and len(packet) >= 20 and packet[9] == 17:
                header, origin, target = (packet[0] & 15) * 4, packet[12:16], packet[16:20]
            elif version == 6 and len(packet) >= 48 and packet[6] == 17:
                header, origin, target = 40, packet[8:24], packet[24:40]
            else:
                continue
            source, port = struct.unpack_from(">HH", packet, header)
            self.sources[source] += 1
            if self.of is None or source in self.of:
                self.targets[str(ipaddress.ip_address(target)), port] += 1
            elif port in self.of:
                place = str(ipaddress.ip_address(origin)), source
                if place not in self.targets:
                    self.seen_from.add(place)

    def stop(self):
        """Packets by target; `sources` has them by source port.

        `seen_from` has the places from which those watched were spoken to first. Who only answers them is not among these: that one was sent
        to because somebody said so.
        """
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.bind(("127.0.0.1", 0))
            port = own.getsockname()[1]
            own.sendto(b"the last", own.getsockname())
            ink.wait_until(lambda: self.sources[port], 10, "the tap has seen our own last datagram")
        # tp_drops of struct tpacket_stats (packet(7)); 263 is SOL_PACKET, 6 is PACKET_STATISTICS.
        _, dropped = struct.unpack("II", self.tap.getsockopt(263, 6, 8))
        self.close()
        if dropped:
            raise ink.Failed(f"the tap missed {dropped} packets")
        return self.targets

    def close(self):
        """Ends the watching, also where `stop` is never reached; may be called again."""
        self.is_over = True
        self.thread.join()
        self.tap.close()


# Content before the candidates, by kind; the picture stands in InkRendezvous.docc.
ENVELOPES = {3: ("offer", 48), 4: ("answer", 16), 6: ("offer", 48 + 52), 7: ("answer", 16 + 244), 8: ("candidates", 36), 9: ("candidates", 36)}


def open_envelopes(link, streams):
    """What members told each other at the rendezvous, as whoever has the link reads it: [(kind, [(IP, port)])]."""
    sodium = ctypes.CDLL("libsodium.so.23")
    payload = ink.link_secret(link)
    label = b"inkwire/1 envelope"
    key = hashlib.blake2b(bytes([len(label)]) + label + bytes(4), key=payload[:32], digest_size=32).digest()
    bare = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    told = []
    for _, stream in streams:
        for frame in websocket_texts(stream):
            if not frame.startswith(b"{"):
                continue
            message = json.loads(frame)
            if message["type"] not in ("send", "envelope"):
                continue
            box, context = bare(message["box"]), label + bare(message["topic"])
            plain = ctypes.create_string_buffer(len(box) - 40)
            if sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plain, None, None, box[24:], ctypes.c_ulonglong(len(box) - 24), context,
                                                                ctypes.c_ulonglong(len(context)), box[:24], key):
                raise ink.Failed("an envelope that does not open under the key of the link")
            told.append(read_envelope(plain.raw))
    return told


def read_envelope(plain):
    kind, skipped = ENVELOPES.get(plain[1], ("greeting", None))
    if plain[0] != 5:
        raise ink.Failed(f"an envelope of form {plain[0]}, which is not read here")
    if skipped is None:
        return kind, []
    place, candidates = 1 + 1 + 1 + 16 + 32 + 32 + skipped, []
    count, place = plain[place], place + 1
    for _ in range(count):
        length = 4 if plain[place + 1] == 4 else 16
        address = str(ipaddress.ip_address(plain[place + 2:place + 2 + length]))
        candidates.append((address, *struct.unpack_from(">H", plain, place + 2 + length)))
        place += 4 + length
    return kind, candidates


def read_capture(data):
    """UDP payloads and TCP streams of a pcap file of Ethernet frames (loopback has them)."""
    magic, = struct.unpack_from("<I", data)
    if magic != 0xA1B2C3D4:
        raise ink.Failed(f"not a pcap file of this machine: {magic:x}")
    datagrams, streams, place = [], {}, 24
    while place + 16 <= len(data):
        _, _, kept, length = struct.unpack_from("<IIII", data, place)
        frame = data[place + 16:place + 16 + kept]
        place += 16 + kept
        if kept != length or len(frame) < 34 or frame[12:14] != b"\x08\x00":
            continue  # only IPv4 is used in these tests
        header = (frame[14] & 15) * 4
        total, = struct.unpack_from(">H", frame, 16)
        packet = frame[14 + header:14 + total]
        source, target = struct.unpack_from(">HH", packet)
        if frame[23] == 17:
            datagrams.append(((source, target), packet[8:]))
        elif frame[23] == 6:
            sequence, = struct.unpack_from(">I", packet, 4)
            body = packet[(packet[12] >> 4) * 4:]
            flags = packet[13]
            stream = streams.setdefault((source, target), {"first": None, "parts": []})
            if flags & 2:
                if stream["parts"]:
                    streams[(source, target, len(streams))] = stream
                    stream = streams[(source, target)] = {"first": None, "parts": []}
                stream["first"] = (sequence + 1) & 0xFFFFFFFF
            if body:
                stream["parts"].append((sequence, body))
    return datagrams, [(key[:2], assemble(stream)) for key, stream in streams.items()]


def assemble(stream):
    """One direction of a TCP connection in order, repeats left out."""
    parts = stream["parts"]
    if not parts:
        return b""
    first = stream["first"] if stream["first"] is not None else min(sequence for sequence, _ in parts)
    whole = bytearray()
    for offset, body in sorted(((sequence - first) & 0xFFFFFFFF, body) for sequence, body in parts):
        if offset <= len(whole):
            whole[offset:offset + len(body)] = body
    return bytes(whole)


def websocket_texts(stream):
    """The payloads of all WebSocket frames of one direction, unmasked (RFC 6455 §5.2), after the HTTP head.

    A client masks what it sends with a key that stands in the frame, so a search of the raw bytes alone would prove nothing.
    """
    end = stream.find(b"\r\n\r\n")
    if end < 0:
        return []
    place, payloads = end + 4, []
    while place + 2 <= len(stream):
        second = stream[place + 1]
        length, place = second & 127, place + 2
        if length == 126:
            length, = struct.unpack_from(">H", stream, place)
            place += 2
        elif length == 127:
            length, = struct.unpack_from(">Q", stream, place)
            place += 8
        key = b""
        if second & 128:
            key, place = stream[place:place + 4], place + 4
        payload = stream[place:place + length]
        place += length
        payloads.append(bytes(byte ^ key[index & 3] for index, byte in enumerate(payload)) if key else payload)
    return payloads


def forms(secret):
    """The ways in which the bytes of a secret may stand in a capture: raw, hex, base64 at each of the three alignments."""
    found = {"raw": secret, "hex": secret.hex().encode(), "HEX": secret.hex().upper().encode(), "reversed": secret[::-1]}
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + secret)
        # The characters at the edges mix with neighbours; only those that depend on the secret alone are searched.
        first = (shift * 8 + 5) // 6
        last = (shift + len(secret)) * 8 // 6
        found[f"base64+{shift}"] = encoded[first:last]
        found[f"base64url+{shift}"] = encoded[first:last].replace(b"+", b"-").replace(b"/", b"_")
    return found


def decoded(where, frame):
    """What the base64 in a frame decodes to: envelopes and bodies are that inside JSON."""
    places = []
    for token in re.findall(rb"[A-Za-z0-9+/_-]{16,}={0,2}", frame):
        bare = token.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        with contextlib.suppress(ValueError):
            places.append((f"base64 in {where}", base64.b64decode(bare + b"=" * (-len(bare) % 4))))
    return places


def find(secrets, datagrams, streams):
    """Which of the secrets (name → bytes) can be seen, and where."""
    places = [(f"UDP {ports}", body) for ports, body in datagrams]
    for ports, stream in streams:
        places.append((f"TCP {ports}", stream))
        frames = websocket_texts(stream)
        places.append((f"WebSocket {ports}", b"".join(frames)))
        for frame in frames:
            places += decoded(f"WebSocket {ports}", frame)
    # One datagram after the other, should something be cut in two.
    places.append(("all UDP joined", b"".join(body for _, body in datagrams)))
    return sights(secrets, places)


def sights(secrets, places):
    """Which of the secrets stand in which of the places, [(where, bytes)], and in which form."""
    return [f"{name} as {form} in {where}" for name, secret in secrets.items() for form, needle in forms(secret).items()
            for where, body in places if needle in body]


# The words that a connection to a rendezvous is made of, whatever is said over it: the page of InkRendezvous.docc has those of the messages, and
# RFC 6455 those of the head. None is taken from the program, so that a word which it should not say is not among them.
KEYS = {"type", "nonce", "stun_port", "relay", "mailboxes", "topic", "key", "signature", "member", "others", "to", "from", "box", "reason", "mailbox",
        "visitor", "body"}
VALUES = {
    "type": {"welcome", "join", "joined", "send", "envelope", "refused", "leave", "open-mailbox", "open-local-mailbox", "close-mailbox", "mailbox",
             "no-mailbox", "mailbox-busy", "knock", "pass", "dismiss", "gone"},
    "reason": {"not-admitted", "too-many-topics", "topic-full", "not-joined", "too-many-knocks"}}
HEADS = {"GET / HTTP/1.1", "HTTP/1.1 101 Switching Protocols"}
FIELDS = {"host": None, "content-length": "0", "connection": "upgrade", "upgrade": "websocket", "sec-websocket-key": None,
          "sec-websocket-version": "13", "sec-websocket-accept": None, "sec-websocket-protocol": "inkwire.v1"}
OWN_WORDS = "\n".join([*KEYS, *VALUES["type"], *VALUES["reason"], *HEADS, *FIELDS, *filter(None, FIELDS.values())]).lower().encode()


def is_own_word(secret):
    """Whether these bytes are to be seen on any connection to a rendezvous, since they are a part of its own words."""
    return any(needle.lower() in OWN_WORDS for needle in forms(secret).values())


def without_own_words(streams):
    """What a rendezvous and its peers said when the words that are always said are taken away: ([what is no such word], [(where, bytes)]).

    Each key, type, reason and head has to be one of the words above. What else is said is all among the bytes.
    """
    strange, rest = [], []
    for ports, stream in streams:
        head, _, _ = stream.partition(b"\r\n\r\n")
        first, *fields = head.decode("latin-1").split("\r\n")
        if stream and first not in HEADS:
            strange.append(f"head {first!r}")
        for field in fields:
            name, _, value = field.partition(": ")
            if name.lower() not in FIELDS:
                strange.append(f"field {field!r}")
            elif value.lower() != FIELDS[name.lower()]:
                rest.append((f"{name} of {ports}", value.encode("latin-1")))
        for frame in websocket_texts(stream):
            if frame.startswith(b"{"):
                # All pairs, also where a key stands twice.
                for key, value in json.loads(frame, object_pairs_hook=list):
                    if key not in KEYS or isinstance(value, list):
                        strange.append(f"key {key!r} with {value!r}")
                    elif key not in VALUES:
                        rest.append((f"{key} of {ports}", str(value).encode()))
                    elif value not in VALUES[key]:
                        strange.append(f"{key} {value!r}")
            else:
                rest.append((f"frame of {ports}", frame))
    return strange, rest + [place for where, body in rest for place in decoded(where, body)]
