/// Something that came from the terminal.
public enum InputEvent: Hashable, Sendable {
    case key(Key, KeyModifiers)
    case mouse(MouseEvent)
    /// Text that came in one piece, as no hand types it: letters and line breaks (U+000A). It was pasted in a terminal that marks no pastes, or
    /// typed far ahead of a line that stood still. `continues`: it goes on with the one before.
    case text(String, continues: Bool = false)
    /// Pasted text: no controls but tabs and line breaks (U+000A). More of the same paste follows unless it is whole.
    case paste(String, isWhole: Bool = true)
    /// The terminal's window got or lost the focus.
    case focus(Bool)
    case answer(TerminalAnswer)
}

/// A key. Text arrives scalar by scalar; the editor joins clusters.
public enum Key: Hashable, Sendable {
    case character(Unicode.Scalar)
    case enter, tab, backspace, escape
    case up, down, left, right
    case home, end, pageUp, pageDown, insert, delete
    /// F1 is 1.
    case function(Int)
}

/// Keys held with another.
public struct KeyModifiers: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let shift = KeyModifiers(rawValue: 1)
    public static let alt = KeyModifiers(rawValue: 2)
    public static let control = KeyModifiers(rawValue: 4)

    /// From xterm's parameter: one more than the sum of 1 Shift, 2 Alt, 4 Control; higher bits are left out.
    init(parameter: Int) { self.init(rawValue: UInt8(max(0, parameter - 1) & 7)) }
}

/// What the mouse did, in which cell; both counted from 0.
public struct MouseEvent: Hashable, Sendable {
    public enum Button: Hashable, Sendable { case left, middle, right }
    public enum Direction: Hashable, Sendable { case up, down, left, right }
    public enum Action: Hashable, Sendable {
        case press(Button), drag(Button), release(Button), hover
        case wheel(Direction)
    }
    public var action: Action
    public var column: Int
    public var row: Int
    public var modifiers: KeyModifiers

    public init(action: Action, column: Int, row: Int, modifiers: KeyModifiers = []) {
        (self.action, self.column, self.row, self.modifiers) = (action, column, row, modifiers)
    }
}

/// What the terminal answered to a question of ours.
public enum TerminalAnswer: Hashable, Sendable {
    /// Primary device attributes: every terminal answers them, so they end a batch of questions.
    case deviceAttributes
    /// Whether a private mode can be switched.
    case mode(Int, isSupported: Bool)
    case background(red: UInt8, green: UInt8, blue: UInt8)
    /// Name and version.
    case version(String)
}

extension Sequence<InputEvent> {
    /// True where what one read brought holds other letters than a `q`: then that is no wish to end (TM-80).
    ///
    /// A few letters may be a paste without marks that is too short to be known for one, and of all that they could do as keys only this is for good.
    var hasLettersBesideQuit: Bool {
        contains { event in
            if case .text = event { true } else { event.letter != nil && event != .quitKey }
        }
    }
}

extension InputEvent {
    static let quitKey = InputEvent.key(.character("q"), [])

    /// What a key is in a text; nil for one that is none.
    var letter: Unicode.Scalar? {
        switch self {
        case .key(.character(let scalar), let modifiers) where modifiers.isDisjoint(with: [.control, .alt]): scalar
        case .key(.enter, []): "\n"
        case .key(.tab, []): " "
        default: nil
        }
    }
}
