import InkPrimitives

/// Lets packets leave at a rate, a few at a time (TR-83, TR-88).
struct Pacer: Sendable {
    /// When the line of the pacer is free; what is before `now` by more than the burst is forgotten.
    private var freeAt: Instant = .distantPast
    private var sentAt: Instant = .distantPast

    /// Two packets leave at once where one takes no longer than this: what the second waits tells of the line.
    static let pairTime: Duration = .milliseconds(10)
    /// The bytes of such a time may leave at once: timers are no finer.
    private static let burstTime: Duration = .milliseconds(1)

    /// True if a packet may leave now (TR-130).
    ///
    /// - Parameter isAlone: no two leave at once.
    func allows(rate: Double, isAlone: Bool = false, now: Instant) -> Bool { freeAt - now <= burst(rate, isAlone: isAlone) }

    /// When the next may.
    func next(rate: Double, isAlone: Bool = false) -> Instant { freeAt - burst(rate, isAlone: isAlone) }

    /// When something live may, which another packet on the line would only keep waiting there.
    func nextLive(rate: Double) -> Instant { min(freeAt - Self.liveLead, sentAt + Self.liveWaitMax) }
    private static let liveLead: Duration = .milliseconds(20)
    private static let liveWaitMax: Duration = .milliseconds(150)

    /// - Parameter isAlone: nothing else is on the way: all but a packet of what left before has arrived, whatever the rate says.
    mutating func sent(_ byteCount: Int, rate: Double, isAlone: Bool = false, now: Instant) {
        sentAt = now
        freeAt = max(freeAt, now)
        if isAlone { freeAt = min(freeAt, now + span(Limits.datagramBytes, rate)) }
        freeAt = freeAt + span(byteCount, rate)
    }

    /// A packet leaves that asks for nothing (TR-208): it takes its time of the line, and holds nothing up (RFC 9002 §7.7). With many a second, on a
    /// way of which little is thought, all the pace was theirs.
    mutating func sentQuietly(_ byteCount: Int, rate: Double, now: Instant) {
        freeAt = max(freeAt, min(max(freeAt, now) + span(byteCount, rate), now + burst(rate, isAlone: false)))
    }

    private func burst(_ rate: Double, isAlone: Bool) -> Duration {
        let packet = span(Limits.datagramBytes, rate)
        return isAlone && packet <= Self.pairTime ? Self.burstTime : max(Self.burstTime, min(Self.pairTime, packet))
    }

    private func span(_ byteCount: Int, _ rate: Double) -> Duration { .nanoseconds(Int64(Double(byteCount) * 1e9 / max(rate, 100))) }
}
