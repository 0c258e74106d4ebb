/// Where a reliable message travels. Presence has no lane: it is unreliable and only its newest value counts.
///
/// A lower lane waits for a higher one, except that bulk keeps a floor of one packet in eight (TR-14).
public enum Lane: UInt8, CaseIterable, Comparable, Sendable {
    /// Small questions and answers of the session.
    case control = 0
    /// Transactions: one stream per author, small frames ride again before they are known to be lost.
    case ops = 1
    /// History and whatever else may wait.
    case bulk = 3

    public static func < (left: Lane, right: Lane) -> Bool { left.rawValue < right.rawValue }

    /// Position in an array that has one element per lane.
    var slot: Int {
        switch self {
        case .control: 0
        case .ops: 1
        case .bulk: 2
        }
    }
}

/// How lively the board is; decides the rhythm of keepalives (TR-19).
public enum Activity: Sendable {
    /// Somebody draws.
    case drawing
    /// People are present.
    case present
    /// All are idle or suspended.
    case idle

    /// Span without traffic after which a packet is due, before ±20 % of jitter.
    var keepaliveInterval: Duration {
        switch self {
        case .drawing: .seconds(2)
        case .present: .seconds(5)
        case .idle: .seconds(20)
        }
    }
}

/// What one connection does without, since one of its ends asks for little (TR-150, TR-151).
public struct Thrift: Hashable, Sendable {
    /// Nobody at one end sees what moves: keepalives are as of a board where all are idle, whatever the others do.
    public var isCalm: Bool
    /// What passes is paid for: nothing is sent to learn how long packets may be, and no copy of what most likely arrives.
    public var isSparing: Bool

    public init(isCalm: Bool = false, isSparing: Bool = false) { (self.isCalm, self.isSparing) = (isCalm, isSparing) }
}
