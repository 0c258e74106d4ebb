import InkBoard
import InkCrypto
import InkPrimitives
import InkRuntime
import InkSession

// Two people in one program draw on one board, which lives in memory. They meet at a rendezvous of the program's own, in clear.
// A program that embeds the library, as tools/embed-check builds and runs it.

/// One of them, with what he is told.
struct Person {
    let driver: Driver
    let events: AsyncStream<Event>

    init(_ configuration: Node.Configuration, at rendezvous: Invite.Host) throws {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        self.events = events
        var options = DriverOptions()
        options.onlyLoopback = true
        options.rendezvous = [rendezvous]
        driver = try Driver(node: configuration, options: options, store: nil, clock: .system) { continuation.yield($0) }
        driver.start()
    }

    /// Returns when so many shapes have come since this was asked last.
    func sees(_ count: Int) async {
        var missing = count
        for await event in events {
            if case .changed(let changes, _) = event { missing -= changes.count { $0.kind == .added } }
            if missing == 0 { return }
        }
    }

    /// Returns when the board can be drawn on.
    func isReady() async {
        for await event in events { if case .ready = event { return } }
    }

    /// A square to the right of the origin.
    func draw(at x: Int32) {
        driver.submit(.draw(ShapeDraft(kind: .rectangle, position: Point(x: x, y: 0), size: Size(width: 80, height: 80))))
    }

    func fingerprint() async throws -> Fingerprint? { try await driver.query { $0.board?.fingerprint } }
}

// What is meant for TLS needs it; the program says whether it has it.
do throws(TLSError) {
    _ = try TLSTrust()
    print("TLS: yes")
} catch {
    print("TLS: \(error)")
}

var generator = SecretGenerator(seed: Entropy.seed())
let (owner, secret) = (SigningKey(seed: generator.secret()), generator.secret())
let genesis = try Board.makeGenesis(owner: owner, name: "sketch", wallTime: 1, nonce: generator.bytes(16))
guard let board = BoardID(genesis.name.bytes) else { fatalError("a genesis names its board") }
let service = try RendezvousService(
    {
        var configuration = RendezvousService.Configuration()
        configuration.listen = [Invite.Host(name: "127.0.0.1", port: 0)]
        return configuration
    }(), clock: .system)
let rendezvous = Invite.Host(name: "127.0.0.1", port: service.port)

let ana = try Person(
    Node.Configuration(
        identity: owner, staticKey: StaticKey(secret: generator.secret()), roomSecret: secret, boardID: board, genesis: genesis,
        displayName: "ana"), at: rendezvous)
await ana.isReady()
let bob = try Person(
    Node.Configuration(
        identity: SigningKey(seed: generator.secret()), staticKey: StaticKey(secret: generator.secret()), roomSecret: secret,
        boardID: board, displayName: "bob"), at: rendezvous)
await bob.isReady()
for number: Int32 in 0..<10 { ana.draw(at: number * 100) }
await bob.sees(10)
bob.draw(at: 2000)
await ana.sees(11)
let (left, right) = (try await ana.fingerprint(), try await bob.fingerprint())
guard let left, left == right else { fatalError("the boards differ") }
await ana.driver.quit()
await bob.driver.quit()
await service.stop()
print("two people, 11 shapes, one board")
