import InkBoard
import InkPrimitives

// Two people who write one text: what lost is merged by the process that wrote it (SE-52).
extension Node {
    /// What others' transactions changed may have cost texts that were typed here: their words are merged at once, or after the pause. Front ends are
    /// told the text with them in either case, so that nobody's editor ever loses what its person typed. What the merge changes goes into
    /// `outcome`, and what is to be said of it is returned.
    mutating func mergeTexts(changedBy outcome: inout InsertOutcome, now: Instant) -> [TextNews] {
        var news: [TextNews] = []
        var seen: Set<ShapeID> = []
        for index in outcome.changes.indices.reversed() {
            let change = outcome.changes[index]
            guard change.before?.content.text != change.after?.content.text, change.after != nil, seen.insert(change.id).inserted else {
                continue
            }
            guard board?.mayHaveLostText(of: author, in: change.id) == true else { continue }
            guard texts.look(now: now) else {
                // Its words stay before the eyes until there is time to look what became of them: those from before all that came now.
                if putOff(change.id, until: now + TextKeeper.retry, now: now), texts.unshown[change.id] == nil {
                    texts.show(outcome.changes.first { $0.id == change.id }?.before?.content.text, of: change.id)
                }
                continue
            }
            texts.show(nil, of: change.id)
            guard let lost = board?.lostText(of: author, in: change.id) else {
                texts.waitsNoMore(change.id)
                continue
            }
            let at = texts.mergeAt(lost.shape)
            if at <= now, let done = merge(lost, now: now) {
                outcome.changes += done.changes
                if let item = done.news { news.append(item) }
            } else if putOff(lost.shape, until: at, now: now) {
                texts.show(TextMerge(base: lost.base, mine: lost.mineText, theirs: lost.theirsText).text, of: lost.shape)
            }
        }
        for transaction in outcome.inserted where transaction.author != author {
            news += mergedByOthers(transaction.name, now: now)
            awaitMerge(of: transaction, now: now)
        }
        return news
    }

    /// A text of another that lost to one of ours is merged by the process that wrote it, if that is there: we look later whether it was.
    private mutating func awaitMerge(of transaction: Transaction, now: Instant) {
        for write in transaction.writes where write.property == .textBase && write.restores == nil {
            guard isOurs(board?.textWriter(of: write.target)), texts.lookForOthers(now: now),
                let lost = board?.lostText(of: transaction.author, in: write.target), lost.mine == transaction.name
            else { continue }
            let telling = TextKeeper.Telling(shape: lost.shape, other: transaction.author)
            texts.expect(telling, lost: lost.mine, until: now + SessionTiming.grace)
        }
    }

    private func isOurs(_ name: TransactionName?) -> Bool { name.flatMap { board?.transaction($0)?.author } == author }

    /// Says which words of others ours took the place of, where nobody is here who could merge them (SE-93).
    private mutating func tellLostOfOthers(now: Instant) {
        let here = Set(roster.people.values.map(\.status.author))
        for (telling, awaited) in texts.awaited.sorted(by: { $0.key < $1.key }) where awaited.at <= now {
            guard isOurs(board?.textWriter(of: telling.shape)) else {
                texts.expectsNoMore(telling)
                continue
            }
            guard !here.contains(telling.other) else {
                texts.expectLater(telling, until: now + SessionTiming.grace)
                continue
            }
            guard texts.lookForOthers(now: now) else {
                texts.expectLater(telling, until: now + TextKeeper.retry)
                continue
            }
            texts.expectsNoMore(telling)
            guard let lost = board?.lostText(of: telling.other, in: telling.shape), lost.mine == awaited.lost, texts.mayTellLost(now: now)
            else { continue }
            tell(.textMerged(TextNews(shape: telling.shape, other: telling.other, outcome: .lost(lost.mineText))))
        }
    }

    /// Texts of ours that lost when the process before was about to end, and were not merged by it (SE-92).
    mutating func recoverTexts(now: Instant) {
        guard let last = board?.contiguousSequence(of: author), last > 0 else { return }
        let first = last - min(last - 1, TextKeeper.recoveredMax - 1)
        var shapes: Set<ShapeID> = []
        for sequence in first...last {
            for transaction in board?.transactions(of: author, sequence: sequence) ?? [] {
                shapes.formUnion(transaction.writes.lazy.filter { $0.property == .textBase }.map(\.target))
            }
        }
        for shape in shapes where board?.lostText(of: author, in: shape) != nil { texts.wait(shape, until: now + TextKeeper.pause) }
    }

    /// Merges what had to wait.
    ///
    /// - Parameter atOnce: without a pause, for the session ends.
    mutating func settleTexts(atOnce: Bool = false, now: Instant) {
        for (shape, at) in texts.due.sorted(by: { $0.key < $1.key }) where atOnce || at <= now {
            guard atOnce || texts.look(now: now) else {
                putOff(shape, until: now + TextKeeper.retry, now: now)
                continue
            }
            guard let lost = board?.lostText(of: author, in: shape) else {
                texts.waitsNoMore(shape)
                showText(of: shape)
                continue
            }
            guard let done = merge(lost, now: now) else {
                if putOff(shape, until: now + TextKeeper.retry, now: now) {
                    showText(of: shape, as: TextMerge(base: lost.base, mine: lost.mineText, theirs: lost.theirsText).text)
                }
                continue
            }
            if let outcome = done.outcome {
                texts.show(nil, of: shape)
                took(outcome, of: .nobody, now: now)
            } else {
                showText(of: shape)
            }
            if let news = done.news { tell(.textMerged(news)) }
        }
        if !atOnce { tellLostOfOthers(now: now) }
    }

    /// - Returns: false where too many wait already.
    @discardableResult
    private mutating func putOff(_ shape: ShapeID, until at: Instant, now: Instant) -> Bool {
        guard texts.mayWait(shape) else { return false }
        beginDoubt(now: now)
        texts.wait(shape, until: max(at, canMerge(now: now) ? now : now + TextKeeper.retry))
        return true
    }

    /// Tells a text as it stands, or as it is to be seen while it waits, if front ends see another.
    private mutating func showText(of id: ShapeID, as text: String? = nil) {
        let before = texts.unshown[id]
        texts.show(text, of: id)
        guard let before, var shape = board?.shape(id), let writer = board?.textWriter(of: id),
            let author = board?.transaction(writer)?.author
        else { return }
        shape.content.text = text ?? shape.content.text
        guard shape.content.text != before else { return }
        tell(.changed([ShapeChange(kind: .changed, id: id, author: author, shape: shape)], ref: nil))
    }

    /// What front ends are to see of a changed shape: of a text that waits, what it will hold. What its own person makes of it is seen at once.
    mutating func shown(_ shape: Shape, before: Shape?, of asker: Asker) -> Shape {
        guard let text = texts.unshown[shape.id] else { return shape }
        guard asker.frontEnd == .nobody || before?.content.text == shape.content.text else {
            texts.show(nil, of: shape.id)
            return shape
        }
        var shown = shape
        shown.content.text = text
        return shown
    }

    /// A merge is written as any other work is: not before the others had a moment to say what they have of ours (SE-20).
    private func canMerge(now: Instant) -> Bool { isReady && saves.refusal == nil && !mustHold(now: now) }

    /// What a merge did.
    private struct Merged {
        /// Nil where nothing had to be written.
        var outcome: InsertOutcome?
        var news: TextNews?
        var changes: [ShapeDelta] { outcome?.changes ?? [] }
    }

    /// Writes what is of both where a text of ours lost. Nil where that cannot be done now.
    private mutating func merge(_ lost: LostText, now: Instant) -> Merged? {
        guard canMerge(now: now) else { return nil }
        let merge = TextMerge(base: lost.base, mine: lost.mineText, theirs: lost.theirsText)
        texts.waitsNoMore(lost.shape)
        guard merge.text != lost.theirsText || !merge.displaced.isEmpty else { return Merged() }
        do {
            let (writes, news) = try writes(of: merge, in: lost.shape, merged: [lost.mine], other: lost.winner, now: now)
            let step = Board.writes(continuing: lost.gesture, by: author)
            let (_, done) = try author(writes + step, of: .nobody, strand: lost.strand, now: now)
            texts.merged(lost.shape, now: now)
            return Merged(outcome: done, news: texts.isNews(news, now: now) ? news : nil)
        } catch {
            // What cannot be written stays in history, and is said.
            return Merged(news: TextNews(shape: lost.shape, other: lost.winner, outcome: .lost(lost.mineText)))
        }
    }

    /// What a merge writes, and what is said of it.
    private mutating func writes(
        of merge: TextMerge, in shape: ShapeID, merged: [TransactionName], other: AuthorID, now: Instant
    ) throws(Refusal) -> (writes: [Write], news: TextNews) {
        var writes = try plan { board, author throws(RuleViolation) in
            // SE-381
            guard !board.isLocked(shape, to: author) else { throw .locked(shape) }
            return try board.writes(typing: merge.text, in: shape, merged: merged)
        }
        guard !merge.displaced.isEmpty else { return (writes, TextNews(shape: shape, other: other, outcome: .merged)) }
        guard texts.takeBeside(now: now) else { return (writes, TextNews(shape: shape, other: other, outcome: .lost(merge.displaced))) }
        let number = work.nextShapeNumber
        let beside = try plan { board, author throws(RuleViolation) in
            try board.writes(for: .draw(board.draft(of: merge.displaced, beside: shape)), by: author, from: number)
        }
        writes += beside
        let id = beside.first?.target ?? shape
        return (writes, TextNews(shape: shape, other: other, outcome: .beside(id)))
    }

    /// What another's program merged with a text of ours is told here, too.
    private mutating func mergedByOthers(_ name: TransactionName, now: Instant) -> [TextNews] {
        guard let board, let transaction = board.transaction(name) else { return [] }
        var news: [TextNews] = []
        for merge in board.textMerge(by: name) {
            let ofOurs = ([merge.base] + merge.merged).contains { board.transaction($0)?.author == author }
            guard ofOurs else { continue }
            let beside = transaction.writes.first { $0.property == .kind && $0.target.author == transaction.author }?.target
            let item = TextNews(shape: merge.shape, other: transaction.author, outcome: beside.map { .beside($0) } ?? .merged)
            if texts.isNews(item, now: now) { news.append(item) }
        }
        return news
    }

    /// Writes a text that was typed by hand over `from`: what others wrote since, and what of our own they overwrote, is merged in (SE-53).
    ///
    /// - Parameter isMerged: its editor has merged what stands with letters that were not on the board.
    mutating func type(
        _ text: String, over from: String, in shape: ShapeID, isMerged: Bool, continuing first: TransactionName?, isBegun: Bool,
        of asker: Asker, now: Instant
    ) throws(Refusal) -> UInt64? {
        guard isReady else { throw .notReady }
        let standing = try plan { board, _ throws(RuleViolation) in
            guard let content = board.shape(shape)?.content else { throw .noSuchShape(shape) }
            return content.text
        }
        guard text.utf8.count <= Limits.textBytes else { throw .badValue(field: "text") }
        if let reason = saves.refusal, !isBegun { throw .diskRefuses(reason) }
        let lost = board?.lostText(of: author, in: shape)
        var theirs = standing
        var displaced = ""
        if let lost {
            let merge = TextMerge(base: lost.base, mine: lost.mineText, theirs: lost.theirsText)
            (theirs, displaced) = (merge.text, merge.displaced)
        }
        var merge = theirs == from ? TextMerge(whole: text, displaced: "") : TextMerge(base: from, mine: text, theirs: theirs)
        if merge.text == text { merge = TextMerge(whole: text, displaced: merge.displaced) }
        if !displaced.isEmpty {
            merge = TextMerge(whole: merge.text, displaced: [displaced, merge.displaced].filter { !$0.isEmpty }.joined(separator: "\n"))
        }
        work.typing(of: asker.frontEnd, becomes: merge.text)
        guard merge.text != standing || !merge.displaced.isEmpty else { return nil }
        let writer = board?.textWriter(of: shape)
        let other = writer.flatMap { board?.transaction($0)?.author } ?? author
        // Who wrote the other words learns by the name of what holds them that both stand in this text: both are told, or neither (SE-90, SE-301).
        let isOfTwo = (standing != from && standing != text) || (isMerged && other != author)
        var merged = lost.map { [$0.mine] } ?? []
        if isOfTwo, other != author, let writer { merged.append(writer) }
        let (writes, news) = try writes(of: merge, in: shape, merged: merged, other: other, now: now)
        let step = first.map { Board.writes(continuing: $0, by: author) } ?? []
        let transaction = try write(writes + step, of: asker, now: now)
        work.typed(in: shape, by: asker.frontEnd, sequence: transaction.sequence)
        texts.settled(shape)
        if isOfTwo, texts.isNews(news, now: now) { tell(.textMerged(news)) }
        return transaction.sequence
    }
}

extension Board {
    /// A text for words that have no place in a shape any more, to the right of it and under those that are there already.
    fileprivate func draft(of words: String, beside id: ShapeID) -> ShapeDraft {
        let content = shape(id)?.content ?? ShapeDraft(kind: .text, position: .zero)
        let longest = content.text.split(whereSeparator: \.isNewline).map(\.count).max() ?? 0
        let width = max(content.size.width, content.kind == .text ? Int32(clamping: longest * Self.cell.x) : 0)
        var place = content.position + Point(x: width, y: 0) + Point(x: Int32(2 * Self.cell.x), y: 0)
        let taken = Set(shapes.lazy.filter { $0.content.kind == .text }.map(\.content.position))
        while taken.contains(place), place.y < Limits.coordinate { place = place + Point(x: 0, y: Int32(Self.cell.y)) }
        return ShapeDraft(kind: .text, position: place, text: words, stroke: content.stroke)
    }

    /// A cell of a terminal at 100 %, world units.
    private static let cell = (x: 8 * 8, y: 16 * 8)
}
