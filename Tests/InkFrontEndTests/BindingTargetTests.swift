import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct BindingTargetTests {
    private static let author: AuthorID = identifier(1)
    private static func id(_ number: UInt64) -> ShapeID { ShapeID(author: author, number: number) }

    private static func shape(_ number: UInt64, _ content: ShapeDraft) -> Shape {
        Shape(id: id(number), content: content, depth: depth(number))
    }

    private static func box(_ number: UInt64, _ x: Int32, _ y: Int32, _ width: Int32 = 640, _ height: Int32 = 256) -> Shape {
        shape(number, ShapeDraft(kind: .rectangle, position: Point(x: x, y: y), size: Size(width: width, height: height)))
    }

    private static func arrow(_ number: UInt64, from start: UInt64, to end: UInt64) -> Shape {
        shape(
            number,
            ShapeDraft(
                kind: .arrow, position: .zero, points: [.zero, .zero], startBinding: Binding(id(start)), endBinding: Binding(id(end))))
    }

    private static func view(_ shapes: [Shape]) -> BoardView {
        var view = BoardView()
        view.replaceAll(shapes)
        return view
    }

    private static func change(_ shape: Shape, _ kind: ShapeChange.Kind = .changed) -> ShapeChange {
        ShapeChange(kind: kind, id: shape.id, author: author, shape: shape)
    }

    @Test func `FE-176: a line is told as changed with the shape to which it is bound, and nothing else is`() throws {
        var view = Self.view([Self.box(1, 0, 0), Self.box(2, 2000, 0), Self.box(3, 0, 3000), Self.arrow(4, from: 1, to: 2)])
        let before = try #require(view[Self.id(4)]).content
        #expect(before.points.first.map { before.position + $0 } == Point(x: 640, y: 128))
        let told = view.apply(Self.change(Self.box(2, 2000, 1000)))
        #expect(told.map(\.id) == [Self.id(2), Self.id(4)] && told[1].kind == .changed)
        #expect(told[1].shape == view[Self.id(4)] && told[1].shape.content != before)
        #expect(view.shapes.first { $0.id == Self.id(4) } == told[1].shape)
        // What the board has is not what is drawn.
        #expect(view.stored(Self.id(4))?.points == [.zero, .zero])
        // Another colour moves nothing, nor does a shape at which no line ends.
        var red = Self.box(2, 2000, 1000)
        red.content.fill = Color(rgb: 0xFF0000)
        #expect(view.apply(Self.change(red)).map(\.id) == [Self.id(2)])
        #expect(view.apply(Self.change(Self.box(3, 9, 9))).map(\.id) == [Self.id(3)])
        // Its shape goes, and comes again.
        #expect(view.apply(Self.change(red, .removed)).map(\.id) == [Self.id(2), Self.id(4)])
        #expect(view[Self.id(4)]?.content.endBinding == nil)
        #expect(view.apply(Self.change(red, .added)).map(\.id) == [Self.id(2), Self.id(4)])
        #expect(view[Self.id(4)]?.content.endBinding != nil)
        // The line goes: no shape takes it along any more.
        #expect(view.apply(Self.change(Self.arrow(4, from: 1, to: 2), .removed)).map(\.id) == [Self.id(4)])
        #expect(view.apply(Self.change(Self.box(1, 50, 50))).map(\.id) == [Self.id(1)] && view.lines(boundTo: Self.id(1)).isEmpty)
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `BD-61, FE-80, FE-176: changes one by one and the whole board at once give one picture, whatever is bound to what`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var view = BoardView()
        var standing: [ShapeID: Shape] = [:]
        for _ in 0..<120 {
            let number = UInt64(1 + random.below(8))
            if let shape = standing[Self.id(number)], random.chance(0.3) {
                standing[shape.id] = nil
                view.apply(Self.change(shape, .removed))
                continue
            }
            // Lines to lines, to themselves, to boxes and to nothing.
            let shape =
                random.chance(0.5)
                ? Self.arrow(number, from: UInt64(1 + random.below(9)), to: UInt64(1 + random.below(9)))
                : Self.box(number, Int32(random.below(4000)), Int32(random.below(4000)))
            view.apply(Self.change(shape, standing[shape.id] == nil ? .added : .changed))
            standing[shape.id] = shape
            let whole = Self.view(Array(standing.values))
            #expect(view.shapes == whole.shapes, "seed \(seed)")
            #expect(view.shapes.allSatisfy { view[$0.id] == $0 && view.stored($0.id) == standing[$0.id]?.content })
        }
    }

    @Test func `BD-67, FE-82, FE-176: what lines end at is measured when it changes, and not for each line`() throws {
        let text = Self.shape(1, ShapeDraft(kind: .text, position: .zero, text: String(repeating: "a", count: 900)))
        var view = Self.view([text, Self.box(2, 0, 4000)] + (10..<60).map { Self.arrow($0, from: 1, to: 2) })
        #expect(view.outlinesMeasured == 2)
        var moved = text
        moved.content.position = Point(x: 3, y: 5)
        #expect(view.apply(Self.change(moved)).count == 51 && view.outlinesMeasured == 3)
        // A hand that drags it, and what is drawn to it.
        var outlines = Outlines()
        let lines = view.lines(following: [Self.id(1): text.content, Self.id(9): text.content], meeting: &outlines)
        #expect(lines.count == 50 && outlines.measured == 1 && view.outlinesMeasured == 3)
        // Another line takes what is known.
        view.apply(Self.change(Self.arrow(70, from: 2, to: 1), .added))
        #expect(view.outlinesMeasured == 3)
    }

    @Test func `FE-81, FE-177: the nearest shape is offered, of several the smallest, and what is offered is what is drawn`() throws {
        let view = Self.view([
            Self.box(1, 0, 0, 4000, 2000), Self.box(2, 640, 512), Self.box(3, 640, 512),
            Self.shape(4, ShapeDraft(kind: .line, position: .zero, points: [.zero, Point(x: 900, y: 700)])),
            Self.shape(5, ShapeDraft(kind: .text, position: Point(x: 9000, y: 0), text: "to here")),
        ])
        let inside = try #require(view.bindingTarget(near: Point(x: 900, y: 700), from: Point(x: -3000, y: 700), within: 64))
        #expect(inside.shape == Self.id(3) && inside.end == Point(x: 640, y: 700))
        let excluded: Set = [Self.id(3), Self.id(2)]
        #expect(view.bindingTarget(near: Point(x: 900, y: 700), from: .zero, excluding: excluded, within: 64)?.shape == Self.id(1))
        // Near is enough, and farther is not.
        #expect(view.bindingTarget(near: Point(x: 4064, y: 100), from: Point(x: 6000, y: 100), within: 64)?.end == Point(x: 4000, y: 100))
        #expect(view.bindingTarget(near: Point(x: 4065, y: 100), from: Point(x: 6000, y: 100), within: 64) == nil)
        #expect(view.bindingTarget(near: Point(x: 9100, y: 30), from: .zero, within: 0)?.shape == Self.id(5))
        #expect(
            view.bindingTarget(near: Point(x: 900, y: 700), from: .zero, within: 64, among: [Self.id(1), Self.id(4)])?.shape == Self.id(1))
        // What is drawn with it ends there.
        let draft = ShapeDraft(
            kind: .arrow, position: Point(x: -3000, y: 700), points: [.zero, Point(x: 3900, y: 0)], endBinding: inside.binding)
        let drawn = view.drawn(draft)
        #expect(drawn.points.last.map { drawn.position + $0 } == inside.end)
    }

    @Test func `FE-82: lines go with what a hand moves before it is on the board`() throws {
        let view = Self.view([Self.box(1, 0, 0), Self.box(2, 2000, 0), Self.arrow(4, from: 1, to: 2), Self.arrow(5, from: 2, to: 1)])
        var moved = Self.box(2, 2000, 0).content
        moved.position = Point(x: 2000, y: 900)
        let lines = view.lines(following: [Self.id(2): moved])
        #expect(Set(lines.keys) == [Self.id(4), Self.id(5)])
        var later = view
        later.apply(Self.change(Self.shape(2, moved)))
        #expect(lines[Self.id(4)] == later[Self.id(4)]?.content && lines[Self.id(5)] == later[Self.id(5)]?.content)
        // A line that the hand moves too is shown as the hand has it.
        #expect(Set(view.lines(following: [Self.id(2): moved, Self.id(4): moved]).keys) == [Self.id(5)])
    }
}
