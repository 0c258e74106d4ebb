import Foundation
import InkSession
import NIOCore

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What SIGUSR1 brings: the state of all connections as one line of JSON, without content, keys, names or addresses (CL-325).
final class DumpSignal {
    private let source: any DispatchSourceSignal

    /// - Parameter say: takes where it was written, or why it was not; called on a thread of its own.
    init(_ session: BoardSession, to target: Target, say: @escaping @Sendable (String) -> Void = { _ in }) {
        source = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: .global())
        source.setEventHandler {
            session.loop.execute {
                session.ask(.dump).whenSuccess { answer in
                    guard case .dump(let text) = answer else { return }
                    DispatchQueue.global().async { target.write(text + "\n", say: say) }
                }
            }
        }
        source.resume()
    }

    deinit { source.cancel() }

    /// Where it goes.
    enum Target: Sendable {
        case standardError
        /// A file of this process: on a terminal that shows a board nothing else can be written.
        case file(String)

        /// `$XDG_STATE_HOME/inkwire/dump-PID.json`, by default below `~/.local/state`.
        static var ownFile: Target {
            let state = GlobalOptions.environment("XDG_STATE_HOME") ?? NSHomeDirectory() + "/.local/state"
            return .file("\(state)/inkwire/dump-\(getpid()).json")
        }

        fileprivate func write(_ text: String, say: (String) -> Void) {
            switch self {
            case .standardError: StandardStream.error.write(Array(text.utf8))
            case .file(let path):
                let file = URL(filePath: path)
                do {
                    try FileManager.default.createDirectory(
                        at: file.deletingLastPathComponent(), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                    // Written beside it and moved there: a link that somebody laid is replaced, not followed (CL-325).
                    try Data(text.utf8).write(to: file, options: .atomic)
                    say("the state of the connections is in “\(path)”")
                } catch {
                    say("the state of the connections cannot be written: \(Failure.plain(error.localizedDescription))")
                }
            }
        }
    }
}
