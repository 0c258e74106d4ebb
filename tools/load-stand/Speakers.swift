import InkPrimitives
import InkRendezvous
import NIOCore

/// What people of rooms draw, as the frames that a rendezvous carries for them, and how late each arrives. On its loop.
///
/// A datagram is for one, since each pair seals its own: who draws for seven sends seven.
final class Speakers {
    /// A datagram: when it was sent, nanoseconds (8), and zeros.
    private static let stampBytes = 8

    private let crowd: Crowd
    private let rooms: Int
    private let byteCount: Int
    private let loop: any EventLoop
    private var tasks: [RepeatedTask] = []
    private(set) var sent = 0
    /// Microseconds that each frame took since the last report.
    private var delays: [UInt32] = []
    private(set) var received = 0

    init(_ crowd: Crowd, rooms: Int, byteCount: Int, loop: any EventLoop) {
        precondition(byteCount >= Self.stampBytes, "a datagram has room for its time")
        (self.crowd, self.rooms, self.byteCount, self.loop) = (crowd, rooms, byteCount, loop)
    }

    /// Each draws `rate` times a second for each other of his room; people begin one after the other within the first interval.
    func begin(rate: Double) {
        let interval = 1e9 / rate
        let bound = NIOLoopBound(self, eventLoop: loop)
        for room in 0..<rooms {
            let people = crowd.people(of: room)
            for (place, person) in people.enumerated() {
                // As far apart as can be within a room, too: people do not draw in step.
                let part = (Double(place) + Double(room) / Double(rooms)) / Double(people.count)
                tasks.append(
                    loop.scheduleRepeatedTask(
                        initialDelay: .nanoseconds(Int64(interval * part)), delay: .nanoseconds(Int64(interval))
                    ) { _ in bound.value.draw(person, in: room) })
            }
        }
    }

    func end() {
        for task in tasks { task.cancel() }
        tasks = []
    }

    func hear(_ frame: [UInt8]) {
        guard let frame = try? RelayFrame.ToClient(decoding: frame), frame.datagram.count == byteCount else { return }
        let sentAt = frame.datagram.prefix(Self.stampBytes).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        received += 1
        delays.append(UInt32(clamping: (NIODeadline.now().uptimeNanoseconds &- sentAt) / 1000))
    }

    /// Microseconds, ascending, of what arrived since the last call.
    func takeDelays() -> [UInt32] {
        defer { delays.removeAll(keepingCapacity: true) }
        return delays.sorted()
    }

    private func draw(_ person: Int, in room: Int) {
        guard let own = crowd.visitors[person].member else { return }
        for other in crowd.members(of: room) where other != own {
            guard let other else { continue }
            var datagram = [UInt8](repeating: 0, count: byteCount)
            let now = NIODeadline.now().uptimeNanoseconds
            for place in 0..<Self.stampBytes { datagram[place] = UInt8(truncatingIfNeeded: now >> (56 - 8 * UInt64(place))) }
            crowd.visitors[person].send(datagram, to: [other])
            sent += 1
        }
    }
}
