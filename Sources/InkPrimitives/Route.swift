/// Where a rendezvous hands on what it carries for two peers: its position in our list, and the number by which it calls the other's socket.
///
/// The number is the rendezvous' word, and good for one of its connections only: it names a way, never a person.
public struct RelayPoint: Hashable, Comparable, Sendable {
    /// Position in our list of rendezvous.
    public var place: Int
    /// The other's member number there.
    public var member: UInt32

    public init(place: Int, member: UInt32) { (self.place, self.member) = (place, member) }

    public static func < (left: RelayPoint, right: RelayPoint) -> Bool { (left.place, left.member) < (right.place, right.member) }
}

/// A way that datagrams take to a peer.
public enum Route: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// UDP to this address.
    case direct(SocketAddress)
    /// Through a rendezvous, which can read nothing of it.
    case relay(RelayPoint)

    /// The address that datagrams go to; nil where a rendezvous carries them.
    public var address: SocketAddress? { if case .direct(let address) = self { address } else { nil } }
    public var isRelay: Bool { if case .relay = self { true } else { false } }

    public var description: String {
        switch self {
        case .direct(let address): "\(address)"
        case .relay(let point): "relay \(point.place)/\(point.member)"
        }
    }
}
