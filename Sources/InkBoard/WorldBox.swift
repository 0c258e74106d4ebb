import InkPrimitives

/// A rectangle of the world, its sides included, in world units.
public struct WorldBox: Hashable, Sendable {
    public var left: Int
    public var top: Int
    public var right: Int
    public var bottom: Int

    public init(left: Int, top: Int, right: Int, bottom: Int) {
        (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
    }

    public func grown(by x: Int, _ y: Int) -> WorldBox { WorldBox(left: left - x, top: top - y, right: right + x, bottom: bottom + y) }

    /// The smallest box with both in it.
    public func union(_ other: WorldBox) -> WorldBox {
        WorldBox(
            left: min(left, other.left), top: min(top, other.top), right: max(right, other.right), bottom: max(bottom, other.bottom))
    }

    public func overlaps(_ other: WorldBox) -> Bool {
        left <= other.right && other.left <= right && top <= other.bottom && other.top <= bottom
    }

    /// How far a point is from it along the axis on which that is more; 0 within.
    public func distance(to point: Point) -> Int {
        max(left - Int(point.x), Int(point.x) - right, top - Int(point.y), Int(point.y) - bottom, 0)
    }
}

extension ShapeDraft {
    /// True for a shape that is as large as its words.
    public var isSizedByText: Bool { kind == .text || kind == .note && size == .zero }

    /// The extent of the shape: of its box, its points, or its words where it is as large as they are.
    ///
    /// Words are measured by a table of their own here, a letter of 8×16 px and a wide one of twice that: who draws has better ones, and another on
    /// each medium, and for what is bound to a text all have to agree. So scalars are counted and not graphemes, whose rules change with the
    /// system's version of Unicode (BD-68).
    public var worldBox: WorldBox {
        let (x, y) = (Int(position.x), Int(position.y))
        if isSizedByText { return wordsBox(frame: kind == .note ? 2 : 0) }
        switch kind {
        case .line, .arrow, .freehand:
            guard let first = points.first else { return WorldBox(left: x, top: y, right: x, bottom: y) }
            var box = WorldBox(left: Int(first.x), top: Int(first.y), right: Int(first.x), bottom: Int(first.y))
            for point in points {
                (box.left, box.right) = (min(box.left, Int(point.x)), max(box.right, Int(point.x)))
                (box.top, box.bottom) = (min(box.top, Int(point.y)), max(box.bottom, Int(point.y)))
            }
            return WorldBox(left: x + box.left, top: y + box.top, right: x + box.right, bottom: y + box.bottom)
        case .rectangle, .ellipse, .diamond, .note, .text:
            return WorldBox(left: x, top: y, right: x + max(0, Int(size.width)), bottom: y + max(0, Int(size.height)))
        }
    }

    /// Of a text from its first letter to behind its last; of a note with a frame of one letter between the middles of the frame, as boxes are.
    private func wordsBox(frame: Int) -> WorldBox {
        var (columns, rows, widest) = (0, 1, 0)
        var last: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if Self.isLineBreak(scalar.value) {
                // CR and LF are one break.
                if scalar != "\n" || last != "\r" { (columns, rows) = (0, rows + 1) }
            } else {
                columns += Self.columns(of: scalar.value)
                widest = max(widest, columns)
            }
            last = scalar
        }
        let (x, y) = (Int(position.x), Int(position.y))
        return WorldBox(
            left: x, top: y, right: x + (max(1, widest) + frame / 2) * Self.letterWidth, bottom: y + (rows + frame / 2) * Self.letterHeight)
    }

    /// LF, VT, FF, CR, NEL and the separators of lines and paragraphs.
    private static func isLineBreak(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0xA...0xD, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    /// 2 for East Asian wide letters and emoji, in whole blocks; 0 for the common combining marks, joiners, variation selectors and tones of skin.
    private static func columns(of scalar: UInt32) -> Int {
        switch scalar {
        case ..<0x300: 1
        case 0x300...0x36F, 0x483...0x489, 0x591...0x5BD, 0x610...0x61A, 0x64B...0x65F, 0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x200B...0x200F,
            0x202A...0x202E, 0x2060...0x206F, 0x20D0...0x20F0, 0x302A...0x302F, 0x3099...0x309A, 0xFE00...0xFE0F, 0xFE20...0xFE2F, 0xFEFF,
            0x1F3FB...0x1F3FF, 0xE_0000...0xE_0FFF:
            0
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
            0x1F300...0x1FAFF, 0x2_0000...0x3_FFFD:
            2
        default: 1
        }
    }

    /// True for text in which something is to be seen.
    var hasLetters: Bool { text.unicodeScalars.contains { Self.columns(of: $0.value) > 0 && !$0.properties.isWhitespace } }

    /// A letter in world units: 8×16 px.
    static let letterWidth = 64
    static let letterHeight = 128
}
