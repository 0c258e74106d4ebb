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
        subcommands: [Get.self, Set.self, Unset.self, Bindings.self, Edit.self, Place.self], defaultSubcommand: Get.self)

    static let examples = [
        Example("inkwire config get --show-origin", "all, and who said it"),
        Example("inkwire config set rendezvous wss://ink.example.org", "for all new boards"),
        Example("inkwire config unset rendezvous", "back to what is usual"),
        Example("inkwire config set keys.undo u Ctrl+Z", "other keys for undo"),
        Example("inkwire config edit", "by your own editor"),
    ]

    struct Get: ParsableCommand, TakesOptions {
        static let configuration = CommandConfiguration(commandName: "get", abstract: "Show what holds, of one key or of all.")

        @Argument(help: ArgumentHelp("The key; without it, all.", valueName: "key"), completion: .list(ConfigName.all))
        var key: String?

        @Flag(name: .customLong("show-origin"), help: "And who says so: flag, environment, file with its line, or default.")
        var showsOrigin = false

        @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

        mutating func run() throws {
            let name = try key.map { try ConfigName(named: $0) }
            if let command = name.flatMap({ KeyBinding.command(of: $0.name) }) {
                return try Bindings.show([command], showsOrigin: showsOrigin, options)
            }
            if let place = name.flatMap({ TokenSetting.place(of: $0.name) }) {
                return try Self.show(options.config.tokens.filter { $0.place == place }, isOne: true, showsOrigin: showsOrigin, options)
            }
            let settings = (name?.key.map { [$0] } ?? ConfigKey.allCases).map { options.setting($0) }
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
            if key == nil, !options.isJSON { try Self.show(options.config.tokens, isOne: false, showsOrigin: showsOrigin, options) }
        }

        /// Files with tokens; nothing of what stands in them.
        private static func show(_ tokens: [TokenSetting], isOne: Bool, showsOrigin: Bool, _ options: GlobalOptions) throws {
            let list = tokens.map { token in
                let origin = Setting.Origin.file(path: options.config.path, line: token.line).words
                let (name, file) = (TokenSetting.table + token.place, Failure.plain(token.file))
                if options.isJSON {
                    let value: JSONObject = ["key": .string(name), "values": .array([.string(token.file)]), "origin": .string(origin)]
                    return JSONValue.object(["schema": 1, "config": .array([.object(value)])]).text + "\n"
                }
                return (showsOrigin ? origin + "\t" : "") + (isOne ? file : "\(name) = \(TOMLText.literal(token.file))") + "\n"
            }
            try StandardStream.output.deliver(Array(list.joined().utf8))
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Write a key into the configuration; all else in it stays as it is.")

        @Argument(help: ArgumentHelp("The key.", valueName: "key"), completion: .list(ConfigName.all))
        var key: String

        @Argument(help: ArgumentHelp("The value; of rendezvous, one or more.", valueName: "value"))
        var values: [String]

        @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

        mutating func run() throws {
            let name = try ConfigName(named: key)
            if let why = name.complaint(of: values) {
                throw Failure.usage(
                    "\(name.name) cannot be set so", why: Failure.plain(why),
                    next: "for example `inkwire config set \(name.name) \(name.example)`")
            }
            let literal = Setting.literal(of: values, as: name.form)
            try ConfigCommand.change(options) { edit throws(TOMLText.Fault) in try edit.set(name.name, to: literal) }
        }
    }

    struct Unset: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "unset", abstract: "Take a key out of the configuration.")

        @Argument(help: ArgumentHelp("The key.", valueName: "key"), completion: .list(ConfigName.all))
        var key: String

        @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

        mutating func run() throws {
            let name = try ConfigName(named: key).name
            try ConfigCommand.change(options) { edit throws(TOMLText.Fault) in _ = try edit.unset(name) }
        }
    }

    struct Bindings: ParsableCommand, TakesOptions {
        static let configuration = CommandConfiguration(
            commandName: "bindings", abstract: "Show which keys give which command of a board, and what is wrong with your own.")

        @Flag(name: .customLong("show-origin"), help: "And who says so: the file with its line, or default.")
        var showsOrigin = false

        @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

        mutating func run() throws { try Self.show(nil, showsOrigin: showsOrigin, options) }

        /// - Parameter commands: nil for all.
        static func show(_ commands: [String]?, showsOrigin: Bool, _ options: GlobalOptions) throws {
            let bindings = options.config.bindings
            let rows = KeyBinding.map(of: bindings).rows.filter { commands?.contains($0.command) ?? true }
            func origin(_ command: String) -> String {
                let line = bindings.first { $0.command == command }?.line
                return (line.map { Setting.Origin.file(path: options.config.path, line: $0) } ?? .usual).words
            }
            let text: String
            if options.isJSON {
                let list = rows.map { row in
                    JSONValue.object([
                        "command": .string(row.command), "keys": .array(row.keys.map { .string($0) }), "does": .string(row.words),
                        "origin": .string(origin(row.command)),
                    ])
                }
                text = JSONValue.object(["schema": 1, "bindings": .array(list)]).text + "\n"
            } else {
                func padded(_ text: String, _ columns: Int) -> String { text + String(repeating: " ", count: max(1, columns - text.count)) }
                text = rows.map { row in
                    (showsOrigin ? origin(row.command) + "\t" : "") + padded(row.command, 16)
                        + padded(row.keys.isEmpty ? ":" + row.command : row.keys.joined(separator: " "), 18) + row.words + "\n"
                }.joined()
            }
            try StandardStream.output.deliver(Array(text.utf8))
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
        do {
            try Files.makeDirectory((path as NSString).deletingLastPathComponent)
            // What is there keeps its mode, and a link to it stays one.
            if Files.exists(path) {
                try OutputFile.write(Array(text.utf8), to: path)
            } else {
                try Files.replace(path, bytes: Array(text.utf8))
            }
        } catch {
            var failure = (error as? StoreError).map { Failure($0) } ?? error as? Failure ?? .bug(error)
            // The data directory is not meant, nor stdout.
            failure.next = "nothing has changed; mend that, or name another file with --config"
            throw failure
        }
    }
}
