"""People by the thousand at a rendezvous. Behind tools/load."""

import argparse
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

import inkwire_process as ink
from authority import Authority

# Fewer than the 20 that a source is answered.
PROBES_A_SECOND = 15
GATHER_PATIENCE = 240


def stand():
    """The program that is many people; INKWIRE_LOAD_STAND names another build of it than that of release."""
    return pathlib.Path(os.environ.get("INKWIRE_LOAD_STAND") or pathlib.Path(__file__).resolve().parents[2] / ".build/release/load-stand")


class Meter:
    """What a process takes of the machine."""

    def __init__(self, pid):
        self.folder = pathlib.Path(f"/proc/{pid}")

    @property
    def resident(self):
        status = dict(line.split(":", 1) for line in (self.folder / "status").read_text().splitlines())
        return int(status["VmRSS"].split()[0]) * 1024

    @property
    def processor(self):
        """Seconds."""
        fields = (self.folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def descriptors(self):
        return len(os.listdir(self.folder / "fd"))


class Lateness:
    """How late the loop of a rendezvous is, by STUN requests that it answers in their turn."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.asked, self.delays, self.is_over = {}, [], threading.Event()
        self.lock = threading.Lock()
        for work in (self._ask, self._hear):
            threading.Thread(target=work, daemon=True).start()

    def _ask(self):
        while not self.is_over.wait(1 / PROBES_A_SECOND):
            name = os.urandom(12)
            with self.lock:
                self.asked[name] = time.monotonic()
            try:
                # RFC 8489 \u00a75: a Binding request without attributes.
                self.socket.send(bytes.fromhex("000100002112a442") + name)
            except ConnectionRefusedError:
                # Nobody listens now: that is no lateness of whoever will.
                with self.lock:
                    self.asked.clear()

    def _hear(self):
        while not self.is_over.is_set():
            try:
                answer = self.socket.recv(2048)
            except ConnectionRefusedError:
                with self.lock:
                    self.asked.clear()
                continue
            except OSError:
                return
            with self.lock:
                if (began := self.asked.pop(answer[8:20], None)) is not None:
                    self.delays.append(time.monotonic() - began)

    def take(self):
        """Seconds of each request since the last call, ascending; what is not answered counts as what it has waited."""
        with self.lock:
            now = time.monotonic()
            waiting, self.asked = [now - began for began in self.asked.values()], {}
            delays, self.delays = self.delays, []
        return sorted(delays + [waited for waited in waiting if waited > 1 / PROBES_A_SECOND])

    def begin_anew(self):
        """Whom it asks is another now: what the one before left unanswered is no lateness of this one."""
        with self.lock:
            self.asked.clear()
            self.delays.clear()

    def end(self):
        self.is_over.set()
        self.socket.close()


class Crowd:
    """A process of load-stand, and what it last said."""

    def __init__(self, port, people, arguments, authorities=None):
        self.people, self.last, self.failures, self.out, self.delays = people, {}, {}, 0, []
        self.changed = threading.Condition()
        command = [str(stand()), "--to", f"127.0.0.1:{port}", "--people", str(people), *map(str, arguments)]
        command += ["--tls-ca", str(authorities)] if authorities else []
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.child.stdout:
            told = json.loads(line)
            with self.changed:
                self.last = told
                self.out += told["out"]
                for why, count in told.get("failed", {}).items():
                    self.failures[why] = self.failures.get(why, 0) + count
                if "max_us" in told:
                    self.delays.append((told["p50_us"], told["p99_us"], told["max_us"]))
                self.changed.notify_all()
        with self.changed:
            self.last = None
            self.changed.notify_all()

    def wait(self, condition, what, patience=GATHER_PATIENCE):
        """Seconds until what it says is so."""
        began = time.monotonic()
        with self.changed:
            def holds():
                if self.last is None:
                    raise ink.Failed(f"the crowd ended with {self.child.wait()} while {what}")
                return bool(self.last) and condition(self.last)
            if not self.changed.wait_for(holds, patience * ink.PATIENCE):
                raise ink.Failed(f"not within {patience * ink.PATIENCE:g} s: {what}; {self.last}, turned away: {self.failures}")
        return time.monotonic() - began

    def gather(self):
        return self.wait(lambda told: told["in"] == self.people, f"all {self.people} are in")

    def end(self):
        self.child.stdin.close()
        self.child.wait()
        self.reader.join()
        self.child.stdout.close()


class Load:
    """A rendezvous and who is there."""

    def __init__(self, tls=None):
        self.authorities, self.arguments = None, []
        if tls:
            certificate, key = tls.certificate("rendezvous")
            self.authorities, self.arguments = tls.file, ["--tls-cert", str(certificate), "--tls-key", str(key)]
        self.rendezvous = ink.Rendezvous(arguments=self.arguments)
        self.crowds = []
        self.lateness = Lateness(self.rendezvous.stun)

    @property
    def meter(self):
        return Meter(self.rendezvous.pid)

    def crowd(self, people, *arguments):
        self.crowds.append(Crowd(self.rendezvous.port, people, arguments, self.authorities))
        return self.crowds[-1]

    def restart(self):
        port, stun = self.rendezvous.port, self.rendezvous.stun
        self.rendezvous.kill()
        self.rendezvous = ink.Rendezvous(port=port, stun=stun, arguments=self.arguments)
        self.lateness.begin_anew()

    def end(self):
        for crowd in self.crowds:
            crowd.end()
        self.lateness.end()
        self.rendezvous.kill()


def rest(seconds):
    """So long is measured; nothing is waited for."""
    time.sleep(seconds)


def milliseconds(delays, part):
    return 1000 * delays[min(len(delays) - 1, int(len(delays) * part))] if delays else float("nan")


def idle(load, options):
    empty = load.meter.resident
    crowd = load.crowd(options.people, "--room", options.room, "--sources", options.sources, "--arrivals", options.arrivals)
    took = crowd.gather()
    print(f"{options.people} people from {options.sources} addresses, rooms of {options.room}: all in after {took:.1f} s", flush=True)
    load.lateness.take()
    meter = load.meter
    before, began = meter.processor, time.monotonic()
    rest(options.seconds)
    share = (meter.processor - before) / (time.monotonic() - began)
    resident, delays = meter.resident, load.lateness.take()
    print(f"memory {resident / 2**20:.1f} MiB, {(resident - empty) / options.people:.0f} bytes each; {share:.1%} of a core; "
          f"{meter.descriptors} descriptors; its loop is {milliseconds(delays, .5):.1f} ms late, {milliseconds(delays, 1):.1f} at most", flush=True)
    found = {"bytes": (resident - empty) / options.people, "share": share, "failures": crowd.failures}
    if options.kill:
        load.restart()
        # All of them have noticed: nobody is still counted who was in before.
        crowd.wait(lambda told: crowd.out >= options.people, "all have noticed")
        back = crowd.gather()
        began = time.monotonic()
        delays = load.lateness.take()
        found.update(back=back, late=milliseconds(delays, 1))
        print(f"killed and started again: all back {back:.1f} s after all had noticed; its loop was {milliseconds(delays, .5):.1f} ms late in the "
              f"middle, {milliseconds(delays, .99):.1f} at 99 of 100, {milliseconds(delays, 1):.1f} at most")
    return found


def relay(load, options):
    people = options.rooms * options.people
    crowd = load.crowd(people, "--room", options.people, "--sources", people, "--draw", options.draw, "--bytes", options.bytes)
    crowd.gather()
    crowd.wait(lambda told: told["received"] > 0, "frames arrive")
    # What the first moments were like says nothing of the rest.
    rest(2)
    with crowd.changed:
        first, crowd.delays = crowd.last, []
    meter = load.meter
    before, began = meter.processor, time.monotonic()
    rest(options.seconds)
    with crowd.changed:
        last, delays = crowd.last, crowd.delays
    share, span = (meter.processor - before) / (time.monotonic() - began), time.monotonic() - began
    received, sent = last["received"] - first["received"], last["sent"] - first["sent"]
    rate = received / span
    middle, late, most = sorted(row[0] for row in delays), sorted(row[1] for row in delays), max(row[2] for row in delays)
    print(f"{options.rooms} rooms of {options.people}: {sent} frames sent, {received} arrived; half within {middle[len(middle) // 2] / 1000:.1f} ms, 99 of 100 within "
          f"{late[len(late) // 2] / 1000:.1f} (the worst tenth of a second: {late[-1] / 1000:.1f}), the last {most / 1000:.1f}; {rate:.0f} frames a second "
          f"take {share:.1%} of a core: {rate / share if share else 0:.0f} a second and core")
    crowd.wait(lambda told: told["received"] > last["received"], "frames go on to arrive")
    return {"sent": sent, "received": received, "p99": late[len(late) // 2] / 1000, "failures": crowd.failures}


def everything(load, options):
    """Idle people, people who come and go, and people who draw, for minutes."""
    idle_people = load.crowd(8000, "--room", 8, "--sources", 450, "--arrivals", 500)
    idle_people.gather()
    load.crowd(400, "--room", 4, "--sources", 100, "--churn", 20, "--seed", 2)
    drawing = load.crowd(160, "--room", 8, "--sources", 160, "--draw", 4, "--bytes", 150, "--seed", 3)
    drawing.wait(lambda told: told["received"] > 0, "frames arrive")
    meter, rows = load.meter, []
    print("minute     MiB   descriptors   of a core   late ms (99 of 100, most)   frames p99 ms")
    last = (meter.processor, time.monotonic())
    for minute in range(options.minutes + 1):
        rest(60 if minute else 10)
        now = (meter.processor, time.monotonic())
        delays = load.lateness.take()
        with drawing.changed:
            late, drawing.delays = sorted(row[1] for row in drawing.delays), []
        rows.append((minute, meter.resident / 2**20, meter.descriptors))
        print(f"{minute:6} {rows[-1][1]:7.1f} {rows[-1][2]:13} {(now[0] - last[0]) / (now[1] - last[1]):11.1%} {milliseconds(delays, .99):13.1f} "
              f"{milliseconds(delays, 1):13.1f} {late[len(late) // 2] / 1000 if late else float('nan'):15.1f}", flush=True)
        last = now
    return {"rows": rows, "failures": {}}


def main():
    parser = argparse.ArgumentParser(prog="tools/load", allow_abbrev=False)
    parser.add_argument("--binary")
    commands = parser.add_subparsers(dest="command", required=True)
    shapes = {"idle": [("people", 18_000), ("room", 8), ("sources", 6000), ("seconds", 30), ("arrivals", 500)],
              "relay": [("rooms", 20), ("people", 8), ("draw", 4), ("bytes", 150), ("seconds", 30)], "all": [("minutes", 20)]}
    for command, numbers in shapes.items():
        sub = commands.add_parser(command, allow_abbrev=False)
        for name, default in numbers:
            sub.add_argument(f"--{name}", type=int, default=default)
        sub.add_argument("--tls", action="store_true")
        sub.add_argument("--binary")
        if command == "idle":
            sub.add_argument("--kill", action="store_true")
    options = parser.parse_args()
    if any(getattr(options, name, 1) < 1 for name in ("people", "room", "sources", "rooms", "draw", "seconds", "minutes", "arrivals")):
        parser.error("numbers are 1 and more")
    if options.binary:
        os.environ["INKWIRE_BINARY"] = options.binary
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    folder = ink.TemporaryFolder("inkwire-load")
    load = None
    try:
        load = Load(Authority(folder / "authority") if options.tls else None)
        found = {"idle": idle, "relay": relay, "all": everything}[options.command](load, options)
        for why, count in sorted(found["failures"].items()):
            print(f"turned away {count} times: {why}")
    except ink.Failed as failure:
        print(f"load: {failure}", file=sys.stderr)
        return 1
    finally:
        if load:
            load.end()
        ink.stop_everything()
        folder.remove()
    return 0


if __name__ == "__main__":
    ink.end_on_signals()
    sys.exit(main())
