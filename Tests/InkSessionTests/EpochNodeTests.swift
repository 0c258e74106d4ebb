import InkBoard
import InkCrypto
import InkPrimitives
import Testing

@testable import InkSession
@testable import InkTransport

/// A room goes on to another secret when somebody is removed: who comes along, and who does not.
@Suite struct EpochNodeTests {
    /// A founder, and so many who joined by its invite.
    private static func room(_ count: Int, disclosesKeys: Bool = false) throws -> (PerfectPipes, InviteKey) {
        var pipes = try PerfectPipes(admission: .grants)
        pipes.disclosesKeys = disclosesKeys
        pipes.add(name: "ann")
        let seed = try #require(Secret32(PerfectPipes.seedBytes(240)))
        let invite = RightsInvite(role: .editor, uses: 0, timeToLive: 0, key: SigningKey(seed: seed).author)
        let name = try pipes.govern(by: 0) { _, author throws(RuleViolation) in try Board.writes(inviting: invite, by: author) }
        let key = InviteKey(invite: name, seed: seed)
        for index in 1...count { pipes.add(name: "m\(index)", dialling: Array(0..<index), invite: key) }
        try #require(pipes.run(.seconds(30)) { Self.areTogether($0, Array(0...count)) })
        return (pipes, key)
    }

    /// These have sessions with each other and the same board, at the same epoch, and nothing is on the way to a disk.
    private static func areTogether(_ pipes: PerfectPipes, _ members: [Int]) -> Bool {
        let fingerprints = Set(members.map { pipes.fingerprints[$0] })
        let epochs = Set(members.map { pipes.members[$0].node.linkSecret.epoch })
        return fingerprints.count == 1 && epochs.count == 1
            && members.allSatisfy { index in
                let node = pipes.members[index].node
                return node.presentPeers == members.count - 1 && node.epochs.lacking.isEmpty && node.board?.role(of: node.author) != nil
            }
    }

    @discardableResult private static func remove(_ index: Int, by owner: Int, in pipes: inout PerfectPipes) throws -> TransactionName {
        let right = try #require(pipes.members[owner].node.board?.right(of: pipes.members[index].identity.author))
        let secret = pipes.members[owner].node.epochForRemoval()
        return try pipes.govern(by: owner) { board, author throws(RuleViolation) in
            try board.writes(removing: [right], bringing: secret, by: author)
        }
    }

    private static func renew(by owner: Int, in pipes: inout PerfectPipes) throws -> TransactionName {
        let secret = pipes.members[owner].node.epochForRemoval()
        return try pipes.govern(by: owner) { board, author throws(RuleViolation) in
            try board.writes(removing: [], bringing: secret, by: author)
        }
    }

    private static func epoch(_ pipes: PerfectPipes, _ index: Int) -> EpochID { pipes.members[index].node.linkSecret.epoch }

    private static func cut(_ halves: [Int], _ others: [Int]) -> (SocketAddress, SocketAddress) -> Bool {
        let (left, right) = (Set(halves.map(PerfectPipes.address)), Set(others.map(PerfectPipes.address)))
        return { from, to in left.contains(from) && right.contains(to) || right.contains(from) && left.contains(to) }
    }

    @Test func `SE-190, SE-194, SE-195: with a removal who stays goes on to a new epoch, and who was removed stays behind`() throws {
        var (pipes, _) = try Self.room(3)
        let connections = pipes.members[0].node.connections.count
        let start = pipes.now
        pipes.intent(.remove(RemovalOrder(.device(pipes.members[3].identity.author))), by: 0)
        #expect(pipes.run(.seconds(2)) { Self.areTogether($0, [0, 1, 2]) && Self.epoch($0, 0) != .zero })
        let removal = try #require(pipes.members[0].node.board?.newestSecrets.first)
        #expect(pipes.now - start < .seconds(2) && pipes.members[3].node.presentPeers == 0)
        let epoch = EpochSecret.epoch(begunBy: [removal])
        #expect((0..<4).map { Self.epoch(pipes, $0) } == [epoch, epoch, epoch, .zero])
        #expect(Set((0..<3).map { pipes.members[$0].node.linkSecret.secret.derive("t").withBytes { $0 } }).count == 1)
        // Sessions live on.
        #expect(pipes.members[0].node.connections.count == connections - 1)
        for index in 0..<3 {
            let left = pipes.members[index].events.compactMap { if case .peer(let status) = $0 { status } else { nil } }
            #expect(left.count { $0.state == .left } == 1)
        }
        // The disk has the secret before the removal, and each before the epoch.
        for index in 0..<3 {
            let kinds = pipes.members[index].disk.compactMap { record -> String? in
                switch record {
                case .epoch(.brought(removal, _)): "secret"
                case .epoch(.reached(epoch, _)): "epoch"
                case .transaction(let transaction) where transaction.name == removal: "removal"
                default: nil
                }
            }
            #expect(kinds == (index == 0 ? ["secret", "removal", "epoch"] : ["removal", "secret", "epoch"]), "\(index)")
        }
        #expect(!pipes.members[3].disk.contains { if case .epoch(.met) = $0 { false } else if case .epoch = $0 { true } else { false } })
        // What was removed dials on and on, and comes into no room.
        #expect(!pipes.run(.seconds(60)) { $0.members[3].node.presentPeers > 0 })
        #expect(Self.areTogether(pipes, [0, 1, 2]))
    }

    @Test
    func `SE-196, SE-201, SE-341: who comes by a link of the epoch in force is there, and who comes by an older one is not let in`()
        throws
    {
        var (pipes, key) = try Self.room(2)
        try Self.remove(2, by: 0, in: &pipes)
        #expect(pipes.run(.seconds(5)) { Self.areTogether($0, [0, 1]) && Self.epoch($0, 0) != .zero })
        pipes.add(name: "new", dialling: [1], invite: key, link: pipes.members[1].node.linkSecret)
        #expect(pipes.run(.seconds(30)) { $0.members[3].node.presentPeers >= 1 && $0.fingerprints[0] == $0.fingerprints[3] })
        #expect(Self.epoch(pipes, 3) == Self.epoch(pipes, 0) && pipes.members[3].node.epochs.lacking.isEmpty)
        // A link of before, which the removed has, too, lets in nobody, under whatever key: he is told so, and hears nothing of the room.
        pipes.add(name: "old", dialling: [0], invite: key)
        #expect(pipes.run(.seconds(5)) { $0.members[4].events.contains(.notAdmitted) })
        #expect(!pipes.run(.seconds(60)) { $0.members[4].node.presentPeers > 0 || $0.members[4].node.board != nil })
        #expect(pipes.members[2].node.presentPeers == 0 && Self.epoch(pipes, 0) == Self.epoch(pipes, 1))
    }

    @Test func `SE-190, SE-343: what is removed in two halves at once takes both secrets, and both halves come together`() throws {
        var (pipes, _) = try Self.room(7)
        let owner = pipes.members[4].identity.author
        try pipes.govern(by: 0) { _, author throws(RuleViolation) in Board.writes(granting: .owner, to: owner, by: author) }
        #expect(pipes.run(.seconds(5)) { pipes in (0..<8).allSatisfy { pipes.members[$0].node.board?.role(of: owner) == .owner } })
        pipes.drop = Self.cut([0, 1, 2, 3], [4, 5, 6, 7])
        _ = pipes.run(.seconds(30))
        let names = [try Self.remove(7, by: 0, in: &pipes), try Self.remove(3, by: 4, in: &pipes)]
        _ = pipes.run(.seconds(5))
        #expect(
            Self.epoch(pipes, 1) == EpochSecret.epoch(begunBy: [names[0]]) && Self.epoch(pipes, 5) == EpochSecret.epoch(begunBy: [names[1]])
        )
        pipes.drop = { _, _ in false }
        let stay = [0, 1, 2, 4, 5, 6]
        #expect(pipes.run(.seconds(120)) { Self.areTogether($0, stay) })
        #expect(stay.allSatisfy { Self.epoch(pipes, $0) == EpochSecret.epoch(begunBy: names) })
        #expect(pipes.members[3].node.presentPeers == 0 && pipes.members[7].node.presentPeers == 0)
        // Whoever of them is started again is there.
        pipes.restart(5)
        #expect(pipes.run(.seconds(60)) { Self.areTogether($0, stay) })
    }

    @Test(arguments: [false, true])
    func `SE-193, SE-196, SE-345, SE-346: who was away for twenty epochs is met where he was, and needs one secret`(
        isRestarted: Bool
    )
        throws
    {
        var (pipes, _) = try Self.room(2)
        pipes.drop = Self.cut([0, 1], [2])
        var last = TransactionName.zero
        for step in 0..<20 {
            last = try Self.renew(by: 0, in: &pipes)
            let epoch = EpochSecret.epoch(begunBy: [last])
            #expect(pipes.run(.seconds(5)) { Self.epoch($0, 0) == epoch && Self.epoch($0, 1) == epoch }, "\(step)")
        }
        _ = pipes.run(.seconds(30))
        if isRestarted { for index in [0, 2, 1] { pipes.restart(index) } }
        pipes.drop = { _, _ in false }
        #expect(pipes.run(.seconds(120)) { Self.areTogether($0, [0, 1, 2]) })
        #expect(Self.epoch(pipes, 2) == EpochSecret.epoch(begunBy: [last]))
        #expect(pipes.members[2].disk.count { if case .epoch(.brought) = $0 { true } else { false } } == 1)
    }

    @Test func `SE-341, SE-343, SE-344: who has a removal and not its secret waits for who has it`() throws {
        var (pipes, _) = try Self.room(3)
        let all = Set((0...3).map(PerfectPipes.address))
        pipes.drop = { from, to in all.contains(from) && all.contains(to) }
        let removal = try Self.remove(3, by: 0, in: &pipes)
        _ = pipes.run(.seconds(40))
        // The removal came to one by a file.
        let transaction = try #require(pipes.saved(by: 0).first { $0.name == removal })
        pipes.members[1].disk.append(.transaction(transaction))
        pipes.restart(1)
        pipes.drop = Self.cut([0], [1, 2, 3])
        #expect(pipes.run(.seconds(60)) { $0.members[2].node.board?.contains(removal) == true && $0.members[1].node.presentPeers == 1 })
        for index in [1, 2] {
            #expect(pipes.members[index].node.epochs.lacking == [removal] && Self.epoch(pipes, index) == .zero)
        }
        #expect(pipes.members[3].node.presentPeers == 0)
        pipes.drop = { _, _ in false }
        #expect(pipes.run(.seconds(120)) { Self.areTogether($0, [0, 1, 2]) && Self.epoch($0, 0) == EpochSecret.epoch(begunBy: [removal]) })
    }

    @Test func `SE-192, SE-195: who is told a secret goes on and tells it once his disk has it`() throws {
        var (pipes, _) = try Self.room(2)
        // The owner reaches one of the two, who reaches the other.
        pipes.drop = Self.cut([0], [2])
        _ = pipes.run(.seconds(40))
        pipes.members[1].diskRefuses = true
        let renewal = try Self.renew(by: 0, in: &pipes)
        let epoch = EpochSecret.epoch(begunBy: [renewal])
        #expect(pipes.run(.seconds(10)) { $0.members[2].node.board?.contains(renewal) == true })
        _ = pipes.run(.seconds(5))
        #expect((0..<3).map { Self.epoch(pipes, $0) } == [epoch, .zero, .zero])
        #expect(pipes.members[1].node.epochs.lacking.isEmpty && pipes.members[2].node.epochs.lacking == [renewal])
        pipes.members[1].diskRefuses = false
        #expect(pipes.run(.seconds(10)) { pipes in (0..<3).allSatisfy { Self.epoch(pipes, $0) == epoch } })
    }

    @Test func `SE-190: an owner's renewal mends an epoch whose secret nobody has`() throws {
        var (pipes, _) = try Self.room(2)
        let lost = EpochSecret.commitment(to: try #require(Secret32(PerfectPipes.seedBytes(77))))
        try pipes.govern(by: 0) { board, author throws(RuleViolation) in try board.writes(removing: [], bringing: lost, by: author) }
        _ = pipes.run(.seconds(5))
        #expect((0..<3).allSatisfy { Self.epoch(pipes, $0) == .zero && !pipes.members[$0].node.epochs.lacking.isEmpty })
        let renewal = try Self.renew(by: 0, in: &pipes)
        #expect(pipes.run(.seconds(5)) { Self.areTogether($0, [0, 1, 2]) && Self.epoch($0, 2) == EpochSecret.epoch(begunBy: [renewal]) })
    }

    @Test(arguments: 0..<24 as Range<Int>)
    func `SE-192, SE-194: whoever is killed at whichever moment of a removal, all who stay end in one epoch`(
        step: Int
    ) throws {
        var (pipes, _) = try Self.room(3)
        let removal = try Self.remove(3, by: 0, in: &pipes)
        // Half a millisecond on each time: within the disk's time, when it is told, passed on, and when others save.
        _ = pipes.run(.microseconds(Int64(step / 2) * 1100))
        pipes.restart([0, 1][step % 2], keepsCommit: step % 4 < 2)
        let isThere: (PerfectPipes) -> Bool = { pipes in
            let knows = pipes.members[..<3].contains { $0.node.board?.contains(removal) == true }
            return Self.areTogether(pipes, knows ? [0, 1, 2] : [0, 1, 2, 3])
                && Self.epoch(pipes, 0) == (knows ? EpochSecret.epoch(begunBy: [removal]) : .zero)
        }
        var isMet = pipes.run(.seconds(120), until: isThere)
        #expect(isMet, "\(step)")
        // It holds: nothing is lost after a while, or when all are started again.
        _ = pipes.run(.seconds(2))
        for index in 0..<3 { pipes.restart(index) }
        isMet = pipes.run(.seconds(120), until: isThere)
        #expect(isMet, "\(step)")
    }

    @Test func `SE-197: with all that a removed member ever held nothing opens that the others send later`() throws {
        var (pipes, _) = try Self.room(5, disclosesKeys: true)
        // Two epochs that he knew, and sessions with all.
        for _ in 0..<2 {
            let epoch = EpochSecret.epoch(begunBy: [try Self.renew(by: 0, in: &pipes)])
            #expect(pipes.run(.seconds(5)) { Self.areTogether($0, Array(0...5)) && Self.epoch($0, 5) == epoch })
        }
        let secrets = pipes.members[5].disk.compactMap { record -> RoomKeys? in
            if case .epoch(.reached(let epoch, let secret)) = record { RoomKeys(roomSecret: secret, epoch: epoch) } else { nil }
        }
        try Self.remove(5, by: 0, in: &pipes)
        #expect(pipes.run(.seconds(5)) { Self.areTogether($0, Array(0...4)) })
        var reader = PacketReader()
        reader.read(log: pipes.members[5].keyLog)
        let known = EpochKeys(inForce: RoomKeys(roomSecret: pipes.secret), former: secrets)
        #expect(known.former.count == 2 && reader.unread == 0)
        pipes.recorded = []
        // He says nothing, so that nobody answers him: what all others do is theirs alone.
        pipes.drop = Self.cut([5], [0, 1, 2, 3, 4])
        for index in [1, 3, 0] { pipes.restart(index) }
        #expect(pipes.run(.seconds(60)) { Self.areTogether($0, Array(0...4)) })
        for index in 0..<4 {
            let draft = ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8, height: 8), text: "later \(index)")
            pipes.intent(.draw(draft), by: index)
        }
        #expect(pipes.run(.seconds(10)) { $0.members[4].node.board?.shapes.count == 4 && Self.areTogether($0, Array(0...4)) })
        let sent = try #require(pipes.recorded).filter { $0.from != 5 }
        var (handshakes, data) = (0, 0)
        for item in sent {
            let reading = reader.read(item.bytes)
            #expect(reading != nil && reading?.direction == nil)
            if reading?.kind == "data" { data += 1 } else { handshakes += 1 }
            #expect(known.keys(ofMAC: item.bytes) == nil)
        }
        #expect(handshakes > 10 && data > 100, "\(handshakes) \(data)")
        // The same eyes read what was said to him before.
        #expect(pipes.members[5].keyLog.count > 100)
    }

    @Test func `SE-195, SE-197: of a removal in one half of a room the other hears when they meet, and the removed reads no more`() throws {
        var (pipes, _) = try Self.room(7, disclosesKeys: true)
        pipes.drop = Self.cut([0, 1, 2, 3], [4, 5, 6, 7])
        _ = pipes.run(.seconds(30))
        pipes.recorded = []
        let removal = try Self.remove(7, by: 0, in: &pipes)
        let epoch = EpochSecret.epoch(begunBy: [removal])
        // What is drawn after it comes after it, and so nobody gets it without the removal.
        #expect(pipes.run(.seconds(2)) { $0.members[1].node.board?.contains(removal) == true })
        for index in [1, 6] {
            pipes.intent(.draw(ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8, height: 8))), by: index)
        }
        _ = pipes.run(.seconds(5))
        #expect((0...7).map { Self.epoch(pipes, $0) == epoch } == [true, true, true, true, false, false, false, false])
        #expect(pipes.members[7].node.presentPeers == 3 && pipes.members[7].node.board?.shapes.count == 1)
        pipes.drop = { _, _ in false }
        let stay = Array(0..<7)
        #expect(pipes.run(.seconds(120)) { Self.areTogether($0, stay) && Self.epoch($0, 4) == epoch })
        #expect(pipes.members[7].node.presentPeers == 0 && Set(stay.map { pipes.fingerprints[$0] }).count == 1)
        pipes.intent(.draw(ShapeDraft(kind: .ellipse, position: .zero, size: Size(width: 8, height: 8))), by: 5)
        #expect(pipes.run(.seconds(5)) { pipes in stay.allSatisfy { pipes.members[$0].node.board?.shapes.count == 3 } })
        #expect(pipes.members[7].node.board?.shapes.count == 1)
        // What was not said to him he opens with nothing that he has, and of the new epoch not even the outside.
        var reader = PacketReader()
        reader.read(log: pipes.members[7].keyLog)
        let new = RoomKeys(roomSecret: pipes.members[0].node.linkSecret.secret, epoch: epoch)
        let old = RoomKeys(roomSecret: pipes.secret)
        var counts = (theirs: 0, his: 0, new: 0)
        for item in try #require(pipes.recorded) {
            let isHis = item.from == 7 || item.to == PerfectPipes.address(7)
            let isRead = reader.read(item.bytes)?.direction != nil
            if isHis { counts.his += isRead ? 1 : 0 } else { counts.theirs += isRead ? 1 : 0 }
            guard HandshakeMAC.isRight(item.bytes, key: new.mac) else { continue }
            counts.new += 1
            #expect(!HandshakeMAC.isRight(item.bytes, key: old.mac))
        }
        #expect(counts.theirs == 0 && counts.his > 20 && counts.new > 0, "\(counts)")
    }

    @Test func `SE-191: who tells a secret that is none is shown the door`() throws {
        let pipes = try PerfectPipes(admission: .grants)
        var board = try Board(genesis: pipes.genesis)
        let owner = PerfectPipes.identity(0)
        let grant = Board.writes(granting: .editor, to: PerfectPipes.identity(5).author, by: owner.author)
        let right = try board.author(grant, key: owner, wallTime: 0).0.name
        var stranger = try Stranger(pipes, stored: Array(board.transactions.dropFirst()))
        stranger.say(.hello(hasGenesis: true, right: right))
        stranger.say(.welcome)
        stranger.run(.milliseconds(100))
        #expect(stranger.node.presentPeers == 1)
        let lie = ToldSecret(name: TransactionName(Array(repeating: 9, count: 32)) ?? .zero, secret: Secret32.random())
        stranger.say(.secrets([lie]))
        stranger.run(.milliseconds(100))
        #expect(stranger.closed.isEmpty)
        stranger.say(.secrets([ToldSecret(name: .zero, secret: Secret32.random())]))
        stranger.run(.milliseconds(100))
        #expect(stranger.closed == [.byPeer] && stranger.node.presentPeers == 0)
    }
}
