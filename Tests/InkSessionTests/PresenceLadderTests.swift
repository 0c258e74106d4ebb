import InkPrimitives
import InkTransport
import Testing

@testable import InkSession

/// How presence thins out, by figures alone.
@Suite struct PresenceLadderTests {
    private static func line(_ roundTrip: Int, shortest: Int = 50, rate: Double? = nil, loss: Double = 0) -> LineSight {
        var line = LineSight()
        (line.roundTrip, line.shortestRoundTrip) = (.milliseconds(roundTrip), .milliseconds(shortest))
        (line.deliveryRate, line.loss) = (rate, loss)
        return line
    }

    /// A hand that moves all the time, for so long.
    ///
    /// - Returns: packets that went, the last pause.
    @discardableResult
    private static func run(
        _ ladder: inout PresenceLadder, _ line: LineSight, waiting: PresenceLadder.Waiting = .init(), isHeldUp: Bool = false, seconds: Int,
        from now: inout Instant
    ) -> Int {
        let end = now + .seconds(seconds)
        var count = 0
        while now < end {
            if now >= ladder.pausedUntil, ladder.take(line, waiting, isHeldUp: isHeldUp, now: now) {
                ladder.sent(byteCount: 60, now: now)
                count += 1
            }
            now += max(.nanoseconds(33_333_333), ladder.pause)
        }
        return count
    }

    @Test func `SE-160, SE-161, SE-308, SE-310: a strained line gets fewer packets, then coarse ones, and all again when it is calm`() {
        var (ladder, now) = (PresenceLadder(), Instant.zero)
        #expect(Self.run(&ladder, Self.line(50), seconds: 2, from: &now) >= 60 && ladder.budget == nil)
        // A hand that draws at 30 packets a second takes 3.4 kB.
        Self.run(&ladder, Self.line(150), seconds: 1, from: &now)
        #expect((.milliseconds(45)...PresenceLadder.finePauseMax).contains(ladder.pause) && !ladder.isCoarse)
        Self.run(&ladder, Self.line(150, loss: 0.3), seconds: 4, from: &now)
        #expect(ladder.isCoarse && ladder.budget == PresenceLadder.budgetMin && ladder.pause > PresenceLadder.finePauseMax)
        #expect(ladder.pause <= PresenceLadder.coarsePauseMax)
        Self.run(&ladder, Self.line(60), seconds: 60, from: &now)
        #expect(ladder.budget == nil && ladder.pause == .zero && !ladder.isCoarse)
    }

    @Test func `SE-309: a round trip that stays though less is sent is the line's, unless packets are lost`() {
        for loss in [0, 0.1] {
            var (ladder, now) = (PresenceLadder(), Instant.zero)
            Self.run(&ladder, Self.line(200, loss: loss), seconds: 10, from: &now)
            let budget = ladder.budget ?? .infinity
            Self.run(&ladder, Self.line(200, loss: loss), seconds: 30, from: &now)
            #expect(loss == 0 ? ladder.budget == nil : ladder.budget == PresenceLadder.budgetMin, "\(budget)")
        }
    }

    @Test func `SE-308: a queue that was being left counts for no later one`() {
        var (ladder, now) = (PresenceLadder(), Instant.zero)
        // As often as it is tried, and not once more: then it would be taken for the line's.
        Self.run(&ladder, Self.line(200), seconds: 1, from: &now)
        #expect(ladder.budget != nil)
        Self.run(&ladder, Self.line(200, rate: 100_000), waiting: .init(history: 20_000), seconds: 5, from: &now)
        #expect(ladder.budget == nil)
        Self.run(&ladder, Self.line(200), seconds: 1, from: &now)
        let first = ladder.budget
        Self.run(&ladder, Self.line(200), seconds: 1, from: &now)
        #expect(first != nil && ladder.budget != nil && ladder.budget! <= first!, "\(String(describing: first))")
    }

    @Test func `SE-160: a packet that is held up makes no queue another one`() {
        var (ladder, now) = (PresenceLadder(), Instant.zero)
        for _ in 0..<12 {
            Self.run(&ladder, Self.line(200), seconds: 1, from: &now)
            _ = ladder.take(Self.line(200), isHeldUp: true, now: now)
        }
        // It stays whatever is sent, so it is the line's; what is held up takes no more than that.
        Self.run(&ladder, Self.line(200), seconds: 30, from: &now)
        #expect(ladder.budget == nil)
    }

    @Test func `SE-160, SE-310: what is held up thins out, and what is lost by radio hardly`() {
        var (ladder, now) = (PresenceLadder(), Instant.zero)
        Self.run(&ladder, Self.line(50), isHeldUp: true, seconds: 10, from: &now)
        #expect(ladder.budget == PresenceLadder.budgetMin)
        (ladder, now) = (PresenceLadder(), .zero)
        #expect(Self.run(&ladder, Self.line(50, loss: 0.1), seconds: 10, from: &now) > 295)
        Self.run(&ladder, Self.line(50, loss: 0.4), seconds: 10, from: &now)
        #expect(!ladder.isCoarse || ladder.pause <= .milliseconds(170))
    }

    @Test func `SE-162, SE-311: of a line that is full of history it takes a quarter, and none while work waits`() {
        var (ladder, now) = (PresenceLadder(), Instant.zero)
        let full = PresenceLadder.Waiting(history: 20_000)
        // 64 kbit/s: 2 kB/s are 17 packets.
        let count = Self.run(&ladder, Self.line(180, rate: 8_000), waiting: full, seconds: 10, from: &now)
        #expect((150...190).contains(count), "\(count)")
        // A wide one is not held back.
        #expect(Self.run(&ladder, Self.line(60, rate: 100_000), waiting: full, seconds: 10, from: &now) > 295)
        // More work than the line takes in a quarter of a second.
        #expect(Self.run(&ladder, Self.line(60, rate: 8_000), waiting: .init(operations: 2_100), seconds: 10, from: &now) == 0)
        #expect(Self.run(&ladder, Self.line(60, rate: 100_000), waiting: .init(operations: 2_100), seconds: 10, from: &now) > 295)
    }
}
