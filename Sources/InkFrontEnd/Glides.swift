import InkBoard
import InkPrimitives
import InkSession

/// What all others move, as it is drawn: a `Glide` for each peer that is heard.
package struct Glides: Sendable {
    private var byPeer: [PeerID: Glide] = [:]
    /// Motion is not wanted: the newest is drawn at once (FE-28).
    package var isStill = false {
        didSet { for peer in byPeer.keys { byPeer[peer]?.isStill = isStill } }
    }

    package init() {}

    /// Takes an event. Of `.changed` before the board has it, of all else after.
    package mutating func take(_ event: Event, board: BoardView, now: Instant) {
        switch event {
        case .cursor(let source, let samples): glide(of: source.peer) { $0.take(samples, of: source.frontEnd, now: now) }
        case .gesture(let id, let change): glide(of: id.source.peer) { $0.take(change, of: id, board: { board[$0] }, now: now) }
        case .changed(let changes, _):
            for change in changes where change.kind == .changed {
                guard let before = board[change.id] else { continue }
                for peer in byPeer.keys { byPeer[peer]?.note(before) }
            }
        case .peer(let status): if status.state == .left { byPeer[status.peer] = nil }
        case .ready, .outcome, .view, .lookHere, .typing, .typingEnded, .chat, .chatState, .chatPage, .sync, .rendezvous, .rejected, .fork,
            .textMerged, .restoring,
            .duplicateDevice, .meeting, .tokens,
            .knownName,
            .notAdmitted, .versionMismatch, .invited, .code, .rights, .chatsGone, .calm, .stopped, .identity:
            break
        }
    }

    private mutating func glide(of peer: PeerID, _ body: (inout Glide) -> Void) {
        var fresh = Glide()
        fresh.isStill = isStill
        body(&byPeer[peer, default: fresh])
    }

    /// Who is heard, in an order that does not change.
    package var peers: [PeerID] { byPeer.keys.sorted() }

    /// Where a peer's pointer is drawn; nil where none is.
    package func position(of peer: PeerID, at now: Instant) -> Point? { byPeer[peer]?.position(at: now) }

    /// The paths of light that a peer's pointer leaves, as they are drawn.
    package func light(of peer: PeerID, at now: Instant) -> [[LaserTrail.Spot]] { byPeer[peer]?.light(at: now) ?? [] }

    /// What is drawn of a peer's gestures, in the order in which they began.
    package func previews(of peer: PeerID, at now: Instant) -> [(id: GestureID, preview: GesturePreview)] {
        byPeer[peer]?.previews(at: now) ?? []
    }

    /// Shapes that stand on the board and are not to be drawn: a preview of each is.
    package func hidden(at now: Instant) -> Set<ShapeID> { byPeer.values.reduce(into: []) { $0.formUnion($1.hidden(at: now)) } }

    /// When the next frame is of use; nil when nothing moves.
    package func deadline(after now: Instant) -> Instant? { byPeer.values.reduce(nil) { earliest($0, $1.deadline(after: now)) } }
}
