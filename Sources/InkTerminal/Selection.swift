import InkBoard
import InkPrimitives

/// The shapes that keys and the next drag are about.
struct Selection: Sendable {
    /// In the order in which they were chosen.
    private(set) var ids: [ShapeID] = []
    /// True while arrows resize what is selected: another selection is not resized.
    private(set) var isResizing = false
    /// The point of the selected line's path that arrows pull; nil while they pull none.
    private(set) var pulledIndex: Int?
    /// The groups that were entered, outermost first: what is selected is in all of them.
    private(set) var entered: [GroupID] = []
    /// How many times as far the next step goes, as it is typed; nil for once.
    private(set) var count: Int?
    /// The selection that the last click left, to tell a second click on it.
    private var clicked: [ShapeID] = []

    /// What was drawn last and is not on the board yet: once it is there it is what is selected, and keys mean it already.
    private(set) var awaited: Awaited?

    struct Awaited: Sendable {
        /// Under which it was asked for.
        fileprivate(set) var reference: UInt64
        /// As it was asked for; nil for what is pasted.
        fileprivate(set) var draft: ShapeDraft?
        /// What was written in it since, and finished before its answer; nil for nothing.
        fileprivate(set) var written: String?
        /// When it is no longer waited for.
        let until: Instant
        /// What a person did meanwhile that needs it, and all after that.
        fileprivate(set) var held: [Held] = []

        /// As it was left by who wrote in it.
        var shape: ShapeDraft? {
            var shape = draft
            if let written { shape?.text = written }
            return shape
        }

        init(reference: UInt64, draft: ShapeDraft, until: Instant) { (self.reference, self.draft, self.until) = (reference, draft, until) }

        /// Of a paste, which is asked for once it is known what.
        init(pastedUntil until: Instant) { (reference, draft, self.until) = (0, nil, until) }
    }

    /// What waits for what is on its way.
    enum Held: Sendable {
        case input(InputEvent)
        /// However it was asked for, with what was typed behind its name.
        case command(BoardCommand, String)

        /// What it is where the shape never comes.
        enum Rest: Hashable, Sendable {
            /// It was for the shape, or comes after what was.
            case lost
            /// From here on a person writes in the shape, this first.
            case writes(String)
            /// It is for a place of the board, wherever that shape is.
            case elsewhere
            /// It moves no more than the view, or the pointer.
            case beside
        }

        var rest: Rest {
            switch self {
            case .input(.key(.enter, _)): .writes("")
            case .input(.text(let text, _)) where text.first == "\n": .writes(String(text.dropFirst()))
            case .input(.text), .input(.paste): .elsewhere
            case .input(.mouse(let report)): report.action == .press(.left) ? .elsewhere : .beside
            case .input, .command: .lost
            }
        }
    }

    /// True if what waits writes in the shape: letters behind that are no commands.
    var isWritten: Bool {
        awaited?.held.contains { if case .writes = $0.rest { true } else { false } } ?? false
    }

    /// True while what is pasted is waited for.
    var isPasteAwaited: Bool { awaited.map { $0.draft == nil } ?? false }
    /// True while nothing is selected, and nothing will be.
    var isEmpty: Bool { ids.isEmpty && awaited == nil }
    /// The one shape that is selected; nil for none or several.
    var only: ShapeID? { ids.count == 1 ? ids[0] : nil }

    /// Selects what is chosen, in no group that was entered.
    mutating func select(_ chosen: [ShapeID]) {
        entered = []
        selectWithin(chosen)
    }

    /// Selects what is chosen in the groups that were entered.
    mutating func selectWithin(_ chosen: [ShapeID]) {
        if ids != chosen {
            endResizing()
            count = nil
        }
        (ids, awaited) = (chosen, nil)
        if chosen.isEmpty { entered = [] }
    }

    /// Goes into a group of what is in those that were entered.
    mutating func enter(_ group: GroupID, selecting chosen: [ShapeID]) {
        entered.append(group)
        selectWithin(chosen)
    }

    /// Goes back to the group that was entered last.
    mutating func leaveGroup(selecting chosen: [ShapeID]) {
        entered.removeLast()
        selectWithin(chosen)
    }

    /// Leaves the groups that are not among these, and what is within them.
    mutating func stay(within groups: [GroupID]) { entered = zip(entered, groups).prefix { $0 == $1 }.map(\.0) }

    /// Selects what is on its way to the board.
    mutating func wait(for drawn: Awaited) {
        select([])
        awaited = drawn
    }

    /// What is on its way is not waited for, nor is what waited for it done.
    mutating func stopWaiting() { awaited = nil }

    /// What is pasted was asked for.
    mutating func expect(_ reference: UInt64) { if awaited?.draft == nil { awaited?.reference = reference } }

    /// What is on its way is asked for again, under another reference.
    mutating func follow(_ reference: UInt64, as next: UInt64, _ draft: ShapeDraft) {
        guard var again = awaited, again.reference == reference else { return }
        (again.reference, again.draft, again.written) = (next, draft, nil)
        awaited = again
    }

    /// Something was written in what is on its way.
    mutating func leave(written text: String) { awaited?.written = text }

    mutating func hold(_ held: Held) { awaited?.held.append(held) }

    mutating func add(_ more: [ShapeID]) { selectWithin(ids + more.filter { !ids.contains($0) }) }

    /// - Parameter chosen: what is chosen with the shape, and it among them.
    mutating func toggle(_ id: ShapeID, with chosen: [ShapeID]) {
        let isChosen = ids.contains(id)
        let others = ids.filter { !chosen.contains($0) }
        selectWithin(isChosen ? others : others + chosen)
    }

    mutating func keep(where condition: (ShapeID) -> Bool) { if !ids.isEmpty { selectWithin(ids.filter(condition)) } }

    /// Takes a digit of a count.
    mutating func count(_ digit: Int) { count = min(Self.countMax, (count ?? 0) * 10 + digit) }

    /// The count that was typed, which is over with that; nil for none.
    mutating func takeCount() -> Int? {
        defer { count = nil }
        return count
    }

    /// As far as a hand would want to go; eight times that with Shift (TM-197).
    private static let countMax = 999

    mutating func toggleResizing() { isResizing.toggle() }
    // TM-23
    mutating func endResizing() { (isResizing, pulledIndex) = (false, nil) }
    /// Pulls a point of the selected line, or ends that (nil).
    mutating func pull(_ index: Int?) { (isResizing, pulledIndex) = (index != nil, index) }

    /// A click on what is selected alone means the shape below, of those under the pointer, topmost first; nil for what is no such click.
    func below(_ hits: [ShapeID]) -> ShapeID? {
        guard let only, hits.count > 1, let index = hits.firstIndex(of: only), clicked == ids else { return nil }
        return hits[(index + 1) % hits.count]
    }

    /// What is selected was clicked on.
    mutating func noteClick() { clicked = ids }
}
