import InkPrimitives

/// What will happen, ordered by time; things of one time happen in the order in which they were scheduled (SM-1).
package struct EventQueue<Event> {
    private struct Entry {
        var time: Instant
        var counter: UInt64
        var event: Event

        func isBefore(_ other: Entry) -> Bool { time == other.time ? counter < other.counter : time < other.time }
    }

    // A binary heap: the children of `index` are at 2·index + 1 and 2·index + 2.
    private var heap: [Entry] = []
    private var nextCounter: UInt64 = 0

    /// Nothing happens.
    package init() {}

    /// Things still to happen.
    package var count: Int { heap.count }
    /// When the next one does.
    package var nextTime: Instant? { heap.first?.time }

    /// Adds an event at `time`, which must not lie before what was already taken out.
    package mutating func schedule(_ event: Event, at time: Instant) {
        heap.append(Entry(time: time, counter: nextCounter, event: event))
        nextCounter += 1
        var index = heap.count - 1
        while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Takes out the next event.
    package mutating func next() -> (time: Instant, event: Event)? {
        guard let last = heap.popLast() else { return nil }
        guard let first = heap.first else { return (last.time, last.event) }
        heap[0] = last
        var index = 0
        while true {
            var smallest = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].isBefore(heap[smallest]) {
                smallest = child
            }
            guard smallest != index else { break }
            heap.swapAt(index, smallest)
            index = smallest
        }
        return (first.time, first.event)
    }
}
