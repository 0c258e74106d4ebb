import InkPrimitives

/// How the world sees our socket in each family: one question at a time in IPv4 and one in IPv6 (CN-13).
///
/// A path that one family has says nothing of the other: NATs of IPv4 map as they like, and where IPv6 has no NAT its answer is still the address
/// from which we reach the world.
public struct STUNClients: Sendable {
    /// What the driver must do.
    public enum Output: Hashable, Sendable {
        case transmit([UInt8], to: SocketAddress)
        /// `mapped` is another than before.
        case changed
    }

    private struct Family: Sendable {
        let isV6: Bool
        var client: STUNClient
        /// Of this family, best first.
        var servers: [SocketAddress] = []
    }

    private var families: [Family]
    /// `mapped` as of the last `changed`.
    private var told: [SocketAddress] = []

    /// - Parameters:
    ///   - v4, v6: sources of transaction ids, as `STUNClient` takes them.
    public init(v4: any RandomNumberGenerator & Sendable, v6: any RandomNumberGenerator & Sendable) {
        families = [Family(isV6: false, client: STUNClient(using: v4)), Family(isV6: true, client: STUNClient(using: v6))]
    }

    /// Our addresses as the servers last saw them, IPv4 before IPv6.
    public var mapped: [SocketAddress] { families.compactMap(\.client.mapped) }

    /// Says which servers there are, best first. Each family goes on with the one that it asks if that is among them, and where none is left: it may
    /// answer though whoever named it is gone.
    public mutating func use(_ servers: [SocketAddress], now: Instant) {
        for index in families.indices {
            families[index].servers = servers.filter { $0.ip.isV6 == families[index].isV6 }
            guard let first = families[index].servers.first else { continue }
            let isListed = families[index].client.server.map { families[index].servers.contains($0) } ?? false
            if !isListed { families[index].client.start(server: first, now: now) }
        }
    }

    /// Asks at once what is believed to be known: the path to the servers may be another.
    ///
    /// - Parameter servers: only where one of these is asked; nil for all (CN-31).
    public mutating func restart(_ servers: [SocketAddress]? = nil, now: Instant) {
        for index in families.indices {
            guard let server = families[index].client.server, servers?.contains(server) ?? true else { continue }
            families[index].client.restart(now: now)
        }
    }

    /// Takes a datagram that is STUN by `STUN.isSTUN`.
    public mutating func receive(_ datagram: [UInt8], from source: SocketAddress, now: Instant) {
        for index in families.indices { families[index].client.receive(datagram, from: source, now: now) }
    }

    /// When to call `handleTimeout(now:)` next.
    public var deadline: Instant? { families.compactMap(\.client.deadline).min() }

    /// Call at or after `deadline`; calling early does nothing.
    public mutating func handleTimeout(now: Instant) {
        for index in families.indices { families[index].client.handleTimeout(now: now) }
    }

    /// The next thing to do, or nil.
    public mutating func nextOutput(now: Instant) -> Output? {
        for index in families.indices {
            while let output = families[index].client.nextOutput() {
                switch output {
                case .transmit(let bytes, let server): return .transmit(bytes, to: server)
                case .mapped: break
                case .failed:
                    askNext(index, now: now)
                    // What did not answer before and does not now is no news.
                    guard mapped != told else { continue }
                }
                told = mapped
                return .changed
            }
        }
        return nil
    }

    /// Goes on to the next server of a family whose server does not answer; with one alone it is asked again after its rest.
    private mutating func askNext(_ index: Int, now: Instant) {
        let servers = families[index].servers
        guard let position = servers.firstIndex(where: { $0 == families[index].client.server }) else {
            if let first = servers.first { families[index].client.start(server: first, now: now) }
            return
        }
        families[index].client.start(server: servers[(position + 1) % servers.count], now: now)
    }
}
