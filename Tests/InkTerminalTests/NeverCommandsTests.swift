import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// What was not typed is no command, and what is typed goes where the person looks.
@Suite struct NeverCommandsTests {
    @Test func `TM-51: a mouse report torn after its Escape picks no tool and switches nothing`() throws {
        for report in ["[<35;31;11M", "[<0;31;11m", "[<64;31;11M"] {
            var desk = try Desk()
            desk.type("p")
            desk.escape()
            desk.wait(.milliseconds(40))
            desk.bytes(Array(report.utf8))
            #expect(desk.text.contains("SELECT") && !desk.text.contains("mouse off:"), "\(report)")
        }
        // An arrow, in a text that is typed: at worst the text is ended, and nothing is duplicated.
        var desk = try Desk()
        desk.type("t")
        desk.click(50, 12)
        desk.type("abc")
        desk.escape()
        desk.wait(.milliseconds(40))
        desk.bytes(Array("[D".utf8))
        desk.wait(.seconds(1))
        #expect(desk.standing.map(\.text) == ["abc"])
        // A release that was torn ends its drag.
        desk.type("p")
        desk.press(5, 5)
        desk.move(9, 6, button: 32)
        desk.bytes(Array("\u{1B}[<0;1".utf8))
        desk.wait(.milliseconds(900))
        desk.bytes(Array("0;7m".utf8))
        #expect(desk.standing.count == 2 && !desk.isGestureLive)
    }

    @Test func `TM-50: the side buttons of a mouse draw nothing`() throws {
        var desk = try Desk()
        desk.type("p")
        desk.press(9, 4, button: 128)
        desk.move(14, 5, button: 160)
        desk.release(14, 5, button: 128)
        #expect(desk.standing.isEmpty && !desk.isGestureLive)
        // Nor do they end what another button draws.
        desk.press(9, 4)
        desk.move(14, 5, button: 32)
        desk.press(14, 5, button: 129)
        desk.release(14, 5, button: 129)
        #expect(desk.isGestureLive)
        desk.release(14, 5)
        #expect(desk.standing.map(\.points.count) == [2])
    }

    @Test func `TM-54: a function key of the Linux console neither duplicates nor types`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 5), (20, 9)])
        desk.type("]")
        for letter in ["B", "C", "D", "E"] { desk.bytes(Array("\u{1B}[[\(letter)".utf8)) }
        #expect(desk.standing.count == 1 && desk.text.contains("MOVE"))
        desk.type("\rab")
        for letter in ["A", "B", "C", "D", "E"] { desk.bytes(Array("\u{1B}[[\(letter)".utf8)) }
        desk.escape()
        #expect(desk.standing.map(\.text) == ["ab"])
        desk.bytes(Array("\u{1B}[[A".utf8))
        #expect(desk.text.contains("drag draws"))
    }

    @Test func `TM-345: a paste that stalls becomes one text, whatever letters follow`() throws {
        var desk = try Desk()
        desk.bytes(Array("\u{1B}[200~first part ".utf8))
        desk.wait(.milliseconds(2600))
        #expect(desk.terminal.contains("first part") && desk.text.contains("Esc ends it"))
        desk.bytes(Array("xDnq ".utf8))
        desk.wait(.seconds(30))
        desk.bytes(Array("\rend q\u{1B}[201~".utf8))
        #expect(desk.standing.map(\.text) == ["first part xDnq \nend q"] && desk.effects == [] && !desk.isGestureLive)
        // The keyboard is the board's again.
        desk.wait(.milliseconds(100))
        desk.type("r")
        #expect(desk.text.contains("RECT"))
    }

    @Test func `TM-343: a paste whose end never comes is ended by Escape, the mouse or Ctrl+C, and kept`() throws {
        for ending in ["\u{1B}", "\u{1B}[<35;60;20M", "\u{3}"] {
            var desk = try Desk()
            desk.bytes(Array("\u{1B}[200~half".utf8))
            desk.wait(.milliseconds(2600))
            desk.type("q")
            desk.bytes(Array(ending.utf8))
            desk.wait(.milliseconds(100))
            #expect(desk.standing.map(\.text) == ["halfq"] && desk.effects == [], "\(ending.debugDescription)")
            desk.type("q")
            #expect(desk.effects == [.quit], "\(ending.debugDescription)")
        }
    }

    @Test func `TM-52: a stalled paste goes on where it began: in a text, in a message, in a prompt`() throws {
        var desk = try Desk()
        desk.type("t")
        desk.click(10, 5)
        desk.type("a ")
        desk.bytes(Array("\u{1B}[200~b ".utf8))
        desk.wait(.milliseconds(2600))
        desk.bytes(Array("q\rx\u{1B}[201~".utf8))
        desk.type("c")
        desk.escape()
        #expect(desk.standing.map(\.text) == ["a b q\nxc"])
        desk.type("/")
        desk.bytes(Array("\u{1B}[200~one ".utf8))
        desk.wait(.milliseconds(2600))
        desk.bytes(Array("two\rq\r\u{1B}[201~".utf8))
        #expect(desk.effects == [] && !desk.intents.contains { if case .say = $0 { true } else { false } })
        desk.wait(.milliseconds(100))
        desk.type("\r")
        #expect(desk.intents.last == .say("one two q"))
        var start = Desk(start: StartContent(personName: "ana"))
        start.type("j")
        start.bytes(Array("\u{1B}[200~inkwire:".utf8))
        start.wait(.milliseconds(2600))
        start.bytes(Array("abc\r\u{1B}[201~".utf8))
        #expect(start.effects == [])
        start.type("\r")
        #expect(start.effects == [.join(link: "inkwire:abc")])
    }

    @Test func `TM-76: of a paste that stalls what does not fit is left out to its end, and that is said`() throws {
        // Of each, the second part is longer than the room that is left, and the third is not.
        let parts = [String(repeating: "one two ", count: 1500), String(repeating: "板 ", count: 1500), "END"]
        let whole = parts.joined()
        var edit = try Desk()
        edit.type("t")
        edit.click(10, 5)
        var board = try Desk()
        for desk in [edit, board] {
            var desk = desk
            desk.bytes(Array("\u{1B}[200~".utf8) + Array(parts[0].utf8))
            desk.wait(.milliseconds(2600))
            desk.bytes(Array(parts[1].utf8))
            desk.wait(.milliseconds(100))
            #expect(desk.terminal.contains("16 KiB") && desk.terminal.contains("left out"))
            desk.bytes(Array((parts[2] + "\u{1B}[201~").utf8))
            desk.wait(.milliseconds(100))
            desk.escape()
            let text = desk.standing.first?.text ?? ""
            #expect(desk.standing.count == 1 && whole.hasPrefix(text) && text.utf8.count > Limits.textBytes - 4, "\(text.suffix(20))")
            // The next paste is another.
            desk.bytes(Array("\u{1B}[200~next\u{1B}[201~".utf8))
            #expect(desk.standing.last?.text == "next")
        }
        board.type("/")
        let line = [
            String(repeating: "one two ", count: Limits.chatBytes / 10), String(repeating: "板 ", count: Limits.chatBytes / 8), "END",
        ]
        board.bytes(Array("\u{1B}[200~".utf8) + Array(line[0].utf8))
        board.wait(.milliseconds(2600))
        board.bytes(Array(line[1].utf8))
        board.wait(.milliseconds(100))
        #expect(board.terminal.contains("a message holds"))
        board.bytes(Array((line[2] + "\u{1B}[201~").utf8))
        board.wait(.milliseconds(100))
        board.type("\r")
        guard case .say(let said)? = board.intents.last else { return #expect(Bool(false), "nothing was said") }
        #expect(line.joined().hasPrefix(said) && said.utf8.count > Limits.chatBytes - 4, "\(said.suffix(20))")
    }

    @Test func `TM-76: a text without marks that comes in several reads has no hole either`() throws {
        var edit = try Desk()
        edit.type("t")
        edit.click(10, 5)
        let parts = [String(repeating: "abcdefg", count: 2340), String(repeating: "板", count: 50), "xyz"]
        for part in parts { edit.bytes(Array(part.utf8)) }
        edit.wait(.milliseconds(100))
        edit.escape()
        let text = edit.standing.first?.text ?? ""
        #expect(parts.joined().hasPrefix(text) && !text.contains("x") && text.contains("板"), "\(text.suffix(20))")
        // What is too long for the board leaves no end of it there.
        var board = try Desk()
        board.bytes(Array(String(repeating: "abcdefg", count: 3000).utf8))
        board.bytes(Array("the end".utf8))
        #expect(board.standing.isEmpty && board.terminal.contains("left out"))
    }

    @Test func `TM-53, TM-346: lines in one piece are never run: not on the board, in a message, at a sheet or in a prompt`() throws {
        let piece = Array("line one\rline two\rq\r".utf8)
        var board = try Desk()
        board.bytes(piece)
        #expect(board.effects == [] && board.standing.map(\.kind) == [.text])
        #expect(board.standing.map(\.text) == ["line one\nline two\nq\n"])
        var chat = try Desk()
        chat.type("/")
        chat.bytes(piece)
        #expect(chat.effects == [] && chat.standing.isEmpty && !chat.intents.contains { if case .say = $0 { true } else { false } })
        #expect(chat.terminal.lines[23].contains("line one line two q"))
        chat.wait(.milliseconds(100))
        chat.type("\r")
        #expect(chat.intents.last == .say("line one line two q"))
        // What else comes of them is another word, and no command.
        chat.wait(.milliseconds(200))
        chat.type("/")
        chat.bytes(Array("one\rtwo\rthree\r".utf8))
        chat.bytes(Array("q".utf8))
        chat.wait(.milliseconds(200))
        chat.type("s\r")
        #expect(chat.intents.last == .say("one two three qs") && chat.effects == [])
        // One line and Enter is what a hand types that is ahead of its line.
        chat.type("/")
        chat.bytes(Array("hello bob\r".utf8))
        #expect(chat.intents.last == .say("hello bob"))
        for key in ["i", "P", "c", "w", "B"] {
            var desk = try Desk()
            desk.type(key)
            desk.bytes(piece)
            #expect(desk.deeds == [] && desk.standing.isEmpty && desk.text.contains("Esc closes it"), "\(key)")
        }
        for key in ["?", ":"] {
            var desk = try Desk()
            desk.type(key)
            desk.bytes(piece)
            #expect(desk.effects == [] && desk.standing.isEmpty && desk.terminal.lines[23].hasSuffix("line one line two q"), "\(key)")
        }
        var drag = try Desk()
        drag.press(10, 5)
        drag.move(14, 7, button: 32)
        drag.bytes(piece)
        drag.release(14, 7)
        #expect(drag.effects == [] && drag.standing.map(\.kind).sorted { "\($0)" < "\($1)" } == [.freehand, .text])
        var start = Desk(start: StartContent(personName: "ana", recents: [.init(name: "plan", detail: "")]))
        start.bytes(Array("1 is mine\rq\r".utf8))
        #expect(start.effects == [])
        start.escape()
        start.type("n")
        start.bytes(Array("my plan\rq\r".utf8))
        #expect(start.effects == [] && start.text.contains("my plan q"))
        start.wait(.milliseconds(100))
        start.type("\r")
        #expect(start.effects == [.newBoard(name: "my plan q")])
    }

    @Test func `TM-80: a few letters that come with a q do not end the program`() throws {
        let arrows = String(repeating: "\u{1B}[A", count: 130)
        for piece in ["=====\rq\r", "lsq", "\tq", "q\r", "]]q", "l\(arrows)q", "some words\u{1B}[Aq"] {
            var desk = try Desk()
            desk.type("r")
            desk.drag([(10, 5), (20, 9)])
            // Right after a draw they were its label.
            desk.escape()
            desk.bytes(Array(piece.utf8))
            #expect(desk.effects == [] && desk.text.contains("q quits"), "\(piece.debugDescription)")
            // Who means it says so once more.
            desk.wait(.milliseconds(100))
            desk.type("q")
            #expect(desk.effects == [.quit], "\(piece.debugDescription)")
        }
        var start = Desk(start: StartContent(personName: "ana"))
        start.bytes(Array("==q\r".utf8))
        #expect(start.effects == [] && start.text.contains("q quits"))
        start.type("q")
        #expect(start.effects == [.quit])
        // An impatient hand, and one whose motion of the mouse came with the key.
        for piece in ["qq", "\u{1B}[<35;3;3Mq"] {
            var desk = try Desk()
            desk.bytes(Array(piece.utf8))
            #expect(desk.effects.contains(.quit), "\(piece.debugDescription)")
        }
    }

    @Test func `TM-53: who writes in a shape and is ahead of the line wrote in it`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 5), (30, 9)])
        desk.type("]")
        desk.bytes(Array("\rcache".utf8))
        desk.escape()
        #expect(desk.standing.map(\.text) == ["cache"])
    }

    @Test(arguments: ["?", ":", "i", "P", "c", "w", "B", "/"])
    func `TM-55, TM-347: no key falls through a sheet`(opener: String) throws {
        // Every key that does something on a board, but for those of the sheet itself.
        let keys = "x" + "group" + "uUDQ][mzfwBYM'vhrdoalptne \u{1}\u{1A}\u{19}\u{4}\u{7F}\t"
        for scalar in keys.unicodeScalars where opener != "/" || scalar.value < 0x20 || scalar == "\u{7F}" {
            var desk = try Desk()
            desk.type("r")
            desk.drag([(10, 5), (20, 9)])
            desk.type("]")
            let board = desk.standing
            // The key that opened it closes it.
            guard scalar != opener.unicodeScalars.first else { continue }
            desk.type(opener + String(Character(scalar)))
            #expect(desk.standing == board && desk.deeds == [], "\(opener) \(scalar.debugDescription)")
            // The sheet is there still, and takes the next.
            desk.type("x")
            #expect(desk.standing == board, "\(opener) \(scalar.debugDescription)")
            let isCopied = String(decoding: desk.bytes, as: UTF8.self).contains("]52;")
            #expect(!isCopied && !desk.text.contains("mouse off:"), "\(opener) \(scalar.debugDescription)")
            desk.escape()
            #expect(desk.text.contains("MOVE"), "\(opener) \(scalar.debugDescription): \(desk.text)")
        }
        // Sequences, too.
        if opener != "/" {
            var desk = try Desk()
            desk.type("r")
            desk.drag([(10, 5), (20, 9)])
            desk.type("]" + opener)
            for sequence in ["[3~", "[A", "[B", "[1;2C", "[D", "[5~", "[6~", "[H", "[F", "[Z", "OQ"] {
                desk.bytes(Array("\u{1B}\(sequence)".utf8))
            }
            desk.bytes(Array("\u{1B}c".utf8))
            desk.wait(.seconds(1))
            #expect(desk.standing.map(\.position) == [middle(10, 5)])
            desk.press(12, 5, button: 2)
            desk.release(12, 5, button: 2)
            desk.escape()
            #expect(desk.text.contains("MOVE") && desk.standing.count == 1)
            // Nothing was pulled out of sight; the invitation stood over it.
            desk.escape()
            #expect(desk.place(of: "┌") != nil, "\(desk.text)")
        }
    }

    @Test func `TM-56: one click never quits, nor do two`() throws {
        for columns in [80, 120, 160] {
            var desk = try Desk(columns: columns)
            for _ in 0..<3 { try desk.click(on: "q quit") }
            #expect(desk.effects == [] && desk.text.contains("q quits"), "\(columns)")
            desk.type("q")
            #expect(desk.effects == [.quit], "\(columns)")
        }
        // Wherever it falls, on whatever is open.
        for opener in ["", "?", "c", "/", "]", "]z", "]\r"] {
            var desk = try Desk(columns: 60, rows: 14)
            desk.type("r")
            desk.drag([(10, 3), (20, 7)])
            desk.type(opener)
            for row in 0..<14 { for column in stride(from: 1, to: 60, by: 4) { desk.click(column, row) } }
            #expect(!desk.effects.contains(.quit), "\(opener.debugDescription)")
        }
        var start = Desk(columns: 80, rows: 24, start: StartContent(personName: "ana"))
        for row in 0..<24 { for column in stride(from: 1, to: 80, by: 4) { start.click(column, row) } }
        #expect(!start.effects.contains(.quit))
    }
}
