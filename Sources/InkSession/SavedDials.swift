import InkPrimitives

/// Addresses that are dialled without a rendezvous: named by a person or a link, or where a peer was reached before.
///
/// Each address is tried until a session lives there, 0.5 s apart at first, ×1.5 up to 30 s, with full jitter.
struct SavedDials: Sendable {
    private struct Dial: Sendable {
        var nextAt: Instant
        var wait: Duration
    }
    private var dials: [SocketAddress: Dial] = [:]
    private var named: Set<SocketAddress>
    /// Where peers were reached, newest first; kept on disk.
    private(set) var known: [SocketAddress]

    private static let knownMax = 16

    init(direct: [SocketAddress], saved: [SocketAddress], now: Instant) {
        named = Set(direct)
        known = Array(saved.prefix(Self.knownMax))
        for address in direct + known { dials[address] = Dial(nextAt: now, wait: SessionTiming.redialFirst) }
    }

    var deadline: Instant? { dials.values.map(\.nextAt).min() }

    /// Addresses to dial now; `isLive` tells where a session lives already.
    mutating func due(now: Instant, using jitter: inout SplitMix64, isLive: (SocketAddress) -> Bool) -> [SocketAddress] {
        var result: [SocketAddress] = []
        for address in dials.keys.sorted() {
            guard var dial = dials[address], dial.nextAt <= now else { continue }
            if isLive(address) {
                dial = Dial(nextAt: now + SessionTiming.redialLast, wait: SessionTiming.redialFirst)
            } else {
                result.append(address)
                // An attempt repeats its first message by itself; a new one while it runs would only add noise.
                dial.nextAt = now + max(dial.wait, .seconds(1)) + jitter.jitter(dial.wait)
                dial.wait = min(dial.wait.scaled(by: 1.5), SessionTiming.redialLast)
            }
            dials[address] = dial
        }
        return result
    }

    /// A peer was reached at `address`. True if the list for the disk changed.
    mutating func reached(_ address: SocketAddress, now: Instant) -> Bool {
        if dials[address] == nil { dials[address] = Dial(nextAt: now + SessionTiming.redialLast, wait: SessionTiming.redialFirst) }
        guard known.first != address else { return false }
        let isNew = !known.contains(address)
        known.removeAll { $0 == address }
        known.insert(address, at: 0)
        if known.count > Self.knownMax {
            let dropped = known.removeLast()
            if !named.contains(dropped) { dials[dropped] = nil }
        }
        return isNew
    }

    /// The session at `address` was lost: try again soon.
    mutating func lost(_ address: SocketAddress, now: Instant, using jitter: inout SplitMix64) {
        guard dials[address] != nil else { return }
        dials[address] = Dial(nextAt: now + jitter.jitter(SessionTiming.redialFirst), wait: SessionTiming.redialFirst)
    }
}
