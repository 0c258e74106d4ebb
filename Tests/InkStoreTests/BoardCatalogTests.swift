import Foundation
import GRDB
import InkBoard
import InkPrimitives
import InkStore
import Synchronization
import Testing

@Suite struct BoardCatalogTests {
    private let folder: Folder
    private var catalog: BoardCatalog { BoardCatalog(dataDirectory: folder.path) }

    init() throws { folder = try Folder() }

    private func save(_ work: Work, profile: Int = 1) throws -> BoardStore {
        try BoardStore.create(
            at: catalog.directory(of: work.meta.board, profile: profile), meta: work.meta, transactions: work.transactions)
    }

    @Test func `a data directory that does not exist holds no boards`() throws {
        #expect(try BoardCatalog(dataDirectory: "\(folder.path)/none").entries().isEmpty)
    }

    @Test func `boards are found by name and by the digits of their id`() throws {
        let work = try Work(count: 2)
        try save(work).close()
        #expect(try catalog.find("sketch").board == work.meta.board)
        #expect(try catalog.find(String(work.meta.board.hex.prefix(6))).board == work.meta.board)
        #expect(throws: StoreError.missing(what: "board “nothing”")) { try catalog.find("nothing") }
        #expect(throws: StoreError.self) { try catalog.find(String(work.meta.board.hex.prefix(3))) }
    }

    @Test func `ST-10: a name that is taken gets a number, over all profiles`() throws {
        try save(try Work(count: 0, seed: 1)).close()
        var other = try Work(count: 0, seed: 2, name: "sketch 2").meta
        other.name = "sketch 2"
        try BoardStore.create(at: catalog.directory(of: other.board, profile: 2), meta: other).close()
        #expect(try catalog.uniqueName("sketch") == "sketch 3")
        #expect(try catalog.uniqueName("plan") == "plan")
        #expect(try catalog.uniqueName("SKETCH", looks: { $0.lowercased() }) == "SKETCH 3")
    }

    @Test func `a board that is open is joined under a further profile, one that is not under its own`() throws {
        let work = try Work(count: 1)
        #expect(catalog.profileForJoining(work.meta.board) == 1)
        let first = try save(work)
        #expect(catalog.profileForJoining(work.meta.board) == 2)
        try FileManager.default.removeItem(atPath: "\(first.directory)/lock")
        #expect(catalog.profileForJoining(work.meta.board) == 2, "who removes the lock file changes nothing")
        let second = try save(work, profile: 2)
        #expect(catalog.profileForJoining(work.meta.board) == 3)
        first.close()
        #expect(catalog.profileForJoining(work.meta.board) == 1)
        second.close()
    }

    @Test func `ST-12: a damaged board is found by the name it had last`() throws {
        let work = try Work(count: 1)
        let store = try save(work)
        try store.update { $0.name = "plan" }
        store.close()
        try Data("no database".utf8).write(to: URL(fileURLWithPath: "\(catalog.directory(of: work.meta.board, profile: 1))/board.sqlite"))
        let entry = try catalog.find("plan")
        #expect(entry.board == work.meta.board)
        #expect(throws: StoreError.self) { try entry.content.get() }
    }

    @Test func `ST-6: a damaged board is listed with the reason and can be moved aside whole`() throws {
        let work = try Work(count: 1)
        try save(work).close()
        let path = "\(catalog.directory(of: work.meta.board, profile: 1))/board.sqlite"
        let bytes = Data("not a database, but somebody's bytes".utf8)
        try bytes.write(to: URL(fileURLWithPath: path))
        let entry = try catalog.find(String(work.meta.board.hex.prefix(8)))
        guard case .failure(.corrupt) = entry.content else {
            Issue.record("\(entry.content)")
            return
        }
        let place = try catalog.moveAside(entry)
        #expect(try catalog.entries().isEmpty)
        #expect(FileManager.default.contents(atPath: "\(place)/board.sqlite") == bytes)
    }

    @Test func `ST-5: a board that is open is not moved aside`() throws {
        let store = try save(try Work(count: 1))
        let entry = try catalog.find("sketch")
        #expect(entry.isOpen)
        #expect(throws: StoreError.locked(path: "\(entry.directory)/lock")) { try catalog.moveAside(entry) }
        store.close()
    }

    @Test(arguments: ["emptied", "emptied, with its log", "removed"])
    func `ST-22, ST-55: a board whose database was emptied or removed is damaged, not absent`(how: String) throws {
        let work = try Work(count: 3)
        try save(work).close()
        let directory = catalog.directory(of: work.meta.board, profile: 1)
        let path = "\(directory)/board.sqlite"
        let log = Data(repeating: 7, count: 5000)
        if how == "removed" {
            try FileManager.default.removeItem(atPath: path)
        } else {
            try Data().write(to: URL(fileURLWithPath: path))
            if how != "emptied" { try log.write(to: URL(fileURLWithPath: "\(path)-wal")) }
        }
        let entry = try catalog.find("sketch")
        guard case .failure(.corrupt(path, _)) = entry.content else {
            Issue.record("\(entry.content)")
            return
        }
        #expect(BoardStore.exists(at: directory), "nobody joins into it")
        #expect(throws: StoreError.self) { try BoardStore.open(at: directory) }
        // What may still be rescued is as it was.
        if how != "removed" { #expect(FileManager.default.contents(atPath: path) == Data()) }
        if how == "emptied, with its log" { #expect(FileManager.default.contents(atPath: "\(path)-wal") == log) }
        _ = try catalog.moveAside(entry)
        #expect(try catalog.entries().isEmpty)
    }

    @Test func `ST-22: a log without the rest says that a board was there`() throws {
        let work = try Work(count: 1)
        try save(work).close()
        let directory = catalog.directory(of: work.meta.board, profile: 1)
        try FileManager.default.removeItem(atPath: "\(directory)/name")
        try Data().write(to: URL(fileURLWithPath: "\(directory)/board.sqlite"))
        #expect(try catalog.entries().isEmpty, "as a crash before the first commit leaves it")
        try Data(repeating: 7, count: 5000).write(to: URL(fileURLWithPath: "\(directory)/board.sqlite-wal"))
        #expect(try catalog.entries().count == 1)
        #expect(BoardStore.exists(at: directory), "nobody joins into it")
    }

    @Test func `ST-22: a database of which only the head is left is damaged, too`() throws {
        let work = try Work(count: 3)
        try save(work).close()
        let path = "\(catalog.directory(of: work.meta.board, profile: 1))/board.sqlite"
        try FileManager.default.removeItem(atPath: path)
        try DatabaseQueue(path: path).inDatabase { db in try db.execute(sql: "PRAGMA user_version = 1") }
        let entry = try catalog.find("sketch")
        #expect(throws: StoreError.self) { try entry.content.get() }
        #expect(throws: StoreError.self) { try BoardStore.open(at: entry.directory) }
    }

    @Test func `ST-23: a place whose path SQLite does not take is told before anything is made there`() throws {
        var path = folder.path
        while path.utf8.count < 480 { path += "/" + String(repeating: "x", count: 40) }
        let long = BoardCatalog(dataDirectory: path)
        let work = try Work(count: 1)
        let directory = long.directory(of: work.meta.board, profile: 1)
        let bytes = "\(directory)/board.sqlite".utf8.count
        let error = StoreError.pathTooLong(path: directory, bytes: bytes, limit: 504)
        #expect(throws: error) { try BoardStore.create(at: directory, meta: work.meta) }
        #expect(throws: StoreError.self) { try long.identity(ofProfile: 1) }
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/" + String(repeating: "x", count: 40)))
        // By a short way, it is as long.
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/short", withDestinationPath: path)
        #expect(throws: StoreError.self) { try BoardStore.create(at: "\(folder.path)/short/boards/x", meta: work.meta) }
    }

    @Test func `ST-23: the longest path that is not refused works`() throws {
        let work = try Work(count: 2)
        var directory = folder.path
        let wanted = 504 - "/board.sqlite".utf8.count
        while directory.utf8.count < wanted - 101 { directory += "/" + String(repeating: "x", count: 100) }
        directory += "/" + String(repeating: "y", count: wanted - directory.utf8.count - 1)
        let real = try #require(
            realpath(folder.path, nil).map { pointer in
                defer { free(pointer) }
                return String(cString: pointer)
            })
        try #require(real == folder.path, "or the path is longer than it looks")
        try BoardStore.create(at: directory, meta: work.meta, transactions: work.transactions).close()
        #expect(try BoardStore.peek(at: directory).transactions == work.transactions)
        #expect(throws: StoreError.self) { try BoardStore.create(at: "\(directory)z", meta: work.meta) }
    }

    @Test func `ST-24: a list tells the last change, the size, and what nobody else has`() async throws {
        let work = try Work(count: 8)
        let identity = try catalog.identity(ofProfile: 1)
        var random = SplitMix64(seed: 1)
        let (key, peer) = (identity.signing, AuthorID(using: &random))
        var board = try Board(genesis: work.transactions[0])
        var own: [Transaction] = []
        for number in 0..<5 { own.append(try board.author(Board.writes(saying: "\(number)", by: key.author), key: key, wallTime: 0).0) }
        let time = Mutex<UInt64>(1_000_000)
        let store = try BoardStore.create(
            at: catalog.directory(of: work.meta.board, profile: 1), meta: work.meta, transactions: [work.transactions[0]],
            now: { time.withLock { $0 } })
        func listed() throws -> BoardCatalog.Content { try catalog.find("sketch").content.get() }
        #expect(try listed().changed == 1_000_000)
        #expect(try listed().unsent == 0)
        time.withLock { $0 = 2_000_000 }
        try await store.save(own.map { .transaction($0) })
        try await store.save([.receipt(peerDevice: peer, author: key.author, sequence: 3)])
        #expect(try listed().unsent == 2)
        #expect(try listed().changed == 2_000_000)
        #expect(try listed().byteCount >= 4096)
        // What is no change of the board is none.
        time.withLock { $0 = 3_000_000 }
        try await store.save([.receipt(peerDevice: peer, author: key.author, sequence: 5), .ownPort(7)])
        #expect(try listed().changed == 2_000_000 && listed().unsent == 0)
        // A clock that was years ahead, and was set back.
        time.withLock { $0 = 500_000 }
        try await store.save([.transaction(work.transactions[1])])
        #expect(try listed().changed == 500_000)
        store.close()
        try FileManager.default.removeItem(atPath: "\(folder.path)/identity.key")
        #expect(try listed().unsent == nil, "nobody knows whose they are")
    }

    @Test func `ST-10, ST-28: a board gets another name, unless another board has it or somebody is at it`() throws {
        try save(try Work(count: 1)).close()
        try save(try Work(count: 1, seed: 2, name: "plan")).close()
        #expect(throws: StoreError.self) { try catalog.rename(catalog.find("sketch"), to: "plan") }
        try catalog.rename(catalog.find("sketch"), to: "idea")
        #expect(try catalog.entries().map(\.name) == ["idea", "plan"])
        let store = try BoardStore.open(at: catalog.find("idea").directory)
        #expect(throws: StoreError.locked(path: "\(store.directory)/lock")) { try catalog.rename(catalog.find("idea"), to: "other") }
        store.close()
        try catalog.rename(catalog.find("idea"), to: "idea")
        #expect(try catalog.find("idea").content.get().transactionCount == 2)
    }

    @Test func `ST-57: a deleted board is gone with all its files, and another is not touched`() throws {
        let work = try Work(count: 1)
        let other = try Work(count: 2, seed: 2, name: "plan")
        try save(work).close()
        try save(other).close()
        let directory = catalog.directory(of: work.meta.board, profile: 1)
        // What a kill left of an earlier deletion.
        try FileManager.default.createDirectory(atPath: "\(directory).deleted/x", withIntermediateDirectories: true)
        let outside = "\(folder.path)/outside"
        try Data("kept".utf8).write(to: URL(fileURLWithPath: outside))
        try FileManager.default.createSymbolicLink(atPath: "\(directory)/link", withDestinationPath: outside)
        let store = try BoardStore.open(at: directory)
        #expect(throws: StoreError.locked(path: "\(directory)/lock")) { try catalog.delete(catalog.find("sketch")) }
        store.close()
        try catalog.delete(catalog.find("sketch"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/boards") == [other.meta.board.hex])
        #expect(FileManager.default.fileExists(atPath: outside))
        #expect(try catalog.find("plan").content.get().transactionCount == 3)
    }

    @Test func `ST-12: a board is found by its name as lists show it, unless two look alike`() throws {
        let work = try Work(count: 1, name: "plan\u{200B}")
        try save(work).close()
        func shown(_ name: String) -> String { name.filter { $0.isLetter } }
        #expect(throws: StoreError.missing(what: "board “plan”")) { try catalog.find("plan") }
        #expect(try catalog.find("plan", shown: shown).board == work.meta.board)
        try save(try Work(count: 1, seed: 2, name: "pl an")).close()
        #expect(throws: StoreError.failed(path: "board “plan”", detail: "several boards look so; give digits of the id")) {
            try catalog.find("plan", shown: shown)
        }
        try save(try Work(count: 1, seed: 3, name: "plan")).close()
        #expect(try catalog.find("plan", shown: shown).content.get().name == "plan")
    }

    @Test func `ST-29: a place that others may change is told`() throws {
        let work = try Work(count: 1)
        try save(work).close()
        func complaints(mode: Int, of path: String) throws -> Int {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            return catalog.complaints(of: work.meta.board, profile: 1).count
        }
        let directory = catalog.directory(of: work.meta.board, profile: 1)
        #expect(try complaints(mode: 0o700, of: folder.path) == 0)
        #expect(try complaints(mode: 0o755, of: folder.path) == 0)
        #expect(try complaints(mode: 0o1777, of: folder.path) == 0)
        #expect(try complaints(mode: 0o777, of: directory) == 1)
        #expect(try complaints(mode: 0o775, of: folder.path) == 2)
        #expect(try complaints(mode: 0o777, of: "\(folder.path)/boards") == 3)
    }

    @Test func `ST-29: a place above ours where all may write is told, and one of a group is not`() throws {
        let above = BoardCatalog(dataDirectory: "\(folder.path)/above/data")
        let work = try Work(count: 1)
        try BoardStore.create(at: above.directory(of: work.meta.board, profile: 2), meta: work.meta).close()
        for (mode, count) in [(0o755, 0), (0o775, 0), (0o777, 1), (0o1777, 0)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(folder.path)/above")
            #expect(above.complaints(of: work.meta.board, profile: 2).count == count)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o757], ofItemAtPath: "\(folder.path)/above/data/profiles")
        #expect(above.complaints(of: work.meta.board, profile: 2).count == 1)
        #expect(above.complaints(of: work.meta.board, profile: 1).isEmpty)
    }

    @Test func `ST-29: a database that others can read is told where they get to it`() throws {
        let work = try Work(count: 1)
        try save(work).close()
        let directory = catalog.directory(of: work.meta.board, profile: 1)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(directory)/board.sqlite")
        #expect(catalog.complaints(of: work.meta.board, profile: 1).isEmpty)
        for place in [folder.path, "\(folder.path)/boards", directory] {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place)
        }
        let complaints = catalog.complaints(of: work.meta.board, profile: 1)
        #expect(complaints.count == 1 && complaints[0].contains("\(directory)/board.sqlite") && complaints[0].contains("chmod 600"))
    }
}
