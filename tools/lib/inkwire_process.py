"""Starts `inkwire` processes and talks JSON lines with them.

Shared by the demo, the measuring commands and the end-to-end tests. Nothing here sleeps for a guessed time: every wait is for
a condition and has a deadline. All processes die with the one that started them, however that ends.
"""

import atexit
import base64
import ctypes
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Multiplies every deadline; for machines much slower than two ordinary cores.
PATIENCE = float(os.environ.get("INKWIRE_TEST_PATIENCE", "1"))

_running = []


def binary():
    """The executable under test: $INKWIRE_BINARY, else the release build of this checkout."""
    named = os.environ.get("INKWIRE_BINARY")
    return pathlib.Path(named) if named else ROOT / ".build" / "release" / "inkwire"


class Failed(AssertionError):
    """Something awaited did not come; the message holds what is needed to see why."""


def free_port(kind=socket.SOCK_STREAM):
    """A loopback port that nobody uses now. Another process may take it before we do; that is rare and shows as exit 8."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, timeout, what, interval=0.02):
    """Polls `condition` until it gives something true and returns that; for what cannot be awaited, such as a port opening."""
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"not within {timeout * PATIENCE:g} s: {what}")
        time.sleep(interval)


# Whoever is on a developer's network, or in the next test, must not be met by chance: where a test is about that it takes this away.
os.environ["INKWIRE_NO_LAN"] = "1"


def base_environment():
    """Our environment without anything that configures inkwire, so that a developer's settings do not leak into a run."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("INKWIRE_")}
    return own | {"INKWIRE_NO_LAN": "1", "INKWIRE_CONFIG": "/dev/null"}


def _die_with_parent():
    """Runs in the child: asks Linux for SIGKILL when the parent goes, so that even `kill -9` of a test leaves nothing behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Process:
    """One `inkwire` process with its output collected by threads."""

    def __init__(self, arguments, *, environment=None, stdin=subprocess.PIPE, wrapper=(), label=""):
        self.label = label or arguments[0]
        self.arguments = [str(argument) for argument in arguments]
        settings = base_environment()
        settings.update({name: str(value) for name, value in (environment or {}).items() if value is not None})
        self.errors = []
        self.lines = []
        self.changed = threading.Condition()
        self.started = time.perf_counter()
        self.child = subprocess.Popen(
            [*map(str, wrapper), str(binary()), *self.arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=settings, preexec_fn=_die_with_parent)
        _running.append(self)
        self.ended_streams = 0
        for stream, keep in ((self.child.stdout, self.take_line), (self.child.stderr, self.take_error)):
            threading.Thread(target=self._read, args=(stream, keep), daemon=True).start()

    @property
    def pid(self):
        return self.child.pid

    def _read(self, stream, keep):
        with stream:
            for line in stream:
                now = time.perf_counter()
                with self.changed:
                    keep(line.decode("utf-8", "replace").rstrip("\n"), now)
                    self.changed.notify_all()
        with self.changed:
            self.ended_streams += 1
            self.changed.notify_all()

    def take_line(self, line, now):
        self.lines.append(line)

    def take_error(self, line, now):
        self.errors.append(line)

    def await_condition(self, condition, timeout, what):
        """Waits until `condition`, asked after each new line, gives something other than None; returns it."""
        deadline = time.monotonic() + timeout * PATIENCE
        with self.changed:
            while True:
                value = condition()
                if value is not None:
                    return value
                left = deadline - time.monotonic()
                if self.ended_streams == 2:
                    raise Failed(f"{self.label} ended (exit {self.child.wait()}) before {what}\n{self.report()}")
                if left <= 0:
                    raise Failed(f"{self.label}: not within {timeout * PATIENCE:g} s: {what}\n{self.report()}")
                self.changed.wait(left)

    def wait_exit(self, timeout=15):
        """The exit status, as a shell gives it: 128 + n after signal n."""
        try:
            status = self.child.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.label} did not exit within {timeout * PATIENCE:g} s\n{self.report()}") from None
        with self.changed:
            self.changed.wait_for(lambda: self.ended_streams == 2, 5)
        self.release()
        return status if status >= 0 else 128 - status

    def kill(self, number=signal.SIGKILL):
        """Sends a signal (SIGKILL unless told) and waits for the end."""
        if self.child.poll() is None:
            self.child.send_signal(number)
        return self.wait_exit()

    def release(self):
        if self.child.stdin and not self.child.stdin.closed:
            try:
                self.child.stdin.close()
            except BrokenPipeError:
                pass
        if self in _running:
            _running.remove(self)

    def report(self):
        """What the process said last, for a failure's message."""
        lines = self.lines[-12:]
        shown = [line if len(line) < 400 else line[:400] + "…" for line in lines]
        return "\n".join([f"  {self.label}: inkwire {' '.join(self.arguments)}", "  last on stdout:", *("    " + line for line in shown),
                          "  stderr:", *("    " + line for line in self.errors[-12:])])

    @property
    def stderr(self):
        return "\n".join(self.errors)

    @property
    def resident_kib(self):
        """Resident memory now, in KiB (Linux)."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def udp_ports(self):
        """The UDP ports this process has bound (Linux), sorted."""
        inodes = set()
        for entry in pathlib.Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                target = os.readlink(entry)
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
        ports = set()
        for table in ("udp", "udp6"):
            path = pathlib.Path(f"/proc/{self.pid}/net/{table}")
            if path.exists():
                for row in path.read_text().splitlines()[1:]:
                    columns = row.split()
                    if columns[9] in inodes:
                        ports.add(int(columns[1].rsplit(":", 1)[1], 16))
        return sorted(ports)


class Peer(Process):
    """A headless peer: commands in, events out."""

    def __init__(self, arguments, *, data, name, rendezvous=None, code=None, environment=None, wrapper=()):
        self.events = []  # (arrival in perf_counter seconds, event)
        self.references = 0
        settings = {"INKWIRE_DATA_DIR": data, "INKWIRE_NAME": name, "INKWIRE_RENDEZVOUS": rendezvous, "INKWIRE_CODE": code}
        settings.update(environment or {})
        super().__init__(arguments, environment=settings, label=name, wrapper=wrapper)

    def take_line(self, line, now):
        self.lines.append(line)
        try:
            event = json.loads(line)
        except ValueError:
            event = {"event": "not-json", "line": line}
        self.events.append((now, event))

    def write(self, text):
        """Raw bytes of one or more lines to the peer's stdin."""
        self.child.stdin.write(text.encode())
        self.child.stdin.flush()

    def send(self, do, **fields):
        """One command; returns the reference that its reply will repeat."""
        self.references += 1
        reference = fields.setdefault("ref", f"r{self.references}")
        self.write(json.dumps({"do": do, **fields}) + "\n")
        return reference

    @property
    def mark(self):
        """How many events there are now; for `event(after=…)`."""
        with self.changed:
            return len(self.events)

    def timed_event(self, kind, /, timeout=15, after=0, matching=None, **fields):
        """The first event of that name with those fields, with its time of arrival."""
        position = [after]

        def look():
            while position[0] < len(self.events):
                when, event = self.events[position[0]]
                position[0] += 1
                if event.get("event") == kind and all(event.get(key) == value for key, value in fields.items()):
                    if matching is None or matching(event):
                        return when, event
            return None

        wanted = " ".join([f"event {kind}", *(f"{key}={value}" for key, value in fields.items())])
        return self.await_condition(look, timeout, wanted)

    def event(self, kind, /, timeout=15, after=0, matching=None, **fields):
        return self.timed_event(kind, timeout, after, matching, **fields)[1]

    def events_named(self, kind, /, **fields):
        with self.changed:
            return [event for _, event in self.events
                    if event.get("event") == kind and all(event.get(key) == value for key, value in fields.items())]

    def ask(self, do, reply, timeout=15, **fields):
        """One command and its reply; an `error` reply fails, unless `reply` is "error"."""
        after = self.mark
        reference = self.send(do, **fields)
        position = [after]

        def look():
            while position[0] < len(self.events):
                event = self.events[position[0]][1]
                position[0] += 1
                if event.get("ref") == reference and event.get("event") in (reply, "error"):
                    return event
            return None

        event = self.await_condition(look, timeout, f"the reply to {do} {fields}")
        if event["event"] != reply:
            raise Failed(f"{self.label}: {do} {fields} was answered by {event}, wanted {reply}\n{self.report()}")
        return event

    def draw(self, identifier=None, timeout=15, **shape):
        """Draws one shape and returns the event that tells of it."""
        fields = {"shape": shape}
        if identifier:
            fields["id"] = identifier
        return self.ask("draw", "shape", timeout, **fields)

    def wait(self, what, timeout=15, **fields):
        """`{"do":"wait","for":what}`; the process itself gives up with an error event at the same time as we do."""
        milliseconds = int(timeout * PATIENCE * 1000)
        return self.ask("wait", "waited", timeout + 2, timeout_ms=milliseconds, **{"for": what}, **fields)

    def state(self, timeout=15):
        return self.ask("state", "state", timeout)

    def stats(self, timeout=15):
        return self.ask("stats", "stats", timeout)

    def link(self, timeout=15):
        """An invite as a link."""
        return self.ask("invite", "invite", timeout)["link"]

    def quit(self, timeout=20):
        """`quit`, then the exit status."""
        if self.child.poll() is None:
            try:
                self.send("quit")
            except (BrokenPipeError, OSError):
                pass
        return self.wait_exit(timeout)


class Rendezvous(Process):
    """`inkwire serve` on loopback."""

    def __init__(self, port=None, stun=None, arguments=()):
        self.port = port or free_port()
        self.stun = stun or free_port(socket.SOCK_DGRAM)
        super().__init__(["serve", "--listen", f"127.0.0.1:{self.port}", "--stun", f"127.0.0.1:{self.stun}", *arguments],
                         stdin=subprocess.DEVNULL, label="serve")
        self.wait_listening()

    @property
    def address(self):
        return f"ws://127.0.0.1:{self.port}"

    def wait_listening(self):
        def answers():
            if self.child.poll() is not None:
                raise Failed(f"the rendezvous ended at once (exit {self.child.returncode})\n{self.report()}")
            with socket.socket() as probe:
                probe.settimeout(0.5)
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        wait_until(answers, 10, f"the rendezvous listens on port {self.port}")


def run(arguments, *, data=None, name=None, input="", timeout=30, environment=None, code=None, rendezvous=None):
    """Runs `inkwire` to its end; returns (exit status as a shell gives it, stdout, stderr). Without an input at all it reads /dev/null."""
    settings = base_environment()
    extra = {"INKWIRE_DATA_DIR": data, "INKWIRE_NAME": name, "INKWIRE_CODE": code, "INKWIRE_RENDEZVOUS": rendezvous, **(environment or {})}
    settings.update({key: str(value) for key, value in extra.items() if value is not None})
    try:
        given = {"stdin": subprocess.DEVNULL} if input is None else {"input": input.encode()}
        done = subprocess.run([str(binary()), *map(str, arguments)], **given, capture_output=True, env=settings,
                              timeout=timeout * PATIENCE, preexec_fn=_die_with_parent)
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"") + (late.stderr or b"")
        raise Failed(f"inkwire {' '.join(map(str, arguments))} did not end within {timeout * PATIENCE:g} s; it said:\n"
                     + said.decode("utf-8", "replace")) from None
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return status, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def new_board(data, name, board="sketch", rendezvous=None, arguments=(), **more):
    """A headless peer on a new board, ready."""
    peer = Peer(["new", board, "--peer", *arguments], data=data, name=name, rendezvous=rendezvous, **more)
    peer.event("ready", timeout=20)
    return peer


def join_board(link, data, name, arguments=(), ready=True, **more):
    """A headless peer that joins by a link, which goes through the environment and never through the argument list."""
    peer = Peer(["join", "--peer", *arguments], data=data, name=name, code=link, **more)
    if ready:
        peer.event("ready", timeout=30)
    return peer


def link_secret(link):
    """The bytes of a link that are no place: room secret, board id, name of the invite, seed of its key, epoch, flags (SE-333)."""
    payload = link.partition("#2.")[2]
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))[:-4]


def led_to(place, link, secret=None):
    """The link with another text before its `#`, or with other bytes behind it, too, and a check that fits to both (SE-181)."""
    opening, secret = f"{place}#2.", secret or link_secret(link)
    check = hashlib.blake2b(opening.encode() + secret, digest_size=32).digest()[:4]
    return opening + base64.urlsafe_b64encode(secret + check).decode().rstrip("=")


def open_board(board, data, name, rendezvous=None, arguments=(), **more):
    """A headless peer on a board that this data directory has, ready."""
    peer = Peer(["peer", board, *arguments], data=data, name=name, rendezvous=rendezvous, **more)
    peer.event("ready", timeout=20)
    return peer


def stop_everything():
    """Kills whatever is still running; called at every exit."""
    for process in list(_running):
        if process.child.poll() is None:
            process.child.kill()
            process.child.wait()
        process.release()


class TemporaryFolder:
    """A folder for data directories, removed at the end; kept when INKWIRE_KEEP is set, to look at a failure."""

    def __init__(self, name="inkwire"):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-"))
        atexit.register(self.remove)

    def __truediv__(self, name):
        return self.path / name

    def remove(self):
        if os.environ.get("INKWIRE_KEEP"):
            print(f"kept: {self.path}", file=sys.stderr)
        else:
            shutil.rmtree(self.path, ignore_errors=True)
        atexit.unregister(self.remove)


def end_on_signals():
    """Makes SIGTERM, SIGHUP and SIGINT leave by SystemExit, so that `finally` and exit handlers clean up."""
    def leave(number, _frame):
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, leave)


atexit.register(stop_everything)
