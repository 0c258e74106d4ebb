import InkPrimitives

/// Who is dialled, whose start is answered, and whose handshake becomes a session: decisions over facts, and nothing else (TR-2, TR-10, TR-11,
/// TR-22, TR-179, TR-50, TR-55).
///
///     dial ────▶ DialFacts ────▶ is anybody to be dialled?
///     start ───▶ StartFacts ───▶ answer, cookie, or nothing
///     finish ──▶ SessionFacts ─▶ a session, in whose place if need be
///
/// `Endpoint` and `Listener` gather the facts and carry the verdicts out. What a verdict changes, as the standing of a device, changes there.
enum Admission {
    /// The session that a newcomer, or a dial, contends with. There is one at most: whoever came last of a device took the place of the others.
    struct Rival: Hashable, Sendable {
        /// It is with the same peer; else with another process of the peer's device.
        var isSamePeer = true
        /// We dialled for it.
        var isInitiator = false
        /// Something that the peer must answer has waited for a second.
        var isUnanswered = false
        /// Three probes went unanswered.
        var isDegraded = false
    }

    // MARK: Dialling

    struct DialFacts: Hashable, Sendable {
        var isOurselves = false
        /// The session with the peer that is to be dialled.
        var rival: Rival?
        /// It turned us down lately (TR-184).
        var isToRest = false
        /// No peer is named, and one that tries just these addresses is under way: it repeats itself.
        var isTried = false
        /// The same attempt is under way.
        var isUnderWay = false
        /// Attempts under way, `Endpoint.attemptsMax` at most.
        var attempts = 0
    }

    enum DialVerdict: Hashable, Sendable {
        case dial
        /// Nothing is gained by it.
        case needless
        /// Too many are dialled already.
        case tooMany
    }

    static func decide(_ facts: DialFacts) -> DialVerdict {
        // One that is degraded may be dead over there (TR-11).
        if facts.isOurselves || facts.rival.map({ !$0.isDegraded }) ?? false || facts.isToRest || facts.isTried { return .needless }
        return facts.isUnderWay || facts.attempts < Endpoint.attemptsMax ? .dial : .tooMany
    }

    /// True if a handshake that we began is of use now that its answer shows who the peer is (TR-11).
    ///
    /// - Parameter isSmaller: our id is smaller than the peer's.
    static func isToFinish(rival: Rival?, isSmaller: Bool) -> Bool {
        guard let rival, !rival.isDegraded else { return true }
        // Of two that we dialled the older one lives; of one that the peer dialled ours would be the survivor (TR-10).
        return !rival.isInitiator && isSmaller
    }

    // MARK: Starts

    /// A start whose MAC is right.
    struct StartFacts: Hashable, Sendable {
        enum Naming: Hashable, Sendable {
            /// No ids: we were dialled by a bare address.
            case none
            /// Us, as somebody else.
            case us
            /// Another peer, or us as ourselves: candidates of others may be addresses of ours.
            case others
        }

        enum History: Hashable, Sendable {
            case new
            /// Its handshake waits for message 3.
            ///
            /// - isSame: it says the same words; isHere: they came this way first; isSignalled: signalling carried them, and the answer.
            case known(isSame: Bool, isHere: Bool, isSignalled: Bool)
            /// Its handshake is over.
            case spent(isSame: Bool, isHere: Bool)
        }

        var naming = Naming.us
        var history = History.new
        /// Whoever sends it reads what goes to where it came from.
        var hasCookie = false
        /// Signalling told us of it.
        var isAnnounced = false
        /// Many handshakes wait for message 3, or many starts were taken up in this second.
        var isUnderLoad = false
        /// Its host has not begun more handshakes than one may.
        var isWithinRate = true
    }

    enum StartVerdict: Hashable, Sendable {
        /// A handshake begins.
        case begin
        /// What was answered is answered again.
        case repeatAnswer
        /// That it came this way, too, is noted, and answered with nothing.
        case note
        /// Nothing is kept of it, and it gets a cookie.
        case cookie
        case replayed
        case refuse
    }

    static func decide(_ facts: StartFacts) -> StartVerdict {
        if facts.naming == .others { return .refuse }
        switch facts.history {
        case .known(let isSame, let isHere, let isSignalled):
            guard isSame else { return .refuse }
            // TR-156
            guard isHere || facts.hasCookie else { return .cookie }
            // What its answer in signalling said is shorter, and another.
            return isSignalled ? .note : .repeatAnswer
        case .spent(let isSame, let isHere):
            guard isSame else { return .refuse }
            // TR-156
            return isHere || facts.hasCookie ? .replayed : .cookie
        case .new:
            // TR-2
            let isAwaited = facts.naming == .us && facts.isAnnounced && !facts.isUnderLoad
            // TR-155
            guard facts.hasCookie || isAwaited else { return .cookie }
            return facts.isWithinRate ? .begin : .refuse
        }
    }

    // MARK: Sessions

    /// A connection that has a place.
    struct Seat: Hashable, Sendable {
        let id: ConnectionID
        let host: Host
        let network: Host
        let establishedAt: Instant
        var standing = Standing.stranger
    }

    /// What a device has done for the board.
    enum Standing: Hashable, Sendable {
        case stranger
        /// Its first work is of the last minutes.
        case newcomer
        case settled

        init(worksSince since: Instant?, now: Instant) {
            guard let since else {
                self = .stranger
                return
            }
            self = since + Admission.settledDevice > now ? .newcomer : .settled
        }
    }

    /// A handshake that is whole, and proves who the peer is.
    struct SessionFacts: Hashable, Sendable {
        /// We dialled.
        var isInitiator = false
        /// Our id is smaller than the peer's.
        var isSmaller = false
        var rival: Rival?
        /// As far as `DeviceCalm` is asked, the newcomer may take the place of another process of its device.
        var mayReplace = true
        var host: Host
        var network: Host
        var standing = Standing.stranger
        /// All connections, where they are as many as there may be; else empty.
        var seats: [Seat] = []
    }

    enum SessionVerdict: Hashable, Sendable {
        case admit
        /// In the place of the rival. The peer ends its half of a session with itself, when it sees the new one; where it would keep the old one
        /// instead, or is another process, it is told.
        case replace(isTold: Bool)
        /// In the place of this one.
        case crowdOut(ConnectionID)
        /// In the place of one of these.
        case crowdOutByLot([ConnectionID])
        /// The rival stays, and is asked for a sign of life.
        case turnDown
        /// All places are taken by those who have as good a claim.
        case full
    }

    static func decide(_ facts: SessionFacts) -> SessionVerdict {
        guard let rival = facts.rival else {
            guard !facts.seats.isEmpty else { return .admit }
            return givingWay(to: facts)
        }
        guard rival.isSamePeer else {
            // One that does not answer keeps no place (TR-170).
            return rival.isUnanswered || facts.mayReplace ? .replace(isTold: true) : .turnDown
        }
        // Both sides see the same two sessions and the same ids, so both choose the same one. Of two with the same initiator the
        // newer survives: nobody dials a peer with which a session lives, so the older one is dead over there.
        let survives = rival.isInitiator != facts.isInitiator && rival.isInitiator == facts.isSmaller
        // A peer that lost its half dials anew. Whether it did must show in a second, not when the next keepalive is overdue (TR-169).
        return survives && !rival.isUnanswered ? .turnDown : .replace(isTold: survives)
    }

    /// Who gives way where all places are taken: the newest of the busiest host, or of the busiest network of hosts. It must have clearly more than
    /// the newcomer's, so that two do not push each other out in turn. Where nobody has, somebody who has done nothing for the board (TR-55).
    private static func givingWay(to newcomer: SessionFacts) -> SessionVerdict {
        let victim =
            newest(ofBusiest: \.host, of: newcomer.seats, besides: newcomer.host)
            ?? newest(ofBusiest: \.network, of: newcomer.seats, besides: newcomer.network)
        if let victim { return .crowdOut(victim) }
        let candidates = idle(besides: newcomer)
        return candidates.isEmpty ? .full : .crowdOutByLot(candidates)
    }

    /// The newest connection of the group that has most, if that is more than twice what the group of the newcomer would have with one more.
    private static func newest(ofBusiest group: (Seat) -> Host, of seats: [Seat], besides own: Host) -> ConnectionID? {
        let counts = seats.reduce(into: [Host: Int]()) { $0[group($1), default: 0] += 1 }
        let most = counts.values.max() ?? 0
        // TR-179
        guard most > 2 * ((counts[own] ?? 0) + 1) else { return nil }
        // Who has done something for the board stays before who has not.
        func rank(_ seat: Seat) -> (Int, Instant, ConnectionID) { (seat.standing == .stranger ? 1 : 0, seat.establishedAt, seat.id) }
        return seats.filter { counts[group($0)] == most }.max { rank($0) < rank($1) }?.id
    }

    /// Those who have done nothing for the board. Where all have, and the newcomer has not, those who did lately: to write a line under each of 256
    /// keys is cheap. By lot, since whoever comes again and again would otherwise push out just those who came after it, or stayed; and none whose
    /// host has fewer of them than the newcomer's would have.
    private static func idle(besides newcomer: SessionFacts) -> [ConnectionID] {
        var idle = newcomer.seats.filter { $0.standing == .stranger }
        if idle.isEmpty, newcomer.standing == .stranger { idle = newcomer.seats.filter { $0.standing == .newcomer } }
        let counts = idle.reduce(into: [Host: Int]()) { $0[$1.host, default: 0] += 1 }
        let own = counts[newcomer.host] ?? 0
        return idle.filter { counts[$0.host] ?? 0 > own }.map(\.id).sorted()
    }

    /// Whose first work is so old had it before a crowd came.
    private static let settledDevice: Duration = .seconds(600)
}
