import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// What is shown where there is little room: whole, or shorter, and never cut so that it says something else.
@Suite struct RoomTests {
    @Test func `TM-235, TM-405: common words for colours are taken, and a wrong one is told with all that there are`() throws {
        let colors = [("red", 0xD55E00), ("purple", 0xCC79A7), ("Cyan", 0x56B4E9), ("violet", 0xCC79A7), ("teal", 0x009E73)]
        for (word, rgb) in colors {
            var desk = try Desk()
            desk.box(at: 10)
            desk.restyle("ink \(word)")
            #expect(desk.standing.first?.stroke == Color(rgb: UInt32(rgb)), "\(word): \(desk.text)")
        }
        for columns in [80, 40] {
            var desk = try Desk(columns: columns)
            desk.box(at: 10)
            desk.restyle("ink mauve")
            let told = desk.terminal.lines.map { $0.trimmingSpaces }.joined(separator: " ")
            for word in ["no colour “mauve”", "own", "vermilion", "green", "#RRGGBB"] {
                #expect(told.contains(word), "\(word): \(desk.text)")
            }
        }
    }

    @Test func `TM-236: the bar leaves out what matters least, and never that something is not saved`() throws {
        func bar(columns: Int, refuses: Bool = false) throws -> String {
            var desk = try Desk(columns: columns, rows: 12)
            desk.hear(.peer(peer("bob", 1)))
            desk.wait(.seconds(9))
            desk.hear(.sync(SyncStatus(state: .synced, missing: 0, unsent: 0, isSaved: true, fingerprint: .zero)))
            if refuses {
                desk.disk(refuses: "no space left")
                desk.elsewhere(.draw(ShapeDraft(kind: .text, position: middle(3, 3), text: "abc")))
                desk.wait(.seconds(1))
            }
            desk.type("v")
            return desk.terminal.lines[11]
        }
        let wide = try bar(columns: 80)
        #expect(wide.contains("plan  ★bob  direct") && wide.hasSuffix("saved"))
        let bars = try [40, 21, 20].map { try bar(columns: $0) }
        #expect(bars == [" SELECT   plan  ★bob  saved", " SELECT   plan  saved", " SELECT   saved"])
        let loud = try [40, 20].map { try bar(columns: $0, refuses: true) }
        #expect(loud[0].contains("NOT SAVED YET"), "\(loud)")
        // There it takes the place of the tool.
        #expect(loud[1] == "  NOT SAVED YET", "\(loud)")
    }

    @Test func `TM-237, TM-406: the map is smaller in a small window, and where it has no room that is said`() throws {
        for (columns, rows, cells) in [(80, 24, 16 * 5), (40, 12, 10 * 4), (20, 5, 0)] {
            var desk = try Desk(columns: columns, rows: rows)
            desk.elsewhere(.draw(ShapeDraft(kind: .rectangle, position: middle(2, 1), size: Size(width: 64, height: 64))))
            desk.type("v")
            desk.wait(.seconds(9))
            desk.type("Z")
            let canvas = desk.terminal.styles.prefix(rows - (rows < 12 ? 1 : 2))
            if cells > 0 {
                #expect(canvas.joined().filter { $0 == "7" }.count == cells, "\(columns)")
            } else {
                #expect(desk.text.contains("no room for the"), "\(desk.text)")
            }
        }
        var desk = try Desk()
        desk.type("Z")
        #expect(desk.text.contains("nothing is drawn yet"))
    }

    @Test func `TM-238: panels in a small window say less in whole words`() throws {
        var desk = try Desk(columns: 20, rows: 5)
        desk.hear(.peer(peer("bob", 1)))
        desk.wait(.seconds(9))
        desk.type("P")
        #expect(desk.terminal.lines[1] == "│ you              │", "\(desk.text)")
        #expect(desk.terminal.lines[2] == "│ ★  bob  joined   │", "\(desk.text)")
        desk.escape()
        desk.type("?")
        #expect(desk.terminal.lines[3] == "└─ arrows choose ──┘")
        desk.escape()
        // Thin and thick are not told apart by their first letters.
        desk.type("w")
        #expect(desk.terminal.lines[4] == " width: 1 2 3 4")
        desk.escape()
        desk.type("c")
        #expect(desk.terminal.lines[4] == " 0own 1b2v3y4s5p6o7g")
        desk.type("0")
        desk.type("B")
        #expect(desk.terminal.lines[4] == "0none 1b2v3y4s5p6o7g")
        var wide = try Desk(columns: 40, rows: 12)
        wide.type("T")
        #expect(wide.text.contains("nothing was said yet: / says") && wide.text.contains("│ something"), "\(wide.text)")
    }

    @Test func `TM-238: an invitation in a small window says how far it reaches where there is a row for it`() throws {
        let invitation = Invitation(
            link: "inkwire:" + String(repeating: "x", count: 140), command: "inkwire join", reach: "It works on this machine only.")
        for (rows, isSaid) in [(12, true), (9, true), (6, false)] {
            var desk = try Desk(columns: 40, rows: rows)
            desk.show(board: BoardContent(name: "plan", me: .zero, shapes: [], invitation: invitation))
            desk.type("i")
            #expect(desk.terminal.lines.contains("It works on this machine only.") == isSaid, "\(desk.text)")
            #expect(desk.text.filter { $0 == "x" }.count >= 140 && desk.text.contains("c copies"), "\(desk.text)")
        }
    }

    @Test func `TM-164, TM-165: what is found stays where it is if all of it is in sight`() throws {
        var desk = try Desk()
        for (row, text) in [(2, "alpha one"), (18, "alpha two"), (60, "alpha three")] {
            desk.elsewhere(.draw(ShapeDraft(kind: .text, position: middle(4, row), text: text)))
        }
        desk.type("v")
        let before = desk.terminal.lines.prefix(20)
        desk.bytes([6])
        for letter in "alpha" { desk.type(String(letter)) }
        desk.type("\r")
        #expect(desk.terminal.lines[23].hasSuffix("2 of 3") && desk.terminal.lines.prefix(20) == before, "\(desk.text)")
        desk.type("\r")
        #expect(desk.terminal.lines[9...13].contains { $0.contains("alpha three") }, "\(desk.text)")
    }

    @Test func `TM-239: a window that becomes larger at the end of the plane stays within it`() throws {
        // The next resize, even to the same size, moved what was seen.
        var desk = try Desk()
        let corner = Point(x: Limits.coordinate - 200, y: Limits.coordinate - 200)
        desk.elsewhere(.draw(ShapeDraft(kind: .text, position: corner, text: "end")))
        desk.type("v")
        desk.type("f")
        #expect(desk.text.contains("end"))
        desk.resize(columns: 120, rows: 40)
        desk.type("r")
        let before = desk.terminal.lines
        desk.resize(columns: 120, rows: 40)
        #expect(desk.terminal.lines == before && desk.text.contains("end"), "\(desk.text)")
    }

    private func peer(_ name: String, _ seed: UInt64) -> PeerStatus {
        var random = SplitMix64(seed: seed)
        return PeerStatus(
            peer: PeerID(using: &random), author: AuthorID(using: &random), name: name, state: .joined, path: .direct,
            roundTrip: .milliseconds(3))
    }
}

extension Desk {
    /// Runs what is typed in the palette, of what lies on top.
    fileprivate mutating func restyle(_ line: String) {
        type("v]:")
        for letter in line { type(String(letter)) }
        type("\r")
    }
}

extension String {
    fileprivate var trimmingSpaces: String { split(separator: " ").joined(separator: " ") }
}
