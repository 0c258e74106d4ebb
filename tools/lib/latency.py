"""The measurement behind tools/latency."""

import argparse
import sys
import time

import inkwire_process as ink


def percentile(values, share):
    """The smallest value that at least `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(share * len(ordered) + 0.999999) - 1))]


def report(name, seconds):
    median, high = percentile(seconds, 0.5) * 1000, percentile(seconds, 0.95) * 1000
    print(f"{name}: median {median:.2f} ms, p95 {high:.2f} ms, worst {max(seconds) * 1000:.2f} ms, {len(seconds)} samples")
    return median, high


def shapes(writer, reader, count, prefix):
    """One change at a time, each awaited at the other side, so that none waits behind another."""
    seconds = []
    for number in range(count):
        after, label = reader.mark, f"{prefix}{number}"
        begun = time.perf_counter()
        writer.send("draw", shape={"kind": "rectangle", "x": number % 50 * 40, "y": number // 50 * 40, "w": 32, "h": 32}, id=label)
        arrived, _ = reader.timed_event("shape", after=after, id=label)
        seconds.append(arrived - begun)
    return seconds


def first_ink(writer, reader, count):
    """From a stroke's command to the first growth of it seen at the other side; the stroke itself is then left to end."""
    seconds = []
    for number in range(count):
        after = reader.mark
        begun = time.perf_counter()
        writer.send("stroke", x=number * 16, y=4000, points=[[step * 4, step] for step in range(16)], over_ms=100)
        arrived, _ = reader.timed_event("gesture", after=after)
        reader.timed_event("shape", after=after)
        seconds.append(arrived - begun)
    return seconds


def main():
    parser = argparse.ArgumentParser(prog="tools/latency")
    parser.add_argument("--changes", type=int, default=500)
    parser.add_argument("--impair")
    parser.add_argument("--limits", help="MEDIAN,P95 in milliseconds for changes")
    options = parser.parse_args()
    ink.end_on_signals()
    folder = ink.TemporaryFolder("inkwire-latency")
    impair = ["--impair", options.impair] if options.impair else []
    rendezvous = ink.Rendezvous()
    ana = ink.new_board(folder / "ana", "ana", rendezvous=rendezvous.address, arguments=impair)
    bob = ink.join_board(ana.link(), folder / "bob", "bob", arguments=impair)
    ana.wait("peers", count=1)
    bob.wait("peers", count=1)
    shapes(ana, bob, 20, "warm")  # warms both sides; not counted
    median, high = report("change, command to event", shapes(ana, bob, options.changes, "change"))
    report("stroke, command to first ink", first_ink(bob, ana, 20))
    clean = ana.quit() == 0 and bob.quit() == 0
    ink.stop_everything()
    folder.remove()
    if not clean:
        print("latency: a peer did not end well", file=sys.stderr)
        return 1
    if options.limits:
        wanted = [float(limit) * ink.PATIENCE for limit in options.limits.split(",")]
        if median > wanted[0] or high > wanted[1]:
            print(f"latency: above the limits of {wanted[0]:g} and {wanted[1]:g} ms", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
