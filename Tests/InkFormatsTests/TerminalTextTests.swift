import InkFormats
import InkPrimitives
import Testing

@Suite struct TerminalTextTests {
    @Test func `FM-9: no byte, pair after escape or control survives the gate`() {
        for byte in UInt8.min...UInt8.max {
            #expect(isHarmless(safeForTerminal(bytes: [byte])))
            #expect(isHarmless(safeForTerminal(bytes: [0x1B, byte])))
            #expect(isHarmless(safeForTerminal(bytes: [0xC2, byte])))
        }
        for attack in [
            "\u{1B}]52;c;AAAA\u{07}", "\u{1B}]0;title\u{1B}\\", "\u{1B}P+q\u{1B}\\", "\u{9B}31m", "a\u{202E}b", "\u{2066}x\u{2069}",
            "a\u{200B}b\u{FEFF}",
        ] {
            #expect(isHarmless(safeForTerminal("ana" + attack)))
        }
        #expect(safeForTerminal("a\u{1B}[31mb") == "a[31mb")
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `FM-9: random strings are harmless after the gate, and passing it twice changes nothing`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<1000 {
            let bytes = (0..<random.below(24)).map { _ in UInt8(random.below(random.chance(0.3) ? 0x30 : 256)) }
            let safe = safeForTerminal(bytes: bytes)
            #expect(isHarmless(safe))
            #expect(safeForTerminal(safe) == safe)
        }
    }

    @Test func `FM-10: marks are bounded and clusters are shown by what terminals agree on`() {
        #expect(safeForTerminal("e" + String(repeating: "\u{301}", count: 500)).unicodeScalars.count == 4)
        #expect(safeForTerminal("👨‍👩‍👧") == "👨👩👧")
        #expect(safeForTerminal("👍🏽") == "👍")
        #expect(safeForTerminal("❤\u{FE0F}") == "❤")
        #expect(safeForTerminal("🇫🇷") == "🇫🇷")
        #expect(safeForTerminal("\u{E000}") == "\u{FFFD}")
    }

    @Test func `FM-229: widths are those of the Unicode table`() {
        #expect(CharacterWidth.columns(of: "abc") == 3)
        #expect(CharacterWidth.columns(of: "漢字") == 4)
        #expect(CharacterWidth.columns(of: "e\u{301}") == 1)
        #expect(CharacterWidth.columns(of: "😀🇫🇷") == 4)
        #expect(CharacterWidth.columns(of: "⠿┼►") == 3)
        #expect(CharacterWidth.columns(of: "한글") == 4)
    }

    @Test func `lines and tabs become spaces unless lines are kept`() {
        #expect(safeForTerminal("a\r\nb\tc") == "a b c")
        #expect(safeForTerminal("a\r\nb\nc", keepsNewlines: true) == "a\nb\nc")
    }

    @Test func `a long text is cut with an ellipsis and never inside a wide character`() {
        #expect(safeForTerminal("abcdef", columnsMax: 6) == "abcdef")
        #expect(safeForTerminal("abcdefg", columnsMax: 6) == "abcde…")
        #expect(safeForTerminal("漢字漢字", columnsMax: 6) == "漢字…")
        #expect(safeForTerminal("漢字", columnsMax: 1) == "…")
        #expect(safeForTerminal("漢字", columnsMax: 0) == "")
    }

    private func isHarmless(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0xAD, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFE00...0xFE0F, 0xE0000...0xE0FFF:
                false
            default: true
            }
        }
    }
}
