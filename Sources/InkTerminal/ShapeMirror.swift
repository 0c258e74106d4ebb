import InkBoard
import InkFormats
import InkSession

/// The standing shapes as events told them, in depth order.
struct ShapeMirror: Sendable {
    private(set) var shapes: [Shape] = []
    /// Cells that each shape can touch: asked for in every frame, dear for long strokes.
    private var regions: [ShapeID: CellRegion] = [:]
    private var byID: [ShapeID: Shape] = [:]
    /// Grows with every change.
    private(set) var version = 0

    subscript(id: ShapeID) -> Shape? { byID[id] }
    func region(of id: ShapeID) -> CellRegion? { regions[id] }
    var isEmpty: Bool { shapes.isEmpty }

    /// The cells of all shapes; nil for none.
    var content: CellRegion? {
        var all: CellRegion?
        for region in regions.values { all = all?.union(region) ?? region }
        return all
    }

    mutating func replaceAll(_ standing: [Shape]) {
        shapes = standing.sorted { $0.isBelow($1) }
        byID = Dictionary(standing.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        regions = byID.mapValues(\.content.cellRegion)
        version += 1
    }

    mutating func apply(_ change: ShapeChange) {
        if let old = byID[change.id], let index = index(of: old) { shapes.remove(at: index) }
        version += 1
        guard change.kind != .removed else {
            byID[change.id] = nil
            regions[change.id] = nil
            return
        }
        byID[change.id] = change.shape
        regions[change.id] = change.shape.content.cellRegion
        shapes.insert(change.shape, at: firstIndex { !$0.isBelow(change.shape) })
    }

    /// Shapes with ink in this cell, topmost first; then, if asked for, boxes without a fill around it.
    func hits(column: Int, row: Int, includesInside: Bool = true) -> [ShapeID] {
        var (near, around): ([ShapeID], [ShapeID]) = ([], [])
        for shape in shapes.reversed() {
            guard let region = regions[shape.id],
                region.grown(by: 2).contains(column: column, row: row)
                    || shape.content.labelRegion?.contains(column: column, row: row) == true
            else { continue }
            var raster = CellRaster(region: CellRegion(column: column, row: row, columns: 1, rows: 1))
            raster.draw(shape.content)
            if raster.hasInk(column: column, row: row) {
                near.append(shape.id)
            } else if includesInside, !shape.content.kind.isPath, region.contains(column: column, row: row) {
                around.append(shape.id)
            }
        }
        return near + around
    }

    /// Shapes that lie wholly inside a region.
    func shapes(inside region: CellRegion) -> [ShapeID] {
        shapes.map(\.id).filter { id in
            guard let box = regions[id] else { return false }
            return region.union(box) == region
        }
    }

    private func index(of shape: Shape) -> Int? {
        let index = firstIndex { !$0.isBelow(shape) }
        return index < shapes.count && shapes[index].id == shape.id ? index : nil
    }

    /// The first place at which a monotonic condition holds.
    private func firstIndex(_ condition: (Shape) -> Bool) -> Int {
        var (low, high) = (0, shapes.count)
        while low < high {
            let middle = (low + high) / 2
            if condition(shapes[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension CellRegion {
    /// The region with that many cells more on every side.
    func grown(by cells: Int) -> CellRegion {
        CellRegion(column: column - cells, row: row - cells, columns: columns + 2 * cells, rows: rows + 2 * cells)
    }
}

/// What a gesture makes of the standing shapes and what it adds to them, before it is a transaction.
struct Overlay: Sendable {
    /// Shapes shown with other content.
    var replaced: [ShapeID: ShapeDraft] = [:]
    /// Shapes about to be deleted.
    var erased: Set<ShapeID> = []
    /// Shapes that are not on the board yet, bottom first.
    var added: [ShapeDraft] = []

    /// True if the standing shapes look as they are.
    var isAddition: Bool { replaced.isEmpty && erased.isEmpty }

    mutating func take(_ gesture: Gesture, ink: Color?, of mirror: ShapeMirror) {
        switch gesture {
        case .stroke(var draft), .shape(var draft):
            if draft.stroke == nil { draft.stroke = ink }
            added.append(draft)
        case .move(let ids, let by): move(ids, by, of: mirror)
        case .resize(let id, let position, let size):
            guard var content = replaced[id] ?? mirror[id]?.content else { return }
            (content.position, content.size) = (position, size)
            replaced[id] = content
        }
    }

    mutating func move(_ ids: [ShapeID], _ by: Point, of mirror: ShapeMirror) {
        for id in ids {
            guard var content = replaced[id] ?? mirror[id]?.content else { continue }
            content.position = content.position + by
            replaced[id] = content
        }
    }
}
