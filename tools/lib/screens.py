"""Each panel of the real program as text, in four sizes of windows. Behind tools/screens."""

import argparse
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEndTests"))
sys.path.insert(0, str(ROOT / "tools" / "lib"))

import inkwire_process as ink  # noqa: E402
from terminal import Terminal  # noqa: E402

# Panel: the keys that open it on a board.
PANELS = {
    "board": [], "selected": ["]"], "help": ["?"], "palette": [":"], "palette, narrowed": list(":al"), "find": ["\x06", "o"], "shapes": ["L"],
    "ink": ["]", "c"], "width": ["]", "w"], "fill": ["]", "B"], "border": ["]", "b"], "wrong word": list(":ink mauve") + ["\r"], "message": ["/", "h", "i"], "messages": ["T"], "invite": ["i"], "people": ["P"],
    "connection": ["N"], "export": ["\x13"], "typing": ["]", "\r", "x"], "minimap": ["Z"], "grid": ["#"], "25 %": list("----"),
}
SIZES = ["120x40", "80x24", "40x12", "20x5"]
LOOKS = {"dark": {}, "light": {"COLORFGBG": "0;15"}, "no colour": {"NO_COLOR": "1"}, "ascii": {"LC_ALL": "C", "LANG": "C"}}


def styles(terminal):
    """What of the screen has a colour, a paper or an attribute, in words: each once, with how many cells have it."""
    counts = {}
    for row in range(terminal.screen.lines):
        for column in range(terminal.screen.columns):
            cell = terminal.screen.buffer[row][column]
            marks = [cell.fg if cell.fg != "default" else "", f"on {cell.bg}" if cell.bg != "default" else "", "bold" if cell.bold else "",
                     "reverse" if cell.reverse else "", "underline" if cell.underscore else ""]
            words = " ".join(filter(None, marks))
            if words:
                counts[words] = counts.get(words, 0) + 1
    return ", ".join(f"{words}: {count}" for words, count in sorted(counts.items()))


def main():
    parser = argparse.ArgumentParser(prog="tools/screens")
    parser.add_argument("--size", choices=SIZES, action="append")
    parser.add_argument("--panel", choices=list(PANELS), action="append")
    parser.add_argument("--look", choices=list(LOOKS), default="dark")
    parser.add_argument("--binary", help="read by the script around this")
    options = parser.parse_args()
    ink.end_on_signals()
    folder = ink.TemporaryFolder("inkwire-screens")
    try:
        server = ink.Rendezvous()
        bob = ink.new_board(folder / "bob", "bob", "plan", server.address)
        link = bob.link()
        bob.draw(kind="rectangle", x=40, y=32, w=104, h=64, text="one")
        bob.draw(kind="ellipse", x=200, y=32, w=120, h=80, text="two")
        bob.draw(kind="note", x=360, y=48, w=120, h=64, text="a note")
        bob.draw(kind="freehand", x=60, y=180, points=[[0, 0], [40, 20], [80, 5], [120, 30]])
        look = {"INKWIRE_DATA_DIR": folder / "ana", "INKWIRE_NAME": "ana", "INKWIRE_CODE": link, **LOOKS[options.look]}
        for size in options.size or SIZES:
            columns, rows = map(int, size.split("x"))
            ana = Terminal([ink.binary(), "join"], columns, rows, look, answers=options.look == "dark")
            ana.until(lambda: "SELECT" in ana.lines[-1] or "PEN" in ana.lines[-1], "the board", 30)
            ana.key("v")
            bob.send("say", text="good morning")
            # Who came, and what was said, is told for some seconds.
            ana.settle(4.2)
            for panel in options.panel or PANELS:
                for key in PANELS[panel]:
                    ana.key(key, 0.05)
                ana.settle(0.1)
                print(f"--- {panel}, {size}, {options.look}: {styles(ana)}")
                print("\n".join("|" + line.ljust(columns) + "|" for line in ana.screen.display), flush=True)
                for _ in range(3):
                    ana.send("\x1b")
                    ana.pump(0.06)
                for key in {"minimap": "Z", "grid": "#", "25 %": "="}.get(panel, ""):
                    ana.key(key, 0.05)
                if panel == "typing":
                    ana.key("u", 0.1)
            ana.close()
    finally:
        ink.stop_everything()
        folder.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
