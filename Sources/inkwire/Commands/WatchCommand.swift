import ArgumentParser

/// `inkwire watch`: what happens on a board.
struct WatchCommand: ParsableCommand, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Write what happens on a board as JSON lines until interrupted.")

    static let examples = [
        Example("inkwire watch sketch", "what happens, a line an event"),
        Example("inkwire watch sketch | jq -r .event", "only of what kind it is"),
    ]

    @Argument(help: "The board's name, or digits with which its id begins.", completion: .boards)
    var board: String

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

    mutating func run() throws {
        try options.check()
        let access = try BoardAccess.open(board, catalog: options.catalog)
        var run = HeadlessRun(options: options)
        run.readsCommands = false
        run.embeds = access.embedsRendezvous
        try run.run(access)
    }
}
