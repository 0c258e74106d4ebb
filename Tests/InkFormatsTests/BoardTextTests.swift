import InkBoard
import InkFormats
import InkPrimitives
import Testing

@Suite struct BoardTextTests {
    private static let author = AuthorID([UInt8](repeating: 7, count: 32))!

    private static func shape(_ number: UInt64, _ content: ShapeDraft, depth: [UInt8] = [5]) -> Shape {
        Shape(id: ShapeID(author: author, number: number), content: content, depth: DepthKey(depth) ?? .first)
    }

    /// A box with a label, a note without, an arrow between them, and a stroke.
    private static let shapes: [Shape] = {
        let box = ShapeDraft(
            kind: .rectangle, position: Point(x: 32, y: -1), size: Size(width: 960, height: 256), text: "one\n\"two\" \u{202E}é",
            fill: Color(rgb: 0xF0_E442),
            label: "box", lineStyle: .dashed, corners: .round, groups: [GroupID(rawValue: 1), GroupID(rawValue: 0xAB)])
        let arrow = ShapeDraft(
            kind: .arrow, position: .zero, points: [.zero, Point(x: 81, y: 0)], strokeWidth: 0, label: "to b",
            startBinding: Binding(ShapeID(author: author, number: 1)), endBinding: Binding(ShapeID(author: author, number: 2), x: 0),
            startHead: .dot,
            route: .elbow)
        return [
            shape(1, box), shape(2, ShapeDraft(kind: .note, position: .zero, size: Size(width: 8, height: 8)), depth: [6, 128]),
            shape(3, arrow),
            shape(4, ShapeDraft(kind: .freehand, position: .zero, points: [Point(x: -3, y: 2)], stroke: Color(rgb: 0xFF), label: "Ink")),
        ]
    }()

    private static let text = """
        inkwire board 1
        Ink freehand at=0,0 stroke=#0000FF depth=05+2 points=-0.375,0.25
        box rectangle at=4,-0.125 size=120,32 text="one\\n\\"two\\" \\u{202E}é" fill=#F0E442 line_style=dashed corners=round group=0000000000000001/00000000000000ab depth=05
        "to b" arrow at=0,0 stroke_width=0 start_binding=box end_binding=~NOTE@0,32768 start_head=dot route=elbow depth=05+1 points=0,0;10.125,0
        ~NOTE note at=0,0 size=1,1 depth=0680
        end

        """

    private static var expected: String {
        let name = LastingNames(shapes)[shapes[1].id] ?? ""
        return text.replacing("~NOTE", with: name)
    }

    @Test func `FM-180, FM-257, FM-258, FM-259, FM-260: a board is a line a shape, in one order and one spelling`() {
        #expect(BoardText.text(of: Self.shapes) == Self.expected)
        #expect(BoardText.text(of: Self.shapes.reversed()) == Self.expected)
        #expect(BoardText.text(of: []) == "inkwire board 1\nend\n")
    }

    @Test func `FM-181, FM-262: what was written is read as it was`() throws {
        let drawing = try BoardText.drawing(reading: Array(Self.expected.utf8))
        let order = [3, 0, 2, 1]
        #expect(drawing.items.map(\.depth) == order.map { Self.shapes[$0].depth } && drawing.items.map(\.rank) == [2, 0, 1, 0])
        for (item, index) in zip(drawing.items, order) {
            var content = Self.shapes[index].content
            if content.kind == .arrow {
                content.startBinding = Binding(Drawing.reference(to: 1))
                content.endBinding = Binding(Drawing.reference(to: 3), x: 0)
            }
            if !content.label.isEmpty { #expect(item.name == content.label) }
            content.label = ""
            #expect(item.content == content)
        }
        #expect(drawing.losses.isEmpty)
        // Other orders, blanks and ends of lines are read too.
        let other = "inkwire board 1\r\n\r\n  b   note  depth=05 at=-1.50,2 size=1,1 \r\na note at=0,0\r\nend\r\n"
        #expect(try BoardText.drawing(reading: Array(other.utf8)).items.map(\.content.position) == [Point(x: -12, y: 16), .zero])
    }

    @Test(arguments: [ShapeKind.line, .arrow, .freehand])
    func `FM-263: a path of which no point is written has one, and goes out with it`(kind: ShapeKind) throws {
        let drawing = try BoardText.drawing(reading: Array("inkwire board 1\na \(kind.name) at=1,2\nend\n".utf8)).checked()
        #expect(drawing.items.map(\.content.points) == [[.zero]])
        let text = BoardText.text(of: [Self.shape(1, ShapeDraft(kind: kind, position: .zero, label: "a"))])
        #expect(text == "inkwire board 1\na \(kind.name) at=0,0 depth=05 points=0,0\nend\n")
    }

    @Test func `FM-261: all of Unicode comes back, and stands in one line that nobody is misled by`() throws {
        for start in Array(stride(from: 0 as UInt32, to: 0x2_0000, by: 0x400)) + [0xE_0000, 0xF_FC00, 0x10_FC00] {
            var words = ""
            for value in start..<start + 0x400 { if let scalar = Unicode.Scalar(value) { words.unicodeScalars.append(scalar) } }
            let text = BoardText.text(of: [Self.shape(1, ShapeDraft(kind: .text, position: .zero, text: words, label: "a"))])
            #expect(
                text.utf8.count { $0 == 0x0A } == 3
                    && !text.unicodeScalars.contains { $0.properties.generalCategory == .format || $0.properties.isBidiControl })
            #expect(!text.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
            let read = try BoardText.drawing(reading: Array(text.utf8)).items.first?.content.text
            #expect(read?.utf8.elementsEqual(words.utf8) == true, "from \(start)")
        }
    }

    @Test(arguments: [
        ("", "the file is empty: `inkwire export --format board` writes what is read here"),
        ("{}", "line 1, column 1: the file does not begin with “inkwire board 1”: it is no board of inkwire"),
        ("inkwire board 2\nend\n", "line 1, column 1: the file is of version 2, and this inkwire reads version 1"),
        ("inkwire board 1\na note at=0,0\n", "line 2, column 1: the file is cut: its last line is not “end”"),
        ("inkwire board 1\nend\na note at=0,0\n", "line 3, column 1: nothing follows the line “end”"),
        (
            "inkwire board 1\na oval at=0,0\nend\n",
            "line 2, column 3: the kind of shape “a” is needed here: rectangle, ellipse, diamond, line, arrow, freehand, text, note"
        ),
        ("inkwire board 1\na note\nend\n", "line 2, column 7: shape “a” has no “at”"),
        ("inkwire board 1\na note at=0,0 at=1,1\nend\n", "line 2, column 15: “at” stands twice"),
        ("inkwire board 1\na note at=0,0 hue=1\nend\n", "line 2, column 15: there is no property “hue”"),
        ("inkwire board 1\na note at=0,0 route=elbow\nend\n", "line 2, column 15: the kind note has no “route”"),
        ("inkwire board 1\na note at=NaN,0\nend\n", "line 2, column 11: a number is needed"),
        (
            "inkwire board 1\na note at=0.1,0\nend\n",
            "line 2, column 11: a number of at most nine digits and eighths is needed, as 10 or 10.125"
        ),
        ("inkwire board 1\na note at=999999999,0\nend\n", "line 2, column 11: this lies beyond the edge of the board"),
        ("inkwire board 1\na note at=0,0 text=\"x\nend\n", "line 2, column 20: the text has no end in this line"),
        ("inkwire board 1\na note at=0,0 text=\"\\q\"\nend\n", "line 2, column 21: there are \\n, \\t, \\\", \\\\ and \\u{…}"),
        ("inkwire board 1\na note at=0,0 text=\"\\u{D800}\"\nend\n", "line 2, column 21: a character of Unicode is needed in \\u{…}"),
        (
            "inkwire board 1\na note at=0,0 depth=zz\nend\n",
            "line 2, column 21: a depth is needed as `export` writes it; without one a new shape lies above all others"
        ),
        ("inkwire board 1\na note at=0,0\na note at=0,0\nend\n", "line 3, column 1: the shape “a” stands twice"),
        (
            "inkwire board 1\n<<<<<<< HEAD\na note at=0,0\n=======\n",
            "line 2, column 1: a conflict is not resolved here: of the lines from “<<<<<<<” to “>>>>>>>” keep one of each shape, and take out the marks"
        ),
    ])
    func `FM-182: what is no board is told with its place`(text: String, expected: String) {
        let error = #expect(throws: DrawingError.self) { try BoardText.drawing(reading: Array(text.utf8)) }
        #expect(error?.description == expected)
    }

    @Test func `FM-264: an end that is bound to nothing is told, and lies where its point is`() throws {
        let text = "inkwire board 1\na line at=0,0 end_binding=b points=0,0;1,1\nend\n"
        let drawing = try BoardText.drawing(reading: Array(text.utf8))
        #expect(drawing.items.first?.content.endBinding == nil && drawing.losses.map(\.count) == [1])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `FM-182: whatever bytes come, they are read or refused, and what is read is written as it is read again`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let whole = Array(Self.expected.utf8)
        for _ in 0..<100 {
            var bytes = whole
            for _ in 0...random.below(4) {
                let place = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes[place] = UInt8(random.below(256))
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(whole[random.below(whole.count)], at: place)
                default:
                    bytes.replaceSubrange(
                        place..<min(bytes.count, place + random.below(30)), with: whole[min(place, whole.count)...].prefix(random.below(30))
                    )
                }
                if bytes.isEmpty { bytes = [0] }
            }
            guard let side = try? BoardMerge.Side(bytes) else {
                // What cannot be merged cannot be read either, and none is half read.
                #expect(throws: DrawingError.self) { try BoardText.drawing(reading: bytes) }
                continue
            }
            let merge = BoardMerge(base: side, ours: side, theirs: side)
            #expect(merge.conflicts.isEmpty)
            let text = Array(merge.text.utf8)
            let again = try BoardMerge.Side(text)
            #expect(BoardMerge(base: again, ours: again, theirs: again).text == merge.text)
            let (once, twice) = (try BoardText.drawing(reading: bytes), try BoardText.drawing(reading: text))
            #expect(Set(once.items.map(\.content.position)) == Set(twice.items.map(\.content.position)))
            #expect(once.items.map(\.name).sorted() == twice.items.map(\.name).sorted() && once.losses == twice.losses)
        }
    }
}
