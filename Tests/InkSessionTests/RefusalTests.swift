import InkBoard
import InkConnectivity
import InkCrypto
import InkPrimitives
import InkTransport
import Testing

@testable import InkSession

/// Who has the room's secret and no right, and what that is worth.
@Suite struct RefusalTests {
    /// A board of one owner, with what happened on it.
    private struct Ground {
        let pipes: PerfectPipes
        var board: Board
        let owner = PerfectPipes.identity(0)
        let stranger = PerfectPipes.identity(5)
        let link: SigningKey
        private(set) var invite = TransactionName.zero

        init(uses: UInt32 = 1) throws {
            pipes = try PerfectPipes(admission: .grants)
            board = try Board(genesis: pipes.genesis)
            link = SigningKey(seed: try #require(Secret32(PerfectPipes.seedBytes(33))))
            invite = try write(
                Board.writes(inviting: RightsInvite(role: .editor, uses: uses, timeToLive: 0, key: link.author), by: owner.author))
        }

        @discardableResult mutating func write(_ writes: [Write], by key: SigningKey? = nil, under right: TransactionName? = nil) throws
            -> TransactionName
        {
            try board.author(writes, key: key ?? owner, wallTime: 0, under: right).0.name
        }

        mutating func join(_ key: SigningKey) throws -> TransactionName {
            let admission = RightsAdmission(of: key.author, to: board.id, inviteKey: link)
            return try write(Board.writes(joining: admission, by: key.author), by: key, under: invite)
        }

        func claim(_ author: AuthorID, by key: SigningKey? = nil) -> SessionMessage {
            .claim(InviteClaim(of: author, to: board.id, by: invite, key: key ?? link))
        }

        var stored: [Transaction] { Array(board.transactions.dropFirst()) }
        func met() throws -> Stranger { try Stranger(pipes, stored: stored) }
    }

    private static func isTold(_ event: Event) -> Bool {
        switch event {
        case .peer, .rejected, .meeting, .cursor, .gesture: true
        default: false
        }
    }

    @Test func `SE-170, SE-176, SE-177, SE-321: who has the secret alone learns the name of a right, and that he is not let in`() throws {
        let ground = try Ground()
        var stranger = try ground.met()
        let hello = SessionMessage.hello(hasGenesis: true, right: ground.pipes.genesis.name)
        for message in [.askChain, .welcome, .ask([ground.pipes.genesis.name]), .adjacent([]), .receipt(sequence: 3)] as [SessionMessage] {
            stranger.say(message)
        }
        stranger.run(.seconds(1))
        #expect(stranger.heard == [hello] && stranger.closed.isEmpty)
        stranger.say(.hello(hasGenesis: false))
        stranger.run(.seconds(1))
        #expect(stranger.heard == [hello] && stranger.closed == [.notAdmitted] && stranger.transactions.isEmpty)
        #expect(!stranger.events.contains(where: Self.isTold) && stranger.node.peers.isEmpty)
    }

    @Test func `SE-176, SE-321, SE-340: whatever is wrong, who is refused hears the same`() throws {
        var ground = try Ground()
        let removed = try ground.write(
            Board.writes(granting: .owner, to: ground.stranger.author, by: ground.owner.author))
        let chain = try #require(ground.board.chain(of: removed))
        let end = try ground.board.writes(removing: [removed], by: ground.owner.author)
        let before = ground
        let ending = try ground.write(end)
        // Of who was removed, whatever he says: he learns by what.
        let removal = SessionMessage.removal(try #require(ground.board.transaction(ending)).encoded)
        let (self1, other) = (ground.stranger.author, PerfectPipes.identity(6))
        // A right that was removed, one of nobody, one of another; an invite with another key, of another, one that is spent or unknown.
        let words: [[SessionMessage]] = [
            [.hello(hasGenesis: true, right: removed)], [.hello(hasGenesis: true)],
            [.hello(hasGenesis: true, right: ground.pipes.genesis.name)], [.hello(hasGenesis: true, right: ground.invite)],
            [ground.claim(self1, by: other), .hello(hasGenesis: false)], [ground.claim(other.author), .hello(hasGenesis: false)],
            [.claim(InviteClaim(of: self1, to: ground.board.id, by: .zero, key: ground.link)), .hello(hasGenesis: true)],
        ]
        for messages in words {
            var stranger = try ground.met()
            for message in messages { stranger.say(message) }
            stranger.run(.milliseconds(100))
            #expect(stranger.heard.count == 2 && stranger.heard.last == removal && stranger.closed == [.notAdmitted], "\(messages)")
        }
        // One that names a right which is not known is asked, once, who gave it. What does not show it is of no use.
        for shown in [chain, try RightsChain([]), try RightsChain(Array(chain.links + chain.links))] {
            var stranger = try ground.met()
            stranger.say(.chain(chain))
            stranger.say(.hello(hasGenesis: true, right: TransactionName(Array(repeating: 7, count: 32))))
            stranger.run(.milliseconds(100))
            #expect(stranger.heard.count == 2 && stranger.heard.last == .askChain && stranger.closed.isEmpty)
            stranger.say(.hello(hasGenesis: true, right: TransactionName(Array(repeating: 8, count: 32))))
            stranger.say(.chain(shown))
            stranger.run(.milliseconds(100))
            #expect(stranger.heard.count == 3 && stranger.heard.last == removal && stranger.closed == [.notAdmitted])
            #expect(!stranger.events.contains(where: Self.isTold))
        }
        // Before it was removed it let him in.
        var stranger = try before.met()
        stranger.say(.hello(hasGenesis: true, right: removed))
        stranger.say(.welcome)
        stranger.run(.milliseconds(100))
        #expect(stranger.heard.contains(.welcome) && stranger.node.presentPeers == 1)
    }

    @Test func `SE-321: an invite lets in as many as it says, and who wrote that he joined`() throws {
        var ground = try Ground()
        for isJoined in [false, true] {
            if isJoined { _ = try ground.join(PerfectPipes.identity(6)) }
            var stranger = try ground.met()
            stranger.say(ground.claim(ground.stranger.author))
            stranger.say(.hello(hasGenesis: false))
            stranger.run(.milliseconds(100))
            #expect(
                stranger.heard.contains(.welcome) == !isJoined
                    && stranger.heard.contains(.genesis(ground.pipes.genesis.encoded)) == !isJoined)
            #expect(stranger.closed == (isJoined ? [.notAdmitted] : []))
            // Before it has welcomed us, too, nothing is said of the room.
            #expect(stranger.transactions.isEmpty && stranger.heard.count == (isJoined ? 1 : 3))
        }
    }

    @Test func `SE-174: what lets somebody in by word is taken back by a removal`() throws {
        var ground = try Ground()
        var stranger = try ground.met()
        stranger.say(ground.claim(ground.stranger.author))
        stranger.say(.hello(hasGenesis: true))
        stranger.say(.welcome)
        stranger.run(.milliseconds(100))
        #expect(stranger.node.presentPeers == 1 && stranger.node.peers.first?.role == .editor)
        _ = try stranger.node.govern(now: stranger.now) { board, author throws(RuleViolation) in
            try board.writes(removing: [ground.invite], by: author)
        }
        stranger.run(.milliseconds(100))
        #expect(stranger.closed == [.notAdmitted] && stranger.node.presentPeers == 0)
        let count = stranger.transactions.count
        try ground.write(Board.writes(naming: "n", by: ground.owner.author))
        stranger.run(.seconds(3))
        #expect(stranger.transactions.count == count)
    }

    @Test func `SE-322, SE-323: a joiner enters no room that is none, and is told whose it was`() throws {
        let ground = try Ground()
        let key = InviteKey(invite: ground.invite, seed: ground.link.seed)
        var liar = try Stranger(ground.pipes, invite: key)
        liar.say(.hello(hasGenesis: true, right: TransactionName(Array(repeating: 7, count: 32))))
        liar.say(.welcome)
        liar.run(.milliseconds(100))
        #expect(liar.heard == [ground.claim(PerfectPipes.identity(1).author), .hello(hasGenesis: false)])
        liar.say(.genesis(ground.pipes.genesis.encoded))
        liar.run(.milliseconds(100))
        #expect(liar.heard.last == .askChain && liar.node.presentPeers == 0)
        liar.say(.chain(try RightsChain([])))
        liar.run(.milliseconds(100))
        #expect(liar.closed == [.notAdmitted] && liar.node.presentPeers == 0)
        #expect(liar.events.contains(.rejected(author: liar.identity.author, rule: "rights: \(ChainFault.notYours)")))
        #expect(!liar.events.contains { if case .ready = $0 { true } else { false } })
        // A genesis of another kind of board, or a made-up one, is none.
        var other = try Stranger(try PerfectPipes(), invite: key)
        other.say(.hello(hasGenesis: true))
        other.say(.genesis(try PerfectPipes().genesis.encoded))
        other.run(.milliseconds(100))
        #expect(other.node.board == nil && other.closed == [.byPeer])
    }

    @Test func `SE-179: who is asked who gave his right when it gives way to another shows the other, once that may be told`() throws {
        var ground = try Ground(uses: 2)
        let member = PerfectPipes.identity(1)
        let viewer = try ground.write(Board.writes(granting: .viewer, to: member.author, by: ground.owner.author))
        var stranger = try Stranger(
            ground.pipes, stored: ground.stored, invite: InviteKey(invite: ground.invite, seed: ground.link.seed))
        #expect(stranger.heard.last == .hello(hasGenesis: true, right: viewer))
        stranger.say(ground.claim(ground.stranger.author))
        stranger.say(.hello(hasGenesis: true))
        stranger.run(.milliseconds(100))
        #expect(stranger.heard.last == .welcome)
        // The admission by the link, which gives more, is not on the disk yet.
        stranger.holdDisk()
        stranger.give(.wallClock(1_700_000_000_000))
        stranger.run(.milliseconds(10))
        let admission = try #require(stranger.node.board?.right(of: member.author))
        #expect(admission != viewer)
        let before = stranger.heard.count
        stranger.say(.askChain)
        stranger.run(.seconds(1))
        #expect(stranger.heard.count == before && stranger.closed.isEmpty)
        stranger.releaseDisk()
        stranger.run(.milliseconds(100))
        let chain = try #require(stranger.node.board?.chain(of: admission))
        #expect(Array(stranger.heard[before...]) == [.hello(hasGenesis: true, right: admission), .chain(chain)])
    }

    @Test func `SE-332: a stranger that says nothing goes after ten seconds`() throws {
        var stranger = try Ground().met()
        stranger.run(.seconds(7))
        #expect(stranger.closed.isEmpty)
        stranger.run(.seconds(4))
        #expect(stranger.closed == [.notAdmitted] && !stranger.events.contains(where: Self.isTold))
    }

    @Test func `SE-177, SE-329, SE-331: of a stranger who comes again and again nobody is told, and few handshakes become sessions`() throws
    {
        var stranger = try Ground().met()
        for _ in 0..<200 {
            stranger.say(.hello(hasGenesis: true))
            stranger.connection = nil
            stranger.dial()
            stranger.run(.milliseconds(200))
        }
        let counters = stranger.node.datagramCounters
        #expect(counters.established <= 7 && stranger.closed.count > 20)
        #expect(!stranger.events.contains(where: Self.isTold) && stranger.node.peers.isEmpty)
    }

    /// One that is met by the stranger, and is told then where it is.
    private func told(_ ground: Ground, _ prepare: (inout Stranger) throws -> Void) throws -> Stranger {
        var stranger = try ground.met()
        try prepare(&stranger)
        stranger.give(.localAddresses([LocalAddress(Self.own)]))
        stranger.say(.addresses([Candidate(address: Self.other, kind: .host)]))
        stranger.run(.milliseconds(500))
        return stranger
    }

    private static let own = SocketAddress(ip: .v4(0x0B00_0001), port: 40_000)
    private static let other = SocketAddress(ip: .v4(0x0B00_0002), port: 40_001)
    private static func isPlace(_ message: SessionMessage) -> Bool { if case .addresses = message { true } else { false } }

    @Test
    func `SE-222, SE-367: to whom an invite was given by a code it is told where we are before he is welcome, and nobody else`() throws {
        let ground = try Ground()
        let device = ground.stranger.author
        let unknown = try told(ground) { _ in }
        #expect(!unknown.heard.contains(where: Self.isPlace) && !unknown.destinations.contains(Self.other))
        var known = try told(ground) { $0.node.codeMeetings.gave(ground.invite, to: device) }
        #expect(known.heard.contains(where: Self.isPlace) && known.destinations.contains(Self.other))
        #expect(known.node.presentPeers == 0 && known.transactions.isEmpty)
        // Once it is judged it is as any other.
        known.say(.hello(hasGenesis: true))
        known.run(.milliseconds(200))
        #expect(known.closed == [.notAdmitted] && !known.node.codeMeetings.expects(device))
        let ended = try told(ground) {
            $0.node.codeMeetings.gave(ground.invite, to: device)
            $0.give(.intent(.remove(RemovalOrder(.invite(ground.invite))), ref: 1))
        }
        #expect(!ended.heard.contains(where: Self.isPlace) && !ended.destinations.contains(Self.other))
    }

    @Test func `SE-222: who gave us our invite by a code is told and heard before the board is here`() throws {
        for isKnown in [false, true] {
            let ground = try Ground()
            let invite = InviteKey(invite: ground.invite, seed: try #require(Secret32(PerfectPipes.seedBytes(33))))
            var stranger = try Stranger(ground.pipes, invite: invite, inviter: isKnown ? ground.stranger.author : nil)
            stranger.give(.localAddresses([LocalAddress(Self.own)]))
            stranger.say(.addresses([Candidate(address: Self.other, kind: .host)]))
            stranger.run(.milliseconds(500))
            #expect(stranger.heard.contains(where: Self.isPlace) == isKnown && stranger.destinations.contains(Self.other) == isKnown)
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `SE-170, SE-319: whatever a stranger says in whichever order, it hears nothing of the room`(
        seed: UInt64
    )
        throws
    {
        let ground = try Ground()
        var random = SplitMix64(seed: seed)
        let name = TransactionName(Array(repeating: 7, count: 32))
        let words: [SessionMessage] = [
            .hello(hasGenesis: true), .hello(hasGenesis: false), .hello(hasGenesis: true, right: name),
            .hello(hasGenesis: true, right: ground.invite),
            ground.claim(PerfectPipes.identity(6).author), .askChain, .chain(try RightsChain([])), .welcome, .enough, .prove(sequence: 1),
            .genesis(ground.pipes.genesis.encoded), .fingerprint(.zero, count: 9), .reconcile([0]), .ask([ground.invite]),
            .receipt(sequence: 1),
            .adjacent([]), .adjacency(joined: [], left: []), .addresses([]), .epoch(.zero),
            .secrets([ToldSecret(name: ground.invite, secret: ground.pipes.secret)]),
        ]
        var stranger = try ground.met()
        for _ in 0..<12 {
            stranger.say(words[random.below(words.count)])
            if random.chance(0.3) { stranger.run(.milliseconds(5)) }
        }
        stranger.run(.milliseconds(200))
        let allowed: Set<SessionMessage> = [.hello(hasGenesis: true, right: ground.pipes.genesis.name), .askChain]
        #expect(Set(stranger.heard).isSubset(of: allowed) && stranger.transactions.isEmpty)
        #expect(stranger.node.presentPeers == 0 && !stranger.events.contains(where: Self.isTold))
    }
}
