/// Whom a message names: `@bob` names bob, in whatever case, also where his name has blanks in it.
package enum Mention {
    /// True if `text` names who is called `name` (FE-132).
    package static func names(_ name: String, in text: String) -> Bool {
        guard !name.isEmpty else { return false }
        let (text, name) = (Array(text.lowercased()), Array(name.lowercased()))
        return text.indices.contains { place in
            guard text[place] == "@", place == 0 || !isPart(text[place - 1]) else { return false }
            let rest = text[(place + 1)...]
            guard rest.starts(with: name) else { return false }
            return rest.dropFirst(name.count).first.map { !isPart($0) } ?? true
        }
    }

    /// What stands before a name that is begun at the end of a text, and that beginning; nil where none is.
    package static func begun(in text: String) -> (before: String, beginning: String)? {
        guard let place = text.lastIndex(of: "@") else { return nil }
        let (before, beginning) = (text[..<place], text[text.index(after: place)...])
        guard before.last.map({ !isPart($0) }) ?? true, beginning.count <= 64 else { return nil }
        return (String(before), String(beginning))
    }

    /// Those names that begin so, in their order.
    package static func completions(of beginning: String, among names: [String]) -> [String] {
        names.filter { $0.lowercased().hasPrefix(beginning.lowercased()) }
    }

    /// `ana@example` names nobody, nor does `@anabel` name ana.
    private static func isPart(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }
}
