import InkFormats

/// How the screen is divided: the canvas, and the bars below it.
struct Layout: Hashable, Sendable {
    /// Of the whole screen.
    let columns: Int
    let rows: Int
    /// Rows at the foot of the canvas that notices take from a sheet.
    var noticeRows = 0

    init(columns: Int, rows: Int) { (self.columns, self.rows) = (columns, rows) }

    /// Of the canvas, which begins in the top left corner.
    var canvasColumns: Int { columns }
    var canvasRows: Int { max(1, rows - (hasTools ? 2 : 1)) }
    /// Of the canvas, what a sheet may cover.
    var sheetRows: Int { max(1, canvasRows - noticeRows) }
    /// The tools have a row where there is room.
    var hasTools: Bool { rows >= 12 }
    var toolRow: Int? { hasTools ? rows - 2 : nil }
    var statusRow: Int { rows - 1 }

    /// True for a cell of the canvas.
    func isOnCanvas(column: Int, row: Int) -> Bool { (0..<canvasColumns).contains(column) && (0..<canvasRows).contains(row) }
}
