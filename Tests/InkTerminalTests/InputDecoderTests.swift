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
        ("\u{1B}]11;rgba:ffff/ffff/ffff/ffff\u{1B}\\", [.answer(.background(red: 255, green: 255, blue: 255))]),
        ("\u{1B}]11;rgb:ff/ff/ff\u{07}", [.answer(.background(red: 255, green: 255, blue: 255))]),
        ("\u{1B}P>|tmux 3.3a\u{1B}\\", [.answer(.version("tmux 3.3a"))]), ("\u{1B}_Gi=31;OK\u{1B}\\q", [.key(.character("q"), [])]),
    ]

    @Test func `TM-1: keys, mouse, paste, focus and answers are understood`() {
        for (text, expected) in Self.samples {
            var decoder = InputDecoder()
            #expect(decoder.receive(Array(text.utf8), now: .zero) == expected, "for \(text.debugDescription)")
            #expect(decoder.deadline == nil, "for \(text.debugDescription)")
        }
    }

    @Test func `TM-1: bytes may be split anywhere`() {
        for (text, expected) in Self.samples {
            var decoder = InputDecoder()
            var events: [InputEvent] = []
            for byte in text.utf8 { events += decoder.receive([byte], now: .zero) }
            #expect(events == expected, "for \(text.debugDescription)")
        }
    }

    @Test func `TM-2: a lone escape is a key only after its time`() {
        var decoder = InputDecoder()
        #expect(decoder.receive([0x1B], now: .zero) == [])
        #expect(decoder.deadline == .zero + .milliseconds(25))
        #expect(decoder.handleTimeout(now: .zero + .milliseconds(24)) == [])
        #expect(decoder.handleTimeout(now: .zero + .milliseconds(25)) == [.key(.escape, [])])
        #expect(decoder.deadline == nil)
        #expect(decoder.receive(Array("\u{1B}\u{1B}[A".utf8), now: .zero) == [.key(.escape, []), .key(.up, [])])
    }

    @Test func `TM-332: an unfinished sequence or paste does not hold the keyboard for ever`() {
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
        #expect(decoder.handleTimeout(now: .zero + .seconds(2)) == [.paste("half", isWhole: false)])
        // Whoever waits ends it.
        #expect(decoder.receive([0x1B], now: .zero + .seconds(3)) == [] && decoder.deadline == .zero + .milliseconds(3025))
        #expect(decoder.handleTimeout(now: .zero + .milliseconds(3025)) == [.paste("")])
        #expect(decoder.receive([0x71], now: .zero + .seconds(4)) == [.key(.character("q"), [])])
    }

    @Test func `TM-3: a paste is bounded and an end marker inside it ends it once`() {
        var decoder = InputDecoder()
        let long = [UInt8](repeating: 0x61, count: 5 << 18)
        let events = decoder.receive(Array("\u{1B}[200~".utf8) + long + Array("\u{1B}[201~\u{1B}[201~z".utf8), now: .zero)
        guard case .paste(let text, _) = events.first else {
            Issue.record("no paste in \(events.count) events")
            return
        }
        #expect(text.utf8.count == 1 << 20)
        #expect(events.dropFirst() == [.key(.character("z"), [])])
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `TM-1, TM-2, TM-332: no bytes trap, and after half a second the keyboard works`(seed: UInt64) {
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
        // Later than letters that would be more of one text.
        now += .milliseconds(160)
        #expect(decoder.receive([0x61], now: now) == [.key(.character("a"), [])])
    }

    @Test func `TM-50: buttons that we do not know do nothing`() {
        // The sides of a mouse (8 to 11), their drags and releases, with and without keys; and what no terminal sends.
        for code in [128, 129, 130, 131, 160, 161, 163, 132, 144, 192, 224, 255, 256, 1 << 20] {
            for final in ["M", "m"] {
                var decoder = InputDecoder()
                #expect(decoder.receive(Array("\u{1B}[<\(code);10;5\(final)".utf8), now: .zero) == [], "\(code)\(final)")
            }
        }
        var decoder = InputDecoder()
        #expect(decoder.receive([0x1B, 0x5B, 0x4D, 32 + 128, 40, 40], now: .zero) == [])
    }

    @Test func `TM-51: a sequence that is torn anywhere, for any time, is never run as keys`() {
        let sequences: [(String, InputEvent?)] = [
            ("\u{1B}[<35;30;10M", .mouse(MouseEvent(action: .hover, column: 29, row: 9))),
            ("\u{1B}[<0;10;5m", .mouse(MouseEvent(action: .release(.left), column: 9, row: 4))), ("\u{1B}[D", .key(.left, [])),
            ("\u{1B}[1;5C", .key(.right, .control)), ("\u{1B}[3~", .key(.delete, [])), ("\u{1B}OA", .key(.up, [])),
            ("\u{1B}OP", .key(.function(1), [])), ("\u{1B}[[D", .key(.function(4), [])), ("\u{1B}[I", .focus(true)),
            ("\u{1B}[?62;22c", .answer(.deviceAttributes)), ("\u{1B}[15;2~", .key(.function(5), .shift)),
            ("\u{1B}]11;rgb:1010/1010/1414\u{1B}\\", .answer(.background(red: 16, green: 16, blue: 20))),
            ("\u{1B}]11;rgb:10/10/14\u{07}", .answer(.background(red: 16, green: 16, blue: 20))),
            ("\u{1B}P>|tmux 3.3a\u{1B}\\", .answer(.version("tmux 3.3a"))), ("\u{1B}_Gi=31;OK\u{1B}\\", nil),
        ]
        for delay in [25, 50] {
            for (text, whole) in sequences {
                let bytes = Array(text.utf8)
                for place in 1..<bytes.count {
                    for pause in [30, 70, 600, 1900] where place > 1 || pause > delay {
                        var decoder = InputDecoder(escapeDelay: .milliseconds(delay))
                        var events = decoder.receive(Array(bytes[..<place]), now: .zero)
                        let end = Instant.zero + .milliseconds(pause)
                        while let deadline = decoder.deadline, deadline <= end { events += decoder.handleTimeout(now: deadline) }
                        events += decoder.receive(Array(bytes[place...]), now: end)
                        // At worst the Escape that its first byte is.
                        let expected = (place == 1 ? [.key(.escape, [])] : []) + (whole.map { [$0] } ?? [])
                        #expect(events == expected, "\(text.debugDescription) torn after \(place) for \(pause) ms")
                        let later = end + .milliseconds(100)
                        #expect(decoder.receive([0x71], now: later) == [.key(.character("q"), [])], "after \(text.debugDescription)")
                    }
                }
            }
        }
    }

    @Test func `TM-51: a report that is torn in many places is never run as keys`() {
        for pieces in [["\u{1B}[<35", ";30", ";10M"], ["\u{1B}", "[<35;3", "0;10M"], ["\u{1B}[", "<", "35;30;10", "M"]] {
            var (decoder, now, events): (InputDecoder, Instant, [InputEvent]) = (InputDecoder(), .zero, [])
            for piece in pieces {
                events += decoder.receive(Array(piece.utf8), now: now)
                let next = now + .milliseconds(600)
                while let deadline = decoder.deadline, deadline <= next { events += decoder.handleTimeout(now: deadline) }
                now = next
            }
            #expect(events.filter { $0 != .key(.escape, []) } == [.mouse(MouseEvent(action: .hover, column: 29, row: 9))], "\(pieces)")
        }
        // The bracket alone may be a key, and is one; not so what no hand types behind it.
        var decoder = InputDecoder()
        _ = decoder.receive([0x1B], now: .zero)
        _ = decoder.handleTimeout(now: .zero + .milliseconds(25))
        #expect(decoder.receive([0x5B], now: .zero + .milliseconds(250)) == [])
        #expect(decoder.handleTimeout(now: .zero + .milliseconds(275)) == [.key(.character("["), [])])
        let report = decoder.receive(Array("<35;30;10M".utf8), now: .zero + .milliseconds(350))
        #expect(report == [.mouse(MouseEvent(action: .hover, column: 29, row: 9))])
    }

    @Test func `TM-342: a line that tears between all bytes makes no keys of them`() {
        for (text, whole) in [
            ("\u{1B}[D", InputEvent.key(.left, [])), ("\u{1B}OA", .key(.up, [])), ("\u{1B}[3~", .key(.delete, [])),
            ("\u{1B}[<35;30;10M", .mouse(MouseEvent(action: .hover, column: 29, row: 9))), ("\u{1B}[[D", .key(.function(4), [])),
        ] {
            for pause in [70, 110, 190] {
                var (decoder, now, events): (InputDecoder, Instant, [InputEvent]) = (InputDecoder(), .zero, [])
                for byte in text.utf8 {
                    events += decoder.receive([byte], now: now)
                    let next = now + .milliseconds(pause)
                    while let deadline = decoder.deadline, deadline <= next { events += decoder.handleTimeout(now: deadline) }
                    now = next
                }
                #expect(events == [.key(.escape, []), whole], "\(text.debugDescription) every \(pause) ms")
            }
        }
    }

    @Test func `TM-341: the rest of a report, of an answer or of a letter is none of keys, however late it comes`() {
        for (begun, rest, whole) in [
            ("\u{1B}[<35;3", "0;10M", InputEvent.mouse(MouseEvent(action: .hover, column: 29, row: 9))),
            ("\u{1B}]11;rgb:10", "10/1010/1414\u{07}", .answer(.background(red: 16, green: 16, blue: 20))),
            ("\u{1B}[M ", "!!", .mouse(MouseEvent(action: .press(.left), column: 0, row: 0))),
        ] {
            for seconds in [3, 9, 29] {
                var decoder = InputDecoder()
                var events = decoder.receive(Array(begun.utf8), now: .zero)
                let end = Instant.zero + .seconds(seconds)
                while let deadline = decoder.deadline, deadline <= end { events += decoder.handleTimeout(now: deadline) }
                events += decoder.receive(Array(rest.utf8), now: end)
                #expect(events == [whole], "\(begun.debugDescription) after \(seconds) s")
            }
        }
        var decoder = InputDecoder()
        _ = decoder.receive([0xE6, 0xBC], now: .zero)
        while let deadline = decoder.deadline { _ = decoder.handleTimeout(now: deadline) }
        #expect(decoder.receive([0xA2], now: .zero + .seconds(9)) == [.key(.character("漢"), [])])
    }

    @Test func `TM-342: keys that a hand types after Escape are keys, at once or after the time of an escape`() {
        for text in ["x", "]", "[", "O", "P", "_", "q", "D", "é", "\r"] {
            var decoder = InputDecoder()
            _ = decoder.receive([0x1B], now: .zero)
            _ = decoder.handleTimeout(now: .zero + .milliseconds(25))
            var events = decoder.receive(Array(text.utf8), now: .zero + .milliseconds(220))
            if let deadline = decoder.deadline {
                #expect(deadline == .zero + .milliseconds(245), "\(text)")
                events += decoder.handleTimeout(now: deadline)
            }
            #expect(events == [.key(text == "\r" ? .enter : .character(text.unicodeScalars.first ?? " "), [])], "\(text)")
            // And another after it.
            #expect(decoder.receive([0x44], now: .zero + .milliseconds(400)) == [.key(.character("D"), [])], "\(text)")
        }
        // What comes together and opens nothing is what it is.
        for (text, count) in [("]x", 2), ("Ox", 2), ("[x", 2), ("\u{1B}", 0), ("_a", 2)] {
            var decoder = InputDecoder()
            _ = decoder.receive([0x1B], now: .zero)
            _ = decoder.handleTimeout(now: .zero + .milliseconds(25))
            #expect(decoder.receive(Array(text.utf8), now: .zero + .milliseconds(120)).count == count, "\(text)")
        }
        // Nothing is owed for ever.
        var decoder = InputDecoder()
        _ = decoder.receive([0x1B], now: .zero)
        _ = decoder.handleTimeout(now: .zero + .milliseconds(25))
        #expect(decoder.receive(Array("[D".utf8), now: .zero + .seconds(3)) == [.key(.character("["), []), .key(.character("D"), [])])
    }

    @Test func `TM-52: a paste goes on until its end, however long it stalls and wherever it is torn`() {
        let text = "first é漢\r\nxDnq end"
        let bytes = Array("\u{1B}[200~\(text)\u{1B}[201~".utf8)
        for place in 7..<bytes.count {
            for second in [place + 3, bytes.count] where second <= bytes.count {
                var decoder = InputDecoder()
                var (events, now): ([InputEvent], Instant) = ([], .zero)
                for piece in [bytes[..<place], bytes[place..<second], bytes[second...]] {
                    events += decoder.receive(Array(piece), now: now)
                    let next = now + .seconds(9)
                    while let deadline = decoder.deadline, deadline <= next {
                        // A lone ESC ends it, as a hand would; that of the end marker is not alone so long.
                        if piece.last == 0x1B, deadline < now + .seconds(1) { break }
                        events += decoder.handleTimeout(now: deadline)
                    }
                    now = next
                }
                var told = ""
                for case .paste(let part, _) in events { told += part }
                #expect(told == "first é漢\nxDnq end", "torn at \(place) and \(second)")
                let isPaste = events.allSatisfy { if case .paste = $0 { true } else { false } }
                #expect(isPaste, "\(events)")
                if case .paste(_, isWhole: true)? = events.last {} else { Issue.record("no end, torn at \(place) and \(second)") }
                #expect(decoder.receive([0x71], now: now) == [.key(.character("q"), [])])
            }
        }
    }

    @Test func `TM-343: what a terminal sends only after a paste ends one whose end was lost`() {
        for proof in ["\u{1B}[<35;1;1M", "\u{1B}[I", "\u{1B}[A", "\u{1B}OB", "\u{1B}[3~", "\u{03}"] {
            var decoder = InputDecoder()
            _ = decoder.receive(Array("\u{1B}[200~half".utf8), now: .zero)
            _ = decoder.handleTimeout(now: .zero + .seconds(2))
            // Letters may be more of it.
            #expect(decoder.receive([0x71], now: .zero + .seconds(3)) == [.paste("q", isWhole: false)])
            let events = decoder.receive(Array(proof.utf8), now: .zero + .seconds(4))
            #expect(events.count == 2 && events.first == .paste(""), "\(proof.debugDescription): \(events)")
            #expect(decoder.receive([0x71], now: .zero + .seconds(5)) == [.key(.character("q"), [])])
        }
        // Within a paste they are text, stripped of their control.
        var decoder = InputDecoder()
        #expect(decoder.receive(Array("\u{1B}[200~a\u{1B}[Ab\u{1B}[201~".utf8), now: .zero) == [.paste("a[Ab")])
    }

    @Test func `TM-344: the end of a paste whose beginning was not seen makes text of what came with it`() {
        for text in ["xDnq end\u{1B}[201~", "q\u{1B}[201~"] {
            var decoder = InputDecoder()
            #expect(decoder.receive(Array(text.utf8), now: .zero) == [.paste(String(text.dropLast(6)))])
        }
        // One that a hand ended too early.
        var decoder = InputDecoder()
        _ = decoder.receive(Array("\u{1B}[200~first ".utf8), now: .zero)
        _ = decoder.handleTimeout(now: .zero + .seconds(2))
        _ = decoder.receive([0x1B], now: .zero + .seconds(3))
        _ = decoder.handleTimeout(now: .zero + .milliseconds(3025))
        #expect(decoder.receive(Array("xDnq\u{1B}[201~".utf8), now: .zero + .seconds(4)) == [.paste("xDnq")])
        // A marker torn behind its ESC begins one all the same.
        decoder = InputDecoder()
        _ = decoder.receive([0x1B], now: .zero)
        _ = decoder.handleTimeout(now: .zero + .milliseconds(25))
        #expect(decoder.receive(Array("[200~xq\u{1B}[201~".utf8), now: .zero + .milliseconds(70)) == [.paste("xq")])
        // Alone it ends nothing.
        #expect(decoder.receive(Array("\u{1B}[201~".utf8), now: .zero + .seconds(1)) == [])
    }

    @Test func `TM-53: letters that come in one piece as no hand types them are a text`() {
        for (text, expected) in [
            ("line one\rline two\rq\r", "line one\nline two\nq\n"), ("a\r\nb\r\nq\r\n", "a\nb\nq\n"), ("a\tbcd", "a bcd"),
            ("quit\r", "quit\n"), ("naïve", "naïve"), ("ab\u{1A}c\u{03}de", "abcde"),
        ] {
            var decoder = InputDecoder()
            #expect(decoder.receive(Array(text.utf8), now: .zero) == [.text(expected)], "\(text.debugDescription)")
        }
        // Keys that a line held up for a moment, or that a hand holds, are keys.
        for text in ["]llj", "c2", "llllllllllllllll", "]\r", "uuuuUUUU", "hang", "\r\n\r\n"] {
            var decoder = InputDecoder()
            #expect(decoder.receive(Array(text.utf8), now: .zero).count == text.unicodeScalars.count, "\(text.debugDescription)")
        }
        // The last letters of a long one come alone, and are not what they look like.
        var decoder = InputDecoder()
        #expect(decoder.receive(Array("line one".utf8), now: .zero) == [.text("line one")])
        #expect(decoder.receive([0x71], now: .zero + .milliseconds(5)) == [.text("q", continues: true)])
        #expect(decoder.receive([0x71], now: .zero + .milliseconds(160)) == [.key(.character("q"), [])])
        // A slow line brings the rest later, and in parts.
        for rest in [["q\r", "q\r"], ["q", "\r"]] {
            decoder = InputDecoder()
            _ = decoder.receive(Array("line one\rline two\r".utf8), now: .zero)
            for (index, part) in rest.enumerated() {
                let events = decoder.receive(Array(part.utf8), now: .zero + .milliseconds(70 * (index + 1)))
                #expect(events == [.text(part.replacing("\r", with: "\n"), continues: true)], "\(rest)")
            }
        }
        // Behind a line and Enter, and behind Escape, the next key of a hand is one.
        for (text, pause) in [("line one\r", 50), ("line one\u{1B}", 30)] {
            decoder = InputDecoder()
            _ = decoder.receive(Array(text.utf8), now: .zero)
            _ = decoder.handleTimeout(now: .zero + .milliseconds(25))
            #expect(decoder.receive([0x71], now: .zero + .milliseconds(pause)) == [.key(.character("q"), [])], "\(text.debugDescription)")
        }
        // Nor does what comes between make them less.
        let events = decoder.receive(Array("\u{1B}[<0;1;1Mline one\u{03}".utf8), now: .zero + .seconds(1))
        #expect(events.count == 3 && events[1] == .text("line one") && events[2] == .key(.character("c"), .control))
    }

    @Test func `TM-54: a sequence that begins with one byte types no letters`() {
        var decoder = InputDecoder()
        #expect(
            decoder.receive([0x9B, 0x44, 0x8F, 0x50, 0x7A], now: .zero) == [
                .key(.left, []), .key(.function(1), []), .key(.character("z"), []),
            ])
        // Behind one that was torn off it begins anew.
        #expect(
            decoder.receive(Array("\u{1B}[<35;3".utf8) + [0x9B] + Array("<35;30;10M".utf8), now: .zero) == [
                .mouse(MouseEvent(action: .hover, column: 29, row: 9))
            ])
    }

    @Test func `TM-75: what one read completes is told in parts, and is the same`() {
        // Eight thousand keys, as an input of the fuzz campaign was: each is a byte that comes and thirty that are told.
        let reads: [(String, Int, [InputEvent])] = [
            ("\u{1B}", 8001, Array(repeating: .key(.escape, []), count: 8000)),
            ("\u{2}", 8001, Array(repeating: .key(.character("b"), .control), count: 8001)),
            ("\u{1B}[A", 3000, Array(repeating: .key(.up, []), count: 3000)),
            ("l", 400, Array(repeating: .key(.character("l"), []), count: 400)),
            ("l", 8001, [.text(String(repeating: "l", count: 8001))]),
            ("ab\r\n", 2000, [.text(String(repeating: "ab\n", count: 2000))]),
            ("abcde\u{2}", 1500, [.text(String(repeating: "abcde", count: 1500)), .key(.character("b"), .control)]),
            ("lll\u{1B}[A", 900, (0..<3600).map { .key($0 % 4 == 3 ? .up : .character("l"), []) }),
        ]
        for (piece, count, expected) in reads {
            var decoder = InputDecoder()
            var parts: [[InputEvent]] = []
            let bytes = Array(String(repeating: piece, count: count).utf8)
            decoder.receive(bytes[...], now: .zero) { parts.append($0) }
            #expect(parts.flatMap { $0 } == expected, "\(piece.debugDescription)")
            #expect(parts.allSatisfy { !$0.isEmpty && $0.count <= 1024 }, "\(piece.debugDescription): \(parts.map(\.count).max() ?? 0)")
        }
    }

    @Test func `TM-355: all letters of a read are told with it, however many there are`() {
        for count in 1...1100 {
            for end in ["", "\u{1B}"] {
                var decoder = InputDecoder()
                var letters = 0
                let text = String(String(repeating: "lo", count: count).prefix(count))
                decoder.receive(Array((text + end).utf8)[...], now: .zero) { events in
                    for event in events {
                        switch event {
                        case .text(let text, _): letters += text.count
                        case .key(.character, []): letters += 1
                        default: break
                        }
                    }
                }
                #expect(letters == count, "\(count) \(end.debugDescription)")
            }
        }
    }

    @Test func `TM-3: a paste that is too long has no hole`() {
        var decoder = InputDecoder()
        var events = decoder.receive(Array("\u{1B}[200~".utf8) + [UInt8](repeating: 0x61, count: (1 << 20) - 2), now: .zero)
        // What looks like the end of it, and is not, has no room; then single letters would have.
        events += decoder.receive(Array("\u{1B}[20xyz\u{1B}[201~".utf8), now: .zero)
        #expect(events == [.paste(String(repeating: "a", count: (1 << 20) - 2) + "[2")])
    }

    @Test func `TM-54: function keys of any terminal type no letters`() {
        for (text, expected) in [
            ("\u{1B}[[A", [.key(.function(1), [])]), ("\u{1B}[[B", [.key(.function(2), [])]), ("\u{1B}[[D", [.key(.function(4), [])]),
            ("\u{1B}[[E", [.key(.function(5), [])]), ("\u{1B}[E", []), ("\u{1B}O5P", [.key(.function(1), .control)]),
            ("\u{1B}O2A", [.key(.up, .shift)]),
            ("\u{1B}[17~\u{1B}[24~\u{1B}[25~\u{1B}[34~", [.key(.function(6), []), .key(.function(12), [])]), ("\u{1B}Oj\u{1B}Oy", []),
            ("\u{1B}[97;1:3u\u{1B}[1;1:3A", []), ("\u{1B}[97;1:1u", [.key(.character("a"), [])]), ("\u{1B}[1;2Q\u{1B}[1;5S", []),
            ("\u{1B}[a\u{1B}Oa", []), ("\u{1B}[[[", []),
            // rxvt with Shift and with Control, and terminals in 8-bit mode, in UTF-8 and without.
            ("\u{1B}[3$\u{1B}[23$", [.key(.delete, .shift), .key(.function(11), .shift)]), ("\u{1B}[3^\u{1B}[11@", []),
            ("\u{9B}D\u{8F}P\u{9B}15~", [.key(.left, []), .key(.function(1), []), .key(.function(5), [])]),
        ] as [(String, [InputEvent])] {
            var decoder = InputDecoder()
            #expect(
                decoder.receive(Array((text + "z").utf8), now: .zero) == expected + [.key(.character("z"), [])], "\(text.debugDescription)")
        }
    }
}

extension InputDecoder {
    /// All that a read completes.
    fileprivate mutating func receive(_ bytes: [UInt8], now: Instant) -> [InputEvent] {
        var events: [InputEvent] = []
        receive(bytes[...], now: now) { events += $0 }
        return events
    }
}
