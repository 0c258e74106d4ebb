import InkPrimitives

/// Addresses that are dialled without a rendezvous: named by a person or a link, or where a peer was reached before.
///
///     due ──▶ dialled ──1 s, then 1.5 times as long each time, up to 30 s, and as much jitter──▶ due …
///      ▲         │ in company, after `triesMax`         │ a session with who was there
///      │         ▼                                      ▼
///      │      resting ── alone, or elsewhere ──┐     content ── that session is lost ──┐
///      └───────────────────────────────────────┴───────────────────────────────────────┘
///
/// We are *in company* while somebody answers us and a rendezvous lets us in: whoever is to be found is then found by others or through it, and an
/// address where nobody answers is most likely one where nobody is (SE-110).
struct SavedDials: Sendable {
    /// What the node knows when something is due.
    struct Surroundings {
        var isInCompany: Bool
        /// A session with this device lives, wherever it is.
        var lives: (AuthorID) -> Bool
        /// A session lives at this address.
        var livesAt: (SocketAddress) -> Bool
        /// What a link names may be dialled (CN-12).
        var permits: (SocketAddress) -> Bool
    }

    private struct Dial: Sendable {
        /// Nil while it waits for something else than time.
        var nextAt: Instant?
        var wait = SessionTiming.redialFirst
        /// Since it was last given a reason.
        var tries = 0
        /// Who was reached there last.
        var device: AuthorID?
        /// Nobody but a link named it.
        var isOfLink = false
        /// Who is there keeps another session in place of ours: it is not for being alone that we ask again.
        var isTurnedDown = false

        /// There is a reason to look again, at this time.
        mutating func begin(at instant: Instant) { (nextAt, wait, tries, isTurnedDown) = (instant, SessionTiming.redialFirst, 0, false) }
    }
    private var dials: [SocketAddress: Dial] = [:]
    private var named: Set<SocketAddress>
    private var isInCompany = false
    /// Where peers were reached, newest first; kept on disk.
    private(set) var known: [SocketAddress]

    /// Where each device was reached last in this process.
    private var places: [AuthorID: SocketAddress] = [:]

    private static let knownMax = 16
    /// So often an address is tried in company. An attempt lasts for 20 s, and these are over before it is.
    static let triesMax = 6

    init(direct: [SocketAddress], link: [SocketAddress] = [], saved: [SocketAddress], now: Instant) {
        named = Set(direct + link)
        known = Array(saved.prefix(Self.knownMax))
        for address in link { dials[address] = Dial(nextAt: now, isOfLink: true) }
        for address in direct + known { dials[address] = Dial(nextAt: now) }
    }

    var deadline: Instant? { dials.values.compactMap(\.nextAt).min() }

    /// Addresses to dial now (SE-13).
    mutating func due(now: Instant, using jitter: inout SplitMix64, in surroundings: Surroundings) -> [SocketAddress] {
        var result: [SocketAddress] = []
        for address in dials.keys.sorted() {
            guard var dial = dials[address], let at = dial.nextAt, at <= now else { continue }
            if let device = dial.device, surroundings.lives(device) {
                // Wherever it lives: nothing that we know says that anybody else is here (SE-111).
                dial.nextAt = nil
            } else if surroundings.livesAt(address) {
                dial.begin(at: now + SessionTiming.redialLast)
            } else if dial.isOfLink, !surroundings.permits(address) {
                dial.nextAt = nil
            } else if surroundings.isInCompany, dial.tries >= Self.triesMax {
                // Those who are apart for a reason that nobody knows of find each other again after all.
                (dial.nextAt, dial.tries) = (now + SessionTiming.redialRest + jitter.jitter(SessionTiming.redialRest), Self.triesMax - 1)
            } else {
                result.append(address)
                // An attempt repeats its first message by itself; a new one while it runs would only add noise.
                dial.nextAt = now + max(dial.wait, .seconds(1)) + jitter.jitter(dial.wait)
                dial.wait = min(dial.wait.scaled(by: 1.5), SessionTiming.redialLast)
                dial.tries += 1
            }
            dials[address] = dial
        }
        return result
    }

    /// Who was reached at an address last; nil where that is not known.
    func device(at address: SocketAddress) -> AuthorID? { dials[address]?.device }

    /// The device `author` was reached at `address`. True if the list for the disk changed.
    ///
    /// A device has one place in the list, and one that lives is not pushed out of it (SE-281).
    mutating func reached(_ address: SocketAddress, by author: AuthorID, now: Instant, isLive: (SocketAddress) -> Bool) -> Bool {
        dials[address, default: Dial()].device = author
        if let before = places.updateValue(address, forKey: author), before != address { forget(before) }
        guard known.first != address else { return false }
        let isNew = !known.contains(address)
        known.removeAll { $0 == address }
        known.insert(address, at: 0)
        if known.count > Self.knownMax { forget(known.dropFirst().last { !isLive($0) } ?? known[known.count - 1]) }
        return isNew
    }

    private mutating func forget(_ address: SocketAddress) {
        known.removeAll { $0 == address }
        if !named.contains(address) { dials[address] = nil }
        places = places.filter { $0.value != address }
    }

    /// The peer at `address` keeps another session in place of this one: try again, twice as late each time.
    mutating func turnedDown(_ address: SocketAddress, now: Instant, using jitter: inout SplitMix64) {
        guard var dial = dials[address] else { return }
        dial.nextAt = now + dial.wait + jitter.jitter(dial.wait)
        dial.wait = min(dial.wait.scaled(by: 2), SessionTiming.redialLast)
        dial.isTurnedDown = true
        dials[address] = dial
    }

    /// A device that was not let in may come now: it is looked for where it was reached (SE-327) before.
    mutating func mayCome(_ device: AuthorID, now: Instant) {
        for address in dials.keys where dials[address]?.device == device { dials[address]?.begin(at: now) }
    }

    /// The session with `author` was lost: try again soon where it was, and where else it was known to be.
    mutating func lost(_ address: SocketAddress, of author: AuthorID, now: Instant, using jitter: inout SplitMix64) {
        for other in dials.keys.sorted() where other == address || dials[other]?.device == author {
            dials[other]?.begin(at: now + jitter.jitter(SessionTiming.redialFirst))
        }
    }

    /// Tells whether we are in company. Who is left alone looks everywhere (SE-303).
    mutating func follow(isInCompany: Bool, now: Instant, using jitter: inout SplitMix64) {
        defer { self.isInCompany = isInCompany }
        if self.isInCompany, !isInCompany { lookEverywhere(now: now, using: &jitter) }
    }

    /// We are elsewhere in the network: who could not be reached may be reachable now.
    mutating func networkChanged(now: Instant) {
        for address in dials.keys { dials[address]?.begin(at: now) }
    }

    private mutating func lookEverywhere(now: Instant, using jitter: inout SplitMix64) {
        for address in dials.keys.sorted() where dials[address]?.isTurnedDown == false {
            let at = now + jitter.jitter(SessionTiming.redialFirst)
            if dials[address]?.nextAt.map({ $0 > at }) ?? true { dials[address]?.begin(at: at) }
        }
    }
}
