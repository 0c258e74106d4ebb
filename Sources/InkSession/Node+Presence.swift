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
        showPresence(of: connection, now: now)
        tellPerson(neighbour.remote.peer)
    }

    /// Tells front ends what changed in a peer's presence since they were told.
    mutating func showPresence(of connection: ConnectionID, now: Instant) {
        guard var neighbour = neighbours[connection], neighbour.isPresent else { return }
        let source = LiveSource(peer: neighbour.shownAs)
        let state = neighbour.presence
        if state.cursor != neighbour.shownCursor {
            neighbour.shownCursor = state.cursor
            tell(.cursor(source, [CursorSample(at: arrival(now), position: state.cursor)]))
        }
        if state.isTyping, !neighbour.shownTyping { tell(.typing(peer: source.peer)) }
        neighbour.shownTyping = state.isTyping
        let ended = neighbour.shownGestures.keys.filter { $0 != state.live?.number }.sorted()
        for number in ended {
            guard let end = end(of: number, neighbour) else { continue }
            neighbour.shownGestures[number] = nil
            tell(.gesture(GestureID(source: source, number: number), .ended(end)))
        }
        // Who has more previews waiting is too far behind for them to matter.
        for number in ended.filter({ neighbour.shownGestures[$0] != nil }).dropLast(Self.waitingMax) {
            neighbour.shownGestures[number] = nil
            tell(.gesture(GestureID(source: source, number: number), .ended(.hidden)))
        }
        if let live = state.live {
            let change = Self.change(from: neighbour.shownGestures[live.number], to: live.gesture, at: arrival(now))
            neighbour.shownGestures[live.number] = live.gesture
            if let change { tell(.gesture(GestureID(source: source, number: live.number), change)) }
        }
        neighbours[connection] = neighbour
    }

    /// Tells what is shown of the others now, and what our own other programs are doing.
    mutating func showAllPresence(to audience: Audience, now: Instant) {
        for connection in connections {
            guard let neighbour = neighbours[connection], neighbour.isPresent else { continue }
            let source = LiveSource(peer: neighbour.shownAs)
            if let cursor = neighbour.shownCursor {
                tell(.cursor(source, [CursorSample(at: arrival(now), position: cursor)]), to: audience)
            }
            for (number, gesture) in neighbour.shownGestures.sorted(by: { $0.key < $1.key }) {
                tell(.gesture(GestureID(source: source, number: number), .began(gesture, at: arrival(now))), to: audience)
            }
        }
        for frontEnd in seats.keys.sorted() {
            guard let live = seats[frontEnd]?.presence.state.live else { continue }
            let id = GestureID(source: LiveSource(peer: peerID, frontEnd: frontEnd), number: live.number)
            tell(.gesture(id, .began(live.gesture, at: arrival(now))), to: audience)
        }
    }

    /// The other programs of this person see what one of them is doing.
    mutating func showOwn(_ change: GestureChange, number: UInt64, of frontEnd: FrontEndID) {
        guard seats.count > 1 else { return }
        tell(.gesture(GestureID(source: LiveSource(peer: peerID, frontEnd: frontEnd), number: number), change), to: .everybodyBut(frontEnd))
    }

    /// Previews of ended gestures that wait beside the one under way.
    private static let waitingMax = 8

    /// The time of the peer's clock, as far as it is known: that of arrival.
    func arrival(_ now: Instant) -> Duration { .milliseconds(now.nanoseconds / 1_000_000) }

    private static func change(from shown: Gesture?, to next: Gesture, at: Duration) -> GestureChange? {
        guard let shown else { return .began(next, at: at) }
        guard case .stroke(let before) = shown, case .stroke(let after) = next else {
            return shown == next ? nil : .updated(next, at: at)
        }
        guard after.points.count > before.points.count else { return nil }
        return .appended(after.points[before.points.count...].map { TimedPoint(at: at, position: after.position + $0) })
    }

    /// Why a gesture that is not under way any more is no longer shown; nil while its transaction is on its way.
    private func end(of number: UInt64, _ neighbour: Neighbour) -> GestureEnd? {
        guard case .committed(let sequence)? = neighbour.presence.ended.last(where: { $0.number == number })?.outcome else {
            return .cancelled
        }
        guard board?.contiguousSequence(of: neighbour.remote.author) ?? 0 >= sequence else { return nil }
        return .committed(shapes(writtenBy: neighbour.remote.author, sequence: sequence))
    }

    /// The shapes that a transaction wrote.
    func shapes(writtenBy author: AuthorID, sequence: UInt64) -> [ShapeID] {
        let writes = board?.transactions(of: author, sequence: sequence).first?.writes ?? []
        return Set(writes.map(\.target).filter { $0.number > 0 }).sorted()
    }

    /// Previews of gestures whose transactions have just arrived go.
    mutating func refreshGestures(now: Instant) {
        for connection in connections where neighbours[connection]?.shownGestures.isEmpty == false {
            showPresence(of: connection, now: now)
        }
    }

    /// A degraded peer's cursor and gestures are hidden until it is heard again.
    mutating func hidePresence(of connection: ConnectionID, now: Instant) {
        guard let neighbour = neighbours[connection] else { return }
        tellHidden(neighbour, now: now)
        neighbours[connection]?.shownCursor = nil
        neighbours[connection]?.shownGestures = [:]
    }

    mutating func tellHidden(_ neighbour: Neighbour, now: Instant) {
        let source = LiveSource(peer: neighbour.shownAs)
        if neighbour.shownCursor != nil { tell(.cursor(source, [CursorSample(at: arrival(now), position: nil)])) }
        for number in neighbour.shownGestures.keys.sorted() {
            tell(.gesture(GestureID(source: source, number: number), .ended(.hidden)))
        }
    }
}
