import InkCrypto
import InkPrimitives

@testable import InkBoard
@testable import rights_histories

/// Puts deeds in writing: each is a signed transaction of a board of version 2, that of a refused deed, too.
///
/// Few shapes, so that what people write to them meets: each has three of his own.
final class RightsScroll: RightsScribe {
    private let signers: [SigningKey]
    var keys: [AuthorID] { signers.map(\.author) }
    private(set) var genesis: Transaction?
    private(set) var transactions: [TransactionName: Transaction] = [:]
    private var invites: [TransactionName: SigningKey] = [:]
    private var random: SplitMix64
    /// What has a mark on a shape.
    private var marks: [ShapeID: [TransactionName]] = [:]
    private(set) var failures: [String] = []

    init(seed: UInt64, members: Int) throws {
        signers = try (0..<members).map { try key(UInt8($0 + 1)) }
        random = SplitMix64(seed: seed).split("scroll")
    }

    func name(_ deed: Deed, after deeds: [Deed]) -> TransactionName {
        do {
            let transaction = try written(deed, after: deeds)
            transactions[transaction.name] = transaction
            return transaction.name
        } catch {
            failures.append("\(deed): \(error)")
            return TransactionName(using: &random)
        }
    }

    private func written(_ deed: Deed, after deeds: [Deed]) throws -> Transaction {
        let signer = signers[deed.author]
        guard let used = deed.right, let genesis, let board = BoardID(genesis.name.bytes) else {
            let first = try Board.makeGenesis(
                owner: signer, name: "roles", wallTime: 0, nonce: Array(repeating: 3, count: 16), firstSecret: .zero)
            genesis = first
            return first
        }
        let parents = deed.parents.map { deeds[$0].stamp.name }.sorted()
        let own = parents.compactMap { transactions[$0] }.filter { $0.author == signer.author }
        let previous = own.max { ($0.sequence, $0.name) < ($1.sequence, $1.name) }
        let header = TransactionHeader(
            board: board, author: signer.author, sequence: (previous?.sequence ?? 0) + 1, previous: previous?.name ?? .zero,
            grant: deeds[used].stamp.name, parents: parents, lamport: deed.stamp.lamport, claimedWallTime: UInt64(random.below(1 << 20)))
        var inviteKey: SigningKey?
        let writes = try self.writes(of: deed, after: deeds, board: board, inviteKey: &inviteKey)
        let transaction = try Transaction.sign(header, writes: writes, key: signer)
        invites[transaction.name] = inviteKey
        for write in writes where write.property == .deletion { marks[write.target, default: []].append(transaction.name) }
        return transaction
    }

    private func writes(of deed: Deed, after deeds: [Deed], board: BoardID, inviteKey: inout SigningKey?) throws -> [Write] {
        let author = keys[deed.author]
        let person = ShapeID(author: author, number: 0)
        switch deed.act {
        case .root: return []
        case .work(let need): return work(need, by: author)
        case .admission:
            let link = try deed.right.flatMap { invites[deeds[$0].stamp.name] } ?? key(250)
            return Board.writes(joining: RightsAdmission(of: author, to: board, inviteKey: link), by: author)
        case .rights(let gift, let removals, let viewersMayChat):
            var writes: [Write] = []
            // Nobody else brings secrets.
            let isOwner = role(givenBy: deed.right, deeds) == .owner
            switch gift {
            case .grant(let subject, let role): writes += Board.writes(granting: role, to: keys[subject], by: author)
            case .invite, .device:
                var role: Role?
                if case .invite(let given) = gift { role = given }
                let made = try key(UInt8(100 + random.below(100)))
                inviteKey = made
                writes += try Board.writes(inviting: RightsInvite(role: role, uses: 1, timeToLive: 60, key: made.author), by: author)
            case nil: break
            }
            if let heads = removals.first?.heads {
                let end = RightsEnd(
                    rights: removals.map { deeds[$0.right].stamp.name }, heads: Set(heads).map { deeds[$0].stamp.name }, reason: "so",
                    secret: isOwner && random.chance(0.5) ? EpochCommitment(using: &random) : nil)
                writes.append(Write(person, .removal, .right(.removal(end))))
            } else if isOwner, random.chance(0.2) {
                let renewal = RightsEnd(rights: [], heads: [], secret: EpochCommitment(using: &random))
                writes.append(Write(person, .removal, .right(.removal(renewal))))
            }
            if let viewersMayChat { writes += Board.writes(allowing: RightsPolicy(viewersMayChat: viewersMayChat), by: author) }
            return writes
        }
    }

    private func role(givenBy number: Int?, _ deeds: [Deed]) -> Role? {
        guard let number else { return .owner }
        switch deeds[number].act {
        case .root: return .owner
        case .admission, .rights(.device, _, _): return role(givenBy: deeds[number].right, deeds)
        case .rights(.grant(_, let role), _, _), .rights(.invite(let role), _, _): return role
        case .rights, .work: return nil
        }
    }

    /// Writes of which one needs this and none more.
    private func work(_ need: RightsNeed, by author: AuthorID) -> [Write] {
        let person = ShapeID(author: author, number: 0)
        let own = ShapeID(author: author, number: UInt64(1 + random.below(3)))
        switch need {
        case .nothing: return [Write(person, .displayName, .text("name \(random.below(100))"))]
        case .message: return [Write(person, .chat, .text("words \(random.below(100))"))]
        case .note: return some(of: own, ShapeKind.note)
        case .edit, .govern:
            if random.chance(0.5) { return [Write(own, .kind, .kind(ShapeKind.rectangle.rawValue))] + some(of: own, nil) }
            let other = ShapeID(author: keys.filter { $0 != author }[random.below(keys.count - 1)], number: UInt64(1 + random.below(3)))
            return some(of: other, nil)
        }
    }

    private func some(of shape: ShapeID, _ kind: ShapeKind?) -> [Write] {
        var writes = [
            Write(shape, .position, .point(Point(x: Int32(random.below(100)), y: 0))),
            Write(shape, Property(rawValue: 100), .bytes([UInt8(random.below(256))])),
            Write(shape, .label, .text("label \(random.below(5))")),
            Write(shape, .deletion, .mark),
            Write(
                shape, .retraction,
                .names(([TransactionName.zero] + (marks[shape] ?? [])).shuffled(using: &random).prefix(1 + random.below(9)).sorted())),
        ].filter { _ in random.chance(0.35) }
        if let kind, random.chance(0.6) { writes.append(Write(shape, .kind, .kind(kind.rawValue))) }
        return writes.isEmpty ? [Write(shape, .text, .text("t\(random.below(9))"))] : writes
    }
}
