import InkPrimitives

/// What takes another's work back is about to do.
public struct TakeBackPlan: Hashable, Sendable {
    /// For `Board.author`, one after the other; each but the first is to go on with it. None where nothing of the work stands.
    public var parts: [[Write]]
    /// Shapes of which something was left alone because somebody changed or deleted it since; ascending (BD-186).
    public var skipped: [ShapeID]
}

// What an owner does about work that should not be there (BD-120 to BD-122).
extension Board {
    /// As much of a span as has come: nobody takes back what is not here. Nil for nothing.
    private func present(of span: WorkSpan) -> WorkSpan? {
        let (first, last) = (max(1, span.sequences.lowerBound), min(span.sequences.upperBound, contiguousSequence(of: span.author)))
        return first <= last ? WorkSpan(author: span.author, sequences: first...last) : nil
    }

    /// The transactions of a span, all of which are here, that count, ascending; of a fork, all.
    private func work(of span: WorkSpan) -> [Transaction] {
        span.sequences.flatMap { transactions(of: span.author, sequence: $0) }.filter { counts($0.name) }
    }

    /// All of this author's work; from the first on that claims to be of this time or later, ms since 1970, where one is given. Nil for none.
    public func span(of author: AuthorID, since wallTime: UInt64? = nil) -> WorkSpan? {
        let last = contiguousSequence(of: author)
        guard last > 0 else { return nil }
        guard let wallTime else { return WorkSpan(author: author, sequences: 1...last) }
        let first = (1...last).first { sequence in
            transactions(of: author, sequence: sequence).contains { $0.claimedWallTime >= wallTime }
        }
        return first.map { WorkSpan(author: author, sequences: $0...last) }
    }

    /// How `author` takes back a span of another's work.
    ///
    /// For each register in which a write of the span stands, the greatest write that is not of it stands again, as far as that was not taken back
    /// itself; shapes that were made in it are deleted, and its deletions are retracted. What others wrote or deleted since is left alone.
    ///
    /// - Parameter span: may begin before the first of its author's work, and end beyond the last.
    public func writes(takingBack span: WorkSpan, by author: AuthorID) -> TakeBackPlan {
        guard let span = present(of: span) else { return TakeBackPlan(parts: [], skipped: []) }
        let work = work(of: span)
        var planner = UndoPlanner(self, author: author, gesture: [])
        let names = Set(work.lazy.map(\.name))
        let broughtBack = shapesBroughtBack(by: work)
        for (target, properties) in UndoPlanner.targets(of: work) {
            guard let shape = picture.shapes.written(target) else { continue }
            if let kind = picture.shapes.kindWriter(of: target, in: log), names.contains(kind.name) {
                if self.shape(target) != nil { planner.delete(target) }
                continue
            }
            for property in properties {
                switch property.row?.law {
                case .mark: planner.retract(names, on: target)
                case .register: planner.restore(property, of: target, without: span)
                // The samples of a stroke never change.
                case .samples: if shape.content.kind != .freehand { planner.restore(property, of: target, without: span) }
                case .retraction: if broughtBack.contains(target), self.shape(target) != nil { planner.delete(target) }
                case .maker, .remark, .person, .step, .rights, .genesis, nil: break
                }
            }
            planner.noteIfGone(target, butFor: names)
        }
        planner.keepLines()
        let record = Write(ShapeID(author: author, number: 0), .takeBack, .bytes(span.bytes))
        let (parts, skipped) = planner.parts(beside: [record] + Self.writes(continuing: .zero, by: author))
        return TakeBackPlan(parts: parts.map { [record] + $0 }, skipped: skipped)
    }

    /// Shapes that others had deleted and these brought back, as an owner may.
    private func shapesBroughtBack(by work: [Transaction]) -> Set<ShapeID> {
        var shapes: Set<ShapeID> = []
        for transaction in work where log.slot(of: transaction.name).map({ log.role(of: $0) }) == .owner {
            for case (let target, .names(let marks)) in transaction.writes.lazy.map({ ($0.target, $0.value) })
            where marks.contains(where: { self.transaction($0).map { $0.author != transaction.author } ?? false }) {
                shapes.insert(target)
            }
        }
        return shapes
    }
}

extension UndoPlanner {
    /// Puts the greatest write that is not of a span in the place of one that is, if such a one stands.
    ///
    /// What a transaction of the span says that it restores is not believed (BD-189): a hostile program would hide its own value behind it.
    fileprivate mutating func restore(_ property: Property, of id: ShapeID, without span: WorkSpan) {
        guard let winner = standingWriter(of: property, of: id), let standing = write(property, of: id, by: winner) else { return }
        guard span.contains(winner) || standing.restores.map(span.contains) == true else {
            // What another step put there is no change of somebody's, and what never had effect was changed by nobody.
            if standing.restores == nil, isWritten(property, of: id, by: span.contains) { skip(id) }
            return
        }
        let (value, origin) = greatest(property, of: id, without: span.contains)
        guard value != standing.value || origin != standing.restores else { return }
        add(Write(id, property, value, restores: origin))
    }
}
