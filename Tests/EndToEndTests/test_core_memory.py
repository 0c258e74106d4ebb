"""What the link's core takes of memory for each packet and each connection, measured by tools/core-bench.

INKWIRE_CORE_BENCH names another build of it than that of release; a debug build takes memory that no optimised one does.
"""

import os
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class CoreMemoryTests(unittest.TestCase):
    def test_TR_90_TR_91_TR_92_memory_of_packets_and_connections_is_bounded(self):
        bench = pathlib.Path(os.environ.get("INKWIRE_CORE_BENCH") or ROOT / ".build" / "release" / "core-bench")
        self.assertTrue(bench.exists(), "swift build -c release --product core-bench")
        done = subprocess.run([bench, "--guard"], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("a connection beyond the first", done.stdout)


if __name__ == "__main__":
    unittest.main()
