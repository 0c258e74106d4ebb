import ArgumentParser

/// A command as somebody would type it, and what for (CL-231).
struct Example {
    let command: String
    let purpose: String

    init(_ command: String, _ purpose: String) { (self.command, self.purpose) = (command, purpose) }
}

/// A command with examples, with which its help and its page of the manual begin.
protocol Exemplified {
    static var examples: [Example] { get }
}

extension Example {
    /// Of the command at these words; none where it has none.
    static func all(of path: some Sequence<String>) -> [Example] {
        var command: any ParsableCommand.Type = Inkwire.self
        for word in path {
            guard let next = command.configuration.subcommands.first(where: { $0._commandName == word }) else { return [] }
            command = next
        }
        return (command as? any Exemplified.Type)?.examples ?? []
    }
}
