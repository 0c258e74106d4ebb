"""An ssh daemon of one's own on loopback, a line of a given length to it, and terminals at its other end.

The daemon has its own configuration, keys and port, all in one folder, and takes one key; it runs as who runs it, and lets in nobody else.
"""

import getpass
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time

import inkwire_process as ink


def sshd_path():
    """The daemon; nil where none is installed. Debian keeps it where an ordinary path does not lead."""
    return shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin")


class Sshd:
    """A daemon on loopback; `command` is what runs over it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = ink.free_port()
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", self.folder / name], check=True)
        shutil.copy(self.folder / "user.pub", self.folder / "authorized")
        public = (self.folder / "host.pub").read_text().split()
        # Lines to it may come through other ports: the name stands for all of them.
        (self.folder / "known").write_text(f"inkwire-test {public[0]} {public[1]}\n")
        settings = [f"Port {self.port}", "ListenAddress 127.0.0.1", f"HostKey {self.folder / 'host'}", "UsePAM no", "StrictModes no",
                    f"AuthorizedKeysFile {self.folder / 'authorized'}", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
                    "PermitRootLogin prohibit-password", f"PidFile {self.folder / 'pid'}", "PrintMotd no", "PrintLastLog no",
                    # A line that is silent is given up after three seconds.
                    "ClientAliveInterval 1", "ClientAliveCountMax 3"]
        (self.folder / "config").write_text("\n".join(settings) + "\n")
        if os.geteuid() == 0:
            # Where it locks in the part of itself that listens to strangers.
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self.log = open(self.folder / "log", "wb")
        self.child = subprocess.Popen([sshd_path(), "-D", "-e", "-f", str(self.folder / "config")], stdin=subprocess.DEVNULL,
                                      stdout=self.log, stderr=self.log, preexec_fn=ink._die_with_parent)
        ink.wait_until(self._answers, 10, f"sshd listens: {self.folder / 'log'}")

    def _answers(self):
        if self.child.poll() is not None:
            raise ink.Failed(f"sshd ended at once:\n{(self.folder / 'log').read_text()}")
        with socket.socket() as probe:
            probe.settimeout(0.5)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def command(self, arguments, port=None, environment=None):
        """What runs a program over ssh with a terminal, by way of a port."""
        words = ["env", *(f"{name}={value}" for name, value in (environment or {}).items()), *map(str, arguments)]
        return ["ssh", "-tt", "-e", "none", "-F", "/dev/null", "-p", str(port or self.port), "-i", str(self.folder / "user"),
                "-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={self.folder / 'known'}", "-o", "GlobalKnownHostsFile=/dev/null",
                "-o", "HostKeyAlias=inkwire-test", "-o", "StrictHostKeyChecking=yes", "-o", "LogLevel=ERROR", f"{getpass.getuser()}@127.0.0.1",
                " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)]

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            self.child.wait(10)
        self.log.close()


class Relay:
    """A line to a port of loopback on which everything takes `delay` seconds each way, in order; it can fall silent, and be cut."""

    def __init__(self, port, delay):
        self.target, self.delay = port, delay
        self.is_silent = threading.Event()
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return  # the relay is gone
            self.sockets += [near, far]
            for one, other in ((near, far), (far, near)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, source, sink):
        """Takes as much as a line of this length holds, each piece with the time at which it is there."""
        pieces, ready, room = [], threading.Condition(), 1 << 20

        def deliver():
            while True:
                with ready:
                    ready.wait_for(lambda: pieces)
                    due, data = pieces[0]
                time.sleep(max(0.0, due - time.monotonic()))
                while self.is_silent.is_set():
                    time.sleep(0.01)
                try:
                    if data:
                        sink.sendall(data)
                    else:
                        sink.shutdown(socket.SHUT_WR)
                except OSError:
                    return  # cut
                with ready:
                    pieces.pop(0)
                    ready.notify_all()
                if not data:
                    return

        threading.Thread(target=deliver, daemon=True).start()
        while True:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            with ready:
                ready.wait_for(lambda: sum(len(piece) for _, piece in pieces) < room)
                pieces.append((time.monotonic() + self.delay, data))
                ready.notify_all()
            if not data:
                return

    def cut(self):
        """Both ends learn at once that the other is gone."""
        self.listener.close()
        for end in self.sockets:
            try:
                # To close it is not enough: processes that were forked meanwhile have it, too.
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it was gone before


def processes_with(name, value):
    """Pids of the inkwire processes whose environment says so (Linux)."""
    wanted, found = f"{name}={value}".encode(), []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "comm").read_text().strip() == "inkwire" and wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found
