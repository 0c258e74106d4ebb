"""Builds and runs the tests of a few targets with nothing but what they need. Behind tools/try and `tools/test quick`."""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRY = ROOT / ".build" / "try"
LOG = ROOT / ".build" / "logs" / "try.log"


def describe():
    """The targets of Package.swift by name, as SwiftPM describes them; asked anew only when the file changed, since the answer takes a second."""
    manifest = ROOT / "Package.swift"
    kept = TRY / f"package-{hashlib.sha256(manifest.read_bytes()).hexdigest()[:16]}.json"
    if not kept.exists():
        # A scratch path of its own: on the common one it would wait for whatever is being built there.
        asked = subprocess.run(["swift", "package", "--package-path", ROOT, "--scratch-path", TRY / "description", "dump-package"],
                               capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if asked.returncode:
            sys.exit(f"{asked.stderr}tools/try: `swift package dump-package` failed; its words stand above.")
        for old in TRY.glob("package-*.json"):
            old.unlink(missing_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(asked.stdout)
        part.rename(kept)
    return {target["name"]: target for target in json.loads(kept.read_text())["targets"]}


def needs_packages(name, targets):
    """Whether the target, or one that it needs, uses a foreign package."""
    kinds = [next(iter(dependency.items())) for dependency in targets[name]["dependencies"]]
    return any(kind == "product" or needs_packages(of[0], targets) for kind, of in kinds)


def is_progress(line):
    """Whether a line of `swift test` tells nothing that a reader of the outcome wants."""
    if re.match(r"warning: '\w+': dependency '[^']+' is not used by any target", line):
        return True  # of a package that only the other targets use
    return bool(re.match(r"\[\d+/\d+\] (?!.*(warning|error):)|◇ |✔ (?!Test run )|↳ T(esting Library|arget Platform)|Build complete|Building |$", line))


def run(names, pattern=None, shown=print):
    """Builds and runs; gives each line that tells something to `shown`. Returns the exit status and all that was said."""
    targets = describe()
    place = TRY / ("packages" if any(needs_packages(name, targets) for name in names) else "plain")
    # None of our tests uses XCTest: without it a second process need not start to find none.
    command = ["swift", "test", "--package-path", str(ROOT), "--scratch-path", str(place), "--disable-xctest"]
    LOG.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    with open(LOG, "w", encoding="utf-8") as log:
        child = subprocess.Popen(command + (["--filter", pattern] if pattern else []), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, env={**os.environ, "INKWIRE_TRY": ",".join(sorted(names))},
                                 encoding="utf-8", errors="replace")
        for line in child.stdout:
            log.write(line)
            lines.append(line.rstrip("\n"))
            if not is_progress(lines[-1]):
                shown(lines[-1])
        status = child.wait()
    return status, "\n".join(lines)


def tests_run(output):
    return sum(int(count) for count in re.findall(r"Test run with (\d+) tests?", output))


def main():
    if not 1 <= len(sys.argv) - 1 <= 2 or sys.argv[1].startswith("-"):
        print("tools/try: which tests? usage: tools/try TARGET [FILTER]; more with --help.", file=sys.stderr)
        return 2
    names, pattern = sys.argv[1].split(","), sys.argv[2] if len(sys.argv) > 2 else None
    known = sorted(name for name, target in describe().items() if target["type"] == "test")
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"tools/try: no test target is called {', '.join(map(repr, unknown))}.\n  There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    status, output = run(names, pattern, lambda line: print(line, flush=True))
    if status == 0 and tests_run(output) == 0:
        what = f"no test of {', '.join(names)} matches {pattern!r}" if pattern else f"{', '.join(names)} holds no test"
        print(f"tools/try: no test ran: {what}.", file=sys.stderr)
        return 1
    if status != 0:
        print(f"tools/try: the whole output is in {LOG.relative_to(ROOT)}", file=sys.stderr)
    return 0 if status == 0 else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
