import InkBoard
import InkFormats
import InkFrontEnd

/// The shapes that are seen, laid into cells; keeps what does not change from one picture to the next.
struct BoardCanvas: Sendable {
    /// The standing shapes alone, as they were laid last.
    private var ground: Ground?

    private struct Ground: Sendable {
        let version: Int
        let raster: CellRaster
    }

    /// The standing shapes as an overlay leaves them, and what it adds.
    mutating func raster(of board: BoardView, _ regions: ShapeRegions, _ overlay: Overlay, in viewport: Viewport) -> CellRaster {
        var raster: CellRaster
        if overlay.isAddition {
            if let ground, ground.version == board.version, ground.raster.region == viewport.region {
                raster = ground.raster
            } else {
                raster = Self.standing(on: board, regions, overlay, in: viewport)
                ground = Ground(version: board.version, raster: raster)
            }
        } else {
            raster = Self.standing(on: board, regions, overlay, in: viewport)
        }
        for draft in overlay.added { raster.draw(draft) }
        return raster
    }

    private static func standing(on board: BoardView, _ regions: ShapeRegions, _ overlay: Overlay, in viewport: Viewport) -> CellRaster {
        let (grid, near) = (viewport.grid, viewport.region.grown(by: 8))
        var raster = CellRaster(region: viewport.region, grid: grid)
        for shape in board.shapes {
            if let content = overlay.replaced[shape.id] {
                raster.draw(content)
            } else if !overlay.erased.contains(shape.id), let region = regions[shape.id],
                region.grown(by: max(region.columns, region.rows) / 2).overlaps(near)
                    || shape.content.labelRegion(on: grid)?.overlaps(near) == true
            {
                raster.draw(shape.content)
            }
        }
        return raster
    }
}
