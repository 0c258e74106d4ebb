"""`inkwire audit`: what crossed a network, looked through by a member with the keys of the board."""

import base64
import json
import re
import struct
import unittest

from harness import EndToEnd, ink, main

import wiretap

BOX = {"kind": "rectangle", "x": 0, "y": 0, "w": 64, "h": 64}


def packet(carries, payload, source, target):
    """A frame of Ethernet with a packet between two addresses of this machine."""
    udp = carries == 17
    head = struct.pack(">HHHH", source, target, 8 + len(payload), 0) if udp else b""
    body = head + payload
    loop = b"\x7f\x00\x00\x01"
    return (b"\0" * 12 + b"\x08\x00" + struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, carries, 0) + loop + loop + body)


def segment(sequence, payload, source, target, flags=0x10):
    return packet(6, struct.pack(">HHIIBBHHH", source, target, sequence, 0, 0x50, flags, 65535, 0, 0) + payload, source, target)


def frame(opcode, payload, mask=b"\1\2\3\4"):
    length = struct.pack(">B", 0x80 | len(payload)) if len(payload) < 126 else struct.pack(">BH", 0x80 | 126, len(payload))
    return bytes([0x80 | opcode]) + length + mask + bytes(byte ^ mask[index & 3] for index, byte in enumerate(payload))


@unittest.skipUnless(wiretap.Capture.is_possible(), "capturing needs root and tcpdump")
class Audits(EndToEnd):
    WORDS = "planted words in a box"

    def captured(self, arguments=(), key_log=None):
        """Two people draw in front of a tap: where the capture is."""
        server = self.rendezvous()
        capture = wiretap.Capture(self.folder / "tap", [server.port])
        logged = ["--key-log", key_log] if key_log else []
        ana = ink.new_board(self.folder / "ana", "Anastasia-Planted", "planted-board", server.address, [*arguments, *map(str, logged)])
        bob = ink.join_board(ana.link(), self.folder / "bob", "Bartholomew-Planted", rendezvous=server.address, arguments=arguments)
        ana.draw("a", text=self.WORDS, **BOX)
        bob.ask("say", "chat", text="planted words in chat")
        ana.event("chat", text="planted words in chat")
        self.assert_equal_boards(ana, bob)
        self.ports = ana.udp_ports()
        self.assert_ends_well(ana, bob)
        self.datagrams, self.streams = capture.stop()
        self.server = server
        return capture.path

    def audit(self, path, *arguments, data="ana"):
        return ink.run(["audit", path, *arguments], data=self.folder / data, name=data)

    def judged(self, path, *arguments):
        """What an audit without findings counted."""
        status, out, errors = self.audit(path, "planted-board", "--json", *arguments)
        self.assertEqual((status, errors), (0, ""), out)
        report = json.loads(out)
        self.assertEqual((report["findings"], report["count"]), ([], 0))
        self.assertGreater(report["looked_for"], 12)
        return report["judged"]

    def test_CL_430_what_two_programs_say_is_published_and_each_packet_opens(self):
        log = self.folder / "keys.txt"
        path = self.captured(key_log=log)
        judged = self.judged(path, "--keys", log)
        for form in ("data", "connection", "join", "envelope", "welcome"):
            self.assertGreater(judged[form], 0, judged)
        self.assertGreater(judged["data"], 20)
        status, out, errors = self.audit(path, "planted-board")
        self.assertEqual((status, errors), (0, ""))
        self.assertRegex(out, r"\njudged: \d+ data, |^judged: \d+ data, ")
        self.assertIn("nothing crossed that is not published", out)
        self.assertNotIn("lanted-", out)
        # Who is no member of it, and who has another board.
        self.assertEqual(self.audit(path, "planted-board", data="eve")[0], 5)
        self.assertEqual(ink.run(["new", "other", "--peer"], data=self.folder / "eve", name="eve")[0], 0)
        status, out, errors = self.audit(path, "other", data="eve")
        self.assertEqual(status, 7, errors)
        self.assertIn("its topic is none of a board that was named", out)

    def test_CL_430_what_a_rendezvous_carries_is_published(self):
        judged = self.judged(self.captured(["--relay-only"]))
        self.assertGreater(judged["relayed data"], 20, judged)
        self.assertNotIn("data", judged)

    def test_CL_431_each_of_ten_leaks_that_are_planted_is_found_and_not_repeated(self):
        path = self.captured()
        whole, secret = path.read_bytes(), self.WORDS.encode()
        # An end of ours, and the head of a connection of ours.
        port = next(ends[0] for ends, body in self.datagrams if body[:1] == b"\xf3" and ends[0] in self.ports)
        head = next(stream.partition(b"\r\n\r\n")[0] for _, stream in self.streams if stream.startswith(b"GET "))
        topic = next(json.loads(text)["topic"] for _, stream in self.streams for text in wiretap.websocket_texts(stream) if b'"join"' in text)
        index = b"\xf3\1\2\3\4\0\1"
        ours = lambda payload: [packet(17, payload, port, 9)]

        def said(*frames, words=head):
            stream = words + b"\r\n\r\n" + b"".join(frames)
            server = self.server.port
            return [segment(0, b"", 40000, server, 2), *(segment(1 + at, stream[at:at + 900], 40000, server) for at in range(0, len(stream), 900))]

        leave = {"topic": topic, "type": "leave"}
        text = lambda message, **spelling: frame(1, json.dumps(message, **{"separators": (",", ":"), "sort_keys": True, **spelling}).encode())
        leaks = {
            "clear words to a member": (ours(b"a word in clear, to anybody"), "27 bytes that are in no published form"),
            "words in data": (ours(index + secret * 5), "a datagram: the text of a shape"),
            "data that is none": (ours(index + bytes(80)), "one byte stands 12 times on end"),
            "words to a stranger": ([packet(17, b"x" + secret, 7, 53)], "a datagram: the text of a shape"),
            "in hex": ([packet(17, secret.hex().encode(), 7, 53)], "the text of a shape, in hex"),
            "in base64": ([packet(17, base64.b64encode(b"ab" + secret), 7, 53)], "the text of a shape, in base64"),
            "a name in a head": (said(words=head + b"\r\nUser-Agent: ana"), "head: it has a field that is none of ours"),
            "a field in a message": (said(text({"name": "ana", **leave})), "text: it has another spelling"),
            "white space in a message": (said(text(leave, separators=(", ", ": "))), "text: it has another spelling"),
            "a box that is open": (said(text({"box": base64.urlsafe_b64encode(bytes(552)).decode().rstrip("="), "topic": topic, "type": "send"})),
                                   "envelope: it is not sealed"),
            "a word that is relayed": (said(frame(2, b"\1\0\0\0\1\1\0\0\0\2hello")), "relayed datagram: 5 bytes"),
            "a reason at the end": (said(frame(8, b"\x03\xe8ana")), "close: it gives more than a code"),
        }
        for name, (frames, words) in leaks.items():
            with self.subTest(name):
                leak = self.folder / "leak.pcap"
                leak.write_bytes(whole + b"".join(struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame for frame in frames))
                status, out, errors = self.audit(leak, "planted-board")
                self.assertEqual(status, 7, out)
                self.assertIn(words, out)
                self.assertIn("crossed that should not have", errors)
                self.assertFalse(re.search("planted words|Planted", out), "it is named, and not shown")

    def test_CL_432_what_is_no_capture_or_has_nothing_of_the_board_is_told(self):
        path = self.captured()
        for content, code, why in ((b"", 2, "it is no capture"), (b"not a capture of anything at all", 2, "it is no capture"),
                                   (path.read_bytes()[:24], 5, "no packet of these boards")):
            other = self.folder / "other.pcap"
            other.write_bytes(content)
            status, out, errors = self.audit(other, "planted-board")
            self.assertEqual(status, code, errors)
            self.assertIn(why, errors)
        other.write_bytes(path.read_bytes()[:-7])
        status, out, errors = self.audit(other, "planted-board")
        self.assertEqual(status, 0, errors)
        self.assertIn("not judged: what follows the end of the file", out)
        self.assertEqual(self.audit(self.folder / "none.pcap", "planted-board")[0], 5)


if __name__ == "__main__":
    main()
