import InkBoard
import InkCrypto
import InkFrontEnd
import InkPrimitives
import InkSession
import InkSimulator

/// Two nodes on one board, joined by a line, in virtual time: the hand is at the first, who watches is at the second.
///
///     trace ──intents──▶ node ══datagrams══▶ line ══▶ node ──events──▶ glides ──each frame──▶ positions
///                          ◀══════════ line ◀════════════
///
/// The nodes are those of the product and speak as they do on sockets, acknowledgements, keepalives and all. Each has a clock of its own; that
/// of the hand is so that its sixteen bits of milliseconds wrap within the trace.
struct Pair {
    private enum Happening {
        case datagram(to: Int, [UInt8])
        case persisted(Int, UInt64)
        case verified(Int, UInt64, [Bool])
    }

    /// What a watcher saw of a trace.
    struct Seen {
        /// Positions at frame 0, 1, …
        var frames: [Trace.Position]
        /// UDP payload in the time in which the hand moves, a second: from the hand, and back to it.
        var bytesOut: Double
        var bytesBack: Double
    }

    private let line: Line
    private var random: SplitMix64
    private var nodes: [Node] = []
    private var queue = EventQueue<Happening>()
    private var now = Instant.zero
    private var glides = Glides()
    private var board = BoardView()
    /// Bytes that each node has sent.
    private var sent = [0, 0]

    /// Plays the trace; nil where the two do not find together, which is a fault of theirs.
    static func show(_ trace: Trace, over line: Line, seed: UInt64) -> Seen? {
        guard var pair = Pair(line, seed: seed) else { return nil }
        return pair.play(trace)
    }

    private init?(_ line: Line, seed: UInt64) {
        self.line = line
        random = SplitMix64(seed: seed).split("pair \(line.name)")
        var secrets = SecretGenerator(seed: Self.seed(seed, 0))
        let room: Secret32 = secrets.secret()
        let identities = (0..<2).map { _ in SigningKey(seed: secrets.secret()) }
        guard
            let genesis = try? Board.makeGenesis(
                owner: identities[0], name: "cursors", wallTime: 1, nonce: secrets.bytes(Limits.boardNonceBytes)),
            let id = BoardID(genesis.name.bytes)
        else { return nil }
        for index in 0..<2 {
            guard let secret = Secret32(Self.seed(seed, UInt8(1 + index))) else { return nil }
            let configuration = Node.Configuration(
                identity: identities[index], staticKey: StaticKey(secret: secrets.secret()), roomSecret: room, boardID: id,
                genesis: genesis, stored: [genesis], directAddresses: index == 0 ? [] : [Self.address(0)])
            nodes.append(Node(configuration, seed: secret, now: clock(index)))
            drain(index)
            give(.wallClock(1_800_000_000_000), to: index)
        }
        run(until: .zero + .seconds(5))
    }

    private mutating func play(_ trace: Trace) -> Seen? {
        guard nodes.allSatisfy({ $0.board != nil }) else { return nil }
        let (start, news, peer) = (now, trace.news, nodes[0].peerID)
        func time(_ milliseconds: Double) -> Instant { start + .nanoseconds(Int64(milliseconds * 1_000_000)) }
        var next = 0
        sent = [0, 0]
        let frames = (0..<Score.frames(in: trace.end)).map { frame in
            while next < news.count, news[next].time <= Score.time(of: frame) {
                run(until: time(news[next].time))
                give(.intent(.cursor(Point(news[next].position)), ref: nil), to: 0)
                next += 1
            }
            run(until: time(Score.time(of: frame)))
            return glides.position(of: peer, at: now).map(Trace.Position.init) ?? trace.samples[0].position
        }
        let perSecond = 1000 / max(1, trace.motion)
        return Seen(frames: frames, bytesOut: Double(sent[0]) * perSecond, bytesBack: Double(sent[1]) * perSecond)
    }

    // MARK: The world of the two

    private func clock(_ index: Int) -> Instant { now + (index == 0 ? .milliseconds(65_536 * 7 - 15_000) : .zero) }

    private mutating func run(until end: Instant) {
        while true {
            let timers = nodes.indices.compactMap { index in
                nodes[index].deadline.map { (at: max(now, now + ($0 - clock(index))), index: index) }
            }
            let timer = timers.min { $0.at < $1.at }
            guard let at = earliest(queue.nextTime, timer?.at), at <= end else { break }
            now = at
            if let timer, timer.at == at, queue.nextTime.map({ $0 > at }) ?? true {
                give(.timeout, to: timer.index)
            } else if let (_, happening) = queue.next() {
                switch happening {
                case .datagram(let index, let bytes): give(.datagram(bytes, from: Self.address(1 - index)), to: index)
                case .persisted(let index, let batch): give(.persisted(batch), to: index)
                case .verified(let index, let batch, let verdicts): give(.verified(batch, verdicts), to: index)
                }
            }
        }
        now = end
    }

    private mutating func give(_ input: Node.Input, to index: Int) {
        nodes[index].handle(input, now: clock(index))
        drain(index)
    }

    private mutating func drain(_ index: Int) {
        while let output = nodes[index].nextOutput() {
            switch output {
            case .transmit(let bytes, _):
                sent[index] += bytes.count
                guard let way = line.way(using: &random) else { continue }
                queue.schedule(.datagram(to: 1 - index, bytes), at: now + .nanoseconds(Int64(way * 1_000_000)))
            case .persist(let batch, _): queue.schedule(.persisted(index, batch), at: now + .milliseconds(4))
            case .verify(let batch, let transactions):
                queue.schedule(.verified(index, batch, transactions.map(\.hasValidSignature)), at: now + .microseconds(100))
            case .event(let event, _): if index == 1 { take(event) }
            case .call, .answerCall, .rendezvousConnect, .rendezvousSend, .rendezvousFrame, .rendezvousDisconnect, .rendezvousLiveness,
                .rendezvousProbe,
                .keys:
                break
            }
        }
    }

    private mutating func take(_ event: Event) {
        glides.take(event, board: board, now: now)
        if case .changed(let changes, _) = event { for change in changes { board.apply(change) } }
    }

    private static func address(_ index: Int) -> SocketAddress { SocketAddress(ip: .v4(0x0A00_0001 + UInt32(index)), port: 4000) }

    private static func seed(_ seed: UInt64, _ index: UInt8) -> [UInt8] {
        var stream = SplitMix64(seed: seed).split("secret \(index)")
        return (0..<32).map { _ in UInt8(truncatingIfNeeded: stream.next()) }
    }
}

extension Point {
    /// The nearest to a place in pixels.
    init(_ position: Trace.Position) {
        self.init(clampingX: Int64((position.x * 8).rounded()), y: Int64((position.y * 8).rounded()))
    }
}

extension Trace.Position {
    init(_ point: Point) { self.init(Double(point.x) / 8, Double(point.y) / 8) }

    /// The middle of the terminal's cell.
    var cell: Self { .init((x / 8).rounded(.down) * 8 + 4, (y / 16).rounded(.down) * 16 + 8) }
}
