import InkPrimitives

/// Message 3, which the initiator repeats until the responder's first packet comes (TR-215).
///
/// All that follows is sealed by it: where it is lost, so is what was sent meanwhile.
struct HandshakeFinish: Sendable {
    /// Copies that go to an address that did not answer from where we dialled (TR-159).
    private static let unprovenCopies = 3
    /// Packets that are closer to each other are often lost together.
    private static let livePause: Duration = .milliseconds(8)
    /// The responder's first word waits 5 ms, and both have to reckon.
    private static let answerTime: Duration = .milliseconds(20)

    private let packet: [UInt8]
    private var interval: Duration
    /// When the next copy leaves.
    private(set) var nextAt: Instant
    /// Times that it may still go to an address that we did not dial; nil where we did, as message 1 went there too.
    private var copiesLeft: Int?
    /// From when on a copy goes before something live, once.
    private var liveAt: Instant

    /// Nothing else may go there before the peer is heard from.
    var isAlone: Bool { copiesLeft != nil }

    /// - Parameter roundTrip: as far as it is known; the second copy leaves a quarter of it after the first could be answered, which leaves at once.
    init(packet: [UInt8], isDialled: Bool, roundTrip: Duration, now: Instant) {
        (self.packet, interval, nextAt) = (packet, roundTrip * 5 / 4 + Self.answerTime, now)
        copiesLeft = isDialled ? nil : Self.unprovenCopies
        liveAt = isDialled ? now + Self.livePause : .distantFuture
    }

    /// The copy that is due, if one is.
    mutating func takeCopy(now: Instant) -> [UInt8]? {
        guard now >= nextAt else { return nil }
        nextAt = now + interval
        interval = min(interval.scaled(by: Dialer.growth), Dialer.intervalMax)
        if let left = copiesLeft {
            copiesLeft = left - 1
            if left == 1 { nextAt = .distantFuture }
        }
        return packet
    }

    /// The copy that goes before something live, if one does.
    mutating func takeCopyForLive(now: Instant) -> [UInt8]? {
        guard now >= liveAt else { return nil }
        liveAt = .distantFuture
        return packet
    }
}
