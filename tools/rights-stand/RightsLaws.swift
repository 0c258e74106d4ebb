import InkBoard
import InkPrimitives

/// The laws of rights, held against one history.
struct RightsLaws {
    let history: RightsHistory
    private var random: SplitMix64
    private(set) var complaints: [String] = []

    init(_ history: RightsHistory) {
        self.history = history
        random = SplitMix64(seed: history.seed).split("orders")
    }

    /// Every law; what it returns is empty if all hold.
    static func broken(by history: RightsHistory, orders: Int) -> [String] {
        var laws = RightsLaws(history)
        for deed in history.honestRefused { laws.complain("an honest member was refused: \(deed)") }
        var sets = Set(history.views.filter { $0.contains(0) })
        for _ in 0..<2 { sets.insert(laws.someSet()) }
        sets.remove(history.all)
        var kept = sets.sorted { $0.word < $1.word }.shuffled(using: &laws.random).prefix(3)
        kept.append(history.all)
        for set in kept { laws.check(set, orders: orders) }
        return laws.complaints
    }

    private mutating func complain(_ what: String) { complaints.append("seed \(history.seed): \(what)") }

    private mutating func someSet() -> DeedSet {
        history.closure(of: (0..<1 + random.below(4)).map { _ in random.below(history.deeds.count) })
    }

    private mutating func check(_ set: DeedSet, orders: Int) {
        let naive = naiveOutcome(set)
        for _ in 0..<orders {
            // The same result, whatever the order of arrival, and what the naive rules say.
            guard let outcome = deliver(set) else { return }
            if outcome.standing != naive.standing || outcome.counting != naive.counting || outcome.viewersMayChat != naive.viewersMayChat {
                return complain("over \(Array(set)) it says \(outcome), and the rules \(naive)")
            }
            if outcome.covered != naive.covered {
                return complain("over \(Array(set)) it covers \(Array(outcome.covered)), not \(Array(naive.covered))")
            }
            checkNames(outcome)
        }
        // What neither counts nor lies under what counts can be left out.
        if let less = deliver(naive.covered) {
            if less.standing.word != naive.standing.word & naive.covered.word || less.counting != naive.counting
                || less.viewersMayChat != naive.viewersMayChat
            {
                complain("without what is not covered \(Array(set)) comes to \(less), not \(naive)")
            }
        }
        checkMembers(naive, in: set)
    }

    /// Gives the deeds of a set to a fresh replica, each somewhere after its parents, and what must be refused wherever it comes.
    private mutating func deliver(_ set: DeedSet) -> Outcome? {
        var replica = Replica(history)
        // Numbers: those of the refused go on where the valid can end.
        var waiting = set.filter { $0 != 0 }
        for deed in history.refused where deed.parents.allSatisfy({ set.contains($0) }) { waiting.append(deed.number) }
        waiting.shuffle(using: &random)
        while !waiting.isEmpty {
            var late: [Int] = []
            for number in waiting {
                let isValid = number < RightsHistory.deedsMax
                let parents = isValid ? history.deeds[number].parents : history.refused[number - RightsHistory.deedsMax].parents
                guard parents.allSatisfy({ replica.taken.contains($0) }) else {
                    late.append(number)
                    continue
                }
                let deed = isValid ? history.deeds[number] : history.refused[number - RightsHistory.deedsMax]
                guard replica.take(deed) == isValid else {
                    complain("\(isValid ? "refuses" : "takes") \(deed)")
                    return nil
                }
            }
            guard late.count < waiting.count else {
                complain("\(late.count) deeds wait for parents that never come")
                return nil
            }
            waiting = random.chance(0.5) ? late : late.shuffled(using: &random)
        }
        return replica.outcome()
    }

    private func naiveOutcome(_ set: DeedSet) -> Outcome {
        let rules = NaiveRights(history, among: set)
        var outcome = Outcome(viewersMayChat: rules.viewersMayChat)
        for number in set {
            if let right = history.gifts[number], rules.stands(right) { outcome.standing.insert(number) }
            if rules.counts(number) { outcome.counting.insert(number) }
        }
        outcome.covered = history.closure(of: outcome.counting)
        return outcome
    }

    /// The list of members: one entry a right, named by what counts, the most senior first.
    private mutating func checkNames(_ outcome: Outcome) {
        let rights = outcome.standing.compactMap { number in history.gifts[number] }
        let givers = outcome.names.compactMap { name in outcome.standing.first { history.deeds[$0].stamp.name == name } }
        if givers.count != outcome.names.count || Set(rights).count != givers.count {
            complain("lists \(givers) of \(Array(outcome.standing))")
        }
        for giver in givers where !outcome.counting.contains(giver) { complain("names a right by \(giver), which does not count") }
        let listed = givers.compactMap { history.gifts[$0] }
        for (left, right) in zip(listed, listed.dropFirst()) where !NaiveRights.isSenior(left, to: right, in: history) {
            complain("lists \(left) before \(right)")
        }
    }

    // MARK: What the rules are for

    private mutating func checkMembers(_ outcome: Outcome, in set: DeedSet) {
        // The root owner always stands, and whatever he wrote counts.
        if !outcome.standing.contains(0) { complain("the root owner is removed") }
        for number in set where history.deeds[number].right == 0 && history.deeds[number].author == 0 && !outcome.counting.contains(number)
        {
            complain("the root owner's \(number) does not count")
        }
        for number in set {
            guard let right = history.gifts[number] else { continue }
            let aimed = aims(at: right, in: set)
            // Nobody is locked out by who was expelled: whoever removed him, or one whom he has his right of, does not count himself.
            let chain = chain(to: number)
            let threats = chain.compactMap { history.gifts[$0] }.flatMap { aims(at: $0, in: set) }
            if threats.allSatisfy({ isExpelled($0.by, in: set) }), !outcome.standing.contains(number) {
                complain("\(number) does not stand, although only the expelled removed it: \(threats)")
            }
            // What is given under the heads survives whoever gave it.
            if let used = history.deeds[number].right, outcome.counting.contains(used), aimed.isEmpty {
                let ends = history.gifts[used].map { aims(at: $0, in: set) } ?? []
                if ends.allSatisfy({ isUnder($0.heads, number) }), !outcome.standing.contains(number) {
                    complain("\(number) was given under the heads of all removals of \(used) and does not stand")
                }
            }
            // And who was removed by the root owner does not stand, nor what he did beyond the heads.
            for aim in aimed where history.deeds[aim.by].right == 0 && history.deeds[aim.by].author == 0 {
                if outcome.standing.contains(number) { complain("\(number) stands, although the root owner removed it") }
                for other in outcome.counting
                where history.deeds[other].right.map({ history.gifts[$0] == right }) ?? false {
                    if !isUnder(aim.heads, other) { complain("\(other) counts, although the root owner had removed \(number)") }
                }
            }
        }
        for number in outcome.counting where number != 0 { checkRight(of: history.deeds[number]) }
    }

    /// No deed counts whose author had no right to it at its parents.
    private mutating func checkRight(of deed: Deed) {
        let before = NaiveRights(history, among: history.past(of: deed.number))
        if !before.isValid(deed) { complain("\(deed.number) counts and its author had no right at its parents") }
    }

    /// The removals of a right in a set, counting or not.
    private func aims(at right: NaiveRights.Right, in set: DeedSet) -> [(by: Int, heads: [Int])] {
        DeedSet(word: set.word & history.removers.word).flatMap { number in
            history.deeds[number].removals.filter { history.gifts[$0.right] == right }.map { (number, $0.heads) }
        }
    }

    /// The deed and those that gave, one after the other, what it was written under; the root's is the last.
    private func chain(to number: Int) -> [Int] {
        var chain = [number]
        while let used = chain.last.flatMap({ history.deeds[$0].right }) { chain.append(used) }
        return chain
    }

    private func isUnder(_ heads: [Int], _ number: Int) -> Bool { heads.contains { $0 == number || history.past(of: $0).contains(number) } }

    /// Whether the root owner ended the right that a deed names, with heads that do not cover it, or all that gives that right is expelled.
    private func isExpelled(_ number: Int, in set: DeedSet) -> Bool {
        guard let right = history.deeds[number].right.flatMap({ history.gifts[$0] }) else { return false }
        let isEnded = aims(at: right, in: set).contains { aim in
            history.deeds[aim.by].right == 0 && history.deeds[aim.by].author == 0 && !isUnder(aim.heads, number)
        }
        return isEnded || set.allSatisfy { history.gifts[$0] != right || isExpelled($0, in: set) }
    }
}
