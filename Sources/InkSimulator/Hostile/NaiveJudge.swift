import InkBoard
import InkPrimitives

/// What counts on a board, by the rules of rights as they are written (BD-82 to BD-86, BD-94), walked anew for each question: it shares nothing with the
/// board but the transactions, all of which are valid.
struct NaiveJudge {
    private let transactions: [TransactionName: Transaction]
    private let removals: [(by: Transaction, end: RightsEnd)]
    private var known: [TransactionName: Bool] = [:]
    private var pasts: [TransactionName: Set<TransactionName>] = [:]

    /// Two admissions of one person by one invite give one right.
    private enum Right: Hashable {
        case given(by: TransactionName)
        case admitted(by: TransactionName, AuthorID)
    }

    init(_ board: Board) {
        transactions = Dictionary(uniqueKeysWithValues: board.transactions.map { ($0.name, $0) })
        removals = board.transactions.flatMap { transaction in
            transaction.writes.compactMap { if case .right(.removal(let end)) = $0.value { (transaction, end) } else { nil } }
        }
    }

    mutating func counts(_ name: TransactionName) -> Bool {
        if let known = known[name] { return known }
        let answer = weigh(name)
        known[name] = answer
        return answer
    }

    private mutating func weigh(_ name: TransactionName) -> Bool {
        guard let transaction = transactions[name] else { return false }
        guard !transaction.isGenesis else { return true }
        guard let named = right(givenBy: transaction.grant), isGiven(named), isSpared(name, from: named) else { return false }
        if transaction.writes.contains(where: Self.isAdmission) {
            return isSpared(name, from: .admitted(by: transaction.grant, transaction.author))
        }
        guard let (holder, role) = holder(of: named), holder == transaction.author else { return false }
        return transaction.writes.allSatisfy { role.allows(Self.need(of: $0, by: transaction.author), viewersMayChat: false) }
    }

    private func right(givenBy name: TransactionName) -> Right? {
        guard let giver = transactions[name] else { return nil }
        return giver.writes.contains(where: Self.isAdmission) ? .admitted(by: giver.grant, giver.author) : .given(by: name)
    }

    /// Who may use a right, and as what; nil of an invite.
    private func holder(of right: Right) -> (AuthorID, Role)? {
        switch right {
        case .admitted(let invite, let author):
            guard let inviter = transactions[invite] else { return nil }
            for case .right(.invite(let given)) in inviter.writes.map(\.value) {
                // Of a further device the role of who invited it.
                let role = given.role ?? self.right(givenBy: inviter.grant).flatMap { holder(of: $0)?.1 }
                return role.map { (author, $0) }
            }
        case .given(let name):
            guard let giver = transactions[name] else { return nil }
            if giver.isGenesis { return (giver.author, .owner) }
            for case .right(.grant(let grant)) in giver.writes.map(\.value) { return (grant.subject, grant.role) }
        }
        return nil
    }

    private mutating func isGiven(_ right: Right) -> Bool {
        switch right {
        case .given(let name): return counts(name)
        case .admitted(let invite, let author):
            for giver in transactions.values.filter({ $0.grant == invite && $0.author == author }).map(\.name).sorted() where counts(giver)
            {
                return true
            }
            return false
        }
    }

    /// Under the heads of each removal of the right that counts.
    private mutating func isSpared(_ name: TransactionName, from right: Right) -> Bool {
        for (transaction, end) in removals {
            guard end.rights.contains(where: { self.right(givenBy: $0) == right }), counts(transaction.name) else { continue }
            guard end.heads.contains(where: { past(of: $0).contains(name) }) else { return false }
        }
        return true
    }

    /// A transaction and all that it comes after.
    private mutating func past(of head: TransactionName) -> Set<TransactionName> {
        if let past = pasts[head] { return past }
        var (past, open): (Set<TransactionName>, [TransactionName]) = ([], [head])
        while let next = open.popLast() {
            if past.insert(next).inserted { open += transactions[next]?.parents ?? [] }
        }
        pasts[head] = past
        return past
    }

    // MARK: Writes

    static func isAdmission(_ write: Write) -> Bool { write.property == .admittance }

    /// What a write needs, said once more.
    static func need(of write: Write, by author: AuthorID) -> RightsNeed {
        switch write.property {
        case .displayName, .undo, .redo, .continuation, .admittance: return .nothing
        case .chat: return .message
        case .invite: if case .right(.invite(let invite)) = write.value, invite.role == nil { return .nothing } else { return .govern }
        case .grant, .removal, .policy: return .govern
        default:
            guard write.target.author == author, write.target.number > 0 else { return .edit }
            return write.property == .kind && write.value != .kind(ShapeKind.note.rawValue) ? .edit : .note
        }
    }
}
