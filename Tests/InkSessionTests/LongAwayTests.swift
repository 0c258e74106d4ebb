import InkBoard
import InkCrypto
import InkPrimitives
import InkTransport
import Testing

@testable import InkSession

/// Clocks that are years off, members who come back after a year, and what somebody drew who was removed meanwhile.
@Suite struct LongAwayTests {
    private static let year: UInt64 = 365 * 24 * 3600 * 1000
    private static let today: UInt64 = 1_700_000_000_000

    private static func invite(_ pipes: inout PerfectPipes, seconds: UInt32 = 0) throws -> InviteKey {
        let seed = try #require(Secret32(PerfectPipes.seedBytes(241)))
        let invite = RightsInvite(role: .editor, uses: 0, timeToLive: seconds, key: SigningKey(seed: seed).author)
        let name = try pipes.govern(by: 0) { _, owner throws(RuleViolation) in try Board.writes(inviting: invite, by: owner) }
        return InviteKey(invite: name, seed: seed)
    }

    /// Ann's room, where bob is, and eve was: nothing reaches her any more.
    private static func roomThatEveLeft() throws -> (PerfectPipes, InviteKey) {
        var pipes = try PerfectPipes(admission: .grants)
        pipes.add(name: "ann")
        let key = try Self.invite(&pipes)
        for name in ["bob", "eve"] { pipes.add(name: name, invite: key) }
        #expect(pipes.run(.seconds(5)) { Self.isIn($0, 1) && Self.isIn($0, 2) && $0.areEqual })
        let away = PerfectPipes.address(2)
        pipes.drop = { from, to in [from, to].contains(away) }
        return (pipes, key)
    }

    private static func draw(_ text: String, by index: Int, in pipes: inout PerfectPipes) {
        pipes.intent(.draw(ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8, height: 8), text: text)), by: index)
    }

    private static func isIn(_ pipes: PerfectPipes, _ index: Int) -> Bool {
        pipes.members[index].node.presentPeers > 0
            && pipes.members[index].node.board?.role(of: pipes.members[index].identity.author) == .editor
    }

    @Test(arguments: [-50, 50]) func `BD-115, SE-172: a joiner whose clock is years off comes in, and what he draws is seen`(years: Int)
        throws
    {
        var pipes = try PerfectPipes(admission: .grants)
        pipes.add(name: "ann")
        let key = try Self.invite(&pipes, seconds: 600)
        pipes.add(name: "bob", knowsTime: false, invite: key)
        pipes.input(.wallClock(years < 0 ? Self.today - UInt64(-years) * Self.year : Self.today + UInt64(years) * Self.year), to: 1)
        #expect(pipes.run(.seconds(5)) { Self.isIn($0, 1) && $0.areEqual })
        for index in 0...1 { Self.draw("by \(index)", by: index, in: &pipes) }
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[0].node.board?.shapeCount == 2 })
    }

    @Test func `BD-115, SE-172: a member whose clock is years ahead takes an invite's time for over, and nobody else does`() throws {
        var pipes = try PerfectPipes(admission: .grants)
        pipes.add(name: "ann")
        let key = try Self.invite(&pipes, seconds: 600)
        for name in ["bob", "eve"] { pipes.add(name: name, invite: key) }
        #expect(pipes.run(.seconds(5)) { Self.isIn($0, 1) && Self.isIn($0, 2) && $0.areEqual })
        pipes.input(.wallClock(Self.today + 50 * Self.year), to: 1)
        // The joiner meets that one first, then another, too.
        pipes.drop = { from, to in [from, to].contains(PerfectPipes.address(0)) && [from, to].contains(PerfectPipes.address(3)) }
        pipes.add(name: "dan", dialling: [1], invite: key)
        #expect(!pipes.run(.seconds(10)) { Self.isIn($0, 3) } && pipes.members[3].node.board == nil)
        pipes.add(name: "kim", dialling: [1, 2], invite: key)
        #expect(pipes.run(.seconds(60)) { Self.isIn($0, 4) })
        // Since the admission counts wherever it comes to, he is a member for that one, too.
        #expect(pipes.run(.seconds(60)) { $0.members[1].node.board?.role(of: $0.members[4].identity.author) == .editor })
        Self.draw("by kim", by: 4, in: &pipes)
        #expect(pipes.run(.seconds(5)) { $0.members[1].node.board?.shapeCount == 1 && $0.members[0].node.board?.shapeCount == 1 })
    }

    @Test
    func `SE-170, SE-320, SE-327: who comes back after a year with work of his own has all of it seen, and sees what became of the others`()
        throws
    {
        var (pipes, key) = try Self.roomThatEveLeft()
        Self.draw("offline", by: 2, in: &pipes)
        _ = pipes.run(.seconds(60))
        let stored = pipes.saved(by: 2)
        // A year of comings and goings, of which he hears nothing; the invite by which he came is gone, too.
        pipes.input(.wallClock(Self.today + Self.year), to: 0)
        for number in 0..<20 {
            let guest = PerfectPipes.identity(40 + number).author
            let right = try pipes.govern(by: 0) { _, owner throws(RuleViolation) in Board.writes(granting: .editor, to: guest, by: owner) }
            try pipes.govern(by: 0) { board, owner throws(RuleViolation) in try board.writes(removing: [right], by: owner) }
        }
        try pipes.govern(by: 0) { board, owner throws(RuleViolation) in try board.writes(removing: [key.invite], by: owner) }
        Self.draw("meanwhile", by: 1, in: &pipes)
        _ = pipes.run(.seconds(5))
        pipes.add(name: "eve", seed: 77, stored: stored, identityIndex: 2, knowsTime: false)
        pipes.input(.wallClock(Self.today + Self.year), to: 3)
        #expect(pipes.run(.seconds(60)) { $0.fingerprints[3] == $0.fingerprints[0] && $0.fingerprints[1] == $0.fingerprints[0] })
        for index in [0, 1, 3] {
            #expect(Set(pipes.members[index].node.board?.shapes.map(\.content.text) ?? []) == ["offline", "meanwhile"], "\(index)")
        }
    }

    @Test func `BD-169, SE-326: what somebody drew who was removed meanwhile stays on his disk, and is nobody else's`() throws {
        var (pipes, _) = try Self.roomThatEveLeft()
        let right = try #require(pipes.members[0].node.board?.right(of: pipes.members[2].identity.author))
        try pipes.govern(by: 0) { board, owner throws(RuleViolation) in try board.writes(removing: [right], by: owner) }
        for number in 1...3 { Self.draw("offline \(number)", by: 2, in: &pipes) }
        _ = pipes.run(.seconds(60))
        pipes.drop = { _, _ in false }
        let told = pipes.members[0].events.count
        #expect(!pipes.run(.seconds(120)) { $0.members[2].node.presentPeers > 0 })
        // He meets them again, and is refused; of it the others are told nothing, and have nothing of his.
        #expect(pipes.members[0].node.endpoint.refusedDevices.contains(pipes.members[2].identity.author))
        for index in [0, 1] {
            #expect(pipes.members[index].node.board?.shapeCount == 0 && pipes.members[index].node.board?.orphanCount == 0)
        }
        #expect(pipes.members[0].events.dropFirst(told).allSatisfy { if case .changed = $0 { false } else { true } })
        // He is told, and has it on his disk.
        let news = pipes.members[2].events.compactMap { if case .rights(let news) = $0 { news } else { nil } }
        #expect(news == [.removed(by: pipes.members[0].identity.author, reason: "", unseen: 3)])
        let texts = pipes.saved(by: 2).flatMap(\.writes).compactMap { if case .text(let text) = $0.value { text } else { nil } }
        #expect(Set(texts).isSuperset(of: ["offline 1", "offline 2", "offline 3"]))
    }
}
