import InkTerminal
import Testing

/// What is typed at the prompt of `join`.
@Suite struct CodeLineTests {
    /// The line after some bytes, and all that was shown of them.
    private func typed(_ text: String, bytesMax: Int = 1000) -> (line: CodeLine, shown: String) {
        var line = CodeLine(prompt: "Code: ", bytesMax: bytesMax)
        var shown = ""
        for byte in text.utf8 where line.state == .typing { shown += line.take(byte) }
        return (line, shown)
    }

    @Test func `CL-213: Tab completes a word as far as it is known, and shows which words may be meant`() {
        let (line, shown) = typed("7-copp\tlan\tt\torb\t\r")
        #expect(line.state == .done("7-copper-lantern-orbit"))
        #expect(shown == "7-copper-lan\nlanding language lantern\nCode: 7-copper-lantern-orbit\n")
        // Of a link, and of no code, it is no key at all.
        #expect(typed("inkwire://h:1/#1.abc\tx\r").line.state == .done("inkwire://h:1/#1.abcx"))
        #expect(typed("\t\tqz\t\r").line.state == .done("qz"))
    }

    @Test func `CL-343: it is changed at its end as the system would, and what other keys send is passed over`() {
        for (keys, text) in [
            ("7x\u{7F}-a\u{8}b\n", "7-b"), ("\u{7F}\u{7F}a\n", "a"), ("one two  \u{17}3\n", "one 3"), ("one\u{15}two\n", "two"),
            ("a\u{1B}[D\u{1B}[3~\u{1B}OPb\u{1B}\n", "ab"), ("\u{1}\u{2}a\0\n", "a"), ("字é\u{7F}\u{7F}z\n", "z"), ("a\u{4}", "a"),
        ] {
            let (line, _) = typed(keys)
            #expect(line.state == .done(text), "\(keys.debugDescription)")
        }
        #expect(typed("\u{4}").line.state == .ended)
        // Two columns were shown, and two go.
        #expect(typed("字\u{7F}").shown == "字\u{8} \u{8}\u{8} \u{8}")
    }

    @Test func `CL-213: what is beyond the limit, and bytes that are no letters, are dropped`() {
        #expect(typed(String(repeating: "字", count: 9) + "\n", bytesMax: 10).line.state == .done("字字字"))
        var line = CodeLine(prompt: "", bytesMax: 10)
        var shown = ""
        for byte in [0xFF, 0xFE, 0x80, 0x80, 0x61, 0x0A] as [UInt8] { shown += line.take(byte) }
        #expect(line.state == .done("a") && shown == "a\n")
    }
}
