import ArgumentParser
import Foundation
import InkFormats
import InkSession

/// `inkwire join`: enters a board by a code or a link.
struct JoinCommand: ParsableCommand, TakesOptions, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Join a board by a code or an invite link.",
        discussion: """
            A code, as 7-copper-lantern-orbit@HOST, or a link is asked for, read from stdin (`join -`), from --invite-file, or from INKWIRE_CODE. It is accepted as an argument too, \
            where others on this machine can read it.
            """)

    static let examples = [
        Example("inkwire join", "asks for the code or the link"),
        Example("inkwire join --invite-file link.txt", "reads it from a file"),
        Example("inkwire join --peer - < link.txt", "as a program, by JSON lines"),
    ]

    @Argument(help: "The code or the link, or - to read it from stdin.")
    var invite: String?

    @Option(
        name: .customLong("invite-file"), help: ArgumentHelp("A file that holds the code or the link.", valueName: "file"),
        completion: .file())
    var inviteFile: String?

    @Flag(name: .customLong("peer"), help: "Headless: JSON lines in, JSON lines out.")
    var isHeadless = false

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions
    @OptionGroup(title: OptionGroups.terminal) var terminal: TerminalOptions
    @OptionGroup var patience: JoinPatience

    mutating func run() throws {
        try options.check()
        var words: String?
        let arrival = try InviteSource(argument: invite, file: inviteFile, options: options).arrival {
            // Who gives the code is told the name of who types it.
            if !isHeadless { words = try askName(profile: 1) }
            return options
        }
        guard isHeadless else {
            let words = try words ?? askName(profile: options.catalog.profileForJoining(arrival.invite.board)) ?? ""
            return try Interactive.run(
                options: options, terminal: terminal, start: .join(arrival), joinPatience: patience.span, notice: words)
        }
        try Self.joinHeadless(arrival, options: options, patience: patience.span)
    }

    /// Asks once for what nobody has said, and keeps it (CL-46).
    ///
    /// - Returns: what the person should know of that: it is said, and covered by the board a moment later.
    private mutating func askName(profile: Int) throws -> String? {
        guard !options.knowsName(profile: profile), isatty(0) == 1, !options.isInputForbidden else { return nil }
        let usual = try options.displayName(profile: profile)
        while true {
            Notices.write("What shall the others call you? [\(usual)] ")
            guard let typed = StandardInput.readLine(limit: 4096) else { return nil }
            let name = typed.trimmingCharacters(in: .whitespaces).isEmpty ? usual : typed.trimmingCharacters(in: .whitespaces)
            if let complaint = personNameComplaint(name) {
                Notices.write("That cannot be: \(complaint).\n")
                continue
            }
            options.typedName = name
            let words = options.keep(name: name, profile: profile)
            if let words { options.notices.say(words) }
            return words
        }
    }

    /// Joins and speaks JSON lines.
    static func joinHeadless(_ arrival: Arrival, options: GlobalOptions, patience: Duration) throws {
        let opened = try OpenedBoard.join(arrival, catalog: options.catalog, say: options.notices.say)
        var run = HeadlessRun(options: options)
        // A board that arrived earlier is there already and is only reopened.
        let access = BoardAccess.held(opened)
        if access.isEmpty { run.joinPatience = patience }
        run.embeds = access.embedsRendezvous
        try run.run(access)
    }
}

/// How long to wait for a board that was joined.
struct JoinPatience: ParsableArguments {
    @Option(
        name: .customLong("timeout"),
        help: ArgumentHelp("How long to try to join while nothing of the board arrives, in seconds.", valueName: "seconds"))
    var timeout: Double = 30

    var span: Duration { .seconds(timeout) }

    mutating func validate() throws {
        guard timeout > 0, timeout <= 86_400 else { throw ValidationError("--timeout takes a number of seconds between 0 and 86400") }
    }
}
