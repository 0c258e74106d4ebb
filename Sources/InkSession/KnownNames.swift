import InkPrimitives

/// By which names this device knows whom: those that stand on the board when it is opened, and those that come.
///
/// A name proves nothing, and anybody may take one. Who looks like somebody else is told apart while both are here; where the other is away, only
/// this tells that a name came back with another key.
struct KnownNames: Sendable {
    /// Keys by what their name looks like, in the order in which this process came to know them; of those that stood on the board, by key.
    private var keys: [String: [AuthorID]] = [:]
    /// What may be told; nil before the first.
    private var telling: TokenBucket?

    /// Somebody is known by a name.
    mutating func note(_ name: String, of author: AuthorID) {
        let fold = PersonName.fold(name)
        guard !fold.isEmpty, keys[fold]?.contains(author) != true else { return }
        // What is known stays: nobody pushes it out by taking many names.
        guard keys[fold].map({ $0.count < Self.keysMax }) ?? (keys.count < Self.namesMax) else { return }
        keys[fold, default: []].append(author)
    }

    /// Somebody takes a name. Who was known by it, if that is to be told: once for each key and name, and so often that it can be read.
    mutating func take(_ name: String, of author: AuthorID, now: Instant) -> AuthorID? {
        let known = keys[PersonName.fold(name)] ?? []
        guard let first = known.first, !known.contains(author) else {
            note(name, of: author)
            return nil
        }
        var bucket = telling ?? TokenBucket(rate: Self.toldPerMinute / 60, burst: Self.toldPerMinute, now: now)
        defer { telling = bucket }
        guard bucket.take(now: now) else { return nil }
        note(name, of: author)
        return first
    }

    private static let namesMax = 4096
    private static let keysMax = 16
    private static let toldPerMinute = 10.0
}
