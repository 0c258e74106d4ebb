import InkBoard
import InkCrypto
import InkPrimitives

extension Board {
    /// Signs writes as the next that somebody does after all that is here, without asking anybody whether he may.
    ///
    /// - Parameters:
    ///   - author: whose it is to seem; nil for whose key it is. Of another the signature is false.
    ///   - right: the one that the transaction names.
    ///   - wallTime: what it says of the time, milliseconds since 1970; with another it is another transaction.
    /// - Throws: what has no encoding.
    package func forge(
        _ writes: [Write], by key: SigningKey, as author: AuthorID? = nil, under right: TransactionName, wallTime: UInt64 = 1
    ) throws(RuleViolation) -> Transaction {
        let author = author ?? key.author
        let last = transactions(of: author, from: 1).last
        let parents = Set(heads.suffix(Limits.parents - 1) + (last.map { [$0.name] } ?? [])).sorted()
        let lamport = parents.compactMap { transaction($0)?.lamport }.max() ?? 0
        let header = TransactionHeader(
            board: id, author: author, sequence: (last?.sequence ?? 0) + 1, previous: last?.name ?? .zero, grant: right, parents: parents,
            lamport: lamport + 1, claimedWallTime: wallTime)
        return try Transaction.sign(header, writes: writes, key: key)
    }
}

extension Transaction {
    /// Signs what comes after nothing but this one, of the same author.
    package func forgeNext(_ writes: [Write], by key: SigningKey, under right: TransactionName) throws(RuleViolation) -> Transaction {
        let header = TransactionHeader(
            board: board, author: author, sequence: sequence + 1, previous: name, grant: right, parents: [name], lamport: lamport + 1,
            claimedWallTime: 1)
        return try Transaction.sign(header, writes: writes, key: key)
    }
}
