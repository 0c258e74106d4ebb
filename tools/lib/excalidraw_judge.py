"""The real code of Excalidraw judges files; see tools/excalidraw-judge."""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import zipfile

import chromium
import inkwire_process as ink
import scripted_boards

CACHE = ink.ROOT / ".build" / "excalidraw"
# The built code of Excalidraw 0.15.3, and the React that it needs.
PACKAGES = {"dash-excalidraw==0.0.4": ["dash_excalidraw/async-null.js"],
            "dash==4.4.1": ["dash/deps/react@18.2.0.min.js", "dash/deps/react-dom@18.2.0.min.js"]}
# In the order in which they are loaded.
SCRIPTS = [pathlib.Path(name).name for names in reversed(PACKAGES.values()) for name in names]
# Excalidraw's font of one width is not in the package: another takes its place, with letters as wide as its own (1200 of 2048).
FONT = """<style>@font-face { font-family: Cascadia; src: local("DejaVu Sans Mono"); size-adjust: 97.5%; }</style>
"""
PAGE = """<!doctype html><meta charset="utf-8"><title>judge</title>
<script>window.EXCALIDRAW_ASSET_PATH = "/nowhere/"; self.webpackChunkdash_excalidraw = [];</script>
"""

# px; what sides of boxes may differ by.
NEAR = 1.0
# px; by which the end of a bound line may move unseen: what is more is printed.
REACH = 32
# Fields that loading sets anew, whatever they were: times and names of versions.
OWN_FIELDS = {"version", "versionNonce", "updated"}
# What loading measures of texts: no repair where it finds the same within NEAR. Of letters that the font here lacks it cannot be the same.
MEASURED = {"x", "y", "width", "height", "baseline"}
LETTERS = re.compile(r"[\t\n\x20-\x7E\u00A0-\u024F\u0370-\u03FF\u0400-\u04FF\u2010-\u2027\u2190-\u2193\u2500-\u257F]*")
# Fields of later versions, which this one drops.
LATER_FIELDS = {"index", "frameId", "elbowed", "polygon", "autoResize", "rawText", "fixedSegments", "startIsSpecial", "endIsSpecial"}
# What we leave out, in words of the format; the program tells the same.
FRAMES = {"frame", "magicframe"}
LEFT_OUT = {"image", "embeddable", "iframe", "selection"}


class Page:
    """Excalidraw's code in a browser."""

    def __init__(self, browser):
        self.browser = browser
        browser.open(bundle())

    def load(self, text):
        return json.loads(self.browser.evaluate(f"judge({json.dumps(text)})"))


def is_here():
    """True if the code was brought before."""
    return all((CACHE / name).exists() for name in SCRIPTS)


def bundle():
    """The page that holds the code; brought at first use. Says so and ends well where it cannot be had."""
    page = CACHE / "page.html"
    if not is_here():
        CACHE.mkdir(parents=True, exist_ok=True)
        for package, names in PACKAGES.items():
            got = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", CACHE, package], capture_output=True, text=True)
            if got.returncode != 0:
                print(f"skipped: the code of Excalidraw cannot be had: pip download {package}: {got.stderr.strip().splitlines()[-1:]}", flush=True)
                sys.exit(0)
        for wheel in CACHE.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                for name in (name for names in PACKAGES.values() for name in names if name in archive.namelist()):
                    (CACHE / pathlib.Path(name).name).write_bytes(archive.read(name))
    (CACHE / "excalidraw_page.js").write_bytes((pathlib.Path(__file__).parent / "excalidraw_page.js").read_bytes())
    page.write_text(PAGE + "".join(f'<script src="{name}"></script>\n' for name in [*SCRIPTS, "excalidraw_page.js"]) + FONT, encoding="utf-8")
    return page


def alive(text):
    return [element for element in json.loads(text)["elements"] if not element.get("isDeleted")]


def sides(element):
    """The sides of an element by its own numbers."""
    x, y = element["x"], element["y"]
    if element.get("points"):
        return [x + min(point[0] for point in element["points"]), y + min(point[1] for point in element["points"]),
                x + max(point[0] for point in element["points"]), y + max(point[1] for point in element["points"])]
    return [x, y, x + element["width"], y + element["height"]]


def apart(one, two):
    """px; how far the sides that differ most are from each other."""
    return max(abs(a - b) for a, b in zip(one, two))


class Finding:
    """What loading did to one file."""

    def __init__(self, text, page):
        before, loaded = alive(text), page.load(text)
        after = {element["id"]: element for element in loaded["elements"]}
        self.count = len(before)
        self.dropped = [element for element in before if element.get("id") not in after]
        self.failures = loaded["failures"]
        self.repaired = collections.Counter()
        self.later, self.measured, self.samples = collections.Counter(), collections.Counter(), {}
        self.repaired_elements = set()
        self.worst, self.far = 0.0, []
        for element in before:
            then = after.get(element.get("id"))
            if then is None:
                continue
            for field, value in element.items():
                if field in OWN_FIELDS or then.get(field) == value:
                    continue
                if field not in then and field in LATER_FIELDS:
                    self.later[field] += 1
                    continue
                if element["type"] == "text" and field in MEASURED:
                    if abs(value - then[field]) <= NEAR or not LETTERS.fullmatch(element["text"]):
                        self.measured[field] += 1
                        continue
                self.repaired[f"{element['type']}.{field}"] += 1
                self.samples.setdefault(f"{element['type']}.{field}", f"{str(value)[:60]} became {str(then.get(field))[:60]}")
                self.repaired_elements.add(element["id"])
            box = loaded["boxes"].get(element["id"])
            if box and not element.get("angle") and (element["type"] != "text" or LETTERS.fullmatch(element.get("text") or "")):
                distance = apart(sides(element), box)
                self.worst = max(self.worst, distance)
                if distance > NEAR:
                    self.far.append((element["type"], distance, sides(element), box))
        self.after, self.boxes = loaded["elements"], loaded["boxes"]

    @property
    def is_clean(self):
        return not (self.dropped or self.repaired or self.far or self.failures)

    def line(self):
        parts = [f"{self.count} elements", f"{len(self.dropped)} dropped", f"{len(self.repaired_elements)} repaired",
                 f"boxes within {self.worst:.2f} px" if not self.far else f"{len(self.far)} boxes off, by {self.worst:.1f} px at most"]
        if self.failures:
            parts.append(f"{len(self.failures)} could not be drawn")
        return ", ".join(parts)

    def details(self):
        for element in self.dropped[:5]:
            yield f"dropped: {element.get('type')} {str(element.get('id'))[:20]}"
        for field, count in self.repaired.most_common(12):
            yield f"repaired: {count} {field}, as {self.samples[field]}"
        for kind, distance, ours, theirs in sorted(self.far, key=lambda one: -one[1])[:5]:
            yield f"box of {kind} off by {distance:.1f} px: {[round(value, 1) for value in ours]} is drawn {[round(value, 1) for value in theirs]}"
        yield from map(str, list(self.failures.items())[:3])


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
            if element["type"] in LEFT_OUT:
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
        theirs = source.boxes.get(element["id"]) or sides(element)
        ours = export.boxes[other["id"]]
        turned = abs(element.get("angle") or 0) > 1e-6
        if element["type"] in FRAMES:
            self.losses["frame: a box"] += 1
        if kind in ("line", "arrow") and len(element.get("points") or []) > 2 and (element.get("roundness") or element.get("strokeSharpness") == "round"):
            self.losses[f"curved {kind}: straight pieces through the same points"] += 1
        if kind == "text":
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


def print_differences(findings):
    repaired, later, measured, samples = collections.Counter(), collections.Counter(), collections.Counter(), {}
    for finding in findings:
        repaired.update(finding.repaired)
        later.update(finding.later)
        measured.update(finding.measured)
        samples.update(finding.samples)
    print(f"fields that loading sets anew, and are not compared: {', '.join(sorted(OWN_FIELDS))}")
    print(f"fields of later versions that this one drops: {', '.join(f'{count} {field}' for field, count in later.most_common()) or 'none'}")
    print("fields of texts that it measures anew, the same within 1 px or with letters that the font here lacks: "
          f"{', '.join(f'{count} {field}' for field, count in measured.most_common()) or 'none'}")
    print("fields that it repaired:" if repaired else "fields that it repaired: none")
    for field, count in repaired.most_common():
        print(f"  {count} {field}: {samples[field]}")


def judge(folder, page):
    findings = []
    for path in files(folder):
        finding = Finding(path.read_text(encoding="utf-8"), page)
        findings.append(finding)
        print(f"{path.name}: {finding.line()}", flush=True)
        for line in finding.details():
            print(f"  {line}")
    print_differences(findings)
    clean = sum(finding.is_clean for finding in findings)
    print(f"{clean} of {len(findings)} files pass whole, {sum(finding.count for finding in findings)} elements")
    return clean == len(findings)


def judge_rounds(folder, page):
    temporary = ink.TemporaryFolder("inkwire-judge")
    boards, losses, good, exports = scripted_boards.Boards(temporary), collections.Counter(), 0, []
    try:
        for path in files(folder):
            target = temporary / "export.excalidraw"
            name, told = boards.import_file(path)
            boards.run("export", name, "-o", target)
            text = path.read_text(encoding="utf-8")
            source = Source(text, Finding(text, page))
            export = Finding(target.read_text(encoding="utf-8"), page)
            exports.append(export)
            round = Round(source, export)
            losses.update(round.losses)
            wrong = round.wrong + list(export.details())
            good += not wrong
            print(f"{path.name}: {len(source.elements)} elements; exported again: {export.line()}"
                  + (f"; ends moved by {round.reach:.0f} px at most" if round.reach else "") + ("" if wrong else ", all in place"), flush=True)
            for line in told:
                if "nobody else has them" not in line:
                    print(f"  told: {line}")
            for line in round.far[:5]:
                print(f"  end moved: {line}")
            for line in wrong[:12]:
                print(f"  wrong: {line}")
    finally:
        temporary.remove()
    print_differences(exports)
    print("what becomes something else, or is lost:")
    for what, count in losses.most_common():
        print(f"  {count} {what}")
    print(f"{good} of {len(exports)} files come through")
    return good == len(exports)


def export_boards(folder):
    """Boards of the seeds from 0 as files of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = ink.TemporaryFolder("inkwire-judge")
    try:
        boards = scripted_boards.Boards(temporary)
        for seed, name in enumerate(boards.make_all(range(30))):
            boards.run("export", name, "-o", folder / f"board-{seed}.excalidraw")
    finally:
        temporary.remove()


def files(folder):
    found = sorted(pathlib.Path(folder).glob("*.excalidraw"))
    if not found:
        raise SystemExit(f"tools/excalidraw-judge: there is no .excalidraw file in {folder}")
    return found


def main():
    parser = argparse.ArgumentParser(prog="tools/excalidraw-judge")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--round", action="store_true")
    parser.add_argument("--ours", action="store_true")
    parser.add_argument("--binary", help="read by the script around this")
    options = parser.parse_args()
    chromium.require("Excalidraw's code judges files")
    ink.end_on_signals()
    if options.ours:
        export_boards(options.folder)
    with chromium.Chromium() as browser:
        page = Page(browser)
        return 0 if (judge_rounds if options.round else judge)(options.folder, page) else 1


if __name__ == "__main__":
    sys.exit(main())
