import ArgumentParser
import InkSession

/// `inkwire peer`: a board for programs.
struct PeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer", abstract: "A headless peer: commands on stdin, events on stdout, as JSON lines.",
        discussion: "End of input quits, once everything is saved and those present have it.")

    @Argument(help: "A saved board's name, digits of its id, or an invite link (- reads the link as the first line of stdin).")
    var board: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var patience: JoinPatience

    mutating func run() throws {
        try options.check()
        if board == "-" || board.hasPrefix("inkwire:") {
            let link = try InviteSource(argument: board, file: nil, options: options).link()
            return try JoinCommand.joinHeadless(link, options: options, patience: patience.span)
        }
        let access = try BoardAccess.open(board, catalog: options.catalog)
        var run = HeadlessRun(options: options)
        run.embeds = access.embedsRendezvous
        if access.isEmpty { run.joinPatience = patience.span }
        try run.run(access)
    }
}
