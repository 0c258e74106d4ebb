"""Embeds the libraries in programs of other packages; behind tools/embed-check, whose --help says what and how."""

import argparse
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "tools" / "lib" / "embed"
# What swift-nio needs is fetched with it.
NIO = {"swift-nio", "swift-atomics", "swift-collections", "swift-system"}
# What the trait TLS has fetched besides, of which a library builds the first alone (RT-164).
WITH_TLS = frozenset({"swift-nio-ssl", "grdb.swift", "swift-argument-parser"})
# Modules by which each thing is known that a library is to do without.
PARTS = {
    "TLS": {"NIOSSL", "CNIOBoringSSL"}, "SQLite": {"GRDB", "InkStore"}, "arguments": {"ArgumentParser"}, "pictures": {"InkFormats"},
    "terminal": {"InkTerminal"}, "sockets": {"NIOCore", "NIOPosix", "InkRuntime"}, "boards": {"InkBoard", "InkSession"},
    "the link": {"InkTransport"},
}
MANIFEST = """\
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "embedder",
    platforms: [.macOS(.v26)],
    dependencies: [.package(path: "{root}", traits: [{traits}])],
    targets: [.executableTarget(name: "embedder", dependencies: [.product(name: "{product}", package: "{package}")])],
    swiftLanguageModes: [.v6]
)
"""
PATIENCE = 60  # seconds that a program may take


class Embedding:
    """A program of another package: what it is made of, what it says at last, and what it is to be built from."""

    def __init__(self, product, program, traits, says, parts, fetched=frozenset()):
        self.product, self.program, self.traits, self.says, self.parts = product, program, traits, says, set(parts)
        self.fetched = NIO | fetched


CASES = {
    "link": Embedding("InkTransport", "Link.swift", [], ["hello from 0, hello from 1"], {"the link"}),
    "board": Embedding(
        "Inkwire", "Board.swift", [],
        ["TLS: this program was built without TLS; build it with the trait TLS of the package inkwire, or meet at a rendezvous of ws://: "
         "what peers say is encrypted end to end either way", "two people, 11 shapes, one board"],
        {"the link", "boards", "sockets"}),
    "board-tls": Embedding(
        "Inkwire", "Board.swift", ["TLS"], ["TLS: yes", "two people, 11 shapes, one board"], {"the link", "boards", "sockets", "TLS"},
        WITH_TLS),
}


class Failed(Exception):
    """What did not hold."""


def check(holds, what):
    if not holds:
        raise Failed(what)


def run(command, log, folder, **more):
    """Runs a command; its output, and what it took of the processors and of time."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([str(word) for word in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    log.write_text(done.stdout, encoding="utf-8")
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if "error:" in line] or done.stdout.splitlines()[-20:]
        raise Failed("\n  ".join([f"`{' '.join(map(str, command))}` ended with {done.returncode}:", *errors[:20]]))
    return done.stdout, after.ru_utime - before.ru_utime, time.monotonic() - began


def built(scratch):
    """The modules of which a debug build has compiled anything: a folder is made for each that could be asked for."""
    return {folder.stem for folder in (scratch / "debug").glob("*.build") if next(folder.glob("**/*.o"), None)}


def fetched(scratch):
    return {folder.name for folder in (scratch / "checkouts").glob("*") if folder.is_dir()}


def look(name, scratch, wanted_parts, wanted_packages, user, wall):
    """Compares what is there with what should be, and prints it."""
    modules, packages = built(scratch), fetched(scratch)
    parts = {part for part, of in PARTS.items() if modules & of}
    print(f"{name}: {user:.0f} s of processors, {wall:.0f} s in all, {len(modules)} modules")
    print(f"  fetched: {', '.join(sorted(packages))}")
    print(f"  built: {', '.join(part for part in PARTS if part in parts)}; not: {', '.join(part for part in PARTS if part not in parts)}",
          flush=True)
    # A folder is named as the address has it, and a pin in small letters.
    check({package.lower() for package in packages} == wanted_packages, f"to be fetched were {', '.join(sorted(wanted_packages))}")
    check(parts == wanted_parts, f"to be built were {', '.join(sorted(wanted_parts))}")


def write_package(folder, product, program, traits):
    """Writes a package whose one program uses a library of ours."""
    source = folder / "Sources" / "embedder"
    source.mkdir(parents=True)
    shutil.copy(PROGRAMS / program, source / "main.swift")
    named = ", ".join(f'"{trait}"' for trait in traits)
    # SwiftPM calls a package on the disk by the last part of its path.
    (folder / "Package.swift").write_text(MANIFEST.format(root=ROOT, traits=named, product=product, package=ROOT.name))


def embed(name, folder):
    """Makes the package of a case, builds it and runs its program."""
    case = CASES[name]
    write_package(folder, case.product, case.program, case.traits)
    scratch = folder / ".build"
    said, user, wall = run(["swift", "build"], folder / "build.log", folder)
    warnings = [line for line in said.splitlines() if "warning:" in line and (str(ROOT) in line or str(folder) in line or "'inkwire'" in line)]
    check(not warnings, "\n  ".join(["the build warns:", *warnings[:20]]))
    look(name, scratch, case.parts, case.fetched, user, wall)
    said, _, wall = run([scratch / "debug" / "embedder"], folder / "run.log", folder, timeout=PATIENCE)
    print("".join(f"  says: {line}\n" for line in said.splitlines()), end="", flush=True)
    check(said.splitlines() == case.says, f"it was to say: {' / '.join(case.says)}")


def test(name, folder):
    """Runs the tests of InkRuntime as they are without traits, in the package itself, with a build of its own."""
    folder.mkdir(parents=True)
    scratch = folder / ".build"
    command = ["swift", "test", "--package-path", ROOT, "--scratch-path", scratch, "--disable-xctest", "--disable-default-traits"]
    # As tools/try: nothing but what these tests need.
    settings = {**os.environ, "INKWIRE_TRY": "InkRuntimeTests"}
    said, user, wall = run(command, folder / "test.log", ROOT, env=settings)
    passed = re.search(r"Test run with (\d+) tests?", said)
    check(passed and int(passed.group(1)) > 0, "no test ran")
    check("RT-162" in said, "the tests of a build without TLS did not run")
    look(name, scratch, {"the link", "boards", "sockets"}, NIO, user, wall)
    print(f"  {passed.group(1)} tests passed", flush=True)


def main():
    cases = [*CASES, "tests"]
    parser = argparse.ArgumentParser(prog="tools/embed-check", add_help=False)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--keep", type=pathlib.Path)
    asked = parser.parse_args()
    if unknown := [name for name in asked.cases if name not in cases]:
        print(f"tools/embed-check: no case is called {', '.join(unknown)}.\n  Known: {', '.join(cases)}.", file=sys.stderr)
        return 2
    failed = 0
    with tempfile.TemporaryDirectory(prefix="inkwire-embed-") as temporary:
        place = asked.keep or pathlib.Path(temporary)
        for name in cases:
            if asked.cases and name not in asked.cases:
                continue
            folder = place / name
            shutil.rmtree(folder, ignore_errors=True)
            try:
                (test if name == "tests" else embed)(name, folder)
            except (Failed, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"{name}: FAILED: {error}", flush=True)
    print(f"embed-check: {failed or 'nothing'} failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
