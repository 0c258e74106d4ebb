"""Nobody on the wire, and not the rendezvous either, sees a name, a text, a key or a board id."""

import base64
import contextlib
import os
import socket
import struct
import unittest

from harness import EndToEnd, ink, main

import wiretap
from authority import Authority


def link_secrets(link):
    """What of a link nobody may read on the way (the layout stands in InviteLink.swift)."""
    secret = ink.link_secret(link)
    return {"room secret": secret[:32], "board id": secret[32:64], "invite": secret[64:96], "key of the invite": secret[96:128],
            "link payload": secret[:128]}


class Blind(EndToEnd):
    def capture_session(self, server, address, arguments=(), path=None):
        """Two people do what a session has, in front of a tap: (secrets, datagrams, streams, UDP ports of the two, link).

        `arguments` are those of both; with `path` their path must be that one from the first word to the last.
        """
        planted = {"name ana": b"Anastasia-Planted", "name bob": b"Bartholomew-Planted", "board name": b"planted-board-name",
                   "shape text": b"planted words in a box", "chat": b"planted words in chat", "shape label": b"planted-label",
                   "late text": b"planted words drawn while away"}
        ports = set()
        capture = wiretap.Capture(self.folder / "tap", [server.port])
        try:
            ana = ink.new_board(self.folder / "ana", planted["name ana"].decode(), planted["board name"].decode(), address, arguments)
            link = ana.link()
            # Without the addresses that stand in the link: that the two meet is told at the rendezvous.
            place = link.split("#")[0].split("&direct=")[0]
            bob = ink.join_board(ink.led_to(place, link), self.folder / "bob", planted["name bob"].decode(), arguments)
            for peer in (ana, bob):
                peer.wait("peers", count=1)
                ports.update(peer.udp_ports())
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
            first = bob
            self.assert_ends_well(bob)
            ana.draw(kind="text", x=0, y=0, text=planted["late text"].decode())
            # A reconciliation after an absence uses other messages than the live way.
            bob = ink.open_board(planted["board name"].decode(), self.folder / "bob", planted["name bob"].decode(), address, arguments)
            bob.wait("peers", count=1)
            ports.update(bob.udp_ports())
            self.assert_equal_boards(ana, bob)
            if path:
                for peer in (ana, first, bob):
                    seen = {event["path"] for event in peer.events_named("peer") if event.get("path")}
                    self.assertEqual(seen, {path}, peer.report())
            self.assert_ends_well(ana, bob)
        finally:
            datagrams, streams = capture.stop()

        secrets = {**planted, **link_secrets(link)}
        for name in ("ana", "bob"):
            for kept_at in (self.folder / name).rglob("identity.key"):
                kept = kept_at.read_bytes()  # the layout stands in Identity.swift
                secrets.update({f"signing seed of {name}": kept[9:41], f"static secret of {name}": kept[41:73]})
        self.assertIn("static secret of bob", secrets)
        for name, identity in me.items():
            self.assertRegex(identity, r"^[0-9a-f]{64}$", "the device key in hex")
            secrets[name] = bytes.fromhex(identity)
        return secrets, datagrams, streams, ports, link

    @unittest.skipUnless(wiretap.Capture.is_possible(), "capturing needs root and tcpdump")
    def test_a_capture_of_a_whole_session_holds_nothing_planted(self):
        server = self.rendezvous()
        secrets, datagrams, streams, _, _ = self.capture_session(server, server.address)
        frames = [frame for _, stream in streams for frame in wiretap.websocket_texts(stream)]
        self.assertGreater(len(datagrams), 50, "the session's datagrams were captured")
        self.assertGreater(len(frames), 6, "the rendezvous' frames were captured and unmasked")
        self.assertTrue(any(frame.startswith(b"{") for frame in frames), "unmasking gives readable JSON")
        self.assertEqual(wiretap.find(secrets, datagrams, streams), [])

    @unittest.skipUnless(wiretap.Capture.is_possible(), "capturing needs root and tcpdump")
    def test_what_a_relay_carries_holds_nothing_planted(self):
        server = self.rendezvous()
        # Both would go directly, tell each other where they are, and are not let: all that they say is carried to the end.
        secrets, datagrams, streams, ports, _ = self.capture_session(server, server.address, ["--impair", "loss=100"], path="relay-rendezvous")
        frames = [frame for _, stream in streams for frame in wiretap.websocket_texts(stream)]
        self.assertGreater(sum(frame.startswith(b"\x01") for frame in frames), 100, "the session's relay frames were captured and unmasked")
        self.assertEqual([ends for ends, _ in datagrams if ports & set(ends)], [], "all of it was lost before it left")
        self.assertEqual(wiretap.find(secrets, datagrams, streams), [])

    @unittest.skipUnless(wiretap.Capture.is_possible(), "capturing needs root and tcpdump")
    def test_a_relay_over_tls_shows_not_even_its_own_words(self):
        authority = Authority(self.folder / "authority")
        certificate, key = authority.certificate("good")
        server = self.rendezvous(arguments=["--tls-cert", str(certificate), "--tls-key", str(key)])
        secrets, datagrams, streams, _, _ = self.capture_session(
            server, f"wss://127.0.0.1:{server.port}", ["--relay-only", "--tls-ca", str(authority.file)], path="relay-rendezvous")
        # What the rendezvous reads in clear is hidden from the wire: its words, and the topic by which two who hear it know that it is one room.
        words = {"head": b"HTTP/1.1", "subprotocol": b"inkwire.v1", "JSON": b'{"type"', "topic": b'"topic"'}
        carried = sum(len(stream) for _, stream in streams)
        self.assertGreater(carried, 10_000, "the session was captured")
        self.assertTrue(all(stream[:1] == b"\x16" for _, stream in streams if stream), "each stream begins with a handshake of TLS")
        self.assertEqual(wiretap.find({**secrets, **words}, datagrams, streams), [])

    @unittest.skipUnless(wiretap.Capture.is_possible(), "capturing needs root and tcpdump")
    def test_SE_272_a_capture_of_a_code_run_holds_no_word_of_it_no_name_and_nothing_of_the_link(self):
        server = self.rendezvous()
        planted = {"name ana": b"Anastasia-Planted", "name bob": b"Bartholomew-Planted", "board name": b"planted-board-name"}
        capture = wiretap.Capture(self.folder / "tap", [server.port])
        try:
            ana = ink.new_board(self.folder / "ana", planted["name ana"].decode(), planted["board name"].decode(), server.address)
            ana.event("rendezvous", state="connected")
            codes = []
            # A wrong one, and a right one: neither shows what was typed.
            for number in range(2):
                answer = ana.ask("invite", "invite", role="editor", code=True)
                codes.append(answer["code"])
            mailbox, *words = codes[0].split("@")[0].split("-")
            wrong = "-".join([mailbox, *words[1:], words[0]]) + "@" + codes[0].split("@")[1]
            ink.run(["join", "--peer"], data=self.folder / "eve", name="eve", code=wrong)
            ana.event("code", state="mismatch")
            bob = ink.join_board(codes[1], self.folder / "bob", planted["name bob"].decode())
            bob.wait("synced")
            self.assert_ends_well(ana, bob)
        finally:
            datagrams, streams = capture.stop()
        secrets = {**planted, **link_secrets(answer["link"])}
        for code in codes:
            number, *words = code.split("@")[0].split("-")
            secrets.update({f"code {number} with {mark!r}": mark.join(words).encode() for mark in ("-", " ", "", ",", ", ", '","')})
            # The shortest words are found anywhere by chance.
            secrets.update({f"word {word}": word.encode() for word in words if len(word) > 4})
        frames = [frame for _, stream in streams for frame in wiretap.websocket_texts(stream)]
        self.assertGreater(sum(b'"pass"' in frame for frame in frames), 4, "what was said in the mailbox was captured")
        self.assertTrue(any(f'"mailbox":{codes[1].split("-")[0]}'.encode() in frame for frame in frames), "and its number is to be seen")
        self.assert_says_no_more_than_its_own_words(secrets, datagrams, streams)

    def assert_says_no_more_than_its_own_words(self, secrets, datagrams, streams):
        """None of the secrets is seen; one that is a word of the protocol, such as `topic`, not but where that word is always said."""
        strange, rest = wiretap.without_own_words(streams)
        self.assertEqual(strange, [], "keys, types and heads are those that are published")
        self.assertEqual(wiretap.sights(secrets, rest), [], "nor what stands beside them")
        own = {name for name, secret in secrets.items() if wiretap.is_own_word(secret)}
        self.assertEqual(wiretap.find({name: secret for name, secret in secrets.items() if name not in own}, datagrams, streams), [])
        self.assertEqual(wiretap.find({name: secrets[name] for name in own}, datagrams, []), [])

    def test_a_word_of_a_code_that_is_also_one_of_the_protocol_is_found_wherever_that_is_not_said(self):
        def stream(*messages, head="GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nupgrade: websocket"):
            return [((1, 2), head.encode() + b"\r\n\r\n" + b"".join(struct.pack(">BBH", 0x81, 126, len(text)) + text for text in messages))]

        secrets = {"word topic": b"topic", "word copper": b"copper", "code": b"topic-copper-member"}
        said = [b'{"type":"join","topic":"AAAA"}', b'{"type":"joined","member":1}']
        self.assert_says_no_more_than_its_own_words(secrets, [], stream(*said))
        self.assertTrue(wiretap.find(secrets, [], stream(*said)), "where it is said it is seen")
        inner = base64.urlsafe_b64encode(b"a dozen bytes, topic, and more").rstrip(b"=")
        for leak in (b'{"type":"pass","copper":1}', b'{"type":"copper"}', b'{"type":"pass","mailbox":7,"copper":1}', b"topic",
                     b'{"type":"pass","body":{"topic":1}}', b'{"type":"refused","reason":"topic"}', b'{"type":"pass","body":"' + inner + b'"}',
                     b'{"type":"pass","body":"xtopicx"}', b'{"type":"pass","body":"x","body":"topic"}', b'{"type":"pass","body":"\\u0074opic"}'):
            with self.subTest(leak=leak), self.assertRaises(AssertionError):
                self.assert_says_no_more_than_its_own_words(secrets, [], stream(*said, leak))
        for head in ("GET /topic HTTP/1.1", "GET / HTTP/1.1\r\ntopic: 1", "GET / HTTP/1.1\r\nHost: topic"):
            with self.subTest(head=head), self.assertRaises(AssertionError):
                self.assert_says_no_more_than_its_own_words(secrets, [], stream(*said, head=head))
        with self.assertRaises(AssertionError):
            self.assert_says_no_more_than_its_own_words(secrets, [((1, 2), b"a topic")], stream(*said))

    @unittest.skipUnless(wiretap.Capture.is_possible(), "capturing needs root and tcpdump")
    def test_RV_132_who_wants_relays_only_sends_no_datagram_and_tells_no_address(self):
        server = self.rendezvous()
        watch = wiretap.Datagrams()
        self.addCleanup(watch.close)
        secrets, datagrams, streams, ports, link = self.capture_session(server, server.address, ["--relay-only"], path="relay-rendezvous")
        watch.stop()
        self.assertGreaterEqual(len(ports), 2, "each process has a socket with which it could")
        self.assertEqual({port: watch.sources[port] for port in ports if watch.sources[port]}, {}, "datagrams by source port, on any interface")
        self.assertEqual([ends for ends, _ in datagrams if ports & set(ends)], [])
        self.assertEqual(wiretap.find(secrets, datagrams, streams), [])
        # To a member, and to the rendezvous if it had the link, an envelope would be open. None holds an address, of whatever form.
        told = wiretap.open_envelopes(link, streams)
        self.assertGreater(len(told), 6, "envelopes were captured and opened")
        self.assertTrue({"offer", "answer"} <= {kind for kind, _ in told}, told)
        self.assertEqual([candidates for _, candidates in told if candidates], [])
        places = {f"place of port {port}": b"\x04\x7f\x00\x00\x01" + struct.pack(">H", port) for port in ports}
        self.assertEqual(wiretap.find(places, datagrams, streams), [])
        self.assertNotIn("direct=", link)

    @unittest.skipUnless(wiretap.Capture.is_possible(), "capturing needs root and tcpdump")
    def test_RV_33_who_wants_no_relay_is_seen_by_the_same_watch_to_tell_and_to_send(self):
        server = self.rendezvous()
        watch = wiretap.Datagrams()
        self.addCleanup(watch.close)
        _, datagrams, streams, ports, link = self.capture_session(server, server.address, ["--no-relay"], path="direct")
        watch.stop()
        self.assertTrue(all(watch.sources[port] for port in ports), watch.sources)
        told = {address for _, candidates in wiretap.open_envelopes(link, streams) for address in candidates}
        self.assertTrue(ports & {port for _, port in told}, told)
        frames = [frame for _, stream in streams for frame in wiretap.websocket_texts(stream)]
        self.assertEqual([frame[:40] for frame in frames if frame.startswith(b"\x01")], [], "no relay frame")

    @unittest.skipUnless(wiretap.may_listen(), "watching needs root")
    def test_the_watch_keeps_who_spoke_first_apart_from_who_only_answers(self):
        with contextlib.ExitStack() as sockets:
            watched, caller, answerer, beside = (sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(4))
            for one, address in ((watched, "127.0.0.1"), (caller, "127.0.0.2"), (answerer, "127.0.0.3")):
                one.bind((address, 0))
            # At the port of the caller, and another place all the same.
            beside.bind(("127.0.0.4", caller.getsockname()[1]))
            places = [one.getsockname() for one in (watched, caller, answerer, beside)]
            watch = wiretap.Datagrams({places[0][1]})
            self.addCleanup(watch.close)
            caller.sendto(b"first", places[0])
            for target in places[1:]:
                watched.sendto(b"hello", target)
            for one in (answerer, beside):
                one.sendto(b"answer", places[0])
            sent = watch.stop()
        self.assertEqual({place for place in places if sent[place]}, set(places[1:]))
        self.assertEqual(watch.seen_from, {places[1]})

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
