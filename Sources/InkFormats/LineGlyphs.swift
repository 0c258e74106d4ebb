import InkBoard

/// Which way lines leave the middle of a cell, and how: two bits for each of north, east, south and west.
package struct LineEdges: Hashable, Sendable {
    /// Bits 0-1 north, 2-3 east, 4-5 south, 6-7 west; each 0 none, 1 light, 2 heavy, 3 double.
    private(set) var bits: UInt8 = 0

    package enum Direction: UInt8, CaseIterable { case north = 0, east = 2, south = 4, west = 6 }

    package init() {}

    package init(_ weights: [Direction: UInt8]) {
        for (direction, weight) in weights { bits |= min(weight, 3) << direction.rawValue }
    }

    subscript(direction: Direction) -> UInt8 { bits >> direction.rawValue & 3 }

    var isEmpty: Bool { bits == 0 }

    /// True for a line that goes through the cell and meets none.
    var isStraight: Bool { count == 2 && (self[.north] > 0) == (self[.south] > 0) }

    /// How many of the four directions have a line.
    var count: Int { Direction.allCases.reduce(0) { $0 + (self[$1] > 0 ? 1 : 0) } }

    /// Adds a line in one direction; where there is one already, the heavier weight stays (FM-1).
    package mutating func add(_ direction: Direction, weight: UInt8) {
        guard weight > self[direction] else { return }
        bits = bits & ~(3 << direction.rawValue) | weight << direction.rawValue
    }

    /// Adds the arms of others.
    mutating func formUnion(_ other: LineEdges) { for direction in Direction.allCases { add(direction, weight: other[direction]) } }

    /// The box drawing character with these arms. U+2500-257F has all 80 mixes of light and heavy, and of double all in which what is level is one
    /// and what is upright is one: beside a double arm all others of its axis are double, and heavy ones light (FM-61).
    package var glyph: Glyph { hasDouble ? doubleGlyph : Self.glyphs[index] }

    private func isDouble(_ one: Direction, _ two: Direction) -> Bool { self[one] == 3 || self[two] == 3 }
    private var hasDouble: Bool { isDouble(.north, .south) || isDouble(.east, .west) }

    private var doubleGlyph: Glyph {
        var arms = 0
        for (bit, direction) in [Direction.north, .east, .south, .west].enumerated() where self[direction] > 0 { arms |= 1 << bit }
        let table = isDouble(.north, .south) ? (isDouble(.east, .west) ? Self.bothDouble : Self.uprightDouble) : Self.levelDouble
        return table[arms]
    }

    /// By arms: 1 north, 2 east, 4 south, 8 west.
    private static let bothDouble = " ║═╚║║╔╠═╝═╩╗╣╦╬".unicodeScalars.map(Glyph.init)
    private static let uprightDouble = " ║─╙║║╓╟─╜─╨╖╢╥╫".unicodeScalars.map(Glyph.init)
    private static let levelDouble = " │═╘││╒╞═╛═╧╕╡╤╪".unicodeScalars.map(Glyph.init)

    /// A straight line with gaps in it (FM-234).
    func glyph(with style: LineStyle) -> Glyph {
        switch (style, bits) {
        case (.dashed, 0b01_00_01_00): Glyph("╌")
        case (.dashed, 0b10_00_10_00): Glyph("╍")
        case (.dashed, 0b00_01_00_01): Glyph("╎")
        case (.dashed, 0b00_10_00_10): Glyph("╏")
        case (.dotted, 0b01_00_01_00): Glyph("┈")
        case (.dotted, 0b10_00_10_00): Glyph("┉")
        case (.dotted, 0b00_01_00_01): Glyph("┊")
        case (.dotted, 0b00_10_00_10): Glyph("┋")
        default: glyph
        }
    }

    /// The twin below 0x80 of a straight line with gaps: of dashes every second cell is free (FM-235).
    func asciiGlyph(with style: LineStyle, column: Int, row: Int) -> Glyph {
        let isLevel = self[.east] > 0
        switch style {
        case .dashed: return (isLevel ? column : row) & 1 == 0 ? asciiGlyph : .space
        case .dotted: return Glyph(isLevel ? "." : ":")
        case .solid, .double: return asciiGlyph
        }
    }

    /// The same with an arc in place of a light corner (FM-62).
    var roundedGlyph: Glyph {
        switch bits {
        case 0b00_01_01_00: Glyph("╭")
        case 0b01_01_00_00: Glyph("╮")
        case 0b00_00_01_01: Glyph("╰")
        case 0b01_00_00_01: Glyph("╯")
        default: glyph
        }
    }

    /// The twin below 0x80: perpendicular arms make `+`. Double lines are `=` and `#`.
    package var asciiGlyph: Glyph {
        if hasDouble { return Glyph(isDouble(.north, .south) || self[.north] > 0 || self[.south] > 0 ? "#" : "=") }
        let vertical = self[.north] > 0 || self[.south] > 0
        let horizontal = self[.east] > 0 || self[.west] > 0
        return Glyph(vertical ? (horizontal ? "+" : "|") : (horizontal ? "-" : " "))
    }

    /// The twin below 0x80 of a rounded corner.
    var roundedASCIIGlyph: Glyph {
        switch bits {
        case 0b00_01_01_00, 0b01_01_00_00: Glyph(".")
        case 0b00_00_01_01, 0b01_00_00_01: Glyph("'")
        default: asciiGlyph
        }
    }

    private var index: Int { Int(self[.north]) + 3 * Int(self[.east]) + 9 * Int(self[.south]) + 27 * Int(self[.west]) }

    /// Indexed in base 3: north + 3 east + 9 south + 27 west; derived from the names of the characters.
    private static let glyphs: [Glyph] =
        " ╵╹╶└┖╺┕┗╷│╿┌├┞┍┝┡╻╽┃┎┟┠┏┢┣╴┘┚─┴┸╼┶┺┐┤┦┬┼╀┮┾╄┒┧┨┰╁╂┲╆╊╸┙┛╾┵┹━┷┻┑┥┩┭┽╃┯┿╇┓┪┫┱╅╉┳╈╋".unicodeScalars.map(Glyph.init)
}

/// The eight dots of a cell, two wide and four high.
struct CellDots: Hashable, Sendable {
    /// Bit `column * 4 + row`, column 0...1 from the left, row 0...3 from the top.
    var bits: UInt8 = 0

    init() {}

    /// One dot, by its place counted in dots from the board's origin.
    init(x: Int, y: Int) { bits = 1 << UInt8((x & 1) * 4 + (y & 3)) }

    /// Adds what the two lowest bits say of the two dots of a line, the lower for the left.
    mutating func add(pair: UInt64, line: UInt8) { bits |= UInt8(pair & 1) << line | UInt8(pair >> 1 & 1) << (4 + line) }

    /// The braille character (U+2800-28FF) with these dots; a space for none, since fonts and scripts differ on U+2800.
    var glyph: Glyph { bits == 0 ? .space : Self.glyphs[Int(bits)] }

    /// The twin below 0x80: the character that lies nearest to the dots.
    var asciiGlyph: Glyph { Self.asciiGlyphs[Int(bits)] }

    // Braille numbers its dots 1-2-3-7 down the left and 4-5-6-8 down the right column.
    private static let brailleBits: [UInt8] = [0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80]

    private static let glyphs: [Glyph] = (0..<256).map { bits in
        var braille: UInt32 = 0x2800
        for dot in 0..<8 where bits >> dot & 1 == 1 { braille |= UInt32(brailleBits[dot]) }
        return Glyph(Unicode.Scalar(braille) ?? " ")
    }

    private static let asciiGlyphs: [Glyph] = (0..<256).map { Glyph(asciiScalar(UInt8($0))) }

    private static func asciiScalar(_ bits: UInt8) -> Unicode.Scalar {
        let (left, right) = (bits & 15, bits >> 4)
        if bits == 0 { return " " }
        if bits.nonzeroBitCount >= 6 { return "#" }
        let (top, bottom) = ((left | right).trailingZeroBitCount, 7 - (left | right).leadingZeroBitCount)
        let height = bottom - top + 1
        if height <= 2 {
            // Flat: where it lies decides.
            if left == 0 || right == 0 { return bottom <= 1 ? "'" : top >= 2 ? "." : height == 2 ? ":" : "-" }
            if height == 2 { return bottom <= 1 ? "'" : top >= 2 ? "." : "-" }
            return bottom == 0 ? "\"" : top == 3 ? "_" : "-"
        }
        if left == 0 || right == 0 { return "|" }
        // Tall with both columns: the slope of the middles decides.
        let slope = middle(right) - middle(left)
        return slope >= 2 ? "\\" : slope <= -2 ? "/" : bits.nonzeroBitCount >= 5 ? "*" : "|"
    }

    /// Twice the mean row of the dots in one column.
    private static func middle(_ column: UInt8) -> Int {
        var sum = 0
        for row in 0..<4 where column >> row & 1 == 1 { sum += row }
        return sum * 2 / max(1, column.nonzeroBitCount)
    }
}
