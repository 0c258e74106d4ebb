import Foundation
import InkFormats
import InkPrimitives

/// A picture as PNG, drawn from its SVG by `rsvg-convert` of librsvg: a process of its own, so that nobody who writes no PNG pays for it, and what breaks in
/// it breaks alone.
enum PNG {
    private static let program = "rsvg-convert"
    /// Greatest picture: 256 MB while it is drawn.
    private static let pixelsMax = 64_000_000.0
    private static let patience: TimeInterval = 60

    static func bytes(of svg: SVG) throws -> [UInt8] {
        guard svg.width * svg.height <= pixelsMax else {
            throw Failure.usage(
                "the picture cannot be drawn", why: "it is \(Int(svg.width)) by \(Int(svg.height)) px, and at most 64 million are drawn",
                next: "choose a part with --region, or a smaller --scale")
        }
        guard let path = path(of: program) else {
            throw Failure(
                .local, code: "no_renderer", what: "the picture cannot be drawn", why: "\(program), which draws PNG, is not installed",
                next: "install it (Debian: librsvg2-bin, Homebrew: librsvg), or export as svg")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["--format", "png"]
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        do {
            try process.run()
        } catch {
            throw failure("\(error.localizedDescription)")
        }
        let limit = DispatchWorkItem { process.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + patience, execute: limit)
        defer { limit.cancel() }
        // Each of the three has its own reader or writer, else one that is full would hold up the others. It may end before it has read all: its words say why.
        let written = DispatchQueue(label: "inkwire.png.in")
        written.async {
            try? input.fileHandleForWriting.write(contentsOf: Data(svg.text.utf8))
            try? input.fileHandleForWriting.close()
        }
        let words = Words()
        let told = DispatchQueue(label: "inkwire.png.errors")
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

    private static func failure(_ why: String) -> Failure {
        Failure(
            .local, code: "renderer", what: "the picture cannot be drawn", why: why.isEmpty ? "\(program) ended without a word" : why,
            next: "export as svg, or a smaller part with --region")
    }

    private static func path(of program: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
