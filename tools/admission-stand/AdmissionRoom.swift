import InkBoard
import InkCrypto
import InkPrimitives
import InkSession

/// A board with roles on which somebody was removed and invites have ended in every way, and another board of strangers.
struct AdmissionRoom {
    let secret: Secret32
    let genesis: Transaction
    let owner: SigningKey
    /// Who is besieged: an editor, who may write all that the board has.
    let editor: SigningKey
    /// What the board has, without genesis.
    let stored: [Transaction]
    /// Devices that were editors and were removed, and what gave them their right.
    let removed: [(key: SigningKey, right: TransactionName)]
    /// Joins anybody.
    let open: InviteKey
    /// Was for one, who came.
    let spent: InviteKey
    /// Was for a minute, which is over.
    let expired: InviteKey
    /// Was removed.
    let ended: InviteKey
    /// Who was given a right by who was removed, where nobody saw it; with who gave it.
    let givenByRemoved: (key: SigningKey, chain: RightsChain)
    /// Another board, the key of an invite there, and who has a right there with what shows it.
    let other: (board: BoardID, invite: InviteKey, member: SigningKey, chain: RightsChain)

    /// When the siege begins, milliseconds since 1970.
    static let wallTime: UInt64 = 1_700_000_000_000
    /// When all was written.
    private static let before = wallTime - 3_600_000

    var id: BoardID { BoardID(genesis.name.bytes) ?? .zero }

    init(seed: UInt64) throws {
        var random = SecretGenerator(of: "admission room \(seed)")
        let (secret, owner, editor) = (random.secret(), SigningKey(seed: random.secret()), SigningKey(seed: random.secret()))
        let genesis = try Self.genesis(by: owner, secret: secret, using: &random)
        var board = try Board(genesis: genesis)
        func write(_ writes: [Write], by key: SigningKey, under right: TransactionName? = nil) throws -> TransactionName {
            try board.author(writes, key: key, wallTime: Self.before, under: right).0.name
        }
        func invite(_ role: Role, uses: UInt32 = 0, seconds: UInt32 = 0) throws -> InviteKey {
            let seed = random.secret()
            let invite = RightsInvite(role: role, uses: uses, timeToLive: seconds, key: SigningKey(seed: seed).author)
            return InviteKey(invite: try write(try Board.writes(inviting: invite, by: owner.author), by: owner), seed: seed)
        }
        func grant(_ role: Role, to subject: AuthorID, by giver: SigningKey) throws -> TransactionName {
            try write(Board.writes(granting: role, to: subject, by: giver.author), by: giver)
        }
        _ = try grant(.editor, to: editor.author, by: owner)
        let invites = (try invite(.editor), try invite(.editor, uses: 1), try invite(.editor, seconds: 60), try invite(.editor))
        let guest = SigningKey(seed: random.secret())
        let admission = RightsAdmission(of: guest.author, to: board.id, inviteKey: SigningKey(seed: invites.1.seed))
        _ = try write(Board.writes(joining: admission, by: guest.author), by: guest, under: invites.1.invite)
        var removed: [(SigningKey, TransactionName)] = []
        for _ in 0..<Self.removedCount {
            let key = SigningKey(seed: random.secret())
            removed.append((key, try grant(.editor, to: key.author, by: owner)))
        }
        let giver = SigningKey(seed: random.secret())
        let ownership = try grant(.owner, to: giver.author, by: owner)
        // On a copy: the others never see it.
        var unseen = board
        let given = SigningKey(seed: random.secret())
        let gift = try unseen.author(
            Board.writes(granting: .editor, to: given.author, by: giver.author), key: giver, wallTime: Self.before)
        let chain = unseen.chain(of: gift.0.name) ?? .none
        let all = removed.map(\.1) + [ownership, invites.3.invite]
        _ = try write(try board.writes(removing: all, by: owner.author), by: owner)
        for number in 1...UInt64(20) {
            let draft = ShapeDraft(kind: .note, position: .zero, text: Self.content)
            _ = try write(try board.writes(for: draft, number: number, by: editor.author), by: editor)
        }
        _ = board.settle()
        stored = Array(board.transactions.dropFirst())
        other = try Self.other(using: &random)
        (open, spent, expired, ended) = invites
        (self.secret, self.genesis, self.owner, self.editor) = (secret, genesis, owner, editor)
        (self.removed, givenByRemoved) = (removed, (given, chain))
    }

    /// What stands on the board, and no stranger may read.
    static let content = "what only members read"
    private static let removedCount = 16

    private static func genesis(by owner: SigningKey, secret: Secret32, using random: inout SecretGenerator) throws -> Transaction {
        try Board.makeGenesis(
            owner: owner, name: "admission", wallTime: before, nonce: random.bytes(16), firstSecret: EpochSecret.commitment(to: secret))
    }

    private static func other(using random: inout SecretGenerator) throws -> (BoardID, InviteKey, SigningKey, RightsChain) {
        let (owner, member, seed) = (SigningKey(seed: random.secret()), SigningKey(seed: random.secret()), random.secret())
        var board = try Board(genesis: genesis(by: owner, secret: seed, using: &random))
        let invite = RightsInvite(role: .editor, uses: 0, timeToLive: 0, key: SigningKey(seed: seed).author)
        let name = try board.author(Board.writes(inviting: invite, by: owner.author), key: owner, wallTime: before).0.name
        let grant = Board.writes(granting: .editor, to: member.author, by: owner.author)
        let right = try board.author(grant, key: owner, wallTime: before).0.name
        return (board.id, InviteKey(invite: name, seed: seed), member, board.chain(of: right) ?? .none)
    }
}

extension SecretGenerator {
    /// A stream that is a function of a text.
    init(of text: String) { self.init(seed: Blake2b.hash256(Array(text.utf8))) }
}
