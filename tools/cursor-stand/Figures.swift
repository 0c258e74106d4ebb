struct Arguments {
    var traces: [String] = []
    /// Made traces, and how long each is.
    var seeds: UInt64 = 5
    var seconds = 40.0
    /// Fail where a figure is worse than its goal, or a control is off its table.
    var hasLimits = false
    /// Make a trace instead, from `seed`.
    var task: Hand.Task?
    var seed: UInt64 = 1

    init?(_ words: [String]) {
        var words = words[...]
        while let word = words.popFirst() {
            switch word {
            case "--traces":
                guard let path = words.popFirst() else { return nil }
                traces.append(path)
            case "--seeds":
                guard let count = words.popFirst().flatMap({ UInt64($0) }), (1...100).contains(count) else { return nil }
                seeds = count
            case "--seed":
                guard let number = words.popFirst().flatMap({ UInt64($0) }) else { return nil }
                seed = number
            case "--seconds":
                guard let span = words.popFirst().flatMap({ Double($0) }), (5...600).contains(span) else { return nil }
                seconds = span
            case "--limits": hasLimits = true
            case "--make":
                guard let made = words.popFirst().flatMap({ Hand.Task(rawValue: $0) }) else { return nil }
                task = made
            default: return nil
            }
        }
    }
}

/// Prints a trace as a mouse reports it, in whole pixels, of a steady hand.
func make(_ task: Hand.Task, _ arguments: Arguments) -> Int32 {
    guard let trace = Hand.trace(task, seconds: arguments.seconds, noise: 0.8, seed: arguments.seed) else { return 1 }
    say("# cursor-figures --make \(task.rawValue) --seed \(arguments.seed) --seconds \(Int(arguments.seconds)): t_ms x y")
    for sample in trace.samples { print("\(Int(sample.time)) \(Int(sample.position.x.rounded())) \(Int(sample.position.y.rounded()))") }
    return 0
}

/// Prints all figures. The exit status.
func measure(_ arguments: Arguments) -> Int32 {
    var kinds: [(name: String, traces: [Trace], isReference: Bool)] = []
    let made = (1...arguments.seeds).compactMap { Hand.trace(.mixed, seconds: arguments.seconds, noise: Hand.usualNoise, seed: $0) }
    kinds.append(("made: \(made.count) x \(Int(arguments.seconds)) s of reaches, loops and pauses", made, true))
    for path in arguments.traces {
        guard let text = read(path) else {
            complain("cursor-figures: cannot read \(path)")
            return 3
        }
        guard let trace = Trace(text: text) else {
            complain("cursor-figures: \(path) is no trace: lines `t_ms x y`, with times that grow, at least two")
            return 2
        }
        guard trace.end > Score.first + 1000 else {
            complain("cursor-figures: \(path) is too short: its first \(Int(Score.first / 1000)) s do not count, and 1 s more is needed")
            return 2
        }
        kinds.append((String(path.split(separator: "/").last ?? "trace"), [trace], false))
    }
    say("At \(Row.columns.joined(separator: ", ")); viewer at 59.3 fps, all frames. In brackets: the table of the controls.")
    var misses: [String] = []
    for kind in kinds {
        say("\n\(kind.name)")
        for line in Line.all {
            guard let rows = Row.measure(kind.traces, over: line) else {
                complain("cursor-figures: two nodes on the line \(line.name) did not find together")
                return 1
            }
            for row in rows {
                say(row.text(beside: kind.isReference))
                if kind.isReference { misses += row.misses }
            }
        }
    }
    for miss in misses { complain("cursor-figures: \(miss)") }
    return misses.isEmpty || !arguments.hasLimits ? 0 : 1
}

/// One way to show a pointer over one line.
struct Row {
    enum Way: String {
        case snap = "control: newest, 30 Hz"
        case linear = "control: p95, straight, 30 Hz"
        case glide = "glide"
        case cells = "glide in cells of 8x16 px"
    }

    let line: Line
    let way: Way
    let score: Score
    /// Bytes a second of motion, there and back; nil for what sends none.
    var bytes: (out: Double, back: Double)?

    static let columns = ["path px", "lag ms", "jerk", "overshoot px", "frozen %", "bytes/s of motion, out + back"]

    /// Both controls and the glide through two nodes; nil where the nodes did not find together.
    static func measure(_ traces: [Trace], over line: Line) -> [Row]? {
        let controls = traces.enumerated().map { (Controls($0.element, over: line, seed: UInt64($0.offset) + 1), $0.element) }
        let seen = traces.enumerated().compactMap { index, trace in
            Pair.show(trace, over: line, seed: UInt64(index) + 1).map { ($0, trace) }
        }
        guard seen.count == traces.count else { return nil }
        let count = Double(seen.count)
        let bytes = (
            seen.reduce(0) { $0 + $1.0.bytesOut } / count, seen.reduce(0) { $0 + $1.0.bytesBack } / count
        )
        return [
            Row(line: line, way: .snap, score: Score(mean: controls.map { Score($0.0.snapped(), of: $0.1, first: 1000) })),
            Row(line: line, way: .linear, score: Score(mean: controls.map { Score($0.0.linear(), of: $0.1, first: 1000) })),
            Row(line: line, way: .glide, score: Score(mean: seen.map { Score($0.0.frames, of: $0.1) }), bytes: bytes),
            Row(line: line, way: .cells, score: Score(mean: seen.map { Score($0.0.frames.map(\.cell), of: $0.1) })),
        ]
    }

    /// What others have measured: path, lag and jerk of the controls on reaches, loops and pauses of 5 x 40 s.
    private static let table: [String: [Double]] = [
        "LAN snap": [10.4, 18, 2.74], "WAN snap": [12.8, 65, 2.48], "bad snap": [21.1, 120, 2.82],
        "LAN linear": [5.1, 40, 0.26], "WAN linear": [5.6, 101, 0.30], "bad linear": [8.8, 193, 0.33],
    ]
    /// The greatest path and lag that are good.
    private static let goals: [String: [Double]] = [
        "LAN glide": [4, 40], "WAN glide": [4, 105], "bad glide": [7, 160], "WAN cells": [7, 105],
    ]

    private var reference: [Double]? { Self.table["\(line.name) \(way)"] }

    func text(beside isReference: Bool) -> String {
        var text = "  \(line.name)  " + way.rawValue.padded(to: 31)
        text += [score.path.text(1), score.lag.text(1), score.jerk.text(2), score.overshoot.text(1), (score.frozen * 100).text(1)]
            .map { $0.padded(to: 7, fromLeft: true) }.joined()
        if let bytes { text += "  " + bytes.out.text(0).padded(to: 6, fromLeft: true) + " + " + bytes.back.text(0) }
        if isReference, let reference { text += "   [" + zip(reference, [1, 0, 2]).map { $0.text($1) }.joined(separator: " / ") + "]" }
        return text
    }

    /// Where a control is more than a tenth off its table, and a glide worse than its goal.
    var misses: [String] {
        var misses: [String] = []
        let name = "\(line.name), \(way.rawValue)"
        if let reference {
            for (figure, (value, should)) in zip(["path", "lag", "jerk"], zip([score.path, score.lag, score.jerk], reference))
            where abs(value / should - 1) > 0.1 {
                misses.append("\(name): \(figure) \(value.text(2)) is more than a tenth off \(should.text(2))")
            }
        }
        if let goal = Self.goals["\(line.name) \(way)"] {
            if score.path > goal[0] { misses.append("\(name): path \(score.path.text(2)) px, goal \(goal[0].text(0))") }
            if score.lag > goal[1] { misses.append("\(name): lag \(score.lag.text(1)) ms, goal \(goal[1].text(0))") }
        }
        guard way == .glide, line.name == "WAN" else { return misses }
        if !(0.3...1.2).contains(score.jerk) { misses.append("\(name): jerk \(score.jerk.text(2)), goal 0.30 to 1.20") }
        if score.overshoot > 8 { misses.append("\(name): overshoot \(score.overshoot.text(1)) px, goal 8, a cell") }
        if score.frozen > 0.03 { misses.append("\(name): \((score.frozen * 100).text(1)) % of frames frozen, goal 3") }
        return misses
    }
}

extension Double {
    /// With so many digits after the point.
    func text(_ digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        let whole = Int64((magnitude * scale).rounded())
        let text = String(whole).padded(to: digits + 1, fromLeft: true, with: "0")
        return (self < 0 && whole > 0 ? "-" : "") + (digits == 0 ? text : "\(text.dropLast(digits)).\(text.suffix(digits))")
    }
}

extension String {
    func padded(to width: Int, fromLeft: Bool = false, with pad: Character = " ") -> String {
        let room = String(repeating: pad, count: Swift.max(0, width - count))
        return fromLeft ? room + self : self + room
    }
}
