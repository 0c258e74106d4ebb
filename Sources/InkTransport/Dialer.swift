import InkCrypto
import InkPrimitives

/// Our attempts as initiator, from message 1 to message 3.
///
///     dial ─▶ starting ── answer ok ──▶ completed (message 3 is the connection's to repeat)
///              │  ▲ each 250 ms × 1.5 …, and on a fresh cookie
///              └──┘ ── 20 s, or every address refused ──▶ failed
struct Dialer: Sendable {
    /// What becomes of a datagram or a timer.
    enum Output {
        case transmit([UInt8], to: SocketAddress)
        case failed(attempt: [UInt8], remote: PeerID?)
        case versionMismatch(UInt8, from: SocketAddress)
    }

    /// One address of an attempt.
    private struct Target: Sendable {
        let address: SocketAddress
        var cookie: [UInt8]?
        /// Cookies that were used.
        var cookies = 0
        /// Nobody named it: a punch came from there.
        var isReflexive = false
        /// It speaks another version.
        var isRefused = false
        /// When message 1 went there in its present form, and how often since.
        var sentAt: Instant
        var sent = 1
        /// When it went there last.
        var lastSentAt: Instant
        /// What a cookie took.
        var roundTrip: Duration?

        init(address: SocketAddress, now: Instant) { (self.address, sentAt, lastSentAt) = (address, now, now) }

        /// A start was answered: how long that took, nil where it was repeated, since any may be the one that was answered (Karn).
        func took(now: Instant) -> Duration? { sent == 1 ? now - sentAt : nil }
    }

    private struct Attempt: Sendable {
        let attempt: [UInt8]
        let remote: PeerID?
        /// Of the epoch that it began in (TR-141).
        let keys: RoomKeys
        let noise: NoiseHandshake
        let message: [UInt8]
        var targets: [Target]
        var rounds = 0
        var interval: Duration
        var nextAt: Instant
        let givesUpAt: Instant
    }

    /// First interval between repetitions of message 1, its growth, cap and jitter, and the end of it all (threat-model §2.1; TR-5).
    static let firstInterval: Duration = .milliseconds(250)
    static let growth = 1.5
    static let intervalMax: Duration = .seconds(2)
    static let patience: Duration = .seconds(20)
    /// Rounds that go to all addresses; later ones, at most eleven, go to three in turn: 16 addresses take fewer than 100 packets in all
    /// (RFC 8445 §19.5.1, threat T25).
    private static let fullRounds = 4
    private static let laterTargets = 3
    /// Cookies of one address that an attempt uses: the responder's secret may turn once while the attempt lives, and 80 bytes must not
    /// bring 1200 from us for as long as somebody sends them.
    static let cookiesMax = 2
    /// Addresses that only punches named, of one attempt, and starts that go to each.
    static let reflexiveMax = 2
    static let reflexiveStarts = 2

    /// By our index.
    private var attempts: [UInt32: Attempt] = [:]

    /// When to call `handleTimeout` next.
    private(set) var deadline: Instant?

    func owns(_ index: UInt32) -> Bool { attempts[index] != nil }

    /// Attempts under way.
    var count: Int { attempts.count }

    /// True while a bare address is being tried: the attempt repeats itself, and another would only add noise.
    func isTrying(_ addresses: [SocketAddress], in epoch: EpochID) -> Bool {
        attempts.values.contains { $0.remote == nil && $0.keys.epoch == epoch && $0.targets.map(\.address) == addresses }
    }

    /// Our index of the attempt that carries `nonce`.
    func index(of nonce: [UInt8]) -> UInt32? { attempts.first { $0.value.attempt == nonce }?.key }

    /// Starts an attempt.
    ///
    /// - Parameters:
    ///   - keys: of the epoch in which the peer is met.
    ///   - index: receiver index that the peer shall write; not in use.
    ///   - ephemeral: 32 fresh secret bytes.
    mutating func dial(
        attempt: [UInt8], remote: PeerID?, addresses: [SocketAddress], keys: RoomKeys, index: UInt32, ephemeral: Secret32,
        context: Endpoint.Configuration, now: Instant, jitter: inout SplitMix64, outputs: inout [Output]
    ) {
        begin(attempt, remote: remote, keys: keys, index: index, ephemeral: ephemeral, context: context, now: now)
        widen(index, addresses: addresses, context: context, now: now, jitter: &jitter, outputs: &outputs)
    }

    /// Makes message 1, which goes nowhere yet, and returns it.
    @discardableResult
    private mutating func begin(
        _ attempt: [UInt8], remote: PeerID?, keys: RoomKeys, index: UInt32, ephemeral: Secret32, context: Endpoint.Configuration,
        now: Instant
    ) -> [UInt8] {
        let (initiator, responder) = remote.map { (context.peerID, $0) } ?? (.zero, .zero)
        var noise = NoiseHandshake(
            role: .initiator, staticKey: context.staticKey, psk: keys.psk,
            prologue: StartPacket.prologue(keys: keys, initiator: initiator, responder: responder, attempt: attempt), ephemeral: ephemeral)
        guard let message = try? noise.writeMessage([]) else { preconditionFailure("message 1 has no input that could fail") }
        attempts[index] = Attempt(
            attempt: attempt, remote: remote, keys: keys, noise: noise, message: message, targets: [], interval: Self.firstInterval,
            nextAt: now + Self.patience, givesUpAt: now + Self.patience)
        return message
    }

    /// Starts an attempt whose messages 1 and 2 signalling carries (TR-185).
    ///
    /// - Returns: what the offer says: our index and message 1.
    mutating func open(
        attempt: [UInt8], remote: PeerID, keys: RoomKeys, index: UInt32, ephemeral: Secret32, context: Endpoint.Configuration, now: Instant
    ) -> [UInt8] {
        let message = begin(attempt, remote: remote, keys: keys, index: index, ephemeral: ephemeral, context: context, now: now)
        updateDeadline()
        return Opening(index: index, noise: message).encoded
    }

    /// What an attempt says that signalling carries; nil if there is none of that name.
    func opening(of nonce: [UInt8]) -> [UInt8]? {
        guard let index = index(of: nonce), let attempt = attempts[index] else { return nil }
        return Opening(index: index, noise: attempt.message).encoded
    }

    /// Adds addresses to an attempt; the new ones get message 1 at once.
    mutating func widen(
        _ index: UInt32, addresses: [SocketAddress], context: Endpoint.Configuration, now: Instant, jitter: inout SplitMix64,
        outputs: inout [Output]
    ) {
        guard var attempt = attempts[index] else { return }
        // The first addresses that anybody named get the first round. Until then signalling alone carried it, and there was nothing to repeat; a punch may
        // have shown where the peer is, which is no round.
        if attempt.rounds == 0, !addresses.isEmpty {
            attempt.rounds = 1
            attempt.nextAt = now + Self.jittered(Self.firstInterval, &jitter)
        }
        for address in addresses where attempt.targets.count < Limits.candidates {
            guard !attempt.targets.contains(where: { $0.address == address }) else { continue }
            let target = Target(address: address, now: now)
            attempt.targets.append(target)
            outputs.append(.transmit(Self.start(of: attempt, index: index, cookie: nil, context: context), to: address))
        }
        attempts[index] = attempt
        updateDeadline()
    }

    /// A punch of the attempt's other side came from where nobody said that it is: its NAT gave it another address towards us (RFC 8445 §7.3.1.3).
    /// Who can make a punch is a member; who plays one again from elsewhere gets two packets there, once (TR-57).
    mutating func punched(
        _ nonce: [UInt8], epoch: EpochID, from: SocketAddress, context: Endpoint.Configuration, now: Instant, outputs: inout [Output]
    ) -> Bool {
        guard let index = index(of: nonce), var attempt = attempts[index], attempt.keys.epoch == epoch,
            attempt.targets.count < Limits.candidates,
            !attempt.targets.contains(where: { $0.address == from }),
            attempt.targets.count(where: \.isReflexive) < Self.reflexiveMax
        else { return false }
        var target = Target(address: from, now: now)
        target.isReflexive = true
        attempt.targets.append(target)
        attempts[index] = attempt
        outputs.append(.transmit(Self.start(of: attempt, index: index, cookie: nil, context: context), to: from))
        return true
    }

    /// Takes a cookie. Only a new one, from an address that we sent to, is answered: a copy of an old one gets nothing (TR-161).
    mutating func receive(
        _ packet: CookiePacket, epoch: EpochID, from: SocketAddress, context: Endpoint.Configuration, now: Instant, outputs: inout [Output]
    ) -> Bool {
        let index = packet.receiverIndex
        guard var attempt = attempts[index], attempt.keys.epoch == epoch,
            let position = attempt.targets.firstIndex(where: { $0.address == from })
        else { return false }
        let target = attempt.targets[position]
        guard packet.version == Endpoint.version else {
            guard !target.isRefused else { return false }
            attempt.targets[position].isRefused = true
            outputs.append(.versionMismatch(packet.version, from: from))
            if attempt.targets.allSatisfy(\.isRefused) {
                attempts[index] = nil
                outputs.append(.failed(attempt: attempt.attempt, remote: attempt.remote))
                updateDeadline()
            } else {
                attempts[index] = attempt
            }
            return true
        }
        // TR-161
        guard target.cookies < Self.cookiesMax else { return false }
        // The cookie is bound to the packet it answers: the one without a cookie, or the one with the cookie that went stale.
        let bare = Self.start(of: attempt, index: index, cookie: nil, context: context)
        let stale = target.cookie.map { Self.start(of: attempt, index: index, cookie: $0, context: context) }
        guard let cookie = packet.open(start: bare, keys: attempt.keys) ?? stale.flatMap({ packet.open(start: $0, keys: attempt.keys) }),
            cookie != target.cookie
        else { return false }
        attempt.targets[position].cookie = cookie
        attempt.targets[position].cookies += 1
        // A round trip runs from here: the one before brought the cookie (TR-216).
        attempt.targets[position].roundTrip = target.took(now: now) ?? target.roundTrip
        (attempt.targets[position].sentAt, attempt.targets[position].lastSentAt, attempt.targets[position].sent) = (now, now, 1)
        attempts[index] = attempt
        outputs.append(.transmit(Self.start(of: attempt, index: index, cookie: cookie, context: context), to: from))
        return true
    }

    /// Why an answer did not complete the attempt.
    enum AnswerError: Error { case unknown, notAuthentic, wrongIdentity }

    /// Takes an answer. The first that is authentic ends the attempt, whatever address it came from; later ones find no attempt.
    ///
    /// - Parameters:
    ///   - epoch: whose keys its MAC is by; nil where signalling carried it, without one.
    ///   - accept: asked with the proven peer id before message 3 is made; false gives the attempt up.
    mutating func receive(
        _ packet: AnswerPacket, epoch: EpochID? = nil, from route: Route, context: Endpoint.Configuration, now: Instant,
        outputs: inout [Output],
        accept: (PeerID) -> Bool
    ) throws(AnswerError) -> Handshaken? {
        // TR-160
        guard let attempt = attempts[packet.receiverIndex], epoch == nil || epoch == attempt.keys.epoch else { throw .unknown }
        var noise = attempt.noise
        guard let payload = try? noise.readMessage(packet.noise) else { throw .notAuthentic }
        // From here on the peer holds the room's MAC key and answered our very message, so what is wrong is its identity: there is no
        // second answer to wait for from the same peer, yet another address may lead to the right one.
        guard let identity = try? HandshakeIdentity(decodingAnswer: payload, isPadded: !route.isRelay),
            // TR-6
            identity.vouches(for: noise.remoteStatic),
            attempt.remote == nil || attempt.remote == identity.peer
        else { throw .wrongIdentity }
        attempts[packet.receiverIndex] = nil
        updateDeadline()
        guard identity.peer != context.peerID, accept(identity.peer) else {
            outputs.append(.failed(attempt: attempt.attempt, remote: identity.peer))
            return nil
        }
        let inside = HandshakeIdentity.encodeFinish(
            context.certificate, salt: context.salt, remote: identity.peer, payload: context.initiatorPayload)
        guard let message = try? noise.writeMessage(inside) else { throw .wrongIdentity }
        let hash = noise.handshakeHash
        let finish = FinishPacket.encode(receiverIndex: packet.senderIndex, noise: message, key: attempt.keys.mac)
        let target = attempt.targets.first { $0.address == route.address }
        let allowance: Int?
        let isDialled: Bool
        switch route {
        case .relay:
            // The word that carried it echoed ours, so whoever answered is behind that socket.
            (allowance, isDialled) = (nil, true)
        case .direct:
            // All targets got the same message 1: of several, any may be the one where it was read, and the answer may bear a false sender (TR-157).
            let isProven = target != nil && attempt.targets.count == 1
            allowance = isProven ? nil : target == nil ? 0 : AddressProof.amplification * AnswerPacket.byteCount - finish.count
            isDialled = target != nil
        }
        let rekeySecret = noise.exportSecret(Rekey.label)
        return Handshaken(
            localIndex: packet.receiverIndex, remoteIndex: packet.senderIndex, keys: noise.finish(), rekeySecret: rekeySecret,
            remote: Remote(
                peer: identity.peer, author: identity.certificate.author, payload: [], isInitiator: true, epoch: attempt.keys.epoch,
                route: route,
                channelBinding: hash),
            // TR-216
            roundTrip: target?.took(now: now), roundTripMin: target.map { max(now - $0.lastSentAt, $0.roundTrip ?? .zero) },
            allowance: allowance, isDialled: isDialled, finish: finish)
    }

    /// Ends attempts to a peer with which a session lives now.
    mutating func cancel(remote: PeerID) {
        for index in attempts.keys.sorted() where attempts[index]?.remote == remote { attempts[index] = nil }
        updateDeadline()
    }

    /// Ends attempts of epochs that are passed (TR-142).
    mutating func keep(_ epochs: EpochKeys, outputs: inout [Output]) {
        for index in attempts.keys.sorted() {
            guard let attempt = attempts[index], epochs[attempt.keys.epoch] == nil else { continue }
            attempts[index] = nil
            outputs.append(.failed(attempt: attempt.attempt, remote: attempt.remote))
        }
        updateDeadline()
    }

    mutating func handleTimeout(
        context: Endpoint.Configuration, now: Instant, jitter: inout SplitMix64, outputs: inout [Output]
    ) {
        guard let deadline, now >= deadline else { return }
        for index in attempts.keys.sorted() {
            guard var attempt = attempts[index], now >= min(attempt.nextAt, attempt.givesUpAt) else { continue }
            guard now < attempt.givesUpAt else {
                attempts[index] = nil
                outputs.append(.failed(attempt: attempt.attempt, remote: attempt.remote))
                continue
            }
            let positions = attempt.targets.indices.filter {
                let target = attempt.targets[$0]
                return !target.isRefused && (!target.isReflexive || target.sent < Self.reflexiveStarts)
            }
            let count = attempt.rounds < Self.fullRounds ? positions.count : min(positions.count, Self.laterTargets)
            for offset in 0..<count where !positions.isEmpty {
                // Later rounds go on where the round before ended.
                let position = positions[(attempt.rounds * Self.laterTargets + offset) % positions.count]
                let target = attempt.targets[position]
                let packet = Self.start(of: attempt, index: index, cookie: target.cookie, context: context)
                outputs.append(.transmit(packet, to: target.address))
                attempt.targets[position].sent += 1
                attempt.targets[position].lastSentAt = now
            }
            attempt.rounds += 1
            attempt.interval = min(attempt.interval.scaled(by: Self.growth), Self.intervalMax)
            attempt.nextAt = now + Self.jittered(attempt.interval, &jitter)
            attempts[index] = attempt
        }
        updateDeadline()
    }

    private static func start(of attempt: Attempt, index: UInt32, cookie: [UInt8]?, context: Endpoint.Configuration) -> [UInt8] {
        StartPacket.encode(
            senderIndex: index, attempt: attempt.attempt, initiator: attempt.remote == nil ? .zero : context.peerID,
            responder: attempt.remote ?? .zero, noise: attempt.message, cookie: cookie, key: attempt.keys.mac)
    }

    /// ±20 %.
    private static func jittered(_ span: Duration, _ jitter: inout SplitMix64) -> Duration { span.scaled(by: 0.8 + 0.4 * jitter.unit()) }

    private mutating func updateDeadline() { deadline = attempts.values.map { min($0.nextAt, $0.givesUpAt) }.min() }
}

/// A handshake that is through: all that a connection begins with.
struct Handshaken: Sendable {
    let localIndex: UInt32
    let remoteIndex: UInt32
    let keys: TransportKeys
    /// Keys the handshake of the next keys (TR-100).
    let rekeySecret: Secret32
    let remote: Remote
    /// First sample of the path; nil if a repetition made it ambiguous.
    let roundTrip: Duration?
    /// Then it took no less than since message 1 left last, or than the cookie took; nil where none went there.
    let roundTripMin: Duration?
    /// Bytes that may go to the address before the peer has proved that it is there (RFC 9000 §8.1); nil if it has.
    let allowance: Int?
    /// The address is one that we dialled. Another one may be the peer's behind its NAT, or a copy's false sender.
    let isDialled: Bool
    /// Message 3, for the initiator to repeat until the responder's first packet comes.
    let finish: [UInt8]?
}
