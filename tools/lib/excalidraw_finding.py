"""What Excalidraw's own code makes of a file when it loads it."""

import collections
import json
import pathlib
import re
import subprocess
import sys
import zipfile

import inkwire_process as ink

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
# Fields that loading sets anew, whatever they were: times and names of versions.
OWN_FIELDS = {"version", "versionNonce", "updated"}
# What loading measures of texts: no repair where it finds the same within NEAR. Of letters that the font here lacks it cannot be the same.
MEASURED = {"x", "y", "width", "height", "baseline"}
LETTERS = re.compile(r"[\t\n\x20-\x7E\u00A0-\u024F\u0370-\u03FF\u0400-\u04FF\u2010-\u2027\u2190-\u2193\u2500-\u257F]*")
# Fields of later versions, which this one drops.
LATER_FIELDS = {"index", "frameId", "elbowed", "polygon", "autoResize", "rawText", "fixedSegments", "startIsSpecial", "endIsSpecial"}


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
    return [x, y, x + element.get("width", 0), y + element.get("height", 0)]


def apart(one, two):
    """px; how far the sides that differ most are from each other."""
    return max(abs(a - b) for a, b in zip(one, two))


class Finding:
    """What loading did to one file."""

    def __init__(self, text, page):
        before, self.refused = alive(text), None
        try:
            loaded = page.load(text)
        except RuntimeError as error:
            # Which it says of the whole file.
            self.refused = str(error).splitlines()[0]
            loaded = {"elements": before, "boxes": {}, "failures": {}}
        after = {element["id"]: element for element in loaded["elements"] if "id" in element}
        self.count = len(before)
        self.dropped = [element for element in before if element.get("id") not in after and not self.refused]
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
        return not (self.refused or self.dropped or self.repaired or self.far or self.failures)

    def line(self):
        if self.refused:
            return f"{self.count} elements, refused by Excalidraw: {self.refused}"
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
