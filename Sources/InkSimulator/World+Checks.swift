import InkBoard
import InkPrimitives
import InkSession

// What must hold: after every event what is cheap, at rest everything.
extension World {
    /// Who says that all is saved has all on disk (SM-5).
    func checkSaved(_ node: Int) throws(Violation) {
        guard let board = participants[node].node?.board else { return }
        let disk = participants[node].disk.transactions.count - (hostileRecord.planted[node]?.count ?? 0)
        guard board.transactionCount == disk else {
            throw Violation("node \(node) says that all is saved, shows \(board.transactionCount) transactions and has \(disk) on disk")
        }
    }

    /// Nobody has of an author what the author's own disk does not have (SM-6).
    func checkLeft(_ transaction: Transaction, seenBy node: Int) throws(Violation) {
        if let ledger = party?.ledger, ledger.made.contains(transaction.name) {
            guard ledger.void.contains(transaction.name) else { return }
            throw Violation("node \(node) keeps \(transaction.name), which is valid nowhere")
        }
        let devices = participants.filter { $0.author == transaction.author }
        guard !devices.isEmpty else { throw Violation("node \(node) has a transaction of a stranger") }
        guard devices.contains(where: { $0.disk.names.contains(transaction.name) || $0.formerly.contains(transaction.name) }) else {
            throw Violation("node \(node) has \(transaction.name), which is not on its author's disk")
        }
    }

    /// What is shown of a stroke being drawn is a beginning of what its person drew (SM-12).
    func checkStroke(_ draft: ShapeDraft, of peer: PeerID, shownBy node: Int) throws(Violation) {
        // A device is shown under the id of its first process (SE-41), and what the one before drew may come late.
        let device = participants[node].view.peers[peer]?.author
        // Of one device in two hands nobody can say which drew it.
        guard let author = participants.first(where: { $0.author == device }), author.isUp, faults.adversity != .twin else { return }
        let samples = draft.points.map { draft.position + $0 }
        guard (author.person.strokes + author.person.formerStrokes).contains(where: { $0.starts(with: samples) }) else {
            throw Violation("node \(node) shows a stroke that \(author.name) did not draw")
        }
    }

    /// Said of what somebody wrote who was removed, before he knew.
    private static let endedRule = "rights: its author's right had ended"

    /// What is told of others is true of them and bounded, whatever they do (SM-10, SM-20, SM-21).
    mutating func checkTold(_ event: InkSession.Event, by node: Int) throws(Violation) {
        switch event {
        case .rejected(let author, let rule):
            // What who was removed wrote before he knew counts for nothing, and that is said.
            if rule == Self.endedRule, party != nil || author == participants[1].author && roles?.removal != nil { return }
            // A hostile member may be blamed, and nobody for it (SM-85).
            guard let author, isHostile(author) else { throw Violation("\(author.map { "\($0)" } ?? "somebody") was blamed: \(rule)") }
        case .fork(let author, let sequence):
            guard isHostile(author) || participants.contains(where: { $0.author == author && $0.mayFork }) else {
                throw Violation("\(author) forked at \(sequence)")
            }
        case .outcome(_, .refused(.ownHistoryMissing)), .restoring(isUnderWay: true):
            guard participants[node].mayFork else {
                throw Violation("node \(node) may not draw, since somebody says that it has drawn more")
            }
        case .peer(let status):
            // As whom somebody is known who is there is his own business, and paced as all that he writes.
            if status.state == .joined, let author = status.author, isHostile(author) { return }
            if Self.count(now, in: &participants[node].peerEvents, within: .seconds(10)) > Self.peerEventsMax * max(1, options.peers / 4) {
                throw Violation("node \(node) was told \(Self.peerEventsMax) times in 10 s of others coming and going")
            }
        case .cursor(let source, _):
            if Self.count(now, in: &participants[node].cursorEvents[source.peer, default: Queue()], within: .seconds(1))
                > Self.cursorEventsMax
            {
                throw Violation("node \(node) was told \(Self.cursorEventsMax) times in a second where one person points")
            }
        default: break
        }
    }

    private static func count(_ now: Instant, in times: inout Queue<Instant>, within span: Duration) -> Int {
        times.append(now)
        while let first = times.first, now - first > span { _ = times.popFirst() }
        return times.count
    }

    /// With four or five others, each of whom may lose and find its way each second.
    private static let peerEventsMax = 200
    /// Sixty a second of each of a person's programs, and what a link that stood still brings at once.
    private static let cursorEventsMax = 150

    /// Looks whether the world is at rest, and ends it when it has been for long enough.
    mutating func look() throws(Violation) {
        for node in participants.indices { try checkFigures(node) }
        if let unrest = unrest() {
            restingSince = nil
            guard now < .zero + faults.span + options.patience else {
                throw Violation("no rest \(options.patience) after healing: \(unrest)")
            }
        } else if let since = restingSince {
            if now >= since + Self.restTime {
                try checkAtRest()
                trace.note(now, node: -1, .rest, hash: 0, "")
                isOver = true
                return
            }
        } else {
            restingSince = now
        }
        queue.schedule(.look, at: now + .milliseconds(250))
    }

    /// Bounds, and that no packet was taken for a repeated one that was not (SM-8).
    func checkFigures(_ node: Int) throws(Violation) {
        guard let running = participants[node].node else { return }
        var replayed: UInt64 = 0
        for (_, figures) in running.statistics() {
            replayed += figures.packetsReplayed
            guard figures.packetsRemembered <= Self.packetsRememberedMax else {
                throw Violation("node \(node) remembers \(figures.packetsRemembered) packets to one peer")
            }
            guard figures.pendingBytes <= Self.pendingMax else {
                throw Violation("node \(node) holds \(figures.pendingBytes) bytes for one peer")
            }
        }
        let visited = running.namesVisitedMax
        guard visited <= Self.visitsMax * ((running.board?.transactionCount ?? 0) + Self.visitsSpare) else {
            throw Violation("node \(node) visited \(visited) names of \(running.board?.transactionCount ?? 0) for one peer")
        }
        guard replayed <= UInt64(participants[node].notFresh) else {
            throw Violation(
                "node \(node) took \(replayed) packets for repeated ones; \(participants[node].notFresh) were repeated or forged")
        }
    }

    /// The first thing that keeps the world from rest; nil when nothing does (SM-66).
    func unrest() -> String? {
        // Who was removed hears it once, if that is not lost, and else finds that nobody answers.
        for node in participants.indices where isRemoved(node) && (participants[node].node?.presentPeers ?? 0) > 0 {
            return "node \(node) was removed and is in the room"
        }
        for (node, participant) in participants.enumerated() where takesPart(node) {
            guard let running = participant.node else { return "node \(node) is down" }
            guard let board = running.board, participant.view.isReady else { return "node \(node) has no board" }
            let status = running.syncStatus
            guard status.isSaved, participant.disk.isIdle else { return "node \(node) has unsaved work" }
            guard let first = participants[0].node?.board else { return "node 0 has no board" }
            guard board.fingerprint == first.fingerprint else {
                return "node \(node) has \(board.transactionCount) transactions, node 0 has \(first.transactionCount), fingerprints differ"
            }
            guard status.state == .synced, status.missing == 0, status.unsent == 0 else { return "node \(node) says \(status)" }
            if roles != nil, board.orphanCount > 0 { return "node \(node) has \(board.orphanCount) orphans" }
            if let absence = absence(node, running, participant.view) { return absence }
            guard participant.view.status == status else { return "node \(node) told of another status than \(status)" }
            for (other, author) in participants.enumerated() where other != node && takesPart(other) {
                guard author.isUp, let peer = participant.view.peers.first(where: { $0.value.author == author.author })?.key else {
                    continue
                }
                guard participant.view.peers[peer]?.name == author.name else {
                    return "node \(node) does not show the name of node \(other)"
                }
                guard participant.view.cursors[peer] == author.person.cursor else {
                    return "node \(node) shows another cursor of node \(other)"
                }
            }
            guard participant.view.cursors.keys.allSatisfy({ participant.view.peers[$0] != nil }) else {
                return "node \(node) shows a lone cursor"
            }
            guard participant.view.gestures.isEmpty else { return "node \(node) still shows a gesture" }
            guard running.statistics().allSatisfy({ $0.statistics.pendingBytes == 0 }) else { return "node \(node) has bytes to send" }
        }
        return nil
    }

    /// Who is shown and not there, or there and not shown; nil when all is right (SM-9).
    private func absence(_ node: Int, _ running: Node, _ view: View) -> String? {
        let others = Set(
            participants.indices.filter { $0 != node && participants[$0].isUp && !isRemoved($0) }.map { participants[$0].author })
        let shown = running.peers.filter { $0.author.map { !isHostile($0) } ?? true }
        if let ghost = shown.first(where: { status in !others.contains { $0 == status.author } }) {
            return "node \(node) shows the ghost \(ghost)"
        }
        guard Set(shown.map(\.author)).count == shown.count else { return "node \(node) shows a device twice" }
        if let odd = shown.first(where: { $0.path == nil || $0.state == .joining || $0.silentSeconds != nil }) {
            return "node \(node) shows \(odd)"
        }
        if faults.leadsToMesh || node == 0 {
            guard shown.count == others.count else { return "node \(node) shows \(shown.count) of \(others.count) peers" }
        } else if !shown.contains(where: { $0.author == participants[0].author }) {
            return "node \(node) does not show node 0"
        }
        let told = view.peers.filter { $0.value.author.map { !isHostile($0) } ?? true }.keys
        return Set(told) == Set(shown.map(\.peer)) ? nil : "node \(node) told of other peers than it shows"
    }

    func checkAtRest() throws(Violation) {
        guard let first = participants[0].node?.board else { throw Violation("node 0 has no board at rest") }
        let (shapes, drawn) = (first.shapes, first.drawnShapes)
        try checkNumbers(of: first)
        try checkRemoved()
        try checkTakeBacks(on: first)
        try checkHostile()
        for (node, participant) in participants.enumerated() where takesPart(node) {
            guard let board = participant.node?.board else { throw Violation("node \(node) has no board at rest") }
            guard board.coveredCount == first.coveredCount else {
                throw Violation("node \(node): equal fingerprints of unequal sets")
            }
            guard board.shapes == shapes else { throw Violation("node \(node) shows another picture than node 0, with equal fingerprints") }
            guard Dictionary(uniqueKeysWithValues: shapes.map { ($0.id, $0) }) == participant.view.shapes else {
                throw Violation("node \(node): the picture that its events drew is another than its board's")
            }
            if let picture = participant.view.picture, picture.shapes != drawn {
                throw Violation("node \(node): its front end draws another picture than the board of node 0")
            }
            for name in participants.indices.filter(takesPart).flatMap({ participants[$0].saved }).sorted()
            where !board.contains(name) && !isUncounted(name) {
                throw Violation("node \(node) lacks \(name), which was reported as saved")
            }
            for other in participants.indices
            where takesPart(other) && board.personName(participants[other].author) != participants[other].name {
                throw Violation("node \(node) does not know the name of \(participants[other].name)")
            }
            let mayFork = Set(participants.filter(\.mayFork).map(\.author))
            guard board.forks.allSatisfy({ mayFork.contains($0.author) || isHostile($0.author) }), board.orphanCount == 0 else {
                throw Violation("node \(node) has forks or \(board.orphanCount) orphans at rest")
            }
            try checkRoles(on: board, told: participant.view, by: node)
            guard board.chats == first.chats else { throw Violation("node \(node) shows other messages than node 0") }
            try checkDisk(node, holds: first)
        }
    }

    /// Nothing that was drawn took the name of something else, however often its device began anew (SM-22).
    private func checkNumbers(of board: Board) throws(Violation) {
        var made: Set<ShapeID> = []
        // Those who keep no rule write what they like, which is theirs alone and has no effect on what others made (BD-7).
        for transaction in board.transactions where !isHostile(transaction.author) {
            for write in transaction.writes where write.property == .kind && write.restores == nil {
                guard made.insert(write.target).inserted else { throw Violation("two shapes were made one: \(write.target)") }
            }
        }
    }

    /// A process that starts from this disk shows the same (SM-7).
    private func checkDisk(_ node: Int, holds board: Board) throws(Violation) {
        guard let genesis = participants[node].disk.transactions.first else { throw Violation("the disk of node \(node) is empty") }
        do throws(RuleViolation) {
            var again = try Board(genesis: genesis)
            let planted = hostileRecord.planted[node] ?? []
            let refused = again.load(participants[node].disk.transactions.dropFirst())
            if refused.allSatisfy({ planted.contains($0.name) }), again.fingerprint == board.fingerprint, again.shapes == board.shapes,
                again.chats == board.chats
            {
                return
            }
        } catch {
            throw Violation("node \(node): its disk holds no board: \(error)")
        }
        throw Violation("node \(node): its disk holds another board than it shows")
    }

    /// Bytes that may wait for one peer (SM-11): the backlog is held back at 256 KiB, live work comes on top.
    private static let pendingMax = 4 << 20
    /// As many as are on the way at once, and those that ask for nothing meanwhile.
    private static let packetsRememberedMax = 2000
    /// How often one peer may have us look through all that we have in one session: who keeps the rules does so a few times, and where asking again
    /// cost nothing it was 550 times in three seconds. Besides, the newest 320 names are told outright.
    private static let visitsMax = 100
    private static let visitsSpare = 320
}
