import InkBoard
import InkCrypto
import InkPrimitives
import InkTransport
import Testing

@testable import InkSession

/// Who may not draw tries every kind of write by every way, with a program that was changed, at eight members whose programs were not.
@Suite struct PatchedMemberTests {
    enum Writer: CaseIterable, CustomTestStringConvertible {
        case viewer, commenter, removed
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
        let others: (shape: ShapeID, note: ShapeID, mark: TransactionName, work: TransactionName, invite: InviteKey)

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
            let drawn = try #require(pipes.members[0].node.board?.shapes)
            pipes.intent(.delete([try #require(drawn.last).id]), by: 1)
            guard pipes.run(.seconds(5), until: { $0.areEqual && $0.members[0].node.board?.shapeCount == 2 }) else { throw Unready() }
            let writer = PatchedMember(PerfectPipes.identity(20), number: 20, in: pipes)
            var carrier = PatchedMember(PerfectPipes.identity(21), number: 21, in: pipes)
            func grant(_ role: Role, to author: AuthorID) throws -> TransactionName {
                try pipes.govern(by: 0) { _, owner throws(RuleViolation) in Board.writes(granting: role, to: author, by: owner) }
            }
            let role: Role = kind == .viewer ? .viewer : kind == .commenter ? .commenter : .editor
            let right = try grant(role, to: writer.key.author)
            let carried = try grant(.viewer, to: carrier.key.author)
            let board = try #require(pipes.members[0].node.board)
            let work = board.transactions(of: pipes.members[1].identity.author, from: 1)
            let mark = try #require(work.last { $0.writes.contains { $0.property == .deletion } })
            let others = (drawn[0].id, drawn[1].id, mark.name, try #require(work.last?.name), invite)
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
            (self.pipes, self.right, self.writer, self.carrier, self.known, self.others) = (pipes, right, writer, carrier, known, others)
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

    /// One value of each property that a transaction can hold, at a place where it may stand.
    private static func writes(in room: Room, by author: AuthorID) throws -> [(String, [Write])] {
        let (own, person) = (ShapeID(author: author, number: 77), ShapeID(author: author, number: 0))
        var all: [(String, [Write])] = []
        let board = room.known
        for kind in [ShapeKind.rectangle, .ellipse, .diamond, .line, .arrow, .text, .note, .freehand] {
            let draft = ShapeDraft(
                kind: kind, position: .zero, size: kind.isPath || kind == .text ? .zero : Size(width: 8, height: 8),
                points: kind.isPath ? [.zero, Point(x: 80, y: 80)] : [], text: "mine")
            all.append(("a new \(kind)", try board.writes(for: draft, number: 77, by: author)))
        }
        let values: [(KnownProperty, Value)] = [
            (.position, .point(Point(x: 5, y: 5))), (.size, .size(Size(width: 80, height: 8))), (.text, .text("mine")),
            (.stroke, .color(nil)), (.fill, .color(nil)), (.strokeWidth, .strokeWidth(16)), (.depth, .depth(board.topDepth)),
            (.label, .text("mine")), (.deletion, .mark), (.retraction, .names([room.others.mark])), (.points, .points([.zero])),
        ]
        for (property, value) in values {
            for shape in [room.others.shape, room.others.note] {
                all.append(("\(property) of another's", [Write(shape, Property(property), value)]))
            }
        }
        for property in KnownProperty.allCases where property.rawValue >= 32 {
            all.append(("\(property) of another's", [Write(room.others.shape, Property(property), .bytes([1]))]))
        }
        all.append(("an unknown property", [Write(room.others.shape, Property(rawValue: 999), .bytes([1]))]))
        all.append(("a new shape of nothing known", [Write(own, .kind, .kind(60)), Write(own, .position, .point(.zero))]))
        all.append(("words", [Write(person, .chat, .text("mine"))]))
        for step in [KnownProperty.undo, .redo, .continuation] {
            all.append(("\(step) of another's", [Write(person, Property(step), .name(room.others.work))]))
        }
        let stranger = PerfectPipes.identity(30).author
        all.append(("a grant", Board.writes(granting: .owner, to: stranger, by: author)))
        all.append(("a grant to itself", Board.writes(granting: .owner, to: author, by: author)))
        let invite = RightsInvite(role: .editor, uses: 0, timeToLive: 0, key: stranger)
        all.append(("an invite", try Board.writes(inviting: invite, by: author)))
        all.append(("a policy", Board.writes(allowing: RightsPolicy(viewersMayChat: true), by: author)))
        let victim = try #require(board.right(of: room.pipes.members[1].identity.author))
        let removal = RightsEnd(rights: [victim], heads: [])
        all.append(("a removal", [Write(person, .removal, .right(.removal(removal)))]))
        all.append(("a new secret", try board.writes(removing: [], bringing: .zero, by: author)))
        // By a key that it has not: of another invite.
        let admission = RightsAdmission(of: author, to: board.id, inviteKey: PerfectPipes.identity(30))
        all.append(("an admission", Board.writes(joining: admission, by: author)))
        all.append(("the board's name", [Write(person, .boardName, .text("mine"))]))
        return all
    }

    /// What its role allows, or is nothing: that is not tried.
    private static func isAllowed(_ what: String, _ writer: Writer) -> Bool {
        switch writer {
        case .viewer, .removed: false
        case .commenter: what == "words" || what == "a new note"
        }
    }

    // BD-94 BD-97
    @Test(arguments: Writer.allCases)
    func `nothing that who may not draw signs is seen or passed on, whatever way it comes`(writer: Writer) throws {
        var room = try Room(writer)
        #expect(room.carrier.isWelcome && !room.carrier.isRefused)
        let names = [
            room.right, room.pipes.genesis.name, room.others.invite.invite,
            try #require(room.known.right(of: room.pipes.members[1].identity.author)), TransactionName(PerfectPipes.seedBytes(3))!,
        ]
        let now = try #require(room.pipes.members[0].node.board)
        let (seen, told) = (room.seen(), room.told())
        var signed: [(what: String, transaction: Transaction)] = []
        for (what, writes) in try Self.writes(in: room, by: room.writer.key.author) where !Self.isAllowed(what, writer) {
            // By what name of a right is tried with a few of them.
            for name in ["a new rectangle", "words", "a grant"].contains(what) ? names : [room.right] {
                // After all that is there, and before a removal.
                for board in writer == .removed ? [room.known, now] : [now] {
                    guard let transaction = try? room.writer.sign(writes, under: name, after: board) else { continue }
                    signed.append((what, transaction))
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
        let after = room.seen()
        let steps = Set(
            signed.filter { $0.what.hasSuffix("of another's") && $0.transaction.writes[0].target.number == 0 }.map(\.transaction.name))
        for (index, member) in room.pipes.members.enumerated() {
            for (what, transaction) in signed where !steps.contains(transaction.name) {
                let isThere = member.node.board?.contains(transaction.name) == true || member.node.board?.isOrphan(transaction.name) == true
                // The one to whom it was sent keeps what was valid before the removal; nobody else hears of it.
                if isThere { #expect(index == 1 && writer == .removed, "\(what) by a \(writer) came to member \(index)") }
                #expect(member.node.board?.counts(transaction.name) == false, "\(what) by a \(writer) counts at member \(index)")
            }
            // Steps of undo need no role, and change nothing.
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

    // SE-188
    @Test func `of who may not draw no gesture is shown`() throws {
        var room = try Room(.viewer)
        let author = room.carrier.key.author
        var number: UInt64 = 0
        for (role, count) in [(Role.viewer, 0), (.commenter, 1), (.editor, 6)] {
            try room.pipes.govern(by: 0) { _, owner throws(RuleViolation) in Board.writes(granting: role, to: author, by: owner) }
            room.carrier.run(.seconds(1), in: &room.pipes)
            let before = room.pipes.members[1].events.count
            let shape = room.others.shape
            let styles: [(GestureStyle, GestureBody)] = [
                (
                    .shape(ShapeDraft(kind: .note, position: .zero)),
                    .shape(position: .zero, size: Size(width: 8, height: 8), points: [], age: 0)
                ),
                (
                    .shape(ShapeDraft(kind: .ellipse, position: .zero)),
                    .shape(position: .zero, size: Size(width: 8, height: 8), points: [], age: 0)
                ),
                (.move([shape]), .move(by: Point(x: 80, y: 0), age: 0)),
                (.resize(shape), .resize(position: .zero, size: Size(width: 80, height: 8), age: 0)),
                (.text(shape, "mine"), .text(age: 0)),
                (
                    .stroke(ShapeDraft(kind: .freehand, position: .zero)),
                    .stroke(from: 0, SampleRun([HandSample(at: 0, point: .zero)], after: .init(), sentAt: 0), isPen: true)
                ),
            ]
            for (style, body) in styles {
                number += 1
                var value = PresenceValue()
                var hand = HandValue(frontEnd: .holder)
                hand.live = LiveValue(number: number, style: style, body: body)
                value.hands = [hand]
                room.carrier.show(PresencePacket(own: value), now: room.pipes.now)
                room.carrier.run(.milliseconds(200), in: &room.pipes)
            }
            let begun = room.pipes.members[1].events.dropFirst(before).count { if case .gesture(_, .began) = $0 { true } else { false } }
            #expect(begun == count, "\(role)")
        }
    }
}
