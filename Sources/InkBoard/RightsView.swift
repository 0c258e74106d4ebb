import InkPrimitives

/// What stands and what counts, by one set of rights transactions (BD-86): a pure function of the set.
struct RightsView: Sendable {
    /// Rights that nothing gives which counts.
    private var ungiven = RightsBits()
    /// Rights that a removal which counts has ended, with all those removals.
    private var endings: [Int: [Int]] = [:]
    /// Of each of those what lies under the heads of all.
    private var spared: [Int: RightsBits] = [:]
    /// Rights that are among either: for most no more is looked up.
    private var touched = RightsBits()
    /// Entries that do not count.
    private(set) var void = RightsBits()
    /// Whether viewers may write messages (BD-88).
    private(set) var viewersMayChat = false

    /// Looks at each right once, the most senior first.
    ///
    /// What a right depends on is the entries that give it and those that remove it. The former name its giver, or its invite, which lies
    /// less deep; the latter name what is strictly senior to it, or they would not be valid. So all of that has been looked at before
    /// it, no question comes back to itself, and there is one answer. An admission depends on its invite and on the right that it
    /// gives, not on any right that its author had.
    init(of set: RightsBits, roll: RightsRoll, sets: RightsSets) {
        // Without removals all stands that is given: each entry was valid at its parents, which are here.
        if set.intersects(roll.removers) {
            for right in roll.order { look(at: right, in: set, roll: roll, sets: sets) }
            set.forEach { if !counts($0, roll: roll) { void.insert($0) } }
        }
        let policy = roll.policies.first { set.contains($0) && !void.contains($0) }
        viewersMayChat = policy.flatMap { roll.entries[$0].viewersMayChat } ?? false
    }

    /// Whether a right stands that an entry of the set gives.
    func stands(_ right: Int) -> Bool { !ungiven.contains(right) && endings[right] == nil }

    /// Whether a transaction that names it can count, which then is so unless `removals(of:)` ended it.
    func isGiven(_ right: Int) -> Bool { !ungiven.contains(right) }

    /// The removals of it that count.
    func removals(of right: Int) -> [Int] { endings[right] ?? [] }

    private mutating func look(at right: Int, in set: RightsBits, roll: RightsRoll, sets: RightsSets) {
        for number in roll.rights[right].removals {
            let removal = roll.removals[number]
            guard set.contains(removal.entry), counts(removal.entry, roll: roll) else { continue }
            endings[right, default: []].append(number)
            if spared[right]?.formIntersection(sets[removal.cover]) == nil { spared[right] = sets[removal.cover] }
            touched.insert(right)
        }
        for giver in roll.rights[right].givers where set.contains(giver) && counts(giver, roll: roll) { return }
        // So, too, where nothing of the set gives it.
        ungiven.insert(right)
        touched.insert(right)
    }

    private func counts(_ number: Int, roll: RightsRoll) -> Bool {
        guard let named = roll.entries[number].named else { return true }
        if touched.contains(named), ungiven.contains(named) || spared[named]?.contains(number) == false { return false }
        guard roll.entries[number].isAdmission, let own = roll.entries[number].gives, touched.contains(own) else { return true }
        return spared[own]?.contains(number) != false
    }
}
