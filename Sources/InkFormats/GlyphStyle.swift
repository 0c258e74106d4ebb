/// Which characters may be used.
public enum GlyphStyle: String, CaseIterable, Hashable, Sendable {
    /// Box drawing and braille.
    case unicode
    /// What the font of a Linux console has: single and double lines, full and half blocks, and no braille. Letters are the console's matter.
    case console
    /// Only bytes below 0x80.
    case ascii

    /// What stands for a glyph that the style lacks (FM-7).
    public func twin(of glyph: Glyph) -> Glyph {
        switch self {
        case .unicode: glyph
        case .console: (0x2010..<0x2C00).contains(glyph.base) ? Self.consoleTwin(of: glyph) : glyph
        case .ascii: glyph.isASCII ? glyph : Self.asciiTwin(of: glyph)
        }
    }

    // FM-7
    private static func asciiTwin(of glyph: Glyph) -> Glyph {
        switch Unicode.Scalar(glyph.base) {
        case "►", "▸": Glyph(">")
        case "◄": Glyph("<")
        case "▲": Glyph("^")
        case "▼": Glyph("v")
        case "▬": Glyph("=")
        case "□", "●": Glyph("o")
        case "■": Glyph("#")
        case "◆": Glyph("*")
        case "★": Glyph("+")
        case "✚": Glyph("x")
        case "▷": Glyph("}")
        case "◁": Glyph("{")
        case "△": Glyph("A")
        case "▽": Glyph("V")
        case "├", "┤": Glyph("|")
        case "┬", "┴": Glyph("-")
        case "…": Glyph("~")
        case "“", "”", "„", "«", "»": Glyph("\"")
        case "‘", "’", "‚": Glyph("'")
        case "–", "—", "−": Glyph("-")
        case "•", "·": Glyph("*")
        case "→": Glyph(">")
        case "←": Glyph("<")
        default: Glyph("?")
        }
    }

    /// The 256 glyphs of the kernel's own font, and what the fonts of distributions share with it.
    private static func consoleTwin(of glyph: Glyph) -> Glyph {
        switch glyph.base {
        case 0x2800..<0x2900: blocks(of: UInt8(truncatingIfNeeded: glyph.base))
        // Double lines.
        case 0x2550...0x256C: glyph
        case 0x2500..<0x25A0: consoleLine(of: glyph)
        default: asciiTwin(of: glyph)
        }
    }

    private static func consoleLine(of glyph: Glyph) -> Glyph {
        switch Unicode.Scalar(glyph.base) {
        case "─", "│", "┌", "┐", "└", "┘", "├", "┤", "┬", "┴", "┼", "▀", "▄", "█", "▌", "▐", "░", "▒", "▓": glyph
        case "╭", "┏": Glyph("┌")
        case "╮", "┓": Glyph("┐")
        case "╯", "┛": Glyph("┘")
        case "╰", "┗": Glyph("└")
        case "╱": Glyph("/")
        case "╲": Glyph("\\")
        case "╳": Glyph("X")
        // Broken lines are told from whole ones.
        case "┄", "┅", "┈", "┉", "╌", "╍": Glyph("-")
        case "┆", "┇", "┊", "┋", "╎", "╏": Glyph(":")
        case "━", "╴", "╶", "╸", "╺", "╼", "╾": Glyph("─")
        case "┃", "╵", "╷", "╹", "╻", "╽", "╿": Glyph("│")
        case "▁", "▂", "▃": Glyph("▄")
        case "▔": Glyph("▀")
        case "▏", "▎", "▍": Glyph("▌")
        case "▕": Glyph("▐")
        default: glyph.base < 0x2580 ? Glyph("┼") : Glyph("█")
        }
    }

    /// Halves of a cell where dots of braille are; one dot alone is a point.
    private static func blocks(of dots: UInt8) -> Glyph {
        // Braille numbers its dots 1-2-3-7 down the left and 4-5-6-8 down the right column.
        let (left, right) = (dots & 0b0100_0111 != 0, dots & 0b1011_1000 != 0)
        let (top, bottom) = (dots & 0b0001_1011 != 0, dots & 0b1110_0100 != 0)
        switch (left, right, top, bottom) {
        case _ where dots == 0: return .space
        case _ where dots.nonzeroBitCount == 1: return Glyph("·")
        case (_, _, true, false): return Glyph("▀")
        case (_, _, false, true): return Glyph("▄")
        case (true, false, _, _): return Glyph("▌")
        case (false, true, _, _): return Glyph("▐")
        default: return Glyph("█")
        }
    }
}
