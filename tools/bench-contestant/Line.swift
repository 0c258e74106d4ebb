import CBench
import Glibc
import InkPrimitives

/// One direction of a bad line: what is lost, how fast it is, and how long it takes.
struct LineDirection {
    /// Which datagrams are lost, beside those for which there is no room.
    enum Loss {
        /// Each for itself.
        case independent
        /// Three in a row.
        case bursts
        /// A state in which all are lost, left by chance after 4 in the mean (Gilbert 1960, with h = 0).
        case gilbert
    }

    struct Counters {
        var packets = 0
        var bytes = 0
        var lost = 0
        var dropped = 0
    }

    private let delay: Duration
    private let share: Double
    private let loss: Loss
    /// Bits a second; nil for as fast as may be.
    private let rate: Double?
    /// A datagram that would wait longer for its turn is dropped.
    private let queue: Duration
    private var random: SplitMix64
    private var freeAt = Instant.distantPast
    private var lossesLeft = 0
    private var isBad = false
    private(set) var counters = Counters()

    private static let burst = 3
    private static let badMean = 4.0
    /// IP and UDP headers, bytes.
    private static let headers = 28

    /// - Parameter share: of the datagrams that are lost in the long run, 0..<1.
    init(delay: Duration, share: Double, loss: Loss, rate: Double?, queue: Duration, random: SplitMix64) {
        (self.delay, self.share, self.loss, self.rate, self.queue, self.random) = (delay, share, loss, rate, queue, random)
    }

    /// When a datagram is at the other end; nil if it never is.
    mutating func take(_ byteCount: Int, now: Instant) -> Instant? {
        counters.packets += 1
        counters.bytes += byteCount
        var leaves = now
        if let rate {
            guard freeAt - now <= queue else {
                counters.dropped += 1
                return nil
            }
            freeAt = max(freeAt, now) + .nanoseconds(Int64(Double(byteCount + Self.headers) * 8e9 / rate))
            leaves = freeAt
        }
        if isLost() {
            counters.lost += 1
            return nil
        }
        return leaves + delay
    }

    private mutating func isLost() -> Bool {
        switch loss {
        case .independent: return random.chance(share)
        case .bursts:
            if lossesLeft > 0 {
                lossesLeft -= 1
                return true
            }
            // Of those that begin no burst as many are between two as make the share come true.
            guard random.chance(share / (Double(Self.burst) - share * Double(Self.burst - 1))) else { return false }
            lossesLeft = Self.burst - 1
            return true
        case .gilbert:
            isBad = random.chance(isBad ? 1 - 1 / Self.badMean : share / (1 - share) / Self.badMean)
            return isBad
        }
    }
}
