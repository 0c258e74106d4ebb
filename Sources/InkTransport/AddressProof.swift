import InkCrypto
import InkPrimitives

/// Whether the peer is where the handshake came through, or where its newest packet came from instead: challenges, and who is followed (TR-3,
/// TR-157, TR-9).
struct AddressProof: Sendable {
    /// Bytes that may go to an address that is not proved, for each that came from it (RFC 9000 §8.1; TR-158).
    static let amplification = 3
    /// Between two pings over the way in use to a peer that takes another one (TR-191).
    private static let otherWayPause: Duration = .seconds(1)

    /// The address that is challenged; nil for none.
    private var validation: PathValidation?
    /// When the way in use was last asked since the peer takes another one.
    private var otherWayAskedAt = Instant.distantPast

    /// When a challenge is due, or the last one has been in vain.
    var nextAt: Instant? { @inline(__always) get { validation?.nextAt } }

    /// Begins to challenge the address of the handshake, unless it is proven.
    mutating func begin(paths: borrowing Paths, now: Instant, generator: inout SecretGenerator) {
        guard paths.allowance != nil, let address = paths.main.route.address else { return }
        validation = PathValidation(address: address, challenge: generator.bytes(Frame.challengeCount), now: now)
    }

    /// Another way is in use.
    mutating func end() { validation = nil }

    /// What a packet is, for who asks whether to follow it.
    struct Sign {
        let isNewest: Bool
        /// It only asks about the way.
        let isProbing: Bool
        let hasChallenge: Bool
        let byteCount: Int
    }

    /// Follows the peer to a new address only for its newest packet and only after a challenge (TR-9). What only asks about the way, and what comes
    /// where a relay is in use, makes a further one known.
    ///
    /// - Returns: true if the way in use should be asked for a sign of life.
    mutating func follow(_ sign: Sign, over route: Route, paths: inout Paths, now: Instant, generator: inout SecretGenerator) -> Bool {
        // What its own challenge is answered with is paid for first.
        let credit = sign.hasChallenge ? sign.byteCount - PacketDraft.pingBytes : sign.byteCount
        if let id = paths.id(of: route) {
            paths.received(over: id, byteCount: credit, isChallenge: sign.hasChallenge, now: now)
            guard id == paths.mainID else {
                // It takes another way than we do: ours may be dead, which shows only if something on it wants an acknowledgement. Not with each
                // packet: where each side finds another way better it stays so.
                guard sign.isNewest, !sign.isProbing, paths.main.waitingSince == nil, now >= otherWayAskedAt + Self.otherWayPause else {
                    return false
                }
                otherWayAskedAt = now
                return true
            }
            // It still sends from where it was: whoever copied a packet to elsewhere lost the race.
            if sign.isNewest, validation?.address != route.address { validation = nil }
            guard let left = paths.allowance else { return false }
            paths.allowance = left + Self.amplification * sign.byteCount
            if validation == nil { begin(paths: paths, now: now, generator: &generator) }
            return false
        }
        guard let from = route.address, !paths.main.isRelay, !sign.isProbing else {
            paths.heard(from: route, byteCount: credit, now: now)
            return false
        }
        // Where the address of the handshake was not proved and does not answer, the peer may be where its packets come from (TR-168).
        let isOpen = validation.map { $0.address == paths.main.route.address && $0.tries > 1 } ?? true
        if validation?.address == from {
            validation?.received(byteCount: sign.byteCount)
        } else if sign.isNewest, isOpen {
            // From the secret stream: whoever has seen one challenge must not know the next.
            var fresh = PathValidation(address: from, challenge: generator.bytes(Frame.challengeCount), now: now)
            fresh.received(byteCount: sign.byteCount)
            validation = fresh
        }
        return false
    }

    /// A challenge of the peer came this way and is answered: response and own challenge together are no longer than what came.
    mutating func responds(over route: Route) {
        if let address = route.address, validation?.address == address { validation?.received(byteCount: -PacketDraft.pingBytes) }
    }

    /// What a response says.
    enum Answer {
        /// It answers no challenge of ours.
        case none
        /// The peer is where the challenge went: there our packets go.
        case proven
        /// It is, and that is another host: what is on the way to the one before is lost.
        case movedToOtherHost
    }

    mutating func answered(_ response: [UInt8], paths: inout Paths) -> Answer {
        guard let waiting = validation, constantTimeEqual(waiting.challenge, response) else { return .none }
        validation = nil
        return paths.moveMain(to: waiting.address) ? .movedToOtherHost : .proven
    }

    /// The challenge that is due and paid for, and where it goes.
    ///
    /// - Parameter pause: until the next one.
    mutating func takeChallenge(paths: borrowing Paths, pause: Duration, now: Instant) -> (challenge: [UInt8], address: SocketAddress)? {
        let payer = validation.map { $0.address == paths.main.route.address } == true ? paths.allowance : nil
        // In place: a try that the budget forbids is a try all the same, else its timer would stand still.
        guard validation?.takeTry(byteCount: PacketDraft.pingBytes, pause: pause, allowance: payer, now: now) == true,
            let waiting = validation
        else { return nil }
        return (waiting.challenge, waiting.address)
    }

    /// Nobody answers at the new address.
    mutating func handleTimeout(paths: borrowing Paths, now: Instant) {
        if let waiting = validation, waiting.address != paths.main.route.address, waiting.isOver(now: now) { validation = nil }
    }
}
