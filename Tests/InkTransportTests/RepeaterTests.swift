import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct RepeaterTests {
    /// Operations of 66 bytes, sixty a second, and when each packet leaves: what of which operation it has, oldest first.
    private static func packets(_ losses: Repeater.Losses, count: Int = 12) -> [(at: Duration, operations: [UInt64])] {
        var repeater = Repeater()
        var packets: [(at: Duration, operations: [UInt64])] = []
        func rest(now: Instant) -> [UInt64] {
            var operations: [UInt64] = []
            while let source = repeater.take(room: 500, now: now) {
                operations.append(source.range.lowerBound / 66)
                var begin = source.range.lowerBound
                while let before = repeater.take(endingAt: begin, slot: 0, room: 500, now: now) {
                    operations.append(before.range.lowerBound / 66)
                    begin = before.range.lowerBound
                }
            }
            return operations
        }
        for number in 0..<UInt64(count) {
            let next = Instant.zero + .microseconds(16_667 * Int64(number))
            while let due = repeater.dueAt, due < next { packets.append((due - .zero, rest(now: due).sorted())) }
            var operations: [UInt64] = [number]
            while let before = repeater.take(endingAt: (operations.last ?? 0) * 66, slot: 0, room: 500, now: next) {
                operations.append(before.range.lowerBound / 66)
            }
            repeater.sent(slot: 0, range: number * 66..<number * 66 + 66, losses: losses, now: next)
            packets.append((next - .zero, operations.sorted()))
        }
        return packets
    }

    private static func copies(_ operation: UInt64, _ packets: [(at: Duration, operations: [UInt64])]) -> [Int] {
        let sent = packets.filter { $0.operations.contains(operation) }.map { $0.at.milliseconds }
        return sent.map { Int($0 - (sent.first ?? 0)) }
    }

    @Test func `TR-17, TR-175: a piece rides in the next packet, and in the next two where some are lost, at the end of what they bring`() {
        let calm = Self.packets(Repeater.Losses())
        #expect(calm.map(\.operations).dropFirst() == (1..<12).map { [$0 - 1, $0] }[...])
        let lossy = Self.packets(Repeater.Losses(share: 0.03))
        #expect(lossy.map(\.operations).dropFirst(2) == (2..<12).map { [$0 - 2, $0 - 1, $0] }[...])
    }

    @Test func `TR-151: where what passes is paid for a piece rides again only where packets are lost`() {
        let calm = Self.packets(Repeater.Losses(isSparing: true))
        #expect(calm.map(\.operations) == (0..<12).map { [$0] })
        let lossy = Self.packets(Repeater.Losses(share: 0.03, isSparing: true))
        #expect(lossy.map(\.operations).dropFirst(2) == (2..<12).map { [$0 - 2, $0 - 1, $0] }[...])
    }

    @Test func `TR-96: where each tenth packet is lost one leaves between each second operation and the next`() {
        let packets = Self.packets(Repeater.Losses(share: 0.1))
        #expect(packets.count == 18)
        #expect([4, 5].map { Self.copies($0, packets) } == [[0, 7, 16, 40], [0, 16, 24]])
    }

    @Test func `TR-96: where several in a row are lost copies leave ever further apart`() {
        let packets = Self.packets(Repeater.Losses(share: 0.05, areTogether: true))
        let copies = Self.copies(2, packets)
        // Where an operation leaves a little earlier they ride with it.
        #expect(copies == [0, 5, 10, 16, 27, 43, 60], "\(copies)")
    }

    @Test func `TR-17: much is not repeated, and what is sent at once is not copied at once`() {
        var repeater = Repeater()
        for number in 0..<200 as Range<UInt64> {
            repeater.sent(slot: 0, range: number * 100..<number * 100 + 100, losses: Repeater.Losses(share: 0.1), now: .zero)
        }
        #expect(repeater.pieces.count == Repeater.piecesMax)
        #expect(repeater.take(room: 500, now: .zero + .milliseconds(2)) == nil)
        #expect(repeater.take(room: 500, now: .zero + .milliseconds(9)) != nil)
        #expect(repeater.plan(Repeater.Losses(share: 0.1, areTogether: true), now: .zero) == nil)
    }

    @Test func `TR-96: what found no room does not ask again`() throws {
        var repeater = Repeater()
        repeater.sent(slot: 0, range: 0..<300, losses: Repeater.Losses(areTogether: true), now: .zero)
        let due = try #require(repeater.dueAt)
        #expect(repeater.take(room: 200, now: due) == nil)
        repeater.forgetDue(now: due)
        #expect(repeater.dueAt == nil && repeater.pieces.count == 1)
    }

    @Test func `TR-96: three losses in a row are no chance, single ones make it forgotten, and so does time`() {
        var runs = LossRuns()
        var now = Instant.zero
        for number in [10, 30, 31, 50] as [UInt64] { runs.lost(number, now: now) }
        #expect(!runs.areTogether(now: now))
        for number in [70, 71, 72] as [UInt64] { runs.lost(number, now: now) }
        #expect(runs.areTogether(now: now) && runs.mean >= 3)
        #expect(!runs.areTogether(now: now + .seconds(2)))
        for number in 80..<1000 as Range<UInt64> { runs.lost(number, now: now) }
        #expect(runs.mean <= 4, "a queue that overflows is not the longest run of all")
        for number in stride(from: 2000 as UInt64, to: 2400, by: 20) {
            now += .milliseconds(100)
            runs.lost(number, now: now)
        }
        #expect(!runs.areTogether(now: now))
    }

    @Test func `TR-146: what is spared rides once, and what follows again`() {
        var repeater = Repeater()
        repeater.sent(slot: 0, range: 0..<100, losses: Repeater.Losses(), isSpared: true, now: .zero)
        #expect(repeater.take(room: 400, now: .zero + .seconds(1)) == nil)
        repeater.sent(slot: 0, range: 100..<200, losses: Repeater.Losses(), now: .zero + .seconds(1))
        #expect(repeater.take(room: 400, now: .zero + .seconds(2)) == Repeater.Source(slot: 0, range: 100..<200))
    }
}
