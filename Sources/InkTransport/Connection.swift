import InkCrypto
import InkPrimitives

/// One secure connection with one peer: opens and seals packets, and moves what lanes and presence bring through them.
///
/// Inputs record what happened; `flush` then makes as many packets as the window allows, so that what was given together leaves together.
/// Keys and everything that depends on them are apart from lanes, so that a rekey can renew the one and keep the other.
struct Connection: Sendable {
    /// One message, bytes.
    static let messageMax = 131_072
    private static let pingBytes = PacketDraft.pingBytes
    /// A challenge to where the peer says to be is padded to this, so that answer and challenge back, from whoever knows of no such address, are
    /// together no longer than it (TR-189).
    private static let checkBytes = pingBytes * 2
    /// A packet that asks for an acknowledgement and is neither acknowledged nor lost for this long ends the connection; so do messages
    /// that lack nothing but credit, and an address that is not proved (TR-180).
    static let unacknowledgedMax: Duration = .seconds(30)
    /// Of the bytes that may go to an address that is not proved, what only challenges may take: four tries.
    private static let challengeReserve = pingBytes * 4
    /// Acknowledgement, credit and padded ping in one packet, bytes: less is no packet.
    private static let packetMin = 200
    /// Frames of one packet for which room is kept.
    private static let framesKept = 16

    let id: ConnectionID
    let remote: Remote
    let establishedAt: Instant
    /// What we send in; `rekey` has those before and after it.
    private var space: KeyedSpace
    private var rekey: Rekey
    private var paths: Paths
    private var outgoing = SendLanes()
    private var incoming = ReceiveLanes()
    private var liveness: Liveness
    private(set) var thrift = Thrift()
    private var jitter: SplitMix64
    private var presence = PresenceExchange()
    private var owed = OwedFrames()
    private var proof = AddressProof()
    private var finish: HandshakeFinish?
    private(set) var counts: ConnectionStatistics
    /// Room that is used for one packet after the other, and holds nothing between: a packet in clear, its frames, what one carries that leaves, and
    /// what an acknowledgement brings (TR-90, TR-91).
    private var plain: [UInt8] = []
    private var frames: [Frame] = []
    private var sentFrames: [SentFrame] = []
    private var verdict = LossRecovery.Verdict()

    init(_ handshaken: Handshaken, id: ConnectionID, rekey: Rekey, activity: Activity, jitter: SplitMix64, now: Instant) {
        (self.id, self.rekey) = (id, rekey)
        remote = handshaken.remote
        establishedAt = now
        space = KeyedSpace(localIndex: handshaken.localIndex, remoteIndex: handshaken.remoteIndex, keys: handshaken.keys)
        paths = Paths(
            route: handshaken.remote.route, proof: handshaken.allowance.map { .handshake(allowance: $0) } ?? .proven)
        self.jitter = jitter
        liveness = Liveness(activity: activity, isInitiator: handshaken.remote.isInitiator, now: now, random: &self.jitter)
        space.sent.skipped = SkippedNumbers(random: self.jitter.split("skipped numbers"))
        if let roundTrip = handshaken.roundTrip {
            let asked = remote.isInitiator ? StartPacket.byteCount : AnswerPacket.byteCount
            paths.updateMain { $0.begin(roundTrip: roundTrip, byteCount: asked, now: now) }
        } else if let roundTrip = handshaken.roundTripMin {
            paths.updateMain { $0.assume(roundTrip: roundTrip) }
        }
        counts = ConnectionStatistics(
            remote: remote.peer, author: remote.author, route: remote.route, isInitiator: remote.isInitiator, establishedAt: now,
            lastReceived: now)
        if let packet = handshaken.finish {
            finish = HandshakeFinish(
                packet: packet, isDialled: handshaken.isDialled,
                roundTrip: handshaken.roundTrip ?? handshaken.roundTripMin ?? paths.main.rtt.smoothed, now: now)
        } else {
            owed.oweGreeting(now: now)
        }
    }

    // MARK: Inputs

    mutating func send(_ message: [UInt8], lane: Lane, stream: UInt64) {
        precondition(message.count <= Self.messageMax, "a message has at most \(Self.messageMax) bytes, not \(message.count)")
        outgoing.append(message, lane: lane, stream: stream)
    }

    mutating func sendPresence(_ bytes: [UInt8]) -> UInt64 { presence.send(bytes) }

    /// Takes back the presence that has not left; false if all has.
    mutating func takeBackPresence() -> Bool { presence.takeBack() }

    mutating func setActivity(_ activity: Activity) { liveness.activity = activity }

    mutating func setThrift(_ thrift: Thrift) {
        self.thrift = thrift
        liveness.isCalm = thrift.isCalm
    }

    /// This end was not run for a while.
    mutating func resumed(after gap: Duration, now: Instant) {
        liveness.resumed(after: gap, roundTrip: paths.main.rtt.smoothed, now: now)
        // What waits on the way may be lost since long: the answer to a fresh one is not held up by it.
        owed.owePing()
    }

    /// Asks the peer for a packet, if nothing on the way does so already.
    mutating func ask() { if !space.sent.isWaiting { owed.owePing() } }

    /// Begins to challenge the address of the handshake, unless it is proven. One that we did not dial must be heard from first.
    mutating func proveAddress(now: Instant, generator: inout SecretGenerator) {
        if mayTalk { proof.begin(paths: paths, now: now, generator: &generator) }
    }

    /// How the connection ends.
    enum Ending { case byPeer(CloseCode), misbehaved(Misbehaviour), timedOut }

    /// Takes a datagram that carries our index. Nothing changes unless its tag verifies (TR-167).
    mutating func receive(
        _ datagram: Span<UInt8>, over route: Route, now: Instant, generator: inout SecretGenerator, outputs: inout Outputs<Endpoint.Output>
    ) -> Result<Ending?, KeyedSpace.RefusalError> {
        let (opened, era): (KeyedSpace.Opened, Rekey.Era)
        switch rekey.open(datagram, current: &space, into: &plain, now: now) {
        case .success(let packet): (opened, era) = packet
        case .failure(let refusal):
            switch refusal {
            case .forged: counts.packetsForged += 1
            case .replayed: counts.packetsReplayed += 1
            }
            return .failure(refusal)
        }
        counts.packetsIn += 1
        counts.bytesIn += UInt64(datagram.count)
        finish = nil
        do throws(Misbehaviour) {
            // Parts of `plain`, which is written to again when none is left.
            var frames: [Frame] = []
            swap(&frames, &self.frames)
            defer {
                frames.clear(keeping: Self.framesKept)
                swap(&frames, &self.frames)
            }
            // TR-171
            try frames.read(plain, count: opened.byteCount)
            let claim = frames.lazy.map(\.claim).max() ?? .none
            if liveness.received(isAckEliciting: claim != .none, now: now) { outputs.append(.recovered(id)) }
            let isNewest = opened.isNewest && (era == .current || rekey.isUnconfirmed)
            let roundTrip = paths.main.rtt.smoothed
            switch era {
            case .current:
                space.acks.receive(opened.number, claim: claim, byteCount: datagram.count, roundTrip: roundTrip, now: now)
                if rekey.isUnconfirmed { rekey.confirm(roundTrip: paths.slowestRoundTrip, now: now) }
            case .old:
                rekey.old?.acks.receive(opened.number, claim: claim, byteCount: datagram.count, roundTrip: roundTrip, now: now)
                if claim != .none { rekey.hearOld() }
            }
            let challenge = frames.lazy.compactMap(\.challenge).first
            let sign = AddressProof.Sign(
                isNewest: isNewest, isProbing: frames.allSatisfy(\.isProbing), hasChallenge: challenge != nil, byteCount: datagram.count)
            if proof.follow(sign, over: route, paths: &paths, now: now, generator: &generator) { owed.owePing() }
            // One response for each packet is never longer than what asked for it.
            if let challenge, owed.oweResponse(to: challenge, over: route) { proof.responds(over: route) }
            let path = paths.id(of: route)
            for frame in frames {
                switch frame {
                case .rekeyQuestion(let question) where era == .current:
                    try rekey.receive(question: question, generator: &generator, now: now)
                    liveness.exchanged(now: now)
                case .rekeyAnswer(let answer) where era == .current:
                    try rekey.receive(answer: answer, now: now)
                    liveness.exchanged(now: now)
                default:
                    if let code = try take(frame, of: opened.number, in: era, over: path, now: now, outputs: &outputs) {
                        return .success(.byPeer(code))
                    }
                }
            }
            rekey.adopt(current: &space)
            if rekey.takeWord(sent: space.sent.next, now: now) { owed.owePing() }
        } catch {
            return .success(.misbehaved(error))
        }
        return .success(nil)
    }

    // MARK: Ways

    /// The peer says to be at these addresses, best first: they are challenged, and the best that answers is used.
    mutating func invite(_ addresses: [SocketAddress], now: Instant) { paths.invite(addresses, now: now) }

    /// The peer is to be found behind this socket of a rendezvous.
    mutating func relay(over point: RelayPoint, rate: Int?, now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        let before = paths.mainID
        if let stale = paths.relay(over: point, rate: rate, now: now) {
            giveUp(stale, now: now, outputs: &outputs)
            // What was sent to the number before is asked for here (TR-194).
            if stale == before { owed.owePing() }
        }
        followLook(now: now, outputs: &outputs)
    }

    /// A rendezvous of our list carries nothing any more.
    mutating func relayLost(at place: Int, now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        let before = paths.mainID
        for path in paths.relayLost(at: place, now: now) {
            giveUp(path, now: now, outputs: &outputs)
        }
        noteMain(before: before, outputs: &outputs)
    }

    /// Our own addresses are others now: each way is asked from where we are, and the peer hears from us at once.
    mutating func networkChanged(now: Instant) {
        paths.forgive(now: now)
        owed.owePing()
    }

    private mutating func followLook(now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        let before = paths.mainID
        if let left = paths.look(now: now) { giveUp(left, now: now, outputs: &outputs) }
        noteMain(before: before, outputs: &outputs)
    }

    /// Another way is in use.
    private mutating func noteMain(before: PathID, outputs: inout Outputs<Endpoint.Output>) {
        guard paths.mainID != before else { return }
        proof.end()
        counts.pathChanges += 1
        // Who is on the other side learns the way by what comes over it.
        owed.owePing()
        outputs.append(.rerouted(id, paths.main.route))
    }

    /// When to call `handleTimeout` next. Written as a change, so that it is asked in place.
    var deadline: Instant? {
        mutating get {
            let waitingSince = waitingSince
            // An acknowledgement that may not leave is not waited for.
            let mayAcknowledge = packetLimit >= Self.packetMin
            var deadline = earliest(space.sent.deadline(paths.main.rtt), mayAcknowledge ? acknowledgesAt : nil)
            deadline = earliest(deadline, rekey.deadline(mayAsk: mayAsk, mayAcknowledge: mayAcknowledge, rtt: paths.main.rtt))
            deadline = earliest(deadline, liveness.deadline(waitingSince: waitingSince))
            deadline = earliest(deadline, earliest(finish?.nextAt, owed.greetsAt))
            deadline = earliest(deadline, overdueSince.map { $0 + Self.unacknowledgedMax })
            if packetLimit >= Self.packetMin, mayTalk {
                if outgoing.canSend(.bulk) { deadline = earliest(deadline, paths.updateMain { $0.bulkAt }) }
                if hasLive { deadline = earliest(deadline, paths.updateMain { $0.liveAt }) }
                if let due = outgoing.repetitionDueAt, let free = paths.updateMain({ $0.bulkAt }) {
                    deadline = earliest(deadline, max(due, free))
                }
            }
            // Where nothing else may go yet nobody is challenged either.
            if mayTalk { deadline = earliest(deadline, paths.deadline) }
            return earliest(deadline, proof.nextAt)
        }
    }

    /// Call at or after `deadline`, then `flush`.
    mutating func handleTimeout(now: Instant, outputs: inout Outputs<Endpoint.Output>) -> Ending? {
        // TR-223
        guard !rekey.isExpired(now: now) else { return .timedOut }
        settle(now: now, outputs: &outputs) { $0.handleLossTimeout(paths: &$1, now: now, into: &$2) }
        handleOldTimeout(now: now, outputs: &outputs)
        if rekey.takeWord(sent: space.sent.next, now: now) { owed.owePing() }
        if space.sent.takeProbe(paths.main.rtt, now: now) { owed.oweProbe() }
        followLook(now: now, outputs: &outputs)
        while let action = liveness.handleTimeout(waitingSince: waitingSince, now: now, random: &jitter) {
            switch action {
            case .keepalive: owed.oweKeepalive()
            // What already waits is repeated by its own timer.
            case .probe: ask()
            case .degraded: outputs.append(.degraded(id))
            case .dead: return .timedOut
            }
        }
        proof.handleTimeout(paths: paths, now: now)
        // It is heard, and never acknowledges, grants or proves: what waits for it would grow for ever.
        if let since = overdueSince, now - since >= Self.unacknowledgedMax { return .timedOut }
        return nil
    }

    /// Since when the peer owes an acknowledgement, credit, or a proof of its address (TR-180).
    @inline(__always) private var overdueSince: Instant? {
        earliest(earliest(waitingSince, outgoing.deniedSince), paths.allowance == nil ? nil : establishedAt)
    }

    /// When the oldest packet left that nobody has acknowledged.
    @inline(__always) private var waitingSince: Instant? { earliest(space.sent.oldestWaitingSince, rekey.old?.sent.oldestWaitingSince) }

    // MARK: Outgoing

    /// Makes all packets that are due and that the window allows.
    ///
    /// - Parameter isBulkLater: bulk is left for another call, after what others have that is live (TR-131).
    mutating func flush(
        isBulkLater: Bool = false, now: Instant, generator: inout SecretGenerator, limiter: inout UnprovenLimiter,
        outputs: inout Outputs<Endpoint.Output>
    ) {
        if rekey.hasDisclosures { for disclosure in rekey.takeDisclosures() { outputs.append(.keys(disclosure)) } }
        guard !rekey.isExpired(now: now) else { return }
        if let copy = finish?.takeCopy(now: now) { outputs.append(.transmit(copy, over: paths.main.route)) }
        guard mayTalk else { return }
        sendPathFrames(now: now, generator: &generator, limiter: &limiter, outputs: &outputs)
        sendRekeyFrames(now: now, outputs: &outputs)
        owed.greet(now: now)
        if paths.isInDoubt, let other = paths.shadowPath(now: now) { sendPresence(over: other, now: now, outputs: &outputs) }
        outgoing.dropRepetitions()
        if paths.main.isQueued(now: now) { outgoing.forgetDueRepetitions(now: now) }
        var mayProbeLength = !isBulkLater
        while packetLimit >= Self.packetMin {
            let isLiveWaiting = hasLive
            if mayProbeLength, !isLiveWaiting {
                mayProbeLength = false
                sendLengthProbe(now: now, outputs: &outputs)
            }
            let withLive = isLiveWaiting && paths.updateMain { $0.allowsLive(now: now) }
            // Bulk behind something live would go before what others have that is live.
            let isAlone = withLive && !outgoing.isTurnOfBulk && (isBulkLater || paths.updateMain { $0.isNarrow })
            if isAlone, outgoing.canSend(.bulk) { outgoing.passOverBulk() }
            let hasBulk = !isAlone && outgoing.canSend(.bulk) && paths.updateMain { $0.allowsBulk(now: now) }
            let isCopyDue = outgoing.repetitionDueAt.map { now >= $0 } ?? false
            let owesCopies = isCopyDue && paths.updateMain { $0.allowsBulk(now: now) }
            let probe = owedProbe(isBulkLater: isBulkLater)
            let owesLive = probe != nil || owesCopies
            // What else is owed rides with the bulk of the next call.
            let isLater = isBulkLater && hasBulk && !withLive
            let mustAcknowledge = acknowledgesAt.map { now >= $0 } ?? false
            let owes = owesLive || !isLater && (mustAcknowledge || owed.ping || incoming.owesCredit)
            guard withLive || hasBulk && !isLater || owes else { break }
            defer { if owesCopies { outgoing.forgetDueRepetitions(now: now) } }
            let withBulk = hasBulk && !isLater
            // What somebody sees goes in packets that every path carries (TR-113).
            let limit = withBulk && !withLive ? packetLimit : min(packetLimit, PathMTU.floor)
            if withLive, let copy = finish?.takeCopyForLive(now: now) { outputs.append(.transmit(copy, over: paths.main.route)) }
            sendPacket(withLive: withLive, withBulk: withBulk, probe: probe, limit: limit, now: now, outputs: &outputs)
        }
        if !outgoing.canSend(.bulk) { paths.updateMain { $0.ranDry() } }
        outgoing.watchCredit(now: now)
    }

    /// Where we did not dial the peer, data waits until it is heard from there.
    @inline(__always) private var mayTalk: Bool { finish?.isAlone != true }

    /// Longest packet that may go to the peer now, bytes.
    @inline(__always) private var packetLimit: Int { min(paths.main.mtu, (paths.allowance ?? .max) - Self.challengeReserve) }

    /// When an acknowledgement leaves that nothing else carries.
    @inline(__always) private var acknowledgesAt: Instant? {
        mutating get { space.acks.dueAt.map { max($0, paths.updateMain { $0.quietAt }) } }
    }

    /// Something waits that somebody sees.
    @inline(__always) private var hasLive: Bool {
        mutating get { hasPresence || outgoing.canSend(.control) || outgoing.canSend(.ops) }
    }

    /// There is presence to send, and it fits what may go.
    @inline(__always) private var hasPresence: Bool {
        guard let byteCount = presence.waitingCount else { return false }
        return paths.allowance == nil || byteCount + Self.packetMin <= packetLimit
    }

    /// What the probe that is owed repeats; nil where none is, or none may go yet.
    ///
    /// - Parameter isBulkLater: one that repeats bulk is bulk, and what others have that is live goes first (TR-131).
    @inline(__always) private func owedProbe(isBulkLater: Bool) -> [SentFrame]? {
        guard owed.probe else { return nil }
        let oldest = space.sent.oldestWaiting(limit: SendLanes.probeBytes)
        guard isBulkLater, oldest.contains(where: \.isBulk) else { return oldest }
        let live = oldest.filter { !$0.isBulk }
        return live.isEmpty ? nil : live
    }

    /// - Parameter probe: old data that goes once more, as copies; nil where no probe goes.
    private mutating func sendPacket(
        withLive: Bool, withBulk: Bool, probe: [SentFrame]?, limit: Int, now: Instant, outputs: inout Outputs<Endpoint.Output>
    ) {
        owed.packetBegins()
        var draft = space.begin(limit: limit)
        draft.borrow(&sentFrames)
        if space.acks.rides(now: now), draft.writeAcknowledgement(of: space.acks.received, delay: space.acks.delay(now: now)) {
            space.acks.sent(now: now)
        }
        if incoming.owesCredit { draft.writeCredit(incoming.takeCredit()) }
        if let probe { outgoing.writeProbe(of: probe, into: &draft) }
        if withLive || withBulk {
            let losses = Repeater.Losses(share: paths.main.losses.estimate, isSparing: thrift.isSparing)
            var line = SendLanes.Line(losses: losses, isRelay: paths.main.isRelay)
            if withLive {
                line.losses.areTogether = paths.main.losses.areTogether(now: now)
                line.isQueued = paths.main.isQueued(now: now)
                line.isNarrow = paths.main.isNarrow
            }
            outgoing.write(withLive: withLive, withBulk: withBulk, presence: &presence, line: line, into: &draft, now: now)
        } else {
            outgoing.writeRepetitions(into: &draft, now: now)
        }
        if owed.ping || probe != nil, draft.claim != .prompt { draft.writePing(length: probe == nil ? owed.pingBytes : Self.pingBytes) }
        owed.paid(withProbe: probe != nil)
        transmit(&draft, over: paths.main.route, path: paths.mainID, now: now, outputs: &outputs)
        if let other = paths.shadowPath(now: now) { sendCopy(of: draft.frames, over: other, now: now, outputs: &outputs) }
        draft.giveBack(&sentFrames, keeping: Self.framesKept)
    }

    /// While the way in use is in doubt, presence takes the other one: a value that comes twice would be news twice, and one that waits is old.
    private mutating func sendPresence(over id: PathID, now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        guard let route = paths[id]?.route, let value = presence.take() else { return }
        var draft = space.begin(limit: DataHeader.overhead + value.frameCount)
        draft.end(with: value)
        transmit(&draft, over: route, path: id, now: now, outputs: &outputs)
    }

    /// What a packet carried of the live lanes, once more and another way, while the way in use is in doubt (TR-64).
    private mutating func sendCopy(of frames: [SentFrame], over id: PathID, now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        guard let route = paths[id]?.route else { return }
        var left = frames[...]
        while !left.isEmpty {
            var draft = space.begin(limit: PathMTU.floor)
            outgoing.writeCopies(of: &left, into: &draft)
            guard !draft.frames.isEmpty else { return }
            transmit(&draft, over: route, path: id, now: now, outputs: &outputs)
        }
    }

    /// Challenges and responses travel alone, since they may go elsewhere.
    private mutating func sendPathFrames(
        now: Instant, generator: inout SecretGenerator, limiter: inout UnprovenLimiter, outputs: inout Outputs<Endpoint.Output>
    ) {
        for (challenge, route) in owed.takeResponses() {
            sendAlone(Frame.pathResponseType, challenge, over: route, now: now, outputs: &outputs)
        }
        if let (challenge, address) = proof.takeChallenge(paths: paths, pause: space.sent.probeTimeout(paths.main.rtt), now: now) {
            sendAlone(Frame.pathChallengeType, challenge, over: .direct(address), now: now, outputs: &outputs)
        }
        while paths.isCheckDue(now: now) {
            let challenge = generator.bytes(Frame.challengeCount)
            guard let path = paths.nextCheck(challenge: challenge, byteCount: Self.pingBytes, now: now) else { return }
            // What is not proved and not asked for is bounded over all connections: a member names the addresses.
            if let address = path.route.address, !path.isProven, !limiter.allows(address, now: now) { continue }
            // In answer to one that came it is no longer than that.
            let padding = path.isInvited && path.check?.isAnswering != true ? Self.checkBytes - Self.pingBytes : 0
            let frames = [UInt8](repeating: Frame.paddingType, count: padding) + [Frame.pathChallengeType] + challenge
            transmitAlone(frames, over: path.route, now: now, outputs: &outputs)
        }
    }

    private mutating func sendAlone(
        _ type: UInt8, _ body: [UInt8], over route: Route, now: Instant, outputs: inout Outputs<Endpoint.Output>
    ) {
        transmitAlone([type] + body, over: route, now: now, outputs: &outputs)
    }

    /// A packet of these frames, which nobody repeats.
    mutating func transmit(frames: [UInt8], now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        precondition(
            frames.count <= Limits.datagramBytes - DataHeader.overhead - 2, "a packet has room for fewer frames than \(frames.count) bytes")
        transmitAlone(frames, over: paths.main.route, now: now, outputs: &outputs)
    }

    private mutating func transmitAlone(_ frames: [UInt8], over route: Route, now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        var draft = space.begin(limit: DataHeader.overhead + frames.count)
        draft.write(frames)
        transmit(&draft, over: route, path: paths.id(of: route), now: now, outputs: &outputs)
    }

    /// The packet leaves.
    private mutating func transmit(
        _ draft: inout PacketDraft, over route: Route, path: PathID?, now: Instant, outputs: inout Outputs<Endpoint.Output>
    ) {
        draft.seal(with: space.keys)
        noteOut(draft.bytes, over: route, isPresence: draft.isPresence, outputs: &outputs)
        let claim = draft.claim
        space.sent.sent(byteCount: draft.bytes.count, claim: claim, frames: draft.frames, over: path, paths: &paths, now: now)
        if claim != .none { liveness.sentEliciting(now: now) }
    }

    private mutating func noteOut(_ packet: [UInt8], over route: Route, isPresence: Bool, outputs: inout Outputs<Endpoint.Output>) {
        counts.packetsOut += 1
        counts.bytesOut += UInt64(packet.count)
        if let left = paths.allowance, route == paths.main.route { paths.allowance = max(0, left - packet.count) }
        outputs.append(.transmit(packet, over: route, isPresence: isPresence))
    }

    // MARK: Incoming

    private mutating func take(
        _ frame: Frame, of number: UInt64, in era: Rekey.Era, over path: PathID?, now: Instant, outputs: inout Outputs<Endpoint.Output>
    ) throws(Misbehaviour) -> CloseCode? {
        switch frame {
        case .padding, .ping, .pathChallenge, .rekeyQuestion, .rekeyAnswer: break
        case .acknowledgement(let acknowledgement):
            try take(acknowledgement, in: era, over: path, now: now, outputs: &outputs)
            if paths.isInDoubt { followLook(now: now, outputs: &outputs) }
        case .stream(let lane, let slot, let offset, let data):
            let id = id
            try incoming.receive(lane, slot: slot, offset: offset, data: data) { stream, message in
                outputs.append(.message(message, lane: lane, stream: stream, on: id))
            }
        case .presence(let data):
            // An older one that comes late is of no use (TR-15).
            guard presence.receive(renewal: rekey.count - (era == .old ? 1 : 0), number: number) else { break }
            outputs.append(.presence(Array(data), on: id))
        case .close(let code): return code
        case .pathResponse(let response):
            switch proof.answered(response, paths: &paths) {
            case .proven: break
            case .movedToOtherHost:
                giveUp(paths.mainID, now: now, outputs: &outputs)
                // How far that host is tells its answer, also where nothing was on the way.
                owed.owePing()
            case .none:
                let before = paths.mainID
                _ = paths.answered(response, now: now)
                noteMain(before: before, outputs: &outputs)
            }
        case .maxData(let limit): outgoing.raiseCredit(to: limit)
        }
        return nil
    }

    /// Does what `judge` finds out about packets sent in a space.
    private mutating func settle<Failure: Error>(
        in era: Rekey.Era = .current, now: Instant, outputs: inout Outputs<Endpoint.Output>,
        judge: (inout LossRecovery, inout Paths, inout LossRecovery.Verdict) throws(Failure) -> Void
    ) throws(Failure) {
        var verdict = LossRecovery.Verdict()
        swap(&verdict, &self.verdict)
        switch era {
        case .current: try judge(&space.sent, &paths, &verdict)
        case .old: try rekey.old?.judge(&paths, &verdict, by: judge)
        }
        apply(verdict, in: era, outputs: &outputs)
        verdict.clear()
        swap(&verdict, &self.verdict)
    }

    private mutating func apply(_ verdict: LossRecovery.Verdict, in era: Rekey.Era, outputs: inout Outputs<Endpoint.Output>) {
        var newestPresence: UInt64 = 0
        for frame in verdict.acknowledged {
            switch frame {
            case .stream(let lane, let slot, let range, _): outgoing.acknowledge(range, slot: slot, of: lane)
            case .presence(let token): newestPresence = max(newestPresence, token)
            case .acknowledgement(let largest) where era == .old: rekey.old?.acks.forget(below: largest)
            case .acknowledgement(let largest): space.acks.forget(below: largest)
            case .maxData, .ping: break
            }
        }
        if presence.acknowledge(newestPresence) { outputs.append(.presenceAcknowledged(newestPresence, on: id)) }
        for frame in verdict.lost {
            switch frame {
            case .stream(let lane, let slot, let range, isCopy: false): outgoing.markLost(range, slot: slot, of: lane)
            case .maxData: incoming.repeatCredit()
            case .stream, .presence, .acknowledgement, .ping: break
            }
        }
        counts.packetsLost += UInt64(verdict.lostPackets)
        counts.packetsLostSpuriously += UInt64(verdict.spurious)
    }

    // MARK: Length

    /// While much bulk waits, a packet that asks whether the way in use carries longer ones (TR-110).
    private mutating func sendLengthProbe(now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        guard !thrift.isSparing, outgoing.pending(of: .bulk) >= Self.searchBytes, paths.allowance == nil, !paths.isInDoubt,
            outgoing.canSend(.bulk),
            paths.updateMain({ $0.allowsBulk(now: now) }), let size = paths.updateMain({ $0.nextProbe(now: now) })
        else { return }
        var draft = space.begin(limit: size)
        draft.writePing(length: size)
        transmit(&draft, over: paths.main.route, path: paths.mainID, now: now, outputs: &outputs)
        paths.updateMain { $0.sentProbe(now: now) }
    }
    /// Five probes cost a fifth of it: with less, longer packets save nothing.
    private static let searchBytes = 32 << 10

    // MARK: New keys

    /// The keys may not be used any more.
    func isExpired(now: Instant) -> Bool { rekey.isExpired(now: now) }

    /// True if a fresh receiver index is wanted, for new keys. Not a property: one that is read through a dictionary has all of us copied.
    mutating func wantsIndex(now: Instant) -> Bool { rekey.wantsIndex(sent: space.sent.next, now: now) }

    mutating func give(_ index: UInt32, generator: inout SecretGenerator, now: Instant) {
        rekey.give(index, ephemeral: generator.secret(), now: now)
    }

    var hasGoneIndices: Bool { rekey.hasGone }

    /// Receiver indices that lead here no more.
    mutating func takeGoneIndices() -> [UInt32] { rekey.takeGone() }

    /// The peer is known well enough to be asked for new keys.
    private var mayAsk: Bool { mutating get { packetLimit >= Self.packetMin && mayTalk } }

    /// Question or answer, and what is owed in the space before (TR-105).
    private mutating func sendRekeyFrames(now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        guard mayAsk else { return }
        if let frame = rekey.takeFrame(interval: space.sent.probeTimeout(paths.main.rtt), now: now) {
            transmitAlone(frame, over: paths.main.route, now: now, outputs: &outputs)
        }
        // Whoever slept comes here before the space is erased.
        guard let dueAt = rekey.old?.acks.dueAt, now >= dueAt, !rekey.isToErase(now: now), let draft = rekey.old?.acknowledge(now: now)
        else { return }
        noteOut(draft.bytes, over: paths.main.route, isPresence: false, outputs: &outputs)
        rekey.old?.sent.sent(byteCount: draft.bytes.count, claim: .none, frames: draft.frames, over: paths.mainID, paths: &paths, now: now)
    }

    private mutating func take(
        _ acknowledgement: Acknowledgement, in era: Rekey.Era, over path: PathID?, now: Instant, outputs: inout Outputs<Endpoint.Output>
    ) throws(Misbehaviour) {
        try settle(in: era, now: now, outputs: &outputs) { recovery, paths, verdict throws(Misbehaviour) in
            try recovery.acknowledge(acknowledgement, over: path, paths: &paths, now: now, into: &verdict)
        }
        guard era == .current, rekey.old != nil else { return }
        settle(in: .old, now: now, outputs: &outputs) { $0.judge(paths: &$1, now: now, into: &$2) }
    }

    /// What the space before has not acknowledged a probe timeout after its last packet, or when it ends, is sent again in the one in use (TR-222).
    private mutating func handleOldTimeout(now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        guard rekey.old != nil else { return }
        settle(in: .old, now: now, outputs: &outputs) { $0.handleLossTimeout(paths: &$1, now: now, into: &$2) }
        let isOver = rekey.isToErase(now: now)
        if rekey.old?.sent.takeProbe(paths.main.rtt, now: now) == true || isOver {
            settle(in: .old, now: now, outputs: &outputs) { $0.giveUpAll(paths: &$1, now: now, into: &$2) }
        }
        if isOver { rekey.erase() }
    }

    /// What went there is lost, and says nothing of any other path.
    private mutating func giveUp(_ path: PathID, now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        settle(now: now, outputs: &outputs) { $0.giveUp(path, paths: &$1, now: now, into: &$2) }
        if rekey.old != nil { settle(in: .old, now: now, outputs: &outputs) { $0.giveUp(path, paths: &$1, now: now, into: &$2) } }
    }

    // MARK: State for others

    var isDegraded: Bool { liveness.isDegraded }
    /// Something that the peer must answer has waited for a second.
    var isUnanswered: Bool { liveness.probingSince != nil }
    /// Smoothed; nil before the first sample.
    var roundTrip: Duration? {
        let rtt = paths.main.rtt
        return rtt.hasSample ? rtt.smoothed : nil
    }
    /// Where our packets go.
    var route: Route { paths.main.route }
    var localIndex: UInt32 { space.localIndex }
    /// What leads to us, also under keys that are not in use.
    var localIndices: [UInt32] { [space.localIndex] + rekey.indices }
    /// Bytes of messages that the peer has not acknowledged.
    var pendingBytes: Int { outgoing.pending }
    func pendingBytes(of lane: Lane) -> Int { outgoing.pending(of: lane) }
    var line: LineSight {
        let main = paths.main
        var sight = LineSight()
        (sight.roundTrip, sight.shortestRoundTrip) = (roundTrip, main.rtt.minimum)
        (sight.deliveryRate, sight.loss, sight.isRelay) = (main.deliveryRate, main.losses.estimate, main.isRelay)
        return sight
    }
    /// Bytes kept for messages that are not whole, for tests and metrics.
    var heldBytes: Int { Int(incoming.held) }

    func statistics(now: Instant) -> ConnectionStatistics {
        var result = counts
        result.route = paths.main.route
        result.routes = paths.known.filter(\.isProven).map(\.route)
        result.roundTrip = roundTrip
        result.lossEstimate = paths.main.losses.estimate
        result.pendingBytes = pendingBytes
        result.bytesInFlight = paths.known.reduce(0) { $0 + $1.bytesInFlight }
        result.packetsRemembered = space.sent.remembered + (rekey.old?.sent.remembered ?? 0)
        (result.window, result.mtu) = (paths.main.window, paths.main.mtu)
        result.renewals = rekey.count
        result.congestion = paths.main.congestion.view
        result.lastReceived = liveness.lastReceived
        result.unansweredSince = liveness.probingSince
        result.silence = liveness.probingSince.map { now - $0 }
        result.isDegraded = liveness.isDegraded
        (result.bytesRetransmitted, result.bytesRepeated) = (outgoing.bytesRetransmitted, outgoing.bytesRepeated)
        return result
    }

    var figures: LinkFigures {
        // Asked of a copy: it is written as a change.
        var copy = self
        return LinkFigures(
            paths: paths.known.map { PathFigures($0, isInUse: $0.id == paths.mainID) }, lanes: outgoing.figures, deadline: copy.deadline)
    }

    /// What stays behind to say goodbye.
    func closing(_ code: CloseCode, now: Instant) -> ClosingConnection {
        ClosingConnection(
            remoteIndex: space.remoteIndex, keys: space.keys, route: paths.main.route, code: code, window: space.window,
            next: space.sent.next, expiresAt: rekey.expiresAt, now: now)
    }
}
