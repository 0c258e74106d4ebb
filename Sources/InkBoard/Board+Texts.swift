import InkPrimitives

/// A text that its author typed by hand, and that lost to a write which knows nothing of it.
public struct LostText: Hashable, Sendable {
    public var shape: ShapeID
    /// The transaction that wrote it.
    public var mine: TransactionName
    /// The transaction whose text stands.
    public var theirs: TransactionName
    /// Who wrote that.
    public var winner: AuthorID
    /// The last text that both knew.
    public var base: String
    public var mineText: String
    public var theirsText: String
    /// The transaction that began the gesture of the lost one.
    public var gesture: TransactionName
    public var strand: Strand
}

// Two people who write one text. A write that was typed by hand names the write that its editor began from; that, and nothing else, says what
// its author had before the eyes: its transaction may have parents that its editor never saw.
extension Board {
    /// The transaction whose text stands in the shape; nil where nobody wrote one.
    public func textWriter(of id: ShapeID) -> TransactionName? {
        picture.shapes.standingWriter(of: .text, of: id, in: log)?.name
    }

    /// The writes of a text that was typed by hand over what stands (BD-31).
    ///
    /// - Parameter merged: lost texts whose words are in it, too.
    public func writes(typing text: String, in id: ShapeID, merged: [TransactionName] = []) throws(RuleViolation) -> [Write] {
        var writes = try self.writes(for: [.text(text)], of: id)
        writes.append(Write(id, .textBase, .bytes(textWriter(of: id)?.bytes ?? [])))
        if !merged.isEmpty { writes.append(Write(id, .textMerged, .bytes(merged.sorted().flatMap(\.bytes)))) }
        return writes
    }

    /// True if `lostText` may find something, or would be long in looking: strangers can write one text by the ten thousand, and each time all of
    /// that would be gone through again.
    public func mayHaveLostText(of author: AuthorID, in id: ShapeID) -> Bool {
        if picture.shapes.writerCount(of: .text, of: id) > Self.writersFew { return true }
        return picture.shapes.writers(of: .text, of: id, in: log).contains { $0.author == author }
    }

    private static let writersFew = 64

    /// The text that `author` wrote last in this shape, if it was typed by hand and lost to a write that knows nothing of it; nil where nothing
    /// was lost (BD-32).
    public func lostText(of author: AuthorID, in id: ShapeID) -> LostText? {
        guard shape(id) != nil, let winner = picture.shapes.standingWriter(of: .text, of: id, in: log) else { return nil }
        let writers = picture.shapes.writers(of: .text, of: id, in: log)
        // Of a forked log the greatest stamp stands for all: what lost to it is of the same hand.
        let own = writers.filter { $0.author == author }.max { $0.stamp < $1.stamp }
        guard let own, own.name != winner.name, let written = typed(own, in: id) else { return nil }
        let texts = Dictionary(writers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let known = knownTexts(of: winner, among: texts, in: id)
        guard !known.contains(own.name) else { return nil }
        let common = knownTexts(of: own, among: texts, in: id).intersection(known).compactMap { texts[$0] }.max { $0.stamp < $1.stamp }
        var gesture = own.name
        for write in own.writes {
            if case .name(let first) = write.value, write.property == .continuation { gesture = first }
        }
        return LostText(
            shape: id, mine: own.name, theirs: winner.name, winner: winner.author, base: common.flatMap { text(of: $0, in: id) } ?? "",
            mineText: written, theirsText: text(of: winner, in: id) ?? "", gesture: gesture, strand: picture.undo.strand(of: own))
    }

    /// The texts into which this transaction merged others, each with the base that it names (zero for none) and the merged ones; empty where it
    /// merged nothing.
    public func textMerge(by name: TransactionName) -> [(shape: ShapeID, base: TransactionName, merged: [TransactionName])] {
        guard let transaction = transaction(name) else { return [] }
        return transaction.writes.compactMap { write in
            guard write.property == .textMerged, write.restores == nil, case .bytes(let bytes) = write.value,
                let merged = Self.names(bytes),
                let base = Self.names(
                    transaction.writes.lazy.first { $0.target == write.target && $0.property == .textBase }?.value ?? .mark)
            else { return nil }
            return (write.target, base.first ?? .zero, merged)
        }
    }

    private func text(of transaction: Transaction, in id: ShapeID) -> String? {
        for write in transaction.writes where write.target == id && write.property == .text {
            if case .text(let text) = write.value { return text }
        }
        return nil
    }

    /// The text that this transaction wrote by hand; nil for one that a script, an undo or an older program wrote (BD-139).
    private func typed(_ transaction: Transaction, in id: ShapeID) -> String? {
        let writes = transaction.writes.filter { $0.target == id && $0.restores == nil }
        guard writes.contains(where: { $0.property == .textBase }),
            case .text(let text)? = writes.first(where: { $0.property == .text })?.value
        else { return nil }
        return text
    }

    /// The writes of this text, `texts`, that whoever made one of them had before the eyes, itself included (BD-138).
    private func knownTexts(
        of transaction: Transaction, among texts: [TransactionName: Transaction], in id: ShapeID
    ) -> Set<TransactionName> {
        var (known, open): (Set<TransactionName>, [Transaction]) = ([], [transaction])
        while let transaction = open.popLast() {
            guard known.insert(transaction.name).inserted else { continue }
            let writes = transaction.writes.filter { $0.target == id && $0.restores == nil }
            guard let base = writes.first(where: { $0.property == .textBase }).flatMap({ Self.names($0.value) }) else {
                // It says nothing: what its transaction comes after was on the screen.
                // Those of what it comes after are among them.
                known.formUnion(ancestors(of: transaction, among: texts))
                continue
            }
            let merged = writes.first { $0.property == .textMerged }.flatMap { Self.names($0.value) } ?? []
            open += (base + merged).compactMap { texts[$0] }
        }
        return known
    }

    /// Those of `texts` that a transaction comes after. Nobody who hides it behind a long history makes us walk all of that.
    private func ancestors(of transaction: Transaction, among texts: [TransactionName: Transaction]) -> [TransactionName] {
        let least = texts.values.map(\.lamport).min() ?? 0
        var (seen, open, found): (Set<TransactionName>, [Transaction], [TransactionName]) = ([], [transaction], [])
        while let next = open.popLast(), seen.count < Self.ancestorsMax {
            for name in next.parents where !seen.contains(name) {
                guard let parent = self.transaction(name), parent.lamport >= least else { continue }
                seen.insert(name)
                if texts[name] != nil { found.append(name) }
                open.append(parent)
            }
        }
        return found
    }

    /// Transactions looked at for one text.
    private static let ancestorsMax = 50_000

    /// The names that one of the two properties holds; nil for what is no list of names.
    private static func names(_ value: Value) -> [TransactionName]? { if case .bytes(let bytes) = value { names(bytes) } else { nil } }

    private static func names(_ bytes: [UInt8]) -> [TransactionName]? {
        guard bytes.count % 32 == 0 else { return nil }
        return stride(from: 0, to: bytes.count, by: 32).compactMap { TransactionName(Array(bytes[$0..<$0 + 32])) }
    }
}
