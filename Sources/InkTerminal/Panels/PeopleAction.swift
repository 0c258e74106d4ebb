/// What can be done with somebody in the people panel. A case more has its letter and its words here, and what it does in `PeopleActions.swift`.
enum PeopleAction: CaseIterable, Sendable {
    case goTo
    case follow
    case verify
    case role
    case remove

    /// Its letter, and what it does, in a word; of ASCII (TM-291).
    var row: (letter: Unicode.Scalar, word: String) {
        switch self {
        case .goTo: ("g", "go to")
        case .follow: ("f", "follow")
        case .verify: ("V", "verify")
        case .role: ("r", "role")
        case .remove: ("x", "remove")
        }
    }

    init?(_ key: Key) {
        guard let action = Self.allCases.first(where: { key == .character($0.row.letter) }) ?? (key == .character("v") ? .verify : nil)
        else { return nil }
        self = action
    }

    /// The foot of the panel in several lengths, the longest first.
    static let feet: [String] = {
        let words = allCases.map { "\(String(Character($0.row.letter))) \($0.row.word)" }
        let letters = allCases.map { String(Character($0.row.letter)) }
        return [
            " \(words.joined(separator: "  "))  Esc closes ", " \(words.joined(separator: "  ")) ",
            " \(letters.joined(separator: " ")) - Esc closes ",
            " \(letters.joined(separator: " ")) ",
        ]
    }()
}
