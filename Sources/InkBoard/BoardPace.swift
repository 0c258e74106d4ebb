import InkPrimitives

/// How far apart the changes of who is no owner are to lie, as an owner said last (BD-125).
public struct BoardPace: Hashable, Sendable {
    /// 0 for as fast as anybody likes; at most an hour.
    public var milliseconds: UInt64
    /// Who said so.
    public var by: AuthorID

    static let millisecondsMax: UInt64 = 3_600_000
}

/// What owners said of the pace of a board: the word with the greatest stamp stands (BD-193).
struct PaceWords: Sendable {
    private struct Word: Sendable {
        let slot: Slot
        let milliseconds: UInt64
    }

    private var words: [Word] = []
    /// The place among them of the one that stands.
    private var standing: Int?

    /// Nil where no owner said anything.
    func pace(of log: Log) -> BoardPace? {
        standing.map { BoardPace(milliseconds: words[$0].milliseconds, by: log[words[$0].slot].author) }
    }

    mutating func insert(_ writes: ArraySlice<Write>, at slot: Slot, of log: Log) {
        guard let write = writes.first(where: { $0.property == .pace }), log.role(of: slot) == .owner else { return }
        var milliseconds: UInt64 = 0
        if case .number(let number) = KnownProperty.pace.meaning(of: write.value) { milliseconds = min(number, BoardPace.millisecondsMax) }
        words.append(Word(slot: slot, milliseconds: milliseconds))
        if standing.map({ log[words[$0].slot].stamp < log[slot].stamp }) ?? true { standing = words.count - 1 }
    }

    mutating func remove(_ slots: Set<Slot>, of log: Log) {
        guard words.contains(where: { slots.contains($0.slot) }) else { return }
        words.removeAll { slots.contains($0.slot) }
        standing = words.indices.max { log[words[$0].slot].stamp < log[words[$1].slot].stamp }
    }
}

extension Board {
    /// What an owner said last of how far apart the changes of others are to lie; nil where nobody did.
    public var pace: BoardPace? { picture.paceWords.pace(of: log) }

    /// The write by which an owner says so.
    public static func writes(pacing milliseconds: UInt64, by author: AuthorID) throws(RuleViolation) -> [Write] {
        guard milliseconds <= BoardPace.millisecondsMax else { throw .badValue(field: "interval_ms") }
        return [Write(ShapeID(author: author, number: 0), .pace, KnownProperty.pace.spelling(of: .number(milliseconds)))]
    }
}
