import InkCrypto
import InkPrimitives

/// What one message of the neighbour asks us to do.
public struct ReconcileStep: Hashable, Sendable {
    /// Messages to send, in order.
    public var reply: [[UInt8]] = []
    /// Transactions that the neighbour lacks and was not sent before in this run; parents before children.
    public var send: [TransactionName] = []
    /// How many transactions are to come because of this message: asked for now, or announced by it.
    public var wanted = 0
    /// True when nothing that we asked is unanswered.
    public var isDone = false
    /// True if the neighbour's set was ours when it sent the message.
    public var isEqual = false
    /// What it cost, about a third of a microsecond each: names that were hashed, each third name that was visited, items that were read and
    /// gathered.
    public var workCount = 0
    /// Names that were visited for it, hashed ones among them.
    public var visitCount = 0
}

/// Finds what two neighbours lack of each other's boards.
///
///     start ──► newest few hundred names, hashes of all before ──►  compare
///       ◄── what differs, one level down; what I lack; and the transactions that you lack ◄──┘
///
/// Each message stands alone: it says what its sender has in some parts of the set, and the receiver answers from its own board. So
/// either side may start, both at once too, a run is cut short without harm, and no message makes us keep state that grows but the
/// names that we sent. Names are told apart by 8 bytes, keyed afresh in each connection, so nobody can prepare two that look alike.
public struct Reconciler: Sendable {
    private typealias Message = ReconcileMessage

    private let hashKey: [UInt8]
    private let isInitiator: Bool
    /// Our messages whose answers are not complete.
    private var unanswered = 0
    /// What the neighbour was sent in this run, or has on its way from elsewhere (BD-16).
    private var sent: Set<TransactionName> = []
    /// Ranges all of whose names are in `sent`, and how many there were: asked for again they are not walked again (BD-40).
    private var walked: [Message.Range: Int] = [:]

    /// - Parameters:
    ///   - hashKey: 16...64 bytes, fresh for each connection and the same on both sides.
    ///   - isInitiator: true on one side only.
    public init(hashKey: [UInt8], isInitiator: Bool) {
        precondition((16...64).contains(hashKey.count), "a hash key has 16...64 bytes, not \(hashKey.count)")
        (self.hashKey, self.isInitiator) = (hashKey, isInitiator)
    }

    /// Begins a run: returns the messages to send. `inFlight` names what is on its way to the neighbour, or is known to be there.
    public mutating func start(board: borrowing Board, inFlight: some Sequence<TransactionName> = []) -> [[UInt8]] {
        (sent, walked) = (Set(inFlight), [:])
        unanswered = 1
        let tree = board.merkleTree
        let floor = tree.floor(ofNewest: Self.newestCount)
        var message = header(of: board)
        message.wantsAnswer = true
        message.items.append(.list(.from(floor), hashes(of: tree.entries(from: floor))))
        for block in Block.covering(0..<floor) {
            let isEmpty = tree.count(in: block) == 0
            message.items.append(isEmpty ? .list(.block(block), []) : .hash(block, NodeHash(tree.hash(of: block))))
        }
        return [message.bytes]
    }

    /// Takes one message of the neighbour. Costs at most `hashesMax` hashes, `workMax`, and a walk over the set, whatever the message says.
    public mutating func receive(_ message: [UInt8], board: borrowing Board) throws(WireError) -> ReconcileStep {
        let message = try Message(decoding: message)
        guard message.isFromInitiator != isInitiator else { throw .unexpected }
        if message.completesAnswer { unanswered = max(0, unanswered - 1) }
        var answer = Answer(tree: board.merkleTree)
        for item in message.items {
            answer.workCount += Self.itemWork
            guard answer.workCount < Self.workMax else { break }
            handle(item, &answer)
        }

        var step = ReconcileStep()
        step.isEqual = message.root == NodeHash(board.fingerprint)
        step.workCount = answer.workCount + Self.hashesMax - answer.hashesLeft + answer.items.count * Self.itemWork
        step.visitCount = answer.visitCount
        step.send = answer.send.sorted().map(\.name)
        step.wanted = answer.wanted + Int(message.announcedCount)
        step.reply = pack(answer, isRequired: message.wantsAnswer, board: board)
        step.isDone = unanswered == 0
        return step
    }

    /// True while something that we asked is unanswered.
    public var awaitsAnswer: Bool { unanswered > 0 }

    /// What was found for the neighbour did not all go: another run may find it again.
    public mutating func forgetSent() { (sent, walked) = ([], [:]) }

    /// What is gathered from one message.
    private struct Answer {
        let tree: MerkleTree
        var items: [Message.Item] = []
        var send: [MerkleTree.Entry] = []
        var wanted = 0
        /// How many of `send` the neighbour did not ask for by name.
        var unaskedCount: UInt64 = 0
        /// Names that may still be hashed, and visited, for this message.
        var hashesLeft = hashesMax
        var visitsLeft: Int
        /// What was done besides hashing.
        var workCount = 0
        /// Bytes that the messages of the answer still have room for, about; what is gathered beyond them would be thrown away.
        var bytesLeft = messagesMax * Limits.reconcileMessageBytes

        var visitCount: Int { tree.count * 2 + 2 * hashesMax - visitsLeft - hashesLeft }

        init(tree: MerkleTree) { (self.tree, visitsLeft) = (tree, tree.count * 2 + hashesMax) }
    }

    private mutating func handle(_ item: Message.Item, _ answer: inout Answer) {
        switch item {
        case .hash(let block, let hash): compare(block, hash, &answer)
        case .split(let block, let mask, let hashes):
            var next = 0
            for index in 0..<16 {
                guard let child = block.child(index) else { continue }
                if mask & 1 << UInt16(index) == 0 {
                    sendAll(in: .block(child), &answer)
                } else {
                    compare(child, hashes[next], &answer)
                    next += 1
                }
            }
        case .list(let range, let hashes):
            if hashes.isEmpty {
                sendAll(in: range, &answer)
            } else {
                compare(range, hashes, &answer)
            }
        case .want(let range, let hashes):
            answer.workCount += hashes.count / Self.visitsPerWork
            guard count(in: range, answer.tree) <= answer.hashesLeft else { return }
            let wanted = Set(hashes)
            let entries = entries(in: range, answer.tree)
            answer.hashesLeft -= entries.count
            for entry in entries where wanted.contains(hash(of: entry)) { send(entry, isAsked: true, &answer) }
        }
    }

    private func compare(_ block: Block, _ hash: NodeHash, _ answer: inout Answer) {
        if NodeHash(answer.tree.hash(of: block)) != hash { describe(block, &answer) }
    }

    /// Says what we have in a block: all names where they are few, else how its children stand.
    private func describe(_ block: Block, _ answer: inout Answer) {
        answer.workCount += 1
        guard answer.bytesLeft > 0 else { return }
        let count = answer.tree.count(in: block)
        guard count > Self.listMax, block.level > Block.levelMin else {
            guard count <= answer.hashesLeft else { return }
            answer.hashesLeft -= count
            answer.bytesLeft -= Self.itemBytes + 8 * count
            answer.items.append(.list(.block(block), hashes(of: answer.tree.entries(in: block))))
            return
        }
        var mask: UInt16 = 0
        var children: [NodeHash] = []
        for index in 0..<16 {
            guard let child = block.child(index), answer.tree.count(in: child) > 0 else { continue }
            mask |= 1 << UInt16(index)
            children.append(NodeHash(answer.tree.hash(of: child)))
        }
        answer.bytesLeft -= Self.itemBytes + NodeHash.byteCount * children.count
        answer.items.append(.split(block, mask: mask, hashes: children))
    }

    /// Compares the neighbour's full list of a range with ours: sends what it lacks, asks for what we lack.
    private mutating func compare(_ range: Message.Range, _ theirs: [UInt64], _ answer: inout Answer) {
        answer.workCount += theirs.count / Self.visitsPerWork
        let count = count(in: range, answer.tree)
        guard count <= Self.compareMax else {
            // Few there, many here: descending costs less than hashing all of ours.
            switch range {
            case .block(let block): describe(block, &answer)
            case .from(let lamport): for block in Block.covering(lamport..<Limits.lamport + 1) { describe(block, &answer) }
            }
            return
        }
        guard count <= answer.hashesLeft else { return }
        answer.hashesLeft -= count
        var lacking = Set(theirs)
        for entry in entries(in: range, answer.tree) where lacking.remove(hash(of: entry)) == nil { send(entry, &answer) }
        guard !lacking.isEmpty else { return }
        answer.wanted += lacking.count
        let sorted = lacking.sorted()
        for start in stride(from: 0, to: sorted.count, by: Self.wantMax) {
            answer.items.append(.want(range, Array(sorted[start..<min(start + Self.wantMax, sorted.count)])))
        }
    }

    private mutating func sendAll(in range: Message.Range, _ answer: inout Answer) {
        let count = count(in: range, answer.tree)
        guard walked[range] != count, count <= answer.visitsLeft else { return }
        answer.visitsLeft -= count + 1
        answer.workCount += count / Self.visitsPerWork
        for entry in entries(in: range, answer.tree) { send(entry, &answer) }
        if walked.count >= Self.walkedMax { walked = [:] }
        walked[range] = count
    }

    private mutating func send(_ entry: MerkleTree.Entry, isAsked: Bool = false, _ answer: inout Answer) {
        guard sent.insert(entry.name).inserted else { return }
        answer.send.append(entry)
        if !isAsked { answer.unaskedCount += 1 }
    }

    /// Spreads items over messages. What would be too much is left to the next run, which begins where less differs.
    private mutating func pack(_ answer: Answer, isRequired: Bool, board: borrowing Board) -> [[UInt8]] {
        guard isRequired || !answer.items.isEmpty else { return [] }
        var messages: [Message] = [header(of: board)]
        messages[0].announcedCount = answer.unaskedCount
        var size = Message.headerCount
        for item in answer.items {
            var writer = ByteWriter()
            item.write(to: &writer)
            if size + writer.count > Limits.reconcileMessageBytes {
                guard messages.count < Self.messagesMax else { break }
                messages.append(header(of: board))
                size = Message.headerCount
            }
            size += writer.count
            messages[messages.count - 1].items.append(item)
            if item.wantsAnswer { messages[messages.count - 1].wantsAnswer = true }
        }
        messages[messages.count - 1].completesAnswer = isRequired
        unanswered += messages.count { $0.wantsAnswer }
        return messages.map(\.bytes)
    }

    private func header(of board: borrowing Board) -> Message {
        Message(
            isFromInitiator: isInitiator, root: NodeHash(board.fingerprint), transactionCount: UInt64(board.merkleTree.count))
    }

    private func count(in range: Message.Range, _ tree: MerkleTree) -> Int {
        switch range {
        case .block(let block): tree.count(in: block)
        case .from(let lamport): tree.count(from: lamport)
        }
    }

    private func entries(in range: Message.Range, _ tree: MerkleTree) -> [MerkleTree.Entry] {
        switch range {
        case .block(let block): tree.entries(in: block)
        case .from(let lamport): tree.entries(from: lamport)
        }
    }

    private func hashes(of entries: [MerkleTree.Entry]) -> [UInt64] { Set(entries.map(hash)).sorted() }

    private func hash(of entry: MerkleTree.Entry) -> UInt64 {
        Blake2b.hash(entry.name.bytes, key: hashKey, count: 16).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Names told outright in the first message: what a pause of some minutes leaves behind (BD-15), in 2.5 kB.
    static let newestCount = 320
    /// Names of a block that are told outright: 64 × 8 bytes, about as much as two levels of hashes.
    static let listMax = 64
    /// Own names that are hashed to compare one list.
    static let compareMax = 4096
    /// Names asked for by one item: fits one message.
    static let wantMax = 2048
    /// An item without its hashes, about.
    private static let itemBytes = 12
    /// Names hashed for one message: about 10 ms.
    static let hashesMax = 32_768
    /// Messages in one answer (BD-136).
    package static let messagesMax = 16
    /// Work that one message may cost besides hashing and the end of a walk over the set (BD-136): about 20 ms.
    static let workMax = 65_536
    /// Work of one item: it is read, its place in the tree is found, and what is gathered for it is written.
    private static let itemWork = 16
    /// Names that are visited in the time of one that is hashed.
    private static let visitsPerWork = 3
    /// Ranges that are remembered as sent.
    private static let walkedMax = 256
}
