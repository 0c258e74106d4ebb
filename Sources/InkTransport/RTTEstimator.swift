import InkPrimitives

/// Smoothed round-trip time and its variation (RFC 9002 §5).
struct RTTEstimator: Hashable, Sendable {
    /// Starts at 333 ms (RFC 9002 §6.2.2).
    private(set) var smoothed: Duration = .milliseconds(333)
    private(set) var variation: Duration = .milliseconds(166)
    private(set) var latest: Duration = .milliseconds(333)
    /// Smallest sample on this path; nil before the first.
    private(set) var minimum: Duration?

    /// True once anything was measured.
    var hasSample: Bool { minimum != nil }

    /// Takes one sample.
    ///
    /// - Parameters:
    ///   - sample: send-to-acknowledgement time of the newest acknowledged packet on our own clock; not negative.
    ///   - ackDelay: how long the peer says it held the acknowledgement, already bounded.
    mutating func observe(_ sample: Duration, ackDelay: Duration) {
        // Two datagrams may be handled at one instant; the arithmetic below wants something positive.
        let sample = max(sample, .microseconds(1))
        latest = sample
        guard let oldMinimum = minimum else {
            (minimum, smoothed, variation) = (sample, sample, sample / 2)
            return
        }
        let newMinimum = min(oldMinimum, sample)
        minimum = newMinimum
        // A peer that exaggerates its delay must not push the estimate under the path's floor (RFC 9002 §5.3).
        let adjusted = sample >= newMinimum + ackDelay ? sample - ackDelay : sample
        let deviation = smoothed > adjusted ? smoothed - adjusted : adjusted - smoothed
        variation = variation * 3 / 4 + deviation / 4
        smoothed = smoothed * 7 / 8 + adjusted / 8
    }

    /// Span after which the newest packet is probed for, without back-off.
    ///
    /// RFC 9002 §6.2.1 says srtt + max(4 × variation, 1 ms) + max_ack_delay. We probe earlier, max(1.25 × srtt, srtt + 2 × variation +
    /// 1 ms): a probe of 600 bytes costs little and a stroke that waits is seen.
    func probeTimeout(ackDelayMax: Duration) -> Duration {
        max(smoothed * 5 / 4, smoothed + variation * 2 + .milliseconds(1)) + ackDelayMax
    }
}
