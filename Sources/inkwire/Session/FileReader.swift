import Dispatch
import Foundation
import InkTerminal
import Synchronization

/// Reads the files that a person at a terminal asks for, off the thread of the terminal: a disk may be slow, or hang (CL-100).
///
///     idle ──read──▶ reading ──told──▶ idle
///                     └──read──▶ reading the other; of the first nothing is told
final class FileReader: Sendable {
    private struct State {
        /// Tells apart what is asked for.
        var newest = 0
        /// What is not read yet, by those numbers.
        var underWay: [Int: String] = [:]
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "inkwire.reading", attributes: .concurrent)
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

    /// Begins to read a file, and drops one that is not read yet, unless too many hang already: those that hang shall not gather. What is not read when
    /// the program ends is not drawn.
    ///
    /// - Returns: why it is not read; nil where it is tried.
    func read(_ asked: String) -> String? {
        let number = state.withLock { state -> Int? in
            guard state.underWay.count < Self.underWayMax else { return nil }
            state.newest += 1
            state.underWay[state.newest] = asked
            return state.newest
        }
        guard let number else { return "\(Self.underWayMax) files that were asked for before are not read yet" }
        queue.async { [self] in
            let answer = look(asked)
            let isMeant = state.withLock { state in
                state.underWay[number] = nil
                return state.newest == number
            }
            if isMeant { tell(answer) }
        }
        return nil
    }

    // CL-316
    private static let underWayMax = 4

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
