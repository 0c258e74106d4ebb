/// The help: how to draw, then one line for each command.
enum HelpText {
    static func lines(_ keys: KeyMap) -> [String] { ways(keys) + [""] + BoardCommand.allCases.map { line(of: $0, keys) } }

    static func line(of command: BoardCommand, _ keys: KeyMap) -> String {
        let words = keys.words(of: command)
        // One without a key is run by its name.
        return line(words.isEmpty ? ":" + command.name : words.joined(separator: " "), command.words)
    }

    /// What no command is.
    static func ways(_ keys: KeyMap) -> [String] {
        [line("mouse", "drag draws; right click, Esc or \(keys.word(of: .undo)) cancels it")] + steering
    }

    private static let steering = [
        line("", "double click goes into a group, edits a text"),
        line("", "middle drag and wheel pan"), line("keyboard", "arrows move the pointer (Shift: 8 cells)"),
        line("", "Enter presses, Enter again releases"), line("a selection", "arrows, hjkl HJKL move it, 8l by 8 cells"),
        line("", "Enter writes in it, or goes into a group"),
        line("in a text", "Esc ends it, Enter: new line, Ctrl+Z takes back"),
    ]

    private static func line(_ keys: String, _ words: String) -> String {
        keys + String(repeating: " ", count: max(2, keysColumns - keys.utf8.count)) + words
    }

    private static let keysColumns = 17

    static func lines(_ keys: KeyMap, columns: Int) -> [String] { lines(keys).flatMap { fitted($0, columns: columns) } }

    /// A line within some columns: the words under each other, behind the keys (TM-32).
    static func fitted(_ line: String, columns: Int) -> [String] {
        guard line.utf8.count > columns else { return [line] }
        let end = line.firstRange(of: "  ")?.lowerBound ?? line.startIndex
        let (keys, words) = (String(line[..<end]), String(line[end...].drop { $0 == " " }))
        let room = columns - keys.utf8.count - 2
        guard room >= columns / 3 else { return wordWrapped(keys + " " + words, columns: columns) }
        return wordWrapped(words, columns: room).enumerated().map { index, row in
            (index == 0 ? keys : String(repeating: " ", count: keys.utf8.count)) + "  " + row
        }
    }
}
