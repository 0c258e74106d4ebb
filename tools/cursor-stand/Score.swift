/// What was shown, held against the trace that it shows. All frames count.
struct Score {
    /// Pixels: what remains of the difference when the lag is taken out, as a root of the mean square.
    var path = 0.0
    /// Milliseconds by which the shown is best moved back, in steps of half a one.
    var lag = 0.0
    /// The mean square of the third difference over that of the trace at the same times, as a root. Above 1 it stutters, far below it is smoothed.
    var jerk = 0.0
    /// Pixels, the most that was shown beyond a point where the hand came to rest, in the direction from which it came.
    var overshoot = 0.0
    /// Of the frames in which the trace moves by more than two pixels, how many stood still.
    var frozen = 0.0

    /// - Parameters:
    ///   - frames: positions at frame 0, 1, …; nil where nothing was shown.
    ///   - first: milliseconds of the trace that do not count: nobody knows the clock and the line yet.
    init(_ frames: [Trace.Position], of trace: Trace, first: Double = Score.first) {
        let range = frames.indices.filter { Self.time(of: $0) >= first && Self.time(of: $0) < trace.end }
        guard range.count > 3 else { return }
        let shown = range.map { frames[$0] }
        let times = range.map { Self.time(of: $0) }
        func meanSquare(_ lag: Double) -> Double {
            var sum = 0.0
            for (time, position) in zip(times, shown) {
                let error = position - trace.position(at: time - lag)
                sum += (error * error).sum()
            }
            return sum / Double(times.count)
        }
        // The error falls toward the best lag from all sides, so that a coarse search finds the neighbourhood.
        let coarse = stride(from: 0.0, through: 400, by: 8).min { meanSquare($0) < meanSquare($1) } ?? 0
        lag = stride(from: max(0, coarse - 8), through: coarse + 8, by: 0.5).min { meanSquare($0) < meanSquare($1) } ?? 0
        path = meanSquare(lag).squareRoot()
        jerk = Self.jerk(shown) / Self.jerk(times.map(trace.position(at:)))
        let moving = shown.indices.dropFirst().filter {
            (trace.position(at: times[$0] - lag) - trace.position(at: times[$0 - 1] - lag)).length > 2
        }
        frozen = moving.isEmpty ? 0 : Double(moving.count { shown[$0] == shown[$0 - 1] }) / Double(moving.count)
        for rest in trace.rests(of: 200) where rest.lowerBound >= first + 250 {
            let goal = trace.position(at: rest.lowerBound)
            let way = goal - trace.position(at: rest.lowerBound - 200)
            guard way.length > 20 else { continue }
            let direction = way / way.length
            func beyond(_ position: Trace.Position) -> Double { ((position - goal) * direction).sum() }
            // What the hand itself went too far is its own.
            let own = stride(from: rest.lowerBound - 200, to: rest.lowerBound, by: 4).map { beyond(trace.position(at: $0)) }.max() ?? 0
            // After the middle of the rest it may be the next motion that begins.
            let seen = rest.lowerBound + lag...min(rest.lowerBound + 250, (rest.lowerBound + rest.upperBound) / 2) + lag
            for (time, position) in zip(times, shown) where seen.contains(time) {
                overshoot = max(overshoot, beyond(position) - max(0, own))
            }
        }
    }

    /// The mean of several.
    init(mean scores: [Score]) {
        let count = Double(scores.count)
        path = scores.reduce(0) { $0 + $1.path } / count
        lag = scores.reduce(0) { $0 + $1.lag } / count
        jerk = scores.reduce(0) { $0 + $1.jerk } / count
        frozen = scores.reduce(0) { $0 + $1.frozen } / count
        overshoot = scores.map(\.overshoot).max() ?? 0
    }

    private static func jerk(_ positions: [Trace.Position]) -> Double {
        var sum = 0.0
        for index in positions.indices.dropFirst(3) {
            let difference = positions[index] - 3 * positions[index - 1] + 3 * positions[index - 2] - positions[index - 3]
            sum += (difference * difference).sum()
        }
        return (sum / Double(positions.count - 3)).squareRoot()
    }

    /// When a frame is shown, milliseconds. The rate has no small common measure with 30, 60 or 125, or the score would be that of an alias.
    static func time(of frame: Int) -> Double { Double(frame) * 1000 / 59.3 }
    /// Frames of a trace that goes on for so long.
    static func frames(in milliseconds: Double) -> Int { Int(milliseconds * 59.3 / 1000) + 1 }
    static let first = 2000.0
}
