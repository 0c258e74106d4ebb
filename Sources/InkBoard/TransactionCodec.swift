import InkPrimitives

/// The bytes of a transaction's body.
///
///     version 1 │ board 32 │ author 32 │ sequence varint │ parents: count varint, 32 each │ previous: its index among the parents,
///     varint, if sequence > 1 │ grant: 0 for the genesis of this board, else 1 and 32 bytes │ lamport varint │ wall time varint
///     other authors restored: count varint, 32 each │ own targets │ other authors: count varint, for each: author 32, targets
///
///     targets:  count varint, for each: number as a step from the one before (the first from 0), edits: count varint, for each:
///               property << 1 | restores, varint │ origin, if restores │ value
///     origin:   0 for the unwritten state │ 1, sequence varint: own │ 2 + index among the restored authors, sequence varint
///
/// All lists ascend strictly, no list of others' targets is empty, each restored author is used: one value has one (BD-2) encoding.
package enum TransactionCodec {
    static let version: UInt8 = 1

    static func readHeader(from reader: inout ByteReader) throws(WireError) -> TransactionHeader {
        guard try reader.readUInt8() == version else { throw .unexpected }
        let board: BoardID = try reader.readIdentifier()
        let author: AuthorID = try reader.readIdentifier()
        let sequence = try reader.readVarint()
        let parents: [TransactionName] = try readNames(from: &reader, limit: Limits.parents)
        guard sequence > 0, (board == .zero) == parents.isEmpty else { throw .unexpected }
        var previous = TransactionName.zero
        if sequence > 1 {
            let index = try reader.readVarint()
            guard index < UInt64(parents.count) else { throw .unexpected }
            previous = parents[Int(index)]
        }
        var grant = TransactionName(board.bytes) ?? .zero
        switch try reader.readUInt8() {
        case 0: break
        case 1:
            let other: TransactionName = try reader.readIdentifier()
            guard other != grant else { throw .nonCanonical }
            grant = other
        default: throw .unexpected
        }
        let lamport = try reader.readVarint()
        guard lamport <= Limits.lamport else { throw .limitExceeded }
        guard parents.isEmpty ? lamport == 1 && sequence == 1 && grant == .zero : lamport > 1 else { throw .unexpected }
        let wallTime = try reader.readVarint()
        return TransactionHeader(
            board: board, author: author, sequence: sequence, previous: previous, grant: grant, parents: parents, lamport: lamport,
            claimedWallTime: wallTime)
    }

    /// What is read of writes: all of them, or only whether they may stand as they do (BD-126). Writes held decoded take many times the bytes that
    /// they were sent as, so who only checks keeps one at a time.
    struct WriteSink {
        private(set) var count = 0
        private(set) var writes: [Write] = []
        /// Of the first writes, one more than genesis has at most.
        private(set) var firstProperties: [Property] = []
        private(set) var hasGenesis = false
        /// Undos, redos and continuations.
        private(set) var steps = 0
        /// What of them the rules of rights ask for.
        private(set) var summary = WriteSummary()
        private let isKept: Bool

        init(isKept: Bool) { self.isKept = isKept }

        fileprivate mutating func append(_ write: Write, _ row: PropertyRow, by author: AuthorID) {
            count += 1
            if firstProperties.count < 6 { firstProperties.append(write.property) }
            if row.law == .genesis { hasGenesis = true }
            if row.law == .step { steps += 1 }
            summary.append(write, row, by: author)
            if isKept { writes.append(write) }
        }
    }

    static func readWrites(
        from reader: inout ByteReader, author: AuthorID, into sink: inout WriteSink
    ) throws(WireError) {
        var origins = Origins(author: author, others: try readNames(from: &reader, limit: Limits.writesPerTransaction))
        guard !origins.others.contains(author) else { throw .nonCanonical }
        try readTargets(of: author, isOwn: true, origins: &origins, into: &sink, from: &reader)
        let others = try reader.readCount(limit: Limits.writesPerTransaction)
        var before: AuthorID?
        for _ in 0..<others {
            let other: AuthorID = try reader.readIdentifier()
            guard other != author, before.map({ $0 < other }) ?? true else { throw .nonCanonical }
            before = other
            let countBefore = sink.count
            try readTargets(of: other, isOwn: false, origins: &origins, into: &sink, from: &reader)
            guard sink.count > countBefore else { throw .nonCanonical }
        }
        guard sink.count > 0 else { throw .unexpected }
        guard !origins.isUsed.contains(false) else { throw .nonCanonical }
    }

    /// What only the whole shows: genesis has exactly its four writes, on boards of version 2 five, and nothing else has any of them; undo, redo and
    /// continuation exclude each other; one right is given at most, and an admission stands alone (BD-165).
    static func check(_ sink: WriteSink, of header: TransactionHeader) throws(WireError) {
        if header.parents.isEmpty {
            let needed: [Property] = [.boardName, .nonce, .boardVersion, .admission]
            guard sink.firstProperties == needed || sink.firstProperties == needed + [.firstSecret] else { throw .unexpected }
            return
        }
        guard !sink.hasGenesis, sink.steps <= 1, sink.summary.giftCount <= 1 else { throw .unexpected }
        guard !sink.summary.isAdmission || sink.count == 1 else { throw .unexpected }
    }

    /// The body of what was said; sorts `writes`.
    package static func body(_ header: TransactionHeader, writes: [Write]) throws(RuleViolation) -> [UInt8] {
        guard header.parents.count <= Limits.parents, writes.count <= Limits.writesPerTransaction else { throw .tooLarge }
        guard !writes.isEmpty else { throw .writesNotDistinct }
        let sorted = writes.sorted { precedes($0, $1, author: header.author) }
        for (write, next) in zip(sorted, sorted.dropFirst()) where write.target == next.target && write.property == next.property {
            throw .writesNotDistinct
        }
        var writer = ByteWriter(capacity: 256)
        writer.write(version)
        writer.write(header.board)
        writer.write(header.author)
        writer.writeVarint(header.sequence)
        writeNames(header.parents, to: &writer)
        if header.sequence > 1 {
            guard let index = header.parents.firstIndex(of: header.previous) else { throw .wrongPrevious }
            writer.writeVarint(index)
        }
        if header.grant.bytes == header.board.bytes {
            writer.write(0 as UInt8)
        } else {
            writer.write(1 as UInt8)
            writer.write(header.grant)
        }
        writer.writeVarint(header.lamport)
        writer.writeVarint(min(header.claimedWallTime, Varint.max))
        let origins = Origins(author: header.author, restoredBy: sorted)
        writeNames(origins.others, to: &writer)
        let ownCount = sorted.firstIndex { $0.target.author != header.author } ?? sorted.count
        try writeTargets(sorted[..<ownCount], origins: origins, to: &writer)
        let others = sorted[ownCount...].runs { $0.target.author == $1.target.author }
        writer.writeVarint(others.count)
        for run in others {
            if let first = run.first { writer.write(first.target.author) }
            try writeTargets(run, origins: origins, to: &writer)
        }
        return writer.bytes
    }

    /// The authors other than the transaction's whose writes it restores.
    private struct Origins {
        let author: AuthorID
        let others: [AuthorID]
        var isUsed: [Bool]

        init(author: AuthorID, others: [AuthorID]) {
            (self.author, self.others, isUsed) = (author, others, Array(repeating: false, count: others.count))
        }

        init(author: AuthorID, restoredBy writes: [Write]) {
            var others: Set<AuthorID> = []
            for case .transaction(let other, _)? in writes.map(\.restores) where other != author { others.insert(other) }
            self.init(author: author, others: others.sorted())
        }

        mutating func read(from reader: inout ByteReader) throws(WireError) -> Origin {
            let tag = try reader.readCount(limit: others.count + 1)
            guard tag > 0 else { return .unwritten }
            let sequence = try reader.readVarint()
            guard tag > 1 else { return .transaction(author: author, sequence: sequence) }
            isUsed[tag - 2] = true
            return .transaction(author: others[tag - 2], sequence: sequence)
        }

        func write(_ origin: Origin, to writer: inout ByteWriter) {
            switch origin {
            case .unwritten: writer.writeVarint(0)
            case .transaction(let other, let sequence):
                // `others` was made from the same writes, so who is not in it is the author.
                writer.writeVarint(index(of: other).map { $0 + 2 } ?? 1)
                writer.writeVarint(sequence)
            }
        }

        private func index(of other: AuthorID) -> Int? {
            var (low, high) = (0, others.count)
            while low < high {
                let middle = (low + high) / 2
                if others[middle] < other { low = middle + 1 } else { high = middle }
            }
            return low < others.count && others[low] == other ? low : nil
        }
    }

    private static func precedes(_ left: Write, _ right: Write, author: AuthorID) -> Bool {
        if left.target.author != right.target.author {
            if left.target.author == author { return true }
            if right.target.author == author { return false }
            return left.target.author < right.target.author
        }
        if left.target.number != right.target.number { return left.target.number < right.target.number }
        return left.property < right.property
    }

    private static func readTargets(
        of author: AuthorID, isOwn: Bool, origins: inout Origins, into sink: inout WriteSink, from reader: inout ByteReader
    ) throws(WireError) {
        let count = try reader.readCount(limit: Limits.writesPerTransaction)
        var next: UInt64 = 0
        for index in 0..<count {
            let step = try reader.readVarint()
            // The first number may be 0 (the person record) where the target is one's own; later ones must ascend.
            guard index == 0 || step > 0 else { throw .nonCanonical }
            let number = next + step
            guard number <= Limits.shapeNumber, number > 0 || isOwn else { throw .limitExceeded }
            next = number
            let target = ShapeID(author: author, number: number)
            let edits = try reader.readCount(limit: Limits.writesPerTransaction - sink.count)
            guard edits > 0 else { throw .nonCanonical }
            var before: UInt16 = 0
            for _ in 0..<edits {
                let tag = try reader.readCount(limit: Int(UInt16.max) << 1 | 1)
                let property = Property(rawValue: UInt16(tag >> 1))
                guard property.rawValue > before else { throw .nonCanonical }
                before = property.rawValue
                guard let row = property.wireRow, row.place.holds(number: number) else { throw .unexpected }
                var restores: Origin?
                if tag & 1 == 1 {
                    guard row.law.isRegister, number > 0 else { throw .unexpected }
                    restores = try origins.read(from: &reader)
                }
                let value = try row.form.read(from: &reader)
                sink.append(Write(target, property, value, restores: restores), row, by: origins.author)
            }
        }
    }

    private static func writeTargets(_ writes: ArraySlice<Write>, origins: Origins, to writer: inout ByteWriter) throws(RuleViolation) {
        let targets = writes.runs { $0.target == $1.target }
        writer.writeVarint(targets.count)
        var next: UInt64 = 0
        for edits in targets {
            guard let target = edits.first?.target, target.number <= Limits.shapeNumber else { throw .tooLarge }
            writer.writeVarint(target.number - next)
            next = target.number
            writer.writeVarint(edits.count)
            for edit in edits {
                writer.writeVarint(UInt64(edit.property.rawValue) << 1 | (edit.restores == nil ? 0 : 1))
                if let origin = edit.restores { origins.write(origin, to: &writer) }
                guard let row = edit.property.wireRow, row.form.write(edit.value, to: &writer) else {
                    throw .badValue(field: "property \(edit.property.rawValue)")
                }
            }
        }
    }

    static func readNames<Tag>(from reader: inout ByteReader, limit: Int) throws(WireError) -> [Identifier<Tag>] {
        let count = try reader.readCount(limit: limit)
        guard reader.remaining >= count * 32 else { throw .truncated(needed: count * 32, available: reader.remaining) }
        var names: [Identifier<Tag>] = []
        names.reserveCapacity(count)
        for _ in 0..<count {
            let name: Identifier<Tag> = try reader.readIdentifier()
            if let last = names.last, last >= name { throw .nonCanonical }
            names.append(name)
        }
        return names
    }

    static func writeNames<Tag>(_ names: [Identifier<Tag>], to writer: inout ByteWriter) {
        writer.writeVarint(names.count)
        for name in names { writer.write(name) }
    }
}

extension ArraySlice {
    /// The longest runs of neighbours that `belong` together.
    func runs(_ belong: (Element, Element) -> Bool) -> [ArraySlice] {
        guard var start = indices.first else { return [] }
        var runs: [ArraySlice] = []
        for index in indices.dropFirst() where !belong(self[index - 1], self[index]) {
            runs.append(self[start..<index])
            start = index
        }
        runs.append(self[start...])
        return runs
    }
}
