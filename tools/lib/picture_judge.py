"""SVG as two programs draw it, compared; see tools/picture-judge."""

import argparse
import io
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as xml

import chromium
import inkwire_process as ink
import scripted_boards

# Of 255; what a colour of a pixel may differ by.
NEAR = 8
# px of the picture for one of the board.
SCALE = 2
# px; the side of the squares of which the one that differs most is named.
SQUARE = 32


def by_librsvg(path):
    return subprocess.run(["rsvg-convert", "--zoom", str(SCALE), "--unlimited", path], check=True, capture_output=True).stdout


def by_chromium(browser, path):
    root = xml.parse(path).getroot()
    return browser.picture(path, int(float(root.get("width"))), int(float(root.get("height"))), SCALE)


class Comparison:
    """Two pictures of one extent, on white where they are transparent."""

    def __init__(self, first, second):
        import numpy
        from PIL import Image

        def pixels(data):
            picture = Image.open(io.BytesIO(data)).convert("RGBA")
            paper = Image.new("RGBA", picture.size, "white")
            return numpy.asarray(Image.alpha_composite(paper, picture).convert("RGB")).astype(int)

        one, two = pixels(first), pixels(second)
        if one.shape != two.shape:
            raise ink.Failed(f"the pictures are {one.shape[1::-1]} and {two.shape[1::-1]} px")
        self.apart = abs(one - two).max(axis=2)
        self.height, self.width = self.apart.shape
        differs = self.apart > NEAR
        self.differing, self.count = int(differs.sum()), differs.size
        self.share = 100 * (1 - differs.mean())
        # Of what has ink in either; paper is equal everywhere.
        ink_mask = (abs(one - one[0, 0]).max(axis=2) > NEAR) | (abs(two - two[0, 0]).max(axis=2) > NEAR)
        self.ink_share = 100 * (1 - differs.sum() / max(1, ink_mask.sum()))
        rows, columns = -(-self.height // SQUARE), -(-self.width // SQUARE)
        padded = numpy.zeros((rows * SQUARE, columns * SQUARE), dtype=int)
        padded[:self.height, :self.width] = differs
        squares = padded.reshape(rows, SQUARE, columns, SQUARE).sum(axis=(1, 3))
        row, column = divmod(int(squares.argmax()), columns)
        self.worst, self.most = (column * SQUARE // SCALE, row * SQUARE // SCALE), int(squares.max())

    def difference(self):
        """A picture of the differences, white on black."""
        from PIL import Image

        return Image.fromarray((self.apart.clip(0, 63) * 4).astype("uint8"))


def made(folder, count):
    """SVG of boards made by the script, in each theme in turn."""
    boards = scripted_boards.Boards(folder)
    for seed, name in enumerate(boards.make_all(range(count))):
        path = folder / f"board-{seed}.svg"
        boards.run("export", name, "-o", path, "--theme", ["light", "dark", "transparent"][seed % 3])
        yield path


def main():
    parser = argparse.ArgumentParser(prog="tools/picture-judge")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--boards", type=int, default=12)
    parser.add_argument("--share", type=float, default=99.5)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--binary", help="read by the script around this")
    options = parser.parse_args()
    chromium.require("pictures are drawn by two programs")
    ink.end_on_signals()
    temporary = ink.TemporaryFolder("inkwire-judge")
    shares, differing, count = [], 0, 0
    try:
        with chromium.Chromium() as browser:
            for path in options.files or made(temporary / "", options.boards):
                pictures = {"librsvg": by_librsvg(path), "chromium": by_chromium(browser, path)}
                found = Comparison(*pictures.values())
                shares.append(found.share)
                differing, count = differing + found.differing, count + found.count
                print(f"{path.name}: {found.width}x{found.height} px, {found.share:.3f} % within {NEAR} of 255 ({found.ink_share:.1f} % of what has ink); "
                      f"most differ, {found.most} of {SQUARE * SQUARE}, at px {found.worst[0]},{found.worst[1]} of the SVG", flush=True)
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / path.name).write_bytes(path.read_bytes())
                    for name, data in pictures.items():
                        (options.keep / f"{path.stem}.{name}.png").write_bytes(data)
                    found.difference().save(options.keep / f"{path.stem}.difference.png")
    finally:
        temporary.remove()
    share = 100 * (1 - differing / count)
    print(f"{share:.3f} % of all pixels are within {NEAR} of 255; of one picture at least {min(shares):.3f} %; "
          f"{sum(one >= options.share for one in shares)} of {len(shares)} pictures have {options.share:g} %")
    return 0 if share >= options.share else 1


if __name__ == "__main__":
    sys.exit(main())
