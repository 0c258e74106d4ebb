import InkBoard
import InkPrimitives
import InkSession

// What is held against the bounds at the end, and told.
extension DaysReport {
    static let heading =
        " hour  changes  shapes   said    disk   rows  tables  datagrams      MiB signalled    wakes  processor    held    anew    rest"

    /// Holds what days took against what they may. Throws the first bound that did not hold (SM-93, SM-94, SM-96).
    func hold(against world: World) throws(Violation) {
        guard let first = days.first, let last = days.last else { throw Violation("nobody ever met") }
        for node in world.participants.indices { try holdBoard(of: node, in: world) }
        for way in last.tables.keys.sorted() {
            let (before, after) = (first.tables[way] ?? 0, last.tables[way] ?? 0)
            guard after <= 2 * before + Self.tableSpare else { throw Violation("the table \(way) grew from \(before) to \(after)") }
        }
        guard last.stored.rows <= 2 * first.stored.rows + Self.tableSpare else {
            throw Violation("rows beside changes grew from \(first.stored.rows) to \(last.stored.rows) on a disk")
        }
        if let before = first.memory, let after = last.memory {
            let rest = (after.held - after.anew) - (before.held - before.anew)
            guard rest <= Self.memorySpare + max(0, after.anew - before.anew) / 4 else {
                throw Violation("memory grew by \(rest) bytes that the boards, opened anew, do not take")
            }
        }
        for hour in quiet { try holdQuiet(hour, of: world.participants.count) }
    }

    /// A board that lived holds no more than the same one that was opened anew, table by table.
    private func holdBoard(of node: Int, in world: World) throws(Violation) {
        guard let board = world.participants[node].node?.board, let anew = world.openedAnew(node).node.board else {
            throw Violation("node \(node) has no board at the end")
        }
        let (lived, fresh) = (Census(of: board).counts, Census(of: anew).counts)
        for way in lived.keys.sorted() {
            let (left, right) = (lived[way] ?? 0, fresh[way] ?? 0)
            guard left <= Self.bounds[way] ?? (right + right / 10 + Self.tableSpare) else {
                throw Violation("node \(node): the table board.\(way) holds \(left), and \(right) when opened anew")
            }
        }
    }

    /// To each of the others who is there as much as the link may send where nobody does anything and nobody is away: 0.42 datagrams a second, keepalives,
    /// probes and new keys among them. Dials of those who are not there are in the 200. A greeting is said once in a minute in the mean, and one answer to each of another.
    private func holdQuiet(_ hour: QuietHour, of people: Int) throws(Violation) {
        let others = people - 1
        guard hour.most.datagrams <= others * Self.quietEach + 200, hour.most.messages <= people * 120 + 60 else {
            throw Violation(
                "in quiet hour \(hour.hour) one of \(hour.awake) sent \(hour.most.datagrams) datagrams and \(hour.most.messages) messages")
        }
    }

    /// Tables of a board that remember what no disk has, each with a bound of its own (SM-68): names that were refused, a viewer's own among them.
    private static let bounds = ["transactionSet.refused.names": 4096, "transactionSet.refused.ring": 4096]
    private static let quietEach = 1512
    private static let tableSpare = 64
    private static let memorySpare = 1 << 20

    /// What is told when all is held.
    var closing: [String] {
        let most = quiet.max { $0.most.bytes < $1.most.bytes }
        let busiest = quiet.max { $0.sum.messages < $1.sum.messages }
        var lines = [
            "\(acts) things done, \(faults) faults, \(linesCut) lines cut, \(sleeps) sleeps, \(moves) moves, \(clockJumps) clocks set",
            "keys: \(renewals) renewals in sessions, \(secretsRenewed) new secrets; invites: \(invitesMade) made, \(invitesRemoved) ended by hand, "
                + "\(invitesOver) by their time, looked for \(inviteLooks) times",
        ]
        if let most, let busiest {
            let (own, all) = (most.most, busiest.sum)
            lines.append(
                "\(quiet.count) quiet hours: one sent at most \(own.datagrams) datagrams, \(own.bytes / 1024) KiB and \(own.messages) messages, "
                    + "heard \(own.heard), woke \(own.wakes) times; all \(busiest.awake) to the rendezvous at most \(all.messages) messages and "
                    + "\(all.relayedDatagrams) datagrams to relay")
        }
        return lines
    }

    /// Bytes that each process gives back when it ends, beside what one takes that is started from its disk; the world is of no use afterwards.
    static func takeApart(_ world: inout World, _ meters: Meters) -> String? {
        var words: [String] = []
        for node in world.participants.indices {
            guard world.participants[node].isUp, let before = meters.heldBytes() else { return nil }
            world.participants[node].node = nil
            let between = meters.heldBytes() ?? 0
            let fresh = Node(
                world.configuration(of: node, stored: world.participants[node].disk.transactions), seed: world.random.secret("anew"),
                now: world.clock(node))
            let after = meters.heldBytes() ?? 0
            withExtendedLifetime(fresh) {
                words.append("\((before - between) / 1024)/\((after - between) / 1024)")
            }
        }
        return "KiB of each process, and of one started from its disk: " + words.joined(separator: ", ")
    }
}
