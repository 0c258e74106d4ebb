import Foundation
import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@testable import InkTerminal

/// What is told by colour, on every paper.
@Suite struct ContrastTests {
    /// WCAG 2.2: relative luminance.
    private static func luminance(_ color: Color) -> Double {
        let channels = [color.rgb >> 16, color.rgb >> 8 & 255, color.rgb & 255].map { value in
            let part = Double(value) / 255
            return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    }

    static func contrast(_ one: Color, _ other: Color) -> Double {
        let lights = [luminance(one), luminance(other)].sorted()
        return (lights[1] + 0.05) / (lights[0] + 0.05)
    }

    /// The 16 colours as xterm shows them.
    private static let sixteen: [UInt32] = [
        0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5, 0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF,
        0xFF00FF, 0x00FFFF, 0xFFFFFF,
    ]

    /// The colour that a terminal shows for one of ours.
    private static func shown(_ color: Color, _ depth: ColorDepth, isBackground: Bool) -> Color {
        let parameter = depth.parameter(color, isBackground: isBackground)
        let numbers = parameter.split(separator: ";").compactMap { Int($0) }
        switch depth {
        case .none, .direct: return color
        case .sixteen:
            let base = numbers[0] - (isBackground ? 10 : 0)
            return Color(rgb: sixteen[base >= 90 ? base - 82 : base - 30])
        case .indexed:
            let index = numbers[2]
            if index < 16 { return Color(rgb: sixteen[index]) }
            if index >= 232 { return Color(rgb: UInt32(8 + (index - 232) * 10) * 0x010101) }
            let levels: [UInt32] = [0, 95, 135, 175, 215, 255]
            let cube = index - 16
            return Color(rgb: levels[cube / 36] << 16 | levels[cube / 6 % 6] << 8 | levels[cube % 6])
        }
    }

    @Test(arguments: [ColorDepth.direct, .indexed, .sixteen])
    func `TM-219: letters on a person's colour have a contrast of 4 and a half`(depth: ColorDepth) {
        for color in PersonColor.all {
            let (text, paper) = (
                Self.shown(color.text, depth, isBackground: false), Self.shown(color.color, depth, isBackground: true)
            )
            #expect(Self.contrast(text, paper) >= 4.5, "\(color.name): \(Self.contrast(text, paper))")
        }
    }

    @Test(arguments: [ColorDepth.direct, .indexed, .sixteen])
    func `TM-65, TM-348, TM-349: inks have a contrast of three on white and on black`(depth: ColorDepth) {
        for (paper, isDark) in [(0xFFFFFF, false), (0x000000, true)] as [(UInt32, Bool)] {
            for color in PersonColor.all {
                let ink = Self.shown(color.ink(onDark: isDark), depth, isBackground: false)
                let found = Self.contrast(ink, Color(rgb: paper))
                #expect(found >= 3, "\(color.name) on \(paper): \(found)")
            }
        }
    }

    @Test(arguments: [ColorDepth.direct, .sixteen])
    func `TM-217: at high contrast each cell is black, white, yellow or cyan, and no letter is dim`(depth: ColorDepth) throws {
        var scene = BoardScene(
            content: BoardContent(name: "plan"), TerminalProfile(depth: depth, hasHighContrast: true), columns: 80, rows: 24)
        var shapes: [Shape] = []
        for (index, color) in PersonColor.all.enumerated() {
            var draft = ShapeDraft(
                kind: .note, position: Point(x: Int32(index) * 640, y: 256), size: Size(width: 512, height: 512), text: "cache",
                stroke: color.color)
            if index % 2 == 0 { draft.fill = Color(rgb: 0x3355AA &* UInt32(index + 1)) }
            var depth = ByteWriter(capacity: 8)
            depth.writeVarint(UInt64(index + 1))
            shapes.append(
                Shape(id: ShapeID(author: .zero, number: UInt64(index + 1)), content: draft, depth: DepthKey(depth.bytes) ?? .first))
        }
        scene.replace(name: "plan", shapes: shapes)
        let picture = scene.picture(now: .zero + .seconds(1))
        let four = Set([0x000000, 0xFFFFFF, 0xFFFF00, 0x00FFFF].map { Color(rgb: $0) })
        var used: Set<Color> = []
        for cell in picture.cells {
            let (ink, paper) = (try #require(cell.foreground), try #require(cell.background))
            #expect(four.contains(ink) && four.contains(paper) && !cell.attributes.contains(.dim))
            #expect(Self.contrast(Self.shown(ink, depth, isBackground: false), Self.shown(paper, depth, isBackground: true)) >= 16)
            used.formUnion([ink, paper])
        }
        #expect(used == four)
    }

    @Test func `TM-218, TM-400: on a Linux console high contrast is what its eight papers allow`() throws {
        var desk = try Desk(depth: .sixteen, style: .console)
        let bob = desk.join("bob")
        desk.act(.rename("bob"), by: bob, then: .seconds(1))
        desk.run("contrast")
        var kernel = ConsoleGlyphs()
        kernel.feed(desk.bytes)
        kernel.seen = []
        for (index, color) in PersonColor.all.enumerated() {
            var note = ShapeDraft(
                kind: .note, position: middle(index * 11, 2), size: Size(width: 512, height: 512), text: "cache", stroke: color.color)
            if index % 2 == 0 { note.fill = Color(rgb: 0x3355AA &* UInt32(index + 1)) }
            desk.elsewhere(.draw(note))
        }
        desk.act(.cursor(middle(3, 3)), by: bob, then: .seconds(1))
        desk.click(14, 4)
        desk.bytes([1])
        desk.type("?c")
        desk.escape()
        desk.type("P")
        desk.escape()
        desk.type("k")
        desk.drag((10...30).map { ($0, 4) })
        kernel.feed(Array(desk.bytes.dropFirst(kernel.taken)))
        let letters = kernel.seen.filter { $0.letter != " " }
        #expect(letters.count > 100)
        for glyph in letters {
            let contrast = Self.contrast(Color(rgb: glyph.ink), Color(rgb: glyph.paper))
            #expect(contrast >= (glyph.paper == 0 ? 16 : 9), "\(glyph) \(contrast)")
        }
        // What is filled, or selected, is told from what is not.
        #expect(Set(kernel.seen.map(\.paper)) == [0x000000, 0xAAAAAA])
        #expect(Set(letters.filter { $0.paper == 0 }.map(\.ink)) == [0xFFFFFF, 0xFFFF55, 0x55FFFF])
    }

    @Test func `TM-217: high contrast is switched by its name, and begun with by the environment`() throws {
        var desk = try Desk()
        let bob = desk.join("bob")
        desk.act(.cursor(middle(40, 10)), by: bob, then: .seconds(1))
        desk.type(":contrast\r")
        #expect(desk.text.contains("high contrast"))
        let styles = Set(desk.terminal.styles.joined())
        #expect(styles.contains { $0.contains("f2,255,255,255") } && !styles.contains { $0.contains("f2,230,159,0") || $0.hasPrefix("2;") })
        desk.type(":contrast\r")
        #expect(desk.text.contains("usual colours"))
        #expect(TerminalProfile(environment: ["TERM": "xterm", "INKWIRE_HIGH_CONTRAST": "1"])?.hasHighContrast == true)
        #expect(TerminalProfile(environment: ["TERM": "xterm"])?.hasHighContrast == false)
    }

    @Test(arguments: ["👨‍👩‍👧", "🏳️‍🌈", "👩🏽‍🚀", "🇩🇪", "e\u{301}\u{302}", "नि", "각"], [true, false])
    func `TM-221, TM-402: a cluster is on the board as it was typed, and what stands behind it is where it should be`(
        cluster: String, isPasted: Bool
    )
        throws
    {
        var desk = try Desk()
        desk.type("t")
        desk.click(20, 10)
        if isPasted { desk.bytes(Array("\u{1B}[200~a\(cluster)b\u{1B}[201~".utf8)) } else { desk.type("a\(cluster)b") }
        #expect(desk.terminal.cursor.column == 22 + CharacterWidth.columns(of: cluster), "\(desk.text)")
        desk.arrows("D", 2)
        #expect(desk.terminal.cursor.column == 21)
        desk.escape()
        desk.wait(.seconds(1))
        #expect(desk.standing.map(\.text) == ["a\(cluster)b"])
        let row = desk.terminal.rowsOfText[10]
        #expect(row[20] == "a" && row[21 + CharacterWidth.columns(of: cluster)] == "b", "\(row)")
        // Each of its letters is there.
        let seen = row.joined().unicodeScalars
        for scalar in cluster.unicodeScalars where CharacterWidth.columns(of: scalar) > 0 && !scalar.properties.isEmojiModifier {
            #expect(seen.contains(scalar), "\(scalar) \(row)")
        }
    }

    @Test func `TM-218: a Linux console gets what its font has, by itself`() throws {
        let console = try #require(TerminalProfile(environment: ["TERM": "linux", "LANG": "C.UTF-8"]))
        #expect(console.style == .console && console.depth == .sixteen && !console.canBeAsked)
        #expect(TerminalProfile(environment: ["TERM": "linux", "LANG": "C"])?.style == .ascii)
        var desk = try Desk(depth: .sixteen, style: .console)
        let bob = desk.join("bob")
        desk.act(.rename("bob"), by: bob, then: .seconds(1))
        var box = ShapeDraft(kind: .note, position: middle(10, 3), size: Size(width: 1280, height: 512), text: "größe …")
        desk.elsewhere(.draw(box))
        box.lineStyle = .double
        (box.kind, box.position) = (.rectangle, middle(40, 3))
        desk.elsewhere(.draw(box))
        box.lineStyle = .dashed
        box.position = middle(40, 12)
        desk.elsewhere(.draw(box))
        let round = ShapeDraft(kind: .ellipse, position: middle(10, 12), size: Size(width: 1280, height: 640))
        desk.elsewhere(.draw(round))
        desk.act(.cursor(middle(35, 9)), by: bob, then: .seconds(1))
        desk.type("p")
        desk.drag([(60, 15), (62, 17), (70, 14)])
        desk.type("P")
        let allowed = Set("─│┌┐└┘├┤┬┴┼═║╔╗╚╝▀▄█▌▐░▒▓·öß".unicodeScalars)
        let strange = desk.text.unicodeScalars.filter { $0.value >= 0x80 && !allowed.contains($0) }
        #expect(strange.isEmpty, "\(strange.map { String($0) }) \(desk.text)")
        desk.escape()
        #expect(["▀", "▄", "═", "║", "┌"].allSatisfy { desk.text.contains($0) } && desk.text.contains("größe ~"), "\(desk.text)")
        #expect(desk.text.contains("bob"))
    }
}

/// What is written on a Linux console, in the colours of its own palette, as `csi_m` and `build_attr` of the kernel (drivers/tty/vt/vt.c) have it:
/// 90 to 97 are the eight inks in bold, 100 to 107 the eight papers, and bold goes with the ink however that is set afterwards.
private struct ConsoleGlyphs {
    struct Seen: Hashable {
        let letter: Unicode.Scalar
        let ink: UInt32
        let paper: UInt32
    }

    var seen: Set<Seen> = []
    /// Bytes so far.
    private(set) var taken = 0
    private var (ink, paper) = (7, 0)
    private var (isBold, isDim, isUnderlined, isReversed) = (false, false, false, false)

    mutating func feed(_ bytes: [UInt8]) {
        taken += bytes.count
        var rest = Substring(String(decoding: bytes, as: UTF8.self)).unicodeScalars
        while let scalar = rest.popFirst() {
            guard scalar == "\u{1B}" else {
                if scalar.value >= 0x20 { print(scalar) }
                continue
            }
            guard rest.popFirst() == "[" else {
                // A string, up to its end.
                while let next = rest.popFirst(), next != "\\", next.value != 7 {}
                continue
            }
            let body = rest.prefix { !(0x40...0x7E).contains($0.value) }
            rest = rest.dropFirst(body.count)
            if rest.popFirst() == "m" { style(String(body).split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }) }
        }
    }

    private mutating func style(_ numbers: [Int]) {
        for number in numbers {
            switch number {
            case 0: (ink, paper, isBold, isDim, isUnderlined, isReversed) = (7, 0, false, false, false, false)
            case 1: (isBold, isDim) = (true, false)
            case 2: (isBold, isDim) = (false, true)
            case 4: isUnderlined = true
            case 7: isReversed = true
            case 22: (isBold, isDim) = (false, false)
            case 24: isUnderlined = false
            case 27: isReversed = false
            case 30...37: ink = number - 30
            case 39: ink = 7
            case 40...47: paper = number - 40
            case 49: paper = 0
            case 90...97: (ink, isBold, isDim) = (number - 90, true, false)
            case 100...107: paper = number - 100
            default: break
            }
        }
    }

    private mutating func print(_ letter: Unicode.Scalar) {
        // Underlined letters are cyan, dim ones dark grey.
        var (front, back) = (isUnderlined ? 6 : isDim ? 8 : ink, paper)
        if isReversed { (front, back) = (back | front & 8, front & 7) }
        if isBold { front ^= 8 }
        seen.insert(Seen(letter: letter, ink: Self.palette[front], paper: Self.palette[back]))
    }

    private static let palette: [UInt32] = [
        0x000000, 0xAA0000, 0x00AA00, 0xAA5500, 0x0000AA, 0xAA00AA, 0x00AAAA, 0xAAAAAA, 0x555555, 0xFF5555, 0x55FF55, 0xFFFF55, 0x5555FF,
        0xFF55FF, 0x55FFFF, 0xFFFFFF,
    ]
}
