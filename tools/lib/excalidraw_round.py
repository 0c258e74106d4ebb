"""What became of a file that was imported into a board and exported again."""

import collections

from excalidraw_finding import NEAR, alive, apart, sides

# px; by which the end of a bound line may move unseen: what is more is printed.
REACH = 32
FRAMES = {"frame", "magicframe"}
# What we leave out, in words of the format; the program tells the same.
KINDS = FRAMES | {"rectangle", "ellipse", "diamond", "line", "arrow", "draw", "freedraw", "text"}
LEFT_OUT = {"image", "embeddable", "iframe", "selection"}


class Round:
    """A file that went through a board: what is expected of its export."""

    def __init__(self, source, export):
        self.losses, self.wrong, self.far, self.reach = collections.Counter(), [], [], 0.0
        wanted, labels = self.wanted(source), self.labels(source)
        got = [element for element in export.after if not element.get("containerId")]
        texts = sorted(element["originalText"] for element in export.after if element.get("containerId"))
        if texts != sorted(labels):
            self.wrong.append(f"labels: {len(labels)} wanted, {len(texts)} found; {set(labels) ^ set(texts)}"[:300])
        if len(wanted) != len(got):
            self.wrong.append(f"{len(wanted)} elements wanted, {len(got)} found")
            return
        for element, other in zip(wanted, got):
            self.compare(source, element, export, other)

    def labels(self, source):
        """The texts within others, in any order; of several in one each has its row."""
        by_container = collections.defaultdict(list)
        for element in source.inner:
            by_container[element["containerId"]].append(element.get("originalText") or element.get("text") or "")
        frames = [element.get("name") for element in source.elements if element["type"] in FRAMES and element.get("name")]
        return [text for text in ("\n".join(filter(None, texts)) for texts in by_container.values()) if text] + frames

    def wanted(self, source):
        """The elements that must be found again, in the order in which they are drawn."""
        wanted, alone = [], []
        for element in source.elements:
            if element["type"] in LEFT_OUT or element["type"] not in KINDS:
                self.losses[f"{element['type']}: left out"] += 1
            elif element in source.dropped and element["type"] not in FRAMES and not (element["type"] == "freedraw" and element.get("points")):
                self.losses["without an extent: left out, as there"] += 1
            elif element in source.inner or element["type"] == "text" and not (element.get("text") or element.get("originalText")):
                continue
            elif element["type"] == "text" and element.get("containerId"):
                self.losses["text in what is not kept: alone, on top of all"] += 1
                alone.append(element)
            else:
                wanted.append(element)
        return wanted + alone

    def compare(self, source, element, export, other):
        kind = {"frame": "rectangle", "magicframe": "rectangle", "draw": "freedraw"}.get(element["type"], element["type"])
        if kind != other["type"]:
            if not (kind == "line" and other["type"] == "arrow" and (other.get("customData") or {}).get("inkwire", {}).get("kind") == "line"):
                self.wrong.append(f"{element['type']} {element['id']} became {other['type']}")
                return
        # Of two with one name Excalidraw renames the second, and tells the box of the first by it.
        is_one = sum(one["id"] == element["id"] for one in source.elements) == 1
        theirs = is_one and source.boxes.get(element["id"]) or sides(element)
        ours = export.boxes[other["id"]]
        turned = abs(element.get("angle") or 0) > 1e-6
        if element["type"] in FRAMES:
            self.losses["frame: a box"] += 1
        if kind in ("line", "arrow") and len(element.get("points") or []) > 2 and (element.get("roundness") or element.get("strokeSharpness") == "round"):
            self.losses[f"curved {kind}: straight pieces through the same points"] += 1
        if kind == "text" and not element.get("width"):
            self.losses["text without an extent: where it begins"] += 1
            distance = apart(sides(element)[:2], ours[:2])
        elif kind == "text":
            self.losses["text: letters of one size, about the same middle" + (", upright" if turned else "")] += 1
            middle = [(sides(element)[index] + sides(element)[index + 2]) / 2 for index in (0, 1)]
            align = element.get("textAlign") or "left"
            align = "center" if turned else align
            place = {"left": lambda box: box[0], "center": lambda box: (box[0] + box[2]) / 2, "right": lambda box: box[2]}[align]
            distance = max(abs((ours[1] + ours[3]) / 2 - middle[1]), abs(place(ours) - place(sides(element))))
        elif turned and kind in ("rectangle", "ellipse", "diamond"):
            self.losses[f"{kind}: turned, upright now about the same middle"] += 1
            distance = max(abs((ours[index] + ours[index + 2]) - (theirs[index] + theirs[index + 2])) / 2 for index in (0, 1))
        elif (other.get("startBinding") or other.get("endBinding")) and apart(ours, theirs) > NEAR:
            moved = apart(ours, theirs)
            kinds = {end.get("elementId"): None for end in (element.get("startBinding"), element.get("endBinding")) if end}
            to_text = any(other["id"] in kinds and other["type"] == "text" for other in source.elements)
            why = "elbow: laid anew" if element.get("elbowed") else "line bound to a text: it ends at ours" if to_text else None
            self.losses[why or "line with bound ends: they meet the outline"] += 1
            if why:
                return
            self.reach = max(self.reach, moved)
            if moved > REACH:
                self.far.append(f"{element['type']} {element['id']} by {moved:.0f} px: {[round(value) for value in theirs]} became {[round(value) for value in ours]}")
            return
        else:
            distance = apart(ours, theirs)
        if distance > NEAR:
            self.wrong.append(f"{element['type']} {element['id']} is off by {distance:.1f} px: {[round(value, 1) for value in theirs]} became "
                              f"{[round(value, 1) for value in ours]}")


class Source:
    """A file of others, as its maker wrote it and as Excalidraw loads it."""

    def __init__(self, text, finding):
        self.elements = [{"id": f"nameless {index}", **element} for index, element in enumerate(alive(text))]
        self.dropped, self.boxes = finding.dropped, finding.boxes
        kept = {element["id"] for element in self.elements if element["type"] not in LEFT_OUT and element not in self.dropped}
        self.inner = [element for element in self.elements if element["type"] == "text" and element.get("containerId") in kept]
