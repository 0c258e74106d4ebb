import InkBoard
import InkPrimitives

@testable import InkSession

/// Motions of a hand, sampled at 125 Hz in world units, the same on every machine: each is a sum of movements of least jerk (Flash and
/// Hogan 1985), which are polynomials.
enum HandTrace {
    /// Writing: short movements, each begun when the one before is half over, along a line of text.
    static func writing(seconds: Int, seed: UInt64) -> [HandSample] {
        var random = SplitMix64(seed: seed)
        var movements: [Movement] = []
        var start = 0.0
        while start < Double(seconds * 1000) {
            let length = 110 + random.unit() * 140
            movements.append(Movement(start: start, length: length, x: (random.unit() - 0.35) * 400, y: (random.unit() - 0.5) * 600))
            start += length / 2
        }
        return samples(movements, seconds: seconds, from: Point(x: 4000, y: 6000))
    }

    /// Pointing: reaches over a screen of 1600 x 900 px, with pauses between them.
    static func reaching(seconds: Int, seed: UInt64, pauses: Bool = true) -> [HandSample] {
        var random = SplitMix64(seed: seed)
        var (x, y): (Double, Double) = (6400, 3600)
        var movements: [Movement] = []
        var start = 0.0
        while start < Double(seconds * 1000) {
            let (toX, toY) = (random.unit() * 12_800, random.unit() * 7200)
            let length = 350 + random.unit() * 500
            movements.append(Movement(start: start, length: length, x: toX - x, y: toY - y))
            (x, y) = (toX, toY)
            start += length + (pauses ? random.unit() * 300 : -length / 3)
        }
        return samples(movements, seconds: seconds, from: Point(x: 6400, y: 3600))
    }

    /// The samples as a mouse gives them that knows whole pixels only.
    static func inPixels(_ samples: [HandSample]) -> [HandSample] {
        samples.map { HandSample(at: $0.at, point: Point(x: $0.point.x & ~7, y: $0.point.y & ~7)) }
    }

    private struct Movement {
        let (start, length, x, y): (Double, Double, Double, Double)
        init(start: Double, length: Double, x: Double, y: Double) { (self.start, self.length, self.x, self.y) = (start, length, x, y) }

        /// The share of the way that is done: 10 s³ - 15 s⁴ + 6 s⁵.
        func progress(at time: Double) -> Double {
            let share = max(0, min(1, (time - start) / length))
            return share * share * share * (10 + share * (6 * share - 15))
        }
    }

    private static func samples(_ movements: [Movement], seconds: Int, from origin: Point) -> [HandSample] {
        (0..<seconds * 125).map { step in
            let time = Double(step * 8)
            var (x, y) = (Double(origin.x), Double(origin.y))
            for movement in movements where movement.start < time {
                let progress = movement.progress(at: time)
                x += movement.x * progress
                y += movement.y * progress
            }
            return HandSample(at: Int64(step * 8), point: Point(x: Int32(x.rounded()), y: Int32(y.rounded())))
        }
    }
}
