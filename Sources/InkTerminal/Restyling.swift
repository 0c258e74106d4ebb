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

    /// - Returns: what is wrong with the word; nil for nothing. Here and below.
    mutating func pick(ink word: String, now: Instant) -> String? {
        guard let color = Self.color(word, none: "own") else { return Self.noColor(word, none: "own") }
        restyle(.ink(color), now: now)
        return nil
    }

    mutating func pick(fill word: String, now: Instant) -> String? {
        guard let color = Self.color(word, none: "none") else { return Self.noColor(word, none: "none") }
        restyle(.fill(color), now: now)
        return nil
    }

    mutating func pick(width word: String, now: Instant) -> String? {
        let sought = word.lowercased()
        guard let index = StylePicker.widthWords.firstIndex(of: sought) ?? Self.place(sought, among: Pen.widths.count) else {
            return "there is no width “\(word)”: 1 to 4, or \(StylePicker.widthWords.joined(separator: ", "))"
        }
        restyle(.width(Pen.widths[index]), now: now)
        return nil
    }

    mutating func pick(border word: String, now: Instant) -> String? {
        let all = BorderStyle.allCases
        guard let index = Self.index(of: word, among: all.map(\.rawValue)) else { return Self.noWord(word, "border", all.map(\.rawValue)) }
        restyle(.border(all[index]), now: now)
        return nil
    }

    mutating func pick(heads word: String, now: Instant) -> String? {
        let all = LineEnds.allCases
        guard let index = Self.index(of: word, among: all.map(\.rawValue)) else {
            return Self.noWord(word, "place for heads", all.map(\.rawValue))
        }
        restyle(.heads(all[index]), now: now)
        return nil
    }

    /// - Parameter choice: of the first end or the last.
    mutating func pick(head word: String, _ choice: (LineHead) -> StyleChoice, now: Instant) -> String? {
        guard let index = Self.index(of: word, among: StylePicker.headWords) else {
            return Self.noWord(word, "head", StylePicker.headWords)
        }
        restyle(choice(StylePicker.heads[index]), now: now)
        return nil
    }

    mutating func pick(elbow word: String, now: Instant) -> String? {
        switch word.lowercased() {
        case "on", "elbow", "2": restyle(.route(.elbow), now: now)
        case "off", "straight", "1": restyle(.route(.straight), now: now)
        default: return "“\(word)” is neither on nor off"
        }
        return nil
    }

    /// Where a word stands in a list, by itself or by its number from 1.
    private static func index(of word: String, among words: [String]) -> Int? {
        words.firstIndex(of: word.lowercased()) ?? place(word, among: words.count)
    }

    private static func noWord(_ word: String, _ what: String, _ words: [String]) -> String {
        "there is no \(what) “\(word)”: \(words.joined(separator: ", "))"
    }

    /// A colour by its name, its digit or its numbers; outside nil for a word that is none, inside for the absence of one (TM-235).
    private static func color(_ word: String, none: String) -> Color?? {
        let sought = word.lowercased()
        if sought == none || sought == "0" { return .some(nil) }
        if let index = place(sought, among: PersonColor.all.count) { return PersonColor.all[index].color }
        if let named = PersonColor.named(sought) { return named.color }
        return Color(sought).map { Optional($0) }
    }

    /// Where among so many, from 0, something stands by the number that was typed, from 1. It is compared before it is reckoned with: any number can be
    /// typed.
    private static func place(_ number: String, among count: Int) -> Int? {
        Int(number).flatMap { (1...count).contains($0) ? $0 - 1 : nil }
    }

    private static func noColor(_ word: String, none: String) -> String {
        "there is no colour “\(word)”: \(([none] + PersonColor.all.map(\.name)).joined(separator: ", ")) or #RRGGBB"
    }
}
