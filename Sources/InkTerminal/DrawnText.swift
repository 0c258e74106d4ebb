import InkBoard
import InkFormats

extension Drawing {
    /// True for what somebody drew in a text: a box, or without one an arrow that no prose and no code has.
    ///
    /// Arrows within a row and strokes under each other are in code, tables, diffs and what compilers say of them. So without a box an arrow must go over
    /// rows itself, from something to something else, and not end upwards: that is how a compiler marks a place. Or it goes from one upright line to
    /// another (TM-410).
    func isDrawn(in text: String) -> Bool {
        let contents = items.map(\.content)
        if contents.contains(where: { $0.kind == .rectangle }) { return true }
        guard !Self.hasNumberedRow(text) else { return false }
        let lifelines = contents.filter { $0.isUprightLine && $0.kind == .line }
        return contents.contains { arrow in
            guard arrow.kind == .arrow else { return false }
            return arrow.joinsOverRows
                || lifelines.contains { $0.touches(arrow.places.first) }
                    && lifelines.contains { $0.touches(arrow.places.last) } && arrow.isLevel
        }
    }

    /// True for what shows a place of a file, or a table of a data base: a row that begins with a number and a stroke.
    private static func hasNumberedRow(_ text: String) -> Bool {
        text.split(whereSeparator: \.isNewline).contains { row in
            let rest = row.drop { $0 == " " }
            let number = rest.prefix { $0.isASCII && $0.isNumber }
            return !number.isEmpty && rest.dropFirst(number.count).drop { $0 == " " }.first.map { "|│".contains($0) } == true
        }
    }
}

extension ShapeDraft {
    /// Of a line, on the board.
    fileprivate var places: [Point] { points.map { position + $0 } }
    fileprivate var isLevel: Bool { points.allSatisfy { $0.y == 0 } }

    /// Over some rows.
    fileprivate var isUprightLine: Bool {
        points.allSatisfy { $0.x == 0 } && (points.map(\.y).max() ?? 0) - (points.map(\.y).min() ?? 0) >= 2 * Int32(Grid.standard.rowUnits)
    }

    fileprivate var joinsOverRows: Bool {
        guard !isLevel, let from = startBinding?.shape, let to = endBinding?.shape, from != to, points.count > 1 else { return false }
        return points[points.count - 1].y >= points[points.count - 2].y
    }

    /// True where a place is a cell beside an upright line at most.
    fileprivate func touches(_ place: Point?) -> Bool {
        guard let place else { return false }
        let rows = places.map(\.y)
        return abs(Int(place.x) - Int(position.x)) <= Grid.standard.columnUnits && (rows.min() ?? 0)...(rows.max() ?? 0) ~= place.y
    }
}
