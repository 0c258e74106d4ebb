import InkBoard
import InkPrimitives

/// Names that still have to be sent to one peer: each once, in the order in which they were found missing.
struct Backlog: Sendable {
    /// Why a name waits.
    enum Origin: Sendable {
        /// It came as new, or the peer asked for it by name.
        case live
        /// It came as history, and is passed on.
        case history
        /// A comparison with this peer found that it lacks it.
        case comparison
    }

    private var names = Queue<TransactionName>()
    private var queued: [TransactionName: Origin] = [:]
    /// How many of them a comparison found.
    private var foundCount = 0
    /// What is in it is history, until it is empty: it goes after all that is live (SE-164).
    private(set) var isHistory = false

    /// So many are history, whatever they were found by.
    static let liveMax = 64

    var isEmpty: Bool { names.isEmpty }
    var count: Int { names.count }

    mutating func append(_ name: TransactionName, from origin: Origin) {
        switch queued[name] {
        case nil:
            names.append(name)
            queued[name] = origin
            if origin == .comparison { foundCount += 1 }
        // Whatever else it waits for, it goes.
        case .comparison?:
            queued[name] = origin
            if origin != .comparison { foundCount -= 1 }
        case .live?, .history?: break
        }
        if origin != .live || names.count > Self.liveMax { isHistory = true }
    }

    /// The peer gets from another what a comparison found: the rest stays, in its order (SE-316).
    mutating func removeFound() {
        // Three bytes that find nothing cost nothing, however much waits.
        guard foundCount > 0 else { return }
        var (all, origins) = (names, queued)
        removeAll()
        while let name = all.popFirst() {
            if let origin = origins.removeValue(forKey: name), origin != .comparison { append(name, from: origin) }
        }
    }

    mutating func popFirst() -> TransactionName? {
        guard let name = names.popFirst() else { return nil }
        if names.isEmpty {
            removeAll()
        } else if queued.removeValue(forKey: name) == .comparison {
            foundCount -= 1
        }
        return name
    }

    mutating func removeAll() {
        names.removeAll()
        (queued, foundCount, isHistory) = ([:], 0, false)
    }
}
