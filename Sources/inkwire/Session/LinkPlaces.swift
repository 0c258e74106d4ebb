import InkPrimitives
import InkSession

/// Where a link says that this machine can be found: some of its own addresses in each family, and itself.
struct LinkPlaces {
    private let v4: [IPAddress]
    private let v6: [IPAddress]
    /// For others on this machine; `::1` where it has no other.
    let loopback: IPAddress

    /// - Parameter own: the addresses of this machine, loopback included.
    init(own: [IPAddress]) {
        let outer = own.filter { !$0.isLoopback }
        v4 = outer.filter { $0.bytes.count == 4 }
        v6 = outer.filter { $0.bytes.count == 16 }
        let v4Loopback = IPAddress.v4(0x7F00_0001)
        loopback = own.contains(v4Loopback) ? v4Loopback : own.first(where: \.isLoopback) ?? v4Loopback
    }

    /// Hosts of a rendezvous on this machine: machines of the same network come by its addresses, other terminals of this machine by loopback.
    func rendezvous(port: UInt16) -> [InviteLink.Host] {
        (outer(v4Max: 3) + [loopback]).map { InviteLink.Host(name: $0.description, port: port) }
    }

    /// Where we may still be found by who finds no rendezvous.
    ///
    /// - Parameter onlyHere: nobody comes from elsewhere, since the rendezvous is reached on this machine only.
    func direct(port: UInt16, onlyHere: Bool = false) -> [SocketAddress] {
        let near = onlyHere ? [] : outer(v4Max: 2)
        return (near.isEmpty ? [loopback] : near).map { SocketAddress(ip: $0, port: port) }
    }

    /// Of each family some; a machine that has IPv6 alone is found by that.
    private func outer(v4Max: Int) -> [IPAddress] { Array(v4.prefix(v4Max)) + v6.prefix(v4.isEmpty ? v4Max : 1) }
}
