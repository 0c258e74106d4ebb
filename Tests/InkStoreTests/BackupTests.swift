import Foundation
import InkBoard
import InkCrypto
import InkPrimitives
import InkStore
import Testing

@Suite struct BackupTests {
    private let folder: Folder
    private var place: String { "\(folder.path)/backup" }

    init() throws { folder = try Folder() }

    private func catalog(_ name: String) -> BoardCatalog { BoardCatalog(dataDirectory: "\(folder.path)/\(name)") }

    /// Saves the first `count` transactions of `work`.
    private func save(_ work: Work, _ count: Int, in catalog: BoardCatalog, profile: Int = 1) throws {
        try BoardStore.create(
            at: catalog.directory(of: work.meta.board, profile: profile), meta: work.meta,
            transactions: Array(work.transactions.prefix(count))
        ).close()
    }

    /// Under which key the board is written to.
    private func author(_ work: Work, in catalog: BoardCatalog) throws -> AuthorID {
        let hasOwnKey = try catalog.find("sketch").content.get().hasOwnKey
        return try catalog.identity(of: work.meta.board, hasOwnKey: hasOwnKey, profile: 1).signing.author
    }

    private func transactions(_ work: Work, in catalog: BoardCatalog) throws -> [Transaction] {
        try BoardStore.peek(at: catalog.directory(of: work.meta.board, profile: 1)).transactions
    }

    @Test func `ST-25, ST-56: what was exported comes back whole on a machine that has nothing of it`() throws {
        let work = try Work(count: 12)
        try save(work, 13, in: catalog("ana"))
        let exported = try Backup(place: place).add(catalog("ana").entries())
        #expect(
            try exported.map { try $0.result.get() } == [Backup.Copied(transactionCount: 13, addedCount: 13, isNew: true, refusedCount: 0)])
        #expect(!FileManager.default.fileExists(atPath: "\(place)/identity.key"))
        let restored = try Backup(place: place).restore(to: catalog("new"))
        #expect(restored.map(\.name) == ["sketch"])
        let entry = try catalog("new").find("sketch")
        let content = try BoardStore.peek(at: entry.directory)
        var meta = work.meta
        meta.hasOwnKey = true
        #expect(content.transactions == work.transactions && content.meta == meta)
    }

    @Test func `ST-26: what comes out of a backup is written to under a key that never signed before`() throws {
        let work = try Work(count: 2)
        let mine = try catalog("ana").identity(ofProfile: 1)
        try save(work, 3, in: catalog("ana"))
        #expect(try author(work, in: catalog("ana")) == mine.signing.author)
        _ = try Backup(place: place).add(catalog("ana").entries())
        // Ana may draw on, and then lose or delete it: nobody here knows how far her log went.
        try catalog("ana").delete(catalog("ana").find("sketch"))
        for name in ["ana", "new"] {
            let catalog = catalog(name)
            _ = try Backup(place: place).restore(to: catalog)
            let restored = try author(work, in: catalog)
            #expect(restored != mine.signing.author && !work.transactions.contains { $0.author == restored })
            #expect(try author(work, in: catalog) == restored, "and stays under it")
            #expect(try catalog.identity(ofProfile: 1).signing.author != restored, "other boards do not know it")
            // Programs up to 0.2 know format 1 alone, and would write under the key of the machine.
            let directory = catalog.directory(of: work.meta.board, profile: 1)
            #expect(
                try BoardStore.peek(at: directory).meta.hasOwnKey
                    && !BoardStore.peek(at: place + "/boards/\(work.meta.board.hex)").meta.hasOwnKey)
            // Who takes its key away does not make it write under that one, either.
            try FileManager.default.removeItem(atPath: "\(directory)/identity.key")
            let another = try author(work, in: catalog)
            #expect(![restored, mine.signing.author].contains(another))
        }
    }

    @Test func `ST-26: a board that is here keeps its key and its newer changes, and takes what it lacks`() throws {
        let work = try Work(count: 9)
        let catalog = catalog("ana")
        try save(work, 10, in: catalog)
        _ = try Backup(place: place).add(catalog.entries())
        let directory = catalog.directory(of: work.meta.board, profile: 1)
        let before = try author(work, in: catalog)
        func restore() throws -> Backup.Copied? { try Backup(place: place).restore(to: catalog).first?.result.get() }
        #expect(try restore() == Backup.Copied(transactionCount: 10, addedCount: 0, isNew: false, refusedCount: 0))
        // A disk that was rolled back has less than the backup.
        try FileManager.default.removeItem(atPath: directory)
        try save(work, 4, in: catalog)
        #expect(try restore() == Backup.Copied(transactionCount: 10, addedCount: 6, isNew: false, refusedCount: 0))
        #expect(try BoardStore.peek(at: directory).transactions == work.transactions)
        #expect(try author(work, in: catalog) == before)
        // One that is older than what is here takes nothing away.
        try FileManager.default.removeItem(atPath: place)
        try save(work, 4, in: BoardCatalog(dataDirectory: place))
        _ = try restore()
        #expect(try BoardStore.peek(at: directory).transactions == work.transactions)
    }

    @Test func `ST-25: a backup of a backup is a backup, and one that is made again takes what is new`() throws {
        let work = try Work(count: 5)
        try save(work, 3, in: catalog("ana"))
        _ = try Backup(place: place).add(catalog("ana").entries())
        let store = try BoardStore.open(at: catalog("ana").find("sketch").directory)
        try store.add(Array(work.transactions[3...]))
        try store.update { $0.name = "plan" }
        store.close()
        let again = try Backup(place: place).add(catalog("ana").entries())
        #expect(try again.first?.result.get() == Backup.Copied(transactionCount: 6, addedCount: 3, isNew: false, refusedCount: 0))
        // A copy of the directory, a person's own data directory, an export of the export: each is as good.
        try FileManager.default.copyItem(atPath: place, toPath: "\(place)-copy")
        _ = try Backup(place: "\(place)-export").add(BoardCatalog(dataDirectory: place).entries())
        for (number, source) in [place, "\(place)-copy", "\(place)-export", catalog("ana").dataDirectory].enumerated() {
            let target = catalog("target-\(number)")
            _ = try Backup(place: source).restore(to: target)
            #expect(try target.find("plan").board == work.meta.board)
            #expect(try transactions(work, in: target) == work.transactions)
        }
    }

    @Test func `ST-27: what nobody signed, or follows no rule, is left out of what is restored`() throws {
        let (work, other) = (try Work(count: 6), try Work(count: 3, seed: 2))
        var bytes = work.transactions[4].encoded
        bytes[bytes.count - 1] ^= 1
        let forged = try Transaction(decoding: bytes)
        // Signed, but of another board.
        let foreign = other.transactions[2]
        var all = work.transactions
        all.replaceSubrange(4...4, with: [forged, foreign])
        try BoardStore.create(
            at: BoardCatalog(dataDirectory: place).directory(of: work.meta.board, profile: 1), meta: work.meta, transactions: all
        ).close()
        let outcome = try #require(try Backup(place: place).restore(to: catalog("ana")).first)
        // What follows the forged one hangs in the air.
        #expect(try outcome.result.get() == Backup.Copied(transactionCount: 4, addedCount: 4, isNew: true, refusedCount: 4))
        #expect(try transactions(work, in: catalog("ana")) == Array(work.transactions[..<4]))
    }

    @Test func `ST-27: a board of another secret, one that is damaged, and one that is open are told, and the others come`() throws {
        let works = try (1...4).map { try Work(count: 2, seed: UInt8($0), name: "board \($0)") }
        for work in works { try save(work, 3, in: catalog("ana")) }
        _ = try Backup(place: place).add(catalog("ana").entries())
        var random = SecretGenerator(seed: [UInt8](repeating: 9, count: 32))
        let stranger = catalog("stranger")
        var meta = works[0].meta
        meta.roomSecret = random.secret()
        try BoardStore.create(at: stranger.directory(of: meta.board, profile: 1), meta: meta).close()
        try save(works[1], 3, in: stranger)
        try Data("no database".utf8).write(
            to: URL(fileURLWithPath: "\(stranger.directory(of: works[1].meta.board, profile: 1))/board.sqlite"))
        let open = try BoardStore.create(
            at: stranger.directory(of: works[2].meta.board, profile: 1), meta: works[2].meta, transactions: [works[2].transactions[0]])
        defer { open.close() }
        let outcomes = try Backup(place: place).restore(to: stranger)
        let errors: [String?] = outcomes.map { outcome in
            if case .failure(let error) = outcome.result { error.code } else { nil }
        }
        #expect(errors == ["disk", "corrupt", "already_open", nil])
        #expect(try stranger.find("board 4").content.get().transactionCount == 3)
    }

    @Test func `ST-56: names stay different, and a place without a backup is told`() throws {
        let (first, second) = (try Work(count: 1), try Work(count: 1, seed: 2))
        try save(first, 2, in: catalog("ana"))
        try save(second, 2, in: catalog("bob"))
        for name in ["ana", "bob"] { _ = try Backup(place: place).add(catalog(name).entries()) }
        #expect(try BoardCatalog(dataDirectory: place).entries().map(\.name) == ["sketch", "sketch 2"])
        try save(try Work(count: 0, seed: 3), 1, in: catalog("new"))
        #expect(try Backup(place: place).restore(to: catalog("new")).map(\.name) == ["sketch 2", "sketch 2 2"])
        #expect(throws: StoreError.missing(what: "a backup in \(folder.path)/none")) {
            try Backup(place: "\(folder.path)/none").restore(to: catalog("new"))
        }
    }
}
