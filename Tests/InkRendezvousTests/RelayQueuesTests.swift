import InkPrimitives
import Testing

@testable import InkRendezvous

@Suite struct RelayQueuesTests {
    private let now = Instant.zero + .seconds(1)

    private func topic(_ number: UInt8) throws -> Topic { try #require(Topic([UInt8](repeating: number, count: 32))) }

    private func frame(bytes: Int) -> RelayFrame.ToServer {
        .init(sender: 1, receivers: [2], datagram: [UInt8](repeating: 0, count: bytes))
    }

    @Test func `RV-52: a topic that is forgotten and comes again has the turns of one`() throws {
        var queues = RelayQueues(rate: 1e6, total: 1e7)
        let (again, other) = (try topic(1), try topic(2))
        for _ in 0..<5 {
            queues.append(frame(bytes: 300), from: .init(1), in: again, now: now)
            queues.forget(again)
        }
        for _ in 0..<40 {
            queues.append(frame(bytes: 300), from: .init(1), in: again, now: now)
            queues.append(frame(bytes: 300), from: .init(2), in: other, now: now)
        }
        var turns: [Topic: Int] = [:]
        for _ in 0..<40 { if let item = queues.next(now: now) { turns[item.topic, default: 0] += 1 } }
        #expect((19...21).contains(turns[again, default: 0]) && (19...21).contains(turns[other, default: 0]), "\(turns)")
        while queues.next(now: now) != nil {}
        #expect(queues.count == 0 && queues.deadline == nil)
    }

    @Test func `RV-141: of what is too much of a room who has most pays, down to what the next has, and nobody else`() throws {
        var queues = RelayQueues(rate: 65_536, total: 1e7)
        let room = try topic(1)
        // 13 107 bytes may wait: 10 × 100 of the small, and of the others what is left.
        for token in 1...10 { queues.append(frame(bytes: 46), from: .init(UInt64(token)), in: room, now: now) }
        for _ in 0..<60 {
            for token in [11, 12] { queues.append(frame(bytes: 946), from: .init(UInt64(token)), in: room, now: now) }
        }
        var sent: [UInt64: Int] = [:]
        // Its turns come as time passes; nothing is too old by then.
        for step in 0..<90 {
            while let item = queues.next(now: now + .milliseconds(Int64(step))) { sent[item.token.number, default: 0] += 1 }
        }
        #expect((1...10).allSatisfy { sent[$0] == 1 }, "\(sent)")
        #expect(abs(sent[11, default: 0] - sent[12, default: 0]) <= 1, "\(sent)")
        #expect(queues.dropped >= 108 && queues.dropped <= 112, "\(queues.dropped)")
    }
}
