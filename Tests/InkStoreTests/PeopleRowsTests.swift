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

    @Test func `ST-50, ST-61: who was met and verified is there for the next process, and a damaged row verifies nobody`() async throws {
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

    @Test func `ST-50: a board of an earlier program has nobody, is opened as it is, and takes the first`() async throws {
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

    /// A board of the folder's profile, and whom it knows when it is opened.
    private func open(_ name: String) throws -> (store: BoardStore, known: [Acquaintance]) {
        let place = "\(folder.path)/boards/\(name)"
        let store =
            try BoardStore.exists(at: place)
            ? BoardStore.open(at: place) : BoardStore.create(at: place, meta: work.meta, transactions: [work.transactions[0]])
        return (store, try store.acquaintances(among: VerifiedPeople(ofProfile: folder.path)))
    }

    private func verified(_ known: [Acquaintance]) -> [AuthorID: String] {
        Dictionary(uniqueKeysWithValues: known.compactMap { one in one.verifiedAs.map { (one.device, $0) } })
    }

    @Test func `ST-51: who is verified on one board is on all of the profile, until that is taken back on any`() async throws {
        var bob = Acquaintance(device: try Self.device(1), firstName: "bob", firstSeen: 1, lastSeen: 2)
        let (one, other) = (try open("one"), try open("other"))
        #expect(one.known.isEmpty && other.known.isEmpty)
        bob.verifiedAs = "bób\u{1B}"
        try await one.store.save([.acquaintance(bob), .acquaintance(Acquaintance(device: try Self.device(2), firstName: "eve"))])
        one.store.close()
        // One that is open meanwhile is told when it is opened next, and what it knows of him until then takes nothing back.
        try await other.store.save([.acquaintance(Acquaintance(device: bob.device, firstName: "bob", firstSeen: 3, lastSeen: 4))])
        other.store.close()
        let again = try open("other")
        #expect(verified(again.known) == [bob.device: "bób\u{1B}"] && again.known.map(\.firstSeen) == [3])
        let third = try open("third")
        #expect(third.known == [Acquaintance(device: bob.device, verifiedAs: "bób\u{1B}")])
        // It is taken back on a board where he was never met; what the others go on saying of him changes nothing.
        try await third.store.save([.acquaintance(Acquaintance(device: bob.device))])
        try await again.store.save([.acquaintance(Acquaintance(device: bob.device, firstSeen: 3, lastSeen: 9, verifiedAs: "bób\u{1B}"))])
        for (store, _) in [again, third] { store.close() }
        for name in ["one", "other", "third"] {
            let (store, known) = try open(name)
            #expect(verified(known) == [:] && !known.contains { $0.device == bob.device && $0.isVerified }, "\(name)")
            store.close()
        }
    }

    @Test
    func `ST-62, ST-63: who was verified on a board by an earlier program is on all from then on, and a damaged word verifies nobody`()
        async throws
    {
        let bob = Acquaintance(device: try Self.device(1), firstName: "bob", firstSeen: 1, lastSeen: 2, verifiedAs: "bob")
        let earlier = try BoardStore.create(at: "\(folder.path)/boards/one", meta: work.meta, transactions: [work.transactions[0]])
        try await earlier.save([.acquaintance(bob)])
        earlier.close()
        let (one, known) = try open("one")
        #expect(known == [bob])
        one.close()
        let other = try open("other")
        #expect(verified(other.known) == [bob.device: "bob"])
        other.store.close()
        let place = "\(folder.path)/people/\(bob.device.hex)"
        var bytes = Array(try #require(FileManager.default.contents(atPath: place)))
        #expect(try FileManager.default.attributesOfItem(atPath: place)[.posixPermissions] as? Int == 0o600)
        bytes[3] ^= 1
        #expect(FileManager.default.createFile(atPath: place, contents: Data(bytes)))
        let (damaged, left) = try open("one")
        #expect(verified(left) == [:] && left.count == 1)
        damaged.close()
        // What has another name is none of ours.
        try Data([1]).write(to: URL(fileURLWithPath: "\(folder.path)/people/README"))
        try open("one").store.close()
    }
}
