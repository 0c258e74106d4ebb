import ArgumentParser
import Foundation
import InkFrontEnd
import InkStore
import InkTerminal

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The command line.
@main struct Inkwire: ParsableCommand, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "inkwire",
        abstract: "A shared whiteboard, peer to peer and end-to-end encrypted.",
        discussion: """
            Start with `inkwire new`; give the link it shows to somebody, who types `inkwire join`. \
            `inkwire peer`, `new --peer` and `join --peer` speak JSON lines with programs instead.
            """,
        version: ProgramVersion.full,
        subcommands: [
            NewCommand.self, JoinCommand.self, OpenCommand.self, BoardsCommand.self, PeerCommand.self, InviteCommand.self,
            MembersCommand.self, DrawCommand.self, WatchCommand.self, SayCommand.self, ExportCommand.self, ImportCommand.self,
            MergeDriverCommand.self, ReplayCommand.self,
            ServeCommand.self, AuditCommand.self, IdentityCommand.self, ConfigCommand.self, GuideCommand.self, ManCommand.self,
            CompletionCommand.self,
        ])

    static let examples = [
        Example("inkwire new sketch", "make a board; `i` there shows how others join"),
        Example("inkwire join", "enter somebody's board by a code or a link"),
    ]

    /// Parses, runs, and turns every way of failing into its message and exit code.
    static func main() {
        // A closed stdin, stdout or stderr would leave its number to the next file that is opened, and what is said would go there.
        // stdout gets a place that takes nothing: what it was to carry is lost, and the exit code shall say so.
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 { _ = open("/dev/null", descriptor == 1 ? O_RDONLY : O_RDWR) }
        // A reader of our output that goes away must not kill us in the middle of a save; writes then fail instead.
        signal(SIGPIPE, SIG_IGN)
        // The same for a file-size limit (`ulimit -f`): the disk is then just full.
        signal(SIGXFSZ, SIG_IGN)
        // Who asks for the state of the connections before there are any ends nothing (CL-141).
        signal(SIGUSR1, SIG_IGN)
        // This copies them, which must come first.
        let isJSON = CommandLine.arguments.contains("--json")
        ProcessTitle.hideSecrets()
        do {
            var command = try parseAsRoot()
            (command as? any TakesOptions)?.options.tellComplaints()
            try command.run()
        } catch let failure as Failure {
            end(failure, isJSON: isJSON)
        } catch let error as StoreError {
            end(Failure(error), isJSON: isJSON)
        } catch {
            let code = exitCode(for: error)
            if code == .success {
                // Help and version are data.
                do throws(Failure) {
                    try StandardStream.output.deliver(Array(((try help(for: error) ?? fullMessage(for: error)) + "\n").utf8))
                } catch {
                    end(error, isJSON: isJSON)
                }
                endProcess(0)
            }
            guard code == .validationFailure else { end(.bug(error), isJSON: isJSON) }
            // A first word that is no command: it may be one mistyped.
            if let typed = CommandLine.arguments.dropFirst().first, !typed.hasPrefix("-"), let program = try? CommandDescription.program,
                program.command(at: [typed]) == nil
            {
                end(NearestWord.unknownCommand(typed, of: program), isJSON: isJSON)
            }
            end(
                .usage(
                    "the command line cannot be understood",
                    why: message(for: error).split(separator: "\n").first.map(String.init) ?? "it is wrong",
                    next: "`inkwire help` shows the commands, `inkwire help COMMAND` its options"),
                isJSON: isJSON)
        }
    }

    /// The help that the command line asks for, or that `error` is about; nil where either is of something else.
    private static func help(for error: any Error) throws(Failure) -> String? {
        guard let program = try? CommandDescription.program else { return nil }
        if error is CleanExit { return HelpRequest.command([]).text(of: program) }
        return try HelpRequest(Array(CommandLine.arguments.dropFirst()), of: program)?.text(of: program)
    }

    /// Without a command: the start screen on a terminal, help elsewhere.
    mutating func run() throws {
        guard TTY.isPresent, TerminalProfile(environment: ProcessInfo.processInfo.environment) != nil else {
            throw CleanExit.helpRequest(self)
        }
        try Interactive.runStartScreen()
    }

    private static func end(_ failure: Failure, isJSON: Bool) -> Never {
        let text = failure.text(isJSON: isJSON)
        if isJSON { Notices.write(text) } else { Notices.tell(text) }
        endProcess(MergeDriverCommand.exit(of: failure, CommandLine.arguments))
    }
}

/// Ends the process. A name of its own, since `ParsableCommand` has an `exit` too.
func endProcess(_ status: Int32) -> Never { exit(status) }
