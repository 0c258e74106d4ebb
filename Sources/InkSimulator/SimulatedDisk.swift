import InkBoard
import InkPrimitives
import InkSession

/// The store of one device: a row of commits, each of which takes time, and nothing of it is there before (SM-4).
package struct SimulatedDisk {
    /// What a process asked to be kept, in its order.
    private struct Request {
        var id: UInt64
        var records: [StoreRecord]
    }

    /// What the process hears when a commit ends (SM-81).
    package enum Answer {
        case persisted(UInt64, [StoreRecord])
        case failed(UInt64, reason: String)
    }

    /// Transactions in the order in which they were committed.
    package private(set) var transactions: [Transaction] = []
    package private(set) var names: Set<TransactionName> = []
    package private(set) var receipts: [Receipt: UInt64] = [:]
    package private(set) var inviteKeys: [InviteKey] = []
    package private(set) var acquaintances: [AuthorID: Acquaintance] = [:]
    package private(set) var lastPeers: [SocketAddress] = []
    package private(set) var ownPort: UInt16?
    /// Of the room's secrets.
    package private(set) var epochs: [EpochRecord] = []
    /// The stroke under way.
    package private(set) var stroke: [UInt8]?
    /// While true every commit fails.
    package var isFull = false

    /// Whose receipt of whose work.
    package struct Receipt: Hashable, Comparable {
        package var device: AuthorID
        package var author: AuthorID

        package static func < (left: Receipt, right: Receipt) -> Bool {
            left.device == right.device ? left.author < right.author : left.device < right.device
        }
    }

    private var queue: [Request] = []
    private var inFlight: [Request] = []

    /// An empty disk.
    package init() {}

    /// True when everything asked was answered.
    package var isIdle: Bool { queue.isEmpty && inFlight.isEmpty }

    /// Queues a request. True if a commit must be started now.
    package mutating func persist(_ id: UInt64, _ records: [StoreRecord]) -> Bool {
        queue.append(Request(id: id, records: records))
        return inFlight.isEmpty
    }

    /// Takes everything queued into one commit, as a real store does. False if there is nothing, or a commit is under way.
    package mutating func startCommit() -> Bool {
        guard inFlight.isEmpty else { return false }
        (inFlight, queue) = (queue, [])
        return !inFlight.isEmpty
    }

    /// The commit is over: all of it is there, or none. A broken rule of the order comes back as text.
    package mutating func endCommit() throws(Violation) -> [Answer] {
        defer { inFlight = [] }
        guard !isFull else { return inFlight.map { .failed($0.id, reason: "no space left on device") } }
        for request in inFlight { try apply(request.records) }
        return inFlight.map { .persisted($0.id, $0.records) }
    }

    /// The process is gone: what was queued is lost; what was under way is there or not, as `isKept` says, but was never answered.
    package mutating func crash(isKept: Bool) throws(Violation) {
        if isKept, !isFull { for request in inFlight { try apply(request.records) } }
        (queue, inFlight) = ([], [])
    }

    /// What a copy of its files has.
    package var copied: SimulatedDisk {
        var copy = self
        (copy.queue, copy.inFlight, copy.isFull) = ([], [], false)
        return copy
    }

    /// Somebody put back what was here when the first `count` transactions were: what came later is not there, nor is any receipt.
    package mutating func rollBack(to count: Int) {
        transactions.removeLast(max(0, transactions.count - max(1, count)))
        names = Set(transactions.map(\.name))
        receipts = [:]
        (queue, inFlight) = ([], [])
    }

    /// Writes at once, as the making of a board does before any process works on it.
    package mutating func install(_ transaction: Transaction) throws(Violation) { try apply([.transaction(transaction)]) }

    private mutating func apply(_ records: [StoreRecord]) throws(Violation) {
        for record in records {
            switch record {
            case .transaction(let transaction):
                guard names.insert(transaction.name).inserted else { throw Violation("\(transaction.name) was given to the disk twice") }
                if let parent = transaction.parents.first(where: { !names.contains($0) }) {
                    throw Violation("\(transaction.name) was given to the disk before its parent \(parent)")
                }
                transactions.append(transaction)
            case .receipt(let device, let author, let sequence): receipts[Receipt(device: device, author: author)] = sequence
            case .lastPeers(let addresses): lastPeers = addresses
            case .ownPort(let port): ownPort = port
            case .stroke(let bytes): stroke = bytes
            case .epoch(let record):
                // As the table of the true store: what was said before of the same name goes.
                epochs.removeAll { $0.isReplaced(by: record) }
                epochs.append(record)
            case .acquaintance(let one): acquaintances[one.device] = one
            case .inviteKey(let key): if !inviteKeys.contains(key) { inviteKeys.append(key) }
            case .request: break  // No process of a world takes a board over from another.
            }
        }
    }
}

extension EpochRecord {
    fileprivate func isReplaced(by newer: EpochRecord) -> Bool {
        switch (self, newer) {
        case (.brought(let name, _), .brought(let other, _)): name == other
        case (.reached(let epoch, _), .reached(let other, _)): epoch == other
        case (.met(let device, _), .met(let other, _)): device == other
        case (.brought, _), (.reached, _), (.met, _): false
        }
    }
}

/// A rule that a world saw broken.
package struct Violation: Error {
    package var text: String

    package init(_ text: String) { self.text = text }
}
