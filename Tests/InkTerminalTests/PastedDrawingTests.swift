import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Drawings of text that are pasted, and files that are drawn.
@Suite struct PastedDrawingTests {
    private static let text = """
        +-----+     +-----+
        | one |---->| two |
        +-----+     +-----+
        """

    private static func paste(_ text: String, into desk: inout Desk) { desk.bytes(Array("\u{1B}[200~\(text)\u{1B}[201~".utf8)) }

    @Test(arguments: [(120, 40), (80, 24)])
    func `TM-250, TM-411: a text that draws boxes becomes them where the pointer is, in one step`(columns: Int, rows: Int) throws {
        var desk = try Desk(columns: columns, rows: rows)
        desk.move(40, 12)
        Self.paste(Self.text, into: &desk)
        #expect(desk.standing.map(\.kind) == [.rectangle, .rectangle, .arrow])
        #expect(
            desk.standing.map(\.text) == ["one", "two", ""] && desk.standing[2].startBinding != nil && desk.standing[2].endBinding != nil)
        // The middle of 19 columns and 3 rows lies in the cell of the mouse.
        let place = try #require(desk.place(of: "┌"))
        #expect(place == (31, 11), "\(place)")
        let told = desk.terminal.lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(told.contains("2 boxes, 1 arrow pasted: u takes it back, :paste-text makes it text"), "\(desk.text)")
        // It is selected: what is done next is done to it.
        desk.type("j")
        desk.wait(.seconds(1))
        #expect(desk.place(of: "┌")?.row == 12)
        desk.type("uu")
        #expect(desk.standing.isEmpty)
    }

    @Test func `TM-250: without a pointer its middle is that of the view`() throws {
        var desk = try Desk()
        Self.paste(Self.text, into: &desk)
        let (left, right) = (try #require(desk.place(of: "┌")), try #require(desk.place(of: "│ two │")))
        #expect((38...42).contains((left.column + right.column + 7) / 2) && (9...12).contains(left.row + 1), "\(desk.text)")
    }

    @Test func `TM-412: all else that is pasted stays a text, and so does a drawing with a tool that writes`() throws {
        for text in ["load-balancer | x -> y", "a\n├── b\n└── c", "- one\n- two\n", "if (a > b) { c -= d; } // --> e"] {
            var desk = try Desk()
            Self.paste(text, into: &desk)
            #expect(desk.standing.map(\.kind) == [.text] && desk.standing[0].text == text, "\(text)")
        }
        var desk = try Desk()
        desk.type("t")
        Self.paste(Self.text, into: &desk)
        #expect(desk.standing.map(\.kind) == [.text] && desk.standing[0].text == Self.text)
        // What writes goes on.
        var writing = try Desk()
        writing.type("t")
        writing.click(5, 5)
        Self.paste(Self.text, into: &writing)
        writing.escape()
        #expect(writing.standing.map(\.text) == [Self.text])
        // What is longer than a text is left out, as before.
        var long = try Desk()
        Self.paste(String(repeating: Self.text + "\n\n", count: 400), into: &long)
        #expect(long.standing.isEmpty && long.text.contains("the paste is left out"))
    }

    @Test func `TM-250: where the disk refuses it that is told, and nothing stands`() throws {
        var desk = try Desk()
        desk.isSlow = true
        Self.paste(Self.text, into: &desk)
        desk.refuse(.diskRefuses("no space"))
        #expect(desk.standing.isEmpty && desk.text.contains("no space") && !desk.text.contains("1 arrow pasted"), "\(desk.text)")
    }

    @Test func `TM-413: drawings that are pasted at once all become shapes, in their order`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        desk.isSlow = true
        let paste = "\u{1B}[200~\(Self.text)\u{1B}[201~"
        desk.bytes(Array((paste + paste + paste).utf8))
        for _ in 0..<3 { desk.answer() }
        #expect(desk.standing.map(\.kind) == (0..<3).flatMap { _ in [.rectangle, .rectangle, .arrow] as [ShapeKind] })
        desk.isSlow = false
        desk.type("uuu")
        #expect(desk.standing.isEmpty)
    }

    @Test func `TM-251, TM-414: it becomes a text after all, before and behind an undo, in one step`() throws {
        for undoes in [false, true] {
            var desk = try Desk()
            desk.move(40, 12)
            Self.paste(Self.text, into: &desk)
            if undoes { desk.type("u") }
            // As often as one likes.
            for _ in 0..<2 {
                desk.run("paste-text")
                #expect(desk.standing.map(\.kind) == [.text] && desk.standing[0].text == Self.text)
                #expect(try #require(desk.place(of: "+-----+     +-----+")) == (31, 11))
                desk.run("paste-text")
                #expect(desk.standing.count == 1 && desk.text.contains("it is a text: u makes shapes of it"), "\(desk.text)")
                desk.type("u")
                #expect(desk.standing.count == (undoes ? 0 : 3))
            }
        }
        // Another's shapes stay, and a slow board is waited for.
        var desk = try Desk()
        desk.run("paste-text")
        #expect(desk.text.contains("no drawing was pasted"))
        desk.box(at: 10)
        desk.escape()
        desk.isSlow = true
        Self.paste(Self.text, into: &desk)
        desk.run("paste-text")
        desk.isSlow = false
        desk.answer()
        #expect(desk.standing.map(\.kind) == [.rectangle, .text], "\(desk.standing.map(\.text))")
    }

    @Test func `TM-251: the text stands where the drawing is by then, as far as it is there`() throws {
        var desk = try Desk()
        desk.move(40, 12)
        Self.paste(Self.text, into: &desk)
        desk.type("jjj")
        desk.wait(.seconds(1))
        desk.run("paste-text")
        #expect(try #require(desk.place(of: "+-----+     +-----+")) == (31, 14))
        desk.type("u")
        // The left box is gone, and the right one stays where it is.
        if let left = desk.session?.shapes[0].id { desk.elsewhere(.delete([left])) }
        desk.run("paste-text")
        #expect(try #require(desk.place(of: "+-----+     +-----+")) == (31, 14))
    }

    @Test func `TM-414: what the disk refuses may be asked for again`() throws {
        var desk = try Desk()
        Self.paste(Self.text, into: &desk)
        desk.isSlow = true
        desk.run("paste-text")
        desk.refuse(.diskRefuses("no space"))
        desk.isSlow = false
        #expect(desk.standing.count == 3)
        desk.run("paste-text")
        #expect(desk.standing.map(\.kind) == [.text], "\(desk.text)")
    }

    @Test func `TM-252, TM-415: a file is drawn in the middle of the view, or where it says, and what is lost is told`() throws {
        for isPlaced in [true, false] {
            var drawing = try TextDiagram(Self.text).drawing
            drawing.lose("images", 2)
            var desk = try Desk(columns: 120)
            desk.run("import my plan.txt")
            #expect(desk.effects == [.importFile(path: "my plan.txt")])
            desk.tell(.imported(.read(path: "my plan.txt", drawing, isPlaced: isPlaced, losses: ["2 images left out"])))
            #expect(
                desk.standing.count == 3 && desk.text.contains("3 shapes added") && desk.text.contains("2 images left out"), "\(desk.text)")
            #expect((desk.standing[0].position == drawing.items[0].content.position) == isPlaced)
            // Selected, and one step.
            #expect(desk.terminal.lines[22].contains("x delete"), "\(desk.text)")
            desk.type("u")
            #expect(desk.standing.isEmpty)
        }
    }

    @Test func `TM-416: a text for git makes the board what it says, in one step`() throws {
        var desk = try Desk(columns: 120)
        desk.box(at: 10)
        desk.escape()
        let before = BoardText.text(of: desk.session?.shapes ?? [])
        desk.box(at: 30)
        desk.escape()
        desk.run("import plan.board")
        desk.tell(.imported(.whole(path: "plan.board", try BoardText.drawing(reading: Array(before.utf8)), losses: [])))
        #expect(
            desk.standing.count == 1 && desk.text.contains("1 shape deleted: the board is as plan.board says (u takes it back)"),
            "\(desk.text)")
        desk.run("import plan.board")
        desk.tell(.imported(.whole(path: "plan.board", try BoardText.drawing(reading: Array(before.utf8)), losses: [])))
        #expect(desk.text.contains("nothing changed"), "\(desk.text)")
        desk.type("u")
        #expect(desk.standing.count == 2)
    }

    @Test func `TM-416: a text for git waits for what was done before it, and says so where that takes long`() throws {
        var desk = try Desk(columns: 120)
        desk.box(at: 10)
        desk.escape()
        let before = try BoardText.drawing(reading: Array(BoardText.text(of: desk.session?.shapes ?? []).utf8))
        // A box that is on its way is deleted as well.
        desk.isSlow = true
        desk.box(at: 30)
        desk.escape()
        desk.run("import plan.board")
        desk.tell(.imported(.whole(path: "plan.board", before, losses: [])))
        for _ in 0..<4 { desk.answer() }
        #expect(desk.standing.count == 1 && desk.text.contains("1 shape deleted"), "\(desk.text)")
        // The same file twice at once adds what is new once.
        desk.isSlow = false
        desk.type("u")
        desk.deleteAll()
        desk.isSlow = true
        for _ in 0..<2 {
            desk.run("import plan.board")
            desk.tell(.imported(.whole(path: "plan.board", before, losses: [])))
        }
        for _ in 0..<4 { desk.answer() }
        #expect(desk.standing.count == 1, "\(desk.standing.count)")
        // A session that does not answer.
        desk.box(at: 50)
        desk.escape()
        desk.run("import plan.board")
        desk.tell(.imported(.whole(path: "plan.board", before, losses: [])))
        desk.wait(.seconds(6))
        #expect(desk.text.contains("not read: what was done before has no answer: plan.board"), "\(desk.text)")
        for _ in 0..<4 { desk.answer() }
        #expect(desk.standing.count == 2)
    }

    @Test func `TM-417: while a file is read that is said, the tool stays, and another drops it`() throws {
        let drawing = try TextDiagram(Self.text).drawing
        var desk = try Desk(columns: 120)
        desk.type("r")
        desk.run("import slow.txt")
        #expect(desk.text.contains("reading slow.txt"), "\(desk.text)")
        desk.run("import slow.txt")
        #expect(desk.text.contains("slow.txt is being read: :import of another file drops it"), "\(desk.text)")
        #expect(desk.effects == [.importFile(path: "slow.txt")])
        desk.run("import other.txt")
        #expect(desk.text.contains("reading other.txt; slow.txt is dropped"), "\(desk.text)")
        #expect(desk.effects.last == .importFile(path: "other.txt"))
        desk.tell(.imported(.read(path: "slow.txt", drawing, isPlaced: false, losses: [])))
        desk.tell(.imported(.failed(path: "slow.txt", why: "no")))
        #expect(desk.standing.isEmpty && !desk.text.contains("not read"))
        desk.tell(.imported(.failed(path: "other.txt", why: "no such file")))
        #expect(desk.text.contains("not read: no such file: other.txt"))
        // The box is still to be drawn.
        desk.drag([(5, 5), (20, 9)])
        #expect(desk.standing.map(\.kind) == [.rectangle])
        desk.escape()
        desk.run("import other.txt")
        desk.tell(.imported(.read(path: "other.txt", drawing, isPlaced: false, losses: [])))
        #expect(desk.standing.count == 4)
    }

    @Test func `TM-415: what is not read is told, and who does something else goes on`() throws {
        var desk = try Desk()
        desk.run("import x.json")
        desk.tell(.imported(.failed(path: "x.json", why: "line 2, column 5: this is no JSON")))
        #expect(desk.standing.isEmpty && desk.text.contains("not read: line 2, column 5: this is no JSON: x.json"))
        desk.run("import x.json")
        desk.tell(.imported(.read(path: "x.json", Drawing(), isPlaced: true, losses: [])))
        #expect(desk.text.contains("nothing to draw is in it: x.json"))
        // A name that would be more than letters on a terminal.
        desk.run("import y.json")
        desk.tell(.imported(.failed(path: "y.json", why: "\u{1B}]0;x\u{7}no")))
        #expect(!desk.bytes.contains(0x07) && desk.text.contains("no: y.json"))
        var writing = try Desk()
        writing.run("import x")
        writing.type("t")
        writing.click(5, 5)
        writing.type("he")
        writing.tell(.imported(.read(path: "x", try TextDiagram(Self.text).drawing, isPlaced: false, losses: [])))
        writing.type("y")
        writing.escape()
        #expect(writing.standing.count == 4 && writing.standing.contains { $0.text == "hey" })
        var leaving = try Desk()
        leaving.run("import x.txt")
        leaving.leave()
        leaving.tell(.imported(.read(path: "x.txt", try TextDiagram(Self.text).drawing, isPlaced: false, losses: [])))
        #expect(leaving.standing.isEmpty)
    }
}
