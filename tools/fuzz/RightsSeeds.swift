import InkBoard
import InkCrypto
import InkPrimitives

/// Transactions that say who may do what, one of each kind and one of each limit.
enum RightsSeeds {
    static func transactions() throws -> [Transaction] {
        let (owner, link, guest) = (try key(1), try key(2), try key(3))
        let genesis = try Board.makeGenesis(
            owner: owner, name: "roles", wallTime: 0, nonce: Array(repeating: 3, count: 16), firstSecret: .zero)
        var board = try Board(genesis: genesis, newest: 2)
        func write(_ writes: [Write], by key: SigningKey? = nil, under right: TransactionName? = nil) throws -> TransactionName {
            try board.author(writes, key: key ?? owner, wallTime: 0, under: right).0.name
        }
        var rights = [
            try write(Board.writes(granting: .commenter, to: link.author, by: owner.author)),
            try write(
                Board.writes(
                    inviting: RightsInvite(role: .editor, uses: 5, timeToLive: 3600, key: link.author), by: owner.author)),
            try write(
                Board.writes(inviting: RightsInvite(role: nil, uses: 1, timeToLive: 600, key: link.author), by: owner.author)),
        ]
        let admission = RightsAdmission(of: guest.author, to: board.id, inviteKey: link)
        rights.append(try write(Board.writes(joining: admission, by: guest.author), by: guest, under: rights[1]))
        _ = try write(Board.writes(allowing: RightsPolicy(viewersMayChat: true), by: owner.author))
        _ = try write(board.writes(removing: rights, reason: "because", by: owner.author))
        let others = try (rights.count..<Limits.removalsPerWrite).map { _ in
            try write(Board.writes(granting: .viewer, to: guest.author, by: owner.author))
        }
        let reason = String(repeating: "é", count: Limits.reasonBytes / 2)
        _ = try write(board.writes(removing: others, reason: reason, bringing: .zero, by: owner.author))
        _ = try write(board.writes(removing: [], bringing: .zero, by: owner.author))
        return board.transactions
    }

    private static func key(_ number: UInt8) throws -> SigningKey {
        guard let seed = Secret32(Array(repeating: number, count: 32)) else { throw WireError.unexpected }
        return SigningKey(seed: seed)
    }
}
