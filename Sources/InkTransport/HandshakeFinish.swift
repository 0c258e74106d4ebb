import InkPrimitives

/// Message 3, which the initiator repeats until the responder's first packet comes.
struct HandshakeFinish: Sendable {
    /// Copies that go to an address that did not answer from where we dialled.
    private static let unprovenCopies = 3

    private let packet: [UInt8]
    private var interval: Duration
    /// When the next copy leaves.
    private(set) var nextAt: Instant
    /// Times that it may still go to an address that we did not dial; nil where we did, as message 1 went there too.
    private var copiesLeft: Int?

    /// Nothing else may go there before the peer is heard from.
    var isAlone: Bool { copiesLeft != nil }

    /// - Parameter interval: between the first copy, which leaves at once, and the second.
    init(packet: [UInt8], isDialled: Bool, interval: Duration, now: Instant) {
        (self.packet, self.interval, nextAt) = (packet, interval, now)
        copiesLeft = isDialled ? nil : Self.unprovenCopies
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
}
