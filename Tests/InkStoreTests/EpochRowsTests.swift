import Foundation
import GRDB
import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkStore
import Testing

/// The secrets of a room on the disk.
@Suite struct EpochRowsTests {
    private let folder: Folder
    private let work: Work
    private var directory: String { "\(folder.path)/board" }

    init() throws { (folder, work) = (try Folder(), try Work(count: 1)) }

    private static func bytes(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }
    private static func secret(_ byte: UInt8) -> Secret32 { Secret32(bytes(byte)) ?? .random() }
    private static func brought(_ byte: UInt8) -> EpochRecord { .brought(by: TransactionName(bytes(byte)) ?? .zero, secret(byte)) }
    private static func reached(_ byte: UInt8) -> EpochRecord { .reached(EpochID(bytes(byte)) ?? .zero, secret(byte)) }
    private static func met(_ device: UInt8, _ byte: UInt8) -> EpochRecord {
        .met(AuthorID(bytes(device)) ?? .zero, EpochID(bytes(byte)) ?? .zero)
    }

    @Test
    func `ST-35: the secrets of a room come back in the order in which they were stored, each once, and the last place of each member`()
        async throws
    {
        var store = try BoardStore.create(at: directory, meta: work.meta, transactions: work.transactions)
        #expect(try store.load().epochs.isEmpty)
        let records = [
            Self.brought(1), Self.reached(1), Self.met(8, 1), Self.met(9, 1), Self.brought(2), Self.reached(2), Self.met(8, 2),
            Self.reached(1),
        ]
        try await store.save(records.map { .epoch($0) })
        let wanted = [Self.brought(1), Self.met(9, 1), Self.brought(2), Self.reached(2), Self.met(8, 2), Self.reached(1)]
        for _ in 0..<2 {
            #expect(try store.load().epochs == wanted)
            store.close()
            store = try BoardStore.open(at: directory)
        }
        store.close()
        #expect(try BoardStore.peek(at: directory).epochs == wanted)
    }

    @Test func `ST-35: the epoch of the link that brought us is kept with its secret`() throws {
        var meta = work.meta
        #expect(meta.epoch == .zero)
        meta.epoch = EpochID(Self.bytes(7)) ?? .zero
        try BoardStore.create(at: directory, meta: meta).close()
        #expect(try BoardStore.meta(at: directory) == meta)
    }

    @Test func `ST-60: a secret of which a bit has turned is damage, and not another secret`() async throws {
        let store = try BoardStore.create(at: directory, meta: work.meta, transactions: work.transactions)
        try await store.save([.epoch(Self.brought(1)), .epoch(Self.reached(1))])
        store.close()
        let database = try DatabaseQueue(path: "\(directory)/board.sqlite")
        try await database.write { db in
            try db.execute(sql: "UPDATE epochs SET value = ? WHERE kind = 2", arguments: [Data(Self.bytes(2))])
        }
        try database.close()
        let opened = try BoardStore.open(at: directory)
        #expect(throws: StoreError.self) { try opened.load() }
        opened.close()
    }
}
