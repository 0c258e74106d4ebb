import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Light that shows and leaves nothing.
@Suite struct LaserTests {
    private func inked(_ desk: Desk, row: Int) -> [Int] {
        desk.terminal.rowsOfText[row].indices.filter { column in
            desk.terminal.rowsOfText[row][column].unicodeScalars.first.map { (0x2801..<0x2900).contains($0.value) || $0 == "*" } ?? false
        }
    }

    private func somebodyShines(_ desk: inout Desk, _ bob: Int, row: Int, from: Int, to: Int) {
        desk.act(.cursor(middle(from, row)), by: bob, then: .milliseconds(40))
        desk.act(.laser(true), by: bob)
        for column in from...to { desk.act(.cursor(middle(column, row)), by: bob, then: .milliseconds(20)) }
        desk.act(.laser(false), by: bob, then: .milliseconds(150))
    }

    @Test func `a drag with the laser leaves light that fades in a second and a half, and no shape`() throws {
        // TM-210 TM-211
        var desk = try Desk()
        desk.type("k")
        #expect(desk.text.contains("LASER") && desk.text.contains("light that fades"))
        desk.drag((10...30).map { ($0, 8) })
        #expect(inked(desk, row: 8).count >= 20)
        #expect(desk.standing.isEmpty && !desk.intents.contains { if case .begin = $0 { true } else { false } })
        let lights = desk.intents.compactMap { if case .laser(let isOn) = $0 { isOn } else { nil } }
        #expect(lights == [true, false])
        desk.wait(.milliseconds(900))
        #expect(!inked(desk, row: 8).isEmpty)
        desk.wait(.milliseconds(700))
        #expect(inked(desk, row: 8).isEmpty && desk.text.contains("LASER"))
        // Then nothing is written any more.
        let count = desk.frames.count
        desk.wait(.seconds(3))
        #expect(desk.frames.count == count)
    }

    @Test func `by keys alone Enter turns the light on and off, and Escape turns it off`() throws {
        // TM-210
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
        let lights = desk.intents.compactMap { if case .laser(let isOn) = $0 { isOn } else { nil } }
        #expect(lights == [true, false, true, false])
    }

    @Test func `the light of others is in their colour and seen where cursors are hidden, and goes by itself`() throws {
        // TM-211
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

    @Test func `letters under light stay to be read, and lines keep their form`() throws {
        // TM-211
        var desk = try Desk()
        let bob = desk.join("bob")
        desk.elsewhere(.draw(ShapeDraft(kind: .text, position: Grid.standard.corner(of: CellPlace(column: 12, row: 8)), text: "cache")))
        desk.elsewhere(.draw(ShapeDraft(kind: .line, position: middle(25, 5), points: [.zero, middle(25, 12) - middle(25, 5)])))
        somebodyShines(&desk, bob, row: 8, from: 10, to: 30)
        #expect(desk.terminal.lines[8].contains("cache") && desk.terminal.rowsOfText[8][25] == "│")
        #expect(desk.terminal.styles[8][13].contains("7"))
        #expect(desk.terminal.styles[8][25].contains("f2,"))
    }

    @Test func `light goes without motion where that is wanted, in ASCII, without colours, and in any window`() throws {
        // TM-211
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
