import Foundation
import InkStore
import Testing

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What happens to the files of a board while it is open: cleaners, synchronisers, people who tidy up.
@Suite struct OpenFilesTests {
    private let folder: Folder
    private var directory: String { "\(folder.path)/board" }
    private let manager = FileManager.default

    init() throws { folder = try Folder() }

    private func open(_ work: Work) throws -> BoardStore {
        try BoardStore.create(at: directory, meta: work.meta, transactions: [work.transactions[0]])
    }

    @Test(arguments: ["board.sqlite", "board.sqlite-wal"])
    func `ST-20: what is written to a removed file is not saved`(name: String) async throws {
        let work = try Work(count: 2)
        let store = try open(work)
        defer { store.close() }
        let path = "\(directory)/\(name)"
        try manager.removeItem(atPath: path)
        await #expect(throws: StoreError.gone(path: path)) { try await store.save(work.records) }
        #expect(throws: StoreError.gone(path: path)) { try store.update { $0.name = "another" } }
    }

    @Test func `ST-20: what is written after the whole directory was removed is not saved`() async throws {
        let work = try Work(count: 2)
        let store = try open(work)
        defer { store.close() }
        try manager.removeItem(atPath: directory)
        await #expect(throws: StoreError.gone(path: "\(directory)/board.sqlite")) { try await store.save(work.records) }
    }

    @Test func `ST-20: a copy in the place of the files that are open is another board, and takes nothing`() async throws {
        let work = try Work(count: 2)
        let store = try open(work)
        defer { store.close() }
        let copy = "\(folder.path)/copy"
        try manager.copyItem(atPath: directory, toPath: copy)
        try manager.moveItem(atPath: directory, toPath: "\(folder.path)/away")
        try manager.moveItem(atPath: copy, toPath: directory)
        await #expect(throws: StoreError.gone(path: "\(directory)/board.sqlite")) { try await store.save(work.records) }
        // It can be opened meanwhile: nobody has it.
        let other = try BoardStore.open(at: directory)
        other.close()
    }

    @Test func `ST-20: files that are put back take all that was refused meanwhile`() async throws {
        let work = try Work(count: 3)
        let store = try open(work)
        let (path, bin) = ("\(directory)/board.sqlite", "\(folder.path)/bin")
        try manager.moveItem(atPath: path, toPath: bin)
        await #expect(throws: StoreError.gone(path: path)) { try await store.save([work.records[1]]) }
        await #expect(throws: StoreError.gone(path: path)) { try await store.save([work.records[2]]) }
        try manager.moveItem(atPath: bin, toPath: path)
        try await store.save([work.records[3]])
        store.close()
        #expect(try BoardStore.peek(at: directory).transactions == work.transactions)
    }

    @Test func `ST-54: a directory that is moved as a whole takes what is saved along`() async throws {
        let work = try Work(count: 3)
        let store = try open(work)
        let place = "\(folder.path)/elsewhere"
        try manager.moveItem(atPath: directory, toPath: place)
        try await store.save(work.records)
        store.close()
        #expect(try BoardStore.peek(at: place).transactions == work.transactions)
    }

    /// Writes the bytes of one directory's files over those of another, names and files as they are: what `cp -r` of a backup does.
    private func copyOver(_ source: String, _ names: [String] = ["board.sqlite", "board.sqlite-wal", "board.sqlite-shm"]) throws {
        for name in names {
            let bytes = try #require(manager.contents(atPath: "\(source)/\(name)"))
            let file = try #require(FileHandle(forWritingAtPath: "\(directory)/\(name)"))
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: bytes)
            try file.close()
        }
    }

    @Test func `ST-40: a backup that is copied over the open files takes nothing, and is left as it is`() async throws {
        let work = try Work(count: 3)
        let store = try open(work)
        let (path, backup) = ("\(directory)/board.sqlite", "\(folder.path)/backup")
        try manager.copyItem(atPath: directory, toPath: backup)
        try await store.save([work.records[1], work.records[2]])
        try copyOver(backup)
        await #expect(throws: StoreError.overwritten(path: path)) { try await store.save([work.records[3]]) }
        #expect(throws: StoreError.overwritten(path: path)) { try store.update { $0.name = "another" } }
        store.close()
        for name in ["board.sqlite", "board.sqlite-wal"] {
            #expect(manager.contents(atPath: "\(directory)/\(name)") == manager.contents(atPath: "\(backup)/\(name)"))
        }
        let next = try BoardStore.open(at: directory)
        #expect(try next.load().transactions == [work.transactions[0]])
        next.close()
    }

    @Test(arguments: [
        ["board.sqlite", "board.sqlite-wal", "board.sqlite-shm"], ["board.sqlite", "board.sqlite-wal"], ["board.sqlite-wal"],
    ])
    func `ST-40: where an older copy has all that was saved, what is written behind it is called saved only if it is found`(names: [String])
        async throws
    {
        let work = try Work(count: 3)
        let store = try open(work)
        try await store.save([work.records[1]])
        let backup = "\(folder.path)/backup"
        try manager.copyItem(atPath: directory, toPath: backup)
        // The log grows, and the board does not.
        for number in 0..<20 { try store.update { $0.name = "board \(number)" } }
        try copyOver(backup, names)
        var savedCount = 2
        for record in work.records[2...] {
            do {
                try await store.save([record])
                savedCount += 1
            } catch StoreError.overwritten {}
        }
        store.close()
        let left = try BoardStore.peek(at: directory).transactions
        #expect(left.count >= savedCount && left == Array(work.transactions.prefix(left.count)))
    }

    @Test(arguments: ["board.sqlite", "board.sqlite-wal"])
    func `ST-40: a file that is emptied while it is open takes nothing that is not there afterwards`(name: String) async throws {
        let work = try Work(count: 2)
        let store = try open(work)
        try await store.save([work.records[1]])
        let file = try #require(FileHandle(forWritingAtPath: "\(directory)/\(name)"))
        try file.truncate(atOffset: 0)
        try file.close()
        var isSaved = true
        do { try await store.save([work.records[2]]) } catch StoreError.overwritten { isSaved = false }
        store.close()
        guard isSaved else { return }
        #expect(try BoardStore.peek(at: directory).transactions == work.transactions)
    }

    @Test func `ST-40: what does not change the content is no harm: a time that is set, a read, a list`() async throws {
        let work = try Work(count: 2)
        let store = try open(work)
        try manager.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: "\(directory)/board.sqlite")
        try await store.save([work.records[1]])
        _ = try BoardStore.peek(at: directory)
        _ = try BoardStore.summary(at: directory)
        try manager.setAttributes([.modificationDate: Date.distantFuture], ofItemAtPath: "\(directory)/board.sqlite-wal")
        try store.update { $0.name = "another" }
        try await store.save([work.records[2]])
        store.close()
        #expect(try BoardStore.peek(at: directory).transactions == work.transactions)
    }

    @Test func `ST-21: a lock file that is removed lets nobody else in`() async throws {
        let work = try Work(count: 1)
        let store = try open(work)
        try manager.removeItem(atPath: "\(directory)/lock")
        #expect(BoardStore.isOpen(at: directory))
        #expect(throws: StoreError.locked(path: "\(directory)/lock")) { try BoardStore.open(at: directory) }
        #expect(throws: StoreError.locked(path: "\(directory)/lock")) { try BoardStore.create(at: directory, meta: work.meta) }
        // Nor does a second look, which may find the file that the first one made.
        #expect(throws: StoreError.locked(path: "\(directory)/lock")) { try BoardStore.open(at: directory) }
        try await store.save(work.records)
        store.close()
        #expect(!BoardStore.isOpen(at: directory))
        let next = try BoardStore.open(at: directory)
        #expect(try next.load().transactions == work.transactions)
        next.close()
    }

    @Test func `ST-5, ST-21, ST-53: a program that knows the lock file alone is kept out, and keeps out`() throws {
        let work = try Work(count: 1)
        let store = try open(work)
        let file = openFile("\(directory)/lock", O_RDWR)
        defer { close(file) }
        #expect(flock(file, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK)
        store.close()
        #expect(flock(file, LOCK_EX | LOCK_NB) == 0)
        #expect(BoardStore.isOpen(at: directory))
        #expect(throws: StoreError.locked(path: "\(directory)/lock")) { try BoardStore.open(at: directory) }
    }
}

// Inside the suite the plain name means its own method.
private func openFile(_ path: String, _ flags: Int32) -> Int32 { open(path, flags) }
