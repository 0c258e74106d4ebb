import InkFormats

/// How the screen is divided: the canvas, and the bars below it.
struct Layout: Hashable, Sendable {
    /// Of the whole screen.
    let columns: Int
    let rows: Int
    /// The messages stand beside the canvas where there is room.
    var hasTalk = false
    /// Rows at the foot of the canvas that notices take from a sheet.
    var noticeRows = 0

    init(columns: Int, rows: Int, hasTalk: Bool = false) { (self.columns, self.rows, self.hasTalk) = (columns, rows, hasTalk) }

    /// Of the canvas, which begins in the top left corner.
    var canvasColumns: Int { columns - talkColumns }
    /// Of the messages, right of the canvas; 0 where they are not there.
    var talkColumns: Int { hasTalk && columns >= Self.talkLeast ? Self.talkWidth : 0 }
    var canvasRows: Int { max(1, rows - (hasTools ? 2 : 1)) }
    /// Of the canvas, what a sheet may cover (TM-30).
    var sheetRows: Int { max(1, canvasRows - noticeRows) }
    /// The tools have a row where there is room.
    var hasTools: Bool { rows >= 12 }
    var toolRow: Int? { hasTools ? rows - 2 : nil }
    var statusRow: Int { rows - 1 }

    // TM-270, TM-425
    private static let talkLeast = 100
    private static let talkWidth = 26

    /// True for a cell of the messages beside the canvas.
    func isOnTalk(column: Int, row: Int) -> Bool { talkColumns > 0 && column >= canvasColumns && row < canvasRows }

    /// True for a cell of the canvas.
    func isOnCanvas(column: Int, row: Int) -> Bool { (0..<canvasColumns).contains(column) && (0..<canvasRows).contains(row) }
}
