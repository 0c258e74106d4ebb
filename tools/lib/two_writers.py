"""Two terminals, one box; see tools/two-writers."""

import argparse
import concurrent.futures
import ctypes
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time

import inkwire_process as ink

sys.path.insert(0, str(ink.ROOT / "Tests" / "EndToEndTests"))

from terminal import Terminal  # noqa: E402  (its folder is known only now)

ALPHABETS = {"ana": "abcdefghijklmnopqrstuvwxyz", "bob": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
# What `Sentence.text` says of a text that two wrote. That somebody writes here is another thing.
SENTENCES = {"merged": "wrote in the same text: the words of both are kept", "beside": "now stands beside the other",
             "lost": "kept in history only"}
# Of one text and person that words are merged is said once in this time (SE-294); a terminal may show it a little late.
SILENCE = 60 - 2


class Wrong(Exception):
    """A promise that was not kept."""


class Net:
    """A namespace of its own behind one wire, which can be cut."""

    def __init__(self):
        number = os.getpid()
        taken = subprocess.run(["ip", "-4", "addr", "show"], check=True, capture_output=True, text=True).stdout
        part = next(part for part in range(number, number + 250) if f"198.18.{part % 250}." not in taken) % 250
        self.name, self.inner, self.outer = f"inkw{number}", f"iw{number}i", f"iw{number}o"
        self.host = f"198.18.{part}.1"
        try:
            for line in (f"netns add {self.name}", f"link add {self.outer} type veth peer name {self.inner} netns {self.name}",
                         f"addr add {self.host}/30 dev {self.outer}", f"link set {self.outer} up",
                         f"-n {self.name} addr add 198.18.{part}.2/30 dev {self.inner}", f"-n {self.name} link set {self.inner} up",
                         f"-n {self.name} link set lo up"):
                subprocess.run(["ip", *line.split()], check=True)
        except BaseException:
            self.remove()
            raise

    def cut(self, is_cut):
        """Both ends go on sending; nothing arrives."""
        subprocess.run(["ip", "link", "set", self.outer, "down" if is_cut else "up"], check=True)

    def remove(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False, stderr=subprocess.DEVNULL)


class Reader(Terminal):
    """A terminal whose every picture is read for sentences of a text that two wrote."""

    def __init__(self, *arguments):
        self.said, self.shown = [], set()  # (kind, when it appeared)
        super().__init__(*arguments)

    def _feed(self, text):
        super()._feed(text)
        picture = " ".join(self.text.split())
        shown = {kind for kind, words in SENTENCES.items() if words in picture}
        self.said += [(kind, time.monotonic()) for kind in sorted(shown - self.shown)]
        self.shown = shown


class Writer:
    """One person at one terminal."""

    def __init__(self, name, terminal, source):
        self.name, self.terminal, self.random = name, terminal, source
        self.left = list(ALPHABETS[name])
        self.is_inside = False

    def enter(self):
        if not self.is_inside:
            # The box is the only shape, or the first.
            self.terminal.key("\t")
            self.terminal.key("\r")
            self.is_inside = True

    def leave(self):
        if self.is_inside:
            self.terminal.key("\x1b")
            self.is_inside = False

    def write(self, most=7):
        self.enter()
        for _ in range(min(len(self.left), self.random.randint(1, most))):
            self.terminal.send(self.left.pop(0))
            self.terminal.pump(self.random.random() * 0.05)


def texts_of(state):
    return [shape.get("text") or "" for shape in state["shapes"]]


def check(state, typed):
    texts = texts_of(state)
    for name, letters in typed.items():
        seen = set("".join(texts)) & set(letters)
        if lost := [letter for letter in letters if letter not in seen]:
            raise Wrong(f"of {name} are missing {''.join(lost)}; on the board: {texts}")
        for text in texts:
            own = [letter for letter in text if letter in letters]
            if own != sorted(set(own)):
                raise Wrong(f"the letters of {name} are out of order, or there twice, in {text!r}")


def check_sentences(writers, has_beside):
    """Both were told that two wrote, each once: of one merge one sentence, and of words that stand beside the box in any case."""
    for writer in writers:
        said = writer.terminal.said
        kinds = [kind for kind, _ in said]
        if not kinds:
            raise Wrong(f"{writer.name} saw no sentence of the two texts")
        if has_beside and "beside" not in kinds:
            raise Wrong(f"{writer.name} was not told that a text stands beside the other: {kinds}")
        merged = [at for kind, at in said if kind == "merged"]
        for first, second in zip(merged, merged[1:]):
            if second - first < SILENCE:
                raise Wrong(f"{writer.name} was told the same twice within {second - first:.1f} s")


class Pair:
    """The two writers, whose screens are looked at all the time."""

    def __init__(self, writers, source):
        self.writers, self.source = writers, source

    def look(self, seconds):
        end = time.monotonic() + seconds
        while True:
            for writer in self.writers:
                writer.terminal.pump(0.02)
            if time.monotonic() >= end:
                return

    def pause(self):
        # Over two seconds, after which a text is kept, and under.
        self.look(self.source.choice([0.05, 0.2, 0.7, 2.4]))

    def write(self, leaving=0):
        """Both write, in turns, until each has so many letters left."""
        while open_ones := [writer for writer in self.writers if len(writer.left) > leaving]:
            writer = self.source.choice(open_ones)
            writer.write(most=min(7, len(writer.left) - leaving))
            if self.source.random() < 0.3:
                writer.leave()
            self.pause()

    def meet(self):
        """Each has letters that are nowhere but on its own screen: there is something to merge, whatever comes then."""
        for writer in self.source.sample(self.writers, 2):
            writer.enter()
        for writer in self.source.sample(self.writers, 2):
            writer.write(most=3)

    def until(self, condition, seconds, what):
        def look():
            self.look(0)
            return condition()

        return ink.wait_until(look, seconds, what, interval=0.2)


def run(folder, seed, cut, net):
    source = random.Random(seed)
    if net:
        server = ink.Process(["serve", "--listen", f"{net.host}:8443", "--stun", f"{net.host}:8443"], label="serve")
        address = f"ws://{net.host}:8443"
    else:
        server = ink.Rendezvous()
        address = server.address
    processes, writers = [server], []
    try:
        if net:
            ink.wait_until(lambda: subprocess.run(["bash", "-c", f"</dev/tcp/{net.host}/8443"], stderr=subprocess.DEVNULL).returncode == 0, 10,
                           "the rendezvous")
        mia = ink.new_board(folder / "mia", "mia", "box", address)
        processes.insert(0, mia)
        kind = source.choice(["note", "rectangle", "text"])
        size = {} if kind == "text" else {"w": 480, "h": 160}
        mia.draw("box", kind=kind, x=80, y=48, text=source.choice(["=", "12 34", "é=板"]), **size)
        link = mia.link()
        for name in ALPHABETS:
            environment = {**ink.base_environment(), "INKWIRE_DATA_DIR": str(folder / name), "INKWIRE_NAME": name, "INKWIRE_CODE": link,
                           "INKWIRE_RENDEZVOUS": address}
            command = [*(["ip", "netns", "exec", net.name] if net and name == "bob" else []), ink.binary(), "join"]
            writers.append(Writer(name, Reader(command, 100, 30, environment), random.Random(source.getrandbits(64))))
        pair = Pair(writers, source)
        mia.wait("peers", count=2, timeout=60)
        for writer, other in zip(writers, reversed(writers)):
            writer.terminal.until(lambda: "mia" in writer.terminal.text and other.name in writer.terminal.text, "both others", 40)
        if net:
            # One alone may have written before.
            if source.random() < 0.5:
                first = source.choice(writers)
                first.write()
                first.leave()
                pair.look(3)
            net.cut(True)
            began = time.monotonic()
            pair.meet()
            pair.write(leaving=source.choice([0, 4]))
            pair.look(began + cut - time.monotonic())
            net.cut(False)
        else:
            pair.meet()
        pair.write()
        for writer in source.sample(writers, len(writers)):
            writer.leave()
            pair.pause()

        last = []

        def rests():
            state = mia.state()
            try:
                check(state, ALPHABETS)
                check_sentences(writers, len(state["shapes"]) > 1)
            except Wrong as wrong:
                last.append(wrong)
                return None
            return state

        try:
            pair.until(rests, 90 if net else 45, "all letters on the board, and a sentence at each")
        except ink.Failed:
            raise last[-1] from None
        pair.until(lambda: all("saved" in writer.terminal.lines[-1] for writer in writers), 30, "both say that all is saved")
        # What is under way comes now, and nothing of it is said twice.
        pair.look(4)
        state = mia.state()
        check(state, ALPHABETS)
        check_sentences(writers, len(state["shapes"]) > 1)
        mia.wait("saved")
        for writer in writers:
            writer.terminal.key("q")
        for writer in writers:
            if (status := writer.terminal.wait(20)) != 0:
                raise Wrong(f"{writer.name}'s terminal ended with {status}")
        if (status := mia.quit()) != 0:
            raise Wrong(f"mia ended with {status}")
        pictures = {}
        for name in ("mia", *ALPHABETS):
            code, pictures[name], errors = ink.run(["export", "box", "--format", "txt", "-o", "-"], data=folder / name, name=name)
            if code != 0:
                raise Wrong(f"{name}'s board cannot be exported: {errors}")
        if len(set(pictures.values())) != 1:
            raise Wrong(f"the boards differ at rest: {pictures}")
        return len(state["shapes"]) > 1
    finally:
        for writer in writers:
            writer.terminal.close()
        for process in processes:
            process.kill()


def attempt(seed, cut):
    """One run in this process; whether a text stands beside the box, and what was wrong."""
    folder, net = ink.TemporaryFolder("inkwire-writers"), None
    try:
        net = Net() if cut else None
        return run(folder, seed, cut, net), None
    except (Wrong, ink.Failed, AssertionError, subprocess.CalledProcessError) as error:
        return False, str(error)
    finally:
        if net:
            net.remove()
        folder.remove()


def work():
    """In a process that makes runs: it ends with the one that started it, and cleans up."""
    ink.end_on_signals()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def main():
    ink.end_on_signals()
    parser = argparse.ArgumentParser(prog="tools/two-writers", add_help=False)
    parser.add_argument("runs", nargs="?", type=int, default=200)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--cut", type=float, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--binary")
    options = parser.parse_args()
    if options.jobs < 1:
        print("tools/two-writers: --jobs needs a number from 1 on.", file=sys.stderr)
        return 2
    if options.cut and os.geteuid() != 0:
        print("tools/two-writers: --cut needs root.\n  It makes a network of its own, so that a wire can be cut.\n  Run it as root, or without --cut.",
              file=sys.stderr)
        return 2
    began, done, failures, beside = time.monotonic(), 0, 0, 0
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(options.jobs, context, work) as pool:
        runs = {pool.submit(attempt, options.seed + number, options.cut): options.seed + number for number in range(options.runs)}
        try:
            for finished in concurrent.futures.as_completed(runs):
                has_beside, wrong = finished.result()
                done, beside = done + 1, beside + has_beside
                if wrong:
                    failures += 1
                    again = f"tools/two-writers 1 {runs[finished]}" + (f" --cut {options.cut:g}" if options.cut else "")
                    print(f"failed, seed {runs[finished]}: {wrong}\n  again: {again}", flush=True)
                if done % 10 == 0:
                    print(f"{done} runs, {failures} failures", flush=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    print(f"{options.runs} runs in {time.monotonic() - began:.0f} s: {failures} failures; in {beside} a text stands beside the box")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
