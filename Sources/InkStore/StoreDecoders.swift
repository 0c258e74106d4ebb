import Foundation
import GRDB
import InkBoard
import InkPrimitives

/// The tables of a board in memory, one row of which is whatever it is given: for tools/fuzz, which sees none of the names behind it.
package final class RowStand {
    private let database: DatabaseQueue

    /// A row of which table is replaced.
    package enum Table: UInt8, CaseIterable { case meta, transactions, receipts, requests }

    /// - Parameter meta: what a sound board would say.
    package init(meta: BoardMeta) throws {
        database = try DatabaseQueue()
        try database.write { db in
            try Schema.make(db)
            try Schema.write(meta, db)
            try db.execute(
                sql: """
                    CREATE TABLE requests (
                        name BLOB PRIMARY KEY NOT NULL, strand BLOB NOT NULL, reference BLOB NOT NULL, "check" BLOB NOT NULL) WITHOUT ROWID;
                    """)
        }
    }

    /// One row with these values, under a checksum that is right where `isChecked`, read as a board is. What was read is undone.
    ///
    /// A value is a blob, or with the type asked for: a text or a number, as a damaged page may hold.
    package func read(_ table: Table, _ values: [[UInt8]], asText: Int?, asNumber: Int?, isChecked: Bool) throws {
        func stored(_ index: Int) -> any DatabaseValueConvertible {
            let value = index < values.count ? values[index] : []
            if asText == index { return String(decoding: value, as: UTF8.self) }
            if asNumber == index { return Int64(bitPattern: value.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }) }
            return Data(value)
        }
        func check(_ indices: [Int]) -> Data {
            isChecked ? Schema.check(indices.map { $0 < values.count ? values[$0] : [] }) : Data([0, 1, 2, 3, 4, 5, 6, 7])
        }
        try database.inTransaction { db in
            switch table {
            case .meta:
                let key = index(0, of: values, among: BoardMeta.Key.allCases).rawValue
                let value = values.count > 1 ? values[1] : []
                let right = isChecked ? Schema.check([Array(key.utf8), value]) : Data([0, 1, 2, 3, 4, 5, 6, 7])
                try db.execute(sql: "DELETE FROM meta WHERE key = ?", arguments: [key])
                try db.execute(sql: "INSERT INTO meta VALUES (?, ?, ?)", arguments: [key, stored(1), right])
            case .transactions:
                try db.execute(
                    sql: #"INSERT INTO transactions (name, author, sequence, lamport, body, "check") VALUES (?, ?, 1, 1, ?, ?)"#,
                    arguments: [stored(0), stored(1), stored(2), check([2])])
            case .receipts:
                let number = Array(values.count > 2 ? values[2].prefix(7) : [])
                let sequence = number.reduce(0 as Int64) { $0 << 8 | Int64($1) }
                let spelled = (0..<8).map { UInt8(truncatingIfNeeded: sequence >> Int64(56 - $0 * 8)) }
                let right = Schema.check([values.first ?? [], values.count > 1 ? values[1] : [], spelled])
                try db.execute(
                    sql: "INSERT INTO receipts VALUES (?, ?, ?, ?)",
                    arguments: [stored(0), stored(1), asNumber == 2 ? stored(2) : sequence, isChecked ? right : Data([0])])
            case .requests:
                try db.execute(
                    sql: "INSERT INTO requests VALUES (?, ?, ?, ?)", arguments: [stored(0), stored(1), stored(2), check([0, 1, 2])])
            }
            _ = try Schema.load(db, path: "memory")
            _ = try Schema.requests(db, path: "memory")
            return .rollback
        }
    }

    private func index<Element>(_ position: Int, of values: [[UInt8]], among all: [Element]) -> Element {
        all[Int(values.count > position ? values[position].first ?? 0 : 0) % all.count]
    }
}
