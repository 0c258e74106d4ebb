import InkBoard

/// What stands in one cell of a terminal: a base scalar and up to three marks on it.
///
/// Plain numbers rather than a `Character`, so that a screen of cells is copied and compared without reference counting. Only `forEachPart`
/// makes glyphs from foreign text, so no glyph can hold a control character (T21 of the threat model).
public struct Glyph: Hashable, Sendable {
    /// The scalar that gives the cell its width; never a control.
    public let base: UInt32
    private let mark0: UInt32
    private let mark1: UInt32
    private let mark2: UInt32

    /// A glyph of ours. Foreign text goes through `forEachPart`.
    public init(_ scalar: Unicode.Scalar) { self.init(base: scalar.value, marks: []) }

    private init(base: UInt32, marks: [UInt32]) {
        self.base = base
        mark0 = marks.isEmpty ? 0 : marks[0]
        mark1 = marks.count > 1 ? marks[1] : 0
        mark2 = marks.count > 2 ? marks[2] : 0
    }

    public static let space = Glyph(" ")

    /// True if it is one byte of printable ASCII.
    public var isASCII: Bool { base < 0x80 && mark0 == 0 }

    /// True if every terminal that was tried advances by the same count of cells: ASCII, accented Latin, Greek, Cyrillic, box drawing,
    /// blocks, braille; kana, ideographs and Hangul syllables.
    public var hasCertainWidth: Bool {
        guard mark0 == 0 else { return false }
        switch base {
        case 0..<0x80, 0xC0..<0x250, 0x391..<0x482, 0x2500..<0x25A0, 0x2800..<0x2900: return true
        case 0x3041..<0x3100, 0x4E00..<0xA000, 0xAC00..<0xD7A4: return true
        default: return false
        }
    }

    /// Appends the glyph as UTF-8.
    public func append(to bytes: inout [UInt8]) {
        for value in [base, mark0, mark1, mark2] where value != 0 {
            guard value >= 0x80 else {
                bytes.append(UInt8(value))
                continue
            }
            if let scalar = Unicode.Scalar(value) { bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter) }
        }
    }

    /// The glyph as a string.
    public var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Calls `body` with the glyphs by which a grapheme cluster of foreign text is shown, each with its cells (1 or 2); with none if nothing
    /// of it may be shown (FM-10).
    ///
    /// Terminals disagree about clusters (ZWJ families measured 2, 6 or 8 cells in eight terminals), so a cluster is reduced to what they
    /// agree on: each scalar that takes cells, with its non-spacing marks. Joined emoji stand side by side, toned ones lose their tone; the
    /// document keeps the text.
    package static func forEachPart(of character: Character, _ body: (_ glyph: Glyph, _ columns: Int) -> Void) {
        if let ascii = character.asciiValue {
            if ascii >= 0x20, ascii < 0x7F { body(Glyph(Unicode.Scalar(ascii)), 1) }
            return
        }
        var part: (base: Unicode.Scalar, marks: [UInt32], columns: Int)?
        for scalar in character.unicodeScalars where isPresentable(scalar) {
            let width = CharacterWidth.columns(of: scalar)
            guard let begun = part else {
                // A mark without a base would ride on whatever stands to its left.
                part = width == 0 ? (" ", [scalar.value], 1) : (shown(scalar), [], width)
                continue
            }
            if scalar.properties.generalCategory == .spacingMark {
                part?.columns = min(2, begun.columns + 1)
                part?.marks.append(scalar.value)
            } else if width == 0 {
                // What is not shown is not kept.
                if begun.marks.count < marksMax { part?.marks.append(scalar.value) }
            } else if isRegionalIndicator(begun.base), isRegionalIndicator(scalar), begun.marks.isEmpty {
                // Two regional indicators make a flag, two cells wide in every terminal that was tried.
                part?.columns = 2
                part?.marks.append(scalar.value)
            } else if !scalar.properties.isEmojiModifier {
                body(Glyph(base: begun.base.value, marks: Array(begun.marks.prefix(marksMax))), begun.columns)
                part = (shown(scalar), [], width)
            }
        }
        if let part { body(Glyph(base: part.base.value, marks: Array(part.marks.prefix(marksMax))), part.columns) }
    }

    /// What stands for a scalar that has cells.
    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar { CharacterWidth.isAssigned(scalar) ? scalar : "\u{FFFD}" }

    /// Marks on one base (FM-10).
    private static let marksMax = 3

    /// False for scalars that command a terminal or a reader rather than show: C0, DEL, C1, bidi controls, zero-width and other invisible
    /// format characters, line and paragraph separators, variation selectors, tags (FM-9).
    private static func isPresentable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: !scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    private static func isRegionalIndicator(_ scalar: Unicode.Scalar) -> Bool { (0x1F1E6...0x1F1FF).contains(scalar.value) }
}

/// One cell of a screen or of a rendered board: a glyph with colours and attributes.
public struct Cell: Hashable, Sendable {
    /// Type attributes, as terminals have them.
    public struct Attributes: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let bold = Attributes(rawValue: 1)
        public static let dim = Attributes(rawValue: 2)
        public static let underline = Attributes(rawValue: 4)
        public static let reverse = Attributes(rawValue: 8)
    }

    public var glyph: Glyph
    /// Cells the glyph takes: 1, or 2 for wide ones; 0 marks the right half of the wide glyph to the left.
    public var columns: UInt8
    // Colours as numbers, for a screen of cells is compared many times a second: half as dear as optional colours.
    private var inkBits: UInt32
    private var paperBits: UInt32
    public var attributes: Attributes

    /// Nil is the reader's own ink.
    public var foreground: Color? {
        get { Self.color(inkBits) }
        set { inkBits = Self.bits(newValue) }
    }
    /// Nil is the reader's own paper.
    public var background: Color? {
        get { Self.color(paperBits) }
        set { paperBits = Self.bits(newValue) }
    }

    private static func color(_ bits: UInt32) -> Color? { bits == own ? nil : Color(rgb: bits) }
    private static func bits(_ color: Color?) -> UInt32 { color?.rgb ?? own }
    /// No colour has it.
    private static let own: UInt32 = 0x100_0000

    public init(
        _ glyph: Glyph = .space, columns: UInt8 = 1, foreground: Color? = nil, background: Color? = nil, attributes: Attributes = []
    ) {
        (self.glyph, self.columns, self.attributes) = (glyph, columns, attributes)
        (inkBits, paperBits) = (Self.bits(foreground), Self.bits(background))
    }

    /// Nothing, on the reader's own paper.
    public static let blank = Cell()
}
