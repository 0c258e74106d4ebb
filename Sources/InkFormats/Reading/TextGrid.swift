import InkBoard

/// A direction on a grid of cells, as a bit.
struct Way: OptionSet, Hashable, Sendable {
    let rawValue: UInt8
    init(rawValue: UInt8) { self.rawValue = rawValue }

    static let north = Way(rawValue: 1)
    static let east = Way(rawValue: 2)
    static let south = Way(rawValue: 4)
    static let west = Way(rawValue: 8)

    static let all = [Way.north, .east, .south, .west]
    static let level: Way = [.east, .west]
    static let upright: Way = [.north, .south]

    /// Of a single direction.
    var opposite: Way { Way(rawValue: (rawValue << 2 | rawValue >> 2) & 15) }
    var count: Int { rawValue.nonzeroBitCount }
    var isLevel: Bool { self == .east || self == .west }
}

extension CellPlace {
    /// So many cells on in a single direction.
    func moved(_ way: Way, by count: Int = 1) -> CellPlace {
        switch way {
        case .north: CellPlace(column: column, row: row - count)
        case .east: CellPlace(column: column + count, row: row)
        case .south: CellPlace(column: column, row: row + count)
        default: CellPlace(column: column - count, row: row)
        }
    }
}

/// What a character of a drawing can be a part of.
struct LineSign: Hashable, Sendable {
    /// Where a line may leave the middle of its cell.
    var ways: Way
    var style = LineStyle.solid
    var isHeavy = false
    /// True for what stands at round corners.
    var isRound = false
}

/// A text as cells, of which some may be parts of a drawing.
struct TextGrid: Sendable {
    /// The characters of each row by columns; the right half of a wide one is nil.
    private let cells: [[Character?]]
    /// Dashes with blanks between them are lines: their cells.
    private var dashed: Set<CellPlace> = []
    let columns: Int
    /// True where the rows are those of a comment, without what each begins with.
    let isUncommented: Bool

    /// Longest text that is looked at, bytes (FM-155).
    static let bytesMax = 1 << 16
    private static let tab = 8

    /// - Parameter readsComments: leaves out what all rows of a comment begin with.
    init(_ text: String, readsComments: Bool = true) throws(DrawingError) {
        try Self.checkLength(text.utf8.count)
        var cells = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .map { line in
                var row: [Character?] = []
                for character in line {
                    if character == "\t" {
                        row += Array(repeating: " ", count: Self.tab - row.count % Self.tab)
                    } else {
                        let width = CharacterWidth.columns(of: character)
                        guard width > 0 else { continue }
                        row.append(character)
                        if width > 1 { row.append(nil) }
                    }
                }
                return row
            }
        let prefix = readsComments ? CommentPrefix(cells) : nil
        if let prefix {
            for row in cells.indices { cells[row] = prefix.marks.contains(row) ? [] : Array(cells[row].dropFirst(prefix.columns)) }
        }
        (self.cells, isUncommented) = (cells, prefix != nil)
        columns = cells.reduce(0) { max($0, $1.count) }
        findDashes()
    }

    static func checkLength(_ bytes: Int) throws(DrawingError) {
        guard bytes <= bytesMax else {
            throw DrawingError("a drawing of text has at most \(bytesMax >> 10) KiB, this one \((bytes + 1023) >> 10)")
        }
    }

    var rows: Int { cells.count }

    /// A blank where nothing stands; nil for the right half of a wide character.
    subscript(place: CellPlace) -> Character? {
        guard cells.indices.contains(place.row), cells[place.row].indices.contains(place.column) else { return " " }
        return cells[place.row][place.column]
    }

    func columnCount(ofRow row: Int) -> Int { cells[row].count }

    func isBlank(_ place: CellPlace) -> Bool { self[place] == " " }

    /// True for letters and digits, which no line goes on in.
    func isWord(_ place: CellPlace) -> Bool { self[place].map { $0.isLetter || $0.isNumber } ?? true }

    /// What the character can be of a line; nil for nothing.
    func sign(at place: CellPlace) -> LineSign? {
        if dashed.contains(place) { return LineSign(ways: .level, style: .dashed) }
        return self[place].flatMap { LineSigns.of[$0] }
    }

    /// Where an arrow points that ends in this character; nil for another.
    func head(at place: CellPlace) -> Way? {
        guard let character = self[place], let way = LineSigns.heads[character] else { return nil }
        // A letter of a word is none.
        if character.isLetter, isWord(place.moved(.west)) || isWord(place.moved(.east)) { return nil }
        return way
    }

    private mutating func findDashes() {
        for row in cells.indices {
            var start = 0
            while start < cells[row].count {
                var end = start
                if cells[row][start] == "-" {
                    while end + 2 < cells[row].count, cells[row][end + 1] == " ", cells[row][end + 2] == "-" { end += 2 }
                }
                if end - start >= 4 { for column in start...end { dashed.insert(CellPlace(column: column, row: row)) } }
                start = end + 1
            }
        }
    }
}

/// Which characters lines are drawn with.
enum LineSigns {
    static let of: [Character: LineSign] = {
        var signs: [Character: LineSign] = [
            "-": LineSign(ways: .level), "=": LineSign(ways: .level, style: .double), "|": LineSign(ways: .upright),
            ":": LineSign(ways: .upright, style: .dotted), "+": LineSign(ways: [.level, .upright]),
            "*": LineSign(ways: [.level, .upright]),
            ".": LineSign(ways: [.level, .south], isRound: true), ",": LineSign(ways: [.level, .south], isRound: true),
            "'": LineSign(ways: [.level, .north], isRound: true), "`": LineSign(ways: [.level, .north], isRound: true),
            "╭": LineSign(ways: [.east, .south], isRound: true), "╮": LineSign(ways: [.west, .south], isRound: true),
            "╯": LineSign(ways: [.west, .north], isRound: true), "╰": LineSign(ways: [.east, .north], isRound: true),
        ]
        for (glyphs, ways, isHeavy) in [
            ("╌┄┈", Way.level, false), ("╍┅┉", .level, true), ("╎┆┊", .upright, false), ("╏┇┋", .upright, true),
        ] { for glyph in glyphs { signs[glyph] = LineSign(ways: ways, style: .dashed, isHeavy: isHeavy) } }
        // The table by which we draw, read backwards.
        let arms: [(LineEdges.Direction, Way)] = [(.north, .north), (.east, .east), (.south, .south), (.west, .west)]
        for number in 1..<256 {
            var (weights, ways, isHeavy, isDouble): ([LineEdges.Direction: UInt8], Way, Bool, Bool) = ([:], [], false, false)
            for (index, arm) in arms.enumerated() {
                let weight = UInt8(number >> (2 * index) & 3)
                guard weight > 0 else { continue }
                weights[arm.0] = weight
                ways.insert(arm.1)
                isHeavy = isHeavy || weight == 2
                isDouble = isDouble || weight == 3
            }
            guard let scalar = Unicode.Scalar(LineEdges(weights).glyph.base), scalar.value >= 0x2500 else { continue }
            let sign = LineSign(ways: ways, style: isDouble ? .double : .solid, isHeavy: isHeavy)
            // Of arms that share a glyph, which double ones do, the most.
            if let other = signs[Character(scalar)], other.ways.count >= ways.count { continue }
            signs[Character(scalar)] = sign
        }
        return signs
    }()

    static let heads: [Character: Way] = {
        var heads: [Character: Way] = [:]
        for (glyphs, way) in [("^▲△↑", Way.north), (">►▶▸▷→⟶➤", .east), ("vV▼▽↓", .south), ("<◄◀◂◁←⟵", .west)] {
            for glyph in glyphs { heads[glyph] = way }
        }
        return heads
    }()
}
