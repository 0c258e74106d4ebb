import ArgumentParser
import Foundation
import InkAutomation
import InkBoard
import InkFormats
import InkFrontEnd

/// `inkwire import`: adds the shapes of a file to a board.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Add the shapes of a file to a board, and end when every present peer has them.",
        discussion: "All of the file is read before anything is drawn, and what it adds is one step of undo.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        /// As `export --format json` writes it.
        case json
        case excalidraw
        /// A drawing of text: boxes, lines and words.
        case txt
        /// A flowchart of Mermaid, or a text of Markdown that is one block of it.
        case mermaid
    }

    @Argument(help: "The board's name, or digits with which its id begins.")
    var board: String

    @Argument(help: "The file to read; - is stdin.")
    var file: String

    @Option(
        name: .customLong("format"),
        help: ArgumentHelp(
            "Without it, the ending of the file decides.", valueName: Format.allCases.map(\.rawValue).joined(separator: "|")))
    var givenFormat: Format?

    @OptionGroup var options: GlobalOptions

    mutating func run() throws {
        try options.check()
        let drawing = try drawing()
        let access = try BoardAccess.open(board, catalog: options.catalog)
        try apply([.add(drawing)], to: access, options: options) { [file] _ in "\(file) could not be added" }
        options.notices.say("\(Sentence.count(drawing.items.count, "shape")) added from \(file)")
        for loss in drawing.losses { options.notices.say(loss.words) }
    }

    private func drawing() throws -> Drawing {
        let format = try format()
        let bytes = try InputFile.read(file)
        do throws(DrawingError) {
            switch format {
            case .json: return try BoardJSON.drawing(reading: bytes)
            case .excalidraw: return try ExcalidrawReader(bytes).drawing
            case .mermaid: return try FlowchartDrawing(bytes).drawing
            case .txt: return try TextDiagram(String(decoding: bytes, as: UTF8.self)).drawing
            }
        } catch {
            throw Failure.usage("cannot read \(file)", why: "\(error)", next: "nothing was drawn; correct the file and try again")
        }
    }

    private func format() throws -> Format {
        if let givenFormat { return givenFormat }
        let ending = (file as NSString).pathExtension.lowercased()
        if let format = Format(rawValue: ending) { return format }
        if ["mmd", "md", "markdown"].contains(ending) { return .mermaid }
        throw Failure.usage(
            "the format of \(file) is not known", why: "its ending is none of \(Format.allCases.map(\.rawValue).joined(separator: ", "))",
            next: "name the format with --format")
    }
}

extension Drawing.Loss {
    /// For who asked for the file.
    var words: String { "\(count) \(what) \(became.map { "became \($0)" } ?? "left out")" }
}
