import InkLinear
import InkTerminal
import Testing

@Suite struct LinearVerbTests {
    /// What is about a screen, or about pointers on it.
    private static let ofScreen: Set = [
        "select", "hand", "laser", "eraser", "keep-tool", "pan", "select-all", "next", "previous", "grow", "fit", "nearer", "farther",
        "unzoomed",
        "page-up", "page-down", "go", "follow", "cursors", "minimap", "grid", "snap", "contrast", "set", "mute", "unmute", "paste-text",
        "copy-text",
        "mouse", "repaint", "keep", "suspend",
    ]

    @Test(arguments: BoardCommand.allCases)
    func `LN-1: each command of the terminal is typed by its name in linear mode, or is about a screen`(command: BoardCommand) {
        let typed = LinearVerb.allCases.contains { ([$0.name] + $0.otherNames).contains(command.name) }
        #expect(typed != Self.ofScreen.contains(command.name), "\(command.name)")
    }

    @Test(arguments: [
        "move", "delete", "group", "ungroup", "align", "distribute", "duplicate", "undo", "redo", "cursor", "look_here", "say", "history",
        "invite", "grant",
        "remove", "take_back", "slow_mode", "lock", "unlock", "members", "safety", "verify", "state", "stats", "quit", "wait",
    ])
    func `LN-1: what JSON lines do is typed by the same word`(word: String) {
        #expect(LinearVerb.allCases.contains { ([$0.name] + $0.otherNames).contains(word) })
    }
}
