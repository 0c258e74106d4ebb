import InkBoard
import InkPrimitives
import InkTransport

// What is still moving: ours to the others, theirs to our front ends.
extension Node {
    mutating func sendPresence(now: Instant) {
        let present = presentCount
        for connection in connections where isPresenceDue(on: connection, present: present, now: now) {
            sendPresence(on: connection, now: now)
        }
    }

    private func isPresenceDue(on connection: ConnectionID, present: Int, now: Instant) -> Bool {
        guard let index = neighbours.index(forKey: connection), neighbours.values[index].isPresent else { return false }
        return presenceDeadline(of: neighbours.values[index], present: present).map { $0 <= now } ?? false
    }

    private mutating func sendPresence(on connection: ConnectionID, now: Instant) {
        // What is still here waits for room on the way; what it said as new is new in the next.
        let isHeldUp = endpoint.takeBackPresence(on: connection)
        if isHeldUp { neighbours[connection]?.shown.outbox.takeBack() }
        let roundTrip = endpoint.roundTrip(on: connection)
        let waiting = PresenceLadder.Waiting(
            operations: endpoint.pendingBytes(on: connection, lane: .ops), history: endpoint.pendingBytes(on: connection, lane: .bulk))
        guard let line = endpoint.line(of: connection),
            neighbours[connection]?.shown.ladder.take(line, waiting, isHeldUp: isHeldUp, now: now) == true
        else { return }
        let isCoarse = neighbours[connection].map { $0.shown.ladder.isCoarse || isSparing($0) } ?? false
        let requests = neighbours[connection]?.shown.inbox.requests(roundTrip: roundTrip, now: now) ?? []
        guard let bytes = neighbours[connection]?.shown.outbox.packet(for: presence, requests: requests, isCoarse: isCoarse, now: now)
        else { return }
        neighbours[connection]?.shown.ladder.sent(byteCount: bytes.count, now: now)
        let token = endpoint.sendPresence(bytes, on: connection, now: now)
        neighbours[connection]?.shown.outbox.sent(token: token)
    }

    /// People on the board, ourselves among them.
    var presentCount: Int { 1 + neighbours.values.count(where: \.isPresent) }

    /// When a neighbour is to hear of us next; nil where nobody there sees it (SE-276).
    func presenceDeadline(of neighbour: Neighbour, present: Int) -> Instant? {
        // What we need it must know all the same: two that hide at once would each wait for the other's word for ever.
        let isIdle = neighbour.shown.inbox.needs.contains(.unseen) && neighbour.shown.outbox.isKnown(presence.needsVersion)
        guard !isIdle else { return nil }
        let pause = max(neighbour.shown.ladder.pause, isSparing(neighbour) ? PresenceTiming.sparingPause : .zero)
        let due = neighbour.shown.outbox.deadline(
            for: presence, requestAt: neighbour.shown.inbox.requestAt, roundTrip: endpoint.roundTrip(on: neighbour.connection),
            present: present, pause: pause)
        return due.map { max($0, neighbour.shown.ladder.pausedUntil) }
    }

    /// How often the transport must hear from the others, after how lively we are.
    var liveliness: Activity {
        if presence.isDrawing || neighbours.values.contains(where: \.shown.inbox.isDrawing) { return .drawing }
        return presence.attention == .active ? .present : .idle
    }

    /// What passes to a neighbour is paid for at one end (SE-279).
    private func isSparing(_ neighbour: Neighbour) -> Bool {
        presence.isSparing || neighbour.shown.inbox.needs.contains(.sparing)
    }

    /// Tells the transport what it need not do, by how we and the others attend.
    mutating func followAttention() {
        endpoint.setActivity(liveliness)
        for connection in connections {
            if let neighbour = neighbours[connection] { endpoint.setThrift(thrift(toward: neighbour), on: connection) }
        }
    }

    mutating func followAttention(of connection: ConnectionID) {
        if let neighbour = neighbours[connection] { endpoint.setThrift(thrift(toward: neighbour), on: connection) }
    }

    private func thrift(toward neighbour: Neighbour) -> Thrift {
        let isSparing = isSparing(neighbour)
        let isAway = presence.attention == .away || neighbour.shown.inbox.isAway
        return Thrift(isCalm: isAway || isSparing, isSparing: isSparing)
    }

    mutating func receivePresence(_ bytes: [UInt8], on connection: ConnectionID, now: Instant) {
        // Whom we have not welcomed knows nothing of the room, and says nothing in it.
        guard neighbours[connection]?.standing?.isStranger != true else { return }
        if neighbours[connection]?.shown.gate.admits(bytes, now: now) == true { readPresence(bytes, on: connection, now: now) }
    }

    mutating func readPresence(_ bytes: [UInt8], on connection: ConnectionID, now: Instant) {
        guard let remote = neighbours[connection]?.remote else { return }
        do {
            let packet = try PresencePacket(decoding: bytes)
            // Kept even before we have heard that the peer is in the room: it was acknowledged below us, so what follows builds on it.
            try neighbours[connection]?.shown.inbox.take(packet, now: now)
            for request in packet.requests { neighbours[connection]?.shown.outbox.requested(request, of: presence, now: now) }
        } catch {
            return rejected(author: remote.author, rule: "presence: \(error)", now: now)
        }
        followAttention(of: connection)
        showPresence(of: connection, now: now)
        tellPerson(remote.peer)
    }

    /// Tells front ends what changed in a peer's presence since they were told, if it is time for that.
    mutating func showPresence(of connection: ConnectionID, now: Instant) {
        guard let (peer, author) = neighbours[connection].map({ ($0.shown.peer, $0.remote.author) }),
            neighbours[connection]?.isPresent == true
        else { return }
        let results = results(of: author)
        for news in neighbours[connection]?.shown.inbox.news(now: now, result: results) ?? [] { show(news, of: peer, on: connection) }
    }

    /// Previews of gestures whose transactions have just arrived go (SE-3).
    mutating func refreshGestures() {
        for connection in connections {
            guard let (peer, author) = neighbours[connection].map({ ($0.shown.peer, $0.remote.author) }) else { continue }
            let results = results(of: author)
            for news in neighbours[connection]?.shown.inbox.ended(result: results) ?? [] { show(news, of: peer, on: connection) }
        }
    }

    /// A degraded peer's pointer and gestures are hidden until it is heard again.
    mutating func hidePresence(of connection: ConnectionID) {
        guard let peer = neighbours[connection]?.shown.peer, let news = neighbours[connection]?.shown.inbox.hide() else { return }
        for news in news { show(news, of: peer, on: connection) }
    }

    /// Tells what a peer does, but for gestures that its role does not allow (SE-188).
    mutating func show(_ news: PresenceInbox.News, of peer: PeerID, on connection: ConnectionID) {
        guard case .gesture(let frontEnd, let number, let change) = news, let credentials = neighbours[connection]?.credentials,
            neighbours[connection]?.standing != nil, let author = neighbours[connection]?.remote.author
        else { return tell(news, of: peer) }
        let step = neighbours[connection]?.shown.gestures.step(change, of: frontEnd, number: number) { gesture in
            credentials.role?.allows(gesture?.need(of: author) ?? .edit, viewersMayChat: false) == true
        }
        if let step { tell(.gesture(frontEnd, number: number, step), of: peer) }
    }

    mutating func tell(_ news: PresenceInbox.News, of peer: PeerID, to audience: Audience = .everybody) {
        switch news {
        case .cursor(let frontEnd, let samples): tell(.cursor(LiveSource(peer: peer, frontEnd: frontEnd), samples), to: audience)
        case .gesture(let frontEnd, let number, let change):
            tell(.gesture(GestureID(source: LiveSource(peer: peer, frontEnd: frontEnd), number: number), change), to: audience)
        case .view(let box): tell(.view(peer: peer, box), to: audience)
        case .look(let box): tell(.lookHere(peer: peer, box), to: audience)
        case .typing: tell(.typing(peer: peer), to: audience)
        case .typingEnded: tell(.typingEnded(peer: peer), to: audience)
        }
    }

    /// Tells what is shown of the others now, and what our own other programs are doing.
    mutating func showAllPresence(to audience: Audience) {
        for connection in connections {
            guard let neighbour = neighbours[connection], neighbour.isPresent else { continue }
            for news in neighbour.shown.inbox.standing where neighbour.shows(news) { tell(news, of: neighbour.shown.peer, to: audience) }
        }
        for (frontEnd, hand) in presence.hands.sorted(by: { $0.key < $1.key }) {
            guard let live = hand.live else { continue }
            let id = GestureID(source: LiveSource(peer: peerID, frontEnd: frontEnd), number: live.number)
            tell(.gesture(id, .began(live.gesture, at: .milliseconds(time.wholeMilliseconds))), to: audience)
        }
    }

    /// The other programs of this person see what one of them is doing.
    mutating func showOwn(_ change: GestureChange, number: UInt64, of frontEnd: FrontEndID) {
        guard work.seats.count > 1 else { return }
        tell(.gesture(GestureID(source: LiveSource(peer: peerID, frontEnd: frontEnd), number: number), change), to: .everybodyBut(frontEnd))
    }

    /// The shapes that the transactions of an author wrote, by sequence; nil for those that have not come.
    func results(of author: AuthorID) -> (UInt64) -> [ShapeID]? {
        { [board] sequence in
            guard let board, board.contiguousSequence(of: author) >= sequence else { return nil }
            let writes = board.transaction(of: author, sequence: sequence)?.writes ?? []
            return Set(writes.map(\.target).filter { $0.number > 0 }).sorted()
        }
    }
}
