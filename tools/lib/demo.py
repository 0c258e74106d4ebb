"""Two peers draw one board; behind tools/demo."""

import math
import os
import subprocess
import sys
import threading
import time

import inkwire_process as ink

BOARD = "hello"


def tell(text):
    print(f"demo: {text}", file=sys.stderr, flush=True)


def wave(steps=49):
    """A freehand wave, as points relative to its first."""
    heights = [0, 6, 11, 14, 15, 14, 11, 6, 0, -6, -11, -14, -15, -14, -11, -6]
    return [[step * 4, heights[step % len(heights)]] for step in range(steps)]


ANA_DRAWS = [
    ("title", {"kind": "text", "x": 152, "y": 0, "text": "one board, two peers"}),
    ("ana", {"kind": "rectangle", "x": 16, "y": 48, "w": 128, "h": 80, "stroke": "#0072B2", "text": "ana"}),
    ("there", {"kind": "arrow", "x": 152, "y": 72, "points": [[0, 0], [176, 0]], "stroke": "#0072B2"}),
    ("ask", {"kind": "line", "x": 80, "y": 136, "points": [[0, 0], [0, 120], [80, 120]]}),
]
BOB_DRAWS = [
    ("bob", {"kind": "rectangle", "x": 336, "y": 48, "w": 128, "h": 80, "stroke": "#D55E00", "text": "bob"}),
    ("back", {"kind": "arrow", "x": 328, "y": 104, "points": [[0, 0], [-176, 0]], "stroke": "#D55E00"}),
    ("rendezvous", {"kind": "ellipse", "x": 168, "y": 208, "w": 144, "h": 96, "text": "rendezvous"}),
    ("answer", {"kind": "line", "x": 400, "y": 136, "points": [[0, 0], [0, 120], [-80, 120]]}),
]


def headless():
    began = time.monotonic()
    folder = ink.TemporaryFolder("inkwire-demo")
    try:
        server = ink.Rendezvous()
        tell(f"rendezvous at {server.address}; it introduces the peers and can read nothing")
        ana = ink.new_board(folder / "ana", "ana", BOARD, server.address)
        bob = ink.join_board(ana.link(), folder / "bob", "bob")
        for peer in (ana, bob):
            peer.wait("peers", count=1)
        tell("ana made a board, bob joined by her link")

        for (label, shape), (other, other_shape) in zip(ANA_DRAWS, BOB_DRAWS):
            ana.send("draw", id=label, shape=shape)
            bob.send("draw", id=other, shape=other_shape)
        ana.send("stroke", id="wave", x=144, y=168, points=wave(), over_ms=900, stroke="#009E73")
        seen = bob.event("gesture", matching=lambda event: event.get("points_total", 0) > 1)["points_total"]
        bob.event("shape", id="wave", timeout=20)
        tell(f"bob saw ana's wave growing: {seen} points when he first looked, {len(wave())} when she lifted the pen")

        for peer in (ana, bob):
            peer.wait("delivered")
        for peer in (ana, bob):
            peer.wait("synced")
        states = [peer.state() for peer in (ana, bob)]
        for peer in (ana, bob):
            peer.send("quit")
        statuses = [peer.wait_exit(20) for peer in (ana, bob)]
        pictures = []
        for name, state in zip(("ana", "bob"), states):
            # Printed from each peer's own disk, after it has ended.
            status, text, errors = ink.run(["export", BOARD, "--format", "txt", "-o", "-"], data=folder / name, name=name)
            if status != 0:
                raise ink.Failed(f"inkwire export exited {status} for {name}\n{errors}")
            pictures.append(text)
            print(f"{name} has {len(state['shapes'])} shapes\n\n{text.rstrip()}\n\nfingerprint {state['fingerprint']}\n", flush=True)
        if any(statuses):
            raise ink.Failed(f"the peers exited {statuses}")
        if states[0]["fingerprint"] != states[1]["fingerprint"] or pictures[0] != pictures[1]:
            raise ink.Failed("the boards differ")
        tell(f"done in {time.monotonic() - began:.1f} s: both have the same board")
        return 0
    finally:
        ink.stop_everything()
        folder.remove()


class Panes:
    """Two terminals side by side (or one above the other) in a tmux server of our own."""

    def __init__(self, columns, rows):
        self.socket = f"inkwire-demo-{os.getpid()}"
        self.columns, self.rows = columns, rows
        # A server in another's session, or with a person's settings, would not be ours to size and to end.
        self.environment = {name: value for name, value in ink.base_environment().items() if name not in ("TMUX", "TMUX_PANE")}

    def tmux(self, *arguments):
        done = subprocess.run(["tmux", "-L", self.socket, "-f", "/dev/null", *map(str, arguments)], env=self.environment,
                              capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else None

    def start(self, left, right):
        """Runs the two commands (settings, arguments); the session ends with the left one."""
        self.tmux("new-session", "-d", "-x", self.columns, "-y", self.rows, *self.command(left), ";",
                  "set", "-g", "status", "off", ";", "set", "-g", "mouse", "on", ";", "set", "-g", "focus-events", "on", ";",
                  "set", "-g", "escape-time", "10", ";", "set", "-g", "window-size", "manual", ";",
                  "set", "-g", "pane-border-style", "fg=colour240", ";", "set", "-g", "pane-active-border-style", "fg=colour240", ";",
                  "set", "-ga", "terminal-features", ",*:RGB")
        side = "-h" if self.columns >= 120 else "-v"
        self.tmux("split-window", side, "-d", *self.command(right))
        panes = (self.tmux("list-panes", "-F", "#{pane_id} #{pane_width} #{pane_height}") or "").split()
        if len(panes) != 6:
            raise ink.Failed("tmux did not make two panes")
        self.left, self.right = panes[0], panes[3]
        self.width, self.height = (min(int(panes[index]), int(panes[index + 3])) for index in (1, 2))

    def command(self, one):
        settings, arguments = one
        # `env` and not `-e`, which older tmux lacks. No secret is among them: the link goes by file.
        return ["env", *(f"{name}={value}" for name, value in settings.items()), str(ink.binary()), *map(str, arguments)]

    def attach(self):
        """Shows the panes here until they end; returns tmux's exit status."""
        return subprocess.call(["tmux", "-L", self.socket, "attach"], env=self.environment)

    def is_alive(self, pane):
        return pane in (self.tmux("list-panes", "-F", "#{pane_id}") or "").split()

    def picture(self, pane):
        return self.tmux("capture-pane", "-p", "-t", pane) or ""

    def send(self, pane, text):
        """Bytes to the program in a pane, as if typed or reported by the terminal there."""
        self.tmux("send-keys", "-t", pane, "-H", *(f"{byte:02x}" for byte in text.encode()))

    def close(self):
        self.tmux("kill-server")


class Robot(threading.Thread):
    """Draws in the right pane with mouse and keys, as a person would, so that a lone visitor sees collaboration."""

    def __init__(self, panes):
        super().__init__(daemon=True)
        self.panes = panes
        self.over = threading.Event()

    def run(self):
        try:
            self.draw()
        except Gone:
            pass

    def draw(self):
        panes = self.panes
        self.until(lambda: panes.picture(panes.right).strip() and "ana" in panes.picture(panes.right), 20)
        self.rest(1.5)
        # Rows of the smaller pane that are left for drawing; in few of them all stands closer together.
        canvas = panes.height - 2
        is_low = canvas < 15
        left, top = max(2, panes.width // 2 - 16), 1 if is_low else max(3, canvas // 4)
        wave_row, height, text_row = (top + 6, 0.8, top + 8) if is_low else (top + 8, 1.6, top + 11)
        for start, label in ((left, "client"), (left + 20, "server")):
            self.key("r")
            self.drag([(start + step, top + step * 4 // 12) for step in range(13)])
            self.click(start, top + 2)
            self.click(start, top + 2)
            self.type(label)
            self.key("\x1b", 0.3)
            # The first ends the text, the second lets go of the box.
            self.key("\x1b", 0.3)
        self.key("a")
        self.drag([(left + 13 + step, top + 2) for step in range(7)])
        self.key("p")
        self.drag([(left + step, wave_row + round(height * math.sin(step / 2.5))) for step in range(33)])
        self.key("t")
        self.click(left + 6, text_row)
        self.type("your turn: drag here")
        self.key("\x1b", 0.3)
        self.key("\x1b", 0.3)
        # Then it only looks on: its cursor wanders a little, and stays.
        for step in range(60):
            self.mouse(35, left + 16 + round(10 * math.cos(step / 8)), top + 6 + round(3 * math.sin(step / 8)))
            self.rest(0.1)

    def until(self, condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise Gone
            self.rest(0.1)

    def rest(self, seconds):
        if self.over.wait(seconds):
            raise Gone

    def key(self, text, pause=0.15):
        self.panes.send(self.panes.right, text)
        self.rest(pause)

    def type(self, text):
        for letter in text:
            self.key(letter, 0.04)

    def mouse(self, button, column, row, released=False):
        self.panes.send(self.panes.right, f"\x1b[<{button};{column};{row}{'m' if released else 'M'}")

    def click(self, column, row):
        self.mouse(0, column, row)
        self.mouse(0, column, row, released=True)
        self.rest(0.15)

    def drag(self, cells):
        self.mouse(35, *cells[0])
        self.rest(0.1)
        self.mouse(0, *cells[0])
        for cell in cells[1:]:
            self.mouse(32, *cell)
            self.rest(0.04)
        self.mouse(0, *cells[-1], released=True)
        self.rest(0.4)


class Gone(Exception):
    """The demo is over, or never came so far."""


def terminal():
    """Two panes; returns when the visitor leaves."""
    folder = ink.TemporaryFolder("inkwire-demo")
    size = os.get_terminal_size()
    panes = Panes(min(size.columns, 200), min(size.lines, 60))
    robot = Robot(panes)
    try:
        server = ink.Rendezvous()
        maker = ink.new_board(folder / "ana", "ana", BOARD, server.address)
        link = folder / "link"
        link.touch(mode=0o600)
        link.write_text(maker.link())
        if maker.quit() != 0:
            raise ink.Failed(f"the board could not be made\n{maker.report()}")
        settings = [{"INKWIRE_DATA_DIR": folder / name, "INKWIRE_NAME": name, "INKWIRE_RENDEZVOUS": server.address} for name in ("ana", "bob")]
        panes.start((settings[0], ["open", BOARD]), (settings[1], ["join", "--invite-file", link]))
        robot.start()
        watcher = threading.Thread(target=lambda: (wait_for_end(panes, robot), panes.close()), daemon=True)
        watcher.start()
        status = panes.attach()
        tell("the visitor has left; everything is stopped and removed")
        return 0 if status in (0, 1) else status
    finally:
        robot.over.set()
        panes.close()
        ink.stop_everything()
        folder.remove()


def wait_for_end(panes, robot):
    """The left terminal is the visitor's: when it ends, so does the demo."""
    while panes.is_alive(panes.left) and not robot.over.wait(0.2):
        pass


def main():
    ink.end_on_signals()
    if not ink.binary().exists():
        sys.exit(f"inkwire: {ink.binary()} does not exist.\n  The demo runs the built program.\n  Run tools/demo, which builds it first.")
    try:
        return terminal() if sys.argv[1:] == ["terminal"] else headless()
    except ink.Failed as failure:
        tell(f"FAILED: {failure}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
