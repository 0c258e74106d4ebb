/// First in, first out: elements leave in the order in which they came, each once.
///
/// A start index moves over an array, so neither end costs more the longer the queue is; what was taken out is forgotten in large steps.
/// Positions count from the element that leaves next, which is at 0.
///
/// Inlined, though `InkPrimitives` holds no hot loop: other modules take one element a packet or an output. Measured with elements of 56
/// bytes, drained eight at a time: 15 ns an element against 60; a change in place 1 ns against 83, since without it the element is copied.
public struct Queue<Element> {
    /// All from `head` on waits; what is before it was taken out.
    @usableFromInline var items: [Element] = []
    @usableFromInline var head = 0
    /// Elements for which a queue keeps room that holds few or none.
    @usableFromInline let spareMax: Int

    /// An empty queue.
    ///
    /// - Parameter spareMax: elements for which it keeps room when it holds few or none.
    @inlinable public init(spareMax: Int = 1024) { self.spareMax = spareMax }

    /// Puts `element` at the end.
    @inlinable public mutating func append(_ element: Element) { items.append(element) }

    /// Puts `elements` at the end, in their order.
    @inlinable public mutating func append(contentsOf elements: some Sequence<Element>) { items.append(contentsOf: elements) }

    /// Takes the oldest element out; nil when there is none.
    @inlinable public mutating func popFirst() -> Element? {
        guard head < items.count else { return nil }
        let element = items[head]
        head += 1
        forgetTaken()
        return element
    }

    /// Takes the oldest elements out, at most `limit`, which must not be negative.
    @inlinable public mutating func popFirst(_ limit: Int) -> [Element] {
        let taken = Array(items[head..<Swift.min(head + limit, items.count)])
        head += taken.count
        forgetTaken()
        return taken
    }

    /// Takes everything out and gives its memory back.
    @inlinable public mutating func removeAll() { (items, head) = ([], 0) }

    /// Keeps no element alive that was taken out, but for a few or as many as still wait (PR-8).
    @inlinable mutating func forgetTaken() {
        if head == items.count {
            if items.capacity > spareMax { items = [] } else { items.removeAll(keepingCapacity: true) }
            head = 0
        } else if head >= Swift.min(Self.takenMin, spareMax), head * 2 >= items.count {
            // One that is hardly ever empty gives back what it took once, too.
            if items.capacity / 4 >= spareMax, (items.count - head) * 8 <= items.capacity {
                items = Array(items[head...])
            } else {
                items.removeFirst(head)
            }
            head = 0
        }
    }

    /// Elements taken out before what waits behind them is moved to the front.
    @usableFromInline static var takenMin: Int { 64 }
}

extension Queue: RandomAccessCollection {
    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { items.count - head }

    /// The element with `position` others before it; must be in `0..<count`.
    @inlinable public subscript(position: Int) -> Element {
        _read { yield items[head + position] }
        _modify { yield &items[head + position] }
    }
}

extension Queue: Sendable where Element: Sendable {}
