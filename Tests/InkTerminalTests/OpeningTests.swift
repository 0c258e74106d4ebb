import InkBoard
import InkPrimitives
import InkSession
import InkSimulator
import InkTerminal
import Testing

/// A board that is read from the disk while the terminal shows its first frame and takes keys.
@Suite struct OpeningTests {
    private func desk(shapes: Int? = nil, columns: Int = 80, rows: Int = 24, name: String = "plan") throws -> Desk {
        try Desk(columns: columns, rows: rows, opening: (name, BoardContent.Opening(shapeCount: shapes)))
    }

    @Test func `TM-181: the first frame says what is opened, how much it is if that is known, and how to leave`() throws {
        var desk = try desk(shapes: 50_000)
        #expect(desk.frames.count == 1)
        #expect(desk.text.contains("opening plan, 50000 shapes when it was left ...") && desk.text.contains("Esc goes back"))
        #expect(!desk.terminal.lines[23].contains("saved") && !desk.terminal.lines[23].contains("only you"), "\(desk.terminal.lines[23])")
        desk.type("r")
        #expect(desk.text.contains("what you type waits for it - Ctrl+C leaves") && !desk.text.contains("Esc goes back"))
        desk.arrive()
        #expect(!desk.text.contains("opening") && !desk.text.contains("Ctrl+C leaves"))
        #expect(try self.desk(name: "").text.contains("opening the board ..."))
        // A name of a newer program, or of another's making.
        #expect(try !self.desk(name: "a\u{1B}[2Jb").bytes.contains([0x1B, 0x5B, 0x32, 0x4A, 0x62]))
    }

    @Test(arguments: [(1, 1), (5, 2), (20, 5), (40, 12), (300, 80)])
    func `TM-181: it is drawn at any size`(columns: Int, rows: Int) throws {
        var desk = try desk(shapes: 3, columns: columns, rows: rows, name: String(repeating: "long ", count: 60))
        desk.type("r")
        desk.resize(columns: max(1, columns / 2), rows: rows)
        desk.arrive()
        #expect(desk.effects == [])
    }

    @Test func `TM-180: what is typed while it is opened is done once it is there, in order`() throws {
        var late = try desk()
        var prompt = try Desk()
        // A box by keys with its label, and what goes to it: letters, arrows, Enter, Escape.
        let reads = ["r", "\r", "\u{1B}[C", "\u{1B}[B", "\u{1B}[1;2C", "\r", "q", "u", "i", "t"]
        for read in reads {
            late.bytes(Array(read.utf8))
            prompt.bytes(Array(read.utf8))
        }
        late.escape()
        prompt.escape()
        #expect(late.intents == [] && late.effects == [] && late.standing == [])
        late.arrive()
        #expect(prompt.standing.map(\.text) == ["quit"] && late.effects == [])
        #expect(late.standing.map(\.text) == ["quit"] && late.standing.map(\.size) == prompt.standing.map(\.size))
    }

    @Test func `TM-180: a stroke, a paste in parts and the pointer wait alike`() throws {
        var desk = try desk()
        desk.drag([(10, 5), (14, 7), (20, 9)])
        desk.bytes(Array("\u{1B}[200~pasted ".utf8))
        desk.bytes(Array("words\u{1B}[201~".utf8))
        desk.move(30, 12)
        desk.move(33, 12)
        #expect(desk.intents == [])
        desk.arrive()
        #expect(desk.standing.map(\.kind) == [.freehand, .text] && desk.standing.last?.text == "pasted words")
        #expect(desk.intents.contains(.cursor(middle(33, 12))) && !desk.intents.contains(.cursor(middle(30, 12))))
    }

    @Test func `TM-382: who does not wait leaves at once, and a letter behind others is one`() throws {
        var quits = try desk()
        quits.type("q")
        #expect(quits.effects == [.quit])
        var back = try desk()
        back.escape()
        #expect(back.effects == [.goBack])
        for before in ["", "r", "words"] {
            var breaks = try desk()
            breaks.type(before)
            breaks.bytes([3])
            #expect(breaks.effects == [.quit], "\(before)")
        }
        // A pointer that passes is nothing that waits.
        var passing = try desk()
        passing.move(3, 3)
        passing.type("q")
        #expect(passing.effects == [.quit])
        // One read, as of a paste without marks.
        var pasted = try desk()
        pasted.bytes(Array("qr".utf8))
        #expect(pasted.effects == [])
        pasted.arrive()
        #expect(pasted.effects == [] && pasted.text.contains("q quits"))
    }

    @Test func `TM-247: what is typed behind a q that waits, and what waits when somebody leaves, is not done to the board`() throws {
        let box = ["r", "\r", "\u{1B}[C", "\u{1B}[B", "\r"]
        var quits = try desk()
        for read in ["v", "q"] + box { quits.bytes(Array(read.utf8)) }
        quits.arrive()
        #expect(quits.effects == [.quit] && quits.standing == [] && !quits.isGestureLive, "\(quits.intents)")
        var breaks = try desk()
        for read in box { breaks.bytes(Array(read.utf8)) }
        breaks.bytes([3])
        breaks.arrive()
        #expect(breaks.effects == [.quit] && breaks.standing == [] && !breaks.isGestureLive, "\(breaks.intents)")
        // Who leaves while it is read asks once more, and goes at once; Escape is too late for going back.
        var leaves = try desk()
        leaves.bytes([3])
        leaves.leave()
        leaves.escape()
        leaves.type("q")
        #expect(leaves.effects == [.quit, .quit])
    }

    @Test func `TM-181: keys that wait are told of still when the board is found and not read`() throws {
        var desk = try desk()
        desk.type("r")
        let words = try #require(desk.terminal.lines.first { $0.contains("wait") })
        desk.show(board: BoardContent(name: "plan", isReady: false, opening: .init()))
        #expect(desk.terminal.lines.contains(words), "\(desk.text)")
    }

    @Test func `TM-249: a paste of which a part could not wait ends, and nothing behind the hole is taken`() throws {
        for endsEarly in [true, false] {
            var desk = try desk()
            for _ in 0..<17 { desk.bytes(Array("\u{1B}[200~".utf8) + Array(repeating: 0x61, count: 60_000) + Array("\u{1B}[201~".utf8)) }
            desk.bytes(Array("\u{1B}[200~first ".utf8))
            // One that stalls is told as far as it came.
            desk.wait(.seconds(3))
            for _ in 0..<10 { desk.bytes(Array(repeating: 0x62, count: 60_000)) }
            let end = Array("tail\u{1B}[201~".utf8)
            if endsEarly { desk.bytes(end) }
            desk.arrive()
            if !endsEarly { desk.bytes(end) }
            desk.move(40, 10)
            desk.bytes(Array("\u{1B}[200~later\u{1B}[201~".utf8))
            desk.wait(.seconds(1))
            #expect(desk.standing.map(\.text).suffix(2) == ["first ", "later"], "\(desk.standing.map { $0.text.prefix(40) })")
        }
    }

    @Test func `TM-180: nobody fills the memory with what waits`() throws {
        var desk = try desk()
        for _ in 0..<40 { desk.bytes(Array("\u{1B}[200~".utf8) + Array(repeating: 0x61, count: 60_000) + Array("\u{1B}[201~".utf8)) }
        desk.type("e")
        desk.arrive()
        #expect(desk.text.contains("more was typed than could wait for the board") && desk.effects == [])
        // One that is larger than a text is refused in words, as later.
        #expect(desk.standing.count <= 17)
    }

    @Test func `TM-180: the paper that the terminal tells is known at once, and stays`() throws {
        var desk = try desk()
        desk.bytes(Array("\u{1B}]11;rgb:ffff/ffff/ffff\u{1B}\\".utf8))
        desk.bytes(Array("\u{1B}[C".utf8))
        desk.arrive()
        #expect(desk.effects == [])
    }

    @Test func `TM-383: a board that must come from others takes keys as soon as it is opened`() throws {
        var desk = try desk()
        desk.type("?")
        #expect(!desk.text.contains("Enter runs"))
        desk.show(board: BoardContent(name: "", isReady: false, isJoining: true))
        #expect(desk.text.contains("waiting for the board") || !desk.text.contains("opening"))
        desk.escape()
        desk.escape()
        #expect(desk.effects == [.goBack])
    }
}
