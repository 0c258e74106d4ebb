import InkPrimitives
import InkSession

/// By which way packets reach each person, since when, and what kept us from those who were not met.
package struct Ways: Sendable {
    package struct Way: Hashable, Sendable {
        package var path: PeerStatus.Path
        package var since: Instant
        /// A direct way to this person has been in use, before or now.
        package var wasDirect: Bool
    }

    /// Somebody who was there and not met.
    package struct Meeting: Hashable, Sendable {
        package var author: AuthorID
        /// Nil while it is tried.
        package var obstacle: Obstacle?
        /// When that was told: nobody tells when they go.
        package var at: Instant

        /// Whether it may still be tried: else they went, unmet, before it was told what was in the way (FE-70).
        package func isTried(now: Instant) -> Bool { obstacle == nil && now < at + Ways.meetingPatience }
    }

    /// What packets of UDP do, as far as ways and their want tell.
    package enum UDP: Hashable, Sendable {
        /// Somebody is reached directly.
        case passes
        /// Nobody is, and somebody was.
        case hasPassed
        /// It was told that none gets out, and nothing since that says otherwise.
        case blocked(at: Instant)
    }

    /// What kept us from somebody and is older than those of so many others is forgotten.
    private static let meetingsMax = 16
    /// A relay is the first step of every connection; where a direct way exists it is in use within three seconds (FE-68, FE-174).
    package static let directPatience = Duration.seconds(5)
    /// That it is tried is told 1.5 s after somebody appeared, what is in the way after 4 s (SE-115); the rest is for a machine that is busy (FE-70).
    private static let meetingPatience = Duration.seconds(5)

    private var ways: [PeerID: Way] = [:]
    /// By device: each process of one has a peer of its own, and whoever goes on where it was is told of by the first (SE-10, FE-69).
    private var failed: [AuthorID: Meeting] = [:]
    private var udpHasPassed = false
    private var udpBlockedAt: Instant?
    /// Since when the rendezvous is as it is; nil before it was told.
    package private(set) var rendezvousSince: Instant?
    /// Since when it would be news to this person that a relay is in use for want of a direct way; nil while it would not.
    private var relaysAreNewsSince: Instant?
    private var isRelayTold = false

    init(tellsOfRelays: Bool) { if tellsOfRelays { relaysAreNewsSince = .distantPast } }

    package subscript(peer: PeerID) -> Way? { ways[peer] }

    /// Those who were there and are not met, the newest first.
    package var meetings: [Meeting] { failed.sorted { ($1.value.at, $0.key) < ($0.value.at, $1.key) }.map(\.value) }

    /// What is known of UDP on this network; nil for nothing (FE-71).
    ///
    /// - Parameter people: those who are reached now.
    package func udp(to people: Roster) -> UDP? {
        if people.present.contains(where: { $0.person.status.path == .direct }) { return .passes }
        return udpBlockedAt.map { .blocked(at: $0) } ?? (udpHasPassed ? .hasPassed : nil)
    }

    mutating func take(_ status: PeerStatus, now: Instant) {
        // Who does not come to a new holder of the board leaves with the way by which the holder before reached him.
        guard status.state != .left else {
            ways[status.peer] = nil
            return
        }
        // Who is silent is not met by that (FE-69).
        if status.path != nil, let author = status.author { failed[author] = nil }
        // FE-71, FE-175
        if status.path == .direct { (udpHasPassed, udpBlockedAt) = (true, nil) }
        // While somebody is silent no way is known; he may come back by the same.
        guard let path = status.path, ways[status.peer]?.path != path else { return }
        let wasDirect = path == .direct || ways[status.peer]?.wasDirect == true
        ways[status.peer] = Way(path: path, since: now, wasDirect: wasDirect)
    }

    mutating func take(_ author: AuthorID, _ obstacle: Obstacle?, now: Instant) {
        failed[author] = Meeting(author: author, obstacle: obstacle, at: now)
        switch obstacle?.way {
        case .noUDP: udpBlockedAt = now
        // Asked again, STUN has answered, or there is none that does (FE-175).
        case .noFamily, .noAddress, .noPassage, .notTried: udpBlockedAt = nil
        case .relayOnly, nil: break
        }
        guard failed.count > Self.meetingsMax else { return }
        if let oldest = failed.min(by: { ($0.value.at, $0.key) < ($1.value.at, $1.key) }) { failed[oldest.key] = nil }
    }

    /// The board is brought to the network anew: whether there is a direct way is open again (FE-174).
    mutating func tell(ofRelays: Bool, now: Instant) { relaysAreNewsSince = ofRelays ? now : nil }

    mutating func rendezvousChanged(now: Instant) { rendezvousSince = now }

    /// When it is time to say that a relay is in use for want of a direct way.
    func deadline(_ people: Roster) -> Instant? { relayed(people).map(\.dueAt).min() }

    /// The sentence that a relay is in use for want of a direct way, if it is due; once.
    mutating func takeRelayNotice(_ people: Roster, now: Instant) -> Sentence? {
        guard let slowest = relayed(people).filter({ now >= $0.dueAt }).map(\.roundTrip).max() else { return nil }
        isRelayTold = true
        return .usingRelay(milliseconds: max(1, Int(slowest.milliseconds.rounded())))
    }

    /// Those whom a relay has reached from the beginning, and who are heard: of who is silent no round trip is known. None where they are no news
    /// (FE-68).
    private func relayed(_ people: Roster) -> [(dueAt: Instant, roundTrip: Duration)] {
        guard let relaysAreNewsSince, !isRelayTold else { return [] }
        return ways.compactMap { peer, way in
            guard way.path == .relayRendezvous, !way.wasDirect, let roundTrip = people[peer]?.status.roundTrip else { return nil }
            return (max(way.since, relaysAreNewsSince) + Self.directPatience, roundTrip)
        }
    }

    /// When a word of the connection becomes another by itself: an age, in whole minutes, or that somebody or a direct way is still looked for.
    package func nextChange(after now: Instant) -> Instant? {
        let since = ways.values.map(\.since) + failed.values.map(\.at) + [rendezvousSince, udpBlockedAt].compactMap { $0 }
        let minutes = since.map { $0 + .seconds(60 * (max(0, (now - $0).nanoseconds / 60_000_000_000) + 1)) }
        let patience = ways.values.map { $0.since + Self.directPatience } + failed.values.map { $0.at + Self.meetingPatience }
        return (minutes + patience).filter { $0 > now }.min()
    }
}
