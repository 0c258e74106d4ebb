"""Runs the steps of tools/test and counts honestly."""

import concurrent.futures
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = ROOT / ".build" / "logs"
WARNINGS = LOGS / "warnings.json"
# What a whole run and a build from nothing took, for tools/figures.
SECONDS = LOGS / "seconds.json"
# As RELEASE in build.sh: one set of flags, so that nothing is built twice.
RELEASE = ["-c", "release", "-Xswiftc", "-enable-testing", "-debug-info-format", "none"]
STEP_LIMIT = 1500  # seconds; a step that takes longer hangs
BUILD_LIMIT = 3000  # seconds; from nothing, and where the processors are slow or others have them
JOBS = max(2, os.cpu_count() or 2)


class Outcome:
    """What one step showed. `summary` is for the line printed, `details` for when it failed."""

    def __init__(self, passed=0, failed=0, skipped=0, summary="", details=""):
        self.passed, self.failed, self.skipped, self.summary, self.details = passed, failed, skipped, summary, details

    def __add__(self, other):
        return Outcome(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped,
                       " ".join(filter(None, [self.summary, other.summary])), "\n".join(filter(None, [self.details, other.details])))


running = set()
running_lock = threading.Lock()
# Set while no worlds are computed: end-to-end tests that run alone wait for it.
worlds_done = threading.Event()
worlds_done.set()


def execute(arguments, log, *, limit=STEP_LIMIT, folder=ROOT, environment=None):
    """Runs a command in its own process group, its output to `log`; returns (exit status, output)."""
    log = LOGS / log
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as sink:
        child = subprocess.Popen(arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
                                 env={**os.environ, **(environment or {})}, start_new_session=True)
        with running_lock:
            running.add(child)
        try:
            status = child.wait(limit)
        except subprocess.TimeoutExpired:
            stop(child)
            sink.write(f"\nstopped after {limit} s\n".encode())
            status = -1
        finally:
            with running_lock:
                running.discard(child)
    return status, log.read_text(encoding="utf-8", errors="replace")


def stop(child):
    """Ends a step with all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
            child.wait(5)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def tail(output, lines=40):
    return "\n".join(output.rstrip().splitlines()[-lines:])


def plain(arguments, log, **more):
    """A step that is one check."""
    status, output = execute(arguments, log, **more)
    last = output.rstrip().splitlines()[-1] if output.strip() else ""
    return Outcome(1, 0, 0, last) if status == 0 else Outcome(0, 1, 0, f"exit {status}", tail(output))


def swift_sources():
    folders = [folder for folder in ("Sources", "Tests", "tools") if list((ROOT / folder).glob("**/*.swift"))]
    return ["Package.swift", *folders]


def step_format():
    return plain(["swift", "format", "lint", "--strict", "--recursive", "--parallel", *swift_sources()], "format.log")


def step_layers():
    return plain([sys.executable, "tools/check-layers", "--self-test"], "layers.log")


def step_faults():
    return plain(["tools/check-faults", "--applies"], "faults.log")


def step_rules():
    return plain([sys.executable, "tools/check-rules", "--self-test"], "rules.log")


def step_build():
    is_clean, began = not (ROOT / ".build" / "release").exists(), time.monotonic()
    outcome = plain(["swift", "build", *RELEASE, "--build-tests"], "build.log", limit=BUILD_LIMIT)
    note_warnings("build.log")
    if outcome.failed:
        errors = [line for line in (LOGS / "build.log").read_text(errors="replace").splitlines() if "error:" in line]
        outcome.details = "\n".join(errors[:40]) or outcome.details
    elif is_clean:
        remember("clean build with tests", time.monotonic() - began)
    return outcome


def step_programs():
    """What the steps run that are not tests in Swift: faster than `build` when only they are wanted. Nothing for what a variable names."""
    outcome = Outcome()
    for product, variable in (("inkwire", "INKWIRE_BINARY"), ("terminal-stand", "INKWIRE_TERMINAL_STAND"), ("core-bench", "INKWIRE_CORE_BENCH"),
                              ("capture", "INKWIRE_CAPTURE"), ("load-stand", "INKWIRE_LOAD_STAND")):
        if os.environ.get(variable):
            continue
        outcome += plain(["swift", "build", *RELEASE, "--product", product], f"build-{product}.log")
        note_warnings(f"build-{product}.log")
    # All builds are one step.
    outcome.passed, outcome.failed, outcome.summary = int(not outcome.failed), int(outcome.failed > 0), ""
    return outcome


def remember(what, seconds):
    """Keeps how long something took, with the commit it was done at."""
    known = json.loads(SECONDS.read_text()) if SECONDS.exists() else {}
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    known[what] = {"seconds": round(seconds, 1), "commit": commit.stdout.strip() or "unknown", "load": round(os.getloadavg()[0], 1)}
    SECONDS.write_text(json.dumps(known, indent=1))


def note_warnings(log):
    """Keeps what a build said of our sources.

    A compiler warns only when it compiles, so what it said of each module is remembered until that module is compiled again.
    """
    known = json.loads(WARNINGS.read_text()) if WARNINGS.exists() else {}
    log = (LOGS / log).read_text(encoding="utf-8", errors="replace")
    compiled = set(re.findall(r"\] (?:Compiling|Emitting module) (\w+)", log))
    found = {}
    for match in re.finditer(rf"^{re.escape(str(ROOT))}/((?:Sources|Tests|tools)/[^:\n]+):(\d+):\d+: warning: (.*)$", log, re.M):
        path, line, text = match.groups()
        module = pathlib.PurePath(path).parts[1]
        found.setdefault(module, {})[f"{path}:{line}: {text}"] = True
    found = {module: list(lines) for module, lines in found.items()}
    own = [line for line in log.splitlines() if line.startswith("warning: 'inkwire'") or "warning: 'inkwire':" in line]
    remembered = {module: lines for module, lines in known.items() if module not in compiled and module not in found
                  and any((ROOT / folder / module).exists() for folder in ("Sources", "Tests", "tools"))}
    remembered.update(found)
    # Of the package itself each build speaks anew.
    if own:
        remembered["Package.swift"] = own
    WARNINGS.write_text(json.dumps(remembered, indent=1))


def step_warnings():
    """No source of ours may draw a warning."""
    remembered = json.loads(WARNINGS.read_text()) if WARNINGS.exists() else {}
    lines = [line for module in sorted(remembered) for line in remembered[module]]
    return Outcome(0, 1, 0, f"{len(lines)} warnings", "\n".join(lines)) if lines else Outcome(1, 0, 0, "none")


def step_swift():
    """Tests with real sockets run after those that only compute: in one run these would keep both processors from them for long."""
    return run_swift("swift.log", "--skip", SOCKET_TESTS) + run_swift("swift-sockets.log", "--filter", SOCKET_TESTS)


def step_floors():
    """The tests of floors 0-3 in debug, as tools/try builds them: without NIO, GRDB and the simulator's worlds."""
    return count_swift(*execute(["tools/try", ",".join(floor_tests())], "floors.log"))


def floor_tests():
    """The test targets of floors 0-3, by the table of tools/check-layers."""
    loader = importlib.machinery.SourceFileLoader("check_layers", str(ROOT / "tools" / "check-layers"))
    layers = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(layers)
    return sorted(f"{name}Tests" for name, target in layers.TABLE.items() if target.floor <= 3 and (ROOT / "Tests" / f"{name}Tests").exists())


def run_swift(log, *which):
    return count_swift(*execute(["swift", "test", *RELEASE, "--skip-build", *which], log))


def count_swift(status, output):
    """What the output of `swift test` says."""
    total = sum(int(count) for count in re.findall(r"Test run with (\d+) tests?", output))
    failed = len(re.findall(r"^\S+ Test (?!run )(?!case ).* failed after", output, re.M))
    # XCTest counts apart, should a target ever use it; its grand total comes last.
    older = re.findall(r"Executed (\d+) tests?, with (?:\d+ tests? skipped and )?(\d+) failures?", output)
    if older:
        total, failed = total + int(older[-1][0]), failed + int(older[-1][1])
    if status != 0 and failed == 0:
        failed = 1
    if total == 0:
        return Outcome(0, max(1, failed), 0, "no test ran", tail(output))
    issues = [line for line in output.splitlines() if re.search(r"recorded an issue|failed after|Fatal error|error:", line)]
    return Outcome(max(0, total - failed), failed, 0, f"{total} tests", "\n".join(issues[:60]) if failed else "")


def python_tests():
    return sorted((ROOT / "Tests").glob("**/test_*.py"))


def run_python(file):
    began = time.monotonic()
    path = os.pathsep.join([str(ROOT / "tools" / "lib"), str(file.parent)])
    status, output = execute([sys.executable, "-B", "-m", "unittest", "-v", file.stem], f"python/{file.stem}.log", folder=file.parent,
                             environment={"PYTHONPATH": path})
    ran = re.search(r"^Ran (\d+) tests?", output, re.M)
    total = int(ran.group(1)) if ran else 0
    verdicts = re.findall(r"^(?:OK|FAILED)(?: \((.*)\))?$", output, re.M)
    counts = {name: int(count) for name, count in re.findall(r"([a-z ]+)=(\d+)", verdicts[-1] if verdicts else "")}
    counts = {name.strip(): count for name, count in counts.items()}
    failed = counts.get("failures", 0) + counts.get("errors", 0) + counts.get("unexpected successes", 0)
    skipped = counts.get("skipped", 0)
    if status != 0 and failed == 0 or total == 0:
        failed = max(1, failed)
    line = f"    {file.relative_to(ROOT / 'Tests')}: {total} tests, {failed} failed, {skipped} skipped, {time.monotonic() - began:.0f} s"
    print(line, flush=True)
    for reason in sorted(set(re.findall(r"skipped ['\"](.*)['\"]$", output, re.M))):
        print(f"      skipped: {reason}", flush=True)
    details = f"--- {file.name}\n{tail(output, 60)}" if failed else ""
    return Outcome(max(0, total - failed - skipped), failed, skipped, "", details)


def step_end_to_end():
    """Files run side by side; within one, tests run in order. Those that measure time or load the machine run alone.

    They wait more than they compute, so there is one more of them than processors.
    """
    files = python_tests()
    alone = [file for file in files if re.search(r"^# Runs alone", file.read_text(encoding="utf-8"), re.M)]
    together = [file for file in files if file not in alone]
    outcome = Outcome()
    with concurrent.futures.ThreadPoolExecutor(JOBS + 1) as pool:
        for result in pool.map(run_python, together):
            outcome += result
    worlds_done.wait()
    for file in alone:
        outcome += run_python(file)
    if not files:
        return Outcome(0, 1, 0, "no end-to-end test found")
    outcome.summary = f"{len(files)} files"
    return outcome


def step_simulate():
    """Worlds from 200 seeds, and one seed in two processes: whoever replays a failure must get the same events."""
    # What runs beside it goes first: worlds have a time of their own.
    status, output = execute(["nice", "-n", "19", "tools/simulate", "--seeds", "1...200"], "simulate.log")
    counts = re.findall(r"^(\d+) passed, (\d+) failed$", output, re.M)
    if not counts:
        return Outcome(0, 1, 0, f"exit {status}", tail(output))
    passed, failed = map(int, counts[-1])
    if status != 0:
        failed = max(1, failed)
    again = [execute(["tools/simulate", "7"], f"simulate-{number}.log") for number in (1, 2)]
    lines = [[line for line in said.splitlines() if re.search(r"[0-9a-f]{16}", line)] for _, said in again]
    same = all(status == 0 for status, _ in again) and lines[0] and lines[0] == lines[1]
    details = tail(output) if failed else ""
    if not same:
        details += f"\nseed 7 in two processes:\n{lines[0]}\n{lines[1]}"
    return Outcome(passed + (1 if same else 0), failed + (0 if same else 1), 0, f"{passed} worlds, one seed twice", details)


def step_fuzz():
    """A sample; tools/fuzz/run gives each decoder as many inputs as wanted."""
    return plain([sys.executable, "-B", "tools/lib/fuzz.py", "--inputs", "1000"], "fuzz.log", limit=120)


def step_kill():
    return plain(["tools/kill-at-every-write", "--sample", "40"], "kill-at-every-write.log")


def step_demo():
    """The demo without a terminal; the build is done, so the limit is its own."""
    status, output = execute(["tools/demo"], "demo.log", limit=300)
    prints = re.findall(r"^fingerprint ([0-9a-f]{32})$", output, re.M)
    took = re.search(r"demo: done in ([\d.]+) s", output)
    seconds = float(took.group(1)) if took else 0
    if status != 0 or len(prints) != 2 or len(set(prints)) != 1:
        return Outcome(0, 1, 0, f"exit {status}, {len(prints)} fingerprints, {len(set(prints))} different", tail(output))
    if not took or seconds > 15:
        return Outcome(0, 1, 0, f"took {seconds:.1f} s, more than 15", tail(output))
    return Outcome(1, 0, 0, f"equal fingerprints in {seconds:.1f} s")


def step_networks():
    """A sample of pairs of networks; that all of them meet is what counts here, with patience. tools/natlab all has all pairs, and times."""
    status, output = execute(["tools/natlab", "sample", "--meet", "6"], "natlab.log", limit=200)
    skipped = re.search(r"^skipped: .*$", output, re.M)
    if skipped:
        return Outcome(0, 0, 1, skipped.group(0))
    kept = re.search(r"^(\d+) pairs as promised, (\d+) not", output, re.M)
    if not kept:
        return Outcome(0, 1, 0, f"exit {status}", tail(output))
    passed, failed = map(int, kept.groups())
    return Outcome(passed, max(failed, 1 if status else 0), 0, f"{passed} pairs meet", tail(output) if status else "")


def step_latency():
    """Shown, not judged: machines are noisy. tools/latency --limits judges on a quiet one."""
    return plain(["tools/latency", "--changes", "200"], "latency.log", limit=120)


STEPS = {
    "format": (step_format, "swift format, strict"),
    "layers": (step_layers, "arrows point down only"),
    "rules": (step_rules, "each numbered rule is one sentence, named in code and in the title of a test"),
    "faults": (step_faults, "the faults planted by tools/check-faults still apply"),
    "floors": (step_floors, "Swift tests of floors 0-3, in debug"),
    "programs": (step_programs, "release build without tests"),
    "build": (step_build, "release build with tests"),
    "warnings": (step_warnings, "our sources draw no warning"),
    "swift": (step_swift, "Swift tests"),
    "simulate": (step_simulate, "worlds with faults, from seeds"),
    "end-to-end": (step_end_to_end, "real processes, sockets, disks"),
    "fuzz": (step_fuzz, "mutated bytes for every decoder"),
    "kill": (step_kill, "SIGKILL at a sample of all writes"),
    "demo": (step_demo, "the demo, headless"),
    "networks": (step_networks, "people behind routers of all kinds"),
    "latency": (step_latency, "command to event on loopback"),
}
SOCKET_TESTS = r"^InkRuntimeTests\."
# What a step runs is built first, whichever steps are named: by "build" all of it, by "programs" what is no test in Swift; None: by the tool itself.
NEED_BUILD = {"warnings": "build", "swift": "build", "end-to-end": "programs", "fuzz": "build", "simulate": None, "kill": None, "demo": None, "networks": "programs", "latency": None}
# Of no use in a whole run, where "build" and "swift" do the same and more.
APART = {"floors", "programs"}
QUICK = ["format", "layers", "rules", "floors"]


def plan(names):
    """The steps to run for the words of the command line: each once, in the order of STEPS, with what they need."""
    wanted = {step for name in names for step in (QUICK if name == "quick" else [name])} if names else set(STEPS) - APART
    needed = {NEED_BUILD[name] for name in wanted if NEED_BUILD.get(name)}
    if "build" in wanted | needed:
        needed = {"build"}
    return [name for name in STEPS if name in wanted | needed]


def timed(name):
    began = time.monotonic()
    try:
        outcome = STEPS[name][0]()
    except Exception as error:  # a step that breaks is a failed step, and the others go on
        outcome = Outcome(0, 1, 0, f"{type(error).__name__}: {error}")
    return name, outcome, time.monotonic() - began


def show(name, outcome, seconds):
    verdict = "ok    " if outcome.failed == 0 else "FAILED"
    print(f"{verdict} {name:<11} {seconds:6.1f} s  {STEPS[name][1]}: {outcome.summary}", flush=True)
    if outcome.failed and outcome.details:
        print("\n".join("    | " + line for line in outcome.details.splitlines()), flush=True)


def leave(number, _frame):
    with running_lock:
        children = list(running)
    for child in children:
        stop(child)
    os._exit(128 + number)


def main():
    if sys.argv[1:] == ["--list"]:
        for name, (_, text) in STEPS.items():
            print(f"{name:<11} {text}{' (not part of a whole run)' if name in APART else ''}")
        print(f"{'quick':<11} {', '.join(QUICK)}")
        return 0
    unknown = [name for name in sys.argv[1:] if name not in STEPS and name != "quick"]
    if unknown:
        print(f"tools/test: no step is called {', '.join(unknown)}.\n  Known: {', '.join(STEPS)}, quick.", file=sys.stderr)
        return 2
    wanted = plan(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    LOGS.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(LOGS / "python", ignore_errors=True)
    began, outcomes = time.monotonic(), {}

    # The quick checks first and side by side. The build comes before all that runs what it makes, and shares the machine with none.
    quick = [name for name in wanted if name in ("format", "rules", "faults")]
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for name, outcome, seconds in pool.map(timed, quick):
            outcomes[name] = outcome
            show(name, outcome, seconds)
    beside = None
    for name in wanted:
        if name in quick:
            continue
        if name in NEED_BUILD and any(build in outcomes and outcomes[build].failed for build in ("build", "programs")):
            outcomes[name] = Outcome(0, 1, 0, "not run: the build failed")
            show(name, outcomes[name], 0)
            continue
        if name == "simulate" and "end-to-end" in wanted and not any(outcome.failed for step, outcome in outcomes.items() if step in ("build", "programs")):
            # Worlds only compute, and real processes mostly wait: side by side they take little more than the longer one.
            worlds_done.clear()
            beside = concurrent.futures.ThreadPoolExecutor(1).submit(timed, name)
            beside.add_done_callback(lambda _: worlds_done.set())
            continue
        _, outcomes[name], seconds = timed(name)
        if beside:
            other, outcomes["simulate"], took = beside.result()
            show(other, outcomes["simulate"], took)
            beside = None
        show(name, outcomes[name], seconds)

    passed = sum(outcome.passed for outcome in outcomes.values())
    failed = sum(outcome.failed for outcome in outcomes.values())
    skipped = sum(outcome.skipped for outcome in outcomes.values())
    if set(wanted) == set(STEPS) - APART and not failed:
        remember("tools/test", time.monotonic() - began)
    print(f"{time.monotonic() - began:.0f} s in all; logs in {LOGS.relative_to(ROOT)}")
    if skipped:
        print(f"{skipped} skipped, for the reasons given above")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
