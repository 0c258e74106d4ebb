import InkCrypto
import InkPrimitives

/// The rendezvous of a client's list, and our voice there: opens connections, gets into the topic, seals and says what is to be said, within
/// the rates of each place.
///
/// It knows nobody: who is met where is the business of `Introductions`.
struct SignallingPlaces: Sendable {
    let keys: RoomKeys
    let topic: Topic
    let device: SigningKey
    let salt: PeerSalt
    /// Our own id.
    let peer: PeerID
    let policy: RelayPolicy
    /// To whom anything is said.
    private(set) var audience: Audience
    /// Where nonces and jitter come from.
    private var generator: SecretGenerator
    var random: SplitMix64

    private var places: [SignallingPlace]
    private var wantsConnection = false
    private var outputs = Outputs<RendezvousClient.Output>()
    var counters = RendezvousClient.Counters()

    init(
        keys: RoomKeys, device: SigningKey, salt: PeerSalt, seed: Secret32, policy: RelayPolicy, audience: Audience, count: Int
    ) {
        (self.keys, self.device, self.salt, peer) = (keys, device, salt, salt.peer(of: device.author))
        (self.policy, self.audience) = (policy, audience)
        guard let topic = Topic(keys.topic) else { preconditionFailure("a topic has 32 bytes") }
        self.topic = topic
        generator = SecretGenerator(seed: seed)
        random = SplitMix64(seed: generator.next())
        places = Array(repeating: SignallingPlace(), count: count)
    }

    var indices: Range<Int> { places.indices }
    subscript(place: Int) -> SignallingPlace { places[place] }
    var deadline: Instant? { places.reduce(nil) { earliest($0, $1.deadline) } }

    mutating func emit(_ output: RendezvousClient.Output) { outputs.append(output) }
    mutating func nextOutput() -> RendezvousClient.Output? { outputs.next() }
    mutating func freshNonce() -> [UInt8] { generator.bytes(Envelope.nonceBytes) }

    // Connections.

    mutating func start(now: Instant) {
        wantsConnection = true
        for place in places.indices where places[place].isIdle { connect(place, now: now) }
    }

    mutating func connect(_ place: Int, now: Instant) {
        places[place].connect(now: now)
        emit(.connect(at: place))
    }

    mutating func connected(to rendezvous: SocketAddress?, from local: IPAddress?, at place: Int, now: Instant) {
        places[place].connected(to: rendezvous, from: local, nonce: freshNonce(), now: now)
    }

    /// Opens what is due.
    mutating func connectDue(_ place: Int, now: Instant) {
        if places[place].isToConnect(now: now) { connect(place, now: now) }
    }

    mutating func disconnected(at place: Int, now: Instant) {
        // What made another look like this one was of this connection.
        for other in places.indices where places[other].suspect == place { places[other].acquit() }
        places[place].disconnected(reconnects: wantsConnection, now: now, using: &random)
        guard wantsConnection else { return }
        // What was left alone because we were in here is asked again.
        for other in places.indices where places[other].twin == place { places[other].isNeeded(now: now, using: &random) }
    }

    // Is it there?

    /// Tells how often what is open is asked whether it lives.
    mutating func watch(each interval: Duration) {
        for place in places.indices where places[place].isOpen && places[place].watchInterval != interval {
            places[place].watch(each: interval)
            emit(.liveness(interval: interval, patience: RendezvousClient.watchPatience, at: place))
        }
    }

    /// Asks one out of turn, if there is a reason.
    mutating func probeDue(_ place: Int, now: Instant) {
        guard places[place].isToProbe(now: now) else { return }
        places[place].probed(now: now)
        emit(.probe(at: place))
    }

    mutating func redials(_ place: Int) { places[place].redials() }
    mutating func networkChanged(at place: Int, now: Instant) { places[place].networkChanged(now: now) }

    mutating func close(_ place: Int, reason: String, now: Instant) {
        places[place].close(now: now)
        emit(.disconnect(at: place, reason: reason))
    }

    /// Asks to be let into the topic.
    mutating func welcomed(_ challenge: [UInt8], stunPort: UInt16?, at place: Int) {
        if let stunPort { emit(.stunServer(port: stunPort, at: place)) }
        let proof = keys.topicKey.sign(Signalling.joinProof(topic: topic, nonce: challenge))
        emit(.send(.join(topic: topic, key: keys.topicKey.author, signature: proof), at: place))
        places[place].welcomed()
    }

    mutating func joined(as member: UInt32, others: Int, at place: Int, now: Instant) {
        places[place].joined(as: member, others: max(0, others), now: now)
        emit(.joined(others: places[place].othersAtJoin, at: place))
    }

    /// Wants no connection any more.
    mutating func stop() {
        wantsConnection = false
        for place in places.indices { places[place].stop() }
    }

    // Relays.

    mutating func setRelayRate(_ rate: Int?, at place: Int) { places[place].setRelayRate(rate) }

    /// True where relayed datagrams may come to us and go from us.
    func takesRelay(at place: Int) -> Bool { policy != .never && places[place].relayRate != nil }

    /// Has the rendezvous carry a datagram to the member with this number.
    mutating func relay(_ datagram: [UInt8], over point: RelayPoint, isPresence: Bool, now: Instant) {
        guard places.indices.contains(point.place), places[point.place].isJoined, takesRelay(at: point.place),
            RelayFrame.datagramSizes.contains(datagram.count)
        else {
            counters.unrelayed += 1
            return
        }
        let frame = RelayFrame.ToServer(sender: places[point.place].member, receivers: [point.member], datagram: datagram).encoded
        guard places[point.place].mayRelay(frame.count, now: now) else {
            counters.unrelayed += 1
            return
        }
        emit(.sendFrame(frame, isPresence: isPresence, at: point.place))
    }

    /// Takes what a rendezvous carried to us: for us, while we are in, and if we take such.
    mutating func receivedFrame(_ bytes: [UInt8], at place: Int) {
        guard places[place].isJoined, takesRelay(at: place), let frame = try? RelayFrame.ToClient(decoding: bytes),
            frame.receiver == places[place].member
        else {
            counters.notRelayed += 1
            return
        }
        emit(.relayed(frame.datagram, from: RelayPoint(place: place, member: frame.sender)))
    }

    // Twins (RV-24).

    /// The place whose greeting with this nonce comes to us at `place`, from the number by which that one calls us. A member can play our
    /// greeting to us elsewhere, but not under our number.
    func same(as place: Int, greeting nonce: [UInt8], from member: UInt32) -> Int? {
        places.indices.first { $0 != place && places[$0].isJoined && places[$0].nonce == nonce && places[$0].member == member }
    }

    mutating func suspect(_ later: Int, of earlier: Int) { places[later].suspect(earlier) }
    mutating func isTwin(_ later: Int, of earlier: Int) { places[later].isTwin(of: earlier) }

    /// The place that `later` seems to be the same as, if that can be judged now.
    mutating func suspect(toReview later: Int, now: Instant) -> Int? {
        places[later].beginReview()
        guard let earlier = places[later].suspect, places[earlier].isJoined, places[later].isTried(now: now) else { return nil }
        return earlier
    }

    // Speaking.

    /// Greets all.
    ///
    /// - Parameters:
    ///   - isLonely: somebody is there whom we have not met.
    ///   - isSaid: `greetAhead` has said it.
    mutating func greet(at place: Int, isLonely: Bool, isSaid: Bool = false, now: Instant) {
        places[place].greets(isLonely: isLonely, now: now, using: &random)
        if !isSaid { greetAhead(at: place) }
    }

    /// Greets all before we are told that we are in.
    mutating func greetAhead(at place: Int) {
        send(.hello(nonce: places[place].nonce), to: .zero, of: nil, member: nil, at: place)
    }

    /// Somebody is to be found again, wherever we are in.
    mutating func greetSoon(now: Instant) {
        for place in places.indices where places[place].isJoined { places[place].greetSoon(now: now, using: &random) }
    }

    /// True if one more message may be said now; it is counted as unsaid otherwise.
    mutating func allows(isProved: Bool, at place: Int, now: Instant) -> Bool {
        if places[place].allows(isProved: isProved, now: now) { return true }
        counters.unsaid += 1
        return false
    }

    mutating func setAudience(_ audience: Audience) { self.audience = audience }

    /// Says it, whatever the rates. Where only some may hear us, what is not to one of their devices is not said, and the rest is said to none but that
    /// (RV-61).
    ///
    /// - Parameters:
    ///   - id: zero for whoever reads it.
    ///   - reader: the device that `id` proved to be of, or claims; nil for all.
    ///   - speaker: as who; ourselves when nil.
    mutating func send(
        _ content: Envelope.Content, to id: PeerID, of reader: AuthorID?, member: UInt32?, at place: Int,
        as speaker: Envelope.Speaker? = nil
    ) {
        let envelope = Envelope(
            speaker: speaker ?? .salt(salt), recipient: id, device: device.author, content: content, takesRelay: takesRelay(at: place))
        let box: [UInt8]?
        switch audience {
        case .room: box = envelope.sealed(for: topic, device: device, envelopeKey: keys.envelope, using: &generator)
        case .devices(let devices):
            guard let reader, devices.contains(reader) else { return }
            box = envelope.sealed(to: reader, for: topic, device: device, envelopeKey: keys.envelope, using: &generator)
        }
        guard let box else { return }
        emit(.send(.send(topic: topic, to: member, box: box), at: place))
    }

    mutating func leaveTopic(at place: Int) { emit(.send(.leave(topic: topic), at: place)) }

    // Hearing.

    mutating func takes(from member: UInt32, at place: Int, now: Instant) -> Bool {
        if places[place].takes(from: member, now: now) { return true }
        counters.overRate += 1
        return false
    }

    mutating func mayShow(_ member: UInt32, at place: Int, now: Instant) -> Bool {
        if places[place].mayShow(member, now: now) { return true }
        counters.overRate += 1
        return false
    }

    mutating func isOurs(_ echo: [UInt8], at place: Int) -> Bool {
        if echo == places[place].nonce { return true }
        counters.stale += 1
        return false
    }
}
