import InkBoard
import InkPrimitives
import InkSession

/// The names by which a program knows shapes, where the holder of its board calls them otherwise.
///
/// A shape that was lost with a holder and is made anew may get another number, and its old number may go to another shape. The program
/// goes on with the name that it was told first, and no name that it was told ever passes to another shape. What another program of this
/// person makes anew is known by its label, which its author gave it.
///
///     program ──known──▶ `forHolder` ──▶ holder
///     program ◀──known── `forProgram` ◀── holder
package struct ShapeAliases: Sendable {
    private var knownByHolders: [ShapeID: ShapeID] = [:]
    private var holdersByKnown: [ShapeID: ShapeID] = [:]
    /// Known names whose shapes do not stand at the holder.
    private var lost: Set<ShapeID> = []
    /// Those of them that had a label.
    private var lostByLabel: [Label: ShapeID] = [:]
    /// Names that we made up count down from here: no author uses so great a number.
    private var nextNumber = UInt64.max

    private struct Label: Hashable {
        let author: AuthorID
        let text: String

        /// Nil for a shape without one.
        init?(_ shape: Shape) {
            guard !shape.content.label.isEmpty else { return nil }
            (author, text) = (shape.id.author, shape.content.label)
        }
    }

    package init() {}

    /// True if the shape of this known name does not stand at the holder, nor was made anew.
    package func isLost(_ known: ShapeID) -> Bool { lost.contains(known) }

    /// These shapes do not stand at the holder any more.
    package mutating func lose(_ known: some Sequence<ShapeID>) {
        for id in known {
            if let holders = holdersByKnown.removeValue(forKey: id) { knownByHolders[holders] = nil }
            lost.insert(id)
        }
    }

    /// As `lose`, for shapes of which the program knows more than the name.
    package mutating func lose(_ shapes: [Shape]) {
        lose(shapes.map(\.id))
        for shape in shapes { if let label = Label(shape) { lostByLabel[label] = shape.id } }
    }

    /// Binds those of these shapes, by the holder's names and all new to the program, that are lost ones made anew by another program (FE-42).
    package mutating func recognise(_ shapes: [Shape]) {
        for shape in shapes where knownByHolders[shape.id] == nil {
            guard let label = Label(shape), let known = lostByLabel[label], isLost(known) else { continue }
            bind(known, to: shape.id)
            lostByLabel[label] = nil
        }
    }

    /// The shape that the program knows as `known` is what the holder now calls `holders` (FE-169).
    package mutating func bind(_ known: ShapeID, to holders: ShapeID) {
        lose([known])
        lost.remove(known)
        (holdersByKnown[known], knownByHolders[holders]) = (holders, known)
    }

    /// The known name of a shape of the holder; made up where the holder's own once meant another (FE-42).
    package mutating func known(_ holders: ShapeID) -> ShapeID {
        if let known = knownByHolders[holders] { return known }
        guard lost.contains(holders) || holdersByKnown[holders] != nil else { return holders }
        let fresh = ShapeID(author: holders.author, number: nextNumber)
        nextNumber -= 1
        bind(fresh, to: holders)
        return fresh
    }

    private var isEmpty: Bool { lost.isEmpty && knownByHolders.isEmpty }

    // MARK: To the program

    package mutating func forProgram(_ shapes: [Shape]) -> [Shape] { isEmpty ? shapes : shapes.map { forProgram($0) } }

    private mutating func forProgram(_ shape: Shape) -> Shape {
        Shape(
            id: known(shape.id), content: shape.content.renaming { known($0) }, depth: shape.depth, extra: shape.extra,
            isLocked: shape.isLocked)
    }

    package mutating func forProgram(_ event: Event) -> Event {
        guard !isEmpty else { return event }
        switch event {
        case .changed(let changes, let reference):
            recognise(changes.filter { $0.kind == .added }.map(\.shape))
            let renamed = changes.map { change in
                ShapeChange(kind: change.kind, id: known(change.id), author: change.author, shape: forProgram(change.shape))
            }
            return .changed(renamed, ref: reference)
        case .outcome(let reference, .skipped(let ids)): return .outcome(ref: reference, .skipped(ids.map { known($0) }))
        case .gesture(let id, .began(let gesture, let at)): return .gesture(id, .began(gesture.renaming { known($0) }, at: at))
        case .gesture(let id, .updated(let gesture, let at)): return .gesture(id, .updated(gesture.renaming { known($0) }, at: at))
        case .gesture(let id, .ended(.committed(let ids))): return .gesture(id, .ended(.committed(ids.map { known($0) })))
        case .textMerged(var news):
            news.shape = known(news.shape)
            if case .beside(let shape) = news.outcome { news.outcome = .beside(known(shape)) }
            return .textMerged(news)
        case .ready, .outcome, .peer, .gesture, .cursor, .view, .lookHere, .typing, .chat, .sync, .rendezvous, .rejected, .fork, .restoring,
            .duplicateDevice, .meeting, .tokens,
            .knownName, .notAdmitted, .versionMismatch, .invited, .code, .rights, .chatsGone, .calm, .stopped, .identity, .typingEnded,
            .chatState, .chatPage:
            return event
        }
    }

    package mutating func forProgram(_ answer: BoardAnswer) -> BoardAnswer {
        switch answer {
        case .board(var report):
            report.shapes = forProgram(report.shapes)
            return .board(report)
        case .state(var report):
            report.shapes = forProgram(report.shapes)
            return .state(report)
        case .status, .links, .invite, .dump, .members: return answer
        }
    }

    // MARK: To the holder

    package func forHolder(_ intent: Intent) -> Intent {
        func holders(_ id: ShapeID) -> ShapeID { holdersByKnown[id] ?? id }
        guard !holdersByKnown.isEmpty else { return intent }
        switch intent {
        case .draw(let draft): return .draw(draft.renaming(holders))
        case .drawAll(let drafts): return .drawAll(drafts.map { $0.renaming(holders) })
        case .set(let id, let changes): return .set(holders(id), changes.map { $0.renaming(holders) })
        case .amend(let id, let changes): return .amend(holders(id), changes.map { $0.renaming(holders) })
        case .setAll(let ids, let changes): return .setAll(ids.map(holders), changes.map { $0.renaming(holders) })
        case .change(let change):
            return .change(
                BoardChange(
                    drawn: change.drawn.map { $0.renaming(holders) }, depths: change.depths,
                    edits: change.edits.map { ShapeEdit(holders($0.shape), $0.changes.map { $0.renaming(holders) }) },
                    deleted: change.deleted.map(holders)))
        case .setEach(let edits):
            return .setEach(edits.map { ShapeEdit(holders($0.shape), $0.changes.map { $0.renaming(holders) }) })
        case .type(let id, let from, let to, let continues, let isMerged):
            return .type(holders(id), from: from, to: to, continues: continues, isMerged: isMerged)
        case .move(let ids, let by): return .move(ids.map(holders), by: by)
        case .resize(let id, let by, let growth): return .resize(holders(id), by: by, growing: growth)
        case .delete(let ids): return .delete(ids.map(holders))
        case .calm(.lock(let ids, let isLocked)): return .calm(.lock(ids.map(holders), isLocked))
        case .begin(let gesture): return .begin(gesture.renaming(holders))
        case .update(let gesture): return .update(gesture.renaming(holders))
        case .undo, .redo, .extend, .commit, .cancel, .cursor, .laser, .view, .lookHere, .say, .typing, .attention, .rename,
            .invite, .grant, .remove, .calm, .verify, .resend, .readChat:
            return intent
        }
    }
}

extension Gesture {
    fileprivate func renaming(_ name: (ShapeID) -> ShapeID) -> Gesture {
        switch self {
        case .move(let ids, let by): .move(ids.map(name), by: by)
        case .resize(let id, let position, let size): .resize(name(id), position: position, size: size)
        case .text(let id, let text): .text(name(id), text)
        case .stroke(let draft): .stroke(draft.renaming(name))
        case .shape(let draft): .shape(draft.renaming(name))
        case .pull(let id, let draft): .pull(name(id), draft.renaming(name))
        }
    }
}
