import InkBoard
import InkPrimitives
import InkSession

/// The light that one pointer leaves: where it went while it was lit, for a second and a half.
///
/// Give it samples as they come; draw `paths(at:)`. Times are the pointer's own.
package struct LaserTrail: Sendable {
    /// A place of a trail, as it is drawn.
    package struct Spot: Hashable, Sendable {
        package var position: Point
        /// How far it has faded: 0 for a third of its time, then 1, then 2.
        package var step: Int
    }

    private struct Sample: Sendable {
        let at: Duration
        let position: Point
        /// Nil: here the light is out.
        let trail: UInt64?
    }

    /// In order of time; the light is out before the first.
    private var samples: [Sample] = []

    package init() {}

    /// Nothing of it is seen, now or later.
    package var isOver: Bool { samples.isEmpty }

    /// Takes samples of the pointer, oldest first. What is out of order is left out.
    package mutating func take(_ arrived: [CursorSample]) {
        for sample in arrived {
            if let last = samples.last, sample.at < last.at { continue }
            // Without light nothing is kept but that it went out.
            let trail = sample.position == nil ? nil : sample.trail
            guard trail != nil || samples.last?.trail != nil else { continue }
            samples.append(Sample(at: sample.at, position: sample.position ?? samples.last?.position ?? .zero, trail: trail))
        }
        if samples.count > Self.samplesMax { samples.removeFirst(samples.count - Self.samplesMax) }
    }

    /// Forgets what has gone out by `time`.
    package mutating func forget(before time: Duration) {
        // The newest stays while it is lit: who holds the light still points.
        let gone = samples.indices.prefix { index in
            samples[index].at + Self.lasts <= time && (index + 1 < samples.count || samples[index].trail == nil)
        }
        samples.removeFirst(gone.count)
    }

    /// The paths of light at a time, oldest first.
    ///
    /// - Parameters:
    ///   - head: where the pointer is drawn; the path of a light that is on goes on to there.
    ///   - fades: false to show all of it alike until it goes.
    package func paths(at time: Duration, head: Point?, fades: Bool) -> [[Spot]] {
        var (paths, trail): ([[Spot]], UInt64?) = ([], nil)
        for (index, sample) in samples.enumerated() where sample.at <= time {
            let next = index + 1 < samples.count && samples[index + 1].at <= time ? samples[index + 1] : nil
            guard let lit = sample.trail else {
                // Where it went out it was until then.
                if trail != nil, isSeen(sample, at: time) { paths[paths.count - 1].append(spot(sample, at: time, fades: fades)) }
                trail = nil
                continue
            }
            // Who holds the light still points (FE-100).
            let isHeld = next == nil
            guard isSeen(sample, at: time) || isHeld else { continue }
            if trail != lit { paths.append([]) }
            trail = lit
            if isSeen(sample, at: time) { paths[paths.count - 1].append(spot(sample, at: time, fades: fades)) }
            if isHeld { paths[paths.count - 1].append(Spot(position: head ?? sample.position, step: 0)) }
        }
        return paths
    }

    private func isSeen(_ sample: Sample, at time: Duration) -> Bool { time - sample.at < Self.lasts }

    // FE-100, FE-186
    private func spot(_ sample: Sample, at time: Duration, fades: Bool) -> Spot {
        let age = max(.zero, time - sample.at)
        return Spot(position: sample.position, step: fades ? min(Self.steps - 1, Int(age.nanoseconds / Self.step.nanoseconds)) : 0)
    }

    /// When it looks different by itself next, after a time; nil for never (FE-185).
    package func nextChange(after time: Duration, fades: Bool) -> Duration? {
        let ages = fades ? (1...Self.steps).map { Self.step * $0 } : [Self.lasts]
        return samples.flatMap { sample in ages.map { sample.at + $0 } }.filter { $0 > time }.min()
    }

    /// How long a place is seen.
    package static let lasts = Duration.milliseconds(1500)
    private static let steps = 3
    private static let step = lasts / steps
    /// More than a hand that moves all that time at 250 Hz leaves (FE-100).
    private static let samplesMax = 512
}
