import ArgumentParser
import Foundation
import InkAutomation
import InkBoard
import InkFormats
import InkFrontEnd
import InkStore

/// `inkwire export`: the board as a file, without opening it.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "export", abstract: "Write a saved board as text or JSON.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        /// Braille and box drawing.
        case txt
        /// Only bytes below 0x80.
        case ascii
        /// The shapes as the JSON-lines contract writes them, and the fingerprint.
        case json
    }

    @Argument(help: "The board's name, or digits with which its id begins.")
    var board: String

    @Option(name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("The file to write; - is stdout.", valueName: "file"))
    var output: String

    @Option(name: .customLong("format"), help: ArgumentHelp("Without it, the ending of the file decides.", valueName: "txt|ascii|json"))
    var givenFormat: Format?

    @OptionGroup var options: GlobalOptions

    mutating func run() throws {
        let content = try BoardStore.peek(at: try options.catalog.entry(board).directory)
        guard let replica = try content.replica() else {
            throw Failure(
                .notFound, code: "empty", what: "there is nothing to export", why: "the board was joined but has not arrived yet",
                next: "`inkwire open` it while somebody is there who has it")
        }
        if replica.refused > 0 {
            options.notices.say(
                "\(Sentence.count(replica.refused, "saved change")) left out: what does not follow the rules is not exported")
        }
        let bytes = Array(try text(of: replica.board).utf8)
        if output == "-" {
            try StandardStream.output.deliver(bytes)
        } else {
            try OutputFile.write(bytes, to: output)
            options.notices.say("\(Sentence.count(replica.board.shapes.count, "shape")) written to \(output)")
        }
    }

    private func text(of board: Board) throws -> String {
        switch try format() {
        case .txt: return drawing(of: board, .unicode)
        case .ascii: return drawing(of: board, .ascii)
        case .json: return BoardJSON.text(of: board)
        }
    }

    private func drawing(of board: Board, _ style: GlyphStyle) -> String {
        let export = TextExport(of: board.drawnShapes.map(\.content), style: style)
        if export.isCut { options.notices.say("only a part is written: \(export.cutWords); --format json holds all of it") }
        return export.text
    }

    private func format() throws -> Format {
        if let givenFormat { return givenFormat }
        if let format = Format(rawValue: (output as NSString).pathExtension) { return format }
        if output == "-" { return .txt }
        throw Failure.usage(
            "the format of \(output) is not known", why: "its ending is none of txt, ascii, json", next: "name the format with --format")
    }
}
