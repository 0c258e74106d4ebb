import InkAutomation
import InkTerminal
import Testing

/// What a person types and what a program writes are called by one name.
@Suite struct CommandNamesTests {
    /// By which names a person asks for what a line of JSON asks for; none for what is done by a hand in the palette's own words, or by a program alone.
    ///
    /// A command that is new in JSON lines does not compile before somebody says here whether a person types it, too.
    private func names(of command: AutomationCommand) -> [String] {
        switch command {
        case .draw, .stroke, .set, .add, .become, .cursor, .view, .typing, .state, .wait, .pause, .stats, .lookAround, .dump, .grant,
            .remove, .members, .resend, .readChat, .attention, .safety, .verify, .slowMode:
            []
        case .move: ["move"]
        case .delete: ["delete"]
        case .arrange(_, let arrangement):
            switch arrangement {
            case .group: ["group"]
            case .ungroup: ["ungroup"]
            // A name for each place, so that none needs a word behind it.
            case .order: ["front", "back", "forward", "backward"]
            case .align: ["align"]
            case .distribute: ["distribute"]
            case .duplicate: ["duplicate"]
            }
        case .undo: ["undo"]
        case .redo: ["redo"]
        case .laser: ["laser"]
        // A word of two has a hyphen where it is typed, and a low line where it is written as other members are.
        case .lookHere: ["look-here"]
        case .say: ["say"]
        case .invite: ["invite"]
        case .takeBack: ["take-back"]
        case .lock(_, let isLocked): [isLocked ? "lock" : "unlock"]
        case .quit: ["quit"]
        }
    }

    @Test(
        arguments: [
            ("move", #","id":"a","by":[1,1]"#), ("delete", #","id":"a""#), ("group", #","ids":["a","b"]"#), ("ungroup", #","ids":["a"]"#),
            ("order", #","ids":["a"],"to":"front""#), ("align", #","ids":["a","b"],"to":"left""#),
            ("distribute", #","ids":["a","b","c"],"along":"vertically""#), ("duplicate", #","ids":["a"]"#), ("undo", ""), ("redo", ""),
            ("say", #","text":"x""#), ("invite", ""), ("quit", ""), ("typing", ""), ("state", ""), ("stats", ""),
            ("wait", #","ms":1"#), ("cursor", #","x":1,"y":1"#),
            ("set", #","id":"a","set":{"x":1}"#), ("draw", #","shape":{"kind":"text","x":1,"y":1,"text":"x"}"#),
            ("stroke", #","x":1,"y":1,"points":[[0,0],[1,1]]"#), ("laser", #","x":1,"y":1,"points":[[0,0],[1,1]]"#),
            ("view", #","x":1,"y":1,"w":80,"h":24"#), ("look_here", #","x":1,"y":1,"w":80,"h":24"#),
        ])
    func `TM-160: a command that lines of JSON have, too, has the same name`(word: String, members: String) throws {
        let request = try AutomationRequest(line: Array(#"{"do":"\#(word)"\#(members)}"#.utf8))
        let names = names(of: request.command)
        let word = word.replacing("_", with: "-")
        let all = BoardCommand.allCases.map(\.name)
        for name in names { #expect(all.contains(name), "\(name)") }
        // `:set` sets what a terminal does, as in editors; the line `set` sets members of a shape, for which a person has a command each (ink, fill).
        #expect(all.contains(word) == names.contains(word) || word == "set", "\(word)")
        #expect(names.isEmpty || word == "order" || names == [word], "\(word)")
    }
}
