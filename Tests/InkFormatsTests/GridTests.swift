import InkBoard
import InkFormats
import InkPrimitives
import Testing

@Suite struct GridTests {
    @Test(arguments: [1, 7, 16, 32, 100])
    func `FM-12: every point lies in one cell, whose middle lies in it too`(dotUnits: Int) {
        let grid = Grid(dotUnits: dotUnits)
        #expect(grid.columnUnits == 2 * dotUnits && grid.rowUnits == 4 * dotUnits)
        for column in -3...3 {
            for row in -3...3 {
                let place = CellPlace(column: column, row: row)
                let corner = grid.corner(of: place)
                #expect(grid.place(of: corner) == place && grid.place(of: grid.middle(of: place)) == place)
                let last = corner + Point(x: Int32(grid.columnUnits - 1), y: Int32(grid.rowUnits - 1))
                #expect(grid.place(of: last) == place)
                #expect(grid.place(of: last + Point(x: 1, y: 1)) == CellPlace(column: column + 1, row: row + 1))
                #expect(grid.displacement(columns: column, rows: row) == corner)
            }
        }
        let far = Point(x: -Limits.coordinate, y: Limits.coordinate)
        let (from, to) = (grid.corner(of: grid.place(of: far)), grid.middle(of: grid.place(of: far)))
        #expect(abs(Int(from.x) - Int(far.x)) < grid.columnUnits && abs(Int(to.y) - Int(far.y)) < grid.rowUnits)
    }

    @Test func `FM-12: a shape on a grid of half the size takes half the cells`() {
        let shape = box(0, 0, 20, 10)
        #expect(shape.cellRegion(on: .standard) == CellRegion(column: 0, row: 0, columns: 21, rows: 11))
        let coarse = Grid(dotUnits: 64)
        #expect(shape.cellRegion(on: coarse) == CellRegion(column: 0, row: 0, columns: 11, rows: 6))
        var raster = CellRaster(region: CellRegion(column: 0, row: 0, columns: 12, rows: 7), grid: coarse)
        raster.draw(shape)
        #expect(raster.cell(column: 10, row: 5, style: .unicode).glyph == Glyph("┘"))
        #expect(!raster.hasInk(column: 11, row: 5) && !raster.hasInk(column: 5, row: 3))
    }

    @Test func `FM-130, FM-236: from afar a text without a box covers what it does at 100 %, and a note is as large`() {
        func rows(_ shape: ShapeDraft, _ dotUnits: Int) -> [String] {
            let grid = Grid(dotUnits: dotUnits)
            let box = shape.cellRegion(on: grid)
            var raster = CellRaster(region: box.grown(columns: 1, rows: 1), grid: grid)
            raster.draw(shape)
            return raster.region.rowRange.map { row in
                raster.region.columnRange.map { raster.cell(column: $0, row: row, style: .unicode) }.filter { $0.columns > 0 }
                    .map(\.glyph.text).joined()
            }
        }
        let text = ShapeDraft(kind: .text, position: .zero, text: "authentication\nby\nkey\n\nonly")
        #expect(text.cellRegion(on: Grid(dotUnits: 64)) == CellRegion(column: 0, row: 0, columns: 7, rows: 3))
        #expect(rows(text, 64) == ["         ", " authen… ", " ▬       ", " ▬▬      ", "         "])
        #expect(rows(text, 128).dropFirst().first == " aut… ")
        // Nearer than 100 % a letter has its cell.
        #expect(rows(text, 16)[1] == " authentication ")
        let note = ShapeDraft(kind: .note, position: .zero, text: "abcdef\nghi\njkl")
        for zoom in Grid.zooms {
            let sized = note.withOwnSize(on: .standard)
            #expect(note.cellRegion(on: zoom) == sized.cellRegion(on: zoom))
        }
        // A frame that has no room for its label is seen nevertheless.
        let small = ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 9 * 64, height: 4 * 128), text: "cache")
        #expect(rows(small, 128)[1...2] == [" ┌▬┐ ", " └─┘ "])
        let narrow = ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 4 * 64, height: 4 * 128), text: "cache")
        #expect(rows(narrow, 128)[1...2] == [" ┌┐ ", " └┘ "])
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `FM-8, FM-131: what a shape leaves in a window that moves is what it leaves in that window`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let grid = Grid.zooms[random.below(Grid.zooms.count)]
        let kind = ShapeKind.allCases[Int(seed) % ShapeKind.allCases.count]
        func place(_ extent: Int) -> Point { Point(x: Int32(random.below(extent)), y: Int32(random.below(extent))) }
        let shape = ShapeDraft(
            kind: kind, position: place(4000), size: kind.isPath || kind == .text ? .zero : Size(width: 5000, height: 4000),
            points: kind.isPath ? (0..<200).map { _ in place(9000) } : [], text: "漢字 and words\nof two rows", fill: Color(rgb: 255),
            strokeWidth: UInt16(random.below(200)))
        let measured = MeasuredShape(shape)
        func cells(_ stamp: ShapeStamp) -> [Cell] {
            var raster = CellRaster(region: stamp.region, grid: grid)
            raster.lay(stamp)
            return raster.cells(style: .unicode)
        }
        let window = CellRegion(column: random.below(40) - 10, row: random.below(20) - 5, columns: 60, rows: 30)
        var next = window
        (next.column, next.row) = (next.column + random.below(21) - 10, next.row + random.below(13) - 6)
        let strips = try #require(next.strips(beside: window))
        #expect(
            strips.reduce(0) { $0 + $1.columns * $1.rows } == 60 * 30 - next.intersection(window).columns * next.intersection(window).rows)
        let moved = ShapeStamp(measured, in: window, on: grid).moved(to: next, with: strips.map { ShapeStamp(measured, in: $0, on: grid) })
        let anew = ShapeStamp(shape, in: next, on: grid)
        #expect(cells(moved) == cells(anew) && moved.count == anew.count)
        // A raster that moves, too.
        var raster = CellRaster(region: window, grid: grid)
        raster.lay(ShapeStamp(shape, in: window, on: grid), at: 4)
        raster = raster.moved(to: next)
        for strip in strips {
            var part = CellRaster(region: strip, grid: grid)
            part.lay(ShapeStamp(measured, in: strip, on: grid), at: 4)
            raster.take(part)
        }
        #expect(raster.cells(style: .unicode) == cells(anew))
    }
}
