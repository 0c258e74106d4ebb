import InkFrontEnd

/// Whose help a command line asks for: by `help COMMAND`, `--help` or `-h`.
enum HelpRequest: Equatable {
    /// Of the command at these words, none for the whole program.
    case command([String])
    /// `help options`: what all commands take.
    case options

    /// - Parameter arguments: without the program's name.
    /// - Returns: nil where no help is asked for.
    /// - Throws: that there is no such command.
    init?(_ arguments: [String], of program: CommandDescription) throws(Failure) {
        // A shell that completes a line asks with what the line holds, of which `-h` may be a part.
        guard arguments.first?.hasPrefix("---") != true else { return nil }
        let isHelpCommand = arguments.first == "help"
        let words = isHelpCommand ? arguments[1...] : arguments[...]
        if isHelpCommand, words == ["options"] {
            self = .options
            return
        }
        guard isHelpCommand || words.contains(where: { ["-h", "--help"].contains($0) }) else { return nil }
        var (path, command): ([String], CommandDescription) = ([], program)
        for word in words {
            guard let next = command.commands.first(where: { $0.commandName == word }) else { break }
            path.append(word)
            command = next
        }
        if isHelpCommand, let wrong = words.filter({ !$0.hasPrefix("-") }).dropFirst(path.count).first {
            throw NearestWord.unknownCommand(wrong, of: command)
        }
        self = .command(path)
    }

    /// What is shown.
    func text(of program: CommandDescription) -> String {
        switch self {
        case .options: HelpPage.options(of: program)
        case .command(let path): HelpPage(command: program.command(at: path[...]) ?? program, examples: Example.all(of: path)).text
        }
    }
}
