import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// What an owner does in a terminal so that a board stays calm.
extension BoardScene {
    /// `NAME [10m]`: takes back what somebody did, all of it or what claims to be no older than that (TM-314, TM-440).
    mutating func takeBack(_ text: String, now: Instant) -> String? {
        let words = text.split(separator: " ")
        var (name, span) = (text, TakeBackOrder.Span.all)
        if let last = words.last, words.count > 1, let seconds = TypedSpan.seconds(last) {
            name = words.dropLast().joined(separator: " ")
            span = .last(seconds: seconds)
        }
        ask(.calm(.takeBack(TakeBackOrder(.named(name), span))), now: now)
        return nil
    }

    /// Locks what is selected to all but owners, or opens it again (TM-310).
    mutating func lockSelection(_ isLocked: Bool, now: Instant) {
        guard hasSelection(now: now) else { return }
        let ids = selection.ids.filter { front.board[$0]?.isLocked != isLocked }
        guard !ids.isEmpty else {
            return front.notices.add(isLocked ? "that is locked already" : "nothing of that is locked", as: .setting, now: now)
        }
        let what = Sentence.count(ids.count, "shape")
        let told = isLocked ? "\(what) locked: owners alone change what is locked (:unlock)" : "\(what) unlocked"
        ask(.calm(.lock(ids, isLocked)), for: Purpose(told: told), now: now)
    }

    /// A time, or `off`: how often who is no owner may change something (TM-440).
    mutating func slowDown(_ text: String, now: Instant) -> String? {
        let seconds = text == "off" ? 0 : TypedSpan.seconds(text)
        guard let seconds, seconds <= 3600 else { return "a time up to an hour, as 10s or 2m, or off" }
        ask(.calm(.pace(milliseconds: seconds * 1000)), now: now)
        return nil
    }

    /// `NAME reason…`: ends somebody's right, who is here; all are told the reason. A name may hold blanks: the longest that is somebody's is meant
    /// (TM-314, TM-440).
    mutating func remove(_ text: String, now: Instant) -> String? {
        let words = text.split(separator: " ")
        for count in (1...max(1, words.count)).reversed() {
            let name = words.prefix(count).joined(separator: " ")
            let found = front.people.called(name)
            if found.contains(where: { $0.person.status.name == name }), let fault = front.claims.fault(of: name) { return "\(fault)" }
            guard found.count <= 1 else { return severalCalled(name, found.map(\.person)) }
            guard let person = found.first?.person, let device = person.status.author else { continue }
            let reason = words.dropFirst(count).joined(separator: " ")
            guard reason.utf8.count <= Limits.reasonBytes else { return Refusal.reasonTooLong.description }
            let told = "\(front.people.name(of: person)) is removed" + (reason.isEmpty ? "" : ": \(reason)")
            ask(.remove(RemovalOrder(.device(device), reason: reason)), for: Purpose(told: told), now: now)
            return nil
        }
        return "nobody here is called so: \(keys.word(of: .people)) shows who is here; `inkwire members` removes others, too"
    }

    /// Does not show somebody's pointer any more, on this screen (TM-311).
    mutating func mute(_ name: String, now: Instant) -> String? {
        let found = front.people.called(name)
        guard found.count <= 1 else { return severalCalled(name, found.map(\.person)) }
        guard let person = found.first?.person, let device = person.status.author else {
            return "nobody here is called so: \(keys.word(of: .people)) shows who is here"
        }
        front.mutes.mute(device)
        let called = front.people.name(of: person)
        front.notices.add("the pointer of \(called) is not shown here (:unmute \(called))", as: .setting, now: now)
        redraw(.now)
        return nil
    }

    /// Shows somebody's pointer again, or those of all (TM-311).
    mutating func unmute(_ name: String?, now: Instant) -> String? {
        guard let name else {
            guard !front.mutes.isEmpty else { return "all pointers are shown" }
            front.mutes.unmuteAll()
            front.notices.add("all pointers are shown again", as: .setting, now: now)
            redraw(.now)
            return nil
        }
        let found = front.people.called(name).filter { front.mutes.contains($0.person) }
        guard let person = found.first?.person, let device = person.status.author, front.mutes.unmute(device) else {
            return "nobody here of that name is muted"
        }
        front.notices.add("the pointer of \(front.people.name(of: person)) is shown again", as: .setting, now: now)
        redraw(.now)
        return nil
    }

    private func severalCalled(_ name: String, _ people: [Roster.Person]) -> String {
        "that may be \(people.map { front.people.name(of: $0) }.joined(separator: " or ")): say which"
    }

    // MARK: What is drawn of it

    /// A mark at the upper right of each shape that is locked (TM-439).
    func drawLocks(on buffer: inout CellBuffer) {
        guard !front.board.locked.isEmpty else { return }
        let mark = Cell(Glyph(display.style == .ascii ? "#" : "■"), attributes: .bold)
        var count = 0
        for id in front.board.locked.sorted() where count < Self.locksMax {
            guard let box = markedRegion(id), box.overlaps(viewport.region) else { continue }
            count += 1
            let (column, row) = viewport.screen(CellPlace(column: box.column + box.columns - 1, row: box.row))
            if row >= 0, row < layout.canvasRows { buffer.put(mark, column: column, row: row) }
        }
    }

    private static let locksMax = 500

    /// The name of who holds a shape in hand, or writes in it, at the shape: where it does not stand by the pointer (TM-313).
    func holders() -> [(person: Roster.Person, box: CellRegion)] {
        let named = Set(display.hidesCursors ? [] : shownMotion.pointers.filter { $0.age == .fresh }.map(\.peer))
        return shownMotion.previews.compactMap { preview in
            guard case .gesture(let id, let gesture) = preview, !named.contains(id.source.peer), let person = front.people[id.source.peer],
                let box = region(of: gesture), box.overlaps(viewport.region)
            else { return nil }
            return (person, box)
        }
    }

    /// Where the first of the shapes stands that a gesture changes, as it is drawn; nil for a gesture that changes none.
    private func region(of gesture: Gesture) -> CellRegion? {
        switch gesture {
        case .stroke, .shape: return nil
        case .move(let ids, let by):
            guard let id = ids.first, var box = regions[id] else { return nil }
            let moved = grid.place(of: by)
            (box.column, box.row) = (box.column + moved.column, box.row + moved.row)
            return box
        case .resize(let id, let position, let size):
            guard var content = front.board[id]?.content else { return nil }
            (content.position, content.size) = (position, size)
            return content.cellRegion(on: grid)
        case .pull(let id, _), .text(let id, _): return regions[id]
        }
    }
}
