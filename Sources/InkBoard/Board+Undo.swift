import InkPrimitives

/// What an undo or redo is about to do. It is one transaction at least, also where all was changed by others since and nothing is left to write
/// but the step itself: every step is accounted for. A gesture in several takes several, each of which names it.
public struct UndoPlan: Hashable, Sendable {
    /// For `Board.author`, one after the other.
    public var parts: [[Write]]
    /// Shapes of which something was left alone because somebody changed or deleted it since; ascending.
    public var skipped: [ShapeID]
    /// The gesture that is taken back or done again.
    public var target: TransactionName
}

extension Board {
    /// True if this author has a gesture to take back.
    public func canUndo(_ author: AuthorID, in strand: Strand = .common) -> Bool { picture.undo.canUndo(author, in: strand, of: log) }
    /// True if this author has a gesture to do again.
    public func canRedo(_ author: AuthorID, in strand: Strand = .common) -> Bool {
        picture.undo.canRedo(author, in: strand, of: log)
    }

    /// How to take back this author's last gesture that is in effect; nil for none (BD-11).
    ///
    /// For each register in which the gesture's write stands, the greatest other write stands again; shapes that the gesture made are
    /// deleted; the gesture's own deletions are retracted. What others wrote or deleted since is left alone.
    public func undoWrites(of author: AuthorID, in strand: Strand = .common) -> UndoPlan? {
        guard let offer = picture.undo.lastDone(of: author, in: strand, of: log) else { return nil }
        var planner = UndoPlanner(self, author: author, gesture: offer.gesture)
        let marks = Set((offer.steps + offer.gesture).lazy.map(\.name))
        for (target, properties) in planner.targets {
            guard let shape = picture.shapes.written(target) else { continue }
            guard !isLocked(target, to: author) else {
                planner.skip(target)
                continue
            }
            if let kind = picture.shapes.kindWriter(of: target, in: log), planner.isOfGesture(kind) {
                planner.delete(target)
                continue
            }
            for property in properties {
                switch property.row?.law {
                case .mark: planner.retract(marks, on: target)
                case .register: planner.restoreOther(property, of: target)
                // The samples of a stroke never change.
                case .samples: if shape.content.kind != .freehand { planner.restoreOther(property, of: target) }
                case .retraction: if planner.tookBackDeletion(of: target) { planner.delete(target) }
                case .maker, .remark, .person, .step, .rights, .genesis, nil: break
                }
            }
            planner.noteIfGone(target, butFor: marks)
        }
        planner.keepLines()
        return planner.plan(.undo)
    }

    /// How to do again what this author took back last; nil for none, or when the author has done something else since.
    public func redoWrites(of author: AuthorID, in strand: Strand = .common) -> UndoPlan? {
        guard let offer = picture.undo.lastUndone(of: author, in: strand, of: log) else { return nil }
        var planner = UndoPlanner(self, author: author, gesture: offer.gesture)
        let marks = Set(offer.steps.lazy.map(\.name))
        let writes = offer.steps.flatMap(\.writes).filter { $0.target.number > 0 }
        // Where lines are seen now, which is not where they were when the gesture deleted what they are bound to.
        let gone = Set(writes.lazy.filter { $0.property == .retraction }.map(\.target))
        let kept = Dictionary(uniqueKeysWithValues: linesKept(without: gone).map { ($0.line.id, $0.points) })
        for write in writes {
            guard !isLocked(write.target, to: author) else {
                planner.skip(write.target)
                continue
            }
            switch write.property.row?.law {
            case .mark:
                planner.retract(marks, on: write.target)
                planner.noteIfGone(write.target, butFor: marks)
            case .retraction: planner.add(Write(write.target, .deletion, .mark))
            // Points that the undo stored of a line, since a shape went to which it is bound.
            case .samples where write.restores == nil:
                planner.restoreOther(write.property, of: write.target, than: offer.steps, isSaid: false)
            case .samples: planner.redo(write, as: kept[write.target].map { .points($0) })
            case .register, .remark, .maker, .person, .step, .rights, .genesis, nil: planner.redo(write)
            }
        }
        for (line, points) in kept.sorted(by: { $0.key < $1.key }) where points != shape(line)?.content.points && !planner.places(line) {
            planner.add(Write(line, .points, .points(points)))
        }
        return planner.plan(.redo)
    }
}
