import InkBoard
import InkPrimitives

/// `Rights` fed with deeds of a history as a board would feed it, in one order of arrival.
struct Replica {
    private let history: RightsHistory
    private(set) var rights: Rights
    /// By deed, what its children get.
    private var sets: [RightsSet]
    private(set) var taken: DeedSet

    init(_ history: RightsHistory) {
        self.history = history
        rights = Rights(root: history.deeds[0].stamp)
        sets = Array(repeating: .empty, count: history.deeds.count)
        sets[0] = rights.genesis
        taken = DeedSet(word: 1)
    }

    /// Gives it a deed whose parents were taken; false if it is refused.
    mutating func take(_ deed: Deed) -> Bool {
        guard let right = deed.right else { return false }
        let name = history.deeds[right].stamp.name
        let set: RightsSet?
        if case .work(let need) = deed.act {
            let (author, parents) = (deed.stamp.author, deed.parents.map { sets[$0] })
            let refusal = rights.violation(of: author, naming: name, need: need, after: parents)
            set = try? rights.insert(workOf: author, naming: name, need: need, after: parents)
            // What is asked is what is done.
            guard (refusal == nil) == (set != nil) else { return refusal != nil }
        } else {
            set = try? rights.insert(transaction(deed, naming: name))
        }
        guard let set else { return false }
        // What should have been refused has no place.
        guard deed.number < RightsHistory.deedsMax else { return true }
        sets[deed.number] = set
        taken.insert(deed.number)
        return true
    }

    /// What it makes of all that it took.
    mutating func outcome() -> Outcome {
        let covers = self.covers
        var outcome = Outcome(viewersMayChat: rights.viewersMayChat())
        var counts = Array(repeating: false, count: history.deeds.count)
        for number in taken {
            let deed = history.deeds[number]
            if history.gifts[number] != nil, rights.stands(deed.stamp.name) {
                outcome.standing.insert(number)
            }
            if let right = deed.right, deed.isWork {
                counts[number] = rights.counts(naming: history.deeds[right].stamp.name) { covers[$0]?.contains(number) ?? false }
            } else {
                counts[number] = rights.counts(deed.stamp.name)
            }
            if counts[number] { outcome.counting.insert(number) }
        }
        let covered = CoveredPlaces(counting: counts) { history.deeds[$0].parents }
        for number in taken where covered.contains(number) { outcome.covered.insert(number) }
        for right in rights.standing() { outcome.names.append(right.name) }
        return outcome
    }

    /// By removal, what lies under its heads.
    private var covers: [RightsRemovalID: RightsCover] {
        var covers: [RightsRemovalID: RightsCover] = [:]
        for number in taken {
            for removal in history.deeds[number].removals {
                let id = RightsRemovalID(by: history.deeds[number].stamp.name, right: history.deeds[removal.right].stamp.name)
                let right = history.gifts[removal.right]
                let giver = taken.first { history.gifts[$0] == right }
                covers[id] = RightsCover(heads: removal.heads, firstGiver: giver ?? 0) { history.deeds[$0].parents }
            }
        }
        return covers
    }

    private func transaction(_ deed: Deed, naming name: TransactionName) -> RightsTransaction {
        let parents = deed.parents.map { RightsParent(nameOf($0), sets[$0]) }
        guard case .rights(let gift, let removals, let viewersMayChat) = deed.act else {
            return RightsTransaction(stamp: deed.stamp, right: name, parents: parents, content: .admission)
        }
        let given: RightsGift? =
            switch gift {
            case .grant(let person, let role): .grant(subject: history.keys[person], role: role)
            case .invite(let role): .invite(key: deed.stamp.author, role: role)
            case .device: .device(key: deed.stamp.author)
            case nil: nil
            }
        let ends = removals.map { removal in
            RightsRemoval(right: nameOf(removal.right), heads: removal.heads.map(nameOf))
        }
        return RightsTransaction(
            stamp: deed.stamp, right: name, parents: parents, content: .acts(gift: given, removals: ends, viewersMayChat: viewersMayChat))
    }

    private func nameOf(_ number: Int) -> TransactionName { history.deeds[number].stamp.name }
}

/// What a set of deeds comes to.
struct Outcome: Hashable {
    /// Deeds that give a right that stands.
    var standing = DeedSet()
    var counting = DeedSet()
    /// What fingerprint and reconciliation cover.
    var covered = DeedSet()
    /// The rights that stand, the most senior first.
    var names: [TransactionName] = []
    var viewersMayChat: Bool
}
