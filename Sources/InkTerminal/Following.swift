import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// Going where somebody else is, and staying with him: with what he sees where he tells that, else with his pointer.
extension BoardScene {
    /// Where somebody is.
    private struct Whereabouts {
        let peer: PeerID
        let view: WorldBox?
        /// Of his pointer.
        let place: CellPlace?
    }

    /// Follows the next of those who can be; after the last, nobody (TM-372).
    mutating func followNext(now: Instant) {
        let pointing = motion(at: now).pointers
        let all = whereabouts(pointing)
        guard let next = next(of: all, after: following?.peer) else {
            guard following == nil else { return stopFollowing() }
            return front.notices.add("nobody else points at the board now: there is no one to follow", as: .setting, now: now)
        }
        following = Followed(peer: next.peer)
        stayWithFollowed(pointing, now: now)
        if next.view == nil, let place = next.place { goTo(place) }
        touch()
    }

    /// Follows somebody who is chosen.
    mutating func follow(_ peer: PeerID, now: Instant) {
        let pointing = motion(at: now).pointers
        guard let whom = whereabouts(pointing).first(where: { $0.peer == peer }) else { return tellNowhere(peer, now: now) }
        following = Followed(peer: peer)
        stayWithFollowed(pointing, now: now)
        if whom.view == nil, let place = whom.place { goTo(place) }
        touch()
    }

    /// Goes where somebody who is chosen points, or to what he sees if he does not point.
    mutating func goTo(_ peer: PeerID, now: Instant) {
        stopFollowing()
        guard let whom = whereabouts(motion(at: now).pointers).first(where: { $0.peer == peer }) else { return tellNowhere(peer, now: now) }
        visited = peer
        if let place = whom.place { goTo(place) } else if let view = whom.view { show(view, now: now) }
        touch()
    }

    private mutating func tellNowhere(_ peer: PeerID, now: Instant) {
        let name = front.people[peer].map { front.people.shownName($0, columnsMax: 16) } ?? "somebody"
        front.notices.add("\(name) does not point at the board now", as: .setting, now: now)
        touch()
    }

    private func whereabouts(_ pointing: [Motion.Pointer]) -> [Whereabouts] {
        front.people.present.compactMap { peer, person in
            let place = pointing.first { $0.peer == peer }?.place
            return person.view == nil && place == nil ? nil : Whereabouts(peer: peer, view: person.view, place: place)
        }
    }

    /// Goes to what all were asked to look at, else to somebody's pointer, or to what he sees if he does not point; each time to another's (TM-138).
    mutating func goToPerson(now: Instant) {
        stopFollowing()
        if let call = front.takeCall() {
            visited = call.peer
            touch()
            return show(call.box, now: now)
        }
        let all = whereabouts(motion(at: now).pointers)
        guard let next = next(of: all, after: visited) ?? all.first else {
            return front.notices.add("nobody else points at the board: \(keys.word(of: .people)) shows who is here", as: .setting, now: now)
        }
        visited = next.peer
        if let place = next.place { goTo(place) } else if let view = next.view { show(view, now: now) }
    }

    /// Shows a part of the board whole, from as near as it fits; of one that is too large the middle (TM-212).
    mutating func show(_ box: WorldBox, now: Instant) {
        let fitting = Grid.zooms.last { zoom in
            let region = zoom.region(of: box)
            return region.columns <= viewport.columns && region.rows <= viewport.rows
        }
        zoom(to: fitting ?? Grid.zooms[0], now: now)
        look { $0.center(on: $0.grid.region(of: box)) }
    }

    /// The first of those who can be gone to that comes after somebody in the order of those present, whether he still points or not.
    ///
    /// - Parameter peer: nil for the first of all.
    private func next(of all: [Whereabouts], after peer: PeerID?) -> Whereabouts? {
        guard let peer else { return all.first }
        let rest = Set(front.people.present.map(\.peer).drop { $0 != peer }.dropFirst())
        return all.first { rest.contains($0.peer) }
    }

    mutating func goTo(_ place: CellPlace) {
        look { $0.center(on: CellRegion(column: place.column, row: place.row, columns: 1, rows: 1)) }
    }

    /// Brings into sight what keys chose; where that moves the window, it goes with nobody any more (TM-373).
    mutating func reveal(_ place: CellPlace) {
        guard viewport.seen(place) == nil else { return }
        stopFollowing()
        look { $0.show(place) }
    }

    // TM-373
    mutating func stopFollowing() {
        guard following != nil else { return }
        following = nil
        touch()
    }

    /// Keeps what is seen by who is followed in the window, or his pointer in its middle half, but not while a hand or a caret is in it (TM-372).
    mutating func stayWithFollowed(_ pointers: [Motion.Pointer], now: Instant) {
        guard let peer = following?.peer else { return }
        guard let person = front.people[peer] else {
            // Whoever left has no name any more.
            front.notices.add("\(following?.name ?? "") is not here any more, and is not followed", as: .setting, now: now)
            return stopFollowing()
        }
        following?.name = front.people.shownName(person, columnsMax: 12)
        guard mode.drag == nil, mode.edit == nil, mode.nudge == nil, person.status.state != .joining else {
            following?.chase = Chase()
            return
        }
        let before = viewport
        if let view = person.view {
            show(view, now: now)
        } else if let place = pointers.first(where: { $0.peer == peer })?.place {
            look { $0.keepInMiddle(place) }
        }
        goOnWithFollowed(from: before, now: now)
    }

    /// Takes the window, which is where it is to be, back to where it is on its way there.
    private mutating func goOnWithFollowed(from before: Viewport, now: Instant) {
        guard var chase = following?.chase else { return }
        // Where motion is not wanted, and where all is of another size, it does not slide (TM-241, TM-407).
        let isAtOnce = front.glides.isStill || before.grid != viewport.grid
        let way = SIMD2(viewport.origin.column - before.origin.column, viewport.origin.row - before.origin.row)
        let left = chase.go(isAtOnce ? .zero : way, window: SIMD2(viewport.columns, viewport.rows), now: now)
        following?.chase = chase
        if left != .zero { look { $0.move(columns: -left.x, rows: -left.y) } }
    }

    /// What is seen otherwise than usual, for the bar; it names how that ends (TM-139).
    var watchingWords: [String] {
        let followed = following.map { "following \($0.name): Esc stops" }
        let group = selection.entered.isEmpty ? nil : "in a group: Esc goes back"
        let asked = front.call.map {
            "\(wayToCommands)\(keys.word(of: .goToPerson)) goes where \(safeForTerminal($0.name, columnsMax: 12)) looks"
        }
        return [
            isExample ? "example: :keep keeps it" : nil, followed, group, snaps ? "snap: \(keys.word(of: .snap)) ends" : nil, asked,
            display.hidesCursors ? "cursors hidden: Esc shows" : nil,
        ].compactMap { $0 }
    }

    /// What comes before a key of a command for who is typing, or reads what takes all keys (TM-214).
    private var wayToCommands: String { mode.takesCommands ? "" : "Esc, then " }

    /// Shows others' pointers again; false where they are shown.
    mutating func showCursors() -> Bool {
        defer { display.hidesCursors = false }
        return display.hidesCursors
    }
}

/// Telling what is seen here, and asking for it to be looked at.
extension BoardScene {
    /// What the others may know of the view: while it goes with somebody's it is not the person's own, and two who follow each other would run away
    /// (TM-213).
    var ownView: WorldBox? { following == nil && opening == nil && front.isReady && !viewport.region.isEmpty ? viewport.box : nil }

    /// Asks all who are here to look at what is seen (TM-399).
    mutating func askToLook(now: Instant) {
        guard front.people.present.contains(where: { $0.person.status.state != .joining }) else {
            return front.notices.add("nobody else is here to look", as: .setting, now: now)
        }
        ask(.lookHere(viewport.box), now: now)
    }

    /// Somebody asks to be looked at: nobody is moved there unasked (TM-399).
    mutating func tellCall(now: Instant) {
        guard let call = front.call else { return }
        let key = keys.word(of: .goToPerson)
        front.notices.add("\(Sentence.asksToLook(call.name).text): \(wayToCommands)\(key) goes there", as: .look, now: now)
    }

    /// The corners of what is seen by who is followed, where that is less than the window (TM-398).
    func drawFollowedView(on buffer: inout CellBuffer) {
        guard let person = following.flatMap({ front.people[$0.peer] }), let view = person.view else { return }
        let region = grid.region(of: view)
        guard region != viewport.region else { return }
        let ink = front.people.color(person).ink(onDark: display.isDark)
        for (corner, mark, plain) in region.corners(["┌", "┐", "└", "┘"]) {
            guard let (column, row) = viewport.seen(corner), buffer[column, row] == .blank else { continue }
            buffer.put(Cell(Glyph(display.style == .ascii ? plain : mark), foreground: ink), column: column, row: row)
        }
    }
}

extension CellRegion {
    /// Its corner cells, each with its mark and the plain one: left above, right above, left below, right below.
    func corners(_ marks: [Unicode.Scalar]) -> [(CellPlace, Unicode.Scalar, Unicode.Scalar)] {
        let (right, bottom) = (columnRange.upperBound - 1, rowRange.upperBound - 1)
        let places = [(column, row), (right, row), (column, bottom), (right, bottom)].map { CellPlace(column: $0, row: $1) }
        return zip(places, marks).map { ($0, $1, "+") }
    }
}

extension Viewport {
    /// What is seen, in world units, as far as there is a board.
    var box: WorldBox {
        let limit = Int(Limits.coordinate)
        func bounded(_ value: Int) -> Int { max(-limit, min(limit, value)) }
        return WorldBox(
            left: bounded(region.column * grid.columnUnits), top: bounded(region.row * grid.rowUnits),
            right: bounded(region.columnRange.upperBound * grid.columnUnits - 1),
            bottom: bounded(region.rowRange.upperBound * grid.rowUnits - 1))
    }
}

extension Grid {
    /// The cells in which a part of the board lies.
    func region(of box: WorldBox) -> CellRegion {
        func cell(_ x: Int, _ y: Int) -> CellPlace { place(of: Point(clampingX: Int64(x), y: Int64(y))) }
        return CellRegion(from: cell(box.left, box.top), to: cell(box.right, box.bottom))
    }
}

/// Whose view, or pointer, the view goes with.
struct Followed: Hashable, Sendable {
    let peer: PeerID
    /// As it was shown last.
    var name = ""
    /// How the view goes there.
    var chase = Chase()
}
