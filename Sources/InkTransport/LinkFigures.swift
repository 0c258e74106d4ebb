import InkPrimitives

/// What a connection is made of at this moment, for who looks for a cause. What is asked for all the time is in `ConnectionStatistics`.
public struct LinkFigures: Hashable, Sendable {
    /// All ways that are known, and what waits in each lane.
    public let paths: [PathFigures]
    public let lanes: [LaneFigures]
    /// When the connection has something to do next; nil while only others can move it.
    public let deadline: Instant?
}

/// One way to a peer, for who looks for a cause; what it is measured in is at the parts themselves.
public struct PathFigures: Hashable, Sendable {
    /// Whether the peer is known to be there.
    public enum Proof: String, Hashable, Sendable { case none, handshake, proven }
    /// What the controller of congestion does.
    public enum Congestion: String, Hashable, Sendable { case startup, steady, contest }

    public let route: Route
    public let isInUse: Bool
    public let isInvited: Bool
    public let proof: Proof
    /// Nil before the first sample.
    public let roundTrip: Duration?
    public let roundTripMinimum: Duration?
    public let congestion: Congestion
    /// Bytes that may be on the way, and that are.
    public let window: Int
    public let bytesInFlight: Int
    /// Longest datagram, bytes.
    public let mtu: Int
    /// Packets sent over it.
    public let sent: UInt64
    /// Since when something is on the way of which nothing was acknowledged.
    public let waitingSince: Instant?

    init(_ path: Path, isInUse: Bool) {
        (route, self.isInUse, isInvited) = (path.route, isInUse, path.isInvited)
        proof =
            switch path.proof {
            case .none: .none
            case .handshake: .handshake
            case .proven: .proven
            }
        (roundTrip, roundTripMinimum) = (path.rtt.hasSample ? path.rtt.smoothed : nil, path.rtt.minimum)
        congestion =
            switch path.congestion.phase {
            case .startup: .startup
            case .steady: .steady
            case .contest: .contest
            }
        (window, bytesInFlight, mtu, sent) = (path.window, path.bytesInFlight, path.mtu, path.sentCount)
        waitingSince = path.waitingSince
    }
}

/// What waits in one lane.
public struct LaneFigures: Hashable, Sendable {
    public let lane: Lane
    /// Streams that were used.
    public let streams: Int
    /// Bytes of messages that the peer has not acknowledged, and those of them that have not left.
    public let pending: Int
    public let waiting: Int
}
