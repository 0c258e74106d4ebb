import ArgumentParser
import InkAutomation
import InkPrimitives
import InkStore

/// `inkwire identity`: the keys by which others know this device.
struct IdentityCommand: ParsableCommand, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "identity", abstract: "Show the key of this device, keep a copy of it, or bring one back.",
        discussion: """
            Nobody can remove the owner who made a board, or act for them: with their keys lost, nobody gives roles to owners there any more. \
            Whoever has a copy is you: keep it where nobody else gets to, and do not draw on two machines with one key; \
            `inkwire invite BOARD --me` lets a second device in as you, with keys of its own.
            """,
        subcommands: [Show.self, Export.self, Import.self], defaultSubcommand: Show.self)

    static let examples = [
        Example("inkwire identity", "show who this device is"),
        Example("inkwire identity export FILE", "keep a copy of its keys"),
        Example("inkwire identity import FILE", "be who a copy is of, on this machine"),
    ]

    /// What is said once, when the first board was made.
    static let offer =
        "this device has a key now, and the boards that you make are that key's: nobody can act for it once it is lost. Keep a copy: `inkwire identity export FILE`"

    struct Show: ParsableCommand, TakesOptions {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "Show the key of this device and where it is kept.")

        @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

        mutating func run() throws {
            let catalog = options.catalog
            guard let device = try catalog.device() else {
                throw Failure(
                    .notFound, code: "no_identity", what: "this device has no key yet", why: "nothing was made or joined on it",
                    next: "`inkwire new` and `inkwire join` make one; `inkwire identity import FILE` takes one from a copy")
            }
            try IdentityCommand.tell(device, at: catalog.identityPath, options)
        }
    }

    struct Export: ParsableCommand, TakesOptions {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: "Keep a copy of this device's keys in a new file that only you may read.")

        @Argument(help: "The file to make; one that is there is not replaced.")
        var file: String

        @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

        mutating func run() throws {
            let catalog = options.catalog
            try IdentityCommand.check(file)
            let device: AuthorID
            do throws(StoreError) {
                device = try catalog.copyIdentity(to: file)
            } catch {
                // What is about the keys themselves is told as it is.
                guard error.what.hasSuffix(" \(file)") else { throw error }
                throw Failure(
                    .local, code: "cannot_write", what: "no copy was made", why: "\(file): \(error.why)",
                    next: "name another file, or move that one away")
            }
            options.notices.say("a copy of this device's keys is in \(file): whoever has it is you")
            try IdentityCommand.tell(device, at: file, options)
        }
    }

    struct Import: ParsableCommand, TakesOptions {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Be who a copy is of, on this machine; where other keys are here, they are put aside with --replace.")

        @Argument(help: "The file that `inkwire identity export` made.")
        var file: String

        @Flag(name: .customLong("replace"), help: "Put the keys that are here aside; nothing is deleted.")
        var replaces = false

        @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

        mutating func run() throws {
            let catalog = options.catalog
            try IdentityCommand.check(file)
            let taken: (device: AuthorID, aside: String?)
            do throws(StoreError) {
                taken = try catalog.takeIdentity(from: file, replaces: replaces)
            } catch {
                guard case .failed(let path, let detail) = error, path == catalog.identityPath, !replaces else { throw error }
                throw Failure(
                    .local, code: "identity_exists", what: "the keys in \(file) were not taken", why: detail,
                    next: "--replace puts those that are here aside: what you drew under them counts as another's from then on")
            }
            if let aside = taken.aside { options.notices.say("the keys that were here are now in \(aside)") }
            options.notices.say("do not use a machine that has the same keys any more: two programs with one key are told to all as a fork")
            try IdentityCommand.tell(taken.device, at: catalog.identityPath, options)
        }
    }

    private static func check(_ file: String) throws(Failure) {
        guard !file.isEmpty else {
            throw .usage("there is no file", why: "its name is empty", next: "name a file")
        }
    }

    private static func tell(_ device: AuthorID, at path: String, _ options: GlobalOptions) throws {
        let text =
            options.isJSON
            ? JSONValue.object(["schema": 1, "device": .string(device.hex), "path": .string(path)]).text + "\n"
            : "\(device.hex)\t\(Failure.plain(path))\n"
        try StandardStream.output.deliver(Array(text.utf8))
    }
}
