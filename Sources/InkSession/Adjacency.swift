import InkPrimitives

/// With whom the others were told that we have sessions: in full on entering the room, then by differences, at most once in `adjacencyInterval`. Of
/// hundreds who come and go, lists in full would cost the square (SE-73).
struct Adjacency: Sendable {
    /// The devices, as our neighbours in the room were told last.
    private(set) var told: Set<AuthorID> = []
    private(set) var toldAt: Instant = .distantPast
    /// When they are told next.
    private(set) var deadline: Instant?

    /// True if something may be told now; else it is told later.
    mutating func mayTell(now: Instant) -> Bool {
        let isDue = now >= toldAt + SessionTiming.adjacencyInterval
        deadline = isDue ? nil : toldAt + SessionTiming.adjacencyInterval
        return isDue
    }

    /// What is to be told, and counts as told; nil for nothing.
    ///
    /// - Parameter authors: devices with which we have sessions.
    mutating func change(to authors: Set<AuthorID>, now: Instant) -> (joined: [AuthorID], left: [AuthorID])? {
        let (joined, left) = (authors.subtracting(told).sorted(), told.subtracting(authors).sorted())
        guard !joined.isEmpty || !left.isEmpty else { return nil }
        (told, toldAt) = (authors, now)
        return (joined, left)
    }
}
