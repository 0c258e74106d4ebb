import InkPrimitives

/// The shapes of a board after each step of its recording, forwards and back.
///
/// Wound on as far as anybody looked: of each change it keeps what it left and where the one before it of the same shape is. That is as much as the
/// board's log, however long the recording takes.
public struct Reel: Sendable {
    public let recording: Recording
    /// As far as it is wound; nil once that is to the end.
    private var board: Board?
    private var entries: [Entry] = []
    /// Where the entries of each wound step begin, and behind them where the next would.
    private var starts = [0]
    /// The last entry of each shape, as far as it is wound.
    private var latest: [ShapeID: Int32] = [:]

    private struct Entry: Sendable {
        let id: ShapeID
        /// Nil where it is gone.
        let after: Shape?
        /// The entry before it of the same shape; -1 for none.
        let previous: Int32
    }

    public init(_ recording: Recording) {
        self.recording = recording
        do {
            board = try recording.steps.first.map { step throws(RuleViolation) in try Board(genesis: step.transaction, newest: .max) }
        } catch {
            preconditionFailure("a recording begins as a board does, and this one with what breaks a rule: \(error)")
        }
    }

    /// How many steps there are.
    public var stepCount: Int { recording.steps.count }

    /// What a step changed, one of each shape.
    public mutating func changes(of step: Int) -> [ShapeDelta] { changes(from: step, to: step + 1) }

    /// What lies between two counts of steps done, one change of each shape: forwards, or back where the second is less.
    public mutating func changes(from: Int, to: Int) -> [ShapeDelta] {
        wind(to: max(from, to))
        let range = starts[min(from, to)]..<starts[max(from, to)]
        var ends: [ShapeID: (first: Int, last: Int)] = [:]
        for index in range { ends[entries[index].id, default: (index, index)].last = index }
        return ends.values.sorted { $0.last < $1.last }.compactMap { first, last in
            let (old, new) = (before(entries[first]), entries[last].after)
            let (before, after) = from <= to ? (old, new) : (new, old)
            guard before != after else { return nil }
            return ShapeDelta(id: entries[last].id, before: before, after: after, by: author(ofEntry: last))
        }
    }

    /// What stands after so many steps as if it had just come, and the step that changed each last; in the order of those.
    package mutating func standing(after count: Int) -> [(change: ShapeDelta, step: Int)] {
        wind(to: count)
        var last: [ShapeID: Int] = [:]
        for index in 0..<starts[count] { last[entries[index].id] = index }
        return last.values.sorted().compactMap { index in
            guard let after = entries[index].after else { return nil }
            return (ShapeDelta(id: after.id, before: nil, after: after, by: author(ofEntry: index)), step(ofEntry: index))
        }
    }

    /// The shapes after so many steps, lowest first.
    public mutating func shapes(after count: Int) -> [Shape] {
        wind(to: count)
        var last: [ShapeID: Int] = [:]
        for index in 0..<starts[count] { last[entries[index].id] = index }
        return last.values.compactMap { entries[$0].after }.sorted { $0.isBelow($1) }
    }

    /// The strokes that a step drew, lowest first, and since when they grow: before the step, and no longer than since the one before it. A stroke is
    /// signed when the hand has let go, and its samples have no times; they are taken to be as far apart as hands are followed.
    public mutating func growth(of step: Int) -> (strokes: [Shape], milliseconds: Int) {
        wind(to: step + 1)
        let strokes = entries[starts[step]..<starts[step + 1]].compactMap { entry in
            entry.previous < 0 && entry.after?.content.kind == .freehand ? entry.after : nil
        }
        let time = recording.steps[step].milliseconds
        let samples = strokes.reduce(0) { max($0, $1.content.points.count) }
        let before = step == 0 ? 0 : recording.steps[step - 1].milliseconds
        return (strokes, max(before, time - samples * Self.sampleMilliseconds))
    }

    private static let sampleMilliseconds = 16

    private func before(_ entry: Entry) -> Shape? { entry.previous < 0 ? nil : entries[Int(entry.previous)].after }

    private func step(ofEntry index: Int) -> Int { starts.partitioningIndex { $0 > index } - 1 }
    private func author(ofEntry index: Int) -> AuthorID { recording.steps[step(ofEntry: index)].transaction.author }

    private mutating func wind(to count: Int) {
        precondition(count <= stepCount, "\(count) steps are asked for, and there are \(stepCount)")
        while starts.count <= count {
            let step = starts.count - 1
            let transaction = recording.steps[step].transaction
            // Genesis is there, and draws nothing. What a removal takes out goes with it.
            let changes = step == 0 ? [] : board?.replay(transaction) ?? []
            for delta in changes + (board?.settle()?.changes ?? []) {
                entries.append(Entry(id: delta.id, after: delta.after, previous: latest[delta.id] ?? -1))
                latest[delta.id] = Int32(entries.count - 1)
            }
            starts.append(entries.count)
        }
        if count == stepCount { (board, latest) = (nil, [:]) }
    }
}
