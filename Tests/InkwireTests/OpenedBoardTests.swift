import Foundation
import InkBoard
import InkCrypto
import InkPrimitives
import InkStore
import InkTerminal
import Testing

@testable import inkwire

@Suite final class OpenedBoardTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inkwire-\(UUID().uuidString)").path
    private var catalog: BoardCatalog { BoardCatalog(dataDirectory: folder) }

    deinit {
        // A leftover below the temporary directory harms nobody.
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func open(_ name: String = "sketch") throws -> OpenedBoard {
        guard case .held(let opened) = try BoardAccess.open(name, catalog: catalog) else { throw StoreError.locked(path: name) }
        return opened
    }

    @Test func `CL-69: what stands on an example from the first is in nobody's history of undo, now and when it is opened again`() throws {
        let made = try OpenedBoard.make(named: "sketch", drawing: ExampleBoard.shapes, catalog: catalog)
        made.close()
        for opened in [made, try open()] {
            let board = try #require(try opened.content.replica()?.board)
            #expect(!board.canUndo(opened.identity.signing.author) && board.shapes.count == ExampleBoard.shapes.count)
            #expect(board.shapes.count { $0.content.startBinding != nil && $0.content.endBinding != nil } == 3)
            opened.close()
        }
    }

    @Test func `ST-32, ST-58: a key that was left certifies the new one, which is the same person`() throws {
        let made = try OpenedBoard.make(named: "sketch", catalog: catalog)
        made.close()
        let key = made.identity.signing
        for text in ["here", "there"] {
            var board = try Board(genesis: try #require(made.content.transactions.first))
            _ = board.load(made.content.transactions.dropFirst())
            let store = try BoardStore.open(at: catalog.find("sketch").directory)
            try store.add([try board.author(Board.writes(saying: text, by: key.author), key: key, wallTime: 0).0])
            store.close()
        }
        for _ in 0..<2 {
            let opened = try open()
            let device = opened.identity.signing.author
            let board = try #require(try opened.content.replica()?.board)
            #expect(device != key.author && board.role(of: device) == .owner)
            #expect(board.devices(ofPersonOf: device).compactMap(\.subject) == [key.author, device])
            #expect(opened.content.transactions.count == made.content.transactions.count + 4, "once")
            opened.close()
        }
    }

    @Test func `ST-32: a board that comes out of a backup is its owner's under a new key, where his old one is there`() throws {
        let made = try OpenedBoard.make(named: "sketch", catalog: catalog)
        made.close()
        let backup = Backup(place: folder + "/backup")
        _ = try backup.add([try catalog.entry("sketch")])
        try catalog.delete(try catalog.entry("sketch"))
        _ = try backup.restore(to: catalog)
        var opened = try open()
        let device = opened.identity.signing.author
        #expect(device != made.identity.signing.author)
        #expect(try opened.content.replica()?.board.role(of: device) == .owner)
        opened.close()
        // On another machine nobody certifies it.
        let other = BoardCatalog(dataDirectory: folder + "/other")
        _ = try backup.restore(to: other)
        guard case .held(let stranger) = try BoardAccess.open("sketch", catalog: other) else { throw StoreError.locked(path: "sketch") }
        opened = stranger
        #expect(try opened.content.replica()?.board.role(of: opened.identity.signing.author) == nil)
        opened.close()
    }

    @Test func `ST-30: two changes of one number give the board another key, once, and other boards keep theirs`() throws {
        let made = try OpenedBoard.make(named: "sketch", catalog: catalog)
        made.close()
        let key = made.identity.signing
        func board(with transactions: [Transaction]) throws -> Board {
            var board = try Board(genesis: try #require(transactions.first))
            _ = board.load(transactions.dropFirst())
            return board
        }
        // Two programs with one key, each without the other's work.
        func add(_ text: String) throws {
            var board = try board(with: made.content.transactions)
            let store = try BoardStore.open(at: catalog.find("sketch").directory)
            defer { store.close() }
            try store.add([try board.author(Board.writes(saying: text, by: key.author), key: key, wallTime: 0).0])
        }
        try add("here")
        var opened = try open()
        #expect(opened.identity.signing.author == key.author && opened.complaints.isEmpty)
        opened.close()

        try add("there")
        opened = try open()
        let renewed = opened.identity.signing.author
        #expect(renewed != key.author && !opened.content.isForked(by: renewed))
        #expect(opened.complaints.count == 1 && opened.complaints[0].contains("two changes of yours carry one number"))
        opened.close()
        opened = try open()
        #expect(opened.identity.signing.author == renewed && opened.complaints.isEmpty)
        opened.close()
        let other = try OpenedBoard.make(named: "other", catalog: catalog)
        #expect(other.identity.signing.author == key.author)
        other.close()
        // That new key is copied as well, in its turn.
        let directory = try catalog.find("sketch").directory
        let second = try #require(try Identity.existing(at: "\(directory)/identity.key")).signing
        let content = try BoardStore.peek(at: directory)
        for text in ["here", "there"] {
            var board = try board(with: content.transactions)
            let store = try BoardStore.open(at: directory)
            try store.add([try board.author(Board.writes(saying: text, by: second.author), key: second, wallTime: 0).0])
            store.close()
        }
        opened = try open()
        #expect(![key.author, renewed].contains(opened.identity.signing.author))
        opened.close()
        #expect(FileManager.default.fileExists(atPath: "\(directory)/identity.key.forked-1"), "it may have to sign for the new one")
    }
}
