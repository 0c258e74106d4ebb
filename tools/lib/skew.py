"""An older program beside this one: what both sides are told, and what becomes of a board on disk."""

import argparse
import contextlib
import os
import pathlib
import re
import socket
import struct
import sys
import threading
import time

import inkwire_process as ink

# The promise: each side knows so many seconds after the joiner has been started.
LIMIT = 5
# What an older program gets as --timeout: before it is over, it does not end.
OLD_TIMEOUT = 4
START_BYTES = 1200


class Ear:
    """Notes every message 1 of a handshake on loopback: when, from which port, of which version. None of it without the right to listen."""

    def __init__(self):
        self.starts = []
        try:
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
            self.socket.bind(("lo", 0))
        except (AttributeError, PermissionError):
            self.socket = None
            return
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            frame, _ = self.socket.recvfrom(65536)
            header = 14 + (40 if frame[12:14] == b"\x86\xdd" else (frame[14] & 15) * 4)
            if len(frame) != header + 8 + START_BYTES or frame[header + 8] != 0xF0:
                continue
            self.starts.append((time.perf_counter(), frame[header + 9]))

    def first(self, after):
        """The version that the first message 1 since then spoke; None where nobody listens."""
        return next((version for when, version in list(self.starts) if when >= after), None)


@contextlib.contextmanager
def program(path):
    """Processes started meanwhile are of this program."""
    before = os.environ.get("INKWIRE_BINARY")
    os.environ["INKWIRE_BINARY"] = str(path)
    try:
        yield
    finally:
        if before is None:
            del os.environ["INKWIRE_BINARY"]
        else:
            os.environ["INKWIRE_BINARY"] = before


class Skew:
    def __init__(self, old, new):
        self.programs = {"old": old, "new": new}
        self.folder = ink.TemporaryFolder("inkwire-skew")
        self.ear = Ear()
        self.count = 0
        self.wrong = []

    def place(self):
        self.count += 1
        return self.folder / f"d{self.count}"

    def meet(self, host, joiner, introducer):
        """One board of `host`, one try of `joiner`. `introducer` runs the rendezvous; None for an address alone."""
        server = None
        if introducer:
            with program(self.programs[introducer]):
                server = ink.Rendezvous()
        with program(self.programs[host]):
            ana = ink.new_board(self.place(), "ana", rendezvous=server and server.address)
        link = ana.link()
        arguments = [] if joiner == "new" else ["--timeout", str(OLD_TIMEOUT)]
        if server:
            # No address: they meet through the rendezvous.
            link = re.sub(r"&direct=[^#]*", "", link)
        else:
            # A rendezvous that nobody answers at; the address is all there is.
            port = re.search(r"direct=[^&#]*?:(\d+)[&#,]", link).group(1)
            arguments += ["--rendezvous", f"ws://127.0.0.1:{ink.free_port()}", "--direct", f"127.0.0.1:{port}"]
        begun = time.perf_counter()
        with program(self.programs[joiner]):
            bob = ink.join_board(link, self.place(), "bob", arguments, ready=False)
        status = bob.wait_exit(2 * LIMIT)
        ended = time.perf_counter() - begun
        try:
            when, event = ana.timed_event("version", timeout=LIMIT)
        except ink.Failed:
            when, event = float("inf"), {}
        dialler = {None: "?", event.get("theirs"): joiner, event.get("ours"): host}.get(self.ear.first(begun), "?")
        row = (host, joiner, f"rendezvous ({introducer})" if introducer else "address", dialler, when - begun, ended, status)
        print("{:6} {:6} {:17} {:8} {:>9.2f} {:>9.2f} {:>5}".format(*row), flush=True)
        self.judge(row, event, bob)
        for process in (ana, server):
            if process:
                process.kill()

    def judge(self, row, event, joiner):
        host, who, _, _, told, ended, status = row
        if max(told, ended) > LIMIT * ink.PATIENCE:
            self.wrong.append(f"{row}: later than {LIMIT} s")
        if status != 9:
            self.wrong.append(f"{row}: wanted exit 9\n{joiner.report()}")
        if host == "new" and (event.get("older"), bool(event.get("next"))) != ("theirs", True):
            self.wrong.append(f"{row}: the host was told {event}")
        if who == "new" and "somebody's inkwire is older" not in joiner.stderr:
            self.wrong.append(f"{row}: the joiner said\n{joiner.stderr}")
        if host == "new" and f"version {event.get('ours')}" not in joiner.stderr:
            self.wrong.append(f"{row}: the older joiner said\n{joiner.stderr}")
        if event and event["theirs"] == event["ours"]:
            self.wrong.append(f"{row}: told {event}")

    def move(self):
        """A board that the old program made is drawn on by the new one, and then opened by the old one again."""
        place, server = self.place(), None
        with program(self.programs["old"]):
            ana = ink.new_board(place, "ana", "plan")
            ana.draw("first", kind="rectangle", x=0, y=0, w=80, h=80, text="old")
            ana.ask("say", "chat", text="hello")
            before = ana.state()
            ana.quit()
        with program(self.programs["new"]):
            ana = ink.open_board("plan", place, "ana")
            state = ana.state()
            if any(state[key] != before[key] for key in ("fingerprint", "transactions", "shapes")):
                self.wrong.append(f"the new program shows\n  {state}\nof what the old one left as\n  {before}")
            ana.draw("second", kind="ellipse", x=0, y=0, w=80, h=80)
            ana.ask("stroke", "shape", id="third", x=0, y=0, points=[[0, 0], [10, 10], [20, 0]], over_ms=100)
            ana.ask("delete", "shape", id="first")
            ana.ask("undo", "shape")
            after = ana.state()
            ana.quit()
        with program(self.programs["old"]):
            ana = ink.open_board("plan", place, "ana")
            state = ana.state()
            ana.quit()
        if any(state[key] != after[key] for key in ("fingerprint", "transactions", "shapes")):
            self.wrong.append(f"the old program shows\n  {state}\nof what the new one left as\n  {after}")
        print(f"on disk: old to new {before['transactions']} changes, new to old {after['transactions']}", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="tools/skew", add_help=False)
    parser.add_argument("old", type=pathlib.Path)
    options = parser.parse_args()
    old, new = options.old.resolve(), ink.binary().resolve()
    for path in (old, new):
        if not os.access(path, os.X_OK) or path.is_dir():
            print(f"tools/skew: {path} is no program", file=sys.stderr)
            return 2
    for path in (old, new):
        with program(path):
            print(f"{'old' if path == old else 'new'}: {ink.run(['--version'])[1].strip()}", flush=True)
    skew = Skew(old, new)
    print("{:6} {:6} {:17} {:8} {:>9} {:>9} {:>5}".format("host", "joiner", "by", "dialled", "host s", "joiner s", "exit"), flush=True)
    for host, joiner in (("new", "old"), ("old", "new")):
        for introducer in (host, joiner, None):
            skew.meet(host, joiner, introducer)
    skew.move()
    for complaint in skew.wrong:
        print(f"tools/skew: {complaint}", file=sys.stderr)
    print("tools/skew: " + ("all were told in time" if not skew.wrong else f"{len(skew.wrong)} failed"))
    return 1 if skew.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
