import InkPrimitives

/// A line of any rate, length and queue that stays as it is (SM-75), with one to three of our flows on it: what they may let wait there.
package struct SteadyLine {
    package let seed: UInt64
    private var world: LineWorld
    private let packet: Duration
    private let rate: Double
    private var told = ""

    private static let beginning: Duration = .seconds(10)
    private static let counted: Duration = .seconds(20)

    package init(seed: UInt64) {
        self.seed = seed
        var random = SplitMix64(seed: seed).split("steady")
        rate = WildWay.Weather.exponential(64e3, 20e6, &random)
        packet = .nanoseconds(Int64(Double((Limits.datagramBytes + 28) * 8) / rate * 1e9))
        let queue = max(packet * 4, .milliseconds(30 + random.below(970)))
        let delay = Duration.milliseconds(1 + random.below(100))
        let loss = random.chance(0.5) ? random.unit() * 0.02 : 0
        let way = { [rate] (name: String) in Bottleneck(rate: rate, queue: queue, delay: delay, loss: loss, random: random.split(name)) }
        world = LineWorld(down: way("down"), up: way("up"))
        for index in 0..<1 + random.below(3) {
            let pair = world.addPair(startsAt: .seconds(index) + random.jitter(.seconds(1)))
            world.pairs[pair].bulkLeft = 1 << 40
        }
        if random.chance(0.5) { world.pairs[0].opsEvery = .milliseconds(17) }
        told =
            "\(number(rate / 1e3, 1)) kbit/s, queue \(number(queue.milliseconds, 1)) ms, \(number(delay.milliseconds, 1)) ms each way, "
            + "loss \(number(loss * 100, 2)) %, \(world.pairs.count) of ours\(world.pairs[0].opsEvery == nil ? "" : " with operations")"
    }

    package mutating func run() throws(LinkFailure) {
        let begun = world.now
        world.run(until: begun + Self.beginning + .seconds(world.pairs.count))
        world.down.resetCounts()
        let before = received
        let from = world.now
        world.run(until: from + Self.counted)
        let use = Double(received - before) * 8 / (world.now - from).milliseconds * 1000 / rate
        let passed = max(1, world.down.passed)
        let (mean, most) = (world.down.waitSum / passed, world.down.waitMax)
        let dropped = Double(world.down.dropped) / Double(passed + world.down.dropped)
        told += ": use \(number(use, 2)), queue \(number(mean.milliseconds, 1)) ms in the mean, \(number(most.milliseconds, 1)) at most, "
        told += "dropped \(number(dropped * 100, 2)) %"
        // One that has nothing else to send has a packet on the way.
        let packets = packet * (1 + world.pairs.count)
        // SM-89
        try check(mean <= max(.milliseconds(20), packets), "too much waits in the mean")
        try check(most <= max(.milliseconds(60), packets), "too much waits at most")
        try check(dropped <= 0.01, "too much is dropped")
        try check(use >= 0.6, "too little is used")
    }

    /// Bytes of bulk and of operations.
    private var received: Int { world.pairs.reduce(0) { $0 + $1.bulkReceived + $1.opDelays.count * $1.opBytes } }

    private func check(_ holds: Bool, _ text: String) throws(LinkFailure) {
        if !holds { throw LinkFailure(seed: seed, at: world.now, text: "\(text): \(told)", lines: [], again: "--line \(seed)") }
    }

    package var summary: String { "line seed \(seed): \(told)" }

    private func number(_ value: Double, _ digits: Int) -> String {
        let scale = digits == 1 ? 10.0 : 100.0
        return "\((value * scale).rounded() / scale)"
    }
}
