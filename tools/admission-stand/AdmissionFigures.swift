import Foundation
import InkBoard
import InkCrypto
import InkPrimitives
import InkTransport
import Synchronization

@testable import InkSession

/// The bytes of what gives and takes rights, and what a removal takes of the loop.
enum AdmissionFigures {
    static func print() throws {
        try printBytes()
        try printHandshake()
        try printRemoval()
    }

    /// Transactions of a board that has members and work, as the wire carries them.
    private static func printBytes() throws {
        var random = SecretGenerator(of: "admission figures")
        let keys = (0...17).map { _ in SigningKey(seed: random.secret()) }
        let owner = keys[0]
        var board = try Board(
            genesis: Board.makeGenesis(
                owner: owner, name: "figures", wallTime: AdmissionRoom.wallTime, nonce: random.bytes(16),
                firstSecret: EpochSecret.commitment(to: random.secret())))
        func write(_ writes: [Write], by key: SigningKey, under right: TransactionName? = nil) throws -> Transaction {
            try board.author(writes, key: key, wallTime: AdmissionRoom.wallTime, under: right).0
        }
        let grant = try write(Board.writes(granting: .owner, to: keys[1].author, by: owner.author), by: owner)
        let seed = random.secret()
        let invite = RightsInvite(role: .editor, uses: 1, timeToLive: 600, key: SigningKey(seed: seed).author)
        let invited = try write(Board.writes(inviting: invite, by: owner.author), by: owner)
        let guest = SigningKey(seed: random.secret())
        let admission = RightsAdmission(of: guest.author, to: board.id, inviteKey: SigningKey(seed: seed))
        let joined = try write(Board.writes(joining: admission, by: guest.author), by: guest, under: invited.name)
        let policy = try write(Board.writes(allowing: RightsPolicy(viewersMayChat: true), by: owner.author), by: owner)
        let secret = EpochSecret.commitment(to: random.secret())
        let removal = try write(board.writes(removing: [joined.name], bringing: secret, by: owner.author), by: owner)
        for (name, transaction) in [
            ("a grant", grant), ("an invite", invited), ("an admission", joined), ("a policy", policy),
            ("a removal, with a new secret", removal),
        ] { Swift.print("\(name): \(transaction.encoded.count) bytes") }
        var right = grant.name
        for depth in 2...Limits.delegationDepth {
            right = try write(
                Board.writes(
                    granting: depth == Limits.delegationDepth ? .editor : .owner, to: keys[depth].author, by: keys[depth - 1].author),
                by: keys[depth - 1]
            ).name
            guard [2, Limits.delegationDepth].contains(depth), let chain = board.chain(of: right) else { continue }
            Swift.print("the chain of \(depth): \(byteCount(chain)) bytes")
        }
        if let chain = board.chain(of: grant.name) { Swift.print("the chain of 1: \(byteCount(chain)) bytes") }
    }

    private static func byteCount(_ chain: RightsChain) -> Int {
        var writer = ByteWriter(capacity: 1024)
        chain.write(to: &writer)
        return writer.bytes.count
    }

    /// The datagrams of who dials, up to message 3.
    private static func printHandshake() throws {
        let room = try AdmissionRoom(seed: 1)
        var random = SecretGenerator(of: "handshake")
        func endpoint(of key: SigningKey) -> Endpoint {
            let staticKey = StaticKey(secret: random.secret())
            return Endpoint(
                Endpoint.Configuration(
                    salt: PeerSalt(using: &random), keys: RoomKeys(roomSecret: room.secret), staticKey: staticKey,
                    certificate: .make(signing: key, staticKey: staticKey), seed: random.secret()))
        }
        let places = [1, 2].map { SocketAddress(ip: .v4(0x0A00_0000 + $0), port: 4000) }
        var ends = [endpoint(of: room.owner), endpoint(of: room.editor)]
        ends[0].dial(attempt: random.bytes(Endpoint.attemptCount), remote: nil, addresses: [places[1]], now: .zero)
        var (sizes, isWhole) = ([Int](), false)
        for _ in 0..<4 {
            for index in ends.indices {
                while let output = ends[index].nextOutput() {
                    switch output {
                    case .transmit(let bytes, _, _):
                        if index == 0, !isWhole { sizes.append(bytes.count) }
                        ends[1 - index].receive(bytes, from: places[index], now: .zero)
                    case .established: isWhole = isWhole || index == 1
                    default: break
                    }
                }
            }
        }
        Swift.print("datagrams of who dials (starts, then message 3): \(sizes.map(String.init).joined(separator: ", ")) bytes")
    }

    /// The owner of a board of 100 000 removes who drew a tenth of it, and goes on drawing, a shape in each frame.
    private static func printRemoval() throws {
        var random = SecretGenerator(of: "removal")
        let keys = (0...10).map { _ in SigningKey(seed: random.secret()) }
        let (owner, secret) = (keys[0], random.secret())
        let genesis = try Board.makeGenesis(
            owner: owner, name: "figures", wallTime: AdmissionRoom.wallTime, nonce: random.bytes(16),
            firstSecret: EpochSecret.commitment(to: secret))
        var board = try Board(genesis: genesis)
        for key in keys.dropFirst() {
            _ = try board.author(Board.writes(granting: .editor, to: key.author, by: owner.author), key: owner, wallTime: 0)
        }
        for number in 0..<100_000 {
            let key = keys[1 + number % 10]
            let draft = ShapeDraft(kind: .ellipse, position: Point(x: Int32(number), y: 0), size: Size(width: 80, height: 80))
            let writes = try board.writes(for: draft, number: UInt64(1 + number / 10), by: key.author)
            _ = try board.author(writes, key: key, wallTime: 0)
        }
        guard let right = board.right(of: keys[10].author) else { preconditionFailure("who was granted a right has it") }
        let node = Node(
            Node.Configuration(
                identity: owner, staticKey: StaticKey(secret: random.secret()), roomSecret: secret, boardID: board.id, genesis: genesis,
                stored: Array(board.transactions.dropFirst())), seed: random.secret(), now: .zero)
        board = try Board(genesis: genesis)
        let inbox = Inbox()
        var loop = Loop(node: node, inbox: inbox)
        loop.handle(.wallClock(AdmissionRoom.wallTime))
        loop.forget()
        try loop.remove(right)
        loop.draw(for: .seconds(2))
        let longest = loop.turns.sorted { $0.time > $1.time }.prefix(4).map { "\($0.what) \(milliseconds($0.time))" }
        Swift.print(
            "a removal that takes \(loop.removed) of 100000 shapes out: shown after \(milliseconds(loop.shownAfter)) ms; turns of the loop that took it longest, ms of a processor: \(longest.joined(separator: ", "))"
        )
    }

    private static func milliseconds(_ duration: Duration) -> Double { Double(Int(duration / .microseconds(10))) / 100 }

    /// Of this thread: what else the machine does is not counted.
    private static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// A loop with a disk, as a driver has.
    private struct Loop {
        var node: Node
        private let clock = ContinuousClock()
        private let start = ContinuousClock.now
        private let inbox: Inbox
        private(set) var turns: [(what: String, time: Duration)] = []
        private(set) var removed = 0
        private(set) var shownAfter = Duration.zero
        private var removedAt = ContinuousClock.now

        init(node: Node, inbox: Inbox) { (self.node, self.inbox) = (node, inbox) }

        private var now: Instant { .zero + (clock.now - start) }

        mutating func forget() { turns = [] }

        mutating func remove(_ right: TransactionName) throws {
            removedAt = clock.now
            let begun = processorTime()
            _ = try node.govern(now: now) { _, owner throws(RuleViolation) in
                let end = RightsEnd(rights: [right], heads: [])
                return [Write(ShapeID(author: owner, number: 0), .removal, .right(.removal(end)))]
            }
            drain()
            turns.append(("the removal", processorTime() - begun))
        }

        /// A shape each 16 ms.
        mutating func draw(for span: Duration) {
            let end = clock.now + span
            while clock.now < end {
                handle(.intent(.draw(ShapeDraft(kind: .ellipse, position: .zero, size: Size(width: 8, height: 8))), ref: nil))
                let frame = clock.now + .milliseconds(16)
                while clock.now < frame {
                    if let input = inbox.take() { handle(input) } else { usleep(200) }
                }
            }
        }

        mutating func handle(_ input: Node.Input) {
            let begun = processorTime()
            node.handle(input, now: now)
            drain()
            let what =
                switch input {
                case .intent: "a shape is drawn"
                default: "the disk has it"
                }
            turns.append((what, processorTime() - begun))
        }

        private mutating func drain() {
            while let output = node.nextOutput() {
                switch output {
                case .persist(let batch, _): inbox.put(.persisted(batch))
                case .event(.changed(let changes, _), _):
                    let gone = changes.count { $0.kind == .removed }
                    if gone > 0 { (removed, shownAfter) = (removed + gone, clock.now - removedAt) }
                default: break
                }
            }
        }
    }

    /// What the disk brings to the loop.
    private final class Inbox: Sendable {
        private let inputs = Mutex<[Node.Input]>([])

        func put(_ input: Node.Input) { inputs.withLock { $0.append(input) } }

        func take() -> Node.Input? { inputs.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }
}
