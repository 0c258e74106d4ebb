/// Where an invite says that a board is met.
public struct InvitePlaces: Hashable, Sendable {
    /// Rendezvous, in the order of the list by which the runtime connects.
    public var hosts: [Invite.Host]
    public var usesTLS: Bool
    /// The rendezvous is of this program, at the port of `hosts`, and found on the links (SE-264) of this machine: codes have numbers of four digits.
    public var isOnLinks = false

    public init(_ hosts: [Invite.Host] = [], usesTLS: Bool = false, isOnLinks: Bool = false) {
        (self.hosts, self.usesTLS, self.isOnLinks) = (hosts, usesTLS, isOnLinks)
    }

    /// One of them as a code names it; nil of none. Without a port it is spoken to over TLS at the usual one.
    func named(at position: Int) -> ShortCode.Place? {
        guard hosts.indices.contains(position) else { return nil }
        let (host, bare) = (hosts[position], ShortCode.Place(Self.bare(hosts[position].name)))
        return usesTLS && host.port == Self.portOfTLS ? bare : ShortCode.Place(host.description)
    }

    private static func bare(_ name: String) -> String { name.contains(":") ? "[\(name)]" : name }

    private static let portOfTLS: UInt16 = 443
}
