import InkCrypto
import InkPrimitives
import Testing

@testable import InkBoard
@testable import rights_histories

/// What a chain shows to one who has genesis alone, and what a board that knows more makes of it.
@Suite struct RightsChainTests {
    /// A board whose owner gave ownership on, step by step, and each of those who have it.
    private struct Line {
        var people: [Replica]
        var genesis: Transaction { people[0].board.transactions[0] }

        /// - Parameter steps: grants of ownership, each by who got the one before.
        init(steps: Int) throws {
            let first = try Board.makeGenesis(
                owner: try key(1), name: "line", wallTime: 0, nonce: Array(repeating: 3, count: 16), firstSecret: .zero)
            people = [try Replica(1, genesis: first)]
            for step in 0..<steps {
                people.append(try Replica(UInt8(step + 2), genesis: first))
                try give(.owner, to: step + 1, from: step)
            }
        }

        /// - Returns: the name of the right.
        @discardableResult mutating func give(_ role: Role, to: Int, from: Int) throws -> TransactionName {
            let given = try people[from].write(
                Board.writes(granting: role, to: people[to].author, by: people[from].author))
            people[to].receive(people[from])
            return given.name
        }

        func chain(of person: Int) throws -> RightsChain {
            let board = people[person].board
            let right = try #require(board.right(of: people[person].author))
            return try #require(board.chain(of: right))
        }

        func fault(_ chain: RightsChain, of person: Int) -> ChainFault? {
            RightsChainTests.fault(chain, of: people[person].author, genesis)
        }
    }

    private static func fault(_ chain: RightsChain, of author: AuthorID, _ genesis: Transaction) -> ChainFault? {
        do {
            _ = try chain.role(of: author, under: genesis)
            return nil
        } catch { return error }
    }

    private static func bytes(_ chain: RightsChain) -> [UInt8] {
        var writer = ByteWriter()
        chain.write(to: &writer)
        return writer.bytes
    }

    private static func decoded(_ bytes: [UInt8]) throws(WireError) -> RightsChain {
        var reader = ByteReader(bytes)
        let chain = try RightsChain(from: &reader)
        try reader.finish()
        return chain
    }

    @Test(arguments: [0, 1, 2, 16]) func `BD-110: who has genesis alone sees from a chain who gave a right`(steps: Int) throws {
        let line = try Line(steps: steps)
        let chain = try line.chain(of: steps)
        #expect(chain.links.count == steps && line.fault(chain, of: steps) == nil)
        let bytes = Self.bytes(chain)
        #expect(try Self.decoded(bytes) == chain && Self.bytes(try Self.decoded(bytes)) == bytes)
        #expect(bytes.count == [0: 1, 1: 216, 2: 462, 16: 3906][steps])
    }

    @Test func `BD-110, BD-112: an admission's chain goes over its invite`() throws {
        var line = try Line(steps: 1)
        let link = try key(99)
        let invite = try line.people[1].write(
            Board.writes(inviting: RightsInvite(role: .commenter, uses: 0, timeToLive: 0, key: link.author), by: line.people[1].author))
        var joiner = try Replica(50, genesis: line.genesis)
        joiner.receive(line.people[1])
        func join(by signer: SigningKey) throws -> Transaction {
            let board = joiner.board
            let header = TransactionHeader(
                board: board.id, author: joiner.author, sequence: 1, previous: .zero, grant: invite.name, parents: [invite.name],
                lamport: invite.lamport + 1, claimedWallTime: 0)
            let admission = RightsAdmission(of: joiner.author, to: board.id, inviteKey: signer)
            return try Transaction.sign(header, writes: Board.writes(joining: admission, by: joiner.author), key: joiner.key)
        }
        let rest = try line.chain(of: 1).links
        let good = try RightsChain([try join(by: link), invite] + rest)
        #expect(try good.role(of: joiner.author, under: line.genesis) == .commenter)
        #expect(Self.fault(try RightsChain([try join(by: try key(98)), invite] + rest), of: joiner.author, line.genesis) == .badSignature)
        // The invite itself is nobody's right, and nothing but an admission is written under it.
        #expect(Self.fault(try RightsChain([invite] + rest), of: joiner.author, line.genesis) == .invite)
        #expect(line.fault(try RightsChain([invite] + rest), of: 1) == .invite)
    }

    @Test func `BD-103, BD-112, BD-176: a chain goes over a device of one who has no role, and over nothing else of his`() throws {
        var line = try Line(steps: 0)
        line.people.append(try Replica(40, genesis: line.genesis))
        try line.give(.viewer, to: 1, from: 0)
        let link = try key(99)
        let viewer = line.people[1].author
        func invite(_ role: Role?) throws -> RightsChain {
            let person = line.people[1]
            let right = try #require(person.board.right(of: viewer))
            let invite = RightsInvite(role: role, uses: 0, timeToLive: 0, key: link.author)
            let header = TransactionHeader(
                board: person.board.id, author: viewer, sequence: 1, previous: .zero, grant: right, parents: [right], lamport: 3,
                claimedWallTime: 0)
            let given = try Transaction.sign(header, writes: Board.writes(inviting: invite, by: viewer), key: person.key)
            let joiner = try key(50)
            let admission = RightsAdmission(of: joiner.author, to: person.board.id, inviteKey: link)
            let joining = TransactionHeader(
                board: person.board.id, author: joiner.author, sequence: 1, previous: .zero, grant: given.name, parents: [given.name],
                lamport: 4, claimedWallTime: 0)
            let joined = try Transaction.sign(joining, writes: Board.writes(joining: admission, by: joiner.author), key: joiner)
            return try RightsChain([joined, given] + line.chain(of: 1).links)
        }
        #expect(try invite(nil).role(of: try key(50).author, under: line.genesis) == .viewer)
        #expect(Self.fault(try invite(.viewer), of: try key(50).author, line.genesis) == .roleForbids)
    }

    @Test func `BD-111, BD-181: a chain that is too long is refused before anything is verified`() throws {
        let line = try Line(steps: 16)
        let links = try line.chain(of: 16).links
        let long = (0..<1000).map { links[$0 % 16] }
        #expect(throws: ChainFault.tooLong) { try RightsChain(long) }
        #expect(throws: ChainFault.tooLong) { try RightsChain(links + links.prefix(1)) }
        for count in [17, 1000] {
            var writer = ByteWriter()
            writer.writeVarint(count)
            for link in long.prefix(count) { writer.writeLengthPrefixed(link.encoded) }
            #expect(throws: WireError.limitExceeded) { try Self.decoded(writer.bytes) }
        }
        // And what has too many bytes in few links.
        var owner = line.people[0]
        let writes = try owner.board.writes(
            for: ShapeDraft(kind: .text, position: .zero, text: String(repeating: "x", count: Limits.textBytes)), number: 1,
            by: owner.author)
        var heavy: [Transaction] = []
        for number in 0..<5 {
            let grant = Board.writes(granting: .editor, to: try key(UInt8(60 + number)).author, by: owner.author)
            heavy.append(try owner.write(writes + grant))
        }
        #expect(throws: ChainFault.tooLong) { try RightsChain(heavy) }
        var writer = ByteWriter()
        writer.writeVarint(heavy.count)
        for link in heavy { writer.writeLengthPrefixed(link.encoded) }
        #expect(throws: WireError.limitExceeded) { try Self.decoded(writer.bytes) }
        #expect(try RightsChain(Array(heavy.prefix(3))).links.count == 3)
    }

    @Test func `BD-112, BD-182: what is left out, turned round, of another board or somebody else's is no chain`() throws {
        let line = try Line(steps: 4)
        let links = try line.chain(of: 4).links
        #expect(line.fault(try RightsChain(Array(links.dropLast())), of: 4) == .truncated)
        #expect(line.fault(try RightsChain(Array(links.prefix(1))), of: 4) == .truncated)
        #expect(line.fault(try RightsChain([links[0], links[2], links[3]]), of: 4) == .unlinked)
        #expect(line.fault(try RightsChain(links.reversed()), of: 4) == .truncated)
        #expect(line.fault(try RightsChain([links[1], links[0], links[2], links[3]]), of: 4) == .unlinked)
        #expect(line.fault(try RightsChain([links[0]] + links), of: 4) == .unlinked)
        #expect(line.fault(try RightsChain(Array(links.dropFirst())), of: 4) == .notYours)
        #expect(line.fault(try RightsChain(links), of: 3) == .notYours)
        #expect(line.fault(try RightsChain([]), of: 4) == .notYours)
        let other = try Board.makeGenesis(
            owner: try key(1), name: "line", wallTime: 0, nonce: Array(repeating: 4, count: 16), firstSecret: .zero)
        #expect(Self.fault(try RightsChain(links), of: line.people[4].author, other) == .otherBoard)
    }

    /// A grant as a program writes it that keeps to no rule.
    private static func forged(_ role: Role, to subject: AuthorID, by signer: SigningKey, naming right: TransactionName, on board: BoardID)
        throws -> Transaction
    {
        let header = TransactionHeader(
            board: board, author: signer.author, sequence: 1, previous: .zero, grant: right, parents: [right], lamport: 9,
            claimedWallTime: 0)
        let writes = Board.writes(granting: role, to: subject, by: signer.author)
        return try Transaction.sign(header, writes: writes, key: signer)
    }

    @Test func `BD-112: nobody is given a right by who is no owner, or by a right of another`() throws {
        var line = try Line(steps: 2)
        line.people.append(try Replica(30, genesis: line.genesis))
        let (board, victim) = (line.people[0].board.id, try key(31))
        for role in [Role.viewer, .commenter, .editor] {
            let given = try line.give(role, to: 3, from: 2)
            let rest = try #require(line.people[3].board.chain(of: given)).links
            #expect(try RightsChain(rest).role(of: line.people[3].author, under: line.genesis) == role)
            let grant = try Self.forged(.owner, to: victim.author, by: line.people[3].key, naming: given, on: board)
            #expect(Self.fault(try RightsChain([grant] + rest), of: victim.author, line.genesis) == .roleForbids)
        }
        let owners = try line.chain(of: 2).links
        let stolen = try Self.forged(.owner, to: victim.author, by: victim, naming: owners[0].name, on: board)
        #expect(Self.fault(try RightsChain([stolen] + owners), of: victim.author, line.genesis) == .notYours)
        let root = try Self.forged(.owner, to: victim.author, by: victim, naming: line.genesis.name, on: board)
        #expect(Self.fault(try RightsChain([root]), of: victim.author, line.genesis) == .notYours)
        // A link that gives nothing.
        let drawing = try line.people[2].write(
            line.people[2].board.writes(for: ShapeDraft(kind: .ellipse, position: .zero), number: 1, by: line.people[2].author))
        #expect(Self.fault(try RightsChain([drawing] + owners), of: line.people[2].author, line.genesis) == .unlinked)
    }

    @Test func `BD-112, BD-182: no chain holds of which one bit was changed`() throws {
        let line = try Line(steps: 2)
        let bytes = Self.bytes(try line.chain(of: 2))
        let author = line.people[2].author
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            guard let chain = try? Self.decoded(changed) else { continue }
            #expect(Self.fault(chain, of: author, line.genesis) != nil, "bit \(bit)")
        }
    }

    @Test func `BD-113: a chain says neither when nor whether it still stands`() throws {
        var line = try Line(steps: 2)
        let chain = try line.chain(of: 2)
        try line.people[0].write(line.people[0].board.writes(removing: [chain.links[1].name], by: line.people[0].author))
        #expect(line.fault(chain, of: 2) == nil)
        // Parents and lamport number that fit no board.
        let late = try Self.forged(
            .editor, to: try key(40).author, by: try key(3), naming: chain.links[0].name, on: line.people[0].board.id)
        #expect(try RightsChain([late] + chain.links).role(of: try key(40).author, under: line.genesis) == .editor)
    }

    @Test func `BD-114: what a board knows as ended lets nobody in, whatever was given under it unseen`() throws {
        var line = try Line(steps: 2)
        let known = line.people[0].board
        #expect(throws: Never.self) { try known.role(of: line.people[2].author, by: try line.chain(of: 2)) }
        // The owner between is removed by who never saw what he gave.
        let (middle, last) = (try line.chain(of: 1), try line.chain(of: 2))
        try line.people[0].write(line.people[0].board.writes(removing: [middle.links[0].name], by: line.people[0].author))
        let board = line.people[0].board
        #expect(throws: ChainFault.ended) { try board.role(of: line.people[1].author, by: middle) }
        #expect(throws: ChainFault.ended) { try board.role(of: line.people[2].author, by: last) }
        // Seen before it was removed, it outlives its giver.
        var kept = try Line(steps: 2)
        kept.people[0].receive(kept.people[2])
        let names = (try kept.chain(of: 1).links[0].name, try kept.chain(of: 2))
        try kept.people[0].write(kept.people[0].board.writes(removing: [names.0], by: kept.people[0].author))
        #expect(try kept.people[0].board.role(of: kept.people[2].author, by: names.1) == .owner)
        #expect(kept.people[0].board.role(of: kept.people[1].author) == nil)
    }

    /// An invite of one use for an hour, its key, and the owner who gave it.
    private static func invited(_ line: inout Line, uses: UInt32 = 1, timeToLive: UInt32 = 3600) throws -> (TransactionName, SigningKey) {
        let link = try key(99)
        let writes = try Board.writes(
            inviting: RightsInvite(role: .editor, uses: uses, timeToLive: timeToLive, key: link.author), by: line.people[0].author)
        return (try line.people[0].write(writes).name, link)
    }

    private static func join(_ number: UInt8, _ line: inout Line, by invite: TransactionName, _ link: SigningKey) throws -> Replica {
        var joiner = try Replica(number, genesis: line.genesis)
        joiner.receive(line.people[0])
        let admission = RightsAdmission(of: joiner.author, to: joiner.board.id, inviteKey: link)
        _ = try joiner.board.author(Board.writes(joining: admission, by: joiner.author), key: joiner.key, wallTime: 0, under: invite)
        return joiner
    }

    @Test func `BD-183: who was removed comes back neither by another admission nor by a claim`() throws {
        var line = try Line(steps: 0)
        let (invite, link) = try Self.invited(&line, uses: 0)
        let joiner = try Self.join(20, &line, by: invite, link)
        // Written beside the first, by a program that was started anew.
        var twin = try Replica(20, genesis: line.genesis)
        twin.receive(line.people[0])
        let admission = RightsAdmission(of: twin.author, to: twin.board.id, inviteKey: link)
        _ = try twin.board.author(Board.writes(joining: admission, by: twin.author), key: twin.key, wallTime: 7, under: invite)
        line.people[0].receive(joiner)
        let right = try #require(line.people[0].board.right(of: joiner.author))
        try line.people[0].write(line.people[0].board.writes(removing: [right], by: line.people[0].author))
        let board = line.people[0].board
        let again = try #require(twin.board.right(of: twin.author))
        let other = try #require(twin.board.chain(of: again))
        #expect(!board.contains(other.links[0].name))
        #expect(throws: ChainFault.ended) { try board.role(of: twin.author, by: other) }
        let claim = InviteClaim(of: joiner.author, to: board.id, by: invite, key: link)
        #expect(throws: ClaimFault.ended) { try board.role(of: joiner.author, claiming: claim, wallTime: nil) }
        let newcomer = try key(21).author
        #expect(
            try board.role(of: newcomer, claiming: InviteClaim(of: newcomer, to: board.id, by: invite, key: link), wallTime: nil) == .editor
        )
    }

    @Test func `BD-115: a claim holds where the invite stands, has uses left and time, and its key signed`() throws {
        var line = try Line(steps: 0)
        let (invite, link) = try Self.invited(&line)
        let (first, second) = (try key(20).author, try key(21).author)
        func verdict(_ author: AuthorID, by signer: SigningKey, naming name: TransactionName, at wallTime: UInt64? = nil) -> ClaimFault? {
            let board = line.people[0].board
            do throws(ClaimFault) {
                let claim = InviteClaim(of: author, to: board.id, by: name, key: signer)
                let role = try board.role(of: author, claiming: claim, wallTime: wallTime)
                #expect(role == .editor)
                return nil
            } catch { return error }
        }
        #expect(verdict(first, by: link, naming: invite) == nil)
        #expect(verdict(first, by: try key(98), naming: invite) == .badSignature)
        #expect(verdict(first, by: link, naming: .zero) == .unknownInvite)
        #expect(verdict(first, by: link, naming: line.genesis.name) == .unknownInvite)
        let given = try #require(line.people[0].board.transaction(invite)).claimedWallTime
        #expect(verdict(first, by: link, naming: invite, at: given + 3_599_999) == nil)
        #expect(verdict(first, by: link, naming: invite, at: given + 3_600_000) == .expired)
        line.people[0].receive(try Self.join(20, &line, by: invite, link))
        #expect(verdict(first, by: link, naming: invite) == nil && verdict(second, by: link, naming: invite) == .spent)
        try line.people[0].write(line.people[0].board.writes(removing: [invite], by: line.people[0].author))
        #expect(verdict(first, by: link, naming: invite) == .ended)
        // What another device says is of no use to this one.
        let claim = InviteClaim(of: first, to: line.people[0].board.id, by: invite, key: link)
        #expect(throws: ClaimFault.self) { try line.people[0].board.role(of: second, claiming: claim, wallTime: nil) }
    }

    @Test(arguments: seeds(200)) func `BD-110, BD-112, BD-114, BD-180: the chain of every right that somebody has says what the board does`(
        seed: UInt64
    ) throws {
        let scroll = try RightsScroll(seed: seed, members: 2 + Int(seed % 7))
        let history = RightsHistory(seed: seed, scribe: scroll)
        let genesis = try #require(scroll.genesis)
        var board = try Board(genesis: genesis, newest: 2)
        _ = board.load(history.deeds.dropFirst().compactMap { scroll.transactions[$0.stamp.name] })
        let bare = try Board(genesis: genesis, newest: 2)
        let standing = Dictionary(grouping: board.standingRights.filter { $0.subject != nil }) { $0.subject ?? .zero }
        for deed in history.deeds {
            guard let right = history.gifts[deed.number], let chain = board.chain(of: deed.stamp.name) else {
                #expect(history.gifts[deed.number] == nil)
                continue
            }
            #expect(chain.links.count == NaiveRights.steps(to: right, in: history))
            let owner = NaiveRights.subject(of: right, in: history).map { history.keys[$0] }
            // By genesis alone who got it has what it gives, and nobody else anything.
            for author in history.keys {
                let fault = Self.fault(chain, of: author, genesis)
                #expect((fault == nil) == (author == owner), "deed \(deed.number)")
                if fault == nil { #expect(try bare.role(of: author, by: chain) == NaiveRights.role(of: right, in: history)) }
            }
            // By all that is here it stands or not, as the board says.
            guard let owner else { continue }
            let stands = NaiveRights(history, among: history.all).stands(right)
            #expect(board.hasEnded(chain) == !stands, "deed \(deed.number)")
            if stands { #expect(standing[owner]?.contains { $0.role == NaiveRights.role(of: right, in: history) } == true) }
        }
    }
}
