import InkPrimitives
import InkRuntime
import InkSession
import InkStore

/// How a board is opened on the network, decided without opening anything: what was asked for goes before what the board remembers, and that
/// before what is usual (CL-19).
struct SessionPlan: Equatable {
    /// Where peers are introduced; empty for nowhere, unless a rendezvous of our own is opened.
    var rendezvous: [Invite.Host]
    /// All of them speak TLS.
    var usesTLS = false
    /// A rendezvous of our own, and the port to try first; nil for none.
    var embedding: Embedding?
    /// The UDP port.
    var port: PortChoice
    /// Addresses to dial that the person named.
    var direct: [SocketAddress]
    /// Addresses to dial that the link named.
    var link: [SocketAddress]
    /// What the board is to remember of its rendezvous from now on; nil to leave that as it is.
    var remembered: [String]?

    struct Embedding: Equatable {
        /// The port that links name which were given before; nil for any.
        var port: UInt16?
    }

    /// - Parameters:
    ///   - given: rendezvous that the person named this time.
    ///   - port: the UDP port that the person named.
    ///   - direct: addresses that the person named.
    ///   - embeds: open a rendezvous of our own where none is configured.
    init(meta: BoardMeta, given: [RendezvousAddress], port: UInt16?, direct: [SocketAddress], embeds: Bool) {
        if given.isEmpty {
            let saved = meta.rendezvous.compactMap { RendezvousAddress($0) }
            // As a link has it: all with TLS or all without. What is meant to be spoken to with TLS is never spoken to in clear.
            usesTLS = saved.contains { $0.usesTLS }
            rendezvous = saved.map(\.host)
        } else {
            usesTLS = given.contains { $0.usesTLS }
            rendezvous = given.map(\.host)
            let texts = given.map(\.description)
            // A board that brings its own keeps it: links that name it are out there. What was given is for this time (CL-19).
            if meta.embeddedPort == nil, meta.rendezvous != texts { remembered = texts }
        }
        if rendezvous.isEmpty, embeds { embedding = Embedding(port: meta.embeddedPort) }
        self.port = port.map { .explicit($0) } ?? meta.ownPort.map { .saved($0) } ?? .any
        self.direct = direct
        link = meta.direct
    }
}
