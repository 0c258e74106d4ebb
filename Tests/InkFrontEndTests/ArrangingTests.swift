import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct ArrangingTests {
    private static let author: AuthorID = identifier(1)
    private static func id(_ number: UInt64) -> ShapeID { ShapeID(author: author, number: number) }
    private static func ids(_ numbers: UInt64...) -> [ShapeID] { numbers.map { id($0) } }

    private static func box(_ number: UInt64, _ x: Int32, _ y: Int32, _ width: Int32 = 100, _ height: Int32 = 100) -> Shape {
        Shape(
            id: id(number),
            content: ShapeDraft(
                kind: .rectangle, position: Point(x: x, y: y), size: Size(width: width, height: height), label: "box \(number)"),
            depth: depth(number))
    }

    private static func line(_ number: UInt64, from start: UInt64, to end: UInt64) -> Shape {
        Shape(
            id: id(number),
            content: ShapeDraft(
                kind: .arrow, position: .zero, points: [.zero, .zero], startBinding: Binding(id(start)), endBinding: Binding(id(end))),
            depth: depth(number))
    }

    /// A board in which what is asked is done.
    private struct Stand {
        var view = BoardView()

        init(_ shapes: [Shape]) { view.replaceAll(shapes) }

        /// Does what was asked.
        mutating func act(_ intent: Intent?) {
            switch intent {
            case .setEach(let edits)?:
                for edit in edits {
                    guard var shape = view[edit.shape] else { continue }
                    shape.content = view.stored(edit.shape) ?? shape.content
                    for change in edit.changes {
                        if case .depth(let key) = change.value { shape.depth = key } else { shape.content.take(change) }
                    }
                    view.apply(ShapeChange(kind: .changed, id: shape.id, author: author, shape: shape))
                }
            case nil: break
            default: Issue.record("another wish: \(String(describing: intent))")
            }
        }

        var order: [UInt64] { view.shapes.map(\.id.number) }
        func place(_ number: UInt64) -> Point? { view[id(number)]?.content.position }
        func groups(_ number: UInt64) -> [GroupID] { view[id(number)]?.content.groups ?? [] }
    }

    @Test func `FE-83, FE-178: groups are chosen whole, nest, are entered, and come apart from the outside`() throws {
        var stand = Stand((1...5).map { Self.box($0, Int32($0) * 200, 0) })
        stand.act(try stand.view.grouping(Self.ids(2, 1)))
        #expect(stand.view.unit(of: Self.id(1))?.shapes == Self.ids(1, 2) && stand.groups(1) == stand.groups(2))
        let inner = try #require(stand.groups(1).first)
        // Around a group and a shape; the group is named by one of its shapes.
        stand.act(try stand.view.grouping(Self.ids(2, 3)))
        #expect(stand.view.members(with: Self.ids(3)) == Self.ids(1, 2, 3) && stand.groups(1).last == inner && stand.groups(1).count == 2)
        let outer = try #require(stand.groups(3).first)
        #expect(outer != inner && stand.view.unit(of: Self.id(4))?.group == nil)
        // Within it.
        #expect(stand.view.unit(of: Self.id(1), within: [outer])?.shapes == Self.ids(1, 2))
        #expect(stand.view.unit(of: Self.id(3), within: [outer])?.shapes == Self.ids(3))
        #expect(stand.view.unit(of: Self.id(1), within: [outer, inner])?.shapes == Self.ids(1))
        #expect(stand.view.unit(of: Self.id(4), within: [outer])?.shapes == Self.ids(4))
        // A group inside the one that was entered.
        var within = stand
        within.act(try stand.view.grouping(Self.ids(1, 3), within: [outer]))
        #expect(
            within.groups(3).count == 2 && within.groups(1).count == 3 && within.groups(1).first == outer && within.groups(1).last == inner)
        #expect(throws: ArrangementError.isOneGroup) { try stand.view.grouping(Self.ids(1, 2, 3)) }
        #expect(throws: ArrangementError.tooFew(.group, least: 2)) { try stand.view.grouping(Self.ids(4)) }
        stand.act(try stand.view.ungrouping(Self.ids(3)))
        #expect(stand.groups(3).isEmpty && stand.groups(1) == [inner])
        stand.act(try stand.view.ungrouping(Self.ids(1)))
        #expect(stand.groups(2).isEmpty)
        #expect(throws: ArrangementError.noGroup) { try stand.view.ungrouping(Self.ids(1, 4)) }
    }

    @Test func `BD-66, BD-154, FE-179: two who group the same shapes at once make one group, and no group is too deep`() throws {
        var stand = Stand((1...12).map { Self.box($0, Int32($0) * 200, 0) })
        #expect(try stand.view.grouping(Self.ids(1, 2)) == stand.view.grouping(Self.ids(2, 1)))
        #expect(try stand.view.grouping(Self.ids(1, 2)) != stand.view.grouping(Self.ids(1, 3)))
        for number in 2...9 as ClosedRange<UInt64> { stand.act(try stand.view.grouping(Self.ids(1, number))) }
        #expect(stand.groups(1).count == GroupID.depthMax && Set(stand.groups(1)).count == GroupID.depthMax)
        #expect(throws: ArrangementError.tooDeep) { try stand.view.grouping(Self.ids(1, 10)) }
        // Another wins one of the shapes: what says the same is the group still.
        var half = Stand([Self.box(1, 0, 0), Self.box(2, 0, 0), Self.box(3, 0, 0)])
        half.act(try half.view.grouping(Self.ids(1, 2)))
        half.act(.setEach([ShapeEdit(Self.id(2), [.groups([GroupID(rawValue: 5)] + half.groups(1))])]))
        #expect(half.view.unit(of: Self.id(1))?.shapes == Self.ids(1))
        half.act(try half.view.grouping(Self.ids(1, 2)))
        #expect(half.view.unit(of: Self.id(1))?.shapes == Self.ids(1, 2) && half.groups(1).count == 2)
    }

    @Test func `FE-84, FE-180: copies have groups of their own, and are bound among themselves`() throws {
        var stand = Stand([
            Self.box(1, 0, 0), Self.box(2, 400, 0), Self.line(3, from: 1, to: 2), Self.line(4, from: 1, to: 5), Self.box(5, 900, 0),
        ])
        stand.act(try stand.view.grouping(Self.ids(1, 2, 3)))
        let by = Point(x: 8, y: 16)
        guard case .drawAll(let copies) = try stand.view.duplicating(Self.ids(1, 4), by: by, author: Self.author) else {
            Issue.record("no copies")
            return
        }
        #expect(copies.count == 4 && copies.allSatisfy { $0.label.isEmpty })
        #expect(copies[0].position == by && copies[1].position == Point(x: 408, y: 16))
        let group = try #require(copies[0].groups.first)
        #expect(group != stand.groups(1).first && copies[1].groups == [group] && copies[2].groups == [group] && copies[3].groups.isEmpty)
        func place(_ number: UInt64) -> ShapeID { ShapeID(author: .zero, number: number) }
        #expect(copies[2].startBinding?.shape == place(1) && copies[2].endBinding?.shape == place(2))
        #expect(copies[3].startBinding?.shape == place(1) && copies[3].endBinding == nil)
        #expect(copies[3].points == stand.view[Self.id(4)]?.content.points)
        // Of two who copy at once each makes a group, and so does who copies again.
        for (view, author) in [(stand.view, identifier(2)), (later(stand.view), Self.author)] as [(BoardView, AuthorID)] {
            guard case .drawAll(let others) = try view.duplicating(Self.ids(1), by: by, author: author) else { continue }
            #expect(others[0].groups != copies[0].groups)
        }
        #expect(throws: ArrangementError.beyondEdge) {
            try stand.view.duplicating(Self.ids(5), by: Point(x: Limits.coordinate, y: 0), author: Self.author)
        }
        #expect(throws: ArrangementError.tooFew(.duplicate, least: 1)) {
            try stand.view.duplicating(Self.ids(99), by: by, author: Self.author)
        }
    }

    @Test func `BD-65, FE-181: the copy of an elbow finds its way as an elbow does`() throws {
        var (bound, free, half) = (Self.line(3, from: 1, to: 2), Self.line(4, from: 1, to: 2), Self.line(5, from: 1, to: 2))
        (bound.content.route, free.content.route, half.content.route) = (.elbow, .elbow, .elbow)
        (free.content.startBinding, free.content.endBinding) = (nil, nil)
        free.content.points = [.zero, Point(x: 900, y: 700)]
        let view = Stand([Self.box(1, 0, 0), Self.box(2, 1000, 900), bound, free, half]).view
        func copies(_ numbers: UInt64...) throws -> [ShapeDraft] {
            let intent = try view.duplicating(numbers.map { Self.id($0) }, by: Point(x: 8, y: 8), author: Self.author)
            guard case .drawAll(let drafts) = intent else { return [] }
            return drafts
        }
        let all = try copies(1, 2, 3)
        #expect(all.count == 3 && all[2].route == .elbow && all[2].points == bound.content.points && all[2].isBound)
        #expect(view[Self.id(4)]?.content.points.count == 4)
        #expect(try copies(4).map(\.points) == [free.content.points])
        // Without its shapes it is let go, where it was seen.
        #expect(try copies(5).map(\.points) == [view[Self.id(5)]?.content.points] && copies(5)[0].points.count == 4)
    }

    private func later(_ view: BoardView) -> BoardView {
        var view = view
        view.apply(ShapeChange(kind: .added, id: Self.id(50), author: Self.author, shape: Self.box(50, 0, 0)))
        return view
    }

    @Test func `FE-85, FE-182: to the front, to the back, and a step past what overlaps`() throws {
        // 1, 2 and 5 overlap; 3 and 4 lie elsewhere.
        let shapes = [Self.box(1, 0, 0), Self.box(2, 50, 0), Self.box(3, 5000, 0), Self.box(4, 6000, 0), Self.box(5, 20, 20)]
        var stand = Stand(shapes)
        stand.act(try stand.view.ordering(Self.ids(4, 1), to: .front))
        #expect(stand.order == [2, 3, 5, 1, 4])
        #expect(try stand.view.ordering(Self.ids(4, 1), to: .front) == nil && stand.view.ordering(Self.ids(4), to: .up) == nil)
        stand.act(try stand.view.ordering(Self.ids(5, 4), to: .back))
        #expect(stand.order == [5, 4, 2, 3, 1])
        stand.act(try stand.view.ordering(Self.ids(5), to: .up))
        #expect(stand.order == [4, 2, 5, 3, 1])
        stand.act(try stand.view.ordering(Self.ids(1), to: .down))
        #expect(stand.order == [4, 2, 1, 5, 3])
        // Where nothing overlaps, past the next.
        stand.act(try stand.view.ordering(Self.ids(3), to: .down))
        #expect(stand.order == [4, 2, 1, 3, 5])
        #expect(throws: ArrangementError.tooFew(.order, least: 1)) { try stand.view.ordering(Self.ids(77), to: .up) }
    }

    @Test func `FE-85, FE-182: a step goes past shapes that were drawn at once, and what takes it keeps its own order`() throws {
        // 3, 4 and 5 have one depth, as of people who draw at once; all overlap.
        var shapes = (1...8).map { Self.box($0, 0, 0) }
        for index in 2...4 { shapes[index].depth = depth(3) }
        var up = Stand(shapes)
        up.act(try up.view.ordering(Self.ids(1, 2), to: .up))
        #expect(up.order == [3, 4, 5, 1, 2, 6, 7, 8])
        var down = Stand(shapes)
        down.act(try down.view.ordering(Self.ids(6, 7), to: .down))
        #expect(down.order == [1, 2, 6, 7, 3, 4, 5, 8])
        // One of the tied itself, past the others and not past what is beyond them.
        var tied = Stand(shapes)
        tied.act(try tied.view.ordering(Self.ids(3), to: .up))
        #expect(tied.order == [1, 2, 4, 5, 3, 6, 7, 8])
        tied.act(try tied.view.ordering(Self.ids(5), to: .down))
        #expect(tied.order == [1, 2, 5, 4, 3, 6, 7, 8])
        // The lowest and the highest of all.
        var all = Stand((1...3).map { Shape(id: Self.id($0), content: Self.box($0, 0, 0).content, depth: depth(3)) })
        all.act(try all.view.ordering(Self.ids(1), to: .up))
        all.act(try all.view.ordering(Self.ids(3), to: .down))
        #expect(all.order == [3, 2, 1])
    }

    @Test func `BD-18, FE-85: a thousand shapes go between two neighbours and keep their order`() throws {
        var stand = Stand([Self.box(1, 0, 0), Self.box(2, 0, 0)] + (10..<1010).map { Self.box($0, 0, 0) })
        stand.act(try stand.view.ordering((10..<1010).map { Self.id($0) }, to: .down))
        #expect(stand.order == [1] + (10..<1010) + [2])
        #expect(stand.view.shapes.allSatisfy { $0.depth.bytes.count <= 6 })
    }

    @Test func `FE-86: each side has its way to align, groups move as one, and bound lines follow`() throws {
        let shapes = [Self.box(1, 0, 0), Self.box(2, 300, 50, 40, 40), Self.box(3, 1000, 500, 200, 300), Self.line(4, from: 1, to: 3)]
        for (side, places) in [
            (.left, [(0, 0), (0, 50), (0, 500)]), (.right, [(1100, 0), (1160, 50), (1000, 500)]), (.top, [(0, 0), (300, 0), (1000, 0)]),
            (.bottom, [(0, 700), (300, 760), (1000, 500)]), (.centre, [(550, 0), (580, 50), (500, 500)]),
            (.middle, [(0, 350), (300, 380), (1000, 250)]),
        ] as [(Alignment, [(Int32, Int32)])] {
            var stand = Stand(shapes)
            stand.act(try stand.view.aligning(Self.ids(1, 2, 3, 4), to: side))
            #expect((1...3).map { stand.place($0) } == places.map { Point(x: $0.0, y: $0.1) }, "\(side)")
            #expect(stand.view.stored(Self.id(4)) == shapes[3].content)
            #expect(try stand.view.aligning(Self.ids(1, 2, 3), to: side) == nil)
        }
        var stand = Stand(shapes)
        stand.act(try stand.view.grouping(Self.ids(1, 2)))
        stand.act(try stand.view.aligning(Self.ids(1, 3), to: .bottom))
        #expect(stand.place(1) == Point(x: 0, y: 700) && stand.place(2) == Point(x: 300, y: 750))
        #expect(throws: ArrangementError.tooFew(.align, least: 2)) { try stand.view.aligning(Self.ids(1, 2, 4), to: .left) }
    }

    @Test func `FE-183: the room between shapes becomes equal to a unit, and the first and the last stay`() throws {
        var stand = Stand([Self.box(1, 0, 0), Self.box(2, 130, 9), Self.box(3, 600, 18, 33), Self.box(4, 1000, 27)])
        stand.act(try stand.view.distributing(Self.ids(4, 2, 1, 3), .horizontally))
        // 767 of room in three: 255, 256 and 256.
        #expect((1...4).map { stand.place($0)?.x } == [0, 355, 711, 1000] && stand.place(2)?.y == 9)
        var overlapping = Stand([Self.box(1, 0, 0), Self.box(2, 0, 10), Self.box(3, 0, 60)])
        overlapping.act(try overlapping.view.distributing(Self.ids(1, 2, 3), .vertically))
        #expect((1...3).map { overlapping.place($0)?.y } == [0, 30, 60])
        #expect(throws: ArrangementError.tooFew(.distribute, least: 3)) { try stand.view.distributing(Self.ids(1, 2), .vertically) }
    }
}
