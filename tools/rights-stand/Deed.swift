import InkBoard
import InkPrimitives

/// One transaction of a history, with what the rules of rights look at and nothing else.
struct Deed: Sendable {
    /// Its place in the history, after its parents; of one that is refused, `RightsHistory.deedsMax` and more.
    let number: Int
    /// Who wrote it, an index of `RightsHistory.keys`.
    let author: Int
    /// Ascending; empty in the root's only.
    let parents: [Int]
    let stamp: Stamp
    /// The deed that gives the right named; nil in the root's only.
    let right: Int?
    let act: Act

    enum Act: Sendable {
        case root
        /// By the joiner, who names the invite as his right.
        case admission
        /// No rights transaction: writes that need a right to this.
        case work(RightsNeed)
        /// At least one of them.
        case rights(gift: Gift?, removals: [Removal], viewersMayChat: Bool?)
    }

    enum Gift: Sendable {
        case grant(to: Int, Role)
        case invite(Role)
        /// For a further device of who gives it.
        case device
    }

    struct Removal: Sendable {
        /// A deed that gives the right removed.
        let right: Int
        /// Under which work done under the right keeps counting.
        let heads: [Int]
    }

    var isWork: Bool { if case .work = act { true } else { false } }
    var removals: [Removal] { if case .rights(_, let removals, _) = act { removals } else { [] } }
}

/// Deeds of one history: it holds 64 at most, so a set of them is a word.
struct DeedSet: Hashable, Sendable, Sequence {
    var word: UInt64 = 0

    func contains(_ number: Int) -> Bool { number < 64 && word >> UInt64(number) & 1 == 1 }
    mutating func insert(_ number: Int) { word |= 1 << UInt64(number) }
    mutating func formUnion(_ other: DeedSet) { word |= other.word }
    func union(_ other: DeedSet) -> DeedSet { DeedSet(word: word | other.word) }
    func isSubset(of other: DeedSet) -> Bool { word & ~other.word == 0 }
    var count: Int { word.nonzeroBitCount }

    /// Ascending.
    func makeIterator() -> AnyIterator<Int> {
        var left = word
        return AnyIterator {
            guard left != 0 else { return nil }
            defer { left &= left - 1 }
            return left.trailingZeroBitCount
        }
    }
}
