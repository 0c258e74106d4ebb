import InkBoard
import InkCrypto
import InkPrimitives
import InkSession

/// People at one board, each behind a line of its own that all its sessions share, in virtual time: how whole nodes share, wait and yield.
///
///     node ──▶ its line up ──▶ the other's line down ──▶ node
package struct LineParty {
    /// One person: the node, both directions of its line, and what its front end was told of the others' ink.
    package struct Member {
        package var node: Node
        package let address: SocketAddress
        package var up: Bottleneck
        package var down: Bottleneck
        /// UDP payload that it sent, and datagrams.
        package var bytesOut = 0
        package var packetsOut = 0
        /// The same, by number of the receiver.
        package var bytesTo: [Int: Int] = [:]
        package var readyAt: Instant?
        /// How long each sample of a stroke was under way, and when it was told.
        package var inkDelays: [(at: Instant, delay: Duration)] = []
        /// Of each stroke of the others how long its transaction took from the end of the stroke: to come, and to be on the board.
        package var cameAfter: [Duration] = []
        package var shownAfter: [Duration] = []
        /// Strokes of the others whose transaction has not come.
        package var toComeCount: Int { toCome.count }
        fileprivate var toCome: [Ended] = []
        fileprivate var toShow: [Ended] = []
        fileprivate var inkCounts: [GestureID: Int] = [:]
        fileprivate var hand: Hand?
    }

    /// A stroke whose transaction is awaited.
    fileprivate struct Ended { let name: TransactionName; let at: Instant }

    /// Somebody who writes: strokes of 2 s with pauses of 250 ms, a sample each 16.7 ms.
    fileprivate struct Hand {
        var random: SplitMix64
        var nextAt: Instant
        let until: Instant
        var step = 0
        var point = Point.zero
        var velocity = Point.zero
        /// When each sample was made, by the number of the gesture.
        var times: [UInt64: [Instant]] = [:]
        var gesture: UInt64 = 0
    }

    private enum Happening {
        /// It has left the sender's line.
        case between([UInt8], from: Int, to: Int)
        case datagram([UInt8], from: Int, to: Int)
        case persisted(Int, UInt64)
        case verified(Int, UInt64, [Bool])
    }

    package private(set) var now = Instant.zero
    package var members: [Member] = []
    private var queue = EventQueue<Happening>()
    private let genesis: Transaction
    private let secret: Secret32
    private let random: SplitMix64

    private static let samplePause: Duration = .nanoseconds(16_666_667)
    private static let strokeSamples = 120
    private static let strokePause: Duration = .milliseconds(250)
    private static let diskTime: Duration = .milliseconds(4)
    private static let checkTime: Duration = .microseconds(100)

    package init(seed: UInt64) throws(RuleViolation) {
        random = SplitMix64(seed: seed)
        var secrets = SecretGenerator(seed: random.seed("room"))
        secret = secrets.secret()
        genesis = try Board.makeGenesis(
            owner: Self.identity(0), name: "line", wallTime: Self.wallTime, nonce: secrets.bytes(Limits.boardNonceBytes))
    }

    private static let wallTime: UInt64 = 1_800_000_000_000

    private static func identity(_ index: Int) -> SigningKey {
        var keys = SecretGenerator(seed: [UInt8](repeating: UInt8(100 + index), count: 32))
        return SigningKey(seed: keys.secret())
    }

    package static func address(_ index: Int) -> SocketAddress { SocketAddress(ip: .v4(0x0B00_0001 + UInt32(index)), port: 40_000) }

    /// A history of so many boxes with words, 220 bytes each, by the first member.
    package func history(of count: Int) throws(RuleViolation) -> [Transaction] {
        var board = try Board(genesis: genesis)
        let key = Self.identity(0)
        var made: [Transaction] = []
        for number in 0..<count {
            let place = Point(x: Int32(number % 60) * 900, y: Int32(number / 60) * 700)
            let draft = ShapeDraft(kind: .rectangle, position: place, size: Size(width: 640, height: 512), text: "box \(number)")
            made.append(
                try board.author(
                    board.writes(for: draft, number: UInt64(number + 1), by: key.author), key: key, wallTime: Self.wallTime
                ).0)
        }
        return made
    }

    /// Somebody comes, who dials these; the first has genesis.
    @discardableResult
    package mutating func add(stored: [Transaction] = [], dialling: [Int] = [], up: Bottleneck, down: Bottleneck) -> Int {
        let index = members.count
        var keys = SecretGenerator(seed: random.seed("keys \(index)"))
        var configuration = Node.Configuration(
            identity: Self.identity(index), staticKey: StaticKey(secret: keys.secret()), roomSecret: secret,
            boardID: BoardID(genesis.name.bytes) ?? .zero, genesis: index == 0 || !stored.isEmpty ? genesis : nil,
            stored: stored, directAddresses: dialling.map(Self.address))
        configuration.displayName = index == 0 ? "" : "person \(index)"
        let node = Node(configuration, seed: keys.secret(), now: now)
        members.append(Member(node: node, address: Self.address(index), up: up, down: down))
        drain(index)
        give(.wallClock(Self.wallTime), to: index)
        return index
    }

    /// The member begins to write, for so long.
    package mutating func write(by index: Int, for span: Duration) {
        members[index].hand = Hand(random: random.split("hand \(index)"), nextAt: now, until: now + span)
    }

    package mutating func give(_ input: Node.Input, to index: Int) {
        members[index].node.handle(input, now: now)
        drain(index)
        noteWork(at: index)
    }

    /// A member is gone without a word.
    package mutating func stop(_ index: Int) { (members[index].up.loss, members[index].down.loss) = (1, 1) }

    // MARK: Going on

    /// Runs to this instant, or until `isDone`; true if it is.
    @discardableResult
    package mutating func run(until end: Instant, isDone: (borrowing LineParty) -> Bool = { _ in false }) -> Bool {
        while !isDone(self) {
            var next = queue.nextTime
            for member in members.indices {
                next = earliest(next, members[member].node.deadline)
                next = earliest(next, members[member].hand?.nextAt)
            }
            guard let next, next <= end else {
                now = max(now, end)
                return isDone(self)
            }
            now = max(now, next)
            for index in members.indices {
                if let at = members[index].hand?.nextAt, at <= now { moveHand(of: index) }
                if let deadline = members[index].node.deadline, deadline <= now { give(.timeout, to: index) }
            }
            while let at = queue.nextTime, at <= now, let (_, happening) = queue.next() { happen(happening) }
        }
        return true
    }

    private mutating func happen(_ happening: Happening) {
        switch happening {
        case .between(let bytes, let from, let to):
            if let at = members[to].down.take(bytes.count, now: now) { queue.schedule(.datagram(bytes, from: from, to: to), at: at) }
        case .datagram(let bytes, let from, let to): give(.datagram(bytes, from: members[from].address), to: to)
        case .persisted(let index, let batch): give(.persisted(batch), to: index)
        case .verified(let index, let batch, let verdicts): give(.verified(batch, verdicts), to: index)
        }
    }

    private mutating func drain(_ index: Int) {
        while let output = members[index].node.nextOutput() {
            switch output {
            case .transmit(let bytes, let address): transmit(bytes, from: index, to: address)
            case .persist(let batch, _): queue.schedule(.persisted(index, batch), at: now + Self.diskTime)
            case .verify(let batch, let transactions):
                queue.schedule(.verified(index, batch, transactions.map(\.hasValidSignature)), at: now + Self.checkTime)
            case .event(let event, _): take(event, at: index)
            // There is no rendezvous here.
            default: break
            }
        }
    }

    private mutating func transmit(_ bytes: [UInt8], from index: Int, to address: SocketAddress) {
        guard let target = members.firstIndex(where: { $0.address == address }) else { return }
        members[index].bytesOut += bytes.count
        members[index].packetsOut += 1
        members[index].bytesTo[target, default: 0] += bytes.count
        if let at = members[index].up.take(bytes.count, now: now) { queue.schedule(.between(bytes, from: index, to: target), at: at) }
    }

    // MARK: Ink

    private mutating func moveHand(of index: Int) {
        guard var hand = members[index].hand else { return }
        members[index].hand = nil
        defer { members[index].hand = hand }
        if hand.step == 0 {
            guard now < hand.until else { return hand.nextAt = .distantFuture }
            hand.gesture += 1
            (hand.point, hand.velocity) = (Point(x: Int32(hand.random.below(40_000)), y: Int32(hand.random.below(30_000))), .zero)
            let draft = ShapeDraft(kind: .freehand, position: hand.point, points: [.zero])
            hand.times[hand.gesture] = [now]
            give(.intent(.begin(.stroke(draft)), ref: nil), to: index)
        } else if hand.step < Self.strokeSamples {
            // A hand that speeds up and slows down evenly, with a little tremble.
            let push = Point(x: Int32(hand.random.below(13)) - 6, y: Int32(hand.random.below(13)) - 6)
            hand.velocity = Point(x: hand.velocity.x * 9 / 10 + push.x, y: hand.velocity.y * 9 / 10 + push.y)
            hand.point = hand.point + hand.velocity
            hand.times[hand.gesture]?.append(now)
            give(.intent(.extend([hand.point]), ref: nil), to: index)
        } else {
            let before = members[index].node.board?.transactionCount ?? 0
            give(.intent(.commit, ref: nil), to: index)
            let made = members[index].node.board?.transactions.suffix((members[index].node.board?.transactionCount ?? 0) - before) ?? []
            for other in members.indices where other != index {
                members[other].toCome += made.map { Ended(name: $0.name, at: now) }
                members[other].toShow += made.map { Ended(name: $0.name, at: now) }
            }
        }
        let isEnd = hand.step == Self.strokeSamples
        hand.step = isEnd ? 0 : hand.step + 1
        hand.nextAt = now + (isEnd ? Self.strokePause : Self.samplePause)
    }

    private mutating func take(_ event: Event, at index: Int) {
        switch event {
        case .ready: members[index].readyAt = now
        case .gesture(let id, .began(.stroke(let draft), _)): noteSamples(draft.points.count, of: id, at: index, isFirst: true)
        case .gesture(let id, .appended(let samples)): noteSamples(samples.count, of: id, at: index, isFirst: false)
        default: break
        }
    }

    private mutating func noteSamples(_ count: Int, of id: GestureID, at index: Int, isFirst: Bool) {
        guard let author = members.firstIndex(where: { $0.node.peerID == id.source.peer }), author != index else { return }
        let known = isFirst ? 0 : members[index].inkCounts[id] ?? 0
        members[index].inkCounts[id] = known + count
        let times = members[author].hand?.times[id.number] ?? []
        // Who comes in mid-stroke is not late.
        if isFirst, count > 4 { return }
        for number in known..<known + count where number < times.count {
            members[index].inkDelays.append((now, now - times[number]))
        }
    }

    private mutating func noteWork(at index: Int) {
        guard !members[index].toShow.isEmpty || !members[index].toCome.isEmpty, let board = members[index].node.board else { return }
        for ended in members[index].toCome where board.contains(ended.name) || board.isOrphan(ended.name) {
            members[index].cameAfter.append(now - ended.at)
        }
        members[index].toCome.removeAll { board.contains($0.name) || board.isOrphan($0.name) }
        for ended in members[index].toShow where board.contains(ended.name) { members[index].shownAfter.append(now - ended.at) }
        members[index].toShow.removeAll { board.contains($0.name) }
    }
}
