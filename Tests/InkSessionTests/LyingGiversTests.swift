import InkBoard
import InkCrypto
import InkPrimitives
import InkTransport
import Testing

@testable import InkSession

/// Members of the room that lie about what they have, nearer to a node than those who have it.
private struct Liars {
    enum Lie {
        /// Says to have a million transactions, and brings none.
        case claims
        /// Never says what it has.
        case withholds
        /// Says to have a million, and brings an old one 200 times a second.
        case repeats(Transaction)
        /// Says to have a million, and makes up new ones, one in 400 ms.
        case drips
        /// Says to have a million, and makes up 12 new ones in 100 ms, for all: nobody comes nearer to what the honest have.
        case floods
        /// Says that it has the room, and nothing by itself.
        case listens
    }

    struct Member {
        let lie: Lie
        let identity: SigningKey
        let address: SocketAddress
        var endpoint: Endpoint
        var connections: [ConnectionID] = []
        var madeUp: Board
        /// What it was sent, and how.
        var heard: [(bytes: [UInt8], lane: Lane)] = []
        var isEnough = false
    }

    var pipes: PerfectPipes
    var liars: [Member] = []
    private let delay: Duration = .milliseconds(30)

    /// A node with nothing, number 1 of the pipes, dials liars, a way of 1 ms off, and one who has the board, `delay` off.
    init(_ lies: [Lie], pipes: PerfectPipes, stored: [Transaction]) throws {
        self.pipes = pipes
        self.pipes.add(name: "ana", stored: stored)
        for (number, lie) in lies.enumerated() { try addLiar(lie, number: number) }
        self.pipes.delays[PerfectPipes.address(0)] = delay
        let addresses = [0] + lies.indices.map { Self.first + $0 }
        self.pipes.add(name: "bob", dialling: addresses)
    }

    private static let first = 20

    private mutating func addLiar(_ lie: Lie, number: Int) throws {
        let index = Self.first + number
        let identity = PerfectPipes.identity(index)
        let staticKey = StaticKey(secret: pipes.secret.derive("liar \(number)"))
        let endpoint = Endpoint(
            Endpoint.Configuration(
                salt: try #require(PeerSalt(Array(PerfectPipes.seedBytes(UInt8(index)).prefix(16)))),
                keys: RoomKeys(roomSecret: pipes.secret), staticKey: staticKey,
                certificate: DeviceCertificate.make(signing: identity, staticKey: staticKey), initiatorPayload: [],
                seed: Secret32(PerfectPipes.seedBytes(UInt8(index)))!))
        liars.append(
            Member(
                lie: lie, identity: identity, address: PerfectPipes.address(index), endpoint: endpoint,
                madeUp: try Board(genesis: pipes.genesis)))
        if case .floods = lie {
            let attempt = Array(PerfectPipes.seedBytes(UInt8(index)).prefix(Endpoint.attemptCount))
            liars[number].endpoint.dial(attempt: attempt, remote: nil, addresses: [PerfectPipes.address(0)], now: now)
        }
    }

    var now: Instant { pipes.now }
    var node: Node { pipes.members[1].node }

    /// Goes on in steps of a millisecond until `holds`, or for so long; the time that it took, nil if it never held.
    mutating func run(_ limit: Duration, until holds: (Liars) -> Bool = { _ in false }) throws -> Duration? {
        let began = now
        while now - began < limit {
            if holds(self) { return now - began }
            for index in liars.indices { try act(index) }
            _ = pipes.run(.milliseconds(1))
            for (bytes, from, to) in pipes.takeStray() {
                guard let index = liars.firstIndex(where: { $0.address == to }) else { continue }
                liars[index].endpoint.receive(bytes, from: from, now: now)
            }
        }
        return holds(self) ? now - began : nil
    }

    mutating func send(_ message: SessionMessage, by index: Int) {
        for connection in liars[index].connections { send(message, on: connection, by: index) }
    }

    private mutating func send(_ message: SessionMessage, on connection: ConnectionID, by index: Int) {
        liars[index].endpoint.send(message.encode(), lane: .control, on: connection, now: now)
    }

    mutating func send(_ transaction: Transaction, lane: Lane, by index: Int) {
        for connection in liars[index].connections {
            liars[index].endpoint.send(transaction.encoded, lane: lane, stream: 1, on: connection, now: now)
        }
    }

    private mutating func makeUp(_ count: Int, by index: Int) throws {
        let identity = liars[index].identity
        for number in 0..<count {
            let said = try Board.writes(saying: "\(now) \(number)", by: identity.author)
            send(try liars[index].madeUp.author(said, key: identity, wallTime: 1).0, lane: .bulk, by: index)
        }
    }

    private mutating func act(_ index: Int) throws {
        let milliseconds = now.nanoseconds / 1_000_000
        switch liars[index].lie {
        case .repeats(let old) where milliseconds % 5 == 0: send(old, lane: .bulk, by: index)
        // Not before all are there who are to have it, since each has the one before as its parent.
        case .drips where milliseconds % 400 == 0 && !liars[index].connections.isEmpty: try makeUp(1, by: index)
        case .floods where milliseconds % 100 == 0 && liars[index].connections.count > 1: try makeUp(12, by: index)
        default: break
        }
        liars[index].endpoint.handleTimeout(now: now)
        while let output = liars[index].endpoint.nextOutput() {
            switch output {
            case .transmit(let bytes, .direct(let to), _): pipes.send(bytes, from: liars[index].address, to: to)
            case .established(let connection, _):
                liars[index].connections.append(connection)
                send(.hello(hasGenesis: true), on: connection, by: index)
                send(.adjacent([]), on: connection, by: index)
                send(.receipt(sequence: 0), on: connection, by: index)
                switch liars[index].lie {
                case .withholds, .listens: break
                case .claims, .repeats, .drips, .floods:
                    let made = try #require(Fingerprint(PerfectPipes.seedBytes(7)))
                    send(.fingerprint(made, count: 1_000_000), on: connection, by: index)
                }
            case .message(let bytes, let lane, _, let connection):
                liars[index].heard.append((bytes, lane))
                guard lane == .control, let message = try? SessionMessage(decoding: bytes) else { continue }
                if message == .hello(hasGenesis: false) { send(.genesis(pipes.genesis.encoded), on: connection, by: index) }
                if message == .enough { liars[index].isEnough = true }
            default: break
            }
        }
    }
}

/// Somebody who comes is not kept from the board by those who say to have it (SE-166 to SE-168).
@Suite struct LyingGiversTests {
    private static func history(_ pipes: PerfectPipes, count: Int = 300) throws -> [Transaction] {
        let key = PerfectPipes.identity(0)
        var board = try Board(genesis: pipes.genesis)
        return try (0..<count).map { try board.author(Board.writes(saying: "m\($0)", by: key.author), key: key, wallTime: 1).0 }
    }

    /// How long it takes who comes until all that the honest one has is there.
    private static func join(
        _ lies: [Liars.Lie], count: Int = 300, bytesPerSecond: Int? = nil
    ) throws -> (time: Duration?, liars: Liars) {
        var pipes = try PerfectPipes()
        (pipes.bytesPerSecond, pipes.hasWideLine) = (bytesPerSecond, [1])
        let history = try history(pipes, count: count)
        var liars = try Liars(lies, pipes: pipes, stored: history)
        let time = try liars.run(.seconds(40)) { liars in
            guard let board = liars.node.board else { return false }
            return history.allSatisfy { board.contains($0.name) }
        }
        return (time, liars)
    }

    /// Handshakes and the first words, a comparison, 300 small transactions by way of 30 ms.
    private static let honestTime: Duration = .milliseconds(1000)

    @Test func `without a liar all is there at once`() throws {
        let alone = try #require(try Self.join([]).time)
        #expect(alone < Self.honestTime, "\(alone)")
    }

    @Test func `SE-168: who says to have a million and brings none costs one patience`() throws {
        let (time, liars) = try Self.join([.claims])
        #expect(try #require(time) < Givers.stallTime + Self.honestTime, "\(String(describing: time))")
        #expect(liars.liars[0].isEnough)
    }

    @Test func `SE-168, SE-313: who never says what it has costs one patience`() throws {
        let (time, liars) = try Self.join([.withholds])
        #expect(try #require(time) < Givers.stallTime + Self.honestTime, "\(String(describing: time))")
        #expect(liars.liars[0].isEnough)
    }

    @Test func `SE-168, SE-315: who brings what is known again and again costs one patience`() throws {
        let pipes = try PerfectPipes()
        let alone = try #require(try Self.join([], bytesPerSecond: 12_000).time)
        for old in [pipes.genesis, try Self.history(pipes)[0]] {
            let (time, liars) = try Self.join([.repeats(old)], bytesPerSecond: 12_000)
            // The first time it may be new.
            #expect(try #require(time) < alone + Givers.stallTime + .milliseconds(500), "\(String(describing: time)), alone \(alone)")
            #expect(liars.liars[0].isEnough)
        }
    }

    @Test func `SE-167: who makes up new ones slowly is left after a trial`() throws {
        let (time, liars) = try Self.join([.drips])
        #expect(try #require(time) < Givers.trialTime + Self.honestTime + .seconds(1), "\(String(describing: time))")
        #expect(liars.liars[0].isEnough)
    }

    @Test func `SE-314: who makes up new ones faster than the honest one brings what it has keeps it out for as many as that has`() throws {
        let alone = try #require(try Self.join([], bytesPerSecond: 12_000).time)
        let (time, liars) = try Self.join([.floods], bytesPerSecond: 12_000)
        // 300 at 120 a second, and a comparison; then all comes, over a line that acknowledges what is made up as well.
        #expect(try #require(time) < alone + .milliseconds(2500) + .seconds(2), "\(String(describing: time)), alone \(alone)")
        let giver = try #require(liars.node.agreement.givers.current)
        #expect(liars.node.neighbours[giver]?.transfer.transactionCount == 1_000_000)
    }

    @Test(arguments: [4, 6])
    func `SE-168: several liars at once cost one patience each`(count: Int) throws {
        let (time, _) = try Self.join((0..<count).map { count == 4 || $0 % 2 == 0 ? .claims : .withholds })
        #expect(try #require(time) < Givers.stallTime * count + Self.honestTime, "\(String(describing: time))")
    }

    @Test func `SE-317: while nobody brings anything the node rests, and asks again when somebody says what it has`() throws {
        let pipes = try PerfectPipes()
        var liars = try Liars([.claims, .claims, .withholds], pipes: pipes, stored: Self.history(pipes))
        liars.pipes.drop = { from, _ in from == PerfectPipes.address(0) }
        _ = try liars.run(.seconds(8))
        #expect(liars.node.agreement.givers.current == nil && liars.node.agreement.givers.deadline == nil)
        #expect(try #require(liars.node.deadline) > liars.now)
        // One of them says something new, and the honest one is there again: a few probes, and a patience for each liar at most.
        liars.pipes.drop = { _, _ in false }
        liars.send(.fingerprint(try #require(Fingerprint(PerfectPipes.seedBytes(8))), count: 2_000_000), by: 0)
        let names = try Self.history(pipes).map(\.name)
        let time = try liars.run(.seconds(20)) { liars in names.allSatisfy { liars.node.board?.contains($0) == true } }
        #expect(try #require(time) < .seconds(8), "\(String(describing: time))")
    }

    @Test func `SE-316: enough takes back nothing of what was asked for by name, though it still waits`() throws {
        var pipes = try PerfectPipes()
        // A line that takes seconds for it, so that most waits with the node when it is enough.
        pipes.bytesPerSecond = 12_000
        var liars = try Liars([.listens], pipes: pipes, stored: Self.history(pipes, count: 300))
        let address = liars.liars[0].address
        liars.pipes.drop = { from, to in from == address || to == address }
        #expect(try liars.run(.seconds(30)) { $0.node.board?.transactionCount ?? 0 > 300 } != nil)
        liars.pipes.drop = { _, _ in false }
        #expect(try liars.run(.seconds(20)) { $0.node.presentPeers == 2 } != nil)
        let connection = try #require(
            liars.node.connections.first { liars.node.neighbours[$0]?.remote.author == liars.liars[0].identity.author })
        let asked = try #require(liars.node.board?.transactions.prefix(SessionMessage.asksMax).map(\.name))
        liars.send(.ask(asked), by: 0)
        #expect(try liars.run(.seconds(1)) { $0.node.neighbours[connection]?.transfer.backlog.isEmpty == false } != nil)
        liars.send(.enough, by: 0)
        let time = try liars.run(.seconds(30)) { liars in
            let came = Set(liars.liars[0].heard.compactMap { $0.lane == .control ? nil : try? Transaction(decoding: $0.bytes).name })
            return came.isSuperset(of: asked)
        }
        #expect(time != nil)
    }

    @Test func `SE-316: enough takes back what a comparison found, and neither answers to questions nor what was drawn meanwhile`() throws {
        let pipes = try PerfectPipes()
        var liars = try Liars([.listens], pipes: pipes, stored: Self.history(pipes, count: 3))
        let address = liars.liars[0].address
        // It comes when all is there, so that nothing is passed on to it.
        liars.pipes.drop = { from, to in from == address || to == address }
        _ = try liars.run(.seconds(3))
        #expect(liars.node.board?.transactionCount ?? 0 > 3)
        liars.pipes.drop = { _, _ in false }
        #expect(try liars.run(.seconds(10)) { $0.node.presentPeers == 2 } != nil)
        _ = try liars.run(.seconds(1))
        func was(_ name: TransactionName, in heard: [(bytes: [UInt8], lane: Lane)]) -> Bool {
            heard.contains { $0.lane != .control && (try? Transaction(decoding: $0.bytes))?.name == name }
        }
        // In one packet.
        let asked = try #require(liars.node.board?.transactions[1])
        #expect(!was(asked.name, in: liars.liars[0].heard))
        liars.send(.ask([asked.name]), by: 0)
        liars.send(.enough, by: 0)
        _ = try liars.run(.seconds(1))
        #expect(was(asked.name, in: liars.liars[0].heard))
        // It does not answer, and what is drawn waits for it; the first that is heard of it is that it is enough.
        liars.pipes.drop = { from, to in from == address || to == address }
        #expect(try liars.run(.seconds(20)) { $0.node.presentPeers == 1 } != nil)
        liars.pipes.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "live")), by: 1)
        _ = try liars.run(.milliseconds(100))
        let live = try #require(liars.node.board?.transactions.last)
        #expect(live.author == liars.node.author && !was(live.name, in: liars.liars[0].heard))
        liars.pipes.drop = { _, _ in false }
        liars.send(.enough, by: 0)
        _ = try liars.run(.seconds(2))
        #expect(was(live.name, in: liars.liars[0].heard))
    }

    @Test func `SE-312: what waited for its parents is passed on as it came`() throws {
        let pipes = try PerfectPipes()
        var liars = try Liars([.listens, .listens], pipes: pipes, stored: Self.history(pipes, count: 1))
        #expect(try liars.run(.seconds(5)) { $0.node.presentPeers == 3 } != nil)
        _ = try liars.run(.seconds(3))
        let key = PerfectPipes.identity(40)
        var board = try Board(genesis: pipes.genesis)
        let made = try (0..<3).map { try board.author(Board.writes(saying: "\($0)", by: key.author), key: key, wallTime: 1).0 }
        // The newest is new; what was before it comes as history.
        liars.send(made[2], lane: .ops, by: 0)
        liars.send(made[1], lane: .bulk, by: 0)
        _ = try liars.run(.milliseconds(30))
        liars.send(made[0], lane: .bulk, by: 0)
        _ = try liars.run(.seconds(1))
        let lanes = made.map { one in liars.liars[1].heard.first { $0.bytes == one.encoded }?.lane }
        #expect(lanes == [.bulk, .bulk, .ops])
    }
}
