"""Two people who know nothing but a command, at tmux, from `inkwire` to the first stroke of the second. Behind tools/first-minute."""

import argparse
import re
import shlex
import subprocess
import sys
import time

import inkwire_process as ink
import natlab_net as net
from switch import Switch

LIMIT = 60  # seconds
PROMPT = "$ "
# The marks of ink: braille.
INK = re.compile("[\u2801-\u28ff]")
CODE = re.compile(r"[1-9][0-9]*-[a-z]+-[a-z]+-[a-z]+(@\S+)?")
SIZES = {"ana": (120, 40), "bob": (80, 24)}


class Silent(AssertionError):
    """A screen does not say what to do next."""


class Pace:
    """How fast a person is, in seconds; all of it times `factor`, 0 for one who needs no time."""

    def __init__(self, factor=1.0):
        self.key = 0.08 * factor
        # A screen that was not there before is read.
        self.reading = 2.0 * factor
        # A code is said aloud: its number and each word, and each sign of what stands behind @.
        self.word, self.sign = 1.0 * factor, 0.3 * factor
        self.motion = 0.03 * factor  # between two places of a hand that draws

    def saying(self, code):
        words, _, place = code.partition("@")
        return self.word * len(words.split("-")) + self.sign * len(place)


class Clock:
    """The stages of a run, printed as they come."""

    def __init__(self, quiet=False):
        self.began, self.last, self.quiet, self.stages = None, None, quiet, []

    def start(self):
        self.began = self.last = time.monotonic()

    def stage(self, text):
        now = time.monotonic()
        self.stages.append((now - self.began, text))
        if not self.quiet:
            print(f"  {now - self.began:5.1f} s  +{now - self.last:4.1f}  {text}", flush=True)
        self.last = now

    @property
    def total(self):
        return self.stages[-1][0]


class Tmux:
    """A tmux server of one's own, without any settings of a user, whose panes are whole windows."""

    def __init__(self, folder):
        self.socket, self.config = folder / "tmux", folder / "tmux.conf"
        self.config.write_text("set -g status off\nset -g default-terminal tmux-256color\n")

    def run(self, *arguments):
        done = subprocess.run(["env", "-u", "TMUX", "tmux", "-S", str(self.socket), "-f", str(self.config), *map(str, arguments)],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"tmux {' '.join(map(str, arguments))[:200]}: {done.stderr.strip()}")
        return done.stdout

    def close(self):
        subprocess.run(["tmux", "-S", str(self.socket), "kill-server"], capture_output=True)


class Person:
    """Somebody at a shell in a pane, with a home where nothing is: does only what the screen that is there names."""

    def __init__(self, label, tmux, folder, machine, pace, size=(80, 24)):
        self.label, self.tmux, self.pace, (self.columns, self.rows) = label, tmux, pace, size
        home, programs = folder / f"home-{label}", folder / "bin"
        for made in (home, programs):
            made.mkdir(parents=True, exist_ok=True)
        program = programs / "inkwire"
        if not program.exists():
            program.symlink_to(ink.binary().resolve())
        settings = {"HOME": home, "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "tmux-256color", "PS1": PROMPT}
        shell = [*machine.enter, "env", "-i", *(f"{name}={value}" for name, value in settings.items()), "sh"]
        tmux.run("new-session", "-d", "-s", label, "-x", self.columns, "-y", self.rows, "-c", home, shlex.join(map(str, shell)))
        self.see(r"\$", "a shell")

    @property
    def screen(self):
        return self.tmux.run("capture-pane", "-p", "-t", self.label)

    def see(self, pattern, what, seconds=15):
        """Looks until it is there; the match."""
        deadline = time.monotonic() + seconds * ink.PATIENCE
        while True:
            screen = self.screen
            if found := re.search(pattern, screen, re.M):
                return found
            if time.monotonic() > deadline:
                raise Silent(f"{self.label} at {self.columns}x{self.rows} does not see {what} ({pattern}). The screen:\n{screen}")
            time.sleep(0.02)

    def read(self, pattern, what, seconds=15):
        """Looks until it is there, and reads it."""
        found = self.see(pattern, what, seconds)
        time.sleep(self.pace.reading)
        return found

    def hinted(self, hint, keys):
        """The screen that is there now names these keys."""
        screen = self.screen
        if not re.search(hint, screen, re.M):
            raise Silent(f"{self.label} at {self.columns}x{self.rows} has to press {keys}, and no word on the screen says so ({hint}):\n{screen}")

    def type(self, text):
        """Types what was asked for."""
        began = time.monotonic()
        for number, letter in enumerate(text, 1):
            self.tmux.run("send-keys", "-t", self.label, "-l", letter)
            # What tmux takes is not added to what a hand takes.
            time.sleep(max(0.0, began + number * self.pace.key - time.monotonic()))

    def press(self, key, hint):
        """Presses one key that the screen names."""
        self.hinted(hint, key)
        self.tmux.run("send-keys", "-t", self.label, key)
        time.sleep(self.pace.key)

    def answer(self, text):
        """Types an answer, and Enter, which the screen names as long as something is typed."""
        self.type(text)
        self.press("Enter", r"Enter  Go on")

    def command(self, text):
        """At the shell."""
        self.hinted(r"^\$ ?$", text)
        self.type(text)
        self.tmux.run("send-keys", "-t", self.label, "Enter")

    def drag(self, hint, start, steps=12):
        """Draws by the mouse, for which the screen asks; the reports are those of SGR (1006)."""
        self.hinted(hint, "the mouse")
        column, row = start
        self.report(0, column, row)
        for step in range(1, steps + 1):
            time.sleep(self.pace.motion)
            self.report(32, column + step, row + step % 4)
        self.report(0, column + steps, row + steps % 4, end="m")

    def report(self, button, column, row, end="M"):
        self.tmux.run("send-keys", "-t", self.label, "-l", f"\x1b[<{button};{column};{row}{end}")

    @property
    def ink(self):
        """How many cells of the screen have ink of a pen."""
        return len(INK.findall(self.screen))


class Pair:
    """Two people, each at a machine of their own."""

    def __init__(self, way, sizes=SIZES, pace=Pace(), quiet=False):
        self.way, self.pace, self.clock = way, pace, Clock(quiet)
        self.folder = ink.TemporaryFolder("inkwire-minute")
        self.network = Switch() if way == "lan" else Router()
        self.tmux = Tmux(self.folder.path)
        machines = {name: self.network.plug(name, f"192.168.{7 + (number if way == 'serve' else 0)}.{4 + number}/24")
                    for number, name in enumerate(sizes)}
        self.people = {name: Person(name, self.tmux, self.folder.path, machines[name], pace, size) for name, size in sizes.items()}

    def close(self):
        self.tmux.close()
        self.network.close()
        self.folder.remove()

    def run(self):
        """Seconds from the first key to the stroke of the second person on the first one's screen."""
        ana, bob = self.people.values()
        clock = self.clock
        if self.way == "serve":
            # Whose machine it is has it running, and what it says is passed on.
            office = Person("office", self.tmux, self.folder.path, self.network.router, Pace(0), (80, 24))
            office.command(f"inkwire serve --listen {Router.PLACE} --stun {Router.PLACE}")
            command = office.see(r"inkwire new --rendezvous \S+", "what to type for a board there")[0]
        clock.start()
        if self.way == "serve":
            ana.command(command)
        else:
            ana.command("inkwire")
            ana.read(r"New board", "what there is to do")
            clock.stage("ana has read the start screen")
            ana.press("n", r"\bn  New board")
            ana.see(r"Name of the board:", "what is asked")
            ana.answer("plan")
            ana.see(r"What the others call you", "what is asked")
            ana.answer("Ana")
        ana.read(r"drag to draw", "an empty board")
        clock.stage("ana has read what an empty board says")
        if self.way == "serve":
            # A board on which there is something tells less of what to do.
            ana.drag(r"^ *drag to draw", (10, 5))
            ana.see(INK.pattern, "her own stroke")
            clock.stage("ana has drawn a stroke")
        ana.press("i", r"\bi invite")
        ana.read(r"k makes a code", "the invitation")
        ana.press("k", r"\bk makes a code")
        code = ana.read(CODE.pattern, "a code")[0]
        clock.stage(f"ana has read the code{' and its place' if '@' in code else ', of four digits'}")
        time.sleep(self.pace.saying(code))
        clock.stage("ana has said it")
        bob.command("inkwire")
        bob.read(r"Join by code or link", "what there is to do")
        clock.stage("bob has read the start screen")
        bob.press("j", r"\bj  Join by code")
        bob.see(r"Code or link:", "what is asked")
        bob.answer(code)
        bob.see(r"What the others call you", "what is asked")
        bob.answer("Bob")
        clock.stage("bob has typed the code and a name")
        bob.see(r"joined as an owner|drag to draw", "the board", 20)
        clock.stage("bob is on the board")
        # The notice, or the bar where it is gone by the time that somebody looks.
        ana.read(r"Bob joined as an editor|^ PEN .*\WBob ", "who came")
        ana.press("Escape", r"\bEsc (hides this|closes)")
        ana.see(r"\bi invite", "the board without the box")
        before = self.drawn(ana, bob)
        time.sleep(self.pace.reading)
        clock.stage("bob has read his screen")
        self.take_pen(bob)
        bob.drag(r"^ *drag to draw" if self.way == "lan" else r" PEN ", (bob.columns // 2, bob.rows // 2))
        deadline = time.monotonic() + 15 * ink.PATIENCE
        while ana.ink <= before:
            if time.monotonic() > deadline:
                raise Silent(f"bob's stroke is not on ana's screen:\n{ana.screen}\nbob's screen:\n{bob.screen}")
            time.sleep(0.02)
        clock.stage("bob's stroke is on ana's screen")
        return clock.total

    def drawn(self, ana, bob):
        """How much ink ana sees without her box, once bob sees what she drew."""
        if self.way == "lan":
            ana.see(r"drag to draw", "the board again")
            return 0
        ana.see(INK.pattern, "the board again")
        bob.see(INK.pattern, "what ana drew")
        return ana.ink

    def take_pen(self, bob):
        """The pen by what the screen says: on an empty board its letter stands there, on any other in the help."""
        if self.way == "lan":
            bob.press("p", r"\bp, then drag to draw")
            bob.see(r" PEN ", "the tool")
            return
        bob.press("?", r"\? keys")
        bob.read(r"\bp\b.*\bpen\b", "the keys")
        bob.press("Escape", r"\bEsc\b")
        # A letter behind it that came in one read with it would be another key.
        bob.see(r"\bi invite", "the board without the keys")
        self.clock.stage("bob has looked up the pen")
        bob.press("p", r" V H R D O A L P T N ")
        bob.see(r" PEN ", "the tool")


class Router(Switch):
    """Networks apart, one for each machine, and between them a machine that passes on and where a rendezvous may be."""

    PLACE = "10.9.9.9:4300"

    def __init__(self):
        super().__init__()
        self.router = self.machine("router", forwards=True)
        self.router.ip(f"addr add {self.PLACE.split(':')[0]}/32 dev lo")

    def plug(self, label, *addresses, v6=False):
        made, port = self.machine(label, v6=v6), f"p{len(self.machines)}"
        net.connect(made, "eth0", self.router, port)
        self.address(made, *addresses)
        gateway = re.sub(r"\d+/", "1/", addresses[0])
        self.router.ip(f"addr add {gateway} dev {port}")
        made.ip(f"route add default via {gateway.split('/')[0]}")
        return made


def main():
    ink.end_on_signals()
    parser = argparse.ArgumentParser(prog="tools/first-minute")
    parser.add_argument("way", choices=["serve", "lan", "both"], nargs="?", default="both")
    parser.add_argument("--binary")
    options = parser.parse_args()
    if reason := net.reason_to_skip():
        print(f"skipped: {reason}")
        return 0
    status = 0
    for way in ("lan", "serve") if options.way == "both" else (options.way,):
        for sizes in (SIZES, dict(zip(SIZES, reversed(SIZES.values())))):
            shown = ", ".join(f"{name} at {columns}x{rows}" for name, (columns, rows) in sizes.items())
            print(f"{'on one network, alone' if way == 'lan' else 'through serve, each in a network of their own'}; {shown}", flush=True)
            pair = Pair(way, sizes)
            try:
                total = pair.run()
            except Silent as silence:
                print(f"  {silence}")
                status = 1
            else:
                print(f"  {total:.1f} s in all: {'within' if total <= LIMIT else 'MORE THAN'} {LIMIT} s", flush=True)
                status = status if total <= LIMIT else 1
            finally:
                pair.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
