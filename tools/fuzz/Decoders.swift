import InkAutomation
import InkBoard
import InkConnectivity
import InkCrypto
import InkFrontEnd
import InkPrimitives
import InkRendezvous
import InkRuntime
import InkSession
import InkSimulator
import InkStore
import InkTerminal
import InkTransport
import NIOCore
import NIOEmbedded

/// All that reads bytes of strangers, members, disks and hands.
enum Decoders {
    static func all() throws -> [Decoder] {
        let drawn = try Drawn()
        return [
            try transaction(drawn), try chain(), points, reconcile(drawn), session(drawn), presence, frame, try packet(), handshake(),
            forged,
            pair, capture,
            stun, envelope(),
            relayFrame, relayedFrame, beacon(),
            try rendezvous(), try token(), accessKeys, webSocket, jsonLines, link(), codeMessage, shortCode, terminal, try row(drawn),
            attach(drawn),
        ] + (try files())
    }

    // MARK: The board

    private static func transaction(_ drawn: Drawn) throws -> Decoder {
        let seeds = try drawn.transactions + RightsSeeds.transactions()
        return Decoder(canonical: "transaction", seeds: seeds.map(\.encoded)) { bytes in
            try Transaction(decoding: bytes)
        } write: { transaction in
            try TransactionCodec.body(transaction.header, writes: transaction.writes) + transaction.signature
        }
    }

    /// Who gave a right, and what is made of it: of each input all that a board asks.
    private static func chain() throws -> Decoder {
        let keys = (0..<3).map { SigningKey(seed: Secret32([UInt8](repeating: $0 + 1, count: 32)) ?? .random()) }
        var board = try Board(
            genesis: try Board.makeGenesis(
                owner: keys[0], name: "", wallTime: 0, nonce: [UInt8](repeating: 3, count: 16), firstSecret: .zero), newest: 2)
        var rights: [TransactionName] = []
        for (giver, key) in zip(keys, keys.dropFirst()) {
            let writes = Board.writes(granting: .owner, to: key.author, by: giver.author)
            rights.append(try board.author(writes, key: giver, wallTime: 0).0.name)
        }
        let invite = try board.author(
            Board.writes(inviting: RightsInvite(role: .editor, uses: 1, timeToLive: 9, key: keys[0].author), by: keys[2].author),
            key: keys[2],
            wallTime: 0
        ).0.name
        let admission = RightsAdmission(of: keys[0].author, to: board.id, inviteKey: keys[0])
        rights.append(
            try board.author(Board.writes(joining: admission, by: keys[0].author), key: keys[0], wallTime: 0, under: invite).0.name)
        let seeds = rights.compactMap { board.chain(of: $0) }.map { chain in
            var writer = ByteWriter()
            chain.write(to: &writer)
            return writer.bytes
        }
        return Decoder(canonical: "chain", seeds: seeds) { [board] bytes in
            var reader = ByteReader(bytes)
            let chain = try RightsChain(from: &reader)
            try reader.finish()
            for key in keys { _ = try? board.role(of: key.author, by: chain) }
            return chain
        } write: { chain in
            var writer = ByteWriter()
            chain.write(to: &writer)
            return writer.bytes
        }
    }

    private static var points: Decoder {
        let paths: [[Point]] = [
            [], [.zero], (0..<40).map { Point(x: $0 * 8, y: $0 * $0) }, (0..<400).map { Point(x: ($0 % 7) << 12, y: -($0 << 8)) },
            (0..<Int32(Limits.pointsPerStroke)).map { Point(x: $0 % 97 * 8, y: $0 % 31 * 8) },
            [Point(x: Limits.coordinate, y: -Limits.coordinate), Point(x: -Limits.coordinate, y: Limits.coordinate)],
        ]
        let seeds = paths.map { path in
            var writer = ByteWriter()
            PointsCodec.write(path, to: &writer)
            return writer.bytes
        }
        return Decoder(canonical: "points", seeds: seeds) { bytes in
            var reader = ByteReader(bytes)
            let path = try PointsCodec.read(from: &reader)
            try reader.finish()
            return path
        } write: { path in
            var writer = ByteWriter()
            PointsCodec.write(path, to: &writer)
            return writer.bytes
        }
    }

    private static func reconcile(_ drawn: Drawn) -> Decoder {
        let key = [UInt8](repeating: 7, count: 16)
        var messages: [[UInt8]] = []
        var (here, there) = (Reconciler(hashKey: key, isInitiator: true), Reconciler(hashKey: key, isInitiator: false))
        var waiting = here.start(board: drawn.board)
        messages += waiting
        for _ in 0..<4 {
            for message in waiting { if let step = try? there.receive(message, board: drawn.half) { messages += step.reply } }
            waiting = messages.suffix(2)
            for message in waiting { if let step = try? here.receive(message, board: drawn.board) { messages += step.reply } }
        }
        return Decoder(canonical: "reconcile", seeds: messages) { bytes in
            let message = Result { try ReconcileMessage(decoding: bytes) }
            var reconciler = Reconciler(hashKey: key, isInitiator: false)
            _ = reconciler.start(board: drawn.board)
            _ = try? reconciler.receive(bytes, board: drawn.board)
            return try message.get()
        } write: { message in
            message.bytes
        }
    }

    // MARK: The session

    private static func session(_ drawn: Drawn) -> Decoder {
        let names = drawn.transactions.map(\.name)
        let messages: [SessionMessage] = [
            .hello(hasGenesis: true), .hello(hasGenesis: false), .genesis(drawn.transactions[0].encoded),
            .fingerprint(drawn.board.fingerprint, count: 77), .reconcile([0] + Array(repeating: 9, count: 18)),
            .ask(Array(names.prefix(3))),
            .receipt(sequence: 300), .adjacent(drawn.board.authors), .hello(hasGenesis: true, right: names.first), .askChain, .welcome,
            .chain(.none), .epoch(.zero),
            .secrets(
                names.prefix(3).sorted().map { ToldSecret(name: $0, secret: Secret32([UInt8](repeating: 4, count: 32)) ?? .random()) }),
            .claim(InviteClaim(invite: names.first ?? .zero, signature: [UInt8](repeating: 5, count: 64))),
        ]
        return Decoder(canonical: "session", seeds: messages.map { $0.encode() }) { bytes in
            try SessionMessage(decoding: bytes)
        } write: { message in
            message.encode()
        }
    }

    private static var presence: Decoder {
        // The worked examples of the page, and values with more in them.
        let examples = ["04", "1003e85cac", "2003e81c06800072b300100040c841900055c8de42", "8803e84101000704"]
        var further = PresencePacket(own: PresenceValue())
        further.own.further = [FurtherPresence(kind: 3, bytes: [1, 2]), FurtherPresence(kind: 900, bytes: [])]
        var random = SplitMix64(seed: 1)
        further.passedOn = [PassedOnPresence(origin: PeerID(using: &random), value: PresenceValue())]
        var run = PresencePacket(own: PresenceValue())
        var hand = HandValue(frontEnd: .holder)
        let samples = (0..<200).map { HandSample(at: 500 + Int64($0) * 2, point: Point(x: $0 * 3, y: $0 % 17)) }
        hand.live = LiveValue(
            number: 9, style: .stroke(ShapeDraft(kind: .freehand, position: .zero)),
            body: .stroke(from: 0, SampleRun(samples, after: SampleRun.History(), sentAt: 1000), isPen: false))
        hand.ended = [EndedGesture(number: 8, outcome: .committed(sequence: 5)), EndedGesture(number: 7, outcome: .cancelled)]
        (run.own.sentAt, run.own.hands) = (1000, [hand])
        let seeds = examples.compactMap { Hex.decode($0) } + [further.bytes, run.bytes]
        return Decoder(canonical: "presence", seeds: seeds) { bytes in
            try PresencePacket(decoding: bytes)
        } write: { packet in
            packet.bytes
        }
    }

    private static func attach(_ drawn: Drawn) -> Decoder {
        let shape = drawn.board.shapes.first?.id ?? ShapeID(author: .zero, number: 1)
        let intents: [Intent] = [
            .draw(ShapeDraft(kind: .note, position: .zero, text: "text")), .set(shape, [.text("other"), .stroke(nil)]), .undo,
            .say("hello"),
            .move([shape], by: Point(x: 8, y: 8)), .begin(.move([shape], by: .zero)), .extend([.zero]), .cursor(nil), .rename("name"),
        ]
        var seeds: [[UInt8]] = intents.map { [0] + AttachRequest.intent($0, ref: 5).encode() }
        seeds.append([0] + AttachRequest.hello(.init(strand: 3, pending: [1, 2])).encode())
        seeds.append([0] + AttachRequest.question(4, .state).encode())
        seeds += drawn.events.prefix(60).map { [1] + AttachReply.event($0).encode() }
        // A report of all shapes becomes shapes: what sends it runs on this machine, as this person.
        return Decoder(name: "attach", seeds: seeds, memoryFactor: 16) { bytes in
            guard let first = bytes.first else { return .refused(0) }
            return .plain {
                if first & 1 == 0 {
                    _ = try AttachRequest(decoding: Array(bytes.dropFirst()))
                } else {
                    _ = try AttachReply(decoding: Array(bytes.dropFirst()))
                }
            }
        } write: { bytes in
            let message = Array(bytes.dropFirst())
            // What follows the version of another program is not looked at.
            guard !message.starts(with: "INKA".utf8) else { return bytes }
            let isRequest = bytes.first.map { $0 & 1 == 0 } ?? true
            return bytes.prefix(1)
                + (isRequest ? try AttachRequest(decoding: message).encode() : try AttachReply(decoding: message).encode())
        }
    }

    // MARK: The link

    private static var frame: Decoder {
        let seeds = [
            "00", "01", "024005003f0400", "0240640102050301", "03aabb", "0401", "050102030405060708", "060102030405060708", "0740ff",
            "080000050102030405", "09014100030a0b0c", "0b4100800100000201ff", "0108000001aa0102400100000100",
        ]
        return Decoder(name: "frame", seeds: seeds.compactMap { Hex.decode($0) }) { bytes in
            .plain { _ = try TransportDecoders.frames(bytes) }
        }
    }

    /// Datagrams to an endpoint with a session, and packets whose seal is right: the input's first byte says which.
    private static func packet() throws -> Decoder {
        let stand = LinkStand()
        let seeds = stand.recorded.map { [0] + $0 } + frame.seeds.map { [1] + $0 }
        return Decoder(name: "packet", seeds: seeds) { bytes in
            guard let first = bytes.first else { return .refused(0) }
            return stand.take(Array(bytes.dropFirst().prefix(1150)), isSealed: first & 1 == 1) ? .accepted : .refused(1)
        }
    }

    /// Packets with right addresses and index that nobody sealed; what is wrong with one traps.
    private static var forged: Decoder {
        let stand = LinkStand()
        return Decoder(name: "forged", seeds: stand.recorded.map { Array($0.prefix(1) + $0.dropFirst(5)) }) { bytes in
            stand.forge(Array(bytes.prefix(1150)))
            return .accepted
        }
    }

    /// Two endpoints between which all that the input says befalls what is on the way.
    private static var pair: Decoder {
        let room = Room().keys
        let smooth = [UInt8](repeating: 0, count: 24)
        let talk: [UInt8] = smooth + (0..<12).flatMap { [12, $0, 0, 0, 0, 0, 13, 30] as [UInt8] }
        let seeds: [[UInt8]] = [
            talk, smooth + [12, 0, 7, 0, 10, 0, 5, 1, 8, 3, 0, 0, 12, 1, 0, 0, 15, 20, 0, 0],
            talk + [6, 0, 6, 0, 15, 31, 15, 31, 12, 0, 0, 0],
            [7, 0, 8, 0, 0, 0, 14, 0, 13, 250, 0, 0, 9, 0] + talk,
        ]
        return Decoder(name: "pair", seeds: seeds, memoryBase: 4 << 20) { bytes in LinkPair(room).run(bytes) ? .accepted : .refused(1) }
    }

    /// The log of keys and captured datagrams, as tools/capture reads them: text before the first zero, then a datagram.
    private static var capture: Decoder {
        let key = String(repeating: "5a", count: 32)
        let log = Array("INKWIRE_KEYS 1 01020304 \(key) in\nINKWIRE_KEYS 1 01020304 \(key) out\n".utf8)
        let stand = LinkStand()
        let seeds = (stand.recorded.prefix(4) + stand.handshakes.prefix(6)).map { log + [0] + $0 }
        return Decoder(name: "capture", seeds: seeds, memoryFactor: 16) { bytes in
            var reader = PacketReader()
            let text = bytes.prefix { $0 != 0 }
            reader.read(log: String(decoding: text, as: UTF8.self))
            return reader.read(Array(bytes.dropFirst(text.count + 1))) == nil ? .refused(1) : .accepted
        }
    }

    private static func handshake() -> Decoder {
        let stand = LinkStand()
        let answer = [UInt8](repeating: 0, count: 400)
        let seeds = stand.handshakes.map { [0] + $0 } + stand.handshakes.map { [1] + $0 } + [[2] + answer, [3] + answer]
        return Decoder(name: "handshake", seeds: seeds) { bytes in
            guard let first = bytes.first else { return .refused(0) }
            let packet = Array(bytes.dropFirst())
            switch first & 3 {
            case 0: return .plain { _ = try TransportDecoders.handshakePacket(packet) }
            case 1: return stand.takeHandshake(packet) ? .accepted : .refused(1)
            default: return .plain { _ = try TransportDecoders.handshakeIdentity(packet, isAnswer: first & 1 == 0) }
            }
        }
    }

    private static var stun: Decoder {
        let id = [UInt8](1...12)
        let question = STUN.bindingRequest(transaction: id)
        let places = [SocketAddress(ip: .v4(0x0A00_0001), port: 4000), SocketAddress(ip: .v6(high: 1, low: 2), port: 5)]
        let answers = places.compactMap { STUN.answer(to: question, from: $0) }
        let bare = STUNMessage(kind: .request, transaction: id).encoded(withFingerprint: false)
        let odd = STUNMessage(kind: .request, transaction: id, attributes: [.init(type: 0x7F, value: [1, 2, 3])]).encoded(
            withFingerprint: true)
        return Decoder(name: "stun", seeds: [question, bare, odd] + answers, words: [[0, 0x20, 0, 8, 0, 1], [0x80, 0x28, 0, 4]]) { bytes in
            // The length in the header fits, or nothing behind it is read.
            var whole = bytes
            if whole.count >= 20, bytes.count % 4 == 0 {
                (whole[2], whole[3]) = (UInt8(truncatingIfNeeded: (whole.count - 20) >> 8), UInt8(truncatingIfNeeded: whole.count - 20))
            }
            _ = STUN.answer(to: whole, from: places[0])
            return .plain { _ = try STUNMessage(decoding: whole).mappedAddress }
        }
    }

    // MARK: Codes

    /// What is said in a mailbox: the input's first byte says which word it is.
    private static var codeMessage: Decoder {
        let device = SigningKey(seed: Secret32([UInt8](repeating: 9, count: 32)) ?? .random()).author
        let seeds = CodeDecoders.samples(device: device, link: "inkwire://board.example:7117/?tls=1#2.AAAA").enumerated().map {
            [UInt8($0)] + $1
        }
        return Decoder(name: "code-message", seeds: seeds) { bytes in
            guard let first = bytes.first else { return .refused(0) }
            let kind = Int(first) % CodeDecoders.kinds
            return CodeDecoders.rewritten(Array(bytes.dropFirst()), kind: kind) == nil ? .refused(1 + kind) : .accepted
        } write: { bytes in
            let kind = Int(bytes.first ?? 0) % CodeDecoders.kinds
            return bytes.prefix(1) + (CodeDecoders.rewritten(Array(bytes.dropFirst()), kind: kind) ?? [])
        }
    }

    /// What people type for a code: what it is taken for has a text of its own, which is taken for the same.
    private static var shortCode: Decoder {
        let texts = [
            "7-copper-lantern-orbit", "Code: 7 Copper, LANTERN orbt @ board.example:8443", "99999-copper-lantern-orbit@[2001:db8::1]:7",
            "join 12copperlanternorbit", "4711-zoo-zoo-zoo", "７－copper－lantern－orbit", "7-cop",
        ]
        return Decoder(
            name: "short-code", seeds: texts.map { Array($0.utf8) }, memoryFactor: 64,
            words: ["@", "-", "copper", "code:"].map { Array($0.utf8) }
        ) { bytes in
            let typed = String(decoding: bytes, as: UTF8.self)
            _ = ShortCode.completion(of: typed)
            do throws(ShortCodeError) {
                let code = try ShortCode.read(typed).code
                let again = try ShortCode.read(code.text)
                return again.code == code && again.corrections.isEmpty ? .accepted : .secondSpelling
            } catch {
                switch error {
                case .notACode: return .refused(1)
                case .numberMissing: return .refused(2)
                case .noSuchNumber: return .refused(3)
                case .wordCount: return .refused(4)
                case .unknownWord: return .refused(5)
                case .badHost: return .refused(6)
                }
            }
        }
    }

    // MARK: The rendezvous

    private static func envelope() -> Decoder {
        let room = Room()
        var generator = SecretGenerator(seed: [UInt8](repeating: 3, count: 32))
        let (salt, one, other) = (PeerSalt(using: &generator), PeerID(using: &generator), PeerID(using: &generator))
        let nonce = [UInt8](repeating: 5, count: Envelope.nonceBytes)
        let candidates = [
            Candidate(address: SocketAddress(ip: .v4(1), port: 2), kind: .host),
            Candidate(address: SocketAddress(ip: .v6(high: 1, low: 2), port: 2), kind: .serverReflexive),
        ]
        let contents: [Envelope.Content] = [
            .hello(nonce: nonce), .helloAnswer(echo: nonce, nonce: nonce),
            .offer(echo: nonce, nonce: nonce, attempt: nonce, candidates: candidates), .answer(attempt: nonce, candidates: candidates),
            .bye(echo: nonce),
        ]
        let laterContents: [Envelope.Content] = [
            .offer(
                echo: nonce, nonce: nonce, attempt: nonce, opening: [UInt8](repeating: 6, count: Envelope.openingBytes),
                candidates: candidates),
            .answer(attempt: nonce, reply: [UInt8](repeating: 7, count: Envelope.replyBytes), candidates: candidates),
            .candidates(echo: nonce, nonce: nonce, serial: 8, candidates: candidates, isAnswer: false),
            .candidates(echo: nonce, nonce: nonce, serial: 9, candidates: candidates, isAnswer: true),
        ]
        let boxes =
            contents.map { content in room.sealed(content, from: .said(one), to: other) }
            + (contents + laterContents).map { content in room.sealed(content, from: .salt(salt), to: other) }
        let plains = boxes.compactMap { room.opened($0) }
        let bodies = plains.map { plain in Array(plain[..<((plain.lastIndex { $0 != 0 } ?? 63) - 63)]) }
        let seeds = boxes.map { [0] + $0 } + plains.map { [1] + $0 } + bodies.map { [2] + $0 } + bodies.map { [6] + $0 }
        return Decoder(name: "envelope", seeds: seeds) { bytes in
            guard let first = bytes.first else { return .refused(0) }
            let rest = Array(bytes.dropFirst())
            // As the rendezvous may alter it, or as a member may seal it, to all or to one.
            let box = first & 2 != 0 ? room.signed(rest, isClosed: first & 4 != 0) : first & 1 == 0 ? rest : room.resealed(rest)
            return .plain { _ = try Envelope(opening: box, topic: room.topic, envelopeKey: room.keys.envelope, device: room.device) }
        }
    }

    static let jsonWords = [
        "{", "}", "[", "]", "\"", ":", ",", "null", "true", "1e308", "-0.0", "\\u0000", "\\ud800", "18446744073709551616",
    ]
    .map { Array($0.utf8) }

    /// What is said on a link: by members, by those who look for a mailbox, and by those who hold one.
    private static func beacon() -> Decoder {
        enum Said {
            case beacon([UInt8])
            case question(LinkQuestion)
            case answer(LinkAnswer)
        }
        let (keys, ip) = (Room().keys, IPAddress.v4(0xC0A8_0104))
        guard let peer = PeerID([UInt8](repeating: 7, count: 32)), let number = MailboxNumber(4711),
            let question = LinkQuestion(number: number, nonce: [UInt8](1...8))
        else { preconditionFailure("four digits are asked for on a link") }
        let beacons = (0..<4).map { index in
            Beacon(port: 40_000, peer: peer).sealed(under: keys, from: ip, nonce: [UInt8](repeating: index, count: Beacon.nonceCount))
        }
        let answer = LinkAnswer(to: question, port: 40_000, holder: [UInt8](1...8))
        return Decoder(canonical: "beacon", seeds: beacons + [question.encoded, answer.encoded]) { bytes -> Said in
            if Beacon.isBeacon(bytes) {
                guard Beacon.open(bytes, from: ip, under: [keys]) != nil else { throw WireError.unexpected }
                return .beacon(bytes)
            }
            return bytes.count == LinkAnswer.byteCount
                ? .answer(try LinkAnswer(decoding: bytes)) : .question(try LinkQuestion(decoding: bytes))
        } write: { said in
            switch said {
            case .beacon(let bytes): bytes
            case .question(let question): question.encoded
            case .answer(let answer): answer.encoded
            }
        }
    }

    private static var relayFrame: Decoder {
        let frames = [[7], [1, 2], Array(1...8)].map { RelayFrame.ToServer(sender: 7, receivers: $0, datagram: [1, 2, 3]) }
        return Decoder(canonical: "relay-frame", seeds: frames.map(\.encoded)) { bytes in
            try RelayFrame.ToServer(decoding: bytes)
        } write: { frame in
            frame.encoded
        }
    }

    private static var relayedFrame: Decoder {
        let frames = [1, 1200].map { RelayFrame.ToClient(receiver: 7, sender: 8, datagram: [UInt8](repeating: 9, count: $0)) }
        return Decoder(canonical: "relayed-frame", seeds: frames.map(\.encoded)) { bytes in
            try RelayFrame.ToClient(decoding: bytes)
        } write: { frame in
            frame.encoded
        }
    }

    private static func rendezvous() throws -> Decoder {
        let room = Room()
        let bytes64 = [UInt8](repeating: 3, count: 64)
        let toServer: [ClientMessage] = [
            .join(topic: room.topic, key: room.keys.topicKey.author, signature: bytes64),
            .send(topic: room.topic, to: 7, box: [1, 2, 3]), .send(topic: room.topic, to: nil, box: bytes64), .leave(topic: room.topic),
        ]
        guard let number = MailboxNumber(7) else { preconditionFailure("seven is a number of a mailbox") }
        let requests: [MailboxRequest] = [
            .open, .openLocal, .close(number), .knock(number, body: bytes64), .pass(number, visitor: 2, body: bytes64),
            .pass(number, visitor: nil, body: []), .dismiss(number, visitor: 2),
        ]
        let answers: [MailboxAnswer] = [
            .opened(number), .noMailbox(number), .noMailbox(nil), .busy(number), .knock(number, visitor: 2, body: bytes64),
            .pass(number, visitor: 2, body: []), .pass(number, visitor: nil, body: bytes64), .gone(number, visitor: 2),
            .gone(number, visitor: nil),
        ]
        let toClient: [ServerMessage] = [
            .welcome(nonce: [UInt8](repeating: 1, count: 32), stunPort: 3478, mailboxes: true, auth: .guest),
            .joined(topic: room.topic, member: 4, others: 2), .envelope(topic: room.topic, from: 9, box: bytes64), .refused(.topicFull),
            .refused(.tokenExpired),
        ]
        let allToServer = toServer + requests.map { .mailbox($0) }
        let allToClient = toClient + answers.map { .mailbox($0) }
        let seeds =
            try allToServer.map { [0] + (try RuntimeDecoders.json($0)) } + allToClient.map { [1] + (try RuntimeDecoders.json($0)) }
        let words = ["\"type\":", "\"box\":", "\"mailbox\":", "\"visitor\":"].map { Array($0.utf8) }
        return Decoder(name: "rendezvous", seeds: seeds, words: jsonWords + words) { bytes in
            guard let first = bytes.first else { return .refused(0) }
            let text = Array(bytes.dropFirst())
            return .plain {
                if first & 1 == 0 { _ = try RuntimeDecoders.clientMessage(text) } else { _ = try RuntimeDecoders.serverMessage(text) }
            }
        }
    }

    private static let macSecret = [UInt8](repeating: 7, count: 32)
    private static let keySet = Array(
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"\(Base64URL.encode(macSecret))\",\"alg\":\"HS256\",\"kid\":\"a\",\"use\":\"sig\"}]}".utf8)

    /// A token: as it is, or with a head or claims that are signed as they should be, so that what they say is read.
    private static func token() throws -> Decoder {
        let (head, claims) = (
            Array("{\"alg\":\"HS256\",\"kid\":\"a\"}".utf8), Array("{\"exp\":9,\"nbf\":1.5,\"aud\":[\"b\",\"c\"],\"sub\":\"d\"}".utf8)
        )
        let limits = Array("{\"exp\":1e1,\"aud\":\"c\",\"inkwire\":{\"topics\":1,\"relay\":64,\"mailboxes\":0}}".utf8)
        func signed(_ head: [UInt8], _ claims: [UInt8]) -> [UInt8] {
            let text = Array("\(Base64URL.encode(head)).\(Base64URL.encode(claims))".utf8)
            return text + [UInt8(ascii: ".")] + Array(Base64URL.encode(HMACSHA256.authenticate(text, key: macSecret)).utf8)
        }
        let keys = try AccessKeys(keySet: keySet, audience: "c")
        let words = ["\"alg\":", "\"none\"", "\"crit\":", "\"exp\":", "\"inkwire\":{", "1e400", "."].map { Array($0.utf8) }
        let seeds = [[0] + signed(head, claims), [0] + signed(head, limits), [1] + claims, [1] + limits, [2] + head]
        return Decoder(name: "token", seeds: seeds, words: jsonWords + words) { bytes in
            guard let first = bytes.first else { return .refused(0) }
            let rest = Array(bytes.dropFirst())
            let shown = first % 3 == 0 ? rest : first % 3 == 1 ? signed(head, rest) : signed(rest, claims)
            do throws(RendezvousRefusal) {
                _ = try keys.bearer(of: String(decoding: shown, as: UTF8.self), now: 5)
                return .accepted
            } catch {
                return .refused(RendezvousRefusal.allCases.firstIndex(of: error) ?? 0)
            }
        }
    }

    /// The files that tokens are taken by: a set of keys, or a list.
    private static var accessKeys: Decoder {
        let list = "# a\nabcdefghijklmnop name=b topics=1 relay=2 mailboxes=3\n0123456789abcdef-._~+/=\n"
        let words = ["\"kty\":\"OKP\"", "\"kty\":\"EC\"", "\"crv\":\"P-256\"", "\"x\":\"", "\"y\":\"", " topics=", " name=", "\n"].map {
            Array($0.utf8)
        }
        let edwards = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"
        let curve =
            "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}"
        let seeds = [[0] + keySet, [0] + Array(edwards.utf8), [0] + Array(curve.utf8), [1] + Array(list.utf8)]
        // A person's own file: read as a tree, and kept as keys and hashes.
        return Decoder(name: "access-keys", seeds: seeds, memoryFactor: 40, words: jsonWords + words) { bytes in
            guard let first = bytes.first else { return .refused(0) }
            let rest = Array(bytes.dropFirst())
            return .plain { if first & 1 == 0 { _ = try AccessKeys(keySet: rest) } else { _ = try AccessKeys(list: rest) } }
        }
    }

    /// What comes on a WebSocket once it is open, masked as a client's where the first byte says so.
    private static var webSocket: Decoder {
        func frame(_ opcode: UInt8, _ text: String, mask: [UInt8]?) -> [UInt8] {
            let body = Array(text.utf8).enumerated().map { $1 ^ (mask?[$0 % 4] ?? 0) }
            return [0x80 | opcode, UInt8(body.count) | (mask == nil ? 0 : 0x80)] + (mask ?? []) + body
        }
        let mask: [UInt8] = [1, 2, 3, 4]
        let pieces = [(1, "{\"type\":\"leave\"}"), (9, "x"), (10, ""), (8, "\u{3}\u{e8}bye"), (2, "binary")] as [(UInt8, String)]
        var seeds: [[UInt8]] = []
        for (opcode, text) in pieces { seeds += [[1] + frame(opcode, text, mask: mask), [0] + frame(opcode, text, mask: nil)] }
        seeds.append([1, 0x01, 0x82] + mask + [0x60, 0x60] + [0x80, 0x81] + mask + [0x60])
        seeds.append([1, 0x81, 0xFE, 0x01, 0x00] + mask + [UInt8](repeating: 0x20, count: 256))
        return Decoder(name: "websocket", seeds: seeds, words: [[0x81, 0xFF], [0x81, 0xFE], [0x88, 0x82], [0x01, 0x80], [0xC1, 0x80]]) {
            bytes in
            guard let first = bytes.first else { return .refused(0) }
            let channel = EmbeddedChannel()
            var (messages, isClosed) = (0, false)
            do {
                try RuntimeDecoders.addWebSocket(
                    to: channel.pipeline.syncOperations, isServer: first & 1 == 1, receive: { _ in messages += 1 },
                    closed: { _ in isClosed = true })
                try channel.writeInbound(ByteBuffer(bytes: bytes.dropFirst()))
                _ = try channel.finish(acceptAlreadyClosed: true)
            } catch {
                // It ended the connection with an error, as some do.
                _ = try? channel.finish(acceptAlreadyClosed: true)
                return .refused(8)
            }
            return messages > 0 ? .accepted : .refused(isClosed ? 9 : 10)
        }
    }

    // MARK: Hands and files

    private static var jsonLines: Decoder {
        let lines = [
            ##"{"do":"draw","id":"a","shape":{"kind":"rectangle","x":1,"y":2.5,"w":3,"h":4,"stroke":"#0072B2","text":"hi"}}"##,
            #"{"do":"stroke","points":[[0,0],[1,2],[3,4.25]],"x":0,"y":0,"over_ms":30,"ref":[1,{"a":null}]}"#,
            #"{"do":"set","id":"a","set":{"x":5,"fill":null,"stroke_width":3,"text":"x","points":[[1,1]]}}"#,
            #"{"do":"move","id":"a","by":[3,-4]}"#, #"{"do":"cursor","x":null,"y":null}"#, #"{"do":"say","text":"é板\n"}"#,
            #"{"do":"wait","for":"peers","count":2,"timeout_ms":5}"#, #"{"do":"quit"}"#,
        ]
        let points = (0..<Limits.pointsPerStroke).map { "[\($0),\($0 % 77)]" }.joined(separator: ",")
        let long = #"{"do":"stroke","x":0,"y":0,"points":["# + points + "]}"
        let words = jsonWords + ["\"do\":\"draw\"", "\"points\":[[", "\"x\":", "\"shape\":{"].map { Array($0.utf8) }
        // Foundation makes a tree of a line before we see it; a line comes from this person's own script and has at most 1 MiB.
        return Decoder(name: "json-lines", seeds: (lines + [long]).map { Array($0.utf8) }, memoryFactor: 32, words: words) { bytes in
            .plain { _ = try AutomationRequest(line: bytes) }
        }
    }

    private static func link() -> Decoder {
        let secret = Secret32([UInt8](repeating: 9, count: 32)) ?? .random()
        let hosts = [Invite.Host(name: "example.org", port: 443), Invite.Host(name: "fd00::1", port: 8443)]
        let invites = [
            Invite(
                rendezvous: hosts, usesTLS: true, direct: [SocketAddress(ip: .v4(0x0A00_0001), port: 4000)], roomSecret: secret,
                board: .zero),
            Invite(rendezvous: [], roomSecret: secret, board: .zero),
            Invite(rendezvous: hosts, roomSecret: secret, board: .zero, key: InviteKey(invite: .zero, seed: secret)),
        ]
        let words = ["inkwire://", "/?tls=1", "&direct=", "[::1]:5", ":65536", "#1.", "#2.", "%00", " "].map { Array($0.utf8) }
        return Decoder(name: "link", seeds: invites.map { Array($0.link.utf8) }, words: words) { bytes in
            .plain { _ = try Invite(link: String(decoding: bytes, as: UTF8.self)) }
        }
    }

    /// Bytes as they come in one piece, and in two with a pause between them.
    private static var terminal: Decoder {
        let texts = [
            "a\u{1B}[A\u{1B}[1;5C\u{1B}OP", "\u{1B}[<0;10;20M\u{1B}[<0;10;20m", "\u{1B}[M !!", "\u{1B}[200~pasted\r\ntext\u{1B}[201~q",
            "\u{1B}]11;rgb:0000/0000/0000\u{1B}\\", "\u{1B}P>|name\u{1B}\\", "é板👩‍👩‍👧", "\u{1B}[?1u\u{1B}[97;5u\u{1B}[I\u{1B}[O",
            "\u{1B}[[A\u{1B}[15~",
        ]
        let words = ["\u{1B}", "\u{1B}[", "\u{1B}[<", "\u{1B}[200~", "\u{1B}[201~", "\u{1B}O", "\u{1B}]", "\u{1B}\\", ";", "M", "~"]
        return Decoder(name: "terminal", seeds: texts.map { Array($0.utf8) }, words: words.map { Array($0.utf8) }) { bytes in
            var events = 0
            for cut in [bytes.count, bytes.count / 2] {
                var decoder = InputDecoder()
                var now = Instant.zero
                for piece in [bytes[..<cut], bytes[cut...]] {
                    decoder.receive(piece, now: now) { events += $0.count }
                    // What waits for its rest gives up.
                    for _ in 0..<8 {
                        guard let deadline = decoder.deadline else { break }
                        now = deadline
                        events += decoder.handleTimeout(now: now).count
                    }
                }
            }
            return events > 0 ? .accepted : .refused(1)
        }
    }

    /// One row of a board's file: a byte for the table, one for what is odd about it, then values, each behind its length.
    private static func row(_ drawn: Drawn) throws -> Decoder {
        let stand = try RowStand(
            meta: BoardMeta(board: drawn.board.id, roomSecret: Secret32([UInt8](repeating: 9, count: 32)) ?? .random(), name: "board"))
        func row(_ table: UInt8, _ values: [[UInt8]]) -> [UInt8] {
            [table, 0] + values.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 255)] + $0 }
        }
        var seeds = drawn.transactions.filter { $0.encoded.count < 2000 }.map { row(1, [$0.name.bytes, $0.author.bytes, $0.encoded]) }
        seeds += (0..<9).map { row(0, [[$0], Array("10.0.0.1:5\nx".utf8)]) }
        seeds += [row(2, [drawn.board.id.bytes, drawn.board.id.bytes, [1, 2]]), row(3, [drawn.board.id.bytes, [UInt8](1...8), []])]
        // The row is written first: its values lie here and in the database. It comes from this person's own disk.
        return Decoder(name: "row", seeds: seeds, memoryFactor: 4) { bytes in
            guard bytes.count >= 2, let table = RowStand.Table(rawValue: bytes[0] & 3) else { return .refused(0) }
            var (values, at): ([[UInt8]], Int) = ([], 2)
            while at + 2 <= bytes.count, values.count < 4 {
                let end = min(bytes.count, at + 2 + Int(bytes[at]) << 8 + Int(bytes[at + 1]))
                values.append(Array(bytes[at + 2..<end]))
                at = end
            }
            let odd = Int(bytes[1])
            return .plain {
                try stand.read(
                    table, values, asText: odd & 16 != 0 ? odd & 3 : nil, asNumber: odd & 32 != 0 ? odd >> 2 & 3 : nil,
                    isChecked: odd & 192 != 192)
            }
        }
    }
}
