import InkBoard
import InkPrimitives
import InkSession
import InkTerminal

/// One participant without network or disk: does what intents ask, tells what a session would tell.
struct FakeSession {
    let me: AuthorID
    private(set) var shapes: [ShapeID: Shape] = [:]
    private(set) var gesture: Gesture?
    private(set) var intents: [Intent] = []
    /// Why the disk takes nothing; nil while it does.
    var diskRefuses: String?
    private var nextNumber: UInt64 = 1

    init(seed: UInt64 = 1) {
        var random = SplitMix64(seed: seed)
        me = AuthorID(using: &random)
    }

    var standing: [Shape] { shapes.values.sorted { $0.isBelow($1) } }

    /// Performs an intent and returns the events that follow.
    mutating func perform(_ intent: Intent, reference: UInt64) -> [Event] {
        intents.append(intent)
        if let diskRefuses {
            switch intent {
            case .draw, .drawAll, .set, .setAll, .amend, .move, .delete, .undo, .redo, .begin:
                return [.outcome(ref: reference, .refused(.diskRefuses(diskRefuses)))]
            case .commit where gesture != nil:
                gesture = nil
                return [.outcome(ref: reference, .refused(.diskRefuses(diskRefuses)))]
            case .commit, .cancel, .update, .extend, .cursor, .say, .typing, .rename: break
            }
        }
        switch intent {
        case .draw(let draft): return add(draft, reference)
        case .drawAll(let drafts):
            var changes: [ShapeChange] = []
            for draft in drafts { for case .changed(let added, _) in add(draft) { changes += added } }
            return told(changes, reference)
        case .setAll(let ids, let changes):
            var all: [ShapeChange] = []
            for id in ids { for case .changed(let changed, _) in perform(.set(id, changes), reference: reference) { all += changed } }
            intents.removeLast(ids.count)
            return told(all, reference)
        case .begin(let gesture), .update(let gesture): self.gesture = gesture
        case .extend(let points):
            if case .stroke(var draft) = gesture {
                draft.points += points.map { $0 - draft.position }
                gesture = .stroke(draft)
            }
        case .commit:
            defer { gesture = nil }
            switch gesture {
            case .stroke(let draft), .shape(let draft): return add(draft, reference)
            case .move(let ids, let by): return change(ids, reference) { $0.position = $0.position + by }
            case .resize(let id, let position, let size): return change([id], reference) { ($0.position, $0.size) = (position, size) }
            case nil: return [.outcome(ref: reference, .refused(.noGesture))]
            }
        case .cancel: gesture = nil
        case .move(let ids, let by): return change(ids, reference) { $0.position = $0.position + by }
        case .set(let id, let changes), .amend(let id, let changes):
            return change([id], reference) { content in
                for change in changes {
                    switch change {
                    case .position(let value): content.position = value
                    case .size(let value): content.size = value
                    case .points(let value): content.points = value
                    case .text(let value): content.text = value
                    case .stroke(let value): content.stroke = value
                    case .fill(let value): content.fill = value
                    case .strokeWidth(let value): content.strokeWidth = value
                    case .depth: break
                    }
                }
            }
        case .delete(let ids):
            let removed = ids.compactMap { shapes.removeValue(forKey: $0) }
            return told(removed.map { ShapeChange(kind: .removed, id: $0.id, author: me, shape: $0) }, reference)
        case .undo:
            guard let last = shapes.values.filter({ $0.id.author == me }).max(by: { $0.id < $1.id }) else {
                return [.outcome(ref: reference, .refused(.nothingToUndo))]
            }
            shapes[last.id] = nil
            return told([ShapeChange(kind: .removed, id: last.id, author: me, shape: last)], reference)
        case .redo: return [.outcome(ref: reference, .refused(.nothingToRedo))]
        case .cursor, .say, .typing, .rename: break
        }
        if intent.isMotion { return [] }
        return [.outcome(ref: reference, .done)]
    }

    /// A shape drawn by somebody.
    mutating func add(_ draft: ShapeDraft, _ reference: UInt64? = nil, by author: AuthorID? = nil) -> [Event] {
        let id = ShapeID(author: author ?? me, number: nextNumber)
        let depth = (0..<8).map { UInt8(truncatingIfNeeded: nextNumber >> UInt64(56 - 8 * $0)) }
        nextNumber += 1
        let shape = Shape(id: id, content: draft, depth: depth)
        shapes[id] = shape
        return told([ShapeChange(kind: .added, id: id, author: id.author, shape: shape)], reference)
    }

    private func told(_ changes: [ShapeChange], _ reference: UInt64?) -> [Event] {
        [.changed(changes, ref: reference)] + (reference.map { [.outcome(ref: $0, .done)] } ?? [])
    }

    private mutating func change(_ ids: [ShapeID], _ reference: UInt64, _ body: (inout ShapeDraft) -> Void) -> [Event] {
        var changes: [ShapeChange] = []
        for id in ids {
            guard var shape = shapes[id] else { return [.outcome(ref: reference, .refused(.noSuchShape))] }
            body(&shape.content)
            shapes[id] = shape
            changes.append(ShapeChange(kind: .changed, id: id, author: me, shape: shape))
        }
        return told(changes, reference)
    }
}
