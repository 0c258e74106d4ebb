import ArgumentParser
import Foundation
import InkAutomation
import InkBoard
import InkFormats
import InkFrontEnd

/// `inkwire import`: adds the shapes of a file to a board, or makes the board what its text says (CL-66).
struct ImportCommand: ParsableCommand, TakesOptions, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Add the shapes of a file to a board; end when every present peer has them.",
        discussion: """
            All of the file is read before anything is drawn, and what it adds is one step of undo. \
            A file of the format board says all that stands: shapes that differ are changed, and shapes that are not in it are deleted.
            """)

    static let examples = [
        Example("inkwire import sketch flow.mmd", "a flowchart of Mermaid, laid out"),
        Example("inkwire import sketch - --format txt", "a drawing of text, from stdin"),
    ]

    enum Format: String, ExpressibleByArgument, CaseIterable {
        /// As `export --format json` writes it.
        case json
        case excalidraw
        /// A drawing of text: boxes, lines and words.
        case txt
        /// A flowchart of Mermaid.
        case mermaid
        /// A text of Markdown, of which one block of code is a flowchart of Mermaid or a drawing of text (CL-132).
        case md
        /// All that stands on a board, a line a shape (CL-86).
        case board
    }

    @Argument(help: "The board's name, or digits with which its id begins.", completion: .boards)
    var board: String

    @Argument(help: "The file to read; - is stdin.", completion: .file())
    var file: String

    @Option(
        name: .customLong("format"),
        help: ArgumentHelp(
            "Without it, the ending of the file decides.", valueName: "format"))
    var givenFormat: Format?

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

    mutating func run() throws {
        try options.check()
        let format = try givenFormat ?? Self.format(of: file)
        let drawing = try Self.drawing(of: file, as: format)
        let access = try BoardAccess.open(board, catalog: options.catalog)
        if format == .board {
            let results = try apply([.become(drawing)], to: access, options: options) { [file] _ in
                "the board was not made what \(InputFile.name(file)) says"
            }
            options.notices.say(results.becoming?.words(of: InputFile.name(file)) ?? "\(InputFile.name(file)) was not looked at")
        } else {
            try apply([.add(drawing)], to: access, options: options) { [file] _ in "\(InputFile.name(file)) could not be added" }
            options.notices.say("\(Sentence.count(drawing.items.count, "shape")) added from \(InputFile.name(file))")
        }
        for loss in drawing.losses { options.notices.say(loss.words) }
    }

    /// - Throws: `Failure` for a file that cannot be read, or does not hold what it should (CL-314).
    static func drawing(of file: String, as format: Format) throws -> Drawing {
        let bytes = try InputFile.text(file)
        do throws(DrawingError) {
            let drawing = try drawing(reading: bytes, as: format)
            // Of a board all may have been taken away.
            guard [.board, .json, .excalidraw].contains(format) || !drawing.items.isEmpty else { throw DrawingError("no shape is in it") }
            return try drawing.checked()
        } catch {
            let (what, why) = ("cannot read \(InputFile.name(file))", "\(error)")
            // CL-349
            guard !error.isOfNewerVersion else {
                throw Failure(.version, code: "newer_file", what: what, why: why, next: "nothing was drawn; update inkwire and try again")
            }
            throw Failure.usage(what, why: why, next: "nothing was drawn; correct the file and try again")
        }
    }

    private static func drawing(reading bytes: [UInt8], as format: Format) throws(DrawingError) -> Drawing {
        switch format {
        case .json: return try BoardJSON.drawing(reading: bytes)
        case .excalidraw: return try ExcalidrawReader(bytes).drawing
        case .mermaid: return try FlowchartDrawing(bytes).drawing
        case .board: return try BoardText.drawing(reading: bytes)
        case .txt: return try TextDiagram(bytes: bytes).drawing
        case .md:
            let block = try MarkdownBlocks(bytes).only()
            do throws(DrawingError) {
                return try drawing(reading: Array(block.bytes), as: block.name == "mermaid" ? .mermaid : .txt)
            } catch {
                // Of the file, not of the block.
                var error = error
                error.line = error.line.map { $0 + block.line - 1 }
                throw error
            }
        }
    }

    /// - Throws: `Failure` where the ending of a file tells nothing.
    static func format(of file: String) throws -> Format {
        let ending = (file as NSString).pathExtension.lowercased()
        if let format = Format(rawValue: ending) { return format }
        if let format = otherEndings[ending] { return format }
        let endings = Format.allCases.map(\.rawValue) + otherEndings.keys.sorted()
        throw Failure.usage(
            "the format of \(file) is not known", why: "its ending is none of \(endings.joined(separator: ", "))",
            next: "name the format with --format")
    }

    private static let otherEndings: [String: Format] = ["mmd": .mermaid, "markdown": .md]
}

extension ImportCommand.Format {
    /// True where shapes have places of their own on a board.
    var isPlaced: Bool { ![.txt, .mermaid, .md].contains(self) }
}

extension Drawing.Loss {
    /// For who asked for the file (CL-66).
    var words: String { "\(what) (\(count)) \(became.map { "became \($0)" } ?? "left out")" }
}
