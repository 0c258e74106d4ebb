"""Behind tools/docs: pages of DocC catalogues as HTML, and where each of their links leads."""

import html
import pathlib
import re
import shutil
import sys

import markdown

ROOT = pathlib.Path(__file__).resolve().parents[2]
MARK = ".made-by-tools-docs"
RULE = re.compile(r"^- \*\*([A-Z]{2}-\d+)\*\*")
# Code, of one mark or two; a reference to a page; a link; a rule by its number.
PIECE = re.compile(r"(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)|<doc:(?P<doc>[^>]*)>|\[(?P<words>[^\]]*)\]\((?P<link>[^)\s]*)\)"
                   r"|\b(?P<rule>(?:PR|CR|BD|TR|CN|RV|SE|ST|RT|SM|FM|FE|TM|LN|CL)-\d+)\b", re.S)
FILE = re.compile(r"(?:Sources|Tests|tools)/[\w.+/-]+|test_\w+\.py")
DECLARED = re.compile(r"\b(?:struct|class|enum|actor|protocol|typealias|associatedtype|case|func|var|let)\s+`?(\w+)")
STYLE = """:root { color-scheme: light dark; --ink: #1c1c1e; --paper: #fdfdfc; --line: #8884; --code: #8881; --link: #0057a8 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e6; --paper: #16171a; --link: #7ab8ff } }
body { color: var(--ink); background: var(--paper); font: 1rem/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 52rem; padding: 1rem 1.2rem 4rem }
a { color: var(--link) } nav { font-size: .9rem; border-bottom: 1px solid var(--line); padding-bottom: .6rem }
h1, h2, h3 { line-height: 1.2 } h2 { margin-top: 2.2rem }
code, pre { font: .9em/1.4 ui-monospace, monospace; background: var(--code) } code { padding: .1em .25em; overflow-wrap: anywhere }
pre { padding: .8rem; overflow-x: auto } pre code { padding: 0; background: none }
table { border-collapse: collapse; display: block; overflow-x: auto } th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top }
:target { outline: 2px solid var(--link) }
"""


class Page:
    """One page: its text, where it is read from and written to, its title, and the places in it that a link can name."""

    def __init__(self, path, root):
        self.path, self.root = path, root
        self.text = path.read_text(encoding="utf-8")
        catalogue = next((parent for parent in path.parents if parent.suffix == ".docc"), None)
        self.target = catalogue.stem if catalogue else None
        self.name = path.stem
        self.out = pathlib.PurePath("README.html") if catalogue is None else pathlib.PurePath(self.target, *path.relative_to(catalogue).with_suffix(".html").parts)
        self.is_guide = path.parent.name == "Guide"
        self.title = self.text.split("\n", 1)[0].lstrip("# ").strip("`")
        self.anchors = set()
        for kind, number, lines in parts(self.text):
            for line in lines if kind == "text" else ():
                if line.startswith("#"):
                    self.anchors.add(slug(line.lstrip("# ")))
                elif found := RULE.match(line):
                    self.anchors.add(found.group(1).lower())

    def __str__(self):
        return str(self.path.relative_to(self.root))


def slug(text, separator="-"):
    """The anchor of a heading, as hosts of Markdown make it."""
    return re.sub(r"\s", separator, re.sub(r"[^\w\s-]", "", re.sub(r"[`*]", "", text)).strip().lower())


def parts(text):
    """("text" or "code", number of the first line, lines): fences and indented lines are code; text is cut at empty lines."""
    kind, first, lines, after_blank, in_list = "text", 1, [], True, False
    for number, line in enumerate(text.split("\n"), 1):
        if kind == "fence":
            lines.append(line)
            if line.startswith("```"):
                yield "code", first, lines
                kind, lines, after_blank = "text", [], True
            continue
        blank = not line.strip()
        is_fence = line.startswith("```")
        indented = line.startswith("    ") and not in_list and (kind == "code" or after_blank)
        if not blank:
            in_list = bool(re.match(r"(-|\d+\.) ", line)) or in_list and line.startswith(" ")
        next_kind = "fence" if is_fence else "code" if indented or (kind == "code" and blank) else "text"
        if lines and (next_kind != kind or (kind == "text" and after_blank and not blank)):
            yield kind, first, lines
            lines = []
        if not lines:
            first = number
        lines.append(line)
        kind, after_blank = next_kind, blank
    if lines:
        yield "code" if kind != "text" else "text", first, lines


class Site:
    """All pages, and what their links can lead to."""

    def __init__(self, root):
        self.root = root
        files = [root / "README.md", *sorted(root.glob("Sources/**/*.docc/**/*.md"))]
        self.pages = [Page(path, root) for path in files if path.exists()]
        self.rules = {anchor.upper(): page for page in self.pages if page.target for anchor in page.anchors if re.fullmatch(r"[a-z]{2}-\d+", anchor)}
        self.targets = {path.name for path in (root / "Sources").iterdir() if path.is_dir()}
        self.symbols = set()
        for path in sorted(root.glob("Sources/**/*.swift")):
            self.symbols.update(DECLARED.findall(path.read_text(encoding="utf-8")))
        self.tests = {path.name for path in root.glob("Tests/**/test_*.py")}
        self.wrong, self.elsewhere = [], []

    def complain(self, page, line, target, why):
        self.wrong.append(f"{page}:{line}: {target}: {why}")

    def article(self, page, line, name):
        """The page that <doc:NAME> means: of the same catalogue, or the only one of that name."""
        name, _, anchor = name.partition("#")
        target, _, short = name.rpartition("/")
        found = [other for other in self.pages if other.target and other.name == short and target in ("", other.target)]
        own = [other for other in found if other.target == page.target]
        if not own and len(found) != 1:
            self.complain(page, line, f"<doc:{name}>", "no page is called so" if not found else f"{len(found)} pages are called so: write TARGET/{short}")
            return None
        found = (own or found)[0]
        if anchor and slug(anchor) not in found.anchors:
            self.complain(page, line, f"<doc:{name}#{anchor}>", f"{found} has no heading of that name")
        return found, slug(anchor) if anchor else ""

    def look_at_link(self, page, line, link):
        """Where a link of Markdown leads, as the built page has it."""
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            self.elsewhere.append(f"{page}:{line}: {link}")
            return link
        name, _, anchor = link.partition("#")
        path = (page.path.parent / name).resolve() if name else page.path
        other = next((other for other in self.pages if other.path == path), None)
        if not path.exists() or not path.is_relative_to(self.root):
            self.complain(page, line, link, "there is no such file")
        elif anchor and (other is None or anchor not in other.anchors):
            self.complain(page, line, link, f"{name or 'this page'} has no heading of that name")
        elif other:
            return relative(page, other) + (f"#{anchor}" if anchor else "")
        return link

    def look_at_code(self, page, line, ticks, code):
        """A symbol between two marks each, or the files that are named between one."""
        code = " ".join(code.split())
        if len(ticks) > 1:
            # Two marks are for code with a mark in it, too.
            if len(ticks) > 2 or not code[0].isalpha():
                return
            path = code.split("/")
            names = [re.match(r"\w*", name).group(0) for name in path]
            known = [name in self.symbols or index == 0 and name in self.targets for index, name in enumerate(names)]
            if not all(known):
                self.complain(page, line, f"``{code}``", "nothing in Sources is called so")
            return
        for name in FILE.findall(code):
            name = name.rstrip(".")
            if name.startswith("test_"):
                if name not in self.tests:
                    self.complain(page, line, name, "there is no such test")
            elif re.search(r"(?<![\w/.-])" + re.escape(name) + r"(?![\w/*{<…-])", code) and not (self.root / name).exists():
                # What stands behind a path (`~/Sources/…`), or has a gap for a name, is none of ours.
                self.complain(page, line, name, "there is no such file")

    def converted(self, page):
        """The page in the words of plain Markdown; every link is looked at on the way."""
        out = []
        for kind, first, lines in parts(page.text):
            if kind == "code":
                fence = lines[0] if lines[0].startswith("```") else None
                # The library does not know what we say behind the language.
                out += ([f"```{fence[3:].split(' ')[0]}", *lines[1:]] if fence else lines)
                continue
            text, position, done = "\n".join(lines), 0, []
            for found in PIECE.finditer(text):
                done.append(escaped(text[position:found.start()]))
                position = found.end()
                line = first + text.count("\n", 0, found.start())
                done.append(self.piece(page, line, found, is_rule=bool(re.search(r"(?m)^- \*\*\Z", text[:found.start()]))))
            done.append(escaped(text[position:]))
            out += ["".join(done)]
        return "\n".join(out)

    def piece(self, page, line, found, is_rule):
        if found["code"] is not None:
            self.look_at_code(page, line, found["ticks"], found["code"])
            return found.group(0)
        if found["doc"] is not None:
            leads = self.article(page, line, found["doc"])
            if leads is None:
                return escaped(found.group(0))
            return f"[{leads[0].title}]({relative(page, leads[0])}{'#' + leads[1] if leads[1] else ''})"
        if found["link"] is not None:
            return f"[{found['words']}]({self.look_at_link(page, line, found['link'])})"
        rule = found["rule"]
        if is_rule and page.target:
            return f'<span id="{rule.lower()}">{rule}</span>'
        if rule not in self.rules:
            self.complain(page, line, rule, "no rule has this number")
            return rule
        return f"[{rule}]({relative(page, self.rules[rule])}#{rule.lower()})"

    def build(self):
        """{path of output: text}; afterwards `wrong` and `elsewhere` are whole."""
        written = {pathlib.PurePath("style.css"): STYLE}
        for page in self.pages:
            maker = markdown.Markdown(extensions=["tables", "fenced_code", "toc", "sane_lists"], extension_configs={"toc": {"slugify": slug}})
            written[page.out] = whole(page.title, maker.convert(self.converted(page)), page.out)
        written[pathlib.PurePath("index.html")] = whole("Inkwire", self.index(), pathlib.PurePath("index.html"))
        return written

    def index(self):
        item = lambda page: f'<li><a href="{page.out.as_posix()}">{html.escape(page.title)}</a></li>'
        guide = [page for page in self.pages if page.is_guide or page.target == "inkwire" and page.name in ("Changes", "Security")]
        lines = ["<h1>Inkwire</h1>", "<h2>Guide</h2><ul>", *map(item, guide), "</ul>", "<h2>Everything else</h2><ul>"]
        lines += [item(page) for page in self.pages if page.target is None] + ["</ul>"]
        for target in sorted({page.target for page in self.pages if page.target}, key=str.lower):
            lines += [f"<h3>{target}</h3><ul>", *(item(page) for page in self.pages if page.target == target and page not in guide), "</ul>"]
        return "\n".join(lines)


def escaped(text):
    """Text, of which nothing is a tag."""
    return text.replace("<", "&lt;")


def relative(page, other):
    """From one page of the output to another."""
    return "../" * (len(page.out.parts) - 1) + other.out.as_posix()


def whole(title, body, out):
    up = "../" * (len(out.parts) - 1)
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<title>{html.escape(title)}</title><link rel="stylesheet" href="{up}style.css"></head><body>\n'
            f'<nav><a href="{up}index.html">Inkwire</a></nav>\n<main>\n{body}\n</main>\n</body></html>\n')


def write(written, place):
    """Into a directory that is new, empty, or was written by this before; of a former run nothing is left."""
    if place.exists() and (not place.is_dir() or any(place.iterdir()) and not (place / MARK).exists()):
        print(f"docs: nothing was written: {place} is not empty, and was not written by this.\n  Name a new directory.", file=sys.stderr)
        return 2
    try:
        shutil.rmtree(place, ignore_errors=True)
        for name, text in written.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text, encoding="utf-8")
        (place / MARK).touch()
    except OSError as error:
        print(f"docs: {place} cannot be written: {error.strerror}.\n  Name a directory that you may write to, on a disk with room.", file=sys.stderr)
        return 8
    return 0


# CL-254
def main(arguments, root=ROOT):
    if len(arguments) != 1 or arguments[0].startswith("-") and arguments[0] != "--check":
        print("usage: tools/docs OUT | --check; `tools/docs --help` says more", file=sys.stderr)
        return 2
    site = Site(root)
    written = site.build()
    for line in site.elsewhere:
        print(f"elsewhere: {line}")
    for line in site.wrong:
        print(f"docs: {line}", file=sys.stderr)
    if arguments[0] != "--check" and (status := write(written, pathlib.Path(arguments[0]))):
        return status
    print(f"docs: {len(site.pages)} pages, {len(site.wrong)} links that lead nowhere, {len(site.elsewhere)} to other places", file=sys.stderr)
    return 1 if site.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
