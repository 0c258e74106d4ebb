import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Lines that are taken hold of: by their ends and corners, near their ink, and as straight as the hand meant them.
@Suite struct LineTests {
    @Test func `TM-103: the ends of a line are pulled by the mouse, from their cell or the one beside`() throws {
        for (key, kind) in [("l", ShapeKind.line), ("a", .arrow)] {
            for (press, to, ends) in [
                ((30, 5), (35, 9), [(10, 5), (35, 9)]), ((10, 5), (12, 2), [(12, 2), (30, 5)]), ((31, 6), (36, 10), [(10, 5), (35, 9)]),
                ((9, 4), (11, 1), [(12, 2), (30, 5)]),
            ] {
                var desk = try Desk()
                desk.type(key)
                desk.drag([(10, 5), (30, 5)])
                desk.press(press.0, press.1)
                desk.move(20, 12, button: 32)
                // It is seen while it is pulled, and nothing is on the board.
                #expect(desk.terminal.lines[11...12].contains { $0 != "" })
                #expect(desk.points(0) == [middle(10, 5), middle(30, 5)] && desk.text.contains("drawing"))
                desk.move(to.0, to.1, button: 32)
                desk.release(to.0, to.1)
                #expect(desk.points(0) == ends.map { middle($0.0, $0.1) } && desk.standing.map(\.kind) == [kind], "\(press)")
                // It is one step of undo, and what is selected stays so.
                desk.type("u")
                #expect(desk.points(0) == [middle(10, 5), middle(30, 5)], "\(press)")
                desk.arrows("C", 1)
                desk.wait(.seconds(1))
                #expect(desk.points(0) == [middle(11, 5), middle(31, 5)], "\(press)")
            }
        }
    }

    @Test func `TM-9, TM-103: corners are pulled, the middle moves, and Escape lets go`() throws {
        var desk = try Desk()
        let bent = [Point.zero, middle(20, 10) - middle(10, 5), middle(30, 5) - middle(10, 5)]
        desk.elsewhere(.draw(ShapeDraft(kind: .line, position: middle(10, 5), points: bent)))
        desk.type("v]")
        desk.drag([(20, 10), (22, 12)])
        #expect(desk.points(0) == [middle(10, 5), middle(22, 12), middle(30, 5)])
        desk.drag([(16, 8), (17, 8)])
        #expect(desk.points(0) == [middle(11, 5), middle(23, 12), middle(31, 5)])
        let standing = desk.standing
        desk.press(31, 5)
        desk.move(40, 9, button: 32)
        desk.escape()
        desk.release(40, 9)
        #expect(desk.standing == standing)
        // One that came back changes nothing; two clicks on an end write.
        desk.drag([(31, 5), (35, 5), (31, 5)])
        #expect(desk.standing == standing)
        desk.wait(.seconds(1))
        desk.click(31, 5)
        desk.click(31, 5)
        desk.type("tcp")
        desk.escape()
        #expect(desk.standing.map(\.text) == ["tcp"])
    }

    @Test func `TM-103: what lies beside an end is taken before it`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(31, 3), (40, 8)])
        desk.type("a")
        desk.drag([(10, 5), (30, 5)])
        let arrow = desk.standing[1]
        desk.drag([(31, 5), (35, 7)])
        #expect(desk.standing[1] == arrow && desk.standing[0].position == middle(35, 5))
    }

    @Test func `TM-104: z goes from end to end, and arrows pull the one it chose`() throws {
        var desk = try Desk()
        desk.type("l")
        desk.drag([(10, 5), (30, 5)])
        desk.bytes(Array("\u{1B}[Z".utf8))
        desk.type("z")
        #expect(desk.terminal.cursor == (30, 5) && desk.terminal.isCursorShown && desk.terminal.lines[23].contains("END"))
        desk.type("lj")
        desk.arrows("1;2B", 1)
        #expect(desk.terminal.cursor == (31, 14))
        desk.wait(.seconds(1))
        #expect(desk.points(0) == [middle(10, 5), middle(31, 14)])
        desk.type("z")
        #expect(desk.terminal.cursor == (10, 5))
        desk.type("k")
        desk.escape()
        #expect(desk.points(0) == [middle(10, 4), middle(31, 14)])
        desk.type("z")
        #expect(!desk.terminal.isCursorShown && desk.text.contains("MOVE"))
        desk.type("l")
        desk.wait(.seconds(1))
        #expect(desk.points(0) == [middle(11, 4), middle(32, 14)])
        // Each burst is a step of undo.
        desk.type("uu")
        #expect(desk.points(0) == [middle(10, 5), middle(31, 14)])
        desk.type("u")
        #expect(desk.points(0) == [middle(10, 5), middle(30, 5)])
    }

    @Test func `TM-104, TM-361: what others do to a line while its end is pulled is kept`() throws {
        for isByKeys in [true, false] {
            for index in [0, 1] {
                var desk = try Desk()
                desk.type("l")
                desk.drag([(10, 5), (30, 5)])
                if isByKeys {
                    desk.bytes(Array("\u{1B}[Z".utf8))
                    desk.type(index == 1 ? "zj" : "zzj")
                } else {
                    desk.press(index == 1 ? 30 : 10, 5)
                    desk.move(index == 1 ? 30 : 10, 6, button: 32)
                }
                desk.moveAll(Point(x: 640, y: 0))
                if isByKeys { desk.wait(.seconds(1)) } else { desk.release(index == 1 ? 30 : 10, 6) }
                #expect(desk.points(0) == [middle(20, index == 0 ? 6 : 5), middle(40, index == 1 ? 6 : 5)], "\(isByKeys) \(index)")
                // Where the line goes, nothing is left of the pull.
                if isByKeys { desk.type("j") } else { desk.press(index == 1 ? 40 : 20, 6) }
                desk.deleteAll()
                if isByKeys { desk.type("j") } else { desk.move(50, 9, button: 32) }
                desk.wait(.seconds(1))
                if !isByKeys { desk.release(50, 9) }
                #expect(desk.standing.isEmpty)
            }
        }
    }

    @Test func `TM-105: near is enough to hit a line, where nothing else is hit`() throws {
        for (key, way) in [("l", [(10, 3), (40, 12)]), ("p", [(10, 3), (20, 8), (30, 4)])] {
            // What is farther off than two columns or a row is not hit.
            let offsets = [(0, 0), (2, 0), (-2, 0), (0, 1), (0, -1), (1, 1)].map { ($0, true) } + [((4, 0), false)]
            for ((dx, dy), isNear) in offsets {
                var desk = try Desk()
                desk.type(key)
                desk.drag(way)
                desk.type("v")
                desk.click(70, 18)
                let end = way[way.count - 1]
                desk.drag([(end.0 + dx, end.1 + dy), (end.0 + dx + 5, end.1 + dy + 1)])
                #expect(desk.standing.map(\.position) == [isNear ? middle(15, 4) : middle(10, 3)], "\(key) \(dx) \(dy)")
            }
        }
        // What lies under the pointer comes first.
        var desk = try Desk()
        desk.type("l")
        desk.drag([(10, 5), (40, 5)])
        desk.type("r")
        desk.drag([(10, 6), (40, 9)])
        desk.click(70, 18)
        desk.drag([(20, 6), (22, 8)])
        #expect(desk.standing.map(\.position) == [middle(10, 5), middle(12, 8)])
    }

    @Test func `TM-106: a straight drag of the pen makes a straight stroke, here and at the others`() throws {
        for end in [(40, 8), (40, 5), (10, 20), (12, 20), (70, 11), (25, 18), (14, 1), (2, 5)] {
            var desk = try Desk()
            let steps = max(abs(end.0 - 10), abs(end.1 - 5))
            let way = (0...steps).map { step -> (Int, Int) in
                let part = Double(step) / Double(steps)
                return (10 + Int((Double(end.0 - 10) * part).rounded()), 5 + Int((Double(end.1 - 5) * part).rounded()))
            }
            desk.drag(way)
            let stroke = try #require(desk.standing.first)
            #expect(stroke.points.count == steps + 1 && stroke.position == middle(10, 5), "\(end)")
            let last = middle(end.0, end.1) - middle(10, 5)
            #expect(stroke.points.last == last)
            for point in stroke.points {
                // A dot is 32 units wide, so a unit is not seen.
                let area = abs(Double(point.x) * Double(last.y) - Double(point.y) * Double(last.x))
                let length = (Double(last.x) * Double(last.x) + Double(last.y) * Double(last.y)).squareRoot()
                #expect(area / length <= 1, "\(end): \(point)")
            }
            // What the others saw last is what stands.
            let told = desk.intents.compactMap { if case .update(.stroke(let draft)) = $0 { draft } else { nil } }
            #expect(told.last ?? stroke == stroke && desk.intents.last { !$0.isMotion } == .commit, "\(end)")
            // One step of undo.
            desk.type("u")
            #expect(desk.standing.isEmpty)
        }
    }

    @Test func `TM-362: a curve stays as it was drawn`() throws {
        let ways = [
            // A row up and back, a hook, there and back, short.
            (0...30).map { (10 + $0, $0 > 8 && $0 < 22 ? 9 : 10) }, (0...20).map { (10 + $0, 10) } + [(30, 11), (30, 12)],
            (0...20).map { (10 + $0, 10) } + (0...12).map { (30 - $0, 10) }, [(10, 10), (11, 10), (12, 11), (14, 11)],
            (0...24).map { (10 + $0, 10 + ($0 * $0) / 100) },
        ]
        for way in ways {
            var desk = try Desk()
            desk.drag(way)
            var places: [Point] = []
            for place in way.map({ middle($0.0, $0.1) }) where places.last != place { places.append(place) }
            #expect(desk.points(0) == places && !desk.intents.contains { if case .update = $0 { true } else { false } }, "\(way)")
        }
    }
}

extension Desk {
    /// The points of a path, where they lie on the board.
    func points(_ index: Int) -> [Point] {
        guard standing.indices.contains(index) else { return [] }
        return standing[index].points.map { standing[index].position + $0 }
    }
}
