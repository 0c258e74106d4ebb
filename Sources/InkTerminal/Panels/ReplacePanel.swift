import InkFormats
import InkPrimitives

/// Asks before a file that is there already is written over (TM-168).
struct ReplacePanel: Sendable {
    var export: TerminalApp.FileExport

    func handle(_ key: Key) -> PanelAnswer {
        switch key {
        case .character("y"), .character("Y"): .replaces
        case .character("n"), .character("N"), .character("q"), .enter: .closes
        default: .stays
        }
    }

    /// The question, at the foot of the canvas and whole.
    func draw(on buffer: inout CellBuffer, _ layout: Layout) {
        let question = "\(export.path) is there already: y writes over it, Esc leaves it as it is"
        let lines = wordWrapped(safeForTerminal(question), columns: max(1, layout.columns - 2)).suffix(layout.sheetRows)
        let style = CellStyle(attributes: [.reverse, .bold])
        for (index, line) in lines.enumerated() {
            let row = layout.sheetRows - lines.count + index
            buffer.fill(row: row, style: style)
            buffer.write(line, column: 1, row: row, style: style)
        }
    }
}

/// The board as a file: the program writes it, and answers (TM-381).
extension BoardScene {
    /// - Returns: what is wrong with the name; nil for nothing (TM-167).
    mutating func export(to path: String) -> String? {
        let ending = path.split(separator: "/").last.flatMap { $0.contains(".") ? $0.split(separator: ".").last : nil }?.lowercased()
        if ending == "json" {
            // A path can be longer than the row.
            let command = "inkwire export -o \(ShellWord.quoted(path)) \(front.name.isEmpty ? "BOARD" : ShellWord.last(front.name))"
            return "only text is written here; JSON, also while the board is open: \(command)"
        }
        if let ending, Self.otherFormats.contains(ending) { return "only text is written here: give a name that ends in .txt" }
        let shapes = front.board.shapes.map(\.content)
        let text = TextExport(of: shapes, style: ending == "ascii" ? .ascii : display.style)
        outputs.append(
            .effect(
                .export(
                    TerminalApp.FileExport(
                        path: path, text: text.text, shapeCount: shapes.count, cutWords: text.isCut ? text.cutWords : nil, replaces: false))
            ))
        return nil
    }

    /// What a file of that ending holds is no text (TM-167).
    private static let otherFormats: Set = ["svg", "png", "ansi", "excalidraw", "cast"]

    /// The answer of a disk may come late: who does something else by then is not interrupted, or a letter of his would write over the file (TM-182).
    mutating func askToReplace(_ export: TerminalApp.FileExport, now: Instant) {
        guard mode.isIdle else {
            if !mode.isLeaving {
                front.notices.add("not written, for it is there already: Ctrl+S asks again: \(export.path)", as: .setting, now: now)
            }
            return
        }
        open(.replace(ReplacePanel(export: export)), now: now)
    }

    mutating func replace(_ export: TerminalApp.FileExport) {
        var export = export
        export.replaces = true
        outputs.append(.effect(.export(export)))
    }

    /// Asks for what a command needs, in the palette.
    mutating func ask(for command: BoardCommand, now: Instant) {
        open(.commands(CommandList(.palette, command.name + " ", keys: keys)), now: now)
    }
}
