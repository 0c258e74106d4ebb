/// The rights transactions before a transaction, by the number under which `RightsSets` holds them.
package struct RightsSet: Hashable, Sendable {
    let id: UInt32

    /// What comes before genesis.
    package static let empty = RightsSet(id: 0)
}

/// Sets of rights transactions, each held once (BD-89, BD-163).
///
/// A transaction has the set of what comes before it as a number. There is at most one new set for a transaction, and most have the
/// set of their parents: what a board holds of them grows with the changes of rights, not with the drawing. None is ever let go, so a number
/// means one set for ever; so what is only asked about is not held.
struct RightsSets: Sendable {
    private var table: [RightsBits] = [RightsBits()]
    private var ids: [RightsBits: UInt32] = [RightsBits(): 0]
    /// Unions of two, by both ids, the smaller one high.
    private var unions: [UInt64: UInt32] = [:]

    subscript(set: RightsSet) -> RightsBits { table[Int(set.id)] }

    /// Sets held.
    var count: Int { table.count }

    /// All that some sets have, which may be held or not.
    enum Union: Sendable {
        case held(RightsSet)
        case other(RightsBits)
    }

    /// What is in a union.
    func bits(of union: Union) -> RightsBits {
        switch union {
        case .held(let set): self[set]
        case .other(let bits): bits
        }
    }

    /// All that any of them has. Nearly always they are alike, or two. Holds nothing.
    func union(_ sets: [RightsSet]) -> Union {
        guard let first = sets.first else { return .held(.empty) }
        guard let second = sets.first(where: { $0 != first }) else { return .held(first) }
        if let pair = pair(sets, first, second), let known = unions[pair] { return .held(RightsSet(id: known)) }
        var bits = self[first]
        for set in sets.dropFirst() where set != first { bits.formUnion(self[set]) }
        return ids[bits].map { .held(RightsSet(id: $0)) } ?? .other(bits)
    }

    /// Holds the union of some sets, as a transaction has it that is kept.
    mutating func hold(_ union: Union, of sets: [RightsSet]) -> RightsSet {
        let set =
            switch union {
            case .held(let set): set
            case .other(let bits): intern(bits)
            }
        guard let first = sets.first, let second = sets.first(where: { $0 != first }), let pair = pair(sets, first, second) else {
            return set
        }
        if unions.count >= Self.unionsMax { unions.removeAll() }
        unions[pair] = set.id
        return set
    }

    /// Holds a union and one more.
    mutating func inserting(_ number: Int, into union: Union) -> RightsSet {
        var bits = bits(of: union)
        bits.insert(number)
        return intern(bits)
    }

    /// The name of a union of two; nil of more, which have none.
    private func pair(_ sets: [RightsSet], _ first: RightsSet, _ second: RightsSet) -> UInt64? {
        guard sets.allSatisfy({ $0 == first || $0 == second }) else { return nil }
        return UInt64(min(first.id, second.id)) << 32 | UInt64(max(first.id, second.id))
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
