import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// What is done with several shapes that are selected, each in one step of undo: what it is, scripts have as well (TM-175).
extension BoardScene {
    mutating func group(now: Instant) {
        arrange(now: now) { board, ids, entered throws(ArrangementError) in try board.grouping(ids, within: entered) }
    }

    mutating func ungroup(now: Instant) {
        arrange(now: now) { board, ids, entered throws(ArrangementError) in try board.ungrouping(ids, within: entered) }
    }

    mutating func order(to step: OrderStep, now: Instant) {
        arrange(now: now) { board, ids, entered throws(ArrangementError) in try board.ordering(ids, to: step, within: entered) }
    }

    /// - Returns: what is wrong with the word, or with what is selected; nil for nothing. Here and below.
    mutating func align(to word: String, now: Instant) -> String? {
        guard let side = Alignment(rawValue: word.lowercased()) else { return Self.noWord(word, of: Alignment.self) }
        return arranged(now: now) { board, ids, entered throws(ArrangementError) in try board.aligning(ids, to: side, within: entered) }
    }

    mutating func distribute(_ word: String, now: Instant) -> String? {
        guard let axis = Distribution(rawValue: word.lowercased()) else { return Self.noWord(word, of: Distribution.self) }
        return arranged(now: now) { board, ids, entered throws(ArrangementError) in try board.distributing(ids, axis, within: entered) }
    }

    private static func noWord<Word: RawRepresentable & CaseIterable>(_ word: String, of: Word.Type) -> String
    where Word.RawValue == String {
        "“\(word)” is none of \(Word.allCases.map(\.rawValue).joined(separator: ", "))"
    }

    private mutating func arrange(
        now: Instant, _ intent: (BoardView, [ShapeID], [GroupID]) throws(ArrangementError) -> Intent?
    ) {
        guard hasSelection(now: now) else { return }
        if let complaint = arranged(now: now, intent) { front.notices.add(complaint, as: .setting, now: now) }
    }

    private mutating func arranged(
        now: Instant, _ intent: (BoardView, [ShapeID], [GroupID]) throws(ArrangementError) -> Intent?
    ) -> String? {
        guard !selection.isEmpty else { return "nothing is selected: v and a click, or ] selects" }
        do throws(ArrangementError) {
            guard let intent = try intent(front.board, selection.ids, selection.entered) else {
                front.notices.add("they are so already", as: .setting, now: now)
                return nil
            }
            ask(intent, showing: Overlay(), now: now)
            return nil
        } catch {
            return "\(error)"
        }
    }
}
