import InkBoard

extension ShapeDraft {
    /// Turns it about its middle, to the right for positive angles (radians): points and quarter turns of boxes. False for all else, which stays
    /// upright.
    mutating func turn(by angle: Double) -> Bool {
        guard angle.isFinite, abs(angle) > 1e-6, kind != .text || abs(angle) > 0.01 else { return true }
        guard kind.isPath else {
            let quarters = angle / (.pi / 2)
            guard kind != .text, abs(quarters) < 1e6, abs(quarters - quarters.rounded()) < 1e-3 else { return false }
            guard Int(quarters.rounded()) % 2 != 0 else { return true }
            let (width, height) = (size.width, size.height)
            position = position + Point(x: (width - height) / 2, y: (height - width) / 2)
            size = Size(width: height, height: width)
            return true
        }
        let (x, y) = (points.map { Double($0.x) }, points.map { Double($0.y) })
        let (middleX, middleY) = (((x.min() ?? 0) + (x.max() ?? 0)) / 2, ((y.min() ?? 0) + (y.max() ?? 0)) / 2)
        let (sine, cosine) = Self.sineCosine(angle)
        points = zip(x, y).map { x, y in
            let (dx, dy) = (x - middleX, y - middleY)
            return Point(
                clampingX: Int64((middleX + dx * cosine - dy * sine).rounded()), y: Int64((middleY + dx * sine + dy * cosine).rounded()))
        }
        return true
    }

    /// By its series: this target has no library of functions, and eighths of a px need few digits.
    private static func sineCosine(_ angle: Double) -> (Double, Double) {
        let turns = angle / (2 * .pi)
        let reduced = (turns - turns.rounded()) * 2 * .pi
        var (sine, cosine, term) = (0.0, 0.0, 1.0)
        for index in 0..<24 {
            switch index % 4 {
            case 0: cosine += term
            case 1: sine += term
            case 2: cosine -= term
            default: sine -= term
            }
            term *= reduced / Double(index + 1)
        }
        return (sine, cosine)
    }
}
