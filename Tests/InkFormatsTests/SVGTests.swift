import InkBoard
import InkFormats
import InkPrimitives
import Testing

@Suite struct SVGTests {
    @Test func `FM-140, FM-238: a box with its label is a path and words, in px of the board`() {
        let box = ShapeDraft(
            kind: .rectangle, position: Point(x: 80, y: 36), size: Size(width: 801, height: 384), text: "a <b>", stroke: Color("#D55E00"))
        let svg = SVG(VectorPicture(of: [box]))
        #expect(
            svg.text == """
                <svg xmlns="http://www.w3.org/2000/svg" width="135" height="82" viewBox="-7 -12.5 135 82">
                <rect x="-7" y="-12.5" width="100%" height="100%" fill="#FFFFFF"/>
                <g fill="none" stroke-linecap="round" stroke-linejoin="round" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13.29" text-rendering="geometricPrecision">
                <path d="M10,4.5L110.125,4.5L110.125,52.5L10,52.5Z" stroke="#D55E00" stroke-width="2"/>
                <text x="40" y="33" fill="#D55E00">a</text>
                <text x="56" y="33" fill="#D55E00">&lt;b&gt;</text>
                </g>
                </svg>

                """)
        #expect(SVG(VectorPicture(of: [])).text.contains("viewBox=\"0 0 32 32\""))
    }

    @Test func `FM-141: what peers wrote is nothing but letters`() {
        let hostile = [
            "</text><script>alert(1)</script>", "\u{1B}]0;x\u{7}\u{0}\u{FFFE}", "\" onload=\"x", "<!--", "]]>", "&#0;", "\u{202E}abc",
        ]
        for text in hostile {
            for kind in ShapeKind.allCases {
                var shape = box(kind == .text ? .rectangle : kind, 0, 0, 60, 6, text: text)
                if kind == .text { shape = words(text, 0, 0) }
                if kind.isPath { shape = path(kind, [(0, 0), (60, 6)], text: text) }
                shape.label = text
                let svg = SVG(VectorPicture(of: [shape])).text
                let tags = svg.split(separator: "<").dropFirst().map { $0.prefix { $0.isLetter || $0 == "/" } }
                #expect(Set(tags).isSubset(of: ["svg", "rect", "g", "path", "ellipse", "text", "/text", "/g", "/svg"]), "\(svg)")
                #expect(
                    svg.unicodeScalars.allSatisfy {
                        $0 == "\n" || $0.value >= 0x20 && $0.value != 0xFFFE && $0.properties.generalCategory != .format
                    })
                #expect(!svg.contains("onload=\"") && !svg.contains("href"))
            }
        }
    }

    @Test func `FM-142: a stroke is the curve of the terminal, and its bounds hold it`() throws {
        let stroke = path(.freehand, [(0, 0), (3, 2), (9, 1), (20, 8)], width: 32)
        let picture = VectorPicture(of: [stroke])
        guard case .path(let steps, let line?, .none)? = picture.marks.first else {
            Issue.record("no path")
            return
        }
        #expect(steps.count == 4 && steps[0] == .move(VectorPoint(4, 8)) && line.width == 4)
        guard case .curve(_, _, let end) = steps[3] else {
            Issue.record("no curve")
            return
        }
        #expect(end == VectorPoint(164, 136))
        let bounds = try #require(picture.bounds)
        #expect(bounds.left <= 2 && bounds.right >= 166 && bounds.bottom >= 138)
        // A style of lines means nothing for it.
        var dashed = stroke
        dashed.lineStyle = .dashed
        #expect(VectorPicture(of: [dashed]).marks == picture.marks)
        // A dot is seen as well.
        #expect(SVG(VectorPicture(of: [path(.freehand, [(1, 1)])])).text.contains("<path d=\"M12,24L12,24\""))
    }

    @Test func `FM-143, FM-239: a line leaves room for its label, has heads that point where it goes, and ends where they begin`() {
        var arrow = path(.arrow, [(0, 0), (40, 0)], text: "label")
        arrow.endHead = .triangle
        let marks = VectorPicture(of: [arrow]).marks
        guard case .path(let steps, _, _) = marks[0], case .path(let head, nil, .ink) = marks[1] else {
            Issue.record("\(marks)")
            return
        }
        #expect(steps.count == 4 && head[0] == .move(VectorPoint(324, 8)))
        guard case .line(let cut) = steps[1], case .move(let after) = steps[2], case .line(let end) = steps[3] else {
            Issue.record("\(steps)")
            return
        }
        #expect(cut.x < 148 && after.x > 180 && end.x == 310)
        for head in LineHead.allCases {
            for style in LineStyle.allCases {
                var line = path(.line, [(0, 0), (5, 9), (5, 2)])
                (line.startHead, line.endHead, line.lineStyle) = (head, head, style)
                #expect(VectorPicture(of: [line]).marks.count == (style == .double ? 2 : 1) + (head == .usual || head == .none ? 0 : 2))
            }
        }
        // A line without a length, and one that turns back, have no direction to trip over.
        for cells in [[(1, 1), (1, 1)], [(0, 0), (5, 0), (0, 0)]] {
            var line = path(.arrow, cells)
            line.lineStyle = .double
            #expect(!SVG(VectorPicture(of: [line])).text.contains("nan"))
        }
    }

    @Test(arguments: [UInt16(8), 32, 64], LineStyle.allCases)
    func `FM-174: the letters of a note stand within its outline, however thick it is`(width: UInt16, style: LineStyle) throws {
        var note = box(.note, 0, 0, 20, 8, text: "words")
        (note.strokeWidth, note.lineStyle) = (width, style)
        let marks = VectorPicture(of: [note]).marks
        // Where each outline ends towards the inside.
        let outlines = marks.compactMap { mark -> Double? in
            guard case .path(_, let line?, _) = mark, let bounds = mark.bounds else { return nil }
            return bounds.left + line.width
        }
        guard case .word(_, let at, _, _, _)? = marks.last, let inner = outlines.max() else {
            Issue.record("\(marks)")
            return
        }
        #expect(at.x > inner && at.x < inner + 8, "\(at) \(inner)")
    }

    @Test func `FM-144, FM-240: a region shows what touches it, at its scale, on the paper of its theme`() {
        let shapes = [box(0, 0, 5, 2), box(100, 0, 105, 2)]
        let region = VectorBox(left: 0, top: 0, right: 100, bottom: 50)
        let svg = SVG(VectorPicture(of: shapes), SVG.Options(theme: .dark, region: region, scale: 2.5))
        #expect(svg.width == 250 && svg.height == 125 && svg.text.contains("width=\"250\" height=\"125\" viewBox=\"0 0 100 50\""))
        #expect(svg.text.split(separator: "<path").count == 2 && svg.text.contains("fill=\"#101014\""))
        #expect(!SVG(VectorPicture(of: shapes), SVG.Options(theme: .transparent)).text.contains("<rect"))
    }

    @Test func `FM-228: no coordinate, extent or text traps`() {
        let far = Limits.coordinate
        for kind in ShapeKind.allCases {
            for style in LineStyle.allCases {
                var shape = ShapeDraft(
                    kind: kind, position: Point(x: -far, y: far), size: Size(width: far, height: far),
                    points: kind.isPath ? [Point(x: -far, y: -far), Point(x: far, y: far), .zero] : [], text: kind == .text ? "x" : "",
                    strokeWidth: 2047)
                shape.lineStyle = style
                let text = SVG(VectorPicture(of: [shape])).text
                #expect(!text.contains("nan") && !text.contains("inf"))
            }
        }
    }
}
