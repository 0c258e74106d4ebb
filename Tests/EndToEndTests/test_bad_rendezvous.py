"""Whatever stands where a rendezvous should: a sign-in page of the network, too many of them, or one that relays lies."""

import contextlib
import json
import signal
import socket
import struct
import subprocess
import threading

from harness import EndToEnd, ink, main

import lying_relay
from listener import accepting


def portal(answer):
    """Answers every request with the same page."""
    def serve(connection):
        with contextlib.suppress(OSError), connection:
            said = b""
            while b"\r\n\r\n" not in said:
                more = connection.recv(4096)
                if not more:
                    return
                said += more
            connection.sendall(answer)

    return accepting(serve)


class Liar:
    """Stands between members and a true rendezvous, and puts relay frames of its own among what that one sends."""

    def __init__(self, port):
        self.port = port
        self.lock = threading.Lock()
        self.connections = 0
        self.relayed = 0

    def serve(self, client):
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.port)) as server:
            with self.lock:
                self.connections += 1
                number = self.connections
            threading.Thread(target=self._up, args=(client, server), daemon=True).start()
            self._down(server, client, number)

    @staticmethod
    def _up(client, server):
        with contextlib.suppress(OSError):
            while some := client.recv(65536):
                server.sendall(some)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _down(self, server, client, number):
        with server.makefile("rb") as stream:
            while True:
                line = stream.readline()
                client.sendall(line)
                if line in (b"", b"\r\n"):
                    break
            own, carried = None, 0
            while len(head := stream.read(2)) == 2:
                count, long = head[1] & 127, b""
                if count > 125:
                    long = stream.read(2 if count == 126 else 8)
                    count = int.from_bytes(long, "big")
                payload = stream.read(count)
                client.sendall(head + long + payload)
                if head[0] & 15 == 1:
                    message = json.loads(payload)
                    own = message["member"] if message["type"] == "joined" else own
                elif head[0] & 15 == 2 and own is not None:
                    carried += 1
                    for lie in self._lies(own, payload):
                        client.sendall(lying_relay.frame(2, lie))
                    # One that no member takes, and that ends the connection: twice, and then they are left in peace.
                    if carried == 10 and number <= 2:
                        client.sendall(lying_relay.frame(2, bytes(70_000)))

    def _lies(self, own, real):
        """Of every size and kind; to nobody, from nobody, from ourselves; what was carried, again, cut and spoiled."""
        garbage = bytes(range(256)) * 5
        spoiled = bytearray(real)
        spoiled[-1] ^= 1
        other = struct.pack(">I", (own + 77) & 0xFFFFFFFF)
        mine = struct.pack(">I", own)
        lies = [b"", b"\x01", b"\x00", b"\x02" + real[1:], b"\xff" * 60, real[:9], b"\x01" + mine, b"\x01" + mine + mine + garbage[:1200],
                b"\x01" + mine + other + garbage[:1200], b"\x01" + mine + other + garbage[:1201], b"\x01" + other + real[5:],
                b"\x01" + mine + real[5:9] + garbage[:700], real, bytes(spoiled), real + b"\x00", bytes(4096)]
        with self.lock:
            self.relayed += 1
        return lies


class BadRendezvous(EndToEnd):
    def join(self, link):
        return ink.run(["join", "--peer", "--timeout", "3"], data=self.folder / "bob", name="bob", code=link)

    def test_RT_145_a_page_of_the_network_to_sign_in_is_told_as_that_and_nothing_drawn_is_lost(self):
        page = b"<html><body>Welcome to the hotel</body></html>"
        answers = {
            "web page.*sign in": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page) + page,
            "another page.*sign in": b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page) + page,
            # Without end: nobody waits for all of it.
            "web page answers": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page * 20_000,
        }
        for number, (words, answer) in enumerate(answers.items()):
            with self.subTest(words), portal(answer) as port:
                self.assert_refused(self.join(self.link_to(f"inkwire://127.0.0.1:{port}/?tls=0")), 6, words, "next:")
                folder = self.folder / f"ana{number}"
                ana = ink.new_board(folder, "ana", rendezvous=f"ws://127.0.0.1:{port}")
                ana.event("rendezvous", state="unreachable")
                ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
                ana.wait("saved")
                self.assert_ends_well(ana)
                ana = ink.open_board("sketch", folder, "ana", f"ws://127.0.0.1:{port}")
                self.assertEqual([shape["id"] for shape in ana.state()["shapes"]], ["a"])
                self.assert_ends_well(ana)

    def test_CL_2_a_link_with_a_hundred_rendezvous_is_refused_as_that(self):
        hosts = ",".join(f"r{number}.example:4300" for number in range(100))
        self.assert_refused(self.join(self.link_to(f"inkwire://{hosts}/?tls=0")), 3, "more than 16 rendezvous", "names fewer")

    def test_RT_146_RV_133_a_rendezvous_that_relays_lies_of_every_size_loses_nothing_that_is_drawn(self):
        liar = Liar(self.rendezvous().port)
        with accepting(liar.serve) as port:
            ana = ink.new_board(self.folder / "ana", "ana", rendezvous=f"ws://127.0.0.1:{port}", arguments=["--relay-only"])
            bob = ink.join_board(ana.link(), self.folder / "bob", "bob", ["--relay-only"])
            # On a busy machine several shapes ride in one frame: it goes on until there were enough to lie about.
            number = 0
            while number < 20 or liar.relayed <= 40 and number < 1000:
                ana.draw(f"a{number}", kind="rectangle", x=number * 8, y=0, w=8, h=8)
                bob.draw(f"b{number}", kind="rectangle", x=number * 8, y=40, w=8, h=8)
                number += 1
            self.assertEqual(len(self.assert_equal_boards(ana, bob, timeout=30)), 2 * number)
            self.assertGreater(liar.relayed, 40)
            self.assertGreater(liar.connections, 2, "what is too large ended a connection, and another followed")
            for peer in (ana, bob):
                self.assertLess(peer.resident_kib, 200_000)
            self.assert_ends_well(ana, bob)

    def test_CL_220_CL_350_serve_says_what_is_typed_by_who_makes_a_board_but_behind_a_proxy(self):
        for proxy in ((), ("--proxy", "127.0.0.1")):
            server = subprocess.Popen([ink.binary(), "serve", "--listen", "127.0.0.1:0", "--stun", "127.0.0.1:0", "--json", *proxy],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(server.kill)
            place = json.loads(server.stdout.readline())["rendezvous"]
            server.send_signal(signal.SIGINT)
            said = server.communicate(timeout=20)[1]
            self.assertEqual(f"inkwire new --rendezvous {place}\n" in said, not proxy, said)
            self.assertEqual("who makes a board types" in said, not proxy, said)


if __name__ == "__main__":
    main()
