import Foundation
import InkBoard
import InkPrimitives
import InkStore
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

    // ST-10
    @Test func `a name that is taken gets a number, over all profiles`() throws {
        try save(try Work(count: 0, seed: 1)).close()
        var other = try Work(count: 0, seed: 2, name: "sketch 2").meta
        other.name = "sketch 2"
        try BoardStore.create(at: catalog.directory(of: other.board, profile: 2), meta: other).close()
        #expect(try catalog.uniqueName("sketch") == "sketch 3")
        #expect(try catalog.uniqueName("plan") == "plan")
    }

    @Test func `a board that is open is joined under a further profile, one that is not under its own`() throws {
        let work = try Work(count: 1)
        #expect(catalog.profileForJoining(work.meta.board) == 1)
        let first = try save(work)
        #expect(catalog.profileForJoining(work.meta.board) == 2)
        let second = try save(work, profile: 2)
        #expect(catalog.profileForJoining(work.meta.board) == 3)
        first.close()
        #expect(catalog.profileForJoining(work.meta.board) == 1)
        second.close()
    }

    // ST-12
    @Test func `a damaged board is found by the name it had last`() throws {
        let work = try Work(count: 1)
        let store = try save(work)
        try store.update { $0.name = "plan" }
        store.close()
        try Data("no database".utf8).write(to: URL(fileURLWithPath: "\(catalog.directory(of: work.meta.board, profile: 1))/board.sqlite"))
        let entry = try catalog.find("plan")
        #expect(entry.board == work.meta.board)
        #expect(throws: StoreError.self) { try entry.content.get() }
    }

    // ST-6
    @Test func `a damaged board is listed with the reason and can be moved aside whole`() throws {
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

    // ST-5
    @Test func `a board that is open is not moved aside`() throws {
        let store = try save(try Work(count: 1))
        let entry = try catalog.find("sketch")
        #expect(entry.isOpen)
        #expect(throws: StoreError.locked(path: entry.directory)) { try catalog.moveAside(entry) }
        store.close()
    }
}
