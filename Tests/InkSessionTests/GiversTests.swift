import InkPrimitives
import InkTransport
import Testing

@testable import InkSession

/// Whom a newcomer asks, by figures alone.
@Suite struct GiversTests {
    private static func sight(_ number: UInt64, roundTrip: Int = 50, isRelay: Bool = false, lead: Int = 3000) -> Givers.Sight {
        Givers.Sight(connection: ConnectionID(number), isRelay: isRelay, roundTrip: .milliseconds(roundTrip), lead: lead)
    }

    /// The one asked brings 200 bytes at a time, at this rate, until another is asked or the time is over.
    private static func bring(
        _ givers: inout Givers, _ sights: [Givers.Sight], rate: Int, seconds: Int, from now: inout Instant
    ) -> Givers.Turn? {
        let end = now + .seconds(seconds)
        while now < end {
            now += .nanoseconds(200 * 1_000_000_000 / Int64(rate))
            if let current = givers.current { givers.supplied(by: current, byteCount: 200, now: now) }
            if let turn = givers.next(among: sights, now: now) { return turn }
        }
        return nil
    }

    // SE-166
    @Test func `direct goes before relayed, near before far`() {
        var givers = Givers()
        let sights = [Self.sight(1, roundTrip: 10, isRelay: true), Self.sight(2, roundTrip: 80), Self.sight(3, roundTrip: 30)]
        let turn = givers.next(among: sights, now: .zero)
        #expect(turn == Givers.Turn(ask: ConnectionID(3), leave: nil) && givers.current == ConnectionID(3))
        // Nobody is ahead any more: nobody is asked.
        let rest = givers.next(among: [], now: .zero)
        #expect(rest == nil && givers.current == nil && givers.deadline == nil)
    }

    // SE-167
    @Test func `a slow one is left for one not tried, and the fastest of all is stayed with`() {
        var (givers, now) = (Givers(), Instant.zero)
        let sights = [Self.sight(1, roundTrip: 20), Self.sight(2), Self.sight(3, roundTrip: 90)]
        _ = givers.next(among: sights, now: now)
        let second = Self.bring(&givers, sights, rate: 8_000, seconds: 5, from: &now)
        #expect(second == Givers.Turn(ask: ConnectionID(2), leave: ConnectionID(1)))
        #expect(now <= .zero + .seconds(1))
        let third = Self.bring(&givers, sights, rate: 100_000, seconds: 5, from: &now)
        #expect(third == Givers.Turn(ask: ConnectionID(3), leave: ConnectionID(2)))
        let back = Self.bring(&givers, sights, rate: 20_000, seconds: 5, from: &now)
        #expect(back == Givers.Turn(ask: ConnectionID(2), leave: ConnectionID(3)))
        let none = Self.bring(&givers, sights, rate: 90_000, seconds: 5, from: &now)
        #expect(none == nil && givers.current == ConnectionID(2))
        // It gives to others meanwhile: then the third is faster.
        let later = Self.bring(&givers, sights, rate: 9_000, seconds: 5, from: &now)
        #expect(later == Givers.Turn(ask: ConnectionID(3), leave: ConnectionID(2)))
    }

    // SE-167
    @Test func `what is here soon anyway is not asked of another`() {
        var (givers, now) = (Givers(), Instant.zero)
        let sights = [Self.sight(1, lead: 70), Self.sight(2, lead: 70)]
        _ = givers.next(among: sights, now: now)
        let turn = Self.bring(&givers, sights, rate: 8_000, seconds: 1, from: &now)
        #expect(turn == nil)
    }

    // SE-168
    @Test func `one that brings nothing or is gone is left for the next, and the last is not left for nobody`() {
        var (givers, now) = (Givers(), Instant.zero)
        let sights = [Self.sight(1), Self.sight(2)]
        _ = givers.next(among: sights, now: now)
        now += Givers.stallTime - .milliseconds(1)
        let early = givers.next(among: sights, now: now)
        #expect(early == nil && givers.deadline == now + .milliseconds(1))
        now += .milliseconds(1)
        let other = givers.next(among: sights, now: now)
        #expect(other == Givers.Turn(ask: ConnectionID(2), leave: ConnectionID(1)))
        // A liar who says to have much, and gives nothing, is asked no second time.
        now += Givers.stallTime
        let again = givers.next(among: sights, now: now)
        #expect(again == nil && givers.current == ConnectionID(2))
        let alone = givers.next(among: [Self.sight(1)], now: now)
        #expect(alone == Givers.Turn(ask: ConnectionID(1), leave: nil))
    }
}
