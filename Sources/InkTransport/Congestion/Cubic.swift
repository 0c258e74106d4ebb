import InkPrimitives

/// CUBIC's window in avoidance (RFC 9438 §4), for TR-82.
///
/// *Departure from RFC 9438.* A loss takes 22 % of the window, where §4.6 takes 30 %: packets of one who paces are spread over the round trip, and more of
/// them meet a full queue than of a burst, of which the first ones find room. What the estimate of Reno's window grows by follows from it as in §4.3.
struct Cubic: Sendable {
    private var windowMax = 0.0
    private var epoch: Instant?
    private var k = 0.0
    private var estimate = 0.0

    private static let beta = 0.78
    private static let c = 0.4
    /// That of those beside which we stand.
    private static let packet = 1500.0

    /// The window in bytes after an acknowledgement of so many.
    mutating func grown(_ window: Double, by byteCount: Int, roundTrip: Duration, now: Instant) -> Double {
        let (packets, seconds) = (window / Self.packet, Double(roundTrip.nanoseconds) / 1e9)
        if epoch == nil {
            epoch = now
            if windowMax < packets { (windowMax, k) = (packets, 0) } else { k = Self.cubeRoot((windowMax - packets) / Self.c) }
            estimate = packets
        }
        let time = Double((now - (epoch ?? now)).nanoseconds) / 1e9 + seconds - k
        let part = Double(byteCount) / window
        let target = min(max(packets, Self.c * time * time * time + windowMax), 1.5 * packets)
        estimate += 3 * (1 - Self.beta) / (1 + Self.beta) * part
        return max(packets + (target - packets) * part, min(estimate, packets + part)) * Self.packet
    }

    /// The window after a loss.
    mutating func reduced(_ window: Double) -> Double {
        let packets = window / Self.packet
        windowMax = packets < windowMax ? packets * (1 + Self.beta) / 2 : packets
        epoch = nil
        return window * Self.beta
    }

    /// From here on.
    mutating func start(at window: Double, now: Instant) { (windowMax, epoch) = (window / Self.packet, nil) }

    /// So long nothing was sent by it.
    mutating func resume(after span: Duration) { epoch = epoch.map { $0 + span } }

    private static func cubeRoot(_ value: Double) -> Double {
        var root = max(1, value / 3)
        for _ in 0..<40 { root = (2 * root + value / (root * root)) / 3 }
        return root
    }
}
