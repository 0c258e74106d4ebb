import InkBoard
import InkCrypto
import InkPrimitives
import InkSession

// A hostile world: those who keep no rule, and the laws that hold in spite of them (SM-63 to SM-69).
extension World {
    /// What a world knows of who was removed, and of what was planted.
    struct HostileRecord {
        /// The transaction that removed a rogue.
        var removals: [Int: TransactionName] = [:]
        /// Since when a node knows of it.
        var known: [Knowledge: Instant] = [:]
        /// What somebody put on a node's disk.
        var planted: [Int: Set<TransactionName>] = [:]

        struct Knowledge: Hashable {
            let node: Int
            let rogue: Int
        }
    }

    static func makeParty(
        _ cast: HostileCast, genesis: Transaction, written: [Transaction], honest: [SigningKey], room: Secret32, random: SplitMix64
    ) throws(Violation) -> HostileParty {
        do throws(RuleViolation) {
            return try HostileParty(cast, genesis: genesis, written: written, honest: honest, room: room, random: random)
        } catch {
            throw Violation("no party: \(error)")
        }
    }

    mutating func scheduleHostility() {
        guard let cast = party?.cast else { return }
        queue.schedule(.hostility, at: .zero + .milliseconds(1))
        for (rogue, part) in cast.rogues.enumerated() {
            if let share = part.removedAt { queue.schedule(.expulsion(rogue), at: .zero + faults.span.scaled(by: share)) }
        }
        if let share = cast.plantsAt { queue.schedule(.planting, at: .zero + faults.span.scaled(by: share)) }
    }

    /// Whether somebody who keeps no rule made it.
    func isHostile(_ author: AuthorID) -> Bool { party?.authors.contains(author) == true || hostile?.author == author }

    // MARK: Events

    mutating func hostility() throws(Violation) {
        guard !isHealed, party != nil else { return }
        for node in participants.indices { try checkMemory(node) }
        try checkExpelled()
        for (rogue, removal) in hostileRecord.removals.sorted(by: { $0.key < $1.key }) where participants[0].disk.names.contains(removal) {
            if let transaction = participants[0].node?.board?.transaction(removal) { party?.removed(rogue, by: transaction) }
        }
        let addresses = participants.filter(\.isUp).map(\.address)
        let wallTime = Self.wallEpoch + UInt64(now.nanoseconds / 1_000_000)
        if let news = party?.act(dialling: addresses, wallTime: wallTime, now: now) { try take(news) }
        queue.schedule(.hostility, at: now + HostileParty.interval)
    }

    mutating func partyReceives(_ bytes: [UInt8], from: SocketAddress, to address: SocketAddress) throws(Violation) {
        if let news = party?.receive(bytes, from: from, to: address, now: now) { try take(news) }
    }

    mutating func partyLeaves() throws(Violation) {
        if let news = party?.leave(now: now) { try take(news) }
    }

    private mutating func take(_ news: HostileParty.News) throws(Violation) {
        for (rogue, text) in news.notes {
            trace.note(now, node: -1, .hostile, hash: Trace.hash(Array(text.utf8)), "rogue \(rogue) \(text)")
        }
        for (from, datagram) in news.datagrams {
            queue.schedule(.datagram(datagram.bytes, from: from, to: datagram.to, isAltered: false), at: now + Self.rogueDelay)
        }
        if let (pretext, from) = news.leaks.first {
            throw Violation("node \(node(at: from) ?? -1) let a stranger in who showed: \(pretext)")
        }
        for (rogue, word, from) in news.heard where word != .question {
            if case .work(let name) = word { try checkGiven(name, to: rogue, from: from) }
            try checkHeard(rogue, from: from)
        }
    }

    /// The owner removes a rogue, as soon as he can.
    mutating func expel(_ rogue: Int) throws(Violation) {
        guard !isHealed, let right = party?.right(of: rogue) else { return }
        if let removal = hostileRecord.removals[rogue], participants[0].disk.names.contains(removal) { return }
        let local = clock(0)
        var removal: TransactionName?
        if participants[0].pausedUntil.map({ now >= $0 }) ?? true {
            do throws(Refusal) {
                removal = try participants[0].node?.govern(now: local) { board, author throws(RuleViolation) in
                    try board.writes(removing: [right], by: author)
                }
            } catch {
                trace.note(now, node: 0, .fault, hash: 0, "does not remove rogue \(rogue): \(error)")
            }
        }
        if let removal {
            trace.note(now, node: 0, .fault, hash: Trace.hash(removal.bytes), "removes rogue \(rogue) by \(removal)")
            hostileRecord.removals[rogue] = removal
        }
        // Again, too, if the owner's disk lost it.
        queue.schedule(.expulsion(rogue), at: now + .milliseconds(500))
        try drain(0)
    }

    /// What nobody may write comes to somebody's disk, while nobody looks.
    mutating func plant() throws(Violation) {
        guard !isHealed, let party else { return }
        let node = 1 + chance.below(options.peers - 1)
        guard participants[node].isUp, let board = participants[node].node?.board else { return }
        try participants[node].disk.crash(isKept: true)
        stop(node)
        for transaction in party.ledger.plants where transaction.parents.allSatisfy(participants[node].disk.names.contains) {
            guard !board.contains(transaction.name), !participants[node].disk.names.contains(transaction.name) else { continue }
            try participants[node].disk.install(transaction)
            hostileRecord.planted[node, default: []].insert(transaction.name)
        }
        trace.note(now, node: node, .fault, hash: 0, "finds \(hostileRecord.planted[node]?.count ?? 0) planted on its disk")
        queue.schedule(.start(node), at: now + .milliseconds(300))
    }

    func node(at address: SocketAddress) -> Int? { participants.firstIndex { $0.outerIP == address.ip } }

    // MARK: While it goes on

    /// Nobody has what is valid nowhere, and gets it of anybody but its makers (SM-64).
    func checkVoid(_ transactions: [Transaction], verifiedBy node: Int) throws(Violation) {
        guard let ledger = party?.ledger else { return }
        for transaction in transactions where ledger.void.contains(transaction.name) {
            guard ledger.wasGiven(transaction.name, to: participants[node].outerIP) else {
                throw Violation("node \(node) was given \(transaction.name) by one who keeps the rules, and it is valid nowhere")
            }
        }
    }

    /// Who was removed hears nothing of one who knows it (SM-67).
    private mutating func checkHeard(_ rogue: Int, from address: SocketAddress) throws(Violation) {
        guard let node = node(at: address), let since = knowledge(of: rogue, at: node) else { return }
        // What was on its way.
        guard now <= since + .milliseconds(1) else {
            throw Violation("rogue \(rogue) was removed, and node \(node) speaks to it, which knows that")
        }
    }

    /// Who was removed is given nothing that was written after that, also by one who got both in the same moment (SM-86). The removal he may get.
    private func checkGiven(_ name: TransactionName, to rogue: Int, from address: SocketAddress) throws(Violation) {
        guard let removal = hostileRecord.removals[rogue], let node = node(at: address), let board = participants[node].node?.board else {
            return
        }
        guard Self.work(after: removal, on: board).contains(where: { $0.name == name }) else { return }
        throw Violation("rogue \(rogue) was removed, and node \(node) gave it \(name), which came later")
    }

    /// Since when a node knows that a rogue was removed, and its disk has that, for nobody may know it before (SE-187); nil if it does not.
    private mutating func knowledge(of rogue: Int, at node: Int) -> Instant? {
        guard let removal = hostileRecord.removals[rogue] else { return nil }
        let key = HostileRecord.Knowledge(node: node, rogue: rogue)
        let isPaused = participants[node].pausedUntil.map { now < $0 } ?? false
        guard participants[node].node?.board?.contains(removal) == true, participants[node].disk.names.contains(removal), !isPaused else {
            hostileRecord.known[key] = nil
            return nil
        }
        let since = hostileRecord.known[key] ?? now
        hostileRecord.known[key] = since
        return since
    }

    /// Sessions with who was removed end within 2 s where that is known (SM-67).
    private mutating func checkExpelled() throws(Violation) {
        for rogue in hostileRecord.removals.keys.sorted() {
            for node in participants.indices {
                guard let since = knowledge(of: rogue, at: node), now > since + .seconds(2) else { continue }
                if party?.rogues[rogue].isInRoom(with: participants[node].address) == true {
                    throw Violation("node \(node) has known for 2 s that rogue \(rogue) was removed, and keeps its session")
                }
            }
        }
    }

    /// What others can make a node remember is bounded (SM-68).
    func checkMemory(_ node: Int) throws(Violation) {
        guard party != nil, let memory = participants[node].node?.memory else { return }
        guard memory.orphanBytes <= Limits.orphanBytes, memory.refusedNames <= 4096, memory.refusedDevices <= 1024,
            memory.waitingBytes <= 17 << 20, memory.rejections <= 257, memory.asks <= 1024 * 16
        else { throw Violation("node \(node) remembers too much: \(memory)") }
    }

    // MARK: At rest

    func checkHostile() throws(Violation) {
        guard let party, let first = participants[0].node?.board else { return }
        for (node, participant) in participants.enumerated() {
            guard let board = participant.node?.board else { continue }
            if let void = party.ledger.void.sorted().first(where: board.contains) {
                throw Violation("node \(node) has \(void), which is valid nowhere")
            }
            let planted = hostileRecord.planted[node] ?? []
            if let void = participant.disk.names.intersection(party.ledger.void).subtracting(planted).min() {
                throw Violation("the disk of node \(node) has \(void), which is valid nowhere")
            }
            try checkMemory(node)
        }
        try checkCounting(on: first)
        try checkSeen(on: first)
    }

    /// What counts is what the rules let count, walked anew (SM-65).
    private func checkCounting(on board: Board) throws(Violation) {
        var judge = NaiveJudge(board)
        for transaction in board.transactions where judge.counts(transaction.name) != board.counts(transaction.name) {
            throw Violation("\(transaction.name) of \(transaction.author) \(board.counts(transaction.name) ? "counts" : "does not count")")
        }
    }

    /// Nothing is seen of those who may not show it.
    private func checkSeen(on board: Board) throws(Violation) {
        for rogue in party?.rogues ?? [] where rogue.role < .editor {
            if let shape = board.shapes.first(where: { $0.id.author == rogue.author && (rogue.role == .viewer || $0.content.kind != .note) }
            ) {
                throw Violation("a \(rogue.role) drew \(shape.id)")
            }
            if rogue.role == .viewer, board.chats.contains(where: { $0.author == rogue.author }) { throw Violation("a viewer spoke") }
        }
    }

    /// It is nearer than anybody.
    private static let rogueDelay: Duration = .microseconds(50)
}
