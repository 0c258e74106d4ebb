import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// A board to try things on.
@Suite struct ExampleTests {
    @Test func `TM-220: the start screen offers an example, by a key or a click`() throws {
        var desk = Desk(start: StartContent(personName: "ana", isNameKnown: false))
        #expect(desk.text.contains("d  Try it out") && desk.text.contains("gone when you leave"))
        desk.type("d")
        let place = try #require(desk.place(of: "d  Try it out"))
        desk.click(place.column, place.row)
        #expect(desk.effects == [.example, .example])
    }

    @Test(arguments: [(80, 24), (120, 40)])
    func `TM-220, TM-401: the example is seen whole, says that it goes, and its arrows follow boxes`(columns: Int, rows: Int) throws {
        var desk = try Desk(columns: columns, rows: rows)
        desk.elsewhere(.drawAll(ExampleBoard.shapes))
        desk.wait(.seconds(1))
        for words in [
            "web page", "server", "cache", "found?", "drag a box:", "its arrows follow", "unless you type :keep", "goes back to the start",
        ] {
            #expect(desk.text.contains(words), "\(words) \(desk.text)")
        }
        #expect(
            desk.standing.count == ExampleBoard.shapes.count && desk.standing.count { $0.startBinding != nil && $0.endBinding != nil } == 3)
        desk.type("f")
        #expect(!desk.text.contains("%"))
        // The server goes down, and its arrows with it.
        func heads(_ desk: Desk) -> [Int] {
            desk.terminal.lines.indices.filter { row in ["►", "▼", "▲"].contains { desk.terminal.lines[row].contains($0) } }
        }
        let before = heads(desk)
        let server = try #require(desk.place(of: "server"))
        desk.type("v")
        desk.drag([(server.column, server.row), (server.column, server.row + 2)])
        desk.wait(.seconds(1))
        #expect(!before.isEmpty && heads(desk) != before, "\(desk.text)")
    }

    @Test func `TM-401: an example is kept by its command, and any other board stays anyway`() throws {
        var app = TerminalApp(
            profile: TerminalProfile(), columns: 80, rows: 24, board: BoardContent(name: "example", isExample: true))
        var effects: [TerminalApp.Effect] = []
        for letter in ":keep\r:keep\r".utf8 {
            app.handle(.bytes([letter]), now: .zero + .seconds(1))
            while let output = app.nextOutput() { if case .effect(let effect) = output { effects.append(effect) } }
        }
        #expect(effects == [.keepBoard])
        var desk = try Desk()
        desk.type(":keep\r")
        #expect(desk.text.contains("this board stays") && desk.effects.isEmpty)
    }
}
