/// The help: one line for each thing a person can do.
enum HelpText {
    static let lines = [
        "v select   h hand      r rectangle  d diamond  o ellipse",
        "a arrow    l line      p pen        t text     n note     e eraser",
        "Q lock the tool        Space hand and back",
        "",
        "mouse      drag draws; right click, Esc or u cancels the drag",
        "           double click edits a text; middle drag and wheel pan",
        "keyboard   arrows move the pointer (Shift: 8 cells)",
        "           Enter presses, Enter again releases",
        "in a text  Esc ends it, Enter begins a line, Ctrl+Z takes back",
        "",
        "u Ctrl+Z undo          U Ctrl+R redo",
        "x Del    delete        D duplicate       Ctrl+A select all",
        "] [ Tab  next shape    Enter edits the text of the selected",
        "hjkl HJKL arrows       move what is selected",
        "z        resize by arrows; with the mouse pull a corner",
        "c colour    w width    B fill            Y copy as text",
        "f Home   show the drawing   PgUp PgDn pan   ' go to a person",
        "i invite  P people  N connection  / say  Alt+C hide cursors",
        "M        mouse off and on, for copying with the terminal",
        "Ctrl+L   paint the screen anew",
        "q        quit (so does Ctrl+C twice); everything is saved",
    ]

    /// The same within some columns: what stands apart stays apart where that fits, and begins a row of its own where it does not.
    static func lines(columns: Int) -> [String] {
        lines.flatMap { line -> [String] in
            guard line.utf8.count > columns else { return [line] }
            var rows: [String] = []
            for item in items(of: line) {
                if let last = rows.last, last.utf8.count + 2 + item.utf8.count <= columns {
                    rows[rows.count - 1] += "  " + item
                } else {
                    rows += wordWrapped(item, columns: columns)
                }
            }
            return rows
        }
    }

    /// The parts of a line between two spaces or more.
    private static func items(of line: String) -> [String] {
        var items: [[Substring]] = [[]]
        for word in line.split(separator: " ", omittingEmptySubsequences: false) {
            if !word.isEmpty { items[items.count - 1].append(word) } else if items.last != [] { items.append([]) }
        }
        return items.filter { !$0.isEmpty }.map { $0.joined(separator: " ") }
    }
}
