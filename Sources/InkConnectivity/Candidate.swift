import InkPrimitives

/// An address at which a peer may be reached.
public struct Candidate: Hashable, Sendable {
    /// How the peer learned it (RFC 8445 §5.1.1).
    public enum Kind: UInt8, Hashable, Sendable {
        /// From an own interface.
        case host = 1
        /// From a STUN server's answer.
        case serverReflexive = 2
    }

    public var address: SocketAddress
    public var kind: Kind

    public init(address: SocketAddress, kind: Kind) { (self.address, self.kind) = (address, kind) }

    /// What we have to offer, best first (CN-10): where we reach the world from, how the world sees us, and what else we have.
    ///
    /// Where nothing is connected nobody else is (CN-29), and who is on this machine has our other addresses, too; such addresses are offered only
    /// where there are no others.
    ///
    /// - Parameter reflexive: our address in each family as a STUN server sees it.
    public static func ranked(own: [LocalAddress], reflexive: [SocketAddress]) -> [Candidate] {
        let hasBetter = own.contains { $0.isConnected && !$0.address.ip.isLoopback }
        let hosts = LocalAddress.ranked(own).filter { $0.isConnected || !hasBetter }
        let first = hosts.prefix { $0.standing == .routed }
        let seen = reflexive.map { Candidate(address: $0, kind: .serverReflexive) }
        return first.map(Self.init(host:)) + seen + hosts.dropFirst(first.count).map(Self.init(host:))
    }

    private init(host: LocalAddress) { self.init(address: host.address, kind: .host) }

    /// Kind, then the address.
    public func write(to writer: inout ByteWriter) {
        writer.write(kind.rawValue)
        address.write(to: &writer)
    }

    /// Reads what `write(to:)` wrote.
    public init(from reader: inout ByteReader) throws(WireError) {
        guard let kind = Kind(rawValue: try reader.readUInt8()) else { throw .unexpected }
        self.init(address: try SocketAddress(from: &reader), kind: kind)
    }
}

/// The addresses that share one link with us.
public struct LocalNetwork: Hashable, Sendable {
    public var address: IPAddress
    /// Leading bits that all hosts of the link share, 0...32 or 0...128.
    public var prefixLength: Int

    public init(address: IPAddress, prefixLength: Int) { (self.address, self.prefixLength) = (address, prefixLength) }

    /// The network of an address whose mask is unknown: /24 for IPv4, /64 for IPv6 (RFC 4291 §2.5.4).
    public init(assumedFor address: IPAddress) {
        let length =
            switch address {
            case .v4: 24
            case .v6: 64
            }
        self.init(address: address, prefixLength: length)
    }

    /// Leading bits that `other` has in common with `address`; 0 for the other family.
    package func commonBits(with other: IPAddress) -> Int {
        let (left, right) = (address.bytes, other.bytes)
        guard left.count == right.count else { return 0 }
        var bits = 0
        for (mine, theirs) in zip(left, right) {
            guard mine == theirs else { return bits + (mine ^ theirs).leadingZeroBitCount }
            bits += 8
        }
        return bits
    }

    /// Whether `other` has the same leading bits.
    public func contains(_ other: IPAddress) -> Bool {
        let (left, right) = (address.bytes, other.bytes)
        guard left.count == right.count else { return false }
        let length = min(max(prefixLength, 0), left.count * 8)
        for index in 0..<left.count where index * 8 < length {
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> min(8, length - index * 8))
            if (left[index] ^ right[index]) & mask != 0 { return false }
        }
        return true
    }
}
