"""Runs the fuzzers of tools/fuzz, each decoder in a process of its own; see tools/fuzz/run."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = ROOT / ".build" / "logs" / "fuzz"
# An input that the decoder is at for so long hangs it, on any machine.
HANG = 20  # seconds


def number_of(page):
    return int.from_bytes(page[:8], sys.byteorder)


def look(path):
    try:
        with open(path, "rb") as file:
            return file.read(16)
    except FileNotFoundError:
        return b""


def fuzz(binary, decoder, options):
    """One decoder; (what it said, how many inputs, how many seconds, whether all was well)."""
    keep = LOGS / f"{decoder}.page"
    keep.unlink(missing_ok=True)
    began = time.monotonic()
    child = subprocess.Popen([binary, decoder, "--inputs", str(options.inputs), "--seed", str(options.seed), "--keep", str(keep)],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    seen, since = b"", time.monotonic()
    while True:
        try:
            output, _ = child.communicate(timeout=1)
            break
        except subprocess.TimeoutExpired:
            page = look(keep)
            if page != seen:
                seen, since = page, time.monotonic()
            elif time.monotonic() - since > HANG:
                child.kill()
                output = child.communicate()[0] + f"{decoder} FAILED: one input takes more than {HANG} s"
                break
    seconds = time.monotonic() - began
    status = child.returncode
    if status == 0:
        keep.unlink(missing_ok=True)
        return output.strip(), options.inputs, seconds, True
    page = keep.read_bytes() if keep.exists() else b""
    done = number_of(page) if len(page) >= 16 else 0
    if len(page) >= 16 and status != 1:
        data = page[16:16 + int.from_bytes(page[8:16], sys.byteorder)]
        place = LOGS / f"{decoder}.bin"
        place.write_bytes(data)
        output += f"\n{decoder} FAILED: ended with {status} at input {done} of seed {options.seed}; its {len(data)} bytes are in {place}: {data[:256].hex()}"
    found = re.search(r"FAILED: .*: ([0-9a-f]+)$", output.strip())
    if found and status == 1 and len(found.group(1)) < 8192:
        (LOGS / f"{decoder}.bin").write_bytes(bytes.fromhex(found.group(1)))
    keep.unlink(missing_ok=True)
    return output.strip(), done, seconds, False


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("decoders", nargs="*")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2)))
    parser.add_argument("--binary")
    parser.add_argument("--bytes")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    binary = options.binary or str(ROOT / ".build" / "release" / "fuzz")
    if options.list:
        return subprocess.call([binary, "--list"])
    known = subprocess.run([binary, "--list"], capture_output=True, text=True, check=True).stdout.split()
    unknown = [name for name in options.decoders if name not in known]
    if unknown or options.inputs < 1:
        print(f"tools/fuzz/run: no decoder is called {', '.join(unknown)}.\n  Known: {', '.join(known)}." if unknown
              else "tools/fuzz/run: --inputs is at least 1.", file=sys.stderr)
        return 2
    if options.bytes:
        if len(options.decoders) != 1:
            print("tools/fuzz/run: --bytes needs the name of one decoder.", file=sys.stderr)
            return 2
        return subprocess.call([binary, options.decoders[0], "--bytes", options.bytes])
    LOGS.mkdir(parents=True, exist_ok=True)
    total, failed = 0, 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for said, count, seconds, is_well in pool.map(lambda name: fuzz(binary, name, options), options.decoders or known):
            total += count
            failed += not is_well
            print(f"{said}  ({seconds:.0f} s)", flush=True)
    print(f"{total} inputs to {len(options.decoders or known)} decoders: {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
