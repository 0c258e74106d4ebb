import InkPrimitives
import InkSimulator
import Testing

/// The link on lines of many kinds, alone, beside its like and beside TCP, in virtual time.
@Suite struct LineTests {
    private struct Figures {
        var use = 0.0
        var shares: [Double] = []
        var queueMean = 0.0
        var queueMax = 0.0
        var drops = 0.0
        /// Greatest queue before it was counted.
        var startMax = 0.0
        var opsLate: [Double] = []

        /// Of n shares how equal they are: 1 where all are, 1/n where one has all (Jain).
        var jain: Double {
            let sum = shares.reduce(0, +)
            return sum * sum / (Double(shares.count) * shares.reduce(0) { $0 + $1 * $1 })
        }
    }

    private static func line(_ mbits: Double, queue: Duration = .milliseconds(100), loss: Double = 0, burst: Int = 1) -> LineWorld {
        let random = SplitMix64(seed: 5)
        var down = Bottleneck(rate: mbits * 1e6, queue: queue, delay: .milliseconds(25), loss: loss, random: random.split("down"))
        var up = Bottleneck(rate: mbits * 1e6, queue: queue, delay: .milliseconds(25), loss: loss, random: random.split("up"))
        (down.burst, up.burst) = (burst, burst)
        return LineWorld(down: down, up: up)
    }

    /// Bulk on a line from `from` to `to` s.
    private static func figures(
        _ world: LineWorld, mbits: Double, ours: Int = 1, cubics: Int = 0, ops: Bool = false, from: Double = 10, to: Double = 30
    ) -> Figures {
        var (world, figures) = (world, Figures())
        for index in 0..<ours {
            let pair = world.addPair(startsAt: .seconds(index * 2))
            world.pairs[pair].bulkLeft = 1 << 40
            if ops, index == 0 { world.pairs[pair].opsEvery = .microseconds(16_667) }
        }
        for _ in 0..<cubics { world.addCubic() }
        let begin = world.now
        world.run(until: begin + .seconds(1).scaled(by: from))
        figures.startMax = world.down.waitMax.milliseconds
        world.down.resetCounts()
        let before = world.pairs.map(\.bulkReceived) + world.cubics.map { $0.flow.acknowledged * 1448 }
        let counted = world.now
        world.run(until: begin + .seconds(1).scaled(by: to))
        let after = world.pairs.map(\.bulkReceived) + world.cubics.map { $0.flow.acknowledged * 1448 }
        figures.shares = zip(before, after).map { Double($1 - $0) * 8 / (to - from) / 1e6 }
        figures.use = figures.shares.reduce(0, +) / mbits
        figures.queueMean = world.down.waitSum.milliseconds / Double(max(1, world.down.passed))
        figures.queueMax = world.down.waitMax.milliseconds
        figures.drops = Double(world.down.dropped) / Double(max(1, world.down.passed + world.down.dropped))
        figures.opsLate = world.pairs[0].opDelays.filter { $0.at > counted }.map(\.delay.milliseconds).sorted()
        return figures
    }

    // TR-80 TR-81 TR-83
    @Test(arguments: [1, 5, 20, 100] as [Double])
    func `alone it uses the line and leaves hardly a queue`(mbits: Double) {
        let found = Self.figures(Self.line(mbits), mbits: mbits)
        #expect(found.use > 0.85, "\(found)")
        #expect(found.queueMean <= 20 && found.queueMax <= 60 && found.startMax <= 60 && found.drops <= 0.01, "\(found)")
    }

    // TR-81 TR-82
    @Test(arguments: [5, 20] as [Double])
    func `four of ours have equal shares and a short queue`(mbits: Double) {
        let found = Self.figures(Self.line(mbits), mbits: mbits, ours: 4, from: 20, to: 50)
        #expect(found.jain >= 0.95 && found.use > 0.85 && found.queueMean <= 20 && found.drops <= 0.01, "\(found)")
    }

    // TR-82
    @Test(arguments: [5, 20] as [Double])
    func `beside TCP neither starves`(mbits: Double) {
        let found = Self.figures(Self.line(mbits), mbits: mbits, cubics: 1, to: 60)
        let part = found.shares[0] / (found.shares.reduce(0, +) / 2)
        #expect((0.5...1.5).contains(part), "\(found)")
        // Where the queue is long, it does not leave all of it to TCP.
        let long = Self.figures(Self.line(mbits, queue: .seconds(1)), mbits: mbits, cubics: 1, from: 20, to: 90)
        #expect(long.shares[0] / (long.shares.reduce(0, +) / 2) >= 0.3, "\(long)")
    }

    // TR-84
    @Test(arguments: [5, 20] as [Double])
    func `operations beside bulk are hardly later than without`(mbits: Double) {
        let found = Self.figures(Self.line(mbits), mbits: mbits, ops: true)
        #expect(!found.opsLate.isEmpty && found.opsLate[found.opsLate.count * 99 / 100] <= 65, "\(found.opsLate.suffix(20))")
    }

    // TR-81
    @Test(arguments: [(0, 1), (0.01, 1), (0.05, 1), (0.1, 1), (0.05, 3)] as [(Double, Int)])
    func `loss of radio does not slow it`(loss: Double, burst: Int) {
        var world = Self.line(1000, loss: loss, burst: burst)
        let pair = world.addPair()
        world.pairs[pair].bulkLeft = 10 << 20
        let begin = world.now
        world.run(until: begin + .seconds(10)) { $0.pairs[pair].bulkReceived >= 10 << 20 }
        let seconds = (world.now - begin).milliseconds / 1000
        #expect(seconds <= (loss == 0 ? 1 : loss < 0.1 ? 2 : 3), "\(seconds) s")
    }

    // TR-85
    @Test func `after a line was dead for ten seconds all of it is used again soon`() {
        var world = Self.line(5)
        let pair = world.addPair()
        world.pairs[pair].bulkLeft = 1 << 40
        let begin = world.now
        world.run(until: begin + .seconds(10))
        (world.down.loss, world.up.loss) = (1, 1)
        world.run(until: begin + .seconds(18))
        (world.down.loss, world.up.loss) = (0, 0)
        world.down.resetCounts()
        let before = world.pairs[pair].bulkReceived
        world.run(until: begin + .seconds(28))
        let rate = Double(world.pairs[pair].bulkReceived - before) * 8 / 10 / 5e6
        #expect(rate > 0.7 && world.down.waitMax.milliseconds <= 80, "\(rate), \(world.down.waitMax)")
    }
}
