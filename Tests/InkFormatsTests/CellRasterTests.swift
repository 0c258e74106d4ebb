import InkBoard
import InkFormats
import InkPrimitives
import Testing

@Suite struct CellRasterTests {
    @Test func `FM-1: two overlapping boxes and a line through them join`() {
        let shapes = [box(0, 0, 8, 3), box(4, 1, 12, 5), path(.line, [(2, 2), (14, 2)])]
        #expect(
            picture(shapes, 20, 8) == """
                ┌───────┐
                │   ┌───┼───┐
                │ ╶─┼───┼───┼─╴
                └───┼───┘   │
                    │       │
                    └───────┘

                """)
    }

    @Test func `FM-1: moving one box away heals the other`() {
        let alone = picture([box(0, 0, 8, 3)], 9, 4)
        let both = [box(0, 0, 8, 3), box(4, 1, 12, 5)]
        #expect(picture(both, 9, 4) != alone)
        #expect(picture([both[0], box(24, 1, 32, 5)], 9, 4) == alone)
    }

    @Test func `FM-1: the sixteen light mixes of arms have their characters`() {
        let names: [Character] = Array(" ╵╶└╷│┌├╴┘─┴┐┤┬┼")
        let asciiNames: [Character] = Array(" |-+||++-+-+++++")
        for bits in 0..<16 {
            var edges = LineEdges()
            if bits & 1 != 0 { edges.add(.north, weight: 1) }
            if bits & 2 != 0 { edges.add(.east, weight: 1) }
            if bits & 4 != 0 { edges.add(.south, weight: 1) }
            if bits & 8 != 0 { edges.add(.west, weight: 1) }
            #expect(edges.glyph.text == String(names[bits]))
            #expect(edges.asciiGlyph.text == String(asciiNames[bits]))
        }
    }

    @Test func `FM-1: all eighty-one mixes of light and heavy differ and the heavier of two lines stays`() {
        var seen: Set<Glyph> = []
        for code in 0..<81 {
            let (north, east, south, west) = (UInt8(code % 3), UInt8(code / 3 % 3), UInt8(code / 9 % 3), UInt8(code / 27))
            seen.insert(LineEdges([.north: north, .east: east, .south: south, .west: west]).glyph)
        }
        #expect(seen.count == 81)
        #expect(LineEdges([.north: 2, .south: 2, .east: 1, .west: 1]).glyph.text == "╂")
        #expect(picture([box(0, 0, 4, 2, width: 32), path(.line, [(2, 0), (2, 2)])], 5, 3) == "┏━┯━┓\n┃ │ ┃\n┗━┷━┛\n")
    }

    @Test func `FM-2: a filled shape hides what lies under it and nothing above it`() {
        let under = path(.line, [(0, 1), (8, 1)])
        let filled = box(2, 0, 6, 2, fill: Color(rgb: 0xFF0000))
        #expect(picture([under, filled], 9, 3) == "  ┌───┐\n╶─│   │─╴\n  └───┘\n")
        #expect(picture([filled, under], 9, 3) == "  ┌───┐\n╶─┼───┼─╴\n  └───┘\n")
        var raster = CellRaster(region: CellRegion(column: 0, row: 0, columns: 9, rows: 3), grid: .standard)
        raster.draw(under)
        raster.draw(filled)
        #expect(raster.cell(column: 4, row: 1, style: .unicode).background == Color(rgb: 0xFF0000))
        #expect(raster.cell(column: 1, row: 1, style: .unicode).background == nil)
    }

    @Test func `FM-1: a crossing takes the colour of the upper shape`() {
        let (red, blue) = (Color(rgb: 0xFF0000), Color(rgb: 0xFF))
        var raster = CellRaster(region: CellRegion(column: 0, row: 0, columns: 12, rows: 8), grid: .standard)
        raster.draw(box(0, 0, 6, 4, stroke: red))
        raster.draw(box(3, 2, 10, 6, stroke: blue))
        #expect(raster.cell(column: 6, row: 2, style: .unicode) == Cell(Glyph("┼"), foreground: blue))
        #expect(raster.cell(column: 0, row: 0, style: .unicode).foreground == red)
    }

    @Test(arguments: [3, 5, 8, 13, 20])
    func `FM-3: a circle is symmetric and as wide as it is high in dots`(radius: Int) {
        let side = Int32(radius * 2 * Grid.standard.dotUnits)
        let circle = ShapeDraft(kind: .ellipse, position: Point(x: 640, y: 640), size: Size(width: side, height: side))
        var dots: Set<[Int]> = []
        RoundOutline(circle, on: .standard).forEachDot(in: CellRegion(column: 0, row: 0, columns: 80, rows: 40)) { x, y, _ in
            dots.insert([x, y])
        }
        let (xs, ys) = (dots.map { $0[0] }, dots.map { $0[1] })
        #expect((xs.max() ?? 0) - (xs.min() ?? 0) == 2 * radius)
        #expect((ys.max() ?? 0) - (ys.min() ?? 0) == 2 * radius)
        let middle = 20 + radius
        for dot in dots {
            #expect(dots.contains([2 * middle - dot[0], dot[1]]) && dots.contains([dot[0], 2 * middle - dot[1]]))
            #expect(dots.contains([middle + dot[1] - middle, middle + dot[0] - middle]))
            let (x, y) = (Double(dot[0] - middle), Double(dot[1] - middle))
            #expect(abs((x * x + y * y).squareRoot() - Double(radius)) <= 0.71)
        }
    }

    @Test func `FM-3: the smallest ellipses and diamonds leave ink`() {
        for kind in [ShapeKind.ellipse, .diamond] {
            for (width, height) in [(0, 0), (0, 32), (32, 0), (32, 32), (32, 64), (64, 32), (64, 64), (32, 900), (900, 32)] {
                let size = Size(width: Int32(width), height: Int32(height))
                let shown = picture([ShapeDraft(kind: kind, position: middle(2, 2), size: size)], 20, 12)
                #expect(shown.contains { !$0.isWhitespace }, "\(kind) \(width)×\(height)")
            }
        }
    }

    @Test func `FM-3, FM-4: an ellipse and a diamond stand in braille with their texts in the middle`() {
        #expect(picture([box(.diamond, 0, 0, 8, 4, text: "ok?")], 9, 5).contains("ok?"))
        let ellipse = picture([box(.ellipse, 0, 0, 12, 4, text: "cache")], 13, 5)
        #expect(ellipse.split(separator: "\n")[2].contains("cache"))
        #expect(ellipse.unicodeScalars.allSatisfy { $0.value < 0x80 || (0x2800...0x28FF).contains($0.value) })
    }

    @Test func `FM-4: a text inside a box is centred and wrapped, and a wide character counts two cells`() {
        #expect(picture([box(0, 0, 10, 2, text: "cache")], 12, 3) == "┌─────────┐\n│  cache  │\n└─────────┘\n")
        #expect(picture([box(0, 0, 7, 3, text: "漢字ab c")], 12, 4) == "┌──────┐\n│漢字ab│\n│  c   │\n└──────┘\n")
        #expect(picture([box(.note, 0, 0, 6, 2, text: "hi")], 12, 4) == "╭─────╮\n│hi   │\n╰─────╯\n")
    }

    @Test func `FM-4: half of a wide character at the edge of the window is a space`() {
        #expect(picture([words("漢字", 0, 0)], 3, 1) == "漢\n")
        #expect(picture([words("漢字", 0, 0)], 3, 1, column: 1) == " 字\n")
        #expect(picture([words("漢字", 0, 0), box(1, 0, 1, 0)], 4, 1) == " □字\n")
    }

    @Test func `FM-5: a line ends in an arrow head in its direction`() {
        #expect(picture([path(.arrow, [(0, 0), (4, 0)])], 6, 1) == "╶───►\n")
        #expect(picture([path(.arrow, [(4, 0), (0, 0)])], 6, 1) == "◄───╴\n")
        #expect(picture([path(.arrow, [(0, 0), (0, 2)])], 6, 3) == "╷\n│\n▼\n")
        #expect(picture([path(.arrow, [(0, 2), (0, 0)])], 6, 3, style: .ascii) == "^\n|\n|\n")
    }

    @Test func `FM-6: a stroke of cell samples runs smoothly in dots`() {
        let stairs = path(.freehand, [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3)])
        var dots: [[Int]] = []
        StrokeCurve(points: stairs.points, origin: stairs.position).forEachPiece(touching: (-1e9, -1e9, 1e9, 1e9)) { _, to in
            dots.append([Int(to.x), Int(to.y)])
        }
        // Averaging turns the stairs into a ramp: nowhere flat for a whole cell, nowhere steeper than the stairs.
        let slopes = zip(dots, dots.dropFirst()).map { Double($1[1] - $0[1]) / Double(max(1, $1[0] - $0[0])) }
        let (least, greatest) = (slopes.min() ?? -1, slopes.max() ?? 99)
        #expect(least > 0.2)
        #expect(greatest < 2.2)
        let end: [Int] = [416, 448]
        #expect(dots.last == end)
        #expect(picture([stairs], 8, 4).unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
    }

    @Test func `FM-227: far samples stay where they are`() {
        let far = path(.freehand, [(0, 0), (12, 0), (3, 9), (20, 14), (20, 1)])
        let samples = far.points.map { [Double(far.position.x) + Double($0.x), Double(far.position.y) + Double($0.y)] }
        var places: [[Double]] = [samples[0]]
        StrokeCurve(points: far.points, origin: far.position).forEachPiece(touching: (-1e9, -1e9, 1e9, 1e9)) { _, to in
            places.append([to.x, to.y])
        }
        for sample in samples { #expect(places.contains(sample), "\(sample) is not on the way") }
    }

    @Test func `FM-226: few dots never hide a line and no dots hide a line's end`() {
        let line = path(.line, [(0, 0), (3, 0)])
        let dot = ShapeDraft(kind: .freehand, position: Point(x: 64, y: 0), points: [.zero])
        #expect(picture([line, dot], 4, 1) == "╶──╴\n")
        let scribble = ShapeDraft(kind: .freehand, position: .zero, points: [Point(x: 0, y: 120), Point(x: 120, y: 4)], strokeWidth: 64)
        let mixed = picture([line, scribble], 4, 1)
        #expect(mixed.hasPrefix("╶") && mixed.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
    }

    @Test func `FM-7: the ASCII twin has only bytes below 0x80`() {
        let shapes = [
            box(0, 0, 8, 3, text: "é漢👍"), box(.ellipse, 4, 1, 20, 9), box(.diamond, 14, 1, 30, 9, text: "naïve"),
            box(.note, 2, 6, 12, 9, text: "•"),
            path(.arrow, [(0, 0), (20, 5)], text: "→"), path(.freehand, [(0, 9), (9, 0), (18, 9)]), words("ñandú", 3, 3),
        ]
        let text = picture(shapes, 40, 12, style: .ascii)
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
        #expect(text.contains("+--") && text.contains("?and?"))
        #expect(picture(shapes, 40, 12).utf8.contains { $0 >= 0x80 })
        // Marks that a typewriter has are no question marks.
        #expect(picture([words("“a” ‘b’ – c’s…", 0, 0)], 15, 1, style: .ascii) == "\"a\" 'b' - c's~\n")
    }

    @Test func `FM-8: a window shows the same cells wherever it is cut`() {
        let shapes = [
            box(0, 0, 18, 7, text: "cut me"), box(.ellipse, 4, 1, 30, 9), box(.diamond, 14, 1, 38, 11), path(.line, [(1, 1), (30, 10)]),
            path(.freehand, [(0, 9), (9, 0), (18, 9), (30, 2)]), words("漢字かな", 5, 4),
        ]
        let whole = rendered(shapes, CellRegion(column: -2, row: -2, columns: 46, rows: 18))
        for (left, top) in [(-2, -2), (3, 2), (10, 5), (20, 0)] {
            let part = CellRegion(column: left, row: top, columns: 12, rows: 6)
            let cut = rendered(shapes, part)
            for row in part.rowRange {
                // A wide character may be cut at the edges.
                for column in part.columnRange.dropFirst().dropLast() where !isWide(whole, column, row) {
                    #expect(cut.cell(column: column, row: row, style: .unicode) == whole.cell(column: column, row: row, style: .unicode))
                }
            }
        }
    }

    @Test(arguments: ShapeKind.allCases)
    func `FM-228: the farthest coordinates neither trap nor hang`(kind: ShapeKind) {
        let far = Limits.coordinate
        let corners = [Point(x: -far, y: -far), Point(x: far, y: far), Point(x: -far, y: far), Point(x: far, y: -far), .zero]
        var raster = CellRaster(region: CellRegion(column: -40, row: -12, columns: 80, rows: 24), grid: .standard)
        for position in corners {
            raster.draw(
                ShapeDraft(
                    kind: kind, position: position, size: Size(width: far, height: far), points: [.zero] + corners, text: "far away\n漢",
                    fill: Color(rgb: 1), strokeWidth: 2047))
        }
        #expect(raster.cells(style: .unicode).count == 80 * 24)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `FM-228: no random board traps`(seed: UInt64) {
        // 20 seeds of 500 boards each.
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            var raster = CellRaster(
                region: CellRegion(column: random.below(9) - 4, row: random.below(5) - 2, columns: random.below(10), rows: random.below(6)),
                grid: .standard)
            for _ in 0..<random.below(4) { raster.draw(randomDraft(using: &random)) }
            let cells = raster.cells(style: random.chance(0.5) ? .ascii : .unicode)
            #expect(cells.count == raster.region.columns * raster.region.rows)
            // A wide glyph and its right half stand together.
            for (index, cell) in cells.enumerated() where cell.columns == 2 {
                #expect(index % raster.region.columns + 1 < raster.region.columns && cells[index + 1].columns == 0)
            }
        }
    }

    private func rendered(_ shapes: [ShapeDraft], _ region: CellRegion) -> CellRaster {
        var raster = CellRaster(region: region, grid: .standard)
        for shape in shapes { raster.draw(shape) }
        return raster
    }

    private func isWide(_ raster: CellRaster, _ column: Int, _ row: Int) -> Bool {
        raster.cell(column: column, row: row, style: .unicode).columns != 1
    }

    private func randomDraft(using random: inout SplitMix64) -> ShapeDraft {
        let span: Int32 = random.chance(0.1) ? Limits.coordinate : random.chance(0.5) ? 900 : 90
        func number(_ random: inout SplitMix64) -> Int32 { Int32(random.below(Int(span) * 2 + 1)) - span }
        let texts = ["", "a", "漢字 kana", "e\u{301}\u{302}\u{303}\u{304}", "👨‍👩‍👧 x", "\u{1B}[2J", "two\nlines", "\u{301}"]
        return ShapeDraft(
            kind: ShapeKind.allCases[random.below(8)], position: Point(x: number(&random), y: number(&random)),
            size: Size(width: abs(number(&random)), height: abs(number(&random))),
            points: (0..<random.below(6)).map { _ in Point(x: number(&random), y: number(&random)) },
            text: texts[random.below(texts.count)],
            stroke: random.chance(0.5) ? Color(rgb: 0x0072B2) : nil, fill: random.chance(0.3) ? Color(rgb: 0xFFFFFF) : nil,
            strokeWidth: UInt16(random.below(2048)))
    }
}
