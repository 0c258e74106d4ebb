import InkCrypto
import InkPrimitives
import InkRendezvous
import InkSession
import InkTransport

/// How a driver reaches the world.
public struct DriverOptions: Sendable {
    /// Rendezvous in order of preference; empty for none.
    public var rendezvous: [Invite.Host] = []
    /// Nil where they are spoken to in clear; otherwise whom we take for one of them.
    public var tls: TLSTrust?
    /// Which tokens are shown to which of them; nil for none.
    public var tokens: TokenFiles?
    /// A connection that is open to one of them already; what is said over it is said there first.
    public var kept: KeptConnection?
    public var port: PortChoice = .any
    /// How badly what we send shall travel; nil for as it comes.
    public var impairment: Impairment?
    /// Where members on our links are looked for; nil for nowhere.
    package var links: LinkSockets?
    /// Listen on 127.0.0.1 and ::1 only.
    public var onlyLoopback = false

    /// Where the keys of each connection go, for a log that the person asked for; nil for nowhere, and then none is ever told. Called on the loop.
    public var keyLog: (@Sendable (KeyDisclosure) -> Void)?

    /// Hears which topic we are about to join, before any rendezvous does. Called on the loop.
    public var joins: (@Sendable (Topic) -> Void)?
    /// Hears what links have to hold from now on: first, and with each other epoch. Called on the loop, or where the driver is made.
    public var linkSecretChanged: (@Sendable (Secret32, EpochID) -> Void)?

    /// Addresses of a host; may block. The system's resolver, but in tests.
    package var resolver: @Sendable (Invite.Host) -> [SocketAddress] = { HostResolver.addresses(of: $0) }

    public init() {}
}

/// What went through a driver's sockets; for statistics.
public struct DriverCounters: Hashable, Sendable {
    public var datagramsIn = 0
    public var bytesIn = 0
    public var datagramsOut = 0
    public var bytesOut = 0
    /// Datagrams that are neither STUN nor ours, by their first byte.
    public var foreign = 0
    /// Datagrams that the system refused to send.
    public var refused = 0
}
