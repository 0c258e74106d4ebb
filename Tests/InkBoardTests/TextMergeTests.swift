import InkBoard
import InkPrimitives
import Testing

@Suite struct TextMergeTests {
    private func merged(_ base: String, _ mine: String, _ theirs: String) -> [String] {
        let merge = TextMerge(base: base, mine: mine, theirs: theirs)
        return [merge.text, merge.displaced]
    }

    @Test func `BD-33: what one of the two changed is taken as it is changed`() {
        #expect(merged("box", "red box", "box, closed") == ["red box, closed", ""])
        #expect(merged("one two three", "one 2 three", "one two 3") == ["one 2 3", ""])
        #expect(merged("one two", "one", "one two three") == ["one three", ""])
        #expect(merged("same", "same", "other") == ["other", ""])
        #expect(merged("same", "other", "same") == ["other", ""])
        #expect(merged("a", "b", "b") == ["b", ""])
        #expect(merged("", "", "") == ["", ""])
    }

    @Test func `BD-33: two insertions at one place both stand`() {
        #expect(merged("", "ana", "bob") == ["bobana", ""])
        #expect(merged("base", "base ANA", "base CARL") == ["base CARL ANA", ""])
        // Who has the other's words already has only added to them.
        #expect(merged("", "bob ana", "bob ") == ["bob ana", ""])
        #expect(merged("", "bob ", "bob ana") == ["bob ana", ""])
        // Before letters that the other replaced is a place of its own.
        #expect(merged("old", "so old", "new") == ["so new", ""])
    }

    @Test func `BD-33: where both changed the same letters theirs stand and mine are displaced, or stand behind them`() {
        #expect(merged("color: red", "color: blue", "color: green")[0] == "color: green")
        let both = TextMerge(base: "x red", mine: "x blue!", theirs: "x pink", keepsBoth: true)
        #expect(both.displaced.isEmpty && both.text.contains("pink") && both.text.contains("blue"))
        // What was deleted has no words to keep; what stood in place of what the other deleted has.
        #expect(merged("a red fox", "a fox", "a blue fox") == ["a blue fox", ""])
        #expect(merged("abc", "aXc", "") == ["", "aXc"])
    }

    @Test func `BD-33: line breaks of any kind are one letter and graphemes stay whole`() {
        #expect(merged("a\r\nb", "a\nb\nc", "x\r\na\r\nb") == ["x\na\nb\nc", ""])
        #expect(merged("👩‍👩‍👧", "👩‍👩‍👧🇩🇪", "漢👩‍👩‍👧") == ["漢👩‍👩‍👧🇩🇪", ""])
    }

    @Test func `BD-141: a merge that no text can hold leaves theirs and displaces what mine added`() {
        let base = String(repeating: "a", count: 10_000)
        let (mine, theirs) = (base + String(repeating: "m", count: 5000), String(repeating: "t", count: 5000) + base)
        let merge = TextMerge(base: base, mine: mine, theirs: theirs)
        #expect(merge.text == theirs && merge.displaced == String(repeating: "m", count: 5000))
        // Long texts that differ everywhere are not compared letter by letter.
        let (long, other) = (String(repeating: "xy", count: 8000), String(repeating: "yz", count: 8000))
        #expect(TextMerge(base: "", mine: long, theirs: other).displaced == long)
    }

    @Test func `BD-33: the caret stays where it stood among the letters`() {
        func caret(_ base: String, _ mine: String, _ theirs: String, _ caret: Int) -> String {
            let merge = TextMerge(base: base, mine: mine, theirs: theirs, caret: caret, keepsBoth: true)
            return merge.text.prefix(merge.caret) + "|" + merge.text.dropFirst(merge.caret)
        }
        #expect(caret("box", "box", "red box", 3) == "red box|")
        #expect(caret("box", "big box", "box, red", 3) == "big| box, red")
        #expect(caret("", "ana", "bob", 3) == "bobana|")
        #expect(caret("ana", "ana", "ana bob", 3) == "ana| bob")
        #expect(caret("one two", "one two!", "two", 8) == "two!|")
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `BD-140: of insertions none is lost, and each one's letters keep their order`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        func typed(_ base: String, _ alphabet: [Character]) -> String {
            var letters = Array(base)
            for _ in 0..<random.below(8) {
                let at = random.below(letters.count + 1)
                letters.insert(contentsOf: (0...random.below(3)).map { _ in alphabet[random.below(alphabet.count)] }, at: at)
            }
            return String(letters)
        }
        let base = typed("", Array("abc "))
        let (mine, theirs) = (typed(base, Array("XYZ")), typed(base, Array("123")))
        let merge = TextMerge(base: base, mine: mine, theirs: theirs)
        #expect(merge.displaced.isEmpty)
        #expect(merge.text.filter { !"123".contains($0) } == mine && merge.text.filter { !"XYZ".contains($0) } == theirs)
    }
}
