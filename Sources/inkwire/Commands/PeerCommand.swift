import ArgumentParser
import InkSession

/// `inkwire peer`: a board for programs.
struct PeerCommand: ParsableCommand, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "peer", abstract: "Take part headless: commands in, events out, as JSON lines.",
        discussion:
            "Commands are read from stdin, events written to stdout, one JSON object a line. End of input quits, once everything is saved and those present have it."
    )

    static let examples = [
        Example("inkwire peer sketch < plan.jsonl", "a saved board"),
        Example("inkwire peer - < link-and-plan", "joins by a link in the first line"),
    ]

    @Argument(
        help: "A saved board's name, digits of its id, or an invite link (- reads the link as the first line of stdin).",
        completion: .boards)
    var board: String

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions
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
