import InkConnectivity
import InkPrimitives
import InkRuntime
import InkSession

/// Where a link says that this machine can be found: some of its own addresses in each family, and itself.
struct LinkPlaces {
    private let v4: [IPAddress]
    private let v6: [IPAddress]
    /// For others on this machine; `::1` where it has no other.
    let loopback: IPAddress

    /// - Parameter own: the addresses of this machine, best first, loopback included.
    init(own: [LocalAddress]) {
        let outer = own.filter { !$0.address.ip.isLoopback }
        // What leads to containers, or nowhere, is better than nothing, and no more.
        let outward = outer.filter { $0.standing < .inner }
        let named = (outward.isEmpty ? outer : outward).map(\.address.ip)
        (v4, v6) = (named.filter { !$0.isV6 }, named.filter(\.isV6))
        let (loopbacks, usual) = (own.map(\.address.ip).filter(\.isLoopback), IPAddress.v4(0x7F00_0001))
        loopback = loopbacks.contains(usual) ? usual : loopbacks.first ?? usual
    }

    /// Those of the machine that we are on, as it is now.
    ///
    /// - Parameter rendezvous: in use; who is reached at a literal address counts for which of ours are best.
    init(toward rendezvous: [Invite.Host] = []) {
        let known = rendezvous.compactMap { host in
            IPAddress(host.name).flatMap { $0.isLoopback ? nil : SocketAddress(ip: $0, port: host.port) }
        }
        self.init(own: (try? Interfaces.addresses(port: 0, toward: known)) ?? [])
    }

    /// Hosts of a rendezvous on this machine: machines of the same network come by its addresses, other terminals of this machine by loopback.
    func rendezvous(port: UInt16) -> [Invite.Host] {
        (outer(v4Max: 3) + [loopback]).map { Invite.Host(name: $0.description, port: port) }
    }

    /// Where we may still be found by who finds no rendezvous.
    ///
    /// - Parameter onlyHere: nobody comes from elsewhere, since the rendezvous is reached on this machine only.
    func direct(port: UInt16, onlyHere: Bool = false) -> [SocketAddress] {
        let near = onlyHere ? [] : outer(v4Max: 2)
        return (near.isEmpty ? [loopback] : near).map { SocketAddress(ip: $0, port: port) }
    }

    /// Of each family some; a machine that has IPv6 alone is found by that (RT-143).
    private func outer(v4Max: Int) -> [IPAddress] { Array(v4.prefix(v4Max)) + v6.prefix(v4.isEmpty ? v4Max : 1) }
}
