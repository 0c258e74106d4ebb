import InkCrypto
import InkPrimitives

/// A board: the set of transactions and the picture that follows from it.
///
///     insert ─► TransactionSet ─ admitted ─► Picture
///                     └─ covered ─► fingerprint
///
/// Peers with equal `fingerprint`s have equal sets of what counts and its ancestors (BD-101), and equal sets give equal pictures, whatever the
/// order of arrival. Signatures are the caller's to verify before `insert`.
public struct Board: Sendable {
    /// The name of genesis.
    public let id: BoardID
    /// Who made the board.
    public let owner: AuthorID
    /// What its maker called it.
    public let name: String
    public let admission: AdmissionPolicy
    /// What genesis says of the room's first secret; nil on a board that knows no roles.
    let firstSecret: EpochCommitment?

    private(set) var transactionSet: TransactionSet
    private(set) var picture = Picture()
    /// What is in the log and does not count.
    private(set) var hidden: Set<Slot> = []
    /// How often it was said anew which transactions count.
    private(set) var recountCount = 0
    /// Shapes to which something wrote that did not count when it came: their numbers are taken.
    private var hiddenShapes: Set<ShapeID> = []
    /// The revision of the rights by which that was said last.
    private(set) var countedRevision = 0

    /// The transaction that makes a board.
    ///
    /// - Parameters:
    ///   - name: at most `Limits.nameBytes` of UTF-8.
    ///   - wallTime: milliseconds since 1970.
    ///   - nonce: 16 random bytes, so that two boards of one owner and name differ.
    ///   - firstSecret: what is said of the room's secret; makes a board of version 2, on which people have roles (BD-93, BD-116).
    public static func makeGenesis(
        owner: SigningKey, name: String, wallTime: UInt64, nonce: [UInt8], firstSecret: EpochCommitment? = nil
    ) throws(RuleViolation) -> Transaction {
        for (property, value) in [(KnownProperty.boardName, .text(name)), (.nonce, .bytes(nonce))] as [(KnownProperty, Value)] {
            guard property.form.allows(value) else { throw .badValue(field: "\(property.row.key)") }
        }
        let header = TransactionHeader(
            board: .zero, author: owner.author, sequence: 1, previous: .zero, grant: .zero, parents: [], lamport: 1,
            claimedWallTime: wallTime)
        let admission: AdmissionPolicy = firstSecret == nil ? .secret : .grants
        let person = ShapeID(author: owner.author, number: 0)
        var writes = [
            Write(person, .boardName, .text(name)), Write(person, .nonce, .bytes(nonce)),
            Write(person, .boardVersion, .number(admission.version)), Write(person, .admission, .number(UInt64(admission.rawValue))),
        ]
        if let firstSecret { writes.append(Write(person, .firstSecret, .bytes(firstSecret.bytes))) }
        return try Transaction.sign(header, writes: writes, key: owner)
    }

    /// The newest rules of validity by which programs open boards; they know all from 1 on.
    public static let version: UInt64 = 2

    /// A board with nothing but `genesis`, whose signature the caller has verified.
    public init(genesis: Transaction) throws(RuleViolation) { try self.init(genesis: genesis, newest: Self.version) }

    /// - Parameter newest: the newest board version that is opened.
    package init(
        genesis: Transaction, newest: UInt64 = Self.version, orphanBytes: Int = Limits.orphanBytes,
        orphanShareBytes: Int = Limits.orphanShareBytes
    ) throws(RuleViolation) {
        guard genesis.isGenesis, let id = BoardID(genesis.name.bytes) else { throw .notGenesis }
        var (name, version, policy): (String?, UInt64?, UInt64?)
        var firstSecret: EpochCommitment?
        for write in genesis.writes {
            switch (write.property, write.value) {
            case (.boardName, .text(let text)): name = text
            case (.boardVersion, .number(let number)): version = number
            case (.admission, .number(let number)): policy = number
            case (.firstSecret, .bytes(let bytes)): firstSecret = EpochCommitment(bytes)
            default: break
            }
        }
        guard let name, let admission = policy.flatMap({ UInt8(exactly: $0) }).flatMap({ AdmissionPolicy(rawValue: $0) }),
            version == admission.version, admission.version <= newest, (firstSecret != nil) == (admission == .grants)
        else { throw .unknownVersion }
        (self.id, self.name, owner, self.admission, self.firstSecret) = (id, name, genesis.author, admission, firstSecret)
        transactionSet = TransactionSet(
            genesis: genesis, id: id, admission: admission, orphanBytes: orphanBytes, orphanShareBytes: orphanShareBytes)
    }

    // MARK: - The set

    var log: Log { transactionSet.log }
    /// How many transactions are in the set, genesis included.
    public var transactionCount: Int { log.transactions.count }
    /// Of how many the fingerprint is.
    public var coveredCount: Int { transactionCount - transactionSet.coverage.leftOutCount }
    /// All of them, parents before children; otherwise in order of arrival.
    public var transactions: [Transaction] { log.transactions }
    /// The root of the Merkle tree of what counts, and of all that it comes after (BD-101).
    public var fingerprint: Fingerprint { transactionSet.coverage.fingerprint }
    /// Of those that the fingerprint covers, the ones without children, ascending.
    public var heads: [TransactionName] { transactionSet.coverage.heads(in: transactionSet.log) }
    /// The greatest lamport number in the set.
    public var lamport: UInt64 { log.lamport }
    /// Parents for this author's next transaction: its last one, what gives the right if the others do not know it, then the heads with the
    /// greatest stamps, at most `Limits.parents`; ascending.
    ///
    /// - Parameter right: the transaction that gives the right used; nil for the one under which the author writes best.
    func parents(of author: AuthorID, under right: TransactionName?) -> [TransactionName] {
        transactionSet.parents(after: log.tip(of: author)?.name, under: right ?? transactionSet.right(of: author))
    }
    /// Forks seen so far, in order of arrival, of what counts and what that comes after.
    public var forks: [Fork] { transactionSet.coveredForks }
    /// Parents of orphans that are neither here nor orphans, ascending.
    public var missing: [TransactionName] { orphans.missing.sorted() }
    /// How many names `missing` has.
    public var missingCount: Int { orphans.missing.count }
    /// How many transactions wait for parents, and what memory they take, about.
    public var orphanCount: Int { orphans.count }
    /// True if the transaction of this name waits for its parents.
    public func isOrphan(_ name: TransactionName) -> Bool { orphans.contains(name) }
    public var orphanByteCount: Int { orphans.byteCount }
    /// How many names are remembered as those of refused transactions.
    package var refusedNameCount: Int { transactionSet.refusedNameCount }
    var orphans: OrphanPool { transactionSet.orphans }
    var merkleTree: MerkleTree { transactionSet.coverage.tree }

    public func contains(_ name: TransactionName) -> Bool { log.contains(name) }
    /// True if a transaction is here and of what neighbours agree on: it counts, or something that counts comes after it (BD-101).
    package func covers(_ name: TransactionName) -> Bool { log.slot(of: name).map(transactionSet.coverage.contains) ?? false }
    public func transaction(_ name: TransactionName) -> Transaction? { log.slot(of: name).map { log[$0] } }

    /// All of 1...n of this author are in the set; 0 for none.
    public func contiguousSequence(of author: AuthorID) -> UInt64 { log.sequence(of: author) }
    /// The sequence that this author's next transaction has.
    public func nextSequence(of author: AuthorID) -> UInt64 { log.sequence(of: author) + 1 }
    /// This author's transactions from `sequence` on, ascending; of a fork, all.
    public func transactions(of author: AuthorID, from sequence: UInt64) -> [Transaction] {
        log.slots(of: author, from: sequence).map { log[$0] }
    }

    /// One transaction; of a forked author that of the smallest name, however many there are.
    public func transaction(of author: AuthorID, sequence: UInt64) -> Transaction? {
        log.slot(of: author, sequence: sequence).map { log[$0] }
    }

    /// One transaction, or the several of a forked author.
    public func transactions(of author: AuthorID, sequence: UInt64) -> [Transaction] {
        log.slots(of: author, sequence: sequence).map { log[$0] }
    }
    /// Everybody who signed something here, ascending.
    public var authors: [AuthorID] { log.authorsSorted }

    // MARK: - The picture

    /// The shapes on the board, lowest first.
    public var shapes: [Shape] { picture.shapes.standing }
    /// How many shapes are on the board.
    public var shapeCount: Int { picture.shapes.count }
    /// The shape, if it is on the board.
    public func shape(_ id: ShapeID) -> Shape? { picture.shapes.shape(id) }
    /// The shape that `author` gave this label, if it is on the board.
    public func shape(labelled label: String, by author: AuthorID) -> Shape? {
        ids(labelled: label).lazy.filter { $0.author == author }.compactMap(shape).first
    }
    /// Every label that this author has used, on shapes that stand and on others.
    public func labels(of author: AuthorID) -> [String] { picture.shapes.labels(of: author) }
    public func ids(labelled label: String) -> [ShapeID] { picture.shapes.ids(labelled: label) }
    /// Messages, ascending by stamp.
    public var chats: [ChatEntry] { picture.messages.entries(of: log) }
    /// Messages that count before one that is here, whether that counts or not, or the newest: at most `count`, ascending by stamp.
    ///
    /// What comes later stands after them, or among them: who goes on from the first reads none twice.
    public func messages(before name: TransactionName?, count: Int) -> [ChatEntry] {
        let stamp = name.flatMap { log.slot(of: $0) }.map { log[$0].stamp }
        return picture.messages.entries(before: stamp, count: count, of: log)
    }
    /// What a transaction that is here says, whether it counts or not; nil for one that says nothing.
    public func message(_ name: TransactionName) -> ChatEntry? {
        log.slot(of: name).flatMap { Messages.entry(of: log[$0], log[$0].writes[...]) }
    }
    /// What this person is called; nil if it never said.
    public func personName(_ author: AuthorID) -> String? { picture.names[author] }

    /// The depth of a new shape: above all others.
    public var topDepth: DepthKey { DepthKey.between(picture.shapes.highest?.depth, nil) }
    /// The depth of a shape put under all others.
    public var bottomDepth: DepthKey { DepthKey.between(nil, picture.shapes.lowest?.depth) }
    /// The least number from `number` on that names no shape of this author here, standing, gone, or of what does not count.
    ///
    /// The numbers of a process begin at an offset of its own (`Limits.shapeNumberOrigin`), so that they meet none that are not here yet: those of
    /// a copy of the device, or of a time that a restored backup does not know (BD-30).
    public func freeShapeNumber(of author: AuthorID, from number: UInt64) -> UInt64 {
        var free = max(1, number)
        while isTaken(ShapeID(author: author, number: free)) { free += 1 }
        return free
    }

    /// True if anything of the log wrote to the shape. What does not count may count again, and would be one shape with what was drawn since.
    private func isTaken(_ id: ShapeID) -> Bool { picture.shapes.wasWritten(id) || hiddenShapes.contains(id) }

    // MARK: - Insertion

    /// Adds one transaction whose signature is verified, and the orphans that waited for it.
    ///
    /// - Parameter supplier: the device that brought it, whose share of orphans it counts against; `.zero` for none.
    public mutating func insert(_ transaction: Transaction, from supplier: AuthorID = .zero) -> InsertOutcome {
        let outcome = insertUnhashed(transaction, from: supplier, isReported: true)
        transactionSet.refresh()
        return outcome
    }

    /// Forgets the orphans that a device brought. What of them is good can be had again.
    public mutating func forgetOrphans(from supplier: AuthorID) { transactionSet.forgetOrphans(from: supplier) }

    /// Adds many, as from disk, without saying what they changed; returns what was refused (BD-171). What counts is shown, and nothing else.
    public mutating func load(_ transactions: some Sequence<Transaction>) -> [Rejection] {
        var rejections: [Rejection] = []
        for transaction in transactions {
            let outcome = insertUnhashed(transaction, from: .zero, isReported: false)
            if case .invalid(let violation) = outcome.result {
                rejections.append(Rejection(name: transaction.name, author: transaction.author, violation: violation))
            }
            rejections.append(contentsOf: outcome.rejected)
        }
        transactionSet.refresh()
        _ = settle()
        return rejections
    }

    /// Adds one whose parents are all here, as `load` does, and says which shapes it changed: for who shows how a board came about.
    ///
    /// The fingerprint is not brought up to date.
    mutating func replay(_ transaction: Transaction) -> [ShapeDelta] {
        insertUnhashed(transaction, from: .zero, isReported: true).changes
    }

    private mutating func insertUnhashed(_ transaction: Transaction, from supplier: AuthorID, isReported: Bool) -> InsertOutcome {
        let admission = transactionSet.insert(transaction, from: supplier)
        var outcome = InsertOutcome(result: admission.result)
        outcome.rejected = admission.rejected
        for slot in admission.admitted {
            if isReported { outcome.inserted.append(log[slot]) }
            guard transactionSet.counts(slot) else {
                transactionSet.leaveOut(slot)
                hidden.insert(slot)
                hiddenShapes.formUnion(log[slot].writes.lazy.map(\.target))
                outcome.uncounted.insert(log[slot].name)
                continue
            }
            transactionSet.cover(slot)
            picture.insert(slot, of: transactionSet.log, isReported: isReported, outcome: &outcome)
        }
        // Of who was removed nobody hears that he forks what nobody sees.
        for fork in admission.forks where transactionSet.isCovered(fork) { outcome.forks.append(fork) }
        return outcome
    }

    /// Changes places with another picture and coverage of this log.
    ///
    /// - Parameter revision: of the rights that say what is hidden.
    mutating func exchange(_ picture: inout Picture, _ coverage: inout Coverage, hiding hidden: Set<Slot>, revision: Int) {
        swap(&self.picture, &picture)
        transactionSet.exchange(&coverage)
        (self.hidden, countedRevision) = (hidden, revision)
        recountCount += 1
    }

    /// Says which of its author's programs made a transaction, which may be about to be loaded.
    public mutating func claim(_ name: TransactionName, by strand: Strand) {
        precondition(!log.contains(name), "a transaction is claimed before it is in the set, and folded once")
        picture.claim(name, by: strand)
    }
}
