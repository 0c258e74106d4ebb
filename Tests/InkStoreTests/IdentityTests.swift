import Foundation
import InkCrypto
import InkPrimitives
import InkStore
import Testing

@Suite struct IdentityTests {
    private let folder: Folder
    private var path: String { "\(folder.path)/new/identity.key" }

    init() throws { folder = try Folder() }

    // ST-8
    @Test func `the identity is made once, of mode 0600, and stays the same`() throws {
        let first = try Identity.loadOrCreate(at: path)
        let again = try Identity.loadOrCreate(at: path)
        #expect(first.signing.author == again.signing.author)
        #expect(first.staticKey.publicKey == again.staticKey.publicKey)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/new") == ["identity.key"])
    }

    // ST-9
    @Test func `of many that make it at once, all use one`() async throws {
        let path = path
        let authors = try await withThrowingTaskGroup(of: AuthorID.self) { group in
            for _ in 0..<8 { group.addTask { try Identity.loadOrCreate(at: path).signing.author } }
            return try await group.reduce(into: Set<AuthorID>()) { $0.insert($1) }
        }
        #expect(authors.count == 1)
    }

    // ST-6 ST-7
    @Test func `a file with any bit turned is refused and kept`() throws {
        _ = try Identity.loadOrCreate(at: path)
        let sound = try #require(FileManager.default.contents(atPath: path))
        for offset in sound.indices {
            var damaged = sound
            damaged[offset] ^= 1
            try damaged.write(to: URL(fileURLWithPath: path))
            #expect(throws: StoreError.self, "byte \(offset)") { try Identity.loadOrCreate(at: path) }
            #expect(FileManager.default.contents(atPath: path) == damaged)
        }
    }

    // ST-6
    @Test func `a file of a later version is told as newer`() throws {
        _ = try Identity.loadOrCreate(at: path)
        var bytes = try #require(FileManager.default.contents(atPath: path))
        bytes[8] = 2
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(throws: StoreError.newer(path: path, found: 2, known: 1)) { try Identity.loadOrCreate(at: path) }
    }
}
