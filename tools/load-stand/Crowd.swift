import InkCrypto
import InkPrimitives
import InkSession
import NIOCore

/// Visitors of one rendezvous, by rooms, each from one of many addresses of loopback. On its loop.
final class Crowd {
    /// How many, and how they come.
    struct Shape {
        var people: Int
        /// People of one room.
        var roomSize: Int
        /// Addresses that they come from, as many people each.
        var sources: Int
        /// New ones a second.
        var arrivals: Int
        /// Who goes and comes back, a second.
        var churn: Int
    }

    /// What is so now, and what has been since the last report.
    struct Report {
        var peopleIn = 0
        var wentOut = 0
        /// Who was not let in, by what he was told.
        var failures: [String: Int] = [:]
    }

    private let shape: Shape
    private let loop: any EventLoop
    private let way: (Int) -> Visitor.Way
    private let seed: UInt64
    private let receive: (_ frame: [UInt8], _ visitor: Int) -> Void
    private var random: SplitMix64
    /// Of who comes next.
    private var room: Room
    private(set) var visitors: [Visitor] = []
    private var report = Report()
    private var arriving: RepeatedTask?
    private var churning: RepeatedTask?

    /// - Parameters:
    ///   - way: of the source with this number.
    ///   - seed: of rooms and pauses: who runs two crowds gives them different ones.
    init(
        _ shape: Shape, seed: UInt64, loop: any EventLoop, way: @escaping (Int) -> Visitor.Way,
        receive: @escaping (_ frame: [UInt8], _ visitor: Int) -> Void = { _, _ in }
    ) {
        (self.shape, self.seed, self.loop, self.way, self.receive) = (shape, seed, loop, way, receive)
        random = SplitMix64(seed: seed)
        room = Room(seed: Blake2b.hash256([]))
    }

    /// Everybody comes, and stays.
    func gather() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        // Ten steps a second, so that they do not come in blocks that no rendezvous sees.
        let step = max(1, shape.arrivals / 10)
        arriving = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(100)) { task in
            bound.value.arrive(step)
            if bound.value.visitors.count == bound.value.shape.people { task.cancel() }
        }
        guard shape.churn > 0 else { return }
        churning = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .nanoseconds(1_000_000_000 / Int64(shape.churn))) { _ in
            bound.value.exchange()
        }
    }

    /// The members of this room, in the order in which they were made; nil for who is not in.
    func members(of room: Int) -> [UInt32?] { people(of: room).map { visitors[$0].member } }

    /// Their places in `visitors`.
    func people(of room: Int) -> Range<Int> {
        min(room * shape.roomSize, visitors.count)..<min((room + 1) * shape.roomSize, visitors.count)
    }

    func takeReport() -> Report {
        defer { (report.wentOut, report.failures) = (0, [:]) }
        return report
    }

    private func arrive(_ count: Int) {
        for number in visitors.count..<min(visitors.count + count, shape.people) {
            if number % shape.roomSize == 0 { room = Room(seed: Blake2b.hash256(Array("load \(seed) \(number)".utf8))) }
            let visitor = Visitor(to: way(number % shape.sources), room: room, seed: random.next(), loop: loop) { [weak self] in
                self?.hear($0, number)
            }
            visitors.append(visitor)
            visitor.come()
        }
    }

    private func exchange() {
        guard !visitors.isEmpty else { return }
        visitors[Int(random.next() % UInt64(visitors.count))].go()
    }

    private func hear(_ news: Visitor.News, _ number: Int) {
        switch news {
        case .isIn: report.peopleIn += 1
        case .isOut:
            report.peopleIn -= 1
            report.wentOut += 1
        case .failed(let why): report.failures[why, default: 0] += 1
        case .frame(let frame): receive(frame, number)
        }
    }
}
