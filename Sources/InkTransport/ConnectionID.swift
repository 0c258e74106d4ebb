/// Names one connection on our side. Counted from 1 within an `Endpoint`, so the order of ids is the order in which connections came, and no id comes
/// again. What the peer writes into its packets is another number, which a rekey changes.
public struct ConnectionID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    public static func < (left: ConnectionID, right: ConnectionID) -> Bool { left.number < right.number }

    public var description: String { "c\(number)" }
}

/// Why a connection is no more. `description` is fit for a status line.
public enum CloseReason: Hashable, Sendable, CustomStringConvertible {
    /// The peer said goodbye.
    case byPeer
    /// Nothing authentic came for 15 s after the first unanswered probe, here or at the peer.
    case timedOut
    /// Another connection with the same peer or device took its place.
    case replaced(by: ConnectionID)
    /// The peer keeps another connection with us, which is here already or about to come.
    case turnedDown
    /// There were too many connections, most of them from this one's host.
    case crowdedOut
    /// The peer broke a rule of the protocol in an authentic packet.
    case misbehaved(Misbehaviour)
    /// The peer says that we broke a rule.
    case accused
    /// The peer does not let us into the room; it does not say why.
    case notAdmitted

    public var description: String {
        switch self {
        case .byPeer: "the peer closed the connection"
        case .timedOut: "the peer does not answer"
        case .replaced: "another connection to the same peer took over"
        case .turnedDown: "the peer keeps another connection"
        case .crowdedOut: "there are too many connections"
        case .misbehaved(let what): "the peer broke the protocol: \(what)"
        case .accused: "the peer says that we broke the protocol"
        case .notAdmitted: "the peer does not let us in"
        }
    }
}

/// What a peer did that the protocol forbids. Seen only inside authentic packets, so the peer itself is at fault.
public enum Misbehaviour: String, Error, Hashable, Sendable, CustomStringConvertible {
    /// A frame that does not decode, or of an unknown type.
    case malformedFrame = "malformed frame"
    /// Acknowledged a packet that we never sent (RFC 9000 §13.1).
    case acknowledgedUnsent = "acknowledged a packet never sent"
    /// Sent more than it had credit for.
    case exceededCredit = "sent beyond its credit"
    /// A message longer than `Connection.messageMax`, or more streams or holes than allowed.
    case exceededLimit = "exceeded a limit"
    /// Asked for new keys, or answered that, without the secret of the session.
    case brokenRekey = "broken exchange of keys"

    public var description: String { rawValue }
}
