import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// Boxes that are made as large as their labels need: when that is asked for, or by choice while one is written. The others see a box that is resized.
extension BoardScene {
    // TM-195, TM-392
    mutating func fitLabels(now: Instant) {
        guard hasSelection(now: now) else { return }
        var overlay = Overlay()
        for id in selection.ids.sorted() {
            guard let content = front.board[id]?.content else { continue }
            let grown = content.grownToLabel()
            if grown.size != content.size { overlay.replaced[id] = grown }
        }
        let edits = overlay.replaced.sorted { $0.key < $1.key }.map { ShapeEdit($0.key, [.size($0.value.size)]) }
        guard let first = edits.first else { return front.notices.add("the labels have room already", as: .setting, now: now) }
        if edits.count == 1, let content = front.board[first.shape]?.content, let grown = overlay.replaced[first.shape] {
            // What another does to the box meanwhile stays.
            ask(Gesture.resize(first.shape, grown).intent(from: content), showing: overlay, now: now)
        } else {
            ask(.setEach(edits), showing: overlay, now: now)
        }
    }

    mutating func toggleGrowing(now: Instant) { setGrowing(!pen.growsBoxes, now: now) }

    /// - Returns: what is wrong with the word; nil for nothing.
    mutating func pick(growing word: String, now: Instant) -> String? {
        switch word.lowercased() {
        case "on": setGrowing(true, now: now)
        case "off": setGrowing(false, now: now)
        default: return "“\(word)” is neither on nor off"
        }
        return nil
    }

    private mutating func setGrowing(_ grows: Bool, now: Instant) {
        pen.growsBoxes = grows
        let words = grows ? "boxes grow with what is written in them" : "boxes stay as large as they are"
        front.notices.add(words, as: .setting, now: now)
    }

    /// Gives a box the size to which it grew while it was written, in one step of undo with the text (TM-391).
    mutating func giveRoom(to id: ShapeID, _ draft: ShapeDraft, now: Instant) {
        guard pen.growsBoxes, draft.hasSize, !draft.isInvisibleText, let standing = front.board[id]?.content else { return }
        var grown = standing
        grown.text = draft.text
        grown = grown.grownToLabel()
        guard grown.size != standing.size else { return }
        ask(.amend(id, [.size(grown.size)]), showing: Overlay(replaced: [id: grown]), now: now)
    }
}
