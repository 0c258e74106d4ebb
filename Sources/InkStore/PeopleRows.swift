import Foundation
import GRDB
import InkBoard
import InkPrimitives
import InkSession

/// The table `people` of a board's file: whom this device has met there, and whom its person has verified. Made when it is needed; programs that
/// do not know it pass it over.
enum PeopleRows {
    static func write(_ one: Acquaintance, _ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS people (
                    device BLOB PRIMARY KEY NOT NULL, name BLOB NOT NULL, first BLOB NOT NULL, last BLOB NOT NULL, verified BLOB,
                    "check" BLOB NOT NULL) WITHOUT ROWID
                """)
        let (name, first, last) = (Array(one.firstName.utf8), Schema.number(one.firstSeen), Schema.number(one.lastSeen))
        let verified = one.verifiedAs.map { Array($0.utf8) }
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO people VALUES (?, ?, ?, ?, ?, ?)").execute(
            arguments: [
                Data(one.device.bytes), Data(name), Data(first), Data(last), verified.map { Data($0) },
                check(one.device, name, first, last, verified),
            ])
    }

    /// By their keys. One that is damaged is left out (ST-61): nobody is verified by a row that the disk has changed, and the board is there without
    /// it.
    static func load(_ db: Database) throws -> [Acquaintance] {
        guard try db.tableExists("people") else { return [] }
        var people: [Acquaintance] = []
        let rows = try Row.fetchCursor(db, sql: #"SELECT device, name, first, last, verified, "check" FROM people ORDER BY device"#)
        while let row = try rows.next() {
            let verified = Schema.blob(row, 4)
            guard let device = Schema.blob(row, 0).flatMap({ AuthorID($0) }), let name = Schema.blob(row, 1),
                let first = Schema.blob(row, 2),
                let last = Schema.blob(row, 3), first.count == 8, last.count == 8,
                Schema.blob(row, 5) == Array(check(device, name, first, last, verified))
            else { continue }
            people.append(
                Acquaintance(
                    device: device, firstName: String(decoding: name, as: UTF8.self), firstSeen: Schema.word(first),
                    lastSeen: Schema.word(last), verifiedAs: verified.map { String(decoding: $0, as: UTF8.self) }))
        }
        return people
    }

    private static func check(_ device: AuthorID, _ name: [UInt8], _ first: [UInt8], _ last: [UInt8], _ verified: [UInt8]?) -> Data {
        // Verified under no name is not the same as not verified.
        Schema.check([device.bytes, name, first, last] + (verified.map { [$0] } ?? []))
    }
}
