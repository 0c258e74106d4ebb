import InkBoard
import InkCrypto
import InkPrimitives
import Testing

@testable import InkSession

/// What owners ask for, what becomes of it, and what others are refused.
@Suite struct GoverningTests {
    private static func author(_ pipes: PerfectPipes, _ index: Int) -> AuthorID { pipes.members[index].identity.author }

    private static func news(_ pipes: PerfectPipes, _ index: Int) -> [RightsNews] {
        pipes.members[index].events.compactMap { if case .rights(let news) = $0 { news } else { nil } }
    }

    private static let box = Intent.draw(ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8, height: 8)))

    @Test func `SE-184, SE-335: an invite is told once the disk has its key, and lets in by the role that was asked for`() throws {
        var pipes = try PerfectPipes.governed().pipes
        pipes.members[0].diskRefuses = true
        pipes.intent(.invite(InviteOrder(role: .commenter, uses: 2, timeToLive: 60)), by: 0, ref: 1)
        #expect(!pipes.run(.seconds(3)) { $0.members[0].events.contains { if case .invited = $0 { true } else { false } } })
        pipes.members[0].diskRefuses = false
        #expect(pipes.run(.seconds(3)) { $0.members[0].events.contains(.outcome(ref: 1, .done)) })
        let events = pipes.members[0].events
        let told = try #require(events.firstIndex { if case .invited(_, ref: 1) = $0 { true } else { false } })
        #expect(told < events.firstIndex(of: .outcome(ref: 1, .done))!)
        guard case .invited(let news, _) = events[told] else { return }
        #expect(pipes.members[0].disk.contains(.inviteKey(news.key)))
        #expect((news.role, news.uses, news.timeToLive, news.orLater) == (.commenter, 2, 60, true))
        let given = try #require(pipes.members[0].node.board?.transaction(news.invite))
        #expect(news.endsAt == given.claimedWallTime + 60_000)
        // Each has a key of its own.
        let other = try pipes.invite(InviteOrder(role: .viewer), by: 0)
        #expect(other.key != news.key && other.key.seed != news.key.seed && other.endsAt == nil && !other.orLater)
        pipes.add(name: "bob", invite: news.key)
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[1].node.board?.role(of: $0.members[1].identity.author) == .commenter })
        // Whoever opens the board next can show the link again.
        pipes.add(name: "ann again", dialling: [], stored: Array(pipes.saved(by: 0)), identityIndex: 0, inviteKeys: [news.key])
        #expect(pipes.members[2].node.inviteKey(of: news.invite) == news.key && pipes.members[2].node.inviteKey(of: other.invite) == nil)
    }

    @Test func `SE-186, SE-336: a role is given, raised and lowered, and its device is told by whom`() throws {
        var (pipes, _) = try PerfectPipes.governed([("bob", .viewer)])
        let (ann, bob) = (Self.author(pipes, 0), Self.author(pipes, 1))
        #expect(Self.news(pipes, 1).isEmpty)
        for role in [Role.owner, .editor, .editor, .commenter, .viewer, .editor] {
            let before = pipes.members[0].node.board?.transactionCount ?? 0
            let isSame = pipes.members[0].node.board?.role(of: bob) == role
            #expect(pipes.ask(.grant(bob, role), by: 0) == .done)
            #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[1].node.role == role && $0.members[1].node.presentPeers == 1 })
            // One transaction for each.
            #expect(pipes.members[0].node.board?.transactionCount == before + (isSame ? 0 : 1))
        }
        #expect(Self.news(pipes, 1) == [.owner, .editor, .commenter, .viewer, .editor].map { RightsNews.role($0, by: ann) })
        // What he drew before is not touched by a lower role.
        #expect(pipes.ask(Self.box, by: 1) == .done && pipes.run(.seconds(2)) { $0.areEqual })
        #expect(pipes.ask(.grant(bob, .viewer), by: 0) == .done)
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[1].node.role == .viewer })
        #expect(pipes.members.allSatisfy { $0.node.board?.shapes.count == 1 })
    }

    @Test func `SE-185, SE-200, SE-350, SE-351: anybody lets in a second device, the same person, and ends its right`() throws {
        var (pipes, invites) = try PerfectPipes.governed([("bob", .viewer), ("eve", .editor)])
        let (ann, bob, eve) = (Self.author(pipes, 0), Self.author(pipes, 1), Self.author(pipes, 2))
        #expect(pipes.ask(.invite(InviteOrder(role: .viewer)), by: 1) == .refused(.notOwner))
        let news = try pipes.invite(InviteOrder(role: nil, uses: 1, timeToLive: 600), by: 1)
        #expect(news.isForOwnDevice && news.role == .viewer)
        pipes.add(name: "bob's phone", dialling: [0, 1, 2], invite: news.key)
        #expect(pipes.run(.seconds(8)) { $0.areEqual && $0.members[3].node.role == .viewer && $0.members[3].node.presentPeers == 3 })
        let phone = Self.author(pipes, 3)
        let people = pipes.members[0].node.members.map { [$0.device, $0.person] }
        #expect(people.count == 4 && people.filter { $0[0] != $0[1] } == [[phone, bob]])
        // A viewer ends nobody else's right, and the phone not that of who let it in.
        #expect(pipes.ask(.remove(RemovalOrder(.device(eve))), by: 1) == .refused(.notOwner))
        #expect(pipes.ask(.remove(RemovalOrder(.device(bob))), by: 3) == .refused(.senior))
        #expect(pipes.ask(.remove(RemovalOrder(.device(phone), reason: "lost")), by: 1) == .done)
        #expect(pipes.run(.seconds(4)) { $0.members[3].node.presentPeers == 0 && $0.members[0].node.presentPeers == 2 })
        #expect(Self.news(pipes, 3) == [.removed(by: bob, reason: "lost", unseen: 0)])
        #expect(pipes.members[1].node.role == .viewer && pipes.members[0].node.invites.map(\.name) == invites.map(\.invite))
        // With a person's first device all of them end.
        let other = try pipes.invite(InviteOrder(role: nil), by: 1)
        pipes.add(name: "bob's laptop", dialling: [0, 1, 2], invite: other.key)
        #expect(pipes.run(.seconds(8)) { $0.members[4].node.role == .viewer && $0.members[4].node.presentPeers == 3 })
        #expect(pipes.ask(.remove(RemovalOrder(.device(bob))), by: 0) == .done)
        #expect(pipes.run(.seconds(4)) { $0.members[0].node.members.map(\.device) == [ann, eve] })
    }

    @Test func `SE-186, SE-337, SE-338: who is removed is told by whom and why, and has what he drew on his disk`() throws {
        var (pipes, _) = try PerfectPipes.governed([("bob", .editor), ("eve", .viewer)])
        let (ann, bob) = (Self.author(pipes, 0), Self.author(pipes, 1))
        #expect(pipes.ask(Self.box, by: 1) == .done && pipes.run(.seconds(2)) { $0.areEqual })
        let start = pipes.now
        #expect(pipes.ask(.remove(RemovalOrder(.device(bob), reason: "so")), by: 0) == .done)
        #expect(pipes.run(.seconds(2)) { $0.members[1].node.presentPeers == 0 && $0.members[0].node.presentPeers == 1 })
        #expect(pipes.now - start < .seconds(2))
        #expect(Self.news(pipes, 1) == [.removed(by: ann, reason: "so", unseen: 0)])
        // At once, and not by the others alone.
        #expect(pipes.ask(Self.box, by: 1) == .refused(.noRight))
        #expect(pipes.ask(.begin(.stroke(ShapeDraft(kind: .freehand, position: .zero))), by: 1) == .refused(.noRight))
        #expect(pipes.members[0].node.board?.shapes.count == 1)
    }

    @Test func `SE-186, SE-187, SE-338: who was removed while away is told when he knocks, and what he drew is kept by him alone`() throws {
        var (pipes, _) = try PerfectPipes.governed([("bob", .editor), ("eve", .editor)])
        let (ann, bob) = (Self.author(pipes, 0), Self.author(pipes, 1))
        pipes.drop = { from, to in [from, to].contains(PerfectPipes.address(1)) }
        #expect(pipes.run(.seconds(60)) { $0.members[1].node.presentPeers == 0 && $0.members[0].node.presentPeers == 1 })
        #expect(pipes.ask(Self.box, by: 0) == .done && pipes.ask(Self.box, by: 1) == .done)
        #expect(pipes.ask(.remove(RemovalOrder(.device(bob), reason: "gone")), by: 0) == .done)
        pipes.drop = { _, _ in false }
        #expect(pipes.run(.seconds(90)) { !Self.news($0, 1).isEmpty })
        #expect(Self.news(pipes, 1) == [.removed(by: ann, reason: "gone", unseen: 1)])
        _ = pipes.run(.seconds(30))
        // Once, however often he knocks; and nothing of the room.
        #expect(Self.news(pipes, 1).count == 1 && pipes.members[1].node.presentPeers == 0)
        #expect(
            pipes.members[1].node.board?.transactions(of: ann, from: 1).count
                != pipes.members[0].node.board?.transactions(of: ann, from: 1).count)
        #expect([0, 2].allSatisfy { pipes.members[$0].node.board?.shapes.count == 1 })
        #expect(pipes.saved(by: 1).contains { $0.author == bob && $0.writes.contains { $0.target.number > 0 } })
    }

    @Test func `SE-339: a removal is believed of an owner, signed, and about oneself, and of a peer once`() throws {
        let (pipes, _) = try PerfectPipes.governed([("bob", .editor), ("eve", .editor)])
        let (ann, bob, eve) = (Self.author(pipes, 0), Self.author(pipes, 1), Self.author(pipes, 2))
        let board = try #require(pipes.members[0].node.board)
        func removal(of device: AuthorID, reason: String = "so") throws -> Transaction {
            var board = board
            let right = try #require(board.bestRight(of: device)?.name)
            let writes = try board.writes(removing: [right], reason: reason, by: ann)
            return try board.author(writes, key: pipes.members[0].identity, wallTime: 1).0
        }
        let (honest, another) = (try removal(of: bob), try removal(of: eve))
        // As honest as it looks, but by who is no owner.
        var header = honest.header
        header.author = eve
        let writes = honest.writes.map { Write(ShapeID(author: eve, number: 0), $0.property, $0.value) }
        let usurped = try Transaction.sign(header, writes: writes, key: pipes.members[2].identity)
        var forged = honest.encoded
        forged[forged.count - 1] ^= 1
        func told(_ shown: [[UInt8]]) -> [RightsNews] {
            var pipes = pipes
            guard let connection = pipes.members[1].node.connections.first else { return [] }
            for bytes in shown { pipes.members[1].node.receiveRemoval(bytes, on: connection, now: pipes.now) }
            pipes.input(.timeout, to: 1)
            return Self.news(pipes, 1)
        }
        #expect(told([usurped.encoded]).isEmpty && told([forged]).isEmpty && told([another.encoded]).isEmpty)
        #expect(told([Array(honest.encoded.dropLast())]).isEmpty && told([forged, honest.encoded]).isEmpty)
        #expect(told([honest.encoded]) == [.removed(by: ann, reason: "so", unseen: 0)])
    }

    @Test func `SE-337: with those invited all go who have their right from there, and nobody else`() throws {
        var (pipes, _) = try PerfectPipes.governed([("bob", .owner), ("eve", .editor)])
        let bob = Self.author(pipes, 1)
        let given = try pipes.invite(InviteOrder(role: .owner), by: 1)
        pipes.add(name: "dan", dialling: [0, 1, 2], invite: given.key)
        #expect(pipes.run(.seconds(8)) { $0.areEqual && $0.members[3].node.role == .owner })
        let dans = try pipes.invite(InviteOrder(role: .editor), by: 3)
        pipes.add(name: "kim", dialling: [0, 1, 2, 3], invite: dans.key)
        #expect(pipes.run(.seconds(8)) { $0.areEqual && $0.members[4].node.role == .editor })
        // Whom he invited stays where it is not asked for; his invites never do.
        var alone = pipes
        #expect(alone.ask(.remove(RemovalOrder(.device(bob))), by: 0) == .done)
        #expect(alone.members[0].node.members.map(\.name) == ["ann", "eve", "dan", "kim"])
        #expect(
            !alone.members[0].node.invites.contains { $0.giver == bob } && alone.members[0].node.invites.contains { $0.name == dans.invite }
        )
        #expect(pipes.ask(.remove(RemovalOrder(.device(bob), withInvited: true)), by: 0) == .done)
        #expect(pipes.members[0].node.members.map(\.name) == ["ann", "eve"])
        #expect(!pipes.members[0].node.invites.contains { $0.giver != Self.author(pipes, 0) })
        #expect(pipes.run(.seconds(5)) { pipes in [1, 3, 4].allSatisfy { pipes.members[$0].node.role == nil } })
    }

    @Test func `SE-337: an invite ends alone, or with all who came by it`() throws {
        var (pipes, invites) = try PerfectPipes.governed([("bob", .editor), ("eve", .viewer)])
        #expect(pipes.ask(.remove(RemovalOrder(.invite(invites[0].invite))), by: 0) == .done)
        #expect(pipes.members[0].node.members.count == 3 && pipes.members[0].node.invites.map(\.name) == [invites[1].invite])
        #expect(pipes.ask(.remove(RemovalOrder(.invite(invites[0].invite))), by: 0) == .refused(.noSuchInvite))
        #expect(pipes.ask(.remove(RemovalOrder(.invite(invites[1].invite), withInvited: true)), by: 0) == .done)
        #expect(pipes.members[0].node.members.map(\.name) == ["ann", "bob"] && pipes.members[0].node.invites.isEmpty)
    }

    @Test func `SE-184: what may not be asked for is refused in words, and nothing is written`() throws {
        var (pipes, invites) = try PerfectPipes.governed([("bob", .owner), ("eve", .editor)])
        let (ann, bob, eve) = (Self.author(pipes, 0), Self.author(pipes, 1), Self.author(pipes, 2))
        let before = pipes.members.map { $0.node.board?.transactionCount }
        let long = String(repeating: "é", count: 129)
        let cases: [(Int, Intent, Refusal)] = [
            (2, .invite(InviteOrder(role: .viewer)), .notOwner), (2, .grant(bob, .viewer), .notOwner),
            (2, .remove(RemovalOrder(.device(bob))), .notOwner), (1, .remove(RemovalOrder(.device(ann))), .senior),
            (1, .grant(ann, .viewer), .senior), (1, .remove(RemovalOrder(.invite(invites[1].invite))), .senior),
            (0, .remove(RemovalOrder(.device(ann))), .oneself), (1, .grant(bob, .editor), .oneself),
            (0, .remove(RemovalOrder(.device(.zero))), .noSuchMember), (0, .remove(RemovalOrder(.invite(.zero))), .noSuchInvite),
            (0, .remove(RemovalOrder(.device(eve), reason: long)), .reasonTooLong),
            (0, .invite(InviteOrder(role: .viewer, uses: .max)), .badValue(field: "invite")),
        ]
        for (index, intent, refusal) in cases {
            #expect(pipes.ask(intent, by: index) == .refused(refusal))
            #expect(!"\(refusal)".isEmpty)
        }
        #expect(pipes.members.map { $0.node.board?.transactionCount } == before)
        var old = try PerfectPipes()
        old.add(name: "ann")
        #expect(old.ask(.invite(InviteOrder(role: .viewer)), by: 0) == .refused(.noRoles))
        #expect(old.members[0].node.members.isEmpty && old.members[0].node.invites.isEmpty && old.members[0].node.role == nil)
    }

    @Test func `SE-185: members and invites tell who came how, who is here, and what was used too often`() throws {
        var pipes = try PerfectPipes.governed().pipes
        let order = InviteOrder(role: .editor, uses: 1, timeToLive: 600)
        let news = try pipes.invite(order, by: 0)
        let ann = Self.author(pipes, 0)
        // Two join by it at once.
        for name in ["bob", "eve"] { pipes.add(name: name, invite: news.key) }
        #expect(
            pipes.run(.seconds(5)) { pipes in
                pipes.areEqual && pipes.members.allSatisfy { $0.node.role != nil }
                    && pipes.members[0].node.members.allSatisfy { !$0.name.isEmpty }
            })
        let (members, invites) = (pipes.members[0].node.members, pipes.members[0].node.invites)
        #expect(Set(members.map(\.name)) == ["ann", "bob", "eve"] && members.allSatisfy(\.isPresent))
        #expect(members[0].origin == .founder && members[0].giver == nil && members[0].device == ann && members[0].role == .owner)
        for member in members.dropFirst() {
            #expect(member.origin == .invited(by: news.invite) && member.giver == ann && member.role == .editor)
        }
        let uses = members.map(\.isOverUse)
        #expect(uses.first == false && uses.count { $0 } == 1)
        #expect(invites.map(\.name) == [news.invite] && invites[0].usedCount == 2 && invites[0].isOverUsed && invites[0].isKeyHeld)
        #expect(
            invites[0].endsAt == news.endsAt && invites[0].giver == ann && pipes.members[1].node.members.map(\.name) == members.map(\.name))
        // Who came last is offered for removal, and removed.
        let last = try #require(members.first { $0.isOverUse })
        #expect(pipes.ask(.remove(RemovalOrder(.device(last.device))), by: 0) == .done)
        #expect(pipes.members[0].node.members.count == 2 && pipes.members[0].node.invites[0].usedCount == 2)
        #expect(pipes.ask(.grant(last.device, .viewer), by: 0) == .done)
        let again = try #require(pipes.members[0].node.members.first { $0.device == last.device })
        #expect(again.origin == .granted && again.role == .viewer && !again.isOverUse)
    }

    @Test(arguments: [Role.viewer, .commenter])
    func `SE-175, SE-184, SE-328: a hand is refused what its role does not allow when it begins`(
        role: Role
    ) throws {
        var (pipes, _) = try PerfectPipes.governed([("bob", role)])
        let bob = Self.author(pipes, 1)
        #expect(pipes.ask(Self.box, by: 0) == .done && pipes.run(.seconds(2)) { $0.areEqual })
        let standing = try #require(pipes.members[0].node.board?.shapes.first)
        let note = ShapeDraft(kind: .note, position: .zero, size: Size(width: 800, height: 800))
        let refused = Outcome.refused(.notAllowed(role))
        for gesture in [
            Gesture.stroke(ShapeDraft(kind: .freehand, position: .zero)), .move([standing.id], by: .zero), .text(standing.id, "x"),
            .resize(standing.id, position: .zero, size: .zero), .shape(ShapeDraft(kind: .ellipse, position: .zero)),
        ] {
            #expect(pipes.ask(.begin(gesture), by: 1) == refused)
        }
        for intent in [Self.box, .delete([standing.id]), .move([standing.id], by: Point(x: 8, y: 8))] {
            #expect(pipes.ask(intent, by: 1) == refused)
        }
        let drawn = pipes.ask(.draw(note), by: 1)
        #expect(drawn == (role == .commenter ? .done : refused))
        #expect(pipes.run(.seconds(2)) { $0.areEqual })
        #expect(pipes.members[0].node.board?.shapes.count { $0.id.author == bob } == (role == .commenter ? 1 : 0))
    }

    @Test func `SE-188: what a role does not allow is not shown while a hand does it, whatever program that is`() throws {
        var (pipes, _) = try PerfectPipes.governed([("bob", .viewer), ("eve", .commenter)])
        func hand(_ gesture: Gesture, of index: Int) {
            pipes.members[index].node.beginPresence(gesture, of: .holder, now: pipes.now)
            pipes.input(.timeout, to: index)
            _ = pipes.run(.seconds(2))
            pipes.members[index].node.endPresence(of: .holder, .cancelled)
            pipes.input(.timeout, to: index)
            _ = pipes.run(.seconds(2))
        }
        func told() -> [GestureChange] {
            pipes.members[0].events.compactMap { if case .gesture(_, let change) = $0 { change } else { nil } }
        }
        let (stroke, box) = (ShapeDraft(kind: .freehand, position: .zero, points: [.zero]), ShapeDraft(kind: .ellipse, position: .zero))
        let note = ShapeDraft(kind: .note, position: .zero, size: Size(width: 80, height: 80))
        for gesture in [Gesture.stroke(stroke), .shape(box), .shape(note)] { hand(gesture, of: 1) }
        for gesture in [Gesture.stroke(stroke), .shape(box)] { hand(gesture, of: 2) }
        #expect(told().isEmpty)
        hand(.shape(note), of: 2)
        #expect(told().count == 2 && told().last == .ended(.cancelled))
        // Who may no more goes on: it ends.
        #expect(pipes.ask(.grant(Self.author(pipes, 1), .editor), by: 0) == .done && pipes.run(.seconds(2)) { $0.areEqual })
        pipes.members[1].node.beginPresence(.shape(box), of: .holder, now: pipes.now)
        pipes.input(.timeout, to: 1)
        #expect(pipes.run(.seconds(2)) { _ in false } == false && told().count == 3)
        #expect(pipes.ask(.grant(Self.author(pipes, 1), .viewer), by: 0) == .done && pipes.run(.seconds(2)) { $0.areEqual })
        var moved = box
        moved.position = Point(x: 80, y: 80)
        _ = pipes.members[1].node.presence.update(.shape(moved), by: .holder, now: pipes.now)
        pipes.input(.timeout, to: 1)
        _ = pipes.run(.seconds(2))
        #expect(told().count == 4 && told().last == .ended(.cancelled))
    }

    @Test func `SE-189: what counts for nothing is told of by its author, and which messages are gone`() throws {
        var (pipes, _) = try PerfectPipes.governed([("bob", .editor), ("eve", .editor)])
        let (bob, eve) = (Self.author(pipes, 1), Self.author(pipes, 2))
        // Eve hears of bob's work and not of his removal, which comes before it.
        pipes.drop = { from, to in [from, to].contains(PerfectPipes.address(0)) }
        #expect(pipes.ask(.remove(RemovalOrder(.device(bob))), by: 0) == .done)
        #expect(pipes.ask(.say("late"), by: 1) == .done)
        #expect(pipes.run(.seconds(5)) { $0.members[2].node.board?.chats.count == 1 })
        let late = pipes.members[2].events.compactMap { if case .chat(let message, _) = $0 { message.id } else { nil } }
        pipes.drop = { from, to in [from, to].contains(PerfectPipes.address(1)) }
        #expect(pipes.run(.seconds(90)) { $0.members[2].node.board?.role(of: bob) == nil && $0.fingerprints[0] == $0.fingerprints[2] })
        #expect(pipes.members[2].events.contains(.chatsGone(late)) && pipes.members[2].node.board?.chats.isEmpty == true)
        // Who comes to know of both in the other order shows nothing of it, and says why.
        let told = Event.rejected(author: bob, rule: "rights: its author's right had ended")
        let source = try #require(pipes.members[0].node.connections.first)
        let transaction = try #require(late.first.flatMap { pipes.members[1].node.board?.transaction($0) })
        pipes.members[0].node.insert(transaction, isLive: true, from: source, of: eve, now: pipes.now)
        pipes.input(.timeout, to: 0)
        #expect(pipes.members[0].events.contains(told) && pipes.members[0].node.board?.chats.isEmpty == true)
    }
}
