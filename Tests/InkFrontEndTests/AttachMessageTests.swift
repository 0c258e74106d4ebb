import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct AttachMessageTests {
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `FE-14: every message reads back as it was written`(seed: UInt64) throws {
        var inventor = Inventor(seed: seed)
        for request in inventor.requests() { #expect(try AttachRequest(decoding: request.encode()) == request, "seed \(seed)") }
        for reply in inventor.replies() { #expect(try AttachReply(decoding: reply.encode()) == reply, "seed \(seed)") }
    }

    @Test func `FE-14: each intent and each event has the tag of the page, and is tried here`() {
        var inventor = Inventor(seed: 1)
        let (intents, events) = (inventor.intents(), inventor.events())
        #expect(Set(intents.map(Self.tag)) == Set(1...28).union([40, 41, 45, 50, 60]))
        #expect(Set(events.map(Self.tag)) == Set(1...27).union([60, 61, 62, 65, 70, 80, 81]))
        for intent in intents { #expect(AttachRequest.intent(intent, ref: nil).encode()[2] == Self.tag(intent)) }
        for event in events { #expect(AttachReply.event(event).encode()[1] == Self.tag(event)) }
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `FE-14: shortened and lengthened messages are refused`(seed: UInt64) {
        var inventor = Inventor(seed: seed)
        for request in inventor.requests() where !request.isOfAnotherVersion {
            let bytes = request.encode()
            for count in 0..<bytes.count { #expect(throws: WireError.self) { try AttachRequest(decoding: Array(bytes.prefix(count))) } }
            #expect(throws: WireError.trailingBytes(1)) { try AttachRequest(decoding: bytes + [0]) }
        }
        for reply in inventor.replies() where !reply.isOfAnotherVersion {
            let bytes = reply.encode()
            for count in 0..<bytes.count { #expect(throws: WireError.self) { try AttachReply(decoding: Array(bytes.prefix(count))) } }
            #expect(throws: WireError.trailingBytes(1)) { try AttachReply(decoding: bytes + [0]) }
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `FE-14: a message with other bits is refused, or is the one spelling of another message`(seed: UInt64) {
        var (inventor, random) = (Inventor(seed: seed), SplitMix64(seed: seed))
        func damaged(_ bytes: [UInt8]) -> [UInt8] {
            var bytes = bytes
            for _ in 0...random.below(3) {
                // The front more often than the rest: there stand tags and counts.
                let place = random.below(random.chance(0.5) ? min(16, bytes.count) : bytes.count)
                bytes[place] = random.chance(0.5) ? bytes[place] ^ 1 << UInt8(random.below(8)) : UInt8(random.below(256))
            }
            if random.chance(0.2) { bytes.removeLast(random.below(bytes.count)) }
            return bytes
        }
        for request in inventor.requests() {
            let bytes = damaged(request.encode())
            guard let read = try? AttachRequest(decoding: bytes), !read.isOfAnotherVersion else { continue }
            #expect(read.encode() == bytes, "seed \(seed)")
        }
        for reply in inventor.replies() {
            let bytes = damaged(reply.encode())
            guard let read = try? AttachReply(decoding: bytes), !read.isOfAnotherVersion else { continue }
            #expect(read.encode() == bytes, "seed \(seed)")
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `FE-14, FE-160: garbage is refused`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<50 {
            // Small numbers are tags, so that some of it gets far.
            let bytes = (0..<random.below(300)).map { _ in UInt8(random.below(random.chance(0.7) ? 8 : 256)) }
            if let request = try? AttachRequest(decoding: bytes) { #expect(request.encode() == bytes) }
            if let reply = try? AttachReply(decoding: bytes) { #expect(reply.encode() == bytes) }
        }
    }

    @Test func `FE-160: a count that promises more than was sent allocates nothing`() {
        let many: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        let rest = [UInt8](repeating: 0, count: 80)
        let shape = [UInt8](repeating: 0, count: 40)
        // References of a hello; shapes drawn, changed, moved, deleted; samples; texts; each far beyond what follows.
        let hello = Array("INKA".utf8) + [0, UInt8(AttachProtocol.version)] + [UInt8](repeating: 0, count: 8)
        let requests: [[UInt8]] = [
            hello, [1, 0, 2], [1, 0, 3] + shape, [1, 0, 4], [1, 0, 6], [1, 0, 7], [1, 0, 11, 0], [1, 0, 11, 1], [1, 0, 16], [1, 0, 18],
            [1, 0, 19] + shape,
        ]
        for start in requests {
            for count in [many, [0x80, 0, 0xFF, 0xFF]] {
                #expect(throws: WireError.self, "\(start)") { try AttachRequest(decoding: start + count + rest) }
            }
        }
        let name = [UInt8](repeating: 0, count: 32)
        let number = [UInt8](repeating: 0, count: 8)
        let replies: [[UInt8]] = [
            [4, 2], [4, 3] + number + [3], [4, 5] + name + [0] + number + [2], [4, 6] + name + [0], [5] + number + [1],
            [5] + number + [2] + name + number, [5] + number + [4], [5] + number + [5],
        ]
        for start in replies { #expect(throws: WireError.self, "\(start)") { try AttachReply(decoding: start + many + rest) } }
    }

    @Test func `FE-14: second spellings are refused`() throws {
        // A path that the board could hold, in the plain form; a truth that is neither; a colour with too many bits; a share below nothing.
        #expect(throws: WireError.nonCanonical) { try AttachRequest(decoding: [1, 0, 11, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1]) }
        #expect(throws: WireError.unexpected) { try AttachRequest(decoding: [1, 2, 8]) }
        let shape = [UInt8](repeating: 0, count: 40)
        #expect(throws: WireError.limitExceeded) { try AttachRequest(decoding: [1, 0, 3] + shape + [1, 5, 1, 0, 0, 1]) }
        // A place in the depth order whose fraction ends in a zero.
        #expect(throws: WireError.nonCanonical) { try AttachRequest(decoding: [1, 0, 3] + shape + [1, 8, 2, 0, 0]) }
        // Properties that are not known, in another order than theirs, empty, and one that is known.
        let id = ShapeID(author: .zero, number: 1)
        let content = ShapeDraft(kind: .rectangle, position: .zero)
        func bytes(_ extra: [ExtraProperty]) -> [UInt8] {
            let shape = Shape(id: id, content: content, depth: .first, extra: extra)
            return AttachReply.event(.changed([ShapeChange(kind: .added, id: id, author: .zero, shape: shape)], ref: nil)).encode()
        }
        let (first, second) = ([0, 100, 1, 5] as [UInt8], [0, 101, 1, 6] as [UInt8])
        let both = [100, 101].map { ExtraProperty(property: Property(rawValue: $0), bytes: [UInt8($0 - 95)]) }
        let told = bytes(both)
        let end = try #require(told.ranges(of: first + second).first)
        #expect(try AttachReply(decoding: told).encode() == told)
        for wrong in [second + first, first + first, [0, 100, 0], [0, 31, 1, 5], [0, 32, 1, 5]] as [[UInt8]] {
            var bad = told
            bad[end.lowerBound - 1] = UInt8(wrong.count > 4 ? 2 : 1)
            bad.replaceSubrange(end, with: wrong)
            #expect(throws: WireError.self, "\(wrong)") { try AttachReply(decoding: bad) }
        }
        let link = AttachReply.answer(0, .links([LinkReport(peer: .zero, loss: -0.0)], datagrams: DatagramReport())).encode()
        #expect(throws: WireError.limitExceeded) { try AttachReply(decoding: link) }
        // A place that no program can have.
        var typing = AttachReply.event(.cursor(LiveSource(peer: .zero), [])).encode()
        typing[34] = UInt8(FrontEndID.countMax)
        #expect(throws: WireError.unexpected) { try AttachReply(decoding: typing) }
    }

    @Test func `FE-15: an intent arrives as it was asked, though the board will refuse it`() throws {
        let endless = (0..<Int32(Limits.pointsPerStroke) * 2).map { Point(x: $0, y: -$0) }
        let draft = ShapeDraft(
            kind: .freehand, position: Point(x: .min, y: .max), size: Size(width: -1, height: .min), points: endless,
            text: String(repeating: "x", count: Limits.textBytes * 2), strokeWidth: .max, label: String(repeating: "ö", count: 100))
        let far = [Point(x: Limits.coordinate, y: -Limits.coordinate), Point(x: Limits.coordinate + 1, y: 0)]
        let intents: [Intent] = [
            .draw(draft), .extend(endless), .extend(far), .say(String(repeating: "y", count: Limits.chatBytes * 2)),
            .rename(String(repeating: "z", count: Limits.nameBytes * 2)), .move([ShapeID(author: .zero, number: .max)], by: far[1]),
            .set(ShapeID(author: .zero, number: 0), [.strokeWidth(.max), .position(far[1])]),
        ]
        for intent in intents {
            let request = AttachRequest.intent(intent, ref: .max)
            #expect(try AttachRequest(decoding: request.encode()) == request)
        }
    }

    @Test func `FE-159: programs of two versions can tell each other, whatever else they say`() throws {
        let (older, newer): (UInt16, UInt16) = (AttachProtocol.version - 1, AttachProtocol.version + 1)
        for theirs in [older, newer, .max] {
            let head = Array("INKA".utf8) + [UInt8(theirs >> 8), UInt8(theirs & 255)]
            for tail in [[], [1, 2, 3], [UInt8](repeating: 0xFF, count: 100)] as [[UInt8]] {
                #expect(
                    try AttachRequest(decoding: head + tail) == .hello(AttachRequest.Hello(version: theirs, strand: 0, pending: [])))
                #expect(try AttachReply(decoding: head + tail) == .refused(.version(theirs)))
            }
            #expect(AttachReply.refused(.version(theirs)).encode() == head)
        }
        #expect(AttachRefusal.version(newer).description.contains("newer") && AttachRefusal.version(older).description.contains("older"))
        // Of our own version the rest is read, and refused where it is wrong.
        #expect(throws: WireError.self) { try AttachRequest(decoding: Array("INKA".utf8) + [0, UInt8(AttachProtocol.version)]) }
    }

    @Test func `FE-13: the bytes are those of the page`() {
        #expect(
            Hex.encode(AttachRequest.hello(AttachRequest.Hello(strand: 7, pending: [9])).encode())
                == "494e4b41" + "0011" + "0000000000000007" + "01" + "0000000000000009")
        #expect(
            Hex.encode(AttachRequest.intent(.cursor(Point(x: 8, y: -8)), ref: nil).encode()) == "01" + "00" + "0f" + "01"
                + "00000008fffffff8")
        #expect(Hex.encode(AttachRequest.question(3, .status).encode()) == "02" + "0000000000000003" + "03")
    }

    @Test func `FE-160: a hello names as many references as a program can have, and a program that says more is refused`() throws {
        let most = AttachRequest.Hello.pendingMax
        let hello = AttachRequest.hello(AttachRequest.Hello(strand: 1, pending: (0..<UInt64(most)).map { $0 }))
        // Within what the holder takes in one frame.
        #expect(hello.encode().count < 1 << 20)
        #expect(try AttachRequest(decoding: hello.encode()) == hello)
        var writer = ByteWriter()
        writer.write(hello.encode().prefix(14))
        writer.writeVarint(most + 1)
        writer.write([UInt8](repeating: 0, count: (most + 1) * 8))
        #expect(throws: WireError.limitExceeded) { try AttachRequest(decoding: writer.bytes) }
    }

    /// A case more does not compile until it stands here; then it wants to be invented, which proves that it reads back, and a line on the page.
    private static func tag(_ intent: Intent) -> UInt8 {
        switch intent {
        case .draw: 1
        case .drawAll: 2
        case .set: 3
        case .setAll: 4
        case .amend: 5
        case .move: 6
        case .delete: 7
        case .undo: 8
        case .redo: 9
        case .begin: 10
        case .extend: 11
        case .update: 12
        case .commit: 13
        case .cancel: 14
        case .cursor: 15
        case .say: 16
        case .typing: 17
        case .rename: 18
        case .type: 19
        case .resize: 20
        case .setEach: 21
        case .laser: 22
        case .view: 23
        case .lookHere: 24
        case .change: 25
        case .invite: 26
        case .grant: 27
        case .remove: 28
        case .attention: 60
        case .verify: 45
        case .resend: 40
        case .readChat: 41
        case .calm: 50
        }
    }

    /// As for intents.
    private static func tag(_ event: Event) -> UInt8 {
        switch event {
        case .ready: 1
        case .changed: 2
        case .outcome: 3
        case .peer: 4
        case .gesture: 5
        case .cursor: 6
        case .typing: 7
        case .chat: 8
        case .sync: 9
        case .rendezvous: 10
        case .tokens(.asked): 80
        case .tokens(.refused): 81
        case .rejected: 11
        case .fork: 12
        case .versionMismatch: 13
        case .stopped: 14
        case .textMerged: 15
        case .restoring: 16
        case .duplicateDevice: 17
        case .meeting: 19
        case .knownName: 18
        case .view: 20
        case .lookHere: 21
        case .invited: 22
        case .rights(.role): 23
        case .rights(.removed): 24
        case .notAdmitted: 25
        case .chatsGone: 26
        case .code: 27
        case .identity: 65
        case .chatState: 60
        case .chatPage: 61
        case .typingEnded: 62
        case .calm: 70
        }
    }
}

extension AttachRequest {
    /// What follows the version is not looked at, so that it has no one spelling.
    fileprivate var isOfAnotherVersion: Bool {
        if case .hello(let hello) = self { hello.version != AttachProtocol.version } else { false }
    }
}

extension AttachReply {
    /// What follows the version is not looked at, so that it has no one spelling.
    fileprivate var isOfAnotherVersion: Bool {
        if case .refused(.version) = self { true } else { false }
    }
}
