import InkPrimitives
import InkSimulator
import Testing

/// How late operations come over lines that lose packets, in virtual time, and what they cost.
@Suite struct LiveLineTests {
    private struct Line {
        var mbits = 1000.0
        var loss: Double
        var burst = 1
        var isGilbert = false
        var hasBulk = false
    }

    /// Sixty operations of 64 bytes a second for 20 s on each of three seeds: delays, ascending in ms, and bytes both ways for each.
    private static func figures(_ line: Line) -> (late: [Double], bytes: Double) {
        var (late, bytes, sent): ([Double], Int, Int) = ([], 0, 0)
        for seed in 1...3 as ClosedRange<UInt64> {
            let random = SplitMix64(seed: seed)
            func direction(_ name: String) -> Bottleneck {
                var direction = Bottleneck(
                    rate: line.mbits * 1e6, queue: .milliseconds(100), delay: .milliseconds(25), loss: line.loss, random: random.split(name)
                )
                (direction.burst, direction.isGilbert) = (line.burst, line.isGilbert)
                return direction
            }
            var world = LineWorld(down: direction("down"), up: direction("up"))
            let pair = world.addPair()
            (world.pairs[pair].opsEvery, world.pairs[pair].opBytes) = (.nanoseconds(16_666_667), 64)
            world.run(until: world.now + .seconds(5)) { $0.pairs[pair].opsSent > 0 }
            (world.bytesDown, world.bytesUp) = (0, 0)
            if line.hasBulk { world.pairs[pair].bulkLeft = 8 << 20 }
            world.run(until: world.now + .seconds(20))
            world.pairs[pair].opsEvery = nil
            world.run(until: world.now + .seconds(2))
            late += world.pairs[pair].opDelays.map(\.delay.milliseconds)
            bytes += world.bytesDown + world.bytesUp
            sent += world.pairs[pair].opsSent
        }
        #expect(late.count == sent)
        return (late.sorted(), Double(bytes) / Double(sent))
    }

    private static func p99(_ late: [Double]) -> Double { late[late.count * 99 / 100] }

    @Test(arguments: [(0.0, 29.0, 180.0), (0.01, 43, 210), (0.05, 44, 270), (0.1, 50, 320)])
    func `TR-17, TR-95, TR-96: operations hardly wait for what is lost, and copies cost what that is worth`(
        loss: Double, p99: Double, bytes: Double
    ) {
        let figures = Self.figures(Line(loss: loss))
        #expect(Self.p99(figures.late) <= p99 && figures.bytes <= bytes, "p99 \(Self.p99(figures.late)) ms, \(figures.bytes) bytes")
    }

    /// Datagrams that are lost, by direction and place: starts and message 3 go down, cookie and answer come up.
    @Test(
        arguments: [
            ([0], []), ([], [0]), ([1], []), ([], [1]), ([2], []), ([2, 3], []), ([], [2]), ([0, 2], []), ([0], [1]), ([0, 2, 4], []),
        ] as [(Set<Int>, Set<Int>)])
    func `TR-198, TR-199, TR-215, TR-216: operations are not late where a packet of the handshake was lost`(down: Set<Int>, up: Set<Int>) {
        func direction(_ doomed: Set<Int>) -> Bottleneck {
            var direction = Bottleneck(rate: 1e9, queue: .milliseconds(100), delay: .milliseconds(25), random: SplitMix64(seed: 1))
            direction.doomed = doomed
            return direction
        }
        var world = LineWorld(down: direction(down), up: direction(up))
        let pair = world.addPair()
        (world.pairs[pair].opsEvery, world.pairs[pair].opBytes) = (.nanoseconds(16_666_667), 64)
        world.run(until: world.now + .seconds(5)) { $0.pairs[pair].opsSent >= 60 }
        world.pairs[pair].opsEvery = nil
        world.run(until: world.now + .seconds(2))
        let late = world.pairs[pair].opDelays.map(\.delay.milliseconds)
        #expect(late.count == world.pairs[pair].opsSent && late.count >= 60 && late.allSatisfy { $0 <= 50 }, "\(late.filter { $0 > 30 })")
    }

    @Test(arguments: [false, true])
    func `TR-96: packets that are lost three at a time, or by Gilbert's coin, make few operations late`(isGilbert: Bool) {
        let late = Self.figures(Line(loss: 0.05, burst: 3, isGilbert: isGilbert)).late
        #expect(Self.p99(late) <= 70, "p99 \(Self.p99(late)) ms")
    }

    @Test func `TR-97: operations are hardly later beside bulk`() {
        let alone = Self.p99(Self.figures(Line(mbits: 20, loss: 0.05)).late)
        let beside = Self.p99(Self.figures(Line(mbits: 20, loss: 0.05, hasBulk: true)).late)
        #expect(beside <= alone * 1.2, "p99 \(beside) ms, and \(alone) without")
    }
}
