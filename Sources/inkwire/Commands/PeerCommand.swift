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
        // A program of before CL-34 may have called a board as an invite begins.
        if board == "-" || board.hasPrefix("inkwire:"), !isName {
            let arrival = try InviteSource(argument: board, file: nil, options: options).arrival()
            return try JoinCommand.joinHeadless(arrival, options: options, patience: patience.span)
        }
        let access = try BoardAccess.open(board, catalog: options.catalog)
        var run = HeadlessRun(options: options)
        run.embeds = access.embedsRendezvous
        if access.isEmpty { run.joinPatience = patience.span }
        try run.run(access)
    }

    /// True for text that is no invite and calls a board of this machine.
    private var isName: Bool {
        guard board != "-" else { return false }
        do {
            _ = try Invite(link: board)
            return false
        } catch {
            // What is wrong with the boards, too, is told by whoever opens one.
            return (try? options.catalog.entry(board)) != nil
        }
    }
}
