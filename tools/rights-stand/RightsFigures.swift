import Foundation
import InkBoard
import InkPrimitives

/// What rights take on boards of the sizes that count. Wall time: compare on a quiet machine.
enum RightsFigures {
    static func print() {
        check()
        members()
        flood()
        do {
            try BoardFigures.print()
        } catch {
            preconditionFailure("a board refused what its members wrote: \(error)")
        }
    }

    /// 100 000 transactions after 49 grants and removals; each has three parents, none of which need know the last twenty of those.
    private static func check() {
        var board = SmallBoard(seed: 1)
        for number in 1...25 { board.grant(to: number) }
        for number in 1...24 { board.remove(number) }
        var random = SplitMix64(seed: 2)
        // Before the clock runs: who writes after what.
        let steps = (0..<100_000).map { _ in (0..<3).map { _ in board.newest.count - 1 - random.below(20) } }
        var valid = 0
        let start = ContinuousClock.now
        for parents in steps {
            let sets = parents.map { board.newest[$0] }
            if (try? board.rights.insert(workOf: board.keys[25], naming: board.grants[25] ?? .zero, need: .edit, after: sets)) != nil {
                valid += 1
            }
        }
        report("a check of validity, 50 rights transactions, \(valid) of 100000 valid", ContinuousClock.now - start, over: 100_000)
        Swift.print("sets held: \(board.rights.setCount)")
        let names = (0..<100_000).map { _ in board.grants[1 + random.below(25)] ?? .zero }
        let again = ContinuousClock.now
        var counting = 0
        for name in names where board.rights.counts(naming: name, isCovered: { _ in false }) { counting += 1 }
        report("whether one counts, \(counting) of 100000 do", ContinuousClock.now - again, over: 100_000)
    }

    /// 2000 members come one by one, every twentieth is removed.
    private static func members() {
        var board = SmallBoard(seed: 3)
        let start = ContinuousClock.now
        for number in 1...2000 {
            board.grant(to: number)
            if number % 20 == 0 { board.remove(number - 10) }
        }
        report("a rights transaction among 2100", ContinuousClock.now - start, over: 2100)
        let again = ContinuousClock.now
        var standing = 0
        for _ in 0..<100 { standing = board.rights.standing().count }
        report("a list of \(standing) rights that stand", ContinuousClock.now - again, over: 100)
        Swift.print("sets held: \(board.rights.setCount), of \(2100 / 8) bytes at most")
    }

    /// Somebody who has a link joins by it over and over, each time as if he had not before, and one removal is here.
    private static func flood() {
        var board = SmallBoard(seed: 4)
        board.grant(to: 1)
        board.remove(1)
        let before = residentBytes
        let start = ContinuousClock.now
        board.joinApart(50_000)
        report("an admission on a fork, of 50000", ContinuousClock.now - start, over: 50_000)
        if let before, let after = residentBytes { Swift.print("memory: \((after - before) / 50_000) bytes each") }
    }

    /// What this process has in memory, where the system tells in `/proc`.
    private static var residentBytes: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 * 1024 }
    }

    private static func report(_ what: String, _ time: Duration, over count: Int) {
        Swift.print("\(what): \(Int(time / .nanoseconds(1)) / count) ns")
    }
}

/// A root owner who grants and removes, one after the other.
private struct SmallBoard {
    var rights: Rights
    let keys: [AuthorID]
    /// By member, the newest transaction that grants him anything.
    var grants: [Int: TransactionName] = [:]
    /// The set after each rights transaction, and their names.
    var newest: [RightsSet]
    private var names: [TransactionName]
    private var random: SplitMix64
    private let root: Stamp

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        var random = self.random
        keys = (0...2000).map { _ in AuthorID(using: &random) }
        root = Stamp(lamport: 1, author: keys[0], name: TransactionName(using: &random))
        self.random = random
        rights = Rights(root: root)
        (newest, names) = ([rights.genesis], [root.name])
    }

    mutating func grant(to member: Int) {
        let gift = RightsGift.grant(subject: keys[member], role: .editor)
        grants[member] = write(.acts(gift: gift, removals: [], viewersMayChat: nil))
    }

    /// One member joins so often by one invite, each time after the invite alone.
    mutating func joinApart(_ count: Int) {
        let invite = write(.acts(gift: .invite(key: keys[2], role: .viewer), removals: [], viewersMayChat: nil))
        let parent = RightsParent(invite, newest[newest.count - 1])
        do {
            for _ in 0..<count {
                let stamp = Stamp(lamport: UInt64(newest.count + 1), author: keys[3], name: TransactionName(using: &random))
                _ = try rights.insert(RightsTransaction(stamp: stamp, right: invite, parents: [parent], content: .admission))
            }
        } catch {
            preconditionFailure("an admission was refused: \(error)")
        }
    }

    mutating func remove(_ member: Int) {
        let removal = RightsRemoval(right: grants[member] ?? .zero, heads: [names[names.count - 1]])
        _ = write(.acts(gift: nil, removals: [removal], viewersMayChat: nil))
    }

    private mutating func write(_ content: RightsTransaction.Content) -> TransactionName {
        let stamp = Stamp(lamport: UInt64(newest.count + 1), author: keys[0], name: TransactionName(using: &random))
        let parents = [RightsParent(names[names.count - 1], newest[newest.count - 1])]
        do {
            newest.append(try rights.insert(RightsTransaction(stamp: stamp, right: root.name, parents: parents, content: content)))
            names.append(stamp.name)
        } catch {
            preconditionFailure("the root owner was refused: \(error)")
        }
        return stamp.name
    }
}
