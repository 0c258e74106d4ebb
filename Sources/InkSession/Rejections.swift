import InkPrimitives

/// How often front ends are told that somebody broke a rule: once a second for each rule and author, and twenty times a second in all (SE-300).
struct Rejections: Sendable {
    private var toldAt: [String: Instant] = [:]
    private var pace = TokenBucket(rate: 20, burst: 60, now: .distantPast)

    mutating func mayTell(author: AuthorID?, rule: String, now: Instant) -> Bool {
        // The rule without its figures and names, which a liar varies at will.
        let key = (author?.hex ?? "") + rule.prefix { !$0.isNumber }
        if let at = toldAt[key], now - at < .seconds(1) { return false }
        // Keys cost nothing, and each would be another author.
        guard pace.take(now: now) else { return false }
        if toldAt.count > Self.rememberedMax { toldAt.removeAll() }
        toldAt[key] = now
        return true
    }

    /// Rules that were told lately.
    var rememberedCount: Int { toldAt.count }

    private static let rememberedMax = 256
}
