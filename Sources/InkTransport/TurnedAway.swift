import InkPrimitives

/// Devices that were not let into the room. Each rests before another handshake of it becomes a session, so that it costs us nothing else meanwhile.
///
///     refused ──1 s, the next time 2 s, … 60 s──▶ may come ──refused──▶ …
///        └────── forgiven: it was given a right ──────▶ forgotten
struct TurnedAway: Sendable {
    private struct Rest: Sendable {
        let until: Instant
        let pause: Duration
        let peer: PeerID
    }

    private var rests: [AuthorID: Rest] = [:]

    /// All of them, ascending.
    var devices: [AuthorID] { rests.keys.sorted() }

    mutating func refused(_ device: AuthorID, as peer: PeerID, now: Instant) {
        let pause = rests[device].map { min($0.pause * 2, Self.lastPause) } ?? Self.firstPause
        if rests[device] == nil { makeRoom(now: now) }
        rests[device] = Rest(until: now + pause, pause: pause, peer: peer)
    }

    func mayCome(_ device: AuthorID, now: Instant) -> Bool { rests[device].map { $0.until <= now } ?? true }

    /// The device may come at once.
    ///
    /// - Returns: the process of it that came last; nil where none was refused.
    mutating func forgive(_ device: AuthorID) -> PeerID? { rests.removeValue(forKey: device)?.peer }

    /// Strangers can have as many devices as they like: those that rest no more go first, then whoever may come soonest.
    private mutating func makeRoom(now: Instant) {
        guard rests.count >= Self.devicesMax else { return }
        rests = rests.filter { $0.value.until > now }
        guard rests.count >= Self.devicesMax, let first = rests.min(by: { ($0.value.until, $0.key) < ($1.value.until, $1.key) }) else {
            return
        }
        rests[first.key] = nil
    }

    // SE-329
    private static let firstPause = Duration.seconds(1)
    private static let lastPause = Duration.seconds(60)
    // SE-330
    private static let devicesMax = 1024
}
