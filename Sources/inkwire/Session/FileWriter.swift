import Dispatch
import Foundation
import InkFrontEnd
import InkTerminal
import Synchronization

/// Writes the files that a person at a terminal asks for, off the thread of the terminal: a disk may be slow, or hang (CL-62).
///
///     idle ──write──▶ writing ──done──▶ idle; what came of it is kept until it is taken, or the end takes it (CL-67)
final class FileWriter: Sendable {
    /// What came of a file.
    enum Outcome: Hashable, Sendable {
        /// With a sentence for the person.
        case written(String)
        case failed(path: String, why: String)
        /// It was there already, and stands as it was.
        case exists(TerminalApp.FileExport)

        /// As it is told on the board. A path can be longer than the row: it stands last.
        var told: TerminalApp.Input {
            switch self {
            case .written(let words): .notice(words)
            case .failed(let path, let why): .notice("not written: \(why): \(path)")
            case .exists(let export): .fileExists(export)
            }
        }

        /// Nil for a file that is written.
        fileprivate var failure: Failure? {
            switch self {
            case .written: nil
            case .failed(let path, let why): .unwritten(path, why: why)
            case .exists(let export): .unwritten(export.path, why: "a file of that name is there already")
            }
        }
    }

    private struct State: Sendable {
        /// The file that is being written; nil while none is.
        var path: String?
        var outcomes: [Outcome] = []
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "inkwire.files")
    private let group = DispatchGroup()
    private let place: @Sendable (TerminalApp.FileExport) -> Outcome
    private let tell: @Sendable () -> Void

    /// - Parameters:
    ///   - place: puts a file where it belongs, and says what came of it; called on a thread of its own.
    ///   - tell: called there once something can be taken.
    init(
        place: @escaping @Sendable (TerminalApp.FileExport) -> Outcome = FileWriter.place, tell: @escaping @Sendable () -> Void
    ) {
        (self.place, self.tell) = (place, tell)
    }

    /// Begins to write a file, unless another is not done yet: one that hangs shall not gather more behind it.
    ///
    /// - Returns: why it is not written; nil where it is tried.
    func write(_ export: TerminalApp.FileExport) -> String? {
        let busy = state.withLock { state in
            if let path = state.path { return path as String? }
            state.path = export.path
            return nil
        }
        if let busy { return "not written, for the disk has not taken another file yet: \(busy)" }
        queue.async(group: group) { [self] in
            let outcome = place(export)
            state.withLock { state in
                state.path = nil
                state.outcomes.append(outcome)
            }
            tell()
        }
        return nil
    }

    /// What came of files since the last call, in order. What nobody takes is there for the end.
    func take() -> [Outcome] {
        state.withLock { state in
            defer { state.outcomes = [] }
            return state.outcomes
        }
    }

    /// Waits for what is being written, no longer than that (CL-311).
    ///
    /// - Returns: sentences for the person about what nobody took, and the first file of those that is not written.
    func end(patience: DispatchTimeInterval) -> (sentences: [String], failure: Failure?) {
        _ = group.wait(timeout: .now() + patience)
        let path = state.withLock { $0.path }
        var (sentences, failure): ([String], Failure?) = ([], nil)
        for outcome in take() {
            if case .written(let words) = outcome { sentences.append(words) }
            failure = failure ?? outcome.failure
        }
        return (sentences, failure ?? path.map { .unwritten($0, why: "the disk has not taken it so far") })
    }

    /// Writes a file that the person asked for; what is there goes only where he has said so.
    static func place(_ export: TerminalApp.FileExport) -> Outcome {
        // No shell has replaced it.
        let path = (export.path as NSString).expandingTildeInPath
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else {
                return .failed(path: export.path, why: status.st_mode & S_IFMT == S_IFDIR ? "that is a directory" : "that is no file")
            }
            guard export.replaces else { return .exists(export) }
        }
        do {
            try OutputFile.write(Array(export.text.utf8), to: path)
        } catch {
            return .failed(path: export.path, why: (error as? Failure)?.why ?? "\(error)")
        }
        let count = Sentence.count(export.shapeCount, "shape")
        return .written(
            export.cutWords.map { "only a part is written, for \($0): \(export.path)" } ?? "\(count) written to \(export.path)")
    }
}

extension Failure {
    /// For who is told beside another failure.
    var sentence: String { "\(what): \(why)" }

    fileprivate static func unwritten(_ path: String, why: String) -> Failure {
        Failure(
            .local, code: "unwritten", what: "\(path) is not written", why: why,
            next: "look at the disk, then `inkwire export` writes the board; what was drawn is saved")
    }
}
