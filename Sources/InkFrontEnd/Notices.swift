import InkPrimitives

/// Short messages for the person: at most two, four seconds each, but for what waits for an answer.
package struct Notices: Sendable {
    /// What a message is about: one takes the place of an older one of its kind, and names join it.
    package enum Kind: Hashable, Sendable {
        case joined, left, back, alone, invites, disk, setting, text, restoring, device, look, rights, code, tokens
        /// Stays until it is answered.
        case identity
    }

    package struct Notice: Hashable, Sendable {
        package var text: String
        var until: Instant
        /// Nil for a message that stands for itself.
        package var kind: Kind?
        /// Of whom it tells.
        var names: [String] = []
    }
    package private(set) var shown: [Notice] = []

    package init() {}

    /// Adds a message, already in words; texts of peers in it are sanitised when it is drawn.
    package mutating func add(_ text: String, as kind: Kind? = nil, now: Instant) { add(text, as: kind, of: [], now: now) }

    /// Adds a sentence that stands for itself, or for its kind.
    package mutating func add(_ sentence: Sentence, as kind: Kind? = nil, now: Instant) { add(sentence.text, as: kind, of: [], now: now) }

    /// Joins a person to those of whom the same is told: "bob, eve joined" (TM-31).
    ///
    /// - Parameter alone: what is said instead where nobody else is told of.
    package mutating func add(person: String, _ kind: Kind, alone: Sentence? = nil, now: Instant) {
        outdate(by: person, kind)
        // FE-154
        let known = shown.first { $0.kind == kind }?.names.filter { $0 != person } ?? []
        let names = known + [person]
        // FE-193
        add(known.isEmpty ? alone?.text ?? Self.text(kind, names) : Self.text(kind, names), as: kind, of: names, now: now)
    }

    /// What was said of a kind holds no more.
    package mutating func drop(_ kind: Kind) { shown.removeAll { $0.kind == kind } }

    /// What was said of a person before is no longer so, and nobody is alone with him (FE-60).
    private mutating func outdate(by person: String, _ kind: Kind) {
        if kind != .left { shown.removeAll { $0.kind == .alone } }
        for index in shown.indices where (shown[index].kind == .left) != (kind == .left) && shown[index].names.contains(person) {
            shown[index].names.removeAll { $0 == person }
            if let other = shown[index].kind, !shown[index].names.isEmpty { shown[index].text = Self.text(other, shown[index].names) }
        }
        shown.removeAll { [.joined, .left, .back].contains($0.kind) && $0.names.isEmpty }
    }

    private static func text(_ kind: Kind, _ names: [String]) -> String {
        let sentence: Sentence =
            switch kind {
            case .joined: .joined(names)
            case .left: .left(names)
            default: .back(names)
            }
        return sentence.text
    }

    private mutating func add(_ text: String, as kind: Kind?, of names: [String], now: Instant) {
        // FE-154
        shown.removeAll { kind == nil ? $0.text == text : $0.kind == kind }
        shown.append(Notice(text: text, until: kind == .identity ? .distantFuture : now + .seconds(4), kind: kind, names: names))
        // FE-3
        while shown.count > 2 { shown.remove(at: shown.firstIndex { $0.kind != .identity } ?? 0) }
    }

    /// Drops what has been seen; true if anything was.
    package mutating func expire(now: Instant) -> Bool {
        let before = shown.count
        shown.removeAll { $0.until <= now }
        return shown.count != before
    }

    package var deadline: Instant? { shown.map(\.until).min() }
}
