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
        row(of: id).flatMap { records[$0].winner(.text) }.map { log[$0].name }
    }

    /// The writes of a text that was typed by hand over what stands.
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
        guard let row = row(of: id) else { return false }
        let writers = records[row].writers(.text)
        return writers.count > Self.writersFew || writers.contains { log[$0].author == author }
    }

    private static let writersFew = 64

    /// The text that `author` wrote last in this shape, if it was typed by hand and lost to a write that knows nothing of it; nil where nothing
    /// was lost (BD-32).
    public func lostText(of author: AuthorID, in id: ShapeID) -> LostText? {
        guard shape(id) != nil, let row = row(of: id), let winner = records[row].winner(.text) else { return nil }
        let writers = records[row].writers(.text)
        // Of a forked log the greatest stamp stands for all: what lost to it is of the same hand.
        let own = writers.filter { log[$0].author == author }.max { log[$0].stamp < log[$1].stamp }
        guard let own, own != winner, let written = typed(own, in: id) else { return nil }
        let known = knownTexts(of: winner, among: writers, in: id)
        guard !known.contains(own) else { return nil }
        let common = knownTexts(of: own, among: writers, in: id).intersection(known).max { log[$0].stamp < log[$1].stamp }
        let transaction = log[own]
        var gesture = transaction.name
        for write in transaction.writes {
            if case .name(let first) = write.value, write.property == .continuation { gesture = first }
        }
        return LostText(
            shape: id, mine: transaction.name, theirs: log[winner].name, winner: log[winner].author,
            base: common.flatMap { text(at: $0, in: id) } ?? "", mineText: written, theirsText: text(at: winner, in: id) ?? "",
            gesture: gesture, strand: strand(of: transaction))
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

    private func text(at slot: Slot, in id: ShapeID) -> String? {
        for write in log[slot].writes where write.target == id && write.property == .text {
            if case .text(let text) = write.value { return text }
        }
        return nil
    }

    /// The text that this transaction wrote by hand; nil for one that a script, an undo or an older program wrote.
    private func typed(_ slot: Slot, in id: ShapeID) -> String? {
        let writes = log[slot].writes.filter { $0.target == id && $0.restores == nil }
        guard writes.contains(where: { $0.property == .textBase }),
            case .text(let text)? = writes.first(where: { $0.property == .text })?.value
        else { return nil }
        return text
    }

    /// The writes of this text that whoever made the one at `slot` had before the eyes, itself included.
    private func knownTexts(of slot: Slot, among writers: [Slot], in id: ShapeID) -> Set<Slot> {
        let all = Set(writers)
        var (known, open): (Set<Slot>, [Slot]) = ([], [slot])
        while let slot = open.popLast() {
            guard known.insert(slot).inserted else { continue }
            let writes = log[slot].writes.filter { $0.target == id && $0.restores == nil }
            guard let base = writes.first(where: { $0.property == .textBase }).flatMap({ Self.names($0.value) }) else {
                // It says nothing: what its transaction comes after was on the screen.
                // Those of what it comes after are among them.
                known.formUnion(ancestors(of: slot, among: all))
                continue
            }
            let merged = writes.first { $0.property == .textMerged }.flatMap { Self.names($0.value) } ?? []
            open += (base + merged).compactMap { log.slot(of: $0) }.filter(all.contains)
        }
        return known
    }

    /// Those of `writers` that the transaction at `slot` comes after. Nobody who hides it behind a long history makes us walk all of that.
    private func ancestors(of slot: Slot, among writers: Set<Slot>) -> [Slot] {
        let least = writers.map { log[$0].lamport }.min() ?? 0
        var (seen, open, found): (Set<Slot>, [Slot], [Slot]) = ([], [slot], [])
        while let next = open.popLast(), seen.count < Self.ancestorsMax {
            for parent in log[next].parents {
                guard let parent = log.slot(of: parent), log[parent].lamport >= least, seen.insert(parent).inserted else { continue }
                if writers.contains(parent) { found.append(parent) }
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
