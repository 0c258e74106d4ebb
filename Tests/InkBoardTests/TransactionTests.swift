import InkBoard
import InkCrypto
import InkPrimitives
import Testing

@Suite struct TransactionTests {
    /// The body again, from what was decoded.
    private static func reencode(_ transaction: Transaction) throws -> [UInt8] {
        try TransactionCodec.body(transaction.header, writes: transaction.writes.reversed()) + transaction.signature
    }

    @Test(arguments: seeds(60))
    func `BD-2: a transaction reads back as it was written`(seed: UInt64) throws {
        for transaction in union(try someHistory(seed: seed)) {
            let again = try Transaction(decoding: transaction.encoded)
            #expect(again == transaction && again.name == transaction.name && again.writes == transaction.writes)
            #expect(try Self.reencode(again) == transaction.encoded)
        }
    }

    @Test func `BD-2, BD-3: the bytes of version 1 are frozen`() throws {
        var person = try Replica(1, genesis: try genesis(by: try key(1)))
        #expect(Hex.encode(person.board.transactions[0].encoded.dropLast(64)) == Self.frozenGenesis)
        #expect(person.board.id.hex == "577a171371dcc627eca308c4a007ff1877ae16586cb61e4a47663f19628af933")
        let draft = ShapeDraft(
            kind: .line, position: Point(x: 80, y: -8), points: [.zero, Point(x: 64, y: 128)], stroke: Color(rgb: 0x0072B2))
        try person.draw(draft)
        // Everything after the board id and the author: what the drawing at `TransactionCodec` says.
        #expect(Hex.encode(person.board.transactions[1].encoded.dropFirst(65).dropLast(64)) == Self.frozenLine)
    }

    // Version, no board, the author; sequence 1, no parents, grant 0, lamport 1, wall time; nobody restored; one own target, number 0, four
    // edits: name, nonce, board version, admission; no other authors.
    private static let frozenGenesis =
        "01" + String(repeating: "0", count: 64) + "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
        + "01000001c000018bcfe5680000010004" + "280474657374" + "2a07070707070707070707070707070707" + "2c01" + "2e01" + "00"
    // Sequence 2; one parent; previous is the first of them; grant 0; lamport 2; wall time; nobody restored; one own target, number 1, five
    // edits: kind 4, position, points (2, both shifted: x by 6, y by 7), colour, depth; no other authors.
    private static let frozenLine =
        "0201577a171371dcc627eca308c4a007ff1877ae16586cb61e4a47663f19628af933000002c000018bcfe56800" + "00010105" + "0204" + "0440a00f"
        + "0802670022" + "0c800072b3" + "12026000" + "00"

    @Test func `BD-2: whatever mutated bytes decode to, they are its one encoding`() throws {
        var random = SplitMix64(seed: 99)
        var samples = (0..<4 as Range<UInt64>).flatMap { (try? someHistory(seed: $0)).map(union) ?? [] }.map(\.encoded)
        samples.sort { $0.count < $1.count }
        var decoded = 0
        for round in 0..<20_000 {
            var bytes = samples[random.below(samples.count)]
            for _ in 0..<(1 + random.below(3)) {
                // Past the identifiers, where the structure is; now and then anywhere.
                let index = round % 4 == 0 ? random.below(bytes.count) : min(bytes.count - 1, 65 + random.below(max(1, bytes.count - 129)))
                switch random.below(5) {
                case 0: bytes[index] = UInt8(random.below(256))
                case 1: bytes[index] ^= 1 << UInt8(random.below(8))
                case 2: bytes.remove(at: index)
                case 3: bytes.insert(UInt8(random.below(256)), at: index)
                default: bytes[index] = UInt8(random.below(6))
                }
            }
            guard let transaction = try? Transaction(decoding: bytes) else { continue }
            decoded += 1
            #expect(try Self.reencode(transaction) == bytes)
        }
        #expect(decoded > 100)
    }

    @Test func `BD-2: truncated or longer bytes are refused`() throws {
        let bytes = try genesis(by: try key(1)).encoded
        for count in 0..<bytes.count { #expect(throws: WireError.self) { try Transaction(decoding: Array(bytes.prefix(count))) } }
        #expect(throws: WireError.self) { try Transaction(decoding: bytes + [0]) }
        #expect(throws: WireError.limitExceeded) { try Transaction(decoding: Array(repeating: 1, count: 65_537)) }
    }

    @Test func `BD-126: a count that promises more than was sent allocates nothing`() throws {
        let person = try Replica(2, genesis: try genesis(by: try key(1)))
        var writer = ByteWriter()
        writer.write(1 as UInt8)
        writer.write(person.board.id)
        writer.write(person.author)
        writer.writeVarint(1)
        writer.writeVarint(1)
        writer.write(person.board.heads[0])
        writer.write(0 as UInt8)
        writer.writeVarint(2)
        writer.writeVarint(0)
        let start = writer.bytes
        // Restored authors, own targets, other authors, edits of a target, points: each far beyond the bytes that follow.
        for tail in [[0x50, 0], [0, 0x50, 0], [0, 0, 0x50, 0], [0, 1, 1, 0x50, 0], [0, 1, 1, 1, 8, 0x67, 0x10, 0]] as [[UInt8]] {
            #expect(throws: WireError.self) { try Transaction(decoding: start + tail + Array(repeating: 0, count: 64)) }
        }
    }

    @Test func `BD-2: an author in the table of the restored whom nothing restores is refused`() throws {
        let person = try Replica(2, genesis: try genesis(by: try key(1)))
        let header = TransactionHeader(
            board: person.board.id, author: person.author, sequence: 1, previous: .zero,
            grant: TransactionName(person.board.id.bytes) ?? .zero,
            parents: person.board.heads, lamport: 2, claimedWallTime: 0)
        let other = try key(3).author
        let target = ShapeID(author: person.author, number: 1)
        let plain = try TransactionCodec.body(header, writes: [Write(target, .text, .text(""))])
        let restoring = try TransactionCodec.body(
            header, writes: [Write(target, .text, .text(""), restores: .transaction(author: other, sequence: 5))])
        // The two differ in the table, in the tag of the edit and in the origin behind it.
        #expect(restoring.count == plain.count + 32 + 2)
        #expect((try? Transaction(decoding: restoring + Array(repeating: 0, count: 64)))?.writes[0].restores != nil)
        let tableIndex = plain.count - 7
        #expect(plain[tableIndex] == 0)
        let unused = plain[..<tableIndex] + [1] + other.bytes + plain[(tableIndex + 1)...]
        #expect(throws: WireError.nonCanonical) { try Transaction(decoding: unused + Array(repeating: 0, count: 64)) }
    }

    @Test func `BD-3: the name is the hash of the body and the signature covers the domain and the body`() throws {
        let owner = try key(1)
        let transaction = try genesis(by: owner)
        let body = Array(transaction.encoded.dropLast(64))
        #expect(transaction.name.bytes == Blake2b.hash256(body))
        #expect(transaction.hasValidSignature)
        #expect(Signature.verify(transaction.signature, of: Array("inkwire/1 transaction".utf8) + body, by: owner.author))
        for index in [40, body.count - 1, body.count, body.count + 63] {
            var bytes = transaction.encoded
            bytes[index] ^= 1
            #expect((try? Transaction(decoding: bytes))?.hasValidSignature != true)
        }
    }

    @Test func `BD-2: writes are canonical in any order and two alike are refused`() throws {
        var person = try Replica(1, genesis: try genesis(by: try key(1)))
        let foreign = ShapeID(author: try key(3).author, number: 4)
        let own = ShapeID(author: person.author, number: 4)
        let writes = [
            Write(foreign, .position, .point(Point(x: 1, y: -1))), Write(own, .text, .text("a")), Write(own, .kind, .kind(1)),
            Write(foreign, .fill, .color(Color(rgb: 0xABCDEF)), restores: .unwritten),
        ]
        let transaction = try person.write(writes)
        #expect(transaction.writes.map(\.property) == [.kind, .text, .position, .fill])
        #expect(throws: RuleViolation.writesNotDistinct) { try person.write([writes[1], writes[1]]) }
        #expect(throws: RuleViolation.writesNotDistinct) { try person.write([]) }
        #expect(person.board.transactionCount == 2)
    }

    @Test func `BD-2: what exceeds a limit is refused when written`() throws {
        var person = try Replica(1, genesis: try genesis(by: try key(1)))
        let id = ShapeID(author: person.author, number: 1)
        let bad: [Write] = [
            Write(id, .position, .point(Point(x: Limits.coordinate + 1, y: 0))), Write(id, .size, .size(Size(width: -1, height: 0))),
            Write(id, .text, .text(String(repeating: "x", count: Limits.textBytes + 1))), Write(id, .strokeWidth, .strokeWidth(2048)),
            Write(id, .label, .text(String(repeating: "x", count: 65))), Write(id, .kind, .kind(64)),
            Write(id, .points, .points(Array(repeating: .zero, count: 10_001))), Write(id, .chat, .text("on a shape")),
            Write(ShapeID(author: person.author, number: 0), .kind, .kind(1)), Write(id, Property(rawValue: 13), .mark),
            Write(ShapeID(author: try key(2).author, number: 0), .displayName, .text("not me")),
            Write(ShapeID(author: person.author, number: 0), .boardName, .text("only in genesis")),
            Write(id, .retraction, .names([])), Write(id, .text, .text("a"), restores: nil),
            Write(id, .kind, .kind(1), restores: .unwritten), Write(ShapeID(author: person.author, number: 1 << 53), .kind, .kind(1)),
        ]
        for write in bad where write != Write(id, .text, .text("a")) {
            #expect(throws: RuleViolation.self, "\(write)") { try person.write([write]) }
        }
        let many = (1...4097).map { Write(ShapeID(author: person.author, number: UInt64($0)), .deletion, .mark) }
        #expect(throws: RuleViolation.tooLarge) { try person.write(many) }
        try person.write(Array(many.dropLast()))
        let texts = (1...5).map {
            Write(ShapeID(author: person.author, number: $0), .text, .text(String(repeating: "x", count: Limits.textBytes)))
        }
        #expect(throws: RuleViolation.tooLarge) { try person.write(texts) }
        #expect(person.board.transactionCount == 2)
    }

    @Test func `BD-9: properties that nobody knows here are kept and forwarded`() throws {
        var person = try Replica(1, genesis: try genesis(by: try key(1)))
        let id = try person.draw(ShapeDraft(kind: .rectangle, position: .zero))
        let write = Write(id, Property(rawValue: 700), .bytes([1, 2, 3]))
        let sent = try person.write([write, Write(id, .text, .text("known too"))])
        let received = try Transaction(decoding: sent.encoded)
        #expect(received.writes.contains(write))
        #expect(person.board.shape(id)?.content.text == "known too")
        try person.undo()
        #expect(person.board.transactions.last?.writes.contains { $0.property == write.property && $0.value == .bytes([]) } == true)
    }

    @Test func `BD-131: a shape of an unknown kind is kept and not shown`() throws {
        var person = try Replica(1, genesis: try genesis(by: try key(1)))
        let id = ShapeID(author: person.author, number: 1)
        try person.write([Write(id, .kind, .kind(60)), Write(id, .position, .point(.zero))])
        #expect(person.board.shapes.isEmpty && person.board.shape(id) == nil)
        #expect(person.board.freeShapeNumber(of: person.author, from: 1) == 2)
    }

    @Test func `BD-2: a box costs about a hundred and ninety bytes with its signature`() throws {
        var person = try Replica(2, genesis: try genesis(by: try key(1)))
        try person.say("first")
        let id = try person.draw(ShapeDraft(kind: .rectangle, position: Point(x: 640, y: 640), size: Size(width: 768, height: 512)))
        #expect(person.board.transactions[2].encoded.count <= 200)
        try person.move(id, by: Point(x: 8, y: 8))
        #expect(person.board.transactions[3].encoded.count <= 190)
    }
}
