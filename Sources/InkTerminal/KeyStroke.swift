/// A key by which a command is given, with what must be held for it.
enum KeyStroke: Hashable, Sendable, ExpressibleByUnicodeScalarLiteral {
    /// Whatever else is held, where no other stroke has that for itself.
    case key(Key)
    case shift(Key)
    case control(Unicode.Scalar)
    case alt(Unicode.Scalar)

    /// A letter as it is typed, Shift included.
    init(unicodeScalarLiteral letter: Unicode.Scalar) { self = .key(.character(letter)) }

    init(_ key: Key, _ modifiers: KeyModifiers) {
        if case .character(let scalar) = key, modifiers.contains(.control) {
            self = .control(scalar)
        } else if case .character(let scalar) = key, modifiers.contains(.alt) {
            self = .alt(scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar)
        } else if modifiers.contains(.shift), case .character = key {
            self = .key(key)
        } else {
            self = modifiers.contains(.shift) ? .shift(key) : .key(key)
        }
    }

    /// The same without what is held.
    var plain: KeyStroke { if case .shift(let key) = self { .key(key) } else { self } }

    /// True for a letter that is not Latin, whatever is held with it.
    var isOfAnotherAlphabet: Bool {
        switch self {
        case .key(.character(let scalar)), .control(let scalar), .alt(let scalar): scalar.isOfAnotherAlphabet
        case .key, .shift: false
        }
    }

    /// As the help writes it; of ASCII.
    var word: String {
        switch self {
        case .key(.character(" ")): "Space"
        case .key(.character(let scalar)): String(Character(scalar))
        case .key(let key): key.word
        case .shift(let key): "Shift+" + key.word
        case .control(let scalar): "Ctrl+" + String(Character(scalar)).uppercased()
        case .alt(let scalar): "Alt+" + String(Character(scalar)).uppercased()
        }
    }
}

extension Key {
    var isCharacter: Bool { if case .character = self { true } else { false } }

    /// Its name; of ASCII.
    var word: String {
        switch self {
        case .character(let scalar): String(Character(scalar))
        case .enter: "Enter"
        case .tab: "Tab"
        case .backspace: "Backspace"
        case .escape: "Esc"
        case .up: "Up"
        case .down: "Down"
        case .left: "Left"
        case .right: "Right"
        case .home: "Home"
        case .end: "End"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        case .insert: "Ins"
        case .delete: "Del"
        case .function(let number): "F\(number)"
        }
    }
}

extension Unicode.Scalar {
    /// True for a letter that is not Latin: of Greek and all that follows it.
    var isOfAnotherAlphabet: Bool { value >= 0x370 && properties.isAlphabetic && !(0x1E00..<0x1F00).contains(value) }
}
