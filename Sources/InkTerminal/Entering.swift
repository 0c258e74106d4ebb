import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// A group that is entered: what is in it is selected and changed alone, until Esc goes back to it.
///
///     group ──Enter, double click──▶ within it ──Enter, double click──▶ within an inner one, or writing
///       ▲                              │  Esc
///       └──────────────────────────────┘
extension BoardScene {
    /// True if all of one group is selected, and nothing beside it. Cheap, and so a look at a few shapes of many.
    var isGroupSelected: Bool {
        guard selection.ids.count > 1, let group = group(of: selection.ids[0]) else { return false }
        return front.board.members(of: group).count == selection.ids.count
            && selection.ids.prefix(64).allSatisfy { self.group(of: $0) == group }
    }

    /// The group by which a shape is chosen, within those that were entered.
    private func group(of id: ShapeID) -> GroupID? {
        guard let groups = front.board[id]?.content.groups, groups.starts(with: selection.entered) else { return nil }
        return groups.dropFirst(selection.entered.count).first
    }

    /// Goes into the group that is selected: a shape of it, or what lies on top in it, is selected then (TM-194).
    ///
    /// - Returns: false where no group is selected.
    mutating func enterGroup(at id: ShapeID? = nil) -> Bool {
        guard isGroupSelected, let unit = front.board.unit(of: selection.ids[0], within: selection.entered), let group = unit.group,
            Set(unit.shapes) == Set(selection.ids), let inner = id ?? unit.shapes.last
        else { return false }
        selection.enter(group, selecting: front.board.unit(of: inner, within: selection.entered + [group])?.shapes ?? [inner])
        mode.point(.mouse)
        touch()
        return true
    }

    /// Enter goes in where it would write in one shape.
    mutating func enterGroupByKey() -> Bool { mode.isIdle && pen.tool == .select && keyPlace == nil && enterGroup() }

    /// Goes back to the group that was entered last, which is selected then; false where none was (TM-390).
    mutating func leaveGroup() -> Bool {
        guard let inner = selection.ids.first, !selection.entered.isEmpty else { return false }
        selection.leaveGroup(selecting: front.board.unit(of: inner, within: Array(selection.entered.dropLast()))?.shapes ?? [])
        touch()
        return true
    }

    /// What is chosen with a shape that a hand points at; a group that it is not in is left (TM-176).
    mutating func choose(with id: ShapeID) -> [ShapeID] {
        selection.stay(within: front.board[id]?.content.groups ?? [])
        return front.board.members(with: [id], within: selection.entered)
    }

    /// True for what is in the groups that were entered.
    func isWithinEntered(_ id: ShapeID) -> Bool { front.board[id]?.content.groups.starts(with: selection.entered) ?? false }

    /// What is selected stands in the groups that were entered, or they are left: somebody may have taken them apart (TM-390).
    mutating func followGroups() {
        guard !selection.entered.isEmpty else { return }
        for id in selection.ids { selection.stay(within: front.board[id]?.content.groups ?? []) }
    }

    /// The next of what is in the group that was entered, from the top; nil where none was.
    func nextInGroup(_ step: Int) -> [ShapeID]? {
        guard let group = selection.entered.last else { return nil }
        let units = front.board.units(of: Array(front.board.members(of: group)), within: selection.entered)
        guard !units.isEmpty else { return nil }
        let index = units.firstIndex { unit in selection.ids.contains { unit.shapes.contains($0) } }
        return units[index.map { ($0 - step + units.count) % units.count } ?? (step > 0 ? units.count - 1 : 0)].shapes
    }

    /// A frame around the group that was entered, where nothing is drawn (TM-389).
    func drawEntered(on buffer: inout CellBuffer) {
        guard let group = selection.entered.last else { return }
        var around: CellRegion?
        for id in front.board.members(of: group) { if let box = regions[id] { around = around?.union(box) ?? box } }
        guard let box = around?.grown(columns: 1, rows: 1) else { return }
        let style = display.style
        func put(_ column: Int, _ row: Int, _ glyph: Glyph) {
            guard let (x, y) = viewport.seen(CellPlace(column: column, row: row)), buffer[x, y].glyph == .space else { return }
            buffer.put(Cell(glyph, attributes: .dim), column: x, row: y)
        }
        let seen = viewport.region
        for column in box.columnRange.clamped(to: seen.columnRange) {
            for row in [box.row, box.rowRange.upperBound - 1] { put(column, row, style == .ascii ? Glyph(".") : Glyph("┈")) }
        }
        for row in box.rowRange.clamped(to: seen.rowRange) {
            for column in [box.column, box.columnRange.upperBound - 1] { put(column, row, style == .ascii ? Glyph(":") : Glyph("┊")) }
        }
    }
}
