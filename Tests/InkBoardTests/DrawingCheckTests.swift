import InkBoard
import InkPrimitives
import Testing

@Suite struct DrawingCheckTests {
    private static let far = Limits.coordinate + 1

    private static let drafts: [(ShapeDraft, String?)] = {
        func path(_ points: [Point], _ kind: ShapeKind = .freehand) -> ShapeDraft {
            ShapeDraft(kind: kind, position: .zero, points: points)
        }
        func box(_ change: (inout ShapeDraft) -> Void) -> ShapeDraft {
            var draft = ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8, height: 8))
            change(&draft)
            return draft
        }
        /// From edge to edge, so that each takes many bytes.
        func wild(_ count: Int) -> [Point] {
            (0..<Int32(count)).map { number in
                let far = Limits.coordinate - number
                return number.isMultiple(of: 2) ? Point(x: far, y: -far) : Point(x: -far, y: far)
            }
        }
        return [
            (box { _ in }, nil), (path([.zero]), nil), (box { $0.text = String(repeating: "x", count: Limits.textBytes) }, nil),
            (box { $0.position.x = -Limits.coordinate }, nil), (box { $0.strokeWidth = Limits.strokeWidth }, nil),
            (path(Array(repeating: .zero, count: Limits.pointsPerStroke)), nil), (path(wild(3000)), nil),
            (path([]), "has no points"), (path([], .arrow), "has no points"), (box { $0.points = [.zero] }, "has points"),
            (box { $0.position.y = far }, "lies beyond the edge of the board"),
            (box { $0.size.width = far }, "lies beyond the edge of the board"),
            (box { $0.size.height = -1 }, "lies beyond the edge of the board"),
            (path([Point(x: -far, y: 0)]), "has points beyond the edge of the board"),
            (path(Array(repeating: .zero, count: Limits.pointsPerStroke + 1)), "has more than 10000 points"),
            (box { $0.text = String(repeating: "x", count: Limits.textBytes + 1) }, "has a “text” of more than 16384 bytes"),
            (box { $0.label = String(repeating: "x", count: Limits.nameBytes + 1) }, "has a “id” of more than 64 bytes"),
            (box { $0.strokeWidth = Limits.strokeWidth + 1 }, "has lines of more than 255.875 px"),
            (box { $0.groups = (0...8).map { GroupID(rawValue: $0) } }, "lies in more than 8 groups, or in one twice"),
            (path(wild(10_000)), "is too large: at most 64 KiB with all its points"),
        ]
    }()

    @Test(arguments: 0..<drafts.count)
    func `BD-71: what no board takes is told in words, and all else is taken`(index: Int) throws {
        let (draft, flaw) = Self.drafts[index]
        var drawing = Drawing()
        drawing.items = [Drawing.Item(content: ShapeDraft(kind: .note, position: .zero)), Drawing.Item(content: draft)]
        var why: String?
        do throws(DrawingError) { _ = try drawing.checked() } catch { why = error.what }
        #expect(why == flaw.map { "shape 2, of the kind \(draft.kind.name), \($0)" })
        let ana = try Replica(1, genesis: try genesis(by: try key(1)))
        let parts = try? ana.board.parts(of: ana.board.writes(for: draft, number: 1, by: ana.author), by: ana.author)
        // That a path has points is the rule of who draws it.
        if flaw != "has no points" { #expect((parts == nil) == (flaw != nil)) }
    }

    @Test func `BD-71: a drawing has so many shapes at most`() throws {
        var drawing = Drawing()
        drawing.items = Array(repeating: Drawing.Item(content: ShapeDraft(kind: .note, position: .zero)), count: Drawing.itemsMax + 1)
        #expect(throws: DrawingError("there are more than 50000 shapes")) { try drawing.checked() }
    }
}
