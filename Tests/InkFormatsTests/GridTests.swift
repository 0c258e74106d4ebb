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
}
