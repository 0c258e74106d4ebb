import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// The messages beside the board and over it, and how one is told of them.
@Suite struct TalkTests {
    private let up = Array("\u{1B}[A".utf8)
    private let end = Array("\u{1B}[F".utf8)

    private func message(_ number: Int, _ text: String, by author: AuthorID = .zero) -> Event {
        .chat(ChatMessage(id: name(number), author: author, text: text), ref: nil)
    }

    private func name(_ number: Int) -> TransactionName {
        var random = SplitMix64(seed: UInt64(number) &+ 77)
        return TransactionName(using: &random)
    }

    @Test func `TM-270, TM-424, TM-425: in a wide window the messages stand beside the board, and Tab goes between them`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        desk.type("T")
        #expect(desk.terminal.lines[0].hasPrefix(String(repeating: " ", count: 94) + "│"), "\(desk.text)")
        desk.type("qr")
        #expect(desk.effects == [] && desk.text.contains("> qr"))
        desk.type("\t")
        desk.type("r")
        desk.drag([(10, 5), (20, 9)])
        #expect(desk.standing.map(\.kind) == [.rectangle] && desk.text.contains("> qr"))
        // What is drawn goes on under them, and is seen when they go.
        desk.elsewhere(.draw(ShapeDraft(kind: .text, position: Point(x: 8 * 8 * 90, y: 16 * 8 * 20), text: "under the messages")))
        #expect(!desk.text.contains("under the messages"))
        desk.escape()
        desk.type("\t")
        desk.type("!")
        #expect(desk.text.contains("> qr!") && desk.standing.count == 2)
        desk.escape()
        #expect(!desk.text.contains("> qr!") && desk.text.contains("under the messages"))
        // A press on them, too.
        desk.type("T")
        desk.type("\t")
        desk.click(100, 5)
        desk.type("?")
        #expect(desk.text.contains("> qr!?"))
        desk.resize(columns: 80, rows: 24)
        #expect(desk.text.contains("messages") && desk.text.contains("> qr!?"))
        desk.type("\t")
        #expect(!desk.text.contains("> qr!?"))
        // Where they are not beside the board Tab is for shapes (TM-108).
        desk.type("\t")
        #expect(!desk.text.contains("> qr!?") && desk.text.contains("MOVE"))
    }

    @Test(arguments: [(120, 40), (100, 12), (99, 30), (80, 24), (40, 12), (20, 5), (10, 3), (1, 1)])
    func `TM-270: any window shows the line, and what was said as far as there is room`(columns: Int, rows: Int) throws {
        var desk = try Desk(columns: columns, rows: rows)
        desk.hear(message(1, "hello 漢字 everybody who is here"))
        desk.type("T")
        desk.type("ab")
        #expect(desk.terminal.unknown == [])
        if columns >= 20 { #expect(desk.text.contains("> ab")) }
        if columns >= 40 { #expect(desk.text.contains("somebody: hello")) }
        desk.type("\r")
        desk.escape()
        #expect(desk.session?.node().board?.chats.map(\.text) == ["ab"])
    }

    @Test func `TM-271, TM-426: one's own messages show how far they have come, and one that failed is sent again by Enter`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        desk.type("T")
        desk.type("alone\r")
        desk.wait(.milliseconds(300))
        #expect(desk.text.contains("you: alone ."), "\(desk.text)")
        let bob = desk.join("bob")
        #expect(desk.text.contains("you: alone +"), "\(desk.text)")
        desk.disk(refuses: "disk full")
        desk.type("first\r")
        desk.wait(.milliseconds(300))
        #expect(desk.text.contains("you: first !"))
        desk.type("second\r")
        desk.wait(.milliseconds(300))
        #expect(desk.text.contains("you: second !") && desk.text.contains("Enter sends ! again"))
        desk.disk(refuses: nil)
        desk.wait(.milliseconds(1200))
        #expect(desk.text.contains("you: first +") && desk.text.contains("you: second !"))
        desk.type("\r")
        desk.wait(.milliseconds(500))
        #expect(desk.text.contains("you: second +") && !desk.text.contains("!"), "\(desk.text)")
        #expect(desk.session?.node(bob).board?.chats.map(\.text) == ["alone", "first", "second"])
    }

    @Test func `TM-272, TM-409: older messages come page by page, and what comes meanwhile moves nothing`() throws {
        var desk = try Desk(columns: 120, rows: 20)
        for number in 0..<250 {
            desk.elsewhere(.say("number \(number) of them"))
            if number % 5 == 4 { desk.wait(.milliseconds(500)) }
        }
        let first = try #require(desk.session)
        #expect(first.node().board?.chats.count == 250)
        // Another program of this person, which has heard nothing.
        desk.show(board: BoardContent(name: "plan", me: first.node().author, shapes: first.shapes))
        desk.type("T")
        #expect(desk.text.contains("number 249"), "\(desk.text)")
        for _ in 0..<240 { desk.bytes(up) }
        #expect(desk.intents.count { if case .readChat = $0 { true } else { false } } >= 3)
        let seen = desk.terminal.lines.map { $0.suffix(25) }
        desk.hear(message(1, "that comes meanwhile"))
        #expect(desk.terminal.lines.map { $0.suffix(25) }.prefix(10) == seen.prefix(10))
        #expect(desk.text.contains("below: End") && !desk.text.contains("meanwhile"))
        for _ in 0..<600 { desk.bytes(up) }
        #expect(desk.text.contains("number 0"))
        desk.bytes(end)
        #expect(desk.text.contains("meanwhile"))
        desk.hear(.peer(PeerStatus(peer: .zero, author: .zero, name: "bob", state: .joined)))
        desk.hear(.typing(peer: .zero))
        #expect(desk.text.contains("bob is typing"))
        desk.hear(.typingEnded(peer: .zero))
        #expect(!desk.text.contains("bob is typing"))
    }

    @Test func `TM-273, TM-427: a paste is one message, and what is said too fast comes back into the line`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        desk.type("T")
        desk.bytes(Array("\u{1B}[200~one\rtwo\rthree q\u{1B}[201~".utf8))
        #expect(desk.intents.allSatisfy { if case .say = $0 { false } else { true } } && desk.text.contains("> one two three q"))
        desk.type("\r")
        #expect(desk.intents.last == .say("one two three q"))
        desk.wait(.seconds(3))
        // A hand takes its time for each key: it ends what it typed before while another program of the person is too fast.
        desk.type("too much")
        for number in 0..<29 { desk.elsewhere(.say("\(number)")) }
        desk.type("\r")
        #expect(desk.text.contains("> too much") && desk.text.contains("ten messages a second"), "\(desk.text)")
        desk.wait(.seconds(1))
        desk.type("\r")
        #expect(desk.session?.node().board?.chats.last?.text == "too much" && !desk.text.contains("> too much"))
        // The same from the line of `/`, which opens again with it.
        desk.escape()
        desk.type("/")
        desk.type("not lost")
        for _ in 0..<29 { desk.elsewhere(.say("again")) }
        desk.type("\r")
        #expect(desk.terminal.lines[39].contains("say: not lost"))
        desk.wait(.seconds(1))
        desk.type("\r")
        #expect(desk.session?.node().board?.chats.last?.text == "not lost")
    }

    @Test func `TM-274, TM-428: what came unseen is counted, and what names the reader apart`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        desk.run("name Ana")
        desk.hear(message(1, "hello"))
        #expect(desk.terminal.lines[39].contains("1 unread") && desk.text.contains("somebody: hello"))
        desk.hear(message(2, "@ana look"))
        #expect(desk.terminal.lines[39].contains("2 unread, 1 to you"))
        desk.wait(.seconds(5))
        desk.type("T")
        #expect(!desk.text.contains("unread"))
        let place = try #require(desk.place(of: "@ana look"))
        #expect(desk.terminal.styles[place.row][place.column].split(separator: ";").contains("1"))
        // Seen as it comes, it is told once.
        desk.hear(message(3, "only once"))
        #expect(desk.terminal.lines.count { $0.contains("only once") } == 1 && !desk.text.contains("unread"))
        // Nobody looks at the terminal.
        desk.bytes(Array("\u{1B}[O".utf8))
        desk.hear(message(4, "and now"))
        #expect(desk.text.contains("1 unread"))
        desk.bytes(Array("\u{1B}[I".utf8))
        #expect(!desk.text.contains("unread"))
    }

    @Test func `TM-275: Tab completes a name behind an at, and goes on to the next`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        for (number, name) in ["bob", "Bert", "eve"].enumerated() {
            var random = SplitMix64(seed: UInt64(number))
            let (peer, author) = (PeerID(using: &random), AuthorID(using: &random))
            desk.hear(.peer(PeerStatus(peer: peer, author: author, name: name, state: .joined)))
        }
        for key in ["T", "/"] {
            desk.type(key)
            desk.type("hi @b\t")
            let first = desk.text.contains("hi @bob")
            #expect(first || desk.text.contains("hi @Bert"))
            desk.type("\t")
            #expect(desk.text.contains(first ? "hi @Bert" : "hi @bob"))
            desk.type("x")
            #expect(desk.text.contains(first ? "hi @Bert x" : "hi @bob x"))
            desk.escape()
        }
    }

    @Test func `TM-276: what somebody says stands at their pointer for three seconds`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        let bob = desk.join("bob")
        desk.introduce([bob])
        desk.act(.cursor(middle(20, 10)), by: bob, then: .seconds(5))
        #expect(!desk.text.contains(" bob: ") && desk.terminal.lines[10].contains(where: { $0 != " " }))
        desk.act(.say("look at this"), by: bob, then: .milliseconds(200))
        #expect(desk.terminal.lines[11].contains(" bob: look at this"), "\(desk.text)")
        desk.wait(.seconds(3))
        #expect(!desk.terminal.lines[11].contains("look at this"))
    }

    @Test func `TM-277: ten thousand messages at once keep nobody from drawing`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        desk.type("T")
        desk.type("\t")
        let before = desk.app.panelWork
        for number in 0..<10_000 {
            desk.tell(.event(message(number, "spam \(number) \u{1B}[2J")))
            if number % 1000 == 500 {
                desk.type("r")
                let frames = desk.frames.count
                desk.drag([(10, 2 + number / 1000), (20, 4 + number / 1000)])
                #expect(desk.frames.count > frames)
            }
        }
        #expect(desk.standing.count == 10 && desk.text.contains("spam 9999") && desk.terminal.unknown == [])
        // Each is laid out once.
        #expect(desk.app.panelWork - before < 10_000 * 20)
        desk.escape()
        desk.type("T")
        for _ in 0..<2000 { desk.bytes(up) }
        #expect(!desk.text.contains("spam 9000 "), "the newest 256 are kept")
    }

    @Test func `TM-278, TM-429, TM-431: who looks elsewhere is told by what they chose, and by nothing else`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        func heard(_ number: Int, _ text: String = "hello;\u{1B}]2;evil\u{07}") -> String {
            let count = desk.bytes.count
            desk.hear(message(number, text))
            return String(decoding: desk.bytes[count...], as: UTF8.self)
        }
        let (away, back) = (Array("\u{1B}[O".utf8), Array("\u{1B}[I".utf8))
        desk.bytes(away)
        for sign in ["\u{07}", "\u{1B}]9;", "\u{1B}]777;", "\u{1B}]2;"] { #expect(!heard(1).contains(sign)) }
        desk.bytes(back)
        desk.run("set bell on")
        desk.run("set notify osc777")
        desk.run("set title on")
        #expect(desk.effects.last == .keepSettings("bell on\nnotify osc777\ntitle on\nquiet off\n"))
        #expect(!heard(2).contains("\u{07}"), "the terminal has the focus")
        desk.bytes(away)
        let told = heard(3)
        #expect(told.contains("\u{07}") && told.contains("\u{1B}]777;notify;somebody;hello,"), "\(told.debugDescription)")
        #expect(told.contains("\u{1B}]2;(3) inkwire - plan\u{1B}\\") && !told.contains("evil\u{07}") && !told.contains("]2;evil"))
        let before = desk.bytes.count
        desk.bytes(back)
        #expect(String(decoding: desk.bytes[before...], as: UTF8.self).contains("\u{1B}]2;inkwire - plan\u{1B}\\"))
        desk.run("set notify osc9")
        desk.run("set quiet 22-7")
        desk.bytes(away)
        for (hour, isQuiet) in [(21, false), (22, true), (3, true), (7, false)] {
            desk.tell(.hour(hour))
            let told = heard(100 + hour, "psst \(hour)")
            #expect(told.contains("\u{1B}]9;somebody: psst \(hour)\u{1B}\\") != isQuiet && told.contains("\u{07}") != isQuiet)
            #expect(told.contains("inkwire - plan"), "the title makes no noise")
        }
        // A name that would be another command of the terminal's is a name: 4 is a bar of progress, 6 a macro.
        for (number, called) in ["4;3;100", "6;print(1)"].enumerated() {
            var random = SplitMix64(seed: UInt64(500 + number))
            let (peer, author) = (PeerID(using: &random), AuthorID(using: &random))
            desk.hear(.peer(PeerStatus(peer: peer, author: author, name: called, state: .joined)))
            let count = desk.bytes.count
            desk.hear(message(220 + number, "a;b", by: author))
            let told = String(decoding: desk.bytes[count...], as: UTF8.self)
            #expect(told.contains("\u{1B}]9;\(called.replacing(";", with: ",")): a,b\u{1B}\\"), "\(told.debugDescription)")
        }
        desk.bytes(back)
        for (words, complaint) in [
            ("bell loud", "on or off"), ("quiet 25-7", "two hours"), ("quiet 7-7", "two hours"), ("notify me", "osc9"),
            ("colour red", "no setting"),
            ("bell", "two words"),
        ] {
            desk.run("set \(words)")
            #expect(desk.text.contains(complaint), "\(words): \(desk.text)")
            desk.escape()
        }
    }

    @Test func `TM-430: what was chosen is there the next time`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        var content = BoardContent(name: "plan", me: desk.session?.node().author)
        content.settings = "bell on\nrubbish\nnotify osc9\nquiet 99-100\n"
        desk.show(board: content)
        desk.bytes(Array("\u{1B}[O".utf8))
        let count = desk.bytes.count
        desk.hear(message(1, "hello"))
        let told = String(decoding: desk.bytes[count...], as: UTF8.self)
        #expect(told.contains("\u{07}") && told.contains("\u{1B}]9;somebody: hello"))
    }
}
