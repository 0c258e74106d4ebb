import InkPrimitives
import InkSession
import Testing

@Suite struct SaveQueueTests {
    private func port(_ number: UInt16) -> StoreRecord { .ownPort(number) }

    @Test func `what comes while a batch is under way goes together in the next`() {
        var queue = SaveQueue()
        queue.append(port(1))
        let first = queue.nextBatch(now: .zero)
        #expect(first?.1 == [port(1)])
        queue.append(port(2))
        queue.append(port(3))
        let none = queue.nextBatch(now: .zero)
        #expect(none == nil)
        let safe = queue.persisted(first?.0 ?? 0)
        #expect(safe == [port(1)])
        let second = queue.nextBatch(now: .zero)
        #expect(second?.1 == [port(2), port(3)])
    }

    @Test func `SE-7: a refused batch is offered again a second later, before anything newer`() {
        var queue = SaveQueue()
        queue.append(port(1))
        let first = queue.nextBatch(now: .zero)
        queue.append(port(2))
        queue.failed(first?.0 ?? 0, reason: "full", now: .zero)
        #expect(queue.refusal == "full")
        let early = queue.nextBatch(now: .zero + .milliseconds(999))
        #expect(early == nil)
        let again = queue.nextBatch(now: .zero + .seconds(1))
        #expect(again?.1 == [port(1)])
        let stale = queue.persisted(first?.0 ?? 0)
        #expect(stale.isEmpty)
        let safe = queue.persisted(again?.0 ?? 0)
        #expect(safe == [port(1)])
        #expect(queue.refusal == nil)
        let last = queue.nextBatch(now: .zero + .seconds(1))
        #expect(last?.1 == [port(2)])
    }
}
