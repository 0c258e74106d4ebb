import InkBoard
import InkFormats
import InkPrimitives

/// Places and extents in cells of a terminal at 100 %, as they are typed and told: a cell is 8 by 16 px, and parts of one may be said (LN-3).
enum Cells {
    private static let width = Double(Grid.standard.columnUnits)
    private static let height = Double(Grid.standard.rowUnits)

    /// A number of at most nine digits, with a sign and decimals or without; nil for anything else.
    static func number(_ text: some StringProtocol) -> Double? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, (1...9).contains(whole.utf8.count), parts.allSatisfy({ (1...9).contains($0.utf8.count) }),
            parts.allSatisfy({ $0.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } })
        else { return nil }
        return Double(text)
    }

    /// World units of so many columns or rows; nil beyond the edge of the board.
    static func columns(_ count: Double) -> Int32? { units(count * width) }
    static func rows(_ count: Double) -> Int32? { units(count * height) }

    private static func units(_ value: Double) -> Int32? {
        abs(value) <= Double(Limits.coordinate) ? Int32(value.rounded()) : nil
    }

    /// `10,5`; nil for anything else, and beyond the edge of the board.
    static func point(_ text: String) -> Point? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, let column = number(parts[0]), let row = number(parts[1]), let x = columns(column), let y = rows(row) else {
            return nil
        }
        return Point(x: x, y: y)
    }

    /// True for what is meant as a place, be it one or not.
    static func isPlace(_ text: String) -> Bool {
        text.contains(",") && text.utf8.allSatisfy { (0x30...0x39).contains($0) || [0x2C, 0x2D, 0x2E].contains($0) }
    }

    // MARK: Words

    /// `10,5`.
    static func words(_ point: Point) -> String { "\(columnWords(Int(point.x))),\(rowWords(Int(point.y)))" }

    /// `12 by 4`.
    static func words(_ size: Size) -> String { "\(columnWords(Int(size.width))) by \(rowWords(Int(size.height)))" }

    static func columnWords(_ units: Int) -> String { words(units, Grid.standard.columnUnits) }
    static func rowWords(_ units: Int) -> String { words(units, Grid.standard.rowUnits) }

    /// Cells to a hundredth, without zeros that say nothing.
    private static func words(_ units: Int, _ unit: Int) -> String {
        let hundredths = (abs(units) * 100 + unit / 2) / unit
        let (whole, rest) = (hundredths / 100, hundredths % 100)
        let sign = units < 0 && hundredths > 0 ? "-" : ""
        let decimals = rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : ".\(rest < 10 ? "0" : "")\(rest)"
        return "\(sign)\(whole)\(decimals)"
    }
}
