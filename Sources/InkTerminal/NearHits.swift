import InkBoard
import InkFormats

extension BoardScene {
    /// What is hit by a press in a cell, topmost first (`ShapeRegions.hits`). `mutating` only because it counts what it looks at.
    mutating func hits(_ place: CellPlace, includesInside: Bool = true) -> [ShapeID] {
        regions.hits(on: front.board, canvas.stamps, place, includesInside: includesInside, looked: &lookedAt)
    }

    /// The line or stroke whose ink lies nearest to a cell, and within two columns or a row of it; of several that lie as near, the topmost.
    ///
    /// A line is thinner than a pointer: where nothing is hit, near is enough. `mutating` only because it counts what it looks at.
    mutating func nearLine(_ place: CellPlace) -> ShapeID? {
        let near = CellRegion(column: place.column, row: place.row, columns: 1, rows: 1).grown(columns: 2, rows: 1)
        let cells = near.rowRange.flatMap { row in near.columnRange.map { CellPlace(column: $0, row: row) } }
            .sorted { $0.distance(to: place) < $1.distance(to: place) }
        var nearest: (id: ShapeID, distance: Int)?
        let places = regions.indices(on: front.board, reaching: near)
        lookedAt += places.count
        for shape in places.reversed().map({ front.board.shapes[$0] }) where shape.content.kind.isPath {
            // What is not drawn yet, or only as a box, is not hit.
            guard !canvas.stamps.missing.contains(shape.id), !canvas.stamps.boxed.contains(shape.id) else { continue }
            let stamp = canvas.stamps.stamp(of: shape.id, shape.content) ?? ShapeStamp(shape.content, in: near, on: grid)
            guard let distance = cells.first(where: { stamp.hasInk(at: $0) })?.distance(to: place) else { continue }
            if nearest.map({ distance < $0.distance }) ?? true { nearest = (shape.id, distance) }
        }
        return nearest?.id
    }
}
