import Foundation
import InkPrimitives
import InkSimulator
import InkTransport

// link-stand [--seed N] [--jitter MS] [GROUP …]      alone, ops, tcp, four, loss, narrow, live, first, newcomer; without one, all of them
// link-stand --trace MBITS [--ours N] [--tcp N] [--ops N] [--queue MS] [--loss PERCENT] [--step MS] [--steps N]      transfers step by step

/// What holds for all rows.
struct Setting: Sendable {
    var seed: UInt64
    /// Each packet takes up to so much longer, as on radio; their order stays.
    var jitter: Duration
}

/// A line of the table.
struct Line {
    var mbits: Double
    var queue: Duration = .milliseconds(100)
    var loss = 0.0
    /// Lost packets come so many at a time.
    var burst = 1
    var isGilbert = false

    private static let delay: Duration = .milliseconds(25)

    func world(_ setting: Setting) -> LineWorld {
        let random = SplitMix64(seed: setting.seed)
        func direction(_ name: String) -> Bottleneck {
            var direction = Bottleneck(rate: mbits * 1e6, queue: queue, delay: Self.delay, loss: loss, random: random.split(name))
            (direction.burst, direction.isGilbert, direction.jitter) = (burst, isGilbert, setting.jitter)
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

    func run(_ setting: Setting) {
        var world = line.world(setting)
        for index in 0..<ours {
            // Another seed, another moment.
            let late = Double(setting.seed * 37 % 100) / 1000 * Double(index + 1)
            let pair = world.addPair(startsAt: .seconds(1).scaled(by: stagger * Double(index) + late))
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
            name.padded(to: 28), rates.map { text($0, 6, 2) }.joined(separator: " ").padded(to: 28),
            "use \(text(100 * sum / line.mbits, 3, 0))%  jain \(text(jain(rates), 4, 2))",
            " drops \(text(share(world.down.dropped, of: world.down), 5, 2))% (\(startDrops) before)",
            " queue \(text(mean(world.down), 5)) ms, at most \(text(world.down.waitMax.milliseconds, 5)) (\(text(startMax.milliseconds, 5)) before)",
            late.isEmpty ? "" : " ops p50 \(text(percentile(late, 0.5), 5)) p99 \(text(percentile(late, 0.99), 5)) ms")
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

    func run(_ setting: Setting) {
        var world = line.world(setting)
        let pair = world.addPair()
        (world.pairs[pair].bulkLeft, world.pairs[pair].ahead) = (bytes, 16 << 20)
        if hasOps { world.pairs[pair].opsEvery = .microseconds(16_667) }
        let begin = world.now
        world.run(until: begin + Self.patience) { $0.pairs[pair].bulkReceived >= bytes }
        let late = world.pairs[pair].opDelays.map(\.delay)
        let needed = Double(bytes + world.pairs[pair].opsSent * world.pairs[pair].opBytes)
        let isDone = world.pairs[pair].bulkReceived >= bytes
        print(
            name.padded(to: 28), isDone ? text((world.now - begin).milliseconds / 1000, 6, 2) + " s" : " not done",
            " the line's \(text(needed * 8 / (line.mbits * 1e6), 6, 2)) s  sent \(text(Double(world.bytesDown) / needed, 5, 2)) times",
            " drops \(text(share(world.down.dropped, of: world.down), 5, 2))%  queue \(text(mean(world.down), 5)) ms, at most \(text(world.down.waitMax.milliseconds, 5))",
            late.isEmpty ? "" : " ops p50 \(text(percentile(late, 0.5), 5)) p95 \(text(percentile(late, 0.95), 5)) ms")
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
func text(_ value: Double, _ width: Int, _ digits: Int = 1) -> String { String(format: "%\(width).\(digits)f", value) }

extension String {
    func padded(to count: Int) -> String { padding(toLength: max(count, self.count), withPad: " ", startingAt: 0) }
}

// MARK: The table

let speeds = [1.0, 5, 20]
let long: Duration = .seconds(1)

let groups: [(name: String, run: @Sendable (Setting) -> Void)] = [
    (
        "alone",
        { setting in
            for mbits in speeds + [100] { Row(name: "alone, \(mbits) Mbit/s", line: Line(mbits: mbits)).run(setting) }
            for mbits in [1.0, 20] { Row(name: "alone, \(mbits), queue of 1 s", line: Line(mbits: mbits, queue: long)).run(setting) }
        }
    ),
    (
        "ops",
        { setting in for mbits in speeds { Row(name: "ops beside bulk, \(mbits)", line: Line(mbits: mbits), hasOps: true).run(setting) } }
    ),
    (
        "tcp",
        { setting in
            for mbits in speeds { Row(name: "beside CUBIC, \(mbits)", line: Line(mbits: mbits), tcp: 1, to: 60).run(setting) }
            for mbits in speeds {
                Row(name: "beside CUBIC, \(mbits), 1 s", line: Line(mbits: mbits, queue: long), tcp: 1, from: 20, to: 90).run(setting)
            }
        }
    ),
    (
        "four",
        { setting in
            for mbits in speeds {
                Row(name: "four of ours, \(mbits)", line: Line(mbits: mbits), ours: 4, from: 20, to: 60, stagger: 2).run(setting)
            }
        }
    ),
    (
        "loss",
        { setting in
            for (loss, burst) in [(0, 1), (0.01, 1), (0.05, 1), (0.1, 1), (0.05, 3)] as [(Double, Int)] {
                Transfer(
                    name: "10 MiB, \(Int(loss * 100)) % lost by \(burst)", line: Line(mbits: 1000, loss: loss, burst: burst),
                    bytes: 10 << 20
                ).run(setting)
            }
        }
    ),
    (
        "narrow",
        { setting in
            Transfer(name: "0.064 Mbit/s, ops", line: Line(mbits: 0.064), bytes: 100_000, hasOps: true).run(setting)
            for (mbits, bytes) in [(0.064, 100_000), (0.256, 400_000), (1, 1_000_000), (20, 10_000_000)] {
                Transfer(name: "\(mbits) Mbit/s", line: Line(mbits: mbits), bytes: bytes, hasOps: mbits > 0.1).run(setting)
                Transfer(name: "\(mbits) Mbit/s, queue of 1 s", line: Line(mbits: mbits, queue: long), bytes: bytes).run(setting)
            }
        }
    ),
    ("live", { _ in for row in LiveRow.all { row.run() } }),
    (
        "first",
        { _ in
            FirstBytes.run()
            for activity in [Activity.present, .idle] { Silence.run(activity) }
        }
    ),
    ("newcomer", { _ in Newcomer.table() }),
]

/// A transfer, step by step; of several flows each in its column.
func trace(_ line: Line, ours: Int, tcp: Int, ops: Int, step: Int, steps: Int, _ setting: Setting) {
    var world = line.world(setting)
    for index in 0..<ours {
        let pair = world.addPair(startsAt: .seconds(2 * index))
        world.pairs[pair].bulkLeft = 1 << 40
        if index < ops { world.pairs[pair].opsEvery = .microseconds(16_667) }
    }
    for _ in 0..<tcp { world.addCubic() }
    let begin = world.now
    for number in 1...steps {
        world.down.resetCounts()
        world.run(until: begin + .milliseconds(number * step))
        print(
            "\(number * step) ms passed \(world.down.passed) dropped \(world.down.dropped) queue \(text(world.down.waitMax.milliseconds, 5)) ms",
            world.pairs.map(describe).joined(separator: " |"))
    }
}

/// Window, what is on the way, shortest round trip, queue seen, rate seen.
func describe(_ pair: LineWorld.Pair) -> String {
    guard let id = pair.leftID, let statistics = pair.left.statistics(id) else { return " not there" }
    let view = statistics.congestion
    return
        " \(view.phase) \(view.strikes) \(statistics.window)/\(statistics.bytesInFlight) B base \(text(view.base?.milliseconds ?? 0, 5)) ms"
        + " queue \(text(view.queue.milliseconds, 5)) ms noise \(text(view.noise.milliseconds, 3)) \(text((view.bytesPerSecond ?? 0) / 125_000, 5, 3)) Mbit/s"
}

@main struct Stand {
    static func main() {
        var wanted: [String] = []
        var values: [String: Double] = [
            "--seed": 1, "--ours": 1, "--tcp": 0, "--ops": 0, "--queue": 100, "--step": 25, "--steps": 160, "--jitter": 0, "--loss": 0,
        ]
        let known = values.keys + ["--trace"]
        var rest = CommandLine.arguments.dropFirst()
        while let word = rest.popFirst() {
            if word.hasPrefix("--") {
                guard known.contains(word), let value = rest.popFirst().flatMap(Double.init), value >= 0 else { usage() }
                values[word] = value
            } else {
                wanted.append(word)
            }
        }
        func value(_ name: String) -> Double { values[name] ?? 0 }
        let setting = Setting(seed: UInt64(value("--seed")), jitter: .nanoseconds(Int64(value("--jitter") * 1e6)))
        if let mbits = values["--trace"] {
            guard mbits > 0 else { usage() }
            let queue = Duration.nanoseconds(Int64(value("--queue") * 1e6))
            let line = Line(mbits: mbits, queue: queue, loss: value("--loss") / 100)
            return trace(
                line, ours: Int(value("--ours")), tcp: Int(value("--tcp")), ops: Int(value("--ops")), step: max(1, Int(value("--step"))),
                steps: max(1, Int(value("--steps"))), setting)
        }
        if wanted.isEmpty { wanted = groups.map(\.name) }
        for name in wanted {
            guard let group = groups.first(where: { $0.name == name }) else { usage() }
            group.run(setting)
        }
    }

    static func usage() -> Never {
        FileHandle.standardError.write(
            Data("link-figures: groups are \(groups.map(\.name).joined(separator: ", ")); or --trace MBITS\n".utf8))
        exit(2)
    }
}
