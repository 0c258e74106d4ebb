import ArgumentParser

/// `inkwire watch`: what happens on a board.
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Write what happens on a board as JSON lines until interrupted.")

    @Argument(help: "The board's name, or digits with which its id begins.")
    var board: String

    @OptionGroup var options: GlobalOptions

    mutating func run() throws {
        try options.check()
        let access = try BoardAccess.open(board, catalog: options.catalog)
        var run = HeadlessRun(options: options)
        run.readsCommands = false
        run.embeds = access.embedsRendezvous
        try run.run(access)
    }
}
