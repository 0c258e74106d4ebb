import InkBoard

/// How each kind of shape is drawn with paths.
enum ShapeVectors {
    static func draw(_ shape: ShapeDraft, on picture: inout VectorPicture) {
        let pen = ShapePen(shape)
        switch shape.kind {
        case .rectangle, .note: for (index, inset) in pen.insets.enumerated() { picture.add(pen.box(inset: inset, isOuter: index == 0)) }
        case .ellipse, .diamond: for (index, inset) in pen.insets.enumerated() { picture.add(pen.round(inset: inset, isOuter: index == 0)) }
        case .line, .arrow: for mark in pen.way() { picture.add(mark) }
        case .freehand: if let mark = pen.stroke() { picture.add(mark) }
        case .text: break
        }
        for mark in pen.letters() { picture.add(mark) }
    }
}

/// One shape with what all of its marks have in common.
private struct ShapePen {
    let shape: ShapeDraft
    let line: VectorPicture.Line
    let inside: VectorPicture.Paint
    /// The corners of its box, px.
    let box: VectorBox

    init(_ shape: ShapeDraft) {
        self.shape = shape
        // 0 is the thinnest line that can be drawn.
        let width = max(1, Double(shape.strokeWidth) / 8)
        // Strokes have no style of lines, whatever stands there.
        let style = shape.kind == .freehand ? .solid : shape.lineStyle
        let dashes: [Double] =
            switch style {
            case .solid, .double: []
            case .dashed: [max(6, 3 * width), max(5, 2.5 * width)]
            case .dotted: [width, max(4, 2 * width)]
            }
        line = VectorPicture.Line(color: shape.stroke, width: width, dashes: dashes)
        inside = shape.fill.map { .color($0) } ?? .none
        let (left, top) = (Double(shape.position.x) / 8, Double(shape.position.y) / 8)
        box = VectorBox(
            left: left, top: top, right: left + Double(max(0, shape.size.width)) / 8, bottom: top + Double(max(0, shape.size.height)) / 8)
    }

    /// Where outlines are drawn: a double one has another within it (FM-239).
    var insets: [Double] { shape.lineStyle == .double ? [-line.width, line.width] : [0] }

    func box(inset: Double, isOuter: Bool) -> VectorPicture.Mark {
        let inner = shrunk(inset)
        let (left, top, right, bottom) = (inner.left, inner.top, inner.right, inner.bottom)
        let radius = shape.hasRoundCorners ? min(8 - inset, (right - left) / 2, (bottom - top) / 2) : 0
        var steps: [VectorPicture.Step] = []
        if radius > 0 {
            // A quarter of a circle as one curve is off by 0.03 % of the radius.
            let pull = radius * (1 - 0.5522847498)
            steps = [
                .move(VectorPoint(left + radius, top)), .line(VectorPoint(right - radius, top)),
                .curve(VectorPoint(right - pull, top), VectorPoint(right, top + pull), VectorPoint(right, top + radius)),
                .line(VectorPoint(right, bottom - radius)),
                .curve(VectorPoint(right, bottom - pull), VectorPoint(right - pull, bottom), VectorPoint(right - radius, bottom)),
                .line(VectorPoint(left + radius, bottom)),
                .curve(VectorPoint(left + pull, bottom), VectorPoint(left, bottom - pull), VectorPoint(left, bottom - radius)),
                .line(VectorPoint(left, top + radius)),
                .curve(VectorPoint(left, top + pull), VectorPoint(left + pull, top), VectorPoint(left + radius, top)), .close,
            ]
        } else {
            steps = [
                .move(VectorPoint(left, top)), .line(VectorPoint(right, top)), .line(VectorPoint(right, bottom)),
                .line(VectorPoint(left, bottom)), .close,
            ]
        }
        return .path(steps, line: line, inside: isOuter ? inside : .none)
    }

    func round(inset: Double, isOuter: Bool) -> VectorPicture.Mark {
        let middle = VectorPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        let inside = isOuter ? inside : .none
        guard shape.kind == .diamond else {
            let radii = VectorPoint(max(0, box.width / 2 - inset), max(0, box.height / 2 - inset))
            return .ellipse(middle: middle, radii: radii, line: line, inside: inside)
        }
        // What is moved inwards by so much has corners that are moved by more.
        let (a, b) = (max(0.5, box.width / 2), max(0.5, box.height / 2))
        let scale = max(0, 1 - inset * VectorPoint(a, b).length / (a * b))
        let (x, y) = (a * scale, b * scale)
        return .path(
            [
                .move(VectorPoint(middle.x, middle.y - y)), .line(VectorPoint(middle.x + x, middle.y)),
                .line(VectorPoint(middle.x, middle.y + y)), .line(VectorPoint(middle.x - x, middle.y)), .close,
            ], line: line, inside: inside)
    }

    /// The curve through the samples, which is that of the terminal (FM-142).
    func stroke() -> VectorPicture.Mark? {
        guard !shape.points.isEmpty else { return nil }
        var steps: [VectorPicture.Step] = []
        StrokeCurve(points: shape.points, origin: shape.position).forEachBezier { from, out, back, to in
            if steps.isEmpty { steps.append(.move(Self.point(from))) }
            steps.append(out == from && back == to ? .line(Self.point(to)) : .curve(Self.point(out), Self.point(back), Self.point(to)))
        }
        return .path(steps, line: line, inside: .none)
    }

    // MARK: Lines

    /// A line or an arrow with its heads; where its label stands there is no line (FM-143).
    func way() -> [VectorPicture.Mark] {
        var corners: [VectorPoint] = []
        for point in shape.points.isEmpty ? [.zero] : shape.points {
            let corner = VectorPoint(Double(Int(shape.position.x) + Int(point.x)) / 8, Double(Int(shape.position.y) + Int(point.y)) / 8)
            if corners.last != corner { corners.append(corner) }
        }
        guard corners.count > 1 else {
            return [.path([.move(corners[0]), .line(corners[0])], line: line, inside: .none)]
        }
        let heads = shape.heads
        var marks: [VectorPicture.Mark] = []
        var trimmed = corners
        let last = corners.count - 1
        if let head = head(heads.start, at: corners[0], from: corners[1]) {
            marks.append(head.mark)
            trimmed[0] = head.lineEnd
        }
        if let head = head(heads.end, at: corners[last], from: corners[last - 1]) {
            marks.append(head.mark)
            trimmed[last] = head.lineEnd
        }
        var lines: [VectorPicture.Mark] = []
        for inset in insets {
            let steps = pieces(of: inset == 0 ? trimmed : Self.displaced(trimmed, by: inset))
            if !steps.isEmpty { lines.append(.path(steps, line: line, inside: .none)) }
        }
        return lines + marks
    }

    /// A head, and where the line ends that has it, so that nothing looks out of it (FM-143).
    private func head(_ head: LineHead, at tip: VectorPoint, from before: VectorPoint) -> (mark: VectorPicture.Mark, lineEnd: VectorPoint)?
    {
        guard let way = (tip - before).unit else { return nil }
        let length = min(10 + 2 * line.width, max(2, (tip - before).length))
        let (back, side) = (tip - way * length, way.normal * (length * 0.45))
        let plain = VectorPicture.Line(color: line.color, width: line.width)
        let paint = line.color.map { VectorPicture.Paint.color($0) } ?? .ink
        switch head {
        case .none, .usual: return nil
        case .arrow:
            return (.path([.move(back + side), .line(tip), .line(back - side)], line: plain, inside: .none), tip)
        case .triangle:
            return (.path([.move(tip), .line(back + side), .line(back - side), .close], line: nil, inside: paint), back)
        case .dot:
            let radius = length * 0.3
            return (.ellipse(middle: tip - way * radius, radii: VectorPoint(radius, radius), line: nil, inside: paint), tip - way * radius)
        case .bar: return (.path([.move(tip + side), .line(tip - side)], line: plain, inside: .none), tip)
        }
    }

    /// The steps along corners, without what lies behind the label.
    private func pieces(of corners: [VectorPoint]) -> [VectorPicture.Step] {
        var steps: [VectorPicture.Step] = []
        let hole = labelBox
        var isOpen = false
        for (from, to) in zip(corners, corners.dropFirst()) {
            let outside = hole.map { Self.outside($0, from, to) } ?? [(0, 1)]
            for (start, end) in outside {
                if start > 0 || !isOpen { steps.append(.move(from + (to - from) * start)) }
                steps.append(.line(from + (to - from) * end))
            }
            isOpen = outside.last?.1 == 1
        }
        return steps
    }

    /// The parts of a piece outside a box, as parts of its way.
    private static func outside(_ box: VectorBox, _ from: VectorPoint, _ to: VectorPoint) -> [(Double, Double)] {
        let way = to - from
        var (enter, leave) = (0.0, 1.0)
        for (start, step, low, high) in [(from.x, way.x, box.left, box.right), (from.y, way.y, box.top, box.bottom)] {
            if step == 0 {
                guard (low...high).contains(start) else { return [(0, 1)] }
            } else {
                let (one, two) = ((low - start) / step, (high - start) / step)
                (enter, leave) = (max(enter, min(one, two)), min(leave, max(one, two)))
            }
        }
        guard enter < leave else { return [(0, 1)] }
        return [(0, enter), (leave, 1)].filter { $0.0 < $0.1 }
    }

    /// A way beside another, with mitred corners.
    private static func displaced(_ corners: [VectorPoint], by distance: Double) -> [VectorPoint] {
        corners.indices.map { index in
            let before = index > 0 ? (corners[index] - corners[index - 1]).unit : nil
            let after = index + 1 < corners.count ? (corners[index + 1] - corners[index]).unit : nil
            guard let first = before ?? after, let second = after ?? before else { return corners[index] }
            let sum = first.normal + second.normal
            // Of a way that turns back there is no corner: it ends square.
            guard let miter = sum.unit, sum.length > 0.5 else { return corners[index] + first.normal * distance }
            return corners[index] + miter * (distance * 2 / sum.length)
        }
    }

    // MARK: Letters

    /// What the label of a line covers; nil for none, and for one that stands above its line.
    private var labelBox: VectorBox? {
        let words = letters()
        guard shape.hasEnds, let first = words.first?.bounds else { return nil }
        return words.dropFirst().reduce(first) { box, word in word.bounds.map { box.union($0) } ?? box }.grown(by: 2)
    }

    /// The words of its text, each where its first letter stands (FM-140).
    func letters() -> [VectorPicture.Mark] {
        guard !shape.text.isEmpty else { return [] }
        let placement = TextPlacement(shape, on: .standard)
        let top = top(placement)
        var marks: [VectorPicture.Mark] = []
        for index in 0..<placement.shown {
            let row = placement.row(index)
            let columns = row.items.reduce(0) { $0 + $1.columns }
            var x = left(of: row.column, columns)
            let base = top + Double(index) * LetterBox.height + LetterBox.ascent
            var (word, width, start): ([UInt8], Int, Double) = ([], 0, x)
            func end() {
                guard width > 0 else { return }
                let text = String(decoding: word, as: UTF8.self)
                marks.append(
                    .word(text, at: VectorPoint(start.rounded(), base.rounded()), columns: width, color: shape.stroke, paper: shape.fill))
                (word, width) = ([], 0)
            }
            for item in row.items {
                if item.glyph == .space {
                    end()
                } else {
                    if width == 0 { start = x }
                    item.glyph.append(to: &word)
                    width += item.columns
                    // Only letters of one certain width are sure to take what a font gives them.
                    if !item.glyph.hasCertainWidth { end() }
                }
                x += Double(item.columns) * LetterBox.width
            }
            end()
        }
        return marks
    }

    /// px; how far an outline reaches into its box (FM-174).
    private var outlineInside: Double { (insets.max() ?? 0) + line.width / 2 }

    /// The upper side of the first row.
    private func top(_ placement: TextPlacement) -> Double {
        switch shape.kind {
        case .rectangle, .ellipse, .diamond: (box.top + box.bottom) / 2 - Double(placement.shown) * LetterBox.height / 2
        case .note: box.top + max(LetterBox.height / 2, outlineInside + 2)
        case .text: box.top
        case .line, .arrow, .freehand: Double(placement.top) * LetterBox.height
        }
    }

    private func left(of column: Int, _ columns: Int) -> Double {
        switch shape.kind {
        case .rectangle, .ellipse, .diamond: (box.left + box.right) / 2 - Double(columns) * LetterBox.width / 2
        case .note: box.left + max(LetterBox.width / 2, outlineInside + 2)
        case .text: box.left
        case .line, .arrow, .freehand: Double(column) * LetterBox.width
        }
    }

    private func shrunk(_ inset: Double) -> VectorBox {
        let (x, y) = (min(inset, box.width / 2), min(inset, box.height / 2))
        return VectorBox(left: box.left + x, top: box.top + y, right: box.right - x, bottom: box.bottom - y)
    }

    private static func point(_ place: StrokeCurve.Place) -> VectorPoint { VectorPoint(place.x / 8, place.y / 8) }
}
