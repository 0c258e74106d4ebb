/// The rights transactions before a transaction, by the number under which `RightsSets` holds them.
package struct RightsSet: Hashable, Sendable {
    let id: UInt32

    /// What comes before genesis.
    package static let empty = RightsSet(id: 0)
}

/// Small numbers, a bit each. Two with the same numbers are equal.
struct RightsBits: Hashable, Sendable {
    /// The last word is not zero.
    private(set) var words: [UInt64] = []

    func contains(_ number: Int) -> Bool {
        let word = number >> 6
        return word < words.count && words[word] >> UInt64(number & 63) & 1 == 1
    }

    mutating func insert(_ number: Int) {
        let word = number >> 6
        while words.count <= word { words.append(0) }
        words[word] |= 1 << UInt64(number & 63)
    }

    mutating func formUnion(_ other: RightsBits) {
        for index in other.words.indices {
            if index < words.count { words[index] |= other.words[index] } else { words.append(other.words[index]) }
        }
    }

    mutating func formIntersection(_ other: RightsBits) {
        words.removeLast(max(0, words.count - other.words.count))
        for index in words.indices { words[index] &= other.words[index] }
        while words.last == 0 { words.removeLast() }
    }

    func isSubset(of other: RightsBits) -> Bool {
        guard words.count <= other.words.count else { return false }
        for index in words.indices where words[index] & ~other.words[index] != 0 { return false }
        return true
    }

    func intersects(_ other: RightsBits) -> Bool {
        for index in 0..<min(words.count, other.words.count) where words[index] & other.words[index] != 0 { return true }
        return false
    }

    /// Calls `body` with each number, ascending.
    func forEach(_ body: (Int) -> Void) {
        for index in words.indices {
            var left = words[index]
            while left != 0 {
                body(index << 6 + left.trailingZeroBitCount)
                left &= left - 1
            }
        }
    }
}

/// Sets of rights transactions, each held once (BD-89).
///
/// A transaction has the set of what comes before it as a number. There is at most one new set for a transaction, and most have the
/// set of their parents: what a board holds of them grows with the changes of rights, not with the drawing.
struct RightsSets: Sendable {
    private var table: [RightsBits] = [RightsBits()]
    private var ids: [RightsBits: UInt32] = [RightsBits(): 0]
    /// Unions of two, by both ids, the smaller one high.
    private var unions: [UInt64: UInt32] = [:]
    /// Where the last of them is.
    private var lastUnion: UInt64?

    subscript(set: RightsSet) -> RightsBits { table[Int(set.id)] }

    /// Sets held.
    var count: Int { table.count }

    /// All that any of them has. Nearly always they are alike, or two.
    mutating func union(_ sets: [RightsSet]) -> RightsSet {
        guard let first = sets.first else { return .empty }
        guard let second = sets.first(where: { $0 != first }) else { return first }
        if sets.allSatisfy({ $0 == first || $0 == second }) { return union(first, second) }
        // Not pair by pair: each union on the way would be kept, fifteen for a transaction of a hostile author.
        var bits = self[first]
        for set in sets.dropFirst() { bits.formUnion(self[set]) }
        return intern(bits)
    }

    mutating func inserting(_ number: Int, into set: RightsSet) -> RightsSet {
        var bits = self[set]
        bits.insert(number)
        return intern(bits)
    }

    private mutating func union(_ left: RightsSet, _ right: RightsSet) -> RightsSet {
        let key = UInt64(min(left.id, right.id)) << 32 | UInt64(max(left.id, right.id))
        if let known = unions[key] { return RightsSet(id: known) }
        var bits = self[left]
        bits.formUnion(self[right])
        let union = intern(bits)
        if unions.count >= Self.unionsMax { unions.removeAll() }
        unions[key] = union.id
        lastUnion = key
        return union
    }

    /// Forgets the set that was made last; of the unions only the last can lead to it.
    mutating func removeLast() {
        if let last = lastUnion, unions[last] == UInt32(table.count - 1) { unions[last] = nil }
        ids[table.removeLast()] = nil
    }

    private mutating func intern(_ bits: RightsBits) -> RightsSet {
        if let known = ids[bits] { return RightsSet(id: known) }
        let id = UInt32(table.count)
        table.append(bits)
        ids[bits] = id
        return RightsSet(id: id)
    }

    /// Unions remembered; a megabyte and a half. A hostile author can make as many pairs as he writes transactions.
    private static let unionsMax = 65_536
}
