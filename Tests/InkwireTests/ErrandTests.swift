import Foundation
import InkPrimitives
import InkSession
import InkTerminal
import Testing

@testable import inkwire

/// What a person at a board asks of the program: files, and a name that is kept.
@Suite struct ErrandTests {
    private func folder() throws -> String {
        let path = NSTemporaryDirectory() + "errands-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private func notice(_ input: TerminalApp.Input) -> String? { if case .notice(let words) = input { words } else { nil } }

    // TM-168
    @Test func `a file is written whole, and one that is there only by who says so`() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/plan.txt"
        var export = TerminalApp.FileExport(path: path, text: "┌─┐\n", shapeCount: 1, cutWords: nil, replaces: false)
        #expect(notice(InteractiveRun.write(export)) == "1 shape written to \(path)")
        #expect(FileManager.default.contents(atPath: path) == Data("┌─┐\n".utf8))
        export.text = "other\n"
        guard case .fileExists(export) = InteractiveRun.write(export) else { return #expect(Bool(false), "it was not asked") }
        #expect(FileManager.default.contents(atPath: path) == Data("┌─┐\n".utf8))
        export.replaces = true
        export.cutWords = "it is large"
        #expect(notice(InteractiveRun.write(export)) == "only a part is in \(path): it is large")
        #expect(FileManager.default.contents(atPath: path) == Data("other\n".utf8))
        // Neither a directory nor what is no file, whatever was said.
        for (other, words) in [(folder, "a directory"), ("/dev/null", "no file")] {
            export.path = other
            #expect(notice(InteractiveRun.write(export)) == "cannot write \(other): that is \(words)")
        }
        export.path = folder + "/nowhere/plan.txt"
        #expect(notice(InteractiveRun.write(export))?.hasPrefix("cannot write \(export.path): ") == true)
    }
}
