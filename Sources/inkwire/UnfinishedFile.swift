import Foundation
import Synchronization

/// The file that is being made beside the one that it is to replace: a signal that ends the program takes it away, since nobody would look for it
/// (CL-319).
enum UnfinishedFile {
    /// Freed by nobody while a signal may come. Written where `isTaken` was turned on, and read by the handler.
    nonisolated(unsafe) private static var path: UnsafeMutablePointer<CChar>?
    /// One at a time: of a second one made meanwhile a signal leaves a part.
    private static let isTaken = Mutex(false)

    /// Does something while a file is unfinished.
    static func guarding<Result>(_ file: String, _ work: () throws -> Result) rethrows -> Result {
        let isFree = isTaken.withLock { taken in
            defer { taken = true }
            return !taken
        }
        guard isFree else { return try work() }
        let name = strdup(file)
        path = name
        let signals = [SIGINT, SIGTERM, SIGHUP, SIGXFSZ].filter { number in
            // Whoever handles it already goes on with that.
            guard let before = signal(number, Self.takeAway) else { return true }
            signal(number, before)
            return false
        }
        defer {
            for number in signals { signal(number, SIG_DFL) }
            path = nil
            free(name)
            isTaken.withLock { $0 = false }
        }
        return try work()
    }

    private static let takeAway: @convention(c) (Int32) -> Void = { number in
        if let path = UnfinishedFile.path { unlink(path) }
        signal(number, SIG_DFL)
        raise(number)
    }
}
