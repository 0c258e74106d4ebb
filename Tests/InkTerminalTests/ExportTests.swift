import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// The board as a file, from within.
@Suite struct ExportTests {
    @Test(arguments: ["w plan.txt", "export plan.txt", "save  plan.txt "])
    func `TM-167: a name behind the command is where the text goes`(line: String) throws {
        var desk = try Desk()
        desk.box(at: 10)
        desk.run(line)
        let export = try #require(desk.export)
        #expect(export.path == "plan.txt" && export.text == TextExport(of: desk.standing).text && !export.replaces)
        #expect(export.shapeCount == 1 && export.cutWords == nil && !desk.terminal.lines[23].hasPrefix(":"))
    }

    @Test func `TM-167: Ctrl+S asks for the name, and without one nothing is written`() throws {
        var desk = try Desk()
        desk.box(at: 10)
        desk.bytes([0x13])
        #expect(desk.terminal.lines[23] == ":export" && desk.text.contains("> export FILE"))
        desk.type("\r")
        #expect(desk.effects == [] && desk.text.contains("export needs more: export FILE"))
        for letter in "my plan.ascii" { desk.type(String(letter)) }
        desk.type("\r")
        #expect(desk.export?.path == "my plan.ascii" && desk.export?.text.utf8.allSatisfy { $0 < 0x80 } == true)
    }

    @Test func `TM-167: an ending that means another format is refused, the reason first`() throws {
        for (line, words) in [
            ("w plan.json", "inkwire export -o plan.json 'my plan'"), ("w my x.JSON", "inkwire export -o 'my x.JSON' 'my plan'"),
            ("w plan.svg", "ends in .txt"), ("w x.PNG", "ends in .txt"), ("w x.excalidraw", "ends in .txt"), ("w x.cast", "ends in .txt"),
            ("w \(String(repeating: "long/", count: 30))x.json", "only text is written here; JSON, also while the board is open: "),
        ] {
            var desk = try Desk(columns: 120)
            desk.box(at: 10)
            desk.tell(.board(name: "my plan", shapes: []))
            desk.run(line)
            #expect(desk.effects == [] && desk.text.contains(words) && desk.text.contains("only text is written"), "\(line): \(desk.text)")
            #expect(desk.terminal.lines[23].hasPrefix(":"))
        }
        // A board whose name begins as an option does.
        var desk = try Desk(columns: 120)
        desk.tell(.board(name: "-x", shapes: []))
        desk.run("w plan.json")
        #expect(desk.text.contains("inkwire export -o plan.json -- -x"), "\(desk.text)")
    }

    @Test func `TM-168, TM-182: what is there already is written over only by who says so`() throws {
        for (answer, isReplaced) in [("y", true), ("Y", true), ("n", false), ("\r", false), ("q", false), ("x", false)] {
            var desk = try Desk()
            desk.box(at: 10)
            desk.type("]")
            desk.run("w plan.txt")
            let export = try #require(desk.export)
            desk.tell(.fileExists(export))
            #expect(desk.text.contains("plan.txt is there already: y writes over it"))
            desk.type(answer)
            #expect(desk.standing.count == 1 && desk.effects.count == (isReplaced ? 2 : 1), "\(answer.debugDescription)")
            if isReplaced { #expect(desk.export?.replaces == true && desk.export?.text == export.text) }
            #expect(desk.text.contains("is there already") == (answer == "x"), "\(answer.debugDescription)")
            desk.escape()
            #expect(!desk.text.contains("is there already"))
        }
        // A long name, in a small window.
        var small = try Desk(columns: 30, rows: 8)
        small.run("w " + String(repeating: "long/", count: 9) + "plan.txt")
        small.tell(.fileExists(try #require(small.export)))
        #expect(small.text.contains("y writes"), "\(small.text)")
        // TM-182: who has gone on is not asked, and no letter of his answers.
        var busy = try Desk()
        busy.box(at: 10)
        busy.run("w plan.txt")
        let asked = try #require(busy.export)
        busy.type("t\r")
        busy.tell(.fileExists(asked))
        busy.type("yes")
        #expect(busy.effects.count == 1 && busy.text.contains("not written, for it is there already"), "\(busy.text)")
        // Who leaves is not asked.
        var leaving = try Desk()
        leaving.run("w plan.txt")
        let export = try #require(leaving.export)
        leaving.leave()
        leaving.tell(.fileExists(export))
        leaving.type("y")
        #expect(leaving.effects.count == 1)
    }
}

extension Desk {
    /// Types a command with what follows it, and Enter.
    mutating func run(_ line: String) {
        type(":")
        for letter in line { type(String(letter)) }
        type("\r")
    }

    /// The file that was asked for last.
    var export: TerminalApp.FileExport? {
        effects.compactMap { if case .export(let export) = $0 { export } else { nil } }.last
    }
}
