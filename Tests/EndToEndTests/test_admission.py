"""Tokens: who has one makes boards, who has none is a guest, and no token goes where it does not belong or is seen where it should not."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import unittest
import urllib.request

from harness import EndToEnd, ink, main

from authority import Authority
from listener import accepting

SECRET = b"a secret of thirty-two bytes, or more"


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signed(claims, head=None, key=SECRET, sign=None):
    """A token: HS256 unless `sign` says otherwise."""
    text = f"{b64(json.dumps(head or {'alg': 'HS256'}).encode())}.{b64(json.dumps(claims).encode())}"
    made = sign(text.encode()) if sign else hmac.new(key, text.encode(), hashlib.sha256).digest()
    return f"{text}.{b64(made)}"


def lasting(**claims):
    return {"exp": int(time.time()) + 600, **claims}


def head(port, *fields, path="/"):
    """A request to upgrade."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: inkwire.v1", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class OpenSSLKey:
    """A key that openssl made and signs with."""

    def __init__(self, path, *kind):
        self.path, self.kind = pathlib.Path(path), kind
        self._openssl("genpkey", *kind, "-out", self.path)
        self.public = self._openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")

    def _openssl(self, *arguments, data=None):
        return subprocess.run(["openssl", *map(str, arguments)], input=data, check=True, capture_output=True).stdout

    def sign(self, text):
        message = self.path.with_suffix(".text")
        message.write_bytes(text)
        if "ED25519" in self.kind:
            return self._openssl("pkeyutl", "-sign", "-inkey", self.path, "-rawin", "-in", message)
        der = self._openssl("dgst", "-sha256", "-sign", self.path, message)
        # SEQUENCE of two INTEGERs.
        numbers, rest = [], der[2:]
        for _ in range(2):
            count = rest[1]
            numbers.append(int.from_bytes(rest[2:2 + count], "big").to_bytes(32, "big"))
            rest = rest[2 + count:]
        return b"".join(numbers)


class Admission(EndToEnd):
    def write(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def keys(self, *more, name="keys.json"):
        return self.write(name, json.dumps({"keys": [{"kty": "oct", "k": b64(SECRET), "alg": "HS256", "kid": "team"}, *more]}))

    def token(self, name, claims=None, **how):
        return self.write(f"{name}.token", signed(claims or lasting(sub=name), **how) + "\n")

    def plain(self, *arguments):
        """A rendezvous of this machine, in clear: tokens go there all the same."""
        return self.rendezvous(arguments=["--auth", f"jwt:{self.keys()}", *arguments])

    def secured(self, *arguments, keys=None):
        self.authority = Authority(self.folder / "authority")
        certificate, key = self.authority.certificate("good")
        self.trust = ["--tls-ca", str(self.authority.file)]
        return self.rendezvous(arguments=["--tls-cert", certificate, "--tls-key", key, "--auth", f"jwt:{keys or self.keys()}", *arguments])

    def new(self, server, name, *arguments):
        return ink.new_board(self.folder / name, name, rendezvous=f"ws://127.0.0.1:{server.port}",
                             arguments=["--token-file", self.token(name), *arguments])

    def metrics(self, port, context=None):
        url = f"http{'s' if context else ''}://127.0.0.1:{port}/metrics"
        with urllib.request.urlopen(url, timeout=5, context=context) as answer:
            text = answer.read().decode()
        return text, dict(re.findall(r"^(\w+(?:\{[^}]*\})?) (\d+)$", text, re.M))

    def answer(self, port, *fields, path="/"):
        """What is answered to a request to upgrade, and the first message, if it is one of the protocol."""
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(head(port, *fields, path=path))
            some = b""
            while b"}" not in some and (more := connection.recv(65536)):
                some += more
        return some.decode("utf-8", "replace")

    def test_RT_165_CL_409_CL_410_CR_40_three_with_tokens_of_three_kinds_meet_over_tls(self):
        edwards, curve = OpenSSLKey(self.folder / "ed.pem", "-algorithm", "ED25519"), OpenSSLKey(
            self.folder / "ec.pem", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        keys = self.keys({"kty": "OKP", "crv": "Ed25519", "x": b64(edwards.public[-32:]), "kid": "ed"},
                         {"kty": "EC", "crv": "P-256", "x": b64(curve.public[-64:-32]), "y": b64(curve.public[-32:])})
        server = self.secured("--auth-audience", "ink", keys=keys)
        place = f"wss://127.0.0.1:{server.port}"
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=place,
                            arguments=[*self.trust, "--token-file", self.token("ana", lasting(sub="ana", aud="ink"))])
        ana.event("tokens", state="asked")
        # By the rendezvous only: the addresses of ana are taken out.
        link = ink.led_to(f"inkwire://127.0.0.1:{server.port}/?tls=1", ana.link())
        peers = [ana]
        for name, token in (("bob", self.token("bob", lasting(sub="bob", aud=["x", "ink"]), head={"alg": "EdDSA", "kid": "ed"}, sign=edwards.sign)),
                            ("cleo", self.token("cleo", lasting(sub="cleo", aud="ink"), head={"alg": "ES256"}, sign=curve.sign))):
            config = self.write(f"{name}.toml", f'[tokens]\n"{place}" = "{token}"\n')
            peers.append(ink.join_board(link, self.folder / name, name, [*self.trust, "--config", config]))
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        self.assert_equal_boards(*peers)
        _, figures = self.metrics(server.port, ssl.create_default_context(cafile=self.authority.file))
        self.assertEqual((figures["inkwire_bearers_total"], figures["inkwire_guests_total"]), ("3", "0"))
        self.assert_ends_well(*peers)

    def test_RV_176_RV_178_RV_183_a_guest_comes_by_a_link_and_by_a_code_and_both_are_told_that_tokens_are_asked_for(self):
        server = self.plain()
        ana = self.new(server, "ana")
        ana.event("tokens", state="asked")
        bob = ink.join_board(ana.ask("invite", "invite", role="owner")["link"], self.folder / "bob", "bob")
        told = bob.event("tokens", state="asked")
        self.assertIn("can know who uses which board", told["next"])
        code = ana.ask("invite", "invite", role="editor", code=True)["code"]
        eve = ink.join_board(code, self.folder / "eve", "eve")
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        self.assert_equal_boards(ana, bob, eve)
        for peer in (ana, bob, eve):
            self.assertEqual(len(peer.events_named("tokens")), 1)
        # A guest gives links, and no codes.
        refused = bob.ask("invite", "invite", role="viewer", code=True)["no_code"]
        self.assertEqual(refused, "the rendezvous has places for codes of who has a token alone: give the link instead")
        self.assert_ends_well(eve, bob, ana)

    def test_RV_176_CL_413_a_guest_alone_waits_and_learns_that_a_token_is_missing(self):
        server = self.plain()
        ana = self.new(server, "ana")
        link = ink.led_to(f"inkwire://127.0.0.1:{server.port}/?tls=0", ana.link())
        self.assert_ends_well(ana)
        result = ink.run(["join", "--peer", "--timeout", "12"], data=self.folder / "bob", name="bob", code=link)
        self.assert_refused(result, 6, "lets in who has a token, and guests while somebody with one is there: nobody is now",
                            "wait until somebody with a token")
        guests = self.metrics(server.port)[1]["inkwire_guests_total"]
        # Who came first is let in when the other comes.
        bob = ink.join_board(link, self.folder / "bob", "bob", ["--timeout", "120"], ready=False)
        ink.wait_until(lambda: self.metrics(server.port)[1]["inkwire_guests_total"] not in ("0", guests), 20, "the guest is there")
        ana = ink.open_board("sketch", self.folder / "ana", "ana", arguments=["--rendezvous", server.address, "--token-file", self.token("ana")])
        bob.event("ready", timeout=45)
        self.assert_ends_well(bob, ana)

    def test_RV_176_after_a_restart_of_serve_all_come_back_in_whatever_order(self):
        arguments = ["--auth", f"jwt:{self.keys()}"]
        server = self.rendezvous(arguments=arguments)
        ana = self.new(server, "ana", "--relay-only")
        bob = ink.join_board(ana.link(), self.folder / "bob", "bob", ["--relay-only"])
        port = server.port
        server.kill()
        for peer in (ana, bob):
            peer.event("rendezvous", state="unreachable", timeout=20)
        server = self.rendezvous(port=port, arguments=arguments)
        ink.wait_until(lambda: int(self.metrics(port)[1]["inkwire_joined_total"]) >= 2, 90, "both are back in the topic", interval=0.2)
        ana.draw("a", kind="rectangle", x=0, y=0, w=8, h=8)
        self.assert_equal_boards(ana, bob, timeout=30)
        self.assert_ends_well(bob, ana)

    def test_CL_413_RT_165_RV_184_tokens_that_are_not_taken_end_a_join_with_6_and_say_why(self):
        server = self.plain("--auth-audience", "ink")
        now = int(time.time())
        good = lasting(aud="ink")
        other = base64.urlsafe_b64encode(b"x" * 33)
        cases = {
            "another key": (signed(good, key=other), "token_unknown_key", "not signed by a key"),
            "none": (signed(good, head={"alg": "none"}), "token_unknown_key", "not signed by a key"),
            "no signature": (signed(good, head={"alg": "none"}).rsplit(".", 1)[0] + ".", "token_unknown_key", "not signed by a key"),
            "another algorithm": (signed(good, head={"alg": "HS512"}), "token_unknown_key", "not signed by a key"),
            "expired": (signed({"exp": now - 61, "aud": "ink"}), "token_expired", "has expired"),
            "future": (signed({"exp": now + 9999, "nbf": now + 3600, "aud": "ink"}), "token_not_yet_valid", "not valid yet.*compare the clock"),
            "another audience": (signed(lasting(aud="x")), "token_other_audience", "for another audience"),
            "no end": (signed({"aud": "ink"}), "token_malformed", "not one that can be read"),
            "no token": ("hello-hello-hello", "token_malformed", "not one that can be read"),
        }
        link = self.link_to(f"inkwire://127.0.0.1:{server.port}/?tls=0")
        for name, (token, code, words) in cases.items():
            with self.subTest(name):
                file = self.write("wrong.token", token)
                arguments = ["join", "--peer", "--json", "--timeout", "20", "--rendezvous", server.address, "--token-file", file]
                status, out, err = ink.run(arguments, data=self.folder / "bob", name="bob", code=link)
                error = json.loads(err.strip().splitlines()[-1])["error"]
                self.assertEqual((status, error["code"]), (6, code), err)
                self.assertRegex(f"{error['why']} {error['next']}", words)
                self.assertNotIn(token, out + err)
        _, figures = self.metrics(server.port)
        self.assertGreaterEqual(int(figures['inkwire_token_refused_total{reason="token-expired"}']), 1)
        self.assertEqual(figures["inkwire_bearers_total"], "0")
        # A code is not asked for either.
        file = self.write("wrong.token", cases["expired"][0])
        result = ink.run(["join", "--peer", "--rendezvous", server.address, "--token-file", file], data=self.folder / "bob", name="bob",
                         code=f"7-copper-lantern-orbit@127.0.0.1:{server.port}")
        self.assert_refused(result, 6, "cannot join by this code", "has expired")

    def test_RT_167_CL_409_files_with_tokens_that_cannot_be_used_are_refused_with_6(self):
        token = signed(lasting())
        cases = {"huge": (self.write("huge", "a" * 8200), "longer than"), "open": (self.write("open", token, 0o644), "mode is 0644; `chmod 600` it"),
                 "empty": (self.write("empty", ""), "holds no token"), "missing": (self.folder / "missing", "No such file"),
                 "two": (self.write("two", f"{token}\n{token}\n"), "holds no token"), "folder": (self.folder / "authority", "is no plain file")}
        (self.folder / "authority").mkdir()
        for name, (file, words) in cases.items():
            with self.subTest(name):
                result = ink.run(["new", "sketch", "--peer", "--rendezvous", "wss://rendezvous.example", "--token-file", file],
                                 data=self.folder / "ana", name="ana")
                self.assert_refused(result, 6, "the token of --token-file cannot be used", words)
                self.assertNotIn(token, result[1] + result[2])

    def test_CL_409_CL_412_RT_166_a_token_is_for_one_rendezvous_that_is_named_and_over_tls(self):
        file = self.token("ana")
        cases = {
            "none named": ([], "none is named", "never shown to one that only a link"),
            "two named": (["--rendezvous", "wss://a.example", "--rendezvous", "wss://b.example"], "2 are named", r"\[tokens\]"),
            "in clear": (["--rendezvous", "ws://192.0.2.1:4300"], "in clear, and a token goes over TLS only", "wss://"),
            "in clear, by name": (["--rendezvous", "ws://rendezvous.example:4300"], "in clear, and a token goes over TLS only", "wss://"),
        }
        for name, (arguments, *words) in cases.items():
            with self.subTest(name):
                result = ink.run(["new", "sketch", "--peer", "--token-file", file, *arguments], data=self.folder / "ana", name="ana")
                self.assert_refused(result, 2, *words)
        secret = "Zm9yIG5vYm9keQ"
        for address in (f"wss://ana:{secret}@rendezvous.example", f"wss://{secret}@rendezvous.example:443",
                        f"wss://rendezvous.example/?access_token={secret}", f"wss://rendezvous.example?token={secret}",
                        f"ws://127.0.0.1:4300/#{secret}"):
            with self.subTest(address):
                result = ink.run(["new", "sketch", "--peer", "--rendezvous", address], data=self.folder / "ana", name="ana")
                self.assert_refused(result, 2, "it carries a name, a password or a token", "--token-file")
                self.assertNotIn(secret, result[1] + result[2])
                result = ink.run(["config", "set", "rendezvous", address], environment={"INKWIRE_CONFIG": self.folder / "config.toml"})
                self.assert_refused(result, 2, "it carries a name, a password or a token")
                self.assertNotIn(secret, result[1] + result[2])
        self.assert_refused(ink.run(["serve", "--token-file", file]), 2, "--token-file is for peers")

    def test_CL_410_CL_411_the_table_tokens_is_written_shown_and_complained_of(self):
        config, file = self.folder / "config.toml", self.token("ana")
        settings = {"INKWIRE_CONFIG": config}
        self.assertEqual(ink.run(["config", "set", "name", "ana"], environment=settings)[0], 0)
        for key in ("tokens.wss://rendezvous.example.org", "tokens.ws://127.0.0.1:4300"):
            self.assertEqual(ink.run(["config", "set", key, file], environment=settings)[0], 0)
            self.assertEqual(ink.run(["config", "get", key], environment=settings)[1], f"{file}\n")
        self.assertIn(f'[tokens]\n"ws://127.0.0.1:4300" = "{file}"\n"wss://rendezvous.example.org" = "{file}"\n', config.read_text())
        status, out, _ = ink.run(["config", "get"], environment=settings)
        self.assertIn(f'tokens.wss://rendezvous.example.org = "{file}"\n', out)
        self.assertEqual(ink.run(["config", "unset", "tokens.wss://rendezvous.example.org"], environment=settings)[0], 0)
        self.assertNotIn("rendezvous.example.org", config.read_text())
        self.assert_refused(ink.run(["config", "set", "tokens.ws://rendezvous.example:80", file], environment=settings), 2, "over TLS only")
        config.write_text(f'[tokens]\n"ws://rendezvous.example" = "{file}"\n"wss://s3cret@rendezvous.example" = "{file}"\n"wss://a.example" = 7\n')
        ana = ink.new_board(self.folder / "ana", "ana", arguments=["--config", config])
        self.assert_ends_well(ana)
        for line, words in ((2, "a token goes over TLS only"), (3, "tokens takes the address of a rendezvous"), (4, "takes the name of a file")):
            self.assertRegex(ana.stderr, rf"config\.toml:{line}:\d+: .*{words}")
        self.assertNotIn("s3cret", ana.stderr)

    def test_RT_166_an_evil_host_that_a_link_names_is_shown_no_token(self):
        good = self.plain()
        heard = queue.SimpleQueue()

        def record(connection):
            with contextlib.suppress(OSError), connection:
                said = connection.recv(65536)
                heard.put(said)
                # It tries what a page would: to have us go elsewhere with all that we carry.
                connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{good.port}/\r\nContent-Length: 0\r\n\r\n".encode())

        token = signed(lasting(sub="ana"))
        file = self.write("ana.token", token)
        with accepting(record) as evil:
            # The one it is for, by other spellings of its host, and the evil one.
            config = self.write("config.toml", f'[tokens]\n"{good.address}" = "{file}"\n')
            link = self.link_to(f"inkwire://127.0.0.1:{evil},localhost:{evil}/?tls=0")
            result = ink.run(["join", "--peer", "--timeout", "5", "--config", config], data=self.folder / "ana", name="ana", code=link)
            self.assert_refused(result, 6, "sends us to another page")
            code = f"7-copper-lantern-orbit@127.0.0.1:{evil}"
            self.assert_refused(ink.run(["join", "--peer", "--config", config], data=self.folder / "ana", name="ana", code=code), 6)
            # Also where the token is given beside the one that it is for, and the code names the other.
            result = ink.run(["join", "--peer", "--rendezvous", good.address, "--token-file", file], data=self.folder / "ana", name="ana", code=code)
            self.assert_refused(result, 6)
        requests = []
        while not heard.empty():
            requests.append(heard.get())
        self.assertGreaterEqual(len([said for said in requests if said.startswith(b"GET / HTTP/1.1\r\n")]), 3)
        for said in requests:
            self.assertNotIn(b"uthorization", said)
            self.assertNotIn(token.encode(), said)
        # And the good one heard nothing that the evil one sent there.
        self.assertEqual(self.metrics(good.port)[1]["inkwire_guests_total"], "0")

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("unshare"), "needs a mount namespace of its own")
    def test_RT_166_localhost_that_leads_elsewhere_is_shown_no_token_in_clear(self):
        hosts = self.write("hosts", "192.0.2.9 localhost\n", 0o644)
        wrapper = ["unshare", "--mount", "sh", "-ec", f"mount --bind {hosts} /etc/hosts; exec \"$@\"", "sh"]
        probe = subprocess.run([*wrapper, "getent", "ahostsv4", "localhost"], capture_output=True, text=True)
        if "192.0.2.9" not in probe.stdout:
            self.skipTest("names do not come from /etc/hosts here")
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous="ws://localhost:4300", arguments=["--token-file", self.token("ana")],
                            wrapper=wrapper)
        told = ana.event("rendezvous", state="unreachable", timeout=20)
        self.assertIn("goes over TLS (wss://), or stays on this machine", told["why"])
        self.assert_ends_well(ana)

    def test_RT_168_RV_182_hup_reads_the_keys_again_and_keeps_the_old_ones_where_they_are_bad(self):
        keys = self.keys()
        good = keys.read_text()
        server = self.rendezvous(arguments=["--auth", f"jwt:{keys}"])
        ana = self.new(server, "ana")
        wrongs = [(good[:len(good) // 2], 0o600, "no whole JSON"), ("", 0o600, "no whole JSON"), ('{"keys":[]}', 0o600, "holds no key"),
                  (good, 0o640, "may be read or changed by others")]
        for number, (text, mode, words) in enumerate(wrongs):
            keys.write_text(text)
            keys.chmod(mode)
            server.child.send_signal(signal.SIGHUP)
            ink.wait_until(lambda: server.stderr.count("what was read before stays") == number + 1, 10, words)
            self.assertIn(words, server.stderr.splitlines()[-1])
            bob = self.answer(server.port, f"Authorization: Bearer {signed(lasting())}")
            self.assertIn('"auth":"token"', bob)
        self.assertEqual(ana.events_named("tokens", state="refused"), [])
        # Another key: who came by the old one is closed, and told.
        self.write("keys.json", json.dumps({"keys": [{"kty": "oct", "k": b64(b"another secret of thirty-two bytes"), "kid": "new"}]}))
        server.child.send_signal(signal.SIGHUP)
        self.assertEqual(ana.event("tokens", state="refused")["reason"], "token-unknown-key")
        ink.wait_until(lambda: "the file of --auth was read again; it holds 1 key" in server.stderr, 10, "serve says that it read the keys")
        # The token is read anew for each try.
        self.write("ana.token", signed(lasting(sub="ana"), key=b"another secret of thirty-two bytes"))
        ana.event("rendezvous", state="connected", after=ana.mark, timeout=60)
        self.assertIsNone(server.child.poll())

    def test_RV_181_a_token_that_ends_closes_its_socket_and_the_renewed_one_is_used(self):
        server = self.plain()
        # Within the leeway of a minute: it is over in some seconds.
        self.token("ana", {"exp": int(time.time()) - 50, "sub": "ana"})
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=server.address, arguments=["--token-file", self.folder / "ana.token"])
        ana.event("rendezvous", state="connected")
        refused = ana.event("tokens", state="refused", timeout=40)
        self.assertEqual((refused["reason"], "has expired" in refused["why"]), ("token-expired", True))
        mark = ana.mark
        self.token("ana")
        ana.event("rendezvous", state="connected", after=mark, timeout=60)
        ink.wait_until(lambda: self.metrics(server.port)[1]["inkwire_topics"] == "1", 10, "the topic is there again")
        self.assert_ends_well(ana)

    def test_RT_165_heads_and_addresses_by_hand(self):
        server = self.plain()
        good = signed(lasting())
        self.assertIn('"auth":"token"', self.answer(server.port, f"Authorization: Bearer {good}"))
        self.assertIn('"auth":"guest"', self.answer(server.port))
        # In an address a token is nothing.
        for path in (f"/?access_token={good}", f"/{good}"):
            self.assertIn('"auth":"guest"', self.answer(server.port, path=path))
        expired = signed({"exp": 1})
        cases = {"expired": ([f"Authorization: Bearer {expired}"], "token-expired", "it has expired"),
                 "huge": ([f"Authorization: Bearer {'a' * 9000}"], "token-too-long", "longer than 8 KiB"),
                 "another kind": (["Authorization: Basic YW5hOnNlY3JldA=="], "token-malformed", "not one that can be read"),
                 "twice": ([f"Authorization: Bearer {good}"] * 2, "token-malformed", "not one that can be read"),
                 "forged": ([f"Authorization: Bearer {good[:-4]}AAAA"], "token-unknown-key", "not signed by a key")}
        for name, (fields, reason, words) in cases.items():
            with self.subTest(name):
                said = self.answer(server.port, *fields)
                self.assertTrue(said.startswith("HTTP/1.1 401 Unauthorized\r\n"), said)
                self.assertIn(f'WWW-Authenticate: Bearer realm="inkwire", error="invalid_token", error_description="{reason}"', said)
                self.assertIn(words, said)
                self.assertIn("Ask whoever runs this rendezvous for another", said)
        _, figures = self.metrics(server.port)
        for reason in ("expired", "too-long", "malformed", "unknown-key"):
            self.assertNotEqual(figures[f'inkwire_token_refused_total{{reason="token-{reason}"}}'], "0", reason)
        # One that asks for none passes a token over, whatever it is.
        self.assertIn('"nonce"', self.answer(self.rendezvous().port, f"Authorization: Bearer {expired}"))

    def test_CL_407_CL_408_CL_414_serve_refuses_what_is_no_file_of_keys_and_says_what_it_takes(self):
        keys, tokens = self.keys(), self.write("tokens", "abcdefghijklmnop name=ana topics=1\n")
        usage = {"no form": ["--auth", keys], "another form": ["--auth", f"oidc:{keys}"], "no file": ["--auth", "jwt:"],
                 "audience alone": ["--auth-audience", "x"], "audience of a list": ["--auth", f"allow:{tokens}", "--auth-audience", "x"],
                 "audience of nobody": ["--auth", f"jwt:{keys}", "--auth-audience", ""]}
        for name, arguments in usage.items():
            with self.subTest(name):
                self.assertEqual(ink.run(["serve", "--listen", "127.0.0.1:0", *arguments])[0], 2)
        bad = {"missing": (f"jwt:{self.folder / 'nothing'}", "No such file"),
               "open": (f"jwt:{self.write('open.json', keys.read_text(), 0o644)}", "mode is 0644"),
               "a list as keys": (f"jwt:{tokens}", "no whole JSON"), "keys as a list": (f"allow:{keys}", "line 1: its token"),
               "half": (f"jwt:{self.write('half.json', keys.read_text()[:40])}", "no whole JSON"),
               "empty": (f"allow:{self.write('empty', '')}", "holds no token"),
               "short": (f"allow:{self.write('short', 'abc')}", "shorter than 16")}
        for name, (auth, words) in bad.items():
            with self.subTest(name):
                self.assert_refused(ink.run(["serve", "--listen", "127.0.0.1:0", "--auth", auth]), 6, "cannot serve with this file of --auth", words)
        server = self.rendezvous(arguments=["--auth", f"allow:{tokens}"])
        ink.wait_until(lambda: "tokens are asked for, by 1 token; who has none is a guest" in server.stderr, 10, "it says so")
        self.assertNotIn("audience", server.stderr)
        self.assertIn('"auth":"token"', self.answer(server.port, "Authorization: Bearer abcdefghijklmnop"))
        file = self.write("ana.token", "abcdefghijklmnop")
        ana = ink.new_board(self.folder / "ana", "ana", rendezvous=server.address, arguments=["--token-file", file])
        bob = ink.join_board(ana.link(), self.folder / "bob", "bob")
        self.assert_equal_boards(ana, bob)
        # Its token is for one board.
        second = ink.new_board(self.folder / "second", "ana", rendezvous=server.address, arguments=["--token-file", file])
        self.assertEqual(second.event("tokens", state="refused")["reason"], "token-limit")
        everywhere = ink.Process(["serve", "--listen", "0.0.0.0:0", "--auth", f"jwt:{keys}"], stdin=subprocess.DEVNULL, label="serve")
        ink.wait_until(lambda: "tokens come over TLS only" in everywhere.stderr and "--auth-audience says" in everywhere.stderr, 10, "both are said")

    def test_RT_170_RV_185_no_token_name_or_topic_is_in_a_line_a_figure_an_argument_or_an_environment(self):
        server = self.plain("--json", "-v")
        name = "planted-name-of-somebody"
        token = signed(lasting(sub=name))
        file = self.write("ana.token", token + "\n")
        passed = []

        def tap(client):
            """Between the programs and the rendezvous: writes down what is said to it."""
            with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", server.port)) as onward:
                def back():
                    with contextlib.suppress(OSError):
                        while some := onward.recv(65536):
                            client.sendall(some)

                threading.Thread(target=back, daemon=True).start()
                while some := client.recv(65536):
                    passed.append(some)
                    onward.sendall(some)

        with accepting(tap) as port:
            address = f"ws://127.0.0.1:{port}"
            ana = ink.new_board(self.folder / "ana", "ana", rendezvous=address, arguments=["--token-file", file, "-vv"])
            link = ink.led_to(f"inkwire://127.0.0.1:{port}/?tls=0", ana.link())
            bob = ink.join_board(link, self.folder / "bob", "bob", ["-vv"])
            self.assert_equal_boards(ana, bob)
            # A wrong one, too, and a reload, good and bad.
            wrong = signed(lasting(sub=name), key=b"x" * 32)
            shown = self.write("wrong.token", wrong)
            status, out, err = ink.run(["join", "--peer", "-vv", "--timeout", "20", "--rendezvous", address, "--token-file", shown],
                                       data=self.folder / "eve", name="eve", code=link)
            self.assertEqual(status, 6)
            server.child.send_signal(signal.SIGHUP)
            ink.wait_until(lambda: "read again" in server.stderr, 10, "the keys are read again")
            self.keys().write_text(f'{{"keys":["{token}","{name}"')
            server.child.send_signal(signal.SIGHUP)
            ink.wait_until(lambda: "what was read before stays" in server.stderr, 10, "the bad ones are not")
            texts = [out, err, *("\n".join([*process.lines, process.stderr]) for process in (server, ana, bob)), self.metrics(server.port)[0]]
            for process in (server, ana, bob):
                for what in ("cmdline", "environ"):
                    texts.append(pathlib.Path(f"/proc/{process.pid}/{what}").read_bytes().decode("utf-8", "replace"))
        # What was planted was there: the token in a field of a head, and no address; the topics in messages, which clients mask.
        said = b"".join(passed)
        self.assertIn(f"Authorization: Bearer {token}\r\n".encode(), said)
        # Each connection begins with a request, and a request comes in one piece.
        lines = [some.split(b"\r\n")[0] for some in passed if some.startswith(b"GET ")]
        self.assertGreaterEqual(len(lines), 3)
        self.assertEqual(set(lines), {b"GET / HTTP/1.1"})
        topics = set(re.findall(r'"topic":"([\w-]{43})"', "".join(unmasked(some) for some in passed)))
        self.assertGreaterEqual(len(topics), 1)
        planted = [token, wrong, name, b64(name.encode()), SECRET.decode(), b64(SECRET), *token.split(".")[1:], *wrong.split(".")[1:], *topics]
        planted += [base64.urlsafe_b64decode(topic + "=").hex() for topic in topics]
        for number, text in enumerate(texts):
            for word in planted:
                self.assertNotIn(word, text, f"text {number}")


def unmasked(some):
    """The text messages among the frames of a client that came in one piece."""
    texts = ""
    at = 0
    while at + 6 <= len(some) and some[at] in (0x81, 0x82, 0x89, 0x8A, 0x88):
        count, start = some[at + 1] & 127, at + 2
        if count == 126:
            count, start = int.from_bytes(some[start:start + 2], "big"), start + 2
        mask = some[start:start + 4]
        body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(some[start + 4:start + 4 + count]))
        if some[at] == 0x81:
            texts += body.decode("utf-8", "replace")
        at = start + 4 + count
    return texts


if __name__ == "__main__":
    main()
