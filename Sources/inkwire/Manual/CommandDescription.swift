import ArgumentParser
import Foundation

/// What the command line can do, as it tells itself: help, the manual and completions are written from this alone (CL-232).
struct CommandDescription: Decodable {
    /// One option, flag, or value that is no option.
    struct Argument: Decodable {
        enum Kind: String, Decodable { case positional, option, flag }

        struct Name: Decodable {
            enum Kind: String, Decodable { case long, short, longWithSingleDash }

            let kind: Kind
            let name: String

            /// As it is typed.
            var typed: String { kind == .long ? "--\(name)" : "-\(name)" }
        }

        let kind: Kind
        let shouldDisplay: Bool
        /// Of the group that it belongs to; nil for the command's own.
        let sectionTitle: String?
        let isOptional: Bool
        let isRepeating: Bool
        let names: [Name]?
        let valueName: String
        /// The words that it takes; nil for any.
        let allValues: [String]?
        let abstract: String?

        /// Its names, the short one first, and what it takes: `-o, --output <file>`.
        var term: String {
            let value = kind == .flag ? "" : "<\(valueName)>"
            guard kind != .positional, let names else { return value }
            let typed = names.sorted { ($0.kind == .short ? 0 : 1) < ($1.kind == .short ? 0 : 1) }.map(\.typed).joined(separator: ", ")
            return value.isEmpty ? typed : "\(typed) \(value)"
        }

        /// As the synopsis has it.
        var usage: String {
            let typed = names?.first { $0.kind == .long }?.typed ?? names?.first?.typed
            let whole = [kind == .positional ? nil : typed, kind == .flag ? nil : "<\(valueName)>"].compactMap(\.self).joined(
                separator: " ")
            return (isOptional ? "[\(whole)]" : whole) + (isRepeating ? " ..." : "")
        }

        /// What it is, whole, and the words that it takes.
        var text: String {
            guard let allValues, !allValues.isEmpty else { return abstract ?? "" }
            return "\(abstract ?? "") One of \(allValues.joined(separator: ", "))."
        }
    }

    let commandName: String
    let abstract: String?
    let discussion: String?
    let shouldDisplay: Bool
    /// Those above it, the outermost first.
    let superCommands: [String]?
    let subcommands: [CommandDescription]?
    let arguments: [Argument]?

    /// As it is typed: `inkwire identity export`.
    var path: String { ((superCommands ?? []) + [commandName]).joined(separator: " ") }

    /// Its commands, but for the one that shows help.
    var commands: [CommandDescription] { (subcommands ?? []).filter { $0.commandName != "help" } }

    /// Its own options and values, in the order in which they are declared.
    var own: [Argument] { shown.filter { $0.sectionTitle == nil } }

    /// Those that it shares with others, by the title of their group.
    func shared(_ title: String) -> [Argument] { shown.filter { $0.sectionTitle == title } }

    /// All that is not hidden, but for `--help` and `--version`, which every command has.
    private var shown: [Argument] {
        (arguments ?? []).filter { argument in
            argument.shouldDisplay && !(argument.names ?? []).contains { ["help", "version"].contains($0.name) }
        }
    }

    /// The command at these words below this one; nil for none.
    func command(at words: ArraySlice<String>) -> CommandDescription? {
        guard let first = words.first else { return self }
        return commands.first { $0.commandName == first }?.command(at: words.dropFirst())
    }

    /// The whole command line.
    static var program: CommandDescription {
        get throws {
            struct Tool: Decodable { let command: CommandDescription }
            return try JSONDecoder().decode(Tool.self, from: Data(Inkwire._dumpHelp().utf8)).command
        }
    }
}
