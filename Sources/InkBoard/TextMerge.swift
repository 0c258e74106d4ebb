import InkPrimitives

/// Two texts that came of one, made into one that has the changes of both: a three-way merge by grapheme (BD-33).
///
///     base ──mine────▶ "red box"  ┐
///     "box"                       ├──▶ "red box, closed"
///     base ──theirs──▶ "box, closed" ┘
///
/// What only one of the two changed is taken as it is changed. Two insertions at one place both stand, theirs first: nobody had said what came
/// after what, and a text that begins empty would else never hold the words of two (a diff3 calls that a conflict). Where both replaced or
/// deleted the same letters, theirs stay and mine are displaced, or stay behind theirs where `keepsBoth` says so.
///
/// Lines end by U+000A in the result, whatever they ended by. Costs a table of the two differing middles; where those are long they are
/// compared by words, then by lines, then not at all.
public struct TextMerge: Hashable, Sendable {
    /// The text with the changes of both.
    public private(set) var text = ""
    /// What of mine had no place in it, a line for each place; empty for nothing.
    public private(set) var displaced = ""
    /// Where a caret that stood in mine stands in `text`, in graphemes.
    public private(set) var caret = 0

    /// - Parameters:
    ///   - caret: where the caret stands in mine, in graphemes.
    ///   - keepsBoth: letters of mine that both changed stand behind theirs.
    ///   - bytesMax: a longer result is none (BD-141): then theirs stays, and all that mine added is displaced.
    public init(base: String, mine: String, theirs: String, caret: Int = 0, keepsBoth: Bool = false, bytesMax: Int = Limits.textBytes) {
        let (base, mine, theirs) = (Self.letters(base), Self.letters(mine), Self.letters(theirs))
        let (own, others) = (Self.changes(from: base, to: mine), Self.changes(from: base, to: theirs))
        var letters: [Character] = []
        var lost: [String] = []
        var (place, mineEnd): (Int, Int) = (0, 0)
        var shownCaret: Int?
        func noteCaret(_ start: Int, _ end: Int, at shown: Int) {
            if shownCaret == nil, (start...end).contains(caret) { shownCaret = shown + caret - start }
        }
        var (left, right) = (own[...], others[...])
        while let next = [left.first?.base.lowerBound, right.first?.base.lowerBound].compactMap({ $0 }).min() {
            noteCaret(mineEnd, mineEnd + (next - place), at: letters.count)
            letters += base[place..<next]
            mineEnd += next - place
            place = next
            let (a, b) = Self.takeOverlapping(&left, &right, from: next)
            let end = max(a.last?.base.upperBound ?? next, b.last?.base.upperBound ?? next)
            let (mineHere, theirsHere) = (Self.content(a, next..<end, base, mine), Self.content(b, next..<end, base, theirs))
            let both = Self.resolve(mineHere, theirsHere, isMineChanged: !a.isEmpty, isTheirsChanged: !b.isEmpty, isInsertion: end == next)
            let mineAt = letters.count + both.mineAt
            letters += both.kept
            if !both.displaced.isEmpty {
                if keepsBoth {
                    noteCaret(mineEnd, mineEnd + mineHere.count, at: letters.count)
                    letters += mineHere
                } else {
                    lost.append(String(both.displaced))
                    if shownCaret == nil, (mineEnd...mineEnd + mineHere.count).contains(caret) { shownCaret = letters.count }
                }
            } else if both.hasMine {
                noteCaret(mineEnd, mineEnd + mineHere.count, at: mineAt)
            } else if shownCaret == nil, (mineEnd...mineEnd + mineHere.count).contains(caret) {
                shownCaret = min(letters.count, mineAt + caret - mineEnd)
            }
            mineEnd += mineHere.count
            place = end
        }
        noteCaret(mineEnd, mineEnd + (base.count - place), at: letters.count)
        letters += base[place...]
        text = String(letters)
        displaced = lost.joined(separator: "\n")
        self.caret = min(letters.count, shownCaret ?? letters.count)
        guard text.utf8.count > bytesMax else { return }
        text = String(theirs)
        displaced = own.map { String(mine[$0.other]) }.filter { !$0.allSatisfy(\.isWhitespace) }.joined(separator: "\n")
        self.caret = min(theirs.count, caret)
    }

    /// A text that needs no merging, and words that had no place in it.
    public init(whole text: String, displaced: String) { (self.text, self.displaced) = (text, displaced) }

    /// A range of the base, and what stands in its place.
    private struct Change: Hashable {
        var base: Range<Int>
        var other: Range<Int>
    }

    private static func letters(_ text: String) -> [Character] { text.map { $0 == "\r\n" || $0 == "\r" ? "\n" : $0 } }

    /// Takes from both lists what changes one place: from `start` on, everything whose ranges overlap, one into the other. Two that only touch
    /// are two places, but for insertions at one point.
    private static func takeOverlapping(
        _ left: inout ArraySlice<Change>, _ right: inout ArraySlice<Change>, from start: Int
    ) -> (left: [Change], right: [Change]) {
        // What is inserted before letters that the other changed is a place of its own.
        if left.first?.base == start..<start, right.first?.base != start..<start { return ([left.removeFirst()], []) }
        if right.first?.base == start..<start, left.first?.base != start..<start { return ([], [right.removeFirst()]) }
        var (a, b): ([Change], [Change]) = ([], [])
        var end = start
        var isOpen = true
        func belongs(_ change: Change) -> Bool {
            change.base.lowerBound < end || (change.base.lowerBound == start && end == start)
        }
        while isOpen {
            isOpen = false
            if let next = left.first, belongs(next) {
                a.append(left.removeFirst())
                (end, isOpen) = (max(end, next.base.upperBound), true)
            }
            if let next = right.first, belongs(next) {
                b.append(right.removeFirst())
                (end, isOpen) = (max(end, next.base.upperBound), true)
            }
        }
        return (a, b)
    }

    /// What one side has in place of a range of the base.
    private static func content(_ changes: [Change], _ range: Range<Int>, _ base: [Character], _ other: [Character]) -> [Character] {
        var (letters, place): ([Character], Int) = ([], range.lowerBound)
        for change in changes {
            letters += base[place..<change.base.lowerBound] + other[change.other]
            place = change.base.upperBound
        }
        return letters + base[place..<range.upperBound]
    }

    private static func resolve(
        _ mine: [Character], _ theirs: [Character], isMineChanged: Bool, isTheirsChanged: Bool, isInsertion: Bool
    ) -> (kept: [Character], displaced: [Character], hasMine: Bool, mineAt: Int) {
        guard isMineChanged else { return (theirs, [], false, 0) }
        guard isTheirsChanged, mine != theirs else { return (mine, [], true, 0) }
        if isInsertion {
            // Who has the other's words already has added to them (BD-140).
            if mine.starts(with: theirs) || mine.reversed().starts(with: theirs.reversed()) { return (mine, [], true, 0) }
            if theirs.starts(with: mine) || theirs.reversed().starts(with: mine.reversed()) { return (theirs, [], false, 0) }
            return (theirs + mine, [], true, theirs.count)
        }
        return (theirs, mine.allSatisfy(\.isWhitespace) ? [] : mine, false, 0)
    }

    // MARK: Differences

    /// What makes `other` of `base`, ascending; letters between two changes are the same.
    private static func changes(from base: [Character], to other: [Character]) -> [Change] {
        let start = zip(base, other).prefix { $0 == $1 }.count
        let end = zip(base[start...].reversed(), other[start...].reversed()).prefix { $0 == $1 }.count
        let (a, b) = (base[start..<base.count - end], other[start..<other.count - end])
        guard !a.isEmpty || !b.isEmpty else { return [] }
        for cut in [Self.byLetter, Self.byWord, Self.byLine] {
            let (left, right) = (cut(a), cut(b))
            guard (left.count + 1) * (right.count + 1) <= cellsMax else { continue }
            return gathered(changes(left, right, base: start, other: start), base)
        }
        return [Change(base: start..<base.count - end, other: start..<other.count - end)]
    }

    /// Makes one of changes within a word, where not all are insertions: a letter that two words happen to share does not make them one, and "blue"
    /// and "green" in place of "red" are two words, not "gblueen".
    private static func gathered(_ changes: [Change], _ base: [Character]) -> [Change] {
        var gathered: [Change] = []
        for change in changes {
            guard let last = gathered.last, change.base.lowerBound - last.base.upperBound <= Self.sharedMax,
                !(last.base.isEmpty && change.base.isEmpty),
                !base[last.base.upperBound..<change.base.lowerBound].contains(where: \.isWhitespace)
            else {
                gathered.append(change)
                continue
            }
            gathered[gathered.count - 1] = Change(
                base: last.base.lowerBound..<change.base.upperBound, other: last.other.lowerBound..<change.other.upperBound)
        }
        return gathered
    }

    /// So many letters in a row are shared by chance.
    private static let sharedMax = 3

    /// The longest common subsequence of two lists of tokens, and what lies between its runs.
    private static func changes(_ a: [ArraySlice<Character>], _ b: [ArraySlice<Character>], base: Int, other: Int) -> [Change] {
        // Tokens by number: a table of texts would be compared text by text.
        var numbers: [ArraySlice<Character>: Int] = [:]
        func number(_ token: ArraySlice<Character>) -> Int {
            if let known = numbers[token] { return known }
            numbers[token] = numbers.count
            return numbers.count - 1
        }
        let (left, right) = (a.map(number), b.map(number))
        let width = right.count + 1
        // How long the longest is of what follows each pair of places.
        var table = [UInt16](repeating: 0, count: (left.count + 1) * width)
        for i in stride(from: left.count - 1, through: 0, by: -1) {
            for j in stride(from: right.count - 1, through: 0, by: -1) {
                table[i * width + j] =
                    left[i] == right[j]
                    ? table[(i + 1) * width + j + 1] + 1 : max(table[(i + 1) * width + j], table[i * width + j + 1])
            }
        }
        var changes: [Change] = []
        var (i, j, baseAt, otherAt) = (0, 0, base, other)
        while i < left.count || j < right.count {
            if i < left.count, j < right.count, left[i] == right[j] {
                (baseAt, otherAt) = (baseAt + a[i].count, otherAt + b[j].count)
                (i, j) = (i + 1, j + 1)
                continue
            }
            let (baseStart, otherStart) = (baseAt, otherAt)
            while i < left.count || j < right.count, !(i < left.count && j < right.count && left[i] == right[j]) {
                if j == right.count || (i < left.count && table[(i + 1) * width + j] >= table[i * width + j + 1]) {
                    baseAt += a[i].count
                    i += 1
                } else {
                    otherAt += b[j].count
                    j += 1
                }
            }
            changes.append(Change(base: baseStart..<baseAt, other: otherStart..<otherAt))
        }
        return changes
    }

    private static func byLetter(_ letters: ArraySlice<Character>) -> [ArraySlice<Character>] { letters.indices.map { letters[$0...$0] } }

    private static func byWord(_ letters: ArraySlice<Character>) -> [ArraySlice<Character>] {
        letters.runs { $0.isWhitespace == $1.isWhitespace && !$0.isNewline && !$1.isNewline }
    }

    private static func byLine(_ letters: ArraySlice<Character>) -> [ArraySlice<Character>] {
        letters.runs { before, _ in !before.isNewline }
    }

    /// Cells of the table: 8 MB for a moment. By letters, middles of some 2000 graphemes each.
    private static let cellsMax = 4_000_000
}
