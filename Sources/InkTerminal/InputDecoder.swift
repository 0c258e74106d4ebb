import InkPrimitives

/// Turns the bytes of a terminal into keys, mouse events, texts, pastes and answers.
///
///     ground ──ESC──▶ escape ──[──▶ control sequence ──final──▶ ground
///        ▲              │ └──] P _ ^ X──▶ string ──ST, BEL──▶ ground
///        │              └──O──▶ single shift ──final──▶ ground
///        └── CSI 200~ ──▶ paste ── CSI 201~ ──▶ ground
///
/// Takes any bytes, split anywhere; holds a bounded number of them; what it does not understand it swallows whole, so that a late answer
/// is never shown or taken for keys (TM-1).
///
/// What no hand typed is never a command, and a slow line tears anything anywhere. So a sequence whose time is over is *owed* its rest for
/// a while: what goes on with it completes it, and what does not stands for itself. A paste whose time is over goes on until its end comes,
/// or until something proves that the terminal no longer pastes. And what one read brings as no hand types is a text, for not every terminal
/// marks its pastes.
public struct InputDecoder: Sendable {
    private enum State: Hashable {
        case ground
        case escape
        /// An ESC was given as a key and this came after it: the next byte tells whether the two open a sequence that was torn between them.
        case opener(UInt8)
        /// ESC and `[` were given as keys. A report of the mouse may still go on with them, for it goes on as no hand types.
        case bracket
        case control
        /// After `CSI [`: one more byte makes a function key of the Linux console.
        case consoleFunction
        case singleShift
        /// A string that opened with this byte; true when an ESC has been seen that may begin its end.
        case string(UInt8, sawEscape: Bool)
        /// Bytes still missing of a mouse report in the form of X10.
        case oldMouse(missing: Int)
        /// Stalled: its time was over before its end came. From then on what comes of it is told as it comes.
        case paste(isStalled: Bool)
    }

    private var state = State.ground
    /// Bytes of the sequence being read.
    private var held: [UInt8] = []
    /// How many more bytes complete the UTF-8 sequence in `held`, in the ground state.
    private var utf8Missing = 0
    private var isAlt = false
    /// Until when what comes may be the rest of a sequence whose time is over; nil where none is owed.
    private var owedUntil: Instant?
    /// What of the paste was not told yet, as it is told, and how many bytes were.
    private var pasted: [UInt8] = []
    private var toldBytes = 0
    private var endsInReturn = false
    /// The paste is longer than a paste may be: nothing that follows is of it, or it would have a hole.
    private var isOverfull = false
    private var events: [InputEvent] = []
    /// Which events are a line feed behind a carriage return: in a text the two are one line break. In order.
    private var lineFeeds: [Int] = []
    /// A text whose end has not come in this read.
    private var open: Run?
    private var wasReturn = false
    /// Until when letters are more of the text that came last, few as they may be.
    private var textUntil: Instant?
    private let escapeDelay: Duration

    /// When to call `handleTimeout(now:)`: an unfinished sequence waits for its rest no longer than that.
    public private(set) var deadline: Instant?

    /// - Parameter escapeDelay: how long a lone ESC may be the beginning of a sequence; 25 ms locally, 50 ms over a network (TM-2).
    public init(escapeDelay: Duration = .milliseconds(25)) { self.escapeDelay = escapeDelay }

    /// Takes the bytes of one read, and tells what they complete in as many parts as it takes.
    ///
    /// A key is a byte, and thirty where it is told: a whole read of keys at once would be two megabytes (TM-75).
    public mutating func receive(_ bytes: ArraySlice<UInt8>, now: Instant, tell: ([InputEvent]) -> Void) {
        if let owedUntil, now >= owedUntil { giveUp() }
        lookAhead(bytes)
        var limit = Self.partMax
        for byte in bytes {
            take(byte)
            guard events.count >= limit else { continue }
            let told = takeTold(now: now, isLast: false)
            if !told.isEmpty { tell(told) }
            limit = events.count + Self.partMax
        }
        switch state {
        case .ground: deadline = utf8Missing > 0 ? now + Self.sequenceDelay : nil
        case .escape: deadline = owedUntil == nil ? now + escapeDelay : nil
        // Behind an Escape no hand strikes what opens a key so soon: where it comes, a line tears between all bytes.
        case .opener(let byte):
            let isTorn = Self.keyOpeners.contains(byte) && owedUntil.map { now < $0 - Self.owedDelay + Self.handDelay } ?? false
            deadline = now + (isTorn ? max(escapeDelay, Self.tornDelay) : escapeDelay)
        case .bracket: deadline = nil
        case .control, .consoleFunction, .singleShift, .string, .oldMouse:
            deadline = now + Self.sequenceDelay
            // What goes on may go on.
            if let until = owedUntil { owedUntil = max(until, now + restDelay) }
        case .paste(isStalled: false): deadline = now + Self.pasteDelay
        case .paste(isStalled: true):
            tellPaste(isWhole: false)
            deadline = held == [0x1B] ? now + escapeDelay : nil
        }
        let told = takeTold(now: now, isLast: true)
        // What a long read made them large for is not needed for the next.
        (events, lineFeeds) = ([], [])
        if !told.isEmpty { tell(told) }
    }

    /// Call at or after `deadline`; calling early is allowed and does nothing.
    public mutating func handleTimeout(now: Instant) -> [InputEvent] {
        guard let deadline, now >= deadline else { return [] }
        self.deadline = nil
        switch state {
        case .escape where owedUntil == nil:
            events.append(.key(.escape, []))
            (owedUntil, textUntil) = (now + Self.owedDelay, nil)
        case .opener(let byte):
            key(.character(Unicode.Scalar(byte)))
            state = byte == UInt8(ascii: "[") ? .bracket : .ground
        case .control, .consoleFunction, .singleShift, .string, .oldMouse:
            if owedUntil == nil {
                owedUntil = now + restDelay
            } else if owedUntil.map({ now >= $0 }) == true {
                reset()
            }
            self.deadline = owedUntil
        case .paste(isStalled: false):
            // The terminal forgot the end marker, or the line stands still. The keyboard must not be dead for ever, and what comes must not
            // be a command as long as it may be the rest of the paste (TM-52).
            state = .paste(isStalled: true)
            tellPaste(isWhole: false)
        case .paste(isStalled: true):
            // A lone ESC, by which the person ends it. Had it been that of the end marker, the rest of that is owed (TM-332).
            tellPaste(isWhole: true)
            reset()
            (state, owedUntil) = (.escape, now + Self.owedDelay)
        // The rest of a letter is no key, whenever it comes (TM-341).
        case .ground: break
        case .escape, .bracket: reset()
        }
        if state == .ground { owedUntil = nil }
        defer { events = [] }
        return events
    }

    /// True where the rest of what is held can be told from keys whenever it comes: no hand types the beginning of a report of the mouse, and
    /// the others are told by how they end.
    private var isCertain: Bool {
        switch state {
        case .control: held.first == UInt8(ascii: "<")
        case .string, .oldMouse: true
        default: false
        }
    }

    /// How long what is held is owed its rest.
    private var restDelay: Duration { isCertain ? Self.certainDelay : Self.owedDelay }

    // MARK: What a whole read tells

    /// Whether bytes go on with what is owed its rest, or with a paste, can in part be told only from all that came with them.
    private mutating func lookAhead(_ bytes: ArraySlice<UInt8>) {
        switch state {
        case .string(_, let sawEscape) where owedUntil != nil:
            // Anything goes on with a string. That this does is proved by its end.
            let end: [UInt8] = [0x1B, UInt8(ascii: "\\")]
            let hasEnd =
                sawEscape ? bytes.first == end[1] : bytes.contains(0x07) || bytes.indices.contains { bytes[$0...].starts(with: end) }
            if hasEnd { owedUntil = nil } else { reset() }
        case .oldMouse(let missing) where owedUntil != nil:
            // So does anything with a report in the form of X10; but a key is one byte.
            if bytes.count >= max(2, missing) { owedUntil = nil } else { reset() }
        case .paste(isStalled: true) where held.isEmpty && (bytes == [0x03] || Self.beginsWithReport(bytes)):
            // A terminal tells nothing else before it has told the end of a paste: that was lost (TM-343).
            tellPaste(isWhole: true)
            reset()
        default: break
        }
        let isOpen = state == .ground || state == .escape && owedUntil != nil
        if isOpen, Self.endsPaste(bytes) { beginPaste() }
    }

    /// True for bytes that begin with a whole report of the mouse or the focus, or with a key that is a sequence.
    private static func beginsWithReport(_ read: ArraySlice<UInt8>) -> Bool {
        let bytes = Array(read.prefix(2 * controlBytesMax))
        guard bytes.count >= 3, bytes[0] == 0x1B else { return false }
        if bytes[1] == UInt8(ascii: "O") { return singleShiftFinals.contains(bytes[2]) }
        guard bytes[1] == UInt8(ascii: "["), let end = bytes.indices.dropFirst(2).first(where: { (0x40...0x7E).contains(bytes[$0]) })
        else { return false }
        switch bytes[end] {
        case UInt8(ascii: "M"), UInt8(ascii: "m"): return bytes[2] == UInt8(ascii: "<")
        case UInt8(ascii: "~"): return !bytes.starts(with: pasteEnd) && !bytes.starts(with: pasteStart)
        default: return keyFinals.contains(bytes[end])
        }
    }

    /// True for bytes that are the end of a paste whose beginning was lost, or which was taken for ended: what is before the end is no command
    /// (TM-344).
    private static func endsPaste(_ bytes: ArraySlice<UInt8>) -> Bool {
        // The marker of the beginning may have been torn behind its ESC.
        guard bytes.contains(0x1B), !bytes.starts(with: pasteStart.dropFirst()) else { return false }
        for index in bytes.indices where bytes[index] == 0x1B {
            if bytes[index...].starts(with: pasteEnd) { return index > bytes.startIndex }
            if bytes[index...].starts(with: pasteStart) { return false }
        }
        return false
    }

    // MARK: One byte

    private mutating func take(_ byte: UInt8) {
        let isOwed = owedUntil != nil
        switch state {
        case .ground: takeGround(byte)
        case .escape where isOwed: takeAfterEscape(byte)
        case .escape: takeEscape(byte)
        case .opener(let opener): takeAfterOpener(opener, byte)
        case .bracket:
            guard byte == UInt8(ascii: "<") else { return takeAlone(byte) }
            state = .control
            held = [byte]
        case .control where isOwed && !goesOn(byte): takeAlone(byte)
        case .control: takeControl(byte)
        case .consoleFunction where isOwed && !Self.consoleFinals.contains(byte): takeAlone(byte)
        case .consoleFunction: takeConsoleFunction(byte)
        case .singleShift where isOwed && !Self.follows(UInt8(ascii: "O"), byte): takeAlone(byte)
        case .singleShift: takeSingleShift(byte)
        case .string(let opener, let sawEscape): takeString(byte, opener, sawEscape)
        case .oldMouse(let missing):
            held.append(byte)
            state = missing > 1 ? .oldMouse(missing: missing - 1) : .ground
            if missing == 1 { finishOldMouse() }
        case .paste: takePaste(byte)
        }
        if state == .ground { owedUntil = nil }
    }

    /// A byte that does not go on with what was begun: that is given up, and the byte is what it is.
    private mutating func takeAlone(_ byte: UInt8) {
        reset()
        takeGround(byte)
    }

    /// After an ESC that was given as a key.
    private mutating func takeAfterEscape(_ byte: UInt8) {
        guard Self.openers.contains(byte) else { return takeAlone(byte) }
        state = .opener(byte)
    }

    /// What was owed did not come.
    private mutating func giveUp() {
        if case .opener(let byte) = state { key(.character(Unicode.Scalar(byte))) }
        reset()
    }

    private mutating func takeAfterOpener(_ opener: UInt8, _ byte: UInt8) {
        guard Self.follows(opener, byte) else {
            giveUp()
            return takeGround(byte)
        }
        takeEscape(opener)
        take(byte)
    }

    /// Whether a byte can be the second of a sequence with this opener that terminals send.
    private static func follows(_ opener: UInt8, _ byte: UInt8) -> Bool {
        let isDigit = (0x30...0x39).contains(byte)
        return switch opener {
        case UInt8(ascii: "["): (0x30..<0x40).contains(byte) || byte == UInt8(ascii: "[") || controlFinals.contains(byte)
        case UInt8(ascii: "O"): isDigit || singleShiftFinals.contains(byte)
        case UInt8(ascii: "P"): isDigit || byte == UInt8(ascii: ">")
        case UInt8(ascii: "]"): isDigit
        default: byte == UInt8(ascii: "G")
        }
    }

    /// Whether a byte can go on with the control sequence that is held.
    private func goesOn(_ byte: UInt8) -> Bool {
        if held.isEmpty { return Self.follows(UInt8(ascii: "["), byte) }
        guard held.first == UInt8(ascii: "<") else { return (0x20..<0x40).contains(byte) || Self.controlFinals.contains(byte) }
        return (0x30...0x39).contains(byte) || [UInt8(ascii: ";"), UInt8(ascii: "M"), UInt8(ascii: "m")].contains(byte)
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
        defer { wasReturn = byte == 0x0D }
        switch byte {
        case 0x1B:
            state = .escape
            held = []
        case 0x00: key(.character(" "), [.control])
        case 0x08, 0x7F: key(.backspace)
        case 0x09: key(.tab)
        case 0x0A, 0x0D:
            if byte == 0x0A, wasReturn { lineFeeds.append(events.count) }
            key(.enter)
        case 0x01...0x1A: key(.character(Unicode.Scalar(byte + 0x60)), [.control])
        case 0x1C...0x1F: key(.character(Unicode.Scalar(byte + 0x40)), [.control])
        case 0x20..<0x7F: key(.character(Unicode.Scalar(byte)))
        case 0xC2...0xDF: beginUTF8(byte, 1)
        case 0xE0...0xEF: beginUTF8(byte, 2)
        case 0xF0...0xF4: beginUTF8(byte, 3)
        default: beginC1(UInt32(byte))
        }
    }

    /// A terminal in 8-bit mode begins its sequences with one byte instead of ESC and a letter, or with that as UTF-8 (TM-54).
    private mutating func beginC1(_ value: UInt32) {
        held = []
        switch value {
        case 0x8F: state = .singleShift
        case 0x9B: state = .control
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
        if (0x80..<0xA0).contains(scalar.value) { beginC1(scalar.value) } else { key(.character(scalar)) }
    }

    private mutating func takeEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "["):
            state = .control
            held = []
        case UInt8(ascii: "O"):
            state = .singleShift
            held = []
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
            } else if byte == UInt8(ascii: "["), held.isEmpty {
                state = .consoleFunction
            } else {
                finishControl(byte)
            }
        case UInt8(ascii: "$") where !held.isEmpty && held.allSatisfy { (0x30...0x3B).contains($0) }:
            // Shift with a key, as rxvt tells it; nothing else without a mark at its beginning goes on behind a dollar.
            state = .ground
            finishTilde(Self.numbers(held), .shift)
            if state == .ground { held = [] }
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

    private mutating func takeConsoleFunction(_ byte: UInt8) {
        state = .ground
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "E"): key(.function(Int(byte) - 0x40))
        // No console sends it, and it is swallowed whole.
        case 0x20..<0x7F: isAlt = false
        default: takeGround(byte)
        }
    }

    private mutating func takeString(_ byte: UInt8, _ opener: UInt8, _ sawEscape: Bool) {
        if sawEscape {
            if byte == UInt8(ascii: "\\") {
                state = .ground
                finishString(opener)
            } else {
                // The string was torn by a new sequence.
                (state, owedUntil) = (.escape, nil)
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

    private mutating func beginPaste() {
        reset()
        state = .paste(isStalled: false)
        (pasted, toldBytes, endsInReturn, isOverfull) = ([], 0, false, false)
    }

    private mutating func takePaste(_ byte: UInt8) {
        if held.isEmpty, byte != 0x1B {
            return append(byte)
        }
        held.append(byte)
        if Self.pasteEnd.starts(with: held) {
            if held.count == Self.pasteEnd.count {
                tellPaste(isWhole: true)
                reset()
            }
            return
        }
        // What looked like the end marker was text; an ESC in it may begin the real one.
        let rest = held.lastIndex(of: 0x1B).flatMap { $0 > 0 ? Array(held[$0...]) : nil } ?? []
        let text = held.dropLast(rest.count)
        for byte in text { append(byte) }
        held = rest
        if !Self.pasteEnd.starts(with: held) {
            for byte in held { append(byte) }
            held = []
        }
    }

    /// Adds a byte to the paste, if it is text (TM-3).
    private mutating func append(_ byte: UInt8) {
        let isLineFeed = byte == 0x0A && endsInReturn
        endsInReturn = byte == 0x0D
        guard !isLineFeed, byte >= 0x20 && byte != 0x7F || byte == 0x09 || byte == 0x0A || byte == 0x0D else { return }
        isOverfull = isOverfull || toldBytes + pasted.count >= Self.pasteBytesMax
        if !isOverfull { pasted.append(byte == 0x0D ? 0x0A : byte) }
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
        // A key that goes up again, as kitty tells it where another program has asked for that, is no second press.
        guard !Self.isRelease(bytes) else { return isAlt = false }
        let numbers = Self.numbers(bytes)
        let modifiers = KeyModifiers(parameter: numbers.count > 1 ? numbers[1] : 1)
        if let named = Self.cursorKey(final) { return key(named, modifiers) }
        switch final {
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
        case 17...21: key(.function((numbers.first ?? 17) - 11), modifiers)
        case 23, 24: key(.function((numbers.first ?? 23) - 12), modifiers)
        case 27 where numbers.count > 2: finishCodeKey(numbers[2], modifiers)
        case 200: beginPaste()
        default: isAlt = false
        }
    }

    /// A key given by its code point (kitty's `CSI u`, xterm's modifyOtherKeys) (TM-54).
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

    /// The keys that both `CSI` and the single shift end with the same letter (TM-54).
    private static func cursorKey(_ final: UInt8) -> Key? {
        switch final {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        default: nil
        }
    }

    /// Some terminals write held modifiers between the shift and its key.
    private mutating func takeSingleShift(_ byte: UInt8) {
        if (0x30...0x39).contains(byte), held.count < 2 { return held.append(byte) }
        let modifiers = KeyModifiers(parameter: Self.numbers(held).first ?? 1)
        state = .ground
        held = []
        if let named = Self.cursorKey(byte) { return key(named, modifiers) }
        switch byte {
        case UInt8(ascii: "M"): key(.enter, modifiers)
        case UInt8(ascii: "P")...UInt8(ascii: "S"): key(.function(Int(byte) - 0x4F), modifiers)
        case 0x1B: state = .escape
        default: isAlt = false
        }
    }

    /// Button bits of xterm: 0-1 button, 2 Shift, 3 Alt, 4 Control, 5 motion, 6 wheel, 7 buttons 8 to 11.
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
        // The buttons at the sides of a mouse, and what else has a number that we do not know, do nothing here (TM-50).
        guard code < 128 else { return }
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
        if opener == UInt8(ascii: "]"), let prefix = ["11;rgb:", "11;rgba:"].first(where: text.hasPrefix) {
            // What is seen through does not count.
            let parts = text.dropFirst(prefix.count).split(separator: "/").prefix(3)
            // Up to four hex digits a channel; the first two are enough.
            let channels = parts.compactMap { UInt8($0.count == 1 ? String($0) + String($0) : String($0.prefix(2)), radix: 16) }
            if channels.count == 3, parts.count == 3 {
                events.append(.answer(.background(red: channels[0], green: channels[1], blue: channels[2])))
            }
        } else if opener == UInt8(ascii: "P"), text.hasPrefix(">|") {
            events.append(.answer(.version(String(text.dropFirst(2)))))
        }
    }

    /// Tells what came of the paste since it was told last.
    private mutating func tellPaste(isWhole: Bool) {
        let end = isWhole ? pasted.endIndex : Self.wholeEnd(of: pasted)
        let text = String(decoding: pasted[..<end], as: UTF8.self)
        pasted = Array(pasted[end...])
        toldBytes += end
        if isWhole || !text.isEmpty { events.append(.paste(text, isWhole: isWhole)) }
    }

    /// Where what has come ends between characters: the rest waits for what follows it.
    private static func wholeEnd(of bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }

    /// Takes the events that can be told, where letters that no hand types in one piece are a text.
    ///
    /// A hand strikes few keys between two reads, or holds one: a stalled line brings more of them at once, and pastes without marks. Where one
    /// letter follows another so many times it is taken for a text. That costs who typed so far ahead a step of undo, and saves the
    /// board from a text that is run as commands.
    ///
    /// - Parameter isLast: the read has ended. Before, letters whose end has not come stay here.
    private mutating func takeTold(now: Instant, isLast: Bool) -> [InputEvent] {
        var told: [InputEvent] = []
        told.reserveCapacity(events.count)
        var index = 0
        // A text that was kept is told with the read, also where nothing follows it.
        while index < events.count || isLast && open != nil {
            guard open != nil || events[index].letter != nil else {
                told.append(events[index])
                (index, textUntil) = (index + 1, nil)
                continue
            }
            let isMore = textUntil.map { now <= $0 } ?? false
            var run = open ?? Run(continues: isMore)
            let end = extend(&run, from: index)
            run.count += end.letters - index
            let isText = run.continues || run.changes >= Self.textChangesMin || run.count >= Self.keysMax
            if !isLast, end.run == events.count, end.run - end.letters < Self.keysMax {
                // Of a text the letters are kept, of what may be keys the keys.
                open = isText ? run : nil
                index = isText ? end.letters : index
                break
            }
            if isText {
                // Controls within it are as much typed as the letters around them.
                if !run.text.isEmpty { told.append(.text(String(run.text), continues: run.continues)) }
                // A letter alone carries no text on, or who types fast behind one would never be heard again.
                if !run.continues || run.text.count > 1 {
                    textUntil = now + (!run.continues && String(run.text).isLineWithEnter ? Self.lineDelay : Self.textDelay)
                }
            } else {
                told += events[index..<end.letters]
                textUntil = nil
            }
            (open, index) = (nil, end.letters)
        }
        events.removeFirst(index)
        lineFeeds = lineFeeds.filter { $0 >= index }.map { $0 - index }
        return told
    }

    /// Letters in a row, with controls between them.
    private struct Run: Sendable {
        var text = String.UnicodeScalarView()
        /// True if it goes on with a text that was told.
        let continues: Bool
        var last: Unicode.Scalar?
        /// So many times one letter followed another.
        var changes = 0
        var count = 0

        init(continues: Bool) { self.continues = continues }
    }

    /// Adds to a run what goes on with it.
    ///
    /// - Returns: the ends of its letters and of the controls behind them.
    private func extend(_ run: inout Run, from start: Int) -> (letters: Int, run: Int) {
        var (next, end) = (start, start)
        while next < events.count {
            if let scalar = events[next].letter {
                if scalar != run.last { run.changes += 1 }
                run.last = scalar
                if !lineFeeds.contains(next) { run.text.append(scalar) }
                end = next + 1
            } else if !Self.isControl(events[next]) {
                break
            }
            next += 1
        }
        return (end, next)
    }

    private static func isControl(_ event: InputEvent) -> Bool {
        if case .key(.character, let modifiers) = event { modifiers.contains(.control) } else { false }
    }

    // MARK: Small things

    private mutating func key(_ key: Key, _ modifiers: KeyModifiers = []) {
        events.append(.key(key, isAlt ? modifiers.union(.alt) : modifiers))
        isAlt = false
    }

    private mutating func reset() {
        (state, owedUntil) = (.ground, nil)
        held = []
        utf8Missing = 0
        isAlt = false
    }

    /// True for a key's event type 3, behind a colon after its modifiers (kitty).
    private static func isRelease(_ bytes: [UInt8]) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        return parts.count > 1 && parts[1].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).dropFirst().first == [0x33]
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

    // TM-1
    private static let controlBytesMax = 64
    private static let stringBytesMax = 1024
    // TM-3
    private static let pasteBytesMax = 1 << 20
    private static let pasteStart: [UInt8] = Array("\u{1B}[200~".utf8)
    private static let pasteEnd: [UInt8] = Array("\u{1B}[201~".utf8)
    /// What may follow an ESC in what a terminal sends, and the last bytes of what follows `CSI`, `CSI [` and `SS3`.
    private static let openers: [UInt8] = Array("[O]P_".utf8)
    private static let keyOpeners: [UInt8] = Array("[O".utf8)
    private static let controlFinals: [UInt8] = keyFinals + Array("EMOZRScmnuty".utf8)
    private static let keyFinals: [UInt8] = Array("ABCDFHIOPQRSZ~".utf8)
    private static let consoleFinals: [UInt8] = Array("ABCDE".utf8)
    private static let singleShiftFinals: [UInt8] = Array("ABCDFHMPQRS".utf8)
    /// A sequence that has begun is not a key, so it may take longer than a lone ESC: a slow line can split it (TM-332).
    private static let sequenceDelay = Duration.milliseconds(500)
    /// So much longer a sequence is owed its rest: TCP sends again what was lost after a fifth of a second, then after twice as long each time
    /// (TM-51).
    private static let owedDelay = Duration.seconds(2)
    /// The same for what cannot be taken for keys: longer than a line that lives ever stalls (TM-341).
    private static let certainDelay = Duration.seconds(30)
    /// Behind the time of an Escape: a hand needs longer from there to what opens a sequence (TM-342).
    private static let handDelay = Duration.milliseconds(175)
    /// So long what opens a sequence waits for the next byte where a line tears between all bytes (TM-342).
    private static let tornDelay = Duration.milliseconds(200)
    // TM-332
    private static let pasteDelay = Duration.seconds(2)
    /// So many times one letter follows another in what is a text. A hand that types ten letters a second strikes as many in 0.4 s, longer than
    /// a terminal that works lets keys wait (TM-53).
    private static let textChangesMin = 5
    /// So many letters of one read are a text, even if they are all the same: nobody holds a key for a quarter of a minute on a line that stands
    /// (TM-355).
    private static let keysMax = 512
    /// Events that are told together.
    static let partMax = 128
    /// Between two reads of one text, as a slow line brings them: who pastes needs longer to the next key. Behind a line and Enter, which may be
    /// typed, a hand's next key is waited for no longer than it needs.
    private static let textDelay = Duration.milliseconds(150)
    private static let lineDelay = Duration.milliseconds(40)
}
