import Foundation
import InkPrimitives
import InkStore
import Testing

@Suite struct IdentityCopyTests {
    private let folder: Folder
    private var copy: String { "\(folder.path)/copy" }

    init() throws { folder = try Folder() }

    private func catalog(_ name: String) -> BoardCatalog { BoardCatalog(dataDirectory: "\(folder.path)/\(name)") }

    @Test func `ST-33: who has a copy is the device on another machine, too`() throws {
        let device = try catalog("one").copyIdentity(to: copy)
        #expect(try catalog("one").device() == device)
        #expect(try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int == 0o600)
        let taken = try catalog("two").takeIdentity(from: copy, replaces: false)
        #expect(taken.device == device && taken.aside == nil)
        #expect(try catalog("two").identity(ofProfile: 1).signing.author == device)
        // Once more is as once.
        #expect(try catalog("two").takeIdentity(from: copy, replaces: true).aside == nil)
    }

    @Test func `ST-33, ST-59: no copy takes the place of a file, and no key that of another unless it is asked for`() throws {
        let device = try catalog("one").copyIdentity(to: copy)
        #expect(throws: StoreError.failed(path: copy, detail: "there is a file of that name already")) {
            try catalog("two").copyIdentity(to: copy)
        }
        let other = try catalog("two").identity(ofProfile: 1).signing.author
        #expect(throws: StoreError.self) { try catalog("two").takeIdentity(from: copy, replaces: false) }
        #expect(try catalog("two").device() == other)
        let aside = try #require(try catalog("two").takeIdentity(from: copy, replaces: true).aside)
        #expect(try catalog("two").device() == device)
        #expect(try Identity.existing(at: aside)?.signing.author == other)
    }

    @Test func `ST-59: what is no whole copy changes nothing`() throws {
        _ = try catalog("one").copyIdentity(to: copy)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: copy))
        let other = try catalog("two").identity(ofProfile: 1).signing.author
        for bad in [bytes.dropLast(), Data(), bytes + [0], Data(bytes.map { $0 ^ 1 })] {
            try bad.write(to: URL(fileURLWithPath: copy))
            #expect(throws: StoreError.self) { try catalog("two").takeIdentity(from: copy, replaces: true) }
        }
        #expect(throws: StoreError.self) { try catalog("two").takeIdentity(from: "\(folder.path)/nowhere", replaces: true) }
        #expect(try catalog("two").device() == other)
    }
}
