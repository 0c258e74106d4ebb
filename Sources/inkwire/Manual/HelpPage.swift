/// What `--help` shows of a command: examples first, then how it is called and its own options, in a terminal's 80 columns and 24 lines (CL-230).
struct HelpPage {
    static let columns = 80
    /// Where the texts begin beside the options.
    private static let indent = 27
    /// What the last line of the program's help names: its list has no room for it.
    private static let named = "man"

    let command: CommandDescription
    let examples: [Example]

    /// Ends without a line feed.
    var text: String {
        var lines = Self.wrapped(Self.headline(command.abstract ?? ""), from: 0)
        // The list of all commands has no line to spare.
        if command.superCommands != nil { lines.append("") }
        let width = examples.map(\.command.count).max() ?? 0
        for example in examples {
            lines.append("  " + example.command.padded(to: width + 2) + example.purpose)
        }
        if !examples.isEmpty { lines.append("") }
        if command.superCommands == nil {
            for each in command.commands where each.shouldDisplay && each.commandName != Self.named {
                lines += Self.item(each.commandName, Self.headline(each.abstract ?? ""), indent: 14)
            }
            lines.append("`inkwire help COMMAND` and `inkwire man` say more; `completion` makes Tab work.")
            return lines.joined(separator: "\n")
        }
        lines += Self.wrapped("usage: \(command.synopsis)", from: 0, hanging: 7)
        for each in command.commands {
            lines += Self.item(each.commandName, Self.headline(each.abstract ?? ""), indent: Self.indent)
        }
        for argument in command.own {
            let values = argument.allValues.map { $0.isEmpty ? "" : ": " + $0.joined(separator: ", ") } ?? ""
            lines += Self.item(argument.term, Self.headline(argument.abstract ?? "") + values, indent: Self.indent)
        }
        let page = command.path.split(separator: " ").dropFirst().prefix(1).joined()
        lines += Self.wrapped("`inkwire man \(page)` says more, `inkwire help options` what all commands take.", from: 0)
        return lines.joined(separator: "\n")
    }

    /// What all commands take: `inkwire help options` (CL-344).
    static func options(of program: CommandDescription) -> String {
        var lines: [String] = []
        for title in OptionGroups.titles {
            guard let sharing = program.commands.first(where: { !$0.shared(title).isEmpty }) else { continue }
            lines.append("\(title):")
            for argument in sharing.shared(title) { lines += item(argument.term, headline(argument.abstract ?? ""), indent: indent) }
        }
        return lines.joined(separator: "\n")
    }

    /// The first sentence, without its period: what a list has room for.
    static func headline(_ text: String) -> String {
        var end = text.endIndex
        for stop in [". ", "; "] { if let found = text.firstRange(of: stop)?.lowerBound { end = min(end, found) } }
        let first = text[..<end]
        return String(first.hasSuffix(".") ? first.dropLast() : first)
    }

    private static func item(_ term: String, _ text: String, indent: Int) -> [String] {
        let head = "  " + term
        // What does not fit beside it goes below.
        guard head.count < indent else { return [head] + wrapped(text, from: indent) }
        var lines = wrapped(text, from: indent)
        if let first = lines.first { lines[0] = head.padded(to: indent) + first.drop { $0 == " " } } else { lines = [head] }
        return lines
    }

    /// Words in lines of 80 columns.
    ///
    /// - Parameters:
    ///   - column: where each line begins.
    ///   - hanging: by how much further those after the first do.
    static func wrapped(_ text: String, from column: Int, hanging: Int = 0) -> [String] {
        var lines: [String] = []
        var line = String(repeating: " ", count: column)
        var isEmpty = true
        for word in text.split(separator: " ") {
            if !isEmpty, line.count + 1 + word.count > columns {
                lines.append(line)
                (line, isEmpty) = (String(repeating: " ", count: column + hanging), true)
            }
            line += (isEmpty ? "" : " ") + word
            isEmpty = false
        }
        return isEmpty ? lines : lines + [line]
    }
}

extension CommandDescription {
    /// How it is called; options that may be left out stand together.
    var synopsis: String {
        let required = own.filter { $0.kind == .positional || !$0.isOptional }.map(\.usage)
        let hasMore = own.contains { $0.kind != .positional && $0.isOptional }
        return ([path] + (commands.isEmpty ? [] : ["[command]"]) + (hasMore ? ["[options]"] : []) + required).joined(separator: " ")
    }
}

extension String {
    /// With spaces behind it, to so many characters.
    func padded(to count: Int) -> String { self + String(repeating: " ", count: max(0, count - self.count)) }
}
