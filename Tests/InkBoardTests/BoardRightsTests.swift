import InkCrypto
import InkPrimitives
import Testing

@testable import InkBoard
@testable import rights_histories

/// The laws of rights through the whole board: signed transactions, in every order, from peers and from disk.
@Suite struct BoardRightsTests {
    @Test(arguments: seeds(200))
    func `BD-94, BD-95, BD-96, BD-97, BD-98, BD-99, BD-117, BD-168, BD-171: boards show what the rules say, whatever came when`(
        seed: UInt64
    )
        throws
    {
        var random = SplitMix64(seed: seed).split("orders")
        let scroll = try RightsScroll(seed: seed, members: 2 + random.below(7))
        let history = RightsHistory(seed: seed, scribe: scroll)
        #expect(scroll.failures == [] && history.honestRefused.isEmpty)
        let genesis = try #require(scroll.genesis)
        let all = history.deeds.dropFirst().compactMap { scroll.transactions[$0.stamp.name] }
        let refused = history.refused.compactMap { scroll.transactions[$0.stamp.name] }
        let naive = NaiveRights(history, among: history.all)
        let counting = history.all.filter { naive.counts($0) }
        let covered = Set(history.closure(of: counting).map { history.deeds[$0].stamp.name })
        let picture = self.picture(of: counting, history, scroll)
        let expected = try Self.fingerprint(of: covered, scroll)
        for order in 0..<3 {
            var board = try Board(genesis: genesis, newest: 2)
            let arriving = (all + refused).shuffled(using: &random)
            if order == 0 {
                let rejections = board.load(arriving)
                #expect(Set(rejections.map(\.name)) == Set(refused.map(\.name)))
            } else {
                var begun: Recount?
                for transaction in arriving + arriving {
                    _ = board.insert(transaction)
                    if random.chance(0.2) { _ = board.settle() }
                    // A count takes its time, and what comes meanwhile counts or not when it is taken.
                    if begun == nil, random.chance(0.5) { begun = board.dueRecount() }
                    if var made = begun, random.chance(0.3) {
                        _ = board.take(&made)
                        begun = nil
                    }
                }
                _ = board.settle()
            }
            #expect(!board.isRecountDue)
            for deed in history.deeds { #expect(board.counts(deed.stamp.name) == naive.counts(deed.number), "deed \(deed.number)") }
            for transaction in refused { #expect(!board.contains(transaction.name)) }
            #expect(board.transactionCount == all.count + 1 && board.fingerprint == expected)
            #expect(board.shapes == picture.standing && board.chats.map(\.name) == picture.messages)
            for author in board.authors { #expect(board.personName(author) == picture.name(of: author)) }
            #expect(board.viewersMayChat == naive.viewersMayChat)
            #expect(board.newestSecrets == self.newestSecrets(of: counting, history, scroll))
            let standing = Set(history.deeds.filter { history.gifts[$0.number].map(naive.stands) ?? false }.map(\.stamp.name))
            #expect(Set(board.standingRights.map(\.name)).isSubset(of: standing))
            #expect(board.standingRights.count == Set(history.gifts.compactMap { $0 }.filter(naive.stands)).count)
            // What is not covered can be left out.
            var less = try Board(genesis: genesis, newest: 2)
            _ = less.load(all.filter { covered.contains($0.name) })
            #expect(less.fingerprint == board.fingerprint && less.shapes == board.shapes && less.heads == board.heads)
        }
    }

    private func picture(of counting: [Int], _ history: RightsHistory, _ scroll: RightsScroll) -> NaivePicture {
        let deeds = Dictionary(uniqueKeysWithValues: history.deeds.map { ($0.stamp.name, $0) })
        return NaivePicture(
            counting.compactMap { scroll.transactions[history.deeds[$0].stamp.name] },
            role: { name in
                guard let used = deeds[name]?.right, let right = history.gifts[used] else { return .owner }
                return NaiveRights.role(of: right, in: history)
            })
    }

    /// Those that bring a secret and come before no other such one.
    private func newestSecrets(of counting: [Int], _ history: RightsHistory, _ scroll: RightsScroll) -> [TransactionName] {
        let bringers = counting.filter { scroll.transactions[history.deeds[$0].stamp.name]?.broughtSecret != nil }
        let newest = bringers.filter { bringer in !bringers.contains { $0 != bringer && history.closure(of: [$0]).contains(bringer) } }
        return newest.map { history.deeds[$0].stamp.name }.sorted()
    }

    static func fingerprint(of names: Set<TransactionName>, _ scroll: RightsScroll) throws -> Fingerprint {
        var tree = MerkleTree()
        for name in names {
            tree.insert(.init(lamport: try #require(scroll.transactions[name]).lamport, name: name))
        }
        tree.refresh()
        return tree.root
    }

    /// Ann owns the board, and the others have these roles.
    private static func room(_ roles: Role...) throws -> [Replica] {
        let first = try Board.makeGenesis(
            owner: try key(1), name: "roles", wallTime: 0, nonce: Array(repeating: 3, count: 16), firstSecret: .zero)
        var people = try (1...UInt8(roles.count + 1)).map { try Replica($0, genesis: first) }
        for (index, role) in roles.enumerated() {
            try people[0].write(Board.writes(granting: role, to: people[index + 1].author, by: people[0].author))
        }
        for index in people.indices.dropFirst() { people[index].receive(people[0]) }
        return people
    }

    @Test func `BD-93, BD-166, BD-167: a board of version 2 knows roles and smaller numbers, one of version 1 knows neither`() throws {
        var people = try Self.room(.editor)
        #expect(throws: RuleViolation.unknownVersion) { try Board(genesis: people[0].board.transactions[0], newest: 1) }
        #expect(people[1].board.admission == .grants && people[1].board.role(of: people[1].author) == .editor)
        let draft = ShapeDraft(kind: .ellipse, position: .zero)
        try people[1].write(people[1].board.writes(for: draft, number: Limits.shapeNumberEnd - 1, by: people[1].author))
        #expect(throws: RuleViolation.badValue(field: "id")) {
            try people[1].write(people[1].board.writes(for: draft, number: Limits.shapeNumberEnd, by: people[1].author))
        }
        var old = try Replica(1, genesis: try genesis(by: try key(1)))
        try old.write(old.board.writes(for: draft, number: Limits.shapeNumberEnd, by: old.author))
        #expect(throws: RuleViolation.noRight) {
            try old.write(Board.writes(granting: .owner, to: old.author, by: old.author))
        }
        #expect(old.board.role(of: people[1].author) == .editor && old.board.standingRights.isEmpty)
    }

    @Test
    func `BD-116, BD-117, BD-184: a removal that brings a secret begins an epoch, an owner's renewal another, and who counts no more none`()
        throws
    {
        var people = try Self.room(.owner, .owner, .viewer)
        let secrets = (1...5 as ClosedRange<UInt8>).map { EpochSecret.commitment(to: Secret32([UInt8](repeating: $0, count: 32))!) }
        func end(_ person: inout Replica, _ rights: [TransactionName], _ secret: Int?) throws -> TransactionName {
            try person.write(person.board.writes(removing: rights, bringing: secret.map { secrets[$0] }, by: person.author)).name
        }
        func exchange() { for to in people.indices { for from in people.indices where from != to { people[to].receive(people[from]) } } }
        let rights = try people.dropFirst().map { try #require(people[0].board.right(of: $0.author)) }
        #expect(people[0].board.newestSecrets.isEmpty && people[0].board.commitment(of: .zero) == .zero)
        // Two at once: both are needed. Who is removed brings none that counts.
        let first = try end(&people[1], [rights[2]], 0)
        let beside = try end(&people[0], [rights[0]], 1)
        exchange()
        for person in people { #expect(person.board.newestSecrets == [beside]) }
        #expect(people[2].board.commitment(of: first) == secrets[0] && people[2].board.commitment(of: beside) == secrets[1])
        // The remover is granted a right anew; what he wrote before does not count again.
        try people[0].write(Board.writes(granting: .owner, to: people[1].author, by: people[0].author))
        exchange()
        let (one, other) = (try end(&people[0], [rights[2]], 2), try end(&people[2], [], 3))
        exchange()
        for person in people { #expect(person.board.newestSecrets == [one, other].sorted()) }
        let last = try end(&people[1], [], 4)
        exchange()
        for person in people { #expect(person.board.newestSecrets == [last] && person.board.fingerprint == people[0].board.fingerprint) }
        // A removal without one begins none, what it keeps of the removed counts on, and only an owner renews.
        _ = try end(&people[0], [try #require(people[0].board.right(of: people[1].author))], nil)
        exchange()
        #expect(people.map(\.board.newestSecrets) == Array(repeating: [last], count: 4))
        #expect(throws: RuleViolation.self) { try end(&people[3], [], 0) }
    }

    @Test func `FM-223: a recording of a removal shows what goes with it, forwards and back`() throws {
        var people = try Self.room(.editor, .editor)
        for number in 1...2 {
            try people[number].draw(ShapeDraft(kind: .ellipse, position: .zero))
            people[0].receive(people[number])
        }
        let right = try #require(people[0].board.right(of: people[1].author))
        let end = RightsEnd(rights: [right], heads: [])
        try people[0].write([Write(ShapeID(author: people[0].author, number: 0), .removal, .right(.removal(end)))])
        try people[0].draw(ShapeDraft(kind: .note, position: .zero, text: "after"))
        _ = people[0].board.settle()
        var reel = Reel(Recording(of: people[0].board))
        let removal = try #require(reel.recording.steps.firstIndex { $0.transaction.writes.contains { $0.property == .removal } })
        #expect(reel.changes(of: removal).map { ($0.before == nil, $0.after == nil) }.map { !$0.0 && $0.1 } == [true])
        for count in (0...reel.stepCount).reversed() {
            var whole = try Board(genesis: reel.recording.steps[0].transaction)
            _ = whole.load(reel.recording.steps[..<count].dropFirst().map(\.transaction))
            #expect(reel.shapes(after: count) == whole.shapes)
        }
        #expect(reel.shapes(after: reel.stepCount) == people[0].board.shapes && people[0].board.shapeCount == 2)
        #expect(reel.changes(from: removal + 1, to: removal).map(\.after?.content.kind) == [.ellipse])
    }

    @Test func `BD-185: a removal is as long whoever stays`() throws {
        let people = try Self.room(.viewer, .viewer, .viewer, .viewer, .viewer, .viewer, .viewer, .viewer)
        let right = try #require(people[0].board.right(of: people[1].author))
        let grant = try #require(people[0].board.transaction(right))
        let few = try Self.room(.viewer)
        var sizes: [Int] = []
        for (person, right) in [(people[0], right), (few[0], try #require(few[0].board.right(of: few[1].author)))] {
            var person = person
            sizes.append(try person.write(person.board.writes(removing: [right], bringing: .zero, by: person.author)).encoded.count)
        }
        #expect(grant.encoded.count == 213 && sizes == [280, 280], "\(grant.encoded.count) \(sizes)")
    }

    @Test func `BD-94, BD-168: each role writes what it may and nothing else`() throws {
        var people = try Self.room(.viewer, .commenter, .editor)
        let shape = try people[3].draw(ShapeDraft(kind: .rectangle, position: .zero))
        for index in people.indices where index != 3 { people[index].receive(people[3]) }
        for index in 1...3 {
            let refusal = RuleViolation.right(.notAllowed([.viewer, .commenter, .editor][index - 1]))
            var person = people[index]
            func refused(_ writes: [Write]) -> Bool {
                do { _ = try person.write(writes) } catch { return error as? RuleViolation == refusal }
                return false
            }
            #expect(!refused(try Board.writes(naming: "n", by: person.author)))
            #expect(refused(try Board.writes(saying: "w", by: person.author)) == (index < 2))
            let note = try person.board.writes(for: ShapeDraft(kind: .note, position: .zero, text: "t"), number: 7, by: person.author)
            #expect(refused(note) == (index < 2))
            let line = try person.board.writes(for: ShapeDraft(kind: .ellipse, position: .zero), number: 8, by: person.author)
            #expect(refused(line) == (index < 3) && refused([Write(shape, .position, .point(.zero))]) == (index < 3))
            #expect(refused([Write(ShapeID(author: person.author, number: 0), Property(rawValue: 99), .bytes([]))]) == (index < 3))
            #expect(refused(Board.writes(allowing: RightsPolicy(viewersMayChat: true), by: person.author)))
        }
        try people[0].write(Board.writes(allowing: RightsPolicy(viewersMayChat: true), by: people[0].author))
        people[1].receive(people[0])
        try people[1].say("now I may")
    }

    @Test func `BD-92: who joins needs the invite's key, and joins by nothing else`() throws {
        var people = try Self.room()
        let link = try key(99)
        let invite = try people[0].write(
            Board.writes(inviting: RightsInvite(role: .editor, uses: 1, timeToLive: 0, key: link.author), by: people[0].author))
        var joiner = try Replica(2, genesis: people[0].board.transactions[0])
        joiner.receive(people[0])
        let board = joiner.board.id
        for (signer, subject) in [(try key(98), joiner.author), (link, people[0].author)] {
            let admission = RightsAdmission(of: subject, to: board, inviteKey: signer)
            #expect(throws: RuleViolation.inviteNotSigned) {
                try joiner.board.author(
                    Board.writes(joining: admission, by: joiner.author), key: joiner.key, wallTime: 0, under: invite.name)
            }
        }
        let admission = RightsAdmission(of: joiner.author, to: board, inviteKey: link)
        let writes = Board.writes(joining: admission, by: joiner.author)
        #expect(throws: RuleViolation.self) {
            try joiner.board.author(
                writes + Board.writes(naming: "me", by: joiner.author), key: joiner.key, wallTime: 0, under: invite.name)
        }
        _ = try joiner.board.author(writes, key: joiner.key, wallTime: 0, under: invite.name)
        try joiner.draw(ShapeDraft(kind: .ellipse, position: .zero))
        people[0].receive(joiner)
        #expect(people[0].board.role(of: joiner.author) == .editor && people[0].board.fingerprint == joiner.board.fingerprint)
    }

    @Test func `BD-97, BD-98, BD-169, BD-171: what is written past a removal is kept and unseen, and is back when it is void`() throws {
        var people = try Self.room(.owner, .editor)
        let editor = try #require(people[0].board.standingRights.first { $0.subject == people[2].author })
        let owner = try #require(people[0].board.standingRights.first { $0.subject == people[1].author })
        try people[1].write(people[1].board.writes(removing: [editor.name], reason: "why", by: people[1].author))
        try people[0].write(people[0].board.writes(removing: [owner.name], by: people[0].author))
        let shape = try people[2].draw(ShapeDraft(kind: .ellipse, position: .zero))
        let before = people[2].board.fingerprint
        people[2].receive(people[1])
        #expect(people[2].board.isRecountDue && people[2].board.shape(shape) != nil)
        let told = people[2].board.settle()
        #expect(told?.changes.map(\.id) == [shape] && told?.changes.first?.by == people[1].author)
        #expect(people[2].board.shape(shape) == nil && people[2].board.role(of: people[2].author) == nil)
        var late = people[1]
        for transaction in people[2].board.transactions {
            let outcome = late.board.insert(transaction)
            if outcome.result == .inserted { #expect(outcome.changes.isEmpty && outcome.uncounted == [transaction.name]) }
        }
        // Its number is not given to another: it may count again.
        for board in [people[2].board, late.board] {
            #expect(board.freeShapeNumber(of: shape.author, from: shape.number) == shape.number + 1)
            #expect(board.coveredCount < board.transactionCount)
        }
        #expect(late.board.fingerprint == people[2].board.fingerprint && late.board.fingerprint != before)
        people[2].receive(people[0])
        _ = people[2].board.settle()
        #expect(people[2].board.shape(shape) != nil && people[2].board.role(of: people[2].author) == .editor)
    }

    @Test func `BD-98: what comes while a count is made is counted when that is taken`() throws {
        var people = try Self.room(.editor)
        let editor = try #require(people[0].board.standingRights.first { $0.subject == people[1].author })
        try people[1].draw(ShapeDraft(kind: .ellipse, position: .zero))
        try people[0].write(people[0].board.writes(removing: [editor.name], by: people[0].author))
        var seen = people[1]
        seen.receive(people[0])
        let made = seen.board.dueRecount()
        var recount = try #require(made)
        try people[1].draw(ShapeDraft(kind: .diamond, position: .zero))
        seen.receive(people[1])
        #expect(seen.board.shapeCount == 1)
        let taken = seen.board.take(&recount)
        #expect(taken?.changes.count == 1 && seen.board.shapeCount == 0 && !seen.board.isRecountDue)
        var again = try Board(genesis: people[0].board.transactions[0], newest: 2)
        _ = again.load(people[0].board.transactions.dropFirst())
        #expect(again.fingerprint == seen.board.fingerprint)
    }
}
