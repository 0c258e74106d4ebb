import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// A text that became shapes when it was pasted, so that it can be a text after all.
///
///     paste ──something is drawn in it──▶ asked ──▶ on the board, and selected ──:paste-text──▶ a text in its place
///       └──nothing is───▶ a text                               └◀──────────────undo──────────────┘
struct PastedDrawing: Sendable {
    let text: String
    /// The corner of the cell at the upper left of the text, as it lay on the board when it was pasted.
    let corner: Point
    /// Under which it was asked for.
    let reference: UInt64
    /// What it became, and where that stood then; none before that is known.
    var made: [(id: ShapeID, box: WorldBox)] = []
    /// Under which the text was asked for that takes its place, and what that is once it is known (TM-414).
    var textReference: UInt64?
    var asText: ShapeID?

    /// The corner by now: it goes along with what of the drawing still stands.
    ///
    /// - Parameter box: where a shape stands; nil for one that is gone.
    func corner(_ box: (ShapeID) -> WorldBox?) -> Point {
        let standing = made.compactMap { id, before in box(id).map { (before, $0) } }
        guard let first = standing.first else { return corner }
        let (before, now) = standing.dropFirst().reduce(first) { ($0.0.union($1.0), $0.1.union($1.1)) }
        return Point(clampingX: Int64(corner.x) + Int64(now.left - before.left), y: Int64(corner.y) + Int64(now.top - before.top))
    }
}

extension BoardScene {
    /// Pastes a text as the drawing that it looks like; false for what is none, and for who has picked a tool that writes (TM-250).
    mutating func paste(drawing text: String, now: Instant) -> Bool {
        // Only one that is longer than a text may be is refused (TM-412).
        guard mode.isIdle, pen.tool != .text, pen.tool != .note, let drawing = try? TextDiagram(text).drawing.checked(),
            drawing.isDrawn(in: text)
        else { return false }
        // One that comes at once behind another is drawn behind it (TM-413).
        if waits(with: .input(.paste(text, isWhole: true))) { return true }
        pick(.select, now: now)
        let drafts = drawing.items.map(\.content)
        let step = step(bringing: drafts, to: pointedPlace)
        let words = "\(Self.words(for: drafts)) pasted: u takes it back, :paste-text makes it text"
        if let reference = draw(drawing, by: step, saying: words, now: now) {
            pastedDrawing = PastedDrawing(text: text, corner: step, reference: reference)
        }
        return true
    }

    /// What was pasted stands on the board.
    mutating func drawingWasPasted(_ made: [ShapeID], _ reference: UInt64) {
        guard pastedDrawing?.reference == reference else { return }
        pastedDrawing?.made = made.compactMap { id in front.board[id].map { (id, $0.content.worldBox) } }
    }

    /// What was asked for made a shape: the text in place of a drawing, if it is that.
    mutating func drawingBecameText(_ text: ShapeID, _ reference: UInt64) {
        if pastedDrawing?.textReference == reference { pastedDrawing?.asText = text }
    }

    /// Makes a text of the drawing that was pasted last, where it stands or stood, in one step of undo; once that is taken back, again (TM-251).
    mutating func pasteAsText(now: Instant) {
        guard let pasted = pastedDrawing else {
            return front.notices.add("no drawing was pasted: what looks like one becomes shapes", as: .setting, now: now)
        }
        guard pasted.asText.map({ front.board[$0] == nil }) ?? true, pasted.textReference.map({ requests[$0] == nil }) ?? true else {
            return front.notices.add("it is a text: \(keys.word(of: .undo)) makes shapes of it", as: .setting, now: now)
        }
        let place = grid.place(of: pasted.corner { front.board[$0]?.content.worldBox })
        let text = pen.text(pasted.text, at: place, on: grid)
        let change = BoardChange(drawn: [text], deleted: pasted.made.map(\.id).filter { front.board[$0] != nil })
        let reference = ask(.change(change), showing: Overlay(drawn: [text]), now: now)
        pastedDrawing?.textReference = reference
    }

    /// Adds a drawing to the board, on top and in one step of undo, and selects it once it is there.
    ///
    /// - Parameter words: told then.
    /// - Returns: under which it was asked for; nil where it has no place, which is said.
    @discardableResult
    mutating func draw(_ drawing: Drawing, by step: Point, saying words: String, now: Instant) -> UInt64? {
        do throws(ArrangementError) {
            guard let intent = try front.board.importing(drawing, by: step, author: front.me ?? .zero, isUsed: { _ in false }),
                case .change(let change) = intent
            else { return nil }
            var purpose = Purpose(told: words)
            if change.drawn.count <= Self.shownMax { purpose.overlay = Overlay(drawn: shown(change.drawn)) }
            // Who does something else by now goes on with that.
            guard mode.isIdle, pen.tool == .select, selection.awaited == nil else {
                return ask(intent, for: purpose, now: now)
            }
            purpose.pasted = []
            selection.wait(for: Selection.Awaited(pastedUntil: now + Self.drawnPatience))
            if case .keys(let place) = mode.pointer { mode.point(.resting(place)) }
            let reference = ask(intent, for: purpose, now: now)
            if let reference { selection.expect(reference) }
            return reference
        } catch {
            front.notices.add("nothing was drawn: \(error)", as: .setting, now: now)
            return nil
        }
    }

    /// So many shapes are seen before the board has them.
    private static let shownMax = 1000

    /// As "2 boxes, 1 arrow" (TM-411).
    private static func words(for drafts: [ShapeDraft]) -> String {
        let kinds: [(ShapeKind, String, String)] = [
            (.rectangle, "box", "boxes"), (.arrow, "arrow", "arrows"), (.line, "line", "lines"), (.text, "text", "texts"),
        ]
        let counts = kinds.map { kind in (drafts.count { $0.kind == kind.0 }, kind.1, kind.2) }
        return counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.0 == 1 ? $0.1 : $0.2)" }.joined(separator: ", ")
    }
}
