import InkCrypto
import InkPrimitives

/// One secure connection with one peer: opens and seals packets, and moves what lanes and presence bring through them.
///
/// Inputs record what happened; `flush` then makes as many packets as the window allows, so that what was given together leaves together.
/// Keys and everything that depends on them are apart from lanes, so that a rekey can renew the one and keep the other.
struct Connection: Sendable {
    /// One message, bytes.
    static let messageMax = 131_072
    /// One presence value, bytes: fits a packet with an acknowledgement beside it.
    static let presenceMax = 1000
    /// Bytes of credit that bulk leaves to the lanes above it.
    private static let creditReserve: UInt64 = 256 << 10
    /// After so many packets of data without bulk, one begins with bulk.
    private static let bulkFloor = 7
    /// Bytes of old data in a probe.
    private static let probeBytes = 600
    /// A keepalive or probe is padded to this, so that a challenge is no longer than what caused it.
    private static let pingBytes = 40
    /// Type, slot, offset and length of a stream frame at their longest, bytes.
    private static let streamHeaderMax = 15
    /// Type of a presence frame, bytes.
    private static let presenceHeader = 1
    /// Bytes that the live lanes may have on the way beyond the window, so that bulk in it does not hold them up.
    private static let liveReserve = 16 << 10
    private static let owedResponsesMax = 4
    /// A packet that asks for an acknowledgement and is neither acknowledged nor lost for this long ends the connection; so do messages
    /// that lack nothing but credit, and an address that is not proved.
    static let unacknowledgedMax: Duration = .seconds(30)
    /// With this many bytes, any message may go.
    private static let creditEnough = creditReserve + UInt64(messageMax)
    /// What was begun has arrived but for so many bytes: then an honest peer has consumed it, and grants half a window beyond at least, so
    /// that whoever has no credit for a message is denied it. Not zero, since a few live bytes are always on the way; and little, so that
    /// a slow link passes it in time.
    private static let arrivedButFor = 16 << 10
    /// Bytes that may go to an address that is not proved, for each that came from it (RFC 9000 §8.1).
    static let amplification = 3
    /// Of these, what only challenges may take: four tries.
    private static let challengeReserve = pingBytes * 4
    /// Acknowledgement, credit and padded ping in one packet, bytes: less is no packet.
    private static let packetMin = 200

    let id: ConnectionID
    let remote: Remote
    let establishedAt: Instant
    let localIndex: UInt32
    private let remoteIndex: UInt32
    private let keys: TransportKeys
    private var address: SocketAddress
    private var window = SlidingWindow()
    private var recovery = LossRecovery()
    private var acks = AckTracker()
    private var congestion = CongestionWindow()
    private var lanes = [SendLane](repeating: SendLane(), count: Lane.allCases.count)
    private var incoming = ReceiveLanes()
    private var repeater = Repeater()
    private var liveness: Liveness
    private var jitter: SplitMix64
    /// Bytes of new messages that the peer has room for, and the sum it told us last.
    private var credit = ReceiveLanes.window
    private var creditLimit = ReceiveLanes.window
    private var packetsWithoutBulk = 0
    /// Presence: token last given out, the value that waits to leave, newest acknowledged, and the packet that brought the newest.
    private var presenceToken: UInt64 = 0
    private var presenceWaiting: [UInt8]?
    private var presenceAcknowledged: UInt64 = 0
    private var presenceReceived: UInt64?
    private var owesPing = false
    private var owesProbe = false
    private var owedResponses: [(challenge: [UInt8], to: SocketAddress)] = []
    private var path: PathValidation?
    /// Bytes that may still go to `address` while the peer has not proved that it is there; nil once it has.
    private var allowance: Int?
    /// Since when the peer denies the credit that it owes.
    private var deniedSince: Instant?
    private var finish: FinishRepetition?
    private(set) var counts: ConnectionStatistics

    /// Message 3, repeated until the responder's first packet comes.
    private struct FinishRepetition: Sendable {
        let packet: [UInt8]
        var interval: Duration
        var nextAt: Instant
        /// Times that it may still go to an address that we did not dial; nil where we did, as message 1 went there too.
        var copiesLeft: Int?
    }
    /// Copies of message 3, and nothing else, that go to an address that did not answer from where we dialled.
    private static let unprovenCopies = 3

    init(_ handshaken: Handshaken, id: ConnectionID, activity: Activity, jitter: SplitMix64, now: Instant) {
        self.id = id
        localIndex = handshaken.localIndex
        remote = handshaken.remote
        establishedAt = now
        remoteIndex = handshaken.remoteIndex
        keys = handshaken.keys
        address = handshaken.remote.address
        allowance = handshaken.allowance
        self.jitter = jitter
        liveness = Liveness(activity: activity, now: now, random: &self.jitter)
        if let roundTrip = handshaken.roundTrip { recovery.seed(roundTrip: roundTrip) }
        counts = ConnectionStatistics(
            remote: remote.peer, author: remote.author, address: remote.address, isInitiator: remote.isInitiator, establishedAt: now,
            lastReceived: now)
        if let packet = handshaken.finish {
            finish = FinishRepetition(
                packet: packet, interval: recovery.probeTimeout, nextAt: now,
                copiesLeft: handshaken.isDialled ? nil : Self.unprovenCopies)
        } else {
            // The responder's first packet tells the initiator that message 3 arrived.
            owesPing = true
        }
    }

    // MARK: Inputs

    mutating func send(_ message: [UInt8], lane: Lane, stream: UInt64) {
        precondition(message.count <= Self.messageMax, "a message has at most \(Self.messageMax) bytes, not \(message.count)")
        lanes[lane.slot].append(message, stream: stream)
    }

    mutating func sendPresence(_ bytes: [UInt8]) -> UInt64 {
        precondition(bytes.count <= Self.presenceMax, "presence has at most \(Self.presenceMax) bytes, not \(bytes.count)")
        precondition(!bytes.isEmpty, "presence says something")
        presenceToken += 1
        presenceWaiting = bytes
        return presenceToken
    }

    /// Takes back the presence that has not left; false if all has.
    mutating func takeBackPresence() -> Bool {
        defer { presenceWaiting = nil }
        return presenceWaiting != nil
    }

    mutating func setActivity(_ activity: Activity) { liveness.activity = activity }

    /// Asks the peer for a packet, if nothing on the way does so already.
    mutating func ask() { owesPing = owesPing || !recovery.isWaiting }

    /// Begins to challenge the address of the handshake, unless it is proven. One that we did not dial must be heard from first.
    mutating func proveAddress(now: Instant, generator: inout SecretGenerator) {
        guard allowance != nil, finish?.copiesLeft == nil else { return }
        path = PathValidation(address: address, challenge: generator.bytes(Frame.challengeCount), now: now)
    }

    /// Why a datagram changed nothing.
    enum RefusalError: Error { case forged, replayed }

    /// How the connection ends.
    enum Ending { case byPeer(CloseCode), misbehaved(Misbehaviour), timedOut }

    /// Takes a datagram that carries our index. Nothing changes unless its tag verifies (TR-8).
    mutating func receive(
        _ datagram: [UInt8], from: SocketAddress, now: Instant, generator: inout SecretGenerator, outputs: inout Outputs<Endpoint.Output>
    ) -> Result<Ending?, RefusalError> {
        guard let header = DataHeader(datagram) else { return .failure(.forged) }
        let newest = window.newest
        let number = header.number(expected: newest.map { $0 + 1 } ?? 0)
        guard window.accepts(number) else {
            counts.packetsReplayed += 1
            return .failure(.replayed)
        }
        var packet = datagram
        guard keys.open(&packet, headerCount: header.byteCount, counter: number) else {
            counts.packetsForged += 1
            return .failure(.forged)
        }
        window.commit(number)
        counts.packetsIn += 1
        counts.bytesIn += UInt64(datagram.count)
        finish = nil
        do throws(Misbehaviour) {
            let frames = try Self.frames(of: packet, from: header.byteCount)
            let claim = frames.lazy.map(\.claim).max() ?? .none
            if liveness.received(isAckEliciting: claim != .none, now: now) { outputs.append(.recovered(id)) }
            acks.receive(number, claim: claim, roundTrip: recovery.rtt.smoothed, now: now)
            followAddress(from, isNewest: newest.map { number > $0 } ?? true, byteCount: datagram.count, now: now, generator: &generator)
            // One response for each packet is never longer than what asked for it.
            if let challenge = frames.lazy.compactMap(\.challenge).first, owedResponses.count < Self.owedResponsesMax {
                owedResponses.append((challenge, from))
                // Response and own challenge together are not longer either.
                if path?.address == from { path?.received(byteCount: -Self.pingBytes) }
            }
            for frame in frames {
                if let code = try take(frame, of: number, from: from, now: now, outputs: &outputs) { return .success(.byPeer(code)) }
            }
        } catch {
            return .success(.misbehaved(error))
        }
        return .success(nil)
    }

    /// When to call `handleTimeout` next.
    var deadline: Instant? {
        let waitingSince = recovery.oldestWaitingSince
        // An acknowledgement that may not leave is not waited for.
        var deadline = earliest(recovery.deadline, packetLimit >= Self.packetMin ? acks.dueAt : nil)
        deadline = earliest(deadline, liveness.deadline(waitingSince: waitingSince))
        deadline = earliest(deadline, finish?.nextAt)
        deadline = earliest(deadline, overdueSince.map { $0 + Self.unacknowledgedMax })
        return earliest(deadline, path?.nextAt)
    }

    /// Call at or after `deadline`, then `flush`.
    mutating func handleTimeout(now: Instant, outputs: inout Outputs<Endpoint.Output>) -> Ending? {
        apply(recovery.handleLossTimeout(now: now), now: now, outputs: &outputs)
        if recovery.takeProbe(now: now) { owesProbe = true }
        while let action = liveness.handleTimeout(waitingSince: recovery.oldestWaitingSince, now: now, random: &jitter) {
            switch action {
            case .keepalive: owesPing = true
            // What already waits is repeated by its own timer.
            case .probe: owesPing = owesPing || !recovery.isWaiting
            case .degraded: outputs.append(.degraded(id))
            case .dead: return .timedOut
            }
        }
        if let waiting = path, waiting.address != address, waiting.isOver(now: now) { path = nil }
        // It is heard, and never acknowledges, grants or proves: what waits for it would grow for ever.
        if let since = overdueSince, now - since >= Self.unacknowledgedMax { return .timedOut }
        return nil
    }

    /// Since when the peer owes an acknowledgement, credit, or a proof of its address.
    private var overdueSince: Instant? {
        earliest(earliest(recovery.oldestWaitingSince, deniedSince), allowance == nil ? nil : establishedAt)
    }

    // MARK: Outgoing

    /// Makes all packets that are due and that the window allows.
    mutating func flush(now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        if var waiting = finish, now >= waiting.nextAt {
            outputs.append(.transmit(waiting.packet, to: address))
            waiting.nextAt = now + waiting.interval
            waiting.interval = min(waiting.interval.scaled(by: Dialer.growth), Dialer.intervalMax)
            if let left = waiting.copiesLeft {
                waiting.copiesLeft = left - 1
                if left == 1 { waiting.nextAt = .distantFuture }
            }
            finish = waiting
        }
        // Data waits until the peer is heard from there.
        if finish?.copiesLeft != nil { return }
        sendPathFrames(now: now, outputs: &outputs)
        while packetLimit >= Self.packetMin {
            let afterwards = recovery.bytesInFlight + Limits.datagramBytes
            let hasBulk = afterwards <= congestion.byteCount && canSend(.bulk)
            let hasLive = afterwards <= congestion.byteCount + Self.liveReserve && (hasPresence || canSend(.control) || canSend(.ops))
            let mustAcknowledge = acks.dueAt.map { now >= $0 } ?? false
            guard hasLive || hasBulk || mustAcknowledge || owesPing || owesProbe || incoming.owesCredit else { break }
            sendPacket(withLive: hasLive, withBulk: hasBulk, limit: packetLimit, now: now, outputs: &outputs)
        }
        watchCredit(now: now)
    }

    /// Longest packet that may go to the peer now, bytes.
    private var packetLimit: Int { min(Limits.datagramBytes, (allowance ?? .max) - Self.challengeReserve) }

    /// There is presence to send, and it fits what may go.
    private var hasPresence: Bool {
        guard let bytes = presenceWaiting else { return false }
        return allowance == nil || bytes.count + Self.presenceHeader + Self.packetMin <= packetLimit
    }

    private mutating func watchCredit(now: Instant) {
        let begun = lanes.reduce(0) { $0 + $1.pending - $1.waiting }
        let isDenied = credit < Self.creditEnough && begun < Self.arrivedButFor && Lane.allCases.contains(where: isBlocked)
        deniedSince = isDenied ? deniedSince ?? now : nil
    }

    private mutating func sendPacket(withLive: Bool, withBulk: Bool, limit: Int, now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        var packet: [UInt8] = []
        packet.reserveCapacity(Limits.datagramBytes)
        let number = recovery.next
        let headerCount = DataHeader.write(
            number, receiverIndex: remoteIndex, largestAcknowledged: recovery.largestAcknowledged, to: &packet)
        let limit = limit - DataHeader.tagCount
        var frames: [SentFrame] = []
        if acks.rides(now: now), let newest = acks.received.ranges.last,
            Acknowledgement.write(acks.received, delay: acks.delay(now: now), limit: 128, to: &packet)
        {
            frames.append(.acknowledgement(largest: newest.upperBound - 1))
            acks.sent(now: now)
        }
        if incoming.owesCredit {
            packet.append(Frame.maxDataType)
            packet.appendVarint(incoming.takeCredit())
            frames.append(.maxData)
        }
        if owesProbe { writeProbe(limit: min(limit, packet.count + Self.probeBytes), frames: &frames, packet: &packet) }
        var presence: [UInt8]?
        if withLive || withBulk {
            presence = writeData(
                number: number, limit: limit, withLive: withLive, withBulk: withBulk, frames: &frames, packet: &packet, now: now)
        }
        let rest = limit - (presence.map { $0.count + Self.presenceHeader } ?? 0)
        writeRepetitions(number: number, limit: rest, frames: &frames, packet: &packet)
        if owesPing || owesProbe, !frames.contains(where: { $0.claim == .prompt }) {
            packet.append(Frame.pingType)
            frames.append(.ping)
            packet += repeatElement(Frame.paddingType, count: max(0, Self.pingBytes - DataHeader.tagCount - packet.count))
        }
        (owesPing, owesProbe) = (false, false)
        if let presence {
            // Last, since it says no length.
            packet.append(Frame.presenceType)
            packet += presence
            frames.append(.presence(token: presenceToken))
        }
        let claim = frames.lazy.map(\.claim).max() ?? .none
        transmit(&packet, headerCount: headerCount, number: number, to: address, outputs: &outputs)
        recovery.sent(byteCount: packet.count, claim: claim, frames: frames, now: now)
        if claim != .none { liveness.sentEliciting(now: now) }
    }

    /// Strict priority with a floor for bulk (TR-14). Gives the presence for which room was left at the end of the packet.
    private mutating func writeData(
        number: UInt64, limit: Int, withLive: Bool, withBulk: Bool, frames: inout [SentFrame], packet: inout [UInt8], now: Instant
    ) -> [UInt8]? {
        var (limit, presence): (Int, [UInt8]?) = (limit, nil)
        let isBulkFirst = withBulk && packetsWithoutBulk >= Self.bulkFloor
        if isBulkFirst { write(.bulk, number: number, limit: limit, frames: &frames, packet: &packet, now: now) }
        if withLive {
            write(.control, number: number, limit: limit, frames: &frames, packet: &packet, now: now)
            write(.ops, number: number, limit: limit, frames: &frames, packet: &packet, now: now)
            if let bytes = presenceWaiting, packet.count + Self.presenceHeader + bytes.count <= limit {
                (presence, presenceWaiting) = (bytes, nil)
                limit -= Self.presenceHeader + bytes.count
            }
        }
        guard withBulk else { return presence }
        write(.bulk, number: number, limit: limit, frames: &frames, packet: &packet, now: now)
        let carriesBulk = frames.contains { if case .stream(.bulk, _, _, isCopy: false) = $0 { true } else { false } }
        packetsWithoutBulk = carriesBulk ? 0 : packetsWithoutBulk + 1
        return presence
    }

    private mutating func write(
        _ lane: Lane, number: UInt64, limit: Int, frames: inout [SentFrame], packet: inout [UInt8], now: Instant
    ) {
        while limit - packet.count > Self.streamHeaderMax {
            let reserve = lane == .bulk ? min(credit, Self.creditReserve) : 0
            var available = credit - reserve
            guard let piece = lanes[lane.slot].takeNext(limit: limit - packet.count - Self.streamHeaderMax, credit: &available) else {
                return
            }
            credit = available + reserve
            writeStream(lane, slot: piece.slot, range: piece.range, to: &packet)
            frames.append(.stream(lane, slot: piece.slot, range: piece.range, isCopy: false))
            if !piece.isNew { counts.bytesRetransmitted += UInt64(piece.range.count) }
            if piece.isNew, lane == .ops {
                repeater.sent(
                    slot: piece.slot, range: piece.range, number: number, lossEstimate: recovery.lossEstimate, now: now)
            }
        }
    }

    /// The oldest data without an acknowledgement, as copies.
    private mutating func writeProbe(limit: Int, frames: inout [SentFrame], packet: inout [UInt8]) {
        for case .stream(let lane, let slot, let range, _) in recovery.oldestWaiting(limit: Self.probeBytes) {
            let room = limit - packet.count - Self.streamHeaderMax
            guard room > 0 else { return }
            guard lanes[lane.slot].isMissing(range, slot: slot) else { continue }
            let part = range.lowerBound..<min(range.upperBound, range.lowerBound + UInt64(room))
            writeStream(lane, slot: slot, range: part, to: &packet)
            frames.append(.stream(lane, slot: slot, range: part, isCopy: true))
            counts.bytesRetransmitted += UInt64(part.count)
        }
    }

    private mutating func writeRepetitions(number: UInt64, limit: Int, frames: inout [SentFrame], packet: inout [UInt8]) {
        let ops = lanes[Lane.ops.slot]
        repeater.keep { ops.isMissing($0.source.range, slot: $0.source.slot) }
        var taken: Set<Repeater.Source> = []
        let end = min(Repeater.packetMax - DataHeader.tagCount, limit)
        while let piece = repeater.take(room: end - packet.count - Self.streamHeaderMax, before: number, taken: &taken) {
            writeStream(.ops, slot: piece.source.slot, range: piece.source.range, to: &packet)
            frames.append(.stream(.ops, slot: piece.source.slot, range: piece.source.range, isCopy: true))
            counts.bytesRepeated += UInt64(piece.source.range.count)
        }
    }

    private func writeStream(_ lane: Lane, slot: Int, range: Range<UInt64>, to packet: inout [UInt8]) {
        packet.append(Frame.streamType + lane.rawValue)
        packet.appendVarint(UInt64(slot))
        packet.appendVarint(range.lowerBound)
        packet.appendVarint(UInt64(range.count))
        lanes[lane.slot].copy(range, slot: slot, to: &packet)
    }

    private func canSend(_ lane: Lane) -> Bool {
        lanes[lane.slot].canSend(credit: credit(for: lane))
    }

    private func isBlocked(_ lane: Lane) -> Bool { lanes[lane.slot].isBlocked(credit: credit(for: lane)) }

    private func credit(for lane: Lane) -> UInt64 { lane == .bulk ? credit - min(credit, Self.creditReserve) : credit }

    /// Challenges and responses travel alone, since they may go elsewhere.
    private mutating func sendPathFrames(now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        for owed in owedResponses { sendAlone(Frame.pathResponseType, owed.challenge, to: owed.to, now: now, outputs: &outputs) }
        owedResponses = []
        // In place: a try that the budget forbids is a try all the same, else its timer would stand still.
        let payer = path?.address == address ? allowance : nil
        guard path?.takeTry(byteCount: Self.pingBytes, pause: recovery.probeTimeout, allowance: payer, now: now) == true,
            let waiting = path
        else { return }
        sendAlone(Frame.pathChallengeType, waiting.challenge, to: waiting.address, now: now, outputs: &outputs)
    }

    private mutating func sendAlone(
        _ type: UInt8, _ body: [UInt8], to destination: SocketAddress, now: Instant, outputs: inout Outputs<Endpoint.Output>
    ) {
        var packet: [UInt8] = []
        let number = recovery.next
        let headerCount = DataHeader.write(
            number, receiverIndex: remoteIndex, largestAcknowledged: recovery.largestAcknowledged, to: &packet)
        packet.append(type)
        packet += body
        transmit(&packet, headerCount: headerCount, number: number, to: destination, outputs: &outputs)
        recovery.sent(byteCount: packet.count, claim: .none, frames: [], now: now)
    }

    /// A packet of these frames, which nobody repeats.
    mutating func transmit(frames: [UInt8], now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        precondition(
            frames.count <= Limits.datagramBytes - DataHeader.overhead - 2, "a packet has room for fewer frames than \(frames.count) bytes")
        var packet: [UInt8] = []
        let number = recovery.next
        let headerCount = DataHeader.write(
            number, receiverIndex: remoteIndex, largestAcknowledged: recovery.largestAcknowledged, to: &packet)
        packet += frames
        transmit(&packet, headerCount: headerCount, number: number, to: address, outputs: &outputs)
        recovery.sent(byteCount: packet.count, claim: .none, frames: [], now: now)
    }

    private mutating func transmit(
        _ packet: inout [UInt8], headerCount: Int, number: UInt64, to destination: SocketAddress, outputs: inout Outputs<Endpoint.Output>
    ) {
        keys.seal(&packet, headerCount: headerCount, counter: number)
        counts.packetsOut += 1
        counts.bytesOut += UInt64(packet.count)
        if destination == address, let left = allowance { allowance = max(0, left - packet.count) }
        outputs.append(.transmit(packet, to: destination))
    }

    // MARK: Incoming

    private static func frames(of packet: [UInt8], from offset: Int) throws(Misbehaviour) -> [Frame] {
        var reader = ByteReader(packet, range: offset..<packet.count)
        var frames: [Frame] = []
        var acknowledges = false
        do throws(WireError) {
            while !reader.isAtEnd {
                let frame = try Frame(from: &reader)
                if case .acknowledgement = frame {
                    // One says all; a hundred in a packet would cost us a hundred times what they cost the peer (TR-31).
                    guard !acknowledges else { throw .unexpected }
                    acknowledges = true
                }
                if frame != .padding { frames.append(frame) }
            }
        } catch {
            throw .malformedFrame
        }
        return frames
    }

    private mutating func take(
        _ frame: Frame, of number: UInt64, from: SocketAddress, now: Instant, outputs: inout Outputs<Endpoint.Output>
    ) throws(Misbehaviour) -> CloseCode? {
        switch frame {
        case .padding, .ping, .pathChallenge: break
        case .acknowledgement(let acknowledgement):
            apply(try recovery.acknowledge(acknowledgement, now: now), now: now, outputs: &outputs)
        case .stream(let lane, let slot, let offset, let data):
            for (stream, message) in try incoming.receive(lane, slot: slot, offset: offset, data: data) {
                outputs.append(.message(message, lane: lane, stream: stream, on: id))
            }
        case .presence(let data):
            // An older one that comes late is of no use (TR-15).
            guard presenceReceived.map({ number > $0 }) ?? true else { break }
            presenceReceived = number
            outputs.append(.presence(data, on: id))
        case .close(let code): return code
        case .pathResponse(let challenge):
            guard let waiting = path, constantTimeEqual(waiting.challenge, challenge) else { break }
            // Another host is another path, and what was learned of the old one's capacity does not hold (RFC 9000 §9.4).
            if waiting.address.ip != address.ip { congestion = CongestionWindow() }
            address = waiting.address
            (path, allowance) = (nil, nil)
        case .maxData(let limit):
            guard limit > creditLimit else { break }
            credit += limit - creditLimit
            creditLimit = limit
        }
        return nil
    }

    private mutating func apply(_ verdict: LossRecovery.Verdict, now: Instant, outputs: inout Outputs<Endpoint.Output>) {
        var newestPresence: UInt64 = 0
        for frame in verdict.acknowledged {
            switch frame {
            case .stream(let lane, let slot, let range, _): lanes[lane.slot].acknowledge(range, slot: slot)
            case .presence(let token): newestPresence = max(newestPresence, token)
            case .acknowledgement(let largest): acks.forget(below: largest)
            case .maxData, .ping: break
            }
        }
        if newestPresence > presenceAcknowledged {
            presenceAcknowledged = newestPresence
            outputs.append(.presenceAcknowledged(newestPresence, on: id))
        }
        for frame in verdict.lost {
            switch frame {
            case .stream(let lane, let slot, let range, isCopy: false): lanes[lane.slot].markLost(range, slot: slot)
            case .maxData: incoming.repeatCredit()
            case .stream, .presence, .acknowledgement, .ping: break
            }
        }
        if verdict.acknowledgedBytes > 0 { congestion.acknowledged(verdict.acknowledgedBytes) }
        if let sentAt = verdict.newestLostSentAt { congestion.lost(sentAt: sentAt, now: now) }
        counts.packetsLost += UInt64(verdict.lostPackets)
        counts.packetsLostSpuriously += UInt64(verdict.spurious)
    }

    /// Follows the peer to a new address only for its newest packet and only after a challenge (TR-9).
    private mutating func followAddress(
        _ from: SocketAddress, isNewest: Bool, byteCount: Int, now: Instant, generator: inout SecretGenerator
    ) {
        guard from != address else {
            // It still sends from where it was: whoever copied a packet to elsewhere lost the race.
            if isNewest, path?.address != address { path = nil }
            guard let left = allowance else { return }
            allowance = left + Self.amplification * byteCount
            if path == nil { proveAddress(now: now, generator: &generator) }
            return
        }
        // Where the address of the handshake was not proved and does not answer, the peer may be where its packets come from.
        let isOpen = path.map { $0.address == address && $0.tries > 1 } ?? true
        if path?.address == from {
            path?.received(byteCount: byteCount)
        } else if isNewest, isOpen {
            // From the secret stream: whoever has seen one challenge must not know the next.
            var fresh = PathValidation(address: from, challenge: generator.bytes(Frame.challengeCount), now: now)
            fresh.received(byteCount: byteCount)
            path = fresh
        }
    }

    // MARK: State for others

    var isDegraded: Bool { liveness.isDegraded }
    /// Something that the peer must answer has waited for a second.
    var isUnanswered: Bool { liveness.probingSince != nil }
    /// Smoothed; nil before the first sample.
    var roundTrip: Duration? { recovery.rtt.hasSample ? recovery.rtt.smoothed : nil }
    /// Where our packets go.
    var ip: IPAddress { address.ip }
    /// Bytes of messages that the peer has not acknowledged.
    var pendingBytes: Int { lanes.reduce(0) { $0 + $1.pending } }
    /// Bytes kept for messages that are not whole, for tests and metrics.
    var heldBytes: Int { Int(incoming.held) }

    func statistics(now: Instant) -> ConnectionStatistics {
        var result = counts
        result.address = address
        result.roundTrip = roundTrip
        result.lossEstimate = recovery.lossEstimate
        result.pendingBytes = pendingBytes
        result.bytesInFlight = recovery.bytesInFlight
        result.packetsRemembered = recovery.remembered
        result.window = congestion.byteCount
        result.lastReceived = liveness.lastReceived
        result.unansweredSince = liveness.probingSince
        result.silence = liveness.probingSince.map { now - $0 }
        result.isDegraded = liveness.isDegraded
        return result
    }

    /// What stays behind to say goodbye.
    func closing(_ code: CloseCode, now: Instant) -> ClosingConnection {
        ClosingConnection(
            remoteIndex: remoteIndex, keys: keys, address: address, code: code, window: window, next: recovery.next, now: now)
    }
}
