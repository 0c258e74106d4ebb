import InkSession

/// A board on a terminal.
enum Interactive {
    /// How to come to the board.
    enum Start {
        case make(String?)
        case open(String)
        case join(InviteLink)
    }

    static func run(options: GlobalOptions, start: Start, showsInvite: Bool = false, joinPatience: Duration = .seconds(30)) throws {
        throw Failure.usage(
            "this needs a terminal", why: "stdin or stdout is none",
            next: "use `inkwire peer BOARD`, `new --peer` or `join --peer` in scripts")
    }
}
