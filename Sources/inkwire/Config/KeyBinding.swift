import InkFrontEnd
import InkTerminal

/// The keys that a person has chosen for a command of the board, in the table `keys` of the configuration (CL-400).
struct KeyBinding: Codable, Hashable, Sendable {
    let command: String
    /// As they are written; none for no key.
    let keys: [String]
    /// Where it stands.
    let line: Int
    let column: Int

    static let table = "keys."
    static let form = ConfigKey.Form.texts

    /// The command that a key of the configuration is about; nil for one of another table.
    static func command(of key: String) -> String? { key.hasPrefix(table) ? String(key.dropFirst(table.count)) : nil }

    private static func reading(_ bindings: [KeyBinding]) -> (map: KeyMap, complaints: [KeyMap.Complaint]) {
        KeyMap.reading(bindings.map { KeyMap.Choice(command: $0.command, keys: $0.keys) })
    }

    /// What a person is to know of these, in their order.
    static func complaints(of bindings: [KeyBinding]) -> [(binding: KeyBinding, words: String)] {
        reading(bindings).complaints.map { complaint in
            let binding = bindings[complaint.index]
            let isKnown = KeyMap.usual.rows.contains { $0.command == binding.command }
            let meant = isKnown ? nil : NearestWord.nearest(to: binding.command, among: KeyMap.names)
            return (binding, complaint.words + (meant.map { "; did you mean \($0)?" } ?? ""))
        }
    }

    static func map(of bindings: [KeyBinding]) -> KeyMap { reading(bindings).map }
}

/// A name of the configuration as it is typed: a key, or a command's key in the table `keys`.
struct ConfigName {
    let name: String
    let form: ConfigKey.Form
    /// Nil for a command's key, and for the token of a rendezvous.
    let key: ConfigKey?

    /// Nil where there is none of this name.
    init?(_ name: String) {
        if let key = ConfigKey(rawValue: name) {
            (self.name, form, self.key) = (name, key.form, key)
        } else if let command = KeyBinding.command(of: name), KeyMap.names.contains(command) {
            (self.name, form, key) = (name, KeyBinding.form, nil)
        } else if TokenSetting.place(of: name).map({ RendezvousAddress($0) != nil }) ?? false {
            (self.name, form, key) = (name, .text, nil)
        } else {
            return nil
        }
    }

    /// - Throws: that there is none of this name.
    init(named name: String) throws(Failure) {
        guard let known = ConfigName(name) else {
            let meant = NearestWord.nearest(to: name, among: Self.all)
            throw Failure.usage(
                "there is no \(Failure.plain(name)) in a configuration", why: "no key and no command of a board is called so",
                next: (meant.map { "did you mean \($0)? " } ?? "") + "`inkwire config get` and `inkwire config bindings` show all")
        }
        self = known
    }

    static let all = ConfigKey.allCases.map(\.rawValue) + KeyMap.names.map { KeyBinding.table + $0 }

    /// A value as it is typed.
    var example: String {
        switch form {
        case .text: key == .name ? "ana" : "FILE"
        case .texts: key == nil ? "Ctrl+K" : "wss://HOST"
        case .flag: "true"
        case .choice(let words): words.last ?? ""
        case .number: "1024"
        case .hours: "22-7"
        }
    }

    /// What is wrong with these values; nil for nothing (CL-402).
    func complaint(of values: [String]) -> String? {
        guard form.takes(values) else { return "it takes \(form.words)" }
        if let place = TokenSetting.place(of: name) { return TokenSetting.complaint(of: place) }
        if key == .rendezvous, values.contains(where: RendezvousAddress.holdsSecret) { return Failure.secretInAddress.why }
        guard let command = KeyBinding.command(of: name) else { return nil }
        // What it takes from another command is told of where it is used.
        for value in values {
            let reading = KeyMap.reading([KeyMap.Choice(command: command, keys: [value])])
            if !reading.map.rows.contains(where: { $0.command == command && $0.keys.count == 1 }) { return reading.complaints.first?.words }
        }
        return nil
    }
}
