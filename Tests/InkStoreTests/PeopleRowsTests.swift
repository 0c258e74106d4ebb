import Foundation
import GRDB
import InkBoard
import InkPrimitives
import InkSession
import InkStore
import Testing

/// Whom a device knows, on the disk for the next process.
@Suite struct PeopleRowsTests {
    private let folder: Folder
    private let work: Work
    private var directory: String { "\(folder.path)/board" }

    init() throws { (folder, work) = (try Folder(), try Work(count: 3)) }

    private static func device(_ number: UInt8) throws -> AuthorID { try #require(AuthorID([UInt8](repeating: number, count: 32))) }

    // ST-50
    @Test func `who was met and verified is there for the next process, and a damaged row verifies nobody`() async throws {
        var people = [
            Acquaintance(device: try Self.device(1), firstName: "bob", firstSeen: 1, lastSeen: .max, verifiedAs: "bób\u{1B}"),
            Acquaintance(device: try Self.device(2), firstName: "", firstSeen: 0, lastSeen: 7),
            Acquaintance(device: try Self.device(3), firstName: "eve", firstSeen: 5, lastSeen: 7, verifiedAs: ""),
        ]
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: [work.transactions[0]])
        #expect(try store.acquaintances().isEmpty)
        try await store.save(people.map { .acquaintance($0) })
        people[1].lastSeen = 9
        try await store.save([.acquaintance(people[1])])
        store.close()
        let again = try BoardStore.open(at: directory)
        #expect(try again.acquaintances() == people)
        again.close()
        let database = try DatabaseQueue(path: "\(directory)/board.sqlite")
        let (marked, unmarked) = (Data(people[1].device.bytes), Data(people[2].device.bytes))
        try await database.write { db in
            // A tick that somebody put there, and one under no name that was taken away.
            try db.execute(sql: "UPDATE people SET verified = name WHERE device = ?", arguments: [marked])
            try db.execute(sql: "UPDATE people SET verified = NULL WHERE device = ?", arguments: [unmarked])
        }
        try database.close()
        let damaged = try BoardStore.open(at: directory)
        #expect(try damaged.acquaintances() == [people[0]])
        damaged.close()
    }

    // ST-50
    @Test func `a board of an earlier program has nobody, is opened as it is, and takes the first`() async throws {
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: work.transactions)
        store.close()
        func tables() throws -> Set<String> {
            let database = try DatabaseQueue(path: "\(directory)/board.sqlite")
            defer { try? database.close() }
            return try database.read { db in Set(try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")) }
        }
        #expect(try tables() == ["meta", "transactions", "receipts"])
        let opened = try BoardStore.open(at: directory)
        #expect(try opened.acquaintances().isEmpty)
        opened.close()
        #expect(try tables() == ["meta", "transactions", "receipts"])
        let one = Acquaintance(device: try Self.device(1), firstName: "bob", firstSeen: 1, lastSeen: 2)
        let writer = try BoardStore.open(at: directory)
        try await writer.save([.acquaintance(one)])
        writer.close()
        #expect(try tables().contains("people"))
        let reader = try BoardStore.open(at: directory)
        #expect(try reader.acquaintances() == [one] && reader.load().transactions.count == work.transactions.count)
        reader.close()
    }
}
