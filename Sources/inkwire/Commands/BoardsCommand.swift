import ArgumentParser
import Foundation
import InkAutomation
import InkFrontEnd
import InkPrimitives
import InkStore

/// `inkwire boards`: what is saved on this machine, and what can be done with it.
struct BoardsCommand: ParsableCommand, TakesOptions, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "boards", abstract: "List the boards that are saved on this machine; rename, delete, back up, restore them.")

    static let examples = [
        Example("inkwire boards", "list them"),
        Example("inkwire boards --rename sketch plan", "another name on this machine"),
        Example("inkwire boards --export ~/backup", "copy all into a backup"),
        Example("inkwire boards --restore ~/backup", "get back what is in one and not here"),
    ]

    @Argument(help: ArgumentHelp("The new name with --rename, the boards to copy with --export.", valueName: "name"), completion: .boards)
    var names: [String] = []

    @Option(
        name: .customLong("rename"), help: ArgumentHelp("The board that gets another name on this machine.", valueName: "board"),
        completion: .boards)
    var renamed: String?

    @Option(
        name: .customLong("delete"),
        help: ArgumentHelp("Remove a board from this machine; others who have it keep it.", valueName: "board"), completion: .boards)
    var deleted: String?

    @Flag(name: .customLong("yes"), help: "Do not ask before deleting.")
    var isSure = false

    @Option(
        name: .customLong("export"),
        help: ArgumentHelp("Copy boards into this directory, beside what is there. Whoever has it may enter them.", valueName: "dir"),
        completion: .directory)
    var exportPlace: String?

    @Option(
        name: .customLong("restore"),
        help: ArgumentHelp("Bring back what is in this directory and not here. Nothing that is here is replaced.", valueName: "dir"),
        completion: .directory)
    var restorePlace: String?

    @Option(
        name: .customLong("move-aside"),
        help: ArgumentHelp("Take a board out of the list without deleting anything, for example one that is damaged.", valueName: "board"),
        completion: .boards)
    var movedAside: String?

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

    // CL-36
    mutating func run() throws {
        let wishes = [renamed, deleted, exportPlace, restorePlace, movedAside].compactMap { $0 }
        guard wishes.count <= 1 else {
            throw Failure.usage(
                "the command line cannot be understood",
                why: "only one of --rename, --delete, --export, --restore, --move-aside goes at a time",
                next: "give them one after the other")
        }
        guard exportPlace?.isEmpty != true, restorePlace?.isEmpty != true else {
            throw Failure.usage("there is no place for a backup", why: "the name of the directory is empty", next: "name a directory")
        }
        let catalog = options.catalog
        if let renamed { return try rename(renamed, in: catalog) }
        if let exportPlace { return try export(to: exportPlace, from: catalog) }
        guard names.isEmpty else {
            throw Failure.usage(
                "it is not clear what to do with “\(names[0])”", why: "only --rename and --export take names behind them",
                next: "`inkwire boards` lists all; `inkwire help boards` shows what can be done")
        }
        if let deleted { return try delete(deleted, in: catalog) }
        if let restorePlace { return try restore(from: restorePlace, to: catalog) }
        if let movedAside {
            let place = try catalog.moveAside(try catalog.entry(movedAside))
            return options.notices.say("the board is now in \(place)")
        }
        try list(catalog)
    }

    // MARK: The list

    private func list(_ catalog: BoardCatalog) throws {
        let entries = try catalog.entries()
        let now = wallMilliseconds()
        let text = options.isJSON ? json(entries) : entries.map { Self.line(of: $0, now: now) }.joined()
        try StandardStream.output.deliver(Array(text.utf8))
        if entries.isEmpty, !options.isJSON { options.notices.say("no boards yet; `inkwire new` makes one") }
    }

    private func json(_ entries: [BoardCatalog.Entry]) -> String {
        let boards = entries.map { entry in
            var object: JSONObject = [
                "name": .string(entry.name), "board": .string(entry.board.hex), "profile": .integer(Int64(entry.profile)),
                "open": .bool(entry.isOpen),
            ]
            switch entry.content {
            case .success(let content):
                object["transactions"] = .integer(Int64(content.transactionCount))
                object["changed_ms"] = .integer(Int64(clamping: content.changed))
                object["bytes"] = .integer(Int64(content.byteCount))
                object["unsent"] = content.unsent.map { .integer(Int64($0)) } ?? .null
            case .failure(let error): object["error"] = .object(["code": .string(error.code), "message": .string(error.description)])
            }
            return JSONValue.object(object)
        }
        return JSONValue.object(["schema": 1, "boards": .array(boards)]).text + "\n"
    }

    static func line(of entry: BoardCatalog.Entry, now: UInt64) -> String {
        var columns = [BoardName.shown(entry.name, of: entry.board), "\(entry.board)"]
        switch entry.content {
        case .success(let content):
            columns += [
                Sentence.count(content.transactionCount, "transaction"), "changed \(Age.text(of: content.changed, now: now))",
                size(content.byteCount),
                content.unsent.map { "\($0) unsent" } ?? "unsent unknown",
            ]
        case .failure(let error): columns.append(Failure.plain(error.why))
        }
        if entry.profile > 1 { columns.append("profile \(entry.profile)") }
        if entry.isOpen { columns.append("open") }
        return columns.joined(separator: "\t") + "\n"
    }

    private static func size(_ bytes: Int) -> String {
        bytes < 10 << 20 ? "\((bytes + 1023) / 1024) KiB" : "\((bytes + (1 << 20) - 1) >> 20) MiB"
    }

    // MARK: One board

    private func rename(_ text: String, in catalog: BoardCatalog) throws {
        guard names.count == 1 else {
            throw Failure.usage(
                "“\(text)” cannot be renamed", why: names.isEmpty ? "no new name was given" : "more than one new name was given",
                next: "`inkwire boards --rename BOARD NAME`, with quotes around a name that has spaces")
        }
        if let complaint = BoardName.complaint(about: names[0]) {
            throw Failure.usage("the board cannot be called “\(names[0])”", why: complaint, next: "give another name")
        }
        let entry = try catalog.entry(text)
        guard try catalog.uniqueName(names[0], besides: (entry.board, entry.profile), looks: BoardName.look) == names[0] else {
            throw Failure.usage(
                "the board cannot be called “\(names[0])”", why: "another board of this machine is called so, or looks so in lists",
                next: "give another name")
        }
        try catalog.rename(entry, to: names[0])
        options.notices.say("“\(entry.name)” is now called “\(names[0])” on this machine; what others call it stays")
    }

    private func delete(_ text: String, in catalog: BoardCatalog) throws {
        let entry = try catalog.entry(text)
        guard !entry.isOpen else { throw StoreError.locked(path: entry.directory) }
        if !isSure { try ask(entry) }
        try catalog.delete(entry)
        options.notices.say("“\(entry.name)” is deleted from this machine")
    }

    /// Returns if the person says yes (CL-306).
    private func ask(_ entry: BoardCatalog.Entry) throws {
        guard isatty(0) == 1, !options.isInputForbidden else {
            throw Failure.usage(
                "“\(entry.name)” was not deleted", why: "there is no terminal to ask on; \(Self.consequence(of: entry))",
                next: "add --yes if it shall go")
        }
        Notices.tell("\(Failure.plain(Self.consequence(of: entry)))\nDelete “\(Failure.plain(entry.name))” from this machine? [y/N] ")
        let answer = (StandardInput.readLine(limit: 64) ?? "").lowercased()
        guard ["y", "yes"].contains(answer.filter { !$0.isWhitespace }) else {
            throw Failure.usage("“\(entry.name)” was not deleted", why: "you did not say yes", next: "nothing has changed")
        }
    }

    /// What it means for this person and for the others that a board is deleted here (CL-306).
    static func consequence(of entry: BoardCatalog.Entry) -> String {
        let lost: String =
            switch entry.content {
            case .success(let content):
                switch content.unsent {
                case nil: "how much of it nobody else has is not known"
                case 0: "everything of yours in it is known to be with somebody else"
                case 1: "one change of yours that nobody else is known to have is lost"
                case let unsent?: "\(unsent) changes of yours that nobody else is known to have are lost"
                }
            case .failure: "it cannot be read, and how much of it nobody else has is not known"
            }
        return "others who have the board keep it, and are not told; to come back you need a new link from one of them; \(lost)"
    }

    // MARK: Backups

    private func export(to place: String, from catalog: BoardCatalog) throws {
        guard !Self.isSame(place, catalog.dataDirectory) else {
            throw Failure.usage(
                "\(place) is no place for a backup", why: "it is the data directory itself", next: "name another directory")
        }
        let entries = names.isEmpty ? try catalog.entries() : try names.map { try catalog.entry($0) }
        guard !entries.isEmpty else {
            throw Failure(
                .notFound, code: "not_found", what: "there is no board to export", why: "none is saved in the data directory",
                next: "`inkwire new` makes one")
        }
        let outcomes = try Backup(place: place).add(entries)
        if outcomes.contains(where: { (try? $0.result.get()) != nil }) {
            options.notices.say("whoever has \(place) may enter these boards; it holds no key of yours")
        }
        try report(outcomes, to: "exported")
    }

    private func restore(from place: String, to catalog: BoardCatalog) throws {
        guard !Self.isSame(place, catalog.dataDirectory) else {
            throw Failure.usage("there is nothing to restore", why: "\(place) is the data directory itself", next: "name a backup")
        }
        let outcomes: [Backup.Outcome]
        do {
            outcomes = try Backup(place: place).restore(to: catalog)
        } catch {
            guard case .missing = error else { throw error }
            throw Failure(
                .notFound, code: "not_found", what: "there is no backup in \(place)", why: "no board is saved there",
                next: "name the directory that was given to `inkwire boards --export`")
        }
        let isNew = outcomes.contains { (try? $0.result.get())?.isNew == true }
        if isNew {
            options.notices.say("a board that was not here is yours under a new key: what you drew on it before counts as another's")
        }
        try report(outcomes, to: "restored")
    }

    /// - Throws: `Failure` when one could not be copied (CL-351).
    private func report(_ outcomes: [Backup.Outcome], to done: String) throws {
        let text: String
        if options.isJSON {
            text = JSONValue.object(["schema": 1, "boards": .array(outcomes.map { .object(Self.object(of: $0)) })]).text + "\n"
        } else {
            text = outcomes.map { "\(Failure.plain($0.name))\t\($0.board)\t\(Self.words(for: $0, done))\n" }.joined()
        }
        try StandardStream.output.deliver(Array(text.utf8))
        let errors = outcomes.compactMap { outcome in
            if case .failure(let error) = outcome.result { (outcome, error) } else { nil }
        }
        guard let (outcome, error) = errors.first else { return }
        var failure = Failure(error)
        failure.what =
            "\(errors.count) of \(Sentence.count(outcomes.count, "board")) could not be \(done), the first of them “\(outcome.name)”"
        failure.why = "\(error.what): \(error.why)"
        throw failure
    }

    private static func words(for outcome: Backup.Outcome, _ done: String) -> String {
        switch outcome.result {
        case .success(let copied):
            let refused = copied.refusedCount > 0 ? ", \(copied.refusedCount) left out that break the rules" : ""
            if copied.isNew { return "\(Sentence.count(copied.transactionCount, "transaction")) \(done)\(refused)" }
            return "\(copied.addedCount) of \(Sentence.count(copied.transactionCount, "transaction")) \(done), the rest was there\(refused)"
        case .failure(let error): return "not \(done): \(Failure.plain(error.why))"
        }
    }

    private static func object(of outcome: Backup.Outcome) -> JSONObject {
        var object: JSONObject = ["name": .string(outcome.name), "board": .string(outcome.board.hex)]
        switch outcome.result {
        case .success(let copied):
            object["transactions"] = .integer(Int64(copied.transactionCount))
            object["added"] = .integer(Int64(copied.addedCount))
            object["new"] = .bool(copied.isNew)
            object["refused"] = .integer(Int64(copied.refusedCount))
        case .failure(let error): object["error"] = .object(["code": .string(error.code), "message": .string(error.description)])
        }
        return object
    }

    private static func isSame(_ path: String, _ other: String) -> Bool {
        Files.resolved(path) == Files.resolved(other)
    }
}
