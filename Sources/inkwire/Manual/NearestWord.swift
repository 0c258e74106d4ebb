import InkFrontEnd

extension NearestWord {
    /// What is told of a word in the place of a command.
    static func unknownCommand(_ typed: String, of program: CommandDescription) -> Failure {
        let meant = nearest(to: typed, among: program.commands.map(\.commandName))
        return .usage(
            "there is no command “\(Failure.plain(typed))”",
            why: meant.map { "did you mean `\(program.path) \($0)`?" } ?? "nothing is called so, nor much like it",
            next: "`inkwire help` shows all commands")
    }
}
