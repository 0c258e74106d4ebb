import Foundation
import GRDB
import InkCrypto
import InkPrimitives
import InkSession

/// The table `epochs` of a board's file (ST-35): secrets of the room and where its members were last, in the order in which they were stored. Made
/// when it is needed: nobody was ever removed from most boards.
enum EpochRows {
    /// What a row says. What was said before of the same name goes.
    private enum Kind: Int64 {
        case brought = 1
        case reached, met
    }

    static func write(_ record: EpochRecord, _ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS epochs (
                    position INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name BLOB NOT NULL, value BLOB NOT NULL, "check" BLOB NOT NULL,
                    UNIQUE (kind, name));
                """)
        let (kind, name, value): (Kind, [UInt8], [UInt8]) =
            switch record {
            case .brought(let name, let secret): (.brought, name.bytes, secret.withBytes { Array($0) })
            case .reached(let epoch, let secret): (.reached, epoch.bytes, secret.withBytes { Array($0) })
            case .met(let device, let epoch): (.met, device.bytes, epoch.bytes)
            }
        // A row that is replaced goes to the end: the newest epoch is the one that was reached last.
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO epochs (kind, name, value, \"check\") VALUES (?, ?, ?, ?)").execute(
            arguments: [kind.rawValue, Data(name), Data(value), check(kind, name, value)])
    }

    static func load(_ db: Database, path: String) throws -> [EpochRecord] {
        guard try db.tableExists("epochs") else { return [] }
        var records: [EpochRecord] = []
        let rows = try Row.fetchCursor(db, sql: #"SELECT kind, name, value, "check" FROM epochs ORDER BY position"#)
        while let row = try rows.next() {
            guard let kind = Schema.integer(row, 0).flatMap({ Kind(rawValue: $0) }), let name = Schema.blob(row, 1),
                let value = Schema.blob(row, 2), Schema.blob(row, 3) == Array(check(kind, name, value)),
                let record = record(kind, name, value)
            else { throw StoreError.corrupt(path: path, detail: "the checksum of secret \(records.count + 1) does not match") }
            records.append(record)
        }
        return records
    }

    private static func record(_ kind: Kind, _ name: [UInt8], _ value: [UInt8]) -> EpochRecord? {
        switch kind {
        case .brought: TransactionName(name).flatMap { name in Secret32(value).map { .brought(by: name, $0) } }
        case .reached: EpochID(name).flatMap { epoch in Secret32(value).map { .reached(epoch, $0) } }
        case .met: AuthorID(name).flatMap { device in EpochID(value).map { .met(device, $0) } }
        }
    }

    // ST-60
    private static func check(_ kind: Kind, _ name: [UInt8], _ value: [UInt8]) -> Data {
        Schema.check([[UInt8(kind.rawValue)], name, value])
    }
}
