import InkBoard
import InkCrypto
import InkPrimitives
import Testing

@testable import InkSession

/// Who comes into a room with roles, by which word, and who does not.
@Suite struct RolesTests {
    /// A founder's board, and the key of an invite.
    private static func room(_ role: Role = .editor, uses: UInt32 = 0) throws -> (PerfectPipes, InviteKey) {
        var pipes = try PerfectPipes(admission: .grants)
        pipes.add(name: "ann")
        let key = try invite(role, uses: uses, by: 0, in: &pipes)
        return (pipes, key)
    }

    private static func invite(_ role: Role, uses: UInt32 = 0, by index: Int, in pipes: inout PerfectPipes) throws -> InviteKey {
        let seed = try #require(Secret32(PerfectPipes.seedBytes(240 + role.rawValue)))
        let invite = RightsInvite(role: role, uses: uses, timeToLive: 0, key: SigningKey(seed: seed).author)
        let name = try pipes.govern(by: index) { _, author throws(RuleViolation) in try Board.writes(inviting: invite, by: author) }
        return InviteKey(invite: name, seed: seed)
    }

    private static func isIn(_ pipes: PerfectPipes, _ index: Int) -> Bool {
        pipes.members[index].node.presentPeers > 0 && pipes.members[index].node.board?.role(of: pipes.members[index].node.author) != nil
    }

    private static func draw(_ text: String, by index: Int, in pipes: inout PerfectPipes, ref: UInt64? = nil) {
        pipes.intent(.draw(ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8, height: 8), text: text)), by: index, ref: ref)
    }

    @Test func `SE-172, SE-173, SE-324: who has the link is let in, joins by its first transaction, and draws`() throws {
        var (pipes, key) = try Self.room()
        pipes.add(name: "bob", knowsTime: false, invite: key)
        // What is asked before it has joined waits for that, and that for the time of day.
        let isReady = pipes.run(.seconds(5)) { $0.members[1].events.contains { if case .ready = $0 { true } else { false } } }
        #expect(isReady && pipes.members[1].node.board?.role(of: pipes.members[1].identity.author) == nil)
        Self.draw("early", by: 1, in: &pipes)
        #expect(!pipes.run(.seconds(3)) { $0.members[1].node.board?.shapes.isEmpty == false })
        #expect(pipes.members[1].node.presentPeers == 1 && pipes.members[0].node.presentPeers == 1)
        pipes.tellTime(to: 1)
        let isDrawn = pipes.run(.seconds(5)) { $0.members[0].node.board?.shapes.contains { $0.content.text == "early" } == true }
        #expect(isDrawn)
        #expect(pipes.run(.seconds(5)) { $0.areEqual })
        let board = try #require(pipes.members[0].node.board)
        let bob = pipes.members[1].identity.author
        let own = board.transactions(of: bob, from: 1)
        #expect(own.first?.grant == key.invite && own.first?.writes.map(\.property) == [.admittance])
        #expect(own.dropFirst().allSatisfy { $0.grant == own.first?.name } && own.count == 3)
        #expect(board.role(of: bob) == .editor && board.personName(bob) == "bob")
        for index in 0...1 {
            let last = pipes.members[index].events.compactMap { if case .peer(let status) = $0 { status } else { nil } }.last
            #expect(last?.role == (index == 0 ? .editor : .owner) && last?.state == .joined)
        }
    }

    @Test func `SE-171, SE-172, SE-322: a joiner is let in by any member, and is shown by a chain that it is one`() throws {
        var (pipes, key) = try Self.room()
        pipes.add(name: "bob", invite: key)
        #expect(pipes.run(.seconds(5)) { Self.isIn($0, 1) && $0.areEqual })
        pipes.drop = { from, to in [from, to].contains(PerfectPipes.address(0)) }
        pipes.add(name: "eve", dialling: [1], invite: key)
        #expect(pipes.run(.seconds(5)) { Self.isIn($0, 2) && $0.fingerprints[1] == $0.fingerprints[2] })
        // Two members who have never heard of each other: each joined where the other was not.
        pipes.drop = { from, to in [from, to].contains(PerfectPipes.address(1)) || [from, to].contains(PerfectPipes.address(2)) }
        pipes.add(name: "dan", dialling: [0, 2], invite: key)
        #expect(pipes.run(.seconds(30)) { Self.isIn($0, 3) && $0.fingerprints[0] == $0.fingerprints[3] })
        #expect(pipes.members[3].node.board?.role(of: pipes.members[2].identity.author) == nil)
        pipes.drop = { from, to in [from, to].contains(PerfectPipes.address(0)) || [from, to].contains(PerfectPipes.address(1)) }
        #expect(pipes.run(.seconds(60)) { $0.fingerprints[2] == $0.fingerprints[3] })
        #expect(pipes.members[3].node.board?.role(of: pipes.members[2].identity.author) == .editor)
    }

    @Test func `SE-174, SE-326, SE-327: who is removed hears nothing more, and comes back when he is granted a right`() throws {
        var (pipes, key) = try Self.room()
        for name in ["bob", "eve"] { pipes.add(name: name, invite: key) }
        #expect(pipes.run(.seconds(5)) { Self.isIn($0, 1) && Self.isIn($0, 2) && $0.areEqual })
        let (ann, bob) = (pipes.members[0].identity.author, pipes.members[1].identity.author)
        let right = try #require(pipes.members[0].node.board?.right(of: bob))
        let start = pipes.now
        pipes.drop = { from, to in [from, to].contains(PerfectPipes.address(1)) }
        try pipes.govern(by: 0) { board, author throws(RuleViolation) in try board.writes(removing: [right], by: author) }
        let isClosed = pipes.run(.seconds(2)) { $0.members[0].node.presentPeers == 1 && $0.members[2].node.presentPeers == 1 }
        #expect(isClosed && pipes.now - start < .seconds(2))
        let before = pipes.members[1].node.board?.transactionCount
        Self.draw("later", by: 0, in: &pipes)
        Self.draw("mine", by: 1, in: &pipes)
        #expect(pipes.run(.seconds(60)) { $0.members[1].node.presentPeers == 0 })
        pipes.drop = { _, _ in false }
        #expect(!pipes.run(.seconds(90)) { $0.members[1].node.presentPeers > 0 })
        // What he drew meanwhile, and the removal.
        #expect(pipes.members[1].node.board?.shapes.isEmpty == true && pipes.saved(by: 1).last?.author == ann)
        #expect((pipes.members[1].node.board?.transactionCount ?? 0) - (before ?? 0) == 2)
        #expect(pipes.members[2].node.board?.shapes.map(\.content.text) == ["later"])
        try pipes.govern(by: 0) { _, author throws(RuleViolation) in
            Board.writes(granting: .viewer, to: bob, by: author)
        }
        #expect(pipes.run(.seconds(60)) { $0.members[1].node.board?.shapes.map(\.content.text) == ["later"] })
        // What he drew meanwhile is on his disk, and seen by nobody.
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[1].node.presentPeers > 0 })
        #expect(pipes.members[0].node.board?.shapes.count == 1)
    }

    @Test func `SE-178: who is not let in is told so, now and then, and not while somebody lets him in`() throws {
        var (pipes, key) = try Self.room()
        pipes.add(name: "bob", invite: key)
        #expect(pipes.run(.seconds(5)) { Self.isIn($0, 1) })
        pipes.add(name: "eve", dialling: [0, 1], invite: key)
        #expect(pipes.run(.seconds(5)) { $0.members.allSatisfy { $0.node.presentPeers == 2 } && $0.areEqual })
        let right = try #require(pipes.members[0].node.board?.right(of: pipes.members[1].identity.author))
        pipes.drop = { from, to in
            [from, to].contains(PerfectPipes.address(0)) && [from, to].contains(PerfectPipes.address(2))
        }
        try pipes.govern(by: 0) { board, author throws(RuleViolation) in try board.writes(removing: [right], by: author) }
        // He passes on himself what ended his right: then nobody lets him in. Why, he was told in better words.
        #expect(pipes.run(.seconds(90)) { $0.members[1].node.presentPeers == 0 })
        pipes.drop = { _, _ in false }
        #expect(!pipes.run(.seconds(30)) { $0.members[1].events.contains(.notAdmitted) })
        // The next process of his was told nothing.
        pipes.add(name: "bob", seed: 77, stored: pipes.saved(by: 1), identityIndex: 1)
        #expect(pipes.run(.seconds(60)) { $0.members[3].events.contains(.notAdmitted) })
        let before = pipes.members[3].events.count { $0 == .notAdmitted }
        #expect(!pipes.run(.seconds(30)) { _ in false })
        #expect(pipes.members[3].events.count { $0 == .notAdmitted } - before <= 30)
        #expect(!pipes.members[0].events.contains(.notAdmitted) && !pipes.members[2].events.contains(.notAdmitted))
    }

    @Test(arguments: [Role.viewer, .commenter]) func `SE-328: what a role does not allow is refused in words, and nobody sees it`(
        role: Role
    ) throws {
        var (pipes, key) = try Self.room(role)
        pipes.add(name: "bob", invite: key)
        #expect(pipes.run(.seconds(5)) { Self.isIn($0, 1) && $0.areEqual })
        Self.draw("no", by: 1, in: &pipes, ref: 7)
        pipes.intent(.say("words"), by: 1, ref: 8)
        _ = pipes.run(.seconds(2))
        let outcomes = pipes.members[1].events.compactMap { event -> Outcome? in
            if case .outcome(_, let outcome) = event { outcome } else { nil }
        }
        let refused = Outcome.refused(.notAllowed(role))
        #expect(outcomes == [refused, role == .viewer ? refused : .done])
        #expect(pipes.areEqual && pipes.members.allSatisfy { $0.node.board?.shapes.isEmpty == true })
        // The name is anybody's.
        #expect(pipes.members[0].node.board?.personName(pipes.members[1].identity.author) == "bob")
    }
}
