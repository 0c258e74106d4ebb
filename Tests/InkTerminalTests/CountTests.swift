import InkBoard
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Digits before a step.
@Suite struct CountTests {
    private func desk() throws -> Desk {
        var desk = try Desk(columns: 120)
        desk.box(at: 20)
        // Behind an Escape a bracket and a digit would open a sequence.
        desk.type("\t")
        return desk
    }

    private func cell(_ desk: Desk) -> [Int] {
        guard let place = desk.standing.first?.position else { return [] }
        return [Int(place.x) / 64, Int(place.y) / 128]
    }

    @Test func `TM-197: a step goes as many times as far as was typed, by letters and arrows, and in one step of undo`() throws {
        for (keys, expected) in [
            ("8l", [28, 5]), ("12l", [32, 5]), ("10l", [30, 5]), ("3j", [20, 8]), ("2L", [36, 5]), ("2l3l", [25, 5]),
        ] {
            var desk = try desk()
            desk.type(keys)
            desk.wait(.seconds(1))
            #expect(cell(desk) == expected, "\(keys) \(desk.text)")
        }
        var desk = try desk()
        desk.type("4")
        #expect(desk.text.contains(" MOVE 4 ") && desk.text.contains("hjkl, arrows: 4 times") && desk.text.contains("Esc drops it"))
        desk.arrows("C", 1)
        #expect(!desk.text.contains("MOVE 4"))
        desk.wait(.seconds(1))
        #expect(cell(desk) == [24, 5])
        desk.arrows("C", 1)
        desk.wait(.seconds(1))
        #expect(cell(desk) == [25, 5])
        desk.type("uu")
        #expect(cell(desk) == [20, 5])
        // Of a box that is resized, too.
        desk.type("z3l")
        desk.wait(.seconds(1))
        #expect(desk.standing[0].size.width == 64 * 13)
    }

    @Test func `TM-394: Escape drops it, another key ends it, and it is bounded`() throws {
        var desk = try desk()
        desk.type("8")
        desk.escape()
        #expect(desk.text.contains(" MOVE ") && !desk.text.contains("MOVE 8"))
        desk.type("l")
        desk.wait(.seconds(1))
        #expect(cell(desk) == [21, 5])
        desk.type("5b")
        desk.escape()
        desk.type("l")
        desk.wait(.seconds(1))
        #expect(cell(desk) == [22, 5])
        desk.type("7")
        desk.click(22, 6)
        desk.type("l")
        desk.wait(.seconds(1))
        #expect(cell(desk) == [23, 5])
        // The hint for Escape does what the key does.
        desk.type("4")
        try desk.click(on: "Esc drops it")
        #expect(desk.text.contains(" MOVE ") && !desk.text.contains("MOVE 4"))
        desk.type("h")
        desk.wait(.seconds(1))
        #expect(cell(desk) == [22, 5])
        desk.type("l")
        desk.wait(.seconds(1))
        desk.type("99999999999999999999l")
        desk.wait(.seconds(1))
        #expect(cell(desk) == [23 + 999, 5])
        desk.type("99999L")
        desk.wait(.seconds(1))
        #expect(cell(desk) == [23 + 999 * 9, 5])
    }

    @Test func `TM-102, TM-395: where nothing is selected digits pick tools, and so they do after a draw by the mouse`() throws {
        var desk = try desk()
        desk.type("0")
        #expect(desk.text.contains("ERASER"))
        desk.escape()
        desk.type("3")
        #expect(desk.text.contains("DIAMOND"))
        desk.drag([(50, 5), (60, 9)])
        desk.type("2")
        #expect(desk.text.contains("RECT"))
    }

    @Test func `TM-197, TM-357: a count before what is pasted waits with its step`() throws {
        var desk = try desk()
        desk.type("y")
        let clip = try #require(desk.clip)
        desk.type("x")
        desk.move(60, 12)
        desk.type("V8l")
        desk.tell(.clip(.bytes(clip.bytes)))
        desk.wait(.seconds(1))
        #expect(cell(desk) == [63, 10])
    }
}
