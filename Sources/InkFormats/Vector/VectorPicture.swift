import InkBoard

/// A place in px, y downward.
package struct VectorPoint: Hashable, Sendable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }

    package static func + (left: VectorPoint, right: VectorPoint) -> VectorPoint { VectorPoint(left.x + right.x, left.y + right.y) }
    package static func - (left: VectorPoint, right: VectorPoint) -> VectorPoint { VectorPoint(left.x - right.x, left.y - right.y) }
    package static func * (point: VectorPoint, factor: Double) -> VectorPoint { VectorPoint(point.x * factor, point.y * factor) }

    package var length: Double { (x * x + y * y).squareRoot() }
    /// A quarter turn to the left of who goes this way.
    package var normal: VectorPoint { VectorPoint(y, -x) }
    /// Of length one; nil for no way at all.
    package var unit: VectorPoint? {
        let length = length
        return length > 0 ? self * (1 / length) : nil
    }
}

/// A rectangle in px.
package struct VectorBox: Hashable, Sendable {
    package var left: Double
    package var top: Double
    package var right: Double
    package var bottom: Double

    package init(left: Double, top: Double, right: Double, bottom: Double) {
        (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
    }

    package var width: Double { right - left }
    package var height: Double { bottom - top }

    package func union(_ other: VectorBox) -> VectorBox {
        VectorBox(
            left: min(left, other.left), top: min(top, other.top), right: max(right, other.right), bottom: max(bottom, other.bottom))
    }

    package func grown(by more: Double) -> VectorBox {
        VectorBox(left: left - more, top: top - more, right: right + more, bottom: bottom + more)
    }
}

/// A board as what a printer or a browser draws: paths and rows of letters, in px, bottom first.
///
///     ShapeDraft ──▶ VectorPicture ──▶ SVG ──▶ PNG
///
/// The geometry is that of the board: 8 world units a px. Letters have the cells of a terminal, 8×16 px each, so that a text wraps and is cut as it
/// is there (FM-140).
package struct VectorPicture: Sendable {
    package enum Step: Hashable, Sendable {
        case move(VectorPoint)
        case line(VectorPoint)
        /// A cubic Bézier curve: its two control points and its end.
        case curve(VectorPoint, VectorPoint, VectorPoint)
        case close
    }

    package struct Line: Hashable, Sendable {
        /// Nil for the ink of who looks.
        package var color: Color?
        /// px.
        package var width: Double
        /// Lengths of what is drawn and what is not, in px; empty for a whole line.
        package var dashes: [Double] = []
    }

    package enum Paint: Hashable, Sendable {
        case none
        case color(Color)
        /// The ink of who looks.
        case ink
    }

    package enum Mark: Hashable, Sendable {
        case path([Step], line: Line?, inside: Paint)
        case ellipse(middle: VectorPoint, radii: VectorPoint, line: Line?, inside: Paint)
        /// Letters without a blank, from the left end of their base line; `columns` cells wide. `paper` is what they stand on, where they must be told from it.
        case word(String, at: VectorPoint, columns: Int, color: Color?, paper: Color?)
    }

    package private(set) var marks: [Mark] = []
    /// All that leaves ink; nil for nothing.
    package private(set) var bounds: VectorBox?

    /// All shapes as they are drawn, bottom first.
    package init(of shapes: [ShapeDraft]) { for shape in shapes { ShapeVectors.draw(shape, on: &self) } }

    /// Adds a mark on top of all others.
    mutating func add(_ mark: Mark) {
        guard let box = mark.bounds else { return }
        marks.append(mark)
        bounds = bounds.map { $0.union(box) } ?? box
    }
}

extension VectorPicture.Mark {
    /// What it covers at most; nil for nothing.
    package var bounds: VectorBox? {
        switch self {
        case .path(let steps, let line, _):
            var box: VectorBox?
            func take(_ point: VectorPoint) {
                let one = VectorBox(left: point.x, top: point.y, right: point.x, bottom: point.y)
                box = box.map { $0.union(one) } ?? one
            }
            for step in steps {
                switch step {
                case .move(let point), .line(let point): take(point)
                case .curve(let out, let back, let end): for point in [out, back, end] { take(point) }
                case .close: break
                }
            }
            return box?.grown(by: (line?.width ?? 0) / 2)
        case .ellipse(let middle, let radii, let line, _):
            let half = (line?.width ?? 0) / 2
            return VectorBox(
                left: middle.x - radii.x - half, top: middle.y - radii.y - half, right: middle.x + radii.x + half,
                bottom: middle.y + radii.y + half)
        case .word(_, let at, let columns, _, _):
            return VectorBox(
                left: at.x, top: at.y - LetterBox.ascent, right: at.x + Double(columns) * LetterBox.width,
                bottom: at.y + LetterBox.height - LetterBox.ascent)
        }
    }
}

/// The cell of a letter, in px: that of a terminal at 100 %.
package enum LetterBox {
    package static let width = 8.0
    package static let height = 16.0
    /// From its upper side to the base line.
    package static let ascent = 12.5
    /// Of letters that are 1233/2048 of it wide, as those of DejaVu Sans Mono are, and nearly so those of most fonts of one width: a letter then is as
    /// wide as its cell, and each stands on a whole px, where all programs draw it alike. A little larger than 13.2879, which is exact: programs round
    /// places down to quarters of a px (FM-173).
    package static let fontSize = 13.29
}
