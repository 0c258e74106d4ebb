import InkBoard
import InkPrimitives

/// What is due of texts that two people wrote at once.
struct TextKeeper: Sendable {
    /// Texts of ours that lost, and when their words are merged.
    private(set) var due: [ShapeID: Instant] = [:]
    /// Texts of others that lost to one of ours, and when to look whether their process merged them.
    private(set) var awaited: [Telling: (lost: TransactionName, at: Instant)] = [:]
    /// When words were last merged into a text.
    private var mergedAt: [ShapeID: Instant] = [:]
    /// New texts for words that have no place in their own; nil before the first.
    private var besides: TokenBucket?
    /// How often texts may be gone through, since others changed them.
    private var looks: TokenBucket?
    private var othersLooks: TokenBucket?
    private var lostTellings: TokenBucket?
    /// What front ends see of texts that wait to be merged, whatever others make of them (SE-293) meanwhile.
    private(set) var unshown: [ShapeID: String] = [:]
    /// When somebody was last told of a merge of this text with that person.
    private var toldAt: [Telling: Instant] = [:]

    struct Telling: Hashable, Comparable {
        var shape: ShapeID
        var other: AuthorID

        static func < (left: Telling, right: Telling) -> Bool { (left.shape, left.other) < (right.shape, right.other) }
    }

    var deadline: Instant? { earliest(due.values.min(), awaited.values.lazy.map(\.at).min()) }

    /// True if news of a merge is to be told: of one text and person once a minute (SE-294), for while both write there is one merge after another.
    mutating func isNews(_ news: TextNews, now: Instant) -> Bool {
        guard news.outcome == .merged else { return true }
        let telling = Telling(shape: news.shape, other: news.other)
        if let at = toldAt[telling], now - at < Self.tellPause { return false }
        if toldAt.count >= Self.rememberedMax { toldAt.removeAll() }
        toldAt[telling] = now
        return true
    }

    mutating func merged(_ shape: ShapeID, now: Instant) {
        due[shape] = nil
        if mergedAt.count >= Self.rememberedMax { mergedAt = mergedAt.filter { now - $0.value < Self.pause } }
        mergedAt[shape] = now
    }

    /// False where too many wait already.
    func mayWait(_ shape: ShapeID) -> Bool { due.count < Self.rememberedMax || due[shape] != nil }

    /// A text is to be merged, or looked at, at `instant`.
    mutating func wait(_ shape: ShapeID, until instant: Instant) { due[shape] = instant }

    /// Nothing of ours waits in this text.
    mutating func waitsNoMore(_ shape: ShapeID) { due[shape] = nil }

    /// Front ends see `text` of this shape until what it will hold has come; nil: what stands.
    mutating func show(_ text: String?, of shape: ShapeID) { unshown[shape] = text }

    /// A text of another lost to one of ours: it is looked later whether its process merged it.
    mutating func expect(_ telling: Telling, lost: TransactionName, until instant: Instant) {
        guard awaited.count < Self.rememberedMax || awaited[telling] != nil else { return }
        awaited[telling] = (lost, instant)
    }

    mutating func expectLater(_ telling: Telling, until instant: Instant) { awaited[telling]?.at = instant }

    mutating func expectsNoMore(_ telling: Telling) { awaited[telling] = nil }

    /// When words may next be merged into this text.
    func mergeAt(_ shape: ShapeID) -> Instant { mergedAt[shape].map { $0 + Self.pause } ?? .distantPast }

    /// True if there may be a new text for displaced words.
    mutating func takeBeside(now: Instant) -> Bool {
        var bucket = besides ?? TokenBucket(rate: Self.besidesPerMinute / 60, burst: Self.besidesPerMinute, now: now)
        defer { besides = bucket }
        return bucket.take(now: now)
    }

    /// What became of a text is known, and told.
    mutating func settled(_ shape: ShapeID) { (due[shape], unshown[shape]) = (nil, nil) }

    /// As `look`, for words of others that lost to ours: whoever loses on purpose must not keep our own from being merged.
    mutating func lookForOthers(now: Instant) -> Bool {
        var bucket = othersLooks ?? TokenBucket(rate: Self.othersLooksRate, burst: Self.othersLooksBurst, now: now)
        defer { othersLooks = bucket }
        return bucket.take(now: now)
    }

    /// True if it may be told now that words were lost: keys cost nothing, and each of them can lose some.
    mutating func mayTellLost(now: Instant) -> Bool {
        var bucket = lostTellings ?? TokenBucket(rate: Self.lostPerMinute / 60, burst: Self.lostPerMinute, now: now)
        defer { lostTellings = bucket }
        return bucket.take(now: now)
    }

    /// True if a text may be gone through for words of ours now: what its writer knew is found in all that came before it (SE-295).
    mutating func look(now: Instant) -> Bool {
        var bucket = looks ?? TokenBucket(rate: Self.looksRate, burst: Self.looksBurst, now: now)
        defer { looks = bucket }
        return bucket.take(now: now)
    }

    /// In a second, and at once.
    private static let looksRate = 4.0
    private static let looksBurst = 40.0
    private static let othersLooksRate = 1.0
    private static let othersLooksBurst = 10.0
    private static let lostPerMinute = 10.0
    /// One text is merged at most so often by itself, so that no two programs answer each other without end (SE-54).
    static let pause = Duration.seconds(2)
    private static let besidesPerMinute = 20.0
    private static let tellPause = Duration.seconds(60)
    private static let rememberedMax = 4096
    /// What cannot be merged yet (the disk refuses, own work is on its way back) is tried again after this.
    static let retry = Duration.seconds(1)
    /// So many of our newest transactions are looked through at the start for texts that lost to another and were not merged: more than a hand types
    /// within the pause. What was lost long ago, and said to be, does not come back (SE-92).
    static let recoveredMax: UInt64 = 64
}
