/// A QR code as rows of characters: dark and light modules, with the light margin that readers need.
///
/// Light is what is drawn, so that it is right on dark paper, and, where the terminal has colours, on any: white on black.
public struct QRPicture: Hashable, Sendable {
    /// Modules of a side.
    public let side: Int
    private let isDark: [Bool]

    /// - Parameter modules: row by row, as many in each as there are rows; nil for any other number, and for none.
    public init?(modules: [Bool]) {
        let side = Int(Double(modules.count).squareRoot())
        guard side > 0, side * side == modules.count else { return nil }
        (self.side, isDark) = (side, modules)
    }

    /// The rows, all of one width: the widest margin that has room, at least half of what the standard asks for; nil where that has none.
    ///
    /// - Parameters:
    ///   - style: half blocks hold two rows of modules each; ASCII takes two columns for a module.
    public func rows(columns: Int, rows: Int, style: GlyphStyle) -> [String]? {
        for margin in [Self.margin, Self.margin / 2] {
            let size = Self.size(side: side, margin: margin, style)
            if size.columns <= columns, size.rows <= rows { return drawn(margin: margin, style) }
        }
        return nil
    }

    /// The least room that it takes.
    public func least(_ style: GlyphStyle) -> (columns: Int, rows: Int) { Self.size(side: side, margin: Self.margin / 2, style) }

    private func drawn(margin: Int, _ style: GlyphStyle) -> [String] {
        let all = -margin..<side + margin
        guard style != .ascii else {
            return all.map { row in all.map { isLight($0, row) ? "##" : "  " }.joined() }
        }
        return stride(from: all.lowerBound, to: all.upperBound, by: 2).map { row in
            String(
                all.map { column -> Character in
                    // Below the last row there is paper.
                    switch (isLight(column, row), row + 1 < all.upperBound && isLight(column, row + 1)) {
                    case (true, true): "█"
                    case (true, false): "▀"
                    case (false, true): "▄"
                    case (false, false): " "
                    }
                })
        }
    }

    private func isLight(_ column: Int, _ row: Int) -> Bool {
        guard (0..<side).contains(column), (0..<side).contains(row) else { return true }
        return !isDark[row * side + column]
    }

    private static func size(side: Int, margin: Int, _ style: GlyphStyle) -> (columns: Int, rows: Int) {
        let all = side + 2 * margin
        return style == .ascii ? (2 * all, all) : (all, (all + 1) / 2)
    }

    /// Modules (ISO/IEC 18004 §6.3.8).
    private static let margin = 4
}
