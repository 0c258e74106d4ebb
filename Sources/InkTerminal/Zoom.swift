import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// How near the board is seen. Only the view's grid changes: the world, and what others see of it, does not.
extension BoardScene {
    /// The zoom in per cent, for the bar; nil at 100 % (TM-368).
    var zoomWord: String? { grid == .standard ? nil : "\(grid.percent) %" }

    /// Goes some steps nearer, or farther where there are less than none, as far as there are any.
    ///
    /// - Parameter cell: of the screen, which keeps what it shows; nil for where the person points by keys, or the middle (TM-368, TM-369).
    mutating func zoom(by steps: Int, about cell: CellPlace? = nil, now: Instant) {
        let here = Grid.zooms.firstIndex(of: grid) ?? 0
        zoom(to: Grid.zooms[max(0, min(Grid.zooms.count - 1, here + steps))], about: cell, now: now)
    }

    /// Sees the board on another grid.
    mutating func zoom(to next: Grid, about cell: CellPlace? = nil, now: Instant) {
        guard next != grid else { return }
        endNudge(now: now)
        let old = viewport
        let isCaretSeen = caretPlace.map { viewport.seen($0) != nil } ?? false
        let pointed = keyPlace.flatMap { viewport.seen($0) }.map { CellPlace(column: $0.column, row: $0.row) }
        let about = cell ?? pointed ?? CellPlace(column: viewport.columns / 2, row: viewport.rows / 2)
        let known = zoomedAbout.flatMap { $0.cell == about && $0.viewport == viewport ? $0.point : nil }
        let shown = known ?? grid.middle(of: viewport.place(column: about.column, row: about.row))
        look { $0.zoom(to: next, showing: shown, at: about) }
        zoomedAbout = ZoomCenter(cell: about, point: shown, viewport: viewport)
        regions.grid = next
        // What is kept in cells is about the same places of the board.
        let moved: (CellPlace) -> CellPlace = { next.place(of: old.grid.middle(of: $0)) }
        moveHand(moved, now: now)
        moveToldPlace(moved)
        // Who types sees where, whatever was pointed at (TM-81).
        if isCaretSeen, let caretPlace { look { $0.show(caretPlace) } }
        // Two presses between which the board moved are no double click (TM-370).
        mouse.lastClick = nil
        shownMotion = motion(at: now)
        touch()
    }

    /// Shows all of the drawing, at 100 % or from as far as that takes; where the farthest is too near, what of it is nearest (TM-133).
    mutating func fit(now: Instant) {
        stopFollowing()
        let middle = grid.middle(of: viewport.middle)
        zoom(to: fittingGrid(), now: now)
        showDrawing(near: grid.place(of: middle))
    }

    /// The nearest zoom, 100 % at most, at which all of the drawing is seen; the farthest where none is.
    private mutating func fittingGrid() -> Grid {
        let fitting = Grid.zooms.last { zoom in
            guard zoom.dotUnits >= Grid.standard.dotUnits else { return false }
            return regions.content(on: zoom).map { $0.columns <= viewport.columns && $0.rows <= viewport.rows } ?? true
        }
        return fitting ?? Grid.zooms[0]
    }

    /// What is in hand goes on from the same places of the board; the others see it as it is given from here (TM-132).
    private mutating func moveHand(_ moved: (CellPlace) -> CellPlace, now: Instant) {
        mode.movePlaces(moved)
        guard let (held, hand) = mode.takeDrag() else { return }
        var drag = held
        if !drag.isStroke, drag.told.isLive, let gesture = gesture(of: drag) {
            drag.told = tell(gesture, told: drag.told, now: now)
        }
        mode.begin(drag, by: hand)
    }
}

/// What the last zoom kept in its place: who goes nearer after going farther comes back to it, and not to the middle of a larger cell.
struct ZoomCenter: Sendable {
    /// Of the screen.
    let cell: CellPlace
    let point: Point
    /// As the zoom left it.
    let viewport: Viewport
}

extension Mode {
    /// What is begun goes on from the same places of the board on another grid. A move by keys counts cells, and ends before that (TM-132, TM-370).
    fileprivate mutating func movePlaces(_ moved: (CellPlace) -> CellPlace) {
        switch self {
        case .dragging(var drag, let hand):
            drag.movePlaces(moved)
            self = .dragging(drag, by: hand.moved(to: moved(hand.place)))
        case .idle, .nudging, .typing, .panel, .leaving:
            switch pointer {
            case .mouse: break
            case .keys(let place): point(.keys(moved(place)))
            case .resting(let place): point(.resting(moved(place)))
            }
        }
    }
}

extension Drag {
    /// The same on another grid. A stroke is kept in world units, and where the view is pulled is a cell of the screen.
    fileprivate mutating func movePlaces(_ moved: (CellPlace) -> CellPlace) {
        switch kind {
        case .stroke, .pan: break
        case .span(let tool, let from, let to): kind = .span(tool, from: moved(from), to: moved(to))
        case .move(let ids, let from, let to): kind = .move(ids, from: moved(from), to: moved(to))
        case .resize(let id, let content, let handle, let from, let to):
            kind = .resize(id, content, handle, from: moved(from), to: moved(to))
        case .frame(let from, let to): kind = .frame(from: moved(from), to: moved(to))
        case .pull(let point, let from, let to): kind = .pull(point, from: moved(from), to: moved(to))
        case .erase(let ids, let place): kind = .erase(ids, at: moved(place))
        case .laser(let place): kind = .laser(at: moved(place))
        }
    }
}
