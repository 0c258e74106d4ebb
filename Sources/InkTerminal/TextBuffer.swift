import InkFormats
import InkPrimitives

/// A text being typed, with a caret between grapheme clusters and an undo of its own, word by word (TM-10).
package struct TextBuffer: Hashable, Sendable {
    private(set) var characters: [Character]
    /// Length of the text in UTF-8, kept so that typing a long text does not measure it anew with every key.
    private(set) var byteCount: Int
    /// Characters before the caret.
    package private(set) var caret: Int
    /// Earlier texts with their carets, oldest first.
    private var history: [Snapshot] = []
    /// True while typing continues one word, which is one step back.
    private var isInWord = false

    private struct Snapshot: Hashable, Sendable {
        var characters: [Character]
        var byteCount: Int
        var caret: Int
    }

    package init(_ text: String = "") {
        characters = Array(text)
        byteCount = text.utf8.count
        caret = characters.count
    }

    package var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }
    var isAtEnd: Bool { caret == characters.count }

    /// Inserts at the caret; false, and nothing changes, if the text would take more than `bytesMax` bytes of UTF-8.
    package mutating func insert(_ inserted: String, bytesMax: Int) -> Bool {
        guard byteCount + inserted.utf8.count <= bytesMax else { return false }
        let continues = !inserted.isEmpty && !inserted.contains(where: \.isWhitespace)
        if !continues || !isInWord { remember() }
        isInWord = continues
        byteCount += inserted.utf8.count
        // A combining scalar joins the character before it, so that one and the caret are made anew (TM-402).
        let start = max(0, caret - 1)
        let before = Array(String(characters[start..<caret]) + inserted)
        let joinsNext = caret < characters.count && before.last.map { String($0) + String(characters[caret]) }?.count == 1
        characters.replaceSubrange(start..<caret, with: before)
        caret = start + before.count
        // What joins the character behind it can move every border after it: rare, as with flags.
        if joinsNext { characters = Array(text) }
        caret = min(caret, characters.count)
        return true
    }

    /// Inserts as much as fits; false if that is not all.
    ///
    /// - Parameter isTyped: each word is a step back, as if its letters had come one by one; of a text that no hand types at once all is one.
    package mutating func insertFitting(_ inserted: String, bytesMax: Int, isTyped: Bool = false) -> Bool {
        let length = inserted.utf8.count
        if isTyped, length <= Self.typedMax, byteCount + length <= bytesMax {
            for word in inserted.wordsAndGaps { _ = insert(word, bytesMax: bytesMax) }
            return true
        }
        if insert(inserted, bytesMax: bytesMax) { return true }
        var room = bytesMax - byteCount
        let fitting = inserted.prefix { character in
            room -= character.utf8.count
            return room >= 0
        }
        if !fitting.isEmpty { _ = insert(String(fitting), bytesMax: bytesMax) }
        return false
    }

    /// Becomes another text, as somebody else wrote it: what was typed here before is no longer there to be taken back.
    mutating func replaceAll(_ text: String, caret: Int) {
        self = TextBuffer(text)
        self.caret = min(caret, characters.count)
    }

    package mutating func deleteBackward() {
        guard caret > 0 else { return }
        remember()
        byteCount -= characters.remove(at: caret - 1).utf8.count
        caret -= 1
    }

    package mutating func deleteForward() {
        guard caret < characters.count else { return }
        remember()
        byteCount -= characters.remove(at: caret).utf8.count
    }

    /// Deletes the word before the caret, and blanks behind it (TM-336).
    package mutating func deleteWordBackward() {
        var word = self
        word.moveLeft(byWord: true)
        deleteBackward(to: word.caret)
    }

    /// Deletes what stands in the caret's line before it (TM-336).
    package mutating func deleteToLineStart() {
        var line = self
        line.moveToLineStart()
        deleteBackward(to: line.caret)
    }

    private mutating func deleteBackward(to start: Int) {
        guard start < caret else { return }
        remember()
        byteCount -= characters[start..<caret].reduce(0) { $0 + $1.utf8.count }
        characters.removeSubrange(start..<caret)
        caret = start
    }

    /// Takes back the last word or deletion; false if there is none.
    package mutating func undo() -> Bool {
        guard let last = history.popLast() else { return false }
        (characters, byteCount, caret, isInWord) = (last.characters, last.byteCount, last.caret, false)
        return true
    }

    package mutating func moveLeft(byWord: Bool) {
        isInWord = false
        guard byWord else {
            caret = max(0, caret - 1)
            return
        }
        while caret > 0, characters[caret - 1].isWhitespace { caret -= 1 }
        while caret > 0, !characters[caret - 1].isWhitespace { caret -= 1 }
    }

    package mutating func moveRight(byWord: Bool) {
        isInWord = false
        guard byWord else {
            caret = min(characters.count, caret + 1)
            return
        }
        while caret < characters.count, characters[caret].isWhitespace { caret += 1 }
        while caret < characters.count, !characters[caret].isWhitespace { caret += 1 }
    }

    package mutating func moveToLineStart() {
        isInWord = false
        caret = lineStart(caret)
    }

    package mutating func moveToLineEnd() {
        isInWord = false
        while caret < characters.count, !characters[caret].isNewline { caret += 1 }
    }

    /// To the same character of the line above (-1) or below (1).
    package mutating func moveLine(_ direction: Int) {
        isInWord = false
        let start = lineStart(caret)
        let offset = caret - start
        if direction < 0 {
            guard start > 0 else { return caret = 0 }
            let above = lineStart(start - 1)
            caret = min(above + offset, start - 1)
        } else {
            moveToLineEnd()
            guard caret < characters.count else { return }
            let below = caret + 1
            caret = below
            moveToLineEnd()
            caret = min(below + offset, caret)
        }
    }

    private func lineStart(_ position: Int) -> Int {
        var position = position
        while position > 0, !characters[position - 1].isNewline { position -= 1 }
        return position
    }

    private mutating func remember() {
        history.append(Snapshot(characters: characters, byteCount: byteCount, caret: caret))
        if history.count > Self.historyMax { history.removeFirst() }
        isInWord = false
    }

    private static let historyMax = 100
    /// Bytes that a hand may have typed when a line was slow. Each word keeps a copy of the text (TM-10).
    private static let typedMax = 512

    /// The part of a one-line text that fits, with the caret in it, and the cells before the caret.
    package func window(columns: Int) -> (text: String, caret: Int) {
        let before = String(characters.prefix(caret))
        let width = CharacterWidth.columns(of: before)
        guard width >= max(1, columns) else { return (text, width) }
        // What is typed is at the end: its last half is shown, and room is left to go on.
        var room = max(1, columns / 2)
        let shown = String(
            before.reversed().prefix { character in
                room -= CharacterWidth.columns(of: character)
                return room >= 0
            }.reversed())
        return (shown + String(characters.dropFirst(caret)), CharacterWidth.columns(of: shown))
    }
}

extension String {
    /// Its words, and each white space between them.
    fileprivate var wordsAndGaps: [String] {
        var pieces: [String] = []
        var isInWord = false
        for character in self {
            if isInWord, !character.isWhitespace {
                pieces[pieces.count - 1].append(character)
            } else {
                pieces.append(String(character))
            }
            isInWord = !character.isWhitespace
        }
        return pieces
    }

    /// True for a line and the Enter after it: what came in one piece and ends as typing does.
    var isLineWithEnter: Bool { firstIndex(where: \.isNewline).map { index(after: $0) == endIndex } ?? false }
}
