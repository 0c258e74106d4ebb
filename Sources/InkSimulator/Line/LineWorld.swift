import InkCrypto
import InkPrimitives
import InkTransport

/// Pairs of endpoints, and TCP beside them, over one line in virtual time: how the link shares, waits and recovers, without a board.
///
///     senders ──▶ Bottleneck down ──▶ receivers
///        ▲                               │
///        └────── Bottleneck up ◀─────────┘
package struct LineWorld {
    /// One of our flows: the endpoint on the left gives the one on the right what it can.
    package struct Pair {
        package var left: Endpoint
        package var right: Endpoint
        package var leftID: ConnectionID?
        package var rightID: ConnectionID?
        /// Bulk still to be given; kept in the endpoint up to `ahead`.
        package var bulkLeft = 0
        package var ahead = 4 << 20
        package var startsAt: Instant = .zero
        /// Small operations from left to right, this far apart; nil for none.
        package var opsEvery: Duration?
        package var opBytes = 40
        package var nextOp: Instant = .zero
        /// The same from right to left; nobody notes how late they come.
        package var answersEvery: Duration?
        package var nextAnswer: Instant = .zero
        /// One way, of each operation that came.
        package var opDelays: [(at: Instant, delay: Duration)] = []
        package var opsSent = 0
        package var bulkReceived = 0
        package var bulkDoneAt: Instant?
        package var established: Instant?
        package var closed: [CloseReason] = []
        fileprivate var isDialled = false
    }

    package struct Cubic {
        package var flow = CubicFlow()
        package var startsAt: Instant
        fileprivate var hasStarted = false
    }

    private enum Arrival {
        case datagram([UInt8], pair: Int, toRight: Bool)
        case segment(Int, cubic: Int)
        case acknowledgement(Int, cubic: Int)
    }

    package var now = Instant(nanoseconds: 1_000_000_000)
    package var down: Bottleneck
    package var up: Bottleneck
    package var pairs: [Pair] = []
    package var cubics: [Cubic] = []
    package var bytesDown = 0
    package var packetsDown = 0
    package var bytesUp = 0
    package var packetsUp = 0
    private var queue = EventQueue<Arrival>()

    package init(down: Bottleneck, up: Bottleneck) { (self.down, self.up) = (down, up) }

    private static let room = RoomKeys(roomSecret: secret(7))
    private static func secret(_ byte: UInt8) -> Secret32 { Secret32([UInt8](repeating: byte, count: 32)) ?? .random() }
    private static func address(_ pair: Int, isRight: Bool) -> SocketAddress {
        SocketAddress(ip: .v4(0x0A00_0000 + UInt32(pair) * 2 + (isRight ? 1 : 0)), port: 4000)
    }

    private static func salt(_ index: Int) -> PeerSalt {
        guard let salt = PeerSalt([UInt8](repeating: UInt8(index), count: 16)) else { preconditionFailure("a salt has 16 bytes") }
        return salt
    }

    private static func endpoint(_ index: Int) -> Endpoint {
        let signing = SigningKey(seed: secret(UInt8(100 + index)))
        let staticKey = StaticKey(secret: secret(UInt8(50 + index)))
        return Endpoint(
            Endpoint.Configuration(
                salt: salt(index), keys: room, staticKey: staticKey,
                certificate: .make(signing: signing, staticKey: staticKey), seed: secret(UInt8(index + 1))))
    }

    @discardableResult
    package mutating func addPair(startsAt: Duration = .zero) -> Int {
        let index = pairs.count
        pairs.append(Pair(left: Self.endpoint(2 * index), right: Self.endpoint(2 * index + 1), startsAt: now + startsAt))
        return index
    }

    package mutating func addCubic(startsAt: Duration = .zero) { cubics.append(Cubic(startsAt: now + startsAt)) }

    // MARK: Going on

    /// Runs to this instant (SM-72).
    package mutating func run(until end: Instant, isDone: (LineWorld) -> Bool = { _ in false }) {
        while !isDone(self) {
            for index in pairs.indices { give(index) }
            for index in cubics.indices { give(cubic: index) }
            var next = queue.nextTime
            for pair in pairs {
                if !pair.isDialled { next = earliest(next, pair.startsAt) }
                next = earliest(next, earliest(pair.left.deadline, pair.right.deadline))
                if pair.opsEvery != nil, pair.leftID != nil { next = earliest(next, pair.nextOp) }
                if pair.answersEvery != nil, pair.rightID != nil { next = earliest(next, pair.nextAnswer) }
            }
            for cubic in cubics { next = earliest(next, cubic.hasStarted ? cubic.flow.deadline : cubic.startsAt) }
            guard let next, next <= end else {
                now = end
                return
            }
            now = max(now, next)
            for index in pairs.indices {
                if let deadline = pairs[index].left.deadline, deadline <= now { pairs[index].left.handleTimeout(now: now) }
                if let deadline = pairs[index].right.deadline, deadline <= now { pairs[index].right.handleTimeout(now: now) }
                drain(index)
            }
            for index in cubics.indices { cubics[index].flow.handleTimeout(now: now) }
            while let at = queue.nextTime, at <= now, let (_, arrival) = queue.next() { arrive(arrival) }
        }
    }

    private mutating func arrive(_ arrival: Arrival) {
        switch arrival {
        case .datagram(let bytes, let pair, true):
            pairs[pair].right.receive(bytes, from: Self.address(pair, isRight: false), now: now)
            drain(pair)
        case .datagram(let bytes, let pair, false):
            pairs[pair].left.receive(bytes, from: Self.address(pair, isRight: true), now: now)
            drain(pair)
        case .segment(let number, let cubic):
            if let at = up.take(CubicFlow.acknowledgementBytes, now: now) { queue.schedule(.acknowledgement(number, cubic: cubic), at: at) }
        case .acknowledgement(let number, let cubic): cubics[cubic].flow.acknowledge(number, now: now)
        }
    }

    private mutating func give(_ index: Int) {
        if !pairs[index].isDialled, now >= pairs[index].startsAt {
            pairs[index].isDialled = true
            pairs[index].left.dial(
                attempt: [UInt8](repeating: UInt8(index), count: 16), remote: nil, addresses: [Self.address(index, isRight: true)], now: now
            )
            drain(index)
        }
        guard let id = pairs[index].leftID, now >= pairs[index].startsAt else { return }
        if let every = pairs[index].opsEvery {
            while pairs[index].nextOp <= now {
                let time = UInt64(bitPattern: now.nanoseconds)
                var message = (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * UInt64($0))) }
                message += [UInt8](repeating: 1, count: max(0, pairs[index].opBytes - 8))
                pairs[index].left.send(message, lane: .ops, stream: 0, on: id, now: now)
                pairs[index].opsSent += 1
                pairs[index].nextOp = now + every
            }
        }
        if let every = pairs[index].answersEvery, let id = pairs[index].rightID, now >= pairs[index].nextAnswer {
            pairs[index].right.send([UInt8](repeating: 1, count: pairs[index].opBytes), lane: .ops, stream: 0, on: id, now: now)
            pairs[index].nextAnswer = now + every
        }
        while pairs[index].bulkLeft > 0, pairs[index].left.pendingBytes(on: id) < pairs[index].ahead {
            let count = min(16 << 10, pairs[index].bulkLeft)
            pairs[index].left.send([UInt8](repeating: 2, count: count), lane: .bulk, stream: 0, on: id, now: now)
            pairs[index].bulkLeft -= count
        }
        drain(index)
    }

    private mutating func give(cubic index: Int) {
        guard now >= cubics[index].startsAt else { return }
        cubics[index].hasStarted = true
        while cubics[index].flow.canSend {
            let number = cubics[index].flow.send(now: now)
            if let at = down.take(CubicFlow.packetBytes, now: now) { queue.schedule(.segment(number, cubic: index), at: at) }
        }
    }

    private mutating func drain(_ index: Int) {
        while let output = pairs[index].left.nextOutput() {
            switch output {
            case .transmit(let bytes, _, _):
                bytesDown += bytes.count
                packetsDown += 1
                if let at = down.take(bytes.count, now: now) { queue.schedule(.datagram(bytes, pair: index, toRight: true), at: at) }
            case .established(let id, _): (pairs[index].leftID, pairs[index].nextOp) = (id, now)
            case .closed(_, let reason): pairs[index].closed.append(reason)
            default: break
            }
        }
        while let output = pairs[index].right.nextOutput() {
            switch output {
            case .transmit(let bytes, _, _):
                bytesUp += bytes.count
                packetsUp += 1
                if let at = up.take(bytes.count, now: now) { queue.schedule(.datagram(bytes, pair: index, toRight: false), at: at) }
            case .established(let id, _): (pairs[index].rightID, pairs[index].established) = (id, now)
            case .message(let bytes, .bulk, _, _):
                pairs[index].bulkReceived += bytes.count
                pairs[index].bulkDoneAt = now
            case .message(let bytes, .ops, _, _):
                var reader = ByteReader(bytes)
                guard let sent = try? reader.readUInt64() else { break }
                pairs[index].opDelays.append((now, now - Instant(nanoseconds: Int64(bitPattern: sent))))
            case .closed(_, let reason): pairs[index].closed.append(reason)
            default: break
            }
        }
    }
}
