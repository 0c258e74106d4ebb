import InkPrimitives

/// How much of our work each device has, as it said: the greatest that was ever told, and what of that the disk is to have.
struct PeerReceipts: Sendable {
    /// The device has our transactions 1...sequence.
    private var known: [AuthorID: UInt64]
    private var unsaved: Set<AuthorID> = []
    /// When the disk is to have them; nil while it has them.
    private(set) var deadline: Instant?

    init(_ known: [AuthorID: UInt64]) { self.known = known }

    /// The disk was given all.
    var areSaved: Bool { unsaved.isEmpty }

    /// As many of our transactions somebody has.
    var greatest: UInt64 { known.values.max() ?? 0 }

    /// Of each device how many of ours it has, in no order.
    var all: [UInt64] { Array(known.values) }

    mutating func note(_ sequence: UInt64, of device: AuthorID, now: Instant) {
        guard sequence > known[device] ?? 0 else { return }
        known[device] = sequence
        unsaved.insert(device)
        if deadline == nil { deadline = now + SessionTiming.receiptInterval }
    }

    /// What the disk is to have now.
    ///
    /// - Parameter author: our device.
    mutating func records(by author: AuthorID) -> [StoreRecord] {
        deadline = nil
        defer { unsaved.removeAll() }
        return unsaved.sorted().compactMap { device in
            known[device].map { .receipt(peerDevice: device, author: author, sequence: $0) }
        }
    }
}
