import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// What becomes of typed text: with others at the same shape, in one piece, and with a disk that is full.
@Suite struct TypingTests {
    @Test func `TM-27: a text that was opened and left is as others wrote it meanwhile`() throws {
        var desk = try Desk()
        desk.type("t")
        desk.click(10, 5)
        desk.type("mine")
        desk.escape()
        desk.type("]\r")
        desk.write("theirs", into: 0)
        #expect(desk.terminal.contains("theirs"))
        desk.escape()
        #expect(desk.standing.map(\.text) == ["theirs"])
        // The same after something was typed and saved.
        desk.type("\r!")
        desk.wait(.seconds(3))
        #expect(desk.standing.map(\.text) == ["theirs!"])
        desk.write("theirs again", into: 0)
        desk.escape()
        #expect(desk.standing.map(\.text) == ["theirs again"])
        // What was typed and not saved is written, beside what others wrote.
        desk.type("\r?")
        desk.write("kept", into: 0)
        #expect(desk.terminal.contains("kept?"))
        desk.escape()
        #expect(desk.standing.map(\.text) == ["kept?"])
    }

    @Test func `TM-81: a window that becomes small keeps what keys are about in sight`() throws {
        var desk = try Desk()
        desk.type("t")
        desk.click(50, 18)
        desk.type("words")
        desk.resize(columns: 20, rows: 6)
        #expect(desk.terminal.contains("words") && desk.terminal.isCursorShown && desk.terminal.cursor.row < 5)
        desk.escape()
        desk.resize(columns: 80, rows: 24)
        desk.type("r\r")
        desk.arrows("C", 30)
        desk.arrows("B", 6)
        desk.resize(columns: 30, rows: 8)
        #expect(desk.terminal.contains("┘"))
        // Who looks elsewhere goes on looking there.
        desk.bytes(Array(String(repeating: "\u{1B}[<65;5;5M", count: 9).utf8))
        #expect(!desk.terminal.contains("┘"))
        desk.resize(columns: 31, rows: 8)
        #expect(!desk.terminal.contains("┘"))
    }

    @Test func `SE-53, SE-55: two who type in one text see each other's words as they come, and both stand at the end`() throws {
        for delay in [Duration.zero, .milliseconds(300)] {
            var desk = try Desk()
            desk.type("t")
            desk.click(10, 5)
            desk.type("base")
            desk.escape()
            let bob = desk.join("bob", delay: delay)
            let id = try #require(desk.session?.shapes[0].id)
            desk.type("]\r XY")
            desk.act(.type(id, from: "base", to: "base uvw", continues: false), by: bob, then: .milliseconds(500))
            desk.type("2")
            desk.wait(.seconds(9))
            desk.type("3")
            desk.escape()
            desk.wait(.seconds(12))
            let text = try #require(desk.standing.first?.text)
            #expect(desk.standing.count == 1 && text.contains("base") && text.contains(" uvw"), "\(text)")
            #expect(text.filter { "XY23".contains($0) } == "XY23", "\(text)")
            #expect(desk.terminal.contains(" uvw"))
        }
    }

    @Test func `SE-301: of two who write in one open text each sees one sentence`() throws {
        var desk = try Desk(columns: 100)
        desk.type("t")
        desk.click(10, 5)
        desk.type("base")
        desk.escape()
        let bob = desk.join("bob")
        let id = try #require(desk.session?.shapes[0].id)
        desk.type("]\r mine")
        desk.act(.type(id, from: "base", to: "base theirs", continues: false), by: bob, then: .milliseconds(500))
        #expect(desk.terminal.contains("theirs") && !desk.text.contains("in the same text"))
        desk.wait(.seconds(2))
        #expect(desk.text.contains("wrote in the same text: the words of both are kept"))
        desk.wait(.seconds(5))
        // Nothing of hers is off the board: what he adds is no merge.
        desk.act(.type(id, from: "base theirs mine", to: "base theirs mine on", continues: true), by: bob, then: .seconds(3))
        #expect(!desk.text.contains("in the same text"))
        desk.escape()
        #expect(desk.standing.count == 1)
    }

    @Test func `TM-335: text that comes in one read is one change, whatever its length`() throws {
        var desk = try Desk()
        desk.type("t")
        desk.click(2, 2)
        let text = (0..<300).map { "line \($0) é漢" }.joined(separator: "\r")
        desk.bytes(Array(text.utf8))
        #expect(desk.intents.count { if case .update = $0 { true } else { false } } == 1)
        desk.escape()
        #expect(desk.standing.map(\.text) == [text.replacing("\r", with: "\n")])
        // What does not fit is left out, and said.
        desk.type("t")
        desk.click(2, 2)
        desk.bytes(Array(repeating: UInt8(ascii: "x"), count: 20_000))
        #expect(desk.text.contains("at most 16 KiB"))
        desk.escape()
        #expect(desk.standing.last?.text.utf8.count == Limits.textBytes)
    }

    @Test func `TM-28: what a full disk refuses stays in sight and is asked for until it is taken`() throws {
        var desk = try Desk(columns: 100)
        desk.type("t")
        desk.click(50, 3)
        desk.type("old")
        desk.escape()
        desk.disk(refuses: "cannot write /a/very/long/path/board.sqlite: database or disk is full")
        // The first is taken, for nobody knows of the disk yet, and stands unsaved.
        desk.type("p")
        desk.drag([(40, 5), (44, 7)])
        #expect(desk.standing.count == 2)
        desk.drag([(10, 5), (14, 7)])
        #expect(desk.text.contains("the disk refuses to save: database or disk is full - cannot write"))
        desk.type("t")
        desk.click(20, 10)
        desk.type("half a sentence")
        desk.escape()
        desk.type("v")
        desk.click(50, 3)
        desk.type("\r!")
        desk.escape()
        desk.wait(.seconds(30))
        #expect(desk.standing.map(\.text) == ["old", ""])
        #expect(desk.terminal.contains("half a sentence") && desk.terminal.contains("old!") && desk.text.contains("NOT SAVED YET"))
        #expect(desk.terminal.lines[5].prefix(15).unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
        #expect(desk.app.refusedCount == 3)
        desk.disk(refuses: nil)
        desk.wait(.seconds(3))
        #expect(Set(desk.standing.map(\.text)) == ["old!", "", "half a sentence"] && desk.standing.count == 4)
        #expect(desk.app.refusedCount == 0 && !desk.text.contains("NOT SAVED YET"))
    }

    @Test func `TM-20, TM-28: a text that the disk refused at a pause is not forgotten when it is finished`() throws {
        for finishesEarly in [true, false] {
            var desk = try Desk()
            desk.type("t")
            desk.click(50, 3)
            desk.type("old")
            desk.escape()
            desk.type("]\r new")
            desk.disk(refuses: "full")
            desk.isSlow = finishesEarly
            desk.wait(.milliseconds(2100))
            desk.escape()
            desk.answer()
            desk.isSlow = false
            desk.wait(.seconds(3))
            desk.answer()
            desk.disk(refuses: nil)
            desk.wait(.seconds(3))
            #expect(desk.standing.map(\.text) == ["old new"], "\(finishesEarly)")
        }
    }

    @Test func `TM-28: more than 64 drafts do not wait for the disk`() throws {
        var desk = try Desk()
        desk.disk(refuses: "full")
        for index in 0..<70 { desk.drag([(5, 1 + index % 18), (9, 1 + index % 18)]) }
        #expect(desk.app.refusedCount == 64)
    }

    @Test func `TM-29: a text of white space alone is no shape`() throws {
        var desk = try Desk()
        desk.type("t")
        desk.click(10, 5)
        desk.type("  ")
        desk.wait(.seconds(11))
        desk.escape()
        desk.bytes(Array("\u{1B}[200~  \n \u{1B}[201~".utf8))
        #expect(desk.standing.isEmpty && !desk.isGestureLive)
        // Nor one of which a part was on the board already, whether that is known or not.
        for isSlow in [false, true] {
            desk.type("t")
            desk.click(10, 5)
            desk.type("ab")
            desk.isSlow = isSlow
            desk.wait(.milliseconds(2100))
            desk.bytes([0x7F, 0x7F])
            desk.escape()
            desk.isSlow = false
            desk.answer()
            desk.wait(.milliseconds(100))
            #expect(desk.standing.isEmpty, "\(isSlow)")
        }
    }

    @Test func `TM-10: the view follows the caret`() throws {
        var desk = try Desk(columns: 40, rows: 12)
        desk.type("t")
        desk.click(30, 8)
        desk.type("a long line that leaves the screen")
        #expect(desk.terminal.contains("leaves the screen"))
        desk.type("\r2\r3\r4\r5")
        #expect(desk.terminal.isCursorShown && desk.terminal.lines[desk.terminal.cursor.row].contains("5"))
    }

    @Test func `TM-30: notices stay off the caret, and Ctrl+C is told by what quits`() throws {
        var desk = try Desk()
        desk.bytes([3])
        #expect(desk.text.contains("Ctrl+C again or q quits"))
        desk.wait(.seconds(5))
        desk.type("t")
        desk.click(70, 21)
        desk.type("wor")
        desk.bytes([3])
        #expect(desk.text.contains("Ctrl+C again quits") && !desk.text.contains("or q quits"))
        desk.type("d")
        #expect(desk.terminal.lines[21].contains("word"))
        #expect(!desk.terminal.lines[desk.terminal.cursor.row].contains("Ctrl+C"))
    }
}
