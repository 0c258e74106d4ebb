import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct BecomingTests {
    private static let author: AuthorID = identifier(1)

    private static func id(_ number: UInt64) -> ShapeID { ShapeID(author: author, number: number) }

    private static func box(_ label: String, x: Int32 = 0) -> ShapeDraft {
        ShapeDraft(kind: .rectangle, position: Point(x: x, y: 0), size: Size(width: 80, height: 80), label: label)
    }

    private static func shape(_ number: UInt64, _ content: ShapeDraft, depth: UInt64? = nil) -> Shape {
        Shape(id: id(number), content: content, depth: InkFrontEndTests.depth(depth ?? number))
    }

    private static func view(_ shapes: [Shape]) -> BoardView {
        var view = BoardView()
        view.replaceAll(shapes)
        return view
    }

    /// Boxes `a` and `b`, and a line `l` from one to the other.
    private static let shapes: [Shape] = [
        shape(1, box("a")), shape(2, box("b", x: 800)),
        shape(
            3,
            ShapeDraft(
                kind: .line, position: .zero, points: [.zero, Point(x: 8, y: 8)], label: "l", startBinding: Binding(id(1)),
                endBinding: Binding(id(2)))),
    ]

    private static func drawing(_ shapes: [Shape]) -> Drawing {
        let names = LastingNames(shapes)
        var drawing = Drawing()
        for shape in shapes {
            var item = Drawing.Item(name: names[shape.id] ?? "", content: shape.content)
            item.content.label = ""
            item.depth = shape.depth
            for end in [\ShapeDraft.startBinding, \ShapeDraft.endBinding] {
                let index = item.content[keyPath: end].flatMap { binding in shapes.firstIndex { $0.id == binding.shape } }
                item.content[keyPath: end] = index.map { Binding(Drawing.reference(to: $0)) }
            }
            drawing.items.append(item)
        }
        return drawing
    }

    @Test func `FE-111: what is as the file says is not written`() {
        let same = Becoming(Self.view(Self.shapes), Self.drawing(Self.shapes))
        #expect(same.change.isEmpty && same.counts == Becoming.Counts())
    }

    @Test func `FE-111: only what differs is written, and a new end is bound to what is new`() {
        var drawing = Self.drawing(Self.shapes)
        drawing.items[0].content.text = "one"
        drawing.items.append(Drawing.Item(name: "c", content: Self.box("")))
        drawing.items[2].content.endBinding = Binding(Drawing.reference(to: 3), x: 0)
        let becoming = Becoming(Self.view(Self.shapes), drawing)
        #expect(becoming.counts == Becoming.Counts(added: 1, changed: 2))
        #expect(becoming.change.drawn == [Self.box("c")] && becoming.change.depths == [depth(4)] && becoming.change.deleted.isEmpty)
        #expect(
            becoming.change.edits == [
                ShapeEdit(Self.id(1), [.text("one")]), ShapeEdit(Self.id(3), [.endBinding(Binding(Drawing.reference(to: 0), x: 0))]),
            ])
    }

    @Test func `FE-111, FE-189: what is gone is deleted, and a line stays where the file has it`() {
        var drawing = Self.drawing(Self.shapes)
        drawing.items.removeFirst()
        drawing.items[1].content.startBinding = nil
        drawing.items[1].content.endBinding = Binding(Drawing.reference(to: 0))
        let becoming = Becoming(Self.view(Self.shapes), drawing)
        #expect(becoming.counts == Becoming.Counts(deleted: 1) && becoming.change.deleted == [Self.id(1)])
        // Its binding counts as none from then on.
        #expect(becoming.change.edits == [ShapeEdit(Self.id(3), [.points([.zero, Point(x: 8, y: 8)])])])
    }

    @Test func `FE-188: what has another kind is drawn anew under its name`() {
        var drawing = Self.drawing(Self.shapes)
        drawing.items[0].content.kind = .ellipse
        let becoming = Becoming(Self.view(Self.shapes), drawing)
        #expect(becoming.counts == Becoming.Counts(changed: 2))
        #expect(becoming.change.drawn.map(\.label) == ["a"] && becoming.change.depths == [depth(1)])
        #expect(becoming.change.deleted == [Self.id(1)])
        #expect(becoming.change.edits.first?.changes.first == .startBinding(Binding(Drawing.reference(to: 0))))
    }

    @Test func `FE-111: a shape is found under the name that it had before another got its label, or lost it`() {
        var shapes = Self.shapes
        shapes[1].content.label = "a"
        let shared = Self.drawing(shapes)
        shapes[1].content.label = "b"
        // Its label is its own now, and the file has it by its id.
        #expect(shared.items[0].name.first == "~" && Becoming(Self.view(shapes), shared).change.isEmpty)
        let own = Self.drawing(shapes)
        shapes.append(Self.shape(4, Self.box("a")))
        let change = Becoming(Self.view(shapes), own).change
        #expect(change.deleted == [Self.id(4)] && change.drawn.isEmpty && change.edits.isEmpty)
    }

    @Test func `FE-190: shapes of one depth lie as the file ranks them, and are left alone where they do`() {
        var shapes = [Self.shape(1, Self.box("a"), depth: 5), Self.shape(2, Self.box("b"), depth: 5), Self.shape(3, Self.box("c"))]
        shapes[2].depth = depth(6)
        var drawing = Self.drawing(shapes)
        drawing.items[1].rank = 1
        #expect(Becoming(Self.view(shapes), drawing).change.isEmpty)
        drawing.items[0].rank = 2
        let edits = Becoming(Self.view(shapes), drawing).change.edits
        #expect(edits.map(\.shape) == [Self.id(1)])
        guard case .depth(let key)? = edits.first?.changes.first?.value else { return #expect(Bool(false), "no depth: \(edits)") }
        #expect(depth(5) < key && key < depth(6))
        // On a board that has none of them they are drawn in that order, and lie where the file has them.
        let new = Becoming(BoardView(), drawing).change
        #expect(new.drawn.map(\.label) == ["b", "a", "c"] && new.depths == [depth(5), depth(5), depth(6)])
    }
}
