import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkSimulator
import InkTransport
import StandSockets

// What may not be written, said or shown, and how it is tried.
extension RoleWrites {
    private struct Try {
        let what: String
        let transaction: Transaction
        /// What comes after it.
        let child: Transaction
    }

    /// All that it may not write, each another transaction than ever before.
    private func signed(over board: Board) throws -> [Try] {
        let catalogue = try WriteCatalogue(of: attacker.author, on: board, at: aims, for: stranger)
        var found: [Try] = []
        let rights = [attacker.right, board.transactions[0].name, inviteName, aims.right, TransactionName(stranger.author.bytes) ?? .zero]
        func add(_ what: String, _ writes: [Write], under right: TransactionName) throws {
            count += 1
            // What has no encoding cannot be said to anybody.
            guard let transaction = try? board.forge(writes, by: attacker.device, under: right, wallTime: count) else { return }
            let name = Write(ShapeID(author: attacker.author, number: 0), .displayName, .text("later"))
            let child = try transaction.forgeNext([name], by: attacker.device, under: attacker.right)
            (forbidden[transaction.name], forbidden[child.name]) = (what, "what follows \(what)")
            found.append(Try(what: what, transaction: transaction, child: child))
        }
        for entry in catalogue.entries where entry.isForbidden(to: role) {
            // By the name of another right is tried with a few of them.
            for right in ["a new rectangle", "words", "a grant"].contains(entry.what) ? rights : [attacker.right] {
                try add(entry.what, entry.writes, under: right)
            }
        }
        // The invite that it came by, a second time.
        let admission = RightsAdmission(of: attacker.author, to: board.id, inviteKey: inviteKey)
        try add("an admission again", Board.writes(joining: admission, by: attacker.author), under: inviteName)
        return found
    }

    private var inviteName: TransactionName { invite.key?.invite ?? .zero }
    private var inviteKey: SigningKey { invite.key?.signer ?? stranger }

    func tryAll(_ member: PatchedMember, _ way: PatchedMember.Way, over board: Board, to only: Int?) throws -> Answer {
        var answer = Answer()
        // Who is not let in knocks, and says it all the same before he is refused.
        let isKnocking = member === attacker && role == nil
        let before = Self.looks(member)
        var gestures = GestureCatalogue(at: aims.shape).entries[...]
        for item in try signed(over: board) {
            if isKnocking, member.sessions.isEmpty { try knock() }
            let ids = try sessions(of: member, with: only)
            try member.give(item.transaction, before: item.child, to: ids, by: way)
            answer.tries[item.what, default: 0] += ids.count
            if isKnocking, let next = gestures.popFirst() { try show(next, to: ids, &answer) }
            try pump(0.004)
        }
        try pump(5) { member.isHeard(on: member.welcome) }
        if way == .asked || way == .compared { try pump(1.5) }
        answer.figures = ["asked": Self.looks(member).asked - before.asked, "wanted": Self.looks(member).wanted - before.wanted]
        // What stands before it on its lane has been judged when this has come.
        if !isKnocking {
            let last = try control("name", member, by: way == .history || way == .compared ? .history : .live)
            answer.figures.merge(last.figures) { $1 }
        }
        answer.figures["sessions"] = try sessions(of: member, with: only).count
        return answer
    }

    /// Dials all, as long as a handshake takes.
    private func knock() throws {
        for number in scene.targets.indices { try attacker.dial(address(number)) }
        try pump(0.3) { attacker.sessions.count == scene.targets.count }
    }

    private func sessions(of member: PatchedMember, with only: Int?) throws -> [ConnectionID] {
        let ids = member.sessions.keys.sorted()
        guard let only else { return ids }
        return ids.filter { member.sessions[$0].map { Hex.encode($0.remote.author.bytes) } == scene.targets[only].author }
    }

    private static func looks(_ member: PatchedMember) -> (asked: Int, wanted: Int) {
        member.sessions.values.reduce((0, 0)) { ($0.0 + $1.asked, $0.1 + $1.wanted) }
    }

    /// A pointer, which everybody may show, and all that it may not.
    func gesture() throws -> Answer {
        var answer = Answer()
        for entry in GestureCatalogue(at: aims.shape).entries where role.map({ $0 < entry.least }) ?? true {
            try show(entry, to: attacker.welcome, &answer)
            try pump(0.15)
        }
        let at = Int64(currentTime().nanoseconds / 1_000_000 % 65_536)
        var hand = HandValue(frontEnd: .holder)
        hand.cursor = .samples(SampleRun([HandSample(at: at, point: Point(x: 80, y: 80))], after: SampleRun.History(), sentAt: at))
        var packet = PresencePacket(own: PresenceValue())
        (packet.own.sentAt, packet.own.hands) = (UInt16(at), [hand])
        try attacker.show(packet, to: attacker.welcome)
        try pump(0.5)
        return answer
    }

    private func show(_ entry: GestureCatalogue.Entry, to ids: [ConnectionID], _ answer: inout Answer) throws {
        count += 1
        let time = UInt16(truncatingIfNeeded: currentTime().nanoseconds / 1_000_000)
        try attacker.show(entry.shown(number: count, at: time), to: ids)
        answer.tries["\(entry.what) by hand", default: 0] += ids.count
    }

    /// Words of a session by which it might be taken for more than it is.
    func talk() throws -> Answer {
        var answer = Answer()
        let (author, board) = (attacker.author, attacker.board)
        var links: [Transaction] = []
        for _ in 0..<Limits.delegationDepth {
            count += 1
            links.append(
                try board.forge(
                    Board.writes(granting: .owner, to: author, by: author), by: attacker.device,
                    under: links.last?.name ?? board.transactions[0].name,
                    wallTime: count))
        }
        let end = RightsEnd(rights: [board.transactions[0].name], heads: [])
        let removal = try board.forge(
            [Write(ShapeID(author: author, number: 0), .removal, .right(.removal(end)))], by: attacker.device, under: attacker.right,
            wallTime: count)
        for link in links { forbidden[link.name] = "a link of a chain" }
        forbidden[removal.name] = "a removal that is said"
        let told = ToldSecret(name: removal.name, secret: .random())
        let words: [(String, SessionMessage)] = [
            ("hello as the owner", .hello(hasGenesis: true, right: board.transactions[0].name)),
            ("hello as another", .hello(hasGenesis: true, right: aims.right)),
            ("hello by a right of its own", .hello(hasGenesis: true, right: links.last?.name)),
            ("a chain of its own", .chain((try? RightsChain(links.reversed())) ?? .none)),
            ("a chain of another", .chain(board.chain(of: aims.right) ?? .none)),
            ("a claim by no key", .claim(InviteClaim(of: author, to: board.id, by: inviteName, key: stranger))),
            ("a claim by a right", .claim(InviteClaim(of: author, to: board.id, by: aims.right, key: inviteKey))),
            ("secrets", .secrets([told])), ("an epoch", .epoch(EpochID(removal.name.bytes) ?? .zero)),
            ("a removal", .removal(removal.encoded)),
        ]
        for _ in 0..<5 where role == nil && attacker.sessions.isEmpty {
            for number in scene.targets.indices { try attacker.dial(address(number)) }
            try pump(1) { !attacker.sessions.isEmpty }
        }
        for (what, word) in words {
            // Some of these end a session; who is refused says all that he can in one.
            if role != nil, attacker.sessions.count < scene.targets.count { try knock() }
            let ids = attacker.sessions.keys.sorted()
            try attacker.say(word, to: ids)
            answer.tries[what] = ids.count
            // As whom it is taken for now.
            for item in try signed(over: carrier.board) where item.what == "a new rectangle" || item.what == "a grant" {
                try attacker.give(item.transaction, to: ids, by: .live)
                answer.tries["\(what), then \(item.what)", default: 0] += ids.count
            }
            if role != nil { try pump(0.1) }
        }
        try pump(1)
        answer.figures["closed"] = attacker.closed
        return answer
    }

    /// One who was removed gives himself a further device, as if before, and it joins and draws.
    func bringDevice() throws -> Answer {
        var answer = Answer()
        let (key, device) = (SigningKey(seed: .random()), SigningKey(seed: .random()))
        let order = RightsInvite(role: nil, uses: 0, timeToLive: 0, key: key.author)
        for board in [attacker.board, carrier.board] {
            count += 1
            let invite = try board.forge(
                Board.writes(inviting: order, by: attacker.author), by: attacker.device, under: attacker.right, wallTime: count)
            let proof = RightsAdmission(of: device.author, to: board.id, inviteKey: key)
            func next(_ writes: [Write], after last: Transaction, isFirst: Bool, under right: TransactionName) throws -> Transaction {
                let header = TransactionHeader(
                    board: board.id, author: device.author, sequence: isFirst ? 1 : 2, previous: isFirst ? .zero : last.name, grant: right,
                    parents: [last.name], lamport: last.lamport + 1, claimedWallTime: count)
                return try Transaction.sign(header, writes: writes, key: device)
            }
            let first = try next(
                Board.writes(joining: proof, by: device.author), after: invite, isFirst: true, under: invite.name)
            let draft = ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8, height: 8), text: "mine")
            let drawn = try next(
                board.writes(for: draft, number: 77, by: device.author), after: first, isFirst: false, under: first.name)
            for (what, transaction) in [
                ("an invite for a further device", invite), ("its admission", first), ("what it draws", drawn),
            ] {
                forbidden[transaction.name] = what
                try carrier.give(transaction, to: carrier.welcome, by: .live)
                answer.tries[what, default: 0] += carrier.welcome.count
            }
        }
        let last = try control("name", carrier)
        answer.figures = last.figures
        return answer
    }

    /// What a doctored disk may hold, of the kinds `row` and `gift`: a grant in the owner's name that he never signed.
    func rows() throws -> Answer {
        var answer = Answer()
        func add(_ kind: String, _ transaction: Transaction) {
            answer.rows.append(
                Answer.Row(
                    kind: kind, name: Hex.encode(transaction.name.bytes), author: Hex.encode(transaction.author.bytes),
                    sequence: transaction.sequence, lamport: transaction.lamport, body: Hex.encode(transaction.encoded)))
        }
        for item in try signed(over: attacker.board) {
            add("row", item.transaction)
            answer.tries[item.what, default: 0] += 1
        }
        let board = attacker.board
        let (owner, root) = (board.transactions[0].author, board.transactions[0].name)
        let gift = try board.forge(
            Board.writes(granting: .owner, to: attacker.author, by: owner), by: attacker.device, as: owner, under: root, wallTime: count)
        forbidden[gift.name] = "a grant in the owner's name"
        answer.tries["a grant in the owner's name"] = 1
        add("gift", gift)
        return answer
    }

    /// Of what stands on a disk that lies, what was written under the lie, or after it, may be passed on by nobody; nor what one who was removed wrote.
    func note(_ transactions: [String]) throws -> Answer {
        var count = 0
        for text in transactions {
            let transaction = try Transaction(decoding: Hex.decode(text) ?? [])
            let isHis = role == nil && transaction.author == attacker.author && !attacker.board.contains(transaction.name)
            guard forbidden[transaction.name] == nil,
                isHis || forbidden[transaction.grant] != nil || transaction.parents.contains(where: { forbidden[$0] != nil })
            else { continue }
            forbidden[transaction.name] = "what an honest program wrote that believed its disk"
            count += 1
        }
        return Answer(figures: ["noted": count])
    }
}
