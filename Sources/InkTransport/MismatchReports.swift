import InkPrimitives

/// How often it is told that a member speaks another version (TR-176).
struct MismatchReports: Sendable {
    /// Between two of one kind.
    private static let pause: Duration = .seconds(10)

    private var freshToldAt: Instant = .distantPast
    private var staleToldAt: Instant = .distantPast

    /// True if it is to be told now. Fresh ones are apart: an old packet must not hide a new one.
    mutating func isToTell(isFresh: Bool, now: Instant) -> Bool {
        guard now >= (isFresh ? freshToldAt : staleToldAt) + Self.pause else { return false }
        if isFresh { freshToldAt = now } else { staleToldAt = now }
        return true
    }
}
