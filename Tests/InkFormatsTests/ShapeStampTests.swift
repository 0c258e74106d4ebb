import InkBoard
import InkFormats
import InkPrimitives
import Testing

/// What drawing costs: by what can be seen, never by what somebody drew.
@Suite struct ShapeStampTests {
    /// A terminal of 200×60.
    private static let window = CellRegion(column: 0, row: 0, columns: 200, rows: 60)

    /// A stroke that crosses the window with each of its samples; one that is not slanted turns beyond it.
    private func bomb(_ kind: ShapeKind = .freehand, points: Int = 9000, width: UInt16 = 2047, isSlanted: Bool = true) -> ShapeDraft {
        var cells: [(Int, Int)] = []
        for index in 0..<points {
            if isSlanted {
                cells.append((index % 2 == 0 ? -40 : 240, index * 7 % 90 - 15))
            } else {
                cells.append((index % 4 == 0 || index % 4 == 3 ? -40 : 240, index / 2 % 60))
            }
        }
        return path(kind, cells, width: width)
    }

    @Test func `FM-20: a stroke that crosses the window nine thousand times costs some steps a sample and is kept by its cells`() {
        let (wide, thin) = (ShapeStamp(bomb(), in: Self.window, on: .standard), ShapeStamp(bomb(width: 0), in: Self.window, on: .standard))
        // The window is 400 dots wide; stamped dot for dot the pen would be 52 times as dear.
        #expect(thin.work < 9000 * (400 + 32 + 24 * 4 + 8))
        #expect(wide.work - thin.work < 400_000)
        #expect(wide.count == 200 * 60 && thin.count <= 200 * 60)
        // Laid again it costs its cells.
        var raster = CellRaster(region: Self.window, grid: .standard)
        for _ in 0..<12 { raster.lay(wide) }
        #expect(raster.work == 12 * 200 * 60)
    }

    @Test func `FM-20: far steps, straight steps, corners and rests are no dearer`() {
        let far = Limits.coordinate
        var leaps = bomb()
        leaps.points = (0..<9000).map { Point(x: $0 % 2 == 0 ? -far / 2 : far / 2, y: Int32($0)) }
        var rests = bomb()
        rests.points = (0..<9000).map { Point(x: Int32($0 % 2), y: 0) }
        for draft in [bomb(.line), bomb(.line, isSlanted: false), leaps, rests] {
            let stamp = ShapeStamp(draft, in: Self.window, on: .standard)
            #expect(stamp.work < 9000 * 640, "\(draft.kind)")
            #expect(stamp.count <= 3 * 200 * 60 + 2048)
        }
        // The lines that were gone over again and again are those that stand.
        let lines = picture([bomb(.line, width: 16, isSlanted: false)], 200, 60).split(separator: "\n")
        #expect(lines.count == 60 && lines.allSatisfy { $0 == String(repeating: "─", count: 200) })
    }

    @Test func `FM-20: ellipses, boxes and texts of any size cost no more than the window`() {
        let far = Limits.coordinate
        let size = Size(width: far, height: far)
        for kind in [ShapeKind.ellipse, .diamond, .rectangle, .note] {
            for position in [Point(x: -far / 2, y: -far / 2), Point(x: -4000, y: -4000), Point(x: 40, y: 40)] {
                let huge = ShapeDraft(kind: kind, position: position, size: size, fill: Color(rgb: 1), strokeWidth: 2047)
                #expect(ShapeStamp(huge, in: Self.window, on: .standard).work < 12 * 200 * 60)
            }
        }
        let text = words(String(repeating: "漢", count: Limits.textBytes / 3), 0, 0)
        #expect(ShapeStamp(text, in: Self.window, on: .standard).work < 5 * Limits.textBytes)
    }

    @Test(arguments: ShapeKind.allCases)
    func `FM-231: the smallest shapes leave ink`(kind: ShapeKind) {
        for place in stride(from: 0 as Int32, to: 128, by: 7) {
            let shape = ShapeDraft(
                kind: kind, position: Point(x: 640 + place, y: 640 + place), points: kind.isPath ? [.zero] : [],
                text: kind == .text ? "x" : "", strokeWidth: 0)
            #expect(ShapeStamp(shape, in: Self.window, on: .standard).count > 0, "at \(place)")
        }
    }

    @Test func `FM-230: a thousand sheets over the whole window cost little more than one`() {
        let sheets = (0..<1000).map { box([.rectangle, .ellipse][$0 % 2], -99, -99, 299, 199, fill: Color(rgb: UInt32($0))) }
        var raster = CellRaster(region: Self.window, grid: .standard)
        raster.draw(sheets)
        #expect(raster.work == 200 * 60 && raster.cell(column: 9, row: 9, style: .unicode).background == Color(rgb: 999))
    }

    @Test(arguments: [0, 48, 64, 100, 128, 160, 192, 224, 2047] as [UInt16])
    func `FM-6, FM-20: a pen leaves its round stamp at each dot of the line`(width: UInt16) {
        let region = CellRegion(column: -3, row: -2, columns: 47, rows: 19)
        let roomy = CellRegion(column: -13, row: -12, columns: 67, rows: 39)
        let size = max(1, min(8, (Int(width) + 16) / 32))
        let low = -(size - 1) / 2
        for draft in [
            path(.freehand, [(-9, -3), (20, 7), (21, 9), (4, 15), (43, 2)], width: width), path(.line, [(0, 0), (40, 16)], width: width),
            path(.line, [(30, 12), (3, 1), (47, 5)], width: width), box(.ellipse, 2, 1, 60, 12, width: width),
            box(.diamond, -6, 3, 30, 14, width: width),
        ] {
            var thin = draft
            thin.strokeWidth = 0
            var expected: Set<[Int]> = []
            for dot in dots(thin, roomy) {
                for dy in low..<low + size {
                    for dx in low..<low + size {
                        let (ex, ey) = (2 * (dx - low) - size + 1, 2 * (dy - low) - size + 1)
                        let (column, row) = ((dot[0] + dx) >> 1, (dot[1] + dy) >> 2)
                        if ex * ex + ey * ey <= size * size, region.contains(column: column, row: row) {
                            expected.insert([dot[0] + dx, dot[1] + dy])
                        }
                    }
                }
            }
            #expect(dots(draft, region) == expected, "\(draft.kind), pen of \(size)")
        }
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `FM-230: what is seen under many sheets is what all of them leave`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let region = CellRegion(column: 0, row: 0, columns: 40, rows: 16)
        let drafts = (0..<30).map { _ in
            let (column, row) = (random.below(50) - 8, random.below(24) - 6)
            return box(
                [.rectangle, .note, .ellipse, .diamond][random.below(4)], column, row, column + random.below(40), row + random.below(14),
                text: random.chance(0.5) ? "漢字 paper" : "", fill: random.chance(0.7) ? Color(rgb: UInt32(random.below(99))) : nil)
        }
        let stamps = drafts.map { ShapeStamp($0, in: region, on: .standard) }
        var (all, cover) = (CellRaster(region: region, grid: .standard), FillCover(cells: 40 * 16))
        for stamp in stamps { all.lay(stamp) }
        for (index, stamp) in stamps.enumerated().reversed() {
            for run in stamp.fills { cover.cover(run, by: index) }
        }
        var seen = CellRaster(region: region, grid: .standard)
        for (index, stamp) in stamps.enumerated() { seen.lay(stamp, at: index, under: cover) }
        #expect(seen.cells(style: .unicode) == all.cells(style: .unicode), "seed \(seed)")
        var exported = CellRaster(region: region, grid: .standard)
        exported.draw(drafts)
        #expect(exported.cells(style: .unicode) == all.cells(style: .unicode), "seed \(seed)")
    }

    @Test(arguments: 0..<16 as Range<UInt64>)
    func `FM-21: the place where a shape is looked for has its ink, and none of its ink lies beyond its reach`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for kind in ShapeKind.allCases {
            let points = (0..<1 + random.below(6)).map { _ in
                Point(x: Int32(random.below(9000)) - 4000, y: Int32(random.below(9000)) - 4000)
            }
            let extent = [0, 90, 3000][random.below(3)]
            let draft = ShapeDraft(
                kind: kind, position: Point(x: Int32(random.below(3000)), y: Int32(random.below(3000)) - 1500),
                size: Size(width: Int32(random.below(extent + 1)), height: Int32(random.below(extent + 1))),
                points: kind.isPath ? points : [],
                text: random.chance(0.7) || kind == .text ? "\n  two words" : "", strokeWidth: [16, 128, 2047][random.below(3)])
            let place = CellPlace(column: random.below(300) - 100, row: random.below(100) - 50)
            let ink = try #require(draft.inkPlace(near: place, on: .standard), "seed \(seed), \(kind)")
            var raster = CellRaster(region: CellRegion(column: ink.column, row: ink.row, columns: 1, rows: 1), grid: .standard)
            raster.draw(draft)
            #expect(raster.hasInk(column: ink.column, row: ink.row), "seed \(seed), \(kind)")
            let reach = draft.reach(on: .standard)
            let around = CellRegion(column: -80, row: -50, columns: 190, rows: 110)
            raster = CellRaster(region: around, grid: .standard)
            raster.draw(draft)
            for row in around.rowRange {
                for column in around.columnRange where raster.hasInk(column: column, row: row) {
                    #expect(reach.contains(column: column, row: row), "seed \(seed), \(kind)")
                }
            }
        }
    }

    @Test func `FM-21: white space leaves no ink to be looked for`() {
        #expect(words(" \n\t ", 3, 3).inkPlace(near: CellPlace(column: 0, row: 0), on: .standard) == nil)
    }

    /// The dots of a shape, from the braille that shows them.
    private func dots(_ draft: ShapeDraft, _ region: CellRegion) -> Set<[Int]> {
        var raster = CellRaster(region: region, grid: .standard)
        raster.draw(draft)
        var dots: Set<[Int]> = []
        let places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
        for row in region.rowRange {
            for column in region.columnRange {
                let base = raster.cell(column: column, row: row, style: .unicode).glyph.base
                guard base >= 0x2800, base < 0x2900 else { continue }
                for (bit, place) in places.enumerated() where base >> UInt32(bit) & 1 == 1 {
                    dots.insert([column * 2 + place.0, row * 4 + place.1])
                }
            }
        }
        return dots
    }
}
