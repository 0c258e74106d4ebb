import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// What a shape is and what became of it, in words. What others wrote stands last in each sentence, so that it cannot be taken for the rest (LN-9).
struct ShapeSentences {
    /// The number of a shape; nil for one that was never told.
    let number: (ShapeID) -> Int?

    // MARK: What it is

    /// `a rectangle 12 by 4 at 10,5, labelled cache`.
    func noun(_ shape: ShapeDraft) -> String { plainNoun(shape) + label(shape) }

    /// `shape 3, a rectangle 12 by 4 at 10,5, labelled cache`.
    func named(_ shape: Shape) -> String { "\(called(shape.id)), \(noun(shape.content))" }

    func called(_ id: ShapeID) -> String { number(id).map { "shape \($0)" } ?? "a shape that is gone" }

    /// The numbers of shapes, the first few of many.
    func called(_ ids: [ShapeID]) -> String {
        let numbers = ids.compactMap(number).sorted()
        let shown = numbers.prefix(Self.shownMax).map { "\($0)" }.joined(separator: ", ")
        return numbers.count > Self.shownMax ? "\(shown) and \(numbers.count - Self.shownMax) more" : shown
    }

    /// Its kind in a word or two.
    func kind(_ shape: ShapeDraft) -> String {
        switch shape.kind {
        case .ellipse: "an ellipse"
        case .arrow: "an arrow"
        case .freehand: "a freehand stroke"
        case .rectangle, .diamond, .line, .text, .note: "a \(shape.kind.name)"
        }
    }

    private func plainNoun(_ shape: ShapeDraft) -> String {
        let kind = kind(shape)
        switch shape.kind {
        case .rectangle, .ellipse, .diamond: return "\(kind) \(Cells.words(shape.size)) at \(Cells.words(shape.position))"
        case .note: return "\(kind)\(shape.size == .zero ? "" : " \(Cells.words(shape.size))") at \(Cells.words(shape.position))"
        case .text: return "\(kind) at \(Cells.words(shape.position))"
        case .freehand:
            let box = shape.worldBox
            let extent = "\(Cells.columnWords(box.right - box.left)) by \(Cells.rowWords(box.bottom - box.top))"
            return "\(kind) of \(Sentence.count(shape.points.count, "place")), \(extent) at \(place(box.left, box.top))"
        case .line, .arrow:
            let corners = shape.points.count > 2 ? " by \(Sentence.count(shape.points.count - 2, "corner"))" : ""
            return
                "\(kind) from \(end(shape, shape.startBinding, shape.points.first))\(corners) to \(end(shape, shape.endBinding, shape.points.last))"
        }
    }

    private func end(_ line: ShapeDraft, _ binding: Binding?, _ point: Point?) -> String {
        if let binding, let number = number(binding.shape) { return "shape \(number)" }
        return Cells.words(line.position + (point ?? .zero))
    }

    private func place(_ x: Int, _ y: Int) -> String { "\(Cells.columnWords(x)),\(Cells.rowWords(y))" }

    private func label(_ shape: ShapeDraft) -> String {
        guard !shape.text.isEmpty else { return "" }
        return shape.kind == .text || shape.kind == .note ? ", saying \(Self.cut(shape.text))" : ", labelled \(Self.cut(shape.text))"
    }

    /// As much of what somebody wrote as a sentence holds.
    static func cut(_ text: String) -> String { text.count > textMax ? text.prefix(textMax - 1) + "…" : text }

    // MARK: How it looks

    func look(_ shape: ShapeDraft) -> [String] {
        var parts = ["colour \(color(shape.stroke, none: "own"))"]
        if shape.fill != nil { parts.append("fill \(color(shape.fill, none: "none"))") }
        if shape.kind != .text { parts.append("width \(width(shape.strokeWidth))") }
        if shape.kind != .text, shape.kind != .freehand { parts.append("border \(BorderStyle(of: shape).rawValue)") }
        if shape.hasEnds {
            parts.append("heads \(head(shape.heads.start)) and \(head(shape.heads.end))")
            if shape.route == .elbow { parts.append("around corners") }
        }
        return parts
    }

    private func color(_ color: Color?, none: String) -> String {
        guard let color else { return none }
        return PersonColor.all.first { $0.color == color }?.name ?? color.text
    }

    private func width(_ width: UInt16) -> String {
        StyleChoice.widths.firstIndex(of: width).map { StyleWords.widthWords[$0] } ?? "\(Double(width) / 8) px"
    }

    private func head(_ head: LineHead) -> String {
        StyleWords.lineHeads.firstIndex(of: head).map { StyleWords.headWords[$0] } ?? "none"
    }

    // MARK: What became of it

    /// One change of one shape, and what it was before.
    struct Change {
        var change: ShapeChange
        /// Nil for a shape that is new.
        var before: Shape?
    }

    /// What somebody did, in one sentence: of one shape what, of several how many and which.
    func sentence(_ name: String, _ changes: [Change]) -> String {
        if let only = changes.first, changes.count == 1 { return "\(name) \(one(only))" }
        func part(_ verb: String, _ kind: ShapeChange.Kind) -> String? {
            let ids = changes.filter { $0.change.kind == kind }.map(\.change.id)
            return ids.isEmpty ? nil : "\(verb) \(Sentence.count(ids.count, "shape")): \(called(ids))"
        }
        if let done = alike(changes) {
            return "\(name) \(done(Sentence.count(changes.count, "shape"))): \(called(changes.map(\.change.id)))"
        }
        let parts = [part("drew", .added), part("changed", .changed), part("deleted", .removed)].compactMap { $0 }
        return "\(name) \(parts.joined(separator: "; "))"
    }

    /// What was done to several shapes, where that is one thing and the same to all; nil where it is not.
    private func alike(_ changes: [Change]) -> ((String) -> String)? {
        var done: ((String) -> String)?
        for change in changes {
            let shape = change.change.shape
            guard change.change.kind == .changed, let before = change.before, shape.content.text == before.content.text else { return nil }
            let parts = parts(shape, before)
            guard let only = parts.first, parts.count == 1, done.map({ $0("") == only.ofMany("") }) ?? true else { return nil }
            done = only.ofMany
        }
        return done
    }

    private func one(_ change: Change) -> String {
        let shape = change.change.shape
        switch change.change.kind {
        case .added: return "drew \(named(shape))"
        case .removed: return "deleted \(named(shape))"
        case .changed:
            guard let before = change.before else { return "changed \(named(shape))" }
            return changed(shape, from: before)
        }
    }

    /// What is otherwise, as one of several things and as done to what is named.
    private struct Part {
        var state: String
        var done: (String) -> String
        /// As it is told of several shapes, where each has its own.
        var ofMany: (String) -> String

        init(_ state: String, ofMany: ((String) -> String)? = nil, _ done: @escaping (String) -> String) {
            (self.state, self.done, self.ofMany) = (state, done, ofMany ?? done)
        }
    }

    private func changed(_ shape: Shape, from before: Shape) -> String {
        let (new, old) = (shape.content, before.content)
        let called = called(shape.id)
        let parts = parts(shape, before)
        // What is written stands last.
        let words = new.text == old.text ? nil : Self.cut(new.text)
        if parts.isEmpty, let words {
            guard !words.isEmpty else { return "took away what stood in \(called), \(kind(new))" }
            return new.kind == .text || new.kind == .note ? "wrote in \(called): \(words)" : "labelled \(called) \(words)"
        }
        if let only = parts.first, parts.count == 1, words == nil { return "\(only.done(called)), \(kind(new))\(label(new))" }
        guard !parts.isEmpty else { return "changed \(called), \(kind(new))" }
        let states = parts.map(\.state).joined(separator: ", ")
        return "changed \(called), \(kind(new)): \(states)" + (words.map { $0.isEmpty ? ", nothing in it" : ", text \($0)" } ?? "")
    }

    private func parts(_ shape: Shape, _ before: Shape) -> [Part] {
        let (new, old) = (shape.content, before.content)
        var parts: [Part] = []
        if new.points != old.points {
            parts.append(Part("another way") { "led \($0) another way" })
        } else if new.position != old.position {
            let place = Cells.words(new.position)
            parts.append(Part("at \(place)", ofMany: { "moved \($0)" }) { "moved \($0) to \(place)" })
        }
        if new.size != old.size {
            let size = Cells.words(new.size)
            parts.append(Part(size, ofMany: { "gave \($0) another size" }) { "made \($0) \(size)" })
        }
        for (word, now, then) in [("start", new.startBinding, old.startBinding), ("end", new.endBinding, old.endBinding)] where now != then
        {
            if let target = now.map({ called($0.shape) }) {
                parts.append(Part("\(word) at \(target)") { "put the \(word) of \($0) to \(target)" })
            } else {
                parts.append(Part("\(word) let go") { "let the \(word) of \($0) go" })
            }
        }
        for state in lookParts(new, old) { parts.append(Part(state) { "gave \($0) \(state)" }) }
        if new.groups != old.groups {
            let isMore = new.groups.count > old.groups.count
            parts.append(Part(isMore ? "in a group" : "out of a group") { isMore ? "put \($0) into a group" : "took \($0) out of a group" })
        }
        if shape.depth != before.depth { parts.append(Part("elsewhere in the order") { "put \($0) elsewhere in the order" }) }
        if shape.isLocked != before.isLocked {
            let word = shape.isLocked ? "locked" : "unlocked"
            parts.append(Part(word) { "\(word) \($0)" })
        }
        return parts
    }

    private func lookParts(_ new: ShapeDraft, _ old: ShapeDraft) -> [String] {
        var parts: [String] = []
        if new.stroke != old.stroke { parts.append("colour \(color(new.stroke, none: "own"))") }
        if new.fill != old.fill { parts.append("fill \(color(new.fill, none: "none"))") }
        if new.strokeWidth != old.strokeWidth { parts.append("width \(width(new.strokeWidth))") }
        if new.lineStyle != old.lineStyle || new.corners != old.corners { parts.append("border \(BorderStyle(of: new).rawValue)") }
        if new.startHead != old.startHead || new.endHead != old.endHead {
            parts.append("heads \(head(new.heads.start)) and \(head(new.heads.end))")
        }
        if new.route != old.route { parts.append(new.route == .elbow ? "a way around corners" : "a straight way") }
        return parts
    }

    private static let textMax = 200
    private static let shownMax = 12
}
