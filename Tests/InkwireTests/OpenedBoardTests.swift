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

    // CL-69
    @Test func `what stands on an example from the first is in nobody's history of undo, now and when it is opened again`() throws {
        let made = try OpenedBoard.make(named: "sketch", drawing: ExampleBoard.shapes, catalog: catalog)
        made.close()
        for opened in [made, try open()] {
            let board = try #require(try opened.content.replica()?.board)
            #expect(!board.canUndo(opened.identity.signing.author) && board.shapes.count == ExampleBoard.shapes.count)
            #expect(board.shapes.count { $0.content.startBinding != nil && $0.content.endBinding != nil } == 3)
            opened.close()
        }
    }

    // ST-30
    @Test func `two changes of one number give the board another key, once, and other boards keep theirs`() throws {
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
