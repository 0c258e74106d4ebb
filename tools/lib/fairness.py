"""The rows of tools/fairness: flows of ours and of the kernel's TCP through one narrow place, and what each had of it."""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time

import inkwire_process as ink
import natlab_net as net

ONE_WAY_MS = 25
BEGINNING_S = 10
OUR_PORT = 4400
TCP_PORT = 5400
PACKET_BITS = 1200 * 8


@dataclasses.dataclass
class Row:
    """One row: who shares which line, and the bounds that its figures keep."""
    mbits: float
    queue_ms: float = 100
    ours: int = 1
    tcp: int = 0
    has_ops: bool = False

    @property
    def name(self):
        queue = "" if self.queue_ms == 100 else f"-{self.queue_ms / 1000:g}s"
        return f"{'four' if self.ours == 4 else 'ops' if self.has_ops else 'tcp' if self.tcp else 'alone'}-{self.mbits:g}{queue}"

    @property
    def packet_ms(self):
        return PACKET_BITS / self.mbits / 1000

    def wrong(self, seen):
        """What is outside of its bounds."""
        said = []
        if not all(seen.rates):
            return ["a flow of which nothing passes"]
        if self.tcp:
            # A queue that holds a second belongs to whoever fills it; beside a short one each has about its half.
            low, high = (0.5, 1.5) if self.queue_ms <= 100 else (0.3, 1.5)
            share = seen.rates[0] / (sum(seen.rates) / len(seen.rates))
            if not low <= share <= high:
                said.append(f"{share:.2f} of a fair share, {low:g} to {high:g} is promised")
            return said
        if self.ours > 1 and seen.jain < 0.95:
            said.append(f"Jain's index {seen.jain:.2f}, 0.95 is promised")
        if seen.drops > 0.01:
            said.append(f"{seen.drops:.1%} dropped, 1 % is promised")
        mean, most = max(20, 2 * self.packet_ms), max(60, 2 * self.packet_ms)
        if seen.wait_mean > mean or seen.wait_max > most:
            said.append(f"a queue of {mean:.0f} ms in the mean and {most:.0f} at most is promised")
        if self.has_ops and not seen.late:
            said.append("no operation came")
        if seen.late and seen.late[1] > ONE_WAY_MS + max(20, self.packet_ms):
            said.append(f"operations within {ONE_WAY_MS + max(20, self.packet_ms):.0f} ms are promised")
        return said


ROWS = [Row(rate) for rate in (1, 5, 20)] + [Row(1, 1000), Row(20, 1000)]
ROWS += [Row(rate, has_ops=True) for rate in (1, 5, 20)]
ROWS += [Row(rate, tcp=1) for rate in (1, 5, 20)] + [Row(rate, 1000, tcp=1) for rate in (1, 5, 20)]
ROWS += [Row(rate, ours=4) for rate in (1, 5, 20)]


@dataclasses.dataclass
class Seen:
    rates: list
    drops: float
    wait_mean: float
    wait_max: float
    late: tuple

    @property
    def jain(self):
        squares = sum(rate * rate for rate in self.rates)
        return sum(self.rates) ** 2 / (len(self.rates) * squares) if squares else 0


class Wire:
    """Two machines with a narrow place between them; the left one sends."""

    def __init__(self, program, row):
        self.folder = net.LabFolder()
        hosts = self.folder / "hosts"
        hosts.write_text("127.0.0.1 localhost\n")
        self.machines, self.process = [], None
        try:
            left, middle, right = (self.machine(name, hosts) for name in ("left", "wire", "right"))
            net.connect(left, "eth0", middle, "a")
            net.connect(right, "eth0", middle, "b")
            for machine, address in ((left, "10.9.0.1"), (right, "10.9.0.2")):
                machine.plain_frames("eth0")
                machine.ip(f"addr add {address}/24 dev eth0")
            self.left, self.right = left, right
            self.process = subprocess.Popen(
                [*middle.enter, str(program), "a", "b", str(ONE_WAY_MS * 1000), str(int(row.mbits * 1e6)), str(int(row.queue_ms * 1000))],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            if self.process.stdout.readline() != b"ready\n":
                raise RuntimeError("the wire did not come up")
        except BaseException:
            self.close()
            raise

    def machine(self, label, hosts):
        made = net.Namespace(label, hosts)
        self.machines.append(made)
        return made

    def report(self):
        """What passed from left to right since the last one."""
        self.process.stdin.write(b"?")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())[0]

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        for machine in self.machines:
            machine.close()
        self.folder.remove()


class CubicFlow:
    """The kernel's TCP with CUBIC, which always has more to send."""

    def __init__(self, wire, number):
        self.port, self.is_over = TCP_PORT + number, threading.Event()
        with contextlib.ExitStack() as stack:
            with wire.right.inside():
                listener = stack.enter_context(socket.create_server(("10.9.0.2", self.port)))
            with wire.left.inside():
                self.sender = stack.enter_context(socket.socket())
            self.sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
            self.sender.connect(("10.9.0.2", self.port))
            self.receiver, _ = listener.accept()
            listener.close()
            stack.pop_all()
        self.sender.setblocking(False)
        self.receiver.setblocking(False)
        self.thread = threading.Thread(target=self.go, daemon=True)
        self.thread.start()

    def go(self):
        block = bytes(65536)
        while not self.is_over.is_set():
            readable, writable, _ = select.select([self.receiver], [self.sender], [], 0.2)
            with contextlib.suppress(BlockingIOError):
                if readable and not self.receiver.recv(1 << 20):
                    return
                if writable:
                    self.sender.send(block)

    def close(self):
        self.is_over.set()
        self.thread.join()
        self.sender.close()
        self.receiver.close()


class OurFlow:
    """A pair of contestants with a bulk lane that always has more to send, and operations beside it if they are asked for."""

    def __init__(self, wire, number, loop, has_ops, seconds):
        self.port, self.has_ops = OUR_PORT + number, has_ops
        # A stream that nobody lives to see the end of, or operations beside one.
        work = ["--work", "ops", "--size", "64", "--rate", "60", "--secs", str(seconds), "--with", "beside"]
        if not has_ops:
            work = ["--work", "stream", "--size", "1024", "--n", "1000000000"]
        shared = ["--host", "10.9.0.2", "--port", str(self.port), "--engine", loop, *work]
        self.ends = []
        try:
            self.server = self.start(wire.right, ["server", *shared], wire.folder)
            if "ready" not in self.server.stdout.readline():
                raise RuntimeError(f"the contestant did not start: exit {self.server.wait()}")
            self.start(wire.left, ["client", *shared], wire.folder)
        except BaseException:
            self.close()
            raise

    def start(self, machine, arguments, folder):
        with open(folder.fresh("contestant.log"), "w") as errors:
            end = subprocess.Popen([*machine.enter, os.environ["BENCH_CONTESTANT"], *arguments], stdout=subprocess.PIPE, stderr=errors, text=True)
        self.ends.append(end)
        return end

    def late(self):
        """How late operations came, ms: the middle and the 99th of a hundred; nothing if none came."""
        told = json.loads(next((line for line in self.server.stdout if line.startswith("{")), "{}"))
        if "lat_us_p99" not in told:
            return ()
        return told["lat_us_p50"] / 1000, told["lat_us_p99"] / 1000

    def close(self):
        for process in self.ends:
            process.kill()
            process.wait()
            process.stdout.close()


def pass_until(time_of_day):
    """The subject is what happens in that time."""
    time.sleep(max(0, time_of_day - time.monotonic()))


def measure(program, row, options):
    wire, flows = Wire(program, row), []
    try:
        began = time.monotonic()
        for number in range(row.ours):
            flows.append(OurFlow(wire, number, options.loop, row.has_ops, options.seconds))
        for number in range(row.tcp):
            flows.append(CubicFlow(wire, number))
        pass_until(began + BEGINNING_S)
        wire.report()
        counted = time.monotonic()
        pass_until(began + options.seconds)
        report, span = wire.report(), time.monotonic() - counted
        by_port = {flow["target"]: flow for flow in report["flows"]}
        of_ports = [by_port.get(flow.port, {"bytes": 0, "packets": 0, "dropped": 0}) for flow in flows]
        return Seen(
            rates=[flow["bytes"] * 8 / span / 1e6 for flow in of_ports],
            drops=sum(flow["dropped"] for flow in of_ports) / max(1, sum(flow["packets"] for flow in of_ports)),
            wait_mean=report["wait_mean_us"] / 1000, wait_max=report["wait_max_us"] / 1000,
            late=flows[0].late() if row.has_ops else ())
    finally:
        for flow in flows:
            flow.close()
        wire.close()


def main():
    ink.end_on_signals()
    parser = argparse.ArgumentParser(prog="tools/fairness", add_help=False)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--loop", choices=("lean", "product"), default="product")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    known = {row.name: row for row in ROWS}
    if options.list:
        print("\n".join(known))
        return 0
    unknown = [name for name in options.names if name not in known]
    if unknown or options.seconds <= BEGINNING_S:
        what = f"there is no row {unknown[0]}" if unknown else f"--seconds needs more than {BEGINNING_S}"
        print(f"tools/fairness: {what}.\n  tools/fairness --help says what there is.", file=sys.stderr)
        return 2
    if reason := net.reason_to_skip():
        print(f"skipped: {reason}")
        return 0
    broken = 0
    with tempfile.TemporaryDirectory(prefix="inkwire-fairness-") as folder:
        program = net.build_line(pathlib.Path(folder))
        print("| row | Mbit/s | Jain | dropped | queue, ms: mean, most | operations, ms: p50, p99 | |\n|---|---|---|---|---|---|---|", flush=True)
        for name in options.names or known:
            seen = measure(program, known[name], options)
            wrong = known[name].wrong(seen)
            broken += bool(wrong)
            late = " ".join(f"{value:.1f}" for value in seen.late)
            print(f"| {name} | {' '.join(f'{rate:.2f}' for rate in seen.rates)} | {seen.jain:.2f} | {seen.drops:.2%} "
                  f"| {seen.wait_mean:.1f} {seen.wait_max:.1f} | {late} | {'; '.join(wrong)} |", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
