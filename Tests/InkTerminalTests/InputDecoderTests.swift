import InkPrimitives
import InkTerminal
import Testing

@Suite struct InputDecoderTests {
    private static let samples: [(String, [InputEvent])] = [
        ("a", [.key(.character("a"), [])]), ("é漢😀", [.key(.character("é"), []), .key(.character("漢"), []), .key(.character("😀"), [])]),
        ("\u{01}\u{1A}", [.key(.character("a"), .control), .key(.character("z"), .control)]),
        ("\r\n\t\u{7F}", [.key(.enter, []), .key(.enter, []), .key(.tab, []), .key(.backspace, [])]),
        ("\u{1B}[A\u{1B}OB\u{1B}[1;2C", [.key(.up, []), .key(.down, []), .key(.right, .shift)]),
        ("\u{1B}[3~\u{1B}[5~\u{1B}[1;5H", [.key(.delete, []), .key(.pageUp, []), .key(.home, .control)]),
        ("\u{1B}x", [.key(.character("x"), .alt)]), ("\u{1B}[Z", [.key(.tab, .shift)]), ("\u{1B}OP", [.key(.function(1), [])]),
        ("\u{1B}[97;5u\u{1B}[13;5u", [.key(.character("a"), .control), .key(.enter, .control)]),
        ("\u{1B}[<0;10;5M", [.mouse(MouseEvent(action: .press(.left), column: 9, row: 4))]),
        (
            "\u{1B}[<32;11;5M\u{1B}[<0;11;5m",
            [.mouse(MouseEvent(action: .drag(.left), column: 10, row: 4)), .mouse(MouseEvent(action: .release(.left), column: 10, row: 4))]
        ),
        ("\u{1B}[<35;1;1M", [.mouse(MouseEvent(action: .hover, column: 0, row: 0))]),
        ("\u{1B}[<68;3;4M", [.mouse(MouseEvent(action: .wheel(.up), column: 2, row: 3, modifiers: .shift))]),
        ("\u{1B}[I\u{1B}[O", [.focus(true), .focus(false)]),
        ("\u{1B}[200~a\r\nb\u{1B}[31mc\u{1B}[201~d", [.paste("a\nb[31mc"), .key(.character("d"), [])]),
        ("\u{1B}[?2026;2$y\u{1B}[?62;22c", [.answer(.mode(2026, isSupported: true)), .answer(.deviceAttributes)]),
        ("\u{1B}]11;rgb:1010/1010/1414\u{1B}\\x", [.answer(.background(red: 16, green: 16, blue: 20)), .key(.character("x"), [])]),
        ("\u{1B}]11;rgb:ff/ff/ff\u{07}", [.answer(.background(red: 255, green: 255, blue: 255))]),
        ("\u{1B}P>|tmux 3.3a\u{1B}\\", [.answer(.version("tmux 3.3a"))]), ("\u{1B}_Gi=31;OK\u{1B}\\q", [.key(.character("q"), [])]),
    ]

    @Test func `keys, mouse, paste, focus and answers are understood`() {
        // TM-1
        for (text, expected) in Self.samples {
            var decoder = InputDecoder()
            #expect(decoder.receive(Array(text.utf8), now: .zero) == expected, "for \(text.debugDescription)")
            #expect(decoder.deadline == nil, "for \(text.debugDescription)")
        }
    }

    @Test func `bytes may be split anywhere`() {
        // TM-1
        for (text, expected) in Self.samples {
            var decoder = InputDecoder()
            var events: [InputEvent] = []
            for byte in text.utf8 { events += decoder.receive([byte], now: .zero) }
            #expect(events == expected, "for \(text.debugDescription)")
        }
    }

    @Test func `a lone escape is a key only after its time`() {
        // TM-2
        var decoder = InputDecoder()
        #expect(decoder.receive([0x1B], now: .zero) == [])
        #expect(decoder.deadline == .zero + .milliseconds(25))
        #expect(decoder.handleTimeout(now: .zero + .milliseconds(24)) == [])
        #expect(decoder.handleTimeout(now: .zero + .milliseconds(25)) == [.key(.escape, [])])
        #expect(decoder.deadline == nil)
        #expect(decoder.receive(Array("\u{1B}\u{1B}[A".utf8), now: .zero) == [.key(.escape, []), .key(.up, [])])
    }

    @Test func `an unfinished sequence or paste does not hold the keyboard for ever`() {
        // TM-2
        for text in ["\u{1B}[<0;1", "\u{1B}]11;rgb:", "\u{1B}P", "\u{1B}[M!", "\u{C3}"] {
            var decoder = InputDecoder()
            _ = decoder.receive(text == "\u{C3}" ? [0xC3] : Array(text.utf8), now: .zero)
            let deadline = decoder.deadline ?? .distantFuture
            #expect(deadline <= .zero + .seconds(1))
            #expect(decoder.handleTimeout(now: deadline) == [])
            #expect(decoder.receive([0x61], now: deadline) == [.key(.character("a"), [])])
        }
        var decoder = InputDecoder()
        _ = decoder.receive(Array("\u{1B}[200~half".utf8), now: .zero)
        #expect(decoder.handleTimeout(now: .zero + .seconds(2)) == [.paste("half")])
    }

    @Test func `a paste is bounded and an end marker inside it ends it once`() {
        // TM-3
        var decoder = InputDecoder()
        let long = [UInt8](repeating: 0x61, count: 5 << 18)
        let events = decoder.receive(Array("\u{1B}[200~".utf8) + long + Array("\u{1B}[201~\u{1B}[201~z".utf8), now: .zero)
        guard case .paste(let text) = events.first else {
            Issue.record("no paste in \(events.count) events")
            return
        }
        #expect(text.utf8.count == 1 << 20)
        #expect(events.dropFirst() == [.key(.character("z"), [])])
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `no bytes trap, and after half a second the keyboard works`(seed: UInt64) {
        // TM-1 TM-2
        var random = SplitMix64(seed: seed)
        let spice: [UInt8] = [0x1B, 0x5B, 0x3C, 0x4D, 0x3B, 0x30, 0x39, 0x7E, 0x4F, 0x5D, 0x50, 0x07, 0xC3, 0xE2, 0xF0, 0xFF, 0x80]
        var decoder = InputDecoder()
        var now = Instant.zero
        for _ in 0..<300 {
            let bytes = (0..<random.below(20)).map { _ in random.chance(0.7) ? spice[random.below(spice.count)] : UInt8(random.below(256)) }
            _ = decoder.receive(bytes, now: now)
            now += .milliseconds(random.below(40))
            _ = decoder.handleTimeout(now: now)
        }
        while let deadline = decoder.deadline {
            now = max(now, deadline)
            _ = decoder.handleTimeout(now: now)
        }
        #expect(decoder.receive([0x61], now: now) == [.key(.character("a"), [])])
    }
}
