import InkPrimitives
import InkSession
import InkTerminal
import Testing

@Suite struct ConnectionTests {
    private let peer: PeerID = Identifier([UInt8](repeating: 7, count: 32))!
    private let author: AuthorID = Identifier([UInt8](repeating: 7, count: 32))!

    private func bob(_ path: PeerStatus.Path, _ name: String = "bob") -> Event {
        .peer(PeerStatus(peer: peer, author: author, name: name, state: .joined, path: path, roundTrip: .milliseconds(88)))
    }

    private func desk(_ columns: Int = 80, _ rows: Int = 24, relay: NetworkChoice.Relay = .allowed) throws -> Desk {
        try Desk(columns: columns, rows: rows, network: NetworkChoice(rendezvous: ["wss://signal.example:4300"], relay: relay))
    }

    private func words(_ desk: Desk) -> String {
        desk.terminal.lines.joined(separator: " ").split { !$0.isASCII || $0 == " " }.joined(separator: " ")
    }

    @Test(arguments: [(120, 40), (80, 24), (40, 24)])
    func `TM-83, TM-356: the connection is told, at every width and live`(columns: Int, rows: Int) throws {
        var desk = try desk(columns, rows)
        desk.hear(.rendezvous(.connected))
        desk.hear(bob(.relayRendezvous))
        desk.type("N")
        for part in ["rendezvous wss://signal.example:4300, TLS", "rendezvous: connected, for <1 min", "bob: relay ~100 ms, for <1 min"] {
            #expect(words(desk).contains(part), "\(desk.text)")
        }
        desk.wait(.seconds(10))
        #expect(words(desk).contains("no direct way was found"), "\(desk.text)")
        let idle = desk.bytes.count
        desk.wait(.seconds(40))
        #expect(desk.bytes.count == idle)
        desk.wait(.seconds(75))
        #expect(words(desk).contains("connected, for 2 min"), "\(desk.text)")
        desk.hear(bob(.direct))
        #expect(words(desk).contains("bob: direct ~100 ms, for <1 min") && words(desk).contains("network: UDP passes"), "\(desk.text)")
        let obstacle = Obstacle(way: .noUDP, relay: .notAllowed)
        desk.hear(.meeting(Identifier([UInt8](repeating: 9, count: 32))!, author: author, obstacle))
        desk.wait(.seconds(5))
        #expect(words(desk).contains("not reached <1 min ago: \(obstacle)"), "\(desk.text)")
        desk.type("N")
        #expect(!desk.text.contains(" connection "))
    }

    @Test func `TM-83: it opens by a press on the word for the way, and closes by its keys`() throws {
        var desk = try desk()
        desk.hear(bob(.direct))
        // Until the sentence that he joined has gone, which names the way, too.
        desk.wait(.seconds(12))
        let place = try #require(desk.place(of: "direct ~100 ms"))
        #expect(place.row == 23, "\(desk.text)")
        for closer in ["N", "q", "\r", "\u{1B}"] {
            desk.click(place.column + 3, place.row)
            #expect(desk.text.contains(" connection "), "\(desk.text)")
            desk.type(closer)
            desk.wait(.milliseconds(60))
            #expect(!desk.text.contains(" connection ") && desk.effects.isEmpty)
        }
        desk.click(place.column - 3, place.row)
        #expect(desk.text.contains(" people "))
    }

    @Test func `FE-174, TM-83: what was chosen is no obstacle, and of a relay that was not chosen one sentence is said`() throws {
        for relay in [NetworkChoice.Relay.only, .allowed] {
            var desk = try desk(120, 40, relay: relay)
            desk.hear(bob(.relayRendezvous))
            desk.wait(.seconds(6))
            #expect(desk.text.contains("Direct path blocked") == (relay == .allowed), "\(desk.text)")
            desk.type("N")
            #expect(desk.text.contains("as you chose (--relay-only)") == (relay == .only))
            #expect(desk.text.contains("direct way was found") == (relay == .allowed))
        }
    }

    @Test func `FE-174, TM-83: who takes the board over says how it is on the network, and of relays`() throws {
        var desk = try Desk()
        desk.hear(bob(.relayRendezvous))
        desk.type("N")
        desk.wait(.seconds(20))
        let (foreign, own) = ("another program of yours brought this board to the network", "rendezvous wss://signal.example:4300, TLS")
        #expect(words(desk).contains(foreign) && !desk.text.contains("Direct path blocked"), "\(desk.text)")
        desk.take(NetworkChoice(rendezvous: ["wss://signal.example:4300"], relay: .allowed))
        #expect(words(desk).contains(own) && !words(desk).contains(foreign), "\(desk.text)")
        // That who held it before found no direct way says nothing of us.
        desk.wait(.seconds(4))
        #expect(!desk.text.contains("Direct path blocked"), "\(desk.text)")
        desk.wait(.seconds(2))
        #expect(desk.text.contains("Direct path blocked"), "\(desk.text)")
        desk.take(nil)
        #expect(words(desk).contains(foreign) && !words(desk).contains(own), "\(desk.text)")
    }

    @Test func `TM-12, TM-13, TM-356: in a small window it scrolls to its end, in ASCII and without what a name holds of escapes`() throws {
        var desk = try Desk(
            columns: 40, rows: 9, style: .ascii, network: NetworkChoice(rendezvous: ["ws://a\u{1B}[2J:1"], relay: .allowed))
        desk.hear(bob(.relayRendezvous, "b\u{1B}]0;x\u{7}ob"))
        // Until what was said of it has gone.
        desk.wait(.seconds(12))
        desk.type("N")
        #expect(!words(desk).contains("whichever way."))
        for _ in 0..<20 { desk.type("j") }
        #expect(words(desk).contains("whichever way."), "\(desk.text)")
        let end = desk.text
        desk.type("j")
        #expect(desk.text == end)
        desk.type("k")
        #expect(desk.text != end && desk.bytes.allSatisfy { $0 < 0x80 })
        #expect(!desk.bytes.contains(7) && !String(decoding: desk.bytes, as: UTF8.self).contains("\u{1B}]0;x"))
    }

    private func meeting(_ number: UInt8, _ obstacle: Obstacle?) -> Event {
        .meeting(
            Identifier([UInt8](repeating: number, count: 32))!, author: Identifier([UInt8](repeating: number, count: 32))!, obstacle)
    }

    @Test func `FE-70, TM-83: that somebody is tried is said while it can be so, then that it was`() throws {
        var desk = try desk()
        desk.type("N")
        desk.hear(meeting(9, nil))
        #expect(words(desk).contains("): is there, connecting"), "\(desk.text)")
        desk.wait(.seconds(5))
        #expect(words(desk).contains("): was there <1 min ago, not met"), "\(desk.text)")
        desk.wait(.seconds(60))
        #expect(words(desk).contains("): was there 1 min ago, not met"), "\(desk.text)")
    }

    @Test func `FE-71, FE-175, TM-83: that UDP passes is said while somebody is reached so, and the rest as what was so`() throws {
        var desk = try desk()
        desk.type("N")
        let (passes, passed) = ("network: UDP passes", "network: UDP has passed; nobody is reached directly now")
        #expect(words(desk).contains("network: nobody was reached directly yet"), "\(desk.text)")
        desk.hear(bob(.direct))
        #expect(words(desk).contains(passes), "\(desk.text)")
        desk.hear(bob(.relayRendezvous))
        #expect(words(desk).contains(passed), "\(desk.text)")
        let blocked = Obstacle(way: .noUDP, relay: .notAllowed)
        desk.hear(meeting(9, blocked))
        #expect(words(desk).contains("network: it let no UDP through <1 min ago"), "\(desk.text)")
        // What came of a later try says otherwise.
        desk.hear(meeting(10, Obstacle(way: .noPassage, relay: .notAllowed)))
        #expect(words(desk).contains(passed), "\(desk.text)")
        desk.hear(meeting(9, blocked))
        // That only a relay is wanted says nothing of it.
        desk.hear(meeting(10, Obstacle(way: .relayOnly, relay: .notAllowed)))
        #expect(words(desk).contains("network: it let no UDP through <1 min ago"), "\(desk.text)")
        desk.hear(bob(.direct))
        #expect(words(desk).contains(passes), "\(desk.text)")
        desk.hear(.peer(PeerStatus(peer: peer, author: author, name: "bob", state: .left)))
        #expect(words(desk).contains(passed), "\(desk.text)")
    }

    @Test(arguments: ["?", "N"])
    func `TM-30, TM-356: a sheet scrolls to its end above what is said meanwhile`(opener: String) throws {
        var desk = try desk(40, 12)
        desk.hear(bob(.relayRendezvous))
        desk.wait(.seconds(12))
        desk.type(opener)
        desk.hear(.fork(author: .zero, sequence: 3))
        desk.hear(.rejected(author: nil, rule: "too many points"))
        desk.arrows("B", 120)
        #expect(words(desk).contains("too many points"), "\(desk.text)")
        #expect(words(desk).contains(opener == "?" ? "everything is saved" : "whichever way."), "\(desk.text)")
        desk.wait(.seconds(5))
        #expect(!words(desk).contains("too many points"))
        let end = desk.text
        desk.arrows("B", 1)
        #expect(desk.text == end)
        desk.arrows("A", 9)
        #expect(desk.text != end)
    }

    @Test(arguments: [NetworkChoice.Relay.allowed, .refused, .only])
    func `TM-83: what is said of the relay has a row of its own at 80 columns`(relay: NetworkChoice.Relay) throws {
        var desk = try desk(relay: relay)
        desk.type("N")
        let row = try #require(desk.terminal.lines.firstIndex { $0.contains("relay: ") }, "\(desk.text)")
        let next = desk.terminal.lines[row + 1]
        #expect(next.contains("network: ") != (relay == .only) && (relay != .only || next.split(separator: " ").count == 2), "\(desk.text)")
    }
}
