import InkPrimitives

/// A moment at which motions are drawn.
package struct GlideMoment: Hashable, Sendable {
    /// The sender's time that is drawn.
    package var playhead: Duration
    /// For how long a motion goes on past its newest sample.
    package var reach: Duration
    package var now: Instant
}

/// Which moment of a sender's time is to be drawn now: its clock as seen from here, less the delay that lets late packets come in time.
///
///     sender   ──s──────────────▶          a sample of the sender's time s is here at s + offset + jitter
///     here     ──────s + offset + delay──▶ and is drawn then, whenever it came before that
///
/// The offset is the least of (arrival − time) over the newest 256 packets of 10 s; it holds the way of the fastest packet and the difference
/// of two clocks, which nothing here needs to tell apart. The delay is the jitter that four packets of five stay within, and one interval
/// between packets, since a sample may wait that long at the sender. It moves at bounded rates, so that nobody sees it move (FE-21).
package struct GlideClock: Sendable {
    /// What was heard of one packet.
    private struct Heard: Sendable {
        var arrival: Instant
        /// Arrival less the time of its newest sample, nanoseconds: the way of the packet and the difference of the clocks.
        var way: Int64
    }

    private var heard = Queue<Heard>()
    /// The ways of all `heard`, in order of size.
    private var ways: [Int64] = []
    /// Times between the newest samples of packets that followed each other, nanoseconds, newest last.
    private var intervals: [Int64] = []
    /// The greatest time heard of, and the one heard last.
    private var newest: Duration = .zero
    /// How far the drawing is behind the sender's clock, nanoseconds, as it was at `since`; it moves toward `target` from then on.
    private var lag: Int64 = 0
    private var since = Instant.zero
    private var target: Int64 = 0
    /// Packets in a row whose times cannot be of this clock.
    private var strays = 0

    package init() {}

    /// True once a packet was heard.
    package var isSet: Bool { !ways.isEmpty }

    /// What is drawn at `now`; nil before the first packet.
    package func moment(at now: Instant) -> GlideMoment? {
        guard isSet else { return nil }
        // Twice what packets are late: a pause beyond that is the hand's (FE-23).
        return GlideMoment(playhead: .nanoseconds(now.nanoseconds &- lag(at: now)), reach: min(Self.reachMax, jitter * 2), now: now)
    }

    /// How long after a packet of the fastest way its newest sample is drawn.
    package func delay(at now: Instant) -> Duration { isSet ? .nanoseconds(lag(at: now) - ways[0]) : .zero }

    /// How late packets come that are late as one of five is: the jitter without the interval.
    package var jitter: Duration { isSet ? .nanoseconds(quantile(ways, Self.quantile) - ways[0]) : .zero }

    /// The time between two packets of a hand in motion.
    package var interval: Duration {
        .nanoseconds(intervals.isEmpty ? Self.firstInterval : quantile(intervals.sorted(), Self.intervalQuantile))
    }

    /// What a time says of the clock.
    package enum Verdict: Hashable, Sendable {
        /// It is of this clock.
        case known
        /// It cannot be of this clock: what came with it means nothing.
        case stray
        /// The sender's time has jumped, and the clock begins anew: what was kept under the old one means nothing.
        case anew
    }

    /// Takes the time of the newest sample of a packet that arrived.
    package mutating func hear(_ time: Duration, now: Instant) -> Verdict {
        let way = now.nanoseconds &- time.nanoseconds
        guard isSet else {
            start(way, time, now)
            return .anew
        }
        // What is sent again or is no news tells nothing of the way: it was waiting for a loss to be noticed.
        guard time != newest else { return .known }
        if abs(way - ways[0]) > Self.strayAfter {
            // One that was held up somewhere is no measure of the others. Many in a row are another clock (FE-164).
            strays += 1
            guard strays >= Self.straysMax else { return .stray }
            self = GlideClock()
            start(way, time, now)
            return .anew
        }
        strays = 0
        let lag = lag(at: now)
        if heard.last?.arrival == now {
            // A pointer and a gesture of one packet are told of one after the other: the newest of both counts.
            guard time > newest else { return .known }
            if intervals.last != nil { intervals[intervals.count - 1] += (time - newest).nanoseconds }
            newest = time
            replaceLast(with: way)
        } else {
            let interval = (time - newest).nanoseconds
            if interval > 0 {
                newest = time
                // A longer one is a rest of the hand (FE-161).
                if interval <= Self.restAfter { intervals.append(interval) }
                if intervals.count > Self.intervalsKept { intervals.removeFirst() }
            }
            keep(Heard(arrival: now, way: way))
        }
        (self.lag, since) = (lag, now)
        aim()
        return .known
    }

    private mutating func start(_ way: Int64, _ time: Duration, _ now: Instant) {
        newest = time
        keep(Heard(arrival: now, way: way))
        since = now
        aim()
        lag = target
    }

    private mutating func keep(_ packet: Heard) {
        heard.append(packet)
        ways.insert(packet.way, at: place(of: packet.way))
        // A hand that rests says nothing: the last few are kept however old they are (FE-161).
        while let oldest = heard.first,
            heard.count > Self.heardMax || heard.count > Self.heardMin && packet.arrival - oldest.arrival > Self.window
        {
            _ = heard.popFirst()
            ways.remove(at: place(of: oldest.way))
        }
    }

    private mutating func replaceLast(with way: Int64) {
        ways.remove(at: place(of: heard[heard.count - 1].way))
        heard[heard.count - 1].way = way
        ways.insert(way, at: place(of: way))
    }

    /// Where `way` stands in `ways`, or would.
    private func place(of way: Int64) -> Int {
        var (low, high) = (0, ways.count)
        while low < high {
            let middle = (low + high) / 2
            if ways[middle] < way { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // FE-161
    private mutating func aim() {
        // Where the line has become another, all that come now are later than the window says (FE-161).
        let lately = heard.count < Self.lately ? .min : heard.suffix(Self.lately).reduce(.max) { min($0, $1.way) }
        let delay = max(quantile(ways, Self.quantile), lately) - ways[0] + interval.nanoseconds
        target = ways[0] + max(Self.delayMin, min(Self.delayMax, delay))
    }

    private func lag(at now: Instant) -> Int64 {
        let elapsed = max(0, (now - since).nanoseconds)
        let moved = target > lag ? min(target, lag + elapsed / Self.growth) : max(target, lag - elapsed / Self.shrinkage)
        // The way itself has become another: to walk there would take long.
        return max(ways[0] + Self.delayMin, min(ways[0] + Self.delayMax, moved))
    }

    private func quantile(_ sorted: [Int64], _ part: Double) -> Int64 { sorted[min(sorted.count - 1, Int(part * Double(sorted.count)))] }

    /// Four packets of five come in time; for the fifth the motion is continued. To wait for 95 of 100 would cost 11 ms more on a path with
    /// 8 ms of jitter and 35 ms more with 25 ms, and draw it no better.
    private static let quantile = 0.8
    /// The median: where packets are lost and overtake each other, more than a fifth of the intervals are doubled ones.
    private static let intervalQuantile = 0.5
    /// An interval at 30 Hz, until one was heard (FE-20).
    private static let firstInterval: Int64 = 33_333_333
    /// Bounds of the delay (FE-161).
    private static let delayMin: Int64 = 20_000_000
    private static let delayMax: Int64 = 250_000_000
    /// While the delay grows, the drawing goes at three quarters of its speed: a quarter of a second in each (FE-21).
    private static let growth: Int64 = 4
    /// While it shrinks, at 1.05 times: 5 % is what nobody notices, and there is no hurry (FE-21).
    private static let shrinkage: Int64 = 20
    private static let reachMax: Duration = .milliseconds(50)
    private static let window: Duration = .seconds(10)
    private static let heardMax = 256
    private static let heardMin = 32
    private static let intervalsKept = 32
    /// Packets that tell of another line: that eight of those before it are all later than four of five has a chance of 1 in 390,000.
    private static let lately = 8
    private static let restAfter: Int64 = 300_000_000
    /// A way that differs by more than this from the fastest is none of this clock's.
    private static let strayAfter: Int64 = 1_000_000_000
    private static let straysMax = 8
}
