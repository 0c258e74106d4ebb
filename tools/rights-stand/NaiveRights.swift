import InkBoard
import InkPrimitives

/// The rules of rights as they are written (BD-80 to BD-88), for one set of deeds: each question walks what it needs.
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
            default: return .owner
            }
        }
    }

    static func depth(of right: Right, in history: RightsHistory) -> Int {
        switch right {
        case .admitted(let invite, _): return depth(of: .given(by: invite), in: history) + 1
        case .given(let number):
            guard let used = history.deeds[number].right, let giver = history.gifts[used] else { return 0 }
            return depth(of: giver, in: history) + 1
        }
    }

    /// BD-83.
    static func isSenior(_ left: Right, to right: Right, in history: RightsHistory) -> Bool {
        func rank(_ right: Right) -> (Int, Stamp, AuthorID) {
            switch right {
            case .given(let number): return (depth(of: right, in: history), history.deeds[number].stamp, .zero)
            case .admitted(let invite, let person):
                return (depth(of: right, in: history), history.deeds[invite].stamp, history.keys[person])
            }
        }
        return rank(left) < rank(right)
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
        case .rights(let gift, let removals, _):
            guard role == .owner else { return false }
            let depth = Self.depth(of: named, in: history) + 1
            switch gift {
            case .grant: if depth > 16 { return false }
            case .invite: if depth + 1 > 16 { return false }
            case nil: break
            }
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
