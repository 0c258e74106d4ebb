import InkPrimitives

/// The way from one node to another, with what goes wrong on it.
package struct Link {
    /// What comes out at the other end, and when.
    package struct Arrival {
        package var after: Duration
        package var bytes: [UInt8]
        package var source: SocketAddress
        /// The bytes are not those that were sent.
        package var isAltered = false
    }

    /// Each link has its own stream, so that adding a node does not disturb the others (SM-2).
    private var random: SplitMix64
    /// Partitions that cut this direction now.
    package var cuts = 0
    /// When the line has sent all that it took; past where it is slow in nothing (SM-24).
    private var freeAt: Instant = .distantPast

    package init(random: SplitMix64) { self.random = random }

    /// What becomes of a datagram: nothing, itself, several, others.
    package mutating func carry(_ bytes: [UInt8], from source: SocketAddress, faults: LinkFaults, now: Instant) -> [Arrival] {
        guard cuts <= 0 else { return [] }
        var waiting: Duration = .zero
        if let rate = faults.rate {
            // 28 bytes of headers go with each datagram.
            freeAt = max(freeAt, now) + .nanoseconds(Int64(bytes.count + 28) * 1_000_000_000 / Int64(rate))
            waiting = freeAt - now
            guard waiting <= LinkFaults.queueMax else {
                freeAt = now + LinkFaults.queueMax
                return []
            }
        }
        var arrivals: [Arrival] = []
        func way() -> Duration {
            var way = faults.delay + waiting + random.jitter(faults.jitter)
            if random.chance(faults.reordering) { way += random.jitter(faults.reorderingDelay) }
            return way
        }
        if !random.chance(faults.loss) {
            let isDamaged = random.chance(faults.corruption)
            arrivals.append(Arrival(after: way(), bytes: isDamaged ? flipped(bytes) : bytes, source: source, isAltered: isDamaged))
        }
        if random.chance(faults.duplication) { arrivals.append(Arrival(after: way(), bytes: bytes, source: source)) }
        if random.chance(faults.forgery) {
            let from = random.chance(0.5) ? source : elsewhere(source)
            arrivals.append(Arrival(after: way(), bytes: forged(bytes), source: from, isAltered: true))
        }
        if random.chance(faults.replay) {
            let from = random.chance(0.5) ? source : elsewhere(source)
            arrivals.append(Arrival(after: way() + random.jitter(faults.replayDelay), bytes: bytes, source: from))
        }
        return arrivals
    }

    private mutating func flipped(_ bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty else { return bytes }
        var result = bytes
        for _ in 0...random.below(3) { result[random.below(bytes.count)] ^= 1 << UInt8(random.below(8)) }
        return result
    }

    /// Random bytes, a true header with a changed number (what a forger needs to burn numbers), or any change.
    private mutating func forged(_ bytes: [UInt8]) -> [UInt8] {
        switch random.below(4) {
        case 0: return (0..<random.below(1300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        case 1: return Array(bytes.prefix(random.below(bytes.count + 1)))
        case 2:
            var result = bytes
            for index in 5..<9 where index < result.count && random.chance(0.5) { result[index] = UInt8(truncatingIfNeeded: random.next()) }
            return result == bytes ? flipped(bytes) : result
        default: return flipped(bytes)
        }
    }

    /// The same host, another port.
    private mutating func elsewhere(_ address: SocketAddress) -> SocketAddress {
        SocketAddress(ip: address.ip, port: UInt16(1024 + random.below(60_000)))
    }
}
