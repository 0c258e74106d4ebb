import ArgumentParser
import Foundation
import InkFrontEnd

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// `inkwire man`: the manual, whether its pages are installed or not.
struct ManCommand: ParsableCommand, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "man", abstract: "Show the manual of inkwire, or of one of its commands.",
        discussion: "On a terminal man(1) shows it, where there is one; elsewhere it is text.")

    static let examples = [
        Example("inkwire man", "the whole program"), Example("inkwire man export", "one command"),
        Example("inkwire man --write DIR", "all pages as files for man(1)"),
    ]

    @Argument(help: ArgumentHelp("The command; without it, the page of the whole program.", valueName: "command"))
    var command: String?

    @Flag(name: .customLong("roff"), help: "Write the page as man(1) reads it.")
    var isRoff = false

    @Option(
        name: .customLong("write"),
        help: ArgumentHelp("Write the pages of all commands into this directory.", valueName: "dir"), completion: .directory)
    var directory: String?

    mutating func validate() throws {
        guard directory == nil || (command == nil && !isRoff) else {
            throw ValidationError("--write writes all pages, and takes nothing beside it")
        }
    }

    mutating func run() throws {
        let program = try CommandDescription.program
        if let directory { return try write(program, to: directory) }
        let words = command.map { [$0] } ?? []
        guard let described = program.command(at: words[...]) else { throw NearestWord.unknownCommand(command ?? "", of: program) }
        let page = ManualPage(of: described, in: program)
        let roff = page.roff(version: ProgramVersion.short)
        guard !isRoff, isatty(1) == 1 else { return try StandardStream.output.deliver(Array((isRoff ? roff : page.plain + "\n").utf8)) }
        // Comes back where there is no man.
        Self.becomeMan(reading: Array(roff.utf8))
        try StandardStream.output.deliver(Array((page.plain + "\n").utf8))
    }

    /// Writes `inkwire.1`, `inkwire-new.1`, and so on (CL-232).
    private func write(_ program: CommandDescription, to directory: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw Failure(
                .local, code: "cannot_write", what: "the directory \(directory) cannot be made", why: error.localizedDescription,
                next: Self.otherPlace)
        }
        for page in ManualPage.all(of: program) {
            do {
                try OutputFile.write(Array(page.roff(version: ProgramVersion.short).utf8), to: "\(directory)/\(page.name).1")
            } catch var failure as Failure {
                failure.next = Self.otherPlace
                throw failure
            }
        }
    }

    private static let otherPlace = "name one that you may write to, on a disk with room"

    /// Replaces this process by man(1) with a page at its standard input, of which the pager reads nothing (CL-233).
    private static func becomeMan(reading page: [UInt8]) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return }
        let kept = dup(0)
        // A page that a pipe does not hold would wait for a reader for ever.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        guard kept >= 0, systemWrite(ends[1], page, page.count) == page.count, dup2(ends[0], 0) >= 0 else { return }
        close(ends[0])
        close(ends[1])
        var arguments: [UnsafeMutablePointer<CChar>?] = (["man", "-l", "-"] as [String]).map { strdup($0) } + [nil]
        signal(SIGPIPE, SIG_DFL)
        execvp("man", &arguments)
        _ = dup2(kept, 0)
        signal(SIGPIPE, SIG_IGN)
    }
}
