import InkCrypto
import InkPrimitives

/// The responder's side: announced attempts, punching, cookies, half-open handshakes.
///
///     start ── MAC ─▶ seen before? ─ same address ─▶ cached answer
///                        │ no      └ elsewhere, no cookie ─▶ cookie
///                        ├─ announced and no load, or right cookie ─▶ answer, half-open ── finish ok ─▶ completed
///                        └─ else ─▶ cookie, nothing kept
struct Listener: Sendable {
    private struct Announcement: Sendable {
        let attempt: [UInt8]
        let remote: PeerID
        let keys: RoomKeys
        var addresses: [SocketAddress]
        let until: Instant
        /// Punches sent; each goes to the next address in turn.
        var punched = 0
        var punchAt: Instant?
    }

    private struct HalfOpen: Sendable {
        let start: StartPacket
        /// Of the epoch that the start is of (TR-141).
        let keys: RoomKeys
        /// Where the answer went, the address of the first start first. Who completes the handshake has read one of the answers.
        var sources: [Source]
        let index: UInt32
        /// Message 2.
        let message: [UInt8]
        let answeredAt: Instant
        let until: Instant
        var answers = 1
        /// What the answer in signalling said, where that carried message 1.
        var reply: [UInt8]?
        /// Nil once message 3 came: from then on the entry only remembers that the start was seen.
        var noise: NoiseHandshake?

        var host: Host { Host(sources[0].route) }
    }

    /// One way that starts of a handshake came.
    private struct Source: Sendable {
        let route: Route
        /// It returned a right cookie, so whoever sends the starts reads what goes there.
        var isProven: Bool
    }

    /// Starts taken up, by packet or by signalling, in spans of a second that begin with one.
    private struct StartPace: Sendable {
        private var began: Instant = .distantPast
        private var starts = 0

        mutating func count(now: Instant) {
            if now - began >= .seconds(1) { (began, starts) = (now, 0) }
            starts += 1
        }

        func startsThisSecond(now: Instant) -> Int { now - began < .seconds(1) ? starts : 0 }
    }

    /// What a start leads to.
    enum StartOutcome { case answer([UInt8]), cookie([UInt8]), replayed, refused }

    /// Half-open handshakes kept, spent ones included (T13) (TR-163).
    static let halfOpenMax = 256
    /// From this many on even announced attempts need a cookie.
    static let loadThreshold = 128
    /// Starts taken up in one second beyond which we are under load (threat T24).
    static let loadPerSecond = 50
    /// The initiator gives up after 20 s; a spent entry stays as long, so that its copies are known.
    static let lifetime: Duration = .seconds(25)
    static let announcementLifetime: Duration = .seconds(30)
    static let announcementsMax = 256
    /// Rounds over all addresses, pause between two datagrams, and pause between rounds before it doubles (TR-162).
    static let punchRounds = 4
    static let punchPause: Duration = .milliseconds(50)
    static let roundPause: Duration = .milliseconds(250)

    private var announcements: [Announcement] = []
    private var halfOpen: [EphemeralID: HalfOpen] = [:]
    /// From receiver index to the key in `halfOpen`; only those that wait for message 3.
    private var waiting: [UInt32: EphemeralID] = [:]
    private var jar = CookieJar()
    private var limiter = HandshakeLimiter()
    private var pace = StartPace()

    /// When to call `handleTimeout` next.
    private(set) var deadline: Instant?

    func owns(_ index: UInt32) -> Bool { waiting[index] != nil }

    /// Handshakes that wait for message 3.
    var waitingCount: Int { waiting.count }

    mutating func expect(attempt: [UInt8], remote: PeerID, keys: RoomKeys, addresses: [SocketAddress], now: Instant) {
        if let position = announcements.firstIndex(where: { $0.attempt == attempt && $0.remote == remote }) {
            for address in addresses
            where announcements[position].addresses.count < Limits.candidates && !announcements[position].addresses.contains(address) {
                announcements[position].addresses.append(address)
                announcements[position].punchAt = now
            }
        } else {
            if announcements.count >= Self.announcementsMax { announcements.removeFirst() }
            announcements.append(
                Announcement(
                    attempt: attempt, remote: remote, keys: keys, addresses: Array(addresses.prefix(Limits.candidates)),
                    until: now + Self.announcementLifetime, punchAt: addresses.isEmpty ? nil : now))
        }
        updateDeadline()
    }

    /// True if signalling announced this attempt lately.
    func isExpecting(_ attempt: [UInt8], now: Instant) -> Bool { announcements.contains { $0.attempt == attempt && now < $0.until } }

    /// Takes a message 1 whose MAC is right.
    ///
    /// - Parameters:
    ///   - keys: under which it is.
    ///   - index: receiver index to use if it is answered; not in use.
    ///   - datagram: the packet itself, for binding a cookie to it.
    mutating func receive(
        _ start: StartPacket, datagram: [UInt8], keys: RoomKeys, from: SocketAddress, index: UInt32, context: Endpoint.Configuration,
        now: Instant, generator: inout SecretGenerator
    ) -> StartOutcome {
        let facts = admissionFacts(of: start, keys: keys, from: from, context: context, now: now)
        switch Admission.decide(facts) {
        case .refuse: return .refused
        case .replayed: return .replayed
        case .cookie: return giveCookie(datagram, start, from, keys, now, &generator)
        case .note:
            note(start, from: from, hasCookie: facts.hasCookie)
            return .refused
        case .repeatAnswer:
            note(start, from: from, hasCookie: facts.hasCookie)
            guard let known = halfOpen[start.ephemeral] else { return .refused }
            return .answer(
                AnswerPacket.encode(
                    senderIndex: known.index, receiverIndex: start.senderIndex, noise: known.message, key: known.keys.mac))
        case .begin:
            return begin(start, keys: keys, from: from, hasCookie: facts.hasCookie, index: index, context: context, now: now, &generator)
        }
    }

    private func admissionFacts(
        of start: StartPacket, keys: RoomKeys, from: SocketAddress, context: Endpoint.Configuration, now: Instant
    ) -> Admission.StartFacts {
        var facts = Admission.StartFacts()
        if start.initiator == .zero && start.responder == .zero {
            facts.naming = .none
        } else {
            facts.naming =
                start.responder == context.peerID && start.initiator != context.peerID && start.initiator != .zero ? .us : .others
        }
        // What is for others is refused whatever else is so, and there may be much of it: nothing is looked up for it.
        if facts.naming == .others { return facts }
        if let known = halfOpen[start.ephemeral] {
            let isSame = known.keys.epoch == keys.epoch && known.start.says(start)
            let isHere = known.sources[0].route == .direct(from)
            facts.history =
                known.noise == nil
                ? .spent(isSame: isSame, isHere: isHere) : .known(isSame: isSame, isHere: isHere, isSignalled: known.reply != nil)
        }
        facts.hasCookie = jar.isRight(start.cookie, for: from, now: now)
        facts.isAnnounced = announcements.contains {
            $0.attempt == start.attempt && $0.remote == start.initiator && $0.keys.epoch == keys.epoch && now < $0.until
        }
        // TR-155
        facts.isUnderLoad = waiting.count >= Self.loadThreshold || pace.startsThisSecond(now: now) >= Self.loadPerSecond
        facts.isWithinRate = limiter.hasRoom(for: Host(from.ip), now: now)
        return facts
    }

    /// One that is known came again, perhaps another way.
    private mutating func note(_ start: StartPacket, from: SocketAddress, hasCookie: Bool) {
        guard let known = halfOpen[start.ephemeral] else { return }
        halfOpen[start.ephemeral]?.answers += 1
        if let position = known.sources.firstIndex(where: { $0.route == .direct(from) }) {
            if hasCookie { halfOpen[start.ephemeral]?.sources[position].isProven = true }
        } else if known.sources.count < Limits.candidates {
            halfOpen[start.ephemeral]?.sources.append(Source(route: .direct(from), isProven: hasCookie))
        }
    }

    private mutating func begin(
        _ start: StartPacket, keys: RoomKeys, from: SocketAddress, hasCookie: Bool, index: UInt32, context: Endpoint.Configuration,
        now: Instant, _ generator: inout SecretGenerator
    ) -> StartOutcome {
        limiter.charge(Host(from.ip), now: now)
        guard
            let taken = take(
                start, keys: keys, source: Source(route: .direct(from), isProven: hasCookie), index: index, context: context, now: now,
                generator: &generator)
        else { return .refused }
        return .answer(AnswerPacket.encode(senderIndex: index, receiverIndex: start.senderIndex, noise: taken, key: keys.mac))
    }

    /// Takes a message 1 that signalling carried, where it was sealed for us and signed by `remote`'s device.
    ///
    /// - Parameters:
    ///   - index: as for a packet.
    ///   - point: the socket that it came from, where message 3 is awaited.
    /// - Returns: what the answer says: our index and message 2; nil if it is nothing that can be answered.
    mutating func receive(
        _ opening: Opening, attempt: [UInt8], remote: PeerID, keys: RoomKeys, over point: RelayPoint, index: UInt32,
        context: Endpoint.Configuration, now: Instant, generator: inout SecretGenerator
    ) -> [UInt8]? {
        let start = StartPacket(opening, attempt: attempt, initiator: remote, responder: context.peerID)
        if let known = halfOpen[start.ephemeral] {
            // Said again, or at another place: the same words.
            guard known.keys.epoch == keys.epoch, known.start.says(start), known.noise != nil, let reply = known.reply else { return nil }
            halfOpen[start.ephemeral]?.answers += 1
            if !known.sources.contains(where: { $0.route == .relay(point) }), known.sources.count < Limits.candidates {
                halfOpen[start.ephemeral]?.sources.append(Source(route: .relay(point), isProven: true))
            }
            return reply
        }
        guard limiter.allows(Host(.relay(point)), now: now),
            let message = take(
                start, keys: keys, source: Source(route: .relay(point), isProven: true), index: index, context: context, now: now,
                generator: &generator)
        else { return nil }
        let reply = Reply(index: index, noise: message).encoded
        halfOpen[start.ephemeral]?.reply = reply
        return reply
    }

    /// Makes message 2, and waits for message 3.
    private mutating func take(
        _ start: StartPacket, keys: RoomKeys, source: Source, index: UInt32, context: Endpoint.Configuration, now: Instant,
        generator: inout SecretGenerator
    ) -> [UInt8]? {
        var noise = NoiseHandshake(
            role: .responder, staticKey: context.staticKey, psk: keys.psk, prologue: start.prologue(keys: keys),
            ephemeral: generator.secret())
        // Whichever way it came, it costs us the same curve operations.
        pace.count(now: now)
        let identity = HandshakeIdentity.encodeAnswer(context.certificate, salt: context.salt, isPadded: !source.route.isRelay)
        guard let payload = try? noise.readMessage(start.noise), payload.isEmpty, let message = try? noise.writeMessage(identity) else {
            return nil
        }
        if halfOpen.count >= Self.halfOpenMax { evict(using: &generator) }
        halfOpen[start.ephemeral] = HalfOpen(
            start: start, keys: keys, sources: [source], index: index, message: message, answeredAt: now, until: now + Self.lifetime,
            noise: noise)
        waiting[index] = start.ephemeral
        updateDeadline()
        return message
    }

    enum FinishError: Error { case unknown, notAuthentic, wrongIdentity }

    /// Takes a message 3 whose MAC is right.
    mutating func receive(
        _ packet: FinishPacket, epoch: EpochID, over route: Route, context: Endpoint.Configuration, now: Instant
    ) throws(FinishError) -> Handshaken {
        guard let ephemeral = waiting[packet.receiverIndex], let known = halfOpen[ephemeral], known.keys.epoch == epoch,
            var noise = known.noise
        else { throw .unknown }
        guard let payload = try? noise.readMessage(packet.noise) else { throw .notAuthentic }
        // The handshake is spent, whoever it was.
        waiting[packet.receiverIndex] = nil
        halfOpen[ephemeral]?.noise = nil
        guard let identity = try? HandshakeIdentity(decodingFinish: payload), identity.vouches(for: noise.remoteStatic),
            identity.remote == context.peerID, identity.peer != context.peerID,
            known.start.initiator == .zero || known.start.initiator == identity.peer
        else { throw .wrongIdentity }
        updateDeadline()
        let hash = noise.handshakeHash
        // Elsewhere is an address that was answered nothing; if the peer really is there, its packets will lead to a challenge.
        let source = known.sources.first { $0.route == route } ?? known.sources[0]
        // Of several that were answered, any may be the one where the answer was read, and message 3 may bear a false sender.
        let isProven = source.isProven || (known.sources.count == 1 && source.route == route)
        let rekeySecret = noise.exportSecret(Rekey.label)
        return Handshaken(
            localIndex: packet.receiverIndex, remoteIndex: known.start.senderIndex, keys: noise.finish(), rekeySecret: rekeySecret,
            remote: Remote(
                peer: identity.peer, author: identity.certificate.author, payload: identity.payload, isInitiator: false,
                epoch: known.keys.epoch, route: source.route, channelBinding: hash),
            roundTrip: known.answers == 1 ? now - known.answeredAt : nil, roundTripMin: nil,
            allowance: isProven ? nil : AddressProof.amplification * StartPacket.byteCount - AnswerPacket.byteCount, isDialled: false,
            finish: nil)
    }

    /// A session with `remote` lives: no more punches, and no attempt of it is awaited.
    mutating func settle(remote: PeerID) {
        announcements.removeAll { $0.remote == remote }
        updateDeadline()
    }

    /// Forgets what is of epochs that are passed (TR-142).
    mutating func keep(_ epochs: EpochKeys) {
        announcements.removeAll { epochs[$0.keys.epoch] == nil }
        for (ephemeral, entry) in halfOpen where epochs[entry.keys.epoch] == nil {
            halfOpen[ephemeral] = nil
            waiting[entry.index] = nil
        }
        updateDeadline()
    }

    /// The punches that are due. Forgets what is too old.
    mutating func handleTimeout(now: Instant) -> [([UInt8], to: SocketAddress)] {
        guard let deadline, now >= deadline else { return [] }
        var punches: [([UInt8], to: SocketAddress)] = []
        announcements.removeAll { now >= $0.until }
        for position in announcements.indices {
            guard let at = announcements[position].punchAt, now >= at else { continue }
            let (addresses, punched) = (announcements[position].addresses, announcements[position].punched)
            punches.append(
                (
                    PunchPacket.encode(attempt: announcements[position].attempt, key: announcements[position].keys.mac),
                    addresses[punched % addresses.count]
                ))
            let (round, place) = (punched / addresses.count, punched % addresses.count)
            announcements[position].punched += 1
            if place + 1 < addresses.count {
                announcements[position].punchAt = now + Self.punchPause
            } else {
                announcements[position].punchAt = round + 1 < Self.punchRounds ? now + Self.roundPause * (1 << round) : nil
            }
        }
        for (ephemeral, entry) in halfOpen where now >= entry.until {
            halfOpen[ephemeral] = nil
            waiting[entry.index] = nil
        }
        updateDeadline()
        return punches
    }

    private mutating func giveCookie(
        _ datagram: [UInt8], _ start: StartPacket, _ from: SocketAddress, _ keys: RoomKeys, _ now: Instant,
        _ generator: inout SecretGenerator
    ) -> StartOutcome {
        let cookie = jar.cookie(for: from, now: now, using: &generator)
        return .cookie(
            CookiePacket.encode(cookie, receiverIndex: start.senderIndex, start: datagram, keys: keys, using: &generator))
    }

    /// Makes room: the oldest handshake of the host that has most of them, so that one cannot push the others out (TR-163).
    private mutating func evict(using generator: inout SecretGenerator) {
        var counts: [Host: Int] = [:]
        for entry in halfOpen.values { counts[entry.host, default: 0] += 1 }
        let most = counts.values.max() ?? 0
        let busiest = counts.filter { $0.value == most }.keys.sorted()
        guard !busiest.isEmpty else { return }
        // Of equals one by lot, else whoever has the smallest address would always be the one to go.
        let host = busiest[Int(generator.next() % UInt64(busiest.count))]
        let candidates = halfOpen.filter { $0.value.host == host }
        guard let victim = candidates.min(by: { ($0.value.until, $0.key) < ($1.value.until, $1.key) }) else { return }
        halfOpen[victim.key] = nil
        waiting[victim.value.index] = nil
    }

    private mutating func updateDeadline() {
        deadline = halfOpen.values.map(\.until).min()
        for announcement in announcements { deadline = earliest(deadline, earliest(announcement.punchAt, announcement.until)) }
    }
}
