/// Which key gives which command: as is usual, or as a person has chosen.
///
/// Keys that steer are not for commands: arrows, Enter and Escape, Ctrl+C, `q` and Ctrl+L, which end and mend the program wherever it is. Digits and
/// `hjkl` steer what is selected, and are for commands while nothing is.
public struct KeyMap: Hashable, Sendable {
    /// What a person has chosen for one command, as it was written.
    public struct Choice: Hashable, Sendable {
        /// The command's name.
        public let command: String
        /// Its keys instead of those that are usual, the one to tell first; none to have none.
        public let keys: [String]

        public init(command: String, keys: [String]) { (self.command, self.keys) = (command, keys) }
    }

    /// What is wrong with a choice, or what it takes from another command.
    public struct Complaint: Hashable, Sendable {
        /// Of the choices.
        public let index: Int
        public let words: String
    }

    /// As it is without a choice.
    public static let usual = KeyMap()

    private var byKey: [KeyStroke: BoardCommand]
    /// Of the commands that have other keys than is usual.
    private var chosen: [BoardCommand: [KeyStroke]] = [:]

    /// No two commands share a usual key: where two rows have one, every test ends here (TM-376).
    private init() {
        byKey = Dictionary(uniqueKeysWithValues: BoardCommand.allCases.flatMap { command in command.row.keys.map { ($0, command) } })
    }

    /// Reads what a person has chosen. Of two that choose one key the first has it (TM-501); what is wrong is left out (TM-502).
    ///
    /// - Returns: the map, and what the person is to know of it.
    public static func reading(_ choices: [Choice]) -> (map: KeyMap, complaints: [Complaint]) {
        var (map, complaints) = (KeyMap(), [Complaint]())
        var taken: [KeyStroke: BoardCommand] = [:]
        for (index, choice) in choices.enumerated() {
            func complain(_ words: String) { complaints.append(Complaint(index: index, words: words)) }
            guard let command = BoardCommand.allCases.first(where: { $0.name == choice.command }) else {
                complain("no command is called \(choice.command)")
                continue
            }
            guard !BoardCommand.fixed.contains(command) else {
                complain("\(command.name) stays on \(command.row.keys[0].word)")
                continue
            }
            guard map.chosen[command] == nil else {
                complain("\(command.name) has its keys already")
                continue
            }
            var strokes: [KeyStroke] = []
            for word in choice.keys {
                guard let stroke = KeyStroke(word: word) else {
                    complain("\(word) is no key: \(KeyStroke.example)")
                    continue
                }
                if let why = stroke.reason {
                    complain("\(stroke.word) \(why)")
                } else if let owner = taken[stroke] {
                    complain("\(stroke.word) is for \(owner.name) already, and not for \(command.name)")
                } else {
                    taken[stroke] = command
                    strokes.append(stroke)
                }
            }
            map.chosen[command] = strokes
        }
        for (command, _) in map.chosen { for stroke in command.row.keys where map.byKey[stroke] == command { map.byKey[stroke] = nil } }
        for (index, choice) in choices.enumerated() {
            guard let command = BoardCommand.allCases.first(where: { $0.name == choice.command }) else { continue }
            for stroke in choice.keys.compactMap(KeyStroke.init(word:)) where taken[stroke] == command {
                if let loser = map.byKey[stroke], loser != command {
                    complaints.append(
                        Complaint(index: index, words: "\(stroke.word) is for \(command.name) now, and no more for \(loser.name)"))
                    map.chosen[loser] = map.strokes(of: loser).filter { $0 != stroke }
                }
                map.byKey[stroke] = command
            }
        }
        complaints.sort { $0.index < $1.index }
        return (map, complaints)
    }

    /// The command that a key gives; nil for a key that gives none.
    func command(for key: Key, _ modifiers: KeyModifiers) -> BoardCommand? {
        let stroke = KeyStroke(key, modifiers)
        return byKey[stroke] ?? byKey[stroke.plain]
    }

    /// The keys of a command, the one to tell first (TM-500).
    func strokes(of command: BoardCommand) -> [KeyStroke] { chosen[command] ?? command.row.keys }

    /// As the help writes them.
    func words(of command: BoardCommand) -> [String] { strokes(of: command).map(\.word) }

    /// How a command is given: its key, or its name behind a colon where it has none (TM-503).
    func word(of command: BoardCommand) -> String { words(of: command).first ?? ":" + command.name }

    /// True where the command has the keys that are usual.
    func isUsual(_ command: BoardCommand) -> Bool { chosen[command] == nil || chosen[command] == command.row.keys }

    /// Every command with its keys and what it does, in the order of the help.
    public var rows: [(command: String, keys: [String], words: String, isUsual: Bool)] {
        BoardCommand.allCases.map { ($0.name, words(of: $0), $0.words, isUsual($0)) }
    }

    /// The names of the commands that can have other keys.
    public static let names = BoardCommand.allCases.filter { !BoardCommand.fixed.contains($0) }.map(\.name)
}

extension BoardCommand {
    /// Their keys are taken before the board sees them.
    fileprivate static let fixed: Set<BoardCommand> = [.quit, .repaint]
}

extension KeyStroke {
    /// How keys are written.
    fileprivate static let example = "a letter, \"Ctrl+K\", \"Alt+K\", \"F2\", \"Shift+Tab\", \"Space\" or \"PgUp\" is"

    /// Reads a key as the help writes it; what is held and what has a name in any case.
    init?(word: String) {
        let scalars = word.unicodeScalars
        if let only = scalars.first, scalars.count == 1 {
            guard only.value > 0x20, only.value != 0x7F, !only.properties.isWhitespace, only.properties.generalCategory != .control else {
                return nil
            }
            self = .key(.character(only))
            return
        }
        let lower = word.lowercased()
        func held(_ prefix: String) -> String? { lower.hasPrefix(prefix) ? String(lower.dropFirst(prefix.count)) : nil }
        func only(_ text: String) -> Unicode.Scalar? { text.unicodeScalars.count == 1 ? text.unicodeScalars.first : nil }
        if let rest = held("ctrl+") {
            guard let letter = only(rest), ("a"..."z").contains(letter) else { return nil }
            self = .control(letter)
        } else if let rest = held("alt+") {
            guard let letter = only(rest), letter.value > 0x20, letter.isASCII, letter.value != 0x7F else { return nil }
            self = .alt(letter)
        } else if let rest = held("shift+") {
            guard let key = Key(word: rest), key != .character(" ") else { return nil }
            self = .shift(key)
        } else {
            guard let key = Key(word: lower) else { return nil }
            self = .key(key)
        }
    }

    /// Why no command can have it; nil where one can.
    fileprivate var reason: String? {
        switch self {
        case .key(.escape), .shift(.escape): "goes back wherever you are"
        case .key(.enter), .shift(.enter): "presses the pointer, and ends what is typed"
        case .key(.up), .key(.down), .key(.left), .key(.right), .shift(.up), .shift(.down), .shift(.left), .shift(.right):
            "moves the pointer and what is selected"
        case .key(.character("q")), .control("c"): "quits wherever you are"
        case .control("l"): "paints the screen anew wherever you are"
        // A terminal sends the same bytes.
        case .control("m"): "is Enter to a terminal"
        case .control("i"): "is Tab to a terminal"
        case .control("h"): "is Backspace to many terminals"
        default: nil
        }
    }
}

extension Key {
    /// Reads a key that has a name; of lower case.
    fileprivate init?(word: String) {
        let named: [Key] = [
            .enter, .tab, .backspace, .escape, .up, .down, .left, .right, .home, .end, .pageUp, .pageDown, .insert, .delete,
        ]
        if word == "space" {
            self = .character(" ")
        } else if let key = named.first(where: { $0.word.lowercased() == word }) {
            self = key
        } else if word.first == "f", let number = Int(word.dropFirst()), (1...12).contains(number) {
            self = .function(number)
        } else {
            return nil
        }
    }
}
