"""The measurement behind tools/bench.

A contestant is a command for both roles; {role} {host} {port} {work} {n} {size} {rate} {secs} are filled in.

* `server` binds host:port (UDP), prints `{"ready":1}`, serves one client, prints a line of JSON and exits 0 within 3 s of the client's end. `client`
  connects to host:port (which may be a line's), does `work`, prints one or more lines of JSON (they are merged) and exits 0.
* Messages: `type u8, seq u32, time u64`, little endian, zeros up to the size. P p ping and pong, D data, L data with its time of CLOCK_MONOTONIC in ns,
  H h hello and its answer (time: the client's start), E e end and its answer.
* pingpong: n round trips of `size` -> client rtt_us_p50, rtt_us_p99. stream: n messages -> client sent, secs, cpu_s; server rx, rx_bytes, cpu_s, disorder.
  ops: rate x secs messages L -> server lat_us_p50 and so on. handshake: connect, H, h -> client hs_rtt_done_ms, t_ns; server lat_us_p50.
  idle: connect, H, silence for secs.
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

OWN = os.environ.get("BENCH_CONTESTANT", "")
REST = "{role} --host {host} --port {port} --work {work} --n {n} --size {size} --rate {rate} --secs {secs}"
WORKS = ["W1", "W2", "W3stream", "W3wire", "W4ops", "W4bulk", "W5", "W6"]
PARTS = {"W3": ["W3stream", "W3wire"], "W4": ["W4ops", "W4bulk"]}  # a name that stands for several
LOSSES = [("independent", 0), ("independent", 1), ("independent", 5), ("independent", 10), ("bursts", 5), ("gilbert", 5)]
LINE_DELAY = 25  # ms each way
DATA, OPERATION = 1024, 40  # bytes
BULK = 10240  # messages of DATA


def own(engine, words="", **more):
    return {"cmd": f"{OWN} {REST} --engine {engine}" + (f" --with {words}" if words else ""), **more}


# Which works each takes part in, and how many messages of W2 and W3 it is given: so many that it takes a second or so.
CONTESTANTS = {
    "yard-sealed": own("yardstick", "sealed,single,timed", works=["W1", "W4ops"]),
    "yard-bare": own("yardstick", "sealed,single", works=["W1"]),
    "yard-merged": own("yardstick", "sealed", works=["W2"], n2=600000),
    "yard-packed": own("yardstick", "sealed,packed", works=["W3stream", "W3wire"], n3=4000000),
    "lean": own("lean", works=WORKS, n2=300000, n3=1000000),
    "product": own("product", works=WORKS, n2=300000, n3=1000000),
    "lean-idle": own("lean", "idle", works=["W6"]),
}
YARDS = {"W1": "yard-sealed", "W2": "yard-merged", "W3stream": "yard-packed"}


def works_named(text):
    """The works of `--works`, each once, in the order in which they were named."""
    works = []
    for name in text.split(","):
        if name not in [*WORKS, *PARTS]:
            raise argparse.ArgumentTypeError(f"there is no work {name}, but {', '.join(dict.fromkeys([*WORKS, *PARTS]))}")
        works += [work for work in PARTS.get(name, [name]) if work not in works]
    return works


class Failed(Exception):
    """A contestant did not do what it was asked."""


class Line:
    """A bad line to a server's port."""

    def __init__(self, port, to, *, delay=LINE_DELAY, loss=0, model="independent", seed=1, rate=0, queue=100):
        words = {"listen": port, "to": to, "delay": delay, "loss": loss, "model": model, "seed": seed, "rate": rate, "queue": queue}
        arguments = [OWN, "line"] + [word for name, value in words.items() for word in (f"--{name}", str(value))]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline():
            self.process.communicate()
            raise Failed("the line did not start")

    def counters(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        last = self.process.stdout.read().strip().splitlines()
        self.process.wait(5)
        return json.loads(last[-1])


class Pair:
    """A server and a client, and a line between them where `line` says how bad it is. `finish` gives what they printed."""

    next_port = 20000 + os.getpid() % 500 * 40

    def __init__(self, contestant, work, *, count=1, size=64, rate=60, seconds=20, line=None, limit=60):
        Pair.next_port = Pair.next_port + 4 if Pair.next_port < 40000 else 20000
        port = Pair.next_port
        self.contestant, self.until, self.line = contestant, time.monotonic() + limit, None
        fields = {"host": "127.0.0.1", "work": work, "n": count, "size": size, "rate": rate, "secs": seconds}
        self.ends = []
        try:
            self.server = self.start("server", {**fields, "port": port})
            if not self.server.stdout.readline().startswith("{"):
                raise Failed(f"{contestant['name']}: the server did not start")
            if line is not None:
                self.line = Line(port + 2, port, **line)
                port += 2
            # Where out-of-band signalling of other programs is to be found.
            self.client = self.start("client", {**fields, "port": port}, SIGPORT=str(Pair.next_port + 1))
        except BaseException:
            self.close()
            raise

    def start(self, role, fields, **environment):
        words = self.contestant["cmd"].format(role=role, **fields).split()
        errors = None if self.contestant["cmd"].startswith(OWN) else subprocess.DEVNULL
        end = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, **environment})
        self.ends.append(end)
        return end

    def close(self):
        """Ends what still runs; what the line has carried, if there is one."""
        for process in self.ends:
            if process.poll() is None:
                process.kill()
                process.communicate()
        line, self.line = self.line, None
        return line.end() if line else None

    def finish(self):
        result = {}
        try:
            for role, process, more in (("client", self.client, 0), ("server", self.server, 4)):
                output, _ = process.communicate(timeout=max(1, self.until - time.monotonic() + more))
                result[role] = {}
                for line in output.splitlines():
                    if line.startswith("{"):
                        result[role].update(json.loads(line))
                if process.returncode or not result[role]:
                    result["error"] = f"{role}: {result[role].get('error', 'no result')}"
        except subprocess.TimeoutExpired:
            result["error"] = "too late"
        finally:
            if carried := self.close():
                result["line"] = carried
        return result


class Bench:
    """All runs, and what they gave: a list of rows with work, run, contestant and case."""

    def __init__(self, contestants, quick, out):
        self.contestants, self.quick, self.out, self.rows, self.failed = contestants, quick, out, [], 0

    def taking(self, work):
        return [entry for entry in self.contestants if work in entry["works"]]

    def keep(self, work, run, contestant, case, result):
        row = {"work": work, "run": run, "name": contestant["name"], "case": case, "load": os.getloadavg()[0], **result}
        self.rows.append(row)
        if self.out:
            with open(self.out, "a", encoding="utf-8") as sink:
                sink.write(json.dumps(row) + "\n")
        if "error" in row:
            self.failed += not contestant.get("foreign")
            print(f"{work} {contestant['name']} {case}: {row['error']}", file=sys.stderr)
        elif sys.stderr.isatty():
            print(f"{work} run {run + 1} {contestant['name']} {case}", file=sys.stderr)

    def pair(self, contestant, work, **more):
        try:
            return Pair(contestant, work, **more).finish()
        except Failed as failure:
            return {"error": str(failure)}

    def measure(self, work, run):
        small = 20 if self.quick else 1
        if work == "W1":
            for entry in self.taking(work):
                self.keep(work, run, entry, "", self.pair(entry, "pingpong", count=entry.get("n1", 20000) // small, size=64))
        elif work in ("W2", "W3stream"):
            for entry in self.taking(work):
                count, size = (entry.get("n2", 100000), DATA) if work == "W2" else (entry.get("n3", 300000), OPERATION)
                self.keep(work, run, entry, "", self.pair(entry, "stream", count=count // small, size=size))
        elif work == "W3wire":
            for entry in self.taking(work):
                count = min(30000, entry.get("n3", 30000)) // small
                self.keep(work, run, entry, "", self.pair(entry, "stream", count=count, size=OPERATION, line={"delay": 0}))
        elif work in ("W4ops", "W4bulk"):
            for model, loss in LOSSES:
                # All contestants at once: a line at this rate is idle most of the time, and so are they.
                line = {"loss": loss, "model": model, "seed": 100 + run}
                more = {"rate": 60, "seconds": 20 / small} if work == "W4ops" else {"count": BULK // small, "size": DATA, "limit": 40}
                kind, case = "ops" if work == "W4ops" else "stream", f"{model} {loss} %"
                for group in [self.taking(work)] if work == "W4ops" else [[entry] for entry in self.taking(work)]:
                    with contextlib.ExitStack() as stack:
                        for entry, pair in self.start_all(stack, group, work, run, kind, case, line=line, **more):
                            self.keep(work, run, entry, case, pair.finish())
        elif work == "W5":
            for entry in self.taking(work):
                result = self.pair(entry, "handshake", line={})
                if "error" not in result:
                    before = [first for first in result["line"].pop("first") if first[0] <= result["client"]["t_ns"]]
                    result["handshake"] = {"packets": len(before), "bytes": sum(first[2] for first in before)}
                self.keep(work, run, entry, "", result)
        elif work == "W6" and run == 0:
            self.measure_silence()

    def measure_silence(self):
        seconds, settle = (4, 2) if self.quick else (120, 12)
        with contextlib.ExitStack() as stack:
            pairs = self.start_all(stack, self.taking("W6"), "W6", 0, "idle", "", seconds=seconds + settle + 4, line={"delay": 5},
                                   limit=seconds + settle + 30)
            time.sleep(settle)
            before = [pair.line.counters() for _, pair in pairs]
            time.sleep(seconds)
            after = [pair.line.counters() for _, pair in pairs]
            for (entry, pair), old, new in zip(pairs, before, after):
                result = pair.finish()
                for what in ("packets", "bytes"):
                    result[what] = sum(new[f"{way}_{what}"] - old[f"{way}_{what}"] for way in ("c2s", "s2c")) / seconds
                self.keep("W6", 0, entry, "", result)

    def start_all(self, stack, entries, work, run, kind, case, **more):
        """Pairs that run at once, of those that start; `stack` ends them whatever happens."""
        started = []
        for entry in entries:
            try:
                pair = Pair(entry, kind, **more)
            except Failed as failure:
                self.keep(work, run, entry, case, {"error": str(failure)})
                continue
            stack.callback(pair.close)
            started.append((entry, pair))
        return started


def middle(values, form="{:.2f}"):
    """The median, and in parentheses the least and the most."""
    values = sorted(values)
    if not values:
        return "-"
    middle_value = form.format(statistics.median(values))
    return middle_value if len(values) == 1 else f"{middle_value} ({form.format(values[0])}-{form.format(values[-1])})"


class Tables:
    """Prints medians over the runs; ratios are of one run each."""

    def __init__(self, rows):
        self.rows = [row for row in rows if "error" not in row]
        self.errors = [row for row in rows if "error" in row]

    def names(self, work, case=None):
        seen = dict.fromkeys(row["name"] for row in self.rows + self.errors if row["work"] == work and case in (None, row["case"]))
        return list(seen)

    def values(self, work, name, figure, case=None):
        return [figure(row) for row in self.rows if row["work"] == work and row["name"] == name and case in (None, row["case"])]

    def ratios(self, work, name, figure):
        yard = {row["run"]: figure(row) for row in self.rows if row["work"] == work and row["name"] == YARDS[work]}
        return [figure(row) / yard[row["run"]] for row in self.rows
                if row["work"] == work and row["name"] == name and yard.get(row["run"])]

    def table(self, title, heads, lines):
        if not lines:
            return
        print(f"\n{title}\n")
        widths = [max(len(str(line[index])) for line in [heads, *lines]) for index in range(len(heads))]
        for line in [heads, ["-" * width for width in widths], *lines]:
            print("| " + " | ".join(str(cell).ljust(width) for cell, width in zip(line, widths)) + " |")

    def show(self):
        self.table("W1: round trips of 64 bytes", ["", "p50 µs", "p99 µs", f"p50 / {YARDS['W1']}"], [
            [name, middle(self.values("W1", name, lambda row: row["client"]["rtt_us_p50"]), "{:.1f}"),
             middle(self.values("W1", name, lambda row: row["client"]["rtt_us_p99"]), "{:.1f}"),
             middle(self.ratios("W1", name, lambda row: row["client"]["rtt_us_p50"]))] for name in self.names("W1")])
        for work, size in (("W2", DATA), ("W3stream", OPERATION)):
            def rate(row):
                return row["server"]["rx"] / row["client"]["secs"]

            def processor(row):
                return (row["client"]["cpu_s"] + row["server"]["cpu_s"]) / (row["server"]["rx_bytes"] / 1e9)

            self.table(f"{work[:2]}: a stream of messages of {size} bytes",
                       ["", "1000 messages/s", "MB/s", "CPU s/GB, both ends", f"rate / {YARDS[work]}", f"CPU / {YARDS[work]}"], [
                           [name, middle([value / 1e3 for value in self.values(work, name, rate)], "{:.0f}"),
                            middle([value * size / 1e6 for value in self.values(work, name, rate)], "{:.0f}"),
                            middle(self.values(work, name, processor)), middle(self.ratios(work, name, rate), "{:.3f}"),
                            middle(self.ratios(work, name, processor))] for name in self.names(work)])
        self.table(f"W3: on the wire, for a message of {OPERATION} bytes", ["", "bytes", "packets"], [
            [name, *[middle(self.values("W3wire", name, lambda row, what=what: (row["line"][f"c2s_{what}"] + row["line"][f"s2c_{what}"])
                                        / row["server"]["rx"]), form) for what, form in (("bytes", "{:.1f}"), ("packets", "{:.3f}"))]]
            for name in self.names("W3wire")])
        self.table(f"W4: 60 operations a second, {LINE_DELAY} ms each way", ["", "", "p50 ms", "p95", "p99", "most", "wire bytes", "packets"], [
            [case, name,
             *[middle(self.values("W4ops", name, lambda row, at=at: row["server"][f"lat_us_{at}"] / 1e3, case), "{:.1f}")
               for at in ("p50", "p95", "p99", "max")],
             *[middle(self.values("W4ops", name, lambda row, what=what: (row["line"][f"c2s_{what}"] + row["line"][f"s2c_{what}"])
                                  / row["client"]["sent"], case), form) for what, form in (("bytes", "{:.0f}"), ("packets", "{:.2f}"))]]
            for case in self.cases("W4ops") for name in self.names("W4ops", case)])
        self.table(f"W4: 10 MiB, {LINE_DELAY} ms each way", ["", "", "seconds", "too late"], [
            [case, name, middle(self.values("W4bulk", name, lambda row: row["client"]["secs"], case)),
             sum(row["work"] == "W4bulk" and row["name"] == name and row["case"] == case for row in self.errors)]
            for case in self.cases("W4bulk") for name in self.names("W4bulk", case)])
        self.table(f"W5: handshake, {LINE_DELAY} ms each way",
                   ["", "first byte at the server, ms", "answer at the client, ms", "packets", "bytes"], [
                       [name, middle(self.values("W5", name, lambda row: row["server"]["lat_us_p50"] / 1e3), "{:.1f}"),
                        middle(self.values("W5", name, lambda row: row["client"]["hs_rtt_done_ms"]), "{:.1f}"),
                        middle(self.values("W5", name, lambda row: row["handshake"]["packets"]), "{:.0f}"),
                        middle(self.values("W5", name, lambda row: row["handshake"]["bytes"]), "{:.0f}")] for name in self.names("W5")])
        self.table("W6: silence", ["", "packets/s", "bytes/s", "KiB of memory, client and server"], [
            [name, middle(self.values("W6", name, lambda row: row["packets"])),
             middle(self.values("W6", name, lambda row: row["bytes"]), "{:.1f}"),
             middle(self.values("W6", name, lambda row: sum(row[end]["rss_kb"] - row[end]["rss0_kb"] for end in ("client", "server"))),
                    "{:.0f}")] for name in self.names("W6")])
        lost = [row for row in self.rows if row["work"] in ("W2", "W3stream", "W4bulk") and row["server"].get("rx") != row["client"].get("sent")
                or row["server"].get("disorder") and row["name"] not in YARDS.values()]
        for row in lost:
            print(f"\n{row['work']} {row['name']} {row['case']}: {row['client'].get('sent')} sent, {row['server'].get('rx')} came, "
                  f"{row['server'].get('disorder')} out of order")

    def cases(self, work):
        return list(dict.fromkeys(row["case"] for row in self.rows + self.errors if row["work"] == work))


def main():
    parser = argparse.ArgumentParser(prog="tools/bench")
    parser.add_argument("--works", type=works_named, default=WORKS)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--extra")
    parser.add_argument("--out")
    parser.add_argument("--table")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.table:
        Tables([json.loads(line) for line in pathlib.Path(options.table).read_text(encoding="utf-8").splitlines()]).show()
        return 0
    known = dict(CONTESTANTS)
    if options.extra:
        for name, entry in json.loads(pathlib.Path(options.extra).read_text(encoding="utf-8")).items():
            known[name] = {"foreign": True, **entry, "works": works_named(",".join(entry.get("works", WORKS)))}
    only = set(filter(None, options.only.split(",")))
    contestants = [{"name": name, **entry} for name, entry in known.items() if not only or name in only]
    bench = Bench(contestants, options.quick, options.out)
    for work in options.works:
        for run in range(1 if options.quick else options.runs):
            bench.measure(work, run)
    Tables(bench.rows).show()
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
