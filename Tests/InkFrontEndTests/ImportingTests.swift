import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct ImportingTests {
    private static let author: AuthorID = identifier(1)

    private static func drawing(_ groups: [GroupID], at x: Int32 = 0) -> Drawing {
        var drawing = Drawing()
        for label in ["a", "a", "b"] {
            drawing.items.append(
                Drawing.Item(
                    name: label,
                    content: ShapeDraft(
                        kind: .rectangle, position: Point(x: x, y: 0), size: Size(width: 8, height: 8), label: label, groups: groups)))
        }
        drawing.items.append(
            Drawing.Item(
                content: ShapeDraft(
                    kind: .line, position: .zero, points: [.zero, .zero], startBinding: Binding(Drawing.reference(to: 0)),
                    endBinding: Binding(Drawing.reference(to: 2)))))
        return drawing
    }

    private static func drawn(_ intent: Intent?) throws -> [ShapeDraft] {
        guard case .change(let change)? = intent, change.edits.isEmpty, change.deleted.isEmpty else {
            Issue.record("another wish: \(String(describing: intent))")
            return []
        }
        return change.drawn
    }

    @Test func `FE-110: what is added keeps its order and bindings, and takes nobody's group or label`() throws {
        let group = GroupID(rawValue: 7)
        var view = BoardView()
        let free = try Self.drawn(view.importing(Self.drawing([group]), by: Point(x: 80, y: 16), author: Self.author) { $0 == "b" })
        #expect(free.map(\.label) == ["a", "", "", ""] && free[0].groups == [group])
        #expect(free[0].position == Point(x: 80, y: 16) && free[3].endBinding == Binding(Drawing.reference(to: 2)))
        view.replaceAll([
            Shape(id: ShapeID(author: Self.author, number: 1), content: Self.drawing([group]).items[0].content, depth: depth(1))
        ])
        let taken = try Self.drawn(view.importing(Self.drawing([group]), author: Self.author) { _ in false })
        #expect(taken[0].groups.count == 1 && taken[0].groups != [group] && taken[1].groups == taken[0].groups)
        #expect(try view.importing(Drawing(), author: Self.author) { _ in false } == nil)
    }

    @Test func `FE-187: what would lie beyond the edge is not added at all`() {
        #expect(throws: ArrangementError.beyondEdge) {
            try BoardView().importing(Self.drawing([], at: 8), by: Point(x: Limits.coordinate, y: 0), author: Self.author) { _ in false }
        }
    }
}
