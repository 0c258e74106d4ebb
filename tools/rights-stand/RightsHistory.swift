import InkBoard
import InkPrimitives

/// What 2 to 16 members write in partitions that come and go, hostile ones among them, from one seed.
///
/// Holds what is valid, parents first, and apart from it what is not and must be refused wherever it comes. Which is which the naive
/// rules decide.
struct RightsHistory: Sendable {
    let seed: UInt64
    /// By member; 0 is the root owner.
    let keys: [AuthorID]
    let isHostile: [Bool]
    private(set) var deeds: [Deed] = []
    private(set) var refused: [Deed] = []
    /// What each member knows at the end.
    private(set) var views: [DeedSet] = []
    /// Deeds of honest members that were refused, which should not be.
    private(set) var honestRefused: [Deed] = []
    private var pasts: [DeedSet] = []
    /// By deed, the right that it gives.
    private(set) var gifts: [NaiveRights.Right?] = []
    /// Deeds that hold removals.
    private(set) var removers = DeedSet()

    /// What lies before a deed.
    func past(of number: Int) -> DeedSet { pasts[number] }

    var all: DeedSet { DeedSet(word: deeds.count == 64 ? .max : 1 << UInt64(deeds.count) - 1) }

    /// Deeds and what lies before them.
    func closure(of numbers: some Sequence<Int>) -> DeedSet {
        var closure = DeedSet()
        for number in numbers {
            closure.insert(number)
            closure.formUnion(pasts[number])
        }
        return closure
    }

    /// Those of a set that no other of it comes after, the greatest stamp first.
    func heads(of set: DeedSet) -> [Int] {
        var before = DeedSet()
        for number in set { before.formUnion(pasts[number]) }
        return set.filter { !before.contains($0) }.sorted { deeds[$1].stamp < deeds[$0].stamp }
    }

    /// - Parameter scribe: who puts the deeds in writing, as many members as it has keys; without one they are given names at random.
    init(seed: UInt64, scribe: (any RightsScribe)? = nil) {
        self.seed = seed
        var random = SplitMix64(seed: seed)
        let count = scribe?.keys.count ?? 2 + random.below(15)
        keys = scribe?.keys ?? (0..<count).map { _ in AuthorID(using: &random) }
        let hostility = [0, 0.25, 0.6][random.below(3)]
        isHostile = (0..<count).map { $0 > 0 && random.chance(hostility) }
        var writing = Writing(random: random, scribe: scribe, people: (0..<count).map { _ in Writing.Person() })
        let root = Stamp(lamport: 1, author: keys[0], name: .zero)
        add(writing.named(Deed(number: 0, author: 0, parents: [], stamp: root, right: nil, act: .root), after: []))
        writing.people[0].view.insert(0)
        writing.people[0].own = [0]
        let length = 8 + writing.random.below(Self.deedsMax - 8)
        // Some steps write nothing: of somebody who has no right, say.
        for _ in 0..<length * 2 where deeds.count < length { step(&writing) }
        views = writing.people.map(\.view)
    }

    static let deedsMax = 64

    // MARK: Writing

    /// What is known while a history is written.
    struct Writing {
        struct Person {
            var view = DeedSet()
            /// Own deeds, in order of writing.
            var own: [Int] = []
            /// Invites whose link this one has.
            var links: [Int] = []
            var group = 0
        }
        var random: SplitMix64
        let scribe: (any RightsScribe)?
        var people: [Person]

        /// The deed with its name.
        mutating func named(_ deed: Deed, after deeds: [Deed]) -> Deed {
            let name = scribe?.name(deed, after: deeds) ?? TransactionName(using: &random)
            let stamp = Stamp(lamport: deed.stamp.lamport, author: deed.stamp.author, name: name)
            return Deed(number: deed.number, author: deed.author, parents: deed.parents, stamp: stamp, right: deed.right, act: deed.act)
        }

        mutating func pick<Value>(_ values: [Value]) -> Value? { values.isEmpty ? nil : values[random.below(values.count)] }
    }

    private mutating func step(_ writing: inout Writing) {
        if writing.random.chance(0.15) {
            let groups = 1 + writing.random.below(3)
            for person in writing.people.indices { writing.people[person].group = writing.random.below(groups) }
        }
        for _ in 0..<1 + writing.random.below(3) { gossip(&writing) }
        let person = writing.random.below(1 + writing.random.below(keys.count))
        if isHostile[person], writing.random.chance(0.7) { mischief(by: person, &writing) } else { work(by: person, &writing) }
    }

    /// One of a group hears all that another knows, or a part.
    private func gossip(_ writing: inout Writing) {
        let (from, to) = (writing.random.below(keys.count), writing.random.below(keys.count))
        let known = writing.people[from].view
        guard writing.people[from].group == writing.people[to].group, known.count > 0 else { return }
        if writing.random.chance(0.8) {
            writing.people[to].view.formUnion(known)
        } else if let some = writing.pick(Array(known)) {
            writing.people[to].view.formUnion(closure(of: [some]))
        }
    }

    /// What somebody does who keeps to the rules, by what he knows.
    private mutating func work(by person: Int, _ writing: inout Writing) {
        let rules = NaiveRights(self, among: writing.people[person].view)
        let rights = own(of: person, in: writing.people[person].view).filter { rules.stands($0.right) }
        let best = rights.max { NaiveRights.role(of: $0.right, in: self) < NaiveRights.role(of: $1.right, in: self) }
        guard let best, !writing.random.chance(0.03) else { return join(person, &writing) }
        let used = writing.random.chance(0.8) ? best : writing.pick(rights) ?? best
        var heads = Array(heads(of: writing.people[person].view).prefix(8))
        let base = closure(of: heads + writing.people[person].own.suffix(1) + [used.deed])
        // Parents are few: over fewer heads than he knows the right may have ended.
        guard NaiveRights(self, among: base).stands(used.right) else { return }
        let depth = NaiveRights.steps(to: used.right, in: self)
        let needs: [RightsNeed] =
            switch NaiveRights.role(of: used.right, in: self) {
            case .viewer: [.nothing]
            case .commenter: [.nothing, .message, .note]
            case .editor: [.message, .edit, .edit]
            case .owner: [.edit]
            }
        var act = Deed.Act.work(writing.pick(needs) ?? .nothing)
        if NaiveRights.role(of: used.right, in: self) == .owner {
            act = govern(&writing, heads: &heads, base: base, using: used.right, depth: depth)
        }
        if writing.random.chance(0.1) { act = ownDevices(&writing, heads: &heads, base: base, using: used.right, depth: depth) ?? act }
        write(
            act, by: person, naming: used.deed, after: heads + writing.people[person].own.suffix(1) + [used.deed], isHonest: true, &writing)
    }

    /// What anybody does about devices of his own.
    private func ownDevices(
        _ writing: inout Writing, heads: inout [Int], base: DeedSet, using right: NaiveRights.Right, depth: Int
    ) -> Deed.Act? {
        if depth < 15, writing.random.chance(0.6) { return .rights(gift: .device, removals: [], viewersMayChat: nil) }
        let later = base.filter { number in
            gifts[number].map { NaiveRights.isSenior(right, to: $0, in: self) && NaiveRights.isSamePerson(right, $0, in: self) } ?? false
        }
        guard let lost = writing.pick(later) else { return nil }
        let removal = Deed.Removal(right: lost, heads: someHeads(&writing, heads: &heads, base: base))
        return .rights(gift: nil, removals: [removal], viewersMayChat: nil)
    }

    /// What an owner does; heads of removals are added to `heads`.
    private func govern(
        _ writing: inout Writing, heads: inout [Int], base: DeedSet, using right: NaiveRights.Right, depth: Int
    ) -> Deed.Act {
        // The first few more often than others, so that who has a right does something with it.
        let somebody = writing.random.below(1 + writing.random.below(keys.count))
        let role = Role.allCases[writing.random.below(4)]
        let juniors = base.filter { number in
            gifts[number].map { NaiveRights.isSenior(right, to: $0, in: self) } ?? false
        }
        let victim = writing.pick(juniors)
        switch writing.random.below(10) {
        case 0, 1, 2: if depth < 16 { return .rights(gift: .grant(to: somebody, role), removals: [], viewersMayChat: nil) }
        case 3: if depth < 16 { return .rights(gift: .grant(to: somebody, .owner), removals: [], viewersMayChat: nil) }
        case 4: if depth < 15 { return .rights(gift: .invite(role), removals: [], viewersMayChat: nil) }
        case 5, 6:
            guard let victim else { break }
            // In writing the heads are those of all.
            let kept = someHeads(&writing, heads: &heads, base: base)
            var removals = [Deed.Removal(right: victim, heads: kept)]
            if writing.random.chance(0.2), let other = writing.pick(juniors),
                gifts[other] != gifts[victim]
            {
                let others = writing.scribe == nil ? someHeads(&writing, heads: &heads, base: base) : kept
                removals.append(Deed.Removal(right: other, heads: others))
            }
            return .rights(gift: nil, removals: removals, viewersMayChat: nil)
        case 7:
            // Another role, or the same again, in the one transaction.
            guard let victim, depth < 16, let given = gifts[victim] else { break }
            let removal = Deed.Removal(right: victim, heads: someHeads(&writing, heads: &heads, base: base))
            let gift = NaiveRights.subject(of: given, in: self).map { Deed.Gift.grant(to: $0, role) }
            return .rights(gift: gift, removals: [removal], viewersMayChat: nil)
        case 8: return .rights(gift: nil, removals: [], viewersMayChat: writing.random.chance(0.5))
        default: break
        }
        return .work(.edit)
    }

    /// Heads of a removal: all that the remover has, what somebody had at some time, or nothing.
    private func someHeads(_ writing: inout Writing, heads: inout [Int], base: DeedSet) -> [Int] {
        switch writing.random.below(4) {
        case 0, 1: return heads
        case 2: return []
        default:
            guard heads.count < 12, let old = writing.pick(Array(base)) else { return [] }
            if !heads.contains(old) { heads.append(old) }
            return [old]
        }
    }

    /// Somebody comes by a link that he has. He may know nothing of the board but the invite.
    private mutating func join(_ person: Int, _ writing: inout Writing) {
        let known = writing.people[person].view
        let rules = NaiveRights(self, among: known)
        let links = writing.people[person].links.filter { invite in
            guard known.contains(invite) else { return true }
            let own = NaiveRights.Right.admitted(invite: invite, person: person)
            return rules.stands(.given(by: invite)) && !known.contains { gifts[$0] == own }
        }
        guard let invite = writing.pick(links) else { return }
        let newest = writing.random.chance(0.5) ? heads(of: known).prefix(8) : []
        let parents = Array(newest) + writing.people[person].own.suffix(1) + [invite]
        let base = closure(of: parents)
        let before = NaiveRights(self, among: base)
        let own = NaiveRights.Right.admitted(invite: invite, person: person)
        guard before.stands(.given(by: invite)), !base.contains(where: { gifts[$0] == own }) else { return }
        write(.admission, by: person, naming: invite, after: parents, isHonest: true, &writing)
    }

    /// What somebody does who keeps to none: forks, ignores removals, names what he has not, aims at whom he likes.
    private mutating func mischief(by person: Int, _ writing: inout Writing) {
        let known = Array(writing.people[person].view)
        var parents: [Int] = []
        var last = writing.random.chance(0.5) ? writing.people[person].own.last : writing.pick(writing.people[person].own)
        // As if nothing had been written before.
        if writing.random.chance(0.15) { last = nil }
        if let last { parents.append(last) }
        // With others' deeds comes what they know of his own: alone, the one before makes a fork.
        let isAlone = last != nil && writing.random.chance(0.4)
        for _ in 0..<(isAlone ? 0 : writing.random.below(4)) { if let some = writing.pick(known) { parents.append(some) } }
        if !isAlone, writing.random.chance(0.3) { parents += heads(of: writing.people[person].view).prefix(8) }
        let link = writing.pick(writing.people[person].links)
        if let link, writing.random.chance(0.3) { parents.append(link) }
        if parents.isEmpty { parents = [0] }
        let base = closure(of: parents)
        let mine = own(of: person, in: base).map(\.deed)
        let anybodys = (writing.random.chance(0.8) ? Array(base) : known).filter { gifts[$0] != nil }
        let used = (writing.random.chance(0.8) ? writing.pick(mine) : writing.pick(anybodys)) ?? 0
        // In writing what needs an owner changes rights.
        let needs = RightsNeed.allCases[writing.random.below(5)]
        var act = Deed.Act.work(writing.scribe == nil ? needs : min(needs, .edit))
        let target = writing.pick(anybodys)
        let heads = writing.pick([[], parents, [parents[0]], writing.pick(known).map { [$0] } ?? []]) ?? []
        let role = Role.allCases[writing.random.below(4)]
        switch writing.random.below(8) {
        case 0, 1:
            if let target { act = .rights(gift: nil, removals: [Deed.Removal(right: target, heads: heads)], viewersMayChat: nil) }
        case 2:
            if let target {
                // An accomplice in the stead of whoever is in the way.
                act = .rights(
                    gift: .grant(to: writing.random.below(keys.count), role), removals: [Deed.Removal(right: target, heads: heads)],
                    viewersMayChat: nil)
            }
        case 3: act = .rights(gift: .grant(to: writing.random.below(keys.count), role), removals: [], viewersMayChat: nil)
        case 4: act = .rights(gift: writing.random.chance(0.5) ? .invite(role) : .device, removals: [], viewersMayChat: nil)
        case 5: act = .rights(gift: nil, removals: [], viewersMayChat: writing.random.chance(0.5))
        case 6:
            let invite = writing.random.chance(0.8) ? link ?? used : used
            let isBeside = writing.random.chance(0.5)
            return write(.admission, by: person, naming: invite, after: isBeside ? [invite] : parents, isHonest: false, &writing)
        default: break
        }
        write(act, by: person, naming: used, after: parents, isHonest: false, &writing)
    }

    /// The rights of somebody that deeds of the set give, standing or not.
    private func own(of person: Int, in set: DeedSet) -> [(deed: Int, right: NaiveRights.Right)] {
        set.compactMap { number in
            guard let right = gifts[number] else { return nil }
            return NaiveRights.subject(of: right, in: self) == person ? (number, right) : nil
        }
    }

    private mutating func write(
        _ act: Deed.Act, by person: Int, naming right: Int, after parents: [Int], isHonest: Bool, _ writing: inout Writing
    ) {
        let parents = Set(parents).sorted()
        let lamport = 1 + (parents.map { deeds[$0].stamp.lamport }.max() ?? 0)
        let unnamed = Stamp(lamport: lamport, author: keys[person], name: .zero)
        let named = writing.named(
            Deed(number: deeds.count, author: person, parents: parents, stamp: unnamed, right: right, act: act), after: deeds)
        func deed(_ number: Int) -> Deed {
            Deed(number: number, author: person, parents: parents, stamp: named.stamp, right: right, act: act)
        }
        guard NaiveRights(self, among: closure(of: parents)).isValid(deed(deeds.count)) else {
            let bad = deed(Self.deedsMax + refused.count)
            refused.append(bad)
            if isHonest { honestRefused.append(bad) }
            return
        }
        let number = deeds.count
        add(deed(number))
        writing.people[person].view.formUnion(closure(of: [number]))
        writing.people[person].own.append(number)
        let isInvite =
            switch act {
            case .rights(.invite, _, _), .rights(.device, _, _): true
            default: false
            }
        if isInvite {
            for _ in 0..<1 + writing.random.below(3) { writing.people[writing.random.below(keys.count)].links.append(number) }
        }
    }

    private mutating func add(_ deed: Deed) {
        pasts.append(closure(of: deed.parents))
        deeds.append(deed)
        gifts.append(NaiveRights.right(given: deed))
        if !deed.removals.isEmpty { removers.insert(deed.number) }
    }
}
