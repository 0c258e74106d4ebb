import InkBoard
import InkConnectivity
import InkPrimitives
import InkRendezvous
import InkSession

// Processes: started, driven, drained, gone.
extension World {
    func isLive(_ node: Int, _ process: Int) -> Bool { participants[node].isUp && participants[node].process == process }

    /// What the process's own clock shows: processes do not share an origin.
    func clock(_ node: Int) -> Instant { now + participants[node].clockOffset }

    mutating func start(_ node: Int) throws(Violation) {
        participants[node].process += 1
        let process = participants[node].process
        var stream = random.split("process \(node) \(process)")
        participants[node].clockOffset = .milliseconds(stream.below(1_000_000_000))
        participants[node].wallSkew = stream.chance(0.3) ? Int64(stream.below(7_200_000)) - 3_600_000 : 0
        // A saved port may be taken by somebody else meanwhile. Where nobody introduces, two who both moved would never meet again.
        if process > 1, faults.leadsToMesh, stream.chance(0.3) { participants[node].address.port = UInt16(40_000 + process) }
        let participant = participants[node]
        let stored = participant.disk.transactions
        let configuration = configuration(of: node, stored: stored)
        let fresh = Node(configuration, seed: stream.secret("node"), now: clock(node))
        trace.note(
            now, node: node, .started, hash: Trace.hash(fresh.peerID.bytes),
            "process \(process), peer \(fresh.peerID), \(stored.count) stored")
        participants[node].node = fresh
        participants[node].view = View(drawnBy: picture)
        if let board = fresh.board {
            participants[node].view.begin(with: board.shapes)
            if let lost = participant.saved.sorted().first(where: { !board.contains($0) }) {
                throw Violation("node \(node) was told that \(lost) is saved and does not have it after a restart")
            }
        } else if let lost = participant.saved.min() {
            throw Violation("node \(node) was told that \(lost) is saved and has no board after a restart")
        }
        try drain(node)
        try giveWallClock(node)
        try giveAddresses(node)
        guard !isHealed, !options.isLong else { return }
        queue.schedule(.act(node, process: process), at: now + .milliseconds(10) + stream.jitter(.milliseconds(300)))
    }

    /// What a process of this device starts with.
    func configuration(of node: Int, stored: [Transaction]) -> Node.Configuration {
        let participant = participants[node]
        var receipts: [AuthorID: UInt64] = [:]
        for (receipt, sequence) in participant.disk.receipts where receipt.author == participant.author {
            receipts[receipt.device] = sequence
        }
        var configuration = Node.Configuration(
            identity: participant.signing, staticKey: participant.staticKey, roomSecret: roomSecret, boardID: boardID,
            genesis: stored.first,
            displayName: participant.name, stored: stored, receipts: receipts, lastPeers: participant.disk.lastPeers,
            directAddresses: node == 0 || faults.meeting == .rendezvous || faults.meeting == .links ? [] : [participants[0].address],
            rendezvousCount: faults.meeting == .addresses || faults.meeting == .links ? 0 : 1)
        configuration.inviteKeys = participant.disk.inviteKeys
        configuration.acquaintances = participant.disk.acquaintances.values.sorted { $0.device < $1.device }
        configuration.invite = roles?.invite(of: origin(of: node), among: options.peers)
        configuration.epochRecords = participant.disk.epochs
        configuration.stroke = participant.disk.stroke
        configuration.rekeying = options.rekeying
        return configuration
    }

    /// The process is gone: nothing that was meant for it arrives.
    mutating func stop(_ node: Int) {
        trace.note(now, node: node, .stopped, hash: 0, "process \(participants[node].process)")
        participants[node].node = nil
        participants[node].timer += 1
        participants[node].timerAt = nil
        participants[node].idleTimeouts = 0
        participants[node].leavingSince = nil
        participants[node].pausedUntil = nil
        participants[node].person.forget()
        participants[node].seen = RecentHashes()
        (participants[node].peerEvents, participants[node].cursorEvents) = (Queue(), [:])
        participants[node].notFresh = 0
        if let connection = participants[node].connection {
            participants[node].connection = nil
            // The other side of a broken connection learns it late.
            queue.schedule(.hungUp(connection), at: now + chance.jitter(.seconds(2)))
        }
    }

    mutating func giveWallClock(_ node: Int) throws(Violation) {
        let milliseconds = Int64(Self.wallEpoch) + now.nanoseconds / 1_000_000 + participants[node].wallSkew
        try give(.wallClock(UInt64(milliseconds)), to: node)
        // In a long world it is told as a driver tells it: at the start, and when it was set.
        if !options.isLong { queue.schedule(.wallClock(node, process: participants[node].process), at: now + .seconds(5)) }
    }

    mutating func giveAddresses(_ node: Int) throws(Violation) {
        let address = participants[node].address
        try give(.localAddresses([LocalAddress(address)]), to: node)
        guard faults.meeting == .links else { return }
        // All that people of worlds have, and move to, is in 11.0.0.0/8.
        try give(.links([LocalAddress(address: address, prefixLength: 8, standing: .routed, interface: Self.interface)]), to: node)
    }

    /// One input, all its outputs, one timer: the contract of `Node`.
    mutating func give(_ input: Node.Input, to node: Int) throws(Violation) {
        guard participants[node].isUp else { return }
        let local = clock(node)
        if case .timeout = input { participants[node].traffic.wakes += 1 }
        participants[node].node?.handle(input, now: local)
        try drain(node)
    }

    mutating func drain(_ node: Int) throws(Violation) {
        var outputs = 0
        while let output = participants[node].node?.nextOutput() {
            outputs += 1
            guard outputs < Self.outputsMax else { throw Violation("node \(node) made \(outputs) outputs of one input") }
            switch output {
            case .transmit(let bytes, let to): try transmit(bytes, from: node, to: to)
            case .call(let bytes, let from, _): call(bytes, from: SocketAddress(ip: from, port: LinkGroup.port), node)
            // Nobody of a world types a code.
            case .answerCall: break
            case .persist(let batch, let records): try persist(batch, records, node)
            case .verify(let batch, let transactions):
                try checkVoid(transactions, verifiedBy: node)
                verify(batch, transactions, node)
            case .event(let event, _): try take(event, node)
            case .rendezvousConnect: connectToRendezvous(node)
            case .rendezvousSend(let message, _): sendToRendezvous(message, node)
            case .rendezvousFrame(let bytes, _, _): relay(bytes, node)
            case .rendezvousDisconnect: leaveRendezvous(node)
            // Connections of worlds are never lost without a word.
            case .rendezvousLiveness(let interval, let patience, _): participants[node].noticesLossAfter = interval + patience
            case .rendezvousProbe: break
            // Nobody of a world asks for keys.
            case .keys: break
            }
        }
        // What was told of one input is true once all of it was told: what follows in it may take it back.
        if participants[node].view.status?.isSaved == true { try checkSaved(node) }
        if let since = participants[node].leavingSince, now > since + Self.leaveMax, participants[node].pausedUntil == nil {
            throw Violation("node \(node) does not end")
        }
        setTimer(node)
    }

    private mutating func setTimer(_ node: Int) {
        guard let deadline = participants[node].node?.deadline else {
            participants[node].timer += 1
            participants[node].timerAt = nil
            return
        }
        // No wake-up is exact; one that is due already still takes a moment.
        let due = max(deadline - participants[node].clockOffset, now)
        guard participants[node].timerAt != due else { return }
        participants[node].timer += 1
        participants[node].timerAt = due
        let late: Duration = .microseconds(10) + chance.jitter(.microseconds(chance.chance(0.05) ? 5000 : 100))
        queue.schedule(.timer(node, number: participants[node].timer), at: due + late)
    }

    private mutating func take(_ event: InkSession.Event, _ node: Int) throws(Violation) {
        trace.note(now, node: node, .event, hash: Self.hash(event), "\(event)")
        try participants[node].view.take(event)
        try checkTold(event, by: node)
        if case .gesture(let id, _) = event, case .stroke(let draft)? = participants[node].view.gestures[id] {
            try checkStroke(draft, of: id.source.peer, shownBy: node)
        }
        if case .stopped(let unsaved, _) = event {
            let author = participants[node].author
            let own = Int(participants[node].node?.board?.contiguousSequence(of: author) ?? 0)
            let saved = participants[node].disk.transactions.count { $0.author == author }
            // Of a device that forked there are several of a number.
            if unsaved == 0, participants[node].mayFork ? saved < own : saved != own {
                throw Violation("node \(node) ended as saved, and its disk does not have all of its work")
            }
            let returnsAfter = participants[node].returnsAfter
            try participants[node].disk.crash(isKept: false)
            stop(node)
            if let returnsAfter { queue.schedule(.start(node), at: now + returnsAfter) } else { participants[node].isGone = true }
        }
    }

    /// Which event, and of whom: so that the order of what is told also replays.
    private static func hash(_ event: InkSession.Event) -> UInt64 {
        switch event {
        case .ready(_, let me, _): Trace.hash(me.bytes)
        case .changed(let changes, _): changes.reduce(1) { ($0 ^ Trace.hash($1.id.author.bytes) ^ $1.id.number) &* 31 }
        case .outcome(let ref, .done): 2 ^ ref << 8
        case .outcome(_, .refused): 3
        case .outcome(_, .skipped(let shapes)): 4 ^ UInt64(shapes.count) << 8
        case .peer(let status): 5 ^ Trace.hash(status.peer.bytes)
        case .gesture(let id, let change): hash(change) ^ Trace.hash(id.source.peer.bytes) ^ id.number << 8
        case .cursor(let source, let samples):
            (samples.last?.position == nil ? 8 : 9) ^ Trace.hash(source.peer.bytes) ^ UInt64(samples.count) << 8
        case .typing(let peer): 10 ^ Trace.hash(peer.bytes)
        case .chat(let message, _): 11 ^ Trace.hash(message.id.bytes)
        case .sync(let status): 12 ^ Trace.hash(status.fingerprint.bytes) ^ UInt64(status.missing) << 8
        case .rendezvous: 13
        case .tokens: 35
        case .rejected: 14
        case .fork: 15
        case .versionMismatch: 16
        case .notAdmitted: 27
        case .stopped: 17
        case .textMerged(let news): 18 ^ Trace.hash(news.other.bytes) ^ news.shape.number << 8
        case .restoring(let isUnderWay): isUnderWay ? 19 : 20
        case .duplicateDevice(let author, _): 21 ^ Trace.hash(author.bytes)
        case .meeting(let peer, _, let obstacle): 23 ^ Trace.hash(peer.bytes) ^ (obstacle == nil ? 0 : 1 << 40)
        case .identity(let news): 32 ^ Trace.hash(news.device.bytes)
        case .knownName(_, let author, _): 22 ^ Trace.hash(author.bytes)
        case .view(let peer, let box): (box == nil ? 24 : 25) ^ Trace.hash(peer.bytes)
        case .code(let news): 31 ^ Trace.hash(news.invite.bytes)
        case .invited(let news, _): 27 ^ Trace.hash(news.invite.bytes)
        case .rights(.role(let role, _)): 28 ^ UInt64(role.rawValue) << 8
        case .rights(.removed): 29
        case .chatState(let message): 32 ^ Trace.hash(message.id.bytes)
        case .chatPage(let page, _): 33 ^ UInt64(page.entries.count) << 8
        case .typingEnded(let peer): 34 ^ Trace.hash(peer.bytes)
        case .chatsGone(let gone): gone.reduce(30) { ($0 ^ Trace.hash($1.bytes)) &* 31 }
        case .calm(.tookBack(let owner, let victim, let changes)):
            40 ^ Trace.hash(owner.bytes) ^ Trace.hash(victim.bytes) &* 31 ^ UInt64(changes) << 8
        case .calm(.pace(let milliseconds, let owner)): 41 ^ UInt64(milliseconds) << 8 ^ (owner.map { Trace.hash($0.bytes) } ?? 0)
        case .lookHere(let peer, _): 26 ^ Trace.hash(peer.bytes)
        }
    }

    private static func hash(_ change: GestureChange) -> UInt64 {
        switch change {
        case .began: 6
        case .appended(let samples): 7 ^ UInt64(samples.count) << 32
        case .updated: 18
        case .ended(.committed(let shapes)): 19 ^ UInt64(shapes.count) << 32
        case .ended(.cancelled): 20
        case .ended(.hidden): 21
        }
    }

    // The disk.

    private mutating func persist(_ batch: UInt64, _ records: [StoreRecord], _ node: Int) throws(Violation) {
        trace.note(
            now, node: node, .persist, hash: Self.hash(records), "batch \(batch): \(records.map(Self.describe).joined(separator: ", "))")
        for case .transaction(let transaction) in records where transaction.author != participants[node].author {
            try checkLeft(transaction, seenBy: node)
        }
        if participants[node].disk.persist(batch, records) { startCommit(node) }
    }

    private mutating func startCommit(_ node: Int) {
        guard participants[node].disk.startCommit() else { return }
        var latency = diskFaults.commit.scaled(by: 0.5 + 0.5 * chance.unit())
        if chance.chance(diskFaults.stall) { latency = latency.scaled(by: 50) }
        queue.schedule(.committed(node, process: participants[node].process), at: now + latency)
    }

    mutating func committed(_ node: Int, process: Int) throws(Violation) {
        guard isLive(node, process) else { return }
        for answer in try participants[node].disk.endCommit() {
            switch answer {
            case .persisted(let batch, let records):
                for case .transaction(let transaction) in records { participants[node].saved.insert(transaction.name) }
                trace.note(now, node: node, .committed, hash: batch, "batch \(batch)")
                try give(.persisted(batch), to: node)
            case .failed(let batch, let reason):
                trace.note(now, node: node, .commitFailed, hash: batch, "batch \(batch): \(reason)")
                try give(.persistFailed(batch, reason: reason), to: node)
            }
        }
        if participants[node].isUp { startCommit(node) }
    }

    private static func hash(_ records: [StoreRecord]) -> UInt64 {
        records.reduce(0) { hash, record in
            switch record {
            case .transaction(let transaction): (hash ^ Trace.hash(transaction.name.bytes)) &* 31
            case .receipt(_, _, let sequence): (hash ^ sequence) &* 37
            case .lastPeers(let addresses): (hash ^ UInt64(addresses.count)) &* 41
            case .ownPort(let port): (hash ^ UInt64(port)) &* 43
            case .stroke(let bytes): (hash ^ UInt64(bytes?.count ?? 0)) &* 53
            case .epoch(.brought(let name, _)): (hash ^ Trace.hash(name.bytes)) &* 59
            case .epoch(.reached(let epoch, _)), .epoch(.met(_, let epoch)): (hash ^ Trace.hash(epoch.bytes)) &* 61
            case .acquaintance(let one): (hash ^ Trace.hash(one.device.bytes)) &* 67
            case .inviteKey(let key): (hash ^ Trace.hash(key.invite.bytes)) &* 59
            case .request(_, _, let reference): (hash ^ (reference ?? 0)) &* 47
            }
        }
    }

    private static func describe(_ record: StoreRecord) -> String {
        switch record {
        case .transaction(let transaction): "\(transaction.name) (\(transaction.author) \(transaction.sequence))"
        case .receipt(let device, let author, let sequence): "receipt \(device) \(author) \(sequence)"
        case .lastPeers(let addresses): "last peers \(addresses)"
        case .ownPort(let port): "port \(port)"
        case .stroke(let bytes): "stroke of \(bytes?.count ?? 0) bytes"
        case .epoch(.brought(let name, _)): "secret of \(name)"
        case .epoch(.reached(let epoch, _)): "at epoch \(epoch)"
        case .epoch(.met(let device, let epoch)): "\(device) at epoch \(epoch)"
        case .acquaintance(let one): "acquaintance \(one.device)"
        case .inviteKey(let key): "key of invite \(key.invite)"
        case .request(let name, _, _): "request of \(name)"
        }
    }

    // Signatures.

    private mutating func verify(_ batch: UInt64, _ transactions: [Transaction], _ node: Int) {
        trace.note(now, node: node, .verify, hash: batch, "batch \(batch): \(transactions.map { "\($0.name)" }.joined(separator: ", "))")
        let answers = transactions.map { transaction in
            if let verdict = verdicts[transaction.encoded] { return verdict }
            let verdict = transaction.hasValidSignature
            verdicts[transaction.encoded] = verdict
            return verdict
        }
        let effort = Duration.microseconds(40 * transactions.count) + chance.jitter(.milliseconds(3))
        queue.schedule(.verified(node, process: participants[node].process, batch: batch, answers), at: now + effort)
    }

    static let outputsMax = 20_000
    /// Leaving waits 10 s for those present.
    private static let leaveMax: Duration = .seconds(12)
}
