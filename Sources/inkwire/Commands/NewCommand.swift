import ArgumentParser
import InkSession

/// `inkwire new`: makes a board and opens it.
struct NewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make a board and open it.",
        discussion: """
            Works without any network. Where no rendezvous is configured the process brings one of its own, so that others on this machine \
            or network can join while the board is open.
            """)

    @Argument(help: "What to call the board; without it, a name is made.")
    var board: String?

    @Flag(name: .customLong("peer"), help: "Headless: JSON lines in, JSON lines out.")
    var isHeadless = false

    @Flag(name: .customLong("invite"), help: "Begin with the invite: a box in the terminal, a line on stderr with --peer.")
    var invites = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var terminal: TerminalOptions

    mutating func run() throws {
        let hadKey = try options.catalog.device() != nil
        try begin()
        // Once, and when nothing else is to be read: on a board that somebody made nobody can act for them.
        if !hadKey, try options.catalog.device() != nil { options.notices.say(IdentityCommand.offer) }
    }

    private func begin() throws {
        guard isHeadless else {
            return try Interactive.run(options: options, terminal: terminal, start: .make(board), showsInvite: invites)
        }
        // What is wrong with the options must not leave a board behind.
        try options.check()
        let opened = try OpenedBoard.make(named: board, catalog: options.catalog)
        var run = HeadlessRun(options: options)
        run.embeds = true
        run.writesInvite = invites
        try run.run(.held(opened))
    }
}
