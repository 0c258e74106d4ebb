import InkPrimitives

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A hand with a mouse, from a seed: 125 samples a second on 1600x900 pixels.
///
/// Reaches are minimum-jerk motions (Flash, Hogan 1985); loops are circles whose speed swells and dies within 150 ms; while the hand moves
/// each sample is off by normal noise, and a resting mouse is still. The numbers are those with which the controls come out as in the table
/// that they are held against: the speed decides what a snapped pointer is off, the noise how much of the third difference is the hand's own.
struct Hand {
    /// What the hand does.
    enum Task: String, CaseIterable {
        /// Reaches, loops and pauses in turn: what the table was made with.
        case mixed
        case reaches, loops, handwriting, pauses
    }

    private var random: SplitMix64
    private let noise: Double
    private var place: Trace.Position
    private var samples: [Trace.Sample] = []

    /// A trace of `seconds`.
    ///
    /// - Parameter noise: pixels by which a sample is off on each axis, as a standard deviation.
    static func trace(_ task: Task, seconds: Double, noise: Double, seed: UInt64) -> Trace? {
        var hand = Hand(random: SplitMix64(seed: seed).split("hand"), noise: noise)
        while Double(hand.samples.count) * step < seconds * 1000 { hand.go(on: task) }
        return Trace(samples: Array(hand.samples.prefix(Int(seconds * 1000 / step))))
    }

    private init(random: SplitMix64, noise: Double) {
        (self.random, self.noise) = (random, noise)
        place = .init(self.random.within(100...1500), self.random.within(100...800))
    }

    private mutating func go(on task: Task) {
        let draw = random.unit()
        switch task {
        case .mixed: if draw < 0.36 { reach() } else if draw < 0.64 { loop() } else { pause(180...670) }
        case .reaches: if draw < 0.75 { reach() } else { pause(180...670) }
        case .loops: if draw < 0.75 { loop() } else { pause(180...670) }
        case .handwriting: if draw < 0.8 { write() } else { pause(250...900) }
        case .pauses: if draw < 0.3 { reach() } else { pause(300...2000) }
        }
    }

    private mutating func reach() {
        let (from, to) = (place, Trace.Position(random.within(50...1550), random.within(50...850)))
        move(random.within(370...800)) { part in from + (to - from) * Self.minimumJerk(part) }
    }

    private mutating func loop() {
        let (radius, rate) = (random.within(45...125), random.within(0.75...2.5))
        let turns = random.within(1...3) * (random.chance(0.5) ? 1 : -1)
        let phase = random.within(0...2 * .pi)
        let centre = place - radius * Trace.Position(cos(phase), sin(phase))
        let span = abs(turns) / rate * 1000 + Self.swell
        move(span) { part in
            let angle = phase + 2 * .pi * turns * Self.swelling(part * span, of: span)
            return centre + radius * Trace.Position(cos(angle), sin(angle))
        }
    }

    /// A word: letters as loops that lean and differ in height, on a line that goes on; then to the next word or line.
    private mutating func write() {
        let from = place
        let (letters, width) = (2 + random.below(6), random.within(14...22))
        let heights = (0...letters).map { _ in random.within(8...30) }
        let span = Double(letters) * random.within(160...260)
        move(span) { part in
            let letter = Self.swelling(part * span, of: span) * Double(letters)
            let index = min(letters - 1, Int(letter))
            let height = heights[index] + (heights[index + 1] - heights[index]) * (letter - Double(index))
            let angle = 2 * Double.pi * letter
            return from + .init(letter * width - 6 * sin(angle) + height * 0.2 * (1 - cos(angle)), -height * (1 - cos(angle)) / 2)
        }
        let (start, gap) = (place, random.within(25...45))
        let isLineEnd = start.x + gap > 1350
        let to = Trace.Position(isLineEnd ? 100 + random.within(0...30) : start.x + gap, isLineEnd ? start.y + 60 : start.y)
        let next = to.y > 850 ? Trace.Position(to.x, 120) : to
        move(isLineEnd ? 500 : random.within(180...260)) { part in start + (next - start) * Self.minimumJerk(part) }
    }

    private mutating func pause(_ milliseconds: ClosedRange<Double>) {
        for _ in 0..<Int(random.within(milliseconds) / Self.step) { add(place) }
    }

    private mutating func move(_ milliseconds: Double, along path: (Double) -> Trace.Position) {
        let count = max(2, Int(milliseconds / Self.step))
        for index in 1...count {
            place = path(Double(index) / Double(count))
            add(place + noise * .init(random.normal(), random.normal()))
        }
    }

    private mutating func add(_ position: Trace.Position) {
        samples.append(.init(time: Double(samples.count) * Self.step, position: position))
    }

    /// The part of the way after the part `time` of its span, with the least jerk.
    private static func minimumJerk(_ time: Double) -> Double { time * time * time * (10 - 15 * time + 6 * time * time) }

    /// The part of the way after `time` of `span`, where the speed swells within `swell` and dies within it.
    private static func swelling(_ time: Double, of span: Double) -> Double {
        let swell = min(swell, span / 2)
        func swelled(_ part: Double) -> Double { part * part * part - part * part * part * part / 2 }
        let way =
            time < swell
            ? swell * swelled(time / swell)
            : time <= span - swell ? time - swell / 2 : span - swell - swell * swelled((span - time) / swell)
        return way / (span - swell)
    }

    /// Pixels of noise with which the controls come out as in their table.
    static let usualNoise = 4.9
    /// Milliseconds from sample to sample.
    static let step = 8.0
    private static let swell = 150.0
}

extension SplitMix64 {
    mutating func within(_ range: ClosedRange<Double>) -> Double { range.lowerBound + (range.upperBound - range.lowerBound) * unit() }

    /// With the mean 0 and the deviation 1 (Box, Muller 1958).
    mutating func normal() -> Double { (-2 * log(1 - unit())).squareRoot() * cos(2 * .pi * unit()) }

    /// Exponential, with the given mean.
    mutating func exponential(_ mean: Double) -> Double { -mean * log(1 - unit()) }
}
