"""What goes into the packages, without building: whole packages are made and tried by `tools/package-check`."""

import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "lib"))

import package  # noqa: E402
import package_elf  # noqa: E402
import package_notices  # noqa: E402

FILES = ROOT / "tools" / "lib" / "package"


class Package(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_the_pins_are_the_versions_that_the_manifest_asks_for(self):
        asked = dict(re.findall(r'\.package\(url: "([^"]+)", exact: "([^"]+)"\)', (ROOT / "Package.swift").read_text()))
        self.assertGreaterEqual(len(asked), 4)
        pinned = {pin["location"]: pin["state"]["version"] for pin in json.loads((FILES / "pins.json").read_text())["pins"]}
        for location, version in asked.items():
            self.assertEqual(pinned.get(location), version, f"{location}: `cp Package.resolved tools/lib/package/pins.json`")

    def test_nothing_is_given_away_without_its_licence(self):
        pins = json.loads((FILES / "pins.json").read_text())
        self.assertEqual({pin["identity"] for pin in pins["pins"]}, set(package_notices.DEPENDENCIES))
        pins["pins"].append({"identity": "swift-novelty", "location": "", "state": {"version": "1.0.0"}})
        source = self.folder / "tools/lib/package"
        source.mkdir(parents=True)
        (source / "pins.json").write_text(json.dumps(pins))
        with self.assertRaisesRegex(package_notices.Missing, "swift-novelty"):
            package_notices.Notices(self.folder, self.folder, self.folder, "gcc-12-base")

    def test_a_licence_within_a_comment_is_found_or_missed_aloud(self):
        text = "/* of a change */\n/*-\n * Redistribution and use\n *\n * are permitted\n */\nint main;\n"
        self.assertEqual(package_notices.comment(text, "sha1.c"), "\nRedistribution and use\n\nare permitted\n".lstrip("\n"))
        with self.assertRaisesRegex(package_notices.Missing, "sha1.c"):
            package_notices.comment("/* of a change */", "sha1.c")
        with self.assertRaisesRegex(package_notices.Missing, "nowhere"):
            package_notices.read(self.folder / "nowhere")

    def test_an_archive_depends_on_what_is_in_it_alone(self):
        archives = []
        for number, names in enumerate((["top/b", "top/a/c"], ["top/a/c", "top/b"])):
            tree = package.Tree(1_700_000_000)
            for name in names:
                tree.add(name, name, 0o755 if name.endswith("b") else 0o644)
            tree.add_packed("top/z.gz", "packed")
            file = self.folder / f"{number}.tar.gz"
            tree.archive(file)
            archives.append(file.read_bytes())
            self.assertEqual(tree.installed_size, 5)
        self.assertEqual(archives[0], archives[1])
        self.assertEqual(archives[0][4:8], b"\0\0\0\0", "gzip's own time")
        with tarfile.open(fileobj=io.BytesIO(archives[0])) as tar:
            found = [(entry.name, entry.mode, entry.uid, entry.gid, entry.mtime) for entry in tar]
        self.assertEqual(found, [(name, mode, 0, 0, 1_700_000_000) for name, mode in
                                 (("top", 0o755), ("top/a", 0o755), ("top/a/c", 0o644), ("top/b", 0o755), ("top/z.gz", 0o644))])

    def test_what_is_not_committed_does_not_get_in(self):
        repository, build = self.folder / "repository", self.folder / "build"
        git = lambda *words: subprocess.run(["git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@localhost", *words], check=True,
                                            capture_output=True, text=True).stdout
        for name, text in (("Sources/inkwire/BuildCommit.swift", "let buildCommit: String? = nil\n"), ("Sources/inkwire/A.swift", "committed\n"),
                           ("tools/lib/package/pins.json", "{}\n"), (".gitignore", "Package.resolved\n")):
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            (repository / name).write_text(text)
        git("init", "-q")
        git("add", "-A")
        git("commit", "-q", "-m", "one")
        (repository / "Sources/inkwire/A.swift").write_text("changed\n")
        (repository / "Sources/inkwire/B.swift").write_text("new\n")
        build.mkdir()
        with unittest.mock.patch.object(package, "ROOT", repository), unittest.mock.patch.object(package, "tell") as told:
            commit = package.Commit()
            self.assertIn("not committed", told.call_args.args[0])
            made = package.Build(commit, build)
            made.check_out()
            sources = made.source / "Sources/inkwire"
            self.assertEqual(sorted(path.name for path in sources.iterdir()), ["A.swift", "BuildCommit.swift"])
            self.assertEqual((sources / "A.swift").read_text(), "committed\n")
            self.assertEqual((sources / "BuildCommit.swift").read_text(), f'let buildCommit: String? = "{git("rev-parse", "HEAD")[:12]}"\n')
            # A second time nothing is written, so that nothing is built; what somebody left there goes.
            os.utime(sources / "BuildCommit.swift", (1, 1))
            made.check_out()
            self.assertEqual((sources / "BuildCommit.swift").stat().st_mtime, 1)
            (sources / "C.swift").write_text("left\n")
            (sources / "A.swift").write_text("meddled with\n")
            made.check_out()
            self.assertEqual(sorted(path.name for path in sources.iterdir()), ["A.swift", "BuildCommit.swift"])
            self.assertEqual((sources / "A.swift").read_text(), "committed\n")

    def test_a_word_that_nobody_gives_and_a_program_that_lacks_what_is_packed_end_it(self):
        (self.folder / "control").write_text("Version: @VERSION@\nSize: @SIZE@\n")
        words = package.Words(self.folder, {"VERSION": "1"})
        self.assertEqual(words("control", SIZE=3), "Version: 1\nSize: 3\n")
        with self.assertRaisesRegex(package.Failed, "@SIZE@"):
            words("control")
        commit = unittest.mock.Mock(short="0123456789ab")
        program = self.folder / "inkwire"
        for script, version in (("echo inkwire 0.3.0 0123456789ab", "0.3.0"), ("echo inkwire 0.3.0", None), ("exit 2", None)):
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
            if version:
                self.assertEqual(package.Program(program, self.folder).version(commit), version)
            else:
                self.assertRaises(package.Failed, package.Program(program, self.folder).version, commit)

    def test_a_completion_names_no_interpreter(self):
        program = self.folder / "inkwire"
        for said, kept in (("#!/bin/bash\n\n_inkwire() { :; }\n", "_inkwire() { :; }\n"), ("#compdef inkwire\n", "#compdef inkwire\n")):
            program.write_text(f"#!/bin/sh\ncat <<'END'\n{said}END\n")
            program.chmod(0o755)
            self.assertEqual(package.Program(program, self.folder).completion("bash"), kept.encode())

    def test_programs_that_differ_in_hashes_over_their_builds_become_equal(self):
        program = pathlib.Path("/bin/true").read_bytes()
        place = package_elf.sections(program)[".note.gnu.build-id"]
        other = bytearray(program)
        other[place.stop - 4:place.stop] = b"else"
        made = package_elf.placeless(program)
        self.assertEqual(package_elf.placeless(bytes(other)), made)
        self.assertEqual(package_elf.placeless(made), made)
        # Nothing else is touched, and another program has another hash.
        self.assertEqual((made[:place.start + 16], made[place.stop:]), (program[:place.start + 16], program[place.stop:]))
        self.assertNotEqual(made[place], package_elf.placeless(program + b"more")[place])
        with self.assertRaises(package_elf.Unknown):
            package_elf.placeless(b"#!/bin/sh\n")

    def test_builds_stand_at_paths_of_one_length_wherever_they_are(self):
        places = [package.evenly_long(pathlib.Path(place)) for place in ("/tmp/b", "/var/tmp/some/deeper/place", "/tmp/é")]
        self.assertEqual({len(os.fsencode(place)) for place in places}, {package.PATH_BYTES})
        self.assertEqual([place.parent for place in places][:2], [pathlib.Path("/tmp/b"), pathlib.Path("/var/tmp/some/deeper/place")])
        with self.assertRaisesRegex(package.Failed, "no place for a build.*\n.*name a shorter one"):
            package.evenly_long(pathlib.Path("/" + "x" * 170))

    def test_a_label_that_is_no_version_exits_2(self):
        for label in ("", "one", "1-2", "1/../2"):
            done = subprocess.run([sys.executable, "-B", ROOT / "tools/lib/package.py", "--label", label], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("is no version of a package", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
