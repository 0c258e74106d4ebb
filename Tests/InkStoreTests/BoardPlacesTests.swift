import Foundation
import InkPrimitives
import InkStore
import Testing

/// Boards by their names without a look into others.
@Suite struct BoardPlacesTests {
    private let folder: Folder
    private var catalog: BoardCatalog { BoardCatalog(dataDirectory: folder.path) }

    init() throws { folder = try Folder() }

    private func save(_ seed: UInt8, name: String, profile: Int = 1) throws -> BoardCatalog.Place {
        var meta = try Work(count: 0, seed: seed, name: name).meta
        meta.name = name
        let directory = catalog.directory(of: meta.board, profile: profile)
        try BoardStore.create(at: directory, meta: meta).close()
        return BoardCatalog.Place(board: meta.board, profile: profile, directory: directory, name: name)
    }

    @Test func `CL-61: a board is found by a hint that leads to it, and by no other`() throws {
        let (plan, sketch) = (try save(1, name: "plan"), try save(2, name: "sketch/2 板", profile: 2))
        #expect(catalog.place(named: "plan") == nil)
        catalog.note(plan)
        catalog.note(sketch)
        #expect(catalog.place(named: "plan") == plan && catalog.place(named: "sketch/2 板") == sketch)
        #expect(catalog.place(named: "Plan") == nil && catalog.place(named: "") == nil)
        // How much there was is kept by who does not know it.
        var counted = plan
        counted.shapeCount = 50_000
        catalog.note(counted)
        catalog.note(plan)
        #expect(catalog.place(named: "plan")?.shapeCount == 50_000)
        let entry = try catalog.find("plan")
        try catalog.rename(entry, to: "other")
        #expect(catalog.place(named: "plan") == nil && catalog.place(named: "other") == nil)
        // One that leads to a board of another name.
        catalog.note(plan)
        #expect(catalog.place(named: "plan") == nil)
        try catalog.delete(try catalog.find("sketch/2 板"))
        #expect(catalog.place(named: "sketch/2 板") == nil)
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/places")
        #expect(left.count == 1, "of what is deleted nothing stays: \(left)")
    }

    @Test func `CL-61: what is no hint is none, and one that cannot be written is no failure`() throws {
        let plan = try save(1, name: "plan")
        catalog.note(plan)
        let places = "\(folder.path)/places"
        let path = "\(places)/\(try FileManager.default.contentsOfDirectory(atPath: places)[0])"
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        for text in [
            "", "1", "1 ff -", "0 \(plan.board.hex) -", "2 \(plan.board.hex) -", "x \(plan.board.hex) 1", "1 \(plan.board.hex)",
            String(repeating: "1 ", count: 4000), "1 \(BoardID.zero.hex) 7",
        ] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            #expect(catalog.place(named: "plan") == nil, "\(text.prefix(40))")
        }
        try Data([0xFF, 0xFE]).write(to: URL(fileURLWithPath: path))
        #expect(catalog.place(named: "plan") == nil)
        try Data("1 \(plan.board.hex) -5\n".utf8).write(to: URL(fileURLWithPath: path))
        #expect(catalog.place(named: "plan") == plan)
        try FileManager.default.removeItem(atPath: places)
        try Data().write(to: URL(fileURLWithPath: places))
        catalog.note(plan)
        #expect(catalog.place(named: "plan") == nil)
        #expect(try catalog.find("plan").place == plan)
    }
}
