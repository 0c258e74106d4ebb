import InkPrimitives

/// The running hash of everything that happened, and the newest lines of it where somebody wants to read them (SM-3).
package struct Trace: Sendable {
    /// How much a trace keeps beside the hash.
    package enum Detail: Sendable {
        /// Nothing: the fast way. A failing seed is run again with lines.
        case hashOnly
        /// The newest lines, up to a number.
        case newest(Int)
        /// Each line is printed as it happens.
        case printed
    }

    /// FNV-1a over 64-bit words: time, node, kind, hash of the bytes.
    package private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    /// Events so far.
    package private(set) var count = 0
    private let detail: Detail
    private var ring: [String] = []
    private var oldest = 0

    init(detail: Detail) { self.detail = detail }

    /// Notes one event. `text` is evaluated only where lines are wanted.
    mutating func note(_ time: Instant, node: Int, _ kind: Kind, hash value: UInt64, _ text: @autoclosure () -> String) {
        count += 1
        mix(UInt64(bitPattern: time.nanoseconds))
        mix(UInt64(truncatingIfNeeded: node) << 8 | UInt64(kind.rawValue))
        mix(value)
        switch detail {
        case .hashOnly: break
        case .newest(let limit):
            let line = Self.line(time, node, kind, text())
            if ring.count < limit {
                ring.append(line)
            } else {
                ring[oldest] = line
                oldest = (oldest + 1) % limit
            }
        case .printed: print(Self.line(time, node, kind, text()))
        }
    }

    /// What happened.
    enum Kind: UInt8 {
        case datagram, lost, timeout, verified, committed, commitFailed, intent, event, transmit, persist, verify
        case rendezvousOut, rendezvousIn, rendezvous, fault, started, stopped, heal, rest, hostile
    }

    /// The newest lines, oldest first.
    package var lines: [String] { Array(ring[oldest...] + ring[..<oldest]) }

    /// FNV-1a over bytes.
    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var value: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return value
    }

    private mutating func mix(_ word: UInt64) { hash = ((hash ^ word) &* 0x100_0000_01B3) ^ (hash >> 29) }

    private static func line(_ time: Instant, _ node: Int, _ kind: Kind, _ text: String) -> String {
        let microseconds = time.nanoseconds / 1000
        let fraction = String(microseconds % 1_000_000)
        let padded = String(repeating: "0", count: 6 - fraction.count) + fraction
        return "\(microseconds / 1_000_000).\(padded) \(node < 0 ? "world" : "node \(node)") \(kind) \(text)"
    }
}
