import ArgumentParser

/// `inkwire open`: a saved board, offline or rejoining.
struct OpenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Open a saved board; its peers are looked for in the background.")

    @Argument(help: "The board's name, or digits with which its id begins.")
    var board: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var terminal: TerminalOptions

    mutating func run() throws {
        try Interactive.run(options: options, terminal: terminal, start: .open(board))
    }
}
