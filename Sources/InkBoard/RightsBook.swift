import InkPrimitives

/// The rights of a board of version 2, as its log gives them: what is valid, and what of it counts (BD-94, BD-97).
///
///     transaction ─► check ─ valid: its role ─► log ─► keep ─► counts(slot)
///                      └ not: nothing of it stays
struct RightsBook: Sendable {
    private(set) var rights: Rights
    /// By slot, the rights-ancestors that its children have.
    private var sets: [RightsSet]
    /// By slot, the right that each names, by its number in `rights`: so that none is looked up by its name again.
    private var named: [Int?] = [nil]
    /// What lies under the heads of a transaction's removals, which are the same for all of them.
    private var covers: [TransactionName: RightsCover] = [:]
    /// Where somebody first joined by an invite.
    private var admissions: [Admission: Slot] = [:]
    /// Who wrote what last changed which older transactions count.
    private(set) var revisedBy: AuthorID

    private struct Admission: Hashable, Sendable {
        let invite: TransactionName
        let subject: AuthorID
    }

    /// What a valid transaction has of its place.
    struct Place: Sendable {
        /// Of the right that it names.
        let role: Role
        fileprivate let right: Int?
        /// The rights-ancestors of its children.
        fileprivate let including: RightsSet
    }

    /// The book of a board with nothing but genesis (BD-99).
    init(root: Stamp) {
        rights = Rights(root: root)
        sets = [rights.genesis]
        revisedBy = root.author
    }

    /// How often what counts of the older transactions was changed by one that came.
    var revision: Int { rights.revision }

    /// Takes in what a transaction changes of rights, if it is valid at its parents, all of which are in the log; its place.
    ///
    /// The transaction must enter the log next, and `keep` be told. On a throw nothing changed.
    ///
    /// - Parameter parents: where its parents are in the log, in the order of their names.
    mutating func check(_ transaction: Transaction, after parents: [Slot]) throws(RuleViolation) -> Place {
        let summary = transaction.summary
        guard summary.shapeNumber < Limits.shapeNumberEnd else { throw .badValue(field: "id") }
        let right = rights.right(givenBy: transaction.grant)
        let revision = rights.revision
        let content = summary.changesRights ? try self.content(of: transaction) : nil
        let including: RightsSet
        do {
            if let content {
                let parents = zip(transaction.parents, parents).map { RightsParent($0, sets[Int($1)]) }
                including = try rights.insert(
                    RightsTransaction(stamp: transaction.stamp, right: transaction.grant, parents: parents, content: content))
            } else {
                including = try rights.insert(
                    workOf: transaction.author, naming: transaction.grant, need: summary.needBesideRights,
                    after: parents.map { sets[Int($0)] })
            }
        } catch {
            throw .right(error)
        }
        if rights.revision != revision { revisedBy = transaction.author }
        return Place(role: right.map(rights.role(of:)) ?? .viewer, right: right, including: including)
    }

    /// The transaction that was checked last is the newest of the log.
    mutating func keep(_ place: Place, at slot: Slot, of log: Log) {
        sets.append(place.including)
        named.append(place.right)
        let transaction = log[slot]
        guard transaction.summary.changesRights else { return }
        for case .right(let write) in transaction.writes.map(\.value) {
            switch write {
            case .admission:
                let key = Admission(invite: transaction.grant, subject: transaction.author)
                if admissions[key] == nil { admissions[key] = slot }
            case .removal(let end):
                let givers = end.rights.compactMap { firstGiver(of: $0, in: log) }
                let heads = end.heads.compactMap { log.slot(of: $0) }.map(Int.init)
                covers[transaction.name] = RightsCover(heads: heads, firstGiver: Int(givers.min() ?? 0)) {
                    log.parents(of: Slot($0)).map(Int.init)
                }
            case .grant, .invite, .policy: break
            }
        }
    }

    /// Whether a transaction of the log counts, by all that is here (BD-86).
    func counts(_ slot: Slot, of log: Log) -> Bool {
        guard slot > 0 else { return true }
        let transaction = log[slot]
        if transaction.summary.changesRights { return rights.counts(transaction.name) }
        guard let right = named[Int(slot)] else { return false }
        return rights.counts(naming: right) { covers[$0.by]?.contains(Int(slot)) ?? false }
    }

    /// The transaction that gives the right under which this author writes best; nil if he has none.
    func right(of author: AuthorID) -> TransactionName? { rights.best(of: author)?.name }

    /// Whether one of these, or what comes before them, gives the right that `name` does.
    func isKnown(_ name: TransactionName, to parents: [TransactionName], of log: Log) -> Bool {
        parents.contains { parent in log.slot(of: parent).map { rights.contains(name, in: sets[Int($0)]) } ?? false }
    }

    private func content(of transaction: Transaction) throws(RuleViolation) -> RightsTransaction.Content {
        var (gift, removals, viewersMayChat, bringsSecret): (RightsGift?, [RightsRemoval], Bool?, Bool) = (nil, [], nil, false)
        for case .right(let write) in transaction.writes.map(\.value) {
            switch write {
            case .admission(let admission):
                // What names no invite is refused by the rules of rights.
                guard let key = rights.inviteKey(of: transaction.grant) else { return .admission }
                // BD-168
                guard admission.isSigned(by: key, for: transaction.author, on: transaction.board) else { throw .inviteNotSigned }
                return .admission
            case .grant(let grant): gift = .grant(subject: grant.subject, role: grant.role)
            case .invite(let invite): gift = invite.role.map { .invite(key: invite.key, role: $0) } ?? .device(key: invite.key)
            case .removal(let end):
                removals = end.rights.map { RightsRemoval(right: $0, heads: end.heads) }
                bringsSecret = end.secret != nil
            case .policy(let policy): viewersMayChat = policy.viewersMayChat
            }
        }
        return .acts(
            gift: gift, removals: removals, viewersMayChat: viewersMayChat, bringsSecret: bringsSecret,
            need: transaction.summary.needBesideRights)
    }

    /// Where the right was given first that the transaction of this name gives.
    private func firstGiver(of name: TransactionName, in log: Log) -> Slot? {
        guard let slot = log.slot(of: name) else { return nil }
        return admissions[Admission(invite: log[slot].grant, subject: log[slot].author)].map { min($0, slot) } ?? slot
    }
}
