import InkCrypto
import InkPrimitives
import Testing

@testable import InkSession

@Suite struct SavedDialsTests {
    private let here = SocketAddress(ip: .v4(0xCB00_7105), port: 4000)
    private let there = SocketAddress(ip: .v4(0xCB00_7106), port: 4000)
    private let ana = AuthorID(Array(repeating: 1, count: 32))!
    private var jitter = SplitMix64(seed: 1)

    /// Runs for so long; when each address was dialled.
    private mutating func run(
        _ dials: inout SavedDials, from start: Instant = .zero, for span: Duration, company: Bool, living: Set<AuthorID> = [],
        at places: Set<SocketAddress> = [], permits: (SocketAddress) -> Bool = { _ in true }
    ) -> [SocketAddress: [Instant]] {
        var found: [SocketAddress: [Instant]] = [:]
        dials.follow(isInCompany: company, now: start, using: &jitter)
        var now = start
        while let deadline = dials.deadline, max(now, deadline) < start + span {
            now = max(now, deadline)
            withoutActuallyEscaping(permits) { permits in
                let surroundings = SavedDials.Surroundings(
                    isInCompany: company, lives: living.contains, livesAt: places.contains, permits: permits)
                for address in dials.due(now: now, using: &jitter, in: surroundings) { found[address, default: []].append(now) }
            }
        }
        return found
    }

    @Test mutating func `SE-13: alone one looks for ever, with growing pauses`() throws {
        var dials = SavedDials(direct: [], saved: [here], now: .zero)
        let times = try #require(run(&dials, for: .seconds(600), company: false)[here])
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(times.first == .zero && gaps.allSatisfy { $0 >= .seconds(1) && $0 <= .seconds(60) })
        #expect(gaps.suffix(3).allSatisfy { $0 >= .seconds(30) })
    }

    @Test mutating func `SE-281: sixteen addresses are kept, one for each device, and none where a session lives is pushed out`() {
        var dials = SavedDials(direct: [], saved: [], now: .zero)
        let places = (0..<20).map { SocketAddress(ip: .v4(0xCB00_7200 + UInt32($0)), port: 4000) }
        let devices = (0..<20).map { AuthorID(Array(repeating: UInt8($0 + 1), count: 32))! }
        for (place, device) in zip(places, devices) {
            let isNew = dials.reached(place, by: device, now: .zero) { $0 == places[0] }
            #expect(isNew)
        }
        #expect(dials.known == places[5...].reversed() + [places[0]])
        // Elsewhere, a device leaves the place where it was.
        let isNew = dials.reached(here, by: devices[19], now: .zero) { _ in false }
        #expect(isNew)
        #expect(dials.known.count == 16 && dials.known.first == here && !dials.known.contains(places[19]))
    }

    @Test mutating func `SE-110: in company an address where nobody answers is tried for 20 s, and then hardly any more`() throws {
        var dials = SavedDials(direct: [here], saved: [there], now: .zero)
        let found = run(&dials, for: .seconds(600), company: true)
        #expect(Set(found.keys) == [here, there])
        for times in found.values {
            #expect(times.count == SavedDials.triesMax)
            #expect(try #require(times.last) < .zero + .seconds(20))
        }
        let later = run(&dials, from: .zero + .seconds(600), for: .seconds(3600), company: true)
        for times in later.values { #expect((2...6).contains(times.count)) }
        // Left alone, one looks again at once.
        let alone = run(&dials, from: .zero + .seconds(4200), for: .seconds(1), company: false)
        #expect(Set(alone.keys) == [here, there])
    }

    @Test mutating func `SE-110, SE-303: who is turned down asks there less and less often, however often in company`() throws {
        var dials = SavedDials(direct: [], saved: [here], now: .zero)
        var (now, times): (Instant, [Instant]) = (.zero, [])
        while now < .zero + .seconds(300) {
            guard let at = run(&dials, from: now, for: .seconds(60), company: false)[here]?.first else { break }
            times.append(at)
            // He is let in, and put out at once.
            dials.follow(isInCompany: true, now: at, using: &jitter)
            dials.turnedDown(here, now: at, using: &jitter)
            dials.follow(isInCompany: false, now: at, using: &jitter)
            now = at + .milliseconds(1)
        }
        #expect((5...20).contains(times.count), "\(times.count)")
    }

    @Test mutating func `SE-111: where a device was is not dialled while it lives elsewhere`() throws {
        var dials = SavedDials(direct: [here], saved: [], now: .zero)
        _ = run(&dials, for: .seconds(1), company: false)
        _ = dials.reached(here, by: ana, now: .zero + .seconds(1), isLive: { _ in true })
        _ = dials.reached(there, by: ana, now: .zero + .seconds(2), isLive: { _ in true })
        let none = run(&dials, from: .zero + .seconds(2), for: .seconds(3600), company: false, living: [ana], at: [there])
        #expect(none.isEmpty && dials.deadline == nil)
        dials.lost(there, of: ana, now: .zero + .seconds(4000), using: &jitter)
        let again = run(&dials, from: .zero + .seconds(4000), for: .seconds(1), company: false)
        #expect(Set(again.keys) == [here, there], "and then in both places")
    }

    @Test mutating func `SE-112: a change of network is a reason to look again`() throws {
        var dials = SavedDials(direct: [here], saved: [], now: .zero)
        _ = run(&dials, for: .seconds(100), company: true)
        dials.networkChanged(now: .zero + .seconds(100))
        let found = run(&dials, from: .zero + .seconds(100), for: .seconds(100), company: true)
        #expect(found[here]?.first == .zero + .seconds(100) && found[here]?.count == SavedDials.triesMax)
    }

    @Test mutating func `CN-12: what a link names is dialled where a peer may be, and judged anew elsewhere`() throws {
        var dials = SavedDials(direct: [there], link: [here, there], saved: [], now: .zero)
        #expect(
            run(&dials, for: .seconds(3600), company: false, permits: { _ in false }).keys.map { $0 } == [there], "a person typed this one")
        dials.networkChanged(now: .zero + .seconds(3600))
        let found = run(&dials, from: .zero + .seconds(3600), for: .seconds(10), company: false)
        #expect(Set(found.keys) == [here, there])
    }
}
