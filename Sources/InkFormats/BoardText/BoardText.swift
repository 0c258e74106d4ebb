import InkBoard
import InkPrimitives

/// A board as text for git: a line for each shape, by what they are called.
///
///     inkwire board 1
///     box rectangle at=4,8 size=120,32 text="one" depth=a001
///     note note at=300,40 size=120,64 depth=a002
///     end
///
/// It follows from the board alone. Who changes a property changes a line; whoever adds a shape adds one, mostly elsewhere than the next who does. The
/// last line says that the file is whole: one that was cut would else delete what is missing (FM-183).
package enum BoardText {
    static let beginning = "inkwire board "
    static let version = "1"
    // FM-182
    static let ending = "end"

    /// The text of a board.
    ///
    /// - Parameter shapes: all that stand, as the board has them and in any order.
    package static func text(of shapes: [Shape]) -> String {
        text(of: lines(of: shapes).map { (name: $0.name, text: $0.text) }.sorted { isBefore($0.name, $1.name) }.map(\.text))
    }

    /// - Parameter lines: in their order, each without its end.
    static func text(of lines: [String]) -> String {
        var text = beginning + version + "\n"
        for line in lines { text += line + "\n" }
        return text + ending + "\n"
    }

    /// The order of lines: that of the bytes of names (FM-257).
    static func isBefore(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

    /// The shapes of a text (FM-182, FM-181).
    package static func drawing(reading bytes: [UInt8]) throws(DrawingError) -> Drawing {
        var reader = try BoardTextReader(bytes)
        var drawing = Drawing()
        drawing.items.reserveCapacity(min(Drawing.itemsMax, bytes.reduce(0) { $1 == 0x0A ? $0 + 1 : $0 }))
        var places: [String: Int] = [:]
        var ends: [(place: Int, start: BoardLine.End?, end: BoardLine.End?)] = []
        while let line = try reader.next() {
            let place = drawing.items.count
            guard place < Drawing.itemsMax else { throw reader.error("there are more than \(Drawing.itemsMax) shapes") }
            guard places.updateValue(place, forKey: line.name) == nil else { throw reader.error("the shape “\(line.name)” stands twice") }
            if line.start != nil || line.end != nil { ends.append((place, line.start, line.end)) }
            var item = Drawing.Item(name: line.name, content: line.content)
            (item.depth, item.rank) = (line.depth, line.rank)
            item.content.giveAPoint()
            drawing.items.append(item)
        }
        for (place, start, end) in ends {
            drawing.items[place].content.startBinding = binding(start, places, &drawing)
            drawing.items[place].content.endBinding = binding(end, places, &drawing)
        }
        return drawing
    }

    // FM-264
    private static func binding(_ end: BoardLine.End?, _ places: [String: Int], _ drawing: inout Drawing) -> Binding? {
        guard let end else { return nil }
        guard let target = places[end.name], drawing.items[target].content.isBindable else {
            drawing.lose("ends bound to what is not in the file, or takes none,", becoming: "points")
            return nil
        }
        return Binding(Drawing.reference(to: target), x: end.x, y: end.y)
    }

    // FM-260
    private static func lines(of shapes: [Shape]) -> [BoardLine] {
        let names = LastingNames(shapes)
        let bindable = Set(shapes.lazy.filter(\.content.isBindable).map(\.id))
        func end(_ binding: Binding?) -> BoardLine.End? {
            guard let binding, bindable.contains(binding.shape), let name = names[binding.shape] else { return nil }
            return BoardLine.End(name: name, x: binding.x, y: binding.y)
        }
        var lines: [BoardLine] = []
        lines.reserveCapacity(shapes.count)
        var last: (depth: DepthKey, rank: Int)?
        for shape in shapes.sorted(by: { $0.isBelow($1) }) {
            let rank = last.map { $0.depth == shape.depth ? $0.rank + 1 : 0 } ?? 0
            last = (shape.depth, rank)
            guard let name = names[shape.id] else { continue }
            var line = BoardLine(name: name, content: shape.content)
            line.content.label = ""
            line.content.giveAPoint()
            (line.content.startBinding, line.content.endBinding) = (nil, nil)
            if shape.content.hasEnds { (line.start, line.end) = (end(shape.content.startBinding), end(shape.content.endBinding)) }
            (line.depth, line.rank) = (shape.depth, rank)
            lines.append(line)
        }
        return lines
    }
}

extension ShapeDraft {
    /// No board takes a new path without a point, but what a member wrote by other means may stand there without any (FM-263).
    fileprivate mutating func giveAPoint() { if kind.isPath, points.isEmpty { points = [.zero] } }
}

/// Reads the text of a board line by line; nothing else of it is held in memory.
struct BoardTextReader {
    private let bytes: [UInt8]
    private var position = 0
    /// The line that was read last, from 1.
    private var number = 0
    private var isWhole = false

    /// Reads the first line.
    init(_ bytes: [UInt8]) throws(DrawingError) {
        self.bytes = bytes
        guard let line = nextLine() else {
            throw DrawingError("the file is empty: `inkwire export --format board` writes what is read here")
        }
        let text = String(decoding: bytes[line].prefix(64), as: UTF8.self)
        try refuseConflict(line)
        guard text.hasPrefix(BoardText.beginning) else {
            throw error("the file does not begin with “\(BoardText.beginning)\(BoardText.version)”: it is no board of inkwire")
        }
        let version = text.dropFirst(BoardText.beginning.count)
        guard version == BoardText.version else {
            var error = error("the file is of version \(version), and this inkwire reads version \(BoardText.version)")
            error.isOfNewerVersion = (Int(version) ?? 0) > (Int(BoardText.version) ?? 0)
            throw error
        }
    }

    /// The next shape; nil behind the last.
    mutating func next() throws(DrawingError) -> BoardLine? {
        while let line = nextLine() {
            guard bytes[line].contains(where: { $0 != UInt8(ascii: " ") }) else { continue }
            try refuseConflict(line)
            guard !isWhole else { throw error("nothing follows the line “\(BoardText.ending)”") }
            if bytes[line].elementsEqual(BoardText.ending.utf8) {
                isWhole = true
                continue
            }
            var reader = BoardLineReader(bytes, in: line)
            do throws(DrawingError) {
                return try reader.readLine()
            } catch {
                throw DrawingError(error.what, line: number, column: error.column)
            }
        }
        guard isWhole else {
            throw DrawingError("the file is cut: its last line is not “\(BoardText.ending)”", line: max(1, number), column: 1)
        }
        return nil
    }

    /// At the line that was read last.
    func error(_ what: String) -> DrawingError { DrawingError(what, line: number, column: 1) }

    /// The bytes of the next line, without its end; nil where none is left.
    private mutating func nextLine() -> Range<Int>? {
        guard position < bytes.count else { return nil }
        let start = position
        let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
        (position, number) = (end + 1, number + 1)
        return start..<(end > start && bytes[end - 1] == 0x0D ? end - 1 : end)
    }

    // FM-182
    private func refuseConflict(_ line: Range<Int>) throws(DrawingError) {
        let mark = bytes[line].prefix(7)
        guard let first = mark.first, "<|=>".utf8.contains(first), mark.count == 7, mark.allSatisfy({ $0 == first }) else { return }
        throw error(
            "a conflict is not resolved here: of the lines from “<<<<<<<” to “>>>>>>>” keep one of each shape, and take out the marks")
    }
}
