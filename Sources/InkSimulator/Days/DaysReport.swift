import InkBoard
import InkPrimitives
import InkSession

/// What a world of days took, hour by hour and day by day, and the bounds on it (SM-93 to SM-96).
package struct DaysReport {
    /// What was measured at one meeting.
    struct Day {
        var at: Instant
        var transactions: Int
        var shapes: Int
        var messages: Int
        /// Bytes that the whole world holds, and that the same boards, opened anew from the same disks, take; nil where that is not measured.
        var memory: (held: Int, anew: Int)?
        /// Bytes of transactions on one disk, rows beside them, and the most rows of one disk.
        var stored: (bytes: Int, rows: Int)
        var traffic: Traffic
        var seconds: Double?
        /// Elements of all tables of a node beside its board, by their ways; of each the most that a node has.
        var tables: [String: Int]
    }

    /// An hour in which nobody did anything and nothing went wrong but losses.
    struct QuietHour {
        var hour: Int
        /// Programs that ran.
        var awake: Int
        /// Of the one that sent most, and of all.
        var most: Traffic
        var sum: Traffic
    }

    package internal(set) var faults = 0
    package internal(set) var moves = 0
    package internal(set) var sleeps = 0
    package internal(set) var linesCut = 0
    package internal(set) var clockJumps = 0
    package internal(set) var acts = 0
    package internal(set) var invitesMade = 0
    package internal(set) var invitesRemoved = 0
    package internal(set) var secretsRenewed = 0
    /// Hours in which nobody did anything.
    package var quietHours: Int { quiet.count }
    /// How often sessions got new keys.
    package var renewals: Int { renewed.values.reduce(0, +) }
    /// How often it was looked for invites whose time is over, in all processes.
    package var inviteLooks: Int { looks.values.reduce(0, +) }
    /// Invites that ended by their time.
    package private(set) var invitesOver = 0
    package var meetings: Int { days.count }

    private(set) var days: [Day] = []
    private(set) var quiet: [QuietHour] = []
    private var looks: [Process: Int] = [:]
    private var renewed: [Session: Int] = [:]
    private var atHour: [Traffic] = []
    private var atDay = Traffic()
    private var secondsAtDay = 0.0

    private struct Process: Hashable {
        let node: Int
        let number: Int
    }

    private struct Session: Hashable {
        let process: Process
        let peer: PeerID
        let since: Instant
    }

    mutating func begin(_ meters: Meters) { secondsAtDay = meters.seconds() ?? 0 }

    // Hours.

    mutating func endHour(_ hour: Int, of world: World, isQuiet: Bool, isAwake: [Bool]) {
        noteTimers(of: world)
        let traffic = world.participants.map(\.traffic)
        defer { atHour = traffic }
        guard isQuiet, !atHour.isEmpty else { return }
        let sent = zip(traffic, atHour).map { $0 - $1 }
        let most = sent.max { $0.bytes < $1.bytes } ?? Traffic()
        quiet.append(QuietHour(hour: hour, awake: isAwake.count { $0 }, most: most, sum: sent.reduce(Traffic()) { $0 + $1 }))
    }

    private mutating func noteTimers(of world: World) {
        for (node, participant) in world.participants.enumerated() {
            guard let running = participant.node else { continue }
            let process = Process(node: node, number: participant.process)
            looks[process] = running.inviteLooks
            for (peer, figures) in running.statistics() {
                renewed[Session(process: process, peer: peer, since: figures.establishedAt)] = Int(figures.renewals)
            }
        }
    }

    // Days.

    /// Takes the measure of a day, all of whose people agree.
    ///
    /// - Returns: a line that says it.
    mutating func endDay(of world: World, _ meters: Meters) throws(Violation) -> String {
        noteTimers(of: world)
        guard let board = world.participants[0].node?.board else { throw Violation("node 0 has no board") }
        try checkTimers(of: world)
        let sum = world.participants.reduce(Traffic()) { $0 + $1.traffic }
        let disks = world.participants.map(\.disk)
        var tables: [String: Int] = [:]
        for participant in world.participants {
            guard let node = participant.node else { continue }
            tables.merge(Census(of: node, skipping: ["board"]).counts) { max($0, $1) }
        }
        let seconds = meters.seconds()
        let day = Day(
            at: world.now, transactions: board.transactionCount, shapes: board.shapes.count, messages: board.chats.count,
            memory: memory(of: world, meters),
            stored: (disks[0].transactions.reduce(0) { $0 + $1.encoded.count }, disks.map(\.rowsBesideTransactions).max() ?? 0),
            traffic: sum - atDay, seconds: seconds.map { $0 - secondsAtDay }, tables: tables)
        (atDay, secondsAtDay) = (sum, meters.seconds() ?? 0)
        days.append(day)
        return day.line
    }

    /// What the world holds now, and what the same boards take where each is opened anew from a copy of its disk.
    private func memory(of world: World, _ meters: Meters) -> (held: Int, anew: Int)? {
        guard let held = meters.heldBytes() else { return nil }
        let again = world.participants.indices.map { world.openedAnew($0) }
        let after = meters.heldBytes() ?? held
        return withExtendedLifetime(again) { (held, after - held) }
    }

    /// What waits for long has come (SM-95).
    private mutating func checkTimers(of world: World) throws(Violation) {
        guard let owner = world.participants[0].node else { return }
        let wall = Int64(World.wallEpoch) + world.now.nanoseconds / 1_000_000 + world.participants[0].wallSkew
        for invite in owner.invites {
            if let end = invite.endsAt, Int64(clamping: end) + Self.inviteLateMax < wall {
                throw Violation("an invite stands \((wall - Int64(clamping: end)) / 1000) s after its end")
            }
        }
        // Those of the roles of the board have no end.
        invitesOver = invitesMade - invitesRemoved - owner.invites.count { $0.endsAt != nil }
        for (node, participant) in world.participants.enumerated() {
            guard let running = participant.node else { continue }
            guard running.linkSecret.epoch == owner.linkSecret.epoch else {
                throw Violation("node \(node) is at another epoch than node 0")
            }
            for (peer, figures) in running.statistics() {
                let age = world.clock(node) - figures.establishedAt
                let least = Int(age.components.seconds) / Self.renewedWithin - 3
                guard Int(figures.renewals) >= least else {
                    throw Violation("node \(node) renewed keys with \(peer) \(figures.renewals) times in \(age)")
                }
            }
        }
    }

    /// Milliseconds: the hour after which the time of day is looked at again, and a minute.
    private static let inviteLateMax: Int64 = 3_660_000
    /// Seconds: 120, 10 by lot, and some for what is lost.
    private static let renewedWithin = 140
}

extension DaysReport.Day {
    /// One line of the report.
    var line: String {
        func padded(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
        func mebibytes(_ bytes: Int) -> String { tenths(Double(bytes) / 1_048_576) }
        let memory =
            memory.map { "\(padded(mebibytes($0.held), 7)) \(padded(mebibytes($0.anew), 7)) \(padded(mebibytes($0.held - $0.anew), 7))" }
            ?? padded("-", 23)
        let words: [(String, Int)] = [
            ("\(at.nanoseconds / 3_600_000_000_000)", 5), ("\(transactions)", 8), ("\(shapes)", 7), ("\(messages)", 7),
            (mebibytes(stored.bytes), 7), ("\(stored.rows)", 6), ("\(tables.values.reduce(0, +))", 7), ("\(traffic.datagrams)", 10),
            (mebibytes(traffic.bytes), 8), ("\(traffic.messages + traffic.heard)", 8), ("\(traffic.wakes)", 9),
            (seconds.map(tenths) ?? "-", 7),
        ]
        return words.map { padded($0.0, $0.1) }.joined(separator: " ") + " " + memory
    }
}

func tenths(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }

extension SimulatedDisk {
    /// Rows of all tables but that of transactions.
    var rowsBesideTransactions: Int { receipts.count + inviteKeys.count + acquaintances.count + lastPeers.count + epochs.count }
}
