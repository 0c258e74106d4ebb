import InkCrypto
import InkPrimitives

/// A board: the set of transactions and the picture that follows from it.
///
///     insert ─► TransactionSet ─ admitted ─► registers ─► picture
///
/// Peers with equal `fingerprint`s have equal sets, and equal sets give equal pictures, whatever the order of arrival. Signatures are the
/// caller's to verify before `insert`.
public struct Board: Sendable {
    /// The name of genesis.
    public let id: BoardID
    /// Who made the board.
    public let owner: AuthorID
    /// What its maker called it.
    public let name: String
    public let admission: AdmissionPolicy

    private var transactionSet: TransactionSet
    var records: [ShapeRecord] = []
    private var rows: [ShapeID: Int] = [:]
    /// Rows of the shapes that stand, lowest first.
    private var order: [Int] = []
    private var rowsByLabel: [String: Set<Int>] = [:]
    private var retractions: Set<Retraction> = []
    private var names: [AuthorID: PersonName] = [:]
    private var histories: [Hand: UndoHistory] = [:]
    /// Transactions that a program of their author claimed as its own.
    private var strands: [TransactionName: Strand] = [:]

    /// Transactions that carry a message, ascending by stamp.
    private var chatSlots: [Slot] = []

    private struct Retraction: Hashable, Sendable {
        let shape: ShapeID
        let mark: TransactionName
        let author: AuthorID
    }

    private struct PersonName: Sendable {
        var text: String
        var slot: Slot
    }

    /// Whose history of undo.
    private struct Hand: Hashable, Sendable {
        let author: AuthorID
        let strand: Strand
    }

    /// The transaction that makes a board.
    ///
    /// - Parameters:
    ///   - name: at most `Limits.nameBytes` of UTF-8.
    ///   - wallTime: milliseconds since 1970.
    ///   - nonce: 16 random bytes, so that two boards of one owner and name differ.
    public static func makeGenesis(owner: SigningKey, name: String, wallTime: UInt64, nonce: [UInt8]) throws(RuleViolation) -> Transaction {
        for (property, value) in [(KnownProperty.boardName, .text(name)), (.nonce, .bytes(nonce))] as [(KnownProperty, Value)] {
            guard property.form.allows(value) else { throw .badValue(field: "\(property.row.key)") }
        }
        let header = TransactionHeader(
            board: .zero, author: owner.author, sequence: 1, previous: .zero, grant: .zero, parents: [], lamport: 1,
            claimedWallTime: wallTime)
        let person = ShapeID(author: owner.author, number: 0)
        let writes = [
            Write(person, .boardName, .text(name)), Write(person, .nonce, .bytes(nonce)),
            Write(person, .boardVersion, .number(version)), Write(person, .admission, .number(UInt64(AdmissionPolicy.secret.rawValue))),
        ]
        return try Transaction.sign(header, writes: writes, key: owner)
    }

    /// The rules of validity that this program knows.
    public static let version: UInt64 = 1

    /// A board with nothing but `genesis`, whose signature the caller has verified.
    public init(genesis: Transaction) throws(RuleViolation) { try self.init(genesis: genesis, orphanBytes: Limits.orphanBytes) }

    package init(
        genesis: Transaction, orphanBytes: Int, orphanShareBytes: Int = Limits.orphanShareBytes
    ) throws(RuleViolation) {
        guard genesis.isGenesis, let id = BoardID(genesis.name.bytes) else { throw .notGenesis }
        var (name, version, policy): (String?, UInt64?, UInt64?)
        for write in genesis.writes {
            switch (write.property, write.value) {
            case (.boardName, .text(let text)): name = text
            case (.boardVersion, .number(let number)): version = number
            case (.admission, .number(let number)): policy = number
            default: break
            }
        }
        guard let name, version == Self.version, policy == UInt64(AdmissionPolicy.secret.rawValue) else { throw .unknownVersion }
        (self.id, self.name, owner, admission) = (id, name, genesis.author, .secret)
        transactionSet = TransactionSet(
            genesis: genesis, id: id, admission: .secret, orphanBytes: orphanBytes, orphanShareBytes: orphanShareBytes)
    }

    // MARK: - The set

    var log: Log { transactionSet.log }
    /// How many transactions are in the set, genesis included.
    public var transactionCount: Int { log.transactions.count }
    /// All of them, parents before children; otherwise in order of arrival.
    public var transactions: [Transaction] { log.transactions }
    /// The root of the Merkle tree.
    public var fingerprint: Fingerprint { transactionSet.coverage.fingerprint }
    /// Transactions without children, ascending.
    public var heads: [TransactionName] { transactionSet.coverage.heads(in: transactionSet.log) }
    /// The greatest lamport number in the set.
    public var lamport: UInt64 { log.lamport }
    /// Parents for a new transaction: `previous`, then the heads with the greatest stamps, at most `Limits.parents`; ascending.
    func parents(after previous: TransactionName?) -> [TransactionName] {
        transactionSet.coverage.parents(after: previous, in: transactionSet.log)
    }
    /// Forks seen so far, in order of arrival.
    public var forks: [Fork] { transactionSet.forks }
    /// Parents of orphans that are neither here nor orphans, ascending.
    public var missing: [TransactionName] { orphans.missing.sorted() }
    /// How many names `missing` has.
    public var missingCount: Int { orphans.missing.count }
    /// How many transactions wait for parents, and what memory they take, about.
    public var orphanCount: Int { orphans.count }
    /// True if the transaction of this name waits for its parents.
    public func isOrphan(_ name: TransactionName) -> Bool { orphans.contains(name) }
    public var orphanByteCount: Int { orphans.byteCount }
    var orphans: OrphanPool { transactionSet.orphans }

    public func contains(_ name: TransactionName) -> Bool { log.contains(name) }
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
    public var shapes: [Shape] { order.map { records[$0].shape } }
    /// The shapes on the board as they are drawn, lowest first: lines end where what they are bound to stands.
    public var drawnShapes: [Shape] {
        var outlines = Outlines()
        return drawnShapes(meeting: &outlines)
    }
    func drawnShapes(meeting outlines: inout Outlines) -> [Shape] {
        order.map { row in
            var drawn = records[row].shape
            drawn.content = self.drawn(drawn.content, meeting: &outlines)
            return drawn
        }
    }
    /// What a shape is drawn as.
    func drawn(_ content: ShapeDraft, meeting outlines: inout Outlines) -> ShapeDraft {
        content.drawn(meeting: { outlines.outline(of: $0, as: shape($0)?.content) })
    }
    /// The standing lines, not among these shapes, of which an end is bound to one of them, lowest first; at most `limit`. Looks at all shapes.
    func lines(boundTo targets: Set<ShapeID>, limit: Int) -> [Shape] {
        var lines: [Shape] = []
        for row in order where records[row].shape.content.isBound {
            let shape = records[row].shape
            let bindings = [shape.content.startBinding, shape.content.endBinding]
            guard !targets.contains(shape.id), bindings.contains(where: { $0.map { targets.contains($0.shape) } ?? false }) else {
                continue
            }
            lines.append(shape)
            if lines.count == limit { break }
        }
        return lines
    }
    /// How many shapes are on the board.
    public var shapeCount: Int { order.count }
    /// The shape, if it is on the board.
    public func shape(_ id: ShapeID) -> Shape? { rows[id].flatMap { records[$0].stands ? records[$0].shape : nil } }
    /// The shape that `author` gave this label, if it is on the board.
    public func shape(labelled label: String, by author: AuthorID) -> Shape? {
        ids(labelled: label).lazy.filter { $0.author == author }.compactMap(shape).first
    }
    /// Every label that this author has used, on shapes that stand and on others.
    public func labels(of author: AuthorID) -> [String] {
        rowsByLabel.filter { $0.value.contains { row in records[row].shape.id.author == author } }.keys.sorted()
    }
    public func ids(labelled label: String) -> [ShapeID] { (rowsByLabel[label] ?? []).map { records[$0].shape.id }.sorted() }
    /// Messages, ascending by stamp.
    public var chats: [ChatEntry] { chatSlots.compactMap { Self.chat(in: log[$0], log[$0].writes[...]) } }
    /// What this person is called; nil if it never said.
    public func personName(_ author: AuthorID) -> String? { names[author]?.text }

    /// The depth of a new shape: above all others.
    public var topDepth: DepthKey { DepthKey.between(order.last.map { records[$0].shape.depth }, nil) }
    /// The depth of a shape put under all others.
    public var bottomDepth: DepthKey { DepthKey.between(nil, order.first.map { records[$0].shape.depth }) }
    /// The least number from `number` on that names no shape of this author here, standing or gone.
    ///
    /// The numbers of a process begin at an offset of its own (`Limits.shapeNumberOrigin`), so that they meet none that are not here yet: those of
    /// a copy of the device, or of a time that a restored backup does not know (BD-30).
    public func freeShapeNumber(of author: AuthorID, from number: UInt64) -> UInt64 {
        var free = max(1, number)
        while rows[ShapeID(author: author, number: free)] != nil { free += 1 }
        return free
    }

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

    /// Adds many, as from disk, without saying what they changed; returns what was refused.
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
        (outcome.forks, outcome.rejected) = (admission.forks, admission.rejected)
        for slot in admission.admitted {
            transactionSet.cover(slot)
            fold(slot, isReported: isReported, outcome: &outcome)
        }
        return outcome
    }

    private mutating func fold(_ slot: Slot, isReported: Bool, outcome: inout InsertOutcome) {
        let transaction = log[slot]
        if isReported { outcome.inserted.append(transaction) }
        let writes = transaction.writes
        for run in writes[...].runs({ $0.target == $1.target }) {
            guard let target = run.first?.target else { continue }
            if target.number == 0 {
                applyPerson(run, of: transaction, at: slot, outcome: &outcome)
            } else {
                applyShape(run, target, of: transaction, at: slot, isReported: isReported, outcome: &outcome)
            }
        }
        // Held apart while `histories` changes, or access to the whole board would overlap.
        let log = log
        histories[hand(of: transaction), default: UndoHistory()].apply(UndoHistory.step(of: writes), at: slot) { name in
            log.slot(of: name).flatMap { log[$0].author == transaction.author ? $0 : nil }
        }
    }

    private mutating func applyPerson(
        _ writes: ArraySlice<Write>, of transaction: Transaction, at slot: Slot, outcome: inout InsertOutcome
    ) {
        for write in writes {
            switch (write.property, write.value) {
            case (.displayName, .text(let text)):
                if let known = names[transaction.author], transaction.stamp < log[known.slot].stamp { continue }
                if names[transaction.author]?.text != text { outcome.renames.append(transaction.author) }
                names[transaction.author] = PersonName(text: text, slot: slot)
            case (.chat, _):
                let stamp = transaction.stamp
                chatSlots.insert(slot, at: chatSlots.partitioningIndex { stamp < log[$0].stamp })
                if let entry = Self.chat(in: transaction, writes) { outcome.chats.append(entry) }
            default: break
            }
        }
    }

    private static func chat(in transaction: Transaction, _ writes: ArraySlice<Write>) -> ChatEntry? {
        guard case .text(let text)? = writes.first(where: { $0.property == .chat })?.value else { return nil }
        return ChatEntry(
            name: transaction.name, author: transaction.author, text: text, claimedWallTime: transaction.claimedWallTime)
    }

    private mutating func applyShape(
        _ writes: ArraySlice<Write>, _ id: ShapeID, of transaction: Transaction, at slot: Slot, isReported: Bool,
        outcome: inout InsertOutcome
    ) {
        let row: Int
        if let known = rows[id] {
            row = known
        } else {
            row = records.count
            records.append(ShapeRecord(id: id))
            rows[id] = row
        }
        let (stood, before) = (records[row].stands, records[row].shape)
        for write in writes {
            switch (write.property, write.value) {
            case (.deletion, _):
                let retraction = Retraction(shape: id, mark: transaction.name, author: transaction.author)
                records[row].mark(at: slot, isRetracted: retractions.contains(retraction))
            case (.retraction, .names(let marks)): for mark in marks { retract(mark, on: row, by: transaction.author) }
            default: records[row].apply(write, at: slot, log: log)
            }
        }
        let (stands, after) = (records[row].stands, records[row].shape)
        if before.content.label != after.content.label { relabel(row, from: before.content.label) }
        reorder(row, from: stood ? before : nil, to: stands ? after : nil)
        if isReported, stood != stands || stands && before != after {
            outcome.changes.append(
                ShapeDelta(id: id, before: stood ? before : nil, after: stands ? after : nil, by: transaction.author))
        }
    }

    /// Takes back `mark` if it is, or once it comes, a mark of `author` itself; of another's, nothing happens, whatever comes first.
    private mutating func retract(_ mark: TransactionName, on row: Int, by author: AuthorID) {
        let retraction = Retraction(shape: records[row].shape.id, mark: mark, author: author)
        guard retractions.insert(retraction).inserted, let slot = log.slot(of: mark), log[slot].author == author,
            records[row].marks.contains(slot)
        else { return }
        records[row].unmark()
    }

    /// True while the mark of the transaction at `slot` is not taken back.
    func isLive(mark slot: Slot, on id: ShapeID) -> Bool {
        !retractions.contains(Retraction(shape: id, mark: log[slot].name, author: log[slot].author))
    }

    private mutating func relabel(_ row: Int, from label: String) {
        if !label.isEmpty { rowsByLabel[label]?.remove(row) }
        let label = records[row].shape.content.label
        if !label.isEmpty { rowsByLabel[label, default: []].insert(row) }
    }

    /// Moves the shape to its place in the depth order. Nearly always it is new and goes on top.
    private mutating func reorder(_ row: Int, from before: Shape?, to after: Shape?) {
        if let before, let after, before.depth == after.depth { return }
        if let before {
            // The record already has its new depth, but the shape is still where the old one put it.
            let index = order.partitioningIndex { $0 == row || before.isBelow(records[$0].shape) }
            if index < order.count, order[index] == row { order.remove(at: index) }
        }
        if let after { order.insert(row, at: order.partitioningIndex { after.isBelow(records[$0].shape) }) }
    }

    // MARK: - For undo and reconciliation

    /// Says which of its author's programs made a transaction, which may be about to be loaded.
    public mutating func claim(_ name: TransactionName, by strand: Strand) {
        precondition(!log.contains(name), "a transaction is claimed before it is in the set, and folded once")
        if strand != .common { strands[name] = strand }
    }

    /// Which of its author's programs made a transaction, as far as anybody said.
    func strand(of transaction: Transaction) -> Strand { strands[transaction.name] ?? .common }

    private func hand(of transaction: Transaction) -> Hand { Hand(author: transaction.author, strand: strand(of: transaction)) }

    /// What `author` can undo and redo in one of its histories.
    func history(of author: AuthorID, in strand: Strand) -> UndoHistory? {
        let hand = Hand(author: author, strand: strand)
        guard log.isForked(author) else { return histories[hand] }
        // Forks come in any order; the answer must not depend on it.
        var history = UndoHistory()
        let own = log.slots(of: author, from: 1).filter { self.hand(of: log[$0]) == hand }
        for slot in own.sorted(by: { log[$0].stamp < log[$1].stamp }) {
            history.apply(UndoHistory.step(of: log[slot].writes), at: slot) { name in
                log.slot(of: name).flatMap { log[$0].author == author ? $0 : nil }
            }
        }
        return history
    }

    /// All transactions of this author's gestures that are taken back, in whichever of its histories.
    func undone(of author: AuthorID) -> Set<Slot> {
        let hands = histories.keys.filter { $0.author == author }
        return hands.reduce(into: []) { $0.formUnion(history(of: author, in: $1.strand)?.undone ?? []) }
    }

    func row(of id: ShapeID) -> Int? { rows[id] }

    var merkleTree: MerkleTree { transactionSet.coverage.tree }
}
