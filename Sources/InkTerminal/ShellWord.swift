/// Words of a command line that a person is told to type.
package enum ShellWord {
    /// A word as a shell takes it for itself.
    package static func quoted(_ word: String) -> String {
        let isPlain = word.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_./".unicodeScalars.contains($0)
        }
        return isPlain && !word.isEmpty ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }

    /// The name of a board at the end of a command, where options may have stood: one that begins with `-` is none of them.
    package static func last(_ name: String) -> String { (name.hasPrefix("-") ? "-- " : "") + quoted(name) }
}
