import InkBoard
import InkPrimitives

/// A grid of terminal cells over the board: how many world units a dot takes, and so a cell, which is two dots wide and four high.
public struct Grid: Hashable, Sendable {
    /// 100 %: a cell is 8×16 px, 64×128 world units; a dot is 4×4 px, so circles are round.
    public static let standard = Grid(dotUnits: 32)

    /// The zooms, from far to near: 25, 33, 50, 67, 100, 133, 200 and 400 %, for their dots take whole world units.
    public static let zooms = [128, 96, 64, 48, 32, 24, 16, 8].map { Grid(dotUnits: $0) }

    /// World units in the side of a dot.
    public let dotUnits: Int
    /// The zoom in per cent.
    public var percent: Int { (200 * Self.standard.dotUnits + dotUnits) / (2 * dotUnits) }
    /// World units in the width of a cell.
    public var columnUnits: Int { 2 * dotUnits }
    /// World units in the height of a cell.
    public var rowUnits: Int { 4 * dotUnits }

    /// - Parameter dotUnits: at least 1.
    public init(dotUnits: Int) {
        precondition(dotUnits >= 1, "a dot takes at least one world unit, not \(dotUnits)")
        self.dotUnits = dotUnits
    }

    /// The cell in which a point of the board lies (FM-12).
    public func place(of point: Point) -> CellPlace { CellPlace(column: column(Int(point.x)), row: row(Int(point.y))) }
    /// The middle of a cell, where a pointer in it points.
    public func middle(of place: CellPlace) -> Point {
        Point(clampingX: Int64(place.column * columnUnits + columnUnits / 2), y: Int64(place.row * rowUnits + rowUnits / 2))
    }
    /// The top left corner of a cell, where a text in it begins.
    public func corner(of place: CellPlace) -> Point {
        Point(clampingX: Int64(place.column * columnUnits), y: Int64(place.row * rowUnits))
    }
    /// So many cells as a displacement on the board.
    public func displacement(columns: Int, rows: Int) -> Point {
        Point(clampingX: Int64(columns) * Int64(columnUnits), y: Int64(rows) * Int64(rowUnits))
    }

    /// The column in which `x` lies.
    func column(_ x: Int) -> Int { quotient(x, columnUnits) }
    /// The row in which `y` lies.
    func row(_ y: Int) -> Int { quotient(y, rowUnits) }
    /// The dot column or row in which a world coordinate lies.
    func dot(_ value: Int) -> Int { quotient(value, dotUnits) }

    /// Cells that a run of so many letters, or of rows of text, takes where no box holds it: one each, and on a grid coarser than the standard
    /// no more than what it covers there (FM-130).
    func shortened(_ count: Int) -> Int {
        let standard = Self.standard.dotUnits
        return isCoarse ? (count * standard + dotUnits - 1) / dotUnits : count
    }

    /// True where a letter is larger than what it covers at 100 %.
    var isCoarse: Bool { dotUnits > Self.standard.dotUnits }

    /// Rounded down, below zero as well (FM-12).
    private func quotient(_ value: Int, _ units: Int) -> Int { value >= 0 ? value / units : (value + 1) / units - 1 }
}

/// One cell of a board's grid.
public struct CellPlace: Hashable, Sendable {
    public var column: Int
    public var row: Int

    public init(column: Int, row: Int) { (self.column, self.row) = (column, row) }
}
