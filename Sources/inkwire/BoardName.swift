import InkPrimitives

/// What a board of this machine may be called: something that a person can type, see, and not mean otherwise.
enum BoardName {
    /// Why nothing can be called so; nil if it can.
    static func complaint(about name: String) -> String? {
        if name.isEmpty || name.utf8.count > Limits.nameBytes { return "its name must have 1 to \(Limits.nameBytes) bytes" }
        if name == "-" { return "“-” means the standard input to other commands" }
        // As `inkwire peer` looks at it, and whoever pastes a link with a capital letter.
        if name.lowercased().hasPrefix("inkwire:") { return "its name would be taken for an invite" }
        if isInvisible(name) { return "nothing of its name can be seen" }
        return nil
    }

    /// True for a name of which a list shows nothing.
    static func isInvisible(_ name: String) -> Bool {
        Failure.plain(name).unicodeScalars.allSatisfy { scalar in
            // The pattern of Braille without dots is a letter, and looks like a space.
            scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint || scalar == "\u{2800}"
        }
    }

    /// What of a name can be seen: two boards of one look could not be told from each other in a list.
    static func look(of name: String) -> String {
        Failure.plain(name).trimming { $0.isWhitespace || isInvisible(String($0)) }
    }

    /// A name as lists show it; the board's digits for one of an older program of which nothing can be seen.
    static func shown(_ name: String, of board: BoardID) -> String { isInvisible(name) ? board.description : Failure.plain(name) }

    /// What a board that came from others is called here, before a number is added: what peers wrote becomes a name that is typed in shells and
    /// shown in lists. Nil where nothing of it can be used.
    static func adopted(from name: String) -> String? {
        let plain = Failure.plain(name).trimming(\.isWhitespace)
        return complaint(about: plain) == nil ? plain : nil
    }
}

extension String {
    /// Without what `isLeftOut` at both ends.
    fileprivate func trimming(_ isLeftOut: (Character) -> Bool) -> String {
        var rest = drop(while: isLeftOut)
        while let last = rest.last, isLeftOut(last) { rest.removeLast() }
        return String(rest)
    }
}
