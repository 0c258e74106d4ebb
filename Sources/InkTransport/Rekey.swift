import InkCrypto
import InkPrimitives

/// New keys for a connection that goes on: the handshake inside its packets, and the spaces beside the one in use (TR-100 to TR-106).
///
///              old enough           answer: its space is in use        a packet opened in it
///     settled ────────────▶ asking ────────────────────────────▶ unconfirmed ────────────────▶ settled
///        │                                                                                      ▲
///        └──asked──▶ questioned ──an index──▶ answered ──a packet opened in the new space: it is in use──┘
///
/// Who asks may use the new keys with the answer, for the other has them; who answers may not, until a packet tells that the answer arrived.
struct Rekey: Sendable {
    /// Which space a packet came in.
    enum Era: Sendable { case current, old }

    private enum Exchange: Sendable {
        case settled
        case asking(Asking)
        /// Verified; the answer waits for an index of ours.
        case questioned(NoiseHandshake, question: [UInt8], remoteIndex: UInt32)
        case answered(Upcoming, question: [UInt8], answer: RekeyMessage, isOwed: Bool)
        /// Our question was answered; the space comes into use when the packet is done with.
        case agreed(Upcoming)
    }
    private struct Asking: Sendable {
        let localIndex: UInt32
        let noise: NoiseHandshake
        let question: RekeyMessage
        var interval: Duration?
        var nextAt: Instant
    }
    private struct Upcoming: Sendable {
        var space: KeyedSpace
        let secret: Secret32
        let bornAt: Instant
    }
    /// Space that is used no more, and until when it opens what is still on the way; nil until the new one is confirmed.
    private struct Former: Sendable { let bornAt: Instant; var endsAt: Instant? }

    private let schedule: RekeySchedule
    private let own: PeerID
    private let remote: PeerID
    private let isInitiator: Bool
    /// What this session's first question waits beyond its time: those of a member who came to many at once are not asked at once (TR-101).
    private let delay: Duration
    /// What the session exported when the keys in use were made.
    private var secret: Secret32
    /// How often the keys were renewed.
    private(set) var count: UInt64 = 0
    private var bornAt: Instant
    private var exchange = Exchange.settled
    /// The space before, for as long as it lives.
    var old: KeyedSpace?
    private var former: Former?
    /// When the peer is told at the latest that the space in use is, where no packet in it has.
    private var tellsAt: Instant?
    /// No question is looked at before.
    private var restsUntil: Instant
    /// Receiver indices that lead here no more.
    private var gone: [UInt32] = []
    /// Whether a person asked for a log of keys, and those that were made and not told of (TR-226).
    private let disclosesKeys: Bool
    private var disclosures: [KeyDisclosure] = []

    /// Of a key derived for this, from what a handshake exports.
    static let label = "inkwire/1 rekey"
    /// Between two questions that are looked at: an honest peer has two minutes between them.
    private static let rest: Duration = .seconds(5)
    private static let growth = 1.5
    private static let intervalMax: Duration = .seconds(1)
    /// A former space lives so long, and two round trips, after the new one is confirmed.
    private static let lingers: Duration = .seconds(1)

    init(_ handshaken: Handshaken, own: PeerID, schedule: RekeySchedule, disclosesKeys: Bool, now: Instant) {
        self.disclosesKeys = disclosesKeys
        (self.own, self.schedule, remote) = (own, schedule, handshaken.remote.peer)
        (isInitiator, secret, bornAt, restsUntil) = (handshaken.remote.isInitiator, handshaken.rekeySecret, now, now)
        delay = (schedule.after / 12).scaled(by: Double(handshaken.localIndex) / 0x1p32)
        restsUntil = now + rest
    }

    // MARK: Time

    /// The keys in use may not be used any more.
    func isExpired(now: Instant) -> Bool { now >= expiresAt }
    var expiresAt: Instant { bornAt + schedule.refusedAfter }

    /// When something is due.
    ///
    /// - Parameters:
    ///   - mayAsk: `takeFrame` would be called then.
    ///   - mayAcknowledge: what came in the space before may be acknowledged.
    ///   - rtt: of the path in use.
    func deadline(mayAsk: Bool, mayAcknowledge: Bool, rtt: RTTEstimator) -> Instant {
        var deadline = expiresAt
        if let at = earliest(formerEnd, tellsAt) { deadline = min(deadline, at) }
        if let at = old?.sent.deadline(rtt) { deadline = min(deadline, at) }
        if mayAcknowledge, let at = old?.acks.dueAt { deadline = min(deadline, at) }
        switch exchange {
        case .settled where old == nil: return min(deadline, dueAt)
        case .asking(let asking) where mayAsk: return min(deadline, asking.nextAt)
        case .settled, .asking, .questioned, .answered, .agreed: return deadline
        }
    }

    private var dueAt: Instant { bornAt + (isInitiator ? schedule.after + delay : schedule.after * 9 / 8) }
    private var rest: Duration { min(Self.rest, schedule.after / 4) }
    private var formerEnd: Instant? { former.map { min($0.endsAt ?? .distantFuture, $0.bornAt + schedule.refusedAfter) } }

    /// The former space has lived long enough; the caller then gives up what it sent there and calls `erase`.
    func isToErase(now: Instant) -> Bool { formerEnd.map { now >= $0 } ?? false }

    /// The former space is gone, and its keys with it.
    mutating func erase() {
        if let old { gone.append(old.localIndex) }
        (old, former) = (nil, nil)
    }

    // MARK: Indices

    /// All receiver indices that lead here, beside the one in use.
    var indices: [UInt32] {
        var indices = gone
        if let old { indices.append(old.localIndex) }
        switch exchange {
        case .asking(let asking): indices.append(asking.localIndex)
        case .answered(let upcoming, _, _, _), .agreed(let upcoming): indices.append(upcoming.space.localIndex)
        case .settled, .questioned: break
        }
        return indices
    }

    var hasGone: Bool { !gone.isEmpty }

    mutating func takeGone() -> [UInt32] {
        defer { gone = [] }
        return gone
    }

    /// True if a question or an answer waits for a fresh receiver index.
    ///
    /// - Parameter sent: packets in the space in use (TR-101).
    func wantsIndex(sent: UInt64, now: Instant) -> Bool {
        switch exchange {
        case .questioned: true
        case .settled: old == nil && !isExpired(now: now) && (now >= dueAt || sent >= mostPackets)
        case .asking, .answered, .agreed: false
        }
    }
    private var mostPackets: UInt64 { isInitiator ? schedule.packets : schedule.packets / 8 * 9 }

    /// Gives the index that `wantsIndex` asked for.
    ///
    /// - Parameter ephemeral: fresh, used if we ask.
    mutating func give(_ index: UInt32, ephemeral: @autoclosure () -> Secret32, now: Instant) {
        var payload: [UInt8] = []
        payload.appendBigEndian(UInt64(index), count: 4)
        switch exchange {
        case .questioned(var noise, let question, let remoteIndex):
            // A key of small order cannot be agreed with; who sent it gets no answer.
            guard let message = try? noise.writeMessage(payload) else { return drop(index) }
            exchange = .answered(
                upcoming(noise, localIndex: index, remoteIndex: remoteIndex, now: now), question: question,
                answer: RekeyMessage(count: count + 1, noise: message), isOwed: true)
        case .settled:
            var noise = NoiseHandshake(
                renewing: .initiator, psk: secret, prologue: prologue(asker: own, answerer: remote), ephemeral: ephemeral())
            guard let message = try? noise.writeMessage(payload) else { return drop(index) }
            exchange = .asking(
                Asking(localIndex: index, noise: noise, question: RekeyMessage(count: count + 1, noise: message), nextAt: now))
        case .asking, .answered, .agreed: gone.append(index)
        }
    }

    var hasDisclosures: Bool { !disclosures.isEmpty }

    /// Keys that were made since this was asked last, where a person asked for them.
    mutating func takeDisclosures() -> [KeyDisclosure] {
        defer { disclosures = [] }
        return disclosures
    }

    private mutating func drop(_ index: UInt32) {
        exchange = .settled
        gone.append(index)
    }

    // MARK: Handshake

    private func prologue(asker: PeerID, answerer: PeerID) -> [UInt8] {
        var prologue = Array(Self.label.utf8) + asker.bytes + answerer.bytes
        prologue.appendBigEndian(count + 1, count: 8)
        return prologue
    }

    private mutating func upcoming(_ noise: NoiseHandshake, localIndex: UInt32, remoteIndex: UInt32, now: Instant) -> Upcoming {
        let secret = noise.exportSecret(Self.label)
        let space = KeyedSpace(localIndex: localIndex, remoteIndex: remoteIndex, keys: noise.finish())
        if disclosesKeys { disclosures.append(KeyDisclosure(localIndex: localIndex, remoteIndex: remoteIndex, keys: space.keys)) }
        return Upcoming(space: space, secret: secret, bornAt: now)
    }

    /// The peer asks, in a packet of the space in use. What comes late, twice or too often changes nothing (TR-103, TR-218).
    ///
    /// - Throws: where it does not know the session's secret.
    mutating func receive(question: RekeyMessage, generator: inout SecretGenerator, now: Instant) throws(Misbehaviour) {
        guard question.count == count + 1 else { return }
        switch exchange {
        case .answered(let upcoming, question.noise, let answer, _):
            exchange = .answered(upcoming, question: question.noise, answer: answer, isOwed: true)
            return
        case .asking where isInitiator, .questioned, .answered, .agreed: return
        case .asking, .settled: break
        }
        // TR-218
        guard old == nil, now >= restsUntil else { return }
        var noise = NoiseHandshake(
            renewing: .responder, psk: secret, prologue: prologue(asker: remote, answerer: own), ephemeral: generator.secret())
        // TR-219
        guard let payload = try? noise.readMessage(question.noise), let index = RekeyMessage.index(in: payload) else { throw .brokenRekey }
        restsUntil = now + rest
        // Both asked at once: the session's initiator wins (TR-102).
        if case .asking(let asking) = exchange { gone.append(asking.localIndex) }
        exchange = .questioned(noise, question: question.noise, remoteIndex: index)
    }

    /// The peer answers. `adopt` follows when all of its packet is taken.
    ///
    /// - Throws: where it does not know the session's secret.
    mutating func receive(answer: RekeyMessage, now: Instant) throws(Misbehaviour) {
        guard case .asking(let asking) = exchange, answer.count == count + 1 else { return }
        var noise = asking.noise
        guard let payload = try? noise.readMessage(answer.noise), let index = RekeyMessage.index(in: payload) else { throw .brokenRekey }
        exchange = .agreed(upcoming(noise, localIndex: asking.localIndex, remoteIndex: index, now: now))
    }

    /// Question or answer, if one is due.
    ///
    /// - Parameter interval: until the question is asked again for the first time.
    mutating func takeFrame(interval: Duration, now: Instant) -> [UInt8]? {
        switch exchange {
        case .asking(var asking):
            guard now >= asking.nextAt else { return nil }
            let pause = asking.interval ?? interval
            (asking.nextAt, asking.interval) = (now + pause, min(pause.scaled(by: Self.growth), Self.intervalMax))
            exchange = .asking(asking)
            return asking.question.frame(Frame.rekeyQuestionType)
        case .answered(let upcoming, let question, let answer, true):
            exchange = .answered(upcoming, question: question, answer: answer, isOwed: false)
            return answer.frame(Frame.rekeyAnswerType)
        case .settled, .questioned, .answered, .agreed: return nil
        }
    }

    // MARK: Spaces

    /// Opens a packet with the keys that its receiver index names. One in the space that we answered with brings that into use.
    ///
    /// - Parameter frames: where the frames are in clear afterwards, from its beginning.
    mutating func open(_ datagram: Span<UInt8>, current: inout KeyedSpace, into frames: inout [UInt8], now: Instant) -> Result<
        (KeyedSpace.Opened, Era), KeyedSpace.RefusalError
    > {
        guard !isExpired(now: now) else { return .failure(.replayed) }
        guard let index = DataHeader(datagram)?.receiverIndex else { return .failure(.forged) }
        if index == current.localIndex { return current.open(datagram, into: &frames).map { ($0, .current) } }
        if index == old?.localIndex, !isToErase(now: now), let result = old?.open(datagram, into: &frames) {
            return result.map { ($0, .old) }
        }
        guard case .answered(var upcoming, _, _, _) = exchange, index == upcoming.space.localIndex else { return .failure(.forged) }
        switch upcoming.space.open(datagram, into: &frames) {
        case .success(let opened):
            adopt(upcoming, current: &current)
            return .success((opened, .current))
        case .failure(let refusal): return .failure(refusal)
        }
    }

    /// Takes the space that our question brought into use, if it did. What leaves next tells the peer.
    mutating func adopt(current: inout KeyedSpace) {
        guard case .agreed(let upcoming) = exchange else { return }
        adopt(upcoming, current: &current)
        tellsAt = upcoming.bornAt + (schedule.refusedAfter - schedule.after) / 4
    }

    /// The peer says something in the space before: it is to know the new one.
    mutating func hearOld() { if tellsAt != nil { tellsAt = .distantPast } }

    /// True once, if something must leave in the space in use because nothing has (TR-220).
    ///
    /// - Parameter sent: packets that left in it.
    mutating func takeWord(sent: UInt64, now: Instant) -> Bool {
        guard let at = tellsAt, sent > 0 || now >= at else { return false }
        tellsAt = nil
        return sent == 0
    }

    // TR-104
    private mutating func adopt(_ upcoming: Upcoming, current: inout KeyedSpace) {
        var space = upcoming.space
        space.sent.follow(current.sent)
        current.sent.isClosed = true
        (old, current) = (current, space)
        former = Former(bornAt: bornAt)
        (secret, bornAt, count, exchange) = (upcoming.secret, upcoming.bornAt, count + 1, .settled)
        restsUntil = max(restsUntil, bornAt + rest)
    }

    /// The peer has not been heard in the space in use.
    var isUnconfirmed: Bool { former.map { $0.endsAt == nil } ?? false }

    /// A packet was opened in the space in use.
    ///
    /// - Parameter roundTrip: of the slowest path.
    mutating func confirm(roundTrip: Duration, now: Instant) {
        if isUnconfirmed { former?.endsAt = now + roundTrip * 2 + Self.lingers }
    }
}

extension KeyedSpace {
    /// Does something with what was sent in this space.
    mutating func judge<Failure: Error>(
        _ paths: inout Paths, _ verdict: inout LossRecovery.Verdict,
        by judge: (inout LossRecovery, inout Paths, inout LossRecovery.Verdict) throws(Failure) -> Void
    ) throws(Failure) { try judge(&sent, &paths, &verdict) }

    /// A packet that acknowledges what came in this space and does nothing else; `sent` is told of it by the caller.
    mutating func acknowledge(now: Instant) -> PacketDraft? {
        var draft = begin(limit: DataHeader.overhead + PacketDraft.acknowledgementMax)
        guard draft.writeAcknowledgement(of: acks.received, delay: acks.delay(now: now)) else { return nil }
        acks.sent(now: now)
        draft.seal(with: keys)
        return draft
    }
}
