import InkPrimitives

/// A way through a network: each packet takes `delay` and an exponential jitter of its own, so that some overtake others, and is lost with
/// probability `loss`. Milliseconds.
struct Line {
    var name: String
    var delay: Double
    var jitter: Double
    var loss: Double

    static let all = [
        Line(name: "LAN", delay: 1, jitter: 0.5, loss: 0), Line(name: "WAN", delay: 40, jitter: 8, loss: 0.01),
        Line(name: "bad", delay: 80, jitter: 25, loss: 0.05),
    ]

    /// How long one packet takes; nil: it is lost.
    func way(using random: inout SplitMix64) -> Double? {
        let way = delay + random.exponential(jitter)
        return random.chance(loss) ? nil : way
    }
}
