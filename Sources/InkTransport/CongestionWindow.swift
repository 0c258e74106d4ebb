import InkPrimitives

/// How many bytes may be on the way. **A placeholder for congestion control**: it keeps a burst from overrunning the receiver's socket
/// buffer and yields to heavy loss, and its three inputs are all that a real controller needs.
///
/// Starts at 64 packets, grows by what is acknowledged, halves at most once per round trip on loss, never below 32 packets, since at that
/// size loss is more likely radio than a queue. Over a relay, which says how much it carries, it starts at 10
/// and is never below 2; `Path` bounds it.
struct CongestionWindow: Sendable {
    static let initial = 64 * Limits.datagramBytes
    static let floor = 32 * Limits.datagramBytes
    static let ceiling = 1024 * Limits.datagramBytes
    static let relayInitial = 10 * Limits.datagramBytes
    /// RFC 9002 §7.2. A slow relay holds no more.
    static let relayFloor = 2 * Limits.datagramBytes

    private(set) var byteCount: Int
    private let floor: Int
    private var threshold: Int
    /// Losses of packets sent before this are one event.
    private var recoversFrom: Instant = .distantPast
    /// What the newest event took, while it may prove to have been reordering.
    private var undo: Undo?

    private struct Undo: Sendable {
        /// It is about packets sent after this.
        let since: Instant
        let byteCount: Int
        let threshold: Int
        /// Of its packets, those that have not arrived after all.
        var missing = 1
    }

    init(over route: Route) {
        (byteCount, floor) = route.isRelay ? (Self.relayInitial, Self.relayFloor) : (Self.initial, Self.floor)
        threshold = Self.ceiling
    }

    mutating func acknowledged(_ bytes: Int) {
        let growth = byteCount < threshold ? bytes : bytes * Limits.datagramBytes / byteCount
        byteCount = min(byteCount + growth, Self.ceiling)
    }

    /// It need not be greater than this.
    mutating func bound(by limit: Int) { byteCount = min(byteCount, max(limit, floor)) }

    mutating func lost(sentAt: Instant, now: Instant) {
        guard sentAt > recoversFrom else {
            if let event = undo, sentAt > event.since { undo?.missing += 1 }
            return
        }
        undo = Undo(since: recoversFrom, byteCount: byteCount, threshold: threshold)
        recoversFrom = now
        byteCount = max(byteCount / 2, floor)
        threshold = byteCount
    }

    /// A packet that was lost has arrived. Once all of an event have, there was none (RFC 9438 §4.9.2).
    mutating func arrived(sentAt: Instant) {
        guard var event = undo, sentAt > event.since, sentAt <= recoversFrom else { return }
        event.missing -= 1
        undo = event.missing > 0 ? event : nil
        guard event.missing == 0 else { return }
        byteCount = max(byteCount, event.byteCount)
        threshold = max(threshold, event.threshold)
        // What is lost of the same flight after all is an event of its own.
        recoversFrom = event.since
    }
}
