import InkPrimitives

/// The last names that were refused, so that what builds on them is refused at once and not asked for again and again.
struct RefusedNames: Sendable {
    private var names: Set<TransactionName> = []
    private var ring: [TransactionName] = []
    private var next = 0
    private static let countMax = 4096

    var count: Int { names.count }

    func contains(_ name: TransactionName) -> Bool { names.contains(name) }

    mutating func insert(_ name: TransactionName) {
        guard names.insert(name).inserted else { return }
        if ring.count < Self.countMax {
            ring.append(name)
        } else {
            names.remove(ring[next])
            ring[next] = name
            next = (next + 1) % Self.countMax
        }
    }
}
