import InkPrimitives

/// Who may do what on a board, decided from its rights transactions alone (BD-80 to BD-91).
///
///     parents' sets ─► set(after:) ─► violation(…) or insert(_:after:) ─► the set that children get
///                                          │ not valid
///                                          ▼
///                                       refused, not kept
///
/// A transaction is valid or not by what stands over its rights-ancestors, which never changes. Whether it counts depends on all rights
/// transactions that are here, and may change with each that comes: the caller asks anew when `everything` is another set.
/// The caller gives what fits the board: parents first, lamport numbers and predecessors right, and the signatures, that of an
/// invite's key (`inviteKey(of:)`) among them.
package struct Rights: Sendable {
    private var roll: RightsRoll
    private var sets: RightsSets
    private var views: [RightsSet: RightsView] = [:]
    /// All rights transactions that are here.
    package private(set) var everything: RightsSet
    /// What they come to.
    private var present: RightsView
    /// The set that the last call of `set(after:)` made, if it made one and nothing was taken in since.
    private var provisional: RightsSet?
    /// What genesis gives its children.
    package let genesis: RightsSet

    /// The rights of a board with nothing but genesis, whose author is the root owner.
    package init(root: Stamp) {
        sets = RightsSets()
        genesis = sets.inserting(0, into: .empty)
        everything = genesis
        roll = RightsRoll(root: root, including: genesis)
        present = RightsView(of: sets[genesis], roll: roll, sets: sets)
    }

    // MARK: Valid at its parents (BD-85)

    /// The rights-ancestors of a transaction, from what its parents have (BD-89): of a parent that is no rights transaction the set that
    /// was its own, of one that is what `insert` returned.
    package mutating func set(after parents: [RightsSet]) -> RightsSet {
        let held = sets.count
        let set = sets.union(parents)
        provisional = sets.count > held ? set : nil
        return set
    }

    /// Forgets the set of a transaction that is refused, if nothing else has it: whoever is refused by the thousand takes no memory.
    /// `violation` and `insert` do it themselves; to be called where another rule refuses, before the next `set(after:)`.
    package mutating func discard(_ set: RightsSet) {
        guard set == provisional else { return }
        views[set] = nil
        sets.removeLast()
        provisional = nil
    }

    /// Why a transaction of `author` that changes no rights is not valid under the right that `name` gives; nil if it is.
    package mutating func violation(of author: AuthorID, naming name: TransactionName, need: RightsNeed, at set: RightsSet)
        -> RightsViolation?
    {
        do {
            let view = remember(set)
            let right = try right(of: author, naming: name, at: set, view: view)
            let role = roll.rights[right].role
            guard !role.allows(need, viewersMayChat: view.viewersMayChat) else { return nil }
            discard(set)
            return .notAllowed(role)
        } catch {
            discard(set)
            return error
        }
    }

    /// Takes a rights transaction in whose rights-ancestors are `set`, and returns what its children get of it. On a throw nothing changed.
    package mutating func insert(_ transaction: RightsTransaction, at set: RightsSet) throws(RightsViolation) -> RightsSet {
        if let known = roll.number(of: transaction.stamp.name) { return roll.entries[known].including }
        do {
            return try take(transaction, at: set)
        } catch {
            discard(set)
            throw error
        }
    }

    private mutating func take(_ transaction: RightsTransaction, at set: RightsSet) throws(RightsViolation) -> RightsSet {
        let view = remember(set)
        switch transaction.content {
        case .admission:
            let invite = try invite(of: transaction, at: set, view: view)
            let including = sets.inserting(roll.nextEntry, into: set)
            let all = sets.inserting(roll.nextEntry, into: everything)
            roll.admit(transaction.stamp, under: invite, including: including)
            turn(to: all)
            return including
        case .acts(let gift, let removals, let viewersMayChat):
            let named = try right(of: transaction.stamp.author, naming: transaction.right, at: set, view: view)
            guard roll.rights[named].role.allows(.govern, viewersMayChat: false) else { throw .notAllowed(roll.rights[named].role) }
            if let gift { try check(gift, under: named) }
            let targets = try check(removals, under: named, at: set)
            let covers = zip(targets, removals).map { (right: $0, name: $1.right, cover: sets.union($1.heads)) }
            let including = sets.inserting(roll.nextEntry, into: set)
            let all = sets.inserting(roll.nextEntry, into: everything)
            roll.append(
                transaction.stamp, named: named, gift: gift, removals: covers, viewersMayChat: viewersMayChat, including: including)
            turn(to: all)
            return including
        }
    }

    /// The key that must have signed for whoever joins by this invite.
    package func inviteKey(of name: TransactionName) -> AuthorID? {
        guard let given = roll.number(of: name).flatMap({ roll.entries[$0].gives }) else { return nil }
        if case .invite(let key) = roll.rights[given].kind { return key }
        return nil
    }

    // MARK: What stands and what counts (BD-86)
    //
    // Cheap for `everything` and for the sets that were asked about last; of another set all is worked out for one question.

    /// Whether the right stands that `name` gives.
    package func stands(_ name: TransactionName, at set: RightsSet) -> Bool {
        guard let right = right(givenBy: name, at: set) else { return false }
        return view(of: set).stands(right)
    }

    /// Whether a rights transaction of the set counts.
    package func counts(_ name: TransactionName, at set: RightsSet) -> Bool {
        guard let number = roll.number(of: name), sets[set].contains(number) else { return false }
        return !view(of: set).void.contains(number)
    }

    /// Whether a transaction counts that changes no rights and names the right that `name` gives. `isCovered` is asked for the removals
    /// of that right, few or none, whether the transaction lies under the heads of each (`RightsCover`).
    package func counts(
        naming name: TransactionName, at set: RightsSet, isCovered: (RightsRemovalID) -> Bool
    ) -> Bool {
        guard let right = right(givenBy: name, at: set) else { return false }
        let view = view(of: set)
        return view.isGiven(right) && view.removals(of: right).allSatisfy { isCovered(roll.removals[$0].id) }
    }

    /// The removals that count of the right that `name` gives, in no order.
    package func removals(of name: TransactionName, at set: RightsSet) -> [RightsRemovalID] {
        guard let right = right(givenBy: name, at: set) else { return [] }
        return view(of: set).removals(of: right).map { roll.removals[$0].id }
    }

    /// Whether viewers may write messages (BD-88).
    package func viewersMayChat(at set: RightsSet) -> Bool { view(of: set).viewersMayChat }

    /// The rights that stand, the most senior first; invites too.
    package func standing(at set: RightsSet) -> [StandingRight] {
        let (view, bits) = (view(of: set), sets[set])
        return roll.order.compactMap { standing($0, in: bits, view: view) }
    }

    /// The right of `author` that stands and allows most, of two the senior one; nil if none stands.
    package func best(of author: AuthorID, at set: RightsSet) -> StandingRight? {
        let (view, bits) = (view(of: set), sets[set])
        var best: StandingRight?
        for number in roll.order where roll.rights[number].kind == .held(by: author) {
            guard let right = standing(number, in: bits, view: view), right.role > (best?.role ?? right.role) || best == nil else {
                continue
            }
            best = right
        }
        return best
    }

    // MARK: Within

    /// Whether `left` holds nothing that `right` does not.
    func isSubset(_ left: RightsSet, of right: RightsSet) -> Bool { left == right || sets[left].isSubset(of: sets[right]) }

    /// Sets held, for tests of what they take.
    package var setCount: Int { sets.count }

    private func view(of set: RightsSet) -> RightsView {
        set == everything ? present : views[set] ?? RightsView(of: sets[set], roll: roll, sets: sets)
    }

    /// The same, remembered.
    private mutating func remember(_ set: RightsSet) -> RightsView {
        if set == everything { return present }
        if let known = views[set] { return known }
        let view = view(of: set)
        if views.count >= Self.viewsMax { views.removeAll() }
        views[set] = view
        return view
    }

    private mutating func turn(to all: RightsSet) {
        if views.count < Self.viewsMax { views[everything] = present }
        (everything, present) = (all, RightsView(of: sets[all], roll: roll, sets: sets))
        provisional = nil
    }

    /// The right that an entry of the set gives.
    private func right(givenBy name: TransactionName, at set: RightsSet) -> Int? {
        guard let number = roll.number(of: name), sets[set].contains(number) else { return nil }
        return roll.entries[number].gives
    }

    /// The right that `author` may use by that name.
    private func right(of author: AuthorID, naming name: TransactionName, at set: RightsSet, view: RightsView) throws(RightsViolation)
        -> Int
    {
        guard let right = right(givenBy: name, at: set) else { throw .unknownRight }
        guard roll.rights[right].kind == .held(by: author) else { throw .rightOfAnother }
        guard view.stands(right) else { throw .rightEnded }
        return right
    }

    /// The invite by which an admission's author may join (BD-82).
    private func invite(of admission: RightsTransaction, at set: RightsSet, view: RightsView) throws(RightsViolation) -> Int {
        guard let invite = right(givenBy: admission.right, at: set) else { throw .unknownRight }
        guard case .invite = roll.rights[invite].kind else { throw .noInvite }
        guard view.stands(invite) else { throw .rightEnded }
        // Whoever was removed does not come back by the link that he came by.
        if let own = roll.admitted(under: invite, subject: admission.stamp.author), !view.removals(of: own).isEmpty { throw .rightEnded }
        return invite
    }

    private func check(_ gift: RightsGift, under named: Int) throws(RightsViolation) {
        let depth = roll.rights[named].seniority.depth + 1
        // Who joins by an invite lies one deeper.
        let deepest = if case .invite = gift { depth + 1 } else { depth }
        guard deepest <= Limits.delegationDepth else { throw .tooDeep }
    }

    /// The rights that are removed, in order.
    private func check(_ removals: [RightsRemoval], under named: Int, at set: RightsSet) throws(RightsViolation) -> [Int] {
        var targets: [Int] = []
        var seen: Set<Int> = []
        for removal in removals {
            guard let target = right(givenBy: removal.right, at: set) else { throw .unknownTarget }
            guard roll.rights[named].seniority < roll.rights[target].seniority else { throw .targetNotJunior }
            guard seen.insert(target).inserted else { throw .repeatedTarget }
            guard removal.heads.allSatisfy({ isSubset($0, of: set) }) else { throw .headsBeyondParents }
            targets.append(target)
        }
        return targets
    }

    private func standing(_ right: Int, in set: RightsBits, view: RightsView) -> StandingRight? {
        guard view.stands(right) else { return nil }
        var first: Stamp?
        for giver in roll.rights[right].givers where set.contains(giver) && !view.void.contains(giver) {
            let stamp = roll.entries[giver].stamp
            if first.map({ stamp < $0 }) ?? true { first = stamp }
        }
        guard let first else { return nil }
        let subject: AuthorID? = if case .held(let author) = roll.rights[right].kind { author } else { nil }
        return StandingRight(name: first.name, subject: subject, role: roll.rights[right].role, seniority: roll.rights[right].seniority)
    }

    /// Views remembered. Work asks about the newest few sets; an old one costs an evaluation.
    private static let viewsMax = 4096
}
