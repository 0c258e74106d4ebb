import Dispatch
import Foundation
import InkTerminal
import Synchronization

/// Reads the files that a person at a terminal asks for, off the thread of the terminal: a disk may be slow, or hang (CL-100).
///
///     idle ──read──▶ reading ──told──▶ idle
final class FileReader: Sendable {
    /// The file that is being read; nil while none is.
    private let path = Mutex<String?>(nil)
    private let queue = DispatchQueue(label: "inkwire.reading")
    private let look: @Sendable (String) -> TerminalApp.FileDrawing
    private let tell: @Sendable (TerminalApp.FileDrawing) -> Void

    /// - Parameters:
    ///   - look: reads a file; called on a thread of its own.
    ///   - tell: takes what is in it, there.
    init(
        look: @escaping @Sendable (String) -> TerminalApp.FileDrawing = FileReader.look,
        tell: @escaping @Sendable (TerminalApp.FileDrawing) -> Void
    ) {
        (self.look, self.tell) = (look, tell)
    }

    /// Begins to read a file, unless another is not done yet: one that hangs shall not gather more behind it. What is not read when the program ends
    /// is not drawn.
    ///
    /// - Returns: why it is not read; nil where it is tried.
    func read(_ asked: String) -> String? {
        let busy = path.withLock { path in
            if let path { return path as String? }
            path = asked
            return nil
        }
        if let busy { return "not read, for another file is not read yet: \(busy)" }
        queue.async { [self] in
            let answer = look(asked)
            path.withLock { $0 = nil }
            tell(answer)
        }
        return nil
    }

    /// Reads what `inkwire import` reads; its ending tells what it is.
    static func look(_ asked: String) -> TerminalApp.FileDrawing {
        // No shell has replaced it, and `-` is no stream: that is the terminal.
        let path = asked == "-" ? "./-" : (asked as NSString).expandingTildeInPath
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            return .failed(path: asked, why: status.st_mode & S_IFMT == S_IFDIR ? "that is a directory" : "that is no file")
        }
        do {
            let format = try ImportCommand.format(of: path)
            let drawing = try ImportCommand.drawing(of: path, as: format)
            let losses = drawing.losses.map(\.words)
            guard format != .board else { return .whole(path: asked, drawing, losses: losses) }
            return .read(path: asked, drawing, isPlaced: format.isPlaced, losses: losses)
        } catch {
            return .failed(path: asked, why: (error as? Failure)?.why ?? "\(error)")
        }
    }
}
