import InkPrimitives

/// An address of this machine with our socket's port, and what the system says of the interface that has it.
public struct LocalAddress: Hashable, Sendable {
    /// How likely it is that a peer elsewhere reaches us there; the likeliest first.
    public enum Standing: UInt8, Hashable, Comparable, Sendable {
        /// What we send to a rendezvous, or into the world, leaves from it.
        case routed
        /// A cable or a radio that is connected; the loopback.
        case link
        /// One end of a tunnel: a VPN.
        case tunnel
        /// A bridge, or another end within this machine: containers, virtual machines.
        case inner
        /// Nothing is connected to its interface, so nobody but this machine is there.
        case idle

        public static func < (left: Standing, right: Standing) -> Bool { left.rawValue < right.rawValue }
    }

    public var address: SocketAddress
    /// Leading bits that all hosts of its link share, 0...32 or 0...128.
    public var prefixLength: Int
    public var standing: Standing
    /// Tells interfaces apart; those with lower numbers were there earlier.
    public var interface: Int

    public init(address: SocketAddress, prefixLength: Int, standing: Standing = .link, interface: Int = 0) {
        (self.address, self.prefixLength, self.standing, self.interface) = (address, prefixLength, standing, interface)
    }

    /// An address of which nothing else is known.
    public init(_ address: SocketAddress) {
        self.init(address: address, prefixLength: LocalNetwork(assumedFor: address.ip).prefixLength)
    }

    /// The link that it is on.
    public var network: LocalNetwork { LocalNetwork(address: address.ip, prefixLength: prefixLength) }

    /// True where others may be on its link.
    public var isConnected: Bool { standing != .idle }

    /// Best first (CN-10): by standing; of equals each interface's first address of a family before the second of any, so that one with many
    /// (networks of containers, IPv6 addresses that expire) crowds out no other.
    public static func ranked(_ addresses: [LocalAddress]) -> [LocalAddress] {
        var counts: [Turn: Int] = [:]
        let keyed = addresses.enumerated().map { position, address in
            let turn = counts[Turn(address), default: 0]
            counts[Turn(address)] = turn + 1
            return (key: Key(standing: address.standing, turn: turn, interface: address.interface, position: position), address: address)
        }
        return keyed.sorted { $0.key < $1.key }.map(\.address)
    }

    private struct Turn: Hashable {
        var interface: Int
        var isV6: Bool
        var standing: Standing

        init(_ address: LocalAddress) {
            (interface, standing, isV6) = (address.interface, address.standing, address.address.ip.isV6)
        }
    }

    private struct Key: Comparable {
        var standing: Standing
        var turn: Int
        var interface: Int
        /// Where the system lists it.
        var position: Int

        static func < (left: Key, right: Key) -> Bool {
            (left.standing, left.turn, left.interface, left.position) < (right.standing, right.turn, right.interface, right.position)
        }
    }
}
