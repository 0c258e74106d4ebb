import InkPrimitives

/// One rendezvous of a client's list: the connection to it, who we are there, and how much may be said and heard.
///
///     idle ──start──▶ waiting ──time──▶ connecting ──connected──▶ greeting ──welcome──▶ joining ──joined──▶ joined
///                        ▲ disconnected                              └───────────── refused ────────────┘
struct SignallingPlace: Sendable {
    private enum State: Sendable {
        case idle
        case waiting(until: Instant)
        /// Each has until then to let us in.
        case connecting(until: Instant)
        case greeting(until: Instant)
        case joining(until: Instant)
        case joined(since: Instant)
        /// We asked for the connection to be closed; what still comes on it is not heard.
        case closing
    }

    private var state = State.idle
    private var reconnect = Backoff(first: RendezvousClient.reconnectFirst, limit: RendezvousClient.reconnectLimit)
    /// Where it was reached; nil where that is not known.
    private(set) var address: SocketAddress?
    /// From where we reached it; nil where that is not known.
    private var localAddress: IPAddress?
    /// When a connection was asked for last.
    private var askedAt = Instant.distantPast
    /// It is opened again without a pause.
    private var isToRedial = false
    /// How often it is asked whether it lives, as the driver was told; nil before that.
    private(set) var watchInterval: Duration?
    private var probedAt = Instant.distantPast
    /// When it is asked out of turn; nil while there is no reason.
    private var probeAt: Instant?
    /// Ours; new on every connection.
    private(set) var nonce: [UInt8] = []
    /// What it calls us.
    private(set) var member: UInt32 = 0
    /// As it said when it let us in.
    private(set) var othersAtJoin = 0
    /// Bytes a second that it carries for one room; nil where it relays nothing.
    private(set) var relayRate: Int?
    /// What it is given to carry, bytes.
    private var relayPace: TokenBucket?
    /// The place before this one in the list that turned out to be the same rendezvous, for which this one is closed.
    private(set) var twin: Int?
    /// The place before this one that our greetings come from or go to, and when to look whether it does what this one does.
    private(set) var suspect: Int?
    private var reviewAt: Instant?
    private var helloAt: Instant?
    private var helloBackoff = Backoff(
        first: RendezvousClient.repeatFirst, limit: RendezvousClient.repeatLimit, floor: RendezvousClient.spacing)
    private var incoming = Self.incomingRate.bucket(now: .distantPast)
    private var outgoing = Self.outgoingRate.bucket(now: .distantPast)
    private var unprovedOutgoing = Self.unprovedRate.bucket(now: .distantPast)
    /// Of each member, so that one cannot use up what all may send.
    private var members: [UInt32: TokenBucket] = [:]
    /// Of each member that showed us anybody to be met: how many more it may (RV-29).
    private var newcomers: [UInt32: TokenBucket] = [:]

    var isIdle: Bool { if case .idle = state { true } else { false } }
    var isGreeting: Bool { if case .greeting = state { true } else { false } }
    var isJoining: Bool { if case .joining = state { true } else { false } }
    var isJoined: Bool { if case .joined = state { true } else { false } }
    var isOpen: Bool { isGreeting || isJoining || isJoined }

    // The connection.

    mutating func connect(now: Instant) {
        (twin, askedAt, isToRedial) = (nil, now, false)
        state = .connecting(until: now + RendezvousClient.joinTime)
    }

    /// - Parameter nonce: fresh: what was answered to an earlier one is stale (RV-4).
    mutating func connected(to rendezvous: SocketAddress?, from local: IPAddress?, nonce: [UInt8], now: Instant) {
        (localAddress, watchInterval, probeAt) = (local, nil, nil)
        (address, self.nonce, relayRate) = (rendezvous, nonce, nil)
        (twin, suspect, reviewAt) = (nil, nil, nil)
        // It numbers its members anew.
        (newcomers, members) = ([:], [:])
        outgoing = Self.outgoingRate.bucket(now: now)
        unprovedOutgoing = Self.unprovedRate.bucket(now: now)
        // From the beginning of the try: one that takes long to accept us has the less time to let us in.
        let until = if case .connecting(let until) = state { until } else { now + RendezvousClient.joinTime }
        state = .greeting(until: until)
    }

    mutating func welcomed() { if case .greeting(let until) = state { state = .joining(until: until) } }

    /// True for one that accepts us, whatever it says, and does not let us in: it is no better than one that does not accept (RV-40).
    func isOverdue(now: Instant) -> Bool {
        switch state {
        case .greeting(let until), .joining(let until): now >= until
        case .idle, .waiting, .connecting, .joined, .closing: false
        }
    }

    /// - Parameter rate: bytes a second for a room; nil where it relays nothing.
    mutating func setRelayRate(_ rate: Int?) {
        relayRate = rate
        relayPace = rate.map { rate in
            // Half of what it closes for; of that a second at once, or the longest frame (RV-39), which is no more than half either.
            let pace = RelayQueues.flood(of: Double(max(0, rate))).rate / 2
            return TokenBucket(rate: pace, burst: max(pace, RelayQueues.cost(RelayFrame.bytesMax)), now: .distantPast)
        }
    }

    /// Others who were there at our join, as long as they may be about to be met: nobody says of one who left unmet that he is gone (RV-169).
    func expectedOthers(now: Instant) -> Int {
        guard case .joined(let since) = state, now - since < RendezvousClient.forgetAfter else { return 0 }
        return othersAtJoin
    }

    /// False if it was given so much to carry that it would take us for one who floods (RV-54): it is as lost as what it drops.
    ///
    /// - Parameter byteCount: of the whole frame.
    mutating func mayRelay(_ byteCount: Int, now: Instant) -> Bool {
        relayPace?.take(RelayQueues.cost(byteCount), now: now) ?? false
    }

    mutating func joined(as member: UInt32, others: Int, now: Instant) {
        (state, self.member, othersAtJoin) = (.joined(since: now), member, others)
        helloBackoff.reset()
    }

    /// We want it closed.
    mutating func close(now: Instant) {
        settle(now: now)
        (helloAt, suspect, reviewAt) = (nil, nil, nil)
        state = .closing
    }

    /// It is closed, and to be opened again after a pause if at all.
    mutating func disconnected(reconnects: Bool, now: Instant, using random: inout SplitMix64) {
        (helloAt, suspect, reviewAt) = (nil, nil, nil)
        settle(now: now)
        guard reconnects else { return state = .idle }
        // An address that comes and goes makes one try a second, and not one each time.
        guard !isToRedial else { return state = .waiting(until: max(now, askedAt + RendezvousClient.changeSpacing)) }
        let pause = twin == nil ? reconnect.next(using: &random) : RendezvousClient.twinRest
        state = .waiting(until: now + pause)
    }

    mutating func stop() { (state, helloAt) = (.idle, nil) }

    // Is it there? (RV-37, RV-38)

    mutating func watch(each interval: Duration) { watchInterval = interval }

    /// True if nothing that is sent to us arrives, since this machine has not the address any more that the connection is from.
    ///
    /// One that was never listed says nothing by not being listed now: the lists have what peers may be told, and so no link-local address, and none of
    /// a family in which we have no UDP.
    func isCutOff(from old: [IPAddress], to new: [IPAddress]) -> Bool {
        guard isOpen, let localAddress else { return false }
        return old.contains(localAddress) && !new.contains(localAddress)
    }

    /// As soon as it is closed it is opened again.
    mutating func redials() { isToRedial = true }

    /// The network is another: what is open is asked whether it still is, and what is not is tried at once, at most once a second. The pauses
    /// after that are as long as they would have been.
    mutating func networkChanged(now: Instant) {
        if isOpen {
            probeAt = max(now, probedAt + RendezvousClient.changeSpacing)
        } else if case .waiting(let until) = state, twin == nil {
            state = .waiting(until: min(until, max(now, askedAt + RendezvousClient.changeSpacing)))
        }
    }

    func isToProbe(now: Instant) -> Bool { isOpen && probeAt.map { now >= $0 } ?? false }
    mutating func probed(now: Instant) { (probedAt, probeAt) = (now, nil) }

    /// Pauses start over after a connection that was of use for a while.
    private mutating func settle(now: Instant) {
        if case .joined(let since) = state, now - since >= RendezvousClient.settledAfter { reconnect.reset() }
    }

    // Twins (RV-24).

    /// It seems to be the rendezvous of this earlier place (RV-124).
    mutating func suspect(_ earlier: Int) { suspect = earlier }

    /// What made it look like another is over.
    mutating func acquit() { (suspect, reviewAt) = (nil, nil) }

    /// It is the rendezvous of this earlier place.
    mutating func isTwin(of earlier: Int) { twin = earlier }

    /// That place is lost: this one is asked again soon.
    mutating func isNeeded(now: Instant, using random: inout SplitMix64) {
        twin = nil
        if case .waiting = state { state = .waiting(until: now + random.jitter(RendezvousClient.reconnectFirst)) }
    }

    /// True when we have been in for long enough to judge; otherwise it is judged later.
    mutating func isTried(now: Instant) -> Bool {
        guard case .joined(let since) = state else { return false }
        guard now >= since + RendezvousClient.twinTrial else {
            reviewAt = since + RendezvousClient.twinTrial
            return false
        }
        return true
    }

    mutating func beginReview() { reviewAt = nil }

    // Greetings.

    /// All are greeted now, and again after a pause.
    ///
    /// - Parameter isLonely: somebody is there whom we have not met.
    mutating func greets(isLonely: Bool, now: Instant, using random: inout SplitMix64) {
        helloBackoff.limit = isLonely ? RendezvousClient.repeatLimit : RendezvousClient.restLimit
        helloAt = now + helloBackoff.next(using: &random)
        // As much as it costs the rendezvous, and said whatever is left: it is rare (RV-11), and without it nobody finds us.
        _ = outgoing.take(Self.greetingCost, now: now)
    }

    /// Somebody is to be found again: pauses start over.
    mutating func greetSoon(now: Instant, using random: inout SplitMix64) {
        helloBackoff.reset()
        helloAt = earliest(helloAt, now + helloBackoff.next(using: &random))
    }

    // What is due.

    func isToConnect(now: Instant) -> Bool { if case .waiting(let until) = state { now >= until } else { false } }
    func isToGreet(now: Instant) -> Bool { isJoined && helloAt.map { now >= $0 } ?? false }
    func isToReview(now: Instant) -> Bool { reviewAt.map { now >= $0 } ?? false }

    var deadline: Instant? {
        switch state {
        case .idle, .connecting, .closing: nil
        case .greeting(let until), .joining(let until): earliest(until, probeAt)
        case .waiting(let until): until
        case .joined: earliest(earliest(helloAt, reviewAt), probeAt)
        }
    }

    // Rates.

    /// True if one more message may be said now; those who have not proved themselves get the lesser part, so that greetings under made-up
    /// ids silence nobody (RV-11).
    mutating func allows(isProved: Bool, now: Instant) -> Bool {
        (isProved || unprovedOutgoing.take(now: now)) && outgoing.take(now: now)
    }

    /// True unless a member, or all, send more than any honest one has to say.
    mutating func takes(from member: UInt32, now: Instant) -> Bool {
        guard Self.hasRoom(for: member, in: &members, now: now) else { return false }
        return members[member, default: Self.memberRate.bucket(now: now)].take(now: now) && incoming.take(now: now)
    }

    /// True if a member may show us one more peer to be met (RV-29).
    mutating func mayShow(_ member: UInt32, now: Instant) -> Bool {
        guard Self.hasRoom(for: member, in: &newcomers, now: now) else { return false }
        return newcomers[member, default: Self.newcomersRate.bucket(now: now)].take(now: now)
    }

    /// Forgets members of whom nothing need be known, where there are too many for one more.
    private static func hasRoom(for member: UInt32, in buckets: inout [UInt32: TokenBucket], now: Instant) -> Bool {
        guard buckets[member] == nil, buckets.count >= RendezvousClient.neighboursMax else { return true }
        buckets = buckets.filter { entry in
            var bucket = entry.value
            return !bucket.isFull(now: now)
        }
        return buckets.count < RendezvousClient.neighboursMax
    }

    /// Messages a second, and at once.
    private struct Rate {
        let steady: Double
        let burst: Double

        func bucket(now: Instant) -> TokenBucket { TokenBucket(rate: steady, burst: burst, now: now) }
    }

    /// What we say, safely below what a rendezvous takes (RV-11): its 50 messages a second and 400 at once.
    private static let outgoingRate = Rate(steady: 30, burst: 200)
    /// The part of it that those may use up who have not proved themselves.
    private static let unprovedRate = Rate(steady: 15, burst: 100)
    /// What a greeting to all costs the rendezvous at least, in messages.
    private static let greetingCost = 4.0
    /// What we hear: a room of many members who all greet is far below that.
    private static let incomingRate = Rate(steady: 200, burst: 400)
    private static let memberRate = Rate(steady: 20, burst: 60)
    private static let newcomersRate = Rate(steady: RendezvousClient.newcomersRate, burst: RendezvousClient.newcomersBurst)
}
