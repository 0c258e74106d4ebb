import InkPrimitives

/// All that the log says of one shape: who wrote which register, the marks, and the picture that follows (BD-128).
struct ShapeRecord: Sendable {
    /// Who wrote a register more than once; values are in the log.
    private struct Register: Sendable {
        let property: Property
        /// The write of the greatest stamp.
        var winner: Slot
        /// All other writes, in no order; undo looks among them.
        var others: [Slot]
    }

    /// The shape as the registers show it, whether it stands or not.
    private(set) var shape: Shape
    /// Whose write of `kind` takes effect; nil while the maker's is not here.
    private(set) var kindSlot: Slot?
    /// False for a kind that this version does not know (BD-131).
    private var isKindKnown = false
    private var labelSlot: Slot?
    /// Whose write of a stroke's points takes effect; nil for other kinds, and until the maker's is here.
    private var pointsSlot: Slot?
    /// How many transactions wrote anything here.
    private(set) var transactionCount: Int32 = 0
    /// The transaction that first wrote any register here, and which (bit n: property n): most shapes need no more than this.
    private var firstSlot: Slot = 0
    private var firstProperties: UInt32 = 0
    /// Sorted by property, since strangers may write as many properties as they like.
    private var registers: [Register] = []
    /// Transactions that put a deletion mark here.
    private(set) var marks: [Slot] = []
    /// How many of `marks` are not taken back (BD-6).
    private var liveMarks = 0

    init(id: ShapeID) { shape = Self.unwritten(id) }

    private static func unwritten(_ id: ShapeID) -> Shape {
        Shape(id: id, content: ShapeDraft(kind: .rectangle, position: .zero), depth: .first)
    }

    /// True while the shape is on the board.
    var stands: Bool { isKindKnown && liveMarks == 0 }

    /// True for a note, which commenters may make and change (BD-95).
    var isNote: Bool { isKindKnown && shape.content.kind == .note }

    /// The transaction whose write to `property` stands; nil for none.
    func winner(_ property: Property) -> Slot? {
        if let index = register(of: property) { return registers[index].winner }
        return isFirst(property) ? firstSlot : nil
    }

    /// All transactions that wrote `property`, in no order.
    func writers(_ property: Property) -> [Slot] {
        if let index = register(of: property) { return registers[index].others + [registers[index].winner] }
        return isFirst(property) ? [firstSlot] : []
    }

    /// How many transactions wrote `property`.
    func writerCount(_ property: Property) -> Int {
        if let index = register(of: property) { return registers[index].others.count + 1 }
        return isFirst(property) ? 1 : 0
    }

    /// A transaction wrote here. Takes in what it says of the shape's kind, which decides whose other writes have effect.
    ///
    /// Both are told of the record where it lies: to ask it from without would copy it, some twenty references.
    ///
    /// - Parameter writes: ascending by property, of which the kind is the first.
    mutating func begin(_ writes: ArraySlice<Write>, at slot: Slot, log: Log) -> (wasNote: Bool, isNote: Bool) {
        transactionCount += 1
        let wasNote = isNote
        if let write = writes.first, write.property == .kind { apply(write, at: slot, log: log) }
        return (wasNote, isNote)
    }

    /// Takes in one write of the transaction at `slot`. Whatever the order in which all writes come, the result is the same.
    mutating func apply(_ write: Write, at slot: Slot, log: Log) {
        guard let law = write.property.row?.law else { return }
        switch law {
        case .maker:
            guard log[slot].author == shape.id.author else { return }
            _ = record(write.property, at: slot, log: log)
            if write.property == .kind { applyKind(write.value, at: slot, log: log) } else { applyLabel(write.value, at: slot, log: log) }
        case .samples:
            let wins = record(.points, at: slot, log: log)
            if !isFreehand {
                if wins { set(write.value, of: .points) }
            } else if takesEffect(slot, before: pointsSlot, log: log) {
                pointsSlot = slot
                set(write.value, of: .points)
            }
        case .register, .remark: if record(write.property, at: slot, log: log) { set(write.value, of: write.property) }
        // Marks are noted by the table, and the others stand on no shape.
        case .mark, .retraction, .person, .step, .rights, .genesis: break
        }
    }

    /// Notes the deletion mark of the transaction at `slot`.
    mutating func mark(at slot: Slot, isRetracted: Bool) {
        marks.append(slot)
        if !isRetracted { liveMarks += 1 }
    }

    /// Takes out all that these transactions wrote, and reads again what stands instead.
    ///
    /// - Parameter count: how many of them wrote here.
    mutating func remove(_ slots: Set<Slot>, count: Int, of log: Log, reader: inout WriteReader) {
        transactionCount -= Int32(count)
        if slots.contains(firstSlot) { firstProperties = 0 }
        for index in registers.indices.reversed() {
            registers[index].others.removeAll(where: slots.contains)
            guard slots.contains(registers[index].winner) else { continue }
            let others = registers[index].others
            guard let next = others.indices.max(by: { log[others[$0]].stamp < log[others[$1]].stamp }) else {
                registers.remove(at: index)
                continue
            }
            registers[index].winner = registers[index].others.remove(at: next)
        }
        marks.removeAll(where: slots.contains)
        readAgain(of: log, &reader)
    }

    /// So many of `marks` are not taken back.
    mutating func setLiveMarks(_ count: Int) { liveMarks = count }

    private mutating func readAgain(of log: Log, _ reader: inout WriteReader) {
        (shape, kindSlot, labelSlot, pointsSlot, isKindKnown) = (Self.unwritten(shape.id), nil, nil, nil, false)
        let first = (0..<32).map { Property(rawValue: $0) }.filter { isFirst($0) && register(of: $0) == nil }
        for property in first + registers.map(\.property) where property != .points {
            if property.row?.law == .maker {
                for slot in writers(property) {
                    guard let value = reader.value(of: property, in: shape.id, at: slot, of: log) else { continue }
                    if property == .kind { readKind(value, at: slot, log: log) } else { applyLabel(value, at: slot, log: log) }
                }
            } else if let slot = winner(property), let value = reader.value(of: property, in: shape.id, at: slot, of: log) {
                set(value, of: property)
            }
        }
        guard winner(.points) != nil else { return }
        let id = shape.id
        resolvePoints(log: log) { reader.value(of: .points, in: id, at: $0, of: log) }
    }

    /// The mark of the transaction at `slot` is taken back, if it is here.
    mutating func unmark(_ slot: Slot) { if marks.contains(slot) { liveMarks -= 1 } }

    // The kind and the label are the maker's alone, and its write with the smallest stamp takes effect (BD-7): nobody turns a stroke into a box.
    private mutating func applyKind(_ value: Value, at slot: Slot, log: Log) {
        let wasFreehand = isFreehand
        readKind(value, at: slot, log: log)
        guard isFreehand != wasFreehand, winner(.points) != nil else { return }
        let id = shape.id
        resolvePoints(log: log) { slot in log[slot].writes.first { $0.target == id && $0.property == .points }?.value }
    }

    /// The same, but for the points.
    private mutating func readKind(_ value: Value, at slot: Slot, log: Log) {
        guard case .kind(let raw) = value, takesEffect(slot, before: kindSlot, log: log) else { return }
        kindSlot = slot
        let kind = ShapeKind(rawValue: raw)
        isKindKnown = kind != nil
        shape.content.kind = kind ?? .rectangle
    }

    private mutating func applyLabel(_ value: Value, at slot: Slot, log: Log) {
        guard case .text(let text) = value, takesEffect(slot, before: labelSlot, log: log) else { return }
        labelSlot = slot
        shape.content.label = text
    }

    private func takesEffect(_ slot: Slot, before other: Slot?, log: Log) -> Bool {
        guard log[slot].author == shape.id.author else { return false }
        return other.map { log[slot].stamp < log[$0].stamp } ?? true
    }

    private var isFreehand: Bool { isKindKnown && shape.content.kind == .freehand }

    /// Finds the write of points that takes effect: of a stroke the maker's with the smallest stamp, else the one with the greatest.
    ///
    /// - Parameter points: what the transaction at a slot gave.
    private mutating func resolvePoints(log: Log, points: (Slot) -> Value?) {
        var effective: Slot?
        for slot in writers(.points) {
            guard let other = effective else {
                if !isFreehand || log[slot].author == shape.id.author { effective = slot }
                continue
            }
            if isFreehand ? takesEffect(slot, before: other, log: log) : log[other].stamp < log[slot].stamp { effective = slot }
        }
        pointsSlot = isFreehand ? effective : nil
        set(effective.flatMap(points) ?? .points([]), of: .points)
    }

    private func isFirst(_ property: Property) -> Bool { property.rawValue < 32 && firstProperties & 1 << UInt32(property.rawValue) != 0 }

    /// Adds a writer; true if its write stands now (BD-5).
    private mutating func record(_ property: Property, at slot: Slot, log: Log) -> Bool {
        if let index = register(of: property) {
            let winner = registers[index].winner
            let wins = log[winner].stamp < log[slot].stamp
            registers[index].others.append(wins ? winner : slot)
            if wins { registers[index].winner = slot }
            return wins
        }
        if isFirst(property) {
            let wins = log[firstSlot].stamp < log[slot].stamp
            insert(Register(property: property, winner: wins ? slot : firstSlot, others: [wins ? firstSlot : slot]))
            return wins
        }
        if property.rawValue < 32, firstProperties == 0 || firstSlot == slot {
            firstSlot = slot
            firstProperties |= 1 << UInt32(property.rawValue)
        } else {
            insert(Register(property: property, winner: slot, others: []))
        }
        return true
    }

    private func register(of property: Property) -> Int? {
        let index = place(of: property)
        return index < registers.count && registers[index].property == property ? index : nil
    }

    private mutating func insert(_ register: Register) { registers.insert(register, at: place(of: register.property)) }

    /// The first register that is not below `property`.
    private func place(of property: Property) -> Int {
        var (low, high) = (0, registers.count)
        while low < high {
            let middle = (low + high) / 2
            if registers[middle].property.rawValue < property.rawValue { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Shows a value. What this version does not know is kept in the log, for whoever does, and shown as its bytes.
    private mutating func set(_ value: Value, of property: Property) {
        guard let known = property.known else {
            if case .bytes(let bytes) = value { shape.show(bytes, of: property) }
            return
        }
        switch known {
        case .depth: if case .depth(let key) = value { shape.depth = key }
        case .lock: shape.isLocked = known.meaning(of: value) == .choice(Lock.locked)
        default: shape.content.set(known.meaning(of: value), of: known)
        }
    }
}
