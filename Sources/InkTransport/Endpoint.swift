import InkCrypto
import InkPrimitives

/// All handshakes and connections of one room, as a value.
///
/// Drive it by the contract of all state machines here: call one input, drain `nextOutput()`, come back no later than `deadline`. Packets
/// are made while outputs are drained, so that what one input brings leaves together.
///
///     dial ──▶ Dialer ──┐ message 3 sent          ┌──▶ established ──▶ messages, presence, degraded, recovered
///                       ├──▶ unique per peer? ────┤
///     expect ▶ Listener ┘ message 3 received      └──▶ closed
public struct Endpoint: Sendable {
    /// Version of the protocol, the second byte of each handshake packet. What each changed is in the page *Versions*.
    ///
    /// One program speaks one version. A sound way back to an older one would have to be agreed on before anything is proved.
    public static let version: UInt8 = 5
    /// One reliable message, bytes.
    public static let messageMax = Connection.messageMax
    /// One presence value, bytes.
    public static let presenceMax = PresenceExchange.valueMax
    /// Length of an attempt nonce, bytes.
    public static let attemptCount = 16
    /// Connections at a time; far more than a board has people (TR-22).
    static let connectionsMax = 256
    /// Attempts at a time, and datagrams a second to addresses that have proved nothing: whatever members name, we are no flood (TR-22, TR-178).
    static let attemptsMax = 64

    private var configuration: Configuration
    private var generator: SecretGenerator
    private var jitter: SplitMix64
    private var dialer = Dialer()
    private var listener = Listener()
    private var connections = ConnectionTable()
    /// Whose packets bear which receiver index.
    private var byIndex: [UInt32: ConnectionID] = [:]
    private var connectionCount: UInt64 = 0
    private var goodbyes = Goodbyes()
    private var activity = Activity.present
    /// Connections that may have packets to make.
    private var dirty = DirtyConnections()
    private var outputs = Outputs<Output>()
    private var now: Instant = .distantPast
    private var mismatches = MismatchReports()
    private var rivals: Rivals
    private var limiter = UnprovenLimiter()
    private var counted = EndpointCounters()
    public var counters: EndpointCounters {
        var counters = counted
        counters.overRate = limiter.refused
        return counters
    }

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        rivals = Rivals(own: configuration.peerID)
        generator = SecretGenerator(seed: configuration.seed)
        jitter = SplitMix64(seed: generator.next())
    }

    // MARK: Inputs

    /// Starts an attempt as initiator, or adds addresses to it. Ignored while a session with `remote` lives (TR-11).
    ///
    /// - Parameters:
    ///   - attempt: 16 bytes that signalling told both sides, or random for a bare address.
    ///   - remote: nil for a bare address; then the ids travel encrypted.
    ///   - addresses: candidates, at most 16 are used; all are tried at once.
    ///   - epoch: where the peer is met; nil for the one in force. In one that is passed nobody is dialled.
    public mutating func dial(attempt: [UInt8], remote: PeerID?, addresses: [SocketAddress], epoch: EpochID? = nil, now: Instant) {
        precondition(attempt.count == Self.attemptCount, "an attempt nonce has 16 bytes, not \(attempt.count)")
        advance(to: now)
        var steps: [Dialer.Output] = []
        let known = dialer.index(of: attempt)
        let verdict = rivals.decideToDial(
            remote, at: addresses, in: epoch ?? configuration.epochs.inForce.epoch, isUnderWay: known != nil, dialer: dialer,
            connections: connections, now: self.now)
        switch (verdict, known, keys(of: epoch)) {
        case (.needless, _, _): return
        case (.tooMany, _, _), (.dial, nil, nil): steps.append(.failed(attempt: attempt, remote: remote))
        case (.dial, let index?, _):
            dialer.widen(index, addresses: addresses, context: configuration, now: now, jitter: &jitter, outputs: &steps)
        case (.dial, nil, let keys?):
            dialer.dial(
                attempt: attempt, remote: remote, addresses: addresses, keys: keys, index: freshIndex(), ephemeral: generator.secret(),
                context: configuration, now: now, jitter: &jitter, outputs: &steps)
        }
        take(steps)
    }

    /// Starts an attempt whose messages 1 and 2 signalling carries, or says again what one says that is under way.
    ///
    /// - Parameter epoch: as for `dial`.
    /// - Returns: `openingCount` bytes for the offer; nil where nobody is to be dialled, since a session with `remote` lives, too many are, or the
    ///   epoch is passed.
    public mutating func open(attempt: [UInt8], remote: PeerID, epoch: EpochID? = nil, now: Instant) -> [UInt8]? {
        precondition(attempt.count == Self.attemptCount, "an attempt nonce has 16 bytes, not \(attempt.count)")
        advance(to: now)
        if let opening = dialer.opening(of: attempt) { return opening }
        let verdict = rivals.decideToDial(
            remote, at: [], in: epoch ?? configuration.epochs.inForce.epoch, isUnderWay: false, dialer: dialer, connections: connections,
            now: self.now)
        guard verdict == .dial, let keys = keys(of: epoch) else { return nil }
        return dialer.open(
            attempt: attempt, remote: remote, keys: keys, index: freshIndex(), ephemeral: generator.secret(), context: configuration,
            now: now)
    }

    /// Signalling brought the offer of `remote`, from a socket that has proved to be its.
    ///
    /// - Parameter epoch: whose signalling it was; nil for the one in force.
    /// - Returns: `replyCount` bytes for the answer; nil if there is nothing to answer.
    public mutating func answer(
        attempt: [UInt8], remote: PeerID, opening: [UInt8], epoch: EpochID? = nil, over point: RelayPoint, now: Instant
    ) -> [UInt8]? {
        advance(to: now)
        guard remote != configuration.peerID, remote != .zero, let keys = keys(of: epoch), let opening = try? Opening(decoding: opening)
        else {
            counted.startsRefused += 1
            return nil
        }
        let reply = listener.receive(
            opening, attempt: attempt, remote: remote, keys: keys, over: point, index: freshIndex(), context: configuration, now: now,
            generator: &generator)
        if reply == nil { counted.startsRefused += 1 } else { counted.answersSent += 1 }
        return reply
    }

    /// Signalling brought the answer of `remote`: the session begins, over the rendezvous.
    public mutating func complete(attempt: [UInt8], reply: [UInt8], over point: RelayPoint, now: Instant) {
        advance(to: now)
        guard let reply = try? Reply(decoding: reply), let index = dialer.index(of: attempt) else {
            counted.replayed += 1
            return
        }
        receive(AnswerPacket(reply, receiverIndex: index), from: .relay(point), now: now)
    }

    /// Length of an opening and of a reply, bytes.
    public static let openingCount = Opening.byteCount
    public static let replyCount = Reply.byteCount

    /// The peer of a connection says to be at these addresses, best first: they are challenged within the session, and the best one that answers is
    /// used. What a former word named and this one does not is tried no more (TR-61).
    ///
    /// - Parameter addresses: such as may be dialled, at most 16 are used.
    public mutating func invite(_ addresses: [SocketAddress], on id: ConnectionID, now: Instant) {
        advance(to: now)
        connections[id]?.invite(addresses, now: now)
        dirty.insert(id)
    }

    /// `remote` is to be found behind this socket of a rendezvous. Its sessions may use that way, once it has answered there or no other answers.
    ///
    /// - Parameter rate: bytes a second that the rendezvous carries of our room; nil if it is not known.
    public mutating func relay(_ remote: PeerID, over point: RelayPoint, rate: Int? = nil, now: Instant) {
        advance(to: now)
        for id in connections.ids where connections[id]?.remote.peer == remote {
            connections[id]?.relay(over: point, rate: rate, now: now, outputs: &outputs)
            dirty.insert(id)
        }
    }

    /// The rendezvous at this position carries nothing between us and `remote` any more.
    public mutating func relayLost(_ remote: PeerID, at place: Int, now: Instant) {
        advance(to: now)
        for id in connections.ids where connections[id]?.remote.peer == remote {
            connections[id]?.relayLost(at: place, now: now, outputs: &outputs)
            dirty.insert(id)
        }
    }

    /// Our addresses have changed: each peer hears from where we are now, at once.
    public mutating func networkChanged(now: Instant) {
        advance(to: now)
        for id in connections.ids {
            connections[id]?.networkChanged(now: now)
            dirty.insert(id)
        }
    }

    /// Signalling announced that `remote` will dial us with this nonce: no cookie is asked of it, and our NAT is opened towards it.
    ///
    /// - Parameter epoch: whose signalling it was; nil for the one in force.
    public mutating func expect(
        attempt: [UInt8], remote: PeerID, addresses: [SocketAddress], epoch: EpochID? = nil, now: Instant
    ) {
        precondition(attempt.count == Self.attemptCount, "an attempt nonce has 16 bytes, not \(attempt.count)")
        advance(to: now)
        guard let keys = keys(of: epoch) else { return }
        listener.expect(attempt: attempt, remote: remote, keys: keys, addresses: addresses, now: now)
        // The first punch goes at once.
        runListener(now: now)
    }

    /// The room goes on to another epoch, or one of those before is passed by all (TR-229). Sessions live on: their keys are nobody else's.
    public mutating func change(to epochs: EpochKeys, now: Instant) {
        advance(to: now)
        configuration.epochs = epochs
        var steps: [Dialer.Output] = []
        dialer.keep(epochs, outputs: &steps)
        listener.keep(epochs)
        take(steps)
    }

    /// The keys of all epochs in which members may be, those in force first.
    public var roomKeys: [RoomKeys] { [configuration.epochs.inForce] + configuration.epochs.former }

    /// The keys of an epoch that some member may be at, of the one in force for nil (TR-228).
    private func keys(of epoch: EpochID?) -> RoomKeys? { epoch.map { configuration.epochs[$0] } ?? configuration.epochs.inForce }

    /// Ends attempts to meet `remote` (TR-56).
    public mutating func abandon(remote: PeerID, now: Instant) {
        advance(to: now)
        dialer.cancel(remote: remote)
        listener.settle(remote: remote)
    }

    /// Takes any datagram. What is not authentic changes nothing and is answered with nothing.
    public mutating func receive(_ datagram: [UInt8], from: SocketAddress, now: Instant) {
        receive(datagram, over: .direct(from), now: now)
    }

    /// As `receive(_:from:now:)`, for what came any way. A rendezvous carries no handshakes but message 3: 1 and 2 ride in signalling.
    public mutating func receive(_ datagram: [UInt8], over route: Route, now: Instant) { receive(datagram.span, over: route, now: now) }

    /// As `receive(_:over:now:)`, for bytes that lie anywhere, as in a buffer that many datagrams were read into: nothing of them is kept.
    public mutating func receive(_ datagram: Span<UInt8>, over route: Route, now: Instant) {
        advance(to: now)
        counted.datagrams += 1
        // TR-114
        guard !datagram.isEmpty, let type = PacketType(rawValue: datagram[0]), datagram.count <= Limits.datagramBytesMax else {
            counted.forged += 1
            return
        }
        switch type {
        case .data, .dataLong: receiveData(datagram, over: route, now: now)
        case .finish: receiveHandshake(type, datagram.indices.map { datagram[$0] }, over: route, now: now)
        case .start, .answer, .cookie, .punch:
            guard !route.isRelay else {
                counted.handshakesRefused += 1
                return
            }
            receiveHandshake(type, datagram.indices.map { datagram[$0] }, over: route, now: now)
        }
    }

    /// Call at or after `deadline`; calling early does nothing.
    public mutating func handleTimeout(now: Instant) {
        advance(to: now)
        var steps: [Dialer.Output] = []
        dialer.handleTimeout(context: configuration, now: now, jitter: &jitter, outputs: &steps)
        take(steps)
        runListener(now: now)
        for id in connections.ids {
            if rivals.hasRefusals, let since = connections[id]?.establishedAt, let peer = connections[id]?.remote.peer {
                rivals.lasts(peer, since: since, now: now)
            }
            if dirty.contains(id) { connections.noteDue(id) }
            guard let deadline = connections.due(id), now >= deadline else { continue }
            if let ending = connections.all[connections.place(of: id)]?.handleTimeout(now: now, outputs: &outputs) { end(id, ending) }
            dirty.insert(id)
        }
        guard !goodbyes.isEmpty else { return }
        repeatGoodbyes(now: now)
        goodbyes.forget(now: now)
    }

    /// Says again, unasked, that connections were closed. A caller that only waits for that needs nothing else of the endpoint.
    public mutating func repeatGoodbyes(now: Instant) {
        for (packet, route) in goodbyes.takeRepeated(now: now) { outputs.append(.transmit(packet, over: route)) }
    }

    /// When the next goodbye is due that nobody asked for; nil when all are said.
    public var goodbyeDeadline: Instant? { goodbyes.repeatAt }

    /// Sends a reliable message of at most `messageMax` bytes. Messages of one lane and stream arrive whole and in order; streams do not
    /// wait for each other. Does nothing if the connection is gone.
    public mutating func send(_ message: [UInt8], lane: Lane, stream: UInt64 = 0, on id: ConnectionID, now: Instant) {
        advance(to: now)
        connections.all[connections.place(of: id)]?.send(message, lane: lane, stream: stream)
        dirty.insert(id)
    }

    /// Sends presence of 1...`presenceMax` bytes: unreliable, replaces what has not left yet.
    ///
    /// - Returns: the token that `presenceAcknowledged` will name; tokens grow. 0 if the connection is gone.
    @discardableResult
    public mutating func sendPresence(_ bytes: [UInt8], on id: ConnectionID, now: Instant) -> UInt64 {
        advance(to: now)
        dirty.insert(id)
        return connections.all[connections.place(of: id)]?.sendPresence(bytes) ?? 0
    }

    /// Takes back presence that has not left, since there is no room on the way; false if all has. Its token will not be acknowledged.
    @discardableResult
    public mutating func takeBackPresence(on id: ConnectionID) -> Bool { connections[id]?.takeBackPresence() ?? false }

    /// Tells the peer and forgets the connection. No `.closed` follows, since the caller knows.
    public mutating func close(_ id: ConnectionID, now: Instant) {
        advance(to: now)
        forget(id, saying: .goodbye)
    }

    /// Tells the peer that it is not let in, and nothing else, and forgets the connection; its device rests, 1 s first and 60 s at last, before another
    /// handshake of it becomes a session. No `.closed` follows.
    public mutating func refuse(_ id: ConnectionID, now: Instant) {
        advance(to: now)
        if let remote = connections[id]?.remote { rivals.refused(remote, now: self.now) }
        forget(id, saying: .notAdmitted)
    }

    /// Devices that were refused lately, ascending; at most 1024.
    public var refusedDevices: [AuthorID] { rivals.refusedDevices }

    /// The device may come at once.
    public mutating func forgive(_ device: AuthorID) { rivals.forgive(device) }

    /// The session has work of this device: where places are short, it gives way after those that have done nothing.
    ///
    /// - Parameter since: when the work came; `.distantPast` for what was there from the start.
    public mutating func know(_ device: AuthorID, since: Instant = .distantPast) { rivals.know(device, since: since) }

    /// Sets the rhythm of keepalives on all connections, present and future.
    public mutating func setActivity(_ activity: Activity) {
        guard activity != self.activity else { return }
        self.activity = activity
        for id in connections.ids {
            connections[id]?.setActivity(activity)
            connections.noteDue(id)
        }
    }

    /// Says what a connection does without (TR-150, TR-232, TR-151).
    public mutating func setThrift(_ thrift: Thrift, on id: ConnectionID) {
        guard let before = connections[id]?.thrift, before != thrift else { return }
        connections[id]?.setThrift(thrift)
        connections.noteDue(id)
    }

    /// This program was not run for so long, and its clock went on: all are asked at once (TR-152).
    public mutating func resumed(after gap: Duration, now: Instant) {
        advance(to: now)
        for id in connections.ids {
            connections[id]?.resumed(after: gap, now: self.now)
            dirty.insert(id)
            connections.noteDue(id)
        }
    }

    // MARK: Outputs

    /// When to call `handleTimeout` next; nil when only a datagram or the session can move us. Exact once the outputs are drained (TR-174).
    public var deadline: Instant? {
        if !outputs.isEmpty || !dirty.isEmpty { return now }
        var deadline = earliest(dialer.deadline, listener.deadline)
        deadline = earliest(deadline, connections.deadline)
        return earliest(deadline, goodbyes.deadline)
    }

    /// The next thing to do; nil when all is done.
    public mutating func nextOutput() -> Output? {
        if outputs.isEmpty { flush() }
        return outputs.next()
    }

    /// True if `nextOutput()` may have something to give.
    public var hasOutput: Bool { !outputs.isEmpty || !dirty.isEmpty }

    /// How a connection does; nil if it is gone.
    public func statistics(_ id: ConnectionID) -> ConnectionStatistics? { connections[id]?.statistics(now: now) }

    /// What it is made of; nil if it is gone. Costs more than `statistics`.
    public func figures(of id: ConnectionID) -> LinkFigures? { connections[id]?.figures }

    /// Smoothed round trip; nil before the first sample, or if the connection is gone.
    public func roundTrip(on id: ConnectionID) -> Duration? {
        connections.roundTrip(of: id)
    }

    /// Bytes of reliable messages that the peer has not acknowledged, queued ones included; 0 if the connection is gone.
    public func pendingBytes(on id: ConnectionID) -> Int {
        connections.pendingBytes(of: id) ?? 0
    }

    /// Bytes of reliable messages of one lane that the peer has not acknowledged.
    public func pendingBytes(on id: ConnectionID, lane: Lane) -> Int {
        connections[id]?.pendingBytes(of: lane) ?? 0
    }

    /// What was seen of the way in use; nil if the connection is gone.
    public func line(of id: ConnectionID) -> LineSight? { connections[id]?.line }

    /// All connections, sorted.
    public var connectionIDs: [ConnectionID] { connections.ids }

    /// Attempts under way, as initiator.
    public var attemptCount: Int { dialer.count }

    /// Handshakes that wait for message 3, at most 256.
    public var halfOpenCount: Int { listener.waitingCount }

    /// What the peer writes into its packets for us.
    func localIndex(of id: ConnectionID) -> UInt32? { connections[id]?.localIndex }

    /// Bytes kept for messages that are not whole yet, at most 2 MiB for each connection (TR-13).
    package func heldBytes(on id: ConnectionID) -> Int { connections[id]?.heldBytes ?? 0 }

    /// Sends a packet of these frames, whatever they are: what a member may say who does not keep the rules. For those who attack us in
    /// simulated worlds and on tools' benches; no session calls it.
    ///
    /// - Parameter frames: at most `Limits.datagramBytes` less a header and a tag.
    package mutating func transmit(frames: [UInt8], on id: ConnectionID, now: Instant) {
        advance(to: now)
        connections[id]?.transmit(frames: frames, now: self.now, outputs: &outputs)
        connections.noteDue(id)
    }

    // MARK: Data

    private mutating func receiveData(_ datagram: Span<UInt8>, over route: Route, now: Instant) {
        guard let header = DataHeader(datagram) else {
            counted.forged += 1
            return
        }
        let id = byIndex[header.receiverIndex]
        guard let id,
            let result = connections.all[connections.place(of: id)]?.receive(
                datagram, over: route, now: now, generator: &generator, outputs: &outputs)
        else {
            if let (packet, back) = goodbyes.answer(datagram, to: header.receiverIndex, now: now) {
                outputs.append(.transmit(packet, over: back))
            } else {
                counted.unknown += 1
            }
            return
        }
        switch result {
        case .failure(.forged): counted.forged += 1
        case .failure(.replayed): counted.replayed += 1
        case .success(let ending):
            counted.accepted += 1
            dirty.insert(id)
            if let ending { end(id, ending) }
        }
    }

    private mutating func flush() {
        guard !dirty.isEmpty else { return }
        let ids = dirty.takeAll()
        // What is live to anybody goes before bulk to another (TR-131).
        if ids.count > 1 {
            for id in ids {
                connections[id]?.flush(isBulkLater: true, now: now, generator: &generator, limiter: &limiter, outputs: &outputs)
            }
        }
        for id in ids {
            let place = connections.place(of: id)
            if connections.all[place]?.wantsIndex(now: now) == true { giveIndex(to: id) }
            connections.all[place]?.flush(now: now, generator: &generator, limiter: &limiter, outputs: &outputs)
            connections.noteDue(id)
            if connections.all[place]?.hasGoneIndices == true {
                for index in connections.all[place]?.takeGoneIndices() ?? [] { byIndex[index] = nil }
            }
        }
        dirty.giveBack(ids)
    }

    /// New keys come with a new receiver index.
    private mutating func giveIndex(to id: ConnectionID) {
        let index = freshIndex()
        byIndex[index] = id
        connections.all[connections.place(of: id)]?.give(index, generator: &generator, now: now)
    }

    private mutating func end(_ id: ConnectionID, _ ending: Connection.Ending) {
        let reason: CloseReason
        switch ending {
        case .byPeer(let code):
            let peer = connections[id]?.remote.peer
            takeOut(id)
            if code == .replaced, let peer, rivals.turnedDown(by: peer, connections: connections, now: now) {
                outputs.append(.duplicateDevice(nil, seconds: 30))
            }
            if code == .notAdmitted, let peer { rivals.notAdmitted(by: peer, now: now) }
            reason =
                switch code {
                case .goodbye: .byPeer
                case .replaced: .turnedDown
                case .misbehaved: .accused
                case .timedOut: .timedOut
                case .notAdmitted: .notAdmitted
                }
        case .misbehaved(let what):
            forget(id, saying: .misbehaved)
            reason = .misbehaved(what)
        case .timedOut:
            forget(id, saying: .timedOut)
            reason = .timedOut
        }
        outputs.append(.closed(id, reason))
    }

    @discardableResult
    private mutating func takeOut(_ id: ConnectionID) -> Connection? {
        guard let connection = connections.remove(id) else { return nil }
        for index in connection.localIndices { byIndex[index] = nil }
        return connection
    }

    /// Takes a connection out, leaving only what says goodbye.
    private mutating func forget(_ id: ConnectionID, saying code: CloseCode) {
        guard let connection = takeOut(id) else { return }
        sayGoodbye(connection, saying: code)
    }

    private mutating func sayGoodbye(_ connection: Connection, saying code: CloseCode) {
        // Nothing is sealed under keys that are too old (TR-106).
        guard !connection.isExpired(now: now) else { return }
        let (packet, route) = goodbyes.add(connection.closing(code, now: now), index: connection.localIndex)
        outputs.append(.transmit(packet, over: route))
    }

    // MARK: Handshakes

    private mutating func receiveHandshake(_ type: PacketType, _ datagram: [UInt8], over route: Route, now: Instant) {
        // TR-154, TR-227
        guard let keys = configuration.epochs.keys(ofMAC: datagram) else {
            counted.forged += 1
            return
        }
        guard type == .cookie || datagram[1] == Self.version else {
            // Who speaks another version is met directly, or is heard of by its envelopes.
            if let from = route.address { receiveOtherVersion(type, datagram, keys: keys, from: from, now: now) }
            return
        }
        do throws(WireError) {
            switch (type, route) {
            case (.start, .direct(let from)):
                receive(try StartPacket(decoding: datagram), datagram, keys: keys, from: from, now: now)
            case (.answer, .direct): receive(try AnswerPacket(decoding: datagram), epoch: keys.epoch, from: route, now: now)
            case (.finish, _): receive(try FinishPacket(decoding: datagram), epoch: keys.epoch, over: route, now: now)
            case (.cookie, .direct(let from)): receive(try CookiePacket(decoding: datagram), epoch: keys.epoch, from: from)
            case (.punch, .direct(let from)): receivePunch(datagram, epoch: keys.epoch, from: from, now: now)
            case (.start, .relay), (.answer, .relay), (.cookie, .relay), (.punch, .relay), (.data, _), (.dataLong, _): break
            }
        } catch {
            // A member made it, and made it wrong.
            counted.handshakesRefused += 1
        }
    }

    private mutating func receivePunch(_ datagram: [UInt8], epoch: EpochID, from: SocketAddress, now: Instant) {
        counted.punches += 1
        guard let attempt = PunchPacket.attempt(of: datagram) else { return }
        var steps: [Dialer.Output] = []
        _ = dialer.punched(attempt, epoch: epoch, from: from, context: configuration, now: now, outputs: &steps)
        take(steps)
    }

    private mutating func receive(_ start: StartPacket, _ datagram: [UInt8], keys: RoomKeys, from: SocketAddress, now: Instant) {
        let outcome = listener.receive(
            start, datagram: datagram, keys: keys, from: from, index: freshIndex(), context: configuration, now: now, generator: &generator)
        switch outcome {
        case .answer(let packet):
            counted.answersSent += 1
            outputs.append(.transmit(packet, over: .direct(from)))
        case .cookie(let packet):
            counted.cookiesSent += 1
            outputs.append(.transmit(packet, over: .direct(from)))
        case .replayed: counted.replayed += 1
        case .refused: counted.startsRefused += 1
        }
    }

    private mutating func receive(_ answer: AnswerPacket, epoch: EpochID? = nil, from route: Route, now: Instant) {
        var steps: [Dialer.Output] = []
        do throws(Dialer.AnswerError) {
            let isToFinish = { [connections, rivals] (peer: PeerID) in rivals.isToFinish(with: peer, connections: connections) }
            let handshaken = try dialer.receive(
                answer, epoch: epoch, from: route, context: configuration, now: now, outputs: &steps, accept: isToFinish)
            take(steps)
            if let handshaken { establish(handshaken, now: now) }
        } catch {
            switch error {
            case .unknown: counted.replayed += 1
            case .notAuthentic, .wrongIdentity: counted.handshakesRefused += 1
            }
        }
    }

    private mutating func receive(_ finish: FinishPacket, epoch: EpochID, over route: Route, now: Instant) {
        do throws(Listener.FinishError) {
            establish(try listener.receive(finish, epoch: epoch, over: route, context: configuration, now: now), now: now)
        } catch {
            switch error {
            case .unknown: counted.replayed += 1
            case .notAuthentic, .wrongIdentity: counted.handshakesRefused += 1
            }
        }
    }

    private mutating func receive(_ cookie: CookiePacket, epoch: EpochID, from: SocketAddress) {
        var steps: [Dialer.Output] = []
        if dialer.receive(cookie, epoch: epoch, from: from, context: configuration, now: now, outputs: &steps) {
            limiter.answered(from)
        } else {
            counted.replayed += 1
        }
        take(steps)
    }

    /// A member with another version: says so to it, to the person, and nothing else (TR-18).
    private mutating func receiveOtherVersion(
        _ type: PacketType, _ datagram: [UInt8], keys: RoomKeys, from: SocketAddress, now: Instant
    ) {
        counted.versionMismatches += 1
        var isFresh = false
        if type == .start, datagram.count >= StartPacket.byteCount {
            isFresh = listener.isExpecting(Array(datagram[StartPacket.attemptRange]), now: now)
            let index = datagram[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
            let none = [UInt8](repeating: 0, count: StartPacket.cookieCount)
            let packet = CookiePacket.encode(
                none, receiverIndex: index, start: datagram, keys: keys, using: &generator)
            outputs.append(.transmit(packet, over: .direct(from)))
        }
        report(mismatch: datagram[1], from: from, isFresh: isFresh)
    }

    private mutating func report(mismatch version: UInt8, from: SocketAddress, isFresh: Bool) {
        guard mismatches.isToTell(isFresh: isFresh, now: now) else { return }
        outputs.append(.versionMismatch(theirs: version, from: from, isFresh: isFresh))
    }

    /// Carries out what is decided about a finished handshake.
    private mutating func establish(_ handshaken: Handshaken, now: Instant) {
        if configuration.disclosesKeys {
            outputs.append(
                .keys(KeyDisclosure(localIndex: handshaken.localIndex, remoteIndex: handshaken.remoteIndex, keys: handshaken.keys)))
        }
        let remote = handshaken.remote
        guard rivals.mayCome(remote.author, now: now) else {
            counted.handshakesRefused += 1
            return turnDown(handshaken, saying: .notAdmitted, now: now)
        }
        let (verdict, rival) = rivals.decide(on: remote, connections: connections, now: now)
        let id = ConnectionID(connectionCount + 1)
        switch (verdict, rival) {
        case (.turnDown, let rival?):
            keep(rival, besides: remote, now: now)
            return turnDown(handshaken, saying: .replaced, now: now)
        case (.full, _): return turnDown(handshaken, saying: .replaced, now: now)
        case (.replace(let isTold), let rival?):
            rivals.replaced(rival, by: remote, now: now)
            if isTold { forget(rival.id, saying: .replaced) } else { takeOut(rival.id) }
            outputs.append(.closed(rival.id, .replaced(by: id)))
        case (.crowdOut(let victim), _): crowdOut(victim)
        case (.crowdOutByLot(let candidates), _): crowdOut(candidates[Int(generator.next() % UInt64(candidates.count))])
        case (.admit, _): break
        case (.turnDown, nil), (.replace, nil): preconditionFailure("\(verdict) is about a rival, and there is none")
        }
        connectionCount += 1
        var connection = Connection(
            handshaken, id: id, rekey: rekey(for: handshaken, now: now), activity: activity, jitter: SplitMix64(seed: generator.next()),
            now: now)
        connection.proveAddress(now: now, generator: &generator)
        connections.append(connection)
        byIndex[handshaken.localIndex] = id
        dirty.insert(id)
        dialer.cancel(remote: remote.peer)
        listener.settle(remote: remote.peer)
        counted.established += 1
        if let address = remote.address { limiter.answered(address) }
        outputs.append(.established(id, remote))
    }

    /// The session that is here survives: whether it lives must show before the other comes again (TR-169).
    private mutating func keep(_ rival: Rivals.Rival, besides remote: Remote, now: Instant) {
        connections[rival.id]?.ask()
        dirty.insert(rival.id)
        if let seconds = rivals.kept(rival, besides: remote, now: now) { outputs.append(.duplicateDevice(remote.author, seconds: seconds)) }
    }

    private mutating func crowdOut(_ victim: ConnectionID) {
        forget(victim, saying: .replaced)
        outputs.append(.closed(victim, .crowdedOut))
    }

    private mutating func turnDown(_ handshaken: Handshaken, saying code: CloseCode, now: Instant) {
        let connection = Connection(
            handshaken, id: ConnectionID(0), rekey: rekey(for: handshaken, now: now), activity: activity, jitter: jitter, now: now)
        sayGoodbye(connection, saying: code)
    }

    private func rekey(for handshaken: Handshaken, now: Instant) -> Rekey {
        Rekey(
            handshaken, own: configuration.peerID, schedule: configuration.rekeying, disclosesKeys: configuration.disclosesKeys, now: now)
    }

    private mutating func take(_ steps: [Dialer.Output]) {
        for step in steps {
            switch step {
            case .transmit(let packet, let to): transmitUnproven(packet, to: to)
            case .failed(let attempt, let remote): outputs.append(.attemptFailed(attempt: attempt, remote: remote))
            case .versionMismatch(let version, let from):
                counted.versionMismatches += 1
                report(mismatch: version, from: from, isFresh: true)
            }
        }
    }

    private mutating func runListener(now: Instant) {
        for (packet, to) in listener.handleTimeout(now: now) { transmitUnproven(packet, to: to) }
    }

    /// A start or a punch. One that is over the rate counts as lost: it is repeated anyway.
    private mutating func transmitUnproven(_ packet: [UInt8], to: SocketAddress) {
        if limiter.allows(to, now: now) { outputs.append(.transmit(packet, over: .direct(to))) }
    }

    /// A receiver index that nothing here uses.
    private mutating func freshIndex() -> UInt32 {
        while true {
            let index = UInt32(truncatingIfNeeded: generator.next())
            if byIndex[index] == nil, !goodbyes.owns(index), !dialer.owns(index), !listener.owns(index) { return index }
        }
    }

    private mutating func advance(to now: Instant) { self.now = max(self.now, now) }
}
