import ArgumentParser
import Foundation
import InkAutomation
import InkPrimitives

/// How long `draw` and `say` look for somebody who is there before they leave their work for later.
private let lookAroundMilliseconds = 3000

/// `inkwire draw`: applies commands and ends when everybody present has them.
struct DrawCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "draw", abstract: "Apply drawing commands from a file or stdin, and end when every present peer has them.")

    @Argument(help: "The board's name, or digits with which its id begins.")
    var board: String

    @Argument(help: "A file of JSON lines; - or nothing is stdin.")
    var file: String = "-"

    @OptionGroup var options: GlobalOptions

    mutating func run() throws {
        try options.check()
        let lines = try commands()
        let access = try BoardAccess.open(board, catalog: options.catalog)
        try apply(lines, to: access, options: options)
        options.notices.say("\(lines.count) \(lines.count == 1 ? "command" : "commands") applied")
    }

    private func commands() throws -> [AutomationCommand] {
        let data: Data
        if file == "-" {
            data = FileHandle.standardInput.readDataToEndOfFile()
        } else if let content = FileManager.default.contents(atPath: file) {
            data = content
        } else {
            throw Failure(
                .notFound, code: "not_found", what: "cannot read \(file)", why: "it is not there, or this user may not read it",
                next: "check the path, or pipe the commands in")
        }
        var splitter = LineSplitter(limit: AutomationRequest.lineBytes)
        var lines = splitter.append(data)
        if let last = splitter.finish() { lines.append(last) }
        var result: [AutomationCommand] = []
        for (index, line) in lines.enumerated() {
            guard case .line(let bytes) = line else {
                throw Failure.usage("line \(index + 1) cannot be applied", why: "it is too long", next: "nothing was drawn; shorten it")
            }
            guard !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) else { continue }
            do {
                result.append(try AutomationRequest(line: bytes).command)
            } catch {
                throw Failure.usage(
                    "line \(index + 1) cannot be applied", why: error.message, next: "nothing was drawn; correct it and try again")
            }
        }
        return result
    }
}

/// `inkwire say`: one chat message.
struct SayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "say", abstract: "Say something to everybody on a board.")

    @Argument(help: "The board's name, or digits with which its id begins.")
    var board: String

    @Argument(help: "What to say; - reads it from stdin.")
    var text: String

    @OptionGroup var options: GlobalOptions

    mutating func run() throws {
        try options.check()
        let said =
            text == "-"
            ? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self).trimmingCharacters(in: .newlines) : text
        guard !said.isEmpty, said.utf8.count <= Limits.chatBytes else {
            throw Failure.usage(
                "this cannot be said", why: "a message has 1 to \(Limits.chatBytes) bytes, this one \(said.utf8.count)",
                next: "send it in parts")
        }
        try apply([.say(said)], to: try BoardAccess.open(board, catalog: options.catalog), options: options)
    }
}

private func apply(_ commands: [AutomationCommand], to access: BoardAccess, options: GlobalOptions) throws {
    var run = HeadlessRun(options: options)
    run.readsCommands = false
    run.writesEvents = false
    run.reportsErrors = true
    run.commands = [.lookAround(milliseconds: lookAroundMilliseconds)] + commands + [.quit]
    run.embeds = access.embedsRendezvous
    try run.run(access)
}
