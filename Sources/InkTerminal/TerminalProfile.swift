import InkFormats
import InkPrimitives

/// What we know of the terminal before it has answered anything.
public struct TerminalProfile: Hashable, Sendable {
    public var depth: ColorDepth
    public var style: GlyphStyle
    /// How long a lone ESC may be the beginning of a sequence.
    public var escapeDelay: Duration
    /// False for terminals that print what they do not understand: only the simplest questions are asked.
    public var canBeAsked: Bool
    /// True for who wants no motion: what others move is drawn where they told it last (TM-340).
    public var reducesMotion: Bool
    /// Whether the paper is dark, until the terminal says so itself.
    public var isDark: Bool
    /// True where a person has said whether the paper is dark: then what the terminal says of it changes nothing.
    public var isPaperChosen: Bool
    /// True inside tmux.
    public var isInTmux: Bool
    /// True where a network lies between: what is written may wait there unseen.
    public var isFar: Bool
    /// True to begin with four colours and no dim letters.
    public var hasHighContrast: Bool
    /// Which key gives which command.
    public var keys: KeyMap

    public init(
        depth: ColorDepth = .direct, style: GlyphStyle = .unicode, escapeDelay: Duration = .milliseconds(25), canBeAsked: Bool = true,
        reducesMotion: Bool = false, isDark: Bool = true, isInTmux: Bool = false, isFar: Bool = false, hasHighContrast: Bool = false,
        isPaperChosen: Bool = false, keys: KeyMap = .usual
    ) {
        (self.depth, self.style, self.escapeDelay, self.canBeAsked) = (depth, style, escapeDelay, canBeAsked)
        (self.reducesMotion, self.isDark, self.isInTmux, self.isFar) = (reducesMotion, isDark, isInTmux, isFar)
        (self.hasHighContrast, self.isPaperChosen, self.keys) = (hasHighContrast, isPaperChosen, keys)
    }

    /// From TERM, COLORTERM, COLORFGBG, NO_COLOR, LC_ALL, LC_CTYPE, LANG, SSH_CONNECTION, TMUX, INKWIRE_REDUCED_MOTION and
    /// INKWIRE_HIGH_CONTRAST; nil where no escape may be written at all (TERM unset or `dumb`) (TM-18).
    public init?(environment: [String: String]) {
        guard let terminal = environment["TERM"], !terminal.isEmpty, terminal != "dumb" else { return nil }
        let isRemote = environment["SSH_CONNECTION"] != nil
        self.init(
            depth: ColorDepth(environment: environment), style: GlyphStyle(environment: environment),
            escapeDelay: .milliseconds(isRemote ? 50 : 25),
            canBeAsked: terminal != "linux", reducesMotion: environment["INKWIRE_REDUCED_MOTION"] == "1",
            isDark: !Self.lightPapers.contains(environment["COLORFGBG"]?.split(separator: ";").last.map(String.init) ?? ""),
            isInTmux: environment["TMUX"]?.isEmpty == false, isFar: isRemote,
            hasHighContrast: environment["INKWIRE_HIGH_CONTRAST"] == "1")
    }

    /// Of the 16 colours (rxvt, Konsole): the two whites.
    private static let lightPapers: Set<String> = ["7", "15"]

    /// The mouse reported by cell: clicks, drags, and motions without a button. In this order, so that a terminal without the last keeps the
    /// weaker ones (TM-232).
    static let mouseOn: [UInt8] = Array("\u{1B}[?1000h\u{1B}[?1002h\u{1B}[?1003h".utf8)
    static let mouseOff: [UInt8] = Array("\u{1B}[?1003l\u{1B}[?1002l\u{1B}[?1000l".utf8)

    /// Neither mouse nor focus is reported, and no paste is marked.
    static let reportsOff: [UInt8] = mouseOff + Array("\u{1B}[?1004l\u{1B}[?2004l".utf8)

    /// Enters: title kept, alternate screen, cursor hidden, and the modes.
    public static let enter: [UInt8] = Array("\u{1B}[22;0t\u{1B}[?1049h\u{1B}[?25l".utf8) + modes

    /// No automatic wrap, pastes marked, focus and mouse reported.
    static let modes: [UInt8] = Array("\u{1B}[?7l\u{1B}[?2004h\u{1B}[?1004h".utf8) + mouseOn + Array("\u{1B}[?1006h".utf8)

    /// Undoes all that we may have switched, mouse first; right in every state, so crash handlers can write it without thinking (TM-18).
    public static let leave: [UInt8] =
        Array("\u{1B}[?2026l\u{1B}[?1006l".utf8) + reportsOff
        + Array("\u{1B}[?7h\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l\u{1B}[23;0t".utf8)

    /// Asks for synchronized output, name, background and, as a fence, device attributes. Sent after the first frame.
    public var questions: [UInt8] {
        canBeAsked ? Array("\u{1B}[?2026$p\u{1B}[>q\u{1B}]11;?\u{1B}\\\u{1B}[c".utf8) : []
    }
}

extension GlyphStyle {
    /// What the locale of LC_ALL, LC_CTYPE or LANG can show, and on a Linux console its font.
    public init(environment: [String: String]) {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let isUTF8 = locale.lowercased().contains("utf-8") || locale.lowercased().contains("utf8")
        self = !isUTF8 ? .ascii : environment["TERM"] == "linux" ? .console : .unicode
    }
}
