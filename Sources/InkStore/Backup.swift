import InkBoard
import InkPrimitives

/// Boards copied to another place, and back.
///
///     <place>/boards/<64 hex>/board.sqlite, name      as in a data directory, but no identity.key: a backup is nobody
///
/// A board is a set, so that copying in either direction is a union (ST-25): nothing that stands on either side goes. What a backup could do harm
/// with is a device key whose log is longer elsewhere: two changes would carry one number, a fork (design: *one process holds a board and profile*).
/// So no key is in a backup, and a board that comes out of one is written to under a key that is made then and never signed before, whatever
/// the directory of this machine's key or the log in the backup may say. Where the board is here already, it stays under the key that it has, and
/// takes what it lacks.
package struct Backup: Sendable {
    /// What became of one board.
    package struct Outcome: Sendable {
        package var board: BoardID
        /// What it is called: here where it was restored, there where it was exported or could not be.
        package var name: String
        package var result: Result<Copied, StoreError>
    }

    /// How a board was copied.
    package struct Copied: Sendable, Equatable {
        /// Transactions that stand at the target now.
        package var transactionCount: Int
        /// Those of them that were not there before.
        package var addedCount: Int
        /// True if the target had no such board.
        package var isNew: Bool
        /// Transactions of the source that are not signed by whom they name, or break a rule; they are left out.
        package var refusedCount: Int

        package init(transactionCount: Int = 0, addedCount: Int = 0, isNew: Bool = false, refusedCount: Int = 0) {
            self.transactionCount = transactionCount
            self.addedCount = addedCount
            self.isNew = isNew
            self.refusedCount = refusedCount
        }
    }

    /// Where it is; read and written as a data directory.
    private let place: BoardCatalog

    package init(place: String) { self.place = BoardCatalog(dataDirectory: place) }

    /// Copies `entries` of `catalog` into this place, beside what is there. A board that is in several profiles becomes one.
    package func add(_ entries: [BoardCatalog.Entry]) throws(StoreError) -> [Outcome] {
        try Files.makeDirectory(place.dataDirectory)
        return entries.map { entry in
            Outcome(board: entry.board, name: entry.name, result: Result { () throws(StoreError) in try add(entry) })
        }
    }

    private func add(_ entry: BoardCatalog.Entry) throws(StoreError) -> Copied {
        if case .failure(let error) = entry.content { throw error }
        var content = try BoardStore.peek(at: entry.directory)
        content.meta.name = try place.uniqueName(entry.name, besides: (entry.board, 1))
        content.meta.hasOwnKey = false
        let sound = try SoundBoard(content, path: entry.directory)
        return try sound.unite(into: place.directory(of: entry.board, profile: 1), keepsSettings: false)
    }

    /// Gives `catalog` back what is here and not there (ST-56).
    ///
    /// - Throws: `missing` if nothing is here.
    package func restore(to catalog: BoardCatalog) throws(StoreError) -> [Outcome] {
        let entries = try place.entries()
        guard !entries.isEmpty else { throw .missing(what: "a backup in \(place.dataDirectory)") }
        return entries.map { entry in
            var name = entry.name
            let result = Result { () throws(StoreError) in try restore(entry, to: catalog, name: &name) }
            return Outcome(board: entry.board, name: name, result: result)
        }
    }

    private func restore(_ entry: BoardCatalog.Entry, to catalog: BoardCatalog, name: inout String) throws(StoreError) -> Copied {
        if case .failure(let error) = entry.content { throw error }
        var content = try BoardStore.peek(at: entry.directory)
        let sound = try SoundBoard(content, path: entry.directory)
        if let here = try catalog.entries().filter({ $0.board == entry.board }).min(by: { $0.profile < $1.profile }) {
            if case .failure(let error) = here.content { throw error }
            name = here.name
            return try sound.unite(into: here.directory, keepsSettings: true)
        }
        name = try catalog.uniqueName(entry.name)
        content.meta.name = name
        content.meta.hasOwnKey = true
        let directory = catalog.directory(of: entry.board, profile: 1)
        try BoardStore.checkLength(directory)
        // Before the board, which would be written to under another key each time that it does not find its own (ST-26).
        _ = try Identity.loadOrCreate(at: BoardCatalog.identityPath(directory))
        return try SoundBoard(content, path: entry.directory).unite(into: directory, keepsSettings: true)
    }
}

/// A board of which every transaction is held against its signature and the rules (ST-27): what lies in a directory may come from anybody.
private struct SoundBoard {
    let meta: BoardMeta
    /// In an order in which nothing stands before its parents.
    let transactions: [Transaction]
    let refusedCount: Int

    /// - Parameter path: where it was found.
    init(_ content: StoredBoard, path: String) throws(StoreError) {
        meta = content.meta
        guard let genesis = content.transactions.first else {
            (transactions, refusedCount) = ([], 0)
            return
        }
        var board: Board
        do throws(RuleViolation) {
            board = try Board(genesis: genesis)
        } catch {
            throw .corrupt(path: path, detail: "its first change cannot be read: \(error)")
        }
        guard genesis.hasValidSignature, board.id == content.meta.board else {
            throw .corrupt(path: path, detail: "its first change is of another board")
        }
        _ = board.load(content.transactions.dropFirst().filter(\.hasValidSignature))
        // Parents before children, in whatever order they were found.
        transactions = board.transactions
        refusedCount = content.transactions.count - transactions.count
    }

    /// Adds all of it to the board in `directory`, which is made where it is not there.
    ///
    /// - Parameter keepsSettings: leave name and addresses of a board that is there as they are.
    func unite(into directory: String, keepsSettings: Bool) throws(StoreError) -> Backup.Copied {
        guard BoardStore.exists(at: directory) else {
            try BoardStore.create(at: directory, meta: meta, transactions: transactions).close()
            return Backup.Copied(
                transactionCount: transactions.count, addedCount: transactions.count, isNew: true, refusedCount: refusedCount)
        }
        let store = try BoardStore.open(at: directory)
        defer { store.close() }
        let there = try store.load()
        guard there.meta.board == meta.board, there.meta.roomSecret == meta.roomSecret else {
            throw .failed(path: directory, detail: "the board there has another secret than the one that is copied")
        }
        let known = Set(there.transactions.map(\.name))
        let missing = transactions.filter { !known.contains($0.name) }
        if !missing.isEmpty { try store.add(missing) }
        if !keepsSettings {
            let settings = meta
            try store.update { $0 = settings }
        } else if there.meta.name.isEmpty, !missing.isEmpty {
            let name = meta.name
            try store.update { $0.name = name }
        }
        return Backup.Copied(
            transactionCount: known.count + missing.count, addedCount: missing.count, isNew: false, refusedCount: refusedCount)
    }
}
