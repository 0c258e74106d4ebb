import InkBoard
import InkPrimitives

/// Reads one line of a board's text. Its errors have columns, and no line.
struct BoardLineReader {
    private let bytes: [UInt8]
    /// The next byte, and where the line ends.
    private var position: Int
    private let end: Int
    private let start: Int

    init(_ bytes: [UInt8], in line: Range<Int>) {
        (self.bytes, position, start, end) = (bytes, line.lowerBound, line.lowerBound, line.upperBound)
    }

    // FM-262
    mutating func readLine() throws(DrawingError) -> BoardLine {
        skipBlanks()
        let name = try readName()
        let nameEnd = position
        let kindPlace = skipBlanks()
        guard kindPlace > nameEnd, let word = readWord(), let kind = ShapeKind(name: word) else {
            throw error("the kind of shape “\(name)” is needed here: \(ShapeKind.allCases.map(\.name).joined(separator: ", "))", kindPlace)
        }
        var line = BoardLine(name: name, content: ShapeDraft(kind: kind, position: .zero))
        var given: Set<KnownProperty> = []
        while position < end {
            let place = position
            guard skipBlanks() > place else { throw error("a blank is needed between two values") }
            guard position < end else { break }
            let keyPlace = position
            guard let key = readWord(), take("=") else { throw error("a name and `=` are needed, as `at=0,0`", keyPlace) }
            guard let property = BoardLine.property(named: key) else {
                throw error("there is no property “\(key)”", keyPlace)
            }
            guard BoardLine.has(kind, property) else { throw error("the kind \(kind.name) has no “\(key)”", keyPlace) }
            guard given.insert(property).inserted else { throw error("“\(key)” stands twice", keyPlace) }
            try readValue(of: property, into: &line)
        }
        guard given.contains(.position) else { throw error("shape “\(name)” has no “at”") }
        return line
    }

    private mutating func readValue(of property: KnownProperty, into line: inout BoardLine) throws(DrawingError) {
        let place = position
        switch property.form {
        case .point: line.content.position = try readPoint()
        case .size:
            let size = try readPoint()
            guard size.x >= 0, size.y >= 0 else { throw error("a size is not negative", place) }
            line.content.size = Size(width: size.x, height: size.y)
        case .points: line.content.points = try readPoints()
        case .text(let limit): line.content.set(.text(try readQuoted(limit: limit)), of: property)
        case .color:
            guard let color = Color(rest()) else { throw error("a colour is needed, as #F0E442", place) }
            position += 7
            line.content.set(.color(color), of: property)
        case .strokeWidth:
            let width = try readUnits()
            guard (0...Int32(Limits.strokeWidth)).contains(width) else { throw error("a width from 0 to 255.875 is needed", place) }
            line.content.set(.strokeWidth(UInt16(width)), of: property)
        case .depth: try readDepth(into: &line)
        case .binding:
            let end = try readEnd()
            if property == .startBinding { line.start = end } else { line.end = end }
        case .choice(let choice):
            guard let word = readWord(), let raw = choice.words.firstIndex(of: word) else {
                throw error("one of \(choice.words.compactMap { $0 }.joined(separator: ", ")) is needed", place)
            }
            line.content.set(.choice(UInt8(raw)), of: property)
        case .groups: line.content.groups = try readGroups()
        case .kind, .mark, .names, .name, .bytes, .number, .rights, .opaque: throw error("this is no value", place)
        }
    }

    // MARK: Values

    private mutating func readPoint() throws(DrawingError) -> Point {
        let x = try readUnits()
        guard take(",") else { throw error("two numbers with a comma between them are needed") }
        return Point(x: x, y: try readUnits())
    }

    private mutating func readPoints() throws(DrawingError) -> [Point] {
        var count = 1
        for byte in bytes[position..<end] {
            if byte == UInt8(ascii: " ") { break }
            if byte == UInt8(ascii: ";") { count += 1 }
        }
        guard count <= Limits.pointsPerStroke else { throw error("there are more than \(Limits.pointsPerStroke) points") }
        var points: [Point] = []
        // Room for all at once: what grows by doubling has it twice.
        points.reserveCapacity(count)
        repeat { points.append(try readPoint()) } while take(";")
        return points
    }

    /// Px as world units: eighths, and nothing between.
    private mutating func readUnits() throws(DrawingError) -> Int32 {
        let place = position
        let isNegative = take("-")
        let (whole, digits) = readDigits(most: 9)
        guard digits > 0 else { throw error("a number is needed", place) }
        var thousandths = 0
        if take(".") {
            let (part, digits) = readDigits(most: 3)
            guard digits > 0 else { throw error("digits are needed behind the point", place) }
            thousandths = digits == 1 ? part * 100 : digits == 2 ? part * 10 : part
        }
        guard thousandths.isMultiple(of: 125), position == end || !Self.isDigit(bytes[position]) else {
            throw error("a number of at most nine digits and eighths is needed, as 10 or 10.125", place)
        }
        let units = whole * 8 + thousandths / 125
        guard units <= Int(Limits.coordinate) else { throw error("this lies beyond the edge of the board", place) }
        return Int32(isNegative ? -units : units)
    }

    private mutating func readDepth(into line: inout BoardLine) throws(DrawingError) {
        let place = position
        guard let word = readWord(), let key = Hex.decode(word).flatMap({ DepthKey($0) }) else {
            throw error("a depth is needed as `export` writes it; without one a new shape lies above all others", place)
        }
        line.depth = key
        guard take("+") else { return }
        let (rank, digits) = readDigits(most: 6)
        guard digits > 0, rank > 0 else { throw error("a number from 1 is needed", place) }
        line.rank = rank
    }

    private mutating func readEnd() throws(DrawingError) -> BoardLine.End {
        let name = try readName()
        guard take("@") else { return BoardLine.End(name: name, x: Binding.middle, y: Binding.middle) }
        let place = position
        let x = readDigits(most: 5)
        guard x.digits > 0, x.value <= Int(Binding.full), take(",") else { throw error("a place is two numbers from 0 to 65535", place) }
        let y = readDigits(most: 5)
        guard y.digits > 0, y.value <= Int(Binding.full) else { throw error("a place is two numbers from 0 to 65535", place) }
        return BoardLine.End(name: name, x: UInt16(x.value), y: UInt16(y.value))
    }

    private mutating func readGroups() throws(DrawingError) -> [GroupID] {
        let place = position
        var groups: [GroupID] = []
        repeat {
            guard groups.count < GroupID.depthMax, let group = readWord().flatMap({ GroupID($0) }), !groups.contains(group) else {
                throw error(
                    "at most \(GroupID.depthMax) names of groups with `/` between them are needed, 16 hex digits each and no two alike",
                    place)
            }
            groups.append(group)
        } while take("/")
        return groups
    }

    private mutating func readName() throws(DrawingError) -> String {
        let place = position
        let name = position < end && bytes[position] == UInt8(ascii: "\"") ? try readQuoted(limit: Limits.nameBytes) : readWord() ?? ""
        guard !name.isEmpty, name.utf8.count <= Limits.nameBytes else {
            throw error(
                "the name of a shape is needed, of at most \(Limits.nameBytes) bytes; one with other than letters and digits in quotes",
                place)
        }
        return name
    }

    private mutating func readQuoted(limit: Int) throws(DrawingError) -> String {
        let place = position
        guard take("\"") else { throw error("a text in quotes is needed", place) }
        var text: [UInt8] = []
        while position < end, bytes[position] != UInt8(ascii: "\"") {
            if take("\\") {
                text += Array(String(try readEscape()).utf8)
            } else {
                guard bytes[position] >= 0x20, bytes[position] != 0x7F else {
                    throw error("a control character stands in the text: write it as \\u{…}")
                }
                text.append(bytes[position])
                position += 1
            }
            guard text.count <= limit else { throw error("the text is longer than \(limit) bytes", place) }
        }
        guard take("\"") else { throw error("the text has no end in this line", place) }
        guard let text = String(validating: text, as: UTF8.self) else { throw error("the text is no UTF-8", place) }
        return text
    }

    private mutating func readEscape() throws(DrawingError) -> Unicode.Scalar {
        let place = position - 1
        if take("n") { return "\n" }
        if take("t") { return "\t" }
        if take("\"") { return "\"" }
        if take("\\") { return "\\" }
        guard take("u"), take("{") else { throw error("there are \\n, \\t, \\\", \\\\ and \\u{…}", place) }
        var value: UInt32 = 0
        var digits = 0
        while position < end, digits < 6, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue {
            (value, digits, position) = (value << 4 | UInt32(digit), digits + 1, position + 1)
        }
        guard digits > 0, take("}"), let scalar = Unicode.Scalar(value) else {
            throw error("a character of Unicode is needed in \\u{…}", place)
        }
        return scalar
    }

    // MARK: Bytes

    @discardableResult private mutating func skipBlanks() -> Int {
        while take(" ") {}
        return position
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard position < end, bytes[position] == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    /// Nil where there is none.
    private mutating func readWord() -> String? {
        let place = position
        while position < end, BoardLine.isWord(bytes[position]) { position += 1 }
        return position == place ? nil : String(decoding: bytes[place..<position], as: UTF8.self)
    }

    private mutating func readDigits(most: Int) -> (value: Int, digits: Int) {
        var (value, digits) = (0, 0)
        while position < end, digits < most, Self.isDigit(bytes[position]) {
            (value, digits, position) = (value * 10 + Int(bytes[position] & 15), digits + 1, position + 1)
        }
        return (value, digits)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// The next bytes, as long as a colour is.
    private func rest() -> String { String(decoding: bytes[position..<min(end, position + 7)], as: UTF8.self) }

    private func error(_ what: String, _ place: Int? = nil) -> DrawingError {
        DrawingError(what, line: 0, column: (place ?? position) - start + 1)
    }
}
