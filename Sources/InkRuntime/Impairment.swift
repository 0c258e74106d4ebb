import InkPrimitives

/// How badly the datagrams that this process sends shall travel: `--impair loss=10,delay=50,jitter=20,dup=1,reorder=5,rate=1000,seed=7`.
public struct Impairment: Hashable, Sendable {
    /// Datagrams that vanish, percent.
    public var lossPercent = 0.0
    /// Time that each is held.
    public var delay: Duration = .zero
    /// Each is held up to so much longer or shorter, uniformly, never less than nothing.
    public var jitter: Duration = .zero
    /// Datagrams that leave twice, percent.
    public var duplicatePercent = 0.0
    /// Datagrams that are held long enough for later ones to overtake them, percent.
    public var reorderPercent = 0.0
    /// Bits a second in thousands; nil for no limit.
    public var rateKilobits: Int?
    /// The same seed has the same luck.
    public var seed: UInt64 = 1

    public init() {}

    /// Why a text is no impairment.
    public enum ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        case unknownKey(String)
        case badValue(key: String, value: String)

        public var description: String {
            switch self {
            case .unknownKey(let key): "unknown impairment \"\(key)\"; known are loss, delay, jitter, dup, reorder, rate, seed"
            case .badValue(let key, let value): "bad value \"\(value)\" for \(key)"
            }
        }
    }

    /// Reads `key=value,…`; percent for loss, dup and reorder (0...100), milliseconds for delay and jitter (≤ 60 000), kbit/s for rate (≥ 1).
    public init(_ text: String) throws(ParseError) {
        for pair in text.split(separator: ",", omittingEmptySubsequences: true) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(parts[0])
            let value = parts.count == 2 ? String(parts[1]) : ""
            func number(_ range: ClosedRange<Double>) throws(ParseError) -> Double {
                guard let number = Double(value), range.contains(number) else { throw .badValue(key: key, value: value) }
                return number
            }
            switch key {
            case "loss": lossPercent = try number(0...100)
            case "dup": duplicatePercent = try number(0...100)
            case "reorder": reorderPercent = try number(0...100)
            case "delay": delay = .microseconds(Int64(try number(0...60_000) * 1000))
            case "jitter": jitter = .microseconds(Int64(try number(0...60_000) * 1000))
            case "rate": rateKilobits = Int(try number(1...10_000_000))
            case "seed":
                guard let seed = UInt64(value) else { throw .badValue(key: key, value: value) }
                self.seed = seed
            default: throw .unknownKey(key)
            }
        }
    }
}

/// A bad line of our own making (RT-6): holds datagrams, loses some, sends some twice.
///
/// Independent jitter lets datagrams overtake each other as it does on real paths; `reorder` does so where there is no jitter.
package struct ImpairedLink {
    package struct Datagram: Hashable, Sendable {
        package var bytes: [UInt8]
        package var destination: SocketAddress

        package init(bytes: [UInt8], destination: SocketAddress) { (self.bytes, self.destination) = (bytes, destination) }
    }

    /// What waits for its turn at the rate limit is bounded to this, as a router's queue is; what does not fit is lost.
    package static let queueTimeMax: Duration = .seconds(1)
    /// How long a reordered datagram is held beyond the others: between these.
    package static let overtakenAfter: (least: Duration, most: Duration) = (.milliseconds(5), .milliseconds(40))

    private let impairment: Impairment
    private var random: SplitMix64
    /// Sorted by time, then by order of entry.
    private var queue: [(at: Instant, datagram: Datagram)] = []
    /// When the last bit of what was taken so far has left at the limited rate.
    private var freeAt = Instant.distantPast

    package init(_ impairment: Impairment) {
        self.impairment = impairment
        random = SplitMix64(seed: impairment.seed)
    }

    /// Takes a datagram; it comes out of `nextDue(now:)`, once, twice or never.
    package mutating func send(_ datagram: Datagram, now: Instant) {
        // Four draws each time, so that one setting does not change the luck of another (RT-6).
        let isLost = random.chance(impairment.lossPercent / 100)
        let isTwice = random.chance(impairment.duplicatePercent / 100)
        let isOvertaken = random.chance(impairment.reorderPercent / 100)
        let place = random.unit()
        var left = now
        if let rate = impairment.rateKilobits {
            guard freeAt - now < Self.queueTimeMax else { return }
            left = max(now, freeAt) + .nanoseconds(Int64(datagram.bytes.count) * 8 * 1_000_000 / Int64(rate))
            freeAt = left
        }
        guard !isLost else { return }
        var hold = impairment.delay + impairment.jitter.scaled(by: 2 * place) - impairment.jitter
        if isOvertaken { hold += Self.overtakenAfter.least + (Self.overtakenAfter.most - Self.overtakenAfter.least).scaled(by: place) }
        insert(datagram, at: left + max(.zero, hold))
        if isTwice { insert(datagram, at: left + max(.zero, hold) + random.jitter(.milliseconds(10))) }
    }

    /// The next datagram whose time has come, or nil.
    package mutating func nextDue(now: Instant) -> Datagram? {
        guard let first = queue.first, first.at <= now else { return nil }
        return queue.removeFirst().datagram
    }

    /// When the next one is due.
    package var deadline: Instant? { queue.first?.at }

    private mutating func insert(_ datagram: Datagram, at: Instant) {
        let index = queue.lastIndex { $0.at <= at }.map { $0 + 1 } ?? 0
        queue.insert((at, datagram), at: index)
    }
}
