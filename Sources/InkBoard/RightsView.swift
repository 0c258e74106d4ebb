import InkPrimitives

/// What stands and what counts, by one set of rights transactions (BD-86): a pure function of the set.
struct RightsView: Sendable {
    /// Rights that nothing gives which counts.
    private var ungiven = RightsBits()
    /// Rights that a removal which counts has ended, with all those removals (BD-160).
    private var endings: [Int: [Int]] = [:]
    /// Of each of those what lies under the heads of all.
    private var spared: [Int: RightsBits] = [:]
    /// Rights that are among either: for most no more is looked up.
    private var touched = RightsBits()
    /// Entries that do not count (BD-162).
    private(set) var void = RightsBits()
    /// Whether viewers may write messages (BD-88).
    private(set) var viewersMayChat = false

    /// Looks at each right once, the most senior first (BD-87).
    ///
    /// What a right depends on is the entries that give it and those that remove it. The former name its giver, or its invite, which is
    /// senior to it; the latter name what is strictly senior to it, or they would not be valid. So all of that has been looked at before
    /// it, no question comes back to itself, and there is one answer. An admission depends on its invite and on the right that it
    /// gives, not on any right that its author had.
    init(of set: RightsBits, roll: RightsRoll) {
        // Without removals all stands that is given: each entry was valid at its parents, which are here.
        if set.intersects(roll.removers) {
            for right in roll.order { look(at: right, in: set, roll: roll) }
            touched.forEach { void.formUnion(voided(by: $0, in: set, roll: roll)) }
        }
        let policy = roll.policies.first { set.contains($0) && !void.contains($0) }
        viewersMayChat = policy.flatMap { roll.entries[$0].viewersMayChat } ?? false
    }

    /// Whether a right stands that an entry of the set gives.
    func stands(_ right: Int) -> Bool { !ungiven.contains(right) && endings[right] == nil }

    /// Whether it says of the first so many rights and entries what another does.
    func agrees(with other: RightsView, rightsBelow rightCount: Int, entriesBelow entryCount: Int) -> Bool {
        endings == other.endings && ungiven.agrees(with: other.ungiven, below: rightCount)
            && void.agrees(with: other.void, below: entryCount)
    }

    /// Whether a transaction that names it can count, which then is so unless `removals(of:)` ended it.
    func isGiven(_ right: Int) -> Bool { !ungiven.contains(right) }

    /// The removals of it that count.
    func removals(of right: Int) -> [Int] { endings[right] ?? [] }

    /// Memory that it takes, about.
    var byteCount: Int {
        let bits = ungiven.byteCount + touched.byteCount + void.byteCount
        return 256 + bits + endings.reduce(0) { $0 + 96 + 8 * $1.value.count } + spared.reduce(0) { $0 + 64 + $1.value.byteCount }
    }

    private mutating func look(at right: Int, in set: RightsBits, roll: RightsRoll) {
        for number in roll.rights[right].removals {
            let removal = roll.removals[number]
            guard set.contains(removal.entry), counts(removal.entry, roll: roll) else { continue }
            endings[right, default: []].append(number)
            if spared[right]?.formIntersection(removal.cover) == nil { spared[right] = removal.cover }
            touched.insert(right)
        }
        // So, too, where nothing of the set gives it.
        guard !isGiven(right, in: set, roll: roll) else { return }
        ungiven.insert(right)
        touched.insert(right)
    }

    /// Whether one counts of those that give it (BD-179).
    private func isGiven(_ right: Int, in set: RightsBits, roll: RightsRoll) -> Bool {
        let entry = roll.rights[right]
        let isGiverTouched = entry.giver.map { touched.contains($0) } ?? false
        guard isGiverTouched || entry.isAdmitted && touched.contains(right) else { return entry.givers.intersects(set) }
        if let giver = entry.giver, ungiven.contains(giver) { return false }
        var counting = entry.givers
        counting.formIntersection(set)
        if let spared = entry.giver.flatMap({ spared[$0] }) { counting.formIntersection(spared) }
        if entry.isAdmitted, let spared = spared[right] { counting.formIntersection(spared) }
        return !counting.isEmpty
    }

    /// Entries that do not count for what became of a right: they name it, or are admissions that give it.
    private func voided(by right: Int, in set: RightsBits, roll: RightsRoll) -> RightsBits {
        let (entry, spared) = (roll.rights[right], spared[right])
        var voided = ungiven.contains(right) || spared != nil ? entry.naming : RightsBits()
        if let spared, !ungiven.contains(right) { voided.subtract(spared) }
        if let spared, entry.isAdmitted {
            var givers = entry.givers
            givers.subtract(spared)
            voided.formUnion(givers)
        }
        voided.formIntersection(set)
        return voided
    }

    private func counts(_ number: Int, roll: RightsRoll) -> Bool {
        guard let named = roll.entries[number].named else { return true }
        return !touched.contains(named) || !ungiven.contains(named) && spared[named]?.contains(number) != false
    }
}
