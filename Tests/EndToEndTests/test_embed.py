"""What who embeds a library of the package has to fetch. `tools/embed-check` builds such programs, and takes its time."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "lib"))

import embed_check  # noqa: E402


class Embedding(unittest.TestCase):
    def resolve(self, traits):
        """The packages that SwiftPM fetches for a program with these traits."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            embed_check.write_package(folder, "Inkwire", "Board.swift", traits)
            done = subprocess.run(["swift", "package", "resolve"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            pins = {pin["identity"] for pin in json.loads((folder / "Package.resolved").read_text())["pins"]}
            self.assertEqual({fetched.lower() for fetched in embed_check.fetched(folder / ".build")}, pins)
            return pins

    def test_RT_163_with_no_trait_nothing_is_fetched_but_swift_nio_and_what_that_needs(self):
        self.assertEqual(self.resolve([]), embed_check.NIO)

    def test_RT_163_with_the_trait_TLS_all_is_fetched(self):
        self.assertEqual(self.resolve(["TLS"]), embed_check.NIO | embed_check.WITH_TLS)

    def test_RT_164_one_trait_is_on_by_default(self):
        done = subprocess.run(["swift", "package", "--package-path", str(ROOT), "dump-package"], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        (usual,) = [trait for trait in json.loads(done.stdout)["traits"] if trait["name"] == "default"]
        self.assertEqual(usual["enabledTraits"], ["TLS"])


if __name__ == "__main__":
    unittest.main()
