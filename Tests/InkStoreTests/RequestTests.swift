import Foundation
import GRDB
import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkStore
import Testing

/// What programs asked for of a process that held a board, on the disk for the one that follows it.
@Suite struct RequestTests {
    private let folder: Folder
    private let work: Work
    private var directory: String { "\(folder.path)/board" }

    init() throws { (folder, work) = (try Folder(), try Work(count: 3)) }

    private func record(_ index: Int, strand: UInt64, reference: UInt64?) -> [StoreRecord] {
        let transaction = work.transactions[index]
        return [.transaction(transaction), .request(transaction.name, strand: Strand(token: strand), reference: reference)]
    }

    /// A board with two requests, closed as by a kill: nobody forgot anything.
    private func fill() async throws -> [StoredRequest] {
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: [work.transactions[0]])
        try await store.save(record(1, strand: 7, reference: .max))
        try await store.save(record(2, strand: .max, reference: nil))
        store.close()
        return [
            StoredRequest(transaction: work.transactions[1].name, strand: Strand(token: 7), reference: .max),
            StoredRequest(transaction: work.transactions[2].name, strand: Strand(token: .max), reference: nil),
        ]
    }

    private func sorted(_ requests: [StoredRequest]) -> [StoredRequest] { requests.sorted { $0.strand.token < $1.strand.token } }

    @Test func `ST-16: a request is there when its transaction is, whoever opens the board`() async throws {
        let wanted = try await fill()
        for _ in 0..<2 {
            let store = try BoardStore.open(at: directory)
            #expect(try sorted(store.requests()) == wanted)
            #expect(try store.load().transactions.map(\.name) == work.transactions[...2].map(\.name))
            store.close()
        }
    }

    @Test func `ST-34: what a link of an invite holds is there for the next process`() async throws {
        let keys = try (1...3 as ClosedRange<UInt8>).map { number in
            InviteKey(
                invite: work.transactions[Int(number) - 1].name, seed: try #require(Secret32([UInt8](repeating: number, count: 32))))
        }
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: [work.transactions[0]])
        #expect(try store.inviteKeys().isEmpty)
        try await store.save(keys.map { .inviteKey($0) } + [.inviteKey(keys[0])])
        store.close()
        let again = try BoardStore.open(at: directory)
        #expect(try Set(again.inviteKeys()) == Set(keys))
        again.close()
        // One that is damaged is left out, and keeps nobody from the board.
        let database = try DatabaseQueue(path: "\(directory)/board.sqlite")
        try await database.write { db in
            try db.execute(sql: "UPDATE invites SET seed = zeroblob(32) WHERE name = ?", arguments: [Data(keys[1].invite.bytes)])
        }
        try database.close()
        let damaged = try BoardStore.open(at: directory)
        #expect(try Set(damaged.inviteKeys()) == [keys[0], keys[2]])
        damaged.close()
    }

    @Test func `ST-16: a commit that fails keeps neither the request nor its transaction`() async throws {
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: [work.transactions[0]])
        try store.limitPages(1)
        let many = (0..<4000 as Range<UInt64>).flatMap { record(1, strand: $0, reference: $0) }
        await #expect(throws: (any Error).self) { try await store.save(many + bulk()) }
        #expect(try store.requests().isEmpty)
        #expect(try store.load().transactions.count == 1)
        store.close()
    }

    /// More than fits in the pages that there are.
    private func bulk() throws -> [StoreRecord] { try Work(count: 400, seed: 2).transactions.map { .transaction($0) } }

    @Test func `ST-16: requests are forgotten on demand, and then a board has none`() async throws {
        _ = try await fill()
        let store = try BoardStore.open(at: directory)
        try store.forgetRequests()
        #expect(try store.requests().isEmpty)
        store.close()
        let later = try BoardStore.open(at: directory)
        #expect(try later.requests().isEmpty)
        #expect(try later.load().transactions.count == 3)
        later.close()
    }

    @Test func `ST-16: a board of an older program has no table of requests, and needs none`() throws {
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: work.transactions)
        #expect(try store.requests().isEmpty)
        try store.forgetRequests()
        store.close()
        let tables = try DatabaseQueue(path: "\(directory)/board.sqlite").read { db in
            try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        #expect(!tables.contains("requests"))
    }

    @Test(arguments: ["strand = x'0000000000000001'", "reference = x'01'", "name = randomblob(32)", "\"check\" = x''", "strand = 'text'"])
    func `ST-7, ST-16: a damaged request is told, and the board still opens`(change: String) async throws {
        _ = try await fill()
        try await DatabaseQueue(path: "\(directory)/board.sqlite").write { db in
            try db.execute(sql: "UPDATE requests SET \(change) WHERE reference = x''")
        }
        let store = try BoardStore.open(at: directory)
        do throws(StoreError) {
            _ = try store.requests()
            Issue.record("a damaged request was read")
        } catch {
            #expect(error.code == "corrupt" && error.why.contains("request"), "\(error)")
        }
        #expect(try store.load().transactions.count == 3)
        store.close()
    }
}
