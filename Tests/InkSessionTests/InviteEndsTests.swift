import InkBoard
import InkCrypto
import InkPrimitives
import Testing

@testable import InkSession

/// Invites whose time is over, and who says so.
@Suite struct InviteEndsTests {
    /// Ann's board, on which two more are owners, and each of whom has given nothing yet.
    private static func owners() throws -> PerfectPipes {
        var pipes = try PerfectPipes(admission: .grants)
        pipes.add(name: "ann")
        let key = try invite(.owner, timeToLive: 0, number: 1, by: 0, in: &pipes)
        for name in ["bob", "eve"] { pipes.add(name: name, dialling: [0, 1], invite: key) }
        #expect(
            pipes.run(.seconds(8)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 2 && $0.node.rights.role == .owner } })
        return pipes
    }

    private static func invite(_ role: Role, timeToLive: UInt32, number: UInt8, by index: Int, in pipes: inout PerfectPipes) throws
        -> InviteKey
    {
        let seed = try #require(Secret32(PerfectPipes.seedBytes(number)))
        let invite = RightsInvite(role: role, uses: 0, timeToLive: timeToLive, key: SigningKey(seed: seed).author)
        let name = try pipes.govern(by: index) { _, author throws(RuleViolation) in try Board.writes(inviting: invite, by: author) }
        return InviteKey(invite: name, seed: seed)
    }

    private static func removals(_ pipes: PerfectPipes, of index: Int) -> [AuthorID] {
        let transactions = pipes.members[index].node.board?.transactions ?? []
        return transactions.filter { $0.writes.contains { $0.property == .removal } }.map(\.author)
    }

    private static func stands(_ key: InviteKey, _ pipes: PerfectPipes, at index: Int) -> Bool {
        pipes.members[index].node.board?.standingRights.contains { $0.name == key.invite } == true
    }

    @Test func `SE-182, SE-334: the most senior owner there ends all that are over at once, and nobody else does`() throws {
        var pipes = try Self.owners()
        // Given by who is junior to all others or as much.
        let keys = try [20, 20, 60].enumerated().map { number, seconds in
            try Self.invite(.viewer, timeToLive: UInt32(seconds), number: 50 + UInt8(number), by: 2, in: &pipes)
        }
        #expect(pipes.run(.seconds(5)) { $0.areEqual } && pipes.members.indices.allSatisfy { Self.stands(keys[0], pipes, at: $0) })
        #expect(pipes.run(.seconds(25)) { pipes in pipes.members.indices.allSatisfy { !Self.stands(keys[0], pipes, at: $0) } })
        #expect(pipes.run(.seconds(30)) { $0.areEqual })
        #expect(Self.removals(pipes, of: 1) == [pipes.members[0].identity.author])
        #expect(!Self.stands(keys[1], pipes, at: 2) && Self.stands(keys[2], pipes, at: 2))
        // Whoever came by one that is over stays what he is.
        #expect(pipes.members.allSatisfy { $0.node.rights.role == .owner })
        #expect(pipes.run(.seconds(60)) { pipes in pipes.members.indices.allSatisfy { !Self.stands(keys[2], pipes, at: $0) } })
    }

    @Test func `SE-334: where the senior ones are away the next does so, and what is senior to all stands until its giver comes`() throws {
        var pipes = try Self.owners()
        let own = try Self.invite(.viewer, timeToLive: 20, number: 60, by: 0, in: &pipes)
        let given = try Self.invite(.viewer, timeToLive: 20, number: 61, by: 2, in: &pipes)
        #expect(pipes.run(.seconds(5)) { $0.areEqual })
        pipes.drop = { from, to in [from, to].contains(PerfectPipes.address(0)) }
        #expect(pipes.run(.seconds(70)) { !Self.stands(given, $0, at: 1) && !Self.stands(given, $0, at: 2) })
        #expect(Self.removals(pipes, of: 1).count == 1 && Self.removals(pipes, of: 1) != [pipes.members[0].identity.author])
        #expect(Self.stands(own, pipes, at: 1))
    }
}
