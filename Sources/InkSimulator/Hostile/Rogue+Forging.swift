import InkBoard
import InkPrimitives

// Transactions that the board would not write.
extension Rogue {
    /// A header as the board would make it.
    func header(wallTime: UInt64) -> TransactionHeader { header(after: board.heads, wallTime: wallTime) }

    /// A header of its next transaction over these parents and its last.
    ///
    /// - Parameter other: whose next it is to seem; nil for its own.
    func header(after others: [TransactionName], as other: AuthorID? = nil, wallTime: UInt64) -> TransactionHeader {
        let author = other ?? author
        let last = tip(of: author)
        let parents = Set(others.prefix(Limits.parents - 1) + [last?.name ?? right])
        let lamport = 1 + (parents.compactMap { board.transaction($0)?.lamport }.max() ?? 0)
        return TransactionHeader(
            board: board.id, author: author, sequence: board.nextSequence(of: author), previous: last?.name ?? .zero, grant: right,
            parents: parents.sorted(), lamport: lamport, claimedWallTime: wallTime)
    }

    func tip(of author: AuthorID) -> Transaction? {
        board.transactions(of: author, sequence: board.contiguousSequence(of: author)).max { $0.stamp < $1.stamp }
    }

    /// Signs whatever has an encoding; nil where there is none.
    mutating func forge(_ writes: [Write], at header: TransactionHeader, isValid: Bool = false) -> Transaction? {
        guard let transaction = try? Transaction.sign(header, writes: writes, key: key) else { return nil }
        made(transaction, isValid: isValid)
        return transaction
    }

    /// What somebody of its role may write at any time.
    func trifle(_ number: UInt64) -> Write {
        let person = ShapeID(author: author, number: 0)
        switch role {
        case .viewer: return Write(person, .displayName, .text("rogue \(number)"))
        case .commenter: return Write(person, .chat, .text("rogue \(number)"))
        case .editor, .owner: return Write(ShapeID(author: author, number: 1_000_000 + number), .kind, .kind(0))
        }
    }

    /// Some of those it is in the room with: all, half of them, or one.
    mutating func some() -> [SocketAddress] {
        let room = room
        guard !room.isEmpty else { return [] }
        switch random.below(3) {
        case 0: return room
        case 1: return Array(room.prefix(room.count / 2))
        default: return [room[random.below(room.count)]]
        }
    }

    mutating func someWay() -> Way { Way.allCases[random.below(Way.allCases.count)] }
}
