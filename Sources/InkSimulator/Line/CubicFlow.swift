import InkPrimitives

/// A bulk transfer as TCP does it with CUBIC (RFC 9438; SM-71), slow start that ends by delay (HyStart, RFC 9406 without its phases), NewReno's view
/// of losses by selective acknowledgements, and no pacing: what most of the net's traffic behaves like.
///
/// It says again some of what the link's own controller says (`Cubic` in InkTransport), on purpose: it is the yardstick, and stands apart from what is
/// measured by it. A mistake there, or a change, moves nothing here.
package struct CubicFlow {
    /// Bytes of a segment with its headers, less what a `Bottleneck` adds.
    package static let packetBytes = 1500 - 28
    package static let payloadBytes = 1448
    package static let acknowledgementBytes = 52 - 28

    private var window = 10.0
    private var threshold = Double.infinity
    private var nextNumber = 0
    private var outstanding: [(number: Int, sentAt: Instant)] = []
    private var roundTripMin: Duration = .seconds(100)
    private var roundTrip: Duration = .milliseconds(200)
    /// Losses of packets below this number are one event.
    private var recoverUntil = 0
    // CUBIC's curve.
    private var windowMax = 0.0
    private var epoch: Instant?
    private var k = 0.0
    private var estimate = 0.0
    private var lastAcknowledged: Instant = .distantPast
    package private(set) var acknowledged = 0
    package private(set) var lost = 0

    private static let beta = 0.7
    private static let c = 0.4

    package init() {}

    package var canSend: Bool { Double(outstanding.count) < window }

    package mutating func send(now: Instant) -> Int {
        defer { nextNumber += 1 }
        if outstanding.isEmpty { lastAcknowledged = now }
        outstanding.append((nextNumber, now))
        return nextNumber
    }

    /// When nothing was acknowledged for so long all is lost.
    package var deadline: Instant? { outstanding.isEmpty ? nil : lastAcknowledged + max(.milliseconds(200), roundTrip * 2) }

    package mutating func handleTimeout(now: Instant) {
        guard let deadline, now >= deadline else { return }
        lost += outstanding.count
        outstanding = []
        threshold = max(2, window * Self.beta)
        window = 1
        (windowMax, epoch, lastAcknowledged) = (threshold, nil, now)
        recoverUntil = nextNumber
    }

    package mutating func acknowledge(_ number: Int, now: Instant) {
        guard let index = outstanding.firstIndex(where: { $0.number == number }) else { return }
        let sample = now - outstanding[index].sentAt
        roundTripMin = min(roundTripMin, sample)
        roundTrip = roundTrip * 7 / 8 + sample / 8
        lastAcknowledged = now
        acknowledged += 1
        outstanding.remove(at: index)
        // Three later ones arrived.
        let gone = outstanding.prefix(while: { $0.number + 3 <= number })
        if let last = gone.last {
            lost += gone.count
            outstanding.removeFirst(gone.count)
            if last.number >= recoverUntil {
                windowMax = window < windowMax ? window * (1 + Self.beta) / 2 : window
                window = max(2, window * Self.beta)
                (threshold, epoch, recoverUntil) = (window, nil, nextNumber)
            }
        }
        guard number >= recoverUntil else { return }
        if window < threshold {
            window += 1
            if sample > roundTripMin + min(max(roundTripMin / 8, .milliseconds(4)), .milliseconds(16)), window > 16 { threshold = window }
            return
        }
        if epoch == nil {
            epoch = now
            if windowMax < window { (windowMax, k) = (window, 0) } else { k = Self.cubeRoot((windowMax - window) / Self.c) }
            estimate = window
        }
        let time = (now - (epoch ?? now)).milliseconds / 1000 + roundTrip.milliseconds / 1000
        let target = min(max(window, Self.c * (time - k) * (time - k) * (time - k) + windowMax), 1.5 * window)
        estimate += 3 * (1 - Self.beta) / (1 + Self.beta) / window
        window = max(window + (target - window) / window, min(estimate, window + 1))
    }

    private static func cubeRoot(_ value: Double) -> Double {
        var root = max(1, value / 3)
        for _ in 0..<40 { root = (2 * root + value / (root * root)) / 3 }
        return root
    }
}
