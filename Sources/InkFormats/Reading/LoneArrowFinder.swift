import InkBoard

/// Finds arrows that are a head alone, with at most two blanks on either side, between two boxes (FM-248).
///
///     ┌───┐   ┌───┐
///     │ a │ → │ b │
///     └───┘   └───┘
struct LoneArrowFinder {
    private(set) var lines: [FoundLine] = []

    /// - Parameters:
    ///   - taken: cells of lines that are found already.
    ///   - owner: the smallest box around a cell.
    init(_ grid: TextGrid, taken: Set<CellPlace>, isBorder: (CellPlace) -> Bool, owner: (CellPlace) -> FoundBox?) {
        for row in 0..<grid.rows {
            for column in 0..<grid.columnCount(ofRow: row) {
                let place = CellPlace(column: column, row: row)
                guard let way = grid.head(at: place), !isBorder(place), !taken.contains(place) else { continue }
                func border(_ way: Way) -> CellPlace? {
                    for distance in 1...3 {
                        let next = place.moved(way, by: distance)
                        if isBorder(next) { return next }
                        guard grid.isBlank(next) else { return nil }
                    }
                    return nil
                }
                guard let from = border(way.opposite), let to = border(way) else { continue }
                // What stands in a box alone is its label.
                if let box = owner(place), box.isBorder(from) || box.isBorder(to) { continue }
                lines.append(
                    FoundLine(
                        start: FoundLine.End(place: place, way: way.opposite, border: from),
                        end: FoundLine.End(place: place, way: way, hasHead: true, border: to), corners: [place]))
            }
        }
    }

    var used: Set<CellPlace> { Set(lines.map(\.end.place)) }
}
