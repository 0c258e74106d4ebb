import CFuzzMeter
import InkCrypto
import InkPrimitives
import InkTransport

/// What a kind of call took: processor time and allocations.
struct Cost {
    var nanoseconds: Int64 = 0
    var allocations: Int64 = 0

    /// Where measuring begins.
    struct Mark {
        let nanoseconds: Int64
        let allocations = meter_allocations()

        /// - Parameter isTimed: false where asking for the time would take more than what is measured.
        init(isTimed: Bool) { nanoseconds = isTimed ? meter_nanoseconds() : 0 }
    }

    /// Counts what was taken since `mark`.
    mutating func add(since mark: Mark) {
        if mark.nanoseconds > 0 { nanoseconds += meter_nanoseconds() - mark.nanoseconds }
        allocations += meter_allocations() - mark.allocations
    }
}

/// Two endpoints in one process that hand each other arrays, in virtual time: the core without sockets.
struct Pair {
    /// What one end did, and what it took.
    struct End {
        var endpoint: Endpoint
        let address: SocketAddress
        var id: ConnectionID?
        var packets = 0
        var messages = 0
        var sending = Cost()
        var draining = Cost()
        var receiving = Cost()
        /// Left in the turn before, and arrives in this one.
        var waiting: [[UInt8]] = []
    }

    var ends: [End]
    var now = Instant(nanoseconds: 1_000_000_000)
    /// One way.
    static let delay: Duration = .microseconds(100)

    /// Each kind of call is timed by itself.
    private let isTimed: Bool

    init(isTimed: Bool) {
        self.isTimed = isTimed
        ends = (0..<2).map { End(endpoint: Endpoint(Pair.configuration($0)), address: Pair.address($0)) }
        let attempt = [UInt8](repeating: 5, count: Endpoint.attemptCount)
        let peers = (0..<2).map { Pair.configuration($0).peerID }
        ends[1].endpoint.expect(attempt: attempt, remote: peers[0], addresses: [], now: now)
        ends[0].endpoint.dial(attempt: attempt, remote: peers[1], addresses: [ends[1].address], now: now)
        for _ in 0..<100 where ends.contains(where: { $0.id == nil }) { turn() }
        precondition(ends.allSatisfy { $0.id != nil }, "two that are alone meet")
    }

    /// Member `index` of the room.
    static func configuration(_ index: Int) -> Endpoint.Configuration {
        let signing = SigningKey(seed: secret(1, index))
        let staticKey = StaticKey(secret: secret(2, index))
        return Endpoint.Configuration(
            salt: PeerSalt(Array(secretBytes(3, index).prefix(16)))!, keys: RoomKeys(roomSecret: secret(4, 0)), staticKey: staticKey,
            certificate: .make(signing: signing, staticKey: staticKey), seed: secret(5, index))
    }

    static func address(_ index: Int) -> SocketAddress { SocketAddress("10.0.\(index / 250).\(index % 250 + 1):4000")! }

    private static func secretBytes(_ kind: UInt8, _ index: Int) -> [UInt8] {
        [kind, UInt8(index >> 8), UInt8(index & 255)] + [UInt8](repeating: 9, count: 29)
    }
    private static func secret(_ kind: UInt8, _ index: Int) -> Secret32 { Secret32(secretBytes(kind, index))! }

    /// What was measured so far counts no more.
    mutating func reset() {
        for index in ends.indices {
            (ends[index].packets, ends[index].messages) = (0, 0)
            (ends[index].sending, ends[index].draining, ends[index].receiving) = (Cost(), Cost(), Cost())
        }
    }

    /// Sends so many messages from one end.
    mutating func send(_ message: [UInt8], count: Int, lane: Lane, from index: Int) {
        guard let id = ends[index].id else { return }
        let mark = Cost.Mark(isTimed: isTimed)
        for _ in 0..<count { ends[index].endpoint.send(message, lane: lane, on: id, now: now) }
        ends[index].sending.add(since: mark)
    }

    /// One way of time passes: what has left arrives, in batches as a driver reads them, and what is due leaves.
    mutating func turn() {
        now += Self.delay
        let arriving = ends.map(\.waiting)
        for index in ends.indices { ends[index].waiting = [] }
        for index in ends.indices {
            let packets = arriving[1 - index]
            for first in stride(from: 0, to: packets.count, by: Self.batch) {
                let mark = Cost.Mark(isTimed: isTimed)
                for packet in packets[first..<min(first + Self.batch, packets.count)] {
                    ends[index].endpoint.receive(packet, from: ends[1 - index].address, now: now)
                }
                ends[index].receiving.add(since: mark)
                drain(index)
            }
            Self.handleTimeout(of: &ends[index].endpoint, now: now)
            drain(index)
        }
    }

    /// Of an endpoint that is lent for writing: one that is only read, within an array or a class, is copied for it.
    private static func handleTimeout(of endpoint: inout Endpoint, now: Instant) {
        if let deadline = endpoint.deadline, now >= deadline { endpoint.handleTimeout(now: now) }
    }

    private mutating func drain(_ index: Int) {
        var out = ends[index].waiting
        ends[index].waiting = []
        out.reserveCapacity(2048)
        let before = out.count
        let mark = Cost.Mark(isTimed: isTimed)
        while let output = ends[index].endpoint.nextOutput() {
            switch output {
            case .transmit(let packet, _, _): out.append(packet)
            case .established(let id, _): ends[index].id = id
            case .message: ends[index].messages += 1
            default: break
            }
        }
        ends[index].draining.add(since: mark)
        ends[index].packets += out.count - before
        ends[index].waiting = out
    }

    /// Datagrams that are read at once.
    private static let batch = 32
}
