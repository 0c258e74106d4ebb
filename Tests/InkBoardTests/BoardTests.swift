import InkCrypto
import InkPrimitives
import Testing

@testable import InkBoard

@Suite struct BoardTests {
    private static let box = ShapeDraft(kind: .rectangle, position: Point(x: 80, y: 80), size: Size(width: 64, height: 64))

    private static func people(_ count: UInt8) throws -> [Replica] {
        let first = try genesis(by: try key(1))
        return try (1...count).map { try Replica($0, genesis: first) }
    }

    /// A transaction of `person` with one field changed, signed anew.
    private static func forged(_ person: Replica, _ change: (inout TransactionHeader) -> Void) throws -> Transaction {
        var copy = person
        var header = try copy.say("true").header
        change(&header)
        let text = Write(ShapeID(author: person.author, number: 0), .chat, .text("forged"))
        return try Transaction.sign(header, writes: [text], key: person.key)
    }

    @Test func `BD-4: genesis fixes owner, name and policy, and two boards differ by their nonce`() throws {
        let owner = try key(1)
        let board = try Board(genesis: try genesis(by: owner, name: "Ärger & Tee"))
        #expect(board.owner == owner.author && board.name == "Ärger & Tee" && board.admission == .secret)
        #expect(board.id.bytes == board.heads[0].bytes && board.transactionCount == 1 && board.lamport == 1)
        let other = try Board.makeGenesis(owner: owner, name: "Ärger & Tee", wallTime: 0, nonce: Array(repeating: 8, count: 16))
        #expect(other.name.bytes != board.id.bytes)
        #expect(throws: RuleViolation.badValue(field: "name")) { try genesis(by: owner, name: String(repeating: "x", count: 65)) }
        #expect(throws: RuleViolation.badValue(field: "nonce")) {
            try Board.makeGenesis(owner: owner, name: "", wallTime: 0, nonce: [])
        }
        var person = try Replica(1, genesis: try genesis(by: owner))
        let later = try person.say("not the first")
        #expect(throws: RuleViolation.notGenesis) { try Board(genesis: later) }
        #expect(person.board.insert(other).result == .invalid(.otherBoard))
    }

    @Test func `BD-4: a board of a version or policy that we do not know is not opened`() throws {
        let owner = try key(1)
        let person = ShapeID(author: owner.author, number: 0)
        let secret = Write(person, .firstSecret, .bytes(Array(repeating: 9, count: 32)))
        let refused: [(UInt64, UInt64, Bool)] = [
            (2, 1, true), (1, 2, true), (3, 2, true), (3, 3, true), (2, 258, true), (2, 2, false), (1, 1, true),
        ]
        for (version, policy, hasSecret) in refused {
            let first = try Transaction.sign(
                try genesis(by: owner).header,
                writes: [
                    Write(person, .boardName, .text("new")), Write(person, .nonce, .bytes(Array(repeating: 1, count: 16))),
                    Write(person, .boardVersion, .number(version)), Write(person, .admission, .number(policy)),
                ] + (hasSecret ? [secret] : []), key: owner)
            #expect(throws: RuleViolation.unknownVersion) { try Board(genesis: first, newest: .max) }
        }
    }

    @Test func `BD-4: lamport, previous, sequence, grant and board must be right`() throws {
        var people = try Self.people(2)
        let mine = try people[0].say("mine")
        people[1].receive(people[0])
        try people[1].say("theirs")
        people[0].receive(people[1])
        let ana = people[0]
        let cases: [(RuleViolation, (inout TransactionHeader) -> Void)] = [
            (.wrongLamport(expected: 4), { $0.lamport += 1 }), (.wrongLamport(expected: 4), { $0.lamport -= 1 }),
            (.wrongPrevious, { $0.sequence += 1 }), (.wrongPrevious, { $0.sequence -= 1 }),
            (.noRight, { $0.grant = mine.name }), (.otherBoard, { $0.board = BoardID(mine.name.bytes) ?? .zero }),
            (
                .wrongPrevious,
                { header in
                    header.previous = people[1].board.heads[0]
                    header.parents = [header.previous]
                }
            ),
        ]
        for (violation, change) in cases {
            var board = ana.board
            let forged = try Self.forged(ana, change)
            #expect(board.insert(forged).result == .invalid(violation))
            #expect(!board.contains(forged.name) && board.fingerprint == ana.board.fingerprint)
        }
        var board = ana.board
        #expect(board.insert(try Self.forged(ana) { _ in }).result == .inserted)
    }

    @Test func `BD-127: what builds on what was refused is refused, whichever comes first`() throws {
        let people = try Self.people(1)
        var bad = try Self.forged(people[0]) { $0.lamport += 5 }.header
        let refused = try Self.forged(people[0]) { $0.lamport += 5 }
        bad.sequence += 1
        (bad.previous, bad.parents, bad.lamport) = (refused.name, [refused.name], bad.lamport + 1)
        let text = Write(ShapeID(author: people[0].author, number: 0), .chat, .text("child"))
        let child = try Transaction.sign(bad, writes: [text], key: people[0].key)
        var board = people[0].board
        #expect(board.insert(child).result == .orphan(missing: [refused.name]))
        #expect(board.missing == [refused.name])
        let outcome = board.insert(refused)
        #expect(outcome.rejected.map(\.name) == [child.name])
        #expect(board.orphanCount == 0 && board.missing.isEmpty && board.transactionCount == 1)
        #expect(board.insert(child).result == .invalid(.refusedParent(refused.name)))
    }

    @Test func `BD-5, BD-128: concurrent move and recolour keep both, and the later stamp wins one property`() throws {
        var people = try Self.people(2)
        let id = try people[0].draw(Self.box)
        people[1].receive(people[0])
        try people[0].move(id, by: Point(x: 8, y: 0))
        try people[1].set(id, .stroke(Color(rgb: 0xFF0000)))
        try people[1].move(id, by: Point(x: 0, y: 8))
        people[0].receive(people[1])
        people[1].receive(people[0])
        #expect(people[0].board.shapes == people[1].board.shapes)
        let content = try #require(people[0].board.shape(id)?.content)
        #expect(content.stroke == Color(rgb: 0xFF0000))
        // Bob's move has the greater lamport number: it follows his recolouring.
        #expect(content.position == Point(x: 80, y: 88))
    }

    @Test func `BD-6, BD-129: deletion wins over concurrent edits and only the mark's author takes it back`() throws {
        var people = try Self.people(2)
        let id = try people[0].draw(Self.box)
        people[1].receive(people[0])
        try people[1].delete(id)
        let mark = try #require(people[1].board.transactions.last?.name)
        for step in 1...5 { try people[0].move(id, by: Point(x: Int32(step), y: 0)) }
        people[0].receive(people[1])
        #expect(people[0].board.shape(id) == nil)
        try people[0].write([Write(id, .retraction, .names([mark]))])
        #expect(people[0].board.shape(id) == nil)
        people[1].receive(people[0])
        try people[1].write([Write(id, .retraction, .names([mark]))])
        #expect(people[1].board.shape(id)?.content.position.x == 95)
        #expect(throws: RuleViolation.noSuchShape(ShapeID(author: people[0].author, number: 9))) {
            try people[0].delete(ShapeID(author: people[0].author, number: 9))
        }
    }

    @Test func `BD-6, BD-129: a retraction works whether it or its mark comes first, another's never`() throws {
        var people = try Self.people(2)
        let id = try people[1].draw(Self.box)
        people[0].receive(people[1])
        let drawn = people[0].board
        var copy = people[0]
        try people[0].delete(id)
        let mark = try #require(people[0].board.transactions.last)
        // Neither descends from the mark, so either may come before it.
        let own = try copy.write([Write(id, .retraction, .names([mark.name]))])
        let foreign = try people[1].write([Write(id, .retraction, .names([mark.name]))])
        for order in [[mark, own], [own, mark], [mark, foreign, own], [foreign, own, mark], [own, foreign, mark]] {
            var board = drawn
            for transaction in order { #expect(board.insert(transaction).result == .inserted) }
            #expect(board.shape(id) != nil)
        }
        for order in [[mark, foreign], [foreign, mark]] {
            var board = drawn
            for transaction in order { #expect(board.insert(transaction).result == .inserted) }
            #expect(board.shape(id) == nil)
        }
    }

    @Test func `BD-7: the samples of a stroke are its maker's first`() throws {
        var people = try Self.people(2)
        let points = [Point.zero, Point(x: 10, y: 10)]
        let id = try people[0].draw(ShapeDraft(kind: .freehand, position: .zero, points: points))
        people[1].receive(people[0])
        try people[1].write([Write(id, .points, .points([.zero]))])
        try people[1].write([Write(id, .kind, .kind(ShapeKind.line.rawValue)), Write(id, .label, .text("mine now"))])
        try people[0].write([Write(id, .points, .points([Point(x: 5, y: 5)]))])
        people[0].receive(people[1])
        people[1].receive(people[0])
        for person in people {
            #expect(person.board.shape(id)?.content.points == points)
            #expect(person.board.shape(id)?.content.kind == .freehand && person.board.shape(id)?.content.label == "")
        }
        #expect(throws: RuleViolation.badValue(field: "points")) { try people[0].set(id, .points([])) }
    }

    @Test func `BD-7: samples that another wrote before the stroke was there have no effect`() throws {
        var people = try Self.people(2)
        let id = ShapeID(author: people[0].author, number: 1)
        try people[1].write([Write(id, .points, .points([.zero])), Write(id, .kind, .kind(ShapeKind.note.rawValue))])
        people[0].receive(people[1])
        let points = [Point.zero, Point(x: 10, y: 10)]
        let stroke = ShapeDraft(kind: .freehand, position: .zero, points: points)
        try people[0].write(try people[0].board.writes(for: stroke, number: 1, by: people[0].author))
        #expect(people[0].board.shape(id)?.content.points == points && people[0].board.shape(id)?.content.kind == .freehand)
        people[1].receive(people[0])
        #expect(people[1].board.shapes == people[0].board.shapes)
    }

    @Test func `BD-130: the corners of a line are anybody's to move`() throws {
        var people = try Self.people(2)
        let id = try people[0].draw(ShapeDraft(kind: .line, position: .zero, points: [.zero, Point(x: 80, y: 0)]))
        people[1].receive(people[0])
        try people[1].set(id, .points([.zero, Point(x: 0, y: 80)]))
        people[0].receive(people[1])
        #expect(people[0].board.shape(id)?.content.points.last == Point(x: 0, y: 80))
        try people[1].undo()
        #expect(people[1].board.shape(id)?.content.points.last == Point(x: 80, y: 0))
    }

    @Test func `BD-8: a fork stays, is reported with its proof, and both sides agree`() throws {
        var people = try Self.people(2)
        var copy = people[1]
        try people[1].draw(Self.box)
        try copy.draw(ShapeDraft(kind: .ellipse, position: .zero))
        try copy.say("further on this side")
        people[0].receive(people[1])
        let outcome = people[0].board.insert(copy.board.transactions[1])
        let fork = Fork(author: people[1].author, sequence: 1)
        #expect(outcome.forks == [fork] && people[0].board.forks == [fork])
        #expect(people[0].board.transactions(of: fork.author, sequence: 1).count == 2)
        people[0].receive(copy)
        copy.receive(people[0])
        #expect(Sight(people[0].board) == Sight(copy.board))
        #expect(copy.board.contiguousSequence(of: copy.author) == 2 && copy.board.nextSequence(of: copy.author) == 3)
        #expect(people[0].board.transactions(of: fork.author, from: 1).count == 3)
        // The copy goes on after the branch that is longer.
        try copy.say("one log again")
        #expect(copy.board.transactions.last?.sequence == 3)
    }

    @Test func `BD-132: orphans wait, name what is missing, and enter parents first`() throws {
        var people = try Self.people(2)
        for text in ["a", "b", "c", "d"] { try people[0].say(text) }
        let said = people[0].board.transactions
        for transaction in said[2...].reversed() {
            #expect(people[1].board.insert(transaction).result == .orphan(missing: transaction.parents))
        }
        #expect(people[1].board.missing == [said[1].name] && people[1].board.orphanCount == 3)
        let outcome = people[1].board.insert(said[1])
        #expect(outcome.inserted.map(\.name) == said[1...].map(\.name))
        #expect(outcome.chats.map(\.text) == ["a", "b", "c", "d"])
        #expect(people[1].board.missing.isEmpty && people[1].board.orphanByteCount == 0)
        #expect(people[1].board.insert(said[2]).result == .duplicate)
    }

    @Test func `BD-10: orphans are bounded, the oldest go first, and what went can come again`() throws {
        var people = try Self.people(1)
        for index in 0..<60 { try people[0].say("\(index)") }
        let said = people[0].board.transactions
        // Each misses one parent.
        let size = OrphanPool.cost(of: said[5], missing: 1)
        var board = try Board(genesis: said[0], orphanBytes: size * 10 + size / 2)
        for transaction in said[2...] {
            _ = board.insert(transaction)
            #expect(board.orphanByteCount <= size * 10 + size / 2)
        }
        #expect(board.orphanCount == 10 && board.missing == [said[50].name])
        #expect(board.load(said[1...50]).isEmpty)
        #expect(board.transactionCount == said.count && board.fingerprint == people[0].board.fingerprint)
    }

    @Test func `BD-21: own work is not continued while own earlier work is known by name only`() throws {
        var people = try Self.people(1)
        let restored = people[0]
        try people[0].say("lost from the backup")
        try people[0].say("and this")
        var board = restored.board
        _ = board.insert(people[0].board.transactions[2])
        let writes = try Board.writes(saying: "too early", by: restored.author)
        #expect(throws: RuleViolation.ownHistoryMissing) { try board.author(writes, key: restored.key, wallTime: 0) }
        _ = board.insert(people[0].board.transactions[1])
        _ = try board.author(writes, key: restored.key, wallTime: 0)
        #expect(board.forks.isEmpty && board.contiguousSequence(of: restored.author) == 4)
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `BD-46, BD-144: of heads and forks by the hundred the right ones are found`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let start = try genesis(by: key(1))
        var board = try Board(genesis: start)
        for _ in 0..<120 {
            // Each saw a part of what there is, and goes on with the log of one of four.
            var person = try Replica(UInt8(2 + random.below(4)), genesis: start)
            for transaction in board.transactions.dropFirst() where random.below(3) > 0 { _ = person.board.insert(transaction) }
            // Who sees its own work with gaps does not write.
            if let said = try? person.say("\(random.next())") { _ = board.insert(said) }
        }
        let parents = Set(board.transactions.flatMap(\.parents))
        let heads = board.transactions.filter { !parents.contains($0.name) }
        #expect(board.heads == heads.map(\.name).sorted())
        for previous in [nil, heads[0], board.transactions[3]] {
            let others = heads.filter { $0.name != previous?.name }.sorted { $1.stamp < $0.stamp }
            let expected = others.prefix(Limits.parents - (previous == nil ? 0 : 1)).map(\.name) + (previous.map { [$0.name] } ?? [])
            #expect(board.transactionSet.coverage.parents(after: previous?.name, in: board.log) == expected.sorted())
        }
        #expect(!board.forks.isEmpty)
        for author in board.authors {
            for sequence in 1...board.contiguousSequence(of: author) {
                let all = board.transactions.filter { $0.author == author && $0.sequence == sequence }.sorted { $0.name < $1.name }
                #expect(board.transactions(of: author, sequence: sequence) == all)
                #expect(board.transaction(of: author, sequence: sequence) == all.first)
            }
        }
    }

    @Test func `BD-4: more than sixteen heads are gathered over several transactions`() throws {
        var people = try Self.people(40)
        for index in people.indices.dropFirst() {
            try people[index].say("at once")
            people[0].receive(people[index])
        }
        #expect(people[0].board.heads.count == 39)
        for _ in 0..<3 {
            let transaction = try people[0].say("gathering")
            #expect(transaction.parents.count <= Limits.parents && transaction.parents.contains(transaction.previous))
        }
        #expect(people[0].board.heads.count == 1)
    }

    @Test func `BD-5: names and messages go by stamp, and only one's own name can be set`() throws {
        var people = try Self.people(2)
        try people[0].rename("Ana")
        people[1].receive(people[0])
        try people[1].rename("Bob")
        try people[1].say("hello")
        people[0].receive(people[1])
        try people[0].rename("Anna")
        people[1].receive(people[0])
        #expect(people[1].board.personName(people[0].author) == "Anna" && people[0].board.personName(people[1].author) == "Bob")
        #expect(people[1].board.chats.map(\.text) == ["hello"])
        #expect(throws: RuleViolation.badValue(field: "text")) { try people[0].say("") }
        #expect(throws: RuleViolation.badValue(field: "text")) { try people[0].say(String(repeating: "x", count: 4097)) }
    }

    @Test func `BD-137: a new shape lies on top, and depth can be changed`() throws {
        var people = try Self.people(2)
        let ids = try (0..<3).map { _ in try people[0].draw(Self.box) }
        people[1].receive(people[0])
        let top = try people[1].draw(Self.box)
        people[0].receive(people[1])
        #expect(people[0].board.shapes.map(\.id) == ids + [top])
        try people[0].set(top, .depth(people[0].board.bottomDepth))
        #expect(people[0].board.shapes.map(\.id) == [top] + ids)
        try people[0].undo()
        #expect(people[0].board.shapes.map(\.id) == ids + [top])
    }

    @Test func `BD-7: shapes are found by the label of their maker`() throws {
        var people = try Self.people(2)
        var draft = Self.box
        draft.label = "a1"
        let mine = try people[0].draw(draft)
        let other = try people[1].draw(draft)
        people[0].receive(people[1])
        #expect(people[0].board.ids(labelled: "a1") == [mine, other].sorted())
        #expect(people[0].board.shape(labelled: "a1", by: people[1].author)?.id == other)
        try people[0].delete(other)
        #expect(people[0].board.shape(labelled: "a1", by: people[1].author) == nil)
        #expect(people[0].board.ids(labelled: "a1").count == 2 && people[0].board.ids(labelled: "").isEmpty)
    }

    @Test func `BD-4, BD-30: a number that another wrote to is passed over, and no other`() throws {
        var people = try Self.people(2)
        try people[1].write([Write(ShapeID(author: people[0].author, number: 7), .text, .text("mine?"))])
        people[0].receive(people[1])
        #expect(people[0].board.freeShapeNumber(of: people[0].author, from: 6) == 6)
        #expect(people[0].board.freeShapeNumber(of: people[0].author, from: 7) == 8)
        #expect(people[0].board.shapes.isEmpty)
    }
}
