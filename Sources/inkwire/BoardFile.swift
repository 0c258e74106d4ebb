import ArgumentParser
import InkAutomation
import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkTerminal

/// A board as a file of one of many formats.
struct BoardFile {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        /// Braille and box drawing.
        case txt
        /// Only bytes below 0x80.
        case ascii
        /// As `txt`, with the colours of a terminal.
        case ansi
        /// As `txt`, in a block of code.
        case md
        case svg
        case png
        case excalidraw
        /// A flowchart of Mermaid.
        case mermaid
        /// The shapes as the JSON-lines contract writes them, and the fingerprint.
        case json
        /// A line a shape, for git (CL-85).
        case board
        /// A PNG within the escape sequences of kitty's graphics protocol.
        case kitty
        /// A picture of sixels.
        case sixel
        /// Whichever the terminal shows of kitty, sixel and ansi.
        case picture
        /// How it came about, as asciicast.
        case cast

        /// The format that the ending of a path names; nil for none.
        init?(path: String) {
            guard let name = path.split(separator: "/", omittingEmptySubsequences: false).last, let dot = name.lastIndex(of: ".") else {
                return nil
            }
            let ending = name[name.index(after: dot)...].lowercased()
            guard let format = Self.allCases.first(where: { $0.endings.contains(ending) }) else { return nil }
            self = format
        }

        /// Of files in this format.
        var endings: [String] {
            switch self {
            case .mermaid: ["mmd", "mermaid"]
            case .md: ["md", "markdown"]
            // Which is for a terminal.
            case .picture: []
            default: [rawValue]
            }
        }

        static let endings = allCases.flatMap(\.endings)
        static let names = allCases.map(\.rawValue).joined(separator: "|")
    }

    var format: Format
    /// The part to write, px of the board; nil for all.
    var region: VectorBox?
    /// px of a picture for one of the board.
    var scale = 1.0
    var theme = SVG.Options.Theme.light
    /// px; a picture that would be wider is drawn smaller.
    var widthMax: Double?

    /// The file, and what of the board is not in it, in words.
    ///
    /// - Throws: `Failure` where a picture cannot be drawn.
    func contents(of board: Board) throws -> (bytes: [UInt8], omitted: String?) {
        let shapes = board.drawnShapes.map(\.content)
        switch format {
        case .txt: return try text(of: shapes)
        case .ascii: return try text(of: shapes, .ascii)
        case .ansi: return try text(of: shapes, isColored: true)
        case .md: return try text(of: shapes) { TextExport.markdown($0) }
        case .svg: return (Array(picture(of: shapes).text.utf8), nil)
        case .png: return (try PNG.bytes(of: picture(of: shapes)), nil)
        case .excalidraw: return (Array(ExcalidrawWriter(board.drawnShapes).text.utf8), wholeness)
        case .kitty: return (try TerminalImage.kitty.bytes(of: PNG.bytes(of: picture(of: shapes))), nil)
        case .sixel: return (try TerminalImage.sixel.bytes(of: PNG.bytes(of: picture(of: shapes))), nil)
        case .picture: return try shown().contents(of: board)
        case .mermaid:
            let writer = FlowchartWriter(board.drawnShapes)
            let refusal = writer.refusal.map { "`inkwire import` does not take the file, though Mermaid may: \($0)" }
            let words = ([wholeness, refusal].compactMap { $0 } + writer.losses.map(\.words)).joined(separator: "; ")
            return (Array(writer.text.utf8), words.isEmpty ? nil : words)
        case .json: return (Array(BoardJSON.text(of: board).utf8), wholeness)
        case .board:
            let shapes = board.shapes
            return (Array(BoardText.text(of: shapes).utf8), wholeness ?? Self.unwritten(of: shapes))
        case .cast: return (RecordingFile.cast(ReplayContent(Recording(of: board), of: board, name: board.name)), wholeness)
        }
    }

    /// The same in the format that the terminal of this process shows, and no wider than it (CL-131).
    private func shown() -> BoardFile {
        var file = self
        switch TerminalImage.ofTerminal() {
        case .kitty: file.format = .kitty
        case .sixel: file.format = .sixel
        case nil: file.format = .ansi
        }
        file.widthMax = TerminalImage.widthOfTerminal.map(Double.init)
        return file
    }

    /// Cells of a region: of each some 100 bytes are in memory (CL-348).
    private static let cellsMax = 1_000_000

    /// What is told where a region is asked for and all is written.
    var wholeness: String? { region == nil ? nil : "all of the board is written: --region is for pictures and texts" }

    private static func unwritten(of shapes: [Shape]) -> String? {
        let count = shapes.reduce(0) { $0 + $1.extra.count }
        return count > 0 ? "left out: \(Sentence.count(count, "value")) of a newer inkwire" : nil
    }

    private func picture(of shapes: [ShapeDraft]) -> SVG {
        let picture = VectorPicture(of: shapes)
        let svg = SVG(picture, SVG.Options(theme: theme, region: region, scale: scale))
        guard let widthMax, svg.width > widthMax else { return svg }
        return SVG(picture, SVG.Options(theme: theme, region: region, scale: scale * widthMax / svg.width))
    }

    private func text(
        of shapes: [ShapeDraft], _ style: GlyphStyle = .unicode, isColored: Bool = false, _ wrapped: (String) -> String = { $0 }
    ) throws -> (bytes: [UInt8], omitted: String?) {
        if let region {
            let cells = CellRegion(
                covering: Point(x: Int32(region.left * 8), y: Int32(region.top * 8)),
                Point(x: Int32(region.right * 8) - 1, y: Int32(region.bottom * 8) - 1))
            guard cells.columns * cells.rows <= Self.cellsMax else {
                throw Failure.usage(
                    "the region cannot be written as text",
                    why: "it is \(cells.columns) by \(cells.rows) cells, and at most a million are written",
                    next: "choose a smaller --region")
            }
            return (Array(wrapped(TextExport.text(of: shapes, style: style, region: cells, isColored: isColored)).utf8), nil)
        }
        let export = TextExport(of: shapes, style: style, isColored: isColored)
        let omitted = export.isCut ? "only a part is written: \(export.cutWords); --format json holds all of it" : nil
        return (Array(wrapped(export.text).utf8), omitted)
    }
}

/// Part of a board as the command line names it: `X,Y,WIDTH,HEIGHT` in px.
struct RegionArgument: ExpressibleByArgument {
    let box: VectorBox

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard parts.count == 4, let x = parts[0], let y = parts[1], let width = parts[2], let height = parts[3], width > 0, height > 0,
            [x, y, x + width, y + height].allSatisfy({ abs($0) <= Self.limit })
        else { return nil }
        box = VectorBox(left: x, top: y, right: x + width, bottom: y + height)
    }

    /// px; a board ends there.
    static let limit = Double(Limits.coordinate) / 8
}

extension SVG.Options.Theme: ExpressibleByArgument {}
