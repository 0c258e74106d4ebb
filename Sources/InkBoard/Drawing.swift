import InkPrimitives

/// Shapes that belong together outside of a board: what a file holds.
///
///     file ──reader──▶ Drawing ──intent──▶ board
///     board ─────────▶ Drawing ──writer──▶ file
public struct Drawing: Hashable, Sendable {
    /// One of its shapes.
    public struct Item: Hashable, Sendable {
        /// By what the file calls it, no two alike; empty for nothing.
        public var name: String
        /// A binding to the `n`-th item names the author `.zero` and the number `n`, from 1.
        public var content: ShapeDraft
        /// Where it lies; nil for above all that lie somewhere.
        public var depth: DepthKey?
        /// Of those with one depth, the lower first; those with one rank lie as it comes.
        public var rank = 0

        public init(name: String = "", content: ShapeDraft) { (self.name, self.content) = (name, content) }
    }

    /// What a reader understood and could not keep, or not as it was.
    public struct Loss: Hashable, Sendable {
        /// In words, as "images".
        public var what: String
        public var count: Int
        /// What it became, as "rectangles"; nil where it was left out.
        public var became: String?

        public init(what: String, count: Int, became: String? = nil) { (self.what, self.count, self.became) = (what, count, became) }
    }

    /// Bottom first.
    public var items: [Item] = []
    /// In the order in which they were met first.
    public private(set) var losses: [Loss] = []

    public init() {}

    /// So many items at most: about 16 MiB.
    public static let itemsMax = 50_000

    /// How a binding names the item at an index.
    public static func reference(to index: Int) -> ShapeID { ShapeID(author: .zero, number: UInt64(index) + 1) }

    /// The index that a binding names; nil for none of this drawing.
    public func index(of id: ShapeID) -> Int? {
        guard id.author == .zero, id.number > 0, id.number <= UInt64(items.count) else { return nil }
        return Int(id.number) - 1
    }

    /// Counts what is not kept.
    public mutating func lose(_ what: String, _ count: Int = 1, becoming became: String? = nil) {
        if let index = losses.firstIndex(where: { $0.what == what && $0.became == became }) {
            losses[index].count += count
        } else if losses.count < Self.lossesMax {
            losses.append(Loss(what: what, count: count, became: became))
        }
    }

    /// What is told of losses is bounded: a file can have as many kinds of what we do not know as it has bytes.
    private static let lossesMax = 64
}

/// Why a file is not read.
public struct DrawingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, as a sentence without its end.
    public var what: String
    /// From 1; nil where it is no matter of one place.
    public var line: Int?
    /// In bytes, from 1.
    public var column: Int?
    /// A newer version of the program wrote the file.
    public var isOfNewerVersion = false

    public init(_ what: String, line: Int? = nil, column: Int? = nil) { (self.what, self.line, self.column) = (what, line, column) }

    /// At a place that so many bytes of the file come before.
    public init(_ what: String, at offset: Int, of bytes: [UInt8]) {
        let before = bytes.prefix(offset)
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        self.init(what, line: before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }, column: offset - lineStart + 1)
    }

    public var description: String {
        guard let line else { return what }
        return "line \(line)\(column.map { ", column \($0)" } ?? ""): \(what)"
    }
}

extension DrawingError {
    /// What is no JSON.
    public init(_ failure: JSONReader.Failure, of bytes: [UInt8]) {
        let what =
            switch failure.reason {
            case .truncated: "the file ends within a value of JSON"
            case .unexpected: "this is no JSON"
            case .badText: "a text of JSON has bytes here that it cannot have"
            case .badNumber: "this is no number of JSON"
            case .tooDeep: "brackets lie in each other deeper than \(JSONReader.depthMax)"
            case .tooMany: "there are more values here than any shape has: a path has at most \(Limits.pointsPerStroke) points"
            }
        self.init(what, at: failure.offset, of: bytes)
    }
}
