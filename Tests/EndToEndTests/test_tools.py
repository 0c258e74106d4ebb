"""The tools that whoever changes something works with: what they run, and what they say when they are asked for what is not there."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "lib"))

import bench  # noqa: E402
import fairness  # noqa: E402
import run_tests  # noqa: E402
import try_tests  # noqa: E402
import two_writers  # noqa: E402


class Tools(unittest.TestCase):
    def run_tool(self, *arguments):
        done = subprocess.run(arguments, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def test_try_of_an_unknown_target_exits_2_and_lists_those_that_are_there(self):
        for name in ("InkNothingTests", "InkBoard", "", "InkBoardTests,InkNothingTests"):
            with self.subTest(name):
                status, out, errors = self.run_tool("tools/try", name)
                self.assertEqual((status, out), (2, ""), errors)
                self.assertIn("no test target is called", errors)
                self.assertIn("InkPrimitivesTests", errors)

    def test_try_without_a_target_or_with_too_much_exits_2(self):
        for arguments in ([], ["InkBoardTests", "one", "two"], ["--filter", "one"]):
            self.assertEqual(self.run_tool("tools/try", *arguments)[0], 2)

    def test_tests_of_the_lower_floors_need_no_foreign_package(self):
        targets = try_tests.describe()
        needing = {name for name, target in targets.items() if target["type"] == "test" and try_tests.needs_packages(name, targets)}
        self.assertLessEqual({"InkStoreTests", "InkRuntimeTests", "InkwireTests"}, needing)
        for name in run_tests.floor_tests():
            self.assertIn(name, targets)
            self.assertNotIn(name, needing)

    def test_each_step_that_runs_what_is_built_builds_it_before(self):
        self.assertEqual(run_tests.plan(["swift"]), ["build", "swift"])
        self.assertEqual(run_tests.plan(["end-to-end"]), ["programs", "end-to-end"])
        # One build is enough for both.
        self.assertEqual(run_tests.plan(["end-to-end", "swift"]), ["build", "swift", "end-to-end"])
        self.assertEqual(run_tests.plan(["quick"]), ["format", "layers", "rules", "floors"])
        whole = run_tests.plan([])
        self.assertEqual(set(whole), set(run_tests.STEPS) - run_tests.APART)
        self.assertTrue(all(whole.index("build") < whole.index(name) for name in run_tests.NEED_BUILD))

    @unittest.skipUnless(sys.platform == "linux", "the bench needs Linux")
    def test_the_bench_measures_both_loops_beside_their_yardsticks(self):
        contestant = pathlib.Path(os.environ.get("INKWIRE_BINARY", ROOT / ".build" / "release" / "inkwire")).parent / "bench-contestant"
        if not contestant.exists():
            self.skipTest("bench-contestant is not built")
        environment = {**os.environ, "BENCH_CONTESTANT": str(contestant)}
        done = subprocess.run([sys.executable, "-B", "tools/lib/bench.py", "--quick", "--works", "W1,W3wire,W5"], cwd=ROOT,
                              env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if line.startswith("| ")]
        self.assertEqual([rows.count(name) for name in ("yard-sealed", "yard-packed", "lean", "product")], [1, 1, 3, 3], done.stdout)
        self.assertNotIn("| - ", done.stdout, "a figure is missing")

    def test_a_work_of_the_bench_that_has_parts_stands_for_them(self):
        self.assertEqual(bench.works_named("W3,W1,W4bulk,W4"), ["W3stream", "W3wire", "W1", "W4bulk", "W4ops"])
        self.assertEqual(bench.works_named("W3stream"), ["W3stream"])
        status, _, errors = self.run_tool(sys.executable, "-B", "tools/lib/bench.py", "--works", "W1,W9")
        self.assertEqual(status, 2)
        self.assertIn("no work W9, but W1, W2, W3stream, W3wire, W4ops, W4bulk, W5, W6, W3, W4", errors)

    def test_a_pair_of_the_bench_whose_line_does_not_start_leaves_no_server_behind(self):
        with tempfile.TemporaryDirectory() as folder:
            server = pathlib.Path(folder, "server")
            server.write_text("#!/bin/sh\necho {}\nexec tail -f /dev/null\n")
            server.chmod(0o755)
            started = []
            start = bench.Pair.start
            with unittest.mock.patch.object(bench, "OWN", "false"), unittest.mock.patch.object(
                    bench.Pair, "start", lambda pair, *words, **more: started.append(start(pair, *words, **more)) or started[-1]):
                with self.assertRaisesRegex(bench.Failed, "the line did not start"):
                    bench.Pair({"name": "one", "cmd": str(server)}, "idle", line={})
            self.assertEqual([process.returncode for process in started], [-9])

    def test_a_flow_of_which_nothing_passes_is_wrong_in_each_row_of_fairness(self):
        for row in fairness.ROWS:
            seen = fairness.Seen([0.0] * (row.ours + row.tcp), 0, 0, 0, ())
            self.assertEqual(row.wrong(seen), ["a flow of which nothing passes"], row.name)

    def test_an_unknown_step_exits_2(self):
        status, _, errors = self.run_tool("tools/test", "swift", "everything")
        self.assertEqual(status, 2)
        self.assertIn("no step is called everything", errors)

    def test_an_unknown_attack_exits_2_and_lists_those_that_are_there(self):
        for arguments in (["nothing-known"], []):
            status, _, errors = self.run_tool(sys.executable, "-B", "tools/lib/adversary.py", *arguments)
            self.assertEqual(status, 2, arguments)
            self.assertIn("lying-receipt", errors)

    def test_two_writers_misses_what_is_lost_doubled_or_out_of_order(self):
        typed = {"ana": "abc", "bob": "ABC"}
        state = lambda *texts: {"shapes": [{"text": text} for text in texts]}
        for good in (["=aAbBcC"], ["abc", "ABC"], ["ab", "ABcC"], ["abcAB", "ABC"]):
            two_writers.check(state(*good), typed)
        for bad, complaint in ((["abAB", "C"], "missing"), (["bacABC"], "order"), (["abbcABC"], "twice")):
            with self.assertRaises(two_writers.Wrong, msg=bad) as wrong:
                two_writers.check(state(*bad), typed)
            self.assertIn(complaint, str(wrong.exception))

    def test_a_binary_that_is_none_exits_2(self):
        status, _, errors = self.run_tool("tools/figures", "--binary", os.devnull)
        self.assertEqual(status, 2)
        self.assertIn("is no program", errors)


if __name__ == "__main__":
    unittest.main(verbosity=2)
