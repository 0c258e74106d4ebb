import InkBoard
import InkPrimitives
import InkSession

/// Shapes on their way to another place, or to another board: as they were seen, and bound among themselves alone.
package struct ShapeClip: Hashable, Sendable {
    /// Bottom first, at least one. A binding names the `n`-th of them by the author `.zero` and the number `n`, from 1.
    package let drafts: [ShapeDraft]

    fileprivate init(_ drafts: [ShapeDraft]) { self.drafts = drafts }

    /// Shapes, and bytes, that are carried from board to board at once: a message between two programs holds 1 MiB.
    package static let shapesMax = 10_000
    // FE-92
    package static let bytesMax = 900_000
}

extension BoardView {
    /// What is copied of these shapes and all that are chosen with them: bound among themselves as they are, and let go where they are bound to
    /// others (FE-91).
    ///
    /// - Parameter entered: groups that what is copied leaves.
    package func copying(_ ids: [ShapeID], within entered: [GroupID] = []) throws(ArrangementError) -> ShapeClip {
        ShapeClip(
            try copies(of: ids, within: entered).drafts.map { draft in
                var copy = draft
                if copy.groups.starts(with: entered) { copy.groups.removeFirst(entered.count) }
                return copy
            })
    }

    private func copies(of ids: [ShapeID], within entered: [GroupID]) throws(ArrangementError) -> ShapeClip {
        let shapes = members(with: ids, within: entered)
        guard !shapes.isEmpty else { throw .tooFew(.copy, least: 1) }
        return ShapeClip(
            copies(of: shapes).map { draft in
                var copy = draft
                // FE-180
                copy.label = ""
                return copy
            })
    }

    /// All that stands, bottom first, as a new board is drawn from it: with its labels, each of them once.
    package func copyingAll() -> [ShapeDraft] {
        var labels: Set<String> = []
        return copies(of: shapes.map(\.id)).map { draft in
            var copy = draft
            if !copy.label.isEmpty, !labels.insert(copy.label).inserted { copy.label = "" }
            return copy
        }
    }

    /// - Parameter shapes: that stand, no two alike.
    private func copies(of shapes: [ShapeID]) -> [ShapeDraft] {
        let places = Dictionary(uniqueKeysWithValues: zip(shapes, shapes.indices))
        return shapes.compactMap { id -> ShapeDraft? in
            guard let drawn = self[id]?.content, var copy = stored(id) else { return nil }
            func bound(_ binding: Binding?) -> Binding? {
                guard let binding, let place = places[binding.shape] else { return nil }
                return Binding(ShapeID(author: .zero, number: UInt64(place) + 1), x: binding.x, y: binding.y)
            }
            (copy.startBinding, copy.endBinding) = (bound(drawn.startBinding), bound(drawn.endBinding))
            // What is let go stays as it was seen; an elbow that is not keeps its two ends, and finds its way from them again (FE-181).
            let isLetGo = copy.startBinding == nil && drawn.startBinding != nil || copy.endBinding == nil && drawn.endBinding != nil
            if isLetGo { copy.points = drawn.points }
            return copy
        }
    }

    /// Makes shapes of a clip, displaced, on top of all others: in groups of their own, in one step of undo (FE-84).
    ///
    /// - Parameters:
    ///   - author: who does it, so that two who copy one group at once make two.
    ///   - entered: groups that copies stay in where they are in them.
    package func pasting(
        _ clip: ShapeClip, by step: Point, author: AuthorID, within entered: [GroupID] = []
    ) throws(ArrangementError) -> Intent {
        var names: [GroupID: GroupID] = [:]
        var copies: [ShapeDraft] = []
        for draft in clip.drafts {
            var copy = draft
            copy.position = draft.position + step
            guard copy.position - step == draft.position else { throw .beyondEdge }
            let kept = !entered.isEmpty && copy.groups.starts(with: entered) ? entered.count : 0
            copy.groups = copy.groups.enumerated()
                .map { index, group in
                    guard index >= kept else { return group }
                    if let name = names[group] { return name }
                    let name = newGroup(copying: group, by: author)
                    names[group] = name
                    return name
                }
            copies.append(copy)
        }
        return .drawAll(copies)
    }

    /// Copies of these shapes and all that are chosen with them, displaced.
    package func duplicating(
        _ ids: [ShapeID], by step: Point, author: AuthorID, within entered: [GroupID] = []
    ) throws(ArrangementError) -> Intent {
        guard !members(with: ids, within: entered).isEmpty else { throw .tooFew(.duplicate, least: 1) }
        return try pasting(copies(of: ids, within: entered), by: step, author: author, within: entered)
    }
}

// MARK: The bytes

/// Why bytes are no clip, fit for a status line.
package enum ShapeClipError: Error, Hashable, Sendable, CustomStringConvertible {
    case isNone
    /// Another version of the program copied it, which knows other properties.
    case otherVersion

    package var description: String {
        switch self {
        case .isNone: "what was copied cannot be read: copy it again"
        case .otherVersion: "another version of inkwire copied that: copy it again with this one"
        }
    }
}

/// From board to board a clip goes as bytes, through a place that anything may have written to: nothing of them is believed.
///
///     "inkwire clip" (12) · how many properties a drawing has (1) · count varint · drafts, as an intent has them
///
/// A property more makes other bytes, so their number says which version they are of.
extension ShapeClip {
    /// - Throws: `tooMuchToCopy`.
    package func bytes() throws(ArrangementError) -> [UInt8] {
        guard drafts.count <= Self.shapesMax else { throw .tooMuchToCopy }
        var writer = ByteWriter()
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.writeVarint(drafts.count)
        for draft in drafts {
            writer.write(draft)
            guard writer.bytes.count <= Self.bytesMax else { throw .tooMuchToCopy }
        }
        return writer.bytes
    }

    /// Takes what the board could hold, and no more: each value within its range, no label, points where they belong, bindings among the shapes
    /// (FE-92).
    package init(_ bytes: [UInt8]) throws(ShapeClipError) {
        guard bytes.count <= Self.bytesMax, bytes.starts(with: Self.magic) else { throw .isNone }
        // FE-184
        guard bytes.count > Self.magic.count, bytes[Self.magic.count] == Self.version else { throw .otherVersion }
        do throws(WireError) {
            var reader = ByteReader(bytes, range: Self.magic.count + 1..<bytes.count)
            drafts = try reader.readList(leastBytes: Self.draftBytesMin, limit: Self.shapesMax) { reader throws(WireError) in
                try reader.readDraft()
            }
            try reader.finish()
        } catch {
            throw .isNone
        }
        guard !drafts.isEmpty, drafts.allSatisfy({ isPossible($0) }) else { throw .isNone }
    }

    private func isPossible(_ draft: ShapeDraft) -> Bool {
        guard draft.label.isEmpty, draft.isWithinLimits, draft.kind.isPath ? !draft.points.isEmpty : draft.points.isEmpty else {
            return false
        }
        return [draft.startBinding, draft.endBinding].compactMap { $0?.shape }.allSatisfy {
            draft.hasEnds && $0.author == .zero && (1...UInt64(drafts.count)).contains($0.number)
        }
    }

    private static let magic = Array("inkwire clip".utf8)
    private static let version = UInt8(KnownProperty.drawn.count)
    /// A draft takes at least so many bytes.
    private static let draftBytesMin = 31
}
