import InkBoard
import InkPrimitives

/// The rules of rights as they are written (BD-80 to BD-88, BD-103), for one set of deeds: each question walks what it needs.
///
/// Shares nothing with `Rights`: no interned sets, no order of evaluation. That its questions end is what seniority is for.
final class NaiveRights {
    /// A right: two admissions of one person under one invite are one.
    enum Right: Hashable {
        case given(by: Int)
        case admitted(invite: Int, person: Int)
    }

    private let history: RightsHistory
    private let among: DeedSet
    private var standing: [Right: Bool] = [:]
    private var counting: [Int: Bool] = [:]

    init(_ history: RightsHistory, among: DeedSet) { (self.history, self.among) = (history, among) }

    // MARK: What a deed gives

    static func right(given deed: Deed) -> Right? {
        switch deed.act {
        case .root: .given(by: deed.number)
        case .admission: deed.right.map { .admitted(invite: $0, person: deed.author) }
        case .work: nil
        case .rights(let gift, _, _): gift == nil ? nil : .given(by: deed.number)
        }
    }

    /// Nil of an invite.
    static func subject(of right: Right, in history: RightsHistory) -> Int? {
        switch right {
        case .admitted(_, let person): return person
        case .given(let number):
            switch history.deeds[number].act {
            case .root: return history.deeds[number].author
            case .rights(.grant(let person, _), _, _): return person
            default: return nil
            }
        }
    }

    static func role(of right: Right, in history: RightsHistory) -> Role {
        switch right {
        case .admitted(let invite, _): return role(of: .given(by: invite), in: history)
        case .given(let number):
            switch history.deeds[number].act {
            case .rights(.grant(_, let role), _, _), .rights(.invite(let role), _, _): return role
            case .rights(.device, _, _): return giver(of: number, in: history).map { self.role(of: $0, in: history) } ?? .owner
            default: return .owner
            }
        }
    }

    /// How many gave it, one after the other, from the root owner on.
    static func steps(to right: Right, in history: RightsHistory) -> Int {
        switch right {
        case .admitted(let invite, _): return steps(to: .given(by: invite), in: history) + 1
        case .given(let number): return giver(of: number, in: history).map { steps(to: $0, in: history) + 1 } ?? 0
        }
    }

    /// The right under which a deed gives one; nil of the root's.
    private static func giver(of number: Int, in history: RightsHistory) -> Right? {
        history.deeds[number].right.flatMap { history.gifts[$0] }
    }

    private static func isForDevice(_ invite: Int, in history: RightsHistory) -> Bool {
        if case .rights(.device, _, _) = history.deeds[invite].act { true } else { false }
    }

    /// Whose right it is, as the rules order people: depth, stamp, joiner.
    private static func person(of right: Right, in history: RightsHistory) -> (depth: Int, stamp: Stamp, subject: AuthorID) {
        switch right {
        case .admitted(let invite, let joiner):
            let inviter = person(of: .given(by: invite), in: history)
            return isForDevice(invite, in: history) ? inviter : (inviter.depth + 1, inviter.stamp, history.keys[joiner])
        case .given(let number):
            guard let giver = giver(of: number, in: history) else { return (0, history.deeds[number].stamp, .zero) }
            let above = person(of: giver, in: history)
            return isForDevice(number, in: history) ? above : (above.depth + 1, history.deeds[number].stamp, .zero)
        }
    }

    /// Which of the person's devices: how many steps from the first, the invite's stamp, the joiner.
    private static func device(of right: Right, in history: RightsHistory) -> (steps: Int, stamp: Stamp, subject: AuthorID) {
        let first = (0, history.deeds[0].stamp, AuthorID.zero)
        switch right {
        case .admitted(let invite, let joiner):
            guard isForDevice(invite, in: history) else { return first }
            let invited = device(of: .given(by: invite), in: history)
            return (invited.steps + 1, invited.stamp, history.keys[joiner])
        case .given(let number):
            guard isForDevice(number, in: history), let giver = giver(of: number, in: history) else { return first }
            return (device(of: giver, in: history).steps + 1, history.deeds[number].stamp, .zero)
        }
    }

    /// BD-83, BD-103.
    static func isSenior(_ left: Right, to right: Right, in history: RightsHistory) -> Bool {
        let (one, other) = (person(of: left, in: history), person(of: right, in: history))
        return one == other ? device(of: left, in: history) < device(of: right, in: history) : one < other
    }

    static func isSamePerson(_ left: Right, _ right: Right, in history: RightsHistory) -> Bool {
        person(of: left, in: history) == person(of: right, in: history)
    }

    // MARK: What stands and what counts (BD-86)

    func stands(_ right: Right) -> Bool {
        if let known = standing[right] { return known }
        let answer = removals(of: right).isEmpty && isGiven(right)
        standing[right] = answer
        return answer
    }

    func counts(_ number: Int) -> Bool {
        if let known = counting[number] { return known }
        let answer = weigh(history.deeds[number])
        counting[number] = answer
        return answer
    }

    /// The heads of each removal of it that counts.
    func removals(of right: Right) -> [[Int]] {
        DeedSet(word: among.word & history.removers.word).flatMap { number in
            history.deeds[number].removals
                .filter { history.gifts[$0.right] == right }
                .filter { _ in counts(number) }
                .map(\.heads)
        }
    }

    /// BD-88.
    var viewersMayChat: Bool {
        var newest: (stamp: Stamp, value: Bool)?
        for number in among {
            guard case .rights(_, _, let value?) = history.deeds[number].act, counts(number) else { continue }
            if newest.map({ $0.stamp < history.deeds[number].stamp }) ?? true { newest = (history.deeds[number].stamp, value) }
        }
        return newest?.value ?? false
    }

    private func isGiven(_ right: Right) -> Bool {
        among.contains { history.gifts[$0] == right && counts($0) }
    }

    private func weigh(_ deed: Deed) -> Bool {
        guard let used = deed.right, let named = history.gifts[used] else { return true }
        guard isGiven(named), isSpared(deed.number, by: removals(of: named)) else { return false }
        guard case .admission = deed.act else { return true }
        return isSpared(deed.number, by: removals(of: .admitted(invite: used, person: deed.author)))
    }

    private func isSpared(_ number: Int, by removals: [[Int]]) -> Bool {
        removals.allSatisfy { heads in heads.contains { $0 == number || history.past(of: $0).contains(number) } }
    }

    // MARK: What is valid (BD-80 to BD-85)

    /// Whether a deed is valid; `among` is what lies before it, and its parents are valid.
    func isValid(_ deed: Deed) -> Bool {
        guard let used = deed.right else { return false }
        guard among.contains(used), let named = history.gifts[used], stands(named) else { return false }
        let subject = Self.subject(of: named, in: history)
        if case .admission = deed.act {
            let own = Right.admitted(invite: used, person: deed.author)
            return subject == nil && !among.contains { history.gifts[$0] == own }
        }
        guard subject == deed.author else { return false }
        let role = Self.role(of: named, in: history)
        switch deed.act {
        case .root, .admission: return false
        case .work(.nothing): return true
        case .work(.message): return role >= .commenter || viewersMayChat
        case .work(.note): return role >= .commenter
        case .work(.edit): return role >= .editor
        case .work(.govern): return role == .owner
        case .rights(let gift, let removals, let viewersMayChat):
            var isOwn = viewersMayChat == nil
            for target in removals.map({ history.gifts[$0.right] }) {
                if let target, !Self.isSamePerson(named, target, in: history) { isOwn = false }
            }
            let steps = Self.steps(to: named, in: history)
            switch gift {
            case .grant:
                isOwn = false
                if steps + 1 > 16 { return false }
            case .invite:
                isOwn = false
                if steps + 2 > 16 { return false }
            case .device: if steps + 2 > 16 { return false }
            case nil: break
            }
            guard role == .owner || isOwn else { return false }
            var targets: Set<Right> = []
            for removal in removals {
                guard removal.heads.allSatisfy(deed.parents.contains) else { return false }
                guard among.contains(removal.right), let target = history.gifts[removal.right] else { return false }
                guard Self.isSenior(named, to: target, in: history), targets.insert(target).inserted else { return false }
            }
            return true
        }
    }
}
