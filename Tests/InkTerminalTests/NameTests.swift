import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Names, messages, links, and the way back.
@Suite struct NameTests {
    @Test func `TM-169: a name is asked for once, before the first thing that needs it`() {
        for (keys, effect) in [
            ("nplan\r", .newBoard(name: "plan")), ("jinkwire:abc\r", .join(link: "inkwire:abc")), ("1", .open(0)),
        ] as [(String, TerminalApp.Effect)] {
            let content = StartContent(personName: "root", isNameKnown: false, recents: [.init(name: "old", detail: "")])
            var desk = Desk(start: content)
            desk.type(keys)
            #expect(desk.effects == [] && desk.text.contains("What the others call you (Enter: root):"), "\(keys)")
            desk.type("ana\r")
            #expect(desk.effects == [.keepName("ana"), effect], "\(keys)")
            // Who says nothing keeps what stands there; who leaves has chosen nothing.
            var usual = Desk(start: content)
            usual.type(keys + "\r")
            #expect(usual.effects == [.keepName("root"), effect], "\(keys)")
            var left = Desk(start: content)
            left.type(keys)
            left.escape()
            #expect(left.effects == [] && left.text.contains("New board"), "\(keys)")
            // Where it is known nobody is asked.
            var known = Desk(start: StartContent(personName: "ana", recents: content.recents))
            known.type(keys)
            #expect(known.effects == [effect], "\(keys)")
        }
    }

    @Test func `TM-169: the name is seen and changed, on the start screen and on a board`() throws {
        var start = Desk(start: StartContent(personName: "ana"))
        #expect(start.text.contains("y  Your name: ana"))
        start.type("y bea\r")
        #expect(start.effects == [.keepName("ana bea")] && start.text.contains("Your name: ana bea"))
        start.type("y" + String(repeating: "x", count: 200) + "\r")
        #expect(start.effects.count == 2)
        // Ctrl+U begins the line anew, Ctrl+W takes a word.
        var anew = Desk(start: StartContent(personName: "ana bea"))
        anew.type("y\u{17}eva\r")
        anew.type("y\u{15}eva\r")
        #expect(anew.effects == [.keepName("ana eva"), .keepName("eva")])
        var desk = try Desk()
        desk.type("P")
        #expect(desk.text.contains("you"))
        desk.escape()
        desk.run("name eva maria")
        #expect(desk.intents.last == .rename("eva maria") && desk.deeds == [.keepName("eva maria")])
        desk.type("P")
        #expect(desk.text.contains("you: eva maria  (:name changes it)"))
        desk.escape()
        for (name, words) in [
            (String(repeating: "x", count: 65), "a name holds at most"), ("", "name needs more"), ("\u{200B}", "nothing of this name"),
        ] {
            var desk = try Desk(columns: 120)
            desk.run("name \(name)")
            #expect(desk.effects == [] && desk.text.contains(words), "\(name): \(desk.text)")
        }
    }

    @Test func `TM-170: what was said is kept to be read, one's own words too`() throws {
        var desk = try Desk()
        desk.type("T")
        #expect(desk.text.contains("nothing was said yet"))
        desk.escape()
        desk.run("say hello bob")
        #expect(desk.text.contains("you: hello bob"))
        desk.wait(.seconds(5))
        #expect(!desk.text.contains("hello bob"))
        var random = SplitMix64(seed: 1)
        for number in 0..<40 {
            desk.hear(.chat(ChatMessage(id: TransactionName(using: &random), author: .zero, text: "line \(number) \u{1B}[2J"), ref: nil))
        }
        desk.wait(.seconds(5))
        desk.type("T")
        // The newest is read first.
        #expect(desk.text.contains("line 39") && !desk.text.contains("you: hello bob") && desk.terminal.unknown == [])
        for _ in 0..<60 { desk.bytes(Array("\u{1B}[A".utf8)) }
        #expect(desk.text.contains("you: hello bob"))
        desk.escape()
        #expect(!desk.text.contains("line 1"))
    }

    @Test func `FE-90, FE-171, TM-170: who said something is known when he has gone, too, and nobody passes for the reader`() throws {
        var desk = try Desk()
        var random = SplitMix64(seed: 1)
        let keys = (0...4).map { _ in AuthorID(using: &random) }
        let peers = (0...4).map { _ in PeerID(using: &random) }
        func status(_ peer: Int, _ name: String, _ state: PeerStatus.State = .joined) -> Event {
            .peer(PeerStatus(peer: peers[peer], author: keys[peer], name: name, state: state))
        }
        func say(_ text: String, by author: Int) {
            desk.hear(.chat(ChatMessage(id: TransactionName(using: &random), author: keys[author], text: text), ref: nil))
        }
        desk.hear(status(1, "bob"))
        say("first", by: 1)
        say("early", by: 2)
        say("nobody knows", by: 3)
        desk.hear(status(2, "eve"))
        desk.hear(status(4, "You"))
        say("not me", by: 4)
        desk.run("say it is me")
        for (peer, name) in [(1, "bob"), (2, "eve"), (4, "You")] as [(Int, String)] { desk.hear(status(peer, name, .left)) }
        desk.wait(.seconds(9))
        desk.type("T")
        for line in ["bob: first", "eve: early", "somebody: nobody knows", "You@\(keys[4]): not me", "you: it is me"] {
            #expect(desk.text.contains(line), "\(line): \(desk.text)")
        }
    }

    @Test func `TM-174: a message that comes costs itself, and a motion beside an open list of them nothing`() throws {
        var desk = try Desk()
        var random = SplitMix64(seed: 1)
        func say(_ text: String) {
            desk.hear(.chat(ChatMessage(id: TransactionName(using: &random), author: .zero, text: text), ref: nil))
        }
        let long = String(repeating: "long words ", count: 100)
        for number in 0..<20 { say("\(number) \(long)") }
        desk.type("T")
        let before = desk.app.panelWork
        for column in 0..<60 { desk.move(column, 5) }
        #expect(desk.app.panelWork == before)
        say("short")
        #expect(desk.app.panelWork - before == 5 && desk.text.contains("messages"), "\(desk.app.panelWork - before)")
        desk.escape()
        say("nobody reads it")
        #expect(desk.app.panelWork - before == 5)
        // In another window all are laid out anew.
        desk.type("T")
        #expect(desk.text.contains("nobody reads it"))
        desk.resize(columns: 40, rows: 20)
        desk.bytes(Array("\u{1B}[H".utf8))
        #expect(desk.text.contains("somebody: 0 long words"), "\(desk.text)")
    }

    @Test func `TM-171: Escape goes back while a board that was joined has not come, and only then`() throws {
        for (isJoining, isReady, goesBack) in [(true, false, true), (true, true, false), (false, false, false)] {
            var app = TerminalApp(
                profile: TerminalProfile(), columns: 80, rows: 24,
                board: BoardContent(name: "", isReady: isReady, isJoining: isJoining))
            app.handle(.bytes([0x1B]), now: .zero)
            app.handle(.timeout, now: .zero + .milliseconds(60))
            var effects: [TerminalApp.Output] = []
            while let output = app.nextOutput() { effects.append(output) }
            #expect(effects.contains(.effect(.goBack)) == goesBack, "\(isJoining) \(isReady)")
            let frame = String(decoding: app.frame(now: .zero + .seconds(1)), as: UTF8.self)
            #expect(frame.contains("Esc goes back") == goesBack)
        }
    }
}
