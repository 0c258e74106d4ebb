import Foundation
import InkFrontEnd
import InkTerminal
import Testing

@testable import inkwire

/// What was copied last, as a file.
@Suite final class KeptClipTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inkwire-\(UUID().uuidString)").path
    private var path: String { folder + "/clipboard" }

    deinit {
        // A leftover below the temporary directory harms nobody.
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test func `TM-192: what was copied is kept for the owner alone, and found by another program`() throws {
        let clip = KeptClip(dataDirectory: folder)
        #expect(clip.fetch() == .none)
        #expect(clip.keep([1, 2, 3]) == nil && clip.keep([4, 5]) == nil)
        #expect(KeptClip(dataDirectory: folder).fetch() == .bytes([4, 5]))
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["clipboard"])
    }

    @Test func `FE-92, TM-388: what is no file, or too large, is told and not read`() throws {
        let clip = KeptClip(dataDirectory: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        #expect(FileManager.default.createFile(atPath: path, contents: Data(count: ShapeClip.bytesMax + 1)))
        guard case .failed = clip.fetch() else { Issue.record("it was read"); return }
        try FileManager.default.removeItem(atPath: path)
        try #require(mkfifo(path, 0o600) == 0)
        guard case .failed = clip.fetch() else { Issue.record("it was read"); return }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path + "/x", withIntermediateDirectories: true)
        guard case .failed = clip.fetch() else { Issue.record("it was read"); return }
        #expect(clip.keep([1]) != nil)
    }
}
