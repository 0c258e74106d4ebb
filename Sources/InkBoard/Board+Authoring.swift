import InkCrypto
import InkPrimitives

/// Own work: wishes become writes, writes become a signed transaction.
extension Board {
    /// Builds, signs and inserts one transaction of the key's owner. Nothing changes on a throw.
    ///
    /// - Parameters:
    ///   - writes: in any order; no two alike.
    ///   - wallTime: milliseconds since 1970, for display.
    ///   - strand: whose history of undo it belongs to.
    ///   - mayFork: true where own work that waits for its parents was waited for in vain.
    ///   - right: the transaction that gives the right used, of who joins the invite; nil for what allows its author most.
    public mutating func author(
        _ writes: [Write], key: SigningKey, wallTime: UInt64, strand: Strand = .common, mayFork: Bool = false,
        under right: TransactionName? = nil
    ) throws(RuleViolation) -> (Transaction, InsertOutcome) {
        let author = key.author
        // A log that others have seen further than we have must be adopted before it is written on, or it forks.
        guard mayFork || !hasWaitingWork(of: author) else { throw .ownHistoryMissing }
        let transaction = try Transaction.sign(header(by: author, wallTime: wallTime, under: right), writes: writes, key: key)
        claim(transaction.name, by: strand)
        let outcome = insert(transaction)
        if case .invalid(let violation) = outcome.result { throw violation }
        return (transaction, outcome)
    }

    /// True while transactions of this author are here whose parents are not.
    public func hasWaitingWork(of author: AuthorID) -> Bool { orphans.containsWork(of: author) }

    /// The writes of a new shape, on top of all others unless `depth` says where.
    public func writes(for draft: ShapeDraft, number: UInt64, by author: AuthorID, depth: DepthKey? = nil) throws(RuleViolation) -> [Write]
    {
        var writes: [Write] = []
        let id = ShapeID(author: author, number: number)
        for property in KnownProperty.drawn {
            let row = property.row
            let value: Value? = property == .depth ? .depth(depth ?? topDepth) : draft.value(of: property)
            guard let value, let drawing = row.drawing else { continue }
            guard property.allows(value, of: draft.kind) else { throw .badValue(field: "\(row.key)") }
            // What a register has unwritten needs no write.
            guard drawing.isAlwaysWritten || value != row.form.unwritten else { continue }
            writes.append(Write(id, Property(property), property.spelling(of: value)))
        }
        guard number > 0, number <= Limits.shapeNumber else { throw .badValue(field: "id") }
        return writes
    }

    /// The writes that give one shape new values. Of several values for one property the last is taken.
    public func writes(for changes: [PropertyChange], of id: ShapeID) throws(RuleViolation) -> [Write] {
        guard let shape = shape(id) else { throw .noSuchShape(id) }
        var writes: [Property: Write] = [:]
        for change in changes {
            let write = try write(for: change, of: shape)
            writes[write.property] = write
        }
        return writes.values.sorted { $0.property < $1.property }
    }

    /// The writes that displace shapes; a name given twice counts once (BD-35). Those that would take one beyond the edge are none: clamped, each of
    /// them would be displaced by another step, and none would find back.
    ///
    /// A line that is bound to a shape which is not displaced with it is let go there, and its points are written as they were seen (BD-62).
    public func writes(moving ids: [ShapeID], by displacement: Point) throws(RuleViolation) -> [Write] {
        var writes: [Write] = []
        let moved = Set(ids)
        var outlines = Outlines()
        for id in moved.sorted() {
            guard let shape = shape(id) else { throw .noSuchShape(id) }
            let place = shape.content.position + displacement
            guard place - displacement == shape.content.position else { throw .beyondEdge }
            writes.append(Write(id, .position, .point(place)))
            writes += self.writes(lettingGo: shape, butAt: moved, meeting: &outlines)
        }
        return writes
    }

    /// The writes that let a line go where it is bound to other shapes than these (BD-150), and leave it where it is seen; none for all else. Points
    /// that are too long to be written stay as they are stored.
    private func writes(lettingGo shape: Shape, butAt moved: Set<ShapeID>, meeting outlines: inout Outlines) -> [Write] {
        guard shape.content.hasEnds else { return [] }
        var writes: [Write] = []
        for (property, binding) in [(KnownProperty.startBinding, shape.content.startBinding), (.endBinding, shape.content.endBinding)] {
            guard let binding, !moved.contains(binding.shape) else { continue }
            writes.append(Write(shape.id, Property(property), property.spelling(of: .binding(nil))))
        }
        guard !writes.isEmpty else { return [] }
        let points = drawn(shape.content, meeting: &outlines).points
        let isStored = points == shape.content.points || PointsCodec.byteCount(points) > Self.pointBytesKeptMax
        return isStored ? writes : [Write(shape.id, .points, .points(points))] + writes
    }

    /// The lines that are bound to shapes which go, and do not go with them, each with the points with which it is seen: what of them may be
    /// stored at once.
    func linesKept(without gone: Set<ShapeID>) -> [(line: Shape, points: [Point])] {
        guard gone.contains(where: { shape($0)?.content.isBindable == true }) else { return [] }
        var outlines = Outlines()
        let seen = picture.shapes.lines(boundTo: gone, limit: Self.linesKeptMax)
            .map { line in
                let points = drawn(line.content, meeting: &outlines).points
                return (line: line, points: points, byteCount: PointsCodec.byteCount(points))
            }
        // Long lines that somebody bound leave room for all that are short.
        var byteCount = 0
        return seen.sorted { ($0.byteCount, $0.line.id) < ($1.byteCount, $1.line.id) }
            .prefix { line in
                byteCount += line.byteCount
                return byteCount <= Self.pointBytesKeptMax
            }
            .map { ($0.line, $0.points) }
    }

    /// So many lines are written when a shape goes that they are bound to (BD-151), and so many bytes of their points: a hostile member makes no
    /// deletion dear, nor one that fits no transaction. The others fall back to where they were seen when they were last written.
    static let linesKeptMax = 256
    static let pointBytesKeptMax = Limits.transactionBytes / 2

    /// The writes by which a hand gave a box other corners: of what stands, only what the hand changed (BD-36), by as much as it did.
    ///
    /// - Parameters:
    ///   - displacement: how far its place was moved.
    ///   - growth: by how much it was made wider and higher. A side that would pass the other pushes no further.
    public func writes(resizing id: ShapeID, by displacement: Point, growing growth: Point) throws(RuleViolation) -> [Write] {
        guard let shape = shape(id) else { throw .noSuchShape(id) }
        var writes = displacement == .zero ? [] : try self.writes(moving: [id], by: displacement)
        guard growth != .zero else { return writes }
        let size = shape.content.size
        let grown = Point(clampingX: Int64(size.width) + Int64(growth.x), y: Int64(size.height) + Int64(growth.y))
        writes.append(Write(id, .size, .size(Size(width: max(0, grown.x), height: max(0, grown.y)))))
        return writes
    }

    /// Cuts writes into as many transactions as they need; what belongs to one shape stays together (BD-34), and in each there is room for the write
    /// that makes it go on with the first.
    ///
    /// - Parameter others: what each of them holds beside that; nil for nothing.
    public func parts(of writes: [Write], by author: AuthorID, beside others: [Write]? = nil) throws(RuleViolation) -> [[Write]] {
        let step = others ?? Self.writes(continuing: .zero, by: author)
        var parts: [[Write]] = []
        var rest = writes[...].runs { $0.target == $1.target }[...]
        while let first = rest.first {
            var (taken, count) = (1, first.count)
            for run in rest.dropFirst() {
                guard count + run.count + step.count <= Limits.writesPerTransaction else { break }
                (taken, count) = (taken + 1, count + run.count)
            }
            while !fits(rest.prefix(taken).joined() + step, by: author) {
                guard taken > 1 else { throw .tooLarge }
                taken /= 2
            }
            parts.append(Array(rest.prefix(taken).joined()))
            rest = rest.dropFirst(taken)
        }
        return parts
    }

    /// The writes that delete shapes; a name given twice counts once.
    ///
    /// Lines that are bound to them stay where they are seen: their points are stored so, and the bindings are kept, for when the deletion is taken
    /// back (BD-63).
    public func writes(deleting ids: [ShapeID]) throws(RuleViolation) -> [Write] {
        var writes: [Write] = []
        let gone = Set(ids)
        for id in gone.sorted() {
            guard shape(id) != nil else { throw .noSuchShape(id) }
            writes.append(Write(id, .deletion, .mark))
        }
        for (line, points) in linesKept(without: gone) where points != line.content.points {
            writes.append(Write(line.id, .points, .points(points)))
        }
        return writes
    }

    /// The writes of a chat message.
    public static func writes(saying text: String, by author: AuthorID) throws(RuleViolation) -> [Write] {
        let row = KnownProperty.chat.row
        guard !text.isEmpty, row.form.allows(.text(text)) else { throw .badValue(field: "\(row.key)") }
        return [Write(ShapeID(author: author, number: 0), .chat, .text(text))]
    }

    /// The writes by which a person takes a name.
    public static func writes(naming name: String, by author: AuthorID) throws(RuleViolation) -> [Write] {
        let row = KnownProperty.displayName.row
        guard row.form.allows(.text(name)) else { throw .badValue(field: "\(row.key)") }
        return [Write(ShapeID(author: author, number: 0), .displayName, .text(name))]
    }

    /// The write that makes a transaction go on with the gesture that `first`, the author's last, began (BD-22): one step of undo in all. For a
    /// stroke that reached a limit, and for a text that is saved while it is typed.
    public static func writes(continuing first: TransactionName, by author: AuthorID) -> [Write] {
        [Write(ShapeID(author: author, number: 0), .continuation, .name(first))]
    }

    /// True if these writes fit one transaction.
    public func fits(_ writes: some Sequence<Write>, by author: AuthorID) -> Bool {
        let all = Array(writes)
        guard let body = try? TransactionCodec.body(header(by: author, wallTime: Varint.max), writes: all) else { return false }
        return body.count + Transaction.signatureCount <= Limits.transactionBytes
    }

    private func header(by author: AuthorID, wallTime: UInt64, under right: TransactionName? = nil) -> TransactionHeader {
        let previous = log.tip(of: author)?.name
        let right = right ?? transactionSet.right(of: author)
        let parents = parents(of: author, under: right)
        return TransactionHeader(
            board: id, author: author, sequence: log.sequence(of: author) + 1, previous: previous ?? .zero,
            grant: right, parents: parents, lamport: log.lamport(after: log.slots(named: parents)), claimedWallTime: wallTime)
    }

    private func write(for change: PropertyChange, of shape: Shape) throws(RuleViolation) -> Write {
        let (row, kind) = (change.property.row, shape.content.kind)
        // The samples of a stroke never change.
        guard row.form.allows(change.value), row.law != .samples || kind.isPath && kind != .freehand else {
            throw .badValue(field: "\(row.key)")
        }
        return Write(shape.id, Property(change.property), change.property.spelling(of: change.value))
    }
}

extension Point {
    /// True within the coordinate limit.
    var isInRange: Bool { (-Limits.coordinate...Limits.coordinate).contains(x) && (-Limits.coordinate...Limits.coordinate).contains(y) }
}

extension Size {
    /// True for an extent that is not negative and within the coordinate limit.
    var isInRange: Bool { (0...Limits.coordinate).contains(width) && (0...Limits.coordinate).contains(height) }
}
