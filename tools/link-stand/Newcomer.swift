import InkPrimitives
import InkSimulator

/// One row: somebody comes to a board of 3000 shapes, whole nodes, while the host writes for 30 s; beside it the same writing to one who has all.
struct Newcomer {
    var mbits: Double
    var queue: Duration = .milliseconds(100)
    var shapes = 3000

    private static let writing: Duration = .seconds(30)
    private static let patience: Duration = .seconds(400)

    /// What came of it.
    private struct Outcome {
        var party: LineParty
        /// From the beginning until everything was there, if it ever was.
        var seconds: Double?
        var historyBytes: Int
    }

    private func party(isNew: Bool) throws -> Outcome {
        var party = try LineParty(seed: 1)
        let random = SplitMix64(seed: 3)
        func line(_ name: String, delay: Duration) -> Bottleneck {
            Bottleneck(rate: mbits * 1e6, queue: queue, delay: delay, random: random.split(name))
        }
        func open(_ name: String) -> Bottleneck { Bottleneck(rate: 1e10, queue: queue, delay: .zero, random: random.split(name)) }
        let history = try party.history(of: shapes)
        let way: Duration = .milliseconds(25)
        let host = party.add(stored: history, up: line("up", delay: way), down: line("down", delay: way))
        party.run(until: party.now + .milliseconds(100))
        let comer = party.add(stored: isNew ? [] : history, dialling: [host], up: open("comer up"), down: open("comer down"))
        let begin = party.now
        if isNew {
            // It writes from the moment in which the other is in the room.
            party.run(until: begin + .seconds(20)) { $0.members[comer].node.board != nil }
        } else {
            party.run(until: begin + .seconds(5))
        }
        party.members[host].up.resetCounts()
        let before = isNew ? 0 : party.members[host].bytesOut
        party.write(by: host, for: Self.writing)
        let writingEnd = party.now + Self.writing + .seconds(3)
        let isDone = party.run(until: begin + Self.patience) { party in
            party.members[comer].node.board?.fingerprint == party.members[host].node.board?.fingerprint
                && party.members[comer].readyAt != nil && (party.now >= writingEnd || isNew && party.members[comer].toComeCount == 0)
                && (!isNew || party.now - begin > Self.writing)
        }
        let done = max(party.members[comer].readyAt ?? .zero, begin)
        party.members[host].bytesOut -= before
        return Outcome(
            party: party, seconds: isDone ? (done - begin).milliseconds / 1000 : nil,
            historyBytes: history.reduce(0) { $0 + $1.encoded.count })
    }

    func run() throws {
        let ink = try party(isNew: false)
        let found = try party(isNew: true)
        let needed = found.historyBytes + ink.party.members[0].bytesOut
        let host = found.party.members[0]
        let late = found.party.members[1].inkDelays.map(\.delay)
        let free = ink.party.members[1].inkDelays.map(\.delay)
        // Ink of the first 30 s takes its part of the line, as long as the history comes beside it.
        let inkSeconds = min(1, (found.seconds ?? 0) / 30)
        let lineSeconds = (Double(found.historyBytes) + Double(ink.party.members[0].bytesOut) * inkSeconds) * 8 / (mbits * 1e6)
        print(
            "newcomer, \(mbits) Mbit/s, \(Int(queue.milliseconds)) ms".padded(to: 34),
            found.seconds.map { text($0, 6, 1) + " s" } ?? "not done",
            " the line's \(text(lineSeconds, 5, 1)) s  sent \(text(Double(host.bytesOut) / Double(needed), 5, 2)) times of \(needed / 1000) kB",
            " drops \(text(share(host.up.dropped, of: host.up), 5, 2))%  queue at most \(text(host.up.waitMax.milliseconds, 5))",
            late.isEmpty
                ? " no ink"
                : " ink p50 \(text(percentile(late, 0.5), 5)) p95 \(text(percentile(late, 0.95), 5)) of \(late.count) (alone \(text(percentile(free, 0.5), 4)) \(text(percentile(free, 0.95), 4)) of \(free.count))",
            " work came after \(text((found.party.members[1].cameAfter.max() ?? .zero).milliseconds / 1000, 4, 2)) s of \(found.party.members[1].cameAfter.count), alone \(text((ink.party.members[1].cameAfter.max() ?? .zero).milliseconds / 1000, 4, 2))",
            " back \(found.party.members[1].bytesOut / 1000) kB")
    }

    static func table() {
        do {
            for mbits in [0.064, 0.256, 1, 20] { try Newcomer(mbits: mbits).run() }
        } catch {
            print("no board: \(error)")
        }
    }
}
