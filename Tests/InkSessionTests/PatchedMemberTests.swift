import InkBoard
import InkCrypto
import InkPrimitives
import InkSimulator
import InkTransport
import Testing

@testable import InkSession

/// Who may not draw tries every kind of write by every way, with a program that was changed, at eight members whose programs were not.
@Suite struct PatchedMemberTests {
    enum Writer: CaseIterable, CustomTestStringConvertible {
        case viewer, commenter, removed
        /// What it may write; nil for nothing any more.
        var role: Role? { self == .viewer ? .viewer : self == .commenter ? .commenter : nil }
        var testDescription: String { "\(self)" }
    }

    /// Eight members, the writer, and one whose program carries what others signed.
    private struct Room {
        var pipes: PerfectPipes
        /// Of the writer, given before the board that it knows.
        let right: TransactionName
        let writer: PatchedMember
        var carrier: PatchedMember
        /// What the writer knows: all, or of one who was removed what was there before.
        let known: Board
        let aims: WriteCatalogue.Aims
        let invite: InviteKey

        init(_ kind: Writer) throws {
            var pipes = try PerfectPipes(admission: .grants)
            pipes.add(name: "ann")
            let seed = try #require(Secret32(PerfectPipes.seedBytes(240)))
            let order = RightsInvite(role: .editor, uses: 0, timeToLive: 0, key: SigningKey(seed: seed).author)
            let invite = InviteKey(
                invite: try pipes.govern(by: 0) { _, owner throws(RuleViolation) in try Board.writes(inviting: order, by: owner) },
                seed: seed)
            for number in 1..<8 { pipes.add(name: "member \(number)", dialling: Array(0..<number), invite: invite) }
            guard pipes.run(.seconds(30), until: { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 7 } }) else {
                throw Unready()
            }
            for kind in [ShapeKind.rectangle, .note, .ellipse] {
                pipes.intent(.draw(ShapeDraft(kind: kind, position: .zero, size: Size(width: 8, height: 8))), by: 1)
            }
            _ = pipes.run(.seconds(2)) { $0.areEqual }
            pipes.intent(.delete([try #require(pipes.members[0].node.board?.shapes.last).id]), by: 1)
            guard pipes.run(.seconds(5), until: { $0.areEqual && $0.members[0].node.board?.shapeCount == 2 }) else { throw Unready() }
            let writer = PatchedMember(PerfectPipes.identity(20), number: 20, in: pipes)
            var carrier = PatchedMember(PerfectPipes.identity(21), number: 21, in: pipes)
            func grant(_ role: Role, to author: AuthorID) throws -> TransactionName {
                try pipes.govern(by: 0) { _, owner throws(RuleViolation) in Board.writes(granting: role, to: author, by: owner) }
            }
            let right = try grant(kind.role ?? .editor, to: writer.key.author)
            let carried = try grant(.viewer, to: carrier.key.author)
            let board = try #require(pipes.members[0].node.board)
            let aims = try #require(WriteCatalogue.Aims(on: board, of: pipes.members[1].identity.author))
            var known = board
            if kind == .removed {
                try pipes.govern(by: 0) { board, owner throws(RuleViolation) in try board.writes(removing: [right], by: owner) }
            } else {
                known = try #require(pipes.members[0].node.board)
            }
            guard pipes.run(.seconds(5), until: { $0.areEqual }) else { throw Unready() }
            // The carrier speaks to the second of the eight, and to nobody else.
            carrier.dial(1, now: pipes.now)
            carrier.run(.milliseconds(200), in: &pipes)
            carrier.say(.hello(hasGenesis: true, right: carried), now: pipes.now)
            carrier.say(.welcome, now: pipes.now)
            carrier.run(.seconds(1), in: &pipes)
            (self.pipes, self.right, self.writer, self.carrier, self.known) = (pipes, right, writer, carrier, known)
            (self.aims, self.invite) = (aims, invite)
        }

        struct Unready: Error {}

        /// What any of the eight shows.
        func seen() -> [Seen] {
            pipes.members.map { member in
                let board = member.node.board
                return Seen(
                    shapes: board?.shapes ?? [], chats: board?.chats.map(\.text) ?? [],
                    names: board?.authors.compactMap { board?.personName($0) }.sorted() ?? [],
                    rights: board?.standingRights.map(\.name) ?? [], mayChat: board?.viewersMayChat ?? true,
                    fingerprint: board?.fingerprint)
            }
        }

        /// Told of the board since the beginning.
        func told() -> Int {
            pipes.members.reduce(0) { sum, member in
                sum
                    + member.events.count { event in
                        switch event {
                        case .changed, .chat, .gesture, .fork, .textMerged: true
                        default: false
                        }
                    }
            }
        }
    }

    private struct Seen: Equatable {
        let shapes: [Shape]
        let chats: [String]
        let names: [String]
        let rights: [TransactionName]
        let mayChat: Bool
        let fingerprint: Fingerprint?
    }

    @Test(arguments: Writer.allCases)
    func `BD-94, BD-169: nothing that who may not draw signs is seen or passed on, whatever way it comes`(writer: Writer) throws {
        var room = try Room(writer)
        #expect(room.carrier.isWelcome && !room.carrier.isRefused)
        let names = [
            room.right, room.pipes.genesis.name, room.invite.invite, room.aims.right, TransactionName(PerfectPipes.seedBytes(3))!,
        ]
        let now = try #require(room.pipes.members[0].node.board)
        let (seen, told) = (room.seen(), room.told())
        let catalogue = try WriteCatalogue(
            of: room.writer.key.author, on: room.known, at: room.aims, for: PerfectPipes.identity(30))
        var signed: [(what: String, isStep: Bool, transaction: Transaction)] = []
        for entry in catalogue.entries {
            // Steps of undo need no role, and change nothing.
            let isStep = [.undo, .redo, .continuation].contains(entry.writes[0].property)
            guard isStep || entry.isForbidden(to: writer.role) else { continue }
            // By what name of a right is tried with a few of them.
            for name in ["a new rectangle", "words", "a grant"].contains(entry.what) ? names : [room.right] {
                // After all that is there, and before a removal.
                for board in writer == .removed ? [room.known, now] : [now] {
                    guard let transaction = try? room.writer.sign(entry.writes, under: name, after: board) else { continue }
                    signed.append((entry.what, isStep, transaction))
                }
            }
        }
        #expect(signed.count > 50)
        // Half as new, half as history, as fast as a member's work is taken.
        for (index, item) in signed.enumerated() {
            room.carrier.send(item.transaction, lane: index % 2 == 0 ? .ops : .bulk, now: room.pipes.now)
            room.carrier.run(.milliseconds(30), in: &room.pipes)
        }
        room.carrier.run(.seconds(5), in: &room.pipes)
        // Who knows its name is not given it either, but for what is allowed.
        let drawn = try #require(now.transactions.last { $0.author == room.pipes.members[1].identity.author }?.name)
        for start in stride(from: 0, to: signed.count, by: SessionMessage.asksMax - 1) {
            let names = signed[start...].prefix(SessionMessage.asksMax - 1).filter { !$0.isStep || writer == .removed }.map(
                \.transaction.name)
            room.carrier.say(.ask(names + [drawn]), now: room.pipes.now)
        }
        room.carrier.run(.seconds(1), in: &room.pipes)
        #expect(room.carrier.brought.contains(drawn))
        for (what, isStep, transaction) in signed where !isStep || writer == .removed {
            #expect(!room.carrier.brought.contains(transaction.name), "\(what) by a \(writer) is given to who asks for it")
        }
        let after = room.seen()
        for (index, member) in room.pipes.members.enumerated() {
            for (what, isStep, transaction) in signed where !isStep {
                let isThere = member.node.board?.contains(transaction.name) == true || member.node.board?.isOrphan(transaction.name) == true
                // The one to whom it was sent keeps what was valid before the removal; nobody else hears of it.
                if isThere { #expect(index == 1 && writer == .removed, "\(what) by a \(writer) came to member \(index)") }
                #expect(member.node.board?.counts(transaction.name) == false, "\(what) by a \(writer) counts at member \(index)")
            }
            if writer == .removed { #expect(after[index] == seen[index], "member \(index)") }
            #expect(after[index].shapes == seen[index].shapes && after[index].chats == seen[index].chats)
            #expect(after[index].rights == seen[index].rights && after[index].mayChat == seen[index].mayChat)
        }
        if writer == .removed { #expect(room.told() == told) }
        // From a disk, or a file, it is judged alike.
        var loaded = try Board(genesis: room.pipes.genesis)
        _ = loaded.load(now.transactions.dropFirst() + signed.map(\.transaction))
        #expect(loaded.shapes == now.shapes && loaded.chats == now.chats && loaded.standingRights.map(\.name) == seen[0].rights)
    }

    @Test func `there is a write of each property that the board knows`() throws {
        let room = try Room(.viewer)
        let catalogue = try WriteCatalogue(of: room.writer.key.author, on: room.known, at: room.aims, for: PerfectPipes.identity(30))
        #expect(Set(catalogue.entries.flatMap { $0.writes.map(\.property) }).isSuperset(of: KnownProperty.allCases.map { Property($0) }))
        #expect(Set(catalogue.entries.map(\.what)).count == catalogue.entries.count)
    }

    @Test func `SE-188: of who may not draw no gesture is shown`() throws {
        var room = try Room(.viewer)
        let author = room.carrier.key.author
        var number: UInt64 = 0
        for (role, count) in [(Role.viewer, 0), (.commenter, 1), (.editor, 6)] {
            try room.pipes.govern(by: 0) { _, owner throws(RuleViolation) in Board.writes(granting: role, to: author, by: owner) }
            room.carrier.run(.seconds(1), in: &room.pipes)
            let before = room.pipes.members[1].events.count
            for entry in GestureCatalogue(at: room.aims.shape).entries {
                number += 1
                room.carrier.show(entry.shown(number: number), now: room.pipes.now)
                room.carrier.run(.milliseconds(200), in: &room.pipes)
            }
            let begun = room.pipes.members[1].events.dropFirst(before).count { if case .gesture(_, .began) = $0 { true } else { false } }
            #expect(begun == count, "\(role)")
        }
    }
}
