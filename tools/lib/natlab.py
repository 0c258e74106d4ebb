"""Two people in networks of any two kinds; see tools/natlab."""

import argparse
import collections
import ctypes
import multiprocessing
import os
import pathlib
import signal
import sys
import tempfile
import time

import inkwire_process as ink
import natlab_net as net
import natlab_rows as stories

PROMISES = pathlib.Path(__file__).with_name("natlab-pairs.tsv")

# What a pair is promised, in seconds from the start of `join`.
MEET_LIMIT = 1.5
DIRECT_LIMIT = 3.0
# Whoever has not met by then is not waited for: a minute of no answer tells nothing more.
PATIENCE = 8.0

# One of each sort: no router, cone by peer-reflexive address, both restricted, hopeless for punching, no common family, no UDP at all.
SAMPLE = [("none", "none"), ("cone", "sym"), ("sym", "restr"), ("port", "port"), ("dbl", "port"), ("port", "sym"), ("sym", "sym"), ("dual", "cone"),
          ("v6fw", "dual"), ("port", "v6fw"), ("noudp", "noudp")]


class Promise:
    """A row of the file: what a pair must do, and in how many tries."""

    def __init__(self, host, joiner, path, tries, why):
        self.host, self.joiner, self.path, self.tries, self.why = host, joiner, path, int(tries), why

    @property
    def pair(self):
        return self.host, self.joiner


def promises():
    rows = [Promise(*line.split("\t")) for line in PROMISES.read_text().splitlines() if line and not line.startswith("#")]
    if sorted(row.pair for row in rows) != sorted((host, joiner) for host in net.KINDS for joiner in net.KINDS):
        raise SystemExit(f"tools/natlab: {PROMISES.name} does not hold each of the 121 pairs once.")
    if wrong := [row.pair for row in rows if row.path not in ("direct", "relay", "either")]:
        raise SystemExit(f"tools/natlab: {PROMISES.name} promises something unknown for {wrong}.")
    if sum(row.path == "either" for row in rows) > 13:
        raise SystemExit(f"tools/natlab: {PROMISES.name} leaves more than 13 pairs to chance.")
    return {row.pair: row for row in rows}


class Meeting:
    """One try. Seconds from the start of `join`; None for what did not happen.

    `met`: the joiner's shape, drawn as soon as the program takes commands, is told by the host. `seen`: the host's, drawn when it sees that one,
    is told by the joiner: both ways carry. `direct`: both sides say that their path is direct. `first`: the path told first, by either.
    """

    def __init__(self, met, seen, direct, first, last, note=""):
        self.met, self.seen, self.direct, self.first, self.last, self.note = met, seen, direct, first, last, note

    def wrong(self, promise, meet_limit):
        """What of the promise was not kept, in words; empty where all was."""
        if self.met is None or self.seen is None:
            return [f"not met within {PATIENCE:g} s {self.note}".strip()]
        said = []
        if self.met > meet_limit:
            said.append(f"met after {self.met:.2f} s")
        if promise.path == "direct" and (self.direct is None or self.direct > DIRECT_LIMIT):
            said.append(f"no direct path, {self.last}" if self.direct is None else f"direct after {self.direct:.2f} s")
        if promise.path == "relay" and self.direct is not None:
            said.append("direct where no direct way is: the lab or the promise is wrong")
        return said


def path_times(peer, start):
    """The paths that a program told of somebody who is there, in order, each with its time."""
    return [(when - start, event["path"]) for when, event in list(peer.events) if stories.is_there(event)]


def meet(world, host_site, joiner_site):
    """One try in fresh processes: the ids on which chance hangs live as long as a process."""
    host = ink.Peer(["new", "lab", "--peer"], data=world.folder.fresh("host"), name="host", rendezvous=world.rendezvous,
                    wrapper=host_site.client.enter)
    joiner = None
    try:
        host.event("ready")
        # Nobody sends a link before the window shows that the board can be found.
        host.event("rendezvous", state="connected")
        link = host.link()
        joiner = ink.Peer(["join", "--peer"], data=world.folder.fresh("joiner"), name="joiner", code=link, wrapper=joiner_site.client.enter)
        joiner.send("draw", id="of-joiner", shape={"kind": "rectangle", "x": 160, "y": 8, "w": 80, "h": 48})
        start = joiner.started

        def shown(peer, identifier):
            times = [when - start for when, event in list(peer.events)
                     if event.get("event") == "shape" and event.get("change") == "added" and event.get("id", "").startswith(identifier)]
            return min(times, default=None)

        def direct(peer):
            return min((when for when, path in path_times(peer, start) if path == "direct"), default=None)

        has_answered = False
        while True:
            now = time.perf_counter() - start
            if not has_answered and shown(host, "of-joiner") is not None:
                has_answered = True
                host.send("draw", id="of-host", shape={"kind": "rectangle", "x": 8, "y": 8, "w": 80, "h": 48})
            met, seen = shown(host, "of-joiner"), shown(joiner, "of-host")
            directs = [direct(peer) for peer in (host, joiner)]
            is_direct = None not in directs
            if met is not None and seen is not None and (is_direct or now > DIRECT_LIMIT + 0.3):
                break
            if now > PATIENCE or joiner.child.poll() is not None:
                break
            time.sleep(0.01)
        paths = sorted(path_times(host, start) + path_times(joiner, start))
        note = ""
        if met is None or seen is None:
            note = "; ".join([f"host's shape {'shown' if seen is not None else 'not shown'}, joiner's {'shown' if met is not None else 'not shown'}",
                              *joiner.errors[-3:]])
        return Meeting(met, seen, max(directs) if is_direct else None, paths[0][1] if paths else None, paths[-1][1] if paths else None, note)
    finally:
        for peer in filter(None, (joiner, host)):
            peer.kill()


# MARK: labs side by side

def lab(line, work, tasks, results):
    """A process that takes tasks until none is left; `work` keeps between them what it wants to."""
    ink.end_on_signals()
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    worker = work(line)
    try:
        while (task := tasks.get()) is not None:
            results.put((task, worker.do(task)))
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        worker.close()


class Meetings:
    """Makes tries of pairs in one world, whose networks stay."""

    def __init__(self, line, rtt_ms):
        self.world = net.World(line, rtt_ms)
        try:
            self.world.serve()
        except BaseException:
            self.world.close()
            raise

    def do(self, pair):
        try:
            return meet(self.world, self.world.site("a", pair[0]), self.world.site("b", pair[1]))
        except (ink.Failed, RuntimeError, OSError) as error:
            return Meeting(None, None, None, None, None, str(error))

    def close(self):
        self.world.close()


class Stories:
    """Makes rows of a command, each in a world of its own, since each changes it."""

    def __init__(self, line, options):
        self.line, self.options, self.world = line, options, None

    def do(self, name):
        rtt = stories.ROUND_TRIPS.get(name, 100) if self.options.rtt is None else self.options.rtt
        try:
            self.world = net.World(self.line, rtt)
            self.world.serve()
            return stories.COMMANDS[self.options.command][2](self.world, name, self.options)
        except (ink.Failed, RuntimeError, OSError) as error:
            return stories.Row(name, [], [str(error)])
        finally:
            self.close()

    def close(self):
        if self.world:
            self.world.close()
            self.world = None


class Labs:
    """Several labs at once: mostly they wait."""

    def __init__(self, line, count, work):
        context = multiprocessing.get_context("fork")
        self.tasks, self.results = context.Queue(), context.Queue()
        self.workers = [context.Process(target=lab, args=(line, work, self.tasks, self.results)) for _ in range(count)]
        for worker in self.workers:
            worker.start()

    def run(self, tasks):
        """Gives task and result as they come."""
        for task in tasks:
            self.tasks.put(task)
        for _ in self.workers:
            self.tasks.put(None)
        for _ in tasks:
            while self.results.empty():
                if not any(worker.is_alive() for worker in self.workers) and self.results.empty():
                    raise SystemExit("tools/natlab: every lab has ended before its work was done; its messages stand above.")
                time.sleep(0.05)
            yield self.results.get()

    def close(self, is_done):
        for worker in self.workers:
            # One that has nothing left to do ends by itself, and is about to.
            if not is_done and worker.is_alive():
                worker.terminate()
        for worker in self.workers:
            worker.join()


def measure(rows, options, line):
    """Tries each row so often as it says; by pair what was seen, and prints what is wrong as it comes."""
    seen = collections.defaultdict(list)
    # By rounds, so that a noisy minute of the machine does not fall on one pair alone.
    most = max(row.tries for row in rows)
    work = [row.pair for turn in range(most) for row in rows if turn < row.tries]
    by_pair = {row.pair: row for row in rows}
    labs, began = Labs(line, min(options.labs, len(work)), lambda line: Meetings(line, options.rtt)), time.monotonic()
    try:
        for count, (pair, meeting) in enumerate(labs.run(work), 1):
            seen[pair].append(meeting)
            for wrong in meeting.wrong(by_pair[pair], options.meet):
                print(f"{pair[0]} × {pair[1]}: {wrong}", flush=True)
            if count % 50 == 0 and count < len(work):
                print(f"{count} of {len(work)} tries, {time.monotonic() - began:.0f} s", flush=True)
    finally:
        labs.close(sum(map(len, seen.values())) == len(work))
    return seen


def cell(meetings):
    """`met/tries median`, then the tries that were direct and their median: 5/5 0.61 · 5 1.10."""
    met = [meeting.met for meeting in meetings if meeting.met is not None and meeting.seen is not None]
    direct = [meeting.direct for meeting in meetings if meeting.direct is not None]
    text = f"{len(met)}/{len(meetings)}"
    if met:
        text += f" {net.median(met):.2f}"
    text += f" · {len(direct)} {net.median(direct):.2f}" if direct else ""
    return text


def print_matrix(seen):
    print("\nMet/tries, median seconds from the start of `join` until the host shows the joiner's first shape · tries that became direct, median seconds until then\n")
    print("| host \\ joiner | " + " | ".join(net.KINDS) + " |\n|" + "---|" * (len(net.KINDS) + 1))
    for host in net.KINDS:
        print(f"| **{host}** | " + " | ".join(cell(seen[host, joiner]) if (host, joiner) in seen else "" for joiner in net.KINDS) + " |")


def print_summary(rows, seen, options, seconds):
    """What all came to; whether every promise was kept."""
    by_promise = collections.defaultdict(list)
    for row in rows:
        by_promise[row.path].append(row)
    print()
    for path, kept in sorted(by_promise.items()):
        meetings = [meeting for row in kept for meeting in seen[row.pair]]
        times = sorted(meeting.met for meeting in meetings if meeting.met is not None and meeting.seen is not None)
        directs = sorted(meeting.direct for meeting in meetings if meeting.direct is not None)
        line = f"{path}: {len(kept)} pairs, met {len(times)} of {len(meetings)}"
        if times:
            line += f", median {net.median(times):.2f} s, p95 {times[int(len(times) * 0.95)]:.2f}, most {times[-1]:.2f}"
        if directs:
            line += f"; direct {len(directs)}, median {net.median(directs):.2f} s, most {directs[-1]:.2f}"
        print(line)
    broken = [row for row in rows if any(meeting.wrong(row, options.meet) for meeting in seen[row.pair])]
    tries = sum(map(len, seen.values()))
    print(f"{len(rows) - len(broken)} pairs as promised, {len(broken)} not; {tries} tries in {seconds:.0f} s at {options.rtt:g} ms between the peers")
    if broken:
        print("not as promised: " + ", ".join(f"{row.host}×{row.joiner}" for row in broken))
    return not broken


def write_tries(file, rows, seen):
    with open(file, "w", encoding="utf-8") as sink:
        print("host", "joiner", "promise", "met", "seen", "direct", "first path", "last path", sep="\t", file=sink)
        for row in rows:
            for meeting in seen[row.pair]:
                values = [meeting.met, meeting.seen, meeting.direct]
                print(row.host, row.joiner, row.path, *("" if value is None else f"{value:.3f}" for value in values), meeting.first or "",
                      meeting.last or "", sep="\t", file=sink)


def command_pairs(options, line, rows):
    began = time.monotonic()
    seen = measure(rows, options, line)
    if len(rows) > len(SAMPLE):
        print_matrix(seen)
    else:
        for row in rows:
            print(f"{row.host} × {row.joiner}: {cell(seen[row.pair])}  first {' '.join(sorted({str(meeting.first) for meeting in seen[row.pair]}))}"
                  f"  promised {row.path}: {row.why}")
    if options.out:
        write_tries(options.out, rows, seen)
    return 0 if print_summary(rows, seen, options, time.monotonic() - began) else 1


def command_stories(options, line):
    columns, names, _ = stories.COMMANDS[options.command]
    names = options.names or names
    labs, rows, began = Labs(line, min(options.labs, len(names)), lambda line: Stories(line, options)), {}, time.monotonic()
    try:
        for name, row in labs.run(names):
            rows[name] = row
            print("\n".join([f"{name}: done" if not row.wrong else f"{name}: {'; '.join(row.wrong)}", *row.quotes]), flush=True)
    finally:
        labs.close(len(rows) == len(names))
    print("\n| " + " | ".join([options.command, *columns, ""]) + " |\n|" + "---|" * (len(columns) + 2))
    for name in names:
        row = rows[name]
        figures = row.figures + [""] * (len(columns) - len(row.figures))
        print(f"| {name} | " + " | ".join([*figures, "; ".join(row.wrong).splitlines()[0] if row.wrong else ""]) + " |")
    broken = sum(bool(row.wrong) for row in rows.values())
    print(f"\n{len(rows) - broken} rows as promised, {broken} not; {time.monotonic() - began:.0f} s")
    return 1 if broken else 0


def command_check(options, line):
    world = net.World(line, options.rtt)
    try:
        return 1 if net.check(world) else 0
    finally:
        world.close()


def usage(message):
    print(f"tools/natlab: {message}\n  tools/natlab --help says what there is.", file=sys.stderr)
    return 2


def main():
    ink.end_on_signals()
    parser = argparse.ArgumentParser(prog="tools/natlab", add_help=False)
    parser.add_argument("command")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--rtt", type=float)
    parser.add_argument("--idle", type=float, default=150)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--labs", type=int, default=3)
    parser.add_argument("--tries", type=int)
    parser.add_argument("--meet", type=float, default=MEET_LIMIT)
    parser.add_argument("--out")
    parser.add_argument("--binary")
    options = parser.parse_args()
    # Who has patience for the meeting has it for the direct way, too.
    global DIRECT_LIMIT
    DIRECT_LIMIT = max(DIRECT_LIMIT, options.meet)
    if options.labs < 1 or (options.rtt or 0) < 0 or (options.tries is not None and options.tries < 1):
        return usage("--labs and --tries need a number from 1 on, --rtt one from 0 on.")
    known = promises()
    if options.command == "pair":
        if len(options.names) != 2 or tuple(options.names) not in known:
            return usage(f"pair needs two networks of: {' '.join(net.KINDS)}.")
    elif options.command in stories.COMMANDS:
        names = stories.COMMANDS[options.command][1]
        if options.list:
            print("\n".join(names))
            return 0
        if unknown := [name for name in options.names if name not in names]:
            return usage(f"{options.command} has no row {unknown[0]}; it has: {' '.join(names)}.")
    elif options.command not in ("all", "sample", "check"):
        return usage(f"there is no command {options.command}.")
    elif options.names:
        return usage(f"{options.command} takes no names.")
    if reason := net.reason_to_skip():
        print(f"skipped: {reason}")
        return 0
    if not ink.binary().exists():
        return usage(f"{ink.binary()} does not exist.")
    with tempfile.TemporaryDirectory(prefix="inkwire-natlab-tools-") as folder:
        line = net.build_line(pathlib.Path(folder))
        if options.command in stories.COMMANDS:
            return command_stories(options, line)
        options.rtt = 100 if options.rtt is None else options.rtt
        if options.command == "check":
            return command_check(options, line)
        rows = {"all": list(known.values()), "sample": [known[pair] for pair in SAMPLE], "pair": [known.get(tuple(options.names))]}[options.command]
        for row in rows:
            row.tries = options.tries or (1 if options.command == "sample" else row.tries)
        return command_pairs(options, line, rows)


if __name__ == "__main__":
    sys.exit(main())
