import InkPrimitives

/// Addresses that are dialled without a rendezvous: named by a person or a link, or where a peer was reached before.
///
/// Each address is tried until a session lives there, 1 s and up to 0.5 s more after the first attempt, then 1.5 times as
/// long each time, up to 30 s and as much jitter.
struct SavedDials: Sendable {
    private struct Dial: Sendable {
        var nextAt: Instant
        var wait: Duration
    }
    private var dials: [SocketAddress: Dial] = [:]
    private var named: Set<SocketAddress>
    /// Where peers were reached, newest first; kept on disk.
    private(set) var known: [SocketAddress]

    /// Where each device was reached last in this process.
    private var places: [AuthorID: SocketAddress] = [:]

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

    /// The device `author` was reached at `address`. True if the list for the disk changed.
    ///
    /// A device has one place in the list, and one that lives is not pushed out of it.
    mutating func reached(_ address: SocketAddress, by author: AuthorID, now: Instant, isLive: (SocketAddress) -> Bool) -> Bool {
        if dials[address] == nil { dials[address] = Dial(nextAt: now + SessionTiming.redialLast, wait: SessionTiming.redialFirst) }
        if let before = places.updateValue(address, forKey: author), before != address { forget(before) }
        guard known.first != address else { return false }
        let isNew = !known.contains(address)
        known.removeAll { $0 == address }
        known.insert(address, at: 0)
        if known.count > Self.knownMax { forget(known.dropFirst().last { !isLive($0) } ?? known[known.count - 1]) }
        return isNew
    }

    private mutating func forget(_ address: SocketAddress) {
        known.removeAll { $0 == address }
        if !named.contains(address) { dials[address] = nil }
        places = places.filter { $0.value != address }
    }

    /// The peer at `address` keeps another session in place of this one: try again, twice as late each time.
    mutating func turnedDown(_ address: SocketAddress, now: Instant, using jitter: inout SplitMix64) {
        guard var dial = dials[address] else { return }
        dial.nextAt = now + dial.wait + jitter.jitter(dial.wait)
        dial.wait = min(dial.wait.scaled(by: 2), SessionTiming.redialLast)
        dials[address] = dial
    }

    /// The session at `address` was lost: try again soon.
    mutating func lost(_ address: SocketAddress, now: Instant, using jitter: inout SplitMix64) {
        guard dials[address] != nil else { return }
        dials[address] = Dial(nextAt: now + jitter.jitter(SessionTiming.redialFirst), wait: SessionTiming.redialFirst)
    }
}
