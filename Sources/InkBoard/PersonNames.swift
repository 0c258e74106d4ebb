import InkPrimitives

/// What people are called: of each the name of the greatest stamp.
struct PersonNames: Sendable {
    private struct Name: Sendable {
        var text: String
        var winner: Slot
        /// All other transactions that name this person, in no order.
        var others: [Slot] = []
    }

    private var names: [AuthorID: Name] = [:]

    /// What this person is called; nil if it never said.
    subscript(author: AuthorID) -> String? { names[author]?.text }

    /// Takes in a name that its bearer gave itself; true if it has another one now.
    mutating func insert(_ text: String, at slot: Slot, of log: Log) -> Bool {
        let author = log[slot].author
        guard var name = names.removeValue(forKey: author) else {
            names[author] = Name(text: text, winner: slot)
            return true
        }
        defer { names[author] = name }
        guard log[name.winner].stamp < log[slot].stamp else {
            name.others.append(slot)
            return false
        }
        defer { name.text = text }
        name.others.append(name.winner)
        name.winner = slot
        return name.text != text
    }
}
