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

    @Test(arguments: [1, 5, 20, 100] as [Double])
    func `TR-80, TR-81, TR-83, TR-200: alone it uses the line and leaves hardly a queue`(mbits: Double) {
        let found = Self.figures(Self.line(mbits), mbits: mbits, from: 5, to: mbits > 50 ? 8 : 20)
        #expect(found.use > 0.8, "\(found)")
        #expect(found.queueMean <= 20 && found.queueMax <= 60 && found.startMax <= 60 && found.drops <= 0.01, "\(found)")
    }

    @Test(arguments: [1, 5, 20] as [Double])
    func `TR-81, TR-82, TR-201, TR-207: four of ours have equal shares and a short queue`(mbits: Double) {
        let found = Self.figures(Self.line(mbits), mbits: mbits, ours: 4, from: 15, to: mbits > 10 ? 25 : 45)
        #expect(found.jain >= 0.95 && found.use > 0.85 && found.queueMean <= 20 && found.queueMax <= 60 && found.drops <= 0.01, "\(found)")
    }

    /// So many ms more between the beginnings of two of them: where one reached another size first, it kept a third more than the others, or twice
    /// as much.
    @Test(arguments: [(5, 11), (5, 74), (20, 74), (20, 330)] as [(Double, Int)])
    func `TR-144, TR-147, TR-230: of four of ours none keeps more than its share, whoever began when`(mbits: Double, late: Int) {
        var world = Self.line(mbits)
        for index in 0..<4 {
            let pair = world.addPair(startsAt: .milliseconds(2000 * index + late * (index + 1)))
            world.pairs[pair].bulkLeft = 1 << 40
        }
        world.run(until: world.now + .seconds(20))
        let before = world.pairs.map(\.bulkReceived)
        world.run(until: world.now + .seconds(mbits > 10 ? 10 : 30))
        var found = Figures()
        found.shares = zip(before, world.pairs.map(\.bulkReceived)).map { Double($1 - $0) }
        #expect(found.jain >= 0.97, "\(found.shares)")
    }

    @Test func `TR-145: of ours that begin one after the other on a short way none fills the queue beside the others`() {
        let random = SplitMix64(seed: 164)
        func direction(_ name: String) -> Bottleneck {
            Bottleneck(rate: 2.6e6, queue: .milliseconds(500), delay: .milliseconds(2), random: random.split(name))
        }
        var world = LineWorld(down: direction("down"), up: direction("up"))
        for index in 0..<3 {
            let pair = world.addPair(startsAt: .milliseconds(1300 * index))
            world.pairs[pair].bulkLeft = 1 << 40
        }
        world.run(until: world.now + .seconds(10))
        world.down.resetCounts()
        world.run(until: world.now + .seconds(10))
        #expect(world.down.waitMax <= .milliseconds(60), "\(world.down.waitMax)")
    }

    @Test(arguments: [(0.18, 10, true), (18, 94, false)] as [(Double, Int, Bool)])
    func `TR-143: what is tried is seen before more is`(mbits: Double, milliseconds: Int, hasOps: Bool) {
        var world = Self.line(mbits, queue: .milliseconds(400))
        (world.down.delay, world.up.delay) = (.milliseconds(milliseconds), .milliseconds(milliseconds))
        let pair = world.addPair()
        world.pairs[pair].bulkLeft = 1 << 40
        if hasOps { world.pairs[pair].opsEvery = .milliseconds(17) }
        world.run(until: world.now + .seconds(10))
        world.down.resetCounts()
        world.run(until: world.now + .seconds(20))
        let packet = 1228 * 8 / (mbits * 1000)
        #expect(world.down.waitMax.milliseconds <= max(60, packet * 2), "\(world.down.waitMax)")
    }

    @Test func `TR-146: on a narrow line that loses nothing no copies of operations take the place of bulk`() throws {
        var world = Self.line(0.1)
        let pair = world.addPair()
        (world.pairs[pair].bulkLeft, world.pairs[pair].opsEvery) = (1 << 40, .milliseconds(17))
        world.run(until: world.now + .seconds(10))
        let id = try #require(world.pairs[pair].leftID)
        let before = try #require(world.pairs[pair].left.statistics(id)?.bytesRepeated)
        let received = world.pairs[pair].bulkReceived
        world.run(until: world.now + .seconds(20))
        let copies = try #require(world.pairs[pair].left.statistics(id)?.bytesRepeated) - before
        let bulk = Double(world.pairs[pair].bulkReceived - received) * 8 / 20 / 1e5
        #expect(copies < 2000 && bulk > 0.4, "\(copies) bytes of copies, bulk has \(bulk)")
    }

    @Test(arguments: [1, 5, 20] as [Double])
    func `TR-82: beside TCP neither starves`(mbits: Double) {
        let found = Self.figures(Self.line(mbits), mbits: mbits, cubics: 1, to: 60)
        let part = found.shares[0] / (found.shares.reduce(0, +) / 2)
        // Who has so few packets on the way that one is lost each few seconds learns late what else is there.
        #expect((mbits > 2 ? 0.5...1.5 : 0.25...1.5).contains(part), "\(found)")
        guard mbits < 10 else { return }
        // Where the queue is long, it does not leave all of it to TCP.
        let long = Self.figures(Self.line(mbits, queue: .seconds(1)), mbits: mbits, cubics: 1, from: 20, to: 90)
        #expect(long.shares[0] / (long.shares.reduce(0, +) / 2) >= 0.3, "\(long)")
    }

    /// Ours begins so many ms after TCP, or before it.
    @Test(arguments: [(1, 1000, -2000), (1, 1000, 3000), (5, 1000, 0), (20, 1000, 0), (20, 100, 1000)] as [(Double, Int, Int)])
    func `TR-82, TR-149: beside TCP neither starves, whoever comes first`(mbits: Double, queue: Int, late: Int) {
        var world = Self.line(mbits, queue: .milliseconds(queue))
        world.addCubic(startsAt: .milliseconds(max(0, -late)))
        let pair = world.addPair(startsAt: .milliseconds(max(0, late)))
        world.pairs[pair].bulkLeft = 1 << 40
        world.run(until: world.now + .seconds(10))
        let (ours, others) = (world.pairs[pair].bulkReceived, world.cubics[0].flow.acknowledged)
        world.run(until: world.now + .seconds(30))
        let bytes = [world.pairs[pair].bulkReceived - ours, (world.cubics[0].flow.acknowledged - others) * CubicFlow.payloadBytes]
        let share = Double(bytes[0] * 2) / Double(bytes[0] + bytes[1])
        #expect((queue > 100 ? 0.3...1.5 : 0.5...1.5).contains(share), "\(share)")
    }

    /// So many ms later than on an empty line at most, 99 of 100: as long as the queue that TR-81 leaves, or a packet on the line and one before it.
    @Test(arguments: [(1, 20), (5, 20), (20, 20)] as [(Double, Double)])
    func `TR-81, TR-84, TR-88, TR-202: operations beside bulk are hardly later than without`(mbits: Double, late: Double) {
        let found = Self.figures(Self.line(mbits), mbits: mbits, ops: true)
        #expect(
            !found.opsLate.isEmpty && found.opsLate[found.opsLate.count * 99 / 100] <= 25 + late && found.use > 0.8,
            "\(found.opsLate.suffix(20)), \(found.use)")
    }

    @Test(arguments: [(0, 1), (0.01, 1), (0.05, 1), (0.1, 1), (0.05, 3)] as [(Double, Int)])
    func `TR-203: loss of radio does not slow it`(loss: Double, burst: Int) {
        var world = Self.line(1000, loss: loss, burst: burst)
        let pair = world.addPair()
        world.pairs[pair].bulkLeft = 10 << 20
        let begin = world.now
        world.run(until: begin + .seconds(10)) { $0.pairs[pair].bulkReceived >= 10 << 20 }
        let seconds = (world.now - begin).milliseconds / 1000
        #expect(seconds <= (loss == 0 ? 1 : loss < 0.1 ? 2 : 3), "\(seconds) s")
    }

    @Test func `TR-85: after a line was dead for ten seconds all of it is used again soon`() {
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

    /// Kilobits a second, what is given, and where the queue holds 1 s how long a packet may wait there.
    @Test(arguments: [(64, 50_000, 306), (256, 200_000, 90), (1000, 500_000, 60)] as [(Int, Int, Int)])
    func `TR-80, TR-83, TR-200: a narrow line carries little besides what is needed`(kbits: Int, bytes: Int, wait: Int) {
        for isLong in [false, true] {
            var world = Self.line(Double(kbits) / 1000, queue: isLong ? .seconds(1) : .milliseconds(100))
            let pair = world.addPair()
            world.pairs[pair].bulkLeft = bytes
            let begin = world.now
            world.run(until: begin + .seconds(60)) { $0.pairs[pair].bulkReceived >= bytes }
            let (seconds, needed) = ((world.now - begin).milliseconds / 1000, Double(bytes * 8) / Double(kbits * 1000))
            let drops = Double(world.down.dropped) / Double(world.down.dropped + world.down.passed)
            let found = "\(seconds) s of \(needed), \(world.bytesDown) bytes, \(drops) dropped, at most \(world.down.waitMax)"
            #expect(Double(world.bytesDown) <= 1.15 * Double(bytes) && seconds <= 1.3 * needed + 0.5, "\(found)")
            // A start that came too early for its answer is dropped, and no bulk.
            #expect(drops <= 0.05 && (!isLong || world.down.waitMax.milliseconds <= Double(wait)), "\(found)")
        }
    }

    /// Milliseconds between the operations of the other side, whose acknowledgements go the narrow way.
    @Test(arguments: [100, 30])
    func `TR-88: acknowledgements that share a narrow line with bulk are hardly dropped`(every: Int) {
        var world = Self.line(0.064)
        world.up.rate = 1e8
        let pair = world.addPair()
        (world.pairs[pair].bulkLeft, world.pairs[pair].answersEvery) = (1 << 40, .milliseconds(every))
        world.run(until: world.now + .seconds(10))
        world.down.resetCounts()
        world.run(until: world.now + .seconds(60))
        let drops = Double(world.down.dropped) / Double(world.down.dropped + world.down.passed)
        #expect(drops <= 0.08 && world.down.passed > 500, "\(drops) of \(world.down.passed)")
    }

    @Test func `TR-85: a line that becomes a three hundredth and is again what it was is used as it is`() {
        var world = Self.line(20)
        let pair = world.addPair()
        world.pairs[pair].bulkLeft = 1 << 40
        func received(in span: Duration) -> Double {
            let before = world.pairs[pair].bulkReceived
            world.run(until: world.now + span)
            return Double(world.pairs[pair].bulkReceived - before) * 8 / (span.milliseconds / 1000)
        }
        #expect(received(in: .seconds(5)) > 20e6 * 0.8)
        (world.down.rate, world.up.rate) = (64_000, 64_000)
        _ = received(in: .seconds(15))
        let narrow = received(in: .seconds(15))
        #expect(narrow > 64_000 * 0.6, "\(narrow)")
        (world.down.rate, world.up.rate) = (20e6, 20e6)
        _ = received(in: .seconds(10))
        let wide = received(in: .seconds(5))
        #expect(wide > 20e6 * 0.7 && world.pairs[pair].closed.isEmpty, "\(wide)")
    }

    @Test(arguments: [100, 5] as [Int])
    func `TR-87: another way of another length is used as the one before`(milliseconds: Int) {
        var world = Self.line(5)
        let pair = world.addPair()
        world.pairs[pair].bulkLeft = 1 << 40
        world.run(until: world.now + .seconds(10))
        (world.down.delay, world.up.delay) = (.milliseconds(milliseconds), .milliseconds(milliseconds))
        world.run(until: world.now + .seconds(15))
        world.down.resetCounts()
        let before = world.pairs[pair].bulkReceived
        world.run(until: world.now + .seconds(10))
        let use = Double(world.pairs[pair].bulkReceived - before) * 8 / 10 / 5e6
        #expect(use > 0.6 && world.down.waitMax.milliseconds <= 60, "\(use), \(world.down.waitMax)")
    }

    @Test func `TR-210: a burst after a long pause fills no queue`() {
        var world = Self.line(5)
        let pair = world.addPair()
        world.pairs[pair].bulkLeft = 2 << 20
        world.run(until: world.now + .seconds(20))
        world.down.resetCounts()
        world.pairs[pair].bulkLeft = 1 << 20
        world.run(until: world.now + .seconds(10))
        #expect(world.pairs[pair].bulkReceived == 3 << 20 && world.down.dropped == 0)
        #expect(world.down.waitMax.milliseconds <= 60, "\(world.down.waitMax)")
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `TR-203: a way that jitters is used as well`(seed: UInt64) {
        var world = Self.line(5)
        (world.down.jitter, world.up.jitter) = (.milliseconds(10), .milliseconds(10))
        _ = world.addPair(startsAt: .milliseconds(7 * Int(seed)))
        world.pairs[0].bulkLeft = 1 << 40
        world.run(until: world.now + .seconds(5))
        world.down.resetCounts()
        let before = world.pairs[0].bulkReceived
        world.run(until: world.now + .seconds(10))
        let use = Double(world.pairs[0].bulkReceived - before) * 8 / 10 / 5e6
        #expect(use > 0.7 && world.down.waitMax.milliseconds <= 80, "\(use), \(world.down.waitMax)")
    }
}
