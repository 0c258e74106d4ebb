import Foundation
import GRDB
import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkStore
import Testing

@Suite struct BoardStoreTests {
    private let folder: Folder
    private var directory: String { "\(folder.path)/board" }

    init() throws { folder = try Folder() }

    @Test func `ST-1, ST-31: a reopened board gives back everything in the order in which it was stored`() async throws {
        let work = try Work(count: 20)
        let peers = [SocketAddress(ip: .v4(1), port: 2), SocketAddress(ip: .v4(3), port: 4)]
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: [work.transactions[0]])
        for transaction in work.transactions.dropFirst() { try await store.save([.transaction(transaction)]) }
        try await store.save([
            .lastPeers(peers), .ownPort(999), .receipt(peerDevice: work.key.author, author: work.key.author, sequence: .max >> 1),
        ])
        try store.update { $0.name = "another name" }
        store.close()

        let reopened = try BoardStore.open(at: directory)
        let content = try reopened.load()
        #expect(content.transactions == work.transactions)
        var meta = work.meta
        (meta.name, meta.ownPort, meta.lastPeers) = ("another name", 999, peers)
        #expect(content.meta == meta && meta.inviteKey != nil)
        #expect(content.receipts == [StoredReceipt(peerDevice: work.key.author, author: work.key.author, sequence: .max >> 1)])
        reopened.close()
    }

    @Test func `ST-1: what was told as saved is in the files at that moment, as after a kill`() async throws {
        let work = try Work(count: 12)
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: [work.transactions[0]])
        for count in 1..<work.transactions.count {
            try await store.save([.transaction(work.transactions[count])])
            let copy = "\(folder.path)/copy-\(count)"
            try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
            for name in ["board.sqlite", "board.sqlite-wal"] {
                try FileManager.default.copyItem(atPath: "\(directory)/\(name)", toPath: "\(copy)/\(name)")
            }
            let survivor = try BoardStore.open(at: copy)
            #expect(try survivor.load().transactions == Array(work.transactions[...count]))
            survivor.close()
        }
        store.close()
    }

    @Test func `ST-1: each commit is flushed before it returns, also after opening again`() async throws {
        let work = try Work(count: 1)
        var store = try BoardStore.create(at: directory, meta: work.meta)
        for _ in 0..<2 {
            // FULL: in WAL mode less than that keeps the file whole and loses commits when the power goes (SQLite, PRAGMA synchronous).
            let durability = try store.durability()
            #expect(durability.journal == "wal" && durability.synchronous == 2)
            try await store.save(work.records)
            store.close()
            store = try BoardStore.open(at: directory)
        }
        store.close()
    }

    @Test func `ST-64: little of the file is kept in memory, and a board of many times that is read whole`() async throws {
        let work = try Work(count: 3000)
        var store = try BoardStore.create(at: directory, meta: work.meta)
        #expect(try store.cacheSize() == 256)
        try await store.save(work.records)
        store.close()
        store = try BoardStore.open(at: directory)
        #expect(try store.cacheSize() == 256)
        let size = work.transactions.reduce(0) { $0 + $1.encoded.count }
        #expect(size > 2 * 256 * 1024)
        #expect(try store.load().transactions.count == work.records.count)
        store.close()
    }

    @Test func `ST-2: what is asked at once is committed in few groups and answered in order`() throws {
        let work = try Work(count: 200)
        let store = try BoardStore.create(at: directory, meta: work.meta)
        let answers = Answers()
        for (number, transaction) in work.transactions.enumerated() {
            store.persist([.transaction(transaction)], completion: answers.note(number))
        }
        store.close()
        #expect(answers.numbers == Array(0...200))
        #expect(answers.errors.allSatisfy { $0 == nil })
        #expect(store.commitCount < 150, "requests that wait for a flush must share the next one")
        #expect(try BoardStore.peek(at: directory).transactions == work.transactions)
    }

    @Test
    func `ST-3, ST-4, ST-52: a full disk refuses, leaves nothing behind, and takes the same work later, parents first`() async throws {
        let work = try Work(count: 400)
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: [work.transactions[0]])
        try store.limitPages(20)
        await #expect(throws: StoreError.full(path: "\(directory)/board.sqlite")) { try await store.save(work.records) }
        #expect(try store.load().transactions == [work.transactions[0]])
        try store.limitPages(100_000)
        // The child alone: its parents failed before, and stand before it all the same.
        let last = try #require(work.records.last)
        try await store.save([last])
        #expect(try store.load().transactions == work.transactions)
        try await store.save(work.records)
        #expect(try store.load().transactions == work.transactions)
        store.close()
    }

    @Test func `ST-5: a board that is open is not opened twice, and can be read meanwhile`() throws {
        let work = try Work(count: 3)
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: work.transactions)
        #expect(throws: StoreError.locked(path: "\(directory)/lock")) { try BoardStore.open(at: directory) }
        #expect(throws: StoreError.locked(path: "\(directory)/lock")) { try BoardStore.create(at: directory, meta: work.meta) }
        #expect(BoardStore.isOpen(at: directory))
        #expect(try BoardStore.peek(at: directory).transactions == work.transactions)
        store.close()
        #expect(!BoardStore.isOpen(at: directory))
        let second = try BoardStore.open(at: directory)
        second.close()
    }

    @Test func `ST-53: after closing, saving fails and says so`() throws {
        let work = try Work(count: 1)
        let store = try BoardStore.create(at: directory, meta: work.meta)
        store.close()
        let answers = Answers()
        store.persist(work.records, completion: answers.note(1))
        #expect(answers.errors == [.failed(path: directory, detail: "the board is closed")])
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `ST-6, ST-7: a damaged file is told as damaged or holds exactly what was stored`(seed: UInt64) throws {
        let work = try Work(count: 60)
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: work.transactions)
        store.close()
        let path = "\(directory)/board.sqlite"
        let sound = try #require(FileManager.default.contents(atPath: path))
        var random = SplitMix64(seed: seed)
        var refusals = 0
        for _ in 0..<12 {
            var damaged = sound
            let offset = random.below(damaged.count)
            damaged[offset] ^= UInt8(1 + random.below(255))
            try damaged.write(to: URL(fileURLWithPath: path))
            do throws(StoreError) {
                let opened = try BoardStore.open(at: directory)
                defer { opened.close() }
                let content = try opened.load()
                #expect(content.transactions == work.transactions && content.meta == work.meta, "seed \(seed), byte \(offset)")
            } catch {
                refusals += 1
                switch error {
                case .corrupt, .failed: break
                default: Issue.record("seed \(seed), byte \(offset): \(error)")
                }
                #expect(FileManager.default.contents(atPath: path) == damaged, "seed \(seed), byte \(offset): the bytes were touched")
            }
        }
        #expect(refusals > 0)
    }

    @Test func `ST-6: a file of a greater format and a file that is no database are told apart`() async throws {
        let work = try Work(count: 1)
        let store = try BoardStore.create(at: directory, meta: work.meta)
        try store.claim(format: 7)
        store.close()
        #expect(throws: StoreError.newer(path: "\(directory)/board.sqlite", found: 7, known: 2)) { try BoardStore.open(at: directory) }
        try Data("this was a board once, or so".utf8).write(to: URL(fileURLWithPath: "\(directory)/board.sqlite"))
        do throws(StoreError) {
            _ = try BoardStore.open(at: directory)
            Issue.record("it was opened")
        } catch {
            guard case .corrupt = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func `ST-11: a receipt never goes back`() async throws {
        let work = try Work(count: 1)
        let store = try BoardStore.create(at: directory, meta: work.meta)
        for sequence in [4, 9, 2] as [UInt64] {
            try await store.save([.receipt(peerDevice: work.key.author, author: work.key.author, sequence: sequence)])
        }
        #expect(try store.load().receipts.map(\.sequence) == [9])
        store.close()
    }

    @Test func `a crash before the first commit leaves nothing that counts as a board`() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        #expect(FileManager.default.createFile(atPath: "\(directory)/board.sqlite", contents: nil))
        #expect(throws: StoreError.self) { try BoardStore.open(at: directory) }
        #expect(!BoardStore.exists(at: directory))
        let work = try Work(count: 2)
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: work.transactions)
        #expect(try store.load().transactions == work.transactions)
        store.close()
    }

    @Test func `ST-13: a board whose making died in the middle of a commit is no board, and can be made`() throws {
        // A cache of a few pages makes SQLite write into the file before the commit, with a journal to take it back: what a kill leaves.
        let scratch = "\(folder.path)/scratch.sqlite"
        var configuration = Configuration()
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA cache_size = 5") }
        let dying = try DatabaseQueue(path: scratch, configuration: configuration)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try dying.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN; CREATE TABLE meta (key, value)")
            for _ in 0..<40 { try db.execute(sql: "INSERT INTO meta VALUES (randomblob(2000), 1)") }
            for end in ["", "-journal"] {
                try FileManager.default.copyItem(atPath: scratch + end, toPath: "\(directory)/board.sqlite" + end)
            }
            try db.execute(sql: "ROLLBACK")
        }
        let hasJournal = FileManager.default.fileExists(atPath: "\(directory)/board.sqlite-journal")
        #expect(hasJournal, "or this proves nothing")
        #expect(!BoardStore.exists(at: directory))
        let work = try Work(count: 2)
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: work.transactions)
        #expect(try store.load().transactions == work.transactions)
        store.close()
    }

    @Test func `a board that was joined in vain is taken away, one with content is not`() throws {
        let work = try Work(count: 1)
        try BoardStore.create(at: directory, meta: work.meta).discardIfEmpty()
        #expect(!FileManager.default.fileExists(atPath: directory))
        try BoardStore.create(at: directory, meta: work.meta, transactions: work.transactions).discardIfEmpty()
        #expect(try BoardStore.peek(at: directory).transactions == work.transactions)
    }

    @Test func `ST-8: directories are 0700 and files 0600`() async throws {
        let work = try Work(count: 1)
        let store = try BoardStore.create(at: directory, meta: work.meta)
        try await store.save(work.records)
        let manager = FileManager.default
        func mode(_ path: String) throws -> Int? { try manager.attributesOfItem(atPath: path)[.posixPermissions] as? Int }
        #expect(try mode(directory) == 0o700)
        for name in try manager.contentsOfDirectory(atPath: directory) { #expect(try mode("\(directory)/\(name)") == 0o600, "\(name)") }
        store.close()
    }
}
