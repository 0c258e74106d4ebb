import InkBoard
import InkFormats
import InkPrimitives
import Testing

@Suite struct GridTests {
    @Test(arguments: [1, 7, 16, 32, 100])
    func `every point lies in one cell, whose middle lies in it too`(dotUnits: Int) {
        // FM-12
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

    @Test func `a shape on a grid of half the size takes half the cells`() {
        // FM-12
        let shape = box(0, 0, 20, 10)
        #expect(shape.cellRegion(on: .standard) == CellRegion(column: 0, row: 0, columns: 21, rows: 11))
        let coarse = Grid(dotUnits: 64)
        #expect(shape.cellRegion(on: coarse) == CellRegion(column: 0, row: 0, columns: 11, rows: 6))
        var raster = CellRaster(region: CellRegion(column: 0, row: 0, columns: 12, rows: 7), grid: coarse)
        raster.draw(shape)
        #expect(raster.cell(column: 10, row: 5, style: .unicode).glyph == Glyph("┘"))
        #expect(!raster.hasInk(column: 11, row: 5) && !raster.hasInk(column: 5, row: 3))
    }

    @Test func `from afar a text without a box covers what it does at 100 %, and a note is as large`() {
        // FM-130
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
}
