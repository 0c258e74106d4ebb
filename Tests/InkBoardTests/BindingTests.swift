import InkPrimitives
import Testing

@testable import InkBoard

@Suite struct BindingTests {
    private static let target = ShapeID(author: .zero, number: 1)
    private static let other = ShapeID(author: .zero, number: 2)

    private static func shape(
        _ kind: ShapeKind, _ x: Int32, _ y: Int32, _ width: Int32 = 800, _ height: Int32 = 400, text: String = ""
    ) -> ShapeDraft {
        ShapeDraft(
            kind: kind, position: Point(x: x, y: y), size: kind == .text ? .zero : Size(width: width, height: height),
            points: kind.isPath ? [.zero, Point(x: width, y: height)] : [], text: text)
    }

    /// An arrow whose corners are drawn at these places of the board.
    private static func corners(_ draft: ShapeDraft) -> [Point] { draft.points.map { draft.position + $0 } }

    private static func drawn(_ line: ShapeDraft, _ shapes: [ShapeID: ShapeDraft]) -> [Point] { corners(line.drawn { shapes[$0] }) }

    @Test(arguments: [ShapeKind.rectangle, .note, .ellipse, .diamond])
    func `BD-60, BD-148: a bound end lies on the outline, on the way to its place`(kind: ShapeKind) {
        let shapes = [Self.target: Self.shape(kind, 1000, 1000)]
        // From each side towards the middle (1400, 1200).
        for (from, expected) in [
            (Point(x: 0, y: 1200), Point(x: 1000, y: 1200)), (Point(x: 5000, y: 1200), Point(x: 1800, y: 1200)),
            (Point(x: 1400, y: 0), Point(x: 1400, y: 1000)), (Point(x: 1400, y: 9000), Point(x: 1400, y: 1400)),
        ] {
            let line = ShapeDraft(kind: .arrow, position: from, points: [.zero, Point(x: 7, y: 7)], endBinding: Binding(Self.target))
            let ends = Self.drawn(line, shapes)
            #expect(ends.count == 2 && ends[0] == from)
            // Half of 65 535 is no whole number: a place in the middle is that to less than a unit.
            #expect(abs(ends[1].x - expected.x) <= 1 && abs(ends[1].y - expected.y) <= 1, "\(kind) \(from) \(ends[1])")
        }
    }

    @Test(arguments: seeds(400))
    func `BD-148: both ends of a line between two shapes lie on their outlines`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let kinds: [ShapeKind] = [.rectangle, .note, .ellipse, .diamond]
        func someShape(_ x: Int32, _ random: inout SplitMix64) -> ShapeDraft {
            Self.shape(
                kinds[random.below(4)], x + Int32(random.below(500)), Int32(random.below(4000)), 400 + Int32(random.below(2000)),
                400 + Int32(random.below(2000)))
        }
        let shapes = [Self.target: someShape(0, &random), Self.other: someShape(4000, &random)]
        func someBinding(_ id: ShapeID) -> Binding { Binding(id, x: UInt16(random.below(65_536)), y: UInt16(random.below(65_536))) }
        let line = ShapeDraft(
            kind: .line, position: .zero, points: [.zero, .zero], startBinding: someBinding(Self.target),
            endBinding: someBinding(Self.other))
        let ends = Self.drawn(line, shapes)
        #expect(ends.count == 2)
        for (end, id) in zip(ends, [Self.target, Self.other]) {
            let content = try #require(shapes[id])
            let box = content.worldBox
            let (rx, ry) = (Double(box.right - box.left) / 2, Double(box.bottom - box.top) / 2)
            let u = (Double(end.x) - Double(box.left) - rx) / rx
            let v = (Double(end.y) - Double(box.top) - ry) / ry
            let distance =
                switch content.kind {
                case .ellipse: (u * u + v * v).squareRoot()
                case .diamond: abs(u) + abs(v)
                default: max(abs(u), abs(v))
                }
            // Rounded to a unit of the world.
            #expect(abs(distance - 1) < 2 / min(rx, ry), "seed \(seed): \(content.kind) \(end) \(distance)")
        }
    }

    @Test func `BD-148: the next corner decides where a line with corners ends, and corners stay`() {
        let shapes = [Self.target: Self.shape(.rectangle, 1000, 1000)]
        let line = ShapeDraft(
            kind: .arrow, position: .zero, points: [.zero, Point(x: 1400, y: 0), Point(x: 1, y: 1)],
            endBinding: Binding(Self.target, x: 32_768, y: 0))
        #expect(Self.drawn(line, shapes) == [.zero, Point(x: 1400, y: 0), Point(x: 1400, y: 1000)])
        // One point is enough for a line whose other end is bound, and none for one with two.
        var short = ShapeDraft(kind: .line, position: Point(x: 0, y: 1200), points: [.zero], endBinding: Binding(Self.target, x: 0))
        #expect(Self.drawn(short, shapes) == [Point(x: 0, y: 1200), Point(x: 1000, y: 1200)])
        (short.points, short.startBinding) = ([], Binding(Self.target, x: .max))
        #expect(Self.drawn(short, shapes).count == 2)
    }

    @Test func `BD-60: a place is kept to the unit where a hand put it`() throws {
        let content = Self.shape(.rectangle, 1003, 997, 641, 383)
        for place in [Point(x: 1003, y: 1100), Point(x: 1644, y: 1380), Point(x: 1200, y: 997), Point(x: 1111, y: 1222)] {
            let binding = try #require(Binding(Self.target, content, near: place))
            // A line from within meets no outline and goes to the place itself.
            let line = ShapeDraft(kind: .line, position: Point(x: 1300, y: 1150), points: [.zero, .zero], endBinding: binding)
            #expect(Self.drawn(line, [Self.target: content]).last == place)
        }
        // Beside the box it is the nearest place of it.
        let beside = try #require(Binding(Self.target, content, near: Point(x: 0, y: 5000)))
        #expect(beside == Binding(Self.target, x: 0, y: .max))
    }

    @Test func `BD-61: a binding to what is no shape to end at is a point`() {
        let points = [Point(x: 5, y: 6), Point(x: 700, y: 800)]
        let line = ShapeDraft(
            kind: .arrow, position: .zero, points: points, startBinding: Binding(Self.other), endBinding: Binding(Self.target))
        var plain = line
        (plain.startBinding, plain.endBinding) = (nil, nil)
        for target in [nil, Self.shape(.line, 0, 0), Self.shape(.freehand, 0, 0), Self.shape(.text, 0, 0, text: " \n"), line] {
            #expect(line.drawn { $0 == Self.target ? target : nil } == plain, "\(String(describing: target?.kind))")
        }
        // One end that holds is bound still.
        let half = line.drawn { $0 == Self.target ? Self.shape(.rectangle, 1000, 1000) : nil }
        #expect(
            half.startBinding == nil && half.endBinding == line.endBinding && half.points[0] == points[0] && half.points[1] != points[1])
        // And what has no ends is drawn as it is.
        var box = Self.shape(.rectangle, 0, 0)
        box.startBinding = Binding(Self.target)
        #expect(box.drawn { _ in Self.shape(.rectangle, 1000, 1000) } == box)
    }

    @Test func `BD-60: no size and no place of a shape traps`() {
        let far = Limits.coordinate
        let extremes = [-far, -1, 0, 1, far]
        for x in extremes {
            for width in [0, 1, far] {
                for kind in [ShapeKind.rectangle, .ellipse, .diamond, .note, .text] {
                    var target = Self.shape(kind, x, -x, width, far - width, text: "word")
                    if kind == .note { target.size = .zero }
                    for part in [0, 32_768, .max] as [UInt16] {
                        let line = ShapeDraft(
                            kind: .line, position: Point(x: -x, y: far), points: [Point(x: far, y: far)],
                            startBinding: Binding(Self.target, x: part, y: 0), endBinding: Binding(Self.target, x: 0, y: part))
                        let drawn = line.drawn { _ in target }
                        #expect(drawn.points.count == 2)
                    }
                }
            }
        }
    }

    @Test(arguments: [
        ("abc", 3, 1), ("e\u{301}e\u{301}", 2, 1), ("\u{1F469}\u{200D}\u{1F469}", 4, 1), ("\u{2764}\u{FE0F}", 1, 1),
        ("\u{1F44D}\u{1F3FD}", 2, 1),
        ("字字", 4, 1), ("a\r\nbc\n\nd", 2, 4), ("a\n\rb", 1, 3), ("a\u{2028}b\u{85}c", 1, 3), ("\ra\u{301}\n", 1, 3),
    ])
    func `BD-68: words are measured by their scalars`(text: String, columns: Int, rows: Int) {
        let box = Self.shape(.text, 10, 20, text: text).worldBox
        #expect(box == WorldBox(left: 10, top: 20, right: 10 + columns * 64, bottom: 20 + rows * 128))
        #expect(Self.shape(.text, 0, 0, text: " \u{200B}\u{301}\n").isBindable == false && Self.shape(.text, 0, 0, text: text).isBindable)
    }

    @Test func `BD-67: a text is measured once however many lines end there`() throws {
        var ana = try Replica(1, genesis: try genesis(by: try key(1)))
        let text = try ana.draw(Self.shape(.text, 0, 0, text: String(repeating: "a", count: 900)))
        let box = try ana.draw(Self.shape(.rectangle, 0, 4000))
        for _ in 0..<40 {
            try ana.draw(
                ShapeDraft(
                    kind: .line, position: .zero, points: [.zero, .zero], startBinding: Binding(text), endBinding: Binding(box)))
        }
        var outlines = Outlines()
        let drawn = ana.board.drawnShapes(meeting: &outlines)
        #expect(outlines.measured == 2 && drawn == ana.board.drawnShapes)
        #expect(drawn.filter { $0.content.isBound }.map(\.content.points).allSatisfy { $0 != [.zero, .zero] })
    }

    // MARK: Elbows

    private static func elbow(from start: Point, to end: Point, start bound: Binding? = nil, end other: Binding? = nil) -> ShapeDraft {
        ShapeDraft(
            kind: .arrow, position: start, points: [.zero, end - start], startBinding: bound, endBinding: other, route: .elbow)
    }

    @Test func `BD-65: an elbow leaves towards the room between its ends, and meets both outlines`() {
        let left = Self.shape(.rectangle, 0, 0)
        let (start, end) = (Binding(Self.target, x: .max), Binding(Self.other, x: 0))
        func way(_ right: ShapeDraft) -> [Point] {
            Self.drawn(Self.elbow(from: .zero, to: .zero, start: start, end: end), [Self.target: left, Self.other: right])
        }
        // To the right and far below: level, upright, level.
        let step = way(Self.shape(.rectangle, 2000, 1000))
        #expect(step.map(\.x) == [800, 1400, 1400, 2000] && step[0].y == step[1].y && step[2].y == step[3].y && step[1].y < step[2].y)
        // A piece that meets both is enough.
        #expect(way(Self.shape(.ellipse, 2000, 100)).count == 2)
        // More room below than beside.
        let below = way(Self.shape(.rectangle, 1500, 4000))
        #expect(below.count == 4 && below[0].y == 400 && below[3].y == 4000 && below[1].y == below[2].y && below[1].y == 2200)
        // To the left of it, it leaves to the left.
        #expect(way(Self.shape(.rectangle, -3000, 1000)).map(\.x) == [0, -1100, -1100, -2200])
    }

    @Test(arguments: seeds(500))
    func `BD-65: an elbow has level and upright pieces, three at most, wherever its ends are`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        func number(_ below: Int) -> Int32 { Int32(random.below(below)) - Int32(below / 2) }
        let kinds: [ShapeKind] = [.rectangle, .ellipse, .diamond, .note, .text]
        func someShape() -> ShapeDraft {
            Self.shape(kinds[random.below(5)], number(4000), number(4000), number(1500) + 750, number(1500) + 750, text: "word")
        }
        let shapes = [Self.target: someShape(), Self.other: someShape()]
        func someEnd(_ id: ShapeID) -> Binding? {
            random.chance(0.3) ? nil : Binding(id, x: UInt16(random.below(65_536)), y: UInt16(random.below(65_536)))
        }
        let line = Self.elbow(
            from: Point(x: number(4000), y: number(4000)), to: Point(x: number(4000), y: number(4000)), start: someEnd(Self.target),
            end: someEnd(Self.other))
        let way = Self.drawn(line, shapes)
        #expect((2...4).contains(way.count), "seed \(seed)")
        for (from, to) in zip(way, way.dropFirst()) { #expect(from.x == to.x || from.y == to.y, "seed \(seed): \(way)") }
        if line.startBinding == nil, way.count > 2 { #expect(way.first == line.position) }
    }

    @Test func `BD-62, BD-153: an elbow that is let go keeps the corners with which it was seen`() throws {
        var scene = try Scene()
        try scene.ana.set(scene.arrow, .route(.elbow))
        try scene.ana.move(scene.right, by: Point(x: 0, y: 1600))
        let seen = try scene.ends(scene.ana.board)
        #expect(seen.count == 4)
        try scene.ana.move(scene.arrow, by: Point(x: 80, y: 80))
        #expect(try scene.ends(scene.ana.board) == seen.map { $0 + Point(x: 80, y: 80) })
    }

    @Test func `BD-64: a style that a later version has means what is usual here`() throws {
        var ana = try Replica(1, genesis: try genesis(by: try key(1)))
        let id = try ana.draw(ShapeDraft(kind: .arrow, position: .zero, points: [.zero, Point(x: 9, y: 9)], endHead: .dot))
        #expect(ana.board.shape(id)?.content.endHead == .dot)
        try ana.write([Write(id, .endHead, .bytes([77])), Write(id, .lineStyle, .bytes([4])), Write(id, .route, .bytes([1, 1]))])
        let content = try #require(ana.board.shape(id)).content
        #expect(content.endHead == .usual && content.heads.end == .arrow && content.lineStyle == .solid && content.route == .straight)
        for change in [PropertyChange(.endHead, .choice(6)), PropertyChange(.lineStyle, .choice(4))] {
            #expect(throws: RuleViolation.self) { try ana.board.writes(for: [change], of: id) }
        }
    }

    // MARK: On a board

    /// A box, another to its right, and an arrow from the one to the other, all ana's; bob has them too.
    private struct Scene {
        var ana: Replica
        var bob: Replica
        let left: ShapeID
        let right: ShapeID
        let arrow: ShapeID

        init() throws {
            let first = try genesis(by: try key(1))
            ana = try Replica(1, genesis: first)
            bob = try Replica(2, genesis: first)
            left = try ana.draw(BindingTests.shape(.rectangle, 0, 0))
            right = try ana.draw(BindingTests.shape(.rectangle, 2000, 0))
            arrow = try ana.draw(
                ShapeDraft(
                    kind: .arrow, position: Point(x: 800, y: 200), points: [.zero, Point(x: 1200, y: 0)],
                    startBinding: Binding(left, x: .max, y: 32_768), endBinding: Binding(right, x: 0, y: 32_768)))
            bob.receive(ana)
        }

        /// Where a board draws the arrow.
        func ends(_ board: Board) throws -> [Point] {
            BindingTests.corners(try #require(board.drawnShapes.first { $0.id == arrow }).content)
        }

        mutating func meet() {
            ana.receive(bob)
            bob.receive(ana)
        }
    }

    @Test func `BD-149: who moves a shape writes nothing to its lines, and two who move and bind at once agree`() throws {
        var scene = try Scene()
        #expect(try scene.ends(scene.bob.board) == [Point(x: 800, y: 200), Point(x: 2000, y: 200)])
        let moved = try scene.ana.write(try scene.ana.board.writes(moving: [scene.left], by: Point(x: 0, y: 800)))
        #expect(moved.writes.map(\.target) == [scene.left])
        #expect(try scene.ends(scene.ana.board) == [Point(x: 800, y: 1000), Point(x: 2000, y: 200)])
        // Meanwhile bob moves the other box, and binds the arrow to a third.
        try scene.bob.move(scene.right, by: Point(x: 400, y: -800))
        let third = try scene.bob.draw(Self.shape(.ellipse, 0, 4000))
        try scene.bob.set(scene.arrow, .startBinding(Binding(third)))
        scene.meet()
        #expect(scene.ana.board.drawnShapes == scene.bob.board.drawnShapes && scene.ana.board.fingerprint == scene.bob.board.fingerprint)
        let ends = try scene.ends(scene.ana.board)
        #expect(ends[1] == Point(x: 2400, y: -600) && ends[0].y >= 4000)
    }

    @Test func `BD-62: an arrow that is moved alone is let go where it is seen, and one step of undo binds it again`() throws {
        var scene = try Scene()
        try scene.ana.move(scene.left, by: Point(x: 0, y: 800))
        let seen = try scene.ends(scene.ana.board)
        try scene.ana.move(scene.arrow, by: Point(x: 10, y: 20))
        let free = try #require(scene.ana.board.shape(scene.arrow)).content
        #expect(free.startBinding == nil && free.endBinding == nil)
        #expect(try scene.ends(scene.ana.board) == seen.map { $0 + Point(x: 10, y: 20) })
        try scene.ana.undo()
        #expect(try scene.ends(scene.ana.board) == seen)
        try scene.ana.move(scene.left, by: Point(x: 0, y: -800))
        #expect(try scene.ends(scene.ana.board) == [Point(x: 800, y: 200), Point(x: 2000, y: 200)])
    }

    @Test func `BD-150: an arrow that is moved with its shapes stays bound, with one of two it is let go at the other`() throws {
        var scene = try Scene()
        try scene.ana.move(scene.left, scene.right, scene.arrow, by: Point(x: 8, y: 8))
        #expect(try #require(scene.ana.board.shape(scene.arrow)).content.isBound)
        #expect(try scene.ends(scene.ana.board) == [Point(x: 808, y: 208), Point(x: 2008, y: 208)])
        try scene.ana.move(scene.left, scene.arrow, by: Point(x: 0, y: 100))
        let half = try #require(scene.ana.board.shape(scene.arrow)).content
        #expect(half.startBinding?.shape == scene.left && half.endBinding == nil)
        #expect(try scene.ends(scene.ana.board)[1] == Point(x: 2008, y: 308))
    }

    @Test func `BD-63: an arrow stays where it was seen when its shape is deleted, and undo attaches it again`() throws {
        var scene = try Scene()
        try scene.ana.move(scene.right, by: Point(x: 0, y: 1600))
        let seen = try scene.ends(scene.ana.board)
        try scene.ana.delete(scene.right)
        #expect(try scene.ends(scene.ana.board) == seen)
        #expect(try #require(scene.ana.board.shape(scene.arrow)).content.endBinding?.shape == scene.right)
        scene.meet()
        #expect(try scene.ends(scene.bob.board) == seen)
        // Bob moves what is left: that end follows, the other is a point.
        try scene.bob.move(scene.left, by: Point(x: 0, y: 80))
        #expect(try scene.ends(scene.bob.board)[1] == seen[1])
        try scene.ana.undo()
        scene.meet()
        try scene.bob.move(scene.right, by: Point(x: 80, y: 0))
        #expect(try scene.ends(scene.bob.board)[1].x == 2080)
        // An arrow that goes with its shape is only deleted.
        let both = try scene.bob.board.writes(deleting: [scene.right, scene.arrow])
        #expect(both.map(\.property) == [.deletion, .deletion])
    }

    @Test func `BD-12, BD-152: an arrow stays where it is seen when the drawing of its shape is undone, and redo attaches it again`() throws
    {
        let first = try genesis(by: try key(1))
        var (ana, bob) = (try Replica(1, genesis: first), try Replica(2, genesis: first))
        let box = try ana.draw(Self.shape(.rectangle, 2000, 1600))
        bob.receive(ana)
        let arrow = try bob.draw(
            ShapeDraft(kind: .arrow, position: .zero, points: [.zero, Point(x: 5, y: 5)], endBinding: Binding(box, x: 0, y: 0)))
        ana.receive(bob)
        func seen() throws -> [Point] { Self.corners(try #require(ana.board.drawnShapes.first { $0.id == arrow }).content) }
        let (ends, picture) = (try seen(), ana.board.shapes)
        #expect(ends[1] == Point(x: 2000, y: 1600))
        #expect(try ana.undo().skipped.isEmpty)
        #expect(try seen() == ends && ana.board.shape(box) == nil)
        #expect(try ana.redo().skipped.isEmpty)
        #expect(ana.board.shapes == picture && ana.board.shape(arrow)?.content.isBound == true)
        try ana.undo()
        #expect(try seen() == ends)
        // Where the first undo left it counts no more.
        try ana.redo()
        #expect(ana.board.shapes == picture)
    }

    @Test func `BD-11, BD-152: what deletes a shape again leaves an arrow where it is seen then, not where it was the first time`() throws {
        var scene = try Scene()
        try scene.ana.move(scene.right, by: Point(x: 0, y: 1600))
        try scene.ana.delete(scene.right)
        try scene.ana.undo()
        scene.meet()
        try scene.bob.move(scene.right, by: Point(x: 400, y: 0))
        scene.meet()
        let seen = try scene.ends(scene.ana.board)
        #expect(try scene.ana.redo().skipped.isEmpty)
        #expect(try scene.ends(scene.ana.board) == seen && scene.ana.board.shape(scene.right) == nil)
        #expect(try scene.ana.undo().skipped.isEmpty)
        #expect(try scene.ends(scene.ana.board) == seen && scene.ana.board.shape(scene.arrow)?.content.isBound == true)
        try scene.ana.move(scene.right, by: Point(x: 400, y: 0))
        #expect(try scene.ends(scene.ana.board) != seen)
    }

    @Test func `BD-151: a shape at which thousands of lines end is deleted in one step that writes some of them`() throws {
        var ana = try Replica(1, genesis: try genesis(by: try key(1)))
        let box = try ana.draw(Self.shape(.rectangle, 0, 0))
        var lines: [ShapeID] = []
        for _ in 0..<Board.linesKeptMax + 5 {
            lines.append(
                try ana.draw(ShapeDraft(kind: .line, position: Point(x: 5000, y: 0), points: [.zero, .zero], endBinding: Binding(box))))
        }
        let writes = try ana.board.writes(deleting: [box])
        #expect(writes.count == Board.linesKeptMax + 1)
        #expect(try ana.board.parts(of: writes, by: ana.author) == [writes])
        // Those that go with it are none of them.
        let all = try ana.board.writes(deleting: [box] + lines.prefix(5))
        #expect(all.filter { $0.property == .points }.count == Board.linesKeptMax && all.count == Board.linesKeptMax + 6)
    }

    /// A line of which the corners are a byte each while all are even, and nine once one end is not.
    private static func costly(to box: ShapeID, corners: Int) -> ShapeDraft {
        let points = (0..<corners).map { Point(x: Int32($0 & 1) << 15, y: Int32($0 & 1) << 15) }
        return ShapeDraft(kind: .line, position: Point(x: 1 << 20, y: 0), points: points, endBinding: Binding(box))
    }

    @Test func `BD-151: no line that another binds makes a shape undeletable, nor its deletion dear`() throws {
        let first = try genesis(by: try key(1))
        var (ana, mallory) = (try Replica(1, genesis: first), try Replica(2, genesis: first))
        let box = try ana.draw(Self.shape(.rectangle, 1, 1))
        mallory.receive(ana)
        let long = try mallory.draw(Self.costly(to: box, corners: Limits.pointsPerStroke))
        for _ in 0..<20 { try mallory.draw(Self.costly(to: box, corners: 500)) }
        let short = try mallory.draw(Self.costly(to: box, corners: 2))
        ana.receive(mallory)
        let content = try #require(ana.board.drawnShapes.first { $0.id == long }).content
        #expect(PointsCodec.byteCount(content.points) > Limits.transactionBytes)
        let writes = try ana.board.writes(deleting: [box])
        let parts = try ana.board.parts(of: writes, by: ana.author)
        #expect(parts.count == 1 && writes.contains { $0.target == short } && !writes.contains { $0.target == long })
        let kept = writes.filter { $0.property == .points }
        #expect(kept.count > 5 && kept.count < 21)
        try ana.write(writes)
        #expect(ana.board.shape(box) == nil)
    }

    @Test func `BD-62: a line whose points are too long to be written is let go without them`() throws {
        var ana = try Replica(1, genesis: try genesis(by: try key(1)))
        let box = try ana.draw(Self.shape(.rectangle, 1, 1))
        let long = try ana.draw(Self.costly(to: box, corners: Limits.pointsPerStroke))
        let writes = try ana.board.writes(moving: [long], by: Point(x: 9, y: 9))
        #expect(writes.map(\.property) == [.position, .endBinding])
        #expect(try ana.board.parts(of: writes, by: ana.author).count == 1)
        try ana.write(writes)
        #expect(ana.board.shape(long)?.content.isBound == false)
    }
}
