import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Seeing what somebody else sees.
@Suite struct LookHereTests {
    /// What a window of so many cells shows from a cell on.
    private func view(_ column: Int, _ row: Int, _ columns: Int, _ rows: Int, on grid: Grid = .standard) -> WorldBox {
        WorldBox(
            left: column * grid.columnUnits, top: row * grid.rowUnits, right: (column + columns) * grid.columnUnits - 1,
            bottom: (row + rows) * grid.rowUnits - 1)
    }

    private func views(_ desk: Desk) -> [WorldBox?] {
        desk.intents.compactMap { intent -> WorldBox?? in if case .view(let box) = intent { box } else { nil } }
    }

    private func join(_ desk: inout Desk, _ name: String) -> Int {
        let number = desk.join(name)
        desk.act(.rename(name), by: number, then: .seconds(1))
        return number
    }

    @Test func `TM-213: what is seen is told when it changes, and not while it does not`() throws {
        var desk = try Desk()
        #expect(views(desk) == [view(0, 0, 80, 22)])
        desk.move(10, 10)
        desk.wait(.seconds(5))
        #expect(views(desk).count == 1)
        desk.press(40, 10, button: 65)
        #expect(views(desk).last == view(0, 3, 80, 22))
        desk.type("-")
        #expect(views(desk).count == 3)
        desk.resize(columns: 120, rows: 40)
        let last = try #require(views(desk).last ?? nil)
        #expect(views(desk).count == 4 && last.right - last.left == 120 * 96 - 1 && last.bottom - last.top == 38 * 192 - 1)
    }

    @Test(arguments: [(120, 40), (80, 24), (40, 12), (20, 6)])
    func `TM-212, TM-398: who follows sees all that the other sees, whatever the sizes of the two windows`(columns: Int, rows: Int) throws {
        var desk = try Desk()
        let bob = join(&desk, "bob")
        desk.act(.view(view(300, 100, columns, rows)), by: bob, then: .seconds(1))
        desk.type("G")
        #expect(desk.text.contains("following bob: Esc stops"))
        // Whoever follows tells nothing of what he sees.
        #expect(views(desk).last == .some(nil))
        for (left, top) in [(300, 100), (310, 90), (-50, -60)] {
            desk.act(.view(view(left, top, columns, rows)), by: bob, then: .seconds(1))
            // His corners are seen: a pointer there stands within the window and not at its edge.
            for (column, row) in [(left, top), (left + columns - 1, top + rows - 1)] {
                desk.act(.cursor(middle(column, row)), by: bob, then: .seconds(1))
                let found = (0..<22).filter { desk.markerColumn(row: $0) != nil }
                #expect(found.count == 1, "\(columns)x\(rows) \(desk.text)")
            }
        }
        desk.escape()
        let own = try #require(views(desk).last ?? nil)
        let his = view(-50, -60, columns, rows)
        #expect(own.left <= his.left && own.top <= his.top && own.right >= his.right && own.bottom >= his.bottom)
    }

    @Test func `TM-212: a window of the same size shows just the same`() throws {
        var desk = try Desk()
        let bob = join(&desk, "bob")
        desk.act(.view(view(123, 45, 80, 22)), by: bob, then: .seconds(1))
        desk.type("G")
        desk.escape()
        #expect(views(desk).last == view(123, 45, 80, 22))
        let near = Grid.zooms[6]
        desk.act(.view(view(11, 7, 80, 22, on: near)), by: bob, then: .seconds(1))
        desk.type("G")
        desk.escape()
        #expect(views(desk).last == view(11, 7, 80, 22, on: near) && desk.text.contains("200 %"))
    }

    @Test func `TM-213: two who follow each other stay where they are`() throws {
        var desk = try Desk()
        let bob = join(&desk, "bob")
        desk.act(.view(view(0, 0, 100, 30)), by: bob, then: .seconds(1))
        desk.type("G")
        let frames = desk.frames.count
        // He follows in turn: what he sees is not told any more, and neither is what is seen here.
        desk.act(.view(nil), by: bob, then: .seconds(5))
        #expect(desk.text.contains("following bob") && views(desk).last == .some(nil) && desk.frames.count - frames <= 2)
    }

    @Test func `TM-399: whoever asks to be looked at moves nobody, and one key goes there`() throws {
        var desk = try Desk()
        let bob = join(&desk, "bob\u{1B}[6n")
        let before = views(desk)
        desk.act(.lookHere(view(500, 200, 60, 20)), by: bob, then: .milliseconds(200))
        #expect(desk.text.contains("asks everybody to look here: ' goes there") && desk.text.contains("' goes where bob"))
        #expect(views(desk) == before && !desk.bytes.contains([0x1B] + Array("[6n".utf8)))
        desk.wait(.seconds(6))
        #expect(!desk.text.contains("asks everybody") && desk.text.contains("' goes where bob"))
        desk.type("'")
        let seen = try #require(views(desk).last ?? nil), asked = view(500, 200, 60, 20)
        #expect(seen.left <= asked.left && seen.top <= asked.top && seen.right >= asked.right && seen.bottom >= asked.bottom)
        #expect(!desk.text.contains("' goes where"))
        // Once is enough: the key goes to people again.
        desk.act(.cursor(middle(0, 0)), by: bob, then: .seconds(1))
        desk.type("'")
        #expect(desk.markerColumn(row: 11) == 40)
        // What is not gone to is forgotten.
        desk.act(.lookHere(view(900, 200, 60, 20)), by: bob, then: .milliseconds(200))
        #expect(desk.text.contains("' goes where bob"))
        desk.wait(.seconds(21))
        #expect(!desk.text.contains("' goes where"))
    }

    @Test func `TM-30, TM-399: who is typing is told the keys that work then`() throws {
        for begin in ["word", "/word", "P"] {
            var desk = try Desk(columns: 120)
            let bob = join(&desk, "bob")
            if begin == "word" {
                desk.type("t")
                desk.click(40, 10)
            }
            desk.type(begin)
            desk.act(.lookHere(view(500, 200, 60, 20)), by: bob, then: .milliseconds(200))
            #expect(desk.text.contains("look here: Esc, then ' goes there"), "\(begin) \(desk.text)")
            // A message stands where the bar is.
            #expect(desk.text.contains("Esc, then ' goes where bob looks") || begin.first == "/", "\(begin) \(desk.text)")
            desk.escape()
            desk.wait(.seconds(6))
            #expect(desk.text.contains("' goes where bob looks") && !desk.text.contains("Esc, then"), "\(begin) \(desk.text)")
        }
    }

    @Test func `TM-241: the view goes half of the way to who is followed in a tenth of a second, and at once where it is far`() throws {
        func shown(_ desk: Desk) -> Int? { (0..<80).first { desk.terminal.rowsOfText[12][$0] == "│" } }
        for isStill in [false, true] {
            var desk = try Desk(reducesMotion: isStill)
            let bob = join(&desk, "bob")
            desk.elsewhere(.draw(ShapeDraft(kind: .line, position: middle(100, -40), points: [.zero, Point(x: 0, y: 128 * 100)])))
            desk.act(.view(view(60, 0, 80, 22)), by: bob, then: .seconds(1))
            desk.type("G")
            desk.wait(.seconds(2))
            #expect(shown(desk) == 40)
            desk.act(.view(view(96, 0, 80, 22)), by: bob)
            var seen: [Int] = []
            for _ in 0..<8 {
                seen.append(shown(desk) ?? -1)
                desk.wait(.milliseconds(100))
            }
            if isStill {
                #expect(seen.dropFirst() == [4, 4, 4, 4, 4, 4, 4])
            } else {
                // 36 cells, 18, 9, …; the frame that shows it may be one later.
                for (index, left) in [36, 18, 9, 5, 2, 1, 1, 0].enumerated() {
                    #expect(abs(seen[index] - 4 - left) <= max(1, left / 5), "\(seen)")
                }
                #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 >= $1 })
            }
            desk.wait(.seconds(1))
            #expect(shown(desk) == 4)
            // Then nothing is written.
            let frames = desk.frames.count
            desk.wait(.milliseconds(500))
            #expect(desk.frames.count == frames)
            // What is far is gone to at once, what another zoom shows, too.
            desk.act(.view(view(5000, 0, 80, 22)), by: bob, then: .milliseconds(40))
            desk.escape()
            #expect(views(desk).last == view(5000, 0, 80, 22))
        }
    }

    @Test func `TM-138, TM-372, TM-407: a hand that lets go finds the view on its way, and not there`() throws {
        var desk = try Desk()
        let bob = join(&desk, "bob")
        desk.act(.view(view(0, 0, 80, 22)), by: bob, then: .seconds(1))
        desk.type("Gp")
        desk.press(40, 10)
        desk.act(.view(view(60, 0, 80, 22)), by: bob, then: .seconds(3))
        desk.release(40, 10)
        desk.wait(.milliseconds(120))
        desk.move(0, 5)
        guard case .cursor(let place?)? = desk.intents.last else { return #expect(Bool(false)) }
        #expect((20...45).contains(Int(place.x) / 64), "\(place)")
        desk.wait(.seconds(1))
        desk.move(1, 5)
        #expect(desk.intents.last == .cursor(middle(61, 5)))
    }

    @Test func `TM-214: all are asked by a key or a command, not too often, and not where nobody is`() throws {
        var desk = try Desk()
        desk.type("\"")
        #expect(desk.text.contains("nobody else is here to look"))
        _ = join(&desk, "bob")
        desk.type("\"")
        #expect(desk.intents.contains(.lookHere(view(0, 0, 80, 22))) && desk.text.contains("all who are here are asked"))
        desk.type(":look-here\r")
        #expect(desk.text.contains("asked a moment ago"))
        desk.wait(.seconds(6))
        desk.type(":look_here\r")
        #expect(desk.text.contains("all who are here are asked"))
    }

    @Test func `TM-215: the small map shows the corners of what others see`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(ShapeDraft(kind: .rectangle, position: middle(0, 0), size: Size(width: 64 * 400, height: 128 * 100))))
        let bob = join(&desk, "bob")
        desk.type("Z")
        func corners() -> Int {
            desk.terminal.rowsOfText[16..<21].joined().filter { ["┌", "┐", "└", "┘"].contains($0) }.count
        }
        let none = corners()
        desk.act(.view(view(200, 40, 80, 22)), by: bob, then: .seconds(1))
        #expect(corners() == none + 4, "\(desk.text)")
        desk.bytes(Array("\u{1B}c".utf8))
        #expect(corners() == none)
    }
}
