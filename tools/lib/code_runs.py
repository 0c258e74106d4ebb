"""Starts three rendezvous and the stand of tools/code-runs."""

import argparse
import os
import subprocess
import sys

import inkwire_process as ink


def main():
    parser = argparse.ArgumentParser(prog="tools/code-runs")
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--binary")
    options = parser.parse_args()
    if options.count < 1 or options.seed < 0:
        parser.error("a count from 1, and a seed from 0")
    servers = [ink.Rendezvous() for _ in range(3)]
    try:
        ports = [str(server.port) for server in servers]
        status = subprocess.run([os.environ["INKWIRE_CODE_STAND"], str(options.count), str(options.seed), *ports], check=False).returncode
        for server in servers:
            if server.child.poll() is not None:
                print(f"a rendezvous ended meanwhile\n{server.report()}", file=sys.stderr)
                status = 1
        return status
    finally:
        ink.stop_everything()


if __name__ == "__main__":
    sys.exit(main())
