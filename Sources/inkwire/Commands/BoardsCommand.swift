import ArgumentParser
import InkAutomation
import InkStore

/// `inkwire boards`: what is saved on this machine.
struct BoardsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "boards", abstract: "List the boards that are saved on this machine.")

    @OptionGroup var options: GlobalOptions

    @Option(
        name: .customLong("move-aside"),
        help: ArgumentHelp("Take a board out of the list without deleting anything, for example one that is damaged.", valueName: "board"))
    var movedAside: String?

    mutating func run() throws {
        let catalog = options.catalog
        if let movedAside {
            let place = try catalog.moveAside(try catalog.find(movedAside))
            options.notices.say("the board is now in \(place)")
            return
        }
        let entries = try catalog.entries()
        try StandardStream.output.deliver(Array((options.isJSON ? json(entries) : table(entries)).utf8))
        if entries.isEmpty, !options.isJSON { options.notices.say("no boards yet; `inkwire new` makes one") }
    }

    private func json(_ entries: [BoardCatalog.Entry]) -> String {
        let boards = entries.map { entry in
            var object: JSONObject = [
                "name": .string(entry.name), "board": .string(entry.board.hex), "profile": .integer(Int64(entry.profile)),
                "open": .bool(entry.isOpen),
            ]
            switch entry.content {
            case .success(let content): object["transactions"] = .integer(Int64(content.transactionCount))
            case .failure(let error): object["error"] = .object(["code": .string(error.code), "message": .string(error.description)])
            }
            return JSONValue.object(object)
        }
        return JSONValue.object(["schema": 1, "boards": .array(boards)]).text + "\n"
    }

    private func table(_ entries: [BoardCatalog.Entry]) -> String {
        entries.map { entry in
            var line = "\(Failure.plain(entry.name))\t\(entry.board)\t"
            switch entry.content {
            case .success(let content): line += "\(content.transactionCount) transactions"
            case .failure(let error): line += error.why
            }
            if entry.profile > 1 { line += "\tprofile \(entry.profile)" }
            if entry.isOpen { line += "\topen" }
            return line + "\n"
        }.joined()
    }
}
