import InkPrimitives

/// What stands between a node and the others: an address translator, by its mapping and filtering (RFC 4787 §4.1, §5; SM-30).
package struct NAT: Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// One outer address, which anybody reaches.
        case cone
        /// One outer address; hosts that were sent something reach it.
        case restricted
        /// One outer address; addresses that were sent something reach it.
        case portRestricted = "port-restricted"
        /// Another outer address for each address that something is sent to, which that one alone reaches.
        case symmetric
        /// No UDP passes, either way.
        case blocked
    }

    package let kind: Kind
    package let ip: IPAddress
    /// Outer addresses by what they are for.
    private var mappings: [Key: SocketAddress] = [:]
    private var contacted: [SocketAddress: Set<SocketAddress>] = [:]
    private var nextPort: UInt16 = 20_000

    private struct Key: Hashable {
        let inner: SocketAddress
        let to: SocketAddress?
    }

    package init(_ kind: Kind, ip: IPAddress) { (self.kind, self.ip) = (kind, ip) }

    /// A datagram leaves.
    ///
    /// - Returns: where it seems to come from; nil if it does not pass.
    package mutating func leave(_ inner: SocketAddress, to: SocketAddress) -> SocketAddress? {
        guard kind != .blocked else { return nil }
        let key = Key(inner: inner, to: kind == .symmetric ? to : nil)
        let outer: SocketAddress
        if let known = mappings[key] {
            outer = known
        } else {
            outer = SocketAddress(ip: ip, port: nextPort)
            nextPort = nextPort < 60_000 ? nextPort + 1 : 20_000
            mappings[key] = outer
        }
        contacted[outer, default: []].insert(to)
        return outer
    }

    /// True if a datagram reaches the node.
    package func admits(_ from: SocketAddress, to outer: SocketAddress) -> Bool {
        guard let known = contacted[outer] else { return false }
        switch kind {
        case .cone: return true
        case .restricted: return known.contains { $0.ip == from.ip }
        case .portRestricted, .symmetric: return known.contains(from)
        case .blocked: return false
        }
    }

    /// All mappings are gone, as after a loss of power: the next datagram gets another port.
    package mutating func forget() { (mappings, contacted) = ([:], [:]) }
}
