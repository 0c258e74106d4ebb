"""Boards made by a script, each of its seed, with all kinds, looks, heads, labels and bindings that there are."""

import concurrent.futures
import itertools
import json
import random

import inkwire_process as ink

WORDS = ["client", "a queue of jobs", "store", "naïve", "漢字 wide", "two\nlines", "→ next", "ok", "Ωmega", "a label that is longer than its box is wide"]
COLOURS = [None, None, "#D55E00", "#0072B2", "#009E73", "#1E1E1E"]
FILLS = [None, None, "#F0E442", "#CCE5FF", "#333333"]
STYLES = ["solid", "solid", "dashed", "dotted", "double"]
HEADS = ["none", "arrow", "triangle", "dot", "bar"]


def shapes(seed):
    """A board of 12 boxes in a grid, lines between them, strokes and texts; the same for the same seed."""
    chance = random.Random(seed)
    found = []
    for index in range(12):
        x, y = index % 4 * 220 + chance.randrange(0, 40), index // 4 * 150 + chance.randrange(0, 24)
        shape = {"id": f"box{index}", "kind": chance.choice(["rectangle", "ellipse", "diamond", "note"]), "x": x, "y": y,
                 "w": chance.randrange(64, 170), "h": chance.randrange(40, 110), "fill": chance.choice(FILLS), "line_style": chance.choice(STYLES)}
        if shape["kind"] == "rectangle":
            shape["corners"] = chance.choice(["sharp", "round"])
        shape["text"] = chance.choice([*WORDS, ""])
        found.append(shape)
    for index in range(8):
        first, last = chance.sample(range(12), 2)
        line = {"id": f"line{index}", "kind": chance.choice(["line", "arrow"]), "line_style": chance.choice(STYLES)}
        if chance.random() < 0.7:
            line.update(x=0, y=0, points=[[0, 0], [1, 1]], start_binding={"id": f"box{first}"}, end_binding={"id": f"box{last}", "at": [chance.random(), chance.random()]})
            if chance.random() < 0.3:
                line["route"] = "elbow"
        else:
            line.update(x=chance.randrange(900), y=chance.randrange(450), points=[[0, 0]] + [[chance.randrange(-90, 90), chance.randrange(-90, 90)] for _ in range(chance.randrange(1, 4))])
        line.update(start_head=chance.choice(HEADS), end_head=chance.choice(HEADS), text=chance.choice(["", "", "yes", "on error"]))
        found.append(line)
    for index in range(4):
        found.append({"id": f"stroke{index}", "kind": "freehand", "x": chance.randrange(900), "y": 470 + chance.randrange(60),
                      "points": [[0, 0]] + [[step * 7 + chance.randrange(6), chance.randrange(-20, 20)] for step in range(chance.choice([0, 3, 12, 40]))]})
        found.append({"id": f"text{index}", "kind": "text", "x": chance.randrange(900), "y": 560 + index * 40, "text": chance.choice(WORDS)})
    for index, shape in enumerate(found):
        shape.update(stroke=chance.choice(COLOURS), stroke_width=chance.choice([0, 1, 1, 2, 4, 8]), z=index)
        if chance.random() < 0.2:
            shape["groups"] = ["pair"]
    # What has no extent.
    found.append({"id": "speck", "kind": "rectangle", "x": 8, "y": 8, "w": 0, "h": 0})
    return [{name: value for name, value in shape.items() if value is not None and value != "" and name != "z"} for shape in found]


class Boards:
    """One data directory, in which boards are made of files."""

    def __init__(self, folder):
        self.folder, self.numbers = folder, itertools.count(1)

    def run(self, *arguments, **more):
        status, out, errors = ink.run([str(argument) for argument in arguments], data=self.folder / "ana", name="ana", rendezvous="ws://127.0.0.1:9", **more)
        if status != 0:
            raise ink.Failed(f"inkwire {' '.join(map(str, arguments))}: exit {status}\n{errors}")
        return out, errors

    def import_file(self, path):
        """A new board with what the file holds: its name, and what was told."""
        name = f"board-{next(self.numbers)}"
        self.run("new", name, "--peer", input='{"do":"wait","for":"saved"}\n')
        out, errors = self.run("import", name, path)
        return name, [line.removeprefix("inkwire: ") for line in (out + errors).splitlines()]

    def make(self, seed):
        """A new board made by the script: its name. Drawn by a peer, which is quicker than an import: that waits for others who might be there."""
        name = f"board-{next(self.numbers)}"
        lines = [json.dumps({"do": "draw", "id": shape["id"], "shape": {field: value for field, value in shape.items() if field != "id"}})
                 for shape in shapes(seed)]
        out, _ = self.run("new", name, "--peer", input="\n".join([*lines, '{"do":"wait","for":"saved"}', ""]))
        refused = [line for line in out.splitlines() if json.loads(line)["event"] == "error"]
        if refused:
            raise ink.Failed(f"board {seed}: {refused[:3]}")
        return name

    def make_all(self, seeds):
        """Boards of all these seeds."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return list(pool.map(self.make, seeds))
