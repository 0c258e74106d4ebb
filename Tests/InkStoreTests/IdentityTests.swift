import Foundation
import InkCrypto
import InkPrimitives
import InkStore
import Testing

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite struct IdentityTests {
    private let folder: Folder
    private var path: String { "\(folder.path)/new/identity.key" }

    init() throws { folder = try Folder() }

    @Test func `ST-8: the identity is made once, of mode 0600, and stays the same`() throws {
        let first = try Identity.loadOrCreate(at: path)
        let again = try Identity.loadOrCreate(at: path)
        #expect(first.signing.author == again.signing.author)
        #expect(first.staticKey.publicKey == again.staticKey.publicKey)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/new") == ["identity.key"])
    }

    @Test func `ST-9: of many that make it at once, all use one`() async throws {
        let path = path
        let authors = try await withThrowingTaskGroup(of: AuthorID.self) { group in
            for _ in 0..<8 { group.addTask { try Identity.loadOrCreate(at: path).signing.author } }
            return try await group.reduce(into: Set<AuthorID>()) { $0.insert($1) }
        }
        #expect(authors.count == 1)
    }

    @Test func `ST-6, ST-7: a file with any bit turned is refused and kept`() throws {
        _ = try Identity.loadOrCreate(at: path)
        let sound = try #require(FileManager.default.contents(atPath: path))
        for offset in sound.indices {
            var damaged = sound
            damaged[offset] ^= 1
            try damaged.write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: StoreError.self, "byte \(offset)") { try Identity.loadOrCreate(at: path) }
            // Advice for a board would send the person the wrong way.
            if offset != 8 { #expect(error?.code == "corrupt_identity" && error?.next.contains("move it away") == true) }
            #expect(FileManager.default.contents(atPath: path) == damaged)
        }
    }

    @Test func `ST-6: a file of a later version is told as newer`() throws {
        _ = try Identity.loadOrCreate(at: path)
        var bytes = try #require(FileManager.default.contents(atPath: path))
        bytes[8] = 2
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(throws: StoreError.newer(path: path, found: 2, known: 1)) { try Identity.loadOrCreate(at: path) }
    }

    @Test func `ST-6: an emptied file is damaged, and no new key is made in its place`() throws {
        _ = try Identity.loadOrCreate(at: path)
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(throws: StoreError.corruptIdentity(path: path, detail: "it is not an identity file")) {
            try Identity.loadOrCreate(at: path)
        }
    }

    @Test(arguments: [0o644, 0o640, 0o602, 0o660, 0o777])
    func `ST-29: a key that others on the machine can read or change is not used`(mode: Int) throws {
        let author = try Identity.loadOrCreate(at: path).signing.author
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        #expect(throws: StoreError.exposed(path: path, mode: UInt16(mode))) { try Identity.loadOrCreate(at: path) }
        for allowed in [0o600, 0o400] {
            try FileManager.default.setAttributes([.posixPermissions: allowed], ofItemAtPath: path)
            #expect(try Identity.loadOrCreate(at: path).signing.author == author)
        }
    }

    @Test(arguments: ["directory", "pipe", "link"])
    func `ST-6: what is no file is refused at once, and no new key is made in its place`(kind: String) throws {
        try FileManager.default.createDirectory(atPath: "\(folder.path)/new", withIntermediateDirectories: true)
        switch kind {
        case "directory": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        // Opening a pipe waits until somebody writes to it.
        case "pipe": #expect(mkfifo(path, 0o600) == 0)
        default: try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "\(folder.path)/nothing")
        }
        for _ in 0..<2 {
            let error = #expect(throws: StoreError.self) { try Identity.loadOrCreate(at: path) }
            #expect(error?.code == "corrupt_identity")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["new"])
    }

    @Test func `ST-9: only the first start says that the key is new`() throws {
        #expect(try Identity.loadOrCreate(at: path).isNew)
        #expect(try !Identity.loadOrCreate(at: path).isNew)
        #expect(try Identity.existing(at: path)?.isNew == false)
        let none = try Identity.existing(at: "\(folder.path)/none")
        #expect(none == nil)
    }
}
