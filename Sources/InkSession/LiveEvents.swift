import InkBoard
import InkPrimitives

/// Who does something live: one program of one peer. A person may have several programs on one board, each with a pointer and a gesture.
public struct LiveSource: Hashable, Comparable, Sendable {
    public var peer: PeerID
    public var frontEnd: FrontEndID

    public init(peer: PeerID, frontEnd: FrontEndID = .holder) { (self.peer, self.frontEnd) = (peer, frontEnd) }

    public static func < (left: LiveSource, right: LiveSource) -> Bool {
        left.peer == right.peer ? left.frontEnd < right.frontEnd : left.peer < right.peer
    }
}

/// Where somebody pointed at one time.
///
/// Times of one peer have one origin, which is its own: only their differences mean anything. They never go back within what is told of a
/// peer.
public struct CursorSample: Hashable, Sendable {
    /// Time on the peer's clock, in whole milliseconds.
    public var at: Duration
    /// Nil: the pointer left.
    public var position: Point?
    /// Names the trail of light of which it is a part; nil where the pointer leaves none.
    public var trail: UInt64?

    public init(at: Duration, position: Point?, trail: UInt64? = nil) {
        (self.at, self.position, self.trail) = (at, position, trail)
    }
}

/// A sample of a stroke: an absolute place and when the pen was there, on the same clock as `CursorSample.at`.
public struct TimedPoint: Hashable, Sendable {
    public var at: Duration
    public var position: Point

    public init(at: Duration, position: Point) { (self.at, self.position) = (at, position) }
}

/// One gesture of one front end. Those of one source are told apart by a number that grows; several are shown at once while the
/// transactions of earlier ones are on their way.
public struct GestureID: Hashable, Comparable, Sendable {
    public var source: LiveSource
    public var number: UInt64

    public init(source: LiveSource, number: UInt64) { (self.source, self.number) = (source, number) }

    public static func < (left: GestureID, right: GestureID) -> Bool {
        left.source == right.source ? left.number < right.number : left.source < right.source
    }
}

/// One step of somebody's gesture, as small as it can be: a stroke of ten thousand samples is told in pieces, not ten thousand times whole.
public enum GestureChange: Hashable, Sendable {
    /// It is shown from now on; a stroke with the samples that it has already, mostly none, the newest of them made at `at`.
    case began(Gesture, at: Duration)
    /// The stroke has grown.
    case appended([TimedPoint])
    /// It is something else now: a drag or rubber band that moved, a text that was typed on, a stroke in another colour. The samples of a
    /// stroke are those told before.
    case updated(Gesture, at: Duration)
    /// It is shown no more.
    case ended(GestureEnd)
}

/// Why a gesture is shown no more.
public enum GestureEnd: Hashable, Sendable {
    /// The board has what it became, told before this: these shapes stand in its place.
    case committed([ShapeID])
    case cancelled
    /// Nothing is heard of its person; it may begin again.
    case hidden
}

extension Gesture? {
    /// Takes one step, so that this is what is to be shown; a stroke grows in place.
    public mutating func take(_ change: GestureChange) {
        switch change {
        case .began(let gesture, _): self = gesture
        case .appended(let samples):
            guard case .stroke(var draft)? = self else { return }
            self = nil  // So that `draft.points` is the only owner and grows in place.
            let origin = draft.position
            for sample in samples { draft.points.append(sample.position - origin) }
            self = .stroke(draft)
        case .updated(let gesture, _):
            guard case .stroke(let held)? = self, case .stroke(var draft) = gesture else {
                self = gesture
                return
            }
            draft.points = held.points
            self = .stroke(draft)
        case .ended: self = nil
        }
    }
}
