import InkPrimitives

/// The values of property 88.
enum Lock {
    static let open: UInt8 = 0
    static let locked: UInt8 = 1
}

/// What owners said of the lock of one shape, and what others wrote over it (BD-123, BD-190).
///
/// What a transaction's past says of the lock never changes (BD-191): it is asked once, when the transaction is put in.
struct ShapeLocks: Sendable {
    private struct Word: Sendable {
        let slot: Slot
        let isLocked: Bool
    }

    /// Of each shape that an owner locked or unlocked, by its row.
    private var words: [Int: [Word]] = [:]
    /// What is in and has no effect, by the row of its shape.
    private var void: [Int: Set<Slot>] = [:]

    /// An owner's word, which is in the log before anything that comes after it.
    mutating func insert(_ value: Value, of row: Int, at slot: Slot) {
        let isLocked = KnownProperty.lock.meaning(of: value) == .choice(Lock.locked)
        words[row, default: []].append(Word(slot: slot, isLocked: isLocked))
    }

    /// Puts in what a transaction wrote to a shape, if that has no effect (BD-190): of those words that it comes after the one with the greatest
    /// stamp locks the shape, and its author wrote as no owner.
    mutating func takesIn(_ slot: Slot, of row: Int, of log: Log) -> Bool {
        guard !words.isEmpty, let words = words[row], log.role(of: slot) != .owner else { return false }
        var greatest: Word?
        for word in words where log.lockPast.holds(word.slot, before: slot) {
            if greatest.map({ log[$0.slot].stamp < log[word.slot].stamp }) ?? true { greatest = word }
        }
        guard greatest?.isLocked == true else { return false }
        void[row, default: []].insert(slot)
        return true
    }

    /// Takes out what had no effect; false where it had one.
    mutating func takesOut(_ slot: Slot, of row: Int) -> Bool {
        guard !void.isEmpty, void[row]?.remove(slot) != nil else { return false }
        if void[row]?.isEmpty == true { void[row] = nil }
        return true
    }
}

extension Board {
    /// True where an owner locked a shape and this author is none: what he writes to it has no effect.
    public func isLocked(_ id: ShapeID, to author: AuthorID) -> Bool {
        picture.shapes.written(id)?.isLocked == true && role(of: author) != .owner
    }

    /// The writes by which an owner locks shapes, or unlocks them; of those that are as they should be none.
    public func writes(locking ids: [ShapeID], _ isLocked: Bool) throws(RuleViolation) -> [Write] {
        var writes: [Write] = []
        for id in Set(ids).sorted() {
            guard let shape = shape(id) else { throw .noSuchShape(id) }
            guard shape.isLocked != isLocked else { continue }
            writes.append(Write(id, .lock, KnownProperty.lock.spelling(of: .choice(isLocked ? Lock.locked : Lock.open))))
        }
        return writes
    }
}
