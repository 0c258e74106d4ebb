import InkPrimitives

/// One message of the reconciliation of two boards, at most `Limits.reconcileMessageBytes` (BD-17).
///
///     flags 1 │ first 16 bytes of the sender's fingerprint │ its transactions, varint │ announced, varint │ items to the end
///     flags:  1 wants an answer · 2 completes an answer · 4 from the initiator of the connection
///     item:   1 │ block │ hash 16                                    this is what I have in the block
///             2 │ block │ mask 2 │ hash 16 for each bit              so do its children stand; bit n: child n is not empty
///             3 │ range │ count varint │ 8 each, ascending           these are all my names in the range
///             4 │ range │ count varint │ 8 each, ascending           send me these of yours
///     block:  level, signed byte │ lamport varint │ (-level + 1) / 2 bytes of the name, if level < 0
///     range:  block, or 127 │ lamport varint: from this number on
package struct ReconcileMessage: Hashable, Sendable {
    package enum Range: Hashable, Sendable {
        case block(Block)
        case from(UInt64)
    }

    package enum Item: Hashable, Sendable {
        case hash(Block, NodeHash)
        /// Hashes of the children that the mask names, lowest first.
        case split(Block, mask: UInt16, hashes: [NodeHash])
        case list(Range, [UInt64])
        case want(Range, [UInt64])
    }

    var wantsAnswer = false
    var completesAnswer = false
    var isFromInitiator: Bool
    var root: NodeHash
    var transactionCount: UInt64
    /// How many transactions its sender sends beside it without having been asked by name.
    var announcedCount: UInt64 = 0
    package var items: [Item] = []

    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.write(UInt8(wantsAnswer ? 1 : 0) | UInt8(completesAnswer ? 2 : 0) | UInt8(isFromInitiator ? 4 : 0))
        root.write(to: &writer)
        writer.writeVarint(transactionCount)
        writer.writeVarint(announcedCount)
        for item in items { item.write(to: &writer) }
        return writer.bytes
    }

    package init(isFromInitiator: Bool, root: NodeHash, transactionCount: UInt64) {
        (self.isFromInitiator, self.root, self.transactionCount) = (isFromInitiator, root, transactionCount)
    }

    package init(decoding bytes: [UInt8]) throws(WireError) {
        guard bytes.count <= Limits.reconcileMessageBytes else { throw .limitExceeded }
        var reader = ByteReader(bytes)
        let flags = try reader.readUInt8()
        guard flags < 8 else { throw .unexpected }
        (wantsAnswer, completesAnswer, isFromInitiator) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0)
        root = try NodeHash(from: &reader)
        (transactionCount, announcedCount) = (try reader.readVarint(), try reader.readVarint())
        // As many as there are lamport numbers. The receiver adds such counts up.
        guard max(transactionCount, announcedCount) <= Limits.lamport else { throw .limitExceeded }
        while !reader.isAtEnd { items.append(try Item(from: &reader)) }
    }

    /// Bytes before the first item, at most.
    static let headerCount = 1 + NodeHash.byteCount + 8 + 8
}

/// The first 16 bytes of the hash of a part of a board's Merkle tree: enough to compare, as finding two parts alike takes 2^64 tries.
package struct NodeHash: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    static let byteCount = 16

    package init(_ fingerprint: Fingerprint) {
        high = fingerprint.prefix
        low = fingerprint.bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
    }

    init(from reader: inout ByteReader) throws(WireError) { (high, low) = (try reader.readUInt64(), try reader.readUInt64()) }

    func write(to writer: inout ByteWriter) {
        writer.write(high)
        writer.write(low)
    }
}

extension ReconcileMessage.Item {
    /// True for what makes its reader say something.
    var wantsAnswer: Bool { if case .want = self { false } else { true } }

    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        switch try reader.readUInt8() {
        case 1: self = .hash(try Block(level: try reader.readUInt8(), from: &reader), try NodeHash(from: &reader))
        case 2:
            let block = try Block(level: try reader.readUInt8(), from: &reader)
            guard block.level > Block.levelMin else { throw .unexpected }
            let mask = try reader.readUInt16()
            var hashes: [NodeHash] = []
            for _ in 0..<mask.nonzeroBitCount { hashes.append(try NodeHash(from: &reader)) }
            self = .split(block, mask: mask, hashes: hashes)
        case 3: self = .list(try ReconcileMessage.Range(from: &reader), try Self.readHashes(from: &reader))
        case 4: self = .want(try ReconcileMessage.Range(from: &reader), try Self.readHashes(from: &reader))
        default: throw .unexpected
        }
    }

    func write(to writer: inout ByteWriter) {
        switch self {
        case .hash(let block, let hash):
            writer.write(1 as UInt8)
            block.write(to: &writer)
            hash.write(to: &writer)
        case .split(let block, let mask, let hashes):
            writer.write(2 as UInt8)
            block.write(to: &writer)
            writer.write(mask)
            for hash in hashes { hash.write(to: &writer) }
        case .list(let range, let hashes): Self.write(3, range, hashes, to: &writer)
        case .want(let range, let hashes): Self.write(4, range, hashes, to: &writer)
        }
    }

    private static func write(_ tag: UInt8, _ range: ReconcileMessage.Range, _ hashes: [UInt64], to writer: inout ByteWriter) {
        writer.write(tag)
        range.write(to: &writer)
        writer.writeVarint(hashes.count)
        for hash in hashes { writer.write(hash) }
    }

    private static func readHashes(from reader: inout ByteReader) throws(WireError) -> [UInt64] {
        let count = try reader.readCount(limit: Limits.reconcileMessageBytes / 8)
        guard reader.remaining >= count * 8 else { throw .truncated(needed: count * 8, available: reader.remaining) }
        var hashes: [UInt64] = []
        hashes.reserveCapacity(count)
        for _ in 0..<count {
            let hash = try reader.readUInt64()
            if let last = hashes.last, last >= hash { throw .nonCanonical }
            hashes.append(hash)
        }
        return hashes
    }
}

extension ReconcileMessage.Range {
    fileprivate static let fromTag: UInt8 = 127

    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        let level = try reader.readUInt8()
        guard level == Self.fromTag else {
            self = .block(try Block(level: level, from: &reader))
            return
        }
        let lamport = try reader.readVarint()
        guard lamport <= Limits.lamport + 1 else { throw .limitExceeded }
        self = .from(lamport)
    }

    fileprivate func write(to writer: inout ByteWriter) {
        switch self {
        case .block(let block): block.write(to: &writer)
        case .from(let lamport):
            writer.write(Self.fromTag)
            writer.writeVarint(lamport)
        }
    }
}

extension Block {
    fileprivate init(level: UInt8, from reader: inout ByteReader) throws(WireError) {
        let level = Int(Int8(bitPattern: level))
        guard (Self.levelMin...Self.levelMax).contains(level) else { throw .unexpected }
        let lamport = try reader.readVarint()
        guard lamport <= Limits.lamport, lamport & (1 << UInt64(max(0, level) * 4) - 1) == 0 else { throw .nonCanonical }
        let count = level < 0 ? (1 - level) / 2 : 0
        let digits = try reader.readBytes(count)
        if level % 2 != 0, level < 0, let last = digits.last, last & 15 != 0 { throw .nonCanonical }
        guard let prefix = TransactionName(digits + Array(repeating: 0, count: 32 - count)) else { throw .unexpected }
        self.init(level: level, lamport: lamport, prefix: prefix)
    }

    fileprivate func write(to writer: inout ByteWriter) {
        writer.write(UInt8(bitPattern: Int8(level)))
        writer.writeVarint(lamport)
        if level < 0 { writer.write(prefix.bytes[..<((1 - level) / 2)]) }
    }

    /// The fewest blocks that cover the lamport numbers in `range`, ascending. At most 30 for each of the 8 levels.
    package static func covering(_ range: Swift.Range<UInt64>) -> [Block] {
        var blocks: [Block] = []
        var lamport = range.lowerBound
        while lamport < range.upperBound {
            var level = 0
            while level < levelMax {
                let width: UInt64 = 1 << UInt64((level + 1) * 4)
                guard lamport & (width - 1) == 0, range.upperBound - lamport >= width else { break }
                level += 1
            }
            blocks.append(Block(level: level, lamport: lamport, prefix: .zero))
            lamport += 1 << UInt64(level * 4)
        }
        return blocks
    }
}
