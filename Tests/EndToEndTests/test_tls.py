"""A rendezvous with TLS: two people meet through it, and whatever is wrong with a certificate is told as what it is. Certificates are made by openssl."""

import contextlib
import errno
import os
import signal
import socket
import ssl
import subprocess

from harness import EndToEnd, ink, main

from authority import Authority
from listener import accepting


def listener(certificate, key):
    """Shakes hands with everybody, and says nothing; the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def serve(connection):
        # Who does not believe us says so in the middle of the handshake.
        with contextlib.suppress(OSError), connection, context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    return accepting(serve)


class TLS(EndToEnd):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder / "authority")

    def server(self, certificate, key):
        return self.rendezvous(arguments=["--tls-cert", str(certificate), "--tls-key", str(key)])

    def link(self, port, tls=1):
        """A link that leads to this port only."""
        return self.link_to(f"inkwire://127.0.0.1:{port}/?tls={tls}")

    def join(self, link, *arguments):
        return ink.run(["join", "--peer", "--timeout", "3", *arguments], data=self.folder / "bob", name="bob", code=link)

    def served(self, port):
        """The serial number of the certificate that is served."""
        context = ssl.create_default_context(cafile=self.authority.file)
        with socket.create_connection(("127.0.0.1", port), timeout=5) as raw, context.wrap_socket(raw, server_hostname="127.0.0.1") as connection:
            return connection.getpeercert()["serialNumber"]

    def test_RT_35_two_meet_by_a_link_that_says_tls(self):
        server = self.server(*self.authority.certificate("good"))
        trust = ["--tls-ca", str(self.authority.file)]
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=f"wss://127.0.0.1:{server.port}", arguments=trust)
        link = ana.link()
        self.assertIn(f"inkwire://127.0.0.1:{server.port}/?tls=1", link)
        # By the rendezvous only: the addresses of ana are taken out.
        link = ink.led_to(link.split("/?")[0] + "/?tls=1", link)
        bob = ink.join_board(link, self.folder / "bob", "bob", trust)
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        self.assert_equal_boards(ana, bob)
        # What bob keeps and gives on is spoken to with TLS, too.
        self.assertIn("/?tls=1", bob.link())
        self.assert_ends_well(ana, bob)
        # RT-35
        self.assert_refused(ink.run(["join", "--peer", "--timeout", "3"], data=self.folder / "eve", name="eve", code=link), 6, "vouches", "--tls-ca")

    def test_RT_149_a_certificate_has_to_name_what_the_link_names(self):
        server = self.server(*self.authority.certificate("named", names="DNS:localhost"))
        trust = ["--tls-ca", str(self.authority.file)]
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=f"wss://localhost:{server.port}", arguments=trust)
        link = ana.link()
        bob = ink.join_board(ink.led_to(f"inkwire://localhost:{server.port}/?tls=1", link), self.folder / "bob", "bob", trust)
        self.assert_equal_boards(ana, bob)
        result = ink.run(["join", "--peer", "--timeout", "3", *trust], data=self.folder / "eve", name="eve",
                         code=ink.led_to(f"inkwire://127.0.0.1:{server.port}/?tls=1", link))
        self.assert_refused(result, 6, "for another name than 127.0.0.1")
        self.assert_ends_well(ana, bob)

    def test_RT_149_what_is_wrong_with_a_certificate_is_said(self):
        other = Authority(self.folder / "other")
        cases = {
            "other name": (self.authority.certificate("name", names="DNS:elsewhere.example"), "for another name than 127.0.0.1"),
            "expired": (self.authority.certificate("old", begins="20250102000000Z", ends="20260301000000Z"), "ran out on 2026-03-01"),
            "not yet": (self.authority.certificate("early", begins="20480101000000Z", ends="20490101000000Z"), "valid from 2048-01-01.*set the clock"),
            "other authority": (other.certificate("other"), "nobody whom this machine trusts vouches for its certificate.*--tls-ca"),
        }
        for name, (files, words) in cases.items():
            with self.subTest(name), listener(*files) as port:
                self.assert_refused(self.join(self.link(port), "--tls-ca", self.authority.file), 6, words)

    def test_RT_150_RT_151_tls_to_a_port_without_it_and_clear_text_to_one_with_it(self):
        plain = self.rendezvous()
        self.assert_refused(self.join(self.link(plain.port)), 6, "does not speak TLS")
        secured = self.server(*self.authority.certificate("good"))
        self.assert_refused(self.join(self.link(secured.port, tls=0)), 6, "it speaks TLS")

    def test_RT_36_hup_reads_the_certificate_again_and_keeps_the_old_one_where_it_is_bad(self):
        certificate, key = self.authority.certificate("one")
        server = self.server(certificate, key)
        first = self.served(server.port)
        newer = self.authority.certificate("two")
        for source, target in zip(newer, (certificate, key)):
            target.write_bytes(source.read_bytes())
        server.child.send_signal(signal.SIGHUP)
        ink.wait_until(lambda: "read again" in server.report(), 10, "the certificate is read again")
        second = self.served(server.port)
        self.assertNotEqual(second, first)
        # Half a file, as a program leaves it that is writing; a key of another certificate; one that ran out.
        wrongs = [(certificate, newer[0].read_bytes()[:100], "holds no certificate"),
                  (key, self.authority.certificate("three")[1].read_bytes(), "is not that of the first certificate"),
                  (certificate, self.authority.certificate("old", ends="20250101000000Z")[0].read_bytes(), "ran out on 2025-01-01")]
        for file, wrong, words in wrongs:
            right = file.read_bytes()
            file.write_bytes(wrong)
            server.child.send_signal(signal.SIGHUP)
            ink.wait_until(lambda: words in server.report(), 10, words)
            self.assertIn("the old one stays", server.report())
            self.assertEqual(self.served(server.port), second)
            file.write_bytes(right)

    def writer(self, pipe, server):
        """The end of a named pipe that is written into, once the server has opened the other: a plain `open` waits for ever for one who never does."""
        def opened():
            try:
                return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                self.assertIsNone(server.child.poll(), server.report())
                return None

        return os.fdopen(ink.wait_until(opened, 10, "the key is read"), "wb")

    def test_RT_152_a_hup_that_comes_before_the_certificate_is_read_ends_nothing_and_is_not_forgotten(self):
        certificate, key = self.authority.certificate("good")
        pipe = self.folder / "pipe.key"
        os.mkfifo(pipe)
        server = ink.Process(["serve", "--listen", "127.0.0.1:0", "--tls-cert", str(certificate), "--tls-key", str(pipe)],
                             stdin=subprocess.DEVNULL, label="serve")
        # It opens the other end when it is about to read the key, and waits there for the first byte.
        with self.writer(pipe, server) as first:
            server.child.send_signal(signal.SIGHUP)
            first.write(key.read_bytes())
        ink.wait_until(lambda: "rendezvous at wss://" in server.report(), 10, "it serves")
        with self.writer(pipe, server) as second:
            second.write(key.read_bytes())
        ink.wait_until(lambda: "read again" in server.report(), 10, "the certificate is read again")
        self.assertIsNone(server.child.poll())

    def test_RT_36_serve_exits_6_for_files_that_are_no_certificate_and_key(self):
        certificate, key = self.authority.certificate("good")
        old = self.authority.certificate("old", ends="20250101000000Z")
        for arguments, words in (((certificate, self.folder / "nothing"), "cannot be read: No such file"), ((key, key), "holds no certificate"),
                                 ((certificate, certificate), "holds no private key"), ((certificate, old[1]), "is not that of"),
                                 (old, "ran out on 2025-01-01")):
            with self.subTest(words):
                result = ink.run(["serve", "--listen", "127.0.0.1:0", "--tls-cert", arguments[0], "--tls-key", arguments[1]])
                self.assert_refused(result, 6, words)
        self.assertEqual(ink.run(["serve", "--tls-cert", certificate])[0], 2)
        self.assert_refused(ink.run(["new", "sketch", "--peer", "--tls-ca", key], data=self.folder / "ana", name="ana"), 6, "holds no certificate")


if __name__ == "__main__":
    main()
