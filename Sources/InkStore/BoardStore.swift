import Dispatch
import GRDB
import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// One board on disk: a directory with `board.sqlite` and a lock.
///
/// Writes go through one serial queue. Whatever was asked while a commit ran goes into the next one together (ST-2) (group commit), in the order
/// of the calls, and is answered in that order after the commit is on disk (ST-1): SQLite in WAL mode with `synchronous=FULL` flushes the log
/// before a commit returns.
///
///     persist ─► waiting ─► COMMIT ok ─► success, in order
///                   ▲          └─ fails ─► failure, in order; the transactions are carried into the next COMMIT
///                   └──────────── the caller asks again ┘
///
/// - Invariant of `@unchecked Sendable`: `carried`, `changeNoted`, `database`, `files`, `saved`, `refused`, `isUnreadable`, `people` and `verified` are touched only on
///   `queue`; the rest is immutable or a `Mutex`.
package final class BoardStore: @unchecked Sendable {
    /// Greatest version of the layout that this program knows (ST-15); a greater one is refused with `newer`. Boards are of format 1, and of 2 where
    /// they have a key of their own.
    package static let format = 2

    /// Milliseconds since 1970, as this machine believes.
    package typealias WallClock = @Sendable () -> UInt64

    /// Called once on the store's own queue.
    package typealias Completion = @Sendable (Result<Void, StoreError>) -> Void

    /// The directory of the board.
    package let directory: String
    private let lock: FileLock
    private let wallClock: WallClock
    private let queue: DispatchQueue
    private let state = Mutex(State())
    private var database: DatabaseQueue?
    /// What the database writes to, held against its names after each commit.
    private var files: OpenFiles
    /// Transactions whose commit failed, oldest first. They go ahead of everything in the next commit (ST-3), because what was asked after them may
    /// be their child.
    private var carried: [Transaction] = []
    /// When the last change was noted, by the wall clock; nil if this process has noted none.
    private var changeNoted: UInt64?
    /// What must be found in the files by whoever opens them next.
    private var saved: Saved
    /// What the files were like when less was found in them; nil while all was.
    private var refused: [FileTrace?]?
    /// What was written last cannot be found by whoever reads the files anew: nothing more is written to them.
    private var isUnreadable = false
    /// Who is verified on all boards of the profile; nil where nobody has said which that is.
    private var people: VerifiedPeople?
    /// Those of them whom this process knows to be, and by which names.
    private var verified: [AuthorID: String] = [:]

    /// How much was saved, by which an older copy of a board is known.
    private struct Saved {
        var transactionCount: Int
        /// The transaction that was saved last; nil if this process has saved none.
        var last: TransactionName?
    }

    private struct State {
        var waiting: [Request] = []
        var isScheduled = false
        var isClosed = false
        var commits = 0
    }

    private struct Request {
        var records: [StoreRecord]
        var completion: Completion
    }

    /// How many commits there were since this was opened; a measure of grouping.
    package var commitCount: Int { state.withLock { $0.commits } }

    private init(directory: String, lock: FileLock, database: DatabaseQueue, wallClock: @escaping WallClock) throws(StoreError) {
        (self.directory, self.lock, self.database, self.wallClock) = (directory, lock, database, wallClock)
        let path = Self.databasePath(directory)
        files = try OpenFiles([path, "\(path)-wal"])
        do {
            saved = Saved(transactionCount: try database.read(Schema.transactionCount))
        } catch {
            files.close()
            throw StoreError(error, path: path)
        }
        queue = DispatchQueue(label: "inkwire.store")
    }

    deinit {
        // In this order, as in closing.
        database = nil
        files.close()
    }

    // MARK: Opening

    /// Makes a board's file with its first transactions in one commit, or takes over one that a crash left empty.
    ///
    /// - Throws: `locked` when another process is at it, `failed` when a board is already there.
    package static func create(
        at directory: String, meta: BoardMeta, transactions: [Transaction] = [], now: @escaping WallClock = systemTime
    ) throws(StoreError) -> BoardStore {
        try checkLength(directory)
        var held: FileLock?
        // What is left of a damaged board is not ours to take away (ST-55), nor what another program has made meanwhile.
        var wasEmpty = false
        do throws(StoreError) {
            try Files.makeDirectory(directory)
            let lock = try FileLock(directory: directory)
            (held, wasEmpty) = (lock, isEmpty(directory))
            return try create(at: directory, lock: lock, meta: meta, transactions: transactions, now: now)
        } catch {
            // Who is told that nothing was made shall find nothing (CL-281). Who has the lock is at it himself.
            if case .locked = error { throw error }
            if wasEmpty || held == nil && isEmpty(directory) { removeFiles(of: directory) }
            held?.release()
            throw error
        }
    }

    private static func create(
        at directory: String, lock: FileLock, meta: BoardMeta, transactions: [Transaction], now: @escaping WallClock
    ) throws(StoreError) -> BoardStore {
        let path = databasePath(directory)
        // Made here rather than by SQLite for the sake of the mode, which SQLite gives to its log files as well.
        try Files.touch(path)
        do {
            let database = try connect(path, readOnly: false)
            try database.write { db in
                guard try !db.tableExists("meta") else {
                    throw StoreError.failed(path: directory, detail: "a board is already saved there")
                }
                try Schema.make(db)
                try Schema.write(meta, db)
                try Schema.noteChange(now(), db)
                for transaction in transactions { try Schema.insert(transaction, db) }
            }
            // Only now: where it stands a board was saved, whatever has become of the database since.
            try Files.replace(namePath(directory), bytes: Array(meta.name.utf8))
            return try BoardStore(directory: directory, lock: lock, database: database, wallClock: now)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Opens a board's file for reading and writing, and checks its structure.
    package static func open(at directory: String, now: @escaping WallClock = systemTime) throws(StoreError) -> BoardStore {
        let path = databasePath(directory)
        try checkPresence(directory)
        let lock = try FileLock(directory: directory)
        do {
            let database = try connect(path, readOnly: false)
            try database.read { db in try Schema.verify(db, path: path) }
            return try BoardStore(directory: directory, lock: lock, database: database, wallClock: now)
        } catch StoreError.missing {
            throw absence(directory)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Throws unless there is a database with something in it (ST-6). One that was emptied is not touched (ST-55): SQLite would write a new head
    /// into it, and remove its log, from which all might still be had.
    private static func checkPresence(_ directory: String) throws(StoreError) {
        try checkLength(directory)
        guard let bytes = Files.size(databasePath(directory)), bytes > 0 else { throw absence(directory) }
    }

    /// What it means that nothing is in a board's database (ST-22): it was never saved, or it was taken away.
    private static func absence(_ directory: String) -> StoreError {
        !isUnnamed(directory)
            ? .corrupt(path: databasePath(directory), detail: "a board was saved there, and its content has been taken away")
            : .missing(what: directory)
    }

    /// True where nothing tells that a board was ever saved. A log has something in it from the first commit on.
    private static func isUnnamed(_ directory: String) -> Bool {
        !Files.exists(namePath(directory)) && Files.size("\(databasePath(directory))-wal") ?? 0 == 0
    }

    /// True where there is nothing of a board.
    private static func isEmpty(_ directory: String) -> Bool { isUnnamed(directory) && Files.size(databasePath(directory)) ?? 0 == 0 }

    /// Throws where SQLite cannot go (ST-23): its own refusal would say that the file may not be opened, as if rights were missing
    /// (CL-289).
    package static func checkLength(_ directory: String) throws(StoreError) {
        let count = Files.resolved(databasePath(directory)).utf8.count
        guard count <= pathBytesMax else { throw .pathTooLong(path: directory, bytes: count, limit: pathBytesMax) }
    }

    /// The longest path of a database, bytes: SQLite's MAX_PATHNAME of 512 (os_unix.c) holds the name with `-journal` behind it. Links count as what
    /// they lead to.
    private static let pathBytesMax = 504

    /// Reads a board without opening it: for lists and exports, also while another process has it open.
    package static func peek(at directory: String) throws(StoreError) -> StoredBoard {
        try peek(at: directory) { db, path in try Schema.load(db, path: path) }
    }

    /// What a list shows of a board, read without its transactions (ST-24).
    package struct Summary: Sendable {
        package var meta: BoardMeta
        package var transactionCount: Int
        /// When its transactions changed last by this machine's clock, ms since 1970, to half a minute; nil where an older program wrote them.
        package var changed: UInt64?
        /// Of the author that was asked for: transactions that no other device has said to have.
        package var unsent: Int?
        /// What its database takes on the disk.
        package var byteCount: Int
    }

    /// - Parameter author: whose unsent transactions are counted; nil for nobody's.
    package static func summary(at directory: String, author: (BoardMeta) -> AuthorID? = { _ in nil }) throws(StoreError) -> Summary {
        let path = databasePath(directory)
        // What stands in the log only is there, too.
        let byteCount = ["", "-wal"].reduce(0) { $0 + (Files.size(path + $1) ?? 0) }
        return try peek(at: directory) { db, path in
            let meta = try Schema.meta(db, path: path)
            return Summary(
                meta: meta, transactionCount: try Schema.transactionCount(db), changed: try Schema.changed(db),
                unsent: try author(meta).map { try Schema.unsent(of: $0, db) }, byteCount: byteCount)
        }
    }

    /// What is known of a board beside its transactions, read without them.
    package static func meta(at directory: String) throws(StoreError) -> BoardMeta {
        try peek(at: directory) { db, path in try Schema.meta(db, path: path) }
    }

    /// When the files of a board were written last, whatever for, ms since 1970; 0 if they are not there.
    package static func modified(at directory: String) -> UInt64 {
        // The log of SQLite is younger than its file.
        ["", "-wal"].compactMap { Files.modified(databasePath(directory) + $0) }.max() ?? 0
    }

    /// True if a board with settings is there, readable or not.
    package static func exists(at directory: String) -> Bool {
        do throws(StoreError) {
            _ = try summary(at: directory)
            return true
        } catch .missing {
            return false
        } catch {
            return true
        }
    }

    /// True if some process has the board open.
    package static func isOpen(at directory: String) -> Bool { FileLock.isHeld(directory) }

    private static func peek<R>(at directory: String, _ body: (Database, String) throws -> R) throws(StoreError) -> R {
        let path = databasePath(directory)
        try checkPresence(directory)
        do {
            // CL-282. Not while a process has it open, which may be this one: the first copy that is closed would take its locks on the files away.
            if !FileLock.isPossible(directory), !isOpen(at: directory) { return try peekCopy(of: path, body) }
            do {
                return try connect(path, readOnly: true).read { db in try body(db, path) }
            } catch let error as DatabaseError where error.resultCode == .SQLITE_READONLY || error.resultCode == .SQLITE_CANTOPEN {
                if Files.isOnReadOnlyFileSystem(directory) { return try peekCopy(of: path, body) }
                // A process that died in the middle of a commit left a journal, and only a writer may take back what it began. Where it
                // is the rights that are missing, this fails in the same way.
                return try connect(path, readOnly: false).read { db in try body(db, path) }
            } catch let error as DatabaseError where error.resultCode == .SQLITE_IOERR && !isOpen(at: directory) {
                // A full disk has no room for SQLite's index of the log, others map nothing.
                guard let result = try? peekCopy(of: path, body) else {
                    // Nor has the place of a copy, which may be on the same disk: with nobody else at it the index is kept in memory.
                    if let result = try? connect(path, readOnly: false, isAlone: true).read({ db in try body(db, path) }) { return result }
                    throw error
                }
                return result
            }
        } catch StoreError.missing {
            throw absence(directory)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Where nothing can be written SQLite cannot read its log either, so a copy elsewhere is read (ST-14).
    private static func peekCopy<R>(of path: String, _ body: (Database, String) throws -> R) throws -> R {
        let folder = try Files.makeTemporaryDirectory()
        defer { Files.removeDirectory(folder) }
        let copy = "\(folder)/board.sqlite"
        for end in ["", "-wal", "-journal"] where Files.exists(path + end) {
            _ = try Files.create(copy + end, bytes: try Files.read(path + end, limit: copyBytesMax))
        }
        return try connect(copy, readOnly: false).read { db in try body(db, path) }
    }

    /// Bytes; no board is near 2 GiB.
    private static let copyBytesMax = 1 << 31

    static func databasePath(_ directory: String) -> String { "\(directory)/board.sqlite" }
    /// A copy of the board's name beside the database, so that a board that cannot be read can still be called by it.
    static func namePath(_ directory: String) -> String { "\(directory)/name" }

    package static let systemTime: WallClock = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(max(0, time.tv_sec)) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }

    /// - Parameter isAlone: nobody else gets to the file meanwhile, and nothing is made beside it.
    private static func connect(_ path: String, readOnly: Bool, isAlone: Bool = false) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = readOnly
        // Readers of `boards` and `export` may hold the file for a moment.
        configuration.busyMode = .timeout(2)
        configuration.prepareDatabase { db in
            if isAlone { try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
            if !readOnly {
                try db.execute(sql: "PRAGMA journal_mode = WAL")
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            // Cells are checked as they are read, so that damage is an error and not a wrong answer.
            try db.execute(sql: "PRAGMA cell_size_check = ON")
            // Pages in memory, 256 KiB of them: who opens reads all once, and who writes appends (ST-64).
            try db.execute(sql: "PRAGMA cache_size = -256")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    // MARK: Reading and writing

    /// Everything in the file, each row held against its checksum (ST-7).
    package func load() throws(StoreError) -> StoredBoard {
        let path = Self.databasePath(directory)
        return try onQueue { database in try database.read { db in try Schema.load(db, path: path) } }
    }

    /// What programs asked for of those that held the board, since the last one that ended alone.
    package func requests() throws(StoreError) -> [StoredRequest] {
        let path = Self.databasePath(directory)
        return try onQueue { database in try database.read { db in try Schema.requests(db, path: path) } }
    }

    /// What links hold of invites that this device made (ST-34).
    package func inviteKeys() throws(StoreError) -> [InviteKey] {
        try onQueue { database in try database.read { db in try Schema.inviteKeys(db) } }
    }

    /// Whom this device has met on this board, and whom its person has verified there (ST-50).
    package func acquaintances() throws(StoreError) -> [Acquaintance] {
        try onQueue { database in try database.read { db in try PeopleRows.load(db) } }
    }

    /// Whom this device has met on this board, and whom its person has verified on any: what was said last, wherever that was. From here on who is
    /// verified is kept for all boards. Of whom nothing is kept there, what this board says holds for all (ST-62).
    package func acquaintances(among people: VerifiedPeople) throws(StoreError) -> [Acquaintance] {
        try onQueue { database in
            var (words, all) = (try people.all(), try database.read { db in try PeopleRows.load(db) })
            for index in all.indices {
                let one = all[index]
                if let word = words.removeValue(forKey: one.device) {
                    all[index].verifiedAs = word.name
                } else if let name = one.verifiedAs {
                    try people.keep(.verified(as: name), of: one.device)
                }
            }
            all += words.compactMap { device, word in word.name.map { Acquaintance(device: device, verifiedAs: $0) } }
            self.people = people
            verified = Dictionary(all.compactMap { one in one.verifiedAs.map { (one.device, $0) } }, uniquingKeysWith: { $1 })
            return all.sorted { $0.device < $1.device }
        }
    }

    /// Keeps for all boards who is verified, where that is news. Other programs may say so too: what is as it was here is not said again. On the queue.
    private func keepVerified(_ one: Acquaintance) throws {
        guard let people, verified[one.device] != one.verifiedAs else { return }
        try people.keep(one.verifiedAs.map { .verified(as: $0) } ?? .unverified, of: one.device)
        verified[one.device] = one.verifiedAs
    }

    /// The stroke that was being drawn when the process before ended without a word; nil for none.
    package func stroke() throws(StoreError) -> [UInt8]? { try onQueue { database in try database.read { db in try Schema.stroke(db) } } }

    /// Forgets what programs asked for, once all of them have ended; nobody asks for it again. Nothing is written where there is nothing to forget.
    package func forgetRequests() throws(StoreError) {
        try onQueue { database in if try database.read(Schema.hasRequests) { try writing(database, Schema.forgetRequests) } }
    }

    /// Changes what is known beside the transactions, now.
    package func update(_ change: (inout BoardMeta) -> Void) throws(StoreError) {
        let path = Self.databasePath(directory)
        try onQueue { database in
            let (old, new) = try writing(database) { db in
                let old = try Schema.meta(db, path: path)
                var new = old
                change(&new)
                try Schema.write(new, db)
                return (old.name, new.name)
            }
            if new != old { try Files.replace(Self.namePath(directory), bytes: Array(new.utf8)) }
        }
    }

    /// Adds those of `transactions` that are not there yet, now; nothing may stand before its parents.
    package func add(_ transactions: [Transaction]) throws(StoreError) {
        try onQueue { database in
            try writing(database) { db in
                for transaction in transactions { try insert(transaction, db) }
                try Schema.noteChange(wallClock(), db)
            }
        }
    }

    /// Keeps what is known of the room's secrets, now.
    package func add(_ record: EpochRecord) throws(StoreError) {
        try onQueue { database in try writing(database) { db in try EpochRows.write(record, db) } }
    }

    /// How SQLite writes: its journal, and how much it flushes (2 is FULL: the log, before each commit returns).
    package func durability() throws(StoreError) -> (journal: String, synchronous: Int) {
        try onQueue { database in try database.read(Schema.durability) }
    }

    /// How much of the file SQLite may keep in memory, KiB.
    package func cacheSize() throws(StoreError) -> Int { try onQueue { database in try database.read(Schema.cacheSize) } }

    /// Asks for `records` to be on disk. All of them are, or none; a transaction that is already there is success (ST-52).
    ///
    /// May be called from any thread. Calls are carried out and answered in order.
    package func persist(_ records: [StoreRecord], completion: @escaping Completion) {
        let request = Request(records: records, completion: completion)
        let (mustSchedule, isClosed) = state.withLock { state in
            guard !state.isClosed else { return (false, true) }
            state.waiting.append(request)
            defer { state.isScheduled = true }
            return (!state.isScheduled, false)
        }
        if isClosed {
            completion(.failure(.failed(path: directory, detail: "the board is closed")))
        } else if mustSchedule {
            queue.async { self.commit() }
        }
    }

    /// Commits what is waiting, closes the file and gives up the lock. What is asked afterwards fails.
    package func close() {
        closeFile()
        lock.release()
    }

    private func closeFile() {
        state.withLock { $0.isClosed = true }
        queue.sync {
            commit()
            // Closing merges the log into the file; if that fails the next open does it. Where the files are not ours any more it would spoil
            // what was put there: then nothing is closed, and the system lets go of it with the process.
            if let database, !isOurs { _ = Unmanaged.passRetained(database) } else { do { try database?.close() } catch {} }
            database = nil
            files.close()
        }
    }

    /// Closes a board that was made for joining and never got its genesis, and removes its directory. Any other is only closed.
    package func discardIfEmpty() {
        let isEmpty = (try? onQueue { database in try database.read { db in try Schema.isEmpty(db) } }) ?? false
        closeFile()
        // The lock goes last: whoever comes meanwhile finds it held, and not a board that vanishes.
        defer { lock.release() }
        guard isEmpty else { return }
        Self.removeFiles(of: directory)
    }

    private static func removeFiles(of directory: String) {
        for name in ["board.sqlite", "board.sqlite-wal", "board.sqlite-shm", "board.sqlite-journal", "lock", "name"] {
            unlink("\(directory)/\(name)")
        }
        rmdir(directory)
    }

    /// Lets the file grow to `pages` pages of 4 KiB and no further: a full disk for tests, without one.
    package func limitPages(_ pages: Int) throws(StoreError) {
        try onQueue { database in try writing(database) { db in try db.execute(sql: "PRAGMA max_page_count = \(pages)") } }
    }

    /// Writes another format number than ours, as a later version would.
    package func claim(format: Int) throws(StoreError) {
        try onQueue { database in try writing(database) { db in try Schema.put(.format, Array(String(format).utf8), db) } }
    }

    private func commit() {
        let requests = state.withLock { state in
            defer { (state.waiting, state.isScheduled) = ([], false) }
            return state.waiting
        }
        guard !requests.isEmpty else { return }
        // CL-286, CL-287: all is in memory until it is answered, whatever the disk does meanwhile.
        let result = Result { try write(requests) }.mapError { StoreError($0, path: Self.databasePath(directory)) }
        switch result {
        case .success:
            state.withLock { $0.commits += 1 }
            carried = []
        case .failure:
            changeNoted = nil
            // Neither is a failed commit tried again as it is, nor is the file reopened (ST-4): the rollback makes SQLite write the same frames of
            // its log anew, whereas after a reopen it might find them in the page cache and never flush them.
            var known = Set(carried.map(\.name))
            for case .transaction(let transaction) in requests.flatMap(\.records) where known.insert(transaction.name).inserted {
                carried.append(transaction)
            }
        }
        for request in requests { request.completion(result) }
    }

    private func write(_ requests: [Request]) throws {
        guard let database else { throw StoreError.failed(path: directory, detail: "the board is closed") }
        // SQLite would ask for ten seconds, and say then that there is something about a protocol.
        guard FileLock.isPossible(directory) else { throw StoreError.unlockable(path: Self.databasePath(directory)) }
        try writing(database) { db in
            for transaction in carried { try insert(transaction, db) }
            for record in requests.lazy.flatMap(\.records) {
                if case .transaction(let transaction) = record { try insert(transaction, db) } else { try Schema.write(record, db) }
                if case .acquaintance(let one) = record { try keepVerified(one) }
            }
            if let due = changeToNote(in: requests) { try Schema.noteChange(due, db) }
        }
    }

    /// One commit, to files that are ours before and after. On the queue.
    private func writing<R>(_ database: DatabaseQueue, _ body: (Database) throws -> R) throws -> R {
        let isSuspect = !files.areAsLeft
        if isSuspect { try checkContent() }
        let before = saved
        defer { files.leave() }
        do {
            let result = try database.write(body)
            // What was written to files that have lost their names is not saved, however well it went (ST-20).
            try files.check()
            if isSuspect { try checkWritten() }
            return result
        } catch {
            saved = before
            throw error
        }
    }

    /// After a write to files that something else wrote to: the database goes on where its index of the log ends, which may be beyond the end of the log
    /// that was put there, and then nobody who reads them anew comes so far.
    private func checkWritten() throws {
        do {
            try checkContent()
        } catch {
            isUnreadable = true
            throw error
        }
    }

    private func insert(_ transaction: Transaction, _ db: Database) throws {
        try Schema.insert(transaction, db)
        guard db.changesCount > 0 else { return }
        saved.transactionCount += 1
        saved.last = transaction.name
    }

    /// False if what was saved is not in the files any more, or cannot be found in them now. On the queue.
    private var isOurs: Bool {
        guard isUnreadable || !files.areAsLeft else { return true }
        do {
            try checkContent()
            return true
        } catch {
            return false
        }
    }

    /// Throws unless all that was saved is in the files, for who reads them anew: what we have of them in memory says nothing of what was
    /// written over them. A time that was set by hand, or comes late over a network, is no harm (ST-40).
    private func checkContent() throws {
        try files.check()
        let path = Self.databasePath(directory)
        let traces = files.traces
        // Who is refused asks again each second: while nothing has changed the answer is the same.
        guard !isUnreadable, refused != traces else { throw StoreError.overwritten(path: path) }
        guard try holdsAllSaved(path) else {
            // What was read in the middle of somebody's writing says nothing of what it will be.
            if files.traces == traces { refused = traces }
            throw StoreError.overwritten(path: path)
        }
        refused = nil
        files.leave()
    }

    private func holdsAllSaved(_ path: String) throws -> Bool {
        let folder: String
        do throws(StoreError) {
            folder = try Files.makeTemporaryDirectory()
            do throws(StoreError) {
                try files.copy(to: folder)
            } catch {
                Files.removeDirectory(folder)
                throw error
            }
        } catch {
            throw StoreError.failed(
                path: path,
                detail: "something else wrote to it, and whether all that was saved is still there cannot be looked at: \(error.why)")
        }
        defer { Files.removeDirectory(folder) }
        do {
            return try Self.connect("\(folder)/board.sqlite", readOnly: false).read { [saved] db in
                try Schema.transactionCount(db) >= saved.transactionCount && saved.last.map { try Schema.holds($0, db) } ?? true
            }
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR].contains(error.resultCode) {
            // Of half of one copy and half of another nothing can be read.
            return false
        }
    }

    /// The time to note with a commit that changes the board (ST-24); nil for another, and where it would say nothing new: a row more for each
    /// commit is a page more to flush.
    private func changeToNote(in requests: [Request]) -> UInt64? {
        let changes = !carried.isEmpty || requests.contains { $0.records.contains { if case .transaction = $0 { true } else { false } } }
        guard changes else { return nil }
        let now = wallClock()
        // A clock that was set back is believed as well.
        if let noted = changeNoted, max(now, noted) - min(now, noted) < Self.changeInterval { return nil }
        changeNoted = now
        return now
    }

    /// Milliseconds. Lists tell minutes.
    private static let changeInterval: UInt64 = 30_000

    private func onQueue<R>(_ body: (DatabaseQueue) throws -> R) throws(StoreError) -> R {
        do {
            return try queue.sync {
                guard let database else { throw StoreError.failed(path: directory, detail: "the board is closed") }
                return try body(database)
            }
        } catch {
            throw StoreError(error, path: Self.databasePath(directory))
        }
    }
}
