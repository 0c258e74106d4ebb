import Foundation
import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkStore
import Synchronization

/// A directory that goes with the value.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("inkstore-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // A leftover below the temporary directory harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// A board with some transactions of one author, each the child of the one before.
struct Work {
    let meta: BoardMeta
    let transactions: [Transaction]
    let key: SigningKey

    init(count: Int, seed: UInt8 = 1, name: String = "sketch") throws {
        var random = SecretGenerator(seed: [UInt8](repeating: seed, count: 32))
        key = SigningKey(seed: random.secret())
        let genesis = try Board.makeGenesis(owner: key, name: name, wallTime: 0, nonce: random.bytes(16))
        var board = try Board(genesis: genesis)
        var all = [genesis]
        for number in 0..<count {
            all.append(try board.author(Board.writes(saying: "message \(number)", by: key.author), key: key, wallTime: 0).0)
        }
        transactions = all
        meta = BoardMeta(
            board: board.id, roomSecret: random.secret(), name: name, rendezvous: ["ws://127.0.0.1:4300"], embeddedPort: 4300,
            ownPort: 4400,
            lastPeers: [SocketAddress(ip: .v4(0x7F00_0001), port: 5)], direct: [SocketAddress(ip: .v6(high: 1, low: 2), port: 6)],
            inviteKey: InviteKey(invite: genesis.name, seed: random.secret()))
    }

    var records: [StoreRecord] { transactions.map { .transaction($0) } }
}

/// What completions said, in their order.
final class Answers: Sendable {
    private let list = Mutex<[(Int, Result<Void, StoreError>)]>([])

    func note(_ number: Int) -> BoardStore.Completion { { result in self.list.withLock { $0.append((number, result)) } } }

    var numbers: [Int] { list.withLock { $0.map(\.0) } }
    var errors: [StoreError?] {
        list.withLock { answers in
            answers.map { answer in
                if case .failure(let error) = answer.1 { error } else { nil }
            }
        }
    }
}

extension BoardStore {
    /// Persists and waits for the answer.
    func save(_ records: [StoreRecord]) async throws {
        try await withCheckedThrowingContinuation { (waiting: CheckedContinuation<Void, any Error>) in
            persist(records) { waiting.resume(with: $0.mapError { $0 as any Error }) }
        }
    }
}
