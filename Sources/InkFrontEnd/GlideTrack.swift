import InkPrimitives

/// What moves along one line of time: a pointer, a displacement, a box, the length of a stroke.
///
/// Between samples the motion is a cubic Hermite spline with finite-difference tangents, where they lie far apart, and a straight line where
/// they lie closer than a frame: the curve would be seen in no frame, and would add a tenth to the third difference that the hand itself has.
/// Tangents are clamped so that no coordinate passes the sample it goes to, and are zero where it rests or turns (FE-22). Past the newest
/// sample the motion goes on for as long as packets are likely to be late, ever slower, then holds (FE-23). When a late packet shows where it
/// really went, what was drawn is led there within 80 ms instead of jumping (FE-24), but for the part of the way that is no more than the
/// hand's own unsteadiness: a jump of that size is seen as little, and to follow it late would be seen as much.
struct GlideTrack: Sendable {
    /// Coordinates in world units; what has fewer than four leaves the others at zero. Nil: not there from then on.
    typealias Value = SIMD4<Double>

    private struct Sample: Hashable, Sendable {
        var time: Int64
        var value: Value?
    }

    /// In order of time; no two have the same.
    private var samples: [Sample] = []
    /// What the drawing was off when it was last corrected, and when that was.
    private var slip = Value.zero
    private var slippedAt = Instant.distantPast
    /// False for the length of a stroke, which grows evenly and is never more than is known of it.
    private let isPlace: Bool

    init(isPlace: Bool = true) { self.isPlace = isPlace }

    var isEmpty: Bool { samples.isEmpty }
    /// The time of the newest sample.
    var end: Duration? { samples.last.map { .nanoseconds($0.time) } }
    /// The newest value, with no regard to time.
    var newest: Value? { samples.last?.value }

    /// Takes samples, in any order, that arrived with one packet.
    mutating func take(_ arrived: [(time: Duration, value: Value?)], at moment: GlideMoment) {
        let time = moment.playhead.nanoseconds
        let before = motion(at: moment)
        let isOld = samples.last.map { time - $0.time > Self.oldAfter } ?? true
        for sample in arrived { insert(Sample(time: sample.time.nanoseconds, value: sample.value)) }
        forget(before: time)
        let after = motion(at: moment)
        // Where nothing was corrected, an earlier correction goes on.
        guard before != after else { return }
        guard let before, let after else { return slip = .zero }
        let error = before + slip * left(at: moment.now) - after
        let size = error.length
        // FE-163
        guard size > 0, !(isOld && size > Self.longWay) else { return slip = .zero }
        (slip, slippedAt) = (error * (isPlace ? max(0, 1 - unsteadiness / size) : 1), moment.now)
    }

    /// What is drawn; nil where nothing is.
    func value(at moment: GlideMoment) -> Value? {
        motion(at: moment).map { $0 + slip * left(at: moment.now) }
    }

    /// The part of the newest slip that is still drawn.
    private func left(at now: Instant) -> Double {
        let past = min(1, Double((now - slippedAt).nanoseconds) / Self.correction)
        return 1 - past * past * (3 - 2 * past)
    }

    /// True while what is drawn changes from frame to frame.
    func isMoving(at moment: GlideMoment) -> Bool {
        if slip != .zero, left(at: moment.now) > 0 { return true }
        let time = moment.playhead.nanoseconds
        guard let last = samples.last else { return false }
        guard time < last.time else { return isPlace && time < last.time + moment.reach.nanoseconds && velocity != .zero }
        guard let next = samples.firstIndex(where: { $0.time > time }), next > 0 else { return false }
        return !isStill(next)
    }

    /// The next time at which the motion goes on after `playhead`; nil where it does not.
    func resumes(after playhead: Duration) -> Duration? {
        let time = playhead.nanoseconds
        for index in samples.indices where samples[index].time > time {
            guard index > 0 else { return .nanoseconds(samples[0].time) }
            if !isStill(index) { return .nanoseconds(max(time, samples[index - 1].time)) }
            if samples[index].value != samples[index - 1].value { return .nanoseconds(samples[index].time) }
        }
        return nil
    }

    // MARK: Between samples

    private func motion(at moment: GlideMoment) -> Value? {
        let time = moment.playhead.nanoseconds
        guard let last = samples.last else { return nil }
        guard time < last.time else { return beyond(last, by: time - last.time, reach: moment.reach.nanoseconds) }
        var (low, high) = (0, samples.count)
        while low < high {
            let middle = (low + high) / 2
            if samples[middle].time <= time { low = middle + 1 } else { high = middle }
        }
        // Before the first that is known, that one is the best guess.
        guard low > 0 else { return samples[0].value }
        return between(low - 1, low, at: time)
    }

    private func between(_ left: Int, _ right: Int, at time: Int64) -> Value? {
        guard !isHeld(right), let from = samples[left].value, let to = samples[right].value else { return samples[left].value }
        let span = Double(samples[right].time - samples[left].time)
        let part = Double(time - samples[left].time) / span
        // FE-22
        guard isPlace, span > Self.frame else { return from + (to - from) * part }
        let way = to - from
        let (leaving, arriving) = (tangent(left, along: way / span) * span, tangent(right, along: way / span) * span)
        let rest = 1 - part
        return from * (rest * rest * (1 + 2 * part)) + leaving * (part * rest * rest) + to * (part * part * (3 - 2 * part))
            - arriving * (part * part * rest)
    }

    /// The speed at a sample, in units per nanosecond, clamped for a segment beside it whose mean speed is `slope`.
    private func tangent(_ index: Int, along slope: Value) -> Value {
        let (before, after) = (slopeOfSegment(endingAt: index), slopeOfSegment(endingAt: index + 1))
        guard let before, let after else { return slope }
        let spans = (
            Double(samples[index].time - samples[index - 1].time), Double(samples[index + 1].time - samples[index].time)
        )
        var tangent = (before * spans.0 + after * spans.1) / (spans.0 + spans.1)
        for axis in tangent.indices {
            // No faster than three times the mean keeps a cubic monotone (Fritsch, Carlson 1980), and so within its samples (FE-22).
            if before[axis] * after[axis] <= 0 {
                tangent[axis] = 0
            } else {
                let limit = 3 * slope[axis]
                tangent[axis] = limit < 0 ? max(limit, tangent[axis]) : min(limit, tangent[axis])
            }
        }
        return tangent
    }

    private func slopeOfSegment(endingAt index: Int) -> Value? {
        guard index > 0, index < samples.count, !isHeld(index), let from = samples[index - 1].value, let to = samples[index].value else {
            return nil
        }
        return (to - from) / Double(samples[index].time - samples[index - 1].time)
    }

    /// True where the segment that ends at `index` is not slid along but shows what begins it: one of its ends is nowhere, or it is long and
    /// what begins it is old (FE-163).
    private func isHeld(_ index: Int) -> Bool {
        guard let from = samples[index - 1].value, let to = samples[index].value else { return true }
        return samples[index].time - samples[index - 1].time > Self.oldAfter && (to - from).length > Self.longWay
    }

    /// True where nothing moves within the segment that ends at `index`.
    private func isStill(_ index: Int) -> Bool { isHeld(index) || samples[index].value == samples[index - 1].value }

    // MARK: Beyond the newest

    private func beyond(_ last: Sample, by past: Int64, reach: Int64) -> Value? {
        guard let value = last.value, isPlace, reach > 0 else { return last.value }
        // The speed falls as 1 − (t/reach)², from which follows the way t − t³/(3·reach²): a packet that is a little late is continued nearly
        // as the hand goes, and a hand that has stopped is not overshot by much (FE-23).
        let (time, reach) = (Double(min(past, reach)), Double(reach))
        return value + velocity * (time - time * time * time / (3 * reach * reach))
    }

    /// The speed at the end, in units per nanosecond: the line of least squares through the newest 32 ms, since that through the last two
    /// samples alone is mostly the unsteadiness of the hand. Zero at rest (FE-162).
    private var velocity: Value {
        guard samples.count >= 2, let last = samples.last, !isStill(samples.count - 1) else { return .zero }
        var (count, meanTime, meanValue) = (0.0, 0.0, Value.zero)
        var first = samples.count
        while first > 0, let value = samples[first - 1].value,
            first > samples.count - 2 || last.time - samples[first - 1].time <= Self.speedSpan
        {
            first -= 1
            count += 1
            meanTime += Double(samples[first].time - last.time)
            meanValue += value
        }
        guard count >= 2, samples[samples.count - 1].time - samples[samples.count - 2].time <= Self.speedOldAfter else { return .zero }
        (meanTime, meanValue) = (meanTime / count, meanValue / count)
        var (spread, product) = (0.0, Value.zero)
        for sample in samples[first...] {
            guard let value = sample.value else { continue }
            let time = Double(sample.time - last.time) - meanTime
            spread += time * time
            product += (value - meanValue) * time
        }
        return product / spread
    }

    /// How far from a straight line the hand's samples lie, where they lie close: the mean second difference of the newest.
    private var unsteadiness: Double {
        var (sum, count) = (0.0, 0)
        for index in samples.indices.dropFirst(max(2, samples.count - Self.unsteadySamples)) {
            guard samples[index].time - samples[index - 2].time <= Self.unsteadySpan, let first = samples[index - 2].value,
                let second = samples[index - 1].value, let third = samples[index].value
            else { continue }
            sum += (first - 2 * second + third).length
            count += 1
        }
        return count == 0 ? 0 : sum / Double(count)
    }

    // MARK: Keeping

    // FE-25
    private mutating func insert(_ sample: Sample) {
        guard let last = samples.last else { return samples.append(sample) }
        if sample.time > last.time {
            // A mouse that speaks a thousand times a second says no more than one that does 250 times.
            if samples.count >= 2, sample.time - samples[samples.count - 2].time < Self.closest, last.value != nil, sample.value != nil {
                samples[samples.count - 1] = sample
            } else {
                samples.append(sample)
            }
            return
        }
        guard last.time - sample.time <= Self.kept else { return }
        let index = samples.lastIndex { $0.time <= sample.time }
        if let index, samples[index].time == sample.time {
            samples[index] = sample
        } else {
            samples.insert(sample, at: (index ?? -1) + 1)
        }
    }

    /// Drops what can no longer be drawn. Some before the playhead stay: they tell how fast and how steady the hand is.
    private mutating func forget(before time: Int64) {
        let old = samples.prefix { $0.time <= time }.count - Self.unsteadySamples
        let excess = samples.count - Self.samplesMax
        if max(old, excess) > 0 { samples.removeFirst(max(old, excess)) }
    }

    /// Closer samples are joined by straight lines: three quarters of a frame at 60 Hz, nanoseconds.
    private static let frame = 12_500_000.0
    /// What is this old, and …
    private static let oldAfter: Int64 = 300_000_000
    /// … this far away, 40 cells of 64 units, is jumped to.
    private static let longWay = 2560.0
    private static let speedSpan: Int64 = 32_000_000
    /// Samples farther apart than this say nothing of the speed now.
    private static let speedOldAfter: Int64 = 150_000_000
    // FE-24
    private static let correction = 80_000_000.0
    private static let unsteadySamples = 16
    private static let unsteadySpan: Int64 = 40_000_000
    private static let closest: Int64 = 8_000_000
    private static let kept: Int64 = 1_000_000_000
    // FE-165
    static let samplesMax = 128
}

extension SIMD4<Double> {
    /// Euclidean.
    var length: Double { (self * self).sum().squareRoot() }
}
