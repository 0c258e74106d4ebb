import InkCrypto
import InkPrimitives

/// Members who speak another version of the protocol: what we owe them, so that both persons learn why they do not meet (RV-12, RV-114).
struct OtherVersions: Sendable {
    /// At one place, on one connection.
    private struct Place: Sendable {
        /// When members were last greeted, so that they learn of our version.
        var greetedAt: [UInt32: Instant] = [:]
        /// The attempt that was last offered to a member of protocol 1 or 2 in its own words.
        var attempts: [UInt32: [UInt8]] = [:]
    }

    private var places: [Place]
    private var toldAt = Instant.distantPast

    init(count: Int) { places = Array(repeating: Place(), count: count) }

    /// What we are called towards protocols 1 and 2: less than any of them, since the smaller id offers.
    static func older(_ salt: PeerSalt) -> PeerID {
        guard let id = PeerID([UInt8](repeating: 0, count: PeerID.byteCount - PeerSalt.byteCount) + salt.bytes) else {
            preconditionFailure("16 and 16 bytes are 32")
        }
        return id
    }

    /// The rendezvous numbers its members anew.
    mutating func connected(at place: Int) { places[place] = Place() }

    /// A member speaks another version: the person is told, and the member gets a greeting, by whose first byte it knows ours (RV-114). Two that
    /// cannot read each other must not greet each other for ever.
    ///
    /// - Returns: true if it was greeted.
    @discardableResult
    mutating func received(
        _ version: UInt8, from member: UInt32, at place: Int, through signalling: inout SignallingPlaces, now: Instant
    ) -> Bool {
        signalling.counters.otherVersion += 1
        if now >= toldAt + Self.pause {
            toldAt = now
            signalling.emit(.versionMismatch(theirs: version))
        }
        places[place].greetedAt = places[place].greetedAt.filter { now < $0.value + Self.pause }
        guard places[place].greetedAt[member] == nil, signalling.allows(isProved: false, at: place, now: now) else { return false }
        places[place].greetedAt[member] = now
        signalling.send(.hello(nonce: signalling[place].nonce), to: .zero, of: nil, member: member, at: place)
        return true
    }

    /// A member of protocol 1 or 2. 0.1 does not read the first byte of our greeting (RV-115), so it is also offered an attempt in its own words: our
    /// message 1 then shows it our version, and its cookie proves its to us. Its peer id is only said, so it becomes nobody's neighbour.
    mutating func receivedOlder(
        _ envelope: Envelope, from member: UInt32, at place: Int, introductions: Introductions,
        through signalling: inout SignallingPlaces, now: Instant
    ) {
        let version = Envelope.Speaker.said(envelope.sender).form
        let wasGreeted = received(version, from: member, at: place, through: &signalling, now: now)
        // Of protocols 1 and 2 nobody can be met by a relay.
        guard signalling.policy != .only else { return }
        let recent = places[place].greetedAt
        places[place].attempts = places[place].attempts.filter { recent[$0.key] != nil }
        switch envelope.content {
        case .hello(let echo), .helloAnswer(_, let echo):
            guard wasGreeted, signalling.allows(isProved: false, at: place, now: now) else { return }
            let attempt = signalling.freshNonce()
            places[place].attempts[member] = attempt
            let content = Envelope.Content.offer(
                echo: echo, nonce: signalling[place].nonce, attempt: attempt, candidates: introductions.offerable(at: signalling[place]))
            signalling.send(
                content, to: envelope.sender, of: nil, member: member, at: place, as: .said(Self.older(signalling.salt)))
        case .answer(let attempt, _, let offered):
            guard places[place].attempts[member] == attempt else {
                signalling.counters.stale += 1
                return
            }
            places[place].attempts[member] = nil
            var none: Set<SocketAddress> = []
            let addresses = introductions.dialable(offered, at: signalling[place], remembered: &none)
            if !addresses.isEmpty { signalling.emit(.dial(attempt: attempt, remote: envelope.sender, addresses: addresses)) }
        case .offer, .bye, .candidates: break
        }
    }

    /// Pause between two reports of a version mismatch, and between two greetings to one member because of it.
    private static let pause: Duration = .seconds(10)
}
