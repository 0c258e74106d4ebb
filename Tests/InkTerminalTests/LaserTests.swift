import InkBoard
import InkFormats
import InkPrimitives
import InkTerminal
import Testing

@testable import InkSession

/// Light that shows and leaves nothing.
@Suite struct LaserTests {
    private func inked(_ desk: Desk, row: Int) -> [Int] {
        desk.terminal.rowsOfText[row].indices.filter { column in
            desk.terminal.rowsOfText[row][column].unicodeScalars.first.map { (0x2801..<0x2900).contains($0.value) || $0 == "*" } ?? false
        }
    }

    /// Light that was asked for or ended: that it is on still is said again and again.
    private func switches(_ desk: Desk) -> [Bool] {
        var switches: [Bool] = []
        for case .laser(let isOn) in desk.intents where isOn != switches.last { switches.append(isOn) }
        return switches
    }

    private func somebodyShines(_ desk: inout Desk, _ bob: Int, row: Int, from: Int, to: Int) {
        desk.act(.cursor(middle(from, row)), by: bob, then: .milliseconds(40))
        desk.act(.laser(true), by: bob)
        for column in from...to { desk.act(.cursor(middle(column, row)), by: bob, then: .milliseconds(20)) }
        desk.act(.laser(false), by: bob, then: .milliseconds(150))
    }

    @Test func `TM-210, TM-211: a drag with the laser leaves light that fades in a second and a half, and no shape`() throws {
        var desk = try Desk()
        desk.type("k")
        #expect(desk.text.contains("LASER") && desk.text.contains("light that fades"))
        desk.drag((10...30).map { ($0, 8) })
        #expect(inked(desk, row: 8).count >= 20)
        #expect(desk.standing.isEmpty && !desk.intents.contains { if case .begin = $0 { true } else { false } })
        #expect(switches(desk) == [true, false])
        desk.wait(.milliseconds(900))
        #expect(!inked(desk, row: 8).isEmpty)
        desk.wait(.milliseconds(700))
        #expect(inked(desk, row: 8).isEmpty && desk.text.contains("LASER"))
        // Then nothing is written any more.
        let count = desk.frames.count
        desk.wait(.seconds(3))
        #expect(desk.frames.count == count)
    }

    @Test func `TM-138, TM-210, TM-371, TM-372: the view stays under a hand that shines, and goes on with who is followed when it lets go`()
        throws
    {
        var desk = try Desk()
        let bob = desk.join("bob")
        func show(_ column: Int) -> Intent {
            .view(WorldBox(left: column * 64, top: 0, right: (column + 80) * 64 - 1, bottom: 22 * 128 - 1))
        }
        desk.act(show(0), by: bob, then: .seconds(1))
        desk.type("Gk")
        desk.press(40, 10)
        desk.act(show(300), by: bob, then: .milliseconds(200))
        for column in 41...45 {
            desk.move(column, 10, button: 32)
            #expect(desk.intents.contains(.cursor(middle(column, 10))), "\(column)")
        }
        desk.release(45, 10)
        desk.wait(.seconds(2))
        desk.move(45, 11)
        #expect(desk.intents.last == .cursor(middle(345, 11)))
    }

    @Test func `TM-240: light is on for the others whichever program of the same person pointed last, and whoever holds the board`() throws
    {
        var desk = try Desk()
        func isLit() -> Bool { desk.session?.node().presence.pointer.isLit == true }
        desk.type("k")
        desk.move(10, 8)
        try desk.actElsewhere([.cursor(middle(50, 15))])
        desk.press(10, 8)
        #expect(isLit() && desk.session?.node().presence.pointer.position == middle(10, 8))
        try desk.actElsewhere([.cursor(middle(51, 15))])
        #expect(!isLit())
        desk.move(11, 8, button: 32)
        #expect(isLit())
        desk.release(11, 8)
        #expect(!isLit())
        // Another program holds the board from now on, and knows nothing of where this one points.
        desk.hear(.ready(.zero, me: .zero))
        let count = desk.intents.count
        desk.move(11, 8)
        #expect(desk.intents[count...].contains(.cursor(middle(11, 8))))
    }

    @Test func `TM-210: by keys alone Enter turns the light on and off, and Escape turns it off`() throws {
        var desk = try Desk()
        desk.type("9\r")
        for _ in 0..<6 { desk.bytes(Array("\u{1B}[C".utf8)) }
        #expect(inked(desk, row: 11).count >= 6)
        desk.wait(.seconds(5))
        // Whoever holds it still points.
        #expect(inked(desk, row: 11).count >= 1)
        desk.type("\r")
        desk.wait(.seconds(2))
        #expect(inked(desk, row: 11).isEmpty && desk.standing.isEmpty)
        desk.type("\r")
        desk.escape()
        desk.wait(.seconds(2))
        #expect(inked(desk, row: 11).isEmpty)
        #expect(switches(desk) == [true, false, true, false])
    }

    @Test func `TM-211: the light of others is in their colour and seen where cursors are hidden, and goes by itself`() throws {
        var desk = try Desk()
        let bob = desk.join("bob")
        desk.bytes(Array("\u{1B}c".utf8))
        somebodyShines(&desk, bob, row: 8, from: 10, to: 30)
        let cells = inked(desk, row: 8)
        #expect(cells.count >= 15, "\(desk.text)")
        let colors = Set(cells.map { desk.terminal.styles[8][$0] })
        #expect(colors.allSatisfy { $0.contains("f2,") }, "\(colors)")
        #expect(desk.standing.isEmpty)
        desk.wait(.seconds(2))
        #expect(inked(desk, row: 8).isEmpty)
    }

    @Test func `TM-396: letters under light stay to be read, and lines keep their form`() throws {
        var desk = try Desk()
        let bob = desk.join("bob")
        desk.elsewhere(.draw(ShapeDraft(kind: .text, position: Grid.standard.corner(of: CellPlace(column: 12, row: 8)), text: "cache")))
        desk.elsewhere(.draw(ShapeDraft(kind: .line, position: middle(25, 5), points: [.zero, middle(25, 12) - middle(25, 5)])))
        somebodyShines(&desk, bob, row: 8, from: 10, to: 30)
        #expect(desk.terminal.lines[8].contains("cache") && desk.terminal.rowsOfText[8][25] == "│")
        #expect(desk.terminal.styles[8][13].contains("7"))
        #expect(desk.terminal.styles[8][25].contains("f2,"))
    }

    @Test func `TM-211, TM-397: light goes without motion where that is wanted, in ASCII, without colours, and in any window`() throws {
        for (columns, rows) in [(80, 24), (20, 5), (1, 1)] {
            var desk = try Desk(columns: columns, rows: rows, depth: .none, style: .ascii, reducesMotion: true)
            let bob = desk.join("bob")
            somebodyShines(&desk, bob, row: 2, from: -40, to: 40)
            if columns > 20 { #expect(desk.terminal.lines[2].contains("***"), "\(desk.text)") }
            desk.act(.laser(true), by: bob)
            let edge = Limits.coordinate
            desk.act(.cursor(Point(x: edge, y: edge)), by: bob, then: .milliseconds(50))
            desk.act(.cursor(Point(x: -edge, y: -edge)), by: bob, then: .milliseconds(50))
            desk.act(.laser(false), by: bob, then: .seconds(3))
            #expect(desk.bytes.allSatisfy { $0 < 0x80 } && !desk.text.contains("***"))
        }
    }
}
