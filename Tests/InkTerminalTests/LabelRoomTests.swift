import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Boxes that grow with their labels.
@Suite struct LabelRoomTests {
    private func draft(_ kind: ShapeKind, _ columns: Int, _ rows: Int, _ text: String) -> ShapeDraft {
        ShapeDraft(
            kind: kind, position: middle(3, 2), size: Size(width: Int32(64 * (columns - 1)), height: Int32(128 * (rows - 1))), text: text)
    }

    private func cells(_ shape: ShapeDraft) -> [Int] {
        let box = shape.cellRegion(on: .standard)
        return [box.columns, box.rows]
    }

    @Test func `TM-195: a box is as wide as its longest word and as high as its rows, and never smaller than it was`() {
        let cases: [(ShapeDraft, [Int])] = [
            (draft(.rectangle, 11, 5, "cache"), [11, 5]), (draft(.rectangle, 11, 3, "authentication"), [16, 3]),
            (draft(.rectangle, 11, 3, "one two three four"), [11, 5]), (draft(.rectangle, 11, 3, "a\nb\nc\nd"), [11, 6]),
            (draft(.rectangle, 2, 2, "db"), [4, 3]), (draft(.rectangle, 11, 3, "漢字漢字漢字"), [14, 3]),
            (draft(.rectangle, 11, 3, String(repeating: "x", count: 100)), [62, 4]), (draft(.note, 11, 3, "a note of words"), [11, 4]),
            (draft(.rectangle, 11, 3, ""), [11, 3]), (draft(.rectangle, 11, 3, String(repeating: "x ", count: 600)), [11, 3]),
        ]
        for (shape, expected) in cases {
            let grown = shape.grownToLabel()
            #expect(cells(grown) == expected && grown.position == shape.position, "\(shape.text.prefix(20))")
            #expect(grown.grownToLabel() == grown)
        }
        for kind in [ShapeKind.ellipse, .diamond] {
            let grown = draft(kind, 11, 3, "authentication service").grownToLabel()
            let words = TextExport(of: [grown], style: .unicode).text
            #expect(words.contains("authentication") && words.contains("service") && cells(grown)[0] < 40, "\(words)")
            #expect(grown.grownToLabel() == grown)
        }
        for shape in [
            ShapeDraft(kind: .text, position: .zero, text: "words"),
            ShapeDraft(kind: .arrow, position: .zero, points: [.zero, .zero], text: "w"),
            ShapeDraft(kind: .note, position: .zero, text: "words"),
        ] { #expect(shape.grownToLabel() == shape) }
        // At the edge of the board, and of any size.
        let huge = ShapeDraft(
            kind: .ellipse, position: Point(x: Limits.coordinate, y: Limits.coordinate),
            size: Size(width: Limits.coordinate, height: 0), text: "a b c")
        #expect(huge.grownToLabel().isWithinLimits)
    }

    @Test func `TM-195, TM-392: what is selected is made as large as its labels need, in one step, and its lines follow`() throws {
        var desk = try Desk(columns: 120)
        for column in [10, 40] { desk.box(at: column) }
        desk.type("a")
        desk.drag([(20, 7), (40, 7)])
        desk.escape()
        desk.write("authentication", into: 0)
        desk.write("one\ntwo\nthree\nfour", into: 1)
        desk.click(10, 6)
        desk.run("fit-label")
        #expect(cells(desk.standing[0]) == [16, 5] && cells(desk.standing[1]) == [11, 5])
        #expect(desk.terminal.lines[7].contains("│authentication├──"), "\(desk.text)")
        desk.type("u")
        #expect(cells(desk.standing[0]) == [11, 5])
        desk.bytes([1])
        desk.run("fit-label")
        #expect(cells(desk.standing[0]) == [16, 5] && cells(desk.standing[1]) == [11, 6])
        desk.run("fit-label")
        #expect(desk.text.contains("the labels have room already"))
        desk.type("u")
        #expect(cells(desk.standing[0]) == [11, 5] && cells(desk.standing[1]) == [11, 5])
    }

    @Test(arguments: [false, true])
    func `TM-391: a box grows while its label is written, in one step with it`(isSlow: Bool) throws {
        var desk = try Desk(columns: 120)
        desk.box(at: 40)
        desk.run("grow on")
        #expect(desk.text.contains("boxes grow"))
        desk.type("]\r")
        desk.type("authentication")
        #expect(desk.text.contains("│authentication│"))
        desk.escape()
        #expect(cells(desk.standing[0]) == [16, 5] && desk.standing[0].text == "authentication")
        desk.type("u")
        #expect(cells(desk.standing[0]) == [11, 5] && desk.standing[0].text == "")
        // By keys alone, from the draw on, however slow the session is.
        desk.escape()
        desk.isSlow = isSlow
        desk.type("r\r")
        desk.arrows("C", 4)
        desk.arrows("B", 2)
        desk.type("\rload balancer")
        desk.escape()
        desk.answer()
        desk.isSlow = false
        desk.answer()
        desk.wait(.seconds(1))
        let made = try #require(desk.standing.last)
        #expect(made.text == "load balancer" && cells(made) == [10, 4], "\(cells(made))")
        desk.type("u")
        #expect(desk.standing.last.map { $0.text == "" && cells($0) == [5, 3] } == true)
        // A pause gives what was written so far, and it is one step still.
        desk.escape()
        desk.type("]\rab")
        desk.wait(.seconds(3))
        desk.type("cdefghijk")
        desk.wait(.seconds(3))
        desk.escape()
        #expect(desk.standing.last.map { $0.text == "abcdefghijk" && cells($0) == [13, 3] } == true, "\(desk.standing)")
        desk.type("u")
        #expect(desk.standing.last.map { $0.text == "" && cells($0) == [5, 3] } == true, "\(desk.standing)")
        desk.run("grow")
        desk.type("]\rabcdefghijk")
        desk.escape()
        #expect(desk.standing.last.map { cells($0) == [5, 3] } == true)
    }

    @Test func `TM-195: what another writes or resizes meanwhile is kept`() throws {
        var desk = try Desk(columns: 120)
        desk.box(at: 40)
        desk.run("grow on")
        desk.type("]\rauthentication")
        let id = try #require(desk.session?.shapes.first?.id)
        desk.elsewhere(.resize(id, by: .zero, growing: Point(x: 640, y: 0)))
        desk.type("!")
        desk.escape()
        #expect(cells(desk.standing[0]) == [21, 5] && desk.standing[0].text == "authentication!")
        desk.type("\r2")
        desk.deleteAll()
        desk.escape()
        #expect(desk.standing.map(\.text) == ["authentication!2"])
        for word in ["maybe", "1"] {
            desk.run("grow \(word)")
            #expect(desk.text.contains("“\(word)” is neither on nor off"))
            desk.escape()
        }
    }
}
