import InkPrimitives
import InkSimulator
import Testing

/// One line with a queue, which several share.
@Suite struct LineWorldTests {
    private static func bottleneck(_ mbits: Double, loss: Double = 0, seed: UInt64 = 1) -> Bottleneck {
        Bottleneck(rate: mbits * 1e6, queue: .milliseconds(100), delay: .milliseconds(25), loss: loss, random: SplitMix64(seed: seed))
    }

    private static func world(_ mbits: Double) -> LineWorld {
        LineWorld(down: bottleneck(mbits, seed: 1), up: bottleneck(mbits, seed: 2))
    }

    @Test func `SM-70: a line sends what comes one behind the other, and drops what would wait longer than its queue holds`() {
        var line = Self.bottleneck(1)
        // 1222 bytes and 28 of headers take 10 ms.
        let arrivals: [Instant?] = (0..<20).map { _ in line.take(1222, now: .zero) }
        let expected: [Instant?] = (1...11).map { .zero + .milliseconds($0 * 10 + 25) } + Array(repeating: nil, count: 9)
        #expect(arrivals == expected)
        #expect(line.dropped == 9 && line.passed == 11)
        #expect(line.waitMax == .milliseconds(100) && line.waitSum == .milliseconds(550))
        // Later there is room again.
        let later = line.take(1222, now: .zero + .seconds(1))
        #expect(later == .zero + .milliseconds(1035))
    }

    @Test(arguments: [(0.06, 1, false), (0.06, 3, false), (0.06, 3, true), (0.3, 3, false), (0.3, 3, true)] as [(Double, Int, Bool)])
    func `SM-70: what radio loses is lost behind the line: as large a share as is told, and as many in a row`(
        loss: Double, burst: Int, isGilbert: Bool
    ) {
        var line = Self.bottleneck(1000, loss: loss)
        (line.burst, line.isGilbert) = (burst, isGilbert)
        var fates = (0..<200_000).map { line.take(100, now: .zero + .milliseconds($0)) != nil }
        let share = Double(fates.count { !$0 }) / Double(fates.count)
        #expect(abs(share / loss - 1) < 0.04 && line.dropped == 0, "\(share)")
        // The last row would go on.
        while fates.last == false { fates.removeLast() }
        let runs = fates.split(separator: true).map(\.count)
        let mean = Double(runs.reduce(0, +)) / Double(runs.count)
        // Bursts of a number, and losses that are each for themselves, may follow each other at once.
        let expected = isGilbert ? Double(burst) : Double(burst) / (1 - Self.beginning(loss, burst))
        #expect(abs(mean / expected - 1) < 0.04, "\(mean)")
        // Of those that are each for themselves, or are geometrically distributed, some stand alone and some are longer than the mean.
        let isByChance = isGilbert || burst == 1
        #expect(isByChance ? runs.contains(1) && runs.contains { $0 > burst } : runs.allSatisfy { $0 % burst == 0 }, "\(runs.prefix(9))")
    }

    /// Share of the packets outside of bursts with which one begins.
    private static func beginning(_ loss: Double, _ burst: Int) -> Double { loss / (Double(burst) * (1 - loss) + loss) }

    @Test func `SM-71: TCP uses a line whole, keeps its queue full, and shares with TCP`() {
        var world = Self.world(10)
        world.addCubic()
        world.addCubic(startsAt: .seconds(2))
        let begin = world.now
        world.run(until: begin + .seconds(20))
        let before = world.cubics.map(\.flow.acknowledged)
        world.down.resetCounts()
        world.run(until: begin + .seconds(80))
        let rates = zip(before, world.cubics).map { Double(($1.flow.acknowledged - $0) * CubicFlow.payloadBytes) * 8 / 60 / 1e6 }
        #expect(rates.reduce(0, +) > 9.3, "\(rates)")
        #expect((rates.max() ?? 0) / (rates.min() ?? 1) < 2, "\(rates)")
        let mean = world.down.waitSum.milliseconds / Double(world.down.passed)
        #expect(mean > 40 && world.down.waitMax > .milliseconds(95) && world.down.dropped > 0, "\(mean) ms")
    }

    @Test func `SM-72: endpoints meet over a line, and give each other all that they have, the same each time`() {
        let outcomes = (0..<2).map { _ in
            var world = LineWorld(down: Self.bottleneck(5, loss: 0.05, seed: 3), up: Self.bottleneck(5, loss: 0.05, seed: 4))
            let pair = world.addPair()
            (world.pairs[pair].bulkLeft, world.pairs[pair].opsEvery) = (400_000, .milliseconds(50))
            let begin = world.now
            world.run(until: begin + .seconds(60)) { $0.pairs[pair].bulkReceived >= 400_000 }
            return [
                world.pairs[pair].bulkReceived, world.pairs[pair].opDelays.count, Int((world.now - begin).nanoseconds), world.packetsDown,
            ]
        }
        #expect(outcomes[0] == outcomes[1] && outcomes[0][0] == 400_000 && outcomes[0][1] > 10, "\(outcomes)")
    }
}
