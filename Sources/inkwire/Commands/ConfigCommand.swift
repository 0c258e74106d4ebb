import ArgumentParser
import Foundation
import InkPrimitives
import InkStore

/// `inkwire config`: what is said once for all boards.
struct ConfigCommand: ParsableCommand, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show and change what is said once for all boards.",
        discussion: """
            A flag goes before the environment, the environment before the configuration, that before what is usual. A file that is broken is told of with line and \
            column; what is usual holds then, and the file is left as it is.
            """,
        subcommands: [Get.self, Set.self, Unset.self, Edit.self, Place.self], defaultSubcommand: Get.self)

    static let examples = [
        Example("inkwire config get --show-origin", "all, and who said it"),
        Example("inkwire config set rendezvous wss://ink.example.org", "for all new boards"),
        Example("inkwire config unset rendezvous", "back to what is usual"),
        Example("inkwire config edit", "by your own editor"),
    ]

    struct Get: ParsableCommand, TakesOptions {
        static let configuration = CommandConfiguration(commandName: "get", abstract: "Show what holds, of one key or of all.")

        @Argument(help: ArgumentHelp("The key; without it, all.", valueName: "key"), completion: .list(ConfigKey.allCases.map(\.rawValue)))
        var key: ConfigKeyArgument?

        @Flag(name: .customLong("show-origin"), help: "And who says so: flag, environment, file with its line, or default.")
        var showsOrigin = false

        @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

        mutating func run() throws {
            let settings = (key.map { [$0.key] } ?? ConfigKey.allCases).map { options.setting($0) }
            let text: String
            if options.isJSON {
                let list = settings.map { setting in
                    JSONValue.object([
                        "key": .string(setting.key.rawValue), "values": .array(setting.values.map { .string($0) }),
                        "origin": .string(setting.origin.words),
                    ])
                }
                text = JSONValue.object(["schema": 1, "config": .array(list)]).text + "\n"
            } else {
                text = settings.map { setting in
                    let origin = showsOrigin ? setting.origin.words + "\t" : ""
                    // Of one key the value alone, as scripts want it.
                    return key == nil
                        ? "\(origin)\(setting.key.rawValue) = \(setting.literal)\n"
                        : setting.values.map { "\(origin)\(Failure.plain($0))\n" }.joined()
                }.joined()
            }
            try StandardStream.output.deliver(Array(text.utf8))
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Write a key into the configuration; all else in it stays as it is.")

        @Argument(help: ArgumentHelp("The key.", valueName: "key"), completion: .list(ConfigKey.allCases.map(\.rawValue)))
        var key: ConfigKeyArgument

        @Argument(help: ArgumentHelp("The value; of rendezvous, one or more.", valueName: "value"))
        var values: [String]

        @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

        mutating func run() throws {
            let (key, form) = (key.key, key.key.form)
            let isGood =
                switch form {
                case .text: values.count == 1
                case .texts: true
                case .flag: values == ["true"] || values == ["false"]
                case .choice(let words): values.count == 1 && words.contains(values[0])
                }
            guard isGood else {
                throw Failure.usage(
                    "\(key.rawValue) cannot be set so", why: "it takes \(form.words)",
                    next: "for example `inkwire config set \(key.rawValue) \(key.example)`")
            }
            let literal = Setting.literal(of: values, as: form)
            try ConfigCommand.change(options) { edit throws(TOMLText.Fault) in try edit.set(key, to: literal) }
        }
    }

    struct Unset: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "unset", abstract: "Take a key out of the configuration.")

        @Argument(help: ArgumentHelp("The key.", valueName: "key"), completion: .list(ConfigKey.allCases.map(\.rawValue)))
        var key: ConfigKeyArgument

        @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

        mutating func run() throws {
            let key = key.key
            try ConfigCommand.change(options) { edit throws(TOMLText.Fault) in _ = try edit.unset(key) }
        }
    }

    struct Edit: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "edit", abstract: "Open the configuration in VISUAL or EDITOR, and say what is wrong with it then.")

        @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

        mutating func run() throws {
            let path = options.config.path
            if !Files.exists(path) { try ConfigCommand.write(ConfigEdit.template, to: path) }
            let editor = GlobalOptions.environment("VISUAL") ?? GlobalOptions.environment("EDITOR") ?? "vi"
            // An editor may have options of its own, as `code --wait` has: the shell takes it apart.
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "\(editor) \"$1\"", "sh", path]
            do {
                try process.run()
            } catch {
                throw Failure(
                    .local, code: "no_editor", what: "no editor can be started", why: error.localizedDescription, next: "set EDITOR")
            }
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw Failure(
                    .local, code: "no_editor", what: "the editor “\(Failure.plain(editor))” failed",
                    why: "it ended with \(process.terminationStatus)",
                    next: "set EDITOR to one that you have; the file is \(path)")
            }
            for complaint in ConfigFile(path: path, isNamed: true).complaints { options.notices.say(complaint) }
        }
    }

    struct Place: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "path", abstract: "Show where the configuration is, or would be.")

        @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

        mutating func run() throws { try StandardStream.output.deliver(Array((options.config.path + "\n").utf8)) }
    }

    /// Changes the file as it stands now; one that is broken is left alone (CL-346).
    private static func change(
        _ options: GlobalOptions, _ change: (inout ConfigEdit) throws(TOMLText.Fault) -> Void
    ) throws {
        let path = options.config.path
        do {
            var edit = try ConfigEdit(Files.exists(path) ? try ConfigFile.text(at: path) : "")
            let before = edit.text
            try change(&edit)
            // What we write we can read.
            _ = try TOMLText(edit.text)
            if edit.text != before || !Files.exists(path) { try write(edit.text, to: path) }
        } catch let fault as TOMLText.Fault {
            throw Failure(
                .local, code: "bad_config", what: "the configuration is left as it is",
                why: "\(Failure.plain(path)):\(fault.line):\(fault.column): \(Failure.plain(fault.why))",
                next: "`inkwire config edit` opens it")
        }
    }

    private static func write(_ text: String, to path: String) throws {
        try Files.makeDirectory((path as NSString).deletingLastPathComponent)
        // What is there keeps its mode, and a link to it stays one.
        if Files.exists(path) { try OutputFile.write(Array(text.utf8), to: path) } else { try Files.replace(path, bytes: Array(text.utf8)) }
    }
}

/// A key by its name.
struct ConfigKeyArgument: ExpressibleByArgument {
    let key: ConfigKey

    init?(argument: String) {
        guard let key = ConfigKey(rawValue: argument) else { return nil }
        self.key = key
    }

    static let allValueStrings = ConfigKey.allCases.map(\.rawValue)
}

extension ConfigKey {
    /// A value as it is typed.
    var example: String {
        switch form {
        case .text: self == .name ? "ana" : "FILE"
        case .texts: "wss://HOST"
        case .flag: "true"
        case .choice(let words): words.last ?? ""
        }
    }
}
