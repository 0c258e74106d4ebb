/// A page of the manual: of one command, or of the whole program.
struct ManualPage {
    /// What a section is made of.
    enum Block: Equatable {
        case paragraph(String)
        /// An option, a file or a number, and what it is.
        case item(String, String)
        case example(String, String)
    }

    struct Section: Equatable {
        let title: String
        let blocks: [Block]
    }

    /// As `man` finds it: `inkwire-export`.
    let name: String
    let abstract: String
    let sections: [Section]

    /// The page of the program, or of one of its commands, which tells of the commands below it as well.
    init(of command: CommandDescription, in program: CommandDescription) {
        name = command.path.split(separator: " ").joined(separator: "-")
        abstract = command.abstract ?? ""
        let isProgram = command.superCommands == nil
        var sections = [
            Section(title: "NAME", blocks: [.paragraph("\(name) - \(HelpPage.headline(abstract))")]),
            Section(
                title: "SYNOPSIS", blocks: (command.commands.isEmpty ? [command] : command.commands).map { .paragraph($0.fullSynopsis) }),
        ]
        let examples = Example.all(of: command.path.split(separator: " ").dropFirst().map(String.init))
        if !examples.isEmpty { sections.append(Section(title: "EXAMPLES", blocks: examples.map { .example($0.command, $0.purpose) })) }
        let words = [abstract] + (command.discussion ?? "").split(separator: "\n").map(String.init)
        sections.append(Section(title: "DESCRIPTION", blocks: words.map { .paragraph($0) }))
        if isProgram {
            let list = command.commands.map { Block.item($0.commandName, $0.abstract ?? "") }
            sections.append(Section(title: "COMMANDS", blocks: list))
            sections += Self.shared(by: command.commands, full: true)
        } else {
            for each in command.commands { sections.append(Section(title: each.path.uppercased(), blocks: Self.items(each.own, of: each))) }
            let own = Self.items(command.own, of: nil)
            if !own.isEmpty { sections.append(Section(title: "OPTIONS", blocks: own)) }
            sections += Self.shared(by: [command] + command.commands, full: false)
        }
        sections.append(Section(title: "EXIT STATUS", blocks: Self.exits))
        if isProgram {
            sections.append(Section(title: "ENVIRONMENT", blocks: Self.environment))
            sections.append(Section(title: "FILES", blocks: Self.files))
        }
        let others = isProgram ? program.commands.map(\.commandName).sorted().map { "inkwire-\($0)(1)" } : ["inkwire(1)"]
        sections.append(Section(title: "SEE ALSO", blocks: [.paragraph(others.joined(separator: ", "))]))
        self.sections = sections
    }

    private static func items(_ arguments: [CommandDescription.Argument], of command: CommandDescription?) -> [Block] {
        (command.map { [.paragraph($0.abstract ?? "")] } ?? []) + arguments.map { .item($0.term, $0.text) }
    }

    /// What a command shares with others: all of it on the program's page, and a word on the others'.
    private static func shared(by commands: [CommandDescription], full: Bool) -> [Section] {
        OptionGroups.titles.compactMap { title in
            guard let first = commands.first(where: { !$0.shared(title).isEmpty }) else { return nil }
            let names = first.shared(title).compactMap { $0.names?.first { $0.kind == .long }?.typed }
            return Section(
                title: title.uppercased(),
                blocks: full ? items(first.shared(title), of: nil) : [.paragraph("\(names.joined(separator: ", ")): see inkwire(1).")])
        }
    }

    private static let exits: [Block] = [
        .item("0", "Done."), .item("1", "A bug of ours."), .item("2", "Wrong use, or a terminal is needed."),
        .item("3", "The invite or code is wrong, ended or used up."),
        .item("4", "Somebody is not who the board says, or may not do that."),
        .item("5", "Not found."), .item("6", "No rendezvous can be reached, or its certificate is no good."),
        .item("7", "Nobody is there."),
        .item("8", "A local file, a permission, the disk or a port."), .item("9", "Programs of different versions."),
        .item("10", "What was waited for did not come in time."), .item("128 + n", "Ended by signal n."),
    ]

    private static let environment: [Block] = [
        .item("INKWIRE_NAME", "As --name."), .item("INKWIRE_RENDEZVOUS", "As --rendezvous; several with commas between."),
        .item("INKWIRE_DIRECT", "As --direct; several with commas between."), .item("INKWIRE_DATA_DIR", "As --data-dir."),
        .item("INKWIRE_CONFIG", "As --config; /dev/null for none."),
        .item("INKWIRE_CODE", "The code or link that join reads."), .item("INKWIRE_METERED", "As --metered, unless it is 0, no or false."),
        .item("INKWIRE_NO_LAN", "As --no-lan."), .item("INKWIRE_REDUCED_MOTION", "As --reduced-motion."),
        .item("INKWIRE_HIGH_CONTRAST", "As --high-contrast."), .item("NO_COLOR", "As --color never."),
    ]

    private static let files: [Block] = [
        .item(
            "$XDG_DATA_HOME/inkwire",
            "Boards and the keys of this device, unless --data-dir names another place; ~/.local/share/inkwire usually."),
        .item("$XDG_CONFIG_HOME/inkwire/config.toml", "The configuration, see inkwire-config(1); ~/.config/inkwire/config.toml usually."),
        .item("$XDG_RUNTIME_DIR", "Sockets by which several programs share a board."),
        .item("$XDG_STATE_HOME/inkwire", "What SIGUSR1 makes a board on a terminal write."),
    ]

    /// All pages, the program's first.
    static func all(of program: CommandDescription) -> [ManualPage] {
        ([program] + program.commands).map { ManualPage(of: $0, in: program) }
    }
}

extension CommandDescription {
    /// How it is called, with each of its own options.
    var fullSynopsis: String { ([path] + own.map(\.usage)).joined(separator: " ") }
}
