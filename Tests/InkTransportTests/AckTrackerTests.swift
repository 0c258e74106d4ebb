import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct AckTrackerTests {
    private static let full = AckTracker.fullBytes

    @Test func `TR-95: short packets are acknowledged at once for a gap or the fourth, else within 20 ms`() {
        var tracker = AckTracker()
        func receive(_ number: UInt64) { tracker.receive(number, claim: .prompt, byteCount: 100, roundTrip: .milliseconds(30), now: .zero) }
        receive(0)
        #expect(tracker.dueAt == .zero + .milliseconds(15))
        receive(2)
        #expect(tracker.dueAt == .zero)
        tracker.sent(now: .zero)
        #expect(tracker.dueAt == nil && !tracker.hasNews)
        receive(1)
        #expect(tracker.dueAt == .zero, "what fills a gap is news, too")
        tracker.sent(now: .zero)
        for number in 3..<6 as Range<UInt64> { receive(number) }
        #expect(tracker.dueAt == .zero + .milliseconds(15))
        receive(6)
        #expect(tracker.dueAt == .zero)
        tracker.sent(now: .zero)
        tracker.receive(7, claim: .none, byteCount: 100, roundTrip: .milliseconds(400), now: .zero)
        #expect(tracker.dueAt == nil)
        tracker.receive(8, claim: .prompt, byteCount: 100, roundTrip: .milliseconds(400), now: .zero)
        #expect(tracker.dueAt == .zero + .milliseconds(20))
        tracker.forget(below: 5)
        #expect(tracker.received.ranges == [5..<9])
    }

    /// Full packets, one each so often: how many acknowledgements leave in ten round trips after the first two.
    private static func acknowledgements(packetsInRoundTrip count: Int) -> Int {
        var tracker = AckTracker()
        let roundTrip = Duration.milliseconds(48)
        var left = 0
        for number in 0..<count * 12 {
            let now = Instant.zero + roundTrip * number / count
            if let due = tracker.dueAt, due <= now {
                tracker.sent(now: due)
                if number >= count * 2 { left += 1 }
            }
            tracker.receive(UInt64(number), claim: .prompt, byteCount: full, roundTrip: roundTrip, now: now)
            guard let due = tracker.dueAt, due <= now else { continue }
            tracker.sent(now: now)
            if number >= count * 2 { left += 1 }
        }
        return left
    }

    @Test func `TR-214: of bulk an eighth of a round trip is acknowledged at a time, two packets at least and 64 at most`() {
        #expect((75...85).contains(Self.acknowledgements(packetsInRoundTrip: 80)))
        #expect((75...85).contains(Self.acknowledgements(packetsInRoundTrip: 400)))
        #expect((39...41).contains(Self.acknowledgements(packetsInRoundTrip: 4)), "each when the next might have come")
        #expect((150...165).contains(Self.acknowledgements(packetsInRoundTrip: 1000)))
    }

    @Test func `TR-214: the last packet of a train is acknowledged soon, and the first does not wait for ever`() {
        var tracker = AckTracker()
        let roundTrip = Duration.milliseconds(200)
        var now = Instant.zero
        // A round trip with 80 packets.
        for number in 0..<81 as Range<UInt64> {
            now = .zero + .microseconds(2500 * Int64(number))
            tracker.receive(number, claim: .prompt, byteCount: Self.full, roundTrip: roundTrip, now: now)
        }
        tracker.sent(now: now)
        tracker.receive(81, claim: .prompt, byteCount: Self.full, roundTrip: roundTrip, now: now)
        #expect(tracker.dueAt == now + .milliseconds(20))
        let first = now
        for number in 82..<86 as Range<UInt64> {
            now += .milliseconds(15)
            tracker.receive(number, claim: .prompt, byteCount: Self.full, roundTrip: roundTrip, now: now)
        }
        #expect(tracker.dueAt == first + .milliseconds(50))
    }

    @Test func `TR-95: what comes with the packet behind a gap does not put off its acknowledgement`() {
        var tracker = AckTracker()
        for number in [0, 2, 3, 4] as [UInt64] {
            tracker.receive(number, claim: .prompt, byteCount: Self.full, roundTrip: .milliseconds(80), now: .zero)
        }
        #expect(tracker.dueAt == .zero)
    }
}
