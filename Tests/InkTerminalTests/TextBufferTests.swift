import InkFormats
import InkTerminal
import Testing

@Suite struct TextBufferTests {
    @Test func `TM-10: the caret steps over clusters, not scalars`() {
        var buffer = TextBuffer("a👨‍👩‍👧b")
        buffer.moveLeft(byWord: false)
        buffer.deleteBackward()
        #expect(buffer.text == "ab")
        #expect(buffer.caret == 1)
    }

    @Test func `TM-10: a combining scalar joins the character before the caret`() {
        var buffer = TextBuffer()
        let isTaken = [buffer.insert("e", bytesMax: 10), buffer.insert("\u{301}", bytesMax: 10)]
        #expect(isTaken == [true, true])
        #expect(buffer.caret == 1)
        buffer.deleteBackward()
        #expect(buffer.text == "")
    }

    @Test func `TM-336: words and the beginning of a line are deleted as shells do`() {
        var buffer = TextBuffer("eins\nzwei drei  ")
        buffer.deleteWordBackward()
        #expect(buffer.text == "eins\nzwei " && buffer.caret == 10)
        buffer.deleteToLineStart()
        #expect(buffer.text == "eins\n")
        // At the beginning of a line there is nothing before it.
        buffer.deleteToLineStart()
        #expect(buffer.text == "eins\n")
        #expect(buffer.caret == 5)
        let isUndone = buffer.undo()
        #expect(isUndone && buffer.text == "eins\nzwei ")
        // As many bytes can be typed again as were deleted.
        buffer.deleteToLineStart()
        let isTaken = [buffer.insert("abcdef", bytesMax: 10), buffer.insert("abcde", bytesMax: 10)]
        #expect(isTaken == [false, true])
    }

    @Test func `TM-10: undo takes back a word, not the text`() {
        var buffer = TextBuffer()
        for character in "one two" {
            let isTaken = buffer.insert(String(character), bytesMax: 99)
            #expect(isTaken)
        }
        var texts: [String] = []
        while buffer.undo() { texts.append(buffer.text) }
        #expect(texts == ["one ", "one", ""])
    }

    @Test func `TM-10: words that came in one read are taken back one by one`() {
        var typed = TextBuffer()
        for character in "one  two\nthree" {
            let isTaken = typed.insert(String(character), bytesMax: 99)
            #expect(isTaken)
        }
        var read = TextBuffer()
        // A line that was slow: the second read goes on with the first one's word.
        for piece in ["o", "ne  tw", "o\nthree"] {
            let isTaken = read.insertFitting(piece, bytesMax: 99, isTyped: true)
            #expect(isTaken)
        }
        while typed.undo() {
            let isBack = read.undo()
            #expect(isBack && read.text == typed.text)
        }
        let isMore = read.undo()
        #expect(!isMore)
        // A paste is one step, and so is what no hand types.
        for (piece, isTyped) in [("one two", false), (String(repeating: "one ", count: 200), true)] {
            var pasted = TextBuffer("a ")
            let isTaken = pasted.insertFitting(piece, bytesMax: 9999, isTyped: isTyped)
            #expect(isTaken)
            let isBack = pasted.undo()
            #expect(isBack && pasted.text == "a ")
        }
    }

    @Test func `words, lines and limits`() {
        var buffer = TextBuffer("one two\nthree")
        buffer.moveLine(-1)
        #expect(buffer.caret == 5)
        buffer.moveLeft(byWord: true)
        #expect(buffer.caret == 4)
        buffer.moveToLineStart()
        #expect(buffer.caret == 0)
        buffer.moveToLineEnd()
        #expect(buffer.caret == 7)
        buffer.moveLine(1)
        #expect(buffer.caret == 13)
        let isTaken = buffer.insert("x", bytesMax: 13)
        #expect(!isTaken)
        #expect(buffer.text == "one two\nthree")
    }

    @Test(arguments: ["a", "漢", "👨‍👩‍👧", "e\u{301}"])
    func `TM-10: of a long line as much is shown as fits, by cells and not by letters`(letter: String) {
        for count in 1..<30 {
            let window = TextBuffer(String(repeating: letter, count: count)).window(columns: 20)
            #expect(window.caret <= 20 && window.caret == CharacterWidth.columns(of: window.text))
        }
    }
}
