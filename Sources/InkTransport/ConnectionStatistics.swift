import InkPrimitives

/// How one connection does, for status bars and metrics. Counts run since it was established.
public struct ConnectionStatistics: Hashable, Sendable {
    public internal(set) var remote: PeerID
    /// The device key that the peer proved.
    public internal(set) var author: AuthorID
    /// Where our packets go, and the ways that are proved, that one among them.
    public internal(set) var route: Route
    public internal(set) var routes: [Route] = []
    /// How often another way was taken.
    public internal(set) var pathChanges: UInt64 = 0
    /// Where our packets go; nil where a rendezvous carries them.
    public var address: SocketAddress? { route.address }
    /// True if we dialled.
    public internal(set) var isInitiator: Bool
    public internal(set) var establishedAt: Instant
    /// Smoothed round trip; nil before the first sample.
    public internal(set) var roundTrip: Duration?
    /// UDP payload bytes of authentic packets.
    public internal(set) var bytesIn: UInt64 = 0
    public internal(set) var bytesOut: UInt64 = 0
    /// Authentic packets.
    public internal(set) var packetsIn: UInt64 = 0
    public internal(set) var packetsOut: UInt64 = 0
    /// Packets that carried this connection's index and did not verify.
    public internal(set) var packetsForged: UInt64 = 0
    /// Packets refused because their number was seen or is too old.
    public internal(set) var packetsReplayed: UInt64 = 0
    /// Packets declared lost, and of those the ones that were acknowledged after all.
    public internal(set) var packetsLost: UInt64 = 0
    public internal(set) var packetsLostSpuriously: UInt64 = 0
    /// How often both sides made new keys.
    public internal(set) var renewals: UInt64 = 0
    /// Bytes of reliable messages sent again after a loss or by a probe.
    public internal(set) var bytesRetransmitted: UInt64 = 0
    /// Bytes of ops that rode again before they were known to be lost.
    public internal(set) var bytesRepeated: UInt64 = 0
    /// Share of packets lost on the path in use, 0...1, a moving average over about 100 packets.
    public internal(set) var lossEstimate: Double = 0
    /// Bytes of reliable messages that the peer has not acknowledged, queued ones included.
    public internal(set) var pendingBytes = 0
    /// Bytes on the way, and how many may be.
    public internal(set) var bytesInFlight = 0
    public internal(set) var window = 0
    /// Longest datagram that the way in use is known to carry, bytes of UDP payload.
    public internal(set) var mtu = 0
    /// How the controller of the path in use sees it.
    package internal(set) var congestion = CongestionView()
    /// Sent packets that are remembered, whether their fate is known or not.
    package internal(set) var packetsRemembered = 0
    /// When the last authentic packet came.
    public internal(set) var lastReceived: Instant
    /// When the first probe went out that nothing has answered yet; nil while the peer answers.
    public internal(set) var unansweredSince: Instant?
    /// How long probes have been unanswered, as of the endpoint's last input; nil while the peer answers.
    public internal(set) var silence: Duration?
    /// Three probes went unanswered.
    public internal(set) var isDegraded = false
}

/// What an endpoint did with the datagrams given to it. None of these can be moved by a stranger but the first four.
public struct EndpointCounters: Hashable, Sendable {
    /// Datagrams that are no packet of ours, or whose MAC or tag does not verify.
    public internal(set) var forged: UInt64 = 0
    /// Data packets for an index that nobody has.
    public internal(set) var unknown: UInt64 = 0
    /// Packet numbers seen before or too old, and handshake packets seen before.
    public internal(set) var replayed: UInt64 = 0
    /// All datagrams received.
    public internal(set) var datagrams: UInt64 = 0
    /// Data packets that verified.
    public internal(set) var accepted: UInt64 = 0
    /// Cookies given instead of an answer.
    public internal(set) var cookiesSent: UInt64 = 0
    /// Messages 2 sent, cached ones included.
    public internal(set) var answersSent: UInt64 = 0
    /// Message 1 with a right MAC that was not for us, over a limit, or contradicted itself.
    public internal(set) var startsRefused: UInt64 = 0
    /// Handshakes that ended in a wrong identity or an undecryptable message.
    public internal(set) var handshakesRefused: UInt64 = 0
    /// Handshakes completed.
    public internal(set) var established: UInt64 = 0
    /// Packets of room members that speak another version.
    public internal(set) var versionMismatches: UInt64 = 0
    /// Punch packets received.
    public internal(set) var punches: UInt64 = 0
    /// Starts and punches not sent, because too many went to addresses that have proved nothing.
    public internal(set) var overRate: UInt64 = 0
}
