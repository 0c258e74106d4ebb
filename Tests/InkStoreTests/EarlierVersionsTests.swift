import Foundation
import InkBoard
import InkPrimitives
import InkSession
import InkStore
import Testing

/// Boards that earlier programs left on disk, against what those programs said of them.
@Suite struct EarlierVersionsTests {
    /// What the program that wrote a data directory said last.
    private struct Recorded: Decodable {
        struct State: Decodable {
            var fingerprint: String
            var transactions: Int
            var shapes: [Picture]
        }
        struct Message: Decodable, Hashable {
            var author: String
            var text: String
        }
        var link: String
        var board: String
        var people: [String: String]
        var chats: [Message]
        var state: State
    }

    /// A shape as JSON lines show it.
    private struct Picture: Decodable, Equatable {
        var id: String
        var kind: String
        var x: Double
        var y: Double
        var w: Double?
        var h: Double?
        var points: [[Double]]?
        var text: String?
        var stroke: String?
        var fill: String?
        var stroke_width: Double

        init(_ shape: Shape) {
            let content = shape.content
            let hasSize = !content.kind.isPath && content.kind != .text
            (id, kind) = (content.label, "\(content.kind)")
            (x, y) = (Double(content.position.x) / 8, Double(content.position.y) / 8)
            (w, h) = hasSize ? (Double(content.size.width) / 8, Double(content.size.height) / 8) : (nil, nil)
            points = content.kind.isPath ? content.points.map { [Double($0.x) / 8, Double($0.y) / 8] } : nil
            text = content.text.isEmpty ? nil : content.text
            (stroke, fill, stroke_width) = (content.stroke?.text, content.fill?.text, Double(content.strokeWidth) / 8)
        }
    }

    private static let resources = Bundle.module.bundleURL.appending(path: "Resources")

    /// A copy with the modes that a program gives its files, which no checkout keeps.
    private func copy(of version: String) throws -> (folder: Folder, recorded: Recorded) {
        let folder = try Folder()
        let source = Self.resources.appending(path: version)
        let data = URL(filePath: folder.path).appending(path: "data")
        try FileManager.default.copyItem(at: source.appending(path: "data"), to: data)
        for item in FileManager.default.enumerator(at: data, includingPropertiesForKeys: [.isDirectoryKey]) ?? .init() {
            guard let url = item as? URL else { continue }
            let isDirectory = try url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true
            try FileManager.default.setAttributes([.posixPermissions: isDirectory ? 0o700 : 0o600], ofItemAtPath: url.path)
        }
        return (folder, try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: source.appending(path: "board.json"))))
    }

    @Test(arguments: ["0.1"])
    func `ST-15: a board of an earlier program is read whole, by its own rules`(version: String) throws {
        let (folder, recorded) = try copy(of: version)
        let catalog = BoardCatalog(dataDirectory: "\(folder.path)/data")
        let entry = try catalog.find("plan")
        #expect(entry.board.hex == recorded.board)
        let store = try BoardStore.open(at: entry.directory)
        defer { store.close() }
        let content = try BoardStore.peek(at: entry.directory)
        var board = try Board(genesis: try #require(content.transactions.first))
        #expect(board.load(Array(content.transactions.dropFirst())).isEmpty)
        #expect(content.transactions.allSatisfy { $0.hasValidSignature })
        #expect(String(board.fingerprint.hex.prefix(32)) == recorded.state.fingerprint)
        #expect(board.transactionCount == recorded.state.transactions)
        #expect(board.shapes.map { Picture($0) } == recorded.state.shapes)
        // The two were said at once: in whatever order they came, each stands once.
        #expect(board.chats.count == recorded.chats.count)
        #expect(Set(board.chats.map { Recorded.Message(author: $0.author.hex, text: $0.text) }) == Set(recorded.chats))
        for (author, name) in recorded.people { #expect(board.personName(try #require(AuthorID(hex: author))) == name) }
        // Its owner is still who made it, and its invite leads there.
        let identity = try catalog.identity(ofProfile: 1)
        #expect(board.owner == identity.signing.author && recorded.people[board.owner.hex] == "ana")
        let invite = try Invite(link: recorded.link)
        #expect(invite.board == board.id && invite.roomSecret == content.meta.roomSecret)
        #expect(invite.link == recorded.link)
    }

    @Test(arguments: ["0.1"])
    func `ST-15: reading a board of an earlier program changes nothing of it, and what is added later stands beside it`(version: String)
        async throws
    {
        let (folder, recorded) = try copy(of: version)
        let catalog = BoardCatalog(dataDirectory: "\(folder.path)/data")
        let directory = try catalog.find("plan").directory
        let before = try BoardStore.peek(at: directory).transactions
        let store = try BoardStore.open(at: directory)
        let identity = try catalog.identity(ofProfile: 1)
        var board = try Board(genesis: try #require(before.first))
        #expect(board.load(Array(before.dropFirst())).isEmpty)
        let (added, _) = try board.author(Board.writes(saying: "still here", by: board.owner), key: identity.signing, wallTime: 0)
        try await store.save([.transaction(added)])
        store.close()
        let after = try BoardStore.peek(at: directory).transactions
        #expect(after.dropLast() == before[...] && after.last == added)
        #expect(after.count == recorded.state.transactions + 1)
    }
}
