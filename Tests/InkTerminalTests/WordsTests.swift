import InkBoard
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// What is said to a person, in windows of any size.
@Suite struct WordsTests {
    @Test func `names join by what is told of them, never by the words of a message`() throws {
        // TM-31
        var desk = try Desk(columns: 120)
        let (bob, eve) = (peer("bob", 1), peer("eve", 2))
        desk.hear(.chat(ChatMessage(id: .zero, author: .zero, text: "look who joined"), ref: nil))
        desk.hear(.peer(bob))
        desk.hear(.peer(eve))
        #expect(desk.terminal.lines.contains { $0.hasSuffix(" look who joined") })
        #expect(desk.terminal.lines.contains { $0.hasSuffix(" bob, eve joined") })
        desk.hear(.rendezvous(.unreachable(reason: "refused")))
        desk.hear(.rendezvous(.connecting))
        desk.hear(.rendezvous(.unreachable(reason: "timed out")))
        #expect(desk.text.contains("timed out") && !desk.text.contains("refused"))
    }

    @Test func `at 80 columns a sentence is read to its end`() throws {
        // TM-15 TM-32
        var desk = try Desk()
        var bob = peer("bob", 1)
        desk.hear(.peer(bob))
        bob.silentSeconds = 7
        desk.hear(.sync(SyncStatus(state: .ahead, missing: 0, unsent: 12, isSaved: true, fingerprint: .zero)))
        desk.hear(.peer(bob))
        let banner = desk.terminal.lines.prefix(2).joined().split(separator: " ").joined(separator: " ")
        #expect(banner.hasSuffix("You can go on drawing. 12 changes will be sent later."), "\(banner)")
        desk.hear(.rendezvous(.unreachable(reason: "signal.example.org:7117 does not answer, and has not for a while, as it seems to us")))
        let words = desk.terminal.lines.suffix(4).joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(words.contains("Peers already here are unaffected."), "\(words)")
        desk.resize(columns: 40, rows: 12)
        #expect(desk.text.contains("12 unsent: bob lost 7 s ago"))
    }

    @Test(arguments: [(80, 24), (40, 12), (40, 8), (30, 7), (30, 6), (20, 6), (10, 5), (1, 1)])
    func `the invite box shows the link whole or says that it cannot`(columns: Int, rows: Int) throws {
        // TM-17
        let link = "inkwire:" + String((0..<140).map { Character(Unicode.Scalar(UInt8(97 + $0 * 7 % 26))) })
        var desk = try Desk(columns: columns, rows: rows, link: link)
        desk.type("i")
        let isWhole = desk.terminal.lines.joined().contains(link)
        #expect(isWhole == (columns * rows >= link.utf8.count + columns - 1), "\(desk.text)")
        if !isWhole {
            #expect(!desk.text.contains("inkwire:"))
            if columns >= 10 { #expect(desk.text.contains("window") && desk.text.contains("copies")) }
        }
        desk.type("c")
        #expect(String(decoding: desk.bytes, as: UTF8.self).contains("\u{1B}]52;c;"))
    }

    @Test(arguments: [(80, 24), (80, 12), (80, 8), (80, 5), (40, 3), (40, 1)])
    func `the start screen shows what is typed, whatever else it has to say`(columns: Int, rows: Int) {
        // TM-17
        let recents = (1...9).map { StartContent.Recent(name: "board \($0)", detail: "2 h ago") }
        for (key, prompt) in [("n", "Name of the board: abc"), ("j", "Link: abc")] {
            var desk = Desk(columns: columns, rows: rows, start: StartContent(personName: "ana", recents: recents, message: "It failed."))
            if rows > 1 { #expect(desk.text.contains("It failed.")) }
            #expect(rows < 3 || desk.text.contains("New board"))
            desk.type(key + "abc")
            #expect(desk.terminal.lines.contains { $0.hasSuffix(prompt) }, "\(desk.text)")
            #expect(desk.terminal.lines[desk.terminal.cursor.row].hasSuffix(prompt))
        }
        // A message has its rows for itself.
        var desk = Desk(columns: columns, rows: rows, start: StartContent(personName: "ana", recents: recents))
        desk.type("j\r")
        if rows > 1 { #expect(desk.terminal.lines.contains { $0.trimmedStart.hasPrefix("A link begins with inkwire:") }, "\(desk.text)") }
        #expect(desk.terminal.lines.contains { $0.hasSuffix("Link:") })
        // A press does what the line under it says.
        if rows == 8 {
            desk.escape()
            if let place = desk.place(of: "New board") { desk.click(place.column, place.row) }
            #expect(desk.text.contains("Name of the board:"))
        }
    }

    @Test func `the help is whole at 40 columns, scrolls no further than its end, and F1 toggles it`() throws {
        // TM-32
        var desk = try Desk(columns: 40, rows: 12)
        desk.type("?")
        var words: Set<String> = []
        for _ in 0..<60 {
            words.formUnion(desk.text.split(whereSeparator: \.isWhitespace).map(String.init))
            desk.arrows("B", 1)
        }
        for word in ["ellipse", "eraser", "cursors", "person", "saved", "terminal"] {
            #expect(words.contains(word) || words.contains(word + ","), "\(word)")
        }
        let end = desk.text
        desk.arrows("A", 1)
        #expect(desk.text != end)
        desk.bytes(Array("\u{1B}OP".utf8))
        #expect(!desk.text.contains("arrows scroll"))
        desk.bytes(Array("\u{1B}OP".utf8))
        #expect(desk.text.contains("arrows scroll"))
        desk.bytes(Array("\u{1B}OP".utf8))
        #expect(!desk.text.contains("arrows scroll"))
    }

    @Test func `the hints are there at every width that has room for them`() throws {
        // TM-25
        for columns in [80, 99, 100, 120, 149, 150, 200] {
            let desk = try Desk(columns: columns, rows: 40)
            for hint in ["c own ink", "w 1", "u undo", "i invite", "? keys", "q quit"] { #expect(desk.text.contains(hint), "\(columns)") }
        }
    }

    private func peer(_ name: String, _ seed: UInt64) -> PeerStatus {
        var random = SplitMix64(seed: seed)
        return PeerStatus(
            peer: PeerID(using: &random), author: AuthorID(using: &random), name: name, state: .joined, path: .direct,
            roundTrip: .milliseconds(3))
    }
}

extension String {
    fileprivate var trimmedStart: Substring { drop(while: \.isWhitespace) }
}
