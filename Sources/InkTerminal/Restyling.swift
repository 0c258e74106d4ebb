import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// How what is selected, and what is drawn from now on, gets another look: by a digit of a picker, or by a word behind a command's name.
extension BoardScene {
    mutating func restyle(_ choice: StyleChoice, now: Instant) {
        pen.take(choice)
        var overlay = Overlay()
        var edits: [ShapeEdit] = []
        for id in selection.ids.sorted() {
            // Of a line that follows what it is bound to, what is stored: another look may be another way.
            guard var content = front.board.stored(id) else { continue }
            let changes = choice.changes(of: content)
            guard !changes.isEmpty else { continue }
            for change in changes { content.take(change) }
            overlay.replaced[id] = front.board.drawn(content)
            edits.append(ShapeEdit(id, changes))
        }
        guard let first = edits.first else {
            if !selection.ids.isEmpty { front.notices.add(choice.complaint, as: .setting, now: now) }
            return
        }
        let isAlike = edits.allSatisfy { $0.changes == first.changes }
        ask(isAlike ? .setAll(edits.map(\.shape), first.changes) : .setEach(edits), showing: overlay, now: now)
    }

    // MARK: By words

    /// - Returns: what is wrong with the word; nil for nothing.
    mutating func pick(_ look: StyleWords, _ word: String, now: Instant) -> String? {
        do throws(StyleWordFault) {
            restyle(try look.choice(word), now: now)
            return nil
        } catch {
            return error.description
        }
    }
}
