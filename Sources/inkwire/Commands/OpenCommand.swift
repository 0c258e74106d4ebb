import ArgumentParser

/// `inkwire open`: a saved board, offline or rejoining.
struct OpenCommand: ParsableCommand, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Open a saved board; its peers are looked for in the background.")

    static let examples = [
        Example("inkwire open sketch", "draw on it again"),
        Example("inkwire open 3f9a", "by digits of its id"),
    ]

    @Argument(help: "The board's name, or digits with which its id begins.", completion: .boards)
    var board: String

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions
    @OptionGroup(title: OptionGroups.terminal) var terminal: TerminalOptions

    mutating func run() throws {
        try Interactive.run(options: options, terminal: terminal, start: .open(board))
    }
}
