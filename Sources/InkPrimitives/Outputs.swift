/// What a state machine wants done and nobody has taken yet.
///
/// The driving contract of every machine here: *call one input; drain `nextOutput()` until nil; sleep no longer than `deadline`.* Inputs
/// append, `nextOutput()` is `next()`: each output is given once, in the order in which it came about, also where the next input came before
/// all were taken.
///
/// Each is moved out, never copied: one that holds a message would else be counted twice and counted off again (PR-9).
public struct Outputs<Output> {
    /// All from `head` on wait; what is before it was taken out, and is nil.
    @usableFromInline var items: [Output?] = []
    @usableFromInline var head = 0

    /// Nothing to do.
    @inlinable public init() {}

    /// True when all was taken.
    @inlinable public var isEmpty: Bool { head == items.count }

    /// Wants one more thing done, after all others.
    @inlinable public mutating func append(_ output: consuming Output) { items.append(output) }

    /// Wants `outputs` done, after all others and in their order.
    @inlinable public mutating func append(contentsOf outputs: some Sequence<Output>) {
        for output in outputs { items.append(output) }
    }

    /// Takes the next thing to do; nil when there is nothing more.
    @inlinable public mutating func next() -> Output? {
        guard head < items.count else { return nil }
        let output = items[head].take()
        head += 1
        if head == items.count {
            if items.capacity > Self.spareMax { items = [] } else { items.removeAll(keepingCapacity: true) }
            head = 0
        } else if head >= Self.takenMin, head * 2 >= items.count {
            // Not all are taken before others come: what waits moves to the front, in large steps.
            items.removeFirst(head)
            head = 0
        }
        return output
    }

    /// Outputs for which room is kept when all were taken.
    @usableFromInline static var spareMax: Int { 2048 }
    /// Outputs taken before what waits behind them is moved to the front.
    @usableFromInline static var takenMin: Int { 1024 }
}

extension Outputs: Sendable where Output: Sendable {}
