"""tools/docs: the documentation builds whole, each link on the pages leads somewhere, and one that leads nowhere is found with its place."""

import html.parser
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "lib"))

import docs  # noqa: E402


class Reader(html.parser.HTMLParser):
    """What a browser finds on a page: places, links, and scripts; and whether each mark that is opened is closed."""

    ALONE = {"meta", "link", "br", "hr", "img"}

    def __init__(self, text):
        super().__init__()
        self.places, self.links, self.tags, self.open = set(), [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.add(tag)
        self.places.update(filter(None, [attributes.get("id")]))
        self.links += filter(None, [attributes.get("href")])
        if tag not in self.ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise AssertionError(f"</{tag}> closes nothing that is open")


class Docs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.place = pathlib.Path(self.folder.name)

    def run_docs(self, *arguments):
        done = subprocess.run([docs.ROOT / "tools" / "docs", *arguments], capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def test_CL_254_the_whole_is_built_and_every_link_of_it_leads_somewhere_without_a_script(self):
        out = self.place / "out"
        status, _, errors = self.run_docs(str(out))
        self.assertEqual(status, 0, errors)
        pages = {path: Reader(path.read_text(encoding="utf-8")) for path in out.glob("**/*.html")}
        self.assertGreater(len(pages), 30)
        reached, count = set(), 0
        for path, page in pages.items():
            self.assertEqual(page.open, [], path)
            self.assertNotIn("script", page.tags)
            for link in page.links:
                name, _, anchor = link.partition("#")
                target = (path.parent / name).resolve() if name else path.resolve()
                self.assertTrue(target.exists(), f"{path}: {link}")
                if anchor:
                    self.assertIn(anchor, pages[out / target.relative_to(out.resolve())].places, f"{path}: {link}")
                reached.add(target)
                count += 1
        self.assertGreater(count, 300)
        self.assertEqual({path.resolve() for path in pages} - reached, set(), "a page to which nothing leads")
        # Once more over what was written before; but not over what somebody else has.
        self.assertEqual(self.run_docs(str(out))[0], 0)
        (self.place / "foreign").write_text("mine")
        status, _, errors = self.run_docs(str(self.place))
        self.assertEqual(status, 2, errors)
        self.assertEqual((self.place / "foreign").read_text(), "mine")

    def test_CL_254_a_link_that_leads_nowhere_is_told_with_page_line_and_target(self):
        catalogue = self.place / "Sources" / "One" / "One.docc"
        (catalogue / "Guide").mkdir(parents=True)
        (self.place / "Sources" / "Two" / "Two.docc").mkdir(parents=True)
        (self.place / "Tests").mkdir()
        (self.place / "Tests" / "test_there.py").touch()
        (self.place / "Sources" / "One" / "Thing.swift").write_text("struct Thing { func work() {} }\n")
        (catalogue / "Other.md").write_text("# Other\n\n## A heading, of `two` words\n\n- **SE-1** A rule.\n")
        (catalogue / "Twice.md").write_text("# Twice\n")
        for name in ("Twice", "Alone"):
            (self.place / "Sources" / "Two" / "Two.docc" / f"{name}.md").write_text(f"# {name}\n")
        (self.place / "README.md").write_text("# The whole\n")
        page = catalogue / "Guide" / "Page.md"
        good = ("``Thing``", "``One/Thing``", "``Thing/work()``", "<doc:Other>", "<doc:Other#A-heading-of-two-words>", "<doc:Alone>", "<doc:Two/Twice>", "SE-1",
                "[that](../Other.md)", "[that](../Other.md#a-heading-of-two-words)", "[here](#page)", "[there](https://example.org/x)", "`Sources/One/Thing.swift`",
                "`test_there.py`", "`~/Sources/None`", "`Sources/<Target>/X.md`", "`` `Sources/None` ``")
        bad = (("``Thong``", "``Thong``"), ("``Thing/rest()``", "``Thing/rest()``"), ("<doc:Othre>", "<doc:Othre>"), ("<doc:Other#no-heading>", "no-heading"), ("SE-2", "SE-2"),
               ("[that](../Othre.md)", "Othre.md"), ("[that](../Other.md#nowhere)", "#nowhere"), ("[here](#nowhere)", "#nowhere"), ("`Sources/One/Thong.swift`", "Thong.swift"),
               ("`tools/none --check`", "tools/none"), ("`test_gone.py`", "test_gone.py"), ("two lines of `Sources/One\n/Thong.swift tools/none`", "tools/none"),
               ("[out](../../../../../etc)", "etc"))
        for text in good:
            page.write_text(f"# Page\n\nfirst\n\nsome {text} words\n\n    ``Code``\n\n```text\n<doc:Nothing>\n```\n")
            site = docs.Site(self.place)
            site.build()
            self.assertEqual(site.wrong, [], text)
        self.assertEqual(site.elsewhere, [])
        for text, target in bad:
            page.write_text(f"# Page\n\nfirst\n- an item\n  and more\n\nsome {text} words\n")
            site = docs.Site(self.place)
            site.build()
            self.assertTrue(site.wrong, text)
            self.assertTrue(site.wrong[0].startswith("Sources/One/One.docc/Guide/Page.md:7: ") and target in site.wrong[0], site.wrong)
        page.write_text("# Page\n\n[there](https://example.org/x)\n")
        site = docs.Site(self.place)
        site.build()
        self.assertEqual(site.elsewhere, ["Sources/One/One.docc/Guide/Page.md:3: https://example.org/x"])
        (catalogue / "Twice.md").unlink()
        (self.place / "README.md").write_text("# The whole\n\n<doc:Twice>\n")
        (self.place / "Sources" / "One" / "One.docc" / "Alone.md").write_text("# Alone\n\n<doc:Alone>\n")
        (self.place / "README.md").write_text("# The whole\n\n<doc:Alone>\n")
        site = docs.Site(self.place)
        site.build()
        self.assertEqual(site.wrong, ["README.md:3: <doc:Alone>: 2 pages are called so: write TARGET/Alone"])
        self.assertEqual(docs.main(["--check"], self.place), 1)

    def test_CL_254_wrong_use_says_how_it_is_used(self):
        for arguments in ((), ("--chekc",), ("a", "b")):
            status, _, errors = self.run_docs(*arguments)
            self.assertEqual(status, 2)
            self.assertIn("usage", errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
