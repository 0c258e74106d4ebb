"""Two terminals, one box; see tools/two-writers."""

import argparse
import os
import random
import subprocess
import sys
import time

import inkwire_process as ink

sys.path.insert(0, str(ink.ROOT / "Tests" / "EndToEndTests"))

from terminal import Terminal  # noqa: E402  (its folder is known only now)

ALPHABETS = {"ana": "abcdefghijklmnopqrstuvwxyz", "bob": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
HOST = "198.18.77.1"


class Wrong(Exception):
    """A promise that was not kept."""


class Net:
    """A namespace of its own behind one wire, which can be cut."""

    def __init__(self):
        self.name = f"inkw{os.getpid()}"
        self.inner, self.outer = f"iw{os.getpid() % 100000}i", f"iw{os.getpid() % 100000}o"
        for line in (f"netns add {self.name}", f"link add {self.outer} type veth peer name {self.inner} netns {self.name}",
                     f"addr add {HOST}/30 dev {self.outer}", f"link set {self.outer} up", f"-n {self.name} addr add 198.18.77.2/30 dev {self.inner}",
                     f"-n {self.name} link set {self.inner} up", f"-n {self.name} link set lo up"):
            subprocess.run(["ip", *line.split()], check=True)

    def cut(self, is_cut):
        subprocess.run(["ip", "link", "set", self.outer, "down" if is_cut else "up"], check=True)

    def remove(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False)


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

    def write(self):
        self.enter()
        for _ in range(min(len(self.left), self.random.randint(1, 7))):
            self.terminal.send(self.left.pop(0))
            self.terminal.pump(self.random.random() * 0.05)

    def pause(self):
        # Over two seconds, after which a text is kept, and under.
        end = time.monotonic() + self.random.choice([0.05, 0.2, 0.7, 2.4])
        while time.monotonic() < end:
            self.terminal.pump(0.05)


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


def run(folder, seed, cut, net):
    source = random.Random(seed)
    server = ink.Rendezvous() if not net else ink.Process(["serve", "--listen", f"{HOST}:8443", "--stun", f"{HOST}:8443"], label="serve")
    address = server.address if not net else f"ws://{HOST}:8443"
    if net:
        ink.wait_until(lambda: subprocess.run(["bash", "-c", f"</dev/tcp/{HOST}/8443"], stderr=subprocess.DEVNULL).returncode == 0, 10, "the rendezvous")
    mia = ink.new_board(folder / "mia", "mia", "box", address)
    kind = source.choice(["note", "rectangle", "text"])
    size = {} if kind == "text" else {"w": 480, "h": 160}
    mia.draw("box", kind=kind, x=80, y=48, text=source.choice(["=", "12 34", "é=板"]), **size)
    link = mia.link()
    writers = []
    try:
        for name in ALPHABETS:
            environment = {**ink.base_environment(), "INKWIRE_DATA_DIR": str(folder / name), "INKWIRE_NAME": name, "INKWIRE_CODE": link,
                           "INKWIRE_RENDEZVOUS": address}
            command = [*(["ip", "netns", "exec", net.name] if net and name == "bob" else []), ink.binary(), "join"]
            writers.append(Writer(name, Terminal(command, 100, 30, environment), random.Random(source.getrandbits(64))))
        mia.wait("peers", count=2, timeout=40)
        for writer in writers:
            writer.terminal.until(lambda: len(writer.terminal.lines[-1]) > 0 and "mia" in writer.terminal.text, "mia", 20)
        began, was_cut = time.monotonic(), False
        typed = {name: letters for name, letters in ALPHABETS.items()}
        while any(writer.left for writer in writers):
            writer = source.choice([writer for writer in writers if writer.left])
            writer.write()
            if source.random() < 0.3:
                writer.leave()
            for other in writers:
                other.terminal.pump(0.01)
            if net and not was_cut and source.random() < 0.4:
                net.cut(True)
                was_cut, began = True, time.monotonic()
            source.choice(writers).pause()
        if net:
            if not was_cut:
                net.cut(True)
                began = time.monotonic()
            while time.monotonic() < began + cut:
                for writer in writers:
                    writer.terminal.pump(0.1)
            net.cut(False)
        for writer in source.sample(writers, len(writers)):
            writer.leave()
            source.choice(writers).pause()

        def rests():
            for writer in writers:
                writer.terminal.pump(0.05)
            state = mia.state()
            try:
                check(state, typed)
            except Wrong as wrong:
                last.append(wrong)
                return None
            return state

        last = []
        try:
            state = ink.wait_until(rests, 45, "all letters on the board", interval=0.2)
        except ink.Failed:
            raise last[-1] from None

        def equal():
            for writer in writers:
                writer.terminal.pump(0.05)
            return mia.state() if all("saved" in writer.terminal.lines[-1] for writer in writers) else None

        state = ink.wait_until(equal, 30, "both say that all is saved", interval=0.2)
        check(state, typed)
        mia.wait("saved")
        for writer in writers:
            writer.terminal.key("q")
        for writer in writers:
            if (status := writer.terminal.wait(20)) != 0:
                raise Wrong(f"{writer.name}'s terminal ended with {status}")
        pictures = {}
        for name in ("mia", *ALPHABETS):
            code, pictures[name], errors = ink.run(["export", "box", "--format", "txt", "-o", "-"], data=folder / name, name=name)
            if code != 0:
                raise Wrong(f"{name}'s board cannot be exported: {errors}")
        if len(set(pictures.values())) != 1:
            raise Wrong(f"the boards differ at rest: {pictures}")
        return state
    finally:
        for writer in writers:
            writer.terminal.close()
        for process in (mia, server):
            process.kill()


def main():
    ink.end_on_signals()
    parser = argparse.ArgumentParser(prog="tools/two-writers", add_help=False)
    parser.add_argument("runs", nargs="?", type=int, default=200)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--cut", type=float, default=0)
    parser.add_argument("--binary")
    options = parser.parse_args()
    failures, beside = 0, 0
    if options.cut and os.geteuid() != 0:
        print("tools/two-writers: --cut needs root.\n  It makes a network of its own, so that a wire can be cut.\n  Run it as root, or without --cut.",
              file=sys.stderr)
        return 2
    net = Net() if options.cut else None
    try:
        for number in range(options.runs):
            seed = options.seed + number
            folder = ink.TemporaryFolder("inkwire-writers")
            try:
                state = run(folder, seed, options.cut, net)
                beside += len(state["shapes"]) > 1
            except (Wrong, ink.Failed, AssertionError) as error:
                failures += 1
                again = f"tools/two-writers 1 {seed}" + (f" --cut {options.cut:g}" if options.cut else "")
                print(f"failed, seed {seed}: {error}\n  again: {again}", flush=True)
            finally:
                if net:
                    net.cut(False)
                folder.remove()
            if (number + 1) % 10 == 0:
                print(f"{number + 1} runs, {failures} failures", flush=True)
    finally:
        if net:
            net.remove()
    print(f"{options.runs} runs: {failures} failures; in {beside} a text stands beside the box")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
