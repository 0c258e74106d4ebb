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

    /// Takes out all names that these transactions gave this person.
    mutating func remove(_ slots: Set<Slot>, of author: AuthorID, of log: Log) {
        guard let name = names.removeValue(forKey: author) else { return }
        for slot in [name.winner] + name.others where !slots.contains(slot) {
            for write in log[slot].writes where write.property == .displayName {
                if case .text(let text) = write.value { _ = insert(text, at: slot, of: log) }
            }
        }
    }

    /// People who are called otherwise in `other`, ascending.
    func differences(from other: PersonNames) -> [AuthorID] {
        Set(names.keys).union(other.names.keys).filter { self[$0] != other[$0] }.sorted()
    }
}
