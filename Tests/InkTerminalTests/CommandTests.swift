import InkBoard
import InkPrimitives
import InkTerminal
import Testing

/// What can be asked of a board by name and by key.
@Suite struct CommandTests {
    @Test func `TM-160, TM-376: each command has a name and keys of its own, and its line in the help`() throws {
        let all = BoardCommand.allCases
        #expect(Set(all.map(\.name)).count == all.count)
        let keys = all.flatMap(\.keyWords)
        #expect(Set(keys).count == keys.count)
        var desk = try Desk(columns: 100, rows: 140)
        desk.type("?")
        let help = desk.terminal.lines.map { $0.split(separator: " ").joined(separator: " ") }
        for command in all {
            #expect(command.name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D }, "\(command)")
            let line = command.keyWords.joined(separator: " ") + " " + command.words
            #expect(help.contains { $0.contains(line) }, "\(line)")
        }
    }

    @Test(arguments: BoardCommand.allCases)
    func `TM-376: all keys of a command do the same`(command: BoardCommand) throws {
        var outcomes: [Outcome] = []
        for word in command.keyWords { outcomes.append(try Outcome(of: Self.bytes(of: word), command)) }
        for outcome in outcomes { #expect(outcome == outcomes.first, "\(command)") }
    }

    @Test func `TM-166: a key that does nothing says so, and why`() throws {
        let words = [
            ("I", "no command on I: ? keys"), ("\u{1B}[2~", "no command on Ins: ? keys"), ("\u{18}", "no command on Ctrl+X: ? keys"),
            ("\u{1B}x", "no command on Alt+X: ? keys"), ("й", "keys are Latin letters: switch the keyboard"),
            ("λ", "keys are Latin letters: switch the keyboard"), ("板", "keys are Latin letters"), ("é", "no command on é: ? keys"),
            ("x", "nothing is selected"), ("D", "nothing is selected"), ("m", "nothing is selected"), ("z", "nothing is selected"),
            ("'", "nobody else points at the board: P shows who is here"),
        ]
        for (key, sentence) in words {
            var desk = try Desk()
            desk.box(at: 10)
            desk.escape()
            desk.wait(.seconds(5))
            desk.bytes(Array(key.utf8))
            desk.wait(.milliseconds(100))
            #expect(desk.text.contains(sentence) && desk.standing.count == 1 && desk.effects == [], "\(key.debugDescription): \(desk.text)")
        }
    }

    @Test func `TM-166: a letter of another alphabet is told on sheets and on the start screen, and is a letter where one types`() throws {
        for opener in ["c", "?", "P", "i", "N"] {
            var desk = try Desk(columns: 100)
            desk.type(opener + "й")
            #expect(desk.text.contains("keys are Latin letters") == (opener != "?"), "\(opener): \(desk.text)")
        }
        for bytes in ["\u{1B}й", "й"] {
            var desk = try Desk(columns: 100)
            desk.bytes(Array(bytes.utf8))
            desk.wait(.milliseconds(100))
            #expect(desk.text.contains("keys are Latin letters"), "\(bytes.debugDescription)")
        }
        var start = Desk(start: StartContent(personName: "ana"))
        start.type("т")
        #expect(start.text.contains("Keys are Latin letters: switch the keyboard.") && start.effects == [])
        start.type("nпланq")
        #expect(start.text.contains("Name of the board: планq"))
    }

    @Test func `TM-172: what is begun is on the board before the program stops`() throws {
        var desk = try Desk()
        desk.type("p\r")
        desk.arrows("C", 6)
        #expect(desk.isGestureLive && desk.standing.isEmpty)
        desk.run("suspend")
        #expect(desk.effects == [.suspend] && desk.standing.map(\.kind) == [.freehand] && !desk.isGestureLive)
    }

    @Test(arguments: BoardCommand.allCases)
    func `TM-160, TM-161, TM-376: a command does the same by its name as by its key`(command: BoardCommand) throws {
        let named = try Outcome(of: Array(":\(command.name)\r".utf8), command)
        #expect(!named.lines[79].hasPrefix(":\(command.name)") || command.takesArgument, "\(command): \(named.lines[79])")
        if let key = command.keyWords.first { #expect(try named == Outcome(of: Self.bytes(of: key), command), "\(command)") }
    }

    /// What keys have done to a board on which something is selected, and something can be done again.
    private struct Outcome: Equatable {
        var standing: [ShapeDraft]
        var lines: [String]
        var effects: Int

        init(of bytes: [UInt8], _ command: BoardCommand) throws {
            var desk = try Desk(columns: 100, rows: 80)
            for column in [10, 30, 50] {
                desk.type("r")
                desk.drag([(column, 5), (column + 10, 9)])
            }
            desk.bytes([0x1A])
            desk.type("]]")
            // While something is selected, these keys move it, and digits count.
            let isSteering = command.keyWords.contains { $0.first?.isNumber == true } || [.line, .hand, .shapes, .laser].contains(command)
            if isSteering { desk.escape() }
            desk.wait(.seconds(5))
            // A sequence is one key; letters are typed one by one.
            if bytes.first == 0x1B { desk.bytes(bytes) } else { for byte in bytes { desk.bytes([byte]) } }
            desk.wait(.milliseconds(100))
            (standing, lines, effects) = (desk.standing, desk.terminal.lines, desk.effects.count)
        }
    }

    /// What a terminal sends for a key of the help.
    private static func bytes(of word: String) -> [UInt8] {
        let named: [String: String] = [
            "Space": " ", "Del": "\u{1B}[3~", "Backspace": "\u{7F}", "Tab": "\t", "Shift+Tab": "\u{1B}[Z", "Home": "\u{1B}[H",
            "PgUp": "\u{1B}[5~", "PgDn": "\u{1B}[6~", "F1": "\u{1B}OP",
        ]
        if let bytes = named[word] { return Array(bytes.utf8) }
        if word.hasPrefix("Ctrl+"), let letter = word.utf8.last { return [letter & 0x1F] }
        if word.hasPrefix("Alt+"), let letter = word.lowercased().utf8.last { return [0x1B, letter] }
        return Array(word.utf8)
    }
}
