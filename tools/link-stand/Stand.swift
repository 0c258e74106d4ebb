import Foundation
import InkPrimitives
import InkSimulator
import InkTransport

// link-stand [GROUP …]      alone, ops, tcp, four, loss, narrow, live, first; without one, all of them
// link-stand --trace MBITS [--tcp]      a bulk transfer from its beginning on, step by step

/// A line of the table.
struct Line {
    var mbits: Double
    var queue: Duration = .milliseconds(100)
    var loss = 0.0
    /// Lost packets come so many at a time.
    var burst = 1
    var isGilbert = false

    private static let delay: Duration = .milliseconds(25)

    func world(seed: UInt64) -> LineWorld {
        let random = SplitMix64(seed: seed)
        func direction(_ name: String) -> Bottleneck {
            var direction = Bottleneck(rate: mbits * 1e6, queue: queue, delay: Self.delay, loss: loss, random: random.split(name))
            (direction.burst, direction.isGilbert) = (burst, isGilbert)
            return direction
        }
        return LineWorld(down: direction("down"), up: direction("up"))
    }
}

/// One row: what the flows of a line had of it.
struct Row {
    var name: String
    var line: Line
    var ours = 1
    var tcp = 0
    /// Operations of 40 bytes beside the first bulk, 60 a second.
    var hasOps = false
    /// Counted from there, s: what comes before is the beginning.
    var from = 10.0
    var to = 40.0
    /// Between the beginnings of two of ours, s.
    var stagger = 0.0

    func run() {
        var world = line.world(seed: 1)
        for index in 0..<ours {
            let pair = world.addPair(startsAt: .seconds(1).scaled(by: stagger * Double(index)))
            world.pairs[pair].bulkLeft = 1 << 40
            if hasOps, index == 0 { world.pairs[pair].opsEvery = .microseconds(16_667) }
        }
        for _ in 0..<tcp { world.addCubic() }
        let begin = world.now
        world.run(until: begin + .seconds(1).scaled(by: from))
        let (startDrops, startMax) = (world.down.dropped, world.down.waitMax)
        world.down.resetCounts()
        let before = Self.bytes(world)
        let counted = world.now
        world.run(until: begin + .seconds(1).scaled(by: to))
        let rates = zip(before, Self.bytes(world)).map { Double($1 - $0) * 8 / (to - from) / 1e6 }
        let sum = rates.reduce(0, +)
        let late = world.pairs[0].opDelays.filter { $0.at > counted }.map(\.delay)
        print(
            name.padded(to: 28), rates.map { number($0, 6, 2) }.joined(separator: " ").padded(to: 28),
            "use \(number(100 * sum / line.mbits, 3, 0))%  jain \(number(jain(rates), 4, 2))",
            " drops \(number(share(world.down.dropped, of: world.down), 5, 2))% (\(startDrops) before)",
            " queue \(number(mean(world.down), 5)) ms, at most \(number(world.down.waitMax.milliseconds, 5)) (\(number(startMax.milliseconds, 5)) before)",
            late.isEmpty ? "" : " ops p50 \(number(percentile(late, 0.5), 5)) p99 \(number(percentile(late, 0.99), 5)) ms")
    }

    private static func bytes(_ world: LineWorld) -> [Int] {
        world.pairs.map(\.bulkReceived) + world.cubics.map { $0.flow.acknowledged * CubicFlow.payloadBytes }
    }
}

/// One row: so many bytes from the beginning on.
struct Transfer {
    var name: String
    var line: Line
    var bytes: Int
    var hasOps = false
    private static let patience: Duration = .seconds(200)

    func run() {
        var world = line.world(seed: 2)
        let pair = world.addPair()
        (world.pairs[pair].bulkLeft, world.pairs[pair].ahead) = (bytes, 16 << 20)
        if hasOps { world.pairs[pair].opsEvery = .microseconds(16_667) }
        let begin = world.now
        world.run(until: begin + Self.patience) { $0.pairs[pair].bulkReceived >= bytes }
        let late = world.pairs[pair].opDelays.map(\.delay)
        let isDone = world.pairs[pair].bulkReceived >= bytes
        print(
            name.padded(to: 28), isDone ? number((world.now - begin).milliseconds / 1000, 6, 2) + " s" : " not done",
            " the line's \(number(Double(bytes) * 8 / (line.mbits * 1e6), 6, 2)) s  sent \(number(Double(world.bytesDown) / Double(bytes), 5, 2)) times",
            " drops \(number(share(world.down.dropped, of: world.down), 5, 2))%  queue \(number(mean(world.down), 5)) ms, at most \(number(world.down.waitMax.milliseconds, 5))",
            late.isEmpty ? "" : " ops p50 \(number(percentile(late, 0.5), 5)) p95 \(number(percentile(late, 0.95), 5)) ms")
    }
}

// MARK: Numbers

/// Of n shares how equal they are: 1 where all are, 1/n where one has all (Jain, 1984).
func jain(_ shares: [Double]) -> Double {
    let sum = shares.reduce(0, +)
    return sum * sum / (Double(shares.count) * shares.reduce(0) { $0 + $1 * $1 })
}

func percentile(_ values: [Duration], _ part: Double) -> Double {
    let sorted = values.sorted()
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))].milliseconds
}

func share(_ dropped: Int, of line: Bottleneck) -> Double { 100 * Double(dropped) / Double(max(1, line.passed + line.dropped)) }
func mean(_ line: Bottleneck) -> Double { line.waitSum.milliseconds / Double(max(1, line.passed)) }
func number(_ value: Double, _ width: Int, _ digits: Int = 1) -> String { String(format: "%\(width).\(digits)f", value) }

extension String {
    func padded(to count: Int) -> String { padding(toLength: max(count, self.count), withPad: " ", startingAt: 0) }
}

// MARK: The table

let speeds = [1.0, 5, 20]
let long: Duration = .seconds(1)

let groups: [(name: String, run: @Sendable () -> Void)] = [
    (
        "alone",
        {
            for mbits in speeds + [100] { Row(name: "alone, \(mbits) Mbit/s", line: Line(mbits: mbits)).run() }
            for mbits in [1.0, 20] { Row(name: "alone, \(mbits), queue of 1 s", line: Line(mbits: mbits, queue: long)).run() }
        }
    ),
    ("ops", { for mbits in speeds { Row(name: "ops beside bulk, \(mbits)", line: Line(mbits: mbits), hasOps: true).run() } }),
    (
        "tcp",
        {
            for mbits in speeds { Row(name: "beside CUBIC, \(mbits)", line: Line(mbits: mbits), tcp: 1, to: 60).run() }
            for mbits in speeds {
                Row(name: "beside CUBIC, \(mbits), 1 s", line: Line(mbits: mbits, queue: long), tcp: 1, from: 20, to: 90).run()
            }
        }
    ),
    (
        "four",
        {
            for mbits in speeds {
                Row(name: "four of ours, \(mbits)", line: Line(mbits: mbits), ours: 4, from: 20, to: 60, stagger: 2).run()
            }
        }
    ),
    (
        "loss",
        {
            for (loss, burst) in [(0, 1), (0.01, 1), (0.05, 1), (0.1, 1), (0.05, 3)] as [(Double, Int)] {
                Transfer(
                    name: "10 MiB, \(Int(loss * 100)) % lost by \(burst)", line: Line(mbits: 1000, loss: loss, burst: burst),
                    bytes: 10 << 20
                ).run()
            }
        }
    ),
    (
        "narrow",
        {
            for (mbits, bytes) in [(0.064, 100_000), (0.256, 400_000), (1, 1_000_000), (20, 10_000_000)] {
                Transfer(name: "\(mbits) Mbit/s", line: Line(mbits: mbits), bytes: bytes, hasOps: mbits > 0.1).run()
                Transfer(name: "\(mbits) Mbit/s, queue of 1 s", line: Line(mbits: mbits, queue: long), bytes: bytes).run()
            }
        }
    ),
    ("live", { for row in LiveRow.all { row.run() } }),
    (
        "first",
        {
            FirstBytes.run()
            for activity in [Activity.present, .idle] { Silence.run(activity) }
        }
    ),
]

/// The first moments of a transfer.
func trace(_ line: Line, tcp: Int) {
    var world = line.world(seed: 1)
    let pair = world.addPair()
    world.pairs[pair].bulkLeft = 1 << 40
    for _ in 0..<tcp { world.addCubic() }
    let begin = world.now
    for step in 1...160 {
        world.down.resetCounts()
        world.run(until: begin + .milliseconds(step * (tcp > 0 ? 250 : 25)))
        guard let id = world.pairs[pair].leftID, let statistics = world.pairs[pair].left.statistics(id) else { continue }
        print(
            "\(number((world.now - begin).milliseconds, 6, 0)) ms  window \(statistics.window)  on the way \(statistics.bytesInFlight)",
            " passed \(world.down.passed)  dropped \(world.down.dropped)  queue \(number(world.down.waitMax.milliseconds, 5)) ms")
    }
}

@main struct Stand {
    static func main() {
        var wanted = Array(CommandLine.arguments.dropFirst())
        if wanted.first == "--trace" {
            guard wanted.count > 1, let mbits = Double(wanted[1]), mbits > 0 else { usage() }
            return trace(Line(mbits: mbits), tcp: wanted.contains("--tcp") ? 1 : 0)
        }
        if wanted.isEmpty { wanted = groups.map(\.name) }
        for name in wanted {
            guard let group = groups.first(where: { $0.name == name }) else { usage() }
            group.run()
        }
    }

    static func usage() -> Never {
        FileHandle.standardError.write(
            Data("link-figures: groups are \(groups.map(\.name).joined(separator: ", ")); or --trace MBITS [--tcp]\n".utf8))
        exit(2)
    }
}
