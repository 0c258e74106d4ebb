import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkTransport
import Testing

@testable import InkAudit

@Suite struct AuditTests {
    /// All that is honest: a session, a connection, a question of STUN, and traffic of others.
    private func honest() throws -> Tap {
        var tap = try Tap()
        try tap.session()
        let (said, answered) = try tap.signalling()
        let datagram = tap.packets[0].bytes.dropFirst(28)
        let relayed = RelayFrame.ToServer(sender: 1, receivers: [2], datagram: Array(datagram))
        let carried = RelayFrame.ToClient(receiver: 1, sender: 2, datagram: Array(datagram))
        tap.connection(
            said: said + [
                Tap.frame(2, relayed.encoded, isMasked: true), Tap.frame(9, [], isMasked: true), Tap.frame(8, [3, 232], isMasked: true),
            ],
            answered: answered + [Tap.frame(2, carried.encoded, isMasked: false), Tap.frame(10, [], isMasked: false)])
        tap.datagram(STUN.bindingRequest(transaction: [UInt8](repeating: 6, count: 12)), to: Tap.server)
        tap.datagram(
            Array("a question to a server of names".utf8), from: SocketAddress("10.0.0.1:5353")!, to: SocketAddress("10.0.0.53:53")!)
        return tap
    }

    @Test func `AU-2, AU-3, AU-4, AU-5, AU-6: what ours say to each other and to a rendezvous is published, all of it`() throws {
        let audit = try honest().audit()
        #expect(audit.findings.map(\.text) == [])
        for name in [
            "start", "answer", "finish", "data", "STUN", "connection", "welcome", "join", "joined", "envelope", "relayed start", "ping",
            "close",
        ] {
            #expect(audit.counts[name] ?? 0 > 0, "\(name)")
        }
        #expect(audit.strangers == 1 && audit.unjudged == [] && audit.hiddenCount == 1)
        // Without a board's keys forms alone are judged.
        let blind = Audit(try honest().file, knowing: Audit.Knowledge())
        #expect(blind.findings.isEmpty && blind.counts["data"] ?? 0 > 0 && blind.counts["join"] == 1)
    }

    /// A leak: its name, and how it gets into a tap that is honest otherwise.
    struct Leak: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var words: String
        var plant: @Sendable (inout Tap) throws -> Void

        init(_ name: String, _ words: String, _ plant: @escaping @Sendable (inout Tap) throws -> Void) {
            (testDescription, self.words, self.plant) = (name, words, plant)
        }

        /// In what is said over a connection, in place of the second message.
        static func said(_ name: String, _ words: String, _ message: @escaping @Sendable (Tap) throws -> [UInt8]) -> Leak {
            Leak(name, words) { tap in
                let (said, answered) = try tap.signalling()
                tap.connection(said: [said[0], try message(tap)], answered: answered, port: 6000)
            }
        }

        static func head(_ name: String, _ words: String, _ change: @escaping @Sendable (String) -> String) -> Leak {
            Leak(name, words) { tap in
                let (said, answered) = try tap.signalling()
                tap.connection(head: change(Tap.requestHead), said: said, answered: answered, port: 6000)
            }
        }
    }

    private static let index: [UInt8] = [0xF3, 1, 2, 3, 4, 0, 1]

    static let leaks: [Leak] = [
        Leak("a word in clear", "datagram: 20 bytes that are in no published form") { $0.datagram(Array("the weather is nice.".utf8)) },
        Leak("something in the zeros of a start", "start: what is to be zeros is not") { tap in
            var start = Array(tap.packets[0].bytes.dropFirst(28))
            start[600] = 1
            tap.datagram(start)
        },
        Leak("a start of somebody else's room", "start: its MAC is none of a board that was named") { tap in
            var start = Array(tap.packets[0].bytes.dropFirst(28))
            start[1199] ^= 1
            tap.datagram(start)
        },
        Leak("a start that is too short", "start: it has 1199 bytes") { tap in
            tap.datagram(Array(tap.packets[0].bytes.dropFirst(28).dropLast()))
        },
        Leak("data that reads as text", "data: it reads as text") {
            $0.datagram(index + Array(String(repeating: "a line of text ", count: 8).utf8))
        },
        Leak("data in which nothing stands", "data: one byte stands 12 times on end") {
            $0.datagram(index + [UInt8](repeating: 0, count: 64))
        },
        Leak("what only members know, in hex, by STUN", "a datagram: planted words, in hex") { tap in
            let value = Array(Hex.encode(Array("planted words".utf8)).utf8)
            let message = STUNMessage(
                kind: .request, transaction: [UInt8](repeating: 1, count: 12), attributes: [.init(type: 0x8022, value: value)])
            tap.datagram(message.encoded(withFingerprint: true), to: Tap.server)
        },
        Leak("an attribute of STUN", "STUN: it has an attribute that ours never has") { tap in
            let message = STUNMessage(
                kind: .request, transaction: [UInt8](repeating: 1, count: 12), attributes: [.init(type: 0x8022, value: [1, 2, 3, 4])])
            tap.datagram(message.encoded(withFingerprint: true), to: Tap.server)
        },
        Leak("what only members know, in base64, to anybody", "a datagram: planted words, in base64") { tap in
            tap.datagram(
                Array(Base64URL.encode(Array("x planted words x".utf8)).utf8), from: SocketAddress("10.0.0.1:7")!,
                to: SocketAddress("10.0.0.53:53")!)
        },
        .head("a field of a head", "head: it has a field that is none of ours") {
            $0.replacing("\r\n\r\n", with: "\r\nUser-Agent: ana\r\n\r\n")
        },
        .head("a path", "head: its first line is another") { $0.replacing("GET / ", with: "GET /ana ") },
        .head("a protocol beside ours", "head: its field sec-websocket-protocol says something else") {
            $0.replacing("inkwire.v1", with: "inkwire.v1, ana")
        },
        .said("a message of no protocol", "text: it is no message of the protocol") { _ in Tap.frame(1, Array("hello".utf8), isMasked: true)
        },
        .said("a field more in a message", "text: it has another spelling") { tap in
            let topic = Base64URL.encode(tap.room.topic)
            return Tap.frame(1, Array(#"{"name":"ana","topic":"\#(topic)","type":"leave"}"#.utf8), isMasked: true)
        },
        .said("white space in a message", "text: it has another spelling") { tap in
            Tap.frame(1, Array(#"{"topic":"\#(Base64URL.encode(tap.room.topic))", "type":"leave"}"#.utf8), isMasked: true)
        },
        .said("a box that is not sealed", "envelope: it is not sealed under the board's key") { tap in
            try Tap.text(
                ClientMessage.send(topic: try #require(Topic(tap.room.topic)), to: nil, box: [UInt8](repeating: 65, count: 552)),
                isMasked: true)
        },
        .said("another topic", "envelope: its topic is none of a board that was named") { _ in
            try Tap.text(ClientMessage.send(topic: .zero, to: nil, box: [1]), isMasked: true)
        },
        .said("a word that is relayed", "relayed datagram: 5 bytes that are in no published form") { _ in
            Tap.frame(2, RelayFrame.ToServer(sender: 1, receivers: [2], datagram: Array("hello".utf8)).encoded, isMasked: true)
        },
        .said("what only members know, in a mailbox", "within mailbox: planted words") { _ in
            let mailbox = try #require(MailboxNumber(7))
            return try Tap.text(ClientMessage.mailbox(.knock(mailbox, body: Array("to you: planted words".utf8))), isMasked: true)
        },
        .said("a reason at the end", "close: it gives more than a code") { _ in Tap.frame(8, [3, 232] + Array("ana".utf8), isMasked: true)
        },
        .said("a frame without a mask", "a frame without a mask") { _ in Tap.frame(1, Array("{}".utf8), isMasked: false) },
        .said("a word in a ping", "ping: something is in it") { _ in Tap.frame(9, Array("ana".utf8), isMasked: true) },
        Leak("a join that is not signed over the nonce", "join: its signature is not over what the server gave to sign") { tap in
            let topic = try #require(Topic(tap.room.topic))
            let join = ClientMessage.join(topic: topic, key: tap.room.topicKey.author, signature: [UInt8](repeating: 1, count: 64))
            tap.connection(said: [try Tap.text(join, isMasked: true)], answered: try tap.signalling().answered, port: 6000)
        },
    ]

    @Test(arguments: leaks)
    func `AU-2, AU-3, AU-4, AU-5, AU-6, AU-7, AU-9: each of these leaks is found, and said to be what it is`(leak: Leak) throws {
        var tap = try honest()
        try leak.plant(&tap)
        let texts = tap.audit().findings.map(\.text)
        #expect(texts.contains { $0.hasPrefix(leak.words) }, "\(texts)")
        // It is told what was seen, and not what it says.
        #expect(!texts.joined().contains("weather") && !texts.joined().contains("ana"))
    }

    @Test func `AU-7: what only members know is found wherever it stands, and what is too short or always said is not looked for`() {
        var things = HiddenThings()
        #expect(
            things.add("a name", Array("Anastasia".utf8)) && !things.add("a name", Array("topic".utf8))
                && !things.add("a name", Array("ana".utf8)))
        for before in 0..<7 {
            let bytes = [UInt8](repeating: 200, count: before) + Array("Anastasia".utf8) + [7, 8, 9]
            #expect(things.sights(in: bytes) == ["a name"])
            #expect(things.sights(in: Array(Hex.encode(bytes).utf8)) == ["a name, in hex"])
            #expect(things.sights(in: Array(Hex.encode(bytes).uppercased().utf8)) == ["a name, in hex"])
            #expect(things.sights(in: Array(Base64URL.encode(bytes).utf8)) == ["a name, in base64"], "\(before)")
        }
        #expect(things.sights(in: Array("anastasia".utf8)).isEmpty && things.sights(in: [UInt8]()).isEmpty)
    }

    @Test func `AU-8: what cannot be judged is said`() throws {
        var tap = try Tap()
        try tap.session()
        let client = SocketAddress(ip: Tap.ana.ip, port: 5000)
        // One that began before, and one with a hole.
        tap.segment(Array("who began before".utf8), from: client, to: Tap.server, sequence: 7)
        let other = SocketAddress(ip: Tap.ana.ip, port: 5001)
        tap.segment([], from: other, to: Tap.server, sequence: 0, flags: 2)
        tap.segment(Array(Tap.requestHead.utf8), from: other, to: Tap.server, sequence: 1)
        tap.segment([1, 2, 3, 4, 5], from: other, to: Tap.server, sequence: 5000)
        let audit = tap.audit()
        #expect(audit.findings.isEmpty)
        #expect(audit.unjudged.count == 2 && audit.unjudged[0].hasSuffix("is not known: 1") && audit.unjudged[1].hasSuffix("at its end: 5"))
    }

    @Test func `AU-4: several datagrams that a kernel sends as one are judged one by one`() throws {
        var random = SplitMix64(seed: 5)
        func data(_ count: Int) -> [UInt8] { Self.index + (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
        let parts = [data(200), data(200), data(200), data(90)]
        #expect(PacketForm.datagrams(of: Array(parts.joined()), rooms: []) == parts)
        #expect(PacketForm.datagrams(of: parts[0], rooms: []) == [parts[0]])
        // A handshake that is finished, and a first word.
        var tap = try Tap()
        try tap.session()
        let finish = try #require(tap.packets.map { Array($0.bytes.dropFirst(28)) }.first { $0.first == 0xF2 })
        for rooms in [[tap.room], []] {
            #expect(PacketForm.datagrams(of: finish + parts[3], rooms: rooms) == [finish, parts[3]])
            #expect(PacketForm.datagrams(of: finish, rooms: rooms) == [finish])
        }
    }

    @Test func `AU-1: any bytes are a capture of something, or are said to be none`() throws {
        let whole = try honest().bytes
        var random = SplitMix64(seed: 1)
        for _ in 0..<300 {
            var bytes = whole
            for _ in 0..<1 + random.below(40) {
                bytes[24 + random.below(bytes.count - 24)] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.chance(0.3) { bytes.removeLast(random.below(bytes.count - 24)) }
            let file = PacketFile(bytes)
            let audit = Audit(file, knowing: Audit.Knowledge())
            #expect(audit.findings.count <= audit.findingCount && audit.findings.count <= Audit.findingsMax)
            #expect(file.complaint != .notACapture)
        }
        #expect(PacketFile([1, 2, 3]).complaint == .cutOff && PacketFile([UInt8](repeating: 7, count: 24)).complaint == .notACapture)
    }
}
