import Dispatch
import Foundation
import InkFrontEnd
import InkTerminal
import Synchronization

/// Writes the files that a person at a terminal asks for, off the thread of the terminal: a disk may be slow, or hang (CL-62).
///
///     idle ──write──▶ writing ──done──▶ idle, and the answer is told
///                        └─end─▶ what comes until then is returned, and nothing told any more
final class FileWriter: Sendable {
    private struct State: Sendable {
        /// The file that is being written; nil while none is.
        var path: String?
        /// True once nobody listens any more.
        var hasEnded = false
        /// What came after that.
        var last: TerminalApp.Input?
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "inkwire.files")
    private let group = DispatchGroup()
    private let place: @Sendable (TerminalApp.FileExport) -> TerminalApp.Input
    private let tell: @Sendable (TerminalApp.Input) -> Void

    /// - Parameters:
    ///   - place: puts a file where it belongs, and says what came of it; called on a thread of its own.
    ///   - tell: takes the answers, on that thread.
    init(
        place: @escaping @Sendable (TerminalApp.FileExport) -> TerminalApp.Input = FileWriter.place,
        tell: @escaping @Sendable (TerminalApp.Input) -> Void
    ) {
        (self.place, self.tell) = (place, tell)
    }

    /// Begins to write a file, or says that another is not done yet: one that hangs shall not gather more behind it.
    func write(_ export: TerminalApp.FileExport) {
        let busy = state.withLock { state in
            if let path = state.path { return path as String? }
            state.path = export.path
            return nil
        }
        if let busy { return tell(.notice("not written, for the disk has not taken another file yet: \(busy)")) }
        queue.async(group: group) { [self] in
            let answer = place(export)
            let isHeard = state.withLock { state in
                state.path = nil
                if state.hasEnded { state.last = answer }
                return !state.hasEnded
            }
            if isHeard { tell(answer) }
        }
    }

    /// Waits for what is being written, no longer than that.
    ///
    /// - Returns: a sentence for the person where that ended just now.
    /// - Throws: `Failure` where the file is not written.
    func end(patience: DispatchTimeInterval) throws(Failure) -> String? {
        state.withLock { $0.hasEnded = true }
        _ = group.wait(timeout: .now() + patience)
        let (path, last) = state.withLock { ($0.path, $0.last) }
        if let path { throw .unwritten(path, why: "the disk has not taken it so far") }
        switch last {
        case .fileExists(let export): throw .unwritten(export.path, why: "a file of that name is there already")
        case .notice(let words): return words
        default: return nil
        }
    }

    /// Writes a file that the person asked for; what is there goes only where he has said so. A path can be longer than the row: it is told last.
    static func place(_ export: TerminalApp.FileExport) -> TerminalApp.Input {
        // No shell has replaced it.
        let path = (export.path as NSString).expandingTildeInPath
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else {
                return .notice("not written, for that is \(status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "no file"): \(export.path)")
            }
            guard export.replaces else { return .fileExists(export) }
        }
        do {
            try OutputFile.write(Array(export.text.utf8), to: path)
        } catch {
            return .notice("not written: \((error as? Failure)?.why ?? "\(error)"): \(export.path)")
        }
        let count = Sentence.count(export.shapeCount, "shape")
        return .notice(export.cutWords.map { "only a part is written, for \($0): \(export.path)" } ?? "\(count) written to \(export.path)")
    }
}

extension Failure {
    fileprivate static func unwritten(_ path: String, why: String) -> Failure {
        Failure(
            .local, code: "unwritten", what: "\(path) is not written", why: why,
            next: "look at the disk, then `inkwire export` writes the board; what was drawn is saved")
    }
}
