import InkPrimitives

/// Work of one author from one sequence to another.
public struct WorkSpan: Hashable, Sendable {
    /// The device key that signed it.
    public var author: AuthorID
    /// From 1.
    public var sequences: ClosedRange<UInt64>

    public init(author: AuthorID, sequences: ClosedRange<UInt64>) { (self.author, self.sequences) = (author, sequences) }

    /// True if a transaction is of it.
    public func contains(_ transaction: Transaction) -> Bool {
        transaction.author == author && sequences.contains(transaction.sequence)
    }

    /// True if what is restored came from it.
    func contains(_ origin: Origin) -> Bool {
        if case .transaction(author, let sequence) = origin { sequences.contains(sequence) } else { false }
    }

    /// The bytes of property 90 (BD-121): author (32), first and last sequence (varint each).
    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 48)
        writer.write(author)
        writer.writeVarint(sequences.lowerBound)
        writer.writeVarint(sequences.upperBound)
        return writer.bytes
    }

    /// The span that `bytes` are; nil for none.
    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let author: AuthorID = try? reader.readIdentifier(), let first = try? reader.readVarint(),
            let last = try? reader.readVarint(), reader.remaining == 0, first > 0, first <= last
        else { return nil }
        self.init(author: author, sequences: first...last)
    }
}

/// A step that took another's work back.
public struct TakeBack: Hashable, Sendable {
    /// Whose work, and which of it.
    public var span: WorkSpan
    /// Whose step.
    public var by: AuthorID
}

/// Which spans of work owners took back (BD-188). No picture depends on it: it is asked by who plans an undo, so that none brings such work back.
struct TakeBacks: Sendable {
    private struct Entry: Sendable {
        let slot: Slot
        let span: WorkSpan
    }

    private var entries: [Entry] = []

    /// Spans that are taken back.
    struct InEffect: Sendable {
        fileprivate var spans: [AuthorID: [ClosedRange<UInt64>]] = [:]

        func contains(_ transaction: Transaction) -> Bool {
            spans[transaction.author]?.contains { $0.contains(transaction.sequence) } ?? false
        }
    }

    /// Takes in what a transaction wrote to its author's own record. Returns the span, where it takes one back.
    mutating func insert(_ writes: ArraySlice<Write>, at slot: Slot, of log: Log) -> WorkSpan? {
        guard let span = Self.span(writes), log.role(of: slot) == .owner else { return nil }
        entries.append(Entry(slot: slot, span: span))
        return span
    }

    mutating func remove(_ slots: Set<Slot>) {
        if !entries.isEmpty { entries.removeAll { slots.contains($0.slot) } }
    }

    /// What is taken back by steps that were not taken back themselves.
    ///
    /// - Parameter names: of transactions whose steps are looked away from.
    func inEffect(butFor names: Set<TransactionName>, undo: UndoHistories, of log: Log) -> InEffect {
        var effect = InEffect()
        guard !entries.isEmpty else { return effect }
        var undone: [AuthorID: UndoHistories.TakenBack] = [:]
        // The newest first: a step is taken back by a later one, if at all.
        for entry in entries.sorted(by: { log[$1.slot].stamp < log[$0.slot].stamp }) {
            let step = log[entry.slot]
            let own = undone[step.author] ?? undo.takenBack(of: step.author, of: log)
            undone[step.author] = own
            guard !names.contains(step.name), !own.contains(step, in: log), !effect.contains(step) else { continue }
            effect.spans[entry.span.author, default: []].append(entry.span.sequences)
        }
        return effect
    }

    private static func span(_ writes: ArraySlice<Write>) -> WorkSpan? {
        for case (.takeBack, .bytes(let bytes)) in writes.lazy.map({ ($0.property, $0.value) }) { return WorkSpan(bytes) }
        return nil
    }
}

extension Transaction {
    /// The work of another that it takes back, if its author may; nil for none.
    var takesBack: WorkSpan? {
        for write in writes where write.property == .takeBack && write.target.number == 0 {
            if case .bytes(let bytes) = write.value { return WorkSpan(bytes) }
        }
        return nil
    }
}
