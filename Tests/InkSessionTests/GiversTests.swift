import InkPrimitives
import InkTransport
import Testing

@testable import InkSession

/// Whom a newcomer asks, by figures alone.
@Suite struct GiversTests {
    private static func sight(_ number: UInt64, roundTrip: Int = 50, isRelay: Bool = false, lead: Int? = 3000) -> Givers.Sight {
        Givers.Sight(connection: ConnectionID(number), isRelay: isRelay, roundTrip: .milliseconds(roundTrip), lead: lead)
    }

    /// The one asked brings so many transactions a second, each by itself, until another is asked or the time is over.
    private static func bring(
        _ givers: inout Givers, _ sights: [Givers.Sight], rate: Int, seconds: Int, from now: inout Instant
    ) -> Givers.Turn? {
        let end = now + .seconds(seconds)
        while now < end {
            now += .nanoseconds(1_000_000_000 / Int64(rate))
            if let current = givers.current { givers.supplied(by: current, count: 1, now: now) }
            if let turn = givers.next(among: sights, now: now) { return turn }
        }
        return nil
    }

    @Test func `SE-166: direct goes before relayed, near before far`() {
        var givers = Givers()
        let sights = [Self.sight(1, roundTrip: 10, isRelay: true), Self.sight(2, roundTrip: 80), Self.sight(3, roundTrip: 30)]
        let turn = givers.next(among: sights, now: .zero)
        #expect(turn == Givers.Turn(ask: ConnectionID(3), leave: nil) && givers.current == ConnectionID(3))
        // Nobody is ahead any more: nobody is asked.
        let rest = givers.next(among: [], now: .zero)
        #expect(rest == nil && givers.current == nil && givers.deadline == nil)
    }

    @Test func `SE-167: a slow one is left for one not tried, and the fastest of all is stayed with`() {
        var (givers, now) = (Givers(), Instant.zero)
        let sights = [Self.sight(1, roundTrip: 20), Self.sight(2), Self.sight(3, roundTrip: 90)]
        _ = givers.next(among: sights, now: now)
        let second = Self.bring(&givers, sights, rate: 40, seconds: 5, from: &now)
        #expect(second == Givers.Turn(ask: ConnectionID(2), leave: ConnectionID(1)))
        #expect(now <= .zero + .seconds(1))
        let third = Self.bring(&givers, sights, rate: 500, seconds: 5, from: &now)
        #expect(third == Givers.Turn(ask: ConnectionID(3), leave: ConnectionID(2)))
        let back = Self.bring(&givers, sights, rate: 100, seconds: 5, from: &now)
        #expect(back == Givers.Turn(ask: ConnectionID(2), leave: ConnectionID(3)))
        let none = Self.bring(&givers, sights, rate: 450, seconds: 5, from: &now)
        #expect(none == nil && givers.current == ConnectionID(2))
        // It gives to others meanwhile: then the third is faster.
        let later = Self.bring(&givers, sights, rate: 45, seconds: 5, from: &now)
        #expect(later == Givers.Turn(ask: ConnectionID(3), leave: ConnectionID(2)))
    }

    @Test func `SE-167: what is here soon anyway is not asked of another`() {
        var (givers, now) = (Givers(), Instant.zero)
        let sights = [Self.sight(1, lead: 70), Self.sight(2, lead: 70)]
        _ = givers.next(among: sights, now: now)
        let turn = Self.bring(&givers, sights, rate: 40, seconds: 1, from: &now)
        #expect(turn == nil)
    }

    @Test func `SE-168, SE-317: one that brings nothing or is gone is left for the next, and once all are such nobody is asked`() {
        var (givers, now) = (Givers(), Instant.zero)
        let sights = [Self.sight(1), Self.sight(2)]
        _ = givers.next(among: sights, now: now)
        now += Givers.stallTime - .milliseconds(1)
        let early = givers.next(among: sights, now: now)
        #expect(early == nil && givers.deadline == now + .milliseconds(1))
        now += .milliseconds(1)
        let other = givers.next(among: sights, now: now)
        #expect(other == Givers.Turn(ask: ConnectionID(2), leave: ConnectionID(1)))
        // Neither gives anything: nobody is asked, so that nobody's comparison is refused.
        now += Givers.stallTime
        let again = givers.next(among: sights, now: now)
        #expect(again == nil && givers.current == nil && givers.deadline == nil)
        let alone = givers.next(among: [Self.sight(1)], now: now)
        #expect(alone == Givers.Turn(ask: ConnectionID(1), leave: nil))
    }

    @Test func `SE-168: one that brings nothing is left sooner for one that did, and one that has begun is not`() {
        for hasBegun in [false, true] {
            var (givers, now) = (Givers(), Instant.zero)
            let sights = [Self.sight(1), Self.sight(2)]
            _ = givers.next(among: sights, now: now)
            let second = Self.bring(&givers, sights, rate: 500, seconds: 5, from: &now)
            #expect(second?.ask == ConnectionID(2) && givers.deadline == now + Givers.trialTime)
            if hasBegun { givers.supplied(by: ConnectionID(2), count: 4000, now: now) }
            // Its measure ends, and a new one begins.
            now += Givers.trialTime
            let first = givers.next(among: sights, now: now)
            #expect(first == (hasBegun ? nil : Givers.Turn(ask: ConnectionID(1), leave: ConnectionID(2))))
        }
    }

    @Test func `SE-318: one who is alone is not left for nobody, and what was held against all is forgotten`() {
        var (givers, now) = (Givers(), Instant.zero)
        _ = givers.next(among: [Self.sight(1)], now: now)
        now += Givers.stallTime
        let alone = givers.next(among: [Self.sight(1)], now: now)
        #expect(alone == nil && givers.current == ConnectionID(1) && givers.deadline == nil)
        let second = givers.next(among: [Self.sight(1), Self.sight(2)], now: now)
        #expect(second == Givers.Turn(ask: ConnectionID(2), leave: ConnectionID(1)))
        now += Givers.stallTime
        _ = givers.next(among: [Self.sight(1), Self.sight(2)], now: now)
        #expect(givers.current == nil)
        // Somebody says what it has.
        let anew = givers.next(among: [Self.sight(1), Self.sight(2)], now: now)
        #expect(anew == Givers.Turn(ask: ConnectionID(1), leave: nil))
    }

    @Test func `SE-168, SE-313: who is asked before it has said what it has has no longer than others`() {
        var (givers, now) = (Givers(), Instant.zero)
        givers.began(with: ConnectionID(1), roundTrip: .milliseconds(50), now: now)
        #expect(givers.deadline == now + Givers.stallTime)
        let sights = [Self.sight(1, lead: nil), Self.sight(2)]
        now += .milliseconds(100)
        let early = givers.next(among: sights, now: now)
        #expect(early == nil && givers.deadline == .zero + Givers.stallTime)
        now = .zero + Givers.stallTime
        let late = givers.next(among: sights, now: now)
        #expect(late == Givers.Turn(ask: ConnectionID(2), leave: ConnectionID(1)))
        // Nor is it stayed with for bringing little.
        givers = Givers()
        givers.began(with: ConnectionID(1), roundTrip: nil, now: now)
        let slow = Self.bring(&givers, sights, rate: 2, seconds: 5, from: &now)
        #expect(slow == Givers.Turn(ask: ConnectionID(2), leave: ConnectionID(1)))
    }

    @Test func `SE-167, SE-168: those who bring nothing keep nobody from being tried, and the next deadline is always ahead`() {
        var (givers, now) = (Givers(), Instant.zero)
        let sights = (1...8).map { Self.sight($0, roundTrip: Int($0)) }
        _ = givers.next(among: sights, now: now)
        for number in 2...8 as ClosedRange<UInt64> {
            now = givers.deadline ?? .distantFuture
            let turn = givers.next(among: sights, now: now)
            #expect(turn == Givers.Turn(ask: ConnectionID(number), leave: ConnectionID(number - 1)))
            #expect(givers.deadline == now + Givers.stallTime)
        }
        // The last brings, and none of the others is asked a second time for as long as measures count.
        let turn = Self.bring(&givers, sights, rate: 20, seconds: 29, from: &now)
        #expect(turn == nil && givers.current == ConnectionID(8))
        let later = Self.bring(&givers, sights, rate: 20, seconds: 3, from: &now)
        #expect(later == Givers.Turn(ask: ConnectionID(1), leave: ConnectionID(8)))
    }

    @Test func `SE-166, SE-314: who is kept out is so until as much came as it has more, whoever brought it and was asked`() {
        var (givers, now) = (Givers(), Instant.zero)
        #expect(!givers.keepsOut(ConnectionID(3)))
        let honest = Self.sight(3, roundTrip: 90, lead: 100)
        // Two make up new ones, the second when the first is gone, and the third stays as far ahead.
        for number in 1...2 as ClosedRange<UInt64> {
            for _ in 0..<50 {
                _ = givers.next(among: [Self.sight(number), honest], now: now)
                #expect(givers.current == ConnectionID(number) && givers.keepsOut(ConnectionID(3)))
                now += .milliseconds(5)
                givers.supplied(by: ConnectionID(number), count: 1, now: now)
            }
        }
        #expect(givers.current == ConnectionID(2) && !givers.keepsOut(ConnectionID(3)))
        // It is ahead no more, and then again.
        _ = givers.next(among: [Self.sight(2)], now: now)
        _ = givers.next(among: [Self.sight(2), honest], now: now)
        #expect(givers.current == ConnectionID(2) && givers.keepsOut(ConnectionID(3)))
        // Of who was not looked at yet nothing is known.
        #expect(givers.keepsOut(ConnectionID(4)))
    }
}
