import InkPrimitives

/// Turns the bytes of a terminal into keys, mouse events, pastes and answers.
///
///     ground ──ESC──▶ escape ──[──▶ control sequence ──final──▶ ground
///        ▲              │ └──] P _ ^ X──▶ string ──ST, BEL──▶ ground
///        │              └──O──▶ single shift ──final──▶ ground
///        └── CSI 200~ ──▶ paste ── CSI 201~ ──▶ ground
///
/// Takes any bytes, split anywhere; holds a bounded number of them; what it does not understand it swallows whole, so that a late answer
/// is never shown or taken for keys.
public struct InputDecoder: Sendable {
    private enum State: Hashable {
        case ground
        case escape
        case control
        case singleShift
        /// A string that opened with this byte; true when an ESC has been seen that may begin its end.
        case string(UInt8, sawEscape: Bool)
        /// Bytes still missing of a mouse report in the form of X10.
        case oldMouse(missing: Int)
        case paste
    }

    private var state = State.ground
    /// Bytes of the sequence being read.
    private var held: [UInt8] = []
    /// How many more bytes complete the UTF-8 sequence in `held`, in the ground state.
    private var utf8Missing = 0
    private var isAlt = false
    private var pasted: [UInt8] = []
    private var events: [InputEvent] = []
    private let escapeDelay: Duration

    /// When to call `handleTimeout(now:)`: an unfinished sequence waits for its rest no longer than that.
    public private(set) var deadline: Instant?

    /// - Parameter escapeDelay: how long a lone ESC may be the beginning of a sequence; 25 ms locally, 50 ms over a network.
    public init(escapeDelay: Duration = .milliseconds(25)) { self.escapeDelay = escapeDelay }

    /// Takes bytes as they come and returns what they complete.
    public mutating func receive(_ bytes: some Sequence<UInt8>, now: Instant) -> [InputEvent] {
        for byte in bytes { take(byte) }
        switch state {
        case .ground: deadline = utf8Missing > 0 ? now + Self.sequenceDelay : nil
        case .escape: deadline = now + escapeDelay
        case .control, .singleShift, .string, .oldMouse: deadline = now + Self.sequenceDelay
        case .paste: deadline = now + Self.pasteDelay
        }
        return drain()
    }

    /// Call at or after `deadline`; calling early is allowed and does nothing.
    public mutating func handleTimeout(now: Instant) -> [InputEvent] {
        guard let deadline, now >= deadline else { return [] }
        self.deadline = nil
        switch state {
        case .escape: events.append(.key(.escape, []))
        // The terminal forgot the end marker, or the connection broke: the keyboard must not be dead for ever.
        case .paste: finishPaste()
        case .ground, .control, .singleShift, .string, .oldMouse: break
        }
        reset()
        return drain()
    }

    // MARK: One byte

    private mutating func take(_ byte: UInt8) {
        switch state {
        case .ground: takeGround(byte)
        case .escape: takeEscape(byte)
        case .control: takeControl(byte)
        case .singleShift:
            finishSingleShift(byte)
        case .string(let opener, let sawEscape): takeString(byte, opener, sawEscape)
        case .oldMouse(let missing):
            held.append(byte)
            state = missing > 1 ? .oldMouse(missing: missing - 1) : .ground
            if missing == 1 { finishOldMouse() }
        case .paste: takePaste(byte)
        }
    }

    private mutating func takeGround(_ byte: UInt8) {
        if utf8Missing > 0 {
            if byte & 0xC0 == 0x80 {
                held.append(byte)
                utf8Missing -= 1
                if utf8Missing == 0 { finishUTF8() }
                return
            }
            // A torn sequence is dropped; the byte that tore it stands for itself.
            reset()
        }
        switch byte {
        case 0x1B:
            state = .escape
            held = []
        case 0x00: key(.character(" "), [.control])
        case 0x08, 0x7F: key(.backspace)
        case 0x09: key(.tab)
        case 0x0A, 0x0D: key(.enter)
        case 0x01...0x1A: key(.character(Unicode.Scalar(byte + 0x60)), [.control])
        case 0x1C...0x1F: key(.character(Unicode.Scalar(byte + 0x40)), [.control])
        case 0x20..<0x7F: key(.character(Unicode.Scalar(byte)))
        case 0xC2...0xDF: beginUTF8(byte, 1)
        case 0xE0...0xEF: beginUTF8(byte, 2)
        case 0xF0...0xF4: beginUTF8(byte, 3)
        default: isAlt = false
        }
    }

    private mutating func beginUTF8(_ byte: UInt8, _ missing: Int) {
        held = [byte]
        utf8Missing = missing
    }

    private mutating func finishUTF8() {
        let text = String(decoding: held, as: UTF8.self)
        held = []
        guard text.unicodeScalars.count == 1, let scalar = text.unicodeScalars.first, scalar != "\u{FFFD}" else {
            isAlt = false
            return
        }
        key(.character(scalar))
    }

    private mutating func takeEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "["):
            state = .control
            held = []
        case UInt8(ascii: "O"):
            state = .singleShift
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"), UInt8(ascii: "X"):
            state = .string(byte, sawEscape: false)
            held = []
        case 0x1B:
            // The first was a key; the second may begin something.
            events.append(.key(.escape, []))
        default:
            state = .ground
            isAlt = true
            takeGround(byte)
        }
    }

    private mutating func takeControl(_ byte: UInt8) {
        switch byte {
        case 0x40...0x7E:
            state = .ground
            if byte == UInt8(ascii: "M"), held.isEmpty {
                state = .oldMouse(missing: 3)
            } else {
                finishControl(byte)
            }
        case 0x20..<0x40:
            // No sequence that we know is longer; the rest of a monster is swallowed with it.
            if held.count < Self.controlBytesMax { held.append(byte) }
        case 0x1B:
            state = .escape
            held = []
        default:
            // C0 within a sequence, or a byte above 0x7E: it is torn.
            state = .ground
            takeGround(byte)
        }
    }

    private mutating func takeString(_ byte: UInt8, _ opener: UInt8, _ sawEscape: Bool) {
        if sawEscape {
            if byte == UInt8(ascii: "\\") {
                state = .ground
                finishString(opener)
            } else {
                // The string was torn by a new sequence.
                state = .escape
                held = []
                takeEscape(byte)
            }
        } else if byte == 0x1B {
            state = .string(opener, sawEscape: true)
        } else if byte == 0x07 {
            state = .ground
            finishString(opener)
        } else if byte == 0x18 || byte == 0x1A {
            reset()
        } else if held.count < Self.stringBytesMax {
            held.append(byte)
        }
    }

    private mutating func takePaste(_ byte: UInt8) {
        if held.isEmpty, byte != 0x1B {
            if pasted.count < Self.pasteBytesMax { pasted.append(byte) }
            return
        }
        held.append(byte)
        if Self.pasteEnd.starts(with: held) {
            if held.count == Self.pasteEnd.count {
                finishPaste()
                reset()
            }
            return
        }
        // What looked like the end marker was text; an ESC in it may begin the real one.
        let rest = held.lastIndex(of: 0x1B).flatMap { $0 > 0 ? Array(held[$0...]) : nil } ?? []
        let text = held.dropLast(rest.count)
        if pasted.count + text.count <= Self.pasteBytesMax { pasted.append(contentsOf: text) }
        held = rest
        if !Self.pasteEnd.starts(with: held) {
            if pasted.count + held.count <= Self.pasteBytesMax { pasted.append(contentsOf: held) }
            held = []
        }
    }

    // MARK: Whole sequences

    private mutating func finishControl(_ final: UInt8) {
        let bytes = held
        held = []
        if let first = bytes.first, first == UInt8(ascii: "<"), final == UInt8(ascii: "M") || final == UInt8(ascii: "m") {
            finishMouse(bytes.dropFirst(), isRelease: final == UInt8(ascii: "m"))
            return
        }
        if let first = bytes.first, (0x3C...0x3F).contains(first) {
            finishAnswer(bytes, final)
            return
        }
        let numbers = Self.numbers(bytes)
        let modifiers = KeyModifiers(parameter: numbers.count > 1 ? numbers[1] : 1)
        switch final {
        case UInt8(ascii: "A"): key(.up, modifiers)
        case UInt8(ascii: "B"): key(.down, modifiers)
        case UInt8(ascii: "C"): key(.right, modifiers)
        case UInt8(ascii: "D"): key(.left, modifiers)
        case UInt8(ascii: "H"): key(.home, modifiers)
        case UInt8(ascii: "F"): key(.end, modifiers)
        case UInt8(ascii: "Z"): key(.tab, [.shift])
        case UInt8(ascii: "P") where numbers.count > 1: key(.function(1), modifiers)
        case UInt8(ascii: "I") where bytes.isEmpty: events.append(.focus(true))
        case UInt8(ascii: "O") where bytes.isEmpty: events.append(.focus(false))
        case UInt8(ascii: "~"): finishTilde(numbers, modifiers)
        case UInt8(ascii: "u"): finishCodeKey(numbers.first ?? 0, modifiers)
        default: isAlt = false
        }
    }

    private mutating func finishTilde(_ numbers: [Int], _ modifiers: KeyModifiers) {
        switch numbers.first ?? 0 {
        case 1, 7: key(.home, modifiers)
        case 2: key(.insert, modifiers)
        case 3: key(.delete, modifiers)
        case 4, 8: key(.end, modifiers)
        case 5: key(.pageUp, modifiers)
        case 6: key(.pageDown, modifiers)
        case 11...15: key(.function((numbers.first ?? 11) - 10), modifiers)
        case 27 where numbers.count > 2: finishCodeKey(numbers[2], modifiers)
        case 200:
            state = .paste
            pasted = []
        default: isAlt = false
        }
    }

    /// A key given by its code point (kitty's `CSI u`, xterm's modifyOtherKeys).
    private mutating func finishCodeKey(_ code: Int, _ modifiers: KeyModifiers) {
        switch code {
        case 9: key(.tab, modifiers)
        case 13: key(.enter, modifiers)
        case 27: key(.escape, modifiers)
        case 8, 127: key(.backspace, modifiers)
        case 0x20...0x10FFFF:
            // Kitty's private range holds keys that we do not use (caps lock, media).
            if let scalar = Unicode.Scalar(UInt32(code)), !(57344...63743).contains(code) { key(.character(scalar), modifiers) }
        default: break
        }
    }

    private mutating func finishSingleShift(_ byte: UInt8) {
        state = .ground
        switch byte {
        case UInt8(ascii: "A"): key(.up)
        case UInt8(ascii: "B"): key(.down)
        case UInt8(ascii: "C"): key(.right)
        case UInt8(ascii: "D"): key(.left)
        case UInt8(ascii: "H"): key(.home)
        case UInt8(ascii: "F"): key(.end)
        case UInt8(ascii: "M"): key(.enter)
        case UInt8(ascii: "P")...UInt8(ascii: "S"): key(.function(Int(byte) - 0x4F))
        case 0x1B: state = .escape
        default: break
        }
    }

    /// Button bits of xterm: 0-1 button, 2 Shift, 3 Alt, 4 Control, 5 motion, 6 wheel.
    private mutating func finishMouse(_ bytes: ArraySlice<UInt8>, isRelease: Bool) {
        let numbers = Self.numbers(Array(bytes))
        guard numbers.count == 3, numbers[1] > 0, numbers[2] > 0 else { return }
        mouse(code: numbers[0], column: numbers[1] - 1, row: numbers[2] - 1, isRelease: isRelease)
    }

    private mutating func finishOldMouse() {
        let bytes = held
        held = []
        guard bytes.count == 3, bytes.allSatisfy({ $0 >= 32 }), bytes[1] > 32, bytes[2] > 32 else { return }
        let code = Int(bytes[0]) - 32
        mouse(
            code: code & 3 == 3 && code & 0x60 == 0 ? code & ~3 : code, column: Int(bytes[1]) - 33, row: Int(bytes[2]) - 33,
            isRelease: code & 3 == 3)
    }

    private mutating func mouse(code: Int, column: Int, row: Int, isRelease: Bool) {
        var modifiers: KeyModifiers = []
        if code & 4 != 0 { modifiers.insert(.shift) }
        if code & 8 != 0 { modifiers.insert(.alt) }
        if code & 16 != 0 { modifiers.insert(.control) }
        let action: MouseEvent.Action
        if code & 64 != 0 {
            // A wheel has no release; some terminals send one nevertheless.
            if isRelease { return }
            action = .wheel([.up, .down, .left, .right][code & 3])
        } else {
            let button: MouseEvent.Button? = [.left, .middle, .right, nil][code & 3]
            if code & 32 != 0 {
                action = button.map { .drag($0) } ?? .hover
            } else if isRelease {
                action = .release(button ?? .left)
            } else if let button {
                action = .press(button)
            } else {
                return
            }
        }
        events.append(.mouse(MouseEvent(action: action, column: column, row: row, modifiers: modifiers)))
    }

    private mutating func finishAnswer(_ bytes: [UInt8], _ final: UInt8) {
        let numbers = Self.numbers(Array(bytes.dropFirst()).filter { $0 != UInt8(ascii: "$") })
        switch (bytes.first, final) {
        case (UInt8(ascii: "?"), UInt8(ascii: "c")): events.append(.answer(.deviceAttributes))
        case (UInt8(ascii: "?"), UInt8(ascii: "y")) where numbers.count == 2:
            // 0 is unknown and 4 for ever off; the others mean that it can be switched (DECRPM).
            events.append(.answer(.mode(numbers[0], isSupported: (1...3).contains(numbers[1]))))
        default: break
        }
    }

    private mutating func finishString(_ opener: UInt8) {
        let text = String(decoding: held, as: UTF8.self)
        held = []
        if opener == UInt8(ascii: "]"), text.hasPrefix("11;rgb:") {
            let parts = text.dropFirst(7).split(separator: "/")
            // Up to four hex digits a channel; the first two are enough.
            let channels = parts.compactMap { UInt8($0.count == 1 ? String($0) + String($0) : String($0.prefix(2)), radix: 16) }
            if channels.count == 3, parts.count == 3 {
                events.append(.answer(.background(red: channels[0], green: channels[1], blue: channels[2])))
            }
        } else if opener == UInt8(ascii: "P"), text.hasPrefix(">|") {
            events.append(.answer(.version(String(text.dropFirst(2)))))
        }
    }

    private mutating func finishPaste() {
        var bytes: [UInt8] = []
        var index = pasted.startIndex
        while index < pasted.endIndex {
            let byte = pasted[index]
            index += 1
            if byte == 0x0D {
                bytes.append(0x0A)
                if index < pasted.endIndex, pasted[index] == 0x0A { index += 1 }
            } else if byte >= 0x20 && byte != 0x7F || byte == 0x09 || byte == 0x0A {
                bytes.append(byte)
            }
        }
        pasted = []
        events.append(.paste(String(decoding: bytes, as: UTF8.self)))
    }

    // MARK: Small things

    private mutating func key(_ key: Key, _ modifiers: KeyModifiers = []) {
        events.append(.key(key, isAlt ? modifiers.union(.alt) : modifiers))
        isAlt = false
    }

    private mutating func reset() {
        state = .ground
        held = []
        utf8Missing = 0
        isAlt = false
    }

    private mutating func drain() -> [InputEvent] {
        defer { events = [] }
        return events
    }

    /// Decimal numbers between semicolons, at most 16, each at most 2^24; missing ones are 0; what follows a colon is left out.
    private static func numbers(_ bytes: [UInt8]) -> [Int] {
        guard !bytes.isEmpty else { return [] }
        return bytes.split(separator: UInt8(ascii: ";"), maxSplits: 15, omittingEmptySubsequences: false).map { part in
            var value = 0
            for byte in part {
                guard (0x30...0x39).contains(byte) else { break }
                value = min(value * 10 + Int(byte) - 0x30, 1 << 24)
            }
            return value
        }
    }

    private static let controlBytesMax = 64
    private static let stringBytesMax = 1024
    private static let pasteBytesMax = 1 << 20
    private static let pasteEnd: [UInt8] = [0x1B, 0x5B, 0x32, 0x30, 0x31, 0x7E]
    /// A sequence that has begun is not a key, so it may take longer than a lone ESC: a slow line can split it.
    private static let sequenceDelay = Duration.milliseconds(500)
    private static let pasteDelay = Duration.seconds(2)
}
