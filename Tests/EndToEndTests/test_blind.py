"""Nobody on the wire, and not the rendezvous either, sees a name, a text, a key or a board id."""

import base64
import os
import socket
import struct
import unittest

from harness import EndToEnd, ink, main

import wiretap


def link_secrets(link):
    """The room secret and the board id out of a link (the layout stands in InviteLink.swift)."""
    payload = link.split("#1.")[1].encode().replace(b"-", b"+").replace(b"_", b"/")
    payload = base64.b64decode(payload + b"=" * (-len(payload) % 4))
    return {"room secret": payload[:32], "board id": payload[32:64], "link payload": payload[:64]}


class Blind(EndToEnd):
    @unittest.skipUnless(wiretap.Capture.is_possible(), "capturing needs root and tcpdump")
    def test_a_capture_of_a_whole_session_holds_nothing_planted(self):
        planted = {"name ana": b"Anastasia-Planted", "name bob": b"Bartholomew-Planted", "board name": b"planted-board-name",
                   "shape text": b"planted words in a box", "chat": b"planted words in chat", "shape label": b"planted-label",
                   "late text": b"planted words drawn while away"}
        server = self.rendezvous()
        capture = wiretap.Capture(self.folder / "tap", [server.port])
        try:
            ana = ink.new_board(self.folder / "ana", planted["name ana"].decode(), planted["board name"].decode(), server.address)
            link = ana.link()
            bob = ink.join_board(link, self.folder / "bob", planted["name bob"].decode())
            for peer in (ana, bob):
                peer.wait("peers", count=1)
            ana.event("peer", name=planted["name bob"].decode())
            ana.draw(planted["shape label"].decode(), kind="rectangle", x=0, y=0, w=64, h=64, text=planted["shape text"].decode())
            for number in range(30):
                bob.draw(kind="note", x=number * 8, y=100, w=64, h=64, text=planted["shape text"].decode() + str(number))
            ana.send("stroke", x=0, y=0, points=[[step * 3, step] for step in range(40)], over_ms=300)
            bob.event("gesture")
            ana.ask("say", "chat", text=planted["chat"].decode())
            bob.event("chat", text=planted["chat"].decode())
            self.assert_equal_boards(ana, bob)
            me = {"key of ana": ana.event("ready")["me"], "key of bob": bob.event("ready")["me"]}
            self.assert_ends_well(bob)
            ana.draw(kind="text", x=0, y=0, text=planted["late text"].decode())
            # A reconciliation after an absence uses other messages than the live way.
            bob = ink.open_board(planted["board name"].decode(), self.folder / "bob", planted["name bob"].decode(), server.address)
            bob.wait("peers", count=1)
            self.assert_equal_boards(ana, bob)
            self.assert_ends_well(ana, bob)
        finally:
            datagrams, streams = capture.stop()

        secrets = {**planted, **link_secrets(link)}
        for name in ("ana", "bob"):
            for path in (self.folder / name).rglob("identity.key"):
                kept = path.read_bytes()  # the layout stands in Identity.swift
                secrets.update({f"signing seed of {name}": kept[9:41], f"static secret of {name}": kept[41:73]})
        self.assertIn("static secret of bob", secrets)
        for name, identity in me.items():
            self.assertRegex(identity, r"^[0-9a-f]{64}$", "the device key in hex")
            secrets[name] = bytes.fromhex(identity)
        frames = [frame for _, stream in streams for frame in wiretap.websocket_texts(stream)]
        self.assertGreater(len(datagrams), 50, "the session's datagrams were captured")
        self.assertGreater(len(frames), 6, "the rendezvous' frames were captured and unmasked")
        self.assertTrue(any(frame.startswith(b"{") for frame in frames), "unmasking gives readable JSON")
        self.assertEqual(wiretap.find(secrets, datagrams, streams), [])

    @unittest.skipUnless(wiretap.Capture.is_possible(), "capturing needs root and tcpdump")
    def test_the_searcher_finds_what_is_planted_in_every_form(self):
        secret = b"sixteen planted bytes and more"
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            port = listener.getsockname()[1]
            capture = wiretap.Capture(self.folder / "tap", [port])
            datagram.bind(("127.0.0.1", 0))
            for body in (b"raw " + secret, b"hex " + secret.hex().encode(), b"b64 " + base64.b64encode(b"x" + secret)):
                datagram.sendto(body, datagram.getsockname())
            # What a WebSocket client sends is masked: the searcher must look under the mask, and into base64 there.
            with socket.create_connection(("127.0.0.1", port)) as client:
                served, _ = listener.accept()
                inner = b'{"envelope":"' + base64.b64encode(b"head " + secret.hex().encode()) + b'"}'
                mask = os.urandom(4)
                frame = b"\x82" + struct.pack(">BH", 128 | 126, len(inner)) + mask + bytes(b ^ mask[i & 3] for i, b in enumerate(inner))
                sent = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n" + frame
                client.sendall(sent)
                received = 0
                while received < len(sent):
                    received += len(served.recv(4096))
                served.close()
            datagrams, streams = capture.stop()
        seen = wiretap.find({"planted": secret}, datagrams, streams)
        for form in ("raw in UDP", "hex in UDP", "base64+", "hex in base64 in WebSocket"):
            self.assertTrue(any(form in sight for sight in seen), f"{form} was not found: {seen}")
        self.assertEqual(wiretap.find({"other": b"sixteen bytes that are not there"}, datagrams, streams), [])


if __name__ == "__main__":
    main()
