import Foundation
import GRDB
import InkBoard
import InkCrypto
import InkPrimitives
import InkSession

/// The tables of `board.sqlite`, and the rows that go in and come out.
///
/// SQLite does not know when a byte on the disk has turned; each row carries eight bytes of BLAKE2b over its values, so that we do.
enum Schema {
    static func make(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL, "check" BLOB NOT NULL) WITHOUT ROWID;
                CREATE TABLE transactions (
                    position INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, author BLOB NOT NULL, sequence INTEGER NOT NULL,
                    lamport INTEGER NOT NULL, body BLOB NOT NULL, "check" BLOB NOT NULL);
                CREATE TABLE receipts (
                    peer BLOB NOT NULL, author BLOB NOT NULL, sequence INTEGER NOT NULL, "check" BLOB NOT NULL,
                    PRIMARY KEY (peer, author)) WITHOUT ROWID;
                """)
    }

    /// Throws unless the file is a board of a format we know, whose pages and indexes fit together.
    static func verify(_ db: Database, path: String) throws {
        _ = try meta(db, path: path)
        guard let verdict = try Row.fetchOne(db, sql: "PRAGMA integrity_check(1)").flatMap({ text($0, 0) }), verdict == "ok" else {
            throw StoreError.corrupt(path: path, detail: "SQLite finds its pages inconsistent")
        }
    }

    // MARK: Writing

    static func write(_ meta: BoardMeta, _ db: Database) throws {
        for key in BoardMeta.Key.allCases {
            guard let value = meta.value(of: key) else {
                try db.execute(sql: "DELETE FROM meta WHERE key = ?", arguments: [key.rawValue])
                continue
            }
            try put(key, value, db)
        }
    }

    static func write(_ record: StoreRecord, _ db: Database) throws {
        switch record {
        case .transaction(let transaction): try insert(transaction, db)
        case .receipt(let peerDevice, let author, let sequence):
            // A receipt never goes back: what a device once had in its set it keeps (ST-11).
            try db.cachedStatement(
                sql: """
                    INSERT INTO receipts VALUES (?, ?, ?, ?) ON CONFLICT (peer, author) DO UPDATE
                    SET sequence = excluded.sequence, "check" = excluded."check" WHERE excluded.sequence > sequence
                    """
            ).execute(
                arguments: [
                    Data(peerDevice.bytes), Data(author.bytes), Int64(clamping: sequence),
                    check([peerDevice.bytes, author.bytes, number(sequence)]),
                ])
        case .lastPeers(let addresses): try put(.lastPeers, Array(addresses.map(\.description).joined(separator: "\n").utf8), db)
        case .inviteKey(let key):
            // Made when it is needed, as those of strokes and requests.
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS invites (name BLOB PRIMARY KEY NOT NULL, seed BLOB NOT NULL, "check" BLOB NOT NULL) WITHOUT ROWID
                    """)
            let (name, seed) = (key.invite.bytes, key.seed.withBytes { $0 })
            try db.cachedStatement(sql: "INSERT INTO invites VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING").execute(
                arguments: [Data(name), Data(seed), check([name, seed])])
        case .acquaintance(let one): try PeopleRows.write(one, db)
        case .ownPort(let port): try put(.ownPort, Array(String(port).utf8), db)
        case .stroke(let bytes):
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS strokes (hand INTEGER PRIMARY KEY NOT NULL, body BLOB NOT NULL, "check" BLOB NOT NULL)
                    """)
            guard let bytes else { return try db.execute(sql: "DELETE FROM strokes") }
            try db.cachedStatement(sql: "INSERT OR REPLACE INTO strokes VALUES (0, ?, ?)").execute(arguments: [Data(bytes), check([bytes])])
        case .epoch(let record): try EpochRows.write(record, db)
        case .request(let name, let strand, let reference):
            // Made when it is needed: most boards never have two programs, and older ones do not look at it.
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS requests (
                        name BLOB PRIMARY KEY NOT NULL, strand BLOB NOT NULL, reference BLOB NOT NULL, "check" BLOB NOT NULL) WITHOUT ROWID;
                    """)
            let (strand, reference) = (number(strand.token), reference.map(number) ?? [])
            try db.cachedStatement(sql: "INSERT INTO requests VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING").execute(
                arguments: [Data(name.bytes), Data(strand), Data(reference), check([name.bytes, strand, reference])])
        }
    }

    /// Adds a transaction, unless it is there already.
    static func insert(_ transaction: Transaction, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO transactions (name, author, sequence, lamport, body, "check") VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING
                """
        ).execute(
            arguments: [
                Data(transaction.name.bytes), Data(transaction.author.bytes), Int64(clamping: transaction.sequence),
                Int64(clamping: transaction.lamport), Data(transaction.encoded), check([transaction.encoded]),
            ])
    }

    static func put(_ key: BoardMeta.Key, _ value: [UInt8], _ db: Database) throws { try put(key.rawValue, value, db) }

    private static func put(_ key: String, _ value: [UInt8], _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO meta VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, "check" = excluded."check"
                """
        ).execute(arguments: [key, Data(value), check([Array(key.utf8), value])])
    }

    /// Notes when the transactions changed, ms since 1970. Beside the settings, where older programs pass it over.
    static func noteChange(_ time: UInt64, _ db: Database) throws { try put(changedKey, Array(String(time).utf8), db) }

    private static let changedKey = "changed"

    // MARK: Reading

    /// When the transactions changed last; nil if that was not noted, or does not read.
    static func changed(_ db: Database) throws -> UInt64? {
        let row = try Row.fetchOne(db, sql: #"SELECT value, "check" FROM meta WHERE key = ?"#, arguments: [changedKey])
        guard let row, let value = blob(row, 0), blob(row, 1) == Array(check([Array(changedKey.utf8), value])) else { return nil }
        return UInt64(String(decoding: value, as: UTF8.self))
    }

    static func transactionCount(_ db: Database) throws -> Int { try Int.fetchOne(db, sql: "SELECT count(*) FROM transactions") ?? 0 }

    static func holds(_ name: TransactionName, _ db: Database) throws -> Bool {
        try Row.fetchOne(db, sql: "SELECT 1 FROM transactions WHERE name = ?", arguments: [Data(name.bytes)]) != nil
    }

    /// Transactions of `author` behind the greatest receipt of any device.
    static func unsent(of author: AuthorID, _ db: Database) throws -> Int {
        func greatest(_ table: String) throws -> Int64 {
            let row = try Row.fetchOne(db, sql: "SELECT max(sequence) FROM \(table) WHERE author = ?", arguments: [Data(author.bytes)])
            return row.flatMap { integer($0, 0) } ?? 0
        }
        return Int(clamping: max(0, try greatest("transactions").subtractingReportingOverflow(greatest("receipts")).partialValue))
    }

    static func durability(_ db: Database) throws -> (journal: String, synchronous: Int) {
        (try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "", try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? 0)
    }

    /// How much of the file SQLite may keep in memory, KiB.
    static func cacheSize(_ db: Database) throws -> Int { -(try Int.fetchOne(db, sql: "PRAGMA cache_size") ?? 0) }

    static func load(_ db: Database, path: String) throws -> StoredBoard {
        let meta = try meta(db, path: path)
        var transactions: [Transaction] = []
        let rows = try Row.fetchCursor(db, sql: #"SELECT name, body, "check" FROM transactions ORDER BY position"#)
        while let row = try rows.next() {
            guard let name = blob(row, 0), let body = blob(row, 1), blob(row, 2) == Array(check([body])) else {
                throw StoreError.corrupt(path: path, detail: "the checksum of transaction \(transactions.count + 1) does not match")
            }
            do {
                let transaction = try Transaction(decoding: body)
                guard transaction.name.bytes == name else { throw WireError.unexpected }
                transactions.append(transaction)
            } catch {
                throw StoreError.corrupt(path: path, detail: "transaction \(transactions.count + 1) does not read: \(error)")
            }
        }
        var receipts: [StoredReceipt] = []
        let receiptRows = try Row.fetchCursor(db, sql: #"SELECT peer, author, sequence, "check" FROM receipts ORDER BY peer, author"#)
        while let row = try receiptRows.next() {
            guard let peer = blob(row, 0), let author = blob(row, 1), let sequence = integer(row, 2).flatMap({ UInt64(exactly: $0) }),
                blob(row, 3) == Array(check([peer, author, number(sequence)])), let peerDevice = AuthorID(peer),
                let authorID = AuthorID(author)
            else { throw StoreError.corrupt(path: path, detail: "the checksum of receipt \(receipts.count + 1) does not match") }
            receipts.append(StoredReceipt(peerDevice: peerDevice, author: authorID, sequence: sequence))
        }
        return StoredBoard(meta: meta, transactions: transactions, receipts: receipts, epochs: try EpochRows.load(db, path: path))
    }

    /// What programs asked for, in no order.
    static func requests(_ db: Database, path: String) throws -> [StoredRequest] {
        guard try db.tableExists("requests") else { return [] }
        var requests: [StoredRequest] = []
        let rows = try Row.fetchCursor(db, sql: #"SELECT name, strand, reference, "check" FROM requests"#)
        while let row = try rows.next() {
            guard let bytes = blob(row, 0), let strand = blob(row, 1), let reference = blob(row, 2),
                blob(row, 3) == Array(check([bytes, strand, reference])), let name = TransactionName(bytes), strand.count == 8,
                reference.isEmpty || reference.count == 8
            else { throw StoreError.corrupt(path: path, detail: "the checksum of request \(requests.count + 1) does not match") }
            requests.append(
                StoredRequest(
                    transaction: name, strand: Strand(token: word(strand)),
                    reference: reference.isEmpty ? nil : word(reference)))
        }
        return requests
    }

    /// The stroke that was being drawn when the process before ended without a word; nil for none, and for one that is damaged: the board is there
    /// without it.
    static func stroke(_ db: Database) throws -> [UInt8]? {
        guard try db.tableExists("strokes"), let row = try Row.fetchOne(db, sql: #"SELECT body, "check" FROM strokes"#),
            let body = blob(row, 0),
            blob(row, 1) == Array(check([body]))
        else { return nil }
        return body
    }

    /// What links hold of invites that this device made, by their names. One that is damaged is left out: the board is there without it, and another
    /// invite is soon made.
    static func inviteKeys(_ db: Database) throws -> [InviteKey] {
        guard try db.tableExists("invites") else { return [] }
        var keys: [InviteKey] = []
        let rows = try Row.fetchCursor(db, sql: #"SELECT name, seed, "check" FROM invites ORDER BY name"#)
        while let row = try rows.next() {
            guard let bytes = blob(row, 0), let seedBytes = blob(row, 1), blob(row, 2) == Array(check([bytes, seedBytes])),
                let name = TransactionName(bytes), let seed = Secret32(seedBytes)
            else { continue }
            keys.append(InviteKey(invite: name, seed: seed))
        }
        return keys
    }

    static func hasRequests(_ db: Database) throws -> Bool {
        guard try db.tableExists("requests") else { return false }
        return try Row.fetchOne(db, sql: "SELECT 1 FROM requests LIMIT 1") != nil
    }

    /// Forgets what programs asked for that have all ended.
    static func forgetRequests(_ db: Database) throws { try db.execute(sql: "DELETE FROM requests") }

    /// True if no transaction is stored.
    static func isEmpty(_ db: Database) throws -> Bool { try Row.fetchOne(db, sql: "SELECT 1 FROM transactions LIMIT 1") == nil }

    static func meta(_ db: Database, path: String) throws -> BoardMeta {
        guard try db.tableExists("meta") else {
            // A crash between the first open and the first commit leaves a file without tables; nothing was ever said to be saved in it.
            throw try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
                ? StoreError.missing(what: path) : StoreError.corrupt(path: path, detail: "it is not a board of inkwire")
        }
        var values: [String: [UInt8]] = [:]
        let rows = try Row.fetchCursor(db, sql: #"SELECT key, value, "check" FROM meta"#)
        while let row = try rows.next() {
            guard let key = text(row, 0), let value = blob(row, 1), blob(row, 2) == Array(check([Array(key.utf8), value])) else {
                throw StoreError.corrupt(path: path, detail: "the checksum of its settings does not match")
            }
            values[key] = value
        }
        guard let format = values[BoardMeta.Key.format.rawValue].flatMap({ Int(String(decoding: $0, as: UTF8.self)) }) else {
            throw StoreError.corrupt(path: path, detail: "it does not say its format")
        }
        guard format <= BoardStore.format else { throw StoreError.newer(path: path, found: format, known: BoardStore.format) }
        guard let meta = BoardMeta(values: values) else { throw StoreError.corrupt(path: path, detail: "its settings are incomplete") }
        return meta
    }

    /// Eight bytes over the values of a row, each behind its length.
    static func check(_ values: [[UInt8]]) -> Data {
        var writer = ByteWriter()
        for value in values { writer.writeLengthPrefixed(value) }
        return Data(Blake2b.hash256(writer.bytes).prefix(8))
    }

    static func number(_ value: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(value)
        return writer.bytes
    }

    /// Eight bytes as `number` wrote them.
    static func word(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    // A damaged row can hold a value of any type; GRDB's typed subscripts trap on a wrong one, these do not.

    static func blob(_ row: Row, _ index: Int) -> [UInt8]? {
        if case .blob(let data) = (row[index] as DatabaseValue).storage { Array(data) } else { nil }
    }

    private static func text(_ row: Row, _ index: Int) -> String? {
        if case .string(let text) = (row[index] as DatabaseValue).storage { text } else { nil }
    }

    static func integer(_ row: Row, _ index: Int) -> Int64? {
        if case .int64(let value) = (row[index] as DatabaseValue).storage { value } else { nil }
    }
}
