import ArgumentParser
import InkBoard
import InkFrontEnd
import InkSession
import InkStore

/// `inkwire new`: makes a board and opens it.
struct NewCommand: ParsableCommand, TakesOptions, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make a board and open it.",
        discussion: """
            Works without any network. Where no rendezvous is configured the process brings one of its own, so that others on this machine \
            or network can join while the board is open.
            """)

    static let examples = [
        Example("inkwire new sketch", "make it and draw"),
        Example("inkwire new sketch --invite", "and begin with the link for others"),
        Example("inkwire new --peer < plan.jsonl", "as a program, by JSON lines"),
    ]

    @Argument(help: "What to call the board; without it, a name is made.")
    var board: String?

    @Flag(name: .customLong("peer"), help: "Headless: JSON lines in, JSON lines out.")
    var isHeadless = false

    @Flag(name: .customLong("invite"), help: "Begin with the invite: a box in the terminal, a line on stderr with --peer.")
    var invites = false

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp(
            "Draw on it what stands on this saved board: for one that was made before people had roles.", valueName: "board"),
        completion: .boards)
    var source: String?

    @Option(name: .customLong("role"), help: "What those may do who join by its link: editor, unless given.")
    var role = RoleArgument(.editor)

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions
    @OptionGroup(title: OptionGroups.terminal) var terminal: TerminalOptions

    mutating func run() throws {
        let hadKey = try options.catalog.device() != nil
        try begin()
        // Once, and when nothing else is to be read: on a board that somebody made nobody can act for them (CL-150).
        if !hadKey, try options.catalog.device() != nil { options.notices.say(IdentityCommand.offer) }
    }

    private func begin() throws {
        let drawing = try source.map { try options.catalog.picture(of: $0) } ?? []
        guard isHeadless else {
            return try Interactive.run(
                options: options, terminal: terminal, start: .make(board, drawing: drawing, role: role.role), showsInvite: invites)
        }
        // What is wrong with the options must not leave a board behind.
        try options.check()
        let opened = try OpenedBoard.make(named: board, drawing: drawing, role: role.role, catalog: options.catalog)
        var run = HeadlessRun(options: options)
        run.embeds = true
        run.writesInvite = invites
        try run.run(.held(opened))
    }
}

extension BoardCatalog {
    /// What stands on a saved board, as another is drawn from it (CL-156, CL-328).
    func picture(of text: String) throws -> [ShapeDraft] {
        guard let (board, _) = try BoardStore.peek(at: try entry(text).directory).replica() else {
            throw Failure(
                .notFound, code: "empty", what: "there is nothing to draw from", why: "“\(text)” was joined but has not arrived yet",
                next: "`inkwire open` it while somebody is there who has it")
        }
        var view = BoardView()
        view.replaceAll(board.shapes)
        return view.copyingAll()
    }
}
