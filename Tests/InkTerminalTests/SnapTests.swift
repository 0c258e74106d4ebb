import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// What snaps, and how far.
@Suite struct SnapTests {
    /// A box from column 20, row 5, to column 30, row 9.
    private func desk() throws -> Desk {
        var desk = try Desk(columns: 120)
        desk.box(at: 20)
        return desk
    }

    private func place(_ shape: ShapeDraft?) -> [Int] {
        guard let box = shape?.cellRegion(on: .standard) else { return [] }
        return [box.column, box.row, box.columns, box.rows]
    }

    @Test func `TM-196: what is spanned meets the edges of a shape near it, and the grid elsewhere`() throws {
        var desk = try desk()
        desk.type("S")
        #expect(desk.text.contains("snap: S ends"))
        desk.type("r")
        desk.drag([(43, 6), (54, 8)])
        #expect(place(desk.standing.last) == [43, 5, 12, 5], "the rows of the box")
        desk.escape()
        desk.type("r")
        desk.drag([(81, 16), (91, 19)])
        #expect(place(desk.standing.last) == [80, 15, 11, 6], "the grid")
        // A click makes one of the usual size, from there.
        desk.escape()
        desk.type("r")
        desk.click(59, 16)
        #expect(place(desk.standing.last) == [60, 15, 14, 5])
        // So does one with Alt, from where it is.
        desk.escape()
        desk.type("r")
        desk.press(59, 16, button: 8)
        desk.release(59, 16, button: 8)
        #expect(place(desk.standing.last) == [59, 16, 14, 5])
        // With Alt, and once it is off, freely.
        desk.escape()
        desk.type("r")
        desk.press(42, 13, button: 8)
        desk.move(53, 17, button: 40)
        desk.release(53, 17, button: 8)
        #expect(place(desk.standing.last) == [42, 13, 12, 5])
        desk.escape()
        desk.run("snap off")
        #expect(!desk.text.contains("snap: S ends"))
        desk.type("r")
        desk.drag([(61, 6), (73, 8)])
        #expect(place(desk.standing.last) == [61, 6, 13, 3])
    }

    @Test func `TM-36, TM-196, TM-393: what is moved meets edges and middles, and what comes back has not moved`() throws {
        var desk = try desk()
        for (column, row, columns, rows) in [(63, 13, 3, 3)] {
            desk.elsewhere(
                .draw(
                    ShapeDraft(
                        kind: .rectangle, position: middle(column, row),
                        size: Size(width: Int32(64 * (columns - 1)), height: Int32(128 * (rows - 1))))))
        }
        desk.run("snap on")
        desk.drag([(64, 13), (24, 6)])
        #expect(place(desk.standing[1]) == [24, 6, 3, 3], "both middles")
        desk.type("u")
        desk.wait(.seconds(1))
        desk.drag([(64, 13), (20, 11)])
        #expect(place(desk.standing[1]) == [20, 10, 3, 3], "an edge, and the grid")
        desk.type("u")
        desk.wait(.seconds(1))
        let count = desk.intents.count
        desk.drag([(64, 13), (40, 9), (64, 13)])
        #expect(place(desk.standing[1]) == [63, 13, 3, 3])
        #expect(!desk.intents[count...].contains(.commit))
        // Alt in the middle of a drag sets it free.
        desk.press(64, 13)
        desk.move(20, 11, button: 32)
        desk.move(20, 11, button: 40)
        desk.release(20, 11, button: 8)
        #expect(place(desk.standing[1]) == [19, 11, 3, 3])
    }

    @Test func `TM-8, TM-196: the corner that is pulled snaps, and keys do as the mouse does`() throws {
        var desk = try desk()
        desk.type("S")
        desk.click(20, 7)
        desk.drag([(30, 9), (41, 11)])
        #expect(place(desk.standing[0]) == [20, 5, 21, 6])
        desk.escape()
        desk.type("r")
        desk.move(71, 11)
        desk.type("\r")
        desk.arrows("C", 8)
        desk.arrows("B", 4)
        desk.type("\r")
        desk.escape()
        #expect(place(desk.standing.last) == [70, 10, 11, 6], "\(place(desk.standing.last))")
        for word in ["maybe", "1"] {
            desk.run("snap \(word)")
            #expect(desk.text.contains("“\(word)” is neither on nor off"))
            desk.escape()
        }
    }

    @Test func `TM-134, TM-196: a motion looks at no more shapes than lie near it`() throws {
        var desk = try Desk(columns: 120)
        let size = Size(width: 64, height: 128)
        desk.elsewhere(
            .drawAll((0..<2000).map { ShapeDraft(kind: .rectangle, position: middle($0 % 50 * 200, $0 / 50 * 80), size: size) }))
        desk.type("Sr")
        desk.press(50, 12)
        let before = desk.app.lookedAt
        desk.move(60, 15, button: 32)
        #expect(desk.app.lookedAt - before < 40)
        desk.release(60, 15)
    }
}
