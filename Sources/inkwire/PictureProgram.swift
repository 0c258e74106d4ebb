import Dispatch
import Foundation
import InkFormats

/// A program of the machine that makes a picture of bytes: a process of its own, so that nobody who asks for no picture pays for it, and what breaks in it
/// breaks alone (CL-73).
struct PictureProgram {
    let name: String
    /// The packages that have it.
    let debian: String
    let homebrew: String

    private static let patience: TimeInterval = 60

    /// What it writes to stdout for what it reads from stdin.
    func run(_ arguments: [String], on input: [UInt8]) throws(Failure) -> [UInt8] {
        guard let path else {
            throw Failure(
                .local, code: "no_renderer", what: "the picture cannot be drawn", why: "\(name), which draws it, is not installed",
                next: "install it (Debian: \(debian), Homebrew: \(homebrew)), or export as svg")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let (entry, output, errors) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (entry, output, errors)
        do {
            try process.run()
        } catch {
            throw failure("\(error.localizedDescription)")
        }
        // Only its number: what is called off stays with the system until its time, and would keep the pipes open so long.
        let number = process.processIdentifier
        let limit = DispatchSource.makeTimerSource(queue: .global())
        limit.schedule(deadline: .now() + Self.patience)
        limit.setEventHandler { kill(number, SIGKILL) }
        limit.resume()
        defer {
            limit.cancel()
            for pipe in [output, errors] { try? pipe.fileHandleForReading.close() }
        }
        // Each of the three has its own reader or writer, else one that is full would hold up the others. It may end before it has read all: its words say why.
        DispatchQueue(label: "inkwire.picture.in").async {
            try? entry.fileHandleForWriting.write(contentsOf: Data(input))
            try? entry.fileHandleForWriting.close()
        }
        let words = Words()
        let told = DispatchQueue(label: "inkwire.picture.errors")
        told.async { words.data = errors.fileHandleForReading.readDataToEndOfFile() }
        let picture = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        told.sync {}
        guard process.terminationStatus == 0, process.terminationReason == .exit, !picture.isEmpty else {
            throw failure(safeForTerminal(bytes: Array(words.data), columnsMax: 200))
        }
        return Array(picture)
    }

    /// What the process says on its stderr; written on one queue, and read behind it.
    private final class Words: @unchecked Sendable { var data = Data() }

    private func failure(_ why: String) -> Failure {
        Failure(
            .local, code: "renderer", what: "the picture cannot be drawn", why: why.isEmpty ? "\(name) ended without a word" : why,
            next: "export as svg, or a smaller part with --region")
    }

    private var path: String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
