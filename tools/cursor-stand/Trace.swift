import InkPrimitives

/// Where a pointer was: the truth that others see late and in pieces. Positions in pixels, times in milliseconds from the first sample.
struct Trace {
    typealias Position = SIMD2<Double>

    struct Sample: Equatable {
        var time: Double
        var position: Position
    }

    /// In order of time, the first at zero.
    private(set) var samples: [Sample]

    /// Lines `t_ms x y`, separated by blanks; empty ones and those that begin with `#` say nothing. Nil for anything else, for times that do
    /// not grow, and for fewer than two samples.
    init?(text: some StringProtocol) {
        var samples: [Sample] = []
        for line in text.split(whereSeparator: \.isNewline) where !line.allSatisfy(\.isWhitespace) && line.first != "#" {
            let words = line.split(whereSeparator: \.isWhitespace)
            let numbers = words.compactMap { Double($0) }.filter { $0.magnitude <= 1e8 }
            guard words.count == 3, numbers.count == 3 else { return nil }
            guard samples.last.map({ $0.time < numbers[0] }) ?? true else { return nil }
            samples.append(Sample(time: numbers[0], position: .init(numbers[1], numbers[2])))
        }
        self.init(samples: samples)
    }

    init?(samples: [Sample]) {
        guard samples.count >= 2, let first = samples.first else { return nil }
        self.samples = samples.map { Sample(time: $0.time - first.time, position: $0.position) }
    }

    var end: Double { samples[samples.count - 1].time }

    /// What is sent: samples that say something. A mouse at rest says nothing.
    var news: [Sample] {
        samples.indices.filter { $0 == 0 || samples[$0].position != samples[$0 - 1].position }.map { samples[$0] }
    }

    /// The position at a time, on straight lines between samples.
    func position(at time: Double) -> Position {
        guard time > 0 else { return samples[0].position }
        guard time < end else { return samples[samples.count - 1].position }
        var (low, high) = (0, samples.count)
        while low < high {
            let middle = (low + high) / 2
            if samples[middle].time <= time { low = middle + 1 } else { high = middle }
        }
        let (from, to) = (samples[low - 1], samples[low])
        return from.position + (to.position - from.position) * ((time - from.time) / (to.time - from.time))
    }

    /// Spans of at least `milliseconds` in which the pointer rests.
    func rests(of milliseconds: Double) -> [Range<Double>] {
        var rests: [Range<Double>] = []
        var start = 0
        for index in samples.indices.dropFirst() {
            if samples[index].position == samples[start].position, index < samples.count - 1 { continue }
            let last = samples[index].position == samples[start].position ? index : index - 1
            if samples[last].time - samples[start].time >= milliseconds { rests.append(samples[start].time..<samples[last].time) }
            start = index
        }
        return rests
    }

    /// Milliseconds in which the pointer moves.
    var motion: Double {
        zip(samples, samples.dropFirst()).reduce(0) { $0 + ($1.0.position == $1.1.position ? 0 : $1.1.time - $1.0.time) }
    }
}

extension SIMD2<Double> {
    /// Euclidean.
    var length: Double { (self * self).sum().squareRoot() }
}
