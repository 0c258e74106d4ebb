import Foundation
import InkCrypto
import InkPrimitives
import InkSimulator
import InkTransport

/// One row: operations of 64 bytes, sixty a second for thirty seconds, 25 ms each way, as often as there are seeds.
struct LiveRow {
    var name: String
    var line: Line
    /// Beside it 8 MiB at a time.
    var hasBulk = false

    private static let seeds: UInt64 = 5
    private static let span: Duration = .seconds(30)
    private static let fast = 1000.0

    static let all: [LiveRow] =
        [(0, "none"), (0.01, "1 %"), (0.05, "5 %"), (0.1, "10 %")].map {
            LiveRow(name: "lost: \($0.1)", line: Line(mbits: fast, loss: $0.0))
        }
        + [
            LiveRow(name: "lost: 1 %, three at a time", line: Line(mbits: fast, loss: 0.01, burst: 3)),
            LiveRow(name: "lost: 5 %, three at a time", line: Line(mbits: fast, loss: 0.05, burst: 3)),
            LiveRow(name: "lost: 5 %, Gilbert, mean 3", line: Line(mbits: fast, loss: 0.05, burst: 3, isGilbert: true)),
            LiveRow(name: "lost: 5 %, 20 Mbit/s", line: Line(mbits: 20, loss: 0.05)),
            LiveRow(name: "… beside 8 MiB", line: Line(mbits: 20, loss: 0.05), hasBulk: true),
        ]

    func run() {
        var (delays, sent, bytes, packets): ([Duration], Int, Int, Int) = ([], 0, 0, 0)
        var each: [Double] = []
        for seed in 1...Self.seeds {
            var world = line.world(Setting(seed: seed, jitter: .zero))
            let pair = world.addPair()
            (world.pairs[pair].opsEvery, world.pairs[pair].opBytes) = (.nanoseconds(16_666_667), 64)
            // The handshake is not counted.
            world.run(until: world.now + .seconds(1)) { $0.pairs[pair].opsSent > 0 }
            (world.bytesDown, world.packetsDown, world.bytesUp, world.packetsUp) = (0, 0, 0, 0)
            let end = world.now + Self.span
            while world.now < end {
                if hasBulk { world.pairs[pair].bulkLeft = 8 << 20 }
                world.run(until: min(end, world.now + .seconds(5)))
            }
            world.pairs[pair].opsEvery = nil
            world.run(until: end + .seconds(2))
            delays += world.pairs[pair].opDelays.map(\.delay)
            each.append(percentile(world.pairs[pair].opDelays.map(\.delay), 0.99))
            sent += world.pairs[pair].opsSent
            bytes += world.bytesDown + world.bytesUp
            packets += world.packetsDown + world.packetsUp
        }
        let parts = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1)].map { "\($0.0) \(text(percentile(delays, $0.1), 5))" }
        print(
            name.padded(to: 28), parts.joined(separator: " "), "ms (p99 of each", each.map { text($0, 5) }.joined(separator: " ") + ")",
            hasBulk
                ? ""
                : " \(text(Double(bytes) / Double(sent), 5)) bytes, \(text(Double(packets) / Double(sent), 4, 2)) packets an operation",
            delays.count == sent ? "" : " \(sent - delays.count) missing")
    }
}

/// Two endpoints that lose nothing, 25 ms apart, the left of which dials.
struct Two {
    var left: Endpoint
    var right: Endpoint
    var now = Instant(nanoseconds: 1_000_000_000)
    /// What went either way.
    var packets = 0
    var bytes = 0
    var leftID: ConnectionID?
    /// When the first message came, on the right and on the left.
    var askedAt: Instant?
    var answeredAt: Instant?
    private var queue = EventQueue<(bytes: [UInt8], toRight: Bool, over: Route)>()

    private static let delay: Duration = .milliseconds(25)
    private static let attempt = [UInt8](repeating: 5, count: 16)
    private static let addresses = [SocketAddress(ip: .v4(0x0A00_0001), port: 4000), SocketAddress(ip: .v4(0x0A00_0002), port: 4000)]

    init() {
        let configurations = (UInt8(0)..<2).map { index in
            func secret(_ byte: UInt8) -> Secret32 { Secret32([UInt8](repeating: byte, count: 32)) ?? .random() }
            let (signing, staticKey) = (SigningKey(seed: secret(100 + index)), StaticKey(secret: secret(50 + index)))
            guard let salt = PeerSalt([UInt8](repeating: index, count: 16)) else { preconditionFailure("a salt has 16 bytes") }
            return Endpoint.Configuration(
                salt: salt, keys: RoomKeys(roomSecret: secret(7)), staticKey: staticKey,
                certificate: .make(signing: signing, staticKey: staticKey), seed: secret(index + 1))
        }
        (left, right) = (Endpoint(configurations[0]), Endpoint(configurations[1]))
        peers = configurations.map(\.peerID)
    }
    private let peers: [PeerID]

    /// Signalling has announced the attempt.
    mutating func dial() {
        right.expect(attempt: Self.attempt, remote: peers[0], addresses: [], now: now)
        left.dial(attempt: Self.attempt, remote: peers[1], addresses: [Self.addresses[1]], now: now)
    }

    /// Signalling has carried messages 1 and 2, and the session begins over a rendezvous.
    mutating func complete() {
        guard let opening = left.open(attempt: Self.attempt, remote: peers[1], now: now),
            let reply = right.answer(
                attempt: Self.attempt, remote: peers[0], opening: opening, over: RelayPoint(place: 0, member: 1), now: now)
        else { preconditionFailure("nobody else is there, so they meet") }
        left.complete(attempt: Self.attempt, reply: reply, over: RelayPoint(place: 0, member: 2), now: now)
    }

    mutating func run(for span: Duration, isDone: (Two) -> Bool = { _ in false }) {
        let end = now + span
        while true {
            drain()
            if isDone(self) { return }
            let next = [left.deadline, right.deadline, queue.nextTime].compactMap(\.self).min()
            guard let next, next <= end else { break }
            now = max(now, next)
            while let at = queue.nextTime, at <= now, let (_, arrival) = queue.next() {
                if arrival.toRight {
                    right.receive(arrival.bytes, over: arrival.over, now: now)
                } else {
                    left.receive(arrival.bytes, over: arrival.over, now: now)
                }
                drain()
            }
            left.handleTimeout(now: now)
            right.handleTimeout(now: now)
        }
        now = end
    }

    private mutating func drain() {
        while let output = left.nextOutput() {
            switch output {
            case .transmit(let bytes, let route, _): carry(bytes, toRight: true, over: route)
            case .established(let id, _):
                leftID = id
                left.send([UInt8](repeating: 1, count: 16), lane: .ops, stream: 0, on: id, now: now)
            case .message: answeredAt = answeredAt ?? now
            default: break
            }
        }
        while let output = right.nextOutput() {
            switch output {
            case .transmit(let bytes, let route, _): carry(bytes, toRight: false, over: route)
            case .message(let bytes, _, _, let id):
                askedAt = askedAt ?? now
                right.send(bytes, lane: .ops, stream: 0, on: id, now: now)
            default: break
            }
        }
    }

    private mutating func carry(_ datagram: [UInt8], toRight: Bool, over route: Route) {
        packets += 1
        bytes += datagram.count
        let back: Route = route.isRelay ? .relay(RelayPoint(place: 0, member: toRight ? 1 : 2)) : .direct(Self.addresses[toRight ? 0 : 1])
        queue.schedule((datagram, toRight, back), at: now + Self.delay)
    }
}

/// What the first byte of the application takes, and the answer to it.
enum FirstBytes {
    static func run() {
        for (name, begin) in [("announced", { $0.dial() }), ("in offer and answer", { $0.complete() })] as [(String, (inout Two) -> Void)] {
            var two = Two()
            let start = two.now
            begin(&two)
            two.run(for: .seconds(5)) { $0.answeredAt != nil }
            guard let asked = two.askedAt, let answered = two.answeredAt else {
                print(name.padded(to: 28), "nothing came")
                continue
            }
            print(
                name.padded(to: 28),
                "first byte \(text((asked - start).milliseconds, 5)) ms, answered \(text((answered - start).milliseconds, 5)) ms,",
                "\(two.packets) packets, \(two.bytes) bytes")
        }
    }
}

/// What a session costs in which nothing happens.
enum Silence {
    private static let span: Duration = .seconds(120)

    static func run(_ activity: Activity) {
        var two = Two()
        two.left.setActivity(activity)
        two.right.setActivity(activity)
        two.dial()
        two.run(for: span)
        print(
            "silent, \(activity)".padded(to: 28),
            "\(text(Double(two.packets) / 120, 5, 3)) packets/s, \(text(Double(two.bytes) / 120, 5, 2)) bytes/s with the handshake")
        (two.packets, two.bytes) = (0, 0)
        two.run(for: span * 10)
        print(
            "".padded(to: 28),
            "\(text(Double(two.packets) / 1200, 5, 3)) packets/s, \(text(Double(two.bytes) / 1200, 5, 2)) bytes/s over twenty minutes after it"
        )
    }
}
