/// Reads single writes of a log again. What is read of one transaction is kept a while: it may have written to thousands of shapes.
struct WriteReader {
    private var writes: [Slot: [ShapeID: ArraySlice<Write>]] = [:]
    /// How many writes are kept.
    private var count = 0

    /// What the transaction at `slot` gave a property of a shape; nil for nothing.
    mutating func value(of property: Property, in target: ShapeID, at slot: Slot, of log: Log) -> Value? {
        runs(of: slot, of: log)[target]?.first { $0.property == property }?.value
    }

    private mutating func runs(of slot: Slot, of log: Log) -> [ShapeID: ArraySlice<Write>] {
        if let known = writes[slot] { return known }
        let read = log[slot].writes
        if count > Self.countMax { (writes, count) = ([:], 0) }
        count += read.count
        let runs = Dictionary(read[...].runs { $0.target == $1.target }.map { ($0[$0.startIndex].target, $0) }, uniquingKeysWith: { $1 })
        writes[slot] = runs
        return runs
    }

    /// Some megabytes.
    private static let countMax = 65_536
}
