import ArgumentParser
import Foundation
import InkAutomation
import InkFrontEnd
import InkPrimitives

/// `inkwire draw`: applies commands and ends when everybody present has them.
struct DrawCommand: ParsableCommand, TakesOptions, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "draw", abstract: "Apply drawing commands from a file or stdin; end when every present peer has them.",
        discussion: "Stops at the first command that fails; what came before it stays. Where a line is no command at all, nothing is drawn."
    )

    static let examples = [
        Example("inkwire draw sketch plan.jsonl", "what is in a file"),
        Example("script | inkwire draw sketch", "what a program says"),
    ]

    @Argument(help: "The board's name, or digits with which its id begins.", completion: .boards)
    var board: String

    @Argument(help: "A file of JSON lines; - or nothing is stdin.", completion: .file())
    var file: String = "-"

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

    mutating func run() throws {
        try options.check()
        let script = try Script(bytes: try content())
        let access = try BoardAccess.open(board, catalog: options.catalog)
        try apply(script.commands, to: access, options: options) { "line \(script.lines[$0]) could not be applied" }
        options.notices.say("\(Sentence.count(script.commands.count, "command")) applied")
    }

    private func content() throws -> Data {
        if file == "-" { return FileHandle.standardInput.readDataToEndOfFile() }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw Failure(
                .notFound, code: "not_found", what: "cannot read \(file)", why: "it is not there, or this user may not read it",
                next: "check the path, or pipe the commands in")
        }
        return data
    }
}

/// The commands of a file, all of them read before the first is applied.
struct Script: Equatable {
    private(set) var commands: [AutomationCommand] = []
    /// Where each command stands, counted from 1.
    private(set) var lines: [Int] = []

    /// What stands behind a `quit` is never run, and is not looked at (CL-304).
    ///
    /// - Throws: `Failure` when a line is no command.
    init(bytes: some Sequence<UInt8>) throws(Failure) {
        var splitter = LineSplitter(limit: AutomationRequest.lineBytes)
        var all = splitter.append(bytes)
        if let last = splitter.finish() { all.append(last) }
        for (index, line) in all.enumerated() {
            guard case .line(let bytes) = line else {
                throw .usage("line \(index + 1) cannot be applied", why: "it is too long", next: "nothing was drawn; shorten it")
            }
            guard !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) else { continue }
            do {
                let command = try AutomationRequest(line: bytes).command
                if command == .quit { return }
                commands.append(command)
                lines.append(index + 1)
            } catch {
                throw .usage("line \(index + 1) cannot be applied", why: error.message, next: "nothing was drawn; correct it and try again")
            }
        }
    }
}
