import InkBoard
import InkPrimitives
import InkSession
import InkSimulator
import Testing

/// Whole nodes behind lines of their own: what is live, what is history, and who gives it.
@Suite struct LinePartyTests {
    private static let way: Duration = .milliseconds(25)

    private static func line(_ kbits: Double, queue: Duration = .milliseconds(100), delay: Duration = way / 2, seed: UInt64 = 1)
        -> Bottleneck
    {
        Bottleneck(rate: kbits * 1000, queue: queue, delay: delay, random: SplitMix64(seed: seed))
    }

    /// A party whose members have lines of these rates both ways; the first has the board, all others dial it.
    private static func party(_ kbits: [Double], stored: [Transaction] = [], queue: Duration = .milliseconds(100)) throws -> LineParty {
        var party = try LineParty(seed: 1)
        for (index, rate) in kbits.enumerated() {
            party.add(
                stored: stored, dialling: index == 0 ? [] : Array(0..<index), up: line(rate, queue: queue, seed: UInt64(index)),
                down: line(rate, queue: queue, seed: UInt64(50 + index)))
        }
        let isMet = party.run(until: party.now + .seconds(20)) { party in
            party.members.allSatisfy { $0.node.presentPeers == kbits.count - 1 }
        }
        #expect(isMet)
        party.run(until: party.now + .seconds(3))
        return party
    }

    private static func percentile(_ delays: [Duration], _ part: Double) -> Double {
        let sorted = delays.sorted()
        return sorted.isEmpty ? .infinity : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))].milliseconds
    }

    private static func drops(_ line: Bottleneck) -> Double { Double(line.dropped) / Double(max(1, line.dropped + line.passed)) }

    @Test func `SE-160, SE-161, SE-163: at 50 kbit a second for six peers a hand is seen all the same, and all that it makes comes`() throws
    {
        var party = try Self.party([50] + Array(repeating: 100_000, count: 6))
        party.write(by: 0, for: .seconds(14))
        // Time to find out what the line carries.
        party.run(until: party.now + .seconds(4))
        party.members[0].up.resetCounts()
        let from = party.now
        party.run(until: party.now + .seconds(14))
        for member in party.members.dropFirst() {
            let late = member.inkDelays.filter { $0.at > from }.map(\.delay)
            #expect(late.count > 500 && Self.percentile(late, 0.95) < 900, "\(late.count), \(Self.percentile(late, 0.95)) ms")
            let work = member.shownAfter.map(\.milliseconds)
            #expect(work.count == 7 && work.allSatisfy { $0 < 1200 }, "\(work)")
        }
        // Without a ladder more than half is dropped, and the queue is always full.
        let up = party.members[0].up
        #expect(Self.drops(up) < 0.35 && up.waitSum.milliseconds / Double(up.passed) < 60, "\(Self.drops(up))")
    }

    @Test(arguments: [1000, 5000] as [Double])
    func `SE-164, TR-131: history for a newcomer hardly delays what is live to another over the same line`(kbits: Double) throws {
        let history = try LineParty(seed: 1).history(of: 700)
        var (late, work): ([Double], [Double]) = ([], [])
        for hasNewcomer in [false, true] {
            var party = try Self.party([kbits, 100_000], stored: history)
            party.write(by: 0, for: .seconds(4))
            party.run(until: party.now + .milliseconds(500))
            let from = party.now
            if hasNewcomer { party.add(dialling: [0], up: Self.line(100_000), down: Self.line(100_000)) }
            party.run(until: party.now + .seconds(5))
            let delays = party.members[1].inkDelays.filter { $0.at > from && $0.at < from + .seconds(3) }.map(\.delay)
            late.append(Self.percentile(delays, 0.95))
            work.append(Self.percentile(party.members[1].cameAfter, 1))
            if hasNewcomer { #expect(party.members[2].readyAt != nil) }
        }
        // A packet on the line, and what the link lets wait there (TR-81), at its start too (TR-80).
        let packet = 1228 * 8 / kbits
        #expect(late[1] <= late[0] + packet + 16 && work[1] <= work[0] + packet + 20, "\(late), \(work)")
    }

    /// Somebody comes to members with lines of these rates, who all have the board; the first may fall silent.
    ///
    /// - Returns: seconds until all is there, and bytes that each of the others sent meanwhile.
    private static func join(
        _ kbits: [Double], history: [Transaction], stopping: Duration? = nil, dialling: [Int]? = nil
    ) throws -> (seconds: Double, bytes: [Int]) {
        var party = try party(kbits, stored: history)
        let before = party.members.map(\.bytesOut)
        let comer = party.add(dialling: dialling ?? Array(kbits.indices), up: line(100_000), down: line(100_000))
        let began = party.now
        if let stopping {
            party.run(until: began + stopping)
            party.stop(0)
        }
        let isDone = party.run(until: began + .seconds(60)) { party in
            party.members[comer].readyAt != nil && party.members[comer].node.board?.fingerprint == party.members[1].node.board?.fingerprint
        }
        #expect(isDone)
        return ((party.now - began).milliseconds / 1000, zip(party.members, before).map { $0.0.bytesOut - $0.1 })
    }

    @Test func `SE-165, SE-166, SE-167: of a slow giver and a fast one a newcomer is served as by the fast one alone`() throws {
        let history = try LineParty(seed: 1).history(of: 1500)
        let needed = history.reduce(0) { $0 + $1.encoded.count }
        let alone = try Self.join([100_000, 1000], history: history, dialling: [1])
        let both = try Self.join([64, 1000], history: history)
        // The trial of the slow one takes 700 ms, and a question to the other a round trip.
        #expect(both.seconds <= alone.seconds * 1.2 && both.bytes.reduce(0, +) < needed * 6 / 5, "\(both), alone \(alone)")
    }

    @Test func `SE-168: where the one asked falls silent another takes over`() throws {
        let history = try LineParty(seed: 1).history(of: 1000)
        let needed = history.reduce(0) { $0 + $1.encoded.count }
        let found = try Self.join([1000, 1000], history: history, stopping: .seconds(1))
        #expect(found.seconds < 6 && found.bytes.reduce(0, +) < needed * 6 / 5, "\(found)")
    }

    @Test func `SE-162, SE-164, TR-110: who comes on 256 kbit a second sees ink at once, and the board nearly as fast as it goes`() throws {
        let history = try LineParty(seed: 1).history(of: 600)
        let needed = history.reduce(0) { $0 + $1.encoded.count }
        var party = try Self.party([256], stored: history)
        let comer = party.add(dialling: [0], up: Self.line(100_000), down: Self.line(100_000))
        let began = party.now
        party.run(until: began + .seconds(5)) { $0.members[comer].node.board != nil }
        party.write(by: 0, for: .seconds(4))
        party.run(until: began + .seconds(8))
        let seconds = ((party.members[comer].readyAt ?? .distantFuture) - began).milliseconds / 1000
        let ideal = Double(needed) * 8 / 256_000
        #expect(seconds < ideal * 1.6, "\(seconds) s, the line's \(ideal)")
        let late = party.members[comer].inkDelays.map(\.delay)
        #expect(late.count > 180 && Self.percentile(late, 0.5) < 150, "\(late.count), \(Self.percentile(late, 0.5)) ms")
        #expect(party.members[comer].cameAfter.count == 2 && Self.percentile(party.members[comer].cameAfter, 1) < 500)
        #expect(party.members[0].bytesOut < needed * 13 / 10, "\(party.members[0].bytesOut) of \(needed)")
        // What is live waits for no longer packet.
        #expect(party.members[0].node.statistics().allSatisfy { $0.statistics.mtu == 1200 })
    }

    @Test func `TR-206: what a queue shorter than a packet drops is not taken for another's doing`() throws {
        let delay = Self.way
        var party = try LineParty(seed: 1)
        let history = try party.history(of: 600)
        party.add(stored: history, up: Self.line(64, delay: delay, seed: 0), down: Self.line(64, delay: delay, seed: 50))
        party.run(until: party.now + .seconds(3))
        let comer = party.add(dialling: [0], up: Self.line(100_000, delay: delay), down: Self.line(100_000, delay: delay))
        party.run(until: party.now + .seconds(5)) { $0.members[comer].node.board != nil }
        party.write(by: 0, for: .seconds(15))
        for _ in 0..<30 {
            party.run(until: party.now + .milliseconds(500))
            #expect(party.members[0].node.statistics().allSatisfy { $0.statistics.congestion.phase != .contest })
        }
        #expect(party.members[0].up.dropped > 0)
    }
}
