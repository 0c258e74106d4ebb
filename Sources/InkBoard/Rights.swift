import InkPrimitives

/// Who may do what on a board, decided from its rights transactions alone (BD-80 to BD-91).
///
///     parents' sets ─► insert(…) ─ valid ─► the set that children get
///                          │ not valid
///                          ▼
///                       refused, not kept
///
/// A transaction is valid or not by what stands over its rights-ancestors, which never changes. Whether it counts depends on all rights
/// transactions that are here, and may change with each that comes: `revision` says when. Of a transaction that is refused, and of a question,
/// nothing stays. The caller gives what fits the board: parents first, lamport numbers and predecessors right, and the signatures, that of an
/// invite's key (`inviteKey(of:)`) among them.
package struct Rights: Sendable {
    private var roll: RightsRoll
    private var sets: RightsSets
    private var views = RightsViews()
    /// All rights transactions that are here.
    private var everything: RightsBits
    /// Where one transaction comes after all of them, its set.
    private var newest: RightsSet?
    /// What they come to.
    private var present: RightsView
    /// How often one that came changed what stands or counts of those that were here.
    package private(set) var revision = 0
    /// What genesis gives its children.
    package let genesis: RightsSet

    /// The rights of a board with nothing but genesis, whose author is the root owner.
    package init(root: Stamp) {
        sets = RightsSets()
        genesis = sets.inserting(0, into: .held(.empty))
        everything = sets[genesis]
        newest = genesis
        roll = RightsRoll(root: root, including: genesis)
        present = RightsView(of: everything, roll: roll)
    }

    // MARK: Valid at its parents (BD-85)

    /// Why a transaction of `author` that changes no rights would not be valid under the right that `name` gives; nil if it would.
    ///
    /// - Parameter parents: of each parent the set that it gives its children.
    package func violation(of author: AuthorID, naming name: TransactionName, need: RightsNeed, after parents: [RightsSet])
        -> RightsViolation?
    {
        let base = sets.union(parents)
        do {
            try check(author, naming: name, need: need, at: sets.bits(of: base), view: view(of: base))
        } catch {
            return error
        }
        return nil
    }

    /// Takes a transaction in that changes no rights, and returns what its children get (BD-89). On a throw nothing changed.
    ///
    /// - Parameter parents: of each parent the set that it gives its children.
    package mutating func insert(
        workOf author: AuthorID, naming name: TransactionName, need: RightsNeed, after parents: [RightsSet]
    ) throws(RightsViolation) -> RightsSet {
        let base = sets.union(parents)
        let view = remember(base)
        try check(author, naming: name, need: need, at: sets.bits(of: base), view: view)
        let set = sets.hold(base, of: parents)
        // What everybody writes after next is looked at often.
        if case .other = base { views.insert(view, of: set) }
        return set
    }

    /// Takes a rights transaction in, and returns what its children get. On a throw nothing changed.
    package mutating func insert(_ transaction: RightsTransaction) throws(RightsViolation) -> RightsSet {
        if let known = roll.number(of: transaction.stamp.name) { return roll.entries[known].including }
        let base = sets.union(transaction.parents.map(\.set))
        let (set, view) = (sets.bits(of: base), remember(base))
        let (number, rightCount) = (roll.nextEntry, roll.rights.count)
        switch transaction.content {
        case .admission:
            let invite = try invite(of: transaction, at: set, view: view)
            roll.admit(transaction.stamp, under: invite, including: sets.inserting(number, into: base))
        case .acts(let gift, let removals, let viewersMayChat, let bringsSecret, let need):
            let named = try right(of: transaction.stamp.author, naming: transaction.right, at: set, view: view)
            let targets = try check(removals, under: named, at: set)
            let isOwn = viewersMayChat == nil && !bringsSecret && concernsOwnDevices(gift, targets, under: named)
            let role = roll.rights[named].role
            guard role.allows(isOwn ? need : .govern, viewersMayChat: view.viewersMayChat) else { throw .notAllowed(role) }
            if let gift { try check(gift, under: named) }
            let covers = try removals.map { removal throws(RightsViolation) in try cover(of: removal, after: transaction.parents) }
            let ends = targets.indices.map { (right: targets[$0], name: removals[$0].right, cover: covers[$0]) }
            roll.append(
                transaction.stamp, named: named, gift: gift, removals: ends, viewersMayChat: viewersMayChat, bringsSecret: bringsSecret,
                including: sets.inserting(number, into: base))
        }
        turn(toInclude: number, rightsBefore: rightCount)
        return roll.entries[number].including
    }

    /// The key that must have signed for whoever joins by this invite.
    package func inviteKey(of name: TransactionName) -> AuthorID? {
        guard let given = right(givenBy: name) else { return nil }
        if case .invite(let key) = roll.rights[given].kind { return key }
        return nil
    }

    /// The right that a transaction gives, by its number here, which stays; nil if it gives none.
    func right(givenBy name: TransactionName) -> Int? { roll.number(of: name).flatMap { roll.entries[$0].gives } }

    /// The role of the right of this number.
    func role(of right: Int) -> Role { roll.rights[right].role }

    /// The role of the right that a transaction gives; nil if it gives none.
    package func role(givenBy name: TransactionName) -> Role? { right(givenBy: name).map(role(of:)) }

    /// Who has the right that a transaction gives; nil if it gives none, or an invite.
    package func subject(givenBy name: TransactionName) -> AuthorID? {
        guard let given = right(givenBy: name), case .held(let author) = roll.rights[given].kind else { return nil }
        return author
    }

    /// Rights transactions that are here, genesis among them.
    package var count: Int { roll.entries.count }

    /// Whether `author` joined by an invite.
    package func isAdmitted(_ author: AuthorID, under invite: TransactionName) -> Bool { admitted(author, under: invite) != nil }

    /// How many have joined by an invite, those who were removed since among them.
    package func admittedCount(under invite: TransactionName) -> Int {
        right(givenBy: invite).map { roll.admittedCount(under: $0) } ?? 0
    }

    /// Whether the right that `author` has by an invite was removed, by all that is here.
    package func hasEnded(admissionOf author: AuthorID, under invite: TransactionName) -> Bool {
        admitted(author, under: invite).map { !present.removals(of: $0).isEmpty } ?? false
    }

    private func admitted(_ author: AuthorID, under invite: TransactionName) -> Int? {
        right(givenBy: invite).flatMap { roll.admitted(under: $0, subject: author) }
    }

    /// Whether a rights transaction is in a set.
    package func contains(_ name: TransactionName, in set: RightsSet) -> Bool {
        roll.number(of: name).map { sets[set].contains($0) } ?? false
    }

    // MARK: What stands and what counts (BD-86)
    //
    // By all that is here, or by a set: cheap for those that were asked about last, else all is worked out for one question.

    /// Whether the right stands that `name` gives.
    package func stands(_ name: TransactionName, at set: RightsSet? = nil) -> Bool {
        guard let right = right(givenBy: name, at: bits(of: set)) else { return false }
        return view(of: set).stands(right)
    }

    /// Whether a rights transaction of the set counts.
    package func counts(_ name: TransactionName, at set: RightsSet? = nil) -> Bool {
        guard let number = roll.number(of: name), bits(of: set).contains(number) else { return false }
        return !view(of: set).void.contains(number)
    }

    /// Whether a transaction counts that changes no rights and names the right that `name` gives. `isCovered` is asked for the removals
    /// of that right, few or none, whether the transaction lies under the heads of each (`RightsCover`).
    package func counts(
        naming name: TransactionName, at set: RightsSet? = nil, isCovered: (RightsRemovalID) -> Bool
    ) -> Bool {
        guard let right = right(givenBy: name, at: bits(of: set)) else { return false }
        let view = view(of: set)
        return view.isGiven(right) && view.removals(of: right).allSatisfy { isCovered(roll.removals[$0].id) }
    }

    /// The same by all that is here, of the right of this number.
    func counts(naming right: Int, isCovered: (RightsRemovalID) -> Bool) -> Bool {
        present.isGiven(right) && present.removals(of: right).allSatisfy { isCovered(roll.removals[$0].id) }
    }

    /// The removals that count of the right that `name` gives, in no order.
    package func removals(of name: TransactionName, at set: RightsSet? = nil) -> [RightsRemovalID] {
        guard let right = right(givenBy: name, at: bits(of: set)) else { return [] }
        return view(of: set).removals(of: right).map { roll.removals[$0].id }
    }

    /// What begins the newest epoch: those that bring a secret, count, and come before no other such one; ascending (BD-117).
    package func newestSecrets(at set: RightsSet? = nil) -> [TransactionName] {
        var bringers = roll.bringers
        bringers.formIntersection(bits(of: set))
        bringers.subtract(view(of: set).void)
        var before = RightsBits()
        bringers.forEach { bringer in
            var ancestors = sets[roll.entries[bringer].including]
            // The set has the entry itself.
            var itself = RightsBits()
            itself.insert(bringer)
            ancestors.subtract(itself)
            before.formUnion(ancestors)
        }
        bringers.subtract(before)
        var names: [TransactionName] = []
        bringers.forEach { names.append(roll.entries[$0].stamp.name) }
        return names.sorted()
    }

    /// The removals that count, by all that is here, of rights that `author` had, in no order.
    package func removals(ofRightsOf author: AuthorID) -> [RightsRemovalID] {
        roll.rights.indices.filter { roll.rights[$0].kind == .held(by: author) }
            .flatMap { present.removals(of: $0).map { roll.removals[$0].id } }
    }

    /// Whether viewers may write messages (BD-88).
    package func viewersMayChat(at set: RightsSet? = nil) -> Bool { view(of: set).viewersMayChat }

    /// The rights that stand, the most senior first; invites too.
    package func standing(at set: RightsSet? = nil) -> [StandingRight] {
        let (view, bits) = (view(of: set), bits(of: set))
        return roll.order.compactMap { standing($0, in: bits, view: view) }
    }

    /// The right of `author` that stands and allows most, of two the senior one; nil if none stands.
    package func best(of author: AuthorID, at set: RightsSet? = nil) -> StandingRight? {
        let (view, bits) = (view(of: set), bits(of: set))
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

    /// Sets held, and the memory that views take, for tests.
    package var setCount: Int { sets.count }
    var viewBytes: Int { views.byteCount }

    private func bits(of set: RightsSet?) -> RightsBits { set.map { sets[$0] } ?? everything }

    private func view(of set: RightsSet?) -> RightsView {
        guard let set, set != newest else { return present }
        return views[set] ?? RightsView(of: sets[set], roll: roll)
    }

    private func view(of union: RightsSets.Union) -> RightsView {
        switch union {
        case .held(let set): view(of: set)
        case .other(let bits): bits == everything ? present : RightsView(of: bits, roll: roll)
        }
    }

    /// The same, remembered if it is of a set that is held.
    private mutating func remember(_ union: RightsSets.Union) -> RightsView {
        guard case .held(let set) = union, set != newest, views[set] == nil else { return view(of: union) }
        let view = view(of: set)
        views.insert(view, of: set)
        return view
    }

    private mutating func turn(toInclude number: Int, rightsBefore rightCount: Int) {
        if let newest { views.insert(present, of: newest) }
        let old = present
        everything.insert(number)
        let including = roll.entries[number].including
        newest = sets[including] == everything ? including : nil
        present = RightsView(of: everything, roll: roll)
        // The newest entry is no older transaction's business, nor is a right that only it gives.
        if !present.agrees(with: old, rightsBelow: rightCount, entriesBelow: number) { revision += 1 }
    }

    private func check(_ author: AuthorID, naming name: TransactionName, need: RightsNeed, at set: RightsBits, view: RightsView)
        throws(RightsViolation)
    {
        let role = roll.rights[try right(of: author, naming: name, at: set, view: view)].role
        guard role.allows(need, viewersMayChat: view.viewersMayChat) else { throw .notAllowed(role) }
    }

    /// The right that an entry of the set gives.
    private func right(givenBy name: TransactionName, at set: RightsBits) -> Int? {
        guard let number = roll.number(of: name), set.contains(number) else { return nil }
        return roll.entries[number].gives
    }

    /// The right that `author` may use by that name.
    private func right(of author: AuthorID, naming name: TransactionName, at set: RightsBits, view: RightsView) throws(RightsViolation)
        -> Int
    {
        guard let right = right(givenBy: name, at: set) else { throw .unknownRight }
        guard roll.rights[right].kind == .held(by: author) else { throw .rightOfAnother }
        guard view.stands(right) else { throw .rightEnded }
        return right
    }

    /// The invite by which an admission's author may join (BD-82, BD-157).
    private func invite(of admission: RightsTransaction, at set: RightsBits, view: RightsView) throws(RightsViolation) -> Int {
        guard let invite = right(givenBy: admission.right, at: set) else { throw .unknownRight }
        guard case .invite = roll.rights[invite].kind else { throw .noInvite }
        guard view.stands(invite) else { throw .rightEnded }
        // Nor does he who was removed come back by the link that he came by (BD-161).
        if let own = roll.admitted(under: invite, subject: admission.stamp.author), roll.rights[own].givers.intersects(set) {
            throw .alreadyJoined
        }
        return invite
    }

    private func check(_ gift: RightsGift, under named: Int) throws(RightsViolation) {
        // Who joins by an invite is one step further (BD-156).
        let further = if case .grant = gift { 1 } else { 2 }
        guard roll.rights[named].steps + further <= Limits.delegationDepth else { throw .tooDeep }
    }

    /// True for what everybody may do: invite a further device of his own, and end the rights of such (BD-178).
    private func concernsOwnDevices(_ gift: RightsGift?, _ targets: [Int], under named: Int) -> Bool {
        switch gift {
        case .device, nil: break
        case .grant, .invite: return false
        }
        return targets.allSatisfy { roll.rights[$0].seniority.isSamePerson(as: roll.rights[named].seniority) }
    }

    /// The rights that are removed, in order.
    private func check(_ removals: [RightsRemoval], under named: Int, at set: RightsBits) throws(RightsViolation) -> [Int] {
        var targets: [Int] = []
        var seen: Set<Int> = []
        for removal in removals {
            guard let target = right(givenBy: removal.right, at: set) else { throw .unknownTarget }
            guard roll.rights[named].seniority < roll.rights[target].seniority else { throw .targetNotJunior }
            guard seen.insert(target).inserted else { throw .repeatedTarget }
            targets.append(target)
        }
        return targets
    }

    /// What of the rights transactions lies under the heads of a removal.
    private func cover(of removal: RightsRemoval, after parents: [RightsParent]) throws(RightsViolation) -> RightsBits {
        var cover = RightsBits()
        for head in removal.heads {
            guard let parent = parents.first(where: { $0.name == head }) else { throw .headsBeyondParents }
            cover.formUnion(sets[parent.set])
        }
        return cover
    }

    private func standing(_ right: Int, in set: RightsBits, view: RightsView) -> StandingRight? {
        guard view.stands(right) else { return nil }
        var first: Stamp?
        roll.rights[right].givers.forEach { giver in
            guard set.contains(giver), !view.void.contains(giver) else { return }
            let stamp = roll.entries[giver].stamp
            if first.map({ stamp < $0 }) ?? true { first = stamp }
        }
        guard let first else { return nil }
        let subject: AuthorID? = if case .held(let author) = roll.rights[right].kind { author } else { nil }
        return StandingRight(name: first.name, subject: subject, role: roll.rights[right].role, seniority: roll.rights[right].seniority)
    }
}
