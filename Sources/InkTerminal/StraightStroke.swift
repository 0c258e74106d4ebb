import InkBoard
import InkFormats

extension ShapeDraft {
    /// A stroke that was drawn from cell to cell along a straight line, without the stairs that the middles of cells make of that; itself where it
    /// is another.
    ///
    /// It is one if the line from its first sample to its last crosses the cells of all between, in their order: a hand that means a curve leaves
    /// such cells. Each sample goes to the line and stays one (TM-106, TM-362).
    func straightened(on grid: Grid) -> ShapeDraft {
        guard kind == .freehand, points.count > 2, let first = points.first, let last = points.last else { return self }
        let samples = points.map { position + $0 }
        guard grid.place(of: position + first).distance(to: grid.place(of: position + last)) >= Self.longEnough,
            samples.allSatisfy({ grid.middle(of: grid.place(of: $0)) == $0 })
        else { return self }
        let way = last - first
        // Along the columns or along the rows: wherever it crosses more cells.
        let isLevel = abs(Int(way.x)) * grid.rowUnits >= abs(Int(way.y)) * grid.columnUnits
        let (length, rise) = isLevel ? (Int(way.x), Int(way.y)) : (Int(way.y), Int(way.x))
        let (step, width) = isLevel ? (grid.columnUnits, grid.rowUnits) : (grid.rowUnits, grid.columnUnits)
        var straight = self
        var before = 0
        for (index, point) in points.enumerated() {
            let (x, y) = (Int(point.x) - Int(first.x), Int(point.y) - Int(first.y))
            let (along, aside) = isLevel ? (x, y) : (y, x)
            guard along.signum() * length.signum() >= 0, abs(along) >= before, abs(along) <= abs(length) else { return self }
            before = abs(along)
            let onLine = Int((Double(rise) * Double(along) / Double(length)).rounded())
            // The line is steep in the cell by so much.
            let slack = (width + abs(rise) * step / abs(length)) / 2
            guard abs(aside - onLine) <= slack else { return self }
            straight.points[index] =
                isLevel
                ? Point(x: point.x, y: Int32(clamping: Int(first.y) + onLine))
                : Point(x: Int32(clamping: Int(first.x) + onLine), y: point.y)
        }
        return straight
    }

    /// Columns, or half as many rows, that tell a line from a dab (TM-106).
    private static let longEnough = 8
}
