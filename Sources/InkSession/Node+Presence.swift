import InkBoard
import InkPrimitives
import InkTransport

// What is still moving: ours to the others, theirs to our front ends.
extension Node {
    mutating func sendPresence(now: Instant) {
        let (present, presence) = (presentCount, presence)
        for connection in connections {
            guard let neighbour = neighbours[connection], neighbour.isPresent else { continue }
            guard let due = presenceDeadline(of: neighbour, present: present), due <= now else { continue }
            guard let bytes = neighbours[connection]?.outbox.packet(version: presence.version, state: presence.state, now: now) else {
                continue
            }
            let token = endpoint.sendPresence(bytes, on: connection, now: now)
            neighbours[connection]?.outbox.sent(token: token)
        }
    }

    /// People on the board, ourselves among them.
    var presentCount: Int { 1 + neighbours.values.count(where: \.isPresent) }

    /// When a neighbour is to hear of us next.
    func presenceDeadline(of neighbour: Neighbour, present: Int) -> Instant? {
        let roundTrip = endpoint.statistics(neighbour.connection)?.roundTrip
        return neighbour.outbox.deadline(version: presence.version, state: presence.state, roundTrip: roundTrip, present: present)
    }

    /// How often the transport must hear from the others, after how lively we are.
    var liveliness: Activity {
        if seats.values.contains(where: \.presence.isDrawing) || neighbours.values.contains(where: { $0.presence.live != nil }) {
            return .drawing
        }
        return presence.state.attention == .active ? .present : .idle
    }

    mutating func receivePresence(_ bytes: [UInt8], on connection: ConnectionID, now: Instant) {
        // Kept even before we have heard that the peer is in the room: it was acknowledged below us, so what follows builds on it.
        guard var neighbour = neighbours[connection] else { return }
        do {
            try neighbour.presence.apply(bytes)
        } catch {
            rejected(author: neighbour.remote.author, rule: "presence: \(error)", now: now)
            return
        }
        neighbours[connection] = neighbour
        showPresence(of: connection)
        tellPerson(neighbour.remote.peer)
    }

    /// Tells front ends what changed in a peer's presence since they were told.
    mutating func showPresence(of connection: ConnectionID) {
        guard var neighbour = neighbours[connection], neighbour.isPresent else { return }
        let peer = neighbour.remote.peer
        let state = neighbour.presence
        if state.cursor != neighbour.shownCursor {
            neighbour.shownCursor = state.cursor
            tell(.cursor(peer: peer, state.cursor))
        }
        if state.isTyping, !neighbour.shownTyping { tell(.typing(peer: peer)) }
        neighbour.shownTyping = state.isTyping
        if let shown = neighbour.shownGesture, let next = state.live?.number, next != neighbour.shownNumber {
            // The next has begun; the last one stands until its transaction has come.
            if let sequence = outstanding(neighbour, number: neighbour.shownNumber) {
                neighbour.settling.append((sequence, shown))
                if neighbour.settling.count > Self.settlingMax { neighbour.settling.removeFirst() }
                tell(.settling(peer: peer, neighbour.settling.map(\.gesture)))
            }
            neighbour.shownGesture = nil
        }
        let gesture = visibleGesture(of: neighbour)
        if let live = state.live { neighbour.shownNumber = live.number }
        if gesture != neighbour.shownGesture {
            neighbour.shownGesture = gesture
            tell(.gesture(peer: peer, gesture))
        }
        neighbours[connection] = neighbour
    }

    /// Tells what is shown of the others now, and what our own other programs are doing.
    mutating func showAllPresence(to audience: Audience) {
        for connection in connections {
            guard let neighbour = neighbours[connection], neighbour.isPresent else { continue }
            let peer = neighbour.remote.peer
            if let cursor = neighbour.shownCursor { tell(.cursor(peer: peer, cursor), to: audience) }
            if !neighbour.settling.isEmpty { tell(.settling(peer: peer, neighbour.settling.map(\.gesture)), to: audience) }
            if let gesture = neighbour.shownGesture { tell(.gesture(peer: peer, gesture), to: audience) }
        }
        for frontEnd in seats.keys.sorted() {
            if let gesture = seats[frontEnd]?.presence.state.live?.gesture { tell(.gesture(peer: peerID, gesture), to: audience) }
        }
    }

    /// Previews of ended gestures that wait beside the one under way; who has more is too far behind for them to matter.
    private static let settlingMax = 8

    /// The gesture to show: the one under way; or the ended one, as last seen, until its transaction is in the set.
    private func visibleGesture(of neighbour: Neighbour) -> Gesture? {
        if let live = neighbour.presence.live { return live.gesture }
        return outstanding(neighbour, number: neighbour.shownNumber) == nil ? nil : neighbour.shownGesture
    }

    /// The sequence of the transaction that a gesture became and that has not come; nil if it has, or if none was made.
    private func outstanding(_ neighbour: Neighbour, number: UInt64) -> UInt64? {
        guard case .committed(let sequence)? = neighbour.presence.ended.last(where: { $0.number == number })?.outcome else { return nil }
        let has = board?.contiguousSequence(of: neighbour.remote.author) ?? 0
        return has >= sequence ? nil : sequence
    }

    /// Previews of gestures whose transactions have just arrived go.
    mutating func refreshGestures() {
        for connection in connections {
            guard let neighbour = neighbours[connection] else { continue }
            let has = board?.contiguousSequence(of: neighbour.remote.author) ?? 0
            if neighbour.settling.contains(where: { $0.sequence <= has }) {
                neighbours[connection]?.settling.removeAll { $0.sequence <= has }
                tell(.settling(peer: neighbour.remote.peer, neighbours[connection]?.settling.map(\.gesture) ?? []))
            }
            if neighbour.shownGesture != nil { showPresence(of: connection) }
        }
    }

    /// A degraded peer's cursor and gesture are hidden until it is heard again.
    mutating func hidePresence(of connection: ConnectionID) {
        guard let neighbour = neighbours[connection] else { return }
        tellHidden(neighbour)
        neighbours[connection]?.shownCursor = nil
        neighbours[connection]?.shownGesture = nil
        neighbours[connection]?.settling = []
    }

    mutating func tellHidden(_ neighbour: Neighbour) {
        if neighbour.shownCursor != nil { tell(.cursor(peer: neighbour.remote.peer, nil)) }
        if neighbour.shownGesture != nil { tell(.gesture(peer: neighbour.remote.peer, nil)) }
        if !neighbour.settling.isEmpty { tell(.settling(peer: neighbour.remote.peer, [])) }
    }
}
