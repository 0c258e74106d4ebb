import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// Going where somebody else is, and staying with him. What others tell is their pointer, and not what they see: that is what is followed.
extension BoardScene {
    /// Follows the next of those who point at the board; after the last, nobody.
    mutating func followNext(now: Instant) {
        let pointing = motion(at: now).pointers
        guard let next = next(of: pointing, after: following?.peer) else {
            guard following == nil else { return stopFollowing() }
            return front.notices.add("nobody else points at the board now: there is no one to follow", as: .setting, now: now)
        }
        following = Followed(peer: next.peer)
        stayWithFollowed(pointing, now: now)
        goTo(next.place)
        touch()
    }

    /// Goes to the pointer of somebody, and each time to another's.
    mutating func goToPerson(now: Instant) {
        stopFollowing()
        let pointing = motion(at: now).pointers
        guard let next = next(of: pointing, after: visited) ?? pointing.first else {
            return front.notices.add("nobody else points at the board: P shows who is here", as: .setting, now: now)
        }
        visited = next.peer
        goTo(next.place)
    }

    /// The first of those who point that comes after somebody in the order of those present, whether he still points or not.
    ///
    /// - Parameter peer: nil for the first of all.
    private func next(of pointing: [Motion.Pointer], after peer: PeerID?) -> Motion.Pointer? {
        guard let peer else { return pointing.first }
        let rest = Set(front.people.present.map(\.peer).drop { $0 != peer }.dropFirst())
        return pointing.first { rest.contains($0.peer) }
    }

    mutating func goTo(_ place: CellPlace) {
        look { $0.center(on: CellRegion(column: place.column, row: place.row, columns: 1, rows: 1)) }
    }

    /// Brings into sight what keys chose; where that moves the window, it goes with nobody any more.
    mutating func reveal(_ place: CellPlace) {
        guard viewport.seen(place) == nil else { return }
        stopFollowing()
        look { $0.show(place) }
    }

    mutating func stopFollowing() {
        guard following != nil else { return }
        following = nil
        touch()
    }

    /// Keeps the pointer of who is followed in the middle half of the window, but not while a hand or a caret is in it.
    mutating func stayWithFollowed(_ pointers: [Motion.Pointer], now: Instant) {
        guard let peer = following?.peer else { return }
        guard let person = front.people[peer] else {
            // Whoever left has no name any more.
            front.notices.add("\(following?.name ?? "") is not here any more, and is not followed", as: .setting, now: now)
            return stopFollowing()
        }
        following?.name = front.people.shownName(person, columnsMax: 12)
        guard mode.drag == nil, mode.edit == nil, person.status.state != .joining else { return }
        if let place = pointers.first(where: { $0.peer == peer })?.place { look { $0.keepInMiddle(place) } }
    }

    /// What is seen otherwise than usual, for the bar; it names how that ends.
    var watchingWords: [String] {
        let followed = following.map { "following \($0.name): Esc stops" }
        let group = selection.entered.isEmpty ? nil : "in a group: Esc goes back"
        return [followed, group, snaps ? "snap: S ends" : nil, display.hidesCursors ? "cursors hidden: Esc shows" : nil].compactMap { $0 }
    }

    /// Shows others' pointers again; false where they are shown.
    mutating func showCursors() -> Bool {
        defer { display.hidesCursors = false }
        return display.hidesCursors
    }
}

/// Whose pointer the view goes with.
struct Followed: Hashable, Sendable {
    let peer: PeerID
    /// As it was shown last.
    var name = ""
}
