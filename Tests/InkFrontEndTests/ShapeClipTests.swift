import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

/// Shapes on their way from board to board.
@Suite struct ShapeClipTests {
    private static let author: AuthorID = identifier(1)
    private static func id(_ number: UInt64) -> ShapeID { ShapeID(author: author, number: number) }

    private static func board() -> BoardView {
        var view = BoardView()
        let group = [GroupID(rawValue: 7)]
        func shape(_ number: UInt64, _ content: ShapeDraft) -> Shape { Shape(id: id(number), content: content, depth: depth(number)) }
        func box(_ x: Int32, groups: [GroupID] = []) -> ShapeDraft {
            ShapeDraft(
                kind: .rectangle, position: Point(x: x, y: 0), size: Size(width: 100, height: 100), text: "cache", stroke: Color(rgb: 0xFF),
                label: "box", lineStyle: .dashed, groups: groups)
        }
        func arrow(_ start: UInt64, _ end: UInt64) -> ShapeDraft {
            ShapeDraft(
                kind: .arrow, position: .zero, points: [.zero, .zero], startBinding: Binding(id(start)), endBinding: Binding(id(end)))
        }
        view.replaceAll([
            shape(1, box(0, groups: group)), shape(2, box(400, groups: group)), shape(3, arrow(1, 2)), shape(4, arrow(2, 5)),
            shape(5, box(900)),
        ])
        return view
    }

    @Test func `CL-156: all that stands is copied with labels, groups and bindings, each label once`() {
        let view = Self.board()
        let copies = view.copyingAll()
        #expect(copies.map(\.kind) == view.shapes.map(\.content.kind) && BoardView().copyingAll().isEmpty)
        #expect(copies.map(\.label) == ["box", "", "", "", ""] && copies[1].groups == [GroupID(rawValue: 7)])
        func place(_ number: UInt64) -> ShapeID { ShapeID(author: .zero, number: number) }
        #expect(copies[2].startBinding?.shape == place(1) && copies[3].endBinding?.shape == place(5))
    }

    @Test func `FE-91: a clip is what was seen, and comes to another board in groups of its own`() throws {
        let view = Self.board()
        let clip = try view.copying([1, 3, 4].map { Self.id($0) })
        #expect(clip.drafts.count == 4 && clip.drafts.allSatisfy { $0.label.isEmpty })
        func place(_ number: UInt64) -> ShapeID { ShapeID(author: .zero, number: number) }
        #expect(clip.drafts[2].startBinding?.shape == place(1) && clip.drafts[2].endBinding?.shape == place(2))
        #expect(clip.drafts[3].startBinding?.shape == place(2) && clip.drafts[3].endBinding == nil)
        #expect(clip.drafts[3].points == view[Self.id(4)]?.content.points)
        let carried = try ShapeClip(clip.bytes())
        #expect(carried == clip)
        let by = Point(x: 64, y: 128)
        guard case .drawAll(let made) = try BoardView().pasting(carried, by: by, author: identifier(2)) else {
            Issue.record("nothing is made")
            return
        }
        #expect(made.map(\.position) == clip.drafts.map { $0.position + by } && made.map(\.text) == ["cache", "cache", "", ""])
        #expect(made[0].groups == made[1].groups && made[0].groups.count == 1 && made[0].groups != [GroupID(rawValue: 7)])
        #expect(throws: ArrangementError.beyondEdge) {
            try view.pasting(carried, by: Point(x: Limits.coordinate, y: 0), author: Self.author)
        }
        #expect(throws: ArrangementError.tooFew(.copy, least: 1)) { try view.copying([Self.id(99)]) }
    }

    @Test func `FE-92, FE-184: no bytes but those of a clip that the board could hold are one`() throws {
        let bytes = try Self.board().copying([1, 3].map { Self.id($0) }).bytes()
        for count in 0..<bytes.count { #expect(throws: ShapeClipError.self) { try ShapeClip(Array(bytes[..<count])) } }
        #expect(throws: ShapeClipError.isNone) { try ShapeClip(bytes + [0]) }
        #expect(throws: ShapeClipError.isNone) { try ShapeClip([UInt8](repeating: 0, count: 2 * ShapeClip.bytesMax)) }
        var other = bytes
        other[12] += 1
        #expect(throws: ShapeClipError.otherVersion) { try ShapeClip(other) }
        // A count that promises more than there is takes no memory.
        #expect(throws: ShapeClipError.isNone) { try ShapeClip(Array(bytes[..<13]) + [0xBF, 0xFF, 0xFF, 0xFF]) }
        var random = SplitMix64(seed: 7)
        var taken = 0
        for _ in 0..<20_000 {
            var changed = bytes
            for _ in 0..<(1 + random.next() % 3) {
                changed[13 + Int(random.next() % UInt64(bytes.count - 13))] = UInt8(truncatingIfNeeded: random.next())
            }
            guard let clip = try? ShapeClip(changed) else { continue }
            taken += 1
            // What is taken the board takes, and makes again the same bytes.
            #expect(clip.drafts.allSatisfy { $0.isWithinLimits && $0.label.isEmpty })
            #expect(try clip.bytes() == changed)
        }
        #expect(taken > 100)
    }

    @Test func `FE-92: what the board could not hold is no clip`() throws {
        let whole = ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8, height: 8))
        func clip(_ change: (inout ShapeDraft) -> Void) throws -> ShapeClip {
            var draft = whole
            change(&draft)
            var view = BoardView()
            view.replaceAll([Shape(id: Self.id(1), content: draft, depth: depth(1))])
            return try ShapeClip(view.copying([Self.id(1)]).bytes())
        }
        #expect(try clip { _ in }.drafts == [whole])
        let changes: [(inout ShapeDraft) -> Void] = [
            { $0.size.width = -1 }, { $0.position.x = Limits.coordinate + 1 },
            { $0.text = String(repeating: "x", count: Limits.textBytes + 1) },
            { $0.strokeWidth = Limits.strokeWidth + 1 }, { $0.points = [.zero] }, { $0.kind = .arrow }, { $0.kind = .freehand },
            { $0.groups = (0...8).map { GroupID(rawValue: $0) } }, { $0.groups = [GroupID(rawValue: 1), GroupID(rawValue: 1)] },
        ]
        for (index, change) in changes.enumerated() { #expect(throws: ShapeClipError.isNone, "\(index)") { try clip(change) } }
    }

    @Test func `FE-92: too much is not copied`() throws {
        var view = BoardView()
        let long = ShapeDraft(kind: .text, position: .zero, text: String(repeating: "x", count: Limits.textBytes))
        view.replaceAll((1...60).map { Shape(id: Self.id($0), content: long, depth: depth($0)) })
        let clip = try view.copying(view.shapes.map(\.id))
        #expect(throws: ArrangementError.tooMuchToCopy) { try clip.bytes() }
        #expect(ArrangementError.tooMuchToCopy.description == "that is too much to copy at once: at most 10000 shapes, and 900 kB of them")
    }
}
