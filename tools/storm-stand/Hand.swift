import InkPrimitives
import InkTerminal

/// A person who does anything that can be done at a terminal, and what no person does: a source of happenings, all from one seed.
///
/// What it does is of several steps (a drag, a command, a label), which come one at a time, so that what others do comes between them.
struct Hand: Sendable {
    private var random: SplitMix64
    private var waiting: [Happening] = []
    /// What the window is, by what this hand knows of it.
    private var columns: Int
    private var rows: Int

    init(seed: SplitMix64, columns: Int, rows: Int) { (random, self.columns, self.rows) = (seed, columns, rows) }

    mutating func next() -> Happening {
        if waiting.isEmpty {
            plan()
            waiting.reverse()
        }
        return waiting.popLast() ?? .pause(.milliseconds(1))
    }

    // MARK: What it does

    private mutating func plan() {
        switch random.below(100) {
        case 0..<12: for _ in 0..<1 + random.below(4) { type(key()) }
        case 12..<26: draw()
        case 26..<34: drag()
        case 34..<37: clip()
        case 37..<41: group()
        case 41..<43: count()
        case 43..<46: style()
        case 46..<48: show()
        case 48..<52: click()
        case 52..<57: drawByKeys()
        case 57..<62: label()
        case 62..<72: command()
        case 72..<75: look()
        case 75..<79: paste()
        case 79..<83: resize()
        case 83..<88: zoom()
        case 88..<90: garbage()
        case 90..<92: answer()
        case 92..<95: for _ in 0..<1 + random.below(5) { type(random.chance(0.7) ? "u" : "U") }
        case 95..<97: wheel()
        default: waiting.append(.pause(.milliseconds(random.below(4) == 0 ? 3000 : 100)))
        }
    }

    private mutating func type(_ text: String) { waiting.append(.bytes(Array(text.utf8))) }
    private mutating func typeEach(_ text: String) { for scalar in text.unicodeScalars { type(String(scalar)) } }
    private mutating func escape() {
        type("\u{1B}")
        waiting.append(.pause(.milliseconds(60)))
    }

    private mutating func one<Element>(of list: [Element]) -> Element { list[random.below(list.count)] }

    private mutating func key() -> String {
        switch random.below(10) {
        case 0..<5: return String(UnicodeScalar(UInt8(0x20 + random.below(95))))
        case 5: return String(UnicodeScalar(UInt8(1 + random.below(26))))
        case 6, 7: return one(of: Self.arrows)
        case 8: return one(of: Self.keys)
        default: return "\u{1B}" + String(UnicodeScalar(UInt8(0x61 + random.below(26))))
        }
    }

    private mutating func words() -> String {
        (0..<1 + random.below(3)).map { _ in one(of: Self.texts) }.joined(separator: random.chance(0.2) ? "\n" : " ")
    }

    private mutating func cell() -> (Int, Int) { (random.below(columns), random.below(rows)) }

    /// A report of the mouse, torn now and then.
    private mutating func report(_ code: Int, _ cell: (Int, Int), isRelease: Bool = false) {
        let bytes = Array("\u{1B}[<\(code);\(cell.0 + 1);\(cell.1 + 1)\(isRelease ? "m" : "M")".utf8)
        guard random.chance(0.06) else { return waiting.append(.bytes(bytes)) }
        let cut = 1 + random.below(bytes.count - 1)
        waiting.append(.bytes(Array(bytes[..<cut])))
        if random.chance(0.5) { waiting.append(.pause(.milliseconds(random.below(700)))) }
        waiting.append(.bytes(Array(bytes[cut...])))
    }

    private mutating func draw() {
        type(one(of: ["r", "d", "o", "a", "l", "p", "n", "e", "1", "2", "3", "a", "a", "r"]))
        drag()
        if random.chance(0.3) { label() }
    }

    private mutating func drag() {
        let button = random.chance(0.9) ? 0 : one(of: [1, 2])
        let modifiers = random.chance(0.75) ? 0 : one(of: [4, 8, 16, 12])
        var (column, row) = cell()
        report(button + modifiers, (column, row))
        for _ in 0..<1 + random.below(9) {
            // A hand goes on; now and then it leaps.
            (column, row) =
                random.chance(0.1)
                ? cell() : (max(0, min(columns - 1, column + random.below(9) - 4)), max(0, min(rows - 1, row + random.below(5) - 2)))
            report(32 + button + modifiers, (column, row))
            if random.chance(0.08) { amid() }
        }
        // Over another pane the release is not seen.
        if random.chance(0.92) { report(button + modifiers, (column, row), isRelease: true) }
    }

    /// Something that does not belong into a drag.
    private mutating func amid() {
        switch random.below(6) {
        case 0: type(one(of: ["+", "-", "="]))
        case 1: report(one(of: [80, 81]), cell())
        case 2: resize()
        case 3: type(key())
        case 4: type(one(of: Self.arrows))
        default: report(one(of: [64, 65]), cell())
        }
    }

    private mutating func click() {
        let place = cell()
        let button = random.chance(0.9) ? 0 : one(of: [1, 2, 4, 16, 128, 66])
        for _ in 0..<1 + random.below(3) {
            report(button, place)
            report(button, place, isRelease: true)
        }
        if random.chance(0.3) { report(35, cell()) }
    }

    private mutating func drawByKeys() {
        type(one(of: ["r", "d", "o", "a", "l", "n", "t"]))
        for _ in 0..<random.below(6) { type(one(of: Self.arrows)) }
        type("\r")
        for _ in 0..<1 + random.below(8) { type(one(of: Self.arrows)) }
        if random.chance(0.9) { type("\r") }
        typeEach(words())
        if random.chance(0.9) { escape() }
    }

    private mutating func label() {
        if random.chance(0.8) { type("\r") }
        if random.chance(0.5) { typeEach(words()) } else { type(words()) }
        if random.chance(0.3) { for _ in 0..<random.below(5) { type(one(of: ["\u{7F}", "\u{17}", "\u{15}"] + Self.arrows)) } }
        if random.chance(0.9) { escape() }
    }

    private mutating func command() {
        let command = one(of: BoardCommand.allCases)
        type(one(of: [":", ":", "\u{10}", "?"]))
        var line = command.name
        switch random.below(4) {
        case 0: line += " " + one(of: Self.arguments)
        case 1: line = String(line.prefix(1 + random.below(line.count)))
        case 2 where command.takesArgument: line += " " + one(of: Self.arguments)
        default: break
        }
        typeEach(line)
        if random.chance(0.9) { type("\r") }
        if random.chance(0.3) { escape() }
    }

    /// Selects something, or all, in one of the ways in which that is done.
    private mutating func choose() {
        switch random.below(5) {
        case 0: type("\u{1}")
        case 1:
            type("v")
            let (from, to) = (cell(), cell())
            report(0, from)
            report(32, to)
            report(0, to, isRelease: true)
        default: for _ in 0..<1 + random.below(4) { type(one(of: ["]", "]", "[", "\t", "\u{1B}[Z"])) }
        }
    }

    /// Copies or cuts, goes elsewhere or not, and makes it anew: often, and with keys behind it that have to wait.
    private mutating func clip() {
        if random.chance(0.8) { choose() }
        if random.chance(0.85) { type(one(of: ["y", "y", "X", "Y"])) }
        if random.chance(0.4) { wheel() }
        if random.chance(0.3) { zoom() }
        if random.chance(0.5) { report(35, cell()) }
        for _ in 0..<1 + random.below(3) { type(one(of: ["V", "\u{16}"])) }
        if random.chance(0.5) { for _ in 0..<random.below(4) { type(one(of: Self.arrows + ["l", "j", "\r", "x", "u"])) } }
    }

    /// Groups, goes in and out, changes something within, and takes apart.
    private mutating func group() {
        choose()
        if random.chance(0.6) { type("\u{7}") }
        if random.chance(0.7) {
            if random.chance(0.5) { type("\r") } else { click() }
            for _ in 0..<random.below(6) { type(one(of: ["\t", "\u{1B}[Z", "\r", "x", "l", "K", "}", "{", "y", "V", "D"])) }
            if random.chance(0.3) { drag() }
            if random.chance(0.7) { escape() }
        }
        if random.chance(0.4) { type(one(of: ["\u{1B}g", "\u{15}"])) }
    }

    /// Moves or resizes by counts.
    private mutating func count() {
        if random.chance(0.8) { choose() }
        if random.chance(0.3) { type("z") }
        for _ in 0..<1 + random.below(3) {
            typeEach(one(of: ["2", "8", "12", "40", "999", "1000", "0"]))
            type(one(of: ["h", "j", "k", "l", "H", "L"] + Self.arrows))
        }
        if random.chance(0.3) { escape() }
    }

    /// Picks looks by digits; or has drags snap, boxes grow, high contrast, dots or the map.
    private mutating func style() {
        guard random.chance(0.6) else { return type(one(of: ["S", "#", "Z", ":contrast\r", ":grow\r", ":fit-label\r", "\u{1B}c", "Q"])) }
        if random.chance(0.6) { choose() }
        for _ in 0..<1 + random.below(3) {
            type(one(of: ["c", "w", "B", "b", "A", "<", ">", "E"]))
            type(String(random.below(9)))
        }
    }

    /// Shows with the laser, calls the others, goes to them or with them.
    private mutating func show() {
        switch random.below(4) {
        case 0, 1:
            type(one(of: ["k", "9"]))
            drag()
            if random.chance(0.6) { escape() }
        case 2: type(one(of: ["\"", ":look-here\r"]))
        default: for _ in 0..<1 + random.below(3) { type(one(of: ["'", "G"])) }
        }
    }

    private mutating func look() {
        type(one(of: ["\u{6}", "L", "\u{6}"]))
        typeEach(String(words().prefix(4)))
        for _ in 0..<random.below(4) { type(one(of: ["\r", "\u{1B}[B", "\u{1B}[A"])) }
        if random.chance(0.8) { escape() }
    }

    private mutating func paste() {
        let text = random.chance(0.2) ? String(repeating: words() + "\n", count: 1 + random.below(40)) : words()
        let bytes = Array("\u{1B}[200~\(text)\u{1B}[201~".utf8)
        let cut = random.chance(0.3) ? random.below(bytes.count) : bytes.count
        waiting.append(.bytes(Array(bytes[..<cut])))
        guard cut < bytes.count else { return }
        if random.chance(0.5) { waiting.append(.pause(.milliseconds(random.below(3000)))) }
        // Now and then its end never comes.
        if random.chance(0.8) { waiting.append(.bytes(Array(bytes[cut...]))) }
    }

    private mutating func resize() {
        (columns, rows) = random.chance(0.15) ? (1 + random.below(130), 1 + random.below(50)) : one(of: Self.sizes)
        waiting.append(.resize(columns: columns, rows: rows))
    }

    private mutating func zoom() {
        for _ in 0..<1 + random.below(4) {
            switch random.below(5) {
            case 0: type("+")
            case 1: type("-")
            case 2: type(one(of: ["=", "f", "\u{1B}[H"]))
            default: report(one(of: [80, 81]), cell())
            }
        }
    }

    private mutating func wheel() {
        let code = one(of: [64, 65, 66, 67, 68, 69])
        for _ in 0..<1 + random.below(6) { report(code, cell()) }
    }

    private mutating func garbage() {
        if random.chance(0.3) { return waiting.append(.jolt(columns: 1 + random.below(200), rows: 1 + random.below(60))) }
        waiting.append(.bytes((0..<1 + random.below(12)).map { _ in UInt8(random.below(256)) }))
    }

    private mutating func answer() { type(one(of: Self.answers)) }

    // MARK: What it knows

    private static let sizes = [(120, 40), (80, 24), (80, 24), (40, 12), (20, 5), (100, 30), (10, 3), (1, 1), (200, 50)]
    private static let arrows = [
        "\u{1B}[A", "\u{1B}[B", "\u{1B}[C", "\u{1B}[D", "\u{1B}[1;2A", "\u{1B}[1;2B", "\u{1B}[1;2C", "\u{1B}[1;2D",
    ]
    private static let keys = [
        "\r", "\t", "\u{1B}[Z", "\u{7F}", "\u{1B}[3~", "\u{1B}[H", "\u{1B}[F", "\u{1B}[5~", "\u{1B}[6~", "\u{1B}OP", "\u{1B}[15~",
        "\u{1B}[13;2u",
        "\u{1B}[1;5C", "\u{1B}\r", "й", "é",
    ]
    private static let texts = [
        "a", "cache", "the store of all", "naïve", "漢字", "👨‍👩‍👧", "é̂x", "שלום", "x\u{200D}y", "🇩🇪🇫🇷", "a\tb", "ﷺ", "1", "q", "--", "\u{202E}gnp",
        "ⅷ", "👍🏽", "한국어", "\u{FE0F}❤️",
    ]
    private static let arguments = [
        "red", "blue", "3", "9", "on", "off", "#336699", "dashed", "both", "triangle", "left", "centre", "vertically", "horizontally",
        "plan", "two words", "-1", "漢", "/",
        "99999999999999999999", "none",
        "ana", "bob", "a",
    ]
    private static let answers = [
        "\u{1B}[I", "\u{1B}[O", "\u{1B}[?2026;1$y", "\u{1B}]11;rgb:ffff/ffff/ffff\u{1B}\\", "\u{1B}]11;rgb:0000/0000/0000\u{1B}\\",
        "\u{1B}[?62;22c", "\u{1B}P>|xterm(379)\u{1B}\\",
    ]
}
