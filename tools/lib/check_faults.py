"""Plants faults and demands that tests and worlds find them. Behind tools/check-faults."""

import collections
import concurrent.futures
import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from run_tests import RELEASE

ROOT = pathlib.Path(__file__).resolve().parents[2]
FAULTS = ROOT / "tools" / "faults"
WORK = ROOT / ".build" / "faults"
TREE, BUILD, LOGS = WORK / "tree", WORK / "build", WORK / "logs"
AREAS = ("rights", "epochs", "undo", "sync")
JOBS = max(2, os.cpu_count() or 2)
# Seconds; what takes longer hangs. The other is for what is built, too.
LIMIT, BUILD_LIMIT = 600, 3600
# What the question that chooses a fault is answered by, where it stands in the copy.
ANSWER = pathlib.Path("Sources/InkPrimitives/Planted.swift")


class Fault:
    """One patch of tools/faults, and what its head says."""

    def __init__(self, path):
        self.path, self.name, text = path, path.stem, path.read_text(encoding="utf-8")
        self.head, _, body = text.partition("\n--- ")
        added = [line[1:] for line in body.splitlines() if line.startswith("+") and not line.startswith("+++ ")]
        self.files = re.findall(r"^\+\+\+ b/(\S+)", text, re.M)
        self.asked = set(re.findall(r'isPlanted\("([^"]*)"\)', "\n".join(added)))
        self.area = self.line("Of")
        found = self.line("Found by") or ""
        named = re.fullmatch(r"([A-Z]\w*Tests) (.+)", found)
        self.tests = named and (named.group(1), named.group(2))
        worlds = re.match(r"(hostile )?worlds(?: with ([a-z-]+))?", found)
        hostile, kind = worlds.groups() if worlds else (None, None)
        self.worlds = (["--move", kind] if kind else ["--hostile"]) if hostile else ["--with", kind] if kind else []

    @property
    def is_guarded(self):
        return bool(self.asked)

    @property
    def filter(self):
        return rf"^{self.tests[0]}\..*({self.tests[1]})"

    def line(self, name):
        found = re.search(rf"^{name}: (.+)$", self.head, re.M)
        return found and found.group(1).rstrip()

    def complaint(self):
        """What its head lacks; nothing if all is there."""
        if not self.line("Found by"):
            return "does not say what finds it"
        if self.is_guarded and self.asked != {self.name}:
            return f"asks whether {', '.join(sorted(self.asked - {self.name}))} is planted, which is another"
        if self.area is not None and self.area not in AREAS or self.is_guarded and self.area is None:
            return f"is of none of {', '.join(AREAS)}"
        return None


class DoesNotApply(Exception):
    pass


class DoesNotBuild(Exception):
    pass


def patched(faults, source=ROOT):
    """The files that the patches change, with all of them planted: path → bytes."""
    with tempfile.TemporaryDirectory(prefix="inkwire-faults.") as folder:
        folder = pathlib.Path(folder)
        files = sorted({file for fault in faults for file in fault.files})
        for file in files:
            if (source / file).is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / file, folder / file)
        for fault in faults:
            with open(fault.path, "rb") as patch:
                done = subprocess.run(["patch", "-d", folder, "-p1", "--forward", "--silent", "--no-backup-if-mismatch"], stdin=patch,
                                      capture_output=True, text=True)
            if done.returncode:
                raise DoesNotApply(f"{fault.name}: the patch does not apply\n{done.stdout}{done.stderr}")
        return {file: (folder / file).read_bytes() for file in files}


def applies(faults):
    """Holds that each patch applies, that those of one build do so together, and what their heads must say. Returns the exit status."""
    complaints = [f"{fault.name} {complaint}" for fault in faults if (complaint := fault.complaint())]
    together = [fault for fault in faults if fault.is_guarded]
    for some in [[fault] for fault in faults] + [together]:
        try:
            patched(some)
        except DoesNotApply as error:
            complaints.append(f"{error}" if len(some) == 1 else f"{error}\n  after those before it, with which it makes one build")
    for complaint in dict.fromkeys(complaints):
        print(f"FAILED {complaint}")
    print(f"check-faults: {len(faults)} patches, {'not all apply' if complaints else 'all apply'}, {len(together)} make one build")
    return 1 if complaints else 0


def lay(faults):
    """Makes TREE this tree with these faults planted. What is as it was keeps its time, so that little is built anew."""
    planted = {pathlib.Path(file): content for file, content in patched(faults).items()}
    planted[ANSWER] = (FAULTS / ANSWER.name).read_bytes()
    wanted = {pathlib.Path("Package.swift")} | set(planted)
    for top in ("Sources", "Tests", "tools"):
        wanted |= {file.relative_to(ROOT) for file in (ROOT / top).rglob("*") if file.is_file() and "__pycache__" not in file.parts}
    for file in sorted(wanted):
        content = planted.get(file) or (ROOT / file).read_bytes()
        there = TREE / file
        if not there.is_file() or there.read_bytes() != content:
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(content)
            if (ROOT / file).exists():
                shutil.copymode(ROOT / file, there)
    for file in TREE.rglob("*"):
        # What `tools/try` builds there stays.
        if file.is_file() and (place := file.relative_to(TREE)) not in wanted and place.parts[0] != ".build":
            file.unlink()


def build(names):
    """Builds these targets of TREE in release, tests too; with none of the others, and so without a foreign package that only those need."""
    log = LOGS / "build.log"
    environment = {**os.environ, "INKWIRE_TRY": ",".join(sorted(names))}
    command = ["swift", "build", *RELEASE, "--package-path", str(TREE), "--scratch-path", str(BUILD), "--build-tests"]
    with open(log, "wb") as sink:
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, env=environment).returncode
    if status:
        lines = log.read_text(errors="replace").splitlines()
        raise DoesNotBuild("\n".join([line for line in lines if "error:" in line][:20] or lines[-20:]))


def run(command, log, fault=None, limit=LIMIT):
    """Runs a command with a fault chosen, or none. Returns (exit status, output); the status of what hangs is None."""
    environment = {key: value for key, value in os.environ.items() if key != "INKWIRE_FAULT"}
    if fault:
        environment["INKWIRE_FAULT"] = fault
    with open(LOGS / log, "wb") as sink:
        try:
            status = subprocess.run(command, cwd=TREE, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, env=environment,
                                    timeout=limit).returncode
        except subprocess.TimeoutExpired:
            status = None
    return status, plain(LOGS / log)


def plain(log):
    """A log without the colours that tests print."""
    return re.sub(r"\x1b\[\d*m", "", log.read_text(encoding="utf-8", errors="replace"))


def run_tests(filters, log, fault=None):
    """Runs tests of the build. `swift test` would take three seconds more, and let no second one run beside it."""
    program, = (BUILD / "release").glob("*.xctest")
    return run([program, "--testing-library", "swift-testing"] + [word for filter in filters for word in ("--filter", filter)], log, fault)


def tests_run(output):
    return sum(int(count) for count in re.findall(r"Test run with (\d+) tests?", output))


def first_test(output):
    failed = re.search(r"✘ Test (?!run)(.*?) (?:recorded an issue|failed|with \d+ test cases? failed)", output)
    return f"test {failed.group(1)}" if failed else None


class Outcome:
    """Whether a fault was found, by what, and how long that took; `complaint` says why not."""

    def __init__(self, fault, began, by=None, complaint=None):
        self.fault, self.by, self.complaint, self.seconds = fault, by, complaint, time.monotonic() - began

    def __str__(self):
        area = f"{self.fault.area}  " if self.fault.area else ""
        return f"{'found' if self.by else 'FAILED'} {self.fault.name}  {area}{self.seconds:.1f} s  {self.by or self.complaint}"


def judge_tests(fault, began, status, output):
    """What the tests say of a fault that is planted."""
    if status is None:
        return Outcome(fault, began, complaint="its tests do not end")
    if status == 0:
        return Outcome(fault, began, complaint=f"NOT FOUND: {tests_run(output)} tests of {' '.join(fault.tests)} passed")
    by = first_test(output)
    # What ends the process is a finding, too, as long as tests were begun.
    if not by and re.search("◇ Test (?!run)", output):
        by = f"the process of {' '.join(fault.tests)} ended with status {status}"
    return Outcome(fault, began, by, f"no test was run, status {status}:\n{output[-2000:]}")


def try_worlds(fault, seeds):
    """Runs worlds of the build until one breaks; that one must hold without the fault."""
    began, log = time.monotonic(), f"{fault.name}.log"
    simulate = BUILD / "release" / "simulate"
    chosen = fault.name if fault.is_guarded else None
    status, output = run([simulate, "--seeds", f"1...{seeds}", *fault.worlds, "--until-failure"], log, chosen)
    if status == 0:
        return Outcome(fault, began, complaint=f"NOT FOUND: {seeds} seeds of worlds {' '.join(fault.worlds)} passed")
    broken = re.search(r"^seed (\d+) FAILED at .*$", output, re.M)
    if status != 1 or not broken:
        return Outcome(fault, began, complaint=f"status {status} instead of a finding:\n{output[-2000:]}")
    return Outcome(fault, began, broken.group(0))


def try_together(faults, seeds):
    """All of these in one build."""
    lay(faults)
    began = time.monotonic()
    build({fault.tests[0] for fault in faults if fault.tests} | ({"simulate"} if not all(fault.tests for fault in faults) else set()))
    print(f"built {len(faults)} faults in {time.monotonic() - began:.0f} s", flush=True)
    named = [fault for fault in faults if fault.tests]
    if named:
        status, output = run_tests(sorted({fault.filter for fault in named}), "sound.log")
        if status != 0:
            print(f"{output[-3000:]}\nFAILED: tests fail without any fault, status {status}")
            return [Outcome(fault, began, complaint="tests fail without it") for fault in faults]

    def attempt(fault):
        if fault.tests:
            start = time.monotonic()
            return judge_tests(fault, start, *run_tests([fault.filter], f"{fault.name}.log", fault.name))
        outcome = try_worlds(fault, seeds)
        return hold_without(outcome) if outcome.by else outcome

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        # Worlds take longest.
        tried = [pool.submit(attempt, fault) for fault in sorted(faults, key=lambda fault: fault.tests is not None)]
        return [told(one.result()) for one in concurrent.futures.as_completed(tried)]


def hold_without(outcome):
    """The world that a fault broke holds without it, or the finding says nothing."""
    seed = outcome.by.split()[1]
    status, output = run([BUILD / "release" / "simulate", seed, *outcome.fault.worlds], f"{outcome.fault.name}-without.log")
    if status != 0:
        outcome.by, outcome.complaint = None, f"seed {seed} breaks without it, too:\n{output[-2000:]}"
    return outcome


def try_alone(fault, seeds):
    """One in a build of its own: tests in debug, worlds in release."""
    began = time.monotonic()
    if fault.tests:
        command = [TREE / "tools" / "try", *fault.tests]
        lay([])
        status, output = run(command, f"{fault.name}-without.log", limit=BUILD_LIMIT)
        if status != 0:
            return Outcome(fault, began, complaint=f"its test fails without it, or there is none of that name:\n{output[-2000:]}")
        lay([fault])
        status, output = run(command, f"{fault.name}.log", limit=BUILD_LIMIT)
        if status and "error: " in output and not tests_run(output):
            raise DoesNotBuild(output[-2000:])
        return judge_tests(fault, began, status, plain(TREE / ".build" / "logs" / "try.log"))
    lay([fault])
    build({"simulate"})
    return try_worlds(fault, seeds)


def told(outcome):
    print(outcome, flush=True)
    return outcome


def main(words):
    is_afresh = words[:1] == ["--afresh"]
    words = words[1:] if is_afresh else words
    paths = [pathlib.Path(word) for word in words if word not in ("--applies", "--together")]
    if missing := [str(path) for path in paths if not path.is_file()]:
        print(f"tools/check-faults: there is no patch {', '.join(missing)}; more with --help.", file=sys.stderr)
        return 2
    if not (count := os.environ.get("SEEDS", "300")).isdecimal():
        print(f"tools/check-faults: SEEDS is how many seeds may be needed, not {count!r}.", file=sys.stderr)
        return 2
    faults = [Fault(path) for path in paths or sorted(FAULTS.glob("*.patch"))]
    if "--applies" in words:
        return applies(faults)
    seeds, began = int(count), time.monotonic()
    together = [fault for fault in faults if fault.is_guarded]
    alone = [] if "--together" in words else [fault for fault in faults if not fault.is_guarded]
    LOGS.mkdir(parents=True, exist_ok=True)
    with open(WORK / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_afresh:
            for folder in (TREE, BUILD):
                shutil.rmtree(folder, ignore_errors=True)
        try:
            outcomes = try_together(together, seeds) if together else []
            sound = [fault for fault in alone if not fault.tests]
            for fault in alone:
                outcomes.append(told(try_alone(fault, seeds)))
            # Last, since it takes one more build for all of them.
            if any(outcome.by for outcome in outcomes if outcome.fault in sound):
                lay([])
                build({"simulate"})
                for outcome in outcomes:
                    if outcome.fault in sound and outcome.by and not hold_without(outcome).by:
                        told(outcome)
        except (DoesNotApply, DoesNotBuild) as error:
            print(f"FAILED {error}")
            return 1
    found = collections.Counter(outcome.fault.area for outcome in outcomes if outcome.by)
    areas = ", ".join(f"{found[area]} of {area}" for area in AREAS if found[area])
    print(f"check-faults: {sum(found.values())} of {len(outcomes)} faults found{f' ({areas})' if areas else ''} in {time.monotonic() - began:.0f} s")
    return 0 if sum(found.values()) == len(outcomes) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
