"""The campaign behind tools/kill-at-every-write; its first lines say what it proves."""

import argparse
import concurrent.futures
import json
import mmap
import os
import pathlib
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

import inkwire_process as ink

BOARD = "ledger"
OPENS_WITHIN = 2.0  # seconds from exec to `ready`


class Session:
    """The commands of a session, and the picture after each prefix of them."""

    # Transactions that a new board has before the first command (genesis and the like); measured by the undisturbed run.
    base = 0

    def __init__(self, changes):
        self.commands = []  # one transaction each
        self.pictures = [{}]  # pictures[k]: label → x, after the first k
        picture, undone = {}, []
        for number in range(1, changes + 1):
            before = dict(picture)
            kind = number % 10
            label = f"s{number}"
            standing = sorted(picture, key=lambda name: int(name[1:]))
            if kind == 7 and standing:
                command = {"do": "set", "id": standing[-1], "set": {"x": number * 8}}
                picture[standing[-1]] = number * 8
            elif kind == 8 and standing:
                command = {"do": "move", "id": standing[0], "by": [16, 0]}
                picture[standing[0]] += 16
            elif kind == 9 and len(standing) > 3:
                command = {"do": "delete", "id": standing[1]}
                del picture[standing[1]]
            elif kind == 0 and undone:
                command = {"do": "undo"}
                picture = undone[-1]
            else:
                shape = {"kind": "rectangle", "x": number, "y": 8 * kind, "w": 64, "h": 32, "text": f"entry {number}"}
                command = {"do": "draw", "id": label, "shape": shape}
                picture[label] = number
            undone = [before]
            picture = dict(picture)
            self.commands.append({**command, "ref": f"c{number}"})
            self.pictures.append(dict(picture))

    def lines(self):
        """What goes to stdin: groups of growing and shrinking size with a pause behind each, so that commits hold one transaction as
        well as many; and now and then a wait for the disk. Between waits it is `sync` events that promise."""
        sizes, position, group = [1, 1, 2, 1, 5, 3, 1, 8], 0, 0
        text = []
        while position < len(self.commands):
            for command in self.commands[position:position + sizes[group % len(sizes)]]:
                text.append(json.dumps(command))
                position += 1
            group += 1
            if group % 8 == 0 or position >= len(self.commands):
                text.append(json.dumps({"do": "wait", "for": "saved", "ref": f"saved {position}"}))
            else:
                text.append(json.dumps({"do": "wait", "ms": 8}))
        text.append(json.dumps({"do": "state", "ref": "end"}))
        text.append(json.dumps({"do": "quit"}))
        return "\n".join(text) + "\n"


def build_library(folder):
    source = ink.ROOT / "tools" / "lib" / "kill_at_write.c"
    library = folder / "kill_at_write.so"
    compiler = shutil.which("clang") or shutil.which("cc")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-Wall", "-o", str(library), str(source), "-ldl"], check=True)
    return library


def environment(data, library=None, at=0, torn=False, counter=None):
    settings = ink.base_environment()
    settings.update({"INKWIRE_DATA_DIR": str(data), "INKWIRE_NAME": "ana"})
    if library:
        settings.update({"LD_PRELOAD": str(library), "INKWIRE_KILL_AT": str(at), "INKWIRE_KILL_TORN": "1" if torn else "0",
                         "INKWIRE_KILL_COUNTER": str(counter)})
    return settings


def play(session, data, library, at, torn):
    """Runs the session, dying at operation `at`; returns (exit status, stdout lines, operations counted)."""
    with tempfile.NamedTemporaryFile() as counter:
        counter.write(bytes(8))
        counter.flush()
        done = subprocess.run([str(ink.binary()), "new", BOARD, "--peer"], input=session.lines().encode(), capture_output=True,
                              env=environment(data, library, at, torn, counter.name), timeout=120 * ink.PATIENCE)
        with open(counter.name, "rb") as file, mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ) as shared:
            count = struct.unpack("q", shared)[0]
    return done.returncode, done.stdout.decode("utf-8", "replace").splitlines(), count, done.stderr.decode("utf-8", "replace")


def told_as_saved(lines):
    """How many commands the process had told as saved: by `waited` replies, and by `sync` events that say so."""
    told, shown = 0, 0
    ready = False
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # the last line may be cut by the death
        name, reference = event.get("event"), str(event.get("ref", ""))
        if name == "ready":
            ready = True
        elif name == "waited" and reference.startswith("saved "):
            told = max(told, int(reference[6:]))
        elif name == "shape" and reference.startswith("c"):
            shown = max(shown, int(reference[1:]))
        elif name == "sync" and event.get("saved") is True:
            told = max(told, shown)
        elif name == "error":
            raise ink.Failed(f"the session was answered by an error: {line}")
    return told, ready


def picture_of(state):
    return {shape["id"]: shape["x"] for shape in state["shapes"]}


def check_log(data):
    """The database itself: intact, and each author's log counts 1, 2, 3 … with one transaction each."""
    databases = [path for path in pathlib.Path(data).rglob("*") if path.is_file() and path.read_bytes()[:16] == b"SQLite format 3\0"]
    logs = 0
    for path in databases:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
            verdict = base.execute("PRAGMA integrity_check").fetchone()[0]
            if verdict != "ok":
                raise ink.Failed(f"{path}: integrity_check says {verdict}")
            for (table,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                columns = {row[1] for row in base.execute(f"PRAGMA table_info('{table}')")}
                if {"author", "sequence"} <= columns and "name" in columns:
                    logs += 1
                    for author, count, distinct, low, high in base.execute(
                            f"SELECT author, COUNT(*), COUNT(DISTINCT sequence), MIN(sequence), MAX(sequence) FROM '{table}' GROUP BY author"):
                        if (distinct, low, high) != (count, 1, count):
                            raise ink.Failed(f"{path}: the log of {author!r} has {count} transactions with {distinct} numbers {low}…{high}")
        base.close()
    if not logs:
        raise ink.Failed(f"no table of transactions (name, author, sequence) found under {data}")


def recover(session, data, told, ready):
    """Opens what the death left behind; returns (transactions of the session that are there, seconds to open)."""
    started = time.perf_counter()
    settings = {key: value for key, value in environment(data).items() if key.startswith("INKWIRE_")}
    peer = ink.Peer(["peer", BOARD], data=data, name="ana", environment=settings)
    try:
        ready_at, _ = peer.timed_event("ready", timeout=10)
    except ink.Failed:
        status = peer.wait_exit()
        # Dying while the board is being made may leave no board; then nothing was promised, and it can be made anew.
        if status == 5 and told == 0 and not ready:
            remade = ink.new_board(data, "ana", BOARD)
            remade.draw("again", kind="rectangle", x=0, y=0, w=8, h=8)
            remade.wait("saved")
            if remade.quit() != 0:
                raise ink.Failed(f"a board made anew after a death ended badly\n{remade.report()}") from None
            check_log(data)
            return 0, 0.0
        raise
    opening = ready_at - started
    if opening > OPENS_WITHIN * ink.PATIENCE:
        raise ink.Failed(f"took {opening:.2f} s to open")
    state = peer.state()
    picture, count = picture_of(state), max(0, state["transactions"] - session.base)
    if count < told:
        raise ink.Failed(f"{told} changes were told as saved, only {count} are there")
    if count >= len(session.pictures) or session.pictures[count] != picture:
        raise ink.Failed(f"the picture after recovery is not that of the first {count} changes: {sorted(picture.items())}")
    peer.draw("after", kind="rectangle", x=9000, y=0, w=8, h=8)
    peer.wait("saved")
    state = peer.state()
    if not state["saved"] or picture_of(state) != {**picture, "after": 9000}:
        raise ink.Failed(f"new work after recovery went wrong: {state}")
    status = peer.quit()
    if status != 0:
        raise ink.Failed(f"the recovered peer exited {status}\n{peer.report()}")
    check_log(data)
    return count, opening


def attempt(session, library, folder, at):
    """One death and its recovery; returns (failure or None, opening time)."""
    torn = at % 2 == 0
    data = folder / f"at-{at}"
    try:
        status, lines, _, errors = play(session, data, library, at, torn)
        if status != -9:
            # Timing groups commits differently in each run, so a run may be done in fewer operations than the first.
            if status == 0:
                return None, 0.0, True
            raise ink.Failed(f"ended with {status} instead of being killed; stderr: {errors[-800:]}")
        told, ready = told_as_saved(lines)
        _, opening = recover(session, data, told, ready)
    except (ink.Failed, sqlite3.Error, subprocess.TimeoutExpired, OSError) as failure:
        return f"operation {at}{' torn' if torn else ''}: {failure}\n  kept: {data}", 0.0, False
    shutil.rmtree(data, ignore_errors=True)
    return None, opening, False


def main():
    parser = argparse.ArgumentParser(prog="tools/kill-at-every-write")
    parser.add_argument("--changes", type=int, default=200, help="transactions in the session")
    parser.add_argument("--sample", type=int, help="only so many points, evenly spread")
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--to", dest="last", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    # In memory by default: SIGKILL loses nothing that the kernel has, wherever the file is, and the order of operations is the same.
    parser.add_argument("--folder", default="/dev/shm" if os.access("/dev/shm", os.W_OK) else None, help="where the stores are made")
    options = parser.parse_args()
    ink.end_on_signals()

    folder = pathlib.Path(tempfile.mkdtemp(prefix="inkwire-kill-", dir=options.folder))
    failures, openings, beyond = [], [], 0
    try:
        library = build_library(folder)
        session = Session(options.changes)
        status, lines, operations, errors = play(session, folder / "whole", library, 0, False)
        told, _ = told_as_saved(lines)
        if status != 0 or told != options.changes:
            sys.exit(f"kill-at-every-write: the session does not even pass undisturbed (exit {status}, {told} saved): {errors}")
        check_log(folder / "whole")
        end = next(json.loads(line) for line in lines if '"end"' in line)
        session.base = end["transactions"] - options.changes
        if picture_of(end) != session.pictures[-1]:
            sys.exit(f"kill-at-every-write: the undisturbed session ends with another picture than planned: {sorted(picture_of(end).items())}")
        last = min(options.last or operations, operations)
        points = list(range(options.first, last + 1))
        if options.sample and options.sample < len(points):
            step = (len(points) - 1) / max(1, options.sample - 1)
            points = sorted({points[round(index * step)] for index in range(options.sample)})
        print(f"{options.changes} transactions make {operations} operations on files; dying at {len(points)} of them", file=sys.stderr)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            waiting = [pool.submit(attempt, session, library, folder, at) for at in points]
            for done, future in enumerate(concurrent.futures.as_completed(waiting), 1):
                failure, opening, unreached = future.result()
                beyond += unreached
                if failure:
                    failures.append(failure)
                    print(failure, file=sys.stderr)
                elif opening:
                    openings.append(opening)
                if done % 100 == 0:
                    print(f"{done} of {len(points)} deaths, {len(failures)} failures", file=sys.stderr)
    finally:
        if not failures:
            shutil.rmtree(folder, ignore_errors=True)
    slowest = f"{max(openings):.2f} s" if openings else "-"
    print(f"kill-at-every-write: {len(points)} points ({beyond} not reached), {len(failures)} failures, slowest opening {slowest}")
    return 1 if failures or not openings else 0


if __name__ == "__main__":
    sys.exit(main())
