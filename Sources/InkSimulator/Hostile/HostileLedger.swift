import InkBoard
import InkPrimitives

/// What those made who keep no rule, and whom they gave it to: so that a world can tell what came from them and what others passed on.
struct HostileLedger {
    /// Valid nowhere, whoever looks at it.
    private(set) var void: Set<TransactionName> = []
    /// All of it.
    private(set) var made: Set<TransactionName> = []
    /// The first of what is valid nowhere, with true signatures: to be put on somebody's disk.
    private(set) var plants: [Transaction] = []
    private var given: [TransactionName: Set<IPAddress>] = [:]

    mutating func made(_ transaction: Transaction, isValid: Bool) {
        made.insert(transaction.name)
        guard !isValid, void.insert(transaction.name).inserted else { return }
        if plants.count < Self.plantsMax, transaction.hasValidSignature { plants.append(transaction) }
    }

    mutating func gave(_ name: TransactionName, to address: SocketAddress) {
        if void.contains(name) { given[name, default: []].insert(address.ip) }
    }

    /// True if whoever is at this address was given it by its makers.
    func wasGiven(_ name: TransactionName, to address: IPAddress) -> Bool { given[name]?.contains(address) == true }

    private static let plantsMax = 40
}
