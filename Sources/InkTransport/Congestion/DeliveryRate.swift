import InkPrimitives

/// How fast a path delivers, sampled with each acknowledgement (draft-cheng-iccrg-delivery-rate-estimation).
struct DeliveryRate: Sendable {
    /// What was known when a packet left.
    struct Stamp: Hashable, Sendable {
        /// Bytes that had arrived.
        var delivered: Int
        /// When the last of them was acknowledged, and when the packet left that this told of.
        var deliveredAt: Instant
        var firstSentAt: Instant
        /// The sender had less to send than it could.
        var isLimited: Bool
    }

    /// Bytes known to have arrived.
    private(set) var delivered = 0
    private var deliveredAt: Instant = .distantPast
    private var firstSentAt: Instant = .distantPast
    /// Packets that left before so many bytes had arrived are limited by what there was to send; 0: none are.
    private var limitedUntil = 0
    /// The newest of the packets that the acknowledgement at hand names.
    private var newest: (stamp: Stamp, sentAt: Instant)?

    /// A packet leaves.
    mutating func sent(bytesInFlight: Int, now: Instant) -> Stamp {
        if bytesInFlight == 0 { (firstSentAt, deliveredAt) = (now, now) }
        return Stamp(delivered: delivered, deliveredAt: deliveredAt, firstSentAt: firstSentAt, isLimited: delivered < limitedUntil)
    }

    /// There is nothing more to send, though more could be.
    mutating func ranDry(bytesInFlight: Int) { limitedUntil = delivered + bytesInFlight + 1 }

    /// A packet has arrived; call `take` after all of one acknowledgement.
    mutating func acknowledged(_ byteCount: Int, _ stamp: Stamp, sentAt: Instant, now: Instant) {
        delivered += byteCount
        deliveredAt = now
        if newest.map({ stamp.delivered >= $0.stamp.delivered && sentAt >= $0.sentAt }) ?? true { newest = (stamp, sentAt) }
    }

    struct Sample: Sendable {
        /// Bytes a second; nil where the packets say too little.
        var rate: Double?
        var isLimited: Bool
        /// Bytes that had arrived when the newest packet left.
        var priorDelivered: Int
    }

    /// What an acknowledgement says.
    ///
    /// - Parameter floor: over less time than the shortest round trip nothing can be said.
    mutating func take(floor: Duration, now: Instant) -> Sample? {
        guard let (stamp, sentAt) = newest else { return nil }
        newest = nil
        firstSentAt = sentAt
        let span = max(sentAt - stamp.firstSentAt, now - stamp.deliveredAt)
        let rate = span >= floor && span > .zero ? Double(delivered - stamp.delivered) * 1e9 / Double(span.nanoseconds) : nil
        return Sample(rate: rate, isLimited: stamp.isLimited, priorDelivered: stamp.delivered)
    }
}

/// The greatest of what was seen over a span, in two halves: what is older than the span is forgotten, and nothing younger than half of it.
struct WindowedExtreme<Value: Comparable & Sendable>: Sendable {
    private let span: Duration
    private let isBetter: @Sendable (Value, Value) -> Bool
    private var older: Value?
    private var newer: Value?
    private var turnsAt: Instant = .distantPast

    init(over span: Duration, _ isBetter: @escaping @Sendable (Value, Value) -> Bool) { (self.span, self.isBetter) = (span, isBetter) }

    var value: Value? {
        guard let older, let newer else { return older ?? newer }
        return isBetter(older, newer) ? older : newer
    }

    mutating func take(_ value: Value, now: Instant) {
        if now >= turnsAt + span / 2 {
            (older, newer, turnsAt) = (nil, nil, now + span / 2)
        } else if now >= turnsAt {
            (older, newer, turnsAt) = (newer, nil, turnsAt + span / 2)
        }
        if newer.map({ isBetter(value, $0) }) ?? true { newer = value }
    }

    mutating func forget() { (older, newer) = (nil, nil) }
}
