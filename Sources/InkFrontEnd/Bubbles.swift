import InkPrimitives

/// What people said a moment ago, to be shown at their pointers.
package struct Bubbles: Sendable {
    private var said: [AuthorID: (text: String, until: Instant)] = [:]

    /// Somebody said something; it takes the place of what he said before.
    mutating func take(_ text: String, of author: AuthorID, now: Instant) {
        guard said[author] != nil || said.count < Self.countMax else { return }
        said[author] = (text, now + Self.lasts)
    }

    /// What somebody said a moment ago, unsanitised.
    package subscript(author: AuthorID) -> String? { said[author]?.text }

    var deadline: Instant? { said.values.map(\.until).min() }

    /// - Returns: true if one went.
    mutating func expire(now: Instant) -> Bool {
        let before = said.count
        said = said.filter { $0.value.until > now }
        return said.count != before
    }

    package static let lasts = Duration.seconds(3)
    /// More are not read in that time.
    static let countMax = 64
}
